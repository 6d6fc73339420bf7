"""Mistakes in the derivations: signs, brackets, change of variables, convergence, names."""

from __future__ import annotations

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import kl, optimal_discriminator, total_variation, value
from theory.calculators.dynamics import dirac_field
from theory.chapters.game.framework import LOG4
from theory.chapters.game.payoffs import best_value
from theory.chapters.game.push_forward import standard_normal
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014"


bracket = Claim(
    id="B-E08",
    alias="erratum-missing-bracket",
    title="“log 1 − p/(p + q)”",
    statement="Said: E[log 1 - P_data/(P_data + P_G)], and a double subscript P_PG. Right: "
    "log(1 - P_data/(P_data + P_G)) = log(P_G/(P_data + P_G)).",
    formula=r"\log \Bigl( 1 - \frac{p_{\mathrm{data}}}{p_{\mathrm{data}} + p_g} \Bigr) = \log "
    r"\Bigl( \frac{p_g}{p_{\mathrm{data}} + p_g} \Bigr)",
    sources=("000_8b69f153baee6a3b.txt:316-320",),
    erratum=True,
)


@bracket.counterexample(at_least=1e-3, description="as printed, against log(1 - D)", miss=0.00536)
def without_bracket():
    for d in (0.5, 0.1, 0.9):  # -0.5 in place of -0.693 at D = 1/2
        yield abs((np.log(1) - d) - np.log1p(-d))


@bracket.symbolic(scope=AS_STATED)
def bracket_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    yield "1 - p/(p + q) = q/(p + q)", sp.simplify(1 - p / (p + q) - q / (p + q))


@bracket.meaning()
def bracket_in_words(rng):
    for p, q in rng.uniform(0.1, 2, (5, 2)):
        yield {
            "log 1 − p/(p + q)": None,
            "E[log 1 - P_data/(P_data + P_G)]": None,
            "P_data": p,
            "P_G": q,
            r"p_{\mathrm{data}}": p,
            "p_g": q,
        }


@bracket.correction("with the bracket: log(q/(p + q)), p and q in the ratio of D", tolerance=1e-12)
def with_bracket(rng):
    for p, q in rng.uniform(0.1, 2, (5, 2)):
        yield abs(np.log(q / (p + q)) - np.log1p(-p / (p + q)))


halving = Claim(
    id="B-E09",
    alias="erratum-halved-logarithms",
    title="“add −log 4 and divide both logarithms by two”",
    statement="Said: add -log 4 and, to neutralise it, divide both logarithms by two; the formula "
    "shown subtracts log 4 without any halving. Right: the *denominators inside* the logarithms "
    "are halved. This brings a log 2 to each, p log(p/((p + q)/2)) = p log(p/(p + q)) + p log 2, "
    "and log 4 = log 2 + log 2 is what -log 4 compensates. At p_g = p_data the value is "
    "V_right = -1.3863, with the formula shown V_shown = -2.7726, with halved logarithms "
    "V_halved = -2.0794.",
    formula=r"p \log \Bigl( \frac{p}{p + q} \Bigr) = p \log \Bigl( \frac{p}{(p + q)/2} \Bigr) - p "
    r"\log 2",
    sources=(f"{_PAPER}, Theorem 1", "000_8b69f153baee6a3b.txt:324-330"),
    erratum=True,
)


def _pairs(rng: np.random.Generator):
    """Laws on five points; the first two are equal."""
    p = rng.dirichlet(np.ones(5))
    yield p, p
    for _instance in range(5):
        yield tuple(rng.dirichlet(np.ones(5), 2))


def _misread(p, q) -> tuple[float, float]:
    """V(D*, G) as the formula shown has it, and with both logarithms divided by two."""
    terms = p @ np.log(p / (p + q)), q @ np.log(q / (p + q))
    return sum(terms) - LOG4, sum(terms) / 2 - LOG4


@halving.counterexample(at_least=1e-3, description="both readings, against V(D*, G)", miss=0.693)
def shown_and_halved(rng):
    for p, q in _pairs(rng):
        for wrong in _misread(p, q):
            yield abs(wrong - best_value(p, q))


