"""Mistakes of public implementations that are formulas (see `errata`).

Each stands, or stood, in code that many have copied. What is wrong is written out here as a formula
and executed; nobody's code is repeated.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, log_expit, logsumexp, ndtr, softmax

from theory.claim import Claim
from theory.topics.dynamics import dirac_field


def _derivative(f, x: float) -> float:
    """f'(x) by a central difference."""
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


label_map = Claim(
    id="B-E66",
    alias="erratum-label-map",
    title="Labels painted into rows of the image by repeat-then-reshape",
    statement="Said: a batch of one-hot labels (B, K), repeated H·W times and reshaped to "
    "(B, H, W, K), is a label map. Right: repeating runs through the K entries first, so that the "
    "label becomes stripes of the picture; reshape to (B, 1, 1, K), then broadcast: channel k is 1 "
    "everywhere exactly when the label is k.",
    formula=r"m_{b,h,w,k} = y_{b,k} \quad \text{for all } h, w",
    sources=("Public conditional GANs in Keras", "Mirza and Osindero 2014, section 3.2"),
    erratum=True,
)


def _map_error(make, rng: np.random.Generator) -> float:
    batch, height, width, classes = 5, 4, 6, 3
    labels = rng.integers(classes, size=batch)
    made = make(np.eye(classes)[labels], height, width)
    channel = np.arange(classes)[None, None, None, :] == labels[:, None, None, None]
    return float(np.abs(made - channel).max())


@label_map.counterexample(at_least=0.5, description="the map made so against the label's channel")
def _(rng):
    def stripes(y: np.ndarray, height: int, width: int) -> np.ndarray:
        return np.repeat(y, height * width, axis=1).reshape(len(y), height, width, y.shape[1])

    for _instance in range(5):
        yield _map_error(stripes, rng)


@label_map.symbolic
def _():
    import sympy as sp

    # flat index of pixel (h, w), channel k, in a picture of width W with K channels
    h, w, k, width, classes = sp.symbols("h w k W K", integer=True, nonnegative=True)
    flat = (h * width + w) * classes + k
    yield (
        "broadcast: channel k of every pixel takes entry k: flat index mod K = k mod K",
        sp.Mod(flat, classes) - sp.Mod(k, classes),
    )
    place = flat.subs({h: 1, w: 0, k: 0, width: 1, classes: 2})  # of a picture 2 high, 1 wide
    yield (
        "repeat: an entry fills H W = 2 places, so pixel (1, 0), channel 0 takes entry 1",
        sp.floor(place / 2) - 1,
    )


@label_map.control("reshaped to (B, 1, 1, K) and broadcast", tolerance=1e-12)
def _(rng):
    def broadcast(y: np.ndarray, height: int, width: int) -> np.ndarray:
        return np.broadcast_to(y[:, None, None, :], (len(y), height, width, y.shape[1]))

    for _instance in range(5):
        yield _map_error(broadcast, rng)


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


@interpolation.counterexample(at_least=0.5, description="a best critic's penalty; points outside")
def _(rng):
    alpha = rng.standard_normal(10_000)
    yield _penalty(alpha)  # 0.659
    yield float(np.mean((alpha < 0) | (alpha > 1)))


@interpolation.sampling
def _(rng):
    outside = rng.standard_normal(100_000)
    share = np.mean((outside < 0) | (outside > 1))
    expected = 1 - ndtr(1) + ndtr(0)
    yield (share - expected) / math.sqrt(expected * (1 - expected) / 100_000)


@interpolation.control("α uniform on [0, 1]: no penalty, no point outside", tolerance=1e-12)
def _(rng):
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


@root.counterexample(at_least=0.5, description="how many entries of the gradient at 0 are NaN")
def _():
    for n in (1, 3, 10):
        yield float(np.isnan(_norm_gradient(np.zeros(n), 0.0)).sum())


@root.symbolic
def _():
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


@root.control("with ε = 1e-12: finite, 0 at 0, and x/‖x‖ elsewhere to 1e-9", tolerance=1e-9)
def _(rng):
    yield np.abs(_norm_gradient(np.zeros(3), 1e-12))
    for _instance in range(5):
        x = rng.standard_normal(4)
        yield np.abs(_norm_gradient(x, 1e-12) - x / np.linalg.norm(x))


