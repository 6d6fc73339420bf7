"""W1 as a metric, beside total variation, which is a transport cost, too (claims A-OT-07, 11, 14).

F, G and H stand for the distribution functions of p, q and r.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportCallIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.densities import Discrete
from theory.calculators.divergences import js, total_variation
from theory.calculators.transport import transport_plan, wasserstein
from theory.chapters.transport.plans import (
    EXERCISE,
    VILLANI,
    cheapest_plans,
    distances,
    pairs,
    staying_plan,
    violation,
)
from theory.claim import AS_STATED, Claim, excess

metric = Claim(
    id="A-OT-07",
    alias="wasserstein-metric",
    title="W₁ is a metric",
    statement="W1(p, q) = W1(q, p) >= 0, it is 0 only for p = q, and W1(p, r) <= W1(p, q) + "
    "W1(q, r): on the line, and for laws on finitely many points of any metric space.",
    formula=r"W_1(p, r) \le W_1(p, q) + W_1(q, r), \qquad W_1(p, q) = 0 \;\Leftrightarrow\; p = q",
    assumptions=("finite first moments", "|x - y| is a metric"),
    sources=(
        f"{VILLANI}, Theorem 7.3",
        "000_8b69f153baee6a3b.txt:536",
        "001_5040f14b49cef5aa.txt:50",
    ),
)


@metric.symbolic(scope=AS_STATED)
def metric_proof():
    import sympy as sp

    s, t = sp.symbols("s t", nonnegative=True)
    g, width = sp.symbols("g l", positive=True)
    rest = sp.Symbol("r", nonnegative=True)
    yield "on the line |F - G| = |G - F|, so W1 is symmetric", sp.Abs(s - t) - sp.Abs(t - s)
    yield (
        "|F - H| <= |F - G| + |G - H|, with F - G = s and G - H = t of the same sign",
        sp.Abs(s) + sp.Abs(t) - sp.Abs(s + t),
    )
    yield (
        "or of different signs: (s + t)^2 >= (s - t)^2",
        sp.expand((s + t) ** 2 - (s - t) ** 2) >= 0,
    )
    yield (
        "p != q on the line: F and G differ at some t, and as both are continuous from the right, "
        "by at least g > 0 on some [t, t + l): W1 = g l and more",
        sp.integrate(g, (s, t, t + width)) + rest > 0,
    )
    i, j, k, m, n = sp.symbols("i j k m n", integer=True, positive=True)
    first, second, q = (sp.IndexedBase(name) for name in ("gamma", "eta", "q"))
    passed = first[i, j] * second[j, k] / q[j]
    travels_on = {sp.Sum(second[j, k], (k, 1, n)): q[j]}
    arrived = {sp.Sum(first[i, j], (i, 1, m)): q[j]}
    yield (
        "finitely many points: γ from p to q, η from q to r; what γ carries from i to j travels on "
        "in η's proportions, γ_ij η_jk / q_j: over k this is γ_ij, so p leaves (where q_j = 0, "
        "both plans have no mass)",
        sp.factor_terms(sp.Sum(passed, (k, 1, n))).subs(travels_on) - first[i, j],
    )
    yield (
        "and over i it is η_jk, so r arrives: the sum over j is a plan from p to r",
        sp.factor_terms(sp.Sum(passed, (i, 1, m))).subs(arrived) - second[j, k],
    )
    there, on, slack = sp.symbols("d_ij d_jk s", nonnegative=True)
    direct = there + on - slack  # d_ik, as d is a metric
    mass = sp.Symbol("mu", nonnegative=True)
    yield (
        "each bit of mass pays d_ik <= d_ij + d_jk: the plan costs at most both costs together, "
        "and W1(p, r) no more than that",
        sp.expand(mass * (there + on) - mass * direct) >= 0,
    )
    price = sp.IndexedBase("d")
    symmetric = price[i, j] * first[i, j] - price[j, i] * first[i, j]
    yield (
        "symmetry: the transposed plan carries q to p, for the same price",
        symmetric.subs(price[j, i], price[i, j]),
    )
    moved, distance = sp.symbols("mu d", positive=True)
    yield (
        "W1 = 0: some plan costs nothing (there are finitely many corners of Γ, one is cheapest); "
        "mass that moves over a distance d > 0 would cost something, so none does, rows and "
        "columns are their diagonal, and p = q",
        moved * distance > 0,
    )


def _triangle_excess(distance, p, q, r) -> float:
    """How far the longest of three sides exceeds the sum of the other two."""
    sides = sorted([distance(p, q), distance(q, r), distance(p, r)])
    return excess(sides[2], sides[0] + sides[1])


def _triples(rng: np.random.Generator, n: int = 100):
    """Three random laws, each on six points of its own."""
    for _instance in range(n):
        points, masses = rng.normal(0, 1, (3, 6)), rng.dirichlet(np.full(6, 0.5), 3)
        yield [Discrete(x, w) for x, w in zip(points, masses, strict=True)]


@metric.numerical(tolerance=1e-9, description="100 random triples on the line")
def triples_on_the_line(rng):
    for p, q, r in _triples(rng):
        yield abs(wasserstein(p, q) - wasserstein(q, p))
        yield wasserstein(p, p)
        yield _triangle_excess(wasserstein, p, q, r)
        # where F and G differ by g over a length l, W1 is at least g l
        x = np.union1d(p.points, q.points)
        areas = np.abs(p.cdf(x[:-1]) - q.cdf(x[:-1])) * np.diff(x)
        yield excess(areas.max(), wasserstein(p, q))


def _in_the_plane(rng: np.random.Generator, power: float = 1.0) -> list[np.ndarray]:
    """Least costs of p to q, q to r, p to r and r to p, at the price distance^power, 50 triples.

    Most of p lies at one point, most of r at another, most of q half-way, where the triangle
    inequality is tight.
    """
    ends = rng.normal(0, 1, (50, 2, 2))
    points = np.concatenate([ends, ends.mean(axis=1, keepdims=True)], axis=1)
    cost = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1) ** power
    laws = [rng.dirichlet(mass, 50) for mass in ((5, 1, 1), (1, 1, 5), (1, 5, 1))]
    return [
        np.sum(cost * cheapest_plans(laws[i], laws[j], cost), axis=(1, 2))
        for i, j in ((0, 1), (1, 2), (0, 2), (2, 0))
    ]


@metric.numerical(tolerance=1e-9, description="50 random triples in the plane, linear programmes")
def triples_in_the_plane(rng):
    there, on, direct, back = _in_the_plane(rng)
    yield from excess(direct, there + on)
    yield from np.abs(direct - back)


@metric.meaning()
def metric_in_words(rng):
    for p, q, r in _triples(rng, 20):
        for b in (q, p):
            distance, same = wasserstein(p, b), b is p
            yield {
                "W1(p, q)": distance,
                "W1(q, p)": wasserstein(b, p),
                "W1(p, r)": wasserstein(p, r),
                "W1(q, r)": wasserstein(b, r),
                "W_1(p, q)": distance,
                "W_1(p, r)": wasserstein(p, r),
                "W_1(q, r)": wasserstein(b, r),
                "it is 0 only for p = q": (distance == 0) == same,
                r"W_1(p, q) = 0 \;\Leftrightarrow\; p = q": (distance == 0) == same,
            }


@metric.control("the price is (x - y)^2: W2^2 is no metric", of=triples_on_the_line, miss=6.17)
def squares_on_the_line(rng):
    for p, _q, r in _triples(rng):
        middle = Discrete((np.sort(p.points) + np.sort(r.points)) / 2, p.weights)
        yield _triangle_excess(lambda a, b: wasserstein(a, b, 2) ** 2, p, middle, r)


@metric.control("the price is distance^1.5", of=triples_in_the_plane, miss=0.55)
def dearer_in_the_plane(rng):
    there, on, direct, _back = _in_the_plane(rng, 1.5)
    yield from excess(direct, there + on)


variation = Claim(
    id="A-OT-14",
    alias="total-variation-as-transport",
    title="min over γ of γ(x ≠ y) = TV(p, q)",
    statement="With the price 1[x != y], one unit for any move however short, the least cost is "
    "the total variation: what p and q share can stay, the rest has to move.",
    formula=r"\mathrm{TV}(p, q) = \min_{\gamma \in \Gamma(p, q)} \gamma(x \ne y) = "
    r"1 - \int \min(p, q)",
    assumptions=(
        "c(x, y) = 1[x != y]",
        "finitely many points (for densities the sums are integrals)",
    ),
    sources=(
        "Levin, Peres and Wilmer 2009, Markov Chains and Mixing Times, Proposition 4.7",
        f"{VILLANI}, section 1.4",
        EXERCISE,
    ),
)


def _staying_plan():
    """Steps: the plan that leaves min(p, q) in place moves just TV. Sums stand for integrals."""
    import sympy as sp

    p, q = sp.symbols("p q", nonnegative=True)
    s = sp.Symbol("s", nonnegative=True)
    yield (
        "|p - q| = p + q - 2 min(p, q) where p >= q: summed, 2 TV = 2 - 2 sum min(p, q)",
        sp.Abs(q + s - q) - ((q + s) + q - 2 * q),
    )
    yield "and where q >= p", sp.Abs(p - (p + s)) - (p + (p + s) - 2 * p)
    yield (
        "r = p - min(p, q) and s = q - min(p, q) have the same sum, 1 - sum min(p, q) = TV = v, "
        "and r s = 0 at each point",
        sp.Matrix(
            [(sp.Max(p - q, 0) * sp.Max(q - p, 0)).subs(a, b + s) for a, b in ((p, q), (q, p))]
        ),
    )
    i, j, n = sp.symbols("i j n", integer=True, positive=True)
    r, t, low = sp.IndexedBase("r"), sp.IndexedBase("s"), sp.IndexedBase("m")
    v = sp.Symbol("v", positive=True)
    row = low[i] + sp.factor_terms(sp.Sum(r[i] * t[j] / v, (j, 1, n)))
    total = {sp.Sum(t[j], (j, 1, n)): v}
    yield (
        "the plan min(p, q) in place and r_i s_j / v from i to j has the rows min(p, q) + r = p, "
        "and so the columns q (if v = 0, p = q and all stays)",
        row.subs(total) - (low[i] + r[i]),
    )
    moved = sp.factor_terms(sp.Sum(r[i] * t[j] / v, (j, 1, n))).subs(total)
    yield (
        "none of r_i s_j / v stays at home, as r_i s_i = 0; so it moves the sum of r, which is v",
        sp.Sum(moved, (i, 1, n)).subs(sp.Sum(r[i], (i, 1, n)), v) - v,
    )


@variation.symbolic(scope=AS_STATED)
def variation_proof():
    import sympy as sp

    stays, less, more = sp.symbols("g a s", nonnegative=True)  # what leaves, arrives: a, a + s
    yield (
        "any plan: p(x) is what stays at x and what leaves, q(x) what stays and what arrives, so "
        "min(p(x), q(x)) - γ(x, x) is the smaller of what leaves and arrives, which is >= 0, and "
        "γ(x != y) >= 1 - sum min(p, q)",
        sp.Matrix(
            [
                sp.Min(stays + leaves, stays + arrives) - stays - less
                for leaves, arrives in ((less, less + more), (less + more, less))
            ]
        ),
    )
    yield from _staying_plan()


@variation.numerical(tolerance=1e-8, description="100 linear programmes against TV")
def programmes_against_tv(rng):
    p, q = rng.dirichlet(np.full(6, 0.5), (2, 100))
    cost = np.broadcast_to(1 - np.eye(6), (100, 6, 6))
    for mu, nu, mass in zip(p, q, cheapest_plans(p, q, cost), strict=True):
        yield abs(np.sum(cost[0] * mass) - total_variation(mu, nu))
    for mu, nu in zip(p[:10], q[:10], strict=True):
        yield abs(transport_plan(mu, nu, cost[0]).cost - total_variation(mu, nu))


@variation.numerical(tolerance=1e-12, description="the plan that leaves min(p, q) in place")
def plan_that_stays(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(6, 0.5), 2)
        mass = staying_plan(p, q)
        yield violation(mass, p, q)
        yield abs(np.sum(mass) - np.trace(mass) - total_variation(p, q))


@variation.meaning(tolerance=1e-8)
def variation_in_words(rng):
    p, q = rng.dirichlet(np.full(6, 0.5), (2, 20))
    cost = np.broadcast_to(1 - np.eye(6), (20, 6, 6))
    for mu, nu, mass in zip(p, q, cheapest_plans(p, q, cost), strict=True):
        least = float(np.sum(mass) - np.trace(mass))
        yield {
            "TV(p, q)": total_variation(mu, nu),
            "min over γ of γ(x ≠ y)": least,
            r"\min_{\gamma \in \Gamma(p, q)} \gamma(x \ne y)": least,
            r"\int \min(p, q)": float(np.minimum(mu, nu).sum()),
            "price 1[x != y]": None,
        }


@variation.control("the half of TV = sum |p - q| / 2 is lost", of=programmes_against_tv, miss=0.93)
def without_the_half(rng):
    p, q = rng.dirichlet(np.full(6, 0.5), (2, 100))
    cost = np.broadcast_to(1 - np.eye(6), (100, 6, 6))
    for mu, nu, mass in zip(p, q, cheapest_plans(p, q, cost), strict=True):
        yield abs(np.sum(cost[0] * mass) - np.abs(mu - nu).sum())


@variation.control(
    "short moves are cheaper: the price min(|x - y|, 2)/2", of=programmes_against_tv, miss=0.407
)
def short_moves_are_cheaper(rng):
    p, q = rng.dirichlet(np.full(6, 0.5), (2, 100))
    price = np.minimum(distances(np.arange(6.0), np.arange(6.0)), 2) / 2
    cost = np.broadcast_to(price, (100, 6, 6))
    for mu, nu, mass in zip(p, q, cheapest_plans(p, q, cost), strict=True):
        yield abs(np.sum(price * mass) - total_variation(mu, nu))


weaker = Claim(
    id="A-OT-11",
    alias="wasserstein-total-variation",
    title="W₁ ≤ diam · TV",
    statement="On a set of diameter diam, W1 <= diam TV: what p and q share can stay, the rest, of "
    "mass TV, travels diam at most. So W1 is weaker: what converges in TV (or JS) does so in W1, "
    "not the other way round.",
    formula=r"W_1(p, q) \le \operatorname{diam} \cdot \mathrm{TV}(p, q)",
    assumptions=(
        "all mass lies in a bounded set",
        "finitely many points (for densities the sums are integrals)",
    ),
    sources=(
        f"{VILLANI}, Proposition 7.10",
        "Villani 2009, Optimal Transport: Old and New, Theorem 6.15",
        EXERCISE,
    ),
)


@weaker.symbolic(scope=AS_STATED)
def weaker_proof():
    import sympy as sp

    yield from _staying_plan()
    moved, far, slack = sp.symbols("mu D s", nonnegative=True)
    yield (
        "no bit of it goes farther than D = diam, at a distance of D - s: it costs at most D TV, "
        "and the cheapest plan no more",
        sp.expand(far * moved - (far - slack) * moved) >= 0,
    )
    t, m = sp.symbols("t m", real=True)
    f = (1 + t) * sp.log(1 + t) + (1 - t) * sp.log(1 - t)
    # JS = (1/2) int M f(t) and TV = int M |t| with t = (p - q)/(p + q), M = (p + q)/2 (A-JS-05)
    yield "JS: f(0) = 0 and f'(0) = 0", sp.Matrix([f.subs(t, 0), sp.diff(f, t).subs(t, 0)])
    yield (
        "f'' - 2 = 2t^2/(1 - t^2) >= 0, so f(t) >= t^2",
        sp.diff(f, t, 2) - 2 - 2 * t**2 / (1 - t**2),
    )
    yield (
        "and the mean of t^2 is at least that of |t|, squared, as (|t| - m)^2 >= 0: TV^2 <= 2 JS, "
        "so TV goes to 0 with JS",
        sp.expand(t**2 - (2 * sp.Abs(t) * m - m**2) - (sp.Abs(t) - m) ** 2),
    )
    n = sp.Symbol("n", positive=True)
    half = sp.Rational(1, 2)
    yield "not the other way round: δ_{1/n} and δ_0 have W1 = 1/n -> 0", sp.limit(1 / n, n, sp.oo)
    yield (
        "but TV = 1 and JS = log 2 for each n: each law is alone where it sits",
        sp.Matrix([half * (1 + 1) - 1, half * sp.log(1 / half) * 2 - sp.log(2)]),
    )


def _two_ends() -> tuple[Discrete, Discrete]:
    """Single points at the ends of a set of diameter 3, where the bound is reached."""
    return Discrete([-1.0], [1.0]), Discrete([2.0], [1.0])


def _small_laws(rng: np.random.Generator, n: int = 100):
    """Random pairs on up to seven points, and the diameter of these."""
    for _instance in range(n):
        size = int(rng.integers(2, 8))
        x, (p, q) = np.sort(rng.normal(0, 1, size)), rng.dirichlet(np.full(size, 0.5), 2)
        yield Discrete(x, p), Discrete(x, q), x[-1] - x[0]


@weaker.numerical(tolerance=1e-9, description="excess over the bound, 100 random pairs; ends")
def excess_over_the_bound(rng):
    for p, q, diameter in _small_laws(rng):
        yield excess(wasserstein(p, q), diameter * total_variation(p, q))
    p, q = _two_ends()
    yield abs(wasserstein(p, q) - 3 * total_variation(p, q))


@weaker.numerical(tolerance=1e-9, description="the plan that leaves min(p, q) lies in between")
def plan_in_between(rng):
    x, p, q, cost = pairs(rng, 100)
    for points, mu, nu, c in zip(x, p, q, cost, strict=True):
        paid = np.sum(c * staying_plan(mu, nu))
        yield excess(wasserstein(Discrete(points, mu), Discrete(points, nu)), paid)
        yield excess(paid, (points[-1] - points[0]) * total_variation(mu, nu))


@weaker.numerical(
    tolerance=1e-12, description="TV^2 <= 2 JS; δ_{1/n}: W1 = 1/n, TV = 1, JS = log 2"
)
def weaker_than_js(rng):
    for p, q, _diameter in _small_laws(rng):
        yield excess(total_variation(p, q) ** 2, 2 * js(p, q))
    for n in (1, 10, 1000):
        p, q = Discrete([1 / n], [1.0]), Discrete([0.0], [1.0])
        yield abs(wasserstein(p, q) - 1 / n)
        yield abs(total_variation(p, q) - 1)
        yield abs(js(p, q) - math.log(2))


@weaker.meaning()
def weaker_in_words(rng):
    for p, q, diameter in (*_small_laws(rng, 20), (*_two_ends(), 3.0)):
        distance, moved = wasserstein(p, q), total_variation(p, q)
        yield {
            "W₁": distance,
            "W1": distance,
            "W_1(p, q)": distance,
            "diam": diameter,
            "TV": moved,
            "TV(p, q)": moved,
        }
    p, q = Discrete([1e-6], [1.0]), Discrete([0.0], [1.0])
    others_follow = total_variation(p, q) < 1e-5 or js(p, q) < 1e-5
    yield {
        "So W1 is weaker: what converges in TV (or JS) does so in W1, not the other way round": (
            wasserstein(p, q) < 1e-5 and not others_follow
        )
    }


@weaker.control("nine tenths of the diameter are taken", of=excess_over_the_bound, miss=0.0836)
def nine_tenths_of_the_diameter(rng):
    for _instance in range(20):
        low, high, mass = rng.uniform(0, 1), rng.uniform(1.2, 3), rng.uniform(0.2, 1)
        points = [low, high]
        p, q = Discrete(points, [mass, 1 - mass]), Discrete(points, [mass / 2, 1 - mass / 2])
        yield excess(wasserstein(p, q), 0.9 * (high - low) * total_variation(p, q))


@weaker.control("JS is said to be bounded likewise: 2 JS <= TV^2", of=weaker_than_js, miss=0.382)
def js_below_tv(rng):
    for p, q, _diameter in _small_laws(rng):
        yield excess(2 * js(p, q), total_variation(p, q) ** 2)
