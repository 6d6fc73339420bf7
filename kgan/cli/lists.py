"""The command `list`: models, data sets and claims, without loading any network."""

import json
from typing import Annotated, Any

import typer

from kgan.catalog import CATALOG
from kgan.checks import check_choice
from kgan.cli.options import AsJson
from kgan.cli.terminal import console


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
        if name == "models":
            typer.echo("Your own: FILE.py:CLASS, as in kgan train my_gan.py:MyGAN --data digits\n")


def _models() -> list[dict[str, Any]]:
    return [
        {
            "model": entry.command,
            "class": entry.name,
            "what": entry.shows,
            "paper": entry.paper,
            "exercises": list(entry.exercises),
            "capabilities": list(entry.capabilities),
        }
        for entry in CATALOG.values()
    ]


def _data_sets() -> list[dict[str, Any]]:
    from kgan.data import loading

    rows = []
    for name in loading.names():
        function, *_ = loading.loader(name)
        rows.append({"data": name, "what": (function.__doc__ or "").split("\n\n")[0].strip()})
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
