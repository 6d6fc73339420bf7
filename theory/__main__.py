"""`python -m theory`: verify the claims, list them, show one with its proof, report on all."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from theory.claim import registry as claims_
from theory.claim.exercises import EXERCISES, exercises

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What must be true of GANs, as claims: proved, measured, and seen to fail when wrong.",
)

Exercise = Annotated[
    str | None,
    typer.Option(help="Only the claims of an exercise: HW5.4 takes in HW5.4a, HW5.4b, HW5.4c."),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that share the work.")]
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
        typer.Option(metavar="DIR", help="Also write index.html and claims.json to a new folder."),
    ] = None,
    jobs: Jobs = 1,
    as_json: AsJson = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Also print where a leg that failed has failed.")
    ] = False,
) -> None:
    """Verify claims and print a table; exit with 1 when one has failed.

    With --json it prints a list of records; with --exercise too, an object of these, "claims", and
    of the ids that the exercise needs and nobody has built, "pending".

    Example: python -m theory verify js-decomposition A-DST-01
    """
    chosen = _chosen(names, exercise)
    with _new_folder(report, "--report") if report else nullcontext() as folder:
        verdicts, elapsed = _verify(chosen, jobs, silent=as_json)
        if folder is not None:
            _write(folder, verdicts, exercise, elapsed, jobs)
    if as_json:
        _print_json([v.record() for v in verdicts], exercise)
    else:
        if chosen:
            _print_verdicts(verdicts, elapsed, jobs, table=True)
        _print_pending(exercise)
    if traceback:
        from theory.report.terminal import traces

        typer.echo(traces(verdicts), err=True)
    if any(v.status == "failed" for v in verdicts):
        raise typer.Exit(1)


@app.command()
def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder for index.html and claims.json.")
    ],
    jobs: Jobs = 1,
) -> None:
    """Verify everything and write it up, with figures, on one page to open in a browser.

    Example: python -m theory report runs/theory -j 2
    """
    chosen = claims_.claims()
    with _new_folder(directory, "DIR") as folder:
        verdicts, elapsed = _verify(chosen, jobs)
        _write(folder, verdicts, None, elapsed, jobs)
    _print_verdicts(verdicts, elapsed, jobs, table=False)
    typer.echo(directory / "index.html")
    if any(v.status == "failed" for v in verdicts):
        raise typer.Exit(1)


@app.command("list")
def list_(exercise: Exercise = None, as_json: AsJson = False) -> None:
    """List the claims with their exercises.

    With --json it prints a list of records; with --exercise too, an object of these, "claims", and
    of the ids that the exercise needs and nobody has built, "pending".

    Example: python -m theory list --exercise HW5.6
    """
    chosen = _chosen(None, exercise)
    if as_json:
        keys = ("id", "alias", "title", "statement", "assumptions", "sources", "exercises")
        keys = (*keys, "standing", "scope")
        _print_json([{key: getattr(claim, key) for key in keys} for claim in chosen], exercise)
        return
    from theory.report.terminal import claim_list, legend

    if chosen:
        _console().print(claim_list(chosen))
        _console().print(legend(chosen), highlight=False, markup=False)
    _print_pending(exercise)


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
        from theory.report.terminal import claim_page

        _console().print(claim_page(verdict), highlight=False)
    if verdict.status == "failed":
        raise typer.Exit(1)


@app.command()
def prove(as_json: AsJson = False) -> None:
    """Have Coq check the theorems behind the claims; exit with 1 when it refuses one.

    The formulas in them are printed from the expressions that the claims prove with. Where Coq is
    not installed it says how to install it, and exits with 3. `verify` and `show` tell of the last
    result.

    Example: python -m theory prove
    """
    from theory.proofs import checking
    from theory.proofs.theorems import theorems

    if checking.coqc() is None:
        typer.echo(checking.INSTALL, err=True)
        raise typer.Exit(3)
    with nullcontext() if as_json else _console(stderr=True).status("checking") as status:
        proofs = checking.prove(lambda file: status and status.update(f"checking {file}.v"))
    if as_json:
        typer.echo(json.dumps([proofs.record(theorem) for theorem in theorems()], indent=1))
    else:
        from theory.report.terminal import theorem_summary, theorem_table

        console = _console()
        console.print(theorem_table(theorems(), proofs))
        console.print(theorem_summary(proofs), highlight=False, markup=False)
    if proofs.failed:
        raise typer.Exit(1)


def _verify(
    chosen: list[claims_.Claim], jobs: int, silent: bool = False
) -> tuple[list[claims_.Verdict], float]:
    """The verdicts, in the order of the claims, and the seconds that passed."""
    start = time.perf_counter()
    running = claims_.verify_all(chosen, jobs)
    if not silent:
        running = _track(running, "verifying", len(chosen))
    verdicts = sorted(running, key=lambda v: chosen.index(v.claim))
    return verdicts, time.perf_counter() - start


def _write(
    folder: Path, verdicts: list[claims_.Verdict], exercise: str | None, elapsed: float, jobs: int
) -> None:
    """Write the page, grouped by the exercises that were asked for, or all that it answers."""
    from theory.report import page

    everything = len(verdicts) == len(claims_.claims())
    ids = {v.claim.id for v in verdicts}
    wanted = (
        exercises(exercise)
        if exercise
        else [e for e in EXERCISES if everything or ids & set(e.answers)]
    )
    page.write(
        folder,
        verdicts,
        wanted,
        elapsed,
        jobs,
        follow=lambda figures: _track(figures, "drawing", len(figures)),
    )


def _print_verdicts(
    verdicts: list[claims_.Verdict], elapsed: float, jobs: int, table: bool
) -> None:
    from theory.report.terminal import summary, verdict_table

    console = _console()
    if table:
        console.print(verdict_table(verdicts, narrow=console.width < 100))
    text = summary(verdicts, elapsed if jobs > 1 else None)
    console.print(text, highlight=False, markup=False)


def _print_pending(exercise: str | None) -> None:
    missing = claims_.pending(exercise) if exercise else []
    if missing:
        typer.echo(f"still to be built for {exercise}: {', '.join(missing)}")


def _print_json(records: list[dict[str, Any]], exercise: str | None) -> None:
    """The records; of an exercise also the ids that it needs and that nobody has built."""
    printed = {"claims": records, "pending": claims_.pending(exercise)} if exercise else records
    typer.echo(json.dumps(printed, indent=1))


@contextmanager
def _new_folder(directory: Path, name: str) -> Iterator[Path]:
    """A folder beside `directory` that takes its place at the end, or is gone after a failure."""
    if directory.exists():
        _refuse(f"{name}: {directory} exists already, expected a new folder")
    temporary = directory.with_name(f".{directory.name}.tmp-{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        _refuse(f"{name}: {directory} cannot be made ({error.strerror}), expected a new folder")
    try:
        yield temporary
        temporary.rename(directory)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _track(steps: Iterable[T], doing: str, total: int) -> Iterable[T]:
    from rich.progress import track

    return track(steps, doing, total, transient=True, console=_console(stderr=True))


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


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of `python -m theory`: every mistake is one line and exit code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    usage_error: Any = typer.BadParameter.__base__
    try:
        code = command.main(
            given or ["--help"], prog_name="python -m theory", standalone_mode=False
        )
    except (usage_error, OSError) as error:
        message = str(error) if isinstance(error, OSError) else error.format_message()
        typer.echo(f"error: {' '.join(message.split())}", err=True)
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped", err=True)
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
