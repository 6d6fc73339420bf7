"""The best level of instance noise (claim A-SUP-13)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js
from theory.calculators.noise import js_gradient
from theory.claim import AS_STATED, Claim, excess, rounds_to

_NOISE = "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 3"

# The best theta/s, and theta times the gradient there, as printed.
_BEST_RATIO, _BEST_GRADIENT = "2.456", "0.4795"
_AT_TEN_NUMBERS = (10, "4", "0.0479")  # theta, the best s, and the gradient there
_AT_TEN = "for theta = {} about s = {} with {}".format(*_AT_TEN_NUMBERS)

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


@best.symbolic(scope=AS_STATED)
def best_proof():
    import sympy as sp

    y = sp.Symbol("y", real=True)
    r, s, theta = sp.symbols("r s theta", positive=True)
    share = sp.Function("h")(r)  # E[D*], which depends on r = theta/s only (A-SUP-07)
    yield (
        "the gradient theta h/(2 s^2) is (r^2 h/2)/theta: the best r does not depend on theta",
        sp.simplify((theta / (2 * s**2) * share).subs(s, theta / r) - r**2 / 2 * share / theta),
    )
    # x = theta/2 + s y, from the middle: samples of G have y ~ N(r/2, 1), and D* = σ(-r y)
    normal = sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi)
    even = 1 / sp.cosh(r * y / 2)
    yield (
        "h = (1/2) e^(-r^2/8) K, K the mean of 1/cosh(r y/2) over N(0, 1)",
        sp.simplify(
            (
                normal.subs(y, y - r / 2) / (1 + sp.exp(r * y)) / normal
                - sp.exp(-(r**2) / 8) * even / 2
            ).rewrite(sp.exp)
        ),
    )
    whole = sp.Function("K")(r)
    gradient = theta / (2 * s**2) * sp.exp(-(r**2) / 8) / 2 * whole
    above = theta / (4 * s**2) * sp.exp(-(theta**2) / (8 * s**2))
    yield (
        "so the gradient is theta/(4 s^2) e^(-theta^2/(8 s^2)) K",
        gradient.subs(r, theta / s) - above * whole.subs(r, theta / s),
    )
    yield (
        "0 < K <= 1, as cosh a - 1 = (e^(a/2) - e^(-a/2))^2/2 >= 0: the bound",
        sp.expand((sp.exp(y / 2) - sp.exp(-y / 2)) ** 2 / 2 - (sp.cosh(y) - 1).rewrite(sp.exp)),
    )
    k = sp.Symbol("k", positive=True)  # 1/s^2
    yield "which goes to 0 with s: too little noise", sp.limit(k * sp.exp(-k), k, sp.oo)
    yield "and with 1/s^2: too much noise", sp.limit(above, s, sp.oo)
    yield "where K goes to 1: the gradient is like theta/(4 s^2)", even.subs(r, 0) - 1
    rises = 2 / r - r / 4 + sp.diff(whole, r) / whole
    yield (
        "the slope of log(r^2 h/2) is F = 2/r - r/4 + K'/K",
        sp.simplify(sp.diff(sp.log(r**2 / 4 * sp.exp(-(r**2) / 8) * whole), r) - rises),
    )
    yield (
        "F' is -2/r^2 - 1/4 + K''/K - (K'/K)^2",
        sp.simplify(
            sp.diff(rises, r)
            - (-2 / r**2 - sp.Rational(1, 4))
            - sp.diff(whole, r, 2) / whole
            + (sp.diff(whole, r) / whole) ** 2
        ),
    )
    yield (
        "K'' is the mean of (y^2/4)/cosh less (y^2/2)/cosh^3, so at most of (y^2/4)/cosh",
        sp.simplify((sp.diff(even, r, 2) - y**2 / 4 * even + y**2 / 2 * even**3).rewrite(sp.exp)),
    )
    t = sp.Symbol("t", positive=True)
    yield (
        "1/cosh falls with |y|, so (y^2 - 1) (1/cosh(r y/2) - 1/cosh(r/2)) <= 0",
        (-sp.diff(1 / sp.cosh(r * t / 2), t) > 0),
    )
    yield (
        "in the mean, E[y^2] being 1: E[y^2/cosh] <= E[1/cosh] = K, and K''/K <= 1/4",
        sp.integrate(y**2 * normal, (y, -sp.oo, sp.oo)) - 1,
    )
    yield (
        "so F' <= -2/r^2 - 1/4 + 1/4 < 0: F has one zero at most, and r^2 h/2 one maximum",
        -2 / r**2 - sp.Rational(1, 4) + sp.Rational(1, 4) < 0,
    )
    yield "and it has one, positive in between ...", r**2 / 4 * even > 0
    top = r**2 / 4 * sp.exp(-(r**2) / 8)  # with 0 < K <= 1
    yield "... and 0 at both ends", sp.Matrix([sp.limit(top, r, 0), sp.limit(top, r, sp.oo)])
    yield from _decimal_steps()


def _decimal_steps():
    """The decimals, by balls that are proved to hold the numbers: the proof's last steps."""
    import flint

    with flint.ctx.workprec(128):
        ratio, gradient = _certified_best()
        yield (
            "F > 0 at 2.4560 and F < 0 at 2.4564: the zero rounds to it",
            rounds_to(ratio, _BEST_RATIO),
        )
        yield "r^2 h/2 there, by F at both: g* theta", rounds_to(gradient, _BEST_GRADIENT)
        ten, about, printed = _AT_TEN_NUMBERS
        yield "at theta = 10 the best s rounds to 4", rounds_to(ten / ratio, about)
        _slope, height = slope_and_height(flint.arb(ten) / flint.arb(about))
        yield "and the gradient at s = 4 to this", rounds_to(height / ten, printed)


