"""The house's default networks: their contract, their sizes in closed form, what they refuse."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, ops

from kgan import networks
from kgan.layers import MinibatchDiscrimination

IMAGES = [(8, 8, 1), (9, 31, 4), (25, 9, 3)]
OTHERS = [(1,), (2,), (5, 3)]
RANGES = [((-1, 1), "tanh"), ((0, 1), "sigmoid"), (None, "linear")]
perceptrons = (
    partial(networks.perceptron_generator, units=4, depth=2),
    partial(networks.perceptron_discriminator, units=4, depth=2),
)
convolutions = (
    partial(networks.convolutional_generator, widths=(6, 4)),
    partial(networks.convolutional_discriminator, widths=(4, 6)),
)
either = (partial(networks.generator, filters=2), partial(networks.discriminator, filters=2))
PAIRS = [(perceptrons, s) for s in [IMAGES[2], *OTHERS]]
PAIRS += [(convolutions, s) for s in IMAGES] + [(either, s) for s in [*IMAGES, *OTHERS]]


@pytest.mark.parametrize(("pair", "shape"), PAIRS)
def test_noise_becomes_samples_and_samples_logits(pair, shape):
    generator, discriminator = pair[0](shape, 3, (-1, 1)), pair[1](shape)
    samples = generator(np.ones((2, 3), "float32"))
    assert tuple(samples.shape) == (2, *shape)
    assert tuple(discriminator(samples).shape) == (2, 1)
    last = discriminator.layers[-1]
    assert isinstance(last, layers.Dense)
    assert last.activation is keras.activations.linear


@pytest.mark.parametrize(("data_range", "activation"), RANGES)
@pytest.mark.parametrize("shape", [(2,), (8, 8, 1), (9, 9, 1)])
def test_the_last_activation_reaches_the_data_range(shape, data_range, activation):
    generator = networks.generator(shape, 3, data_range, filters=1)
    last = [layer for layer in generator.layers if layer.weights][-1]
    assert last.activation is keras.activations.get(activation)
    assert networks.output_activation(data_range) == activation


def test_the_sizes_of_perceptrons():
    z, w, size = 3, 5, 12
    generator = networks.perceptron_generator((4, 3), z, None, units=w, depth=3)
    assert generator.count_params() == (z + 1) * w + 2 * (w + 1) * w + (w + 1) * size
    discriminator = networks.perceptron_discriminator((4, 3), units=w, depth=3)
    assert discriminator.count_params() == (size + 1) * w + 2 * (w + 1) * w + (w + 1)


@pytest.mark.parametrize("batch_normalization", [True, False])
def test_the_sizes_of_convolutions(batch_normalization):
    # 9×14 pixels of 2 channels: 3×4 places, doubled twice and cropped from 12×16.
    z, k, (a, b, c), channels = 3, 3, (7, 6, 5), 2
    generator = networks.convolutional_generator(
        (9, 14, channels),
        z,
        None,
        widths=(a, b, c),
        kernel=k,
        batch_normalization=batch_normalization,
    )
    # A convolution has a bias, or scale, shift, mean and variance of its normalisation.
    dense = (z + 1) * 12 * a if not batch_normalization else z * 12 * a + 4 * a
    each = 4 if batch_normalization else 1
    hidden = k * k * a * b + each * b + k * k * b * c + each * c
    assert generator.count_params() == dense + hidden + (k * k * c + 1) * channels
    discriminator = networks.convolutional_discriminator(
        (9, 14, channels), widths=(b, a), kernel=k, batch_normalization=batch_normalization
    )
    first = (k * k * channels + 1) * b  # never normalised
    second = k * k * b * a + each * a
    assert discriminator.count_params() == first + second + 3 * 4 * a + 1


def test_a_paper_s_layer_stands_before_the_logit():
    for shape in ((2,), (8, 8, 1)):
        statistic = MinibatchDiscrimination()
        network = networks.discriminator(shape, filters=2, before_last=[statistic])
        assert network.layers[-2] is statistic
        assert isinstance(network.layers[-1], layers.Dense)


@pytest.mark.parametrize("hidden", ["relu", "tanh", "leaky_relu"])
def test_hidden_layers_are_what_they_are_called(hidden):
    network = networks.perceptron_discriminator(
        (1,), units=1, depth=1, hidden=hidden, initializer=keras.initializers.Ones
    )
    logits = ops.convert_to_numpy(network(np.float32([[-2], [3]])))[:, 0]
    expected = {"relu": (0, 3), "tanh": np.tanh((-2, 3)), "leaky_relu": (-0.4, 3)}
    np.testing.assert_allclose(logits, expected[hidden], rtol=1e-6)


@pytest.mark.parametrize("pair", [perceptrons, convolutions])
def test_each_layer_draws_weights_of_its_own(pair):
    made = []

    def initializer():
        made.append(keras.initializers.RandomNormal())
        return made[-1]

    generator = pair[0]((8, 8, 1), 3, (-1, 1), initializer=initializer)
    discriminator = pair[1]((8, 8, 1), initializer=initializer)
    used = [
        layer.kernel_initializer
        for layer in (*generator.layers, *discriminator.layers)
        if hasattr(layer, "kernel_initializer")
    ]
    assert len(used) == len(made) == 6
    assert all(a is b for a, b in zip(used, made, strict=True))


@pytest.mark.parametrize(
    ("shape", "halvings"), [((8, 8, 1), 1), ((25, 9, 3), 1), ((32, 32, 3), 3), ((31, 64, 1), 2)]
)
def test_sides_are_halved_to_four_at_least(shape, halvings):
    assert networks.halvings(shape) == halvings
    assert min(shape[:2]) // 2**halvings >= 4


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize("doublings", [1, 2, 3])
def test_the_coarsest_grid_covers_the_image_and_cropping_meets_it(shape, doublings):
    rows, columns = networks.coarsest_grid(shape, doublings)
    for side, places in zip(shape, (rows, columns), strict=False):
        assert (places - 1) * 2**doublings < side <= places * 2**doublings
    grown = np.zeros((1, rows * 2**doublings, columns * 2**doublings, shape[2]))
    for crop in networks.cropping(shape, doublings):
        grown = crop(grown)
    assert tuple(grown.shape) == (1, *shape)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: perceptrons[0]((0,), 3, None), r"data_shape: got \(0,\)"),
        (lambda: perceptrons[1](7), "data_shape: got 7"),
        (lambda: convolutions[0]((8, 7, 1), 3, None), r"data_shape: got \(8, 7, 1\)"),
        (lambda: convolutions[0]((8, 8, 5), 3, None), r"data_shape: got \(8, 8, 5\)"),
        (lambda: convolutions[1]((8, 8)), r"data_shape: got \(8, 8\)"),
        (lambda: either[0]((4, 4, 1), 3, None), r"data_shape: got \(4, 4, 1\)"),
        (lambda: either[1](()), r"data_shape: got \(\)"),
        (lambda: perceptrons[0]((2,), 0, None), "latent_dim: got 0"),
        (lambda: convolutions[0]((8, 8, 1), 2.5, None), "latent_dim: got 2.5"),
        (lambda: either[0]((2,), 3, (-2, 2)), r"data_range: got \(-2, 2\)"),
        (lambda: either[0]((8, 8, 1), 3, "tanh"), "data_range: got 'tanh'"),
        (lambda: networks.generator((2,), 3, None, filters=0), "filters: got 0"),
        (lambda: networks.discriminator((2,), filters=True), "filters: got True"),
        (lambda: perceptrons[0]((2,), 3, None, units=0), "units: got 0"),
        (lambda: perceptrons[1]((2,), depth=0), "depth: got 0"),
        (lambda: perceptrons[1]((2,), hidden="leaky"), "hidden: got 'leaky'.*leaky_relu"),
        (lambda: convolutions[0]((8, 8, 1), 3, None, widths=()), r"widths: got \(\)"),
        (lambda: convolutions[1]((8, 8, 1), widths=(4, 0)), "widths: got 0"),
        (lambda: convolutions[1]((8, 8, 1), kernel=0), "kernel: got 0"),
    ],
)
def test_bad_arguments_are_refused_by_name(build, message):
    with pytest.raises(ValueError, match=message):
        build()
