"""The report: every verdict, figure and exercise on one page that asks nothing of a network.

Formulas are MathML, figures are SVG within the page, light and dark follow the reader's system,
and nothing needs a script.
"""

from __future__ import annotations

import html
import json
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from theory.claim import TOPICS, Claim, Evidence, Verdict, registry
from theory.claim.exercises import DOCUMENTS, Document, Exercise
from theory.claim.linked import last_result
from theory.claim.sources import readable
from theory.report.illustration import Illustration, illustrations
from theory.report.terminal import LEGS, STATUSES, bound, closest, residual
from theory.report.typesetting import mathml, prose


def write(
    folder: Path,
    verdicts: Sequence[Verdict],
    exercises: Sequence[Exercise],
    seconds: float,
    jobs: int = 1,
    follow: Callable[[Sequence[Illustration]], Iterable[Illustration]] = iter,
) -> None:
    """Write `index.html` and `claims.json`, the records, into an empty folder.

    Args:
        folder: exists already.
        verdicts: of the claims that the page is about.
        exercises: those that it groups them by.
        seconds: how long verifying took, by the clock.
        jobs: the number of processes that verified.
        follow: passes the figures on as they are drawn; shows progress, for example.
    """
    page = _Page(verdicts, exercises, seconds, jobs)
    for figure in follow(page.figures):
        page.pictures[figure.name] = figure.svg()
    records = json.dumps([v.record() for v in verdicts], indent=1, ensure_ascii=False)
    (folder / "index.html").write_text(page.html(), encoding="utf-8")
    (folder / "claims.json").write_text(records, encoding="utf-8")


class _Page:
    """What is on the page, so that its parts can point to one another."""

    def __init__(
        self,
        verdicts: Sequence[Verdict],
        exercises: Sequence[Exercise],
        seconds: float,
        jobs: int,
    ) -> None:
        self.verdicts = {v.claim.id: v for v in verdicts}
        self.exercises = exercises
        self.seconds = seconds
        self.jobs = jobs
        self.built = {c.id for c in registry.claims()}
        self.figures = [f for f in illustrations() if self.verdicts.keys() & set(f.claims)]
        self.pictures: dict[str, str] = {}

    def html(self) -> str:
        drawn = {figure.topic for figure in self.figures}
        topics = [(key, name) for key, name in TOPICS.items() if self._of(key) or key in drawn]
        courses = [d for d in DOCUMENTS if any(e.document is d for e in self.exercises)]
        contents = _list(
            f'<a href="#{key}">{_text(name)}</a> <span class="soft">{len(self._of(key))}</span>'
            for key, name in topics
        ) + _list(f'<a href="#{course.prefix}">{course.title}</a>' for course in courses)
        # The policy makes a browser refuse any request, should one ever slip in.
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>What must be true of GANs</title>
<style>
{Path(__file__).with_suffix(".css").read_text(encoding="utf-8")}</style>
</head>
<body>
<a class="skip" href="#main">To the claims</a>
<header>
<h1>What must be true of generative adversarial networks</h1>
{self._head()}
</header>
<nav aria-label="Contents">
<h2>Contents</h2>
{contents}
</nav>
<main id="main">
{"".join(self._topic(key, name) for key, name in topics)}
{"".join(map(self._course, courses))}
</main>
<footer><p>The records behind this page are in <code>claims.json</code>, beside it.</p></footer>
</body>
</html>
"""

    def _of(self, key: str) -> list[Verdict]:
        return [v for v in self.verdicts.values() if v.claim.topic == TOPICS[key]]

    def _head(self) -> str:
        evidence = [e for v in self.verdicts.values() for e in v.evidence]
        statuses = Counter(v.status for v in self.verdicts.values())
        kinds = Counter(e.kind for e in evidence)
        claims = f"{len(self.verdicts)} claim{'' if len(self.verdicts) == 1 else 's'}"
        work = sum(v.seconds for v in self.verdicts.values())
        processes = "1 process" if self.jobs == 1 else f"{self.jobs} processes"
        failed = [v for v in self.verdicts.values() if v.status == "failed"]
        alarm = _list(f"{self._link(v.claim.id)} {_text(v.reason)}" for v in failed)
        outcome = (
            f'<div class="alarm" role="note"><p><strong>{len(failed)} failed.</strong></p>'
            f"{alarm}</div>"
            if failed
            else ""
        )
        verdicts = _table(
            "Verdicts",
            ("claims", "verdict", "what it says"),
            [(str(statuses[s]), _status(s), says) for s, says in STATUSES.items() if statuses[s]],
            "tally",
        )
        checks = _table(
            "Kinds of check",
            ("run", "check", "what it does"),
            [(str(kinds[k]), k, does) for k, does in LEGS.items() if kinds[k]],
            "tally",
        )
        return f"""<p class="lead">{claims} about the game of generator and discriminator, each
