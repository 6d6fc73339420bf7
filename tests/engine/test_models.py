"""One harness over every model: what each GAN of the package must do, on every backend."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

from kgan.two_player import TwoPlayerGame
from registry import MODELS, SHAPE

BATCH = 8
BACKEND = keras.backend.backend()


def samples(entry, n=36, seed=0):
    return entry.samples(n, seed)


def weights(layer):
    return [np.array(ops.convert_to_numpy(w.value)) for w in layer.weights]


def state(model):
    """Everything a run depends on: weights, averages, seeds and both optimizers' slots."""
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(ops.convert_to_numpy(v.value)) for v in variables]


def same(first, second):
    return len(first) == len(second) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(first, second, strict=True)
    )


@pytest.fixture(scope="module", params=MODELS, ids=str)
def entry(request):
    return MODELS[request.param]


@pytest.fixture(scope="module")
def fitted(entry, tmp_path_factory):
    """A model after four epochs with every usual callback, its history and its best file."""
    best = tmp_path_factory.mktemp("best") / "best.keras"
    model = entry()
    watched = f"val_{entry.validation[-1]}"
    history = model.fit(
        samples(entry),
        batch_size=BATCH,
        epochs=4,
        validation_data=samples(entry, 20, seed=1),
        callbacks=[
            keras.callbacks.EarlyStopping(watched, mode="min", patience=9),
            keras.callbacks.ModelCheckpoint(best, watched, mode="min", save_best_only=True),
        ],
        verbose=0,
    )
    return model, history.history, best


def test_every_quantity_is_logged_and_finite(entry, fitted):
    _, history, _ = fitted
    expected = {"discriminator_loss", "generator_loss", "real_score", "fake_score"}
    expected |= {"discriminator_gradient_norm", "generator_gradient_norm", *entry.logs}
    expected |= {f"val_{name}" for name in entry.validation}
    assert set(history) == expected, "say in tests/registry.py what is logged: logs=, validation="
    for name, values in history.items():
        assert np.isfinite(values).all(), name
        assert len(values) == 4


def test_iteration_counts(entry, fitted):
    model, _, _ = fitted
    minibatches = 4 * (36 // BATCH)
    moves = {p: int(o.iterations) for p, o in model.optimizer.players.items()}
    assert int(model.optimizer.iterations) == minibatches
    assert moves == {
        "discriminator": minibatches,
        "generator": minibatches // model.discriminator_steps,
    }


def test_generate(entry, fitted):
    model, _, _ = fitted
    images = model.generate(5, seed=7)
    low, high = model.data_range or (-np.inf, np.inf)
    assert images.shape == (5, *entry.shape)
    assert images.dtype == np.float32
    assert low <= images.min() <= images.max() <= high
    assert np.array_equal(images, model.generate(5, seed=7))
    assert not np.array_equal(images, model.generate(5, seed=8))


def test_average_differs_from_the_last_weights(entry, fitted):
    model, _, _ = fitted
    last = model.generate(4, averaged=False)
    if model.average_decay:
        assert not np.allclose(model.generate(4), last, atol=1e-7)
    else:
        assert np.array_equal(model.generate(4), last)
        with pytest.raises(ValueError, match="averaged: got True"):
            model.generate(4, averaged=True)


def test_predict_maps_noise_to_samples(fitted):
    model, _, _ = fitted
    noise = np.random.default_rng(0).standard_normal((6, model.latent_dim)).astype("float32")
    assert model.predict(noise, verbose=0).shape == (6, *SHAPE)


def test_score_is_one_finite_logit_a_sample(entry, fitted):
    model, _, _ = fitted
    logits = model.score(samples(entry, 6))
    assert logits.shape == (6,)
    assert np.isfinite(logits).all()


def test_model_checkpoint_wrote_a_loadable_model(fitted):
    model, _, best = fitted
    loaded = keras.saving.load_model(best)
    assert type(loaded) is type(model)
    assert loaded.generate(2).shape == (2, *model.data_shape)


def test_configuration_round_trip(fitted):
    model, _, _ = fitted
    twin = type(model).from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]


def test_same_seed_same_bits_and_resume(entry, fitted, tmp_path):
    """Two epochs, a file, two more in another object: the bits of four epochs in one go."""
    straight, _, _ = fitted
    data = {"x": samples(entry), "batch_size": BATCH, "verbose": 0}
    data["validation_data"] = samples(entry, 20, seed=1)
    first = entry()
    first.fit(epochs=2, **data)
    first.save(tmp_path / "half.keras")
    second = keras.saving.load_model(tmp_path / "half.keras")
    assert same(state(first), state(second))
    second.fit(epochs=4, initial_epoch=2, **data)
    assert same(state(straight), state(second))
    # The control: another order of the data must not lead to the same bits.
    assert not same(state(straight), state(first))


