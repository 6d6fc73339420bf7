"""The distance on the line and the plan that moves mass in order, as sympy expressions."""

from __future__ import annotations

from typing import Any


def distance(x: Any, y: Any) -> Any:
    """|x - y|, what it costs to move one unit of mass from x to y."""
    import sympy as sp

    return sp.Abs(x - y)


def moved_in_order(f: Any, g: Any) -> Any:
    """min(F, G): of the lowest F of one law and the lowest G of the other, what the plan that keeps
    the order moves onto one another (Villani 2003, Remark 2.19)."""
    import sympy as sp

    return sp.Min(f, g)
