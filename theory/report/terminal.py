"""Verdicts in the terminal: the table of `python -m theory verify`, and one claim in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from theory.claim import AS_STATED, Claim, Evidence, Verdict
from theory.claim.linked import last_result
from theory.claim.sources import readable
from theory.proofs.checking import AXIOMS, Proofs
from theory.proofs.theorems import Theorem

# What each verdict says, and each kind of leg does, in the order in which they are shown.
STATUSES = {
    "proved": "the proofs cover the statement as it stands, and every other check holds",
    "proved in part": "a case or a step is proved, measurements carry the rest",
    "supported": "there is no proof here; independent measurements agree with it",
    "refuted": "a mistake: a counterexample shows it, and what is right holds",
    "stated": "a definition: there is nothing to prove",
    "linked": "only training shows it: a test checks it on a trained network",
    "failed": "a check did not do what it must",
}
LEGS = {
    "symbolic": "proves it, step by step, with sympy",
    "machine-checked": "a theorem about the same formulas, whose proof Coq accepts",
    "numerical": "measures it on random instances or by quadrature, in another way",
    "sampling": "measures it by Monte Carlo, in standard errors",
    "certified": "encloses it in an interval that is proved to hold it",
    "text": "reads title, statement and formula, and evaluates every number and relation in them",
    "counterexample": "measures how far off a mistake is; must exceed the tolerance",
    "control": "puts a false statement through the check, which must notice",
}
_PROOFS = ("symbolic", "machine-checked")
_COLORS = {
    "proved": "green",
    "proved in part": "yellow",
    "supported": "green",
    "refuted": "green",
    "stated": "cyan",
    "linked": "cyan",
    "failed": "bold red",
}


def verdict_table(verdicts: Sequence[Verdict], narrow: bool = False) -> Table:
    """One row a kind of leg, with the largest residual, its tolerance and the seconds.

    Of a claim's legs of one kind the row shows the one that comes closest to its bound: a control
    must exceed its tolerance, every other residual must not (a counterexample must; an erratum's
    control must not). A narrow table has no aliases.
    """
    table = Table(pad_edge=False)
    names = ("id", "status", "leg") if narrow else ("id", "alias", "status", "leg")
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in ("residual", "tolerance", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict in verdicts:
        status = f"[{_COLORS[verdict.status]}]{verdict.status}[/]"
        rows = []
        for kind in LEGS:
            legs = [e for e in verdict.evidence if e.kind == kind]
            if legs:
                leg = closest(legs, verdict.claim)
                seconds = sum(e.seconds for e in legs)
                rows.append((kind, residual(leg), bound(leg, verdict.claim), f"{seconds:.2f}"))
        rows = rows or [("–", "–", "–", f"{verdict.seconds:.2f}")]
        for number, row in enumerate(rows):
            alias = () if narrow else (verdict.claim.alias,)
            head = (verdict.claim.id, *alias, status)
            table.add_row(*(head if number == 0 else [""] * len(head)), *row)
        table.add_section()
    return table


def closest(legs: Sequence[Evidence], claim: Claim) -> Evidence:
    """Of a claim's legs of one kind, the one that comes closest to its bound."""
    return (min if _exceeds(legs[0], claim) else max)(legs, key=_share)


def residual(leg: Evidence) -> str:
    """The residual as it is shown: 0 of a proof, the reach of the ball of a certified leg."""
    if leg.kind == "machine-checked" and leg.holds:
        return "0" if leg.instances else "–"
    if leg.kind in _PROOFS:
        return f"{leg.residual:g}"
    size = f"{leg.residual:.0f}" if 100 <= leg.residual < 1e5 else f"{leg.residual:.2g}"
    return f"0 ± {size}" if leg.kind == "certified" else size


def bound(leg: Evidence, claim: Claim) -> str:
    """What the residual is held to, such as ``≤ 1e-12``; of a proof ``exact``."""
    if leg.kind in _PROOFS:
        return "exact"
    return f"{'>' if _exceeds(leg, claim) else '≤'} {leg.tolerance:.3g}"


def _exceeds(leg: Evidence, claim: Claim) -> bool:
    """Whether the residual must be above its tolerance."""
    return leg.kind == "counterexample" or (leg.kind == "control" and not claim.erratum)


def _share(leg: Evidence) -> float:
    """The residual as a share of its bound; NaN counts as the worst of either kind."""
    share = leg.residual / leg.tolerance if leg.tolerance else leg.residual
    if share != share:
        return -1.0 if leg.kind in ("control", "counterexample") else float("inf")
    return share