batch_norm = Claim(
    id="B-E69",
    alias="erratum-batch-norm-epsilon",
    title="BatchNorm with ε = 0.8 where momentum 0.8 was meant",
    statement="Said: BatchNorm(n, 0.8) sets the momentum to 0.8. Right: there the second argument "
    "is ε, and the output has variance v/(v + 0.8) and not 1: for v = 0.2 it is 0.2.",
    formula=r"\hat{x} = \frac{x - \mu}{\sqrt{v + \varepsilon}},\qquad "
    r"\operatorname{Var} \hat{x} = \frac{v}{v + \varepsilon}",
    sources=("Ioffe and Szegedy 2015, Algorithm 1", "A public collection of GANs, in 22 files"),
    erratum=True,
)


def _variance_error(v: float, epsilon: float, rng: np.random.Generator) -> float:
    x = math.sqrt(v) * rng.standard_normal(2_000)
    normal = (x - x.mean()) / np.sqrt(x.var() + epsilon)
    return abs(float(normal.var()) - 1)


@batch_norm.counterexample(at_least=0.2, description="how far the output's variance is from 1")
def _(rng):
    for v in (0.02, 0.2, 2.0):  # 0.976, 0.8, 0.286
        yield _variance_error(v, 0.8, rng)


@batch_norm.symbolic
def _():
    import sympy as sp

    a, b, e = sp.symbols("a b epsilon", positive=True)
    x = sp.Matrix([a + b, a - b])  # a batch of two: mean a, variance b^2
    mean = (x[0] + x[1]) / 2
    v = sp.expand(((x[0] - mean) ** 2 + (x[1] - mean) ** 2) / 2)
    out = [(xi - mean) / sp.sqrt(v + e) for xi in x]
    variance = (out[0] ** 2 + out[1] ** 2) / 2
    yield "the output's mean is 0", sp.simplify(out[0] + out[1])
    yield "its variance is v/(v + ε)", sp.simplify(variance - v / (v + e))
    at = {a: 0, b: sp.sqrt(5) / 5, e: sp.Rational(4, 5)}  # v = 0.2, ε = 0.8
    yield "0.2 for v = 0.2 and ε = 0.8", sp.simplify(variance.subs(at)) - sp.Rational(1, 5)


@batch_norm.control("ε = 1e-5", tolerance=1e-3)
def _(rng):
    for v in (0.02, 0.2, 2.0):
        yield _variance_error(v, 1e-5, rng)


twice = Claim(
    id="B-E70",
    alias="erratum-softmax-twice",
    title="Softmax before a cross-entropy that applies softmax again",
    statement="Said: a network that ends in softmax goes into a cross-entropy that takes logits. "
    "Right: softmax of probabilities in [0, 1] can never put more than "
    "e/(e + K - 1) on a class, so the loss stays above log(1 + (K - 1)/e), 1.46 for ten classes, "
    "however sure the network is.",
    formula=r"\min_a \Bigl( -\log \operatorname{softmax}(\operatorname{softmax}(a))_y \Bigr) "
    r"= \log\Bigl(1 + \frac{K - 1}{e}\Bigr)",
    sources=("Public auxiliary-classifier GANs", "Odena, Olah, Shlens 2017, section 3"),
    erratum=True,
)


def _cross_entropy(logits: np.ndarray) -> float:
    """-log softmax(logits) of class 0."""
    return float(logsumexp(logits) - logits[0])


@twice.counterexample(at_least=0.5, description="the loss of a right answer given with certainty")
def _():
    for classes in (3, 10, 100):
        yield _cross_entropy(softmax(np.where(np.arange(classes) == 0, 1e3, 0.0)))


@twice.numerical(tolerance=1e-12, description="its floor, reached by certainty and not passed")
def _(rng):
    for classes in (3, 10, 100):
        floor = math.log(1 + (classes - 1) / math.e)  # 1.46 for ten
        yield abs(_cross_entropy(softmax(np.where(np.arange(classes) == 0, 1e3, 0.0))) - floor)
        for spread in (1, 10, 100):
            logits = spread * rng.standard_normal((20, classes))
            yield max(0.0, floor - min(_cross_entropy(softmax(row)) for row in logits))


