"""Figures: the game."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_expit, ndtri

from theory.report.illustration import BLUE, GREEN, GREY, ORANGE, canvas, illustration

# One small game, played on a grid: the data are N(0, 1), the generator m + s z makes N(m, s²) of
# normal noise, and the discriminator's logit is w0 + w1 x + w2 x², so that D* is among them.
_X = np.linspace(-9, 9, 1801)
_STEP = _X[1] - _X[0]
_FEATURES = np.stack([np.ones_like(_X), _X, _X**2])
_DATA = np.exp(-(_X**2) / 2) / math.sqrt(2 * math.pi)
_START = (2.0, 0.5)  # m and s
_LOG4 = math.log(4)


class _State(NamedTuple):
    m: float
    s: float
    w: np.ndarray

    @property
    def density(self) -> np.ndarray:
        u = (_X - self.m) / self.s
        return np.exp(-(u**2) / 2) / (self.s * math.sqrt(2 * math.pi))

    @property
    def logit(self) -> np.ndarray:
        return self.w @ _FEATURES

    @property
    def value(self) -> float:
        integrand = _DATA * log_expit(self.logit) + self.density * log_expit(-self.logit)
        return float(integrand.sum() * _STEP)

    def best(self) -> _State:
        """The same generator with its optimal discriminator: log p_data - log p_g."""
        w = (
            self.m**2 / (2 * self.s**2) + math.log(self.s),
            -self.m / self.s**2,
            1 / (2 * self.s**2) - 0.5,
        )
        return self._replace(w=np.array(w))

    def discriminator_step(self, rate: float) -> _State:
        """Up the gradient of V: (1 - D) of the data, -D of the generator's, times the features."""
        d = expit(self.logit)
        gradient = _FEATURES @ (_DATA * (1 - d) - self.density * d) * _STEP
        return self._replace(w=self.w + rate * gradient)

    def generator_step(self, rate: float) -> _State:
        """Down the gradient of E log(1 - D(m + s z)): through x, -D a'(x) reaches m and s."""
        slope = -expit(self.logit) * (self.w[1] + 2 * self.w[2] * _X) * self.density * _STEP
        z = (_X - self.m) / self.s
        return self._replace(m=self.m - rate * slope.sum(), s=self.s - rate * (slope @ z))


@cache
def _stages() -> tuple[_State, ...]:
    """Before D has learned; D at its optimum; G halfway, with its D*; the end."""
    rough = _State(*_START, np.zeros(3))
    for _ in range(30):
        rough = rough.discriminator_step(0.05)
    state = rough.best()
    half = state
    for _ in range(600):
        state = state.generator_step(0.2).best()
        if state.m > 1:
            half = state
    return rough, rough.best(), half, state


def _stage_table():
    heading = ("stage", "m", "s", "V(D, G)", "V(D*, G)")
    rows = [
        (f"({letter})", f"{s.m:.3f}", f"{s.s:.3f}", f"{s.value:.4f}", f"{s.best().value:.4f}")
        for letter, s in zip("abcd", _stages(), strict=True)
    ]
    return heading, rows


@illustration(
    "A-GAN",
    "The paper's figure 1, computed",
    "The data N(0, 1) (dotted), the generator's density N(m, s²) (solid), the discriminator "
    "(dashed), and below how G maps noise to samples. (a) D after a few steps; (b) D trained to "
    "D*; (c) G has followed the gradient of V downhill, D* is kept up with it; (d) p_g = p_data, "
    "and D is 1/2 everywhere.",
    claims=("A-GAN-01", "A-GAN-02", "A-DST-01", "A-DST-04", "A-JS-05"),
    table=_stage_table,
)
def four_stages():
    figure, (panels,) = canvas(columns=4, height=2.9)
    z = np.linspace(0.04, 0.96, 13)  # noise of the uniform law; the quantile makes it normal
    for letter, ax, state in zip("abcd", panels, _stages(), strict=True):
        ax.plot(_X, _DATA, color=BLUE, linestyle=":", linewidth=2, label=r"$p_\mathrm{data}$")
        ax.plot(_X, state.density, color=ORANGE, label="$p_g$")
        ax.plot(_X, expit(state.logit), color=GREEN, linestyle="--", label="$D$")
        for start, end in zip(-3 + 7 * z, state.m + state.s * ndtri(z), strict=True):
            ax.annotate(
                "",
                (end, -0.18),
                (start, -0.48),
                arrowprops={"arrowstyle": "->", "color": GREY, "lw": 0.7, "shrinkA": 0,
                            "shrinkB": 0, "mutation_scale": 6},
            )  # fmt: skip
        for height, name in ((-0.16, "$x$"), (-0.5, "$z$")):
            ax.plot([-3, 4], [height, height], color=GREY, linewidth=1)
            ax.annotate(name, (4.1, height), va="center", annotation_clip=False)
        ax.set(xlim=(-3, 4), ylim=(-0.55, 1.02), xticks=[], yticks=[0, 0.5, 1])
        ax.set_xlabel(f"({letter})  $V = {state.value:.2f}$")
        ax.spines["bottom"].set_visible(False)
        ax.spines["left"].set_bounds(0, 1)
        if letter != "a":
            ax.set_yticklabels([])
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
    )
    return figure


@illustration(
    "A-GAN",
    "Algorithm 1: D climbs on V, G takes it down",
    "The value of the game, step after step of gradient ascent of D and descent of G, for k steps "
    "of D to each of G, beginning at p_g = N(2, 0.5²) with D = 1/2. Dotted: the best that any D "
    "could do, C(G) = 2 JS − log 4. With k = 1 D lags behind and the game swings past its "
    "end; the more D keeps up, the more G goes down on C(G) itself.",
    claims=("A-GAN-02", "A-GAN-11", "A-GAN-12", "A-JS-02", "B-E18", "B-E49"),
)
def value_along_play():
    figure, (panels,) = canvas(columns=2, height=3.1)
    for ax, k in zip(panels, (1, 10), strict=True):
        state = _State(*_START, np.zeros(3))
        values, bounds = [state.value], [state.best().value]
        for _turn in range(45):
            for _step in range(k):
                state = state.discriminator_step(0.2)
            values.append(state.value)
            bounds.append(bounds[-1])
            state = state.generator_step(0.4)
            values.append(state.value)
            bounds.append(state.best().value)
        turns = np.arange(len(values)) / 2
        up = np.stack([values[:-1:2], values[1::2]])
        down = np.stack([values[1::2], values[2::2]])
        ax.plot([turns[:-1:2], turns[1::2]], up, color=GREEN)
        ax.plot([turns[1::2], turns[2::2]], down, color=ORANGE)
        ax.plot(turns, bounds, color=GREY, linestyle=":", linewidth=1.8)
        ax.axhline(-_LOG4, color=GREY, linewidth=0.8)
        ax.annotate(
            r"$-\log 4$", (44, -_LOG4), xytext=(0, -11), textcoords="offset points", ha="right"
        )
        ax.set(xlabel="turns of the generator", ylim=(-1.75, 0), xlim=(-0.5, 45.5))
        ax.annotate(f"$k = {k}$", (0.5, 0.95), xycoords="axes fraction", ha="center", va="top")
    panels[0].set_ylabel("$V(D, G)$  (nats)")
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=GREEN, label="steps of D"),
        Line2D([], [], color=ORANGE, label="step of G"),
        Line2D([], [], color=GREY, linestyle=":", linewidth=1.8, label="$C(G)$"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    return figure
