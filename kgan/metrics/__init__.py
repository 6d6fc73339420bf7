"""Scores of generated samples, in numpy and float64, the same whatever backend trained them."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgan.metrics.distances import KernelDistance, frechet_distance, kernel_distance
    from kgan.metrics.extractors import features
    from kgan.metrics.judge import Judge, LabelHistogram, digits_judge
    from kgan.metrics.modes import ModeReport, mode_report
    from kgan.metrics.neighbours import (
        DensityCoverage,
        Memorisation,
        PrecisionRecall,
        density_coverage,
        memorisation,
        precision_recall,
    )
    from kgan.metrics.parzen import ParzenLogLikelihood, parzen_log_likelihood

_HOME = {
    "KernelDistance": "distances",
    "frechet_distance": "distances",
    "kernel_distance": "distances",
    "features": "extractors",
    "Judge": "judge",
    "LabelHistogram": "judge",
    "digits_judge": "judge",
    "ModeReport": "modes",
    "mode_report": "modes",
    "DensityCoverage": "neighbours",
    "Memorisation": "neighbours",
    "PrecisionRecall": "neighbours",
    "density_coverage": "neighbours",
    "memorisation": "neighbours",
    "precision_recall": "neighbours",
    "ParzenLogLikelihood": "parzen",
    "parzen_log_likelihood": "parzen",
}

__all__ = [
    "DensityCoverage",
    "Judge",
    "KernelDistance",
    "LabelHistogram",
    "Memorisation",
    "ModeReport",
    "ParzenLogLikelihood",
    "PrecisionRecall",
    "density_coverage",
    "digits_judge",
    "features",
    "frechet_distance",
    "kernel_distance",
    "memorisation",
    "mode_report",
    "parzen_log_likelihood",
    "precision_recall",
]


def __getattr__(name: str):
    if name in _HOME:
        return getattr(importlib.import_module(f"kgan.metrics.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
