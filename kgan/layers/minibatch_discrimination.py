"""Minibatch discrimination."""

from typing import Any

import keras

from kgan.checks import check_count

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class MinibatchDiscrimination(keras.layers.Layer):
    """Tells each sample how close the others of its minibatch are.

    Sample i has the features f_i of length A and the matrix M_i = f_i·T, of B rows of length C.
    Its closeness to sample j in row b is c_b(i, j) = exp(−‖M_ib − M_jb‖₁), and
    o(i)_b = Σ_j c_b(i, j) is appended to its features. As in the paper the sum runs over all j,
    the sample itself too, which adds 1: so 1 <= o <= n, and n is reached when all are alike. The
    sum grows with the minibatch: minibatches of one size are judged alike, others are not.

    Args:
        features: B >= 1, the numbers appended.
        dimensions: C >= 1, the space in which samples are compared.
        kernel_initializer: of the tensor T.

    Input and output: `(n, A)` to `(n, A + B)`.

    Raises:
        ValueError: features or dimensions that are no integer >= 1, input that is no vector.

    Source: Salimans et al. 2016, "Improved Techniques for Training GANs", section 3.2.
    """

    mixes_samples = True

    def __init__(
        self,
        features: int = 100,
        dimensions: int = 5,
        kernel_initializer: Any = "glorot_uniform",
        **options,
    ):
        super().__init__(**options)
        self.features = check_count("features", features)
        self.dimensions = check_count("dimensions", dimensions)
        self.kernel_initializer: Any = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise ValueError(
                f"input: got shape {tuple(input_shape)}; accepted is (n, features): put a Flatten "
                "before minibatch discrimination."
            )
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.features * self.dimensions),
            initializer=self.kernel_initializer,
            name="kernel",
        )

    def call(self, x):
        m = ops.reshape(ops.matmul(x, self.kernel), (-1, self.features, self.dimensions))
        apart = ops.sum(ops.abs(m[:, None] - m[None]), axis=-1)  # ‖M_ib − M_jb‖₁ at [i, j, b]
        return ops.concatenate([x, ops.sum(ops.exp(-apart), axis=1)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.features)

    def get_config(self):
        return {
            **super().get_config(),
            "features": self.features,
            "dimensions": self.dimensions,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
