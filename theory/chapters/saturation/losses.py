"""Saturation: what reaches the generator where the discriminator rejects (claims A-SAT-01 to 12).

Everything is written in the discriminator's logit a, D = σ(a) = 1/(1 + e^-a). The saturating loss
is log(1 - D), the non-saturating one -log D (Goodfellow et al. 2014, section 3); both are
minimised by the generator. p and q stand for p_data and p_g.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, kl, optimal_discriminator
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014, section 3"


def _logits(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-30, 30, 100)


def _precise(f, a) -> np.ndarray:
    """f of sympy's kind, computed with 50 digits at each a: an oracle without rounding."""
    import mpmath

    with mpmath.workdps(50):
        return np.array([float(f(mpmath.mpf(float(x)))) for x in a])


def _slopes(f, a) -> np.ndarray:
    """f'(a), differences with 50 digits."""
    import mpmath

    with mpmath.workdps(50):
        return np.array([float(mpmath.diff(f, mpmath.mpf(float(x)))) for x in a])


def _sigma(a):
    import mpmath

    return 1 / (1 + mpmath.exp(-a))


def _log_rest(a):
    """log(1 - σ(a)) as it reads."""
    import mpmath

    return mpmath.log(1 - _sigma(a))


def _minus_log_d(a):
    """-log σ(a) as it reads."""
    import mpmath

    return -mpmath.log(_sigma(a))


def _relative(found, exact) -> np.ndarray:
    return np.abs(found - exact) / np.abs(exact)


saturating_loss = Claim(
    id="A-SAT-01",
    alias="saturating-loss",
    title="log(1 − σ(a)) = −log(1 + e^a) = −softplus(a)",
    statement="The saturating generator loss in the logit: log(1 - σ(a)) = -log(1 + e^a).",
    formula=r"\log(1 - \sigma(a)) = -\log(1 + e^a) = -\mathrm{softplus}(a)",
    assumptions=("a is real",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:460"),
)


@saturating_loss.symbolic(scope=AS_STATED)
def saturating_loss_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    rest = 1 - 1 / (1 + sp.exp(-a))
    yield "1 - σ(a) = 1/(1 + e^a)", sp.simplify(rest * (1 + sp.exp(a)) - 1)
    yield (
        "its log is -log(1 + e^a)",
        sp.expand_log(sp.log(1 / (1 + sp.exp(a))), force=True) + (sp.log(1 + sp.exp(a))),
    )


@saturating_loss.numerical(tolerance=1e-13, description="-softplus against 50 digits, relative")
def softplus_against_50_digits_relative(rng):
    a = _logits(rng)
    yield _relative(-np.logaddexp(0, a), _precise(_log_rest, a))


@saturating_loss.control(
    "the sign of the exponent is lost: -log(1 + e^-a)",
    of=softplus_against_50_digits_relative,
    miss=2.34e14,
)
def the_sign_of_the_exponent_is_lost_log_1_e(rng):
    a = _logits(rng)
    yield _relative(-np.logaddexp(0, -a), _precise(_log_rest, a))


saturating_gradient = Claim(
    id="A-SAT-02",
    alias="saturating-gradient",
    title="d/da log(1 − σ(a)) = −σ(a)",
    statement="The gradient of the saturating loss in the logit is -σ(a) = -D.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) = -\sigma(a)",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:464"),
)


@saturating_gradient.symbolic(scope=AS_STATED)
def saturating_gradient_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    sigma = 1 / (1 + sp.exp(-a))
    yield "σ' = σ (1 - σ)", sp.simplify(sp.diff(sigma, a) - sigma * (1 - sigma))
    yield "chain rule: -σ'/(1 - σ) = -σ", sp.simplify(sp.diff(sp.log(1 - sigma), a) + sigma)


@saturating_gradient.numerical(tolerance=1e-12, description="-σ(a) against differences, relative")
def a_against_differences_relative(rng):
    a = _logits(rng)
    yield _relative(-expit(a), _slopes(_log_rest, a))


@saturating_gradient.control("the sign is wrong: +σ(a)", of=a_against_differences_relative, miss=2)
def the_sign_is_wrong(rng):
    a = _logits(rng)
    yield _relative(expit(a), _slopes(_log_rest, a))


non_saturating_loss = Claim(
    id="A-SAT-03",
    alias="non-saturating-loss",
    title="−log σ(a) = log(1 + e^−a) = softplus(−a)",
    statement="The non-saturating generator loss in the logit: -log σ(a) = log(1 + e^-a).",
    formula=r"-\log \sigma(a) = \log(1 + e^{-a}) = \mathrm{softplus}(-a)",
    assumptions=("a is real",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:479"),
)


@non_saturating_loss.symbolic(scope=AS_STATED)
def non_saturating_loss_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    yield (
        "-log(1/(1 + e^-a)) = log(1 + e^-a)",
        (sp.expand_log(-sp.log(1 / (1 + sp.exp(-a))), force=True) - sp.log(1 + sp.exp(-a))),
    )


@non_saturating_loss.numerical(tolerance=1e-13, description="softplus(-a) against 50 digits")
def softplus_a_against_50_digits(rng):
    a = _logits(rng)
    yield _relative(np.logaddexp(0, -a), _precise(_minus_log_d, a))


@non_saturating_loss.control(
    "softplus(a), without the minus", of=softplus_a_against_50_digits, miss=1.67e14
)
def softplus_a_without_the_minus(rng):
    a = _logits(rng)
    yield _relative(np.logaddexp(0, a), _precise(_minus_log_d, a))


non_saturating_gradient = Claim(
    id="A-SAT-04",
    alias="non-saturating-gradient",
    title="d/da [−log σ(a)] = −(1 − σ(a))",
    statement="The gradient of the non-saturating loss in the logit is -(1 - σ(a)) = -(1 - D).",
    formula=r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr) = -(1 - \sigma(a))",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:483"),
)


