"""The generator's law: what G makes of the noise (claims A-GAN-03 to 05, 14 to 16).

p_g is the push-forward of p_z by G. Expectations need nothing but samples of G(z); a density needs
an invertible G, or a sum over pre-images.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import log_expit, ndtr, ndtri

from theory.calculators.densities import Mixture
from theory.claim import AS_STATED, Claim

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


@expectation.symbolic(scope=AS_STATED)
def expectation_proof():
    import sympy as sp

    p = sp.symbols("p1:5", positive=True)
    f = sp.Function("f")
    images = [0, 1, 0, 1]  # G maps four noise values to two points
    over_noise = sum(mass * f(x) for mass, x in zip(p, images, strict=True))
    law = {x: sum(m for m, y in zip(p, images, strict=True) if x == y) for x in (0, 1)}
    over_x = sum(mass * f(x) for x, mass in law.items())
    yield "finite noise, G not injective, any f", sp.expand(over_noise - over_x)
    z, x = sp.Symbol("z", real=True), sp.Symbol("x", positive=True)
    t = sp.Symbol("t", positive=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    chi2 = sp.exp(-x / 2) / sp.sqrt(2 * sp.pi * x)
    left = sp.integrate(sp.exp(-t * z**2) * normal, (z, -sp.oo, sp.oo))
    right = sp.integrate(sp.exp(-t * x) * chi2, (x, 0, sp.oo))
    yield "G = z^2, p_g = chi^2_1: the Laplace transforms, f = exp(-t x), agree", left - right


def _chi2_gap(f, law_of_x) -> float:
    """E_z[f(z^2)] less the integral of f against a density on (0, inf), by quadrature."""
    from scipy.integrate import quad

    left = quad(lambda z: 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * f(z**2), 0, 40)[0]
    # x = u^2 takes the singularity of the density at 0 away
    return left - quad(lambda u: 2 * u * law_of_x(u**2) * f(u**2), 0, 40)[0]


def _f(x):
    """log(1 - σ(1 - x))."""
    return log_expit(x - 1)


@expectation.numerical(tolerance=1e-8, description="G = z^2, f = log(1 - σ(1 - x)), both sides")
def g_z_2_f_log_1_1_x_both_sides(rng):
    from scipy import stats

    yield abs(_chi2_gap(_f, stats.chi2(1).pdf))
    yield abs(_chi2_gap(_f, lambda x: 0 * x) - -0.8652773609872)
    for slope, shift in rng.normal(0, 2, (10, 2)):
        yield abs(_chi2_gap(lambda x, a=slope, b=shift: log_expit(a * x + b), stats.chi2(1).pdf))


@expectation.sampling()
def expectation_by_sampling(rng):
    draws = _f(rng.normal(size=400_000) ** 2)
    yield (draws.mean() - -0.8652773609872) / (draws.std() / np.sqrt(draws.size))


@expectation.control(
    "only one of the two pre-images of x is counted", of=g_z_2_f_log_1_1_x_both_sides, miss=0.433
)
def only_one_of_the_two_pre_images_of_x_is_counted(rng):
    from scipy import stats

    yield abs(_chi2_gap(_f, lambda x: stats.chi2(1).pdf(x) / 2))


@expectation.control(
    "f is averaged over the noise itself, G left out", of=g_z_2_f_log_1_1_x_both_sides, miss=0.444
)
def f_is_averaged_over_the_noise_itself_g_left_out(rng):
    from scipy import stats

    yield abs(_chi2_gap(_f, stats.norm.pdf))


change = Claim(
    id="A-GAN-04",
    alias="change-of-variables",
    title="p_g(x) = p_z(G⁻¹(x)) |(G⁻¹)′(x)|",
    statement="For a strictly monotone, continuously differentiable G on the line, "
    "p_g(x) = p_z(G^-1(x)) |(G^-1)'(x)| on the range of G and 0 elsewhere. The absolute value is "
    "needed as soon as G decreases (B-E17).",
    formula=r"p_g(x) = p_z(G^{-1}(x))\,\left| (G^{-1})'(x) \right|",
    assumptions=("G is injective and differentiable", "z and x have the same dimension"),
    sources=("change of variables for densities", "002_d31ce6ddd5a0096b.txt:186"),
)


@change.symbolic(scope=AS_STATED)
def change_proof():
    import sympy as sp

    x = sp.Symbol("x", positive=True)
    F, h = sp.Function("F"), sp.Function("h")  # F_z and G^-1
    slope = F(h(x)).diff(x)
    u = sp.Dummy("u")
    p_z = sp.Subs(F(u).diff(u), u, h(x))
    yield (
        "G increases: F_g = F_z(G^-1), so p_g = p_z(G^-1) (G^-1)'",
        (slope - p_z * h(x).diff(x)).doit(),
    )
    yield (
        "G decreases: F_g = 1 - F_z(G^-1), so the sign turns",
        ((1 - F(h(x))).diff(x) + p_z * h(x).diff(x)).doit(),
    )
    normal = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)
    lognormal = sp.exp(-(sp.log(x) ** 2) / 2) / (x * sp.sqrt(2 * sp.pi))
    yield (
        "G = exp: the log-normal density",
        (normal.subs(u, sp.log(x)) * sp.diff(sp.log(x), x) - lognormal),
    )
    m = sp.Symbol("m", real=True)
    s = sp.Symbol("s", positive=True)
    mirrored = normal.subs(u, (m - x) / s) * sp.Abs(sp.diff((m - x) / s, x))
    yield (
        "G = m - s z: the normal density with mean m, spread s",
        (mirrored - sp.exp(-((x - m) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))),
    )


def _normal(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _monotone_maps(rng: np.random.Generator):
    """Points x, G^-1(x), (G^-1)'(x) and scipy's density of G(z)."""
    from scipy import stats

    x = rng.uniform(0.2, 5, 100)
    yield x, np.log(x), 1 / x, stats.lognorm(1).pdf(x)
    x = rng.uniform(-5, 5, 100)
    yield x, -x, -np.ones_like(x), stats.norm.pdf(x)
    for m, s in zip(rng.normal(0, 2, 5), rng.uniform(0.3, 3, 5), strict=True):
        for sign in (1, -1):
            yield x, sign * (x - m) / s, np.full(100, sign / s), stats.norm(m, s).pdf(x)


@change.numerical(tolerance=1e-12, description="against scipy's densities: exp, -z, affine maps")
def against_scipys_densities_exp_z_affine_maps(rng):
    for _x, inverse, slope, exact in _monotone_maps(rng):
        yield np.abs(_normal(inverse) * np.abs(slope) - exact)


@change.sampling()
def change_by_sampling(rng):
    # G = -exp(z): the share of samples in an interval against the integral of the density
    from scipy.integrate import quad

    x = -np.exp(rng.normal(size=200_000))
    for a, b in ((-0.5, -0.1), (-1.5, -0.5), (-6, -1.5)):
        mass = quad(lambda y: _normal(np.log(-y)) * abs(1 / y), a, b)[0]
        yield (np.mean((x > a) & (x < b)) - mass) / np.sqrt(mass * (1 - mass) / x.size)


@change.control(
    "the absolute value is dropped", of=against_scipys_densities_exp_z_affine_maps, miss=0.795
)
def the_absolute_value_is_dropped(rng):
    for _x, inverse, slope, exact in _monotone_maps(rng):
        yield np.abs(_normal(inverse) * slope - exact)


@change.control(
    "the factor (G^-1)' is dropped", of=against_scipys_densities_exp_z_affine_maps, miss=0.368
)
def the_factor_g_1_is_dropped(rng):
    for _x, inverse, _slope, exact in _monotone_maps(rng):
        yield np.abs(_normal(inverse) - exact)


preimages = Claim(
    id="A-GAN-04b",
    alias="sum-over-preimages",
    title="p_g(x) = Σ_{z: G(z) = x} p_z(z) / |G′(z)|",
    statement="Where G is not injective every pre-image of x contributes: p_g(x) is the sum over "
    "them of p_z(z)/|G'(z)|.",
    formula=r"p_g(x) = \sum_{z :\, G(z) = x} \frac{p_z(z)}{|G'(z)|}",
    assumptions=("countably many pre-images, with G' not 0 there",),
    sources=("change of variables for densities", "002_d31ce6ddd5a0096b.txt:186"),
)


@preimages.symbolic(scope=AS_STATED)
def preimages_proof():
    import sympy as sp

    x, z = sp.Symbol("x", positive=True), sp.Symbol("z", real=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    roots = sp.solve(z**2 - x, z)
    yield "G = z^2 has two pre-images", len(roots) - 2
    total = sum(normal.subs(z, r) / sp.Abs(sp.diff(z**2, z).subs(z, r)) for r in roots)
    chi2 = x ** sp.Rational(-1, 2) * sp.exp(-x / 2) / (sp.sqrt(2) * sp.gamma(sp.Rational(1, 2)))
    yield "their sum is the chi^2_1 density", total - chi2


def _cubic_density(x: float, keep: int = 3) -> float:
    """p_g of G(z) = z^3 - 3z, from the first `keep` of its real pre-images."""
    roots = np.roots([1, 0, -3, -x])
    real = np.sort(roots.real[np.abs(roots.imag) < 1e-9])[:keep]
    return float(np.sum(_normal(real) / np.abs(3 * real**2 - 3)))


def _cubic_gap(a: float, b: float, keep: int = 3) -> float:
    """The density's integral over (a, b), |a|, |b| < 2, less the noise's mass in G^-1(a, b)."""
    from scipy.integrate import quad

    ends = [np.sort(np.roots([1, 0, -3, -x]).real) for x in (a, b)]
    mass = np.sum(np.abs(ndtr(ends[1]) - ndtr(ends[0])))
    return abs(quad(_cubic_density, a, b, args=(keep,), epsabs=1e-12)[0] - mass)


@preimages.numerical(tolerance=1e-12, description="G = z^2 against scipy's chi^2_1")
def g_z_2_against_scipys_chi_2_1(rng):
    from scipy import stats

    x = rng.uniform(0.05, 9, 100)
    z = np.sqrt(x)
    yield np.abs((_normal(z) + _normal(-z)) / (2 * z) - stats.chi2(1).pdf(x))


@preimages.numerical(tolerance=1e-9, description="G = z^3 - 3z, three pre-images, by masses")
def g_z_3_3z_three_pre_images_by_masses(rng):
    for _instance in range(5):
        yield _cubic_gap(*np.sort(rng.uniform(-1.8, 1.8, 2)))


@preimages.control(
    "one pre-image is taken for all", of=g_z_3_3z_three_pre_images_by_masses, miss=0.304
)
def one_pre_image_is_taken_for_all(rng):
    yield _cubic_gap(-1.0, 1.0, keep=1)


multivariate = Claim(
    id="A-GAN-05",
    alias="change-of-variables-multivariate",
    title="p_g(x) = p_z(G⁻¹(x)) |det J_{G⁻¹}(x)|",
    statement="In several dimensions the factor is the absolute value of the Jacobian determinant "
    "of the inverse.",
    formula=r"p_g(x) = p_z(G^{-1}(x))\,\left| \det J_{G^{-1}}(x) \right|",
    assumptions=("G is a diffeomorphism",),
    sources=("change of variables for densities", "002_d31ce6ddd5a0096b.txt:186"),
)


@multivariate.symbolic(scope=AS_STATED)
def multivariate_proof():
    import sympy as sp

    r, phi = sp.symbols("r phi", positive=True)
    polar = sp.Matrix([r * sp.cos(phi), r * sp.sin(phi)])
    det = sp.simplify(polar.jacobian([r, phi]).det())
    yield "polar coordinates: det J = r", det - r
    mass = sp.integrate(sp.exp(-(r**2) / 2) / (2 * sp.pi) * r, (r, 0, sp.oo), (phi, 0, 2 * sp.pi))
    yield "with it the normal law in the plane has mass 1", mass - 1
    a, b, c, d = sp.symbols("a b c d", real=True)
    x = sp.Matrix(sp.symbols("x1 x2", real=True))
    A = sp.Matrix([[a, b], [c, d]])
    inverse = A.inv() * x
    yield "G = A z: det J of the inverse is 1/det A", inverse.jacobian(x).det() - 1 / A.det()
    square = (inverse.T * inverse)[0] - (x.T * (A * A.T).inv() * x)[0]
    yield "and |G^-1 x|^2 is the quadratic form of covariance A A^T", square


def _affine_ratio(rng: np.random.Generator, factor) -> float:
    """log of the formula over scipy's density, G = A z + b in R^3; `factor` of det A."""
    from scipy import stats

    A, b = rng.normal(size=(3, 3)) + 0.5 * np.eye(3), rng.normal(size=3)
    A = A / np.sqrt(np.abs(np.linalg.det(A)))  # keeps the ratio's scale, not det = 1
    x = A @ rng.normal(size=3) + b
    z = np.linalg.solve(A, x - b)
    formula = np.prod(_normal(z)) * factor(np.linalg.det(A))
    return formula / stats.multivariate_normal(b, A @ A.T).pdf(x)


