"""The normal law of greatest likelihood: the fit, its bias, and its limit (claims A-GEN-02, 03
and 06)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, kl
from theory.chapters.densities.explicit_density import GaussianModel, standard_errors
from theory.claim import AS_STATED, Claim

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


@likelihood.symbolic(scope=AS_STATED)
def likelihood_proof():
    import sympy as sp

    N, v, w = sp.symbols("N v w", positive=True)  # w is the variance of the samples
    m, mean, first, second = sp.symbols("m mu S_1 S_2", real=True)  # S_k is the sum of x_i^k
    average = first / N
    spread = (second - 2 * average * first + N * average**2) / N  # the mean of (x_i - average)^2
    yield (
        "with mean S_1/N the variance is w = S_2/N - mean^2, where S_k = sum x_i^k",
        sp.expand(spread - (second / N - average**2)),
    )
    yield (
        "sum (x_i - m)^2 = S_2 - 2 m S_1 + N m^2 = N (w + (mean - m)^2)",
        sp.expand(second - 2 * m * first + N * m**2 - N * (spread + (average - m) ** 2)),
    )
    log_l = -N / 2 * sp.log(2 * sp.pi * v) - N * (w + (mean - m) ** 2) / (2 * v)
    slope = [sp.diff(log_l, m), sp.diff(log_l, v)]
    best = {m: mean, v: w}
    yield (
        "log L = -(N/2) log(2 pi v) - N (w + (mean - m)^2)/(2v): its slope in m is N (mean - m)/v",
        sp.expand(slope[0] - N * (mean - m) / v),
    )
    yield "0 at m = mean only", sp.Matrix(sp.solve(slope[0], m)) - sp.Matrix([mean])
    yield (
        "there its slope in v is N (w - v)/(2 v^2), 0 at v = w only",
        sp.simplify(slope[1].subs(m, mean) - N * (w - v) / (2 * v**2)),
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
def against_a_search(rng):
    for x in (rng.normal(2, 3, 50), rng.exponential(size=20), rng.uniform(-1, 0, 200)):
        fit = GaussianModel.fit(x)
        yield np.abs(_searched(x, rng.normal(0, 0.5, 2)) - [fit.mean, fit.std])


@likelihood.meaning(tolerance=1e-6)
def likelihood_in_words(rng):
    for x in (rng.normal(2, 3, 50), rng.exponential(size=20)):
        m, sigma = _searched(x, rng.normal(0, 0.5, 2))
        squares = float(sum((v - m) ** 2 for v in x))
        yield {
            "m": m,
            "σ": sigma,
            "N": x.size,
            "Σ xᵢ": float(sum(x)),
            "Σ (xᵢ − m)²": squares,
            "sum (x_i - m)^2": squares,
            r"\sum_{i=1}^{N} x_i": float(sum(x)),
            r"\sum_{i=1}^{N} (x_i - m)^2": squares,
            "x_1, ..., x_N": None,
            "with N and not N - 1": abs(sigma - x.std()) < 1e-6 < abs(sigma - x.std(ddof=1)),
        }


@likelihood.control("N - 1 in place of N", of=against_a_search, miss=0.0308)
def unbiased(rng):
    x = rng.normal(2, 3, 50)
    yield np.abs(_searched(x, np.zeros(2)) - [x.mean(), x.std(ddof=1)])


@likelihood.control("the median in place of the mean", of=against_a_search, miss=0.178)
def median(rng):
    x = rng.exponential(size=50)
    yield np.abs(_searched(x, np.zeros(2)) - [np.median(x), x.std()])


bias = Claim(
    id="A-GEN-03",
    alias="variance-estimate-bias",
    title="E[(1/N) Σ (xᵢ − m)²] = (N − 1)/N σ²",
    statement="The variance of greatest likelihood, v, is too small on average: E[v] = "
    "(N - 1)/N sigma^2, for any law with a variance; 3.2 for N = 5 and sigma = 2.",
    formula=r"\operatorname{E} \left[ \frac{1}{N} \sum_{i=1}^{N} (x_i - m)^2 \right] = "
    r"\frac{N-1}{N} \sigma^2",
    assumptions=("independent samples of one law with variance sigma^2",),
    sources=(
        "Bishop 2006, Pattern Recognition and Machine Learning, section 1.2.4",
        "003_0ac11bc5ae3e596a.txt:122",
    ),
)


@bias.symbolic(scope=AS_STATED)
def bias_proof():
    import sympy as sp

    N, s = sp.symbols("N sigma", positive=True)
    mu = sp.Symbol("mu", real=True)
    square, product = s**2 + mu**2, mu**2  # E[x_i²] and, i and j different, E[x_i x_j]
    first, second = sp.symbols("S_1 S_2", real=True)
    average = first / N
    yield (
        "(1/N) sum (x_i - m)^2 = S_2/N - S_1^2/N^2, where S_k = sum x_i^k and m = S_1/N",
        sp.expand((second - 2 * average * first + N * average**2) / N)
        - (second / N - first**2 / N**2),
    )
    of_squares = N * square  # E[S_2]
    of_sum = N * square + N * (N - 1) * product  # E[S_1²]
    general = of_squares / N - of_sum / N**2
    yield (
        "E[S_2] = N E[x^2] and, of N equal and N (N - 1) unequal pairs, E[S_1^2] = N E[x^2] + "
        "N (N - 1) E[x]^2: the mean is (N - 1)/N sigma^2",
        sp.simplify(general - (N - 1) / N * s**2),
    )
    x = sp.symbols("x1:6", real=True)
    average = sum(x) / 5
    estimate = sp.Poly(sum((xi - average) ** 2 for xi in x) / 5, *x)
    mean = sum(
        coefficient * (square if 2 in powers else product)
        for powers, coefficient in estimate.terms()
    )
    yield "the same for N = 5, multiplied out term by term", sp.expand(mean - general.subs(N, 5))
    yield "which is 3.2 at sigma = 2", mean.subs(s, 2).expand() - sp.Rational(16, 5)


def _mean_over_all_samples(points: np.ndarray, masses: np.ndarray, n: int) -> float:
    """E of the variance estimate over all len(points)**n samples of a discrete law, exactly."""
    grid = np.indices((len(points),) * n).reshape(n, -1)
    return float(np.prod(masses[grid], axis=0) @ points[grid].var(axis=0))


def _law(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """A law on four points: points, masses and variance."""
    points, masses = rng.normal(size=4), rng.dirichlet(np.ones(4))
    return points, masses, float(masses @ (points - masses @ points) ** 2)


@bias.numerical(tolerance=1e-12, description="all samples of discrete laws, N = 2 to 5")
def all_samples(rng):
    for n in (2, 3, 4, 5):
        points, masses, variance = _law(rng)
        yield abs(_mean_over_all_samples(points, masses, n) - (n - 1) / n * variance)


@bias.sampling()
def bias_by_sampling(rng):
    yield standard_errors(rng.normal(0, 2, (200_000, 5)).var(axis=1), 3.2)


@bias.meaning()
def bias_in_words(rng):
    coin = _mean_over_all_samples(np.array([-2.0, 2.0]), np.array([0.5, 0.5]), 5)
    for n in (2, 5):
        points, masses, variance = _law(rng)
        mean = _mean_over_all_samples(points, masses, n)
        yield {
            "E[(1/N) Σ (xᵢ − m)²]": mean,
            "E[v]": mean,
            r"\operatorname{E} \left[ \frac{1}{N} \sum_{i=1}^{N} (x_i - m)^2 \right]": mean,
            "N": n,
            "σ": math.sqrt(variance),
            "3.2 for N = 5 and sigma = 2": abs(coin - 3.2) < 1e-12,
        }


@bias.control("the estimate is called unbiased", of=all_samples, miss=0.235)
def called_unbiased(rng):
    for n in (2, 5):
        points, masses, variance = _law(rng)
        yield abs(_mean_over_all_samples(points, masses, n) - variance)


@bias.control(
    "the samples are not independent: drawn in equal pairs", of=bias_by_sampling, miss=32.5
)
def equal_pairs(rng):
    pairs = np.repeat(rng.normal(0, 2, (20_000, 3)), 2, axis=1)[:, :5]
    yield standard_errors(pairs.var(axis=1), 3.2)


misspecified = Claim(
    id="A-GEN-06",
    alias="moment-matching-fit",
    title="min KL(p_data ‖ N(m, σ²)) at m = E[x], σ² = Var[x]: N(1, 1) for Exp(1)",
    statement="With unlimited data greatest likelihood is least KL(p_data || p_model). A normal "
    "model of whatever p_data takes over its mean and its variance and nothing else: fitted to "
    "Exp(1) it is N(1, 1), at a distance of (log(2 pi) - 1)/2 = 0.4189 nats.",
    formula=r"\min_{m, \sigma} \mathrm{KL}(p_{\mathrm{data}} \| N(m, \sigma^2)) "
    r"\text{ at } m = \operatorname{E}[x], \quad \sigma^2 = \operatorname{Var}[x]",
    assumptions=("p_data has a density, a variance and a finite entropy",),
    sources=(
        "Bishop 2006, Pattern Recognition and Machine Learning, section 10.7 (moment matching)",
        "003_0ac11bc5ae3e596a.txt:121-123",
    ),
)


@misspecified.symbolic(scope=AS_STATED)
def misspecified_proof():
    import sympy as sp

    v, w, x = sp.symbols("v w x", positive=True)  # w is the variance of p_data
    m, mean, entropy = sp.symbols("m mu H", real=True)
    model = sp.exp(-((x - m) ** 2) / (2 * v)) / sp.sqrt(2 * sp.pi * v)
    yield (
        "-log p_model(x) = log(2 pi v)/2 + (x - m)^2/(2v)",
        sp.expand_log(-sp.log(model) - sp.log(2 * sp.pi * v) / 2 - (x - m) ** 2 / (2 * v)),
    )
    square = w + mean**2  # E[x²]
    yield (
        "any p_data: E[(x - m)^2] = E[x^2] - 2 m E[x] + m^2 = w + (mean - m)^2",
        sp.expand(square - 2 * m * mean + m**2 - (w + (mean - m) ** 2)),
    )
    distance = -entropy + sp.log(2 * sp.pi * v) / 2 + (w + (mean - m) ** 2) / (2 * v)
    best = {m: mean, v: w}
    t = sp.Symbol("t", positive=True)
    gap = t - 1 - sp.log(t)
    yield (
        "KL = -H(p_data) - E[log p_model] exceeds its value at m = mean, v = w by "
        "(t - 1 - log t)/2 + (m - mean)^2/(2v), t = w/v",
        sp.expand_log(
            distance - distance.subs(best) - gap.subs(t, w / v) / 2 - (m - mean) ** 2 / (2 * v)
        ),
    )
    yield "t - 1 - log t is 0 and flat at t = 1", sp.Matrix([gap, sp.diff(gap, t)]).subs(t, 1)
    yield "and strictly convex: (mean, variance) is the only minimum", sp.diff(gap, t, 2) > 0
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


@cache
def _nearest_to_exponential() -> np.ndarray:
    from scipy import stats

    return _nearest_normal(stats.expon(), kl)


@misspecified.numerical(tolerance=1e-6, description="(1, 1) for Exp(1), KL by quadrature")
def exponential():
    from scipy import stats

    yield np.abs(_nearest_to_exponential() - [1, 1])
    yield abs(kl(stats.expon(), stats.norm(1, 1)) - (math.log(2 * math.pi) - 1) / 2)


def _two_bumps(rng: np.random.Generator) -> Mixture:
    return Mixture.normal([0.3, 0.7], rng.normal([-1, 1], 0.3), [0.5, 0.8])


@misspecified.numerical(tolerance=1e-6, description="two bumps: their mean and spread")
def two_bumps(rng):
    p = _two_bumps(rng)
    yield np.abs(_nearest_normal(p, kl) - [p.mean(), p.std()])


@misspecified.meaning(tolerance=1e-6)
def misspecified_in_words(rng):
    from scipy import stats

    for law, m, sigma in (
        (stats.expon(), *_nearest_to_exponential()),
        ((p := _two_bumps(rng)), *_nearest_normal(p, kl)),
    ):
        yield {
            "m": m,
            "σ": sigma,
            "E[x]": float(law.mean()),
            "Var[x]": float(law.std()) ** 2,
            "KL(p_data ‖ N(m, σ²))": None,  # what is minimised
            r"\mathrm{KL}(p_{\mathrm{data}} \| N(m, \sigma^2))": None,
        }
    m, sigma = _nearest_to_exponential()
    fitted = bool(np.allclose([m, sigma], 1, atol=1e-6))
    left = abs(kl(stats.expon(), stats.norm(m, sigma)) - 0.4189) < 5e-5
    yield {
        "N(1, 1) for Exp(1)": fitted,
        "Exp(1) it is N(1, 1), at a distance of": fitted and left,
    }


@misspecified.control("JS, the GAN's criterion, in place of KL", of=exponential, miss=0.317)
def js_in_place_of_kl():
    from scipy import stats

    yield np.abs(_nearest_normal(stats.expon(), js) - [1, 1])
    yield abs(js(stats.expon(), stats.norm(1, 1)) - (math.log(2 * math.pi) - 1) / 2)


@misspecified.control("KL(p_model || p_data), the other way round", of=two_bumps, miss=0.0562)
def reversed_kl(rng):
    p = _two_bumps(rng)
    yield np.abs(_nearest_normal(p, _reversed(kl)) - [p.mean(), p.std()])


def _reversed(distance: Callable) -> Callable:
    return lambda p, q: distance(q, p)
