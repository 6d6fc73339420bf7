"""Integrals of functions that may jump where no law says so: a discriminator, a user's density.

Quadrature sees a piece of a function only if a node falls into it. Here the function is looked at
on even grids first, and wherever it is not as smooth as a polynomial through neighbouring places
the line is cut, at the jump itself if there is one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theory.calculators.integration import Function

_GRIDS = (24_000, 40_000, 66_000, 108_000)  # places; their ratios are no simple fractions
_SHARES = 8  # of places that a wide piece gets at most
_LEAST = 32  # places between two edges
_BEYOND = 3  # places beyond an edge, so that the cells next to it have neighbours


def settled(
    integral: Callable[[np.ndarray], float],
    f: Function,
    edges: np.ndarray,
    looked_at: np.ndarray,
    ends: np.ndarray,
    tolerance: float,
    fault: str,
) -> float:
    """The integral of f, its pieces cut until two grids agree.

    Args:
        integral: takes edges, as `integrate` does, and returns the integral of f.
        f: takes and returns an array of any shape.
        edges: shape (n,), ascending.
        looked_at: shape (n - 1,), which of the pieces between two edges have mass to speak of.
        ends: ascending; f is not asked for beyond the outermost, and may jump at all of them.
        tolerance: f is rough where it misses its neighbours by this share of its mean; the
            integrals of two grids agree within a tenth of this.
        fault: the argument that is at fault, and what is expected of it, for the message.

    Raises:
        ArithmeticError: the grids do not agree, f has features that each sees a part of.
    """
    cuts, value, change = edges, None, 0.0
    for number, places in enumerate(_GRIDS):
        before = cuts
        low, high = _rough_cells(f, edges, looked_at, ends, places, tolerance)
        if low.size:
            cuts = np.union1d(before, np.concatenate([low, high, *_jumps(f, low, high)]))
        if number == 0:
            continue
        if cuts is before:
            return integral(cuts) if value is None else value
        value = integral(before) if value is None else value
        last, value = value, integral(cuts)
        change = abs(value - last)
        if value == last or change <= tolerance / 10 * (1 + abs(value)):
            return value
    argument, expected = fault.split(": ")
    raise ArithmeticError(
        f"{argument}: got features so close together that two grids differ by {change:.1e}, "
        f"expected {expected}"
    )


def _rough_cells(
    f: Function,
    edges: np.ndarray,
    looked_at: np.ndarray,
    ends: np.ndarray,
    places: int,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The cells of an even grid, from one place to the next, over which f is not smooth.

    A jump within a cell shows in the fourth difference of the steps around it with weight 6.
    """
    low, width = edges[:-1][looked_at], np.diff(edges)[looked_at]
    if low.size == 0:
        return np.empty(0), np.empty(0)
    # Wider pieces get more places, up to a bound for the sake of the others.
    parts = np.clip(np.ceil(width / np.median(width)), 1, _SHARES).astype(int)
    part = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    width = np.repeat(width / parts, parts)
    low = (np.repeat(low, parts) + part * width)[:, None]
    high = low + width[:, None]
    count = max(_LEAST, places // low.size)
    x = low + (high - low) * (np.arange(-_BEYOND, count + _BEYOND) + 0.5) / count
    # Not beyond the next end, where f may jump or be unknown.
    at = np.searchsorted(ends, low, side="right")
    known = (x > ends[at - 1]) & (x < ends[at])
    y = f(np.where(known, x, low + (high - low) / 2))
    with np.errstate(invalid="ignore"):  # infinity less infinity
        roughness = np.abs(np.diff(y, n=5, axis=1)) / 6
    size = np.where(np.isfinite(y) & known, np.abs(y), 0.0).mean(axis=1) @ (high - low)[:, 0]
    smooth = roughness * (high - low) <= tolerance * size
    complete = np.lib.stride_tricks.sliding_window_view(known, 6, axis=1).all(axis=2)
    rough = ~smooth & complete
    return x[:, 2:-3][rough], x[:, 3:-2][rough]


def _jumps(f: Function, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where f changes most between two places, to the last bit: before and after."""
    low, high = low[:, None], high[:, None]
    for _ in range(14):  # a 32nd each time, as in `sign_changes`
        grid = low + (high - low) * np.arange(33) / 32
        grid[:, -1:] = high
        y = np.nan_to_num(f(grid), nan=0.0, posinf=1e300, neginf=-1e300)
        most = np.argmax(np.abs(np.diff(y, axis=1)), axis=1)[:, None]
        low, high = (np.take_along_axis(grid, most + k, axis=1) for k in (0, 1))
    return low[:, 0], high[:, 0]
