"""All claims: found in their modules, chosen by id, alias or exercise, and verified."""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Iterator, Sequence

from theory import claim as made
from theory.claim import Claim, Evidence, Status, Verdict
from theory.exercises import exercises

# The modules that register claims, in the order in which `claims()` lists them.
CLAIM_MODULES = (
    "topics.framework",
    "topics.training",
    "topics.push_forward",
    "topics.discriminator",
    "topics.f_divergences",
    "topics.global_optimum",
    "topics.descent",
    "topics.jensen_shannon",
    "topics.saturation",
    "topics.disjoint_supports",
    "topics.instance_noise",
    "topics.noise_levels",
    "topics.couplings",
    "topics.transport_maps",
    "topics.optimal_transport",
    "topics.critics",
    "topics.dynamics",
    "topics.min_max",
    "topics.cures",
    "topics.mode_collapse",
    "topics.mode_seeking",
    "topics.mode_collapse_region",
    "topics.packing",
    "topics.packed_game",
    "topics.explicit_density",
    "topics.sampling",
    "topics.evaluation",
    "topics.networks",
    "topics.momentum",
    "errata.game",
    "errata.saturation",
    "errata.transport",
    "errata.networks",
    "errata.sequences",
    "errata.backpropagation",
    "errata.search",
    "errata.reinforcement",
    "errata.transfer",
    "errata.images",
    "errata.translation",
    "errata.implementations",
)


def _all() -> list[Claim]:
    """Every claim, group by group (A-JS and so on), in the order of the ids."""
    for name in CLAIM_MODULES:
        importlib.import_module(f"theory.{name}")
    groups = list(dict.fromkeys(claim.group for claim in made.registered.values()))
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
    built = {c.id for c in _all()}
    return list(dict.fromkeys(i for e in exercises(exercise) for i in e.answers if i not in built))


def find(name: str) -> Claim:
    """The claim with this id or alias (case ignored).

    Raises:
        ValueError: there is none; the message gives the nearest names.
    """
    names = {c.id.lower(): c for c in _all()}
    names |= {c.alias: c for c in _all()}
    claim = names.get(name.lower())
    if claim is None:
        near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
        near = [names[n].id if n == names[n].id.lower() else n for n in near]
        hint = f"nearest are {', '.join(near)}" if near else "`python -m theory list` names all"
        raise ValueError(f"claim: got {name!r}, which is no id or alias; {hint}")
    return claim


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