def traces(verdicts: Sequence[Verdict]) -> str:
    """Where the legs that failed are declared, and where their exceptions came from."""
    lines = []
    for verdict in verdicts:
        for number, found in enumerate(verdict.evidence):
            if found.holds or number >= len(verdict.claim.legs):
                continue
            code = verdict.claim.legs[number].check.__code__
            place = f"{code.co_filename}:{code.co_firstlineno}"
            lines += [f"{verdict.claim.id}, {found.kind} leg “{found.name}”, {place}", found.trace]
    return "\n".join(filter(None, lines))


def summary(verdicts: Sequence[Verdict], elapsed: float | None = None) -> str:
    """Why each failed claim failed, what is proved of those proved in part, and which controls are
    weak, a line each; then the counts of verdicts and of legs.

    `elapsed` is the time by the clock; it is named where several processes shared the work.
    """
    failures = [f"{v.claim.id} {v.claim.alias}: {v.reason}" for v in verdicts if v.reason]
    parts = [f"{v.claim.id} {standing(v.claim)}" for v in verdicts if v.status == "proved in part"]
    weak = [f"{v.claim.id} {noticed(e)}: {e.name}" for v in verdicts for e in v.evidence if e.weak]
    statuses = Counter(v.status for v in verdicts)
    evidence = [e for v in verdicts for e in v.evidence]
    kinds = Counter(e.kind for e in evidence if e.instances or e.kind != "machine-checked")
    waiting = {e.name for e in evidence if e.kind == "machine-checked" and e.holds}
    waiting -= {e.name for e in evidence if e.instances}
    noun = "claim" if len(verdicts) == 1 else "claims"
    clock = "" if elapsed is None else f" of work ({elapsed:.1f} s by the clock)"
    return "\n".join(
        [
            *failures,
            *parts,
            *weak,
            *_waiting(len(waiting)),
            f"legs: {', '.join(f'{kinds[kind]} {kind}' for kind in LEGS if kinds[kind])}",
            f"{len(verdicts)} {noun}: "
            + ", ".join(f"{statuses[status]} {status}" for status in STATUSES if statuses[status])
            + f", in {sum(v.seconds for v in verdicts):.1f} s{clock}",
        ]
    )


def theorem_table(theorems: Sequence[Theorem], proofs: Proofs) -> Table:
    """One row a theorem: the claims it is about, what became of it, what it assumes."""
    table = Table(pad_edge=False)
    for name in ("theorem", "claims", "Coq says", "assumes"):
        table.add_column(name)
    table.add_column("seconds", justify="right")
    for theorem in theorems:
        outcome = proofs.outcomes[theorem.name]
        says = "[green]accepted[/]" if outcome.holds else "[bold red]refused[/]"
        axioms = [str(n) for n, axiom in enumerate(AXIOMS, 1) if axiom in outcome.axioms]
        axioms += [axiom for axiom in outcome.axioms if axiom not in AXIOMS]
        table.add_row(
            theorem.name,
            ", ".join(theorem.claims),
            says if outcome.tried else "[yellow]not tried[/]",
            ", ".join(axioms) or "–",
            f"{outcome.seconds:.2f}" if outcome.holds else "–",
        )
    return table


def theorem_summary(proofs: Proofs) -> str:
    """Why theorems were refused or not tried, the axioms by number, and the counts."""
    outcomes = proofs.outcomes.values()
    reasons: dict[str, list[str]] = {}
    for name, outcome in proofs.outcomes.items():
        if outcome.reason:
            reasons.setdefault(outcome.reason, []).append(name)
    assumed = {axiom for outcome in outcomes for axiom in outcome.axioms}
    accepted = sum(outcome.holds for outcome in outcomes)
    refused = sum(outcome.tried and not outcome.holds for outcome in outcomes)
    return "\n".join(
        [
            *(f"{', '.join(names)}: {reason}" for reason, names in reasons.items()),
            *(
                f"assumption {number}: {axiom} ({means})"
                for number, (axiom, means) in enumerate(AXIOMS.items(), 1)
                if axiom in assumed
            ),
            f"{len(outcomes)} theorems: {accepted} accepted by Coq {proofs.coq}, "
            f"{refused} refused, {len(outcomes) - accepted - refused} not tried, "
            f"in {proofs.seconds:.1f} s",
        ]
    )


def _waiting(theorems: int) -> list[str]:
    """That theorems wait for Coq, if any do."""
    if not theorems:
        return []
    noun = "1 theorem is" if theorems == 1 else f"{theorems} theorems are"
    return [f"{noun} not checked by Coq on this machine: python -m theory prove"]


