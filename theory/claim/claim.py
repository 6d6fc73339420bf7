"""Claims: statements with a permanent id, a proof, numerical checks and a negative control.

A claim is verified by running its *legs*. A symbolic leg proves it with sympy, step by step, and
says in its *scope* what it proves: the claim as stated, a case of it, or a step. A numerical leg
measures it on random instances; a sampling leg measures it by Monte Carlo, in standard errors; a
certified leg encloses it in an interval that is proved to hold it; a text leg reads the claim's
own words and evaluates them; a machine-checked leg tells what Coq said of a theorem about it
(`theory.proofs`). A *control* is a nearby false statement, or the claim with an
assumption dropped, put through the same check as the leg that it controls: unless the check
notices, the claim fails, because a check that cannot fail proves nothing. An *erratum* records a
statement that is wrong and refutes it.
"""

from __future__ import annotations

import inspect
import math
import re
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from theory.claim import sizes, words
from theory.claim.exercises import answered_by
from theory.claim.linked import last_result
from theory.proofs import theorems

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

# The scope of a leg that proves the whole statement.
AS_STATED = "as stated"

# How far the size of a control's miss may be from the one that is stated, relative to it.
MISS_TOLERANCE = 0.01

Status = Literal["proved", "proved in part", "supported", "refuted", "stated", "linked", "failed"]
Kind = Literal[
    "symbolic",
    "machine-checked",
    "numerical",
    "sampling",
    "certified",
    "text",
    "counterexample",
    "control",
]
Check = Callable[..., Iterator[Any]]

registered: dict[str, Claim] = {}

_ID = re.compile(r"A-[A-Z0-9]+-\d{2,}[a-z]?|B-E\d{2,}")
_ALIAS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def excess(size: Any, bound: Any) -> Any:
    """How far a size lies above its bound, 0 where it does not, NaN where either is NaN.

    ``max(0.0, size - bound)`` would be 0 where the size is NaN, and a claim would hold by it.
    """
    return np.maximum(np.asarray(size, float) - np.asarray(bound, float), 0.0)


