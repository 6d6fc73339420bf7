"""The Dirac-GAN: its flow turns around the equilibrium, and with R1 it gets there (claims A-DYN-08
and 11).

The Dirac-GAN is the smallest GAN, with every gradient in closed form. The generator is a number θ,
the data lie at 0, the discriminator's logit is D(x) = ψ·x (Mescheder, Geiger, Nowozin 2018,
Definition 2.1). Here a discriminator scores *real* data high and both players minimise; the paper
scores *generated* data high, so its ψ is minus ours.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from theory.calculators.dynamics import (
    Field,
    dirac_game,
    flow,
    trajectory,
)
from theory.chapters.dynamics.expressions import (
    dirac_velocity,
    minimax_losses,
    non_saturating_losses,
    players,
    sigmoid,
)
from theory.chapters.dynamics.min_max import COURSE
from theory.claim import AS_STATED, Claim

PAPER = "Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?"


def jacobian_at_0(move: Callable[[np.ndarray], Any]) -> np.ndarray:
    """The 2 x 2 derivative at (0, 0) of a map of the plane, by central differences."""
    h = 1e-5
    columns = [(np.array(move(h * e)) - np.array(move(-h * e))) / (2 * h) for e in np.eye(2)]
    return np.transpose(columns)


def _flow_jacobian(field: Field) -> np.ndarray:
    return jacobian_at_0(lambda z: -np.array(field(z[0], z[1])))


dirac = Claim(
    id="A-DYN-08",
    alias="dirac-gan-rotates",
    title="The Dirac-GAN's linearised flow has eigenvalues ±i/2",
    statement="Data at 0, a generator that puts all mass on theta and D(x) = sigma(psi x) play "
    "the smallest GAN. Its only equilibrium is (0, 0), where the flow's eigenvalues are ±i/2: the "
    "rotation of xy inside a real GAN objective. With the minimax loss theta^2 + psi^2 = theta0^2 "
    "+ psi0^2 even everywhere. The non-saturating loss has the same equilibrium and eigenvalues; "
    "where theta psi is not 0 its flow creeps inwards.",
    formula=r"\dot{\theta} = \psi\, \sigma(\psi \theta),\quad \dot{\psi} = -\theta\, "
    r"\sigma(\psi \theta),\quad \lambda = \pm \frac{i}{2}",
    assumptions=("both players move at once, at the same rate",),
    sources=(
        f"{PAPER}, Definition 2.1, Lemmas 2.2 and 2.3",
        COURSE,
        "002_d31ce6ddd5a0096b.txt:163",
    ),
)


@dirac.symbolic(scope=AS_STATED)
def dirac_proof():
    import sympy as sp

    theta, psi = players()
    sigma = sigmoid(psi * theta)
    velocity = dirac_velocity(minimax_losses, theta, psi)
    yield (
        "theta' = psi sigma(psi theta), psi' = -theta sigma(psi theta)",
        velocity - sp.Matrix([psi * sigma, -theta * sigma]),
    )
    yield (
        "theta^2 + psi^2 is conserved everywhere",
        sp.simplify(theta * velocity[0] + psi * velocity[1]),
    )
    yield (
        "the speed is sigma times the radius, 0 at (0, 0) only",
        sp.simplify(velocity.dot(velocity) - sigma**2 * (theta**2 + psi**2)),
    )
    yield "as sigma is positive", sigma > 0
    lam = sp.Symbol("lambda")
    origin = {theta: 0, psi: 0}
    at = velocity.jacobian([theta, psi]).subs(origin)
    yield "Jacobian at (0, 0)", at - sp.Matrix([[0, 1], [-1, 0]]) / 2
    polynomial = lam**2 + sp.Rational(1, 4)
    yield "characteristic polynomial", at.charpoly(lam).as_expr() - polynomial
    yield "its roots ±i/2", sp.expand((lam - sp.I / 2) * (lam + sp.I / 2) - polynomial)
    other = dirac_velocity(non_saturating_losses, theta, psi)
    yield "non-saturating: the same Jacobian", other.jacobian([theta, psi]).subs(origin) - at
    yield (
        "non-saturating: psi sigma(-psi theta) and -theta sigma(psi theta), 0 at (0, 0) only",
        sp.simplify(other - sp.Matrix([psi * sigmoid(-psi * theta), -theta * sigma])),
    )
    a = psi * theta
    inwards = theta * other[0] + psi * other[1]
    yield (
        "there theta theta' + psi psi' = -a (e^a - 1)/(e^a + 1) with a = psi theta",
        sp.simplify(inwards + a * (sp.exp(a) - 1) / (sp.exp(a) + 1)),
    )
    b, w = sp.Symbol("b", real=True), sp.Symbol("w", positive=True)
    pull = b * (sp.exp(b) - 1) / (sp.exp(b) + 1)
    yield "which is even in a", sp.simplify(pull - pull.subs(b, -b))
    yield "and negative for a = log(1 + w) > 0: inwards", pull.subs(b, sp.log(1 + w)) > 0


def _rotation_errors(field: Field) -> np.ndarray:
    eigenvalues = np.sort_complex(np.linalg.eigvals(_flow_jacobian(field)))
    return np.abs(eigenvalues - [-0.5j, 0.5j])


@dirac.numerical(tolerance=1e-9, description="eigenvalues at (0, 0) by differences")
def eigenvalues_at_0():
    for objective in ("minimax", "non_saturating"):
        yield _rotation_errors(dirac_game(objective))


def _radius_changes(field: Field) -> np.ndarray:
    radii = np.linalg.norm(flow(field, (1.0, -1.0), np.linspace(0, 40, 60)), axis=1)
    return np.abs(radii - math.sqrt(2))


@dirac.numerical(tolerance=1e-9, description="the radius along the minimax flow from (1, -1)")
def radius_is_kept():
    yield _radius_changes(dirac_game("minimax"))


def _fall_errors(rng, objective: str):
    """The radius's change θθ' + ψψ' against −a (e^a − 1)/(e^a + 1), a = ψθ."""
    for theta, psi in rng.normal(0, 1, (50, 2)):
        change = -np.dot([theta, psi], dirac_game(objective)(theta, psi))
        a = psi * theta
        yield abs(change + a * math.tanh(a / 2))


