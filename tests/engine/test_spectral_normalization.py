"""Spectral normalisation against numpy's SVD, finite differences, and the rules of the game."""

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from kgan import autodiff
from kgan.layers import SpectralNormalization

RNG = np.random.default_rng(0)
DENSE = (
    lambda: SpectralNormalization(keras.layers.Dense(4)),
    RNG.normal(size=(3, 5)).astype("float32"),
)
CONVOLUTION = (
    lambda: SpectralNormalization(keras.layers.Conv2D(4, 3, strides=2, padding="same")),
    RNG.normal(size=(2, 6, 6, 2)).astype("float32"),
)
both_kinds = pytest.mark.parametrize(("make", "x"), [DENSE, CONVOLUTION], ids=["dense", "conv"])


def array(x):
    return np.array(ops.convert_to_numpy(ops.stop_gradient(x)))


def started(make, x):
    """A layer with numpy's weights, so that all backends begin alike."""
    layer = make()
    layer.build(x.shape)
    rng = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    return layer


def unit(x):
    return x / np.linalg.norm(x)


def power_iteration(matrix, u):
    """Algorithm 1 in numpy: the new u, and σ."""
    v = unit(matrix @ u)
    u = unit(v @ matrix)
    return u, v @ matrix @ u


def matrix_of(layer):
    kernel = array(layer.layer.kernel.value)
    return kernel.reshape(-1, kernel.shape[-1])


@both_kinds
def test_every_training_call_is_one_step_of_power_iteration(make, x):
    """Against numpy step by step, so the numbers are the same on every backend."""
    layer = started(make, x)
    matrix, u, bias = matrix_of(layer), unit(array(layer.u.value)), array(layer.layer.bias.value)
    raw = array(layer.layer(x)) - bias
    for _ in range(3):
        u, sigma = power_iteration(matrix, u)
        np.testing.assert_allclose(array(layer(x, training=True)), raw / sigma + bias, rtol=2e-5)
        np.testing.assert_allclose(array(layer.u.value), u, rtol=1e-5, atol=1e-6)
    # Without training u stays, and the kernel itself always does.
    held = array(layer.u.value)
    sigma = np.linalg.norm(matrix @ u)
    np.testing.assert_allclose(array(layer(x)), raw / sigma + bias, rtol=2e-5)
    assert np.array_equal(array(layer.u.value), held)
    assert np.array_equal(matrix_of(layer), matrix)


@both_kinds
def test_after_many_iterations_sigma_is_the_largest_singular_value(make, x):
    layer = started(make, x)
    for _ in range(200):
        layer(x, training=True)
    bias = array(layer.layer.bias.value)
    largest = np.linalg.svd(matrix_of(layer), compute_uv=False)[0]
    expected = (array(layer.layer(x)) - bias) / largest + bias
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-4, atol=1e-6)


@both_kinds
def test_gradient_passes_through_sigma(float64, make, x):
    """∂/∂W of Σ y² with y = x·W/σ and σ = vᵀWu: finite differences at fixed u and v.

    The control: with σ a constant, too, as `keras.layers.SpectralNormalization` has it on two
    backends, the gradient is another one.
    """
    x = x.astype("float64")
    layer = started(make, x)
    kernel = layer.layer.kernel
    start = array(kernel.value)
    matrix = start.reshape(-1, start.shape[-1])
    u = unit(array(layer.u.value))
    v = unit(matrix @ u)

    def loss():
        return ops.sum(ops.square(layer(x, training=False))), {}

    _, _, (gradient, _) = autodiff.gradients(loss, layer.trainable_variables)

    def by_hand(w, sigma_follows=True):
        sigma = v @ (w if sigma_follows else start).reshape(matrix.shape) @ u
        kernel.assign(w / sigma)
        value = float(array(ops.sum(ops.square(layer.layer(x)))))
        kernel.assign(start)
        return value

    step, differences = 1e-6, {}
    for follows in (True, False):
        found = np.zeros_like(start)
        for index in np.ndindex(*start.shape):
            bump = np.zeros_like(start)
            bump[index] = step
            ends = [by_hand(start + sign * bump, follows) for sign in (1, -1)]
            found[index] = (ends[0] - ends[1]) / (2 * step)
        differences[follows] = np.abs(found - array(gradient)).max() / np.abs(found).max()
    assert differences[True] < 1e-7
    assert differences[False] > 1e-2


def test_a_normalised_kernel_has_no_pull_along_itself(float64):
    """W/σ(W) does not change with W's scale, so its gradient is orthogonal to W."""
    make, x = DENSE
    layer = started(make, x.astype("float64"))
    for _ in range(300):
        layer(x.astype("float64"), training=True)
    _, _, (gradient, _) = autodiff.gradients(
        lambda: (ops.sum(ops.square(layer(x.astype("float64")) - 1.0)), {}),
        layer.trainable_variables,
    )
    kernel = array(layer.layer.kernel.value)
    cosine = np.sum(array(gradient) * kernel) / np.linalg.norm(gradient) / np.linalg.norm(kernel)
    assert abs(cosine) < 1e-12


def test_a_dense_layer_is_one_lipschitz():
    make, x = DENSE
    layer = started(make, x)
    for _ in range(200):
        layer(x, training=True)
    pairs = RNG.normal(size=(2, 1000, 5)).astype("float32")
    moved = np.linalg.norm(array(layer(pairs[0])) - array(layer(pairs[1])), axis=1)
    assert (moved / np.linalg.norm(pairs[0] - pairs[1], axis=1)).max() <= 1 + 1e-5


@both_kinds
def test_configuration_and_state_are_kept(make, x, tmp_path):
    model = keras.Sequential([keras.layers.Input(x.shape[1:]), make()])
    for _ in range(3):
        model(x, training=True)
    model.save(tmp_path / "layer.keras")
    twin = keras.saving.load_model(tmp_path / "layer.keras")
    assert np.array_equal(array(twin(x)), array(model(x)))
    assert np.array_equal(array(twin.layers[-1].u.value), array(model.layers[-1].u.value))
    assert model.layers[-1].compute_output_shape(x.shape) == model(x).shape


def test_other_layers_are_refused():
    with pytest.raises(ValueError, match="layer: got Embedding"):
        SpectralNormalization(keras.layers.Embedding(3, 4))


@pytest.mark.parametrize("still", ["discriminator", "generator"])
def test_a_turn_of_the_generator_leaves_u_alone(still):
    """Only a player that moves steps its power iteration: once a minibatch."""
    keras.utils.set_random_seed(0)
    model = kgan.SNGAN((2,), filters=2, latent_dim=2, data_range=None, seed=0)
    model.discriminator_steps = 1
    model.players[still].trainable = False
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    normalised = [
        layer for layer in model.discriminator.layers if isinstance(layer, SpectralNormalization)
    ]
    before = [unit(array(layer.u.value)) for layer in normalised]
    kept = [array(layer.u.value) for layer in normalised]
    x = np.ones((8, 2), "float32")
    model.fit(x, batch_size=4, verbose=0)
    for layer, u, old in zip(normalised, before, kept, strict=True):
        if still == "generator":
            for _ in range(2):
                u, _ = power_iteration(matrix_of(layer), u)
            np.testing.assert_allclose(array(layer.u.value), u, rtol=1e-4, atol=1e-5)
        else:
            assert np.array_equal(array(layer.u.value), old)
