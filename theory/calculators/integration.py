"""Integrals of densities, smooth ones exact to about twelve digits however far apart they lie.

Adaptive Gauss-Kronrod quadrature over many pieces at once. The caller gives the pieces: quantiles
and ends of support of every density involved, so that no narrow peak falls between two nodes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]

# Nodes and weights of the 15-point Kronrod rule and its 7-point Gauss rule (QUADPACK, qk15).
_HALF_NODES = (
    0.991455371120812639206854697526329,
    0.949107912342758524526189684047851,
    0.864864423359769072789712788640926,
    0.741531185599394439863864773280788,
    0.586087235467691130294144691693013,
    0.405845151377397166906606412076961,
    0.207784955007898467600689403773245,
    0.0,
)
_HALF_KRONROD = (
    0.022935322010529224963732008058970,
    0.063092092629978553290700663189204,
    0.104790010322250183839876322541518,
    0.140653259715525918745189590510238,
    0.169004726639267902826583426598550,
    0.190350578064785409913256402421014,
    0.204432940075298892414161999234649,
    0.209482141084727828012999174891714,
)
_HALF_GAUSS = (
    0.129484966168869693270611432679082,
    0.279705391489276667901467771423780,
    0.381830050505118944950369775488975,
    0.417959183673469387755102040816327,
)
_NODES = np.array([-x for x in _HALF_NODES] + list(_HALF_NODES[-2::-1]))
_KRONROD = np.array(_HALF_KRONROD + _HALF_KRONROD[-2::-1])
_GAUSS = np.array(_HALF_GAUSS + _HALF_GAUSS[-2::-1])

_TOLERANCE = 1e-12  # of one piece's error estimate, relative to the whole integral
_DEPTH = 100  # bisections of a piece; a jump is found to the last bit in fewer
_PIECES = 20_000  # open at once beyond those given; only an integrand of pure noise gets there


class SlowTails(ArithmeticError):
    """An integral over the line converges too slowly to be cut where it was."""


def integrate(f: Function, edges: np.ndarray, scale: float = 0.0) -> float:
    """The integral of `f` over the pieces between sorted `edges`.

    Args:
        f: takes and returns an array of any shape; an infinite value makes the integral infinite.
        edges: shape (n,), ascending; the first and last are the limits. A kink that is no edge may
            cost digits: about 1e-6 of the piece's integral when it lies where no node sees it.
        scale: what the result matters against: what it will be added to, or the size below which
            it is the rounding of `f`. A piece is done when its error is 1e-12 of this, or of the
            whole integral, and cutting its parent did not change more than ten times that.

    Raises:
        ArithmeticError: `f` is NaN somewhere, or too rough to be integrated.
    """
    low, high = np.asarray(edges[:-1], dtype=float), np.asarray(edges[1:], dtype=float)
    keep = high > low
    low, high = low[keep], high[keep]
    total, size, missing = 0.0, 0.0, 0.0
    limit = low.size + _PIECES
    whole, _, _ = _rules(f, low, high)
    for _ in range(_DEPTH):
        if np.isinf(whole).any():
            return float(whole[np.isinf(whole)][0])
        # A few numbers next to each other: there is nothing more to be known.
        wide = high - low > 8 * np.spacing(np.maximum(np.abs(low), np.abs(high)))
        total += math.fsum(whole[~wide])
        low, high, whole = low[wide], high[wide], whole[wide]
        if low.size == 0 or low.size > limit:
            break
        # Between two nodes: a kink next to the cut, which its halves do not see, is seen before.
        middle = low + 0.55 * (high - low)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        kronrod, error, magnitude = _rules(f, low, high)
        bound = _TOLERANCE * max(scale, size + float(magnitude.sum()))
        # Two rules may agree by chance, on a kink for instance: cutting must not matter either.
        change = np.tile(np.abs(whole - kronrod.reshape(2, -1).sum(axis=0)), 2)
        done = (error <= bound) & (change <= 10 * bound)
        total += math.fsum(kronrod[done])
        size += float(magnitude[done].sum())
        missing = float(error[~done].sum())
        low, high, whole = low[~done], high[~done], kronrod[~done]
    if low.size:
        raise ArithmeticError(f"the integral does not converge, about {missing:.1e} is uncertain")
    return total


def _rules(
    f: Function, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each piece: the integral by Kronrod's rule, how far Gauss's is from it, and that of |f|.

    A piece without a number inside (two neighbours in float64) has no mass.
    """
    results = np.zeros((3, low.size))
    inside = np.nextafter(low, high) < high
    low, high = low[inside, None], high[inside, None]
    half = (high - low) / 2
    x = low + half + half * _NODES
    # Rounding must not put a node on an edge, where a density may be infinite.
    x = np.clip(x, np.nextafter(low, high), np.nextafter(high, low))
    y = f(x)
    if np.isnan(y).any():
        raise ArithmeticError(f"the integrand is NaN near x = {x[np.isnan(y)][0]:g}")
    with np.errstate(invalid="ignore"):  # infinity less infinity, where y is infinite
        kronrod = half[:, 0] * (y @ _KRONROD)
        error = np.abs(kronrod - half[:, 0] * (y[:, 1::2] @ _GAUSS))
    results[:, inside] = kronrod, error, half[:, 0] * (np.abs(y) @ _KRONROD)
    return results[0], results[1], results[2]


