"""The least squares GAN.

Mao, Li, Xie, Lau, Wang, Smolley 2017, "Least Squares Generative Adversarial Networks",
https://arxiv.org/abs/1611.04076.
"""

import math
from functools import partial

import keras
from keras import layers

from kgan import losses
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class LSGAN(TwoPlayerGame):
    """Least squares in place of the logistic loss: generated samples that the discriminator takes
    for real are still drawn towards the data, however far from them they lie.

    The discriminator descends ½E[(D(x) − b)²] + ½E[(D(G(z)) − a)²], the generator
    ½E[(D(G(z)) − c)²] (eq. 2); the discriminator has no sigmoid. With b − c = 1 and b − a = 2 the
    generator descends Pearson's χ² divergence of p_data + p_g and 2·p_g (section 3.2; claim
    A-SAT-12).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1; 1,024 in the paper.
        data_range: (-1, 1), (0, 1) or None.
        targets: a, b, c: what the discriminator gives generated and real samples, and what the
            generator wants; (0, 1, 1) of eq. 9 by default, (-1, 1, 0) of eq. 8 for χ².
        generator, discriminator: networks of your own instead of the default ones.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; targets that are no three numbers, or a = b.
    """

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        targets: tuple[float, float, float] = (0.0, 1.0, 1.0),
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        **options,
    ):
        shape = check_shape(data_shape)
        numbers = isinstance(targets, tuple | list) and all(
            isinstance(t, int | float) and math.isfinite(t) for t in targets
        )
        if not numbers or len(targets) != 3 or targets[0] == targets[1]:
            raise ValueError(
                f"targets: got {targets!r}; accepted are three numbers (a, b, c) with a != b."
            )
        super().__init__(
            shape,
            generator
            or default_generator(shape, latent_dim, output_activation(data_range), filters),
            discriminator or default_discriminator(shape, filters),
            latent_dim=latent_dim,
            data_range=data_range,
            **options,
        )
        a, b, c = self.targets = tuple(targets)
        self.objective = losses.Objective(
            "least_squares",
            partial(losses.least_squares_discriminator, a=a, b=b),
            partial(losses.least_squares_generator, c=c),
            critic=True,
        )

    def default_optimizers(self):
        # The rate of the paper's handwritten characters (section 4.1); 1e-3 for its scenes.
        return {
            "generator": keras.optimizers.Adam(2e-4, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(2e-4, beta_1=0.5),
        }

    def get_config(self):
        return {**super().get_config(), "targets": self.targets}


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
            layers.Conv2D(width_of_layer, 5, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    network.append(layers.Conv2D(channels, 5, padding="same", activation=activation))
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
            layers.Conv2D(filters, 5, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(2 * filters, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
        ]
    network.append(layers.Dense(1))
    return keras.Sequential(network, name="discriminator")
