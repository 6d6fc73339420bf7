"""Do the tests notice when the code is wrong? A seeded sample of mutants.

Some of all small changes to the code are drawn at random, fast tests are run against each, and the
share that was killed is printed with its 95% interval (Clopper and Pearson 1934), and the
survivors.

    pip install mutmut && python benchmarks/mutation.py --mutants 400 --seed 0
    KERAS_BACKEND=torch python benchmarks/mutation.py --what engine --mutants 200 --seed 0
    python benchmarks/mutation.py --what chapters --mutants 400 --seed 0

The calculators and the claims' machinery of `theory` are changed by mutmut (settings in
pyproject.toml). The engine and the metrics of `kgan` are changed here: mutmut leaves decorated
functions alone, and so every loss, and runs tests in a process in which the backend has started
its threads. The chapters of `theory` are changed here, too: half of the mutants are in the words of
the claims (title, statement, formula), half in their legs, controls and helpers; a mutant is killed
when a claim of the file, or of a file that imports it, no longer verifies.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Sample, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--what", choices=("calculators", "engine", "chapters"), default="calculators"
    )
    parser.add_argument("--mutants", type=int, default=400, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes, of the calculators")
    parser.add_argument(
        "--only", nargs="+", metavar="MUTANT", help="but of the calculators, by name"
    )
    chosen = parser.parse_args()
    if chosen.what == "calculators":
        found, shown = of_calculators(chosen.mutants, chosen.seed, chosen.jobs)
    elif chosen.what == "chapters":
        found, shown = of_chapters(chosen.mutants, chosen.seed, chosen.only)
    else:
        found, shown = of_engine(chosen.mutants, chosen.seed, chosen.only)

    killed = sum(outcome.startswith("killed") for outcome in found.values())
    interval = binomtest(killed, len(found)).proportion_ci()
    for name in sorted(name for name, outcome in found.items() if not outcome.startswith("killed")):
        print(f"\n{found[name]}: {name}\n{shown(name)}")
    print(dict(Counter(found.values())))
    print(
        f"killed {killed} of {len(found)}: {killed / len(found):.1%}, "
        f"95% interval {interval.low:.1%} to {interval.high:.1%}"
    )


def drawn(names: list[str], count: int, seed: int) -> list[str]:
    """Some of the mutants, without one twice."""
    sample = np.random.default_rng(seed).choice(names, size=min(count, len(names)), replace=False)
    print(f"{len(names)} mutants, {len(sample)} drawn with seed {seed}", flush=True)
    return sample.tolist()


# The calculators, by mutmut -----------------------------------------------------------------

MUTANTS = Path("mutants")
# mutmut's exit codes: pytest's own, and those by which it says why a mutant was stopped.
OUTCOMES = {0: "survived", 1: "killed", 3: "killed", 33: "untested"}
OUTCOMES |= dict.fromkeys((36, -24, 24, 152, 255), "killed by timeout")


def of_calculators(count: int, seed: int, jobs: int):
    """Name of a mutant -> what became of it, and a function that shows a mutant."""
    # Running any one mutant makes them all.
    mutmut(
        "run", "--max-children", str(jobs), "theory.calculators.transport.x_wasserstein__mutmut_1"
    )
    sample = drawn(sorted(outcomes()), count, seed)
    mutmut("run", "--max-children", str(jobs), *sample)
    codes = outcomes()
    found = {name: OUTCOMES.get(codes[name], f"exit code {codes[name]}") for name in sample}
    return found, lambda name: mutmut("show", name)


def outcomes() -> dict[str, int | None]:
    """The exit code of every mutant, None of those that were not run."""
    codes: dict[str, int | None] = {}
    for path in sorted(MUTANTS.rglob("*.meta")):
        codes |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


def mutmut(*arguments: str) -> str:
    """Run a mutmut command from the project's root and return what it prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return done.stdout


# The engine and the metrics -------------------------------------------------------------------