@halving.symbolic(scope=AS_STATED)
def halving_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    m = (p + q) / 2
    for a, name in ((p, "p"), (q, "q")):
        gap = a * sp.log(a / (p + q)) - (a * sp.log(a / m) - a * sp.log(2))
        yield f"of {name}: halved denominator, less {name} log 2", sp.expand(sp.expand_log(gap))
    yield "over laws of mass 1 these add up to log 4", 2 * sp.log(2) - sp.log(4)


@halving.meaning()
def halving_in_words(rng):
    equal = rng.dirichlet(np.ones(5))
    shown, halved = _misread(equal, equal)
    for p, q in rng.uniform(0.1, 2, (3, 2)):
        yield {
            "add −log 4 and divide both logarithms by two": None,
            "add -log 4 and, to neutralise it": None,
            "subtracts log 4": None,
            "brings a log 2": None,
            "what -log 4 compensates": None,
            "p_g": equal[0],
            "p_data": equal[0],
            "p": p,
            "q": q,
            "V_right": best_value(equal, equal),
            "V_shown": shown,
            "V_halved": halved,
        }


@halving.correction("KL(p || m) + KL(q || m) - log 4, m = (p + q)/2", tolerance=1e-12)
def halved_denominators(rng):
    for p, q in _pairs(rng):
        m = (p + q) / 2
        yield abs(kl(p, m) + kl(q, m) - LOG4 - best_value(p, q))


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


def _at_half(p, q) -> float:
    """V where D = 1/2."""
    return value(p, q, lambda x: np.full(x.shape, 0.5))


@lost_sign.counterexample(
    at_least=1e-3, description="both prints (which are 0), against V at D = 1/2", miss=1.39
)
def as_printed(rng):
    for p, q in _pairs(rng):
        yield abs(np.log(2) * q.sum() - np.log(2) * p.sum() - _at_half(p, q))
        yield abs(np.log(2) * q.sum() - np.log(2) * q.sum() - _at_half(p, q))


@lost_sign.symbolic(scope=AS_STATED)
def lost_sign_proof():
    import sympy as sp

    half = sp.Rational(1, 2)
    yield (
        "p log D + q log(1 - D) at 1/2, p = 1 = q",
        sp.log(half) + sp.log(1 - half) + 2 * sp.log(2),
    )
    yield "-2 log 2 = -log 4", sp.log(4) - 2 * sp.log(2)


@lost_sign.meaning()
def lost_sign_in_words(rng):
    for p, q in _pairs(rng):
        printed = np.log(2) * q.sum() - np.log(2) * p.sum()
        yield {
            "log 2 ∫ p_G − log 2 ∫ p_data → −2 log 2": abs(printed - _at_half(p, q)) < 1e-9,
            "D = 1/2, log 2 ∫p_G - log 2 ∫p_data = -2 log 2": abs(printed - _at_half(p, q)) < 1e-9,
            "∫p_G": q.sum(),
            "∫p_data": p.sum(),
            r"\int p_g\,dx": q.sum(),
            r"\int p_{\mathrm{data}}\,dx": p.sum(),
        }


@lost_sign.correction("both terms negative", tolerance=1e-12)
def both_terms_negative(rng):
    for p, q in _pairs(rng):
        yield abs(-np.log(2) * q.sum() - np.log(2) * p.sum() - _at_half(p, q))


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
            return standard_normal(inverse(x)) * sign_of_slope(slope(x))

        errors.append(abs(quad(density, low, high, points=points, limit=500)[0] - 1))
    return errors


@lost_modulus.counterexample(
    at_least=1e-3, description="the mass of that p_g, which must be 1", miss=2
)
def mass_without_modulus():
    yield from _mass_error(lambda s: s)  # masses of -1


