"""Random laws, and the best value of the game between two laws, for this chapter's claims."""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator, value


def best_value(p: Any, q: Any) -> float:
    """C(G) = V(D*, G), by quadrature or summation."""
    return value(p, q, optimal_discriminator(p, q))


def random_mixture(rng: np.random.Generator) -> Mixture:
    """A mixture of one to three normal laws whose spreads differ by up to a factor of 100."""
    n = rng.integers(1, 4)
    weights = rng.dirichlet(np.ones(n))
    return Mixture.normal(weights, rng.normal(0, 3, n), 10 ** rng.uniform(-1, 1, n))


def best_output(mass_p: float, mass_q: float) -> float:
    """The maximiser over D of mass_p log D + mass_q log(1 - D), found by search, by no formula."""
    from scipy.optimize import minimize_scalar

    found: Any = minimize_scalar(
        lambda d: -(mass_p * np.log(d) + mass_q * np.log1p(-d)),
        bounds=(1e-12, 1 - 1e-12),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x)
