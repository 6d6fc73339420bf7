"""The Dirac-GAN's field against sympy's derivatives of the losses, and its known modes."""

import numpy as np
import pytest
import sympy as sp

from theory.dynamics import OBJECTIVES, dirac_field

theta, psi = sp.symbols("theta psi", real=True)
SOFTPLUS = sp.Lambda(theta, sp.log(1 + sp.exp(theta)))
LOSSES = {
    "minimax": (SOFTPLUS(0) + SOFTPLUS(psi * theta), -SOFTPLUS(psi * theta)),
    "non_saturating": (SOFTPLUS(0) + SOFTPLUS(psi * theta), SOFTPLUS(-psi * theta)),
    "wasserstein": (psi * theta, -psi * theta),
}
PENALTIES = [{}, {"gradient_penalty": 0.7}, {"r1": 0.3}, {"gradient_penalty": 2.0, "r1": 1.0}]


def derivatives(losses, weights):
    penalty = weights.get("gradient_penalty", 0) * (sp.Abs(psi) - 1) ** 2
    penalty += sp.Rational(1, 2) * weights.get("r1", 0) * psi**2
    loss_d, loss_g = losses
    gradients = sp.diff(loss_d + penalty, psi), sp.diff(loss_g, theta)
    return sp.lambdify((theta, psi), gradients, "numpy")


def discrepancy(losses, objective, weights):
    rng = np.random.default_rng(0)
    points = rng.uniform(-4, 4, (2, 200))
    exact = derivatives(losses, weights)(*points)
    return np.max(np.abs(np.array(exact) - np.array(dirac_field(objective, *points, **weights))))


@pytest.mark.parametrize("weights", PENALTIES, ids=str)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_field_is_the_losses_gradient(objective, weights):
    assert discrepancy(LOSSES[objective], objective, weights) < 1e-13


def test_a_wrong_loss_is_noticed():
    assert discrepancy(LOSSES["minimax"], "non_saturating", {}) > 0.1
    doubled = (LOSSES["minimax"][0] + 0.15 * psi**2, LOSSES["minimax"][1])  # γψ², not γ/2 ψ²
    assert discrepancy(doubled, "minimax", {"r1": 0.3}) > 0.1


def step_matrix(field, h=1e-6):
    """∂(ψ, θ)'s descent direction by (ψ, θ), at the equilibrium (0, 0), by central differences."""
    columns = []
    for d_psi, d_theta in ((h, 0), (0, h)):
        up, down = field(d_theta, d_psi), field(-d_theta, -d_psi)
        columns.append((np.array(down) - np.array(up)) / (2 * h))
    return np.array(columns).T


@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
def test_unregularised_flow_rotates(objective):
    """Mescheder et al. 2018, Lemma 2.2: eigenvalues ±f'(0)i = ±i/2 (claim A-DYN-08)."""
    eigenvalues = np.linalg.eigvals(step_matrix(lambda t, p: dirac_field(objective, t, p)))
    assert sorted(eigenvalues.imag) == pytest.approx([-0.5, 0.5], abs=1e-9)
    assert eigenvalues.real == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize("gamma", [0.3, 0.9, 1.5])
def test_r1_makes_the_flow_converge(gamma):
    """λ = −γ/2 ± √(γ²/4 − f'(0)²), negative real parts for every γ > 0."""
    matrix = step_matrix(lambda t, p: dirac_field("minimax", t, p, r1=gamma))
    root = np.sqrt(gamma**2 / 4 - 0.25 + 0j)
    expected = np.array([-gamma / 2 - root, -gamma / 2 + root])
    eigenvalues = np.linalg.eigvals(matrix)
    found = eigenvalues[np.lexsort((eigenvalues.imag, eigenvalues.real.round(9)))]
    assert found == pytest.approx(expected, abs=1e-6)
    assert (found.real < 0).all()


PAPER_NORMS = [  # objective, penalty, ‖(θ, ψ)‖ after 500 simultaneous steps of 0.2
    ("minimax", {}, 3.097),
    ("non_saturating", {}, 0.640),
    ("wasserstein", {"gradient_penalty": 0.7}, 1.802),
    ("minimax", {"r1": 0.3}, 2.6e-6),
    ("minimax", {"r1": 1.0}, 9.5e-22),
    ("non_saturating", {"r1": 0.3}, 2.2e-6),
]


@pytest.mark.parametrize(("objective", "weights", "norm"), PAPER_NORMS, ids=str)
def test_trajectories_end_where_the_paper_s_notebook_ends(objective, weights, norm):
    """From the paper's (1, 1), which is (1, −1) here: its discriminator scores fakes high."""
    t, p = np.array(1.0), np.array(-1.0)
    for _ in range(500):
        gradient_p, gradient_t = dirac_field(objective, t, p, **weights)
        t, p = t - 0.2 * gradient_t, p - 0.2 * gradient_p
    assert float(np.hypot(t, p)) == pytest.approx(norm, rel=0.03)


def test_shapes_broadcast():
    d, g = dirac_field("minimax", np.zeros((3, 1)), np.ones(4))
    assert d.shape == g.shape == (3, 4)
    assert dirac_field("minimax", 0.0, 0.0, gradient_penalty=1.0)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("hinge", 0, 0), {}, r"objective: got 'hinge', expected one of minimax"),
        (("minimax", np.nan, 0), {}, r"theta: got nan"),
        (("minimax", 0, np.inf), {}, r"psi: got inf"),
        (("minimax", np.zeros(2), np.zeros(3)), {}, r"psi: got shape \(3,\)"),
        (("minimax", 0, 0), {"r1": -1}, r"r1: got -1, expected a finite number >= 0"),
        (("minimax", 0, 0), {"gradient_penalty": np.nan}, r"gradient_penalty: got nan"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        dirac_field(*arguments, **options)
