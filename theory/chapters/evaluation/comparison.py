"""The comparison of models, and the experiments of the first paper (claims A-EVA-03 to 05)."""

# scipy's annotations do not know that logsumexp gives an array.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from functools import cache

import numpy as np

from theory.chapters.evaluation.parzen import PAPER
from theory.claim import Claim

# Nats, over splits of the digits: the training images as samples, and a Gaussian's; then what
# single training runs gave, of two perceptron GANs and of two conditional ones.
_IMAGES, _GAUSSIAN = -18.0, -37.8
_PERCEPTRONS, _CONDITIONAL = (-22.5, -22.8), (-20.8, -20.7)

reference = Claim(
    id="A-EVA-03",
    alias="parzen-reference-values",
    title=f"digits, σ = 0.35: training images −{-_IMAGES:g} nats, Gaussian −{-_GAUSSIAN:g}, "
    "GANs between",
    statement="The Parzen log-likelihood of held-out digits (8 x 8, scaled to [-1, 1], sigma = "
    f"0.35) is {_IMAGES:.1f} nats with the training images as samples and {_GAUSSIAN:.1f} with "
    "2000 samples of the Gaussian of full covariance, cut off at -1 and 1; a split of the data "
    "moves both by 0.3 to 0.5 (one gave -17.96 and -38.6). Trained networks lie between (each "
    f"measured once: {_PERCEPTRONS[0]} and {_PERCEPTRONS[1]} for two perceptron GANs, "
    f"{_CONDITIONAL[0]} and {_CONDITIONAL[1]} for two conditional ones). The score prefers copies "
    "to everything else.",
    assumptions=("2000 samples, except the training images", "values cut off at -1 and 1"),
    sources=(f"{PAPER} and table 1", "002_d31ce6ddd5a0096b.txt:281"),
    training=True,
    test="tests/product/test_examples.py::test_evaluation",
)


@cache
def _digits() -> np.ndarray:
    """scikit-learn's 1797 digits, as rows of 64 pixels in [-1, 1]."""
    from sklearn.datasets import load_digits

    pixels, _labels = load_digits(return_X_y=True)
    return pixels / 8 - 1


def _score(points: np.ndarray, samples: np.ndarray, sigma: float = 0.35) -> float:
    """The mean Parzen log-likelihood of the points, by a matrix of distances."""
    from scipy.spatial.distance import cdist
    from scipy.special import logsumexp

    squared = cdist(points, samples, "sqeuclidean") / (2 * sigma**2)
    constant = np.log(len(samples)) + points.shape[1] / 2 * np.log(2 * np.pi * sigma**2)
    return float(np.mean(logsumexp(-squared, axis=1)) - constant)


@cache
def _baselines(split: int, cut: float = 1.0) -> tuple[float, float]:
    """The scores of training images and of 2000 samples of their Gaussian, cut off at ± `cut`."""
    rng = np.random.default_rng(split)
    images = rng.permutation(_digits())
    held_out, train = images[:500], images[500:]
    drawn = rng.multivariate_normal(train.mean(axis=0), np.cov(train.T), 2000)
    return _score(held_out, train), _score(held_out, np.clip(drawn, -cut, cut))


# Over splits the scores have standard deviations of 0.3 and 0.5; of two splits 4.9 of them are
# 1.1 and 1.7, and 1.5 is the ledger's bound.
@reference.numerical(tolerance=1.5, description="nats from the two baselines, mean of two splits")
def baselines():
    yield np.abs(np.mean([_baselines(0), _baselines(1)], axis=0) - [_IMAGES, _GAUSSIAN])


@reference.meaning()
def reference_in_words():
    images, gaussian = _baselines(0)
    copied = abs(images - _IMAGES) < 1.5
    fitted = abs(gaussian - _GAUSSIAN) < 1.5
    digits, trained = _digits(), (*_PERCEPTRONS, *_CONDITIONAL)
    yield {
        "σ = 0.35": None,  # the width, chosen once
        f"training images −{-_IMAGES:g} nats": copied,
        f"Gaussian −{-_GAUSSIAN:g}": fitted,
        "8 x 8, scaled to [-1, 1], sigma = 0.35": (
            digits.shape[1] == 8 * 8 and digits.min() == -1 and digits.max() == 1
        ),
        f"{_IMAGES:.1f} nats": copied,
        f"{_GAUSSIAN:.1f} with 2000 samples": fitted,
        "cut off at -1 and 1": None,  # as `_baselines` does
        "moves both by 0.3 to 0.5": None,  # the standard deviations over 24 splits, measured once
        "one gave -17.96 and -38.6": abs(images + 17.96) < 1.5 and abs(gaussian + 38.6) < 1.5,
        "between": gaussian < min(trained) and max(trained) < images,
        f"{_PERCEPTRONS[0]} and {_PERCEPTRONS[1]} for two perceptron GANs": None,
        f"{_CONDITIONAL[0]} and {_CONDITIONAL[1]} for two conditional ones": None,
    }


@reference.control("samples of the Gaussian are not cut off at -1 and 1", of=baselines, miss=6.52)
def uncut():
    yield abs(_baselines(0, cut=np.inf)[1] - _GAUSSIAN)


comparison = Claim(
    id="A-EVA-04",
    alias="comparison-of-models",
    title="sampling without a Markov chain; p(x) by Parzen window only; D and G to be kept in step",
    statement="Directed models and GANs sample without a Markov chain; undirected models and "
    "generative autoencoders need one (A-GAN-14 measures the difference). p(x) is intractable, "
    "and approximated by annealed importance sampling, in the first two kinds; it is not "
    "represented, and approximated by Parzen windows, in the last two. A GAN needs D and G to be "
    "kept in step, or G maps many z to one x (the Helvetica scenario, mode collapse: A-MC).",
    sources=("Goodfellow et al. 2014, table 2 and section 6", "002_d31ce6ddd5a0096b.txt:277-282"),
    definition=True,
)


@comparison.meaning()
def comparison_in_words():
    yield {"A-GAN-14": None}


experiments = Claim(
    id="A-EVA-05",
    alias="experiments-and-stand-ins",
    title="MNIST, TFD, CIFAR-10; bundled digits and faces stand in for them",
    statement="The paper's experiments use MNIST, the Toronto faces (TFD) and CIFAR-10. Without a "
    "download, scikit-learn's 8 x 8 digits stand in for MNIST and the faces of scikit-image's "
    "lfw_subset for TFD; `kgan.data.load` reads both.",
    sources=(PAPER, "002_d31ce6ddd5a0096b.txt:226-228"),
    definition=True,
    test="tests/product/test_data.py::test_bundled_images_are_fixed",
)


@experiments.meaning()
def experiments_in_words():
    yield {
        "CIFAR-10": None,
        "scikit-learn's 8 x 8 digits": _digits().shape[1] == 8 * 8,
    }
