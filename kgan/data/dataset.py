"""What a data set is: its parts, its facts, and its split."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kgan.checks import check_choice
from kgan.spec import Part, Spec, check_kind, kind_of

_SHOWN = 5  # names of classes that are printed


class Facts(Mapping[str, Any]):
    """What is known of a data set beside its parts, by name; it can be read, not written."""

    def __init__(self, facts: Mapping[str, Any]):
        self._facts = dict(facts)

    def __getitem__(self, name: str) -> Any:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Facts({', '.join(self)})"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Dataset:
    """Training and held-out data, what each of their parts is, and what is known about them.

    A set of one array says what it is by its shape, or by `kind`; labels beside it are its part
    "label". A set of several parts has mappings of arrays as `train` and `test`, and `parts`.

    Attributes:
        name: the name `load` was given.
        train, test: images `(n, height, width, channels)` or points `(n, d)`, float32; of several
            parts a mapping name -> array. Anything with a shape and a type that is read from disk
            when it is indexed, such as `kgan.data.folder.StreamedImages`, may take an array's
            place; its loader checks the values.
        train_labels, test_labels: int64 `(n,)`, indices into `classes`; None without classes. Of
            several parts the first of kind "label".
        classes: names of the classes, or of the modes of a mixture; empty without labels.
        data_range: lowest and highest value an entry can take, (-1, 1) for images; None: unbounded.
            Of several parts the first one's.
        kind: one of `kgan.spec.KINDS`, not "label" or "text"; derived when it is not given:
            "image" of three sides, "points" of one or two coordinates, else "vector". Of several
            parts the first one's.
        parts: a `kgan.spec.Spec`: name -> `Part`, in order. Derived for one array as "real" and,
            with labels, "label".
        paired: whether sample i of every part belongs together; if not, lengths may differ.
        facts: all else that is known, by name: `density`, the exact density of `train`; `centers`
            `(modes, d)` and `std`, the means and the common standard deviation of a mixture with
            equal isotropic modes; `source`, where the data come from; a rate, a vocabulary.
        skipped: pictures that could not be decoded and were left out on request, with the reason.
        hash: SHA-256 of the type, shape and values of `train`; of several parts of their names too.

    Raises:
        ValueError: an array that is not what its part says, parts or labels that are missing, too
            many or of another length, or a kind or a number of classes that contradicts `parts`.
            The message names the data set and the part.
    """

    name: str
    train: Any
    test: Any
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    data_range: tuple[float, float] | None = None
    kind: str | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    paired: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    hash: str = field(init=False)

    def __post_init__(self):
        called = f"data {self.name!r}"
        several = isinstance(self.train, Mapping)
        for split in ("train", "test"):
            _check_arrays(f"{called}: {split}", getattr(self, split), several)
        if several:
            self._take_labels_from_parts(called)
        else:
            self._take_labels_of_one_array(called)
        spec = Spec(self.parts or self._derived(called), self.paired)
        first = next(iter(spec.values()))
        for argument, known in (("kind", first.kind), ("data_range", first.range)):
            given = getattr(self, argument)
            if self.parts and given not in (None, known):
                raise ValueError(f"{called}: {argument}: got {given!r}; its part says {known!r}.")
            object.__setattr__(self, argument, known)
        object.__setattr__(self, "parts", spec)
        object.__setattr__(self, "facts", Facts(self.facts))
        for which, whose in (("train", called), ("test", f"held-out {called}")):
            spec.check(spec.named(self._arrays(which), name=whose), whose)
        label = _label(spec)
        if self.classes and label is not None and len(self.classes) != spec[label].classes:
            raise ValueError(
                f"{called}: classes: got {len(self.classes)} names; its part {label!r} has "
                f"{spec[label].classes} classes."
            )
        object.__setattr__(self, "hash", self._fingerprint())

    def _take_labels_from_parts(self, called: str) -> None:
        if not self.parts:
            raise ValueError(
                f"{called}: parts: got none; accepted is a kgan.spec.Part for each of "
                f"{', '.join(self.train)}."
            )
        label = _label(Spec(self.parts))
        for split in ("train", "test"):
            data = dict(getattr(self, split))
            labels = data.get(label)
            given = getattr(self, f"{split}_labels")
            if given is not None and given is not labels:
                raise ValueError(
                    f"{called}: {split}_labels: got labels beside several parts; accepted are "
                    f"labels as one of the parts of {split}."
                )
            object.__setattr__(self, split, data)
            object.__setattr__(self, f"{split}_labels", labels)

    def _take_labels_of_one_array(self, called: str) -> None:
        for split, other in (("train", "test"), ("test", "train")):
            labels = getattr(self, f"{split}_labels")
            if labels is None:
                if getattr(self, f"{other}_labels") is not None:
                    raise ValueError(
                        f"{called}: {split}_labels: got none; accepted are labels of both train "
                        "and test, or of neither."
                    )
                continue
            labels = np.asarray(labels)
            if labels.dtype.kind in "iu":
                labels = labels.astype(np.int64, copy=False)
            object.__setattr__(self, f"{split}_labels", labels)

    def _derived(self, called: str) -> dict[str, Part]:
        """What one array is, and the labels beside it."""
        shape = tuple(self.train.shape[1:])
        kind = self.kind or kind_of(shape)
        check_kind(f"{called}: kind", kind, shape)
        parts = {"real": Part(shape, kind, self.data_range)}
        if self.train_labels is not None and self.test_labels is not None:
            parts["label"] = label_part(self.classes, self.train_labels, self.test_labels)
        return parts

    def _fingerprint(self) -> str:
        if not isinstance(self.train, Mapping):
            return fingerprint(self.train.shape, _chunks(self.train))
        digest = hashlib.sha256()
        for name, values in self.split("train").items():
            kind = np.dtype(values.dtype).newbyteorder("<")
            digest.update(repr((name, kind.str, tuple(map(int, values.shape)))).encode())
            for chunk in _chunks(values):
                digest.update(np.ascontiguousarray(chunk, dtype=kind).data)
        return digest.hexdigest()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample, without the batch axis; of several parts the first one's."""
        return tuple(next(iter(self.split("train").values())).shape[1:])

    @property
    def density(self) -> Any:
        """The exact density of `train` as a theory density, where there is one."""
        return self.facts.get("density")

    @property
    def centers(self) -> np.ndarray | None:
        """Means `(modes, d)` of a mixture with equal isotropic modes."""
        return self.facts.get("centers")

    @property
    def std(self) -> float | None:
        """The common standard deviation of the modes of such a mixture."""
        return self.facts.get("std")

    def split(self, which: str) -> dict[str, Any]:
        """The arrays of one half under the set's own names.

        Args:
            which: "train" or "test".

        Returns:
            Part's name -> array `(n, *shape)`, in the order of `parts`; nothing is copied.

        Raises:
            ValueError: another word.
        """
        check_choice("split", which, ("train", "test"))
        arrays = self._arrays(which)
        return {name: arrays[name] for name in self.parts}

    def _arrays(self, which: str) -> dict[str, Any]:
        data, labels = getattr(self, which), getattr(self, f"{which}_labels")
        if isinstance(data, Mapping):
            return dict(data)
        named = {next(iter(self.parts)): data}
        return named if labels is None else {**named, "label": labels}

    def parts_for(self, spec: Spec, held_out: bool = False) -> dict[str, Any]:
        """The arrays that a model needs, under the names that the model gives them.

        Args:
            spec: what the model takes. Each of its parts is the set's of the same name, else the
                first of the same kind and shape.
            held_out: those of `test` rather than of `train`.

        Returns:
            The spec's names -> arrays; nothing is copied.

        Raises:
            ValueError: a part that the set does not have, or pairs of a set that has none.
        """
        called = f"data {self.name!r}"
        found = spec.match(self.parts, called)
        if spec.paired and len(spec) > 1 and not self.paired:
            raise ValueError(
                f"{called}: got parts that are not paired ({', '.join(self.parts)}); the model "
                f"needs pairs of {spec}."
            )
        arrays = self.split("test" if held_out else "train")
        return {wanted: arrays[part] for wanted, part in found.items()}

    def part_like_samples(self, model: Any, held_out: bool = False) -> Any:
        """The array that a model's samples are to be like: that of its `sample_part`.

        Args:
            model: has `spec` and `sample_part`, as every `kgan.Game`.
            held_out: of `test` rather than of `train`.

        Raises:
            ValueError: as `parts_for`, or samples that are no part of the model's data.
        """
        sampled = model.sample_part
        name = next((n for n, part in model.spec.items() if part is sampled), None)
        if name is not None:
            return self.parts_for(model.spec, held_out)[name]
        (array,) = self.parts_for(Spec({"samples": sampled}), held_out).values()
        return array

    def __len__(self) -> int:
        """Number of training samples; where parts are not paired, of the longest part."""
        return max(map(len, self.split("train").values()))

    def __repr__(self) -> str:
        train, test = self.split("train"), self.split("test")
        counts = {
            name: f"{len(train[name]):,} to train on, {len(test[name]):,} held out"
            for name in self.parts
        }
        first = f"Dataset {self.name!r}"
        lines = [f"{first}: {next(iter(counts.values()))}" if self.paired else first]
        for name, part in self.parts.items():
            line = f"  {name}: {_described(part)}"
            if name == _label(self.parts) and self.classes:
                more = ", ..." if len(self.classes) > _SHOWN else ""
                line += f" ({', '.join(self.classes[:_SHOWN])}{more})"
            lines.append(line if self.paired else f"{line}: {counts[name]}")
        known = [fact for fact in self.facts if fact != "source"]
        if known:
            lines.append(f"  known: {', '.join(known)}")
        if self.skipped:
            lines.append(f"  left out: {len(self.skipped):,} that could not be decoded")
        if "source" in self.facts:
            lines.append(f"  from {self.facts['source']}")
        return "\n".join(lines)


