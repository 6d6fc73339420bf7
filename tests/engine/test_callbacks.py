"""What watches a run: pictures of samples, theory beside the discriminator, TensorBoard, rates."""

import keras
import numpy as np
import pytest
import scipy.stats
from PIL import Image

import kgan
import theory
from kgan import show
from kgan.callbacks import PlayerLearningRate, SampleGrid, TensorBoard, TheoryMonitor

P_DATA = theory.Mixture.normal([0.5, 0.5], [-2, 1], [0.7, 1])


@keras.saving.register_keras_serializable(package="tests")
class Optimum(keras.layers.Layer):
    """The logit of D*: log p_data(x) - log p_g(x), for normals (no weights: p_g = N(0, s^2))."""

    def __init__(self, means, stds, scale, **options):
        super().__init__(**options)
        self.means, self.stds, self.scale = means, stds, scale
        self.built = True

    def call(self, x):
        ops = keras.ops
        terms = [
            -ops.square((x - m) / s) / 2 - np.log(2 * s)
            for m, s in zip(self.means, self.stds, strict=True)
        ]
        data = ops.logaddexp(*terms)
        return data + ops.square(x / self.scale) / 2 + np.log(self.scale)


class Scaled(keras.layers.Layer):
    """The generator of N(0, s^2): z -> s z; the weight lets it be a player."""

    def __init__(self, scale, **options):
        super().__init__(**options)
        self.scale = scale
        self.shift = self.add_weight(shape=(), initializer="zeros")
        self.built = True

    def call(self, z):
        return self.scale * z + self.shift


def gan(data_shape=(1,), **options):
    keras.utils.set_random_seed(0)
    model = kgan.GAN(
        data_shape, **{"data_range": None, "latent_dim": 1, "units": 8, "seed": 0, **options}
    )
    model.compile()
    return model


def watched(callback, model):
    callback.set_model(model)
    callback.on_train_begin()
    return callback


# Pictures ----------------------------------------------------------------------------------


def test_sample_grid_writes_a_picture_an_epoch_and_an_animation(tmp_path):
    model = gan((8, 8, 1), data_range=(-1, 1))
    x = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1)).astype("float32")
    model.fit(x, epochs=2, verbose=0, callbacks=[SampleGrid(tmp_path, shape=(2, 2))])
    names = sorted(p.name for p in (tmp_path / "samples").iterdir())
    assert names == ["0000.png", "0001.png", "0002.png"]
    last = np.asarray(Image.open(tmp_path / "samples" / "0002.png"))
    again = np.asarray(show.picture(model.generate(4, seed=0), model.sample_part, shape=(2, 2)))
    assert (last == again).all()  # the same noise every time
    with Image.open(tmp_path / "progress.gif") as animation:
        assert animation.n_frames == 3
    # A run that was killed and goes on: the animation is made of what lies there.
    (tmp_path / "samples" / "0001.png").unlink()
    model.fit(
        x, epochs=3, initial_epoch=2, verbose=0, callbacks=[SampleGrid(tmp_path, shape=(2, 2))]
    )
    with Image.open(tmp_path / "progress.gif") as animation:
        assert animation.n_frames == 3
    assert not list(tmp_path.rglob("*tmp*"))


