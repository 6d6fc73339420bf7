"""Pictures of what the generator makes of the same noise, epoch after epoch."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from kgan.files import replacing

_PICTURE = 512  # pixels that a grid's longer side comes close to
_FRAMES = 80  # an animation with more would take megabytes
_FRAME_MS, _LAST_MS = 120, 2000
_AXES = 2048  # real points that are drawn behind the generated ones


class SampleGrid(keras.callbacks.Callback):
    """Generate from the same noise before training and after every epoch, and draw it.

    Writes `samples/0000.png` (untrained), `samples/0001.png` (after the first epoch) and so on,
    and `progress.gif` when training ends. The animation is made of the pictures that lie there, so
    that a run which was killed and resumed has all of it.

    Args:
        directory: folder for `samples/` and `progress.gif`; made if need be.
        seed: integer >= 0 of the noise.
        shape: rows and columns of images; their product is the number of images, each >= 1.
        points: number of points to draw where samples are points on a line or in a plane, >= 2.
        real: points `(n, 1)` or `(n, 2)` to draw behind the generated ones; they fix the axes.

    Raises:
        ValueError: as the arguments say; at the beginning of `fit`, samples that are neither
            images with 1, 3 or 4 channels nor points of one or two coordinates.
    """

    def __init__(
        self,
        directory,
        seed: int = 0,
        shape: tuple[int, int] = (8, 8),
        points: int = 1000,
        real: np.ndarray | None = None,
    ):
        super().__init__()
        self.directory = Path(directory)
        rows, columns = shape
        if min(rows, columns) < 1:
            raise ValueError(f"shape: got {shape!r}; accepted are rows and columns >= 1.")
        if points < 2:
            raise ValueError(f"points: got {points!r}; accepted is an integer >= 2.")
        self.seed = seed
        self.shape = (int(rows), int(columns))
        self.points = points
        self.real = None if real is None else np.asarray(real)

    def on_train_begin(self, logs=None):
        model: Any = self.model
        if not drawable(model.data_shape):
            raise ValueError(
                f"SampleGrid: got samples of shape {model.data_shape}; accepted are images "
                "(height, width, 1, 3 or 4) and points (1,) or (2,)."
            )
        folder = self.directory / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.glob("*.png")):
            self._draw(0)

    def on_epoch_end(self, epoch, logs=None):
        self._draw(epoch + 1)

    def on_train_end(self, logs=None):
        animate(self.directory)

    def _draw(self, epochs: int):
        model: Any = self.model
        images = len(model.data_shape) == 3
        n = self.shape[0] * self.shape[1] if images else self.points
        title = f"after {epochs} epochs" if epochs else "before training"
        picture = draw(
            model.generate(n, seed=self.seed),
            shape=self.shape,
            data_range=model.data_range,
            real=self.real,
            title=title,
        )
        with replacing(self.directory / "samples" / f"{epochs:04d}.png") as temporary:
            picture.save(temporary, format="PNG")


def drawable(data_shape) -> bool:
    """Whether samples of this shape can be drawn: images, points on a line or in a plane."""
    if len(data_shape) == 3:
        return data_shape[-1] in (1, 3, 4)
    return tuple(data_shape) in ((1,), (2,))


def draw(samples, *, shape=None, data_range=None, real=None, title: str = "") -> Image.Image:
    """One picture of many samples.

    Args:
        samples: images `(n, height, width, 1, 3 or 4)`, drawn as a grid; points `(n, 2)`, as a
            scatter; numbers `(n, 1)`, as a histogram.
        shape: rows and columns of the grid; the squarest that holds all images by default.
        data_range: values of black and white; (-1, 1) where None.
        real: points to draw behind the generated ones.
        title: written above points.

    Raises:
        ValueError: samples of another shape.
    """
    samples = np.asarray(samples)
    if samples.ndim < 2 or not drawable(samples.shape[1:]):
        raise ValueError(
            f"samples: got shape {samples.shape}; accepted are images (n, height, width, 1, 3 or "
            "4) and points (n, 1) or (n, 2)."
        )
    if samples.ndim == 4:
        return _grid(samples, shape, data_range or (-1, 1))
    return _points(samples, real, title)


def _grid(images, shape, data_range) -> Image.Image:
    n, height, width, channels = images.shape
    if shape is None:
        columns = int(np.ceil(np.sqrt(n)))
        shape = (-(-n // columns), columns)
    rows, columns = shape
    low, high = data_range
    pixels = np.round(255 * (np.clip(images, low, high) - low) / (high - low)).astype(np.uint8)
    scale = max(1, _PICTURE // max(rows * height, columns * width))
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    gap = max(1, scale // 2)
    tall, wide = height * scale + gap, width * scale + gap
    canvas = np.full((rows * tall + gap, columns * wide + gap, channels), 96, np.uint8)
    for i, image in enumerate(pixels[: rows * columns]):
        top, left = gap + i // columns * tall, gap + i % columns * wide
        canvas[top : top + tall - gap, left : left + wide - gap] = image
    return Image.fromarray(canvas[..., 0] if channels == 1 else canvas)


def _points(samples, real, title) -> Image.Image:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.12, 5.12), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot(title=title)
    shown = samples if real is None else np.asarray(real)[:_AXES]
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = 0.1 * np.maximum(high - low, 1e-6)
    axes.set_xlim(float((low - margin)[0]), float((high + margin)[0]))
    if samples.shape[1] == 2:
        axes.set_ylim(float((low - margin)[1]), float((high + margin)[1]))
        axes.set_xlabel("$x_1$")
        axes.set_ylabel("$x_2$")
        if real is not None:
            axes.scatter(*shown.T, s=4, c="#9aa0a6", label="data")
        axes.scatter(*samples.T, s=4, c="#d1495b", label="generated")
    else:
        bins = [float(b) for b in np.linspace((low - margin)[0], (high + margin)[0], 61)]
        if real is not None:
            axes.hist(shown[:, 0], bins, density=True, color="#9aa0a6", alpha=0.6, label="data")
        axes.hist(
            samples[:, 0],
            bins,
            weights=np.full(len(samples), 1 / (len(samples) * (bins[1] - bins[0]))),
            histtype="step",
            color="#d1495b",
            label="generated",
        )
        axes.set_xlabel("$x$")
        axes.set_ylabel("density")
    axes.legend(loc="upper right")
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])


def animate(directory) -> Path | None:
    """Make `progress.gif` of the pictures in `samples/`; None where there are none.

    Of more than 80 pictures every so-manieth is taken, the first and the last among them.
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
