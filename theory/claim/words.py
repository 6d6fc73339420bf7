"""A claim's own words: which they are, whether they are read, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from theory.claim.reading import NEAR, Reading, Unreadable, read

if TYPE_CHECKING:
    from theory.claim.claim import Claim


def texts(claim: Claim) -> tuple[tuple[str, ...], int]:
    """The claim's texts, and how many of them, at the beginning, quote a mistake."""
    if not claim.erratum:
        return (claim.title, claim.statement, claim.formula), 0
    wrong_half, _, right_half = claim.statement.partition("Right:")
    return (claim.title, wrong_half, right_half, claim.formula), 2


def unread(claim: Claim) -> str:
    """What of the words of a claim without a text leg would have to be read."""
    try:
        list(read(texts(claim)[0], [{}]))
    except Unreadable as error:
        return f"its words are not read (@claim.meaning): {error}"
    return ""


def read_on(
    claim: Claim, instances: Iterable[Mapping[str, Any]], tolerance: float
) -> tuple[list[float], str]:
    """The residuals of the relations in a claim's texts, and what is wrong with the words."""
    found_in, said = texts(claim)
    readings = list(read(found_in, instances, said))
    by_text: dict[str, list[Reading]] = {}
    for r in readings:
        by_text.setdefault(r.text, []).append(r)
    detail = ""
    for text, found in by_text.items():
        wrong = [r for r in found if not r.residual <= tolerance]
        if wrong:
            detail = f"does not hold as written: {text}{wrong[0].values}"
            break
        if min(r.slack for r in found) > NEAR:
            detail = f"no instance comes near to this bound: {text}; yield one that does"
        elif all(r.equal for r in found):
            detail = f"both sides are equal on every instance: {text}"
    # Words without a relation have been read, too, and there was nothing to compute.
    return [r.residual for r in readings] or [0.0], detail