@dataclass(frozen=True)
class Leg:
    """One check of a claim, as declared.

    Attributes:
        kind: what it does.
        name: the name of its function.
        description: in words, what it measures.
        tolerance: the bound that its residuals are held to.
        check: the generator function.
        scope: of a proof, what it proves.
        judged_as: the kind of leg whose rule judges it; of a control that of the leg it controls.
        miss: by how much a control or a counterexample misses, as stated.
    """

    kind: Kind
    name: str
    description: str
    tolerance: float
    check: Check
    scope: str = ""
    judged_as: Kind = "numerical"
    miss: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What one leg found.

    `residual` is the largest of its residuals (of a counterexample, the smallest), `instances`
    how many there were, `noticed` in how many of them a control's miss was noticed, `weak` whether
    that were fewer than half, `holds` whether the leg did what it must, `detail` why not, `steps`
    the printed steps of a proof, `scope` what it proves, and `trace` where an exception came from.
    """

    kind: Kind
    name: str
    description: str
    residual: float
    tolerance: float
    seconds: float
    instances: int
    holds: bool
    detail: str = ""
    steps: tuple[str, ...] = ()
    scope: str = ""
    noticed: int = 0
    weak: bool = False
    trace: str = ""

    def record(self) -> dict[str, Any]:
        """This leg as a dictionary that JSON can hold (NaN and infinity become text)."""
        residual = self.residual if math.isfinite(self.residual) else str(self.residual)
        return {
            "kind": self.kind,
            "name": self.name,
            "description": self.description,
            "scope": self.scope,
            "residual": residual,
            "tolerance": self.tolerance,
            "seconds": self.seconds,
            "instances": self.instances,
            "noticed": self.noticed,
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
            "scope": self.claim.scope,
            "seconds": self.seconds,
            "test": self.claim.test,
            "test_result": last_result(self.claim.test) if self.claim.test else "",
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
        definition: it says what words mean, so there is nothing to prove; legs are optional.
        training: only training a network shows it, and `test` does; legs are optional.
        test: a test that checks it on a trained network.
        no_proof: why there is no proof; two other legs are then required.

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
    training: bool = False
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
        if self.group not in TOPICS:
            raise ValueError(
                f"id: {self.id} is of no group, expected one of {', '.join(TOPICS)} "
                "(a new one goes into TOPICS of theory/claim/claim.py)"
            )
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

    def symbolic(self, scope: str) -> Callable[[Check], Check]:
        """Add a proof: pairs (step in words, residual); each residual reduces to 0 or true.

        Args:
            scope: `AS_STATED`, or the case or step that it proves, such as "for two points".
        """
        if not isinstance(scope, str) or not scope or scope == "AS_STATED":
            raise ValueError(f"scope: {self.id} gives {scope!r}, expected AS_STATED or a case")
        return self._adder("symbolic", "proof", 0.0, scope=scope)

    def numerical(self, tolerance: float, description: str = "") -> Callable[[Check], Check]:
        """Add a check on instances: yields residuals >= 0; the largest is at most `tolerance`."""
        return self._adder("numerical", description, tolerance)

    def sampling(self, description: str = "") -> Callable[[Check], Check]:
        """Add a Monte-Carlo check: yields deviations in standard errors, at most 4.9 in size."""
        return self._adder("sampling", description, SAMPLING_BOUND)

    def certified(
        self, tolerance: float, description: str = "", scope: str = ""
    ) -> Callable[[Check], Check]:
        """Add a check by ball arithmetic: yields differences that must be 0, each a `flint.arb`
        ball, proved to hold the number it stands for and to lie within `tolerance` of 0. With a
        `scope` it counts as a proof: of decimals, for example."""
        return self._adder("certified", description, tolerance, scope=scope)

    def meaning(self, tolerance: float = 1e-9) -> Callable[[Check], Check]:
        """Say what the names in title, statement and formula mean: yields instances, mappings from
        names to values (see `reading.read`), on which every relation in these texts is evaluated.
        An inequality that holds a number must come near to being reached on one of them."""
        return self._adder("text", "title, statement and formula, evaluated", tolerance)

    def control(
        self, description: str, *, of: Check, miss: float | None = None
    ) -> Callable[[Check], Check]:
        """Add a negative control: a nearby false statement, or a dropped assumption, put through
        the check of one leg, which must notice.

        Args:
            description: what is false.
            of: the leg that it controls, whose bound its largest residual must exceed. A control
                of a proof yields pairs as a proof does, and some step must not reduce to zero.
            miss: the largest residual, to three digits: how far off the false statement is.
        """
        leg = next((leg for leg in self.legs if leg.check is of), None)
        if self.erratum or leg is None:
            name = getattr(of, "__name__", repr(of))
            raise ValueError(f"of: {name} is no leg of {self.id}, expected one declared above")
        return self._adder("control", description, leg.tolerance, judged_as=leg.kind, miss=miss)

    def counterexample(
        self, at_least: float, description: str = "", *, miss: float | None = None
    ) -> Callable[[Check], Check]:
        """Refute an erratum: yields how far what it says is from the truth, all > `at_least`;
        `miss` is the smallest of them, to three digits."""
        if not self.erratum:
            raise ValueError(f"{self.id} is no erratum, a counterexample would refute a claim")
        return self._adder("counterexample", description, at_least, miss=miss)

    def correction(self, description: str, tolerance: float) -> Callable[[Check], Check]:
        """Add an erratum's control: the corrected statement put through the counterexample; the
        largest disagreement must stay within `tolerance`, or it would refute anything."""
        if not self.erratum:
            raise ValueError(f"{self.id} is no erratum, there is nothing to correct")
        return self._adder("control", description, tolerance)

    def _adder(self, kind: Kind, description: str, tolerance: float, **details: Any):
        details = {"judged_as": kind} | details

        def add(check: Check) -> Check:
            name = check.__name__.replace("_", " ")
            self.legs.append(Leg(kind, name, description, tolerance, check, **details))
            return check

        return add

    @property
    def scope(self) -> str:
        """What its proofs prove: "as stated", the cases and steps, or nothing."""
        scopes = dict.fromkeys(leg.scope for leg in self.legs if leg.scope)
        return AS_STATED if AS_STATED in scopes else "; ".join(scopes)

    @property
    def standing(self) -> Status:
        """The status that it has if every leg holds."""
        if self.erratum:
            return "refuted"
        if self.definition:
            return "stated"
        if self.training:
            return "linked"
        if not self.scope:
            return "supported"
        return "proved" if self.scope == AS_STATED else "proved in part"

    def flaw(self) -> str:
        """Why the claim's own make-up cannot support a verdict, or an empty string."""
        kinds = [leg.kind for leg in self.legs]
        if "text" not in kinds and (unread := words.unread(self)):
            return unread
        checks = [kind for kind in kinds if kind not in ("control", "counterexample", "text")]
        if self.training and not self.test:
            return "only training shows it, and it names no test"
        if not checks and (self.definition or self.training):
            return ""
        if not checks:
            return "it has no leg"
        if "control" not in kinds:
            return "it has no control"
        if self.erratum:
            return "" if "counterexample" in kinds else "it is an erratum without counterexample"
        if self.scope == AS_STATED or self.definition or self.training:
            return ""
        if self.scope:
            measured = any(not leg.scope for leg in self.legs if leg.kind in checks)
            return "" if measured else "a case is proved, and nothing measures the rest"
        if not self.no_proof:
            return "it has no symbolic leg and does not say why (no_proof)"
        return "" if len(checks) >= 2 else "it has no symbolic leg and fewer than two others"

    def verify(self) -> Verdict:
        """Run every leg and control; an exception inside one makes the claim fail, not the run."""
        start = time.perf_counter()
        evidence = tuple(_run(self, leg, number) for number, leg in enumerate(self.legs))
        evidence += tuple(_checked(theorem) for theorem in theorems.about(self.id))
        reasons = [self.flaw()] if self.flaw() else []
        reasons += [f"{e.kind} “{e.name}”: {e.detail}" for e in evidence if not e.holds]
        status: Status = "failed" if reasons else self.standing
        return Verdict(status, evidence, time.perf_counter() - start, self, "; ".join(reasons))


