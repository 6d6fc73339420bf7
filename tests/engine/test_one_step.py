"""One step of the engine against numbers worked out by hand, so that a small mistake is seen.

Networks are linear or constant, optimizers are plain SGD, and the noise of a step is drawn a
second time from the same seed: every number of the step then has a closed form in numpy.
"""

import math

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from by_hand import (
    REAL,
    THETA,
    H,
    Linear,
    Shift,
    W,
    array,
    close,
    dense,
    noise_of,
    number,
    played,
    step,
    tensor,
)
from kgan import losses
from kgan.autodiff import gradients
from kgan.batches import Batches, Unpaired
from kgan.game import Game, Turn
from kgan.layers import SpectralNormalization
from kgan.metrics import kernel_distance
from kgan.penalties import R1, R2, GradientPenalty, check_penalties, gradient_penalty, paced


def softplus(a):
    return np.logaddexp(0, a)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class Trained(keras.layers.Layer):
    """Adds a number where it is told that it trains."""

    def __init__(self, network, added=100.0, **options):
        super().__init__(**options)
        self.network, self.added = network, added
        self.built = True

    def call(self, x, training=False):
        return self.network(x) + (self.added if training else 0.0)


# Slopes ---------------------------------------------------------------------------------------


class Bowl:
    """D(x) = Σ a·x²/2, whose slope at x is a·x: another at every sample, place and channel."""

    def __init__(self, shape):
        rng = np.random.default_rng(0)
        self.a = rng.uniform(0.5, 2, shape)
        self.real, self.fake = rng.normal(size=(2, 5, *shape))
        self.mix = rng.uniform(size=(5, *[1] * len(shape)))

    def __call__(self, x):
        squares = tensor(self.a) * ops.square(x) / 2
        return ops.sum(ops.reshape(squares, (5, -1)), axis=1, keepdims=True)

    def slopes(self, x):
        return np.sqrt(((self.a * x) ** 2).reshape(5, -1).sum(axis=1))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4)])
def test_a_slope_is_the_norm_over_places_and_channels_at_each_sample(shape):
    bowl = Bowl(shape)
    real, fake = tensor(bowl.real), tensor(bowl.fake)
    close(R1(2.0).value(bowl, real, fake, {}), np.mean(bowl.slopes(bowl.real) ** 2))
    close(R2(2.0).value(bowl, real, fake, {}), np.mean(bowl.slopes(bowl.fake) ** 2))
    between = bowl.mix * bowl.real + (1 - bowl.mix) * bowl.fake
    expected = np.mean((bowl.slopes(between) - 1) ** 2)
    close(GradientPenalty().value(bowl, real, fake, {"mix": tensor(bowl.mix)}), expected)
    aim = np.mean((bowl.slopes(between) - 3) ** 2)
    close(gradient_penalty(bowl, real, fake, tensor(bowl.mix), target=3.0), aim)


def test_a_flat_critic_has_slope_0_and_pays_the_whole_target():
    critic = Linear(0 * W)
    for target in (1.0, 3.0):
        loss, _, (by_w,) = gradients(
            lambda: (
                gradient_penalty(critic, tensor(REAL), tensor(REAL), tensor([[0.5]] * 4), target),  # noqa: B023
                {},
            ),
            [critic.w],
        )
        assert number(loss) == target**2
        close(by_w, 0 * W)


def test_the_mix_is_one_number_a_sample_drawn_from_the_seed():
    seeds = keras.random.SeedGenerator(7)
    mix = GradientPenalty().draw(tensor(np.zeros((4, 2, 2, 3))), seeds)["mix"]
    again = keras.random.uniform((4, 1, 1, 1), seed=keras.random.SeedGenerator(7))
    assert np.array_equal(array(mix), array(again))


# The schedule ---------------------------------------------------------------------------------


def test_a_turn_is_due_where_the_remainder_is_its_offset():
    turn = Turn("t", (), lambda batch: (0, {}), every=3, offset=2)
    assert [i for i in range(9) if turn.due(i)] == [2, 5, 8]
    assert [i for i in range(7) if Turn("t", (), turn.loss, every=3).due(i)] == [0, 3, 6]


