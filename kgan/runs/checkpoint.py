"""Checkpoints: written as a whole or not at all, and read without trusting what they ask for."""

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kgan
from kgan import autodiff
from kgan.files import to_disk
from kgan.runs.folder import CHECKPOINT_FILES, MODELS, checkpoints, sha256

_KEPT = 2
_MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}  # of a model.keras


def write(path: Path, model, epoch: int) -> Path:
    """Write the checkpoint after `epoch` epochs as a whole or not at all; keep the last two."""
    folder = path / "checkpoints"
    folder.mkdir(exist_ok=True)
    final = folder / f"{epoch:04d}"
    temporary = folder / f".{final.name}.tmp-{os.getpid()}"
    try:
        temporary.mkdir()
        model.save(temporary / "model.keras")
        np.savez(temporary / "state.npz", epoch=epoch, **autodiff.random_states())  # pyright: ignore[reportArgumentType]
        manifest = {"sha256": {name: sha256(temporary / name) for name in CHECKPOINT_FILES}}
        (temporary / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for file in (*CHECKPOINT_FILES, "manifest.json"):
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


def read(checkpoint: Path, name: str) -> tuple[Any, int, dict[str, np.ndarray]]:
    """The model of a whole checkpoint, its epoch and its random states.

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
            random_states = {key: state[key] for key in state.files if key != "epoch"}
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
    return keras.saving.load_model(file, safe_mode=True), epoch, random_states


def _modules(outline) -> set[str]:
    """The modules that a Keras configuration asks for, at any depth."""
    if isinstance(outline, list):
        return set().union(*map(_modules, outline))
    if not isinstance(outline, dict):
        return set()
    own = {outline["module"]} if isinstance(outline.get("module"), str) else set()
    return own.union(*map(_modules, outline.values()))


def _remove(checkpoint: Path) -> None:
    """Remove a checkpoint; it loses its name first, so that half of one is never seen."""
    if checkpoint.exists():
        nameless = checkpoint.with_name(f".{checkpoint.name}.tmp-old-{os.getpid()}")
        os.rename(checkpoint, nameless)
        shutil.rmtree(nameless)
