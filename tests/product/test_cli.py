"""The command `kgan`: what it makes, and that every mistake is one line and exit code 2."""

import json
import os
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import kgan
from kgan import cli, runs
from kgan.runs import folder

pytestmark = pytest.mark.one_backend

BACKEND = keras.backend.backend()


def kgan_command(*arguments, cwd=None, **environment) -> subprocess.CompletedProcess:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kgan.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "KERAS_BACKEND": BACKEND, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture(scope="session")
def arrays(tmp_path_factory) -> Path:
    """A small file of labelled pictures."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("arrays") / "own.npz"
    x = rng.integers(0, 256, (60, 8, 8, 1)).astype("uint8")
    np.savez(path, x=x, y=np.arange(60) % 3, classes=["a", "b", "c"])
    return path


@pytest.fixture(scope="session")
def trained(arrays, tmp_path_factory) -> Path:
    """A run of one epoch, made by the command."""
    out = tmp_path_factory.mktemp("cli") / "run"
    with pytest.raises(SystemExit) as ended:
        cli.main(
            f"train GAN --data npz:{arrays} --epochs 1 --batch-size 16 --seed 3 --out {out} "
            "--set units=4 --set latent_dim=2 --json".split()
        )
    assert ended.value.code == 0
    return out


# What it makes -----------------------------------------------------------------------------


def test_help_is_quick_and_loads_nothing_heavy():
    script = (
        "import sys, time; start = time.perf_counter(); from kgan import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit as e: code = e.code\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'torch', 'matplotlib', 'scipy', 'sympy'}\n"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    best = 10.0
    for _ in range(3):
        start = time.perf_counter()
        result = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8"
        )
        best = min(best, time.perf_counter() - start)
        assert result.stdout.splitlines()[-1] == "0 []", result.stderr
    assert best < 2


@pytest.mark.parametrize(
    "command", ["demo", "list", "train", "sample", "evaluate", "reproduce", "verify"]
)
def test_every_command_has_help_with_an_example(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Example" in out
    assert command in out


def test_train_makes_a_run_folder(trained, arrays):
    config = folder.read_config(trained)
    assert config["model"] == "gan"
    assert config["options"] == {"units": 4, "latent_dim": 2}
    assert config["seed"] == 3
    assert config["batch_size"] == 16
    assert config["data"]["samples"] == 54
    model = kgan.load(trained)
    assert model.latent_dim == 2
    assert [row["epoch"] for row in folder.history(trained)] == [1]
    # The seed fixes the initial weights too: built again, the same run.
    data = kgan.data.load(f"npz:{arrays}")
    again = runs.build("gan", data, {"units": 4, "latent_dim": 2}, 3)
    again.fit(data.train, batch_size=16, epochs=1, verbose=0)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        assert (ours == theirs).all()
    other = runs.build("gan", data, {"units": 4, "latent_dim": 2}, 4)
    assert (other.get_weights()[0] != again.get_weights()[0]).any()


def test_train_goes_on_with_a_run_of_data_with_options(run, tmp_path):
    out = tmp_path / "r"
    first = ("train", "w-gan_GP", "--data", "ring", "--out", out, "--batch-size", 50)
    small = ("--set", "data.size=100", "--set", "filters=2", "--set", "discriminator_steps=1")
    code, _, err = run(*first, *small, "--epochs", 1)
    assert (code, err) == (0, "")
    code, printed, _ = run("train", "--resume", out, "--epochs", 2, "--json")
    assert code == 0
    result = json.loads(printed)
    assert result["epoch"] == 2
    assert "discriminator_loss" in result["logs"]
    assert len(list((out / "samples").glob("*.png"))) == 3


def test_objective_is_given_by_its_name():
    data = kgan.data.load("mixture_1d", size=100)
    model = runs.build("gan", data, {"objective": "minimax", "units": 2}, 0)
    assert model.objective == kgan.losses.minimax
    assert model.objective != kgan.losses.non_saturating


def test_sample_draws_what_generate_gives(run, trained, tmp_path):
    out = tmp_path / "grid.png"
    code, printed, _ = run("sample", trained, "-n", 9, "--out", out, "--seed", 5)
    assert code == 0
    assert str(out) in printed
    model = kgan.load(trained)
    expected = kgan.show.picture(model.generate(9, seed=5), model.sample_part)
    assert (np.asarray(Image.open(out)) == np.asarray(expected)).all()


def test_evaluate_prints_scores_beside_their_baselines(run, trained):
    code, printed, _ = run("evaluate", trained, "-n", 40, "--json")
    assert code == 0
    scores = json.loads(printed)
    assert scores["extractor"] == "pixels"
    columns = scores["columns"]
    assert list(columns) == ["generated", "real halves", "Gaussian"]
    assert (columns["generated"]["n_real"], columns["generated"]["n_fake"]) == (54, 40)
    assert columns["real halves"]["n_real"] == 30
    generated = kgan.load(trained).generate(40, seed=0)
    train = kgan.data.load(f"npz:{Path(scores['data'].removeprefix('npz:'))}").train
    expected = kgan.metrics.frechet_distance(train, generated)
    assert columns["generated"]["Fréchet distance"] == pytest.approx(expected, rel=1e-9)
    assert {"memorisation ratio", "Parzen log-likelihood", "coverage"} <= set(columns["generated"])
    code, printed, _ = run("evaluate", trained, "-n", 40)
    assert code == 0
    assert "real halves" in printed
    assert "in pixels, k = 5" in printed


def test_evaluate_reports_modes_and_digits():
    from kgan.metrics import evaluation

    class Truth:
        """A generator that is the data."""

        def __init__(self, samples):
            self.samples = samples

        def generate(self, n, seed):
            return self.samples[:n]

    ring = kgan.data.load("ring", size=500)
    scores = evaluation.evaluate(Truth(ring.train), ring, n=300)
    assert scores["extractor"] == "coordinates"
    assert scores["columns"]["generated"]["modes of 8"] == 8
    assert scores["columns"]["generated"]["precision"] == 1
    assert scores["columns"]["Gaussian"]["high quality"] < 0.2
    digits = kgan.data.load("digits")
    shares = evaluation.digit_shares(digits.test[digits.test_labels == 7])["class_shares"]
    assert shares["7"] > 0.9


def test_list_names_papers_and_exercises(run):
    code, printed, _ = run("list", "--json")
    assert code == 0
    rows = json.loads(printed)
    models = {row["model"]: row for row in rows["models"]}
    assert set(models) == set(folder.MODELS)
    assert "1406.2661" in models["gan"]["paper"]
    assert all(row["paper"] and row["exercises"] for row in rows["models"])
    assert {row["data"] for row in rows["data"]} == set(kgan.data.names())
    assert all(row["what"] for row in rows["data"])
    claims = {row["claim"]: row for row in rows["claims"]}
    assert claims["A-JS-02"]["alias"] == "js-decomposition"
    assert "HW5.4b" in claims["A-JS-02"]["exercises"]
    code, printed, _ = run("list", "models")
    assert code == 0
    assert "dcgan" in printed


def test_verify_is_the_command_of_theory(run):
    code, printed, _ = run("verify", "js-decomposition", "--json")
    assert code == 0
    assert json.loads(printed)[0]["id"] == "A-JS-02"
    code, printed, err = run("verify", "js-decompositoin")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "js-decomposition" in err


# Mistakes ----------------------------------------------------------------------------------


def one_line(result) -> str:
    """The message of a refusal: exit code 2, nothing printed, one line of error."""
    if isinstance(result, subprocess.CompletedProcess):
        result = (result.returncode, result.stdout, result.stderr)
    code, out, err = result
    assert code == 2, err
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    return lines[0]


TRAIN = ("train", "gan", "--data", "digits")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "dgcan", "--data", "digits"), "did you mean 'dcgan'"),
        (("train", "gan", "--data", "digit"), "did you mean 'digits'"),
        ((*TRAIN, "--epochs", "0"), "--epochs"),
        ((*TRAIN, "--epochs", "many"), "--epochs"),
        ((*TRAIN, "--batch-size", "0"), "--batch-size"),
        ((*TRAIN, "--batch-size", "100000"), "batch_size: got 100000"),
        ((*TRAIN, "--seed", "-1"), "--seed"),
        ((*TRAIN, "--backend", "abacus"), "--backend: got 'abacus'; accepted are tensorflow"),
        ((*TRAIN, "--set", "unit=3"), "did you mean 'units'"),
        ((*TRAIN, "--set", "units"), "--set: got 'units'; accepted is NAME=VALUE"),
        ((*TRAIN, "--set", "latent_dim=0"), "latent_dim: got 0"),
        ((*TRAIN, "--set", "objective=hinged"), "objective: got 'hinged'"),
        ((*TRAIN, "--set", "data.colour=3"), "option 'colour' is unknown"),
        ((*TRAIN, "--skip-broken"), "option 'skip_broken' is unknown"),
        (("train", "dcgan", "--data", "ring"), "data_shape: got (2,)"),
        (("train", "--data", "digits"), "MODEL: got none"),
        (("train", "gan"), "--data: got none"),
        ((*TRAIN, "--resume", "somewhere"), "got it with --resume"),
        (("train", "--resume", "nowhere", "--epochs", "3"), "nowhere is no run folder"),
        (("evaluate", "nowhere"), "nowhere is no run folder"),
        (("sample", "nowhere"), "nowhere is no run folder"),
        (("sample", "nowhere", "--out", "grid.bmp"), "ends in .png"),
        (
            ("sample", "nowhere", "--out", "no/grid.png"),
            "accepted is a name in a folder that exists",
        ),
        (("list", "models", "data"), "unexpected extra argument"),
        (("list", "model"), "list: got 'model'"),
        (("trian",), "No such command 'trian'"),
        ((*TRAIN, "--epoch", "3"), "No such option"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(run, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert said in one_line(run(*arguments))
    assert not list(tmp_path.iterdir())


def test_existing_out_is_refused(run, trained, tmp_path):
    before = {p: p.stat().st_mtime_ns for p in trained.rglob("*")}
    assert f"got {trained}, which exists already" in one_line(run(*TRAIN, "--out", trained))
    assert f"got {trained}, which exists already" in one_line(run("demo", "--out", trained))
    picture = tmp_path / "grid.png"
    picture.write_text("mine")
    assert "exists already" in one_line(run("sample", trained, "--out", picture))
    assert picture.read_text() == "mine"
    assert before == {p: p.stat().st_mtime_ns for p in trained.rglob("*")}


def save(path, **arrays):
    np.savez(path, **arrays)
    return f"npz:{path}"


FLAT = np.zeros((20, 2), np.float32)
PICTURES = np.zeros((20, 8, 8, 1), np.float32)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.where(np.arange(20) == 7, np.nan, 0.0)[:, None]}, "NaN or infinity in 1 of 20"),
        ({"x": FLAT, "y": np.full(20, 3), "classes": ["a", "b"]}, "are labels from 0 to 1"),
        ({"x": FLAT, "y": np.zeros(20, int), "classes": 10}, "classes: got shape ()"),
        ({"x": FLAT, "y": np.full(20, -1)}, "y: got -1 at index 0"),
        ({"x": FLAT, "y": np.zeros(19, int)}, "y: got 19 labels; accepted are 20, one a sample"),
        ({"x": FLAT, "y": np.zeros(20)}, "y: got type float64; accepted are integers"),
        ({"x": PICTURES + 2}, "x: got values from 2 to 2; accepted is data_range = (-1.0, 1.0)"),
        ({"x": FLAT.astype(int)}, "x: got type int64; accepted are floats"),
        ({"x": FLAT[:1]}, "x: got shape (1, 2); accepted are"),
        ({"x": FLAT[0]}, "x: got shape (2,); accepted are (n, d)"),
        ({"z": FLAT}, "got no array 'x'; it has z"),
        ({"x": np.array([{}, {}], dtype=object)}, "can't be read as .npz"),
    ],
)  # fmt: skip
def test_bad_arrays_are_refused_by_name(run, tmp_path, arrays, said):
    data = save(tmp_path / "own.npz", **arrays)
    message = one_line(run("train", "gan", "--data", data, "--out", tmp_path / "run"))
    assert said in message
    assert str(tmp_path / "own.npz") in message
    assert [p.name for p in tmp_path.iterdir()] == ["own.npz"]


def test_what_is_no_file_of_arrays_is_refused(run, tmp_path):
    (tmp_path / "own.npz").write_text("no arrays")
    for name in ("own.npz", "none.npz"):
        message = one_line(run("train", "gan", "--data", f"npz:{tmp_path / name}"))
        assert "can't be read as .npz" in message


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Pictures, one of them broken."""
    own = tmp_path / "pictures"
    own.mkdir()
    for i in range(20):
        Image.new("L", (9, 9), 10 * i).save(own / f"{i}.png")
    (own / "broken.png").write_bytes((own / "3.png").read_bytes()[:40])
    return own


