"""Which objectives find all of eight Gaussians, and hit them?

Eight Gaussians of standard deviation 0.014 on a circle of radius 1.41 (the toy problem of
WGAN-GP), learned by `WGANGP`, `R3GAN`, `SNGAN` and `PacGAN`, and by the minimax GAN that fails. For
each, five seeds; of each seed 2,500 samples, of which those within 3 standard deviations of a mode
are of high quality (a perfect sampler has 98.9 % of them), and the modes that have such samples.

Accepted: 8 of 8 modes and at least 80 % of high quality (R3GAN: 90 %) in 4 of 5 seeds of each cure,
and five seeds within 12 minutes of the processor time of two cores. Both
networks have three hidden layers of 128 leaky units that start orthogonal; PacGAN has its paper's,
with Maxout and batch normalisation, 128 units wide. No training needs more than a few milliseconds
a step on JAX, and the five of a model share one compiled program. Learning rates fall along half a
cosine to a hundredth, because with constant ones the samples never come to rest on modes so narrow;
what is measured is the average of the generator's weights. Rates and steps were chosen while
looking at seeds 0 and 1.

    KERAS_BACKEND=jax python benchmarks/eight_gaussians.py --out runs/eight_gaussians

A run that is started again goes on with the seeds that are not done.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from keras import layers
from rich.console import Console
from rich.table import Table

import kgan
from kgan.ensemble import fit_seeds
from kgan.files import replacing
from kgan.layers import SpectralNormalization
from kgan.reproduce import Figure, Journal
from kgan.reproduce.mixtures import COLUMNS, SAMPLES, measure, samples_figure

UNITS, LATENT, BATCH = 128, 8, 256
AVERAGE = 0.999
SECONDS, CORES = 12 * 60, 2
WANTED = {"R3GAN": 90.0, "WGANGP": 80.0, "SNGAN": 80.0, "PacGAN": 80.0}  # % of high quality


def perceptron(inputs: int, outputs: int, normalize: Callable = lambda layer: layer):
    network = [layers.Input((inputs,))]
    for _ in range(3):
        dense = layers.Dense(UNITS, kernel_initializer="orthogonal")
        network += [normalize(dense), layers.LeakyReLU(negative_slope=0.2)]
    return keras.Sequential([*network, normalize(layers.Dense(outputs))])


def shared(seed: int, normalize: Callable = lambda layer: layer) -> dict:
    return {
        "data_shape": (2,),
        "latent_dim": LATENT,
        "data_range": None,
        "average_decay": AVERAGE,
        "generator": perceptron(LATENT, 2),
        "discriminator": perceptron(2, 1, normalize),
        "seed": seed,
    }


def adam(rate: float, steps: int, beta_1: float, beta_2: float) -> keras.optimizers.Adam:
    falling: Any = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    return keras.optimizers.Adam(falling, beta_1=beta_1, beta_2=beta_2)


# Models ------------------------------------------------------------------------------------


def wgan_gp(steps: int, seed: int):
    model = kgan.WGANGP(penalty_weight=0.1, discriminator_steps=2, **shared(seed))
    model.compile(adam(1e-3, steps // 2, 0.5, 0.9), adam(1e-3, steps, 0.5, 0.9))
    return model


def r3_gan(steps: int, seed: int):
    model = kgan.R3GAN(gamma=0.01, **shared(seed))
    model.compile(adam(2e-3, steps, 0.0, 0.99), adam(4e-3, steps, 0.0, 0.99))
    return model


def sngan(steps: int, seed: int):
    networks = shared(seed, normalize=SpectralNormalization)
    model = kgan.SNGAN(discriminator_steps=1, **networks)
    model.compile(adam(1e-3, steps, 0.0, 0.9), adam(2e-3, steps, 0.0, 0.9))
    return model


def pacgan(steps: int, seed: int):
    networks = {"generator": None, "discriminator": None, "units": UNITS}
    model = kgan.PacGAN(packing=2, **{**shared(seed), **networks})
    model.compile(adam(1e-3, steps, 0.5, 0.999), adam(1e-3, steps, 0.5, 0.999))
    return model


def minimax_gan(steps: int, seed: int):
    model = kgan.GAN(objective=kgan.losses.minimax, **shared(seed))
    model.compile(adam(1e-3, steps, 0.5, 0.999), adam(1e-3, steps, 0.5, 0.999))
    return model


STEPS = {  # minibatches, and how a model is built
    "SNGAN": (16_000, sngan),
    "PacGAN": (6_000, pacgan),
    "WGANGP": (20_000, wgan_gp),
    "R3GAN": (25_000, r3_gan),
    "minimax GAN": (16_000, minimax_gan),
}


def train(name: str, steps: int, journal: Journal, seeds: Sequence[int]) -> Iterator:
    known = kgan.data.load("eight_gaussians")
    clock, processor = time.perf_counter(), time.process_time()

    def watch(seed, step, model):
        journal.tell(f"{name}, seed {seed}", step, steps)

    for seed, model in fit_seeds(
        partial(STEPS[name][1], steps),
        seeds,
        known.train,
        batch_size=BATCH,
        steps=steps,
        every=max(1, steps // 10),
        watch=watch,
    ):
        figures = measure(model.generate(SAMPLES, seed=seed), known.centers, known.std)
        # Where all seeds are trained at once, the first has the time of all.
        figures["seconds"] = time.perf_counter() - clock
        figures["processor seconds"] = time.process_time() - processor
        yield seed, figures
        clock, processor = time.perf_counter(), time.process_time()


# Table -------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs", "eight_gaussians"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--shorter", type=int, default=1, help="divide the steps, for a quick look")
    options = parser.parse_args()
    journal = Journal(options.out, lambda what, step, steps: print(f"{what}: {step} of {steps}"))
    figures: dict[str, list[dict[str, Any]]] = {}
    for name in options.models:
        steps = STEPS[name][0] // options.shorter
        figures[name] = journal.figures(
            {"model": name, "steps": steps},
            range(options.seeds),
            partial(train, name, steps, journal),
        )
    with replacing(options.out / "samples.png") as path:
        samples_figure(figures, kgan.data.load("eight_gaussians").centers).savefig(
            path, format="png"
        )
    columns = (*COLUMNS, "seconds", "processor seconds")
    table = Table("model", *columns, "8 modes and enough quality")
    passed = True
    for name, runs in figures.items():
        wanted = WANTED.get(name, 80.0)
        good = sum(run["modes"] == 8 and run["high quality %"] >= wanted for run in runs)
        cells = [str(Figure.mean([run[column] for run in runs])) for column in columns]
        table.add_row(name, *cells, f"{good} of {len(runs)} (>= {wanted:g} %)")
        if name in WANTED:
            used = sum(run["processor seconds"] for run in runs)
            passed &= good >= 0.8 * len(runs) and used <= CORES * SECONDS
    Console(width=140).print(table)
    print(f"backend {keras.backend.backend()}; steps divided by {options.shorter}")
    print("accepted" if passed else "not accepted")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
