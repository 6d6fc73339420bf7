"""A game's configuration is what its constructor was given, however its class came about."""

import copy

import keras
import numpy as np
import pytest
from keras import layers

import kgan
from kgan import networks


def small(kind):
    """A network of numbers (n, 2)."""
    if kind == "generator":
        return networks.perceptron_generator((2,), 4, None, units=4, depth=1)
    return networks.perceptron_discriminator((2,), units=4, depth=1)


class WithItsNetworks(kgan.TwoPlayerGame):
    """Makes its networks itself, and says them to its base."""

    def __init__(self, data_shape, **options):
        networks = {kind: small(kind) for kind in ("generator", "discriminator")}
        super().__init__(data_shape, **networks, latent_dim=4, data_range=None, **options)


class Seeded(kgan.GAN):
    """Sets for its base what its base would draw."""

    def __init__(self, data_shape, **options):
        super().__init__(data_shape, units=4, seed=3, name="mine", **options)


class Keyed(kgan.GAN):
    """Asks for an argument by keyword."""

    def __init__(self, data_shape, *, power, **options):
        self.power = power
        super().__init__(data_shape, units=2**power, **options)


class OfKeyed(Keyed):
    def __init__(self, data_shape, **options):
        super().__init__(data_shape, latent_dim=3, **options)


class Mixin:
    """Knows nothing of games."""


class Mixed(Mixin, kgan.GAN):
    pass


class Positional(kgan.GAN):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)


class Doubling(kgan.GAN):
    """Keeps something else under the name of an argument."""

    def __init__(self, data_shape, *, depth=None, **options):
        self.depth = 2 * depth if depth else 7
        super().__init__(data_shape, units=4, **options)


BUILT = {
    "its own networks": lambda: WithItsNetworks((2,)),
    "seed and name set": lambda: Seeded((2,)),
    "a required keyword": lambda: Keyed((2,), power=2),
    "a required keyword of the base": lambda: OfKeyed((2,), power=3),
    "a mixin": lambda: Mixed((2,), latent_dim=4, units=4),
    "positional": lambda: Positional((2,), objective=kgan.losses.minimax, units=4),
    "all by keyword": lambda: Positional(data_shape=(2,), units=4),
    "an attribute of that name": lambda: Doubling((2,)),
}


@pytest.mark.parametrize("kind", BUILT)
def test_a_model_comes_back_from_its_configuration(kind, tmp_path):
    model = BUILT[kind]()
    model.compile()
    twin = type(model).from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert (twin.seed, twin.name) == (model.seed, model.name)
    assert getattr(twin, "depth", 7) == getattr(model, "depth", 7)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(
        tmp_path / "model.keras", custom_objects={type(model).__name__: type(model)}
    )
    assert np.array_equal(loaded.generate(3), model.generate(3))


def test_a_model_is_saved_and_copied_before_it_is_compiled(tmp_path):
    model = kgan.GAN((2,), units=4)
    model.save(tmp_path / "model.keras")
    assert np.array_equal(
        keras.saving.load_model(tmp_path / "model.keras").generate(2), model.generate(2)
    )
    assert np.array_equal(copy.deepcopy(model).generate(2), model.generate(2))


def test_penalties_that_cannot_be_taken_are_refused():
    r1 = kgan.penalties.R1(1.0)
    with pytest.raises(ValueError, match="penalties: got 1; accepted are none"):
        kgan.UnrolledGAN((2,), units=4, penalties=(r1,))
    with pytest.raises(ValueError, match="penalties: got every = 2 in a simultaneous game"):
        kgan.PacGAN((2,), units=4, penalties=(kgan.penalties.R1(1.0, every=2),))


def test_a_pack_has_one_slope():
    """D(x₁, x₂) = Σ over both samples: ‖∇D‖ = 2 in ℝ⁴, not √2 for each sample (claim A-MC-07)."""
    linear = keras.Sequential([layers.Dense(1, kernel_initializer="ones")])
    model = kgan.PacGAN(
        (2,),
        units=4,
        data_range=None,
        discriminator=linear,
        penalties=(kgan.penalties.GradientPenalty(1.0), kgan.penalties.R1(2.0)),
    )
    x = keras.ops.convert_to_tensor(np.arange(16, dtype="float32").reshape(8, 2))
    assert np.array_equal(keras.ops.convert_to_numpy(model.unpacked(model.packed(x))), x)
    batch = model.draw({"real": x}, model.training_seeds)
    assert batch["gradient_penalty"]["mix"].shape[0] == 4
    total, values = model.penalty_loss(x, -x, batch)
    found = {n: float(keras.ops.convert_to_numpy(v.detach() if hasattr(v, "detach") else v))
             for n, v in {**values, "total": total}.items()}  # fmt: skip
    assert found == pytest.approx({"gradient_penalty": 1.0, "r1_penalty": 4.0, "total": 5.0})