def test_broken_picture_is_refused_by_name_or_skipped_aloud(run, pictures, tmp_path):
    out = tmp_path / "run"
    command = ("train", "gan", "--data", f"folder:{pictures}", "--out", out, "--epochs", 1)
    small = ("--set", "data.shape=(8, 8, 1)", "--set", "units=2", "--batch-size", 8)
    message = one_line(run(*command, *small))
    assert "1 of 21 pictures" in message
    assert "broken.png" in message
    assert not out.exists()
    code, _, err = run(*command, *small, "--skip-broken")
    assert code == 0
    assert "skipped broken.png" in err
    assert "broken.png" in folder.read_config(out)["data"]["skipped"][0]
    code, _, err = run("train", "--resume", out, "--epochs", 2)
    assert (code, err) == (0, "")


def test_truncated_checkpoint_is_refused_and_the_previous_one_offered(run, trained, tmp_path):
    import shutil

    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    file = copy / "checkpoints" / "0001" / "model.keras"
    file.write_bytes(file.read_bytes()[:1000])
    before = sorted(copy.rglob("*"))
    for command in (
        ("train", "--resume", copy, "--epochs", 2),
        ("sample", copy, "--out", tmp_path / "grid.png"),
        ("evaluate", copy),
    ):
        message = one_line(run(*command))
        assert "0001 is damaged: model.keras has SHA-256" in message
        assert "0000 is whole" in message
    assert sorted(copy.rglob("*")) == before
    assert not (tmp_path / "grid.png").exists()


