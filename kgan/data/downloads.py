"""Well-known image sets that Keras downloads; every file is checked before it is opened."""

import gzip
import hashlib
import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np

from kgan.data.dataset import Dataset

_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

# name in Keras's cache -> (address, SHA-256). MNIST's and CIFAR-10's sums are Keras's own, those
# of Fashion-MNIST, which Keras doesn't check, are the ones TensorFlow Datasets publishes.
_FILES = {
    "mnist.npz": (
        _KERAS_FILES + "mnist.npz",
        "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    ),
    "fashion-mnist/train-images-idx3-ubyte.gz": (
        _KERAS_FILES + "train-images-idx3-ubyte.gz",
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": (
        _KERAS_FILES + "train-labels-idx1-ubyte.gz",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": (
        _KERAS_FILES + "t10k-images-idx3-ubyte.gz",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": (
        _KERAS_FILES + "t10k-labels-idx1-ubyte.gz",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
    "cifar-10-batches-py-target_archive": (
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    ),
}

_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_OBJECTS = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def mnist() -> Dataset:
    """Handwritten digits 28×28×1: 60,000 for training, 10,000 held out (LeCun et al. 1998)."""
    with np.load(io.BytesIO(_fetch("mnist", "mnist.npz")), allow_pickle=False) as arrays:
        train, test = arrays["x_train"], arrays["x_test"]
        labels = arrays["y_train"], arrays["y_test"]
    classes = tuple("0123456789")
    return _dataset(
        "mnist", train[..., None], test[..., None], *labels, classes, "LeCun et al. 1998"
    )


def fashion_mnist() -> Dataset:
    """Zalando's clothes 28×28×1: 60,000 for training, 10,000 held out (Xiao et al. 2017)."""
    parts = []
    for part in ("train", "t10k"):
        for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
            packed = _fetch("fashion_mnist", f"fashion-mnist/{part}-{kind}-ubyte.gz")
            parts.append(np.frombuffer(gzip.decompress(packed), np.uint8, offset=header))
    train, train_labels, test, test_labels = parts
    return _dataset(
        "fashion_mnist",
        train.reshape(-1, 28, 28, 1),
        test.reshape(-1, 28, 28, 1),
        train_labels,
        test_labels,
        _CLOTHES,
        "Xiao et al. 2017",
    )


def cifar10() -> Dataset:
    """Small photographs 32×32×3 of ten kinds: 50,000 for training, 10,000 held out.

    The archive holds pickles, which can run code: they are read from the very bytes whose hash was
    checked, never from an unpacked folder. Source: Krizhevsky 2009.
    """
    packed = _fetch("cifar10", "cifar-10-batches-py-target_archive")
    images, labels = [], []
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for part in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
            member = archive.extractfile(f"cifar-10-batches-py/{part}")
            assert member is not None  # the hash fixes what the archive holds
            batch = pickle.loads(member.read(), encoding="bytes")
            images.append(batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
            labels.append(np.asarray(batch[b"labels"]))
    return _dataset(
        "cifar10",
        np.concatenate(images[:5]),
        images[5],
        np.concatenate(labels[:5]),
        labels[5],
        _OBJECTS,
        "Krizhevsky 2009",
    )


def _dataset(name, train, test, train_labels, test_labels, classes, source) -> Dataset:
    return Dataset(
        name=name,
        train=(train / np.float32(127.5) - 1).astype(np.float32),
        test=(test / np.float32(127.5) - 1).astype(np.float32),
        train_labels=train_labels.astype(np.int64),
        test_labels=test_labels.astype(np.int64),
        classes=classes,
        data_range=(-1.0, 1.0),
        facts={"source": source},
    )


def _fetch(dataset: str, file: str) -> bytes:
    """Checked contents of a file in Keras's cache, downloaded when it is not there."""
    address, expected = _FILES[file]
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    path = home / "datasets" / file
    if not path.exists():
        import keras

        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            keras.utils.get_file(
                path.name,
                origin=address,
                cache_dir=str(home),
                cache_subdir=str(path.parent.relative_to(home)),
                file_hash=expected,
            )
        except Exception as error:  # Keras raises a bare Exception when it can't connect
            reason = " ".join(str(error).split())
            raise ValueError(
                f"data {dataset!r}: it is not on this machine and can't be downloaded ({reason}); "
                f"put {address} at {path}, or use 'digits', which needs no download."
            ) from error
    contents = path.read_bytes()
    found = hashlib.sha256(contents).hexdigest()
    if found != expected:
        raise ValueError(
            f"data {dataset!r}: {path} is not the published file (its SHA-256 is {found}, "
            f"not {expected}); it was not opened, remove it to download it again."
        )
    return contents
