# %% [markdown]
"""# How good are samples? One table, and what each column can miss

**Goal.** Score several sets of "samples" the same way: test images that a perfect generator could
have drawn, copies of the training images, a trained GAN, a full-covariance Gaussian. No single
number decides: the Parzen window, the score of the original paper, likes copies best of all, the
judge only counts classes, precision does not notice a generator that draws a single digit. Together
they tell.

First the Parzen window itself is checked where the answer is known: on samples of N(0, 1) its mean
is the density of N(0, 1 + sigma^2) (claim A-EVA-02).

Shortened: the GAN is the one of lesson game/01, a few thousand steps. A minute or two on two cores.
"""

# %% Knobs
import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import matplotlib.pyplot as plt
import numpy as np
import scipy.stats

import kgan
from kgan import metrics

SEED = 0
EPOCHS, BATCH, RATE = 250, 64, 3e-4  # as in lesson game/01
SAMPLES = 2000
SIGMA = 0.35  # the width of claim A-EVA-03
PARZEN_SAMPLES = 4_000_000  # 4.9 standard errors are then within 0.002

parser = argparse.ArgumentParser(description="The evaluation table.")
parser.add_argument("--out", type=Path, default=Path("examples/out/evaluation/01_scores"))
OUT = parser.parse_known_args()[0].out
OUT.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## The Parzen window where the truth is known
# E[p̂(x)] is the density of the samples smoothed by the window, not the density itself.

# %%
points = np.array([[0.7], [0.7]])  # the score wants at least two; the same one twice
normal = rng.standard_normal((PARZEN_SAMPLES, 1))
parzen = {
    "x": 0.7,
    "sigma": 0.3,
    "monte_carlo": float(np.exp(metrics.parzen_log_likelihood(normal, points, sigma=0.3).mean)),
    "closed_form": float(scipy.stats.norm.pdf(0.7, 0, np.sqrt(1 + 0.3**2))),
    "unsmoothed": float(scipy.stats.norm.pdf(0.7)),
    "standard_error": float(
        scipy.stats.norm.pdf(0.7, normal[:, 0], 0.3).std() / np.sqrt(PARZEN_SAMPLES)
    ),
}
del normal
print(json.dumps(parzen, indent=2))

# %% The samples to score
digits = kgan.data.load("digits")
judge = metrics.digits_judge()
flat = digits.train.reshape(len(digits.train), -1).astype(np.float64)


def gaussian() -> np.ndarray:
    """As many images with the training images' mean and covariance, cut off at black and white."""
    drawn = rng.multivariate_normal(flat.mean(axis=0), np.cov(flat.T), SAMPLES)
    return np.clip(drawn, -1, 1).reshape(-1, *digits.shape).astype(np.float32)


model = kgan.GAN(digits.shape, average_decay=0.998, seed=SEED)
model.compile(keras.optimizers.Adam(RATE, beta_1=0.5), keras.optimizers.Adam(RATE, beta_1=0.5))
model.fit(digits.train, batch_size=BATCH, epochs=EPOCHS, verbose=0)

half = len(digits.test) // 2  # so that "test images" are not scored against themselves
reference = digits.test[half:]
threes = digits.train[digits.train_labels == 3]
samples = {
    "test images, other half": digits.test[:half],
    "training images": digits.train,
    "GAN": model.generate(SAMPLES, seed=SEED + 1),
    "Gaussian": gaussian(),
    "training threes only": threes,
}

# %% [markdown]
# ## The table
# - *Parzen*: mean log-likelihood of test images, in nats (Goodfellow et al. 2014, section 5). More
#   is better; it depends on the number of samples and on sigma.
# - *classes*, *KL*: what the judge sees. Classes with at least 1%, and how uneven they are.
# - *precision*, *recall*, *coverage*: nearest neighbours in pixels against 250 test images. The
#   number of samples matters, so each set is thinned to as many.
# - *Fréchet*: distance between Gaussians fitted to the judge's last layer. Less is better.
# - *copies*: how far the nearest training image is, over the same for test images. 0 for copies.