def integrate_to_tails(
    f: Function, edges: np.ndarray, cuts: Sequence[tuple[float, float]], scale: float
) -> float:
    """The integral of `f` over the line, infinite when its tails do not die out.

    Args:
        f: as in `integrate`.
        edges: pieces as in `integrate`; those beyond the cuts are ignored.
        cuts: three nested intervals (low, high), the innermost first. What lies between the second
            and the third must be negligible; where it is not smaller than what lies between the
            first and the second, the integral diverges.
        scale: as in `integrate`.

    Raises:
        SlowTails: they die out too slowly to be cut there.
        ArithmeticError: as `integrate`.
    """
    (a, b), *_ = cuts
    rings: list[float] = []
    core = integrate(f, _between(edges, a, b), scale)
    if math.isinf(core):
        return core
    scale = max(scale, abs(core))
    for (a, b), (c, d) in itertools.pairwise(cuts):
        left = integrate(f, _between(edges, c, a), scale)
        rings.append(left + integrate(f, _between(edges, b, d), scale))
    total = core + sum(rings)
    if math.isinf(total):
        return total
    if abs(rings[-1]) > 1e-10 * abs(total) + 1e-12:
        if abs(rings[-1]) >= 0.99 * abs(rings[-2]):
            return math.copysign(math.inf, rings[-1])
        raise SlowTails("the tails are too heavy: the integral converges too slowly")
    return total


def integrate_far(
    f: Function, edges: np.ndarray, cuts: Sequence[tuple[float, float]], scale: float
) -> float:
    """As `integrate_to_tails`, but where the tails are too heavy goes on to 1e300."""
    try:
        return integrate_to_tails(f, edges, cuts, scale)
    except SlowTails:
        low, high = cuts[-1]
        center, reach = low + (high - low) / 2, max((high - low) / 2, 1.0)
        near, far = math.log10(reach), 300.0
        steps = 10.0 ** np.linspace(near, far, 1 + 3 * math.ceil((far - near) / 3))
        third = (steps.size - 1) // 3
        edges = np.concatenate([edges, center - steps, center + steps])
        distant = [(center - step, center + step) for step in steps[third::third].tolist()]
        return integrate_to_tails(f, np.unique(edges), distant, scale)


def sign_changes(g: Function, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a function changes its sign.

    Args:
        g: takes and returns an array of any shape.
        edges: shape (n,), ascending; 32 places between two of them are looked at.

    Returns:
        The signs (-1, 0 or 1), shape (k + 1,), and the k places, ascending, at which one gives way
        to the next: each is the first number in float64 that has the new sign.
    """
    inner = edges[:-1, None] + np.diff(edges)[:, None] * (np.arange(32) + 0.5) / 32
    x = np.concatenate([[np.nextafter(edges[0], -np.inf)], inner.reshape(-1), edges[-1:]])
    signs = np.sign(g(x))
    change = np.flatnonzero(np.diff(signs))
    low, high, before = x[change, None], x[change + 1, None], signs[change, None]
    for _ in range(14):  # a 32nd each time, 70 bits in all: down to neighbours in float64
        grid = low + (high - low) * np.arange(33) / 32
        grid[:, -1:] = high
        first = np.argmax(np.sign(g(grid)) != before, axis=1)[:, None]
        low, high = (np.take_along_axis(grid, first - back, axis=1) for back in (1, 0))
    return np.append(signs[:1], signs[change + 1]), high[:, 0]


def _between(edges: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.concatenate([[low], edges[(edges > low) & (edges < high)], [high]])
