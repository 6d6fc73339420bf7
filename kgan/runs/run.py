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
from kgan.checks import check_choice, check_names
from kgan.data import Dataset
from kgan.files import to_disk
from kgan.runs import checkpoint
from kgan.runs.folder import (
    MODELS,
    check_epochs,
    check_new,
    history,
    last_checkpoint,
    load_data,
    read_config,
    sweep,
    write_history,
)

_PACKAGES = ("kgan", "keras", "numpy", "tensorflow", "jax", "torch")
_NOT_OPTIONS = ("data_shape", "generator", "discriminator", "seed", "name")


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
        part = getattr(self.model, "sample_part", None)
        watchers: list = []
        if part is not None and show.drawable(part):
            real = self.data.train if part.kind in show.PLOTTED else None
            watchers.append(callbacks.SampleGrid(self.path, real=real))
        if self.data.density is not None and comparable(self.model, self.data.density):
            watchers.append(callbacks.TheoryMonitor(self.data.density, self.path))
        return [*watchers, callbacks.TensorBoard(self.path / "tensorboard")]


def build(name: str, data: Dataset, options: Mapping[str, Any], seed: int):
    """A compiled model for a data set, by its name, its initial weights fixed by the seed.

    Args:
        name: one of `folder.MODELS`.
        data: what it is to be trained on; gives `data_shape` and `data_range`.
        options: other arguments of the model's constructor; an objective by its name.
        seed: integer from 0 to 2**31 - 1.

    Raises:
        ValueError: an option that the model does not have, or a bad value.
    """
    kind = getattr(kgan, MODELS[name])
    accepted = [o for o in inspect.signature(kind).parameters if o not in _NOT_OPTIONS]
    check_names(f"--set: {kind.__name__}: option", options, accepted)
    given = {"data_range": data.data_range, **options}
    if isinstance(given.get("objective"), str):
        known = {n: o for n, o in vars(losses).items() if isinstance(o, losses.Objective)}
        given["objective"] = known[check_choice("--set objective", given["objective"], known)]
    keras.utils.set_random_seed(seed)
    try:
        model = kind(data.shape, seed=seed, **given)
    except TypeError as error:
        raise ValueError(f"--set: {kind.__name__} can't be built: {error}") from error
    model.compile()
    return model


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
        model: a compiled model of this package.
        data: what to train on.
        batch_size: samples in a minibatch, from 1 to the number of training samples.
        passes: how often an epoch goes through the data, >= 1.
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
    given = model.read(data, name=f"data {data.name!r}")
    model.read(data, name="validation_data")
    model.batches(given, batch_size, passes=passes)
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
        "passes": passes,
        "seed": model.seed,
        "backend": keras.backend.backend(),
        "versions": _versions(),
    }
    text = json.dumps(config, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, f".{path.name}.tmp-*")
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        temporary.mkdir()
        (temporary / "config.json").write_text(text, encoding="utf-8")
        to_disk(temporary / "config.json")
        checkpoint.write(temporary, model, 0)
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Run(path, config, model, data, 0, autodiff.random_states())


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
    last = last_checkpoint(path)
    if data is None:
        data = load_data(config)
    if data.hash != config["data"]["hash"]:
        raise ValueError(
            f"data: {data.name!r} has SHA-256 {data.hash[:16]}..., {path} was trained on "
            f"{config['data']['hash'][:16]}...; a run goes on with the data it began with only."
        )
    model, epoch, random_states = checkpoint.read(last, config["model"])
    sweep(path, "**/.*.tmp-*")
    for folder in ("samples", "theory"):
        for file in (path / folder).glob("*.png"):
            if file.stem.isdigit() and int(file.stem) > epoch:
                file.unlink()
    rows = [row for row in history(path) if row["epoch"] <= epoch]
    if (path / "history.csv").exists():
        write_history(path / "history.csv", rows)
    return Run(path, config, model, data, epoch, random_states)


def load(path):
    """The trained model of a run folder, from its last checkpoint.

    Raises:
        ValueError: no run folder, or a damaged checkpoint.
    """
    path = Path(path)
    config = read_config(path)
    return checkpoint.read(last_checkpoint(path), config["model"])[0]


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
