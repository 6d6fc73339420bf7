"""Objectives: what each player minimises, as pure functions of logits.

With D(x) = σ(a(x)) everything is written in the logit a, through softplus: log(1 − σ(a)) coded
as it reads is −inf from a = 17 on in float32 (claim A-GAN-17).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import saving

ops: Any = keras.ops  # its functions carry no types


class Objective(NamedTuple):
    """A pair of losses: one paper's objective for a discriminator and a generator.

    Attributes:
        name: the word it is known by.
        discriminator: maps the logits of real and of generated samples, each of shape `(n, 1)`,
            to the discriminator's loss, a scalar.
        generator: maps the logits of generated samples to the generator's loss, a scalar.
        critic: whether the logits are scores without a scale (Wasserstein) instead of log odds.
    """

    name: str
    discriminator: Callable[[Any, Any], Any]
    generator: Callable[[Any], Any]
    critic: bool = False


@saving.register_keras_serializable(package="kgan")
def logistic_discriminator(real_logits, fake_logits):
    """The discriminator's side of the value function, −V(D, G).

    −E[log D(x)] − E[log(1 − D(G(z)))] = E[softplus(−a(x))] + E[softplus(a(G(z)))], which is
    log 4 at D = 1/2.

    Args:
        real_logits: logits of real samples, shape `(n, 1)`.
        fake_logits: logits of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Goodfellow et al. 2014, eq. 1; claims A-GAN-02, A-GAN-08, A-SAT-01, A-SAT-03.
    """
    return ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits))


@saving.register_keras_serializable(package="kgan")
def minimax_generator(fake_logits):
    """The generator's side of the value function: E[log(1 − D(G(z)))] = −E[softplus(a)].

    Its gradient in the logit is −D, which vanishes where the discriminator rejects.

    Args:
        fake_logits: logits of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Goodfellow et al. 2014, eq. 1; claims A-SAT-02, A-SAT-05.
    """
    return -ops.mean(ops.softplus(fake_logits))


@saving.register_keras_serializable(package="kgan")
def non_saturating_generator(fake_logits):
    """The generator's alternative loss −E[log D(G(z))] = E[softplus(−a)].

    Its gradient in the logit is −(1 − D), which tends to −1 where the discriminator rejects.

    Args:
        fake_logits: logits of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Goodfellow et al. 2014, section 3; claims A-SAT-03, A-SAT-04, A-SAT-05.
    """
    return ops.mean(ops.softplus(-fake_logits))


@saving.register_keras_serializable(package="kgan")
def wasserstein_critic(real_scores, fake_scores):
    """The critic's loss E[D(G(z))] − E[D(x)], minus the Wasserstein distance at best.

    Args:
        real_scores: scores of real samples, shape `(n, 1)`.
        fake_scores: scores of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Arjovsky et al. 2017, eq. 3; Gulrajani et al. 2017, eq. 3 without its penalty.
    """
    return ops.mean(fake_scores) - ops.mean(real_scores)


@saving.register_keras_serializable(package="kgan")
def wasserstein_generator(fake_scores):
    """The generator's loss −E[D(G(z))] against a critic.

    Args:
        fake_scores: scores of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Arjovsky et al. 2017, eq. 2 and algorithm 1.
    """
    return -ops.mean(fake_scores)


minimax = Objective("minimax", logistic_discriminator, minimax_generator)
non_saturating = Objective("non_saturating", logistic_discriminator, non_saturating_generator)
wasserstein = Objective("wasserstein", wasserstein_critic, wasserstein_generator, critic=True)
