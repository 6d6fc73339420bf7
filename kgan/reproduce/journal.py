"""The trainings of a protocol that are done: kept as they end, and not repeated."""

import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Tell = Callable[[str, int, int], None]


class Journal:
    """Finished trainings, one line of JSON each, in `runs.jsonl`.

    A protocol that is started again with the same settings, code and versions takes from here what
    it has already trained; so it survives being killed, and more seeds or methods cost only
    themselves.

    Args:
        folder: where `runs.jsonl` and the figures lie; made when the first training ends. None
            keeps nothing.
        tell: called with what is being trained, its step and its number of steps.
    """

    def __init__(self, folder: Path | None = None, tell: Tell | None = None):
        self.folder = None if folder is None else Path(folder)
        self.tell = tell or (lambda what, step, steps: None)

    def figures(
        self,
        settings: Mapping[str, Any],
        seeds: Sequence[int],
        train: Callable[[Sequence[int]], Iterator[tuple[int, dict[str, Any]]]],
    ) -> list[dict[str, Any]]:
        """What was measured of each seed's training, trained now only where it is not here.

        Args:
            settings: all that decides the outcome beside seed, code and versions.
            seeds: the seeds.
            train: trains the seeds that it is given; yields each with its figures.
        """
        settings = json.loads(json.dumps({**settings, **_surroundings()}))
        known = {
            line["seed"]: line["figures"] for line in self._lines() if line["settings"] == settings
        }
        missing = [seed for seed in seeds if seed not in known]
        for seed, figures in train(missing) if missing else ():
            known[seed] = figures
            self._append({"seed": seed, "figures": figures, "settings": settings})
        return [known[seed] for seed in seeds]

    def _append(self, line: Mapping[str, Any]) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "runs.jsonl").open("ab+") as file:
            # A process that was killed while it wrote left a line without an end.
            file.seek(max(0, file.tell() - 1))
            broken = file.read() not in (b"", b"\n")
            file.write(b"\n" * broken + json.dumps(line).encode() + b"\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        path = None if self.folder is None else self.folder / "runs.jsonl"
        if path is None or not path.exists():
            return
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                continue  # being written when the process was killed


def _surroundings() -> dict[str, Any]:
    """What else decides the outcome: the backend, the versions, and this package's own code."""
    import keras

    backend = keras.backend.backend()
    package = Path(__file__).parent.parent
    code = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(path.read_bytes())
    return {
        "backend": backend,
        "versions": {name: importlib.metadata.version(name) for name in ("keras", backend)},
        "code": code.hexdigest()[:16],
    }
