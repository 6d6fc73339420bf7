"""Figures: Dynamics of the game."""

from __future__ import annotations

from functools import cache

import numpy as np

from theory.calculators.dynamics import (
    METHODS,
    bilinear_field,
    bilinear_rate,
    dirac_game,
    flow,
    trajectory,
)
from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, canvas, illustration

COLOURS = dict(zip(METHODS, (RED, ORANGE, BLUE, PURPLE, GREEN), strict=True))
_STYLES = dict(zip(METHODS, ("-", "-", "-", (0, (5, 3)), (0, (1, 1.2))), strict=True))
_PORTRAIT_STEP, _PORTRAIT_STEPS = 0.4, 40
_STEP, _STEPS = 0.1, 500
_DIRAC_STEP = 0.2
_DIRAC_GAMES = {"minimax": {}, "minimax, R1 with γ = 0.3": {"r1": 0.3}}


@illustration(
    topic="A-DYN",
    title="The flow circles, and each kind of step does something else",
    caption="min over x, max over y of xy from (1, 0): 40 steps of η = 0.4, the flow's circle in "
    "grey. Simultaneous steps spiral out of the frame, alternating steps run round an ellipse; "
    "extragradient, implicit and optimistic steps reach the saddle.",
    claims=("A-DYN-01", "A-DYN-03", "A-DYN-04", "A-DYN-05", "A-DYN-06", "A-DYN-10"),
)
def bilinear_phase_portrait():
    figure, axes = canvas(columns=3, rows=2, height=2.45)
    circle = flow(bilinear_field, (1, 0), np.linspace(0, 2 * np.pi, 200))
    ticks = np.linspace(-1.5, 1.5, 8)
    for ax, method in zip(axes.flat, ("flow", *METHODS), strict=True):
        ax.plot(*circle.T, color=GREY, linewidth=1)
        if method == "flow":
            x, y = np.meshgrid(ticks, ticks)
            slope_x, slope_y = bilinear_field(x, y)
            ax.quiver(x, y, -slope_x, -slope_y, color=GREY, width=0.008, scale=22)
        else:
            points = trajectory(method, bilinear_field, (1, 0), _PORTRAIT_STEP, _PORTRAIT_STEPS)
            ax.plot(*points.T, ".-", color=COLOURS[method], linewidth=0.8, markersize=3.5)
        ax.plot(1, 0, "o", color="black", markersize=4)
        ax.plot(0, 0, "+", color="black", markersize=7)
        ax.set_title(method, fontsize=10)
        ax.set(xlim=(-1.8, 1.8), ylim=(-1.8, 1.8), aspect="equal", xticks=[-1, 0, 1])
        ax.set_yticks([-1, 0, 1])
    for ax in axes[-1]:
        ax.set_xlabel("x (descends)")
    for ax in axes[:, 0]:
        ax.set_ylabel("y (ascends)")
    return figure


@cache
def _bilinear_radii(method: str) -> np.ndarray:
    points = trajectory(method, bilinear_field, (1, 0), _STEP, _STEPS)
    return np.linalg.norm(points, axis=1)


def radius_table():
    """The radius after 500 steps of 0.1 from radius 1: simulated, and the closed forms."""
    low, high = (1 + _STEP / 2) ** -0.5, (1 - _STEP / 2) ** -0.5
    squared = 1 - _STEP**2 + _STEP**4
    # z = x + iy of optimistic steps: a sum of powers of both eigenvalues, from z_0 = z_-1 = 1
    root = np.sqrt(1 - 4 * _STEP**2)
    slow, fast = (((1 + sign * root) / 2 + 1j * _STEP) for sign in (1, -1))
    share = (1 + 1j * _STEP - fast) / root
    powers = share * slow**_STEPS + (1 - share) * fast**_STEPS
    closed = {
        "simultaneous": ("(1 + η²)^250", (1 + _STEP**2) ** (_STEPS / 2)),
        "alternating": (f"bounded by {low:.4f} and {high:.4f}", None),
        "extragradient": ("(1 − η² + η⁴)^250", squared ** (_STEPS / 2)),
        "implicit": ("(1 + η²)^−250", (1 + _STEP**2) ** (-_STEPS / 2)),
        "optimistic": ("|c₁λ₁^500 + c₂λ₂^500|", abs(powers)),
    }
    rows = []
    for method, (formula, exact) in closed.items():
        radius = _bilinear_radii(method)[-1]
        shown = "" if exact is None else f"{exact:.10f}"
        rate = f"{bilinear_rate(method, _STEP):.6f}"
        rows.append((method, f"{radius:.10f}", formula, shown, rate))
    heading = ("steps of 0.1", "radius after 500", "closed form", "its value", "factor per step")
    return heading, rows


