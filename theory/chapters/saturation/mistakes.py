"""Mistakes about saturation: where it happens, and what cures it."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator
from theory.chapters.saturation.at_the_optimum import frozen_slope, js_slope, kl_slope
from theory.chapters.saturation.expressions import (
    non_saturating_gradient,
    non_saturating_loss,
    saturating_gradient,
    saturating_loss,
    sigmoid,
)
from theory.chapters.saturation.precise import as_function, slopes, values
from theory.chapters.saturation.trained import trained_gradients
from theory.claim import AS_STATED, Claim


def _normal(mean: float) -> Mixture:
    return Mixture.normal([1], [mean], [1])


def _logit(d: float) -> float:
    return float(np.log(d / (1 - d)))


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
_OUTPUTS = (0.001, 0.1, 0.9, 0.999)


def _slope_error(d: float, said: float) -> float:
    """How far the size of the slope in the logit where D(G(z)) = d is from what is said."""
    return abs(abs(slopes(saturating_loss, [_logit(d)])[0]) - said)


@near_one.counterexample(
    at_least=0.5, description="the slope in the logit, said to fall as 1 - D", miss=0.8
)
def said_to_fall_as_the_rest():
    for d in _OUTPUTS:
        yield _slope_error(d, 1 - d)


@near_one.symbolic(scope=AS_STATED)
def near_one_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    d = sp.Symbol("D", positive=True)
    slope = sp.diff(saturating_loss(a), a)
    yield (
        "at a = log(D/(1 - D)) the slope is -D",
        (sp.simplify(slope.subs(a, sp.log(d / (1 - d))) + d)),
    )
    yield "its size grows with a", sp.simplify(-sp.diff(slope, a)) > 0
    yield (
        "to 1, and falls to 0",
        (sp.Matrix([sp.limit(slope, a, sp.oo) + 1, sp.limit(slope, a, -sp.oo)])),
    )


@near_one.meaning()
def near_one_in_words():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    dies = sp.limit(saturating_gradient(a), a, -sp.oo) == 0
    size = [abs(slopes(saturating_loss, [_logit(d)])[0]) for d in _OUTPUTS]
    for d, slope in zip(_OUTPUTS, size, strict=True):
        yield {
            "log(1 − D(G(z))) saturates where D(G(z)) is near 1": size[-1] < size[0],
            "saturates where D(G(z)) is near 1": size[-1] < size[0],
            "a": _logit(d),
            "D": d,
            "D(G(z))": d,
            "steepest near D = 1, and dead near D = 0": size[-1] == max(size) and dies,
            r"\Bigl| \frac{d}{da} \log(1 - \sigma(a)) \Bigr|": slope,
            r"\to 0 \text{ as } D(G(z)) \to 0": dies,
        }


@near_one.correction("its size is D, near 0 and near 1", tolerance=1e-12)
def its_size_is_the_output():
    for d in _OUTPUTS:
        yield _slope_error(d, d)


flat_cost = Claim(
    id="B-E11",
    alias="erratum-flat-cost",
    title="“G(z) is close to zero and the cost is almost flat there”",
    statement="Said: G(z) is close to zero, where the cost is almost flat, so the gradient is "
    "almost zero. Right: it is D(G(z)) that is close to 0, and log(1 - D) has slope -1 in D there; "
    "it is flat in the *logit*, as d/da log(1 - D) = -σ(a).",
    formula=r"\frac{d}{dD} \log(1 - D) \Bigr|_{D = 0} = -1, \quad \frac{d}{da} \log(1 - "
    r"\sigma(a)) = -\sigma(a) \to 0",
    sources=("000_8b69f153baee6a3b.txt:435",),
    erratum=True,
)


def _cost(d):
    """log(1 - D), in the variable D."""
    import sympy as sp

    return sp.log(1 - d)


@flat_cost.counterexample(
    at_least=0.99, description="slope in D near 0, said to be almost 0", miss=1
)
def slope_in_the_output():
    yield from np.abs(slopes(_cost, (0.0, 1e-9, 1e-4)))


@flat_cost.symbolic(scope=AS_STATED)
def flat_cost_proof():
    import sympy as sp

    D, a = sp.symbols("D a", real=True)
    yield "slope of log(1 - D) at D = 0 is -1", sp.diff(_cost(D), D).subs(D, 0) + 1
    slope = sp.diff(saturating_loss(a), a)
    yield "slope in the logit is -σ(a)", sp.simplify(slope + sigmoid(a))
    yield "and goes to 0 with D", sp.limit(slope, a, -sp.oo)


@flat_cost.meaning()
def flat_cost_in_words():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    at_zero = slopes(_cost, [0.0])[0]
    for logit in (-20.0, -3.0, 1.0):
        yield {
            "a": logit,
            "D(G(z)) that is close to 0": None,
            "log(1 - D) has slope -1 in D there": at_zero == -1,
            "d/da log(1 - D)": slopes(saturating_loss, [logit])[0],
            r"\frac{d}{dD} \log(1 - D) \Bigr|_{D = 0}": at_zero,
            r"\frac{d}{da} \log(1 - \sigma(a))": slopes(saturating_loss, [logit])[0],
            r"\to 0": sp.limit(saturating_gradient(a), a, -sp.oo) == 0,
        }


# The slope in the logit has the size of D: at most 1e-4 here.
@flat_cost.correction("flat in the logit: its slope at D = 1e-9, 1e-4", tolerance=1.01e-4)
def slope_in_the_logit():
    yield from np.abs(slopes(saturating_loss, [_logit(d) for d in (1e-9, 1e-4)]))


solved = Claim(
    id="B-E57",
    alias="erratum-problem-solved",
    title="with −log D “the problem is solved, non-vanishing”",
    statement="Said: with -log D the gradient is -1 and the problem solved. Right: that is the "
    "slope in the logit; what reaches the sample is (1 - σ) times the slope of the logit, which "
    "can be huge and grows as D is trained. At D* the gradient is that of "
    "KL(p_g || p_data) - 2 JS.",
    formula=r"\frac{d}{dx} \bigl( -\log D(x) \bigr) = -(1 - \sigma(a(x)))\,a'(x)",
    sources=("Arjovsky and Bottou 2017, Theorem 2.5 and 2.6", "000_8b69f153baee6a3b.txt:487-496"),
    erratum=True,
)
_FAR = (3.0, 5.0, 10.0)


def _gradient_in_x(mu: float, x: float) -> float:
    """d/dx(-log D*) at x of N(0, 1) against N(mu, 1), a difference with 50 digits."""
    import mpmath

    loss = as_function(non_saturating_loss)
    with mpmath.workdps(50):
        return float(mpmath.diff(lambda t: loss((mu * mu - 2 * mu * t) / 2), mpmath.mpf(x)))


@solved.counterexample(
    at_least=0.5, description="the gradient in x, against the size 1 said", miss=1.87
)
def gradient_in_x():
    for mu in _FAR:  # 10 at mu = 10
        yield abs(abs(_gradient_in_x(mu, mu)) - 1)
    yield abs(trained_gradients(2.0)[1][-1] - 1)  # disjoint uniforms, D trained 1600 steps


@solved.symbolic(scope="the slope in x, and that it is unbounded")
def solved_proof():
    import sympy as sp

    x, mu = sp.Symbol("x", real=True), sp.Symbol("mu", positive=True)
    a = sp.Function("a")
    yield (
        "d/dx(-log D) = -(1 - σ) a'(x)",
        (sp.simplify(sp.diff(non_saturating_loss(a(x)), x) + (1 - sigmoid(a(x))) * a(x).diff(x))),
    )
    own = non_saturating_loss((mu**2 - 2 * mu * x) / 2)  # N(0, 1) against N(mu, 1)
    yield (
        "normal laws: mu σ(mu^2/2) at x = mu, without bound",
        (1 / sp.limit(sp.simplify(sp.diff(own, x).subs(x, mu)), mu, sp.oo)),
    )


@solved.meaning()
def solved_in_words():
    trained = trained_gradients(2.0)[1]
    optimal = abs(frozen_slope(1.1) - (kl_slope(1.1) - 2 * js_slope(1.1))) < 1e-6
    for mu, x in ((3.0, 1.0), (1.0, 1.0), (2.0, -0.5)):
        found, a = _gradient_in_x(mu, x), (mu * mu - 2 * mu * x) / 2
        yield {
            "the gradient is -1": abs(trained[-1] - 1) < 0.5,
            "(1 - σ) times the slope of the logit": abs(found - expit(-a) * mu) < 1e-9,
            "At D* the gradient is that of KL(p_g || p_data) - 2 JS": optimal,
            "\\frac{d}{dx} \\bigl( -\\log D(x) \\bigr)": found,
            "\\sigma(a(x))": values(sigmoid, [a])[0],
            "a'(x)": -mu,
        }


@solved.correction("(1 - σ) times the slope of the logit", tolerance=1e-12)
def with_the_slope_of_the_logit():
    for mu in _FAR:
        yield abs(abs(_gradient_in_x(mu, mu)) - mu * expit(mu * mu / 2))


which_x = Claim(
    id="B-E60",
    alias="erratum-discriminator-tends-to-zero",
    title="“σ(a) = D(x) tends to zero”, for every x",
    statement="Said: with an optimal D and disjoint supports D(x) tends to zero. Right: for x from "
    "p_g only; for real x it tends to 1. (The generator's term is a mean over p_g, so the "
    "conclusion stands.)",
    formula=r"D^*(x) \to 0 \text{ for } x \sim p_g, \quad D^*(x) \to 1 \text{ for } x \sim "
    r"p_{\mathrm{data}}",
    sources=("000_8b69f153baee6a3b.txt:466,487",),
    erratum=True,
)
_APART = (6.0, 8.0, 20.0)


def _best(mean: float, x: float) -> float:
    """D*(x) of N(0, 1) against N(mean, 1)."""
    return float(optimal_discriminator(_normal(0), _normal(mean))(x))


@which_x.counterexample(
    at_least=0.5, description="D* at the real mean, N(0, 1) against N(m, 1)", miss=1
)
def at_the_real_mean():
    for mean in _APART:  # 1 - 1.5e-8 at m = 6
        yield _best(mean, 0.0)


@which_x.symbolic(scope=AS_STATED)
def which_x_proof():
    import sympy as sp

    m, p, q = sp.symbols("m p q", positive=True)
    x = sp.Symbol("x", real=True)
    best = p / (p + q)
    yield "D* -> 0 where p_data -> 0 and p_g stays", sp.limit(best, p, 0)
    yield "D* -> 1 where p_g -> 0 and p_data stays", sp.limit(best, q, 0) - 1
    D = sigmoid((m**2 - 2 * m * x) / 2)  # normal laws with a distance m
    yield "D* at the generated mean x = m tends to 0", sp.limit(D.subs(x, m), m, sp.oo)
    yield "D* at the real mean x = 0 tends to 1", sp.limit(D.subs(x, 0), m, sp.oo) - 1


@which_x.meaning()
def which_x_in_words():
    real, fake = _best(20.0, 0.0), _best(20.0, 20.0)
    yield {
        "“σ(a) = D(x) tends to zero”, for every x": real < 1e-6,
        "for real x it tends to 1": abs(real - 1) < 1e-6,
        r"D^*(x) \to 0 \text{ for } x \sim p_g": fake < 1e-6,
        r"D^*(x) \to 1 \text{ for } x \sim p_{\mathrm{data}}": abs(real - 1) < 1e-6,
    }


# At the nearest, m = 6, D* is σ(-18) = 1.5e-8.
@which_x.correction("D* at the generated mean", tolerance=2e-8)
def at_the_generated_mean():
    for mean in _APART:
        yield _best(mean, mean)


which_loss = Claim(
    id="B-E61",
    alias="erratum-overtrained-discriminator",
    title="“if D is over-trained the gradient reaching G is close to zero”",
    statement="Said: if D is trained a lot the gradient that reaches G is close to zero. Right: "
    "that holds of the saturating loss log(1 - D) only; with -log D the slope in the logit tends "
    "to -1, and with a critic's scores it is -1 throughout.",
    formula=r"\text{as } a \to -\infty: \quad \frac{d}{da} \log(1 - \sigma(a)) \to 0, \quad "
    r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr) \to -1, \quad \frac{d}{da}(-a) = -1",
    sources=("Arjovsky and Bottou 2017, section 2", "001_5040f14b49cef5aa.txt:43"),
    erratum=True,
)
_SURE = (-18.0, -30.0)


def _critic_loss(a):
    """A Wasserstein generator's loss, less the critic's score."""
    return -a


@which_loss.counterexample(
    at_least=0.5, description="other losses' slope at logits of -18, -30", miss=1
)
def slopes_of_other_losses():
    yield from np.abs(slopes(non_saturating_loss, _SURE))
    yield from np.abs(slopes(_critic_loss, _SURE))
    yield trained_gradients(2.0)[1][-1]


@which_loss.symbolic(scope=AS_STATED)
def which_loss_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    saturating, other = (sp.diff(f(a), a) for f in (saturating_loss, non_saturating_loss))
    yield "saturating: the slope tends to 0", sp.limit(saturating, a, -sp.oo)
    yield "non-saturating: the slope tends to -1", sp.limit(other, a, -sp.oo) + 1
    yield "a critic's: -1", sp.diff(_critic_loss(a), a) + 1


@which_loss.meaning()
def which_loss_in_words():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    dead, alive = (
        sp.limit(gradient(a), a, -sp.oo)
        for gradient in (saturating_gradient, non_saturating_gradient)
    )
    critic = slopes(_critic_loss, _SURE)
    yield {
        "the saturating loss log(1 - D) only": dead == 0 and alive != 0,
        "tends to -1": alive == -1,
        "it is -1 throughout": bool((critic == -1).all()),
        r"\frac{d}{da} \log(1 - \sigma(a)) \to 0": dead == 0,
        r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr) \to -1": alive == -1,
        r"\frac{d}{da}(-a)": critic[0],
    }


@which_loss.correction(
    "the saturating loss, at these logits and trained (A-SAT-11)", tolerance=1e-4
)
def the_saturating_loss():
    yield from np.abs(slopes(saturating_loss, _SURE))
    yield trained_gradients(2.0)[0][-1]
