"""What a generator can do: independent samples, gaps, an exact map (claims A-GAN-14 to 16)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import ndtr, ndtri

from theory.calculators.densities import Mixture
from theory.chapters.game.push_forward import standard_normal
from theory.claim import Claim, excess

# The lag-1 autocorrelation of the Metropolis chain with proposals of STEP, to five decimals.
STEP, LAG_1 = 0.5, 0.91322

independent = Claim(
    id="A-GAN-14",
    alias="independent-samples",
    title="one forward pass a sample, all independent",
    statement="Samples of G are independent and take one forward pass each: no Markov chain, no "
    "inference. A Metropolis chain on N(0, 1), with normal proposals of spread s, has the lag-1 "
    "autocorrelation ρ(s) = 1 - s^2/2 + (s^2/π) (arctan(s/2) + 2 s/(4 + s^2)): "
    f"ρ({STEP}) = {LAG_1}.",
    formula=r"x_i = G(z_i), \quad z_i \sim p_z \text{ independent} \;\Rightarrow\; "
    r"\operatorname{corr}(x_i, x_{i+1}) = 0",
    assumptions=("independent noise", "the chain is stationary"),
    sources=(
        "Goodfellow et al. 2014, section 6",
        "002_d31ce6ddd5a0096b.txt:277-282",
        "003_0ac11bc5ae3e596a.txt:229",
    ),
)


@independent.symbolic(
    scope="for noise of four values and two samples, and the chain's ρ(s) in full"
)
def independent_proof():
    import sympy as sp

    masses = sp.symbols("p1:5", positive=True)
    gaps = []
    for G in itertools.product(range(2), repeat=4):  # every map of four noises to two points
        law = [sum(p for p, x in zip(masses, G, strict=True) if x == point) for point in (0, 1)]
        for point, other in itertools.product((0, 1), repeat=2):
            joint = sum(  # P(x = point, x' = other), over independent pairs of noises
                p * r
                for (p, x), (r, y) in itertools.product(zip(masses, G, strict=True), repeat=2)
                if (x, y) == (point, other)
            )
            gaps.append(sp.expand(joint - law[point] * law[other]))
    yield "P(x in A, x' in B) = P(x in A) P(x' in B), every G of four noises", sp.Matrix(gaps)
    x, d = sp.Symbol("x", real=True), sp.Symbol("d", positive=True)
    u, c, s, r = sp.symbols("u c s r", positive=True)

    def normal(y):
        return sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi)

    ratio = normal(x + d) / normal(x)  # the chance to accept x + d is the least of 1 and this
    beyond = ratio.subs(x, -d / 2 - r) - sp.exp(d * r)  # e^(d r) > 1
    yield "a step d is taken for sure if x = -d/2 - r", sp.simplify(beyond)
    Phi = (1 + sp.erf(x / sp.sqrt(2))) / 2
    yield "Φ' is the normal density", sp.simplify(sp.diff(Phi, x) - normal(x))
    surely, else_taken = Phi.subs(x, -d / 2), 1 - Phi.subs(x, d / 2)  # the mass of N(x + d) beyond
    yield (
        "else with chance N(x + d)/N(x): together 2 Φ(-d/2)",
        sp.expand(surely + else_taken - 2 * Phi.subs(x, -d / 2)),
    )
    # J(c) = E[u^2 2 Φ(-c |u|)], u = d/s normal, c = s/2
    J = 1 - (2 / sp.pi) * (sp.atan(c) + c / (1 + c**2))
    integrand = 2 * u**2 * normal(u) * sp.diff(2 * Phi.subs(x, -c * u), c)  # of both signs of u
    k = 1 + c**2
    whole = 2 / sp.pi * (u**2 / k + 2 / k**2) * sp.exp(-k * u**2 / 2)  # its antiderivative
    yield "an antiderivative in u", sp.simplify(sp.diff(whole, u) - integrand)
    rule = sp.limit(whole.subs(c, 1), u, sp.oo) - whole.subs(u, 0)
    yield "the slope of E[u^2 2 Φ(-c |u|)] in c is that of J", sp.simplify(rule - sp.diff(J, c))
    yield "and at c = 0 both are E[u^2] = 1", J.subs(c, 0) - 1
    rho = sp.Symbol("rho")
    stated = 1 - s**2 / 2 + s**2 / sp.pi * (sp.atan(s / 2) + 2 * s / (4 + s**2))
    # E[(x' - x)^2] = 2 - 2 ρ, and it is s^2 J(s/2)
    solved = sp.solve(2 - 2 * rho - s**2 * J.subs(c, s / 2), rho)[0]
    yield "ρ(s) = 1 - s^2 J(s/2)/2", sp.simplify(solved - stated)


def _lag_1(step: float) -> float:
    """The stationary chain's lag-1 autocorrelation, 1 - E[jump^2]/2, by quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    half = 5 * (nodes + 1)  # (0, 10), with weights 5 w
    d = step * half
    # min(N(x), N(x + d)) over x, which is the one on either side of x = -d/2
    taken = 2 * (standard_normal(half[:, None] + d / 2) * (5 * weights)[:, None]).sum(0)
    jump = 2 * (d**2 * standard_normal(half) * taken) @ (5 * weights)
    return float(1 - jump / 2)


