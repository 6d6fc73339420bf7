"""Two numbers that play a game: the Dirac-GAN, the bilinear game, the flow, five kinds of steps.

The Dirac-GAN is the smallest GAN, with every gradient in closed form. The generator is a number θ,
the data lie at 0, the discriminator's logit is D(x) = ψ·x (Mescheder, Geiger, Nowozin 2018,
Definition 2.1). Here a discriminator scores *real* data high and both players minimise; the paper
scores *generated* data high, so its ψ is minus ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

OBJECTIVES = ("minimax", "non_saturating", "wasserstein")


METHODS = ("simultaneous", "alternating", "extragradient", "implicit", "optimistic")


Field = Callable[[Any, Any], tuple[Any, Any]]


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


def dirac_game(objective: str, **penalties: float) -> Field:
    """The Dirac-GAN as a field for `trajectory`: (θ, ψ) to (∂L_G/∂θ, ∂L_D/∂ψ), θ moving first.

    Args:
        objective: as in `dirac_field`.
        penalties: `gradient_penalty` and `r1`, as there.
    """

    def field(theta: Any, psi: Any) -> tuple[Any, Any]:
        gradient_psi, gradient_theta = dirac_field(objective, theta, psi, **penalties)
        return gradient_theta, gradient_psi

    return field


def bilinear_field(x: Any, y: Any) -> tuple[Any, Any]:
    """What each player's step subtracts on f = xy: (∂f/∂x, −∂f/∂y) = (y, −x)."""
    return y, -x


def trajectory(method: str, field: Field, start: Any, step: float, steps: int) -> np.ndarray:
    """The points that two players pass, each of them a number that moves by gradient steps.

    With z = (x, y), F the field and η the step:

    =============  ==========================================================================
    simultaneous   z − ηF(z)
    alternating    x first: x' = x − ηF_x(x, y), then y' = y − ηF_y(x', y)
    extragradient  z − ηF(w), with the look-ahead w = z − ηF(z)
    implicit       the z' that solves z' = z − ηF(z'), a proximal step
    optimistic     z − 2ηF(z) + ηF(the point before); the first step is a plain one
    =============  ==========================================================================

    Args:
        method: one of `METHODS`.
        field: takes x and y, returns what a plain step of size 1 subtracts from each.
        start: the first point, two finite numbers.
        step: η, positive.
        steps: how many.

    Returns:
        An array of shape (steps + 1, 2), the start first.

    Raises:
        ValueError: an unknown method, or a start or step that is none.
        ArithmeticError: an implicit step was not found.

    Source: Korpelevich 1976 (extragradient); Popov 1980 and Daskalakis et al. 2018 (optimistic);
    Rockafellar 1976 (implicit).
    """
    if method not in METHODS:
        raise ValueError(f"method: got {method!r}, expected one of {', '.join(METHODS)}")
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step: got {step!r}, expected a finite number > 0")
    points = np.empty((steps + 1, 2))
    points[0] = start
    if not np.isfinite(points[0]).all():
        raise ValueError(f"start: got {start!r}, expected two finite numbers")

    def f(z: np.ndarray) -> np.ndarray:
        return np.array(field(z[0], z[1]))

    before = f(points[0])
    for k in range(steps):
        z = points[k]
        if method == "implicit":
            points[k + 1] = _implicit_step(f, z, step)
            continue
        gradient = f(z)
        if method == "alternating":
            x = z[0] - step * gradient[0]
            points[k + 1] = x, z[1] - step * field(x, z[1])[1]
        elif method == "extragradient":
            points[k + 1] = z - step * f(z - step * gradient)
        elif method == "optimistic":
            points[k + 1] = z - step * (2 * gradient - before)
            before = gradient
        else:
            points[k + 1] = z - step * gradient
    return points


def flow(field: Field, start: Any, times: Any) -> np.ndarray:
    """The points of z' = −F(z), what gradient steps become when the step goes to 0.

    Args:
        field: F, as in `trajectory`.
        start: the point at the first time.
        times: shape (n,), ascending.

    Returns:
        An array of shape (n, 2), by a Runge-Kutta method of order 8 to about 1e-11.
    """
    from scipy.integrate import solve_ivp

    solved = solve_ivp(
        lambda _t, z: -np.array(field(z[0], z[1])),
        (times[0], times[-1]),
        start,
        method="DOP853",
        t_eval=times,
        rtol=1e-11,
        atol=1e-12,
    )
    return solved.y.T


def _implicit_step(f: Callable[[np.ndarray], np.ndarray], z: np.ndarray, step: float) -> np.ndarray:
    from scipy.optimize import root

    scale = max(np.hypot(*z), 1e-300)  # solved in units of the point, however near 0 it is
    found = root(lambda w: w - z / scale + step * f(w * scale) / scale, z / scale, tol=1e-14).x
    missing = np.abs(found * scale - z + step * f(found * scale)).max() / scale
    if not missing < 1e-10:
        raise ArithmeticError(f"no implicit step from {z}: {missing:.1e} is missing")
    return found * scale


def bilinear_rate(method: str, step: float) -> float:
    """The factor per step by which the distance to (0, 0) grows or shrinks in the end on f = xy.

    Args:
        method: one of `METHODS`.
        step: η >= 0.

    Returns:
        The spectral radius of the step: above 1 it diverges, below 1 it converges.

    Raises:
        ValueError: an unknown method.

    Source: claims A-DYN-04 (simultaneous), A-DYN-05 (alternating), A-DYN-06 (extragradient and
    implicit), A-DYN-10 (optimistic).
    """
    if method == "simultaneous":
        return math.sqrt(1 + step**2)
    if method == "alternating":
        half = step**2 / 2 - 1  # minus half the trace; the determinant is 1
        return 1.0 if half <= 1 else half + math.sqrt(half**2 - 1)
    if method == "extragradient":
        return math.sqrt(1 - step**2 + step**4)
    if method == "implicit":
        return 1 / math.sqrt(1 + step**2)
    if method == "optimistic":
        root = math.sqrt(abs(1 - 4 * step**2))
        if step <= 0.5:
            return math.sqrt((1 + root) / 2)
        return math.sqrt(1 + (2 * step + root) ** 2) / 2
    raise ValueError(f"method: got {method!r}, expected one of {', '.join(METHODS)}")
