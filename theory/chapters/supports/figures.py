"""Figures: Disjoint supports and instance noise."""

from __future__ import annotations

import math

import numpy as np

from theory.calculators.noise import js_gradient, noised_uniform_density
from theory.chapters.supports.low_dimension import share_of_cells, spiral
from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, canvas, illustration

_LOG2 = math.log(2)


def _slope_of_log_density(x: np.ndarray, low: float, std: float) -> np.ndarray:
    """d log q/dx of U[low, low + 1] under Gaussian noise."""
    ends = [np.exp(-(((x - end) / std) ** 2) / 2) for end in (low, low + 1)]
    slope = (ends[0] - ends[1]) / (std * math.sqrt(2 * math.pi))
    return slope / noised_uniform_density(x, low, std)


@illustration(
    topic="A-SUP",
    title="What reaches G from disjoint supports, without and with noise",
    caption="Data on U[0, 1], samples on U[2, 3]. Above: the densities and D*, which without noise "
    "is 1 and 0 and undetermined elsewhere. Below: the gradient of log(1 − D*(x)) in a sample x, "
    "shaded where the samples are; its mean over the samples is dC/dθ, 0 without noise and 0.438 "
    "with N(0, 1) noise on both inputs of D. Positive pushes to the left, towards the data.",
    claims=("A-SUP-01", "A-SUP-02", "A-SUP-05", "A-SUP-08", "A-SUP-11"),
)
def gradient_with_and_without_noise():
    figure, axes = canvas(columns=2, rows=2, height=2.2)
    x = np.linspace(-3, 6, 901)
    p, q = (noised_uniform_density(x, low, 1.0) for low in (0, 2))
    best = p / (p + q)
    slopes = [_slope_of_log_density(x, low, 1.0) for low in (0, 2)]
    gradient = best * (slopes[1] - slopes[0])  # of log(1 - D): -D times the logit's slope
    mean = np.sum(gradient * q) * (x[1] - x[0])
    (upper, noised), (lower, noised_lower) = axes
    for low, colour in ((0, BLUE), (2, ORANGE)):
        upper.fill_between([low, low + 1], 0, 1, color=colour, alpha=0.35, linewidth=0)
        upper.plot([low, low, low + 1, low + 1], [0, 1, 1, 0], color=colour)
    upper.plot([0, 1], [1, 1], color=GREEN, linewidth=2.5)
    upper.plot([2, 3], [0, 0], color=GREEN, linewidth=2.5)
    for density, colour, name in ((p, BLUE, "data"), (q, ORANGE, "samples of G")):
        noised.fill_between(x, 0, density, color=colour, alpha=0.35, linewidth=0)
        noised.plot(x, density, color=colour, label=name)
    noised.plot(x, best, color=GREEN, linewidth=2, label="D*")
    noised.legend(frameon=False, fontsize=9, loc="upper right")
    lower.plot([2, 3], [0, 0], color=ORANGE, linewidth=2.5)
    noised_lower.plot(x, gradient, color=ORANGE, linewidth=1.5)
    noised_lower.fill_between(
        x, 0, q * gradient.max() / q.max(), color=ORANGE, alpha=0.2, linewidth=0
    )
    lower.axvspan(2, 3, color=ORANGE, alpha=0.2, linewidth=0)
    for ax, text in ((lower, "mean 0"), (noised_lower, f"mean {mean:.3f}")):
        ax.annotate(text, (0.98, 0.88), xycoords="axes fraction", fontsize=9, ha="right")
        ax.set(xlabel="x", ylim=(-0.15, 2.1))
        ax.axhline(0, color="black", linewidth=0.5)
    for ax in axes.flat:
        ax.set_xlim(-3, 6)
    upper.set_ylabel("density; D*(x)")
    lower.set_ylabel("d log(1 − D*(x))/dx")
    upper.set_title("without noise", fontsize=10)
    noised.set_title("with N(0, 1) noise", fontsize=10)
    return figure


def _best_level_table():
    theta = np.array([10.0, 5.0, 2.0, 1.0])
    levels = np.linspace(0.005, 10, 2000)
    rows = []
    for value in theta:
        gradients = js_gradient(value, levels)
        best = int(gradients.argmax())
        rows.append(
            (
                f"{value:g}",
                f"{levels[best]:.3f}",
                f"{gradients[best]:.4f}",
                f"{float(js_gradient(value, value / 10)):.1e}",
                f"{float(js_gradient(value, 10 * value)):.4f}",
            )
        )
    return ("distance θ", "best s", "gradient there", "at s = θ/10", "at s = 10θ"), rows


