"""A run folder: what was trained on what, how far it came, and how to go on bit for bit.

    config.json     model, its options, data with their hash, batch size, seed, backend, versions
    history.csv     one row an epoch
    samples/        one picture an epoch, and progress.gif beside it
    theory/         the discriminator over D*, where the data's density is known
    tensorboard/    event files
    checkpoints/    NNNN/{model.keras, state.npz, manifest.json} after epoch NNNN, the last two

A checkpoint is written after every epoch into a temporary folder, brought to the disk and renamed,
so that a run which is killed at any moment loses at most the epoch it was in. Resuming drops
history, samples and figures beyond the checkpoint; event files are only added to.
"""

import contextlib
import csv
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kgan
from kgan import callbacks
from kgan.callbacks.samples import animate, drawable
from kgan.data import Batches, Dataset
from kgan.data import load as load_data
from kgan.files import replacing, to_disk

# Only these classes are ever built from a file; lower-case name -> name.
MODELS = {n.lower(): n for n, home in kgan._HOME.items() if home.startswith("kgan.models.")}

_KEPT = 2  # checkpoints
_PACKAGES = ("kgan", "keras", "numpy", "tensorflow", "jax", "torch")
_FILES = ("model.keras", "state.npz")
_MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}  # of a model.keras


@dataclass(eq=False)
class Run:
    """A run folder with its model and data in memory; `start` and `resume` make one.

    Attributes:
        path: the folder.
        config: what config.json holds.
        model: the compiled model.
        data: what it is trained on.
        epoch: epochs that are finished.
    """

    path: Path
    config: dict[str, Any]
    model: Any
    data: Dataset
    epoch: int = 0

    def train(self, epochs: int, more_callbacks: Sequence = (), verbose="auto") -> dict[str, float]:
        """Train up to `epochs` epochs in all, with a checkpoint after each.

        Args:
            epochs: the epoch to stop after, more than are finished.
            more_callbacks: Keras callbacks that run before the epoch is recorded; what they put
                into the logs goes into history.csv.
            verbose: as in `keras.Model.fit`.

        Returns:
            The last epoch's logs.

        Raises:
            ValueError: epochs that are finished already.
            KeyboardInterrupt: passed on once the animation is written; the last whole epoch is
                saved.
        """
        _check_epochs(epochs, self.epoch)
        size = self.config["batch_size"]
        train, held_out = self.data.train, self.data.test
        if not isinstance(train, np.ndarray):  # pictures that stay on disk are served, not stacked
            train = Batches(train, batch_size=size, seed=self.model.seed)
            held_out = Batches(held_out, batch_size=min(size, len(held_out)))
        record = _Record(self)
        try:
            self.model.fit(
                train,
                batch_size=size if isinstance(train, np.ndarray) else None,
                epochs=epochs,
                initial_epoch=self.epoch,
                validation_data=held_out,
                callbacks=[*self._watchers(), *more_callbacks, record],
                verbose=verbose,
            )
        except KeyboardInterrupt:
            animate(self.path)
            raise
        return record.last

    def _watchers(self) -> list:
        shape = tuple(self.model.data_shape)
        watchers: list = []
        if drawable(shape):
            real = self.data.train if len(shape) == 1 else None
            watchers.append(callbacks.SampleGrid(self.path, real=real))
        if self.data.density is not None and shape == (1,) and not self.model.objective.critic:
            watchers.append(callbacks.TheoryMonitor(self.data.density, self.path))
        return [*watchers, callbacks.TensorBoard(self.path / "tensorboard")]


