"""What the laws are made of: scipy's frozen distributions, checked, and vectors of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

# A weight vector may miss one by this much (float32 sums do) and is then divided by its sum.
SUM_TOLERANCE = 1e-6

# Where a component is cut into pieces for integration: its quantiles on either side at these
# levels. Beyond the last nothing is integrated; the last three judge whether the tails die out.
LEVELS = np.array([0.25, 0.1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-9, 1e-12, 1e-16, 1e-20, 1e-25, 1e-30])

# The names of scipy's laws whose densities have jumps, kinks or poles inside of their supports.
_ROUGH = {
    "crystalball", "dgamma", "dpareto_lognorm", "dweibull", "gennorm", "laplace",
    "laplace_asymmetric", "loglaplace", "skewcauchy", "trapezoid", "triang",
}  # fmt: skip

ACCEPTED = (
    "a frozen continuous distribution of scipy.stats, theory.Mixture, theory.Discrete, "
    "theory.Empirical or a vector of probabilities"
)


def is_rough(component: Any) -> bool:
    """True of scipy's densities with kinks or poles inside, and of what scipy does not define."""
    dist = component.dist
    return not type(dist).__module__.startswith("scipy.") or dist.name in _ROUGH


def jumps_of(component: Any) -> list[np.ndarray]:
    """Where the density of a histogram jumps, for each of its entries."""
    from scipy import stats

    dist: Any = component.dist
    if not isinstance(component.dist, stats.rv_histogram):
        return []
    _, loc, scale = dist._parse_args(*component.args, **component.kwds)
    bins = dist._histogram[1]
    return [a + b * bins for a, b in zip(*np.broadcast_arrays(np.ravel(loc), scale), strict=True)]


def merge(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Intervals joined where they overlap or touch, ascending."""
    merged: list[tuple[float, float]] = []
    for a, b in sorted(intervals):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged


def vector(values: Any, name: str) -> np.ndarray:
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got no array of numbers") from None
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"{name}: got shape {values.shape}, expected a vector with entries")
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: got NaN or infinity, expected finite numbers")
    return values


def points_of(values: Any, name: str) -> np.ndarray:
    """Points of the line, shape (n,), or of a space, shape (n, d) with d of at least 2."""
    shape = np.shape(values) if isinstance(values, list | tuple | np.ndarray) else ()
    if len(shape) == 2 and 0 not in shape:
        points = vector(np.ravel(values), name).reshape(shape)
        return points[:, 0] if shape[1] == 1 else points
    return vector(values, name)


def numbers(values: Any, name: str) -> np.ndarray:
    """An array of floats, in which there may be NaN and infinity."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        got = repr(values) if isinstance(values, str) else type(values).__name__
        raise ValueError(f"{name}: got {got}, expected numbers") from None


def weights_of(values: Any, name: str) -> np.ndarray:
    values = vector(values, name)
    if (values < 0).any():
        raise ValueError(f"{name}: got a negative mass {values.min():g}, expected at least zero")
    total = values.sum()
    if abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(f"{name}: got a sum of {total:.9g}, expected probabilities with sum one")
    return values / total


def log_density(component: Any, x: Any) -> np.ndarray:
    """log p(x), also where scipy takes it of a density that underflows."""
    from scipy import stats

    dist: Any = component.dist
    if type(component.dist) is not type(stats.pareto):
        return component.logpdf(x)
    (b,), loc, scale = dist._parse_args(*component.args, **component.kwds)
    y = (x - loc) / scale
    return np.where(y >= 1, np.log(b / scale) - (b + 1) * np.log(np.maximum(y, 1)), -np.inf)


def upper_quantile(component: Any, u: Any) -> np.ndarray:
    """`isf`, but finite for u > 0 where scipy computes it as ppf(1 - u) and 1 - u has rounded to 1.

    There no more than 1e-16 of the mass is left, and the point is only roughly right: twice as far
    from the median as needed for the density to fall below u.
    """
    u = np.asarray(u, dtype=float)
    with np.errstate(all="ignore"):  # scipy's own overflow to infinity
        values = np.asarray(component.isf(u), dtype=float)
    lost = np.isposinf(values) & (u > 0)
    if not lost.any():
        return values
    with np.errstate(all="ignore"):
        center, reach = component.ppf(0.5), component.isf(1e-9)
    for doubling in range(1000):
        at = center + 2.0**doubling * (reach - center)
        with np.errstate(all="ignore"):
            low_enough = component.logpdf(at) <= log(u)
        values = np.where(lost & low_enough, at, values)
        lost = lost & ~low_enough
        if not lost.any():
            break
    return values


def log(weights: Any) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(weights)
