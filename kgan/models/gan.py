"""The GAN of 2014: multilayer perceptrons, and a choice of generator objective.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio 2014,
"Generative Adversarial Nets", https://arxiv.org/abs/1406.2661.
"""

import math
from typing import Any

import keras
from keras import layers

from kgan import losses
from kgan.layers import Maxout
from kgan.two_player import TwoPlayerGame, check_shape, output_activation


@keras.saving.register_keras_serializable(package="kgan")
class GAN(TwoPlayerGame):
    """The two-player game min_G max_D V(D, G) of the original paper, between perceptrons.

    V(D, G) = E_x[log D(x)] + E_z[log(1 − D(G(z)))] (eq. 1; claim A-GAN-02). The discriminator
    ascends V; the generator descends the objective's own loss, non-saturating by default.

    Args:
        data_shape: shape of one sample: a vector of any length, or an image.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None.
        objective: `kgan.losses.non_saturating`, `.minimax` or another `Objective`.
        generator, discriminator: networks of your own instead of the default ones.
        units: width of the two hidden layers of each default network, >= 1.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 64,
        data_range=(-1, 1),
        objective: losses.Objective = losses.non_saturating,
        generator: keras.Layer | None = None,
        discriminator: keras.Layer | None = None,
        units: int = 256,
        **options,
    ):
        shape = check_shape(data_shape)
        if not isinstance(objective, losses.Objective):
            raise ValueError(
                f"objective: got {objective!r}; accepted is a kgan.losses.Objective, "
                "such as kgan.losses.non_saturating."
            )
        super().__init__(
            shape,
            generator or default_generator(shape, latent_dim, output_activation(data_range), units),
            discriminator or default_discriminator(shape, units),
            latent_dim=latent_dim,
            data_range=data_range,
            **options,
        )
        self.objective = objective

    @classmethod
    def original(
        cls,
        data_shape,
        *,
        latent_dim: int = 100,
        units: int = 240,
        **options,
    ) -> "GAN":
        """The networks and the optimizer of the paper's experiments, compiled.

        Generator of rectifiers with a sigmoid output, discriminator of Maxout units with
        dropout (which no other network has), momentum SGD for both, k = 1 (section 5 and
        algorithm 1). Data lie in (0, 1). The paper states no rates; these stay finite on the
        bundled digits and faces, where 0.1 does not.

        Args:
            data_shape: shape of one sample.
            latent_dim: length of the noise vectors.
            units: Maxout units of 5 pieces in each hidden layer of the discriminator; the
                generator's layers have five times as many rectifiers.
            options: as in `TwoPlayerGame`.

        Raises:
            ValueError: as `GAN`.
        """
        shape = check_shape(data_shape)
        size = math.prod(shape)
        small: Any = keras.initializers.RandomUniform(-0.05, 0.05)
        generator = keras.Sequential(
            [
                layers.Input((latent_dim,)),
                layers.Dense(5 * units, activation="relu", kernel_initializer=small),
                layers.Dense(5 * units, activation="relu", kernel_initializer=small),
                layers.Dense(size, activation="sigmoid", kernel_initializer=small),
                layers.Reshape(shape),
            ],
            name="generator",
        )
        discriminator = keras.Sequential(
            [
                layers.Input(shape),
                layers.Flatten(),
                layers.Dropout(0.2),
                Maxout(units, pieces=5, kernel_initializer=small),
                layers.Dropout(0.5),
                Maxout(units, pieces=5, kernel_initializer=small),
                layers.Dropout(0.5),
                layers.Dense(1, kernel_initializer=small),
            ],
            name="discriminator",
        )
        model = cls(
            shape,
            latent_dim=latent_dim,
            data_range=(0, 1),
            generator=generator,
            discriminator=discriminator,
            **options,
        )
        model.compile(
            keras.optimizers.SGD(0.02, momentum=0.7), keras.optimizers.SGD(0.03, momentum=0.7)
        )
        return model

    def default_optimizers(self):
        # The paper's momentum SGD needs its Maxout networks (see `original`); plain perceptrons
        # train with the Adam that Radford et al. 2016, section 3, found to be stable.
        return {
            "generator": keras.optimizers.Adam(2e-4, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(2e-4, beta_1=0.5),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "objective": {
                "name": self.objective.name,
                "discriminator": keras.saving.serialize_keras_object(self.objective.discriminator),
                "generator": keras.saving.serialize_keras_object(self.objective.generator),
                "critic": self.objective.critic,
                "pairs": self.objective.pairs,
            },
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        stored = dict(config["objective"])
        for player in ("discriminator", "generator"):
            stored[player] = keras.saving.deserialize_keras_object(stored[player], custom_objects)
        return super().from_config(
            {**config, "objective": losses.Objective(**stored)}, custom_objects
        )


def default_generator(shape, latent_dim, activation, units) -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input((latent_dim,)),
            layers.Dense(units, activation="relu"),
            layers.Dense(units, activation="relu"),
            layers.Dense(math.prod(shape), activation=activation),
            layers.Reshape(shape),
        ],
        name="generator",
    )


def default_discriminator(shape, units) -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Flatten(),
            layers.Dense(units),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(units),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(1),
        ],
        name="discriminator",
    )
