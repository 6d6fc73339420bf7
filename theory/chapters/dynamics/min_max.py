"""min over x, max over y of xy: the flow circles around the saddle (claims A-DYN-01 to 03, 07)."""

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
    statement="When x descends and y ascends f(x, y) = x y with infinitely small steps, "
    "x' = -df/dx = -y and y' = +df/dy = x: the velocity is the position turned by 90 degrees.",
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
    eta = sp.Symbol("eta", positive=True)
    rate = (bilinear_step(x, y, eta) - sp.Matrix([x, y])) / eta
    yield (
        "which is what the steps of both players come to as eta goes to 0",
        rate.applyfunc(lambda e: sp.limit(e, eta, 0)) - velocity,
    )
    yield "and what the calculators subtract", velocity + sp.Matrix(bilinear_field(x, y))
    c, s = sp.cos(sp.pi / 2), sp.sin(sp.pi / 2)
    quarter = sp.Matrix([[c, -s], [s, c]])
    yield "the field is the position turned by 90 degrees", velocity - quarter * sp.Matrix([x, y])


def _slopes(x: float, y: float) -> np.ndarray:
    """(df/dx, df/dy) of f = xy, by central differences."""
    h = 1e-4
    f = np.multiply
    return np.array([f(x + h, y) - f(x - h, y), f(x, y + h) - f(x, y - h)]) / (2 * h)


def _flow_errors(rng, sign: int):
    """The velocity (−y, x), and that of the calculators, against the slopes of f."""
    for x, y in rng.normal(0, 3, (50, 2)):
        velocity = _slopes(x, y) * [-1, sign]
        yield np.abs(velocity - [-y, x])
        yield np.abs(velocity + bilinear_field(x, y))


@gradient_flow.numerical(tolerance=1e-9, description="central differences of f at 50 points")
def central_differences(rng):
    yield from _flow_errors(rng, 1)


@gradient_flow.meaning()
def gradient_flow_in_words(rng):
    for x, y in rng.normal(0, 3, (5, 2)):
        slopes, velocity = _slopes(x, y), -np.array(bilinear_field(x, y))
        turned = (x + 1j * y) * np.exp(1j * np.pi / 2)
        yield {
            "f(x, y)": x * y,
            "x": x,
            "y": y,
            "x'": velocity[0],
            r"\dot{x}": velocity[0],
            "y'": velocity[1],
            r"\dot{y}": velocity[1],
            "df/dx": slopes[0],
            r"\frac{\partial f}{\partial x}": slopes[0],
            "df/dy": slopes[1],
            r"\frac{\partial f}{\partial y}": slopes[1],
            "the position turned by 90 degrees": abs(complex(*velocity) - turned) < 1e-9,
        }


@gradient_flow.control("both players descend", of=central_differences, miss=13.3)
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
    yield "a circle: x^2 + y^2 stays x0^2 + y0^2", sp.expand_trig(xt**2 + yt**2 - x0**2 - y0**2)
    yield (
        "periodic, 2 pi",
        sp.Matrix([xt - xt.subs(t, t + 2 * sp.pi), yt - yt.subs(t, t + 2 * sp.pi)]),
    )
    yield (
        "and not before: (x0, y0) . (x, y) = r^2 cos t, which is below r^2 for 0 < t < 2 pi",
        sp.expand(x0 * xt + y0 * yt - (x0**2 + y0**2) * sp.cos(t)),
    )


# Where the flow from (1, 0) is at t = 20: (cos 20, sin 20), in eight decimals.
_AT_20 = (0.40808206, 0.91294525)


def _circle(x0: float, y0: float, t: np.ndarray) -> np.ndarray:
    return np.transpose(
        [x0 * np.cos(t) - y0 * np.sin(t), x0 * np.sin(t) + y0 * np.cos(t)],
    )


@solution.numerical(tolerance=5e-9, description="Runge-Kutta to t = 20 from (1, 0), eight decimals")
def eight_decimals_at_20():
    yield np.abs(flow(bilinear_field, (1, 0), [0, 20])[-1] - _AT_20)


