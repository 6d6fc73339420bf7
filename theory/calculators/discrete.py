"""Laws on finitely many points: discrete ones and samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.calculators.components import numbers, points_of, weights_of


class Discrete:
    """A law on finitely many points, of the line or of a space of several dimensions.

    Args:
        points: shape (n,), or (n, d); finite; equal points are joined.
        weights: shape (n,), at least zero, with sum one (within 1e-6; then made exact).

    Raises:
        ValueError: the lengths differ, there is no point, a point is not finite, a weight is
            negative or NaN, or the weights do not add up to one.

    Attributes:
        points: shape (m,), ascending and distinct; or (m, d), in the order of their coordinates.
        weights: shape (m,), their probabilities.
        dimension: 1, or d.
    """

    def __init__(self, points: Any, weights: Any) -> None:
        points = points_of(points, "points")
        weights = weights_of(weights, "weights")
        if len(points) != weights.size:
            raise ValueError(
                f"weights: got {weights.size} for {len(points)} points, expected as many"
            )
        self.dimension = 1 if points.ndim == 1 else points.shape[1]
        self.points, inverse = np.unique(points, return_inverse=True, axis=0)
        self.weights = np.bincount(inverse.reshape(-1), weights, minlength=len(self.points))

    def pmf(self, x: Any) -> np.ndarray:
        """The probability of each x, of each row of x in several dimensions."""
        x = numbers(x, "x")
        if self.dimension > 1:
            rows = x.reshape(-1, self.dimension)
            both = np.concatenate([self.points, rows])
            _, number = np.unique(both, return_inverse=True, axis=0)
            known = np.zeros(len(both))
            known[number.reshape(-1)[: len(self.points)]] = self.weights
            return known[number.reshape(-1)[len(self.points) :]].reshape(x.shape[:-1])
        place = np.minimum(np.searchsorted(self.points, x), self.points.size - 1)
        return np.where(self.points[place] == x, self.weights[place], 0.0)

    def cdf(self, x: Any) -> np.ndarray:
        """The probability of values up to x."""
        self._refuse_space("cdf")
        sums = np.concatenate([[0.0], np.cumsum(self.weights)])
        return sums[np.searchsorted(self.points, numbers(x, "x"), side="right")]

    def sf(self, x: Any) -> np.ndarray:
        """The probability of values above x."""
        self._refuse_space("sf")
        sums = np.concatenate([np.cumsum(self.weights[::-1])[::-1], [0.0]])
        return sums[np.searchsorted(self.points, numbers(x, "x"), side="right")]

    def ppf(self, u: Any) -> np.ndarray:
        """The smallest point with `cdf` of at least u, for u in [0, 1]."""
        self._refuse_space("ppf")
        place = np.searchsorted(np.cumsum(self.weights), numbers(u, "u"))
        return self.points[np.minimum(place, self.points.size - 1)]

    def isf(self, u: Any) -> np.ndarray:
        """The smallest point with `sf` of at most u, for u in [0, 1]."""
        self._refuse_space("isf")
        above = np.cumsum(self.weights[::-1])  # the mass of the largest points, from the top
        place = np.searchsorted(above, numbers(u, "u"), side="right")
        return self.points[::-1][np.minimum(place, self.points.size - 1)]

    def rvs(self, size: int | tuple[int, ...] = 1, random_state: Any = None) -> np.ndarray:
        """Independent samples of the given shape; `random_state` is a seed or a Generator."""
        return np.random.default_rng(random_state).choice(self.points, size=size, p=self.weights)

    def mean(self) -> float:
        """The expected value."""
        self._refuse_space("mean")
        return float(self.weights @ self.points)

    def std(self) -> float:
        """The standard deviation."""
        self._refuse_space("std")
        return float(np.sqrt(self.weights @ (self.points - self.mean()) ** 2))

    def support(self) -> tuple[float, float]:
        """The smallest and the largest point that have mass."""
        self._refuse_space("support")
        points = self.points[self.weights > 0]
        return float(points[0]), float(points[-1])

    def _refuse_space(self, what: str) -> None:
        if self.dimension > 1:
            raise ValueError(f"{what}: got a law in {self.dimension} dimensions, expected the line")


class Empirical(Discrete):
    """The law of a sample: each observation has mass 1/n.

    Args:
        samples: shape (n,), or (n, d) in several dimensions; finite, n at least one.

    Raises:
        ValueError: the sample is empty, of another shape, or not finite.
    """

    def __init__(self, samples: Any) -> None:
        samples = points_of(samples, "samples")
        super().__init__(samples, np.full(len(samples), 1 / len(samples)))
