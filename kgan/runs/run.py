"""A run: training into a folder (`kgan.runs.folder`), and going on from it.

A checkpoint is written after every epoch, so that a run which is killed at any moment loses at most
the epoch it was in. Resuming drops history, samples and figures beyond the checkpoint; event files
are only added to.
"""

import contextlib
import csv
import importlib.metadata
import inspect
import json
import os
import platform
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kgan
from kgan import autodiff, callbacks, losses, show
from kgan.callbacks.theory_monitor import comparable
from kgan.catalog import CATALOG
from kgan.checks import check_choice, check_names
from kgan.data import Dataset
from kgan.files import replacing, to_disk
from kgan.runs import checkpoint, own_file
from kgan.runs.folder import (
    FORMAT,
    MODELS,
    check_epochs,
    check_format,
    check_new,
    history,
    last_checkpoint,
    load_data,
    model_name,
    read_config,
    sweep,
    write_history,
)

_PACKAGES = ("kgan", "keras", "numpy", "tensorflow", "jax", "torch")
_NOT_OPTIONS = ("generator", "discriminator", "seed", "name")


@dataclass(eq=False)
class Run:
    """A run folder with its model and data in memory; `start` and `resume` make one.

    Attributes:
        path: the folder.
        config: what config.json holds.
        model: the compiled model.
        data: what it is trained on.
        epoch: epochs that are finished.
        random_states: of generators that no layer owns, as they were after that epoch.
    """

    path: Path
    config: dict[str, Any]
    model: Any
    data: Dataset
    epoch: int
    random_states: dict[str, np.ndarray]

    def train(
        self, epochs: int, more_callbacks: Sequence = (), verbose: str | int = "auto"
    ) -> dict[str, float]:
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
        check_epochs(epochs, self.epoch)
        size = self.config["batch_size"]
        train = self.model.batches(
            self.model.read(self.data, name=f"data {self.data.name!r}"),
            size,
            passes=self.config["passes"],
        )
        record, interrupt = _Record(self), _Interrupt()
        autodiff.set_random_states(self.random_states)
        try:
            with interrupt.awaited():
                self.model.fit(
                    train,
                    epochs=epochs,
                    initial_epoch=self.epoch,
                    validation_data=self.data,
                    callbacks=[*self._watchers(), *more_callbacks, record, interrupt],
                    verbose=verbose,
                )
        except KeyboardInterrupt:
            show.animate(self.path)
            raise
        return record.last

    def _watchers(self) -> list:
        model, density = self.model, self.data.density
        told = {}
        if conditions := getattr(model, "conditions", ()):
            held_out = self.data.parts_for(model.spec, held_out=True)
            told = {name: held_out[name] for name in conditions}
        watchers: list = []
        if hasattr(model, "generate") and show.drawable(model.sample_part):
            plotted = model.sample_part.kind in show.PLOTTED
            real = self.data.part_like_samples(model) if plotted else None
            watchers.append(callbacks.SampleGrid(self.path, real=real, conditions=told))
        alone = isinstance(model, kgan.TwoPlayerGame) and not told
        if density is not None and alone and comparable(model, density):
            watchers.append(callbacks.TheoryMonitor(density, self.path))
        return [*watchers, callbacks.TensorBoard(self.path / "tensorboard", conditions=told)]


def build(model: str | type, data: Dataset, options: Mapping[str, Any], seed: int):
    """A compiled model for a data set, its initial weights fixed by the seed.

    What the data say is given to a constructor that has an argument for it: `data_shape`,
    `data_range` and `kind` of the part "real", or of the first measured one where none is called
    so, and `classes`, the number of labels.

    Args:
        model: a name of the catalog, FILE.py:CLASS, or a subclass of `kgan.Game`.
        data: what it is to be trained on.
        options: other arguments of the model's constructor; an objective by its name.
        seed: integer from 0 to 2**31 - 1.

    Raises:
        ValueError: no such model, an option that the model does not have, a bad value, or an
            argument that neither the data nor an option gives.
    """
    kind = _class(model)
    parameters = inspect.signature(kind).parameters
    accepted = [name for name in parameters if name not in _NOT_OPTIONS]
    check_names(f"--set: {kind.__name__}: option", options, accepted)
    if "seed" not in parameters:
        raise ValueError(
            f"model: {kind.__name__} takes no argument 'seed', which fixes a run; let its "
            "constructor take one, or **options, and pass it on to that of kgan."
        )
    said = {name: value for name, value in _said(data).items() if name in parameters}
    given = {**said, **options, "seed": seed}
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in given:
            cure = "give its constructor a default" if name in _NOT_OPTIONS else f"--set {name}=..."
            raise ValueError(
                f"--set: {kind.__name__} needs {name!r}, which data {data.name!r} do not say: "
                f"{cure}."
            )
    if isinstance(given.get("objective"), str):
        known = {n: o for n, o in vars(losses).items() if isinstance(o, losses.Objective)}
        given["objective"] = known[check_choice("--set objective", given["objective"], known)]
    keras.utils.set_random_seed(seed)
    try:
        built = kind(**given)
        built.compile()
    except Exception as error:
        if own_file.is_ours(kind):
            if not isinstance(error, TypeError):
                raise
            raise ValueError(f"--set: {kind.__name__} can't be built: {error}") from error
        why = own_file.reason(error, own_file.source_file(kind))
        raise ValueError(f"model: {kind.__name__} can't be built: {why}.") from error
    return built


