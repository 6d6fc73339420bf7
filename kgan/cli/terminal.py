"""What is shown at a terminal: tables, and bars for trainings."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import typer


def console():
    """Where tables are printed."""
    from rich.console import Console

    terminal = Console()
    # A pipe has no width; tables must not be cut to rich's default of 80 columns there.
    return terminal if terminal.is_terminal else Console(width=140)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for each training; a line at its end where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    terminal = Console(stderr=True)
    bars: dict[str, Any] = {}
    with Progress(console=terminal, disable=not terminal.is_terminal) as shown:

        def tell(what: str, step: int, steps: int) -> None:
            if what not in bars:
                bars[what] = shown.add_task(what, total=steps)
            shown.update(bars[what], completed=step)
            if step == steps and not terminal.is_terminal:
                typer.echo(f"{what}: {steps} steps", err=True)

        yield tell
