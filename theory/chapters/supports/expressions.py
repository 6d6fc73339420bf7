"""Expressions that several proofs about supports use."""

from __future__ import annotations


def js_integrand():
    """Symbols p and q and what JS collects where the laws have these densities (or masses)."""
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    middle = (p + q) / 2
    return p, q, p / 2 * sp.log(p / middle) + q / 2 * sp.log(q / middle)
