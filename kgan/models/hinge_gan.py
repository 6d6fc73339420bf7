"""The GAN with a hinge loss.

Lim and Ye 2017, "Geometric GAN", https://arxiv.org/abs/1705.02894; Miyato, Kataoka, Koyama,
Yoshida 2018, "Spectral Normalization for Generative Adversarial Networks",
https://arxiv.org/abs/1802.05957, eq. 16 and 17.
"""

import math

import keras
from keras import layers

from kgan import losses
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class HingeGAN(TwoPlayerGame):
    """A discriminator that separates with a margin, as a support vector machine does.

    The discriminator descends E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))], so that samples on
    their side of the margin no longer move it; the generator descends −E[D(G(z))], straight
    through the separating surface (Lim and Ye, section 3).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        generator, discriminator: networks of your own instead of the default ones.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    objective = losses.hinge

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        **options,
    ):
        shape = check_shape(data_shape)
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


def default_generator(shape, latent_dim, activation, filters) -> keras.Sequential:
    network = [layers.Input((latent_dim,))]
    if len(shape) != 3:
        network += [layers.Dense(4 * filters, activation="relu") for _ in range(3)]
        network += [layers.Dense(math.prod(shape), activation=activation), layers.Reshape(shape)]
        return keras.Sequential(network, name="generator")
    height, width, channels = check_image_shape(shape)
    rows, columns = -(-height // 4), -(-width // 4)
    network += [
        layers.Dense(rows * columns * 2 * filters, use_bias=False),
        layers.Reshape((rows, columns, 2 * filters)),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]
    for width_of_layer in (2 * filters, filters):
        network += [
            layers.UpSampling2D(interpolation="nearest"),
            layers.Conv2D(width_of_layer, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    network.append(layers.Conv2D(channels, 3, padding="same", activation=activation))
    extra = 4 * rows - height, 4 * columns - width
    if any(extra):
        network.append(layers.Cropping2D(((0, extra[0]), (0, extra[1]))))
    return keras.Sequential(network, name="generator")


def default_discriminator(shape, filters) -> keras.Sequential:
    network = [layers.Input(shape)]
    if len(shape) != 3:
        network.append(layers.Flatten())
        for _ in range(3):
            network += [layers.Dense(4 * filters), layers.LeakyReLU(negative_slope=0.2)]
    else:
        network += [
            layers.Conv2D(filters, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(2 * filters, 4, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
        ]
    network.append(layers.Dense(1))
    return keras.Sequential(network, name="discriminator")
