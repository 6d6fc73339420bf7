"""Claims: statements with a permanent id, a proof, numerical checks and a negative control.

A claim is verified by running its *legs*. A symbolic leg proves it with sympy, step by step; a
numerical leg measures it on random instances; a sampling leg measures it by Monte Carlo, in
standard errors; a certified leg encloses it in an interval that is proved to hold it. A *control*
is a nearby false statement, or the claim with an assumption dropped, put through the same check:
unless the check notices, the claim fails, because a check that cannot fail proves nothing. An
*erratum* records a statement that is wrong and refutes it.
"""

from __future__ import annotations

import inspect
import math
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from theory.exercises import answered_by

# What the groups of ids are about: A-JS-02 belongs to A-JS.
TOPICS = {
    "A-GAN": "The game",
    "A-DST": "The optimal discriminator",
    "A-JS": "The Jensen-Shannon divergence",
    "A-SAT": "Saturation",
    "A-SUP": "Disjoint supports and instance noise",
    "A-OT": "Wasserstein distances",
    "A-DYN": "Dynamics of the game",
    "A-MC": "Mode collapse and packing",
    "A-GEN": "Explicit and implicit densities",
    "A-EVA": "Evaluation",
    "A-NN": "Activations and dropout",
    "B": "Mistakes often seen",
}

# Standard errors that a sampling leg may deviate: a normal deviate is further out with p = 1e-6.
SAMPLING_BOUND = 4.9

Status = Literal["proved", "supported", "refuted", "stated", "linked", "failed"]
Kind = Literal["symbolic", "numerical", "sampling", "certified", "counterexample", "control"]
Check = Callable[..., Iterator[Any]]

registered: dict[str, Claim] = {}

_ID = re.compile(r"A-[A-Z0-9]+-\d{2,}[a-z]?|B-E\d{2,}")
_ALIAS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Leg:
    """One check of a claim, as declared; `tolerance` is the bound its residuals are held to."""

    kind: Kind
    description: str
    tolerance: float
    check: Check


@dataclass(frozen=True)
class Evidence:
    """What one leg found.

    `residual` is the largest of its residuals (of a counterexample, the smallest), `instances`
    how many there were, `holds` whether the leg did what it must, `detail` why not, and `steps`
    the printed steps of a proof.
    """

    kind: Kind
    description: str
    residual: float
    tolerance: float
    seconds: float
    instances: int
    holds: bool
    detail: str = ""
    steps: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """This leg as a dictionary that JSON can hold (NaN and infinity become text)."""
        residual = self.residual if math.isfinite(self.residual) else str(self.residual)
        return {
            "kind": self.kind,
            "description": self.description,
            "residual": residual,
            "tolerance": self.tolerance,
            "seconds": self.seconds,
            "instances": self.instances,
            "holds": self.holds,
            "detail": self.detail,
            "steps": list(self.steps),
        }


@dataclass(frozen=True)
class Verdict:
    """The outcome of verifying a claim: its status, the evidence of each leg, and the seconds."""

    status: Status
    evidence: tuple[Evidence, ...]
    seconds: float
    claim: Claim
    reason: str = ""

    def record(self) -> dict[str, Any]:
        """The claim's record, the same in Python and in `--json`."""
        return {
            "id": self.claim.id,
            "alias": self.claim.alias,
            "title": self.claim.title,
            "statement": self.claim.statement,
            "formula": self.claim.formula,
            "assumptions": list(self.claim.assumptions),
            "sources": list(self.claim.sources),
            "exercises": list(self.claim.exercises),
            "legs": [e.record() for e in self.evidence if e.kind != "control"],
            "control": [e.record() for e in self.evidence if e.kind == "control"],
            "status": self.status,
            "seconds": self.seconds,
            "test": self.claim.test,
            "no_proof": self.claim.no_proof,
            "reason": self.reason,
        }


