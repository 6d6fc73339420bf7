"""Which plans are optimal besides the ordered one, and transport maps (claims A-OT-12 and 13).

F and G stand for the distribution functions of p and q.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportCallIssue=false

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theory.calculators.transport import wasserstein
from theory.chapters.transport.plans import (
    EXERCISE,
    SANTAMBROGIO,
    VILLANI,
    quadrature,
    towards_zero,
)
from theory.claim import AS_STATED, Claim

several = Claim(
    id="A-OT-12",
    alias="optimal-plans-differ",
    title="U[0, 1] → U[1, 2]: x + 1 and 2 − x both cost 1",
    statement="The optimal plan need not be the only one: from U[0, 1] to U[1, 2] the translation "
    "x + 1 and the reflection 2 - x both cost 1 = W1, as does every plan, because all mass moves "
    "to the right. A strictly convex price decides: (x - y)^2 costs 1 and 4/3.",
    formula=r"\int_0^1 |(x + 1) - x|\,dx = \int_0^1 |(2 - x) - x|\,dx = 1 = "
    r"W_1(U[0, 1], U[1, 2])",
    assumptions=("c(x, y) = |x - y|",),
    sources=(
        f"{VILLANI}, section 2.4 (linear costs on the line)",
        f"{SANTAMBROGIO}, chapters 2 and 3",
        EXERCISE,
    ),
)


@several.symbolic(scope=AS_STATED)
def several_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    s, t = sp.symbols("s t", nonnegative=True)
    yield (
        "P(X + 1 <= y) = P(X <= y - 1) = y - 1: U[1, 2]",
        sp.integrate(1, (x, 0, y - 1)) - (y - 1),
    )
    yield (
        "P(2 - X <= y) = P(X >= 2 - y) = y - 1: U[1, 2]",
        sp.integrate(1, (x, 2 - y, 1)) - (y - 1),
    )
    yield "the translation costs 1", sp.integrate((x + 1) - x, (x, 0, 1)) - 1
    yield "2 - x >= x on [0, 1]; the reflection costs 1", sp.integrate((2 - x) - x, (x, 0, 1)) - 1
    yield "any plan: x <= 1 <= y, so |x - y| = y - x", sp.Abs((1 - s) - (1 + t)) - (1 + t) + (1 - s)
    mean = sp.integrate(y, (y, 1, 2)) - sp.integrate(x, (x, 0, 1))
    yield "whose mean is E Y - E X = 1: each plan costs 1, so W1 = 1", mean - 1
    yield (
        "the two maps differ: their squared distance has mean 1/3",
        sp.integrate(((x + 1) - (2 - x)) ** 2, (x, 0, 1)) - sp.Rational(1, 3),
    )
    yield "(x - y)^2: the translation costs 1", sp.integrate(((x + 1) - x) ** 2, (x, 0, 1)) - 1
    yield (
        "the reflection 4/3",
        sp.integrate(((2 - x) - x) ** 2, (x, 0, 1)) - sp.Rational(4, 3),
    )
    d = sp.Symbol("d", real=True)
    yield (
        "a strictly convex price h(y - x): E h(Y - X) >= h(E(Y - X)) = h(1), with equality only "
        "where Y - X = 1 (Jensen): the translation alone is best; for the square, d^2 lies above "
        "its tangent at 1 by (d - 1)^2",
        sp.expand(d**2 - (1 + 2 * (d - 1)) - (d - 1) ** 2),
    )


def _translation(x: float) -> float:
    return x + 1


def _reflection(x: float) -> float:
    return 2 - x


_MAPS = (_translation, _reflection)


def _cost(move: Callable[[float], float], power: int = 1) -> float:
    """int_0^1 |move(x) - x|^power dx."""
    from scipy.integrate import quad

    return quad(lambda x: abs(move(x) - x) ** power, 0, 1)[0]


def _least() -> float:
    from scipy import stats

    return wasserstein(stats.uniform(0, 1), stats.uniform(1, 1))


@several.numerical(tolerance=1e-10, description="both costs, both laws, and W1 = 1")
def costs_and_laws():
    from scipy.integrate import quad

    yield abs(_least() - 1)
    for move in _MAPS:
        yield abs(_cost(move) - 1)
        for k in (1, 2, 3):  # the moments of U[1, 2]
            moment = quad(lambda x, move=move, k=k: move(x) ** k, 0, 1)[0]
            yield abs(moment - (2 ** (k + 1) - 1) / (k + 1))
    for move, squared in zip(_MAPS, (1, 4 / 3), strict=True):
        yield abs(_cost(move, 2) - squared)


@several.meaning()
def several_in_words():
    both = all(abs(_cost(move) - 1) < 1e-10 for move in _MAPS)
    squares = np.allclose([_cost(move, 2) for move in _MAPS], [1, 4 / 3], atol=1e-10)
    yield {
        "U[0, 1] → U[1, 2]": None,
        "U[0, 1]": None,
        "U[1, 2]": None,
        "x + 1 and 2 − x both cost 1": both,
        "the translation x + 1 and the reflection 2 - x both cost": both,
        "W1": _least(),
        "(x - y)^2 costs 1 and 4/3": bool(squares),
        r"\int_0^1 |(x + 1) - x|\,dx": _cost(_translation),
        r"\int_0^1 |(2 - x) - x|\,dx": _cost(_reflection),
        "W_1(U[0, 1], U[1, 2])": _least(),
    }


@several.control("the reflection is said to cost (x - y)^2 = 1", of=costs_and_laws, miss=0.333)
def square_of_the_reflection():
    yield abs(_cost(_reflection, 2) - 1)


@several.control(
    "mass that starts beyond the goal's left end: U[0, 1] to U[0.9, 1.9] by reflection",
    of=costs_and_laws,
    miss=0.005,
)
def overlapping_laws():
    from scipy import stats

    least = wasserstein(stats.uniform(0, 1), stats.uniform(0.9, 1))
    yield abs(_cost(lambda x: 1.9 - x) - least)


mapped = Claim(
    id="A-OT-13",
    alias="transport-map",
    title="T = G⁻¹ ∘ F carries p to q",
    statement="A γ stands for a transport just when it is a plan (A-OT-02). One that sends all "
    "mass at x to one place T(x) is, for c = |x - y| on the line, T = G^-1 o F: if p has no "
    "atoms, T(X) has the law q for X ~ p, T rises, and its cost is W1. An atom of p larger than "
    "any of q would have to be split, which no map can do.",
    formula=r"T = G^{-1} \circ F, \qquad X \sim p \;\Rightarrow\; T(X) \sim q, \qquad "
    r"\int |T(x) - x|\,p(x)\,dx = W_1(p, q)",
    assumptions=("laws on the line", "p has no atoms", "finite first moments"),
    sources=(
        f"{VILLANI}, Theorem 2.18",
        f"{SANTAMBROGIO}, section 2.1",
        EXERCISE,
    ),
)


@mapped.symbolic(scope=AS_STATED)
def mapped_proof():
    import sympy as sp

    x, u = sp.symbols("x u", real=True)
    f, h = sp.Function("F"), sp.Function("h")
    level, more, mass = sp.symbols("u s m", nonnegative=True)
    lacking = sp.Symbol("e", positive=True)
    yield (
        "F(X) is uniform: F is continuous, so F(x) = u for some x, of which the largest is taken; "
        "F(X) <= u just when X <= x, and P(X <= x) = F(x) = u",
        sp.integrate(1, (u, 0, f(x))).subs(f(x), level) - level,
    )
    yield (
        "with a density it is the chain rule: E h(F(X)) = int h(F) F' dx = int_0^1 h du",
        sp.diff(sp.Integral(h(u), (u, 0, f(x))), x) - h(f(x)) * sp.diff(f(x), x),
    )
    goal = sp.Symbol("G", nonnegative=True)
    yield (
        "G^-1(u) is the first place where G reaches u, which is no earlier for a larger u: T rises "
        "as F does. And G^-1(U) <= y just when U <= G(y); so P(T(X) <= y) = P(F(X) <= G(y)) = G(y)",
        sp.integrate(1, (u, 0, goal)) - goal,
    )
    there, here = sp.Function("Ginv"), sp.Function("Finv")
    over_levels = sp.Integral(sp.Abs(there(u) - here(u)), (u, 0, f(x)))
    yield (
        "F^-1(F(x)) = x but for x of probability 0, and U = F(X) has density 1: the cost is "
        "int |G^-1(u) - F^-1(u)| du = W1 (A-OT-05); with a density, by the chain rule",
        sp.diff(over_levels, x).subs(here(f(x)), x) - sp.Abs(there(f(x)) - x) * sp.diff(f(x), x),
    )
    yield (
        "an atom of mass m at x arrives whole at T(x), perhaps with other mass s; where q has at "
        "most m - e, e > 0, that is s + e too much",
        (mass + more) - (mass - lacking) > 0,
    )
    rate, other = sp.symbols("lambda_1 lambda_2", positive=True)
    t = sp.Symbol("t", positive=True)
    whole = 1 - sp.exp(-rate * t)
    yield (
        "for example Exp(λ1) to Exp(λ2): T(x) = -log(1 - F(x))/λ2 = λ1 x/λ2",
        sp.expand_log(-sp.log(sp.simplify(1 - whole)) / other) - rate * t / other,
    )
    yield (
        "which has the law Exp(λ2): q(T) T' = p",
        sp.simplify(
            other * sp.exp(-other * (rate * t / other)) * rate / other - rate * sp.exp(-rate * t)
        ),
    )
    yield (
        "and costs W1 = 1/λ2 - 1/λ1 where λ1 >= λ2",
        sp.integrate((rate * t / other - t) * rate * sp.exp(-rate * t), (t, 0, sp.oo))
        - (1 / other - 1 / rate),
    )


def _pairs_for_maps():
    """Pairs in which T moves all mass to one side, so that |T(x) - x| has no bend."""
    from scipy import stats

    yield stats.norm(0, 1), stats.expon(scale=1.5)
    yield stats.uniform(0, 1), stats.norm(5, 0.5)
    yield stats.gamma(3), stats.beta(2, 5)
    yield stats.logistic(0, 1), stats.gumbel_r(4)


def _carried(p, q) -> tuple[float, float]:
    """The cost of T = G^-1 o F, and the second moment of T(X), over levels from both ends."""
    u, w = quadrature(towards_zero(0.5))
    lower, upper = p.ppf(u), p.isf(u)
    low_goal, high_goal = q.ppf(p.cdf(lower)), q.isf(p.sf(upper))
    paid = w @ (abs(low_goal - lower) + abs(high_goal - upper))
    return float(paid), float(w @ (low_goal**2 + high_goal**2))


@mapped.numerical(tolerance=1e-8, description="the map's cost is W1; its second moment is q's")
def cost_and_second_moment():
    for p, q in _pairs_for_maps():
        paid, moment = _carried(p, q)
        yield abs(paid - wasserstein(p, q))
        yield abs(moment - (q.std() ** 2 + q.mean() ** 2))


# Kolmogorov's distance times sqrt(n) is above 1.628 in one of a hundred true samples (p < 0.01).
_KOLMOGOROV = 1.628


def _kolmogorov(x: np.ndarray, q) -> float:
    """The distance of samples from the law q, times sqrt(n)."""
    from scipy import stats

    return float(stats.kstest(x, q.cdf).statistic * np.sqrt(x.size))


@mapped.numerical(
    tolerance=_KOLMOGOROV, description="Kolmogorov's test of T(X) against q, p > 0.01, fixed seed"
)
def samples_carried(rng):
    for p, q in _pairs_for_maps():
        yield _kolmogorov(q.ppf(p.cdf(p.rvs(size=2000, random_state=rng))), q)


@mapped.meaning(tolerance=1e-8)
def mapped_in_words():
    for p, q in _pairs_for_maps():
        paid, moment = _carried(p, q)
        arrives = abs(moment - (q.std() ** 2 + q.mean() ** 2)) < 1e-8
        yield {
            "A-OT-02": None,
            "c = |x - y|": None,
            "its cost is W1": abs(paid - wasserstein(p, q)) < 1e-8,
            "T = G⁻¹ ∘ F carries p to q": arrives,
            "T = G^-1 o F": None,
            r"T = G^{-1} \circ F": None,
            r"X \sim p \;\Rightarrow\; T(X) \sim q": arrives,
            r"\int |T(x) - x|\,p(x)\,dx": paid,
            "W_1(p, q)": wasserstein(p, q),
        }


@mapped.control(
    "p has atoms: no map spreads two points over a density", of=samples_carried, miss=23.2
)
def two_atoms(rng):
    from scipy import stats

    p, q = stats.bernoulli(0.5), stats.norm(0, 1)
    x = np.minimum(p.cdf(p.rvs(size=2000, random_state=rng)), 1 - 1e-9)
    yield _kolmogorov(q.ppf(x), q)


@mapped.control(
    "means and deviations are matched, T(x) = m2 + (x - m1) s2/s1", of=samples_carried, miss=6.57
)
def two_moments_matched(rng):
    for p, q in _pairs_for_maps():
        x = (p.rvs(size=2000, random_state=rng) - p.mean()) / p.std()
        yield _kolmogorov(q.mean() + x * q.std(), q)


@mapped.control(
    "T falls: T = G^-1(1 - F(x)), which carries p to q, too", of=cost_and_second_moment, miss=2.77
)
def falling_map():
    u, w = quadrature(towards_zero(0.5))
    for p, q in ((p, p) for p, _q in _pairs_for_maps()):
        paid = w @ (abs(q.isf(u) - p.ppf(u)) + abs(q.ppf(u) - p.isf(u)))
        yield abs(paid - wasserstein(p, q))
