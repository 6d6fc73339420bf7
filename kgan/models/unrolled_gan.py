"""The unrolled GAN.

Metz, Poole, Pfau, Sohl-Dickstein 2017, "Unrolled Generative Adversarial Networks",
https://arxiv.org/abs/1611.02163.
"""

from typing import Any

import keras

from kgan import losses, networks
from kgan.autodiff import (
    at_values,
    gradient_at,
    refuse_batch_normalization,
    refuse_smooth_resizing,
)
from kgan.checks import check_count
from kgan.optimizers import check_unrollable, unrolled
from kgan.two_player import TwoPlayerGame, score_of

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class UnrolledGAN(TwoPlayerGame):
    """A generator that looks ahead at how the discriminator will answer it.

    With θ_D^0 = θ_D and θ_D^(k+1) the discriminator's own next step from θ_D^k (eq. 7), the
    generator descends f_K(θ_G) = V(D at θ_D^K, G) (eq. 9), by the whole derivative
    ∂f/∂θ_G + ∂f/∂θ_D^K · dθ_D^K/dθ_G (eq. 12). Its second term, which says how the discriminator
    would react, is what a copy that detaches the steps leaves out. As θ_D^K depends on θ_G, the
    real samples' half of V counts, too. The discriminator itself takes its usual single step.

    The steps repeat the update of the discriminator's optimizer, from its present state, at its
    present learning rate and on one minibatch: Adam or plain SGD.

    Args:
        data_shape: shape of one sample: a vector of any length, or an image.
        unrolled_steps: K >= 0; 5 in the authors' notebook, and 0 is the minimax GAN.
        units: width of the two hidden layers of each default network, >= 1.
        generator, discriminator: networks of your own; no batch normalisation in the
            discriminator, whose second derivative TensorFlow gets wrong, and there no resizing
            but by nearest neighbours.
        simultaneous: both players move from one point (eqs. 10 and 11); that needs
            discriminator_steps = 1.
        options: as in `TwoPlayerGame`.

    Raises:
        ValueError: as `TwoPlayerGame`; a number of steps that is no integer >= 0; batch
            normalisation or, on TensorFlow, smooth resizing in the discriminator; on compiling, a
            discriminator's optimizer that cannot be unrolled.
    """

    objective = losses.minimax

    def __init__(
        self,
        data_shape,
        *,
        unrolled_steps: int = 5,
        latent_dim: int = 256,
        units: int = 128,
        simultaneous: bool = True,
        **options,
    ):
        self.unrolled_steps = check_count("unrolled_steps", unrolled_steps, least=0)
        self.units = check_count("units", units)
        super().__init__(data_shape, latent_dim=latent_dim, simultaneous=simultaneous, **options)
        if self.penalties:
            raise ValueError(
                f"penalties: got {len(self.penalties)}; accepted are none, because the steps that "
                "are unrolled descend the objective alone."
            )
        refuse_batch_normalization(self.discriminator, "unrolling")
        refuse_smooth_resizing(self.discriminator, "unrolling")

    def default_generator(self):
        return networks.perceptron_generator(
            self.data_shape,
            self.latent_dim,
            self.data_range,
            units=self.units,
            depth=2,
            hidden="tanh",
            initializer=orthogonal,
        )

    def default_discriminator(self):
        return networks.perceptron_discriminator(
            self.data_shape, units=self.units, depth=2, hidden="tanh", initializer=orthogonal
        )

    def generator_loss(self, real, fake, batch):
        def negative_value():
            answers = self.discriminate_both(batch, real, fake)
            return self.objective.discriminator(*map(score_of, answers))

        theta = self.discriminator.trainable_variables
        theta_K = self._unroll(negative_value, theta)
        return -at_values(negative_value, theta, theta_K), {}

    def _unroll(self, loss, variables) -> list[Any]:
        """The discriminator's weights after K steps of its optimizer, as functions of θ_G."""
        values = [variable.value for variable in variables]
        step = unrolled(self.optimizer.players["discriminator"], variables)
        for _ in range(self.unrolled_steps if variables else 0):
            values = step(values, gradient_at(loss, variables, values))
        return values

    def default_optimizers(self):
        return {
            "generator": keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-8),
            "discriminator": keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8),
        }

    def compile(self, generator_optimizer=None, discriminator_optimizer=None, **options):
        super().compile(generator_optimizer, discriminator_optimizer, **options)
        check_unrollable(self.optimizer.players["discriminator"])


def orthogonal() -> Any:
    """The initial weights of the authors' notebook: orthogonal, gain 1.4."""
    return keras.initializers.Orthogonal(gain=1.4)