def slope_and_height(r):
    """Balls that hold F(r) = 2/r - r/4 + K'/K, and r^2 h/2, at the ball r."""
    import flint

    def mean(f):
        """E f(y) over N(0, 1), for |f| <= |y| + 1: beyond 13 less than 1e-36 is left."""
        root = (2 * flint.arb.pi()).sqrt()
        inside = flint.acb.integral(lambda y, _: f(y) * (-y * y / 2).exp() / root, -13, 13)
        return inside.real + flint.arb(0, 1e-36)

    def slope(y):
        return -y / 2 * (r * y / 2).sinh() / (r * y / 2).cosh() ** 2

    k = mean(lambda y: 1 / (r * y / 2).cosh())
    return 2 / r - r / 4 + mean(slope) / k, r * r / 4 * (-r * r / 8).exp() * k


def _certified_best():
    """Balls that hold the best theta/s, and theta times the gradient there.

    F falls (see the proof), so its zero lies between two points with a sign change; and the
    logarithm of r^2 h/2 varies there by less than |F| times the way.
    """
    import flint

    low, high = flint.arb("2.4560"), flint.arb("2.4564")
    (rising, least), (falling, _height) = slope_and_height(low), slope_and_height(high)
    if not (rising > 0 and falling < 0):
        raise ArithmeticError("F does not change its sign there")
    way = high - low
    yield low.union(high)
    yield least * flint.arb(0, (rising * way).abs_upper()).exp()


@best.certified(tolerance=5e-4, description="the best theta/s")
def certified_ratio():
    import flint

    with flint.ctx.workprec(128):
        ratio, _gradient = _certified_best()
        yield ratio - flint.arb(_BEST_RATIO)


@best.certified(tolerance=5e-5, description="theta times the largest gradient")
def certified_gradient():
    import flint

    with flint.ctx.workprec(128):
        _ratio, gradient = _certified_best()
        yield gradient - flint.arb(_BEST_GRADIENT)


@best.control("the last decimal of the ratio is one more", of=certified_ratio, miss=0.0006)
def last_decimal_of_the_ratio():
    import flint

    with flint.ctx.workprec(128):
        ratio, _gradient = _certified_best()
        yield ratio - flint.arb(_BEST_RATIO) - flint.arb("0.001")


@best.control("the last decimal of the gradient is one less", of=certified_gradient, miss=0.000116)
def last_decimal_of_the_gradient():
    import flint

    with flint.ctx.workprec(128):
        _ratio, gradient = _certified_best()
        yield gradient - flint.arb(_BEST_GRADIENT) + flint.arb("0.0001")


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
