"""Run folders: resumed bit for bit, whole or not at all, and damage refused by name."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import kgan
from kgan import runs
from kgan.data import Dataset
from kgan.runs import checkpoint as run_checkpoint
from kgan.runs import folder

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (72, 8, 8, 1)).astype("float32")


def images(train=IMAGES[:56], test=IMAGES[56:], data_range=(-1.0, 1.0)) -> Dataset:
    return Dataset(name="digits", train=train, test=test, data_range=data_range)


def eventful_model():
    """All that a run must bring back: dropout, batch norm, averages, k = 2, a rate schedule."""
    keras.utils.set_random_seed(5)
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, strides=2),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model = kgan.DCGAN(
        (8, 8, 1),
        filters=4,
        latent_dim=4,
        discriminator=discriminator,
        discriminator_steps=2,
        average_decay=0.9,
        seed=5,
    )
    decay = keras.optimizers.schedules.ExponentialDecay(1e-3, 5, 0.8)
    model.compile(discriminator_optimizer=keras.optimizers.Adam(decay))
    return model


def state_of(model) -> dict[str, np.ndarray]:
    """Every number that training depends on or leaves behind."""
    groups = {
        "weights": model.weights,
        "optimizers": model.optimizer.variables,
        "seeds": model._seed_states(),
    }
    return {
        f"{name} {i}": np.array(keras.ops.convert_to_numpy(v.value))
        for name, group in groups.items()
        for i, v in enumerate(group)
    }


def differences(a, b) -> list[str]:
    """The numbers in which two models differ; Keras numbers names anew, so places count."""
    a, b = state_of(a), state_of(b)
    assert list(a) == list(b)
    return [name for name in a if not np.array_equal(a[name], b[name])]


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A run of four epochs without interruption."""
    run = runs.start(
        tmp_path_factory.mktemp("runs") / "whole", eventful_model(), images(), batch_size=16
    )
    run.train(4, verbose=0)
    return run


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of that run's folder, to be damaged."""
    return Path(shutil.copytree(whole.path, tmp_path / "copy"))


