"""The user's own arrays, from a file that numpy wrote."""

import os
import zipfile
from pathlib import Path

import numpy as np

from kgan.data.dataset import Dataset

_HELD_OUT = 10  # one sample in ten


def npz(path: str | os.PathLike, seed: int = 0) -> Dataset:
    """Samples from a `.npz` file with an array `x`, and `y` and `classes` if it has labels.

    One sample in ten, chosen by `seed`, is held out. Nothing is unpickled.

    Args:
        path: file with `x`: floats `(n, d)`, or images `(n, height, width, channels)` as floats
            in [-1, 1] or as bytes 0 to 255; `y`: integers `(n,)` from 0 to the number of classes
            minus 1; `classes`: their names.
        seed: integer >= 0, decides what is held out.

    Returns:
        A `Dataset`, float32.

    Raises:
        ValueError: no such file or not one that numpy wrote, an array that is missing or of
            another shape or type, NaN or infinity, pixels outside [-1, 1], labels out of range.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be an integer of at least 0; got {seed!r}")
    file = Path(path).expanduser()
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"file {str(path)!r} can't be read as .npz: {reason}") from error
    if "x" not in found:
        raise ValueError(
            f"file {str(path)!r} has no array 'x'; it has {', '.join(found) or 'none'}"
        )
    x = _samples(str(path), found["x"])
    labels, classes = _labels(str(path), len(x), found.get("y"), found.get("classes"))
    test = np.zeros(len(x), bool)
    test[np.random.default_rng(seed).permutation(len(x))[: max(1, len(x) // _HELD_OUT)]] = True
    return Dataset(
        name=f"npz:{path}",
        train=x[~test],
        test=x[test],
        train_labels=None if labels is None else labels[~test],
        test_labels=None if labels is None else labels[test],
        classes=classes,
        data_range=(-1.0, 1.0) if x.ndim == 4 else None,
    )


def _samples(path: str, x: np.ndarray) -> np.ndarray:
    if x.ndim not in (2, 4) or len(x) < 2 or x[0].size == 0:
        raise ValueError(
            f"file {path!r}: x must have shape (n, d) or (n, height, width, channels) with at "
            f"least 2 samples; got {x.shape}"
        )
    if x.ndim == 4 and x.dtype == np.uint8:
        return x.astype(np.float32) / np.float32(127.5) - 1
    if x.dtype.kind != "f":
        raise ValueError(f"file {path!r}: x must hold floats, or bytes for images; got {x.dtype}")
    wrong = np.unique(np.argwhere(~np.isfinite(x))[:, 0])
    if len(wrong):
        raise ValueError(
            f"file {path!r}: x must be finite; got NaN or infinity in {len(wrong)} of {len(x)} "
            f"samples, the first at index {wrong[0]}"
        )
    if x.ndim == 4 and (x.min() < -1 or x.max() > 1):
        raise ValueError(
            f"file {path!r}: images must be in [-1, 1]; got values from {x.min():g} to {x.max():g}"
        )
    return x.astype(np.float32)


def _labels(path, n, y, classes) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if y is None:
        return None, ()
    if y.shape != (n,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"file {path!r}: y must hold {n} integers, one a sample; got {y.dtype} of shape "
            f"{y.shape}"
        )
    if classes is not None and classes.ndim != 1:
        raise ValueError(
            f"file {path!r}: classes must hold the classes' names, shape (k,); got shape "
            f"{classes.shape}"
        )
    names = tuple(map(str, range(int(y.max()) + 1) if classes is None else classes))
    wrong = np.flatnonzero((y < 0) | (y >= len(names)))
    if len(wrong):
        raise ValueError(
            f"file {path!r}: y must be in 0..{len(names) - 1}, the places of its {len(names)} "
            f"classes; got {int(y[wrong[0]])} at index {wrong[0]}, and {len(wrong)} such in all"
        )
    return y.astype(np.int64), names
