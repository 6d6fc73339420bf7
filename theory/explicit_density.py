"""Explicit and implicit densities (claims A-GEN).

An explicit model gives the density p_model(x) and samples; an implicit one, such as the generator
of a GAN, gives samples only. `GaussianModel` is the smallest explicit one.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from scipy.special import ndtri, psi

from theory.claim import Claim
from theory.densities import Mixture
from theory.divergences import js, kl


@dataclass(frozen=True)
class GaussianModel:
    """A normal law as a generative model of one number: its density is explicit.

    Attributes:
        mean: m, finite.
        std: σ, finite and greater than zero.

    Raises:
        ValueError: `mean` or `std` is out of range.
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.mean):
            raise ValueError(f"mean: got {self.mean}, expected a finite number")
        if not (np.isfinite(self.std) and self.std > 0):
            raise ValueError(f"std: got {self.std}, expected a finite number greater than zero")

    @classmethod
    def fit(cls, x: Any) -> GaussianModel:
        """The model of greatest likelihood: m = (1/N) Σ x_i, σ² = (1/N) Σ (x_i − m)² (A-GEN-02).

        Args:
            x: shape (N,), at least two finite numbers that are not all equal.

        Raises:
            ValueError: x is nothing of the kind.
        """
        try:
            x = np.asarray(x, dtype=float)
        except (TypeError, ValueError):
            raise ValueError("x: got no array of numbers") from None
        if x.ndim != 1 or x.size < 2:
            raise ValueError(f"x: got shape {x.shape}, expected (N,) with N at least 2")
        if not np.isfinite(x).all():
            raise ValueError("x: got NaN or infinity, expected finite numbers")
        if x.min() == x.max():
            raise ValueError(f"x: got {x[0]:g} throughout, expected numbers that differ")
        return cls(float(x.mean()), float(x.std()))

    def log_prob(self, x: Any) -> np.ndarray:
        """log p_model(x) = −(x − m)²/(2σ²) − log σ − log(2π)/2, an array of x's shape."""
        z = (np.asarray(x, dtype=float) - self.mean) / self.std
        return -(z**2) / 2 - np.log(self.std) - np.log(2 * np.pi) / 2

    def sample(self, n: int, seed: int | None = None) -> np.ndarray:
        """n independent samples m + σ ε with ε ~ N(0, 1), shape (n,) (A-GEN-04).

        Args:
            n: how many, at least 1.
            seed: fixes them; without it they differ from call to call.

        Raises:
            ValueError: n is no integer of at least 1.
        """
        if not isinstance(n, Integral) or n < 1:
            raise ValueError(f"n: got {n!r}, expected an integer of at least 1")
        return self.mean + self.std * np.random.default_rng(seed).standard_normal(int(n))


goal = Claim(
    id="A-GEN-01",
    alias="generative-modelling",
    title="from samples of p_data learn p_model ≈ p_data, then sample from p_model",
    statement="A generative model learns from samples of p_data a law p_model close to p_data and "
    "then draws new samples from it. For a normal p_data and its normal fit to N samples the mean "
    "of KL(p_data || p_model) is known, [psi((N-1)/2) + log(2/N) + (N+1)/(N-3) - 1]/2, and falls "
    "as 1/N; outside the model's family a distance is left however large N.",
    formula=r"p_{\mathrm{model}} \approx p_{\mathrm{data}}",
    assumptions=("independent samples", "for the rate: p_data is in the model's family, N > 3"),
    sources=(
        "Goodfellow 2016, NIPS tutorial: generative adversarial networks, section 2",
        "003_0ac11bc5ae3e596a.txt:111-117",
    ),
    definition=True,
)


def _mean_kl(n: int) -> float:
    """E[KL(p_data || fit to n samples)] of a normal p_data: n s²/σ² is χ² with n - 1 degrees."""
    return (psi((n - 1) / 2) + np.log(2 / n) + (n + 1) / (n - 3) - 1) / 2


