"""Densities of normal mixtures and logarithms of their ratios at complex balls.

A component g_i is taken out of each sum: log sum_k w_k g_k = log g_i + log sum_k w_k exp(log g_k -
log g_i), where the differences of logs are quadratics in x, made of the exact parameters. Any
component may be taken out; the one that is largest in the middle of x serves best. The choice may
change the logarithm's branch, which does not matter: on the real line all choices are the same real
number, and x always contains some of the real line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import acb, arb, fmpq

_NEGLIGIBLE = 70.0  # exp(-70) = 4e-31 of a sum, to be bounded instead


@dataclass(frozen=True)
class Normal:
    """One component: weight, mean and standard deviation, exactly."""

    weight: fmpq
    mean: fmpq
    std: fmpq


class Logs:
    """The logarithms of some laws' densities, with what they have in common computed once.

    Args:
        laws: the laws, each a tuple of components. They go by their places in this sequence.
    """

    def __init__(self, laws: Sequence[tuple[Normal, ...]]) -> None:
        parts = list(dict.fromkeys((c.mean, c.std) for law in laws for c in law))
        self.parts = [Normal(fmpq(1), mean, std) for mean, std in parts]
        self.means, self.stds = (
            np.array([float(getattr(c, name)) for c in self.parts]) for name in ("mean", "std")
        )
        self.own = [
            _Own(law, [parts.index((c.mean, c.std)) for c in law], self.stds) for law in laws
        ]
        self.quadratics: dict[tuple[int, int], tuple[arb, arb, arb]] = {}

    def at(self, x: acb) -> Place:
        """What they are at a ball."""
        return Place(self, x)

    def quadratic(self, k: int, i: int) -> tuple[arb, arb, arb]:
        """The coefficients of x^2, x and 1 in log g_k(x) - log g_i(x)."""
        if (k, i) not in self.quadratics:
            c, d = self.parts[k], self.parts[i]
            (u, v), (m, n) = ((1 / (e.std * e.std) for e in (c, d)), (c.mean, d.mean))
            constant = arb(d.std / c.std).log() + arb((n * n * v - m * m * u) / 2)
            self.quadratics[k, i] = arb((v - u) / 2), arb(m * u - n * v), constant
        return self.quadratics[k, i]


class _Own:
    """The weights of one law."""

    def __init__(self, law: tuple[Normal, ...], numbers: list[int], stds: np.ndarray) -> None:
        self.numbers = np.array(numbers)
        self.weights = [arb(c.weight) for c in law]
        self.total = sum(self.weights, arb(0))
        self.logs = np.array([float(arb(c.weight).log()) for c in law]) - np.log(stds[numbers])


class Place:
    """A ball x of the complex plane, or a piece of the real line."""

    def __init__(self, logs: Logs, x: acb) -> None:
        self.all, self.x = logs, x
        self.middle = x.real.mid()
        self.step = x - self.middle
        self.exps: dict[tuple[int, int], acb] = {}
        self.sums: dict[int, tuple[int, acb]] = {}

    @cached_property
    def sizes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each exponent -(x - m)^2 / (2 s^2): in the middle, and bounds of its real part."""
        t = np.abs(float(self.middle) - self.all.means)
        radius = float(self.x.real.rad()) * (1 + 1e-9)
        height = float(self.x.imag.abs_upper()) * (1 + 1e-9)
        near, far = np.maximum(t - radius, 0) * (1 - 1e-9), (t + radius) * (1 + 1e-9)
        square = 2 * self.all.stds**2
        return -(t**2) / square, (height**2 - near**2) / square, -(far**2) / square

    def minus(self, k: int, i: int) -> acb:
        """log g_k - log g_i, expanded around the middle of x, where balls are tight."""
        square, linear, constant = self.all.quadratic(k, i)
        height = (square * self.middle + linear) * self.middle + constant
        return (self.step * square + (2 * square * self.middle + linear)) * self.step + height

    def ratio(self, k: int, i: int) -> acb:
        """g_k / g_i."""
        if (k, i) not in self.exps:
            self.exps[k, i] = self.minus(k, i).exp()
        return self.exps[k, i]

    def sum(self, law: int) -> tuple[int, acb]:
        """The component i that is taken out, and what remains of the density."""
        if law not in self.sums:
            own = self.all.own[law]
            middle, most, least = (size[own.numbers] + own.logs for size in self.sizes)
            first = int(np.argmax(middle))
            i = int(own.numbers[first])
            excess = most - least[first]
            left_out = excess < -_NEGLIGIBLE
            total = acb(own.weights[first])
            for k in np.flatnonzero(~left_out).tolist():
                if k != first:
                    total += own.weights[k] * self.ratio(int(own.numbers[k]), i)
            if left_out.any():
                # The float bounds are right to 1e-6, down to 1e-300, and relative to w_i / s_i.
                rest = float(np.exp(excess[left_out]).sum()) * (1 + 1e-6) + 1e-300
                error = arb(0, 1) * own.weights[first] * rest
                total += acb(error, error)
            self.sums[law] = i, total
        return self.sums[law]

    def log_ratio(self, a: int, b: int, analytic: bool) -> acb:
        """log a(x) - log b(x)."""
        i, j = self.sum(a)[0], self.sum(b)[0]
        return self.minus(i, j) + self._log_rest(a, analytic) - self._log_rest(b, analytic)

    def density(self, law: int) -> acb:
        """The density."""
        i, rest = self.sum(law)
        c = self.all.parts[i]
        t = (self.x - arb(c.mean)) / arb(c.std)
        return (-t * t / 2).exp() / (arb(c.std) * (2 * arb.pi()).sqrt()) * rest

    def _log_rest(self, law: int, analytic: bool) -> acb:
        i, rest = self.sum(law)
        own = self.all.own[law]
        if own.numbers.size == 1:
            return acb(own.weights[0].log())
        log = rest.log(analytic=analytic)
        if log.is_finite() or not self.x.imag.is_zero():
            return log
        # x is a long piece of the real line: the rest is at least w_i, and at most the maximum
        numbers = own.numbers.tolist()
        top = arb(0)
        for k in numbers:
            top = top.max(self.minus(k, i).real.upper())
        least = own.weights[numbers.index(i)].log()
        return acb(least.union(own.total.log() + top))
