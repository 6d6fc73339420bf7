"""The Wasserstein GAN with gradient penalty.

Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, "Improved Training of Wasserstein GANs",
https://arxiv.org/abs/1704.00028.
"""

import math
from functools import partial
from typing import Any

import keras
from keras import layers

from kgan import losses
from kgan.penalties import check_penalised, gradient_penalty
from kgan.two_player import TwoPlayerGame, check_image_shape, check_shape, output_activation

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class WGANGP(TwoPlayerGame):
    """A critic kept close to 1-Lipschitz by a penalty on its gradient.

    The critic descends E[D(x̃)] − E[D(x)] + λ E[(‖∇D(x̂)‖₂ − 1)²] (eq. 3), x̂ uniform on the line
    between x and x̃; the generator descends −E[D(x̃)] (algorithm 1). At the optimum the critic's
    difference of scores over-reads the Wasserstein distance W by 1 + W/(2λ) (claim A-OT-16). On
    the line critics of constant slope have a second minimum, −(1 − W/(2λ)) where W < 2λ: a critic
    of numbers that starts out falling may stay the wrong way round.

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        discriminator_steps: critic minibatches for one move of the generator; 5 in the paper.
        penalty_weight: λ > 0; 10 in the paper, 0.1 for its toy problems.
        generator, discriminator: networks of your own; no batch normalisation in the critic,
            and on TensorFlow no resizing but by nearest neighbours.
        filters: channels of the critic's first convolution, or a quarter of the width of the
            default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; a penalty weight <= 0; batch normalisation or, on
            TensorFlow, smooth resizing in the critic.
    """

    objective = losses.wasserstein

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        discriminator_steps: int = 5,
        penalty_weight: float = 10.0,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        **options,
    ):
        shape = check_shape(data_shape)
        if not 0 < penalty_weight < math.inf:
            raise ValueError(f"penalty_weight: got {penalty_weight!r}; accepted is a number > 0.")
        if discriminator is not None:
            check_penalised(discriminator)
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
        self.penalty_weight = penalty_weight

    def draw(self, batch, seed):
        n = ops.shape(batch["real"])[0]
        mix = keras.random.uniform((n, *[1] * len(self.data_shape)), seed=seed)
        return {**super().draw(batch, seed), "mix": ops.cast(mix, batch["real"].dtype)}

    def discriminator_loss(self, real, fake, batch):
        loss, logs = super().discriminator_loss(real, fake, batch)
        penalty = gradient_penalty(partial(self.discriminate, batch), real, fake, batch["mix"])
        return loss + self.penalty_weight * penalty, {**logs, "gradient_penalty": penalty}

    def log_names(self):
        return (*super().log_names(), "gradient_penalty")

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9),
            "discriminator": keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9),
        }

    def get_config(self):
        return {**super().get_config(), "penalty_weight": self.penalty_weight}


def default_generator(shape, latent_dim, activation, filters) -> keras.Sequential:
    network = [layers.Input((latent_dim,))]
    if len(shape) != 3:
        network += [layers.Dense(4 * filters, activation="relu") for _ in range(3)]
        network += [layers.Dense(math.prod(shape), activation=activation), layers.Reshape(shape)]
        return keras.Sequential(network, name="generator")
    height, width, channels = check_image_shape(shape)
    rows, columns = -(-height // 4), -(-width // 4)
    network += [
        layers.Dense(rows * columns * 2 * filters, activation="relu"),
        layers.Reshape((rows, columns, 2 * filters)),
    ]
    for width_of_layer in (2 * filters, filters):
        network += [
            layers.UpSampling2D(interpolation="nearest"),
            layers.Conv2D(width_of_layer, 3, padding="same", activation="relu"),
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
        network += [layers.Dense(4 * filters, activation="relu") for _ in range(3)]
    else:
        for width_of_layer in (filters, 2 * filters):
            network += [
                layers.Conv2D(width_of_layer, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
            ]
        network.append(layers.Flatten())
    network.append(layers.Dense(1))
    return keras.Sequential(network, name="discriminator")
