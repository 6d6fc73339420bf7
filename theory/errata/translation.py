"""Errata on translation between images (see `errata`)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit

from theory.claim import Claim
from theory.divergences import js

_HW7 = "004_16ef4615ffa6e302.txt"
_SLIDES = "003_0ac11bc5ae3e596a.txt"


target = Claim(
    id="B-E36",
    alias="erratum-generator-aims-at-fake",
    title="“loss_adv = −log(1 − D(fake))” for the generator",
    statement="Said: the generator minimises -log(1 - pred_fake), to come near 'the ground-truth "
    "labels'. Right: its target is the label *real*: -log(pred_fake), or log(1 - pred_fake). What "
    "is printed is the discriminator's loss on fakes and teaches the generator to be caught; the "
    "formula quoted beneath it contradicts it.",
    formula=r"L_G = -\log D(G(a)) \quad\text{or}\quad \log\bigl(1 - D(G(a))\bigr)",
    sources=(
        "Goodfellow et al. 2014, section 3",
        "Zhu et al. 2017, equation 1",
        f"{_HW7}:166,179,187",
    ),
    erratum=True,
)


def _descend(slope) -> float:
    """D(fake) after 200 steps of gradient descent on the logit from D = 1/2, rate 1/2."""
    a = 0.0
    for _step in range(200):
        a -= 0.5 * slope(a)
    return float(expit(a))


@target.counterexample(
    at_least=0.4, description="how far below 1/2 the printed loss drives D(fake)"
)
def _():
    yield 0.5 - _descend(lambda a: expit(a))  # d/da -log(1 - σ(a)); D(fake) ends at .010


@target.symbolic
def _():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = 1 / (1 + sp.exp(-a))
    yield "d/da -log(1 - σ) = σ(a)", sp.simplify(sp.diff(-sp.log(1 - s), a) - s)
    yield "which is positive: descent lowers the logit, D calls the fake a fake", s > 0
    yield "d/da -log σ = -(1 - σ(a))", sp.simplify(sp.diff(-sp.log(s), a) + 1 - s)
    yield "which is negative: descent raises the logit", 1 / (1 + sp.exp(a)) > 0
    yield "and 1 - σ(a) = 1/(1 + e^a)", sp.simplify(1 - s - 1 / (1 + sp.exp(a)))


@target.control("-log D and log(1 - D) drive D(fake) up to .990", tolerance=0.02)
def _():
    yield 1 - _descend(lambda a: -expit(-a))
    yield 1 - _descend(lambda a: -expit(a))


reduction = Claim(
    id="B-E37",
    alias="erratum-cycle-without-mean",
    title="“loss_cycle = abs(realA − reconstructedA)”, one cycle, no λ",
    statement="Said: the total loss is the adversarial loss plus abs(realA - reconstructedA), of "
    "the cycle A to B to A alone. Right: the absolute differences are averaged over batch and "
    "pixels and weighted by λ (10), both cycles count and both generators learn. A sum in place of "
    "the mean multiplies λ by H·W·C; an array is no loss at all; one cycle leaves the other "
    "generator free.",
    formula=r"L = L_{\mathrm{adv}}^{AB} + L_{\mathrm{adv}}^{BA} + \lambda \Bigl( "
    r"\tfrac{1}{n}\lVert F(G(a)) - a \rVert_1 + \tfrac{1}{n}\lVert G(F(b)) - b \rVert_1 \Bigr)",
    sources=("Zhu et al. 2017, equations 2 and 3, section 4", f"{_HW7}:171-175"),
    erratum=True,
)


def _weight(loss, size: tuple[int, ...], rng: np.random.Generator) -> float:
    """The loss of a uniform error of 0.1: what λ stands for, which must not depend on size."""
    a = rng.uniform(size=size)
    return float(
        np.sum(loss(a, a + 0.1)) / 0.1
    )  # summing is what back-propagation of an array does


@reduction.counterexample(at_least=100, description="λ's weight in an 8×8×3 image; free elements")
def _(rng):
    yield abs(_weight(lambda a, b: np.abs(a - b), (8, 8, 3), rng) - 1)  # 192 times
    array = np.abs(rng.standard_normal((8, 8, 3)) - rng.standard_normal((8, 8, 3)))
    yield float(array.size - 1)  # a scalar has one element


@reduction.symbolic
def _():
    import sympy as sp

    n, error, lam = sp.symbols("n e lambda", positive=True)
    total, mean = n * error, n * error / n
    yield "the sum is n = H·W·C times the mean", total - n * mean
    yield (
        "so λ·sum is nλ·mean; for 8·8·3 it is 192λ",
        sp.expand((lam * total - 192 * lam * mean).subs(n, 8 * 8 * 3)),
    )
    x = sp.Symbol("x", real=True)
    # one cycle alone: F undoes G on the values that G takes, and is free elsewhere
    forward = sp.Abs(x)  # b >= 0 for a >= 0
    backward = sp.Piecewise((x, x >= 0), (7, True))
    a = sp.Symbol("a", nonnegative=True)
    yield "F(G(a)) = a for all a >= 0", backward.subs(x, forward.subs(x, a)) - a
    yield (
        "and yet G(F(b)) - b = 8 at b = -1: the other cycle sees it",
        (forward.subs(x, backward.subs(x, -1)) + 1 - 8),
    )


@reduction.control("the mean weighs 1 whatever the size", tolerance=1e-12)
def _(rng):
    for size in ((8, 8, 3), (16, 16, 1), (5,)):
        yield abs(_weight(lambda a, b: np.mean(np.abs(a - b)), size, rng) - 1)


source = Claim(
    id="B-E56",
    alias="erratum-noise-into-a-translator",
    title="“min E_{z∼p(z)} log(1 − D(G(z)))” for image translation",
    statement="Said: the translator's generator loss is E over z ~ p(z) of log(1 - D(G(z))). "
    "Right: its input is a real image of domain A: E over a ~ p_A of log(1 - D_B(G(a))).",
    formula=r"\min_G \; \mathbb{E}_{a \sim p_A} \log\bigl(1 - D_B(G(a))\bigr)",
    sources=("Zhu et al. 2017, equation 1", f"{_HW7}:186-187"),
    erratum=True,
)


def _translated(inputs: np.ndarray) -> float:
    """How far the mean of G(input) is from B = N(-1, 1), for the right G: A = N(4, 4) to B."""
    return abs(float(np.mean((inputs - 4) / 2 - 1)) + 1)


@source.counterexample(at_least=1.0, description="the right translator fed with z ~ N(0, 1)")
def _(rng):
    yield _translated(rng.standard_normal(10_000))
    yield _translated(rng.uniform(-1, 1, size=10_000))


@source.symbolic
def _():
    import sympy as sp

    mean, std = sp.symbols("m s", positive=True)
    yield "G(a) = (a - 4)/2 - 1 sends N(4, 4) to mean -1", ((4 - 4) / sp.Integer(2) - 1) + 1
    yield "and variance 4/4 = 1", sp.Integer(4) / 4 - 1
    out = (mean - 4) / 2 - 1
    yield "any other input mean m misses it by (m - 4)/2", sp.expand(out + 1 - (mean - 4) / 2)
    yield "any other input deviation s by s/2 - 1", sp.expand(std / 2 - 1 - (std - 2) / 2)


@source.control("fed with a ~ p_A", tolerance=0.05)
def _(rng):
    yield _translated(4 + 2 * rng.standard_normal(10_000))  # standard error 0.01


inverse = Claim(
    id="B-E53",
    alias="erratum-cycle-identifies-the-map",
    title="“The two generators must be inverses of each other”, as if that were enough",
    statement="Said: the generators G and F must be inverses of each other. Right: that is a soft "
    "L1 penalty, and it does not say which map: for X = Y = N(0, 1) G = F = -id has no cycle loss "
    "and perfect marginals, as has G = F = id, though at most one of them is the translation "
    "wanted.",
    formula=r"F(G(x)) = x,\; G_\# p_X = p_Y,\; F_\# p_Y = p_X \;\not\Rightarrow\; G = G_0",
    sources=("Zhu et al. 2017, section 3 and section 6", f"{_SLIDES}:386"),
    erratum=True,
)


def _cycle_loss(forward, backward, x: np.ndarray) -> float:
    return float(np.abs(backward(forward(x)) - x).mean())


@inverse.counterexample(at_least=0.5, description="distance of two maps with no loss at all")
def _(rng):
    x = rng.standard_normal(1_000)
    lossless = [_cycle_loss(g, g, x) == 0.0 for g in (np.positive, np.negative)]
    yield float(np.abs(np.positive(x) - np.negative(x)).mean()) if all(lossless) else 0.0


@inverse.symbolic
def _():
    import sympy as sp

    x, a, b = sp.symbols("x a b", real=True)
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    flip = -x
    yield "G = F = -id: F(G(x)) = x", flip.subs(x, flip) - x
    yield "its push-forward of N(0, 1) has density p(-x)·1 = p(x)", density.subs(x, -x) - density
    # among affine maps G(x) = ax + b, marginals allow exactly these two
    yield (
        "G # N(0, 1) = N(b, a^2): b = 0 and a^2 = 1 leave a = 1 and a = -1",
        sp.Matrix(sorted(sp.solve([a**2 - 1, b], [a, b]))) - sp.Matrix([[-1, 0], [1, 0]]),
    )


@inverse.control("a pair tells them apart: id alone has G(x) = x", tolerance=1e-12)
def _(rng):
    x = rng.standard_normal(1_000)
    yield float(np.abs(np.positive(x) - x).max())
    yield 0.0 if np.abs(np.negative(x) - x).max() > 1 else 1.0


paired = Claim(
    id="B-E54",
    alias="erratum-content-instead-of-pixels",
    title="“A conditional GAN compares content instead of pixels”",
    statement="Said: a conditional GAN compares by content *instead of* pixel by pixel. Right: "
    "pix2pix adds λ times the L1 distance to the conditional loss. A discriminator that sees "
    "outputs alone lets G ignore its input, and without pairs in D or L1 nothing notices.",
    formula=r"G^* = \arg\min_G \max_D \; L_{\mathrm{cGAN}}(G, D) + \lambda\, L_1(G)",
    sources=("Isola et al. 2017, equations 1 to 4", f"{_SLIDES}:360"),
    erratum=True,
)


def _blind(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Joint laws (input, output): of the data, and of a G that draws outputs at random."""
    joint = rng.dirichlet(np.ones(16)).reshape(4, 4) / 2 + np.eye(4) / 8
    return joint, np.outer(joint.sum(1), joint.sum(0))


