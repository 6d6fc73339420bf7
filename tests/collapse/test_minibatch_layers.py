"""Layers that look at a whole minibatch: against numpy, and where samples must not be mixed."""

import keras
import numpy as np
import pytest
from keras import ops

from engine.test_autodiff import by_finite_differences
from kgan import autodiff
from kgan.layers.minibatch_discrimination import MinibatchDiscrimination
from kgan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from registry import MODELS, SHAPE

LAYERS = {
    "discrimination": lambda: MinibatchDiscrimination(features=3, dimensions=2),
    "standard deviation": lambda: MinibatchStandardDeviation(),
    "standard deviation of pairs": lambda: MinibatchStandardDeviation(group_size=2),
}
every_layer = pytest.mark.parametrize("layer", LAYERS)


def array(x):
    return np.array(ops.convert_to_numpy(ops.stop_gradient(x)))


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(keras.config.floatx())


def test_minibatch_discrimination_is_its_formula(float64):
    """o(i)_b = Σ_j exp(−‖M_ib − M_jb‖₁), by loops, the sample's own term among them."""
    keras.utils.set_random_seed(0)
    layer = LAYERS["discrimination"]()
    x = normal(5, 4)
    answer = array(layer(x))
    tensor = array(layer.kernel).reshape(4, 3, 2)
    matrices = [np.einsum("a,abc->bc", features, tensor) for features in x]
    expected = np.zeros((5, 3))
    for i in range(5):
        for j in range(5):
            for b in range(3):
                expected[i, b] += np.exp(-np.abs(matrices[i][b] - matrices[j][b]).sum())
    np.testing.assert_array_equal(answer[:, :4], x)
    np.testing.assert_allclose(answer[:, 4:], expected, rtol=1e-12)
    assert (answer[:, 4:] > 1).all()


def test_samples_all_alike_are_as_close_as_can_be():
    answer = array(LAYERS["discrimination"]()(np.ones((6, 4), "float32")))
    assert np.array_equal(answer[:, 4:], np.full((6, 3), 6.0))


def test_one_sample_alone_is_close_to_itself_only():
    assert np.array_equal(array(LAYERS["discrimination"]()(normal(1, 4)))[:, 4:], np.ones((1, 3)))


@pytest.mark.parametrize("shape", [(6, 4), (6, 3, 5, 2)])
@pytest.mark.parametrize("size", [None, 2, 6, 99])
def test_minibatch_standard_deviation_is_its_formula(float64, shape, size):
    """Each group's map is the mean, over features and places, of their standard deviations."""
    x = normal(*shape)
    answer = array(MinibatchStandardDeviation(group_size=size)(x))
    group = min(size or 6, 6)
    assert answer.shape == (*shape[:-1], shape[-1] + 1)
    np.testing.assert_array_equal(answer[..., :-1], x)
    for first in range(0, 6, group):
        expected = x[first : first + group].std(axis=0).mean()
        np.testing.assert_allclose(answer[first : first + group, ..., -1], expected, rtol=1e-6)


def gradient_of_a_sum(layer, x, weights):
    """The derivative by x of Σ layer(x)·weights."""
    _, slope = autodiff.input_gradient(
        layer, ops.convert_to_tensor(x), ops.convert_to_tensor(weights)
    )
    return array(slope)


def test_samples_all_alike_send_back_no_nan():
    """Without its epsilon the root would send 0/0; and ‖·‖₁ has a kink at every pair."""
    x = np.ones((4, 5), "float32")
    for make in LAYERS.values():
        layer = make()
        weights = normal(*layer(x).shape)
        assert np.isfinite(gradient_of_a_sum(layer, x, weights)).all()
    # The appended map varies least where all are alike: there its derivative vanishes.
    last = np.repeat(np.eye(6, dtype="float32")[-1:], 4, axis=0)
    assert np.array_equal(gradient_of_a_sum(MinibatchStandardDeviation(), x, last), 0 * x)


@every_layer
def test_gradients_agree_with_finite_differences(float64, layer):
    """By the input and by the weights, of a sum with random signs."""
    keras.utils.set_random_seed(0)
    network = LAYERS[layer]()
    point = keras.Variable(normal(4, 3))
    weights = ops.convert_to_tensor(normal(*network(point.value).shape, seed=1))

    def loss():
        return ops.sum(network(point.value) * weights)

    variables = [point, *network.trainable_variables]
    _, _, grads = autodiff.gradients(lambda: (loss(), {}), variables)
    near = by_finite_differences(lambda: array(loss()), variables)
    for exact, approximate in zip(grads, near, strict=True):
        np.testing.assert_allclose(array(exact), approximate, rtol=1e-6, atol=1e-8)


