"""What ModeMonitor sees: modes of a generator that is known, while models train and resume."""

import math
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

import kgan
from kgan import runs
from kgan.callbacks import ModeMonitor
from kgan.metrics import mode_report

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTERS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
STD = 0.05


def gan(model_class=kgan.GAN, **options):
    keras.utils.set_random_seed(0)
    options = {"units": 8, "latent_dim": 2, "data_range": None, "seed": 0, **options}
    model = model_class((2,), **options)
    # Compiling the step takes longer than these few steps do without.
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), run_eagerly=True)
    return model


def affine(**options):
    """A GAN whose generator is z -> scale z + shift, so that its law is known."""
    generator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity")]
    )
    return gan(generator=generator, **options)


def place(model, scale, shift):
    """Let the generator draw N(shift, scale² I)."""
    model.generator.layers[-1].set_weights([scale * np.eye(2), np.asarray(shift, float)])


def watched(monitor, model):
    monitor.set_model(model)
    return monitor


def same(histories) -> bool:
    """Whether histories are equal, to the bit, by all they hold."""
    first, *others = histories
    return all(
        len(first) == len(other)
        and all(
            a[:2] == b[:2]
            and np.array_equal(a[2:4], b[2:4], equal_nan=True)
            and a.dominant == b.dominant
            and (a.shares == b.shares).all()
            and (a.points == b.points).all()
            for a, b in zip(first, other, strict=True)
        )
        for other in others
    )


def ring(n, seed=0):
    rng = np.random.default_rng(seed)
    points = CENTERS[rng.integers(8, size=n)] + STD * rng.normal(size=(n, 2))
    return points.astype("float32")


# What is measured --------------------------------------------------------------------------


def test_one_mode_is_seen_as_one_mode():
    """A generator of N(c₃, σ²): 1 − exp(−9/2) of high quality, within 4.9 standard errors."""
    model = affine()
    place(model, STD, CENTERS[3])
    found = watched(ModeMonitor(CENTERS, STD), model).measure()
    expected = 1 - math.exp(-4.5)
    error = math.sqrt(expected * (1 - expected) / 2500)
    assert (found.step, found.modes, found.dominant) == (0, 1, 3)
    assert abs(found.high_quality - expected) <= 4.9 * error
    assert found.reverse_kl == pytest.approx(math.log(8))
    assert found.shares[3] == found.high_quality == found.shares.sum()


def test_a_generator_that_hops_is_counted():
    model = affine()
    monitor = watched(ModeMonitor(CENTERS, STD), model)
    #          far      spread      0 comes to dominate, stays, then 1, none, still 1, 0
    places = [(9, 9), (0, 0), CENTERS[0], CENTERS[0], CENTERS[1], (9, 9), CENTERS[1], CENTERS[0]]
    for shift in places:
        place(model, 1.0 if tuple(shift) == (0, 0) else STD, shift)
        monitor.measure()
    assert [m.dominant for m in monitor.history] == [None, None, 0, 0, 1, None, 1, 0]
    assert monitor.changes == 2
    assert math.isnan(monitor.history[0].reverse_kl)


def test_half_of_the_good_samples_are_needed_to_dominate_and_one_percent_of_all():
    model = affine()
    monitor = watched(ModeMonitor([[-1.0, 0.0], [1.0, 0.0]], 0.5, radius=1), model)
    place(model, 1.0, (0.0, 0.0))  # as much of one mode as of the other, but for chance
    halves = monitor.measure()
    assert halves.dominant == halves.shares.argmax()  # of two, one holds more than half
    place(model, STD, (1.5 + 2.6 * STD, 0.0))  # 0.5% of the samples are near a mode
    few = monitor.measure()
    assert 0 < few.high_quality < 0.01
    assert few.dominant is None
    place(model, 1.0, (0.0, 0.0))
    spread = watched(ModeMonitor(CENTERS, 0.5, radius=0.5), model).measure()
    assert spread.high_quality > 0.1
    assert 1 / 8 < spread.shares.max() / spread.high_quality < 1 / 2
    assert spread.dominant is None


def test_samples_that_are_no_numbers_are_of_no_mode():
    model = affine()
    place(model, np.nan, CENTERS[0])
    found = watched(ModeMonitor(CENTERS, STD), model).measure()
    assert (found.modes, found.high_quality, found.dominant) == (0, 0.0, None)


def test_current_weights_are_measured_and_not_their_average():
    model = affine(average_decay=0.999)
    place(model, STD, CENTERS[5])  # of the average nothing is known: it is where the model began
    monitor = watched(ModeMonitor(CENTERS, STD), model)
    assert monitor.measure().dominant == 5
    assert mode_report(model.generate(2500), CENTERS, STD).high_quality < 0.5


