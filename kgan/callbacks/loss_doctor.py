"""What a run's logs say about it, in one sentence, and which cure fits."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
from keras.src.utils import io_utils

from kgan import losses

_LOG_4 = math.log(4)  # the discriminator's loss at D = 1/2, in this package's convention
_APART = 0.95  # of D(x) − D(G(z)), which never exceeds the total variation of the two laws
_ALIKE = 0.05
_SATURATED = 0.01  # D/(1 − D): the minimax slope over the non-saturating one (A-SAT-06)
_NOTHING = 1e-6  # what float32's rounding alone leaves of gradients near 1
_CERTAIN = math.log(float(np.finfo(np.float32).max))  # exp of a larger logit overflows
_UNRESOLVED = 1e6  # float32's spacing there is 0.06: scores and gradients near 1 drown
_MISSED = math.log(4 / 3)  # reverse KL where a quarter of equal modes is missing
_SOME = 0.1  # share of high-quality samples whose modes can be compared, 250 of 2,500
_WINDOW = 10  # epochs over which modes and their changes are compared
_RISING = 0.05  # of the high-quality share in these epochs: 5 standard errors at 2,500 samples


@dataclass(frozen=True)
class Signs:
    """What the doctor knows after an epoch. NaN is unknown, and no comparison holds of it.

    Attributes:
        logistic: whether D(x) is a probability; a critic's score is none.
        minimax: whether the generator descends E[log(1 − D(G(z)))].
        real, fake: mean D(x) and D(G(z)), or a critic's mean scores.
        discriminator_loss, generator_loss: as logged.
        discriminator_gradient, generator_gradient: norms of the gradients.
        widest: the largest distance of real and fake so far.
        val_value: V(D, G) on held-out data, the better of the last two, where the discriminator
            answers there as in training.
        modes, high_quality, reverse_kl: as a `ModeMonitor` logs them.
        gained: high_quality less what it was ten epochs ago.
        hops: changes of the dominant mode in the last ten epochs, or since the first one.
    """

    logistic: bool
    minimax: bool
    real: float
    fake: float
    discriminator_loss: float
    generator_loss: float
    discriminator_gradient: float
    generator_gradient: float
    widest: float = math.nan
    val_value: float = math.nan
    modes: float = math.nan
    high_quality: float = math.nan
    reverse_kl: float = math.nan
    gained: float = math.nan
    hops: float = math.nan

    @property
    def difference(self) -> float:
        return self.real - self.fake

    @property
    def value(self) -> float:
        """V(D, G) on the training data, or less, where the loss holds a penalty."""
        return -self.discriminator_loss

    @property
    def gain(self) -> float:
        """The non-saturating slope over the minimax one, (1 − D)/D."""
        return (1 - self.fake) / max(self.fake, float(np.finfo(np.float32).tiny))

    @property
    def held(self) -> float:
        """The share of equal modes that has the histogram's entropy, exp(H)/K."""
        return math.exp(-self.reverse_kl)

    @property
    def losses(self) -> tuple[float, float]:
        return self.discriminator_loss, self.generator_loss

    @property
    def gradients(self) -> tuple[float, float]:
        return self.discriminator_gradient, self.generator_gradient


class Finding(NamedTuple):
    """One verdict: when it holds, what to say, what to do, and the claims it rests on.

    Attributes:
        name: a short name.
        holds: whether the signs show it; of several the first in `FINDINGS` counts.
        sentence, cure: with the `Signs` as `s` in braces; no cure where nothing is wrong.
        claims: ids, as in `theory`.
    """

    name: str
    holds: Callable[[Signs], bool]
    sentence: str
    cure: str
    claims: tuple[str, ...]


_SCORES = "(D(x) {s.real:.2f}, D(G(z)) {s.fake:.2f})"