@multivariate.numerical(tolerance=1e-9, description="affine maps of R^3 against scipy, the ratio")
def affine_maps_of_r_3_against_scipy_the_ratio(rng):
    for _instance in range(50):
        yield abs(_affine_ratio(rng, lambda det: 1 / abs(det)) - 1)


@multivariate.control(
    "the sign of the determinant is kept", of=affine_maps_of_r_3_against_scipy_the_ratio, miss=2
)
def the_sign_of_the_determinant_is_kept(rng):
    for _instance in range(50):
        yield abs(_affine_ratio(rng, lambda det: 1 / det) - 1)


@multivariate.control(
    "the determinant of G in place of its inverse's",
    of=affine_maps_of_r_3_against_scipy_the_ratio,
    miss=88.7,
)
def the_determinant_of_g_in_place_of_its_inverses(rng):
    for _instance in range(50):
        yield abs(_affine_ratio(rng, abs) - 1)


independent = Claim(
    id="A-GAN-14",
    alias="independent-samples",
    title="one forward pass a sample, all independent",
    statement="Samples of G are independent and take one forward pass each: no Markov chain, no "
    "inference. A Metropolis chain on N(0, 1) with normal proposals of 0.5 has a lag-1 "
    "autocorrelation of 0.915.",
    formula=r"x_i = G(z_i), \quad z_i \sim p_z \text{ independent} \;\Rightarrow\; "
    r"\operatorname{corr}(x_i, x_{i+1}) = 0",
    assumptions=("independent noise",),
    sources=(
        "Goodfellow et al. 2014, section 6",
        "002_d31ce6ddd5a0096b.txt:277-282",
        "003_0ac11bc5ae3e596a.txt:229",
    ),
)


