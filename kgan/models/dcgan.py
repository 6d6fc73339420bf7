"""The deep convolutional GAN.

Radford, Metz, Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", https://arxiv.org/abs/1511.06434.
"""

from typing import Any

import keras
from keras import layers

from kgan import losses
from kgan.two_player import TwoPlayerGame, check_image_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class DCGAN(TwoPlayerGame):
    """Convolutional networks with batch normalisation, by the guidelines of the paper.

    Strided convolutions instead of pooling, batch normalisation in both networks but not at the
    generator's output nor the discriminator's input, ReLU in the generator and LeakyReLU 0.2 in
    the discriminator, no hidden dense layers (section 3), weights from N(0, 0.02) (section 4).
    The generator enlarges by nearest-neighbour upsampling followed by a convolution where the
    paper has a fractionally strided one, which leaves checkerboards and is slow on XLA's CPU.

    Args:
        data_shape: (height, width, channels), sides >= 8, 1 to 4 channels; generated at the next
            multiple of the networks' stride and cropped.
        latent_dim: length of the noise vectors, >= 1; 100 in the paper.
        data_range: (-1, 1), (0, 1) or None.
        generator, discriminator: networks of your own instead of the default ones.
        filters: channels of the discriminator's first layer, doubled at each stride; 64 or 128
            in the paper.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    objective = losses.non_saturating

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 100,
        data_range=(-1, 1),
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        **options,
    ):
        shape = check_image_shape(data_shape)
        super().__init__(
            shape,
            generator
            or default_generator(shape, latent_dim, output_activation(data_range), filters),
            discriminator or default_discriminator(shape, filters),
            latent_dim=latent_dim,
            data_range=data_range,
            **options,
        )

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(2e-4, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(2e-4, beta_1=0.5),
        }


def doublings(shape) -> int:
    """How often both sides can be halved before the smaller one falls under 4."""
    return max(1, (min(shape[:2]) // 4).bit_length() - 1)


def default_generator(shape, latent_dim, activation, filters) -> keras.Sequential:
    height, width, channels = shape
    n = doublings(shape)
    rows, columns = -(-height // 2**n), -(-width // 2**n)
    start: Any = keras.initializers.RandomNormal(stddev=0.02)
    deepest = filters * 2 ** (n - 1)
    network = [
        layers.Input((latent_dim,)),
        layers.Dense(rows * columns * 2 * deepest, use_bias=False, kernel_initializer=start),
        layers.Reshape((rows, columns, 2 * deepest)),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]
    for i in range(n):
        network += [
            layers.UpSampling2D(interpolation="nearest"),
            layers.Conv2D(
                deepest // 2**i, 3, padding="same", use_bias=False, kernel_initializer=start
            ),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    network.append(
        layers.Conv2D(channels, 3, padding="same", activation=activation, kernel_initializer=start)
    )
    extra = rows * 2**n - height, columns * 2**n - width
    if any(extra):
        network.append(layers.Cropping2D(((0, extra[0]), (0, extra[1]))))
    return keras.Sequential(network, name="generator")


def default_discriminator(shape, filters) -> keras.Sequential:
    start: Any = keras.initializers.RandomNormal(stddev=0.02)
    network = [layers.Input(shape)]
    for i in range(doublings(shape)):
        network.append(
            layers.Conv2D(
                filters * 2**i,
                4,
                strides=2,
                padding="same",
                use_bias=i == 0,
                kernel_initializer=start,
            )
        )
        if i > 0:
            network.append(layers.BatchNormalization(momentum=0.9))
        network.append(layers.LeakyReLU(negative_slope=0.2))
    network += [layers.Flatten(), layers.Dense(1, kernel_initializer=start)]
    return keras.Sequential(network, name="discriminator")
