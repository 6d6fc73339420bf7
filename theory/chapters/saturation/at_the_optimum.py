"""What the non-saturating game minimises where D is optimal (claims A-SAT-09, 10 and 13).

p and q stand for p_data(x) and p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, kl, optimal_discriminator
from theory.chapters.saturation.expressions import (
    non_saturating_loss,
    saturating_loss,
    sigmoid,
)
from theory.claim import AS_STATED, Claim


def _frozen(p, q):
    """What -log D* is at a point: the non-saturating loss at the logit log(p/q)."""
    import sympy as sp

    return non_saturating_loss(sp.log(p / q))


def _reverse_kl(p, q):
    """The integrand of KL(p_g || p_data)."""
    import sympy as sp

    return q * sp.log(q / p)


def _twice_js(p, q):
    """The integrand of 2 JS(p_data, p_g)."""
    import sympy as sp

    return p * sp.log(2 * p / (p + q)) + q * sp.log(2 * q / (p + q))


def softened_reverse_kl(p, q):
    """The integrand of 2 KL((p_data + p_g)/2 || p_data)."""
    import sympy as sp

    return (p + q) * sp.log((p + q) / (2 * p))


def _constant(difference, p, q):
    """The slopes of a difference of logarithms in p and in q, for a constant both 0."""
    import sympy as sp

    rest = sp.expand_log(sp.simplify(difference), force=True)
    return sp.Matrix([sp.simplify(sp.diff(rest, symbol)) for symbol in (p, q)])


optimal_gradient = Claim(
    id="A-SAT-09",
    alias="non-saturating-at-optimum",
    title="at D*: ∇ E[−log D*(G)] = ∇ KL(p_g‖p_data) − 2 ∇ JS(p_data, p_g)",
    statement="With D frozen at the optimum the gradient of the non-saturating loss is that of "
    "the mode-seeking KL(p_g || p_data), less twice that of JS(p_data, p_g): it rewards a *larger* "
    "JS.",
    formula=r"\nabla_\theta \mathrm{E}_{z \sim p_z}[-\log D^*_{\theta_0}(G_\theta(z))] "
    r"\Bigr|_{\theta = \theta_0} = \nabla_\theta \mathrm{KL}(p_\theta \,\|\, p_{\mathrm{data}}) "
    r"\Bigr|_{\theta = \theta_0} - 2\, \nabla_\theta \mathrm{JS}(p_{\mathrm{data}}, p_\theta) "
    r"\Bigr|_{\theta = \theta_0}",
    assumptions=(
        "D is exactly optimal at theta_0",
        "p_theta is differentiable in theta, under the integral",
    ),
    sources=("Arjovsky and Bottou 2017, Theorem 2.5", "000_8b69f153baee6a3b.txt:452-496"),
)


@optimal_gradient.symbolic(scope=AS_STATED)
def optimal_gradient_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    yield (
        "the frozen loss is -log D*, D* = p/(p + q)",
        (sp.simplify(sp.exp(-_frozen(p, q)) - p / (p + q))),
    )
    # The gradient of int f(x) p_theta(x) dx is int f(x) q'(x) dx, q' = dp_theta/dtheta
    difference = sp.diff(_reverse_kl(p, q) - _twice_js(p, q), q) - _frozen(p, q)
    yield (
        "both integrands are q' times something, and these differ by a constant",
        (_constant(difference, p, q)),
    )
    x, theta = sp.symbols("x theta", real=True)
    density = sp.Function("p_theta")(x, theta)
    mass = sp.Integral(density, (x, -sp.oo, sp.oo))
    yield (
        "which adds the constant times int q' dx = d(mass)/dtheta, and the mass is 1",
        sp.diff(mass, theta) - sp.Integral(sp.diff(density, theta), (x, -sp.oo, sp.oo)),
    )


def _slope(f, at: float) -> float:
    """f'(at) by a central difference of sixth order."""
    h = 0.02
    pairs = [(f(at + k * h) - f(at - k * h)) / h for k in (1, 2, 3)]
    return float(np.dot([3 / 4, -3 / 20, 1 / 60], pairs))


