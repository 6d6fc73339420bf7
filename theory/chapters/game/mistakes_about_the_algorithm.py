"""Mistakes about algorithm 1: that it converges, and what its noise is drawn from."""

from __future__ import annotations

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator, total_variation
from theory.calculators.dynamics import dirac_field
from theory.claim import Claim

_PAPER = "Goodfellow et al. 2014"


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
    r"\quad D = D^*: \quad \frac{\delta C}{\delta p_g} = \log(1 - D), \text{ down which } p_g "
    r"\text{ converges}",
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


def _slope_of_c(p: np.ndarray, q: np.ndarray, i: int) -> float:
    """The derivative of C by the i-th of the generator's chances, by a complex step."""
    moved = q + 1j * 1e-30 * np.eye(q.size)[i]
    return float((p @ np.log(p / (p + moved)) + moved @ np.log(moved / (p + moved))).imag / 1e-30)


@convergence.meaning()
def convergence_in_words(rng):
    p, q = rng.dirichlet(np.ones(5), 2)
    found = np.sort(np.imag(_dirac_eigenvalues()))
    best = optimal_discriminator(p, q)(np.arange(5))
    for i in range(5):
        yield {
            "500 simultaneous steps": None,
            "a distance of 1": None,
            "η": 0.1,
            "k": 500,
            "r": _bilinear_radius(500, 0.1, alternating=False),
            "eigenvalues are ±i/2": bool(np.allclose(found, [-0.5, 0.5], atol=1e-7)),
            "D": p[i] / (p[i] + q[i]),
            "D^*": best[i],
            r"\frac{\delta C}{\delta p_g}": _slope_of_c(p, q, i),
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
