"""The rules of a game, on games small enough to be worked out by hand."""

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from kgan.batches import Batches
from kgan.game import Game, Turn
from kgan.optimizers import PlayerOptimizers

RATE = 0.25


class Scalar(keras.layers.Layer):
    """A player whose only move is a number."""

    def __init__(self, start, **options):
        super().__init__(**options)
        self.value = self.add_weight(shape=(), initializer=keras.initializers.Constant(start))
        self.built = True


class Bilinear(Game):
    """min over x, max over y of x·y: the game that plain gradient steps do not solve."""

    def __init__(self, every=1, extra=None, **options):
        players = {"x": Scalar(1.0), "y": Scalar(2.0)}
        super().__init__(players, {"real": kgan.Part((1,), "vector")}, **options)
        self.every = every
        self.extra = extra

    def turns(self):
        x, y = self.players["x"].value, self.players["y"].value
        return (
            Turn("x", ("x",), lambda batch: (x.value * y.value, {})),
            Turn("y", ("y",), lambda batch: (-x.value * y.value, {}), self.every, self.every - 1),
        )

    def start(self):
        self.compile(**{f"{p}_optimizer": keras.optimizers.SGD(RATE) for p in self.players})
        return self

    def point(self):
        return tuple(float(self.players[p].value.value) for p in ("x", "y"))


def play(game, steps):
    return game.fit(np.zeros((steps, 1), "float32"), batch_size=1, verbose=0).history


def test_ordered_turns_see_the_moves_before_them():
    game = Bilinear().start()
    history = play(game, 1)
    x = 1 - RATE * 2
    assert game.point() == (x, 2 + RATE * x)
    assert history["x_loss"] == [2.0]
    assert history["y_loss"] == [-2.0 * x]
    assert history["x_gradient_norm"] == [2.0]


def test_simultaneous_turns_all_see_the_old_point():
    game = Bilinear(simultaneous=True).start()
    play(game, 1)
    assert game.point() == (1 - RATE * 2, 2 + RATE * 1)


def test_simultaneous_steps_grow_by_the_factor_of_theory():
    """Each simultaneous step multiplies the radius by sqrt(1 + η²) (erratum B-E18)."""
    game = Bilinear(simultaneous=True).start()
    play(game, 20)
    radius = np.hypot(*game.point()) / np.hypot(1, 2)
    assert radius == pytest.approx((1 + RATE**2) ** 10, rel=1e-6)


def test_a_turn_is_taken_every_so_many_minibatches():
    game = Bilinear(every=3).start()
    history = play(game, 7)
    moves = {p: int(o.iterations) for p, o in game.optimizer.players.items()}
    assert moves == {"x": 7, "y": 2}
    assert np.isfinite(history["y_loss"][0])


def test_a_turn_not_taken_logs_nothing_rather_than_zero():
    history = play(Bilinear(every=5).start(), 2)
    assert np.isnan(history["y_loss"][0])
    assert np.isfinite(history["x_loss"][0])


def test_a_frozen_player_sits_out():
    game = Bilinear()
    game.players["y"].trainable = False
    history = play(game.start(), 3)
    assert game.point()[1] == 2.0
    assert set(history) == {"x_loss", "x_gradient_norm"}


class Team(Game):
    """Three players; two of them descend (a − b)² in one turn, the third has a turn of its own."""

    def __init__(self):
        super().__init__(
            {"a": Scalar(1.0), "b": Scalar(0.0), "c": Scalar(3.0)},
            {"real": kgan.Part((1,), "vector")},
        )

    def turns(self):
        a, b, c = (self.players[p].value for p in "abc")
        return (
            Turn("pair", ("a", "b"), lambda batch: (ops.square(a.value - b.value), {})),
            Turn("alone", ("c",), lambda batch: (ops.square(c.value), {})),
        )