@pytest.mark.parametrize("compiled", [False, True])
def test_who_moves_in_which_minibatch(compiled):
    """k = 3: the generator with minibatches 2 and 5; lazy penalties with 0, 2, 4."""
    model = played(
        discriminator=dense(),
        discriminator_steps=3,
        penalties=(R1(0.1, every=2),),
        compiled=compiled,
    )
    assert [turn.name for turn in model.turns()] == ["discriminator", "penalty", "generator"]
    moves, logged = [], []
    for _ in range(6):
        logs = step(model)
        logged.append((np.isfinite(logs["penalty_loss"]), np.isfinite(logs["generator_loss"])))
        moves.append({p: int(o.iterations) for p, o in model.optimizer.players.items()})
    assert [m["discriminator"] for m in moves] == [2, 3, 5, 6, 8, 9]
    assert [m["generator"] for m in moves] == [0, 0, 1, 1, 1, 2]
    assert logged == [(i % 2 == 0, i % 3 == 2) for i in range(6)]
    assert int(model.optimizer.iterations) == 6


# Losses and their sides -----------------------------------------------------------------------

OBJECTIVES = {
    "minimax": (
        losses.minimax,
        lambda r, f: np.mean(softplus(-r)) + np.mean(softplus(f)),
        lambda r, f: -np.mean(softplus(f)),
    ),
    "non_saturating": (
        losses.non_saturating,
        lambda r, f: np.mean(softplus(-r)) + np.mean(softplus(f)),
        lambda r, f: np.mean(softplus(-f)),
    ),
    "wasserstein": (
        losses.wasserstein,
        lambda r, f: np.mean(f) - np.mean(r),
        lambda r, f: -np.mean(f),
    ),
    "least_squares": (
        losses.least_squares,
        lambda r, f: np.mean((r - 1) ** 2) / 2 + np.mean(f**2) / 2,
        lambda r, f: np.mean((f - 1) ** 2) / 2,
    ),
    "hinge": (
        losses.hinge,
        lambda r, f: np.mean(np.maximum(0, 1 - r)) + np.mean(np.maximum(0, 1 + f)),
        lambda r, f: -np.mean(f),
    ),
    "relativistic": (
        losses.relativistic,
        lambda r, f: np.mean(softplus(f - r)),
        lambda r, f: np.mean(softplus(r - f)),
    ),
}


