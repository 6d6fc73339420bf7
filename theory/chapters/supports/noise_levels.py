"""How much instance noise: two noised uniforms, and the best level (claims A-SUP-11 and 13)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js
from theory.calculators.noise import js_gradient, noised_uniform, noised_uniform_density
from theory.claim import Claim, excess

_LOG4 = 2 * math.log(2)
_NOISE = "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 3"


# C, JS and dC/dθ at θ = 2, as printed.
_PRINTED = ("-0.748239", "0.319028", "0.438319")
_TABLE = np.array([float(number) for number in _PRINTED])

uniforms = Claim(
    id="A-SUP-11",
    alias="noised-uniforms",
    title="U[0, 1] and U[2, 3] with N(0, 1) noise: JS = 0.319 and dC/dθ = 0.438, no longer 0",
    statement="Data on U[0, 1] and samples on U[theta, theta + 1] at theta = 2 are disjoint: "
    f"JS = log 2, and no gradient. With N(0, 1) noise on both C = {_PRINTED[0]}, "
    f"JS = {_PRINTED[1]} and dC/dtheta = {_PRINTED[2]}; a trained discriminator finds these "
    "numbers.",
    formula=rf"C = 2\,\mathrm{{JS}}(p * n, p_\theta * n) - \log 4 = {_PRINTED[0]},\quad "
    rf"\frac{{dC}}{{d\theta}} = {_PRINTED[2]}\quad(\theta = 2)",
    assumptions=("Gaussian noise, s = 1, on both inputs of D",),
    sources=(_NOISE, "001_5040f14b49cef5aa.txt:44"),
    test="tests/collapse/test_collapse_and_critics.py::test_noised_uniforms_restore_the_gradient",
    no_proof="the integrals have no closed form",
)


def _at_two(std: float) -> np.ndarray:
    """C, JS and dC/dθ (the formula of A-SUP-08) at θ = 2, by scipy's quadrature."""
    from scipy.integrate import quad

    def parts(x):
        p, q = (float(noised_uniform_density(x, low, std)) for low in (0, 2))
        ends = [math.exp(-(((x - end) / std) ** 2) / 2) for end in (3.0, 2.0)]
        tilt = (ends[0] - ends[1]) / (std * math.sqrt(2 * math.pi))  # d q_theta/d theta
        return p, q, tilt

    def game(x):
        p, q, _tilt = parts(x)
        return p * math.log(p / (p + q)) + q * math.log(q / (p + q))

    def slope(x):
        p, q, tilt = parts(x)
        return tilt * math.log(2 * q / (p + q))

    edge = 9 * std
    c, dc = (
        quad(f, -edge, 3 + edge, points=[0, 1, 2, 3], epsabs=1e-10, limit=200)[0]
        for f in (game, slope)
    )
    return np.array([c, (c + _LOG4) / 2, dc])


# Six decimals are printed.
@uniforms.numerical(tolerance=5e-7, description="C, JS and dC/dtheta by quadrature")
def by_quadrature():
    yield from np.abs(_at_two(1.0) - _TABLE)


@uniforms.numerical(tolerance=5e-7, description="as mixtures of normal laws, by differences of JS")
def by_differences():
    data, h = noised_uniform(0, 1.0), 0.02
    distance = {k: js(data, noised_uniform(2 + k * h, 1.0)) for k in (-2, -1, 0, 1, 2)}
    slope = 8 * (distance[1] - distance[-1]) - (distance[2] - distance[-2])
    yield from np.abs(
        np.array([2 * distance[0] - _LOG4, distance[0], 2 * slope / (12 * h)]) - _TABLE
    )


@uniforms.sampling()
def uniforms_by_sampling(rng):
    n = 200_000
    real, fake = (
        rng.uniform(0, 1, n) + rng.normal(0, 1, n),
        rng.uniform(2, 3, n) + rng.normal(0, 1, n),
    )
    gains = np.zeros(n)
    for x, own in ((real, 0), (fake, 2)):
        p, q = noised_uniform_density(x, 0, 1.0), noised_uniform_density(x, 2, 1.0)
        gains += np.log((p if own == 0 else q) / (p + q))
    yield (gains.mean() - _TABLE[0]) / (gains.std() / math.sqrt(n))


@uniforms.meaning()
def uniforms_in_words():
    from scipy import stats

    without = [js(stats.uniform(0, 1), stats.uniform(t, 1)) for t in (1.9, 2.0, 2.1)]
    c, distance, slope = _at_two(1.0)
    yield {
        "U[0, 1]": None,
        "U[0, 1] and U[2, 3] with N(0, 1) noise": None,
        "U[theta, theta + 1]": None,
        "N(0, 1)": None,
        "JS = log 2, and no gradient": bool(np.ptp([*without, math.log(2)]) < 1e-12),
        "no longer 0": slope > 0,
        "theta": 2,
        "C": c,
        "JS": distance,
        "dC/dtheta": slope,
        r"\mathrm{JS}(p * n, p_\theta * n)": distance,
        r"\frac{dC}{d\theta}": slope,
    }


