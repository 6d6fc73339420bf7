"""Wasserstein distances: closed forms, and what they have over KL, JS and TV (claims A-OT-06, 07,
10, 11 and 15).

F and G stand for the distribution functions of p and q, Z for a standard normal variable. What the
legs compare with comes from closed forms, linear programmes and quadrature of their own.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import erf

from theory.calculators.densities import Discrete
from theory.calculators.divergences import js, kl, total_variation
from theory.calculators.transport import wasserstein
from theory.chapters.transport.plans import (
    cheapest_plans,
    pairs,
    quadrature,
    staying_plan,
    towards_zero,
)
from theory.claim import AS_STATED, Claim

_VILLANI = "Villani 2003, Topics in Optimal Transportation"
_COMPUTATIONAL = "Peyré and Cuturi 2019, Computational Optimal Transport"
_WGAN = "Arjovsky, Chintala and Bottou 2017"
_EXERCISE = "001_5040f14b49cef5aa.txt:55"
_LOG2 = math.log(2)


closed_forms = Claim(
    id="A-OT-06",
    alias="wasserstein-closed-forms",
    title="W₁(N(m₁, s₁²), N(m₂, s₂²)) = E|Δm + Δs Z|, and six more",
    statement="W1 of N(m1, s1^2) and N(m2, s2^2), with d = m1 - m2 and s = s1 - s2, is E|d + s Z|, "
    "a folded normal mean: |d| for s = 0 and |s| sqrt(2/π) for d = 0. Shifted uniforms: |θ|. "
    "Exp(λ1), Exp(λ2): |1/λ1 - 1/λ2|. Bernoulli: |p - q|. Single points: |a - b|. U[0, 1] and "
    "U[0, 3]: 1.",
    formula=r"W_1 = \mathrm{E}\,|d + s Z| = d\,\operatorname{erf}\frac{d}{s\sqrt{2}} + "
    r"s\sqrt{\frac{2}{\pi}}\,e^{-d^2/(2 s^2)}, \quad d = m_1 - m_2,\; s = |s_1 - s_2|",
    sources=(
        f"{_VILLANI}, Theorem 2.18 and Remark 2.19, evaluated",
        f"{_COMPUTATIONAL}, section 2.6",
        _EXERCISE,
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
        "normal: the u-quantiles are m + s z, they differ by d + s z; d Φ - s φ has the slope "
        "(d + s z) φ",
        sp.diff(part, z) - (d + s * z) * phi,
    )
    folded = d * sp.erf(d / (s * sp.sqrt(2)))
    folded += s * sp.sqrt(2 / sp.pi) * sp.exp(-(d**2) / (2 * s**2))
    yield (
        "up from the sign change z = -d/s, less what lies below it: the folded normal mean",
        part.subs(z, sp.oo) + part.subs(z, -sp.oo) - 2 * part.subs(z, -d / s) - folded,
    )
    yield "d = 0: |s| sqrt(2/π)", folded.subs(d, 0) - s * sp.sqrt(2 / sp.pi)
    yield "s = 0: |d|, for d > 0", sp.integrate(r * phi, (z, -sp.oo, sp.oo)) - r
    yield (
        "uniforms: quantiles u and θ + u, θ = r > 0",
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
        "Bernoulli: F - G = (1 - s) - (1 - s - r) on [0, 1), else 0: |p - q|, q = s + r",
        sp.integrate((1 - s) - (1 - s - r), (u, 0, 1)) - r,
    )
    yield "single points a and a + r: F - G = 1 between them", sp.integrate(1, (u, s, s + r)) - r
    yield "U[0, 1], U[0, 3]: quantiles u and 3u", sp.integrate(3 * u - u, (u, 0, 1)) - 1


def folded_normal_mean(d: float, s: float) -> float:
    """E|d + s Z|."""
    return d * erf(d / (s * math.sqrt(2))) + s * math.sqrt(2 / math.pi) * math.exp(
        -0.5 * (d / s) ** 2
    )


# The laws, W1 by its closed form, its number, and where |F - G| has bends.
def _forms():
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
def closed_forms_numbers_library_int_f_g():
    for p, q, closed, listed, bends in _forms():
        pieces = [np.linspace(*ends, 30) for ends in itertools.pairwise(bends)]
        x, w = quadrature(np.unique(np.concatenate(pieces)))
        yield abs(closed - listed)
        yield abs(wasserstein(p, q) - closed)
        yield abs(w @ np.abs(p.cdf(x) - q.cdf(x)) - closed)


@closed_forms.control(
    "normal laws: |d| and |s| sqrt(2/π) are added",
    of=closed_forms_numbers_library_int_f_g,
    miss=0.72,
)
def normal_laws_d_and_s_sqrt_2_are_added(rng):
    from scipy import stats

    for d, s in rng.uniform(0.2, 2, (5, 2)):
        distance = wasserstein(stats.norm(d, 1 + s), stats.norm(0, 1))
        yield abs(d + s * math.sqrt(2 / math.pi) - distance)


advantages = Claim(
    id="A-OT-10",
    alias="wasserstein-advantages",
    title="δ_{1/n} → δ₀: KL = ∞, JS = log 2, TV = 1, but W₁ = 1/n → 0",
    statement="W1 is finite and informative for disjoint supports, unlike KL, JS and TV. It goes "
    "to 0 when laws converge weakly (on a bounded set, or with bounded moments of an order above "
    "1). It knows the geometry: twice as far, twice as large. For δ_{1/n} and δ_0: KL = infinity, "
    "JS = log 2, TV = 1, W1 = 1/n.",
    formula=r"\mathrm{KL}(\delta_{1/n} \| \delta_0) = \infty,\quad "
    r"\mathrm{JS} = \log 2,\quad \mathrm{TV} = 1,\quad W_1 = \frac{1}{n} \to 0",
    assumptions=("a bounded set, or bounded moments of an order above 1",),
    sources=(
        f"{_VILLANI}, Theorem 7.12",
        f"{_WGAN}, Example 1 and Theorem 2",
        _EXERCISE,
    ),
)


@advantages.symbolic(scope=AS_STATED)
def advantages_proof():
    import sympy as sp

    n, a, u = sp.symbols("n a u", positive=True)
    half = sp.Rational(1, 2)
    yield (
        "single points apart: each law is alone where it sits, m = 1/2 there, JS = log 2",
        half * sp.log(1 / half) + half * sp.log(1 / half) - sp.log(2),
    )
    yield "TV = (1 + 1)/2 = 1 for every n", half * (1 + 1) - 1
    q = sp.Symbol("q", positive=True)
    yield "KL: 1 * log(1/q) as q -> 0 at 1/n", sp.Eq(sp.limit(sp.log(1 / q), q, 0, "+"), sp.oo)
    distance = sp.integrate(1, (u, 0, 1 / n))
    yield "W1 = int F - G = 1/n", distance - 1 / n
    yield "which goes to 0", sp.limit(distance, n, sp.oo)
    yield "geometry: stretched by a, W1 = a/n", sp.integrate(1, (u, 0, a / n)) - a * distance
    yield (
        "why moments: (1 - 1/n) δ_0 + (1/n) δ_n converges weakly to δ_0, its weight at 0 goes to 1",
        sp.limit(1 - 1 / n, n, sp.oo) - 1,
    )
    yield "but W1 = int_0^n 1/n = 1 for all n", sp.integrate(1 / n, (u, 0, n)) - 1
    yield (
        "the mean n/n stays bounded, the moment of order 1 + a, n^(1 + a)/n, does not",
        sp.Eq(sp.limit(n**a, n, sp.oo), sp.oo),
    )


def _at(x: float) -> Discrete:
    return Discrete([x], [1.0])


@advantages.numerical(tolerance=1e-12, description="the table of four distances")
def the_table_of_four_distances():
    from scipy import stats

    for n in (1, 10, 1000, 10**6):
        p, q = _at(1 / n), _at(0)
        yield 0.0 if kl(p, q) == math.inf else 1.0
        yield abs(js(p, q) - _LOG2)
        yield abs(total_variation(p, q) - 1)
        yield abs(wasserstein(p, q) - 1 / n)
        yield abs(wasserstein(_at(2 / n), q) - 2 / n)
    for theta in (0.25, 0.5, 1.0, 2.0, 8.0):
        p, q = stats.uniform(0, 1), stats.uniform(theta, 1)
        yield 0.0 if kl(p, q) == math.inf else 1.0
        yield abs(js(p, q) - min(theta, 1) * _LOG2)
        yield abs(total_variation(p, q) - min(theta, 1))
        yield abs(wasserstein(p, q) - theta)


def _distance_to_limit(weights, points) -> float:
    """W1 to δ_0 where the weight at 0 goes to one."""
    return wasserstein(Discrete(points, weights), _at(0))


@advantages.numerical(tolerance=1e-3, description="bounded set: weak convergence brings W1 to 0")
def bounded_set_weak_convergence_brings_w1_to_0():
    n = 10**4
    yield _distance_to_limit([1 - 1 / n, 1 / n], [0, 3])
    yield _distance_to_limit([0.5, 0.5], [-1 / n, 1 / n])


@advantages.control(
    "bounded moments are dropped: mass 1/n escapes to n, W1 stays 1",
    of=bounded_set_weak_convergence_brings_w1_to_0,
    miss=1,
)
def bounded_moments_are_dropped_mass_1_n_escapes():
    n = 10**4
    yield _distance_to_limit([1 - 1 / n, 1 / n], [0, n])


@advantages.control("JS is said to go to 0 with W1", of=the_table_of_four_distances, miss=0.693)
def js_is_said_to_go_to_0_with_w1():
    yield abs(js(_at(1e-6), _at(0)) - wasserstein(_at(1e-6), _at(0)))


orders = Claim(
    id="A-OT-15",
    alias="wasserstein-orders",
    title="W₁ ≤ W₂, and W₂(N(m₁, s₁²), N(m₂, s₂²)) = √(Δm² + Δs²)",
    statement="W1 <= W2. For normal laws on the line W2 = sqrt((m1 - m2)^2 + (s1 - s2)^2): with "
    "differences 0.7 and 1.4, W1 = 1.25383 and W2 = 1.56525.",
    formula=r"W_1 \le W_2, \qquad W_2(N(m_1, s_1^2), N(m_2, s_2^2)) = "
    r"\sqrt{(m_1 - m_2)^2 + (s_1 - s_2)^2}",
    assumptions=("laws on the line (for the closed form)", "finite second moments"),
    sources=(
        f"{_VILLANI}, section 7.1",
        "Villani 2009, Optimal Transport: Old and New, Remark 6.6",
        f"{_COMPUTATIONAL}, section 2.6",
        "001_5040f14b49cef5aa.txt:48",
    ),
)


@orders.symbolic(scope=AS_STATED)
def orders_proof():
    import sympy as sp

    d, z = sp.symbols("d z", real=True)
    m, r, s, t = sp.symbols("m r s t", positive=True)
    yield (
        "Jensen: d^2 - (m^2 + 2m(d - m)) = (d - m)^2, so d^2 lies above its tangent at m",
        sp.expand(d**2 - (m**2 + 2 * m * (d - m)) - (d - m) ** 2),
    )
    tangent = m**2 + 2 * m * (d - m)
    yield (
        "with d = |X - Y| and m = E|X - Y| the mean of the tangent is m^2: (E|X - Y|)^2 <= "
        "E(X - Y)^2 for every plan; for W2's best plan, W1 <= E|X - Y| <= W2",
        tangent.subs(d, m) - m**2,
    )
    phi = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    below = (1 + sp.erf(z / sp.sqrt(2))) / 2
    part = (d**2 + t**2) * below - (2 * d * t + t**2 * z) * phi
    yield (
        "normal laws, quantiles m + s z: E(d + t Z)^2 with t = s1 - s2, by its antiderivative",
        sp.diff(part, z) - (d + t * z) ** 2 * phi,
    )
    yield (
        "is d^2 + t^2, as Φ goes from 0 to 1 and z φ to 0 at both ends",
        sp.Matrix([below.subs(z, sp.oo) - 1, below.subs(z, -sp.oo), sp.limit(z * phi, z, sp.oo)]),
    )
    yield (
        "no plan is better: E(X - Y)^2 = d^2 + s1^2 + s2^2 - 2 s1 s2 (1 - r), with a correlation "
        "1 - r of at most 1",
        sp.expand(d**2 + s**2 + t**2 - 2 * s * t * (1 - r) - (d**2 + (s - t) ** 2)) >= 0,
    )
    yield "as 2 - 2(1 - r) is the variance of X/s1 - Y/s2", 2 - 2 * (1 - r) >= 0


@orders.numerical(tolerance=0, description="W1 <= W2, 1.25383 <= 1.56525 and 100 programmes")
def w1_w2_1_25383_1_56525_and_100_programmes(rng):
    from scipy import stats

    p, q = stats.norm(0.7, 0.6), stats.norm(0, 2)
    yield max(0.0, wasserstein(p, q) - wasserstein(p, q, 2))
    _x, p, q, cost = pairs(rng, 100)
    first = np.sum(cost * cheapest_plans(p, q, cost), axis=(1, 2))
    second = np.sum(cost**2 * cheapest_plans(p, q, cost**2), axis=(1, 2))
    yield np.maximum(0, first - np.sqrt(second))


@orders.numerical(tolerance=1e-8, description="W2 of normal laws: library, formula, quantiles")
def w2_of_normal_laws_library_formula_quantiles(rng):
    from scipy import stats

    yield max(0.0, abs(folded_normal_mean(0.7, 1.4) - 1.25383) - 5e-6)  # the five decimals
    yield max(0.0, abs(math.hypot(0.7, 1.4) - 1.56525) - 5e-6)
    u, w = quadrature(towards_zero(0.5))
    for d, s in ((0.7, 1.4), *rng.uniform(0.2, 2, (4, 2))):
        p, q = stats.norm(d, 0.6), stats.norm(0, 0.6 + s)
        apart = (p.ppf(u) - q.ppf(u)) ** 2 + (p.isf(u) - q.isf(u)) ** 2
        yield abs(wasserstein(p, q, 2) - math.sqrt(w @ apart))
        yield abs(wasserstein(p, q, 2) - math.hypot(d, s))


@orders.numerical(tolerance=1e-9, description="W2 of points against linear programmes")
def w2_of_points_against_linear_programmes(rng):
    x, p, q, cost = pairs(rng, 50)
    second = np.sum(cost**2 * cheapest_plans(p, q, cost**2), axis=(1, 2))
    for points, mu, nu, least in zip(x, p, q, second, strict=True):
        yield abs(wasserstein(Discrete(points, mu), Discrete(points, nu), 2) ** 2 - least)


@orders.control(
    "the root is forgotten: W1 <= E(X - Y)^2",
    of=w1_w2_1_25383_1_56525_and_100_programmes,
    miss=0.182,
)
def the_root_is_forgotten_w1_e_x_y_2(rng):
    _x, p, q, cost = pairs(rng, 100)
    first = np.sum(cost * cheapest_plans(p, q, cost), axis=(1, 2))
    yield np.maximum(0, first - np.sum(cost**2 * cheapest_plans(p, q, cost**2), axis=(1, 2)))


@orders.control(
    "variances in place of deviations: sqrt(d^2 + (s1^2 - s2^2)^2)",
    of=w2_of_normal_laws_library_formula_quantiles,
    miss=2.14,
)
def variances_in_place_of_deviations_sqrt_d_2_s1_2():
    from scipy import stats

    yield abs(wasserstein(stats.norm(0.7, 0.6), stats.norm(0, 2), 2) - math.hypot(0.7, 4 - 0.36))