@paired.counterexample(at_least=0.02, description="what a D without the input cannot see")
def _(rng):
    for _instance in range(5):
        joint, blind = _blind(rng)
        outputs_alone = js(joint.sum(0), blind.sum(0))  # 0: this D is content
        distance = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
        yield js(joint.ravel(), blind.ravel()) - outputs_alone
        yield float(np.sum((blind - np.eye(4) * joint.sum(1)) * distance))  # L1 to the identity


@paired.symbolic
def _():
    import sympy as sp

    a, b = sp.symbols("a b", positive=True)
    joint = sp.Matrix([[a, 0], [0, b]])  # output = input, with masses a + b = 1
    rows, columns = joint * sp.ones(2, 1), sp.ones(1, 2) * joint
    blind = rows * columns / (a + b)
    yield (
        "a G that ignores its input can have the right outputs",
        sp.simplify(sp.ones(1, 2) * blind - columns),
    )
    yield (
        "and errs with probability 2ab/(a + b)",
        sp.simplify(blind[0, 1] + blind[1, 0] - 2 * a * b / (a + b)),
    )
    yield "which is positive", 2 * a * b / (a + b) > 0


@paired.control("a G that follows its input has JS = 0 for both", tolerance=1e-12)
def _(rng):
    for _instance in range(5):
        joint, _independent = _blind(rng)
        given = joint / joint.sum(1, keepdims=True)
        made = joint.sum(1)[:, None] * given
        yield js(joint.ravel(), made.ravel())
        yield js(joint.sum(0), made.sum(0))
