"""Mistakes about saturation."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator
from theory.chapters.saturation.losses import trained_gradients
from theory.claim import AS_STATED, Claim


def _derivative(f, x: float) -> float:
    """f'(x) by a central difference."""
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


_PAPER = "Goodfellow et al. 2014"


def _normal(mean: float) -> Mixture:
    return Mixture.normal([1], [mean], [1])


def _slope(f, a: float) -> float:
    """f'(a), a difference with 50 digits; f is written with mpmath."""
    import mpmath

    with mpmath.workdps(50):
        return float(mpmath.diff(f, mpmath.mpf(a)))


def _log_sigma(a):
    import mpmath

    return -mpmath.log(1 + mpmath.exp(-a))


def _log_rest(a):
    """log(1 - σ(a))."""
    import mpmath

    return mpmath.log(1 - 1 / (1 + mpmath.exp(-a)))


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
_NAMED_AT = (-8.0, -2.0, 1.0, 6.0)


@named_minimax.counterexample(
    at_least=0.2, description="the slope in the logit against -σ(a)", miss=0.462
)
def the_slope_in_the_logit():
    for a in _NAMED_AT:
        yield abs(_derivative(lambda t: float(-log_expit(t)), a) + expit(a))


@named_minimax.symbolic(scope=AS_STATED)
def named_minimax_proof():
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


@named_minimax.correction("log(1 - σ(a)) = log σ(-a)", tolerance=1e-8)
def log_1_a_log():
    for a in _NAMED_AT:
        yield abs(_derivative(lambda t: float(log_expit(-t)), a) + expit(a))


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


@near_one.counterexample(
    at_least=0.5, description="the slope in the logit, said to fall as 1 - D", miss=0.8
)
def the_slope_in_the_logit_said_to_fall_as_1_d():
    for d in (0.001, 0.1, 0.9, 0.999):
        yield _slope_error(d, 1 - d)


@near_one.symbolic(scope=AS_STATED)
def near_one_proof():
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


@near_one.correction("its size is D, near 0 and near 1", tolerance=1e-8)
def its_size_is_d_near_0_and_near_1():
    for d in (0.001, 0.1, 0.9, 0.999):
        yield _slope_error(d, d)


flat_cost = Claim(
    id="B-E11",
    alias="erratum-flat-cost",
    title="“G(z) is close to zero and the cost is almost flat there”",
    statement="Said: G(z) is close to zero, where the cost is almost flat, so the gradient is "
    "almost zero. Right: it is D(G(z)) that is close to 0, and log(1 - D) has slope -1 in D there; "
    "it is flat in the *logit*, with slope -σ(a).",
    formula=r"\frac{d}{dD} \log(1 - D) \Bigr|_{D = 0} = -1, \quad \frac{d}{da} \log(1 - "
    r"\sigma(a)) = -\sigma(a) \to 0",
    sources=("000_8b69f153baee6a3b.txt:435",),
    erratum=True,
)


@flat_cost.counterexample(
    at_least=1e-3, description="slope in D near 0, said to be almost 0", miss=1
)
def slope_in_d_near_0_said_to_be_almost_0():
    import mpmath

    for d in (0.0, 1e-9, 1e-4):
        yield abs(_slope(lambda x: mpmath.log(1 - x), d))


@flat_cost.symbolic(scope=AS_STATED)
def flat_cost_proof():
    import sympy as sp

    D, a = sp.symbols("D a", real=True)
    yield "slope of log(1 - D) at D = 0 is -1", sp.diff(sp.log(1 - D), D).subs(D, 0) + 1
    rest = sp.diff(-sp.log(1 + sp.exp(a)), a)
    yield "slope in the logit is -σ(a)", sp.simplify(rest + 1 / (1 + sp.exp(-a)))


@flat_cost.correction("flat in the logit: its slope at D = 1e-9, 1e-4", tolerance=1e-3)
def flat_in_the_logit_its_slope_at_d_1e_9_1e_4():
    for d in (1e-9, 1e-4):
        yield abs(_slope(_log_rest, np.log(d / (1 - d))))