@solution.numerical(tolerance=1e-9, description="Runge-Kutta to t = 20 from five random points")
def runge_kutta(rng):
    times = np.linspace(0, 20, 40)
    for a, b in rng.normal(0, 2, (5, 2)):
        yield np.abs(flow(bilinear_field, (a, b), times) - _circle(a, b, times))


@solution.meaning(tolerance=1e-8)
def solution_in_words(rng):
    for x0, y0 in rng.normal(0, 1, (3, 2)):
        t = rng.uniform(1, 6)
        times = np.linspace(0, 2 * np.pi, 60)
        circle = flow(bilinear_field, (x0, y0), times)
        gaps = np.linalg.norm(circle - circle[0], axis=1) / np.hypot(x0, y0)
        x, y = flow(bilinear_field, (x0, y0), [0, t])[-1]
        velocity = -np.array(bilinear_field(x, y))
        yield {
            "t": t,
            **dict.fromkeys(("x0", "x_0"), x0),
            **dict.fromkeys(("y0", "y_0"), y0),
            **dict.fromkeys(("x", "x(t)"), x),
            **dict.fromkeys(("y", "y(t)"), y),
            "x'": velocity[0],
            "y'": velocity[1],
            "run through in the time 2 pi": gaps[-1] < 1e-8 and gaps[1:-1].min() > 0.1,
        }


@solution.control("the circle is run through clockwise", of=runge_kutta, miss=8.07)
def clockwise(rng):
    times = np.linspace(0, 20, 40)
    for a, b in rng.normal(0, 2, (5, 2)):
        yield np.abs(flow(bilinear_field, (a, b), times) - _circle(a, b, -times))


@solution.control("at t = 20 it is where it was at t = 20 - 6", of=eight_decimals_at_20, miss=0.271)
def a_turn_takes_6():
    yield np.abs(flow(bilinear_field, (1, 0), [0, 20 - 6])[-1] - _AT_20)


