"""Figures: Mistakes that still train."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_softmax, softmax

from theory.report.illustration import BLUE, PURPLE, RED, canvas, illustration

_CLASSES = (2, 10, 100, 1000)


def _least_loss(classes: int, times: int) -> float:
    """Cross-entropy of a network that is as sure as it can be, through one softmax or two."""
    logits = np.zeros(classes)
    logits[0] = 1e4
    for _ in range(times - 1):
        logits = softmax(logits)
    return -float(log_softmax(logits)[0])


def _softmax_table():
    rows = [
        (str(k), f"{_least_loss(k, 2):.4f}", f"{math.log(1 + (k - 1) / math.e):.4f}")
        for k in _CLASSES
    ]
    return ("K", "least loss, softmax twice", "log(1 + (K − 1)/e)"), rows


@illustration(
    "B",
    "Three mistakes that raise no error",
    "Left: a softmax inside the model and again inside the loss keeps the cross-entropy above "
    "log(1 + (K − 1)/e), however sure the network is. Middle: BatchNorm(n, 0.8) sets ε, not the "
    "momentum, and layers of small variance v come out with v/(v + 0.8) instead of 1. Right: a "
    "class weighted w times is answered with wp/(wp + 1 − p), no longer with its probability p.",
    claims=("B-E70", "B-E69", "B-E64"),
    table=_softmax_table,
)
def mistakes_without_an_error():
    figure, ((loss, variance, weight),) = canvas(columns=3, height=2.7)
    classes = np.unique(np.geomspace(2, 1000, 40).astype(int))
    loss.semilogx(classes, [_least_loss(k, 2) for k in classes], color=RED, label="twice")
    loss.semilogx(classes, [_least_loss(k, 1) for k in classes], color=BLUE, label="once")
    loss.set(xlabel="classes $K$", ylabel="least loss (nats)", xlim=(2, 1000))
    loss.legend(frameon=False, loc="upper left")
    v = np.geomspace(0.01, 100, 200)
    variance.semilogx(v, v / (v + 0.8), color=RED, label=r"$\varepsilon = 0.8$")
    variance.semilogx(v, v / (v + 1e-3), color=BLUE, label=r"$\varepsilon = 0.001$")
    variance.set(xlabel="variance $v$ before", ylabel="variance after", ylim=(0, 1.5))
    variance.set_yticks([0, 0.5, 1])
    variance.legend(frameon=False, loc="upper left")
    p = np.linspace(0, 1, 200)
    for w, color in ((1, BLUE), (3, PURPLE), (10, RED)):
        weight.plot(p, w * p / (w * p + 1 - p), color=color, label=f"$w = {w}$")
    weight.plot(0.05, 0.5 / 1.45, "o", color=RED, markersize=5)
    weight.annotate("0.345", (0.05, 0.5 / 1.45), xytext=(7, -4), textcoords="offset points")
    weight.set(xlabel="probability $p$", ylabel="answer at the optimum", xlim=(0, 1), ylim=(0, 1))
    weight.legend(frameon=False, loc="lower right")
    return figure
