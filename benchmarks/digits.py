"""How good do digits get, objective by objective, with equal networks and equal time?

Every objective trains the same two perceptrons on the 1,297 training digits of 8×8 pixels, with
the same minibatches, the same optimizer (Adam of rate 1e-3, β1 = 0, β2 = 0.99 for both players)
and the same average of the generator's weights, for the same time: equal time is what a user has,
and it charges an objective for its penalties and for its steps of the discriminator. Only what
makes an objective is its own, with its paper's value: penalties, steps of the discriminator,
clipping, packing. A rate that is good for all is best for none, and a paper's own rate would favour
the papers that wrote for small networks: read differences, not ranks.

Time is that of training alone: building, tracing and scoring do not count. On a machine that others
use, too, `--clock cpu` counts processor time of all threads; with one thread it is what the clock
would show if nobody else were there.

Scores are taken in pixels, with k = 5 neighbours, between as many samples as training digits:
precision, recall, density, coverage. They would praise a copy of the training digits, so that
three more things stand beside them: the same four against the 500 digits held out; the share of
samples that lie nearer to 500 training digits than to those 500 (the mean over 20 draws of the
500), 1/2 for real digits and more for a memoriser; and pictures, each with the nearest training
digit below. What real digits score stands above.

    KERAS_BACKEND=jax python benchmarks/digits.py                    # the table: 13 × 3 × 60 s
    KERAS_BACKEND=jax python benchmarks/digits.py --best             # R3GAN, four minutes
    KERAS_BACKEND=jax python benchmarks/digits.py --best SNGAN       # or another
    python benchmarks/digits.py --objectives R3GAN WGAN-GP --seconds 10 --seeds 1

`--best` follows one model with minibatches of 128 through four minutes and scores it on the way:
first the four scores rise, then the samples draw near to the training digits. It names the moments
at which all that is accepted holds, and draws the samples of the first. Its exit code is 1 when
there is none.

Each finished run is one line of `runs.jsonl` in `--out`. A run that lies there is not repeated:
after an interruption the same command goes on.
"""

import argparse
import contextlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers
from rich.console import Console
from rich.table import Table

import kgan
from kgan import losses, metrics
from kgan.layers import MinibatchDiscrimination, SpectralNormalization
from kgan.metrics.evaluation import halves, neighbour_scores

SHAPE = (8, 8, 1)
LATENT = 32
UNITS = 256
BATCH = 64
RATE = 1e-3
AVERAGE_DECAY = 0.999
WARM_UP = 3  # minibatches before the clock starts: tracing, first allocations
FOUR = ("precision", "recall", "density", "coverage")
TARGET = dict(zip(FOUR, (0.90, 0.80, 0.85, 0.88), strict=True))
BAND = (0.40, 0.60)  # of the share of samples that lie nearer to training digits
DRAWS = 20  # of 500 training digits, for that share
PARTITIONS = 200  # of all digits, for what that share is for real ones
SHOWN = 16  # samples in a row of a picture
BEST_BATCH = 128
MARKS = (5, 10, 15, 20, 25, 30, 45, 60, 90, 120, 180, 240)  # seconds at which it is scored
BEST_ROWS = 4  # of its picture
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


# The networks, the same for all -----------------------------------------------------------------


def generator() -> keras.Sequential:
    network = [layers.Input((LATENT,))]
    for _ in range(3):
        network += [layers.Dense(UNITS), layers.LeakyReLU(negative_slope=0.2)]
    network += [layers.Dense(math.prod(SHAPE), activation="tanh"), layers.Reshape(SHAPE)]
    return keras.Sequential(network, name="generator")


