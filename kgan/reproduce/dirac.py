"""The Dirac-GAN: how far from its equilibrium each method ends.

Mescheder, Geiger, Nowozin 2018, "Which Training Methods for GANs do actually Converge?",
https://arxiv.org/abs/1801.04406, sections 2 and 3, and the authors' notebook.

The generator is a number θ, the data lie at 0, the discriminator's logit is ψ·x. After 500 steps
of 0.2 the distance ‖(θ, ψ)‖ from the equilibrium (0, 0), √2 at the start, says whether a method
goes round (minimax, the two Wasserstein GANs), creeps in (non-saturating) or converges (instance
noise, R1). The paper's discriminator scores generated data high and ours real data, so that its
ψ is minus ours: its start (1, 1) is (1, −1) here. In the alternating columns the generator moves
first, then the discriminator once or five times.

The vector fields are those of `theory`, where the claims A-DYN-08, A-DYN-11 and A-DYN-12 prove the
spectrum that is compared here, too.
"""

import cmath
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kgan.reproduce.table import Figure, Reproduction, Row, choose
from theory.calculators.dynamics import dirac_field

STEP = 0.2
STEPS = 500
START = (1.0, -1.0)
SEEDS = 10
DRAWS = 1000  # of instance noise, for each gradient
COLUMNS = {"simultaneous": None, "alternating 1": 1, "alternating 5": 5}  # steps of D to one of G

Gradients = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class Method:
    """An objective, and what holds the discriminator back.

    Attributes:
        published: ‖(θ, ψ)‖ at the end, for each of `COLUMNS`.
        objective, penalties: as `dirac_field` takes them.
        clip: ψ is put back into [−clip, clip] after each of its moves.
        noise: standard deviation of what is added to real and to generated samples.
    """

    published: tuple[float, float, float]
    objective: str
    penalties: Mapping[str, float] = field(default_factory=dict)
    clip: float = math.inf
    noise: float = 0.0

    def gradients(self, theta: Any, psi: Any) -> tuple[Any, Any]:
        """(∂L_D/∂ψ, ∂L_G/∂θ) without noise."""
        return dirac_field(self.objective, theta, psi, **self.penalties)


METHODS = {
    "minimax": Method((3.097, 1.421, 1.845), "minimax"),
    "non-saturating": Method((0.640, 0.284, 0.139), "non_saturating"),
    "WGAN, clip 1": Method((1.002, 1.024, 0.917), "wasserstein", clip=1.0),
    # Their 0.7 multiplies (|ψ| − 1)·sign ψ, the derivative of (|ψ| − 1)²/2.
    "WGAN-GP 0.7": Method((1.802, 1.221, 0.716), "wasserstein", {"gradient_penalty": 0.7 / 2}),
    "instance noise 0.7": Method((0.019, 0.012, 0.004), "minimax", noise=0.7),
    "R1 0.3": Method((2.6e-6, 2.3e-7, 9e-34), "minimax", {"r1": 0.3}),
    "R1 1.0": Method((9.5e-22, 7.5e-17, 5e-12), "minimax", {"r1": 1.0}),
    "non-saturating + R1 0.3": Method((2.2e-6, 1.5e-7, 4e-34), "non_saturating", {"r1": 0.3}),
}


def run(seeds=None, steps=None, methods=None, journal=None) -> Reproduction:
    """All methods in all columns, and the spectrum of the linearised maps.

    Args:
        seeds: runs with instance noise, the only random method; 10 by default.
        steps: 500 by default, as published.
        methods: names from `METHODS`; all by default.
        journal: not used; a run takes a second.
    """
    seeds, steps = seeds or SEEDS, steps or STEPS
    chosen = choose(methods, list(METHODS), list(METHODS))
    rows = [
        Row(name, column, Figure.mean(play(METHODS[name], turns, steps, seeds)), Figure(published))
        for name in chosen
        for (column, turns), published in zip(COLUMNS.items(), METHODS[name].published, strict=True)
    ]
    return Reproduction(
        protocol="dirac",
        source="Mescheder, Geiger, Nowozin 2018, Which Training Methods for GANs do actually "
        "Converge?: |(θ, ψ)| at the end, as the vector fields of the authors' notebook give it "
        "(of instance noise, one run)",
        settings={
            "step": STEP,
            "steps": steps,
            "start": START,
            "first": "generator",
            "seeds": seeds,
            "noise_draws": DRAWS,
        },
        shortened=steps < STEPS,
        departures=[f"{steps} steps; published are {STEPS}."] if steps != STEPS else [],
        rows=rows,
        more={"spectrum": [r for r in spectra() if r["method"] in chosen]},
    )


# Playing ---------------------------------------------------------------------------------


def play(method: Method, discriminator_steps: int | None, steps: int, seeds: int) -> np.ndarray:
    """‖(θ, ψ)‖ after so many turns.

    Args:
        method: one of `METHODS`.
        discriminator_steps: to one step of the generator; None for both at once.
        steps: turns.
        seeds: runs, where the method is random.

    Returns:
        Shape (seeds,); (1,) where there is nothing random. But for rounding, a seed's run does not
        depend on how many there are.
    """
    runs = seeds if method.noise else 1
    generators = [np.random.default_rng(seed) for seed in range(runs)]

    def draw(samples: int) -> np.ndarray:
        return np.stack([g.standard_normal(samples) for g in generators], axis=-1)

    gradients = noised(method, draw) if method.noise else method.gradients
    theta, psi = (np.full(runs, value) for value in START)
    for _ in range(steps):
        theta, psi = turn(gradients, theta, psi, discriminator_steps, method.clip)
    return np.hypot(theta, psi)


