"""The Dirac-GAN and the bilinear game as sympy expressions: the one source of the proofs here.

As in `theory.calculators.dynamics`: the generator is θ, the data lie at 0, the discriminator's
logit is D(x) = ψ·x (Mescheder, Geiger, Nowozin 2018, Definition 2.1), both players minimise.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Losses = tuple[Any, Any]


def players() -> tuple[Any, Any]:
    """θ and ψ, two real symbols."""
    import sympy as sp

    theta, psi = sp.symbols("theta psi", real=True)
    return theta, psi


def softplus(t: Any) -> Any:
    """log(1 + e^t), the integral of σ."""
    import sympy as sp

    return sp.log(1 + sp.exp(t))


def sigmoid(t: Any) -> Any:
    """σ(t) = 1/(1 + e^-t)."""
    import sympy as sp

    return 1 / (1 + sp.exp(-t))


def minimax_losses(theta: Any, psi: Any) -> Losses:
    """(L_G, L_D) of the minimax Dirac-GAN: L_D scores the data at 0 as real, θ as generated."""
    return -softplus(psi * theta), softplus(-psi * 0) + softplus(psi * theta)


def non_saturating_losses(theta: Any, psi: Any) -> Losses:
    """(L_G, L_D) of the non-saturating Dirac-GAN, whose generator minimises -log D(θ)."""
    return softplus(-psi * theta), minimax_losses(theta, psi)[1]


def dirac_velocity(
    losses: Callable[[Any, Any], Losses], theta: Any, psi: Any, penalty: Any = 0
) -> Any:
    """(θ', ψ') of the flow, each player down its own loss, as a column.

    Args:
        losses: `minimax_losses` or `non_saturating_losses`.
        theta: θ, a symbol.
        psi: ψ, a symbol.
        penalty: what is added to the discriminator's loss.
    """
    import sympy as sp

    loss_g, loss_d = losses(theta, psi)
    return -sp.Matrix([sp.diff(loss_g, theta), sp.diff(loss_d + penalty, psi)])


def simultaneous_step(velocity: Any, place: Any, step: Any) -> Any:
    """Where one step of both players at once leads: z + h v(z)."""
    return place + step * velocity


def bilinear_step(x: Any, y: Any, eta: Any) -> Any:
    """A simultaneous step on f = xy: x down its slope y, y up its slope x, as a column."""
    import sympy as sp

    f = x * y
    return sp.Matrix([x - eta * sp.diff(f, x), y + eta * sp.diff(f, y)])
