"""Images side by side."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from kgan.show import lettering

_PICTURE = 512  # pixels that a grid's longer side comes close to
_GREY = 96  # between the tiles
_CAPTION = 240  # pixels up to which a caption enlarges its tile


def check_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns.

    Raises:
        ValueError: others than two integers >= 1.
    """
    sizes = tuple(shape) if isinstance(shape, tuple | list) else ()
    whole = all(isinstance(s, int | np.integer) and not isinstance(s, bool) for s in sizes)
    if len(sizes) != 2 or not whole or min(sizes) < 1:
        raise ValueError(f"shape: got {shape!r}; accepted are rows and columns >= 1.")
    return int(sizes[0]), int(sizes[1])


def draw(
    images: np.ndarray,
    limits: tuple[float, float],
    shape: tuple[int, int] | None = None,
    captions: Sequence[str] | None = None,
) -> Image.Image:
    """A grid of images `(n, height, width, 1, 3 or 4)`; the limits are black and white."""
    return tiled(levels(images, limits), shape, captions)


def levels(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Numbers as integers from 0 to 255; what is not a number as 0."""
    low, high = limits
    known = np.where(np.isnan(values), low, values)
    return np.round(255 * (np.clip(known, low, high) - low) / (high - low)).astype(np.uint8)


def tiled(
    pixels: np.ndarray,
    shape: tuple[int, int] | None = None,
    captions: Sequence[str] | None = None,
) -> Image.Image:
    """Tiles in a grid on grey, enlarged by a whole number.

    Args:
        pixels: uint8 `(n, height, width, 1, 3 or 4)`.
        shape: rows and columns; the squarest that holds all tiles by default.
        captions: a line below each tile; tiles grow until they have room.
    """
    n, height, width, channels = pixels.shape
    if shape is None:
        columns = int(np.ceil(np.sqrt(n)))
        shape = (-(-n // columns), columns)
    rows, columns = check_shape(shape)
    scale = max(1, _PICTURE // max(rows * height, columns * width))
    below = 0
    if captions is not None:
        longest = min(_CAPTION, max(lettering.width(caption) for caption in captions))
        scale = max(scale, -(-longest // width))
        below = lettering.LINE
    pixels = pixels[: rows * columns].repeat(scale, axis=1).repeat(scale, axis=2)
    gap = max(1, scale // 2)
    tall, wide = height * scale + below + gap, width * scale + gap
    canvas = np.full((rows * tall + gap, columns * wide + gap, channels), _GREY, np.uint8)
    for i, tile in enumerate(pixels):
        top, left = gap + i // columns * tall, gap + i % columns * wide
        canvas[top : top + height * scale, left : left + width * scale] = tile
    picture = Image.fromarray(canvas[..., 0] if channels == 1 else canvas)
    if captions is not None:
        pen = ImageDraw.Draw(picture)
        for i, caption in enumerate(captions[: rows * columns]):
            line = lettering.shortened(caption, width * scale)
            left = gap + i % columns * wide + (width * scale - lettering.width(line)) // 2
            bottom = gap + i // columns * tall + height * scale
            white = 255 if channels == 1 else (255,) * channels
            pen.text((left, bottom + 1), line, fill=white, font=lettering.font())
    return picture
