"""R3GAN, the regularised relativistic GAN.

Huang, Gokaslan, Kuleshov, Tompkin 2024, "The GAN is dead; long live the GAN! A Modern Baseline
GAN", https://arxiv.org/abs/2501.05441.
"""

from typing import Any

import keras
from keras import layers

from kgan import losses, networks
from kgan.checks import check_count, check_number
from kgan.networks import check_image_shape, coarsest_grid, cropping, halvings, output_activation
from kgan.penalties import R1, R2, Penalty, check_penalties
from kgan.two_player import TwoPlayerGame


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
        gamma: float = 1.0,
        filters: int = 32,
        average_decay: float | None = 0.999,
        penalties: tuple[Penalty, ...] = (),
        **options,
    ):
        check_number("gamma", gamma, least=0)
        self.filters = check_count("filters", filters)
        super().__init__(
            data_shape,
            average_decay=average_decay,
            penalties=(R1(gamma), R2(gamma), *check_penalties(penalties)),
            **options,
        )

    def default_generator(self):
        return residual_generator(self.data_shape, self.latent_dim, self.data_range, self.filters)

    def default_discriminator(self):
        return residual_discriminator(self.data_shape, self.filters)

    def default_optimizers(self):
        # The paper starts at 2e-4 with batches of 512; small networks and batches bear more.
        return {
            "generator": keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
            "discriminator": keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
        }


def residual(x, channels: int):
    """x + two convolutions, the second of which starts at 0; x widened to `channels` first."""
    if x.shape[-1] != channels:
        x = layers.Conv2D(channels, 1, use_bias=False)(x)
    y = layers.Conv2D(channels, 3, padding="same")(layers.LeakyReLU(negative_slope=0.2)(x))
    y = layers.LeakyReLU(negative_slope=0.2)(y)
    y = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")(y)
    return layers.Add()([x, y])


def widths(shape, filters: int) -> list[int]:
    """Channels at full size and after each halving, until the smaller side is under 8."""
    return [filters * min(4, 2**i) for i in range(halvings(shape) + 1)]


def residual_generator(shape, latent_dim, data_range, filters: int) -> keras.Model:
    """From a dense layer on the coarsest grid through residual blocks, doubled in between."""
    if len(shape) != 3:
        return networks.perceptron_generator(
            shape, latent_dim, data_range, units=4 * filters, depth=3, hidden="leaky_relu"
        )
    *finer, coarsest = widths(check_image_shape(shape), filters)
    rows, columns = coarsest_grid(shape, len(finer))
    noise = layers.Input((latent_dim,))
    x: Any = layers.Dense(rows * columns * coarsest)(noise)
    x = residual(layers.Reshape((rows, columns, coarsest))(x), coarsest)
    for width in reversed(finer):
        x = residual(layers.UpSampling2D(interpolation="nearest")(x), width)
    activation = output_activation(data_range)
    x = layers.Conv2D(shape[-1], 3, padding="same", activation=activation)(x)
    for crop in cropping(shape, len(finer)):
        x = crop(x)
    return keras.Model(noise, x, name="generator")


def residual_discriminator(shape, filters: int) -> keras.Model:
    """Residual blocks, halved in between, to a dense layer's logit."""
    if len(shape) != 3:
        return networks.perceptron_discriminator(shape, units=4 * filters, depth=3)
    finest, *coarser = widths(check_image_shape(shape), filters)
    sample = layers.Input(shape)
    x: Any = residual(layers.Conv2D(finest, 3, padding="same")(sample), finest)
    for width in coarser:
        x = residual(layers.AveragePooling2D(2, padding="same")(x), width)
    return keras.Model(sample, layers.Dense(1)(layers.Flatten()(x)), name="discriminator")
