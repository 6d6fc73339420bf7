"""The Wasserstein GAN with clipped weights.

Arjovsky, Chintala, Bottou 2017, "Wasserstein GAN", https://arxiv.org/abs/1701.07875.
"""

import keras

from kgan import losses, networks
from kgan.checks import check_count, check_number
from kgan.penalties import ClipWeights
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class WGAN(TwoPlayerGame):
    """A critic that is Lipschitz because its weights cannot grow.

    The critic descends E[D(G(z))] − E[D(x)] and has its weights clipped to [−c, c] after each
    move; the generator descends −E[D(G(z))] (algorithm 1). The constant K of Lipschitz depends on
    c and on the layers and is unknown, so the difference of scores measures K times a part of the
    Wasserstein distance: compare it between steps of one run, never between critics.

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        discriminator_steps: critic minibatches for one move of the generator; 5 in the paper.
        clip: c > 0; 0.01 in the paper.
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
        discriminator_steps: int = 5,
        clip: float = 0.01,
        filters: int = 64,
        **options,
    ):
        self.clip = check_number("clip", clip, above=0)
        self.filters = check_count("filters", filters)
        super().__init__(data_shape, discriminator_steps=discriminator_steps, **options)
        # An optimizer applies a variable's constraint after it has moved it.
        for weight in self.discriminator.trainable_variables:
            weight.constraint = ClipWeights(clip)

    def default_generator(self):
        return networks.generator(
            self.data_shape, self.latent_dim, self.data_range, filters=self.filters
        )

    def default_discriminator(self):
        return networks.discriminator(
            self.data_shape, filters=self.filters, batch_normalization=True
        )

    def default_optimizers(self):
        # 0.99 is the decay of the RMSProp that the authors' code calls.
        return {
            "generator": keras.optimizers.RMSprop(5e-5, rho=0.99),
            "discriminator": keras.optimizers.RMSprop(5e-5, rho=0.99),
        }
