"""The command `kgan`. Nothing heavy is imported before a command needs it."""

import sys
from collections.abc import Sequence
from typing import Any

import typer

from kgan.cli import demo, lists, reproduce, train, use
from theory.__main__ import verify

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Generative adversarial networks in Keras 3, checked by an executable theory.",
)
app.command()(demo.demo)
app.command("list")(lists.list_)
app.command()(train.train)
app.command()(use.sample)
app.command()(use.evaluate)
app.command()(reproduce.reproduce)
app.command()(verify)  # the very command of `python -m theory`


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: every error is one line and exit code 2."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    usage_error: Any = typer.BadParameter.__base__
    try:
        code = command.main(arguments or ["--help"], prog_name="kgan", standalone_mode=False)
    except usage_error as error:
        _fail(error.format_message())
    except (ValueError, OSError) as error:
        _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str):
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    sys.exit(2)
