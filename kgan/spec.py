"""What a minibatch holds: named parts, each of a kind and a shape. All data are checked here."""

import math
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kgan.checks import check_choice, check_count, check_names, listed

# What a part is: how it is checked, matched with a data set, and shown (`kgan.show`).
KINDS = ("image", "points", "vector", "label", "text", "spectrogram")
INTEGERS = ("label", "text")  # kinds whose entries are the numbers of classes or of words
NUMBERS = ("points", "vector")  # kinds that differ in how they are shown, and in nothing else


def kind_of(shape: tuple[int, ...]) -> str:
    """What samples of a shape are taken for when nobody says: image, points or vector."""
    if len(shape) == 3:
        return "image"
    return "points" if len(shape) == 1 and shape[0] <= 2 else "vector"


def check_kind(name: str, kind: str, shape: tuple[int, ...]) -> None:
    """Refuse a kind that no single array of measurements is, or none of such a shape.

    Args:
        name: what the argument is called.
        kind: the word to be checked.
        shape: of one sample.

    Raises:
        ValueError: naming the argument.
    """
    check_choice(name, kind, [k for k in KINDS if k not in INTEGERS])
    sides = {"image": "(height, width, channels)", "spectrogram": "(frames, bins, channels)"}
    if kind in sides and len(shape) != 3:
        raise ValueError(
            f"{name}: got {kind!r} for samples of shape {shape}; accepted are {sides[kind]}."
        )


