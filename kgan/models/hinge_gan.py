"""The GAN with a hinge loss.

Lim and Ye 2017, "Geometric GAN", https://arxiv.org/abs/1705.02894; Miyato, Kataoka, Koyama,
Yoshida 2018, "Spectral Normalization for Generative Adversarial Networks",
https://arxiv.org/abs/1802.05957, eq. 16 and 17.
"""

import keras

from kgan import losses, networks
from kgan.checks import check_count
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class HingeGAN(TwoPlayerGame):
    """A discriminator that separates with a margin, as a support vector machine does.

    The discriminator descends E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))], so that samples on
    their side of the margin no longer move it; the generator descends −E[D(G(z))], straight
    through the separating surface (Lim and Ye, section 3). The best discriminator is the sign of
    p_data − p_g, and its loss 2 (1 − TV(p_data, p_g)) (claim A-DST-11).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    objective = losses.hinge

    def __init__(self, data_shape, *, filters: int = 64, **options):
        self.filters = check_count("filters", filters)
        super().__init__(data_shape, **options)

    def default_generator(self):
        return networks.generator(
            self.data_shape, self.latent_dim, self.data_range, filters=self.filters
        )

    def default_discriminator(self):
        return networks.discriminator(
            self.data_shape, filters=self.filters, batch_normalization=True
        )
