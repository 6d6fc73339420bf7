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


# The discriminator's step, as a function ---------------------------------------------------


def check_unrollable(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse an optimizer whose step is not written here as a differentiable formula."""
    # By name: Keras has twins of its optimizers for PyTorch; and AdamW is an Adam, but not it.
    kind = type(optimizer).__name__
    plain = isinstance(optimizer, keras.optimizers.SGD) and kind == "SGD" and not optimizer.momentum
    adam = isinstance(optimizer, keras.optimizers.Adam) and kind == "Adam" and not optimizer.amsgrad
    extras = [
        name
        for name in (
            "weight_decay",
            "clipnorm",
            "clipvalue",
            "global_clipnorm",
            "use_ema",
            "loss_scale_factor",
            "gradient_accumulation_steps",
        )
        if getattr(optimizer, name)
    ]
    if extras or not (plain or adam):
        raise ValueError(
            f"discriminator_optimizer: got {kind}"
            + (f" with {', '.join(extras)}" if extras else "")
            + "; a Keras optimizer's update passes no gradient, so its formula must be known: "
            "accepted are Adam without amsgrad and SGD without momentum, without weight decay, "
            "clipping, averages, loss scale and accumulation."
        )


def unrolled(optimizer: Any, variables):
    """The optimizer's next steps as a function of values and gradients.

    Args:
        optimizer: `keras.optimizers.SGD` or `Adam`, as `check_unrollable` accepts them. It is
            read, and stays as it is.
        variables: the variables that it moves.

    Returns:
        A function `(values, gradients) -> values`. Each call is one more step: Adam's moments and
        its count of steps go on from those of the call before.

    Raises:
        ValueError: as `check_unrollable`.

    Source: Kingma, Ba 2015, algorithm 1, with the epsilon of its section 2, as Keras has it.
    """
    check_unrollable(optimizer)
    rate = ops.convert_to_tensor(optimizer.learning_rate)
    if isinstance(optimizer, keras.optimizers.SGD):
        return lambda values, gradients: [
            w - ops.cast(rate, w.dtype) * g for w, g in zip(values, gradients, strict=True)
        ]
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    index = [optimizer._get_variable_index(variable) for variable in variables]
    moments = [(optimizer._momentums[i].value, optimizer._velocities[i].value) for i in index]
    count = ops.convert_to_tensor(optimizer.iterations.value)

    def step(values, gradients):
        nonlocal moments, count
        count = count + 1
        moved, after = [], []
        for w, g, (m, v) in zip(values, gradients, moments, strict=True):
            m = m + (g - m) * (1 - beta_1)
            v = v + (ops.square(g) - v) * (1 - beta_2)
            t = ops.cast(count, w.dtype)
            bias_1, bias_2 = (1 - ops.cast(beta, w.dtype) ** t for beta in (beta_1, beta_2))
            alpha = ops.cast(rate, w.dtype) * ops.sqrt(bias_2) / bias_1
            # A weight that never had a gradient has v = 0, where the root has no derivative.
            never = v == 0
            root = ops.where(never, 0.0, ops.sqrt(ops.where(never, 1.0, v)))
            moved.append(w - alpha * m / (root + optimizer.epsilon))
            after.append((m, v))
        moments = after
        return moved

    return step


def orthogonal() -> Any:
    """The initial weights of the authors' notebook: orthogonal, gain 1.4."""
    return keras.initializers.Orthogonal(gain=1.4)