def discriminator(
    packing: int = 1,
    dense: Callable[[int], keras.Layer] = layers.Dense,
    statistic: Callable[[], keras.Layer] | None = None,
) -> keras.Sequential:
    """A perceptron without normalisation.

    Args:
        packing: samples that are judged together, as channels.
        dense: makes a layer of so many units.
        statistic: makes a layer before the last one.
    """
    network = [layers.Input((*SHAPE[:-1], packing * SHAPE[-1])), layers.Flatten()]
    for _ in range(3):
        network += [dense(UNITS), layers.LeakyReLU(negative_slope=0.2)]
    if statistic is not None:
        network.append(statistic())
    return keras.Sequential([*network, dense(1)], name="discriminator")


def spectral(units: int) -> keras.Layer:
    return SpectralNormalization(layers.Dense(units))


def closeness() -> keras.Layer:
    return MinibatchDiscrimination(features=32, dimensions=5)


def play(model, options=None, **changes) -> Callable[[int], Any]:
    """How to build an objective's model, given its seed; `changes` are its discriminator's."""

    def build(seed: int):
        return model(
            SHAPE,
            latent_dim=LATENT,
            generator=generator(),
            discriminator=discriminator(**changes),
            average_decay=AVERAGE_DECAY,
            seed=seed,
            **(options or {}),
        )

    return build


OBJECTIVES: dict[str, Callable[[int], Any]] = {
    "GAN, minimax": play(kgan.GAN, {"objective": losses.minimax}),
    "GAN": play(kgan.GAN),
    "GAN + instance noise": play(
        kgan.GAN, {"instance_noise": keras.optimizers.schedules.PolynomialDecay(0.5, 4000, 0.0)}
    ),
    "LSGAN": play(kgan.LSGAN),
    "HingeGAN": play(kgan.HingeGAN),
    "WGAN": play(kgan.WGAN),
    "WGAN-GP": play(kgan.WGANGP),
    "SNGAN": play(kgan.SNGAN, dense=spectral),
    "R1GAN": play(kgan.R1GAN),
    "R3GAN": play(kgan.R3GAN),
    "PacGAN2": play(kgan.PacGAN, {"packing": 2}, packing=2),
    "MinibatchGAN": play(kgan.MinibatchGAN, statistic=closeness),
    "UnrolledGAN": play(kgan.UnrolledGAN),
}
NOTES = (
    "GAN is the non-saturating one. Instance noise falls from 0.5 to 0 over 4,000 minibatches.",
    "5 steps of the discriminator to one of the generator: WGAN, WGAN-GP, SNGAN. 5 unrolled steps: "
    "UnrolledGAN, which plays minimax.",
    "The discriminators differ where the objective is in them: SNGAN's layers are normalised, "
    "PacGAN2's takes two images as channels, MinibatchGAN's has minibatch discrimination (32 "
    "features of 5 dimensions) before its last layer.",
    "PacGAN2 and UnrolledGAN move both players at once, as in their papers.",
)


# Training for a given time ----------------------------------------------------------------------


class Budget(keras.callbacks.Callback):
    """Ends training after so many seconds, not counting the first `WARM_UP` minibatches.

    Attributes:
        minibatches: how many were trained on while the clock ran.
        cpu, wall: the seconds that this took by either clock.
    """

    def __init__(self, seconds: float, clock: str):
        super().__init__()
        self.seconds = seconds
        self.clock = clock
        self.seen = 0
        self.start: dict[str, float] = {}

    def read(self) -> dict[str, float]:
        return {name: now() for name, now in CLOCKS.items()}

    def spent(self, clock: str) -> float:
        return CLOCKS[clock]() - self.start[clock] if self.start else 0.0

    @contextlib.contextmanager
    def stopped(self):
        """Within this, the clock stands."""
        before = self.read()
        yield
        now = self.read()
        self.start = {name: self.start[name] + now[name] - before[name] for name in now}

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if self.seen == WARM_UP:
            self.start = self.read()
        if self.start and self.spent(self.clock) >= self.seconds:
            model: Any = self.model
            model.stop_training = True

    def on_train_end(self, logs=None):
        self.minibatches = self.seen - WARM_UP
        self.cpu, self.wall = self.spent("cpu"), self.spent("wall")


