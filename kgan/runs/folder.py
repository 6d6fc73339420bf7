"""What lies in a run folder, read and checked without loading any network.

config.json     model, its options, the user's file that it came from, data with their parts and
                hash, batch size, seed, backend, versions, and the format of all this
history.csv     one row an epoch
samples/        one picture an epoch, and progress.gif beside it
theory/         the discriminator over D*, where the data's density is known
modes.npz       the modes over the minibatches, and modes.png, where a ModeMonitor watches
tensorboard/    event files
checkpoints/    NNNN/{model.keras, state.npz, manifest.json} after epoch NNNN, the last two
"""

import contextlib
import csv
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kgan.catalog import CATALOG
from kgan.checks import check_choice, check_count
from kgan.data import Dataset, load
from kgan.files import replacing
from kgan.runs import own_file

# Only these classes are ever built from a file; what the command line calls them -> name.
MODELS = {entry.command: entry.name for entry in CATALOG.values()}
FORMAT = 2  # of what is described above; kgan 0.1 wrote no number
CHECKPOINT_FILES = ("model.keras", "state.npz")


def model_name(name: str) -> str:
    """The name of a model: of the catalog in lower case; case, hyphens and underscores are ignored.

    FILE.py:CLASS stays as it is; only whether there is such a file is looked up.

    Raises:
        ValueError: there is no such model; the message gives the nearest names.
    """
    if own_file.is_form(name):
        own_file.split(name)
        return name
    plain = name.lower().replace("-", "").replace("_", "")
    return check_choice("model", plain, MODELS)


def check_new(path: Path) -> None:
    """Refuse a path at which something exists."""
    if path.exists():
        raise ValueError(f"--out: got {path}, which exists already; accepted is a new one.")


def read_config(path: Path) -> dict[str, Any]:
    """What a run folder's config.json holds.

    Raises:
        ValueError: no such folder or file, not what a run writes, or what a later version wrote.
    """
    file = path / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        missing = {"model", "batch_size", "seed", "backend"} - set(config)
        missing |= {"name", "options", "hash"} - set(config["data"])
        own = config.get("file")
        if own is not None:
            missing |= {"path", "sha256"} - set(own_file.last_change(own))
        later = int(config.get("format", 1)) > FORMAT
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"run: {path} is no run folder: {file.name} is missing or not what a run writes "
            f"({type(error).__name__})."
        ) from error
    if missing:
        raise ValueError(f"run: {path} is no run folder: {file.name} has no {min(missing)!r}.")
    if later:
        raise ValueError(
            f"run: {path} has format {config['format']}; a later version of kgan wrote it, and "
            f"this one reads up to {FORMAT}."
        )
    if own is None:
        check_choice(f"run: {file}: model", config["model"], MODELS)
    return config


def check_format(config: Mapping[str, Any], path: Path) -> None:
    """Refuse to go on with a run of version 0.1, whose steps were other ones.

    Raises:
        ValueError: saying what can be done with it.
    """
    if config.get("format") is None:
        raise ValueError(
            f"run: {path} is a run folder of kgan 0.1, with which this version does not go on bit "
            "for bit; train anew with what its config.json says, or go on with kgan 0.1. "
            "kgan sample and kgan.load may read its model."
        )


def load_data(config: Mapping[str, Any]) -> Dataset:
    """The data that a run's config.json names, with the options they were loaded with."""
    options = config["data"]["options"]
    # JSON made lists of tuples.
    tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    return load(config["data"]["name"], **tuples)


def history(path: Path) -> list[dict[str, float]]:
    """The rows of history.csv; a last row that was cut off is left out."""
    file = path / "history.csv"
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as lines:
        rows = []
        for row in csv.DictReader(lines):
            with contextlib.suppress(TypeError, ValueError):
                numbers = {key: float(value) for key, value in row.items()}
                rows.append({**numbers, "epoch": int(numbers["epoch"])})
    return rows


def checkpoints(path: Path) -> list[Path]:
    """A run's checkpoints, oldest first."""
    found = (path / "checkpoints").glob("[0-9]*")
    return sorted((c for c in found if c.name.isdigit()), key=lambda c: int(c.name))


def last_checkpoint(path: Path) -> Path:
    """A run's last checkpoint, once its files are known to be as they were written.

    Raises:
        ValueError: there is none, or it is damaged; the message names the file, and the previous
            checkpoint where that is whole.
    """
    found = checkpoints(path)
    if not found:
        raise ValueError(f"run: {path} has no checkpoint.")
    fault = damage(found[-1])
    if not fault:
        return found[-1]
    whole = [c for c in found[:-1] if not damage(c)]
    advice = "no earlier one is whole"
    if whole:
        advice = f"{whole[-1]} is whole: remove {found[-1]} to go on from it"
    raise ValueError(f"checkpoint {found[-1]} is damaged: {fault}; {advice}.")


def damage(checkpoint: Path) -> str:
    """What is wrong with a checkpoint's files, by their manifest; empty when nothing is."""
    try:
        manifest = json.loads((checkpoint / "manifest.json").read_text(encoding="utf-8"))
        expected = {name: str(manifest["sha256"][name]) for name in CHECKPOINT_FILES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"manifest.json can't be read ({type(error).__name__})"
    for name, wanted in expected.items():
        if not (checkpoint / name).is_file():
            return f"{name} is missing"
        found = sha256(checkpoint / name)
        if found != wanted:
            return f"{name} has SHA-256 {found}, its manifest says {wanted}"
    return ""


def write_history(file: Path, rows: list[dict[str, float]]) -> None:
    with replacing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as lines:
        if rows:
            writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def check_epochs(epochs, finished: int) -> None:
    check_count("epochs", epochs)
    if epochs <= finished:
        raise ValueError(
            f"epochs: got {epochs}, and {finished} are finished; accepted is a larger number, "
            "the epochs in all."
        )


def sweep(folder: Path, pattern: str) -> None:
    """Remove what a process that was killed left half-written."""
    for stale in list(folder.glob(pattern)):
        if stale.is_dir():
            shutil.rmtree(stale, ignore_errors=True)
        else:
            stale.unlink(missing_ok=True)


def sha256(file: Path) -> str:
    with file.open("rb") as contents:
        return hashlib.file_digest(contents, "sha256").hexdigest()
