"""The convex functions f of the f-divergences D_f(p || q) = E_q f(p / q).

Nowozin, Cseke and Tomioka 2016, Table 1. Each comes with its integrand from log densities, so that
nothing is lost where a density or a ratio of densities leaves float64.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, wrightomega, xlog1py, xlogy

LOG2 = math.log(2)
Terms = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class FDivergence:
    """A convex f with f(1) = 0, and so the divergence D_f(p || q) = E_q f(p / q).

    Args:
        name: what it is called.
        f: takes an array u > 0, returns f(u).
        slope: f'(u), by which T = f'(p / q) is the best critic in E_p T - E_q f*(T).
        conjugate: f*(t) = sup over u >= 0 of t u - f(u), infinite where there is no such bound.
        at_zero: f(0), the limit of f(u) as u goes to 0; what mass of q alone costs.
        slope_at_infinity: f'(inf), the limit of f(u) / u; what mass of p alone costs.
        term: takes arrays of log p and log q, returns q f(p / q).
            Without it the ratio p / q has to be a number in float64 wherever there is mass.

    Source: Nowozin, Cseke and Tomioka 2016, section 2.1 and Table 1.
    """

    name: str
    f: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    conjugate: Callable[[Any], Any]
    at_zero: float
    slope_at_infinity: float
    term: Terms | None = None

    def within_bounds(self, divergence: float) -> float:
        """The divergence where rounding has not left f(1) <= D_f <= f(0) + f'(inf)."""
        least = float(self.f(np.ones(1))[0])
        return min(max(divergence, least), self.at_zero + self.slope_at_infinity)


# q f(p / q) from log p and log q, where p / q itself may overflow.


def kl_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    return times(np.exp(log_p), log_ratio(log_p, log_q))


def js_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    return (np.exp(log_p) + np.exp(log_q)) * _js_kernel(log_ratio(log_p, log_q)) / 4


def tv_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    # |p - q| = (p + q) |tanh((log p - log q) / 2)|: no cancellation
    return (np.exp(log_p) + np.exp(log_q)) * np.abs(np.tanh(log_ratio(log_p, log_q) / 2)) / 2


def _hellinger_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    a = np.abs(log_ratio(log_p, log_q))
    return np.exp(np.maximum(log_p, log_q)) * np.expm1(-a / 2) ** 2


def _pearson_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    a = log_ratio(log_p, log_q)
    with np.errstate(over="ignore"):  # to infinity, as it should
        return np.exp(np.maximum(log_p, log_q) + np.maximum(a, 0)) * np.expm1(-np.abs(a)) ** 2


def _jeffreys_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    a = np.abs(log_ratio(log_p, log_q))
    return times(np.exp(np.maximum(log_p, log_q)), -np.expm1(-a) * a)


def _gan_term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    a = log_ratio(log_p, log_q)
    return times(np.exp(log_p), log_expit(a)) + times(np.exp(log_q), log_expit(-a))


def _where(inside: Any, formula: Callable[[Any], Any], t: Any, outside: float) -> Any:
    """formula(t) where t is inside its domain, `outside` elsewhere."""
    t = np.asarray(t, dtype=float)
    with np.errstate(all="ignore"):
        return np.where(inside, formula(t), outside)


def _jeffreys_conjugate(t: Any) -> Any:
    t = np.asarray(t, dtype=float)
    w = wrightomega(1 - t)  # W(e^(1 - t)) of Lambert's W
    return w + 1 / w + t - 2


# Nowozin, Cseke and Tomioka 2016, Table 1. There Jensen-Shannon has twice this f, and f* of
# total-variation and of pearson is given where u = 0 is not the best u.
F_DIVERGENCES = {
    row.name: row
    for row in (
        FDivergence(
            "kl",
            lambda u: xlogy(u, u),
            lambda u: 1 + np.log(u),
            lambda t: np.exp(np.asarray(t) - 1),
            0.0,
            math.inf,
            kl_term,
        ),
        FDivergence(
            "reverse-kl",
            lambda u: -np.log(u),
            lambda u: -1 / np.asarray(u),
            lambda t: _where(np.asarray(t) < 0, lambda t: -1 - np.log(-t), t, math.inf),
            math.inf,
            0.0,
            lambda log_p, log_q: kl_term(log_q, log_p),
        ),
        FDivergence(
            "js",
            lambda u: (xlogy(u, u) - (1 + u) * np.log((1 + u) / 2)) / 2,
            lambda u: np.log(2 * u / (1 + u)) / 2,
            lambda t: _where(
                np.asarray(t) < LOG2 / 2, lambda t: -np.log(2 - np.exp(2 * t)) / 2, t, math.inf
            ),
            LOG2 / 2,
            LOG2 / 2,
            js_term,
        ),
        FDivergence(
            "total-variation",
            lambda u: np.abs(u - 1) / 2,
            lambda u: np.sign(u - 1) / 2,
            lambda t: _where(np.asarray(t) <= 0.5, lambda t: np.maximum(t, -0.5), t, math.inf),
            0.5,
            0.5,
            tv_term,
        ),
        FDivergence(
            "squared-hellinger",
            lambda u: (np.sqrt(u) - 1) ** 2,
            lambda u: 1 - 1 / np.sqrt(u),
            lambda t: _where(np.asarray(t) < 1, lambda t: t / (1 - t), t, math.inf),
            1.0,
            1.0,
            _hellinger_term,
        ),
        FDivergence(
            "pearson",
            lambda u: (u - 1) ** 2,
            lambda u: 2 * (u - 1),
            lambda t: _where(np.asarray(t) >= -2, lambda t: t + t**2 / 4, t, -1.0),
            1.0,
            math.inf,
            _pearson_term,
        ),
        FDivergence(
            "neyman",
            lambda u: (u - 1) ** 2 / u,
            lambda u: 1 - 1 / u**2,
            lambda t: _where(np.asarray(t) <= 1, lambda t: 2 - 2 * np.sqrt(1 - t), t, math.inf),
            math.inf,
            1.0,
            lambda log_p, log_q: _pearson_term(log_q, log_p),
        ),
        FDivergence(
            "jeffreys",
            lambda u: (u - 1) * np.log(u),
            lambda u: 1 - 1 / u + np.log(u),
            _jeffreys_conjugate,
            math.inf,
            math.inf,
            _jeffreys_term,
        ),
        FDivergence(
            "gan",
            lambda u: xlogy(u, u) - xlog1py(u + 1, u),
            lambda u: np.log(u / (1 + u)),
            lambda t: _where(np.asarray(t) < 0, lambda t: -np.log(-np.expm1(t)), t, math.inf),
            0.0,
            0.0,
            _gan_term,
        ),
    )
}


