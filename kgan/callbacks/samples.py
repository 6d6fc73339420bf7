"""Pictures of what the generator makes of the same noise, epoch after epoch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kgan import show
from kgan.checks import check_count
from kgan.show.grid import check_shape


class SampleGrid(keras.callbacks.Callback):
    """Generate from the same noise before training and after every epoch, and draw it.

    Writes `samples/0000.png` (untrained), `samples/0001.png` (after the first epoch) and so on,
    and `progress.gif` when training ends. The animation is made of the pictures that lie there, so
    that a run which was killed and resumed has all of it.

    Args:
        directory: folder for `samples/` and `progress.gif`; made if need be.
        seed: integer >= 0 of the noise.
        shape: rows and columns of samples that are drawn side by side, each >= 1; their product
            is the number of images, spectrograms or texts.
        points: number of samples that are drawn in one plot (`kgan.show.PLOTTED`), >= 2.
        real: array `(n, *sample)` to draw behind those in one plot; it fixes the axes of points.

    Raises:
        ValueError: as the arguments say; at the beginning of `fit`, a model that generates
            nothing, or samples that have no picture (`kgan.show.drawable`).
    """

    def __init__(
        self,
        directory,
        seed: int = 0,
        shape: tuple[int, int] = (8, 8),
        points: int = 1000,
        real: np.ndarray | None = None,
        conditions: Mapping[str, Any] | None = None,
    ):
        super().__init__()
        self.directory = Path(directory)
        self.seed = seed
        self.shape = check_shape(shape)
        self.points = check_count("points", points, least=2)
        self.real = None if real is None else np.asarray(real)
        self.conditions = dict(conditions or {})

    def on_train_begin(self, logs=None):
        model: Any = self.model
        part = getattr(model, "sample_part", None)
        if part is None or not hasattr(model, "generate"):
            raise ValueError(
                f"SampleGrid: got a {type(model).__name__}, which generates nothing; accepted are "
                "models with `generate` and the `sample_part` that it returns."
            )
        show.check_drawable(part, "SampleGrid")
        folder = self.directory / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.glob("*.png")):
            self._draw(0)

    def on_epoch_end(self, epoch, logs=None):
        self._draw(epoch + 1)

    def on_train_end(self, logs=None):
        show.animate(self.directory)

    def _draw(self, epochs: int):
        model: Any = self.model
        part = model.sample_part
        n = self.points if part.kind in show.PLOTTED else self.shape[0] * self.shape[1]
        show.save(
            model.generate(n, seed=self.seed, **first(self.conditions, n)),
            part,
            self.directory / "samples" / f"{epochs:04d}.png",
            real=self.real,
            shape=self.shape,
            title=f"after {epochs} epochs" if epochs else "before training",
        )


def first(conditions: Mapping[str, Any], n: int) -> dict[str, np.ndarray]:
    """The first n of each condition, over and over where there are fewer."""
    return {name: np.asarray(x[np.arange(n) % len(x)]) for name, x in conditions.items()}
