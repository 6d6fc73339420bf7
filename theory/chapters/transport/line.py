"""The least cost, and the plan that attains it on the line (claims A-OT-03 and 05).

F and G stand for the distribution functions of p and q.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportCallIssue=false

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from theory.calculators.densities import Discrete
from theory.calculators.transport import transport_plan, wasserstein
from theory.chapters.transport.expressions import distance, moved_in_order
from theory.chapters.transport.plans import (
    EXERCISE,
    SANTAMBROGIO,
    VILLANI,
    WGAN,
    a_plan,
    cheapest_plans,
    distances,
    monotone_plan,
    problems,
    quadrature,
    towards_zero,
)
from theory.claim import AS_STATED, Claim, excess

least = Claim(
    id="A-OT-03",
    alias="wasserstein-distance",
    title="W₁(p, q) = min over γ ∈ Γ(p, q) of ∬ |x − y| γ",
    statement="W1(p, q) is the infimum of T(γ, |x - y|) over the plans of p and q. For laws on the "
    "line with finite first moments a plan attains it. For a price with jumps none need: between "
    "U[0, 1] and itself the turn x + s mod 1, 0 < s < 1, has E(|x - y| + 1[x = y]) = 2 s (1 - s), "
    "as little as one likes, but no plan is free.",
    formula=r"W_1(p, q) = \inf_{\gamma \in \Gamma(p, q)} \iint |x - y|\,\gamma(x, y)\,dx\,dy",
    assumptions=("c(x, y) = |x - y|", "laws on the line", "finite first moments"),
    sources=(
        f"{VILLANI}, Theorem 1.3 and Definition 7.1",
        "Villani 2009, Optimal Transport: Old and New, Theorem 4.1 (a minimiser exists)",
        f"{WGAN}, equation 1",
        "000_8b69f153baee6a3b.txt:543",
        "001_5040f14b49cef5aa.txt:52-53",
    ),
)


def _least_on_the_line():
    """Steps: no plan costs less than int |F - G|, and the ordered plan costs just that."""
    import sympy as sp

    x, t, u = sp.symbols("x t u", real=True)
    a, b, c, f, g, s = sp.symbols("a b c F G s", nonnegative=True)
    yield (
        "|x - y| is the length of the t between x and y: x <= t < y, or y <= t < x",
        sp.integrate(1, (t, x, x + s)) - distance(x, x + s),
    )
    yield (
        "so by Tonelli T = int b + c dt with b = P(X <= t < Y), c = P(Y <= t < X); with "
        "a = P(X <= t, Y <= t) the marginals say F = a + b, G = a + c: b - c = F - G",
        (b - c) - ((a + b) - (a + c)),
    )
    yield (
        "b + c >= |b - c|, as b + c - |b - c| is twice the smaller: no plan costs less than "
        "int |F - G|",
        sp.And((b + c - s).subs(b, c + s) >= 0, (b + c - s).subs(c, b + s) >= 0),
    )
    yield (
        "the ordered plan, X = F^-1(U) and Y = G^-1(U) for U uniform on [0, 1], where X <= t just "
        "when U <= F(t): it has the marginals F and G, and a = P(U <= F, U <= G) = min(F, G)",
        sp.integrate(sp.Piecewise((1, u <= g), (0, True)), (u, 0, g + s))
        - moved_in_order(g + s, g),
    )
    yield (
        "a = min(F, G) attains it where F >= G: b + c - |F - G| = 0 for F = G + s, a = G",
        ((f - a) + (g - a) - s).subs({f: g + s, a: g}),
    )
    yield (
        "and where G >= F: for G = F + s, a = F",
        ((f - a) + (g - a) - s).subs({g: f + s, a: f}),
    )
    yield (
        "finite: |F - G| <= F + G, whose integral up to 0 is the mean of both parts below 0 (above "
        "0 the same with 1 - F and 1 - G)",
        (f + g - s).subs(f, g + s) >= 0,
    )


@least.symbolic(scope=AS_STATED)
def least_proof():
    import sympy as sp

    yield from _least_on_the_line()
    t, y = sp.symbols("t y", real=True)
    s = sp.Symbol("s", positive=True)
    turned = sp.integrate(s, (t, 0, 1 - s)) + sp.integrate(1 - s, (t, 1 - s, 1))
    yield (
        "a price with jumps, |x - y| + 1[x = y], p = q = U[0, 1]: x is never x + s mod 1; the turn "
        "moves 1 - s of the mass by s, and s of it by 1 - s",
        turned - 2 * s * (1 - s),
    )
    yield "which goes to 0 with s > 0", sp.limit(turned, s, 0)
    jumping = distance(t, y) + sp.Piecewise((1, sp.Eq(t, y)), (0, True))
    yield (
        "no plan is free: the price is positive everywhere, 1 at x = y and s at a distance of s, "
        "and what is positive everywhere has a positive mean",
        sp.Matrix([jumping.subs(y, t) - 1, jumping.subs(y, t + s) - s, jumping.subs(y, t - s) - s]),
    )


@least.numerical(tolerance=1e-9, description="100 linear programmes against the library")
def programmes_and_library():
    x, y, p, q, plans = problems()
    for a, b, mu, nu, mass in zip(x, y, p, q, plans, strict=True):
        yield abs(np.sum(distances(a, b) * mass) - wasserstein(Discrete(a, mu), Discrete(b, nu)))
        plan = transport_plan(Discrete(a, mu), Discrete(b, nu))
        yield abs(plan.cost - np.sum(distances(a, b) * mass))


@least.numerical(tolerance=1e-12, description="no random plan costs less than W1")
def random_plans_cost_more(rng):
    for _instance in range(200):
        p, q, mass, cost = a_plan(rng)
        yield excess(wasserstein(p, q), np.sum(cost * mass))


def _jumping(n: int) -> np.ndarray:
    """|x - y| + 1[x = y] between the points 0, 1/n, ..., 1 - 1/n."""
    points = np.arange(n) / n
    return distances(points, points) + np.eye(n)


@least.meaning()
def least_in_words():
    x, y, p, q, plans = problems()
    for a, b, mu, nu, mass in zip(x[:20], y, p, q, plans, strict=False):
        best = float(np.sum(distances(a, b) * mass))
        yield {
            "W₁(p, q)": wasserstein(Discrete(a, mu), Discrete(b, nu)),
            "min over γ ∈ Γ(p, q) of ∬ |x − y| γ": best,
            r"\inf_{\gamma \in \Gamma(p, q)} \iint |x - y|\,\gamma(x, y)\,dx\,dy": best,
        }
    n = 100
    cost = _jumping(n)
    for k in (1, 30, 50, 99):
        yield {
            "U[0, 1]": None,
            "the turn x + s mod 1": None,
            "s": k / n,
            "E(|x - y| + 1[x = y])": float(cost[np.arange(n), (np.arange(n) + k) % n].mean()),
        }


@least.control(
    "only p's marginal is kept: all mass goes to the nearest point",
    of=programmes_and_library,
    miss=3.79,
)
def mass_goes_to_the_nearest_point():
    x, y, p, q, _plans = problems()
    for a, b, mu, nu in zip(x, y, p, q, strict=True):
        nearest = mu @ distances(a, b).min(axis=1)
        yield abs(nearest - wasserstein(Discrete(a, mu), Discrete(b, nu)))


@least.control(
    "with a jump of the price at x = y, the plan that stays is still called the best",
    of=programmes_and_library,
    miss=0.9,
)
def price_with_a_jump():
    n = 10  # equal masses at 0, ..., n - 1: to stay costs 1, the next place round costs less
    cost, law = _jumping(n), np.full((1, n), 1 / n)
    yield abs(np.trace(cost) / n - np.sum(cost * cheapest_plans(law, law, cost[None])[0]))


monotone = Claim(
    id="A-OT-05",
    alias="monotone-plan",
    title="On the line W₁ = ∫ |F − G| dx = ∫₀¹ |F⁻¹(u) − G⁻¹(u)| du",
    statement="On the line, for c = |x - y|, it is optimal to move mass in order: the u-quantile "
    "of p to the u-quantile of q. So W1 is the area between the distribution functions, measured "
    "across or along: W1 = int |F - G| dx = int_0^1 |F^-1(u) - G^-1(u)| du. The order is optimal "
    "for every twice differentiable convex price of x - y, too, but not for a concave one.",
    formula=r"W_1(p, q) = \int_{\mathbb{R}} |F(x) - G(x)|\,dx = "
    r"\int_0^1 |F^{-1}(u) - G^{-1}(u)|\,du",
    assumptions=("laws on the line", "finite first moments"),
    sources=(
        f"{VILLANI}, Theorem 2.18 and Remark 2.19",
        f"{SANTAMBROGIO}, chapter 2",
        EXERCISE,
    ),
)


@monotone.symbolic(scope=AS_STATED)
def monotone_proof():
    import sympy as sp

    yield from _least_on_the_line()
    u, z, s = sp.symbols("u z s", real=True)
    g, r = sp.symbols("G r", nonnegative=True)
    yield (
        "W1 is E|X - Y| of the ordered plan, int |F^-1(u) - G^-1(u)| du; F^-1(u) <= t < G^-1(u) "
        "just when G(t) < u <= F(t), so across it is int |F - G| dt: F = G + r",
        sp.integrate(1, (u, g, g + r)) - r,
    )
    price = sp.Function("c")
    slope = price(s).diff(s).subs(s, 0)
    bent = price(s).diff(s, 2)
    above = sp.Integral((z - s) * bent, (s, 0, z))
    below = sp.Integral((s - z) * bent, (s, z, 0))
    for name, part in (("z > 0, (z - s)^+", above), ("z < 0, (s - z)^+", below)):
        rest = price(z) - price(0) - slope * z - part
        yield (
            f"a convex price, {name}: c(z) - c(0) - c'(0) z is the integral of these, weighted "
            "with c''(s) >= 0: second derivatives agree",
            sp.simplify(rest.diff(z, 2)),
        )
        yield "and at 0 slopes", sp.simplify(rest.diff(z).subs(z, 0).doit())
        yield "and values", sp.simplify(rest.subs(z, 0).doit())
    for sign in (1, -1):
        yield (
            "z^+ = (|z| + z)/2: of each weighted price |X - (Y + s)| counts, as E(X - Y - s) is "
            "the same for all plans; the ordered plan of p and of q moved by s is the ordered "
            "plan of p and q, the cheapest for each s, so it is for c",
            sp.Max(sign * r, 0) - (sp.Abs(sign * r) + sign * r) / 2,
        )
    yield (
        "a concave price, the root of |x - y|: 0 and 1 to 1 and 2, in order 2, but leaving 1 in "
        "place sqrt(2)/2 of that",
        (sp.sqrt(2) + 0) / (sp.sqrt(1) + sp.sqrt(1)) - sp.sqrt(2) / 2,
    )


_CONVEX = (lambda z: z**2, lambda z: np.abs(z) ** 2.5, lambda z: np.exp(z / 4))


@monotone.numerical(tolerance=1e-8, description="100 linear programmes, ordered plan, areas")
def ordered_plan_and_programmes():
    x, y, p, q, plans = problems()
    for a, b, mu, nu, mass in zip(x, y, p, q, plans, strict=True):
        cost = distances(a, b)
        optimum = np.sum(cost * mass)
        yield abs(np.sum(cost * monotone_plan(mu, nu)) - optimum)
        yield abs(wasserstein(Discrete(a, mu), Discrete(b, nu)) - optimum)
    for price in _CONVEX:
        yield from _ordered_plan_is_dearer_by(price)


def _ordered_plan_is_dearer_by(price, n: int = 20) -> Iterator[float]:
    """How much more than the cheapest plan the ordered plan costs, in n problems."""
    x, y, p, q, _plans = problems()
    cost = price(x[:n, :, None] - y[:n, None, :])
    best = cheapest_plans(p[:n], q[:n], cost)
    for mu, nu, c, mass in zip(p, q, cost, best, strict=False):
        yield abs(np.sum(c * monotone_plan(mu, nu)) - np.sum(c * mass))


def _crossing_pairs():
    """Laws whose distribution functions cross once, their range, and where they cross."""
    from scipy import stats
    from scipy.optimize import brentq

    for p, q, ends, between in (
        (stats.norm(0.3, 1.2), stats.norm(0, 0.7), (-12, 12), (-3, 3)),
        (stats.uniform(0, 1), stats.triang(0.5), (0, 1), (0.2, 0.8)),
        (stats.beta(2, 2), stats.beta(5, 5), (0, 1), (0.2, 0.8)),
        (stats.uniform(0, 2), stats.uniform(0.25, 1), (0, 2), (0.3, 0.9)),
    ):
        yield (
            p,
            q,
            ends,
            float(brentq(lambda x, p=p, q=q: p.cdf(x) - q.cdf(x), *between, xtol=1e-14)),
        )


def _areas(p, q, ends: tuple[float, float], cross: float) -> tuple[np.ndarray, np.ndarray]:
    """int F - G on either side of the crossing, and int F^-1 - G^-1 likewise."""
    kinks = np.union1d(q.support(), p.support())
    low, high = (
        np.union1d(np.linspace(a, b, 30), kinks[(a < kinks) & (kinks < b)])
        for a, b in ((ends[0], cross), (cross, ends[1]))
    )
    x, w = quadrature(low)
    y, v = quadrature(high)
    across = np.array([w @ (p.cdf(x) - q.cdf(x)), v @ (q.sf(y) - p.sf(y))])
    x, w = quadrature(towards_zero(p.cdf(cross)))
    y, v = quadrature(towards_zero(p.sf(cross)))  # levels measured from the upper end
    return across, np.array([w @ (p.ppf(x) - q.ppf(x)), v @ (p.isf(y) - q.isf(y))])


@monotone.numerical(tolerance=1e-8, description="both areas by quadrature, four crossing pairs")
def areas_by_quadrature():
    for p, q, ends, cross in _crossing_pairs():
        across, along = (np.abs(area).sum() for area in _areas(p, q, ends, cross))
        yield abs(across - along)
        yield abs(wasserstein(p, q) - across)


@monotone.meaning(tolerance=1e-8)
def monotone_in_words():
    for p, q, ends, cross in _crossing_pairs():
        across, along = (float(np.abs(area).sum()) for area in _areas(p, q, ends, cross))
        distance = wasserstein(p, q)
        yield {
            "c = |x - y|": None,
            "W₁": distance,
            "W1": distance,
            "W_1(p, q)": distance,
            "∫ |F − G| dx": across,
            "int |F - G| dx": across,
            r"\int_{\mathbb{R}} |F(x) - G(x)|\,dx": across,
            "∫₀¹ |F⁻¹(u) − G⁻¹(u)| du": along,
            "int_0^1 |F^-1(u) - G^-1(u)| du": along,
            r"\int_0^1 |F^{-1}(u) - G^{-1}(u)|\,du": along,
        }


@monotone.control(
    "the bars are taken outside: |int F - G|, the difference of the means",
    of=areas_by_quadrature,
    miss=0.169,
)
def area_with_its_sign():
    for p, q, ends, cross in _crossing_pairs():
        across, _along = _areas(p, q, ends, cross)
        yield abs(wasserstein(p, q) - abs(across.sum()))


@monotone.control(
    "a concave price, |x - y|^0.9: order is no longer optimal",
    of=ordered_plan_and_programmes,
    miss=0.0755,
)
def concave_price():
    yield from _ordered_plan_is_dearer_by(lambda z: np.abs(z) ** 0.9, n=100)


@monotone.control("the plan in reversed order", of=ordered_plan_and_programmes, miss=2.41)
def reversed_order():
    x, y, p, q, _plans = problems()
    for a, b, mu, nu in zip(x, y, p, q, strict=True):
        mass = monotone_plan(mu, nu[::-1])[:, ::-1]
        yield abs(np.sum(distances(a, b) * mass) - wasserstein(Discrete(a, mu), Discrete(b, nu)))