@uniforms.control("next to no noise: C is 0 and its gradient is gone", of=by_quadrature, miss=0.748)
def next_to_no_noise():
    yield from np.abs(_at_two(0.08) - _TABLE)


@uniforms.control("the noise is a fiftieth stronger, s = 1.02", of=by_quadrature, miss=0.0159)
def slightly_more_noise():
    yield from np.abs(_at_two(1.02) - _TABLE)


# The best theta/s, and theta times the gradient there, as printed.
_BEST_RATIO, _BEST_GRADIENT = "2.456", "0.4795"
_AT_TEN = "for theta = 10 about s = 4 with 0.0479"

best = Claim(
    id="A-SUP-13",
    alias="best-noise-level",
    title="There is a best noise level: s* ≈ θ/2.46, with too little and too much both useless",
    statement="For point masses at a distance theta under Gaussian noise "
    "0 < dJS/dtheta <= theta/(4 s^2) exp(-theta^2/(8 s^2)): it goes to 0 with s, and like "
    "theta/(4 s^2) when s is large. In between it has its largest value, "
    f"g* = {_BEST_GRADIENT}/theta, at s* = theta/{_BEST_RATIO}: {_AT_TEN}. The nearer G comes, the "
    "less noise is best, which is why noise is annealed.",
    formula=r"0 < \frac{d\,\mathrm{JS}}{d\theta} \le \frac{\theta}{4 s^2}\, e^{-\theta^2/(8 s^2)},"
    r"\quad \lim_{s \to 0} \frac{d\,\mathrm{JS}}{d\theta} = 0,\quad "
    r"\lim_{s \to \infty} \frac{d\,\mathrm{JS}}{d\theta} = 0,\quad "
    rf"s^* = \frac{{\theta}}{{{_BEST_RATIO}}}",
    assumptions=("Gaussian noise on point masses", "theta > 0"),
    sources=(
        _NOISE,
        "Roth et al. 2017, Stabilizing Training of GANs through Regularization (annealed noise)",
        "001_5040f14b49cef5aa.txt:44",
    ),
)


@best.symbolic(
    scope="the bound, both limits, and that there is a best theta/s, the same for every theta"
)
def best_proof():
    import sympy as sp

    z, a = sp.symbols("z a", real=True)
    r, s, theta = sp.symbols("r s theta", positive=True)
    share = sp.Function("h")(r)  # E[D*], which depends on r = theta/s only (A-SUP-07)
    yield (
        "the gradient theta h/(2 s^2) is (r^2 h/2)/theta: the best r does not depend on theta",
        sp.simplify((theta / (2 * s**2) * share).subs(s, theta / r) - r**2 / 2 * share / theta),
    )
    sigma = 1 / (1 + sp.exp(a))  # D* where the logit is -a
    yield (
        "D* = e^(-a/2)/(2 cosh(a/2))",
        sp.simplify((sigma - sp.exp(-a / 2) / (2 * sp.cosh(a / 2))).rewrite(sp.exp)),
    )
    yield (
        "cosh(a/2) - 1 = (e^(a/4) - e^(-a/4))^2/2 >= 0, so D* <= e^(-a/2)/2",
        sp.expand(
            ((sp.exp(a / 4) - sp.exp(-a / 4)) ** 2 / 2) - (sp.cosh(a / 2) - 1).rewrite(sp.exp)
        ),
    )
    logit = r * z + r**2 / 2  # at x = theta + s z
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    bound = sp.integrate(
        sp.expand(normal * sp.exp(-logit / 2) / 2, power_exp=True), (z, -sp.oo, sp.oo)
    )
    yield "its mean: E[D*] <= e^(-r^2/8)/2", sp.simplify(bound - sp.exp(-(r**2) / 8) / 2)
    above = theta / (4 * s**2) * sp.exp(-(theta**2) / (8 * s**2))
    yield (
        "so the gradient is at most theta e^(-theta^2/(8 s^2))/(4 s^2)",
        sp.simplify(theta / (2 * s**2) * bound.subs(r, theta / s) - above),
    )
    k = sp.Symbol("k", positive=True)  # 1/s^2
    yield "which goes to 0 with s: too little noise", sp.limit(k * sp.exp(-k), k, sp.oo)
    yield "and with 1/s^2: too much noise", sp.limit(above, s, sp.oo)
    yield (
        "there D* = 1/2, and the gradient is theta/(4 s^2)",
        (theta / (2 * s**2) * sigma.subs(a, 0) - theta / (4 * s**2)),
    )
    yield "in between it is positive, so it has a largest value", sigma > 0