@dirac.numerical(tolerance=1e-12, description="how fast the non-saturating radius falls")
def non_saturating_radius_falls(rng):
    yield from _fall_errors(rng, "non_saturating")


@dirac.meaning(tolerance=1e-8)
def dirac_in_words(rng):
    field = dirac_game("minimax")
    rotates = all(
        _rotation_errors(dirac_game(objective)).max() < 1e-9
        for objective in ("minimax", "non_saturating")
    )
    stands_still = np.hypot(*field(0.0, 0.0)) + np.hypot(*dirac_game("non_saturating")(0.0, 0.0))
    for theta0, psi0 in rng.normal(0, 1, (3, 2)):
        theta, psi = flow(field, (theta0, psi0), [0, 7])[-1]
        moves = field(theta, psi)
        x = rng.normal()
        creeps = -np.dot([theta, psi], dirac_game("non_saturating")(theta, psi))
        yield {
            "Data at 0": None,
            "eigenvalues ±i/2": rotates,
            "eigenvalues are ±i/2": rotates,
            r"\lambda = \pm \frac{i}{2}": rotates,
            "D(x)": float(expit(psi * x)),
            "x": x,
            "theta0": theta0,
            "psi0": psi0,
            "theta": theta,
            "psi": psi,
            r"\dot{\theta}": -moves[0],
            r"\dot{\psi}": -moves[1],
            "only equilibrium is (0, 0)": stands_still == 0 and np.hypot(*moves) > 0,
            "where theta psi is not 0 its flow creeps inwards": bool(creeps < 0),
        }


@dirac.control(
    "the critic of a Wasserstein GAN, whose slope at 0 is 1", of=eigenvalues_at_0, miss=0.5
)
def slope_1():
    yield _rotation_errors(dirac_game("wasserstein"))


