"""Figures: Saturation."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

from theory.report.illustration import BLUE, GREY, RED, canvas, illustration


@illustration(
    "A-SAT",
    "Three losses of the generator, and what they send back",
    "Left: the losses over the logit a = a(G(z)) of one sample. Right: the size of their slopes. "
    "Where the discriminator is sure that the sample is false, far to the left, the slope of "
    "log(1 − D) dies like e^a, that of −log D tends to 1; a critic's loss −a has slope 1 "
    "everywhere. At a = 0 the first two are equal, 1/2.",
    claims=("A-SAT-01", "A-SAT-02", "A-SAT-03", "A-SAT-04", "A-SAT-05", "A-SAT-06", "A-SAT-07"),
)
def losses_and_slopes():
    a = np.linspace(-8, 8, 401)
    figure, ((left, right),) = canvas(columns=2, height=3.1)
    left.plot(a, log_expit(-a), color=RED, label=r"$\log(1 - \sigma(a))$, saturating")
    left.plot(a, -log_expit(a), color=BLUE, label=r"$-\log \sigma(a)$, non-saturating")
    left.plot(a, -a, color=GREY, linestyle="--", label="$-a$, Wasserstein")
    left.set(xlabel="logit $a$", ylabel="loss of G", xlim=(-8, 8), ylim=(-8.5, 14))
    left.legend(frameon=False, loc="upper right")
    right.plot(a, expit(a), color=RED)
    right.plot(a, expit(-a), color=BLUE)
    right.axhline(1, color=GREY, linestyle="--")
    right.plot(0, 0.5, "o", color=GREY, markersize=5)
    right.annotate(r"$|-\sigma(a)|$", (3.2, 0.82), color=RED)
    right.annotate(r"$|-(1 - \sigma(a))|$", (-7.6, 0.82), color=BLUE)
    right.annotate("D rejects", (-7.6, 0.09))
    right.annotate("D is fooled", (7.6, 0.09), ha="right")
    right.set(xlabel="logit $a$", ylabel="size of the slope", xlim=(-8, 8), ylim=(0, 1.08))
    return figure


def _slopes(mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|d/dμ| of E log(1 − D*(G)) and of E[−log D*(G)], D* held fixed, for N(0, 1) and N(μ, 1).

    a*(x) = μ²/2 − μx, so every x passes back μ σ(a*) of the first and μ (1 − σ(a*)) of the second.
    """
    u = np.linspace(-14, 14, 4001)  # x = μ + u, with u ~ N(0, 1)
    weight = np.exp(-(u**2) / 2)
    weight /= weight.sum()
    a = -(mu[:, None] ** 2) / 2 - mu[:, None] * u
    return mu * (expit(a) @ weight), mu * (expit(-a) @ weight)


def _slope_table():
    mu = np.array([0.5, 1, 2, 4, 6, 8, 10])
    columns = (*_slopes(mu), mu * expit(-(mu**2) / 2), mu * expit(mu**2 / 2))
    heading = ("μ", "log(1 − D*)", "−log D*", "log(1 − D*) at x = μ", "−log D* at x = μ")
    rows = [
        (f"{m:g}", *(f"{c:.3g}" for c in row))
        for m, row in zip(mu, np.stack(columns, 1), strict=True)
    ]
    return heading, rows


@illustration(
    "A-SAT",
    "The gradient that reaches the generator, over its distance",
    "Data N(0, 1), generator N(μ, 1), and the optimal discriminator between them. The saturating "
    "loss loses its gradient faster than exponentially: at μ = 10 a sample at the generator's "
    "centre gets 2e-21. The non-saturating one gives about μ, which grows with the distance; the "
    "Wasserstein distance gives 1.",
    claims=("A-SAT-05", "A-SAT-09", "A-SAT-10", "A-SAT-11", "B-E57", "B-E61"),
    table=_slope_table,
)
def gradient_over_the_distance():
    mu = np.linspace(0.05, 10, 200)
    saturating, other = _slopes(mu)
    figure, ((ax,),) = canvas(height=3.4)
    ax.semilogy(mu, other, color=BLUE, linewidth=2, label=r"$-\log D^*$, mean over $p_g$")
    ax.semilogy(
        mu, mu * expit(mu**2 / 2), color=BLUE, linestyle="--", label=r"$-\log D^*$, at $x = \mu$"
    )
    ax.axhline(1, color=GREY, linewidth=1.2, label="$W_1$")
    ax.semilogy(mu, saturating, color=RED, linewidth=2, label=r"$\log(1 - D^*)$, mean over $p_g$")
    ax.semilogy(
        mu,
        mu * expit(-(mu**2) / 2),
        color=RED,
        linestyle="--",
        label=r"$\log(1 - D^*)$, at $x = \mu$",
    )
    end = 10 * expit(-50)
    ax.plot(10, end, "o", color=RED, markersize=5, clip_on=False)
    ax.annotate(f"{end:.2g}", (10, end), xytext=(-8, 0), textcoords="offset points", ha="right")
    ax.set(
        xlabel=r"distance $\mu$ of the generator from the data",
        ylabel=r"size of the gradient in $\mu$",
        xlim=(0, 10.2),
        ylim=(1e-22, 1e3),
    )
    ax.legend(frameon=False, loc="lower left")
    return figure
