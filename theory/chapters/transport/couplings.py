"""Transport plans: what they are and what they cost (claims A-OT-01, 02 and 04).

A plan γ says how much mass goes from x to y.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportCallIssue=false

from __future__ import annotations

import itertools

import numpy as np

from theory.calculators.densities import Discrete
from theory.calculators.transport import TransportPlan, transport_plan, wasserstein
from theory.chapters.transport.plans import (
    COMPUTATIONAL,
    EXERCISE,
    VILLANI,
    a_plan,
    cheapest_plans,
    distances,
    monotone_plan,
    problems,
    staying_plan,
    violation,
)
from theory.claim import AS_STATED, Claim, excess

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
        f"{VILLANI}, introduction (Kantorovich's problem)",
        f"{COMPUTATIONAL}, section 2.3",
        "000_8b69f153baee6a3b.txt:543-545",
        "001_5040f14b49cef5aa.txt:50-55",
    ),
    definition=True,
)


@plan_cost.symbolic(scope="for independent uniform laws and for a shift")
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
        sp.integrate((x - y) ** 2, (y, 0, 1), (x, 0, 1))
        - sp.integrate(t**2 * 2 * (1 - t), (t, 0, 1)),
    )
    yield (
        "all mass at x goes to x + θ: the integral of |x + θ - x| is θ",
        sp.integrate(abs(x + shift - x), (x, 0, 1)) - shift,
    )


def _over_cells(plan: TransportPlan) -> float:
    """The cost for |x - y|, cell by cell."""
    cells = itertools.product(range(len(plan.x)), range(len(plan.y)))
    return float(sum(abs(plan.x[i] - plan.y[j]) * plan.mass[i, j] for i, j in cells))


def _library_plans(rng: np.random.Generator):
    for _instance in range(20):
        yield transport_plan(*rng.dirichlet(np.ones(5), 2))


@plan_cost.numerical(tolerance=1e-12, description="the library's cost against a sum over cells")
def library_and_cells(rng):
    for plan in _library_plans(rng):
        yield abs(plan.cost - _over_cells(plan))


@plan_cost.sampling("the mean price of pairs drawn from a plan")
def plan_cost_by_sampling(rng):
    n = 50_000
    for _instance in range(5):
        _p, _q, mass, cost = a_plan(rng)
        paid = cost.ravel()[rng.choice(25, n, p=mass.ravel() / mass.sum())]
        yield (paid.mean() - np.sum(cost * mass)) / (paid.std() / np.sqrt(n))


@plan_cost.meaning()
def plan_cost_in_words(rng):
    for plan in _library_plans(rng):
        total = _over_cells(plan)
        yield {
            "T(γ, c)": plan.cost,
            "∬ c(x, y) γ(x, y) dx dy": total,
            r"\iint c(x, y)\,\gamma(x, y)\,dx\,dy": total,
            "∬ c dγ": float(np.sum(plan.mass * distances(plan.x, plan.y))),
        }


@plan_cost.control(
    "the cost is read off the marginals, with no look at the plan", of=library_and_cells, miss=1.03
)
def cost_of_marginals(rng):
    for plan in _library_plans(rng):
        p, q = plan.mass.sum(axis=1), plan.mass.sum(axis=0)
        yield abs(plan.cost - p @ distances(plan.x, plan.y) @ q)


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
        f"{VILLANI}, introduction",
        f"{COMPUTATIONAL}, section 2.3",
        "000_8b69f153baee6a3b.txt:538-540",
        EXERCISE,
    ),
    definition=True,
)


@feasible.symbolic(scope="what happens without γ >= 0, and that the product is a plan")
def feasible_proof():
    import sympy as sp

    k, c = sp.symbols("k c", positive=True)
    mass = sp.Matrix(2, 2, sp.symbols("g1:5", real=True))
    swap = sp.Matrix([[k, -k], [-k, k]])
    ones = sp.ones(2, 1)
    yield (
        "in the rows and columns of any two points: k more on both places that stay, k less on "
        "both that move; what leaves each point is as before",
        (mass + swap) * ones - mass * ones,
    )
    yield "and what arrives", (mass + swap).T * ones - mass.T * ones
    price = sp.Matrix([[0, c], [c, 0]])
    saved = sum(price.multiply_elementwise(mass) - price.multiply_elementwise(mass + swap))
    yield "where staying is free and the distance c, that saves 2ck", saved - 2 * c * k
    yield "which has no bound", sp.Eq(sp.limit(saved, k, sp.oo), sp.oo)
    a, p, q = sp.symbols("a p q", real=True)
    r, s, t = sp.symbols("r s t", nonnegative=True)
    two = sp.Matrix([[a, p - a], [q - a, 1 - p - q + a]])
    cost = two[0, 1] + two[1, 0]
    yield "two points 0 and 1, a = γ(0, 0): the cost is p + q - 2a", cost - (p + q - 2 * a)
    yield (
        "γ >= 0 asks a <= q, so for p = q + s the cost is s + 2r with a = q - r, at least |p - q|",
        sp.expand((cost - s - 2 * r).subs({p: q + s, a: q - r})),
    )
    yield (
        "and a <= p, so for q = p + s it is s + 2r with a = p - r",
        sp.expand((cost - s - 2 * r).subs({q: p + s, a: p - r})),
    )
    inside = {p: s / (1 + s), q: t / (1 + t), a: s * t / ((1 + s) * (1 + t))}
    for cell in two:
        yield "the product a = pq is >= 0 in each cell", sp.factor(cell.subs(inside)) >= 0


@feasible.numerical(tolerance=1e-9, description="negative mass and marginal errors of every plan")
def errors_of_plans(rng):
    _x, _y, p, q, plans = problems()
    for each in zip(plans, p, q, strict=True):
        yield violation(*each)
    for _instance in range(50):
        p, q, mass, _cost = a_plan(rng)
        found = (mass, np.outer(p, q), monotone_plan(p, q), staying_plan(p, q))
        for plan in (*found, transport_plan(p, q).mass):
            yield violation(plan, p, q)
    for _instance in range(10):
        p, q = rng.dirichlet(np.ones(5), 2)
        yield violation(transport_plan(p, q, rng.uniform(0, 1, (5, 5))).mass, p, q)


@feasible.meaning()
def feasible_in_words(rng):
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(5), 2)
        mass = transport_plan(p, q).mass
        for x, y in itertools.product(range(5), range(5)):
            leaves, arrives = mass[x].sum(), mass[:, y].sum()
            yield {
                r"\Gamma(p, q) =": None,
                "γ": mass[x, y],
                "∫ γ dy": leaves,
                r"\int \gamma(x, y)\,dy": leaves,
                "∫ γ dx": arrives,
                r"\int \gamma(x, y)\,dx": arrives,
                "p": p[x],
                "p(x)": p[x],
                "q": q[y],
                "q(y)": q[y],
            }


@feasible.control(
    "γ >= 0 is forgotten: a plan that undercuts W1, marginals right", of=errors_of_plans, miss=0.05
)
def negative_mass(rng):
    for _instance in range(20):
        p, q, _mass, cost = a_plan(rng)
        swap = np.zeros((5, 5))
        swap[0, 0] = swap[4, 4] = 0.05
        swap[0, 4] = swap[4, 0] = -0.05
        mass = monotone_plan(p, q) + swap
        if np.sum(cost * mass) < wasserstein(p, q):
            yield violation(mass, p, q)


@feasible.control("only the mass that leaves is looked at", of=errors_of_plans, miss=0.809)
def nearest_places(rng):
    for _instance in range(20):
        p, q = rng.dirichlet(np.ones(5), 2)
        yield violation(np.diag(p), p, q)


product = Claim(
    id="A-OT-04",
    alias="product-plan",
    title="p(x) q(y) ∈ Γ(p, q): (.4, .3, .2, .1, 0) and its mirror image cost 2.12 against W₁ = 2",
    statement="The product p(x)q(y) is a plan, so that Γ(p, q) is never empty; it costs "
    "E|X - Y| for independent X and Y, in general more than W1. For p = (.4, .3, .2, .1, 0) on "
    "0, ..., 4 and q its mirror image it costs E|X - Y| = 2.12, and W1 = 2.",
    formula=r"W_1(p, q) \le \iint |x - y|\,p(x)\,q(y)\,dx\,dy = \mathrm{E}\,|X - Y|",
    assumptions=("p and q have densities, or finitely many points",),
    sources=(f"{VILLANI}, introduction", f"{COMPUTATIONAL}, section 2.3", EXERCISE),
)

_STAIRS = (4, 3, 2, 1, 0)  # tenths


def _example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p and q of the example, and |x - y|."""
    p, points = np.array(_STAIRS) / 10, np.arange(5.0)
    return p, p[::-1], distances(points, points)


