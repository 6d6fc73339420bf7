"""What does a training step of `kgan.DCGAN.fit` cost beside a plainly written one?

Two things do the same work on the same networks, in turns within one process (A B A B ...), so
that whatever else the machine does falls on both:

- A: `kgan.DCGAN.fit`, with everything that fit does: data, metrics, gradient norms, callbacks;
- B: a step as one would write it by hand for the backend (`benchmarks/plain/`).

The figure is the ratio of the median times of their segments. Processor time, which other programs
on the machine disturb less than the clock, is printed beside it.

    KERAS_BACKEND=tensorflow python benchmarks/step.py              # as accepted: 12 pairs
    KERAS_BACKEND=tensorflow python benchmarks/step.py --segments 4 # a quick look
    KERAS_BACKEND=jax python benchmarks/step.py --size 128 --batch 128 --precision bfloat16
    python benchmarks/step.py --backends                            # all models, JAX and TensorFlow
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
import plain
from backends import compare

import kgan
from kgan.catalog import CATALOG

STEPS = 40  # in a segment
LATENT = 128
LIMITS = {"tensorflow": 1.05, "torch": 1.1, "jax": 1.05}  # of the ratio
SMALL = 16  # pixels that a large step is cut down to where there is no accelerator


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
            layers.Input((28, 28, 1)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ]
    )


def build(size: int) -> kgan.DCGAN:
    """The model: with small networks for 28×28 grey pixels, else colour and its own networks."""
    if size == 28:
        return kgan.DCGAN(
            (28, 28, 1),
            latent_dim=LATENT,
            generator=generator(),
            discriminator=discriminator(),
            seed=0,
        )
    return kgan.DCGAN((size, size, 3), latent_dim=LATENT, seed=0)


class Interleave(keras.callbacks.Callback):
    """Runs a segment of the plain step after every epoch of fit, and times both.

    An epoch's time runs from the end of one plain segment to the start of the next, so that it
    holds everything fit does between two epochs, too.
    """

    def __init__(self, by_hand, images: np.ndarray, batch: int):
        super().__init__()
        self.by_hand = by_hand
        self.images = images
        self.batch = batch
        self.rng = np.random.default_rng(0)
        self.losses = (float("nan"), float("nan"))
        self.fit_times: list[tuple[float, float]] = []
        self.plain_times: list[tuple[float, float]] = []

    def on_train_begin(self, logs=None):
        self.start = clocks()

    def on_epoch_end(self, epoch, logs=None):
        middle = clocks()
        order = self.rng.permutation(len(self.images))
        for i in range(STEPS):
            rows = order[i * self.batch : (i + 1) * self.batch]
            d_loss, g_loss = self.by_hand.step(self.images[rows])
        self.losses = float(d_loss), float(g_loss)  # waits for the last step
        end = clocks()
        self.fit_times.append((middle[0] - self.start[0], middle[1] - self.start[1]))
        self.plain_times.append((end[0] - middle[0], end[1] - middle[1]))
        self.start = clocks()


def clocks() -> tuple[float, float]:
    """Seconds on the clock, and of processor time that all threads of this process used."""
    return time.perf_counter(), time.process_time()


def measure(size: int, batch: int, segments: int, warm_up: int = 1) -> dict:
    """Time `segments` pairs, after some that are not counted (tracing, first allocations)."""
    model, other = build(size), build(size)
    images = np.random.default_rng(0).random((STEPS * batch, *model.data_shape), "float32")
    images = 2 * images - 1
    model.compile(plain.adam(), plain.adam())
    backend = plain.backend()
    by_hand = backend.Plain(
        other.generator, other.discriminator, LATENT, batch, jit_compile=model.jit_compile
    )
    timer = Interleave(by_hand, images, batch)
    history = model.fit(
        images, batch_size=batch, epochs=warm_up + segments, verbose=0, callbacks=[timer]
    ).history
    fit, fit_processor = zip(*timer.fit_times[warm_up:], strict=True)
    plain_clock, plain_processor = zip(*timer.plain_times[warm_up:], strict=True)
    pairs = [a / b for a, b in zip(fit, plain_clock, strict=True)]
    return {
        "plain": backend.NAME,
        "ratio": statistics.median(fit) / statistics.median(plain_clock),
        "limit": LIMITS[keras.backend.backend()],
        "processor_time_ratio": (
            statistics.median(fit_processor) / statistics.median(plain_processor)
        ),
        "pair_ratios": {
            "least": min(pairs),
            "median": statistics.median(pairs),
            "most": max(pairs),
        },
        "fit_ms_per_step": 1000 * statistics.median(fit) / STEPS,
        "plain_ms_per_step": 1000 * statistics.median(plain_clock) / STEPS,
        "pairs": segments,
        "steps_per_segment": STEPS,
        "batch": batch,
        "shape": list(model.data_shape),
        "precision": keras.config.dtype_policy().name,
        "accelerator": backend.accelerated(),
        "jit_compile": model.jit_compile,
        "parameters": {
            "generator": model.generator.count_params(),
            "discriminator": model.discriminator.count_params(),
        },
        "last_losses": {
            "fit": [history["discriminator_loss"][-1], history["generator_loss"][-1]],
            "plain": list(timer.losses),
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "keras": keras.__version__,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="DCGAN.fit against a hand-written step.")
    parser.add_argument("--segments", type=int, default=12, help="pairs of segments (12)")
    parser.add_argument("--size", type=int, default=28, help="pixels of an image's side (28)")
    parser.add_argument("--batch", type=int, default=64, help="images in a minibatch (64)")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument(
        "--backends",
        nargs="*",
        metavar="MODEL",
        help="instead: these models, by default all, on two backends",
    )
    parser.add_argument("--on", nargs=2, default=["jax", "tensorflow"], help="the two backends")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    arguments = parser.parse_args()
    if arguments.segments < 1:
        parser.error(f"--segments: got {arguments.segments}; accepted is an integer >= 1")
    if arguments.backends is not None:
        unknown = set(arguments.backends) - set(CATALOG)
        if unknown:
            parser.error(f"--backends: got {sorted(unknown)}; accepted are {', '.join(CATALOG)}")
        figures = compare(arguments.backends or list(CATALOG), arguments.on, arguments.segments)
        accepted = True
    else:
        figures = run(arguments)
        accepted = figures["ratio"] <= figures["limit"]
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if accepted else 1


def run(arguments) -> dict:
    """Measure and print."""
    size, batch = arguments.size, arguments.batch
    if size > 28 and not plain.backend().accelerated():
        print(
            f"no accelerator: {SMALL}×{SMALL} pixels, minibatches of 16 in place of what is asked"
        )
        size, batch = SMALL, 16
    if arguments.precision == "bfloat16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    figures = measure(size, batch, arguments.segments)
    spread = figures["pair_ratios"]
    print(
        f"A: {'kgan.DCGAN.fit':25}{figures['fit_ms_per_step']:7.2f} ms a step\n"
        f"B: {figures['plain']:25}{figures['plain_ms_per_step']:7.2f} ms a step\n"
        f"batch {batch}, {tuple(figures['shape'])}, latent {LATENT}, {figures['precision']}, "
        f"{figures['parameters']['generator']:,} + {figures['parameters']['discriminator']:,} "
        f"parameters, {figures['machine']}, jit_compile={figures['jit_compile']}\n"
        f"ratio of medians {figures['ratio']:.3f} (accepted: at most {figures['limit']}); single "
        f"pairs {spread['least']:.3f} to {spread['most']:.3f}, {figures['pairs']} pairs of {STEPS} "
        f"steps\nratio of median processor times {figures['processor_time_ratio']:.3f}"
    )
    return figures


if __name__ == "__main__":
    sys.exit(main())