@dataclass(eq=False)
class Claim:
    """A statement with a permanent id; constructing one registers it.

    Args:
        id: a permanent id, such as ``A-JS-02``, or ``B-E16`` of an erratum; never renumbered.
        alias: a readable name in lower case with hyphens, such as ``js-decomposition``.
        title: one line, a formula where there is one.
        statement: the whole statement; of an erratum, what is wrongly said and what is right.
        assumptions: what it needs, one phrase each.
        sources: papers with equation or theorem numbers, and course files with lines.
        formula: the statement's formula in LaTeX, without dollar signs; the report shows it.
        erratum: the statement is wrong, and a counterexample has to refute it.
        definition: there is nothing to compute; legs are optional.
        test: the test that checks it on a trained network; legs are optional.
        no_proof: why there is no symbolic leg; two other legs are then required.

    Raises:
        ValueError: a malformed or duplicate id or alias, or a missing source.
    """

    id: str
    alias: str
    title: str
    statement: str
    sources: tuple[str, ...]
    assumptions: tuple[str, ...] = ()
    formula: str = ""
    erratum: bool = False
    definition: bool = False
    test: str = ""
    no_proof: str = ""
    legs: list[Leg] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"id: got {self.id!r}, expected one such as A-JS-02 or B-E16")
        if not _ALIAS.fullmatch(self.alias):
            raise ValueError(f"alias: got {self.alias!r}, expected lower case words and hyphens")
        if not self.sources:
            raise ValueError(f"sources: {self.id} names none, expected at least one")
        for name in ("sources", "assumptions"):
            if isinstance(getattr(self, name), str):
                raise ValueError(f"{name}: {self.id} gives a string, expected a tuple of strings")
        for other in registered.values():
            if self.id == other.id:
                raise ValueError(f"id: {self.id} is registered already")
            if self.alias == other.alias:
                raise ValueError(f"alias: {self.alias} of {self.id} belongs to {other.id}")
        registered[self.id] = self

    @property
    def exercises(self) -> tuple[str, ...]:
        """The homework and slides that it answers, such as HW5.4b or SLIDES-GAN.OPT."""
        return answered_by(self.id)

    @property
    def topic(self) -> str:
        """The heading it stands under, one of `TOPICS`."""
        return TOPICS[self.group]

    @property
    def group(self) -> str:
        """The group of ids that it belongs to: A-JS of A-JS-02, B of B-E16."""
        return self.id.rpartition("-")[0]

    # Declaring legs. A check is a generator function; it takes a seeded numpy Generator or nothing.

    def symbolic(self, check: Check) -> Check:
        """Add a proof: pairs (step in words, residual); each residual reduces to 0 or true."""
        return self._add("symbolic", "proof", 0.0, check)

    def numerical(self, tolerance: float, description: str = "") -> Callable[[Check], Check]:
        """Add a check on instances: yields residuals >= 0; the largest is at most `tolerance`."""
        return lambda check: self._add("numerical", description, tolerance, check)

    def sampling(self, check: Check) -> Check:
        """Add a Monte-Carlo check: yields deviations in standard errors, at most 4.9 in size."""
        return self._add("sampling", "", SAMPLING_BOUND, check)

    def certified(self, tolerance: float, description: str = "") -> Callable[[Check], Check]:
        """Add a check by ball arithmetic: yields differences that must be 0, each a `flint.arb`
        ball, proved to hold the number it stands for and to lie within `tolerance` of 0."""
        return lambda check: self._add("certified", description, tolerance, check)

    def control(self, description: str, tolerance: float) -> Callable[[Check], Check]:
        """Add a negative control: what must go wrong, and does.

        For a claim it is a nearby false statement, or a dropped assumption, measured as a
        numerical leg would measure it: its largest residual must exceed `tolerance`. For an
        erratum it is the corrected statement put through the counterexample: the largest
        disagreement must stay within `tolerance`, or the counterexample would refute anything.
        """
        return lambda check: self._add("control", description, tolerance, check)

    def counterexample(self, at_least: float, description: str = "") -> Callable[[Check], Check]:
        """Refute an erratum: yields how far what it says is from the truth, all > `at_least`."""
        if not self.erratum:
            raise ValueError(f"{self.id} is no erratum, a counterexample would refute a claim")
        return lambda check: self._add("counterexample", description, at_least, check)

    def _add(self, kind: Kind, description: str, tolerance: float, check: Check) -> Check:
        self.legs.append(Leg(kind, description, tolerance, check))
        return check

    def flaw(self) -> str:
        """Why the claim's own make-up cannot support a verdict, or an empty string."""
        kinds = [leg.kind for leg in self.legs]
        checks = [kind for kind in kinds if kind not in ("control", "counterexample")]
        if not kinds and (self.definition or self.test):
            return ""
        if not checks:
            return "it has no leg"
        if "control" not in kinds:
            return "it has no control"
        if self.erratum:
            return "" if "counterexample" in kinds else "it is an erratum without counterexample"
        if "symbolic" in checks or self.definition or self.test:
            return ""
        if not self.no_proof:
            return "it has no symbolic leg and does not say why (no_proof)"
        return "" if len(checks) >= 2 else "it has no symbolic leg and fewer than two others"

    def verify(self) -> Verdict:
        """Run every leg and control; an exception inside one makes the claim fail, not the run."""
        start = time.perf_counter()
        evidence = tuple(_run(self, leg, number) for number, leg in enumerate(self.legs))
        reasons = [self.flaw()] if self.flaw() else []
        reasons += [f"{e.kind}: {e.detail}" for e in evidence if not e.holds]
        kinds = {e.kind for e in evidence}
        status: Status
        if reasons:
            status = "failed"
        elif self.erratum:
            status = "refuted"
        elif "symbolic" in kinds:
            status = "proved"
        elif self.test:
            status = "linked"
        elif self.definition:
            status = "stated"
        else:
            status = "supported"
        return Verdict(status, evidence, time.perf_counter() - start, self, "; ".join(reasons))


