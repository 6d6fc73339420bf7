"""Laws with noise added: their densities, and the gradient that the noise gives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

from theory.calculators.densities import Mixture


def js_gradient(theta: Any, std: Any) -> np.ndarray:
    """dJS/dθ between two point masses 0 and θ under Gaussian noise, N(0, s²) and N(θ, s²).

    Args:
        theta: θ, any shape that broadcasts with `std`.
        std: s, the noise's standard deviation, positive.

    Returns:
        θ/(2s²) E[D*(x)] for x ~ N(θ, s²), by quadrature to about 1e-12.

    Raises:
        ValueError: a standard deviation is not positive.

    Source: claim A-SUP-08.
    """
    theta, std = np.asarray(theta, dtype=float), np.asarray(std, dtype=float)
    if not (std > 0).all():
        raise ValueError(f"std: got {std[~(std > 0)].flat[0]}, expected numbers > 0")
    ratio = (theta / std)[..., None]
    # At x = θ + sz the logit of D* is -(rz + r²/2), r = θ/s. The sum of a smooth function times
    # the normal density on a grid is as good as its integral.
    z, width = np.linspace(-12, 12, 1201, retstep=True)
    density = np.exp(-(z**2) / 2) * width / math.sqrt(2 * math.pi)
    return theta / (2 * std**2) * (expit(-(ratio * z + ratio**2 / 2)) @ density)


def noised_uniform(low: float, std: float) -> Mixture:
    """U[low, low + 1] with Gaussian noise, as 20 normal laws at the nodes of Gauss and Legendre.

    Right to 1e-13 for std >= 1/2.
    """
    nodes, weights = np.polynomial.legendre.leggauss(20)
    return Mixture.normal(weights / 2, low + (nodes + 1) / 2, np.full(20, std))


def noised_uniform_density(x: Any, low: float, std: float) -> np.ndarray:
    """The density of U[low, low + 1] with Gaussian noise, exact: a difference of two Φ."""
    away = np.abs(np.asarray(x, dtype=float) - low - 0.5)  # even about the middle: no cancellation
    return ndtr((0.5 - away) / std) - ndtr((-0.5 - away) / std)


def smoothed(p: Mixture, sigma: float) -> Mixture:
    """E[p̂] = p * N(0, σ²), of a mixture p of normal laws: each variance grows by σ² (A-EVA-02).

    Raises:
        ValueError: a component of p is not a normal law of `scipy.stats`.
    """
    if any(getattr(c, "dist", None) is None or c.dist.name != "norm" for c in p.components):
        raise ValueError("p: got a component of another kind, expected scipy.stats.norm only")
    means = np.concatenate([np.atleast_1d(c.mean()) for c in p.components])
    stds = np.concatenate([np.atleast_1d(c.std()) for c in p.components])
    return Mixture.normal(p.weights, means, np.hypot(stds, sigma))
