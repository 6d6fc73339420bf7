"""Models of the user's own files: trained, resumed and used, and their code run only when named."""

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import kgan
from kgan import runs
from kgan.data import Dataset
from kgan.runs import folder, own_file
from product.test_cli import kgan_command, one_line
from product.test_runs import altered, differences, in_config

pytestmark = pytest.mark.one_backend

MINE = '''
import math

import keras
from keras import layers

import kgan


class Doubled(layers.Layer):
    def call(self, x):
        return 2.0 * x


class MyGAN(kgan.TwoPlayerGame):
    """Digits of the class that is asked for, with networks of its own."""

    def __init__(self, data_shape, classes=10, units=8, **options):
        self.classes = classes
        self.units = units
        conditions = {"label": kgan.Part((), "label", classes=classes)}
        super().__init__(data_shape, conditions=conditions, **options)

    def joined(self, inputs, shape, activation):
        label = layers.Input((), dtype="int32")
        x = layers.Concatenate()(
            [layers.Flatten()(inputs), layers.Embedding(self.classes, 3)(label)]
        )
        x = Doubled()(layers.Dense(self.units, activation="relu")(x))
        x = layers.Dropout(0.2)(x)
        x = layers.Dense(math.prod(shape), activation=activation)(x)
        return keras.Model([inputs, label], layers.Reshape(shape)(x))

    def default_generator(self):
        return self.joined(layers.Input((self.latent_dim,)), self.data_shape, "tanh")

    def default_discriminator(self):
        return self.joined(layers.Input(self.data_shape), (1,), None)


class Plain:
    pass


class Needy(MyGAN):
    def __init__(self, data_shape, words, **options):
        super().__init__(data_shape, **options)


class Seedless(MyGAN):
    def __init__(self, data_shape):
        super().__init__(data_shape)


class Broken(MyGAN):
    def default_generator(self):
        return self.nothing


class Unreadable(MyGAN):
    def get_config(self):
        return {**super().get_config(), "colour": 3}
'''
DECORATED = MINE
for called in ("Doubled", "MyGAN"):
    decorator = "@keras.saving.register_keras_serializable()"
    DECORATED = DECORATED.replace(f"class {called}", f"{decorator}\nclass {called}")
SMALL = ("--data", "digits", "--set", "units=4", "--set", "latent_dim=2", "--batch-size", 200)