@independent.symbolic(scope=AS_STATED)
def independent_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    masses, G = [p, q, 1 - p - q], sp.symbols("g1:4", real=True)
    mean = sum(m * g for m, g in zip(masses, G, strict=True))
    product = sum(
        masses[i] * masses[j] * G[i] * G[j] for i in range(3) for j in range(3)
    )  # the joint law of two independent draws
    yield "E[G(z) G(z')] = E[G(z)]^2: the covariance is 0, whatever G", sp.expand(product - mean**2)


def _lag_1(x: np.ndarray) -> float:
    x = x - x.mean()
    return float(x[1:] @ x[:-1] / (x @ x))


def _metropolis(rng: np.random.Generator, n: int) -> np.ndarray:
    proposals, thresholds = rng.normal(0, 0.5, n), np.log(rng.uniform(size=n))
    x, chain = rng.normal(), np.empty(n)
    for i in range(n):
        y = x + proposals[i]
        if thresholds[i] < (x * x - y * y) / 2:
            x = y
        chain[i] = x
    return chain


def _metropolis_lag_1() -> float:
    """1 - E[jump^2]/2: a proposed step d is taken with chance 2 Φ(-|d|/2) at equilibrium."""
    from scipy.integrate import quad

    jump = quad(lambda d: d * d * 2 * ndtr(-abs(d) / 2) * _normal(d / 0.5) / 0.5, -8, 8)[0]
    return 1 - jump / 2


