"""The laws that the calculators take: mixtures of densities; and what an argument means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from theory.calculators.components import (
    ACCEPTED,
    LEVELS,
    SUM_TOLERANCE,
    is_rough,
    jumps_of,
    log,
    log_density,
    merge,
    numbers,
    upper_quantile,
    weights_of,
)
from theory.calculators.discrete import Discrete
from theory.calculators.features import settled
from theory.calculators.integration import integrate
from theory.calculators.normal_sums import NormalSum
from theory.calculators.several_dimensions import NormalVector

_NARROWEST = 1e-300  # between two quartiles


class Mixture:
    """A mixture of continuous laws on the line, p(x) = sum_i w_i p_i(x).

    Args:
        weights: shape (n,), at least zero, with sum one (within 1e-6; then made exact).
        components: n frozen continuous distributions of `scipy.stats`, or mixtures. A distribution
            frozen with arrays counts as that many components.

    Raises:
        ValueError: the lengths differ, a weight is negative or NaN, the weights do not add up to
            one, a component is not continuous, its parameters are invalid, or its density does
            not integrate to one.

    Source: the data laws of Goodfellow et al. 2014, figure 1 and section 4 are of this kind.
    """

    dimension = 1

    def __init__(self, weights: Any, components: Sequence[Any]) -> None:
        self.components = tuple(components)
        flat: list[tuple[Any, np.ndarray]] = []  # (frozen distribution, its weights)
        sizes = [_size(c) for c in self.components]
        self.weights = weights_of(weights, "weights")
        if sum(sizes) != self.weights.size:
            raise ValueError(
                f"weights: got {self.weights.size} for {sum(sizes)} components, expected as many"
            )
        for component, part in zip(
            self.components, np.split(self.weights, np.cumsum(sizes)[:-1]), strict=True
        ):
            if isinstance(component, Mixture):
                flat += [(c, w * part[0]) for c, w in component._parts]
            else:
                flat.append((component, part))
        self._parts = flat
        self._log_weights = [log(w) for _, w in flat]
        for component, _ in flat:
            _check_component(component)

    @classmethod
    def normal(cls, weights: Any, means: Any, stds: Any) -> Mixture:
        """A mixture of normal laws.

        Args:
            weights: shape (n,), as in `Mixture`.
            means: shape (n,).
            stds: shape (n,) or one number; standard deviations, greater than zero.

        Raises:
            ValueError: as `Mixture`, or a standard deviation is not positive and finite.
        """
        from scipy import stats

        means, stds = np.asarray(means, dtype=float), np.asarray(stds, dtype=float)
        if means.ndim != 1 or stds.shape not in ((), means.shape):
            raise ValueError(f"stds: got shape {stds.shape} for means of shape {means.shape}")
        if not np.isfinite(means).all():
            raise ValueError("means: got NaN or infinity, expected finite numbers")
        if not (np.isfinite(stds).all() and (stds > 0).all()):
            raise ValueError(f"stds: got {stds}, expected finite numbers greater than zero")
        return cls(weights, [stats.norm(means, np.broadcast_to(stds, means.shape))])

    def logpdf(self, x: Any) -> np.ndarray:
        """log p(x) for each x, an array of x's shape."""
        if self._normals:
            return self._normals.logpdf(numbers(x, "x"))
        terms = self._each(x, log_density, self._log_weights, np.add)
        return _map(terms, lambda t: np.logaddexp.reduce(t, axis=-1))

    def pdf(self, x: Any) -> np.ndarray:
        """p(x) for each x, an array of x's shape."""
        return np.exp(self.logpdf(x))

    def cdf(self, x: Any) -> np.ndarray:
        """The probability of values up to x."""
        if self._normals:
            return self._normals.cdf(numbers(x, "x"))
        return self._average(lambda c, x: c.cdf(x), x)

    def sf(self, x: Any) -> np.ndarray:
        """The probability of values above x, accurate where `cdf` has rounded to one."""
        if self._normals:
            return self._normals.sf(numbers(x, "x"))
        return self._average(lambda c, x: c.sf(x), x)

    def ppf(self, u: Any) -> np.ndarray:
        """The quantile function: where `cdf` reaches u, for u in [0, 1]."""
        return self._quantile(u, upper=False)

    def isf(self, u: Any) -> np.ndarray:
        """The upper quantile function: where `sf` comes down to u, for u in [0, 1]."""
        return self._quantile(u, upper=True)

    def rvs(self, size: int | tuple[int, ...] = 1, random_state: Any = None) -> np.ndarray:
        """Independent samples of the given shape; `random_state` is a seed or a Generator."""
        rng = np.random.default_rng(random_state)
        shape = (size,) if isinstance(size, int) else tuple(size)
        choice = rng.choice(self._flat_weights.size, size=int(np.prod(shape)), p=self._flat_weights)
        samples = np.empty(choice.size)
        first = 0
        for c, w in self._parts:
            mine = np.flatnonzero((choice >= first) & (choice < first + w.size))
            take = choice[mine] - first
            first += w.size
            if mine.size:
                args = [np.broadcast_to(a, w.shape)[take] for a in c.args]
                kwds = {k: np.broadcast_to(a, w.shape)[take] for k, a in c.kwds.items()}
                samples[mine] = c.dist.rvs(*args, size=mine.size, random_state=rng, **kwds)
        return samples.reshape(shape)

    def mean(self) -> float:
        """The expected value."""
        return float(sum(np.dot(w, np.broadcast_to(c.mean(), w.shape)) for c, w in self._parts))

    def std(self) -> float:
        """The standard deviation."""
        mean = self.mean()
        variance = sum(
            np.dot(w, np.broadcast_to(c.var() + (c.mean() - mean) ** 2, w.shape))
            for c, w in self._parts
        )
        return float(np.sqrt(variance))

    def support(self) -> tuple[float, float]:
        """The smallest interval (low, high) that holds all mass."""
        intervals = self._intervals()
        return intervals[0][0], intervals[-1][1]

    def normal_parameters(self) -> tuple[float, float] | None:
        """The mean and the standard deviation if this is one normal law, otherwise None."""
        normals = self._normals
        if normals is None or normals.weights.size != 1 or self._flat_weights.size != 1:
            return None
        return float(normals.means[0]), float(normals.stds[0])

    @cached_property
    def _normals(self) -> NormalSum | None:
        """The components with mass if all are normal laws, otherwise None."""
        from scipy import stats

        columns = []
        for c, w in self._parts:
            dist: Any = c.dist
            if type(c.dist) is not type(stats.norm):
                return None
            _, mean, std = dist._parse_args(*c.args, **c.kwds)
            columns.append([w, *(np.broadcast_to(v, w.shape) for v in (mean, std))])
        weights, means, stds = (np.concatenate(c).astype(float) for c in zip(*columns, strict=True))
        some = weights > 0
        return NormalSum(weights[some], means[some], stds[some])

    @cached_property
    def is_rough(self) -> bool:
        """Whether the density may jump or bend, or be infinite, inside of its support."""
        return any(is_rough(c) for c, _ in self._parts)

    @cached_property
    def _flat_weights(self) -> np.ndarray:
        return np.concatenate([w for _, w in self._parts])

    def _each(
        self, x: Any, method: Callable[..., Any], factors: list[np.ndarray], join: Callable
    ) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        """The weighted terms of all components, shape (points, n), a bounded number at a time."""
        x = numbers(x, "x")
        flat = x.reshape(-1)
        step = max(1, 1_000_000 // self._flat_weights.size)
        for start in range(0, max(flat.size, 1), step):
            part = flat[start : start + step, None]
            with np.errstate(all="ignore"):  # scipy's own, in tails; a NaN is noticed later
                terms = [
                    join(np.broadcast_to(method(c, part), (part.shape[0], f.size)), f)
                    for (c, _), f in zip(self._parts, factors, strict=True)
                ]
            yield x.shape, np.concatenate(terms, axis=-1)

    def _average(self, method: Callable[..., Any], x: Any) -> np.ndarray:
        terms = self._each(x, method, [w for _, w in self._parts], np.multiply)
        return _map(terms, lambda t: t.sum(axis=-1))

    def _quantile(self, u: Any, upper: bool) -> np.ndarray:
        """Solve log cdf(x) = log u (or sf) by Newton steps kept inside a shrinking bracket."""
        u = numbers(u, "u")
        if not ((u >= 0) & (u <= 1)).all():
            raise ValueError("u: got a value outside [0, 1], expected probabilities")
        shape, u = u.shape, u.reshape(-1)
        # The answer lies between the components' extreme quantiles, and between two edges.
        quantiles = self._component_quantiles(u, upper)
        low, high = quantiles.min(axis=1), quantiles.max(axis=1)
        x = np.where(u == (0 if upper else 1), high, low)
        open_ = np.flatnonzero(np.isfinite(low) & np.isfinite(high) & (low < high))
        if open_.size == 0:
            return x.reshape(shape)
        level, low, high = u[open_], low[open_], high[open_]
        edges, below, above = self._table
        place = (
            edges.size - np.searchsorted(above[::-1], level, side="right")
            if upper
            else np.searchsorted(below, level)
        )
        ends = np.concatenate([[-np.inf], edges, [np.inf]])
        low, high = np.maximum(low, ends[place]), np.minimum(high, ends[place + 1])
        x[open_] = low + (high - low) / 2
        for _ in range(200):
            at = x[open_]
            mass = self.sf(at) if upper else self.cdf(at)
            excess = level - mass if upper else mass - level
            low = np.where(excess < 0, at, low)
            high = np.where(excess < 0, high, at)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                slope = (-1 if upper else 1) * self.pdf(at) / mass
                newton = at - np.log(mass / level) / slope
            inside = (newton > low) & (newton < high)
            step = np.where(inside, newton, low + (high - low) / 2)
            spacing = 2 * np.spacing(np.maximum(np.abs(low), np.abs(high)))
            met = np.abs(excess) <= 1e-15 * level  # nearer is rounding of the mass
            still = (np.abs(step - at) > spacing) & (high - low > spacing) & ~met
            x[open_] = np.where(met, at, step)
            open_, level, low, high = open_[still], level[still], low[still], high[still]
            if open_.size == 0:
                break
        return x.reshape(shape)

    def _component_quantiles(self, u: np.ndarray, upper: bool) -> np.ndarray:
        """The quantiles of every component that has mass, shape (levels, components)."""
        columns = []
        for c, w in self._parts:
            with np.errstate(all="ignore"):
                values = upper_quantile(c, u[:, None]) if upper else c.ppf(u[:, None])
            columns.append(np.broadcast_to(values, (u.size, w.size))[:, w > 0])
        return np.concatenate(columns, axis=1)

    def _intervals(self) -> list[tuple[float, float]]:
        """Where there is mass: the components' supports, merged where they touch."""
        pairs: list[tuple[float, float]] = []
        for c, w in self._parts:
            a, b = (np.broadcast_to(end, w.shape)[w > 0] for end in c.support())
            pairs += zip(a.tolist(), b.tolist(), strict=True)
        return merge(pairs)

    def _cuts(self) -> list[tuple[float, float]]:
        """Three nested intervals outside of which there is next to no mass (1e-20 to 1e-30)."""
        tails = LEVELS[-3:]
        low = self._component_quantiles(tails, upper=False).min(axis=1)
        high = self._component_quantiles(tails, upper=True).max(axis=1)
        return list(zip(low.tolist(), high.tolist(), strict=True))

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The edges with `cdf` and `sf` there, to start the search for a quantile."""
        edges = self._edges
        below, above = self.cdf(edges), self.sf(edges)
        return edges, np.maximum.accumulate(below), np.minimum.accumulate(above)

    @cached_property
    def _edges(self) -> np.ndarray:
        """Where to cut the line for integration: quantiles and ends of support, ascending."""
        low = self._component_quantiles(LEVELS[::-1], upper=False)
        high = self._component_quantiles(LEVELS, upper=True)
        x = np.concatenate([low, high])
        # Many equal components (a density estimate) would cut the line into needless crumbs: an
        # edge is dropped when the last one is closer than half the edge's own spacing.
        gap = np.diff(x, axis=0)
        spacing = np.minimum(
            np.concatenate([gap, gap[-1:]]), np.concatenate([gap[:1], gap])
        ).reshape(-1)
        x = x.reshape(-1)
        order = np.argsort(x)
        kept: list[float] = []
        for value, need in zip(x[order].tolist(), spacing[order].tolist(), strict=True):
            if not kept or value - kept[-1] >= need / 2:
                kept.append(value)
        ends = [end for pair in self._intervals() for end in pair if np.isfinite(end)]
        jumps = [jump for c, _ in self._parts for jump in jumps_of(c)]
        return np.unique(np.concatenate([kept, ends, *jumps]))


def as_law(p: Any, name: str) -> Mixture | Discrete:
    """The law on the line that an argument means.

    Args:
        p: a frozen continuous distribution of scipy.stats, `Mixture`, `Discrete`, `Empirical`, or
            a vector of probabilities, which are those of 0, 1, ..., n-1.
        name: what the caller calls the argument, for the message.

    Raises:
        ValueError: it is none of these, or not a probability law, or in several dimensions.
    """
    law = as_law_anywhere(p, name)
    if law.dimension > 1 or isinstance(law, NormalVector):
        raise ValueError(f"{name}: got a law in {law.dimension} dimensions, expected the line")
    return law


def as_law_anywhere(p: Any, name: str) -> Mixture | Discrete | NormalVector:
    """As `as_law`; but there may be several dimensions, and `multivariate_normal` is a law."""
    from scipy import stats

    if isinstance(p, Mixture | Discrete):
        return p
    if isinstance(p, list | tuple | np.ndarray):
        weights = weights_of(p, name)
        return Discrete(np.arange(weights.size), weights)
    if type(p).__name__ == "multivariate_normal_frozen":
        law = NormalVector(p)
        if law.dimension > 1:
            return law
        p = stats.norm(law.mean[0], np.sqrt(law.covariance[0, 0]))
    try:
        return Mixture([1.0], [p])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _size(component: Any) -> int:
    """How many components an entry of `components` stands for."""
    if isinstance(component, Mixture):
        return 1
    if isinstance(component, Discrete):
        raise ValueError("got a discrete law, expected continuous components")
    dist = getattr(component, "dist", None)
    if dist is None or not hasattr(component, "logpdf"):
        raise ValueError(f"got {type(component).__name__}, accepted are {ACCEPTED}")
    with np.errstate(all="ignore"):  # scipy's own
        return int(np.size(component.cdf(0.0)))


def _check_component(component: Any) -> None:
    name = component.dist.name
    try:
        quartiles = np.asarray(component.ppf(np.array([[0.25], [0.5], [0.75]]))).reshape(3, -1)
        outer = np.array([component.ppf(LEVELS[-1]), upper_quantile(component, LEVELS[-1])])
    except Exception as error:
        raise ValueError(f"the quantiles of {name} cannot be computed: {error}") from None
    if not np.isfinite(quartiles).all() or np.isnan(outer).any():
        raise ValueError(f"{name} has invalid parameters: its quantiles are not finite")
    if np.isinf(outer).any():
        raise ValueError(f"{name} has tails too heavy for float64")
    if (np.diff(quartiles, axis=0) < _NARROWEST).any() and (np.abs(quartiles) < 1).all():
        raise ValueError(
            f"{name} is narrower than {_NARROWEST:g}: its density is too large for float64"
        )
    if not (np.diff(quartiles, axis=0) > 0).all():
        raise ValueError(f"{name} is narrower than float64 resolves where it lies")
    a, b = (np.asarray(end, dtype=float) for end in component.support())
    inside_a = np.where(np.isfinite(a), np.nextafter(a, np.inf), outer[0])
    inside_b = np.where(np.isfinite(b), np.nextafter(b, -np.inf), outer[1])
    with np.errstate(all="ignore"):
        beyond = np.array([component.cdf(inside_a), component.sf(inside_b)])
    if (beyond > 1e-7).any():
        raise ValueError(f"{name} has mass closer to the end of its support than float64 resolves")
    if type(component.dist).__module__.startswith("scipy."):
        return  # scipy's own densities integrate to one; a user's may not
    single = object.__new__(Mixture)
    single._parts, single._log_weights = [(component, np.ones(1))], [np.zeros(1)]
    edges = single._edges
    mass = settled(
        lambda edges: integrate(single.pdf, edges),
        single.pdf,
        edges,
        np.ones(edges.size - 1, dtype=bool),
        edges[[0, -1]],
        1e-6,
        f"{name}: a density with fewer features",
    )
    if abs(mass - 1) > SUM_TOLERANCE:
        raise ValueError(f"the density of {name} integrates to {mass:.6g}, expected one")


def _map(
    chunks: Iterator[tuple[tuple[int, ...], np.ndarray]], reduce: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Reduce each chunk over its components and put the points back into their shape."""
    shape: tuple[int, ...] = ()
    parts = []
    for shape, terms in chunks:  # noqa: B007  # every chunk carries the same shape, read after the loop
        parts.append(reduce(terms))
    return np.concatenate(parts).reshape(shape)
