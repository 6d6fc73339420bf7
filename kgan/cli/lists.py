"""The command `list`: models, data sets and claims, without loading any network."""

import ast
import importlib.util
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kgan.checks import check_choice
from kgan.cli.options import AsJson
from kgan.cli.terminal import console

# What the course asks that a model answers; exercises are named as in `kgan list claims`.
EXERCISES = {
    "GAN": ("SLIDES-GAN.FRAME", "SLIDES-GAN.ALG", "HW5.5", "HW5.6.1"),
    "DCGAN": ("SLIDES-GAN.APP",),
    "WGAN": ("HW5.7", "HW4.T3c"),
    "WGANGP": ("HW5.7", "HW4.T3c"),
    "LSGAN": ("HW5.6.1", "HW4.T2c1"),
    "HingeGAN": ("HW4.T2c1",),
    "SNGAN": ("HW4.T2b",),
    "R1GAN": ("HW4.T2b",),
    "R3GAN": ("HW5.5", "HW4.T2a", "HW4.T2b"),
    "PacGAN": ("HW4.T2a",),
    "MinibatchGAN": ("HW4.T2a",),
    "UnrolledGAN": ("HW4.T2a",),
}


def list_(
    what: Annotated[
        str | None, typer.Argument(metavar="[models|data|claims]", help="All three by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List models, data sets and claims, with their papers and exercises.

    Example: kgan list models
    """
    tables = {"models": _models, "data": _data_sets, "claims": _claims}
    if what is not None:
        check_choice("list", what, tables)
    rows = {name: table() for name, table in tables.items() if what in (None, name)}
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    from rich.table import Table

    for name, records in rows.items():
        table = Table(*records[0], title=name, title_justify="left", pad_edge=False)
        for record in records:
            cells = [", ".join(v) if isinstance(v, list) else str(v) for v in record.values()]
            table.add_row(*(cell.replace("[", r"\[") for cell in cells))
        console().print(table)


def _models() -> list[dict[str, Any]]:
    import kgan
    from kgan.runs.folder import MODELS

    rows = []
    for name, kind in MODELS.items():
        spec = importlib.util.find_spec(kgan._HOME[kind])
        assert spec is not None
        assert spec.origin is not None
        # The documentation is read from the source, because importing it would load Keras.
        module = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        paragraphs = (ast.get_docstring(module) or "").split("\n\n")
        rows.append(
            {
                "model": name,
                "class": kind,
                "what": paragraphs[0].rstrip("."),
                "paper": " ".join(paragraphs[1].split()).rstrip(".") if paragraphs[1:] else "",
                "exercises": list(EXERCISES.get(kind, ())),
            }
        )
    return rows


def _data_sets() -> list[dict[str, Any]]:
    from kgan.data import dataset

    rows = []
    for name in dataset.names():
        if name.endswith(":PATH"):
            module = name.removesuffix(":PATH")
            loader = dataset._function(module, module)
        else:
            loader = dataset._function(dataset._LOADERS[name], name)
        rows.append({"data": name, "what": (loader.__doc__ or "").split("\n\n")[0].strip()})
    return rows


def _claims() -> list[dict[str, Any]]:
    import theory

    return [
        {
            "claim": claim.id,
            "alias": claim.alias,
            "title": claim.title,
            "exercises": list(claim.exercises),
            "sources": list(claim.sources),
        }
        for claim in theory.claims()
    ]