def _check_arrays(name: str, data: Any, several: bool) -> None:
    if several != isinstance(data, Mapping):
        accepted = "a mapping of arrays, as train is" if several else "an array, as train is"
        raise ValueError(f"{name}: got {type(data).__name__}; accepted is {accepted}.")
    for part, values in data.items() if several else [("", data)]:
        if not hasattr(values, "shape"):
            called = f"{name}[{part!r}]" if several else name
            raise ValueError(f"{called}: got {type(values).__name__}; accepted is an array.")


def _label(parts: Mapping[str, Part]) -> str | None:
    """The part that says the class of a sample."""
    return next((name for name, part in parts.items() if part.kind == "label"), None)


def _chunks(values: Any) -> Iterable[np.ndarray]:
    """An array at once, and what is read from disk sample by sample."""
    return [values] if isinstance(values, np.ndarray) else values


def _described(part: Part) -> str:
    sides = " × ".join("any" if side is None else str(side) for side in part.shape)
    line = f"{part.kind} {sides}".rstrip()
    if part.range is not None:
        line += f" in [{part.range[0]:g}, {part.range[1]:g}]"
    if part.classes is not None:
        line += f", {part.classes:,} {'classes' if part.kind == 'label' else 'words'}"
    return line


def label_part(classes: Sequence[str], *labels: np.ndarray) -> Part:
    """What labels are: of as many classes as have names, else of one more than the highest."""
    highest = [int(y.max(initial=0)) for y in labels if y.dtype.kind in "iu"]
    return Part((), "label", classes=len(classes) or max(highest, default=0) + 1)


def fingerprint(shape: tuple[int, ...], chunks: Iterable[np.ndarray]) -> str:
    """SHA-256 of float32 data of `shape` that arrive in `chunks` along the first axis."""
    digest = hashlib.sha256(f"float32 {tuple(map(int, shape))}".encode())
    for chunk in chunks:
        digest.update(np.ascontiguousarray(chunk, dtype="<f4").data)
    return digest.hexdigest()
