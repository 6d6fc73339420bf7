"""Wasserstein distances in closed form (claims A-OT-06 and 15).

F and G stand for the distribution functions of p and q, Z for a standard normal variable. What the
legs compare with comes from closed forms, linear programmes and quadrature of their own.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportCallIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import erf

from theory.calculators.densities import Discrete
from theory.calculators.transport import wasserstein
from theory.chapters.transport.plans import (
    COMPUTATIONAL,
    EXERCISE,
    VILLANI,
    cheapest_plans,
    pairs,
    quadrature,
    towards_zero,
)
from theory.claim import AS_STATED, Claim, excess, rounds_to

closed_forms = Claim(
    id="A-OT-06",
    alias="wasserstein-closed-forms",
    title="W₁(N(m₁, s₁²), N(m₂, s₂²)) = E|Δm + Δs Z|, and five other pairs",
    statement="W1 of N(m1, s1^2) and N(m2, s2^2), with d = m1 - m2 and s = |s1 - s2|, is "
    "E|d + s Z|, a folded normal mean; so W1(N(m1, s1^2), N(m2, s1^2)) = |d| and "
    "W1(N(m1, s1^2), N(m1, s2^2)) = s sqrt(2/π). W1(U[0, 1], U[θ, 1 + θ]) = |θ|. "
    "W1(Exp(λ1), Exp(λ2)) = |1/λ1 - 1/λ2|. W1(Bernoulli(a), Bernoulli(b)) = |a - b|. "
    "W1(δ_a, δ_b) = |a - b|. W1(U[0, 1], U[0, 3]) = 1.",
    formula=r"W_1 = \mathrm{E}\,|d + s Z| = d\,\operatorname{erf}\frac{d}{s\sqrt{2}} + "
    r"s\sqrt{\frac{2}{\pi}}\,e^{-d^2/(2 s^2)}, \quad d = m_1 - m_2,\; s = |s_1 - s_2|",
    sources=(
        f"{VILLANI}, Theorem 2.18 and Remark 2.19, evaluated",
        f"{COMPUTATIONAL}, section 2.6",
        EXERCISE,
    ),
)


@closed_forms.symbolic(scope=AS_STATED)
def closed_forms_proof():
    import sympy as sp

    z, d = sp.symbols("z d", real=True)
    s, u, r = sp.symbols("s u r", positive=True)
    phi = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    below = (1 + sp.erf(z / sp.sqrt(2))) / 2
    part = d * below - s * phi
    yield (
        "normal: the u-quantiles are m + s z, they differ by d + s z (or d - s z, which has the "
        "same law); d Φ - s φ has the slope (d + s z) φ",
        sp.diff(part, z) - (d + s * z) * phi,
    )
    folded = d * sp.erf(d / (s * sp.sqrt(2)))
    folded += s * sp.sqrt(2 / sp.pi) * sp.exp(-(d**2) / (2 * s**2))
    yield (
        "up from the sign change z = -d/s, less what lies below it: the folded normal mean",
        part.subs(z, sp.oo) + part.subs(z, -sp.oo) - 2 * part.subs(z, -d / s) - folded,
    )
    yield "d = 0: s sqrt(2/π)", folded.subs(d, 0) - s * sp.sqrt(2 / sp.pi)
    for sign in (1, -1):
        yield (
            "s = 0: |d|, for d of either sign",
            sp.integrate(sp.Abs(sign * r) * phi, (z, -sp.oo, sp.oo)) - r,
        )
    yield (
        "uniforms: quantiles u and θ + u, θ = r > 0 (a shift to the left is one to the right with "
        "p and q exchanged)",
        sp.integrate((r + u) - u, (u, 0, 1)) - r,
    )
    mean = u - u * sp.log(u)
    yield (
        "exponential: quantiles -log(1 - u)/λ; the integral of -log u is u - u log u, here 1",
        sp.Matrix([sp.diff(mean, u) + sp.log(u), mean.subs(u, 1) - sp.limit(mean, u, 0) - 1]),
    )
    yield (
        "so W1 is the difference of 1/λ; the quantiles do not cross, λ2 = λ1 + r",
        sp.factor(1 / s - 1 / (s + r)) > 0,
    )
    yield (
        "Bernoulli: F - G = (1 - a) - (1 - b) on [0, 1), else 0: b = a + r",
        sp.integrate((1 - s) - (1 - s - r), (u, 0, 1)) - r,
    )
    yield "single points a and a + r: F - G = 1 between them", sp.integrate(1, (u, s, s + r)) - r
    yield "U[0, 1], U[0, 3]: quantiles u and 3u", sp.integrate(3 * u - u, (u, 0, 1)) - 1


def folded_normal_mean(d: float, s: float) -> float:
    """E|d + s Z|."""
    return d * erf(d / (s * math.sqrt(2))) + s * math.sqrt(2 / math.pi) * math.exp(
        -0.5 * (d / s) ** 2
    )


def _forms():
    """The laws, W1 by its closed form, its number, and where |F - G| has bends."""
    from scipy import stats

    yield stats.norm(0, 1.3), stats.norm(2.3, 1.3), 2.3, 2.3, (-14, 17)
    same = 1.5 * math.sqrt(2 / math.pi)
    yield stats.norm(1, 0.5), stats.norm(1, 2), same, 1.1968268412, (-20, 1, 22)
    folded = folded_normal_mean(0.7, 1.4)
    yield stats.norm(0.7, 0.6), stats.norm(0, 2), folded, 1.2538303607, (-22, 1, 22)
    yield stats.uniform(0, 1), stats.uniform(0.7, 1), 0.7, 0.7, (0, 0.7, 1, 1.7)
    yield stats.expon(), stats.expon(scale=1 / 3), 1 - 1 / 3, 2 / 3, (0, 40)
    low, high = Discrete([0, 1], [0.8, 0.2]), Discrete([0, 1], [0.35, 0.65])
    yield low, high, 0.65 - 0.2, 0.45, (0, 1)
    yield stats.uniform(0, 1), stats.uniform(0, 3), (3 - 1) / 2, 1, (0, 1, 3)
    yield Discrete([-1], [1]), Discrete([2.5], [1]), abs(-1 - 2.5), 3.5, (-1, 2.5)


@closed_forms.numerical(tolerance=1e-8, description="closed forms, numbers, library, int |F - G|")
def forms_and_areas():
    for p, q, closed, listed, bends in _forms():
        pieces = [np.linspace(*ends, 30) for ends in itertools.pairwise(bends)]
        x, w = quadrature(np.unique(np.concatenate(pieces)))
        yield abs(closed - listed)
        yield abs(wasserstein(p, q) - closed)
        yield abs(w @ np.abs(p.cdf(x) - q.cdf(x)) - closed)


def _mean_of_folded(d: float, s: float) -> float:
    """E|d + s Z| by quadrature on both sides of the bend."""
    from scipy import stats

    bend = -d / s
    x, w = quadrature(np.concatenate([np.linspace(bend - 14, bend, 30), bend + np.arange(1, 15)]))
    return float(w @ (np.abs(d + s * x) * stats.norm.pdf(x)))


@closed_forms.meaning()
def closed_forms_in_words():
    from scipy import stats

    for m1, s1, m2, s2 in ((0.7, 0.6, 0.0, 2.0), (-1.0, 1.5, 0.4, 1.0), (2.0, 1.0, -1.0, 0.2)):
        d, s = m1 - m2, abs(s1 - s2)
        distance = wasserstein(stats.norm(m1, s1), stats.norm(m2, s2))
        folded = _mean_of_folded(d, s)
        yield {
            "N(m1, s1^2)": None,
            "N(m2, s2^2)": None,
            "W₁(N(m₁, s₁²), N(m₂, s₂²))": distance,
            "E|Δm + Δs Z|": _mean_of_folded(d, s1 - s2) if s1 > s2 else folded,
            "d": d,
            "s": s,
            "m1": m1,
            "m2": m2,
            "s1": s1,
            "s2": s2,
            "m_1": m1,
            "m_2": m2,
            "s_1": s1,
            "s_2": s2,
            "E|d + s Z|": folded,
            r"\mathrm{E}\,|d + s Z|": folded,
            "W_1": distance,
            r"\operatorname{erf}\frac{d}{s\sqrt{2}}": math.erf(d / s / math.sqrt(2)),
            "W1(N(m1, s1^2), N(m2, s1^2))": wasserstein(stats.norm(m1, s1), stats.norm(m2, s1)),
            "W1(N(m1, s1^2), N(m1, s2^2))": wasserstein(stats.norm(m1, s1), stats.norm(m1, s2)),
        }
    for theta, a, b in ((-0.4, 0.2, 0.65), (1.7, 0.9, 0.3)):
        coins = [Discrete([0, 1], [1 - t, t]) for t in (a, b)]
        exponentials = [stats.expon(scale=1 / t) for t in (a, b)]
        yield {
            "θ": theta,
            "W1(U[0, 1], U[θ, 1 + θ])": wasserstein(stats.uniform(0, 1), stats.uniform(theta, 1)),
            "λ1": a,
            "λ2": b,
            "W1(Exp(λ1), Exp(λ2))": wasserstein(*exponentials),
            "a": a,
            "b": b,
            "W1(Bernoulli(a), Bernoulli(b))": wasserstein(*coins),
            "W1(δ_a, δ_b)": wasserstein(Discrete([a], [1]), Discrete([b], [1])),
            "W1(U[0, 1], U[0, 3])": wasserstein(stats.uniform(0, 1), stats.uniform(0, 3)),
        }


@closed_forms.control("normal laws: |d| and s sqrt(2/π) are added", of=forms_and_areas, miss=1.04)
def both_parts_added(rng):
    from scipy import stats

    for d, s in rng.uniform(0.2, 2, (5, 2)):
        distance = wasserstein(stats.norm(d, 1 + s), stats.norm(0, 1))
        yield abs(d + s * math.sqrt(2 / math.pi) - distance)


@closed_forms.control("normal laws: variances for deviations", of=forms_and_areas, miss=2.91)
def variances_for_deviations(rng):
    from scipy import stats

    for d, s in rng.uniform(0.2, 2, (5, 2)):
        distance = wasserstein(stats.norm(d, 1 + s), stats.norm(0, 1))
        yield abs(folded_normal_mean(d, (1 + s) ** 2 - 1) - distance)


orders = Claim(
    id="A-OT-15",
    alias="wasserstein-orders",
    title="W₁ ≤ W₂, and W₂(N(m₁, s₁²), N(m₂, s₂²)) = √(Δm² + Δs²)",
    statement="W1 <= W2. For normal laws on the line W2 = sqrt((m1 - m2)^2 + (s1 - s2)^2): with "
    "m1 - m2 = 0.7 and s1 - s2 = -1.4, W1 = 1.25383 and W2 = 1.56525.",
    formula=r"W_1 \le W_2, \qquad W_2(N(m_1, s_1^2), N(m_2, s_2^2)) = "
    r"\sqrt{(m_1 - m_2)^2 + (s_1 - s_2)^2}",
    assumptions=("laws on the line (for the closed form)", "finite second moments"),
    sources=(
        f"{VILLANI}, section 7.1",
        "Villani 2009, Optimal Transport: Old and New, Remark 6.6",
        f"{COMPUTATIONAL}, section 2.6",
        "001_5040f14b49cef5aa.txt:48",
    ),
)

_FIRST, _SECOND = 1.25383, 1.56525  # of N(1, 0.6^2) and N(0.3, 2^2)


@orders.symbolic(scope=AS_STATED)
def orders_proof():
    import sympy as sp

    d, z, u, v, k = sp.symbols("d z u v k", real=True)
    m, s, t = sp.symbols("m s t", positive=True)
    tangent = m**2 + 2 * m * (d - m)
    yield (
        "Jensen: d^2 - (m^2 + 2m(d - m)) = (d - m)^2, so d^2 lies above its tangent at m",
        sp.expand(d**2 - tangent - (d - m) ** 2),
    )
    yield (
        "with d = |X - Y| and m = E|X - Y| the mean of the tangent is m^2: (E|X - Y|)^2 <= "
        "E(X - Y)^2 for every plan; W1 is at most the left root of each, so at most the least of "
        "the right ones, W2",
        tangent.subs(d, m) - m**2,
    )
    phi = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    below = (1 + sp.erf(z / sp.sqrt(2))) / 2
    part = (d**2 + k**2) * below - (2 * d * k + k**2 * z) * phi
    yield (
        "normal laws, quantiles m + s z: E(d + k Z)^2 with k = s1 - s2, by its antiderivative",
        sp.diff(part, z) - (d + k * z) ** 2 * phi,
    )
    yield (
        "is d^2 + k^2, as Φ goes from 0 to 1 and z φ to 0 at both ends",
        sp.Matrix(
            [
                below.subs(z, sp.oo) - 1,
                below.subs(z, -sp.oo),
                sp.limit(z * phi, z, sp.oo),
                sp.limit(z * phi, z, -sp.oo),
            ]
        ),
    )
    # X = m1 + U and Y = m2 + V, of any plan: E U = E V = 0, E U^2 = s^2, E V^2 = t^2, E UV = k
    moments = {u * v: k, u**2: s**2, v**2: t**2, u: 0, v: 0}

    def mean(f):
        return sp.expand(f).subs(moments)

    yield (
        "no plan is better: E(X - Y)^2 - d^2 - (s1 - s2)^2 = s1 s2 E(U/s1 - V/s2)^2 >= 0 for "
        "X = m1 + U, Y = m2 + V",
        sp.simplify(
            mean((d + u - v) ** 2) - d**2 - (s - t) ** 2 - s * t * mean((u / s - v / t) ** 2)
        ),
    )
    first, second = _example_in_balls()
    yield (
        "W1 = d erf(d/(s sqrt 2)) + s sqrt(2/pi) e^(-d^2/(2s^2)) (A-OT-06) at d = 0.7, s = 1.4, as "
        "a ball: it rounds to this",
        rounds_to(first, str(_FIRST)),
    )
    yield "and W2 = sqrt(d^2 + s^2) = sqrt(2.45) to this", rounds_to(second, str(_SECOND))


def _example_in_balls():
    """Balls that are proved to hold W1 and W2 of the example."""
    import flint

    with flint.ctx.workprec(128):
        d, s = flint.arb(7) / 10, flint.arb(14) / 10
        middle = d * (d / (s * flint.arb(2).sqrt())).erf()
        edge = s * (2 / flint.arb.pi()).sqrt() * (-d * d / (2 * s * s)).exp()
        return middle + edge, (d * d + s * s).sqrt()


def _example():
    from scipy import stats

    return stats.norm(1, 0.6), stats.norm(0.3, 2)


@orders.numerical(tolerance=0, description="W1 <= W2: the example and 100 programmes")
def first_order_below_second(rng):
    yield excess(wasserstein(*_example()), wasserstein(*_example(), 2))
    _x, p, q, cost = pairs(rng, 100)
    first = np.sum(cost * cheapest_plans(p, q, cost), axis=(1, 2))
    second = np.sum(cost**2 * cheapest_plans(p, q, cost**2), axis=(1, 2))
    yield from excess(first, np.sqrt(second))


@orders.numerical(tolerance=5e-6, description="the example's numbers, which have five decimals")
def five_decimals():
    yield abs(_mean_of_folded(0.7, 1.4) - _FIRST)
    yield abs(wasserstein(*_example()) - _FIRST)
    yield abs(wasserstein(*_example(), 2) - _SECOND)


@orders.numerical(tolerance=1e-8, description="W2 of normal laws: library, formula, quantiles")
def normal_laws(rng):
    from scipy import stats

    u, w = quadrature(towards_zero(0.5))
    for d, s in ((0.7, 1.4), *rng.uniform(0.2, 2, (4, 2))):
        p, q = stats.norm(d, 0.6), stats.norm(0, 0.6 + s)
        apart = (p.ppf(u) - q.ppf(u)) ** 2 + (p.isf(u) - q.isf(u)) ** 2
        yield abs(wasserstein(p, q, 2) - math.sqrt(w @ apart))
        yield abs(wasserstein(p, q, 2) - math.hypot(d, s))


@orders.numerical(tolerance=1e-9, description="W2 of points against linear programmes")
def second_order_and_programmes(rng):
    x, p, q, cost = pairs(rng, 50)
    second = np.sum(cost**2 * cheapest_plans(p, q, cost**2), axis=(1, 2))
    for points, mu, nu, least in zip(x, p, q, second, strict=True):
        yield abs(wasserstein(Discrete(points, mu), Discrete(points, nu), 2) ** 2 - least)


@orders.meaning()
def orders_in_words(rng):
    from scipy import stats

    p, q = _example()
    yield {
        "m1": 1.0,
        "m2": 0.3,
        "s1": 0.6,
        "s2": 2.0,
        "W1": wasserstein(p, q),
        "W2": wasserstein(p, q, 2),
    }
    for m1, m2, s1, s2 in rng.uniform(0.2, 2, (5, 4)):
        p, q = stats.norm(m1, s1), stats.norm(m2, s2)
        second = wasserstein(p, q, 2)
        yield {
            "m_1": m1,
            "m_2": m2,
            "s_1": s1,
            "s_2": s2,
            "W₁": wasserstein(p, q),
            "W₂": second,
            "W₂(N(m₁, s₁²), N(m₂, s₂²))": second,
            "W_2(N(m_1, s_1^2), N(m_2, s_2^2))": second,
            "Δm": m1 - m2,
            "Δs": s1 - s2,
        }


@orders.control("the root is forgotten: W1 <= E(X - Y)^2", of=first_order_below_second, miss=0.205)
def root_forgotten(rng):
    _x, p, q, cost = pairs(rng, 100)
    cost = cost / 2
    first = np.sum(cost * cheapest_plans(p, q, cost), axis=(1, 2))
    yield from excess(first, np.sum(cost**2 * cheapest_plans(p, q, cost**2), axis=(1, 2)))


@orders.control(
    "W1 <= 0.9 W2, of laws shifted and a little spread", of=first_order_below_second, miss=0.193
)
def first_order_well_below_second(rng):
    from scipy import stats

    for d, s in rng.uniform((1, 0), (2, 0.3), (20, 2)):
        p, q = stats.norm(d, 1), stats.norm(0, 1 + s)
        yield excess(wasserstein(p, q), 0.9 * wasserstein(p, q, 2))


@orders.control(
    "variances in place of deviations: sqrt(d^2 + (s1^2 - s2^2)^2)", of=normal_laws, miss=3.2
)
def variances_in_the_second_order(rng):
    from scipy import stats

    for d, s in ((0.7, 1.4), *rng.uniform(0.2, 2, (4, 2))):
        distance = wasserstein(stats.norm(d, 0.6), stats.norm(0, 0.6 + s), 2)
        yield abs(distance - math.hypot(d, (0.6 + s) ** 2 - 0.36))


@orders.control(
    "independent X and Y are taken: sqrt(d^2 + s1^2 + s2^2)", of=normal_laws, miss=0.637
)
def independent_normal_laws(rng):
    from scipy import stats

    for d, s in ((0.7, 1.4), *rng.uniform(0.2, 2, (4, 2))):
        distance = wasserstein(stats.norm(d, 0.6), stats.norm(0, 0.6 + s), 2)
        yield abs(distance - math.sqrt(d**2 + 0.36 + (0.6 + s) ** 2))
