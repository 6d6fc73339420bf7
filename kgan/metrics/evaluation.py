"""Scores of generated samples, each beside what real data and a plain Gaussian would score."""

from typing import Any

import numpy as np

from kgan.checks import check_count
from kgan.data import Dataset
from kgan.metrics.distances import frechet_distance, kernel_distance
from kgan.metrics.judge import digits_judge
from kgan.metrics.modes import mode_report
from kgan.metrics.neighbours import density_coverage, memorisation, precision_recall
from kgan.metrics.parzen import parzen_log_likelihood

NEIGHBOURS = 5
_LARGEST = 2000  # samples compared: the time of neighbours grows with their square
_SUBSETS = 20  # of the kernel distance


def evaluate(model, data: Dataset, *, n: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Every score that the data allow, of a model's samples against its training data.

    Of data of several parts they are compared with the one that the samples are to be like.
    Images are compared in pixels, points in their coordinates, k = 5 neighbours. Every column
    says how many samples it compares, because all scores depend on that.

    Args:
        model: has `generate(n, seed=)`; samples of one without a `spec` are like the first part.
        data: what it was trained on.
        n: generated samples, > 5; as many as the training samples by default, at most 2,000.
        seed: integer >= 0 of the noise and of what is drawn.

    Returns:
        `extractor`, `neighbours`, `columns` (name -> scores with `n_real` and `n_fake`) and,
        where the data have them, `class_shares` and `judge_accuracy` (digits).

    Raises:
        ValueError: too few samples, or data that do not hold what the model makes.
    """
    train, held_out = (_real(model, data, which) for which in ("train", "test"))
    if n is None:
        n = min(len(train), _LARGEST)
    check_count("n", n, least=NEIGHBOURS + 1)
    rng = np.random.default_rng(seed)
    train, held_out = (
        _flat(x[np.sort(rng.permutation(len(x))[:_LARGEST])]) for x in (train, held_out)
    )
    images = model.generate(n, seed=seed)
    fake = _flat(images)
    half_a, half_b = halves(train, held_out, rng)
    gaussian = gaussian_like(train, n, rng)
    columns = {
        "generated": {
            **neighbour_scores(train, fake),
            **_distances(train, fake, seed),
            **_against_held_out(fake, train, held_out, seed),
        },
        "real halves": {
            **neighbour_scores(half_a, half_b),
            **_distances(half_a, half_b, seed),
        },
        "Gaussian": {**neighbour_scores(train, gaussian), **_distances(train, gaussian, seed)},
    }
    if data.centers is not None and data.std is not None:
        for name, samples in (("generated", fake), ("real halves", half_b), ("Gaussian", gaussian)):
            modes = mode_report(samples, data.centers, data.std)
            columns[name] |= {
                f"modes of {len(data.centers)}": modes.modes,
                "high quality": modes.high_quality,
                "reverse KL of modes": modes.reverse_kl,
            }
    report: dict[str, Any] = {
        "data": data.name,
        "extractor": "pixels" if images.ndim > 2 else "coordinates",
        "neighbours": NEIGHBOURS,
        "columns": columns,
    }
    if data.name == "digits":
        report |= digit_shares(images)
    return report


def _real(model, data: Dataset, which: str) -> Any:
    """The real samples of one half with which a model's samples are compared."""
    if hasattr(model, "spec"):
        return data.part_like_samples(model, held_out=which == "test")
    return next(iter(data.split(which).values()))


def neighbour_scores(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """Precision, recall, density and coverage with k = 5, and the numbers of samples."""
    precision, recall = precision_recall(real, fake, NEIGHBOURS)
    density, coverage = density_coverage(real, fake, NEIGHBOURS)
    return {
        "n_real": len(real),
        "n_fake": len(fake),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
    }


def digit_shares(images: np.ndarray) -> dict[str, Any]:
    """Share of each digit among images, by the judge, and how often the judge is right."""
    judge = digits_judge()
    shares = judge.label_histogram(images).shares
    return {
        "class_shares": {str(digit): float(share) for digit, share in enumerate(shares)},
        "judge_accuracy": judge.test_accuracy,
    }


def halves(train, held_out, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """All real samples, shuffled and cut into two halves of equal size."""
    real = np.concatenate([_flat(train), _flat(held_out)])
    real = real[rng.permutation(len(real))]
    size = len(real) // 2
    return real[:size], real[size : 2 * size]


def gaussian_like(train, n: int, rng: np.random.Generator) -> np.ndarray:
    """n samples of the Gaussian with the mean and the full covariance of the training data."""
    x = _flat(train)
    centred = x - x.mean(axis=0)
    # With rows w ~ N(0, I), wᵀX/sqrt(n - 1) has the sample covariance, whatever its rank.
    return x.mean(axis=0) + rng.standard_normal((n, len(x))) @ centred / np.sqrt(len(x) - 1)


def _distances(real, fake, seed) -> dict[str, float]:
    kernel = kernel_distance(real, fake, subsets=_SUBSETS, seed=seed)
    return {
        "Fréchet distance": frechet_distance(real, fake),
        "kernel distance": kernel.distance,
    }


def _against_held_out(fake, train, held_out, seed) -> dict[str, float]:
    memory = memorisation(fake, train, held_out, seed=seed)
    scores = {"memorisation ratio": memory.ratio, "nearer to train": memory.nearer_to_train}
    if len(held_out) >= 4:
        half = len(held_out) // 2  # the window's width is chosen on the other half
        parzen = parzen_log_likelihood(fake, held_out[half:], held_out[:half])
        scores |= {"Parzen log-likelihood": parzen.mean, "Parzen width": parzen.sigma}
    return scores


def _flat(samples) -> np.ndarray:
    array = np.asarray(samples, dtype=np.float64)
    return array.reshape(len(array), -1)