STEP = "tests/engine/test_one_step.py"
ENGINE = [STEP, *(f"tests/engine/test_{name}.py" for name in ("fit", "game", "spec", "penalties"))]
LAYERS, MINIBATCH = "tests/engine/test_layers.py", "tests/collapse/test_minibatch_layers.py"
# Without those that fit the judge of digits.
METRICS = ["tests/evaluation/test_metrics.py", "-k", "not judge and not digits and not inception"]
KERNEL = f"{STEP}::test_the_kernel_distances_standard_error_by_loops"
# File that is changed -> the tests that are run: of those that import it the ones that train
# nothing for longer than a second, the likeliest to notice first.
TESTED = {
    "kgan/game.py": ENGINE,
    "kgan/two_player.py": ENGINE,
    "kgan/penalties.py": ENGINE,
    "kgan/losses.py": ["tests/engine/test_losses.py", STEP],
    "kgan/spec.py": ["tests/engine/test_spec.py", "tests/engine/test_game.py", STEP],
    "kgan/batches.py": ["tests/engine/test_fit.py", STEP, "tests/engine/test_game.py"],
    "kgan/optimizers.py": ENGINE,
    "kgan/layers/maxout.py": [LAYERS, "tests/engine/test_losses.py"],
    "kgan/layers/minibatch_discrimination.py": [LAYERS, MINIBATCH],
    "kgan/layers/minibatch_standard_deviation.py": [LAYERS, MINIBATCH],
    "kgan/layers/strided_convolution.py": [LAYERS],
    "kgan/layers/spectral_normalization.py": [
        LAYERS,
        "tests/engine/test_spectral_normalization.py",
        STEP,
    ],
    "kgan/metrics/distances.py": [KERNEL, *METRICS],
    "kgan/metrics/neighbours.py": METRICS,
    "kgan/metrics/modes.py": METRICS,
    "kgan/metrics/parzen.py": METRICS,
}
LIMIT = 240  # seconds for the tests of a mutant

EXCHANGED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True)
class Mutant:
    """One change to a file: another text between two places."""

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}:{self.start} {self.new}"

    def of(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants_of(path: str, chosen: Callable | None = None) -> Iterator[Mutant]:
    """Every change that is known to a file.

    Operators and comparisons are exchanged, numbers are one larger, truth values turned over,
    signs and `not` left out, the first two arguments of a call exchanged, its keyword arguments
    and calls that are statements left out, the sides of a conditional expression exchanged. Text,
    annotations, decorators and what is raised stay as they are.
    """
    source = (ROOT / path).read_bytes()
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))

    def place(node) -> tuple[int, int]:
        return (
            lines[node.lineno - 1] + node.col_offset,
            lines[node.end_lineno - 1] + node.end_col_offset,
        )

    for node in (chosen or changeable)(ast.parse(source)):
        for new in changes(node):
            start, end = place(node)
            text = f"({new})" if isinstance(node, ast.expr) else new
            yield Mutant(path, node.lineno, start, end, source[start:end].decode(), text)


