"""Mistakes about transport and its critics."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from theory.claim import AS_STATED, Claim


def _derivative(f, x: float) -> float:
    """f'(x) by a central difference."""
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


_LOG2 = math.log(2)


interpolation = Claim(
    id="B-E67",
    alias="erratum-normal-interpolation",
    title="The gradient penalty's α drawn from N(0, 1)",
    statement="Said: the points of the gradient penalty are x + α(y - x) with α from a normal law. "
    "Right: α is uniform on [0, 1], so that the points lie on the segments between real and "
    "generated samples, where the best critic has slope 1. A normal α leaves the segment with "
    "probability 1 - Φ(1) + Φ(0) = 0.659, and there the best critic may be flatter than 1 and is "
    "punished for it.",
    formula=r"\hat{x} = \alpha x + (1 - \alpha) y,\quad \alpha \sim U[0, 1]",
    sources=("Gulrajani et al. 2017, section 4 and Algorithm 1", "A public WGAN-GP"),
    erratum=True,
)


def _penalty(alpha: np.ndarray) -> float:
    """E(|f'| - 1)^2 of f(α) = min(max(α, 0), 1), a best critic for samples at 0 and at 1."""
    slope = np.where((alpha >= 0) & (alpha <= 1), 1.0, 0.0)
    return float(np.mean((slope - 1) ** 2))


@interpolation.counterexample(
    at_least=0.5, description="a best critic's penalty; points outside", miss=0.649
)
def a_best_critics_penalty_points_outside(rng):
    alpha = rng.standard_normal(10_000)
    yield _penalty(alpha)  # 0.659
    yield float(np.mean((alpha < 0) | (alpha > 1)))


@interpolation.sampling()
def interpolation_by_sampling(rng):
    outside = rng.standard_normal(100_000)
    share = np.mean((outside < 0) | (outside > 1))
    expected = 1 - ndtr(1) + ndtr(0)
    yield (share - expected) / math.sqrt(expected * (1 - expected) / 100_000)


@interpolation.correction("α uniform on [0, 1]: no penalty, no point outside", tolerance=1e-12)
def uniform_on_0_1_no_penalty_no_point_outside(rng):
    alpha = rng.uniform(size=10_000)
    yield _penalty(alpha)
    yield float(np.mean((alpha < 0) | (alpha > 1)))


root = Claim(
    id="B-E68",
    alias="erratum-root-of-zero",
    title="√Σx² without an ε: no gradient at 0",
    statement="Said: a norm is sqrt(sum(x^2)), and the chain rule differentiates it. Right: at "
    "x = 0 the chain rule multiplies 1/(2 sqrt(0)) = infinity by 0, which is NaN, and one such "
    "sample spoils every weight; sqrt(sum(x^2) + ε) has gradient 0 there and is at most sqrt(ε) "
    "too long.",
    formula=r"\lVert x \rVert_\varepsilon = \sqrt{\textstyle\sum_i x_i^2 + \varepsilon}",
    sources=("Gulrajani et al. 2017, section 4 (the penalty's norm)", "Public WGAN-GPs"),
    erratum=True,
)