@twice.symbolic
def _():
    import sympy as sp

    p, others, r = sp.symbols("p n r", positive=True)  # n = K - 1 other classes
    convex = sp.diff(sp.exp(r), r, 2) > 0
    yield "at fixed p the others are best equal, (1 - p)/n: exp is convex", convex
    rest = others * sp.exp((1 - p) / others)
    loss = sp.log(sp.exp(p) + rest) - p
    slope = -(rest + rest / others) / (sp.exp(p) + rest)
    yield (
        "then the loss has slope -(n + 1) e^((1-p)/n) / (e^p + n e^((1-p)/n))",
        sp.simplify(sp.diff(loss, p) - slope),
    )
    yield "which is negative: the loss falls up to p = 1", slope < 0
    least = sp.exp(loss.subs(p, 1)) - (1 + others / sp.E)
    yield "so the least is log(e + K - 1) - 1 = log(1 + (K - 1)/e)", sp.simplify(least)


@twice.control("logits go in: the loss of certainty is 0", tolerance=1e-12)
def _():
    for classes in (3, 10, 100):
        yield _cross_entropy(np.where(np.arange(classes) == 0, 1e3, 0.0))


named_minimax = Claim(
    id="B-E71",
    alias="erratum-minimax-that-is-not",
    title="A loss named “minimax” that is −log D",
    statement="Said: the 'minimax' generator loss is the cross-entropy of fakes against the label "
    "real. Right: that is the non-saturating loss -log σ(a), slope -(1 - σ(a)); the minimax loss "
    "is log(1 - σ(a)), slope -σ(a). They agree in direction and differ wherever D is not 1/2.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) = -\sigma(a) \ne "
    r"\frac{d}{da} \bigl(-\log \sigma(a)\bigr) = -(1 - \sigma(a))",
    sources=("Goodfellow et al. 2014, equation 1 and section 3", "Public GAN libraries"),
    erratum=True,
)
_LOGITS = (-8.0, -2.0, 1.0, 6.0)


@named_minimax.counterexample(at_least=0.2, description="the slope in the logit against -σ(a)")
def _():
    for a in _LOGITS:
        yield abs(_derivative(lambda t: float(-log_expit(t)), a) + expit(a))


@named_minimax.symbolic
def _():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = 1 / (1 + sp.exp(-a))
    saturating, non_saturating = sp.diff(sp.log(1 - s), a), sp.diff(-sp.log(s), a)
    yield "d/da log(1 - σ(a)) = -σ(a)", sp.simplify(saturating + s)
    yield "d/da (-log σ(a)) = -(1 - σ(a))", sp.simplify(non_saturating + 1 - s)
    yield "they are equal at a = 0", sp.simplify((saturating - non_saturating).subs(a, 0))
    yield (
        "the slopes' ratio is e^a: as a falls the minimax slope dies",
        sp.simplify(saturating / non_saturating - sp.exp(a)),
    )


@named_minimax.control("log(1 - σ(a)) = log σ(-a)", tolerance=1e-8)
def _():
    for a in _LOGITS:
        yield abs(_derivative(lambda t: float(log_expit(-t)), a) + expit(a))


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


@named_wasserstein.counterexample(at_least=0.1, description="changed by a constant; flat")
def _(rng):
    for _instance in range(5):
        yield _shift(_hinge, rng)
    yield _scale_slope(_hinge)


@named_wasserstein.symbolic
def _():
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


@named_wasserstein.control("E f(y) - E f(x)", tolerance=1e-8)
def _(rng):
    for _instance in range(5):
        yield _shift(_wasserstein, rng)
    yield _scale_slope(_wasserstein)


near_one = Claim(
    id="B-E73",
    alias="erratum-saturation-near-one",
    title="“log(1 − D(G(z))) saturates where D(G(z)) is near 1”",
    statement="Said: the generator's minimax loss saturates where D(G(z)) is near 1. Right: in the "
    "logit its slope is -σ(a) = -D: steepest near D = 1, and dead near D = 0, where the "
    "discriminator rejects every fake, that is, early in training.",
    formula=r"\Bigl| \frac{d}{da} \log(1 - \sigma(a)) \Bigr| = D(G(z)) \to 0 "
    r"\text{ as } D(G(z)) \to 0",
    sources=("Goodfellow et al. 2014, section 3", "Public GAN tutorials"),
    erratum=True,
)


def _slope_error(d: float, said: float) -> float:
    """How far the size of the slope in the logit where D(G(z)) = d is from what is said."""
    slope = abs(_derivative(lambda t: float(log_expit(-t)), math.log(d / (1 - d))))
    return abs(slope - said)


