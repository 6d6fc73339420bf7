"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes", help="Go on although the file of your own class is not what it was."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what a program may read.")]
OwnModel = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="FILE.py:CLASS", help="Of a run of your own class: name it again."
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Fixes everything random.")]
