"""Why the game's optimum stays where noise is added, and with which noise it need not (claim
A-SUP-12)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js
from theory.calculators.noise import noised_uniform
from theory.claim import AS_STATED, Claim

_NOISE = "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 3"


optimum = Claim(
    id="A-SUP-12",
    alias="gaussian-noise-keeps-the-optimum",
    title="Gaussian noise keeps the optimum: p ∗ n = q ∗ n only if p = q",
    statement="With Gaussian noise p * n = q * n implies p = q, since the characteristic function "
    "of n, exp(-s^2 t^2/2), is nowhere 0 and can be divided out: the noised game's only optimum is "
    "still p_g = p_data. Noise whose characteristic function is 0 over a whole interval, or at one "
    "frequency of a circle, has other optima as well.",
    formula=r"\varphi_{p * n} = \varphi_p\, \varphi_n,\quad \varphi_n(t) = e^{-s^2 t^2/2},\quad "
    r"\varphi_n(t) > 0 \;\Rightarrow\; \left(p * n = q * n \Rightarrow p = q\right)",
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
    # Noise without the frequencies (t_0 - w, t_0 + w), and so without their mirror images
    t0, w = sp.symbols("t_0 w", positive=True)
    y = sp.Symbol("y", positive=True)
    wave = (1 - sp.cos(w * y)) / (w * y**2)
    primitive = (1 - v / w) * sp.sin(v * y) / y - sp.cos(v * y) / (w * y**2)
    yield (
        "(1 - cos wx)/(w x^2) is the integral of (1 - v/w) cos vx: it has frequencies below w only",
        sp.Matrix(
            [
                sp.expand(sp.diff(primitive, v) - (1 - v / w) * sp.cos(v * y)),
                sp.expand(primitive.subs(v, w) - primitive.subs(v, 0) - wave),
            ]
        ),
    )
    yield (
        "times 2 cos t_0 x they move to +-t_0, where the noise has none: it is noised to 0",
        sp.expand(
            sp.expand_trig(sp.cos(v * y + t0 * y) + sp.cos(v * y - t0 * y))
            - 2 * sp.cos(t0 * y) * sp.cos(v * y)
        ),
    )
    yield (
        "1 - cos a = 2 sin(a/2)^2 is at most 2 and a^2/2: the wave is at most 2 + w^2/2 times "
        "1/(w (1 + x^2))",
        sp.expand((1 - sp.cos(2 * y) - 2 * sp.sin(y) ** 2).rewrite(sp.exp)),
    )
    yield (
        "so the Cauchy law and the same plus a little wave are two densities: its mass is 1, the "
        "wave's 0, as it has no frequency 0 where w < t_0",
        sp.Matrix(
            [
                sp.simplify(sp.diff(sp.atan(x), x) - 1 / (1 + x**2)),
                sp.limit(sp.atan(x), x, sp.oo) - sp.limit(sp.atan(x), x, -sp.oo) - sp.pi,
            ]
        ),
    )
    n = sp.Symbol("n", integer=True, positive=True)
    yield (
        "on a circle all cos nx have the mean 0, so 1/(2 pi) and (1 + cos nx)/(2 pi) differ in the "
        "frequency n only",
        sp.Matrix([sp.diff(sp.sin(n * x) / n, x) - sp.cos(n * x), sp.sin(2 * sp.pi * n) / n]),
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
def laws_got_back(rng):
    yield float(not (np.abs(np.fft.fft(_circle("gaussian"))) > 1e-12).all())
    yield from _recovery_errors(rng, "gaussian")


def _same(p, q) -> float:
    """1 if JS takes the two laws for one, else 0."""
    return float(js(p, q) < 1e-9)


@optimum.numerical(tolerance=0, description="different laws stay different: JS of the noised ones")
def different_laws_stay_different():
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
def two_laws_alike_on_an_interval():
    yield _merged(lambda x: np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))


@optimum.meaning()
def optimum_in_words(rng):
    from scipy import integrate

    back = max(float(np.max(e)) for e in _recovery_errors(rng, "gaussian")) < 1e-9
    merged = _merged(_triangle_density) == 1
    circle = max(float(np.max(e)) for e in _recovery_errors(rng, "uniform")) > 1e-3
    for t, s in ((0.7, 1.0), (3.0, 0.5)):
        law = noised_uniform(-0.5, s)
        noised = integrate.quad(
            lambda y, t=t, law=law: float(law.pdf(y)) * math.cos(t * y), -12, 12, limit=200
        )[0]
        of_noise = integrate.quad(
            lambda y, t=t, s=s: math.exp(-((y / s) ** 2) / 2) * math.cos(t * y), -12 * s, 12 * s
        )[0] / (s * math.sqrt(2 * math.pi))
        yield {
            "p ∗ n = q ∗ n only if p = q": back,
            "p * n = q * n implies p = q": back,
            "exp(-s^2 t^2/2), is nowhere 0": of_noise > 0,
            "is 0 over a whole interval, or at one frequency of a circle, has other optima": merged
            and circle,
            r"\varphi_{p * n}": noised,
            r"\varphi_p": math.sin(t / 2) / (t / 2),
            r"\varphi_n": of_noise,
            r"\varphi_n(t)": of_noise,
            "s": s,
            "t": t,
            r"p * n = q * n \Rightarrow p = q": back,
        }


@optimum.control(
    "noise whose characteristic function is 0 beyond 1", of=two_laws_alike_on_an_interval, miss=1
)
def noise_without_high_frequencies():
    yield _merged(_triangle_density)


@optimum.control("noise on half of the circle", of=laws_got_back, miss=0.0755)
def noise_on_half_a_circle(rng):
    yield from _recovery_errors(rng, "uniform")


@optimum.control(
    "even and odd points, noised over half of the circle", of=different_laws_stay_different, miss=1
)
def even_and_odd_points():
    even = np.arange(_CELLS) % 2 == 0
    noise = np.fft.fft(_circle("uniform"))
    noised = [np.fft.ifft(np.fft.fft(p / p.sum()) * noise).real for p in (even, ~even)]
    yield _same(*noised)
