"""The primitives of differentiation against finite differences, closed forms and each other."""

import keras
import numpy as np
import pytest
from keras import ops

from kgan import autodiff
from kgan.penalties import gradient_penalty


def array(x):
    return ops.convert_to_numpy(x)


class Linear(keras.layers.Layer):
    """x -> Σ w_i x_i."""

    def __init__(self, weights):
        super().__init__()
        self.w = self.add_weight(shape=(len(weights), 1), initializer="zeros")
        self.w.assign(np.reshape(weights, (-1, 1)))

    def call(self, x):
        return ops.matmul(x, self.w)


def smooth_network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)]
    )


def points(n=5, seed=0):
    return ops.convert_to_tensor(
        np.random.default_rng(seed).normal(size=(n, 3)).astype(keras.config.floatx())
    )


def by_finite_differences(function, variables, step=1e-6):
    grads = []
    for variable in variables:
        start = np.array(array(variable.value))
        grad = np.zeros_like(start)
        for index in np.ndindex(*start.shape):
            ends = []
            for sign in (1, -1):
                moved = start.copy()
                moved[index] += sign * step
                variable.assign(moved)
                ends.append(float(function()))
            grad[index] = (ends[0] - ends[1]) / (2 * step)
        variable.assign(start)
        grads.append(grad)
    return grads


def test_gradient_penalty_of_a_linear_critic_is_nine():
    """D(x) = 2 Σ x_i in R^4 has gradient norm 4 everywhere, so the penalty is (4 − 1)² = 9."""
    critic = Linear([2.0] * 4)
    x = ops.zeros((7, 4))
    assert ops.convert_to_numpy(gradient_penalty(critic, x, x + 1, ops.full((7, 1), 0.3))) == 9.0


def test_gradient_penalty_of_a_flat_critic_has_a_finite_gradient():
    critic = Linear([0.0] * 4)
    x = ops.ones((7, 4))
    loss, _, (gradient,) = autodiff.gradients(
        lambda: (gradient_penalty(critic, x, x, ops.zeros((7, 1))), {}), critic.trainable_variables
    )
    assert float(loss) == 1.0
    assert np.array_equal(array(gradient), np.zeros((4, 1)))


def test_second_derivatives_agree_with_finite_differences(float64):
    critic = smooth_network()
    real, fake = points(seed=1), points(seed=2)
    mix = ops.convert_to_tensor(np.random.default_rng(3).uniform(size=(5, 1)))

    def penalty():
        return gradient_penalty(critic, real, fake, mix)

    # The last bias moves the score but not its slope: nothing of the penalty reaches it.
    variables = critic.trainable_variables[:-1]
    _, _, grads = autodiff.gradients(lambda: (penalty(), {}), variables)
    for exact, approximate in zip(grads, by_finite_differences(penalty, variables), strict=True):
        np.testing.assert_allclose(array(exact), approximate, rtol=1e-6, atol=1e-8)


def test_input_gradient_is_the_vector_jacobian_product(float64):
    weights = np.array([1.0, -2.0, 0.5])
    cotangent = np.arange(1.0, 6.0).reshape(5, 1)
    output, product = autodiff.input_gradient(
        Linear(weights), points(), ops.convert_to_tensor(cotangent)
    )
    np.testing.assert_allclose(array(output), array(points()) @ weights[:, None], atol=1e-14)
    np.testing.assert_allclose(array(product), cotangent * weights, atol=1e-14)


def test_input_gradient_refuses_batch_normalisation():
    network = keras.Sequential([keras.layers.Input((3,)), keras.layers.BatchNormalization()])
    with pytest.raises(ValueError, match="batch normalisation"):
        autodiff.input_gradient(network, points())


def test_input_gradient_refuses_a_function_that_ignores_its_input():
    with pytest.raises(ValueError, match="does not depend"):
        autodiff.input_gradient(lambda x: ops.stop_gradient(x), points())


@pytest.mark.parametrize("unreached", ["absent", "stopped"])
def test_a_missing_gradient_is_an_error_that_names_the_variable(unreached):
    used = keras.Variable(2.0, name="used")
    unused = keras.Variable(3.0, name="forgotten")

    def loss():
        value = ops.square(used.value)
        return (value + ops.stop_gradient(unused.value) if unreached == "stopped" else value), {}

    with pytest.raises(ValueError, match="forgotten"):
        autodiff.gradients(loss, [used, unused])
    assert float(autodiff.gradients(loss, [used])[2][0]) == 4.0


