"""The commands `sample` and `evaluate`: what a trained model makes, and what that is worth."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kgan.cli.backend import choose_backend, load_keras
from kgan.cli.options import AcceptChanges, AsJson, OwnModel, RunFolder, Seed
from kgan.cli.terminal import console


def sample(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of samples.")] = 64,
    out: Annotated[Path, typer.Option(help="New picture, .png.")] = Path("grid.png"),
    seed: Seed = 0,
    model: OwnModel = None,
    accept_changes: AcceptChanges = False,
) -> None:
    """Draw samples of a trained model as one picture.

    Example: kgan sample runs/dcgan -n 64 --out grid.png
    """
    from kgan import show
    from kgan.runs.folder import check_new

    show.check_path(out, "--out")
    check_new(out)
    trained, _ = _trained(run, model, accept_changes)
    for file in show.save(trained.generate(n, seed=seed), trained.sample_part, out):
        typer.echo(f"{file}: {n} samples")


def evaluate(
    run: RunFolder,
    n: Annotated[
        int | None,
        typer.Option("-n", min=6, help="Generated samples; as many as were trained on by default."),
    ] = None,
    seed: Seed = 0,
    model: OwnModel = None,
    accept_changes: AcceptChanges = False,
    as_json: AsJson = False,
) -> None:
    """Score a trained model, beside real data and a Gaussian with the data's covariance.

    Example: kgan evaluate runs/dcgan --json
    """
    trained, config = _trained(run, model, accept_changes)
    from kgan.metrics import evaluation
    from kgan.report.scores import score_table
    from kgan.runs.folder import load_data

    scores = evaluation.evaluate(trained, load_data(config), n=n, seed=seed)
    if as_json:
        typer.echo(json.dumps(scores, indent=1, ensure_ascii=False))
    else:
        console().print(score_table(scores))


def _trained(path: Path, model: str | None, accept_changes: bool) -> tuple[Any, dict]:
    from kgan.runs.folder import last_checkpoint, read_config
    from kgan.runs.own_file import check_named

    config = read_config(path)
    check_named(config, path, model, accept_changes)
    last_checkpoint(path)
    choose_backend(config["backend"])
    load_keras()
    from kgan import runs

    trained = runs.load(path, model, accept_changes)
    if not hasattr(trained, "generate"):
        raise ValueError(
            f"run: {path} holds a {type(trained).__name__}, which generates nothing: it has no "
            "`generate`."
        )
    return trained, config
