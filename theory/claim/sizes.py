"""The size of what a check yields: of a number, of a ball, of a symbolic expression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def worst(sizes: Sequence[float], least: bool) -> float:
    """The largest size, or the least; NaN where there is none, or one is NaN."""
    if not sizes or any(math.isnan(size) for size in sizes):
        return math.nan
    return min(sizes) if least else max(sizes)


def number(item: Any, signed: bool) -> float:
    """The size of one yielded residual; of an array, its largest."""
    values = np.asarray(item, dtype=float)
    if values.size == 0:
        raise ValueError("a residual is empty")
    if not signed and np.any(values < 0):
        raise ValueError(f"a residual is negative ({np.min(values):.3g}), expected a size >= 0")
    return float(np.max(np.abs(values)))


def ball(item: Any, farthest: bool) -> float:
    """The largest (or the least) size that a ball allows; a bare number would be a hope, and is
    refused."""
    import flint

    if not isinstance(item, flint.arb):
        raise TypeError(f"a certified leg yielded {type(item).__name__}, expected a flint.arb")
    return float(item.abs_upper() if farthest else item.abs_lower())  # NaN when the ball is


def rounds_to(ball: Any, printed: str) -> bool:
    """Whether every number that a `flint.arb` ball holds rounds to this decimal, as printed."""
    import flint

    places = len(printed.partition(".")[2])
    return bool(abs(ball - flint.arb(printed)) * 10**places < flint.arb("0.5"))


def symbolic(residual: Any) -> float:
    """0 when sympy reduces the residual to zero (or true), else its size, or infinity."""
    import sympy

    residual = sympy.sympify(residual)
    if isinstance(residual, sympy.MatrixBase):
        return max(symbolic(entry) for entry in residual)
    if residual in (sympy.true, sympy.false) or residual.is_Relational:
        return 0.0 if sympy.simplify(residual) == sympy.true else math.inf
    logs = sympy.expand_log(residual)
    if residual == 0 or sympy.expand(logs) == 0 or sympy.simplify(logs) == 0:  # the quick one first
        return 0.0
    return abs(float(residual)) if residual.is_number and residual.is_finite else math.inf
