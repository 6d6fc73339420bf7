"""All claims: found in their modules, chosen by id, alias or exercise, and verified."""

from __future__ import annotations

import difflib
import importlib
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from theory.claim import claim as made
from theory.claim.claim import Claim, Evidence, Status, Verdict
from theory.claim.exercises import EXERCISES, exercises

CHAPTERS = Path(__file__).parents[1] / "chapters"

_DECLARED = re.compile(r"^\w+(?:: \w+)? = Claim\((.*?)^\)", re.MULTILINE | re.DOTALL)
_NAMES = re.compile(r'^    (?:id|alias)="([^"]+)"', re.MULTILINE)


@cache
def _modules() -> dict[str, str]:
    """Each id, and each alias, with the module that declares it: read, and not imported.

    Raises:
        ValueError: two claims have the same; the message names their modules.
    """
    homes: dict[str, str] = {}
    for file in sorted(CHAPTERS.rglob("*.py")):
        module = ".".join(("theory", *file.relative_to(CHAPTERS.parent).with_suffix("").parts))
        for declared in _DECLARED.findall(file.read_text(encoding="utf-8")):
            for name in _NAMES.findall(declared):
                if name in homes:
                    raise ValueError(f"claim: {name} is declared in {homes[name]} and in {module}")
                homes[name] = module
    return homes


def _all() -> list[Claim]:
    """Every claim, group by group (A-JS and so on), in the order of the ids."""
    for module in dict.fromkeys(_modules().values()):
        importlib.import_module(module)
    groups = list(made.TOPICS)
    return sorted(made.registered.values(), key=lambda c: (groups.index(c.group), c.id))


def claims(exercise: str | None = None) -> list[Claim]:
    """All claims, or those that answer an exercise.

    Args:
        exercise: a name such as ``HW5.4b`` or ``SLIDES-GAN.OPT``; ``HW5.4`` takes in all its parts.

    Raises:
        ValueError: there is no such exercise; the message names all.
    """
    if exercise is None:
        return _all()
    wanted = {id_ for e in exercises(exercise) for id_ in e.answers}
    return [c for c in _all() if c.id in wanted]


def pending(exercise: str) -> list[str]:
    """The ids that an exercise needs and that no claim has yet.

    Raises:
        ValueError: as `claims`.
    """
    built = {*_modules(), *(c.id for c in made.registered.values())}
    return list(dict.fromkeys(i for e in exercises(exercise) for i in e.answers if i not in built))


def find(name: str) -> Claim:
    """The claim with this id or alias (case ignored).

    Raises:
        ValueError: there is none; the message gives the nearest names.
    """
    homes = {declared.lower(): (declared, module) for declared, module in _modules().items()}
    # Claims may also be made elsewhere, in a test or by a user.
    homes |= {n.lower(): (n, "") for c in made.registered.values() for n in (c.id, c.alias)}
    if name.lower() in homes:
        declared, module = homes[name.lower()]
        if module:
            importlib.import_module(module)
        return next(c for c in made.registered.values() if declared in (c.id, c.alias))
    if any(e.name.lower().startswith(name.lower()) for e in EXERCISES) and name:
        raise ValueError(f"claim: got {name!r}, which is an exercise: --exercise {name}")
    near = difflib.get_close_matches(name.lower(), homes, n=3, cutoff=0.5)
    named = [homes[n][0] for n in near]
    hint = f"nearest are {', '.join(named)}" if near else "`python -m theory list` names all"
    raise ValueError(f"claim: got {name!r}, which is no id or alias; {hint}")


def verify(name: str) -> Verdict:
    """Verify one claim by its id or alias.

    Args:
        name: an id such as ``A-JS-02`` or an alias such as ``js-decomposition``.

    Returns:
        A `Verdict` with status, evidence and seconds; verification never raises for a false claim.

    Raises:
        ValueError: there is no such claim.
    """
    return find(name).verify()


def verify_all(chosen: Sequence[Claim], jobs: int = 1) -> Iterator[Verdict]:
    """Verify several claims, each verdict as soon as it is there (with one job, in order).

    Args:
        chosen: registered claims, or any claims when `jobs` is 1.
        jobs: how many processes share the work, at least 1.

    Raises:
        ValueError: fewer than one job.
    """
    if jobs < 1:
        raise ValueError(f"jobs: got {jobs}, expected at least 1")
    if jobs == 1 or len(chosen) < 2:
        for claim in chosen:
            yield claim.verify()
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # Legs are functions and stay in their process: a claim goes there as its id, and the evidence
    # comes back. Fresh processes, because a fork inherits the locks of its parent's threads; one
    # thread each, because linear algebra on small arrays loses more to waiting than it wins.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(min(jobs, len(chosen)), get_context("spawn")) as pool:
        futures = {pool.submit(_outcome, claim.id): claim for claim in chosen}
        for future in as_completed(futures):
            status, evidence, seconds, reason = future.result()
            yield Verdict(status, evidence, seconds, futures[future], reason)


def _outcome(id_: str) -> tuple[Status, tuple[Evidence, ...], float, str]:
    verdict = verify(id_)
    return verdict.status, verdict.evidence, verdict.seconds, verdict.reason
