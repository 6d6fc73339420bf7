"""Mistakes in the derivations: signs, brackets, change of variables, convergence, names."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from theory.calculators.divergences import kl, optimal_discriminator, total_variation, value
from theory.calculators.dynamics import dirac_field
from theory.chapters.game.framework import LOG4
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014"


def _best_value(p, q) -> float:
    """V(D*, G), by quadrature or summation."""
    return value(p, q, optimal_discriminator(p, q))


def _shape_error(f, x: np.ndarray) -> float:
    """1.0 when f cannot take x because of its shape, else 0.0."""
    try:
        f(x)
    except ValueError:
        return 1.0
    return 0.0


def _networks(rng: np.random.Generator):
    """A linear G from R^3 to R^2, a logistic D on R^2, noise z and data x."""
    g, d = rng.normal(size=(3, 2)), rng.normal(size=2)
    noise, data = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    return (lambda z: z @ g), (lambda x: expit(x @ d)), noise, data


bracket = Claim(
    id="B-E08",
    alias="erratum-missing-bracket",
    title="“log 1 − p/(p + q)”",
    statement="Said: E[log 1 - P_data/(P_data + P_G)], and a double subscript P_PG. Right: "
    "log(1 - P_data/(P_data + P_G)) = log(P_G/(P_data + P_G)).",
    formula=r"\log \Bigl( 1 - \frac{p_{\mathrm{data}}}{p_{\mathrm{data}} + p_g} \Bigr) = \log "
    r"\frac{p_g}{p_{\mathrm{data}} + p_g}",
    sources=("000_8b69f153baee6a3b.txt:316-320",),
    erratum=True,
)


@bracket.counterexample(at_least=1e-3, description="as printed, against log(1 - D)", miss=0.00536)
def as_printed_against_log_1_d():
    for d in (0.5, 0.1, 0.9):  # -0.5 in place of -0.693 at D = 1/2
        yield abs((np.log(1) - d) - np.log1p(-d))


@bracket.symbolic(scope=AS_STATED)
def bracket_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    yield "1 - p/(p + q) = q/(p + q)", sp.simplify(1 - p / (p + q) - q / (p + q))


@bracket.correction("with the bracket: log(q/(p + q)) at p : q = D : 1 - D", tolerance=1e-12)
def with_the_bracket_log_q_p_q_at_p_q_d_1_d():
    for d in (0.5, 0.1, 0.9):
        yield abs(np.log((1 - d) / (d + (1 - d))) - np.log1p(-d))


halving = Claim(
    id="B-E09",
    alias="erratum-halved-logarithms",
    title="“add −log 4 and divide both logarithms by two”",
    statement="Said: add -log 4 and, to neutralise it, divide both logarithms by two; the formula "
    "shown subtracts log 4 without any halving. Right: the *denominators inside* the logarithms "
    "are halved; p log(p/((p + q)/2)) brings +log 2 each, which -log 4 compensates.",
    formula=r"p \log \frac{p}{p + q} = p \log \frac{p}{(p + q)/2} - p \log 2",
    sources=(f"{_PAPER}, Theorem 1", "000_8b69f153baee6a3b.txt:324-330"),
    erratum=True,
)


def _pairs(rng: np.random.Generator):
    """Laws on five points; the first two are equal."""
    p = rng.dirichlet(np.ones(5))
    yield p, p
    for _instance in range(5):
        yield tuple(rng.dirichlet(np.ones(5), 2))


@halving.counterexample(at_least=1e-3, description="both readings, against V(D*, G)", miss=0.693)
def both_readings_against_v_d_g(rng):
    for p, q in _pairs(rng):  # at q = p: -2.7726 and -2.0794 in place of -1.3863
        best = _best_value(p, q)
        yield abs((best - LOG4) - best)
        yield abs((best / 2 - LOG4) - best)


@halving.symbolic(scope=AS_STATED)
def halving_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    m = (p + q) / 2
    left = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q))
    right = p * sp.log(p / m) + q * sp.log(q / m) - (p + q) * sp.log(2)
    yield "halved denominators, minus (p + q) log 2", sp.expand(sp.expand_log(left - right))


@halving.correction("KL(p || m) + KL(q || m) - log 4, m = (p + q)/2", tolerance=1e-12)
def kl_p_m_kl_q_m_log_4_m_p_q_2(rng):
    for p, q in _pairs(rng):
        m = (p + q) / 2
        yield abs(kl(p, m) + kl(q, m) - LOG4 - _best_value(p, q))


lost_sign = Claim(
    id="B-E10",
    alias="erratum-lost-sign",
    title="“log 2 ∫ p_G − log 2 ∫ p_data → −2 log 2”",
    statement="Said: with D = 1/2, log 2 ∫p_G - log 2 ∫p_data = -2 log 2 (the second print has p_G "
    "twice). Right: -log 2 ∫p_G - log 2 ∫p_data = -2 log 2 = -log 4.",
    formula=r"-\log 2 \int p_g\,dx - \log 2 \int p_{\mathrm{data}}\,dx = -2 \log 2 = -\log 4",
    sources=("000_8b69f153baee6a3b.txt:364,368",),
    erratum=True,
)


@lost_sign.counterexample(
    at_least=1e-3, description="as printed (0), against V at D = 1/2", miss=1.39
)
def as_printed_0_against_v_at_d_1_2(rng):
    for p, q in _pairs(rng):
        v = value(p, q, lambda x: np.full(x.shape, 0.5))
        yield abs(np.log(2) * q.sum() - np.log(2) * p.sum() - v)
        yield abs(np.log(2) * q.sum() - np.log(2) * q.sum() - v)


@lost_sign.symbolic(scope=AS_STATED)
def lost_sign_proof():
    import sympy as sp

    yield "log(1/2) + log(1 - 1/2) = -log 4", sp.log(sp.Rational(1, 2)) * 2 + sp.log(4)


@lost_sign.correction("both terms negative", tolerance=1e-12)
def both_terms_negative(rng):
    for p, q in _pairs(rng):
        v = value(p, q, lambda x: np.full(x.shape, 0.5))
        yield abs(-np.log(2) * q.sum() - np.log(2) * p.sum() - v)


lost_modulus = Claim(
    id="B-E17",
    alias="erratum-change-of-variables",
    title="“p_g(x) = p_z(G⁻¹(x)) (G⁻¹)′(x)”",
    statement="Said: p_g(x) = p_z(G^-1(x)) (G^-1)'(x), from dz = (G^-1)'(x) dx. Right: the "
    "absolute value is needed (|det J| in several dimensions), and an invertible G with "
    "dim z = dim x; the general step is E_z[f(G(z))] = E_{p_g}[f(x)], which holds for any G "
    "(A-GAN-03).",
    formula=r"p_g(x) = p_z(G^{-1}(x))\,\left| (G^{-1})'(x) \right|",
    sources=("002_d31ce6ddd5a0096b.txt:186",),
    erratum=True,
)


def _mass_error(sign_of_slope) -> list[float]:
    """|mass of p_z(G^-1(x)) s - 1| over the range of G = -z, -2z and e^-z."""
    from scipy.integrate import quad

    maps = (
        (lambda x: -x, lambda x: -1.0, -12, 12),
        (lambda x: -x / 2, lambda x: -0.5, -24, 24),
        (lambda x: -np.log(x), lambda x: -1 / x, 1e-5, 2e4),
    )
    errors = []
    for inverse, slope, low, high in maps:
        points = None if low < 0 else [1e-2, 1, 10, 100]

        def density(x, inverse=inverse, slope=slope):
            z = inverse(x)
            return np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * sign_of_slope(slope(x))

        errors.append(abs(quad(density, low, high, points=points, limit=500)[0] - 1))
    return errors


@lost_modulus.counterexample(
    at_least=1e-3, description="the mass of that p_g, which must be 1", miss=2
)
def the_mass_of_that_p_g_which_must_be_1():
    yield from _mass_error(lambda s: s)  # masses of -1


@lost_modulus.symbolic(scope=AS_STATED)
def lost_modulus_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    printed = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) * sp.diff(-x, x)
    yield "G = -z: as printed the mass is -1", sp.integrate(printed, (x, -sp.oo, sp.oo)) + 1
    right = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) * sp.Abs(sp.diff(-x, x))
    yield "with the absolute value it is 1", sp.integrate(right, (x, -sp.oo, sp.oo)) - 1


@lost_modulus.correction("with the absolute value", tolerance=1e-6)
def with_the_absolute_value():
    yield from _mass_error(abs)


convergence = Claim(
    id="B-E18",
    alias="erratum-convergence",
    title="“the training algorithm converges to the global optimum”",
    statement="Said: the training algorithm converges to the global optimum. Right: true of steps "
    "on p_g in function space with D kept optimal, since C is convex in p_g; false in general for "
    "simultaneous or alternating steps on parameters.",
    formula=r"\text{not } \theta_g \leftarrow \theta_g - \eta \nabla_{\theta_g} V, \text{ but } "
    r"p_g \leftarrow p_g - \eta \frac{\delta C}{\delta p_g} \text{ with } D = D^* \text{ "
    r"converges}",
    sources=(
        f"{_PAPER}, Proposition 2",
        "Mescheder, Geiger, Nowozin 2018, Lemma 2.3",
        "002_d31ce6ddd5a0096b.txt:163",
    ),
    erratum=True,
)


def _bilinear_radius(steps: int, rate: float, alternating: bool) -> float:
    """|(x, y)| after steps of min over x, max over y of x y, from (1, 0)."""
    x, y = 1.0, 0.0
    for _step in range(steps):
        moved = x - rate * y
        y = y + rate * (moved if alternating else x)
        x = moved
    return float(np.hypot(x, y))


def _dirac_radius(steps: int, rate: float) -> float:
    """|(θ, ψ)| after simultaneous steps of the Dirac-GAN from (1, -1)."""
    theta, psi = np.array(1.0), np.array(-1.0)
    for _step in range(steps):
        by_psi, by_theta = dirac_field("minimax", theta, psi)
        theta, psi = theta - rate * by_theta, psi - rate * by_psi
    return float(np.hypot(theta, psi))


@convergence.counterexample(
    at_least=0.5, description="distance to the optimum after 500 steps", miss=0.988
)
def distance_to_the_optimum_after_500_steps():
    yield _bilinear_radius(500, 0.1, alternating=False)  # 12.03, from 1
    yield _bilinear_radius(500, 0.1, alternating=True)
    yield _dirac_radius(500, 0.2)  # 3.10, from 1.41


@convergence.symbolic(scope=AS_STATED)
def convergence_proof():
    import sympy as sp

    x, y, eta = sp.symbols("x y eta", real=True)
    moved = (x - eta * y) ** 2 + (y + eta * x) ** 2
    yield "simultaneous: r^2 grows by 1 + eta^2", sp.expand(moved - (1 + eta**2) * (x**2 + y**2))
    u, v = x - eta * y, y + eta * (x - eta * y)
    invariant = u**2 + v**2 - eta * u * v
    yield (
        "alternating: x^2 + y^2 - eta x y is kept",
        sp.expand(invariant - (x**2 + y**2 - eta * x * y)),
    )
    p, q = sp.symbols("p q", positive=True)
    C = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q))
    second = sp.simplify(sp.diff(C, q, 2))
    yield "C is convex in p_g: C'' = p/(q (p + q))", sp.simplify(second - p / (q * (p + q)))


@convergence.numerical(tolerance=1e-6, description="12.0321557683 after 500 steps of 0.1")
def convergence_12_0321557683_after_500_steps_of_0_1():
    yield abs(_bilinear_radius(500, 0.1, alternating=False) - 12.0321557683)


@convergence.correction("steps on p_g itself, D kept optimal: distance after 500", tolerance=1e-6)
def steps_on_p_g_itself_d_kept_optimal_distance(rng):
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(5), 2) * 0.9 + 0.02
        for _step in range(500):
            # a multiplicative step along the gradient of C, log(1 - D*) = log(q/(p + q))
            q = q * np.exp(-0.5 * np.log(q / (p + q)))
            q = q / q.sum()
        yield total_variation(p, q)


noise_name = Claim(
    id="B-E19",
    alias="erratum-noise-prior",
    title="noise “z ~ p_g(z)”; “D(x) = 0.5 for x from P_data and P_z”",
    statement="Said: the noise prior is p_g(z), and D(x) = 0.5 for all x from P_data and P_z. "
    "Right: the prior is p_z, p_g the law of G(z), and D = 1/2 for x from p_data and p_g. (The "
    "slip p_g(z) is in the 2014 paper's algorithm 1.)",
    formula=r"z \sim p_z, \quad G(z) \sim p_g, \quad D(x) = \frac{1}{2} \text{ for } x \sim "
    r"p_{\mathrm{data}} \text{ and } x \sim p_g",
    sources=(
        "002_d31ce6ddd5a0096b.txt:139,148,170",
        "003_0ac11bc5ae3e596a.txt:316,325",
    ),
    erratum=True,
)


@noise_name.counterexample(
    at_least=1e-3, description="does G take x, D take z; is p_g that of G", miss=1
)
def does_g_take_x_d_take_z_is_p_g_that_of_g(rng):
    G, D, z, _ = _networks(rng)
    yield _shape_error(D, z)  # D of x from P_z
    yield _shape_error(G, G(z))  # G of "z" drawn from p_g
    # where the dimensions agree, G = 2 + z: noise drawn from p_g makes another law
    x = 2 + rng.normal(size=10_000)
    yield abs(np.mean(2 + x) - np.mean(x))


@noise_name.symbolic(scope=AS_STATED)
def noise_name_proof():
    import sympy as sp

    z = sp.Symbol("z", real=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    shift = sp.integrate((2 + z) * normal, (z, -sp.oo, sp.oo))
    yield "G = 2 + z, z ~ p_z: the mean of p_g is 2", shift - 2
    again = sp.integrate((2 + (2 + z)) * normal, (z, -sp.oo, sp.oo))
    yield "noise drawn from p_g: the mean is 4, another law", again - 4


@noise_name.correction("z ~ p_z, and D of x from p_data and p_g", tolerance=0.1)
def z_p_z_and_d_of_x_from_p_data_and_p_g(rng):
    G, D, z, x = _networks(rng)
    yield _shape_error(D, x)
    yield _shape_error(G, z)
    yield _shape_error(D, G(z))
    x = 2 + rng.normal(size=10_000)
    yield abs(np.mean(2 + rng.normal(size=10_000)) - np.mean(x))
