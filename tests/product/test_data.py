"""Data sets: fixed splits and hashes, exact synthetic data, downloads, folders and bad input."""

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
from kgan.data import downloads, folder

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
        kgan.data.Dataset(name="x", train=train, test=x).hash
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
        ({"weights": [0.5, 0.6]}, "weights must sum to 1"),
        ({"weights": [1.5, -0.5]}, "weights must be a list of positive"),
        ({"stds": [1, 0]}, "stds must be a list of positive"),
        ({"means": [0, float("nan")]}, "means must be a list of finite"),
        ({"means": [0, 1, 2]}, "one entry for each component"),
        ({"means": "-2,1"}, "means must be a list"),
        ({"means": 4}, "means must be a list"),
        ({"size": 0}, "size must be an integer"),
        ({"size": 2.5}, "size must be an integer"),
        ({"seed": -1}, "seed must be an integer"),
        ({"sizes": 5}, "no option 'sizes'; it takes weights, means, stds, size, seed"),
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
        ("zzz", "known are digits, faces"),
        (7, "unknown data set 7"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(name, said):
    with pytest.raises(ValueError, match=said):
        kgan.data.load(name)


def test_digits_take_no_options():
    with pytest.raises(ValueError, match="'digits' has no option 'size'; it takes no options"):
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
        ({"shape": (64, 64)}, "shape must be"),
        ({"shape": (64, 64, 2)}, "shape must be"),
        ({"shape": (0, 64, 3)}, "shape must be"),
        ({"shape": (8.5, 8, 3)}, "shape must be"),
        ({"shape": 64}, "shape must be"),
        ({"memory_limit": 0}, "memory_limit must be"),
        ({"seed": "a"}, "seed must be"),
        ({"skip_broken": "yes"}, "skip_broken must be"),
        ({"path": "/"}, "no option 'path'; it takes shape, skip_broken, memory_limit, seed"),
    ],
)
def test_bad_folder_options_are_refused(pictures, options, said):
    with pytest.raises(ValueError, match=said):
        kgan.data.load(f"folder:{pictures}", **options)


def test_unusable_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        kgan.data.load(f"folder:{tmp_path / 'nothing'}")
    with pytest.raises(ValueError, match="holds no pictures"):
        kgan.data.load(f"folder:{tmp_path}")
    Image.new("L", (4, 4)).save(tmp_path / "only.png")
    with pytest.raises(ValueError, match="1 usable pictures; at least 2"):
        kgan.data.load(f"folder:{tmp_path}")
