"""The Dirac-GAN: the smallest game, with every gradient in closed form.

The generator is a number θ, the data lie at 0, the discriminator's logit is D(x) = ψ·x (Mescheder,
Geiger, Nowozin 2018, Definition 2.1). Here a discriminator scores *real* data high and both
players minimise; the paper scores *generated* data high, so its ψ is minus ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

OBJECTIVES = ("minimax", "non_saturating", "wasserstein")


def dirac_field(
    objective: str, theta: Any, psi: Any, *, gradient_penalty: float = 0.0, r1: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The two players' gradients (∂L_D/∂ψ, ∂L_G/∂θ) of the Dirac-GAN; descent subtracts them.

    With σ the logistic function and softplus its integral:

    ================  ==================================  =================  ==========  ===========
    objective         L_D                                 L_G                ∂L_D/∂ψ     ∂L_G/∂θ
    ================  ==================================  =================  ==========  ===========
    minimax           softplus(−ψ·0) + softplus(ψθ)       −softplus(ψθ)      θ σ(ψθ)     −ψ σ(ψθ)
    non_saturating    softplus(−ψ·0) + softplus(ψθ)       softplus(−ψθ)      θ σ(ψθ)     −ψ σ(−ψθ)
    wasserstein       ψθ − ψ·0                            −ψθ                θ           −ψ
    ================  ==================================  =================  ==========  ===========

    The penalties belong to the discriminator. The logit's slope is ψ at every x, so
    λ(|ψ| − 1)² is the gradient penalty wherever it is taken, and γ/2·ψ² is R1; they add
    2λ(|ψ| − 1) sign ψ and γψ to ∂L_D/∂ψ. At ψ = 0, where |ψ| has no derivative, the gradient
    penalty adds the subgradient 0.

    Args:
        objective: "minimax", "non_saturating" or "wasserstein".
        theta: θ, the generator's point; any shape that broadcasts with `psi`.
        psi: ψ, the discriminator's slope.
        gradient_penalty: λ >= 0, the weight of (|ψ| − 1)².
        r1: γ >= 0; the weight of ψ² is half of it.

    Returns:
        (∂L_D/∂ψ, ∂L_G/∂θ), float64 arrays of the broadcast shape.

    Raises:
        ValueError: an unknown objective, a negative or infinite weight, θ or ψ not finite.

    Source: Mescheder, Geiger, Nowozin 2018, "Which Training Methods for GANs do actually
    Converge?", section 2 (minimax, Lemma 2.2) and section 3 (non-saturating, WGAN, WGAN-GP, R1);
    claims A-SAT-02 and A-SAT-04 for the derivatives in the logit.
    """
    if objective not in OBJECTIVES:
        raise ValueError(f"objective: got {objective!r}, expected one of {', '.join(OBJECTIVES)}")
    for name, weight in (("gradient_penalty", gradient_penalty), ("r1", r1)):
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"{name}: got {weight!r}, expected a finite number >= 0")
    theta, psi = _finite("theta", theta), _finite("psi", psi)
    try:
        theta, psi = np.broadcast_arrays(theta, psi)
    except ValueError:
        raise ValueError(
            f"psi: got shape {psi.shape}, expected one that broadcasts with theta's {theta.shape}"
        ) from None

    logit = psi * theta
    # L_D and L_G as functions of the fake logit ψθ: their slopes there
    if objective == "minimax":
        slope_d, slope_g = expit(logit), -expit(logit)
    elif objective == "non_saturating":
        slope_d, slope_g = expit(logit), -expit(-logit)
    else:
        slope_d, slope_g = np.ones_like(logit), -np.ones_like(logit)
    penalty = 2 * gradient_penalty * (np.abs(psi) - 1) * np.sign(psi) + r1 * psi
    return theta * slope_d + penalty, psi * slope_g


def _finite(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: got {values[~np.isfinite(values)][0]}, expected finite numbers")
    return values