@dirac.control("a discriminator regularised a little, r1 = 0.01", of=eigenvalues_at_0, miss=0.005)
def a_little_r1():
    yield _rotation_errors(dirac_game("minimax", r1=0.01))


@dirac.control("the non-saturating radius is kept, too", of=radius_is_kept, miss=0.984)
def non_saturating_radius():
    yield _radius_changes(dirac_game("non_saturating"))


@dirac.control("the minimax radius falls as fast", of=non_saturating_radius_falls, miss=1.75)
def minimax_radius_falls(rng):
    yield from _fall_errors(rng, "minimax")


# The factor of a step 0.2 at gamma = 0.3, in five decimals.
_R1_FACTOR = 0.97468

# The distance from (0, 0) after 500 steps of 0.2 from (1, -1): what the paper's published code
# (LMescheder/GAN_stability, notebooks/diracgan) leads to, with R1 of weight 0.3 and 1.
_R1_NORMS = {0.3: 2.64265629e-06, 1.0: 9.52871545e-22}


def published_distance(method: str, reg: float) -> float:
    """The same 500 steps in the paper's notation: generated data score high, both players ascend.

    Mescheder et al. 2018, section 2: f(t) = -log(1 + e^-t), f'(t) = σ(-t).
    """
    theta = psi = 1.0
    for _step in range(500):
        slope = 1 / (1 + math.exp(psi * theta))
        new = theta - 0.2 * psi * slope
        at = new if method == "alternating" else theta
        psi += 0.2 * (at / (1 + math.exp(psi * at)) - reg * psi)
        theta = new
    return math.hypot(theta, psi)


penalised = Claim(
    id="A-DYN-11",
    alias="dirac-gan-r1-converges",
    title="R1 on the Dirac-GAN: λ = −γ/2 ± √(γ²/4 − 1/4), critical γ = 1",
    statement="With the penalty (γ/2) psi^2 on the discriminator the Dirac-GAN's eigenvalues "
    "are -γ/2 ± sqrt(γ^2/4 - 1/4), with negative real parts for every γ > 0: it "
    "converges. Below the critical γ = 1 it spirals in; beyond, the slower of two real "
    "eigenvalues comes back towards 0. A step h multiplies the distance by |1 + h λ| = "
    "sqrt(1 - h γ + h^2/4) where γ <= 1. In steps of 0.2 that is "
    f"{_R1_FACTOR} at γ = 0.3 and 0.9 at γ = 1.",
    formula=r"\lambda = -\frac{\gamma}{2} \pm \sqrt{\frac{\gamma^2}{4} - f'(0)^2},\quad "
    r"f'(0) = \frac{1}{2},\quad |1 + h \lambda| = \sqrt{1 - h \gamma + \frac{h^2}{4}}"
    r"\quad (\gamma \le 1)",
    assumptions=("γ > 0", "near (0, 0)", "h < 4 γ for a step when γ <= 1"),
    sources=(f"{PAPER}, section 3 (zero-centred gradient penalties) and section 4.1", COURSE),
)


