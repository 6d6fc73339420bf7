"""Runs: training that leaves a folder behind and goes on from it bit for bit.

`kgan.runs.folder` reads and checks a folder without Keras; the rest is imported when it is used.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgan.runs.run import Run, build, load, resume, start

__all__ = ["Run", "build", "load", "resume", "start"]


def __getattr__(name: str):
    if name in __all__:
        return getattr(importlib.import_module("kgan.runs.run"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
