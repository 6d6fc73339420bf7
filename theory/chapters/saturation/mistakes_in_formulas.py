"""Mistakes in the losses' formulas: a name, a sign, a logarithm too many."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.divergences import value
from theory.chapters.saturation.expressions import (
    non_saturating_gradient,
    non_saturating_loss,
    saturating_gradient,
    saturating_loss,
    sigmoid,
)
from theory.chapters.saturation.precise import slopes, values
from theory.claim import AS_STATED, Claim, excess

_PAPER = "Goodfellow et al. 2014"


named_minimax = Claim(
    id="B-E71",
    alias="erratum-minimax-that-is-not",
    title="A loss named “minimax” that is −log D",
    statement="Said: the 'minimax' generator loss is the cross-entropy of fakes against the label "
    "real. Right: that is the non-saturating loss, with the slope d/da [-log σ(a)] = "
    "-(1 - σ(a)); the minimax loss has the slope d/da log(1 - σ(a)) = -σ(a). They agree in "
    "direction and differ wherever D is not 1/2.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) = -\sigma(a) \ne "
    r"\frac{d}{da} \bigl(-\log \sigma(a)\bigr) = -(1 - \sigma(a))",
    sources=(
        "Goodfellow et al. 2014, equation 1 and section 3",
        "torchgan/torchgan torchgan/losses/functional.py, minimax_generator_loss: by default the "
        "cross-entropy of the fakes' logits against ones",
    ),
    erratum=True,
)
_NAMED_AT = (-8.0, -2.0, 1.0, 6.0)


def _cross_entropy_against_real(a):
    """-log σ(a), as a library computes it: the cross-entropy of σ(a) against the label 1."""
    import sympy as sp

    return sp.log(1 + sp.exp(-a))


@named_minimax.counterexample(
    at_least=0.2, description="the slope in the logit against the minimax one, -σ(a)", miss=0.462
)
def slope_of_the_cross_entropy():
    yield from np.abs(slopes(_cross_entropy_against_real, _NAMED_AT) + expit(_NAMED_AT))


@named_minimax.symbolic(scope=AS_STATED)
def named_minimax_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = sp.Symbol("s", positive=True)  # e^a
    yield (
        "the cross-entropy against real is -log σ(a)",
        (sp.expand_log(_cross_entropy_against_real(a) - non_saturating_loss(a), force=True)),
    )
    saturating, other = (sp.diff(f(a), a) for f in (saturating_loss, non_saturating_loss))
    yield "d/da log(1 - σ(a)) = -σ(a)", sp.simplify(saturating - saturating_gradient(a))
    yield "d/da (-log σ(a)) = -(1 - σ(a))", sp.simplify(other - non_saturating_gradient(a))
    yield (
        "one is e^a > 0 times the other: the same sign",
        sp.simplify(saturating / other - sp.exp(a)),
    )
    yield (
        "they are equal at e^a = 1 only, where D = 1/2",
        (
            sp.Matrix([*sp.solve(sp.simplify((saturating - other).subs(a, sp.log(s))), s)])
            - sp.Matrix([1])
        ),
    )
    yield "D at a = 0", sigmoid(sp.Integer(0)) - sp.Rational(1, 2)


@named_minimax.meaning()
def named_minimax_in_words():
    minimax, other = (slopes(f, _NAMED_AT) for f in (saturating_loss, non_saturating_loss))
    differ = bool((np.abs(minimax - other) > 0.1).all())
    same = np.ptp([slopes(f, [0.0])[0] for f in (saturating_loss, non_saturating_loss)]) < 1e-12
    for n, a in enumerate(_NAMED_AT):
        yield {
            "a": a,
            "d/da [-log σ(a)]": other[n],
            "d/da log(1 - σ(a))": minimax[n],
            "differ wherever D is not 1/2": differ and bool(same),
            r"\frac{d}{da} \log(1 - \sigma(a))": minimax[n],
            r"\frac{d}{da} \bigl(-\log \sigma(a)\bigr)": other[n],
        }


@named_minimax.correction("log(1 - σ(a)) = log σ(-a)", tolerance=1e-12)
def slope_of_the_minimax_loss():
    yield from np.abs(slopes(saturating_loss, _NAMED_AT) + expit(_NAMED_AT))


sigmoid_algebra = Claim(
    id="B-E12",
    alias="erratum-sigmoid-algebra",
    title="“log(1 − 1/exp(−a)) = log(1/(1 + exp(−a))) = −log(1 + exp(a))”",
    statement="Said: log(1 - 1/exp(-a)) = log(1/(1 + exp(-a))) = -log(1 + exp(a)). Right: "
    "1 - σ(a) = exp(-a)/(1 + exp(-a)) = 1/(1 + exp(a)); only the last member is right.",
    formula=r"1 - \sigma(a) = \frac{e^{-a}}{1 + e^{-a}} = \frac{1}{1 + e^a}",
    sources=("000_8b69f153baee6a3b.txt:460",),
    erratum=True,
)
_AT = (-2.0, -1.0, 1.0, 3.0)


def _members(a: float) -> tuple[float, float, float]:
    """e to the three members that are said to be equal."""
    return 1 - 1 / np.exp(-a), 1 / (1 + np.exp(-a)), 1 / (1 + np.exp(a))


@sigmoid_algebra.counterexample(
    at_least=1e-3, description="e to the first two members, against 1 - σ(a)", miss=0.0161
)
def the_first_two_members():
    for a in _AT:  # a = 1: 1 - 1/exp(-1) = -1.718, which has no logarithm
        for member in _members(a)[:2]:
            yield abs(member - expit(-a))


@sigmoid_algebra.symbolic(scope=AS_STATED)
def sigmoid_algebra_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    rest = 1 - sigmoid(a)
    yield "1 - σ(a) = exp(-a)/(1 + exp(-a))", sp.simplify(rest - sp.exp(-a) / (1 + sp.exp(-a)))
    yield "= 1/(1 + exp(a))", sp.simplify(rest - 1 / (1 + sp.exp(a)))
    yield (
        "whose logarithm is the last member",
        (sp.expand_log(sp.log(1 / (1 + sp.exp(a))), force=True) + sp.log(1 + sp.exp(a))),
    )


@sigmoid_algebra.meaning()
def sigmoid_algebra_in_words():
    for a in _AT:
        first, second, third = _members(a)
        yield {
            "log(1 − 1/exp(−a)) = log(1/(1 + exp(−a))) = −log(1 + exp(a))": bool(
                np.ptp([first, second, third]) < 1e-9
            ),
            "a": a,
            "1 - σ(a)": 1 - values(sigmoid, [a])[0],
            "only the last member is right": abs(third - expit(-a)) < 1e-12 < abs(second - first),
        }


@sigmoid_algebra.correction("the last member", tolerance=1e-12)
def the_last_member():
    for a in _AT:
        yield abs(_members(a)[2] - expit(-a))
        yield abs(-np.log(1 + np.exp(a)) - log_expit(-a))


shared = Claim(
    id="B-E13",
    alias="erratum-one-value-for-both",
    title="“V = E[log D(x)] + E[−log D(G(z))]” for both players",
    statement="Said: one V(G, D) whose second term is -log D(x), as if both players shared it. "
    "Right: two different costs: D keeps the original V, G minimises -E[log D(G(z))]. With the "
    "said V the best D would be 0 wherever p_g exceeds p_data, and V infinite.",
    formula=r"V(D, G) = \mathrm{E}_{x \sim p_{\mathrm{data}}}[\log D(x)] + \mathrm{E}_{z \sim "
    r"p_z}[\log(1 - D(G(z)))], \quad L_G = -\mathrm{E}_{z \sim p_z}[\log D(G(z))]",
    sources=(f"{_PAPER}, section 3", "000_8b69f153baee6a3b.txt:477"),
    erratum=True,
)


def _gain_at_the_border(h) -> float:
    """How much D = 1e-300 gains on the best D of [0.01, 0.99]: 0 if an optimal D exists inside."""
    inside = h(np.linspace(0.01, 0.99, 9801)).max()
    return float(excess(h(np.array(1e-300)), inside))


@shared.counterexample(at_least=1e-3, description="what D gains at 0, where p_g > p_data", miss=137)
def what_d_gains_at_zero():
    for p, q in ((0.2, 0.8), (0.4, 0.6)):  # +414 at p = 0.2, D = 1e-300
        yield _gain_at_the_border(lambda d, p=p, q=q: p * np.log(d) - q * np.log(d))


@shared.symbolic(scope=AS_STATED)
def shared_proof():
    import sympy as sp

    p, s = sp.symbols("p s", positive=True)
    D = sp.Symbol("D", positive=True)
    q = p + s
    as_printed = p * sp.log(D) - q * sp.log(D)
    yield "p log D - q log D = -(q - p) log D", sp.expand(as_printed + s * sp.log(D))
    yield "is unbounded as D -> 0, for q > p", 1 / sp.limit(-s * sp.log(D), D, 0)
    original = p * sp.log(D) + q * sp.log(1 - D)
    yield "the original is stationary at p/(p + q)", sp.diff(original, D).subs(D, p / (p + q))
    yield "and concave", sp.simplify(sp.diff(original, D, 2) + p / D**2 + q / (1 - D) ** 2)


@shared.meaning()
def shared_in_words(rng):
    gain = _gain_at_the_border(lambda d: 0.2 * np.log(d) - 0.8 * np.log(d))
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(4), 2)
        d = rng.uniform(0.1, 0.9, 4)
        # The expectations by the masses; V(D, G) by the calculator
        yield {
            "V = E[log D(x)] + E[−log D(G(z))]": None,
            "the best D would be 0": gain > 100,
            "V(D, G)": value(p, q, lambda x, d=d: d[np.asarray(x, int)]),
            r"\mathrm{E}_{x \sim p_{\mathrm{data}}}[\log D(x)]": p @ np.log(d),
            r"\mathrm{E}_{z \sim p_z}[\log(1 - D(G(z)))]": q @ np.log1p(-d),
            r"\mathrm{E}_{z \sim p_z}[\log D(G(z))]": q @ np.log(d),
            "L_G": q @ values(non_saturating_loss, np.log(d / (1 - d))),
        }


@shared.correction("the original V has its optimum inside", tolerance=0)
def the_original_value():
    for p, q in ((0.2, 0.8), (0.4, 0.6)):
        yield _gain_at_the_border(lambda d, p=p, q=q: p * np.log(d) + q * np.log1p(-d))


extra_log = Claim(
    id="B-E14",
    alias="erratum-extra-logarithm",
    title="“d/da log(−log D) = −(1 − σ(a)) = −1”",
    statement="Said: d/da log(-log D(x)) = -(1 - σ(a)) = -1. Right: one log too many; "
    "d/da(-log D) = -(1 - σ(a)), which *tends* to -1. The printed expression would vanish.",
    formula=r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr) = -(1 - \sigma(a)) \to -1 \quad (a \to "
    r"-\infty)",
    sources=("000_8b69f153baee6a3b.txt:490",),
    erratum=True,
)
_REJECTED = (-20.0, -10.0, -5.0)


def _with_the_extra_log(a):
    import sympy as sp

    return sp.log(non_saturating_loss(a))


@extra_log.counterexample(
    at_least=0.5, description="the printed derivative, against -(1 - σ)", miss=0.795
)
def the_printed_derivative():  # -0.09999 at a = -10
    yield from np.abs(slopes(_with_the_extra_log, _REJECTED) + expit(-np.array(_REJECTED)))


@extra_log.symbolic(scope=AS_STATED)
def extra_log_proof():
    import sympy as sp

    a, t = sp.Symbol("a", real=True), sp.Symbol("t", positive=True)
    loss = non_saturating_loss(a)
    slope = sp.diff(loss, a)
    yield "d/da(-log D) = -(1 - σ(a))", sp.simplify(slope - non_saturating_gradient(a))
    yield "it tends to -1 as a -> -inf", sp.limit(slope, a, -sp.oo) + 1
    yield "it is not -1 at a = 0", slope.subs(a, 0) > -1
    yield (
        "the printed one is that over the loss",
        (sp.simplify(sp.diff(_with_the_extra_log(a), a) - slope / loss)),
    )
    yield (
        "and the loss grows without end as D falls: it would vanish",
        1 / sp.limit(-sp.log(t), t, 0),
    )


@extra_log.meaning()
def extra_log_in_words():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    limit = sp.limit(sp.diff(non_saturating_loss(a), a), a, -sp.oo)
    found, printed = (slopes(f, _REJECTED) for f in (non_saturating_loss, _with_the_extra_log))
    for n, logit in enumerate(_REJECTED):
        said = np.ptp([printed[n], found[n], -1]) < 0.01
        yield {
            "a": logit,
            "d/da log(−log D) = −(1 − σ(a)) = −1": said,
            "d/da log(-log D(x)) = -(1 - σ(a)) = -1": said,
            "d/da(-log D)": found[n],
            "*tends* to -1": limit == -1,
            r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr)": found[n],
            r"\to -1 \quad (a \to -\infty)": limit == -1,
        }


@extra_log.correction("without the extra log", tolerance=1e-12)
def without_the_extra_log():
    yield from np.abs(slopes(non_saturating_loss, _REJECTED) + expit(-np.array(_REJECTED)))


wrong_sign = Claim(
    id="B-E16",
    alias="erratum-gradient-sign",
    title="“d/da log(1 − D(x)) = σ(a)”",
    statement="Said: d/da log(1 - D(x)) = σ(a). Right: -σ(a). With the wrong sign gradient descent "
    "would push generated samples to be rejected.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) = -\sigma(a)",
    sources=("000_8b69f153baee6a3b.txt:468",),
    erratum=True,
)
_LOGITS = (-3.0, 0.0, 2.0)


@wrong_sign.counterexample(at_least=0.09, description="+σ(a) against the derivative", miss=0.0949)
def plus_sigma():  # the least, 2 σ(-3), is 0.095
    yield from np.abs(expit(_LOGITS) - slopes(saturating_loss, _LOGITS))


@wrong_sign.symbolic(scope=AS_STATED)
def wrong_sign_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    slope = sp.diff(saturating_loss(a), a)
    yield "d/da log(1 - σ) = -σ", sp.simplify(slope - saturating_gradient(a))
    s = sp.Symbol("s", positive=True)  # e^a
    step = -slope.subs(a, sp.log(s))  # a step of descent
    yield "descent raises the logit", sp.simplify(step) > 0
    yield "with the other sign it lowers it, and D falls", sp.simplify(-step) < 0


@wrong_sign.meaning()
def wrong_sign_in_words():
    for a, slope in zip(_LOGITS, slopes(saturating_loss, _LOGITS), strict=True):
        yield {
            "a": a,
            "d/da log(1 − D(x)) = σ(a)": abs(slope - expit(a)) < 1e-9,
            r"\frac{d}{da} \log(1 - \sigma(a))": slope,
        }


@wrong_sign.correction("-σ(a)", tolerance=1e-12)
def minus_sigma():
    yield from np.abs(-expit(_LOGITS) - slopes(saturating_loss, _LOGITS))