@penalised.symbolic(scope=AS_STATED)
def penalised_proof():
    import sympy as sp

    theta, psi = players()
    gamma, h, s = sp.symbols("gamma h s", positive=True)
    lam = sp.Symbol("lambda")
    velocity = dirac_velocity(minimax_losses, theta, psi, penalty=gamma / 2 * psi**2)
    at = velocity.jacobian([theta, psi]).subs({theta: 0, psi: 0})
    polynomial = lam**2 + gamma * lam + sp.Rational(1, 4)
    yield "characteristic polynomial", at.charpoly(lam).as_expr() - polynomial
    yield (
        "far from (0, 0), too, the radius never grows: theta theta' + psi psi' = -gamma psi^2",
        sp.simplify(theta * velocity[0] + psi * velocity[1] + gamma * psi**2),
    )
    for sign in (1, -1):
        root = -gamma / 2 + sign * sp.sqrt(gamma**2 / 4 - sp.Rational(1, 4))
        yield "the two roots", sp.expand(polynomial.subs(lam, root))
    below = s / (1 + s)  # every gamma in (0, 1)
    yield (
        "gamma < 1: under the root gamma^2/4 - 1/4 < 0, so it spirals, with the real part -gamma/2",
        sp.factor((below**2 - 1) / 4) < 0,
    )
    step = (sp.eye(2) + h * at).det()
    yield "a step's determinant 1 - h gamma + h^2/4", sp.expand(step - (1 - h * gamma + h**2 / 4))
    imaginary = sp.sqrt(1 - gamma**2) / 2
    yield (
        "for gamma <= 1 it is |1 + h lambda|^2",
        sp.expand((1 - h * gamma / 2) ** 2 + (h * imaginary) ** 2 - step),
    )
    yield (
        "below 1 while h < 4 gamma",
        sp.expand(step.subs(h, 4 * gamma * below))
        - 1
        + sp.expand(4 * gamma**2 * below * (1 - below)),
    )
    fifth, half = sp.Rational(1, 5), sp.Rational(1, 2)
    factor = sp.sqrt(step.subs({h: fifth, gamma: sp.Rational(3, 10)}))
    yield (
        "h = 0.2, gamma = 0.3: five decimals",
        sp.floor(factor * 10**5 + half) - round(_R1_FACTOR * 10**5),
    )
    yield (
        "h = 0.2, gamma = 1: 0.9",
        sp.sqrt(step.subs({h: fifth, gamma: 1})) - sp.Rational(9, 10),
    )
    u = 1 + s
    above = (u + 1 / u) / 2  # every gamma > 1; the eigenvalues are -1/(2u) and -u/2
    yield (
        "gamma = (u + 1/u)/2 > 1: the roots are -1/(2u) and -u/2",
        sp.Matrix(
            [sp.simplify(polynomial.subs({gamma: above, lam: r})) for r in (-1 / (2 * u), -u / 2)]
        ),
    )
    yield "both negative", sp.And(-1 / (2 * u) < 0, -u / 2 < 0)
    yield "gamma rises with u", sp.factor(sp.diff(above, s)) > 0
    yield (
        "and so does the slower, -1/(2u), from -1/2 on: 1 is critical",
        sp.diff(-1 / (2 * u), s) > 0,
    )
    yield "-1/2", (-1 / (2 * u)).subs(s, 0) + sp.Rational(1, 2)


def factor_by_area(method: str, field: Field, step: float, steps: int) -> float:
    """The factor per step of the distance, from the area that two runs near (0, 0) span.

    The square root of the step's determinant; of two complex eigenvalues each has this size.
    """
    ends = [trajectory(method, field, start, step, steps)[-1] for start in 1e-6 * np.eye(2)]
    return (abs(np.linalg.det(np.array(ends) * 1e6))) ** (0.5 / steps)


def _r1_errors(weight: float) -> list[float]:
    """Eigenvalues, and the contraction of 20 simulated steps, of weight · γ against those of γ."""
    errors = []
    for gamma in (0.3, 0.7, 1.0, 1.5, 4.0):
        field = dirac_game("minimax", r1=weight * gamma)
        at = _flow_jacobian(field)
        errors += [abs(np.trace(at) + gamma), abs(np.linalg.det(at) - 0.25)]
        if gamma <= 1:
            size = math.sqrt(1 - 0.2 * gamma + 0.01)
            errors.append(abs(factor_by_area("simultaneous", field, 0.2, 20) - size))
        else:
            root = math.sqrt(gamma**2 / 4 - 0.25)
            slow_and_fast = [-gamma / 2 - root, -gamma / 2 + root]
            errors += list(np.abs(np.sort(np.linalg.eigvals(at).real) - slow_and_fast))
    return errors


@penalised.numerical(tolerance=1e-8, description="Jacobian by differences, 20 simulated steps")
def jacobian_and_steps():
    yield _r1_errors(1)


