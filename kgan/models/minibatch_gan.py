"""The GAN with minibatch discrimination.

Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen 2016, "Improved Techniques for Training
GANs", https://arxiv.org/abs/1606.03498.
"""

import keras

from kgan import losses, networks
from kgan.checks import check_count
from kgan.layers.minibatch_discrimination import MinibatchDiscrimination
from kgan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class MinibatchGAN(TwoPlayerGame):
    """A discriminator that sees how alike the samples of a minibatch are.

    Before its last layer it appends to each sample's features its closeness to the others of
    the minibatch (section 3.2), so that a generator whose samples are all alike is found out.
    Real and generated samples are always judged in minibatches of their own.

    A logit is that of a sample in its company: `score` and `evaluate` answer for samples as they
    are given together, and answer otherwise for minibatches of another size.

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        latent_dim: length of the noise vectors, >= 1; 100 in the authors' code.
        standard_deviation: append the minibatch's standard deviation (Karras et al. 2018,
            section 3) in place of minibatch discrimination.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    objective = losses.non_saturating

    def __init__(
        self,
        data_shape,
        *,
        latent_dim: int = 100,
        standard_deviation: bool = False,
        filters: int = 64,
        **options,
    ):
        self.standard_deviation = standard_deviation
        self.filters = check_count("filters", filters)
        super().__init__(data_shape, latent_dim=latent_dim, **options)

    def default_generator(self):
        return networks.generator(
            self.data_shape, self.latent_dim, self.data_range, filters=self.filters, depth=2
        )

    def default_discriminator(self):
        kind = MinibatchStandardDeviation if self.standard_deviation else MinibatchDiscrimination
        return networks.discriminator(
            self.data_shape, filters=self.filters, depth=2, before_last=[kind()]
        )

    def default_optimizers(self):
        # Of the authors' code for CIFAR-10; the paper states none.
        return {
            "generator": keras.optimizers.Adam(3e-4, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(3e-4, beta_1=0.5),
        }
