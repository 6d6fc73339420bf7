"""Claims about trained networks: what theory says of a game, looked for in our models."""

import math

import keras
import numpy as np
import pytest
import scipy.stats
from keras import ops

import kgan
import theory
from kgan import autodiff, losses
from registry import MODELS

P_DATA = theory.Mixture.normal([0.5, 0.5], [-2, 1], [0.7, 1])
P_G = scipy.stats.norm(0, 1.5)


class Scaled(keras.layers.Layer):
    """The exact generator of N(0, s²): z -> s·z."""

    def __init__(self, scale, **options):
        super().__init__(**options)
        self.scale = scale
        self.built = True

    def call(self, z):
        return self.scale * z


def perceptron(inputs, units=48):
    return keras.Sequential(
        [
            keras.layers.Input((inputs,)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(1),
        ]
    )


def test_discriminator_is_a_probability():
    """A-GAN-01: G maps noise to data space, D a sample to a probability, by one logit."""
    entry = MODELS["GAN"]
    model = entry()
    logits = model.score(model.generate(20))
    probabilities = 1 / (1 + np.exp(-logits))
    assert logits.shape == (20,)
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_first_term_has_no_generator_gradient():
    """A-GAN-07: E[log D(x)] does not depend on θ_g; the second term of V does."""
    model = MODELS["GAN"]()
    x = ops.zeros((4, *model.data_shape))
    z = ops.ones((4, model.latent_dim))

    def first():
        return ops.mean(ops.log_sigmoid(model.discriminator(x))), {}

    def second():
        return ops.mean(ops.log_sigmoid(-model.discriminator(model.generator(z)))), {}

    variables = model.generator.trainable_variables
    with pytest.raises(ValueError, match="got None"):
        autodiff.gradients(first, variables)
    assert any(
        np.abs(ops.convert_to_numpy(g)).max() > 0 for g in autodiff.gradients(second, variables)[2]
    )


@pytest.mark.parametrize("k", [1, 3])
def test_iteration_counts(k):
    """A-GAN-11: k moves of the discriminator on fresh minibatches to one of the generator."""
    entry = MODELS["GAN"]
    model = entry(discriminator_steps=k)
    x = np.random.default_rng(0).uniform(-1, 1, (60, *model.data_shape)).astype("float32")
    model.fit(x, batch_size=10, epochs=2, verbose=0)
    moves = {p: int(o.iterations) for p, o in model.optimizer.players.items()}
    assert moves == {"discriminator": 12, "generator": 12 // k}


@pytest.mark.parametrize("objective", [losses.minimax, losses.non_saturating], ids=lambda o: o.name)
def test_one_small_step_goes_the_stated_way(objective):
    """A-GAN-12: a small D step raises V; a small G step lowers V, or raises E[log D(G(z))]."""
    keras.utils.set_random_seed(1)
    model = kgan.GAN((2,), latent_dim=2, data_range=None, units=16, objective=objective, seed=1)
    rng = np.random.default_rng(0)
    real = ops.convert_to_tensor(rng.normal(size=(64, 2)).astype("float32"))
    noise = ops.convert_to_tensor(rng.normal(size=(64, 2)).astype("float32"))

    def quantities():
        fake_logits = model.discriminator(model.generator(noise))
        value = -losses.logistic_discriminator(model.discriminator(real), fake_logits)
        return value, ops.mean(ops.log_sigmoid(fake_logits))

    def step(player, loss):
        variables = model.players[player].trainable_variables
        _, _, gradients = autodiff.gradients(lambda: (loss(), {}), variables)
        with autodiff.no_gradient():
            before = [float(q) for q in quantities()]
            for variable, gradient in zip(variables, gradients, strict=True):
                variable.assign(variable.value - 1e-3 * gradient)
            after = [float(q) for q in quantities()]
        return before, after

    before, after = step("discriminator", lambda: -quantities()[0])
    assert after[0] > before[0]
    before, after = step(
        "generator", lambda: objective.generator(model.discriminator(model.generator(noise)))
    )
    if objective is losses.minimax:
        assert after[0] < before[0]
    else:
        assert after[1] > before[1]


def test_learned_discriminator_is_optimal():
    """A-DST-01, A-JS-02: with G frozen at N(0, 1.5), D learns p/(p + q), and V = 2 JS − log 4."""
    keras.utils.set_random_seed(0)
    model = kgan.GAN(
        (1,),
        latent_dim=1,
        data_range=None,
        generator=Scaled(1.5),
        discriminator=perceptron(1),
        seed=0,
    )
    decay = keras.optimizers.schedules.CosineDecay(5e-3, 1200)
    model.compile(discriminator_optimizer=keras.optimizers.Adam(decay))
    x = P_DATA.rvs(size=1200 * 512, random_state=0).reshape(-1, 1).astype("float32")
    model.fit(x, batch_size=512, verbose=0)

    # (p + q)/2 at its own quantiles: a mean over them is the expectation.
    half = 20_000
    u = (np.arange(half) + 0.5) / half
    points = np.concatenate([P_DATA.ppf(u), P_G.ppf(u)])
    learned = 1 / (1 + np.exp(-model.score(points[:, None].astype("float32"))))
    best = theory.optimal_discriminator(P_DATA, P_G)(points)
    rms = math.sqrt(np.mean((learned - best) ** 2))
    value = np.mean(np.log(learned[:half])) + np.mean(np.log1p(-learned[half:]))
    bound = 2 * theory.js(P_DATA, P_G) - math.log(4)
    assert rms <= 0.03
    assert value <= bound + 1e-4
    assert abs(value - bound) <= 0.01
    # The control: the discriminator of another pair of densities is further away.
    swapped = theory.optimal_discriminator(P_DATA, scipy.stats.norm(0, 1.0))(points)
    assert math.sqrt(np.mean((learned - swapped) ** 2)) > 0.03