executed: proved line by line, measured against an independent computation, and put beside a
control, a nearby false statement that the same check must reject. Mistakes that are often seen in
course material are refuted by counterexample.</p>
{outcome}
<p class="soft">Verified in {self.seconds:.1f} s by {processes} ({work:.1f} s of work), with
{_text(_versions())}.</p>
<div class="counts">
{verdicts}
{checks}
</div>
"""

    # Topics ------------------------------------------------------------------------------

    def _topic(self, key: str, name: str) -> str:
        verdicts = self._of(key)
        chips = _chips(
            f'<a href="#{v.claim.id}" class="{_class(v.status)}"'
            f' title="{_text(v.claim.title)}">{v.claim.id}</a>'
            for v in verdicts
        )
        figures = "".join(self._figure(f) for f in self.figures if f.topic == key)
        return f"""<section id="{key}" aria-labelledby="{key}-name">
<h2 id="{key}-name">{_text(name)}</h2>
{chips}
{figures}
{"".join(map(self._claim, verdicts))}
</section>
"""

    def _figure(self, figure: Illustration) -> str:
        table = ""
        if figure.table is not None:
            heading, rows = figure.table()
            cells = [[prose(str(cell)) for cell in row] for row in rows]
            table = _table(f"Numbers of: {figure.title}", [*map(prose, heading)], cells, "numbers")
        return f"""<figure id="figure-{figure.name}">
<div class="wide">{self.pictures[figure.name]}</div>
<figcaption><strong>{prose(figure.title)}.</strong> {prose(figure.caption)}
<span class="shows">Shows {", ".join(map(self._link, figure.claims))}.</span></figcaption>
{table}
</figure>
"""

    def _claim(self, verdict: Verdict) -> str:
        claim = verdict.claim
        id_ = claim.id
        figures = ", ".join(
            f'<a href="#figure-{f.name}">{prose(f.title)}</a>'
            for f in self.figures
            if id_ in f.claims
        )
        answers = ", ".join(map(self._exercise_link, claim.exercises))
        notes = {
            "Assumes": "; ".join(map(prose, claim.assumptions)),
            "No proof": prose(claim.no_proof),
            "Test": f"<code>{claim.test}</code>, {last_result(claim.test)}" if claim.test else "",
            "Figures": figures,
            "Exercises": answers,
            "Sources": "; ".join(_text(readable(source)) for source in claim.sources),
        }
        rows = "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in notes.items() if v)
        reason = f'<p class="alarm">{_text(verdict.reason)}</p>' if verdict.reason else ""
        formula = mathml(claim.formula) if claim.formula else ""
        return f"""<article id="{id_}" aria-labelledby="{id_}-title">
<p class="name"><a href="#{id_}">{id_}</a> <code>{claim.alias}</code> {_status(verdict.status)}
{_scope(verdict)}</p>
<h3 id="{id_}-title">{prose(claim.title)}</h3>
{f'<div class="formula">{formula}</div>' if formula else ""}
{_statement(claim)}
{reason}{_legs(verdict)}{_proof(verdict)}
<dl>{rows}</dl>
</article>
"""

    # Exercises ---------------------------------------------------------------------------

    def _course(self, course: Document) -> str:
        key = course.prefix
        exercises = [e for e in self.exercises if e.document is course]
        chips = _chips(
            f'<a href="#{e.name}">{e.name}</a> <span class="soft">'
            f"{len(self.verdicts.keys() & set(e.answers))}/{len(e.answers)}</span>"
            for e in exercises
        )
        return f"""<section id="{key}" class="course" aria-labelledby="{key}-name">
<h2 id="{key}-name">{course.title}</h2>
<p class="soft">Each exercise with the claims that answer it, verified here of all.</p>
{chips}
{"".join(map(self._exercise, exercises))}
</section>
"""

    def _exercise(self, exercise: Exercise) -> str:
        found = [self.verdicts[i] for i in exercise.answers if i in self.verdicts]
        rows = []
        for verdict in found:
            leg = _telling(verdict)
            numbers = (residual(leg), bound(leg, verdict.claim)) if leg else ("–", "–")
            title = f"{self._link(verdict.claim.id)} {prose(verdict.claim.title)}"
            status = f"{_status(verdict.status)} {_scope(verdict)}".strip()
            rows.append((title, status, *map(_text, numbers)))
        heading = ("claim", "verdict", "value", "tolerance")
        table = _table(f"Answers to {exercise.name}", heading, rows, "answers") if rows else ""
        others = [i for i in exercise.answers if i in self.built and i not in self.verdicts]
        pending = [i for i in exercise.answers if i not in self.built]
        notes = "".join(
            f'<p class="soft">{what}: {", ".join(map(self._link, ids))}.</p>'
            for what, ids in (("Not verified here", others), ("Still to be built", pending))
            if ids
        )
        return f"""<section id="{exercise.name}" aria-labelledby="{exercise.name}-name">
