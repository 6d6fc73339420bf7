"""How many modes of a known mixture samples reach, and how evenly."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from kgan.checks import check_number
from kgan.metrics.samples import as_points, check_same_dimension


class ModeReport(NamedTuple):
    """Modes captured, share of high-quality samples, and KL of their modes to uniform in nats."""

    modes: int
    high_quality: float
    reverse_kl: float


def mode_report(samples, centers, std, radius: float = 3, minimum_share: float = 0) -> ModeReport:
    """The measure of PacGAN (Lin et al. 2018, arXiv 1712.04086, section 4.1).

    A sample is of high quality when it is nearer than `radius` standard deviations to its nearest
    centre; a mode is captured when it has a high-quality sample. With 2-D modes and radius 3 a
    perfect sampler has 1 − exp(−9/2) = 98.89% of high quality.

    Args:
        samples: points `(n, d)`.
        centers: means of the modes `(modes, d)`.
        std: standard deviation of every mode in every direction.
        radius: in standard deviations, positive.
        minimum_share: in [0, 1]; a mode counts as captured only when at least this share of all
            samples are its high-quality ones.

    Returns:
        modes: number of captured modes. high_quality: share of samples, in [0, 1]. reverse_kl:
        Σ q log(q · modes) of the shares q of the high-quality samples, from 0 (even) to
        log(number of modes); NaN without a high-quality sample.

    Raises:
        ValueError: wrong rank, unequal d, NaN or infinity, std or radius not positive.
    """
    x, c = as_points("samples", samples), as_points("centers", centers)
    check_same_dimension(samples=x, centers=c)
    limit = check_number("radius", radius, above=0) * check_number("std", std, above=0)
    check_number("minimum_share", minimum_share, least=0, most=1)
    distance = cdist(x, c)
    nearest = distance.argmin(axis=1)
    good = distance[np.arange(len(x)), nearest] < limit
    counts = np.bincount(nearest[good], minlength=len(c))
    captured = (counts > 0) & (counts / len(x) >= minimum_share)
    reverse_kl = kl_to_uniform(counts) if counts.any() else np.nan
    return ModeReport(int(captured.sum()), float(good.mean()), float(reverse_kl))


def kl_to_uniform(counts: np.ndarray) -> float:
    """KL divergence Σ q log(q · m) of a histogram of m bins to the uniform one, in nats."""
    q = counts / counts.sum()
    filled = q[q > 0]
    return float(max(0.0, np.sum(filled * np.log(filled * len(q)))))  # below 0 only by rounding