@pytest.mark.parametrize("moving", ["discriminator", "generator"])
def test_a_turn_changes_only_its_own_player(entry, moving):
    still = {"discriminator": "generator", "generator": "discriminator"}[moving]
    model = entry(**({} if entry.compiled else {"discriminator_steps": 1}))
    model.players[still].trainable = False
    model.compile(run_eagerly=True)
    before = {player: weights(network) for player, network in model.players.items()}
    model.fit(samples(entry, BATCH), batch_size=BATCH, verbose=0)
    assert same(before[still], weights(model.players[still]))
    assert not same(before[moving], weights(model.players[moving]))


def test_tiny_and_odd_sizes(entry):
    """Images whose sides no stride divides are generated larger and cropped."""
    model = entry.build((25, 9, 3), **{**entry.options, "seed": 0})
    assert model.generate(2).shape == (2, 25, 9, 3)


BAD_DATA = {
    "rank": (lambda x: x[..., 0], r"x: got shape \(36, 8, 8\)"),
    "size": (lambda x: x[:, :5], r"x: got shape \(36, 5, 8, 1\)"),
    "type": (lambda x: (x * 100).astype("uint8"), "x: got type uint8"),
    "range": (lambda x: 3 * x + 4, "x: got values from .* data_range"),
    "nan": (lambda x: np.where(x == x[5, 0, 0, 0], np.nan, x), "NaN or infinity in 1 of 36"),
    "infinity": (lambda x: np.where(x == x[5, 0, 0, 0], np.inf, x), "the first at index 5"),
    "too few": (lambda x: x[: BATCH - 1], "batch_size: got 8 for 7 samples"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_refused_by_name(entry, fitted, case):
    model, _, _ = fitted
    spoil, message = BAD_DATA[case]
    before = state(model)
    with pytest.raises(ValueError, match=message):
        model.fit(spoil(samples(entry)), batch_size=BATCH, verbose=0)
    assert same(before, state(model))


def test_bad_calls_are_refused_by_name(entry, fitted):
    model, _, _ = fitted
    x = samples(entry)
    for call, message in (
        (lambda: model.fit(x, epochs=0), "epochs: got 0"),
        (lambda: model.fit(x, batch_size=0), "batch_size: got 0"),
        (lambda: model.fit(x, np.zeros(36)), "takes no condition"),
        (lambda: model.fit(x, steps_per_epoch=3), "steps_per_epoch: got 3"),
        (lambda: model.fit(x, validation_data=x[:, :4]), "validation_data: got shape"),
        (lambda: model.generate(0), "n: got 0"),
        (lambda: model.generate(2, seed=-1), "seed: got -1"),
        (lambda: model.evaluate(x[:, :4]), "x: got shape"),
        (lambda: model.score(x[0]), "x: got shape"),
        (lambda: model.optimizer.learning_rate, "PlayerLearningRate"),
        (lambda: model.compile(optimizer="adam"), "one for each player"),
        (lambda: model.compile("adam", "not-an-optimizer"), "discriminator_optimizer: got"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_bad_constructions_are_refused_by_name(entry):
    if entry.compiled:
        pytest.skip("a preset: its constructor is the class's own")
    for options, message in (
        ({"data_range": (0, 255)}, "data_range: got"),
        ({"latent_dim": 0}, "latent_dim: got 0"),
        ({"discriminator_steps": 0}, "discriminator_steps: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"average_decay": 1.0}, "average_decay: got 1.0"),
        ({"instance_noise": -0.1}, "instance_noise: got -0.1"),
        ({"latent_dims": 3}, "option 'latent_dims' is unknown .did you mean 'latent_dim'"),
        ({"generator": keras.layers.Dense(3)}, "generator: got one that maps noise"),
        ({"discriminator": keras.layers.Flatten()}, "discriminator: got one that maps samples"),
        (
            {
                "discriminator": keras.Sequential(
                    [keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
                )
            },
            "ends in a sigmoid",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            entry.build(SHAPE, **{**entry.options, **options})
    with pytest.raises(ValueError, match="data_shape: got"):
        entry.build((0,))


def test_the_signature_names_every_option(entry):
    """What `help` shows and `kgan train --set` takes: the model's own options and the shared."""
    if entry.compiled:
        pytest.skip("a preset: its constructor is the class's own")
    shared = inspect.signature(TwoPlayerGame).parameters
    options = inspect.signature(entry.build).parameters
    assert set(options) >= {n for n, p in shared.items() if p.kind is not p.VAR_KEYWORD}
    assert all(option.kind is not option.VAR_KEYWORD for option in options.values())
    config = entry.build(SHAPE, **{**entry.options, "seed": 0}).get_config()
    missing = set(config) - set(options)
    assert not missing


# Forms of data -----------------------------------------------------------------------------


class OfTheUser(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return len(self.x) // BATCH

    def __getitem__(self, index):
        return (self.x[index * BATCH : (index + 1) * BATCH],)


def as_tf_data(x):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(x).batch(BATCH)


def as_loader(x):
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.from_numpy(x)), batch_size=BATCH
    )


@pytest.mark.parametrize("form", [OfTheUser, as_tf_data, as_loader])
def test_other_forms_of_data(form):
    entry = MODELS["GAN"]
    model = entry()
    history = model.fit(form(samples(entry)), validation_data=form(samples(entry)), verbose=0)
    assert np.isfinite(history.history["val_value"]).all()
    with pytest.raises(ValueError, match="minibatch: got shape"):
        model.fit(form(samples(entry)[:, :4]), verbose=0)


def test_validation_split_holds_out_the_end():
    entry = MODELS["GAN"]
    history = entry().fit(samples(entry), batch_size=BATCH, validation_split=0.25, verbose=0)
    assert np.isfinite(history.history["val_value"]).all()


@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras compiles several steps only there")
def test_several_steps_an_execution_change_no_bit():
    entry = MODELS["WGANGP"]
    models = entry(), entry()
    models[1].compile(steps_per_execution=4)
    for model in models:
        model.fit(samples(entry), batch_size=BATCH, epochs=2, verbose=0)
    assert same(state(models[0]), state(models[1]))


@pytest.mark.skipif(BACKEND == "torch", reason="no second derivative of a compiled step there")
def test_compiled_by_xla():
    model = MODELS["WGANGP"]()
    model.compile(jit_compile=True)
    history = model.fit(samples(MODELS["WGANGP"]), batch_size=BATCH, verbose=0)
    assert np.isfinite(history.history["generator_loss"]).all()


@pytest.mark.skipif(BACKEND != "torch", reason="only PyTorch cannot")
def test_compiled_steps_are_refused_on_torch():
    with pytest.raises(ValueError, match="jit_compile: got True"):
        MODELS["GAN"]().compile(jit_compile=True)


@pytest.mark.parametrize("name", ["GAN", "WGANGP"])
def test_mixed_bfloat16(name):
    entry = MODELS[name]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = entry()
        history = model.fit(samples(entry), batch_size=BATCH, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(values).all() for values in history.history.values())
    assert all("float32" in str(w.dtype) for w in model.generator.trainable_weights)


def test_mixed_float16_is_refused():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match="got mixed_float16"):
            MODELS["GAN"]()
    finally:
        keras.config.set_dtype_policy("float32")


class Centred(keras.layers.Layer):
    """Mixes samples: subtracts the mean of the batch."""

    def call(self, x):
        return x - ops.mean(x, axis=0)


@pytest.mark.parametrize(
    ("layer", "joined"),
    [
        (keras.layers.LayerNormalization, True),
        (keras.layers.BatchNormalization, False),
        (Centred, False),
    ],
)
def test_real_and_generated_samples_are_never_mixed(layer, joined):
    """One pass over both gives the logits of two passes, or is not taken."""
    entry = MODELS["GAN"]
    network = keras.Sequential([keras.layers.Flatten(), layer(), keras.layers.Dense(1)])
    model = entry(discriminator=network)
    real, fake = samples(entry, 6), samples(entry, 6, seed=1)
    alone = [model.discriminate({}, x) for x in (real, fake)]
    both = model.discriminate_both({}, ops.convert_to_tensor(real), ops.convert_to_tensor(fake))
    for one, other in zip(alone, both, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ops.stop_gradient(one)),
            ops.convert_to_numpy(ops.stop_gradient(other)),
            atol=1e-6,
        )
    # The control: in one pass, these two layers would have mixed them.
    pooled = model.discriminate({}, np.concatenate([real, fake + 1]))[:6]
    close = np.allclose(
        ops.convert_to_numpy(ops.stop_gradient(pooled)),
        ops.convert_to_numpy(ops.stop_gradient(alone[0])),
        atol=1e-4,
    )
    assert close == joined


def test_batch_normalisation_is_refused_under_a_gradient_penalty():
    critic = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    )
    with pytest.raises(ValueError, match="batch normalisation"):
        MODELS["WGANGP"](discriminator=critic)