@goal.sampling
def _(rng):
    for n in (15, 30, 100):
        m, log_s = rng.normal(), rng.normal(0, 0.5)
        x = rng.normal(m, np.exp(log_s), (5000, n))
        mean, std = x.mean(axis=1), x.std(axis=1)
        s2 = np.exp(2 * log_s)
        left = np.log(std) - log_s + (s2 + (m - mean) ** 2) / (2 * std**2) - 0.5
        yield (left.mean() - _mean_kl(n)) / (left.std() / np.sqrt(left.size))


@goal.numerical(tolerance=1e-2, description="N times the mean KL, less 1, at N = 1000 to 100000")
def _():
    for n in (1000, 10_000, 100_000):
        yield abs(n * _mean_kl(n) - 1)


@goal.numerical(tolerance=1e-3, description="KL(p_data || fit to 100000 samples), p_data normal")
def _(rng):
    from scipy import stats

    fit = GaussianModel.fit(rng.normal(2, 3, 100_000))
    yield kl(stats.norm(2, 3), stats.norm(fit.mean, fit.std))


@goal.control("p_data is Exp(1), outside the family", tolerance=1e-3)
def _(rng):
    from scipy import stats

    fit = GaussianModel.fit(rng.exponential(size=100_000))
    yield kl(stats.expon(), stats.norm(fit.mean, fit.std))  # 0.419


likelihood = Claim(
    id="A-GEN-02",
    alias="gaussian-maximum-likelihood",
    title="m = (1/N) Σ xᵢ, σ² = (1/N) Σ (xᵢ − m)² maximise the likelihood",
    statement="The normal law of greatest likelihood for the samples x_1, ..., x_N has their mean "
    "m and the variance sigma^2 = (1/N) sum (x_i - m)^2, with N and not N - 1. It is the only "
    "stationary point and the global maximum.",
    formula=r"m = \frac{1}{N} \sum_{i=1}^{N} x_i, \quad "
    r"\sigma^2 = \frac{1}{N} \sum_{i=1}^{N} (x_i - m)^2",
    assumptions=("independent samples", "not all equal"),
    sources=(
        "Bishop 2006, Pattern Recognition and Machine Learning, section 1.2.4",
        "003_0ac11bc5ae3e596a.txt:121-122",
    ),
)


@likelihood.symbolic
def _():
    import sympy as sp

    N, v, w = sp.symbols("N v w", positive=True)  # w is the variance of the samples
    m, mean = sp.symbols("m mu", real=True)
    x = sp.symbols("x1:5", real=True)
    average = sum(x) / 4
    spread = sum((xi - average) ** 2 for xi in x) / 4
    yield (
        "sum (x_i - m)^2 = N (w + (mean - m)^2), here for N = 4",
        sp.expand(sum((xi - m) ** 2 for xi in x) - 4 * (spread + (average - m) ** 2)),
    )
    log_l = -N / 2 * sp.log(2 * sp.pi * v) - N * (w + (mean - m) ** 2) / (2 * v)
    slope = [sp.diff(log_l, m), sp.diff(log_l, v)]
    best = {m: mean, v: w}
    yield "the gradient of log L vanishes at m = mean, v = w", sp.Matrix(slope).subs(best)
    yield "and nowhere else: d/dm = 0 has one root", sp.solve(slope[0], m)[0] - mean
    yield "d/dv = 0 has one root there", sp.solve(slope[1].subs(m, mean), v)[0] - w
    hessian = sp.hessian(log_l, (m, v)).subs(best)
    yield (
        "the Hessian is diag(-N/w, -N/(2w^2)), negative definite",
        (hessian - sp.diag(-N / w, -N / (2 * w**2))),
    )
    t = sp.Symbol("t", positive=True)
    short = N / 2 * (t - 1 - sp.log(t)) + N * (m - mean) ** 2 / (2 * v)
    yield (
        "log L there less log L anywhere = (N/2)(t - 1 - log t) + N (m - mean)^2/(2v), t = w/v",
        sp.expand_log(log_l.subs(best) - log_l - short.subs(t, w / v)),
    )
    f = t - 1 - sp.log(t)
    yield "t - 1 - log t is 0 and flat at t = 1", sp.Matrix([f, sp.diff(f, t)]).subs(t, 1)
    yield "and convex, so the difference is >= 0: a global maximum", sp.diff(f, t, 2) > 0


