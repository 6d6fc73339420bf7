"""Real images that come with scikit-learn and scikit-image, so that they work offline."""

import hashlib

import numpy as np

from kgan.data.dataset import Dataset

_DIGITS_TEST = 500
_FACES = 100  # of the 200 patches of lfw_subset.npy the first hundred are faces
_FACES_TEST = 20


def digits() -> Dataset:
    """Handwritten digits 8×8×1 of scikit-learn: 1,297 for training, 500 held out.

    The split is stratified by class, shuffled and fixed: in the original order neighbours are by
    the same writer, so that one half of it is unlike the other. Source: Alpaydin and Kaynak 1998,
    Optical Recognition of Handwritten Digits (UCI), as bundled with scikit-learn.
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    labels = labels.astype(np.int64)
    images = (pixels.reshape(-1, 8, 8, 1) / 8.0 - 1.0).astype(np.float32)  # pixels are 0..16
    train, test = _stratified(labels, _DIGITS_TEST)
    return Dataset(
        name="digits",
        train=images[train],
        test=images[test],
        train_labels=labels[train],
        test_labels=labels[test],
        classes=tuple("0123456789"),
        data_range=(-1.0, 1.0),
        facts={"source": "scikit-learn (Alpaydin and Kaynak 1998)"},
    )


def faces() -> Dataset:
    """Face patches 25×25×1 of scikit-image: 80 for training, 20 held out.

    The offline stand-in for the Toronto faces of Goodfellow et al. 2014. Source: Labelled Faces in
    the Wild (Huang et al. 2007), the subset bundled with scikit-image.
    """
    from skimage.data import lfw_subset

    images = (2.0 * lfw_subset()[:_FACES, ..., None] - 1.0).astype(np.float32)
    order = _fixed_order(_FACES)
    return Dataset(
        name="faces",
        train=images[order[_FACES_TEST:]],
        test=images[order[:_FACES_TEST]],
        data_range=(-1.0, 1.0),
        facts={"source": "scikit-image (Labelled Faces in the Wild, Huang et al. 2007)"},
    )


def _stratified(labels: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training samples, and of `size` held-out ones.

    Each class is held out in proportion, by largest remainders.
    """
    classes, counts = np.unique(labels, return_counts=True)
    quota = size * counts / len(labels)
    take = np.floor(quota).astype(int)
    take[np.argsort(take - quota, kind="stable")[: size - take.sum()]] += 1
    order = _fixed_order(len(labels))
    held_out = np.zeros(len(labels), bool)
    for label, number in zip(classes, take, strict=True):
        held_out[order[labels[order] == label][:number]] = True
    return order[~held_out[order]], order[held_out[order]]


def _fixed_order(size: int) -> np.ndarray:
    """A shuffle that no version of a random generator can change."""
    return np.array(sorted(range(size), key=lambda i: hashlib.sha256(str(i).encode()).digest()))
