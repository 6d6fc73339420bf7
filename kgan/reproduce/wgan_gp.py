"""The toy problems of WGAN-GP, and the critics' surfaces.

Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, "Improved Training of Wasserstein GANs",
https://arxiv.org/abs/1704.00028, figure 1a, and the authors' `gan_toy.py`.

The figure shows level curves of critics with clipped weights and with the penalty, for samples of a
generator held at the data plus noise in the paper, and of one that learns here, as in the script.
No table was published. Ours gives the Wasserstein-1 distance of 500 samples to 500 held-out points,
by the pairing of least cost, beside that of 500 training points.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from scipy.spatial.distance import cdist

from kgan import data
from kgan.callbacks.theory_monitor.critic import matched
from kgan.ensemble import fit_seeds
from kgan.files import replacing
from kgan.metrics import mode_report
from kgan.models.wgan import WGAN
from kgan.models.wgan_gp import WGANGP
from kgan.reproduce.journal import Journal
from kgan.reproduce.table import Figure, Reproduction, Row, choose

PROBLEMS = {
    "8 Gaussians": ("eight_gaussians", 1.0),
    "25 Gaussians": ("grid", 1 / 2.828),
    "swiss roll": ("swiss_roll", 1.0),
}
METHODS = tuple(f"{name}, {problem}" for problem in PROBLEMS for name in ("WGAN-GP", "WGAN"))
UNITS, LATENT, BATCH = 512, 2, 256
WEIGHT = 0.1  # λ
CRITIC_STEPS = 5
STEPS = 100_000  # of the generator, in the script
SHORT = 500
RATE, FAST = 1e-4, 5e-4  # of Adam, published and at most
CLIPPED_RATE = 5e-5  # of RMSProp, raised by the same factor
SEEDS = 1
COMPARED = 500
SIDE = 61  # points of the critic's surface on each axis
DISTANCE, REAL, MODES = "W1 to held-out", "training points' W1", "modes"


def toy(seeds=None, steps=None, methods=None, journal=None) -> Reproduction:
    """Both critics on the three toy problems.

    Args:
        seeds: 1 by default.
        steps: moves of the generator; 500 by default, published are 100,000. The learning rates
            of a shorter run are higher as far as 5 times, so that rate times steps stays.
        methods: names from `METHODS`; all by default.
        journal: keeps what is trained.
    """
    seeds, steps, journal = seeds or SEEDS, steps or SHORT, journal or Journal()
    faster = float(min(FAST / RATE, max(1.0, STEPS / steps)))
    figures = {
        method: journal.figures(
            {"protocol": "wgan-gp-toy", "method": method, "steps": steps, "faster": faster},
            range(seeds),
            partial(train, method, steps, faster, journal),
        )
        for method in choose(methods, METHODS, METHODS)
    }
    rows = [
        Row(method, column, Figure.mean([run[column] for run in runs]))
        for method, runs in figures.items()
        for column in (DISTANCE, REAL, MODES)
        if column in runs[0]
    ]
    if journal.folder is not None:
        with replacing(journal.folder / "critics.png") as path:
            picture(figures).savefig(path, format="png")
    departures = []
    if steps != STEPS:
        departures.append(f"{steps:,} moves of the generator; published are {STEPS:,}.")
    if faster != 1:
        departures.append(
            f"learning rates {RATE * faster:g} (Adam) and {CLIPPED_RATE * faster:g} (RMSProp); "
            f"published are {RATE:g} and {CLIPPED_RATE:g}."
        )
    return Reproduction(
        protocol="wgan-gp-toy",
        source="Gulrajani et al. 2017, Improved Training of Wasserstein GANs, figure 1a and "
        "gan_toy.py, which show surfaces and samples and no numbers",
        settings={
            "steps": steps,
            "critic_steps": CRITIC_STEPS,
            "batch_size": BATCH,
            "units": UNITS,
            "penalty_weight": WEIGHT,
            "seeds": seeds,
        },
        shortened=steps < STEPS,
        departures=departures,
        rows=rows,
        more={
            "runs": [
                {"method": m, "seed": seed, **{c: run[c] for c in (DISTANCE, REAL)}}
                for m, runs in figures.items()
                for seed, run in enumerate(runs)
            ]
        },
    )


def perceptron(inputs: int, outputs: int, name: str) -> keras.Sequential:
    """Three layers of 512 rectified units, as both networks of the script."""
    hidden = [
        layers.Dense(UNITS, activation="relu", kernel_initializer="he_uniform") for _ in range(3)
    ]
    return keras.Sequential([layers.Input((inputs,)), *hidden, layers.Dense(outputs)], name=name)


def train(
    method: str, steps: int, faster: float, journal: Journal, seeds: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Train one critic on one problem with each seed; measure, and keep the critic's surface."""
    critic, problem = method.split(", ")
    known, scale = data.load(PROBLEMS[problem][0]), PROBLEMS[problem][1]
    train, test = ((scale * x).astype(np.float32) for x in (known.train, known.test))

    def build(seed: int):
        networks = {
            "generator": perceptron(LATENT, 2, "generator"),
            "discriminator": perceptron(2, 1, "discriminator"),
        }
        shared = {"latent_dim": LATENT, "data_range": None, "seed": seed}
        shared["discriminator_steps"] = CRITIC_STEPS
        if critic == "WGAN-GP":
            model = WGANGP((2,), penalty_weight=WEIGHT, **networks, **shared)
            players = [keras.optimizers.Adam(RATE * faster, beta_1=0.5, beta_2=0.9) for _ in "GD"]
        else:
            model = WGAN((2,), **networks, **shared)
            players = [keras.optimizers.RMSprop(CLIPPED_RATE * faster) for _ in "GD"]
        model.compile(*players)
        return model

    for seed, model in fit_seeds(
        build,
        seeds,
        train,
        batch_size=BATCH,
        steps=CRITIC_STEPS * steps,
        every=CRITIC_STEPS * max(1, min(steps, 50)),
        watch=lambda seed, step, model: journal.tell(
            f"{method}, seed {seed}", step // CRITIC_STEPS, steps
        ),
    ):
        samples = model.generate(2_500, seed=seed)
        reach = 1.3 * float(np.abs(test).max())
        axis = np.linspace(-reach, reach, SIDE)
        points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32)
        figures = {
            DISTANCE: distance(samples, test),
            REAL: distance(train, test),
            "samples": samples[:COMPARED].astype(float).round(4).tolist(),
            "reach": reach,
            "surface": model.score(points).astype(float).reshape(SIDE, SIDE).round(5).tolist(),
        }
        if known.centers is not None:
            centers, std = scale * np.asarray(known.centers), scale * float(known.std or 0)
            figures[MODES] = float(mode_report(samples, centers, std).modes)
        yield seed, figures


