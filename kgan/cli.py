"""The command `kgan`. Nothing heavy is imported before a command needs it."""

import ast
import contextlib
import importlib.util
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

BACKENDS = ("tensorflow", "jax", "torch")

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

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Generative adversarial networks in Keras 3, checked by an executable theory.",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print what a program may read.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Fixes everything random.")]


@app.command()
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
    _choose_backend(None)
    from kgan.run_folder import check_new

    if out is None:
        out = Path("runs/demo")
        number = 1
        while out.exists():
            number += 1
            out = Path(f"runs/demo-{number}")
        if number > 1:
            typer.echo(f"runs/demo exists already; this one goes to {out}", err=True)
    check_new(out)
    _load_keras()
    from kgan.demo import run_demo

    run_demo(out, epochs=epochs, seed=seed)


@app.command("list")
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
    if what is not None and what not in tables:
        raise ValueError(f"list: got {what!r}; accepted are {', '.join(tables)}.")
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
        _console().print(table)


@app.command()
def train(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="Class name; case, hyphens, underscores ignored."),
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
        Path | None, typer.Option(metavar="RUN", help="Go on with a run folder instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a model into a run folder; Ctrl-C stops, --resume goes on bit for bit.

    Example: kgan train dcgan --data digits --epochs 30 --out runs/dcgan

    Example: kgan train --resume runs/dcgan --epochs 60
    """
    if resume is None:
        run = _new_run(model, data, batch_size, seed, out, backend, settings, skip_broken)
    else:
        given = {
            "MODEL": model,
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
        run = _old_run(resume, backend, epochs)
    try:
        logs = run.train(epochs, verbose=0 if as_json else 1 if sys.stdout.isatty() else 2)
    except KeyboardInterrupt:
        typer.echo(
            f"stopped; {run.epoch} whole epochs are saved. "
            f"Go on with: kgan train --resume {run.path} --epochs {epochs}",
            err=True,
        )
        raise typer.Exit(130) from None
    if as_json:
        logs = {key: value if math.isfinite(value) else None for key, value in logs.items()}
        typer.echo(json.dumps({"run": str(run.path), "epoch": run.epoch, "logs": logs}))
        return
    typer.echo(
        f"{run.path}: {run.epoch} epochs. Samples: {run.path / 'progress.gif'}. Next:\n"
        f"  kgan evaluate {run.path}\n"
        f"  kgan sample {run.path} -n 64 --out grid.png\n"
        f"  tensorboard --logdir {run.path / 'tensorboard'}"
    )


@app.command()
def sample(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of samples.")] = 64,
    out: Annotated[Path, typer.Option(help="New picture, .png.")] = Path("grid.png"),
    seed: Seed = 0,
) -> None:
    """Draw samples of a trained model as one picture.

    Example: kgan sample runs/dcgan -n 64 --out grid.png
    """
    from kgan import show
    from kgan.run_folder import check_new

    show.check_path(out, "--out")
    check_new(out)
    model, _ = _trained(run)
    for file in show.save(model.generate(n, seed=seed), model.sample_part, out):
        typer.echo(f"{file}: {n} samples")


@app.command()
def evaluate(
    run: RunFolder,
    n: Annotated[
        int | None,
        typer.Option("-n", min=6, help="Generated samples; as many as were trained on by default."),
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Score a trained model, beside real data and a Gaussian with the data's covariance.

    Example: kgan evaluate runs/dcgan --json
    """
    model, config = _trained(run)
    from kgan import evaluation
    from kgan.data import load
    from kgan.report import score_table

    data = load(config["data"]["name"], **_tuples(config["data"]["options"]))
    scores = evaluation.evaluate(model, data, n=n, seed=seed)
    if as_json:
        typer.echo(json.dumps(scores, indent=1, ensure_ascii=False))
    else:
        _console().print(score_table(scores))


@app.command()
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
        _choose_backend(None)
        _load_keras()
    with _progress() as tell:
        journal = reproduce.Journal(out or Path("runs", "reproduce", name), tell)
        reproduction = reproduce.run(
            name, seeds=seeds, steps=steps, methods=method, journal=journal
        )
    if as_json:
        typer.echo(json.dumps(reproduction.record(), indent=1, ensure_ascii=False))
    else:
        _console().print(reproduction.tables())


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for each training; a line at its end where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    bars: dict[str, Any] = {}
    with Progress(console=console, disable=not console.is_terminal) as progress:

        def tell(what: str, step: int, steps: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=steps)
            progress.update(bars[what], completed=step)
            if step == steps and not console.is_terminal:
                typer.echo(f"{what}: {steps} steps", err=True)

        yield tell


def _add_verify() -> None:
    """`kgan verify` is the very command of `python -m theory`."""
    from theory.__main__ import verify

    app.command("verify")(verify)


_add_verify()


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


# Training --------------------------------------------------------------------------------


def _new_run(name, data_name, batch_size, seed, out, backend, settings, skip_broken):
    from kgan.run_folder import check_new, model_name

    if name is None or data_name is None:
        missing = "MODEL" if name is None else "--data"
        raise ValueError(f"{missing}: got none; give MODEL and --data, or --resume RUN.")
    name = model_name(name)
    path = Path("runs", name) if out is None else out
    check_new(path)
    options, data_options = _parse(settings or [])
    if skip_broken:
        data_options["skip_broken"] = True
    _choose_backend(backend)
    from kgan.data import load

    data = load(data_name, **data_options)
    for reason in data.skipped:
        typer.echo(f"skipped {reason}", err=True)
    _load_keras()
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


def _old_run(path: Path, backend: str | None, epochs: int):
    from kgan.run_folder import check_epochs, last_checkpoint, read_config

    config = read_config(path)
    if backend not in (None, config["backend"]):
        raise ValueError(
            f"--backend: got {backend}; {path} was trained with {config['backend']} and goes on "
            "with it only."
        )
    check_epochs(epochs, int(last_checkpoint(path).name))
    _choose_backend(config["backend"])
    _load_keras()
    from kgan import runs

    return runs.resume(path)


def _trained(path: Path) -> tuple[Any, dict]:
    from kgan.run_folder import last_checkpoint, read_config

    config = read_config(path)
    last_checkpoint(path)
    _choose_backend(config["backend"])
    _load_keras()
    from kgan import runs

    return runs.load(path), config


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


def _tuples(options: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}


# Keras -----------------------------------------------------------------------------------


def _choose_backend(name: str | None) -> None:
    """Set the backend before Keras is imported, which fixes it for the process."""
    if name is None:
        name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name not in BACKENDS:
        raise ValueError(f"--backend: got {name!r}; accepted are {', '.join(BACKENDS)}.")
    if importlib.util.find_spec(name) is None:
        raise ValueError(f"--backend: {name} is not installed; pip install 'kgan[{name}]' adds it.")
    if "keras" in sys.modules and sys.modules["keras"].backend.backend() != name:
        raise ValueError(
            f"--backend: got {name}, and this process runs on "
            f"{sys.modules['keras'].backend.backend()} already."
        )
    os.environ["KERAS_BACKEND"] = name


def _load_keras() -> None:
    """Import Keras without the pages that TensorFlow prints about the machine.

    What goes wrong later raises an exception all the same.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _held_back_stderr():
        import keras

        keras.ops.zeros(())  # the device is looked for, and its absence reported, when first used
        keras.utils.set_random_seed(0)  # loads TensorFlow, whatever the backend


@contextlib.contextmanager
def _held_back_stderr() -> Iterator[None]:
    """Keep what is written to stderr, by C++ too, and show it only if the block raises."""
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        original = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(original, held.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)


# Lists -----------------------------------------------------------------------------------


def _models() -> list[dict[str, Any]]:
    import kgan
    from kgan.run_folder import MODELS

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


def _console():
    from rich.console import Console

    console = Console()
    # A pipe has no width; tables must not be cut to rich's default of 80 columns there.
    return console if console.is_terminal else Console(width=140)


if __name__ == "__main__":
    main()