@lost_modulus.symbolic(scope="for G = -z")
def lost_modulus_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    printed = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) * sp.diff(-x, x)
    yield "G = -z: as printed the mass is -1", sp.integrate(printed, (x, -sp.oo, sp.oo)) + 1
    right = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) * sp.Abs(sp.diff(-x, x))
    yield "with the absolute value it is 1", sp.integrate(right, (x, -sp.oo, sp.oo)) - 1


def _both_sides_of_square(power: int) -> tuple[float, float]:
    """E_z[f(G(z))] and E_{p_g}[f(x)], G = z^2, which has no inverse, and f = x^power."""
    from scipy import stats

    z = np.linspace(-12, 12, 481)  # the trapezoidal rule
    over_noise = standard_normal(z) @ z ** (2 * power) * (z[1] - z[0])
    return float(over_noise), float(stats.chi2(1).moment(power))


@lost_modulus.numerical(
    tolerance=1e-10, description="G = z^2: E_z[f(G(z))] and E_{p_g}[f(x)], f = x^k"
)
def no_inverse_needed():
    for power in (1, 2, 3):
        over_noise, over_x = _both_sides_of_square(power)
        yield abs(over_noise - over_x)


@lost_modulus.meaning()
def lost_modulus_in_words(rng):
    over_noise, over_x = _both_sides_of_square(2)
    for x in rng.normal(size=5):  # G = -2 z
        right, printed = 0.5 * standard_normal(x / 2), standard_normal(-x / 2) * -0.5
        yield {
            "p_g(x) = p_z(G⁻¹(x)) (G⁻¹)′(x)": bool(abs(right - printed) < 1e-9),
            "p_g(x) = p_z(G^-1(x)) (G^-1)'(x)": bool(abs(right - printed) < 1e-9),
            "dz = (G^-1)'(x) dx": None,
            "dim z = dim x": None,
            "E_z[f(G(z))]": over_noise,
            "E_{p_g}[f(x)]": over_x,
            "A-GAN-03": None,
            "p_g(x)": right,
            "p_z(G^{-1}(x))": standard_normal(-x / 2),
            "(G^{-1})'(x)": -0.5,
        }


@lost_modulus.correction("with the absolute value", tolerance=1e-10)
def mass_with_modulus():
    yield from _mass_error(abs)


