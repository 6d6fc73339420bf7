"""Figures: Mode collapse and packing."""

from __future__ import annotations

import math

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, total_variation
from theory.calculators.packing import collapse_region, dropped_modes_js, packed, variation_range
from theory.chapters.collapse.mode_collapse_region import COLLAPSED, DATA, SPREAD
from theory.chapters.collapse.mode_seeking import mode_seeking_fit, two_bumps
from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, canvas, illustration

_POINT = (0.05, 0.15)


@illustration(
    "A-MC",
    "The mode-collapse region, and what packing makes of it",
    "For a set S of packs, ε is the generator's and δ the data's share of it; the region lies "
    "between the diagonal and the ROC curve of the likelihood-ratio test, and TV (dotted) is its "
    "largest height over the diagonal. Q₁ = U[0.2, 1] misses a fifth of P = U[0, 1], Q₂ (density "
    "0.6, then 1.4) misses nothing. One sample gives both the same TV; in packs of m the region of "
    "the collapsed law grows much faster, along the axis ε = 0.",
    claims=("A-MC-08", "A-MC-09", "A-MC-14"),
)
def packed_mode_collapse_region():
    figure, (axes,) = canvas(columns=2, height=3.5)
    laws = ("collapsed: $Q_1$", COLLAPSED), ("not collapsed: $Q_2$", SPREAD)
    for ax, (name, q) in zip(axes, laws, strict=True):
        for m, color in ((4, RED), (2, PURPLE), (1, BLUE)):
            eps, delta = collapse_region(DATA, q, m)
            top = int(np.argmax(delta - eps))
            tv = delta[top] - eps[top]
            ax.fill_between(eps, delta, eps, color=color, alpha=0.12, linewidth=0)
            ax.plot(eps, delta, color=color, label=f"$m = {m}$:  TV = {tv:.3f}", clip_on=False)
            ax.plot([eps[top]] * 2, [eps[top], delta[top]], ":", color=color, clip_on=False)
            ax.plot(eps[top], delta[top], "o", color=color, markersize=5, clip_on=False)
        ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        ax.set(xlabel=r"$\varepsilon = Q^m(S)$", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        ax.legend(frameon=False, loc="lower right", title=name, reverse=True)
    axes[0].set_ylabel(r"$\delta = P^m(S)$")
    return figure


_PACKS = np.arange(1, 7)


@illustration(
    "A-MC",
    "Collapse is punished more and more as packs grow",
    "Left: TV between packs of data and of generated samples. All pairs of laws with TV = 0.2 for "
    "one sample stay in the grey band; those without a (0.05, 0.15) collapse or augmentation stay "
    "below the dashed line. The collapsed Q₁ is the worst that can happen, Q₂ almost the mildest. "
    "Right: JS, in nats, when a generator keeps k of 8 equal modes, up to log 2.",
    claims=("A-MC-05", "A-MC-09", "A-MC-10", "A-MC-14"),
)
def packed_distances():
    figure, ((left, right),) = canvas(columns=2, height=3.3)
    low, high = np.array([variation_range(0.2, int(m)) for m in _PACKS]).T
    left.fill_between(
        _PACKS, low, high, color=GREY, alpha=0.25, linewidth=0, label="all pairs with TV = 0.2"
    )
    without = [variation_range(0.2, int(m), without=_POINT)[1] for m in _PACKS]
    left.plot(_PACKS, without, "--", color=GREY, label="the most without such a collapse")
    for name, q, color in (("$Q_1$, collapsed", COLLAPSED, RED), ("$Q_2$, not", SPREAD, ORANGE)):
        packs = [packed(DATA, q, int(m)) for m in _PACKS]
        left.plot(_PACKS, [total_variation(*pq) for pq in packs], "o-", color=color, label=name)
        right.plot(_PACKS, [js(*pq) for pq in packs], "o:", color=color, markersize=4, label=name)
    for kept, color in ((1, GREEN), (5, PURPLE), (7, BLUE)):
        distances = [dropped_modes_js(8, kept, int(m)) for m in _PACKS]
        right.plot(_PACKS, distances, "s-", color=color, markersize=4, label=f"{kept} of 8 modes")
    right.axhline(math.log(2), color=GREY, linewidth=0.8)
    right.annotate("log 2", (6, math.log(2)), xytext=(0, 3), textcoords="offset points", ha="right")
    left.set(xlabel="samples in a pack, $m$", ylabel=r"$\mathrm{TV}(P^m, Q^m)$", ylim=(0, 1))
    right.set(xlabel="samples in a pack, $m$", ylabel=r"$\mathrm{JS}(P^m, Q^m)$  (nats)")
    right.set_ylim(0, 1)
    left.legend(frameon=False, loc="upper left")
    right.legend(frameon=False, loc="upper left", ncols=2, bbox_to_anchor=(0, 1.02))
    return figure


@illustration(
    "A-MC",
    "Which KL covers the modes, and which seeks one",
    "A Gaussian q fitted to two bumps at ±a. KL(p ‖ q) punishes every place where p has mass and q "
    "has none: its best q has p's mean and variance and covers the gap as well. KL(q ‖ p) punishes "
    "mass of q where p has none: as soon as a > 2.80 its best q sits on one bump. Right: the mean "
    "of q jumps there.",
    claims=("A-MC-15",),
)
def mass_covering_and_mode_seeking():
    figure, (axes,) = canvas(columns=3, height=2.9)
    x = np.linspace(-8, 8, 600)
    for ax, a in zip(axes, (2.0, 4.0), strict=False):
        mean, variance = mode_seeking_fit(a)
        data = two_bumps(a).pdf(x)
        ax.fill_between(x, data, color=BLUE, alpha=0.15, linewidth=0)
        ax.plot(x, data, color=BLUE, label="$p$")
        for label, m, v, line in (
            (r"least $\mathrm{KL}(p\,\Vert\,q)$", 0.0, 1 + a**2, "--"),
            (r"least $\mathrm{KL}(q\,\Vert\,p)$", mean, variance, "-"),
        ):
            fit = Mixture.normal([1], [m], [math.sqrt(v)])
            ax.plot(x, fit.pdf(x), line, color=ORANGE, label=label)
        ax.set(xlabel=f"$x$,  bumps at ±{a:.0f}", ylim=(0, 0.5), xlim=(-8, 8))
    axes[0].set_ylabel("density")
    axes[1].set_yticklabels([])
    axes[0].legend(frameon=False, loc="upper left")
    a = np.concatenate([np.linspace(0.5, 2.8, 8), np.linspace(2.8005, 4.5, 8)])
    means = np.array([mode_seeking_fit(v)[0] for v in a])
    for side in (1, -1):
        for part in (means < 0.1, means > 0.1):
            axes[2].plot(a[part], side * means[part].round(3), color=ORANGE, linewidth=2)
    axes[2].plot(a, 0 * a, "--", color=ORANGE)
    for side in (1, -1):
        axes[2].plot(a, side * a, color=BLUE, linewidth=5, alpha=0.25, zorder=1)
    axes[2].text(0.7, 3.4, "the bumps ±a")
    axes[2].set(xlabel="$a$", ylabel="mean of $q$", xlim=(0.5, 4.5))
    return figure
