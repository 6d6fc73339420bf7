"""Data sets: fixed splits and hashes, exact synthetic data, downloads, folders and bad input."""

import dataclasses
import gzip
import hashlib
import io
import pickle
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from PIL import Image
from scipy import stats

import kgan.data
from kgan.data import Dataset, downloads, folder
from kgan.spec import Part, Spec

pytestmark = pytest.mark.one_backend

POINTS = ("ring", "grid", "eight_gaussians", "swiss_roll")
ALPHA = 1e-6  # false-failure rate of each random check


# ---------------------------------------------------------------- bundled images


@pytest.mark.parametrize(
    ("name", "train", "test", "shape", "sha256"),
    [
        (
            "digits",
            1297,
            500,
            (8, 8, 1),
            "12eed5e6af070bb90e322770c7f8e307ccd297aa07a91ef8270e4e2087889812",
        ),
        (
            "faces",
            80,
            20,
            (25, 25, 1),
            "c6023f39bae368045013e3175ce894b26e63f39bac7d19487fd73c0e4954b02d",
        ),
    ],
)
def test_bundled_images_are_fixed(name, train, test, shape, sha256):
    data = kgan.data.load(name)
    assert data.train.shape == (train, *shape)
    assert data.test.shape == (test, *shape)
    assert data.shape == shape
    assert data.train.dtype == data.test.dtype == np.float32
    assert data.data_range == (-1.0, 1.0)
    assert data.train.min() == -1
    assert data.train.max() == 1
    assert data.hash == sha256


def test_digits_are_split_by_class_without_overlap():
    from sklearn.datasets import load_digits

    data = kgan.data.load("digits")
    everything, labels = load_digits(return_X_y=True)
    share = np.bincount(data.test_labels) / np.bincount(labels)
    assert np.abs(share - 500 / 1797).max() < 1 / np.bincount(labels).min()
    assert data.classes == tuple("0123456789")
    pixels = {
        part: {(image.tobytes(), int(label)) for image, label in zip(images, marks, strict=True)}
        for part, images, marks in (
            ("train", data.train, data.train_labels),
            ("test", data.test, data.test_labels),
        )
    }
    assert not pixels["train"] & pixels["test"]
    scaled = (everything / 8 - 1).astype(np.float32).reshape(-1, 8, 8, 1)
    original = {(x.tobytes(), int(y)) for x, y in zip(scaled, labels, strict=True)}
    assert pixels["train"] | pixels["test"] == original  # every image kept its own label


def test_faces_are_the_first_hundred_patches():
    from skimage.data import lfw_subset

    data = kgan.data.load("faces")
    found = np.concatenate([data.train, data.test]).reshape(100, -1)
    wanted = (2 * lfw_subset()[:100] - 1).astype(np.float32).reshape(100, -1)
    assert {row.tobytes() for row in found} == {row.tobytes() for row in wanted}


def test_hash_notices_values_order_and_shape():
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    hashes = {
        kgan.data.Dataset(name="x", train=train, test=train).hash
        for train in (x, x + 1, x[::-1], x.reshape(4, 3))
    }
    assert len(hashes) == 4
    assert kgan.data.Dataset(name="y", train=x.copy(), test=x[:1]).hash in hashes


# ---------------------------------------------------------------- exact points


@pytest.mark.parametrize("name", POINTS)
def test_points_follow_their_seed(name):
    data = kgan.data.load(name, size=500, seed=3)
    assert data.train.shape == (500, 2)
    assert data.test.shape == (50, 2)
    assert data.train.dtype == np.float32
    assert data.data_range is None
    assert data.hash == kgan.data.load(name, size=500, seed=3).hash
    assert data.hash != kgan.data.load(name, size=500, seed=4).hash
    assert data.hash != kgan.data.load(name, size=501, seed=3).hash


@pytest.mark.parametrize(
    ("name", "modes", "std", "first", "second_moment"),
    [
        ("ring", 8, 0.01, (1, 0), 1),
        ("grid", 25, 0.05, (-4, -4), 16),
        ("eight_gaussians", 8, 0.02 / 1.414, (2 / 1.414, 0), 4 / 1.414**2),
    ],
)
def test_modes_are_where_the_papers_put_them(name, modes, std, first, second_moment):
    data = kgan.data.load(name, size=20_000)
    assert data.centers.shape == (modes, 2)
    assert data.std == pytest.approx(std)
    np.testing.assert_allclose(data.centers[0], first, atol=1e-12)
    assert (data.centers**2).sum(axis=1).mean() == pytest.approx(second_moment, rel=1e-12)
    counts = np.bincount(data.train_labels, minlength=modes)
    assert stats.chisquare(counts).pvalue > ALPHA
    residual = (data.train - data.centers[data.train_labels]) / std
    assert stats.kstest(residual.ravel(), "norm").pvalue > ALPHA
    # Control: the same test notices a standard deviation that is 5% off.
    assert stats.kstest(residual.ravel() * 1.05, "norm").pvalue < ALPHA