@product.symbolic(scope=AS_STATED)
def product_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    f, g = sp.Function("p"), sp.Function("q")
    line = (y, -sp.oo, sp.oo)
    one = {sp.Integral(g(y), line): 1}
    yield (
        "densities: int p(x) q(y) dy = p(x) int q = p(x), and the same for q(y)",
        sp.factor_terms(sp.Integral(f(x) * g(y), line)).subs(one) - f(x),
    )
    i, j, n = sp.symbols("i j n", integer=True, positive=True)
    p, q = sp.IndexedBase("p"), sp.IndexedBase("q")
    one = {sp.Sum(q[j], (j, 1, n)): 1}
    yield (
        "n points: sum over y of p(x) q(y) is p(x), and the same for q(y)",
        sp.factor_terms(sp.Sum(p[i] * q[j], (j, 1, n))).subs(one) - p[i],
    )
    s, t = sp.symbols("s t", nonnegative=True)
    yield (
        "it is nowhere negative; a plan costs at least W1 by W1's definition (A-OT-03)",
        s * t >= 0,
    )
    stairs = [sp.Rational(k, 10) for k in _STAIRS]
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
    yield "and costs 2, less than 2.12", sum(abs(i - j) * m for (i, j), m in overlap.items()) - 2


@product.numerical(tolerance=1e-12, description="2.12, and 2 in five ways")
def example_in_six_ways():
    p, q, cost = _example()
    yield abs(np.sum(cost * np.outer(p, q)) - 2.12)
    yield abs(np.sum(cost * cheapest_plans(p[None], q[None], cost[None])[0]) - 2)
    yield abs(np.sum(cost * monotone_plan(p, q)) - 2)
    yield abs(transport_plan(p, q).cost - 2)
    yield abs(transport_plan(p, q, cost).cost - 2)
    yield abs(wasserstein(p, q) - 2)


