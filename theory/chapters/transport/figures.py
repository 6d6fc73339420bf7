"""Figures: transport plans and Wasserstein distances."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from theory.calculators.densities import Discrete, Mixture
from theory.calculators.divergences import js, kl, total_variation
from theory.calculators.transport import (
    TransportPlan,
    kantorovich_potential,
    transport_plan,
    wasserstein,
)
from theory.chapters.transport.plans import quadrature, violation
from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, PURPLE, canvas, illustration

_STAIRS = np.array([0.4, 0.3, 0.2, 0.1, 0.0])


def distance(x: Any, y: Any) -> np.ndarray:
    """The cost |x - y|; given to `transport_plan`, it is solved as a linear programme."""
    return np.abs(x - y)


class Comparison(NamedTuple):
    """Two laws in every distance; the last three are of discrete laws only, else None.

    `gap` is how far the linear programme's cost is from the area between the distribution
    functions, `error` the largest error of a marginal, or negative mass, in the three plans.
    """

    pair: str
    kl: float
    js: float
    tv: float
    w1: float
    product: float | None = None
    gap: float | None = None
    error: float | None = None


def _normal(mean: float, std: float = 1.0) -> Mixture:
    return Mixture.normal([1], [mean], [std])


def _plans(p: Any, q: Any) -> dict[str, TransportPlan]:
    """The product plan, the one that a linear programme finds, and the monotone one."""
    ordered = transport_plan(p, q)
    mass = np.outer(ordered.mass.sum(axis=1), ordered.mass.sum(axis=0))
    cost = float(np.sum(mass * distance(ordered.x[:, None], ordered.y)))
    return {
        "product": TransportPlan(ordered.x, ordered.y, mass, cost),
        "linear programme": transport_plan(p, q, distance),
        "monotone": ordered,
    }


def _compare(pair: str, p: Any, q: Any) -> Comparison:
    distances = kl(p, q), js(p, q), total_variation(p, q), wasserstein(p, q)
    if isinstance(p, Mixture):
        return Comparison(pair, *distances)
    plans = _plans(p, q)
    programme = plans["linear programme"]
    rows, columns = (law.weights if isinstance(law, Discrete) else law for law in (p, q))
    error = max(violation(plan.mass, rows, columns) for plan in plans.values())
    gap = abs(programme.cost - distances[3])
    return Comparison(pair, *distances, plans["product"].cost, gap, error)


def _row_profile(digit: int) -> np.ndarray:
    """How the ink of one digit's images is shared among their eight rows, from the top."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    ink = images[labels == digit].reshape(-1, 8, 8).sum(axis=(0, 2))
    return ink / ink.sum()


@cache
def comparisons() -> tuple[Comparison, ...]:
    """The worked pairs: five points, two normal laws and their quantiles, rows of digits."""
    p, q = _normal(0), _normal(1, 2)
    u = (np.arange(40) + 0.5) / 40
    even = np.full(40, 1 / 40)
    return (
        _compare("(.4, .3, .2, .1, 0) and mirrored", _STAIRS, _STAIRS[::-1]),
        _compare("N(0, 1) and N(1, 2²)", p, q),
        _compare("40 quantiles of each", Discrete(p.ppf(u), even), Discrete(q.ppf(u), even)),
        _compare("rows of digits 6 and 9", _row_profile(6), _row_profile(9)),
    )


def _distance_table():
    heading = (
        "p and q",
        "KL (nats)",
        "JS (nats)",
        "TV",
        "W₁",
        "product plan",
        "|LP − ∫|F − G||",
        "marginal error",
    )
    rows = []
    for pair, *distances, product, gap, error in comparisons():
        cells = [f"{d:.4f}".replace("inf", "∞") for d in distances]
        cells += ["–"] * 3 if product is None else [f"{product:.4f}", f"{gap:.1g}", f"{error:.1g}"]
        rows.append((pair, *cells))
    return heading, rows


@illustration(
    "A-OT",
    "Three plans that carry p to q",
    "How much mass goes from x to y, for p = (.4, .3, .2, .1, 0) on 0, ..., 4 (right of each plan) "
    "and q, its mirror image (above it). Every plan has these marginals. The product costs 2.12; "
    "the other two cost 2, and no plan costs less: none of their mass moves to the left, and every "
    "such plan is optimal. Quantiles of two normal laws share no point: KL, JS and TV call them "
    "as different as can be, W₁ moves by half a per cent.",
    claims=("A-OT-01", "A-OT-02", "A-OT-03", "A-OT-04", "A-OT-05", "A-OT-12", "B-E26"),
    table=_distance_table,
)
def transport_plans():
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    shades = LinearSegmentedColormap.from_list("mass", [(*to_rgb(PURPLE), a) for a in (0, 0.8)])
    p, q = _STAIRS, _STAIRS[::-1]
    places = np.arange(5)
    figure, (axes,) = canvas(columns=3, height=2.9)
    for ax, (name, plan) in zip(axes, _plans(p, q).items(), strict=True):
        ax.pcolormesh(plan.mass, cmap=shades, vmin=0, vmax=0.4, edgecolors=GREY, linewidth=0.4)
        for i, j in np.argwhere(plan.mass > 1e-12):
            amount = f"{plan.mass[i, j]:.2f}".lstrip("0")
            ax.text(j + 0.5, i + 0.5, amount, ha="center", va="center", fontsize=8)
        ax.set(aspect="equal", xlabel="to $y$", xticks=places + 0.5, yticks=places + 0.5)
        ax.set_xticklabels(places)
        ax.set_yticklabels(places)
        ax.tick_params(length=0)
        ax.spines[["left", "bottom"]].set_visible(False)
        above, beside = ax.inset_axes((0, 1.03, 1, 0.24)), ax.inset_axes((1.03, 0, 0.24, 1))
        above.bar(places + 0.5, q, width=0.8, color=ORANGE)
        beside.barh(places + 0.5, p, height=0.8, color=BLUE)
        above.set(xlim=(0, 5), ylim=(0, 0.45))
        beside.set(ylim=(0, 5), xlim=(0, 0.45))
        above.text(0.1, 0.26, "$q$")
        beside.text(0.26, 4.3, "$p$")
        above.text(2.5, 0.55, f"{name}: {plan.cost:.2f}", ha="center")
        for side in (above, beside):
            side.axis("off")
    axes[0].set_ylabel("from $x$")
    return figure


