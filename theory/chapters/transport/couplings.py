"""Transport plans: what they are and what they cost (claims A-OT-01 to 05).

A plan γ says how much mass goes from x to y. F and G stand for the distribution functions of p
and q. What the legs compare with comes from linear programmes and quadrature of their own, not
from `theory.calculators.transport`.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
from functools import cache

import numpy as np

from theory.calculators.densities import Discrete
from theory.calculators.transport import transport_plan, wasserstein
from theory.claim import AS_STATED, Claim

_VILLANI = "Villani 2003, Topics in Optimal Transportation"
_COMPUTATIONAL = "Peyré and Cuturi 2019, Computational Optimal Transport"
_EXERCISE = "001_5040f14b49cef5aa.txt:55"


def cheapest_plans(p: np.ndarray, q: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Optimal plans of k problems, shape (k, m, n), by one linear programme (HiGHS).

    The problems share nothing, so that the sum of the costs is least when each cost is.

    Args:
        p: shape (k, m), masses to be moved; each row sums to one.
        q: shape (k, n), masses to arrive.
        cost: shape (k, m, n).
    """
    from scipy import sparse
    from scipy.optimize import linprog

    k, m, n = cost.shape
    sums = np.concatenate([np.kron(np.eye(m), np.ones(n)), np.kron(np.ones(m), np.eye(n))])
    found = linprog(
        cost.ravel(),
        A_eq=sparse.block_diag([sums] * k, format="csc"),
        b_eq=np.concatenate([p, q], axis=1).ravel(),
        method="highs",
    )
    return found.x.reshape(k, m, n)


