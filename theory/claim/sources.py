"""A claim's sources as a reader can follow them: course documents by question, not by line."""

from __future__ import annotations

import re

from theory.claim.exercises import DOCUMENTS, EXERCISES, Exercise, pieces

_IN_COURSE = re.compile(r"(\d{3}_[0-9a-f]{16}\.txt):([\d,-]+)")


def readable(source: str) -> str:
    """The source in words: "Homework 5, question 4b" for a file and its lines, a paper as it is.

    Lines between two questions belong to the one before them. File and lines stay in the record.
    """
    return _IN_COURSE.sub(lambda found: _in_course(found[1], found[2]), source)


def _in_course(file: str, lines: str) -> str:
    document = next((d for d in DOCUMENTS if d.file == file), None)
    if document is None:
        return f"{file}, lines {lines}"
    own = [e for e in EXERCISES if e.document is document]
    places = [place for first, last in pieces(lines) for place in _places(first, last, own)]
    return ", ".join(dict.fromkeys([document.title, *places]))


def _places(first: int, last: int, exercises: list[Exercise]) -> list[str]:
    """The exercises that the lines lie in; else the one that begins last before them."""
    holding = [e for e in exercises if any(a <= last and first <= b for a, b in e.lines)]
    if not holding:
        before = [
            (max(a for a, _ in e.lines if a <= first), e) for e in exercises if _starts(e, first)
        ]
        holding = [max(before, key=lambda pair: pair[0])[1]] if before else []
    return [e.place for e in holding]


def _starts(exercise: Exercise, line: int) -> bool:
    return any(first <= line for first, _ in exercise.lines)
