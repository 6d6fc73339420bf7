"""Points on a line as a histogram, points in a plane as a scatter."""

import numpy as np
from PIL import Image

from kgan.show.plot import BEHIND, GENERATED, REAL, Plot


def draw(points: np.ndarray, real: np.ndarray | None = None, title: str = "") -> Image.Image:
    """Points `(n, 1 or 2)` over real ones, which fix the axes; n may be 0."""
    plot = Plot(title)
    axes = plot.axes
    shown = points if real is None else real[:BEHIND]
    if not len(shown):
        shown = np.zeros((1, points.shape[1]))
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = 0.1 * np.maximum(high - low, 1e-6)
    axes.set_xlim(float((low - margin)[0]), float((high + margin)[0]))
    if points.shape[1] == 2:
        axes.set_ylim(float((low - margin)[1]), float((high + margin)[1]))
        axes.set_xlabel("$x_1$")
        axes.set_ylabel("$x_2$")
        if real is not None:
            axes.scatter(*shown.T, s=4, c=REAL, label="data")
        axes.scatter(*points.T, s=4, c=GENERATED, label="generated")
    else:
        bins = [float(b) for b in np.linspace((low - margin)[0], (high + margin)[0], 61)]
        if real is not None:
            axes.hist(shown[:, 0], bins, density=True, color=REAL, alpha=0.6, label="data")
        axes.hist(
            points[:, 0],
            bins,
            weights=np.full(len(points), 1 / (max(1, len(points)) * (bins[1] - bins[0]))),
            histtype="step",
            color=GENERATED,
            label="generated",
        )
        axes.set_xlabel("$x$")
        axes.set_ylabel("density")
    return plot.picture()
