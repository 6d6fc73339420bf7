"""Weights divided by their largest singular value."""

from typing import Any

import keras

from kgan.autodiff import call_with

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class SpectralNormalization(keras.layers.Layer):
    """A layer whose kernel W is used as W/σ(W), σ the largest singular value.

    W counts as the matrix of shape (everything else, outputs). σ = vᵀWu, where u and v come from
    power iteration: one step a call in training, which starts at the u of the call before. u and
    v are constants for differentiation and σ is not: ∂σ/∂W = v·uᵀ (section 2.3 of the paper).
    W itself is never overwritten. A convolution's own operator norm may exceed 1.

    Args:
        layer: a `Dense` or `Conv2D` layer that is not built yet, or that nobody else calls.

    Input and output: as the layer's.

    Raises:
        ValueError: another kind of layer.

    Source: Miyato et al. 2018, section 2.1 and algorithm 1.
    """

    def __init__(self, layer: keras.Layer, **options):
        super().__init__(**options)
        if not isinstance(layer, keras.layers.Dense | keras.layers.Conv2D):
            raise ValueError(
                f"layer: got {type(layer).__name__}; accepted are keras.layers.Dense and Conv2D."
            )
        self.layer: Any = layer

    def build(self, input_shape):
        if not self.layer.built:
            self.layer.build(input_shape)
        self.u = self.add_weight(
            shape=(self.layer.kernel.shape[-1],),
            initializer="random_normal",
            trainable=False,
            name="u",
        )

    def call(self, x, training=False):
        kernel = self.layer.kernel
        w = ops.cast(kernel.value, self.variable_dtype)
        matrix = ops.reshape(w, (-1, w.shape[-1]))
        constant = ops.stop_gradient(matrix)
        u = _unit(ops.cast(self.u.value, self.variable_dtype))
        v = _unit(ops.matmul(constant, u))
        if training:
            u = _unit(ops.matmul(v, constant))
            self.u.assign(u)
        sigma = ops.matmul(v, ops.matmul(matrix, u))
        values = [w / sigma if each is kernel else each.value for each in self.layer.weights]
        return call_with(self.layer, values, x)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        layer = keras.saving.deserialize_keras_object(config["layer"], custom_objects)
        return cls(**{**config, "layer": layer})


def _unit(x):
    """x/‖x‖₂; an x of zeros, which has no direction, stays as it is."""
    norm = ops.sqrt(ops.sum(ops.square(x)))
    return x / ops.where(norm > 0, norm, 1.0)
