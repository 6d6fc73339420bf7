"""Generator against discriminator: what every two-player GAN of this package shares."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from kgan import autodiff, losses
from kgan.checks import check_count, check_names, check_number
from kgan.game import Game, Turn
from kgan.networks import check_range, check_shape
from kgan.penalties import Penalty, check_penalised, check_penalties, paced
from kgan.spec import Part, kind_of

ops: Any = keras.ops  # its functions carry no types
Schedule = keras.optimizers.schedules.LearningRateSchedule
_HERE = ("self", "__class__")  # in a constructor beside its arguments
SEEN = 2048  # conditions of training samples that a model keeps, to draw from


class TwoPlayerGame(Game):
    """A generator that maps noise to samples, against a discriminator that scores them.

    A model of this kind states its networks and its objective. The discriminator moves on every
    minibatch, the generator on every k-th, k being `discriminator_steps` (Goodfellow et al.
    2014, algorithm 1; claim A-GAN-11).

    The networks are reached through two doors: `generated(batch, player)` and
    `discriminate(batch, x)`. Noise, conditions, packing and instance noise live there.

    Under conditions (a label, a caption) both networks take a list: the generator
    `[noise, *conditions]`, the discriminator `[samples, *conditions]`, unless the model says
    otherwise in `told`; a label's input is `keras.Input((), dtype="int32")`. A discriminator may
    answer with several heads: a dict whose `"score"` is the logit. A subclass sets what its
    `default_generator` and `default_discriminator` read before it calls `super().__init__`, which
    builds them; its `objective` is `kgan.losses.non_saturating` unless it sets another.

    Instance noise plays the game between the laws of x + s·n and G(z) + s·n, n ~ N(0, I), whose
    supports always meet: the loss, penalties included, sees no other samples. `generate`, `score`
    and evaluation know nothing of it (Sønderby et al. 2017, section 3; Arjovsky, Bottou 2017,
    section 3; claims A-SUP-05, A-SUP-07, A-SUP-13).

    Args:
        data_shape: shape of one sample.
        generator: network from noise `(n, latent_dim)` to samples `(n, *data_shape)`; the model's
            own by default.
        discriminator: network from samples to one logit each, `(n, 1)`; the model's own by
            default.
        latent_dim: length of the noise vectors z ~ N(0, I), >= 1.
        data_range: (-1, 1), (0, 1) or None for data without bounds; `fit` refuses values outside.
        kind: what a sample is, "image", "points", "vector" or "spectrogram"; by default an image
            where it has three axes, points where it is one or two numbers, else a vector.
        conditions: part name -> `kgan.Part` of what both networks are told, in order.
        discriminator_steps: k >= 1, discriminator minibatches for one move of the generator.
        average_decay: decay in [0, 1) of the generator's average weights, or None to keep none.
        simultaneous: both gradients at the same point, as in PacGAN's experiments.
        instance_noise: s >= 0, a `keras.optimizers.schedules.LearningRateSchedule` of s over the
            minibatches, or None for none.
        penalties: of `kgan.penalties`, on the discriminator's slopes, beside the model's own.
        seed: integer that fixes noise and order; None draws one.

    Raises:
        ValueError: as the arguments say, an unknown option, or networks that do not fit.
    """

    objective: losses.Objective = losses.non_saturating

    def __init__(
        self,
        data_shape,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        kind: str | None = None,
        conditions: Mapping[str, Part] | None = None,
        discriminator_steps: int = 1,
        average_decay: float | None = None,
        simultaneous: bool = False,
        instance_noise: float | Schedule | None = None,
        penalties: tuple[Penalty, ...] = (),
        seed: int | None = None,
        name: str | None = None,
    ):
        received = {name: value for name, value in locals().items() if name not in _HERE}
        self._arguments.received(received)
        self.data_shape = check_shape(data_shape)
        self.latent_dim = check_count("latent_dim", latent_dim)
        self.data_range = check_range(data_range)
        self.discriminator_steps = check_count("discriminator_steps", discriminator_steps)
        self.instance_noise = _check_noise(instance_noise)
        self.penalties = check_penalties(penalties)
        if simultaneous and self._penalty_every > 1:
            raise ValueError(
                f"penalties: got every = {self._penalty_every} in a simultaneous game, whose turns "
                "are all taken in every step; accepted is every = 1, or simultaneous=False."
            )
        if generator is None:
            generator = self.default_generator()
        if discriminator is None:
            discriminator = self.default_discriminator()
        conditions = dict(conditions or {})
        sample = Part(self.data_shape, kind or kind_of(self.data_shape), self.data_range)
        super().__init__(
            {"discriminator": discriminator, "generator": generator},
            {"real": sample, **conditions},
            simultaneous=simultaneous,
            seed=seed,
            average_decay=None if average_decay is None else {"generator": average_decay},
            name=name,
        )
        self.generator = generator
        self.discriminator = discriminator
        self.conditions = tuple(conditions)
        if self.penalties:
            check_penalised(discriminator)
        self._seen = {
            name: self._state((SEEN, *part.shape), "int32" if part.is_integer else None)
            for name, part in conditions.items()
            if None not in part.shape
        }
        if self._seen:
            self._seen_count = self._state((), "int32")
        self.check_networks()
        self._separates_samples = _separates_samples(discriminator)

    def _state(self, shape, dtype):
        return self.add_weight(shape=shape, dtype=dtype, initializer="zeros", trainable=False)

    # The networks -------------------------------------------------------------------------

    def default_generator(self) -> keras.Layer:
        """The generator of a model that is given none, from what its constructor set."""
        raise ValueError(f"generator: got none; {type(self).__name__} has no default one.")

    def default_discriminator(self) -> keras.Layer:
        """The discriminator of a model that is given none, from what its constructor set."""
        raise ValueError(f"discriminator: got none; {type(self).__name__} has no default one.")

    def check_networks(self, n: int = 2) -> None:
        """Refuse networks that do not map noise to samples, and samples to logits.

        Args:
            n: how many samples to try; they fill whole packs.
        """
        # Tensors: a network of several inputs refuses arrays beside tensors.
        batch = {
            name: ops.zeros(
                (n, *(side or 8 for side in part.shape)),
                "int32" if part.is_integer else keras.config.floatx(),
            )
            for name, part in self.spec.items()
        }
        batch["generator_noise"] = ops.zeros((n, self.latent_dim), keras.config.floatx())
        self._check_inputs("generator", self.told(batch, "generator", batch["generator_noise"]))
        self._check_inputs("discriminator", self.told(batch, "discriminator", batch["real"]))
        with autodiff.no_gradient():
            fake = _try("generator", partial(self.generated, batch, "generator", False))
            wanted = (n, *self.data_shape)
            if tuple(fake.shape) != wanted:
                raise ValueError(
                    f"generator: got one that maps noise {(n, self.latent_dim)} to "
                    f"{tuple(fake.shape)}; accepted is {wanted}, from data_shape."
                )
            answer = _try("discriminator", partial(self.discriminate, batch, fake, False))
        if isinstance(answer, Mapping) and "score" not in answer:
            raise ValueError(
                f"discriminator: got one with the heads {', '.join(answer)}; accepted is a head "
                "'score' among them."
            )
        logits = score_of(answer)
        if len(logits.shape) != 2 or logits.shape[1] != 1:
            raise ValueError(
                f"discriminator: got one that maps samples {tuple(fake.shape)} to "
                f"{tuple(logits.shape)}; accepted is one logit for each, (n, 1)."
            )
        last = getattr(self.discriminator, "layers", [self.discriminator])[-1]
        if getattr(last, "activation", None) is keras.activations.sigmoid:
            raise ValueError(
                "discriminator: got one that ends in a sigmoid; accepted are logits, "
                "because the losses take the sigmoid themselves, without losing precision."
            )

    def _check_inputs(self, player: str, told: Any) -> None:
        """Refuse a network of another number of inputs: Keras drops what it does not take."""
        wanted = len(told) if isinstance(told, list) else 1
        inputs = getattr(self.players[player], "inputs", None) or [None] * wanted
        if len(inputs) != wanted:
            first = "noise" if player == "generator" else "samples"
            takes = [first, *self.conditions] if wanted > 1 else [first]
            raise ValueError(
                f"{player}: got a network of {len(inputs)} inputs; accepted is one of {wanted}: "
                f"[{', '.join(takes)}], in this order."
            )

    def generated(self, batch, player, training=True):
        """Generated samples in the turn of a player, from its noise and the conditions.

        Args:
            batch: the minibatch, with `<player>_noise`.
            player: whose turn it is.
            training: passed on to the generator.

        Returns:
            Tensor `(n, *data_shape)` of Keras's float type, whatever the networks compute in.
        """
        told = self.told(batch, "generator", batch[f"{player}_noise"])
        fake = self.generator(told, training=training)
        return ops.cast(fake, keras.config.floatx())

    def discriminate(self, batch, x, training=True):
        """What the discriminator answers to samples x under the batch's conditions.

        Args:
            batch: holds the conditions, one for each sample of x.
            x: samples `(n, *data_shape)`.
            training: passed on to the discriminator.

        Returns:
            Logits `(n, 1)`, or a dict of heads of which `"score"` holds them, in full precision.
        """
        answer = self.discriminator(self.told(batch, "discriminator", x), training=training)
        return keras.tree.map_structure(lambda t: ops.cast(t, keras.config.floatx()), answer)

    def packed(self, x):
        """Samples as one logit judges them, and as penalties take its slope: alone."""
        return x

    def unpacked(self, x):
        """The samples that `packed` was given."""
        return x

    def told(self, batch, player, x):
        """What a player's network is given: x alone, or a list of x and the conditions.

        A model whose networks are not all told the same says so here: an auxiliary classifier,
        for one, names the class, and must not be told it.

        Args:
            batch: holds the conditions.
            player: whose network is asked.
            x: noise for the generator, samples for the discriminator.
        """
        return [x, *(batch[name] for name in self.conditions)] if self.conditions else x

    # The game -----------------------------------------------------------------------------

    def turns(self):
        k, every = self.discriminator_steps, self._penalty_every
        turns = [Turn("discriminator", ("discriminator",), self._discriminator_turn)]
        if every > 1:
            turns.append(Turn("penalty", ("discriminator",), self._penalty_turn, every))
        return (*turns, Turn("generator", ("generator",), self._generator_turn, k, k - 1))

    @property
    def _penalty_every(self) -> int:
        """Minibatches from one turn of lazy penalties to the next; 1 where there are none."""
        return max((penalty.every for penalty in self.penalties), default=1)

    def draw(self, batch, seed):
        real = batch["real"]
        shape = (ops.shape(real)[0], self.latent_dim)
        drawn: dict[str, Any] = {
            penalty.name: penalty.draw(self.packed(real), seed) for penalty in self.penalties
        }
        drawn["discriminator_noise"] = keras.random.normal(shape, seed=seed)
        drawn["generator_noise"] = keras.random.normal(shape, seed=seed)
        if self.instance_noise is not None:
            for player in self.players:
                for kind in ("real", "fake"):
                    drawn[f"{player}_{kind}_noise"] = keras.random.normal(
                        ops.shape(real), seed=seed
                    )
        return drawn

    def _discriminator_turn(self, batch):
        with autodiff.no_gradient():
            real, fake = self.samples(batch, "discriminator")
        loss, logs = self.discriminator_loss(real, fake, batch)
        penalty, values = self.penalty_loss(real, fake, batch)
        return loss + penalty, {**logs, **values}

    def _penalty_turn(self, batch):
        with autodiff.no_gradient():
            real, fake = self.samples(batch, "discriminator")
        penalty, values = self.penalty_loss(real, fake, batch, self._penalty_every)
        # The last bias moves no slope; a score that counts for nothing gives it its gradient, 0.
        nothing = sum(
            0.0 * ops.mean(head) for head in keras.tree.flatten(self.discriminate(batch, real))
        )
        return penalty + nothing, values

    def penalty_loss(self, real, fake, batch, every: int = 1) -> tuple[Any, dict[str, Any]]:
        """The weighted sum of the penalties that are taken once in `every` minibatches, and the
        value of each without its weight."""

        def scores(x):
            return score_of(self.discriminate(batch, self.unpacked(x)))

        real, fake = self.packed(real), self.packed(fake)
        total, values = 0.0, {}
        for penalty in self.penalties:
            if penalty.every == every:
                value = penalty.value(scores, real, fake, batch[penalty.name])
                values[penalty.name] = value
                total += every * penalty.weight * value
        return total, values

    def _generator_turn(self, batch):
        return self.generator_loss(*self.samples(batch, "generator"), batch)

    def samples(self, batch, player) -> tuple[Any, Any]:
        """Real and generated samples as a turn of the player sees them, with instance noise."""
        real, fake = batch["real"], self.generated(batch, player)
        s = self.instance_noise
        if s is None:
            return real, fake
        if isinstance(s, Schedule):
            s = ops.cast(s(self.optimizer.iterations.value), real.dtype)
        return real + s * batch[f"{player}_real_noise"], fake + s * batch[f"{player}_fake_noise"]

    def discriminate_both(self, batch, real, fake) -> tuple[Any, Any]:
        """What the discriminator answers to real and to generated samples.

        In one pass where that changes nothing, which saves time; in two where the network may
        mix the samples that it sees together, as batch normalisation does.
        """
        if not self._separates_samples:
            return self.discriminate(batch, real), self.discriminate(batch, fake)
        twice = {name: ops.concatenate([batch[name]] * 2) for name in self.conditions}
        both = self.discriminate(twice, ops.concatenate([real, fake]))
        n = ops.shape(score_of(both))[0] // 2
        first, second = (
            keras.tree.map_structure(lambda head, part=part: head[part], both)
            for part in (slice(None, n), slice(n, None))
        )
        return first, second

    def discriminator_loss(self, real, fake, batch) -> tuple[Any, dict[str, Any]]:
        """The discriminator's loss and logs, from real and generated samples, without penalties."""
        return self.adversarial_loss(*self.discriminate_both(batch, real, fake))

    def adversarial_loss(self, real_answer, fake_answer) -> tuple[Any, dict[str, Any]]:
        """The objective of what the discriminator answered, and the mean scores."""
        real, fake = score_of(real_answer), score_of(fake_answer)
        return self.objective.discriminator(real, fake), {
            "real_score": self._mean_score(real),
            "fake_score": self._mean_score(fake),
        }

    def generator_loss(self, real, fake, batch) -> tuple[Any, dict[str, Any]]:
        """The generator's loss and logs, from real and generated samples."""
        if self.objective.pairs:
            answers = self.discriminate_both(batch, real, fake)
            return self.objective.generator(*map(score_of, answers)), {}
        return self.objective.generator(score_of(self.discriminate(batch, fake))), {}

    def _mean_score(self, logits):
        return ops.mean(logits if self.objective.critic else ops.sigmoid(logits))

    def remember(self, batch):
        """Keep the conditions of the last samples, from which `generate` draws."""
        for name, seen in self._seen.items():
            new = ops.cast(batch[name], seen.dtype)
            seen.assign(ops.concatenate([new, seen.value])[:SEEN])
        if self._seen:
            count = self._seen_count.value + ops.shape(batch["real"])[0]
            self._seen_count.assign(ops.minimum(count, SEEN))

    def log_names(self):
        return ("real_score", "fake_score", *(penalty.name for penalty in self.penalties))

    def evaluation_names(self):
        if self.objective.critic:
            return ("score_difference",)
        return ("value", "js_lower_bound")

    def evaluate_batch(self, batch):
        """V(D, G) on held-out data, and the bound JS >= (V + log 4)/2 that it implies.

        The best discriminator reaches V = 2 JS − log 4 (claim A-JS-02) and any other one less.
        A critic's scores have no such scale; the difference of their means is given instead.
        """
        fake = self.generated(batch, "generator", training=False)
        real_logits = score_of(self.discriminate(batch, batch["real"], training=False))
        fake_logits = score_of(self.discriminate(batch, fake, training=False))
        if self.objective.critic:
            return {"score_difference": ops.mean(real_logits) - ops.mean(fake_logits)}
        value = -losses.logistic_discriminator(real_logits, fake_logits)
        return {"value": value, "js_lower_bound": (value + math.log(4)) / 2}

    # Using a trained game -----------------------------------------------------------------

    def call(self, noise, training=False):
        """Generated samples for given noise, by the average weights where they are kept.

        Under conditions a list of the noise and the conditions, as the generator takes it.
        """
        return self.network("generator", noise, training=training)

    def generate(
        self, n: int, *, seed: int = 0, averaged: bool | None = None, **conditions
    ) -> np.ndarray:
        """Draw samples from the generator.

        Args:
            n: number of samples, >= 1.
            seed: integer >= 0; the same seed gives the same noise on every backend.
            averaged: use the average of the weights; by default wherever the model keeps one.
            conditions: by part name, one value for all samples or an array of n; what is not
                given is drawn as it occurs among the samples that the model was trained on.

        Returns:
            float32 array `(n, *data_shape)`, in the data's range.

        Raises:
            ValueError: bad n or seed, an average asked of a model that keeps none, an unknown
                condition or a value that is none, or a condition that must be given and is not.
        """
        check_count("n", n)
        check_count("seed", seed, least=0)
        check_names(f"{type(self).__name__}.generate: condition", conditions, self.conditions)
        noise = np.random.default_rng(seed).standard_normal((n, self.latent_dim))
        noise = noise.astype(keras.config.floatx())
        told = self.told(self._conditions(n, seed, conditions), "generator", noise)
        return self.answer("generator", told, averaged=averaged)

    def _conditions(self, n: int, seed: int, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Conditions for n samples: those given, the others together from what was seen."""
        known = int(ops.convert_to_numpy(self._seen_count.value)) if self._seen else 0
        rows = np.random.default_rng((seed, 1)).integers(max(known, 1), size=n)
        found = {}
        for name in self.conditions:
            part = self.spec[name]
            if name in given:
                values = np.asarray(given[name])
                if values.ndim == len(part.shape):
                    values = np.repeat(values[None], n, axis=0)
                if not part.is_integer and values.dtype.kind in "fiu":
                    values = values.astype(keras.config.floatx())
                part.check(name, values)
                if len(values) != n:
                    raise ValueError(
                        f"{name}: got {len(values)} values for {n} samples; accepted is one for "
                        "all, or one for each."
                    )
            elif known and name in self._seen:
                values = ops.convert_to_numpy(self._seen[name].value)[rows]
            elif part.kind == "label" and not part.shape:
                values = np.random.default_rng((seed, 1)).integers(part.classes or 1, size=n)
            else:
                untrained = name in self._seen
                why = "the model has not been trained" if untrained else "its shape is free"
                raise ValueError(
                    f"{name}: got none, and there is nothing to draw it from, because {why}; "
                    f"accepted is a {part.kind} of shape {part.shape}."
                )
            found[name] = values.astype("int32") if part.is_integer else values
        return found

    def score(self, x, y=None) -> np.ndarray:
        """The discriminator's logits (a critic's scores) for given samples.

        Args:
            x: array `(n, *data_shape)`; under conditions all parts, in any form that `fit` takes.
            y: the condition, if x is the samples.

        Returns:
            float32 array `(n,)`; D(x) = 1/(1 + exp(−logit)) where the objective is logistic.

        Raises:
            ValueError: samples of another shape, or with NaN; a condition missing or unknown.
        """
        given = self.read(x, y, bounded=False)
        if given is None:
            raise ValueError(f"x: got {type(x).__name__}; accepted are arrays of {self.spec}.")

        def scores(part):
            batch = self.canonical(part)
            return score_of(self.discriminate(batch, batch["real"], training=False))

        return self.in_chunks(scores, given)[:, 0]

    def compile(self, generator_optimizer=None, discriminator_optimizer=None, **options):
        """Give both players their optimizers; the paper's where none is given.

        With lazy penalties the discriminator's default optimizer is set for their additional
        moves (`kgan.penalties.paced`); one that is given is taken as it is.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers or their names.
            options: as in `Game.compile`.

        Raises:
            ValueError: as `Game.compile`.
        """
        if "optimizer" in options:  # all players' as one, from a file
            super().compile(**options)
            return
        if self._penalty_every > 1 and discriminator_optimizer is None:
            default = self.default_optimizers()["discriminator"]
            discriminator_optimizer = paced(default, self._penalty_every)
        super().compile(
            generator_optimizer=generator_optimizer,
            discriminator_optimizer=discriminator_optimizer,
            **options,
        )


def score_of(answer: Any) -> Any:
    """The logits among a discriminator's answer, which may have other heads beside them."""
    return answer["score"] if isinstance(answer, Mapping) else answer


def _check_noise(instance_noise):
    if instance_noise is None or isinstance(instance_noise, Schedule):
        return instance_noise
    try:
        return check_number("instance_noise", instance_noise, least=0)
    except ValueError:
        raise ValueError(
            f"instance_noise: got {instance_noise!r}; accepted are a number >= 0, a "
            "keras.optimizers.schedules.LearningRateSchedule and None."
        ) from None


def _separates_samples(network) -> bool:
    """Whether a network is known to answer for each sample alone: layers of Keras and of this
    package do, but for batch normalisation and those that declare `mixes_samples`; of somebody's
    own layer nothing is known."""
    mixing = keras.layers.BatchNormalization | keras.layers.Lambda
    return all(
        type(layer).__module__.startswith(("keras.", "kgan."))
        and not isinstance(layer, mixing)
        and not getattr(layer, "mixes_samples", False)
        for layer in network._flatten_layers()
    )


def _try(name, use):
    try:
        return use()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: got one that refuses its input: {error}") from error
