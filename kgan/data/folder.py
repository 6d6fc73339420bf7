"""A folder of the user's own pictures."""

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kgan.checks import check_count
from kgan.data.dataset import Dataset

_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".avif"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".tga"),
)
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_PIXEL_LIMIT = 100_000_000  # about 400 MB while a picture is decoded; phones reach 50 million
_HELD_OUT = 10  # one picture in ten


def folder(
    path: str | os.PathLike,
    shape: Sequence[int] = (64, 64, 3),
    skip_broken: bool = False,
    memory_limit: int = 2 * 1024**3,
    seed: int = 0,
) -> Dataset:
    """All pictures below a folder, scaled by their shorter side and cropped at the centre.

    Pictures are told by their suffix; hidden files are left alone. An animation gives its first
    frame, a transparent picture is laid on white unless `shape` has four channels, and the camera's
    orientation is applied. Where every picture lies in a sub-folder, the first level of sub-folders
    names its class. One picture in ten, chosen by `seed`, is held out.

    Args:
        path: the folder.
        shape: height, width and channels (1, 3 or 4) of what is returned.
        skip_broken: go on without the pictures that can't be decoded and name them in
            `Dataset.skipped`.
        memory_limit: bytes; when the decoded pictures need more, `train` and `test` are
            `StreamedImages`, which decode a picture each time it is used.
        seed: non-negative integer, decides what is held out.

    Returns:
        A `Dataset` of float32 images in [-1, 1].

    Raises:
        ValueError: no such folder, no usable picture, a bad option, or pictures that can't be
            decoded or have more than 100 million pixels: all of them are named in one message.
    """
    root = Path(path).expanduser()
    size = _checked_shape(shape)
    check_count("memory_limit", memory_limit)
    check_count("seed", seed, least=0)
    if not isinstance(skip_broken, bool | np.bool_):
        raise ValueError(f"skip_broken: got {skip_broken!r}; accepted are True and False.")
    called = f"folder {str(path)!r}"
    if not root.is_dir():
        raise ValueError(f"{called}: it does not exist or is not a folder.")
    files = _pictures(root)
    if not files:
        raise ValueError(f"{called}: got no pictures; accepted are {' '.join(_SUFFIXES)}.")

    # A first pass decodes everything: broken files are named before any training starts.
    keep_all = len(files) * int(np.prod(size)) * 4 <= memory_limit
    decoded, usable, broken = [], [], []
    for file in files:
        try:
            image = decode(file, size)
        except ValueError as error:
            broken.append(f"{file.relative_to(root).as_posix()}: {error}")
            continue
        usable.append(file)
        if keep_all:
            decoded.append(image)
    if broken and not skip_broken:
        raise ValueError(
            f"{called}: got {len(broken)} of {len(files)} pictures that can't be used "
            f"(skip_broken leaves them out): {'; '.join(broken)}"
        )
    if len(usable) < 2:
        raise ValueError(f"{called}: got {len(usable)} usable pictures; accepted are 2 or more.")

    test = np.zeros(len(usable), bool)
    held_out = max(1, len(usable) // _HELD_OUT)
    test[np.random.default_rng(seed).permutation(len(usable))[:held_out]] = True
    labels, classes = _classes(root, usable)
    if keep_all:
        images = np.stack(decoded)
        train_images, test_images = images[~test], images[test]
    else:
        train_images, test_images = (
            StreamedImages([f for f, t in zip(usable, test, strict=True) if t == part], size)
            for part in (False, True)
        )
    return Dataset(
        name=f"folder:{path}",
        train=train_images,
        test=test_images,
        train_labels=None if labels is None else labels[~test],
        test_labels=None if labels is None else labels[test],
        classes=classes,
        data_range=(-1.0, 1.0),
        facts={"source": str(root)},
        skipped=tuple(broken),
    )


class StreamedImages:
    """Pictures that stay on disk and are decoded when they are indexed, like an array of them.

    `images[3]`, `images[10:20]` and `images[[4, 1, 7]]` return float32 arrays in [-1, 1]; the last
    is how a batch is drawn.

    Args:
        files: the picture of each sample.
        size: height, width, channels.
    """

    dtype = np.dtype(np.float32)
    ndim = 4

    def __init__(self, files: Sequence[Path], size: tuple[int, int, int]):
        self.files = list(files)
        self.shape = (len(self.files), *size)

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (decode(file, self.shape[1:]) for file in self.files)

    def __getitem__(self, index) -> np.ndarray:
        chosen = np.arange(len(self))[index]
        if chosen.ndim == 0:
            return decode(self.files[chosen], self.shape[1:])
        images = np.empty((len(chosen), *self.shape[1:]), np.float32)
        for position, file in enumerate(chosen):
            images[position] = decode(self.files[file], self.shape[1:])
        return images


def decode(file: str | os.PathLike, size: tuple[int, int, int]) -> np.ndarray:
    """Read one picture as float32 in [-1, 1], scaled by its shorter side and cropped.

    Args:
        file: the picture.
        size: height, width, channels (1, 3 or 4).

    Raises:
        ValueError: it can't be decoded or has more than 100 million pixels.
    """
    height, width, channels = size
    try:
        with warnings.catch_warnings():
            # The size is judged below; other warnings are about metadata that is not used.
            warnings.simplefilter("ignore")
            picture = Image.open(file)
        with picture:
            if picture.width * picture.height > _PIXEL_LIMIT:
                raise Image.DecompressionBombError(
                    f"{picture.width}×{picture.height} pixels are more than {_PIXEL_LIMIT:,}"
                )
            image = ImageOps.exif_transpose(picture)
            image = _in_mode(image, _MODES[channels])
            image = ImageOps.fit(image, (width, height), method=Image.Resampling.LANCZOS)
    except UnidentifiedImageError as error:
        raise ValueError("not a picture") from error
    except Exception as error:  # Pillow's decoders raise whatever their format runs into
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(reason) from error
    values = np.asarray(image, np.float32).reshape(height, width, channels)
    return values / np.float32(127.5) - 1


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if image.mode.startswith("I"):  # 16 bits a pixel: Pillow's own conversion would clip at 255
        values = np.asarray(image).astype(np.float64) / 257
        if values.min() < 0 or values.max() > 255:
            raise ValueError("pixels of more than 16 bits have no known range")
        image = Image.fromarray(np.round(values).astype(np.uint8))
    if mode != "RGBA" and image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


def _checked_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    try:
        height, width, channels = (int(side) for side in shape)
        exact = (height, width, channels) == tuple(shape)
    except (TypeError, ValueError):
        exact = False
    if not exact or min(height, width) < 1 or channels not in _MODES:
        raise ValueError(
            f"shape: got {shape!r}; accepted is (height, width, channels), 1, 3 or 4 channels."
        )
    return height, width, channels


def _pictures(root: Path) -> list[Path]:
    """Picture files below `root`, in an order that no operating system changes."""

    def refuse(error: OSError) -> None:
        raise ValueError(f"folder {str(error.filename)!r}: it can't be read ({error.strerror}).")

    found = []
    for parent, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(parent, name)
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in _SUFFIXES
        ]
    return sorted(found, key=lambda file: file.relative_to(root).as_posix())


def _classes(root: Path, files: Sequence[Path]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    parts = [file.relative_to(root).parts for file in files]
    if min(map(len, parts)) < 2:
        return None, ()
    names = sorted({first for first, *_ in parts})
    return np.array([names.index(first) for first, *_ in parts], np.int64), tuple(names)
