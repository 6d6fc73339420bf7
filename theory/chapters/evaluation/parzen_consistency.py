"""Bias, variance and consistency of a Parzen window on the line (claim A-EVA-06)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.noise import smoothed
from theory.chapters.evaluation.parzen import (
    log_parzen,
    standard_errors,
    two_bumps,
)
from theory.claim import AS_STATED, Claim


def parzen_variance(p: Mixture, x: Any, sigma: float, n: int) -> np.ndarray:
    """Var[p̂(x)] with n samples of a mixture p of normal laws: (E[k²] - E[k]²)/n (A-EVA-06).

    The window's square k² is the window of width σ/√2, divided by 2σ√π.
    """
    square = smoothed(p, sigma / np.sqrt(2)).pdf(x) / (2 * sigma * np.sqrt(np.pi))
    return (square - smoothed(p, sigma).pdf(x) ** 2) / n


consistency = Claim(
    id="A-EVA-06",
    alias="parzen-bias-and-consistency",
    title="bias ≈ σ² p″/2, variance ≈ p/(2√π N σ): consistent if σ → 0 and Nσ → ∞",
    statement="Of a Parzen window on the line the bias is E[p̂] - p_g = sigma^2 p_g''/2 + "
    "O(sigma^4), and the variance is Var[p̂] = p_g/(2 sqrt(pi) N sigma) + O(1/N). It is "
    "consistent, its mean square error goes to 0, when sigma -> 0 and N sigma -> infinity; of "
    "widths that go to 0 the best have sigma of order N^(-1/5) and the error N^(-4/5), where p_g "
    "and p_g'' are not 0. With sigma fixed a bias stays at some x, however many the samples; not "
    "at each, since a window that is wide enough may be right by chance.",
    formula=r"\operatorname{E}[\hat p] - p_g = \frac{\sigma^2}{2} p_g'' + O(\sigma^4), \quad "
    r"\operatorname{Var}[\hat p] = \frac{p_g}{2 \sqrt{\pi} N \sigma} + O(1/N)",
    assumptions=(
        "independent samples of p_g",
        "p_g is bounded and has four derivatives, the fourth bounded",
    ),
    sources=(
        "Rosenblatt 1956, Remarks on some nonparametric estimates of a density function",
        "Parzen 1962, On estimation of a probability density function and mode",
        "002_d31ce6ddd5a0096b.txt:281",
    ),
)


@consistency.symbolic(scope=AS_STATED)
def consistency_proof():
    import sympy as sp

    yield from _bias_steps(sp)
    yield from _variance_steps(sp)
    yield from _error_steps(sp)
    yield from _chance_steps(sp)


def _normal(sp, z, t):
    """The density of N(0, t)."""
    return sp.exp(-(z**2) / (2 * t)) / sp.sqrt(2 * sp.pi * t)


def _bias_steps(sp):
    """E[p̂(x)] is the mean of p(x + σz), z normal; Taylor's formula gives it for any such p."""
    x, g, z = sp.symbols("x g z", real=True)
    s, M = sp.symbols("sigma M", positive=True)  # the fourth derivative is at most M
    p = sp.symbols("p0:4", real=True)  # p and its derivatives at x
    yield (
        "with g = x + sigma z the window times dg is the normal density times dz",
        sp.simplify(_normal(sp, x - g, s**2).subs(g, x + s * z) * s - _normal(sp, z, 1)),
    )
    moments = [sp.integrate(z**k * _normal(sp, z, 1), (z, -sp.oo, sp.oo)) for k in range(5)]
    yield "z has the moments 1, 0, 1, 0, 3", sp.Matrix(moments) - sp.Matrix([1, 0, 1, 0, 3])
    taylor = sum(p[k] * s**k * moments[k] / sp.factorial(k) for k in range(4))
    yield (
        "E of Taylor's polynomial of p(x + sigma z) is p + sigma^2 p''/2",
        sp.expand(taylor - p[0] - s**2 * p[2] / 2),
    )
    yield (
        "its remainder is at most M (sigma z)^4/24, of mean M sigma^4/8: O(sigma^4)",
        M * s**4 * moments[4] / sp.factorial(4) - M * s**4 / 8,
    )


