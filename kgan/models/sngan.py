"""The GAN with spectral normalisation.

Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral Normalization for Generative Adversarial
Networks", https://arxiv.org/abs/1802.05957.
"""

import keras
from keras import layers

from kgan import losses, networks
from kgan.checks import check_count
from kgan.layers import SpectralNormalization, StridedConv2D
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class SNGAN(TwoPlayerGame):
    """A discriminator whose layers each stretch by 1 at most, in matrix norm.

    Every weight matrix is divided by its largest singular value, found by one step of power
    iteration a move (section 2.1, algorithm 1; eq. 8), which bounds the Lipschitz constant of
    the whole (eq. 7) for dense layers. Loss: hinge (eq. 16 and 17).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        discriminator_steps: discriminator minibatches for one move of the generator; 5 in the
            paper's best setting, or 1.
        generator, discriminator: networks of your own; `kgan.layers.SpectralNormalization` wraps
            the layers of a discriminator.
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    objective = losses.hinge

    def __init__(self, data_shape, *, discriminator_steps: int = 5, filters: int = 64, **options):
        self.filters = check_count("filters", filters)
        super().__init__(data_shape, discriminator_steps=discriminator_steps, **options)

    def default_generator(self):
        return networks.generator(
            self.data_shape, self.latent_dim, self.data_range, filters=self.filters
        )

    def default_discriminator(self):
        return normalised_discriminator(self.data_shape, self.filters)

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9),
            "discriminator": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9),
        }


def normalised_discriminator(shape, filters: int) -> keras.Sequential:
    """Every layer but the rectifiers divided by its largest singular value (section 2.1)."""
    network = [layers.Input(shape)]
    if len(shape) != 3:
        network.append(layers.Flatten())
        for _ in range(3):
            network += [
                SpectralNormalization(layers.Dense(4 * filters)),
                layers.LeakyReLU(negative_slope=0.1),
            ]
    else:
        for width_of_layer in (filters, 2 * filters):
            network += [
                SpectralNormalization(layers.Conv2D(width_of_layer, 3, padding="same")),
                layers.LeakyReLU(negative_slope=0.1),
                SpectralNormalization(
                    StridedConv2D(2 * width_of_layer, 4, strides=2, padding="same")
                ),
                layers.LeakyReLU(negative_slope=0.1),
            ]
        network.append(layers.Flatten())
    network.append(SpectralNormalization(layers.Dense(1)))
    return keras.Sequential(network, name="discriminator")
