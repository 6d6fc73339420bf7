"""Games of a user's own, from public names alone, held to what the package's own models do."""

import ast
import inspect
import sys

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from engine.test_models import (  # the harness's own tests, asked of these games by their names
    BATCH,
    fitted,  # noqa: F401
    same,
    state,
    test_a_turn_changes_only_its_own_player,  # noqa: F401
    test_average_differs_from_the_last_weights,  # noqa: F401
    test_configuration_round_trip,  # noqa: F401
    test_every_quantity_is_logged_and_finite,  # noqa: F401
    test_generate,  # noqa: F401
    test_model_checkpoint_wrote_a_loadable_model,  # noqa: F401
    test_same_seed_same_bits_and_resume,  # noqa: F401
    test_score_is_one_finite_logit_a_sample,  # noqa: F401
    weights,
)
from kgan.autodiff import Replicas
from kgan.ensemble import fit_seeds
from own_games.auxiliary import AuxiliaryGAN
from own_games.captioned import CaptionedGAN
from own_games.conditional import ConditionalGAN
from own_games.cycle import CycleGAN
from own_games.spectrogram import SpectrogramGAN
from registry import Entry

BACKEND = keras.backend.backend()
IMAGE = kgan.Part((8, 8, 1), "image", (-1, 1))
LABEL = kgan.Part((), "label", classes=3)
CAPTION = kgan.Part((6,), "text", classes=50)
SMALL = {"latent_dim": 4, "discriminator_steps": 2, "average_decay": 0.9}

CONDITIONAL = Entry(ConditionalGAN, options=SMALL, parts={"real": IMAGE, "label": LABEL})
AUXILIARY = Entry(
    AuxiliaryGAN,
    options={"latent_dim": 4},
    parts={"real": IMAGE, "label": LABEL},
    logs=("real_class_loss", "fake_class_loss"),
)
CAPTIONED = Entry(
    CaptionedGAN,
    options={**SMALL, "instance_noise": 0.1},
    parts={"real": IMAGE, "caption": CAPTION},
    validation=("score_difference",),
)
SPECTROGRAM = Entry(
    SpectrogramGAN,
    options=SMALL,
    shape=(16, 12, 1),
    parts={"real": kgan.Part((16, 12, 1), "spectrogram")},
    logs=("penalty_loss", "r1_penalty", "matching"),
)
CYCLE = Entry(
    CycleGAN,
    options={"judge_steps": 2, "average_decay": {"to_b": 0.9, "judge_a": 0.8}},
    parts={"a": IMAGE, "b": IMAGE},
    paired=False,
    validation=("cycle",),
)
TWO_PLAYERS = {
    "conditional": CONDITIONAL,
    "auxiliary": AUXILIARY,
    "captioned": CAPTIONED,
    "spectrogram": SPECTROGRAM,
}
GAMES = {**TWO_PLAYERS, "cycle": CYCLE}
ANY_GAME = (
    "test_configuration_round_trip",
    "test_same_seed_same_bits_and_resume",
    "test_written_with_public_names_alone",
    "test_every_form_of_data_is_read_alike",
)


def pytest_generate_tests(metafunc):
    """Tests that know of a generator and a discriminator are not asked of the game of four."""
    if "entry" in metafunc.fixturenames:
        games = GAMES if metafunc.function.__name__ in ANY_GAME else TWO_PLAYERS
        metafunc.parametrize("entry", games.values(), ids=games, scope="module")


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    """A CycleGAN after three epochs, and its file."""
    model = CYCLE()
    data = {"x": CYCLE.samples(), "validation_data": CYCLE.samples(20, seed=1)}
    history = model.fit(**data, batch_size=BATCH, epochs=3, verbose=0).history
    file = tmp_path_factory.mktemp("cycle") / "model.keras"
    model.save(file)
    return model, history, file


@pytest.fixture(scope="module")
def conditional():
    """Trained where class 1 does not occur and class 0 is three times as frequent as class 2."""
    model = CONDITIONAL()
    images = CONDITIONAL.samples(64)["real"]
    labels = np.tile([0, 0, 0, 2], 16)
    model.fit((images, labels), batch_size=BATCH, epochs=4, verbose=0)
    return model