convergence = Claim(
    id="B-E18",
    alias="erratum-convergence",
    title="“the training algorithm converges to the global optimum”",
    statement="Said: the training algorithm converges to the global optimum. Right: true of steps "
    "on p_g in function space with D kept optimal, since C is convex in p_g; false in general for "
    "simultaneous or alternating steps on parameters. In min over x, max over y of x y, 500 "
    "simultaneous steps of η = 0.1 lead from a distance of 1 to r = 12.03; at the optimum of the "
    "Dirac-GAN the eigenvalues are ±i/2, with a real part of zero.",
    formula=r"\min_x \max_y x y: \quad r = (1 + \eta^2)^{k/2} \text{ after } k \text{ steps}; "
    r"\quad p_g \leftarrow p_g - \eta \frac{\delta C}{\delta p_g} \text{ with } D = D^* \text{ "
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


def _dirac_eigenvalues() -> np.ndarray:
    """Of the Dirac-GAN's field at its optimum (0, 0), by central differences."""
    h = 1e-4
    columns = [
        (
            np.array(dirac_field("minimax", *(h * np.eye(2)[i])))
            - np.array(dirac_field("minimax", *(-h * np.eye(2)[i])))
        )
        / (2 * h)
        for i in (1, 0)  # by ψ, by θ, as the field lists them
    ]
    return np.linalg.eigvals(np.stack(columns, axis=1))


@convergence.counterexample(
    at_least=0.5, description="distance to the optimum after 500 steps", miss=0.988
)
def distance_after_500_steps():
    yield _bilinear_radius(500, 0.1, alternating=False)  # 12.03, from 1
    yield _bilinear_radius(500, 0.1, alternating=True)
    yield _dirac_radius(500, 0.2)  # 3.10, from 1.41


@convergence.symbolic(scope="for the game x y, and that C is convex in p_g")
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


@convergence.numerical(tolerance=1e-9, description="the distance against (1 + eta^2)^(k/2)")
def growth_of_the_distance():
    for rate, steps in ((0.1, 500), (0.3, 20), (0.01, 1000)):
        yield abs(_bilinear_radius(steps, rate, alternating=False) - (1 + rate**2) ** (steps / 2))


@convergence.numerical(tolerance=1e-7, description="the Dirac-GAN's eigenvalues against ±i/2")
def dirac_eigenvalues():
    found = _dirac_eigenvalues()
    yield np.abs(np.real(found))
    yield np.abs(np.sort(np.imag(found)) - [-0.5, 0.5])


@convergence.meaning()
def convergence_in_words(rng):
    p, q = rng.dirichlet(np.ones(5), 2)
    found = _dirac_eigenvalues()
    yield {
        "500 simultaneous steps": None,
        "a distance of 1": None,
        "η": 0.1,
        "k": 500,
        "r": _bilinear_radius(500, 0.1, alternating=False),
        "eigenvalues are ±i/2": bool(np.allclose(np.sort(np.imag(found)), [-0.5, 0.5], atol=1e-7)),
        "D": p[0] / (p[0] + q[0]),
        "D^*": float(optimal_discriminator(p, q)(np.array([0]))[0]),
    }


@convergence.correction("steps on p_g itself, D kept optimal: distance after 500", tolerance=1e-12)
def steps_on_the_law(rng):
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


def _law(noise_mean: float) -> Mixture:
    """The law of G(z) = 2 + z, z ~ N(noise_mean, 1)."""
    return Mixture.normal([1], [2 + noise_mean], [1])


_POINTS = np.array([-1.0, 0.0, 2.0, 3.0])


def _off_half(fakes: Mixture) -> np.ndarray:
    """|D* - 1/2| at four points, of the data, N(2, 1), against these fakes."""
    return np.abs(optimal_discriminator(_law(0), fakes)(_POINTS) - 0.5)


def _off_dimension(rng: np.random.Generator, fed) -> float:
    """How many coordinates what is fed to D, on the plane, has too many; G maps R^3 there."""
    z, weights = rng.normal(size=(5, 3)), rng.normal(size=(3, 2))
    return float(abs(fed(z, weights).shape[1] - 2))


@noise_name.counterexample(
    at_least=0.1, description="the law with z ~ p_g; D* on noise; coordinates too many", miss=0.381
)
def noise_named_p_g(rng):
    yield total_variation(_law(2), _law(0))  # z drawn from p_g = N(2, 1)
    yield from _off_half(Mixture.normal([1], [0], [1]))  # P_z's samples are shown to D
    yield _off_dimension(rng, lambda z, weights: z)


@noise_name.symbolic(scope="for G = 2 + z")
def noise_name_proof():
    import sympy as sp

    z = sp.Symbol("z", real=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    shift = sp.integrate((2 + z) * normal, (z, -sp.oo, sp.oo))
    yield "G = 2 + z, z ~ p_z: the mean of p_g is 2", shift - 2
    again = sp.integrate((2 + (2 + z)) * normal, (z, -sp.oo, sp.oo))
    yield "noise drawn from p_g: the mean is 4, another law", again - 4


@noise_name.meaning()
def noise_name_in_words():
    on_noise = bool(np.all(_off_half(Mixture.normal([1], [0], [1])) < 0.1))
    for d in optimal_discriminator(_law(0), _law(0))(_POINTS):
        yield {
            "D(x) = 0.5 for x from P_data and P_z": on_noise,
            "D(x) = 0.5 for all x from P_data and P_z": on_noise,
            "D": d,
            "D(x)": d,
            "2014 paper's algorithm 1": None,
        }


@noise_name.correction("z ~ p_z, and D of x from p_data and p_g", tolerance=1e-12)
def noise_named_p_z(rng):
    yield total_variation(_law(0), _law(0))
    yield from _off_half(_law(0))
    yield _off_dimension(rng, lambda z, weights: z @ weights)