def test_folder_holds_what_it_says(whole):
    path = whole.path
    assert sorted(p.name for p in path.iterdir()) == [
        "checkpoints",
        "config.json",
        "history.csv",
        "progress.gif",
        "samples",
        "tensorboard",
    ]
    assert [c.name for c in folder.checkpoints(path)] == ["0003", "0004"]
    for checkpoint in folder.checkpoints(path):
        assert sorted(p.name for p in checkpoint.iterdir()) == [
            "manifest.json",
            "model.keras",
            "state.npz",
        ]
    config = json.loads((path / "config.json").read_text())
    assert config["model"] == "dcgan"
    assert config["backend"] == keras.backend.backend()
    assert config["data"]["hash"] == images().hash
    assert config["seed"] == 5
    assert config["versions"]["keras"] == keras.__version__
    with (path / "history.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert {"generator_loss", "discriminator_loss", "val_value"} <= set(rows[0])
    assert len(list((path / "samples").glob("*.png"))) == 5
    # The machine's own paths are nobody's business.
    assert str(path.parent) not in (path / "config.json").read_text()


def test_resumed_run_has_the_same_bits(whole, tmp_path):
    """4 epochs = 2 + resume + 2: weights, optimizers, averages, seeds, order, history, samples."""
    first = runs.start(tmp_path / "r", eventful_model(), images(), batch_size=16)
    first.train(2, verbose=0)
    keras.utils.set_random_seed(99)  # whatever a new process would begin with
    again = runs.resume(first.path, images())
    assert again.epoch == 2
    assert differences(first.model, again.model) == []
    again.train(4, verbose=0)
    assert differences(whole.model, again.model) == []
    for name in ("history.csv", "samples/0004.png", "progress.gif"):
        assert (again.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_another_order_of_the_data_is_noticed(whole, tmp_path):
    """Negative control of the test above."""
    first = runs.start(tmp_path / "r", eventful_model(), images(), batch_size=16)
    first.train(2, verbose=0)
    again = runs.resume(first.path, images())
    again.model.seed = 6
    again.train(4, verbose=0)
    assert differences(whole.model, again.model) != []


SCRIPT = """
import sys
import numpy as np
from test_runs import eventful_model, images, state_of
from kgan import runs
path, until = sys.argv[1], int(sys.argv[2])
if len(sys.argv) > 3:
    run = runs.start(path, eventful_model(), images(), batch_size=16)
else:
    run = runs.resume(path, images())
print("ready", flush=True)
run.train(until, verbose=0)
"""


def in_a_fresh_process(*arguments, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_killed_run_goes_on_in_a_fresh_process_with_the_same_bits(whole, tmp_path):
    """kill -9 in the middle: at most one epoch is lost, and nothing but time."""
    path = tmp_path / "killed"
    process = in_a_fresh_process(path, 1000, "start")
    deadline = time.monotonic() + 120
    while not (path / "checkpoints" / "0002").exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.communicate()
    finished = len(folder.history(path))
    last = int(folder.last_checkpoint(path).name)
    assert finished - last in (0, 1)
    for newer in folder.checkpoints(path):  # what the process wrote before the signal came
        assert not folder.damage(newer)
    # Stale leftovers of a kill in the middle of writing are swept.
    (path / "checkpoints" / ".0009.tmp-1").mkdir()
    (path / "samples" / ".0009.png.tmp-1").write_text("half")
    for later in range(last + 1, last + 3):
        shutil.copy(path / "samples" / "0001.png", path / "samples" / f"{later:04d}.png")
    process = in_a_fresh_process(path, max(4, last + 1))
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert not list(path.rglob("*tmp*"))
    assert [r["epoch"] for r in folder.history(path)] == list(range(1, max(4, last + 1) + 1))
    if last <= 3:  # on a slow machine the signal came in time: the fourth epoch compares
        assert differences(whole.model, runs.load(path)) == []
        assert (path / "history.csv").read_bytes() == (whole.path / "history.csv").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_run_keeps_its_last_whole_epoch(tmp_path):
    path = tmp_path / "interrupted"
    process = in_a_fresh_process(path, 1000, "start")
    deadline = time.monotonic() + 120
    while not (path / "checkpoints" / "0001").exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert (path / "progress.gif").exists()
    assert runs.resume(path, images()).epoch >= 1


def test_load_gives_the_trained_model(whole):
    model = kgan.load(whole.path)
    assert type(model) is kgan.DCGAN
    assert differences(whole.model, model) == []
    assert np.array_equal(model.generate(3, seed=1), whole.model.generate(3, seed=1))


def test_nothing_is_beyond_the_checkpoint_after_resuming(copy):
    shutil.rmtree(copy / "checkpoints" / "0004")
    with (copy / "history.csv").open("a") as lines:
        lines.write("5,0.1,0.2")  # a row that a kill cut off
    run = runs.resume(copy, images())
    assert run.epoch == 3
    assert [row["epoch"] for row in folder.history(copy)] == [1, 2, 3]
    assert sorted(p.stem for p in (copy / "samples").iterdir()) == ["0000", "0001", "0002", "0003"]


def test_resumed_run_refuses_epochs_that_are_finished(copy):
    run = runs.resume(copy, images())
    with pytest.raises(ValueError, match="epochs: got 4, and 4 are finished"):
        run.train(4)
    with pytest.raises(ValueError, match="epochs: got 0"):
        run.train(0)


def test_other_data_are_refused(copy):
    with pytest.raises(ValueError, match="goes on with the data it began with only"):
        runs.resume(copy, images(train=IMAGES[1:57]))


def test_another_backend_is_refused(copy):
    config = json.loads((copy / "config.json").read_text())
    config["backend"] = "abacus"
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="was trained with abacus"):
        runs.resume(copy, images())
    assert type(runs.load(copy)) is kgan.DCGAN  # weights know no backend


@pytest.mark.parametrize("name", ["model.keras", "state.npz"])
@pytest.mark.parametrize("kind", ["truncated", "flipped", "missing"])
def test_damaged_checkpoint_is_refused_by_name(copy, name, kind):
    file = copy / "checkpoints" / "0004" / name
    contents = bytearray(file.read_bytes())
    if kind == "missing":
        file.unlink()
        said = f"{name} is missing"
    else:
        contents = contents[:-9] if kind == "truncated" else contents
        contents[len(contents) // 2] ^= 1
        file.write_bytes(contents)
        said = f"{name} has SHA-256 [0-9a-f]{{64}}, its manifest says [0-9a-f]{{64}}"
    for use in (runs.resume, runs.load):
        with pytest.raises(ValueError, match=said) as refused:
            use(copy)
        assert "0003 is whole: remove" in str(refused.value)
        assert str(file.parent) in str(refused.value)
        assert "\n" not in str(refused.value)
    # The advice works.
    shutil.rmtree(file.parent)
    assert runs.resume(copy, images()).epoch == 3


def test_damaged_manifest_is_refused(copy):
    manifest = copy / "checkpoints" / "0004" / "manifest.json"
    manifest.write_text(manifest.read_text()[:20])
    with pytest.raises(ValueError, match=r"manifest\.json can't be read"):
        runs.load(copy)
    shutil.rmtree(copy / "checkpoints" / "0003")
    with pytest.raises(ValueError, match="no earlier one is whole"):
        runs.load(copy)
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(ValueError, match="has no checkpoint"):
        runs.load(copy)


def altered(copy, change) -> None:
    """Change the configuration inside the last model file, and its manifest with it."""
    checkpoint = copy / "checkpoints" / "0004"
    file = checkpoint / "model.keras"
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)
    manifest = json.loads((checkpoint / "manifest.json").read_text())
    manifest["sha256"]["model.keras"] = folder.sha256(file)
    (checkpoint / "manifest.json").write_text(json.dumps(manifest))


def in_config(members, old, new):
    assert old in members["config.json"]
    members["config.json"] = members["config.json"].replace(old, new)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: in_config(m, b"kgan>DCGAN", b"kgan>GAN"), "is not a DCGAN"),
        (lambda m: in_config(m, b'"module": "keras.layers"', b'"module": "os"'), "something of"),
        (lambda m: m.update({"extra.pkl": b"x"}), "is not a DCGAN: it holds extra.pkl"),
        (lambda m: m.pop("config.json"), "can't be read"),
    ],
)
def test_only_our_own_models_are_built(copy, change, said):
    altered(copy, change)
    with pytest.raises(ValueError, match=said):
        runs.load(copy)


