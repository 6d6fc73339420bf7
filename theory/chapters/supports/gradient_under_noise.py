"""How overlap brings the gradient of JS back (claim A-SUP-08)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, optimal_discriminator
from theory.calculators.noise import js_gradient
from theory.chapters.supports.best_noise_level import slope_and_height
from theory.claim import AS_STATED, Claim, rounds_to

# dJS/dtheta at s = 1 by theta, as printed.
_GRADIENTS = {1: "0.198986", 2: "0.224800", 4: "0.068597", 8: "0.000196"}
_FOUR = (
    f"At s = 1 it is {', '.join([*_GRADIENTS.values()][:3])} and {_GRADIENTS[8]} for theta = "
    + ", ".join(map(str, _GRADIENTS))
)

gradient = Claim(
    id="A-SUP-08",
    alias="js-gradient-under-noise",
    title="dJS/dθ = ½ ∫ ∂p_θ/∂θ · log(2p_θ/(p₀ + p_θ)) dx",
    statement="For a smooth family dJS(p_0, p_theta)/dtheta = (1/2) int (dp_theta/dtheta) "
    "log(2 p_theta/(p_0 + p_theta)) dx. When p_theta shifts, this is half the gradient that "
    "log(1 - D*) sends to G; for Gaussian noise on point masses dJS(p_0, p_theta)/dtheta = "
    f"theta/(2 s^2) E[D*(x)], x ~ N(theta, s^2): never 0 where log 2 had none. {_FOUR}.",
    formula=r"\frac{d}{d\theta} \mathrm{JS}(p_0, p_\theta) = \frac{1}{2} \int \frac{\partial "
    r"p_\theta}{\partial \theta} \log \frac{2 p_\theta}{p_0 + p_\theta}\, dx = \frac{\theta}{2 s^2}"
    r"\, \mathbb{E}_{x \sim N(\theta, s^2)}[D^*(x)]",
    assumptions=(
        "the family is differentiable in theta, under the integral",
        "the support does not move",
        "for a shift, p_theta log(1 - D*) goes to 0 at both ends",
    ),
    sources=(
        "Arjovsky and Bottou 2017, section 3 and Theorem 3.2",
        "Goodfellow et al. 2014, Theorem 1, differentiated",
        "001_5040f14b49cef5aa.txt:44",
    ),
)


@gradient.symbolic(scope=AS_STATED)
def gradient_proof():
    import sympy as sp

    x, theta = sp.symbols("x theta", real=True)
    p, s = sp.symbols("p s", positive=True)
    q = sp.Function("q", positive=True)(theta)  # p_theta(x) at one x
    j = p / 2 * sp.log(2 * p / (p + q)) + q / 2 * sp.log(2 * q / (p + q))
    formula = sp.diff(q, theta) / 2 * sp.log(2 * q / (p + q))
    mixture = -(p + q) / 2 * sp.diff(sp.log((p + q) / 2), theta)
    own = q / 2 * sp.diff(sp.log(q), theta)
    yield (
        "the integrand's slope: the formula, plus what the logarithms' own slopes bring",
        sp.simplify(sp.diff(j, theta) - formula - mixture - own),
    )
    yield "those are q'/2 and -q'/2: they cancel", sp.simplify(mixture + own)

    def density(mean):
        return sp.exp(-((x - mean) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))

    moved = density(theta)
    tilt = sp.diff(moved, theta)
    f, line = sp.Function("f"), (x, -sp.oo, sp.oo)
    mass = sp.Integral(f(x, theta), line)  # of p_theta
    yield (
        "the factor 2 in the logarithm adds (log 2)/2 int dp_theta/dtheta: the slope of the mass, "
        "which is 0, as p_theta has mass 1 at every theta",
        sp.Integral(sp.diff(f(x, theta), theta), line) - sp.diff(mass, theta),
    )
    yield "for a normal law by its integral, too", sp.integrate(tilt.subs(theta, 0), line)
    shifted = f(x - theta)
    yield (
        "a shift, p_theta(x) = f(x - theta): dp_theta/dtheta = -dp_theta/dx",
        (sp.diff(shifted, theta) + sp.diff(shifted, x)).doit(),
    )
    # By parts, the ends being 0: int -(dp/dx) log(1 - D*) = int p d log(1 - D*)/dx
    shape, weight = sp.Function("q")(x), sp.Function("w")(x)
    yield (
        "by parts, -q' w = q w' - (q w)': the mean over G's samples of dw/dx, w = log(1 - D*)",
        sp.expand(
            -sp.diff(shape, x) * weight - shape * sp.diff(weight, x) + sp.diff(shape * weight, x)
        ),
    )
    logit = sp.simplify(sp.expand_log(sp.log(density(0) / moved), force=True))
    yield (
        "Gaussians: the logit of D* is theta (theta - 2x)/(2 s^2)",
        sp.expand(logit - theta * (theta - 2 * x) / (2 * s**2)),
    )
    a = sp.Function("a")(x)
    best = 1 / (1 + sp.exp(-a))
    yield (
        "d log(1 - D)/dx = -D da/dx",
        sp.simplify(sp.diff(sp.log(1 - best), x) + best * sp.diff(a, x)),
    )
    yield (
        "and -da/dx = theta/s^2: so dJS/dtheta = theta/(2 s^2) E[D*]",
        sp.simplify(-sp.diff(logit, x) - theta / s**2),
    )
    for far, printed in _GRADIENTS.items():
        yield (
            f"at s = 1 and theta = {far}, as a ball (A-SUP-13's), it rounds to its six decimals",
            rounds_to(_certified_gradient(far), printed),
        )


def _certified_gradient(theta: int):
    """A ball that holds the gradient theta/2 E[D*] at s = 1, by its height times theta."""
    import flint

    with flint.ctx.workprec(128):
        _slope, height = slope_and_height(flint.arb(theta))
        return height / theta


def central_quotient(law, theta: float, h: float = 0.02) -> float:
    """dJS/dθ of a family by central differences of order 4."""
    data = law(0.0)
    one, two = (js(data, law(theta + k * h)) - js(data, law(theta - k * h)) for k in (1, 2))
    return (8 * one - two) / (12 * h)


def _formula(density, slope, theta: float, half: float, reach: float) -> float:
    """The right-hand side for the shift of a density with this derivative, by scipy's quadrature;
    `half` stands in for the 1/2."""
    from scipy.integrate import quad

    def integrand(x):
        p, q = density(x), density(x - theta)
        return -half * slope(x - theta) * math.log(2 * q / (p + q)) if q > 0 else 0.0

    return quad(integrand, -reach, reach + theta, points=[0, theta], epsabs=1e-11, limit=200)[0]


def _normal_density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _normal_slope(x: float) -> float:
    return -x * _normal_density(x)


def _logistic_density(x: float) -> float:
    return 0.25 / math.cosh(x / 2) ** 2


def _gradient_errors(half: float):
    from scipy import stats

    for theta in (1.0, 2.0, 4.0, 8.0):
        quotient = central_quotient(lambda t: stats.norm(t, 1), theta)
        found = _formula(_normal_density, _normal_slope, theta, half, 14)
        yield abs(found - quotient)
    quotient = central_quotient(lambda t: stats.logistic(t, 1), 1.5)
    found = _formula(
        _logistic_density, lambda x: -math.tanh(x / 2) * _logistic_density(x), 1.5, half, 40
    )
    yield abs(found - quotient)


@gradient.numerical(tolerance=1e-7, description="quadrature against central differences of JS")
def formula_against_differences():
    yield from _gradient_errors(0.5)


@gradient.numerical(tolerance=1e-7, description="E[D*] against central differences, other levels")
def mean_output_against_differences():
    from scipy import stats

    for theta, s in ((1.0, 1.0), (8.0, 1.0), (10.0, 4.0), (-3.0, 2.0)):
        quotient = central_quotient(lambda t, s=s: stats.norm(t, s), theta)
        yield abs(float(js_gradient(theta, s)) - quotient)


@gradient.numerical(tolerance=5e-7, description="the four values, as printed")
def four_gradients():
    for theta, printed in _GRADIENTS.items():
        yield abs(float(js_gradient(theta, 1)) - float(printed))


@gradient.meaning(tolerance=1e-7)
def gradient_in_words():
    from scipy import integrate, stats

    printed = all(
        f"{float(js_gradient(theta, 1)):.6f}" == number for theta, number in _GRADIENTS.items()
    )

    def sent_to_g(theta, s):
        """The mean over G of d/dx log(1 - D*): differences on a grid, and a sum over it."""
        best = optimal_discriminator(
            Mixture.normal([1], [0.0], [s]), Mixture.normal([1], [theta], [s])
        )
        x, width = np.linspace(theta - 12 * s, theta + 12 * s, 1201, retstep=True)
        high, low = (np.log1p(-np.asarray(best(x + h))) for h in (1e-4, -1e-4))
        return float((high - low) / 2e-4 @ stats.norm(theta, s).pdf(x)) * width

    for theta, s in ((1.0, 1.0), (3.0, 2.0)):
        law = [stats.norm(t, s) for t in (0.0, theta)]
        quotient = central_quotient(lambda t, s=s: stats.norm(t, s), theta)
        mean = integrate.quad(
            lambda x, law=law: law[1].pdf(x) / (1 + law[1].pdf(x) / law[0].pdf(x)),
            theta - 12 * s,
            theta + 12 * s,
            epsabs=1e-12,
        )[0]
        whole = _formula(_normal_density, _normal_slope, theta / s, 1.0, 14) / s  # x = s u
        yield {
            "dJS/dθ": quotient,
            "½ ∫ ∂p_θ/∂θ · log(2p_θ/(p₀ + p_θ)) dx": whole / 2,
            "dJS(p_0, p_theta)/dtheta": quotient,
            "int (dp_theta/dtheta) log(2 p_theta/(p_0 + p_theta)) dx": whole,
            "half the gradient that log(1 - D*) sends to G": abs(sent_to_g(theta, s) / 2 - quotient)
            < 1e-6,
            "theta": theta,
            "s": s,
            "N(theta, s^2)": None,
            "E[D*(x)]": mean,
            "never 0 where log 2 had none": quotient > 0,
            _FOUR: printed,
            r"\frac{d}{d\theta} \mathrm{JS}(p_0, p_\theta)": quotient,
            r"\int \frac{\partial p_\theta}{\partial \theta} \log \frac{2 p_\theta}"
            r"{p_0 + p_\theta}\, dx": whole,
            r"\mathbb{E}_{x \sim N(\theta, s^2)}[D^*(x)]": mean,
        }


@gradient.control("the factor 1/2 is forgotten", of=formula_against_differences, miss=0.225)
def without_the_half():
    yield from _gradient_errors(1.0)


@gradient.control(
    "the support moves: U[theta, 1 + theta], whose dp/dtheta is 0",
    of=formula_against_differences,
    miss=0.693,
)
def a_support_that_moves():
    from scipy import stats

    found = _formula(lambda x: float(0 <= x <= 1), lambda x: 0.0, 0.4, 0.5, 2)
    yield abs(found - central_quotient(lambda t: stats.uniform(t, 1), 0.4))