def test_swiss_roll_is_the_spiral_with_its_noise():
    data = kgan.data.load("swiss_roll", size=20_000)
    t = np.linspace(1.5 * np.pi, 4.5 * np.pi, 4000)
    spiral = np.stack([t * np.cos(t), t * np.sin(t)], axis=1) / 7.5
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(spiral).query(data.train)
    # Across the curve the noise is N(0, 0.25/7.5); the curvature changes that by under 1%.
    scale = 0.25 / 7.5
    assert np.sqrt(np.mean(distance**2)) == pytest.approx(scale, rel=0.03)
    assert distance.max() < 7 * scale


def test_mixture_1d_has_its_exact_density():
    data = kgan.data.load("mixture_1d", size=20_000)
    assert data.train.shape == (20_000, 1)
    assert stats.kstest(data.train[:, 0], data.density.cdf).pvalue > ALPHA
    x = np.linspace(-6, 5, 101)
    exact = 0.5 * stats.norm.pdf(x, -2, 0.7) + 0.5 * stats.norm.pdf(x, 1, 1)
    np.testing.assert_allclose(data.density.pdf(x), exact, rtol=1e-12)
    # Control: with variances in place of standard deviations the same test fails.
    wrong = kgan.data.load("mixture_1d", size=20_000, stds=(np.sqrt(0.7), 1)).density
    assert stats.kstest(data.train[:, 0], wrong.cdf).pvalue < ALPHA


def test_mixture_1d_takes_its_components():
    data = kgan.data.load("mixture_1d", weights=[1], means=[3], stds=[0.1], size=1000, seed=1)
    assert abs(data.train.mean() - 3) < 4.9 * 0.1 / np.sqrt(1000)
    assert data.classes == ("0",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"weights": [0.5, 0.6]},
            "weights: got .*, which sum to 1.1; accepted are weights that sum",
        ),
        ({"weights": [1.5, -0.5]}, r"weights: got \[1.5, -0.5\]; accepted is a list of positive"),
        ({"stds": [1, 0]}, r"stds: got \[1, 0\]; accepted is a list of positive"),
        ({"means": [0, float("nan")]}, "means: got .*; accepted is a list of finite"),
        ({"means": [0, 1, 2]}, "got 2, 3 and 2 entries; accepted is one entry for each"),
        ({"means": "-2,1"}, "means: got '-2,1'; accepted is a list"),
        ({"means": 4}, "means: got 4; accepted is a list"),
        ({"size": 0}, "size: got 0; accepted is an integer >= 10"),
        ({"size": 2.5}, "size: got 2.5; accepted is an integer"),
        ({"seed": -1}, "seed: got -1; accepted is an integer >= 0"),
        (
            {"sizes": 5},
            r"data 'mixture_1d': option 'sizes' is unknown \(did you mean 'size'.*"
            "accepted: weights, means, stds, size, seed",
        ),
    ],
)
def test_bad_options_are_refused_by_name(options, said):
    with pytest.raises(ValueError, match=said):
        kgan.data.load("mixture_1d", **options)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("digit", "did you mean 'digits'"),
        ("fashion-mnist", "did you mean 'fashion_mnist'"),
        ("zzz", "data: got 'zzz'; accepted are digits, faces"),
        (7, "data: got 7; accepted are"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(name, said):
    with pytest.raises(ValueError, match=said):
        kgan.data.load(name)


def test_digits_take_no_options():
    with pytest.raises(ValueError, match="'digits': option 'size' is unknown; accepted: none"):
        kgan.data.load("digits", size=3)


def test_names_are_what_load_knows():
    assert {"digits", "faces", "mixture_1d", "cifar10", "folder:PATH"} <= set(kgan.data.names())


def test_data_need_no_keras():
    code = (
        "import sys, kgan.data\n"
        "for name in ('digits', 'ring'): kgan.data.load(name)\n"
        "print([m for m in ('keras', 'tensorflow', 'torch', 'jax') if m in sys.modules])\n"
        "import kgan.data as data\n"
        "try: data.nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "module 'kgan.data' has no attribute 'nothing'"]


# ---------------------------------------------------------------- downloads


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path / "datasets"


def _serve(monkeypatch, home, files):
    """Put files in Keras's cache and make their hashes the expected ones."""
    for name, contents in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(contents)
        address, _ = downloads._FILES[name]
        sha256 = hashlib.sha256(contents).hexdigest()
        monkeypatch.setitem(downloads._FILES, name, (address, sha256))


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_offline_names_the_file_to_fetch(name, keras_home, monkeypatch):
    import keras

    def offline(*_, **__):
        raise Exception("URL fetch failure: Name or service\nnot known")

    monkeypatch.setattr(keras.utils, "get_file", offline)
    with pytest.raises(
        ValueError, match="is not on this machine and can't be downloaded"
    ) as caught:
        kgan.data.load(name)
    message = str(caught.value)
    assert "\n" not in message
    assert str(keras_home) in message
    assert "https://" in message


def test_a_file_that_differs_from_its_hash_is_not_opened(keras_home, monkeypatch):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened before its hash was checked",))

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for part in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
            contents = pickle.dumps(Trap())
            member = tarfile.TarInfo(f"cifar-10-batches-py/{part}")
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    file = keras_home / "cifar-10-batches-py-target_archive"
    file.parent.mkdir()
    file.write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match="is not the published file"):
        kgan.data.load("cifar10")
    # Control: the trap does spring when the hash is the expected one.
    _serve(monkeypatch, keras_home, {file.name: buffer.getvalue()})
    with pytest.raises(pytest.fail.Exception):
        kgan.data.load("cifar10")


def test_mnist_is_scaled(keras_home, monkeypatch):
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (6, 28, 28), np.uint8),
        "y_train": np.arange(6, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (2, 28, 28), np.uint8),
        "y_test": np.arange(2, dtype=np.uint8),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    _serve(monkeypatch, keras_home, {"mnist.npz": buffer.getvalue()})
    data = kgan.data.load("mnist")
    np.testing.assert_allclose(data.train[..., 0], arrays["x_train"] / 127.5 - 1, atol=1e-6)
    assert data.test.shape == (2, 28, 28, 1)
    assert data.train_labels.tolist() == list(range(6))


