"""The theorems that Coq checks, read from the `.v` files beside this one.

A theorem says in the comment above it which claims it is about and what of them it covers:
``(* Claims A-JS-03, A-JS-05: on finite spaces ... *)``. Nothing else lists them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

# The name of the file of generated definitions, and that of our files as Coq's library.
FORMULAS = "Formulas"
LIBRARY = "Theory"

_THEOREM = re.compile(
    r"\(\* Claims? (?P<claims>[A-Z][\w-]+(?:, [A-Z][\w-]+)*): (?P<covers>(?:(?!\*\)).)*)\*\)"
    r"\s*Theorem (?P<name>\w+) :\s+(?P<statement>.*?)\.\s*Proof",
    re.DOTALL,
)
_DECLARED = re.compile(r"^(?:Definition|Fixpoint) (\w+) .*?\.$", re.MULTILINE | re.DOTALL)
_REQUIRED = re.compile(rf"^From {LIBRARY} Require Import ([\w ]+)\.", re.MULTILINE)
_COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)


@dataclass(frozen=True)
class Theorem:
    """One theorem: its name, the claims it is about, what of them it covers, and its statement as
    Coq reads it; its file (without `.v`), and the words of its statement and of the definitions in
    it."""

    name: str
    claims: tuple[str, ...]
    covers: str
    statement: str
    file: str
    words: frozenset[str]


@cache
def sources() -> dict[str, str]:
    """The hand-written files: name without `.v`, and text."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.v"))}


def required(text: str) -> list[str]:
    """Which of our files a file needs."""
    return [name for names in _REQUIRED.findall(text) for name in names.split()]


def compiling_order(texts: dict[str, str]) -> list[str]:
    """The files, each after all that it needs."""
    order: list[str] = []

    def visit(name: str) -> None:
        for needed in required(texts[name]):
            visit(needed)
        if name not in order:
            order.append(name)

    for name in texts:
        visit(name)
    return order


def declared(text: str) -> dict[str, str]:
    """The definitions in a file, by name."""
    text = _COMMENT.sub("", text)
    return {match[1]: match[0] for match in _DECLARED.finditer(text)}


@cache
def theorems() -> tuple[Theorem, ...]:
    """All theorems, in the order in which they are proved."""
    bodies = {
        name: set(re.findall(r"\w+", body))
        for text in sources().values()
        for name, body in declared(text).items()
    }
    found = []
    for file in compiling_order({FORMULAS: "", **sources()}):
        for match in _THEOREM.finditer(sources().get(file, "")):
            words = set(re.findall(r"\w+", match["statement"]))
            while more := {w for name in words & bodies.keys() for w in bodies[name]} - words:
                words |= more
            found.append(
                Theorem(
                    match["name"],
                    tuple(match["claims"].split(", ")),
                    " ".join(match["covers"].split()).rstrip("."),
                    match["statement"].strip(),
                    file,
                    frozenset(words),
                )
            )
    return tuple(found)


@cache
def _by_claim() -> dict[str, list[Theorem]]:
    found: dict[str, list[Theorem]] = {}
    for theorem in theorems():
        for claim in theorem.claims:
            found.setdefault(claim, []).append(theorem)
    return found


def about(claim: str) -> Sequence[Theorem]:
    """The theorems about the claim with this id."""
    return _by_claim().get(claim, ())
