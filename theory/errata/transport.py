"""Errata on supports, noise, transport and collapse (see `errata`)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theory.claim import Claim
from theory.densities import Mixture
from theory.divergences import js, kl, optimal_discriminator, total_variation, value

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


@disjoint.counterexample(at_least=0.5, description="V(1/2) against V(D*), and log 4 against JS")
def _(rng):
    for p, q in _disjoint_pairs(rng):
        yield value(p, q, optimal_discriminator(p, q)) - value(p, q, _half)  # 1.386
        yield abs(math.log(4) - js(p, q))


@disjoint.symbolic
def _():
    import sympy as sp

    p, d = sp.symbols("p d", positive=True)
    yield "on data alone q = 0, and p log D rises with D", sp.diff(p * sp.log(d), d) > 0
    yield (
        "so D* = p/(p + 0) = 1, and p log 1 = 0; the same for fakes: V(D*, G) = 0",
        p * sp.log(p / (p + 0)),
    )
    m = p / 2
    yield (
        "KL(p || m) puts log(p/m) = log 2 on all of p, KL(q || m) likewise",
        sp.log(p / m) - (sp.log(2)),
    )
    yield "C = 2 JS - log 4 = 0 gives JS = log 2", 2 * sp.log(2) - sp.log(4)
    t = sp.Symbol("t", nonnegative=True)
    yield (
        "no pair exceeds it: log 2 - log(2p/(p + q)) = log(1 + t) >= 0 for t = q/p >= 0",
        sp.log(1 + t).subs(t, 0),
    )
    yield "and log(1 + t) rises", sp.diff(sp.log(1 + t), t) > 0


@disjoint.control("V(D*) = 0, JS = log 2 and TV = 1", tolerance=1e-9)
def _(rng):
    for p, q in _disjoint_pairs(rng):
        yield abs(value(p, q, optimal_discriminator(p, q)))
        yield abs(js(p, q) - _LOG2)
        yield abs(total_variation(p, q) - 1)


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


@coupling.counterexample(at_least=0.05, description="the marginals of |x - y| against U[0, 1]")
def _(rng):
    # int_0^1 |x - y| dy = x^2 - x + 1/2, which lies between 1/4 and 1/2 and never reaches 1
    x = np.linspace(0, 1, 11)
    yield np.abs(x**2 - x + 0.5 - 1).min()
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
    yield "while the product 1 * 1 on the square has marginal 1", sp.integrate(1, (y, 0, 1)) - 1


@coupling.control("the product p(x) q(y) is in Gamma(p, q)", tolerance=1e-12)
def _(rng):
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


def _spread(p: np.ndarray) -> float:
    """How far a law is from sitting on one point."""
    return 1 - float(p.max())


@labels.counterexample(at_least=1 - 1e-9, description="mass on one point without any label")
def _(rng):
    ring = 2 * np.pi * np.arange(8) / 8
    modes = np.stack([np.cos(ring), np.sin(ring)], 1)
    points = np.repeat(modes, 2, axis=0) + 0.05 * rng.standard_normal((16, 2))  # without a label
    for _instance in range(5):
        logit = points @ rng.standard_normal(2) + rng.standard_normal()
        yield 1 - _spread(_best_response(1 / (1 + np.exp(-logit))))


@labels.symbolic
def _():
    import sympy as sp

    gap, best, share = sp.symbols("gap best share", positive=True)
    # mass `share` away from the largest D, where log(1 - D) is higher by `gap`
    cost = (1 - share) * (-best) + share * (-best + gap)
    yield "moving mass off the largest D costs share * gap", cost - (-best) - share * gap
    yield "which is positive: the point mass is the only optimum", share * gap > 0


@labels.control(
    "where D is 1/2 everywhere no law is better than another, and nothing collapses",
    tolerance=1e-12,
)
def _(rng):
    d = np.full(16, 0.5)
    for _instance in range(5):
        p = rng.dirichlet(np.ones(16))
        yield abs(np.dot(p, np.log1p(-d)) - np.log1p(-d).min())


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


def _normal(mean: float) -> Mixture:
    return Mixture.normal([1], [mean], [1])


def _shortfall(theta: float) -> float:
    """log 2 - JS(N(0, 1), N(theta, 1)) in its own integral, so that no digit is lost:
    half the integral of p log(1 + q/p) + q log(1 + p/q)."""
    from scipy.integrate import quad
    from scipy.stats import norm

    def integrand(x: float) -> Any:
        logit = norm.logpdf(x) - norm.logpdf(x, theta)
        return norm.pdf(x) * np.logaddexp(0, -logit) + norm.pdf(x, theta) * np.logaddexp(0, logit)

    middle = theta / 2
    return quad(integrand, middle - 12, middle + 12, epsabs=0, points=[0, middle, theta])[0] / 2


@overlap.counterexample(at_least=1e-6, description="log 2 - JS of the noised laws, and dJS/dθ")
def _():
    for theta in (1.0, 4.0, 8.0):  # JS = 0.69305 at 8, where the gradient is 1.96e-4
        yield _shortfall(theta)
        yield (js(_normal(0), _normal(theta + 0.01)) - js(_normal(0), _normal(theta - 0.01))) / 0.02


@overlap.symbolic
def _():
    import sympy as sp

    x, theta = sp.symbols("x theta", real=True)
    s = sp.Symbol("s", positive=True)
    p = sp.exp(-(x**2) / (2 * s**2))
    q = sp.exp(-((x - theta) ** 2) / (2 * s**2))
    yield "both densities are positive at every x", p > 0
    yield "whatever theta is", q > 0
    t = sp.Symbol("t", positive=True)
    yield (
        "so q/p = t > 0 everywhere and log 2 - log(2p/(p + q)) = log(1 + t)",
        (sp.log(2) - sp.log(2 / (1 + t)) - sp.log(1 + t)),
    )
    yield "which is strictly positive: JS < log 2", sp.log(1 + t) > 0


@overlap.control("bounded noise, U of width 1.2 at distance 1.4: JS is log 2", tolerance=1e-12)
def _():
    from scipy import stats

    p, q = stats.uniform(-0.6, 1.2), stats.uniform(1.4 - 0.6, 1.2)
    yield abs(js(p, q) - _LOG2)
    yield 0.0 if kl(p, q) == math.inf else 1.0
