"""Verdicts for the eye: the table of `python -m theory verify` and the page of one claim."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from theory.claim import Claim, Evidence, Verdict

if TYPE_CHECKING:
    from rich.text import Text

_COLORS = {
    "proved": "green",
    "supported": "green",
    "refuted": "green",
    "stated": "cyan",
    "linked": "cyan",
    "failed": "bold red",
}
_LEGS = ("symbolic", "numerical", "sampling", "certified", "counterexample", "control")


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """One row a kind of leg, with the largest residual, its tolerance and the seconds.

    Of a claim's legs of one kind the row shows the one that comes closest to its bound: a control
    must exceed its tolerance, every other residual must not (a counterexample must; an erratum's
    control must not).
    """
    table = Table(pad_edge=False)
    for name in ("id", "alias", "status", "leg"):
        table.add_column(name, no_wrap=True)
    for name in ("residual", "tolerance", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict in verdicts:
        status = f"[{_COLORS[verdict.status]}]{verdict.status}[/]"
        rows = [_row(verdict, kind) for kind in _LEGS]
        rows = [row for row in rows if row] or [("–", "–", "–", f"{verdict.seconds:.2f}")]
        for number, row in enumerate(rows):
            head = (verdict.claim.id, verdict.claim.alias, status) if number == 0 else ("", "", "")
            table.add_row(*head, *row)
        table.add_section()
    return table


def _row(verdict: Verdict, kind: str) -> tuple[str, str, str, str] | None:
    legs = [e for e in verdict.evidence if e.kind == kind]
    if not legs:
        return None
    upward = kind == "counterexample" or (kind == "control" and not verdict.claim.erratum)
    closest = (min if upward else max)(legs, key=_share)
    sign = ">" if upward else "≤"
    seconds = sum(e.seconds for e in legs)
    if kind == "symbolic":
        return kind, f"{closest.residual:g}", "exact", f"{seconds:.2f}"
    return kind, f"{closest.residual:.1e}", f"{sign} {closest.tolerance:.0e}", f"{seconds:.2f}"


def _share(leg: Evidence) -> float:
    """The residual as a share of its bound; NaN counts as the worst of either kind."""
    share = leg.residual / leg.tolerance if leg.tolerance else leg.residual
    if share != share:
        return -1.0 if leg.kind in ("control", "counterexample") else float("inf")
    return share


def summary(verdicts: Sequence[Verdict]) -> str:
    """Why each failed claim failed, a line each; then how many there are of each status."""
    found = Counter(v.status for v in verdicts)
    parts = [f"{found[status]} {status}" for status in _COLORS if found[status]]
    seconds = sum(v.seconds for v in verdicts)
    noun = "claim" if len(verdicts) == 1 else "claims"
    failures = [f"{v.claim.id} {v.claim.alias}: {v.reason}" for v in verdicts if v.reason]
    return "\n".join([*failures, f"{len(verdicts)} {noun}: {', '.join(parts)}, in {seconds:.1f} s"])


def claim_list(claims: Sequence[Claim]) -> Table:
    """Id, alias, title and exercises of each claim."""
    table = Table("id", "alias", "title", "exercises", pad_edge=False)
    for claim in claims:
        title = escape(claim.title)
        table.add_row(claim.id, claim.alias, title, ", ".join(claim.exercises))
    return table


def claim_page(verdict: Verdict) -> RenderableType:
    """Statement, assumptions, the proof's steps, the numbers and the sources of one claim."""
    from rich.text import Text

    claim = verdict.claim
    blocks: list[RenderableType] = [
        Text(f"{claim.id}  {claim.alias}", style="bold"),
        Text(claim.title),
        Text(""),
        Text(claim.statement),
    ]
    blocks += _items("Assumptions", claim.assumptions)
    proof = [step for e in verdict.evidence if e.kind == "symbolic" for step in e.steps]
    blocks += _items("Proof, each step reduced by sympy", proof, numbered=True)
    if claim.no_proof:
        blocks += _items("No proof here", [claim.no_proof])
    blocks += _items("Numbers", [_number(e) for e in verdict.evidence if e.kind != "symbolic"])
    if claim.test:
        blocks += _items("On a trained network", [claim.test])
    blocks += _items("Sources", claim.sources)
    blocks += _items("Exercises", claim.exercises)
    outcome = verdict.status + (f": {verdict.reason}" if verdict.reason else "")
    blocks += [Text(""), Text(f"{outcome}, in {verdict.seconds:.2f} s", _COLORS[verdict.status])]
    return Group(*blocks)


def write_report(verdicts: Sequence[Verdict], directory: Path) -> None:
    """Write `claims.json` (the records) and `claims.html` (the table, then a page a claim).

    Args:
        verdicts: what `Claim.verify` returned.
        directory: a folder that does not exist yet; it is made.
    """
    page = Console(record=True, file=io.StringIO(), width=120)
    page.print(verdict_table(verdicts))
    page.print(summary(verdicts), highlight=False, markup=False)
    for verdict in verdicts:
        page.rule()
        page.print(claim_page(verdict), highlight=False)
    records = json.dumps([v.record() for v in verdicts], indent=1, ensure_ascii=False)
    html = page.export_html()
    directory.mkdir(parents=True)
    (directory / "claims.json").write_text(records, encoding="utf-8")
    (directory / "claims.html").write_text(html, encoding="utf-8")


def _items(heading: str, items: Sequence[str], numbered: bool = False) -> list[Text]:
    from rich.text import Text

    if not items:
        return []
    lines = [Text(""), Text(heading, style="bold")]
    marks = [f"{n}." if numbered else "-" for n in range(1, len(items) + 1)]
    return lines + [Text(f"  {mark} {item}") for mark, item in zip(marks, items, strict=True)]


def _number(leg: Evidence) -> str:
    verb = "holds" if leg.holds else "does not hold"
    what = f"{leg.kind} ({leg.description})" if leg.description else leg.kind
    size = f"residual {leg.residual:.2e}, bound {leg.tolerance:.1e}, {leg.instances} values"
    return f"{what}: {size}, {verb}"
