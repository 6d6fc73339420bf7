"""The generator's two losses and their gradients in the logit (claims A-SAT-01 to 04).

Everything is written in the discriminator's logit a, D = σ(a) = 1/(1 + e^-a). The saturating loss
is log(1 - D), the non-saturating one -log D (Goodfellow et al. 2014, section 3); both are
minimised by the generator.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from theory.chapters.saturation.expressions import (
    non_saturating_gradient,
    non_saturating_loss,
    saturating_gradient,
    saturating_loss,
    sigmoid,
)
from theory.chapters.saturation.precise import relative, slopes, values
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014, section 3"


def _logits(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-30, 30, 100)


minimax_loss = Claim(
    id="A-SAT-01",
    alias="saturating-loss",
    title="log(1 − σ(a)) = −log(1 + e^a) = −softplus(a)",
    statement="The saturating generator loss in the logit: log(1 - σ(a)) = -log(1 + e^a).",
    formula=r"\log(1 - \sigma(a)) = -\log(1 + e^a) = -\mathrm{softplus}(a)",
    assumptions=("a is real",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:460"),
)


@minimax_loss.symbolic(scope=AS_STATED)
def minimax_loss_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    yield "1 - σ(a) = 1/(1 + e^a)", sp.simplify((1 - sigmoid(a)) * (1 + sp.exp(a)) - 1)
    yield (
        "so e^loss (1 + e^a) = 1",
        sp.simplify(sp.exp(saturating_loss(a)) * (1 + sp.exp(a)) - 1),
    )
    yield (
        "and the loss is -log(1 + e^a)",
        sp.expand_log(sp.log(1 / (1 + sp.exp(a))), force=True) + sp.log(1 + sp.exp(a)),
    )


@minimax_loss.numerical(tolerance=1e-13, description="-softplus against 50 digits, relative")
def minus_softplus(rng):
    a = _logits(rng)
    yield from relative(-np.logaddexp(0, a), values(saturating_loss, a))


@minimax_loss.meaning()
def minimax_loss_in_words(rng):
    a = _logits(rng)[:20]
    for logit, loss in zip(a, values(saturating_loss, a), strict=True):
        yield {"a": logit, "log(1 - σ(a))": loss}


@minimax_loss.control("the logarithm is to base 2, in bits", of=minus_softplus, miss=0.443)
def loss_in_bits(rng):
    a = _logits(rng)
    yield from relative(-np.logaddexp2(0, a / np.log(2)), values(saturating_loss, a))


@minimax_loss.control("the loss of a logit that is 0.01 higher", of=minus_softplus, miss=0.0101)
def loss_of_another_logit(rng):
    a = _logits(rng)
    yield from relative(-np.logaddexp(0, a + 0.01), values(saturating_loss, a))


minimax_gradient = Claim(
    id="A-SAT-02",
    alias="saturating-gradient",
    title="d/da log(1 − σ(a)) = −σ(a)",
    statement="The gradient of the saturating loss in the logit is -σ(a) = -D.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) = -\sigma(a)",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:464"),
)


@minimax_gradient.symbolic(scope=AS_STATED)
def minimax_gradient_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = sigmoid(a)
    yield "σ' = σ (1 - σ)", sp.simplify(sp.diff(s, a) - s * (1 - s))
    yield (
        "chain rule: -σ'/(1 - σ) = -σ",
        sp.simplify(sp.diff(saturating_loss(a), a) - saturating_gradient(a)),
    )


@minimax_gradient.numerical(tolerance=1e-12, description="-σ(a) against differences, relative")
def minus_sigma(rng):
    a = _logits(rng)
    yield from relative(-expit(a), slopes(saturating_loss, a))


@minimax_gradient.meaning()
def minimax_gradient_in_words(rng):
    a = _logits(rng)[:20]
    for logit, slope, d in zip(a, slopes(saturating_loss, a), values(sigmoid, a), strict=True):
        yield {
            "a": logit,
            "D": d,
            "d/da log(1 - σ(a))": slope,
            r"\frac{d}{da} \log(1 - \sigma(a))": slope,
        }


@minimax_gradient.control("the sign is wrong: +σ(a)", of=minus_sigma, miss=2)
def plus_sigma(rng):
    a = _logits(rng)
    yield from relative(expit(a), slopes(saturating_loss, a))


@minimax_gradient.control("σ' = σ(a) (1 - σ(a)), the slope of D itself", of=minus_sigma, miss=1)
def slope_of_the_output(rng):
    a = _logits(rng)
    yield from relative(-expit(a) * expit(-a), slopes(saturating_loss, a))


heuristic_loss = Claim(
    id="A-SAT-03",
    alias="non-saturating-loss",
    title="−log σ(a) = log(1 + e^−a) = softplus(−a)",
    statement="The non-saturating generator loss in the logit: -log σ(a) = log(1 + e^-a).",
    formula=r"-\log \sigma(a) = \log(1 + e^{-a}) = \mathrm{softplus}(-a)",
    assumptions=("a is real",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:479"),
)


@heuristic_loss.symbolic(scope=AS_STATED)
def heuristic_loss_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    yield (
        "-log(1/(1 + e^-a)) = log(1 + e^-a)",
        sp.expand_log(non_saturating_loss(a), force=True) - sp.log(1 + sp.exp(-a)),
    )


@heuristic_loss.numerical(tolerance=1e-13, description="softplus(-a) against 50 digits, relative")
def softplus_of_minus_a(rng):
    a = _logits(rng)
    yield from relative(np.logaddexp(0, -a), values(non_saturating_loss, a))


@heuristic_loss.meaning()
def heuristic_loss_in_words(rng):
    a = _logits(rng)[:20]
    for logit, loss in zip(a, values(non_saturating_loss, a), strict=True):
        yield {"a": logit, "-log σ(a)": loss}


@heuristic_loss.control("the logarithm is to base 2, in bits", of=softplus_of_minus_a, miss=0.443)
def heuristic_loss_in_bits(rng):
    a = _logits(rng)
    yield from relative(np.logaddexp2(0, -a / np.log(2)), values(non_saturating_loss, a))


@heuristic_loss.control(
    "the loss of a logit that is 0.01 lower", of=softplus_of_minus_a, miss=0.0101
)
def heuristic_loss_of_another_logit(rng):
    a = _logits(rng)
    yield from relative(np.logaddexp(0, 0.01 - a), values(non_saturating_loss, a))


heuristic_gradient = Claim(
    id="A-SAT-04",
    alias="non-saturating-gradient",
    title="d/da [−log σ(a)] = −(1 − σ(a))",
    statement="The gradient of the non-saturating loss in the logit is -(1 - σ(a)) = -(1 - D).",
    formula=r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr) = -(1 - \sigma(a))",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:483"),
)


@heuristic_gradient.symbolic(scope=AS_STATED)
def heuristic_gradient_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    yield (
        "chain rule: -σ'/σ = -(1 - σ)",
        sp.simplify(sp.diff(non_saturating_loss(a), a) - non_saturating_gradient(a)),
    )


@heuristic_gradient.numerical(tolerance=1e-12, description="-σ(-a) against differences, relative")
def minus_sigma_of_minus_a(rng):
    a = _logits(rng)
    yield from relative(-expit(-a), slopes(non_saturating_loss, a))


@heuristic_gradient.meaning()
def heuristic_gradient_in_words(rng):
    a = _logits(rng)[:20]
    for logit, slope, d in zip(a, slopes(non_saturating_loss, a), values(sigmoid, a), strict=True):
        yield {
            "a": logit,
            "D": d,
            "d/da [-log σ(a)]": slope,
            r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr)": slope,
        }


@heuristic_gradient.control(
    "the slope at a logit that is 0.01 lower", of=minus_sigma_of_minus_a, miss=0.0101
)
def slope_of_another_logit(rng):
    a = _logits(rng)
    yield from relative(-expit(0.01 - a), slopes(non_saturating_loss, a))


@heuristic_gradient.control(
    "-σ' = -σ(a) (1 - σ(a)), where the logarithm's 1/σ is forgotten",
    of=minus_sigma_of_minus_a,
    miss=1,
)
def logarithm_forgotten(rng):
    a = _logits(rng)
    yield from relative(-expit(a) * expit(-a), slopes(non_saturating_loss, a))