class Trajectory(keras.callbacks.Callback):
    """Calls `look` with the model and the mark, whenever the budget has spent one of the marks."""

    def __init__(self, budget: Budget, marks: Sequence[float], look: Callable[[Any, float], None]):
        super().__init__()
        self.budget = budget
        self.marks = list(marks)
        self.look = look

    def on_train_batch_end(self, batch, logs=None):
        if self.marks and self.budget.spent(self.budget.clock) >= self.marks[0]:
            with self.budget.stopped():
                self.look(self.model, self.marks.pop(0))


def adam() -> keras.optimizers.Adam:
    return keras.optimizers.Adam(RATE, beta_1=0.0, beta_2=0.99)


def train(build, images: np.ndarray, seed: int, budget: Budget, batch_size: int, *watching) -> Any:
    """A model of the objective, trained as long as the budget lasts; `watching` are callbacks."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = build(seed)
    model.compile(adam(), adam())
    model.fit(
        images,
        batch_size=batch_size,
        epochs=sys.maxsize,
        verbose=0,  # pyright: ignore[reportArgumentType]
        callbacks=[budget, *watching],  # in this order the last mark is not missed
    )
    return model


# Scores -----------------------------------------------------------------------------------------


def scores(images: np.ndarray, data) -> dict[str, Any]:
    """The four scores against training and against held-out digits, and the share of samples that
    lie nearer to training digits."""
    against = {"train": data.train, "held_out": data.test}
    share = np.mean(
        [
            metrics.memorisation(images, data.train, data.test, seed=seed).nearer_to_train
            for seed in range(DRAWS)
        ]
    )
    return {
        **{name: _four(_flat(real), _flat(images)) for name, real in against.items()},
        "nearer_to_train": float(share),
    }


def real_scores(data) -> dict[str, dict[str, Any]]:
    """What real digits score: new ones, and copies of the training digits.

    New digits for training and held-out sets of the usual sizes don't exist; the held-out digits
    stand for them against the training digits, equal halves of all digits show what equal sizes
    give, and the share nearer to training digits comes from random partitions of all digits into
    500 and 500 references and 797 samples.
    """
    rng = np.random.default_rng(0)
    copies = data.train[rng.integers(0, len(data.train), len(data.train))]
    half_a, half_b = halves(data.train, data.test, rng)
    real = np.concatenate([data.train, data.test])
    shares = []
    for _ in range(PARTITIONS):
        order = rng.permutation(len(real))
        a, b, samples = real[order[:500]], real[order[500:1000]], real[order[1000:]]
        shares.append(metrics.memorisation(samples, a, b).nearer_to_train)
    return {
        "two halves of all digits": {
            "train": _four(half_a, half_b),
            "nearer_to_train": float(np.mean(shares)),
            "nearer_to_train_spread": [float(q) for q in np.quantile(shares, (0.005, 0.995))],
        },
        "held-out digits": {"train": _four(_flat(data.train), _flat(data.test))},
        "training digits, drawn again": scores(copies, data),
    }


def _four(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    found = neighbour_scores(real, fake)
    return {name: found[name] for name in FOUR}


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float64)


# Runs that are kept -----------------------------------------------------------------------------


class Runs:
    """Finished runs, a line of JSON each, and their first samples.

    Args:
        folder: holds `runs.jsonl` and `samples/`.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "samples").mkdir(parents=True, exist_ok=True)
        self.file = folder / "runs.jsonl"

    def find(self, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """The run with these settings, if it is done."""
        if not self.file.exists():
            return None
        for line in self.file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                run = json.loads(line)
                if run["settings"] == settings:
                    return run
        return None

    def keep(self, run: dict[str, Any], samples: np.ndarray) -> None:
        np.save(self.samples_file(run["settings"]), samples)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f"\n{json.dumps(run)}\n")  # apart from a line that a kill cut short

    def samples_file(self, settings: Mapping[str, Any]) -> Path:
        name = "-".join(str(settings[key]) for key in ("objective", "seconds", "clock", "seed"))
        return self.folder / "samples" / f"{name}.npy".replace(" ", "_")


