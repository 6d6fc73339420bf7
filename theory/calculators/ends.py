"""Densities that are infinite at an end of their support where float64 has no room for them.

The last number of float64 below 1 is 1e-16 away, and beta(.45, .45) has 4e-8 of its mass beyond. So
near such an end a density is taken as a function of the distance t to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from theory.calculators.components import log, log_density
from theory.calculators.densities import Mixture

_LOST = 1e-13  # mass between an end and its neighbour that is too much to be left out
_ZONE = 2.0**-12  # of the support's width: nearer than this, t is not known from x
_FITTED = 2.0 ** -np.arange(8, 18)  # distances at which the density is fitted
_POWERS = np.arange(4)  # of t, in the fit
_MISFIT = 1e-9

Logs = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class End:
    """An end of the support of some density that is infinite there.

    Attributes:
        place: where it is.
        side: 1 if the support lies above it, -1 if below.
        width: of the zone in which densities are to be taken by their distance from it.
        gap: to the nearest number at which the density can be asked for by x.
    """

    place: float
    side: int
    width: float
    gap: float

    @property
    def limit(self) -> float:
        """Where the zone ends."""
        return self.place + self.side * self.width

    def holds(self, x: np.ndarray) -> np.ndarray:
        """Which x lie in the zone."""
        return (self.side * (x - self.limit) < 0) & (self.side * (x - self.place) >= 0)

    def at(self, t: np.ndarray) -> np.ndarray:
        """The numbers at distance t, no nearer to the end than the gap."""
        return self.place + self.side * np.maximum(t, self.gap)


@dataclass(frozen=True)
class _Part:
    """One component of a mixture, with numbers for parameters."""

    dist: Any
    shapes: tuple[float, ...]
    loc: float
    scale: float
    weight: float

    @cached_property
    def frozen(self) -> Any:
        return self.dist(*self.shapes, loc=self.loc, scale=self.scale)

    def ends(self) -> Iterator[End]:
        """Those of its ends at which it has a pole and float64 no room."""
        places = [float(end) for end in self.frozen.support()]
        width = places[1] - places[0]
        width = width if np.isfinite(width) else self.scale
        for place, side in zip(places, (1, -1), strict=True):
            if not np.isfinite(place) or place == self.loc == 0:  # near 0 there is room
                continue
            gap = 2 * float(np.spacing(max(abs(place), abs(self.loc))))
            end = End(place, side, _ZONE * width, gap)
            last, limit = (
                float(log_density(self.frozen, x)) for x in (place + side * gap, end.limit)
            )
            lost = last + np.log(gap) > np.log(_LOST)
            if lost and last > limit + 1 and self.beside(end):
                yield end

    def beside(self, end: End) -> Logs | None:
        """The log density by the distance from an end, None if it cannot be told."""
        if end.place not in self.frozen.support():
            return lambda t: log_density(self.frozen, end.at(t))
        standard = self.dist.support(*self.shapes)[0 if end.side == 1 else 1]
        if standard == 0:
            return lambda t: (
                self.dist.logpdf(end.side * t / self.scale, *self.shapes) - np.log(self.scale)
            )
        # log p = c log t + a polynomial in t
        unit = end.width / _ZONE
        x = end.at(_FITTED * unit)
        t = np.abs(x - end.place) / unit
        terms = np.column_stack([np.log(t), t[:, None] ** _POWERS])
        logs = log_density(self.frozen, x)
        found = np.linalg.lstsq(terms, logs, rcond=None)[0]
        if not np.abs(terms @ found - logs).max() < _MISFIT:
            return None

        def by_distance(t: np.ndarray) -> np.ndarray:
            t = t / unit
            return found[0] * np.log(t) + np.polynomial.polynomial.polyval(t, found[1:])

        return by_distance


def poles(*laws: Mixture) -> list[End]:
    """The ends near which densities have to be taken by their distance from them."""
    narrowest: dict[tuple[float, int], End] = {}
    for law in laws:
        if law._normals:
            continue
        for end in (end for part in _parts(law) for end in part.ends()):
            key = end.place, end.side
            if key not in narrowest or end.width < narrowest[key].width:
                narrowest[key] = end
    return list(narrowest.values())


def log_density_beside(law: Mixture, end: End) -> Logs:
    """The function t -> log density of the law at the distance t from the end, inside its zone."""
    parts = [(log(part.weight), part.beside(end), part) for part in _parts(law) if part.weight]

    def logs(t: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            terms = [
                weight + (beside(t) if beside else log_density(part.frozen, end.at(t)))
                for weight, beside, part in parts
            ]
        return np.logaddexp.reduce(terms)

    return logs


def _parts(law: Mixture) -> Iterator[_Part]:
    for component, weights in law._parts:
        shapes, loc, scale = component.dist._parse_args(*component.args, **component.kwds)
        rows = [np.broadcast_to(v, weights.shape) for v in (*shapes, loc, scale)]
        for *shape, loc, scale, weight in zip(*rows, weights, strict=True):
            numbers = float(loc), float(scale), float(weight)
            yield _Part(component.dist, tuple(map(float, shape)), *numbers)
