"""Penalties on the discriminator's gradient at given points."""

from collections.abc import Callable
from typing import Any

import keras

from kgan.autodiff import input_gradient

ops: Any = keras.ops  # its functions carry no types


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
        ValueError: from `input_gradient`.
    """
    interpolated = mix * real + (1.0 - mix) * fake
    _, gradient = input_gradient(discriminate, interpolated)
    squares = ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))
    # The square root has no derivative at 0: a critic that is flat at x̂ would send NaN to all
    # of its weights. There the subgradient 0 is taken, by keeping 0 away from the root.
    flat = squares == 0
    norms = ops.where(flat, 0.0, ops.sqrt(ops.where(flat, 1.0, squares)))
    return ops.mean(ops.square(norms - target))
