"""What do seeds cost that are trained at once, beside the same trained one by one? (JAX)

Three ways to take the same steps with five seeds of a model, in turns within one process (A B C
A B C ...):

- A: `fit_seeds` with the seeds mapped (`jax.vmap`), as on an accelerator;
- B: `fit_seeds` with one compiled program that serves one seed after another, as on a processor;
- C: `model.fit` of one seed after another.

Printed are medians of milliseconds of the clock, and of the processor, for a step of one seed, and
the ratios to C. It says which of A and B a machine should use; compiling is not counted.

    KERAS_BACKEND=jax python benchmarks/seeds.py
"""

import argparse
import os
import statistics
import time
from functools import partial
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from rich.console import Console
from rich.table import Table

import kgan
from kgan.autodiff import Replicas

SEEDS, BATCH = 5, 128
MODELS: dict[str, Any] = {
    "PacGAN, 400 units": lambda s: kgan.PacGAN((2,), data_range=None, seed=s),
    "PacGAN, 64 units": lambda s: kgan.PacGAN((2,), data_range=None, units=64, seed=s),
    "R3GAN, 64 units": lambda s: kgan.R3GAN((2,), data_range=None, filters=16, seed=s),
}


def ways(build, steps: int):
    """The three ways, each a function that takes the steps with all seeds."""
    noise = np.random.default_rng(0)
    x = noise.normal(size=(steps, SEEDS, BATCH, 2)).astype(np.float32)

    def trained():
        models = [build(seed) for seed in range(SEEDS)]
        for model in models:
            model.compile()
        return models

    def one_by_one():
        first, *others = trained()
        copies = [Replicas([first])]
        copies += [Replicas([model], like=copies[0]) for model in others]

        def play():
            for i, copy in enumerate(copies):
                copy.play((x[:, i : i + 1],))

        return play

    def alone():
        models = trained()

        def play():
            for i, model in enumerate(models):
                model.fit(x[:, i].reshape(-1, 2), batch_size=BATCH, verbose=0)

        return play

    return {
        "mapped": partial(Replicas(trained()).play, (x,)),
        "one by one": one_by_one(),
        "model.fit": alone(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=50, help="of each seed in a round")
    options = parser.parse_args()
    table = Table("model", "way", "ms a step", "processor ms a step", "ratio", "processor ratio")
    for name, build in MODELS.items():
        plays = ways(build, options.steps)
        for play in plays.values():
            play()  # compiles
        clock: dict[str, list[float]] = {way: [] for way in plays}
        processor: dict[str, list[float]] = {way: [] for way in plays}
        for _ in range(options.rounds):
            for way, play in plays.items():
                start, used = time.perf_counter(), time.process_time()
                play()
                each = 1e3 / (options.steps * SEEDS)
                clock[way].append(each * (time.perf_counter() - start))
                processor[way].append(each * (time.process_time() - used))
        base = [statistics.median(times["model.fit"]) for times in (clock, processor)]
        for way in plays:
            found = [statistics.median(times[way]) for times in (clock, processor)]
            ratios = [f"{a / b:.2f}" for a, b in zip(found, base, strict=True)]
            table.add_row(name, way, *(f"{value:.2f}" for value in found), *ratios)
    Console(width=120).print(table)
    print(f"backend {keras.backend.backend()}, {SEEDS} seeds, minibatches of {BATCH}")


if __name__ == "__main__":
    main()