@illustration(
    topic="A-DYN",
    title="How fast each kind of step leaves or reaches the saddle",
    caption="Left: the distance to (0, 0) on f = xy at η = 0.1. The three cures hardly differ "
    "(they agree to second order in η). Right: the factor per step against η, below 1 when it "
    "converges: extragradient fails beyond η = 1, optimistic steps beyond 1/√3, the "
    "implicit step never.",
    claims=("A-DYN-04", "A-DYN-05", "A-DYN-06", "A-DYN-10"),
    table=radius_table,
)
def radius_against_step():
    figure, axes = canvas(columns=2, height=3.3)
    left, right = axes[0]
    left.axhline(1, color=GREY, linewidth=1, label="flow")
    right.axhline(1, color=GREY, linewidth=1)
    eta = np.linspace(0, 1.1, 1101)
    for method in METHODS:
        look = {"color": COLOURS[method], "linestyle": _STYLES[method], "linewidth": 1.6}
        left.semilogy(_bilinear_radii(method), label=method, **look)
        right.plot(eta, [bilinear_rate(method, step) for step in eta], **look)
    left.set(xlabel="step k", ylabel="distance to (0, 0), log scale")
    left.legend(frameon=False, fontsize=9, loc="upper left")
    left.set_ylim(0.05, 60)
    right.set(xlabel="step size η", ylabel="factor per step", ylim=(0.65, 1.35), xlim=(0, 1.1))
    return figure


@cache
def _dirac_points(method: str, game: str) -> np.ndarray:
    field = dirac_game("minimax", **_DIRAC_GAMES[game])
    return trajectory(method, field, (1, -1), _DIRAC_STEP, _STEPS)


def dirac_table():
    """The norm of (θ, ψ) after 500 steps of 0.2 from (1, −1)."""
    rows = [
        (method, *(f"{np.hypot(*_dirac_points(method, game)[-1]):.3g}" for game in _DIRAC_GAMES))
        for method in METHODS
    ]
    return ("500 steps of 0.2", *_DIRAC_GAMES), rows


@illustration(
    topic="A-DYN",
    title="The same steps on the smallest GAN, and what R1 does",
    caption="The Dirac-GAN with the minimax loss: data at 0, generator θ, D(x) = σ(ψx), from "
    "(1, −1) with steps of 0.2. Left: the first 150 steps; implicit "
    "and optimistic ones look like extragradient. Right: the distance to the "
    "equilibrium, without a penalty and with R1 (thin), which makes every kind of step converge.",
    claims=("A-DYN-08", "A-DYN-11", "A-DYN-12", "A-DYN-06"),
    table=dirac_table,
)
def dirac_gan_dynamics():
    figure, axes = canvas(columns=2, height=3.5)
    left, right = axes[0]
    plain, penalised = _DIRAC_GAMES
    circle = flow(dirac_game("minimax"), (1, -1), np.linspace(0, 16, 200))
    left.plot(*circle.T, color=GREY, linewidth=1)
    right.axhline(np.sqrt(2), color=GREY, linewidth=1, label="flow")
    for method in METHODS:
        look = {"color": COLOURS[method], "linestyle": _STYLES[method]}
        points = _dirac_points(method, plain)
        if method in ("simultaneous", "alternating", "extragradient"):
            left.plot(*points[:150].T, linewidth=1.2, **look)
        right.semilogy(np.hypot(*points.T), linewidth=1.6, label=method, **look)
        right.semilogy(np.hypot(*_dirac_points(method, penalised).T), linewidth=0.8, **look)
    left.plot(
        *_dirac_points("simultaneous", penalised)[:150].T,
        color="black",
        linewidth=0.9,
        label="simultaneous, with R1",
    )
    left.legend(frameon=False, fontsize=9, loc="upper right")
    left.plot(1, -1, "o", color="black", markersize=4)
    left.set(xlabel="θ (generator)", ylabel="ψ (discriminator)", aspect="equal", ylim=(-2.2, 2.6))
    right.set(xlabel="step", ylabel="distance to (0, 0), log scale", ylim=(1e-8, 10))
    right.annotate("with R1, γ = 0.3", (270, 3e-3), fontsize=9)
    right.legend(frameon=False, fontsize=9, loc="lower left")
    return figure
