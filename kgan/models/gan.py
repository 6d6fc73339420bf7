"""The GAN of 2014: multilayer perceptrons, and a choice of generator objective.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio 2014,
"Generative Adversarial Nets", https://arxiv.org/abs/1406.2661.
"""

from typing import Any

import keras
from keras import layers

from kgan import losses, networks
from kgan.checks import check_count
from kgan.layers import Maxout
from kgan.networks import check_shape
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class GAN(TwoPlayerGame):
    """The two-player game min_G max_D V(D, G) of the original paper, between perceptrons.

    V(D, G) = E_x[log D(x)] + E_z[log(1 − D(G(z)))] (eq. 1; claim A-GAN-02). The discriminator
    ascends V; the generator descends the objective's own loss, non-saturating by default.

    The paper's momentum SGD needs its Maxout networks (see `original`); plain perceptrons train
    with the Adam of Radford et al. 2016, which is the default.

    Args:
        data_shape: shape of one sample: a vector of any length, or an image.
        objective: `kgan.losses.non_saturating`, `.minimax` or another `Objective`.
        units: width of the two hidden layers of each default network, >= 1.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    def __init__(
        self,
        data_shape,
        *,
        objective: losses.Objective = losses.non_saturating,
        units: int = 256,
        **options,
    ):
        if not isinstance(objective, losses.Objective):
            raise ValueError(
                f"objective: got {objective!r}; accepted is a kgan.losses.Objective, "
                "such as kgan.losses.non_saturating."
            )
        self.units = check_count("units", units)
        super().__init__(data_shape, **options)
        self.objective = objective

    def default_generator(self):
        return networks.perceptron_generator(
            self.data_shape, self.latent_dim, self.data_range, units=self.units, depth=2
        )

    def default_discriminator(self):
        return networks.perceptron_discriminator(self.data_shape, units=self.units, depth=2)

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
        generator = networks.perceptron_generator(
            shape, latent_dim, (0, 1), units=5 * units, depth=2, initializer=small
        )
        discriminator = keras.Sequential(
            [
                layers.Input(shape),
                layers.Flatten(),
                layers.Dropout(0.2),
                Maxout(units, pieces=5, kernel_initializer=small()),
                layers.Dropout(0.5),
                Maxout(units, pieces=5, kernel_initializer=small()),
                layers.Dropout(0.5),
                layers.Dense(1, kernel_initializer=small()),
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
            generator_optimizer=keras.optimizers.SGD(0.02, momentum=0.7),
            discriminator_optimizer=keras.optimizers.SGD(0.03, momentum=0.7),
        )
        return model


def small() -> Any:
    """The initial weights of the authors' code, uniform on (−0.05, 0.05)."""
    return keras.initializers.RandomUniform(-0.05, 0.05)
