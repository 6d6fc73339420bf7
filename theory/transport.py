"""Wasserstein distances on the line, by quantile functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.densities import Discrete, Mixture, as_law
from theory.integration import integrate_to_tails

_TAILS = (1e-20, 1e-25, 1e-30)


def wasserstein(p: Any, q: Any, order: float = 1) -> float:
    """The Wasserstein distance W_r(p, q) = (int_0^1 |P^-1(u) - Q^-1(u)|^r du)^(1/r).

    The monotone coupling is optimal on the line, so this is the least r-th mean of |x - y| over
    all couplings; for r = 1 it equals int |P(x) - Q(x)| dx.

    Args:
        p: a frozen continuous distribution of scipy.stats, `Mixture`, `Discrete`, `Empirical` (a
            sample), or a vector of probabilities on 0, ..., n-1.
        q: a law of either kind; a sample may be compared with a density.
        order: r, a finite number of at least 1.

    Returns:
        A number >= 0 in the unit of x; infinity when the laws' r-th moments make it so.

    Raises:
        ValueError: a law is not a probability law, or the order is below 1 or not finite.
        ArithmeticError: the tails converge too slowly.

    Source: Villani 2003, Topics in Optimal Transportation, Theorem 2.18 and Remark 2.19.
    """
    if isinstance(order, bool) or not isinstance(order, int | float | np.number):
        raise ValueError(f"order: got {order!r}, expected a number of at least 1")
    r = float(order)
    if not 1 <= r < np.inf:
        raise ValueError(f"order: got {order}, expected a finite number of at least 1")
    a, b = as_law(p, "p"), as_law(q, "q")
    if isinstance(a, Discrete) and isinstance(b, Discrete):
        return _between_points(a, b, r)
    if r == 1:
        return _between_distribution_functions(a, b)
    return _between_quantiles(a, b, r)


def _between_points(p: Discrete, q: Discrete, r: float) -> float:
    """Move mass in steps at which both quantile functions are constant."""
    above_p, above_q = np.cumsum(p.weights), np.cumsum(q.weights)
    levels = np.union1d(above_p, above_q)
    mass = np.diff(levels, prepend=0.0)
    # Slivers between two roundings of one level carry no mass; a high order would magnify them.
    moves = mass > np.finfo(float).eps * levels.size
    middle = levels[moves] - mass[moves] / 2
    distance = np.abs(_at(p, above_p, middle) - _at(q, above_q, middle))
    largest = distance.max()
    if largest == 0:
        return 0.0
    return float(largest * np.sum(mass[moves] * (distance / largest) ** r) ** (1 / r))


def _at(p: Discrete, above: np.ndarray, u: np.ndarray) -> np.ndarray:
    return p.points[np.minimum(np.searchsorted(above, u), p.points.size - 1)]


def _between_distribution_functions(p: Mixture | Discrete, q: Mixture | Discrete) -> float:
    def integrand(x: np.ndarray) -> np.ndarray:
        below = p.cdf(x)
        # In the upper half 1 - P is compared: P itself has rounded to one far out.
        return np.abs(np.where(below > 0.5, p.sf(x) - q.sf(x), below - q.cdf(x)))

    edges = np.union1d(_edges(p), _edges(q))
    pairs = zip(_cuts(p), _cuts(q), strict=True)
    cuts = [(min(a, c), max(b, d)) for (a, b), (c, d) in pairs]
    # Rounding of P - Q is 1e-16 wherever there is mass: 1e-14 of the laws' width is the floor.
    return integrate_to_tails(integrand, edges, cuts, scale=1e-2 * _width(p, q))


def _between_quantiles(p: Mixture | Discrete, q: Mixture | Discrete, r: float) -> float:
    """Both halves of (0, 1) are measured from their own end, so that no level rounds to one."""
    unit = _width(p, q)
    total = 0.0
    for upper in (False, True):
        levels = np.union1d(_levels(p, upper), _levels(q, upper))

        def integrand(u: np.ndarray, upper: bool = upper) -> np.ndarray:
            difference = p.isf(u) - q.isf(u) if upper else p.ppf(u) - q.ppf(u)
            return np.abs(difference / unit) ** r

        cuts = [(level, 0.5) for level in _TAILS]
        # Below a thousandth of the width the quantiles' own rounding would be integrated.
        total += integrate_to_tails(integrand, levels, cuts, scale=1e-3**r)
    return float(unit * total ** (1 / r))


def _width(p: Mixture | Discrete, q: Mixture | Discrete) -> float:
    """The unit of length: how much room the central parts of both laws take together."""
    low, high = (np.array([law.ppf(u) for law in (p, q)], dtype=float) for u in (0.1, 0.9))
    return float(high.max() - low.min())


def _levels(p: Mixture | Discrete, upper: bool) -> np.ndarray:
    """Where to cut (0, 1/2): powers of ten, and where the quantile function jumps or bends."""
    if isinstance(p, Discrete):
        bends = np.cumsum(p.weights[::-1] if upper else p.weights)
    else:
        bends = p.sf(p._edges) if upper else p.cdf(p._edges)
    return np.union1d(10.0 ** -np.arange(1, 30), bends[bends < 0.5])


def _edges(p: Mixture | Discrete) -> np.ndarray:
    return p.points if isinstance(p, Discrete) else p._edges


def _cuts(p: Mixture | Discrete) -> list[tuple[float, float]]:
    return [p.support()] * 3 if isinstance(p, Discrete) else p._cuts()
