"""The commands `sample` and `evaluate`: what a trained model makes, and what that is worth."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kgan.cli.backend import choose_backend, load_keras
from kgan.cli.options import AsJson, RunFolder, Seed
from kgan.cli.terminal import console


def sample(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of samples.")] = 64,
    out: Annotated[Path, typer.Option(help="New picture, .png.")] = Path("grid.png"),
    seed: Seed = 0,
) -> None:
    """Draw samples of a trained model as one picture.

    Example: kgan sample runs/dcgan -n 64 --out grid.png
    """
    from kgan import show
    from kgan.runs.folder import check_new

    show.check_path(out, "--out")
    check_new(out)
    model, _ = _trained(run)
    for file in show.save(model.generate(n, seed=seed), model.sample_part, out):
        typer.echo(f"{file}: {n} samples")


def evaluate(
    run: RunFolder,
    n: Annotated[
        int | None,
        typer.Option("-n", min=6, help="Generated samples; as many as were trained on by default."),
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Score a trained model, beside real data and a Gaussian with the data's covariance.

    Example: kgan evaluate runs/dcgan --json
    """
    model, config = _trained(run)
    from kgan.metrics import evaluation
    from kgan.report.scores import score_table
    from kgan.runs.folder import load_data

    scores = evaluation.evaluate(model, load_data(config), n=n, seed=seed)
    if as_json:
        typer.echo(json.dumps(scores, indent=1, ensure_ascii=False))
    else:
        console().print(score_table(scores))


def _trained(path: Path) -> tuple[Any, dict]:
    from kgan.runs.folder import last_checkpoint, read_config

    config = read_config(path)
    last_checkpoint(path)
    choose_backend(config["backend"])
    load_keras()
    from kgan import runs

    return runs.load(path), config