@independent.numerical(tolerance=0.02, description="lag-1 autocorrelation of a generator")
def lag_1_autocorrelation_of_a_generator(rng):
    yield abs(_lag_1(np.tanh(2 * rng.normal(size=50_000))))


@independent.numerical(tolerance=0.02, description="a Metropolis chain against its exact 0.915")
def a_metropolis_chain_against_its_exact_0_915(rng):
    yield abs(_lag_1(_metropolis(rng, 100_000)) - _metropolis_lag_1())
    yield abs(_metropolis_lag_1() - 0.915)


@independent.sampling()
def independent_by_sampling(rng):
    for G in (np.tanh, np.exp, np.square):  # sqrt(n) r is standard normal without correlation
        yield _lag_1(G(rng.normal(size=100_000))) * np.sqrt(100_000)


@independent.control(
    "the Metropolis chain is taken for independent samples",
    of=a_metropolis_chain_against_its_exact_0_915,
    miss=0.912,
)
def the_metropolis_chain_is_taken_for_independent(rng):
    yield abs(_lag_1(_metropolis(rng, 20_000)))


gap = Claim(
    id="A-GAN-15",
    alias="lipschitz-gap",
    title="a continuous G cannot leave a gap empty: mass ≥ 2 Φ(1/L) − 1",
    statement="A GAN approximates any law only under assumptions. A continuous G on a connected "
    "latent space has connected support; an odd L-Lipschitz G of z ~ N(0, 1) leaves at least "
    "2 Φ(1/L) - 1 of its mass in (-1, 1): 0.3829, 0.0797, 0.0160 for L = 2, 10, 50.",
    formula=r"P(|G(z)| < 1) \ge P\Bigl( |z| < \frac{1}{L} \Bigr) = 2\,\Phi\Bigl( \frac{1}{L} "
    r"\Bigr) - 1",
    assumptions=("z ~ N(0, 1)", "G is odd and L-Lipschitz", "the law wanted has none in (-1, 1)"),
    sources=("the Lipschitz inequality at G(0) = 0", "002_d31ce6ddd5a0096b.txt:40"),
)