@penalised.numerical(tolerance=5e-6, description="a step's factor at 0.3, five decimals")
def five_decimals():
    yield abs(factor_by_area("simultaneous", dirac_game("minimax", r1=0.3), 0.2, 20) - _R1_FACTOR)


def _r1_norms(weight: float):
    """The distance after 500 steps of 0.2, relative to what the published code leads to."""
    for gamma, norm in _R1_NORMS.items():
        field = dirac_game("minimax", r1=weight * gamma)
        end = trajectory("simultaneous", field, (1, -1), 0.2, 500)[-1]
        yield abs(np.hypot(*end) / norm - 1)
        yield abs(published_distance("simultaneous", gamma) / norm - 1)


# Nine digits are known, and 500 roundings may move the last of them.
@penalised.numerical(tolerance=5e-9, description="500 steps of 0.2 against the paper's own steps")
def five_hundred_steps():
    yield from _r1_norms(1)


def _eigenvalues_at_0(gamma: float) -> np.ndarray:
    """Of R1's flow at (0, 0), the lower (of two real ones the faster) first."""
    at = _flow_jacobian(dirac_game("minimax", r1=gamma))
    return np.sort_complex(np.linalg.eigvals(at).astype(complex))


@penalised.meaning(tolerance=1e-7)
def penalised_in_words():
    slower = [_eigenvalues_at_0(gamma)[1].real for gamma in (1.01, 1.5, 3.0)]
    spirals = [bool(abs(_eigenvalues_at_0(gamma)[1].imag) > 1e-4) for gamma in (0.2, 0.99, 1.01)]
    for gamma in (0.05, 0.3, 0.99):
        low, high = _eigenvalues_at_0(gamma)
        root = np.sqrt(complex(gamma**2 / 4 - 1 / 4))
        said = np.abs(np.array([low, high]) - [-gamma / 2 - root, -gamma / 2 + root]).max() < 1e-8
        h = gamma / 2
        yield {
            "λ = −γ/2 ± √(γ²/4 − 1/4)": said,
            "eigenvalues are -γ/2 ± sqrt(γ^2/4 - 1/4)": said,
            r"\lambda = -\frac{\gamma}{2} \pm \sqrt{\frac{\gamma^2}{4} - f'(0)^2}": said,
            "with negative real parts": bool(max(low.real, high.real) < 0),
            "for every γ > 0": None,
            "the penalty (γ/2) psi^2": None,
            "critical γ = 1": spirals == [True, True, False],
            "Below the critical γ = 1 it spirals in": spirals == [True, True, False],
            "the slower of two real eigenvalues comes back towards 0": slower == sorted(slower)
            and slower[-1] < 0,
            "R1": None,
            "γ": gamma,
            "h": h,
            "|1 + h λ|": abs(1 + h * high),
            "f'(0)": float(expit(0.0)),
            f"In steps of 0.2 that is {_R1_FACTOR} at γ = 0.3 and 0.9 at γ = 1": all(
                abs(factor_by_area("simultaneous", dirac_game("minimax", r1=r1), 0.2, 20) - factor)
                < 5e-6
                for r1, factor in ((0.3, _R1_FACTOR), (1.0, 0.9))
            ),
        }


@penalised.control("without the penalty", of=jacobian_and_steps, miss=4)
def without_the_penalty():
    yield _r1_errors(0)


@penalised.control("γ psi², without its half", of=jacobian_and_steps, miss=4.03)
def without_the_half():
    yield _r1_errors(2)


@penalised.control("1% more of the penalty", of=five_hundred_steps, miss=92)
def one_percent_more():
    for gamma, norm in _R1_NORMS.items():
        field = dirac_game("minimax", r1=1.01 * gamma)
        yield abs(np.hypot(*trajectory("simultaneous", field, (1, -1), 0.2, 500)[-1]) / norm - 1)


@penalised.control("the players take turns", of=five_decimals, miss=0.00514)
def in_turns():
    yield abs(factor_by_area("alternating", dirac_game("minimax", r1=0.3), 0.2, 20) - _R1_FACTOR)