@pytest.mark.parametrize(
    ("options", "named"), [({"shape": (0, 3)}, "shape"), ({"points": 1}, "points")]
)
def test_sample_grid_refuses_bad_options(tmp_path, options, named):
    with pytest.raises(ValueError, match=named):
        SampleGrid(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_sample_grid_refuses_what_it_cannot_draw(tmp_path):
    with pytest.raises(ValueError, match=r"SampleGrid: got .* shape \(8, 8, 2\)"):
        watched(SampleGrid(tmp_path), gan((8, 8, 2)))


# Theory beside the discriminator -------------------------------------------------------------


def exact_gan(scale=1.5, offset=0.0):
    """The generator of N(0, scale^2) against exactly its optimal discriminator."""
    best = keras.Sequential(
        [keras.layers.Input((1,)), Optimum([-2.0, 1.0], [0.7, 1.0], scale)], name="best"
    )
    generator = keras.Sequential([keras.layers.Input((1,)), Scaled(scale)])
    model = kgan.GAN(
        (1,), data_range=None, latent_dim=1, generator=generator, discriminator=best, seed=0
    )
    if offset:
        generator.layers[-1].shift.assign(offset)
    return model


def test_optimal_discriminator_reaches_the_bound():
    monitor = TheoryMonitor(P_DATA, generator_density=scipy.stats.norm(0, 1.5))
    watched(monitor, exact_gan()).measure()
    assert monitor.theory_rms < 1e-6  # float32 logits
    assert monitor.theory_value == pytest.approx(monitor.theory_bound, abs=2e-4)
    bound = 2 * theory.js(P_DATA, scipy.stats.norm(0, 1.5)) - np.log(4)
    assert monitor.theory_bound == pytest.approx(bound, abs=1e-12)


def test_another_generator_is_noticed():
    """Negative control: D* of another generator falls short of the bound."""
    monitor = TheoryMonitor(P_DATA, generator_density=scipy.stats.norm(0.5, 1.5))
    watched(monitor, exact_gan(offset=0.5)).measure()
    assert monitor.theory_rms > 0.05
    assert monitor.theory_value < monitor.theory_bound - 0.01


def test_value_and_distance_are_the_integrals_they_say():
    """Against theory.value, which integrates adaptively, and a sum over a grid of its own."""
    model = gan()
    q = scipy.stats.norm(0, 1.5)
    monitor = watched(TheoryMonitor(P_DATA, generator_density=q), model)
    monitor.measure()
    grid = np.linspace(-12, 12, 6001)
    logit = model.score(grid[:, None].astype("float32"))
    learned = theory.Discriminator(lambda x: np.interp(x, grid, logit))
    best = theory.optimal_discriminator(P_DATA, q)(grid)
    weight = (P_DATA.pdf(grid) + q.pdf(grid)) / 2 * (grid[1] - grid[0])
    rms = np.sqrt(np.sum((learned(grid) - best) ** 2 * weight))
    value = np.sum(
        (P_DATA.pdf(grid) * np.log(learned(grid)) + q.pdf(grid) * np.log1p(-learned(grid)))
        * (grid[1] - grid[0])
    )
    assert monitor.theory_rms == pytest.approx(rms, abs=1e-4)
    assert monitor.theory_value == pytest.approx(value, abs=2e-4)
    assert monitor.theory_value < monitor.theory_bound


def test_density_estimate_is_near_the_exact_density():
    """Estimated from 1,000 samples, C(G) lies within 0.06 of the exact one (bias of the kernel)."""
    model = exact_gan()
    estimated = watched(TheoryMonitor(P_DATA), model)
    exact = watched(TheoryMonitor(P_DATA, generator_density=scipy.stats.norm(0, 1.5)), model)
    estimated.measure()
    exact.measure()
    assert estimated.theory_bound == pytest.approx(exact.theory_bound, abs=0.06)
    assert estimated.theory_rms < 0.1


def test_collapsed_generator_has_a_density_still():
    model = exact_gan(scale=1.5)
    model.generator.layers[-1].scale = 0.0
    monitor = watched(TheoryMonitor(P_DATA), model)
    monitor.measure()
    # All mass in one point is told apart perfectly: V(D*, G) = C(G) -> 0 from below.
    assert -0.05 < monitor.theory_bound < 0


def test_monitor_logs_draws_and_stops_early(tmp_path):
    x = P_DATA.rvs(256, random_state=0)[:, None].astype("float32")
    model = gan()
    stop = keras.callbacks.EarlyStopping(
        "theory_rms", mode="min", min_delta=10.0, patience=1, verbose=0
    )
    monitor = TheoryMonitor(P_DATA, tmp_path, samples=100)
    logs = model.fit(x, batch_size=64, epochs=9, verbose=0, callbacks=[monitor, stop]).history
    assert len(logs["theory_rms"]) == 2  # nothing improves by 10
    assert logs["theory_rms"][-1] == monitor.theory_rms
    assert {"theory_value", "theory_bound"} <= set(logs)
    assert all(v <= c for v, c in zip(logs["theory_value"], logs["theory_bound"], strict=True))
    assert sorted(p.name for p in (tmp_path / "theory").iterdir()) == ["0001.png", "0002.png"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"density": 3}, "density: got 3"),
        ({"density": None}, "density: got None"),
        ({"density": np.zeros((50, 2))}, r"density: got an array \(50, 2\)"),
        ({"density": np.full((200, 2), np.nan)}, "density: got samples with NaN"),
        ({"density": scipy.stats.multivariate_normal([0, 0])}, "density: got <scipy"),
        ({"density": P_DATA, "samples": 5}, "samples: got 5"),
        ({"density": P_DATA, "generator_density": "normal"}, "generator_density: got 'normal'"),
        (
            {"density": np.zeros((200, 2)), "generator_density": P_DATA},
            "generator_density: got <theory",
        ),
    ],
)
def test_monitor_refuses_bad_options(options, named):
    with pytest.raises(ValueError, match=named):
        TheoryMonitor(**options)