def _class(model: str | type) -> type:
    """The class that a name of the catalog, FILE.py:CLASS or the class itself means."""
    if isinstance(model, str):
        if own_file.is_form(model):
            return own_file.load(model)
        return getattr(kgan, MODELS[model_name(model)])
    if not _in_catalog(model):
        own_file.check_game(model)
    return model


def _in_catalog(kind: Any) -> bool:
    return isinstance(kind, type) and own_file.is_ours(kind) and kind.__name__ in CATALOG


def _said(data: Dataset) -> dict[str, Any]:
    """What a data set says to a constructor: of its samples and of its labels."""
    measured = [name for name, part in data.parts.items() if not part.is_integer]
    name = "real" if "real" in data.parts else (measured or list(data.parts))[0]
    part = data.parts[name]
    said: dict[str, Any] = {
        "data_shape": tuple(data.split("train")[name].shape[1:]),
        "data_range": part.range,
        "kind": part.kind,
    }
    labels = [part.classes for part in data.parts.values() if part.kind == "label"]
    return {**said, "classes": labels[0]} if labels else said


def start(
    path,
    model,
    data: Dataset,
    *,
    batch_size: int = 64,
    passes: int = 1,
    options: Mapping[str, Any] | None = None,
    data_options: Mapping[str, Any] | None = None,
) -> Run:
    """Make a run folder for a compiled model; nothing is left of it when this fails.

    Args:
        path: a folder that does not exist yet.
        model: a compiled model of this package, or of a class in a Python file of the user's.
        data: what to train on.
        batch_size: samples in a minibatch, from 1 to the number of training samples.
        passes: how often an epoch goes through the data, >= 1.
        options: what the model was built with, recorded in config.json.
        data_options: what the data were loaded with besides their name; used when resuming.

    Raises:
        ValueError: the folder exists, the data do not fit the model, or a class of the user's own
            that no file holds or whose checkpoint could not be read again.
    """
    path = Path(path)
    check_new(path)
    kind = type(model)
    name = kind.__name__
    if _in_catalog(kind):
        recorded: dict[str, Any] = {"model": name.lower()}
    else:
        own_file.check_game(kind)
        recorded = {"model": name, "file": own_file.origin(kind)}
        if model.get_config().get("seed") != model.seed:
            raise ValueError(
                f"model: the configuration of {name} does not hold its seed, without which no run "
                "goes on bit for bit; let its constructor take seed= and pass it on."
            )
    given = model.read(data, name=f"data {data.name!r}")
    model.read(data, name="validation_data", held_out=True)
    model.batches(given, batch_size, passes=passes)
    config = {
        "format": FORMAT,
        **recorded,
        "options": dict(options or {}),
        "data": {
            "name": data.name,
            "options": dict(data_options or {}),
            "hash": data.hash,
            "shape": list(data.shape),
            "samples": len(data),
            "parts": _parts(model, data),
            "skipped": list(data.skipped),
        },
        "batch_size": batch_size,
        "passes": passes,
        "seed": model.seed,
        "backend": keras.backend.backend(),
        "versions": _versions(),
    }
    text = json.dumps(config, indent=1) + "\n"
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, f".{path.name}.tmp-*")
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    random_states = autodiff.random_states()
    try:
        temporary.mkdir()
        (temporary / "config.json").write_text(text, encoding="utf-8")
        to_disk(temporary / "config.json")
        written = checkpoint.write(temporary, model, 0)
        if "file" in recorded:
            _check_readable(written, kind)
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        for folder in made:
            if not any(folder.iterdir()):
                folder.rmdir()
    return Run(path, config, model, data, 0, random_states)


def _parts(model, data: Dataset) -> dict[str, Any]:
    """For each part of the model the part of the data that it is, and what that is."""
    train = data.split("train")
    parts = {}
    for wanted, found in model.spec.match(data.parts).items():
        part = data.parts[found]
        parts[wanted] = {
            "part": found,
            "kind": part.kind,
            "shape": list(train[found].shape[1:]),
            "range": part.range,
            "classes": part.classes,
            "samples": len(train[found]),
        }
    return parts


