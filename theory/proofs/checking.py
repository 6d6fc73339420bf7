"""Coq checks the theorems, and what it found is kept for `python -m theory verify`.

The kept result is found by a digest of all texts that Coq read, so that a changed formula or
theorem has none until it is checked again.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from theory.claim.cache import folder
from theory.proofs.theorems import (
    FORMULAS,
    LIBRARY,
    Theorem,
    compiling_order,
    declared,
    required,
    sources,
    theorems,
)

INSTALL = (
    "Coq checks these proofs, and no coqc was found; on Debian and Ubuntu: "
    "apt install coq libcoq-coquelicot libcoq-interval"
)

# Coq's real numbers are Dedekind cuts, built upon these and classical logic. Nothing else may be
# assumed: a proof that is left open, for example, is an axiom of its own name.
AXIOMS = {
    "ClassicalDedekindReals.sig_forall_dec": "of a decidable property, all hold or one does not",
    "ClassicalDedekindReals.sig_not_dec": "not not P, or not P",
    "FunctionalExtensionality.functional_extensionality_dep": "functions of equal values are equal",
    "Classical_Prop.classic": "P, or not P",
}

# A file that Coq needs longer for hangs.
_SECONDS = 300


@dataclass(frozen=True)
class Outcome:
    """What Coq said of one theorem: whether it accepts it, whether it was even tried, what the
    theorems of its file assume, the seconds that it took with the lemmas before it, and why it is
    not accepted."""

    holds: bool
    tried: bool = True
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Proofs:
    """What Coq of some version found, theorem by theorem."""

    coq: str
    outcomes: Mapping[str, Outcome]
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether a theorem was tried and not accepted."""
        return any(o.tried and not o.holds for o in self.outcomes.values())

    def record(self, theorem: Theorem) -> dict[str, Any]:
        """A theorem and its outcome as a dictionary that JSON can hold."""
        return {
            "theorem": theorem.name,
            "claims": list(theorem.claims),
            "covers": theorem.covers,
            "statement": theorem.statement,
            "file": f"theory/proofs/{theorem.file}.v",
            "coq": self.coq,
            **asdict(self.outcomes[theorem.name]),
        }


@cache
def texts() -> dict[str, str]:
    """All that Coq reads: the hand-written files, and the definitions from the expressions."""
    from theory.proofs.definitions import generated

    return {FORMULAS: generated(), **sources()}


def _kept() -> Path:
    digest = hashlib.sha256(json.dumps(texts(), sort_keys=True).encode()).hexdigest()[:20]
    return folder() / "proofs" / f"{digest}.json"


def last() -> Proofs | None:
    """What Coq found for exactly these texts, if it was asked on this machine."""
    try:
        kept = json.loads(_kept().read_text(encoding="utf-8"))
        outcomes = {name: Outcome(**outcome) for name, outcome in kept["outcomes"].items()}
        return Proofs(kept["coq"], outcomes, kept["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(proofs: Proofs) -> None:
    path = _kept()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(proofs), indent=1), encoding="utf-8")
    temporary.replace(path)


@dataclass(frozen=True)
class Standing:
    """What is known of a theorem without asking Coq: whether Coq accepted it, what to say of that,
    what is wrong with it, and what to show below its statement: the definitions in it, and what
    it assumes."""

    checked: bool
    says: str
    wrong: str = ""
    shown: tuple[str, ...] = ()


def standing(theorem: Theorem) -> Standing:
    """What is known of a theorem from the last result for exactly these texts. It needs no Coq:
    the formulas are printed anew, and a formula that cannot be printed is wrong."""
    try:
        formulas = declared(texts()[FORMULAS])
    except Exception as error:
        return Standing(False, "", f"its formulas: {type(error).__name__}: {error}")
    if not theorem.words & formulas.keys():
        return Standing(False, "", "its statement rests on no formula of the claims")
    ours = {name: text for file in sources().values() for name, text in declared(file).items()}
    shown = tuple(text for name, text in (ours | formulas).items() if name in theorem.words)
    proofs = last()
    outcome = proofs.outcomes.get(theorem.name) if proofs else None
    if proofs is None or outcome is None or not outcome.tried:
        says = "not checked on this machine: python -m theory prove"
        return Standing(False, says, shown=shown)
    if not outcome.holds:
        return Standing(False, "", f"Coq {proofs.coq} refuses it: {outcome.reason}", shown)
    axioms = ", ".join(axiom.rpartition(".")[2] for axiom in outcome.axioms)
    assumes = f"assumes no more than Coq's real numbers do: {axioms}" if axioms else "no axioms"
    return Standing(True, f"checked by Coq {proofs.coq}", shown=(*shown, assumes))


def coqc() -> str | None:
    """The compiler of Coq, where it is installed."""
    return shutil.which("coqc")


def _run(*arguments: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [coqc() or "coqc", *arguments],
        cwd=at,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )


def _missing(text: str) -> str:
    """Which of Debian's packages a file needs that is not here, or an empty string."""
    libraries = Path(_run("-where").stdout.strip()) / "user-contrib"
    for library, package in (("Coquelicot", "libcoq-coquelicot"), ("Interval", "libcoq-interval")):
        if f"From {library} " in text and not (libraries / library).is_dir():
            return package
    return ""


