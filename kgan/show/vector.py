"""Vectors in parallel coordinates: mean and quantiles of each."""

import numpy as np
from PIL import Image

from kgan.show.plot import BEHIND, GENERATED, REAL, Plot

_QUANTILES = (0.05, 0.95)


def draw(vectors: np.ndarray, real: np.ndarray | None = None, title: str = "") -> Image.Image:
    """The coordinates of vectors `(n, ...)`, in their order, over the real ones'; n may be 0."""
    plot = Plot(title)
    axes = plot.axes
    edges = plot.numbered(int(np.prod(vectors.shape[1:])), "coordinate, from 0 on")
    axes.use_sticky_edges = False
    axes.margins(y=0.12)
    if real is not None:
        low, mean, high = _summary(real[:BEHIND])
        axes.stairs(high, edges, baseline=low, fill=True, color=REAL, alpha=0.5, label="data")
        axes.stairs(mean, edges, baseline=None, color="#5f6368", lw=2)
    low, mean, high = _summary(vectors)
    for bound in (low, high):
        axes.stairs(bound, edges, baseline=None, color=GENERATED, ls=":", lw=1.3)
    axes.stairs(mean, edges, baseline=None, color=GENERATED, lw=1.6, label="generated")
    axes.set_ylabel("mean, and quantiles 5 % and 95 %")
    return plot.picture()


def _summary(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not len(x):
        x = np.full((1, *x.shape[1:]), np.nan)
    flat = x.reshape(len(x), -1).astype(np.float64)
    low, high = np.quantile(flat, _QUANTILES, axis=0)
    return low, flat.mean(axis=0), high