@product.numerical(tolerance=1e-12, description="random products: marginals, and cost >= W1")
def random_products(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.ones(6), 2)
        mass, points = np.outer(p, q), np.sort(rng.normal(0, 1, 6))
        yield violation(mass, p, q)
        distance = wasserstein(Discrete(points, p), Discrete(points, q))
        yield excess(distance, np.sum(distances(points, points) * mass))


@product.meaning()
def product_in_words():
    p, q, cost = _example()
    independent = float(np.sum(cost * np.outer(p, q)))
    yield {
        "p = (.4, .3, .2, .1, 0)": bool(np.allclose(p, (0.4, 0.3, 0.2, 0.1, 0))),
        "(.4, .3, .2, .1, 0) and its mirror image cost 2.12": abs(independent - 2.12) < 1e-12,
        "0, ..., 4": None,
        "it costs E|X - Y| for independent X and Y, in general more than W1": (
            abs(independent - p @ cost @ q) < 1e-12 and independent > wasserstein(p, q)
        ),
        "W₁": wasserstein(p, q),
        "W1": wasserstein(p, q),
        "W_1(p, q)": wasserstein(p, q),
        "E|X - Y|": float(p @ cost @ q),
        r"\iint |x - y|\,p(x)\,q(y)\,dx\,dy": independent,
        r"\mathrm{E}\,|X - Y|": float(p @ cost @ q),
    }


@product.control("the product is called optimal", of=example_in_six_ways, miss=0.12)
def product_as_the_best():
    p, q, cost = _example()
    yield abs(np.sum(cost * np.outer(p, q)) - wasserstein(p, q))


@product.control(
    "half the product and half the plan that stays is taken for the product",
    of=random_products,
    miss=0.344,
)
def cheaper_than_w1(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.ones(6), 2)
        yield violation((np.outer(p, q) + np.diag(np.minimum(p, q))) / 2, p, q)
