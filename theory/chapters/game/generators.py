"""What a generator can do: independent samples, gaps, an exact map (claims A-GAN-14 to 16)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from theory.calculators.densities import Mixture
from theory.claim import AS_STATED, Claim, excess


def _normal(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


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
