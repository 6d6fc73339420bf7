"""What do seeds cost that are trained at once, beside the same trained one by one? (JAX)

Ways to take the same steps with the seeds of a model, in turns within one process (A B C ...):

- mapped: what `fit_seeds` does on an accelerator, all seeds in one program (`jax.vmap`);
- one by one: what it does on a processor, one program that serves one seed after another;
- the program of either alone: as often in a bare loop, with the same minibatches' numbers on the
  device already, and nothing read out;
- `model.fit` of one seed after another.

State and data are on the device before; the steps of a round end with a look, as with
`fit_seeds(..., every=500)`. Printed are medians of milliseconds of the clock, and of the processor,
for a step of one seed, with their ratio to what is named. Compiling is not counted. Accepted
without an accelerator: ten PacGAN seeds at most 1.8 times as long as the program alone, both ways.

    KERAS_BACKEND=jax python benchmarks/seeds.py
"""

import argparse
import os
import statistics
import sys
import time
from functools import partial
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import keras
import numpy as np
from rich.console import Console
from rich.table import Table

import kgan
from kgan.autodiff import Replicas
from kgan.ensemble import PIECE, _Endless, _play

BATCH, SAMPLES, LIMIT = 128, 100_000, 1.8
MODELS: dict[str, Any] = {
    "PacGAN": lambda s: kgan.PacGAN((2,), data_range=None, seed=s),
    "PacGAN, 64 units": lambda s: kgan.PacGAN((2,), data_range=None, units=64, seed=s),
    "R3GAN, 64 units": lambda s: kgan.R3GAN((2,), data_range=None, filters=16, seed=s),
}


class Group:
    """Seeds that are moved together, as `fit_seeds` has them."""

    def __init__(self, models, x: np.ndarray, like: "Group | None" = None):
        given = models[0].read(x)
        self.replicas = Replicas(models, given, like=like.replicas if like else None)
        self.orders = [_Endless(m.batches(given, BATCH, seed=m.seed)) for m in models]
        self.start = 0

    def play(self, steps: int) -> None:
        """The steps and the look at their end."""
        _play(self.replicas, self.orders, self.start, self.start + steps)
        self.start += steps

    def bare(self, steps: int):
        """A function that calls the program for as many steps.

        The group must have played as many: then its programs are compiled. Those of the longest
        schedule are called, on numbers that lie on the device.
        """
        replicas = self.replicas
        pattern, program = max(replicas.programs.items(), key=lambda entry: len(entry[0]))
        shape = (PIECE // len(pattern), len(pattern), len(self.orders), BATCH)
        rng = np.random.default_rng(0)
        pieces = jax.device_put(
            [{"real": rng.integers(SAMPLES, size=shape)} for _ in range(steps // PIECE)]
        )

        def run():
            for rows in pieces:
                replicas.state = program(replicas.state, replicas.data, rows)
            jax.block_until_ready(replicas.state)

        return run


def ways(build, seeds: int, steps: int) -> dict[str, Any]:
    """The ways, each a function that takes the steps with all seeds."""
    x = np.random.default_rng(0).normal(size=(SAMPLES, 2)).astype(np.float32)

    def trained():
        models = [build(seed) for seed in range(seeds)]
        for model in models:
            model.compile()
        return models

    together = Group(trained(), x)
    first, *others = trained()
    singles = [Group([first], x)]
    singles += [Group([model], x, like=singles[0]) for model in others]
    alone = trained()
    few = x[: steps * BATCH]

    def all_of(calls):
        for call in calls:
            call()

    plays = [partial(group.play, steps) for group in singles]
    together.play(steps)  # compiles
    all_of(plays)
    return {
        "mapped": partial(together.play, steps),
        "its program alone": together.bare(steps),
        "one by one": partial(all_of, plays),
        "their program alone": partial(all_of, [group.bare(steps) for group in singles]),
        "model.fit": partial(
            all_of, [partial(m.fit, few, batch_size=BATCH, verbose=0) for m in alone]
        ),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--steps", type=int, default=500, help=f"of each seed in a round, a multiple of {PIECE}"
    )
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    options = parser.parse_args()
    if options.steps < PIECE or options.steps % PIECE or options.steps * BATCH > SAMPLES:
        parser.error(f"--steps: got {options.steps}; accepted are multiples of {PIECE} up to 700")
    table = Table("model", "way", "ms a step", "processor ms", "beside", "ratio", "processor ratio")
    accepted = True
    for name in options.models:
        calls = ways(MODELS[name], options.seeds, options.steps)
        calls["model.fit"]()  # compiles
        times: dict[str, list[tuple[float, float]]] = {way: [] for way in calls}
        for _ in range(options.rounds):
            for way, call in calls.items():
                start, used = time.perf_counter(), time.process_time()
                call()
                each = 1e3 / (options.steps * options.seeds)
                clock, processor = time.perf_counter() - start, time.process_time() - used
                times[way].append((each * clock, each * processor))
        found = {
            way: [statistics.median(column) for column in zip(*taken, strict=True)]
            for way, taken in times.items()
        }
        for way, beside in (
            ("mapped", "its program alone"),
            ("one by one", "their program alone"),
            ("mapped", "model.fit"),
            ("one by one", "model.fit"),
        ):
            ratios = [a / b for a, b in zip(found[way], found[beside], strict=True)]
            if name == "PacGAN" and beside != "model.fit" and not Replicas.at_once():
                accepted &= ratios[0] <= LIMIT
            figures = [f"{value:.3f}" for value in found[way]]
            table.add_row(name, way, *figures, beside, *(f"{ratio:.2f}" for ratio in ratios))
    Console(width=120).print(table)
    print(
        f"{options.seeds} seeds, minibatches of {BATCH}, a look every {options.steps} steps, "
        f"{jax.default_backend()}, Keras {keras.__version__}"
    )
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main())
