"""Generative adversarial networks in Keras 3, checked by an executable theory.

Public names are imported when first used: `import kgan` costs nothing.
"""

import importlib
from typing import Any

from kgan.catalog import CATALOG

_HOME = {name: entry.module for name, entry in CATALOG.items()} | {
    "Game": "kgan.game",
    "Part": "kgan.spec",
    "Turn": "kgan.game",
    "TwoPlayerGame": "kgan.two_player",
    "load": "kgan.runs",
}
_MODULES = (
    "autodiff",
    "callbacks",
    "data",
    "ensemble",
    "layers",
    "losses",
    "metrics",
    "models",
    "networks",
    "penalties",
    "show",
)

__all__ = [*_HOME, *_MODULES]  # the maps above are the list of names
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"kgan.{name}")
    raise AttributeError(f"module 'kgan' has no attribute {name!r}; it has {', '.join(__all__)}.")


def __dir__():
    return sorted(__all__)