def prove(follow: Callable[[str], object] = lambda file: None) -> Proofs:
    """Have Coq check every theorem, and keep what it finds.

    Args:
        follow: is told each file before Coq reads it.

    Raises:
        FileNotFoundError: Coq is not installed.
    """
    if coqc() is None:
        raise FileNotFoundError(INSTALL)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        outcomes = check(texts(), Path(temporary), follow)
    version = _run("--print-version").stdout.split()[0]
    proofs = Proofs(version, outcomes, time.perf_counter() - start)
    _keep(proofs)
    return proofs


def check(
    read: Mapping[str, str], at: Path, follow: Callable[[str], object] = lambda file: None
) -> dict[str, Outcome]:
    """Compile texts in a folder, and say of each theorem what became of it."""
    outcomes: dict[str, Outcome] = {}
    broken: dict[str, Outcome] = {}
    audits: list[Future[dict[str, Outcome]]] = []
    with ThreadPoolExecutor(1) as beside:  # what a file assumes is asked while the next is read
        for file in compiling_order(dict(read)):
            follow(file)
            here = [theorem for theorem in theorems() if theorem.file == file]
            needs = next((broken[name] for name in required(read[file]) if name in broken), None)
            package = _missing(read[file])
            if needs is not None:
                broken[file] = needs
            elif package:
                broken[file] = Outcome(False, tried=False, reason=f"{package} is not installed")
            elif reason := compiled(file, read[file], at):
                broken[file] = Outcome(False, reason=reason)
            if file in broken:
                outcomes |= {theorem.name: broken[file] for theorem in here}
            elif here:
                audits.append(beside.submit(audited, file, here, read[file], at))
    return outcomes | {name: o for audit in audits for name, o in audit.result().items()}


def compiled(file: str, text: str, at: Path) -> str:
    """Compile one file in a folder that holds all it needs; why Coq refuses it, or ""."""
    (at / f"{file}.v").write_text(text, encoding="utf-8")
    try:
        result = _run("-q", "-time", "-w", "none", "-Q", ".", LIBRARY, f"{file}.v", at=at)
    except subprocess.TimeoutExpired:
        return f"{file}.v: no end after {_SECONDS} s"
    (at / f"{file}.times").write_text(result.stdout, encoding="utf-8")
    if result.returncode == 0:
        return ""
    line = re.search(r"line (\d+)", result.stderr)
    above = "\n".join(text.splitlines()[: int(line[1])]) if line else ""
    names = re.findall(r"^(?:Lemma|Theorem|Definition|Fixpoint) (\w+)", above, re.MULTILINE)
    message = " ".join(result.stderr.partition("Error:")[2].split()) or result.stderr.strip()
    return f"{file}.v, {names[-1] if names else 'at its head'}: {message}"


def audited(file: str, here: list[Theorem], text: str, at: Path) -> dict[str, Outcome]:
    """The outcomes of a file that is compiled, by what its theorems assume.

    Coq takes as long for one theorem as for all of a file together, so it is asked once.
    """
    names = ", ".join(theorem.name for theorem in here)
    everything = f"({names})" if len(here) > 1 else names
    question = f"Definition everything := {everything}.\nPrint Assumptions everything.\n"
    (at / f"Audit{file}.v").write_text(f"From {LIBRARY} Require Import {file}.\n{question}")
    answer = _run("-q", "-w", "none", "-Q", ".", LIBRARY, f"Audit{file}.v", at=at)
    found = re.findall(r"^([A-Za-z_][\w.']*)(?: :|$)", answer.stdout, re.MULTILINE)
    axioms = tuple(sorted(set(found) - {"Axioms"}))
    strange = [axiom for axiom in axioms if axiom not in AXIOMS]
    reason = f"it assumes {', '.join(strange)}" if strange else ""
    # Coq names a section of its answer for each other thing that it has to take on trust.
    understood = answer.stdout.startswith(("Axioms:\n", "Closed under the global context"))
    if answer.returncode != 0 or not understood:
        reason = f"its assumptions are not known: {answer.stderr or answer.stdout}"
    times = _times(text, (at / f"{file}.times").read_text(encoding="utf-8"))
    return {t.name: Outcome(not reason, True, axioms, times[t.name], reason) for t in here}


def _times(text: str, printed: str) -> dict[str, float]:
    """The seconds of each theorem, with the lemmas between it and the theorem before, but not those
    of loading libraries: Coq prints them of each sentence, by the byte at which it begins."""
    spent = [
        (int(start), float(seconds))
        for start, seconds in re.findall(
            r"^Chars (\d+) - \d+ \[(?!From~).* ([\d.]+) secs", printed, re.MULTILINE
        )
    ]
    times, begin = {}, 0
    for match in re.finditer(r"^Theorem (\w+).*?\b(?:Qed|Admitted)\.", text, re.M | re.DOTALL):
        end = len(text[: match.end()].encode())
        times[match[1]] = sum(seconds for start, seconds in spent if begin <= start < end)
        begin = end
    return times