def _stated_lag_1(s: float) -> float:
    return 1 - s**2 / 2 + s**2 / math.pi * (math.atan(s / 2) + 2 * s / (4 + s**2))


@independent.numerical(tolerance=1e-8, description="ρ(s) against a double integral, at four s")
def chain_by_quadrature():
    for step in (0.1, STEP, 1.0, 2.4):
        yield abs(_lag_1(step) - _stated_lag_1(step))


@independent.numerical(tolerance=5e-6, description="the five decimals of ρ at a step of 0.5")
def chain_decimals():
    yield abs(_lag_1(STEP) - LAG_1)


def _chains(rng: np.random.Generator, step: float, n: int = 2000, length: int = 100) -> np.ndarray:
    """n stationary Metropolis chains, side by side."""
    x = rng.normal(size=n)
    rows = [x]
    for _step in range(length):
        y = x + rng.normal(0, step, n)
        x = np.where(np.log(rng.uniform(size=n)) < (x * x - y * y) / 2, y, x)
        rows.append(x)
    return np.array(rows)


def _chain_deviation(rng: np.random.Generator, step: float) -> float:
    """1 - E[jump^2]/2 of 2000 chains less ρ(STEP), in standard errors over the chains."""
    jumps = np.diff(_chains(rng, step), axis=0) ** 2
    each = 1 - jumps.mean(0) / 2
    return float((each.mean() - _stated_lag_1(STEP)) / (each.std() / math.sqrt(each.size)))


@independent.sampling("2000 Metropolis chains against ρ(0.5)")
def chain_by_simulation(rng):
    yield _chain_deviation(rng, STEP)


def _correlation(z: np.ndarray, G) -> float:
    """sqrt(n) times the lag-1 autocorrelation of G(z): standard normal where there is none."""
    x = G(z) - G(z).mean()
    return float(x[1:] @ x[:-1] / (x @ x) * math.sqrt(x.size))


@independent.sampling("lag-1 autocorrelation of 100 000 samples of a generator")
def generator_by_simulation(rng):
    for G in (np.tanh, np.exp, np.square):
        yield _correlation(rng.normal(size=100_000), G)


@independent.meaning()
def independent_in_words(rng):
    # corr(x_i, x_{i+1}), exactly: noise of three values and all pairs of it
    for _instance in range(5):
        p, g = rng.dirichlet(np.ones(3)), rng.normal(size=3)
        joint, mean = np.outer(p, p), p @ g
        covariance = (g - mean) @ joint @ (g - mean)
        step = rng.uniform(0.2, 2)
        yield {
            "N(0, 1)": None,
            "lag-1 autocorrelation": None,
            r"\operatorname{corr}(x_i, x_{i+1})": covariance / (p @ (g - mean) ** 2),
            "x_i": g[0],
            "G(z_i)": g[0],
            "s": step,
            "ρ(s)": _lag_1(step),
            "arctan(s/2)": math.atan(step / 2),
            f"ρ({STEP})": _lag_1(STEP),
        }


@independent.control("the proposals are 5% wider", of=chain_by_simulation, miss=18.8)
def chain_with_wider_steps(rng):
    for _instance in range(2):
        yield _chain_deviation(rng, 1.05 * STEP)


