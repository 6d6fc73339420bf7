"""What must be true of generative adversarial networks, stated as claims and checked.

The names below are imported when first used, so that `import theory` is quick; this package never
imports keras or tensorflow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theory.claim import Claim, Verdict
    from theory.convex_functions import F_DIVERGENCES, FDivergence
    from theory.densities import Discrete, Empirical, Mixture
    from theory.divergences import (
        Discriminator,
        f_divergence,
        js,
        kl,
        optimal_discriminator,
        total_variation,
        value,
    )
    from theory.registry import claims, verify
    from theory.transport import (
        TransportPlan,
        kantorovich_potential,
        transport_plan,
        wasserstein,
    )

_HOME = {
    "Claim": "claim",
    "Verdict": "claim",
    "claims": "registry",
    "verify": "registry",
    "Mixture": "densities",
    "Discrete": "densities",
    "Empirical": "densities",
    "Discriminator": "divergences",
    "optimal_discriminator": "divergences",
    "F_DIVERGENCES": "convex_functions",
    "FDivergence": "convex_functions",
    "f_divergence": "divergences",
    "kl": "divergences",
    "js": "divergences",
    "total_variation": "divergences",
    "value": "divergences",
    "wasserstein": "transport",
    "TransportPlan": "transport",
    "transport_plan": "transport",
    "kantorovich_potential": "transport",
}

__all__ = [
    "F_DIVERGENCES",
    "Claim",
    "Discrete",
    "Discriminator",
    "Empirical",
    "FDivergence",
    "Mixture",
    "TransportPlan",
    "Verdict",
    "claims",
    "f_divergence",
    "js",
    "kantorovich_potential",
    "kl",
    "optimal_discriminator",
    "total_variation",
    "transport_plan",
    "value",
    "verify",
    "wasserstein",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'theory' has no attribute {name!r}")
    return getattr(importlib.import_module(f"theory.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