def _norm_gradient(x: np.ndarray, epsilon: float) -> np.ndarray:
    """The chain rule as automatic differentiation applies it: d sqrt(s)/ds · ds/dx."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 / (2 * np.sqrt(np.sum(x**2) + epsilon)) * (2 * x)


@root.counterexample(
    at_least=0.5, description="how many entries of the gradient at 0 are NaN", miss=1
)
def how_many_entries_of_the_gradient_at_0_are_nan():
    for n in (1, 3, 10):
        yield float(np.isnan(_norm_gradient(np.zeros(n), 0.0)).sum())


@root.symbolic(scope=AS_STATED)
def root_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    e = sp.Symbol("epsilon", positive=True)
    norm = sp.sqrt(x**2 + e)
    right, left = (sp.limit(sp.diff(sp.sqrt(x**2), x), x, 0, side) for side in "+-")
    yield (
        "without ε the slopes from the two sides are 1 and -1: there is no derivative",
        (sp.Matrix([right - 1, left + 1])),
    )
    yield "with ε the gradient at 0 is 0", sp.diff(norm, x).subs(x, 0)
    excess = norm - sp.Abs(x)
    yield "it is too long by ε/(‖x‖_ε + |x|)", sp.simplify(excess * (norm + sp.Abs(x)) - e)
    r = sp.Symbol("r", positive=True)
    yield (
        "its slope in r = |x| is r/‖r‖_ε - 1, and r²/‖r‖_ε² = 1 - ε/‖r‖_ε² < 1: it falls",
        sp.simplify((sp.diff(excess.subs(x, r), r) + 1) ** 2 - (1 - e / norm.subs(x, r) ** 2)),
    )
    yield "so it is largest at x = 0: sqrt(ε)", excess.subs(x, 0) - sp.sqrt(e)


@root.correction("with ε = 1e-12: finite, 0 at 0, and x/‖x‖ elsewhere to 1e-9", tolerance=1e-9)
def with_1e_12_finite_0_at_0_and_x_x_elsewhere_to_1e(rng):
    yield np.abs(_norm_gradient(np.zeros(3), 1e-12))
    for _instance in range(5):
        x = rng.standard_normal(4)
        yield np.abs(_norm_gradient(x, 1e-12) - x / np.linalg.norm(x))


named_wasserstein = Claim(
    id="B-E72",
    alias="erratum-wasserstein-that-is-hinge",
    title="A loss named “Wasserstein” that is the hinge",
    statement="Said: the critic's Wasserstein loss is E relu(1 - f(x)) + E relu(1 + f(y)). Right: "
    "that is the hinge; the Wasserstein loss is E f(y) - E f(x). The latter does not change when a "
    "constant is added to f, the hinge does, and the hinge gives no gradient once the margins are "
    "met.",
    formula=r"L_{\mathrm{W}} = \mathbb{E} f(y) - \mathbb{E} f(x),\qquad "
    r"L_{\mathrm{W}}[f + c] = L_{\mathrm{W}}[f]",
    sources=(
        "Arjovsky, Chintala, Bottou 2017, equation 3",
        "Lim and Ye 2017, Geometric GAN",
        "Public GAN libraries",
    ),
    erratum=True,
)


def _hinge(real: np.ndarray, fake: np.ndarray) -> float:
    return float(np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean())


def _wasserstein(real: np.ndarray, fake: np.ndarray) -> float:
    return float(fake.mean() - real.mean())


def _shift(loss, rng: np.random.Generator) -> float:
    """How much the loss changes when 3 is added to the critic."""
    real, fake = rng.standard_normal((2, 200))
    return abs(loss(real + 3, fake + 3) - loss(real, fake))


def _scale_slope(loss) -> float:
    """How far the loss's slope in the critic's scale is from -(E f(x) - E f(y)), margins met."""
    real, fake = np.array([2.0, 3.0]), np.array([-2.0, -4.0])
    return abs(_derivative(lambda s: loss(s * real, s * fake), 1.0) + (real - fake).mean())


@named_wasserstein.counterexample(
    at_least=0.1, description="changed by a constant; flat", miss=1.79
)
def changed_by_a_constant_flat(rng):
    for _instance in range(5):
        yield _shift(_hinge, rng)
    yield _scale_slope(_hinge)


@named_wasserstein.symbolic(scope=AS_STATED)
def named_wasserstein_proof():
    import sympy as sp

    x, y, c = sp.symbols("x y c", real=True)
    m = sp.Symbol("m", positive=True)

    def hinge(real, fake):
        return sp.Max(0, 1 - real) + sp.Max(0, 1 + fake)

    yield "f(y) + c - (f(x) + c) = f(y) - f(x)", (y + c) - (x + c) - (y - x)
    yield (
        "the hinge at f(x) = 1, f(y) = -1 is 0, and 1 more with c = 1",
        sp.Matrix([hinge(1, -1), hinge(2, 0) - 1]),
    )
    yield "beyond the margins it is constant", sp.diff(hinge(1 + m, -1 - m), m)


@named_wasserstein.correction("E f(y) - E f(x)", tolerance=1e-8)
def e_f_y_e_f_x(rng):
    for _instance in range(5):
        yield _shift(_wasserstein, rng)
    yield _scale_slope(_wasserstein)


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


@coupling.counterexample(
    at_least=0.05, description="the marginals of |x - y| against U[0, 1]", miss=0.149
)
def the_marginals_of_x_y_against_u_0_1(rng):
    yield _density_error(lambda x, y: abs(x - y))  # 1 - (x^2 - x + 1/2), at least 1/2
    n = 6
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(n), 2)
        cost = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        yield _marginal_error(cost / cost.sum(), p, q)  # even with total mass 1


@coupling.symbolic(scope=AS_STATED)
def coupling_proof():
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


@coupling.correction("plans: the product, and 1 + (1 - 2x)(1 - 2y)/2", tolerance=1e-12)
def plans_the_product_and_1_1_2x_1_2y_2(rng):
    yield _density_error(lambda x, y: 1 + (1 - 2 * x) * (1 - 2 * y) / 2)
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(6), 2)
        yield _marginal_error(np.outer(p, q), p, q)
