"""A GAN as a game: players that take turns, and the one training step that plays it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kgan import autodiff
from kgan.data.batches import Batches
from kgan.optimizers import PlayerOptimizers

ops: Any = keras.ops  # its functions carry no types
Loss = Callable[[dict[str, Any]], tuple[Any, dict[str, Any]]]


@dataclass(frozen=True)
class Turn:
    """One move of a game: some players descend one loss.

    Attributes:
        name: the turn's name; its loss is logged as `<name>_loss`.
        players: the players that move.
        loss: maps the batch to `(scalar loss, logs)`.
        every: the turn is taken once in so many minibatches, ...
        offset: ... when the minibatch's number, counted from 0, leaves this remainder.
    """

    name: str
    players: tuple[str, ...]
    loss: Loss
    every: int = 1
    offset: int = 0


class Game(keras.Model):
    """Any number of players, each with its own networks, loss and optimizer.

    A subclass sets its networks, names its players, and says in `turns` who moves when and by
    which loss. One minibatch makes one step: everything random is drawn, then the turns are
    taken in order (or all from the same point, when simultaneous), then averages follow. A turn
    changes the weights of its own players and nothing else.

    Args:
        players: player name -> its network. Trainable weights outside of them are refused.
        simultaneous: take all gradients before the first move; every turn must then be taken
            in every step.
        seed: integer that fixes noise and the order of the data; None draws one.
        average_decay: player name -> decay in [0, 1) of the exponential moving average that is
            kept of its weights.

    Raises:
        ValueError: as the arguments say.
    """

    def __init__(
        self,
        players: Mapping[str, keras.Layer],
        *,
        simultaneous: bool = False,
        seed: int | None = None,
        average_decay: Mapping[str, float] | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
            raise ValueError(f"seed: got {seed!r}; accepted is an integer from 0 to 2**31 - 1.")
        self.seed = int(seed)
        self.players = dict(players)
        self.simultaneous = simultaneous
        # Noise for evaluation has its own generator: whether a run is evaluated must not change
        # how it trains.
        self.training_seeds = keras.random.SeedGenerator(self.seed)
        self.evaluation_seeds = keras.random.SeedGenerator(self.seed ^ 1)
        self.average_decay = dict(average_decay or {})
        self.averages: dict[str, list] = {}
        for player, decay in self.average_decay.items():
            if not 0 <= decay < 1:
                raise ValueError(f"average_decay: got {decay}; accepted is 0 <= decay < 1.")
            self.averages[player] = [
                self._average_of(weight) for weight in self.players[player].weights
            ]
        self._means: dict[str, keras.metrics.Mean] = {}
        self.built = True

    def _average_of(self, weight: keras.Variable) -> keras.Variable:
        average = self.add_weight(
            shape=weight.shape, dtype=weight.dtype, initializer="zeros", trainable=False
        )
        average.assign(ops.copy(weight.value))  # JAX refuses two variables that share a buffer
        return average

    # What a game states -------------------------------------------------------------------

    def turns(self) -> tuple[Turn, ...]:
        """The turns of one step, in order."""
        raise NotImplementedError

    def draw(self, batch: dict[str, Any], seed: keras.random.SeedGenerator) -> dict[str, Any]:
        """Sample everything random that the turns of this step use; nothing by default."""
        return {}

    def evaluate_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """What to log of a held-out batch; nothing by default."""
        return {}

    # Compiling ----------------------------------------------------------------------------

    def compile(
        self,
        optimizers: Mapping[str, Any] | None = None,
        *,
        optimizer: PlayerOptimizers | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
    ):
        """Give every player its optimizer.

        Args:
            optimizers: player name -> Keras optimizer.
            optimizer: all of them as one, as a loaded file holds them.
            run_eagerly, steps_per_execution, jit_compile: as in `keras.Model.compile`.

        Raises:
            ValueError: a player without optimizer, a trainable weight that belongs to no player
                or to two, a float16 policy, or compiled steps that PyTorch cannot differentiate.
        """
        if optimizer is None:
            optimizer = PlayerOptimizers(optimizers or {})
        if set(optimizer.players) != set(self.players):
            raise ValueError(
                f"optimizers: got them for {sorted(optimizer.players)}; "
                f"the players are {sorted(self.players)}."
            )
        if autodiff.BACKEND == "torch" and jit_compile is True:
            raise ValueError(
                "jit_compile: got True; on PyTorch a compiled step has no second derivative. "
                "Leave it at 'auto'."
            )
        self._check_precision()
        self._check_ownership()
        self._check_turns()
        optimizer.build_players({p: n.trainable_variables for p, n in self.players.items()})
        super().compile(
            optimizer=optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self._make_means()

    def _check_precision(self):
        for layer in self._flatten_layers():
            if layer.dtype_policy.name == "mixed_float16":
                raise ValueError(
                    f"dtype policy: got mixed_float16 (layer {layer.name!r}); accepted are "
                    "float32, float64 and mixed_bfloat16, which need no loss scaling."
                )

    def _check_ownership(self):
        owner: dict[int, str] = {}
        for player, network in self.players.items():
            for variable in network.trainable_variables:
                if id(variable) in owner:
                    raise ValueError(
                        f"players: weight {variable.path!r} belongs to both "
                        f"{owner[id(variable)]!r} and {player!r}; each needs networks of its own."
                    )
                owner[id(variable)] = player
        for variable in self.trainable_variables:
            if id(variable) not in owner:
                raise ValueError(
                    f"players: trainable weight {variable.path!r} belongs to no player; "
                    "freeze it (trainable = False) or give it to one."
                )

    def _check_turns(self):
        for turn in self.turns():
            unknown = set(turn.players) - set(self.players)
            if unknown:
                raise ValueError(
                    f"turn {turn.name!r}: got players {sorted(unknown)}; "
                    f"accepted are {sorted(self.players)}."
                )
            if turn.every < 1 or not 0 <= turn.offset < turn.every:
                raise ValueError(
                    f"turn {turn.name!r}: got every={turn.every}, offset={turn.offset}; "
                    "accepted is every >= 1 and 0 <= offset < every."
                )
            if self.simultaneous and turn.every != 1:
                raise ValueError(
                    f"turn {turn.name!r}: got every={turn.every} in a simultaneous game, "
                    "whose turns are all taken in every step."
                )

    def get_compile_config(self):
        return {
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "steps_per_execution": self.steps_per_execution,
            "run_eagerly": self.run_eagerly,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        config = dict(config)
        optimizer = keras.saving.deserialize_keras_object(config.pop("optimizer"))
        Game.compile(self, optimizer=optimizer, **config)

    # Logging ------------------------------------------------------------------------------

    def log_names(self) -> tuple[str, ...]:
        """The names under which `fit` logs, beside each turn's loss and gradient norms."""
        return ()

    def evaluation_names(self) -> tuple[str, ...]:
        """The names under which `evaluate` logs."""
        return ()

    def _make_means(self):
        turns = self._live_turns()
        training = [f"{turn.name}_loss" for turn in turns]
        training += self.log_names()
        training += [f"{player}_gradient_norm" for turn in turns for player in turn.players]
        self._means = {name: EpochMean(name=name) for name in training}
        self._evaluation_means = {name: EpochMean(name=name) for name in self.evaluation_names()}

    @property
    def metrics(self):
        if not self._means:
            return []
        return [*self._means.values(), *self._evaluation_means.values()]

    # The step -----------------------------------------------------------------------------

    def train_step(self, *arguments):
        return autodiff.run_step(
            self._play,
            (
                self.trainable_variables,
                self.non_trainable_variables,
                self.optimizer.variables,
                self.metrics_variables,
            ),
            arguments,
        )

    def test_step(self, *arguments):
        return autodiff.run_step(
            self._examine,
            (self.trainable_variables, self.non_trainable_variables, self.metrics_variables),
            arguments,
        )

    def _play(self, data):
        batch = self.canonical(data)
        batch.update(self.draw(batch, self.training_seeds))
        if self.simultaneous:
            moves = [(turn, self._differentiate(turn, batch)) for turn in self._live_turns()]
            for turn, gradients in moves:
                self._move(turn, gradients)
        else:
            for turn in self._live_turns():
                self._take(turn, batch)
        self.optimizer.advance()
        return {name: mean.result() for name, mean in self._means.items()}

    def _examine(self, data):
        batch = self.canonical(data)
        batch.update(self.draw(batch, self.evaluation_seeds))
        size = ops.shape(batch["real"])[0]
        for name, value in self.evaluate_batch(batch).items():
            self._evaluation_means[name].update_state(value, sample_weight=size)
        return {name: mean.result() for name, mean in self._evaluation_means.items()}

    def _live_turns(self) -> list[Turn]:
        """The turns in which something can move: a frozen player's turn is left out."""
        return [
            turn
            for turn in self.turns()
            if any(self.players[player].trainable_variables for player in turn.players)
        ]

    def _take(self, turn: Turn, batch: dict[str, Any]):
        def move():
            self._move(turn, self._differentiate(turn, batch))

        if turn.every == 1:
            move()
        else:
            number = self.optimizer.iterations.value
            autodiff.conditional(ops.equal(number % turn.every, turn.offset), move)

    def _differentiate(self, turn: Turn, batch: dict[str, Any]) -> dict[str, list]:
        """The gradients of a turn's loss, by player; logs, and leaves the others' state alone."""
        variables = {p: self.players[p].trainable_variables for p in turn.players}
        kept = [
            (weight, ops.copy(weight.value))
            for player, network in self.players.items()
            if player not in turn.players
            for weight in network.non_trainable_weights
        ]
        loss, logs, gradients = autodiff.gradients(
            lambda: turn.loss(batch), [v for owned in variables.values() for v in owned]
        )
        for weight, value in kept:
            weight.assign(value)
        self._means[f"{turn.name}_loss"].update_state(loss)
        for name, value in logs.items():
            self._means[name].update_state(value)
        by_player, start = {}, 0
        for player, owned in variables.items():
            by_player[player] = gradients[start : start + len(owned)]
            start += len(owned)
        return by_player

    def _move(self, turn: Turn, gradients: dict[str, list]):
        for player, of_player in gradients.items():
            network = self.players[player]
            squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in of_player]
            norm = ops.sqrt(sum(squares))
            self._means[f"{player}_gradient_norm"].update_state(norm)
            self.optimizer.update(player, of_player, network.trainable_variables)
            if player in self.averages:
                self._follow(player)

    def _follow(self, player: str):
        """Move a player's averages after its weights: a ← a + (1 − d)(w − a).

        The decay d starts at 1/10 and rises to its final value, min(d, (1 + t)/(10 + t)) after t
        moves, so that the first weights are soon forgotten.
        """
        t = ops.cast(self.optimizer.players[player].iterations.value, "float32")
        decay = ops.minimum(self.average_decay[player], (1.0 + t) / (10.0 + t))
        for average, weight in zip(
            self.averages[player], self.players[player].weights, strict=True
        ):
            rate = ops.cast(1.0 - decay, average.dtype)
            average.assign_add(rate * (weight.value - average.value))

    def canonical(self, data) -> dict[str, Any]:
        """A minibatch in whatever form it came, as `{"real": x, "condition": y or absent}`.

        Raises:
            ValueError: sample weights, which a game has no use for.
        """
        if isinstance(data, Mapping):
            return dict(data)
        if isinstance(data, list):
            data = tuple(data)
        real, condition, weight = keras.utils.unpack_x_y_sample_weight(data)
        if weight is not None:
            raise ValueError("sample_weight: got one; a game weighs all samples alike.")
        batch = {"real": real}
        if condition is not None:
            batch["condition"] = condition
        return batch

    # Fitting ------------------------------------------------------------------------------

    def check_data(self, x, y, name: str):
        """Refuse arrays that this game cannot be trained on; a subclass knows its shapes."""

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int | None = None,
        epochs: int = 1,
        validation_split: float = 0.0,
        validation_data: Any = None,
        callbacks=None,
        steps_per_epoch: int | None = None,
        **options,
    ):
        """Train; `keras.Model.fit`, with the data checked and their order fixed by the seed.

        Args:
            x: array `(n, ...)`, `(x, y)`, `tf.data.Dataset`, `keras.utils.PyDataset` or torch
                DataLoader, or images that `kgan.data` streams from disk. Arrays are served as
                full minibatches, the remainder dropped.
            y: conditions of the same length, for a model that takes them.
            batch_size: samples in a minibatch of arrays; 32 by default.
            epochs: the epoch to stop after, >= 1.
            validation_split: share of the arrays, from their end, to hold out.
            validation_data: held-out data, in any form that x may have.
            callbacks, steps_per_epoch, options: as in `keras.Model.fit`; steps_per_epoch is for
                endless data only.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: data of the wrong rank, size, type or range, with NaN, or fewer than one
                minibatch.
        """
        if not isinstance(epochs, int | np.integer) or epochs < 1:
            raise ValueError(f"epochs: got {epochs!r}; accepted is an integer >= 1.")
        size = 32 if batch_size is None else batch_size
        if isinstance(x, tuple) and y is None:
            x, y = x if len(x) == 2 else (x[0], None)
        if _is_array(x):
            x, y = _as_arrays(x, y)
            self.check_data(x, y, "x")
        if _is_array(x) or _is_lazy(x):
            if steps_per_epoch is not None:
                raise ValueError(
                    f"steps_per_epoch: got {steps_per_epoch} with arrays, where an epoch is one "
                    "pass through the data; it is for endless data sets."
                )
            if not 0 <= validation_split < 1:
                raise ValueError(
                    f"validation_split: got {validation_split}; accepted is 0 <= share < 1."
                )
            if validation_split and validation_data is None:
                cut = int(len(x) * (1 - validation_split))
                held_out = (x[cut:],) if y is None else (x[cut:], y[cut:])
                x, y, validation_data = x[:cut], None if y is None else y[:cut], held_out
            x = Batches(x, y, batch_size=size, seed=self.seed)
            y, batch_size = None, None
        if _is_array(validation_data) or isinstance(validation_data, tuple):
            parts = validation_data if isinstance(validation_data, tuple) else (validation_data,)
            self.check_data(*_as_arrays(*parts, *[None] * (2 - len(parts))), "validation_data")
        if _is_lazy(validation_data):
            validation_data = Batches(
                validation_data, batch_size=min(size, len(validation_data)), seed=self.seed
            )
        if isinstance(x, Batches):
            callbacks = [_Order(x), *_as_list(callbacks)]
            options.setdefault("validation_batch_size", x.batch_size)
        options["shuffle"] = False
        return super().fit(
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation_data,
            callbacks=callbacks,
            steps_per_epoch=steps_per_epoch,
            **options,
        )

    def evaluate(self, x: Any = None, y: Any = None, **options):
        """What `evaluate_batch` says of held-out data; `keras.Model.evaluate`, the data checked.

        Raises:
            ValueError: as `fit`.
        """
        if _is_array(x):
            self.check_data(*_as_arrays(x, y), "x")
        return super().evaluate(x, y, **options)

    # Saving -------------------------------------------------------------------------------

    def _seed_states(self) -> list[keras.Variable]:
        weights = {id(w) for w in self.weights}
        return [v for v in self.non_trainable_variables if id(v) not in weights]

    def save_own_variables(self, store):
        # Keras saves weights only; without its seeds a loaded model goes on with other noise.
        super().save_own_variables(store)
        for i, state in enumerate(self._seed_states()):
            store[f"seed_{i}"] = np.asarray(ops.convert_to_numpy(state.value))

    def load_own_variables(self, store):
        keys = store.keys()  # a store is no mapping: it cannot be iterated by itself
        own = {key: store[key] for key in keys if not key.startswith("seed_")}
        super().load_own_variables(own)
        for i, state in enumerate(self._seed_states()):
            state.assign(store[f"seed_{i}"])


class EpochMean(keras.metrics.Mean):
    """A mean over the epoch that is NaN, not 0, when nothing was seen."""

    def result(self):
        return ops.where(self.count > 0, super().result(), math.nan)


class _Order(keras.callbacks.Callback):
    """Tells the minibatches which epoch they are in, whichever epoch a run starts at."""

    def __init__(self, batches: Batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        self.batches.epoch = epoch


def _is_array(x) -> bool:
    return isinstance(x, np.ndarray) or bool(ops.is_tensor(x))


def _is_lazy(x) -> bool:
    """Like an array, but read from disk when it is indexed, by a loader that checks the values."""
    return not _is_array(x) and hasattr(x, "shape") and hasattr(x, "__getitem__")


def _as_arrays(x, y):
    return ops.convert_to_numpy(x), None if y is None else ops.convert_to_numpy(y)


def _as_list(callbacks) -> list:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