def _variance_steps(sp):
    """Var[p̂] = (E[k²] - E[k]²)/N, and k² is a narrower window."""
    x = sp.Symbol("x", real=True)
    s, N, top = sp.symbols("sigma N P", positive=True)  # p <= P
    one, square = sp.symbols("e1 e2", real=True)  # E[k], E[k²]
    p0, p2 = sp.symbols("p0 p2", real=True)
    k = _normal(sp, x, s**2)
    of_sum = N * square + N * (N - 1) * one**2  # N equal pairs and N (N - 1) independent ones
    yield (
        "the mean of N independent windows has the variance (E[k^2] - E[k]^2)/N",
        sp.simplify(of_sum / N**2 - one**2 - (square - one**2) / N),
    )
    yield (
        "k^2 is the window of width sigma/sqrt(2), divided by 2 sigma sqrt(pi)",
        sp.simplify(k**2 - _normal(sp, x, s**2 / 2) / (2 * s * sp.sqrt(sp.pi))),
    )
    narrow = (p0 + (s**2 / 2) * p2 / 2) / (2 * s * sp.sqrt(sp.pi))  # and O(σ³)
    left = (narrow - p0 / (2 * sp.sqrt(sp.pi) * s)).expand()
    yield (
        "so E[k^2] - p/(2 sqrt(pi) sigma) = sigma p''/(8 sqrt(pi)) + O(sigma^3)",
        sp.simplify(left - s * p2 / (8 * sp.sqrt(sp.pi))),
    )
    yield "which goes to 0, and E[k]^2 is at most P^2: O(1/N) is left", sp.limit(left, s, 0)
    yield (
        "and at every sigma E[k^2] <= P int k^2 = P/(2 sqrt(pi) sigma)",
        sp.simplify(top * sp.integrate(k**2, (x, -sp.oo, sp.oo)) - top / (2 * sp.sqrt(sp.pi) * s)),
    )


def _error_steps(sp):
    """The mean square error A σ⁴ + B/(Nσ), to leading order, and what fixed widths leave."""
    s, N, A, B, M = sp.symbols("sigma N A B M", positive=True)
    error = A * s**4 + B / (N * s)  # A = (p''/2)², B = p/(2√π)
    yield (
        "Var <= P/(2 sqrt(pi) M) goes to 0 with M = N sigma -> infinity",
        sp.limit(B / M, M, sp.oo),
    )
    yield "and the bias with sigma -> 0: consistent", sp.limit(A * s**4, s, 0)
    half, rest, spread = sp.symbols("h R C", real=True)  # p''/2, and what O(σ⁴), O(1/N) hold
    whole = (
        (half * s**2 + rest * s**4) ** 2 / (half**2 * s**4),
        (B / (N * s) + spread / N) * N * s / B,
    )
    yield (
        "squared bias over A sigma^4, variance over B/(N sigma): both go to 1 with sigma -> 0",
        sp.Matrix([sp.limit(sp.simplify(part), s, 0) - 1 for part in whole]),
    )
    best = (B / (4 * A * N)) ** sp.Rational(1, 5)
    yield (
        "A sigma^4 + B/(N sigma) is least at sigma = (B/(4AN))^(1/5)",
        sp.diff(error, s).subs(s, best),
    )
    yield "a minimum: the error is convex in sigma", sp.diff(error, s, 2) > 0
    least = error.subs(s, best)
    yield (
        "where it falls as N^(-4/5)",
        sp.simplify(least.subs(N, 32 * N) / least - sp.Rational(1, 16)),
    )
    # p * N(0, σ²) = p would make the characteristic function c of p equal to c exp(-σ²t²/2)
    u = sp.Symbol("u", real=True)
    yield (
        "sigma fixed: exp(-u) = 1 at u = 0 only, so p * N(0, sigma^2) = p would need a "
        "characteristic function that is 0 but at t = 0, where it is continuous and 1",
        sp.Matrix(sp.solve(sp.exp(-u) - 1, u)),
    )