def test_fashion_mnist_is_read_from_its_four_files(keras_home, monkeypatch):
    rng = np.random.default_rng(0)
    images = {"train": rng.integers(0, 256, (5, 28, 28), np.uint8)}
    images["t10k"] = rng.integers(0, 256, (3, 28, 28), np.uint8)
    files = {}
    for part, pixels in images.items():
        labels = np.arange(len(pixels), dtype=np.uint8)
        files[f"fashion-mnist/{part}-images-idx3-ubyte.gz"] = bytes(16) + pixels.tobytes()
        files[f"fashion-mnist/{part}-labels-idx1-ubyte.gz"] = bytes(8) + labels.tobytes()
    packed = {name: gzip.compress(contents) for name, contents in files.items()}
    _serve(monkeypatch, keras_home, packed)
    data = kgan.data.load("fashion_mnist")
    np.testing.assert_allclose(data.test[..., 0], images["t10k"] / 127.5 - 1, atol=1e-6)
    assert data.train_labels.tolist() == list(range(5))
    assert len(data.classes) == 10


def _python_2_pickle(**entries):
    """A dictionary whose keys are Python 2 strings, as in the published archive."""
    body = b"".join(
        b"U" + bytes([len(key)]) + key.encode() + pickle.dumps(value, protocol=2)[2:-1]
        for key, value in entries.items()
    )
    return b"\x80\x02}(" + body + b"u."


def test_cifar10_is_read_from_its_archive(keras_home, monkeypatch):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 2, 3, 32, 32), np.uint8)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for i, part in enumerate((*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")):
            contents = _python_2_pickle(data=pixels[i].reshape(2, -1), labels=[i, i + 1])
            member = tarfile.TarInfo(f"cifar-10-batches-py/{part}")
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    _serve(monkeypatch, keras_home, {"cifar-10-batches-py-target_archive": buffer.getvalue()})
    data = kgan.data.load("cifar10")
    assert data.train.shape == (10, 32, 32, 3)
    np.testing.assert_allclose(
        data.test, pixels[5].transpose(0, 2, 3, 1) / 127.5 - 1, atol=1e-6, rtol=0
    )
    assert data.test_labels.tolist() == [5, 6]


# ---------------------------------------------------------------- folders


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(20):
        side = "left" if i % 2 else "right"
        (tmp_path / side).mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (40 + i, 30, 3), np.uint8)
        suffix = (".png", ".jpg", ".bmp", ".webp", ".PNG")[i % 5]
        Image.fromarray(pixels).save(tmp_path / side / f"{i:02}{suffix}")
    (tmp_path / "notes.txt").write_text("not a picture, and not meant to be one")
    (tmp_path / ".hidden.png").write_text("left by another program")
    return tmp_path


def _break(root):
    """One file of every kind of damage; returns their names."""
    whole = (root / "right" / "00.png").read_bytes()
    (root / "left" / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (root / "empty.jpg").write_bytes(b"")
    (root / "text.gif").write_text("GIF?")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    (root / "flipped.png").write_bytes(flipped)
    Image.new("1", (20_000, 6_000)).save(root / "bomb.png")
    Image.new("1", (20_000, 10_000)).save(root / "larger_bomb.png")
    Image.new("F", (8, 8)).save(root / "float.tif")
    return {
        "left/truncated.png",
        "empty.jpg",
        "text.gif",
        "flipped.png",
        "bomb.png",
        "larger_bomb.png",
        "float.tif",
    }


def test_folder_gives_images_classes_and_a_split(pictures):
    data = kgan.data.load(f"folder:{pictures}", shape=(16, 24, 3))
    assert data.train.shape == (18, 16, 24, 3)
    assert data.test.shape == (2, 16, 24, 3)
    assert data.train.dtype == np.float32
    assert -1 <= data.train.min() < data.train.max() <= 1
    assert data.classes == ("left", "right")
    labels = np.concatenate([data.train_labels, data.test_labels])
    assert np.bincount(labels).tolist() == [10, 10]
    assert data.skipped == ()
    # Each picture is in one part, beside its own class.
    both = zip(np.concatenate([data.train, data.test]), labels, strict=True)
    found = {(image.tobytes(), data.classes[label]) for image, label in both}
    wanted = {
        (folder.decode(file, (16, 24, 3)).tobytes(), file.parent.name)
        for file in pictures.glob("*/*")
    }
    assert found == wanted
    other = kgan.data.load(f"folder:{pictures}", shape=(16, 24, 3), seed=1)
    assert other.hash != data.hash
    assert kgan.data.load(f"folder:{pictures}", shape=(16, 24, 3)).hash == data.hash


def test_folder_larger_than_memory_is_streamed(pictures):
    whole = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3))
    streamed = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3), memory_limit=1000)
    assert isinstance(streamed.train, folder.StreamedImages)
    assert streamed.hash == whole.hash
    assert streamed.shape == whole.shape == (8, 8, 3)
    assert len(streamed.train) == 18
    np.testing.assert_array_equal(streamed.train_labels, whole.train_labels)
    np.testing.assert_array_equal(streamed.train[[7, 0, 7]], whole.train[[7, 0, 7]])
    np.testing.assert_array_equal(streamed.train[-3:], whole.train[-3:])
    np.testing.assert_array_equal(streamed.test[1], whole.test[1])
    batches = kgan.data.Batches(streamed.train, batch_size=4, seed=2)
    expected = kgan.data.Batches(whole.train, batch_size=4, seed=2)
    assert len(batches) == len(expected) == 4
    for got, wanted in zip(batches, expected, strict=True):
        np.testing.assert_array_equal(got[0], wanted[0])
    # Control: one byte under the need streams, the need itself doesn't.
    need = 20 * 8 * 8 * 3 * 4
    for limit, kind in ((need, np.ndarray), (need - 1, folder.StreamedImages)):
        data = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3), memory_limit=limit)
        assert isinstance(data.train, kind)


