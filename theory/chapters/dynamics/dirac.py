"""Two numbers that play a game: the flow, five kinds of steps, and the Dirac-GAN (claims A-DYN-08,
11 and 12).

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
    simultaneous_step,
)
from theory.claim import AS_STATED, Claim

_PAPER = "Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?"
_COURSE = "001_5040f14b49cef5aa.txt:39"


def _jacobian(move: Callable[[np.ndarray], Any]) -> np.ndarray:
    """The 2 x 2 derivative at (0, 0) of a map of the plane, by central differences."""
    h = 1e-5
    columns = [(np.array(move(h * e)) - np.array(move(-h * e))) / (2 * h) for e in np.eye(2)]
    return np.transpose(columns)


def _flow_jacobian(field: Field) -> np.ndarray:
    return _jacobian(lambda z: -np.array(field(z[0], z[1])))


def _step_jacobian(method: str, field: Field, step: float) -> np.ndarray:
    return _jacobian(lambda z: trajectory(method, field, z, step, 1)[-1])


dirac = Claim(
    id="A-DYN-08",
    alias="dirac-gan-rotates",
    title="The Dirac-GAN's linearised flow has eigenvalues ±i/2",
    statement="Data at 0, a generator that puts all mass on theta and D(x) = sigma(psi x) play "
    "the smallest GAN. Its only equilibrium is (0, 0), where the flow's eigenvalues are +-i/2: the "
    "rotation of xy inside a real GAN objective. With the minimax loss theta^2 + psi^2 is even "
    "conserved everywhere. The non-saturating loss has the same eigenvalues; away from 0 its "
    "flow creeps inwards.",
    formula=r"\dot{\theta} = \psi\, \sigma(\psi \theta),\quad \dot{\psi} = -\theta\, "
    r"\sigma(\psi \theta),\quad \lambda = \pm \frac{i}{2}",
    assumptions=("both players move at once, at the same rate",),
    sources=(
        f"{_PAPER}, Definition 2.1, Lemmas 2.2 and 2.3",
        _COURSE,
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
    lam = sp.Symbol("lambda")
    origin = {theta: 0, psi: 0}
    at = velocity.jacobian([theta, psi]).subs(origin)
    yield "Jacobian at (0, 0)", at - sp.Matrix([[0, 1], [-1, 0]]) / 2
    polynomial = lam**2 + sp.Rational(1, 4)
    yield "characteristic polynomial", at.charpoly(lam).as_expr() - polynomial
    yield "its roots +-i/2", sp.Matrix([polynomial.subs(lam, r) for r in (sp.I / 2, -sp.I / 2)])
    other = dirac_velocity(non_saturating_losses, theta, psi)
    yield "non-saturating: the same Jacobian", other.jacobian([theta, psi]).subs(origin) - at
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


@dirac.numerical(tolerance=1e-8, description="eigenvalues by differences, radius along the flow")
def eigenvalues_by_differences_radius_along_the_flow():
    for objective in ("minimax", "non_saturating"):
        yield _rotation_errors(dirac_game(objective))
    points = flow(dirac_game("minimax"), (1.0, -1.0), np.linspace(0, 40, 60))
    yield np.abs(np.linalg.norm(points, axis=1) - math.sqrt(2))


@dirac.control(
    "the critic of a Wasserstein GAN, whose slope at 0 is 1 and not 1/2",
    of=eigenvalues_by_differences_radius_along_the_flow,
    miss=0.5,
)
def the_critic_of_a_wasserstein_gan_whose_slope_at_0():
    yield _rotation_errors(dirac_game("wasserstein"))


@dirac.control(
    "a regularised discriminator, r1 = 0.3",
    of=eigenvalues_by_differences_radius_along_the_flow,
    miss=0.152,
)
def a_regularised_discriminator_r1_0_3():
    yield _rotation_errors(dirac_game("minimax", r1=0.3))


penalised = Claim(
    id="A-DYN-11",
    alias="dirac-gan-r1-converges",
    title="R1 on the Dirac-GAN: λ = −γ/2 ± √(γ²/4 − 1/4), critical γ = 1",
    statement="With the penalty (gamma/2) psi^2 on the discriminator the Dirac-GAN's eigenvalues "
    "are -gamma/2 +- sqrt(gamma^2/4 - 1/4), with negative real parts for every gamma > 0: it "
    "converges. Up to the critical gamma = 1 it spirals in; beyond, the slower of two real "
    "eigenvalues comes back towards 0. A step h multiplies by |1 + h lambda| = "
    "sqrt(1 - h gamma + h^2/4) for gamma <= 1: 0.97468 at gamma = 0.3 and 0.9 at gamma = 1, "
    "h = 0.2.",
    formula=r"\lambda = -\frac{\gamma}{2} \pm \sqrt{\frac{\gamma^2}{4} - f'(0)^2},\quad "
    r"f'(0) = \frac{1}{2},\quad |1 + h \lambda| = \sqrt{1 - h \gamma + \frac{h^2}{4}}\;\;"
    r"(\gamma \le 1)",
    assumptions=("gamma > 0", "near (0, 0)", "h < 4 gamma for a step when gamma <= 1"),
    sources=(f"{_PAPER}, section 3 (zero-centred gradient penalties) and section 4.1", _COURSE),
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
    for sign in (1, -1):
        root = -gamma / 2 + sign * sp.sqrt(gamma**2 / 4 - sp.Rational(1, 4))
        yield "the two roots", sp.expand(polynomial.subs(lam, root))
    below = s / (1 + s)  # every gamma in (0, 1)
    yield "gamma < 1: under the root 1/4 - gamma^2/4 > 0", sp.factor((1 - below**2) / 4) > 0
    step = (sp.eye(2) + h * at).det()
    yield "a step's determinant 1 - h gamma + h^2/4", sp.expand(step - (1 - h * gamma + h**2 / 4))
    imaginary = sp.sqrt(1 - gamma**2) / 2
    yield (
        "for gamma <= 1 it is |1 + h lambda|^2",
        sp.expand((1 - h * gamma / 2) ** 2 + (h * imaginary) ** 2 - step),
    )
    fifth = sp.Rational(1, 5)
    yield (
        "h = 0.2: 0.95 = 0.97468^2 at gamma = 0.3 and 0.9^2 at gamma = 1",
        sp.Matrix(
            [
                step.subs({h: fifth, gamma: sp.Rational(3, 10)}) - sp.Rational(95, 100),
                step.subs({h: fifth, gamma: 1}) - sp.Rational(9, 10) ** 2,
            ]
        ),
    )
    u = 1 + s
    above = (u + 1 / u) / 2  # every gamma > 1; the eigenvalues are -1/(2u) and -u/2
    yield (
        "gamma = (u + 1/u)/2 > 1: the roots are -1/(2u) and -u/2",
        sp.Matrix(
            [sp.simplify(polynomial.subs({gamma: above, lam: r})) for r in (-1 / (2 * u), -u / 2)]
        ),
    )
    yield "the slower, -1/(2u), is above -1/2: 1 is critical", sp.factor(1 - 1 / u) > 0


def _areas(method: str, field: Field, step: float, steps: int) -> float:
    """The factor per step of the distance, from the area that two runs near (0, 0) span.

    The square root of the step's determinant; of two complex eigenvalues each has this size.
    """
    ends = [trajectory(method, field, start, step, steps)[-1] for start in 1e-6 * np.eye(2)]
    return (abs(np.linalg.det(np.array(ends) * 1e6))) ** (0.5 / steps)


def _r1_errors(weight: float) -> list[float]:
    """Trace, determinant and the contraction of 20 simulated steps, with weight · gamma in place of
    gamma."""
    errors = []
    for gamma in (0.3, 0.7, 1.0):
        field = dirac_game("minimax", r1=weight * gamma)
        at = _flow_jacobian(field)
        errors += [abs(np.trace(at) + gamma), abs(np.linalg.det(at) - 0.25)]
        size = math.sqrt(1 - 0.2 * gamma + 0.01)
        errors.append(abs(_areas("simultaneous", field, 0.2, 20) - size))
    return errors


@penalised.numerical(tolerance=1e-8, description="Jacobian by differences, 20 simulated steps")
def jacobian_by_differences_20_simulated_steps():
    yield _r1_errors(1)
    yield max(
        0, abs(_areas("simultaneous", dirac_game("minimax", r1=0.3), 0.2, 20) - 0.97468) - 5e-6
    )
    at = _flow_jacobian(dirac_game("minimax", r1=1.5))
    yield np.abs(np.sort(np.linalg.eigvals(at).real) - [-0.75 - 0.3125**0.5, -0.75 + 0.3125**0.5])


@penalised.numerical(tolerance=0.02, description="500 steps of 0.2 against the paper's code")
def penalised_500_steps_of_0_2_against_the_papers_code():
    for gamma, norm in ((0.3, 2.6e-6), (1.0, 9.5e-22)):
        end = trajectory("simultaneous", dirac_game("minimax", r1=gamma), (1, -1), 0.2, 500)[-1]
        yield abs(np.hypot(*end) / norm - 1)


@penalised.control(
    "without the penalty", of=penalised_500_steps_of_0_2_against_the_papers_code, miss=1
)
def without_the_penalty():
    yield _r1_errors(0)


@penalised.control(
    "the penalty gamma psi², without its half",
    of=penalised_500_steps_of_0_2_against_the_papers_code,
    miss=1,
)
def the_penalty_gamma_psi_without_its_half():
    yield _r1_errors(2)


spectrum = Claim(
    id="A-DYN-12",
    alias="dirac-gan-step-spectrum",
    title="A step of the Dirac-GAN: 1 ± ih/2 simultaneous, determinant 1 alternating",
    statement="Linearised at (0, 0), a simultaneous step h of the Dirac-GAN has the eigenvalues "
    "1 +- ih/2 of size sqrt(1 + h^2/4), 1.004988 at h = 0.2: it diverges for every step. A round "
    "of alternating steps, with n of D to one of G, has determinant 1 and trace 2 - n h^2/4, both "
    "eigenvalues of size 1 for h <= 4/sqrt(n). Neither converges.",
    formula=r"\lambda = 1 \pm \frac{i h}{2},\quad |\lambda| = \sqrt{1 + \frac{h^2}{4}}"
    r"\;\;(\text{simultaneous}),\quad \det = 1\;\;(\text{alternating})",
    assumptions=("near (0, 0)", "no penalty", "h <= 4/sqrt(n) for alternating steps"),
    sources=(f"{_PAPER}, Lemmas 2.4 and 2.5", _COURSE),
)


@spectrum.symbolic(scope=AS_STATED)
def spectrum_proof():
    import sympy as sp

    theta, psi = players()
    h, a, n = sp.symbols("h a n", positive=True)
    lam = sp.Symbol("lambda")
    velocity, origin = dirac_velocity(minimax_losses, theta, psi), {theta: 0, psi: 0}
    at = velocity.jacobian([theta, psi]).subs(origin)
    moved = simultaneous_step(velocity, sp.Matrix([theta, psi]), h)
    step = moved.jacobian([theta, psi]).subs(origin)
    roots = (1 + sp.I * h / 2, 1 - sp.I * h / 2)
    yield (
        "simultaneous: eigenvalues 1 +- ih/2",
        sp.expand(step.charpoly(lam).as_expr() - (lam - roots[0]) * (lam - roots[1])),
    )
    yield "their squared size 1 + h^2/4, above 1", sp.expand(roots[0] * roots[1] - 1 - h**2 / 4)
    yield (
        "at h = 0.2 it is 1.01, and 1.004988^2 is nearest to it with six decimals",
        (sp.Rational(1004988, 10**6) - sp.Rational(1, 2 * 10**6)) ** 2 < sp.Rational(101, 100),
    )
    yield "from above", sp.Rational(101, 100) < sp.Rational(10049885, 10**7) ** 2
    shear_g = sp.Matrix([[1, h * at[0, 1]], [0, 1]])  # theta moves, psi stays
    shear_d = sp.Matrix([[1, 0], [n * h * at[1, 0], 1]])  # n steps of psi, theta stays
    turn = shear_d * shear_g
    yield "alternating, n steps of D: determinant 1", turn.det() - 1
    yield "trace 2 - n h^2/4", sp.expand(turn.trace() - (2 - n * h**2 / 4))
    trace = sp.simplify(turn.trace().subs(h, 4 / (sp.sqrt(n) * (1 + a))))  # every h < 4/sqrt(n)
    yield "h < 4/sqrt(n): the trace is above -2", sp.factor(trace + 2) > 0
    yield "and below 2: two complex eigenvalues, of size 1", sp.factor(2 - trace) > 0


def _spectrum_errors(field: Field) -> list[float]:
    """Simultaneous and alternating steps of four sizes against the two closed forms."""
    errors = []
    for h in (0.05, 0.2, 1.0, 3.0):
        eigenvalues = np.linalg.eigvals(_step_jacobian("simultaneous", field, h))
        errors += list(np.abs(np.sort_complex(eigenvalues) - [1 - 0.5j * h, 1 + 0.5j * h]))
        turn = _step_jacobian("alternating", field, h)
        errors += [abs(np.linalg.det(turn) - 1), abs(np.trace(turn) - (2 - h**2 / 4))]
        errors += list(np.abs(np.abs(np.linalg.eigvals(turn)) - 1))
    return errors


@spectrum.numerical(tolerance=1e-8, description="Jacobians of simulated steps; 20 steps of 0.2")
def jacobians_of_simulated_steps_20_steps_of_0_2():
    for objective in ("minimax", "non_saturating"):
        yield _spectrum_errors(dirac_game(objective))
    field = dirac_game("minimax")
    yield max(0, abs(_areas("simultaneous", field, 0.2, 20) - 1.004988) - 5e-7)
    yield abs(_areas("alternating", field, 0.2, 20) - 1)


@spectrum.numerical(tolerance=5e-4, description="500 steps of 0.2 against the paper's code")
def spectrum_500_steps_of_0_2_against_the_papers_code():
    field = dirac_game("minimax")
    for method, norm in (("simultaneous", 3.097), ("alternating", 1.421)):
        yield abs(np.hypot(*trajectory(method, field, (1, -1), 0.2, 500)[-1]) - norm)


@spectrum.control("R1 is on", of=spectrum_500_steps_of_0_2_against_the_papers_code, miss=0.905)
def r1():
    yield _spectrum_errors(dirac_game("minimax", r1=0.3))


@spectrum.control(
    "the slope at 0 is taken for 1", of=spectrum_500_steps_of_0_2_against_the_papers_code, miss=6.75
)
def the_slope_at_0_is_taken_for_1():
    yield _spectrum_errors(dirac_game("wasserstein"))
