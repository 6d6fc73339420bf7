"""The GAN with zero-centred gradient penalties.

Mescheder, Geiger, Nowozin 2018, "Which Training Methods for GANs do actually Converge?",
https://arxiv.org/abs/1801.04406.
"""

import math
from functools import partial
from typing import Any

import keras
from keras import layers

from kgan import losses
from kgan.game import Turn
from kgan.penalties import check_penalised, zero_centred_penalty
from kgan.two_player import (
    TwoPlayerGame,
    check_count,
    check_image_shape,
    check_shape,
    output_activation,
)

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class R1GAN(TwoPlayerGame):
    """A discriminator that is punished for any slope where the data lie.

    It descends the logistic loss + γ₁/2·E[‖∇D(x)‖²] on real samples (R1, eq. 9) + γ₂/2·E[‖∇D(x̃)‖²]
    on generated ones (R2, eq. 10): with either the game converges near its equilibrium even where
    the data have no density (theorem 4.1; claims A-DYN-09, A-DYN-11), as it does not without.

    The penalties may be taken lazily, once in `penalty_every` minibatches, times that number:
    the mean pull stays what it was. They are then a turn of their own, so that the discriminator
    makes k + 1 moves in k minibatches, and its optimizer's rate and decay are set for as many:
    rate·c and ρ^c with c = k/(k + 1) (Karras et al. 2020, "Analyzing and Improving the Image
    Quality of StyleGAN", appendix B).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        r1: γ₁ >= 0; 10 in the paper. (The authors' code leaves the half out: its 10 is 20 here.)
        r2: γ₂ >= 0.
        penalty_every: minibatches from one penalty to the next, >= 1; 16 in StyleGAN2.
        generator, discriminator: networks of your own; no batch normalisation in the discriminator,
            and on TensorFlow no resizing but by nearest neighbours.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        average_decay: decay of the generator's average weights; 0.999 in the paper.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; a weight < 0; batch normalisation or, on TensorFlow,
            smooth resizing in the discriminator.
    """

    objective = losses.non_saturating

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        r1: float = 10.0,
        r2: float = 0.0,
        penalty_every: int = 1,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        filters: int = 64,
        average_decay: float | None = 0.999,
        **options,
    ):
        shape = check_shape(data_shape)
        for argument, weight in (("r1", r1), ("r2", r2)):
            if not 0 <= weight < math.inf:
                raise ValueError(f"{argument}: got {weight!r}; accepted is a number >= 0.")
        check_count("penalty_every", penalty_every)
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
        self.r1 = r1
        self.r2 = r2
        self.penalty_every = penalty_every

    def turns(self):
        discriminator, generator = super().turns()
        if self.penalty_every == 1:
            return discriminator, generator
        penalty = Turn("penalty", ("discriminator",), self._penalty_turn, self.penalty_every)
        return discriminator, penalty, generator

    def discriminator_loss(self, real, fake, batch):
        loss, logs = super().discriminator_loss(real, fake, batch)
        if self.penalty_every > 1:
            return loss, logs
        penalty, slopes = self.penalty(real, fake, batch)
        return loss + penalty, {**logs, **slopes}

    def _penalty_turn(self, batch):
        real, fake = self.samples(batch, "discriminator")
        penalty, slopes = self.penalty(real, fake, batch)
        # The last bias moves no slope; a score that counts for nothing gives it its gradient, 0.
        nothing = 0.0 * ops.mean(self.discriminate(batch, real))
        return self.penalty_every * penalty + nothing, slopes

    def penalty(self, real, fake, batch):
        """R1 + R2 with their weights, and the mean squared slopes that they weigh."""
        discriminate = partial(self.discriminate, batch)
        slopes = {
            "real_slope": (self.r1, real),
            "fake_slope": (self.r2, fake),
        }
        penalty, logs = 0.0, {}
        for name, (gamma, samples) in slopes.items():
            if gamma:
                logs[name] = zero_centred_penalty(discriminate, samples)
                penalty += gamma / 2 * logs[name]
        return penalty, logs

    def log_names(self):
        slopes = (("real_slope", self.r1), ("fake_slope", self.r2))
        return (*super().log_names(), *(name for name, gamma in slopes if gamma))

    def default_optimizers(self):
        k = self.penalty_every
        c = k / (k + 1) if k > 1 else 1.0
        return {
            "generator": keras.optimizers.RMSprop(1e-4, rho=0.99),
            "discriminator": keras.optimizers.RMSprop(c * 1e-4, rho=0.99**c),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "r1": self.r1,
            "r2": self.r2,
            "penalty_every": self.penalty_every,
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
        for _ in range(3):
            network += [layers.Dense(4 * filters), layers.LeakyReLU(negative_slope=0.2)]
    else:
        for width_of_layer in (filters, 2 * filters):
            network += [
                layers.Conv2D(width_of_layer, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
            ]
        network.append(layers.Flatten())
    network.append(layers.Dense(1))
    return keras.Sequential(network, name="discriminator")
