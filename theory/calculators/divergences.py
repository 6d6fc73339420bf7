"""Kullback-Leibler, Jensen-Shannon, total variation, any f-divergence, the game's value, and D*.

Goodfellow et al. 2014, section 4: for a fixed generator the optimal discriminator is
D*(x) = p_data(x) / (p_data(x) + p_g(x)), and V(D*, G) = 2 JS(p_data, p_g) - log 4. Logs are
natural throughout. Everything is computed from log densities, so that nothing is lost where a
density underflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators import several_dimensions
from theory.calculators.components import numbers
from theory.calculators.convex_functions import (
    F_DIVERGENCES,
    LOG2,
    FDivergence,
    find_f,
    js_term,
    kl_term,
    log_ratio,
    ratio_term,
    times,
    tv_term,
)
from theory.calculators.densities import Discrete, Mixture, as_law_anywhere
from theory.calculators.several_dimensions import NormalVector
from theory.calculators.two_laws import (
    covers,
    crossings,
    integral,
    joint_cuts,
    places,
    refuse_lost,
)

if TYPE_CHECKING:
    import flint


Law = Mixture | Discrete | NormalVector


class Discriminator:
    """A discriminator D(x) = sigma(a(x)) that is given by its logit a.

    Near 1, D rounds to 1 and log(1 - D) is lost; the logit keeps it, and `value` uses it.

    Args:
        logit: takes an array x, returns a(x) of the same shape.
        laws: the two laws that a is the log density ratio of, if it is one.
    """

    def __init__(
        self,
        logit: Callable[[Any], Any],
        laws: tuple[Law, Law] | None = None,
    ) -> None:
        self.logit = logit
        self.laws = laws

    def __call__(self, x: Any) -> np.ndarray:
        """D(x), an array of x's shape, in [0, 1]."""
        return expit(self.logit(x))


def optimal_discriminator(p: Any, q: Any) -> Discriminator:
    """The discriminator that maximises V: D*(x) = p(x) / (p(x) + q(x)).

    Where both densities vanish D is arbitrary, since V does not see it there; 1/2 is returned.

    Args:
        p: the law of the data: a frozen continuous distribution of scipy.stats, `Mixture`,
            `Discrete`, `Empirical`, or a vector of probabilities on 0, ..., n-1; in d dimensions a
            frozen `scipy.stats.multivariate_normal`, `Discrete` or `Empirical`.
        q: the law of the generator, of the same kind as `p` (both continuous or both discrete).

    Returns:
        A callable from an array x to D*(x) of the same shape (from shape (..., d) to (...) in d
        dimensions); its `.logit(x)` is
        log p(x) - log q(x), exact where D* has rounded to 0 or 1. Both refuse NaN in x with a
        ValueError. Its `.laws` are p and q.

    Raises:
        ValueError: a law is not a probability law, or one is continuous and the other discrete.

    Source: Goodfellow et al. 2014, Proposition 1, equation 2 (claims A-DST-01, A-DST-03).
    """
    law_p, law_q = _pair(p, q)

    def logit(x: Any) -> np.ndarray:
        x = numbers(x, "x")
        if np.isnan(x).any():
            raise ValueError("x: got NaN, expected numbers")
        if law_p.dimension > 1 and x.shape[-1:] != (law_p.dimension,):
            expected = f"(..., {law_p.dimension})"
            raise ValueError(f"x: got shape {x.shape}, expected {expected}")
        return log_ratio(_log_density(law_p, x), _log_density(law_q, x))

    return Discriminator(logit, (law_p, law_q))