def test_several_players_in_one_turn_move_from_one_point():
    game = Team()
    game.compile(**{f"{p}_optimizer": keras.optimizers.SGD(RATE) for p in "abc"})
    play(game, 1)
    values = [float(game.players[p].value.value) for p in "abc"]
    assert values == [1 - RATE * 2, RATE * 2, 3 - RATE * 6]


def test_averages_follow_their_formula():
    game = Bilinear(average_decay={"x": 0.5}).start()
    expected, path = 1.0, 1.0
    for step in range(1, 4):
        play(game, 1)
        path = game.point()[0]
        decay = min(0.5, (1 + step) / (10 + step))
        expected += (1 - decay) * (path - expected)
    assert float(game.averages["x"][0].value) == pytest.approx(expected, rel=1e-6)
    assert float(game.averages["x"][0].value) != pytest.approx(path, rel=1e-3)


def test_ownership_is_checked():
    shared = Scalar(1.0)
    with pytest.raises(ValueError, match="belongs to both"):
        _of({"x": shared, "y": shared}).compile()
    game = _of({"x": Scalar(1.0)})
    game.stray = Scalar(2.0, name="stray")
    with pytest.raises(ValueError, match="belongs to no player"):
        game.compile(x_optimizer="sgd")
    game.stray.trainable = False
    game.compile(x_optimizer="sgd")


def _of(players):
    class Idle(Game):
        def turns(self):
            return ()

    return Idle(players, {"real": kgan.Part((1,), "vector")})


def test_optimizers_are_checked():
    game = Bilinear()
    with pytest.raises(ValueError, match="optimizer: got optimizers of"):
        game.compile(optimizer=PlayerOptimizers({"x": "sgd"}))
    one = keras.optimizers.SGD()
    with pytest.raises(ValueError, match="each player needs its own"):
        game.compile(x_optimizer=one, y_optimizer=one)


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (Turn("t", ("nobody",), lambda batch: (0, {})), "got players"),
        (Turn("t", ("x",), lambda batch: (0, {}), every=0), "got every=0"),
        (Turn("t", ("x",), lambda batch: (0, {}), every=2, offset=2), "offset=2"),
    ],
)
def test_turns_are_checked(turn, message):
    class Odd(Bilinear):
        def turns(self):
            return (turn,)

    with pytest.raises(ValueError, match=message):
        Odd().start()


def test_simultaneous_turns_cannot_wait():
    with pytest.raises(ValueError, match="simultaneous game"):
        Bilinear(every=2, simultaneous=True).start()


def test_sample_weights_are_refused():
    x = np.zeros((4, 1), "float32")
    with pytest.raises(ValueError, match="sample_weight"):
        Bilinear().start().fit(x, sample_weight=np.ones(4), batch_size=2, verbose=0)


# The order of the data -----------------------------------------------------------------------


def seen(batches):
    return np.concatenate([batches[i][0] for i in range(len(batches))]).ravel()


def test_minibatches_are_full_and_their_order_is_a_function_of_seed_and_epoch():
    x = np.arange(10.0)
    batches = Batches(x, batch_size=4, seed=1)
    first = seen(batches)
    assert len(first) == 8
    assert len(set(first)) == 8
    batches.epoch = 1
    second = seen(batches)
    batches.epoch = 0
    assert np.array_equal(seen(batches), first)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, seen(Batches(x, batch_size=4, seed=2)))


def test_an_epoch_of_several_passes_is_those_passes_in_turn():
    x = np.arange(10.0)
    once, twice = Batches(x, batch_size=4), Batches(x, batch_size=4, passes=2)
    passes = []
    for epoch in range(4):
        once.epoch = epoch
        passes.append(seen(once))
    twice.epoch = 1
    assert np.array_equal(seen(twice), np.concatenate(passes[2:]))


def test_pairs_stay_together():
    x = np.arange(12.0)
    batches = Batches({"real": x, "label": 10 * x}, batch_size=5)
    for i in range(len(batches)):
        (minibatch,) = batches[i]
        assert np.array_equal(10 * minibatch["real"], minibatch["label"])


