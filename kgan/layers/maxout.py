"""Maxout units."""

from typing import Any

import keras

from kgan.checks import check_count

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class Maxout(keras.layers.Layer):
    """The largest of several affine maps: h_i(x) = max_j (x·W_ij + b_ij).

    Args:
        units: number of outputs, >= 1.
        pieces: affine maps k that each output chooses from, >= 1.
        kernel_initializer: of the weights W.

    Input and output: `(n, features)` to `(n, units)`.

    Raises:
        ValueError: units or pieces that are no integer >= 1.

    Source: Goodfellow et al. 2013, "Maxout Networks", section 2.
    """

    def __init__(
        self, units: int, pieces: int = 5, kernel_initializer: Any = "glorot_uniform", **options
    ):
        super().__init__(**options)
        self.units = check_count("units", units)
        self.pieces = check_count("pieces", pieces)
        self.kernel_initializer: Any = keras.initializers.get(kernel_initializer)
        self.affine = keras.layers.Dense(units * pieces, kernel_initializer=self.kernel_initializer)

    def build(self, input_shape):
        self.affine.build(input_shape)

    def call(self, x):
        return ops.max(ops.reshape(self.affine(x), (-1, self.units, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
