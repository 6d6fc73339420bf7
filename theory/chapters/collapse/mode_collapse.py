"""Mode collapse: the best answer to a discriminator that stands still (claims A-MC-01 and 02)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, xlogy

from theory.calculators.divergences import js
from theory.claim import AS_STATED, Claim, excess

_LOG4 = math.log(4)
COURSE = "000_8b69f153baee6a3b.txt"
TUTORIAL = "Goodfellow 2016, NIPS tutorial: Generative Adversarial Networks, section 5.1.1"

# What the generator loses at a point where the discriminator's logit is a, by objective.
LOSSES = {
    "minimax": lambda a: -np.logaddexp(0, a),
    "non-saturating": lambda a: np.logaddexp(0, -a),
}


def best_law(losses: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The joint law of class and point with the least mean loss, by linear programming: `losses`
    of shape (classes, points), and each class with its share of the mass."""
    from scipy.optimize import linprog

    classes, points = losses.shape
    rows = np.kron(np.eye(classes), np.ones(points))
    return linprog(losses.ravel(), A_eq=rows, b_eq=shares, bounds=(0, None)).x.reshape(losses.shape)


def _descent_on_c(p: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, float]:
    """The law that minimises max_D V(D, p_g), and the minimum, by descent."""
    from scipy.optimize import minimize

    def law(logits):
        return np.exp(logits) / np.exp(logits).sum()

    def c(logits):
        q = law(logits)
        return float(np.sum(xlogy(p, p / (p + q)) + xlogy(q, q / (p + q))))

    found = minimize(c, start, method="BFGS", options={"gtol": 1e-10})
    return law(found.x), c(found.x)


response = Claim(
    id="A-MC-01",
    alias="best-response-is-one-point",
    title="For a fixed D the best p_g is a point mass at argmax D",
    statement="For a fixed D the best response of G puts all its mass on argmax_x D(x), whether it "
    "minimises E[log(1 - D)] or -E[log D]: the loss is linear in p_g, and this linear program over "
    "the simplex has a one-point solution. A generator that is trained for too long against one D "
    "therefore collapses.",
    formula=r"p_g^* = \delta_{x^*}, \quad x^* = \operatorname{argmax}_x D(x)",
    assumptions=(
        "D does not move",
        "argmax D is a single point",
        "p_g may be any law on finitely many points",
    ),
    sources=(TUTORIAL, f"{COURSE}:374-419"),
)


@response.symbolic(scope=AS_STATED)
def response_proof():
    import sympy as sp

    s = sp.Symbol("s", positive=True)
    d = 1 / (1 + s)  # every D in (0, 1)
    yield "write D = 1/(1 + s): D falls in s", sp.diff(d, s) < 0
    yield "log(1 - D) rises in s, so it is least where D is largest", sp.diff(sp.log(1 - d), s) > 0
    yield "so does -log D", sp.diff(-sp.log(d), s) > 0
    n, i = sp.symbols("n i", integer=True, positive=True)
    least = sp.Symbol("l", real=True)
    law, more = sp.IndexedBase("q"), sp.IndexedBase("c")

    def total(terms):
        return sp.Sum(terms, (i, 1, n))

    yield (
        "if the loss is l at x* and l + c(x) elsewhere, a law q on n points, of sum 1, loses "
        "l + sum of q(x) c(x)",
        total(law[i] * (least + more[i])) - least * total(law[i]) - total(law[i] * more[i]),
    )
    mass = sp.Symbol("q", nonnegative=True)
    gap, moved = sp.symbols("c q_1", positive=True)
    yield (
        "no term of that sum is negative, so no law loses less than the point mass",
        mass * gap >= 0,
    )
    yield "and mass q > 0 away from x* adds q c > 0: any other law loses more", moved * gap > 0


def _random_logits(rng):
    for n in rng.integers(2, 30, 12):
        yield rng.normal(0, 3, n)


def _mass_at_best(loss, a: np.ndarray) -> float:
    """What the best law, found by linear programming, puts on argmax D."""
    return best_law(loss(a)[None], np.ones(1))[0, a.argmax()]


@response.numerical(tolerance=1e-9, description="mass away from argmax D, by linear programming")
def mass_elsewhere(rng):
    for a in _random_logits(rng):
        for loss in LOSSES.values():
            yield abs(1 - _mass_at_best(loss, a))


def _gains(rng, place: int):
    """What random laws lose less than a point mass at the best point but `place`."""
    for a in _random_logits(rng):
        for loss in LOSSES.values():
            laws = (rng.dirichlet(np.full(a.size, 0.1), 200) + np.eye(a.size)[a.argmax()]) / 2
            yield excess(loss(a)[np.argsort(-a)[place]], laws @ loss(a))


@response.numerical(tolerance=1e-12, description="what random laws lose less than the point mass")
def gains_of_random_laws(rng):
    yield from _gains(rng, 0)


