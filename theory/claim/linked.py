"""What a test last said of a claim that only training can show.

The tests write it (see `tests/conftest.py`); `python -m theory` shows it beside the claim.
"""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter

from theory.claim import cache


def note(test: str, outcome: str, backend: str) -> None:
    """Keep the outcome of a test, such as ``tests/x.py::test_y[a]``, with its day and backend."""
    known = _known()
    today = datetime.date.today().isoformat()
    known[test] = {"outcome": outcome, "day": today, "backend": backend}
    path = cache.folder() / "linked.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".tmp-{os.getpid()}")
    temporary.write_text(json.dumps(known, indent=1), encoding="utf-8")
    temporary.replace(path)


def last_result(test: str) -> str:
    """What is known of a test, all its parameters together: "passed on tensorflow, 2026-11-28"."""
    found = [r for name, r in _known().items() if name.partition("[")[0] == test]
    if not found:
        return "not run on this machine"
    day = max(r["day"] for r in found)
    counts = Counter(r["outcome"] for r in found)
    outcome = "failed" if counts["failed"] else "passed" if counts["passed"] else "skipped"
    backends = ", ".join(sorted({r["backend"] for r in found}))
    return f"{outcome} on {backends}, {day}"


def _known() -> dict[str, dict[str, str]]:
    try:
        known = json.loads((cache.folder() / "linked.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or another program's: it is written anew
        return {}
    return known if isinstance(known, dict) else {}
