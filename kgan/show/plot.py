"""A square matplotlib figure as a picture, and the colours of real and generated samples."""

from typing import Any

import numpy as np
from PIL import Image

REAL, GENERATED = "#9aa0a6", "#d1495b"
BEHIND = 2048  # real samples that are drawn behind the generated ones


class Plot:
    """Axes that become a picture.

    Args:
        title: written above them.

    Attributes:
        axes: matplotlib's.
    """

    def __init__(self, title: str):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.12, 5.12), dpi=100, layout="constrained")
        self._canvas = FigureCanvasAgg(figure)
        self.axes: Any = figure.add_subplot(title=title)

    def numbered(self, n: int, what: str) -> np.ndarray:
        """Give each of the numbers 0 to n - 1 a bin on the horizontal axis.

        Args:
            n: how many, >= 1.
            what: written below.

        Returns:
            The bins' edges `(n + 1,)`.
        """
        from matplotlib.ticker import MaxNLocator

        edges = np.arange(n + 1) - 0.5
        self.axes.set_xlim(edges[0], edges[-1])
        self.axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        self.axes.set_xlabel(what)
        return edges

    def picture(self) -> Image.Image:
        """512 × 512 pixels in RGB, with a legend."""
        self.axes.legend(loc="upper right")
        self._canvas.draw()
        return Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3])
