"""Figures: Activations and dropout."""

from __future__ import annotations

from functools import cache

import numpy as np

from theory.chapters.networks.activations import ACTIVATIONS
from theory.chapters.networks.layers import dropout
from theory.chapters.networks.momentum import momentum_iterates
from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, PURPLE, canvas, illustration

DRAWS = 200_000  # of a unit under dropout, at each rate


@cache
def activation_rows() -> list[tuple[str, float, float, float, float, float]]:
    """Name, least and greatest value on [-50, 50], largest |f'|, one-sided slopes at 0."""
    a = np.linspace(-50, 50, 10_001)
    h = 1e-6
    rows = []
    for f in ACTIVATIONS:
        y, slopes = f.function(a), f.derivative(a[a != 0])
        left = float((f.function(0.0) - f.function(-h)) / h)
        right = float((f.function(h) - f.function(0.0)) / h)
        largest = float(np.max(np.abs(np.append(slopes, f.derivative(np.array([-1e-9, 1e-9]))))))
        rows.append((f.name, float(y.min()), float(y.max()), largest, left, right))
    return rows


def _activation_table():
    rows = []
    for f, (name, least, most, largest, left, right) in zip(
        ACTIVATIONS, activation_rows(), strict=True
    ):
        ends = [
            "unbounded" if np.isinf(end) else f"{round(seen, 12) + 0:g}"
            for end, seen in ((f.least, least), (f.most, most))
        ]
        slopes = "jump" if max(left, right) > 1e3 else f"{left:.2f}, {right:.2f}"
        rows.append((name, *ends, f"{largest:.2f}", slopes))
    return ("f", "least", "greatest", "largest |f′|", "slopes at 0, left and right"), rows


@illustration(
    "A-NN",
    title="Activations and their derivatives",
    caption="Each activation with its derivative, which is what back-propagation multiplies by. "
    "The step's is 0 wherever it exists, so nothing is learnt through it; that of the sigmoid is "
    "at most 1/4. ReLU, leaky ReLU and maxout are unbounded and have a corner, and train well.",
    claims=("A-NN-01", "A-NN-02", "A-NN-03", "A-NN-04", "A-NN-06", "B-E20", "B-E21"),
    table=_activation_table,
)
def activations():
    figure, axes = canvas(columns=4, rows=2, height=1.9)
    a = np.linspace(-3, 3, 601)
    left, right = a[a < -1e-9], a[a > 1e-9]  # apart, so that no line joins a jump
    for ax, f in zip(axes.flat, ACTIVATIONS, strict=False):
        for part in (left, right):
            ax.plot(part, f.function(part), color=BLUE, lw=2, label="f(a)")
            ax.plot(part, f.derivative(part), color=ORANGE, lw=1.6, ls="--", label="f′(a)")
        ax.set_ylim(-1.7, 2.2)
        ax.set_title(f.name, fontsize=9, loc="left")
        ax.axhline(0, color="black", lw=0.5)
        ax.set_xticks([-2, 0, 2])
        ax.set_xlabel("a")
    last = axes[1, 3]
    last.axis("off")
    last.legend(
        *(part[:2] for part in axes[0, 0].get_legend_handles_labels()), frameon=False, loc="center"
    )
    return figure


RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@cache
def dropout_rows() -> list[tuple[float, float, float, float]]:
    """Rate p, mean and variance of x = 2 under dropout, measured, and 4 p/(1 - p)."""
    rng = np.random.default_rng(0)
    rows = []
    for p in RATES:
        y = dropout(np.full(DRAWS, 2.0), p, rng)
        rows.append((p, float(y.mean()), float(y.var()), 4 * p / (1 - p)))
    return rows


def _dropout_table():
    rows = [(f"{p:g}", f"{m:.3f}", "2", f"{v:.3f}", f"{e:.3f}") for p, m, v, e in dropout_rows()]
    return ("p", "mean, measured", "mean", "variance, measured", "x² p/(1 − p)"), rows


@illustration(
    "A-NN",
    title="Dropout keeps the mean and adds noise",
    caption="Left: a unit x = 2 under inverted dropout at rate p, 200 000 draws (dots) against "
    "mean x and variance x² p/(1 − p). Right: a weighted sum of 100 such units, 20 000 "
    "draws at three rates; without dropout it is one number (line).",
    claims=("A-NN-07", "B-E22"),
    table=_dropout_table,
)
def dropout_moments():
    figure, axes = canvas(columns=2)
    ax = axes[0, 0]
    p = np.linspace(0, 0.82, 200)
    rates, means, variances, _exact = (
        np.array(column) for column in zip(*dropout_rows(), strict=True)
    )
    ax.plot(p, 4 * p / (1 - p), color=ORANGE, label="variance x² p/(1 − p)")
    ax.plot(p, np.full_like(p, 2), color=BLUE, label="mean x")
    ax.plot(rates, variances, "o", color=ORANGE, ms=5)
    ax.plot(rates, means, "o", color=BLUE, ms=5)
    ax.set_xlabel("dropout rate p")
    ax.set_ylabel("moments of a unit x = 2")
    ax.legend(frameon=False, loc="upper left")
    ax = axes[0, 1]
    rng = np.random.default_rng(1)
    terms = rng.normal(0, 0.1, 100) * rng.uniform(0, 2, 100)
    edges = np.linspace(-8, 8, 81)
    for rate, colour in ((0.2, GREEN), (0.5, PURPLE), (0.8, GREY)):
        sums = dropout(np.broadcast_to(terms, (20_000, 100)), rate, rng).sum(axis=1)
        density = np.histogram(sums, edges)[0] / sums.size / np.diff(edges)
        label = f"p = {rate:g}, std {sums.std():.2f}"
        ax.stairs(density, edges, color=colour, lw=1.6, label=label)
    ax.axvline(terms.sum(), color="black", lw=1)
    ax.set_ylim(0, 1.1)  # room for the legend
    ax.set_xlabel("pre-activation Σ wᵢ yᵢ")
    ax.set_ylabel("density")
    ax.legend(frameon=False, loc="upper right")
    return figure


@illustration(
    "A-NN",
    title="Momentum on a quadratic: from crawling to ringing",
    caption="The weight w after k steps from w = 1 on λw²/2 with ηλ = 0.02. Without momentum it "
    "falls by the factor 0.98 a step, with the best μ by 0.86; beyond that the roots are complex "
    "and it swings, and shrinks as √μ to the power of k (dotted).",
    claims=("A-NN-08",),
)
def momentum_on_a_quadratic():
    figure, axes = canvas(height=2.8)
    ax, steps, rate = axes[0, 0], 120, 0.02
    best = (1 - np.sqrt(rate)) ** 2
    k = np.arange(steps + 1)
    for mu, colour, name in (
        (0.0, GREY, "μ = 0"),
        (best, BLUE, f"μ = {best:.2f}, the best"),
        (0.95, ORANGE, "μ = 0.95"),
    ):
        ax.plot(k, momentum_iterates(1.0, 1.0, rate, mu, steps), color=colour, lw=1.8, label=name)
    for sign in (1, -1):
        ax.plot(k, sign * np.sqrt(0.95) ** k, color=ORANGE, lw=0.9, ls=":")
    ax.axhline(0, color="black", lw=0.5)
    ax.set_xlabel("step k")
    ax.set_ylabel("w")
    ax.legend(frameon=False)
    return figure
