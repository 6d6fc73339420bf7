"""The command `train`: a new run, or more epochs of an old one."""

import ast
import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from kgan.cli.backend import choose_backend, load_keras
from kgan.cli.options import AcceptChanges, AsJson


def train(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="Class name, case, hyphens and underscores ignored; or FILE.py:CLASS, your own.",
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="See `kgan list data`; folder:PATH and npz:PATH are yours.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs in all.")] = 20,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Samples in a minibatch; 64 by default.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**31 - 1, help="Fixes everything random; 0 by default."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New run folder; runs/MODEL by default.")] = None,
    backend: Annotated[
        str | None, typer.Option(help="tensorflow, jax or torch; KERAS_BACKEND otherwise.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="An option of the model, or of its data: latent_dim=32, data.size=10000.",
        ),
    ] = None,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Go on without pictures that can't be decoded.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Go on with a run folder; of your own class with MODEL as before."
        ),
    ] = None,
    accept_changes: AcceptChanges = False,
    as_json: AsJson = False,
) -> None:
    """Train a model into a run folder; Ctrl-C stops, --resume goes on bit for bit.

    Example: kgan train dcgan --data digits --epochs 30 --out runs/dcgan

    Example: kgan train --resume runs/dcgan --epochs 60

    Example: kgan train my_gan.py:MyGAN --data digits --set units=32 --out runs/mine
    """
    from kgan.runs.own_file import is_form

    if resume is None:
        if accept_changes:
            raise ValueError("--accept-changes: got it without --resume; a new run has no past.")
        run = _new_run(model, data, batch_size, seed, out, backend, settings, skip_broken)
    else:
        given = {
            "MODEL": None if model and is_form(model) else model,
            "--data": data,
            "--batch-size": batch_size,
            "--seed": seed,
            "--out": out,
            "--set": settings,
            "--skip-broken": skip_broken or None,
        }
        for name, value in given.items():
            if value is not None:
                raise ValueError(f"{name}: got it with --resume; a run goes on as it began.")
        run = _old_run(resume, model, backend, epochs, accept_changes)
    own = f" {model}" if "file" in run.config else ""
    try:
        logs = run.train(epochs, verbose=0 if as_json else 1 if sys.stdout.isatty() else 2)
    except KeyboardInterrupt:
        typer.echo(
            f"stopped; {run.epoch} whole epochs are saved. "
            f"Go on with: kgan train{own} --resume {run.path} --epochs {epochs}",
            err=True,
        )
        raise typer.Exit(130) from None
    if as_json:
        logs = {key: value if math.isfinite(value) else None for key, value in logs.items()}
        typer.echo(json.dumps({"run": str(run.path), "epoch": run.epoch, "logs": logs}))
        return
    named = f" --model{own}" if own else ""
    animation = run.path / "progress.gif"
    typer.echo(f"{run.path}: {run.epoch} epochs." + f" Samples: {animation}." * animation.exists())
    typer.echo("Next:")
    if hasattr(run.model, "generate"):
        typer.echo(f"  kgan evaluate {run.path}{named}")
        typer.echo(f"  kgan sample {run.path}{named} -n 64 --out grid.png")
    typer.echo(f"  tensorboard --logdir {run.path / 'tensorboard'}")


def _new_run(name, data_name, batch_size, seed, out, backend, settings, skip_broken):
    from kgan.runs.folder import check_new, model_name
    from kgan.runs.own_file import is_form, split

    if name is None or data_name is None:
        missing = "MODEL" if name is None else "--data"
        raise ValueError(f"{missing}: got none; give MODEL and --data, or --resume RUN.")
    name = model_name(name)
    path = Path("runs", split(name)[1].lower() if is_form(name) else name) if out is None else out
    check_new(path)
    options, data_options = _parse(settings or [])
    if skip_broken:
        data_options["skip_broken"] = True
    choose_backend(backend)
    from kgan.data import load

    data = load(data_name, **data_options)
    for reason in data.skipped:
        typer.echo(f"skipped {reason}", err=True)
    load_keras()
    from kgan import runs

    model = runs.build(name, data, options, seed or 0)
    return runs.start(
        path,
        model,
        data,
        batch_size=batch_size or 64,
        options=options,
        data_options=data_options,
    )


def _old_run(path: Path, model: str | None, backend: str | None, epochs: int, changes: bool):
    from kgan.runs.folder import check_epochs, check_format, last_checkpoint, read_config
    from kgan.runs.own_file import check_named

    config = read_config(path)
    check_named(config, path, model, changes)
    check_format(config, path)
    if backend not in (None, config["backend"]):
        raise ValueError(
            f"--backend: got {backend}; {path} was trained with {config['backend']} and goes on "
            "with it only."
        )
    check_epochs(epochs, int(last_checkpoint(path).name))
    choose_backend(config["backend"])
    load_keras()
    from kgan import runs

    return runs.resume(path, model=model, accept_changes=changes)


def _parse(settings: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of the model and those of its data (`data.NAME`)."""
    options: dict[str, Any] = {}
    data_options: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.removeprefix("data.").isidentifier():
            raise ValueError(f"--set: got {setting!r}; accepted is NAME=VALUE or data.NAME=VALUE.")
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text
        target = data_options if name.startswith("data.") else options
        target[name.removeprefix("data.")] = value
    return options, data_options
