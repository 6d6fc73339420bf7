"""Where the steps of two players lead that the flow does not (claim A-DYN-15)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theory.calculators.dynamics import Field, bilinear_field, dirac_game, flow, trajectory
from theory.chapters.dynamics.min_max import COURSE
from theory.claim import AS_STATED, Claim

drift = Claim(
    id="A-DYN-15",
    alias="discretisation-drift",
    title="Steps follow another flow: its drift makes simultaneous steps on xy spiral outwards",
    statement="Let two players, a number each, have the velocities u and v at (x, y). Steps of "
    "size h do not follow x' = u, y' = v: to the order h they follow the flow with a drift. "
    "Simultaneous steps have x' = u - (h/2) (u_x u + u_y v) and y' = v - (h/2) (v_x u + v_y v). "
    "Alternating ones, x first, have the same x', and as the other velocity w = v + (h/2) (v_x u - "
    "v_y v). On f = xy, u = -y and v = x, the drift of simultaneous steps is (h/2) (x, y): "
    "outwards, r_T/r_0 ≈ exp(h T/2) after the time T, as in A-DYN-04. Of alternating steps it is "
    "(h/2) (x, -y), which keeps x^2 + y^2 - h x y, as in A-DYN-05.",
    formula=r"\dot{x} = u - \frac{h}{2} \left( u_x u + u_y v \right), \quad "
    r"\dot{y}_{\mathrm{sim}} = v - \frac{h}{2} \left( v_x u + v_y v \right), \quad "
    r"\dot{y}_{\mathrm{alt}} = v + \frac{h}{2} \left( v_x u - v_y v \right)",
    assumptions=(
        "u and v have two continuous derivatives",
        "the same h for both players, one step each",
    ),
    sources=(
        "Rosca, Wu, Dherin, Barrett 2021, Discretization Drift in Two-Player Games, Theorems 3.1 "
        "and 3.2 (numbers cited from memory)",
        "Hairer, Lubich, Wanner 2006, Geometric Numerical Integration, chapter IX (backward error)",
        COURSE,
    ),
)


@drift.symbolic(scope=AS_STATED)
def drift_proof():
    import sympy as sp

    x, y, h, t, s = sp.symbols("x y h t s", real=True)
    u, v = (sp.Function(name)(x, y) for name in ("u", "v"))

    def along(place: Any) -> Any:
        """The derivative of a function of (x, y) along the velocity."""
        return sp.diff(place, x) * u + sp.diff(place, y) * v

    def after(first: Any, second: Any) -> Any:
        """The point that the flow with the drift (first, second) reaches in the time h, to h²."""
        speeds = sp.Matrix([u + h * first, v + h * second])
        bends = sp.Matrix([along(u), along(v)])  # x'' and y'', to the order 0 in h
        return sp.Matrix([x, y]) + h * speeds + h**2 / 2 * bends

    simultaneous = after(-along(u) / 2, -along(v) / 2)
    yield (
        "simultaneous steps lead to (x + h u, y + h v), where that flow is, up to h^3",
        (simultaneous - sp.Matrix([x + h * u, y + h * v])).applyfunc(sp.expand),
    )
    # v(x + h u, y) to first order in h, by the chain rule on a function of one variable
    moved = sp.Function("v")(x + t * s, y)
    slope = sp.diff(moved, t).doit().subs(t, 0).doit().subs(s, u)
    yield "v(x + h u, y) = v + h v_x u, up to h^2", sp.expand(slope - sp.diff(v, x) * u)
    alternating = after(-along(u) / 2, (sp.diff(v, x) * u - sp.diff(v, y) * v) / 2)
    yield (
        "alternating steps lead to (x + h u, y + h (v + h v_x u)), where theirs is, up to h^3",
        (alternating - sp.Matrix([x + h * u, y + h * (v + h * slope)])).applyfunc(sp.expand),
    )
    yield (
        "T/h steps that are off by h^3 each are off by a constant times h^2 in all (the flow's "
        "velocity is Lipschitz where it runs: Gronwall), less than the drift's h",
        sp.expand(t / h * h**3 - t * h**2),
    )
    at = [(u, -y), (v, x)]
    outwards = (simultaneous - sp.Matrix([x, y])).subs(at).doit()
    rotated = sp.Matrix([-y, x])
    yield (
        "f = xy, simultaneous: the drift is (h/2) (x, y)",
        sp.Matrix([-along(u), -along(v)]).subs(at).doit() * h / 2 - h / 2 * sp.Matrix([x, y]),
    )
    yield "and the step's end is (x, y) + h (-y, x)", outwards - h * rotated
    radial = (rotated + h / 2 * sp.Matrix([x, y])).dot(sp.Matrix([x, y]))
    yield "r r' = (h/2) r^2: r grows as exp(h T/2)", sp.expand(radial - h / 2 * (x**2 + y**2))
    sideways = sp.Matrix([-along(u), sp.diff(v, x) * u - sp.diff(v, y) * v]).subs(at).doit() / 2
    yield "alternating: (h/2) (x, -y)", sideways - sp.Matrix([x, -y]) / 2
    kept = x**2 + y**2 - h * x * y
    speed = rotated + h * sideways
    yield (
        "along which x^2 + y^2 - h xy does not change",
        sp.expand(sp.diff(kept, x) * speed[0] + sp.diff(kept, y) * speed[1]),
    )


def _slopes(field: Field, x: float, y: float) -> np.ndarray:
    """[[u_x, u_y], [v_x, v_y]] of the velocity, minus the field, by central differences."""
    h = 1e-5
    in_x = np.subtract(field(x - h, y), field(x + h, y)) / (2 * h)
    in_y = np.subtract(field(x, y - h), field(x, y + h)) / (2 * h)
    return np.transpose([in_x, in_y])


def _with_drift(method: str, field: Field, h: float, share: float = 1.0) -> Field:
    """The field of the flow that steps follow, with this share of the drift."""

    def modified(x: float, y: float) -> tuple[float, float]:
        (u_x, u_y), (v_x, v_y) = _slopes(field, x, y)
        u, v = np.negative(field(x, y))
        first = -(u_x * u + u_y * v) / 2
        sign = 1 if method == "alternating" else -1
        second = (sign * v_x * u - v_y * v) / 2
        return -(u + share * h * first), -(v + share * h * second)

    return modified


# A game that is none of the others: both velocities bend in both coordinates.
def _bent(x: float, y: float) -> tuple[float, float]:
    return y + x**2 / 3, -x + math.sin(y) * x / 2


_FIELDS = (dirac_game("non_saturating", r1=0.5), _bent)
_START, _TIME = (0.6, -0.4), 1.0


def _orders(method: str, taken_for: str, share: float = 1.0):
    """How far the order in h, from steps and from twice as many, is from 2."""
    for field in _FIELDS:
        misses = []
        for steps in (100, 200):
            h = _TIME / steps
            end = trajectory(method, field, _START, h, steps)[-1]
            flowed = flow(_with_drift(taken_for, field, h, share), _START, [0, _TIME])[-1]
            misses.append(np.linalg.norm(end - flowed))
        yield abs(math.log2(misses[0] / misses[1]) - 2)


# The error is c h^2 (1 + O(h)), and h is 1/100: its logarithm to base 2 is off by about that.
@drift.numerical(tolerance=0.01, description="simultaneous: off by h^2 after a fixed time")
def order_of_simultaneous_steps():
    yield from _orders("simultaneous", "simultaneous")


@drift.numerical(tolerance=0.01, description="alternating: off by h^2 after a fixed time")
def order_of_alternating_steps():
    yield from _orders("alternating", "alternating")


def _velocity_of_steps(method: str, field: Field, x: float, y: float, h: float) -> np.ndarray:
    """The velocity of the flow that three steps follow, by differences of the third order."""
    points = trajectory(method, field, (x, y), h, 3)
    return np.array([-11, 18, -9, 2]) @ points / (6 * h)


@drift.meaning(tolerance=5e-6)
def drift_in_words(rng):
    h = 1e-3
    for field in _FIELDS:
        x, y = rng.normal(0, 0.5, 2)
        (u_x, u_y), (v_x, v_y) = _slopes(field, x, y)
        u, v = np.negative(field(x, y))
        together = _velocity_of_steps("simultaneous", field, x, y, h)
        in_turns = _velocity_of_steps("alternating", field, x, y, h)
        yield {
            "h": h,
            "u": u,
            "v": v,
            "u_x": u_x,
            "u_y": u_y,
            "v_x": v_x,
            "v_y": v_y,
            "do not follow x' = u, y' = v": bool(abs(together - [u, v]).max() > 1e-5),
            "x'": together[0],
            "y'": together[1],
            "w": in_turns[1],
            r"\dot{x}": in_turns[0],
            r"\dot{y}_{\mathrm{sim}}": together[1],
            r"\dot{y}_{\mathrm{alt}}": in_turns[1],
        }
    steps, time = 50, 2.0
    ends = trajectory("simultaneous", bilinear_field, (1, 0), time / steps, steps)
    drifts = [
        (_velocity_of_steps(method, bilinear_field, 0.3, 0.8, h) - [-0.8, 0.3]) / (h / 2)
        for method in ("simultaneous", "alternating")
    ]
    pairs = trajectory("alternating", bilinear_field, (1, 0.3), 0.1, 200)
    kept = (pairs**2).sum(axis=1) - 0.1 * pairs.prod(axis=1)
    yield {
        "On f = xy, u = -y and v = x": bilinear_field(0.3, 0.8) == (0.8, -0.3),
        "the drift of simultaneous steps is (h/2) (x, y)": np.allclose(
            drifts[0], [0.3, 0.8], 0, 5e-3
        ),
        "Of alternating steps it is (h/2) (x, -y)": np.allclose(drifts[1], [0.3, -0.8], 0, 5e-3),
        "which keeps x^2 + y^2 - h x y": np.ptp(kept) < 1e-12,
        "r_T/r_0": np.linalg.norm(ends[-1]),
        "h": time / steps,
        "T": time,
        "A-DYN-04": None,
        "A-DYN-05": None,
    }


@drift.control("half of the drift", of=order_of_simultaneous_steps, miss=0.996)
def half_the_drift():
    yield from _orders("simultaneous", "simultaneous", share=0.5)


@drift.control("the flow of the alternating steps", of=order_of_simultaneous_steps, miss=0.999)
def drift_of_the_others():
    yield from _orders("simultaneous", "alternating")


@drift.control("the drift of the other sign", of=order_of_alternating_steps, miss=0.999)
def the_other_sign():
    yield from _orders("alternating", "alternating", share=-1.0)


@drift.control("no drift", of=order_of_alternating_steps, miss=0.999)
def no_drift():
    yield from _orders("alternating", "alternating", share=0.0)