def _data() -> Mixture:
    return Mixture.normal([1], [0.0], [1.0])


def _fakes(theta: float) -> Mixture:
    return Mixture.normal([1], [theta], [1.3])


def _middle(theta: float) -> Mixture:
    return Mixture.normal([0.5, 0.5], [0.0, theta], [1.0, 1.3])


def frozen_slope(theta: float) -> float:
    """d/dm E[-log D*(m + 1.3 z)] at m = theta, D* that of theta; Gauss-Hermite over z."""
    d = optimal_discriminator(_data(), _fakes(theta))
    z, weights = np.polynomial.hermite_e.hermegauss(120)

    def loss(m):
        return -float(weights @ log_expit(d.logit(m + 1.3 * z))) / np.sqrt(2 * np.pi)

    return _slope(loss, theta)


def kl_slope(theta: float) -> float:
    """d/dtheta KL(p_theta || p_data)."""
    return _slope(lambda m: kl(_fakes(m), _data()), theta)


def js_slope(theta: float) -> float:
    """d/dtheta JS(p_data, p_theta)."""
    return _slope(lambda m: js(_data(), _fakes(m)), theta)


@optimal_gradient.numerical(tolerance=1e-6, description="N(0, 1) against N(theta, 1.3^2)")
def frozen_slope_against_the_divergences(rng):
    yield abs(frozen_slope(1.1) - 0.7811325556)  # 1.1 - 0.3188674444
    for theta in (1.1, *rng.uniform(-2, 2, 2)):
        yield abs(frozen_slope(theta) - (kl_slope(theta) - 2 * js_slope(theta)))


@optimal_gradient.meaning(tolerance=1e-6)
def optimal_gradient_in_words():
    for theta in (1.1, -0.7):
        frozen, of_kl, of_js = frozen_slope(theta), kl_slope(theta), js_slope(theta)
        yield {
            "∇ E[−log D*(G)]": frozen,
            "∇ KL(p_g‖p_data)": of_kl,
            "∇ JS(p_data, p_g)": of_js,
            r"\nabla_\theta \mathrm{E}_{z \sim p_z}[-\log D^*_{\theta_0}(G_\theta(z))] "
            r"\Bigr|_{\theta = \theta_0}": frozen,
            r"\nabla_\theta \mathrm{KL}(p_\theta \,\|\, p_{\mathrm{data}}) "
            r"\Bigr|_{\theta = \theta_0}": of_kl,
            r"\nabla_\theta \mathrm{JS}(p_{\mathrm{data}}, p_\theta) "
            r"\Bigr|_{\theta = \theta_0}": of_js,
        }


@optimal_gradient.control("JS is taken once", of=frozen_slope_against_the_divergences, miss=0.198)
def one_js(rng):
    for theta in (1.1, *rng.uniform(-2, 2, 2)):
        yield abs(frozen_slope(theta) - (kl_slope(theta) - js_slope(theta)))


non_saturating_divergence = Claim(
    id="A-SAT-13",
    alias="non-saturating-divergence",
    title="at D* the non-saturating game descends 2 KL(½(p_data + p_g) ‖ p_data), not a JS",
    statement="With D frozen at the optimum the gradient of E[-log D*(G)] is that of "
    "2 KL(½(p_data + p_g) || p_data) = KL(p_g || p_data) - 2 JS(p_data, p_g), as in A-SAT-09. This "
    "is the f-divergence int p_g f(p_data/p_g) dx with f(u) = (1 + u) log((1 + u)/(2 u)) and "
    "f''(u) = 1/(u^2 (1 + u)): a softened reverse KL, whose own f''(u) is 1/u^2. So whatever it "
    "rewards in JS, it is never negative, and 0 only at p_g = p_data.",
    formula=r"\mathrm{KL}(p_g \,\|\, p_{\mathrm{data}}) - 2\, \mathrm{JS}(p_{\mathrm{data}}, p_g) "
    r"= 2\, \mathrm{KL}\bigl( \tfrac{1}{2}(p_{\mathrm{data}} + p_g) \,\|\, p_{\mathrm{data}} "
    r"\bigr), \quad f''(u) = \frac{1}{u^2 (1 + u)}",
    assumptions=(
        "D is exactly optimal at theta_0",
        "p_theta is differentiable in theta, under the integral",
    ),
    sources=(
        "Shannon et al. 2020, Non-saturating GAN Training as Divergence Minimization "
        "(the softened reverse KL; cited from memory)",
        "Arjovsky and Bottou 2017, Theorem 2.5",
    ),
)


