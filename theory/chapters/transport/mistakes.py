"""Mistakes about transport and its critics."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import ndtr

from theory.claim import AS_STATED, Claim

_KERAS = "keras-team/keras-io, examples/generative/wgan_gp.py, its version of 2020 (commit 0e2325b)"


def _derivative(f, x: float) -> float:
    """f'(x) by a central difference."""
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


interpolation = Claim(
    id="B-E67",
    alias="erratum-normal-interpolation",
    title="The gradient penalty's α drawn from N(0, 1)",
    statement="Said: the points of the gradient penalty are x + α (y - x) with α from a normal "
    "law. Right: α is uniform on [0, 1], so that the points lie on the segments between real and "
    "generated samples; on those that the cheapest plan joins, the best critic has slope 1. A "
    "normal α leaves the segment with probability 1 - Φ(1) + Φ(0) = 0.659, and there the best "
    "critic may be flatter than 1 and is punished for it.",
    formula=r"\hat{x} = x + \alpha (y - x),\quad \alpha \sim U[0, 1]",
    sources=(
        "Gulrajani et al. 2017, section 4, Algorithm 1 and Proposition 1",
        f"{_KERAS}: `gradient_penalty` draws one standard normal number an image and adds that "
        "multiple of generated minus real to the real image",
        "Lornatang/WassersteinGAN_GP-PyTorch, wgangp_pytorch/utils.py: "
        "`calculate_gradient_penalty` mixes with a number of `torch.randn`",
    ),
    erratum=True,
)


def _slope(alpha: np.ndarray) -> np.ndarray:
    """Of f(α) = min(max(α, 0), 1), a best critic for samples at 0 and at 1."""
    return np.where((alpha >= 0) & (alpha <= 1), 1.0, 0.0)


def _penalty(alpha: np.ndarray) -> float:
    """E(|f'| - 1)^2 of that critic."""
    return float(np.mean((_slope(alpha) - 1) ** 2))


def _outside(alpha: np.ndarray) -> float:
    """The share of points that lie on no segment."""
    return float(np.mean((alpha < 0) | (alpha > 1)))


@interpolation.counterexample(
    at_least=0.5, description="a best critic's penalty; points outside", miss=0.649
)
def normal_numbers(rng):
    alpha = rng.standard_normal(10_000)
    yield _penalty(alpha)
    yield _outside(alpha)


@interpolation.sampling("the share of points outside against 1 - Φ(1) + Φ(0)")
def interpolation_by_sampling(rng):
    expected = 1 - ndtr(1) + ndtr(0)
    share = _outside(rng.standard_normal(100_000))
    yield (share - expected) / math.sqrt(expected * (1 - expected) / 100_000)


@interpolation.meaning()
def interpolation_in_words(rng):
    uniform, normal = rng.uniform(size=1000), rng.standard_normal(1000)
    yield {
        "drawn from N(0, 1)": _outside(normal) == 0,
        "x + α (y - x) with α from a normal law": None,
        "uniform on [0, 1]": _outside(uniform) == 0,
        "U[0, 1]": None,
        "the best critic has slope 1": bool(np.all(_slope(uniform) == 1)),
        "may be flatter than 1": bool(np.any(_slope(normal) < 1)),
    }
    for alpha in uniform[:5]:
        x, y = rng.normal(0, 1, 2)
        yield {
            "α": alpha,
            "x": x,
            "y": y,
            r"\hat{x}": float(np.interp(alpha, [0, 1], [x, y])),
        }


@interpolation.correction("α uniform on [0, 1]: no penalty, no point outside", tolerance=1e-12)
def uniform_numbers(rng):
    alpha = rng.uniform(size=10_000)
    yield _penalty(alpha)
    yield _outside(alpha)


