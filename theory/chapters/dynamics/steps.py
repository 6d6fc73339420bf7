"""min over x, max over y of xy in steps: simultaneous ones diverge, alternating ones stay on an
ellipse (claims A-DYN-04 and 05)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import numpy as np

from theory.calculators.dynamics import bilinear_field, trajectory
from theory.chapters.dynamics.expressions import bilinear_step
from theory.chapters.dynamics.min_max import COURSE, TUTORIAL, distances
from theory.claim import AS_STATED, Claim, excess

# The distance after 500 steps of 0.1 from the distance 1: 1.01^250.
_AFTER_500 = 12.0321557683


simultaneous = Claim(
    id="A-DYN-04",
    alias="simultaneous-steps-diverge",
    title="Simultaneous steps spiral outwards: r_k = r₀ (1 + η²)^(k/2)",
    statement="A simultaneous gradient step multiplies the squared distance r_k^2 = x^2 + y^2 to "
    "(0, 0) by 1 + eta^2, so r_k = r_0 (1 + eta^2)^(k/2) whatever the step. From r_0 = 1 with "
    f"eta = 0.1: r_500 = {_AFTER_500}. A smaller step only delays it: over a fixed time T, k = "
    "T/eta steps with eta -> 0, r_k/r_0 ≈ exp(eta T/2).",
    formula=r"r_{k+1}^2 = (1 + \eta^2)\, r_k^2,\quad r_k = r_0 (1 + \eta^2)^{k/2}",
    assumptions=("eta > 0",),
    sources=("Mescheder et al. 2017, The Numerics of GANs, section 3", TUTORIAL, COURSE),
)


@simultaneous.symbolic(scope=AS_STATED)
def simultaneous_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    eta = sp.Symbol("eta", positive=True)
    z = sp.Matrix([x, y])
    new = bilinear_step(x, y, eta)
    yield "x' = x - eta y, y' = y + eta x", new - sp.Matrix([x - eta * y, y + eta * x])
    yield "x'^2 + y'^2 = (1 + eta^2)(x^2 + y^2)", new.dot(new) - (1 + eta**2) * z.dot(z)
    yield "the factor exceeds 1", 1 + eta**2 > 1
    k = sp.Symbol("k", positive=True, integer=True)
    yield (
        "so r_k = r_0 (1 + eta^2)^(k/2), by induction: one step more is a factor sqrt(1 + eta^2)",
        sp.simplify((1 + eta**2) ** ((k + 1) / 2) / (1 + eta**2) ** (k / 2)) - sp.sqrt(1 + eta**2),
    )
    exact = sp.Rational(101, 100) ** 250
    yield (
        "eta = 1/10 and 500 steps: 1.01^250, in ten decimals",
        sp.floor(exact * 10**10 + sp.Rational(1, 2)) - round(_AFTER_500 * 10**10),
    )
    lam = sp.Symbol("lambda")
    step = new.jacobian(z)
    yield (
        "eigenvalues 1 +- i eta",
        step.charpoly(lam).as_expr() - ((lam - 1 - sp.I * eta) * (lam - 1 + sp.I * eta)).expand(),
    )
    t = sp.Symbol("T", positive=True)
    yield (
        "in a fixed time T the growth's logarithm is eta T/2 to first order",
        sp.limit(t / (2 * eta) * sp.log(1 + eta**2) / eta, eta, 0) - t / 2,
    )


def _growth_errors(rng, method: str):
    for eta in rng.uniform(0.01, 0.3, 5):
        radii = distances(method, rng.normal(0, 1, 2), eta, 200)
        yield np.abs(radii / radii[0] / (1 + eta**2) ** (np.arange(201) / 2) - 1)


@simultaneous.numerical(tolerance=1e-12, description="200 steps of five random sizes")
def growth_of_the_distance(rng):
    yield from _growth_errors(rng, "simultaneous")


@simultaneous.numerical(tolerance=5e-11, description="500 steps of 0.1, ten decimals")
def ten_decimals_after_500_steps():
    yield abs(distances("simultaneous", (1, 0), 0.1, 500)[-1] - _AFTER_500)


@simultaneous.meaning()
def simultaneous_in_words(rng):
    for eta in (0.01, 0.03, 0.05):
        k, time = 40, 40 * eta
        points = trajectory("simultaneous", bilinear_field, rng.normal(0, 1, 2), eta, k + 1)
        radii = np.linalg.norm(points, axis=1)
        yield {
            "eta": eta,
            "T": time,
            "k = T/eta": k == round(time / eta),
            "k": k,
            "eta -> 0": None,
            "r_0": radii[0],
            "r_k": radii[k],
            "r_{k+1}": radii[k + 1],
            "multiplies the squared distance r_k^2 = x^2 + y^2 to (0, 0) by 1 + eta^2": bool(
                abs(radii[k + 1] ** 2 - (1 + eta**2) * radii[k] ** 2) < 1e-12 * radii[k] ** 2
            ),
        }
    yield {
        "From r_0 = 1 with eta = 0.1: r_500": distances("simultaneous", (1, 0), 0.1, 500)[-1],
    }


@simultaneous.control("the players take turns", of=growth_of_the_distance, miss=0.999)
def the_players_take_turns(rng):
    yield from _growth_errors(rng, "alternating")


@simultaneous.control("499 steps are taken for 500", of=ten_decimals_after_500_steps, miss=0.0597)
def one_step_too_few():
    yield abs(distances("simultaneous", (1, 0), 0.1, 499)[-1] - _AFTER_500)


alternating = Claim(
    id="A-DYN-05",
    alias="alternating-steps-are-bounded",
    title="Alternating steps keep x² + y² − ηxy: bounded for η < 2, no convergence",
    statement="When x moves first and y answers the new x, one round is the matrix "
    "[[1, -eta], [eta, 1 - eta^2]] with det = 1 and trace = 2 - eta^2: areas are preserved. "
    "x^2 + y^2 - eta x y = x0^2 + y0^2 - eta x0 y0 at every step; for 0 < eta < 2 that is an "
    "ellipse, so the points stay bounded and, unless they start at (0, 0), never converge.",
    formula=r"\left(\begin{matrix} x' \\ y' \end{matrix}\right) = \left(\begin{matrix} 1 & -\eta "
    r"\\ \eta & 1 - \eta^2 \end{matrix}\right) \left(\begin{matrix} x \\ y \end{matrix}\right),"
    r"\quad \det = 1,\quad x^2 + y^2 - \eta x y = \mathrm{const}",
    assumptions=("0 < eta < 2", "x moves first"),
    sources=(
        "Gidel et al. 2019, Negative Momentum for Improved Game Dynamics (bilinear games)",
        "Bailey, Gidel, Piliouras 2020, Finite Regret and Cycles with Fixed Step-Size",
        COURSE,
    ),
)


@alternating.symbolic(scope=AS_STATED)
def alternating_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    eta = sp.Symbol("eta", positive=True)
    new_x = x - eta * bilinear_field(x, y)[0]
    new_y = y - eta * bilinear_field(new_x, y)[1]
    step = sp.Matrix([new_x, new_y]).jacobian([x, y])
    yield "the round's matrix", step - sp.Matrix([[1, -eta], [eta, 1 - eta**2]])
    yield "determinant 1: areas are preserved", step.det() - 1
    yield "trace 2 - eta^2", step.trace() - (2 - eta**2)
    kept = x**2 + y**2 - eta * x * y
    yield (
        "x^2 + y^2 - eta xy is the same after the round",
        sp.expand(kept.subs({x: new_x, y: new_y}, simultaneous=True) - kept),
    )
    yield (
        "the only point that a round leaves in place is (0, 0): det(M - 1) = eta^2",
        sp.expand((step - sp.eye(2)).det() - eta**2),
    )
    a = sp.Symbol("a", positive=True)
    yield (
        "0 < eta < 2: the form has the determinant 1 - eta^2/4 > 0 and 1 > 0, an ellipse",
        sp.factor((1 - eta**2 / 4).subs(eta, 2 * a / (1 + a))) > 0,
    )
    yield "its matrix", sp.hessian(kept, (x, y)).det() / 4 - (1 - eta**2 / 4)
    radius = x**2 + y**2
    yield (
        "(1 + eta/2) r^2 exceeds it by eta (x + y)^2/2, so r^2 >= it/(1 + eta/2): never 0",
        (1 + eta / 2) * radius - kept - eta * (x + y) ** 2 / 2,
    )
    yield (
        "it exceeds (1 - eta/2) r^2 by eta (x - y)^2/2, so r^2 <= it/(1 - eta/2) while eta < 2",
        kept - (1 - eta / 2) * radius - eta * (x - y) ** 2 / 2,
    )


def _invariant_errors(rng, method: str, steps: np.ndarray, skew: float = 1.0):
    """How far x² + y² − skew·ηxy drifts, and how far the radius leaves its two bounds; relative."""
    for eta in steps:
        x, y = trajectory(method, bilinear_field, rng.normal(0, 1, 2), eta, 1000).T
        kept, square = x**2 + y**2 - skew * eta * x * y, x**2 + y**2
        yield np.abs(kept / kept[0] - 1)
        yield excess(square * (1 - eta / 2), kept[0]) / kept[0]
        yield excess(kept[0], square * (1 + eta / 2)) / kept[0]


@alternating.numerical(tolerance=1e-9, description="1000 steps at eight sizes below 2")
def thousand_steps(rng):
    yield from _invariant_errors(rng, "alternating", rng.uniform(0.05, 1.95, 8))


def _round_matrix(eta: float) -> np.ndarray:
    """What one alternating round makes of the two unit vectors."""
    ends = [trajectory("alternating", bilinear_field, e, eta, 1)[-1] for e in np.eye(2)]
    return np.transpose(ends)


@alternating.numerical(tolerance=1e-12, description="a simulated round against the matrix")
def matrix_of_a_round(rng):
    for eta in rng.uniform(0.05, 1.95, 8):
        yield np.abs(_round_matrix(eta) - [[1, -eta], [eta, 1 - eta**2]])


@alternating.meaning()
def alternating_in_words(rng):
    for eta in (0.02, 0.5, 1.2, 1.95):
        x0, y0 = rng.normal(0, 1, 2)
        points = trajectory("alternating", bilinear_field, (x0, y0), eta, 300)
        x, y = points[-1]
        kept = x0**2 + y0**2 - eta * x0 * y0
        matrix = _round_matrix(eta)
        as_said = bool(np.abs(matrix - [[1, -eta], [eta, 1 - eta**2]]).max() < 1e-12)
        yield {
            "Alternating steps keep x² + y² − ηxy": abs(x**2 + y**2 - eta * x * y - kept) < 1e-9,
            "one round is the matrix [[1, -eta], [eta, 1 - eta^2]]": as_said,
            r"\left(\begin{matrix} x' \\ y' \end{matrix}\right) = \left(\begin{matrix} 1 & "
            r"-\eta \\ \eta & 1 - \eta^2 \end{matrix}\right) \left(\begin{matrix} x \\ y "
            r"\end{matrix}\right)": as_said,
            "det": np.linalg.det(matrix),
            "trace": np.trace(matrix),
            "const": kept,
            "eta": eta,
            "x": x,
            "y": y,
            "x0": x0,
            "y0": y0,
            "(0, 0)": None,
        }


@alternating.control("the players move at once", of=thousand_steps, miss=7.44e26)
def the_players_move_at_once(rng):
    yield from _invariant_errors(rng, "simultaneous", rng.uniform(0.05, 0.3, 3))


@alternating.control("x² + y² − 0.99 ηxy is said to be kept", of=thousand_steps, miss=0.0662)
def the_ellipse_is_a_little_rounder(rng):
    yield from _invariant_errors(rng, "alternating", rng.uniform(0.05, 1.95, 8), skew=0.99)


@alternating.control(
    "beyond 2: eta = 2.05, the points stay bounded", of=thousand_steps, miss=4.11e19
)
def beyond_2():
    radii = distances("alternating", (1, 0.3), 2.05, 100)
    yield excess(radii[1:] / radii[0], (2.05 / 2 + 1) / (2.05 / 2 - 1))