def _run(claim: Claim, leg: Leg, number: int) -> Evidence:
    """Run one leg with a generator seeded by the claim's id and the leg's place."""
    start = time.perf_counter()
    residuals: list[float] = []
    steps: list[str] = []
    detail = ""
    try:
        rng = np.random.default_rng([zlib.crc32(claim.id.encode()), number])
        arguments = (rng,) if inspect.signature(leg.check).parameters else ()
        for item in leg.check(*arguments):
            if leg.kind == "symbolic":
                step, residual = item
                steps.append(step)
                residuals.append(_symbolic_residual(residual))
            elif leg.kind == "certified":
                residuals.append(_ball(item))
            else:
                residuals.append(_number(item, signed=leg.kind == "sampling"))
    except Exception as error:  # a broken leg is a failed claim; the other claims still run
        detail = f"{type(error).__name__}: {error}"
    worst = _worst(leg.kind, residuals)
    if not detail:
        detail = _judge(claim, leg, residuals, worst, steps)
    seconds = time.perf_counter() - start
    return Evidence(
        leg.kind,
        leg.description,
        worst,
        leg.tolerance,
        seconds,
        len(residuals),
        not detail,
        detail,
        tuple(steps),
    )


def _worst(kind: Kind, residuals: list[float]) -> float:
    if not residuals or any(math.isnan(r) for r in residuals):
        return math.nan
    return min(residuals) if kind == "counterexample" else max(residuals)


def _judge(claim: Claim, leg: Leg, residuals: list[float], worst: float, steps: list[str]) -> str:
    """Why the leg does not hold, or an empty string."""
    if not residuals:
        return "no instance was checked"
    if math.isnan(worst):
        return "a residual is NaN"
    if leg.kind == "symbolic":
        broken = [step for step, r in zip(steps, residuals, strict=True) if r != 0]
        return f"a step does not reduce to zero: {broken[0]}" if broken else ""
    if leg.kind == "counterexample":
        holds, need = worst > leg.tolerance, "must exceed"
    elif leg.kind == "control" and not claim.erratum:
        holds, need = worst > leg.tolerance, "went unnoticed: it must exceed"
    else:
        holds, need = worst <= leg.tolerance, "must be at most"
    return "" if holds else f"residual {worst:.3g} {need} {leg.tolerance:.3g}"


def _number(item: Any, signed: bool) -> float:
    """The size of one yielded residual; of an array, its largest."""
    values = np.asarray(item, dtype=float)
    if values.size == 0:
        raise ValueError("a residual is empty")
    if not signed and np.any(values < 0):
        raise ValueError(f"a residual is negative ({np.min(values):.3g}), expected a size >= 0")
    return float(np.max(np.abs(values)))


def _ball(item: Any) -> float:
    """The largest size that a ball allows; a bare number would be a hope, and is refused."""
    import flint

    if not isinstance(item, flint.arb):
        raise TypeError(f"a certified leg yielded {type(item).__name__}, expected a flint.arb")
    return float(item.abs_upper())  # NaN when the ball is


def _symbolic_residual(residual: Any) -> float:
    """0 when sympy reduces the residual to zero (or true), else its size, or infinity."""
    import sympy

    residual = sympy.sympify(residual)
    if isinstance(residual, sympy.MatrixBase):
        return max(_symbolic_residual(entry) for entry in residual)
    if residual in (sympy.true, sympy.false) or residual.is_Relational:
        return 0.0 if sympy.simplify(residual) == sympy.true else math.inf
    logs = sympy.expand_log(residual)
    if residual == 0 or sympy.expand(logs) == 0 or sympy.simplify(logs) == 0:  # the quick one first
        return 0.0
    return abs(float(residual)) if residual.is_number and residual.is_finite else math.inf