def changeable(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that may be changed."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Raise | ast.JoinedStr):
                yield from changeable(child)


def changes(node: ast.AST) -> Iterator[str]:
    """What a node may be changed to."""

    def but(**fields) -> str:
        kept = {name: getattr(node, name) for name in node._fields}
        return ast.unparse(ast.fix_missing_locations(type(node)(**{**kept, **fields})))

    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in EXCHANGED:
            yield but(op=EXCHANGED[type(op)]())
        case ast.Compare(ops=operators):
            for i, op in enumerate(operators):
                yield but(ops=[*operators[:i], EXCHANGED[type(op)](), *operators[i + 1 :]])
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield ast.unparse(operand)
        case ast.Constant(value=bool(value)):
            yield repr(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield repr(value + 1)
        case ast.IfExp(body=body, orelse=orelse):
            yield but(body=orelse, orelse=body)
        case ast.Expr(value=ast.Call()):
            yield "pass"
        case ast.Call(args=arguments, keywords=keywords):
            plain = not any(isinstance(argument, ast.Starred) for argument in arguments[:2])
            if len(arguments) > 1 and plain:
                yield but(args=[arguments[1], arguments[0], *arguments[2:]])
            for i in range(len(keywords)):
                yield but(keywords=[*keywords[:i], *keywords[i + 1 :]])


def of_engine(count: int, seed: int, only: list[str] | None):
    """Name of a mutant -> what became of it, and a function that shows a mutant."""
    mutants = {mutant.name: mutant for path in TESTED for mutant in mutants_of(path)}
    sample = only or drawn(sorted(mutants), count, seed)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("kgan", "theory", "tests"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", copy)
        get_ready()
        for tests in {tuple(tests): tests for tests in TESTED.values()}.values():
            if (outcome := run(copy, tests)) != "survived":
                sys.exit(f"the tests fail before anything is changed ({outcome}): {tests}")
        found = {}
        for name in sample:
            mutant = mutants[name]
            path = copy / mutant.path
            source = path.read_bytes()
            path.write_bytes(mutant.of(source))
            found[name] = run(copy, TESTED[mutant.path])
            path.write_bytes(source)
            print(f"{len(found)}: {found[name]}: {name}", flush=True)
    return found, lambda name: f"- {mutants[name].old}\n+ {mutants[name].new}"


def get_ready() -> None:
    """Import all but the project; a process that is forked off need not do it again."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.dont_write_bytecode = True  # a file that changes twice in a second would be taken as it was
    for name in ("keras", "pytest", "hypothesis.extra.numpy", "scipy.stats", "scipy.spatial"):
        importlib.import_module(name)


def run(copy: Path, tests: list[str]) -> str:
    """Run tests in a copy of the project, up to the first failure."""
    options = ["-n0", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    return outcome_of(copy, lambda: int(importlib.import_module("pytest").main([*options, *tests])))


def outcome_of(copy: Path, work: Callable[[], int]) -> str:
    """Do some work in a copy of the project, in a process of its own; 0 if nothing was noticed."""
    child = os.fork()
    if not child:
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "survived" if status == 0 else "killed"
        time.sleep(0.1)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "killed by timeout"


# The chapters of theory -----------------------------------------------------------------------

# In a claim's words: a number, a sign between two terms, an inequality -> what it is changed to.
IN_WORDS = re.compile(r"(?<![\w.\\])\d+(?:\.\d+)?(?!\w)|(?<=\s)[-+−](?=\s)|<=|>=|≤|≥|\\[lg]e\b")
OPPOSITE = {
    "-": "+", "−": "+", "+": "-", "<=": ">=", ">=": "<=", "≤": "≥", "≥": "≤",
    r"\le": r"\ge", r"\ge": r"\le",
}  # fmt: skip
# What chooses where something is measured, and how exactly, is not what is claimed.
PLACES = {"range", "linspace", "geomspace", "arange", "logspace", "default_rng", "workprec"}
EXACTNESS = {"tolerance", "description", "miss", "size", "seed", "tol", "xtol", "ftol", "gtol"}
EXACTNESS |= {"atol", "rtol", "maxiter", "options", "at_least", "scope", "dps", "of"}


def of_chapters(count: int, seed: int, only: list[str] | None):
    """Name of a mutant -> what became of it, and a function that shows a mutant."""
    files = [str(f.relative_to(ROOT)) for f in sorted((ROOT / "theory/chapters").glob("*/*.py"))]
    files = [f for f in files if "/figures" not in f]
    words = {m.name: m for f in files for m in mutants_in_words(f)}
    code = {m.name: m for f in files for m in mutants_of(f, claimed)}
    mutants = words | code
    sample = only or [
        *drawn(sorted(words), count // 2, seed),
        *drawn(sorted(code), count - count // 2, seed),
    ]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "theory", copy / "theory", ignore=shutil.ignore_patterns("*.pyc"))
        sys.dont_write_bytecode = True
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        for name in (
            "sympy",
            "scipy.stats",
            "scipy.optimize",
            "scipy.integrate",
            "flint",
            "mpmath",
        ):
            importlib.import_module(name)
        found = {}
        for name in sample:
            mutant = mutants[name]
            path = copy / mutant.path
            source = path.read_bytes()
            path.write_bytes(mutant.of(source))
            found[name] = outcome_of(copy, lambda mutant=mutant: unnoticed(mutant.path))
            path.write_bytes(source)
            print(f"{len(found)}: {found[name]}: {name}", flush=True)
    return found, lambda name: f"- {mutants[name].old}\n+ {mutants[name].new}"


def unnoticed(path: str) -> int:
    """0 if every claim of a file, and of the files of its chapter that import it, verifies."""
    changed = Path(path)
    dotted = ".".join(changed.with_suffix("").parts)
    files = [f for f in sorted(changed.parent.glob("*.py")) if not f.stem.startswith("figures")]
    for file in files:
        if file == changed or f"from {dotted} import" in file.read_text(encoding="utf-8"):
            importlib.import_module(".".join(file.with_suffix("").parts))
    claims = importlib.import_module("theory.claim.claim").registered.values()
    return int(any(claim.verify().status == "failed" for claim in list(claims)))


def claimed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a chapter that say something: no choice of instances, no tolerance, no text."""
    match node:
        case ast.Call(func=ast.Name(id="Claim")):
            return
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in PLACES:
            return
        case ast.Call(func=ast.Attribute(value=ast.Name(id="rng"))):
            return
        case ast.keyword(arg=name) if name in EXACTNESS:
            return
    yield node
    for field, value in ast.iter_fields(node):
        places = field == "iter" and isinstance(value, ast.Tuple | ast.List)
        if field in ("annotation", "returns", "decorator_list") or places:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Raise | ast.JoinedStr):
                yield from claimed(child)


def mutants_in_words(path: str) -> Iterator[Mutant]:
    """Changes to the title, the statement and the formula of every claim in a file."""
    source = (ROOT / path).read_bytes()
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "Claim"):
            continue
        for keyword in node.keywords:
            if keyword.arg in ("title", "statement", "formula"):
                value = keyword.value
                start = lines[value.lineno - 1] + value.col_offset
                end = lines[value.end_lineno - 1] + value.end_col_offset
                text = source[start:end].decode()
                for found in IN_WORDS.finditer(text):
                    old = found[0]
                    new = OPPOSITE.get(old) or old[:-1] + str((int(old[-1]) + 1) % 10)
                    at = start + len(text[: found.start()].encode())
                    yield Mutant(path, value.lineno, at, at + len(old.encode()), old, new)


if __name__ == "__main__":
    main()
