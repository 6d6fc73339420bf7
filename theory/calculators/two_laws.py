"""Integrals over the line of what the densities of two laws make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theory.calculators.convex_functions import log_ratio
from theory.calculators.densities import Mixture
from theory.calculators.ends import End, log_density_beside, poles
from theory.calculators.features import settled
from theory.calculators.integration import integrate, integrate_far, sign_changes

Cuts = list[tuple[float, float]]
# From x and the logarithms of both densities there.
Term = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

NO_PLACES = np.empty(0)


def integral(
    term: Term,
    p: Mixture,
    q: Mixture,
    scale: float,
    cuts: Cuts | None = None,
    more: np.ndarray = NO_PLACES,
    rough: tuple[float, str] | None = None,
) -> float:
    """The integral of a term over the line, cut at the quantiles of both laws.

    Args:
        term: takes arrays x, log p(x) and log q(x).
        p: a law.
        q: another.
        scale: as in `integrate`.
        cuts: as in `integrate_to_tails`; where the mass of both laws ends, if there are none.
        more: more places where to cut.
        rough: None if the term is as smooth as the densities; else `tolerance` and `fault` of
            `settled`, which then looks for jumps.
    """
    cuts = cuts or joint_cuts(p, q)
    edges = np.unique(np.concatenate([p._edges, q._edges, more]))
    ends = poles(p, q)

    def f(x: np.ndarray) -> np.ndarray:
        inside = np.zeros(x.shape, dtype=bool)
        for end in ends:
            zone = end.holds(x)
            inside |= zone
            x = np.where(zone, end.limit, x)
        return np.where(inside, 0.0, term(x, p.logpdf(x), q.logpdf(x)))

    beside = sum((_beside(term, p, q, end, scale) for end in ends), 0.0)
    edges = np.union1d(edges, [end.limit for end in ends])
    if rough is None and (p.is_rough or q.is_rough):
        rough = 1e-6, "p, q: densities with fewer jumps and kinks"
    if rough is None:
        return beside + integrate_far(f, edges, cuts, scale)
    tolerance, fault = rough
    mass = np.diff(p.cdf(edges) + q.cdf(edges))
    known = [end for law in (p, q) for pair in law._intervals() for end in pair]
    known = np.unique(np.concatenate([known, more, edges[[0, -1]], [end.limit for end in ends]]))
    return beside + settled(
        lambda edges: integrate_far(f, edges, cuts, scale),
        f, edges, mass > 1e-10, known, tolerance, fault,
    )  # fmt: skip


def _beside(term: Term, p: Mixture, q: Mixture, end: End, scale: float) -> float:
    """The integral over the zone of an end, by the distance from it."""
    log_p, log_q = (log_density_beside(law, end) for law in (p, q))
    edges = np.concatenate([[0.0], end.width * 10.0 ** -np.arange(280.0, -2, -2)])
    return integrate(lambda t: term(end.at(t), log_p(t), log_q(t)), edges, scale)


def crossings(p: Mixture, q: Mixture) -> np.ndarray:
    """Where p = q, at which |p - q| has a kink."""
    edges = np.union1d(p._edges, q._edges)
    return sign_changes(lambda x: log_ratio(p.logpdf(x), q.logpdf(x)), edges)[1]


def joint_cuts(p: Mixture, q: Mixture) -> Cuts:
    """Three nested intervals outside of which neither law has mass to speak of."""
    pairs = zip(p._cuts(), q._cuts(), strict=True)
    return [(min(a, c), max(b, d)) for (a, b), (c, d) in pairs]


def covers(q: Mixture, p: Mixture) -> bool:
    """Whether q has a density wherever p has."""
    holds = q._intervals()
    return all(any(c <= a and b <= d for c, d in holds) for a, b in p._intervals())


def refuse_lost(x: np.ndarray, log_p: np.ndarray, log_q: np.ndarray, name: str) -> None:
    """Refuse the points at which log q is too small for float64 though p has mass there."""
    lost = np.isneginf(log_q) & (np.exp(log_p) > 0)
    if lost.any():
        other = "q" if name == "p" else "p"
        raise ArithmeticError(
            f"log {name} underflows at x = {x[lost][0]:g} inside {name}'s support, "
            f"where {other} has mass"
        )


def places(edges: Any) -> np.ndarray:
    """The places that the caller names, ascending."""
    try:
        found = np.asarray(edges, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("edges: got no array of numbers, expected places where D jumps") from None
    if found.ndim != 1 or not np.isfinite(found).all():
        got = f"shape {found.shape}" if found.ndim != 1 else "NaN or infinity"
        raise ValueError(f"edges: got {got}, expected a vector of finite numbers")
    return np.unique(found)
