"""The command `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from kgan.cli.backend import choose_backend, load_keras
from kgan.cli.options import Seed


def demo(
    out: Annotated[
        Path | None, typer.Option(help="New folder; the next free runs/demo by default.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs on the digits; 16 by default.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Train on real digits, verify theory, and write one report: about a minute on two cores.

    Example: kgan demo
    """
    choose_backend(None)
    from kgan.runs.folder import check_new

    if out is None:
        out = Path("runs/demo")
        number = 1
        while out.exists():
            number += 1
            out = Path(f"runs/demo-{number}")
        if number > 1:
            typer.echo(f"runs/demo exists already; this one goes to {out}", err=True)
    check_new(out)
    load_keras()
    from kgan.demo.run import run_demo

    run_demo(out, epochs=epochs, seed=seed)