def noised(method: Method, draw: Callable[[int], np.ndarray]) -> Gradients:
    """The gradients with instance noise, means over `DRAWS` samples.

    A real sample sn has the logit ψsn and the loss softplus(−ψsn): that of a generated sample at
    −sn. −n is as likely as n, so that ∂L_D/∂ψ is the sum of the field's at θ + sn and at sn'.

    Args:
        method: one of `METHODS`.
        draw: gives so many standard normal numbers for each run, shape (samples, runs).
    """

    def gradients(theta, psi):
        real, fake = method.noise * draw(2 * DRAWS).reshape(2, DRAWS, -1)
        by_psi, by_theta = method.gradients(theta + fake, psi)
        return (by_psi + method.gradients(real, psi)[0]).mean(axis=0), by_theta.mean(axis=0)

    return gradients


def turn(
    gradients: Gradients, theta, psi, discriminator_steps: int | None, clip: float = math.inf
) -> tuple[Any, Any]:
    """(θ, ψ) after both players' steps: at once, or the generator's first."""
    by_psi, by_theta = gradients(theta, psi)
    theta = theta - STEP * by_theta
    if discriminator_steps is None:
        return theta, np.clip(psi - STEP * by_psi, -clip, clip)
    for _ in range(discriminator_steps):
        psi = np.clip(psi - STEP * gradients(theta, psi)[0], -clip, clip)
    return theta, psi


# Linearised ------------------------------------------------------------------------------


def spectra() -> list[dict[str, Any]]:
    """The eigenvalues of a turn's derivative at (0, 0), beside their closed form.

    There is one wherever the map has a derivative that is not random (neither the gradient penalty
    nor instance noise), and the paper (or the claim A-DYN-12) states it: at once for all, in
    alternation without a penalty.
    """
    records = []
    for name, method in METHODS.items():
        for column, turns in COLUMNS.items():
            if "gradient_penalty" in method.penalties or method.noise:
                continue
            if turns is not None and method.penalties:
                continue
            found, expected = eigenvalues(method, turns), closed_form(method, turns)
            records.append(
                {
                    "method": name,
                    "column": column,
                    "eigenvalues": found,
                    "closed_form": expected,
                    "error": max(abs(a - b) for a, b in zip(found, expected, strict=True)),
                    "modulus": max(map(abs, found)),
                }
            )
    return records


def eigenvalues(method: Method, discriminator_steps: int | None) -> tuple[complex, complex]:
    """The eigenvalues of a turn's derivative at (0, 0), that with the greater imaginary part first.

    They are 1 + hλ with λ of (derivative − 1)/h. At the critical γ = 1 both λ agree, and rounding
    of size ε would part them by √ε; at once, λ belong to the field itself, whose derivative has no
    rounding there.
    """
    flow = -jacobian(method.gradients)
    if discriminator_steps is None:
        rate = flow
    else:
        generator, discriminator = (np.eye(2) + STEP * np.diag(p) @ flow for p in np.eye(2))
        both = np.linalg.matrix_power(discriminator, discriminator_steps) @ generator
        rate = (both - np.eye(2)) / STEP
    (a, b), (c, d) = rate.tolist()
    root = cmath.sqrt(((a - d) / 2) ** 2 + b * c)
    return 1 + STEP * ((a + d) / 2 + root), 1 + STEP * ((a + d) / 2 - root)


def jacobian(gradients: Gradients) -> np.ndarray:
    """The derivative of (∂L_G/∂θ, ∂L_D/∂ψ) in (θ, ψ) at (0, 0), by central differences.

    On either axis ψθ = 0, so that the field is linear there and the differences are exact.
    """
    step = 2.0**-10  # exact, too
    columns = []
    for theta, psi in step * np.eye(2):
        ahead, behind = gradients(theta, psi), gradients(-theta, -psi)
        columns.append([(ahead[i] - behind[i]) / (2 * step) for i in (1, 0)])
    return np.transpose(columns)


def closed_form(method: Method, discriminator_steps: int | None) -> tuple[complex, complex]:
    """What the eigenvalues are by the paper.

    With f'(0) the slope of the loss in the logit: 1 + hλ, λ = −γ/2 ± √(γ²/4 − f'(0)²), at once
    (Lemma 2.3 and section 4.1; claims A-DYN-11, A-DYN-12); without penalty, in alternation with n
    steps of the discriminator, m ± √(m² − 1), m = 1 − n(hf'(0))²/2 (Lemma 2.5; claim A-DYN-12).
    """
    slope = 1.0 if method.objective == "wasserstein" else 0.5
    gamma = method.penalties.get("r1", 0.0)
    if discriminator_steps is None:
        root = cmath.sqrt(gamma**2 / 4 - slope**2)
        return 1 + STEP * (-gamma / 2 + root), 1 + STEP * (-gamma / 2 - root)
    mean = 1 - discriminator_steps * (STEP * slope) ** 2 / 2
    root = cmath.sqrt(mean**2 - 1)
    return mean + root, mean - root
