"""The packed GAN.

Lin, Khetan, Fanti, Oh 2018, "PacGAN: The power of two samples in generative adversarial networks",
https://arxiv.org/abs/1712.04086.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers

from kgan import losses
from kgan.layers import Maxout
from kgan.two_player import (
    TwoPlayerGame,
    check_count,
    check_image_shape,
    check_shape,
    output_activation,
)

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class PacGAN(TwoPlayerGame):
    """A discriminator that judges m samples of one source at once.

    It tells p^m from q^m, the laws of m independent samples of the data and of the generator
    (section 2). KL grows m times (claim A-MC-04), JS as far as min(log 2, m·JS(p, q)) (claims
    A-MC-05, A-MC-06), and a law that lost modes moves away faster than one that did not (claim
    A-MC-14), while the optimum stays at p = q (claim A-MC-07). All that is logged is of packs: an
    evaluation's value is at most 2 JS(p^m, q^m) − log 4.

    A pack is m consecutive samples, joined along their last axis: vectors end to end, images as
    channels. A minibatch must hold whole packs.

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        packing: m >= 1; 2 to 4 in the paper, and 1 is the GAN without packing.
        latent_dim: length of the noise vectors; by default 2 for vectors, as in the paper's
            experiments on mixtures, and 100 for images.
        data_range: (-1, 1), (0, 1) or None.
        generator, discriminator: networks of your own instead of the default ones; the
            discriminator takes packs `(n, ..., m·channels)`.
        units: width of the default generator for vectors, twice that of its discriminator's
            Maxout layers.
        filters: channels of the first convolution of the default discriminator for images.
        simultaneous: both gradients at the same point, as in the paper's experiments; that needs
            discriminator_steps = 1.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; a packing that is no integer >= 1; in `fit`, `evaluate`
            and `score` samples that do not fill whole packs.
    """

    objective = losses.non_saturating

    def __init__(
        self,
        data_shape,
        *,
        packing: int = 2,
        latent_dim: int | None = None,
        data_range=(-1, 1),
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        units: int = 400,
        filters: int = 64,
        simultaneous: bool = True,
        **options,
    ):
        shape = check_shape(data_shape)
        check_count("packing", packing)
        if latent_dim is None:
            latent_dim = 100 if len(shape) == 3 else 2
        self.packing = packing
        if len(shape) == 3:
            width, generator_for, discriminator_for = filters, image_generator, image_discriminator
        else:
            width, generator_for, discriminator_for = (
                units,
                vector_generator,
                vector_discriminator,
            )
        super().__init__(
            shape,
            generator or generator_for(shape, latent_dim, output_activation(data_range), width),
            discriminator or discriminator_for((*shape[:-1], packing * shape[-1]), width),
            latent_dim=latent_dim,
            data_range=data_range,
            simultaneous=simultaneous,
            **options,
        )

    def discriminate(self, batch, x, training=True):
        """The logits of packs: `(n, ...)` samples to `(n / m, 1)`."""
        return super().discriminate(batch, self.packs(x), training)

    def packs(self, x):
        """Consecutive samples joined along their last axis: `(n, ..., c)` to `(n/m, ..., m·c)`."""
        *places, channels = self.data_shape
        x = ops.reshape(x, (-1, self.packing, *places, channels))
        x = ops.moveaxis(x, 1, -2)
        return ops.reshape(x, (-1, *places, self.packing * channels))

    def score(self, x) -> np.ndarray:
        """The discriminator's logits for packs, or for samples that stand in packs.

        Args:
            x: packs `(n, m, *data_shape)`; or samples `(n, *data_shape)`, n a multiple of m, of
                which the first m are the first pack, and so on.

        Returns:
            float32 array `(n,)`: one logit a pack; of samples, each has the logit of its pack.

        Raises:
            ValueError: another shape, NaN, or samples that do not fill whole packs.
        """
        x = np.asarray(x)
        m, packed = self.packing, x.ndim == len(self.data_shape) + 2
        if packed and x.shape[1:] != (m, *self.data_shape):
            wanted = ", ".join(map(str, self.data_shape))
            raise ValueError(
                f"x: got shape {x.shape}; accepted are packs (n, {m}, {wanted}) and samples "
                f"(n, {wanted})."
            )
        samples = x.reshape(-1, *self.data_shape) if packed else x
        self.check_data(samples, None, "x", bounded=False)
        self._check_packs("x", len(samples))
        packs = samples.reshape(-1, m, *self.data_shape).astype(keras.config.floatx())
        # Cut into chunks between packs, never inside of one.
        logits = self._in_chunks(
            lambda p: self.discriminate({}, ops.reshape(p, (-1, *self.data_shape)), training=False),
            packs,
        )[:, 0]
        return logits if packed else np.repeat(logits, m)

    # Whole packs only ---------------------------------------------------------------------

    def _check_packs(self, name: str, samples: int) -> None:
        if samples % self.packing:
            raise ValueError(
                f"{name}: got {samples} samples; accepted is a multiple of packing = "
                f"{self.packing}."
            )

    def _check_batch_size(self, x, batch_size) -> None:
        if isinstance(x, tuple) or hasattr(x, "shape"):  # arrays, cut into minibatches by us
            batch_size = 32 if batch_size is None else batch_size
            if isinstance(batch_size, int) and batch_size % self.packing:
                raise ValueError(
                    f"batch_size: got {batch_size}; accepted is a multiple of packing = "
                    f"{self.packing}."
                )

    def fit(self, x: Any = None, y: Any = None, *, batch_size: int | None = None, **options):
        """Train; `Game.fit`, with minibatches of whole packs.

        Raises:
            ValueError: as `Game.fit`; a batch size that is no multiple of packing.
        """
        self._check_batch_size(x, batch_size)
        return super().fit(x, y, batch_size=batch_size, **options)

    def evaluate(self, x: Any = None, y: Any = None, *, batch_size: int | None = None, **options):
        """The value of held-out packs; `Game.evaluate`.

        Raises:
            ValueError: as `Game.evaluate`; samples that do not fill whole packs.
        """
        self._check_batch_size(x, batch_size)
        if hasattr(x, "shape"):
            self._check_packs("x", len(x))
        return super().evaluate(x, y, batch_size=batch_size, **options)

    def check_data(self, x, y, name, bounded=True):
        super().check_data(x, y, name, bounded)
        if name == "validation_data":  # of which no remainder is dropped
            self._check_packs(name, len(x))

    def canonical(self, data):
        batch = super().canonical(data)
        n = batch["real"].shape[0]
        if n is not None:  # TensorFlow's compiled step does not know it yet
            self._check_packs("minibatch", n)
        return batch

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(1e-4, beta_1=0.8),
            "discriminator": keras.optimizers.Adam(1e-4, beta_1=0.8),
        }

    def get_config(self):
        return {**super().get_config(), "packing": self.packing}


# The default networks ----------------------------------------------------------------------


def start() -> Any:
    return keras.initializers.RandomNormal(stddev=0.02)


def vector_generator(shape, latent_dim, activation, units) -> keras.Sequential:
    """Momentum and epsilon are those of the authors' code.

    Weights of 0.02 leave a variance of 8e-4 after the first layer, below Keras's own epsilon.
    """
    network = [layers.Input((latent_dim,))]
    for _ in range(4):
        network += [
            layers.Dense(units, use_bias=False, kernel_initializer=start()),
            layers.BatchNormalization(momentum=0.95, epsilon=1e-4),
            layers.ReLU(),
        ]
    network += [
        layers.Dense(math.prod(shape), activation=activation, kernel_initializer=start()),
        layers.Reshape(shape),
    ]
    return keras.Sequential(network, name="generator")


def vector_discriminator(shape, units) -> keras.Sequential:
    network = [layers.Input(shape), layers.Flatten()]
    network += [Maxout(max(1, units // 2), 5, kernel_initializer=start()) for _ in range(3)]
    network.append(layers.Dense(1, kernel_initializer=start()))
    return keras.Sequential(network, name="discriminator")


def image_generator(shape, latent_dim, activation, filters) -> keras.Sequential:
    height, width, channels = check_image_shape(shape)
    rows, columns = -(-height // 4), -(-width // 4)
    network = [
        layers.Input((latent_dim,)),
        layers.Dense(rows * columns * 2 * filters, use_bias=False, kernel_initializer=start()),
        layers.Reshape((rows, columns, 2 * filters)),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]
    for width_of_layer in (2 * filters, filters):
        network += [
            layers.UpSampling2D(interpolation="nearest"),
            layers.Conv2D(
                width_of_layer, 3, padding="same", use_bias=False, kernel_initializer=start()
            ),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    network.append(
        layers.Conv2D(
            channels, 3, padding="same", activation=activation, kernel_initializer=start()
        )
    )
    extra = 4 * rows - height, 4 * columns - width
    if any(extra):
        network.append(layers.Cropping2D(((0, extra[0]), (0, extra[1]))))
    return keras.Sequential(network, name="generator")


def image_discriminator(shape, filters) -> keras.Sequential:
    network = [layers.Input(shape)]
    for width_of_layer in (filters, 2 * filters):
        network += [
            layers.Conv2D(width_of_layer, 4, strides=2, padding="same", kernel_initializer=start()),
            layers.LeakyReLU(negative_slope=0.2),
        ]
    network += [layers.Flatten(), layers.Dense(1, kernel_initializer=start())]
    return keras.Sequential(network, name="discriminator")