conserved = Claim(
    id="A-DYN-03",
    alias="bilinear-no-convergence",
    title="x² + y² is conserved, the eigenvalues are ±i: stable, and no convergence",
    statement="Along the flow x^2 + y^2 = x0^2 + y0^2 and the eigenvalues are ±i: the saddle "
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
    yield "its roots ±i", sp.expand((lam - sp.I) * (lam + sp.I) - (lam**2 + 1))
    t, x0, y0 = sp.symbols("t x_0 y_0", real=True)
    place = (turn * t).exp() * sp.Matrix([x0, y0])  # the only solution
    yield (
        "so who starts at the distance r stays at it: near if near, never at 0 unless r = 0",
        sp.simplify(place.dot(place) - x0**2 - y0**2),
    )


def _radius_changes(rng, field: Field):
    for start in rng.normal(0, 1, (5, 2)):
        radii = np.linalg.norm(flow(field, start, np.linspace(0, 60, 40)), axis=1)
        yield np.abs(radii / radii[0] - 1)


def _eigenvalues(field: Field) -> np.ndarray:
    """Of a linear flow, which multiplies by e^λ in the time 1; the lower one first."""
    ends = [flow(field, start, [0, 1])[-1] for start in np.eye(2)]
    eigenvalues = np.log(np.linalg.eigvals(np.transpose(ends)).astype(complex))
    return eigenvalues[np.argsort(eigenvalues.imag)]


@conserved.numerical(tolerance=1e-8, description="radius along the flow to t = 60, eigenvalues")
def radius_and_eigenvalues(rng):
    yield from _radius_changes(rng, bilinear_field)
    yield np.abs(_eigenvalues(bilinear_field) - [-1j, 1j])


def _nearly_bilinear(x, y):
    """f = xy + x²/200."""
    return y + x / 100, -x


@conserved.meaning(tolerance=1e-8)
def conserved_in_words(rng):
    rotates = np.abs(_eigenvalues(bilinear_field) - [-1j, 1j]).max() < 1e-8
    for x0, y0 in rng.normal(0, 1, (3, 2)):
        points = flow(bilinear_field, (x0, y0), np.linspace(0, 9, 30))
        squares = (points**2).sum(axis=1)
        x, y = points[-1]
        yield {
            "x² + y² is conserved": np.ptp(squares) < 1e-8,
            "eigenvalues are ±i": rotates,
            r"\lambda = \pm i": rotates,
            r"\frac{d}{dt}\left(x^2 + y^2\right)": np.dot(
                [2 * x, 2 * y], np.negative(bilinear_field(x, y))
            ),
            "(0, 0)": None,
            "x": x,
            "y": y,
            "x0": x0,
            "y0": y0,
        }


@conserved.control(
    "f = xy + x²/200 in place of xy: the saddle attracts", of=radius_and_eigenvalues, miss=0.26
)
def a_hundredth_of_friction(rng):
    yield from _radius_changes(rng, _nearly_bilinear)
    yield np.abs(_eigenvalues(_nearly_bilinear) - [-1j, 1j])


saddle = Claim(
    id="A-DYN-07",
    alias="bilinear-saddle",
    title="(0, 0) is the only Nash point of f = xy",
    statement="(0, 0) is a Nash point of min_x max_y xy, since f(0, y) = f(x, 0) = 0: neither "
    "player gains by moving alone. It is the only one, and a saddle: the eigenvalues of the "
    "Hessian are ±1.",
    formula=r"f(0, y) = f(0, 0) = f(x, 0),\quad \nabla^2 f = \left(\begin{matrix} 0 & 1 \\ "
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
    yield "the Hessian", hessian - sp.Matrix([[0, 1], [1, 0]])
    yield "its eigenvalues ±1: a saddle", hessian.charpoly(lam).as_expr() - (lam**2 - 1)


_MOVES = np.linspace(-1, 1, 201)


def _regrets(f, a: float = 0.0, b: float = 0.0) -> np.ndarray:
    """What y, and what x, can gain by leaving (a, b) alone, by up to 1."""
    return np.array(
        [max(f(a, b + m) for m in _MOVES) - f(a, b), f(a, b) - min(f(a + m, b) for m in _MOVES)]
    )


@saddle.numerical(tolerance=1e-12, description="gains by deviating, at (0, 0) and 30 other points")
def gains_by_deviating(rng):
    yield _regrets(np.multiply)
    for a, b in rng.normal(0, 1, (30, 2)):
        yield np.abs(_regrets(np.multiply, a, b) - np.abs([a, b]))


def _hessian_eigenvalues(rng) -> np.ndarray:
    """Of f = xy at a random point, by second differences."""
    h, place = 0.1, rng.normal(size=2)
    e = h * np.eye(2)
    square = [
        [sum(s * t * np.prod(place + s * u + t * v) for s in (1, -1) for t in (1, -1)) for v in e]
        for u in e
    ]
    return np.linalg.eigvalsh(np.array(square) / (4 * h**2))


@saddle.numerical(tolerance=1e-12, description="the Hessian by second differences")
def hessian_by_differences(rng):
    yield np.abs(_hessian_eigenvalues(rng) - [-1, 1])


@saddle.meaning()
def saddle_in_words(rng):
    extremes = np.abs(_hessian_eigenvalues(rng) - [-1, 1]).max() < 1e-12
    only = all(_regrets(np.multiply, a, b).min() > 1e-3 for a, b in rng.normal(0, 1, (30, 2)))
    for x, y in rng.normal(0, 1, (5, 2)):
        yield {
            "f(0, y)": 0.0 * y,
            "f(x, 0)": x * 0.0,
            "f(0, 0)": 0.0,
            "(0, 0) is the only Nash point": _regrets(np.multiply).max() < 1e-12 and only,
            "(0, 0) is a Nash point": _regrets(np.multiply).max() < 1e-12,
            "eigenvalues of the Hessian are ±1": extremes,
            r"\nabla^2 f = \left(\begin{matrix} 0 & 1 \\ 1 & 0 \end{matrix}\right)": extremes,
            r"\lambda = \pm 1": extremes,
            "f = xy": None,
        }


@saddle.control("f = xy + x/10, whose saddle is elsewhere", of=gains_by_deviating, miss=0.1)
def the_saddle_is_elsewhere(rng):
    def f(x, y):
        return x * y + x / 10

    yield _regrets(f)
    for a, b in rng.normal(0, 1, (30, 2)):
        yield np.abs(_regrets(f, a, b) - np.abs([a, b]))
