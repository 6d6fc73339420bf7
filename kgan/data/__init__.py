"""Data sets: bundled real images, exact synthetic points, downloads and the user's own folders."""

from typing import TYPE_CHECKING

from kgan.data.dataset import Dataset
from kgan.data.loading import load, names

if TYPE_CHECKING:
    from kgan.batches import Batches

__all__ = ["Batches", "Dataset", "load", "names"]


def __getattr__(name: str):
    if name == "Batches":  # imports keras, which the data themselves do without
        from kgan.batches import Batches

        return Batches
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