def test_written_with_public_names_alone(entry):
    tree = ast.parse(inspect.getsource(sys.modules[entry.build.__module__]))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {node.module for node in imported} <= {"keras"}
    # Keras itself writes two attributes into every class that is registered.
    private = {name for name in vars(entry.build) if name[0] == "_" and name[1] != "_"}
    assert all(name.startswith("_api_export") for name in private)


# Data ----------------------------------------------------------------------------------------


def split(entry, n=36):
    x = entry.samples(n)
    return x if isinstance(x, dict) else {"real": x}


def test_every_form_of_data_is_read_alike(entry):
    """A tuple in order, a list, a dict in any order, and a data set whose names are others."""
    model, parts = entry(), split(entry)
    other = {f"the_{name}": x for name, x in parts.items()}
    data = kgan.data.Dataset(
        name="own",
        train=other,
        test=other,
        parts={f"the_{name}": part for name, part in entry.parts.items()},
        paired=entry.paired,
    )
    x, *y = parts.values()
    forms = [tuple(parts.values()), [x, *y], dict(reversed(parts.items())), data, parts]
    for given in [*(model.read(form) for form in forms), model.read(x, *y)]:
        assert list(given) == list(parts)
        assert all(given[name] is parts[name] for name in parts)


class Stream(keras.utils.PyDataset):
    """Minibatches of the user's own, which note the epoch that they were asked for in."""

    def __init__(self, parts, form=dict):
        super().__init__()
        self.parts, self.form, self.epoch, self.epochs = parts, form, None, set()

    def __len__(self):
        return min(map(len, self.parts.values())) // BATCH

    def __getitem__(self, index):
        self.epochs.add(self.epoch)
        rows = slice(index * BATCH, (index + 1) * BATCH)
        minibatch = {name: x[rows] for name, x in self.parts.items()}
        return minibatch if self.form is dict else tuple(minibatch.values())


def as_tf_data(parts):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(parts).batch(BATCH, drop_remainder=True)


def as_loader(parts):
    torch = pytest.importorskip("torch")
    tensors = torch.utils.data.TensorDataset(*map(torch.from_numpy, parts.values()))
    return torch.utils.data.DataLoader(tensors, batch_size=BATCH)


def test_streams_of_several_parts():
    model, parts = CONDITIONAL(), split(CONDITIONAL, 2 * BATCH)
    streams = [
        Stream(parts),
        Stream(parts, tuple),
        as_tf_data(parts),
        as_tf_data(tuple(parts.values())),
        as_loader(parts),
    ]
    for stream in streams:
        history = model.fit(stream, validation_data=stream, verbose=0).history
        assert np.isfinite(history["val_value"]).all()
    assert int(model.optimizer.iterations) == 2 * len(streams)
    for bad, message in (
        ({**parts, "real": parts["real"][:, :4]}, r"minibatch\['real'\]: got shape"),
        ({"real": parts["real"]}, "minibatch: got no 'label'"),
    ):
        with pytest.raises(ValueError, match=message):
            CONDITIONAL().fit(Stream(bad), verbose=0)


def test_a_stream_with_an_epoch_is_told_it(cycle):
    _, _, file = cycle
    model = keras.saving.load_model(file)
    stream = Stream(CYCLE.samples(22))
    model.fit(stream, epochs=5, initial_epoch=3, verbose=0)
    assert stream.epochs - {None} == {3, 4}  # Keras looks at a first minibatch before any epoch


def bad_calls():
    x, label = split(CONDITIONAL).values()
    nan = np.where(x == x[5, 0, 0, 0], np.nan, x)
    caption = split(CAPTIONED)["caption"]
    b = CYCLE.samples()["b"]
    return [
        (CONDITIONAL, x, r"x: got no 'label'; accepted is real \(image\), label \(label\)"),
        (CONDITIONAL, {"real": x, "labels": label}, "part 'labels' is unknown.*'label'"),
        (CONDITIONAL, (x, label, label), "more than the 2 parts"),
        (CONDITIONAL, (x, label[:9]), r"different length \(real 36, label 9\)"),
        (CONDITIONAL, (x, label + 1), r"x\['label'\]: got 3 at index .* from 0 to 2"),
        (CONDITIONAL, (x, label / 1), r"x\['label'\]: got type float64"),
        (CONDITIONAL, (x, label[:, None]), r"x\['label'\]: got shape \(36, 1\)"),
        (CONDITIONAL, (x[:, :4], label), r"x\['real'\]: got shape \(36, 4, 8, 1\)"),
        (CONDITIONAL, (nan, label), r"x\['real'\]: got NaN .* index 5"),
        (CONDITIONAL, (3 * x, label), r"x\['real'\]: got values"),
        (CAPTIONED, (x, caption[:, :5]), r"x\['caption'\]: got shape \(36, 5\)"),
        (CAPTIONED, (x, caption - 1), r"x\['caption'\]: got -1"),
        (CYCLE, {"a": x}, "x: got no 'b'"),
        (CYCLE, (x, b[:7]), "batch_size: got 8 for 7 samples"),
        (CYCLE, (x, 2 * b), r"x\['b'\]: got values"),
    ]