def find_f(f: str | FDivergence) -> FDivergence:
    """The row of the table that a name means, or the caller's own after a check.

    Raises:
        ValueError: there is no such name, or f is not convex, or f(1) is not 0, or its limits
            cannot be those of f.
    """
    if isinstance(f, str):
        if f in F_DIVERGENCES:
            return F_DIVERGENCES[f]
        near = difflib.get_close_matches(f.lower(), F_DIVERGENCES, n=3, cutoff=0.5)
        hint = f"nearest are {', '.join(near)}" if near else f"names are {', '.join(F_DIVERGENCES)}"
        raise ValueError(f"f: got {f!r}, which is no f-divergence; {hint}")
    if not isinstance(f, FDivergence):
        raise ValueError(f"f: got {type(f).__name__}, expected a name or a theory.FDivergence")
    if f not in F_DIVERGENCES.values():
        _check_f(f)
    return f


def _check_f(row: FDivergence) -> None:
    """Refuse a function that is not convex with f(1) = 0, or whose limits are not its own."""
    u = np.exp(np.linspace(-7, 7, 281))
    with np.errstate(all="ignore"):
        y = np.asarray(row.f(u), dtype=float)
    if y.shape != u.shape:
        raise ValueError(f"f: {row.name} returned shape {y.shape} for u of shape {u.shape}")
    if not np.isfinite(y).all():
        raise ValueError(f"f: {row.name} is not finite at u = {u[~np.isfinite(y)][0]:g}")
    if abs(y[140]) > 1e-9:
        raise ValueError(f"f: got f(1) = {y[140]:g} of {row.name}, expected 0")
    chords = np.diff(y) / np.diff(u)
    rounding = 1e-9 * (1 + np.abs(chords[1:]) + np.abs(y[1:-1]) / u[1:-1])
    bent = np.diff(chords) < -rounding
    if bent.any():
        raise ValueError(f"f: {row.name} is not convex near u = {u[1:-1][bent][0]:g}")
    if not row.at_zero >= y[0] - chords[0] * u[0] - 1e-9 * (1 + abs(y[0])):
        raise ValueError(
            f"f: got f(0) = {row.at_zero:g} of {row.name}, but f is {y[0]:g} at u = {u[0]:g}"
        )
    if not row.slope_at_infinity >= chords[-1] - rounding[-1]:
        raise ValueError(
            f"f: got f'(inf) = {row.slope_at_infinity:g} of {row.name}, but f rises by "
            f"{chords[-1]:g} at u = {u[-1]:g}"
        )


def ratio_term(row: FDivergence) -> Terms:
    """q f(p / q) by f itself, up to ratios of e^700."""

    def term(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        a, larger = log_ratio(log_p, log_q), np.maximum(log_p, log_q)
        u = np.exp(np.clip(a, -700, 700))
        with np.errstate(all="ignore"):
            # q f(u) = p f(u) / u: the larger density is the factor
            cost = np.asarray(row.f(u), dtype=float) / np.maximum(u, 1)
        limit = np.where(a > 0, row.slope_at_infinity, row.at_zero)
        cost = np.where((np.abs(a) > 700) | ~np.isfinite(cost), limit, cost)
        lost = ~np.isfinite(cost) & np.isfinite(a)
        if (lost & (larger + np.abs(a) > -745)).any():
            raise ArithmeticError(f"p / q leaves float64, and {row.name} has no term for that")
        return times(np.exp(larger), cost)

    return term


def log_ratio(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """log p - log q, and 0 where both densities vanish (or, at single points, are infinite)."""
    both = np.isinf(log_p) & (log_p == log_q)
    return np.subtract(log_p, log_q, out=np.zeros(np.shape(log_p)), where=~both)


def _js_kernel(a: np.ndarray) -> np.ndarray:
    """(1 + t) log(1 + t) + (1 - t) log(1 - t) at t = (p - q) / (p + q) = tanh(a / 2).

    JS is a quarter of the integral of (p + q) times this. Near t = 0 the two terms cancel, and the
    series sum_k t^(2k) / (k (2k - 1)) is used.
    """
    square = np.tanh(a / 2) ** 2
    series = square * (1 + square * (1 / 6 + square * (1 / 15 + square * (1 / 28 + square / 45))))
    finite = np.clip(a, -745, 745)  # beyond, sigma(-|a|) is zero
    up, down = expit(finite), expit(-finite)
    direct = 2 * (up * (LOG2 + log_expit(finite)) + down * (LOG2 + log_expit(-finite)))
    return np.where(square < 2e-3, series, direct)


def times(mass: np.ndarray, log: np.ndarray) -> np.ndarray:
    """mass * log, where no mass times log 0 is 0."""
    return np.multiply(mass, log, out=np.zeros(np.shape(mass)), where=mass > 0)
