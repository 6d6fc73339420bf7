"""Log-likelihood under a Gaussian Parzen window fitted to samples."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from kgan.checks import check_number
from kgan.metrics.samples import as_points, check_same_dimension

_BLOCK = 2**23  # distances held at once: 64 MiB
_WIDTHS = np.logspace(-3, 1, 41)  # ten a decade, in root mean variances of the validation data


class ParzenLogLikelihood(NamedTuple):
    """Mean log-likelihood of the test data in nats, its standard error, and the width used."""

    mean: float
    standard_error: float
    sigma: float


def parzen_log_likelihood(samples, test, validation=None, sigma=None) -> ParzenLogLikelihood:
    """Mean log density of test data under a Gaussian window on each sample.

    p̂(x) = (1/N) Σᵢ N(x; gᵢ, σ² I), the evaluation of Goodfellow et al. 2014 (arXiv 1406.2661),
    section 5, with σ chosen on validation data as there (claims A-EVA-01, A-EVA-02). Its figures
    depend on the data's scale and on N, and a high one can come from copies of the training data.

    Args:
        samples: N generated points `(N, d)`, or images, which are flattened.
        test: data to score, at least two.
        validation: data to choose σ on, when `sigma` is None: the best of 41 widths, from a
            thousandth to ten times the data's root mean variance, evenly spaced in logarithm.
        sigma: width of the window, in the data's unit.

    Returns:
        mean in nats, standard error over the test data, sigma.

    Raises:
        ValueError: wrong rank, too few samples, unequal d, NaN or infinity, both or neither of
            `validation` and `sigma`, validation data that are all the same.
    """
    x, t = as_points("samples", samples), as_points("test", test, least=2)
    check_same_dimension(samples=x, test=t)
    if (validation is None) == (sigma is None):
        raise ValueError(
            f"validation, sigma: got {'neither' if sigma is None else 'both'}; accepted is one of "
            "them: data to choose the width on, or the width."
        )
    if sigma is None:
        v = as_points("validation", validation, least=2)
        check_same_dimension(samples=x, validation=v)
        scale = np.sqrt(v.var(axis=0).mean())
        if scale == 0:
            raise ValueError(
                "validation: got the same sample throughout; accepted are samples that differ."
            )
        widths = scale * _WIDTHS
        width = float(widths[np.argmax(_log_densities(x, v, widths).mean(axis=1))])
    else:
        width = check_number("sigma", sigma, above=0)
    values = _log_densities(x, t, np.array([width]))[0]
    error = values.std(ddof=1) / np.sqrt(len(values))
    return ParzenLogLikelihood(float(values.mean()), float(error), width)


def _log_densities(x: np.ndarray, points: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """log p̂ of each point for each width, `(widths, points)`."""
    n, d = x.shape
    values = np.empty((len(widths), len(points)))
    rows = max(1, _BLOCK // n)
    for start in range(0, len(points), rows):
        chosen = slice(start, start + rows)
        squared = cdist(points[chosen], x, "sqeuclidean")
        for row, width in zip(values, widths, strict=True):
            row[chosen] = logsumexp(squared / (-2 * width**2), axis=1)
    return values - np.log(n) - d / 2 * np.log(2 * np.pi * widths[:, None] ** 2)