def test_every_broken_picture_is_named_at_once(pictures):
    broken = _break(pictures)
    with pytest.raises(ValueError, match="7 of 27 pictures") as caught:
        kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3))
    message = str(caught.value)
    assert "\n" not in message
    assert all(f"{name}: " in message for name in broken)
    assert "00.png" not in message


def test_skip_broken_records_what_it_leaves_out(pictures):
    whole = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3))
    broken = _break(pictures)
    data = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3), skip_broken=True)
    assert {entry.split(": ")[0] for entry in data.skipped} == broken
    assert data.hash == whole.hash


@pytest.mark.parametrize("side", [(8, 16), (16, 8), (8, 8)])
def test_pictures_are_scaled_by_the_shorter_side_and_cropped_at_the_centre(tmp_path, side):
    height, width = side
    pixels = np.zeros((10 * height, 30 * width), np.uint8)
    pixels[:, 10 * width : 20 * width] = 255  # white middle third
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    image = folder.decode(tmp_path / "wide.png", (height, width, 1))
    assert image.shape == (height, width, 1)
    assert image[:, 1:-1].min() > 0.95  # squeezed instead of cropped, two thirds would be black
    Image.fromarray(pixels.T).save(tmp_path / "tall.png")
    image = folder.decode(tmp_path / "tall.png", (width, height, 1))
    assert image[1:-1].min() > 0.95


def test_pixel_formats_keep_their_brightness(tmp_path):
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    file = tmp_path / "x.png"
    wanted = (grey / 127.5 - 1).astype(np.float32)[..., None]
    Image.fromarray(grey).save(file)
    np.testing.assert_allclose(folder.decode(file, (8, 8, 1)), wanted, atol=1e-6)
    np.testing.assert_allclose(
        folder.decode(file, (8, 8, 3)), np.repeat(wanted, 3, axis=2), atol=1e-6
    )
    Image.fromarray(grey.astype(np.uint16) * 257).save(file)  # 16 bits a pixel
    np.testing.assert_allclose(folder.decode(file, (8, 8, 1)), wanted, atol=1e-6)
    Image.fromarray(grey).convert("P").save(file)  # palette
    np.testing.assert_allclose(folder.decode(file, (8, 8, 1)), wanted, atol=1e-6)
    transparent = np.dstack([grey, grey, grey, np.zeros_like(grey)])
    Image.fromarray(transparent).save(file)
    np.testing.assert_array_equal(folder.decode(file, (8, 8, 3)), np.ones((8, 8, 3)))
    np.testing.assert_array_equal(folder.decode(file, (8, 8, 4))[..., 3], -np.ones((8, 8)))


def test_camera_orientation_is_applied(tmp_path):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0] = 255
    picture = Image.fromarray(pixels)
    exif = picture.getexif()
    exif[0x0112] = 6  # rotate by 90° to the right when shown
    picture.save(tmp_path / "x.png", exif=exif)
    image = folder.decode(tmp_path / "x.png", (8, 8, 1))[..., 0]
    np.testing.assert_array_equal(image[:, -1], 1)
    np.testing.assert_array_equal(image[:, 0], -1)


