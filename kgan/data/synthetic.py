"""Points drawn from distributions that are known exactly."""

from collections.abc import Sequence

import numpy as np

from kgan.checks import check_count
from kgan.data.dataset import Dataset

_ANGLES = 2 * np.pi * np.arange(8) / 8
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
_AXIS = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
_LATTICE = np.stack(np.meshgrid(_AXIS, _AXIS, indexing="ij"), axis=-1).reshape(-1, 2)


def ring(size: int = 100_000, seed: int = 0) -> Dataset:
    """Eight Gaussians of standard deviation 0.01 on the unit circle (PacGAN, Lin et al. 2018).

    Args:
        size: number of training points; a tenth as many are drawn to be held out.
        seed: non-negative integer.
    """
    return _equal_modes("ring", _CIRCLE, 0.01, size, seed)


def grid(size: int = 100_000, seed: int = 0) -> Dataset:
    """25 Gaussians of standard deviation 0.05 on {-4, -2, 0, 2, 4}² (PacGAN, Lin et al. 2018).

    Args:
        size: number of training points; a tenth as many are drawn to be held out.
        seed: non-negative integer.
    """
    return _equal_modes("grid", _LATTICE, 0.05, size, seed)


def eight_gaussians(size: int = 100_000, seed: int = 0) -> Dataset:
    """Eight Gaussians on a circle of radius 2, σ = 0.02, all divided by 1.414.

    The toy problem of WGAN-GP (Gulrajani et al. 2017, the authors' `gan_toy.py`).

    Args:
        size: number of training points; a tenth as many are drawn to be held out.
        seed: non-negative integer.
    """
    return _equal_modes("eight_gaussians", 2 * _CIRCLE / 1.414, 0.02 / 1.414, size, seed)


def swiss_roll(size: int = 100_000, seed: int = 0) -> Dataset:
    """The spiral (t cos t, t sin t), t = 3π/2·(1 + 2u), u uniform, noise 0.25, divided by 7.5.

    The toy problem of WGAN-GP (Gulrajani et al. 2017, the authors' `gan_toy.py`).

    Args:
        size: number of training points; a tenth as many are drawn to be held out.
        seed: non-negative integer.
    """
    total, generator = _start(size, seed)
    t = 1.5 * np.pi * (1 + 2 * generator.random(total))
    spiral = np.stack([t * np.cos(t), t * np.sin(t)], axis=1)
    points = (spiral + 0.25 * generator.standard_normal((total, 2))) / 7.5
    points = points.astype(np.float32)
    facts = {"source": _source(seed)}
    return Dataset(name="swiss_roll", train=points[:size], test=points[size:], facts=facts)


def mixture_1d(
    weights: Sequence[float] = (0.5, 0.5),
    means: Sequence[float] = (-2.0, 1.0),
    stds: Sequence[float] = (0.7, 1.0),
    size: int = 100_000,
    seed: int = 0,
) -> Dataset:
    """Points on the line from a mixture of normals whose density is `dataset.density`.

    Args:
        weights: positive, summing to one.
        means: one for each weight.
        stds: standard deviations (not variances), positive, one for each weight.
        size: number of training points; a tenth as many are drawn to be held out.
        seed: non-negative integer.
    """
    w, m, s = (
        _vector("weights", weights, positive=True),
        _vector("means", means, positive=False),
        _vector("stds", stds, positive=True),
    )
    if not len(w) == len(m) == len(s):
        raise ValueError(
            f"weights, means and stds: got {len(w)}, {len(m)} and {len(s)} entries; accepted is "
            "one entry for each component."
        )
    if abs(w.sum() - 1) > 1e-9:
        raise ValueError(
            f"weights: got {list(map(float, w))}, which sum to {w.sum():.12g}; accepted are "
            "weights that sum to 1."
        )
    total, generator = _start(size, seed)
    mode = generator.choice(len(w), size=total, p=w / w.sum())
    points = (m[mode] + s[mode] * generator.standard_normal(total)).astype(np.float32)[:, None]

    from theory import Mixture  # loads scipy.stats

    return Dataset(
        name="mixture_1d",
        train=points[:size],
        test=points[size:],
        train_labels=mode[:size],
        test_labels=mode[size:],
        classes=tuple(map(str, range(len(w)))),
        facts={"density": Mixture.normal(w, m, s), "source": _source(seed)},
    )


def _equal_modes(name: str, centers: np.ndarray, std: float, size: int, seed: int) -> Dataset:
    total, generator = _start(size, seed)
    mode = generator.integers(len(centers), size=total)
    points = centers[mode] + std * generator.standard_normal((total, 2))
    points = points.astype(np.float32)
    return Dataset(
        name=name,
        train=points[:size],
        test=points[size:],
        train_labels=mode[:size],
        test_labels=mode[size:],
        classes=tuple(map(str, range(len(centers)))),
        facts={"centers": centers.copy(), "std": std, "source": _source(seed)},
    )


def _start(size: int, seed: int) -> tuple[int, np.random.Generator]:
    """Number of points to draw in all, and the generator to draw them with."""
    check_count("size", size, least=10)
    return size + size // 10, np.random.default_rng(check_count("seed", seed, least=0))


def _source(seed: int) -> str:
    return f"its distribution, drawn with seed {seed}"


def _vector(argument: str, values: Sequence[float], positive: bool) -> np.ndarray:
    wanted = "positive numbers" if positive else "finite numbers"
    error = ValueError(f"{argument}: got {values!r}; accepted is a list of {wanted}.")
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise error from None
    if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
        raise error
    if positive and (vector <= 0).any():
        raise error
    return vector