def _searched(x: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(m, σ) of greatest likelihood by search, from the density and by no formula of the fit."""
    from scipy import optimize, stats

    def loss(at):
        return -np.mean(stats.norm.logpdf(x, at[0], np.exp(at[1])))

    found = optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-8})
    return np.array([found.x[0], np.exp(found.x[1])])


@likelihood.numerical(tolerance=1e-6, description="against a search, samples of three laws")
def _(rng):
    for x in (rng.normal(2, 3, 50), rng.exponential(size=20), rng.uniform(-1, 0, 200)):
        fit = GaussianModel.fit(x)
        yield np.abs(_searched(x, rng.normal(0, 0.5, 2)) - [fit.mean, fit.std])


@likelihood.control("N - 1 in place of N", tolerance=1e-6)
def _(rng):
    x = rng.normal(2, 3, 50)
    yield np.abs(_searched(x, np.zeros(2)) - [x.mean(), x.std(ddof=1)])


@likelihood.control("the median in place of the mean", tolerance=1e-6)
def _(rng):
    x = rng.exponential(size=50)
    yield np.abs(_searched(x, np.zeros(2)) - [np.median(x), x.std()])


bias = Claim(
    id="A-GEN-03",
    alias="variance-estimate-bias",
    title="E[(1/N) Σ (xᵢ − m)²] = (N − 1)/N σ²",
    statement="The variance of greatest likelihood is too small on average: its mean is "
    "(N - 1)/N sigma^2, for any law with a variance; 3.2 for N = 5 and sigma = 2.",
    formula=r"\operatorname{E} \left[ \frac{1}{N} \sum_{i=1}^{N} (x_i - m)^2 \right] = "
    r"\frac{N-1}{N} \sigma^2",
    assumptions=("independent samples of one law with variance sigma^2",),
    sources=(
        "Bishop 2006, Pattern Recognition and Machine Learning, section 1.2.4",
        "003_0ac11bc5ae3e596a.txt:122",
    ),
)


@bias.symbolic
def _():
    import sympy as sp

    N, s = sp.symbols("N sigma", positive=True)
    mu = sp.Symbol("mu", real=True)
    square, product = s**2 + mu**2, mu**2  # E[x_i²] and, i and j different, E[x_i x_j]
    x = sp.symbols("x1:6", real=True)
    average = sum(x) / 5
    estimate = sp.Poly(sum((xi - average) ** 2 for xi in x) / 5, *x)
    mean = sum(
        coefficient * (square if 2 in powers else product)
        for powers, coefficient in estimate.terms()
    )
    yield "N = 5, the sum multiplied out, term by term", sp.expand(mean - s**2 * sp.Rational(4, 5))
    yield "which is 3.2 at sigma = 2", mean.subs(s, 2).expand() - sp.Rational(16, 5)
    of_squares = N * square  # E[Σ x_i²]
    of_sum = N * square + N * (N - 1) * product  # E[(Σ x_i)²]
    yield (
        "any N: E[sum x_i^2]/N - E[(sum x_i)^2]/N^2 = (N - 1)/N sigma^2",
        sp.simplify(of_squares / N - of_sum / N**2 - (N - 1) / N * s**2),
    )


def _mean_over_all_samples(points: np.ndarray, masses: np.ndarray, n: int) -> float:
    """E of the variance estimate over all len(points)**n samples of a discrete law, exactly."""
    grid = np.indices((len(points),) * n).reshape(n, -1)
    return float(np.prod(masses[grid], axis=0) @ points[grid].var(axis=0))


@bias.numerical(tolerance=1e-12, description="all samples of discrete laws, N = 2 to 5")
def _(rng):
    for n in (2, 3, 4, 5):
        points, masses = rng.normal(size=4), rng.dirichlet(np.ones(4))
        variance = masses @ (points - masses @ points) ** 2
        yield abs(_mean_over_all_samples(points, masses, n) - (n - 1) / n * variance)


@bias.sampling
def _(rng):
    estimates = rng.normal(0, 2, (200_000, 5)).var(axis=1)
    yield (estimates.mean() - 3.2) / (estimates.std() / np.sqrt(estimates.size))


@bias.control("the estimate is called unbiased", tolerance=1e-12)
def _(rng):
    points, masses = rng.normal(size=4), rng.dirichlet(np.ones(4))
    variance = masses @ (points - masses @ points) ** 2
    yield abs(_mean_over_all_samples(points, masses, 5) - variance)


@bias.control("the samples are not independent: drawn in equal pairs", tolerance=4.9)
def _(rng):
    estimates = np.repeat(rng.normal(0, 2, (20_000, 3)), 2, axis=1)[:, :5].var(axis=1)
    yield abs(estimates.mean() - 3.2) / (estimates.std() / np.sqrt(estimates.size))


affine = Claim(
    id="A-GEN-04",
    alias="gaussian-sampler",
    title="z ~ N(0, 1) ⇒ m + σ z ~ N(m, σ²)",
    statement="m + sigma * randn() samples the fitted normal law: of z ~ N(0, 1) the image "
    "m + sigma z has the law N(m, sigma^2). It is the smallest generator, G(z) = m + sigma z.",
    formula=r"z \sim N(0, 1) \Rightarrow m + \sigma z \sim N(m, \sigma^2)",
    assumptions=("sigma is not 0",),
    sources=("change of variables for densities (A-GAN-04)", "003_0ac11bc5ae3e596a.txt:123"),
)


@affine.symbolic
def _():
    import sympy as sp

    x, m, z, t = sp.symbols("x m z t", real=True)
    s = sp.Symbol("sigma", positive=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    target = sp.exp(-((x - m) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    for sign in (1, -1):
        inverse = (x - m) / (sign * s)
        yield (
            f"G = m {'+' if sign > 0 else '-'} sigma z: p_z(G^-1(x)) |(G^-1)'(x)| is its density",
            sp.simplify(normal.subs(z, inverse) * sp.Abs(sp.diff(inverse, x)) - target),
        )
    yield (
        "a second way: the exponent of E[e^(t(m + sigma z))], its square completed",
        sp.expand(t * (m + s * z) - z**2 / 2 - (m * t + s**2 * t**2 / 2 - (z - s * t) ** 2 / 2)),
    )
    yield (
        "the integral of normal(z - sigma t) is 1, which leaves e^(mt + sigma^2 t^2/2)",
        sp.integrate(normal, (z, -sp.oo, sp.oo)) - 1,
    )


@affine.numerical(tolerance=1e-12, description="the density of m + σz against scipy's, both signs")
def _(rng):
    from scipy import stats

    x = rng.uniform(-5, 5, 200)
    for m, s in zip(rng.normal(0, 2, 20), rng.uniform(0.3, 3, 20), strict=True):
        for sign in (1, -1):
            exact = stats.norm(m, s)
            yield np.abs(stats.norm.pdf((x - m) / (sign * s)) * abs(1 / (sign * s)) - exact.pdf(x))
            yield np.abs(np.exp(GaussianModel(m, s).log_prob(x)) - exact.pdf(x))


_RARE = 2.7  # √n KS lies beyond it with probability 2 exp(-2 · 2.7²) = 1e-6
_P_01 = 1.6276  # and beyond this with probability 0.01


def _ks(x: np.ndarray, cdf) -> float:
    """√n times the largest distance of the samples' distribution function from `cdf`."""
    from scipy import stats

    return float(np.sqrt(x.size) * stats.kstest(x, cdf).statistic)


@affine.numerical(tolerance=_P_01, description="√n KS distance, 20000 samples; p = 0.01 at 1.63")
def _():
    from scipy import stats

    yield _ks(GaussianModel(-1.5, 0.7).sample(20_000, seed=1), stats.norm(-1.5, 0.7).cdf)


@affine.numerical(tolerance=_RARE, description="the same for ten laws; p = 1e-6 at 2.7")
def _(rng):
    from scipy import stats

    for m, s in zip(rng.normal(0, 2, 10), rng.uniform(0.3, 3, 10), strict=True):
        x = GaussianModel(m, s).sample(20_000, seed=int(rng.integers(2**32)))
        yield _ks(x, stats.norm(m, s).cdf)


@affine.control("σ² randn() in place of σ randn()", tolerance=_RARE)
def _(rng):
    from scipy import stats

    yield _ks(-1.5 + 0.7**2 * rng.normal(size=20_000), stats.norm(-1.5, 0.7).cdf)


@affine.control("rand() of the same mean and spread in place of randn()", tolerance=_RARE)
def _(rng):
    from scipy import stats

    x = -1.5 + 0.7 * np.sqrt(12) * (rng.uniform(size=20_000) - 0.5)
    yield _ks(x, stats.norm(-1.5, 0.7).cdf)


transform = Claim(
    id="A-GEN-05",
    alias="transformed-noise",
    title="a transformation of simple noise samples the target: Gamma(2.5)",
    statement="Samples of a simple law, pushed through the right transformation, are samples of "
    "the target. On the line F^-1(u) with u ~ U(0, 1) does it (A-GAN-16); in several dimensions "
    "the same, one coordinate after the other given those before. The transformation is not "
    "unique: -log u_1 - log u_2 + z^2/2 has the law Gamma(2.5) too.",
    formula=r"u \sim U(0, 1) \Rightarrow \operatorname{P}(F^{-1}(u) \le x) = F(x)",
    assumptions=("F is continuous and increasing on the support",),
    sources=(
        "Devroye 1986, Non-Uniform Random Variate Generation, chapter II, section 2",
        "Rosenblatt 1952, Remarks on a multivariate transformation",
        "003_0ac11bc5ae3e596a.txt:235-240",
    ),
)


@transform.symbolic
def _():
    import sympy as sp

    x, c, u, z = sp.symbols("x c u z", positive=True)
    y = sp.Symbol("y", real=True)
    F = sp.Function("F")
    yield "P(F^-1(u) <= x) = P(u <= F(x)) = F(x)", sp.integrate(1, (u, 0, F(x))) - F(x)
    a = sp.Rational(5, 2)
    density = x ** (a - 1) * sp.exp(-x) / sp.gamma(a)
    yield (
        "Gamma(2.5): the slope of its F is its density",
        sp.diff(sp.lowergamma(a, x) / sp.gamma(a), x) - density,
    )
    F1, F2 = sp.Function("F1"), sp.Function("F2")  # of x, and of y given x
    J = sp.Matrix([F1(x), F2(x, y)]).jacobian([x, y])
    yield (
        "two coordinates: the Jacobian is triangular, so p(x, y) = p(x) p(y | x)",
        J.det() - F1(x).diff(x) * F2(x, y).diff(y),
    )
    exponential = sp.integrate(u ** (c - 1), (u, 0, 1))
    yield "Laplace transform of -log u at c - 1: 1/c", exponential - 1 / c
    half = 2 * sp.integrate(sp.exp(-c * z**2 / 2) / sp.sqrt(2 * sp.pi), (z, 0, sp.oo))
    yield "of z^2/2: c^(-1/2)", half - c ** sp.Rational(-1, 2)
    whole = sp.integrate(x ** (a - 1) * sp.exp(-c * x), (x, 0, sp.oo)) / sp.gamma(a)
    yield "their product is that of Gamma(2.5)", exponential**2 * half - whole


@transform.numerical(tolerance=1e-10, description="F(G(u)) - u for Gamma(2.5), F by mpmath")
def _(rng):
    import mpmath
    from scipy import stats

    for u in rng.uniform(0.001, 0.999, 20):
        yield abs(float(mpmath.gammainc(2.5, 0, stats.gamma(2.5).ppf(u), regularized=True)) - u)


@transform.numerical(tolerance=_P_01, description="√n KS distance, 20000 samples; p = 0.01 at 1.63")
def _(rng):
    from scipy import stats

    target = stats.gamma(2.5)
    yield _ks(target.ppf(rng.uniform(size=20_000)), target.cdf)


@transform.numerical(tolerance=_RARE, description="√n KS, the second map and two coordinates")
def _(rng):
    from scipy import stats

    n = 20_000
    x = -np.log(rng.uniform(size=(2, n))).sum(axis=0) + rng.normal(size=n) ** 2 / 2
    yield _ks(x, stats.gamma(2.5).cdf)
    # x ~ Exp(1), then y ~ N(x, 1) given x: y has the law of an exponential plus a normal
    x = -np.log1p(-rng.uniform(size=n))
    yield _ks(x + ndtri(rng.uniform(size=n)), stats.exponnorm(1).cdf)


@transform.control("the quantile function of another law, Gamma(2)", tolerance=_RARE)
def _(rng):
    from scipy import stats

    x = stats.gamma(2).ppf(rng.uniform(size=20_000))
    yield _ks(x, stats.gamma(2.5).cdf)


@transform.control("F in place of its inverse", tolerance=_RARE)
def _(rng):
    from scipy import stats

    yield _ks(stats.gamma(2.5).cdf(rng.uniform(size=20_000)), stats.gamma(2.5).cdf)


misspecified = Claim(
    id="A-GEN-06",
    alias="moment-matching-fit",
    title="min KL(p_data ‖ N(m, σ²)) at m = E[x], σ² = Var[x]: N(1, 1) for Exp(1)",
    statement="With unlimited data greatest likelihood is least KL(p_data || p_model). A normal "
    "model of whatever p_data takes over its mean and its variance and nothing else: fitted to "
    "Exp(1) it is N(1, 1), at a distance of (log(2 pi) - 1)/2 = 0.419 nats.",
    formula=r"\operatorname{argmin}_{m, \sigma} \mathrm{KL}(p_{\mathrm{data}} \| N(m, \sigma^2)) "
    r"= (\operatorname{E}[x], \sqrt{\operatorname{Var}[x]})",
    assumptions=("p_data has a density and a variance",),
    sources=(
        "Bishop 2006, Pattern Recognition and Machine Learning, section 10.7 (moment matching)",
        "003_0ac11bc5ae3e596a.txt:121-123",
    ),
)


@misspecified.symbolic
def _():
    import sympy as sp

    v, w, x = sp.symbols("v w x", positive=True)  # w is the variance of p_data
    m, mean, entropy = sp.symbols("m mu H", real=True)
    # KL = -H(p_data) - E[log model], and E[(x - m)²] = w + (mean - m)²
    distance = -entropy + sp.log(2 * sp.pi * v) / 2 + (w + (mean - m) ** 2) / (2 * v)
    best = {m: mean, v: w}
    slope = [sp.diff(distance, m), sp.diff(distance, v)]
    yield "any p_data: the gradient vanishes at (mean, variance)", sp.Matrix(slope).subs(best)
    yield "one root in m", sp.solve(slope[0], m)[0] - mean
    yield "one root in v", sp.solve(slope[1].subs(m, mean), v)[0] - w
    hessian = sp.hessian(distance, (m, v)).subs(best)
    yield "a minimum: Hessian diag(1/w, 1/(2w^2))", hessian - sp.diag(1 / w, 1 / (2 * w**2))
    p = sp.exp(-x)
    moments = [sp.integrate(x**k * p, (x, 0, sp.oo)) for k in (1, 2)]
    yield "Exp(1): mean 1", moments[0] - 1
    yield "variance 1", moments[1] - moments[0] ** 2 - 1
    expected = sp.integrate(x * p, (x, 0, sp.oo))  # -E[log p]
    yield (
        "the distance left is (log(2 pi) - 1)/2",
        distance.subs(best).subs({entropy: expected, w: 1}) - (sp.log(2 * sp.pi) - 1) / 2,
    )


def _nearest_normal(p, distance) -> np.ndarray:
    """(m, σ) of the normal law that minimises distance(p, law), by search."""
    from scipy import optimize, stats

    found = optimize.minimize(
        lambda at: distance(p, stats.norm(at[0], np.exp(at[1]))),
        [0.8, 0.2],
        method="BFGS",
        options={"gtol": 1e-6},
    )
    return np.array([found.x[0], np.exp(found.x[1])])


@misspecified.numerical(tolerance=1e-4, description="(1, 1) for Exp(1), KL by quadrature")
def _():
    from scipy import stats

    yield np.abs(_nearest_normal(stats.expon(), kl) - [1, 1])
    yield abs(kl(stats.expon(), stats.norm(1, 1)) - 0.4189385)


@misspecified.numerical(tolerance=1e-4, description="two bumps: their mean and spread")
def _(rng):
    p = Mixture.normal([0.3, 0.7], rng.normal([-1, 1], 0.3), [0.5, 0.8])
    yield np.abs(_nearest_normal(p, kl) - [p.mean(), p.std()])


@misspecified.control("JS, the GAN's criterion, in place of KL", tolerance=1e-4)
def _():
    from scipy import stats

    yield np.abs(_nearest_normal(stats.expon(), js) - [1, 1])


explicit = Claim(
    id="A-GEN-07",
    alias="explicit-and-implicit",
    title="explicit: p_model(x) and samples; implicit: samples only",
    statement="Explicit estimation gives p_model(x), a density that integrates to 1 and can be "
    "compared between models; implicit estimation gives a sampler and no p_model(x). "
    "`GaussianModel` has `log_prob` and `sample`, a GAN has `generate` alone: the discriminator's "
    "output is no density.",
    formula=r"\int p_{\mathrm{model}}(x) \, dx = 1",
    sources=(
        "Goodfellow 2016, NIPS tutorial: generative adversarial networks, section 2.2",
        "003_0ac11bc5ae3e596a.txt:146-148,229",
    ),
    definition=True,
    test="tests/test_networks_match_theory.py::test_gan_gives_samples_and_no_density",
)


def _mass(log_density, centre: float, scale: float) -> float:
    from scipy.integrate import quad

    low, high = centre - 12 * scale, centre + 12 * scale
    return quad(lambda x: np.exp(log_density(x)), low, high, points=[centre], epsabs=1e-10)[0]


@explicit.numerical(tolerance=1e-6, description="the integral of exp(log_prob), less 1")
def _(rng):
    for m, s in zip(rng.normal(0, 50, 10), 10 ** rng.uniform(-3, 3, 10), strict=True):
        yield abs(_mass(GaussianModel(m, s).log_prob, m, s) - 1)


@explicit.control("the optimal discriminator's output is taken for a density", tolerance=1e-6)
def _():
    model, data = GaussianModel(0, 1), GaussianModel(2, 1)
    yield abs(_mass(lambda x: -np.logaddexp(0, model.log_prob(x) - data.log_prob(x)), 0, 1) - 1)


learnt = Claim(
    id="A-GEN-08",
    alias="learnt-transformation",
    title="the transformation from noise to data is learnt by a network",
    statement="The transformation from noise to data is learnt by a network, because in high "
    "dimension no closed form of it is known. Where it is known, for a normal p_data, it is "
    "z -> m + A z with A A^T the covariance; for other data that one matches mean and covariance "
    "and misses the law.",
    formula=r"G(z) = m + A z, \quad A A^{T} = \Sigma",
    sources=(
        "Goodfellow et al. 2014, section 1",
        "003_0ac11bc5ae3e596a.txt:235-240",
    ),
    definition=True,
)


def _affine_distance(x: np.ndarray, rng: np.random.Generator) -> float:
    """√(n/2) times the KS distance of x's first coordinate from that of fitted m + A z."""
    from scipy import stats

    m, A = x.mean(axis=0), np.linalg.cholesky(np.cov(x.T))
    made = m + rng.normal(size=x.shape) @ A.T
    return float(np.sqrt(len(x) / 2) * stats.ks_2samp(x[:, 0], made[:, 0]).statistic)


@learnt.numerical(tolerance=_RARE, description="√(n/2) KS, normal data in 16 dimensions")
def _(rng):
    for _instance in range(5):
        yield _affine_distance(rng.normal(size=(4000, 16)) @ rng.normal(size=(16, 16)), rng)


@learnt.control("two clusters of the same mean and covariance", tolerance=_RARE)
def _(rng):
    x = rng.normal(size=(4000, 16)) + 4 * rng.choice([-1, 1], (4000, 1))
    yield _affine_distance(x, rng)