def legend(claims: Sequence[Claim]) -> str:
    """What each status among the claims says, a line each."""
    found = {claim.standing for claim in claims}
    return "\n".join(f"{name}: {says}" for name, says in STATUSES.items() if name in found)


def claim_list(claims: Sequence[Claim]) -> Table:
    """Id, alias, title, the status that it has while every check holds, and exercises of each."""
    table = Table("id", "alias", "title", "status", "exercises", pad_edge=False)
    for claim in claims:
        status = f"[{_COLORS[claim.standing]}]{escape(standing(claim))}[/]"
        exercises = ", ".join(claim.exercises)
        table.add_row(claim.id, claim.alias, escape(claim.title), status, exercises)
    return table


def standing(claim: Claim) -> str:
    """The status of a claim that holds, with what is proved where that is not the whole."""
    return claim.standing + (f": {claim.scope}" if claim.standing == "proved in part" else "")


def noticed(leg: Evidence) -> str:
    """In how many of its instances a control was noticed, and whether these are too few."""
    return f"noticed in {leg.noticed} of {leg.instances}" + (", weak" if leg.weak else "")


def claim_page(verdict: Verdict) -> RenderableType:
    """Statement, formula, assumptions, the proof's steps, the numbers and the sources of a claim,
    and the titles of the report's figures that show it."""
    from theory.report.illustration import illustrations

    claim, color = verdict.claim, _COLORS[verdict.status]
    blocks: list[RenderableType] = [
        Text(f"{claim.id}  {claim.alias}", style="bold"),
        Text(f"failed: {verdict.reason}" if verdict.reason else standing(claim), color),
        Text(claim.title),
        Text(""),
        Text(claim.statement),
    ]
    blocks += _items("Formula, in LaTeX", [claim.formula] if claim.formula else [])
    blocks += _items("Assumptions", claim.assumptions)
    for e in verdict.evidence:
        if e.kind == "symbolic":
            heading = f"Proof {'of the claim ' if e.scope == AS_STATED else ''}{e.scope}"
            blocks += _items(f"{heading}, each step reduced by sympy", e.steps, numbered=True)
    blocks += _items("For Coq", [_theorem(e) for e in verdict.evidence if e.kind == _PROOFS[1]])
    if claim.no_proof:
        blocks += _items("No proof here", [claim.no_proof])
    measured = [e for e in verdict.evidence if e.kind not in (*_PROOFS, "control")]
    controls = [e for e in verdict.evidence if e.kind == "control"]
    blocks += _items("Numbers", [_number(e, claim) for e in measured])
    heading = "What is right, by the same measure" if claim.erratum else "Control"
    blocks += _items(heading, [_number(e, claim) for e in controls])
    if claim.test:
        blocks += _items("On a trained network", [f"{claim.test}: {last_result(claim.test)}"])
    blocks += _items("Sources", [readable(source) for source in claim.sources])
    blocks += _items("Exercises", claim.exercises)
    shown = [f"{f.title} ({f.name})" for f in illustrations() if claim.id in f.claims]
    blocks += _items("Figures in the report", shown)
    blocks += [Text(""), Text(f"{verdict.status}, in {verdict.seconds:.2f} s", color)]
    return Group(*blocks)


def _items(heading: str, items: Sequence[str], numbered: bool = False) -> list[Text]:
    if not items:
        return []
    lines = [Text(""), Text(heading, style="bold")]
    marks = [f"{n}." if numbered else "-" for n in range(1, len(items) + 1)]
    return lines + [Text(f"  {mark} {item}") for mark, item in zip(marks, items, strict=True)]


def _theorem(leg: Evidence) -> str:
    """A theorem's statement as Coq reads it, under what of the claim it covers."""
    lines = "\n".join([f"{leg.name}: {leg.description}", *leg.steps, leg.detail]).strip()
    return lines.replace("\n", "\n      ")


def _number(leg: Evidence, claim: Claim) -> str:
    kind = "correction" if claim.erratum and leg.kind == "control" else leg.kind
    what = f"{kind} ({leg.description})" if leg.description else kind
    size = f"{leg.residual:.2e}"
    if leg.kind == "certified":
        size = f"within {size} of 0"
    verb = "holds" if leg.holds else "does not hold"
    needs = f"must be {bound(leg, claim)}"
    count = f"{leg.instances} values"
    if leg.kind == "control" and not claim.erratum:
        count = noticed(leg)
    scope = f", proves it {leg.scope}" if leg.scope else ""
    return f"{what}: {size}, {needs}, {count}, {leg.seconds:.2f} s, {verb}{scope}"