sigmoid = Claim(
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


@sigmoid.counterexample(
    at_least=1e-3, description="the first two members, against 1 - σ(a)", miss=0.0161
)
def the_first_two_members_against_1():
    for a in _AT:  # a = 1: 1 - 1/exp(-1) = -1.718, whose log is undefined; -0.313, not -1.313
        yield abs((1 - 1 / np.exp(-a)) - expit(-a))
        yield abs(np.log(1 / (1 + np.exp(-a))) - log_expit(-a))


@sigmoid.symbolic(scope=AS_STATED)
def sigmoid_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    rest = 1 - 1 / (1 + sp.exp(-a))
    yield "1 - σ(a) = exp(-a)/(1 + exp(-a))", sp.simplify(rest - sp.exp(-a) / (1 + sp.exp(-a)))
    yield "= 1/(1 + exp(a))", sp.simplify(rest - 1 / (1 + sp.exp(a)))


@sigmoid.correction("the last member", tolerance=1e-12)
def the_last_member():
    for a in _AT:
        yield abs(1 / (1 + np.exp(a)) - expit(-a))
        yield abs(-np.log(1 + np.exp(a)) - log_expit(-a))


shared = Claim(
    id="B-E13",
    alias="erratum-one-value-for-both",
    title="“V = E[log D(x)] + E[−log D(G(z))]” for both players",
    statement="Said: one V(G, D) whose second term is -log D(x), as if both players shared it. "
    "Right: two different costs: D keeps the original V, G minimises -E[log D(G(z))].",
    formula=r"V(D, G) = \mathrm{E}_{x \sim p_{\mathrm{data}}}[\log D(x)] + \mathrm{E}_{z \sim "
    r"p_z}[\log(1 - D(G(z)))], \quad L_G = -\mathrm{E}_{z \sim p_z}[\log D(G(z))]",
    sources=(f"{_PAPER}, section 3", "000_8b69f153baee6a3b.txt:477"),
    erratum=True,
)


def _gain_at_the_border(h) -> float:
    """How much D = 1e-300 gains on the best D of [0.01, 0.99]: 0 if an optimal D exists inside."""
    inside = h(np.linspace(0.01, 0.99, 9801)).max()
    return max(0.0, float(h(np.array(1e-300)) - inside))


@shared.counterexample(at_least=1e-3, description="what D gains at 0, where p_g > p_data", miss=137)
def what_d_gains_at_0_where_p_g_p_data():
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


@shared.correction("the original V has its optimum inside", tolerance=0)
def the_original_v_has_its_optimum_inside():
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


@extra_log.counterexample(
    at_least=1e-3, description="the printed derivative, against -(1 - σ)", miss=0.795
)
def the_printed_derivative_against_1():
    import mpmath

    for a in _REJECTED:  # -0.09999 at a = -10
        yield abs(_slope(lambda x: mpmath.log(-_log_sigma(x)), a) + expit(-a))


@extra_log.symbolic(scope=AS_STATED)
def extra_log_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    loss = sp.log(1 + sp.exp(-a))
    yield "d/da(-log D) = -(1 - σ(a))", sp.simplify(sp.diff(loss, a) + 1 - 1 / (1 + sp.exp(-a)))
    yield "it tends to -1 as a -> -inf", sp.limit(sp.diff(loss, a), a, -sp.oo) + 1
    yield "it is not -1 at a = 0", sp.diff(loss, a).subs(a, 0) > -1


@extra_log.correction("without the extra log", tolerance=1e-12)
def without_the_extra_log():
    for a in _REJECTED:
        yield abs(_slope(lambda x: -_log_sigma(x), a) + expit(-a))


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


@wrong_sign.counterexample(at_least=1e-3, description="+σ(a) against the derivative", miss=0.0949)
def a_against_the_derivative():
    for a in _LOGITS:
        yield abs(expit(a) - _slope(_log_rest, a))


@wrong_sign.symbolic(scope=AS_STATED)
def wrong_sign_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    sigma = 1 / (1 + sp.exp(-a))
    yield "d/da log(1 - σ) = -σ", sp.simplify(sp.diff(sp.log(1 - sigma), a) + sigma)


@wrong_sign.correction("-σ(a)", tolerance=1e-12)
def wrong_sign_a():
    for a in _LOGITS:
        yield abs(-expit(a) - _slope(_log_rest, a))


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


def _gradient_at_the_fakes(mu: float) -> float:
    """|d/dx(-log D*)| at x = mu of N(0, 1) against N(mu, 1), a difference with 50 digits."""
    import mpmath

    def loss(x):
        return -_log_sigma((mu * mu - 2 * mu * x) / 2)

    with mpmath.workdps(50):
        return abs(float(mpmath.diff(loss, mpmath.mpf(mu))))


@solved.counterexample(
    at_least=0.5, description="the gradient in x, against the size 1 said", miss=1.87
)
def the_gradient_in_x_against_the_size_1_said():
    for mu in (3.0, 5.0, 10.0):  # 10 at mu = 10
        yield abs(_gradient_at_the_fakes(mu) - 1)
    yield abs(trained_gradients(2.0)[1][-1] - 1)  # disjoint uniforms, D trained 1600 steps


@solved.symbolic(scope=AS_STATED)
def solved_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    a = sp.Function("a")
    loss = sp.log(1 + sp.exp(-a(x)))
    sigma = 1 / (1 + sp.exp(-a(x)))
    yield (
        "d/dx(-log D) = -(1 - σ) a'(x)",
        sp.simplify(sp.diff(loss, x) + (1 - sigma) * a(x).diff(x)),
    )


@solved.correction("(1 - σ) times the slope of the logit", tolerance=1e-12)
def solved_1_times_the_slope_of_the_logit():
    for mu in (3.0, 5.0, 10.0):
        yield abs(_gradient_at_the_fakes(mu) - mu * expit(mu * mu / 2))


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


@which_x.counterexample(
    at_least=0.5, description="D* at the real mean, N(0, 1) against N(m, 1)", miss=1
)
def d_at_the_real_mean_n_0_1_against_n_m_1():
    for mean in (6.0, 8.0, 20.0):  # 1 - 1.5e-8 at m = 6
        yield float(optimal_discriminator(_normal(0), _normal(mean))(0.0))


@which_x.symbolic(scope=AS_STATED)
def which_x_proof():
    import sympy as sp

    m = sp.Symbol("m", positive=True)
    x = sp.Symbol("x", real=True)
    D = 1 / (1 + sp.exp(-(m**2 - 2 * m * x) / 2))
    yield "D* at the generated mean x = m tends to 0", sp.limit(D.subs(x, m), m, sp.oo)
    yield "D* at the real mean x = 0 tends to 1", sp.limit(D.subs(x, 0), m, sp.oo) - 1


@which_x.correction("D* at the generated mean", tolerance=1e-6)
def d_at_the_generated_mean():
    for mean in (6.0, 8.0, 20.0):
        yield float(optimal_discriminator(_normal(0), _normal(mean))(mean))


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


@which_loss.counterexample(
    at_least=0.5, description="other losses' slope at logits of -18, -30", miss=1
)
def other_losses_slope_at_logits_of_18_30():
    for a in (-18.0, -30.0):
        yield abs(_slope(lambda x: -_log_sigma(x), a))
        yield abs(_slope(lambda x: -x, a))  # Wasserstein: -E[D(G(z))]
    yield trained_gradients(2.0)[1][-1]


@which_loss.symbolic(scope=AS_STATED)
def which_loss_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    saturating = sp.diff(-sp.log(1 + sp.exp(a)), a)
    other = sp.diff(sp.log(1 + sp.exp(-a)), a)
    yield "saturating: the slope tends to 0", sp.limit(saturating, a, -sp.oo)
    yield "non-saturating: the slope tends to -1", sp.limit(other, a, -sp.oo) + 1


@which_loss.correction("the saturating loss", tolerance=1e-4)
def the_saturating_loss():
    for a in (-18.0, -30.0):
        yield abs(_slope(_log_rest, a))
    yield trained_gradients(2.0)[0][-1]
