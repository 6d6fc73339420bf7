"""Stacked digits: three digits as the colour planes of one image, a thousand modes.

Huang, Gokaslan, Kuleshov, Tompkin 2024, "The GAN is dead; long live the GAN! A Modern Baseline
GAN", https://arxiv.org/abs/2501.05441, on Stacked MNIST; the bundled 8×8 digits stand for MNIST's.

Every plane is a digit of a class drawn evenly and apart from the other two, so that each of the
10³ triples of classes is a mode of equal weight. The judge of digits names the classes of each
generated plane; a triple that appears at least once is a captured mode. It has to name something,
so that its mistakes find modes that nobody generated: how many planes it is sure of stands beside,
and below what stacks of held-out digits score, and what noise does, which fills most modes.

All methods have the same networks, optimizers and minibatches, and γ = 1 for each penalty. Planes
of 8×8 pixels are easy to draw apart: no method loses modes here, with penalties or without, and
the gap that was published does not show. What is left to compare is how even the modes are, and
how many planes are digits.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers

from kgan import data, metrics
from kgan.ensemble import fit_seeds
from kgan.metrics.modes import kl_to_uniform
from kgan.models.gan import GAN
from kgan.models.r1_gan import R1GAN
from kgan.models.r3_gan import R3GAN
from kgan.reproduce.journal import Journal
from kgan.reproduce.table import Figure, Reproduction, Row, choose
from kgan.two_player import TwoPlayerGame

SHAPE = (8, 8, 3)
MODES = 10**3
LATENT = 64
UNITS = 256
BATCH = 64
RATE = 1e-3
GAMMA = 1.0
STACKS = 50_000  # to train on
SAMPLES = 26_000  # measured
COLUMNS = ("modes", "KL to uniform", "planes recognised %")
STEPS = 5_000
SEEDS = 2

METHODS: dict[str, Callable[..., TwoPlayerGame]] = {
    "relativistic + R1 + R2": partial(R3GAN, gamma=GAMMA),
    "GAN + R1 + R2": partial(R1GAN, r1=GAMMA, r2=GAMMA),
    "GAN + R1": partial(R1GAN, r1=GAMMA),
    "GAN": partial(GAN, average_decay=0.999),
}
PUBLISHED = {"relativistic + R1 + R2": 1000, "GAN + R1 + R2": 693}
SURE = 0.9  # probability of its class from which on the judge is sure
REAL, NOISE = "held-out digits, stacked", "uniform noise"


def run(*, seeds=None, steps=None, methods=None, journal=None) -> Reproduction:
    """The objectives with and without their penalties, on stacked digits.

    Args:
        seeds: 2 by default.
        steps: minibatches of each training, 5,000 by default.
        methods: names from `METHODS`; all by default.
        journal: keeps what is trained.
    """
    seeds, steps, journal = seeds or SEEDS, steps or STEPS, journal or Journal()
    chosen = choose(methods, list(METHODS), list(METHODS))
    figures = {
        method: journal.figures(
            {"protocol": "stacked-digits", "method": method, "steps": steps},
            range(seeds),
            partial(train, method, steps, journal),
        )
        for method in chosen
    }
    digits = data.load("digits")
    real, modes = stacks(digits.test, digits.test_labels, SAMPLES, seed=0)
    rows = [
        Row(
            method,
            column,
            Figure.mean([of[column] for of in figures[method]]),
            Figure(PUBLISHED[method]) if column == "modes" and method in PUBLISHED else None,
        )
        for method in chosen
        for column in COLUMNS
    ]
    noise = np.random.default_rng(0).uniform(-1, 1, real.shape)
    rows += [
        Row(name, column, Figure(value))
        for name, images in ((REAL, real), (NOISE, noise))
        for column, value in measure(images).items()
    ]
    return Reproduction(
        protocol="stacked-digits",
        source="Huang, Gokaslan, Kuleshov, Tompkin 2024, The GAN is dead; long live the GAN!, "
        "Stacked MNIST: modes captured of 1,000. There R1 without R2 fails, without a figure.",
        settings={
            "steps": steps,
            "batch_size": BATCH,
            "learning_rate": RATE,
            "gamma": GAMMA,
            "seeds": seeds,
            "samples_measured": SAMPLES,
            "digits_the_judge_names_rightly": metrics.digits_judge().test_accuracy,
            "stacks_it_names_rightly": float(np.mean(named(real)[0] == modes)),
        },
        shortened=True,
        departures=[
            "8×8 digits in place of MNIST's; networks of three dense layers of "
            f"{UNITS} in place of the paper's residual convolutions; {steps:,} minibatches of "
            f"{BATCH}, minutes in place of hours."
        ],
        rows=rows,
        more={
            "runs": [
                {"method": method, "seed": seed, **of}
                for method in chosen
                for seed, of in enumerate(figures[method])
            ]
        },
    )


# The data and the measure ------------------------------------------------------------------


def stacks(images, labels, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits as colour planes: the class of each plane is uniform and independent of the others'.

    Args:
        images: digits `(m, 8, 8, 1)`, some of each class.
        labels: their classes, `(m,)`.
        n: number of stacks.
        seed: integer >= 0.

    Returns:
        Stacks `(n, 8, 8, 3)`, and their modes `(n,)`: 100·a + 10·b + c for the classes a, b, c.
    """
    rng = np.random.default_rng(seed)
    classes = rng.integers(10, size=(n, 3))
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=10)
    starts = np.cumsum(sizes) - sizes
    drawn = order[starts[classes] + rng.integers(sizes[classes])]
    return np.moveaxis(images[drawn, ..., 0], 1, -1), modes_of(classes)