def test_a_gradient_that_is_zero_is_not_missing():
    used = keras.Variable(0.0, name="used")
    assert float(autodiff.gradients(lambda: (ops.square(used.value), {}), [used])[2][0]) == 0.0


def test_assignments_inside_of_a_loss_are_kept():
    used, counter = keras.Variable(2.0), keras.Variable(0.0, trainable=False)

    def loss():
        counter.assign_add(1.0)
        return ops.square(used.value), {"seen": used.value}

    _, logs, _ = autodiff.gradients(loss, [used])
    assert float(counter.value) == 1.0
    assert float(logs["seen"]) == 2.0


def test_call_with_uses_the_given_values_and_keeps_the_variables():
    network = smooth_network()
    before = [np.array(array(w.value)) for w in network.weights]
    doubled = [ops.convert_to_tensor(2 * w) for w in before]
    answer = array(autodiff.call_with(network, doubled, points()))
    for weight, old in zip(network.weights, before, strict=True):
        assert np.array_equal(array(weight.value), old)
        weight.assign(2 * old)
    np.testing.assert_array_equal(answer, array(network(points())))
    with pytest.raises(ValueError, match="values: got 1 tensors"):
        autodiff.call_with(network, doubled[:1], points())


def test_the_branch_is_taken_only_where_it_should():
    variable = keras.Variable(0.0)
    for taken in (True, False):
        autodiff.conditional(ops.convert_to_tensor(taken), lambda: variable.assign_add(1.0))
    assert float(variable.value) == 1.0


def test_at_values_uses_the_given_values_and_keeps_the_variables():
    first, second = keras.Variable(2.0), keras.Variable(3.0)

    def product():
        second.assign_add(1.0)
        return first.value * second.value

    values = [ops.convert_to_tensor(5.0), ops.convert_to_tensor(7.0)]
    assert float(ops.stop_gradient(autodiff.at_values(product, [first, second], values))) == 40.0
    assert (float(first.value), float(second.value)) == (2.0, 3.0)


def test_gradient_at_is_taken_at_the_given_values():
    w = keras.Variable(2.0)
    (found,) = autodiff.gradient_at(lambda: w.value**3, [w], [ops.convert_to_tensor(5.0)])
    assert float(ops.stop_gradient(found)) == 75.0
    assert float(w.value) == 2.0


@pytest.mark.parametrize("steps", [1, 3])
def test_a_gradient_passes_through_steps_of_descent(float64, steps):
    """w' = w − η(w − θ)·θ of the loss θ(w − θ)²/2, by hand; its mistake would detach the steps."""
    rate, start, at = 0.25, 2.0, 0.75
    theta, w = (keras.Variable(number, dtype="float64") for number in (at, start))

    def inner():
        return theta.value * ops.square(w.value - theta.value) / 2

    def outer(stop):
        values = [w.value]
        for _ in range(steps):
            (g,) = autodiff.gradient_at(inner, [w], values)
            values = [values[0] - rate * (ops.stop_gradient(g) if stop else g)]
        return ops.square(values[0]), {}

    value, slope = start, 0.0
    for _ in range(steps):
        slope -= rate * (value - at + at * (slope - 1))
        value -= rate * at * (value - at)
    loss, _, (found,) = autodiff.gradients(lambda: outer(False), [theta])
    assert float(loss) == pytest.approx(value**2, rel=1e-12)
    assert float(found) == pytest.approx(2 * value * slope, rel=1e-12)
    with pytest.raises(ValueError, match="got None"):  # detached, nothing of θ is left
        autodiff.gradients(lambda: outer(True), [theta])


def test_gradient_at_names_a_variable_that_the_loss_forgets():
    used, unused = keras.Variable(2.0, name="used"), keras.Variable(3.0, name="forgotten")
    values = [ops.convert_to_tensor(1.0), ops.convert_to_tensor(1.0)]
    with pytest.raises(ValueError, match="forgotten"):
        autodiff.gradient_at(lambda: ops.square(used.value), [used, unused], values)
