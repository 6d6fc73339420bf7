"""What does a training step of `kgan.DCGAN.fit` cost beside a plainly written one?

Two things do the same work on the same networks, in turns within one process (A B A B ...), so
that whatever else the machine does falls on both:

- A: `kgan.DCGAN.fit`, with everything that fit does: data, metrics, gradient norms, callbacks;
- B: a step as one would write it by hand under `tf.function`: one generator pass and one joined
  discriminator pass over real and generated images, Adam; a second generator pass, Adam.

The figure is the ratio of the median times of their segments. Accepted: at most 1.05. Processor
time, which other programs on the machine disturb less than the clock, is printed beside it.

    KERAS_BACKEND=tensorflow python benchmarks/step.py              # as accepted: 12 pairs
    KERAS_BACKEND=tensorflow python benchmarks/step.py --segments 4 # a quick look
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import kgan

BATCH = 64
STEPS = 40  # in a segment
LATENT = 128
SHAPE = (28, 28, 1)
LIMIT = 1.05


def generator() -> keras.Sequential:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(7 * 7 * 128),
            layers.Reshape((7, 7, 128)),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(1, 7, padding="same", activation="tanh"),
        ]
    )


def discriminator() -> keras.Sequential:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(SHAPE),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ]
    )


def adam() -> keras.optimizers.Adam:
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


class Plain:
    """The step by hand, one segment at a time.

    Args:
        images: float32 array `(n, *SHAPE)`.
        jit_compile: whether the step is compiled by XLA, as the model compared with is.
    """

    def __init__(self, images: np.ndarray, jit_compile: bool):
        import tensorflow as tf

        g, d = generator(), discriminator()
        g_optimizer, d_optimizer = adam(), adam()
        g_optimizer.build(g.trainable_variables)
        d_optimizer.build(d.trainable_variables)
        bce = keras.losses.BinaryCrossentropy(from_logits=True)
        joined_labels = tf.concat([tf.ones((BATCH, 1)), tf.zeros((BATCH, 1))], axis=0)
        real_labels = tf.ones((BATCH, 1))

        @tf.function(jit_compile=jit_compile)
        def step(real):
            fake = g(tf.random.normal((BATCH, LATENT)), training=True)
            with tf.GradientTape() as tape:
                logits = d(tf.concat([real, fake], axis=0), training=True)
                d_loss = 2 * bce(joined_labels, logits)  # a sum of two means, as in the paper
            gradients = tape.gradient(d_loss, d.trainable_variables)
            d_optimizer.apply_gradients(zip(gradients, d.trainable_variables, strict=True))
            noise = tf.random.normal((BATCH, LATENT))
            with tf.GradientTape() as tape:
                g_loss = bce(real_labels, d(g(noise, training=True), training=True))
            gradients = tape.gradient(g_loss, g.trainable_variables)
            g_optimizer.apply_gradients(zip(gradients, g.trainable_variables, strict=True))
            return d_loss, g_loss

        self.step = step
        self.images = images
        self.rng = np.random.default_rng(0)
        self.losses = (float("nan"), float("nan"))

    def segment(self):
        """Take STEPS steps over the shuffled images."""
        order = self.rng.permutation(len(self.images))
        for i in range(STEPS):
            d_loss, g_loss = self.step(self.images[order[i * BATCH : (i + 1) * BATCH]])
        self.losses = float(d_loss), float(g_loss)  # waits for the last step


class Interleave(keras.callbacks.Callback):
    """Runs a segment of the plain step after every epoch of fit, and times both.

    An epoch's time runs from the end of one plain segment to the start of the next, so that it
    holds everything fit does between two epochs, too.
    """

    def __init__(self, plain: Plain):
        super().__init__()
        self.plain = plain
        self.fit_times: list[tuple[float, float]] = []
        self.plain_times: list[tuple[float, float]] = []

    def on_train_begin(self, logs=None):
        self.start = clocks()

    def on_epoch_end(self, epoch, logs=None):
        middle = clocks()
        self.plain.segment()
        end = clocks()
        self.fit_times.append((middle[0] - self.start[0], middle[1] - self.start[1]))
        self.plain_times.append((end[0] - middle[0], end[1] - middle[1]))
        self.start = clocks()


def clocks() -> tuple[float, float]:
    """Seconds on the clock, and of processor time that all threads of this process used."""
    return time.perf_counter(), time.process_time()


def measure(segments: int, warm_up: int = 1) -> dict:
    """Time `segments` pairs, after some that are not counted (tracing, first allocations)."""
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (STEPS * BATCH, *SHAPE)).astype("float32")
    model = kgan.DCGAN(
        SHAPE, latent_dim=LATENT, generator=generator(), discriminator=discriminator(), seed=0
    )
    model.compile(adam(), adam())
    plain = Plain(images, jit_compile=model.jit_compile)
    timer = Interleave(plain)
    history = model.fit(
        images, batch_size=BATCH, epochs=warm_up + segments, verbose=0, callbacks=[timer]
    ).history
    fit, fit_processor = zip(*timer.fit_times[warm_up:], strict=True)
    by_hand, by_hand_processor = zip(*timer.plain_times[warm_up:], strict=True)
    pairs = [a / b for a, b in zip(fit, by_hand, strict=True)]
    return {
        "ratio": statistics.median(fit) / statistics.median(by_hand),
        "limit": LIMIT,
        "processor_time_ratio": (
            statistics.median(fit_processor) / statistics.median(by_hand_processor)
        ),
        "pair_ratios": {
            "least": min(pairs),
            "median": statistics.median(pairs),
            "most": max(pairs),
        },
        "fit_ms_per_step": 1000 * statistics.median(fit) / STEPS,
        "plain_ms_per_step": 1000 * statistics.median(by_hand) / STEPS,
        "pairs": segments,
        "steps_per_segment": STEPS,
        "batch": BATCH,
        "jit_compile": model.jit_compile,
        "parameters": {
            "generator": model.generator.count_params(),
            "discriminator": model.discriminator.count_params(),
        },
        "last_losses": {
            "fit": [history["discriminator_loss"][-1], history["generator_loss"][-1]],
            "plain": list(plain.losses),
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "keras": keras.__version__,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="DCGAN.fit against a hand-written step.")
    parser.add_argument("--segments", type=int, default=12, help="pairs of segments (12)")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    arguments = parser.parse_args()
    if arguments.segments < 1:
        parser.error(f"--segments: got {arguments.segments}; accepted is an integer >= 1")
    if keras.backend.backend() != "tensorflow":
        parser.error(f"KERAS_BACKEND is {keras.backend.backend()}; the plain step is TensorFlow's")
    figures = measure(arguments.segments)
    spread = figures["pair_ratios"]
    print(
        f"A: kgan.DCGAN.fit           {figures['fit_ms_per_step']:7.2f} ms a step\n"
        f"B: plain tf.function step   {figures['plain_ms_per_step']:7.2f} ms a step\n"
        f"batch {BATCH}, {SHAPE}, latent {LATENT}, {figures['parameters']['generator']:,} + "
        f"{figures['parameters']['discriminator']:,} parameters, {figures['machine']}, "
        f"jit_compile={figures['jit_compile']}\n"
        f"ratio of medians {figures['ratio']:.3f} (accepted: at most {LIMIT}); single pairs "
        f"{spread['least']:.3f} to {spread['most']:.3f}, {figures['pairs']} pairs of {STEPS} steps"
        f"\nratio of median processor times {figures['processor_time_ratio']:.3f}"
    )
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["ratio"] <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
