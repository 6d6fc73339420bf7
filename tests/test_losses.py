"""Objectives and Maxout against their formulas in numpy, far into both tails."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from kgan import losses
from kgan.layers import Maxout

logits = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=8).map(
    lambda values: np.array(values, "float32")[:, None]
)


def log_sigmoid(a):
    """log σ(a) in float64, where log(1 + e^−a) = logaddexp(0, −a)."""
    return -np.logaddexp(0, -a.astype("float64"))


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


@given(logits, logits)
def test_logistic_discriminator_is_minus_the_value(real, fake):
    expected = -np.mean(log_sigmoid(real)) - np.mean(log_sigmoid(-fake))
    assert number(losses.logistic_discriminator(real, fake)) == pytest.approx(expected, rel=1e-5)


@given(logits)
def test_generators_losses_are_their_formulas(fake):
    assert number(losses.minimax_generator(fake)) == pytest.approx(
        np.mean(log_sigmoid(-fake)), rel=1e-5, abs=1e-9
    )
    assert number(losses.non_saturating_generator(fake)) == pytest.approx(
        -np.mean(log_sigmoid(fake)), rel=1e-5, abs=1e-9
    )


@given(logits)
def test_minimax_is_zero_sum_and_non_saturating_is_not(fake):
    """A-GAN-08b: the fake part of L_D and L_G cancel under minimax only."""
    part = number(losses.logistic_discriminator(np.full((1, 1), 40.0, "float32"), fake))
    assert part + number(losses.minimax_generator(fake)) == pytest.approx(0, abs=1e-5)
    assert abs(part + number(losses.non_saturating_generator(fake))) > 0.1


def test_readings_at_the_equilibrium():
    """A-GAN-08: at D = 1/2, L_D = log 4, minimax −log 2, non-saturating log 2."""
    zero = np.zeros((3, 1), "float32")
    assert number(losses.logistic_discriminator(zero, zero)) == pytest.approx(np.log(4))
    assert number(losses.minimax_generator(zero)) == pytest.approx(-np.log(2))
    assert number(losses.non_saturating_generator(zero)) == pytest.approx(np.log(2))


def test_far_tails_stay_finite():
    """A-GAN-17: coded as it reads, log(1 − σ(17)) is −inf in float32."""
    a = np.array([[17.0]], "float32")
    assert number(losses.minimax_generator(a)) == pytest.approx(-17.0, rel=1e-5)
    with np.errstate(divide="ignore"):
        assert np.log(1 - 1 / (1 + np.exp(-a)))[0, 0] == -np.inf


@given(logits, logits)
def test_wasserstein_is_a_difference_of_means(real, fake):
    expected = np.mean(fake.astype("float64")) - np.mean(real.astype("float64"))
    assert number(losses.wasserstein_critic(real, fake)) == pytest.approx(expected, abs=1e-4)
    assert number(losses.wasserstein_generator(fake)) == pytest.approx(
        -np.mean(fake.astype("float64")), abs=1e-4
    )


def test_maxout_is_the_largest_of_its_affine_maps():
    keras.utils.set_random_seed(0)
    layer = Maxout(3, pieces=4)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    answer = ops.convert_to_numpy(layer(x))
    kernel, bias = (ops.convert_to_numpy(w) for w in layer.affine.weights)
    expected = np.max((x @ kernel + bias).reshape(5, 3, 4), axis=-1)
    np.testing.assert_allclose(answer, expected, rtol=1e-5)
    twin = Maxout.from_config(layer.get_config())
    assert twin.compute_output_shape((None, 2)) == (None, 3)
    assert twin(x).shape == (5, 3)
    with pytest.raises(ValueError, match="pieces: got 0"):
        Maxout(3, pieces=0)
