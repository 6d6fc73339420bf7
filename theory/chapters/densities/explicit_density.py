"""Explicit and implicit densities (claims A-GEN; on sampling: `sampling`).

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
from scipy.special import psi

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, kl
from theory.claim import AS_STATED, Claim


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


@goal.symbolic(scope=AS_STATED)
def goal_proof():
    import sympy as sp

    N, s, v, k, x = sp.symbols("N sigma v k x", positive=True)
    m, mean, t = sp.symbols("m mu t", real=True)
    square = s**2 + (m - mean) ** 2  # E[(x - mean)²] of the data N(m, σ²)
    entropy = sp.log(2 * sp.pi * s**2) / 2 + sp.Rational(1, 2)
    left = sp.log(2 * sp.pi * v) / 2 + square / (2 * v) - entropy
    yield (
        "KL(N(m, sigma^2) || N(mean, v)) = log(v/sigma^2)/2 + (sigma^2 + (m - mean)^2)/(2v) - 1/2",
        sp.expand_log(left - (sp.log(v / s**2) + square / v - 1) / 2),
    )
    # The fit has v = sigma² X/N, X chi-squared with k = N - 1 degrees, and (m - mean)² of mean
    # sigma²/N, independent of v
    power = sp.integrate(x ** (k / 2 + 2 - 1) * sp.exp(-x / 2), (x, 0, sp.oo))
    yield (
        "int x^(a - 1) e^(-x/2) dx = 2^a Gamma(a), here at a = k/2 + 2",
        sp.simplify(power - 2 ** (k / 2 + 2) * sp.gamma(k / 2 + 2)),
    )
    moment = 2**t * sp.gamma(k / 2 + t) / sp.gamma(k / 2)  # so E[X^t]
    mean_log, mean_inverse = sp.diff(moment, t).subs(t, 0), sp.gammasimp(moment.subs(t, -1))
    yield (
        "so E[X^t] = 2^t Gamma(k/2 + t)/Gamma(k/2), and E[log X], its slope at 0, psi(k/2) + log 2",
        sp.simplify(mean_log - sp.digamma(k / 2) - sp.log(2)),
    )
    yield "E[1/X] = 1/(k - 2)", sp.simplify(mean_inverse - 1 / (k - 2))
    expected = mean_log - sp.log(N) + (s**2 + s**2 / N) * N / s**2 * mean_inverse - 1
    said = sp.digamma((N - 1) / 2) + sp.log(2 / N) + (N + 1) / (N - 3) - 1
    yield (
        "the mean KL, with k = N - 1: [psi((N-1)/2) + log(2/N) + (N+1)/(N-3) - 1]/2",
        sp.simplify(sp.expand_log(expected.subs(k, N - 1) - said)),
    )


@goal.sampling()
def goal_by_sampling(rng):
    for n in (15, 30, 100):
        m, log_s = rng.normal(), rng.normal(0, 0.5)
        x = rng.normal(m, np.exp(log_s), (5000, n))
        mean, std = x.mean(axis=1), x.std(axis=1)
        s2 = np.exp(2 * log_s)
        left = np.log(std) - log_s + (s2 + (m - mean) ** 2) / (2 * std**2) - 0.5
        yield (left.mean() - _mean_kl(n)) / (left.std() / np.sqrt(left.size))


@goal.numerical(tolerance=1e-2, description="N times the mean KL, less 1, at N = 1000 to 100000")
def n_times_the_mean_kl_less_1_at_n_1000_to_100000():
    for n in (1000, 10_000, 100_000):
        yield abs(n * _mean_kl(n) - 1)


@goal.numerical(tolerance=1e-3, description="KL(p_data || fit to 100000 samples), p_data normal")
def kl_p_data_fit_to_100000_samples_p_data_normal(rng):
    from scipy import stats

    fit = GaussianModel.fit(rng.normal(2, 3, 100_000))
    yield kl(stats.norm(2, 3), stats.norm(fit.mean, fit.std))


@goal.control(
    "p_data is Exp(1), outside the family",
    of=kl_p_data_fit_to_100000_samples_p_data_normal,
    miss=0.419,
)
def p_data_is_exp_1_outside_the_family(rng):
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
def against_a_search_samples_of_three_laws(rng):
    for x in (rng.normal(2, 3, 50), rng.exponential(size=20), rng.uniform(-1, 0, 200)):
        fit = GaussianModel.fit(x)
        yield np.abs(_searched(x, rng.normal(0, 0.5, 2)) - [fit.mean, fit.std])


@likelihood.control("N - 1 in place of N", of=against_a_search_samples_of_three_laws, miss=0.0368)
def n_1_in_place_of_n(rng):
    x = rng.normal(2, 3, 50)
    yield np.abs(_searched(x, np.zeros(2)) - [x.mean(), x.std(ddof=1)])


@likelihood.control(
    "the median in place of the mean", of=against_a_search_samples_of_three_laws, miss=0.29
)
def the_median_in_place_of_the_mean(rng):
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


@bias.numerical(tolerance=1e-12, description="all samples of discrete laws, N = 2 to 5")
def all_samples_of_discrete_laws_n_2_to_5(rng):
    for n in (2, 3, 4, 5):
        points, masses = rng.normal(size=4), rng.dirichlet(np.ones(4))
        variance = masses @ (points - masses @ points) ** 2
        yield abs(_mean_over_all_samples(points, masses, n) - (n - 1) / n * variance)


@bias.sampling()
def bias_by_sampling(rng):
    estimates = rng.normal(0, 2, (200_000, 5)).var(axis=1)
    yield (estimates.mean() - 3.2) / (estimates.std() / np.sqrt(estimates.size))


@bias.control(
    "the estimate is called unbiased", of=all_samples_of_discrete_laws_n_2_to_5, miss=0.21
)
def the_estimate_is_called_unbiased(rng):
    points, masses = rng.normal(size=4), rng.dirichlet(np.ones(4))
    variance = masses @ (points - masses @ points) ** 2
    yield abs(_mean_over_all_samples(points, masses, 5) - variance)


@bias.control("the samples are not independent: drawn in equal pairs", of=bias_by_sampling, miss=35)
def the_samples_are_not_independent_drawn_in_equal(rng):
    estimates = np.repeat(rng.normal(0, 2, (20_000, 3)), 2, axis=1)[:, :5].var(axis=1)
    yield abs(estimates.mean() - 3.2) / (estimates.std() / np.sqrt(estimates.size))


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


@misspecified.numerical(tolerance=1e-4, description="(1, 1) for Exp(1), KL by quadrature")
def misspecified_1_1_for_exp_1_kl_by_quadrature():
    from scipy import stats

    yield np.abs(_nearest_normal(stats.expon(), kl) - [1, 1])
    yield abs(kl(stats.expon(), stats.norm(1, 1)) - 0.4189385)


@misspecified.numerical(tolerance=1e-4, description="two bumps: their mean and spread")
def two_bumps_their_mean_and_spread(rng):
    p = Mixture.normal([0.3, 0.7], rng.normal([-1, 1], 0.3), [0.5, 0.8])
    yield np.abs(_nearest_normal(p, kl) - [p.mean(), p.std()])


@misspecified.control(
    "JS, the GAN's criterion, in place of KL", of=two_bumps_their_mean_and_spread, miss=0.313
)
def js_the_gans_criterion_in_place_of_kl():
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
    test="tests/networks/test_networks_match_theory.py::test_gan_gives_samples_and_no_density",
)


def _mass(log_density, centre: float, scale: float) -> float:
    from scipy.integrate import quad

    low, high = centre - 12 * scale, centre + 12 * scale
    return quad(lambda x: np.exp(log_density(x)), low, high, points=[centre], epsabs=1e-10)[0]


@explicit.numerical(tolerance=1e-6, description="the integral of exp(log_prob), less 1")
def the_integral_of_exp_log_prob_less_1(rng):
    for m, s in zip(rng.normal(0, 50, 10), 10 ** rng.uniform(-3, 3, 10), strict=True):
        yield abs(_mass(GaussianModel(m, s).log_prob, m, s) - 1)


@explicit.control(
    "the optimal discriminator's output is taken for a density",
    of=the_integral_of_exp_log_prob_less_1,
    miss=10,
)
def the_optimal_discriminators_output_is_taken():
    model, data = GaussianModel(0, 1), GaussianModel(2, 1)
    yield abs(_mass(lambda x: -np.logaddexp(0, model.log_prob(x) - data.log_prob(x)), 0, 1) - 1)