def generating_function(u):
    """The f of the divergence int p_g f(p_data/p_g) dx."""
    import sympy as sp

    return (1 + u) * sp.log((1 + u) / (2 * u))


@non_saturating_divergence.symbolic(scope=AS_STATED)
def non_saturating_divergence_proof():
    import sympy as sp

    p, q, u = sp.symbols("p q u", positive=True)
    whole = softened_reverse_kl(p, q)
    middle = (p + q) / 2
    yield (
        "the integrand of 2 KL(M || p), M = (p + q)/2, is (p + q) log((p + q)/(2p))",
        (2 * middle * sp.log(middle / p) - whole),
    )
    yield (
        "its slope in q and the frozen loss differ by a constant, and int q' dx = 0",
        (_constant(sp.diff(whole, q) - _frozen(p, q), p, q)),
    )
    yield (
        "it is the integrand of KL(q || p) - 2 JS, at every point",
        (sp.simplify(sp.expand_log(_reverse_kl(p, q) - _twice_js(p, q) - whole, force=True))),
    )
    f = generating_function(u)
    yield "and q f(p/q)", sp.simplify(sp.expand_log(q * f.subs(u, p / q) - whole, force=True))
    curvature = sp.diff(f, u, 2)
    yield (
        "f'' = 1/(u^2 (1 + u)), positive: f is convex",
        (sp.simplify(curvature - 1 / (u**2 * (1 + u)))),
    )
    yield "f(1) = 0", f.subs(u, 1)
    yield (
        "the reverse KL, q log(q/p), has f = -log u, f'' = 1/u^2",
        (sp.diff(-sp.log(u), u, 2) - 1 / u**2),
    )
    t = sp.Symbol("t", positive=True)  # p/M
    gap = t - 1 - sp.log(t)
    yield (
        "2 M log(M/p) = 2 M (t - 1 - log t) + 2 (M - p) with t = p/M, and int (M - p) dx = 0",
        (
            sp.simplify(
                sp.expand_log(
                    whole - 2 * middle * gap.subs(t, p / middle) - 2 * (middle - p), force=True
                )
            )
        ),
    )
    yield "t - 1 - log t is 0 and flat at t = 1 ...", sp.Matrix([gap, sp.diff(gap, t)]).subs(t, 1)
    yield "... and strictly convex: positive unless p = M, that is p = q", sp.diff(gap, t, 2) > 0
    yield "p = M says p = q", sp.solve(p - middle, q)[0] - p


def _divergence_slope(theta: float) -> float:
    """The slope of 2 KL(M || p_data) in theta."""
    return _slope(lambda m: 2 * kl(_middle(m), _data()), theta)


def _pairs(rng: np.random.Generator):
    """Random laws on six points, and one pair of equal ones."""
    for _instance in range(20):
        yield rng.dirichlet(np.full(6, 10 ** rng.uniform(-0.5, 1)), 2)
    same = rng.dirichlet(np.ones(6))
    yield same, same


def _by_generating_function(p, q) -> float:
    """int p_g f(p_data/p_g) dx on points, the expression as numpy evaluates it."""
    import sympy as sp

    u = sp.Symbol("u", positive=True)
    return float(np.sum(q * sp.lambdify(u, generating_function(u), "numpy")(p / q)))


@non_saturating_divergence.numerical(tolerance=1e-6, description="slopes of N(theta, 1.3^2)")
def frozen_slope_against_one_divergence(rng):
    for theta in (1.1, *rng.uniform(-2, 2, 2)):
        yield abs(frozen_slope(theta) - _divergence_slope(theta))


