"""Pictures one after the other."""

from pathlib import Path

import numpy as np
from PIL import Image

from kgan.files import replacing

_FRAMES = 80  # an animation with more would take megabytes
_FRAME_MS, _LAST_MS = 120, 2000


def animate(directory: str | Path) -> Path | None:
    """Make `progress.gif` of the pictures in `samples/`.

    Of more than 80 pictures every so-manieth is taken, the first and the last among them.

    Args:
        directory: folder that holds `samples/`, whose pictures are named by numbers: `0000.png`.

    Returns:
        The animation's path, or None where there are no pictures.
    """
    directory = Path(directory)
    pictures = sorted((directory / "samples").glob("*.png"), key=lambda file: int(file.stem))
    if not pictures:
        return None
    chosen = np.unique(np.linspace(0, len(pictures) - 1, _FRAMES).round().astype(int))
    frames = []
    for i in chosen:
        with Image.open(pictures[i]) as picture:
            frames.append(picture.convert("L" if picture.mode == "L" else "RGB"))
    path = directory / "progress.gif"
    with replacing(path) as temporary:
        frames[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=[_FRAME_MS] * (len(frames) - 1) + [_LAST_MS],
            loop=0,
        )
    return path
