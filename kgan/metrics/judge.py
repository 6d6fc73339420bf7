"""A small classifier of the bundled digits that says what generated digits show."""

import functools
import hashlib
import io
import os
import tempfile
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from kgan.metrics.modes import kl_to_uniform
from kgan.metrics.samples import check_images
from theory.claim import cache

_SHAPE = (8, 8, 1)
# Chosen by three-fold cross-validation on the training digits, the held-out ones left aside.
_HIDDEN = (256, 64)
_WEIGHT_DECAY = 1e-2
_EPOCHS = 40
_BATCH = 128
_SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))


class LabelHistogram(NamedTuple):
    """Share of samples in each class, and the KL divergence of the shares to uniform in nats."""

    shares: np.ndarray
    kl_to_uniform: float


@dataclass(frozen=True, eq=False)
class Judge:
    """A multi-layer perceptron (ReLU, softmax) with fixed weights.

    Attributes:
        weights, biases: of each layer, `(inputs, outputs)` and `(outputs,)`.
        test_accuracy: share of the held-out digits it names rightly.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    test_accuracy: float = float("nan")

    def features(self, images) -> np.ndarray:
        """Activations of the last hidden layer, `(n, 64)`, of digits `(n, 8, 8, 1)` in [-1, 1]."""
        hidden = check_images("images", images, _SHAPE).reshape(len(images), -1)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        return hidden

    def probabilities(self, images) -> np.ndarray:
        """Probability of each class, `(n, 10)`, of digits `(n, 8, 8, 1)` in [-1, 1]."""
        return softmax(self.features(images) @ self.weights[-1] + self.biases[-1], axis=1)

    def classify(self, images) -> np.ndarray:
        """The most probable class, int64 `(n,)`, of digits `(n, 8, 8, 1)` in [-1, 1]."""
        return self.probabilities(images).argmax(axis=1)

    def label_histogram(self, images) -> LabelHistogram:
        """Share of each class among digits `(n, 8, 8, 1)` in [-1, 1], and its KL to uniform.

        Σ q log(10 q) of the shares q is 0 when all classes are equally frequent and log 10 when
        there is only one.
        """
        counts = np.bincount(self.classify(images), minlength=len(self.biases[-1]))
        return LabelHistogram(counts / counts.sum(), kl_to_uniform(counts))


@functools.cache
def digits_judge() -> Judge:
    """The judge of 8×8 digits: scikit-learn's MLPClassifier, the same on every backend.

    Trained in seconds, without randomness, on the training digits and their shifts by one pixel,
    when it is first asked for; kept in the folder KGAN_CACHE (by default the user's cache folder).
    A damaged file there is noticed by its hash and made again.
    """
    from kgan.data import load

    data = load("digits")
    assert data.train_labels is not None
    parameters = _read(data.hash)
    if parameters is None:
        parameters = _train(data.train, data.train_labels)
        _write(data.hash, parameters)
    layers = len(parameters) // 2
    judge = Judge(tuple(parameters[:layers]), tuple(parameters[layers:]))
    accuracy = float(np.mean(judge.classify(data.test) == data.test_labels))
    return Judge(judge.weights, judge.biases, accuracy)


def _train(images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Weights of all layers, then biases of all layers."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    _, height, width, _ = images.shape
    padded = np.pad(images.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1)
    shifted = [
        padded[:, 1 + down : 1 + down + height, 1 + right : 1 + right + width]
        for down, right in _SHIFTS
    ]
    network = MLPClassifier(
        _HIDDEN,
        alpha=_WEIGHT_DECAY,
        batch_size=_BATCH,  # pyright: ignore[reportArgumentType]
        max_iter=_EPOCHS,
        tol=0.0,
        n_iter_no_change=_EPOCHS,
        random_state=0,
    )
    # One thread: matrices this small gain nothing from more, and the order of sums is then fixed.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
        network.fit(
            np.concatenate(shifted).reshape(-1, height * width), np.tile(labels, len(_SHIFTS))
        )
    return [*network.coefs_, *network.intercepts_]


def _cache_prefix(data_hash: str) -> str:
    """Start of the file's name: another training set, setting or library gets another file."""
    import sklearn

    made_from = (data_hash, _HIDDEN, _WEIGHT_DECAY, _EPOCHS, _BATCH, _SHIFTS, sklearn.__version__)
    return f"digits-judge-{hashlib.sha256(repr(made_from).encode()).hexdigest()[:16]}-"


def _read(data_hash: str) -> list[np.ndarray] | None:
    """Cached parameters, or None when there are none or they are not as they were written."""
    prefix = _cache_prefix(data_hash)
    try:
        files = sorted(cache.folder().glob(f"{prefix}*.npz"))
        contents = [(file, file.read_bytes()) for file in files]
    except OSError:
        return None
    for file, packed in contents:
        # The name ends in the hash of the contents.
        if file.stem.removeprefix(prefix) == hashlib.sha256(packed).hexdigest():
            with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
                return [arrays[f"arr_{i}"] for i in range(len(arrays.files))]
        file.unlink(missing_ok=True)
    return None


def _write(data_hash: str, parameters: list[np.ndarray]) -> None:
    packed = io.BytesIO()
    np.savez(packed, *parameters)
    folder = cache.folder()
    name = f"{_cache_prefix(data_hash)}{hashlib.sha256(packed.getvalue()).hexdigest()}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(packed.getvalue())
        os.replace(file.name, folder / name)
    except OSError:
        return  # without a cache the judge is trained again next time, which takes seconds