def test_pictures_without_sub_folders_have_no_classes(tmp_path):
    for i in range(3):
        Image.new("RGB", (5, 5), (i, i, i)).save(tmp_path / f"{i}.png")
    data = kgan.data.load(f"folder:{tmp_path}")
    assert data.shape == (64, 64, 3)
    assert data.train_labels is None
    assert data.classes == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shape": (64, 64)}, "shape: got"),
        ({"shape": (64, 64, 2)}, "shape: got"),
        ({"shape": (0, 64, 3)}, "shape: got"),
        ({"shape": (8.5, 8, 3)}, "shape: got"),
        ({"shape": 64}, "shape: got 64; accepted is .height, width, channels"),
        ({"memory_limit": 0}, "memory_limit: got 0; accepted is an integer >= 1"),
        ({"seed": "a"}, "seed: got 'a'; accepted is an integer >= 0"),
        ({"skip_broken": "yes"}, "skip_broken: got 'yes'; accepted are True and False"),
        ({"path": "/"}, "option 'path' is unknown; accepted: shape, skip_broken, memory_limit"),
    ],
)
def test_bad_folder_options_are_refused(pictures, options, said):
    with pytest.raises(ValueError, match=said):
        kgan.data.load(f"folder:{pictures}", **options)


def test_unusable_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        kgan.data.load(f"folder:{tmp_path / 'nothing'}")
    with pytest.raises(ValueError, match="got no pictures"):
        kgan.data.load(f"folder:{tmp_path}")
    Image.new("L", (4, 4)).save(tmp_path / "only.png")
    with pytest.raises(ValueError, match="got 1 usable pictures; accepted are 2 or more"):
        kgan.data.load(f"folder:{tmp_path}")


# ---------------------------------------------------------------- files of arrays


def _npz(path, **arrays):
    np.savez(path, **arrays)
    return f"npz:{path}"


MELS = np.random.default_rng(0).normal(-4, 2, (20, 16, 8, 1)).astype(np.float32)


def test_npz_gives_points_vectors_and_images_by_their_shape(tmp_path):
    for i, (shape, kind, data_range) in enumerate(
        [
            ((20, 1), "points", None),
            ((20, 2), "points", None),
            ((20, 3), "vector", None),
            ((20, 4, 4, 1), "image", (-1, 1)),
        ]
    ):
        data = kgan.data.load(_npz(tmp_path / f"{i}.npz", x=np.zeros(shape)))
        assert dict(data.parts) == {"real": Part(shape[1:], kind, data_range)}
        assert data.data_range == data_range
        assert len(data) == 18


def test_npz_says_that_it_holds_spectrograms(tmp_path):
    plain = _npz(tmp_path / "plain.npz", x=MELS)
    with pytest.raises(ValueError, match=r"x: got values from .* accepted is data_range"):
        kgan.data.load(plain)
    asked = kgan.data.load(plain, kind="spectrogram")
    own = kgan.data.load(_npz(tmp_path / "own.npz", x=MELS, kind="spectrogram"))
    for data in (asked, own):
        assert dict(data.parts) == {"real": Part((16, 8, 1), "spectrogram")}
        assert data.kind == "spectrogram"
        np.testing.assert_array_equal(data.train, asked.train)
    assert asked.hash == own.hash
    # What is asked for goes before what the file says.
    flat = _npz(tmp_path / "flat.npz", x=np.zeros((20, 2)), kind="points")
    assert kgan.data.load(flat, kind="vector").kind == "vector"


def test_npz_labels_follow_their_samples(tmp_path):
    x = np.arange(40, dtype=np.float64).reshape(20, 2)
    y = np.arange(20, dtype=np.uint8) % 3
    path = _npz(tmp_path / "own.npz", x=x, y=y, classes=["a", "b", "c", "d"], more=x)
    data = kgan.data.load(path, seed=4)
    assert data.classes == ("a", "b", "c", "d")
    assert data.parts["label"] == Part((), "label", classes=4)
    for split in ("train", "test"):
        arrays = data.split(split)
        assert arrays["label"].dtype == np.int64
        np.testing.assert_array_equal(arrays["label"], arrays["real"][:, 0] / 2 % 3)
    assert len(data.train) + len(data.test) == 20
    nameless = kgan.data.load(_npz(tmp_path / "nameless.npz", x=x, y=y))
    assert nameless.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({"x": MELS}, {"kind": "sound"}, "kind: got 'sound'; accepted are image, points"),
        ({"x": MELS}, {"kind": "label"}, "kind: got 'label'; accepted are image, points"),
        ({"x": MELS[:, 0, :, 0]}, {"kind": "image"}, "kind: got 'image' for samples of shape"),
        ({"x": MELS, "kind": "mel"}, {}, "own.npz': kind: got 'mel'; accepted are image"),
        ({"x": MELS, "kind": ["image"]}, {}, "kind: got <U5 of shape .1,.; accepted is one string"),
        ({"x": MELS, "kind": 3}, {}, "kind: got int64 of shape"),
        ({"x": MELS.astype(int)}, {"kind": "spectrogram"}, "x: got type int64; accepted are"),
        ({"x": np.full((9, 2), 1e300)}, {}, "x: got NaN or infinity in 9 of 9"),
        ({"x": MELS}, {"kinds": "image"}, "option 'kinds' is unknown .did you mean 'kind'"),
    ],
)  # fmt: skip
def test_bad_kinds_of_arrays_are_refused(tmp_path, arrays, options, said):
    with pytest.raises(ValueError, match=said):
        kgan.data.load(_npz(tmp_path / "own.npz", **arrays), **options)


