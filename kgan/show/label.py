"""Labels as the share of each class."""

import numpy as np
from PIL import Image

from kgan.show.plot import GENERATED, REAL, Plot


def draw(
    labels: np.ndarray, classes: int, real: np.ndarray | None = None, title: str = ""
) -> Image.Image:
    """The shares of labels `(n, ...)` from 0 to classes - 1, over the real ones'."""
    plot = Plot(title)
    axes = plot.axes
    edges = plot.numbered(classes, "class")
    if real is not None:
        axes.stairs(_shares(real, classes), edges, fill=True, color=REAL, alpha=0.6, label="data")
    axes.stairs(_shares(labels, classes), edges, color=GENERATED, lw=1.6, label="generated")
    axes.set_ylabel("share")
    return plot.picture()


def _shares(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(labels.reshape(-1), minlength=classes) / labels.size
