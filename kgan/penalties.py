"""What holds a discriminator back: penalties on its gradient at given points, clipped weights."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras.saving import register_keras_serializable

from kgan.autodiff import input_gradient, refuse_batch_normalization, refuse_smooth_resizing
from kgan.checks import check_count, check_number

ops: Any = keras.ops  # its functions carry no types
Scores = Callable[[Any], Any]


class Penalty:
    """A term of the discriminator's loss that weighs its slopes; any two-player model takes it.

    Attributes:
        name: under which its value is logged, without its weight.
        weight: what its value is multiplied by in the loss.
        every: minibatches from one penalty to the next, >= 1; its weight is then multiplied by
            that number, so that the mean pull stays what it was.
    """

    name: str
    weight: float
    every: int = 1

    def draw(self, real: Any, seed: keras.random.SeedGenerator) -> dict[str, Any]:
        """Sample everything random that the penalty uses; nothing by default."""
        return {}

    def value(self, scores: Scores, real: Any, fake: Any, drawn: dict[str, Any]) -> Any:
        """The penalty without its weight.

        Args:
            scores: maps samples `(n, ...)` to one score each.
            real, fake: real and generated samples as the discriminator sees them.
            drawn: what `draw` returned.
        """
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Penalty":
        return cls(**config)


@register_keras_serializable(package="kgan")
class GradientPenalty(Penalty):
    """λ E[(‖∇D(x̂)‖₂ − 1)²], x̂ uniform on the line between a real and a generated sample.

    Args:
        weight: λ > 0; 10 in the paper, 0.1 for its toy problems.

    Raises:
        ValueError: a weight <= 0.

    Source: Gulrajani et al. 2017, eq. 3 and algorithm 1; claims A-OT-16, A-DYN-08.
    """

    name = "gradient_penalty"

    def __init__(self, weight: float = 10.0):
        self.weight = check_number("weight", weight, above=0)

    def draw(self, real, seed):
        shape = (ops.shape(real)[0], *[1] * (len(real.shape) - 1))
        return {"mix": ops.cast(keras.random.uniform(shape, seed=seed), real.dtype)}

    def value(self, scores, real, fake, drawn):
        return gradient_penalty(scores, real, fake, drawn["mix"])

    def get_config(self) -> dict[str, Any]:
        return {"weight": self.weight}


class _ZeroCentred(Penalty):
    """γ/2·E[‖∇D‖²] at samples of one side."""

    def __init__(self, gamma: float, every: int = 1):
        self.gamma = check_number("gamma", gamma, least=0)
        self.every = check_count("every", every)
        self.weight = self.gamma / 2

    def get_config(self) -> dict[str, Any]:
        return {"gamma": self.gamma, "every": self.every}


@register_keras_serializable(package="kgan")
class R1(_ZeroCentred):
    """γ/2·E[‖∇D(x)‖²] at real samples; `r1_penalty` logs the mean squared norm.

    Args:
        gamma: γ >= 0. (The code published with the paper leaves the half out: its 10 is γ = 20.)
        every: minibatches from one penalty to the next, >= 1; 16 in StyleGAN2.

    Raises:
        ValueError: as the arguments say.

    Source: Mescheder et al. 2018, eq. 9; claims A-DYN-09, A-DYN-11.
    """

    name = "r1_penalty"

    def value(self, scores, real, fake, drawn):
        return zero_centred_penalty(scores, real)


@register_keras_serializable(package="kgan")
class R2(_ZeroCentred):
    """γ/2·E[‖∇D(x̃)‖²] at generated samples; `r2_penalty` logs the mean squared norm.

    Args:
        gamma: γ >= 0.
        every: minibatches from one penalty to the next, >= 1.

    Raises:
        ValueError: as the arguments say.

    Source: Mescheder et al. 2018, eq. 10; claim A-DYN-11.
    """

    name = "r2_penalty"

    def value(self, scores, real, fake, drawn):
        return zero_centred_penalty(scores, fake)


def check_penalties(penalties: Any) -> tuple[Penalty, ...]:
    """Penalties of which no two log under one name, the lazy ones all at one pace.

    Raises:
        ValueError: something that is no penalty, one twice, or two numbers of minibatches > 1.
    """
    found = tuple(penalties) if isinstance(penalties, Sequence) else (penalties,)
    for penalty in found:
        if not isinstance(penalty, Penalty):
            raise ValueError(
                f"penalties: got {penalty!r}; accepted are GradientPenalty, R1 and R2 of "
                "kgan.penalties, in a tuple."
            )
    names = [penalty.name for penalty in found]
    if len(set(names)) < len(names):
        raise ValueError(f"penalties: got {', '.join(names)}; accepted is one of each.")
    paces = sorted({penalty.every for penalty in found} - {1})
    if len(paces) > 1:
        raise ValueError(
            f"penalties: got every = {' and '.join(map(str, paces))}; lazy penalties share one "
            "turn, and so one number."
        )
    return found


def paced(optimizer: keras.optimizers.Optimizer, every: int) -> keras.optimizers.Optimizer:
    """An optimizer for k + 1 moves where there were k: the lazy penalties' turn is one more.

    Rate and decays become rate·c and ρ^c with c = k/(k + 1), so that k minibatches move as far
    and forget as much as before.

    Args:
        optimizer: a Keras optimizer with a number as its learning rate.
        every: k, minibatches from one penalty to the next.

    Returns:
        A new optimizer of the same class.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN",
    appendix B.
    """
    c = every / (every + 1)
    config = optimizer.get_config()
    config["learning_rate"] = c * config["learning_rate"]
    for decay in ("beta_1", "beta_2", "rho", "momentum"):
        if decay in config:
            config[decay] = config[decay] ** c if config[decay] else config[decay]
    return type(optimizer).from_config(config)


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


def gradient_penalty(scores: Scores, real: Any, fake: Any, mix: Any, target: float = 1.0) -> Any:
    """The two-sided gradient penalty of WGAN-GP, E[(‖∇D(x̂)‖₂ − 1)²].

    x̂ = ε·x + (1 − ε)·x̃ lies on the line between a real and a generated sample, with ε uniform
    on [0, 1] (Gulrajani et al. 2017, eq. 3 and algorithm 1).

    Args:
        scores: maps samples `(n, ...)` to one score each.
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
    squares = _squared_slopes(scores, interpolated)
    # The square root has no derivative at 0: a critic that is flat at x̂ would send NaN to all
    # of its weights. There the subgradient 0 is taken, by keeping 0 away from the root.
    flat = squares == 0
    norms = ops.where(flat, 0.0, ops.sqrt(ops.where(flat, 1.0, squares)))
    return ops.mean(ops.square(norms - target))


