"""The Dirac-GAN: one SGD turn of our models is theory's vector field, to the last digits.

The generator is a number θ, the discriminator x -> ψ·x, the data lie at 0 (Mescheder, Geiger,
Nowozin 2018, definition 2.1). Every objective and penalty of the package is played for one turn
and compared with the exact gradients that `theory` states.
"""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit

import kgan
from kgan import losses
from kgan.layers import SpectralNormalization
from theory.calculators.dynamics import dirac_field

RATE = 0.25  # exact in float32, in which Keras keeps learning rates
POINTS = [(1.0, 1.0), (1.0, -1.0), (-0.375, 2.0), (3.0, 0.25), (0.0, 1.5)]  # exact in float32, too
WEIGHT = 0.7
CLIP = 0.5
TARGETS = (-1.0, 2.0, 0.5)


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


def normalised_slope(psi):
    network = slope(psi)
    layer = SpectralNormalization(network.layers[-1])
    return keras.Sequential([keras.layers.Input((1,)), layer])


def build(game, theta, psi, simultaneous):
    options = {
        "generator": Number(theta),
        "discriminator": normalised_slope(psi) if game == "spectral" else slope(psi),
        "latent_dim": 1,
        "data_range": None,
        "discriminator_steps": 1,
        "simultaneous": simultaneous,
        "seed": 0,
    }
    if game in MODELS:
        return MODELS[game](options)
    return kgan.GAN((1,), objective=getattr(losses, game), **options)


MODELS = {
    "gradient_penalty": lambda options: kgan.WGANGP((1,), penalty_weight=WEIGHT, **options),
    "clipped": lambda options: kgan.WGAN((1,), clip=CLIP, **options),
    "least_squares": lambda options: kgan.LSGAN((1,), targets=TARGETS, **options),
    "hinge": lambda options: kgan.HingeGAN((1,), **options),
    "spectral": lambda options: kgan.SNGAN((1,), **options),
    "r1": lambda options: kgan.R1GAN((1,), r1=WEIGHT, **options),
    "r1_and_r2": lambda options: kgan.R3GAN((1,), gamma=WEIGHT, **options),
}


def field(game, theta, psi):
    """(∂L_D/∂ψ, ∂L_G/∂θ): by `theory`, or in closed form from D(0) = 0 and D(θ) = ψθ."""
    a, _, c = TARGETS
    if game == "gradient_penalty":
        return dirac_field("wasserstein", theta, psi, gradient_penalty=WEIGHT)
    if game == "clipped":
        return dirac_field("wasserstein", theta, psi)
    if game == "least_squares":
        return theta * (psi * theta - a), psi * (psi * theta - c)
    if game == "hinge":
        return theta * (psi * theta > -1), -psi
    if game == "spectral":  # D(x) = x·ψ/|ψ|, which no small change of ψ changes
        return 0.0, -np.sign(psi)
    if game == "r1":
        return dirac_field("non_saturating", theta, psi, r1=WEIGHT)
    if game == "r1_and_r2":  # a pair's difference is D(0) − ψθ = −ψθ, the slope ψ everywhere
        return dirac_field("non_saturating", theta, psi, r1=2 * WEIGHT)
    return dirac_field(game, theta, psi)


def turn_of_theory(game, theta, psi, simultaneous):
    """One turn of both players by plain gradient descent on theory's field."""
    by_psi, by_theta = field(game, theta, psi)
    moved = psi - RATE * float(by_psi)
    if game == "clipped":
        moved = float(np.clip(moved, -CLIP, CLIP))
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


GAMES = ("minimax", "non_saturating", "wasserstein", *MODELS)
every_game = pytest.mark.parametrize("game", GAMES)
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
    point = (-0.375, 4.0)  # beyond the hinge's margin, where its loss is not Wasserstein's
    found = turn_of_model(game, *point, False)
    for other in GAMES:
        away = np.abs(np.subtract(found, turn_of_theory(other, *point, False))).max()
        assert (away > 1e-3) == (other != game)


def test_instance_noise_plays_the_game_between_the_convolved_laws(float64):
    """In the mean, L_D = E softplus(−ψsn) + E softplus(ψ(θ + sn)), L_G = E softplus(−ψ(θ + sn)).

    Both gradients of 100,000 samples lie within 4.9 standard errors (one failure in 10^6) of
    quadrature, which the game without noise does not.
    """
    (theta, psi), s, n = POINTS[2], 0.7, 100_000
    nodes, shares = np.polynomial.hermite_e.hermegauss(60)
    shares /= shares.sum()
    real, fake = s * nodes, theta + s * nodes
    by_psi = [-real * expit(-psi * real), fake * expit(psi * fake)]
    by_theta = -psi * expit(-psi * fake)
    expected = np.array([shares @ by_theta, shares @ by_psi[0] + shares @ by_psi[1]])
    variances = [shares @ g**2 - (shares @ g) ** 2 for g in (by_theta, *by_psi)]
    bound = 4.9 * np.sqrt([variances[0] / n, sum(variances[1:]) / n])
    model = kgan.GAN(
        (1,),
        generator=Number(theta),
        discriminator=slope(psi),
        latent_dim=1,
        data_range=None,
        simultaneous=True,
        instance_noise=s,
        seed=0,
    )
    model.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))
    model.fit(np.zeros((n, 1)), batch_size=n, verbose=0)
    moved = [
        float(np.squeeze(ops.convert_to_numpy(model.players[p].trainable_variables[0].value)))
        for p in ("generator", "discriminator")
    ]
    found = (np.array([theta, psi]) - moved) / RATE
    assert (np.abs(found - expected) < bound).all()
    by_psi, by_theta = dirac_field("non_saturating", theta, psi)
    assert (np.abs(np.array([by_theta, by_psi]) - expected) > bound).all()
