"""Checkpoints: written as a whole or not at all, and read without trusting what they ask for."""

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kgan import autodiff
from kgan.files import to_disk
from kgan.runs import own_file
from kgan.runs.folder import CHECKPOINT_FILES, checkpoints, sha256

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


def read(checkpoint: Path, kind: type) -> tuple[Any, int, dict[str, np.ndarray]]:
    """The model of a whole checkpoint, its epoch and its random states.

    The archive must hold a model of this class, made of layers, optimizers and functions of Keras,
    of this package and, where the class is the user's own, of its file: nothing else is looked up,
    whatever the archive asks.

    Raises:
        ValueError: another class or another module, or what can't be read.
    """
    file = checkpoint / "model.keras"
    try:
        with zipfile.ZipFile(file) as archive:
            strange = set(archive.namelist()) - _MEMBERS
            outline = json.loads(archive.read("config.json"))
        with np.load(checkpoint / "state.npz", allow_pickle=False) as state:
            epoch = int(state["epoch"])
            random_states = {key: state[key] for key in state.files if key != "epoch"}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"checkpoint {checkpoint} can't be read: {error}") from error
    if strange or outline.get("registered_name") != keras.saving.get_registered_name(kind):
        raise ValueError(
            f"checkpoint {file} is not a {kind.__name__}: it holds "
            f"{', '.join(sorted(strange)) or repr(outline.get('registered_name'))}."
        )
    own = not own_file.is_ours(kind)
    for module in _modules(outline):
        if module.split(".")[0] in ("keras", "kgan", "builtins"):
            continue
        if not (own and own_file.is_of(module, kind)):
            also = f" and {own_file.source_file(kind)}" if own else ""
            raise ValueError(
                f"checkpoint {file} asks for something of {module!r}; accepted are keras and kgan"
                f"{also}."
            )
    objects = own_file.objects(kind) if own else None
    try:
        model = keras.saving.load_model(file, custom_objects=objects, safe_mode=True)
    except Exception as error:  # Keras raises whatever a constructor does, on pages of its own
        cause = error.__context__ or error
        raise ValueError(
            f"checkpoint {file} can't be made a {kind.__name__}: {type(cause).__name__}: "
            f"{own_file.one_line(cause)}."
        ) from error
    return model, epoch, random_states


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