@illustration(
    topic="A-SUP",
    title="Too little noise, the right noise, too much noise",
    caption="Left: JS between point masses at 0 and θ under Gaussian noise of level s; without "
    "noise it is flat at log 2. Right: its gradient at θ = 10 against s. It vanishes for small s, "
    "is largest at s = θ/2.456 = 4.07, and falls off like θ/(4s²). Uniform noise of the same "
    "spread leaves exactly 0 until its width exceeds θ.",
    claims=("A-SUP-07", "A-SUP-08", "A-SUP-09", "A-SUP-13"),
    table=_best_level_table,
)
def gradient_against_noise_level():
    from scipy.integrate import cumulative_simpson

    figure, axes = canvas(columns=2, height=3.2)
    left, right = axes[0]
    ratio = np.linspace(0, 30, 601)
    unit = cumulative_simpson(js_gradient(ratio, 1), x=ratio, initial=0)  # JS at s = 1
    left.axhline(_LOG2, color="black", linewidth=1, linestyle=":")
    left.annotate("no noise: log 2", (0.2, _LOG2 + 0.015), fontsize=9)
    for std, colour in ((0.5, PURPLE), (1, BLUE), (2, GREEN), (4, RED)):
        left.plot(std * ratio, unit, color=colour, label=f"s = {std:g}")
    left.legend(frameon=False, fontsize=9, loc="lower right")
    left.set(xlabel="distance θ", ylabel="JS in nats", ylim=(0, 0.78), xlim=(0, 15))
    std = np.geomspace(0.8, 60, 2000)
    gradient = js_gradient(10, std)
    best = int(gradient.argmax())
    right.plot(std, gradient, color=ORANGE, linewidth=2, label="Gaussian noise")
    width = std * math.sqrt(12)
    flat = np.where(width > 10, _LOG2 / width, 0.0)
    right.plot(std, flat, color=GREY, linewidth=1.2, label="uniform noise")
    right.plot(std, 10 / (4 * std**2), color="black", linewidth=1, linestyle=":", label="θ/(4s²)")
    right.plot(std[best], gradient[best], "o", color=ORANGE)
    right.annotate(
        f"s = {std[best]:.2f}, {gradient[best]:.4f}",
        (std[best], gradient[best]),
        (0.85, 0.056),
        fontsize=9,
        arrowprops={"arrowstyle": "-", "linewidth": 0.6},
    )
    right.set_xscale("log")
    right.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])
    right.set(xlabel="noise level s, log scale", ylabel="dJS/dθ at θ = 10", ylim=(-0.002, 0.08))
    right.legend(frameon=False, fontsize=9, loc="upper right")
    return figure


@illustration(
    topic="A-SUP",
    title="One latent number covers no area",
    caption="Left: the cells of side 0.1 that the samples of a spiral hit, a generator with "
    "one latent number. Right: the share of cells hit, as they get smaller: it halves with the "
    "side, so that p_g has no area, and a perfect D exists. Two latent numbers cover the square "
    "at every size.",
    claims=("A-SUP-04", "A-SUP-06"),
)
def cells_hit_by_a_curve():
    from matplotlib.colors import ListedColormap

    figure, axes = canvas(columns=2, height=3.2)
    left, right = axes[0]
    points = spiral(np.linspace(-1, 1, 200_001))
    cells, _, _ = np.histogram2d(*points.T, bins=20, range=[[-1, 1], [-1, 1]])
    left.pcolormesh(
        *[np.linspace(-1, 1, 21)] * 2,
        np.where(cells.T > 0, 1.0, np.nan),
        cmap=ListedColormap([ORANGE]),
        alpha=0.3,
        edgecolor="white",
        linewidth=0.5,
    )
    left.plot(*points[::20].T, color=ORANGE, linewidth=0.9)
    left.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xlim=(-1, 1), ylim=(-1, 1))
    left.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    sizes = np.array([0.2, 0.1, 0.05, 0.025, 0.0125, 0.00625])
    shares = np.array([share_of_cells(points, size) for size in sizes])
    square = np.random.default_rng(0).uniform(-1, 1, (1_000_000, 2))
    full = np.array([share_of_cells(square, size) for size in sizes])
    right.loglog(sizes, full, "s-", color=BLUE, markersize=4, label="two latent numbers")
    right.loglog(sizes, shares, "o-", color=ORANGE, markersize=4, label="one, the spiral")
    half = shares[-1] * sizes / sizes[-1]
    right.loglog(sizes[2:], half[2:], ":", color="black", label="in proportion to ε")
    right.set_xticks(sizes, labels=[f"{size:g}" for size in sizes], fontsize=8, rotation=30)
    right.minorticks_off()
    right.set_yticks([0.05, 0.1, 0.2, 0.5, 1], labels=["0.05", "0.1", "0.2", "0.5", "1"])
    right.set(xlabel="side ε of a cell", ylabel="share of cells hit")
    right.legend(frameon=False, fontsize=9, loc="lower right")
    return figure
