"""Objectives: what each player minimises, as pure functions of logits.

With D(x) = σ(a(x)) everything is written in the logit a, through softplus: log(1 − σ(a)) coded
as it reads is −inf from a = 17 on in float32 (claim A-GAN-17).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import saving

ops: Any = keras.ops  # its functions carry no types


@saving.register_keras_serializable(package="kgan")
@dataclass(frozen=True)
class Objective:
    """A pair of losses: one paper's objective for a discriminator and a generator.

    Attributes:
        name: the word it is known by.
        discriminator: maps the logits of real and of generated samples, each of shape `(n, 1)`,
            to the discriminator's loss, a scalar.
        generator: maps the logits of generated samples to the generator's loss, a scalar.
        critic: whether the logits are scores that say nothing of D(x) instead of its log odds.
        pairs: whether the generator's loss compares, too: it then takes the logits of real and
            of generated samples.
    """

    name: str
    discriminator: Callable[[Any, Any], Any]
    generator: Callable[..., Any]
    critic: bool = False
    pairs: bool = False

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "discriminator": saving.serialize_keras_object(self.discriminator),
            "generator": saving.serialize_keras_object(self.generator),
            "critic": self.critic,
            "pairs": self.pairs,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Objective":
        return cls(**{k: saving.deserialize_keras_object(v) for k, v in config.items()})


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


@saving.register_keras_serializable(package="kgan")
def least_squares_discriminator(real_scores, fake_scores, a=0.0, b=1.0):
    """The discriminator's least squares ½E[(D(x) − b)²] + ½E[(D(G(z)) − a)²].

    It is least at D = (b·p_data + a·p_g)/(p_data + p_g), with a = 0 and b = 1 the D* of the
    logistic loss, here without a sigmoid.

    Args:
        real_scores: D(x) of real samples, shape `(n, 1)`.
        fake_scores: D(G(z)) of generated samples, shape `(n, 1)`.
        a: what generated samples should score.
        b: what real samples should score.

    Returns:
        A scalar.

    Source: Mao et al. 2017, eq. 2 and 5; eq. 9 is a = 0, b = 1; claim A-SAT-12.
    """
    real, fake = ops.mean(ops.square(real_scores - b)), ops.mean(ops.square(fake_scores - a))
    return (real + fake) / 2


@saving.register_keras_serializable(package="kgan")
def least_squares_generator(fake_scores, c=1.0):
    """The generator's least squares ½E[(D(G(z)) − c)²].

    Args:
        fake_scores: D(G(z)) of generated samples, shape `(n, 1)`.
        c: what the generator wants its samples to score.

    Returns:
        A scalar.

    Source: Mao et al. 2017, eq. 2; eq. 9 is c = 1; claim A-SAT-12.
    """
    return ops.mean(ops.square(fake_scores - c)) / 2


@saving.register_keras_serializable(package="kgan")
def hinge_discriminator(real_scores, fake_scores):
    """The discriminator's hinge E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))].

    Samples beyond the margins, D(x) > 1 and D(G(z)) < −1, have no gradient: this is a support
    vector machine and no Wasserstein loss, though the generator's side is the same.

    Args:
        real_scores: scores of real samples, shape `(n, 1)`.
        fake_scores: scores of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Lim and Ye 2017, section 3; Miyato et al. 2018, eq. 16; claim A-DST-11.
    """
    return ops.mean(ops.relu(1.0 - real_scores)) + ops.mean(ops.relu(1.0 + fake_scores))


@saving.register_keras_serializable(package="kgan")
def hinge_generator(fake_scores):
    """The generator's loss −E[D(G(z))] against a discriminator with margins.

    Args:
        fake_scores: scores of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Lim and Ye 2017, section 3; Miyato et al. 2018, eq. 17.
    """
    return -ops.mean(fake_scores)


@saving.register_keras_serializable(package="kgan")
def relativistic_discriminator(real_scores, fake_scores):
    """The discriminator's side of the relativistic pairing, E[softplus(−(D(x) − D(G(z))))].

    Every real sample is paired with one generated sample; only their difference counts, so a
    constant added to all scores changes nothing.

    Args:
        real_scores: scores of real samples, shape `(n, 1)`.
        fake_scores: scores of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Jolicoeur-Martineau 2018, section 4; Huang et al. 2024, eq. 2 with
    f(t) = −log(1 + exp(−t)).
    """
    return ops.mean(ops.softplus(fake_scores - real_scores))


@saving.register_keras_serializable(package="kgan")
def relativistic_generator(real_scores, fake_scores):
    """The generator's side of the relativistic pairing, E[softplus(−(D(G(z)) − D(x)))].

    The discriminator's loss with the roles exchanged: the generator does not descend its negative.

    Args:
        real_scores: scores of real samples, shape `(n, 1)`.
        fake_scores: scores of generated samples, shape `(n, 1)`.

    Returns:
        A scalar.

    Source: Jolicoeur-Martineau 2018, section 4; Huang et al. 2024, section 2.
    """
    return ops.mean(ops.softplus(real_scores - fake_scores))


minimax = Objective("minimax", logistic_discriminator, minimax_generator)
non_saturating = Objective("non_saturating", logistic_discriminator, non_saturating_generator)
wasserstein = Objective("wasserstein", wasserstein_critic, wasserstein_generator, critic=True)
least_squares = Objective(
    "least_squares", least_squares_discriminator, least_squares_generator, critic=True
)
hinge = Objective("hinge", hinge_discriminator, hinge_generator, critic=True)
relativistic = Objective(
    "relativistic", relativistic_discriminator, relativistic_generator, critic=True, pairs=True
)
