"""The GAN with minibatch discrimination.

Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen 2016, "Improved Techniques for Training
GANs", https://arxiv.org/abs/1606.03498.
"""

import math
from typing import Any

import keras
from keras import layers

from kgan import losses
from kgan.layers.minibatch_discrimination import MinibatchDiscrimination
from kgan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class MinibatchGAN(TwoPlayerGame):
    """A discriminator that sees how alike the samples of a minibatch are.

    Before its last layer it appends to each sample's features its closeness to the others of
    the minibatch (section 3.2), so that a generator whose samples are all alike is found out.
    Real and generated samples are always judged in minibatches of their own.

    A logit is that of a sample in its company: `score` and `evaluate` answer for samples as they
    are given together, and answer otherwise for minibatches of another size.

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1; 100 in the authors' code.
        data_range: (-1, 1), (0, 1) or None.
        standard_deviation: append the minibatch's standard deviation (Karras et al. 2018,
            section 3) in place of minibatch discrimination.
        generator, discriminator: networks of your own instead of the default ones.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
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
        standard_deviation: bool = False,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        **options,
    ):
        shape = check_shape(data_shape)
        statistic = MinibatchStandardDeviation if standard_deviation else MinibatchDiscrimination
        super().__init__(
            shape,
            generator
            or default_generator(shape, latent_dim, output_activation(data_range), filters),
            discriminator or default_discriminator(shape, filters, statistic()),
            latent_dim=latent_dim,
            data_range=data_range,
            **options,
        )
        self.standard_deviation = standard_deviation

    def default_optimizers(self):
        # Of the authors' code for CIFAR-10; the paper states none.
        return {
            "generator": keras.optimizers.Adam(3e-4, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(3e-4, beta_1=0.5),
        }

    def get_config(self):
        return {**super().get_config(), "standard_deviation": self.standard_deviation}


def default_generator(shape, latent_dim, activation, filters) -> keras.Sequential:
    network: list[Any] = [layers.Input((latent_dim,))]
    if len(shape) != 3:
        network += [layers.Dense(4 * filters, activation="relu") for _ in range(2)]
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


def default_discriminator(shape, filters, statistic) -> keras.Sequential:
    network: list[Any] = [layers.Input(shape)]
    if len(shape) != 3:
        network.append(layers.Flatten())
        for _ in range(2):
            network += [layers.Dense(4 * filters), layers.LeakyReLU(negative_slope=0.2)]
    else:
        for width_of_layer in (filters, 2 * filters):
            network += [
                layers.Conv2D(width_of_layer, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
            ]
        network.append(layers.Flatten())
    network += [statistic, layers.Dense(1)]
    return keras.Sequential(network, name="discriminator")
