"""What samples look like, decided by their kind (`kgan.spec.Part.kind`) and nowhere else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kgan.files import replacing
from kgan.show import grid, label, points, spectrogram, text, vector
from kgan.show.animation import animate
from kgan.spec import Part

__all__ = ["PLOTTED", "animate", "check_drawable", "check_path", "drawable", "picture", "save"]

# Kinds whose samples are drawn together in one plot, the real ones behind; others side by side.
PLOTTED = ("points", "vector", "label")

_ACCEPTED = {
    "image": "(height, width, 1, 3 or 4)",
    "spectrogram": "(frames, bins, channels)",
    "points": "(1,) or (2,)",
    "text": "(length,)",
}


def drawable(part: Part) -> bool:
    """Whether samples of this kind and shape have a picture.

    Images have 1, 3 or 4 channels, points one or two coordinates, spectrograms three axes, texts
    one; vectors and labels may have any shape.
    """
    match part.kind:
        case "image":
            return len(part.shape) == 3 and part.shape[2] in (1, 3, 4)
        case "spectrogram":
            return len(part.shape) == 3
        case "points":
            return part.shape in ((1,), (2,))
        case "text":
            return len(part.shape) == 1
        case _:
            return True


def check_drawable(part: Part, name: str = "part") -> None:
    """Refuse a part that has no picture.

    Args:
        part: what the samples are.
        name: what the message begins with.

    Raises:
        ValueError: naming the kind and shape that came, and the accepted shapes.
    """
    if not drawable(part):
        raise ValueError(
            f"{name}: got samples of kind {part.kind!r} and shape {part.shape}; accepted is "
            f"{_ACCEPTED[part.kind]}."
        )


def check_path(path: str | Path, name: str = "path") -> Path:
    """Refuse a file that `save` would not write, before there are samples.

    Args:
        path: where a picture is to go.
        name: what the argument is called.

    Returns:
        The path.

    Raises:
        ValueError: another ending than .png (in any case), or no such folder.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"{name}: got {path}; accepted is a name that ends in .png.")
    if not path.parent.is_dir():
        raise ValueError(f"{name}: got {path}; accepted is a name in a folder that exists.")
    return path


def picture(
    samples: Any,
    part: Part,
    *,
    real: Any = None,
    shape: tuple[int, int] | None = None,
    title: str = "",
    captions: Sequence[str] | None = None,
) -> Image.Image:
    """One picture of many samples.

    Images and spectrograms become a grid, texts a list, points a histogram or a scatter, vectors
    the mean and quantiles of each coordinate, labels the share of each class. Numbers that are not
    finite, as those of a training that diverges, are drawn as the lowest value in a grid and
    left out, with a remark, of a plot.

    Args:
        samples: array `(n, *part.shape)`, n >= 1.
        part: what the samples are; its range are the limits of a grid's colours. Without one they
            are (-1, 1) for images and the extremes of spectrograms.
        real: array `(m, *part.shape)`, m >= 1, drawn behind the samples of a kind in `PLOTTED`;
            it fixes the axes of points.
        shape: rows and columns of a grid, >= 1; the squarest that holds all samples by default.
            What does not fit is left out.
        title: written above a plot.
        captions: for each image, spectrogram or text one line, written below or behind it. A
            grid is enlarged until they fit, those of more than 240 pixels are shortened.

    Returns:
        A picture in mode L, RGB or RGBA.

    Raises:
        ValueError: as the arguments say, or a part that has no picture.
    """
    check_drawable(part)
    # What is not finite is drawn as far as it can be, so that a training that diverges goes on.
    samples = _checked("samples", samples, part, finite=False)
    if real is not None:
        if part.kind not in PLOTTED:
            raise ValueError(
                f"real: got one for samples of kind {part.kind!r}; accepted is None, and an array "
                f"for {', '.join(PLOTTED)}."
            )
        real = _checked("real", real, part, finite=True)
    if captions is not None:
        _check_captions(captions, part, len(samples))
    if part.kind in PLOTTED and not part.is_integer:
        finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
        if not finite.all():
            title = f"{title} ({np.sum(~finite)} of {len(samples)} not finite)".lstrip()
            samples = samples[finite]
    match part.kind:
        case "image":
            return grid.draw(samples, part.range or (-1, 1), shape, captions)
        case "spectrogram":
            return spectrogram.draw(samples, part.range, shape, captions)
        case "text":
            return text.draw(samples, part.classes or 1, captions)
        case "points":
            return points.draw(samples, real, title)
        case "vector":
            return vector.draw(samples, real, title)
        case _:
            return label.draw(samples, part.classes or 1, real, title)


def save(samples: Any, part: Part, path: str | Path, **options: Any) -> list[Path]:
    """Write what a part's kind asks for: a PNG of `picture`.

    Args:
        samples: array `(n, *part.shape)`, n >= 1.
        part: what the samples are.
        path: the file, whose name ends in .png; a file that is there is replaced once the new one
            is whole.
        options: of `picture`.

    Returns:
        The files that were written.

    Raises:
        ValueError: as `picture` and `check_path`.
    """
    path = check_path(path)
    drawn = picture(samples, part, **options)
    with replacing(path) as temporary:
        drawn.save(temporary, format="PNG")
    return [path]


def _checked(name: str, x: Any, part: Part, finite: bool) -> np.ndarray:
    x = np.asarray(x)
    part.check_shape(name, x.shape)
    if not x.size:
        raise ValueError(f"{name}: got shape {x.shape}; accepted is one sample or more.")
    part.check(name, x if finite else np.nan_to_num(x), bounded=False)
    return x


def _check_captions(captions: Sequence[str], part: Part, n: int) -> None:
    if part.kind in PLOTTED:
        raise ValueError(
            f"captions: got some for samples of kind {part.kind!r}, which share one plot; "
            "accepted is None."
        )
    if isinstance(captions, str) or len(captions) != n:
        got = repr(captions) if isinstance(captions, str) else len(captions)
        raise ValueError(f"captions: got {got}; accepted is one for each of {n} samples.")
    for i, caption in enumerate(captions):
        if not isinstance(caption, str) or "\n" in caption:
            raise ValueError(f"captions: got {caption!r} at index {i}; accepted is one line.")
