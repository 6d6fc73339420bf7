"""What must be true of generative adversarial networks, stated as claims and checked.

The names below are imported when first used, so that `import theory` is quick; this package never
imports keras or tensorflow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theory.calculators.convex_functions import F_DIVERGENCES, FDivergence
    from theory.calculators.densities import Mixture
    from theory.calculators.discrete import Discrete, Empirical
    from theory.calculators.divergences import (
        Discriminator,
        f_divergence,
        js,
        kl,
        optimal_discriminator,
        total_variation,
        value,
    )
    from theory.calculators.transport import (
        TransportPlan,
        kantorovich_potential,
        transport_plan,
        wasserstein,
    )
    from theory.claim import Claim, Verdict
    from theory.claim.registry import claims, verify

_HOME = {
    "Claim": "claim",
    "Verdict": "claim",
    "claims": "claim.registry",
    "verify": "claim.registry",
    "Mixture": "calculators.densities",
    "Discrete": "calculators.discrete",
    "Empirical": "calculators.discrete",
    "Discriminator": "calculators.divergences",
    "optimal_discriminator": "calculators.divergences",
    "F_DIVERGENCES": "calculators.convex_functions",
    "FDivergence": "calculators.convex_functions",
    "f_divergence": "calculators.divergences",
    "kl": "calculators.divergences",
    "js": "calculators.divergences",
    "total_variation": "calculators.divergences",
    "value": "calculators.divergences",
    "wasserstein": "calculators.transport",
    "TransportPlan": "calculators.transport",
    "transport_plan": "calculators.transport",
    "kantorovich_potential": "calculators.transport",
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
