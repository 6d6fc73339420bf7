"""A step of the Dirac-GAN: simultaneous ones grow, alternating ones keep areas (claim A-DYN-12)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.dynamics import Field, dirac_game, trajectory
from theory.chapters.dynamics.dirac import PAPER, factor_by_area, jacobian_at_0, published_distance
from theory.chapters.dynamics.expressions import (
    dirac_velocity,
    minimax_losses,
    players,
    simultaneous_step,
)
from theory.chapters.dynamics.min_max import COURSE
from theory.claim import AS_STATED, Claim

# The factor of a simultaneous step 0.2, in six decimals.
_PLAIN_FACTOR = 1.004988

# The distance from (0, 0) after 500 steps of 0.2 from (1, -1), as the paper's published code has it
# (LMescheder/GAN_stability, notebooks/diracgan).
_PLAIN_NORMS = {"simultaneous": 3.09694867, "alternating": 1.42101887}


def _step_jacobian(method: str, field: Field, step: float) -> np.ndarray:
    return jacobian_at_0(lambda z: trajectory(method, field, z, step, 1)[-1])


spectrum = Claim(
    id="A-DYN-12",
    alias="dirac-gan-step-spectrum",
    title="A step of the Dirac-GAN: 1 ± ih/2 simultaneous, determinant 1 alternating",
    statement="Linearised at (0, 0), a simultaneous step h of the Dirac-GAN has the eigenvalues "
    f"1 ± ih/2 and |λ| = sqrt(1 + h^2/4), at 0.2 the size {_PLAIN_FACTOR}: it diverges for every "
    "step. A round of alternating steps, with n of D to one of G, has det = 1 and trace = "
    "2 - n h^2/4, both eigenvalues of size 1 for h <= 4/sqrt(n). Neither converges.",
    formula=r"\lambda = 1 \pm \frac{i h}{2},\quad |\lambda| = \sqrt{1 + \frac{h^2}{4}}"
    r"\quad (\text{simultaneous}),\quad \det = 1\quad (\text{alternating})",
    assumptions=("near (0, 0)", "no penalty", "h <= 4/sqrt(n) for alternating steps"),
    sources=(f"{PAPER}, Lemmas 2.4 and 2.5", COURSE),
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
        "simultaneous: eigenvalues 1 ± ih/2",
        sp.expand(step.charpoly(lam).as_expr() - (lam - roots[0]) * (lam - roots[1])),
    )
    yield "their squared size 1 + h^2/4, above 1", sp.expand(roots[0] * roots[1] - 1 - h**2 / 4)
    fifth, half = sp.Rational(1, 5), sp.Rational(1, 2)
    size = sp.sqrt((roots[0] * roots[1]).expand().subs(h, fifth))
    yield "h = 0.2: six decimals", sp.floor(size * 10**6 + half) - round(_PLAIN_FACTOR * 10**6)
    shear_g = sp.Matrix([[1, h * at[0, 1]], [0, 1]])  # theta moves, psi stays
    shear_d = sp.Matrix([[1, 0], [n * h * at[1, 0], 1]])  # n steps of psi, theta stays
    one = shear_d.subs(n, 1)
    yield (
        "n steps of D add up: one more is a factor of its own",
        one * shear_d - shear_d.subs(n, n + 1),
    )
    turn = shear_d * shear_g
    yield "alternating, n steps of D: determinant 1", turn.det() - 1
    yield "trace 2 - n h^2/4", sp.expand(turn.trace() - (2 - n * h**2 / 4))
    trace = sp.simplify(turn.trace().subs(h, 4 / (sp.sqrt(n) * (1 + a))))  # every h < 4/sqrt(n)
    yield "h < 4/sqrt(n): the trace is above -2", sp.factor(trace + 2) > 0
    yield "and below 2: two complex eigenvalues, of size 1", sp.factor(2 - trace) > 0
    yield "h = 4/sqrt(n): the trace is -2, both are -1", turn.trace().subs(h, 4 / sp.sqrt(n)) + 2
    yield "so areas do not shrink, and nothing near (0, 0) converges as a whole", turn.det() - 1


def _turn_jacobian(field: Field, step: float, n: int) -> np.ndarray:
    """The derivative at (0, 0) of one step of the generator and n of the discriminator."""

    def turn(z):
        theta = z[0] - step * field(z[0], z[1])[0]
        psi = z[1]
        for _step in range(n):
            psi = psi - step * field(theta, psi)[1]
        return theta, psi

    return jacobian_at_0(turn)


def _spectrum_errors(field: Field) -> list[float]:
    """Simultaneous and alternating steps of four sizes against the two closed forms."""
    errors = []
    for h in (0.05, 0.2, 1.0, 3.0):
        eigenvalues = np.linalg.eigvals(_step_jacobian("simultaneous", field, h))
        errors += list(np.abs(np.sort_complex(eigenvalues) - [1 - 0.5j * h, 1 + 0.5j * h]))
        for n in (1, 2, 5):
            turn = _turn_jacobian(field, h, n)
            errors += [abs(np.linalg.det(turn) - 1), abs(np.trace(turn) - (2 - n * h**2 / 4))]
            if h <= 4 / math.sqrt(n):
                errors += list(np.abs(np.abs(np.linalg.eigvals(turn)) - 1))
        single = _step_jacobian("alternating", field, h)
        errors += list(np.abs(single - _turn_jacobian(field, h, 1)).ravel())
    return errors


@spectrum.numerical(tolerance=1e-8, description="Jacobians of simulated steps and rounds")
def jacobians_of_steps():
    for objective in ("minimax", "non_saturating"):
        yield _spectrum_errors(dirac_game(objective))
    yield abs(factor_by_area("alternating", dirac_game("minimax"), 0.2, 20) - 1)


@spectrum.numerical(tolerance=5e-7, description="the factor of 20 steps of 0.2, six decimals")
def six_decimals():
    yield abs(factor_by_area("simultaneous", dirac_game("minimax"), 0.2, 20) - _PLAIN_FACTOR)


# Nine digits are known.
@spectrum.numerical(tolerance=5e-9, description="500 steps of 0.2 against the paper's own steps")
def steps_of_the_paper():
    field = dirac_game("minimax")
    for method, norm in _PLAIN_NORMS.items():
        yield abs(np.hypot(*trajectory(method, field, (1, -1), 0.2, 500)[-1]) / norm - 1)
        yield abs(published_distance(method, 0.0) / norm - 1)


@spectrum.meaning(tolerance=1e-8)
def spectrum_in_words():
    field = dirac_game("minimax")
    for h, n in ((0.2, 1), (0.7, 2), (1.78, 5)):
        low, high = np.sort_complex(np.linalg.eigvals(_step_jacobian("simultaneous", field, h)))
        said = abs(low - (1 - 0.5j * h)) + abs(high - (1 + 0.5j * h)) < 1e-8
        turn = _turn_jacobian(field, h, n)
        sizes = np.abs(np.linalg.eigvals(turn))
        yield {
            "A step of the Dirac-GAN: 1 ± ih/2 simultaneous": said,
            "determinant 1 alternating": abs(np.linalg.det(turn) - 1) < 1e-8,
            "has the eigenvalues 1 ± ih/2": said,
            r"\lambda = 1 \pm \frac{i h}{2}": said,
            "both eigenvalues of size 1": np.abs(sizes - 1).max() < 1e-8,
            "|λ|": abs(high),
            f"at 0.2 the size {_PLAIN_FACTOR}": abs(
                factor_by_area("simultaneous", field, 0.2, 20) - _PLAIN_FACTOR
            )
            < 5e-7,
            "h": h,
            "n": n,
            "det": np.linalg.det(turn),
            "trace": np.trace(turn),
            "(0, 0)": None,
        }


@spectrum.control("a little R1, of weight 0.001", of=jacobians_of_steps, miss=0.0524)
def a_thousandth_of_r1():
    yield _spectrum_errors(dirac_game("minimax", r1=0.001))


@spectrum.control("the slope at 0 is taken for 1", of=jacobians_of_steps, miss=33.8)
def slope_taken_for_1():
    yield _spectrum_errors(dirac_game("wasserstein"))


@spectrum.control("the players take turns, and still grow so fast", of=six_decimals, miss=0.00499)
def turns_do_not_grow():
    yield abs(factor_by_area("alternating", dirac_game("minimax"), 0.2, 20) - _PLAIN_FACTOR)


@spectrum.control("one step fewer", of=steps_of_the_paper, miss=0.000667)
def one_step_fewer():
    field = dirac_game("minimax")
    for method, norm in _PLAIN_NORMS.items():
        yield abs(np.hypot(*trajectory(method, field, (1, -1), 0.2, 499)[-1]) / norm - 1)