@non_saturating_divergence.numerical(tolerance=1e-12, description="three forms, random laws")
def three_forms(rng):
    for p, q in _pairs(rng):
        whole = 2 * kl((p + q) / 2, p)
        yield abs(kl(q, p) - 2 * js(p, q) - whole)
        yield abs(_by_generating_function(p, q) - whole)


def _curvature(u: float) -> float:
    """f''(u) by a central difference with 50 digits."""
    import mpmath
    import sympy as sp

    v = sp.Symbol("u", positive=True)
    f = sp.lambdify(v, generating_function(v), "mpmath")
    with mpmath.workdps(50):
        return float(mpmath.diff(f, mpmath.mpf(u), 2))


@non_saturating_divergence.meaning(tolerance=1e-9)
def non_saturating_divergence_in_words(rng):
    slope = abs(frozen_slope(1.1) - _divergence_slope(1.1)) < 1e-6
    pairs = list(_pairs(rng))
    positive = all(kl((p + q) / 2, p) > 0 for p, q in pairs[:-1])
    zero = abs(kl((pairs[-1][0] + pairs[-1][1]) / 2, pairs[-1][0])) < 1e-15
    for (p, q), u in zip(pairs, rng.uniform(0.1, 5, len(pairs)), strict=True):
        both = 2 * kl((p + q) / 2, p)
        yield {
            "A-SAT-09": None,
            "descends 2 KL(½(p_data + p_g) ‖ p_data), not a JS": slope,
            "KL(½(p_data + p_g) || p_data)": both / 2,
            "KL(p_g || p_data)": kl(q, p),
            "JS(p_data, p_g)": js(p, q),
            r"\mathrm{KL}\bigl( \tfrac{1}{2}(p_{\mathrm{data}} + p_g) \,\|\, p_{\mathrm{data}} "
            r"\bigr)": kl((p + q) / 2, p),
            "u": u,
            "f(u)": float(generating_function(u)),
            "f''(u)": _curvature(u),
            "whose own f''(u) is 1/u^2": None,
            "0 only at p_g = p_data": positive and zero,
        }


@non_saturating_divergence.control(
    "the arguments are exchanged: 2 KL(p_data || M)",
    of=frozen_slope_against_one_divergence,
    miss=0.43,
)
def arguments_exchanged(rng):
    for theta in (1.1, *rng.uniform(-2, 2, 2)):
        swapped = _slope(lambda m: 2 * kl(_data(), _middle(m)), theta)
        yield abs(frozen_slope(theta) - swapped)


@non_saturating_divergence.control(
    "the reverse KL, f'' = 1/u^2, not softened", of=frozen_slope_against_one_divergence, miss=0.387
)
def not_softened(rng):
    for theta in (1.1, *rng.uniform(-2, 2, 2)):
        yield abs(frozen_slope(theta) - kl_slope(theta))


@non_saturating_divergence.control("KL(M || p_data), without the 2", of=three_forms, miss=1.87)
def without_the_two(rng):
    for p, q in list(_pairs(rng))[:-1]:
        yield abs(kl(q, p) - 2 * js(p, q) - kl((p + q) / 2, p))


# What a sample at the generator's centre gets at mu = 10, printed to three digits.
_FAR, _SATURATED, _NOT_SATURATED = 10, "1.93e-21", "10"