def test_archive_that_was_only_packed_again_is_read(copy):
    """Negative control of the test above."""
    altered(copy, lambda members: None)
    assert type(runs.load(copy)) is kgan.DCGAN


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (None, "is no run folder"),
        ("{", "is no run folder"),
        ("[]", "is no run folder"),
        ('{"data": {}}', "is no run folder"),
        ('{"model": "dcgan"}', "is no run folder"),
        (
            '{"model": "os.system", "data": {"hash": "", "name": "", "options": {}}, '
            '"batch_size": 1, "seed": 0, "backend": "jax"}',
            "model: got 'os.system'; accepted are gan",
        ),
    ],
)
def test_what_is_no_run_folder_is_refused(tmp_path, contents, said):
    if contents is not None:
        (tmp_path / "config.json").write_text(contents)
    with pytest.raises(ValueError, match=said):
        runs.load(tmp_path)


def dented(index, value):
    bad = IMAGES[:56].copy()
    bad[index] = value
    return bad


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"data": {"train": dented(3, np.nan)}}, "NaN or infinity in 1 of 56 samples"),
        ({"data": {"test": dented(3, np.inf)}}, "held-out data"),
        ({"data": {"train": dented(3, 7.0)}}, "got values from"),
        ({"data": {"train": dented(3, 7.0), "data_range": None}}, "got values from"),
        (
            {"data": {"train": IMAGES[:56, :, :4], "test": IMAGES[56:, :, :4]}},
            "image 8 × 4 × 1.; the model needs real .image 8 × 8 × 1",
        ),
        ({"batch_size": 57}, "batch_size: got 57"),
        ({"batch_size": 0}, "batch_size: got 0"),
        ({"model": keras.Sequential([layers.Dense(1)])}, "model: got Sequential"),
    ],
)
def test_bad_start_leaves_nothing(tmp_path, options, said):
    model = options.pop("model", None) or eventful_model()
    with pytest.raises(ValueError, match=said):
        runs.start(tmp_path / "new" / "run", model, images(**options.pop("data", {})), **options)
    assert not list(tmp_path.iterdir())


def test_existing_folder_is_refused(whole):
    before = sorted(whole.path.rglob("*"))
    with pytest.raises(ValueError, match="exists already"):
        runs.start(whole.path, eventful_model(), images())
    assert sorted(whole.path.rglob("*")) == before


def test_checkpoint_that_fails_to_save_leaves_the_last_one(copy, monkeypatch):
    run = runs.resume(copy, images())

    def full_disk(path):
        raise OSError("no space left")

    monkeypatch.setattr(run_checkpoint, "to_disk", full_disk)
    with pytest.raises(OSError, match="no space left"):
        run_checkpoint.write(copy, run.model, 5)
    assert [c.name for c in folder.checkpoints(copy)] == ["0003", "0004"]
    assert not list(copy.rglob("*tmp*"))


def test_pictures_that_stay_on_disk_are_trained_on_and_resumed(tmp_path):
    from PIL import Image

    (tmp_path / "own").mkdir()
    for i, picture in enumerate(IMAGES[:40]):
        shades = np.round(127.5 * (picture[..., 0] + 1)).astype("uint8")
        Image.fromarray(shades).save(tmp_path / "own" / f"{i}.png")
    options = {"shape": (8, 8, 1), "memory_limit": 1}
    name = f"folder:{tmp_path / 'own'}"

    def start(folder):
        data = kgan.data.load(name, **options)
        assert not isinstance(data.train, np.ndarray)
        keras.utils.set_random_seed(0)
        model = kgan.GAN((8, 8, 1), units=4, seed=0)
        model.compile()
        return runs.start(tmp_path / folder, model, data, batch_size=16, data_options=options)

    straight = start("straight")
    assert "val_value" in straight.train(2, verbose=0)
    start("broken").train(1, verbose=0)
    again = runs.resume(tmp_path / "broken")  # the data are found again by their name
    again.train(2, verbose=0)
    assert differences(straight.model, again.model) == []


def test_numbers_with_a_density_are_watched_by_theory(tmp_path):
    options = {"size": 200}
    data = kgan.data.load("mixture_1d", **options)
    model = kgan.GAN((1,), data_range=None, units=8, seed=0)
    model.compile()
    run = runs.start(tmp_path / "r", model, data, batch_size=100, data_options=options)
    last = run.train(1, verbose=0)
    assert {"theory_value", "theory_bound", "theory_rms"} <= set(last)
    assert (run.path / "theory" / "0001.png").exists()
    assert runs.resume(run.path).data.hash == data.hash