# %%
def row(images: np.ndarray) -> dict:
    thinned = images[rng.permutation(len(images))[:half]]
    histogram = judge.label_histogram(images)
    neighbours = metrics.precision_recall(reference, thinned)
    nearest = metrics.memorisation(images, digits.train, reference)
    return {
        "samples": len(images),
        "parzen": metrics.parzen_log_likelihood(images, digits.test, sigma=SIGMA).mean,
        "parzen_on_reference_half": metrics.parzen_log_likelihood(
            images, reference, sigma=SIGMA
        ).mean,
        "classes": int(np.sum(histogram.shares >= 0.01)),
        "kl_to_uniform": histogram.kl_to_uniform,
        "precision": neighbours.precision,
        "recall": neighbours.recall,
        "coverage": metrics.density_coverage(reference, thinned).coverage,
        "frechet": metrics.frechet_distance(judge.features(reference), judge.features(thinned)),
        "distance_ratio": nearest.samples_to_all_train / nearest.heldout_to_all_train,
    }


table = {name: row(images) for name, images in samples.items()}
# Half of the test images among the samples would find themselves: only the other half is fair.
table["test images, other half"]["parzen"] = None
columns = {
    "parzen": "Parzen",
    "parzen_on_reference_half": "on half",
    "classes": "classes",
    "kl_to_uniform": "KL",
    "precision": "precis.",
    "recall": "recall",
    "coverage": "cover.",
    "frechet": "Fréchet",
    "distance_ratio": "copies",
}
print(" " * 24 + "".join(f"{title:>9}" for title in columns.values()))
for name, values in table.items():
    cells = (values[column] for column in columns)
    text = ("" if v is None else f"{v:d}" if isinstance(v, int) else f"{v:.2f}" for v in cells)
    print(f"{name:24}" + "".join(f"{cell:>9}" for cell in text))

# %% [markdown]
# Look twice: copies of the training images have the best Parzen score of all, and 250 real images
# that nobody has seen may well score below 2,000 samples of a GAN, just because they are fewer.
#
# The Gaussian's Parzen score depends on the draw; the baseline is the mean of ten draws.

# %%
draws = [
    metrics.parzen_log_likelihood(gaussian(), digits.test, sigma=SIGMA).mean for _ in range(10)
]
baselines = {
    "training_images": table["training images"]["parzen"],
    "gaussian": float(np.mean(draws)),
    "gaussian_std_of_one_draw": float(np.std(draws, ddof=1)),
}
print(json.dumps(baselines, indent=2))

# %% [markdown]
# ## Where modes are known
# On eight Gaussians in a circle a sample belongs to a mode when it lies within three standard
# deviations of it. A sampler of the data reaches all eight with 98.9% of good samples; one that
# has collapsed onto two modes is just as good in quality and shows it in the count alone.

# %%
ring = kgan.data.load("ring", size=20_000, seed=SEED)
collapsed = ring.test[np.isin(ring.test_labels, (0, 1))]
modes = {
    name: metrics.mode_report(x, ring.centers, ring.std)._asdict()
    for name, x in {"data": ring.test, "two modes only": collapsed}.items()
}
print(json.dumps(modes, indent=2))

# %% What the rows look like
figure, rows = plt.subplots(len(samples), 12, figsize=(9, 0.75 * len(samples)))
for axes, (name, images) in zip(rows, samples.items(), strict=True):
    axes[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    for axis, image in zip(axes, images, strict=False):
        axis.imshow(image[..., 0], cmap="gray", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[])
figure.subplots_adjust(left=0.22, right=0.99, top=0.98, bottom=0.02)
figure.savefig(OUT / "samples.png", dpi=120)

# %% The numbers
results = {
    "backend": keras.backend.backend(),
    "seed": SEED,
    "sigma": SIGMA,
    "judge_test_accuracy": judge.test_accuracy,
    "parzen_check": parzen,
    "parzen_baselines": baselines,
    "table": table,
    "modes": modes,
}
(OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
