"""From an empty folder to a report: training, scores, D* and claims, told step by step."""

import time
from pathlib import Path

import keras
import numpy as np
from rich.console import Console

import theory
from kgan import runs
from kgan.data import Dataset
from kgan.data import load as load_data
from kgan.demo import models
from kgan.metrics import evaluation
from kgan.report.page import Report
from kgan.report.scores import score_table
from kgan.runs import folder

# Digits are few and small: ten passes through them make one epoch of the demo.
EPOCHS = 16
PASSES = 10
BATCH_SIZE = 64

LINE_EPOCHS = 5
LINE_SAMPLES = 20_000

CLAIMS = (
    "optimal-discriminator",
    "js-decomposition",
    "global-minimum",
    "unique-minimum",
    "saturating-gradient",
    "non-saturating-gradient",
)


def run_demo(out: Path, *, epochs: int | None = None, seed: int = 0) -> Path:
    """Train on digits and on the line, verify claims, and write `report.html`.

    Args:
        out: the run folder to make; the run on the line is `out/mixture_1d`.
        epochs: epochs on the digits, >= 1; `EPOCHS` by default.
        seed: integer from 0 to 2**31 - 1.

    Returns:
        The report's path.

    Raises:
        ValueError: the folder exists already.
    """
    say = Console()
    started = time.perf_counter()
    folder.check_new(out)
    epochs = EPOCHS if epochs is None else epochs

    data = load_data("digits")
    model = models.on_digits(data, seed)
    say.print(
        f"[bold]1. {type(model).__name__} learns {len(data.train):,} real digits[/], "
        f"{epochs} epochs of {PASSES} passes: {out}"
    )
    run = runs.start(out, model, data, batch_size=BATCH_SIZE, passes=PASSES)
    training, seconds = _timed(lambda: run.train(epochs, verbose=0, more_callbacks=[_Shown(say)]))
    say.print(
        f"   {seconds:.0f} s, E D(x) − E D(G(z)) on held-out digits "
        f"{training['val_score_difference']:.3f}"
    )

    scores, seconds = _timed(lambda: _scores(model, data, seed))
    say.print(f"[bold]2. Scores[/], {seconds:.0f} s")
    say.print(score_table(scores))

    say.print("[bold]3. The discriminator over D*[/], on a mixture of two normals")
    line_data = load_data("mixture_1d", size=LINE_SAMPLES)
    line = runs.start(
        out / "mixture_1d",
        models.on_the_line(seed),
        line_data,
        batch_size=256,
        data_options={"size": LINE_SAMPLES},
    )
    last, seconds = _timed(lambda: line.train(LINE_EPOCHS, verbose=0))
    say.print(
        f"   {seconds:.0f} s, V(D, G) {last['theory_value']:.4f} of at most "
        f"{last['theory_bound']:.4f}, RMS(D − D*) {last['theory_rms']:.4f}"
    )

    say.print("[bold]4. Claims[/]")
    verdicts = []
    for name in CLAIMS:
        verdicts.append(theory.verify(name))
        claim = verdicts[-1].claim
        say.print(f"   {claim.id:9} {verdicts[-1].status:9} {claim.title}", highlight=False)

    page = out / "report.html"
    total = time.perf_counter() - started
    next_steps = _aligned(
        (f"kgan sample {out} -n 100 --out grid.png", "draw more digits"),
        (f"kgan train --resume {out} --epochs {epochs + 20}", "train on, bit for bit"),
        ("kgan train dcgan --data faces --epochs 200", "another model, other data"),
        ("kgan verify", "all claims"),
        (f"tensorboard --logdir {out / 'tensorboard'}", "curves, histograms, samples"),
    )
    Report(
        scores=scores,
        animation=out / "progress.gif",
        grid=out / "samples" / f"{epochs:04d}.png",
        first_theory=line.path / "theory" / "0001.png",
        last_theory=line.path / "theory" / f"{LINE_EPOCHS:04d}.png",
        theory=folder.history(line.path),
        verdicts=verdicts,
        facts={
            "model": type(model).__name__,
            "data": f"digits, {len(data.train):,} of scikit-learn's",
            "epochs": f"{epochs}, of {PASSES} passes each",
            "seed": seed,
            "backend": f"{run.config['backend']} {run.config['versions'][run.config['backend']]}",
            "in all": f"{total:.0f} s",
        },
        next_steps=next_steps,
    ).write(page)
    say.print(f"\n[bold]Open {page}[/] ({total:.0f} s in all). Then try:")
    for step in next_steps:
        say.print(f"  {step}", highlight=False)
    return page


def _scores(model, data: Dataset, seed: int) -> dict:
    """Four scores of as many generated as training digits, beside their baselines."""
    rng = np.random.default_rng(seed)
    images = model.generate(len(data.train), seed=seed)
    flat = {name: x.reshape(len(x), -1) for name, x in (("real", data.train), ("fake", images))}
    gaussian = evaluation.gaussian_like(data.train, len(data.train), rng)
    columns = {
        "generated": evaluation.neighbour_scores(flat["real"], flat["fake"]),
        "real halves": evaluation.neighbour_scores(*evaluation.halves(data.train, data.test, rng)),
        "Gaussian": evaluation.neighbour_scores(flat["real"], gaussian),
    }
    return {
        "data": data.name,
        "extractor": "pixels",
        "neighbours": evaluation.NEIGHBOURS,
        "columns": columns,
        **evaluation.digit_shares(images),
    }


def _aligned(*steps: tuple[str, str]) -> list[str]:
    width = max(len(command) for command, _ in steps)
    return [f"{command:<{width}}  # {why}" for command, why in steps]


def _timed(work):
    start = time.perf_counter()
    return work(), time.perf_counter() - start


class _Shown(keras.callbacks.Callback):
    """A bar that says how far the training is."""

    def __init__(self, console: Console):
        super().__init__()
        self.console = console

    def on_train_begin(self, logs=None):
        from rich.progress import Progress

        self.progress = Progress(console=self.console, transient=True)
        self.task = self.progress.add_task("   training", total=(self.params or {})["epochs"])
        self.progress.start()

    def on_epoch_end(self, epoch, logs=None):
        self.progress.advance(self.task)

    def on_train_end(self, logs=None):
        self.progress.stop()