def test_resume_refuses_finished_epochs_and_another_backend(run, trained):
    assert "1 are finished" in one_line(run("train", "--resume", trained, "--epochs", 1))
    other = "jax" if BACKEND != "jax" else "torch"
    message = one_line(run("train", "--resume", trained, "--epochs", 2, "--backend", other))
    assert f"was trained with {BACKEND}" in message


def test_backend_is_fixed_once_keras_is_loaded(run):
    other = "jax" if BACKEND != "jax" else "tensorflow"
    message = one_line(run(*TRAIN, "--backend", other))
    assert f"this process runs on {BACKEND} already" in message or "is not installed" in message


def test_mistakes_are_one_line_in_a_process_of_their_own(trained, tmp_path):
    """Not one line of what TensorFlow says about the machine comes with them."""
    assert "units" in one_line(kgan_command(*TRAIN, "--set", "unit=3", cwd=tmp_path))
    assert not list(tmp_path.iterdir())


def test_interrupt_is_answered_with_the_way_to_go_on(run, tmp_path, monkeypatch):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(runs.Run, "_watchers", lambda self: [Stop()])
    out = tmp_path / "r"
    small = ("--set", "units=2", "--set", "data.size=100", "--batch-size", 50)
    code, _, err = run("train", "gan", "--data", "ring", "--out", out, "--epochs", 9, *small)
    assert code == 130
    assert len(err.splitlines()) == 1
    assert f"1 whole epochs are saved. Go on with: kgan train --resume {out} --epochs 9" in err
    assert folder.last_checkpoint(out).name == "0001"


