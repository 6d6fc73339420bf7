"""What holds a discriminator back: penalties on its gradient at given points, clipped weights."""

import math
from collections.abc import Callable
from typing import Any

import keras

from kgan.autodiff import input_gradient, refuse_batch_normalization, refuse_smooth_resizing

ops: Any = keras.ops  # its functions carry no types


def check_penalised(discriminator: keras.Layer) -> None:
    """Refuse a discriminator whose slopes cannot be penalised.

    Args:
        discriminator: the network that a penalty on ‖∇D(x)‖ is to train.

    Raises:
        ValueError: batch normalisation in it, which mixes the samples whose slopes are penalised
            one by one; or, on TensorFlow, bilinear or other smooth resizing, of which the
            penalty's gradient would lose a part without a word.
    """
    refuse_batch_normalization(discriminator, "the gradient penalty")
    refuse_smooth_resizing(discriminator, "the gradient penalty")


def gradient_penalty(
    discriminate: Callable[[Any], Any], real: Any, fake: Any, mix: Any, target: float = 1.0
) -> Any:
    """The two-sided gradient penalty of WGAN-GP, E[(‖∇D(x̂)‖₂ − 1)²].

    x̂ = ε·x + (1 − ε)·x̃ lies on the line between a real and a generated sample, with ε uniform
    on [0, 1] (Gulrajani et al. 2017, eq. 3 and algorithm 1).

    Args:
        discriminate: maps samples `(n, ...)` to one score each.
        real: real samples x, shape `(n, ...)`.
        fake: generated samples x̃, of real's shape.
        mix: ε, shape `(n, 1, ..., 1)`, in [0, 1].
        target: the norm that costs nothing; 1 in the paper.

    Returns:
        A scalar, without the penalty weight λ.

    Raises:
        ValueError: from `input_gradient`; as `check_penalised`, where a layer is given.
    """
    interpolated = mix * real + (1.0 - mix) * fake
    squares = _squared_slopes(discriminate, interpolated)
    # The square root has no derivative at 0: a critic that is flat at x̂ would send NaN to all
    # of its weights. There the subgradient 0 is taken, by keeping 0 away from the root.
    flat = squares == 0
    norms = ops.where(flat, 0.0, ops.sqrt(ops.where(flat, 1.0, squares)))
    return ops.mean(ops.square(norms - target))


def zero_centred_penalty(discriminate: Callable[[Any], Any], samples: Any) -> Any:
    """The mean squared slope of the discriminator at given samples, E[‖∇D(x)‖₂²].

    At real samples it is 2/γ times R1, at generated ones 2/γ times R2: the papers' penalties are
    γ/2·E[‖∇D‖²], and the half stands in the model. (The code published with Mescheder et al.
    leaves it out: its weight of 10 is γ = 20.)

    Args:
        discriminate: maps samples `(n, ...)` to one logit each.
        samples: where to take the slope, shape `(n, ...)`.

    Returns:
        A scalar, without its weight γ/2.

    Raises:
        ValueError: from `input_gradient`; as `check_penalised`, where a layer is given.

    Source: Mescheder et al. 2018, eq. 9 and 10.
    """
    return ops.mean(_squared_slopes(discriminate, samples))


def _squared_slopes(discriminate, x):
    """‖∇D(x)‖₂² at each sample, the sum over all of its axes."""
    if isinstance(discriminate, keras.Layer):
        check_penalised(discriminate)
    _, gradient = input_gradient(discriminate, x)
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))


@keras.saving.register_keras_serializable(package="kgan")
class ClipWeights(keras.constraints.Constraint):
    """Keeps every weight within [−c, c], after each move of its optimizer.

    Args:
        limit: c > 0.

    Raises:
        ValueError: a limit that is no number > 0.

    Source: Arjovsky et al. 2017, algorithm 1, line 7.
    """

    def __init__(self, limit: float):
        if not 0 < limit < math.inf:
            raise ValueError(f"limit: got {limit!r}; accepted is a number > 0.")
        self.limit = limit

    def __call__(self, w):
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}