closed_form = Claim(
    id="A-SAT-10",
    alias="gaussian-saturation",
    title="N(0, 1) vs N(μ, 1) at x = μ: |d/dx log(1 − D*)| = μ σ(−μ²/2), against μ σ(μ²/2)",
    statement="For p_data = N(0, 1), p_g = N(μ, 1) and D optimal, a*(x) = (μ^2 - 2 μ x)/2. At "
    "x = μ the saturating gradient in x has size |d/dx log(1 - D*)| = μ σ(-μ^2/2), the "
    "non-saturating one |d/dx log D*| = μ (1 - σ(-μ^2/2)): "
    f"{_SATURATED} against {_NOT_SATURATED} for μ = {_FAR}.",
    formula=r"a^*(x) = \frac{\mu^2}{2} - \mu x, \quad \left| \frac{d}{dx} \log(1 - D^*) "
    r"\right|_{x = \mu} = \mu\,\sigma\Bigl( -\frac{\mu^2}{2} \Bigr), \quad \left| \frac{d}{dx} "
    r"\log D^* \right|_{x = \mu} = \mu \Bigl( 1 - \sigma\Bigl( -\frac{\mu^2}{2} \Bigr) \Bigr)",
    assumptions=("D is optimal", "μ > 0"),
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
    densities = [sp.exp(-((x - m) ** 2) / 2) / sp.sqrt(2 * sp.pi) for m in (0, mu)]
    a = (mu**2 - 2 * mu * x) / 2
    yield (
        "log p - log q = (μ^2 - 2 μ x)/2",
        (sp.expand(sp.expand_log(sp.log(densities[0]) - sp.log(densities[1]), force=True) - a)),
    )
    yield (
        "D* = p/(p + q) = σ(a*)",
        (sp.simplify(densities[0] / (densities[0] + densities[1]) - sigmoid(a))),
    )
    share = sigmoid(-(mu**2) / 2)
    # What is inside the bars is positive: the sizes are these
    saturating = sp.diff(saturating_loss(a), x).subs(x, mu)
    other = sp.diff(non_saturating_loss(a), x).subs(x, mu)
    yield "saturating: d/dx log(1 - D*) = μ σ(-μ^2/2)", sp.simplify(saturating - mu * share)
    yield "non-saturating: d/dx[-log D*] = μ (1 - σ)", sp.simplify(other - mu * (1 - share))
    yield "both are positive", sp.And(mu * share > 0, mu * (1 / (1 + sp.exp(-(mu**2) / 2))) > 0)
    yield "1 - σ(-t) = σ(t)", sp.simplify(1 - share - sigmoid(mu**2 / 2))


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
def closed_forms_against_differences(rng):
    for mu in (10.0, *rng.uniform(0.2, 10, 10)):
        saturating, other = _gaussian_slopes(mu)
        yield abs(mu * expit(-(mu**2) / 2) / saturating - 1)
        yield abs(mu * expit(mu**2 / 2) / other - 1)
    yield abs(_gaussian_slopes(10.0)[0] / 1.928749848e-21 - 1)


@closed_form.meaning()
def closed_form_in_words(rng):
    far = _gaussian_slopes(_FAR)
    right = (f"{far[0]:.2e}", f"{far[1]:.0f}") == (_SATURATED, _NOT_SATURATED)
    for mu in (0.3, 1.0, 3.0, *rng.uniform(0.2, 4, 3)):
        saturating, other = _gaussian_slopes(mu)
        x = rng.uniform(-2, 4)
        pair = [Mixture.normal([1], [m], [1]) for m in (0.0, mu)]
        logit = float(np.log(pair[0].pdf(x) / pair[1].pdf(x)))
        yield {
            "N(0, 1)": None,
            "N(μ, 1)": None,
            "p_data = N(0, 1), p_g = N(μ, 1)": None,
            "x = μ": None,
            "μ": mu,
            "x": x,
            "a*(x)": logit,
            "a^*(x)": logit,
            "|d/dx log(1 - D*)|": abs(saturating),
            "|d/dx log(1 − D*)| = μ σ(−μ²/2), against μ σ(μ²/2)": bool(
                np.allclose([saturating, other], mu * expit([-(mu**2) / 2, mu**2 / 2]), rtol=1e-9)
            ),
            "|d/dx log D*|": abs(other),
            f"{_SATURATED} against {_NOT_SATURATED} for μ = {_FAR}": right,
            r"\left| \frac{d}{dx} \log(1 - D^*) \right|_{x = \mu}": abs(saturating),
            r"\left| \frac{d}{dx} \log D^* \right|_{x = \mu}": abs(other),
        }


@closed_form.control(
    "the gradient in the logit is taken for that in x, no factor μ",
    of=closed_forms_against_differences,
    miss=0.9,
)
def gradient_in_the_logit(rng):
    for mu in (10.0, *rng.uniform(0.2, 10, 10)):
        saturating, other = _gaussian_slopes(mu)
        yield abs(expit(-(mu**2) / 2) / saturating - 1)
        yield abs(expit(mu**2 / 2) / other - 1)
