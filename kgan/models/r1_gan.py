"""The GAN with zero-centred gradient penalties.

Mescheder, Geiger, Nowozin 2018, "Which Training Methods for GANs do actually Converge?",
https://arxiv.org/abs/1801.04406.
"""

import keras

from kgan import losses, networks
from kgan.checks import check_count, check_number
from kgan.penalties import R1, R2, Penalty, check_penalties
from kgan.two_player import TwoPlayerGame


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
        r1: float = 10.0,
        r2: float = 0.0,
        penalty_every: int = 1,
        filters: int = 64,
        average_decay: float | None = 0.999,
        penalties: tuple[Penalty, ...] = (),
        **options,
    ):
        check_count("penalty_every", penalty_every)
        own = [
            kind(check_number(argument, gamma, least=0), penalty_every)
            for argument, kind, gamma in (("r1", R1, r1), ("r2", R2, r2))
            if gamma
        ]
        self.filters = check_count("filters", filters)
        super().__init__(
            data_shape,
            average_decay=average_decay,
            penalties=(*own, *check_penalties(penalties)),
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
        return networks.discriminator(self.data_shape, filters=self.filters)

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.RMSprop(1e-4, rho=0.99),
            "discriminator": keras.optimizers.RMSprop(1e-4, rho=0.99),
        }