@response.meaning()
def response_in_words(rng):
    for a in _random_logits(rng):
        at_best = [abs(1 - _mass_at_best(loss, a)) < 1e-9 for loss in LOSSES.values()]
        best = np.argmax(best_law(LOSSES["minimax"](a)[None], np.ones(1)))
        yield {
            "minimises E[log(1 - D)]": at_best[0],
            "-E[log D]": at_best[1],
            r"p_g^* = \delta_{x^*}": all(at_best),
            r"x^* = \operatorname{argmax}_x D(x)": bool(expit(a).argmax() == best),
        }


@response.control(
    "D is made optimal again after every move: the best p_g is p_data",
    of=mass_elsewhere,
    miss=0.723,
)
def d_moves(rng):
    for _instance in range(3):
        p = rng.dirichlet(np.full(4, 3.0))
        yield abs(1 - _descent_on_c(p, rng.normal(size=4))[0][p.argmax()])


@response.control(
    "two points share the maximum: half the mass on either loses no more",
    of=mass_elsewhere,
    miss=0.5,
)
def two_best_points(rng):
    for a in _random_logits(rng):
        losses = LOSSES["minimax"](np.append(a, a.max()))
        halves = np.zeros(losses.size)
        halves[[a.argmax(), -1]] = 0.5
        if halves @ losses <= losses.min() + 1e-12:
            yield abs(1 - halves[a.argmax()])


@response.control("the second best point is taken", of=gains_of_random_laws, miss=2.99)
def second_best(rng):
    yield from _gains(rng, 1)


order = Claim(
    id="A-MC-02",
    alias="minimax-against-maximin",
    title="min_G max_D V = max_D min_G V = −log 4, but only the first order determines p_g",
    statement="Over all laws and all discriminators min over p_g of max over D of V = max over D "
    "of min over p_g of V = -log 4, with D = 1/2 in both. The first order forces p_g to be p_data. "
    "In the second every p_g is a best response to D = 1/2, so it says nothing about p_g and "
    "leaves the generator free to sit on one point. Without convexity (a generator that chooses "
    "one point, data on at least two) the two orders differ in value too: max min stays, min max "
    "is larger.",
    formula=r"\min_{p_g} \max_D V(D, p_g) = \max_D \min_{p_g} V(D, p_g) = -\log 4",
    assumptions=("p_g may be any law on a finite set", "D may be any function"),
    sources=(TUTORIAL, "Goodfellow et al. 2014, Theorem 1", f"{COURSE}:419"),
)


@order.symbolic(scope=AS_STATED)
def order_proof():
    import sympy as sp

    s, p, q = sp.symbols("s p q", positive=True)
    d, half = 1 / (1 + s), sp.Rational(1, 2)
    yield (
        "with D = 1/(1 + s): D (1 - D) = 1/4 - (1 - s)^2 / (4 (1 + s)^2) <= 1/4",
        d * (1 - d) - (half**2 - (1 - s) ** 2 / (4 * (1 + s) ** 2)),
    )
    yield (
        "max min <= -log 4: min over p_g of V(D, p_g) <= V(D, p) = E_p log(D (1 - D)) <= log(1/4)",
        sp.log(half**2) + sp.log(4),
    )
    n, i = sp.symbols("n i", integer=True, positive=True)
    law = sp.IndexedBase("q")
    total = sp.Sum(law[i], (i, 1, n))
    at_half = sp.log(half) + sp.Sum(law[i] * sp.log(1 - half), (i, 1, n))
    yield (
        "max min >= -log 4: V(1/2, p_g) = -log 2 - log 2 sum p_g = -log 4 for every p_g on n "
        "points, so none is better than another at D = 1/2",
        at_half + sp.log(2) + sp.log(2) * total,
    )
    yield (
        "and for another D it is less: D (1 - D) = 1/4 at s = 1 only, log rises",
        sp.solveset(d * (1 - d) - half**2, s, sp.Interval.open(0, sp.oo)) - sp.FiniteSet(1)
        == sp.EmptySet,
    )
    # Under max over D, V(D*, p_g) - V(1/2, p_g) is the sum of this:
    gap = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q)) - (p + q) * sp.log(half)
    yield (
        "min max: the gain of D* over 1/2 is 0 and flat at p_g = p_data",
        sp.Matrix([gap.subs(q, p), sp.diff(gap, q).subs(q, p)]),
    )
    yield "and strictly convex in p_g: there only", sp.factor(sp.diff(gap, q, 2)) > 0
    yield (
        "where one of the masses is 0 it is the other one's log 2 > 0",
        sp.Matrix(
            [sp.limit(gap, q, 0, "+") - p * sp.log(2), sp.limit(gap, p, 0, "+") - q * sp.log(2)]
        ),
    )
    yield (
        "a generator on one point of mass p: max over D is p log p - (1 + p) log(1 + p)",
        sp.expand_log(
            (gap + (p + q) * sp.log(half)).subs(q, 1) - p * sp.log(p) + (1 + p) * sp.log(1 + p)
        ),
    )
    alone = p * sp.log(p) - (1 + p) * sp.log(1 + p)
    yield "which falls in p", sp.diff(alone, p) < 0
    yield (
        "to -log 4 at p = 1: min max is larger when no point has all of the data",
        alone.subs(p, 1) + sp.log(4),
    )
    yield (
        "max min is the same, as a mean over p_g is at least the least of its terms, at one point",
        sp.Sum(law[i] * s, (i, 1, n)) - s * total,
    )