def start(
    path,
    model,
    data: Dataset,
    *,
    batch_size: int = 64,
    options: Mapping[str, Any] | None = None,
    data_options: Mapping[str, Any] | None = None,
) -> Run:
    """Make a run folder for a compiled model; nothing is left of it when this fails.

    Args:
        path: a folder that does not exist yet.
        model: a compiled model of this package.
        data: what to train on.
        batch_size: samples in a minibatch, from 1 to the number of training samples.
        options: what the model was built with, recorded in config.json.
        data_options: what the data were loaded with besides their name; used when resuming.

    Raises:
        ValueError: the folder exists, or the data do not fit the model.
    """
    path = Path(path)
    check_new(path)
    name = type(model).__name__
    if MODELS.get(name.lower()) != name:
        raise ValueError(f"model: got {name}; accepted are {', '.join(MODELS.values())}.")
    if tuple(data.shape) != tuple(model.data_shape):
        raise ValueError(
            f"data: got samples of shape {data.shape}; this {name} takes {model.data_shape}."
        )
    if isinstance(data.train, np.ndarray):
        model.check_data(data.train, None, f"data {data.name!r}")
        model.check_data(data.test, None, f"held-out data {data.name!r}")
    Batches(data.train, batch_size=batch_size, seed=model.seed)
    config = {
        "model": name.lower(),
        "options": dict(options or {}),
        "data": {
            "name": data.name,
            "options": dict(data_options or {}),
            "hash": data.hash,
            "shape": list(data.shape),
            "samples": len(data.train),
            "skipped": list(data.skipped),
        },
        "batch_size": batch_size,
        "seed": model.seed,
        "backend": keras.backend.backend(),
        "versions": _versions(),
    }
    text = json.dumps(config, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent, f".{path.name}.tmp-*")
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        temporary.mkdir()
        (temporary / "config.json").write_text(text, encoding="utf-8")
        to_disk(temporary / "config.json")
        write_checkpoint(temporary, model, 0)
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Run(path, config, model, data)


def resume(path, data: Dataset | None = None) -> Run:
    """Open a run folder to go on where its last checkpoint left off, bit for bit.

    History, samples and figures beyond the checkpoint and stale temporary files are removed. The
    same bits need the same backend and versions, and the callbacks given to `train` again.

    Args:
        path: the run folder.
        data: the data, where they are in memory already; loaded by their name otherwise.

    Raises:
        ValueError: no run folder, a damaged checkpoint, data that are not what they were, or
            another backend.
    """
    path = Path(path)
    config = read_config(path)
    if config["backend"] != keras.backend.backend():
        raise ValueError(
            f"backend: got {keras.backend.backend()}; {path} was trained with "
            f"{config['backend']} and goes on with it only (set KERAS_BACKEND)."
        )
    checkpoint = last_checkpoint(path)
    if data is None:
        data = load_data(config["data"]["name"], **_tuples(config["data"]["options"]))
    if data.hash != config["data"]["hash"]:
        raise ValueError(
            f"data: {data.name!r} has SHA-256 {data.hash[:16]}..., {path} was trained on "
            f"{config['data']['hash'][:16]}...; a run goes on with the data it began with only."
        )
    model, epoch = _read_checkpoint(checkpoint, config["model"])
    _sweep(path, "**/.*.tmp-*")
    for folder in ("samples", "theory"):
        for file in (path / folder).glob("*.png"):
            if file.stem.isdigit() and int(file.stem) > epoch:
                file.unlink()
    rows = [row for row in history(path) if row["epoch"] <= epoch]
    if (path / "history.csv").exists():
        _write_history(path / "history.csv", rows)
    return Run(path, config, model, data, epoch)


def load(path):
    """The trained model of a run folder, from its last checkpoint.

    Raises:
        ValueError: no run folder, or a damaged checkpoint.
    """
    path = Path(path)
    config = read_config(path)
    return _read_checkpoint(last_checkpoint(path), config["model"])[0]


# A run's files ----------------------------------------------------------------------------


def check_new(path: Path) -> None:
    """Refuse a path at which something exists."""
    if path.exists():
        raise ValueError(f"--out: {path} exists already; give a new folder, or --resume {path}.")