def _check_readable(written: Path, kind: type) -> None:
    """Refuse a class of the user's own before it is trained, not when its run is to go on."""
    try:
        checkpoint.read(written, kind)
    except ValueError as error:
        reason = str(error).removeprefix(f"checkpoint {written / 'model.keras'} ")
        raise ValueError(
            f"model: no run of {kind.__name__} could go on, because its checkpoint {reason}"
        ) from error


def resume(
    path,
    data: Dataset | None = None,
    model: str | type | None = None,
    accept_changes: bool = False,
) -> Run:
    """Open a run folder to go on where its last checkpoint left off, bit for bit.

    History, samples and figures beyond the checkpoint and stale temporary files are removed. The
    same bits need the same backend and versions, and the callbacks given to `train` again.

    Args:
        path: the run folder.
        data: the data, where they are in memory already; loaded by their name otherwise.
        model: of a run of the user's own file FILE.py:CLASS or the class; None otherwise.
        accept_changes: go on although that file is not what it was; config.json will tell.

    Raises:
        ValueError: no run folder or one of kgan 0.1, a damaged checkpoint, data that are not what
            they were, another backend, or a class that is not named, is another one or has changed.
    """
    path = Path(path)
    config = read_config(path)
    own_file.check_named(config, path, model, accept_changes)
    check_format(config, path)
    if config["backend"] != keras.backend.backend():
        raise ValueError(
            f"backend: got {keras.backend.backend()}; {path} was trained with "
            f"{config['backend']} and goes on with it only (set KERAS_BACKEND)."
        )
    last = last_checkpoint(path)
    if data is None:
        data = load_data(config)
    if data.hash != config["data"]["hash"]:
        raise ValueError(
            f"data: {data.name!r} has SHA-256 {data.hash[:16]}..., {path} was trained on "
            f"{config['data']['hash'][:16]}...; a run goes on with the data it began with only."
        )
    kind = _class(config["model"] if model is None else model)
    game, epoch, random_states = checkpoint.read(last, kind)
    sweep(path, "**/.*.tmp-*")
    for folder in ("samples", "theory"):
        for file in (path / folder).glob("*.png"):
            if file.stem.isdigit() and int(file.stem) > epoch:
                file.unlink()
    rows = [row for row in history(path) if row["epoch"] <= epoch]
    if (path / "history.csv").exists():
        write_history(path / "history.csv", rows)
    if "file" in config:
        _note_change(path, config, kind, epoch)
    return Run(path, config, game, data, epoch, random_states)


def _note_change(path: Path, config: dict[str, Any], kind: type, epoch: int) -> None:
    """Record the user's file in config.json if it is not what it was."""
    now = own_file.origin(kind)
    if now["sha256"] == own_file.last_change(config["file"])["sha256"]:
        return
    config["file"].setdefault("changes", []).append({"epoch": epoch, **now})
    with replacing(path / "config.json") as temporary:
        temporary.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load(path, model: str | type | None = None, accept_changes: bool = False):
    """The trained model of a run folder, from its last checkpoint.

    Args:
        path: the run folder.
        model: of a run of the user's own file FILE.py:CLASS or the class; None otherwise.
        accept_changes: load it although that file is not what it was.

    Raises:
        ValueError: no run folder, a damaged checkpoint, one of kgan 0.1 that can't be read, or a
            class that is not named, is another one or has changed.
    """
    path = Path(path)
    config = read_config(path)
    own_file.check_named(config, path, model, accept_changes)
    kind = _class(config["model"] if model is None else model)
    last = last_checkpoint(path)
    try:
        return checkpoint.read(last, kind)[0]
    except ValueError as error:
        if "format" in config:
            raise
        raise ValueError(
            f"run: {path} is a run folder of kgan 0.1, of which this version does not read the "
            f"{kind.__name__}; train anew with what its config.json says, or use kgan 0.1 "
            f"({error})."
        ) from error


class _Interrupt(keras.callbacks.Callback):
    """Ctrl-C takes effect between two minibatches.

    At any other moment it would unwind through TensorFlow's own threads, which has crashed the
    process. A second Ctrl-C does not wait.
    """

    def __init__(self):
        super().__init__()
        self.asked = False

    @contextlib.contextmanager
    def awaited(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # Python lets no other thread handle signals
            return
        before = signal.getsignal(signal.SIGINT)

        def ask(number, frame):
            self.asked = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        self._answer()

    def _answer(self):
        if self.asked:
            raise KeyboardInterrupt

    def on_train_batch_begin(self, batch, logs=None):
        self._answer()

    def on_test_batch_begin(self, batch, logs=None):
        self._answer()


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
            write_history(file, [row])
        else:
            with file.open("a", newline="", encoding="utf-8") as lines:
                csv.DictWriter(lines, list(row), lineterminator="\n").writerow(row)
        checkpoint.write(self.run.path, self.model, done)
        self.run.epoch, self.run.random_states = done, autodiff.random_states()


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