@independent.control(
    "every step is taken: jumps of s^2 and not of s^2 2 Φ(-|d|/2)",
    of=chain_by_quadrature,
    miss=0.275,
)
def chain_that_takes_every_step():
    for step in (0.1, STEP, 1.0):
        yield abs(_lag_1(step) - (1 - step**2 / 2))


@independent.control(
    "a tenth of the noise is that of the sample before", of=generator_by_simulation, miss=57.3
)
def noise_that_overlaps(rng):
    for G in (np.tanh, np.exp, np.square):
        e = rng.normal(size=400_001)
        yield _correlation((e[1:] + 0.1 * e[:-1]) / math.sqrt(1.01), G)


# What an odd L-Lipschitz generator leaves in the gap at the least, to four decimals.
LEAST = {2: 0.3829, 10: 0.0797, 50: 0.0160}

gap = Claim(
    id="A-GAN-15",
    alias="lipschitz-gap",
    title="a continuous G cannot leave a gap empty: mass ≥ 2 Φ(1/L) − 1",
    statement="A GAN approximates any law only under assumptions. A continuous G on a connected "
    "latent space has connected support. An odd L-Lipschitz G of z ~ N(0, 1) fills the gap "
    "(-1, 1) at least a little: its mass ≥ 2 Φ(1/L) - 1, which comes to "
    + ", ".join(f"2 Φ(1/{L}) - 1 = {mass:.4f}" for L, mass in LEAST.items())
    + ".",
    formula=r"P(|G(z)| < 1) \ge P\Bigl( |z| < \frac{1}{L} \Bigr) = 2\,\Phi\Bigl( \frac{1}{L} "
    r"\Bigr) - 1",
    assumptions=("z ~ N(0, 1)", "G is odd and L-Lipschitz", "the law wanted has none in (-1, 1)"),
    sources=("the Lipschitz inequality at G(0) = 0", "002_d31ce6ddd5a0096b.txt:40"),
)


@gap.symbolic(scope="the bound on the mass, not that the support is connected")
def gap_proof():
    import sympy as sp

    z, L = sp.Symbol("z", real=True), sp.Symbol("L", positive=True)
    g, r = sp.Symbol("g", real=True), sp.Symbol("r", positive=True)
    yield "an odd G has G(0) = -G(0), so G(0) = 0", sp.solve(sp.Eq(g, -g), g)[0]
    inside = 1 / (L * (1 + r))  # any |z| < 1/L; |G(z)| = |G(z) - G(0)| <= L |z|
    yield "|G(z)| <= L |z| < 1 for |z| < 1/L", sp.simplify(L * inside - 1) < 0
    mass = sp.integrate(sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, -1 / L, 1 / L))
    Phi = (1 + sp.erf((1 / L) / sp.sqrt(2))) / 2
    yield "the noise in (-1/L, 1/L) has mass 2 Φ(1/L) - 1", mass - (2 * Phi - 1)


def _least(L: float) -> float:
    return 2 * ndtr(1 / L) - 1


def _random_generator(rng: np.random.Generator, L: float, start: float = 0.0):
    """An L-Lipschitz G on a grid of (-3/L, 3/L), odd if it starts at 0; slopes wander or are L."""
    z = np.linspace(0, 3 / L, 3001)
    most = rng.choice([0.1, 0.99, 1])  # from slopes that wander to the extremal G = L z
    G = np.concatenate([[0], np.cumsum(L * rng.uniform(2 * most - 1, 1, 3000) * np.diff(z))])
    return np.concatenate([-z[:0:-1], z]), start + np.concatenate([-G[:0:-1], G])


def _mass_inside(z: np.ndarray, G: np.ndarray) -> float:
    """The noise's mass in the cells that G sends wholly into the gap; two are lost at its ends."""
    inside = (np.abs(G[:-1]) < 1) & (np.abs(G[1:]) < 1)
    return float(np.sum(np.diff(ndtr(z))[inside]))


@gap.numerical(tolerance=0, description="mass short of the bound, random odd L-Lipschitz G")
def mass_short_of_the_bound(rng):
    for _instance in range(50):
        L = rng.uniform(1, 30)
        z, G = _random_generator(rng, L)  # the mass beyond the grid would only add to it
        lost = 2 * (z[1] - z[0]) * standard_normal(0)
        yield excess(_least(L) - lost, _mass_inside(z, G))


