"""Packs of samples: the law of a pack, the mode-collapse region, and what packing does to both."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.special import gammaln, xlogy

from theory.calculators.densities import Discrete, as_law


@cache
def _counts(points: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each point may occur among m samples, and log of how many orders that has."""
    bars = np.array(list(itertools.combinations(range(m + points - 1), points - 1)), dtype=int)
    bars = bars.reshape(math.comb(m + points - 1, m), points - 1)  # one point leaves no bar
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, m + points - 1)))
    counts = np.diff(edges, axis=1) - 1
    return counts, gammaln(m + 1) - gammaln(counts + 1).sum(axis=1)


def packed(p: Any, q: Any, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The laws of packs of m independent samples of p and of q, packs in another order merged.

    A pack's likelihood ratio depends only on how often each point occurs in it, so every
    divergence between the two laws is that between p^m and q^m.

    Args:
        p: a law on finitely many points: `Discrete`, `Empirical` or a vector of probabilities.
        q: a law of the same kind.
        m: samples in a pack, at least 1.

    Returns:
        Two vectors of probabilities, over the same packs.

    Raises:
        ValueError: a law is none, or continuous, or m is no such integer.
    """
    _check_size(m)
    laws = as_law(p, "p"), as_law(q, "q")
    if not (isinstance(laws[0], Discrete) and isinstance(laws[1], Discrete)):
        raise ValueError("p, q: got a continuous law, expected laws on finitely many points")
    points = np.union1d(laws[0].points, laws[1].points)
    return _merged(laws[0].pmf(points), m), _merged(laws[1].pmf(points), m)


def collapse_region(p: Any, q: Any, m: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The upper boundary of the mode-collapse region of p^m (data) and q^m (generator).

    The region is the convex hull of all (eps, delta) with p^m(S) >= delta > eps >= q^m(S) for some
    set S. Above the diagonal it is bounded by the ROC curve of the likelihood-ratio test.

    Args:
        p: the law of the data, as in `packed`.
        q: the law of the generator.
        m: samples in a pack, at least 1.

    Returns:
        (eps, delta), the vertices from (0, 0) to (1, 1); between them the boundary is straight.

    Raises:
        ValueError: as `packed`.

    Source: Lin et al. 2018, section 3; claim A-MC-14.
    """
    first, second = packed(p, q, m)
    seen = first + second > 0
    order = np.argsort(-(first[seen] / (first[seen] + second[seen])), kind="stable")
    eps, delta = (np.cumsum(w[seen][order]) for w in (second, first))
    return np.append(0, eps / eps[-1]), np.append(0, delta / delta[-1])


def _check_size(m: Any) -> None:
    if isinstance(m, bool) or not isinstance(m, int | np.integer) or m < 1:
        raise ValueError(f"m: got {m!r}, expected an integer of at least 1")


def _merged(w: np.ndarray, m: int) -> np.ndarray:
    counts, orders = _counts(w.size, m)
    return np.exp(orders + xlogy(counts, w).sum(axis=1))


def _pair(eps: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The laws p and q whose region has these vertices (the first may lie above the origin)."""
    return np.diff(delta, prepend=0.0), np.diff(eps, prepend=0.0)


def _smallest_pair(x: float, tau: float, held: tuple[float, float] | None):
    """The pair of the least region that reaches TV = tau at x, and the point `held` if given."""
    vertices = sorted({(0.0, 0.0), (x, x + tau), (1.0, 1.0)} | ({held} if held else set()))
    eps, delta = np.array(_upper_hull(vertices)).T
    return _pair(eps, delta)


def _upper_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    hull: list[tuple[float, float]] = []
    for x, y in points:
        while len(hull) > 1:
            (a, b), (c, d) = hull[-2:]
            if (d - b) * (x - c) > (y - d) * (c - a) + 1e-15:  # the slope falls at (c, d)
                break
            hull.pop()
        hull.append((x, y))
    return hull


def _largest_pair(slopes: tuple[float, float], tau: float, barred: tuple[float, float]):
    """The pair of the largest region with TV <= tau below a line through `barred`, a collapse, and
    one through the matching augmentation."""
    eps, delta = barred
    through = ((eps, delta), (1 - delta, 1 - eps))
    lines = [(1.0, tau), (0.0, 1.0)]  # slope, height at 0
    lines += [(s, y - s * x) for s, (x, y) in zip(slopes, through, strict=True)]
    crossings = [(b - d) / (c - a) for (a, b), (c, d) in itertools.combinations(lines, 2) if a != c]
    x = np.unique([0.0, 1.0, *(c for c in crossings if 0 < c < 1)])
    y = np.min([a * x + b for a, b in lines], axis=0)
    return _pair(*np.array(_upper_hull(list(zip(x, y, strict=True)))).T)


def variation_range(
    tau: float,
    m: int,
    *,
    collapse: tuple[float, float] | None = None,
    without: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """The least and the largest TV(p^m, q^m) of all pairs of laws with TV(p, q) = tau.

    Args:
        tau: in (0, 1).
        m: samples in a pack, at least 1.
        collapse: (eps, delta) with 0 < eps < delta < 1 and delta - eps <= tau: only pairs with
            that collapse, p(S) >= delta and q(S) <= eps for some (random) set S.
        without: (eps, delta) as above: only pairs that have neither a worse collapse nor a worse
            augmentation (p and q exchanged). At most one of the two may be given.

    Returns:
        (least, largest), to about 2e-5 where it has to be searched for; (nan, nan) where no pair is
        like that.

    Raises:
        ValueError: arguments outside their ranges.

    Source: Lin et al. 2018, section 3; the extremal pairs as derived in claim A-MC-14.
    """
    _check_size(m)
    if not 0 < tau < 1:
        raise ValueError(f"tau: got {tau!r}, expected a number between 0 and 1")
    if collapse and without:
        raise ValueError("collapse, without: got both, expected at most one")
    point = collapse or without
    if point and not (0 < point[0] < point[1] < 1 and point[1] - point[0] <= tau + 1e-12):
        raise ValueError(
            f"(eps, delta): got {point}, expected 0 < eps < delta < 1 and delta - eps <= tau"
        )

    def low(x: float) -> float:
        p, q = _smallest_pair(x, tau, collapse)
        return float(np.abs(_merged(p, m) - _merged(q, m)).sum()) / 2

    def high(slope: float, matching: float) -> float:
        assert without is not None
        p, q = _largest_pair((slope, matching), tau, without)
        reached = np.max(np.cumsum(p) - np.cumsum(q)) > tau - 1e-9
        return -float(np.abs(_merged(p, m) - _merged(q, m)).sum()) / 2 if reached else np.inf

    if not without:
        return _search(low, (0.0, 1 - tau)), 1 - (1 - tau) ** m
    eps, delta = without
    # The least region reaches TV = tau at x. It passes below (eps, delta) where x is in one of two
    # ranges, and below the mirror image of that point where 1 - tau - x is.
    share = tau / (delta - eps)
    either = (eps * share, 1 - tau), (0.0, 1 - (1 - eps) * share)
    both = [
        (max(a, 1 - tau - d), min(b, 1 - tau - c))
        for (a, b), (c, d) in itertools.product(either, repeat=2)
    ]
    both = [(a, b) for a, b in both if a <= b]
    if not both:
        return np.nan, np.nan
    shallow = (1 - delta) / (1 - eps)
    largest = -_search(high, (shallow, delta / eps), (eps / delta, 1 / shallow))
    return min(_search(low, piece) for piece in both), largest


def products(p: Any, q: Any, m: int) -> tuple[np.ndarray, np.ndarray]:
    """p^m and q^m, pack by pack in order: n^m numbers each, what `packed` is compared with."""
    first = second = np.ones(1)
    for _sample in range(m):
        first, second = np.kron(first, p), np.kron(second, q)
    return first, second


def dropped_modes_js(modes: int, kept: int, pack: int) -> float:
    """JS between packs of data with equal modes and packs that keep only some of the modes.

    Args:
        modes: K, at least 1.
        kept: k, from 1 to K.
        pack: m, samples in a pack, at least 1.

    Raises:
        ValueError: numbers outside these ranges.

    Source: claim A-MC-10.
    """
    if not (1 <= kept <= modes and pack >= 1):
        raise ValueError(
            f"modes, kept, pack: got {modes}, {kept}, {pack}, expected 1 <= kept <= modes and "
            "pack >= 1"
        )
    r = (kept / modes) ** pack
    data = xlogy(r, 2 * r / (1 + r)) + (1 - r) * math.log(2)
    return float(data + math.log(2 / (1 + r))) / 2


def _search(f: Callable[..., float], *ranges: tuple[float, float]) -> float:
    """The minimum of f, which may have several local ones, on a grid that closes in."""
    size = 41 if len(ranges) == 1 else 13
    smallest = np.inf
    for _zoom in range(6):
        grids = [np.linspace(*r, size) for r in ranges]
        values = np.array([f(*x) for x in itertools.product(*grids)])
        smallest = min(smallest, values.min())
        best = np.unravel_index(values.argmin(), [size] * len(ranges))
        ranges = tuple(
            (g[max(i - 2, 0)], g[min(i + 2, size - 1)]) for g, i in zip(grids, best, strict=True)
        )
    return float(smallest)
