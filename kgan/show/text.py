"""Texts as the numbers of their words, a line each."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from kgan.show import lettering

_MARGIN = 10  # pixels
_ROOM = 1200  # pixels of the longest line


def draw(texts: np.ndarray, words: int, captions: Sequence[str] | None = None) -> Image.Image:
    """A list of texts `(n, length)`, numbers from 0 to words - 1, with what is said of each."""
    digits = len(str(words - 1))
    order = len(str(len(texts) - 1))
    lines = []
    for i, numbers in enumerate(texts):
        line = f"{i:>{order}} │ " + " ".join(f"{number:>{digits}}" for number in numbers)
        if captions is not None:
            line += f" │ {captions[i]}"
        lines.append(lettering.shortened(line, _ROOM))
    size = (
        2 * _MARGIN + max(map(lettering.width, lines)),
        2 * _MARGIN + lettering.LINE * len(lines),
    )
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    for i, line in enumerate(lines):
        pen.text((_MARGIN, _MARGIN + lettering.LINE * i), line, fill=0, font=lettering.font())
    return picture