FINDINGS = (
    # A player that did not move in an epoch logs NaN; where all are NaN the game has ended.
    Finding(
        "diverged",
        lambda s: (
            all(map(math.isnan, s.losses))
            or _largest(s.real, s.fake, *s.losses, *s.gradients) > _UNRESOLVED
            or (s.logistic and _largest(*s.losses) > _CERTAIN)
        ),
        "The game has diverged (discriminator's loss {s.discriminator_loss:.3g}, generator's "
        "{s.generator_loss:.3g}, gradients {s.gradients[0]:.3g} and {s.gradients[1]:.3g})",
        "start again with lower learning rates, or damp the discriminator: kgan.R1GAN, kgan.SNGAN",
        ("A-DYN-04", "A-DYN-11"),
    ),
    # On a finite sample the best discriminator goes to V = 0 there, and below −log 4 elsewhere.
    Finding(
        "overfitting",
        lambda s: s.logistic and s.value > -0.95 * _LOG_4 and s.val_value < -1.05 * _LOG_4,
        "The discriminator knows its training samples by heart: V(D, G) is {s.value:.2f} on them "
        "and {s.val_value:.2f} on held-out ones, where always answering 1/2 would give -1.39",
        "give it more data, dropout or fewer units, or use kgan.R1GAN or instance_noise",
        ("A-GAN-13",),
    ),
    # Goodfellow et al. 2014, section 3; Arjovsky and Bottou 2017, theorem 2.4.
    Finding(
        "saturation",
        lambda s: s.minimax and s.difference > _APART and s.fake / (1 - s.fake) < _SATURATED,
        "The discriminator tells the samples apart without error (D(x) {s.real:.2f}, D(G(z)) "
        "{s.fake:.0e}) and the minimax generator's gradient is down to "
        "{s.generator_gradient:.0e}: its loss saturates",
        "use kgan.losses.non_saturating, whose slope is about {s.gain:.0e} times as large, or "
        "instance_noise",
        ("A-SAT-05", "A-SAT-06", "A-SAT-10"),
    ),
    # A flat D makes every generator a best response: nothing can be learned from it.
    Finding(
        "no_gradient",
        lambda s: s.generator_gradient < _NOTHING,
        "No gradient reaches the generator (norm {s.generator_gradient:.0e}): the discriminator "
        f"is flat where the samples lie, as a network of dead units is {_SCORES}",
        "start again with leaky units, as the default networks have, and a lower learning rate "
        "for the discriminator",
        ("A-MC-02",),
    ),
    # Arjovsky and Bottou 2017, theorem 2.6: the non-saturating gradient's variance grows.
    Finding(
        "discriminator_wins",
        lambda s: s.logistic and s.difference > _APART,
        f"The discriminator tells the samples apart nearly without error {_SCORES}, so the "
        "generator's gradient ({s.generator_gradient:.1e}) is alive but noisy, and does not say "
        "how far the samples are from the data",
        "let the supports meet with instance_noise, use kgan.R1GAN or kgan.WGANGP, or lower the "
        "discriminator's learning rate",
        ("A-SUP-01", "A-SUP-05", "A-SAT-11"),
    ),
    # Metz et al. 2017, section 3.1.
    Finding(
        "hopping",
        lambda s: s.hops >= 2,
        "The generator hops from mode to mode: another one came to dominate {s.hops:.0f} times in "
        "the last ten epochs, which the discriminator's loss ({s.discriminator_loss:.2f}) does "
        "not show",
        "let the generator move less (discriminator_steps) or with less momentum (Adam's beta_1), "
        "or use kgan.PacGAN or kgan.UnrolledGAN",
        ("A-MC-01", "A-MC-03"),
    ),
    # With less than half of the samples good (of the data 98.9% are, in the plane and by three
    # standard deviations), the total variation is 0.48 at least, and D* would keep D(x) − D(G(z))
    # above its square, 0.23, by the inequality of Cauchy and Schwarz.
    Finding(
        "discriminator_blind",
        lambda s: (
            s.logistic
            and abs(s.difference) < _ALIKE
            and s.high_quality < 0.5
            and s.gained < _RISING
        ),
        f"The discriminator cannot tell the samples apart {_SCORES}, although only "
        "{s.high_quality:.0%} of them are good, and no more than ten epochs ago: its loss near "
        "log 4 is no equilibrium",
        "give it more units or layers, a higher learning rate or more discriminator_steps",
        ("A-MC-02", "A-DST-06"),
    ),
    # Lin et al. 2018, table 1: their GAN is at 0.45 and 0.70 nats, their packed ones below 0.14.
    Finding(
        "collapse",
        lambda s: s.reverse_kl > _MISSED and s.high_quality > _SOME,
        "The generator has lost modes: it captures {s.modes:.0f}, as unevenly as if only "
        "{s.held:.0%} of them all were left",
        "let the discriminator judge several samples at once (kgan.PacGAN, kgan.MinibatchGAN), or "
        "use kgan.UnrolledGAN or kgan.R3GAN",
        ("A-MC-08", "A-MC-11"),
    ),
    Finding(
        "discriminator_lags",
        lambda s: s.logistic and s.difference < -_ALIKE,
        f"The discriminator takes generated samples for real more than real ones {_SCORES}: the "
        "generator moves too fast for it",
        "raise the discriminator's learning rate or its discriminator_steps",
        ("A-GAN-11", "A-DST-06"),
    ),
    Finding(
        "equilibrium",
        lambda s: s.logistic and abs(s.difference) < _ALIKE and s.high_quality >= 0.5,
        f"The discriminator cannot tell the samples apart {_SCORES}, and they are good "
        "({s.high_quality:.0%}, {s.modes:.0f} modes): the game is near its equilibrium",
        "",
        ("A-JS-03", "A-JS-07"),
    ),
    Finding(
        "learning",
        lambda s: s.logistic and abs(s.difference) < _ALIKE and s.high_quality < 0.5,
        f"The discriminator cannot tell the samples apart yet {_SCORES}, and only "
        "{s.high_quality:.0%} of them are good: both have still to learn",
        "",
        ("A-MC-02",),
    ),
    Finding(
        "equilibrium",
        lambda s: s.logistic and abs(s.difference) < _ALIKE,
        f"The discriminator cannot tell the samples apart {_SCORES}: the game is near its "
        "equilibrium if the samples look right, and the discriminator is too weak if they do not",
        "",
        ("A-JS-07", "A-MC-02"),
    ),
    Finding(
        "critic",
        lambda s: not s.logistic,
        "A critic's scores know no log 4: D(x) and D(G(z)) differ by {s.difference:.3g} (at most "
        "so far: {s.widest:.3g}), which falls as the samples get better, and both gradients are "
        "alive ({s.gradients[0]:.1e} and {s.gradients[1]:.1e})",
        "",
        ("A-OT-09", "A-OT-16"),
    ),
    Finding(
        "learning",
        lambda s: True,
        f"The discriminator tells the samples apart in part {_SCORES}, and the generator's "
        "gradient is alive ({s.generator_gradient:.1e}): both are learning",
        "",
        ("A-JS-02",),
    ),
)