def _chance_steps(sp):
    """A fixed width can be right at one place: a bias that is above 0 for narrow windows and below
    0 for wide ones is 0 between."""
    s, a, w = sp.symbols("sigma a w", positive=True)
    rest = sp.Symbol("R", real=True)
    yield (
        "where p'' = 2 a > 0, bias/sigma^2 = a + R sigma^2 goes to a: above 0 for a narrow window",
        sp.limit(sp.expand((a * s**2 + rest * s**4) / s**2), s, 0) - a,
    )
    x = sp.Symbol("x", real=True)
    yield (
        "E[p̂] is at most the window's peak, which goes to 0 with sigma -> infinity: the bias goes "
        "to -p. It is continuous in sigma, so for some sigma it is 0 there",
        sp.limit(_normal(sp, x, s**2).subs(x, 0), s, sp.oo),
    )
    v = s**2  # for a normal p, E[p̂] is the density of N(0, 1 + sigma^2)
    place = sp.sqrt((1 + v) * sp.log(1 + v) / v)
    ratio = _normal(sp, x, 1 + v) / _normal(sp, x, 1)
    yield (
        "for N(0, 1) the window of any width is right at "
        "x^2 = (1 + sigma^2) log(1 + sigma^2)/sigma^2",
        sp.simplify(sp.expand_log(sp.log(ratio), force=True).subs(x, place)),
    )
    yield (
        "as its convolution with N(0, sigma^2) is N(0, 1 + sigma^2): characteristic functions",
        sp.simplify(sp.exp(-(w**2) / 2) * sp.exp(-v * w**2 / 2) - sp.exp(-(1 + v) * w**2 / 2)),
    )


def _derivative(p: Mixture, x: np.ndarray, order: int) -> np.ndarray:
    """A derivative of even order of a mixture of one array of normal components."""
    (c,) = p.components
    m, s = c.args
    z = (x[:, None] - m) / s
    hermite = {0: 1, 2: z**2 - 1, 4: z**4 - 6 * z**2 + 3}[order]
    return (np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * hermite / s ** (order + 1)) @ p.weights


def _bias(p: Mixture, x: np.ndarray, sigma: float) -> np.ndarray:
    return smoothed(p, sigma).pdf(x) - p.pdf(x)


# The next order is σ²/4 times the fourth derivative, which is below 25: 6e-5 at this width.
@consistency.numerical(tolerance=6e-5, description="bias/(σ²/2) against p'', σ = 0.003")
def bias(rng):
    for _instance in range(5):
        p, x = two_bumps(rng), rng.normal(0, 2, 50)
        yield np.abs(_bias(p, x, 0.003) / (0.003**2 / 2) - _derivative(p, x, 2))


def _variance_ratio(p: Mixture, constant: float) -> np.ndarray:
    """N σ Var/p times a constant, which is 2√π, less 1, at σ = 1e-5."""
    x = np.linspace(-2, 2, 21)
    return np.abs(500 * 1e-5 * constant * parzen_variance(p, x, 1e-5, 500) / p.pdf(x) - 1)


# The next order is 2 sqrt(pi) sigma p, with p below 0.5: 1.8e-5 at this width.
@consistency.numerical(tolerance=1.8e-5, description="N σ 2√π Var/p against 1, σ = 0.00001")
def variance(rng):
    for _instance in range(5):
        yield _variance_ratio(two_bumps(rng), 2 * np.sqrt(np.pi))


def _rate(power: float) -> float:
    """The slope of the log mean square error in log N, from 10^15 to 10^20, σ = N^power."""
    p, x = Mixture.normal([1], [0], [1]), np.array([0.0])
    errors = [_bias(p, x, n**power) ** 2 + parzen_variance(p, x, n**power, n) for n in (1e15, 1e20)]
    return float(np.log(errors[1] / errors[0])[0] / np.log(1e5))


# The next order of the variance is 2 sqrt(pi) sigma p, 1.4e-3 at the first N, on log 1e5 = 11.5.
@consistency.numerical(tolerance=1.3e-4, description="rate of the error at σ = N^(-1/5): -4/5")
def rate():
    yield abs(_rate(-1 / 5) + 4 / 5)


def _trough(p: Mixture) -> tuple[float, float]:
    """The lowest point between two bumps, and a width that gives no bias there."""
    from scipy import optimize

    x = np.linspace(-1, 1, 401)
    low = float(x[np.argmin(p.pdf(x))])
    width = optimize.brentq(lambda s: _bias(p, np.array([low]), s)[0], 0.5, 20)
    return low, float(width)  # pyright: ignore[reportArgumentType]


def _left(p: Mixture, x: np.ndarray, sigma: float) -> float:
    """1 where no x keeps a bias of a hundredth of the density's peak, else 0."""
    return float(np.abs(_bias(p, x, sigma)).max() < 0.01 * p.pdf(np.linspace(-3, 3, 61)).max())


@consistency.numerical(tolerance=0, description="1 where a fixed width leaves no bias at any x")
def fixed_width(rng):
    for sigma in (0.3, 1.0, 4.0):
        yield _left(two_bumps(rng), np.linspace(-3, 3, 61), sigma)