# ---------------------------------------------------------------- parts and facts

IMAGE = Part((8, 8, 1), "image", (-1, 1))
PLANE = Part((2,), "points")


@pytest.mark.parametrize(
    ("name", "parts", "facts"),
    [
        ("digits", {"real": IMAGE, "label": Part((), "label", classes=10)}, {"source"}),
        ("faces", {"real": Part((25, 25, 1), "image", (-1, 1))}, {"source"}),
        (
            "ring",
            {"real": PLANE, "label": Part((), "label", classes=8)},
            {"centers", "std", "source"},
        ),
        (
            "grid",
            {"real": PLANE, "label": Part((), "label", classes=25)},
            {"centers", "std", "source"},
        ),
        (
            "eight_gaussians",
            {"real": PLANE, "label": Part((), "label", classes=8)},
            {"centers", "std", "source"},
        ),
        ("swiss_roll", {"real": PLANE}, {"source"}),
        (
            "mixture_1d",
            {"real": Part((1,), "points"), "label": Part((), "label", classes=2)},
            {"density", "source"},
        ),
    ],
)
def test_bundled_sets_say_what_they_hold(name, parts, facts):
    data = kgan.data.load(name)
    assert list(data.parts.items()) == list(parts.items())
    assert set(data.facts) == facts
    assert data.kind == parts["real"].kind
    for split, x, y in (
        ("train", data.train, data.train_labels),
        ("test", data.test, data.test_labels),
    ):
        arrays = data.split(split)
        assert list(arrays) == list(parts)
        assert arrays["real"] is x  # nothing is copied
        assert arrays.get("label") is y


def test_streamed_folders_have_parts_too(pictures):
    data = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3), memory_limit=1)
    assert dict(data.parts) == {
        "real": Part((8, 8, 3), "image", (-1, 1)),
        "label": Part((), "label", classes=2),
    }
    assert data.split("train")["real"] is data.train


def test_facts_are_read_by_name_and_not_written():
    ring = kgan.data.load("ring", size=100)
    assert ring.facts["centers"] is ring.centers
    assert ring.facts["std"] == ring.std == 0.01
    assert ring.density is None
    faces = kgan.data.load("faces")
    assert faces.centers is faces.std is faces.density is None
    given = {"sampling_rate": 16_000}
    data = Dataset(name="own", train=MELS, test=MELS, kind="spectrogram", facts=given)
    given["sampling_rate"] = 8_000
    assert data.facts["sampling_rate"] == 16_000
    with pytest.raises(TypeError, match="item assignment"):
        data.facts["sampling_rate"] = 8_000
    assert "sampling_rate" in repr(data.facts)
    again = pickle.loads(pickle.dumps(data))
    assert again.facts == data.facts
    assert again.parts == data.parts


RNG = np.random.default_rng(1)
EDGES, PHOTOS = (RNG.uniform(-1, 1, (12, 8, 8, c)).astype(np.float32) for c in (1, 3))
PHOTO = Part((8, 8, 3), "image", (-1, 1))


def _pairs(train=12, **options):
    options = {"parts": {"input": IMAGE, "target": PHOTO}, **options}
    return Dataset(
        name="edges",
        train={"input": EDGES[:train], "target": PHOTOS},
        test={"input": EDGES[:3], "target": PHOTOS[:3]},
        **options,
    )


def test_a_set_of_pairs():
    data = _pairs(facts={"crop": 8})
    assert list(data.parts) == ["input", "target"]
    assert data.parts["target"] == PHOTO
    assert data.paired
    assert len(data) == 12
    assert data.shape == (8, 8, 1)
    assert data.data_range == (-1, 1)
    assert data.kind == "image"
    assert data.train_labels is None
    assert data.split("test")["target"].shape == (3, 8, 8, 3)
    assert data.train["input"] is data.split("train")["input"] is not None
    assert data.facts == {"crop": 8}


def test_parts_that_are_not_paired_may_differ_in_length():
    with pytest.raises(ValueError, match=r"data 'edges': got parts of different length \(input 5"):
        _pairs(train=5)
    data = _pairs(train=5, paired=False)
    assert len(data) == 12
    assert len(data.split("train")["input"]) == 5
    assert "input: image 8 × 8 × 1 in [-1, 1]: 5 to train on, 3 held out" in repr(data)
    assert "target: image 8 × 8 × 3 in [-1, 1]: 12 to train on, 3 held out" in repr(data)