@non_saturating_gradient.symbolic(scope=AS_STATED)
def non_saturating_gradient_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    sigma = 1 / (1 + sp.exp(-a))
    yield "chain rule: -σ'/σ = -(1 - σ)", sp.simplify(sp.diff(-sp.log(sigma), a) + 1 - sigma)


@non_saturating_gradient.numerical(tolerance=1e-12, description="-σ(-a) against differences")
def a_against_differences(rng):
    a = _logits(rng)
    yield _relative(-expit(-a), _slopes(_minus_log_d, a))


@non_saturating_gradient.control(
    "-σ(a) is taken, the saturating gradient", of=a_against_differences, miss=8.09e12
)
def a_is_taken_the_saturating_gradient(rng):
    a = _logits(rng)
    yield _relative(-expit(a), _slopes(_minus_log_d, a))


limits = Claim(
    id="A-SAT-05",
    alias="saturation-at-zero",
    title="D(G(z)) → 0: saturating gradient → 0, non-saturating → −1",
    statement="Where the discriminator rejects, a -> -infinity and D -> 0, the saturating gradient "
    "in the logit tends to 0 (-4.5398e-5 at a = -10) and the non-saturating one to -1, a limit "
    "never reached. Saturation happens at D near 0, not near 1.",
    formula=r"\lim_{a \to -\infty} \frac{d}{da} \log(1 - \sigma(a)) = 0, \quad \lim_{a \to "
    r"-\infty} \frac{d}{da} \bigl( -\log \sigma(a) \bigr) = -1",
    sources=(
        _PAPER,
        "000_8b69f153baee6a3b.txt:466-470,487-496",
        "001_5040f14b49cef5aa.txt:43",
        "002_d31ce6ddd5a0096b.txt:129",
    ),
)


@limits.symbolic(scope=AS_STATED)
def limits_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = sp.Symbol("s", positive=True)  # e^a
    sigma = 1 / (1 + sp.exp(-a))
    yield "-σ(a) -> 0 as a -> -inf", sp.limit(-sigma, a, -sp.oo)
    yield "-(1 - σ(a)) -> -1 as a -> -inf", sp.limit(-(1 - sigma), a, -sp.oo) + 1
    yield "and is above -1 for every a: -1/(1 + s) + 1 > 0", sp.simplify(1 - 1 / (1 + s)) > 0


