"""Densities and distribution functions of mixtures of normal laws, quick for many components."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

_AT_ONCE = 1_000_000  # terms
_FEW = 8  # components up to which all are evaluated everywhere
_TOGETHER = 256  # places that are served by one choice of components
_NEGLIGIBLE = 1e-22  # of the largest term; a rounding is 1e-16 of it
_CERTAIN = 8.5  # standard deviations below which there is all mass but 1e-17

Places = np.ndarray
Choice = np.ndarray  # the numbers of the components that are evaluated


class NormalSum:
    """A weighted sum of normal laws.

    Of many components only those are evaluated that matter: places are taken in ascending order,
    some at a time, and on the interval that they span each term is bounded from both sides.

    Args:
        weights: shape (n,), above zero.
        means: shape (n,).
        stds: shape (n,), above zero.
    """

    def __init__(self, weights: np.ndarray, means: np.ndarray, stds: np.ndarray) -> None:
        self.weights, self.means, self.stds = weights, means, stds
        self._logs = np.log(weights) - np.log(stds) - math.log(2 * math.pi) / 2

    def logpdf(self, x: np.ndarray) -> np.ndarray:
        """The logarithm of the density, an array of x's shape."""

        def choose(a: float, b: float) -> tuple[Choice, float]:
            near = np.maximum(np.maximum(self.means - b, a - self.means), 0) / self.stds
            far = np.maximum(np.abs(a - self.means), np.abs(b - self.means)) / self.stds
            least = (self._logs - far**2 / 2).max() + math.log(_NEGLIGIBLE)
            return np.flatnonzero(~(self._logs - near**2 / 2 < least)), 0.0

        def logs(x: Places, k: Choice, _: float) -> np.ndarray:
            terms = self._logs[k] - ((x[:, None] - self.means[k]) / self.stds[k]) ** 2 / 2
            if k.size == 1:
                return terms[:, 0]
            largest = terms.max(axis=1)
            with np.errstate(invalid="ignore", under="ignore"):
                sums = np.exp(terms - largest[:, None]).sum(axis=1)
            return np.where(np.isinf(largest), largest, largest + np.log(sums))

        return self._each(x, choose, logs)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """The probability of values up to x, an array of x's shape."""
        return self._mass(x, 1)

    def sf(self, x: np.ndarray) -> np.ndarray:
        """The probability of values above x, an array of x's shape."""
        return self._mass(x, -1)

    def _mass(self, x: np.ndarray, sign: int) -> np.ndarray:
        """Phi(sign t) of every component, t being the place in its own unit."""

        def choose(a: float, b: float) -> tuple[Choice, float]:
            s, t = (sign * (end - self.means) / self.stds for end in ((a, b)[::sign]))
            all_mass = s > _CERTAIN
            certain = self.weights[all_mass].sum()
            least = _NEGLIGIBLE * max(certain, (self.weights * ndtr(s)).max())
            some = ~(self.weights * ndtr(t) < least) & ~all_mass
            return np.flatnonzero(some), float(certain)

        def masses(x: Places, k: Choice, certain: float) -> np.ndarray:
            t = sign * (x[:, None] - self.means[k]) / self.stds[k]
            return certain + ndtr(t) @ self.weights[k]

        return self._each(x, choose, masses)

    def _each(
        self,
        x: np.ndarray,
        choose: Callable[[float, float], tuple[Choice, float]],
        evaluate: Callable[[Places, Choice, float], np.ndarray],
    ) -> np.ndarray:
        """Evaluate at every place those components that are chosen for its interval."""
        flat = x.reshape(-1)
        n = self.weights.size
        with np.errstate(over="ignore"):  # far out a square is infinite, and the density zero
            if n <= _FEW:
                step = _AT_ONCE // n
                parts = [
                    evaluate(flat[i : i + step], np.arange(n), 0.0)
                    for i in range(0, max(flat.size, 1), step)
                ]
                return np.concatenate(parts).reshape(x.shape)
            order = np.argsort(flat)
            result = np.empty(flat.size)
            for i in range(0, flat.size, _TOGETHER):
                places = order[i : i + _TOGETHER]
                part = flat[places]
                chosen, certain = choose(part[0], part[-1])
                result[places] = evaluate(part, chosen, certain)
        return result.reshape(x.shape)
