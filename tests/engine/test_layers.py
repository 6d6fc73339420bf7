"""What all layers of the package share: options, defaults, shapes, configuration."""

import keras
import numpy as np
import pytest
from keras import ops

from kgan import layers
from kgan.layers.strided_convolution import strided_convolution

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


@pytest.mark.parametrize("sides", [(8, 8), (7, 9), (5, 4)])
@pytest.mark.parametrize("kernel", [(3, 3), (4, 4), (5, 2), (1, 1)])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_strided_convolution_by_another_way_is_the_same(sides, kernel, stride):
    rng = np.random.default_rng(0)
    x = ops.convert_to_tensor(rng.normal(size=(2, *sides, 3)).astype("float32"))
    w = ops.convert_to_tensor(rng.normal(size=(*kernel, 3, 4)).astype("float32"))
    expected = ops.conv(x, w, strides=stride, padding="same", data_format="channels_last")
    found = ops.convert_to_numpy(strided_convolution(x, w, stride))
    np.testing.assert_allclose(found, ops.convert_to_numpy(expected), rtol=1e-4, atol=1e-4)
