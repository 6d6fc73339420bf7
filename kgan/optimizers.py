"""One optimizer for each player, behind the single optimizer that Keras saves and restores."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kgan")
class PlayerOptimizers(keras.optimizers.Optimizer):
    """The optimizers of a game's players, as one Keras optimizer.

    Keras carries the state of `model.optimizer` alone through JAX's pure steps, `.keras` files
    and checkpoints; as plain attributes of the model the optimizers would be lost there.

    Args:
        optimizers: the players' names and their `keras.optimizers.Optimizer`, one object each.

    Raises:
        ValueError: something that is no optimizer, or one optimizer for two players.
    """

    def __init__(self, optimizers: Mapping[str, keras.optimizers.Optimizer], name="players"):
        super().__init__(learning_rate=0.0, name=name)
        self.players: dict[str, keras.optimizers.Optimizer] = {}
        for player, given in optimizers.items():
            try:
                optimizer = keras.optimizers.get(given)
            except (TypeError, ValueError):
                optimizer = None
            if not isinstance(optimizer, keras.optimizers.Optimizer):
                raise ValueError(
                    f"{player}_optimizer: got {given!r}; accepted is a Keras optimizer or its name."
                )
            if any(optimizer is other for other in self.players.values()):
                raise ValueError(
                    f"{player}_optimizer: got the optimizer of another player; "
                    "each player needs its own."
                )
            optimizer.name = player  # TensorBoard logs the learning rates under these names
            self.players[player] = optimizer

    def build_players(self, variables: Mapping[str, Sequence[keras.Variable]]) -> None:
        """Create every optimizer's state, from the players' trainable variables."""
        for player, optimizer in self.players.items():
            if not optimizer.built:
                optimizer.build(variables[player])
        self.built = True

    def advance(self) -> None:
        """Count one minibatch."""
        self._iterations.assign_add(1)

    def update(self, player: str, gradients: Sequence[Any], variables: Sequence) -> None:
        """Move one player by its own optimizer."""
        self.players[player].apply(gradients, variables)

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        return list(self.players.values())

    @property
    def variables(self):
        return [*self._variables, *(v for o in self.players.values() for v in o.variables)]

    @property
    def learning_rate(self):
        raise ValueError(
            "learning_rate: a game has one for each player; read and set "
            "model.optimizer.players['generator'].learning_rate, or use "
            "kgan.callbacks.PlayerLearningRate('generator', schedule)."
        )

    def save_own_variables(self, store):
        # Keras visits the players' optimizers by itself, through the attribute `players`.
        for i, variable in enumerate(self._variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store):
        for i, variable in enumerate(self._variables):
            variable.assign(store[str(i)])

    def get_config(self):
        return {
            "optimizers": {
                player: keras.saving.serialize_keras_object(optimizer)
                for player, optimizer in self.players.items()
            },
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        optimizers = {
            player: keras.saving.deserialize_keras_object(optimizer, custom_objects)
            for player, optimizer in config["optimizers"].items()
        }
        return cls(optimizers, name=config["name"])