def read_config(path: Path) -> dict[str, Any]:
    """What a run folder's config.json holds.

    Raises:
        ValueError: no such folder or file, or not what a run writes.
    """
    file = path / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        missing = {"model", "batch_size", "seed", "backend"} - set(config)
        missing |= {"name", "options", "hash"} - set(config["data"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"run: {path} is no run folder: {file.name} is missing or not what a run writes "
            f"({type(error).__name__})."
        ) from error
    if missing:
        raise ValueError(f"run: {path} is no run folder: {file.name} has no {min(missing)!r}.")
    if config["model"] not in MODELS:
        raise ValueError(
            f"run: {file} names model {config['model']!r}; accepted are {', '.join(MODELS)}."
        )
    return config


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
        expected = {name: str(manifest["sha256"][name]) for name in _FILES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"manifest.json can't be read ({type(error).__name__})"
    for name, wanted in expected.items():
        if not (checkpoint / name).is_file():
            return f"{name} is missing"
        found = _sha256(checkpoint / name)
        if found != wanted:
            return f"{name} has SHA-256 {found}, its manifest says {wanted}"
    return ""


def write_checkpoint(path: Path, model, epoch: int) -> Path:
    """Write the checkpoint after `epoch` epochs as a whole or not at all; keep the last two."""
    folder = path / "checkpoints"
    folder.mkdir(exist_ok=True)
    final = folder / f"{epoch:04d}"
    temporary = folder / f".{final.name}.tmp-{os.getpid()}"
    try:
        temporary.mkdir()
        model.save(temporary / "model.keras")
        np.savez(temporary / "state.npz", epoch=epoch, seed=model.seed)
        manifest = {"sha256": {name: _sha256(temporary / name) for name in _FILES}}
        (temporary / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for file in (*_FILES, "manifest.json"):
            to_disk(temporary / file)
        to_disk(temporary)
        _remove(final)
        os.rename(temporary, final)
        to_disk(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for old in checkpoints(path)[:-_KEPT]:
        _remove(old)
    return final


def _remove(checkpoint: Path) -> None:
    """Remove a checkpoint; it loses its name first, so that half of one is never seen."""
    if checkpoint.exists():
        nameless = checkpoint.with_name(f".{checkpoint.name}.tmp-old-{os.getpid()}")
        os.rename(checkpoint, nameless)
        shutil.rmtree(nameless)


class _Record(keras.callbacks.Callback):
    """After every epoch a row of history.csv and a checkpoint; the last of a run's callbacks."""

    def __init__(self, run: Run):
        super().__init__()
        self.run = run
        self.last: dict[str, float] = {}

    def on_epoch_end(self, epoch, logs=None):
        done = epoch + 1
        self.last = {key: float(value) for key, value in (logs or {}).items()}
        file = self.run.path / "history.csv"
        row = {"epoch": done, **self.last}
        if done == 1 or not file.exists():
            _write_history(file, [row])
        else:
            with file.open("a", newline="", encoding="utf-8") as lines:
                csv.DictWriter(lines, list(row), lineterminator="\n").writerow(row)
        write_checkpoint(self.run.path, self.model, done)
        self.run.epoch = done


def _write_history(file: Path, rows: list[dict[str, float]]) -> None:
    with replacing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as lines:
        if rows:
            writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _read_checkpoint(checkpoint: Path, name: str) -> tuple[Any, int]:
    """The model of a whole checkpoint, and its epoch.

    The archive must hold a model of the class that the run names, made of layers, optimizers and
    functions of Keras and of this package: nothing else is looked up, whatever the file asks.
    """
    file = checkpoint / "model.keras"
    kind = getattr(kgan, MODELS[name])  # imported, so that Keras knows it and its losses
    try:
        with zipfile.ZipFile(file) as archive:
            strange = set(archive.namelist()) - _MEMBERS
            outline = json.loads(archive.read("config.json"))
        with np.load(checkpoint / "state.npz", allow_pickle=False) as state:
            epoch = int(state["epoch"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"checkpoint {checkpoint} can't be read: {error}") from error
    if strange or outline.get("registered_name") != f"kgan>{kind.__name__}":
        raise ValueError(
            f"checkpoint {file} is not a {kind.__name__}: it holds "
            f"{', '.join(sorted(strange)) or repr(outline.get('registered_name'))}."
        )
    for module in _modules(outline):
        if module.split(".")[0] not in ("keras", "kgan", "builtins"):
            raise ValueError(
                f"checkpoint {file} asks for something of {module!r}; accepted are keras and kgan."
            )
    return keras.saving.load_model(file, safe_mode=True), epoch


def _modules(outline) -> set[str]:
    """The modules that a Keras configuration asks for, at any depth."""
    if isinstance(outline, list):
        return set().union(*map(_modules, outline))
    if not isinstance(outline, dict):
        return set()
    own = {outline["module"]} if isinstance(outline.get("module"), str) else set()
    return own.union(*map(_modules, outline.values()))


def _check_epochs(epochs, finished: int) -> None:
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"epochs: got {epochs!r}; accepted is an integer >= 1.")
    if epochs <= finished:
        raise ValueError(
            f"epochs: got {epochs}, and {finished} are finished; accepted is a larger number, "
            "the epochs in all."
        )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def _tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as they were before JSON made lists of their tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}


def _sweep(folder: Path, pattern: str) -> None:
    """Remove what a process that was killed left half-written."""
    for stale in list(folder.glob(pattern)):
        if stale.is_dir():
            shutil.rmtree(stale, ignore_errors=True)
        else:
            stale.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as contents:
        return hashlib.file_digest(contents, "sha256").hexdigest()
