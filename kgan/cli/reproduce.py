"""The command `reproduce`: published protocols, run again."""

import json
from pathlib import Path
from typing import Annotated

import typer

from kgan.cli.backend import choose_backend, load_keras
from kgan.cli.options import AsJson
from kgan.cli.terminal import console, progress


def reproduce(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A published protocol: dirac, pacgan-ring, pacgan-grid, unrolled-ring, "
            "wgan-gp-toy or stacked-digits.",
        ),
    ],
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Runs of what is random; the protocol's number by default."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Steps of a run; the protocol's number by default."),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(help="A row of its table, such as PacGAN4; may be given again for more."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where trainings that are done and figures are kept; a second call goes "
            "on from there. runs/reproduce/NAME by default."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a published protocol again, and print our figures beside the published ones.

    Example: kgan reproduce dirac
    """
    from kgan import reproduce

    if name in reproduce.TRAINS:
        choose_backend(None)
        load_keras()
    with progress() as tell:
        journal = reproduce.Journal(out or Path("runs", "reproduce", name), tell)
        reproduction = reproduce.run(
            name, seeds=seeds, steps=steps, methods=method, journal=journal
        )
    if as_json:
        typer.echo(json.dumps(reproduction.record(), indent=1, ensure_ascii=False))
    else:
        console().print(reproduction.tables())
