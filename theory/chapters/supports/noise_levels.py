"""How much instance noise: two noised uniforms, why the optimum stays, and the best level (claims
A-SUP-11 to 13)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js
from theory.calculators.noise import js_gradient, noised_uniform, noised_uniform_density
from theory.claim import AS_STATED, Claim

_LOG4 = 2 * math.log(2)
_NOISE = "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 3"


uniforms = Claim(
    id="A-SUP-11",
    alias="noised-uniforms",
    title="U[0, 1] and U[2, 3] with N(0, 1) noise: JS = 0.319, dC/dθ = 0.438, not 0",
    statement="Data on U[0, 1] and samples on U[theta, theta + 1] at theta = 2 are disjoint: "
    "JS = log 2, and no gradient. With N(0, 1) noise on both C = -0.748239, JS = 0.319028 and "
    "dC/dtheta = 0.438319; a trained discriminator finds these numbers.",
    formula=r"C = 2\,\mathrm{JS}(p * n, p_\theta * n) - \log 4 = -0.748239,\quad \frac{dC}{d\theta}"
    r" = 0.438319\quad(\theta = 2)",
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


_TABLE = np.array([-0.748239, 0.319028, 0.438319])


@uniforms.numerical(tolerance=1e-6, description="C, JS and dC/dtheta by quadrature")
def c_js_and_dc_dtheta_by_quadrature():
    yield np.abs(_at_two(1.0) - _TABLE)


@uniforms.numerical(tolerance=1e-6, description="as mixtures of normal laws, by differences of JS")
def as_mixtures_of_normal_laws_by_differences_of_js():
    data, h = noised_uniform(0, 1.0), 0.02
    distance = {k: js(data, noised_uniform(2 + k * h, 1.0)) for k in (-2, -1, 0, 1, 2)}
    slope = 8 * (distance[1] - distance[-1]) - (distance[2] - distance[-2])
    yield np.abs(np.array([2 * distance[0] - _LOG4, distance[0], 2 * slope / (12 * h)]) - _TABLE)


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


@uniforms.control(
    "next to no noise: C is 0 and its gradient is gone",
    of=c_js_and_dc_dtheta_by_quadrature,
    miss=0.748,
)
def next_to_no_noise_c_is_0_and_its_gradient_is_gone():
    yield np.abs(_at_two(0.08) - _TABLE)


@uniforms.control(
    "the noise is of standard deviation 2", of=c_js_and_dc_dtheta_by_quadrature, miss=0.419
)
def the_noise_is_of_standard_deviation_2():
    yield np.abs(_at_two(2.0) - _TABLE)


optimum = Claim(
    id="A-SUP-12",
    alias="gaussian-noise-keeps-the-optimum",
    title="Gaussian noise keeps the optimum: p ∗ n = q ∗ n only if p = q",
    statement="With Gaussian noise p * n = q * n implies p = q, since the characteristic function "
    "of n, exp(-s^2 t^2/2), is nowhere 0 and can be divided out: the noised game's only optimum is "
    "still p_g = p_data. Noise whose characteristic function is 0 over a whole interval, or at one "
    "frequency of a circle, has other optima as well.",
    formula=r"\varphi_{p * n} = \varphi_p\, \varphi_n,\quad \varphi_n(t) = e^{-s^2 t^2/2} > 0 "
    r"\;\Rightarrow\; \left(p * n = q * n \Rightarrow p = q\right)",
    assumptions=("Gaussian noise, or any whose characteristic function is nowhere 0",),
    sources=(
        "Feller 1971, An Introduction to Probability Theory II, chapter XV "
        "(uniqueness, and two laws whose characteristic functions agree on an interval)",
        _NOISE,
        "001_5040f14b49cef5aa.txt:44",
    ),
)


@optimum.symbolic(scope=AS_STATED)
def optimum_proof():
    import sympy as sp

    x, t, v = sp.symbols("x t v", real=True)
    s = sp.Symbol("s", positive=True)
    # Independent X and N: E exp(it(X + N)) = E exp(itX) E exp(itN), inside the double integral
    yield (
        "exp(it(x + v)) = exp(itx) exp(itv): the two characteristic functions multiply",
        (
            sp.expand(sp.exp(sp.I * t * (x + v)), power_exp=True)
            - sp.exp(sp.I * t * x) * sp.exp(sp.I * t * v)
        ),
    )
    noise = sp.exp(-(x**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    # exp(itx) = cos tx + i sin tx; the sine is odd
    transform = sp.integrate(noise * sp.cos(t * x), (x, -sp.oo, sp.oo))
    yield (
        "that of N(0, s^2) is exp(-s^2 t^2/2)",
        sp.simplify(transform - sp.exp(-(s**2) * t**2 / 2)),
    )
    yield (
        "its imaginary part is the integral of an odd function",
        (noise * sp.sin(t * x) + (noise * sp.sin(t * x)).subs(x, -x)),
    )
    yield "it is positive at every t", sp.exp(-(s**2) * t**2 / 2) > 0
    a, b = sp.Function("a")(t), sp.Function("b")(t)  # the characteristic functions of p and q
    noised = sp.exp(-(s**2) * t**2 / 2)
    yield (
        "so a exp(-s^2 t^2/2) = b exp(-s^2 t^2/2) has the solution a = b only: p and q have the "
        "same characteristic function, and are the same law",
        sp.solve(a * noised - b * noised, a)[0] - b,
    )


_CELLS = 32


def _circle(noise: str) -> np.ndarray:
    """The law of the noise on a circle of 32 points."""
    step = np.arange(_CELLS)
    if noise == "uniform":  # on half the circle: its transform is 0 at every even frequency
        return np.where(step < _CELLS // 2, 2 / _CELLS, 0.0)
    wrapped = sum(np.exp(-((step + k * _CELLS) ** 2) / (2 * 1.5**2)) for k in range(-4, 5))
    return wrapped / wrapped.sum()


def _recovery_errors(rng, noise: str):
    """How far p is from what can be got back from p ∗ n by dividing transforms."""
    transform = np.fft.fft(_circle(noise))
    divisible = np.abs(transform) > 1e-13
    for p in rng.dirichlet(np.ones(_CELLS), 20):
        noised = np.fft.fft(p) * transform
        back = np.divide(noised, transform, out=np.zeros_like(noised), where=divisible)
        yield np.abs(np.fft.ifft(back).real - p)


@optimum.numerical(tolerance=1e-9, description="p is got back from p * n, 20 laws on a circle")
def p_is_got_back_from_p_n_20_laws_on_a_circle(rng):
    yield float(not (np.abs(np.fft.fft(_circle("gaussian"))) > 1e-12).all())
    yield from _recovery_errors(rng, "gaussian")


def _same(p, q) -> float:
    """1 if JS takes the two laws for one, else 0."""
    return float(js(p, q) < 1e-9)


@optimum.numerical(tolerance=0, description="different laws stay different: JS of the noised ones")
def different_laws_stay_different_js_of_the_noised():
    from scipy import stats

    for s in (0.5, 1.0, 2.0):
        yield _same(noised_uniform(0, s), stats.norm(0.5, math.sqrt(1 / 12 + s**2)))
    yield _same([*np.roll(_circle("gaussian"), 1)], _circle("gaussian"))


def _merged(noise) -> float:
    """1 if the noise makes one law of two, else 0. Their characteristic functions agree on [-1, 1]:
    the triangle 1 - |t|, which is a density's, and its repetition with period 2, which is that of
    a law on 0 and the odd multiples of pi."""
    x = np.linspace(-8, 8, 20)[:, None]
    odd = np.pi * np.arange(-2001, 2002, 2)
    lattice = noise(x[:, 0]) / 2 + noise(x - odd) @ (2 / odd**2)
    u, width = np.linspace(-3000, 3000, 12_001, retstep=True)
    smooth = noise(x - u) @ _triangle_density(u) * width
    return float(np.abs(lattice - smooth).max() < 1e-6)


def _triangle_density(x):
    """(1 - cos x)/(π x²), whose characteristic function is the triangle 1 - |t| on [-1, 1]."""
    return np.sinc(np.asarray(x) / (2 * np.pi)) ** 2 / (2 * np.pi)


@optimum.numerical(tolerance=0, description="Gaussian noise keeps apart two laws alike on [-1, 1]")
def gaussian_noise_keeps_apart_two_laws_alike_on_1_1():
    yield _merged(lambda x: np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))


@optimum.control(
    "noise whose characteristic function is 0 beyond 1",
    of=gaussian_noise_keeps_apart_two_laws_alike_on_1_1,
    miss=1,
)
def noise_whose_characteristic_function_is_0_beyond():
    yield _merged(_triangle_density)


@optimum.control(
    "noise on half of the circle", of=gaussian_noise_keeps_apart_two_laws_alike_on_1_1, miss=0.105
)
def noise_on_half_of_the_circle(rng):
    yield from _recovery_errors(rng, "uniform")


@optimum.control(
    "even and odd points, noised over half of the circle",
    of=gaussian_noise_keeps_apart_two_laws_alike_on_1_1,
    miss=1,
)
def even_and_odd_points_noised_over_half():
    even = np.arange(_CELLS) % 2 == 0
    noise = np.fft.fft(_circle("uniform"))
    noised = [np.fft.ifft(np.fft.fft(p / p.sum()) * noise).real for p in (even, ~even)]
    yield _same(*noised)


best = Claim(
    id="A-SUP-13",
    alias="best-noise-level",
    title="There is a best noise level: s ≈ θ/2.46, with too little and too much both useless",
    statement="For point masses at a distance theta under Gaussian noise the gradient dJS/dtheta "
    "is at most theta/(4 s^2) exp(-theta^2/(8 s^2)): it goes to 0 with s, and like theta/(4 s^2) "
    "when s is large. In between it has its largest value, 0.4795/theta, at s = theta/2.456: for "
    "theta = 10 about s = 4 with 0.0479. The nearer G comes, the less noise is best, which is why "
    "noise is annealed.",
    formula=r"0 < \frac{d\,\mathrm{JS}}{d\theta} \le \frac{\theta}{4 s^2}\, e^{-\theta^2/(8 s^2)},"
    r"\quad \lim_{s \to 0} = \lim_{s \to \infty} = 0,\quad s^* = \frac{\theta}{2.456}",
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


def _best_levels(theta: float) -> tuple[float, float]:
    """The best s on the grid, and the best s of all."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda s: -float(js_gradient(theta, s)),
        bounds=(theta / 10, theta),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return _best_on_grid(lambda s: js_gradient(theta, s)), float(found.x)