@pytest.fixture(scope="module")
def mine(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mine") / "my_gan.py"
    path.write_text(MINE)
    return path


@pytest.fixture(scope="module")
def trained(mine, tmp_path_factory) -> Path:
    """A run of two epochs, made by the command in a process of its own."""
    out = tmp_path_factory.mktemp("own") / "whole"
    done = kgan_command("train", f"{mine}:MyGAN", *SMALL, "--epochs", 2, "--seed", 3, "--out", out)
    assert done.returncode == 0, done.stderr
    assert f"kgan sample {out} --model {mine}:MyGAN" in done.stdout
    return out


@pytest.fixture
def changed(trained, mine, tmp_path) -> tuple[Path, str]:
    """A copy of the run, and its file with one line more."""
    file = tmp_path / "my_gan.py"
    file.write_text(MINE + "\nHARMLESS = True\n")
    return Path(shutil.copytree(trained, tmp_path / "copy")), f"{file}:MyGAN"


# What is recorded, and going on -------------------------------------------------------------


def test_run_folder_records_file_hash_class_and_parts(trained, mine):
    config = folder.read_config(trained)
    assert config["model"] == "MyGAN"
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    assert config["file"] == {"path": str(mine), "sha256": digest}
    assert config["options"] == {"units": 4, "latent_dim": 2}
    assert config["format"] == folder.FORMAT
    assert config["seed"] == 3
    parts = config["data"]["parts"]
    assert list(parts) == ["real", "label"]
    assert parts["real"]["shape"] == [8, 8, 1]
    assert (parts["label"]["classes"], parts["label"]["samples"]) == (10, 1297)
    assert len(list((trained / "samples").glob("*.png"))) == 3


def test_killed_run_goes_on_with_the_same_bits(run, trained, mine, tmp_path):
    """kill -9 in the middle, then the same command as ever with the class named again."""
    out = tmp_path / "killed"
    arguments = ("train", f"{mine}:MyGAN", *SMALL, "--epochs", 500, "--seed", 3, "--out", out)
    process = subprocess.Popen(
        [sys.executable, "-m", "kgan.cli", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (out / "checkpoints" / "0001").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.wait()
    last = int(folder.last_checkpoint(out).name)
    until = max(2, last + 1)
    code, _, err = run("train", f"{mine}:MyGAN", "--resume", out, "--epochs", until)
    assert (code, err) == (0, "")
    assert [row["epoch"] for row in folder.history(out)] == list(range(1, until + 1))
    assert "changes" not in folder.read_config(out)["file"]
    if last < 2:  # on a slow machine the signal came in time: the second epoch compares
        name = f"{mine}:MyGAN"
        assert differences(kgan.load(trained, name), kgan.load(out, name)) == []
        for file in ("history.csv", "samples/0002.png"):
            assert (out / file).read_bytes() == (trained / file).read_bytes()


def test_labels_go_through_training_resuming_and_generating(run, trained, mine, tmp_path):
    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    code, _, err = run("train", f"{mine}:MyGAN", "--resume", copy, "--epochs", 3)
    assert (code, err) == (0, "")
    model = kgan.load(copy, f"{mine}:MyGAN")
    assert type(model).__name__ == "MyGAN"
    three = model.generate(6, seed=0, label=3)
    assert three.shape == (6, 8, 8, 1)
    assert np.array_equal(three, model.generate(6, seed=0, label=[3] * 6))
    assert not np.array_equal(three, model.generate(6, seed=0, label=4))
    # Without a label they are drawn as they occur in the data, which the model has seen.
    seen = keras.ops.convert_to_numpy(model._seen["label"].value)
    assert np.ptp(np.bincount(seen[:1200], minlength=10)) < 100
    assert len(np.unique(model._conditions(200, 0, {})["label"])) == 10


def test_sample_and_evaluate_name_the_class_again(run, trained, mine, tmp_path):
    named = ("--model", f"{mine}:MyGAN")
    out = tmp_path / "grid.png"
    code, printed, _ = run("sample", trained, *named, "-n", 9, "--out", out)
    assert code == 0
    assert out.exists()
    code, printed, _ = run("evaluate", trained, *named, "-n", 40, "--json")
    assert code == 0
    scores = json.loads(printed)
    assert scores["extractor"] == "pixels"
    assert scores["columns"]["generated"]["n_real"] == 1297
    assert set(scores["class_shares"]) == set("0123456789")


def imported(path: Path, called: str, monkeypatch):
    """The module of a file, as a program has it that imports it."""
    spec = importlib.util.spec_from_file_location(called, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, called, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("source", [MINE, DECORATED], ids=["plain", "decorated"])
def test_class_that_was_imported_is_trained_resumed_and_loaded(tmp_path, monkeypatch, source):
    file = tmp_path / "my_gan.py"
    file.write_text(source)
    kind = imported(file, "my_gan", monkeypatch).MyGAN
    options = {"units": 4, "latent_dim": 2, "classes": 10}
    data = kgan.data.load("digits")

    def start(name):
        model = runs.build(kind, data, options, 0)
        assert type(model) is kind
        return runs.start(tmp_path / name, model, data, batch_size=300, options=options)

    whole = start("whole")
    whole.train(2, verbose=0)
    start("broken").train(1, verbose=0)
    again = runs.resume(tmp_path / "broken", model=kind)
    assert type(again.model) is kind
    again.train(2, verbose=0)
    assert differences(whole.model, again.model) == []
    # What a program trained, FILE.py:CLASS reads as well.
    assert differences(whole.model, kgan.load(whole.path, f"{file}:MyGAN")) == []


# Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("none.py:MyGAN", (), "there is no file"),
        ("my_gan.py", (), "accepted is FILE.py:CLASS, such as my_gan.py:MyGAN"),
        ("my_gan.py:", (), "accepted is FILE.py:CLASS"),
        ("my_gan:MyGAN", (), "accepted is FILE.py:CLASS"),
        ("my_gan.py:YourGAN", (), "has no 'YourGAN'; its games are MyGAN, Needy"),
        ("my_gan.py:Plain", (), "model: got Plain; accepted are"),
        ("my_gan.py:keras", (), "model: got <module 'keras'"),
        ("my_gan.py:Needy", (), "Needy needs 'words', which data 'digits' do not say: --set words"),
        ("my_gan.py:Seedless", (), "Seedless takes no argument 'seed'"),
        ("my_gan.py:Broken", (), "Broken can't be built: AttributeError: 'Broken' object has no"),
        ("my_gan.py:Unreadable", (), "no run of Unreadable could go on, because its checkpoint"),
        ("my_gan.py:MyGAN", ("--set", "unit=3"), "did you mean 'units'"),
        ("my_gan.py:MyGAN", ("--set", "latent_dim=0"), "latent_dim: got 0"),
        ("my_gan.py:MyGAN", ("--data", "faces"), "the model needs real (image"),
        ("my_gan.py:MyGAN", ("--set", "classes=9"), "['label']: got 9 at index"),
        ("failing.py:MyGAN", (), "failing.py can't be run: ZeroDivisionError: division by zero (l"),
        ("wrong.py:MyGAN", (), "wrong.py can't be run: SyntaxError"),
        ("leaving.py:MyGAN", (), "leaving.py can't be run: SystemExit: 3"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    run,
    mine,
    tmp_path,
    monkeypatch,
    model,
    options,
    said,
):
    monkeypatch.chdir(tmp_path)
    shutil.copy(mine, "my_gan.py")
    Path("failing.py").write_text("x = 1\nx / 0\n")
    Path("wrong.py").write_text("class:\n")
    Path("leaving.py").write_text("import sys\nsys.exit(3)\n")
    before = sorted(tmp_path.iterdir())
    message = one_line(run("train", model, "--data", "digits", *options))
    assert said in message
    assert sorted(tmp_path.iterdir()) == before


def test_code_is_run_only_when_it_is_named(run, trained, mine, tmp_path):
    before = {p: p.stat().st_mtime_ns for p in trained.rglob("*")}
    for command in (
        ("train", "--resume", trained, "--epochs", 3),
        ("sample", trained, "--out", tmp_path / "grid.png"),
        ("evaluate", trained),
    ):
        message = one_line(run(*command))
        assert f"its code is run only when you name it: kgan train {mine}:MyGAN" in message
    with pytest.raises(ValueError, match="model: got none"):
        kgan.load(trained)
    message = one_line(run("sample", trained, "--model", f"{mine}:Needy"))
    assert "model: got Needy" in message
    message = one_line(run("train", "gan", "--resume", trained, "--epochs", 3))
    assert "got it with --resume" in message
    assert before == {p: p.stat().st_mtime_ns for p in trained.rglob("*")}


def test_changed_file_is_refused_before_it_is_run(run, changed, tmp_path):
    copy, name = changed
    file = tmp_path / "my_gan.py"
    file.write_text(file.read_text() + f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    for command in (
        ("train", name, "--resume", copy, "--epochs", 3),
        ("sample", copy, "--model", name, "--out", tmp_path / "grid.png"),
        ("evaluate", copy, "--model", name),
    ):
        message = one_line(run(*command))
        assert "the file has changed" in message
        assert "--accept-changes" in message
    with pytest.raises(ValueError, match="accept_changes=True"):
        runs.resume(copy, model=name)
    assert not (tmp_path / "ran").exists()


def test_change_that_is_meant_is_recorded(run, changed, mine):
    copy, name = changed
    code, _, err = run("train", name, "--resume", copy, "--epochs", 3, "--accept-changes")
    assert (code, err) == (0, "")
    (change,) = folder.read_config(copy)["file"]["changes"]
    assert change["epoch"] == 2
    assert change["path"] == name.removesuffix(":MyGAN")
    kgan.load(copy, name)  # it is the run's file from now on
    with pytest.raises(ValueError, match="the file has changed"):
        kgan.load(copy, f"{mine}:MyGAN")
    kgan.load(copy, f"{mine}:MyGAN", accept_changes=True)
    assert "without --resume" in one_line(run("train", name, *SMALL, "--accept-changes"))


@pytest.mark.parametrize("module", ["os", "my_other_gan", "own_file_other_0", "keras_hub.layers"])
def test_checkpoint_of_another_module_is_refused(changed, module):
    copy, name = changed
    (copy / "checkpoints" / "0002").rename(copy / "checkpoints" / "0004")
    called = own_file.load(name).__module__
    kgan.load(copy, name, accept_changes=True)

    def change(members):
        config = json.loads(members["config.json"])
        own = config["config"]["generator"]["config"]["layers"]
        (doubled,) = [layer for layer in own if layer["class_name"] == "Doubled"]
        assert doubled["module"] != called  # it was trained by the file before its change
        in_config(members, f'"{doubled["module"]}"'.encode(), f'"{module}"'.encode())

    altered(copy, change)
    with pytest.raises(ValueError, match=f"asks for something of '{module}'; accepted are keras"):
        kgan.load(copy, name, accept_changes=True)


def test_class_without_a_file_is_refused(mine, tmp_path):
    class Local(kgan.TwoPlayerGame):
        pass

    data = kgan.data.load("digits")
    networks = kgan.GAN((8, 8, 1), units=2)
    local = Local((8, 8, 1), networks.generator, networks.discriminator, seed=0)
    local.compile()
    scope: dict = {"__name__": "nowhere"}
    exec(MINE, scope)
    homeless = scope["MyGAN"]((8, 8, 1), seed=0)
    homeless.compile()
    for model in (local, homeless):
        with pytest.raises(ValueError, match="is no class of a Python file of its own"):
            runs.start(tmp_path / "run", model, data)
    seedless = own_file.load(f"{mine}:Seedless")((8, 8, 1))
    seedless.compile()
    with pytest.raises(ValueError, match="does not hold its seed"):
        runs.start(tmp_path / "run", seedless, data)
    assert not list(tmp_path.iterdir())


def test_run_of_the_catalog_takes_no_class_from_elsewhere(mine, tmp_path):
    data = kgan.data.load("ring", size=100)
    model = runs.build("gan", data, {"units": 2}, 0)
    run = runs.start(tmp_path / "run", model, data, data_options={"size": 100})
    with pytest.raises(ValueError, match="is a run of kgan's own gan"):
        runs.load(run.path, f"{mine}:MyGAN")
    with pytest.raises(ValueError, match="is a run of kgan's own gan"):
        runs.resume(run.path, model=kgan.GAN)


# Data of several parts, and models that generate nothing ------------------------------------

TRANSLATOR = '''
import keras
from keras import layers

import kgan
from kgan import losses


class Translator(kgan.Game):
    """From one kind of picture to another that belongs to it; it generates nothing by itself."""

    def __init__(self, data_shape, kind="image", seed=None, name=None):
        parts = {name: kgan.Part(data_shape, kind, (-1, 1)) for name in ("input", "target")}
        pictures = [layers.Flatten(), layers.Dense(64), layers.Reshape(data_shape)]
        self.data_shape = data_shape
        super().__init__(
            {"translator": keras.Sequential([layers.Input(data_shape), *pictures])},
            parts,
            seed=seed,
            name=name,
        )
        self.translator = self.players["translator"]

    def turns(self):
        return (kgan.Turn("translator", ("translator",), self.loss_of),)

    def loss_of(self, batch):
        made = self.translator(batch["input"], training=True)
        return keras.ops.mean((made - batch["target"]) ** 2), {}

    def translate(self, x):
        return self.answer("translator", x)


class Guesser(Translator):
    """It generates what its data call target."""

    @property
    def sample_part(self):
        return self.spec["target"]

    def generate(self, n, seed=0):
        import numpy as np

        return np.random.default_rng(seed).uniform(-1, 1, (n, *self.data_shape)).astype("float32")
'''


@pytest.fixture
def translators(tmp_path) -> Path:
    path = tmp_path / "translators.py"
    path.write_text(TRANSLATOR)
    return path


def pairs(**options) -> Dataset:
    rng = np.random.default_rng(0)
    part = kgan.Part((8, 8, 1), "image", (-1, 1))

    def half(n):
        dark = rng.uniform(-1, -0.5, (n, 8, 8, 1)).astype("float32")
        return {"input": dark, "target": -dark}

    parts = {"input": part, "target": part}
    return Dataset(name="pairs", train=half(40), test=half(16), parts=parts, **options)


def test_translator_trains_without_samples(translators, tmp_path, run):
    data = pairs()
    model = runs.build(f"{translators}:Translator", data, {}, 0)
    straight = runs.start(tmp_path / "r", model, data, batch_size=10)
    assert straight.config["data"]["samples"] == 40
    parts = straight.config["data"]["parts"]
    assert {name: part["part"] for name, part in parts.items()} == {
        "input": "input",
        "target": "target",
    }
    straight.train(1, verbose=0)
    again = runs.resume(straight.path, data, f"{translators}:Translator")
    again.train(2, verbose=0)
    names = {p.name for p in straight.path.iterdir()}
    assert names == {"checkpoints", "config.json", "history.csv", "tensorboard"}
    assert again.model.translate(data.test["input"]).shape == (16, 8, 8, 1)
    named = ("--model", f"{translators}:Translator")
    for command in ("sample", "evaluate"):
        assert "Translator, which generates nothing" in one_line(
            run(command, straight.path, *named)
        )


def test_samples_are_compared_with_the_part_that_they_are_like(translators, tmp_path):
    from kgan.metrics import evaluation

    data = pairs()
    model = runs.build(f"{translators}:Guesser", data, {}, 0)
    assert data.part_like_samples(model) is data.train["target"]
    assert data.part_like_samples(model, held_out=True) is data.test["target"]
    scores = evaluation.evaluate(model, data, n=20)
    real, fake = data.train["target"], model.generate(20, seed=0)
    expected = kgan.metrics.frechet_distance(real.reshape(40, -1), fake.reshape(20, -1))
    assert scores["columns"]["generated"]["Fréchet distance"] == pytest.approx(expected, rel=1e-9)
    # The negative control: the other part is far away.
    other = kgan.metrics.frechet_distance(data.train["input"].reshape(40, -1), fake.reshape(20, -1))
    assert abs(other - expected) > 0.1


def test_points_are_drawn_on_their_own_part_under_held_out_conditions(tmp_path, monkeypatch):
    """A condition that only data give, and that comes first among their parts."""
    rng = np.random.default_rng(0)
    parts = {
        "angle": kgan.Part((1,), "vector"),
        "place": kgan.Part((2,), "points"),
    }

    def half(n):
        angle = rng.uniform(0, 6, (n, 1)).astype("float32")
        return {"angle": angle, "place": np.hstack([np.cos(angle), np.sin(angle)])}

    data = Dataset(name="circle", train=half(60), test=half(20), parts=parts)
    file = tmp_path / "circle.py"
    file.write_text(
        MINE.replace('{"label": kgan.Part((), "label", classes=classes)}', "CONDITIONS")
        .replace('label = layers.Input((), dtype="int32")', "label = layers.Input((1,))")
        .replace("layers.Embedding(self.classes, 3)(label)", "label")
        .replace(
            "class Doubled", 'CONDITIONS = {"angle": kgan.Part((1,), "vector")}\n\n\nclass Doubled'
        )
    )
    options = {"data_shape": (2,), "kind": "points", "latent_dim": 2}
    model = runs.build(f"{file}:MyGAN", data, options, 0)
    run = runs.start(tmp_path / "run", model, data, batch_size=20)
    grid, board = run._watchers()
    assert grid.real is data.train["place"]
    assert grid.conditions["angle"] is data.test["angle"]
    assert board.conditions["angle"] is data.test["angle"]
    run.train(1, verbose=0)
    assert len(list((run.path / "samples").glob("*.png"))) == 2


# Run folders of version 0.1 -----------------------------------------------------------------


def old_folder(tmp_path, break_model: bool) -> Path:
    """A folder of today, with the config.json and, if wanted, the objective of version 0.1."""
    data = kgan.data.load("ring", size=100)
    model = runs.build("gan", data, {"units": 2}, 0)
    path = runs.start(tmp_path / "old", model, data, data_options={"size": 100}).path
    config = json.loads((path / "config.json").read_text())
    old = {
        "model": "gan",
        "options": {"units": 2},
        "data": {
            "name": "ring",
            "options": {"size": 100},
            "hash": config["data"]["hash"],
            "shape": [2],
            "samples": config["data"]["samples"],
            "skipped": [],
        },
        "batch_size": 64,
        "passes": 1,
        "seed": 0,
        "backend": config["backend"],
        "versions": config["versions"],
    }
    (path / "config.json").write_text(json.dumps(old))

    def change(members):
        outline = json.loads(members["config.json"])
        outline["config"]["objective"] = outline["config"]["objective"]["config"]
        del outline["config"]["kind"]
        members["config.json"] = json.dumps(outline).encode()

    if break_model:
        (path / "checkpoints" / "0000").rename(path / "checkpoints" / "0004")
        altered(path, change)
    return path


def test_folder_of_version_0_1_is_read_or_refused(tmp_path, run):
    path = old_folder(tmp_path, break_model=False)
    assert kgan.load(path).generate(3).shape == (3, 2)
    with pytest.raises(ValueError, match=r"run folder of kgan 0\.1, with which this version does"):
        runs.resume(path)
    message = one_line(run("train", "--resume", path, "--epochs", 9))
    assert "train anew with what its config.json says" in message


def test_model_of_version_0_1_that_is_not_read_is_refused(tmp_path, run):
    path = old_folder(tmp_path, break_model=True)
    message = one_line(run("sample", path, "--out", tmp_path / "grid.png"))
    assert "is a run folder of kgan 0.1, of which this version does not read the GAN" in message
    assert "objective: got" in message


def test_folder_of_a_later_version_is_refused(trained, tmp_path):
    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    for wrong, said in (
        ({"format": 99}, "a later version of kgan"),
        ({"file": "x"}, "no run fold"),
    ):
        (copy / "config.json").write_text(json.dumps({**config, **wrong}))
        with pytest.raises(ValueError, match=said):
            folder.read_config(copy)