root = Claim(
    id="B-E68",
    alias="erratum-root-of-zero",
    title="√Σx² without an ε: no gradient at 0",
    statement="Said: a norm is sqrt(sum x^2), and the chain rule differentiates it. Right: at the "
    "origin the chain rule multiplies 1/(2 sqrt(0)) = infinity by zero, which is NaN, and one such "
    "sample spoils every weight. With N = sqrt(sum x^2 + ε) the gradient there is zero, and N is "
    "hardly too long: N <= |x| + sqrt(ε).",
    formula=r"\lVert x \rVert_\varepsilon = \sqrt{\sum_i x_i^2 + \varepsilon}",
    sources=(
        "Gulrajani et al. 2017, section 4 (the penalty's norm)",
        "igul222/improved_wgan_training, gan_toy.py and gan_mnist.py (the authors' own): `slopes` "
        "is the root of the summed squares of the gradients, to which nothing is added",
        f"{_KERAS}: `norm` likewise",
    ),
    erratum=True,
)


def _norm_gradient(x: np.ndarray, epsilon: float) -> np.ndarray:
    """The chain rule as automatic differentiation applies it: d sqrt(s)/ds · ds/dx."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 / (2 * np.sqrt(np.sum(x**2) + epsilon)) * (2 * x)


@root.counterexample(
    at_least=0.5, description="the share of NaN in the gradient at 0, and in a minibatch's", miss=1
)
def nan_at_the_origin(rng):
    for n in (1, 3, 10):
        yield float(np.isnan(_norm_gradient(np.zeros(n), 0.0)).mean())
        samples = [np.zeros(n), *rng.standard_normal((7, n))]
        yield float(np.isnan(np.mean([_norm_gradient(x, 0.0) for x in samples], axis=0)).mean())


@root.symbolic(scope=AS_STATED)
def root_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    e = sp.Symbol("epsilon", positive=True)
    norm = sp.sqrt(x**2 + e)
    right, left = (sp.limit(sp.diff(sp.sqrt(x**2), x), x, 0, side) for side in "+-")
    yield (
        "without ε the slopes from the two sides are 1 and -1: there is no derivative",
        sp.Matrix([right - 1, left + 1]),
    )
    yield "with ε the gradient at 0 is 0", sp.diff(norm, x).subs(x, 0)
    too_long = norm - sp.Abs(x)
    yield "it is too long by ε/(‖x‖_ε + |x|)", sp.simplify(too_long * (norm + sp.Abs(x)) - e)
    r = sp.Symbol("r", positive=True)
    yield (
        "its slope in r = |x| is r/‖r‖_ε - 1, and r²/‖r‖_ε² = 1 - ε/‖r‖_ε² < 1: it falls",
        sp.simplify((sp.diff(too_long.subs(x, r), r) + 1) ** 2 - (1 - e / norm.subs(x, r) ** 2)),
    )
    yield "so it is largest at x = 0: sqrt(ε)", too_long.subs(x, 0) - sp.sqrt(e)


@root.meaning()
def root_in_words(rng):
    for x in (np.zeros(3), *rng.standard_normal((4, 3))):
        for epsilon in (1e-12, 0.01):
            norm = math.dist([*x, math.sqrt(epsilon)], np.zeros(4))
            yield {
                "√Σx² without an ε: no gradient at 0": None,
                "a norm is sqrt(sum x^2)": None,
                "N": norm,
                "sum x^2": float(x @ x),
                "|x|": math.dist(x, np.zeros(3)),
                "ε": epsilon,
                r"\lVert x \rVert_\varepsilon": norm,
                r"\sum_i x_i^2": float(x @ x),
            }


@root.correction("with ε = 1e-12: finite, 0 at 0, and x/‖x‖ elsewhere to 1e-9", tolerance=1e-9)
def small_epsilon(rng):
    yield np.abs(_norm_gradient(np.zeros(3), 1e-12))
    for _instance in range(5):
        x = rng.standard_normal(4)
        yield np.abs(_norm_gradient(x, 1e-12) - x / np.linalg.norm(x))


named_wasserstein = Claim(
    id="B-E72",
    alias="erratum-wasserstein-that-is-hinge",
    title="A loss named “Wasserstein” that is the hinge",
    statement="Said: the critic's Wasserstein loss is E relu(1 - f(x)) + E relu(1 + f(y)). Right: "
    "that is the hinge; the Wasserstein loss is L = E f(y) - E f(x). The latter does not change "
    "when a constant is added to f, the hinge does, and the hinge gives no gradient once the "
    "margins are met.",
    formula=r"L_{\mathrm{W}} = \mathbb{E} f(y) - \mathbb{E} f(x),\qquad "
    r"L_{\mathrm{W}}[f + c] = L_{\mathrm{W}}[f]",
    sources=(
        "Arjovsky, Chintala and Bottou 2017, equation 3",
        "Lim and Ye 2017, Geometric GAN",
        "labmlai/annotated_deep_learning_paper_implementations, labml_nn/gan/wasserstein/"
        "__init__.py: `DiscriminatorLoss` is documented as the difference of means and returns "
        "both terms of the hinge, to keep f between -1 and 1",
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
def hinge_changes(rng):
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


@named_wasserstein.meaning()
def named_wasserstein_in_words(rng):
    for c in rng.normal(0, 1, 5):
        real, fake = rng.standard_normal((2, 50))
        loss = _wasserstein(real, fake)
        yield {
            "the critic's Wasserstein loss is E relu(1 - f(x)) + E relu(1 + f(y))": (
                abs(_hinge(real, fake) - loss) < 1e-9
            ),
            "L": loss,
            "E f(y)": float(np.mean(fake)),
            "E f(x)": float(np.mean(real)),
            r"L_{\mathrm{W}}": loss,
            r"L_{\mathrm{W}}[f]": loss,
            r"L_{\mathrm{W}}[f + c]": _wasserstein(real + c, fake + c),
        }


@named_wasserstein.correction("E f(y) - E f(x)", tolerance=1e-8)
def difference_of_means(rng):
    for _instance in range(5):
        yield _shift(_wasserstein, rng)
    yield _scale_slope(_wasserstein)


reused = Claim(
    id="B-E77",
    alias="erratum-one-minibatch-for-all-critic-steps",
    title="One real minibatch for all steps of the critic",
    statement="Said: the critic may take its k steps on the one real minibatch that the training "
    "step was given. Right: each step takes a fresh minibatch. On one minibatch of m samples the "
    "critic learns that minibatch. For the critic f(x) = w x, moved k times at the rate η from "
    "zero, where p has the mean zero and the variance v and the generated samples count with "
    "their mean, zero, too: on its own "
    "minibatch it reads k η v / m on average, on other samples zero; and w, the gradient that a "
    "generator z + θ receives, has the variance k^2 η^2 v / m, k times that of fresh minibatches, "
    "as if these held m / k samples.",
    formula=r"\mathrm{Var}(w_{\text{one minibatch}}) = \frac{k^2 \eta^2 v}{m} = "
    r"k \, \mathrm{Var}(w_{\text{fresh minibatches}})",
    sources=(
        "Gulrajani et al. 2017, Algorithm 1 (the real sample is drawn inside the critic's loop)",
        f"{_KERAS}: `train_step` receives one minibatch of images and passes it to each of the "
        "critic's steps; only the noise is drawn anew",
    ),
    erratum=True,
)


def _critics(k: int, m: int, rate: float, fresh: bool):
    """Every possible critic of k ascent steps on minibatches of m fair signs x = 1 or -1.

    The generated samples count with their expectation, 0, so that a step adds rate * mean(x) to w.

    Returns:
        The mean of what w reads on the last minibatch before its last step (where the minibatches
        are fresh), or on its only one after all steps; and the variance of w.
    """
    means = np.array([np.mean(x) for x in itertools.product((-1.0, 1.0), repeat=m)])
    if not fresh:
        w = k * rate * means
        return np.mean(w * means), np.mean(w**2)
    seen = np.array(list(itertools.product(means, repeat=k)))
    before = rate * seen[:, :-1].sum(axis=1)
    return np.mean(before * seen[:, -1]), np.mean((rate * seen.sum(axis=1)) ** 2)


def _surplus(k: int, m: int, rate: float, fresh: bool):
    """What is read over the truth, 0, in units of η v/m, and by how much w's variance exceeds that
    of k fresh minibatches, relative to it."""
    reading, variance = _critics(k, m, rate, fresh)
    return abs(reading) * m / rate, abs(variance / (k * rate**2 / m) - 1)


_CASES = ((2, 2, 0.1), (3, 3, 0.5), (5, 2, 0.01))


@reused.counterexample(at_least=0.5, description="reading and variance over fresh ones", miss=1)
def one_minibatch():
    for case in _CASES:
        yield from _surplus(*case, fresh=False)


@reused.symbolic(scope=AS_STATED)
def reused_proof():
    import sympy as sp

    k, m, eta, v = sp.symbols("k m eta v", positive=True)
    a, b = sp.symbols("a b", real=True)  # means of two minibatches, of mean 0 and variance v/m
    moments = {a * b: 0, a**2: v / m, b**2: v / m}

    def mean(f):
        return sp.expand(f).subs(moments)

    yield (
        "one minibatch of mean a: w = k η a reads w a on it, k η v/m on average",
        mean(k * eta * a * a) - k * eta * v / m,
    )
    yield "and w b on others, whose mean b is independent: zero", mean(k * eta * a * b)
    one = mean((k * eta * a) ** 2)
    yield "its variance is k^2 η^2 v/m", one - k**2 * eta**2 * v / m
    two = mean((eta * a + eta * b) ** 2)
    yield (
        "fresh minibatches: the cross terms vanish; two steps have twice",
        two - 2 * mean((eta * a) ** 2),
    )
    fresh = k * mean((eta * a) ** 2)
    yield (
        "and k steps k times the variance of one: k times less than on one minibatch",
        (one - k * fresh),
    )
    yield "as of one minibatch of m/k samples", fresh.subs(m, m / k) - one


@reused.meaning()
def reused_in_words():
    for k, m, rate in _CASES:
        reading, variance = _critics(k, m, rate, fresh=False)
        _before, fresh = _critics(k, m, rate, fresh=True)
        yield {
            "k": k,
            "m": m,
            "η": rate,
            "v": 1.0,
            "it reads k η v / m on average": abs(reading - k * rate / m) < 1e-12,
            "has the variance k^2 η^2 v / m": abs(variance - k**2 * rate**2 / m) < 1e-12,
            "f(x) = w x": None,
            "z + θ": None,
            r"\mathrm{Var}(w_{\text{one minibatch}})": variance,
            r"\mathrm{Var}(w_{\text{fresh minibatches}})": fresh,
        }


@reused.correction("each step takes a fresh minibatch", tolerance=1e-12)
def fresh_minibatches():
    for case in _CASES:
        yield from _surplus(*case, fresh=True)


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
    return float(np.max([np.abs(mass.sum(1) - p).max(), np.abs(mass.sum(0) - q).max()]))


def _density_error(gamma) -> float:
    """The same for a density on the unit square and two uniform laws, by quadrature in y."""
    from scipy.integrate import quad

    return float(
        np.max(
            [
                abs(quad(lambda y, x=x: gamma(x, y), 0, 1, points=[x])[0] - 1)
                for x in (0.1, 0.25, 0.5, 0.75, 0.9)
            ]
        )
    )


def _price(x: float, y: float) -> float:
    return abs(x - y)


@coupling.counterexample(
    at_least=0.05, description="the marginals of |x - y| against U[0, 1]", miss=0.149
)
def marginals_of_the_price(rng):
    yield _density_error(_price)  # 1 - (x^2 - x + 1/2), at least 1/2
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


@coupling.meaning()
def coupling_in_words(rng):
    p, q = rng.dirichlet(np.ones(3), 2)
    mass = np.outer(p, q)
    for x, y in itertools.product(range(3), range(3)):
        yield {
            "cost γ(x, y) = |x − y|": _density_error(_price) < 0.05,
            "c(x, y)": _price(x, y),
            "x": x,
            "y": y,
            "gamma": mass[x, y],
            r"\Gamma(p, q) =": None,
            r"\int \gamma(x, y)\,dy": mass[x].sum(),
            r"\int \gamma(x, y)\,dx": mass[:, y].sum(),
            "p(x)": p[x],
            "q(y)": q[y],
        }


@coupling.correction("plans: the product, and 1 + (1 - 2x)(1 - 2y)/2", tolerance=1e-12)
def two_plans(rng):
    yield _density_error(lambda x, y: 1 + (1 - 2 * x) * (1 - 2 * y) / 2)
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(6), 2)
        yield _marginal_error(np.outer(p, q), p, q)
