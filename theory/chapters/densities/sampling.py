"""Noise, transformed, samples a law: m + σz, F⁻¹(u), and a network where no formula is known
(claims A-GEN-04, 05 and 08)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from theory.chapters.densities.explicit_density import GaussianModel
from theory.claim import AS_STATED, Claim

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


@affine.symbolic(scope=AS_STATED)
def affine_proof():
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


def _transform_error(m: float, slope: float, t: np.ndarray) -> np.ndarray:
    """E[e^(it(m + slope z))] by a sum over z, against that of the density of `GaussianModel`."""
    z, dz = np.linspace(-12, 12, 4001, retstep=True)
    made = np.exp(1j * t[:, None] * (m + slope * z)) @ np.exp(-(z**2) / 2) * dz
    model = GaussianModel(m, abs(slope))
    x, dx = m + abs(slope) * z, abs(slope) * dz
    said = np.exp(1j * t[:, None] * x) @ np.exp(model.log_prob(x)) * dx
    exact = np.exp(1j * m * t - (slope * t) ** 2 / 2)
    return np.maximum(np.abs(made / np.sqrt(2 * np.pi) - exact), np.abs(said - exact))


@affine.numerical(tolerance=1e-12, description="E[e^(itx)] of m ± σz and of the model's density")
def characteristic_functions(rng):
    t = np.linspace(-2, 2, 9)
    for m, s in zip(rng.normal(0, 2, 5), rng.uniform(0.3, 3, 5), strict=True):
        yield _transform_error(m, s, t)
        yield _transform_error(m, -s, t)


_RARE = 2.7  # √n KS lies beyond it with probability 2 exp(-2 · 2.7²) = 1e-6
_P_01 = 1.6276  # and beyond this with probability 0.01


def _ks(x: np.ndarray, cdf) -> float:
    """√n times the largest distance of the samples' distribution function from `cdf`."""
    from scipy import stats

    return float(np.sqrt(x.size) * stats.kstest(x, cdf).statistic)


@affine.numerical(tolerance=_P_01, description="√n KS distance, 20000 samples; p = 0.01 at 1.63")
def one_law():
    from scipy import stats

    yield _ks(GaussianModel(-1.5, 0.7).sample(20_000, seed=1), stats.norm(-1.5, 0.7).cdf)


@affine.numerical(tolerance=_RARE, description="the same for ten laws; p = 1e-6 at 2.7")
def ten_laws(rng):
    from scipy import stats

    for m, s in zip(rng.normal(0, 2, 10), rng.uniform(0.3, 3, 10), strict=True):
        x = GaussianModel(m, s).sample(20_000, seed=int(rng.integers(2**32)))
        yield _ks(x, stats.norm(m, s).cdf)


@affine.meaning()
def affine_in_words(rng):
    t = np.linspace(-2, 2, 9)
    for m, s in zip(rng.normal(0, 2, 3), rng.uniform(0.3, 3, 3), strict=True):
        seed = int(rng.integers(2**32))
        yield {
            "z ~ N(0, 1) ⇒ m + σ z ~ N(m, σ²)": _transform_error(m, s, t).max() < 1e-12,
            "of z ~ N(0, 1) the image m + sigma z has the law N(m, sigma^2)": (
                _transform_error(m, -s, t).max() < 1e-12
            ),
            "m + sigma * randn() samples the fitted normal law": (
                GaussianModel(m, s).sample(1, seed)[0]
                == m + s * np.random.default_rng(seed).standard_normal()
            ),
            "G(z)": GaussianModel(m, s).sample(1, seed)[0],
            "m": m,
            "sigma": s,
            "z": np.random.default_rng(seed).standard_normal(),
        }


@affine.control("σ² randn() in place of σ randn()", of=ten_laws, miss=12.1)
def variance_in_place_of_std(rng):
    from scipy import stats

    yield _ks(-1.5 + 0.7**2 * rng.normal(size=20_000), stats.norm(-1.5, 0.7).cdf)


@affine.control("rand() of the same mean and spread in place of randn()", of=ten_laws, miss=7.96)
def uniform_noise(rng):
    from scipy import stats

    x = -1.5 + 0.7 * np.sqrt(12) * (rng.uniform(size=20_000) - 0.5)
    yield _ks(x, stats.norm(-1.5, 0.7).cdf)


