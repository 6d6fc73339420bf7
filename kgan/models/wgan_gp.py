"""The Wasserstein GAN with gradient penalty.

Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, "Improved Training of Wasserstein GANs",
https://arxiv.org/abs/1704.00028.
"""

import keras

from kgan import losses, networks
from kgan.checks import check_count, check_number
from kgan.penalties import GradientPenalty, Penalty, check_penalties
from kgan.two_player import TwoPlayerGame


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
        discriminator_steps: int = 5,
        penalty_weight: float = 10.0,
        filters: int = 64,
        penalties: tuple[Penalty, ...] = (),
        **options,
    ):
        check_number("penalty_weight", penalty_weight, above=0)
        self.filters = check_count("filters", filters)
        super().__init__(
            data_shape,
            discriminator_steps=discriminator_steps,
            penalties=(GradientPenalty(penalty_weight), *check_penalties(penalties)),
            **options,
        )

    def default_generator(self):
        return networks.generator(
            self.data_shape,
            self.latent_dim,
            self.data_range,
            filters=self.filters,
            batch_normalization=False,
        )

    def default_discriminator(self):
        return networks.discriminator(self.data_shape, filters=self.filters, hidden="relu")

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9),
            "discriminator": keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9),
        }
