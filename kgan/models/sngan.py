"""The GAN with spectral normalisation.

Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral Normalization for Generative Adversarial
Networks", https://arxiv.org/abs/1802.05957.
"""

import math

import keras
from keras import layers

from kgan import losses
from kgan.layers import SpectralNormalization
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class SNGAN(TwoPlayerGame):
    """A discriminator whose layers each stretch by 1 at most, in matrix norm.

    Every weight matrix is divided by its largest singular value, found by one step of power
    iteration a move (section 2.1, algorithm 1; eq. 8), which bounds the Lipschitz constant of
    the whole (eq. 7) for dense layers. Loss: hinge (eq. 16 and 17).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        discriminator_steps: discriminator minibatches for one move of the generator; 5 in the
            paper's best setting, or 1.
        generator, discriminator: networks of your own; `kgan.layers.SpectralNormalization` wraps
            the layers of a discriminator.
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
        discriminator_steps: int = 5,
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
            discriminator_steps=discriminator_steps,
            **options,
        )

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9),
            "discriminator": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9),
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
            network += [
                SpectralNormalization(layers.Dense(4 * filters)),
                layers.LeakyReLU(negative_slope=0.1),
            ]
    else:
        for width_of_layer in (filters, 2 * filters):
            network += [
                SpectralNormalization(layers.Conv2D(width_of_layer, 3, padding="same")),
                layers.LeakyReLU(negative_slope=0.1),
                SpectralNormalization(
                    layers.Conv2D(2 * width_of_layer, 4, strides=2, padding="same")
                ),
                layers.LeakyReLU(negative_slope=0.1),
            ]
        network.append(layers.Flatten())
    network.append(SpectralNormalization(layers.Dense(1)))
    return keras.Sequential(network, name="discriminator")