def quadrature(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of Gauss-Legendre with 20 nodes on each piece between `ends`."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()


def towards_zero(level: float) -> np.ndarray:
    """(0, level) cut into pieces that halve towards 0, where quantile functions are steep."""
    return np.append(0, level * 2.0 ** -np.arange(40, -1, -1))


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """|x_i - y_j|, shape (..., m, n)."""
    return np.abs(x[..., :, None] - y[..., None, :])


def monotone_plan(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The plan with P(X <= x_i, Y <= y_j) = min(F_i, G_j), for points in increasing order."""
    both = np.minimum.outer(np.cumsum(p), np.cumsum(q))
    return np.diff(np.diff(both, axis=0, prepend=0), axis=1, prepend=0)


def staying_plan(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The plan on common points that leaves min(p, q) in place and spreads the rest."""
    left, short = np.maximum(p - q, 0), np.maximum(q - p, 0)
    return np.diag(np.minimum(p, q)) + np.outer(left, short) / left.sum()


def violation(mass: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    """How far from a plan of p and q: the largest negative mass or error of a marginal."""
    rows, columns = np.abs(mass.sum(1) - p), np.abs(mass.sum(0) - q)
    return float(max(0.0, -mass.min(), rows.max(), columns.max()))


@cache
def _problems() -> tuple[np.ndarray, ...]:
    """100 random pairs, points in increasing order, and optimal plans: x, y, p, q, plans."""
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.normal(0, 1, (100, 6))), np.sort(rng.normal(0.5, 2, (100, 5)))
    p, q = rng.dirichlet(np.ones(6), 100), rng.dirichlet(np.full(5, 0.5), 100)
    return x, y, p, q, cheapest_plans(p, q, distances(x, y))


def _a_plan(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random laws p and q on 0, ..., 4 and a plan, neither product nor optimal: p, q, γ, c."""
    p, q = rng.dirichlet(np.ones(5), 2)
    order = rng.permutation(5)
    mass = np.empty((5, 5))
    mass[np.ix_(order, np.arange(5))] = monotone_plan(p[order], q)
    share = rng.uniform(0.2, 0.8)
    points = np.arange(5.0)
    return p, q, share * mass + (1 - share) * np.outer(p, q), distances(points, points)


def pairs(rng: np.random.Generator, k: int, n: int = 6) -> tuple[np.ndarray, ...]:
    """k random pairs of laws on n common points in increasing order: x, p, q, |x - y|."""
    x = np.sort(rng.normal(0, 1, (k, n)))
    p, q = rng.dirichlet(np.full(n, 0.5), (2, k))
    return x, p, q, distances(x, x)


plan_cost = Claim(
    id="A-OT-01",
    alias="cost-of-a-plan",
    title="T(γ, c) = ∬ c(x, y) γ(x, y) dx dy",
    statement="Moving mass by the plan γ at the price c(x, y) per unit costs T(γ, c) = ∬ c dγ, the "
    "mean of c(X, Y) for (X, Y) ~ γ: a finite sum for laws on points, and int c(x, T(x)) p(x) dx "
    "when all mass at x goes to T(x).",
    formula=r"T(\gamma, c) = \iint c(x, y)\,\gamma(x, y)\,dx\,dy",
    assumptions=("c >= 0 is measurable",),
    sources=(
        f"{_VILLANI}, introduction (Kantorovich's problem)",
        f"{_COMPUTATIONAL}, section 2.3",
        "000_8b69f153baee6a3b.txt:543-545",
        "001_5040f14b49cef5aa.txt:50-55",
    ),
    definition=True,
)


@plan_cost.symbolic(scope=AS_STATED)
def plan_cost_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    t, shift = sp.symbols("t theta", positive=True)
    third = sp.Rational(1, 3)
    cost = 2 * sp.integrate(x - y, (y, 0, x), (x, 0, 1))
    yield "γ = 1 on the unit square, c = |x - y|: both triangles together give 1/3", cost - third
    yield (
        "the same as a mean: |X - Y| has density 2(1 - t) on [0, 1], and its mean is 1/3",
        sp.integrate(t * 2 * (1 - t), (t, 0, 1)) - cost,
    )
    yield (
        "the price t^2 instead: 1/6",
        (
            sp.integrate((x - y) ** 2, (y, 0, 1), (x, 0, 1))
            - sp.integrate(t**2 * 2 * (1 - t), (t, 0, 1))
        ),
    )
    yield (
        "all mass at x goes to x + θ: the integral of |x + θ - x| is θ",
        sp.integrate(abs(x + shift - x), (x, 0, 1)) - shift,
    )


@plan_cost.numerical(tolerance=1e-12, description="the library's cost against a sum over cells")
def the_librarys_cost_against_a_sum_over_cells(rng):
    for _instance in range(20):
        p, q = rng.dirichlet(np.ones(5), 2)
        plan = transport_plan(p, q)  # for |x - y|
        cells = itertools.product(range(len(plan.x)), range(len(plan.y)))
        total = sum(abs(plan.x[i] - plan.y[j]) * plan.mass[i, j] for i, j in cells)
        yield abs(plan.cost - total)


@plan_cost.sampling()
def plan_cost_by_sampling(rng):
    n = 50_000
    for _instance in range(5):
        _p, _q, mass, cost = _a_plan(rng)
        paid = cost.ravel()[rng.choice(25, n, p=mass.ravel() / mass.sum())]
        yield (paid.mean() - np.sum(cost * mass)) / (paid.std() / np.sqrt(n))


@plan_cost.control(
    "the cost is read off the marginals, with no look at the plan",
    of=the_librarys_cost_against_a_sum_over_cells,
    miss=0.52,
)
def the_cost_is_read_off_the_marginals_with_no_look(rng):
    for _instance in range(20):
        p, q, mass, cost = _a_plan(rng)
        yield abs(p @ cost @ q - np.sum(cost * mass))


feasible = Claim(
    id="A-OT-02",
    alias="feasible-plans",
    title="Γ(p, q): γ ≥ 0, ∫ γ dy = p, ∫ γ dx = q",
    statement="A plan of p and q is a law on pairs with these marginals: γ >= 0, all that leaves x "
    "is p(x), all that arrives at y is q(y). The course's formulas leave out γ >= 0; without it "
    "the marginals can be kept while the cost falls below any bound.",
    formula=r"\Gamma(p, q) = \left\{ \gamma \ge 0 : \int \gamma(x, y)\,dy = p(x),\; "
    r"\int \gamma(x, y)\,dx = q(y) \right\}",
    sources=(
        f"{_VILLANI}, introduction",
        f"{_COMPUTATIONAL}, section 2.3",
        "000_8b69f153baee6a3b.txt:538-540",
        _EXERCISE,
    ),
    definition=True,
)


@feasible.symbolic(scope=AS_STATED)
def feasible_proof():
    import sympy as sp

    a, p, q = sp.symbols("a p q", real=True)
    r, s, t = sp.symbols("r s t", nonnegative=True)
    mass = sp.Matrix([[a, p - a], [q - a, 1 - p - q + a]])
    yield (
        "two points 0 and 1: every γ with these marginals has one free number a = γ(0, 0)",
        (mass * sp.ones(2, 1) - sp.Matrix([p, 1 - p])).col_join(
            mass.T * sp.ones(2, 1) - sp.Matrix([q, 1 - q])
        ),
    )
    cost = mass[0, 1] + mass[1, 0]
    yield "its cost is p + q - 2a", cost - (p + q - 2 * a)
    yield "which has no lower bound, if a may be anything", sp.Eq(sp.limit(cost, a, sp.oo), -sp.oo)
    yield (
        "γ >= 0 asks a <= q, so for p = q + s the cost is s + 2r with a = q - r, at least |p - q|",
        (cost - s).subs({p: q + s, a: q - r}) >= 0,
    )
    yield (
        "and a <= p, so for q = p + s it is s + 2r with a = p - r",
        (cost - s).subs({q: p + s, a: p - r}) >= 0,
    )
    inside = {p: s / (1 + s), q: t / (1 + t), a: s * t / ((1 + s) * (1 + t))}
    for cell in mass:
        yield "the product a = pq is >= 0 in each cell", sp.factor(cell.subs(inside)) >= 0


@feasible.numerical(tolerance=1e-9, description="negative mass and marginal errors of every plan")
def negative_mass_and_marginal_errors_of_every_plan(rng):
    _x, _y, p, q, plans = _problems()
    for each in zip(plans, p, q, strict=True):
        yield violation(*each)
    for _instance in range(50):
        p, q, mass, _cost = _a_plan(rng)
        found = (mass, np.outer(p, q), monotone_plan(p, q), staying_plan(p, q))
        for plan in (*found, transport_plan(p, q).mass):
            yield violation(plan, p, q)
    for _instance in range(10):
        p, q = rng.dirichlet(np.ones(5), 2)
        yield violation(transport_plan(p, q, rng.uniform(0, 1, (5, 5))).mass, p, q)


@feasible.control(
    "γ >= 0 is forgotten: a plan that undercuts W1, marginals right",
    of=negative_mass_and_marginal_errors_of_every_plan,
    miss=1,
)
def feasible_0_is_forgotten_a_plan_that_undercuts_w1(rng):
    for _instance in range(20):
        p, q, _mass, cost = _a_plan(rng)
        swap = np.zeros((5, 5))
        swap[0, 0] = swap[4, 4] = 1
        swap[0, 4] = swap[4, 0] = -1
        mass = monotone_plan(p, q) + swap
        if np.sum(cost * mass) < wasserstein(p, q):
            yield violation(mass, p, q)


least = Claim(
    id="A-OT-03",
    alias="wasserstein-distance",
    title="W₁(p, q) = min over γ ∈ Γ(p, q) of ∬ |x − y| γ",
    statement="W1(p, q) is the infimum of T(γ, |x - y|) over the plans of p and q. For finite "
    "first moments a plan attains it. For a cost with jumps none need: |x - y| + 1[x = y] can be "
    "made as small as one likes between U[0, 1] and itself, but not 0.",
    formula=r"W_1(p, q) = \inf_{\gamma \in \Gamma(p, q)} \iint |x - y|\,\gamma(x, y)\,dx\,dy",
    assumptions=("c(x, y) = |x - y|", "finite first moments"),
    sources=(
        f"{_VILLANI}, Theorem 1.3 and Definition 7.1",
        "Villani 2009, Optimal Transport: Old and New, Theorem 4.1 (a minimiser exists)",
        "Arjovsky, Chintala and Bottou 2017, equation 1",
        "000_8b69f153baee6a3b.txt:543",
        "001_5040f14b49cef5aa.txt:52-53",
    ),
)


@least.symbolic(scope=AS_STATED)
def least_proof():
    import sympy as sp

    x, t = sp.symbols("x t", real=True)
    a, b, c, f, g, s = sp.symbols("a b c F G s", nonnegative=True)
    yield (
        "|x - y| is the length of the t between x and y: x <= t < y, or y <= t < x",
        sp.integrate(1, (t, x, x + s)) - sp.Abs(x - (x + s)),
    )
    yield (
        "so T = int b + c dt with b = P(X <= t < Y), c = P(Y <= t < X); with a = P(X <= t, Y <= t) "
        "the marginals say F = a + b, G = a + c: b - c = F - G",
        (b - c) - ((a + b) - (a + c)),
    )
    yield (
        "b + c >= |b - c|, as b + c - |b - c| is twice the smaller: no plan costs less than "
        "int |F - G|",
        sp.And((b + c - s).subs(b, c + s) >= 0, (b + c - s).subs(c, b + s) >= 0),
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
    yield (
        "a price with jumps, |x - y| + 1[x = y], p = q = U[0, 1]: a turn by s, x + s mod 1, costs",
        (sp.integrate(s, (t, 0, 1 - s)) + sp.integrate(1 - s, (t, 1 - s, 1)) - 2 * s * (1 - s)),
    )
    yield (
        "2s(1 - s), which goes to 0 with s > 0, while s = 0 costs 1",
        sp.limit(2 * s * (1 - s), s, 0),
    )


@least.numerical(tolerance=1e-9, description="100 linear programmes against the library")
def least_100_linear_programmes_against_the_library():
    x, y, p, q, plans = _problems()
    for a, b, mu, nu, mass in zip(x, y, p, q, plans, strict=True):
        yield abs(np.sum(distances(a, b) * mass) - wasserstein(Discrete(a, mu), Discrete(b, nu)))
        plan = transport_plan(Discrete(a, mu), Discrete(b, nu))
        yield abs(plan.cost - np.sum(distances(a, b) * mass))


@least.numerical(tolerance=1e-12, description="no random plan costs less than W1")
def no_random_plan_costs_less_than_w1(rng):
    for _instance in range(200):
        p, q, mass, cost = _a_plan(rng)
        yield max(0.0, wasserstein(p, q) - np.sum(cost * mass))


@least.control(
    "only p's marginal is kept: all mass goes to the nearest point",
    of=least_100_linear_programmes_against_the_library,
    miss=3.79,
)
def only_ps_marginal_is_kept_all_mass_goes():
    x, y, p, q, _plans = _problems()
    for a, b, mu, nu in zip(x, y, p, q, strict=True):
        nearest = mu @ distances(a, b).min(axis=1)
        yield abs(nearest - wasserstein(Discrete(a, mu), Discrete(b, nu)))


@least.control(
    "c = |x - y| + 1[x = y]: the plan that is optimal for |x - y| is not",
    of=least_100_linear_programmes_against_the_library,
    miss=0.82,
)
def c_x_y_1_x_y_the_plan_that_is_optimal_for_x_y():
    n = 10  # equal masses at 0, ..., n - 1: to stay costs 1, the next place round costs less
    points = np.arange(n) / n
    cost = distances(points, points) + np.eye(n)
    yield np.trace(cost) / n - np.mean(cost[np.arange(n), (np.arange(n) + 1) % n])


product = Claim(
    id="A-OT-04",
    alias="product-plan",
    title="p(x) q(y) ∈ Γ(p, q): (.4, .3, .2, .1, 0) and its mirror image cost 2.12 against W₁ = 2",
    statement="The product p(x)q(y) is always a plan, so that Γ(p, q) is never empty; it costs "
    "E|X - Y| for independent X and Y, in general more than W1. For p = (.4, .3, .2, .1, 0) on "
    "0, ..., 4 and q its mirror image it costs 2.12, and W1 = 2.",
    formula=r"W_1(p, q) \le \iint |x - y|\,p(x)\,q(y)\,dx\,dy = \mathrm{E}\,|X - Y|",
    sources=(f"{_VILLANI}, introduction", f"{_COMPUTATIONAL}, section 2.3", _EXERCISE),
)

_STAIRS = np.array([0.4, 0.3, 0.2, 0.1, 0.0])


@product.symbolic(scope=AS_STATED)
def product_proof():
    import sympy as sp

    a, b, c, d = sp.symbols("a b c d", positive=True)
    p, q = sp.Matrix([a, b, 1 - a - b]), sp.Matrix([[c, d, 1 - c - d]])
    yield "the rows of pq sum to p, as q sums to one", (p * q) * sp.ones(3, 1) - p
    yield "and its columns to q, as p does", sp.ones(1, 3) * (p * q) - q
    stairs = [sp.Rational(k, 10) for k in (4, 3, 2, 1, 0)]
    mirror = stairs[::-1]
    cells = list(itertools.product(range(5), range(5)))
    cost = sum(abs(i - j) * stairs[i] * mirror[j] for i, j in cells)
    yield "the example's product plan costs 53/25 = 2.12", cost - sp.Rational(212, 100)
    low = sum(j * mirror[j] - j * stairs[j] for j in range(5))
    yield "as |x - y| >= y - x, no plan costs less than E Y - E X = 2", low - 2
    f, g = (list(itertools.accumulate(w, initial=sp.Integer(0))) for w in (stairs, mirror))
    overlap = {
        (i, j): max(sp.Integer(0), min(f[i + 1], g[j + 1]) - max(f[i], g[j])) for i, j in cells
    }
    rows = [sum(overlap[i, j] for j in range(5)) - stairs[i] for i in range(5)]
    columns = [sum(overlap[i, j] for i in range(5)) - mirror[j] for j in range(5)]
    yield "the monotone plan has the right marginals", sp.Matrix(rows + columns)
    yield "and costs 2", sum(abs(i - j) * m for (i, j), m in overlap.items()) - 2


@product.numerical(tolerance=1e-12, description="2.12, and 2 in five ways")
def product_2_12_and_2_in_five_ways():
    p, q = _STAIRS, _STAIRS[::-1]
    points = np.arange(5.0)
    cost = distances(points, points)
    yield abs(np.sum(cost * np.outer(p, q)) - 2.12)
    yield abs(np.sum(cost * cheapest_plans(p[None], q[None], cost[None])[0]) - 2)
    yield abs(np.sum(cost * monotone_plan(p, q)) - 2)
    yield abs(transport_plan(p, q).cost - 2)
    yield abs(transport_plan(p, q, cost).cost - 2)
    yield abs(wasserstein(p, q) - 2)


@product.numerical(tolerance=1e-12, description="random products: marginals, and cost >= W1")
def random_products_marginals_and_cost_w1(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.ones(6), 2)
        mass, points = np.outer(p, q), np.sort(rng.normal(0, 1, 6))
        yield violation(mass, p, q)
        distance = wasserstein(Discrete(points, p), Discrete(points, q))
        yield max(0.0, distance - np.sum(distances(points, points) * mass))


@product.control(
    "the product is called optimal", of=random_products_marginals_and_cost_w1, miss=0.12
)
def the_product_is_called_optimal():
    p, q = _STAIRS, _STAIRS[::-1]
    points = np.arange(5.0)
    yield np.sum(distances(points, points) * np.outer(p, q)) - wasserstein(p, q)  # 0.12


monotone = Claim(
    id="A-OT-05",
    alias="monotone-plan",
    title="On the line W₁ = ∫ |F − G| dx = ∫₀¹ |F⁻¹(u) − G⁻¹(u)| du",
    statement="On the line, for c = |x - y|, it is optimal to move mass in order: the u-quantile "
    "of p to the u-quantile of q. So W1 is the area between the distribution functions, measured "
    "across or along: W1 = int |F - G| dx = int_0^1 |F^-1(u) - G^-1(u)| du.",
    formula=r"W_1(p, q) = \int_{-\infty}^{\infty} |F(x) - G(x)|\,dx = "
    r"\int_0^1 |F^{-1}(u) - G^{-1}(u)|\,du",
    assumptions=(
        "laws on the line",
        "finite first moments",
        "c(x, y) = |x - y|, or convex in x - y",
    ),
    sources=(
        f"{_VILLANI}, Theorem 2.18 and Remark 2.19",
        "Santambrogio 2015, Optimal Transport for Applied Mathematicians, chapter 2",
        _EXERCISE,
    ),
)


@monotone.symbolic(scope=AS_STATED)
def monotone_proof():
    import sympy as sp

    f, g, s = sp.symbols("F G s", nonnegative=True)
    steps = sp.symbols("r1:4", positive=True)
    places = [sum(steps[:k], sp.Integer(0)) for k in range(4)]
    # two sources x1 < x2 and two goals y1 < y2 among four places, in every order
    for ends in itertools.combinations(range(4), 2):
        x1, x2 = (places[k] for k in ends)
        y1, y2 = (places[k] for k in range(4) if k not in ends)
        crossed, ordered = abs(x1 - y2) + abs(x2 - y1), abs(x1 - y1) + abs(x2 - y2)
        yield (
            "x1 < x2, y1 < y2: uncrossing the two moves never costs more",
            sp.expand(crossed - ordered) >= 0,
        )
    yield (
        "with U uniform, F^-1(U) <= t just when U <= F(t): the plan (F^-1(U), G^-1(U)) has "
        "P(X <= t < Y) = F - min(F, G), P(Y <= t < X) = G - min(F, G), in sum |F - G|: F = G + s",
        ((f - g) + (g - g) - s).subs(f, g + s),
    )
    yield "or G = F + s", ((f - f) + (g - f) - s).subs(g, f + s)
    yield (
        "that is the least of any plan (A-OT-03): b + c is |b - c| = |F - G| and twice the smaller",
        ((g + s) + g - s) >= 0,
    )
    x, u = sp.symbols("x u", real=True)
    # U[0, 2] and U[1/2, 3/2], whose distribution functions cross at 1
    half = sp.Rational(1, 2)
    across = 2 * (sp.integrate(x / 2, (x, 0, half)) + sp.integrate(x / 2 - x + half, (x, half, 1)))
    along = 2 * sp.integrate((half + u) - 2 * u, (u, 0, half))
    yield "U[0, 2] and U[1/2, 3/2]: int |F - G| = 1/4", across - sp.Rational(1, 4)
    yield "and int |F^-1 - G^-1| du = 1/4", along - sp.Rational(1, 4)


@monotone.numerical(tolerance=1e-8, description="100 linear programmes, ordered plan, areas")
def monotone_100_linear_programmes_ordered_plan_areas():
    x, y, p, q, plans = _problems()
    for a, b, mu, nu, mass in zip(x, y, p, q, plans, strict=True):
        cost = distances(a, b)
        optimum = np.sum(cost * mass)
        yield abs(np.sum(cost * monotone_plan(mu, nu)) - optimum)
        yield abs(wasserstein(Discrete(a, mu), Discrete(b, nu)) - optimum)


@monotone.numerical(tolerance=1e-8, description="both areas by quadrature, three crossing pairs")
def both_areas_by_quadrature_three_crossing_pairs():
    from scipy import stats
    from scipy.optimize import brentq

    laws = (
        (stats.norm(0.3, 1.2), stats.norm(0, 0.7), (-12, 12), (-3, 3)),
        (stats.uniform(0, 1), stats.triang(0.5), (0, 1), (0.2, 0.8)),
        (stats.beta(2, 2), stats.beta(5, 5), (0, 1), (0.2, 0.8)),
    )
    for p, q, (low, high), between in laws:
        cross = float(brentq(lambda x, p=p, q=q: p.cdf(x) - q.cdf(x), *between, xtol=1e-14))
        x, w = quadrature(np.linspace(low, cross, 30))
        y, v = quadrature(np.linspace(cross, high, 30))
        across = abs(w @ (p.cdf(x) - q.cdf(x))) + abs(v @ (p.sf(y) - q.sf(y)))
        x, w = quadrature(towards_zero(p.cdf(cross)))
        y, v = quadrature(towards_zero(p.sf(cross)))  # levels measured from the upper end
        along = abs(w @ (p.ppf(x) - q.ppf(x))) + abs(v @ (p.isf(y) - q.isf(y)))
        yield abs(across - along)
        yield abs(wasserstein(p, q) - across)


@monotone.control(
    "the plan in reversed order", of=both_areas_by_quadrature_three_crossing_pairs, miss=2.41
)
def the_plan_in_reversed_order():
    x, y, p, q, _plans = _problems()
    for a, b, mu, nu in zip(x, y, p, q, strict=True):
        mass = monotone_plan(mu, nu[::-1])[:, ::-1]
        yield abs(np.sum(distances(a, b) * mass) - wasserstein(Discrete(a, mu), Discrete(b, nu)))


@monotone.control(
    "a concave price, the root of |x - y|: order is no longer optimal",
    of=both_areas_by_quadrature_three_crossing_pairs,
    miss=0.211,
)
def a_concave_price_the_root_of_x_y_order_is_no():
    x, y, p, q, _plans = _problems()
    cost = np.sqrt(distances(x, y))
    for mu, nu, c, mass in zip(p, q, cost, cheapest_plans(p, q, cost), strict=True):
        yield abs(np.sum(c * monotone_plan(mu, nu)) - np.sum(c * mass))
