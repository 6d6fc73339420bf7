"""Integrals of densities, exact to about twelve digits however far apart the densities lie.

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


def integrate(f: Function, edges: np.ndarray, scale: float = 0.0) -> float:
    """The integral of `f` over the pieces between sorted `edges`.

    Args:
        f: takes and returns an array of any shape; an infinite value makes the integral infinite.
        edges: shape (n,), ascending; the first and last are the limits.
        scale: what the result matters against: what it will be added to, or the size below which
            it is the rounding of `f`. A piece is done when its error is 1e-12 of this, or of the
            whole integral.

    Raises:
        ArithmeticError: `f` is NaN somewhere, or too rough to be integrated.
    """
    low, high = np.asarray(edges[:-1], dtype=float), np.asarray(edges[1:], dtype=float)
    keep = high > low
    low, high = low[keep], high[keep]
    total, size, missing = 0.0, 0.0, 0.0
    limit = low.size + _PIECES
    for _ in range(_DEPTH):
        if low.size == 0 or low.size > limit:
            break
        # A piece without a number inside (two neighbours in float64) has no mass.
        inside = np.nextafter(low, high) < high
        low, high = low[inside], high[inside]
        half = (high - low) / 2
        x = (low + half)[:, None] + half[:, None] * _NODES
        # Rounding must not put a node on an edge, where a density may be infinite.
        x = np.clip(x, np.nextafter(low, high)[:, None], np.nextafter(high, low)[:, None])
        y = f(x)
        if np.isnan(y).any():
            raise ArithmeticError(f"the integrand is NaN near x = {x[np.isnan(y)][0]:g}")
        if np.isinf(y).any():
            return float(y[np.isinf(y)][0])
        kronrod = half * (y @ _KRONROD)
        error = np.abs(kronrod - half * (y[:, 1::2] @ _GAUSS))
        magnitude = half * (np.abs(y) @ _KRONROD)
        bound = _TOLERANCE * max(scale, size + float(magnitude.sum()))
        middle = low + half
        done = (error <= bound) | (middle <= low) | (middle >= high)
        total += math.fsum(kronrod[done])
        size += float(magnitude[done].sum())
        missing = float(error[~done].sum())
        low, high = (
            np.concatenate([low[~done], middle[~done]]),
            np.concatenate([middle[~done], high[~done]]),
        )
    if low.size:
        raise ArithmeticError(f"the integral does not converge, about {missing:.1e} is uncertain")
    return total


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
        ArithmeticError: the tails converge too slowly to be integrated.
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
        raise ArithmeticError("the tails are too heavy: the integral converges too slowly")
    return total


def _between(edges: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.concatenate([[low], edges[(edges > low) & (edges < high)], [high]])