def test_hash_of_several_parts_notices_names_types_values_and_order():
    def digest(first="a", x=EDGES, y=PHOTOS):
        parts = {
            first: Part(x.shape[1:], "image"),
            "z": Part(y.shape[1:], "image"),
        }
        return Dataset(
            name="x", train={first: x, "z": y}, test={first: x, "z": y}, parts=parts
        ).hash

    assert digest() == digest()
    hashes = {
        digest(),
        digest("b"),
        digest(x=EDGES + 1),
        digest(x=EDGES.astype(np.float64)),
        digest(x=EDGES.reshape(12, 4, 16, 1)),
        digest(x=PHOTOS, y=EDGES),
        digest(y=PHOTOS[::-1]),
    }
    assert len(hashes) == 7
    # The order of the mappings is not the set's: that is said by its parts.
    parts = {"input": IMAGE, "target": PHOTO}
    turned = {"target": PHOTOS, "input": EDGES}
    assert Dataset(name="t", train=turned, test=turned, parts=parts).hash == _pairs().hash


def test_labels_may_be_one_of_several_parts():
    y = np.arange(12) % 4
    parts = {"real": IMAGE, "class": Part((), "label", classes=4)}
    train = {"class": y, "real": EDGES}
    data = Dataset(name="x", train=train, test=train, parts=parts, classes=tuple("abcd"))
    assert data.train_labels is y
    assert list(data.split("train")) == ["real", "class"]
    assert "class: label, 4 classes (a, b, c, d)" in repr(data)
    with pytest.raises(ValueError, match="classes: got 2 names; its part 'class' has 4 classes"):
        Dataset(name="x", train=train, test=train, parts=parts, classes=("a", "b"))
    with pytest.raises(ValueError, match="train_labels: got labels beside several parts"):
        Dataset(name="x", train=train, test=train, parts=parts, train_labels=y + 0, test_labels=y)


def test_a_set_can_be_made_from_another():
    for data in (kgan.data.load("digits"), _pairs()):
        again = dataclasses.replace(data, name="again")
        assert again.hash == data.hash
        assert again.parts == data.parts
        other = dataclasses.replace(data, train=data.test, train_labels=data.test_labels)
        assert other.hash != data.hash


def test_kind_of_one_array_is_given_or_derived():
    for side, kind in (((), "vector"), ((2,), "points"), ((3,), "vector"), ((4, 4), "vector")):
        x = np.zeros((5, *side))
        assert Dataset(name="x", train=x, test=x).kind == kind
    x = np.zeros((5, 4, 4, 1))
    assert Dataset(name="x", train=x, test=x).kind == "image"
    data = Dataset(name="x", train=x, test=x, kind="spectrogram", data_range=(-1, 1))
    assert dict(data.parts) == {"real": Part((4, 4, 1), "spectrogram", (-1, 1))}


def test_labels_without_names_have_as_many_classes_as_the_highest_needs():
    x = np.zeros((4, 2))
    data = Dataset(name="x", train=x, test=x[:2], train_labels=[0, 1, 1, 0], test_labels=[0, 6])
    assert data.parts["label"].classes == 7
    assert data.train_labels.dtype == np.int64
    assert data.classes == ()


def test_parts_for_matches_by_name_and_else_by_kind():
    digits = kgan.data.load("digits")
    alone = digits.parts_for(Spec({"real": IMAGE}))
    assert list(alone) == ["real"]
    assert alone["real"] is digits.train
    both = digits.parts_for(
        Spec({"class": Part((), "label", classes=10), "x": IMAGE}), held_out=True
    )
    assert list(both) == ["class", "x"]
    assert both["class"] is digits.test_labels
    assert both["x"] is digits.test
    # Two of a kind: the names decide, whatever the order.
    same = {"input": IMAGE, "target": IMAGE}
    data = Dataset(
        name="x",
        train={"input": EDGES, "target": -EDGES},
        test={"input": EDGES, "target": -EDGES},
        parts=same,
    )
    turned = data.parts_for(Spec({"target": IMAGE, "input": IMAGE}))
    assert turned["target"] is data.train["target"]
    assert turned["input"] is data.train["input"]


def test_parts_for_refuses_what_the_set_does_not_have():
    faces = kgan.data.load("faces")
    wanted = Spec({"real": faces.parts["real"], "label": Part((), "label", classes=3)})
    with pytest.raises(ValueError, match=r"data 'faces': got real \(image 25 × 25 × 1\).*'label'"):
        faces.parts_for(wanted)
    with pytest.raises(ValueError, match="the model needs real"):
        kgan.data.load("digits").parts_for(Spec({"real": Part((8, 8, 1), "spectrogram")}))
    apart = _pairs(paired=False)
    pairs = {"input": IMAGE, "target": PHOTO}
    assert list(apart.parts_for(Spec(pairs, paired=False))) == ["input", "target"]
    assert list(apart.parts_for(Spec({"input": IMAGE}))) == ["input"]
    with pytest.raises(ValueError, match=r"parts that are not paired \(input, target\)"):
        apart.parts_for(Spec(pairs))
    with pytest.raises(ValueError, match="split: got 'valid'; accepted are train, test"):
        faces.split("valid")


