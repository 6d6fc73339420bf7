"""The Wasserstein GAN with clipped weights.

Arjovsky, Chintala, Bottou 2017, "Wasserstein GAN", https://arxiv.org/abs/1701.07875.
"""

import math

import keras
from keras import layers

from kgan import losses
from kgan.penalties import ClipWeights
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class WGAN(TwoPlayerGame):
    """A critic that is Lipschitz because its weights cannot grow.

    The critic descends E[D(G(z))] − E[D(x)] and has its weights clipped to [−c, c] after each
    move; the generator descends −E[D(G(z))] (algorithm 1). The constant K of Lipschitz depends on
    c and on the layers and is unknown, so the difference of scores measures K times a part of the
    Wasserstein distance: compare it between steps of one run, never between critics.

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        discriminator_steps: critic minibatches for one move of the generator; 5 in the paper.
        clip: c > 0; 0.01 in the paper.
        generator, discriminator: networks of your own instead of the default ones.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; a clip that is no number > 0.
    """

    objective = losses.wasserstein

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        discriminator_steps: int = 5,
        clip: float = 0.01,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        **options,
    ):
        shape = check_shape(data_shape)
        if not 0 < clip < math.inf:
            raise ValueError(f"clip: got {clip!r}; accepted is a number > 0.")
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
        self.clip = clip
        # An optimizer applies a variable's constraint after it has moved it.
        for weight in self.discriminator.trainable_variables:
            weight.constraint = ClipWeights(clip)

    def default_optimizers(self):
        # 0.99 is the decay of the RMSProp that the authors' code calls.
        return {
            "generator": keras.optimizers.RMSprop(5e-5, rho=0.99),
            "discriminator": keras.optimizers.RMSprop(5e-5, rho=0.99),
        }

    def get_config(self):
        return {**super().get_config(), "clip": self.clip}


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
