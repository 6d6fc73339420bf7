"""R3GAN, the regularised relativistic GAN.

Huang, Gokaslan, Kuleshov, Tompkin 2024, "The GAN is dead; long live the GAN! A Modern Baseline
GAN", https://arxiv.org/abs/2501.05441.
"""

import math
from functools import partial
from typing import Any

import keras
from keras import layers

from kgan import losses
from kgan.penalties import check_penalised, zero_centred_penalty
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class R3GAN(TwoPlayerGame):
    """Every generated sample is compared with a real one, and slopes are punished at both.

    The discriminator descends E[softplus(−(D(x) − D(G(z))))] + γ/2·E[‖∇D(x)‖²] +
    γ/2·E[‖∇D(G(z))‖²], relativistic pairing with R1 and R2; the generator descends
    E[softplus(−(D(G(z)) − D(x)))] (section 2). Because a sample counts only beside a real one, a
    mode that was dropped keeps pulling. Either penalty makes the game converge near its
    equilibrium (proposition 2); both are needed far from it, where R1 leaves slopes at generated
    samples free (section 2). No normalisation layers, residual blocks whose last convolution
    starts at 0 (section 3; Zhang et al. 2019, "Fixup Initialization").

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        gamma: γ >= 0 of both penalties; 1 for Stacked MNIST in the paper.
        generator, discriminator: networks of your own; no batch normalisation in the discriminator,
            and on TensorFlow no resizing but by nearest neighbours.
        filters: channels at the images' full size, doubled at each halving up to four times as
            many; or a quarter of the width of the default perceptrons for vectors.
        average_decay: decay of the generator's average weights.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; a weight < 0; batch normalisation or, on TensorFlow,
            smooth resizing in the discriminator.
    """

    objective = losses.relativistic

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        gamma: float = 1.0,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 32,
        average_decay: float | None = 0.999,
        **options,
    ):
        shape = check_shape(data_shape)
        if not 0 <= gamma < math.inf:
            raise ValueError(f"gamma: got {gamma!r}; accepted is a number >= 0.")
        if discriminator is not None:
            check_penalised(discriminator)
        super().__init__(
            shape,
            generator
            or default_generator(shape, latent_dim, output_activation(data_range), filters),
            discriminator or default_discriminator(shape, filters),
            latent_dim=latent_dim,
            data_range=data_range,
            average_decay=average_decay,
            **options,
        )
        self.gamma = gamma

    def discriminator_loss(self, real, fake, batch):
        loss, logs = super().discriminator_loss(real, fake, batch)
        discriminate = partial(self.discriminate, batch)
        real_slope = zero_centred_penalty(discriminate, real)
        fake_slope = zero_centred_penalty(discriminate, fake)
        logs = {**logs, "real_slope": real_slope, "fake_slope": fake_slope}
        return loss + self.gamma / 2 * (real_slope + fake_slope), logs

    def log_names(self):
        return (*super().log_names(), "real_slope", "fake_slope")

    def default_optimizers(self):
        # The paper starts at 2e-4 with batches of 512; small networks and batches bear more.
        return {
            "generator": keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
            "discriminator": keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
        }

    def get_config(self):
        return {**super().get_config(), "gamma": self.gamma}


def residual(x, channels: int):
    """x + two convolutions, the second of which starts at 0; x widened to `channels` first."""
    if x.shape[-1] != channels:
        x = layers.Conv2D(channels, 1, use_bias=False)(x)
    y = layers.Conv2D(channels, 3, padding="same")(layers.LeakyReLU(negative_slope=0.2)(x))
    y = layers.LeakyReLU(negative_slope=0.2)(y)
    y = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")(y)
    return layers.Add()([x, y])


def widths(shape, filters) -> list[int]:
    """Channels at full size and after each halving, until the smaller side is under 8."""
    halvings = max(1, (min(shape[:2]) // 4).bit_length() - 1)
    return [filters * min(4, 2**i) for i in range(halvings + 1)]


def default_generator(shape, latent_dim, activation, filters) -> keras.Model:
    noise = layers.Input((latent_dim,))
    x: Any = noise
    if len(shape) != 3:
        for _ in range(3):
            x = layers.Dense(4 * filters)(x)
            x = layers.LeakyReLU(negative_slope=0.2)(x)
        x = layers.Reshape(shape)(layers.Dense(math.prod(shape), activation=activation)(x))
        return keras.Model(noise, x, name="generator")
    height, width, channels = check_image_shape(shape)
    *finer, coarsest = widths(shape, filters)
    factor = 2 ** len(finer)
    rows, columns = -(-height // factor), -(-width // factor)
    x = layers.Reshape((rows, columns, coarsest))(layers.Dense(rows * columns * coarsest)(x))
    x = residual(x, coarsest)
    for width_of_layer in reversed(finer):
        x = layers.UpSampling2D(interpolation="nearest")(x)
        x = residual(x, width_of_layer)
    x = layers.Conv2D(channels, 3, padding="same", activation=activation)(x)
    extra = factor * rows - height, factor * columns - width
    if any(extra):
        x = layers.Cropping2D(((0, extra[0]), (0, extra[1])))(x)
    return keras.Model(noise, x, name="generator")


def default_discriminator(shape, filters) -> keras.Model:
    sample = layers.Input(shape)
    x: Any = sample
    if len(shape) != 3:
        x = layers.Flatten()(x)
        for _ in range(3):
            x = layers.Dense(4 * filters)(x)
            x = layers.LeakyReLU(negative_slope=0.2)(x)
        return keras.Model(sample, layers.Dense(1)(x), name="discriminator")
    finest, *coarser = widths(shape, filters)
    x = layers.Conv2D(finest, 3, padding="same")(x)
    x = residual(x, finest)
    for width_of_layer in coarser:
        x = layers.AveragePooling2D(2, padding="same")(x)
        x = residual(x, width_of_layer)
    x = layers.Flatten()(x)
    return keras.Model(sample, layers.Dense(1)(x), name="discriminator")