def test_bad_data_are_refused_by_name():
    models = {id(entry): entry() for entry in GAMES.values()}
    for entry, data, message in bad_calls():
        model = models[id(entry)]
        with pytest.raises(ValueError, match=message):
            model.fit(data, batch_size=BATCH, verbose=0)
        if "batch_size" not in message:
            with pytest.raises(ValueError, match=message):
                model.evaluate(data, verbose=0)
            with pytest.raises(
                ValueError,
                match=message.replace("x: ", "validation_data: ", 1).replace(
                    "x\\[", "validation_data\\[", 1
                ),
            ):
                model.fit(entry.samples(), batch_size=BATCH, validation_data=data, verbose=0)


def test_other_bad_calls_are_refused_by_name(conditional, cycle):
    translator, _, _ = cycle
    untold = CAPTIONED()
    x = CONDITIONAL.samples()["real"]
    for call, message in (
        (lambda: ConditionalGAN((8, 8, 1), labels=3), "ConditionalGAN: option 'labels'"),
        (lambda: CycleGAN((8, 8, 1), pools=3), "option 'pools' .*pool_size"),
        (lambda: CycleGAN((8, 8, 1), average_decay={"to_c": 0.9}), "average_decay: player 'to_c'"),
        (lambda: conditional.generate(2, label=3), "label: got 3 at index 0"),
        (lambda: conditional.generate(2, label=0.5), "label: got type float64"),
        (lambda: conditional.generate(2, label=[0, 1, 2]), "label: got 3 values for 2 samples"),
        (lambda: conditional.generate(2, labels=1), "condition 'labels' is unknown.*'label'"),
        (lambda: conditional.score(x), "x: got no 'label'"),
        (lambda: conditional.score(3), "x: got int"),
        (lambda: untold.generate(2), "caption: got none, .*the model has not been trained"),
        (lambda: untold.generate(2, caption=[1, 2]), r"caption: got shape \(2, 2\)"),
        (lambda: untold.generate(2, caption=[0, 0, 0, 0, 0, 50]), "caption: got 50 at index 0"),
        (lambda: translator.translate(3 * x, "b"), "x: got values"),
        (lambda: translator.translate(x, "c"), "player 'to_c' is unknown"),
        (lambda: translator.translate(x, "a", averaged=True), "averaged: got True"),
        (lambda: translator.compile(generator_optimizer="adam"), "'generator_optimizer'"),
        (lambda: translator.compile(optimizer="adam"), "to_a_optimizer="),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_parts_are_matched_by_equal_names_first():
    spec = kgan.Game({}, {"a": IMAGE, "b": IMAGE}).spec
    assert spec.match({"b": IMAGE, "other": IMAGE}) == {"a": "other", "b": "b"}


# Conditions ----------------------------------------------------------------------------------


def drawn_classes(model, n):
    """The class of each generated sample, from what the model makes of each class."""
    told = np.stack([model.generate(n, seed=1, label=label) for label in range(3)])
    distances = np.abs(told - model.generate(n, seed=1)).max(axis=(2, 3, 4))
    assert np.sort(distances, axis=0)[0].max() < 1e-6  # one of them it is, ...
    assert np.sort(distances, axis=0)[1].min() > 1e-4  # ... and no other
    return distances.argmin(axis=0)


def test_conditions_are_drawn_as_they_occur_in_training(conditional, tmp_path):
    classes = drawn_classes(conditional, 400)
    assert set(classes) == {0, 2}
    # 4.9 standard deviations of the share: a false alarm in a million.
    assert np.mean(classes == 0) == pytest.approx(0.75, abs=4.9 * np.sqrt(0.75 * 0.25 / 400))
    conditional.save(tmp_path / "model.keras")
    assert np.array_equal(
        conditional.generate(9), keras.saving.load_model(tmp_path / "model.keras").generate(9)
    )
    # The control: without training nothing is known of the classes, and each is as likely.
    assert set(drawn_classes(CONDITIONAL(), 400)) == {0, 1, 2}


def test_conditions_are_given_for_all_or_for_each(conditional):
    each = conditional.generate(4, label=[2, 0, 0, 2])
    every = [conditional.generate(4, label=label) for label in (0, 2)]
    np.testing.assert_allclose(each[[1, 2]], every[0][[1, 2]], atol=1e-6)
    np.testing.assert_allclose(each[[0, 3]], every[1][[0, 3]], atol=1e-6)
    told = [np.zeros((3, 4), "float32"), np.zeros(3, "int32")]
    assert conditional.predict(told, verbose=0).shape == (3, 8, 8, 1)
    captioned = CAPTIONED()
    words = np.array([3, 1, 4, 1, 5, 9])
    np.testing.assert_allclose(
        captioned.generate(2, caption=words),
        captioned.generate(2, caption=np.stack([words, words])),
        atol=1e-6,
    )


def test_scores_depend_on_the_condition(conditional):
    x = CONDITIONAL.samples(6)["real"]
    scores = [conditional.score(x, np.full(6, label)) for label in (0, 2)]
    assert np.array_equal(scores[0], conditional.score({"label": np.zeros(6, int), "real": x}))
    assert np.abs(scores[0] - scores[1]).min() > 1e-6
    classifier = AUXILIARY()
    answers = [classifier.score(x, np.full(6, label)) for label in (0, 2)]
    assert np.array_equal(*answers)  # it is not told


def test_labels_are_exact_under_mixed_bfloat16():
    """In bfloat16 itself the classes 298 and 299 would be one number."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        many = CONDITIONAL(classes=300)
        assert not np.array_equal(many.generate(1, label=298), many.generate(1, label=299))
        for entry in (CONDITIONAL, CYCLE):
            model = entry()
            history = model.fit(entry.samples(16), batch_size=BATCH, verbose=0).history
            assert all(np.isfinite(values).all() for values in history.values())
    finally:
        keras.config.set_dtype_policy("float32")


# Four players, and what is no player's -------------------------------------------------------


def test_four_players_log_and_move(cycle):
    model, history, _ = cycle
    players = ("to_a", "to_b", "judge_a", "judge_b")
    assert set(history) == {
        "judges_loss",
        "translators_loss",
        "cycle",
        "val_cycle",
        *(f"{player}_gradient_norm" for player in players),
    }
    assert all(np.isfinite(values).all() for values in history.values())
    moves = [int(model.optimizer.players[player].iterations) for player in players]
    assert moves == [6, 6, 12, 12]


def test_translate_and_predict(cycle):
    model, _, _ = cycle
    x = CYCLE.samples()["a"]
    translated = model.translate(x, to="b")
    np.testing.assert_allclose(translated, model.predict(x, verbose=0), atol=1e-6)
    assert not np.allclose(translated, model.translate(x, "b", averaged=False), atol=1e-6)
    assert model.translate(x, to="a").shape == x.shape
    judged = [model.answer("judge_a", x, averaged=which) for which in (True, False)]
    assert not np.allclose(*judged, atol=1e-6)


def values(variables):
    return [np.array(ops.convert_to_numpy(v.value)) for v in variables]


def test_the_pool_is_filled_saved_and_used(cycle):
    model, _, file = cycle
    assert int(model.filled) == model.pool_size
    assert all(np.abs(pool).max(axis=(1, 2, 3)).min() > 0 for pool in values(model.pools.values()))
    loaded, emptied = (keras.saving.load_model(file) for _ in range(2))
    assert same(state(model), state(loaded))
    for pool in emptied.pools.values():
        pool.assign(ops.zeros_like(pool.value))
    for each in (loaded, emptied):
        each.fit(CYCLE.samples(11), batch_size=BATCH, verbose=0)
    # The first minibatch is the same: what differs is the past that the judges were shown.
    assert not same(weights(loaded.players["judge_a"]), weights(emptied.players["judge_a"]))


def test_evaluation_leaves_pools_and_players_alone(cycle):
    _, _, file = cycle
    loaded = keras.saving.load_model(file)
    before = [*values(loaded.pools.values()), *weights(loaded)]
    first = loaded.evaluate(CYCLE.samples(20), batch_size=BATCH, return_dict=True, verbose=0)
    assert set(first) == {"cycle"}
    assert same(before, [*values(loaded.pools.values()), *weights(loaded)])
    # The networks keep no secret state either: the next minibatches train as they would have.
    for each in (loaded, fresh := keras.saving.load_model(file)):
        each.fit(CYCLE.samples(), batch_size=BATCH, verbose=0)
    assert same(weights(loaded), weights(fresh))


class Silent(CycleGAN):
    """Has nothing to say of held-out data. It is not registered with Keras either."""

    def evaluation_names(self):
        return ()

    def evaluate_batch(self, batch):
        return {}


class OwnAdam(keras.optimizers.Adam):
    """An optimizer of the user's own, not registered."""


def test_custom_objects_and_an_evaluation_of_nothing(tmp_path):
    model = Silent((8, 8, 1), pool_size=8)
    model.compile(to_a_optimizer=OwnAdam(1e-3))
    data = {"x": CYCLE.samples(18), "validation_data": CYCLE.samples(18), "batch_size": BATCH}
    assert "val_cycle" not in model.fit(**data, verbose=0).history
    assert model.evaluate(CYCLE.samples(18), batch_size=BATCH, verbose=0) == []
    assert model.evaluate(CYCLE.samples(18), return_dict=True, verbose=0) == {}
    model.save(tmp_path / "model.keras")
    own = {"Silent": Silent, "OwnAdam": OwnAdam}
    loaded = keras.saving.load_model(tmp_path / "model.keras", custom_objects=own)
    assert same(state(model), state(loaded))
    assert isinstance(loaded.optimizer.players["to_a"], OwnAdam)
    # The seed was drawn, and has to come back for the same minibatches.
    for each in (model, loaded):
        each.fit(**data, epochs=2, initial_epoch=1, verbose=0)
    assert same(state(model), state(loaded))


def test_a_frozen_network_of_no_player_is_saved_with_the_game(tmp_path):
    model = SPECTROGRAM()
    before = weights(model.features)
    model.fit(SPECTROGRAM.samples(16), batch_size=BATCH, verbose=0)
    assert same(before, weights(model.features))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert same(before, weights(loaded.features))
    assert model.sample_part.kind == loaded.sample_part.kind == "spectrogram"
    assert [penalty.every for penalty in loaded.penalties] == [2]
    model.features.trainable = True
    with pytest.raises(ValueError, match="belongs to no player"):
        model.compile()


# Many seeds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conditional", "cycle"])
@pytest.mark.parametrize("at_once", [True, False] if Replicas.available else [False])
def test_seeds_of_a_game_on_several_parts(name, at_once, monkeypatch):
    monkeypatch.setattr(Replicas, "at_once", staticmethod(lambda: at_once))
    entry = GAMES[name]
    tolerance = 2e-4 if Replicas.available else 1e-6  # the order of sums

    def build(seed):
        model = entry.build(entry.shape, **{**entry.options, "seed": seed})
        model.compile()
        return model

    trained = dict(fit_seeds(build, (5, 2), entry.samples(18), batch_size=BATCH, steps=4))
    keras.utils.set_random_seed(2)
    alone = build(2)
    alone.fit(entry.samples(18), batch_size=BATCH, epochs=2, verbose=0)
    for ours, theirs in zip(trained[2].get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert not np.allclose(trained[5].get_weights()[0], trained[2].get_weights()[0], atol=0.01)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_network_that_would_not_hear_the_condition_is_refused(player):
    """Keras drops inputs that a network does not take: the label would be ignored in silence."""
    deaf = {
        "generator": kgan.networks.generator((8, 8, 1), 64, (-1, 1), filters=2),
        "discriminator": kgan.networks.discriminator((8, 8, 1), filters=2),
    }[player]
    with pytest.raises(ValueError, match=f"{player}: got a network of 1 inputs; .*label"):
        ConditionalGAN((8, 8, 1), **{player: deaf})
