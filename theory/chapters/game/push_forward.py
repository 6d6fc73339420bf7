"""The generator's law is a push-forward: expectations need samples of G(z) alone (A-GAN-03)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import log_expit

from theory.claim import Claim


def standard_normal(z):
    """The density of N(0, 1)."""
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


# E[log(1 - σ(1 - z^2))], z ~ N(0, 1), to 13 decimals.
EXAMPLE = -0.8652773609872

expectation = Claim(
    id="A-GAN-03",
    alias="push-forward",
    title="E_z[f(G(z))] = E_{x ~ p_g}[f(x)]",
    statement="An expectation under p_g is one under p_z of f(G(z)), for *any* measurable G: no "
    "inverse and no equal dimensions are needed. This, not a change of variables, is why z may be "
    "replaced by x in V.",
    formula=r"\mathrm{E}_{z \sim p_z}[f(G(z))] = \mathrm{E}_{x \sim p_g}[f(x)]",
    assumptions=("f is integrable",),
    sources=(
        "Goodfellow et al. 2014, equation 3",
        "000_8b69f153baee6a3b.txt:264-266",
        "002_d31ce6ddd5a0096b.txt:186",
    ),
)


@expectation.symbolic(
    scope="for noise of four values under every G to three points, and for G = z^2"
)
def expectation_proof():
    import sympy as sp

    p = sp.symbols("p1:5", positive=True)
    f = sp.symbols("f0:3")  # any f's values at the three points
    gaps = []
    for images in itertools.product(range(3), repeat=4):  # every map of four noises to 3 points
        over_noise = sum(mass * f[x] for mass, x in zip(p, images, strict=True))
        law = {x: sum(m for m, y in zip(p, images, strict=True) if x == y) for x in images}
        gaps.append(sp.expand(over_noise - sum(mass * f[x] for x, mass in law.items())))
    yield "all 81 maps of four noises to three points, any f", sp.Matrix(gaps)
    z, x = sp.Symbol("z", real=True), sp.Symbol("x", positive=True)
    t = sp.Symbol("t", positive=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    chi2 = sp.exp(-x / 2) / sp.sqrt(2 * sp.pi * x)
    left = sp.integrate(sp.exp(-t * z**2) * normal, (z, -sp.oo, sp.oo))
    right = sp.integrate(sp.exp(-t * x) * chi2, (x, 0, sp.oo))
    yield "G = z^2, p_g = chi^2_1: all Laplace transforms agree, f = exp(-t x)", left - right


def _over_noise(f, G) -> float:
    """E[f(G(z))], z ~ N(0, 1), by quadrature."""
    from scipy.integrate import quad

    return quad(lambda z: standard_normal(z) * f(G(z)), -12, 12, epsabs=1e-12, limit=200)[0]


def _over_x(f, density) -> float:
    """The integral of f against a density on (0, inf), by quadrature."""
    from scipy.integrate import quad

    # x = u^2 takes the singularity of the density at 0 away
    return quad(lambda u: 2 * u * density(u**2) * f(u**2), 0, 12, epsabs=1e-12, limit=200)[0]


def _f(x):
    """log(1 - σ(1 - x))."""
    return log_expit(x - 1)


def _functions(rng: np.random.Generator):
    yield _f
    for slope, shift in rng.normal(0, 2, (4, 2)):
        yield lambda x, a=slope, b=shift: log_expit(a * x + b)


@expectation.numerical(tolerance=1e-8, description="G = z^2 by quadrature, over z and over x")
def square_over_both(rng):
    from scipy import stats

    for f in _functions(rng):
        yield abs(_over_noise(f, np.square) - _over_x(f, stats.chi2(1).pdf))
    yield abs(_over_noise(_f, np.square) - EXAMPLE)
    yield abs(_over_x(_f, stats.chi2(1).pdf) - EXAMPLE)


@expectation.numerical(tolerance=1e-8, description="G = z1^2 + z2^2, from the plane to the line")
def from_plane_to_line(rng):
    from scipy import stats

    z = np.linspace(-10, 10, 201)  # the trapezoidal rule, exact to rounding for such integrands
    weight = standard_normal(z)[:, None] * standard_normal(z) * (z[1] - z[0]) ** 2
    for f in _functions(rng):
        over_noise = np.sum(weight * f(z[:, None] ** 2 + z**2))
        yield abs(over_noise - _over_x(f, stats.chi2(2).pdf))


def _mean_deviation(draws: np.ndarray) -> float:
    return (draws.mean() - EXAMPLE) / (draws.std() / np.sqrt(draws.size))


@expectation.sampling("the mean of f(G(z)) over 400 000 samples")
def mean_over_samples(rng):
    yield _mean_deviation(_f(rng.normal(size=400_000) ** 2))


@expectation.meaning(tolerance=1e-8)
def expectation_in_words(rng):
    from scipy import stats

    for f in _functions(rng):
        over_noise, over_x = _over_noise(f, np.square), _over_x(f, stats.chi2(1).pdf)
        yield {
            "E_z[f(G(z))]": over_noise,
            r"\mathrm{E}_{z \sim p_z}[f(G(z))]": over_noise,
            "E_{x ~ p_g}[f(x)]": over_x,
        }


@expectation.control(
    "only one of the two pre-images of x is counted", of=square_over_both, miss=2.12
)
def one_preimage_of_two(rng):
    from scipy import stats

    for f in _functions(rng):
        yield abs(_over_noise(f, np.square) - _over_x(f, stats.chi2(1).pdf) / 2)


@expectation.control(
    "f is taken at the mean of G(z), not averaged", of=square_over_both, miss=0.366
)
def f_of_the_mean(rng):
    for f in _functions(rng):
        yield abs(_over_noise(f, np.square) - f(1.0))  # E[z^2] = 1


@expectation.control("the samples are noise, not images of it", of=mean_over_samples, miss=484)
def mean_over_noise(rng):
    yield _mean_deviation(_f(rng.normal(size=400_000)))