X = np.zeros((4, 2))
ONE = {"a": X}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"test": X + np.nan}, "held-out data 'x': got NaN or infinity in 4 of 4"),
        ({"test": X[:, :1]}, r"held-out data 'x': got shape \(4, 1\); accepted is \(n, 2\)"),
        ({"train": X + 3, "data_range": (-1, 1)}, "data 'x': got values from 3 to 3"),
        ({"train": X.astype(int)}, "data 'x': got type int64; accepted are floats"),
        ({"train": [1.0]}, "data 'x': train: got list; accepted is an array"),
        ({"test": ONE}, "data 'x': test: got dict; accepted is an array, as train is"),
        ({"train": ONE}, "data 'x': test: got ndarray; accepted is a mapping of arrays"),
        ({"train": ONE, "test": {"a": 3}}, r"test\['a'\]: got int; accepted is an array"),
        ({"train": ONE, "test": ONE}, "data 'x': parts: got none; accepted is a kgan.spec.Part"),
        ({"kind": "picture"}, "data 'x': kind: got 'picture'; accepted are image, points"),
        ({"kind": "label"}, "data 'x': kind: got 'label'"),
        ({"kind": "image"}, r"kind: got 'image' for samples of shape \(2,\); accepted are"),
        ({"train_labels": [0, 1, 2, 0]}, "test_labels: got none"),
        ({"test_labels": [0, 1, 2, 0]}, "train_labels: got none"),
        ({"labels": [0, 1]}, r"data 'x': got parts of different length \(real 4, label 2\)"),
        ({"labels": [0, 1, 2, 9], "classes": ("a",) * 3}, r"data 'x'\['label'\]: got 9 at index 3"),
        ({"labels": [0, 1, -2, 0]}, r"data 'x'\['label'\]: got -2 at index 2"),
        ({"labels": [0.0, 1.0, 2.0, 0.0]}, r"data 'x'\['label'\]: got type float64"),
        ({"labels": [[0], [1], [2], [0]]}, r"data 'x'\['label'\]: got shape \(4, 1\)"),
        ({"parts": {"a": PLANE, "b": PLANE}}, "data 'x': got no 'b'"),
        ({"parts": {"a": PLANE}, "kind": "vector"}, "kind: got 'vector'; its part says 'points'"),
        (
            {"train": {"a": X, "inptu": X}, "test": ONE, "parts": {"a": PLANE, "input": PLANE}},
            "data 'x': part 'inptu' is unknown .did you mean 'input'",
        ),
        ({"parts": {"a": "image"}}, "spec: got"),
        ({"train": ONE, "test": ONE, "parts": {"a": "image"}}, "spec: got"),
    ],
)  # fmt: skip
def test_sets_that_contradict_themselves_are_refused(given, said):
    labels = given.get("labels")
    both = {} if labels is None else {"train_labels": labels, "test_labels": labels}
    options = {k: v for k, v in given.items() if k != "labels"}
    with pytest.raises(ValueError, match=said):
        Dataset(**{"name": "x", "train": X, "test": X, **both, **options})


def test_a_set_prints_in_a_few_lines():
    assert repr(kgan.data.load("digits")).splitlines() == [
        "Dataset 'digits': 1,297 to train on, 500 held out",
        "  real: image 8 × 8 × 1 in [-1, 1]",
        "  label: label, 10 classes (0, 1, 2, 3, 4, ...)",
        "  from scikit-learn (Alpaydin and Kaynak 1998)",
    ]
    assert repr(kgan.data.load("ring", size=2000, seed=3)).splitlines() == [
        "Dataset 'ring': 2,000 to train on, 200 held out",
        "  real: points 2",
        "  label: label, 8 classes (0, 1, 2, 3, 4, ...)",
        "  known: centers, std",
        "  from its distribution, drawn with seed 3",
    ]
    assert len(kgan.data.load("digits")) == 1297


def test_text_and_pictures_left_out_are_printed(pictures):
    words = np.array([[1, 2, 0], [4, 4, 1]])
    data = Dataset(
        name="captions",
        train={"real": EDGES[:2], "caption": words},
        test={"real": EDGES[:2], "caption": words},
        parts={"real": IMAGE, "caption": Part((3,), "text", classes=5)},
        facts={"vocabulary": ("", "two", "small", "red", "threes")},
    )
    assert repr(data).splitlines()[1:] == [
        "  real: image 8 × 8 × 1 in [-1, 1]",
        "  caption: text 3, 5 words",
        "  known: vocabulary",
    ]
    _break(pictures)
    broken = kgan.data.load(f"folder:{pictures}", shape=(8, 8, 3), skip_broken=True)
    assert "  left out: 7 that could not be decoded" in repr(broken).splitlines()