@affine.control(
    "the density keeps its slope without absolute value", of=affine_proof, miss=math.inf
)
def signed_slope():
    import sympy as sp

    x, m, s = (
        sp.Symbol("x", real=True),
        sp.Symbol("m", real=True),
        sp.Symbol("sigma", positive=True),
    )
    z = (x - m) / -s
    density = sp.exp(-((x - m) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    image = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi) * sp.diff(z, x)
    yield "G = m - sigma z without |.|", image - density


transform = Claim(
    id="A-GEN-05",
    alias="transformed-noise",
    title="a transformation of simple noise samples the target: Gamma(2.5)",
    statement="Samples of a simple law, pushed through the right transformation, are samples of "
    "the target. On the line F^-1(u) with u ~ U(0, 1) does it (A-GAN-16); in several dimensions "
    "the same, one coordinate after the other given those before. The transformation is not "
    "unique: -log u_1 - log u_2 + z^2/2 has the law Gamma(2.5) too.",
    formula=r"u \sim U(0, 1) \Rightarrow \operatorname{P}(F^{-1}(u) \le x) = F(x)",
    assumptions=(
        "F is continuous and increasing on the support",
        "in several dimensions, conditional densities",
    ),
    sources=(
        "Devroye 1986, Non-Uniform Random Variate Generation, chapter II, section 2",
        "Rosenblatt 1952, Remarks on a multivariate transformation",
        "003_0ac11bc5ae3e596a.txt:235-240",
    ),
)


@transform.symbolic(scope=AS_STATED)
def transform_proof():
    import sympy as sp

    x, c, u, z = sp.symbols("x c u z", positive=True)
    y = sp.Symbol("y", real=True)
    F = sp.Function("F")
    below = sp.Integral(1, (u, 0, F(x)))
    yield (
        "F increases: F^-1(u) <= x where u <= F(x). P(F^-1(u) <= x) is the integral of 1 over u "
        "from 0 to F(x), and its slope in x, the density of F^-1(u), is F'(x)",
        sp.diff(below, x).doit() - F(x).diff(x),
    )
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
    n = sp.Symbol("n", integer=True, positive=True)
    before, last = sp.MatrixSymbol("J_n", n, n), sp.MatrixSymbol("f", 1, 1)
    row, none = sp.MatrixSymbol("r", 1, n), sp.ZeroMatrix(n, 1)
    jacobian = sp.BlockMatrix([[before, none], [row, last]])
    first = sp.BlockMatrix([[before, none], [none.T, sp.Identity(1)]])
    second = sp.BlockMatrix([[sp.Identity(n), none], [row, last]])
    yield (
        "one coordinate more than n: diag(J_n, 1) times I with another last row, which ends in "
        "f = dF_(n+1)/dx_(n+1): det J = f det J_n, so the same for any number of coordinates",
        sp.sympify(sp.block_collapse(first * second) == jacobian),
    )
    exponential = sp.integrate(u ** (c - 1), (u, 0, 1))
    yield "Laplace transform of -log u at c - 1: 1/c", exponential - 1 / c
    half = 2 * sp.integrate(sp.exp(-c * z**2 / 2) / sp.sqrt(2 * sp.pi), (z, 0, sp.oo))
    yield "of z^2/2: c^(-1/2)", half - c ** sp.Rational(-1, 2)
    whole = sp.integrate(x ** (a - 1) * sp.exp(-c * x), (x, 0, sp.oo)) / sp.gamma(a)
    yield "their product is that of Gamma(2.5)", exponential**2 * half - whole


@transform.numerical(tolerance=1e-10, description="F(G(u)) - u for Gamma(2.5), F by mpmath")
def distribution_of_the_quantile(rng):
    import mpmath
    from scipy import stats

    for u in rng.uniform(0.001, 0.999, 20):
        yield abs(float(mpmath.gammainc(2.5, 0, stats.gamma(2.5).ppf(u), regularized=True)) - u)


@transform.numerical(tolerance=_P_01, description="√n KS distance, 20000 samples; p = 0.01 at 1.63")
def quantile_of_noise(rng):
    from scipy import stats

    target = stats.gamma(2.5)
    yield _ks(target.ppf(rng.uniform(size=20_000)), target.cdf)


@transform.numerical(tolerance=_RARE, description="√n KS, the second map and two coordinates")
def other_maps(rng):
    from scipy import stats

    n = 20_000
    x = -np.log(rng.uniform(size=(2, n))).sum(axis=0) + rng.normal(size=n) ** 2 / 2
    yield _ks(x, stats.gamma(2.5).cdf)
    # x ~ Exp(1), then y ~ N(x, 1) given x: y has the law of an exponential plus a normal
    x = -np.log1p(-rng.uniform(size=n))
    yield _ks(x + ndtri(rng.uniform(size=n)), stats.exponnorm(1).cdf)


def _laplace_error(divisor: float, c: float) -> float:
    """E[e^((1 - c) y)] of y = -log u_1 - log u_2 + z²/divisor, against c^-2.5 of Gamma(2.5)."""
    from scipy import integrate

    log_u = integrate.quad(lambda u: u ** (c - 1), 0, 1)[0]
    square = integrate.quad(
        lambda z: np.exp((1 - c) * z**2 / divisor - z**2 / 2) / np.sqrt(2 * np.pi), -12, 12
    )[0]
    return abs(log_u**2 * square - c**-2.5)


@transform.meaning()
def transform_in_words(rng):
    import mpmath
    from scipy import optimize, stats

    law = stats.gamma(2.5)
    u = rng.uniform(0.001, 0.999, 5)
    sampled = max(abs(float(mpmath.gammainc(2.5, 0, law.ppf(v), regularized=True)) - v) for v in u)
    for x in (0.3, 2.0, 5.0):
        yield {
            "Gamma(2.5)": sampled < 1e-10,
            "F^-1(u) with u ~ U(0, 1) does it": sampled < 1e-10,
            "A-GAN-16": None,
            "-log u_1 - log u_2 + z^2/2 has the law Gamma(2.5) too": (
                max(_laplace_error(2, c) for c in (0.9, 1.5, 3.0)) < 1e-9
            ),
            r"u \sim U(0, 1)": None,
            # the largest u whose image is at most x
            r"\operatorname{P}(F^{-1}(u) \le x)": optimize.brentq(
                lambda v, x=x: law.ppf(v) - x, 1e-6, 1 - 1e-6, xtol=1e-14
            ),
            "F(x)": float(mpmath.gammainc(2.5, 0, x, regularized=True)),
        }


@transform.control(
    "the quantile function of a neighbour, Gamma(2.4)", of=quantile_of_noise, miss=4.37
)
def quantile_of_a_neighbour(rng):
    from scipy import stats

    yield _ks(stats.gamma(2.4).ppf(rng.uniform(size=20_000)), stats.gamma(2.5).cdf)


@transform.control("z² in place of z²/2, and a mean of two u in place of u", of=other_maps, miss=18)
def other_noise(rng):
    from scipy import stats

    n = 20_000
    x = -np.log(rng.uniform(size=(2, n))).sum(axis=0) + rng.normal(size=n) ** 2
    yield _ks(x, stats.gamma(2.5).cdf)
    yield _ks(stats.gamma(2.5).ppf(rng.uniform(size=(2, n)).mean(axis=0)), stats.gamma(2.5).cdf)


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
def normal_data(rng):
    for _instance in range(5):
        yield _affine_distance(rng.normal(size=(4000, 16)) @ rng.normal(size=(16, 16)), rng)


@learnt.meaning()
def learnt_in_words(rng):
    for d in (2, 5):
        root = rng.normal(size=(d, d))
        cov, m, z = root @ root.T, rng.normal(size=d), rng.normal(size=d)
        A = np.linalg.cholesky(cov)
        yield {
            "G(z)": m[1] + sum(A[1, k] * z[k] for k in range(d)),
            "m": m[1],
            "A z": (A @ z)[1],
            r"A A^{T}": sum(A[0, k] * A[1, k] for k in range(d)),
            r"\Sigma": cov[0, 1],
        }


@learnt.control("two clusters of the same mean and covariance", of=normal_data, miss=9.18)
def two_clusters(rng):
    x = rng.normal(size=(4000, 16)) + 4 * rng.choice([-1, 1], (4000, 1))
    yield _affine_distance(x, rng)