def test_radius_and_share_are_those_of_the_report():
    model = affine()
    place(model, 0.6, (0, 0))
    samples = model.generate(500, seed=7)
    options = {"radius": 4, "minimum_share": 0.02}
    found = watched(ModeMonitor(CENTERS, STD, samples=500, seed=7, **options), model).measure()
    assert found[1:4] == mode_report(samples, CENTERS, STD, **options)
    assert found.modes != mode_report(samples, CENTERS, STD).modes  # control


# While fit runs ----------------------------------------------------------------------------


def test_measured_before_within_and_after_epochs_and_logged():
    x = ring(96)
    model = gan()
    monitor = ModeMonitor(CENTERS, 0.3, every=2)  # wide modes: something is found
    logs = model.fit(x, batch_size=32, epochs=2, verbose=0, callbacks=[monitor]).history
    assert [m.step for m in monitor.history] == [0, 2, 3, 4, 6]
    for name in ("modes", "high_quality", "reverse_kl"):
        assert logs[name] == [getattr(monitor.history[i], name) for i in (2, 4)]
    assert logs["mode_changes"][-1] == monitor.changes
    after = mode_report(model.generate(2500), CENTERS, 0.3)
    assert monitor.history[-1][1:4] == after
    assert monitor.history[0].high_quality != after.high_quality

    # Being watched changes nothing, and fit goes on where it was.
    alone = gan()
    alone.fit(x, batch_size=32, epochs=2, verbose=0)
    for a, b in zip(alone.get_weights(), model.get_weights(), strict=True):
        assert (a == b).all()
    model.fit(x, batch_size=32, epochs=3, initial_epoch=2, verbose=0, callbacks=[monitor])
    assert [m.step for m in monitor.history] == [0, 2, 3, 4, 6, 8, 9]


def test_within_an_epoch_the_weights_of_that_minibatch_are_measured():
    """JAX brings a model's variables up to date at the end of an epoch, unless it is asked."""
    x = np.tile(ring(1), (128, 1))  # all alike: their order does not matter
    monitor, short = ModeMonitor(CENTERS, STD, every=2), gan()
    gan().fit(x, batch_size=32, verbose=0, callbacks=[monitor])
    short.fit(x[:64], batch_size=32, verbose=0)
    assert [m.step for m in monitor.history] == [0, 2, 4]
    points = [m.points for m in monitor.history]
    assert (points[1] == short.generate(400)).all()
    assert (points[0] != points[1]).any()
    assert (points[1] != points[2]).any()


def test_early_stopping_and_packs():
    model = gan(kgan.PacGAN, packing=2)
    monitor = ModeMonitor(CENTERS, STD, samples=100)
    stop = keras.callbacks.EarlyStopping("modes", mode="max", baseline=9, patience=1)
    logs = model.fit(ring(64), batch_size=32, epochs=9, verbose=0, callbacks=[monitor, stop])
    assert len(logs.history["modes"]) == 2  # of eight modes nine are never reached


def test_history_goes_on_where_the_checkpoint_left_off(tmp_path):
    x, wide = ring(64), {"std": 0.3, "samples": 100, "every": 1}

    def train(model, epochs, monitor, first=0):
        callbacks = [monitor] if monitor else []
        options = {"initial_epoch": first, "verbose": 0, "callbacks": callbacks}
        model.fit(x, batch_size=32, epochs=epochs, **options)

    killed = ModeMonitor(CENTERS, directory=tmp_path, **wide)
    killed.on_train_end = lambda logs=None: None  # a process that is killed draws nothing
    train(gan(), 2, killed)
    assert [path.name for path in tmp_path.iterdir()] == ["modes.npz"]

    resumed, again = gan(), ModeMonitor(CENTERS, directory=tmp_path, **wide)
    train(resumed, 1, None)  # the checkpoint is of the first epoch
    train(resumed, 3, again, first=1)
    whole = ModeMonitor(CENTERS, **wide)
    train(gan(), 3, whole)
    assert [m.step for m in whole.history] == [0, 1, 2, 3, 4, 5, 6]
    assert same([whole.history, again.history])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["modes.npz", "modes.png"]

    # Another game in the same folder begins anew; other modes are refused.
    other = watched(ModeMonitor(CENTERS, directory=tmp_path, **wide), gan())
    other.on_train_begin()
    assert [m.step for m in other.history] == [0]
    with pytest.raises(ValueError, match="a history of 8 modes; accepted is one of 2"):
        watched(ModeMonitor(CENTERS[:2], directory=tmp_path, **wide), gan()).on_train_begin()