@limits.numerical(tolerance=1e-15, description="σ(-10), and 1 - D at a = -10")
def limits_10_and_1_d_at_a_10(rng):
    yield abs(expit(-10.0) - 4.5397868702434395e-05)
    yield abs(expit(10.0) - 0.9999546021312976)


@limits.numerical(tolerance=1e-8, description="both gradients' distance to their limits, a <= -19")
def both_gradients_distance_to_their_limits_a_19(rng):
    a = rng.uniform(-500, -19, 100)
    yield _slopes_at(a)[0]
    yield np.abs(_slopes_at(a)[1] - 1)


def _slopes_at(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sizes of the saturating and the non-saturating gradient."""
    return expit(a), expit(-a)


@limits.control(
    "saturation is looked for at D near 1, a >= 19",
    of=both_gradients_distance_to_their_limits_a_19,
    miss=1,
)
def saturation_is_looked_for_at_d_near_1_a_19(rng):
    yield _slopes_at(rng.uniform(19, 500, 100))[0]


ratio = Claim(
    id="A-SAT-06",
    alias="gradient-ratio",
    title="saturating / non-saturating gradient = e^a = D/(1 − D)",
    statement="The two gradients have the same sign and the ratio e^a = D/(1 - D); both are -1/2 "
    "at a = 0. At D(G(z)) = 1e-4 the non-saturating one is 9999 times larger.",
    formula=r"\frac{-\sigma(a)}{-(1 - \sigma(a))} = e^a = \frac{D}{1 - D}",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:429-439", "001_5040f14b49cef5aa.txt:43"),
)


@ratio.symbolic(scope=AS_STATED)
def ratio_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    sigma = 1 / (1 + sp.exp(-a))
    saturating = sp.diff(sp.log(1 - sigma), a)
    other = sp.diff(-sp.log(sigma), a)
    yield "their ratio is e^a", sp.simplify(saturating / other - sp.exp(a))
    yield "which is D/(1 - D)", sp.simplify(sigma / (1 - sigma) - sp.exp(a))
    yield "saturating: -1/2 at a = 0", saturating.subs(a, 0) + sp.Rational(1, 2)
    yield "non-saturating: -1/2 at a = 0", other.subs(a, 0) + sp.Rational(1, 2)


@ratio.numerical(tolerance=1e-12, description="ratio of the two slopes against e^a, relative")
def ratio_of_the_two_slopes_against_e_a_relative(rng):
    a = _logits(rng)
    yield _relative(_slopes(_log_rest, a) / _slopes(_minus_log_d, a), np.exp(a))


@ratio.numerical(tolerance=1e-6, description="the factor 9999 at D = 1e-4")
def the_factor_9999_at_d_1e_4(rng):
    a = np.log(1e-4 / (1 - 1e-4))
    yield abs(expit(-a) / expit(a) - 9999)


@ratio.control(
    "the ratio is turned over: e^-a", of=ratio_of_the_two_slopes_against_e_a_relative, miss=8.87e25
)
def the_ratio_is_turned_over_e(rng):
    a = _logits(rng)
    yield _relative(_slopes(_log_rest, a) / _slopes(_minus_log_d, a), np.exp(-a))


same_direction = Claim(
    id="A-SAT-07",
    alias="same-fixed-points",
    title="both losses push D(G(z)) up; only the size differs",
    statement="Both generator losses have a negative slope at every logit: both push D(G(z)) up "
    "and have the same fixed points. To maximise E[log D(G(z))] is to minimise the "
    "non-saturating loss.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) < 0, \quad \frac{d}{da} \bigl( -\log \sigma(a) "
    r"\bigr) < 0 \quad \text{for all } a",
    assumptions=("D is fixed in each step",),
    sources=(
        _PAPER,
        "000_8b69f153baee6a3b.txt:429-439",
        "002_d31ce6ddd5a0096b.txt:129",
        "003_0ac11bc5ae3e596a.txt:306",
    ),
)


@same_direction.symbolic(scope=AS_STATED)
def same_direction_proof():
    import sympy as sp

    s = sp.Symbol("s", positive=True)
    a = sp.log(s)  # every real logit
    slope = sp.Symbol("a", real=True)
    saturating = sp.diff(-sp.log(1 + sp.exp(slope)), slope).subs(slope, a)
    other = sp.diff(sp.log(1 + sp.exp(-slope)), slope).subs(slope, a)
    yield "saturating: the slope -s/(1 + s) is negative", sp.simplify(saturating) < 0
    yield "non-saturating: the slope -1/(1 + s) is negative", sp.simplify(other) < 0


@same_direction.numerical(tolerance=0, description="the larger sign of the two slopes, plus one")
def the_larger_sign_of_the_two_slopes_plus_one(rng):
    a = _logits(rng)
    yield np.abs(np.sign(_slopes(_log_rest, a)) + 1)
    yield np.abs(np.sign(_slopes(_minus_log_d, a)) + 1)


def _descent(slope_in_logit, rate: float = 0.5, steps: int = 300) -> float:
    """W1 at the end of p_data = N(2, 1), G(z) = z + θ from θ = 0, D optimal before each step.

    W1 of two laws that differ by a shift is the shift. The means over z are Gauss-Hermite sums.
    """
    z, weights = np.polynomial.hermite_e.hermegauss(80)
    theta = 0.0
    for _step in range(steps):
        x = z + theta
        a = ((x - theta) ** 2 - (x - 2) ** 2) / 2  # log p - log q
        # d/dx of the logit with D frozen: (2 - θ), the slope of a line (claim A-DST-05)
        theta -= rate * float(weights @ (slope_in_logit(a) * (2 - theta))) / np.sqrt(2 * np.pi)
    return abs(theta - 2)


@same_direction.numerical(tolerance=0.2, description="W1 after training, D optimal in each step")
def w1_after_training_d_optimal_in_each_step(rng):
    yield _descent(lambda a: -expit(a))
    yield _descent(lambda a: -expit(-a))


@same_direction.control(
    "E[log D(G(z))] is minimised, a lost sign",
    of=w1_after_training_d_optimal_in_each_step,
    miss=336000,
)
def e_log_d_g_z_is_minimised_a_lost_sign(rng):
    yield _descent(lambda a: expit(-a), steps=30)


flatness = Claim(
    id="A-SAT-08",
    alias="flat-in-the-logit",
    title="d/dD log(1 − D) = −1 at D = 0: flat in the logit, not in D",
    statement="In the variable D log(1 - D) is not flat at D = 0, its slope there is -1; that of "
    "log D is infinite. What vanishes is the slope in the logit, through σ' = D (1 - D), and with "
    "it the gradient in the generator's parameters.",
    formula=r"\frac{d}{dD} \log(1 - D) \Bigr|_{D = 0} = -1, \quad \frac{d}{da} \log(1 - "
    r"\sigma(a)) = -\frac{\sigma'(a)}{1 - D} = -D \to 0 \;\; (D \to 0)",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:435"),
)


@flatness.symbolic(scope=AS_STATED)
def flatness_proof():
    import sympy as sp

    D, a = sp.Symbol("D", positive=True), sp.Symbol("a", real=True)
    sigma = 1 / (1 + sp.exp(-a))
    slope = sp.diff(sp.log(1 - D), D)
    yield "slope of log(1 - D) in D at 0 is -1", slope.subs(D, 0) + 1
    yield "slope of log D at 0 is infinite: D times it is 1", sp.diff(sp.log(D), D) * D - 1
    yield (
        "slope in the logit = slope in D times σ'",
        sp.simplify(slope.subs(D, sigma) * sp.diff(sigma, a) + sigma),
    )
    yield "σ' -> 0 as a -> -inf", sp.limit(sp.diff(sigma, a), a, -sp.oo)


def _slope_in_d(d: np.ndarray) -> np.ndarray:
    import mpmath

    return _slopes(lambda x: mpmath.log(1 - x), d)


@flatness.numerical(tolerance=2e-6, description="slope in D at D <= 1e-6, against -1")
def slope_in_d_at_d_1e_6_against_1(rng):
    yield np.abs(_slope_in_d(10 ** rng.uniform(-12, -6, 50)) + 1)


@flatness.control(
    "log(1 - D) is called flat in D near 0: a slope of 0", of=slope_in_d_at_d_1e_6_against_1, miss=1
)
def log_1_d_is_called_flat_in_d_near_0_a_slope_of_0(rng):
    yield np.abs(_slope_in_d(10 ** rng.uniform(-12, -6, 50)))


optimal_gradient = Claim(
    id="A-SAT-09",
    alias="non-saturating-at-optimum",
    title="at D*: ∇ E[−log D*(G)] = ∇ [KL(p_g‖p_data) − 2 JS(p_data, p_g)]",
    statement="With D frozen at the optimum the gradient of the non-saturating loss is that of "
    "KL(p_g || p_data) - 2 JS(p_data, p_g): mode-seeking, and rewarding a *larger* JS.",
    formula=r"\nabla_\theta \mathrm{E}_{z \sim p_z}[-\log D^*_{\theta_0}(G_\theta(z))] "
    r"\Bigr|_{\theta = \theta_0} = \nabla_\theta \bigl( \mathrm{KL}(p_\theta \,\|\, "
    r"p_{\mathrm{data}}) - 2\,\mathrm{JS}(p_{\mathrm{data}}, p_\theta) \bigr) \Bigr|_{\theta = "
    r"\theta_0}",
    assumptions=("D is exactly optimal at theta_0", "p_theta is differentiable in theta"),
    sources=("Arjovsky and Bottou 2017, Theorem 2.5", "000_8b69f153baee6a3b.txt:452-496"),
)


@optimal_gradient.symbolic(scope=AS_STATED)
def optimal_gradient_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    dq = sp.Symbol("q'")  # of p_theta(x) by theta; its integral over x is 0
    frozen = -sp.log(p / (p + q)) * dq
    divergence = sp.diff(q * sp.log(q / p), q) * dq
    twice_js = sp.diff(p * sp.log(2 * p / (p + q)) + q * sp.log(2 * q / (p + q)), q) * dq
    rest = sp.expand_log(divergence - twice_js - frozen, force=True)
    rest = sp.simplify(sp.expand(rest))
    yield "the integrands differ by a constant times q'", sp.diff(rest / dq, q)
    yield "which does not depend on p either, and ∫ q' dx = 0", sp.diff(rest / dq, p)


def _slope(f, at: float) -> float:
    """f'(at) by a central difference of sixth order."""
    h = 0.02
    pairs = [(f(at + k * h) - f(at - k * h)) / h for k in (1, 2, 3)]
    return float(np.dot([3 / 4, -3 / 20, 1 / 60], pairs))


def _fakes(theta: float) -> Mixture:
    return Mixture.normal([1], [theta], [1.3])


def _frozen_slope(theta: float) -> float:
    """d/dm E[-log D*(m + 1.3 z)] at m = theta, D* that of theta; Gauss-Hermite over z."""
    d = optimal_discriminator(Mixture.normal([1], [0.0], [1.0]), _fakes(theta))
    z, weights = np.polynomial.hermite_e.hermegauss(120)

    def loss(m):
        return -float(weights @ log_expit(d.logit(m + 1.3 * z))) / np.sqrt(2 * np.pi)

    return _slope(loss, theta)


def _divergence_slope(theta: float, share_of_js: float) -> float:
    p = Mixture.normal([1], [0.0], [1.0])
    return _slope(lambda m: kl(_fakes(m), p) - share_of_js * js(p, _fakes(m)), theta)


@optimal_gradient.numerical(tolerance=1e-6, description="N(0, 1) against N(theta, 1.3^2)")
def n_0_1_against_n_theta_1_3_2(rng):
    yield abs(_frozen_slope(1.1) - 0.7811325556)  # 1.1 - 0.3188674444
    for theta in (1.1, *rng.uniform(-2, 2, 2)):
        yield abs(_frozen_slope(theta) - _divergence_slope(theta, 2))


@optimal_gradient.control("KL alone, without -2 JS", of=n_0_1_against_n_theta_1_3_2, miss=0.319)
def kl_alone_without_2_js(rng):
    yield abs(_frozen_slope(1.1) - _divergence_slope(1.1, 0))


closed_form = Claim(
    id="A-SAT-10",
    alias="gaussian-saturation",
    title="N(0, 1) vs N(μ, 1) at x = μ: μ σ(−μ²/2) against μ (1 − σ(−μ²/2))",
    statement="For p_data = N(0, 1), p_g = N(μ, 1) and D optimal, a*(x) = (μ^2 - 2 μ x)/2. At "
    "x = μ the saturating gradient in x has size μ σ(-μ^2/2), the non-saturating one "
    "μ (1 - σ(-μ^2/2)): 1.93e-21 against 10 for μ = 10.",
    formula=r"a^*(x) = \frac{\mu^2}{2} - \mu x, \quad \left| \frac{d}{dx} \log(1 - D^*) "
    r"\right|_{x = \mu} = \mu\,\sigma\Bigl( -\frac{\mu^2}{2} \Bigr), \quad \left| \frac{d}{dx} "
    r"\log D^* \right|_{x = \mu} = \mu \Bigl( 1 - \sigma\Bigl( -\frac{\mu^2}{2} \Bigr) \Bigr)",
    assumptions=("D is optimal",),
    sources=(
        "Arjovsky and Bottou 2017, section 2, in closed form",
        "000_8b69f153baee6a3b.txt:449-452,466-470",
    ),
)


@closed_form.symbolic(scope=AS_STATED)
def closed_form_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    mu = sp.Symbol("mu", positive=True)
    a = -(x**2) / 2 + (x - mu) ** 2 / 2
    yield "log p - log q = (μ^2 - 2 μ x)/2", sp.expand(a - (mu**2 - 2 * mu * x) / 2)
    sigma = 1 / (1 + sp.exp(mu**2 / 2))
    saturating = sp.diff(-sp.log(1 + sp.exp(a)), x).subs(x, mu)
    other = sp.diff(sp.log(1 + sp.exp(-a)), x).subs(x, mu)
    yield "saturating: d/dx log(1 - D) = μ σ(-μ^2/2)", sp.simplify(saturating - mu * sigma)
    yield "non-saturating: d/dx[-log D] = μ (1 - σ)", sp.simplify(other - mu * (1 - sigma))


def _gaussian_slopes(mu: float) -> tuple[float, float]:
    """Both slopes in x at x = mu, from the two densities, with 80 digits."""
    import mpmath

    with mpmath.workdps(80):
        m = mpmath.mpf(mu)

        def d(x):
            return mpmath.npdf(x, 0, 1) / (mpmath.npdf(x, 0, 1) + mpmath.npdf(x, m, 1))

        saturating = mpmath.diff(lambda x: mpmath.log(1 - d(x)), m)
        return float(saturating), float(mpmath.diff(lambda x: -mpmath.log(d(x)), m))


@closed_form.numerical(tolerance=1e-9, description="both forms against differences, relative")
def both_forms_against_differences_relative(rng):
    for mu in (10.0, *rng.uniform(0.2, 10, 10)):
        saturating, other = _gaussian_slopes(mu)
        yield abs(mu * expit(-(mu**2) / 2) / saturating - 1)
        yield abs(mu * expit(mu**2 / 2) / other - 1)
    yield abs(10 * expit(-50.0) / 1.928749848e-21 - 1)


@closed_form.control(
    "the gradient in the logit is taken for that in x, no factor μ",
    of=both_forms_against_differences_relative,
    miss=0.9,
)
def the_gradient_in_the_logit_is_taken_for_that_in_x(rng):
    saturating, _ = _gaussian_slopes(10.0)
    yield abs(expit(-50.0) / saturating - 1)


training = Claim(
    id="A-SAT-11",
    alias="saturation-during-training",
    title="disjoint supports: the saturating gradient dies, the other grows",
    statement="With data on [0, 1], generated samples on [2, 3] and D trained k steps against a "
    "fixed G, the saturating gradient in G's shift falls to nothing, while the non-saturating one "
    "grows (it does not stay at 1, since the slope of the logit in x grows).",
    formula=r"\frac{d}{d\theta} \log(1 - D_k(G_\theta(z))) = -D_k\,a_k'(x) \to 0, \quad \left| "
    r"\frac{d}{d\theta} \bigl( -\log D_k(G_\theta(z)) \bigr) \right| = (1 - D_k)\,|a_k'(x)| "
    r"\text{ grows with } k",
    assumptions=("disjoint supports", "a discriminator of high capacity"),
    sources=(
        "Arjovsky and Bottou 2017, section 2",
        "000_8b69f153baee6a3b.txt:445-452",
        "001_5040f14b49cef5aa.txt:43",
    ),
    no_proof="a statement about training; measured on a small network, and with a logistic D",
)


@cache
def trained_gradients(shift: float, steps: int = 1600) -> tuple[np.ndarray, np.ndarray]:
    """|dL_G/dshift|, saturating and not, after 0, 25, 100, 400 and 1600 steps of D.

    Data on [0, 1], G(z) = z + shift with z on [0, 1]; a 1-64-64-1 tanh network in float32, full
    batches of 128 + 128, Adam with rate 1e-2.
    """
    rng = np.random.default_rng(0)
    sizes = [(1, 64), (64, 64), (64, 1)]
    weights = [rng.normal(0, n**-0.5, (n, m)).astype(np.float32) for n, m in sizes]
    weights += [np.zeros((1, m), np.float32) for _, m in sizes]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    n = 128
    x = np.concatenate([rng.uniform(0, 1, n), shift + rng.uniform(0, 1, n)])[:, None]
    x = x.astype(np.float32)
    found = []

    def forward():
        h = np.tanh(x @ weights[0] + weights[3])
        g = np.tanh(h @ weights[1] + weights[4])
        return h, g, g @ weights[2] + weights[5]

    def backward(h, g, delta):
        """Gradients by the weights, and by x, of sum(delta * logits)."""
        up_g = (delta @ weights[2].T) * (1 - g * g)
        up_h = (up_g @ weights[1].T) * (1 - h * h)
        by = [x.T @ up_h, h.T @ up_g, g.T @ delta]
        return [*by, *(d.sum(0, keepdims=True) for d in (up_h, up_g, delta))], up_h @ weights[0].T

    for step in range(steps + 1):
        h, g, a = forward()
        if step in (0, 25, 100, 400, 1600):
            slope = backward(h, g, np.ones_like(a))[1][n:]
            found.append([abs(float(np.mean(expit(s * a[n:]) * slope))) for s in (1, -1)])
        delta = np.concatenate([-expit(-a[:n]), expit(a[n:])]) / n
        for i, gradient in enumerate(backward(h, g, delta)[0]):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            rate = 0.01 * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
            weights[i] -= np.float32(rate) * first[i] / (np.sqrt(second[i]) + np.float32(1e-8))
    saturating, other = np.array(found).T
    return saturating, other


def _too_much_and_too_little(saturating: float, other: float) -> list[float]:
    """Beyond saturating <= 1e-4 and non-saturating >= 1."""
    return [max(0.0, saturating - 1e-4), max(0.0, 1 - other)]


@training.numerical(tolerance=0, description="beyond <= 1e-4 and >= 1 after 1600 steps of D")
def beyond_1e_4_and_1_after_1600_steps_of_d(rng):
    saturating, other = trained_gradients(2.0)
    yield _too_much_and_too_little(saturating[-1], other[-1])
    yield max(0.0, other[0] - other[-1])  # it grows


@training.numerical(tolerance=0, description="a logistic D of growing slope, exact means")
def a_logistic_d_of_growing_slope_exact_means(rng):
    # D = σ(s (1.5 - x)) separates the two intervals, and its loss falls as s grows
    u = (np.arange(10_000) + 0.5) / 10_000
    gradients = []
    for s in (1.0, 5.0, 40.0):
        a = s * (1.5 - (2 + u))
        gradients.append([s * np.mean(expit(a)), s * np.mean(expit(-a))])
    saturating, other = np.array(gradients).T
    yield np.maximum(0, np.diff(saturating))  # falls
    yield np.maximum(0, -np.diff(other))  # grows
    yield _too_much_and_too_little(saturating[-1], other[-1])


@training.control(
    "the supports overlap: [0, 1] and [0.2, 1.2]",
    of=a_logistic_d_of_growing_slope_exact_means,
    miss=1.62,
)
def the_supports_overlap_0_1_and_0_2_1_2(rng):
    saturating, other = trained_gradients(0.2, 400)
    yield _too_much_and_too_little(saturating[-1], other[-1])


least_squares = Claim(
    id="A-SAT-12",
    alias="least-squares-pearson",
    title="least squares, labels −1, 1, 0: 2 C(G) = χ²_Pearson(p_data + p_g ‖ 2 p_g)",
    statement="Another cure of saturation: the least-squares loss with labels a = -1 (fake), b = 1 "
    "(real) and c = 0 (wanted). At the optimal D* = (b p_data + a p_g)/(p_data + p_g) the "
    "generator's cost, with the constant term over the data, is "
    "2 C(G) = ∫ (2 p_g - (p_data + p_g))^2/(p_data + p_g) dx, Pearson's chi-squared.",
    formula=r"2\,C(G) = \int \frac{\bigl( 2 p_g - (p_{\mathrm{data}} + p_g) "
    r"\bigr)^2}{p_{\mathrm{data}} + p_g}\,dx = \chi^2_{\text{Pearson}}(p_{\mathrm{data}} + p_g "
    r"\,\|\, 2 p_g)",
    assumptions=("D is optimal", "b - c = 1 and b - a = 2"),
    sources=("Mao et al. 2017, section 3.2", "001_5040f14b49cef5aa.txt:43"),
)


@least_squares.symbolic(scope=AS_STATED)
def least_squares_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    D = sp.Symbol("D", real=True)
    loss = p * (D - 1) ** 2 + q * (D + 1) ** 2
    best = sp.solve(sp.diff(loss, D), D)
    yield "the discriminator's loss has one stationary point", len(best) - 1
    yield "D* = (p - q)/(p + q)", best[0] - (p - q) / (p + q)
    yield "the second derivative 2 (p + q) is positive: a minimum", sp.diff(loss, D, 2) > 0
    cost = (p + q) * best[0] ** 2
    yield (
        "(p + q) D*^2 = (2q - (p + q))^2/(p + q)",
        sp.simplify(cost - (2 * q - (p + q)) ** 2 / (p + q)),
    )


def _least_squares_gap(rng: np.random.Generator, a: float, b: float, c: float) -> float:
    """2 C(G) less Pearson's chi-squared, D* by numpy."""
    p, q = rng.dirichlet(np.ones(6), 2)
    # the least-squares D in each point, from its two weighted targets b and a
    best = np.array(
        [
            np.linalg.lstsq(np.array([[u], [v]]), np.array([u * b, v * a]), rcond=None)[0][0]
            for u, v in zip(np.sqrt(p), np.sqrt(q), strict=True)
        ]
    )
    return abs((p + q) @ (best - c) ** 2 - np.sum((2 * q - (p + q)) ** 2 / (p + q)))


@least_squares.numerical(tolerance=1e-12, description="random discrete laws, D* by numpy")
def random_discrete_laws_d_by_numpy(rng):
    for _instance in range(20):
        yield _least_squares_gap(rng, -1, 1, 0)


@least_squares.control(
    "labels 0, 1 and 1, which the paper uses in practice",
    of=random_discrete_laws_d_by_numpy,
    miss=0.414,
)
def labels_0_1_and_1_which_the_paper_uses(rng):
    for _instance in range(20):
        yield _least_squares_gap(rng, 0, 1, 1)
