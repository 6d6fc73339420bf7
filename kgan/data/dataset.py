"""What a data set is, and how one is found by its name."""

import difflib
import hashlib
import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# The module is imported when the set is asked for: scikit-learn, Pillow and Keras are slow to load.
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


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Training and held-out data with what is known about where they come from.

    Attributes:
        name: the name `load` was given.
        train, test: images `(n, height, width, channels)` or points `(n, d)`, float32. A folder
            larger than memory gives `kgan.data.folder.StreamedImages` in their place.
        train_labels, test_labels: int64 `(n,)`, indices into `classes`; None without classes.
        classes: names of the classes, or of the modes of a mixture; empty without labels.
        data_range: lowest and highest value an entry can take, (-1, 1) for images; None: unbounded.
        density: the exact density of `train` as a theory density, where there is one.
        centers, std: means `(modes, d)` and the common standard deviation of a mixture with equal
            isotropic modes.
        skipped: pictures that could not be decoded and were left out on request, with the reason.
        hash: SHA-256 of the type, shape and values of `train`.
    """

    name: str
    train: Any
    test: Any
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    data_range: tuple[float, float] | None = None
    density: Any = None
    centers: np.ndarray | None = None
    std: float | None = None
    skipped: tuple[str, ...] = ()
    hash: str = field(default="")

    def __post_init__(self):
        if not self.hash:
            shape = (len(self.train), *self.shape)
            object.__setattr__(self, "hash", fingerprint(shape, [self.train]))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample, without the batch axis."""
        return tuple(self.train.shape[1:])


def fingerprint(shape: tuple[int, ...], chunks: Iterable[np.ndarray]) -> str:
    """SHA-256 of float32 data of `shape` that arrive in `chunks` along the first axis."""
    digest = hashlib.sha256(f"float32 {tuple(map(int, shape))}".encode())
    for chunk in chunks:
        digest.update(np.ascontiguousarray(chunk, dtype="<f4").data)
    return digest.hexdigest()


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
    for prefix, module in _PATHS.items():
        if isinstance(name, str) and name.startswith(prefix):
            loader = _function(module, module)
            _check_options(name, loader, options, given=1)
            return loader(name.removeprefix(prefix), **options)
    if name not in _LOADERS:
        near = difflib.get_close_matches(str(name), _LOADERS, n=3)
        nearest = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
        raise ValueError(f"unknown data set {name!r}{nearest}; known are {', '.join(names())}")
    loader = _function(_LOADERS[name], name)
    _check_options(name, loader, options)
    return loader(**options)


def _function(module: str, name: str) -> Callable[..., Dataset]:
    return getattr(importlib.import_module(f"kgan.data.{module}"), name)


def _check_options(name: str, loader: Callable, options: dict, given: int = 0) -> None:
    accepted = list(inspect.signature(loader).parameters)[given:]
    unknown = sorted(set(options) - set(accepted))
    if unknown:
        raise ValueError(
            f"data set {name!r} has no option {', '.join(map(repr, unknown))}; "
            f"it takes {', '.join(accepted) if accepted else 'no options'}"
        )
