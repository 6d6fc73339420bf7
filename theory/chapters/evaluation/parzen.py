"""Parzen windows (claims A-EVA-01 and 02; their error: `parzen_consistency`).

A Parzen window puts a normal law of width σ on each of N samples g_1, ..., g_N of the model. Its
log-likelihood of held-out data stands in for that of a model whose density is not known.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from theory.calculators.densities import Mixture
from theory.calculators.integration import integrate
from theory.calculators.noise import smoothed
from theory.claim import AS_STATED, Claim

PAPER = "Goodfellow et al. 2014, section 5"


def log_parzen(x: Any, samples: Any, sigma: float) -> np.ndarray:
    """log p̂(x), p̂(x) = (1/N) Σ_i N(x; g_i, σ² I) (A-EVA-01).

    Args:
        x: points, shape (n, d).
        samples: g_1, ..., g_N, shape (N, d).
        sigma: the window's width, greater than zero.

    Returns:
        the log density at each point, shape (n,).

    Raises:
        ValueError: the shapes do not match, or sigma is not a number greater than zero.
    """
    x, samples = np.asarray(x, dtype=float), np.asarray(samples, dtype=float)
    if x.ndim != 2 or samples.ndim != 2 or x.shape[1] != samples.shape[1] or not len(samples):
        raise ValueError(f"samples: got {samples.shape} for x {x.shape}, expected (N, d), (n, d)")
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma: got {sigma}, expected a finite number greater than zero")
    n, d = samples.shape
    squared = ((x[:, None] - samples) ** 2).sum(axis=-1)
    constant = np.log(n) + d / 2 * np.log(2 * np.pi * sigma**2)
    return logsumexp(-squared / (2 * sigma**2), axis=1) - constant


def two_bumps(rng: np.random.Generator) -> Mixture:
    """A mixture of two normal laws, around -1.5 and 1.5."""
    return Mixture.normal([0.4, 0.6], rng.normal([-1.5, 1.5], 0.3), rng.uniform(0.5, 1, 2))


def standard_errors(values: np.ndarray, said: float) -> float:
    """How many standard errors the mean of the values is from what is said."""
    return float((values.mean() - said) / (values.std() / np.sqrt(values.size)))


window = Claim(
    id="A-EVA-01",
    alias="parzen-window",
    title="p̂(x) = (1/N) Σ N(x; gᵢ, σ² I) is a density",
    statement="The Parzen window p̂(x) = (1/N) sum_i N(x; g_i, sigma^2 I) of samples g_i is a "
    "density, p̂(x) >= 0 with integral 1, for every sigma > 0. Its width is chosen on validation "
    "data; on the samples themselves the likelihood grows without bound as sigma -> 0, because "
    "each sample sits under a window of its own.",
    formula=r"\hat p(x) = \frac{1}{N} \sum_{i=1}^{N} N(x; g_i, \sigma^2 I)",
    assumptions=("sigma > 0",),
    sources=(PAPER, "Parzen 1962", "002_d31ce6ddd5a0096b.txt:281"),
)


@window.symbolic(scope=AS_STATED)
def window_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    s, N, d, square = sp.symbols("sigma N d r", positive=True)  # r = |x - g|²
    j = sp.Symbol("j", integer=True)
    n = sp.Symbol("n", integer=True, positive=True)
    one = sp.exp(-(x**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    yield (
        "on the line a window around 0 has mass 1, and shifting it keeps that",
        sp.integrate(one, (x, -sp.oo, sp.oo)) - 1,
    )
    log_one = -(x**2) / (2 * s**2) - sp.log(2 * sp.pi * s**2) / 2
    yield "its logarithm is -x^2/(2 sigma^2) - log(2 pi sigma^2)/2", sp.log(one) - log_one
    squares = sp.Sum(sp.IndexedBase("x")[j] ** 2, (j, 1, n))
    total = -squares / (2 * s**2) - sp.Sum(sp.log(2 * sp.pi * s**2) / 2, (j, 1, n)).doit()
    window_log = -square / (2 * s**2) - n / 2 * sp.log(2 * sp.pi * s**2)
    yield (
        "in n dimensions that of the window is the sum of n such: it is a product of n windows, of "
        "mass 1 each",
        sp.expand(total - window_log.subs(square, squares)),
    )
    yield "the average of N windows of mass 1 has mass 1", sp.Sum(1 / N, (j, 1, N)).doit() - 1
    yield "each window is positive", one > 0
    own = 1 / (N * (2 * sp.pi * s**2) ** (d / 2))  # its own window alone, at g_i
    yield (
        "p̂(g_i) is at least 1/(N (2 pi sigma^2)^(d/2)), without bound as sigma -> 0",
        sp.Eq(sp.limit(own, s, 0, "+"), sp.oo),
    )


def _mass(samples: np.ndarray, sigma: float, constant: float = 1.0) -> float:
    """The integral of p̂ in one dimension (pieces) or two (equal steps)."""
    d = samples.shape[1]
    if d == 1:
        edges = np.unique((samples + sigma * np.arange(-10, 11, 2)).ravel())
        return constant * integrate(
            lambda x: np.exp(log_parzen(x.reshape(-1, 1), samples, sigma)).reshape(x.shape), edges
        )
    step = sigma / 2  # of a sum over equal steps the error is exp(-2 (pi sigma/step)²)
    axes = [np.arange(c.min() - 8 * sigma, c.max() + 8 * sigma, step) for c in samples.T]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return constant * float(np.exp(log_parzen(grid, samples, sigma)).sum()) * step**2


@window.numerical(tolerance=1e-12, description="the integral less 1, in one and two dimensions")
def total_mass(rng):
    for sigma in (0.05, 0.3, 2):
        yield abs(_mass(rng.normal(size=(20, 1)), sigma) - 1)
    for sigma in (0.2, 0.5):
        yield abs(_mass(rng.normal(size=(10, 2)), sigma) - 1)


_WIDTHS = np.logspace(-2, 1, 31)


def _best_at_an_end(samples: np.ndarray, points: np.ndarray) -> float:
    """1 when the likelihood of the points is greatest at the first or last width, else 0."""
    scores = [log_parzen(points, samples, width).mean() for width in _WIDTHS]
    return float(np.argmax(scores) in (0, len(_WIDTHS) - 1))


@window.numerical(tolerance=0, description="1 where validation data want the least or last width")
def width_by_validation(rng):
    for d in (1, 2, 5):
        yield _best_at_an_end(rng.normal(size=(100, d)), rng.normal(size=(100, d)))


@window.meaning()
def window_in_words(rng):
    from scipy import stats

    for d in (1, 2):
        samples, sigma = rng.normal(size=(10, d)), rng.uniform(0.2, 0.5)
        x = rng.normal(size=d)
        kernels = sum(stats.multivariate_normal(g, sigma**2 * np.eye(d)).pdf(x) for g in samples)
        found = float(np.exp(log_parzen(x[None], samples, sigma)[0]))
        narrow = [log_parzen(samples, samples, 10.0**-k).mean() for k in (3, 6, 9)]
        yield {
            "p̂(x)": found,
            r"\hat p(x)": found,
            "N": len(samples),
            "sigma": sigma,
            "Σ N(x; gᵢ, σ² I)": float(kernels),
            "sum_i N(x; g_i, sigma^2 I)": float(kernels),
            r"\sum_{i=1}^{N} N(x; g_i, \sigma^2 I)": float(kernels),
            "integral 1": abs(_mass(samples, sigma) - 1) < 1e-12,
            # d log 1000 at each step
            "without bound as sigma -> 0": np.allclose(np.diff(narrow), d * np.log(1000)),
        }


@window.control("the constant of one dimension in two", of=total_mass, miss=0.499)
def constant_of_the_line(rng):
    yield abs(_mass(rng.normal(size=(10, 2)), 0.2, constant=np.sqrt(2 * np.pi) * 0.2) - 1)


@window.control("the width is chosen on the samples themselves", of=width_by_validation, miss=1)
def width_by_the_samples(rng):
    for d in (1, 2, 5):
        samples = rng.normal(size=(100, d))
        yield _best_at_an_end(samples, samples)


# N(0.7; 0, 1.09), and the density N(0.7; 0, 1) that it is not, to six decimals.
_SMOOTHED, _PLAIN = 0.305197, 0.312254

mean = Claim(
    id="A-EVA-02",
    alias="parzen-mean",
    title="E[p̂(x)] = (p_g * N(0, σ²))(x)",
    statement="The mean of the Parzen window over its samples is not p_g but p_g smoothed: "
    "E[p̂(x)] = (p_g * N(0, sigma^2))(x). For p_g = N(0, 1) it is N(x; 0, 1 + sigma^2): at x = 0.7 "
    f"and sigma = 0.3 this is {_SMOOTHED:.6f}, where p_g(x) is {_PLAIN:.6f}.",
    formula=r"\operatorname{E}[\hat p(x)] = \int p_g(g) \, N(x; g, \sigma^2) \, dg",
    assumptions=("samples of p_g", "sigma does not depend on them"),
    sources=(
        "Parzen 1962",
        "Theis, van den Oord, Bethge 2016, on Parzen window estimates",
        "002_d31ce6ddd5a0096b.txt:281",
    ),
)


@mean.symbolic(scope=AS_STATED)
def mean_proof():
    import sympy as sp

    x, g, one = sp.symbols("x g e", real=True)  # e = E[N(x; g, σ²)], g ~ p_g
    s, t = sp.symbols("s sigma", positive=True)  # p_g = N(0, s²)
    N, i = sp.Symbol("N", integer=True, positive=True), sp.Symbol("i", integer=True)
    yield (
        "the mean of N equal means e, each int p_g(g) N(x; g, sigma^2) dg, is e",
        sp.Sum(one / N, (i, 1, N)).doit() - one,
    )
    normal_law = sp.Function("n")  # of the square of the distance, over that of the width
    kernel = sp.Lambda((x, g), normal_law((x - g) ** 2 / t**2) / t)
    yield (
        "N(x; g, sigma^2) = N(x - g; 0, sigma^2): the integral is a convolution, for any p_g",
        kernel(x, g) - kernel(x - g, 0),
    )
    v = s**2 + t**2
    centre, width = x * s**2 / v, s * t / sp.sqrt(v)
    yield (
        "p_g = N(0, s^2): the exponents' square completed in g",
        sp.simplify(
            g**2 / s**2 + (x - g) ** 2 / t**2 - (g - centre) ** 2 / width**2 - x**2 / v,
        ),
    )
    left = sp.integrate(sp.exp(-(g**2) / (2 * t**2)), (g, -sp.oo, sp.oo)) - t * sp.sqrt(2 * sp.pi)
    yield "the integral over g of exp(-(g - c)^2/(2 w^2)) is w sqrt(2 pi)", left
    normal = 1 / (2 * sp.pi * s * t) * width * sp.sqrt(2 * sp.pi)
    yield "the constant left is that of N(0, s^2 + sigma^2)", normal - 1 / sp.sqrt(2 * sp.pi * v)
    at = sp.Rational(7, 10)
    for variance, said in ((1 + sp.Rational(9, 100), _SMOOTHED), (sp.Integer(1), _PLAIN)):
        density = sp.exp(-(at**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
        yield (
            f"N(0.7; 0, {variance}) rounds to {said}",
            abs(density - sp.Rational(str(said))) < (sp.Rational(1, 2 * 10**6)),
        )


def _mean_by_quadrature(p: Mixture, x: float, sigma: float) -> float:
    def integrand(g):
        return p.pdf(g) * np.exp(-(((x - g) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))

    ends = np.array([p.ppf(1e-15), p.isf(1e-15)])
    inside = x + sigma * np.arange(-8, 9, 2)
    edges = np.concatenate([ends, inside[(inside > ends[0]) & (inside < ends[1])]])
    return integrate(integrand, np.sort(edges))


@mean.numerical(tolerance=1e-9, description="the integral against the widened mixture")
def widened_mixtures(rng):
    for _instance in range(10):
        p, x, sigma = two_bumps(rng), rng.normal(0, 2), rng.uniform(0.1, 1)
        yield abs(_mean_by_quadrature(p, x, sigma) - float(smoothed(p, sigma).pdf(x)))


def _windows(rng: np.random.Generator, n: int) -> np.ndarray:
    """N(0.7; g_i, 0.3²) of n samples g_i ~ N(0, 1)."""
    return np.exp(-(((0.7 - rng.normal(size=n)) / 0.3) ** 2) / 2) / (0.3 * np.sqrt(2 * np.pi))


# A window's value has the standard deviation 0.46: 4.9 standard errors are 0.0016.
@mean.numerical(tolerance=1.6e-3, description="Monte Carlo, 2 000 000 samples")
def monte_carlo(rng):
    yield abs(_windows(rng, 2_000_000).mean() - _SMOOTHED)


@mean.sampling()
def mean_by_sampling(rng):
    yield standard_errors(
        _windows(rng, 500_000), np.exp(-(0.7**2) / 2 / 1.09) / np.sqrt(2 * np.pi * 1.09)
    )


@mean.meaning()
def mean_in_words(rng):
    normal = Mixture.normal([1], [0], [1])
    closed = max(
        abs(_mean_by_quadrature(normal, x, s) - np.exp(-(x**2) / (2 + 2 * s**2))
            / np.sqrt(2 * np.pi * (1 + s**2)))
        for x, s in ((0.7, 0.3), (-1.0, 0.8))
    )  # fmt: skip
    six = abs(_mean_by_quadrature(normal, 0.7, 0.3) - _SMOOTHED) < 5e-7
    plain = abs(float(normal.pdf(0.7)) - _PLAIN) < 5e-7
    for _instance in range(3):
        p, x, sigma = two_bumps(rng), rng.normal(0, 2), rng.uniform(0.1, 1)
        smooth, integral = float(smoothed(p, sigma).pdf(x)), _mean_by_quadrature(p, x, sigma)
        drawn = sum(
            m * np.exp(log_parzen(np.array([[x]]), np.array([[g]]), sigma)[0])
            for g, m in zip(*_points_of(p), strict=True)
        )
        yield {
            "E[p̂(x)]": drawn,
            r"\operatorname{E}[\hat p(x)]": drawn,
            "(p_g * N(0, σ²))(x)": smooth,
            r"\int p_g(g) \, N(x; g, \sigma^2) \, dg": integral,
            "For p_g = N(0, 1) it is N(x; 0, 1 + sigma^2)": closed < 1e-12,
            f"at x = 0.7 and sigma = 0.3 this is {_SMOOTHED:.6f}": six,
            f"where p_g(x) is {_PLAIN:.6f}": plain,
        }


def _points_of(p: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """A fine grid with p's mass at each point."""
    grid, step = np.linspace(-9, 9, 401, retstep=True)
    return grid, p.pdf(grid) * step


@mean.control("the window is said to estimate p_g itself", of=monte_carlo, miss=0.00735)
def density_itself(rng):
    yield abs(_windows(rng, 2_000_000).mean() - _PLAIN)


@mean.control("the same, in standard errors", of=mean_by_sampling, miss=12.3)
def density_by_sampling(rng):
    yield standard_errors(_windows(rng, 500_000), _PLAIN)


@mean.control("variances are added as 1 + σ in place of 1 + σ²", of=widened_mixtures, miss=0.0154)
def added_widths():
    normal = Mixture.normal([1], [0], [1])
    yield abs(_mean_by_quadrature(normal, 0.7, 0.3) - float(smoothed(normal, 0.3**0.5).pdf(0.7)))
