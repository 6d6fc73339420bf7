"""The Dirac-GAN's field against sympy's derivatives of the losses, its known modes, and the kinds
of steps against independent solutions."""

import numpy as np
import pytest
import sympy as sp

from theory.calculators.dynamics import (
    METHODS,
    OBJECTIVES,
    bilinear_field,
    bilinear_rate,
    dirac_field,
    dirac_game,
    flow,
    trajectory,
)
from theory.chapters.dynamics.figures import radius_table

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


# Objective, penalty, ‖(θ, ψ)‖ after 500 simultaneous steps of 0.2. The notebook's penalties have
# the factor 1/2: its weight 0.7 of (|ψ| − 1)² is 0.35 here, its R1 is the same.
PAPER_NORMS = [
    ("minimax", {}, 3.097),
    ("non_saturating", {}, 0.640),
    ("wasserstein", {"gradient_penalty": 0.35}, 1.802),
    ("minimax", {"r1": 0.3}, 2.6e-6),
    ("minimax", {"r1": 1.0}, 9.5e-22),
    ("non_saturating", {"r1": 0.3}, 2.2e-6),
]


@pytest.mark.parametrize(("objective", "weights", "norm"), PAPER_NORMS, ids=str)
def test_trajectories_end_where_the_paper_s_notebook_ends(objective, weights, norm):
    """From the paper's (1, 1), which is (1, −1) here: its discriminator scores fakes high."""
    end = trajectory("simultaneous", dirac_game(objective, **weights), (1, -1), 0.2, 500)[-1]
    assert float(np.hypot(*end)) == pytest.approx(norm, abs=5.1e-4 if norm > 0.1 else 0.02 * norm)


PAPER_ALTERNATING_NORMS = [  # the generator moves first
    ("minimax", {}, 1.421),
    ("non_saturating", {}, 0.284),
    ("wasserstein", {"gradient_penalty": 0.35}, 1.221),
    ("minimax", {"r1": 0.3}, 2.3e-7),
    ("minimax", {"r1": 1.0}, 7.5e-17),
    ("non_saturating", {"r1": 0.3}, 1.5e-7),
]


@pytest.mark.parametrize(("objective", "weights", "norm"), PAPER_ALTERNATING_NORMS, ids=str)
def test_alternating_steps_end_where_the_paper_s_notebook_ends(objective, weights, norm):
    end = trajectory("alternating", dirac_game(objective, **weights), (1, -1), 0.2, 500)[-1]
    assert float(np.hypot(*end)) == pytest.approx(norm, abs=5.1e-4 if norm > 0.1 else 0.02 * norm)


# The point reached from (x, y) on f = xy by one step, as a matrix; z before is z itself.
_QUARTER = np.array([[0.0, 1.0], [-1.0, 0.0]])


def one_step(method, eta):
    plain = np.eye(2) - eta * _QUARTER
    if method == "alternating":
        return np.array([[1, -eta], [eta, 1 - eta**2]])
    if method == "extragradient":
        return plain @ plain + eta * _QUARTER
    return np.linalg.inv(np.eye(2) + eta * _QUARTER) if method == "implicit" else plain


@pytest.mark.parametrize("method", METHODS)
def test_first_step_on_xy(method):
    for eta in (0.01, 0.3, 1.7):
        points = trajectory(method, bilinear_field, (0.8, -1.1), eta, 1)
        assert points[0] == pytest.approx([0.8, -1.1])
        assert points[1] == pytest.approx(one_step(method, eta) @ [0.8, -1.1], abs=1e-12)


def test_optimistic_steps_remember_the_gradient_before():
    points = trajectory("optimistic", dirac_game("minimax"), (1.0, -0.5), 0.3, 6)
    gradients = np.array([dirac_game("minimax")(*z) for z in points])
    expected = points[1:-1] - 0.3 * (2 * gradients[1:-1] - gradients[:-2])
    assert points[2:] == pytest.approx(expected, abs=1e-14)


def test_implicit_steps_solve_their_equation_even_near_the_equilibrium():
    field = dirac_game("minimax", r1=0.3)
    points = trajectory("implicit", field, (1.0, -1.0), 0.2, 2000)
    assert np.hypot(*points[-1]) < 1e-28
    for z, new in zip(points[:-1:100], points[1::100], strict=True):
        missing = new - z + 0.2 * np.array(field(*new))
        assert np.abs(missing).max() < 1e-10 * np.hypot(*z)


def test_an_implicit_step_that_does_not_exist_is_reported():
    with pytest.raises(ArithmeticError, match="no implicit step from"):
        trajectory("implicit", lambda x, y: (-x - 1 - x**2, 0 * y), (0.0, 0.0), 1.0, 1)


@pytest.mark.parametrize("method", METHODS)
def test_small_steps_follow_the_flow(method):
    """Steps of 0.002 to t = 2: all kinds solve the same differential equation, to first order."""
    field = dirac_game("non_saturating", r1=0.4)
    end = flow(field, (1.0, -1.0), [0.0, 2.0])[-1]
    assert trajectory(method, field, (1.0, -1.0), 0.002, 1000)[-1] == pytest.approx(end, abs=3e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("eta", [0.05, 0.3, 0.55, 0.8])
def test_rate_is_what_the_distance_does_in_the_end(method, eta):
    radii = np.linalg.norm(trajectory(method, bilinear_field, (1, 0.3), eta, 600), axis=1)
    mean = (radii[-1] / radii[300]) ** (1 / 300)
    assert mean == pytest.approx(bilinear_rate(method, eta), abs=2e-3)


def test_alternating_rate_beyond_2():
    radii = np.linalg.norm(trajectory("alternating", bilinear_field, (1, 0.3), 2.5, 60), axis=1)
    assert radii[-1] / radii[-2] == pytest.approx(bilinear_rate("alternating", 2.5), rel=1e-9)


def test_explorer_s_table():
    """500 steps of 0.1: 12.032, bounded, (1 − η² + η⁴)^250, and the other closed forms."""
    _heading, rows = radius_table()
    radius = {row[0]: float(row[1]) for row in rows}
    assert radius["simultaneous"] == pytest.approx(12.0321557683, abs=1e-6)
    assert 1.05**-0.5 <= radius["alternating"] <= 0.95**-0.5
    assert radius["extragradient"] == pytest.approx((1 - 0.01 + 0.0001) ** 250, abs=1e-6)
    assert radius["implicit"] == pytest.approx(1.01**-250, abs=1e-6)
    assert [row[0] for row in rows] == list(METHODS)
    for _method, simulated, _formula, closed, _rate in rows:
        if closed:
            assert float(simulated) == pytest.approx(float(closed), abs=1e-9)


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("newton", bilinear_field, (1, 0), 0.1, 5), "method: got 'newton', expected one of simul"),
        (("implicit", bilinear_field, (1, 0), 0.0, 5), "step: got 0.0"),
        (("implicit", bilinear_field, (1, 0), np.nan, 5), "step: got nan"),
        (("implicit", bilinear_field, (1, np.inf), 0.1, 5), "start: got"),
    ],
)
def test_bad_trajectories_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        trajectory(*arguments)


def test_bad_rate_is_named():
    with pytest.raises(ValueError, match="method: got 'newton'"):
        bilinear_rate("newton", 0.1)