@pytest.mark.slow
def test_a_run_folder_that_was_killed_goes_on_with_its_history(tmp_path):
    data = kgan.data.load("ring", size=64, seed=0)

    def train(name, epochs):
        model = runs.build("gan", data, {"units": 4, "latent_dim": 2}, seed=0)
        run = runs.start(tmp_path / name, model, data, batch_size=32)
        monitor = ModeMonitor(data.centers, 0.3, run.path, samples=100, every=1)
        run.train(epochs, [monitor], verbose=0)
        return monitor.history

    whole = train("whole", 3)
    train("killed", 2)
    shutil.rmtree(tmp_path / "killed" / "checkpoints" / "0002")
    run = runs.resume(tmp_path / "killed", data)
    assert run.epoch == 1
    again = ModeMonitor(data.centers, 0.3, run.path, samples=100, every=1)
    run.train(3, [again], verbose=0)
    assert same([whole, again.history])
    header, *rows = (run.path / "history.csv").read_text().splitlines()
    assert {"modes", "high_quality", "reverse_kl", "mode_changes"} <= set(header.split(","))
    assert len(rows) == 3


# The picture -------------------------------------------------------------------------------


def test_figure_shows_the_snapshots_that_are_asked_for():
    model = gan()
    monitor = watched(ModeMonitor(CENTERS, STD, samples=100), model)
    for _ in range(11):
        monitor.measure()
        model.optimizer.advance()  # as if a minibatch had been trained on

    def titles(figure):
        return [axes.get_title() for axes in figure.axes if axes.get_title().isdigit()]

    assert titles(monitor.figure([0, 5, 10_000])) == ["0", "5", "10"]
    assert titles(monitor.figure()) == ["0", "1", "3", "4", "6", "7", "9", "10"]
    for wrong in ([], [-1, 3]):
        with pytest.raises(ValueError, match="snapshots: got"):
            monitor.figure(wrong)
    with pytest.raises(ValueError, match="got no measurement yet"):
        ModeMonitor(CENTERS, STD).figure()


def test_lines_and_spaces_are_drawn_too():
    for d in (1, 3):
        model = kgan.GAN((d,), data_range=None, units=4, latent_dim=2, seed=0)
        model.compile()
        monitor = watched(ModeMonitor(np.eye(d)[:1], 1.0), model)
        monitor.measure()
        assert len(monitor.figure().axes) == 1 + 4 + 1  # snapshot, curves, strip, colours


# What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"centers": [1.0, 2.0]}, "centers"),
        ({"centers": [[np.nan, 0.0]]}, "centers"),
        ({"std": 0.0}, "std"),
        ({"samples": 99}, "samples"),
        ({"every": 0}, "every"),
        ({"every": 2.5}, "every"),
        ({"radius": -1}, "radius"),
        ({"minimum_share": 2}, "minimum_share"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_options_are_refused(options, named):
    with pytest.raises(ValueError, match=named):
        ModeMonitor(**{"centers": CENTERS, "std": STD, **options})


def test_samples_of_another_shape_are_refused():
    monitor = ModeMonitor(np.eye(3), STD)
    with pytest.raises(ValueError, match=r"ModeMonitor: got a model of samples of shape \(2,\)"):
        gan().fit(ring(32), verbose=0, callbacks=[monitor])


# The laboratory ----------------------------------------------------------------------------


class OverTrainedGenerator(kgan.GAN):
    """The GAN whose generator moves ten times for each move of the discriminator."""

    def turns(self):
        discriminator, generator = super().turns()
        return replace(discriminator, every=10), generator


def perceptron(outputs):
    return keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(outputs),
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_over_trained_generator_collapses_and_hops(seed):
    """C-06, A-MC-01, A-MC-03: two modes at most and two hops at least, within 3,000 minibatches,
    which are 3,000 steps of the generator and 300 of the discriminator. In equal turns the same
    networks end on all eight modes."""
    found = {}
    for model_class in (OverTrainedGenerator, kgan.GAN):
        keras.utils.set_random_seed(seed)
        networks = {"generator": perceptron(2), "discriminator": perceptron(1)}
        model = model_class((2,), data_range=None, latent_dim=2, seed=seed, **networks)
        at_once = 1 if keras.backend.backend() == "torch" else 50  # PyTorch knows one only
        rates = [keras.optimizers.Adam(5e-4, beta_1=0.5) for _ in range(2)]
        model.compile(*rates, steps_per_execution=at_once)
        monitor = ModeMonitor(CENTERS, STD, every=50)
        model.fit(ring(128 * 3000, seed), batch_size=128, verbose=0, callbacks=[monitor])
        found[model_class] = monitor
    hopping, balanced = found.values()
    settled = [m for m in hopping.history if m.high_quality >= 0.5]
    assert settled  # before training no mode is captured, which is no collapse
    assert min(m.modes for m in settled) <= 2
    assert hopping.changes >= 2
    late = [m for m in balanced.history if m.step > 1500]
    assert min(m.modes for m in late) == 8
    assert all(m.dominant is None for m in late)
