"""The generator's losses in the logit, each written once, as sympy expressions.

Claims prove with them, evaluate their texts with them, and proofs by machine are made from them.
"""

from __future__ import annotations

from typing import Any


def sigmoid(a: Any) -> Any:
    """σ(a) = 1/(1 + e^-a), the discriminator's output at the logit a."""
    import sympy as sp

    return 1 / (1 + sp.exp(-a))


def saturating_loss(a: Any) -> Any:
    """log(1 - σ(a)), Goodfellow et al. 2014, equation 1: what G minimises in the minimax game."""
    import sympy as sp

    return sp.log(1 - sigmoid(a))


def non_saturating_loss(a: Any) -> Any:
    """-log σ(a), Goodfellow et al. 2014, section 3: what G minimises in practice."""
    import sympy as sp

    return -sp.log(sigmoid(a))


def saturating_gradient(a: Any) -> Any:
    """-σ(a), which A-SAT-02 shows to be the derivative of `saturating_loss`."""
    return -sigmoid(a)


def non_saturating_gradient(a: Any) -> Any:
    """-(1 - σ(a)), which A-SAT-04 shows to be the derivative of `non_saturating_loss`."""
    return -(1 - sigmoid(a))
