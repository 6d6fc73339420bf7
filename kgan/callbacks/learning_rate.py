"""A learning rate that changes over the epochs, for one player."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kgan.checks import check_choice, check_number


class PlayerLearningRate(keras.callbacks.Callback):
    """Set one player's learning rate at the beginning of every epoch.

    Keras's own `LearningRateScheduler` knows a single rate, and a game has one for each player.
    The rate is logged as `<player>_learning_rate`.

    Args:
        player: the player's name, such as `generator`.
        schedule: maps the epoch, counted from 0, and the current rate to the new rate, which must
            be finite and at least 0.

    Raises:
        ValueError: at the beginning of `fit`, a player that the model does not have, or one whose
            optimizer was built with a schedule of its own; later, a rate that is not a number.
    """

    def __init__(self, player: str, schedule: Callable[[int, float], float]):
        super().__init__()
        if not callable(schedule):
            raise ValueError(
                f"schedule: got {schedule!r}; accepted is a function of (epoch, rate)."
            )
        self.player = player
        self.schedule = schedule

    def on_train_begin(self, logs=None):
        model: Any = self.model
        players = model.optimizer.players
        check_choice("player", self.player, players)
        rate = players[self.player].get_config()["learning_rate"]
        if isinstance(rate, dict):
            raise ValueError(
                f"player: got {self.player!r}, whose optimizer has a schedule of its own; accepted "
                "is one with a number, for this callback to set."
            )

    def on_epoch_begin(self, epoch, logs=None):
        model: Any = self.model  # on JAX only what is reached through it at this moment counts
        optimizer = model.optimizer.players[self.player]
        rate = self.schedule(epoch, _number(optimizer.learning_rate))
        optimizer.learning_rate = check_number(f"schedule, at epoch {epoch}", rate, least=0)

    def on_epoch_end(self, epoch, logs=None):
        model: Any = self.model
        rate = model.optimizer.players[self.player].learning_rate
        if logs is not None:
            logs[f"{self.player}_learning_rate"] = _number(rate)


def _number(variable) -> float:
    return float(np.asarray(keras.ops.convert_to_numpy(variable)))
