"""One optimizer for each player behind the single one that Keras saves, and steps as functions."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

ops: Any = keras.ops  # its functions carry no types


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


def check_unrollable(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse an optimizer whose step is not written here as a differentiable formula."""
    # By name: Keras has twins of its optimizers for PyTorch; and AdamW is an Adam, but not it.
    kind = type(optimizer).__name__
    plain = isinstance(optimizer, keras.optimizers.SGD) and kind == "SGD" and not optimizer.momentum
    adam = isinstance(optimizer, keras.optimizers.Adam) and kind == "Adam" and not optimizer.amsgrad
    extras = [
        name
        for name in (
            "weight_decay",
            "clipnorm",
            "clipvalue",
            "global_clipnorm",
            "use_ema",
            "loss_scale_factor",
            "gradient_accumulation_steps",
        )
        if getattr(optimizer, name)
    ]
    if extras or not (plain or adam):
        raise ValueError(
            f"discriminator_optimizer: got {kind}"
            + (f" with {', '.join(extras)}" if extras else "")
            + "; a Keras optimizer's update passes no gradient, so its formula must be known: "
            "accepted are Adam without amsgrad and SGD without momentum, without weight decay, "
            "clipping, averages, loss scale and accumulation."
        )


def unrolled(optimizer: Any, variables):
    """The optimizer's next steps as a function of values and gradients.

    Args:
        optimizer: `keras.optimizers.SGD` or `Adam`, as `check_unrollable` accepts them. It is
            read, and stays as it is.
        variables: the variables that it moves.

    Returns:
        A function `(values, gradients) -> values`. Each call is one more step: Adam's moments and
        its count of steps go on from those of the call before.

    Raises:
        ValueError: as `check_unrollable`.

    Source: Kingma, Ba 2015, algorithm 1, with the epsilon of its section 2, as Keras has it.
    """
    check_unrollable(optimizer)
    rate = ops.convert_to_tensor(optimizer.learning_rate)
    if isinstance(optimizer, keras.optimizers.SGD):
        return lambda values, gradients: [
            w - ops.cast(rate, w.dtype) * g for w, g in zip(values, gradients, strict=True)
        ]
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    index = [optimizer._get_variable_index(variable) for variable in variables]
    moments = [(optimizer._momentums[i].value, optimizer._velocities[i].value) for i in index]
    count = ops.convert_to_tensor(optimizer.iterations.value)

    def step(values, gradients):
        nonlocal moments, count
        count = count + 1
        moved, after = [], []
        for w, g, (m, v) in zip(values, gradients, moments, strict=True):
            m = m + (g - m) * (1 - beta_1)
            v = v + (ops.square(g) - v) * (1 - beta_2)
            t = ops.cast(count, w.dtype)
            bias_1, bias_2 = (1 - ops.cast(beta, w.dtype) ** t for beta in (beta_1, beta_2))
            alpha = ops.cast(rate, w.dtype) * ops.sqrt(bias_2) / bias_1
            # A weight that never had a gradient has v = 0, where the root has no derivative.
            never = v == 0
            root = ops.where(never, 0.0, ops.sqrt(ops.where(never, 1.0, v)))
            moved.append(w - alpha * m / (root + optimizer.epsilon))
            after.append((m, v))
        moments = after
        return moved

    return step
