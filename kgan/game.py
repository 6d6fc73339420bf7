"""A GAN as a game: players that take turns, and the one training step that plays it."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kgan import autodiff
from kgan.batches import Batches, Unpaired
from kgan.checks import check_count, check_names, check_number
from kgan.optimizers import PlayerOptimizers
from kgan.spec import Part, Spec

ops: Any = keras.ops  # its functions carry no types
Loss = Callable[[dict[str, Any]], tuple[Any, dict[str, Any]]]
CHUNK = 256  # samples that a network is given at once when it does not train

keras.saving.register_keras_serializable(package="kgan")(Part)


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

    def due(self, number: Any) -> Any:
        """Whether the turn is taken in the minibatch of this number, an integer or a tensor."""
        return number % self.every == self.offset


class Game(keras.Model):
    """Any number of players, each with its own networks, loss and optimizer.

    A subclass sets its networks, names its players, says in `turns` who moves when and by which
    loss, and in `spec` what a minibatch holds. One minibatch makes one step: everything random is
    drawn, then the turns are taken in order (or all from the same point, when simultaneous), then
    averages and other state follow. A turn changes the weights of its own players and nothing
    else. A network that belongs to no player must be frozen; it is saved with the model.

    A game's constructor takes its own arguments and passes `**options` on to its base; what
    `help`, `inspect.signature` and `kgan train --set` see is both together. The configuration is
    the constructor's arguments. Where an argument is named as a player, the player's network is
    stored as it is, so that a file does not depend on default networks.

    Args:
        players: player name -> its network. Trainable weights outside of them are refused.
        spec: part name -> `kgan.Part`, in the order in which tuples of data give them.
        paired: whether the parts of a sample belong together; parts of an unpaired game may have
            different lengths, and each is served in an order of its own.
        simultaneous: take all gradients before the first move; every turn must then be taken
            in every step.
        seed: integer that fixes noise and the order of the data; None draws one.
        average_decay: player name -> decay in [0, 1) of the exponential moving average that is
            kept of its weights.

    Raises:
        ValueError: as the arguments say.
    """

    def __new__(cls, *arguments, **keywords):
        check_names(f"{cls.__name__}: option", keywords, inspect.signature(cls).parameters)
        game = super().__new__(cls, *arguments, **keywords)
        # Not tracked by Keras, which would save networks among them a second time.
        object.__setattr__(game, "_arguments", _Arguments(cls, arguments, keywords))
        return game

    def __init__(
        self,
        players: Mapping[str, keras.Layer],
        spec: Mapping[str, Part],
        *,
        paired: bool = True,
        simultaneous: bool = False,
        seed: int | None = None,
        average_decay: Mapping[str, float] | None = None,
        name: str | None = None,
    ):
        self._arguments.received({"seed": seed, "name": name, "simultaneous": simultaneous})
        super().__init__(name=name)
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
            raise ValueError(f"seed: got {seed!r}; accepted is an integer from 0 to 2**31 - 1.")
        for player, network in players.items():
            if not isinstance(network, keras.Layer):
                raise ValueError(f"{player}: got {network!r}; accepted is a Keras network.")
        self.seed = int(seed)
        self.players = dict(players)
        self.spec = Spec(spec, paired)
        self.simultaneous = simultaneous
        # Noise for evaluation has its own generator: whether a run is evaluated must not change
        # how it trains.
        self.training_seeds = keras.random.SeedGenerator(self.seed)
        self.evaluation_seeds = keras.random.SeedGenerator(self.seed ^ 1)
        self.average_decay = dict(average_decay or {})
        check_names("average_decay: player", self.average_decay, self.players)
        self.averages: dict[str, list] = {}
        for player, decay in self.average_decay.items():
            check_number("average_decay", decay, least=0, below=1)
            self.averages[player] = [
                self._average_of(weight) for weight in self.players[player].weights
            ]
        self._means: dict[str, keras.metrics.Mean] = {}
        self._due: frozenset[str] | None = None
        self._number = 0
        self._schedule: tuple[Turn, ...] = ()
        self.built = True

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        _sign(cls)

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
        """Sample everything random that the turns of this step use; nothing by default.

        Args:
            batch: the parts of the minibatch, by name.
            seed: of training or of evaluation; give it to `keras.random`.

        Returns:
            What to add to the batch, by name.
        """
        return {}

    def remember(self, batch: dict[str, Any]) -> None:
        """Once a training step, after the turns: change state such as a pool of past samples.

        Args:
            batch: the parts of the minibatch and what was drawn, by name.
        """

    def evaluate_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """What to log of a held-out batch; nothing by default."""
        return {}

    def log_names(self) -> tuple[str, ...]:
        """The names under which `fit` logs, beside each turn's loss and gradient norms."""
        return ()

    def evaluation_names(self) -> tuple[str, ...]:
        """The names under which `evaluate` logs."""
        return ()

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The optimizers of players for which `compile` is given none, by player.

        Adam with rate 2e-4 and β₁ = 0.5, which Radford et al. 2016, section 3, found to be stable.
        """
        return {player: keras.optimizers.Adam(2e-4, beta_1=0.5) for player in self.players}

    @property
    def sample_part(self) -> Part:
        """What one of the samples is that `generate` returns: the first part of the spec."""
        return next(iter(self.spec.values()))

    # Compiling ----------------------------------------------------------------------------

    def compile(
        self,
        *,
        optimizer: PlayerOptimizers | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
        **optimizers,
    ):
        """Give every player its optimizer; the default one where none is given.

        Args:
            optimizers: `<player>_optimizer`, a Keras optimizer or its name, for any player.
            optimizer: all of them as one, as a loaded file holds them.
            run_eagerly, steps_per_execution, jit_compile: as in `keras.Model.compile`.

        Raises:
            ValueError: an argument of another name, no optimizer, a trainable weight that belongs
                to no player or to two, a float16 policy, or compiled steps that PyTorch cannot
                differentiate.
        """
        arguments = {f"{player}_optimizer": player for player in self.players}
        if optimizer is None:
            check_names(
                "compile: argument",
                optimizers,
                [*arguments, "run_eagerly", "steps_per_execution", "jit_compile"],
            )
            given = {arguments[name]: o for name, o in optimizers.items() if o is not None}
            optimizer = PlayerOptimizers({**self.default_optimizers(), **given})
        elif not isinstance(optimizer, PlayerOptimizers) or optimizers:
            raise ValueError(
                f"compile: got optimizer={optimizer!r}; a game has one for each player: give "
                f"{', '.join(f'{name}=' for name in arguments)}."
            )
        if set(optimizer.players) != set(self.players):
            raise ValueError(
                f"optimizer: got optimizers of {sorted(optimizer.players)}; "
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
        if not self.compiled:
            return None
        return {
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "steps_per_execution": self.steps_per_execution,
            "run_eagerly": self.run_eagerly,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        config = dict(config)
        optimizer = keras.saving.deserialize_keras_object(config.pop("optimizer"))
        self.compile(optimizer=optimizer, **config)

    # Logging ------------------------------------------------------------------------------

    def _make_means(self):
        turns = self._schedule = tuple(self._live_turns())
        training = [f"{turn.name}_loss" for turn in turns]
        training += self.log_names()
        training += [f"{player}_gradient_norm" for turn in turns for player in turn.players]
        self._means = {name: EpochMean(name=name) for name in training}
        # One mean for one name: Keras finds what was logged by the name, and resets all in between.
        self._evaluation_means = {
            name: self._means.get(name, EpochMean(name=name)) for name in self.evaluation_names()
        }

    @property
    def metrics(self):
        if not self._means:
            return []
        return list((self._means | self._evaluation_means).values())

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
            moves = [(turn, self._differentiate(turn, batch)) for turn in self._schedule]
            for turn, gradients in moves:
                self._move(turn, gradients)
        else:
            for turn in self._schedule:
                self._take(turn, batch)
        self.remember(batch)
        self.optimizer.advance()
        return {name: mean.result() for name, mean in self._means.items()}

    def _examine(self, data):
        batch = self.canonical(data)
        size = ops.shape(batch[next(iter(self.spec))])[0]
        # What is drawn may ask networks as they train, which moves their normalisation.
        kept = [
            (variable, ops.copy(variable.value))
            for network in self.players.values()
            for variable in network.non_trainable_variables
        ]
        batch.update(self.draw(batch, self.evaluation_seeds))
        for name, value in self.evaluate_batch(batch).items():
            self._evaluation_means[name].update_state(value, sample_weight=size)
        for variable, value in kept:
            variable.assign(value)
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

        if self._due is not None:
            if turn.name in self._due:
                move()
        elif turn.every == 1:
            move()
        else:
            autodiff.conditional(turn.due(self.optimizer.iterations.value), move)

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
        check_names(f"turn {turn.name!r}: log (see log_names)", logs, self._means)
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
            norm = autodiff.norm(of_player)
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
        """A minibatch in whatever form it came, as part name -> tensor.

        Numbers come in Keras's float type, labels and words in int32.

        Raises:
            ValueError: other parts than those of the spec, or of other shapes.
        """
        while isinstance(data, tuple | list) and len(data) > 1 and data[-1] is None:
            data = data[:-1]  # Keras's train_on_batch gives what it was not given, too
        if isinstance(data, tuple | list) and len(data) == 1:
            data = data[0]
        batch = self.spec.named(data, name="minibatch")
        for part, x in batch.items():
            called = "minibatch" if len(batch) == 1 else f"minibatch[{part!r}]"
            self.spec[part].check_shape(called, tuple(x.shape))
            integer = self.spec[part].is_integer
            batch[part] = ops.cast(x, "int32" if integer else keras.config.floatx())
        return batch

    # The schedule of the turns ------------------------------------------------------------

    def due_turns(self, number: int) -> frozenset[str]:
        """The names of the turns that are taken in the minibatch of a number, from 0."""
        return frozenset(turn.name for turn in self._schedule if turn.due(number))

    def taking(self, due: frozenset[str], step: Callable, *arguments):
        """Call a step in which just these turns are taken, without a branch inside."""
        self._due = due
        try:
            return step(*arguments)
        finally:
            self._due = None

    def make_train_function(self, force=False):
        """One compiled step for each set of turns that are due together.

        A turn inside of a conditional runs its convolutions on a slow path under XLA (jax#12868),
        and which turns are due is known before the step. TensorFlow's graphs without XLA keep the
        branch, which costs nothing there; so does a program of several steps.
        """
        if self.train_function is not None and not force:
            return
        waits = any(turn.every > 1 for turn in self._schedule)
        if not waits or self.steps_per_execution > 1 or not autodiff.chooses_turns_outside(self):
            super().make_train_function(force=True)
            return
        functions: dict[frozenset[str], Any] = {}

        def train_function(*arguments):
            due = self.due_turns(self._number)
            if due not in functions:
                # A step of its own: what is compiled is found again by the function's identity.
                self.train_step = functools.partial(type(self).train_step, self)
                super(Game, self).make_train_function(force=True)
                functions[due] = self.train_function
                self.train_function = train_function
                del self.train_step
            self._number += 1
            return self.taking(due, functions[due], *arguments)

        self.train_function = train_function

    def count_on(self) -> None:
        """Read the number of the next minibatch from the state; compiled steps are chosen by it."""
        self._number = int(ops.convert_to_numpy(self.optimizer.iterations.value))

    def train_on_batch(self, *arguments, **keywords):
        self.count_on()
        return super().train_on_batch(*arguments, **keywords)

    # Fitting ------------------------------------------------------------------------------

    def read(
        self,
        x: Any,
        y: Any = None,
        name: str = "x",
        bounded: bool = True,
        held_out: bool = False,
    ):
        """Data in memory or on disk, as part name -> checked array; None for a stream.

        Args:
            x: an array, for a game of one part; a tuple in the spec's order; a mapping by name; a
                `kgan.data.Dataset`, of which the parts are taken that match. Anything else is a
                stream of minibatches.
            y: the second part, if x is the first.
            name: what the argument is called in messages.
            bounded: whether the ranges count, too.
            held_out: take the held-out part of a `Dataset`.

        Raises:
            ValueError: other parts than the spec's, of the wrong rank, size, type or range, with
                NaN, or of different length.
        """
        if hasattr(x, "parts_for"):
            x = x.parts_for(self.spec, held_out=held_out)
        if not (isinstance(x, Mapping | tuple | list) or _is_array(x) or _is_lazy(x)):
            return None
        given = {
            part: _as_array(values) if _is_array(values) else values
            for part, values in self.spec.named(x, y, name).items()
        }
        if not all(_is_array(v) or _is_lazy(v) for v in given.values()):
            raise ValueError(
                f"{name}: got {', '.join(type(v).__name__ for v in given.values())}; accepted are "
                f"arrays of {self.spec}."
            )
        self.spec.check(given, name, bounded)
        return given

    def batches(
        self, given: dict[str, Any], batch_size: int, *, passes: int = 1, seed: int | None = None
    ) -> Batches:
        """Minibatches of checked arrays, in the order of a seed, by default this game's own."""
        kind = Batches if self.spec.paired else Unpaired
        seed = self.seed if seed is None else seed
        return kind(given, batch_size=batch_size, seed=seed, passes=passes)

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
            x: an array `(n, ...)`, for a game of one part; a tuple of arrays in the order of
                `spec`; a mapping of part names to arrays; a `kgan.data.Dataset`. They are served
                as full minibatches, the remainder dropped. Or a stream of minibatches of such a
                form: `tf.data.Dataset`, `keras.utils.PyDataset` (told the epoch if it has an
                attribute `epoch`), torch DataLoader.
            y: the second part, if x is the first.
            batch_size: samples in a minibatch of arrays; 32 by default.
            epochs: the epoch to stop after, >= 1.
            validation_split: share of the arrays, from their end, to hold out.
            validation_data: held-out data, in any form that x may have; of a `Dataset` its
                held-out part.
            callbacks, steps_per_epoch, options: as in `keras.Model.fit`; steps_per_epoch is for
                endless data only.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: data of the wrong parts, rank, size, type or range, with NaN, or fewer
                than one minibatch.
        """
        check_count("epochs", epochs)
        size = 32 if batch_size is None else check_count("batch_size", batch_size)
        given = None if x is None else self.read(x, y)
        held_out = validation_data
        for name in ("sample_weight", "class_weight"):
            if options.pop(name, None) is not None:
                raise ValueError(f"{name}: got one; a game weighs all samples alike.")
        if given is None and (validation_split or batch_size is not None):
            name, value = (
                ("validation_split", validation_split)
                if validation_split
                else ("batch_size", batch_size)
            )
            raise ValueError(f"{name}: got {value!r} with a stream; it is for arrays.")
        if given is not None:
            if steps_per_epoch is not None:
                raise ValueError(
                    f"steps_per_epoch: got {steps_per_epoch} with arrays, where an epoch is one "
                    "pass through the data; it is for endless data sets."
                )
            check_number("validation_split", validation_split, least=0, below=1)
            if validation_split and held_out is None:
                cut = {part: int(len(v) * (1 - validation_split)) for part, v in given.items()}
                held_out = {part: v[cut[part] :] for part, v in given.items()}
                given = {part: v[: cut[part]] for part, v in given.items()}
            x, y, batch_size = self.batches(given, size), None, None
            options.setdefault("validation_batch_size", size)
        if held_out is not None:
            kept = self.read(held_out, name="validation_data", held_out=True)
            held_out = held_out if kept is None else self._held_out(kept, size)
        options["shuffle"] = False
        return super().fit(
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=held_out,
            callbacks=[_Epochs(x), *_as_list(callbacks)],
            steps_per_epoch=steps_per_epoch,
            **options,
        )

    def _held_out(self, given: dict[str, Any], size: int):
        """Held-out data as Keras takes them: arrays whole, all else in minibatches."""
        if self.spec.paired and all(map(_is_array, given.values())):
            return (given,)
        return self.batches(given, min(size, *map(len, given.values())))

    def evaluate(self, x: Any = None, y: Any = None, *, batch_size: int | None = None, **options):
        """What `evaluate_batch` says of held-out data; `keras.Model.evaluate`, the data checked.

        Args:
            x, y: held-out data, in any form that `fit` takes; of a `Dataset` its held-out part.
            batch_size: samples in a minibatch of arrays; 32 by default.
            options: as in `keras.Model.evaluate`.

        Raises:
            ValueError: as `fit`.
        """
        if batch_size is not None:
            check_count("batch_size", batch_size)
        given = self.read(x, y, held_out=True)
        if not self.evaluation_names():  # a step that returns nothing cannot be compiled
            return {} if options.get("return_dict") else []
        if given is not None:
            size = 32 if batch_size is None else batch_size
            data = self._held_out(given, size)
            if isinstance(data, Batches):
                x, y, batch_size = data, None, None
            else:
                x, y = given, None
        return super().evaluate(x, y, batch_size=batch_size, **options)

    # Using --------------------------------------------------------------------------------

    def answer(self, player: str, inputs: Any, *, averaged: bool | None = None) -> np.ndarray:
        """What a player's network answers when it does not train, in chunks that fit in memory.

        Args:
            player: the player's name.
            inputs: an array, or a list of arrays of one length, as the network takes them.
            averaged: use the average of the weights; by default wherever the model keeps one.

        Returns:
            The network's answer as numpy arrays, numbers in Keras's float type.

        Raises:
            ValueError: no such player, or an average asked of a player that keeps none.
        """
        check_names("player", [player], self.players)
        if averaged and player not in self.averages:
            raise ValueError(
                f"averaged: got True, but the model keeps no average of its {player}; build it "
                "with average_decay."
            )
        use = player in self.averages if averaged is None else averaged
        network = functools.partial(self.network, player) if use else self.players[player]
        return self.in_chunks(lambda part: network(part, training=False), inputs)

    def network(self, player: str, inputs: Any, training: bool = False) -> Any:
        """What a player's network answers; by its average weights where they are kept and it does
        not train. Numbers come in Keras's float type, whatever the network computes in."""
        if player in self.averages and not training:
            averages = [average.value for average in self.averages[player]]
            answer = autodiff.call_with(self.players[player], averages, inputs)
        else:
            answer = self.players[player](inputs, training=training)
        return keras.tree.map_structure(_as_float, answer)

    def in_chunks(self, function: Callable[[Any], Any], inputs: Any) -> Any:
        """A function of a tree of arrays, applied to so many samples at a time."""
        n = len(keras.tree.flatten(inputs)[0])
        answers = []
        with autodiff.no_gradient():
            for i in range(0, n, CHUNK):
                # Tensors: a network of several inputs refuses arrays beside tensors.
                part = keras.tree.map_structure(
                    lambda x: ops.convert_to_tensor(x[i : i + CHUNK]),  # noqa: B023
                    inputs,
                )
                answers.append(keras.tree.map_structure(_as_numpy, function(part)))
        return keras.tree.map_structure(lambda *chunks: np.concatenate(chunks), *answers)

    # Saving -------------------------------------------------------------------------------

    def get_config(self):
        config = {}
        for argument, value in self._arguments.values.items():
            if argument in self._arguments.fixed:
                continue  # the class sets it for its base, and cannot be given it
            if argument in self.players:
                value = self.players[argument]
            elif value is None and argument in ("seed", "name"):
                value = getattr(self, argument)  # drawn, or given by Keras
            elif argument in self._arguments.left:
                continue
            elif isinstance(value, tuple):
                value = list(value)  # which it will be when it comes from a file
            config[argument] = keras.saving.serialize_keras_object(value)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(
            **{
                argument: keras.saving.deserialize_keras_object(value, custom_objects)
                for argument, value in config.items()
            }
        )

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


def _sign(cls: type) -> None:
    """Give a game its constructor's signature, with the options of its base if it passes them on.

    `inspect` would find `Game.__new__`, which takes anything.
    """
    own = dict(list(inspect.signature(cls.__init__).parameters.items())[1:])
    passed_on = {p.kind for p in own.values()}
    shown = {n: p for n, p in own.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    base = next((kind for kind in cls.__mro__[1:] if hasattr(kind, "__signature__")), None)
    if base is not None and inspect.Parameter.VAR_KEYWORD in passed_on:
        places = inspect.Parameter.VAR_POSITIONAL in passed_on
        others = {
            n: p if places else p.replace(kind=p.KEYWORD_ONLY)
            for n, p in inspect.signature(base).parameters.items()
            if n not in own
        }
        shown = others | shown if places else shown | others
    cls.__signature__ = inspect.Signature(sorted(shown.values(), key=lambda p: p.kind))


_sign(Game)


class _Arguments:
    """What a constructor was called with, by name.

    Attributes:
        values: all arguments, defaults included.
        left: those of a base that were left at their defaults.
        fixed: those of `left` that a class between gave its base all the same.
    """

    def __init__(self, cls: type, arguments: tuple, keywords: dict[str, Any]):
        parameters = inspect.signature(cls).parameters
        given = dict(zip(parameters, arguments, strict=False)) | keywords
        defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
        self.values = defaults | given
        self.left = defaults.keys() - given.keys() - {*inspect.signature(cls.__init__).parameters}
        self.fixed: set[str] = set()

    def received(self, values: Mapping[str, Any]) -> None:
        """Note what a base's constructor was given, by name."""
        self.fixed |= {
            name
            for name, value in values.items()
            if name in self.left and value is not self.values[name]
        }


class EpochMean(keras.metrics.Mean):
    """A mean over the epoch that is NaN, not 0, when nothing was seen."""

    def update_state(self, values, sample_weight=None):
        values = ops.cast(values, self.dtype)
        if len(values.shape):
            super().update_state(values, sample_weight)
            return
        # The same sums as Keras's, without its dozen operations, which cost time where the
        # backend takes them one by one.
        weight = 1.0 if sample_weight is None else ops.cast(sample_weight, self.dtype)
        self.total.assign_add(values * weight)
        self.count.assign_add(weight)

    def result(self):
        return self.total / self.count


class _Epochs(keras.callbacks.Callback):
    """Tells the data which epoch they are in, whichever epoch a run starts at, and the game which
    minibatch."""

    def __init__(self, data: Any):
        super().__init__()
        self.data = data

    def on_epoch_begin(self, epoch, logs=None):
        if hasattr(self.data, "epoch"):
            self.data.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:  # after all callbacks of the epoch's beginning, which may load weights
            game: Any = self.model
            game.count_on()


def _is_array(x) -> bool:
    """Whether it is in memory: numpy's, the backend's, or another library's."""
    return bool(ops.is_tensor(x)) or hasattr(x, "__array__")


def _as_array(x) -> np.ndarray:
    """As numpy has it; an array of numpy's own as it is, because a copy would be checked anew."""
    if type(x) is np.ndarray:
        return x
    return ops.convert_to_numpy(x) if ops.is_tensor(x) else np.asarray(x)


def _is_lazy(x) -> bool:
    """Like an array, but read from disk when it is indexed, by a loader that checks the values."""
    return not _is_array(x) and hasattr(x, "shape") and hasattr(x, "__getitem__")


def _as_float(tensor):
    """Numbers in Keras's float type; anything else as it is."""
    floating = keras.backend.is_float_dtype(tensor.dtype)
    return ops.cast(tensor, keras.config.floatx()) if floating else tensor


def _as_numpy(tensor) -> np.ndarray:
    return ops.convert_to_numpy(_as_float(tensor))


def _as_list(callbacks) -> list:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