def _best_on_grid(gradient) -> float:
    """The s of the grid 1, 1.25, ..., 20 where the gradient, a function of s, is largest."""
    grid = np.arange(1, 20.01, 0.25)
    return float(grid[gradient(grid).argmax()])


def _best_level(theta: float) -> float:
    """The best s of all: from the grid of theta/s, refined between its best point's neighbours."""
    from scipy.optimize import minimize_scalar

    ratios = np.linspace(0.05, 30, 600)
    top = int(js_gradient(theta, theta / ratios).argmax())
    found = minimize_scalar(
        lambda s: -float(js_gradient(theta, s)),
        bounds=(theta / ratios[top + 1], theta / ratios[top - 1]),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.x)


# The tolerance is the grid's step.
@best.numerical(tolerance=0.25, description="the best level for theta = 10, on a grid and off it")
def best_level_at_ten():
    yield abs(_best_on_grid(lambda s: js_gradient(10.0, s)) - 4)
    yield abs(_best_level(10.0) - 4)


# Printed to three and four decimals.
@best.numerical(tolerance=5e-4, description="theta over the best level, for four distances")
def best_ratio():
    for theta in (0.3, 5.0, 10.0, 20.0):
        yield abs(theta / _best_level(theta) - float(_BEST_RATIO))


@best.numerical(tolerance=5e-5, description="theta times the largest gradient; differences of JS")
def largest_gradient():
    from scipy import stats

    for theta in (0.3, 5.0, 10.0, 20.0):
        s = _best_level(theta)
        yield abs(theta * float(js_gradient(theta, s)) - float(_BEST_GRADIENT))
        high, low = (js(stats.norm(0, s), stats.norm(t * theta, s)) for t in (1.001, 0.999))
        yield abs((high - low) / 0.002 - float(_BEST_GRADIENT))


@best.numerical(tolerance=1e-12, description="the bound, near and far; what is left at the ends")
def bound_and_ends():
    s = np.array([0.5, 1.0, 2.0, 5.0, 50.0])
    yield from excess(js_gradient(10, s), _bound(10, s))
    yield float(js_gradient(10, 0.5))  # less than the bound there, e^-50


def _bound(theta, s):
    """theta/(4 s^2) e^(-theta^2/(8 s^2)), which the gradient never exceeds."""
    return theta / (4 * s**2) * np.exp(-(theta**2) / (8 * s**2))


@best.meaning()
def best_in_words():
    about = round(_best_level(10.0))
    printed = f"{float(js_gradient(10, about)):.4f}"
    ends = [float(js_gradient(1, s)) for s in (0.02, 1e4)]
    for theta, s in ((1.0, 0.3), (1.0, 1.0), (2.0, 50.0), (10.0, 4.0)):
        star = _best_level(theta)
        found = float(js_gradient(theta, s))
        yield {
            "s*": star,
            "s^*": star,
            "theta": theta,
            "s": s,
            "dJS/dtheta": found,
            "goes to 0 with s": ends[0] < 1e-12,
            "like theta/(4 s^2) when s is large": abs(ends[1] * 4e8 - 1) < 1e-4,
            "g*": float(js_gradient(theta, star)),
            _AT_TEN: f"for theta = 10 about s = {about} with {printed}" == _AT_TEN,
            r"\frac{d\,\mathrm{JS}}{d\theta}": found,
            r"\lim_{s \to 0} \frac{d\,\mathrm{JS}}{d\theta} = 0": ends[0] < 1e-12,
            r"\lim_{s \to \infty} \frac{d\,\mathrm{JS}}{d\theta} = 0": ends[1] < 1e-8,
        }


@best.control(
    "the level that is best for theta = 10 is kept when theta = 5", of=best_level_at_ten, miss=2
)
def level_kept():
    yield abs(_best_on_grid(lambda s: js_gradient(5.0, s)) - 4)
    yield abs(_best_level(5.0) - 4)


@best.control(
    "uniform noise of the same spread: best just before the supports part",
    of=best_level_at_ten,
    miss=1,
)
def uniform_noise():
    def gradient(s):  # log 2/w while theta = 10 is within the width w (A-SUP-09), else 0
        width = s * math.sqrt(12)
        return np.where(width > 10, math.log(2) / width, 0.0)

    yield abs(_best_on_grid(gradient) - 4)


@best.control(
    "the bound's maximum is taken for the gradient's: s = theta/sqrt(8)", of=best_ratio, miss=0.372
)
def where_the_bound_is_largest():
    from scipy.optimize import minimize_scalar

    for theta in (0.3, 5.0, 10.0, 20.0):
        top = minimize_scalar(
            lambda s, theta=theta: -_bound(theta, s), bounds=(theta / 9, theta), method="bounded"
        )
        yield abs(theta / top.x - float(_BEST_RATIO))