def test_permuted_samples_give_permuted_answers(float64):
    keras.utils.set_random_seed(0)
    x, order = normal(6, 4), np.array([3, 0, 5, 1, 4, 2])
    for name in ("discrimination", "standard deviation"):
        layer = LAYERS[name]()
        np.testing.assert_allclose(array(layer(x[order])), array(layer(x))[order], rtol=1e-12)
    # In groups, whole groups may change places, and samples inside of one.
    layer, order = LAYERS["standard deviation of pairs"](), np.array([5, 4, 0, 1, 3, 2])
    np.testing.assert_allclose(array(layer(x[order])), array(layer(x))[order], rtol=1e-12)


@every_layer
def test_saved_and_loaded_they_answer_the_same(layer, tmp_path):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.layers.Input((4,)), LAYERS[layer](), keras.layers.Dense(1)])
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.layers[0].get_config() == network.layers[0].get_config()
    assert network.layers[0].compute_output_shape((None, 4)) == network.layers[0].output.shape
    np.testing.assert_array_equal(array(loaded(normal(6, 4))), array(network(normal(6, 4))))


def test_what_they_refuse():
    for bad in (0, 1.5, True):
        with pytest.raises(ValueError, match=f"features: got {bad}"):
            MinibatchDiscrimination(features=bad)
        with pytest.raises(ValueError, match=f"dimensions: got {bad}"):
            MinibatchDiscrimination(dimensions=bad)
        with pytest.raises(ValueError, match=f"group_size: got {bad}"):
            MinibatchStandardDeviation(group_size=bad)
    with pytest.raises(ValueError, match=r"input: got shape \(2, 3, 4\)"):
        MinibatchDiscrimination()(normal(2, 3, 4))
    with pytest.raises(ValueError, match="input: got a minibatch of 5"):
        MinibatchStandardDeviation(group_size=2)(normal(5, 3))


# In a discriminator ------------------------------------------------------------------------------


@every_layer
def test_fakes_do_not_leak_into_the_real_half(layer):
    """The real logits are those of the real samples alone, whatever the fakes are."""
    network = keras.Sequential(
        [keras.layers.Input(SHAPE), keras.layers.Flatten(), LAYERS[layer](), keras.layers.Dense(1)]
    )
    keras.utils.set_random_seed(0)
    model = MODELS["GAN"](discriminator=network)
    real, fake = normal(6, *SHAPE), normal(6, *SHAPE, seed=1)
    alone = array(model.discriminate({}, real))
    for others in (fake, 0 * fake):
        both = model.discriminate_both(
            {}, ops.convert_to_tensor(real), ops.convert_to_tensor(others)
        )
        np.testing.assert_allclose(array(both[0]), alone, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            array(both[1]), array(model.discriminate({}, others)), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("layer", ["discrimination", "standard deviation"])
def test_in_one_pass_they_would_leak(layer):
    """The control: the same network, its layer's declaration taken back."""
    undeclared = LAYERS[layer]()
    undeclared.mixes_samples = False
    network = keras.Sequential(
        [keras.layers.Input(SHAPE), keras.layers.Flatten(), undeclared, keras.layers.Dense(1)]
    )
    model = MODELS["GAN"](discriminator=network)
    real = normal(6, *SHAPE)
    both = model.discriminate_both({}, ops.convert_to_tensor(real), ops.convert_to_tensor(0 * real))
    assert np.abs(array(both[0]) - array(model.discriminate({}, real))).max() > 1e-3


def test_groups_are_cut_inside_of_a_compiled_step():
    """TensorFlow learns there how many samples a minibatch has, and whether they fill groups."""
    layer = MinibatchStandardDeviation(group_size=4)
    network = [keras.layers.Input(SHAPE), keras.layers.Flatten(), layer, keras.layers.Dense(1)]
    model = MODELS["GAN"](discriminator=keras.Sequential(network))
    x = np.clip(normal(24, *SHAPE), -1, 1)
    assert np.isfinite(model.fit(x, batch_size=8, verbose=0).history["generator_loss"]).all()
    assert np.isfinite(model.evaluate(x[:3], verbose=0)).all()
    with pytest.raises(Exception, match=r"got a minibatch of 6|MinibatchStandardDeviation|Reshape"):
        model.fit(x, batch_size=6, verbose=0)
