"""The least squares GAN.

Mao, Li, Xie, Lau, Wang, Smolley 2017, "Least Squares Generative Adversarial Networks",
https://arxiv.org/abs/1611.04076.
"""

import math
from functools import partial

import keras

from kgan import losses, networks
from kgan.checks import check_count
from kgan.two_player import TwoPlayerGame


@keras.saving.register_keras_serializable(package="kgan")
class LSGAN(TwoPlayerGame):
    """Least squares in place of the logistic loss: generated samples that the discriminator takes
    for real are still drawn towards the data, however far from them they lie.

    The discriminator descends ½E[(D(x) − b)²] + ½E[(D(G(z)) − a)²], the generator
    ½E[(D(G(z)) − c)²] (eq. 2); the discriminator has no sigmoid. With b − c = 1 and b − a = 2 the
    generator descends Pearson's χ² divergence of p_data + p_g and 2·p_g (section 3.2; claim
    A-SAT-12).

    Args:
        data_shape: a vector's length, or (height, width, channels) with sides >= 8.
        targets: a, b, c: what the discriminator gives generated and real samples, and what the
            generator wants; (0, 1, 1) of eq. 9 by default, (-1, 1, 0) of eq. 8 for χ².
        filters: channels of the discriminator's first convolution, or a quarter of the width of
            the default perceptrons for vectors.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; targets that are no three numbers, or a = b.
    """

    def __init__(
        self,
        data_shape,
        *,
        targets: tuple[float, float, float] = (0.0, 1.0, 1.0),
        filters: int = 64,
        **options,
    ):
        numbers = isinstance(targets, tuple | list) and all(
            isinstance(t, int | float) and math.isfinite(t) for t in targets
        )
        if not numbers or len(targets) != 3 or targets[0] == targets[1]:
            raise ValueError(
                f"targets: got {targets!r}; accepted are three numbers (a, b, c) with a != b."
            )
        self.filters = check_count("filters", filters)
        super().__init__(data_shape, **options)
        a, b, c = self.targets = tuple(targets)
        self.objective = losses.Objective(
            "least_squares",
            partial(losses.least_squares_discriminator, a=a, b=b),
            partial(losses.least_squares_generator, c=c),
            critic=True,
        )

    def default_generator(self):
        return networks.generator(
            self.data_shape, self.latent_dim, self.data_range, filters=self.filters, kernel=5
        )

    def default_discriminator(self):
        return networks.discriminator(
            self.data_shape, filters=self.filters, kernel=5, batch_normalization=True
        )

    def default_optimizers(self):
        # The rate of the paper's handwritten characters (section 4.1); 1e-3 for its scenes.
        return {
            "generator": keras.optimizers.Adam(2e-4, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(2e-4, beta_1=0.5),
        }
