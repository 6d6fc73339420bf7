"""Models of the user's own files, named FILE.py:CLASS.

A run folder records where such a class came from. Its code is run only when the user names it
again: a folder that came from somewhere else must not decide what is executed.
"""

import hashlib
import inspect
import re
import sys
import traceback
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kgan

FORM = "FILE.py:CLASS"
_LONGEST = 300  # signs of an error that are told
_MODULE = "own_file_"  # begins the name of a module made of a file, so that it hides no other


def is_form(name: str) -> bool:
    """Whether a model's name is meant as FILE.py:CLASS: no name of the catalog has these signs."""
    return ":" in name or name.endswith(".py")


def split(name: str) -> tuple[Path, str]:
    """The absolute path and the class of FILE.py:CLASS; nothing is run.

    Raises:
        ValueError: another form, or no such file.
    """
    file, _, kind = name.rpartition(":")
    if not file.endswith(".py") or not kind.isidentifier():
        raise ValueError(f"model: got {name!r}; accepted is {FORM}, such as my_gan.py:MyGAN.")
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        raise ValueError(f"model: got {name!r}, and there is no file {path}.")
    return path, kind


def load(name: str) -> type:
    """The class that FILE.py:CLASS names. The file is run, once for the same contents.

    Raises:
        ValueError: another form, no such file or class, a file that fails, or a class that is no
            `kgan.Game`.
    """
    path, kind = split(name)
    source = path.read_bytes()
    digest = hashlib.sha256(f"{path}\n".encode() + source).hexdigest()
    called = f"{_MODULE}{path.stem}_{digest[:12]}"
    module = sys.modules.get(called) or _run(called, path, source)
    found = getattr(module, kind, None)
    if found is None:
        games = [n for n, value in vars(module).items() if _is_game(value)]
        known = f"its games are {', '.join(games)}" if games else "it has no subclass of kgan.Game"
        raise ValueError(f"model: got {name!r}, and {path.name} has no {kind!r}; {known}.")
    check_game(found)
    return found


def _run(called: str, path: Path, source: bytes) -> types.ModuleType:
    module = types.ModuleType(called)
    module.__file__ = str(path)
    sys.modules[called] = module  # where dataclasses and inspect look for it
    try:
        exec(compile(source, str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[called]
        raise ValueError(f"model: {path} can't be run: {reason(error, path)}.") from error
    return module


def reason(error: BaseException, path: Path) -> str:
    """What went wrong in a user's file, in one line, with the last of its lines that had a part."""
    text = one_line(error)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    where = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {text}{where}"


def one_line(error: BaseException) -> str:
    """An error's text without its line breaks, its colours and its page of configuration."""
    plain = re.sub("\x1b[^m]*m", "", str(error))
    return " ".join(plain.split())[:_LONGEST].rstrip(".")


def check_game(kind: Any) -> None:
    """Refuse what is no class of games.

    Raises:
        ValueError: naming what came.
    """
    if not _is_game(kind):
        called = kind.__name__ if isinstance(kind, type) else repr(kind)
        raise ValueError(
            f"model: got {called}; accepted are kgan's models and subclasses of kgan.Game."
        )


def _is_game(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, kgan.Game) and not is_ours(kind)


def is_ours(kind: type) -> bool:
    """Whether a class is of this package."""
    return kind.__module__.partition(".")[0] == "kgan"


def source_file(kind: type) -> Path:
    """The file that a class is defined in.

    Raises:
        ValueError: no file, or not where FILE.py:CLASS finds it.
    """
    try:
        path = Path(inspect.getsourcefile(kind) or "").resolve()
    except (TypeError, OSError):
        path = Path()
    if not path.is_file() or "." in kind.__qualname__:
        raise ValueError(
            f"model: got {kind.__qualname__}, which is no class of a Python file of its own, so "
            f"that no run could go on with it; put it at the top level of one and name it {FORM}."
        )
    return path


def origin(kind: type) -> dict[str, Any]:
    """What config.json records of a class of the user's own.

    Raises:
        ValueError: as `source_file`.
    """
    path = source_file(kind)
    return {"path": str(path), "sha256": _sha256(path)}


def check_named(
    config: Mapping[str, Any], run: Path, model: str | type | None, accept_changes: bool
) -> None:
    """Refuse a run's class that is not named, is another one or has changed; nothing is run.

    Args:
        config: what the run's config.json holds.
        run: its folder.
        model: FILE.py:CLASS or the class, as the user gave it; None for none.
        accept_changes: whether the file may be another one than the run was trained by.

    Raises:
        ValueError: as said; the message has what to give instead.
    """
    recorded = config.get("file")
    if recorded is None:
        if model is not None:
            raise ValueError(
                f"model: got {model!r}, and {run} is a run of kgan's own {config['model']}; "
                "leave it out."
            )
        return
    meant = f"{recorded['path']}:{config['model']}"
    if model is None:
        raise ValueError(
            f"model: got none; {run} was trained by {meant}, and its code is run only when you "
            f"name it: kgan train {meant} --resume {run}, --model {meant} of sample and evaluate, "
            "or model= in Python."
        )
    if isinstance(model, str):
        path, kind = split(model)
    else:
        check_game(model)
        path, kind = source_file(model), model.__name__
    if kind != config["model"]:
        raise ValueError(f"model: got {kind}; {run} was trained by {meant}.")
    before, now = last_change(recorded)["sha256"], _sha256(path)
    if now != before and not accept_changes:
        raise ValueError(
            f"model: {path} has SHA-256 {now[:16]}..., and {run} was trained by {before[:16]}...: "
            "the file has changed. Bring it back as it was, or say that the change is meant: "
            "--accept-changes, in Python accept_changes=True."
        )


def last_change(recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """The path and hash of the file by which a run was trained last."""
    return [recorded, *recorded.get("changes", ())][-1]


def is_of(module: str, kind: type) -> bool:
    """Whether a module's name, as a checkpoint has it, means the file of a class.

    The same file is one module when FILE.py:CLASS runs it, another when a program imports it, and
    `__main__` when it is the program.
    """
    if module in ("__main__", kind.__module__):
        return True
    path = source_file(kind)
    names = module.split(".")
    imported = list(path.with_suffix("").parts[-len(names) :]) == names
    return imported or module.startswith(f"{_MODULE}{path.stem}_")


def objects(kind: type) -> dict[str, Any]:
    """The classes and functions of a class's file, as Keras calls them when it loads a model."""
    import keras

    own = [
        value
        for value in vars(sys.modules[kind.__module__]).values()
        if isinstance(value, type | types.FunctionType) and value.__module__ == kind.__module__
    ]
    return {keras.saving.get_registered_name(value): value for value in (*own, kind)}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
