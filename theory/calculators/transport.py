"""Optimal transport on the line: Wasserstein distances, plans and Kantorovich potentials."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from scipy.special import erf

from theory.calculators import several_dimensions
from theory.calculators.components import numbers
from theory.calculators.densities import Discrete, Mixture, as_law, as_law_anywhere
from theory.calculators.integration import (
    SlowTails,
    integrate,
    integrate_far,
    integrate_to_tails,
    sign_changes,
)
from theory.calculators.several_dimensions import NormalVector

if TYPE_CHECKING:
    import flint

Law = Mixture | Discrete | NormalVector

_TAILS = (1e-20, 1e-25, 1e-30)  # levels beyond which nothing is integrated, if that is enough
_FURTHEST = (1e-300, 1e-150, 1e-90, 1e-60)  # the first whose quantiles are numbers, if it is not

_DEAR = 1e6  # the price, in units, from which on no plan pays it
_ROUNDS = 100
_PIVOTS = 10**9  # of the network simplex: far beyond what any plan takes


@dataclass(frozen=True)
class TransportPlan:
    """A coupling of two discrete laws: how much of the mass at each x goes to each y.

    Attributes:
        x: shape (n,) or (n, d), the points of p, ascending.
        y: shape (m,) or (m, d), the points of q, ascending.
        mass: shape (n, m), at least 0; its rows add up to p, its columns to q.
        cost: the sum of mass times the cost of moving from x to y.
    """

    x: np.ndarray
    y: np.ndarray
    mass: np.ndarray
    cost: float


@overload
def wasserstein(
    p: Any, q: Any, order: float = 1, *, certified: Literal[False] = False
) -> float: ...
@overload
def wasserstein(p: Any, q: Any, order: float = 1, *, certified: Literal[True]) -> flint.arb: ...
def wasserstein(p: Any, q: Any, order: float = 1, *, certified: bool = False) -> float | flint.arb:
    """The Wasserstein distance W_r(p, q) = (int_0^1 |P^-1(u) - Q^-1(u)|^r du)^(1/r).

    The monotone coupling is optimal on the line, so this is the least r-th mean of |x - y| over
    all couplings; for r = 1 it equals int |P(x) - Q(x)| dx.

    Args:
        p: a frozen continuous distribution of scipy.stats, `Mixture`, `Discrete`, `Empirical` (a
            sample), or a vector of probabilities on 0, ..., n-1.
        q: a law of either kind; a sample may be compared with a density. In several dimensions both
            are discrete (`Discrete`, `Empirical`), or both a `scipy.stats.multivariate_normal`.
        order: r, a finite number of at least 1.
        certified: return a ball that is proved to hold the number, for order 1 and normal laws
            and their mixtures (`theory.calculators.certified`).

    Returns:
        A number >= 0 in the unit of x; infinity when the laws' r-th moments make it so. Of two
        normal laws N(m, s^2) and N(n, t^2), with d = |m - n| and e = |s - t|, it is the r-th mean
        of |d + e Z|, a folded normal: for r = 2 sqrt(d^2 + e^2), and for r = 1
        e sqrt(2/pi) exp(-d^2 / (2 e^2)) + d erf(d / (e sqrt 2)). In several dimensions |x - y| is
        Euclidean, and W_r between discrete laws the cost of the cheapest plan; W_2 of normal laws
        is |m - n|^2 + tr(S + T - 2 (S^1/2 T S^1/2)^1/2), the root of it.

    Raises:
        ValueError: a law is not a probability law, or the order is below 1 or not finite; or it
            is not 1 though `certified` is True, or not 2 between normal laws in several dimensions.
        ArithmeticError: the tails converge too slowly, for this order.

    Source: Villani 2003, Topics in Optimal Transportation, Theorem 2.18 and Remark 2.19; Leone,
        Nelson and Nottingham 1961 (folded normal).
    """
    if isinstance(order, bool) or not isinstance(order, int | float | np.number):
        raise ValueError(f"order: got {order!r}, expected a number of at least 1")
    r = float(order)
    if not 1 <= r < np.inf:
        raise ValueError(f"order: got {order}, expected a finite number of at least 1")
    if certified:
        from theory.calculators import certified as proved

        if r != 1:
            raise ValueError(f"order: got {order}, expected 1 with certified=True")
        return proved.wasserstein(p, q)
    a, b = _together(p, q)
    if a.dimension > 1:
        return _in_space(a, b, r)
    assert isinstance(a, Mixture | Discrete)
    assert isinstance(b, Mixture | Discrete)
    if isinstance(a, Discrete) and isinstance(b, Discrete):
        return _between_points(a, b, r)
    if isinstance(a, Mixture) and isinstance(b, Mixture):
        normal_a, normal_b = a.normal_parameters(), b.normal_parameters()
        if normal_a and normal_b:
            d, e = abs(normal_a[0] - normal_b[0]), abs(normal_a[1] - normal_b[1])
            if r == 2:
                return float(np.hypot(d, e))
            return _folded_mean(d, e) if r == 1 else _folded_moment(d, e, r)
    if r == 1:
        return _between_distribution_functions(a, b)
    return _between_quantiles(a, b, r)


def transport_plan(p: Any, q: Any, cost: Any = None) -> TransportPlan:
    """The cheapest plan that carries one discrete law to another.

    Args:
        p: a `Discrete`, an `Empirical` (equal observations are one point) or a vector of
            probabilities on 0, ..., n-1.
        q: another.
        cost: None for |x - y|, a callable c(x, y) of arrays of shape (n, 1) and (1, m), in d
            dimensions (n, 1, d) and (1, m, d), or an array of shape (n, m), for the points of p and
            q in ascending order. It may be negative.

    Returns:
        A `TransportPlan`. On the line, without a cost, its mass is the monotone plan, filled from
        the north-west corner, which is the cheapest for every convex cost of x - y. Otherwise it
        solves the linear programme: least sum of mass * cost over all mass >= 0 with these two
        marginals. The solver is POT's network simplex; its dual solution is checked, to 1e-9 of the
        largest cost.

    Raises:
        ValueError: a law is continuous (there `wasserstein` gives the cost, and the plan moves x to
            Q^-1(P(x))) or no probability law, or the cost has the wrong shape or is not finite.
        ArithmeticError: the linear programme could not be solved.

    Source: Villani 2003, Theorem 2.18 (monotone plan); Peyré and Cuturi 2019, Computational Optimal
        Transport, equation 2.11 (linear programme), section 3.4.2 (north-west corner); Bonneel,
        van de Panne, Paris and Heidrich 2011 (network simplex).
    """
    a, b = _together(p, q)
    for name, law in (("p", a), ("q", b)):
        if not isinstance(law, Discrete):
            raise ValueError(f"{name}: got a continuous law, expected a discrete law or a sample")
    assert isinstance(a, Discrete)
    assert isinstance(b, Discrete)
    if cost is None and a.dimension == 1:
        mass, price = _north_west(a.weights, b.weights), np.abs(a.points[:, None] - b.points)
    else:
        price = _prices(_distances if cost is None else cost, a.points, b.points)
        mass = _cheapest(a.weights, b.weights, price)
    return TransportPlan(a.points, b.points, mass, float(np.sum(mass * price)))


def kantorovich_potential(p: Any, q: Any) -> Callable[[Any], np.ndarray]:
    """A Kantorovich potential: f that is 1-Lipschitz with E_p f - E_q f = W_1(p, q).

    Its slope is f'(x) = sign(Q(x) - P(x)), so that E_p f - E_q f = int f' (Q - P) = int |P - Q|. It
    is what the critic of a Wasserstein GAN is to learn. The constant is chosen so that f is 0 at
    the median of p.

    Args:
        p: a law of either kind, as in `wasserstein`.
        q: a law of either kind.

    Returns:
        A callable from an array x to f(x) of the same shape; it refuses NaN and infinity with a
        ValueError.
        The expectations exist when both laws have a mean.

    Raises:
        ValueError: as `wasserstein`.

    Source: Villani 2003, Theorem 1.14 (duality) and Remark 2.19; Santambrogio 2015, Optimal
        Transport for Applied Mathematicians, Proposition 2.17.
    """
    a, b = as_law(p, "p"), as_law(q, "q")

    slopes, knots = sign_changes(lambda x: _excess(b, a, x), np.union1d(_edges(a), _edges(b)))
    heights = np.concatenate([[0.0], np.cumsum(slopes[1:-1] * np.diff(knots))])
    zero = float(a.ppf(0.5))

    def rise(x: np.ndarray) -> np.ndarray:
        if knots.size == 0:
            return slopes[0] * x
        place = np.searchsorted(knots, x)  # the number of knots below x
        start = np.maximum(place - 1, 0)
        return heights[start] + slopes[place] * (x - knots[start])

    def potential(x: Any) -> np.ndarray:
        x = numbers(x, "x")
        if not np.isfinite(x).all():
            raise ValueError("x: got NaN or infinity, expected finite numbers")
        return rise(x) - rise(np.asarray(zero))

    return potential


def _together(p: Any, q: Any) -> tuple[Law, Law]:
    a, b = as_law_anywhere(p, "p"), as_law_anywhere(q, "q")
    if a.dimension != b.dimension:
        raise ValueError(f"q: got {b.dimension} dimensions, expected {a.dimension} as of p")
    return a, b


def _in_space(a: Law, b: Law, r: float) -> float:
    """Between two discrete laws or two normal ones in several dimensions."""
    if isinstance(a, NormalVector) and isinstance(b, NormalVector):
        if r != 2:
            raise ValueError(
                f"order: got {r:g}, expected 2 between normal laws in several dimensions"
            )
        return several_dimensions.wasserstein(a, b)
    if not (isinstance(a, Discrete) and isinstance(b, Discrete)):
        raise ValueError(
            f"q: got a {type(b).__name__} with a {type(a).__name__} in {a.dimension} dimensions, "
            "expected both discrete or both normal"
        )
    distance = _distances(a.points[:, None], b.points[None])
    unit = distance.max()
    if unit == 0:
        return 0.0
    # In a high power the furthest points hide the others: go on in the unit of the furthest used.
    for _ in range(_ROUNDS):
        with np.errstate(over="ignore", under="ignore"):
            price = np.minimum((distance / unit) ** r, _DEAR)
        mass = _cheapest(a.weights, b.weights, price)
        total, furthest = float(np.sum(mass * price)), distance[mass > 0].max()
        if furthest > unit:
            break
        if total > 1e-3 or furthest == unit or furthest == 0:
            return float(unit * total ** (1 / r))
        unit = furthest
    raise ArithmeticError(f"order: got {r:g}, but the plan does not settle, expected a lower order")


def _distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x - y, axis=-1)


def _north_west(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What the levels (P_i-1, P_i] and (Q_j-1, Q_j] of the two quantile functions share."""
    upper_p, upper_q = np.cumsum(p), np.cumsum(q)
    mass = np.minimum.outer(upper_p, upper_q) - np.maximum.outer(upper_p - p, upper_q - q)
    # Slivers between two roundings of one level are no mass.
    return np.where(mass > np.finfo(float).eps * (p.size + q.size), mass, 0.0)