def test_bad_minibatches_are_refused():
    with pytest.raises(ValueError, match="batch_size: got 5 for 4 samples"):
        Batches(np.zeros(4), batch_size=5)
    with pytest.raises(ValueError, match=r"lengths \[4, 3\]"):
        Batches((np.zeros(4), np.zeros(3)), batch_size=2)
    with pytest.raises(ValueError, match="passes: got 0"):
        Batches(np.zeros(4), batch_size=2, passes=0)


# Instance noise ------------------------------------------------------------------------------


class Constant(keras.layers.Layer):
    """A generator whose samples are all the same number."""

    def __init__(self, value, **options):
        super().__init__(**options)
        self.value = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(value))

    def call(self, z):
        return ops.zeros_like(z) + self.value


def noisy(instance_noise):
    keras.utils.set_random_seed(0)
    model = kgan.GAN(
        (1,),
        generator=Constant(-3.0),
        latent_dim=1,
        units=4,
        data_range=None,
        instance_noise=instance_noise,
        seed=0,
    )
    model.compile()
    return model


def seen_samples(model, n=1):
    """What both turns see of n real samples at 5 and of n generated ones at -3, less these."""
    batch = {"real": ops.full((n, 1), 5.0)}
    batch |= model.draw(batch, model.training_seeds)
    seen = [x for player in model.players for x in model.samples(batch, player)]
    return [
        ops.convert_to_numpy(ops.stop_gradient(x))[:, 0] - mean
        for x, mean in zip(seen, (5, -3, 5, -3), strict=True)
    ]


def test_the_discriminator_sees_the_convolved_laws():
    """N(5, s²) and N(-3, s²), all four noises independent; false failures 1e-6 a comparison."""
    s, n = 0.3, 40_000
    noise = seen_samples(noisy(s), n)
    assert np.abs(np.mean(noise, axis=1)).max() < 4.9 * s / np.sqrt(n)
    assert np.abs(np.std(noise, axis=1) / s - 1).max() < 4.9 / np.sqrt(2 * n)
    correlations = np.corrcoef(noise) - np.eye(4)
    assert np.abs(correlations).max() < 4.9 / np.sqrt(n)


def test_instance_noise_follows_its_schedule_to_zero():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.5, decay_steps=4, end_learning_rate=0.0)
    model = noisy(schedule)
    levels = []
    for _ in range(5):
        real, *_ = seen_samples(model, 10_000)  # the generated ones move as the generator learns
        levels.append(np.std(real))
        model.fit(np.full((1, 1), 5, "float32"), batch_size=1, verbose=0)
    np.testing.assert_allclose(levels, [0.5, 0.375, 0.25, 0.125, 0], rtol=0.03)
    assert levels[-1] == 0


def test_only_training_knows_of_instance_noise():
    clean, loud = noisy(None), noisy(100.0)
    x = np.linspace(-1, 1, 8, dtype="float32")[:, None]
    assert np.array_equal(clean.generate(3), loud.generate(3))
    assert np.array_equal(clean.score(x), loud.score(x))
    assert clean.evaluate(x, verbose=0) == loud.evaluate(x, verbose=0)
    for model in (clean, loud):
        model.fit(x, batch_size=8, verbose=0)
    assert not np.array_equal(clean.score(x), loud.score(x))


def test_a_saved_model_goes_on_with_its_instance_noise(tmp_path):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)
    x = np.linspace(-1, 1, 8, dtype="float32")[:, None]
    model = kgan.GAN((1,), units=4, data_range=None, instance_noise=schedule, seed=0)
    model.compile()
    model.fit(x, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    assert twin.instance_noise.get_config() == schedule.get_config()
    for each in (model, twin):
        each.fit(x, batch_size=4, epochs=2, initial_epoch=1, verbose=0)
    assert np.array_equal(model.score(x), twin.score(x))
