"""What every score asks of the arrays it is given."""

import numpy as np


def as_points(argument: str, values, least: int = 1) -> np.ndarray:
    """Samples as float64 points `(n, d)`; images `(n, height, width, channels)` are flattened.

    Raises:
        ValueError: naming `argument`: another rank, fewer than `least` samples, no numbers, or
            NaN or infinity among them.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{argument}: got an array of {array.dtype}; accepted are real numbers.")
    if array.ndim not in (2, 4) or array[:1].size == 0 < len(array):
        raise ValueError(
            f"{argument}: got shape {array.shape}; accepted is (n, d) or (n, height, width, "
            "channels)."
        )
    if len(array) < least:
        raise ValueError(f"{argument}: got {len(array)} samples; accepted are {least} or more.")
    points = array.reshape(len(array), -1).astype(np.float64)
    wrong = np.count_nonzero(~np.isfinite(points))
    if wrong:
        raise ValueError(
            f"{argument}: got {wrong} entries that are NaN or infinite; accepted are finite ones."
        )
    return points


def check_images(argument: str, values, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Images `(n, height, width, channels)` in [-1, 1] as they are, once they are known to be so.

    Raises:
        ValueError: naming `argument`: another shape, or NaN or values outside [-1, 1].
    """
    images = np.asarray(values)
    wanted = f"(n, {', '.join(map(str, shape))})" if shape else "(n, height, width, channels)"
    if images.ndim != 4 or (shape is not None and images.shape[1:] != shape):
        raise ValueError(f"{argument}: got shape {images.shape}; accepted is {wanted}.")
    points = as_points(argument, images)
    if points.min() < -1 or points.max() > 1:
        raise ValueError(
            f"{argument}: got values from {points.min():.6g} to {points.max():.6g}; accepted are "
            "values in [-1, 1]."
        )
    return images


def check_same_dimension(**points: np.ndarray) -> None:
    """Refuse sets of points that don't live in the same space.

    Raises:
        ValueError: naming the arguments and their dimensions.
    """
    dimensions = {argument: array.shape[1] for argument, array in points.items()}
    if len(set(dimensions.values())) > 1:
        found = ", ".join(map(str, dimensions.values()))
        raise ValueError(
            f"{', '.join(dimensions)}: got samples of {found} entries; accepted is one number."
        )
