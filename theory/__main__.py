"""`python -m theory`: verify the claims, list them, show one with its proof."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from theory import claim as claims_

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What must be true of GANs, as claims: proved, measured, and seen to fail when wrong.",
)

Exercise = Annotated[
    str | None,
    typer.Option(help="Only the claims of an exercise: HW5.4 takes in HW5.4a, HW5.4b, HW5.4c."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print records that a program may read.")]


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLAIM]...", help="Ids or aliases; all claims when none is given."),
    ] = None,
    exercise: Exercise = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write claims.html and claims.json to a new folder."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Processes that share the work.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Verify claims and print a table; exit with 1 when one has failed.

    Example: python -m theory verify js-decomposition A-DST-01
    """
    if report is not None and report.exists():
        _refuse(f"--report: {report} exists already, expected a new folder")
    chosen = _chosen(names, exercise)
    running = claims_.verify_all(chosen, jobs)
    if as_json:
        verdicts = _in_order(running, chosen)
        typer.echo(json.dumps([v.record() for v in verdicts], indent=1))
    else:
        from rich.progress import track

        from theory.report import summary, verdict_table

        stderr = _console(stderr=True)
        shown = track(running, "verifying", len(chosen), transient=True, console=stderr)
        verdicts = _in_order(shown, chosen)
        console = _console()
        console.print(verdict_table(verdicts))
        console.print(summary(verdicts), highlight=False, markup=False)
    if report is not None:
        from theory.report import write_report

        write_report(verdicts, report)
    if any(v.status == "failed" for v in verdicts):
        raise typer.Exit(1)


@app.command("list")
def list_(exercise: Exercise = None, as_json: AsJson = False) -> None:
    """List the claims with their exercises.

    Example: python -m theory list --exercise HW5.6
    """
    chosen = _chosen(None, exercise)
    if as_json:
        keys = ("id", "alias", "title", "statement", "assumptions", "sources", "exercises")
        records = [{key: getattr(claim, key) for key in keys} for claim in chosen]
        typer.echo(json.dumps(records, indent=1))
        return
    from theory.report import claim_list

    _console().print(claim_list(chosen))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="CLAIM", help="An id or alias.")],
    as_json: AsJson = False,
) -> None:
    """Show one claim: statement, assumptions, the steps of its proof, its numbers, its sources.

    Example: python -m theory show A-JS-02
    """
    verdict = _chosen([name], None)[0].verify()
    if as_json:
        typer.echo(json.dumps(verdict.record(), indent=1))
    else:
        from theory.report import claim_page

        _console().print(claim_page(verdict), highlight=False)
    if verdict.status == "failed":
        raise typer.Exit(1)


def _in_order(
    verdicts: Iterable[claims_.Verdict], chosen: list[claims_.Claim]
) -> list[claims_.Verdict]:
    return sorted(verdicts, key=lambda v: chosen.index(v.claim))


def _chosen(names: list[str] | None, exercise: str | None) -> list[claims_.Claim]:
    """The claims asked for, without repetition; a bad name ends the command with exit code 2."""
    try:
        chosen = [claims_.find(name) for name in names or []]
        if exercise is not None:
            chosen += claims_.claims(exercise)
        elif not names:
            chosen = claims_.claims()
    except ValueError as error:
        _refuse(str(error))
    return list(dict.fromkeys(chosen))


def _refuse(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)


def _console(stderr: bool = False):
    from rich.console import Console

    # A pipe has no width; the table must not be cut to rich's default of 80 columns there.
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=120)


def main() -> None:
    """The entry point of `python -m theory`."""
    app(prog_name="python -m theory")


if __name__ == "__main__":
    main()
