"""The standard deviation of a minibatch, as a feature."""

from typing import Any

import keras

from kgan.checks import check_count

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Appends how much the samples of a group differ, as one constant feature map.

    The standard deviation over the group is taken for each feature at each place, and averaged
    over features and places; that one number fills the map. Under the square root stands the
    variance plus `EPSILON`, so that samples that are all alike send back a gradient of 0 and not
    of 0/0.

    Args:
        group_size: consecutive samples that are compared, >= 1; None compares the whole
            minibatch, as the paper says. A minibatch smaller than a group is one group.

    Input and output: `(n, ..., features)` to `(n, ..., features + 1)`.

    Raises:
        ValueError: a group size that is no integer >= 1; a minibatch that is larger than a group
            and no multiple of it.

    Source: Karras et al. 2018, "Progressive Growing of GANs", section 3.
    """

    mixes_samples = True
    EPSILON = 1e-8

    def __init__(self, group_size: int | None = None, **options):
        super().__init__(**options)
        self.group_size = None if group_size is None else check_count("group_size", group_size)

    def call(self, x):
        n, *places, _ = ops.shape(x)
        size = self._size_of_group(n)
        groups = ops.reshape(x, (-1, size, *x.shape[1:]))
        variance = ops.mean(ops.square(groups - ops.mean(groups, axis=1, keepdims=True)), axis=1)
        deviation = ops.sqrt(variance + self.EPSILON)
        mean = ops.mean(deviation, axis=tuple(range(1, len(x.shape))))
        constant = ops.reshape(ops.repeat(mean, size, axis=0), (-1, *[1] * (len(x.shape) - 1)))
        return ops.concatenate([x, ops.broadcast_to(constant, (n, *places, 1))], axis=-1)

    def _size_of_group(self, n):
        if self.group_size is None:
            return n
        if not isinstance(n, int):  # TensorFlow learns it when the compiled step runs
            return ops.minimum(n, self.group_size)
        if n > self.group_size and n % self.group_size:
            raise ValueError(
                f"input: got a minibatch of {n}; accepted are at most group_size = "
                f"{self.group_size} samples, or a multiple of that."
            )
        return min(n, self.group_size)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
