"""Errata on supports, noise, transport and collapse (see `errata`)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from scipy.special import ndtr

from theory.claim import Claim
from theory.densities import Mixture
from theory.divergences import js, optimal_discriminator, value
from theory.topics.instance_noise import js_gradient

_LOG2 = math.log(2)


disjoint = Claim(
    id="B-E15",
    alias="erratum-half-on-disjoint-supports",
    title="“D* = 1/2 on disjoint supports, and the minimum of JS is log 4”",
    statement="Said: where the supports do not overlap D* = 1/2, so V = -log 4, and 'the minimum "
    "of JS is the constant log 4'. Right: D* = 1 on data and 0 on samples of G, V(D*, G) = 0 and "
    "JS = log 2, which is its *maximum* (the minimum is 0). That a constant JS gives no gradient "
    "is right.",
    formula=r"\operatorname{supp} p \cap \operatorname{supp} q = \emptyset \;\Rightarrow\; "
    r"V(D^*, G) = 0,\quad \mathrm{JS}(p, q) = \log 2",
    sources=(
        "Arjovsky and Bottou 2017, section 2.1",
        "000_8b69f153baee6a3b.txt:508-536",
    ),
    erratum=True,
)


def _disjoint_pairs(rng: np.random.Generator):
    """Laws on eight points that share none, and two pairs of densities that share no interval."""
    from scipy import stats

    for _instance in range(10):
        size = int(rng.integers(1, 8))
        p, q = np.zeros(8), np.zeros(8)
        p[:size], q[size:] = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(8 - size))
        yield p, q
    yield stats.uniform(0, 1), stats.uniform(2, 1)
    yield stats.beta(2, 3), stats.beta(2, 3, loc=-1.5)


def _half(x: np.ndarray) -> np.ndarray:
    return np.full(x.shape, 0.5)


def _said_errors(p, q, best, level: float, least: float):
    """How far V(best) falls short of 0, which V never exceeds and D -> 1 on p, 0 on q approaches;
    how far JS is from the level said, and its least value, JS(p, p), from the minimum said."""
    yield abs(value(p, q, best))
    yield abs(js(p, q) - level)
    yield abs(js(p, p) - least)


@disjoint.counterexample(at_least=0.5, description="V(1/2) below 0; log 4 as JS and its minimum")
def _(rng):
    for p, q in _disjoint_pairs(rng):
        yield from _said_errors(p, q, _half, math.log(4), math.log(4))  # 1.386 at V(1/2)


@disjoint.symbolic
def _():
    import sympy as sp

    p, q, d = sp.symbols("p q d", positive=True)
    yield "on data alone V collects p log D, which rises with D", sp.diff(p * sp.log(d), d) > 0
    yield "up to 0 as D -> 1", sp.limit(p * sp.log(d), d, 1)
    fakes = q * sp.log(1 - d)
    yield (
        "on fakes alone q log(1 - D), with slope -q/(1 - D): it falls with D",
        sp.simplify(sp.diff(fakes, d) + q / (1 - d)),
    )
    yield "and is 0 at D = 0: so D* = 1 and 0, and V(D*, G) = 0", fakes.subs(d, 0)
    integrand = p / 2 * sp.log(2 * p / (p + q)) + q / 2 * sp.log(2 * q / (p + q))
    yield (
        "JS collects (p/2) log 2 on data alone, as q -> 0 (and (q/2) log 2 on fakes): log 2 in all",
        sp.limit(integrand, q, 0) - p / 2 * sp.log(2),
    )
    rest = p / 2 * sp.log(1 + q / p) + q / 2 * sp.log(1 + p / q)
    yield (
        "anywhere it is (p + q)/2 log 2 less (p/2) log(1 + q/p) + (q/2) log(1 + p/q)",
        sp.expand_log(sp.logcombine(integrand + rest - (p + q) / 2 * sp.log(2)).expand()),
    )
    yield "which is positive where both laws are: log 2 is the maximum", rest > 0
    yield "and at q = p the integrand is 0: the minimum of JS is 0", integrand.subs(q, p)


@disjoint.control("V(D*) = 0, JS = log 2, and its minimum 0", tolerance=1e-9)
def _(rng):
    for p, q in _disjoint_pairs(rng):
        yield from _said_errors(p, q, optimal_discriminator(p, q), _LOG2, 0)


coupling = Claim(
    id="B-E26",
    alias="erratum-cost-named-gamma",
    title="“cost γ(x, y) = |x − y|”",
    statement="Said: 'cost gamma(x, y) = |x - y|', 'transport between distributions gamma(x, y)'; "
    "Gamma(p, q) is never defined, JS is written JS(P|P_g). Right: the cost is c(x, y) = |x - y|, "
    "the plan moves p to q, and Gamma(p, q) is the set of laws gamma >= 0 on pairs with marginals "
    "p and q; JS is symmetric and takes a comma.",
    formula=r"\Gamma(p, q) = \left\{ \gamma \ge 0 : \int \gamma(x, y)\,dy = p(x),\; "
    r"\int \gamma(x, y)\,dx = q(y) \right\}",
    sources=(
        "Villani 2003, Topics in Optimal Transportation, introduction",
        "001_5040f14b49cef5aa.txt:33,52-55",
    ),
    erratum=True,
)


def _marginal_error(mass: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    return float(max(np.abs(mass.sum(1) - p).max(), np.abs(mass.sum(0) - q).max()))


def _density_error(gamma) -> float:
    """The same for a density on the unit square and two uniform laws, by quadrature in y."""
    from scipy.integrate import quad

    return max(
        abs(quad(lambda y, x=x: gamma(x, y), 0, 1, points=[x])[0] - 1)
        for x in (0.1, 0.25, 0.5, 0.75, 0.9)
    )


@coupling.counterexample(at_least=0.05, description="the marginals of |x - y| against U[0, 1]")
def _(rng):
    yield _density_error(lambda x, y: abs(x - y))  # 1 - (x^2 - x + 1/2), at least 1/2
    n = 6
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(n), 2)
        cost = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        yield _marginal_error(cost / cost.sum(), p, q)  # even with total mass 1


@coupling.symbolic
def _():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    below = sp.integrate(x - y, (y, 0, x))
    above = sp.integrate(y - x, (y, x, 1))
    yield "int_0^1 |x - y| dy = x^2 - x + 1/2", below + above - (x**2 - x + sp.Rational(1, 2))
    yield "its total mass is 1/3, not 1", sp.integrate(below + above, (x, 0, 1)) - sp.Rational(1, 3)
    c = sp.Symbol("c", real=True)
    plan = 1 + c * (1 - 2 * x) * (1 - 2 * y)
    yield (
        "while 1 + c(1 - 2x)(1 - 2y) has both marginals 1, for c = 0 (the product) and any other",
        sp.Matrix([sp.integrate(plan, (t, 0, 1)) - 1 for t in (x, y)]).expand(),
    )
    corners = [plan.subs({x: i, y: j}) for i in (0, 1) for j in (0, 1)]
    yield (
        "linear in x and in y, it is least in a corner, 1 - |c|: a plan for |c| <= 1",
        sp.Matrix(corners) - sp.Matrix([1 + c, 1 - c, 1 - c, 1 + c]),
    )


@coupling.control("plans: the product, and 1 + (1 - 2x)(1 - 2y)/2", tolerance=1e-12)
def _(rng):
    yield _density_error(lambda x, y: 1 + (1 - 2 * x) * (1 - 2 * y) / 2)
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(6), 2)
        yield _marginal_error(np.outer(p, q), p, q)


labels = Claim(
    id="B-E43",
    alias="erratum-collapse-from-labels",
    title="“Modes collapse because the data have many labels”",
    statement="Said: collapse happens when there are many kinds of data, for example many labels; "
    "'fools the Mode', 'weakness in Collapse'. Right: the cause is the game: the best response to "
    "a fixed discriminator is all mass at the largest D(x), with labels or without; read 'fools "
    "the discriminator', 'weakness of the discriminator'.",
    formula=r"\min_{p_g} \mathbb{E}_{p_g} \log\bigl(1 - D(x)\bigr) "
    r"\text{ is attained by } \delta_{\operatorname{argmax} D}",
    assumptions=("D is held fixed while G is trained to the end",),
    sources=(
        "Goodfellow et al. 2014, section 6 (the Helvetica scenario)",
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 1",
        "000_8b69f153baee6a3b.txt:412,419",
    ),
    erratum=True,
)


def _best_response(d: np.ndarray) -> np.ndarray:
    """The law on the points that minimises E log(1 - D), by linear programming."""
    from scipy.optimize import linprog

    n = d.size
    return linprog(np.log1p(-d), A_eq=np.ones((1, n)), b_eq=[1], bounds=(0, None)).x


def _collapse_errors(said: float, rng: np.random.Generator):
    """How far the largest share of one point in the best response is from what is said. The data
    are a ring of 8 modes, two points each; either all 16 are one unlabelled set, or each mode is a
    label of its own, with a generator of its own."""
    ring = 2 * np.pi * np.arange(8) / 8
    modes = np.stack([np.cos(ring), np.sin(ring)], 1)
    points = np.repeat(modes, 2, axis=0) + 0.05 * rng.standard_normal((16, 2))
    for _instance in range(5):
        logit = points @ rng.standard_normal(2) + rng.standard_normal()
        d = 1 / (1 + np.exp(-logit))
        yield abs(_best_response(d).max() - said)
        for label in range(8):
            yield abs(_best_response(d[2 * label : 2 * label + 2]).max() - said)


@labels.counterexample(at_least=0.4, description="largest share of a point, said to be 1/2 at most")
def _(rng):
    yield from _collapse_errors(0.5, rng)  # spread over the points, of all or of one label


@labels.symbolic
def _():
    import sympy as sp

    best = sp.Symbol("b", real=True)  # log(1 - D) where D is largest
    gaps = sp.symbols("g_1:4", positive=True)  # how much larger it is at three other points
    shares = sp.symbols("p_1:4", positive=True)
    cost = (1 - sum(shares)) * best
    cost += sum(share * (best + gap) for share, gap in zip(shares, gaps, strict=True))
    excess = sum(share * gap for share, gap in zip(shares, gaps, strict=True))
    yield (
        "shares p_i away from the largest D cost E log(1 - D) = b + p_1 g_1 + p_2 g_2 + p_3 g_3",
        sp.expand(cost - best - excess),
    )
    yield "which exceeds b: the point mass is the only optimum, and no label is in it", excess > 0


@labels.control("it is 1, without labels and within each label", tolerance=1e-9)
def _(rng):
    yield from _collapse_errors(1, rng)


@labels.numerical(tolerance=1e-12, description="D = 1/2 everywhere: no law is better than another")
def _(rng):
    d = np.full(16, 0.5)
    least = np.dot(_best_response(d), np.log1p(-d))
    for _instance in range(5):
        yield abs(np.dot(rng.dirichlet(np.ones(16)), np.log1p(-d)) - least)


overlap = Claim(
    id="B-E44",
    alias="erratum-overlap-only-probable",
    title="“Noise is added to real and real, and overlap is only probable”",
    statement="Said: noise is added 'to Real and Real', and that the supports overlap afterwards "
    "'is only probable and need not occur'. Right: it is added to real *and fake* samples; with "
    "Gaussian noise both laws have a density everywhere, so they overlap with certainty, if ever "
    "so little. Only bounded noise can fail.",
    formula=r"\theta \in \mathbb{R},\ s > 0:\quad \mathrm{JS}\bigl(\mathcal{N}(0, s^2), "
    r"\mathcal{N}(\theta, s^2)\bigr) < \log 2",
    sources=(
        "Arjovsky and Bottou 2017, section 3",
        "Sønderby et al. 2017, Amortised MAP Inference, section on instance noise",
        "000_8b69f153baee6a3b.txt:536",
    ),
    erratum=True,
)


def _overlap(p: Any, q: Any, edges: list[float]) -> float:
    """The mass that two densities share, the integral of the smaller one between the edges."""
    from scipy.integrate import quad

    return sum(
        quad(lambda x: min(p.pdf(x), q.pdf(x)), low, high, epsabs=0, epsrel=1e-10)[0]
        for low, high in itertools.pairwise(edges)
    )


def _gaussian_overlap(theta: float) -> float:
    from scipy import stats

    middle = theta / 2
    return _overlap(
        stats.norm(0, 1), stats.norm(theta, 1), [middle - 12, 0, middle, theta, middle + 12]
    )


def _uniform_overlap(theta: float) -> float:
    """Of two laws of width 1.2."""
    from scipy import stats

    ends = sorted([-0.6, 0.6, theta - 0.6, theta + 0.6])
    return _overlap(stats.uniform(-0.6, 1.2), stats.uniform(theta - 0.6, 1.2), ends)


@overlap.counterexample(at_least=1e-6, description="mass shared with N(0, 1) noise")
def _():
    for theta in (1.0, 4.0, 8.0):
        yield _gaussian_overlap(theta)


@overlap.symbolic
def _():
    import sympy as sp

    x, theta = sp.symbols("x theta", real=True)
    p, q, s = sp.symbols("p q s", positive=True)

    def density(mean):
        return sp.exp(-((x - mean) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))

    yield "both densities are positive at every x", sp.And(density(0) > 0, density(theta) > 0)
    integrand = p / 2 * sp.log(2 * p / (p + q)) + q / 2 * sp.log(2 * q / (p + q))
    missing = p / 2 * sp.log(1 + q / p) + q / 2 * sp.log(1 + p / q)
    yield (
        "JS's integrand falls short of (p + q)/2 log 2 by (p/2) log(1 + q/p) + (q/2) log(1 + p/q)",
        sp.expand_log(sp.logcombine(integrand + missing - (p + q) / 2 * sp.log(2)).expand()),
    )
    yield "which is positive at every x: JS < log 2", missing > 0
    a = sp.Symbol("a", positive=True)  # theta > 0: the densities cross at theta/2
    shared = 1 - sp.erf(a / (2 * sp.sqrt(2) * s))
    yield (
        "the mass shared is twice the tail beyond theta/2, 1 - erf(theta/(2 sqrt(2) s)): its slope "
        "in theta is -density(theta/2)",
        sp.simplify(sp.diff(shared, a) + density(0).subs(x, a / 2)),
    )
    yield "so it falls, towards 0 and never to it", sp.limit(shared, a, sp.oo)


@overlap.numerical(tolerance=5e-6, description="at θ = 8: JS = 0.69305 < log 2, slope 1.96e-4")
def _():
    law = [Mixture.normal([1], [mean], [1]) for mean in (0, 8, 8.01, 7.99)]
    yield abs(js(law[0], law[1]) - 0.69305)
    slope = (js(law[0], law[2]) - js(law[0], law[3])) / 0.02
    yield abs(slope - 1.96e-4), abs(slope - float(js_gradient(8, 1)))


@overlap.control("Gaussian noise: 2 Φ(-θ/2); width 1.2: 1 - θ/1.2, and 0 from there on", 1e-9)
def _():
    for theta in (1.0, 4.0, 8.0):
        yield abs(_gaussian_overlap(theta) - 2 * ndtr(-theta / 2))
    for theta in (0.3, 0.9, 1.4):  # at 1.4 JS is log 2
        yield abs(_uniform_overlap(theta) - max(0.0, 1 - theta / 1.2))
