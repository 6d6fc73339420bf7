"""TensorBoard: Keras's own callback, and pictures of what the generator makes."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kgan import show
from kgan.callbacks.samples import first


class TensorBoard(keras.callbacks.TensorBoard):
    """Scalars and weight histograms as Keras writes them, and a picture of samples each epoch.

    A model without `generate`, or whose samples have no picture, gets none.

    Works on every backend: the summaries are written by TensorFlow, which kgan always has.

    Args:
        log_dir: folder of the event files.
        images: number of samples in the picture, >= 1; 100 times as many where they are drawn in
            one plot (`kgan.show.PLOTTED`).
        seed: integer >= 0 of their noise.
        conditions: what they are made under, as in `SampleGrid`.
        options: as in `keras.callbacks.TensorBoard`; histograms are written every epoch by
            default, a graph is not.

    Raises:
        ValueError: images < 1.
    """

    def __init__(
        self,
        log_dir,
        images: int = 16,
        seed: int = 0,
        conditions: Mapping[str, Any] | None = None,
        **options,
    ):
        if images < 1:
            raise ValueError(f"images: got {images!r}; accepted is an integer >= 1.")
        super().__init__(str(log_dir), **{"histogram_freq": 1, "write_graph": False, **options})
        self.images = images
        self.seed = seed
        self.conditions = dict(conditions or {})

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        model: Any = self.model
        part = getattr(model, "sample_part", None)
        if part is None or not hasattr(model, "generate") or not show.drawable(part):
            return
        n = 100 * self.images if part.kind in show.PLOTTED else self.images
        samples = model.generate(n, seed=self.seed, **first(self.conditions, n))
        picture = show.picture(samples, part)
        pixels = np.asarray(picture.convert("RGB"))[None]
        with self._train_writer.as_default():
            self.summary.image("samples", pixels, step=epoch)
            self._train_writer.flush()
