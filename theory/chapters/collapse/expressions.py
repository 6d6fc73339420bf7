"""Total variation of packs as sympy expressions: the one source of the proofs in this chapter."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def total_variation(p: Sequence[Any], q: Sequence[Any]) -> Any:
    """TV(p, q) = (1/2) sum |p - q| of two laws on the same finitely many points."""
    import sympy as sp

    return sum((sp.Abs(a - b) for a, b in zip(p, q, strict=True)), sp.Integer(0)) / 2


def pack(p: Sequence[Any], m: int) -> list[Any]:
    """The law of m independent samples of p, pack by pack: n^m products, the last sample fastest.

    Two samples of (a, 1 - a) are (a^2, a (1 - a), (1 - a) a, (1 - a)^2).
    """
    packs: list[Any] = [1]
    for _sample in range(m):
        packs = [w * a for w in packs for a in p]
    return packs


def packed_total_variation(p: Sequence[Any], q: Sequence[Any], m: int) -> Any:
    """TV(p^m, q^m), summed over all packs."""
    return total_variation(pack(p, m), pack(q, m))


def largest_packed_variation(tau: Any, m: Any) -> Any:
    """1 - (1 - tau)^m, which no pair of laws with TV(p, q) = tau exceeds in packs of m."""
    return 1 - (1 - tau) ** m