def _run(claim: Claim, leg: Leg, number: int) -> Evidence:
    """Run one leg with a generator seeded by the claim's id and the leg's place."""
    start = time.perf_counter()
    residuals: list[float] = []
    steps: list[str] = []
    detail = trace = ""
    try:
        rng = np.random.default_rng([zlib.crc32(claim.id.encode()), number])
        arguments = (rng,) if inspect.signature(leg.check).parameters else ()
        items = leg.check(*arguments)
        if not isinstance(items, Iterable):
            raise TypeError(f"the check returned {type(items).__name__}, expected it to yield")
        if leg.kind == "text":
            residuals, detail = words.read_on(claim, items, leg.tolerance)
        else:
            for item in items:
                if leg.judged_as == "symbolic":
                    steps.append(item[0])
                residuals.append(_residual(item, leg))
    except Exception as error:  # a broken leg is a failed claim; the other claims still run
        detail = f"{type(error).__name__}: {error}"
        trace = traceback.format_exc()
    worst = sizes.worst(residuals, least=leg.kind == "counterexample")
    controls = leg.kind == "control" and not claim.erratum
    noticed = sum(r > leg.tolerance for r in residuals) if controls else 0
    if not detail:
        detail = _judge(claim, leg, residuals, worst, steps)
    return Evidence(
        leg.kind,
        leg.name,
        leg.description,
        worst,
        leg.tolerance,
        time.perf_counter() - start,
        len(residuals),
        not detail,
        detail,
        tuple(steps) if leg.kind == "symbolic" else (),
        leg.scope,
        noticed,
        controls and 2 * noticed < len(residuals),
        trace,
    )


def _checked(theorem: theorems.Theorem) -> Evidence:
    """What is known of a theorem that Coq is to check; not to be checked yet is no failure."""
    from theory.proofs.checking import standing

    start = time.perf_counter()
    known = standing(theorem)
    return Evidence(
        "machine-checked",
        theorem.name,
        f"{theorem.covers}; {known.says}" if known.says else theorem.covers,
        math.inf if known.wrong else 0.0,
        0.0,
        time.perf_counter() - start,
        int(known.checked),
        not known.wrong,
        known.wrong,
        (theorem.statement, *known.shown),
    )


def _residual(item: Any, leg: Leg) -> float:
    """The size of what a check yielded, by the rule of the leg that it is judged as."""
    if leg.judged_as == "symbolic":
        return sizes.symbolic(item[1])
    if leg.judged_as == "certified":
        return sizes.ball(item, farthest=leg.kind != "control")
    return sizes.number(item, signed=leg.judged_as == "sampling")


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
    if not holds:
        return f"residual {worst:.3g} {need} {leg.tolerance:.3g}"
    if leg.miss is not None and not math.isclose(worst, leg.miss, rel_tol=MISS_TOLERANCE):
        return f"it misses by {worst:.3g}, and {leg.miss:.3g} is stated"
    return ""
