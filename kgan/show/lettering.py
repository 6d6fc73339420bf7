"""Letters of a fixed width, for what is written into pictures without matplotlib."""

import functools
from pathlib import Path

from PIL import ImageFont

SIZE = 12  # pixels
LINE = 17  # pixels from one line to the next


@functools.cache
def font() -> ImageFont.FreeTypeFont:
    """DejaVu Sans Mono, which comes with matplotlib: the same letters on every machine."""
    import matplotlib

    file = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSansMono.ttf")
    return ImageFont.truetype(str(file), SIZE)


def width(line: str) -> int:
    """Pixels that a line takes."""
    return round(font().getlength(line))


def shortened(line: str, room: int) -> str:
    """A line that takes at most so many pixels; an ellipsis stands for what was cut off."""
    if width(line) <= room:
        return line
    return line[: max(0, int(room // font().getlength("m")) - 1)] + "…"