def _prices(cost: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    shape = (len(x), len(y))
    got = "returned" if callable(cost) else "got"
    try:
        price = np.asarray(cost(x[:, None], y[None]) if callable(cost) else cost, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"cost: {got} no array of numbers, expected shape {shape}") from None
    if price.shape != shape:
        raise ValueError(f"cost: {got} shape {price.shape}, expected {shape}")
    if not np.isfinite(price).all():
        raise ValueError(f"cost: {got} NaN or infinity, expected finite numbers")
    return price


def _cheapest(p: np.ndarray, q: np.ndarray, price: np.ndarray) -> np.ndarray:
    """The linear programme, by a network simplex; its dual solution proves that it is solved."""
    emd = _network_simplex()
    rows, columns = np.flatnonzero(p > 0), np.flatnonzero(q > 0)
    unit = np.abs(price).max() or 1.0
    cost = price[np.ix_(rows, columns)] / unit
    found, log = emd(p[rows], q[columns], cost, _PIVOTS, log=True, center_dual=False)
    if log["warning"]:
        raise ArithmeticError(f"the linear programme was not solved: {log['warning']}")
    u, v = log["u"], log["v"]
    gap = np.sum(found * cost) - p[rows] @ u - q[columns] @ v
    if not (abs(gap) <= 1e-9 and (cost - u[:, None] - v >= -1e-9).all()):
        raise ArithmeticError("the linear programme was not solved: its dual misses it")
    mass = np.zeros(price.shape)
    mass[np.ix_(rows, columns)] = found
    return mass


def _network_simplex() -> Callable[..., Any]:
    """POT's `emd`. Importing POT would import tensorflow, torch and jax where they are installed.

    Unless the caller has imported it before, it is imported for numpy alone.
    """
    if "ot" not in sys.modules:
        names = [f"POT_BACKEND_DISABLE_{name}" for name in ("TENSORFLOW", "PYTORCH", "JAX", "CUPY")]
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(dict.fromkeys(names, "1"))
        try:
            import ot  # noqa: F401  # loaded here, where its environment is set
        finally:
            for name, setting in before.items():
                if setting is None:
                    del os.environ[name]
                else:
                    os.environ[name] = setting
    from ot.lp import emd

    return emd


def _folded_mean(d: float, e: float) -> float:
    """The mean of |d + e Z| for d, e >= 0."""
    if e == 0:
        return float(d)
    ratio = d / e
    return float(e * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + d * erf(ratio / np.sqrt(2)))


def _folded_moment(d: float, e: float, r: float) -> float:
    """The r-th mean of |d + e Z|, for d, e >= 0, from the logarithm of its integrand."""
    if e == 0 or d / e > 1e9 * np.sqrt(r):  # then it is d (1 + (r - 1) (e / d)^2 / 2 + ...)
        return float(d)
    d = d / e
    root = np.hypot(d, 2 * np.sqrt(r)) + d
    peaks = np.array([2 * r / root, -root / 2])  # of r log |d + z| - z^2 / 2

    def log(z: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return r * np.log(np.abs(d + z)) - z**2 / 2

    top = log(peaks).max()
    # Its curvature is at least one, so that 40 units from a peak nothing is left.
    edges = (peaks[:, None] + np.linspace(-40, 40, 41)).reshape(-1)
    moment = integrate(lambda z: np.exp(log(z) - top), np.union1d(edges, [-d]), 0.0)
    return float(e * np.exp((top + np.log(moment / np.sqrt(2 * np.pi))) / r))


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
        return np.abs(_excess(p, q, x))

    edges = np.union1d(_edges(p), _edges(q))
    edges = np.union1d(edges, sign_changes(lambda x: _excess(p, q, x), edges)[1])
    pairs = zip(_cuts(p), _cuts(q), strict=True)
    cuts = [(min(a, c), max(b, d)) for (a, b), (c, d) in pairs]
    # Rounding of P - Q is 1e-16 wherever there is mass: 1e-14 of the laws' width is the floor.
    return integrate_far(integrand, edges, cuts, scale=1e-2 * _width(p, q))


def _excess(p: Mixture | Discrete, q: Mixture | Discrete, x: np.ndarray) -> np.ndarray:
    """P(x) - Q(x); in the upper half from 1 - P and 1 - Q, as P has rounded to one far out."""
    below = p.cdf(x)
    return np.where(below > 0.5, q.sf(x) - p.sf(x), below - q.cdf(x))


def _between_quantiles(p: Mixture | Discrete, q: Mixture | Discrete, r: float) -> float:
    try:
        distance = _between_quantiles_to(p, q, r, _TAILS)
        if np.isfinite(distance):
            return distance
    except SlowTails:
        distance = np.nan

    def is_there(u: float) -> bool:
        return bool(np.isfinite([[law.ppf(u), law.isf(u)] for law in (p, q)]).all())

    furthest = next(filter(is_there, _FURTHEST), _TAILS[-1])
    far = (furthest ** (1 / 3), furthest ** (2 / 3), furthest)
    try:
        distance = _between_quantiles_to(p, q, r, far)
    except SlowTails:
        distance = np.nan
    if np.isfinite(distance) or (np.isinf(distance) and _grow_by_powers(p, q, far)):
        return distance
    raise ArithmeticError(
        f"order: got {r:g}, but of these laws the quantiles down to the level {furthest:g} do not "
        "settle the mean of |x - y| to this power, expected a lower order"
    )


def _grow_by_powers(p: Mixture | Discrete, q: Mixture | Discrete, levels: Sequence[float]) -> bool:
    """Whether a tail's quantiles grow like a power of the level or faster, so that high moments
    are infinite; those of a normal or lognormal law grow ever more slowly.
    """
    u = np.array(levels)
    for law in (p, q):
        for x in (np.abs(law.ppf(u)), np.abs(law.isf(u))):
            with np.errstate(divide="ignore", invalid="ignore"):
                first, second = np.diff(np.log(x))
            if second > 0.99 * first > 0.01:
                return True
    return False


def _between_quantiles_to(
    p: Mixture | Discrete, q: Mixture | Discrete, r: float, tails: tuple[float, ...]
) -> float:
    """Both halves of (0, 1) are measured from their own end, so that no level rounds to one."""

    def apart(u: np.ndarray, upper: bool) -> np.ndarray:
        return np.abs(p.isf(u) - q.isf(u) if upper else p.ppf(u) - q.ppf(u))

    # The unit in which no level counts for more than one: high powers neither over- nor underflow.
    powers = 10.0 ** np.arange(round(math.log10(tails[-1])), 0)
    weights = powers ** (1 / r)
    unit = max(float((apart(powers, upper) * weights).max()) for upper in (False, True))
    if unit == 0:
        unit = _width(p, q)
    total = 0.0
    for upper in (False, True):
        levels = np.union1d(powers, np.union1d(_levels(p, upper), _levels(q, upper)))

        def integrand(u: np.ndarray, upper: bool = upper) -> np.ndarray:
            return (apart(u, upper) / unit) ** r

        cuts = [(level, 0.5) for level in tails]
        # Below a thousandth of the width the quantiles' own rounding would be integrated.
        scale = (1e-3 * _width(p, q) / unit) ** r
        total += integrate_to_tails(integrand, levels, cuts, scale)
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
