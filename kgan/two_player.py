"""Generator against discriminator: what every two-player GAN of this package shares."""

import inspect
import math
from typing import Any

import keras
import numpy as np

from kgan import autodiff, losses
from kgan.game import Game, Turn
from kgan.spec import Part

ops: Any = keras.ops  # its functions carry no types
Schedule = keras.optimizers.schedules.LearningRateSchedule

RANGES: dict[tuple[float, float] | None, str] = {
    (-1.0, 1.0): "tanh",
    (0.0, 1.0): "sigmoid",
    None: "linear",
}
CHUNK = 256  # samples generated at once


class TwoPlayerGame(Game):
    """A generator that maps noise to samples, against a discriminator that scores them.

    A model of this kind states its networks and its objective. The discriminator moves on every
    minibatch, the generator on every k-th, k being `discriminator_steps` (Goodfellow et al.
    2014, algorithm 1; claim A-GAN-11). A model's constructor takes its own arguments and passes
    `**options` on; what `help`, `inspect.signature` and `kgan train --set` see is both together.

    Instance noise plays the game between the laws of x + s·n and G(z) + s·n, n ~ N(0, I), whose
    supports always meet: the loss, penalties included, sees no other samples. `generate`, `score`
    and evaluation know nothing of it (Sønderby et al. 2017, section 3; Arjovsky, Bottou 2017,
    section 3; claims A-SUP-05, A-SUP-07, A-SUP-13).

    Args:
        data_shape: shape of one sample.
        generator: network from noise `(n, latent_dim)` to samples `(n, *data_shape)`.
        discriminator: network from samples to one logit each, `(n, 1)`.
        latent_dim: length of the noise vectors z ~ N(0, I), >= 1.
        data_range: (-1, 1), (0, 1) or None for data without bounds; `fit` refuses values outside.
        discriminator_steps: k >= 1, discriminator minibatches for one move of the generator.
        average_decay: decay in [0, 1) of the generator's average weights, or None to keep none.
        simultaneous: both gradients at the same point, as in PacGAN's experiments.
        instance_noise: s >= 0, a `keras.optimizers.schedules.LearningRateSchedule` of s over the
            minibatches, or None for none.
        seed: integer that fixes noise and order; None draws one.

    Raises:
        ValueError: as the arguments say, an unknown option, or networks that do not fit.
    """

    objective: losses.Objective = losses.non_saturating
    packing = 1  # samples that one logit judges; PacGAN's are more

    def __init__(
        self,
        data_shape,
        generator: keras.Layer,
        discriminator: keras.Layer,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        discriminator_steps: int = 1,
        average_decay: float | None = None,
        simultaneous: bool = False,
        instance_noise: float | Schedule | None = None,
        seed: int | None = None,
        name: str | None = None,
        **unknown,
    ):
        for option in unknown:
            accepted = ", ".join(inspect.signature(type(self)).parameters)
            raise ValueError(
                f"{type(self).__name__}: got an option {option!r}; accepted are {accepted}."
            )
        data_shape = check_shape(data_shape)
        check_count("latent_dim", latent_dim)
        check_count("discriminator_steps", discriminator_steps)
        data_range = check_range(data_range)
        _check_noise(instance_noise)
        _check_networks(data_shape, latent_dim, generator, discriminator, self.packing)
        super().__init__(
            {"discriminator": discriminator, "generator": generator},
            simultaneous=simultaneous,
            seed=seed,
            average_decay=None if average_decay is None else {"generator": average_decay},
            name=name,
        )
        self.generator = generator
        self.discriminator = discriminator
        self.data_shape = data_shape
        self.latent_dim = latent_dim
        self.data_range = data_range
        self.discriminator_steps = discriminator_steps
        self.instance_noise = instance_noise
        self._separates_samples = _separates_samples(discriminator)

    def __init_subclass__(cls, **keywords):
        """Write the options of this class into the signature of a model that passes them on."""
        super().__init_subclass__(**keywords)
        own = inspect.signature(cls.__init__).parameters
        shown = {n: p for n, p in own.items() if n != "self" and p.kind is not p.VAR_KEYWORD}
        if len(shown) + 1 < len(own):
            shared = inspect.signature(TwoPlayerGame).parameters
            shown |= {n: p for n, p in shared.items() if n not in own and p.kind is p.KEYWORD_ONLY}
        cls.__signature__ = inspect.Signature(list(shown.values()))

    # The game -----------------------------------------------------------------------------

    def turns(self):
        k = self.discriminator_steps
        return (
            Turn("discriminator", ("discriminator",), self._discriminator_turn),
            Turn("generator", ("generator",), self._generator_turn, every=k, offset=k - 1),
        )

    def draw(self, batch, seed):
        shape = (ops.shape(batch["real"])[0], self.latent_dim)
        drawn = {
            "discriminator_noise": keras.random.normal(shape, seed=seed),
            "generator_noise": keras.random.normal(shape, seed=seed),
        }
        if self.instance_noise is not None:
            for player in self.players:
                for kind in ("real", "fake"):
                    drawn[f"{player}_{kind}_noise"] = keras.random.normal(
                        ops.shape(batch["real"]), seed=seed
                    )
        return drawn

    def _discriminator_turn(self, batch):
        with autodiff.no_gradient():
            real, fake = self.samples(batch, "discriminator")
        return self.discriminator_loss(real, fake, batch)

    def _generator_turn(self, batch):
        return self.generator_loss(*self.samples(batch, "generator"), batch)

    def samples(self, batch, player) -> tuple[Any, Any]:
        """Real and generated samples as a turn of the player sees them, with instance noise."""
        real = batch["real"]
        # Under mixed precision the networks answer in another type than the data's.
        fake = ops.cast(self.generator(batch[f"{player}_noise"], training=True), real.dtype)
        s = self.instance_noise
        if s is None:
            return real, fake
        if isinstance(s, Schedule):
            s = ops.cast(s(self.optimizer.iterations.value), real.dtype)
        return real + s * batch[f"{player}_real_noise"], fake + s * batch[f"{player}_fake_noise"]

    def discriminate(self, batch, x, training=True):
        """The discriminator's logits for samples x, in full precision."""
        return ops.cast(self.discriminator(x, training=training), keras.config.floatx())

    def discriminate_both(self, batch, real, fake) -> tuple[Any, Any]:
        """The logits of real and of generated samples.

        In one pass where that changes nothing, which saves time; in two where the network may
        mix the samples that it sees together, as batch normalisation does.
        """
        if not self._separates_samples:
            return self.discriminate(batch, real), self.discriminate(batch, fake)
        n = ops.shape(real)[0] // self.packing
        logits = self.discriminate(batch, ops.concatenate([real, fake]))
        return logits[:n], logits[n:]

    def discriminator_loss(self, real, fake, batch) -> tuple[Any, dict[str, Any]]:
        """The discriminator's loss and logs, from real and generated samples."""
        real_logits, fake_logits = self.discriminate_both(batch, real, fake)
        loss = self.objective.discriminator(real_logits, fake_logits)
        return loss, {
            "real_score": self._mean_score(real_logits),
            "fake_score": self._mean_score(fake_logits),
        }

    def generator_loss(self, real, fake, batch) -> tuple[Any, dict[str, Any]]:
        """The generator's loss and logs, from real and generated samples."""
        if self.objective.pairs:
            return self.objective.generator(*self.discriminate_both(batch, real, fake)), {}
        return self.objective.generator(self.discriminate(batch, fake)), {}

    def _mean_score(self, logits):
        return ops.mean(logits if self.objective.critic else ops.sigmoid(logits))

    def log_names(self):
        return ("real_score", "fake_score")

    def evaluation_names(self):
        if self.objective.critic:
            return ("score_difference",)
        return ("value", "js_lower_bound")

    def evaluate_batch(self, batch):
        """V(D, G) on held-out data, and the bound JS >= (V + log 4)/2 that it implies.

        The best discriminator reaches V = 2 JS − log 4 (claim A-JS-02) and any other one less.
        A critic's scores have no such scale; the difference of their means is given instead.
        """
        fake = self.generator(batch["generator_noise"], training=False)
        real_logits = self.discriminate(batch, batch["real"], training=False)
        fake_logits = self.discriminate(batch, fake, training=False)
        if self.objective.critic:
            return {"score_difference": ops.mean(real_logits) - ops.mean(fake_logits)}
        value = -losses.logistic_discriminator(real_logits, fake_logits)
        return {"value": value, "js_lower_bound": (value + math.log(4)) / 2}

    # Using a trained game -----------------------------------------------------------------

    @property
    def sample_part(self) -> Part:
        """What `generate` returns."""
        drawn = "points" if self.data_shape in ((1,), (2,)) else "vector"
        kind = "image" if len(self.data_shape) == 3 else drawn
        return Part(self.data_shape, kind, self.data_range)

    def call(self, noise, training=False):
        """Generated samples for given noise, by the average weights where they are kept."""
        if "generator" in self.averages and not training:
            return autodiff.call_with(
                self.generator, [a.value for a in self.averages["generator"]], noise
            )
        return self.generator(noise, training=training)

    def generate(self, n: int, *, seed: int = 0, averaged: bool | None = None) -> np.ndarray:
        """Draw samples from the generator.

        Args:
            n: number of samples, >= 1.
            seed: integer >= 0; the same seed gives the same noise on every backend.
            averaged: use the average of the weights; by default wherever the model keeps one.

        Returns:
            float32 array `(n, *data_shape)`, in the data's range.

        Raises:
            ValueError: bad n or seed, or an average asked of a model that keeps none.
        """
        check_count("n", n)
        check_count("seed", seed, least=0)
        if averaged and "generator" not in self.averages:
            raise ValueError(
                "averaged: got True, but the model keeps no average; build it with average_decay."
            )
        noise = np.random.default_rng(seed).standard_normal((n, self.latent_dim))
        noise = noise.astype(keras.config.floatx())
        network = self.generator if averaged is False else self
        return self._in_chunks(lambda z: network(z, training=False), noise)

    def score(self, x) -> np.ndarray:
        """The discriminator's logits (a critic's scores) for given samples.

        Args:
            x: array `(n, *data_shape)`.

        Returns:
            float32 array `(n,)`; D(x) = 1/(1 + exp(−logit)) where the objective is logistic.

        Raises:
            ValueError: samples of another shape, or with NaN.
        """
        x = np.asarray(x)
        self.check_data(x, None, "x", bounded=False)
        x = x.astype(keras.config.floatx())
        return self._in_chunks(lambda v: self.discriminate({}, v, training=False), x)[:, 0]

    def _in_chunks(self, function, x) -> np.ndarray:
        with autodiff.no_gradient():
            chunks = [
                ops.convert_to_numpy(ops.cast(function(x[i : i + CHUNK]), keras.config.floatx()))
                for i in range(0, len(x), CHUNK)
            ]
        return np.concatenate(chunks)

    # Compiling, checking, saving ----------------------------------------------------------

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """The paper's optimizers, by player."""
        raise NotImplementedError

    def compile(self, generator_optimizer=None, discriminator_optimizer=None, **options):
        """Give both players their optimizers; the paper's where none is given.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers.
            options: run_eagerly, steps_per_execution, jit_compile, as in `Game.compile`.

        Raises:
            ValueError: as `Game.compile`.
        """
        if "optimizer" in options or "loss" in options:
            raise ValueError(
                "compile: got optimizer= or loss=; a GAN has two players: "
                "give generator_optimizer= and discriminator_optimizer=."
            )
        given = {"generator": generator_optimizer, "discriminator": discriminator_optimizer}
        optimizers = self.default_optimizers()
        optimizers.update({p: o for p, o in given.items() if o is not None})
        super().compile(optimizers, **options)

    def check_data(self, x, y, name, bounded=True):
        if y is not None:
            raise ValueError(f"y: got one, but {type(self).__name__} takes no condition.")
        if tuple(x.shape[1:]) != self.data_shape or x.ndim < 2:
            raise ValueError(
                f"{name}: got shape {tuple(x.shape)}; accepted is (n, "
                f"{', '.join(map(str, self.data_shape))})."
            )
        if not np.issubdtype(x.dtype, np.floating):
            raise ValueError(
                f"{name}: got type {x.dtype}; accepted are floats"
                + ("." if self.data_range is None else f" scaled to {self.data_range}.")
            )
        if not np.isfinite(x).all():
            bad = np.unique(np.argwhere(~np.isfinite(x))[:, 0])
            raise ValueError(
                f"{name}: got NaN or infinity in {len(bad)} of {len(x)} samples, "
                f"the first at index {bad[0]}; accepted are finite values."
            )
        if bounded and self.data_range is not None:
            low, high = self.data_range
            least, most = float(x.min()), float(x.max())
            if least < low - 1e-6 or most > high + 1e-6:
                raise ValueError(
                    f"{name}: got values from {least:g} to {most:g}; accepted is "
                    f"data_range = {self.data_range}."
                )

    def canonical(self, data):
        batch = super().canonical(data)
        if "condition" in batch:
            raise ValueError(f"y: got one, but {type(self).__name__} takes no condition.")
        if tuple(batch["real"].shape[1:]) != self.data_shape:
            raise ValueError(
                f"x: got minibatches of shape {tuple(batch['real'].shape)}; accepted is "
                f"(n, {', '.join(map(str, self.data_shape))})."
            )
        batch["real"] = ops.cast(batch["real"], keras.config.floatx())
        return batch

    def get_config(self):
        return {
            "data_shape": self.data_shape,
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "latent_dim": self.latent_dim,
            "data_range": self.data_range,
            "discriminator_steps": self.discriminator_steps,
            "average_decay": self.average_decay.get("generator"),
            "simultaneous": self.simultaneous,
            "instance_noise": keras.saving.serialize_keras_object(self.instance_noise),
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for part in ("generator", "discriminator", "instance_noise"):
            config[part] = keras.saving.deserialize_keras_object(config[part], custom_objects)
        return cls(**config)


# What the models' constructors check -------------------------------------------------------


def check_shape(data_shape) -> tuple[int, ...]:
    """A sample's shape: a vector's length, or height, width and 1 to 4 channels."""
    try:
        shape = tuple(int(size) for size in data_shape)
    except (TypeError, ValueError):
        shape = ()
    if not shape or any(size < 1 for size in shape):
        raise ValueError(
            f"data_shape: got {data_shape!r}; accepted is a tuple of sizes >= 1, "
            "such as (2,) or (28, 28, 1)."
        )
    return shape


def check_image_shape(data_shape) -> tuple[int, int, int]:
    """An image's shape: height and width >= 8, 1 to 4 channels."""
    shape = check_shape(data_shape)
    if len(shape) != 3 or min(shape[:2]) < 8 or not 1 <= shape[2] <= 4:
        raise ValueError(
            f"data_shape: got {data_shape!r}; accepted is (height, width, channels) "
            "with sides >= 8 and 1 to 4 channels."
        )
    height, width, channels = shape
    return height, width, channels


def check_count(name: str, value, least: int = 1) -> None:
    """An integer from `least` on."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}: got {value!r}; accepted is an integer >= {least}.")


def check_range(data_range) -> tuple[float, float] | None:
    """One of the ranges that a generator's last activation can reach."""
    if data_range is None:
        return None
    if isinstance(data_range, tuple | list) and len(data_range) == 2:
        low, high = data_range
        if (low, high) in RANGES:
            return float(low), float(high)
    raise ValueError(f"data_range: got {data_range!r}; accepted are (-1, 1), (0, 1) and None.")


def output_activation(data_range) -> str:
    """The generator's last activation: tanh, sigmoid or linear."""
    return RANGES[check_range(data_range)]


def _check_noise(instance_noise) -> None:
    known = instance_noise is None or isinstance(instance_noise, Schedule)
    number = isinstance(instance_noise, int | float | np.number)
    if not known and not (number and 0 <= instance_noise < math.inf):
        raise ValueError(
            f"instance_noise: got {instance_noise!r}; accepted are a number >= 0, a "
            "keras.optimizers.schedules.LearningRateSchedule and None."
        )


def _check_networks(data_shape, latent_dim, generator, discriminator, packing):
    noise = np.zeros((2, latent_dim), dtype=keras.config.floatx())
    with autodiff.no_gradient():
        sample = _try("generator", generator, noise)
        if tuple(sample.shape[1:]) != data_shape:
            raise ValueError(
                f"generator: got one that maps noise {noise.shape} to {tuple(sample.shape)}; "
                f"accepted is (2, {', '.join(map(str, data_shape))}), from data_shape."
            )
        judged = ops.concatenate([sample] * packing, axis=-1)
        logits = _try("discriminator", discriminator, judged)
    if len(logits.shape) != 2 or logits.shape[1] != 1:
        raise ValueError(
            f"discriminator: got one that maps samples {tuple(judged.shape)} to "
            f"{tuple(logits.shape)}; accepted is one logit for each, (2, 1)."
        )
    last = getattr(discriminator, "layers", [discriminator])[-1]
    if getattr(last, "activation", None) is keras.activations.sigmoid:
        raise ValueError(
            "discriminator: got one that ends in a sigmoid; accepted are logits, "
            "because the losses take the sigmoid themselves, without losing precision."
        )


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


def _try(name, network, x):
    if not isinstance(network, keras.Layer):
        raise ValueError(f"{name}: got {type(network).__name__}; accepted is a Keras network.")
    try:
        return network(x, training=False)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: got one that refuses input {tuple(x.shape)}: {error}") from error