@gap.symbolic(scope=AS_STATED)
def gap_proof():
    import sympy as sp

    z, L = sp.Symbol("z", real=True), sp.Symbol("L", positive=True)
    g = sp.Symbol("g", real=True)
    yield "an odd G has G(0) = -G(0), so G(0) = 0", sp.solve(sp.Eq(g, -g), g)[0]
    yield "|G(z)| <= L |z|, which at |z| = 1/L is 1: inside, |G(z)| < 1", L * (1 / L) - 1
    mass = sp.integrate(sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, -1 / L, 1 / L))
    Phi = (1 + sp.erf((1 / L) / sp.sqrt(2))) / 2
    yield "the noise in (-1/L, 1/L) has mass 2 Φ(1/L) - 1", mass - (2 * Phi - 1)


def _least(L: float) -> float:
    return 2 * ndtr(1 / L) - 1


@gap.numerical(tolerance=0, description="mass short of the bound, random odd L-Lipschitz G")
def mass_short_of_the_bound_random_odd_l_lipschitz_g(rng):
    for _instance in range(50):
        L = rng.uniform(1, 30)
        z = np.linspace(0, 3 / L, 3001)  # the mass beyond would only add to it
        most = rng.choice([0.1, 0.99, 1])  # from slopes that wander to the extremal G = L z
        G = np.concatenate([[0], np.cumsum(L * rng.uniform(2 * most - 1, 1, 3000) * np.diff(z))])
        inside = (np.abs(G[:-1]) < 1) & (np.abs(G[1:]) < 1)  # cells wholly in the gap
        cell = 2 * (ndtr(z[1]) - 0.5)  # one may be lost at the border
        yield max(0.0, _least(L) - cell - 2 * float(np.sum(np.diff(ndtr(z))[inside])))