@best.numerical(tolerance=0.25, description="the best level for theta = 10, on a grid and off it")
def the_best_level_for_theta_10_on_a_grid_and_off_it():
    yield np.abs(np.array(_best_levels(10.0)) - 4)


@best.numerical(tolerance=1e-4, description="values at and about the maximum; its ratio; limits")
def values_at_and_about_the_maximum_its_ratio_limits():
    from scipy import stats

    yield abs(float(js_gradient(10, 4)) - 0.0479)
    for theta in (5.0, 10.0, 20.0):
        s = _best_levels(theta)[1]
        yield abs(theta / s - 2.4563)
        yield abs(theta * float(js_gradient(theta, s)) - 0.47952)
    # The same from differences of JS itself: higher at s = 4 than a quarter to either side
    slopes = [
        (js(stats.norm(0, s), stats.norm(10.05, s)) - js(stats.norm(0, s), stats.norm(9.95, s)))
        / 0.1
        for s in (3.5, 4.0, 4.5)
    ]
    yield abs(slopes[1] - 0.047926)
    yield np.maximum(0, [slopes[0] - slopes[1], slopes[2] - slopes[1]])
    s = np.array([0.5, 1.0, 2.0, 5.0, 50.0])
    gradient = js_gradient(10, s)
    yield np.maximum(0, gradient - 10 / (4 * s**2) * np.exp(-100 / (8 * s**2)))
    yield gradient[0], abs(float(js_gradient(10, 1000)) / (10 / (4 * 1000**2)) - 1)


@best.control(
    "the level that is best for theta = 10 is kept when theta = 5",
    of=the_best_level_for_theta_10_on_a_grid_and_off_it,
    miss=2,
)
def the_level_that_is_best_for_theta_10_is_kept_when():
    yield np.abs(np.array(_best_levels(5.0)) - 4)


@best.control(
    "uniform noise of the same spread: best just before the supports part",
    of=the_best_level_for_theta_10_on_a_grid_and_off_it,
    miss=1,
)
def uniform_noise_of_the_same_spread_best_just():
    def gradient(s):  # log 2/w while theta = 10 is within the width w (A-SUP-09), else 0
        width = s * math.sqrt(12)
        return np.where(width > 10, math.log(2) / width, 0.0)

    yield abs(_best_on_grid(gradient) - 4)
