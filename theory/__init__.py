"""What must be true of generative adversarial networks, stated as claims and checked.

The names below are imported when first used, so that `import theory` is quick; this package never
imports keras or tensorflow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theory.claim import Claim, Verdict, claims, verify
    from theory.densities import Discrete, Empirical, Mixture
    from theory.divergences import (
        Discriminator,
        js,
        kl,
        optimal_discriminator,
        total_variation,
        value,
    )
    from theory.transport import wasserstein

_HOME = {
    "Claim": "claim",
    "Verdict": "claim",
    "claims": "claim",
    "verify": "claim",
    "Mixture": "densities",
    "Discrete": "densities",
    "Empirical": "densities",
    "Discriminator": "divergences",
    "optimal_discriminator": "divergences",
    "kl": "divergences",
    "js": "divergences",
    "total_variation": "divergences",
    "value": "divergences",
    "wasserstein": "transport",
}

__all__ = [
    "Claim",
    "Discrete",
    "Discriminator",
    "Empirical",
    "Mixture",
    "Verdict",
    "claims",
    "js",
    "kl",
    "optimal_discriminator",
    "total_variation",
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
