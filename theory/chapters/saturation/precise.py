"""Expressions in the logit, evaluated with 50 digits: what the claims measure against."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

_DIGITS = 50


def as_function(expression: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An expression in a sympy symbol as a function of an mpmath number."""
    import sympy as sp

    a = sp.Symbol("a", real=True)
    return sp.lambdify(a, expression(a), "mpmath")


def values(expression: Callable[[Any], Any], at: Iterable[float]) -> np.ndarray:
    """The expression at each number, without rounding."""
    import mpmath

    f = as_function(expression)
    with mpmath.workdps(_DIGITS):
        return np.array([float(f(mpmath.mpf(float(x)))) for x in at])


def slopes(expression: Callable[[Any], Any], at: Iterable[float]) -> np.ndarray:
    """Its derivative at each number, by differences: sympy's derivative is not asked."""
    import mpmath

    f = as_function(expression)
    with mpmath.workdps(_DIGITS):
        return np.array([float(mpmath.diff(f, mpmath.mpf(float(x)))) for x in at])


def relative(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How far numbers are from the exact ones, relative to these."""
    return np.abs(found - exact) / np.abs(exact)