def _estimates(p: Mixture, sigma: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """1000 estimates of p(0.5), each from n samples."""
    draws = p.rvs((1000, n, 1), random_state=rng)
    return np.exp([log_parzen([[0.5]], samples, sigma)[0] for samples in draws])


@consistency.sampling()
def moments_of_estimates(rng):
    p, n = two_bumps(rng), 100
    for sigma in (0.2, 0.6):
        estimates = _estimates(p, sigma, n, rng)
        centre = float(smoothed(p, sigma).pdf(0.5))
        yield standard_errors(estimates, centre)
        yield standard_errors((estimates - centre) ** 2, float(parzen_variance(p, 0.5, sigma, n)))


@consistency.meaning()
def consistency_in_words(rng):
    for _instance in range(3):
        p, x = two_bumps(rng), rng.normal(0, 1, 1)
        density, curved, fourth = (float(_derivative(p, x, k)[0]) for k in (0, 2, 4))
        sigma = 0.02  # the order after O(σ⁴) is below 1e-9
        biased = float(smoothed(p, sigma).pdf(x)[0])
        words = {"p_g": density, "p_g''": curved, "p": density, "p″": curved}
        yield words | {
            "E[p̂]": biased,
            r"\operatorname{E}[\hat p]": biased,
            "bias": biased - density,
            "σ": sigma,
            "O(σ^4)": sigma**4 * fourth / 8,
        }
        n, sigma = 7, 1e-4
        spread = float(parzen_variance(p, x, sigma, n)[0])
        next_order = sigma * curved / (8 * np.sqrt(np.pi)) - density**2
        yield words | {
            "Var[p̂]": spread,
            r"\operatorname{Var}[\hat p]": spread,
            "variance": spread,
            "N": n,
            "σ": sigma,
            "O(1/N)": next_order / n,
        }
    p, origin = two_bumps(rng), np.array([0.0])
    errors = [
        float(_bias(p, origin, s)[0] ** 2 + parzen_variance(p, origin, s, n)[0])
        for n, s in ((1e4, 0.1), (1e8, 0.01), (1e12, 0.001))
    ]
    falls = errors[0] > 100 * errors[1] > 10_000 * errors[2]
    yield {
        "consistent if σ → 0 and Nσ → ∞": falls,
        "its mean square error goes to 0, when sigma -> 0 and N sigma -> infinity": falls,
        "of widths that go to 0": None,
        "sigma of order N^(-1/5) and the error N^(-4/5)": abs(_rate(-1 / 5) + 4 / 5) < 2e-4,
        "p_g and p_g'' are not 0": None,  # or the leading order is another
        "With sigma fixed a bias stays at some x": not _left(p, np.linspace(-3, 3, 61), 1.0),
        "not at each": bool(_left(p, *map(np.atleast_1d, _trough(p)))),
    }


@consistency.control("the bias is said to be σ² p''", of=bias, miss=0.456)
def whole_curvature(rng):
    for _instance in range(5):
        p, x = two_bumps(rng), rng.normal(0, 2, 50)
        yield np.abs(_bias(p, x, 0.003) / 0.003**2 - _derivative(p, x, 2))


@consistency.control(
    "the constant is √(2π), of the window and not of its square", of=variance, miss=0.293
)
def constant_of_the_window(rng):
    for _instance in range(5):
        yield _variance_ratio(two_bumps(rng), np.sqrt(2 * np.pi))


@consistency.control(
    "the mean is p, and the leading order is all of the variance", of=moments_of_estimates, miss=29
)
def leading_order_alone(rng):
    p, n = two_bumps(rng), 100
    density = float(p.pdf(0.5))
    sigma = 0.6
    estimates = _estimates(p, sigma, n, rng)
    yield standard_errors(estimates, density)
    centre = float(smoothed(p, sigma).pdf(0.5))
    leading = density / (2 * np.sqrt(np.pi) * n * sigma)
    yield standard_errors((estimates - centre) ** 2, leading)


@consistency.control("σ = N^(-1/4), N^(-1/6), or σ falls as fast as 1/N", of=rate, miss=0.8)
def other_widths():
    for power in (-1 / 4, -1 / 6, -1):
        yield abs(_rate(power) + 4 / 5)


@consistency.control("with σ fixed a bias stays at each x", of=fixed_width, miss=1)
def width_without_bias(rng):
    for _instance in range(3):
        p = two_bumps(rng)
        low, width = _trough(p)
        yield _left(p, np.array([low]), width)
