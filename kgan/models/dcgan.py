"""The deep convolutional GAN.

Radford, Metz, Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", https://arxiv.org/abs/1511.06434.
"""

import keras

from kgan import losses, networks
from kgan.checks import check_count
from kgan.networks import check_image_shape, halvings
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class DCGAN(TwoPlayerGame):
    """Convolutional networks with batch normalisation, by the guidelines of the paper.

    Strided convolutions instead of pooling, batch normalisation in both networks but not at the
    generator's output nor the discriminator's input, ReLU in the generator and LeakyReLU 0.2 in
    the discriminator, no hidden dense layers (section 3), weights from N(0, 0.02) (section 4).
    The generator enlarges by nearest-neighbour upsampling followed by a convolution where the
    paper has a fractionally strided one, which leaves checkerboards and is slow on XLA's CPU.

    Args:
        data_shape: (height, width, channels), sides >= 8, 1 to 4 channels; generated at the next
            multiple of the networks' stride and cropped.
        latent_dim: length of the noise vectors, >= 1; 100 in the paper.
        filters: channels of the discriminator's first layer, doubled at each stride; 64 or 128
            in the paper.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`.
    """

    objective = losses.non_saturating

    def __init__(self, data_shape, *, latent_dim: int = 100, filters: int = 64, **options):
        check_image_shape(data_shape)
        self.filters = check_count("filters", filters)
        super().__init__(data_shape, latent_dim=latent_dim, **options)

    def default_generator(self):
        n = halvings(self.data_shape)
        return networks.convolutional_generator(
            self.data_shape,
            self.latent_dim,
            self.data_range,
            widths=[self.filters * 2**i for i in range(n, -1, -1)],
            initializer=start,
        )

    def default_discriminator(self):
        return networks.convolutional_discriminator(
            self.data_shape,
            widths=[self.filters * 2**i for i in range(halvings(self.data_shape))],
            batch_normalization=True,
            initializer=start,
        )


def start():
    """The initial weights of section 4, N(0, 0.02)."""
    return keras.initializers.RandomNormal(stddev=0.02)