def modes_of(classes: np.ndarray) -> np.ndarray:
    """The mode 100·a + 10·b + c of each triple of classes `(n, 3)`."""
    return classes @ (100, 10, 1)


def named(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mode that the judge sees in each stack `(n, 8, 8, 3)`, and the probability that it gives
    to the class of each plane, `(n, 3)`."""
    judge = metrics.digits_judge()
    by_plane = np.stack([judge.probabilities(images[..., [c]]) for c in range(3)], axis=1)
    return modes_of(by_plane.argmax(axis=-1)), by_plane.max(axis=-1)


def measure(images: np.ndarray) -> dict[str, Any]:
    """The figures of `COLUMNS` for generated stacks `(n, 8, 8, 3)`.

    Modes are triples that are seen at least once, of 1,000. The divergence Σ q log(1000·q) of
    their shares q, in nats, is 0 for equal shares; n stacks of equally likely modes give about
    999/(2n). Recognised is a plane whose class the judge finds at least 90% probable.
    """
    modes, probabilities = named(images)
    counts = np.bincount(modes, minlength=MODES)
    values = (
        int(np.count_nonzero(counts)),
        kl_to_uniform(counts),
        100 * float(np.mean(probabilities >= SURE)),
    )
    return dict(zip(COLUMNS, values, strict=True))


# Training ----------------------------------------------------------------------------------


def train(
    method: str, steps: int, journal: Journal, seeds: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Train a method with each seed, and measure what it generates."""
    digits = data.load("digits")
    images, _ = stacks(digits.train, digits.train_labels, STACKS, seed=0)

    def build(seed: int) -> TwoPlayerGame:
        model = METHODS[method](
            SHAPE,
            latent_dim=LATENT,
            generator=generator(),
            discriminator=discriminator(),
            seed=seed,
        )
        model.compile(
            *(keras.optimizers.Adam(RATE, beta_1=0.0, beta_2=0.99) for _ in model.players)
        )
        return model

    for seed, model in fit_seeds(
        build,
        seeds,
        images,
        batch_size=BATCH,
        steps=steps,
        every=min(steps, 500),
        watch=lambda seed, step, model: journal.tell(f"{method}, seed {seed}", step, steps),
    ):
        yield seed, measure(model.generate(SAMPLES, seed=seed))


def generator() -> keras.Sequential:
    outputs = layers.Dense(math.prod(SHAPE), activation="tanh")
    return keras.Sequential(
        [layers.Input((LATENT,)), *hidden(), outputs, layers.Reshape(SHAPE)], name="generator"
    )


def discriminator() -> keras.Sequential:
    return keras.Sequential(
        [layers.Input(SHAPE), layers.Flatten(), *hidden(), layers.Dense(1)], name="discriminator"
    )


def hidden() -> list[keras.Layer]:
    return [
        layer
        for _ in range(3)
        for layer in (layers.Dense(UNITS), layers.LeakyReLU(negative_slope=0.2))
    ]
