"""The Dirac-GAN: one SGD turn of our models is theory's vector field, to the last digits.

The generator is a number θ, the discriminator x -> ψ·x, the data lie at 0 (Mescheder, Geiger,
Nowozin 2018, definition 2.1). Every objective and penalty of the package is played for one turn
and compared with the exact gradients that `theory` states.
"""

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from kgan import losses
from theory.topics.dynamics import dirac_field

RATE = 0.25  # exact in float32, in which Keras keeps learning rates
POINTS = [(1.0, 1.0), (1.0, -1.0), (-0.375, 2.0), (3.0, 0.25), (0.0, 1.5)]  # exact in float32, too
WEIGHT = 0.7


class Number(keras.layers.Layer):
    """The generator: θ, whatever the noise."""

    def __init__(self, theta, **options):
        super().__init__(**options)
        self.theta = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(theta))

    def call(self, z):
        return ops.zeros_like(z) + self.theta


def slope(psi):
    start = keras.initializers.Constant(psi)
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer=start)
    return keras.Sequential([keras.layers.Input((1,)), layer])


def build(game, theta, psi, simultaneous):
    options = {
        "generator": Number(theta),
        "discriminator": slope(psi),
        "latent_dim": 1,
        "data_range": None,
        "discriminator_steps": 1,
        "seed": 0,
    }
    if game == "gradient_penalty":
        model = kgan.WGANGP((1,), penalty_weight=WEIGHT, **options)
        model.simultaneous = simultaneous
        return model
    return kgan.GAN((1,), objective=getattr(losses, game), simultaneous=simultaneous, **options)


def field(game, theta, psi):
    if game == "gradient_penalty":
        return dirac_field("wasserstein", theta, psi, gradient_penalty=WEIGHT)
    return dirac_field(game, theta, psi)


def turn_of_theory(game, theta, psi, simultaneous):
    """One turn of both players by plain gradient descent on theory's field."""
    by_psi, by_theta = field(game, theta, psi)
    moved = psi - RATE * float(by_psi)
    if not simultaneous:
        _, by_theta = field(game, theta, moved)
    return theta - RATE * float(by_theta), moved


def turn_of_model(game, theta, psi, simultaneous):
    model = build(game, theta, psi, simultaneous)
    model.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), run_eagerly=True)
    model.fit(np.zeros((4, 1), keras.config.floatx()), batch_size=4, verbose=0)
    return tuple(
        float(np.squeeze(ops.convert_to_numpy(model.players[p].trainable_variables[0].value)))
        for p in ("generator", "discriminator")
    )


every_game = pytest.mark.parametrize(
    "game", ["minimax", "non_saturating", "wasserstein", "gradient_penalty"]
)
both_orders = pytest.mark.parametrize("simultaneous", [False, True], ids=["ordered", "at once"])


@every_game
@both_orders
def test_one_turn_is_the_vector_field_in_float64(float64, game, simultaneous):
    for point in POINTS:
        expected = turn_of_theory(game, *point, simultaneous)
        found = turn_of_model(game, *point, simultaneous)
        for start, wanted, got in zip(point, expected, found, strict=True):
            update = abs(wanted - start)
            # Rounding of the point itself is all that may stand beside 1e-9 of the update.
            assert abs(got - wanted) <= 1e-9 * update + 1e-15 * max(1.0, abs(start)), point


@every_game
@both_orders
def test_one_turn_is_the_vector_field_in_float32(game, simultaneous):
    point = POINTS[2]
    expected = turn_of_theory(game, *point, simultaneous)
    found = turn_of_model(game, *point, simultaneous)
    for wanted, got in zip(expected, found, strict=True):
        assert abs(got - wanted) <= 1e-6 * max(1.0, abs(wanted))


@every_game
def test_the_other_games_fields_are_not_taken_for_it(float64, game):
    """The control: at one point every game leads somewhere else."""
    point = POINTS[2]
    found = turn_of_model(game, *point, False)
    for other in ("minimax", "non_saturating", "wasserstein", "gradient_penalty"):
        away = np.abs(np.subtract(found, turn_of_theory(other, *point, False))).max()
        assert (away > 1e-3) == (other != game)