@dataclass(frozen=True)
class Part:
    """One part of a minibatch.

    Attributes:
        shape: of one sample, without the batch axis; None for a side that may be any.
        kind: one of `KINDS`. An image is (height, width, channels), a spectrogram (frames, bins,
            channels), points are coordinates that can be drawn, a vector is any numbers; a label
            is a class from 0 on, a text is the numbers of its words.
        range: lowest and highest value, or None for numbers without bounds.
        classes: of a label how many classes there are, of a text how many words; else None.

    Raises:
        ValueError: as the attributes say.
    """

    shape: tuple[int | None, ...]
    kind: str
    range: tuple[float, float] | None = None
    classes: int | None = None

    def __post_init__(self):
        check_choice("kind", self.kind, KINDS)
        try:
            shape = tuple(None if size is None else int(size) for size in self.shape)
        except (TypeError, ValueError):
            shape = (0,)
        if any(size is not None and size < 1 for size in shape):
            raise ValueError(
                f"shape: got {self.shape!r}; accepted are sides >= 1, or None for any."
            )
        object.__setattr__(self, "shape", shape)
        if self.range is not None:
            low, high = map(float, self.range)
            if not low < high:
                raise ValueError(f"range: got {self.range!r}; accepted is (low, high), low < high.")
            object.__setattr__(self, "range", (low, high))
        if (self.classes is not None) != (self.kind in INTEGERS):
            raise ValueError(
                f"classes: got {self.classes!r} for a part of kind {self.kind!r}; accepted is a "
                "number for labels and texts, and None for all else."
            )
        if self.classes is not None:
            check_count("classes", self.classes)

    @property
    def is_integer(self) -> bool:
        """Whether its entries are numbers of classes or words, rather than measurements."""
        return self.kind in INTEGERS

    def fits(self, other: "Part") -> bool:
        """Whether data of the other kind and shape can be this part."""
        alike = self.kind == other.kind or {self.kind, other.kind} <= set(NUMBERS)
        return alike and self.takes(other.shape)

    def takes(self, shape: tuple[int | None, ...]) -> bool:
        """Whether samples of this shape can be this part."""
        return len(shape) == len(self.shape) and all(
            mine is None or mine == theirs for mine, theirs in zip(self.shape, shape, strict=True)
        )

    def check_shape(self, name: str, shape: tuple[int | None, ...]) -> None:
        """Refuse an array of samples by its shape, the batch axis included.

        Raises:
            ValueError: naming the argument, its shape and the accepted one.
        """
        if not shape or not self.takes(tuple(shape[1:])):
            accepted = ", ".join("any" if s is None else str(s) for s in ("n", *self.shape))
            comma = "" if self.shape else ","
            raise ValueError(f"{name}: got shape {tuple(shape)}; accepted is ({accepted}{comma}).")

    def check(self, name: str, x: np.ndarray, bounded: bool = True) -> None:
        """Refuse samples of another shape, type or range, or with NaN.

        An array that was accepted once is not checked whole again while it lives: its sum shows NaN
        and infinity, and a sample of its entries whether it was written to.

        Args:
            name: what the argument is called.
            x: samples `(n, *shape)`.
            bounded: whether the range counts, too.

        Raises:
            ValueError: naming the argument, what came and what is accepted.
        """
        self.check_shape(name, x.shape)
        if self.is_integer:
            self._check_numbers_of_classes(name, x)
            return
        if not np.issubdtype(x.dtype, np.floating):
            scaled = "." if self.range is None else f" scaled to {self.range}."
            raise ValueError(f"{name}: got type {x.dtype}; accepted are floats{scaled}")
        if not x.size or _accepted(x, self, bounded):
            return
        # NaN and infinity show in the extremes: two passes, and no array of flags.
        least, most = float(x.min()), float(x.max())
        if not (math.isfinite(least) and math.isfinite(most)):
            bad = np.unique(np.argwhere(~np.isfinite(x))[:, 0])
            raise ValueError(
                f"{name}: got NaN or infinity in {len(bad)} of {len(x)} samples, "
                f"the first at index {bad[0]}; accepted are finite values."
            )
        if bounded and self.range is not None:
            low, high = self.range
            if least < low - 1e-6 or most > high + 1e-6:
                raise ValueError(
                    f"{name}: got values from {least:g} to {most:g}; accepted is "
                    f"data_range = {self.range}."
                )
        _accept(x, self, bounded)

    def _check_numbers_of_classes(self, name: str, x: np.ndarray) -> None:
        what = "labels" if self.kind == "label" else "numbers of words"
        if x.dtype.kind not in "iu":
            raise ValueError(
                f"{name}: got type {x.dtype}; accepted are integers, {what} from 0 to "
                f"{(self.classes or 1) - 1}."
            )
        wrong = (x < 0) | (x >= self.classes)
        rows = np.flatnonzero(wrong.any(axis=tuple(range(1, x.ndim))))
        if len(rows):
            worst = x[rows[0]][wrong[rows[0]]].reshape(-1)[0]
            raise ValueError(
                f"{name}: got {int(worst)} at index {rows[0]}, and {len(rows)} such in all; "
                f"accepted are {what} from 0 to {(self.classes or 1) - 1}."
            )

    def get_config(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "kind": self.kind,
            "range": self.range,
            "classes": self.classes,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Part":
        return cls(**config)


class Spec(Mapping[str, Part]):
    """The parts of a minibatch, by name and in order.

    Args:
        parts: name -> `Part`.
        paired: whether entry i of every part belongs to the same sample. Parts that are not
            paired may have different lengths.

    Raises:
        ValueError: no part.
    """

    def __init__(self, parts: Mapping[str, Part], paired: bool = True):
        if not parts or not all(isinstance(part, Part) for part in parts.values()):
            raise ValueError(f"spec: got {parts!r}; accepted is a mapping of names to kgan.Part.")
        self._parts = dict(parts)
        self.paired = paired

    def __getitem__(self, name: str) -> Part:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __str__(self) -> str:
        return listed({name: part.kind for name, part in self.items()})

    def named(self, x: Any, y: Any = None, name: str = "x") -> dict[str, Any]:
        """Parts by their names: of one value, a tuple in the spec's order, or a mapping.

        Args:
            x: what came; `x` and `y` are the parts of a spec of two.
            name: what the argument is called.

        Raises:
            ValueError: missing parts, or too many.
        """
        if isinstance(x, Mapping):
            check_names(f"{name}: part", x, self)
            given = {part: x[part] for part in self if part in x}
        else:
            values = tuple(x) if isinstance(x, tuple | list) else (x,)
            given = dict(zip(self, values, strict=False))
            if y is None and len(values) > len(self):
                y = values[len(self)]
        if y is not None and len(given) < len(self):
            missing = next(part for part in self if part not in given)
            given[missing], y = y, None
        if y is not None:
            raise ValueError(
                f"y: got one, but what is wanted is {self}: it takes no condition beside it."
                if len(self) == 1
                else f"{name}: got more than the {len(self)} parts {self}."
            )
        missing = [part for part in self if part not in given]
        if missing:
            raise ValueError(f"{name}: got no {missing[0]!r}; accepted is {self}.")
        return {part: given[part] for part in self}

    def check(self, given: Mapping[str, Any], name: str = "x", bounded: bool = True) -> None:
        """Refuse arrays that are not these parts.

        Args:
            given: name -> array, as `named` returns it. Something that is read from disk when it
                is indexed is checked by its shape; its loader checks the values.
            name: what the argument is called; a part of several is `name['part']`.
            bounded: whether the ranges count, too.

        Raises:
            ValueError: naming the part, what came and what is accepted.
        """
        for part, values in given.items():
            called = name if len(self) == 1 else f"{name}[{part!r}]"
            if isinstance(values, np.ndarray):
                self[part].check(called, values, bounded)
            else:
                self[part].check_shape(called, tuple(values.shape))
        lengths = {part: len(values) for part, values in given.items()}
        if self.paired and len(set(lengths.values())) > 1:
            counts = ", ".join(f"{part} {n}" for part, n in lengths.items())
            raise ValueError(f"{name}: got parts of different length ({counts}); accepted is one.")

    def match(self, parts: Mapping[str, Part], name: str = "data") -> dict[str, str]:
        """For each part of this spec the part of a data set that it is: by name, else by kind.

        Args:
            parts: what the data set holds.
            name: what the data are called.

        Raises:
            ValueError: a part that the data do not have; the message names it and what they have.
        """
        # All equal names first: what is called as another part is must not be taken for this one.
        found = {n: n for n, part in self.items() if n in parts and part.fits(parts[n])}
        for wanted, part in self.items():
            if wanted in found:
                continue
            free = [n for n in parts if n not in found.values() and part.fits(parts[n])]
            if not free:
                raise ValueError(
                    f"{name}: got {listed({n: _shown(p) for n, p in parts.items()})}; the model "
                    f"needs {listed({n: _shown(p) for n, p in self.items()})}, and nothing of it "
                    f"can be {wanted!r}."
                )
            found[wanted] = free[0]
        return {wanted: found[wanted] for wanted in self}


def _shown(part: Part) -> str:
    sides = " × ".join("any" if side is None else str(side) for side in part.shape)
    return f"{part.kind} {sides}".rstrip()


# Arrays that were accepted: id -> what died with it, what it was accepted as, and a sample of it.
_ACCEPTED: dict[int, tuple[weakref.ref, tuple, bytes]] = {}
_PROBES = 1024  # entries that are compared to see whether an array was written to


def _accept(x: np.ndarray, part: Part, bounded: bool) -> None:
    key = id(x)
    reference = weakref.ref(x, lambda _: _ACCEPTED.pop(key, None))
    _ACCEPTED[key] = (reference, (part, bounded, x.shape, x.dtype), _probe(x))


def _accepted(x: np.ndarray, part: Part, bounded: bool) -> bool:
    reference, accepted_as, probe = _ACCEPTED.get(id(x), (None, None, b""))
    if reference is None or reference() is not x:
        return False
    same = accepted_as == (part, bounded, x.shape, x.dtype) and probe == _probe(x)
    return same and math.isfinite(x.sum())


def _probe(x: np.ndarray) -> bytes:
    places = np.linspace(0, x.size - 1, min(x.size, _PROBES)).astype(np.int64)
    return np.ascontiguousarray(x[np.unravel_index(places, x.shape)]).tobytes()