@gap.numerical(tolerance=5e-5, description="the bound for L = 2, 10, 50, four decimals")
def decimals_of_the_bound():
    from scipy.integrate import quad

    for L, expected in LEAST.items():
        yield abs(quad(standard_normal, -1 / L, 1 / L)[0] - expected)


@gap.numerical(tolerance=0, description="holes in the image beyond G's largest step, continuous G")
def holes_in_the_image(rng):
    for _instance in range(20):
        _, G = _random_generator(rng, rng.uniform(1, 30), start=rng.normal())
        largest = np.max(np.abs(np.diff(G)))
        yield excess(np.max(np.diff(np.sort(G))), largest * (1 + 1e-12))


def _share_deviation(rng: np.random.Generator, L: float, slope: float) -> float:
    """The share of 200 000 samples of slope z in the gap less the bound, in standard errors."""
    n = 200_000
    share = np.mean(np.abs(slope * rng.normal(size=n)) < 1)
    return (share - _least(L)) / np.sqrt(_least(L) * (1 - _least(L)) / n)


@gap.sampling("the share of samples of G = L z, which attains the bound")
def extremal_generator(rng):
    for L in LEAST:
        yield _share_deviation(rng, L, L)


@gap.meaning()
def gap_in_words(rng):
    from scipy.integrate import quad

    for L in (*LEAST, 3.7):
        for G in (lambda z, L=L: L * z, lambda z, L=L: L * np.sin(z)):
            z = np.linspace(-9, 9, 400_001)
            mass = float(np.sum(standard_normal(z) * (np.abs(G(z)) < 1)) * (z[1] - z[0]))
            if G(1.0) == L:  # no grid's error where the bound is reached
                mass = 2 * float(ndtr(1 / L)) - 1
            yield {
                "mass": mass,
                "its mass": mass,
                "P(|G(z)| < 1)": mass,
                r"P\Bigl( |z| < \frac{1}{L} \Bigr)": quad(standard_normal, -1 / L, 1 / L)[0],
                "L": float(L),
                "(-1, 1)": None,
                "N(0, 1)": None,
            }


@gap.control("G = z + sign z, which is odd but jumps at 0", of=mass_short_of_the_bound, miss=0.495)
def generator_that_jumps():
    z = np.linspace(-3, 3, 6001)
    for L in (1.5, 2.0, 10.0):
        yield excess(_least(L), _mass_inside(z, z + np.sign(z)))


@gap.control("G is L-Lipschitz, but not odd: L z + 3/4", of=mass_short_of_the_bound, miss=0.0489)
def generator_that_is_not_odd():
    for L in (1.5, 2.0, 3.0):
        z = np.linspace(-6, 6, 12_001)
        yield excess(_least(L), _mass_inside(z, L * z + 0.75) + 2 * (z[1] - z[0]))


@gap.control("the slope is 10% above L", of=extremal_generator, miss=29.2)
def generator_that_is_steeper(rng):
    for L in LEAST:
        yield _share_deviation(rng, L, 1.1 * L)


@gap.control("G = z + sign z is said to leave no hole", of=holes_in_the_image, miss=2)
def hole_of_a_jump():
    z = np.linspace(-3, 3, 6000)
    G = z + np.sign(z)
    yield excess(np.max(np.diff(np.sort(G))), (z[1] - z[0]) * (1 + 1e-9))


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


@inverse_cdf.symbolic(scope="for strictly increasing distribution functions, and laws of 3 points")
def inverse_cdf_proof():
    import sympy as sp

    x, u = sp.symbols("x u", real=True)
    F, F_z, K = sp.Function("F"), sp.Function("F_z"), sp.Function("K")  # F_data, F_z, F_z^-1
    law = F_z(K(F(x)))  # P(G(z) <= x) = P(z <= G^-1(x)), and G^-1 = F_z^-1 ∘ F_data
    yield (
        "F_z(F_z^-1(u)) = u: P(G(z) <= x) = F_data(x)",
        law.replace(F_z, lambda y: y.args[0]) - F(x),
    )
    # With densities: p_g = p_z(h) h', h = G^-1, while F_z(h(x)) = F_data(x)
    h = sp.Function("h")
    p_z = sp.Subs(sp.diff(F_z(u), u), u, h(x)).doit()
    slope = sp.solve(sp.diff(F_z(h(x)) - F(x), x).doit(), sp.diff(h(x), x))[0]
    yield "its density p_z(G^-1) (G^-1)' is p_data", sp.simplify(p_z * slope - sp.diff(F(x), x))
    p, q = sp.symbols("p q", positive=True)
    steps = [0, p, p + q, 1]  # F_data of three points; the generalised inverse is the k-th between
    masses = [sp.expand(high - low) for low, high in itertools.pairwise(steps)]
    gaps = [m - chance for m, chance in zip(masses, (p, q, 1 - p - q), strict=True)]
    yield "three points: u in (F_k-1, F_k] has the k-th chance", sp.Matrix(gaps)


