"""Figures: Evaluation."""

from __future__ import annotations

from functools import cache

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.integration import integrate
from theory.calculators.noise import smoothed
from theory.chapters.evaluation.parzen import log_parzen
from theory.chapters.evaluation.parzen_consistency import parzen_variance
from theory.report.illustration import BLUE, GREY, ORANGE, PURPLE, canvas, illustration

TRUTH = Mixture.normal([0.4, 0.6], [-1.5, 1.5], [0.5, 0.8])
WIDTHS = (0.08, 0.3, 1.0)
PARZEN_SAMPLES = 200


@cache
def parzen_rows() -> list[tuple[float, float, float, float]]:
    """Width σ, ∫ bias², ∫ variance and their sum, of a window on 200 samples, by quadrature."""
    edges = np.linspace(-9, 9, 73)
    rows = []
    for sigma in WIDTHS:
        mean = smoothed(TRUTH, sigma)
        bias = integrate(lambda x, q=mean: (q.pdf(x) - TRUTH.pdf(x)) ** 2, edges)
        variance = integrate(lambda x, s=sigma: parzen_variance(TRUTH, x, s, PARZEN_SAMPLES), edges)
        rows.append((sigma, bias, variance, bias + variance))
    return rows


def _parzen_table():
    rows = [(f"{row[0]:g}", *(f"{v:.5f}" for v in row[1:])) for row in parzen_rows()]
    return ("σ", "∫ bias²", "∫ variance", "∫ mean square error"), rows


@illustration(
    "A-EVA",
    title="A Parzen window estimates the smoothed density",
    caption="One estimate from 200 samples (marks) at three widths, with the band of its mean "
    "± one standard deviation. Its mean is the truth smoothed by the window: a small σ has much "
    "variance and little bias, a large σ the reverse, and the width in between the least error.",
    claims=("A-EVA-01", "A-EVA-02", "A-EVA-06"),
    table=_parzen_table,
)
def parzen_window():
    samples = TRUTH.rvs(PARZEN_SAMPLES, random_state=1)
    x = np.linspace(-5, 5.5, 400)
    figure, axes = canvas(columns=3, height=2.8)
    for ax, sigma in zip(axes[0], WIDTHS, strict=True):
        mean = smoothed(TRUTH, sigma).pdf(x)
        spread = np.sqrt(parzen_variance(TRUTH, x, sigma, PARZEN_SAMPLES))
        estimate = np.exp(log_parzen(x[:, None], samples[:, None], sigma))
        ax.fill_between(x, mean - spread, mean + spread, color=PURPLE, alpha=0.2, lw=0)
        ax.plot(x, TRUTH.pdf(x), color=BLUE, lw=1.6, label="truth p_g")
        ax.plot(x, mean, color=PURPLE, lw=1.6, ls="--", label="mean p_g * N(0, σ²)")
        ax.plot(x, estimate, color=ORANGE, lw=1.2, label="one estimate p̂")
        ax.plot(samples, np.full(samples.size, -0.012), "|", color=GREY, ms=4, mew=0.5)
        ax.set_ylim(-0.025, 0.47)
        ax.set_xlabel(f"x,  σ = {sigma:g}")
    axes[0, 0].set_ylabel("density")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
    )
    return figure