@overload
def kl(p: Any, q: Any, *, certified: Literal[False] = False) -> float: ...
@overload
def kl(p: Any, q: Any, *, certified: Literal[True]) -> flint.arb: ...
def kl(p: Any, q: Any, *, certified: bool = False) -> float | flint.arb:
    """The Kullback-Leibler divergence KL(p || q) = E_p[log p(x) - log q(x)] in nats.

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.
        certified: return a ball that is proved to hold the number, for normal laws and their
            mixtures (`theory.calculators.certified`).

    Returns:
        A number >= 0; infinity when p has mass where q has none, or when the integral diverges.
        Of two normal laws it is log(t/s) + (s^2 + (m - n)^2) / (2 t^2) - 1/2 with p = N(m, s^2)
        and q = N(n, t^2); of other densities the integral is computed.

    Raises:
        ValueError: as `optimal_discriminator`.
        ArithmeticError: the tails converge too slowly, or log q underflows where p has mass.

    Source: Kullback 1959, Information Theory and Statistics, chapter 9 (normal laws).
    """
    if certified:
        from theory.calculators import certified as proved

        return proved.kl(p, q)
    p, q = _pair(p, q)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        return float(np.maximum(0.0, np.sum(kl_term(_log(w), _log(v)))))
    if isinstance(p, NormalVector) and isinstance(q, NormalVector):
        return several_dimensions.kl(p, q)
    p, q = _on_the_line(p, q, "kl")
    normal_p, normal_q = p.normal_parameters(), q.normal_parameters()
    if normal_p and normal_q:
        (m, s), (n, t) = normal_p, normal_q
        shift, ratio = (m - n) / t, s / t
        return float(np.maximum(0.0, (shift**2 + (ratio - 1) * (ratio + 1)) / 2 - math.log(ratio)))
    if not covers(q, p):
        return math.inf

    def integrand(x: np.ndarray, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        refuse_lost(x, log_p, log_q, "q")
        return kl_term(log_p, log_q)

    # Rounding: KL >= 0. The maximum of numpy keeps a NaN, that of Python loses it.
    return float(np.maximum(0.0, integral(integrand, p, q, 1e-2, p._cuts())))


@overload
def js(p: Any, q: Any, *, certified: Literal[False] = False) -> float: ...
@overload
def js(p: Any, q: Any, *, certified: Literal[True]) -> flint.arb: ...
def js(p: Any, q: Any, *, certified: bool = False) -> float | flint.arb:
    """The Jensen-Shannon divergence KL(p || m) / 2 + KL(q || m) / 2, m = (p + q) / 2, in nats.

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.
        certified: return a ball that is proved to hold the number, for normal laws and their
            mixtures (`theory.calculators.certified`).

    Returns:
        A number in [0, log 2].

    Raises:
        ValueError: as `optimal_discriminator`.

    Source: Goodfellow et al. 2014, Theorem 1, equations 5 and 6 (claim A-JS-02).
    """
    if certified:
        from theory.calculators import certified as proved

        return proved.js(p, q)
    p, q = _pair(p, q)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        result = float(np.sum(js_term(_log(w), _log(v))))
    else:
        p, q = _on_the_line(p, q, "js")
        # Rounding of the logit enters squared: JS keeps its digits when it is tiny.
        result = integral(lambda _, log_p, log_q: js_term(log_p, log_q), p, q, 1e-8)
    return min(result, LOG2)  # rounding


@overload
def total_variation(p: Any, q: Any, *, certified: Literal[False] = False) -> float: ...
@overload
def total_variation(p: Any, q: Any, *, certified: Literal[True]) -> flint.arb: ...
def total_variation(p: Any, q: Any, *, certified: bool = False) -> float | flint.arb:
    """The total variation distance, half the integral of |p - q|.

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.
        certified: return a ball that is proved to hold the number, for normal laws and their
            mixtures (`theory.calculators.certified`).

    Returns:
        A number in [0, 1]: the largest difference that any event's two probabilities can have.

    Raises:
        ValueError: as `optimal_discriminator`.
    """
    if certified:
        from theory.calculators import certified as proved

        return proved.total_variation(p, q)
    p, q = _pair(p, q)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        return float(np.sum(np.abs(w - v))) / 2
    if isinstance(p, NormalVector) and isinstance(q, NormalVector):
        return several_dimensions.total_variation(p, q)
    p, q = _on_the_line(p, q, "total_variation")
    kinks = crossings(p, q)
    result = integral(lambda _, log_p, log_q: tv_term(log_p, log_q), p, q, 1e-2, more=kinks)
    return min(result, 1.0)  # rounding


@overload
def value(
    p: Any,
    q: Any,
    d: Callable[[np.ndarray], Any],
    *,
    edges: Any = (),
    certified: Literal[False] = False,
) -> float: ...
@overload
def value(
    p: Any, q: Any, d: Callable[[np.ndarray], Any], *, edges: Any = (), certified: Literal[True]
) -> flint.arb: ...
def value(
    p: Any,
    q: Any,
    d: Callable[[np.ndarray], Any],
    *,
    edges: Any = (),
    certified: bool = False,
) -> float | flint.arb:
    """The value of the game, V(D, G) = E_p[log D(x)] + E_q[log(1 - D(x))].

    Args:
        p: the law of the data, as in `optimal_discriminator`.
        q: the law of the generator, of the same kind.
        d: the discriminator: takes a vector x, in several dimensions rows x, and returns one number
            D(x) in [0, 1] of each. A `Discriminator` is better, being given by its logit: of a
            plain function that rounds to D(x) = 1, log(1 - D) is lost. Answers in float32 are
            integrated to about 1e-5.
            D may jump: that is looked for on a grid of some thousand places, up to a thousandth of
            a standard deviation apart.
        edges: shape (n,), places where D jumps, for a D with pieces narrower than that.
        certified: return a ball that is proved to hold the number, for normal laws, their
            mixtures, and a d made by `optimal_discriminator` (`theory.calculators.certified`).

    Returns:
        A number <= 0; minus infinity when D is 0 on mass of p or 1 on mass of q.

    Raises:
        ValueError: as `optimal_discriminator`, or d is no callable, or returns NaN, another shape,
            or values outside [0, 1]; or it is not made by `optimal_discriminator` though
            `certified` is True; or edges are no finite numbers.
        ArithmeticError: D jumps at places so close together that two grids do not agree.

    Source: Goodfellow et al. 2014, equations 1 and 3 (claim A-GAN-02).
    """
    if certified:
        from theory.calculators import certified as proved

        return proved.value(p, q, d)
    p, q = _pair(p, q)
    if not callable(d):
        raise ValueError(f"d: got {type(d).__name__}, expected a callable from x to D(x)")
    jumps = places(edges)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        x, w, v = _aligned(p, q)
        log_d, log_1_d = _log_probabilities(d, x)
        return float(np.sum(times(w, log_d) + times(v, log_1_d)))

    p, q = _on_the_line(p, q, "value")

    def integrand(x: np.ndarray, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        log_d, log_1_d = (y.reshape(x.shape) for y in _log_probabilities(d, x.reshape(-1)))
        return times(np.exp(log_p), log_d) + times(np.exp(log_q), log_1_d)

    laws = d.laws if isinstance(d, Discriminator) and d.laws else None
    if laws and not any(not isinstance(law, Mixture) or law.is_rough for law in (p, q, *laws)):
        return integral(integrand, p, q, 1e-2, more=jumps)
    probe = d.logit if isinstance(d, Discriminator) else d
    exact = np.asarray(probe(p.ppf([0.5]))).dtype.itemsize >= 8
    # A network's own rounding in float32 must not be taken for a feature to be resolved.
    scale, tolerance = (1e-2, 1e-6) if exact else (1e6, 1e-3)
    fault = "d: fewer jumps, or their places as edges=[...]"
    return integral(integrand, p, q, scale, more=jumps, rough=(tolerance, fault))


@overload
def f_divergence(
    p: Any, q: Any, f: str | FDivergence, *, certified: Literal[False] = False
) -> float: ...
@overload
def f_divergence(
    p: Any, q: Any, f: str | FDivergence, *, certified: Literal[True]
) -> flint.arb: ...
def f_divergence(
    p: Any, q: Any, f: str | FDivergence, *, certified: bool = False
) -> float | flint.arb:
    """The f-divergence D_f(p || q) = E_q f(p(x) / q(x)) + f'(inf) P(q = 0).

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.
        f: a name in `theory.F_DIVERGENCES` or an `FDivergence` of your own. The names are kl,
            reverse-kl, js, total-variation, squared-hellinger, pearson, neyman, jeffreys and gan.
            They are normalised as `kl`, `js` and `total_variation` are; squared-hellinger is the
            integral of (sqrt p - sqrt q)^2, pearson of (p - q)^2 / q, neyman of (p - q)^2 / p, and
            gan is the game's value at D*, 2 JS - log 4, whose f(1) is -log 4.
        certified: return a ball that is proved to hold the number, for an f of these names, normal
            laws and their mixtures (pearson and neyman: of normal laws alone).

    Returns:
        A number >= 0 (of gan, in [-log 4, 0]); infinity when one law has mass where the other has
        none and that costs infinitely much, when the integral diverges, or when it exceeds float64.

    Raises:
        ValueError: as `optimal_discriminator`; or f is neither, or is not convex, or f(1) is not 0,
            or its limits cannot be those of f; or `certified` is True and f not of these names.
        ArithmeticError: the tails converge too slowly, a log density underflows, or p / q does
            and f has no `term`.

    Source: Nowozin, Cseke and Tomioka 2016, equation 2 and Table 1; the part of q = 0 is in
        Csiszár and Shields 2004, section 4 (claims A-DST-09, A-DST-10).
    """
    row = find_f(f)
    if certified:
        from theory.calculators import certified as proved

        if row not in F_DIVERGENCES.values():
            raise ValueError(f"f: got {row.name}, expected a name with certified=True")
        return proved.f_divergence(p, q, row.name)
    p, q = _pair(p, q)
    term = row.term or ratio_term(row)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        return row.within_bounds(float(np.sum(term(_log(w), _log(v)))))
    if isinstance(p, NormalVector) and isinstance(q, NormalVector):
        return several_dimensions.f_divergence(p, q, row.name)
    p, q = _on_the_line(p, q, "f_divergence")
    infinite_p, infinite_q = math.isinf(row.slope_at_infinity), math.isinf(row.at_zero)
    if (infinite_p and not covers(q, p)) or (infinite_q and not covers(p, q)):
        return math.inf

    def integrand(x: np.ndarray, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        if infinite_p:
            refuse_lost(x, log_p, log_q, "q")
        if infinite_q:
            refuse_lost(x, log_q, log_p, "p")
        return term(log_p, log_q)

    edges, cuts = crossings(p, q), joint_cuts(p, q)
    low, high = cuts[-1]
    center, reach = low + (high - low) / 2, (high - low) / 2
    if (infinite_p or infinite_q) and reach < 1e300:
        # A squared ratio may have its mass far outside of both laws: go on in growing steps.
        steps = reach * 2.0 ** np.arange(0.125, 20.125, 0.125)
        edges = np.union1d(edges, np.concatenate([center - steps, center + steps]))
        cuts = [cuts[-1], *((center - step, center + step) for step in steps[[-9, -1]].tolist())]
    # A function of the caller's own may have kinks anywhere.
    rough = None if row in F_DIVERGENCES.values() else (1e-6, "f: a function with fewer kinks")
    return row.within_bounds(integral(integrand, p, q, 1e-8, cuts, edges, rough))


def _pair(p: Any, q: Any) -> tuple[Law, Law]:
    if isinstance(p, list | tuple | np.ndarray) and isinstance(q, list | tuple | np.ndarray):
        n, m = np.size(p), np.size(q)
        if n != m:
            raise ValueError(f"q: got {m} probabilities, expected {n} as in p")
    a, b = as_law_anywhere(p, "p"), as_law_anywhere(q, "q")
    if isinstance(a, Discrete) != isinstance(b, Discrete):
        kinds = ["discrete" if isinstance(c, Discrete) else "continuous" for c in (a, b)]
        raise ValueError(
            f"q: got a {kinds[1]} law ({_name(q)}) with a {kinds[0]} p ({_name(p)}), expected both "
            "discrete or both continuous; only theory.wasserstein compares the two kinds"
        )
    if a.dimension != b.dimension:
        raise ValueError(f"q: got {b.dimension} dimensions, expected {a.dimension} as of p")
    return a, b


def _on_the_line(p: Law, q: Law, what: str) -> tuple[Mixture, Mixture]:
    """Two densities of the line, once the laws with closed forms are dealt with."""
    if isinstance(p, Mixture) and isinstance(q, Mixture):
        return p, q
    raise ValueError(
        f"p: got a normal law in {p.dimension} dimensions, where {what} has no closed form, "
        "expected laws on the line, or discrete laws"
    )


def _name(p: Any) -> str:
    return f"scipy.stats {p.dist.name}" if hasattr(p, "dist") else type(p).__name__


def _aligned(p: Discrete, q: Discrete) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points that have mass under either law, and the two laws' weights on them."""
    both = np.concatenate([p.points[p.weights > 0], q.points[q.weights > 0]])
    points = np.unique(both, axis=0)
    return points, p.pmf(points), q.pmf(points)


def _log(weights: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(weights)


def _log_density(p: Law, x: np.ndarray) -> np.ndarray:
    return _log(p.pmf(x)) if isinstance(p, Discrete) else p.logpdf(x)


def _log_probabilities(d: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log D(x) and log(1 - D(x))."""
    if isinstance(d, Discriminator):
        a = _answer(d.logit, x, "d.logit")
        return log_expit(a), log_expit(-a)
    probability = _answer(d, x, "d")
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError("d: returned a value outside [0, 1], expected probabilities")
    with np.errstate(divide="ignore"):
        return np.log(probability), np.log1p(-probability)


def _answer(function: Callable[[np.ndarray], Any], x: np.ndarray, name: str) -> np.ndarray:
    """What the function says of the points x, one number of each."""
    answer = function(x)
    try:
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: returned {type(answer).__name__}, expected numbers") from None
    if values.shape != x.shape[:1]:
        raise ValueError(f"{name}: returned shape {values.shape} for x of shape {x.shape}")
    if np.isnan(values).any():
        at = x[np.isnan(values)][0]
        raise ValueError(f"{name}: returned NaN at x = {at if at.ndim else format(at, 'g')}")
    return values