# The demo ----------------------------------------------------------------------------------


class Addresses(HTMLParser):
    """All that a page would fetch, and its text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.tags = [], set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.found += [v for k, v in attrs if k in ("src", "href", "srcset", "action", "data")]


@pytest.fixture(scope="session")
def demonstrated(tmp_path_factory):
    """The demo, much shortened."""
    from kgan.demo import run as demo

    out = tmp_path_factory.mktemp("demo") / "demo"
    short = pytest.MonkeyPatch()
    short.setattr(demo, "LINE_EPOCHS", 1)
    short.setattr(demo, "LINE_SAMPLES", 1000)
    short.setattr(demo, "CLAIMS", ("js-decomposition",))
    with short.context():
        with pytest.raises(SystemExit) as ended:
            cli.main(["demo", "--out", str(out), "--epochs", "1", "--seed", "1"])
        assert ended.value.code == 0
    short.undo()
    return out


def test_demo_leaves_runs_that_go_on(demonstrated):
    assert folder.read_config(demonstrated)["seed"] == 1
    assert folder.last_checkpoint(demonstrated).name == "0001"
    assert folder.last_checkpoint(demonstrated / "mixture_1d").name == "0001"


def test_report_asks_nothing_of_the_network(demonstrated):
    page = (demonstrated / "report.html").read_text(encoding="utf-8")
    addresses = Addresses(page)
    assert len(addresses.found) == 5  # four pictures and an empty icon
    assert all(a.startswith("data:") for a in addresses.found)
    assert "default-src 'none'" in page
    assert "script" not in addresses.tags
    assert "url(" not in page
    assert "@import" not in page
    assert str(demonstrated.parent.parent) not in page.replace(str(demonstrated), "")
    assert Addresses('<img src="https://example.org/a.png">').found  # the check can fail


def test_report_shows_what_was_measured(demonstrated):
    from kgan.demo import run as demo
    from kgan.metrics import evaluation

    page = (demonstrated / "report.html").read_text(encoding="utf-8")
    data = kgan.data.load("digits")
    scores = demo._scores(kgan.load(demonstrated), data, 1)
    generated = scores["columns"]["generated"]
    assert (generated["n_real"], generated["n_fake"]) == (1297, 1297)
    for column in scores["columns"].values():
        for name in ("precision", "recall", "density", "coverage"):
            assert f"<td>{column[name]:.4g}</td>" in page
    # Two real samples of equal size, and the Gaussian, as the prototype measured them.
    halves, gaussian = scores["columns"]["real halves"], scores["columns"]["Gaussian"]
    assert min(halves[k] for k in ("precision", "recall", "density", "coverage")) > 0.93
    assert gaussian["precision"] < 0.25
    assert gaussian["coverage"] < 0.15
    assert set(scores["class_shares"]) == set("0123456789")
    row = folder.history(demonstrated / "mixture_1d")[0]
    assert f"<td>{row['theory_bound']:.4f}</td>" in page
    assert "A-JS-02" in page
    assert ">proved<" in page
    assert evaluation.NEIGHBOURS == 5


def test_demo_takes_the_next_free_folder(run, tmp_path, monkeypatch):
    from kgan.demo import run as demo

    monkeypatch.chdir(tmp_path)
    taken = []
    monkeypatch.setattr(demo, "run_demo", lambda out, epochs, seed: taken.append(str(out)))
    assert run("demo")[0] == 0
    (tmp_path / "runs" / "demo").mkdir(parents=True)
    (tmp_path / "runs" / "demo-2").mkdir()
    code, _, err = run("demo")
    assert code == 0
    assert "runs/demo exists already" in err
    assert taken == [str(Path("runs/demo")), str(Path("runs/demo-3"))]