@near_one.counterexample(at_least=0.5, description="the slope in the logit, said to fall as 1 - D")
def _():
    for d in (0.001, 0.1, 0.9, 0.999):
        yield _slope_error(d, 1 - d)


@near_one.symbolic
def _():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    d = sp.Symbol("D", positive=True)
    slope = sp.diff(sp.log(1 - 1 / (1 + sp.exp(-a))), a)
    yield (
        "at a = log(D/(1 - D)) the slope is -D",
        sp.simplify(slope.subs(a, sp.log(d / (1 - d))) + d),
    )
    yield (
        "its size tends to 1 as a grows, to 0 as a falls",
        sp.Matrix([sp.limit(slope, a, sp.oo) + 1, sp.limit(slope, a, -sp.oo)]),
    )


@near_one.control("its size is D, near 0 and near 1", tolerance=1e-8)
def _():
    for d in (0.001, 0.1, 0.9, 0.999):
        yield _slope_error(d, d)


detached = Claim(
    id="B-E74",
    alias="erratum-detached-unrolling",
    title="Unrolled GAN with the inner step detached",
    statement="Said: the generator may be trained against a discriminator k steps ahead, without a "
    "gradient through those steps. Right: the unrolled objective is f(θ, ψ_k(θ)), and its gradient "
    "has the second term df/dψ · dψ_k/dθ; without it this is not unrolling but k discriminator "
    "steps per generator step. On f = θψ one inner ascent step of size η gives ψ + 2ηθ, detached "
    "ψ + ηθ.",
    formula=r"\frac{d}{d\theta} f(\theta, \psi_k(\theta)) = \frac{\partial f}{\partial \theta} "
    r"+ \frac{\partial f}{\partial \psi_k} \frac{d \psi_k}{d \theta}",
    sources=(
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 2.2",
        "Public unrolled GANs",
    ),
    erratum=True,
)
_STEP = 0.3


def _ascended(theta: float, psi: float, steps: int) -> float:
    """ψ after ascent steps on the Dirac-GAN's minimax value (its discriminator descends on L_D)."""
    for _step in range(steps):
        psi = psi - _STEP * float(dirac_field("minimax", theta, psi)[0])
    return psi


def _gradient_errors(detach: bool):
    """Generator gradients after 1 and 5 inner steps, against differences of the objective."""
    for theta, psi in ((0.8, 0.5), (-1.2, 0.7)):
        for steps in (1, 5):

            def objective(t: float, steps: int = steps, psi: float = psi) -> float:
                return float(log_expit(-_ascended(t, psi, steps) * t))  # log(1 - D(θ))

            inner = _ascended(theta, psi, steps)
            direct = float(dirac_field("minimax", theta, inner)[1])
            slope = _derivative(lambda t: _ascended(t, psi, steps), theta)  # noqa: B023  # called at once
            through = 0.0 if detach else -theta * float(expit(inner * theta)) * slope
            yield abs(direct + through - _derivative(objective, theta))


@detached.counterexample(at_least=1e-3, description="the detached gradient against differences")
def _():
    yield from _gradient_errors(detach=True)


@detached.symbolic
def _():
    import sympy as sp

    theta, psi, eta = sp.symbols("theta psi eta", real=True)
    inner = psi + eta * theta  # one ascent step of ψ on f = θψ
    through = sp.diff(theta * inner, theta)
    yield "through the step: d/dθ θ(ψ + ηθ) = ψ + 2ηθ", sp.expand(through - psi - 2 * eta * theta)
    frozen = sp.Symbol("psi_1", real=True)
    cut = sp.diff(theta * frozen, theta).subs(frozen, inner)
    yield (
        "detached: ψ + ηθ, short by df/dψ_1 · dψ_1/dθ = θ · η",
        sp.expand(through - cut - theta * sp.diff(inner, theta)),
    )


@detached.control("with the term through the inner steps", tolerance=1e-7)
def _():
    yield from _gradient_errors(detach=False)


