"""Objectives and Maxout against their formulas in numpy, far into both tails."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

import kgan
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


@given(logits, logits, st.tuples(*[st.floats(-2, 2, width=32)] * 3))
def test_least_squares_are_their_formulas(real, fake, targets):
    """Mao et al. 2017, eq. 2, halves and targets included."""
    a, b, c = targets
    double = [x.astype("float64") for x in (real, fake)]
    discriminator = np.mean((double[0] - b) ** 2) / 2 + np.mean((double[1] - a) ** 2) / 2
    assert number(losses.least_squares_discriminator(real, fake, a, b)) == pytest.approx(
        discriminator, rel=1e-5
    )
    assert number(losses.least_squares_generator(fake, c)) == pytest.approx(
        np.mean((double[1] - c) ** 2) / 2, rel=1e-5
    )


def test_least_squares_default_to_zero_and_one():
    """Eq. 9: a perfect answer of 1 and 0 costs the discriminator nothing, the generator ½."""
    one, zero = np.ones((3, 1), "float32"), np.zeros((3, 1), "float32")
    assert number(losses.least_squares_discriminator(one, zero)) == 0
    assert number(losses.least_squares_generator(zero)) == 0.5
    assert number(losses.least_squares_generator(one)) == 0


def test_the_best_least_squares_score_is_the_mixture_of_its_targets():
    """Eq. 5: D* = (b·p_data + a·p_g)/(p_data + p_g); seen as often in both laws, (a + b)/2."""
    a, b = -1.0, 2.0
    scores = np.linspace(-3, 3, 601, dtype="float32")[:, None, None]
    costs = [number(losses.least_squares_discriminator(s, s, a, b)) for s in scores]
    assert scores[np.argmin(costs), 0, 0] == pytest.approx((a + b) / 2, abs=1e-3)


@given(logits, logits)
def test_hinge_is_its_formula(real, fake):
    double = [x.astype("float64") for x in (real, fake)]
    expected = np.mean(np.maximum(0, 1 - double[0])) + np.mean(np.maximum(0, 1 + double[1]))
    assert number(losses.hinge_discriminator(real, fake)) == pytest.approx(
        expected, rel=1e-5, abs=1e-6
    )
    assert number(losses.hinge_generator(fake)) == pytest.approx(-np.mean(double[1]), abs=1e-4)


def test_hinge_is_flat_beyond_its_margins_and_wasserstein_is_not():
    """What public code calls a Wasserstein loss is often the hinge; they part beyond ±1."""
    real, fake = np.full((2, 1), 5.0, "float32"), np.full((2, 1), -5.0, "float32")
    for loss, expected in ((losses.hinge_discriminator, 0.0), (losses.wasserstein_critic, -2.0)):
        change = number(loss(real + 1, fake - 1)) - number(loss(real, fake))
        assert change == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(-30, 30, width=32), st.floats(-30, 30, width=32)), min_size=1))
def test_relativistic_pairs_are_their_formula(pairs):
    real, fake = np.array(pairs, "float32").T[..., None]
    difference = real.astype("float64") - fake.astype("float64")
    discriminator = number(losses.relativistic_discriminator(real, fake))
    generator = number(losses.relativistic_generator(real, fake))
    assert discriminator == pytest.approx(-np.mean(log_sigmoid(difference)), rel=1e-4, abs=1e-6)
    assert generator == pytest.approx(-np.mean(log_sigmoid(-difference)), rel=1e-4, abs=1e-6)
    # Mirror images of each other, and a constant added to all scores changes nothing.
    assert generator == number(losses.relativistic_discriminator(fake, real))
    moved = number(losses.relativistic_discriminator(real + 2, fake + 2))
    assert moved == pytest.approx(discriminator, rel=1e-4, abs=1e-5)


def test_relativistic_compares_pair_by_pair():
    """The mean of softplus over pairs, and not softplus of the difference of means."""
    real, fake = np.array([[4.0], [0.0]], "float32"), np.array([[0.0], [4.0]], "float32")
    expected = -(log_sigmoid(np.array([4.0])) + log_sigmoid(np.array([-4.0])))[0] / 2
    assert number(losses.relativistic_discriminator(real, fake)) == pytest.approx(expected)
    assert expected > np.log(2) + 1  # what equal means would give


OBJECTIVES = [o for o in vars(losses).values() if isinstance(o, losses.Objective)]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_every_objective_trains_the_same_networks(objective):
    keras.utils.set_random_seed(0)
    model = kgan.GAN((2,), objective=objective, units=4, data_range=None, seed=0)
    model.compile()
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    history = model.fit(x, batch_size=4, verbose=0, validation_data=x).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert ("val_score_difference" in history) == objective.critic
    assert type(model).from_config(model.get_config()).objective == objective


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