@gap.numerical(tolerance=5e-5, description="the bound for L = 2, 10, 50")
def the_bound_for_l_2_10_50(rng):
    for L, expected in ((2, 0.3829), (10, 0.0797), (50, 0.0160)):
        yield abs(_least(L) - expected)


@gap.sampling()
def gap_by_sampling(rng):
    n = 200_000
    for L in (2, 10, 50):
        share = np.mean(np.abs(L * rng.normal(size=n)) < 1)  # G = L z attains the bound
        yield (share - _least(L)) / np.sqrt(_least(L) * (1 - _least(L)) / n)


@gap.control(
    "G = z + sign z, which is odd but jumps at 0",
    of=mass_short_of_the_bound_random_odd_l_lipschitz_g,
    miss=0.383,
)
def g_z_sign_z_which_is_odd_but_jumps_at_0(rng):
    z = rng.normal(size=10_000)
    yield max(0.0, _least(2) - np.mean(np.abs(z + np.sign(z)) < 1))


inverse_cdf = Claim(
    id="A-GAN-16",
    alias="inverse-cdf-generator",
    title="G = F_data⁻¹ ∘ F_z is exact on the line",
    statement="On the line an exact generator always exists: G = F_data^-1 ∘ F_z, the quantile "
    "function of the data after the distribution function of the noise.",
    formula=r"G = F_{\mathrm{data}}^{-1} \circ F_z \;\Rightarrow\; G(z) \sim p_{\mathrm{data}}",
    assumptions=("F_z is continuous", "F_data is invertible (else its generalised inverse)"),
    sources=("inverse transform sampling", "003_0ac11bc5ae3e596a.txt:235-240,317"),
)


@inverse_cdf.symbolic(scope=AS_STATED)
def inverse_cdf_proof():
    import sympy as sp

    x, rate = sp.symbols("x lambda", positive=True)
    u = sp.Symbol("u", positive=True)
    quantile = -sp.log(1 - u) / rate
    F = 1 - sp.exp(-rate * x)
    yield "exponential: F(F^-1(u)) = u", sp.simplify(F.subs(x, quantile) - u)
    inverse = sp.simplify(F)  # u = F(x); the uniform density is 1
    yield (
        "change of variables from the uniform law: p_g = F' = λ e^(-λ x)",
        (sp.diff(inverse, x) - rate * sp.exp(-rate * x)),
    )
    y = sp.Symbol("y", real=True)
    logistic = 1 / (1 + sp.exp(-y))
    yield "logistic: F(log(u/(1 - u))) = u", sp.simplify(logistic.subs(y, sp.log(u / (1 - u))) - u)


def _bimodal(rng: np.random.Generator) -> Mixture:
    return Mixture.normal([0.4, 0.6], rng.normal([-2, 2], 0.3), rng.uniform(0.3, 0.8, 2))


@inverse_cdf.numerical(tolerance=1e-9, description="P(G(z) <= x) - F_data(x), G = F_data^-1 ∘ Φ")
def p_g_z_x_f_data_x_g_f_data_1(rng):
    for _instance in range(10):
        p = _bimodal(rng)
        z = np.linspace(-4, 4, 81)
        yield np.abs(p.cdf(p.ppf(ndtr(z))) - ndtr(z))  # G increases: P(G <= G(z)) = Φ(z)


def _deviations(p: Mixture, x: np.ndarray) -> np.ndarray:
    """The sample's distribution function less p's, in standard errors, at nine quantiles."""
    u = np.arange(1, 10) / 10
    share = np.mean(x[:, None] <= p.ppf(u), axis=0)
    return (share - u) / np.sqrt(u * (1 - u) / x.size)


@inverse_cdf.sampling()
def inverse_cdf_by_sampling(rng):
    for _instance in range(3):
        p = _bimodal(rng)
        yield _deviations(p, p.ppf(rng.uniform(size=20_000)))


@inverse_cdf.control(
    "an affine G with the right mean and spread", of=inverse_cdf_by_sampling, miss=63
)
def an_affine_g_with_the_right_mean_and_spread(rng):
    p = _bimodal(rng)
    yield np.abs(_deviations(p, p.mean() + p.std() * ndtri(rng.uniform(size=20_000))))
