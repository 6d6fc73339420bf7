"""min over x, max over y of xy: the flow circles, simultaneous steps diverge, alternating steps
stay on an ellipse (claims A-DYN-01 to 05 and 07)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np

from theory.calculators.dynamics import Field, bilinear_field, flow, trajectory
from theory.chapters.dynamics.expressions import bilinear_step
from theory.claim import AS_STATED, Claim

COURSE = "001_5040f14b49cef5aa.txt:39"
TUTORIAL = "Goodfellow 2016, NIPS 2016 Tutorial: Generative Adversarial Networks, section 8.2"


def distances(method: str, start: Any, step: float, steps: int) -> np.ndarray:
    """The distances to (0, 0) along a trajectory on f = xy, shape (steps + 1,)."""
    return np.linalg.norm(trajectory(method, bilinear_field, start, step, steps), axis=1)


gradient_flow = Claim(
    id="A-DYN-01",
    alias="bilinear-gradient-flow",
    title="The gradient flow of min_x max_y xy: x' = −y, y' = x",
    statement="When x descends and y ascends f = xy with infinitely small steps, x' = -df/dx = -y "
    "and y' = +df/dy = x: the velocity is the position turned by 90 degrees.",
    formula=r"\dot{x} = -\frac{\partial f}{\partial x} = -y,\quad "
    r"\dot{y} = \frac{\partial f}{\partial y} = x",
    assumptions=("both players move at once, at the same rate",),
    sources=(TUTORIAL, COURSE),
)


@gradient_flow.symbolic(scope=AS_STATED)
def gradient_flow_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    f = x * y
    velocity = sp.Matrix([-sp.diff(f, x), sp.diff(f, y)])
    yield "f = xy: -df/dx = -y and df/dy = x", velocity - sp.Matrix([-y, x])
    yield "which steps of either player discretise", velocity + sp.Matrix(bilinear_field(x, y))
    turn = velocity.jacobian([x, y])
    yield (
        "the field is linear with the matrix of a quarter turn",
        turn - sp.Matrix([[0, -1], [1, 0]]),
    )
    yield "two quarter turns point backwards", turn**2 + sp.eye(2)
    yield "velocity and position are perpendicular", velocity.dot(sp.Matrix([x, y]))
    yield "and equally long: one turn takes 2 pi", velocity.dot(velocity) - x**2 - y**2


def _flow_errors(rng, sign: int):
    """Central differences of f against the velocity (−y, x)."""
    for x, y in rng.normal(0, 3, (50, 2)):
        h = 1e-4
        slope_x = ((x + h) * y - (x - h) * y) / (2 * h)
        slope_y = (x * (y + h) - x * (y - h)) / (2 * h)
        yield np.abs(np.array([-slope_x, sign * slope_y]) - [-y, x])
        yield np.abs(np.array([-slope_x, sign * slope_y]) + bilinear_field(x, y))


@gradient_flow.numerical(tolerance=1e-9, description="central differences of f at 50 points")
def central_differences_of_f_at_50_points(rng):
    yield from _flow_errors(rng, 1)


@gradient_flow.control("both players descend", of=central_differences_of_f_at_50_points, miss=12.5)
def both_players_descend(rng):
    yield from _flow_errors(rng, -1)


solution = Claim(
    id="A-DYN-02",
    alias="bilinear-solution",
    title="x = x₀ cos t − y₀ sin t, y = x₀ sin t + y₀ cos t",
    statement="The flow x' = -y, y' = x from (x0, y0) is x(t) = x0 cos t - y0 sin t, "
    "y(t) = x0 sin t + y0 cos t: a circle run through in the time 2 pi.",
    formula=r"x(t) = x_0 \cos t - y_0 \sin t,\quad y(t) = x_0 \sin t + y_0 \cos t",
    sources=(TUTORIAL, COURSE),
)


@solution.symbolic(scope=AS_STATED)
def solution_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    t, x0, y0 = sp.symbols("t x_0 y_0", real=True)
    xt, yt = x0 * sp.cos(t) - y0 * sp.sin(t), x0 * sp.sin(t) + y0 * sp.cos(t)
    yield "x' = -y", sp.diff(xt, t) + bilinear_field(xt, yt)[0]
    yield "y' = x", sp.diff(yt, t) + bilinear_field(xt, yt)[1]
    yield "it starts at (x0, y0)", sp.Matrix([xt - x0, yt - y0]).subs(t, 0)
    turn = -sp.Matrix(bilinear_field(x, y)).jacobian([x, y])
    # A linear system has one solution, exp(t J) z0: sympy's exponential is the same circle.
    circle = (turn * t).exp().applyfunc(lambda e: e.rewrite(sp.cos))
    yield (
        "no other solution: exp(tJ)(x0, y0) is this one",
        (circle * sp.Matrix([x0, y0]) - sp.Matrix([xt, yt])).applyfunc(sp.simplify),
    )
    yield (
        "periodic, 2 pi",
        sp.Matrix([xt - xt.subs(t, t + 2 * sp.pi), yt - yt.subs(t, t + 2 * sp.pi)]),
    )


@solution.numerical(tolerance=1e-6, description="Runge-Kutta to t = 20 from (1, 0) and 5 more")
def runge_kutta_to_t_20_from_1_0_and_5_more(rng):
    yield np.abs(flow(bilinear_field, (1, 0), [0, 20])[-1] - [0.40808206, 0.91294525])
    times = np.linspace(0, 20, 40)
    for a, b in rng.normal(0, 2, (5, 2)):
        circle = [a * np.cos(times) - b * np.sin(times), a * np.sin(times) + b * np.cos(times)]
        yield np.abs(flow(bilinear_field, (a, b), times) - np.transpose(circle))


@solution.control(
    "the circle is run through clockwise", of=runge_kutta_to_t_20_from_1_0_and_5_more, miss=1.83
)
def the_circle_is_run_through_clockwise():
    yield np.abs(flow(bilinear_field, (1, 0), [0, 20])[-1] - [np.cos(20), -np.sin(20)])


conserved = Claim(
    id="A-DYN-03",
    alias="bilinear-no-convergence",
    title="x² + y² is conserved, eigenvalues ±i: stable, and no convergence",
    statement="Along the flow x^2 + y^2 does not change and the eigenvalues are +-i: the saddle "
    "(0, 0) is stable (who starts near stays near), but not asymptotically stable: no start other "
    "than (0, 0) itself ever gets there.",
    formula=r"\frac{d}{dt}\left(x^2 + y^2\right) = 0,\quad \lambda = \pm i",
    sources=(TUTORIAL, COURSE),
)


@conserved.symbolic(scope=AS_STATED)
def conserved_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    velocity = -sp.Matrix(bilinear_field(x, y))
    yield "d(x^2 + y^2)/dt = 2 x x' + 2 y y' = 0", 2 * x * velocity[0] + 2 * y * velocity[1]
    lam = sp.Symbol("lambda")
    turn = velocity.jacobian([x, y])
    yield "characteristic polynomial", turn.charpoly(lam).as_expr() - (lam**2 + 1)
    yield "its roots +-i", sp.Matrix([(lam**2 + 1).subs(lam, r) for r in (sp.I, -sp.I)])
    yield (
        "real part 0: neither attracted nor repelled",
        sp.Matrix([sp.re(v) for v in turn.eigenvals()]),
    )


def _radius_changes(rng, field: Field):
    for start in rng.normal(0, 1, (5, 2)):
        radii = np.linalg.norm(flow(field, start, np.linspace(0, 60, 40)), axis=1)
        yield np.abs(radii / radii[0] - 1)


@conserved.numerical(tolerance=1e-8, description="radius along the flow to t = 60, eigenvalues")
def radius_along_the_flow_to_t_60_eigenvalues(rng):
    yield from _radius_changes(rng, bilinear_field)
    # the flow is linear: after the time 1 it has multiplied by e^λ
    ends = [flow(bilinear_field, start, [0, 1])[-1] for start in np.eye(2)]
    eigenvalues = np.log(np.linalg.eigvals(np.transpose(ends)))
    yield np.abs(eigenvalues[np.argsort(eigenvalues.imag)] - [-1j, 1j])


@conserved.control(
    "f = xy + x²/4 in place of xy: the saddle attracts",
    of=radius_along_the_flow_to_t_60_eigenvalues,
    miss=1,
)
def f_xy_x_4_in_place_of_xy_the_saddle_attracts(rng):
    yield from _radius_changes(rng, lambda x, y: (y + x / 2, -x))


simultaneous = Claim(
    id="A-DYN-04",
    alias="simultaneous-steps-diverge",
    title="Simultaneous steps spiral outwards: r_k = r₀ (1 + η²)^(k/2)",
    statement="Simultaneous gradient steps multiply x^2 + y^2 by 1 + eta^2 each: "
    "r_k = r_0 (1 + eta^2)^(k/2), whatever the step. At eta = 0.1 and r_0 = 1, 500 steps lead to "
    "12.0321557683. A smaller step only delays it: over a fixed time T the growth is about "
    "exp(eta T/2).",
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
    yield abs(distances(method, (1, 0), 0.1, 500)[-1] - 12.0321557683)
    for eta in rng.uniform(0.01, 0.3, 5):
        radii = distances(method, rng.normal(0, 1, 2), eta, 200)
        yield np.abs(radii / radii[0] / (1 + eta**2) ** (np.arange(201) / 2) - 1)


@simultaneous.numerical(tolerance=1e-6, description="loops: 500 steps of 0.1, five random steps")
def loops_500_steps_of_0_1_five_random_steps(rng):
    yield from _growth_errors(rng, "simultaneous")


@simultaneous.control(
    "the players take turns", of=loops_500_steps_of_0_1_five_random_steps, miss=11
)
def the_players_take_turns(rng):
    yield from _growth_errors(rng, "alternating")


alternating = Claim(
    id="A-DYN-05",
    alias="alternating-steps-are-bounded",
    title="Alternating steps keep x² + y² − ηxy: bounded for η < 2, no convergence",
    statement="When x moves first and y answers the new x, one round is the matrix "
    "[[1, -eta], [eta, 1 - eta^2]] with determinant 1 and trace 2 - eta^2: areas are preserved. "
    "x^2 + y^2 - eta x y is the same at every step; for 0 < eta < 2 that is an ellipse, so the "
    "points stay bounded and, unless they start at (0, 0), never converge.",
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
    radius = x**2 + y**2
    yield (
        "(1 + eta/2) r^2 exceeds it by eta (x + y)^2/2, so r^2 >= it/(1 + eta/2): never 0",
        (1 + eta / 2) * radius - kept - eta * (x + y) ** 2 / 2,
    )
    yield (
        "it exceeds (1 - eta/2) r^2 by eta (x - y)^2/2, so r^2 <= it/(1 - eta/2) while eta < 2",
        kept - (1 - eta / 2) * radius - eta * (x - y) ** 2 / 2,
    )
    a = sp.Symbol("a", positive=True)
    wide = 2 + a  # every step above 2
    yield (
        "beyond 2 the trace is below -2: one eigenvalue is below -1 and the points run away",
        sp.factor(-2 - (2 - wide**2)) > 0,
    )


def _invariant_errors(rng, method: str, steps: np.ndarray):
    """How far x² + y² − ηxy drifts, and how far the radius leaves the two bounds; relative."""
    for eta in steps:
        x, y = trajectory(method, bilinear_field, rng.normal(0, 1, 2), eta, 1000).T
        kept, square = x**2 + y**2 - eta * x * y, x**2 + y**2
        yield np.abs(kept / kept[0] - 1)
        yield np.maximum(
            0, [square * (1 - eta / 2) / kept[0] - 1, 1 - square * (1 + eta / 2) / kept[0]]
        )


@alternating.numerical(tolerance=1e-9, description="1000 steps at eight sizes below 2")
def alternating_1000_steps_at_eight_sizes_below_2(rng):
    yield from _invariant_errors(rng, "alternating", rng.uniform(0.05, 1.95, 8))


@alternating.control(
    "the players move at once", of=alternating_1000_steps_at_eight_sizes_below_2, miss=6.64e35
)
def the_players_move_at_once(rng):
    yield from _invariant_errors(rng, "simultaneous", rng.uniform(0.05, 0.3, 3))


@alternating.control(
    "eta = 2.05: the same bound on the radius",
    of=alternating_1000_steps_at_eight_sizes_below_2,
    miss=4.11e19,
)
def eta_2_05_the_same_bound_on_the_radius():
    radii = distances("alternating", (1, 0.3), 2.05, 100)
    yield np.maximum(0, radii[1:] / radii[0] - 1)


saddle = Claim(
    id="A-DYN-07",
    alias="bilinear-saddle",
    title="(0, 0) is the only Nash point of f = xy",
    statement="(0, 0) is a Nash point of min_x max_y xy, since f(0, y) = f(x, 0) = 0: neither "
    "player gains by moving alone. It is the only one, and a saddle: the Hessian has the "
    "eigenvalues +-1.",
    formula=r"f(0, y) \le f(0, 0) \le f(x, 0),\quad \nabla^2 f = \left(\begin{matrix} 0 & 1 \\ "
    r"1 & 0 \end{matrix}\right),\quad \lambda = \pm 1",
    assumptions=("x and y range over all numbers",),
    sources=(TUTORIAL, COURSE),
)


@saddle.symbolic(scope=AS_STATED)
def saddle_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    f = x * y
    yield "f(0, y) = f(0, 0): y cannot gain", f.subs(x, 0) - f.subs({x: 0, y: 0})
    yield "f(x, 0) = f(0, 0): x cannot gain", f.subs(y, 0) - f.subs({x: 0, y: 0})
    a, b = sp.symbols("a b", real=True)
    # From any (a, b) the players can deviate along their own gradients, and gain squares.
    y_gains = f.subs({x: a, y: b - bilinear_field(a, b)[1]}) - a * b
    x_gains = a * b - f.subs({x: a - bilinear_field(a, b)[0], y: b})
    yield "from (a, b), y gains a^2 by the step to b + a", y_gains - a**2
    yield "and x gains b^2 by the step to a - b; so only a = b = 0 is a Nash point", x_gains - b**2
    hessian = sp.hessian(f, (x, y))
    lam = sp.Symbol("lambda")
    yield "Hessian's eigenvalues +-1: a saddle", hessian.charpoly(lam).as_expr() - (lam**2 - 1)


def _regrets(f) -> np.ndarray:
    """What either player can gain by leaving (0, 0) alone, by up to 1."""
    moves = np.linspace(-1, 1, 201)
    return np.array(
        [max(f(0.0, y) for y in moves) - f(0, 0), f(0, 0) - min(f(x, 0.0) for x in moves)]
    )


@saddle.numerical(tolerance=1e-12, description="gains by deviating, at (0, 0) and 30 other points")
def gains_by_deviating_at_0_0_and_30_other_points(rng):
    yield _regrets(lambda x, y: x * y)
    moves = np.linspace(-1, 1, 201)
    for a, b in rng.normal(0, 1, (30, 2)):  # elsewhere the best deviation by up to 1 gains |a|, |b|
        yield abs(max(a * (b + moves)) - a * b - abs(a))
        yield abs(a * b - min((a + moves) * b) - abs(b))
    yield np.abs(np.linalg.eigvalsh([[0.0, 1.0], [1.0, 0.0]]) - [-1, 1])


@saddle.control(
    "f = xy + x/10, whose saddle is elsewhere",
    of=gains_by_deviating_at_0_0_and_30_other_points,
    miss=0.1,
)
def f_xy_x_10_whose_saddle_is_elsewhere():
    yield _regrets(lambda x, y: x * y + x / 10)