class LossDoctor(keras.callbacks.Callback):
    """Say after each epoch in one sentence how the game goes, and which cure fits.

    It reads the logs alone: D(x) and D(G(z)), the losses beside log 4, the norms of both players'
    gradients, `val_value` where validation data are given, and what a `ModeMonitor` logs where
    one stands before it. Its verdicts and their thresholds are the table `FINDINGS` of this
    module; the first one that holds counts. A critic's scores have no scale, so that of critics
    less can be said. Without a `ModeMonitor` nobody sees a collapse: the losses do not show it.

    With `verbose` on, `fit` prints a verdict once it has held for two epochs, or is the last one,
    unless it is the one that was printed before.

    Attributes:
        verdict: name of the last epoch's finding; empty before.
        sentence: the finding with its numbers, its cure and its claims.
        healthy: whether there is nothing to cure: equilibrium, learning, critic.
        history: `(epoch, verdict, sentence)` whenever the verdict changed, epochs from 1.

    Raises:
        ValueError: at the beginning of `fit`, a model without an objective, or a frozen player.
    """

    def __init__(self):
        super().__init__()
        self.verdict = self.sentence = ""
        self.healthy = False
        self.history: list[tuple[int, str, str]] = []

    def on_train_begin(self, logs=None):
        model: Any = self.model
        if not isinstance(getattr(model, "objective", None), losses.Objective):
            raise ValueError(
                f"LossDoctor: got {type(model).__name__}; accepted is a generator against a "
                "discriminator, with an objective."
            )
        for player, network in model.players.items():
            if not network.trainable_variables:
                raise ValueError(
                    f"LossDoctor: got a frozen {player}; accepted are two players that move."
                )
        # Batch normalisation answers otherwise in evaluation: V there is another network's.
        self._comparable = not any(
            isinstance(layer, keras.layers.BatchNormalization)
            for layer in model.discriminator._flatten_layers()
        )
        self._recent: list[tuple[float, float]] = []  # high quality and changes of the mode
        self._widest = math.nan
        self._val_values = [math.nan]
        self._epochs_held, self._printed = 0, ""

    def on_epoch_end(self, epoch, logs=None):
        signs = self._signs(logs or {})
        finding = next(f for f in FINDINGS if f.holds(signs))
        advice = "; " + finding.cure if finding.cure else ""
        self.sentence = (finding.sentence + advice).format(s=signs)
        self.sentence += f" ({', '.join(finding.claims)})."
        self.healthy = not finding.cure
        self._epochs_held = self._epochs_held + 1 if finding.name == self.verdict else 1
        self.verdict = finding.name
        self._epoch = epoch + 1
        if self._epochs_held == 1:
            self.history.append((self._epoch, self.verdict, self.sentence))
        if self._epochs_held == 2:
            self._print()

    def on_train_end(self, logs=None):
        if self.verdict:
            self._print()

    def _print(self):
        if (self.params or {}).get("verbose") and self.verdict != self._printed:
            io_utils.print_msg(f"\nEpoch {self._epoch}: {self.sentence}")
            self._printed = self.verdict

    def _signs(self, logs) -> Signs:
        model: Any = self.model
        of = {name: float(value) for name, value in logs.items()}

        def known(name):
            return of.get(name, math.nan)

        self._widest = _largest(self._widest, known("real_score") - known("fake_score"))
        seen = (known("high_quality"), known("mode_changes"))
        self._recent = [*self._recent, seen][-_WINDOW - 1 :]
        (quality, changes), enough = self._recent[0], len(self._recent) > _WINDOW
        # Not every epoch need be followed by an evaluation; and a single one may catch the
        # generator a step ahead of the discriminator.
        if self._comparable and "val_value" in of:
            self._val_values = [self._val_values[-1], of["val_value"]]
        return Signs(
            logistic=not model.objective.critic,
            minimax=model.objective.generator is losses.minimax_generator,
            real=known("real_score"),
            fake=known("fake_score"),
            discriminator_loss=known("discriminator_loss"),
            generator_loss=known("generator_loss"),
            discriminator_gradient=known("discriminator_gradient_norm"),
            generator_gradient=known("generator_gradient_norm"),
            widest=self._widest,
            val_value=float(np.max(self._val_values)),  # NaN unless both are known
            modes=known("modes"),
            high_quality=known("high_quality"),
            reverse_kl=known("reverse_kl"),
            gained=seen[0] - quality if enough else math.nan,
            hops=seen[1] - changes,
        )


def _largest(*values: float) -> float:
    """The largest size of the numbers that are known."""
    return max((abs(v) for v in values if not math.isnan(v)), default=math.nan)