def test_monitor_refuses_what_theory_has_no_figure_for():
    """Scores of another kind, minibatches judged as one, planes without held-out samples."""
    points = np.random.default_rng(0).normal(size=(200, 2))
    on_the_line = (kgan.LSGAN, kgan.HingeGAN, kgan.R3GAN, kgan.MinibatchGAN)
    cases = [(P_DATA, kind((1,), data_range=None, filters=2, seed=0)) for kind in on_the_line]
    critics = [kgan.WGANGP((d,), data_range=None, filters=2, seed=0) for d in (1, 2)]
    cases += [(P_DATA, gan((2,))), (points, gan((2,))), (points, critics[0]), (P_DATA, critics[1])]
    for density, model in cases:
        with pytest.raises(ValueError, match="TheoryMonitor: got"):
            watched(TheoryMonitor(density), model)


# TensorBoard ---------------------------------------------------------------------------------


def tags(folder) -> dict[str, set[str]]:
    """Names in a folder's event files, by the kind of summary."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    found: dict[str, set[str]] = {}
    for tag in events.Tags()["tensors"]:
        kind = events.SummaryMetadata(tag).plugin_data.plugin_name
        found.setdefault(kind, set()).add(tag)
    return found


def test_event_files_hold_scalars_images_and_histograms(tmp_path):
    """C-23: at least one of each."""
    x = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1)).astype("float32")
    model = gan((8, 8, 1), data_range=(-1, 1))
    model.fit(x, epochs=2, verbose=0, validation_data=x, callbacks=[TensorBoard(tmp_path)])
    found = tags(tmp_path / "train")
    assert {"epoch_generator_loss", "epoch_discriminator_loss"} <= found["scalars"]
    assert found["images"] == {"samples"}
    assert len(found["histograms"]) == len(model.trainable_variables)
    assert "epoch_value" in tags(tmp_path / "validation")["scalars"]


def test_tensorboard_draws_what_has_a_picture_and_leaves_other_samples(tmp_path):
    for shape, drawn in (((2,), True), ((5,), True), ((8, 8, 2), False)):
        x = np.random.default_rng(0).normal(size=(64, *shape)).astype("float32")
        folder = tmp_path / str(len(shape) * shape[0])
        gan(shape).fit(x, epochs=1, verbose=0, callbacks=[TensorBoard(folder, images=1)])
        assert ("images" in tags(folder / "train")) is drawn
    with pytest.raises(ValueError, match="images: got 0"):
        TensorBoard(tmp_path, images=0)


# Learning rates ------------------------------------------------------------------------------


def test_player_learning_rate_moves_one_player():
    x = np.random.default_rng(0).normal(size=(64, 1)).astype("float32")
    model = gan()
    before = [np.array(w) for w in model.generator.get_weights()]
    schedule = PlayerLearningRate("generator", lambda epoch, rate: 0.0 if epoch < 2 else 0.5)
    logs = model.fit(x, epochs=2, verbose=0, callbacks=[schedule]).history
    assert logs["generator_learning_rate"] == [0.0, 0.0]
    # A rate of 0 stills the generator, in the compiled step too, and the other player goes on.
    for old, new in zip(before, model.generator.get_weights(), strict=True):
        assert (old == new).all()
    rate = model.optimizer.players["discriminator"].learning_rate
    assert float(keras.ops.convert_to_numpy(rate)) == pytest.approx(2e-4)
    model.fit(x, epochs=3, initial_epoch=2, verbose=0, callbacks=[schedule])
    assert any(
        (old != new).any() for old, new in zip(before, model.generator.get_weights(), strict=True)
    )


@pytest.mark.parametrize(
    ("player", "schedule", "named"),
    [
        ("painter", lambda epoch, rate: rate, "player: got 'painter'"),
        ("generator", lambda epoch, rate: -1.0, "schedule, at epoch 0: got -1.0"),
        ("generator", lambda epoch, rate: None, "schedule, at epoch 0: got None"),
    ],
)
def test_player_learning_rate_refuses(player, schedule, named):
    x = np.zeros((32, 1), np.float32)
    with pytest.raises(ValueError, match=named):
        gan().fit(x, epochs=1, verbose=0, callbacks=[PlayerLearningRate(player, schedule)])


def test_player_learning_rate_refuses_a_second_schedule():
    model = gan()
    decay = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9)
    model.compile(generator_optimizer=keras.optimizers.Adam(decay))
    callback = PlayerLearningRate("generator", lambda epoch, rate: rate)
    with pytest.raises(ValueError, match="schedule of its own"):
        watched(callback, model)
    with pytest.raises(ValueError, match="schedule: got 3"):
        PlayerLearningRate("generator", 3)