def _worst_value(p: np.ndarray, d: np.ndarray) -> np.ndarray:
    """min over p_g of V(D, p_g) for rows D: all mass goes where log(1 - D) is least."""
    return np.log(d) @ p + np.log1p(-d).min(axis=-1)


@order.numerical(tolerance=1e-12, description="excess of min V over -log 4, 20000 random D")
def min_v_of_random_d(rng):
    p = rng.dirichlet(np.ones(6))
    yield excess(_worst_value(p, rng.uniform(0, 1, (10_000, 6))), -_LOG4)
    yield excess(_worst_value(p, expit(rng.normal(0, 0.05, (10_000, 6)))), -_LOG4)
    yield abs(_worst_value(p, np.full(6, 0.5)) + _LOG4)


def _max_min(p: np.ndarray, start: np.ndarray) -> tuple[float, np.ndarray]:
    """max over D of min over p_g of V, and D's logits, by SLSQP: E_p log D + t is maximised
    subject to t <= log(1 - D(x)) at every x."""
    from scipy.optimize import minimize

    n = p.size
    best = minimize(
        lambda u: p @ np.logaddexp(0, -u[:n]) - u[n],
        start,
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda u: -np.logaddexp(0, u[:n]) - u[n]},
        options={"ftol": 1e-14, "maxiter": 300},
    )
    return -best.fun, best.x[:n]


# Both searches end where the value is flat, to about the root of the rounding of its slope.
@order.numerical(tolerance=1e-9, description="max min by SLSQP, min max by BFGS, against -log 4")
def both_orders_by_search(rng):
    for _instance in range(2):
        p = rng.dirichlet(np.full(4, 3.0))
        yield abs(_max_min(p, rng.normal(0, 0.5, 5))[0] + _LOG4)
        yield abs(_descent_on_c(p, rng.normal(size=4))[1] + _LOG4)


def _spread(p: np.ndarray, d: np.ndarray, laws: np.ndarray) -> float:
    """How much V(D, p_g) differs between laws p_g."""
    values = p @ np.log(d) + laws @ np.log1p(-d)
    return float(np.ptp(values))


@order.numerical(tolerance=1e-12, description="spread of V(1/2, p_g) over 1000 laws p_g")
def spread_at_half(rng):
    yield _spread(rng.dirichlet(np.ones(6)), np.full(6, 0.5), rng.dirichlet(np.ones(6), 1000))


@order.meaning(tolerance=1e-9)
def order_in_words(rng):
    p = rng.dirichlet(np.full(4, 3.0))
    max_min, logits = _max_min(p, rng.normal(0, 0.5, 5))
    law, min_max = _descent_on_c(p, rng.normal(size=4))
    halves = np.abs(np.concatenate([expit(logits), p / (p + law)]) - 0.5).max() < 1e-4
    laws = rng.dirichlet(np.ones(4), 1000)
    yield {
        **dict.fromkeys(
            ("min_G max_D V", "min over p_g of max over D of V", r"\min_{p_g} \max_D V(D, p_g)"),
            min_max,
        ),
        **dict.fromkeys(
            ("max_D min_G V", "max over D of min over p_g of V", r"\max_D \min_{p_g} V(D, p_g)"),
            max_min,
        ),
        "with D = 1/2 in both": bool(halves),
        "every p_g is a best response to D = 1/2": _spread(p, np.full(4, 0.5), laws) < 1e-12,
    }


@order.control(
    "D is not quite 1/2: some p_g are better responses than others", of=spread_at_half, miss=0.012
)
def d_is_not_quite_half(rng):
    d = expit(rng.normal(0, 1e-2, 6))
    yield _spread(rng.dirichlet(np.ones(6)), d, rng.dirichlet(np.ones(6), 1000))


@order.control(
    "the generator chooses one point: min max is -log 4, too", of=both_orders_by_search, miss=0.618
)
def one_point_of_several(rng):
    p = rng.dirichlet(np.ones(4))
    yield min(2 * js(p, point) for point in np.eye(4))  # C(point) + log 4


@order.control("the least loss is said to be where D is least", of=min_v_of_random_d, miss=0.105)
def the_generator_errs(rng):
    p = rng.dirichlet(np.ones(6))
    d = expit(rng.normal(0, 0.05, (10_000, 6)))
    yield excess(np.log(d) @ p + np.log1p(-d).max(axis=-1), -_LOG4)