@illustration(
    "A-OT",
    "Two bumps slide apart: JS and TV saturate, W₁ goes on",
    "Data N(0, 1) and a generator N(μ, 1). JS bends towards log 2 and TV towards 1, so that their "
    "slopes in μ, which the generator would follow, die away; W₁ is μ, and its slope stays 1. "
    "KL = μ²/2 keeps growing too, but only because these supports are not disjoint: for uniform "
    "laws it is infinite for every shift.",
    claims=("A-OT-06", "A-OT-08", "A-OT-10", "A-OT-11", "A-JS-10"),
)
def sliding_apart():
    figure, ((bumps, distances, slopes),) = canvas(columns=3, height=2.6)
    x = np.linspace(-4, 12, 321)
    bumps.fill_between(x, _normal(0).pdf(x), color=BLUE, alpha=0.35, linewidth=0)
    bumps.plot(x, _normal(0).pdf(x), color=BLUE)
    for mu in (1, 5):
        bumps.plot(x, _normal(mu).pdf(x), color=ORANGE)
        bumps.text(mu + 0.1, 0.41, f"$\\mu = {mu}$", ha="center")
    bumps.text(-1, 0.3, "data", color=BLUE, ha="right")
    bumps.text(6, 0.3, "generator", color=ORANGE)
    bumps.set(xlabel="$x$", ylabel="density", xlim=(-4, 12), ylim=(0, 0.46))
    shift = np.linspace(0, 7, 57)
    measures = {
        "$W_1$": (wasserstein, GREEN, "-"),
        "TV": (total_variation, GREY, "--"),
        "JS (nats)": (js, PURPLE, "-"),
    }
    for name, (measure, color, style) in measures.items():
        curve = np.array([measure(_normal(0), _normal(mu)) for mu in shift])
        distances.plot(shift, curve, style, color=color, label=name)
        slopes.plot(shift, np.gradient(curve, shift, edge_order=2), style, color=color, label=name)
    distances.axhline(np.log(2), color=GREY, linewidth=0.8, linestyle=":")
    distances.annotate(
        r"$\log 2$", (7, np.log(2)), xytext=(0, -11), textcoords="offset points", ha="right"
    )
    distances.set(xlabel=r"shift $\mu$", ylabel="distance", xlim=(0, 7), ylim=(0, 2.6))
    distances.legend(frameon=False, loc="upper right")
    slopes.set(xlabel=r"shift $\mu$", ylabel=r"slope in $\mu$", xlim=(0, 7), ylim=(0, 1.08))
    return figure


@illustration(
    "A-OT",
    "The potential that a critic has to learn",
    "Left: a Kantorovich potential f over two densities. It rises with slope 1 where q has the "
    "larger share of its mass still to come, F < G, and falls where F > G. Right: the area between "
    "the distribution functions is W₁, and it equals the difference of the means of f.",
    claims=("A-OT-05", "A-OT-09", "A-OT-16"),
)
def kantorovich_potential_of_two_densities():
    p, q = Mixture.normal([0.5, 0.5], [-2, 1.8], [0.6, 0.7]), _normal(0.3, 1.1)
    f = kantorovich_potential(p, q)
    x = np.linspace(-4.5, 4.5, 361)
    figure, ((left, right),) = canvas(columns=2, height=3.0)
    for law, color, name in ((p, BLUE, "p"), (q, ORANGE, "q")):
        left.fill_between(x, law.pdf(x), color=color, alpha=0.3, linewidth=0)
        left.plot(x, law.pdf(x), color=color, label=f"${name}(x)$")
    left.set(xlabel="$x$", ylabel="density", xlim=(-4.5, 4.5), ylim=(0, 0.6))
    height = left.twinx()
    height.patch.set_alpha(0)
    height.spines["top"].set_visible(False)
    height.plot(x, f(x), color=GREEN, linewidth=2)
    height.set(ylabel="$f(x)$", ylim=(-1, 5))
    height.text(-3.2, float(f(-3.2)) + 0.2, "$f(x)$", color=GREEN)
    left.legend(frameon=False, loc="upper center", ncols=2)
    right.fill_between(x, p.cdf(x), q.cdf(x), color=GREY, alpha=0.4, linewidth=0)
    right.plot(x, p.cdf(x), color=BLUE, label="$F$, of $p$")
    right.plot(x, q.cdf(x), color=ORANGE, label="$G$, of $q$")
    nodes, weights = quadrature(np.linspace(-9, 9, 200))
    means = weights @ (f(nodes) * (p.pdf(nodes) - q.pdf(nodes)))
    right.text(
        4.4,
        0.1,
        f"grey: $W_1 = {wasserstein(p, q):.4f}$\n$E_p f - E_q f = {means:.4f}$",
        ha="right",
    )
    right.set(xlabel="$x$", ylabel="probability up to $x$", xlim=(-4.5, 4.5), ylim=(0, 1.02))
    right.legend(frameon=False, loc="upper left")
    return figure
