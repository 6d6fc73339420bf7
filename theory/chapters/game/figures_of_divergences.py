"""Figures: D* and the divergences."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import xlogy

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, optimal_discriminator
from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, PURPLE, canvas, illustration

_LOG2, _LOG4 = math.log(2), math.log(4)


def _normal(mean: float, sd: float = 1.0) -> Mixture:
    return Mixture.normal([1], [mean], [sd])


@illustration(
    "A-DST",
    "The optimal discriminator weighs two densities",
    "D*(x) = p_data(x) / (p_data(x) + p_g(x)) for N(−1, 0.8²) and N(1, 1.4²). Where the densities "
    "cross, D* is 1/2. Since the generator is the wider one, there are two crossings, and D* falls "
    "to 0 on both sides.",
    claims=("A-DST-01", "A-DST-03", "A-DST-04", "A-DST-05"),
)
def optimal_discriminator_of_two_gaussians():
    data, generator = _normal(-1, 0.8), _normal(1, 1.4)
    best = optimal_discriminator(data, generator)
    x = np.linspace(-5.5, 6, 700)
    logit = best.logit(x)
    figure, ((ax,),) = canvas(height=3.2)
    ax.fill_between(x, data.pdf(x), color=BLUE, alpha=0.15, linewidth=0)
    ax.fill_between(x, generator.pdf(x), color=ORANGE, alpha=0.15, linewidth=0)
    ax.plot(x, data.pdf(x), color=BLUE, label=r"$p_\mathrm{data}(x)$")
    ax.plot(x, generator.pdf(x), color=ORANGE, label="$p_g(x)$")
    ax.plot(x, best(x), color=GREEN, linewidth=2, label="$D^*(x)$")
    ax.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    (turns,) = np.nonzero(np.diff(np.sign(logit)))
    for i in turns:
        cross = x[i] - logit[i] * (x[i + 1] - x[i]) / (logit[i + 1] - logit[i])
        ax.plot([cross, cross], [0, 0.5], color=GREY, linewidth=0.8, linestyle=":")
        ax.plot(cross, 0.5, "o", color=GREEN, markersize=6)
        ax.plot(cross, data.pdf(cross), "o", color=GREY, markersize=4)
    ax.annotate(
        "$p_\\mathrm{data} = p_g$,  $D^* = 1/2$",
        (cross, 0.5),
        xytext=(14, 14),
        textcoords="offset points",
    )
    ax.set(xlabel="$x$", ylabel="density, and $D^*(x)$", xlim=(x[0], x[-1]), ylim=(0, 1.02))
    ax.legend(frameon=False, loc="upper right")
    return figure


@illustration(
    "A-DST",
    "At each x, D* is the top of one concave curve",
    "p log y + q log(1 − y) for four pairs p, q with p + q = 1: the slope is 0 at y = p / (p + q), "
    "marked, and the second derivative is negative everywhere, so there is no other maximum. The "
    "tops lie on y log y + (1 − y) log(1 − y), which is lowest, −log 2, where p = q.",
    claims=("A-DST-01", "A-DST-02", "A-GAN-06"),
)
def pointwise_maximum():
    y = np.linspace(1e-4, 1 - 1e-4, 600)
    figure, ((ax,),) = canvas(height=3.2)
    for p, color in ((0.5, GREEN), (0.7, BLUE), (0.9, PURPLE), (0.2, ORANGE)):
        q = 1 - p
        top = xlogy(p, p) + xlogy(q, q)
        label = f"$p : q = {round(10 * p)} : {round(10 * q)}$"
        ax.plot(y, xlogy(p, y) + xlogy(q, 1 - y), color=color, label=label)
        ax.plot([p, p], [-2, top], color=color, linewidth=0.8, linestyle=":")
        ax.plot(p, top, "o", color=color, markersize=6)
    ax.plot(y, xlogy(y, y) + xlogy(1 - y, 1 - y), color=GREY, linestyle="--", label="all the tops")
    ax.set(
        xlabel="$y = D(x)$",
        ylabel=r"$p\,\log y + q\,\log(1 - y)$  (nats)",
        xlim=(0, 1),
        ylim=(-2, 0.03),
    )
    ax.legend(frameon=False, loc="lower center", ncols=2)
    return figure


_SHIFTS = (0.0, 0.5, 1.0, 2.0, 4.0, 6.0)


def _shift_table():
    heading = ("μ", "JS (nats)", "JS / log 2", "μ²/8", "C(G) = 2 JS − log 4")
    rows = []
    for mu in _SHIFTS:
        distance = js(_normal(0), _normal(mu))
        rows.append(
            (
                f"{mu:g}",
                f"{distance:.6f}",
                f"{distance / _LOG2:.4f}",
                f"{mu**2 / 8:.6f}",
                f"{2 * distance - _LOG4:.6f}",
            )
        )
    return heading, rows


@illustration(
    "A-JS",
    "JS rises from 0 to log 2 and then tells nothing more",
    "The data are N(0, 1), the generator N(μ, 1). Left: JS against the shift, with the value of "
    "the game at D*, C(G) = 2 JS − log 4, on the right-hand scale; for two uniform laws of width 1 "
    "JS is a straight line up to log 2. Right: near the optimum C(G) + log 4 is μ²/4, flat and "
    "quadratic.",
    claims=("A-JS-02", "A-JS-03", "A-JS-04", "A-JS-06", "A-JS-10", "A-JS-11"),
    table=_shift_table,
)
def js_over_the_shift():
    shift = np.linspace(0, 6, 37)
    curve = np.array([js(_normal(0), _normal(mu)) for mu in shift])
    figure, ((left, right),) = canvas(columns=2, height=3.1)
    left.plot(shift, curve, color=GREEN, linewidth=2, label=r"$N(\mu, 1)$")
    left.plot(
        shift, np.minimum(shift, 1) * _LOG2, color=PURPLE, linestyle="--", label=r"$U[\mu, 1+\mu]$"
    )
    left.axhline(_LOG2, color=GREY, linewidth=0.8, linestyle=":")
    left.annotate(r"$\log 2$", (6, _LOG2), xytext=(0, 3), textcoords="offset points", ha="right")
    left.set(
        xlabel=r"shift $\mu$",
        ylabel="JS (nats)",
        xlim=(0, 6),
        ylim=(0, 0.76),
    )
    left.legend(frameon=False, loc="lower right")
    value = left.secondary_yaxis(
        "right", functions=(lambda d: 2 * d - _LOG4, lambda c: (c + _LOG4) / 2)
    )
    value.set_ylabel(r"$C(G) = 2\,\mathrm{JS} - \log 4$")
    half = np.linspace(0, 1.5, 13)
    gap = [2 * js(_normal(0), _normal(mu)) for mu in half]  # as far below as above
    near, above = np.r_[-half[:0:-1], half], np.r_[gap[:0:-1], gap]
    right.plot(near, above, color=GREEN, linewidth=2, label=r"$C(G) + \log 4$")
    right.plot(near, near**2 / 4, color=GREY, linestyle="--", label=r"$\mu^2/4$")
    right.set(xlabel=r"shift $\mu$", ylabel="nats", xlim=(-1.5, 1.5), ylim=(0, 0.58))
    right.legend(frameon=False, loc="upper center")
    return figure