def _bimodal(rng: np.random.Generator) -> Mixture:
    return Mixture.normal([0.4, 0.6], rng.normal([-2, 2], 0.3), rng.uniform(0.3, 0.8, 2))


def _gap_of_laws(p, z: np.ndarray) -> np.ndarray:
    """P(G(z) <= x) - F_data(x) at x = G(z); the first is Φ(z), as G increases."""
    return np.abs(p.cdf(p.ppf(ndtr(z))) - ndtr(z))


@inverse_cdf.numerical(tolerance=1e-9, description="P(G(z) <= x) - F_data(x), mixtures")
def exact_for_mixtures(rng):
    for _instance in range(10):
        yield _gap_of_laws(_bimodal(rng), np.linspace(-4, 4, 81))


@inverse_cdf.numerical(tolerance=1e-9, description="chances of G(z), laws of 5 points")
def exact_for_finite_laws(rng):
    for _instance in range(5):
        weights = rng.dirichlet(np.ones(5))
        z = np.linspace(-8, 8, 160_001)  # cells of noise; at most one in each step is split
        points = np.searchsorted(np.cumsum(weights)[:-1], ndtr((z[1:] + z[:-1]) / 2))
        chances = np.bincount(points, np.diff(ndtr(z)), minlength=5)
        yield excess(np.abs(chances - weights), np.max(np.diff(ndtr(z))))


def _deviations(p: Mixture, x: np.ndarray) -> np.ndarray:
    """The sample's distribution function less p's, in standard errors, at nine quantiles."""
    u = np.arange(1, 10) / 10
    share = np.mean(x[:, None] <= p.ppf(u), axis=0)
    return (share - u) / np.sqrt(u * (1 - u) / x.size)


@inverse_cdf.sampling("the distribution function of 20 000 samples at nine quantiles")
def samples_at_quantiles(rng):
    for _instance in range(3):
        p = _bimodal(rng)
        yield _deviations(p, p.ppf(rng.uniform(size=20_000)))


@inverse_cdf.meaning()
def inverse_cdf_in_words(rng):
    p = _bimodal(rng)
    for z in rng.normal(size=5):
        value = float(p.ppf(ndtr(z)))
        inverse = float(ndtri(p.cdf(value)))  # the noise that G sends there
        alike = abs(inverse - z) < 1e-6
        yield {
            "G = F_data⁻¹ ∘ F_z": alike,
            "G = F_data^-1 ∘ F_z": alike,
            r"G = F_{\mathrm{data}}^{-1} \circ F_z": alike,
            r"G(z) \sim p_{\mathrm{data}}": bool(
                np.all(np.abs(_deviations(p, p.ppf(rng.uniform(size=20_000)))) < 4.9)
            ),
        }


@inverse_cdf.control(
    "an affine G with the right mean and spread", of=samples_at_quantiles, miss=67.7
)
def affine_generator(rng):
    for _instance in range(3):
        p = _bimodal(rng)
        yield np.abs(_deviations(p, p.mean() + p.std() * ndtri(rng.uniform(size=20_000))))


@inverse_cdf.control(
    "F_z of another law: the noise is logistic, with N(0, 1)'s spread",
    of=exact_for_mixtures,
    miss=0.0226,
)
def another_noise(rng):
    spread = math.sqrt(3) / math.pi
    for _instance in range(5):
        p, z = _bimodal(rng), np.linspace(-4, 4, 81)
        yield np.abs(p.cdf(p.ppf(ndtr(z))) - 1 / (1 + np.exp(-z / spread)))