<h3 id="{exercise.name}-name"><span class="name">{exercise.name}</span>
{prose(exercise.question)}</h3>
{table}{notes}
</section>
"""

    def _link(self, id_: str) -> str:
        if id_ not in self.verdicts:
            return f'<span class="id">{id_}</span>'
        return f'<a class="id" href="#{id_}">{id_}</a>'

    def _exercise_link(self, name: str) -> str:
        shown = any(e.name == name for e in self.exercises)
        return f'<a href="#{name}">{name}</a>' if shown else name


def _telling(verdict: Verdict) -> Evidence | None:
    """The leg whose numbers an exercise shows: a measured one before a proof, never a control."""
    legs = [e for e in verdict.evidence if e.kind != "control"]
    for kinds in (("counterexample",), ("certified", "numerical", "sampling"), ("symbolic",)):
        if found := [e for e in legs if e.kind in kinds]:
            return closest(found, verdict.claim)
    return None


def _statement(claim: Claim) -> str:
    """The statement; of an erratum what is said, and what is right."""
    parts = re.fullmatch(r"Said:? (.*?) Right: (.*)", claim.statement, re.DOTALL)
    if not claim.erratum or parts is None:
        return f"<p>{prose(claim.statement)}</p>"
    said, right = map(prose, parts.groups())
    return f'<dl class="said"><dt>Said</dt><dd>{said}</dd><dt>Right</dt><dd>{right}</dd></dl>'


def _legs(verdict: Verdict) -> str:
    rows = [
        (
            f"<b>{e.kind}</b> {prose(_says(e))}"
            + ("" if e.holds else f' <span class="failed">{_text(e.detail)}</span>'),
            _text(residual(e)),
            _text(bound(e, verdict.claim)),
            _count(e, verdict.claim),
            f"{e.seconds:.2f}",
        )
        for kind in LEGS
        for e in verdict.evidence
        if e.kind == kind
    ]
    heading = ("check", "residual", "tolerance", "values", "s")
    return _table(f"Checks of {verdict.claim.id}", heading, rows, "legs") if rows else ""


def _says(leg: Evidence) -> str:
    """What a leg measures, or what it proves."""
    return ", ".join(filter(None, (leg.scope, leg.description if leg.kind != "symbolic" else "")))


def _count(leg: Evidence, claim: Claim) -> str:
    """The number of values; of a control, in how many of them the miss was noticed."""
    if leg.kind != "control" or claim.erratum:
        return str(leg.instances)
    weak = ' <span class="weak">weak</span>' if leg.weak else ""
    return f"{leg.noticed} of {leg.instances}{weak}"


def _proof(verdict: Verdict) -> str:
    """The steps that sympy reduced, and the theorems as Coq reads them."""
    steps = [s for e in verdict.evidence if e.kind == "symbolic" for s in e.steps]
    theorems = [e for e in verdict.evidence if e.kind == "machine-checked"]
    coq = "".join(
        f"<h4>{_text(e.name)}</h4><p>{prose(e.description)}</p>"
        f'<div class="wide"><pre>{_text(chr(10).join(e.steps))}</pre></div>'
        for e in theorems
    )
    return _fold("Proof", "step", len(steps), _ordered(steps)) + _fold(
        "For Coq", "theorem", len(theorems), coq
    )


def _fold(name: str, noun: str, count: int, inside: str) -> str:
    """What opens when it is asked for, or nothing."""
    if not count:
        return ""
    counted = f"{count} {noun}{'' if count == 1 else 's'}"
    return f"<details><summary>{name}, {counted}</summary>{inside}</details>"


def _ordered(steps: Sequence[str]) -> str:
    return "<ol>" + "".join(f"<li>{prose(step)}</li>" for step in steps) + "</ol>"


def _table(says: str, heading: Sequence[str], rows: Iterable[Sequence[str]], kind: str) -> str:
    """A table of cells that are HTML already; `says` is its name for who cannot see it."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heading)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{c}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table class="{kind}" aria-label="{_text(says)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _chips(items: Iterable[str]) -> str:
    """A list on as few lines as it needs, or nothing."""
    shown = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="chips">{shown}</ul>' if shown else ""


def _status(status: str) -> str:
    return f'<span class="verdict {_class(status)}">{status}</span>'


def _class(status: str) -> str:
    return status.replace(" ", "-")


def _scope(verdict: Verdict) -> str:
    """What is proved, where it is not the whole statement."""
    if verdict.status != "proved in part":
        return ""
    return f'<span class="scope">{prose(verdict.claim.scope)}</span>'


def _versions() -> str:
    """What the numbers were computed with."""
    found = [f"Python {platform.python_version()}"]
    for name in ("kgan", "numpy", "scipy", "sympy", "mpmath", "python-flint", "matplotlib"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _text(value: Any) -> str:
    return html.escape(str(value))
