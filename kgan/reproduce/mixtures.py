"""What the protocols on mixtures of Gaussians share: their measure and their picture.

2,500 samples are measured: a sample is of high quality within 3 standard deviations of the nearest
mean, a mode is captured when it has such a sample, and the reverse KL is that of the shares of the
modes among these samples to even shares, in nats (Lin et al. 2018, section 4.1).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgan.metrics import mode_report

COLUMNS = ("modes", "high quality %", "reverse KL")
SAMPLES = 2_500
SHOWN = 500  # of which so many are kept for the picture


def measure(samples: np.ndarray, centers: Any, std: Any) -> dict[str, Any]:
    """The figures of one run, and samples to show.

    Without any sample of high quality there are no shares; the reverse KL is then set to its
    greatest value, log(modes), that of a single mode.
    """
    report = mode_report(samples, centers, std)
    worst = math.log(len(centers))
    reverse_kl = worst if math.isnan(report.reverse_kl) else report.reverse_kl
    values = (float(report.modes), 100 * report.high_quality, float(reverse_kl))
    return {
        **dict(zip(COLUMNS, values, strict=True)),
        "samples": samples[:SHOWN].astype(float).round(4).tolist(),
    }


def samples_figure(figures: Mapping[str, Sequence[Mapping[str, Any]]], centers: Any):
    """The samples of every run on the modes that they should reach, a row for each method."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = max(map(len, figures.values()))
    canvas = Figure(
        figsize=(1.7 * columns + 0.5, 2.0 * len(figures)), dpi=110, layout="constrained"
    )
    FigureCanvasAgg(canvas)
    axes = canvas.subplots(len(figures), columns, squeeze=False)
    for line, (method, runs) in zip(axes, figures.items(), strict=True):
        for place, run in zip(line, runs, strict=True):
            scatter(place, np.asarray(run["samples"]), np.asarray(centers))
            place.set_title(f"{run['modes']:g} modes, KL {run['reverse KL']:.2f}", fontsize=7)
        line[0].set_ylabel(method)
    return canvas


def scatter(place, samples: np.ndarray, centers: np.ndarray) -> None:
    """Samples over rings that mark the modes."""
    reach = 1.3 * float(np.abs(centers).max())
    place.scatter(*centers.T, s=60, facecolors="none", edgecolors="#999999", lw=0.8)
    place.scatter(*samples.T, s=4, color="#d1495b", alpha=0.4, lw=0)
    place.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
    place.set_aspect("equal")
