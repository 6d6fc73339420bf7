"""The user's own arrays, from a file that numpy wrote."""

import os
import zipfile
from pathlib import Path

import numpy as np

from kgan.checks import check_count
from kgan.data.dataset import Dataset, label_part
from kgan.spec import Part, check_kind, kind_of

_HELD_OUT = 10  # one sample in ten


def npz(path: str | os.PathLike, seed: int = 0, kind: str | None = None) -> Dataset:
    """Samples from a `.npz` file with an array `x`, and `y` and `classes` if it has labels.

    One sample in ten, chosen by `seed`, is held out. Nothing is unpickled.

    Args:
        path: file with `x`: floats `(n, d)`, images `(n, height, width, channels)` as floats in
            [-1, 1] or as bytes 0 to 255, or spectrograms `(n, frames, bins, channels)` as floats
            without bounds; `y`: integers `(n,)` from 0 to the number of classes minus 1;
            `classes`: their names; `kind`: a single string, what `x` is.
        seed: integer >= 0, decides what is held out.
        kind: "image", "spectrogram", "points" or "vector"; what the file says by default, and
            where it says nothing images of three sides, points of one or two coordinates and
            vectors of more.

    Returns:
        A `Dataset`, float32.

    Raises:
        ValueError: no such file or not one that numpy wrote, an array that is missing or of
            another shape, type or kind, NaN or infinity, pixels outside [-1, 1], labels out of
            range.
    """
    check_count("seed", seed, least=0)
    called = f"file {str(path)!r}"
    file = Path(path).expanduser()
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{called}: it can't be read as .npz ({reason}).") from error
    if "x" not in found:
        raise ValueError(f"{called}: got no array 'x'; it has {', '.join(found) or 'none'}.")
    x = found["x"]
    if x.ndim not in (2, 4) or len(x) < 2 or x[0].size == 0:
        raise ValueError(
            f"{called}: x: got shape {x.shape}; accepted are (n, d) and (n, height, width, "
            "channels) with at least 2 samples."
        )
    if kind is not None:
        check_kind("kind", kind, x.shape[1:])
    else:
        kind = _kind(called, x.shape[1:], found.get("kind"))
    x = _samples(called, x, kind)
    labels, classes = _labels(called, len(x), found.get("y"), found.get("classes"))
    test = np.zeros(len(x), bool)
    test[np.random.default_rng(seed).permutation(len(x))[: max(1, len(x) // _HELD_OUT)]] = True
    return Dataset(
        name=f"npz:{path}",
        train=x[~test],
        test=x[test],
        train_labels=None if labels is None else labels[~test],
        test_labels=None if labels is None else labels[test],
        classes=classes,
        data_range=_range(kind),
        kind=kind,
        facts={"source": str(file)},
    )


def _kind(called: str, shape: tuple[int, ...], given: np.ndarray | None) -> str:
    """What the file says that its samples are, or what their shape says."""
    if given is None:
        return kind_of(shape)
    if given.ndim or given.dtype.kind != "U":
        raise ValueError(
            f"{called}: kind: got {given.dtype} of shape {given.shape}; accepted is one string, "
            "of shape ()."
        )
    check_kind(f"{called}: kind", str(given), shape)
    return str(given)


def _range(kind: str) -> tuple[float, float] | None:
    return (-1.0, 1.0) if kind == "image" else None


def _samples(called: str, x: np.ndarray, kind: str) -> np.ndarray:
    if kind == "image" and x.dtype == np.uint8:
        return x.astype(np.float32) / np.float32(127.5) - 1
    if x.dtype.kind != "f":
        also = " in [-1, 1], and bytes from 0 to 255" if kind == "image" else ""
        raise ValueError(f"{called}: x: got type {x.dtype}; accepted are floats{also}.")
    with np.errstate(over="ignore"):  # what float32 can't hold becomes infinite, and is refused
        x = x.astype(np.float32)
    Part(x.shape[1:], kind, _range(kind)).check(f"{called}: x", x)
    return x


def _labels(called, n, y, classes) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if y is None:
        return None, ()
    if classes is not None and classes.ndim != 1:
        raise ValueError(
            f"{called}: classes: got shape {classes.shape}; accepted are the classes' names, "
            "shape (k,)."
        )
    names = () if classes is None else tuple(map(str, classes))
    part = label_part(names, y)
    part.check(f"{called}: y", y)
    if len(y) != n:
        raise ValueError(f"{called}: y: got {len(y)} labels; accepted are {n}, one a sample.")
    return y.astype(np.int64), names or tuple(map(str, range(part.classes or 1)))
