"""The packed GAN.

Lin, Khetan, Fanti, Oh 2018, "PacGAN: The power of two samples in generative adversarial networks",
https://arxiv.org/abs/1712.04086.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers

from kgan import losses, networks
from kgan.checks import check_count
from kgan.layers import Maxout
from kgan.networks import check_shape, output_activation
from kgan.two_player import TwoPlayerGame

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
        units: int = 400,
        filters: int = 64,
        simultaneous: bool = True,
        **options,
    ):
        self.packing = check_count("packing", packing)
        self.units, self.filters = check_count("units", units), check_count("filters", filters)
        if latent_dim is None:
            latent_dim = 100 if len(check_shape(data_shape)) == 3 else 2
        super().__init__(data_shape, latent_dim=latent_dim, simultaneous=simultaneous, **options)

    def default_generator(self):
        where = self.data_shape, self.latent_dim, self.data_range
        if len(self.data_shape) != 3:
            return normalised_perceptron(*where, self.units)
        f = self.filters
        return networks.convolutional_generator(*where, widths=(2 * f, 2 * f, f), initializer=start)

    def default_discriminator(self):
        *places, channels = self.data_shape
        packed = (*places, self.packing * channels)
        if len(packed) != 3:
            return maxout_discriminator(packed, self.units)
        return networks.convolutional_discriminator(
            packed, widths=(self.filters, 2 * self.filters), initializer=start
        )

    def check_networks(self, n: int = 2) -> None:
        super().check_networks(n * self.packing)

    def discriminate(self, batch, x, training=True):
        """The logits of packs: `(n, ...)` samples to `(n / m, 1)`."""
        return super().discriminate(batch, self.packed(x), training)

    def packed(self, x):
        """Consecutive samples joined along their last axis: `(n, ..., c)` to `(n/m, ..., m·c)`."""
        *places, channels = self.data_shape
        x = ops.reshape(x, (-1, self.packing, *places, channels))
        x = ops.moveaxis(x, 1, -2)
        return ops.reshape(x, (-1, *places, self.packing * channels))

    def unpacked(self, x):
        """The samples of packs: `(n/m, ..., m·c)` to `(n, ..., c)`."""
        *places, channels = self.data_shape
        x = ops.reshape(x, (-1, *places, self.packing, channels))
        return ops.reshape(ops.moveaxis(x, -2, 1), (-1, *places, channels))

    def score(self, x, y=None) -> np.ndarray:
        """The discriminator's logits for packs, or for samples that stand in packs.

        Args:
            x: packs `(n, m, *data_shape)`; or samples `(n, *data_shape)`, n a multiple of m, of
                which the first m are the first pack, and so on.
            y: a packed model takes no condition.

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
        self.spec.check({"real": samples}, bounded=False)
        self._check_packs("x", len(samples))
        packs = samples.reshape(-1, m, *self.data_shape).astype(keras.config.floatx())

        def judge(some):
            return self.discriminate({}, ops.reshape(some, (-1, *self.data_shape)), training=False)

        logits = self.in_chunks(judge, packs)[:, 0]  # cut between packs, never inside of one
        return logits if packed else np.repeat(logits, m)

    # Whole packs only ---------------------------------------------------------------------

    def _check_packs(self, name: str, samples: int) -> None:
        if samples % self.packing:
            raise ValueError(
                f"{name}: got {samples} samples; accepted is a multiple of packing = "
                f"{self.packing}."
            )

    def read(self, x, y=None, name="x", bounded=True, held_out=False):
        """Checked arrays; `Game.read`, held-out ones of whole packs, as no remainder is dropped."""
        given = super().read(x, y, name, bounded, held_out)
        if given is not None and held_out:
            self._check_packs(name, len(given["real"]))
        return given

    def batches(self, given, batch_size, **options):
        """Minibatches of whole packs; `Game.batches`."""
        if batch_size % self.packing:
            raise ValueError(
                f"batch_size: got {batch_size}; accepted is a multiple of packing = {self.packing}."
            )
        return super().batches(given, batch_size, **options)

    def evaluate(self, x: Any = None, y: Any = None, *, batch_size: int | None = None, **options):
        """The value of held-out packs; `Game.evaluate`.

        Raises:
            ValueError: as `Game.evaluate`; samples that do not fill whole packs.
        """
        if self.read(x, y, held_out=True) is not None:  # a stream has minibatches of its own
            self._check_packs("batch_size", 32 if batch_size is None else batch_size)
        return super().evaluate(x, y, batch_size=batch_size, **options)

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


# The default networks ----------------------------------------------------------------------


def start() -> Any:
    return keras.initializers.RandomNormal(stddev=0.02)


def normalised_perceptron(shape, latent_dim, data_range, units) -> keras.Sequential:
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
        layers.Dense(
            math.prod(shape),
            activation=output_activation(data_range),
            kernel_initializer=start(),
        ),
        layers.Reshape(shape),
    ]
    return keras.Sequential(network, name="generator")


def maxout_discriminator(shape, units) -> keras.Sequential:
    network = [layers.Input(shape), layers.Flatten()]
    network += [Maxout(max(1, units // 2), 5, kernel_initializer=start()) for _ in range(3)]
    network.append(layers.Dense(1, kernel_initializer=start()))
    return keras.Sequential(network, name="discriminator")