def settings_of(name: str, seed: int, arguments, batch_size: int) -> dict[str, Any]:
    """What decides the outcome of a run, beside the code."""
    return {
        "objective": name,
        "seed": seed,
        "seconds": arguments.seconds,
        "clock": arguments.clock,
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "kgan": kgan.__version__,
        "networks": [LATENT, UNITS],
        "batch_size": batch_size,
        "rate": RATE,
        "average_decay": AVERAGE_DECAY,
    }


def run(name: str, data, seed: int, arguments, runs: Runs) -> dict[str, Any]:
    """Train and score an objective, unless that is done already."""
    settings = settings_of(name, seed, arguments, BATCH)
    if (done := runs.find(settings)) is not None:
        return done
    budget = Budget(arguments.seconds, arguments.clock)
    model = train(OBJECTIVES[name], data.train, seed, budget, BATCH)
    images = model.generate(len(data.train), seed=1)
    # A diverged generator has no scores, and shows as such.
    found = scores(images, data) if np.isfinite(images).all() else None
    done = {
        "settings": settings,
        "minibatches": budget.minibatches,
        "cpu_seconds": budget.cpu,
        "wall_seconds": budget.wall,
        "scores": found,
    }
    runs.keep(done, images[:SHOWN])
    return done


# What is shown ----------------------------------------------------------------------------------


def table(runs: Sequence[dict[str, Any]], real: Mapping[str, Any], title: str) -> Table:
    """Real digits above, then the mean ± standard error of each objective's runs."""
    shown = _table(title, "cpu s", "wall s", "minibatches")
    for name, found in real.items():
        shown.add_row(name, *_cells([found]), "–", "–", "–")
    shown.add_section()
    for name in dict.fromkeys(r["settings"]["objective"] for r in runs):
        of_name = [r for r in runs if r["settings"]["objective"] == name]
        finite = [r["scores"] for r in of_name if r["scores"] is not None]
        diverged = len(of_name) - len(finite)
        shown.add_row(
            name + (f" ({diverged} of {len(of_name)} diverged)" if diverged else ""),
            *_cells(finite),
            *(_mean([r[f"{c}_seconds"] for r in of_name], ".0f") for c in ("cpu", "wall")),
            f"{np.mean([r['minibatches'] for r in of_name]):,.0f}",
        )
    return shown


def spread(real: Mapping[str, Any]) -> str:
    low, high = real["two halves of all digits"]["nearer_to_train_spread"]
    return (
        f"Nearer to train: 99% of {PARTITIONS} random partitions of real digits lie within "
        f"{low:.3f} to {high:.3f}."
    )


def _table(title: str, *more: str) -> Table:
    shown = Table("", title=title, title_justify="left", pad_edge=False)
    held_out = [f"held-out {name}" for name in FOUR]
    for column in (*FOUR, *held_out, "nearer to train", *more):
        shown.add_column(column, justify="right")
    return shown


