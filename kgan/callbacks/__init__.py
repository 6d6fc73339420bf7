"""What watches a run: samples, modes, theory beside the discriminator, losses, TensorBoard."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgan.callbacks.learning_rate import PlayerLearningRate
    from kgan.callbacks.loss_doctor import LossDoctor
    from kgan.callbacks.mode_monitor import ModeMonitor
    from kgan.callbacks.samples import SampleGrid
    from kgan.callbacks.tensorboard import TensorBoard
    from kgan.callbacks.theory_monitor import TheoryMonitor

_HOME = {
    "LossDoctor": "loss_doctor",
    "ModeMonitor": "mode_monitor",
    "PlayerLearningRate": "learning_rate",
    "SampleGrid": "samples",
    "TensorBoard": "tensorboard",
    "TheoryMonitor": "theory_monitor",
}

__all__ = [
    "LossDoctor",
    "ModeMonitor",
    "PlayerLearningRate",
    "SampleGrid",
    "TensorBoard",
    "TheoryMonitor",
]


def __getattr__(name: str):
    if name in _HOME:
        return getattr(importlib.import_module(f"kgan.callbacks.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
