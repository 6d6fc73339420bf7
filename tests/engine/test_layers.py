"""What all layers of the package share: options, defaults, shapes, configuration."""

import keras
import pytest

from kgan import layers

# What each is built from, its configuration by default, and a shape in and out.
LAYERS = {
    "Maxout": ({"units": 3}, {"units": 3, "pieces": 5}, (None, 4), (None, 3)),
    "MinibatchDiscrimination": ({}, {"features": 100, "dimensions": 5}, (None, 4), (None, 104)),
    "MinibatchStandardDeviation": ({}, {"group_size": None}, (None, 2, 2, 3), (None, 2, 2, 4)),
    "SpectralNormalization": (
        {"layer": keras.layers.Conv2D(5, 2, strides=2)},
        {},
        (None, 4, 4, 3),
        (None, 2, 2, 5),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_options_defaults_and_shapes(name):
    arguments, defaults, shape, answer = LAYERS[name]
    kind = getattr(layers, name)
    layer = kind(**arguments, name="mine", trainable=False)
    assert layer.name == "mine"
    assert not layer.trainable
    assert layer.get_config().items() >= defaults.items()
    assert layer.compute_output_shape(shape) == answer
    assert layer(keras.Input(shape[1:])).shape == answer
    twin = kind.from_config(layer.get_config())
    assert twin.name == "mine"
    assert twin.get_config() == layer.get_config()
    assert twin(keras.Input(shape[1:])).shape == answer


@pytest.mark.parametrize("kind", [layers.Maxout, layers.MinibatchDiscrimination])
def test_first_weights_are_glorots_unless_somebody_says_it(kind):
    assert isinstance(kind(3).kernel_initializer, keras.initializers.GlorotUniform)
    ones = kind(3, kernel_initializer="ones")
    assert isinstance(ones.kernel_initializer, keras.initializers.Ones)
    ones.build((None, 2))
    kernel = ones.weights[0]
    assert kernel.shape[0] == 2
    assert (keras.ops.convert_to_numpy(kernel.value) == 1).all()