@pytest.mark.parametrize("network", [Linear, dense], ids=["two passes", "one pass"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_real_and_generated_samples_keep_their_sides(name, network):
    objective, discriminators, generators = OBJECTIVES[name]
    model = played(discriminator=network(W / 4, 0.1), objective=objective)
    fake = REAL[::-1] * 0.5 + 1
    a, b = (x @ W / 4 + 0.1 for x in (REAL, fake))
    loss, logs = model.discriminator_loss(tensor(REAL), tensor(fake), {})
    close(loss, discriminators(a, b))
    assert objective.name == name
    assert objective.critic == (name not in ("minimax", "non_saturating"))
    assert objective.pairs == (name == "relativistic")
    shown = (lambda x: x) if objective.critic else sigmoid
    close(logs["real_score"], np.mean(shown(a)))
    close(logs["fake_score"], np.mean(shown(b)))
    loss, logs = model.generator_loss(tensor(REAL), tensor(fake), {})
    close(loss, generators(a, b))
    assert logs == {}


def test_conditions_stay_with_their_samples_in_one_pass():
    x, c = keras.Input((3,)), keras.Input((2,))
    joined = keras.layers.Concatenate()([x, c])
    critic = keras.Model([x, c], keras.layers.Dense(1)(joined))
    critic.set_weights([np.array([[*W, 7.0, -5.0]]).T, np.zeros(1)])
    z, told = keras.Input((3,)), keras.Input((2,))
    moved = keras.layers.Dense(3)(keras.layers.Concatenate()([z, told]))
    model = played(
        keras.Model([z, told], moved), critic, conditions={"told": kgan.Part((2,), "vector")}
    )
    assert model._separates_samples
    conditions = np.arange(8.0).reshape(4, 2)
    batch = {"told": tensor(conditions)}
    fake = REAL[::-1] + 1
    first, second = model.discriminate_both(batch, tensor(REAL), tensor(fake))
    close(first[:, 0], REAL @ W + conditions @ [7, -5])
    close(second[:, 0], fake @ W + conditions @ [7, -5])
    # The generator is given its noise first and the conditions after it.
    kernel = np.arange(15.0).reshape(5, 3)
    model.generator.set_weights([kernel, np.zeros(3)])
    noise = {"discriminator_noise": tensor(REAL), "generator_noise": tensor(-REAL)}
    for player, values in noise.items():
        made = model.generated({**batch, **noise}, player.removesuffix("_noise"))
        close(made, np.concatenate([array(values), conditions], axis=1) @ kernel)


# Noise ----------------------------------------------------------------------------------------


def test_each_turn_has_noise_of_its_own():
    """The losses of both turns, computed from the noise that the seed gives."""
    model = played(rate=0.0)
    logs = step(model)
    z_d, z_g = noise_of(5, (4, 3), (4, 3))
    assert logs["fake_score"] == pytest.approx(np.mean((z_d + THETA) @ W), rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(-np.mean((z_g + THETA) @ W), rel=1e-5)
    assert logs["real_score"] == pytest.approx(np.mean(REAL @ W), rel=1e-5)
    expected = np.mean((z_d + THETA) @ W) - np.mean(REAL @ W)
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)


def test_the_order_of_what_is_drawn():
    """Penalties' numbers, the discriminator's noise, the generator's, then the instances'."""
    model = played(penalties=(GradientPenalty(), R1(1.0)), instance_noise=0.1)
    drawn = model.draw({"real": tensor(REAL)}, keras.random.SeedGenerator(11))
    seeds = keras.random.SeedGenerator(11)
    close(drawn["gradient_penalty"]["mix"], array(keras.random.uniform((4, 1), seed=seeds)))
    names = ["discriminator_noise", "generator_noise", "discriminator_real_noise"]
    names += ["discriminator_fake_noise", "generator_real_noise", "generator_fake_noise"]
    for name in names:
        close(drawn[name], array(keras.random.normal((4, 3), seed=seeds)))
    assert drawn["r1_penalty"] == {}
    assert set(drawn) == {*names, "gradient_penalty", "r1_penalty"}


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_instance_noise_is_added_to_both_sides_at_its_strength(player):
    schedule = keras.optimizers.schedules.PolynomialDecay(0.5, 4, 0.1)
    for noise, strengths in ((0.3, (0.3, 0.3)), (schedule, (0.5, 0.3)), (None, (0.0, 0.0))):
        model = played(instance_noise=noise)
        batch = {"real": tensor(REAL)}
        batch |= model.draw(batch, keras.random.SeedGenerator(1))
        drawn = {name: array(value) for name, value in batch.items()}
        for moves, s in zip((0, 2), strengths, strict=True):
            model.optimizer._iterations.assign(moves)
            real, fake = model.samples(batch, player)
            generated = drawn[f"{player}_noise"] + THETA
            if noise is None:
                close(real, REAL)
                close(fake, generated)
                continue
            close(real, REAL + s * drawn[f"{player}_real_noise"])
            close(fake, generated + s * drawn[f"{player}_fake_noise"])


def test_training_and_evaluation_draw_from_seeds_of_their_own():
    model = played()
    training, evaluation = model.training_seeds.state, model.evaluation_seeds.state
    assert not np.array_equal(array(training.value), array(evaluation.value))
    before = array(training.value), array(evaluation.value)
    model.evaluate(REAL.astype("float32"), verbose=0)
    assert np.array_equal(array(training.value), before[0])
    assert not np.array_equal(array(evaluation.value), before[1])
    between = array(evaluation.value)
    step(model)
    assert np.array_equal(array(evaluation.value), between)
    assert not np.array_equal(array(training.value), before[0])
    for seed, seeds in ((5, model.training_seeds), (4, model.evaluation_seeds)):
        fresh = keras.random.SeedGenerator(seed).state.value
        assert array(seeds.state.value)[0] == array(fresh)[0]


# Evaluation -----------------------------------------------------------------------------------


def test_an_evaluation_is_the_mean_over_samples_and_not_over_minibatches():
    """Seven samples in minibatches of 4 and 3, of which the last is far from the others."""
    x = np.concatenate([REAL, 10 + REAL[:3]])
    critic = played(Shift(THETA, scale=0.0))
    found = critic.evaluate(x.astype("float32"), batch_size=4, verbose=0, return_dict=True)
    assert found == pytest.approx({"score_difference": np.mean(x @ W) - THETA @ W}, rel=1e-5)
    scored = played(Shift(THETA, scale=0.0), Linear(W / 4, 0.1), objective=losses.non_saturating)
    found = scored.evaluate(x.astype("float32"), batch_size=4, verbose=0, return_dict=True)
    value = -np.mean(softplus(-(x @ W / 4 + 0.1))) - softplus(THETA @ W / 4 + 0.1)
    bound = (value + math.log(4)) / 2
    assert found == pytest.approx({"value": value, "js_lower_bound": bound}, rel=1e-5)


def test_nothing_trains_while_it_is_evaluated():
    """Both networks add 100 where they train; a step sees that in both turns, nothing else does."""
    model = played(Trained(Shift(THETA, scale=0.0)), Trained(Linear()), rate=0.0)
    found = model.evaluate(REAL.astype("float32"), verbose=0, return_dict=True)
    assert found["score_difference"] == pytest.approx(np.mean(REAL @ W) - THETA @ W, rel=1e-5)
    close(model.score(REAL.astype("float32")), REAL @ W)
    close(model.generate(2), np.stack([THETA, THETA]))
    close(model.predict(np.zeros((2, 3), "float32"), verbose=0), np.stack([THETA, THETA]))
    logs = step(model)
    assert logs["real_score"] == pytest.approx(np.mean(REAL @ W) + 100, rel=1e-5)
    expected = (THETA + 100) @ W + 100
    assert logs["fake_score"] == pytest.approx(expected, rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(-expected, rel=1e-5)


# Moves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("simultaneous", [False, True])
def test_the_points_that_the_turns_see(simultaneous):
    """D(x) = w·x + b and G = θ: w ← w − h(θ − E[x]); θ ← θ + h·w of before or after."""
    model = played(Shift(THETA, scale=0.0), Linear(W, 0.3), simultaneous=simultaneous)
    logs = step(model)
    slope = THETA - REAL.mean(axis=0)
    moved = W - H * slope
    close(model.discriminator.w.value, moved)
    close(model.discriminator.b.value, 0.3)
    seen = W if simultaneous else moved
    close(model.generator.theta.value, THETA + H * seen)
    assert logs["discriminator_loss"] == pytest.approx(slope @ W, rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(-(THETA @ seen + 0.3), rel=1e-5)


def test_a_gradient_norm_is_that_of_all_weights_together():
    """Of w and of b: sqrt(‖∂w‖² + ∂b²), at the point before the move."""
    model = played(Shift(THETA, scale=0.0), Linear(W / 4, 0.1), objective=losses.non_saturating)
    logs = step(model)
    a, b = REAL @ W / 4 + 0.1, THETA @ W / 4 + 0.1
    by_w = np.mean(-sigmoid(-a)[:, None] * REAL, axis=0) + sigmoid(b) * THETA
    by_b = np.mean(-sigmoid(-a)) + sigmoid(b)
    expected = np.sqrt(np.sum(by_w**2) + by_b**2)
    assert logs["discriminator_gradient_norm"] == pytest.approx(expected, rel=1e-5)
    assert expected < 0.9 * (np.linalg.norm(by_w) + abs(by_b))
    close(model.discriminator.w.value, W / 4 - H * by_w)
    close(model.discriminator.b.value, 0.1 - H * by_b)
    w, bias = W / 4 - H * by_w, 0.1 - H * by_b
    by_theta = -sigmoid(-(THETA @ w + bias)) * w
    assert logs["generator_gradient_norm"] == pytest.approx(np.linalg.norm(by_theta), rel=1e-5)
    close(model.generator.theta.value, THETA - H * by_theta)


def test_penalties_are_taken_with_their_weights():
    """λ(‖w‖ − 1)² + γ₁/2·‖w‖² + γ₂/2·‖w‖² of D(x) = w·x, beside E[G] − E[x]."""
    model = played(
        Shift(THETA, scale=0.0), penalties=(GradientPenalty(0.7), R1(0.4), R2(0.3)), rate=0.1
    )
    logs = step(model)
    norm, slope = np.linalg.norm(W), THETA - REAL.mean(axis=0)
    values = {"gradient_penalty": (norm - 1) ** 2, "r1_penalty": norm**2, "r2_penalty": norm**2}
    assert {name: logs[name] for name in values} == pytest.approx(values, rel=1e-5)
    loss = slope @ W + 0.7 * (norm - 1) ** 2 + 0.2 * norm**2 + 0.15 * norm**2
    assert logs["discriminator_loss"] == pytest.approx(loss, rel=1e-5)
    gradient = slope + 0.7 * 2 * (norm - 1) * W / norm + 0.4 * W + 0.3 * W
    close(model.discriminator.w.value, W - 0.1 * gradient)


class Curved(Linear):
    """D(x) = Σ w·x²/2, whose slope at x is w·x."""

    def call(self, x):
        return super().call(ops.square(x) / 2)


@pytest.mark.parametrize("every", [1, 2])
def test_penalties_are_taken_at_their_own_samples(every):
    """R1 at the real ones, R2 at those generated from the discriminator's noise."""
    model = played(discriminator=Curved(), penalties=(R1(0.4, every), R2(0.2, every)), rate=0.0)
    logs = step(model)
    (z,) = noise_of(5, (4, 3))
    squares = [np.mean(np.sum((W * x) ** 2, axis=1)) for x in (REAL, z + THETA)]
    assert [logs["r1_penalty"], logs["r2_penalty"]] == pytest.approx(squares, rel=1e-5)
    total = every * (0.2 * squares[0] + 0.1 * squares[1])
    plain = np.mean((z + THETA) ** 2 @ W / 2) - np.mean(REAL**2 @ W / 2)
    if every > 1:
        assert logs["penalty_loss"] == pytest.approx(total, rel=1e-5)
    else:
        assert logs["discriminator_loss"] == pytest.approx(plain + total, rel=1e-5)


def test_a_lazy_penalty_is_multiplied_by_its_minibatches():
    """First w ← w − h(θ − E[x]), then w ← w(1 − h·every·γ); in the next minibatch no penalty."""
    every, gamma, rate = 4, 0.5, 0.1
    model = played(Shift(THETA, scale=0.0), penalties=(R1(gamma, every),), rate=rate)
    logs = step(model)
    moved = W - rate * (THETA - REAL.mean(axis=0))
    assert logs["r1_penalty"] == pytest.approx(moved @ moved, rel=1e-5)
    assert logs["penalty_loss"] == pytest.approx(every * gamma / 2 * moved @ moved, rel=1e-5)
    after = moved * (1 - rate * every * gamma)
    close(model.discriminator.w.value, after)
    theta = array(model.generator.theta.value)
    close(theta, THETA + rate * after)
    assert np.isnan(step(model)["r1_penalty"])
    close(model.discriminator.w.value, after - rate * (theta - REAL.mean(axis=0)))


def test_lazy_penalties_share_one_pace():
    alone = R1(1.0)
    assert check_penalties(alone) == (alone,)
    kinds = [
        type(p) for p in check_penalties((GradientPenalty(), R1(1.0, every=4), R2(1.0, every=4)))
    ]
    assert kinds == [GradientPenalty, R1, R2]
    assert check_penalties(()) == ()
    for penalties, message in (
        (
            (R1(1.0, every=4), R2(1.0, every=2)),
            "got every = 2 and 4; lazy penalties share one turn",
        ),
        ((R1(1.0), R1(2.0)), "got r1_penalty, r1_penalty; accepted is one of each"),
        ((R1(1.0), "R2"), "got 'R2'; accepted are GradientPenalty, R1 and R2"),
    ):
        with pytest.raises(ValueError, match=f"penalties: {message}"):
            check_penalties(penalties)
    for build, message in (
        (lambda: R1(-1.0), "gamma: got -1.0; accepted is a number >= 0"),
        (lambda: R2(1.0, every=0), "every: got 0; accepted is an integer >= 1"),
        (lambda: GradientPenalty(0.0), "weight: got 0.0; accepted is a number > 0"),
    ):
        with pytest.raises(ValueError, match=message):
            build()
    for penalty in (R1(0.0), R2(2.0, every=3), GradientPenalty(0.5)):
        twin = type(penalty).from_config(penalty.get_config())
        assert (twin.weight, twin.every) == (penalty.weight, penalty.every)


def test_an_optimizer_for_one_more_move():
    """rate·c and β^c, c = k/(k + 1) (Karras et al. 2020, appendix B)."""
    given = keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-5)
    config = paced(given, 4).get_config()
    assert config["learning_rate"] == pytest.approx(2e-3 * 0.8)
    assert (config["beta_1"], config["beta_2"]) == (0.0, pytest.approx(0.99**0.8))
    assert config["epsilon"] == 1e-5
    assert paced(keras.optimizers.SGD(1.0, momentum=0.9), 1).momentum == pytest.approx(0.9**0.5)
    assert paced(keras.optimizers.RMSprop(1.0, rho=0.9), 1).rho == pytest.approx(0.9**0.5)
    assert float(given.learning_rate) == pytest.approx(2e-3)


def test_only_the_discriminators_default_optimizer_is_paced():
    model = played(penalties=(R1(1.0, every=4),))
    assert float(model.optimizer.players["discriminator"].learning_rate) == H  # given, as it is
    model.compile()
    rates = {p: float(o.learning_rate) for p, o in model.optimizer.players.items()}
    assert rates == pytest.approx({"discriminator": 2e-4 * 0.8, "generator": 2e-4})
    eager = played(penalties=(R1(1.0),))
    eager.compile()
    assert float(eager.optimizer.players["discriminator"].learning_rate) == pytest.approx(2e-4)


def test_weights_are_clipped_after_they_have_moved():
    """w ← clip(w − h(θ − E[x]), −c, c): the move itself leaves the bounds on both sides."""
    start, clip = np.array([0.4, -0.4, 0.1]), 0.5
    model = kgan.WGAN(
        (3,),
        generator=Shift(THETA, scale=0.0),
        discriminator=Linear(start),
        latent_dim=3,
        data_range=None,
        clip=clip,
        seed=5,
    )
    model.compile(keras.optimizers.SGD(H), keras.optimizers.SGD(H), run_eagerly=True)
    data = REAL * np.array([3.0, 1.0, 1.0])
    step(model, data)
    moved = start - H * (THETA - data.mean(axis=0))
    assert moved.max() > clip > np.abs(start).max()
    assert moved.min() < -clip
    close(model.discriminator.w.value, np.clip(moved, -clip, clip))


class Two(keras.layers.Layer):
    """Two numbers, and one that every call in training counts."""

    def __init__(self, first, second, **options):
        super().__init__(**options)
        self.first = self.add_weight(shape=(), initializer=keras.initializers.Constant(first))
        self.second = self.add_weight(shape=(), initializer=keras.initializers.Constant(second))
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.built = True

    def call(self, scale):
        self.calls.assign(self.calls + 1.0)
        return scale * (3.0 * self.first + 4.0 * self.second)


class Pair(Game):
    """Each player's loss runs both networks."""

    def __init__(self, **options):
        players = {"p": Two(1.0, 2.0), "q": Two(-1.0, 0.5)}
        super().__init__(players, {"real": kgan.Part((1,), "vector")}, **options)

    def turns(self):
        p, q = self.players["p"], self.players["q"]
        ones = ops.ones(())
        return (
            Turn("p", ("p",), lambda batch: (p(ones) + q(10 * ones), {})),
            Turn("q", ("q",), lambda batch: (p(10 * ones) + q(ones), {})),
        )


@pytest.mark.parametrize("simultaneous", [False, True])
def test_a_turn_leaves_other_players_and_their_state_alone(simultaneous):
    game = Pair(simultaneous=simultaneous)
    rates = {"p": 0.5, "q": 0.25}
    game.compile(
        **{f"{p}_optimizer": keras.optimizers.SGD(rate) for p, rate in rates.items()},
        run_eagerly=True,
    )
    logs = step(game, np.zeros((1, 1)))
    for (player, rate), start in zip(rates.items(), ((1.0, 2.0), (-1.0, 0.5)), strict=True):
        network = game.players[player]
        expected = [start[0] - rate * 3, start[1] - rate * 4]
        assert [number(network.first.value), number(network.second.value)] == expected
        assert number(network.calls.value) == 1.0
        assert logs[f"{player}_gradient_norm"] == 5.0


def test_the_state_of_batch_normalisation_is_that_of_its_own_players_turn():
    """Moving means with momentum 1/2, after one step from 0.

    The generator's follows its own noise alone, not the discriminator's; the discriminator's
    follows the real and then the generated samples of its own turn, not those of the generator's.
    """
    norm = keras.layers.BatchNormalization(momentum=0.5, beta_initializer="ones")
    judge = keras.layers.BatchNormalization(momentum=0.5)
    generator = keras.Sequential([keras.layers.Input((3,)), norm])
    critic = keras.Sequential([keras.layers.Input((3,)), judge, keras.layers.Dense(1)])
    model = played(generator, critic, average_decay=0.0)
    step(model)
    _, z_g = noise_of(5, (4, 3), (4, 3))
    close(norm.moving_mean.value, 0.5 * z_g.mean(axis=0))
    close(judge.moving_mean.value, 0.25 * REAL.mean(axis=0) + 0.5 * 1.0)
    # The average, whose decay is 0, is the weights with this state.
    for average, weight in zip(model.averages["generator"], generator.weights, strict=True):
        close(average.value, array(weight.value))


def test_averages_follow_weights_and_state_by_their_formula():
    """a ← a + (1 − d)(w − a), d = min(0.2, (1 + t)/(10 + t)), t = 1, 2, 3."""
    norm = keras.layers.BatchNormalization(momentum=0.5, beta_initializer="ones")
    generator = keras.Sequential([keras.layers.Input((3,)), norm])
    model = played(generator, average_decay=0.2)
    expected = [array(w.value) for w in generator.weights]
    for t in (1, 2, 3):
        step(model)
        decay = min(0.2, (1 + t) / (10 + t))
        weights = [array(w.value) for w in generator.weights]
        expected = [a + (1 - decay) * (w - a) for a, w in zip(expected, weights, strict=True)]
        for average, value in zip(model.averages["generator"], expected, strict=True):
            close(average.value, value)
    assert set(model.averages) == {"generator"}
    gamma, beta, mean, variance = expected
    z = np.random.default_rng(3).standard_normal((2, 3))
    made = gamma * (z - mean) / np.sqrt(variance + norm.epsilon) + beta
    close(model.generate(2, seed=3), made, rtol=1e-4)
    gamma, beta, mean, variance = weights
    made = gamma * (z - mean) / np.sqrt(variance + norm.epsilon) + beta
    close(model.generate(2, seed=3, averaged=False), made, rtol=1e-4)


# The order of the data ------------------------------------------------------------------------


def test_the_seed_of_an_order_is_0_unless_somebody_says_it():
    x = np.arange(10)
    assert np.array_equal(Batches(x, batch_size=10)[0][0], Batches(x, batch_size=10, seed=0)[0][0])


def test_minibatches_are_cut_from_the_permutation_of_seed_and_pass():
    x = np.arange(10)
    batches = Batches({"a": x, "b": -x}, batch_size=4, seed=9, passes=2)
    assert len(batches) == 4
    for epoch in (0, 3):
        batches.epoch = epoch
        for i in range(4):
            order = np.random.default_rng((9, 2 * epoch + i // 2)).permutation(10)
            rows = order[4 * (i % 2) : 4 * (i % 2) + 4]
            (minibatch,) = batches[i]
            assert np.array_equal(minibatch["a"], rows)
            assert np.array_equal(minibatch["b"], -rows)


def test_unpaired_sets_are_each_served_in_permutations_of_their_own():
    """7 and 4 samples in minibatches of 2: 3 an epoch; the second set begins again every 2."""
    sets = {"a": np.arange(7), "b": 100 + np.arange(4)}
    batches = Unpaired(sets, batch_size=2, seed=9)
    assert len(batches) == 3
    served = {"a": [], "b": []}
    for epoch in range(2):
        batches.epoch = epoch
        for i in range(3):
            (minibatch,) = batches[i]
            for name, rows in minibatch.items():
                served[name] += list(rows)
    for place, (name, n, passes) in enumerate((("a", 7, 2), ("b", 4, 3))):
        orders = [np.random.default_rng((9, t, place)).permutation(n) for t in range(passes)]
        expected = [row for order in orders for row in order[: n // 2 * 2]]
        assert [int(v) % 100 for v in served[name]] == expected


# What the papers say --------------------------------------------------------------------------

ADAM, RMSPROP = keras.optimizers.Adam, keras.optimizers.RMSprop
# Model -> kind, rates of discriminator and generator, and the decays that the source states.
PAPERS = {
    "GAN": (ADAM, 2e-4, 2e-4, {"beta_1": 0.5}),  # as DCGAN
    "DCGAN": (ADAM, 2e-4, 2e-4, {"beta_1": 0.5}),  # Radford et al. 2016, section 4
    "HingeGAN": (ADAM, 2e-4, 2e-4, {"beta_1": 0.5}),  # as DCGAN
    "LSGAN": (ADAM, 2e-4, 2e-4, {"beta_1": 0.5}),  # Mao et al. 2017, section 4.1
    "WGAN": (RMSPROP, 5e-5, 5e-5, {"rho": 0.99}),  # Arjovsky et al. 2017, algorithm 1
    "WGANGP": (ADAM, 1e-4, 1e-4, {"beta_1": 0.0, "beta_2": 0.9}),  # Gulrajani 2017, algorithm 1
    "SNGAN": (ADAM, 2e-4, 2e-4, {"beta_1": 0.0, "beta_2": 0.9}),  # Miyato 2018, table 1, C
    "R1GAN": (RMSPROP, 1e-4, 1e-4, {"rho": 0.99}),  # Mescheder et al. 2018, section 5
    "R3GAN": (ADAM, 1e-3, 1e-3, {"beta_1": 0.0, "beta_2": 0.99}),  # our rate: see the model
    "PacGAN": (ADAM, 1e-4, 1e-4, {"beta_1": 0.8}),  # Lin et al. 2018, the authors' code
    "MinibatchGAN": (ADAM, 3e-4, 3e-4, {"beta_1": 0.5}),  # Salimans 2016, the authors' code
    "UnrolledGAN": (ADAM, 1e-4, 1e-3, {"beta_1": 0.5}),  # Metz et al. 2017, the notebook
}


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_optimizers(name):
    kind, *rates, decays = PAPERS[name]
    small = {"units": 2} if name in ("GAN", "PacGAN", "UnrolledGAN") else {"filters": 1}
    shape = (8, 8, 1) if name == "DCGAN" else (2,)
    found = getattr(kgan, name)(shape, **small).default_optimizers()
    assert set(found) == {"discriminator", "generator"}
    for player, rate in zip(("discriminator", "generator"), rates, strict=True):
        config = found[player].get_config()
        assert isinstance(found[player], kind)
        assert config["learning_rate"] == pytest.approx(rate)
        assert {decay: config[decay] for decay in decays} == decays


@pytest.mark.parametrize("shape", [(2,), (8, 8, 1)])
def test_every_layer_of_the_spectrally_normalised_discriminator_is_normalised(shape):
    """Multiplying all kernels by 7 changes no score, as W/σ(W) is the same."""
    model = kgan.SNGAN(shape, filters=2, seed=0)
    wrapped = [
        layer.layer
        for layer in model.discriminator._flatten_layers()
        if isinstance(layer, SpectralNormalization)
    ]
    computing = [
        layer
        for layer in model.discriminator._flatten_layers()
        if isinstance(layer, keras.layers.Dense | keras.layers.Conv2D)
    ]
    assert {id(layer) for layer in wrapped} == {id(layer) for layer in computing}
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    scores = model.score(x)
    assert np.ptp(scores) > 0
    for layer in computing:
        layer.kernel.assign(7.0 * layer.kernel)
    np.testing.assert_allclose(model.score(x), scores, rtol=1e-4, atol=1e-6)


# The kernel distance --------------------------------------------------------------------------


def test_the_kernel_distances_standard_error_by_loops():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(5, 2)) + 0.5
    found = kernel_distance(x, y, subsets=3, subset_size=3, seed=4)
    chosen = np.random.default_rng(4)

    def k(a, b):
        return (a @ b / 2 + 1) ** 3

    values = []
    for _ in range(3):
        xs = x[chosen.choice(6, 3, replace=False)]
        ys = y[chosen.choice(5, 3, replace=False)]
        within = [k(s[i], s[j]) for s in (xs, ys) for i in range(3) for j in range(3) if i != j]
        across = [k(a, b) for a in xs for b in ys]
        values.append(sum(within) / 6 - 2 * sum(across) / 9)
    mean = sum(values) / 3
    error = math.sqrt(sum((v - mean) ** 2 for v in values) / 2 / 3)
    assert found == pytest.approx((mean, error), rel=1e-12)
