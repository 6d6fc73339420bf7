"""Do the tests of the calculators notice when the code is wrong? A seeded sample of mutants.

mutmut (settings in pyproject.toml) makes every small change that it knows to the calculators and
to claim.py; this draws some of the mutants at random, runs the tests against each, and prints
the share that was killed with its 95% interval (Clopper and Pearson 1934), and the survivors.

    pip install mutmut && python benchmarks/mutation.py --mutants 400 --seed 0
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

MUTANTS = Path("mutants")
# mutmut's exit codes: pytest's own, and those by which it says why a mutant was stopped.
OUTCOMES = {0: "survived", 1: "killed", 3: "killed", 33: "untested", 36: "killed by timeout"}


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


def main() -> None:
    """Sample, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--mutants", type=int, default=400, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    chosen = parser.parse_args()

    # Running any one mutant makes them all.
    mutmut("run", "--max-children", str(chosen.jobs), "theory.transport.x_wasserstein__mutmut_1")
    names = sorted(outcomes())
    rng = np.random.default_rng(chosen.seed)
    sample = rng.choice(names, size=min(chosen.mutants, len(names)), replace=False).tolist()
    print(f"{len(names)} mutants, {len(sample)} drawn with seed {chosen.seed}", flush=True)
    mutmut("run", "--max-children", str(chosen.jobs), *sample)

    codes = outcomes()
    found = {name: OUTCOMES.get(codes[name], f"exit code {codes[name]}") for name in sample}
    killed = sum(outcome.startswith("killed") for outcome in found.values())
    interval = binomtest(killed, len(sample)).proportion_ci()
    for name in sorted(name for name, outcome in found.items() if not outcome.startswith("killed")):
        print(f"\n{found[name]}: {name}\n{mutmut('show', name)}")
    print(dict(Counter(found.values())))
    print(
        f"killed {killed} of {len(sample)}: {killed / len(sample):.1%}, "
        f"95% interval {interval.low:.1%} to {interval.high:.1%}"
    )


if __name__ == "__main__":
    main()