consensus = Claim(
    id="B-E75",
    alias="erratum-consensus-half",
    title="Consensus optimisation on the Dirac-GAN with a spurious 1/2",
    statement="Said: the gradient of the consensus regulariser ½‖v‖² of the Dirac-GAN in θ is "
    "½ f'(t) f''(t) ψ (θ² + ψ²) + f'(t)² θ, t = θψ. Right: the first term has no ½. At θ = 1, "
    "ψ = 0.7 it is 0.0334, not 0.0717.",
    formula=r"\frac{\partial}{\partial \theta} \tfrac12 \lVert v \rVert^2 = "
    r"f'(t) f''(t)\, \psi\, (\theta^2 + \psi^2) + f'(t)^2\, \theta",
    sources=(
        "Mescheder, Nowozin, Geiger 2017, The Numerics of GANs, section 4",
        "The notebook of Mescheder, Geiger, Nowozin 2018",
    ),
    erratum=True,
)
_POINTS = ((1.0, 0.7), (0.5, -1.1), (-0.9, 1.4))


def _consensus_error(theta: float, psi: float, factor: float) -> float:
    """The formula with this factor, against differences of ½‖v‖², f(t) = -log(1 + e^-t)."""

    def half_square(t: float) -> float:
        return float(expit(-t * psi) ** 2 * (t**2 + psi**2)) / 2

    slope = float(expit(-theta * psi))
    bend = -slope * (1 - slope)
    formula = factor * slope * bend * psi * (theta**2 + psi**2) + slope**2 * theta
    return abs(formula - _derivative(half_square, theta))


@consensus.counterexample(at_least=0.01, description="with the ½, against differences")
def _():
    for theta, psi in _POINTS:  # 0.0384 at the first
        yield _consensus_error(theta, psi, 0.5)


@consensus.symbolic
def _():
    import sympy as sp

    theta, psi, t = sp.symbols("theta psi t", real=True)
    f = -sp.log(1 + sp.exp(-t))
    first, second = sp.diff(f, t), sp.diff(f, t, 2)
    v = sp.Matrix([-psi * first.subs(t, theta * psi), theta * first.subs(t, theta * psi)])
    whole = sp.diff(v.dot(v) / 2, theta)
    formula = (first * second).subs(t, theta * psi) * psi * (theta**2 + psi**2)
    formula += first.subs(t, theta * psi) ** 2 * theta
    yield "d/dθ ½‖v‖² by the chain rule, without a ½", sp.simplify(whole - formula)
    number = whole.subs({theta: 1, psi: sp.Rational(7, 10)})
    yield (
        "at θ = 1, ψ = 0.7: between 0.03335 and 0.03345",
        sp.And(sp.Rational(3335, 100000) < number, number < sp.Rational(3345, 100000)),
    )


@consensus.control("without it", tolerance=1e-8)
def _():
    for theta, psi in _POINTS:
        yield _consensus_error(theta, psi, 1.0)


ring = Claim(
    id="B-E76",
    alias="erratum-ring-with-its-end",
    title="A ring of 8 modes at linspace(0, 2π, 8)",
    statement="Said: eight angles from 0 to 2π, both ends taken, put eight modes on a ring. Right: "
    "the first and the last are the same mode, so there are seven, one with double weight; eight "
    "equal modes stand at 2πi/8, i = 0, ..., 7.",
    formula=r"\mu_i = \bigl(\cos \tfrac{2\pi i}{8}, \sin \tfrac{2\pi i}{8}\bigr),\quad i = 0, "
    r"\ldots, 7",
    sources=("Metz et al. 2017, appendix on the mixture of Gaussians", "Its public notebook"),
    erratum=True,
)


def _missing_modes(angles: np.ndarray) -> float:
    centres = np.stack([np.cos(angles), np.sin(angles)], 1)
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    return 8 - len({int(np.argmax(row < 1e-6)) for row in gaps})


@ring.counterexample(at_least=0.5, description="how many of the eight modes are missing")
def _():
    yield _missing_modes(np.linspace(0, 2 * np.pi, 8))


@ring.symbolic
def _():
    import sympy as sp

    i, k = sp.symbols("i k", integer=True)
    yield (
        "both ends are one point: cos 2π = cos 0, sin 2π = sin 0",
        sp.Matrix([sp.cos(2 * sp.pi) - sp.cos(0), sp.sin(2 * sp.pi) - sp.sin(0)]),
    )
    square = 2 - 2 * sp.cos(2 * sp.pi * (i - k) / 8)  # |μ_i - μ_k|^2
    apart = [square.subs({i: n, k: 0}) for n in range(1, 8)]
    yield "while 2πi/8 and 2πk/8 differ for 0 < |i - k| < 8", sp.And(*[d > 0 for d in apart])


@ring.control("at 2πi/8", tolerance=1e-12)
def _():
    yield _missing_modes(2 * np.pi * np.arange(8) / 8)
