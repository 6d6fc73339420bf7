"""Explicit and implicit densities (claims A-GEN-01 and 07; on fits: `likelihood`; on samples:
`sampling`).

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

from theory.calculators.divergences import kl
from theory.claim import Claim


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


def standard_errors(values: np.ndarray, said: float) -> float:
    """How many standard errors the mean of the values is from what is said."""
    return float((values.mean() - said) / (values.std() / np.sqrt(values.size)))


goal = Claim(
    id="A-GEN-01",
    alias="generative-modelling",
    title="from samples of p_data learn p_model ≈ p_data, then sample from p_model",
    statement="A generative model learns from samples of p_data a law p_model close to p_data and "
    "then draws new samples from it. For a normal p_data and its normal fit to N samples "
    "E[KL(p_data || p_model)] = [psi((N-1)/2) + log(2/N) + (N+1)/(N-3) - 1]/2, which falls as 1/N; "
    "outside the model's family a distance is left however large N.",
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


@goal.symbolic(
    scope="the mean distance of a normal law's fit, given the chi-squared law of its variance"
)
def mean_distance():
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


def _distances_of_fits(n: int, divisor: int, rng: np.random.Generator) -> np.ndarray:
    """KL(p_data || fit) of 20 000 fits to n samples, their variance with this divisor."""
    m, s2 = rng.normal(), np.exp(rng.normal())
    x = rng.normal(m, np.sqrt(s2), (20_000, n))
    mean, variance = x.mean(axis=1), x.var(axis=1) * n / divisor
    return (np.log(variance / s2) + (s2 + (m - mean) ** 2) / variance - 1) / 2


@goal.sampling()
def fits_to_samples(rng):
    for n in (8, 15, 30):
        yield standard_errors(_distances_of_fits(n, n, rng), _mean_kl(n))


# psi(z) = log z - 1/(2z) - 1/(12z²) + ...: N times the mean is 1 + (61/12)/N + ..., at N = 1000
# 5.08e-3 above 1, and the third order adds 3e-5 or so.
@goal.numerical(tolerance=5.15e-3, description="N times the mean KL, less 1, at N = 1000 to 100000")
def rate():
    for n in (1000, 10_000, 100_000):
        yield abs(n * _mean_kl(n) - 1)


# 2 N KL is nearly chi-squared with 2 degrees: N KL exceeds 13.8 with probability 1e-6.
@goal.numerical(tolerance=1.38e-4, description="KL(p_data || fit to 100000 samples), p_data normal")
def inside_the_family(rng):
    from scipy import stats

    fit = GaussianModel.fit(rng.normal(2, 3, 100_000))
    yield kl(stats.norm(2, 3), stats.norm(fit.mean, fit.std))


def _mean_kl_by_quadrature(n: int) -> float:
    """The same mean, by integrating over the law of the fit's variance."""
    from scipy import stats

    log_x, step = np.linspace(-15, 8, 4001, retstep=True)
    x = np.exp(log_x)  # the fit's variance is x/n times that of the data
    distance = (np.log(x / n) + (1 + 1 / n) * n / x - 1) / 2
    return float(np.sum(distance * stats.chi2.pdf(x, n - 1) * x) * step)


@goal.meaning(tolerance=1e-8)
def goal_in_words(rng):
    from scipy import stats

    fit = GaussianModel.fit(rng.normal(2, 3, 1_000_000))
    exponential = GaussianModel.fit(rng.exponential(size=100_000))
    left = kl(stats.expon(), stats.norm(exponential.mean, exponential.std))
    for n in (6, 25):
        yield {
            "p_model": float(np.exp(fit.log_prob(n / 6))),
            "p_data": float(stats.norm(2, 3).pdf(n / 6)),
            "E[KL(p_data || p_model)]": _mean_kl_by_quadrature(n),
            "psi((N-1)/2)": float(psi((n - 1) / 2)),
            "N": n,
            "falls as 1/N": abs(_mean_kl(10**5) / _mean_kl(10**6) - 10) < 1e-3,
            "a distance is left however large N": left > 0.4,
        }


@goal.control(
    "the variance over N - 1, without bias, leaves as much on average",
    of=fits_to_samples,
    miss=14.6,
)
def unbiased_variance(rng):
    for n in (8, 15):
        yield standard_errors(_distances_of_fits(n, n - 1, rng), _mean_kl(n))


@goal.control(
    "p_data is logistic, a bell, but outside the family", of=inside_the_family, miss=0.0144
)
def outside_the_family(rng):
    from scipy import stats

    fit = GaussianModel.fit(rng.logistic(size=100_000))
    yield kl(stats.logistic(), stats.norm(fit.mean, fit.std))


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


@explicit.numerical(tolerance=1e-9, description="the integral of exp(log_prob), less 1")
def total_mass(rng):
    for m, s in zip(rng.normal(0, 50, 10), 10 ** rng.uniform(-3, 3, 10), strict=True):
        yield abs(_mass(GaussianModel(m, s).log_prob, m, s) - 1)


@explicit.meaning()
def explicit_in_words(rng):
    for m, s in zip(rng.normal(0, 50, 3), 10 ** rng.uniform(-2, 2, 3), strict=True):
        mass = _mass(GaussianModel(m, s).log_prob, m, s)
        yield {
            r"\int p_{\mathrm{model}}(x) \, dx": mass,
            "a density that integrates to 1": abs(mass - 1) < 1e-9,
        }


@explicit.control(
    "the optimal discriminator's output is taken for a density", of=total_mass, miss=10
)
def output_of_the_discriminator():
    model, data = GaussianModel(0, 1), GaussianModel(2, 1)
    yield abs(_mass(lambda x: -np.logaddexp(0, model.log_prob(x) - data.log_prob(x)), 0, 1) - 1)


@explicit.control("log σ² is subtracted in place of log σ", of=total_mass, miss=0.562)
def variance_in_place_of_std(rng):
    for s in rng.uniform(0.5, 2, 5):
        yield abs(_mass(lambda x, s=s: GaussianModel(0, s).log_prob(x) - np.log(s), 0, s) - 1)