class Rewind(keras.callbacks.Callback):
    """Loads weights at the beginning of an epoch, which sets the count of minibatches back."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_epoch_begin(self, epoch, logs=None):
        self.model.load_weights(self.path)


def test_the_schedule_follows_weights_that_a_callback_loads(tmp_path):
    """After 4 minibatches with k = 3 the next generator's move is at the sixth, loaded or not."""
    model = kgan.GAN((2,), units=2, data_range=None, discriminator_steps=3, seed=0)
    model.compile()
    x = np.zeros((16, 2), "float32")
    model.fit(x, batch_size=4, verbose=0)
    path = tmp_path / "at_4.weights.h5"
    model.save_weights(path)
    model.fit(x[:4], batch_size=4, verbose=0)
    model.fit(x, batch_size=4, verbose=0, callbacks=[Rewind(path)])
    assert int(model.optimizer.iterations) == 8
    assert int(model.optimizer.players["generator"].iterations) == 2


class Foreign:
    """An array of another library."""

    def __init__(self, x):
        self.x, self.shape, self.dtype = x, x.shape, x.dtype

    def __array__(self, dtype=None, copy=None):
        return self.x

    def __getitem__(self, rows):
        return self.x[rows]


def test_arrays_of_other_libraries_are_checked_too():
    model = kgan.GAN((2,), units=2, data_range=None, seed=0)
    model.compile()
    with pytest.raises(ValueError, match="x: got NaN"):
        model.fit(Foreign(np.full((8, 2), np.nan, "float32")), batch_size=4)
    with pytest.raises(ValueError, match="x: got type uint8"):
        model.score(Foreign(np.zeros((8, 2), "uint8")))
    model.fit(Foreign(np.zeros((8, 2), "float32")), batch_size=4, verbose=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_split": 0.5}, "validation_split: got 0.5 with a stream"),
        ({"batch_size": 5}, "batch_size: got 5 with a stream"),
        ({"class_weight": {0: 1.0}}, "class_weight: got one"),
    ],
)
def test_options_that_a_stream_has_no_use_for_are_refused(options, message):
    model = kgan.GAN((2,), units=2, data_range=None, seed=0)
    model.compile()
    stream = model.batches({"real": np.zeros((8, 2), "float32")}, 4)
    with pytest.raises(ValueError, match=message):
        model.fit(stream, **options)
    with pytest.raises(ValueError, match=r"batch_size: got 2\.5"):
        model.fit(np.zeros((8, 2), "float32"), batch_size=2.5)


def test_a_stream_of_packs_is_evaluated_in_its_own_minibatches():
    """32, the size that arrays are cut into, fills no packs of three; a stream has its own."""
    model = kgan.PacGAN((2,), units=4, packing=3, data_range=None, seed=0)
    model.compile()
    x = np.zeros((12, 2), "float32")
    stream = model.batches({"real": x}, 6)
    assert np.isfinite(model.evaluate(stream, verbose=0)).all()
    if keras.backend.backend() == "torch":
        loader = pytest.importorskip("torch").utils.data.DataLoader(x, batch_size=6)
        assert np.isfinite(model.evaluate(loader, verbose=0)).all()
    with pytest.raises(ValueError, match="batch_size: got 32"):
        model.evaluate(x, verbose=0)


@pytest.mark.parametrize("kind", [kgan.WGANGP, kgan.R1GAN, kgan.R3GAN])
def test_a_single_penalty_needs_no_tuple(kind):
    own = kind((2,), filters=2).penalties
    extra = kgan.penalties.GradientPenalty(2.0)
    if kind is kgan.WGANGP:
        extra = kgan.penalties.R2(2.0)
    found = [penalty.name for penalty in kind((2,), filters=2, penalties=extra).penalties]
    assert found == [*(penalty.name for penalty in own), extra.name]
