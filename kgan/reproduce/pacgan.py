"""Packing against mode collapse, on rings and grids of Gaussians.

Lin, Khetan, Fanti, Oh 2018, "PacGAN: The power of two samples in generative adversarial networks",
https://arxiv.org/abs/1712.04086, section 4.1 and table 1, and the authors' code.

The measure of `kgan.reproduce.mixtures` is the paper's.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from scipy import stats

from kgan import data
from kgan.ensemble import fit_seeds
from kgan.files import replacing
from kgan.models.pacgan import PacGAN
from kgan.reproduce.journal import Journal
from kgan.reproduce.mixtures import COLUMNS, SAMPLES, measure, samples_figure
from kgan.reproduce.table import Figure, Reproduction, Row, choose

PACKING = {"GAN": 1, "PacGAN2": 2, "PacGAN3": 3, "PacGAN4": 4}
FIRST = ("GAN", "PacGAN2")
# Table 1: mean and standard error over 10 runs.
PUBLISHED = {
    "ring": {
        "GAN": ((6.3, 0.5), (98.2, 0.2), (0.45, 0.09)),
        "PacGAN2": ((7.9, 0.1), (95.6, 2.0), (0.07, 0.03)),
        "PacGAN3": ((7.8, 0.1), (97.7, 0.3), (0.10, 0.02)),
        "PacGAN4": ((7.8, 0.1), (95.9, 1.4), (0.07, 0.02)),
    },
    "grid": {
        "GAN": ((17.3, 0.8), (94.8, 0.7), (0.70, 0.07)),
        "PacGAN2": ((23.8, 0.7), (91.3, 0.8), (0.13, 0.04)),
        "PacGAN3": ((24.6, 0.4), (94.2, 0.4), (0.06, 0.02)),
        "PacGAN4": ((24.8, 0.2), (93.6, 0.6), (0.04, 0.01)),
    },
}
STEPS, RATE = 400_000, 1e-4  # as published
SHORT = 12_000
SEEDS = 6
PACKS = 100  # in a minibatch


def run(mixture: str, seeds=None, steps=None, methods=None, journal=None) -> Reproduction:
    """GAN and PacGAN on a mixture.

    Args:
        mixture: "ring" or "grid".
        seeds: 6 by default; published are 10.
        steps: 12,000 by default; published are 400,000, which take days. A shorter run keeps the
            published learning rate (at ten times that both methods lose modes that they had) and
            takes its last tenth at a tenth of it, so that the samples, which still wander around
            the modes, come to rest before they are measured.
        methods: names from `PACKING`; GAN and PacGAN2 by default.
        journal: keeps what is trained.
    """
    seeds, steps, journal = seeds or SEEDS, steps or SHORT, journal or Journal()
    chosen = choose(methods, list(PACKING), FIRST)
    figures = {
        method: journal.figures(
            {"protocol": f"pacgan-{mixture}", "method": method, "steps": steps},
            range(seeds),
            partial(train, mixture, method, steps, journal),
        )
        for method in chosen
    }
    rows = [
        Row(method, column, Figure.mean([of[column] for of in figures[method]]), Figure(*published))
        for method in chosen
        for column, published in zip(COLUMNS, PUBLISHED[mixture][method], strict=True)
    ]
    if journal.folder is not None:
        with replacing(journal.folder / "samples.png") as path:
            samples_figure(figures, data.load(mixture).centers).savefig(path, format="png")
    departures = []
    if steps != STEPS:
        rest = f", the last tenth at a learning rate of {RATE / 10:g}" if steps < STEPS else ""
        departures.append(f"{steps:,} steps{rest}; published are {STEPS:,} at {RATE:g}.")
    return Reproduction(
        protocol=f"pacgan-{mixture}",
        source="Lin, Khetan, Fanti, Oh 2018, PacGAN, table 1: mean ± standard error over 10 runs",
        settings={
            "steps": steps,
            "learning_rate": RATE,
            "packs_in_a_minibatch": PACKS,
            "seeds": seeds,
            "samples_measured": SAMPLES,
        },
        shortened=steps < STEPS,
        departures=departures,
        rows=rows,
        more={
            **comparison(figures),
            "runs": [
                {"method": method, "seed": seed, **{column: of[column] for column in COLUMNS}}
                for method in chosen
                for seed, of in enumerate(figures[method])
            ],
        },
    )


ring = partial(run, "ring")
grid = partial(run, "grid")


def train(
    mixture: str, method: str, steps: int, journal: Journal, seeds: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Train a method with each seed, and measure what it generates.

    The networks are the paper's, `PacGAN`'s own defaults; the GAN is the one with packs of one.
    The authors' code normalises the first samples of all packs apart from the second ones; here a
    minibatch is normalised as a whole.
    """
    known = data.load(mixture)
    m = PACKING[method]
    rate: Any = RATE
    if steps < STEPS:
        rate = keras.optimizers.schedules.PiecewiseConstantDecay(
            [9 * steps // 10], [RATE, RATE / 10]
        )

    def build(seed: int) -> PacGAN:
        model = PacGAN((2,), packing=m, data_range=None, seed=seed)
        model.compile(*(keras.optimizers.Adam(rate, beta_1=0.8) for _ in model.players))
        return model

    for seed, model in fit_seeds(
        build,
        seeds,
        known.train,
        batch_size=PACKS * m,
        steps=steps,
        every=min(steps, 500),
        watch=lambda seed, step, model: journal.tell(f"{method}, seed {seed}", step, steps),
    ):
        yield seed, measure(model.generate(SAMPLES, seed=seed), known.centers, known.std)


def comparison(figures: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """How likely so much lower a reverse KL would be if packing did nothing.

    p is the share of the ways to deal the runs to the two methods in which the difference of the
    means is at least as low as here: all ways where they are not too many, else 9,999 of them.
    """
    if "GAN" not in figures or len(figures) == 1 or len(figures["GAN"]) == 1:
        return {}
    baseline = [of["reverse KL"] for of in figures["GAN"]]
    records = []
    for method in figures:
        if method == "GAN":
            continue
        test: Any = stats.permutation_test(
            ([of["reverse KL"] for of in figures[method]], baseline),
            lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
            vectorized=True,
            alternative="less",
            rng=np.random.default_rng(0),
        )
        records.append(
            {
                "method": method,
                "reverse KL less the GAN's": float(test.statistic),
                "p": float(test.pvalue),
            }
        )
    return {"permutation test over the seeds, one-sided": records}