def _cells(found: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = []
    for reference in ("train", "held_out"):
        for name in FOUR:
            cells.append(_mean([s[reference][name] for s in found if reference in s]))
    shares = [s["nearer_to_train"] for s in found if "nearer_to_train" in s]
    return [*cells, _mean(shares, ".3f")]


def _mean(values: Sequence[float], form: str = ".2f") -> str:
    if not values:
        return "–"
    mean = f"{np.mean(values):{form}}"
    if len(values) == 1 or form == ".0f":
        return mean
    return f"{mean} ± {np.std(values, ddof=1) / math.sqrt(len(values)):{form}}"


def picture(rows: Sequence[tuple[str, np.ndarray]], train_images: np.ndarray, path: Path) -> None:
    """Named rows of samples, each sample above its nearest training digit."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from scipy.spatial.distance import cdist

    columns = max(len(images) for _, images in rows)
    figure = Figure(figsize=(0.42 * columns + 2.2, 1.0 * len(rows) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    train_points = _flat(train_images)
    for axes, (name, images) in zip(grid, rows, strict=True):
        nearest = train_images[cdist(_flat(images), train_points).argmin(axis=1)]
        tiles = np.stack([images, nearest])[..., 0]
        tiles = np.pad(tiles, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=-1)
        # Row of samples, row of neighbours: (2, n, 9, 9) to (2·9, n·9).
        tiles = tiles.transpose(0, 2, 1, 3).reshape(18, -1)[:-1, :-1]
        axes.imshow(tiles, cmap="gray_r", vmin=-1, vmax=1)
        axes.set_xticks([])
        axes.set_yticks([3.5, 12.5], [name, "nearest"], fontsize=8)
        axes.tick_params(length=0)
    figure.suptitle("samples, and the nearest training digit below each", fontsize=9)
    figure.savefig(path, dpi=120, bbox_inches="tight")


# The two measurements ---------------------------------------------------------------------------


def compare(arguments, data, runs: Runs, console: Console) -> int:
    """The table over all objectives."""
    names = arguments.objectives or list(OBJECTIVES)
    done = []
    # Seed by seed, so that an unfinished table has all objectives.
    for seed in range(arguments.seeds):
        for name in names:
            found = run(name, data, seed, arguments, runs)
            done.append(found)
            counted = f"{len(done)} of {arguments.seeds * len(names)}"
            console.print(f"{counted}: {describe(found)}", highlight=False)
    done.sort(key=lambda r: names.index(r["settings"]["objective"]))
    title = (
        f"{arguments.seconds:g} s of {arguments.clock} time each, {arguments.seeds} seeds, "
        f"{keras.backend.backend()}; mean ± standard error"
    )
    real = real_scores(data)
    console.print(table(done, real, title))
    for note in (spread(real), *NOTES):
        console.print(note, highlight=False)
    rows = [
        (r["settings"]["objective"], np.load(runs.samples_file(r["settings"])))
        for r in done
        if r["settings"]["seed"] == 0 and r["scores"] is not None
    ]
    picture(rows, data.train, runs.folder / "objectives.png")
    console.print(f"samples of seed 0: {runs.folder / 'objectives.png'}", soft_wrap=True)
    return 0


def best(arguments, data, runs: Runs, console: Console) -> int:
    """One model followed through its time, and the moments at which all that is accepted holds."""
    marks = [mark for mark in MARKS if mark < arguments.seconds] + [arguments.seconds]
    real, reached = real_scores(data), []
    for seed in range(arguments.seeds):
        followed = follow(seed, marks, data, arguments, runs)
        good = [moment for moment in followed["moments"] if accepted(moment["scores"])]
        title = (
            f"{arguments.best}, seed {seed}, {arguments.clock} time, {keras.backend.backend()}: "
            f"{followed['minibatches']:,} minibatches of {BEST_BATCH} in "
            f"{followed['cpu_seconds']:.0f} s of processor time, {followed['wall_seconds']:.0f} s "
            "elapsed"
        )
        console.print(trajectory(followed["moments"], real, title))
        console.print(spread(real), highlight=False)
        held = ", ".join(f"{moment['mark']:g}" for moment in good)
        console.print(f"all that is accepted holds at {held} s" if good else "never accepted")
        shown = good[0] if good else followed["moments"][-1]
        path = runs.folder / f"{arguments.best}-{seed}.png"
        images = np.load(runs.samples_file(followed["settings"]))[marks.index(shown["mark"])]
        rows = [(f"{shown['mark']:g} s", row) for row in np.split(images, BEST_ROWS)]
        picture(rows, data.train, path)
        console.print(f"samples at {shown['mark']:g} s: {path}", soft_wrap=True)
        reached.append(bool(good))
    return 0 if all(reached) else 1


def follow(seed: int, marks: Sequence[float], data, arguments, runs: Runs) -> dict[str, Any]:
    """Train the model and score it at the marks, unless that is done already."""
    name = f"{arguments.best}, best"  # apart from its runs in the table
    settings = {**settings_of(name, seed, arguments, BEST_BATCH), "marks": list(marks)}
    if (done := runs.find(settings)) is not None:
        return done
    moments, samples = [], []

    def look(model, mark: float):
        images = model.generate(len(data.train), seed=1)
        moments.append({"mark": mark, "scores": scores(images, data)})
        samples.append(images[: BEST_ROWS * SHOWN])

    budget = Budget(arguments.seconds, arguments.clock)
    watching = Trajectory(budget, marks, look)
    train(OBJECTIVES[arguments.best], data.train, seed, budget, BEST_BATCH, watching)
    done = {
        "settings": settings,
        "minibatches": budget.minibatches,
        "cpu_seconds": budget.cpu,
        "wall_seconds": budget.wall,
        "moments": moments,
    }
    runs.keep(done, np.stack(samples))
    return done


def accepted(found: Mapping[str, Any]) -> bool:
    """Whether the four scores against training digits reach their targets, the share its band."""
    low, high = BAND
    return low <= found["nearer_to_train"] <= high and all(
        found["train"][name] >= least for name, least in TARGET.items()
    )


def trajectory(moments: Sequence[Mapping[str, Any]], real: Mapping[str, Any], title: str) -> Table:
    shown = _table(title)
    for name, found in real.items():
        shown.add_row(name, *_cells([found]))
    shown.add_section()
    for moment in moments:
        mark = "  *" if accepted(moment["scores"]) else ""
        shown.add_row(f"{moment['mark']:g} s{mark}", *_cells([moment["scores"]]))
    shown.add_section()
    targets = [f">= {TARGET[name]:.2f}" for name in FOUR]
    shown.add_row("* accepted", *targets, *4 * ["–"], f"{BAND[0]:.2f} to {BAND[1]:.2f}")
    return shown


def describe(found: Mapping[str, Any]) -> str:
    settings = found["settings"]
    heading = (
        f"{settings['objective']}, seed {settings['seed']}: {found['minibatches']:,} minibatches, "
        f"{found['cpu_seconds']:.0f} s of processor time, {found['wall_seconds']:.0f} s elapsed"
    )
    if found["scores"] is None:
        return f"{heading}; diverged"
    four = " / ".join(f"{found['scores']['train'][name]:.2f}" for name in FOUR)
    return f"{heading}; {four}, nearer to train {found['scores']['nearer_to_train']:.3f}"


def main() -> int:
    parser = argparse.ArgumentParser(description="All objectives on digits, at equal time.")
    parser.add_argument(
        "--best",
        nargs="?",
        const="R3GAN",
        choices=OBJECTIVES,
        metavar="NAME",
        help="one model, R3GAN unless named, followed on its way",
    )
    parser.add_argument("--seconds", type=float, help="of training in each run (60; --best: 240)")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall", help="which time (wall)")
    parser.add_argument("--seeds", type=int, help="runs of each objective (3; --best: 1)")
    parser.add_argument("--objectives", nargs="+", choices=OBJECTIVES, metavar="NAME", help="some")
    parser.add_argument("--out", type=Path, default=Path("runs", "benchmarks", "digits"))
    arguments = parser.parse_args()
    if arguments.seconds is None:
        arguments.seconds = 240.0 if arguments.best else 60.0
    if arguments.seeds is None:
        arguments.seeds = 1 if arguments.best else 3
    if not 0 < arguments.seconds < math.inf:
        parser.error(f"--seconds: got {arguments.seconds}; accepted is a number > 0")
    if arguments.seeds < 1:
        parser.error(f"--seeds: got {arguments.seeds}; accepted is an integer >= 1")
    # As wide as the table is, where the output is no terminal.
    console = Console() if sys.stdout.isatty() else Console(width=220)
    data = kgan.data.load("digits")
    measurement = best if arguments.best else compare
    return measurement(arguments, data, Runs(arguments.out), console)


if __name__ == "__main__":
    sys.exit(main())
