"""Scores made of distances to nearest neighbours."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from kgan.checks import check_count
from kgan.metrics.samples import as_points, check_same_dimension

_BLOCK = 2**23  # distances held at once: 64 MiB


class PrecisionRecall(NamedTuple):
    """Share of fakes inside the real manifold, share of real samples inside the fake one."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Real neighbourhoods a fake lies in, over k; share of real neighbourhoods that hold a fake."""

    density: float
    coverage: float


class Memorisation(NamedTuple):
    """How near samples are to the training data and to data that were never trained on.

    Attributes:
        to_train, to_heldout: mean distance to the nearest neighbour among as many training as
            held-out references.
        ratio: to_train / to_heldout; about 1 for new samples, 0 for copies.
        nearer_to_train: share of samples whose nearest neighbour of all these is a training one
            (ties count half); about 1/2 for new samples, 1 for copies.
        samples_to_all_train, heldout_to_all_train: mean distance to the nearest of *all* training
            samples, of the samples and of the held-out data.
    """

    to_train: float
    to_heldout: float
    ratio: float
    nearer_to_train: float
    samples_to_all_train: float
    heldout_to_all_train: float


def precision_recall(real, fake, neighbours: int = 5) -> PrecisionRecall:
    """Improved precision and recall of Kynkäänniemi et al. 2019 (arXiv 1904.06991).

    A manifold is the union of balls around its samples that reach to their `neighbours`-th
    neighbour; precision = share of fakes in the real manifold, recall = share of real samples in
    the fake one (equations (1) and (2)). Both depend on the numbers of samples.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, or images, which are flattened; more than
            `neighbours` of each.
        neighbours: k, at least 1.

    Returns:
        precision and recall, each in [0, 1].

    Raises:
        ValueError: wrong rank, too few samples, unequal d, NaN or infinity.
    """
    k = check_count("neighbours", neighbours, 1)
    x, y = as_points("real", real, least=k + 1), as_points("fake", fake, least=k + 1)
    check_same_dimension(real=x, fake=y)
    in_real, _ = _ball_counts(x, y, _radii(x, k))
    in_fake, _ = _ball_counts(y, x, _radii(y, k))
    return PrecisionRecall(float(np.mean(in_real > 0)), float(np.mean(in_fake > 0)))


def density_coverage(real, fake, neighbours: int = 5) -> DensityCoverage:
    """Density and coverage of Naeem et al. 2020 (arXiv 2002.09797), equations (3) and (4).

    Density counts in how many real neighbourhoods each fake lies, divided by `neighbours`;
    coverage is the share of real neighbourhoods with a fake inside. Coverage depends on the
    numbers of samples.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, or images, which are flattened; more than
            `neighbours` real ones.
        neighbours: k, at least 1.

    Returns:
        density, 0 or more and about 1 for the same distribution; coverage in [0, 1].

    Raises:
        ValueError: wrong rank, too few samples, unequal d, NaN or infinity.
    """
    k = check_count("neighbours", neighbours, 1)
    x, y = as_points("real", real, least=k + 1), as_points("fake", fake)
    check_same_dimension(real=x, fake=y)
    balls, held = _ball_counts(x, y, _radii(x, k))
    return DensityCoverage(float(np.mean(balls) / k), float(np.mean(held > 0)))


def memorisation(samples, train, heldout, seed: int = 0) -> Memorisation:
    """Are samples nearer to the data they were trained on than to other real data?

    More references lie nearer, whatever was learned: the larger of `train` and `heldout` is thinned
    at random to the size of the smaller before the two are compared.

    Args:
        samples, train, heldout: points `(n, d)` or images, which are flattened; at least one each.
        seed: non-negative integer that picks what is thinned out.

    Returns:
        `Memorisation`, distances in the data's unit. `ratio` is infinite where only `to_heldout`
        is 0, and NaN where both are.

    Raises:
        ValueError: wrong rank, no samples, unequal d, NaN or infinity.
    """
    x, a, b = (
        as_points("samples", samples),
        as_points("train", train),
        as_points("heldout", heldout),
    )
    check_same_dimension(samples=x, train=a, heldout=b)
    generator = np.random.default_rng(check_count("seed", seed, 0))
    size = min(len(a), len(b))
    near_a = _nearest(x, a[generator.permutation(len(a))[:size]])
    near_b = _nearest(x, b[generator.permutation(len(b))[:size]])
    to_train, to_heldout = near_a.mean(), near_b.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = to_train / to_heldout
    return Memorisation(
        float(to_train),
        float(to_heldout),
        float(ratio),
        float(np.mean(near_a < near_b) + 0.5 * np.mean(near_a == near_b)),
        float(_nearest(x, a).mean()),
        float(_nearest(b, a).mean()),
    )


def _blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Euclidean distances of all pairs, some rows of x at a time."""
    rows = max(1, _BLOCK // len(y))
    for start in range(0, len(x), rows):
        chosen = slice(start, start + rows)
        yield chosen, cdist(x[chosen], y)


def _nearest(x: np.ndarray, references: np.ndarray) -> np.ndarray:
    distances = np.empty(len(x))
    for chosen, block in _blocks(x, references):
        distances[chosen] = block.min(axis=1)
    return distances


def _radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distance of each point to its k-th nearest neighbour."""
    radii = np.empty(len(x))
    for chosen, block in _blocks(x, x):
        radii[chosen] = np.partition(block, k, axis=1)[:, k]  # place 0 is the point itself
    return radii


def _ball_counts(
    centers: np.ndarray, points: np.ndarray, radii: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Balls that hold each point, points that each ball holds. Balls are closed: with `<` a set of
    identical features, whose radii are 0, would not even lie in its own manifold."""
    balls, held = np.empty(len(points)), np.zeros(len(centers))
    for chosen, block in _blocks(points, centers):
        inside = block <= radii
        balls[chosen] = inside.sum(axis=1)
        held += inside.sum(axis=0)
    return balls, held
