"""Data sets by their names; the module of each is imported when it is asked for."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from kgan.checks import check_choice, check_names
from kgan.data.dataset import Dataset

# scikit-learn, Pillow and Keras are slow to load.
_LOADERS = {
    "digits": "images",
    "faces": "images",
    "ring": "synthetic",
    "grid": "synthetic",
    "eight_gaussians": "synthetic",
    "swiss_roll": "synthetic",
    "mixture_1d": "synthetic",
    "mnist": "downloads",
    "fashion_mnist": "downloads",
    "cifar10": "downloads",
}
_PATHS = {"folder:": "folder", "npz:": "npz"}  # prefix of a name -> module and its function


def names() -> tuple[str, ...]:
    """Names that `load` knows; PATH stands for the user's own folder of pictures or `.npz` file."""
    return (*_LOADERS, *(prefix + "PATH" for prefix in _PATHS))


def load(name: str, **options) -> Dataset:
    """Load a data set by name, split into training and held-out data.

    Args:
        name: one of `names()`. `digits` and `faces` are bundled, `ring`, `grid`,
            `eight_gaussians`, `swiss_roll` and `mixture_1d` are drawn from a seed, `mnist`,
            `fashion_mnist` and `cifar10` are downloaded once and checked against a known hash,
            `folder:PATH` reads all pictures below PATH, `npz:PATH` the arrays in a file.
        **options: what the set's own loader takes, for example `size=` and `seed=` for the drawn
            ones and `shape=` for a folder.

    Returns:
        A `Dataset`. The same name and options always give the same data.

    Raises:
        ValueError: the name or an option is unknown or its value is bad, a download is neither at
            hand nor reachable or differs from its hash, or pictures of a folder can't be decoded
            (all of them are named).
    """
    function, *path = loader(name)
    accepted = list(inspect.signature(function).parameters)[len(path) :]
    check_names(f"data {name!r}: option", options, accepted)
    return function(*path, **options)


def loader(name: str) -> tuple[Any, ...]:
    """The function that makes a data set, and for a user's own its path, as its arguments.

    Raises:
        ValueError: the name is unknown.
    """
    for prefix, module in _PATHS.items():
        if isinstance(name, str) and name.startswith(prefix):
            return _function(module, module), name.removeprefix(prefix)
    check_choice("data", name, names())
    return (_function(_LOADERS[name], name),)


def _function(module: str, name: str) -> Callable[..., Dataset]:
    return getattr(importlib.import_module(f"kgan.data.{module}"), name)
