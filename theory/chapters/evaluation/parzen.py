"""Parzen windows and the comparison of models (claims A-EVA).

A Parzen window puts a normal law of width σ on each of N samples g_1, ..., g_N of the model. Its
log-likelihood of held-out data stands in for that of a model whose density is not known.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from theory.calculators.densities import Mixture
from theory.calculators.integration import integrate
from theory.calculators.noise import smoothed
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014, section 5"


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


def parzen_variance(p: Mixture, x: Any, sigma: float, n: int) -> np.ndarray:
    """Var[p̂(x)] with n samples of a mixture p of normal laws: (E[k²] - E[k]²)/n (A-EVA-06).

    The window's square k² is the window of width σ/√2, divided by 2σ√π.
    """
    square = smoothed(p, sigma / np.sqrt(2)).pdf(x) / (2 * sigma * np.sqrt(np.pi))
    return (square - smoothed(p, sigma).pdf(x) ** 2) / n


def _two_bumps(rng: np.random.Generator) -> Mixture:
    return Mixture.normal([0.4, 0.6], rng.normal([-1.5, 1.5], 0.3), rng.uniform(0.5, 1, 2))


window = Claim(
    id="A-EVA-01",
    alias="parzen-window",
    title="p̂(x) = (1/N) Σ N(x; gᵢ, σ² I) is a density",
    statement="The Parzen window p̂(x) = (1/N) sum_i N(x; g_i, sigma^2 I) of samples g_i is a "
    "density: at least 0, with integral 1, for every sigma > 0. Its width is chosen on validation "
    "data; on the samples themselves the likelihood grows without bound as sigma -> 0, because "
    "each sample sits under a window of its own.",
    formula=r"\hat p(x) = \frac{1}{N} \sum_{i=1}^{N} N(x; g_i, \sigma^2 I)",
    assumptions=("sigma > 0",),
    sources=(_PAPER, "Parzen 1962", "002_d31ce6ddd5a0096b.txt:281"),
)


@window.symbolic(scope=AS_STATED)
def window_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    s, N, d = sp.symbols("sigma N d", positive=True)
    one = sp.exp(-(x**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    mass = sp.integrate(one, (x, -sp.oo, sp.oo))
    yield "a window around 0 has mass 1, and shifting it keeps that", mass - 1
    two = sp.exp(-(x**2 + y**2) / (2 * s**2)) / (2 * sp.pi * s**2)
    yield (
        "in d dimensions it is a product of d such windows (here d = 2)",
        sp.simplify(two - one * one.subs(x, y)),
    )
    mass2 = sp.integrate(sp.integrate(two, (x, -sp.oo, sp.oo)), (y, -sp.oo, sp.oo))
    yield "so its mass is 1, too, and the average of N such windows has mass 1", mass2 - 1
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


@window.numerical(tolerance=1e-6, description="the integral less 1, in one and two dimensions")
def the_integral_less_1_in_one_and_two_dimensions(rng):
    for sigma in (0.05, 0.3, 2):
        yield abs(_mass(rng.normal(size=(20, 1)), sigma) - 1)
    for sigma in (0.2, 0.5):
        yield abs(_mass(rng.normal(size=(10, 2)), sigma) - 1)


@window.control(
    "the constant of one dimension in two",
    of=the_integral_less_1_in_one_and_two_dimensions,
    miss=0.499,
)
def the_constant_of_one_dimension_in_two(rng):
    yield abs(_mass(rng.normal(size=(10, 2)), 0.2, constant=np.sqrt(2 * np.pi) * 0.2) - 1)


_WIDTHS = np.logspace(-2, 1, 31)


def _best_at_an_end(samples: np.ndarray, points: np.ndarray) -> float:
    """1 when the likelihood of the points is greatest at the first or last width, else 0."""
    scores = [log_parzen(points, samples, width).mean() for width in _WIDTHS]
    return float(np.argmax(scores) in (0, len(_WIDTHS) - 1))


@window.numerical(tolerance=0, description="1 where validation data want the least or last width")
def window_1_where_validation_data_want_the_least_or_last(rng):
    for d in (1, 2, 5):
        yield _best_at_an_end(rng.normal(size=(100, d)), rng.normal(size=(100, d)))


@window.control(
    "the width is chosen on the samples themselves",
    of=window_1_where_validation_data_want_the_least_or_last,
    miss=1,
)
def the_width_is_chosen_on_the_samples_themselves(rng):
    for d in (1, 2, 5):
        samples = rng.normal(size=(100, d))
        yield _best_at_an_end(samples, samples)


mean = Claim(
    id="A-EVA-02",
    alias="parzen-mean",
    title="E[p̂(x)] = (p_g * N(0, σ²))(x)",
    statement="The mean of the Parzen window over its samples is not p_g but p_g smoothed: "
    "E[p̂(x)] = (p_g * N(0, sigma^2))(x). For p_g = N(0, 1) it is N(x; 0, 1 + sigma^2), 0.305197 "
    "at x = 0.7 and sigma = 0.3, where p_g is 0.312254.",
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

    p, q = sp.symbols("p q", positive=True)
    k = sp.symbols("k1:4", real=True)
    masses = (p, q, 1 - p - q)
    one = sum(m * v for m, v in zip(masses, k, strict=True))
    both = sum(
        m * n * (v + w) / 2
        for m, v in zip(masses, k, strict=True)
        for n, w in zip(masses, k, strict=True)
    )
    yield (
        "the mean over N samples is that of one window (N = 2, three points)",
        sp.expand(both - one),
    )
    x, g = sp.symbols("x g", real=True)
    s, t = sp.symbols("s sigma", positive=True)  # p_g = N(0, s²)
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


def _mean_by_quadrature(p: Mixture, x: float, sigma: float) -> float:
    def integrand(g):
        return p.pdf(g) * np.exp(-(((x - g) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))

    ends = np.array([p.ppf(1e-15), p.isf(1e-15)])
    inside = x + sigma * np.arange(-8, 9, 2)
    edges = np.concatenate([ends, inside[(inside > ends[0]) & (inside < ends[1])]])
    return integrate(integrand, np.sort(edges))


@mean.numerical(tolerance=1e-9, description="the integral against the widened mixture")
def the_integral_against_the_widened_mixture(rng):
    for _instance in range(10):
        p, x, sigma = _two_bumps(rng), rng.normal(0, 2), rng.uniform(0.1, 1)
        yield abs(_mean_by_quadrature(p, x, sigma) - float(smoothed(p, sigma).pdf(x)))


@mean.numerical(tolerance=5e-7, description="0.305197 at x = 0.7, σ = 0.3, six decimals")
def mean_0_305197_at_x_0_7_0_3_six_decimals():
    normal = Mixture.normal([1], [0], [1])
    yield abs(float(smoothed(normal, 0.3).pdf(0.7)) - 0.305197)
    yield abs(_mean_by_quadrature(normal, 0.7, 0.3) - 0.305197)


def _windows(rng: np.random.Generator, n: int) -> np.ndarray:
    """N(0.7; g_i, 0.3²) of n samples g_i ~ N(0, 1)."""
    return np.exp(-(((0.7 - rng.normal(size=n)) / 0.3) ** 2) / 2) / (0.3 * np.sqrt(2 * np.pi))


@mean.numerical(tolerance=2e-3, description="Monte Carlo, 2 000 000 samples")
def monte_carlo_2_000_000_samples(rng):
    yield abs(_windows(rng, 2_000_000).mean() - 0.305197)  # 4.9 s.e. are 0.0016


@mean.sampling()
def mean_by_sampling(rng):
    k = _windows(rng, 500_000)
    yield (k.mean() - np.exp(-(0.7**2) / 2 / 1.09) / np.sqrt(2 * np.pi * 1.09)) / (
        k.std() / np.sqrt(k.size)
    )


@mean.control(
    "the window is said to estimate p_g itself", of=monte_carlo_2_000_000_samples, miss=0.00735
)
def the_window_is_said_to_estimate_p_g_itself(rng):
    yield abs(_windows(rng, 2_000_000).mean() - np.exp(-(0.7**2) / 2) / np.sqrt(2 * np.pi))


@mean.control(
    "variances are added as 1 + σ in place of 1 + σ²",
    of=the_integral_against_the_widened_mixture,
    miss=0.0154,
)
def variances_are_added_as_1_in_place_of_1():
    normal = Mixture.normal([1], [0], [1])
    yield abs(_mean_by_quadrature(normal, 0.7, 0.3) - float(smoothed(normal, 0.3**0.5).pdf(0.7)))


reference = Claim(
    id="A-EVA-03",
    alias="parzen-reference-values",
    title="digits, σ = 0.35: training images −18 nats, Gaussian −38.6, GANs between",
    statement="The Parzen log-likelihood of held-out digits (8 x 8, scaled to [-1, 1], sigma = "
    "0.35) is -17.96 nats with the training images as samples and -38.6 with 2000 samples of the "
    "Gaussian of full covariance. Trained networks lie between (each measured once: -22.5 and "
    "-22.8 for two perceptron GANs, -20.8 and -20.7 for two conditional ones). The "
    "score prefers copies to everything else.",
    assumptions=("2000 samples, except the training images", "values cut off at -1 and 1"),
    sources=(f"{_PAPER} and table 1", "002_d31ce6ddd5a0096b.txt:281"),
    training=True,
    test="tests/product/test_examples.py::test_evaluation",
)


comparison = Claim(
    id="A-EVA-04",
    alias="comparison-of-models",
    title="sampling without a Markov chain; p(x) by Parzen window only; D and G to be kept in step",
    statement="Directed models and GANs sample without a Markov chain; undirected models and "
    "generative autoencoders need one (A-GAN-14 measures the difference). p(x) is intractable, "
    "and approximated by annealed importance sampling, in the first two kinds; it is not "
    "represented, and approximated by Parzen windows, in the last two. A GAN needs D and G to be "
    "kept in step, or G maps many z to one x (the Helvetica scenario, mode collapse: A-MC).",
    sources=("Goodfellow et al. 2014, table 2 and section 6", "002_d31ce6ddd5a0096b.txt:277-282"),
    definition=True,
)


experiments = Claim(
    id="A-EVA-05",
    alias="experiments-and-stand-ins",
    title="MNIST, TFD, CIFAR-10; bundled digits and faces stand in for them",
    statement="The paper's experiments use MNIST, the Toronto faces (TFD) and CIFAR-10. Without a "
    "download, scikit-learn's 8 x 8 digits stand in for MNIST and the faces of scikit-image's "
    "lfw_subset for TFD; `kgan.data.load` reads both.",
    sources=(_PAPER, "002_d31ce6ddd5a0096b.txt:226-228"),
    definition=True,
    test="tests/product/test_data.py::test_bundled_images_are_fixed",
)


consistency = Claim(
    id="A-EVA-06",
    alias="parzen-bias-and-consistency",
    title="bias ≈ σ² p″/2, variance ≈ p/(2√π N σ): consistent if σ → 0 and Nσ → ∞",
    statement="On the line the Parzen window is biased by sigma^2 p_g''(x)/2 to leading order, and "
    "its variance is p_g(x)/(2 sqrt(pi) N sigma) to leading order. It is consistent, its mean "
    "square error goes to 0, when sigma -> 0 and N sigma -> infinity; the best rate is N^(-4/5), "
    "at sigma of order N^(-1/5). With sigma fixed the bias stays, however many the samples.",
    formula=r"\operatorname{E}[\hat p] - p_g = \frac{\sigma^2}{2} p_g'' + O(\sigma^4), \quad "
    r"\operatorname{Var}[\hat p] = \frac{p_g}{2 \sqrt{\pi} N \sigma} + O(1/N)",
    assumptions=("independent samples of p_g", "p_g is bounded and four times differentiable"),
    sources=(
        "Rosenblatt 1956, Remarks on some nonparametric estimates of a density function",
        "Parzen 1962, On estimation of a probability density function and mode",
        "002_d31ce6ddd5a0096b.txt:281",
    ),
)


@consistency.symbolic(scope=AS_STATED)
def consistency_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    t, s, N, A, B = sp.symbols("t sigma N A B", positive=True)
    k = sp.exp(-(x**2) / (2 * t)) / sp.sqrt(2 * sp.pi * t)  # the window, t = σ²
    yield (
        "the window solves the heat equation dk/dt = k''/2, and so does p_g * k = E[p̂]",
        sp.simplify(sp.diff(k, t) - sp.diff(k, x, 2) / 2),
    )
    mean_ = k.subs(t, 1 + t)  # p_g = N(0, 1)
    normal = k.subs(t, 1)
    expanded = [sp.diff(mean_, t, order).subs(t, 0) for order in (0, 1)]
    yield "at t = 0 it is p_g: no bias is left (here N(0, 1))", expanded[0] - normal
    yield (
        "and its slope in t = sigma^2 is p_g''/2: the bias is sigma^2 p_g''/2 + O(sigma^4)",
        sp.simplify(expanded[1] - sp.diff(normal, x, 2) / 2),
    )
    yield (
        "k^2 is the window of width sigma/sqrt(2), divided by 2 sigma sqrt(pi)",
        sp.simplify(k.subs(t, s**2) ** 2 - k.subs(t, s**2 / 2) / (2 * s * sp.sqrt(sp.pi))),
    )
    c = sp.symbols("c1:3", real=True)  # Var of a mean of two independent windows, values c
    p = sp.Symbol("p", positive=True)
    chance = {0: p, 1: 1 - p}
    one = sum(chance[i] * c[i] for i in chance)
    spread = sum(chance[i] * c[i] ** 2 for i in chance) - one**2
    pair = sum(
        chance[i] * chance[j] * ((c[i] + c[j]) / 2 - one) ** 2 for i in chance for j in chance
    )
    yield (
        "a mean over N samples has the N-th part of the variance (N = 2)",
        sp.expand(pair - spread / 2),
    )
    error = A * s**4 + B / (N * s)  # A = (p''/2)², B = p/(2√π)
    best = (B / (4 * A * N)) ** sp.Rational(1, 5)
    yield (
        "squared bias + variance is least at sigma = (B/(4AN))^(1/5)",
        sp.diff(error, s).subs(s, best),
    )
    yield "a minimum: the error is convex in sigma", sp.diff(error, s, 2) > 0
    least = error.subs(s, best)
    yield (
        "where it falls as N^(-4/5)",
        sp.simplify(least.subs(N, 32 * N) / least - sp.Rational(1, 16)),
    )
    yield "with sigma fixed A sigma^4 stays", sp.limit(error, N, sp.oo) - A * s**4


def _curvature(p: Mixture, x: np.ndarray) -> np.ndarray:
    """p'' of a mixture of one array of normal components."""
    (c,) = p.components
    m, s = c.args
    z = (x[:, None] - m) / s
    return (np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z**2 - 1) / s**3) @ p.weights


@consistency.numerical(tolerance=1e-3, description="bias/(σ²/2) against p'', σ = 0.01")
def bias_2_against_p_0_01(rng):
    for _instance in range(5):
        p, x = _two_bumps(rng), rng.normal(0, 2, 50)
        bias = smoothed(p, 0.01).pdf(x) - p.pdf(x)
        yield np.abs(bias / (0.01**2 / 2) - _curvature(p, x))


@consistency.numerical(tolerance=1e-2, description="N σ 2√π Var/p against 1, σ = 0.001")
def n_2root_var_p_against_1_0_001(rng):
    p, x = _two_bumps(rng), np.linspace(-2, 2, 21)
    variance = parzen_variance(p, x, 1e-3, 500)
    yield np.abs(500 * 1e-3 * 2 * np.sqrt(np.pi) * variance / p.pdf(x) - 1)


def _rate(width) -> float:
    """The slope of the log mean square error in log N, from N = 10^8 to 10^10, at the mode."""
    p, x = Mixture.normal([1], [0], [1]), np.array([0.0])
    errors = [
        (smoothed(p, width(n)).pdf(x) - p.pdf(x)) ** 2 + parzen_variance(p, x, width(n), n)
        for n in (1e8, 1e10)
    ]
    return float(np.log(errors[1] / errors[0])[0] / np.log(100))


@consistency.numerical(tolerance=1e-2, description="rate of the error at σ = N^(-1/5): -4/5")
def rate_of_the_error_at_n_1_5_4_5():
    yield abs(_rate(lambda n: n**-0.2) + 0.8)


@consistency.sampling()
def consistency_by_sampling(rng):
    p, repeats, n = _two_bumps(rng), 1000, 100
    for sigma in (0.2, 0.6):
        draws = p.rvs((repeats, n, 1), random_state=rng)
        estimates = np.exp([log_parzen([[0.5]], samples, sigma)[0] for samples in draws])
        centre = float(smoothed(p, sigma).pdf(0.5))
        yield (estimates.mean() - centre) / (estimates.std() / np.sqrt(repeats))
        squares = (estimates - centre) ** 2
        variance = float(parzen_variance(p, 0.5, sigma, n))
        yield (squares.mean() - variance) / (squares.std() / np.sqrt(repeats))


@consistency.control("the bias is said to be σ² p''", of=bias_2_against_p_0_01, miss=0.377)
def the_bias_is_said_to_be_p(rng):
    p, x = _two_bumps(rng), rng.normal(0, 2, 50)
    bias = smoothed(p, 0.01).pdf(x) - p.pdf(x)
    yield np.abs(bias / 0.01**2 - _curvature(p, x))


@consistency.control(
    "σ is fixed, or falls as fast as 1/N", of=rate_of_the_error_at_n_1_5_4_5, miss=0.8
)
def is_fixed_or_falls_as_fast_as_1_n():
    for width in (lambda n: 0.3, lambda n: 1 / n):
        yield abs(_rate(width) + 0.8)