def zero_centred_penalty(scores: Scores, samples: Any) -> Any:
    """The mean squared slope of the discriminator at given samples, E[‖∇D(x)‖₂²].

    At real samples it is 2/γ times R1, at generated ones 2/γ times R2: the papers' penalties are
    γ/2·E[‖∇D‖²], and the half stands in the weight.

    Args:
        scores: maps samples `(n, ...)` to one logit each.
        samples: where to take the slope, shape `(n, ...)`.

    Returns:
        A scalar, without its weight γ/2.

    Raises:
        ValueError: from `input_gradient`; as `check_penalised`, where a layer is given.

    Source: Mescheder et al. 2018, eq. 9 and 10.
    """
    return ops.mean(_squared_slopes(scores, samples))


def _squared_slopes(scores, x):
    """‖∇D(x)‖₂² at each sample, the sum over all of its axes."""
    if isinstance(scores, keras.Layer):
        check_penalised(scores)
    _, gradient = input_gradient(scores, x)
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))


@register_keras_serializable(package="kgan")
class ClipWeights(keras.constraints.Constraint):
    """Keeps every weight within [−c, c], after each move of its optimizer.

    Args:
        limit: c > 0.

    Raises:
        ValueError: a limit that is no number > 0.

    Source: Arjovsky et al. 2017, algorithm 1, line 7.
    """

    def __init__(self, limit: float):
        self.limit = check_number("limit", limit, above=0)

    def __call__(self, w):
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}
