"""Spectrograms side by side: time to the right, frequency upwards."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from kgan.show import grid, lettering

_BAR = 10  # pixels of the bar of colours, from top to bottom
_MARGIN = 6


def draw(
    spectrograms: np.ndarray,
    limits: tuple[float, float] | None = None,
    shape: tuple[int, int] | None = None,
    captions: Sequence[str] | None = None,
) -> Image.Image:
    """A grid of spectrograms `(n, frames, bins, channels)` above the bar of their colours.

    The channels of one spectrogram lie one below the other, the first on top. The limits are
    those of the colours, the extremes by default.
    """
    limits = limits or _extremes(spectrograms)
    upright = np.flip(spectrograms.transpose(0, 2, 1, 3), axis=1)  # (n, bins, frames, channels)
    shades = _colours(grid.levels(upright, limits))  # (n, bins, frames, channels, 3)
    line = np.full_like(shades[:, :1, :, 0], 255)
    stacked = [shades[..., 0, :]]
    for channel in range(1, shades.shape[3]):
        stacked += [line, shades[..., channel, :]]
    tiles = grid.tiled(np.concatenate(stacked, axis=1), shape, captions)
    return _with_legend(tiles, limits)


def _extremes(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return low, high if high > low else low + 1


def _colours(levels: np.ndarray) -> np.ndarray:
    """Magma: brightness grows evenly with the value, for every kind of colour vision."""
    import matplotlib

    return matplotlib.colormaps["magma"](levels, bytes=True)[..., :3]


def _with_legend(tiles: Image.Image, limits: tuple[float, float]) -> Image.Image:
    low, high = (f"{limit:.3g}".replace("-", "−") for limit in limits)
    axes = "time →   frequency ↑"
    bar = 128
    parts = (lettering.width(axes), 3 * _MARGIN, lettering.width(low), _MARGIN, bar, _MARGIN)
    needed = 2 * _MARGIN + sum(parts) + lettering.width(high)
    height = tiles.height + lettering.LINE + _MARGIN
    picture = Image.new("RGB", (max(tiles.width, needed), height), "white")
    picture.paste(tiles, (0, 0))
    pen = ImageDraw.Draw(picture)
    left, top = _MARGIN, tiles.height + _MARGIN // 2
    pen.text((left, top), axes, fill="black", font=lettering.font())
    left = picture.width - _MARGIN - lettering.width(high)
    pen.text((left, top), high, fill="black", font=lettering.font())
    left -= _MARGIN + bar
    ramp = _colours(np.linspace(0, 255, bar).round().astype(np.uint8))
    picture.paste(Image.fromarray(ramp[None].repeat(_BAR, axis=0)), (left, top + 3))
    left -= _MARGIN + lettering.width(low)
    pen.text((left, top), low, fill="black", font=lettering.font())
    return picture
