"""What turns images into the vectors that distances and neighbours are measured between."""

import functools
import os
from pathlib import Path

import numpy as np

from kgan.checks import check_choice
from kgan.metrics.samples import as_points, check_images

_EXTRACTORS = ("pixels", "digits", "inception")
_INCEPTION_SIDE = 299
_INCEPTION_BATCH = 32
_INCEPTION_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
_INCEPTION_ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/" + _INCEPTION_FILE
)


def features(images, extractor: str = "pixels") -> np.ndarray:
    """Feature vectors of images, float64 `(n, d)`.

    Args:
        images: `(n, height, width, channels)` in [-1, 1].
        extractor: `pixels`: the images flattened, in [-1, 1] as they are. `digits`: the last
            hidden layer of `digits_judge()`, 64 numbers, for 8×8×1 images. `inception`: the
            pooled layer of Keras's InceptionV3, 2,048 numbers, of images with 1 or 3 channels
            scaled to 299×299; its weights are downloaded once. They are not those of the FID of
            Heusel et al. 2017, so that the figures compare only among themselves.

    Raises:
        ValueError: wrong shape for the extractor, values outside [-1, 1], an unknown extractor,
            Inception's weights neither at hand nor reachable.
    """
    check_choice("extractor", extractor, _EXTRACTORS)
    if extractor == "pixels":
        return as_points("images", check_images("images", images))
    if extractor == "digits":
        from kgan.metrics.judge import digits_judge

        return np.asarray(digits_judge().features(images), np.float64)
    return _inception_features(check_images("images", images))


def _inception_features(images: np.ndarray) -> np.ndarray:
    if images.shape[-1] not in (1, 3):
        raise ValueError(
            f"images: got {images.shape[-1]} channels; accepted by inception are 1 and 3."
        )
    import keras

    network = _inception()
    found = []
    for start in range(0, len(images), _INCEPTION_BATCH):
        batch = images[start : start + _INCEPTION_BATCH].astype(np.float32)
        if batch.shape[-1] == 1:
            batch = np.repeat(batch, 3, axis=-1)
        scaled = keras.ops.image.resize(
            batch,
            (_INCEPTION_SIDE, _INCEPTION_SIDE),
            interpolation="bilinear",
            antialias=True,
            data_format="channels_last",
        )
        found.append(keras.ops.convert_to_numpy(network(scaled, training=False)))
    return np.concatenate(found).astype(np.float64)


@functools.cache
def _inception():
    import keras

    try:
        return keras.applications.InceptionV3(include_top=False, pooling="avg")
    except Exception as error:  # Keras raises a bare Exception when it can't connect
        home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        reason = " ".join(str(error).split())
        raise ValueError(
            f"extractor: got 'inception', which has no weights on this machine and can't download "
            f"them ({reason}); put {_INCEPTION_ADDRESS} at {home / 'models' / _INCEPTION_FILE}, "
            "or use 'pixels', which needs none."
        ) from error
