"""Distances between two sets of features: Fréchet's and the kernel one."""

from typing import NamedTuple

import numpy as np

from kgan.checks import check_count
from kgan.metrics.samples import as_points, check_same_dimension


def frechet_distance(real, fake) -> float:
    """Squared Fréchet distance between Gaussians fitted to two sets of features.

    |μ₁ − μ₂|² + Tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), Heusel et al. 2017 (arXiv 1706.08500), equation (6);
    with Inception features it is the FID. It shrinks with the number of samples: compare figures
    of equal sizes only, and say the sizes and the features with the figure.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, or images, which are flattened; at least two.

    Returns:
        The squared distance, in the features' unit squared; 0 for equal moments.

    Raises:
        ValueError: wrong rank, fewer than two samples, unequal d, NaN or infinity.
    """
    x, y = as_points("real", real, least=2), as_points("fake", fake, least=2)
    check_same_dimension(real=x, fake=y)
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    x, y = (x - mean_x) / np.sqrt(len(x) - 1), (y - mean_y) / np.sqrt(len(y) - 1)
    # With Σ₁ = XᵀX and Σ₂ = YᵀY the trace of the root is the nuclear norm of XYᵀ. The triangular
    # factors have the same products and at most d rows; no ill-conditioned matrix root is needed.
    r_x, r_y = (np.asarray(np.linalg.qr(points, mode="r")) for points in (x, y))
    trace_root = np.linalg.svd(r_x @ r_y.T, compute_uv=False).sum()
    squared = np.sum((mean_x - mean_y) ** 2) + np.sum(x**2) + np.sum(y**2) - 2 * trace_root
    return float(max(squared, 0.0))  # below zero only by rounding


class KernelDistance(NamedTuple):
    """Mean over subsets of the squared maximum mean discrepancy, and its standard error."""

    distance: float
    standard_error: float


def kernel_distance(
    real, fake, subsets: int = 100, subset_size: int | None = None, seed: int = 0
) -> KernelDistance:
    """Squared maximum mean discrepancy with the cubic polynomial kernel (KID), without bias.

    The U-statistic MMD²ᵤ with k(x, y) = (xᵀy/d + 1)³, Bińkowski et al. 2018 (arXiv 1801.01401),
    equation (4) and section 4, averaged over random subsets of equal size. Being unbiased it may
    be negative, and its mean doesn't depend on the number of samples.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, or images, which are flattened; at least two.
        subsets: number of subsets, at least two.
        subset_size: samples of each set in a subset; the least of 1,000, n and m when None.
        seed: non-negative integer that picks the subsets.

    Returns:
        The mean over the subsets and its standard error over the choice of subsets: how much
        another seed moves the mean, not how much other samples would.

    Raises:
        ValueError: wrong rank, too few samples, unequal d, NaN or infinity, subsets larger than
            the sets.
    """
    x, y = as_points("real", real, least=2), as_points("fake", fake, least=2)
    check_same_dimension(real=x, fake=y)
    check_count("subsets", subsets, 2)
    smaller = min(len(x), len(y))
    size = min(1000, smaller) if subset_size is None else check_count("subset_size", subset_size, 2)
    if size > smaller:
        raise ValueError(
            f"subset_size: got {size}; accepted is an integer from 2 to {smaller}, the smaller "
            "number of samples."
        )
    generator = np.random.default_rng(check_count("seed", seed, 0))
    values = [
        _mmd_squared(
            x[generator.choice(len(x), size, replace=False)],
            y[generator.choice(len(y), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    error = np.std(values, ddof=1) / np.sqrt(subsets)
    return KernelDistance(float(np.mean(values)), float(error))


def _mmd_squared(x: np.ndarray, y: np.ndarray) -> float:
    n, d = x.shape
    k_xx, k_yy, k_xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (k_xx.sum() - np.trace(k_xx) + k_yy.sum() - np.trace(k_yy)) / (n * (n - 1))
    return within - 2 * k_xy.mean()