def distance(x: np.ndarray, y: np.ndarray) -> float:
    """W1 between the first points of two samples: the mean cost of the cheapest pairing."""
    return matched(cdist(x[:COMPARED], y[:COMPARED]))


def picture(figures: dict[str, list[dict[str, Any]]]):
    """Level curves of each method's first critic, and the samples of its generator."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    columns = 2 if len(figures) > 1 else 1
    rows = -(-len(figures) // columns)
    canvas = Canvas(figsize=(3.4 * columns, 3.3 * rows), dpi=110, layout="constrained")
    FigureCanvasAgg(canvas)
    axes = canvas.subplots(rows, columns, squeeze=False).ravel()
    for place in axes:
        place.axis("off")
    for place, (method, runs) in zip(axes, figures.items(), strict=False):
        run = runs[0]
        reach = (-run["reach"], run["reach"])
        axis = np.linspace(*reach, SIDE)
        place.axis("on")
        place.contour(axis, axis, np.asarray(run["surface"]), levels=15, linewidths=0.8)
        place.scatter(*np.asarray(run["samples"]).T, s=3, color="#d1495b", alpha=0.5, lw=0)
        place.set(xticks=[], yticks=[], title=method, xlim=reach, ylim=reach)
        place.set_aspect("equal")
    return canvas
