"""What fit, evaluate, score and generate make of their arguments, on games worked out by hand."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from by_hand import REAL, THETA, Linear, Shift, W, array, close, played, step, tensor
from kgan import batches as batches_module
from kgan import game as game_module
from kgan import losses, penalties
from kgan.batches import Batches, Unpaired
from kgan.game import EpochMean, Game, Turn
from kgan.optimizers import PlayerOptimizers
from kgan.two_player import TwoPlayerGame

DATA = np.concatenate([REAL, 10 + REAL[:3]]).astype("float32")
MEANS = DATA @ W


def still(**options):
    """A game in which nothing moves, and whose generator is constant."""
    return played(Shift(THETA, scale=0.0), rate=0.0, **options)


def minibatches(model):
    return int(model.optimizer.iterations)


# Forms of data --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [lambda x: x, lambda x: (x,), lambda x: {"real": x}])
def test_one_part_in_every_form(form):
    model = still()
    history = model.fit(form(DATA), batch_size=7, verbose=0).history
    assert history["real_score"] == pytest.approx([MEANS.mean()], rel=1e-5)
    assert minibatches(model) == 1
    found = model.evaluate(form(DATA), batch_size=3, verbose=0, return_dict=True)
    assert found == pytest.approx({"score_difference": MEANS.mean() - THETA @ W}, rel=1e-5)


def test_a_minibatch_of_arrays_holds_32_samples_where_nothing_is_said():
    model = still()
    model.fit(np.repeat(DATA, 5, axis=0), verbose=0)  # 35 samples
    assert minibatches(model) == 1
    with pytest.raises(ValueError, match="batch_size: got 32 for 31 samples"):
        model.fit(np.repeat(DATA, 5, axis=0)[:31], verbose=0)
    sizes = evaluated_in(model, np.repeat(DATA, 10, axis=0)[:65])
    assert sizes == [32, 32, 1]


def evaluated_in(model, x, **options):
    sizes = []
    given = model.evaluate_batch
    model.evaluate_batch = lambda batch: sizes.append(len(batch["real"])) or given(batch)
    model.evaluate(x, verbose=0, **options)
    return sizes


def test_the_end_of_the_arrays_is_held_out():
    """A share of 3/7 leaves four samples to train on; they are evaluated in the same batch size."""
    model = still()
    history = model.fit(DATA, batch_size=2, validation_split=3 / 7, verbose=0).history
    assert history["real_score"] == pytest.approx([MEANS[:4].mean()], rel=1e-5)
    difference = MEANS[4:].mean() - THETA @ W
    assert history["val_score_difference"] == pytest.approx([difference], rel=1e-5)
    # What is given to hold out goes before a share.
    history = model.fit(
        DATA, batch_size=2, validation_split=3 / 7, validation_data=DATA[:1], verbose=0
    ).history
    assert minibatches(model) == 2 + 3
    difference = MEANS[0] - THETA @ W
    assert history["val_score_difference"] == pytest.approx([difference], rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs: got 0"),
        ({"steps_per_epoch": 2}, "steps_per_epoch: got 2 with arrays"),
        ({"validation_split": 1.0}, "validation_split: got 1.0"),
        ({"validation_split": -0.1}, "validation_split: got -0.1"),
        ({"sample_weight": np.ones(7)}, "sample_weight: got one"),
        ({"validation_data": DATA[:, :2]}, "validation_data: got shape"),
        ({"y": DATA}, "y: got one, but what is wanted is real"),
        ({"batch_size": 8}, "batch_size: got 8 for 7 samples"),
        ({"x": DATA.astype(int)}, "x: got type int64"),
        ({"x": {"real": [1, 2]}}, "x: got list; accepted are arrays of real"),
        ({"x": DATA[:, :2]}, r"x: got shape \(7, 2\)"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        still().fit(**{"x": DATA, "batch_size": 2, "verbose": 0, **options})


class Stream(keras.utils.PyDataset):
    """Minibatches of four; remembers the epochs it was told of."""

    def __init__(self, x):
        super().__init__()
        self.x, self.told = x, [0]

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return (self.x,)

    @property
    def epoch(self):
        return self.told[-1]

    @epoch.setter
    def epoch(self, epoch):
        self.told.append(epoch)


def test_a_stream_is_told_the_epoch_and_its_minibatches_are_checked():
    model = still()
    stream = Stream(DATA[:4])
    history = model.fit(stream, epochs=5, initial_epoch=3, validation_data=stream, verbose=0)
    assert stream.told == [0, 3, 4]
    assert history.history["real_score"] == pytest.approx([MEANS[:4].mean()] * 2, rel=1e-5)
    model.evaluate(stream, verbose=0)
    with pytest.raises(ValueError, match=r"minibatch: got shape \(4, 2\); accepted is \(n, 3\)"):
        model.fit(Stream(DATA[:4, :2]), verbose=0)


def test_callbacks_come_one_or_many():
    for given in (None, Recorder(), [Recorder()], (Recorder(), Recorder())):
        still().fit(DATA, batch_size=7, callbacks=given, verbose=0)
        for callback in (
            [] if given is None else given if isinstance(given, list | tuple) else [given]
        ):
            assert callback.epochs == [0]


def served(model, fit):
    """The first number of every sample that a step saw, in order."""
    seen = []
    given = model.draw

    def draw(batch, seed):
        if seed is model.training_seeds:
            seen.extend(array(batch["real"])[:, 0].tolist())
        return given(batch, seed)

    model.draw = draw
    fit(model)
    return seen


def test_minibatches_are_served_in_the_order_of_the_games_seed_and_the_epoch():
    x = np.repeat(np.arange(9.0)[:, None], 3, axis=1).astype("float32")
    orders = [np.random.default_rng((5, epoch)).permutation(9)[:8] for epoch in (2, 3)]
    found = served(still(), lambda m: m.fit(x, batch_size=2, epochs=4, initial_epoch=2, verbose=0))
    assert found == np.concatenate(orders).tolist()


class OnDisk:
    """An array that is read when it is indexed."""

    def __init__(self, x):
        self.x, self.shape, self.dtype = x, x.shape, x.dtype

    def __len__(self):
        return len(self.x)

    def __getitem__(self, rows):
        return self.x[rows]


def test_what_is_read_from_disk_trains_as_what_is_in_memory():
    x = np.repeat(np.arange(9.0)[:, None], 3, axis=1).astype("float32")
    found = [
        served(still(), lambda m: m.fit(form, batch_size=2, verbose=0))  # noqa: B023
        for form in (x, OnDisk(x), {"real": OnDisk(x)})
    ]
    assert found[0] == found[1] == found[2]
    model = still()
    model.fit(OnDisk(x), batch_size=3, validation_data=OnDisk(x), verbose=0)
    result = model.evaluate(OnDisk(x), batch_size=3, verbose=0, return_dict=True)
    expected = {"score_difference": np.mean(x @ W) - THETA @ W}
    assert result == pytest.approx(expected, rel=1e-5)
    assert evaluated_in(model, OnDisk(x), batch_size=4) == [4, 4]  # full minibatches
    assert evaluated_in(model, OnDisk(np.repeat(x, 8, axis=0))) == [32, 32]
    assert evaluated_in(model, OnDisk(x)) == [9]  # fewer than one holds
    with pytest.raises(ValueError, match=r"x: got shape \(9, 2\)"):
        model.fit(OnDisk(x[:, :2]), verbose=0)


def test_a_data_set_gives_its_training_part_to_train_and_its_other_part_to_be_held_out():
    data = kgan.data.Dataset(name="own", train=DATA[:4], test=DATA[4:], kind="vector")
    model = still()
    history = model.fit(data, batch_size=2, validation_data=data, verbose=0).history
    assert history["real_score"] == pytest.approx([MEANS[:4].mean()], rel=1e-5)
    difference = MEANS[4:].mean() - THETA @ W
    assert history["val_score_difference"] == pytest.approx([difference], rel=1e-5)


def test_held_out_arrays_are_evaluated_in_the_batch_size_of_training():
    model = still()
    sizes = []
    given = model.evaluate_batch
    model.evaluate_batch = lambda batch: sizes.append(len(batch["real"])) or given(batch)
    model.fit(DATA, batch_size=2, validation_data=DATA[:5], verbose=0)
    model.fit(DATA, batch_size=2, validation_data=DATA, validation_batch_size=7, verbose=0)
    assert sizes == [2, 2, 1, 7]


def test_what_compiling_takes_and_refuses():
    model = played()
    for options, message in (
        ({"jit_compile": True}, "jit_compile: got True; on PyTorch"),
        ({"optimizer": PlayerOptimizers({"x": "sgd"})}, "optimizer: got optimizers of"),
    ):
        if "jit_compile" in options and keras.backend.backend() != "torch":
            continue
        with pytest.raises(ValueError, match=message):
            model.compile(**options)
    model.compile(jit_compile=False, run_eagerly=False)
    assert not model.jit_compile
    critic = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(1, dtype="mixed_float16")]
    )
    with pytest.raises(ValueError, match="dtype policy: got mixed_float16"):
        played(discriminator=critic)
    shared = Shift(THETA)
    with pytest.raises(ValueError, match="belongs to both 'discriminator' and 'generator'"):
        played(shared, keras.Sequential([shared, keras.layers.Dense(1)]))


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(epoch)


class Sides(Game):
    """Two sets that are not paired; what each turn sees of them is their sum."""

    def __init__(self, **options):
        network = keras.layers.Dense(1, kernel_initializer="zeros")
        network.build((None, 1))
        spec = {"a": kgan.Part((1,), "vector"), "b": kgan.Part((), "label", classes=9)}
        super().__init__({"p": network}, spec, **options)

    def turns(self):
        p = self.players["p"]
        return (Turn("p", ("p",), lambda b: (ops.mean(p(b["a"])) ** 2, self.seen(b))),)

    def seen(self, batch):
        assert keras.backend.standardize_dtype(batch["a"].dtype) == "float32"
        assert keras.backend.standardize_dtype(batch["b"].dtype) == "int32"
        return {"a": ops.sum(batch["a"]), "b": ops.sum(batch["b"])}

    def log_names(self):
        return ("a", "b")

    def evaluation_names(self):
        return ("held_out_a", "held_out_b")

    def evaluate_batch(self, batch):
        return {f"held_out_{name}": value for name, value in self.seen(batch).items()}


def sides(**options):
    model = Sides(seed=2, **options)
    model.compile(run_eagerly=True)
    return model


def test_sets_that_are_not_paired_may_differ_in_length():
    a, b = np.arange(4.0)[:, None], np.array([1, 2])
    model = sides(paired=False)
    history = model.fit((a, b), batch_size=2, verbose=0).history
    assert history["a"] == [3.0]  # the mean over two minibatches of sums
    assert history["b"] == [3.0]  # the shorter set twice
    found = model.evaluate((a, b), batch_size=3, verbose=0, return_dict=True)
    assert found["held_out_b"] == 3.0  # minibatches no larger than the shorter set
    with pytest.raises(ValueError, match="different length"):
        sides().fit((a, b), batch_size=2, verbose=0)


def test_two_parts_in_every_form():
    a, b = np.arange(4.0)[:, None], np.array([1, 2, 3, 4], "uint8")
    for given in (((a, b),), (a, b), ({"b": b, "a": a},)):
        history = sides().fit(*given, batch_size=4, verbose=0).history
        assert (history["a"], history["b"]) == ([6.0], [10.0])
        found = sides().evaluate(*given, verbose=0, return_dict=True)
        assert found == {"held_out_a": 6.0, "held_out_b": 10.0}
    for form in ((a, b), ((a, b),), ({"b": b, "a": a},), (a, b, None), ({"a": a, "b": b}, None)):
        logs = sides().train_on_batch(*form, return_dict=True)
        assert (float(logs["a"]), float(logs["b"])) == (6.0, 10.0)
    with pytest.raises(ValueError, match=r"minibatch\['b'\]: got shape"):
        sides().canonical({"a": tensor(a), "b": tensor(a)})


def test_a_log_that_no_one_announced_is_refused():
    class Silent(Sides):
        def log_names(self):
            return ("a",)

    model = Silent(seed=0)
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match=r"turn 'p': log \(see log_names\) 'b' is unknown"):
        model.fit((np.zeros((2, 1)), np.zeros(2, int)), batch_size=2, verbose=0)


def test_a_mean_of_nothing_is_no_number():
    mean = EpochMean(name="m")
    assert np.isnan(array(mean.result()))
    mean.update_state(2.0, sample_weight=3)
    mean.update_state(6.0, sample_weight=1)
    assert float(array(mean.result())) == 3.0


# Minibatches, gathered ahead ------------------------------------------------------------------


def test_minibatches_that_are_gathered_ahead_are_the_same(monkeypatch):
    x = np.arange(40.0).reshape(10, 4)
    plain = Batches(x, batch_size=3, seed=1)
    expected = [plain[i][0] for i in range(3)]
    assert plain._thread is None
    monkeypatch.setattr(batches_module, "AHEAD", 3 * 4 * 8)  # bytes of a minibatch
    ahead = Batches(x, batch_size=3, seed=1)
    for i in (0, 1, 2, 0, 2, 1, -1, -3):
        assert np.array_equal(ahead[i][0], expected[i])
        waiting = ahead._gathering
        assert (waiting is None) == (i % 3 == 2)
        if waiting is not None:
            assert waiting[0] == i % 3 + 1
            assert np.array_equal(waiting[1].result(), expected[i % 3 + 1])
    gathered = []
    gather = ahead.gather
    ahead.gather = lambda i: gathered.append(i) or gather(i)
    assert [np.array_equal(ahead[i][0], expected[i]) for i in range(3)] == [True] * 3
    assert gathered == [0, 1, 2]  # each once
    ahead[0]
    ahead.epoch = 1  # what was gathered for another epoch is not served
    plain.epoch = 1
    assert np.array_equal(ahead[1][0], plain[1][0])
    assert not np.array_equal(ahead[1][0], expected[1])
    with pytest.raises(IndexError):
        ahead[3]
    monkeypatch.setattr(batches_module, "AHEAD", 3 * 4 * 8 + 1)
    assert Batches(x, batch_size=3)[0][0].shape == (3, 4)


def test_a_minibatch_may_be_all_samples_and_is_one_at_least():
    assert len(Batches(np.zeros(4), batch_size=4)) == 1
    assert len(Batches(np.zeros(4), batch_size=1)) == 4
    for size in (0, -1, 5):
        with pytest.raises(ValueError, match=f"batch_size: got {size} for 4 samples"):
            Batches(np.zeros(4), batch_size=size)
        with pytest.raises(ValueError, match=f"batch_size: got {size} for 4 samples"):
            Unpaired({"a": np.zeros(9), "b": np.zeros(4)}, batch_size=size)


# Answers --------------------------------------------------------------------------------------


def test_networks_answer_in_chunks(monkeypatch):
    sizes = []

    class Counted(Linear):
        def call(self, x):
            sizes.append(len(x))
            return super().call(x)

    model = played(discriminator=Counted())
    sizes.clear()
    monkeypatch.setattr(game_module, "CHUNK", 3)
    close(model.score(DATA), MEANS)
    assert sizes == [3, 3, 1]
    noise = np.arange(21.0).reshape(7, 3)
    close(model.answer("generator", noise), noise + THETA)
    assert model.answer("generator", noise).dtype == np.float32
    with pytest.raises(ValueError, match="player 'judge' is unknown"):
        model.answer("judge", noise)
    with pytest.raises(ValueError, match="averaged: got True, but the model keeps no average"):
        model.answer("generator", noise, averaged=True)


class Trained(Shift):
    """Adds 100 where it is told that it trains."""

    def call(self, z, training=False):
        return super().call(z) + (100.0 if training else 0.0)


def test_a_network_is_told_whether_it_trains():
    for options in ({}, {"average_decay": 0.9}):
        model = played(Trained(THETA), **options)
        close(model.network("generator", tensor(REAL), training=True), REAL + THETA + 100)
        close(model.network("generator", tensor(REAL)), REAL + THETA)
        close(model(tensor(REAL), training=True), REAL + THETA + 100)
        close(model(tensor(REAL)), REAL + THETA)


def test_an_average_answers_where_it_is_kept():
    model = played(average_decay=0.9)
    model.generator.theta.assign(THETA + 1)
    noise = np.zeros((2, 3), "float32")
    for averaged, moved in ((None, 0), (True, 0), (False, 1)):
        close(model.answer("generator", noise, averaged=averaged), noise + THETA + moved)
    close(model.network("generator", tensor(noise)), noise + THETA)
    close(model.network("generator", tensor(noise), training=True), noise + THETA + 1)
    close(model(tensor(noise)), noise + THETA)
    close(model(tensor(noise), training=True), noise + THETA + 1)


def test_samples_are_made_of_noise_from_their_seed():
    z = np.random.default_rng(4).standard_normal((5, 3))
    model = played()
    close(model.generate(5, seed=4), z + THETA)
    close(model.generate(2), np.random.default_rng(0).standard_normal((2, 3)) + THETA)
    assert model.generate(1).dtype == np.float32
    for arguments, message in (
        ({"n": 0}, "n: got 0"),
        ({"n": 1, "seed": -1}, "seed: got -1"),
        ({"n": 1, "label": 3}, "Played.generate: condition 'label' is unknown"),
    ):
        with pytest.raises(ValueError, match=message):
            model.generate(**arguments)


class Beside(keras.layers.Layer):
    """x, and w times the label beside it; a critic adds them up."""

    def __init__(self, w, summed, **options):
        super().__init__(**options)
        self.summed = summed
        self.w = self.add_weight(shape=(), initializer=keras.initializers.Constant(w))
        self.built = True

    def call(self, inputs):
        x, label, *rest = inputs
        told = x + self.w * ops.cast(label, x.dtype)[:, None]
        told = told + sum(rest)
        return ops.sum(told, axis=1, keepdims=True) if self.summed else told


def told(**conditions):
    conditions = {"label": kgan.Part((), "label", classes=4), **conditions}
    return played(Beside(10.0, False), Beside(100.0, True), rate=0.0, conditions=conditions)


def test_conditions_are_given_once_or_for_each_or_drawn():
    model = told()
    z = np.random.default_rng(7).standard_normal((3, 3))
    close(model.generate(3, seed=7, label=2), z + 20)
    close(model.generate(3, seed=7, label=np.array([0, 1, 3])), z + 10 * np.array([[0], [1], [3]]))
    drawn = np.random.default_rng((7, 1)).integers(4, size=3)  # before anything was seen
    close(model.generate(3, seed=7), z + 10 * drawn[:, None])
    for label, message in (
        (4, "label: got 4"),
        ([0, 1], "label: got 2 values for 3 samples"),
        (1.0, "label: got type float64"),
    ):
        with pytest.raises(ValueError, match=message):
            model.generate(3, label=label)


def test_conditions_are_drawn_as_they_were_seen(monkeypatch):
    vector = kgan.Part((3,), "vector")
    model = told(vector=vector)
    with pytest.raises(ValueError, match=r"vector: got none, and .* has not been trained"):
        model.generate(2)
    labels, vectors = np.array([3, 1, 1, 2]), np.arange(12.0).reshape(4, 3)
    batch = {"real": REAL.astype("float32"), "label": labels, "vector": vectors}
    step(model, batch)
    rows = np.random.default_rng((7, 1)).integers(4, size=6)
    z = np.random.default_rng(7).standard_normal((6, 3))
    close(model.generate(6, seed=7), z + 10 * labels[rows, None] + vectors[rows])
    # One that is given does not change how the others are drawn.
    close(model.generate(6, seed=7, label=0), z + vectors[rows])
    close(model.generate(6, seed=7, vector=np.ones(3)), z + 10 * labels[rows, None] + 1)
    # The newest stand first.
    step(model, {**batch, "label": np.array([0, 0, 0, 1])})
    rows = np.random.default_rng((7, 1)).integers(8, size=6)
    seen = np.array([0, 0, 0, 1, 3, 1, 1, 2])
    close(model.generate(6, seed=7, vector=0 * vectors[0]), z + 10 * seen[rows, None])
    # They are among the model's weights, so that a file holds them; labels as integers.
    assert {"int32", "float32"} == {v.dtype for v in model._seen.values()}
    assert all(any(v is w for w in model.weights) for v in model._seen.values())
    assert int(array(model._seen_count.value)) == 8


def test_no_more_conditions_are_kept_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr("kgan.two_player.SEEN", 6)
    model = told()
    for labels in ([0, 0, 0, 1], [2, 2, 3, 3]):
        step(model, {"real": REAL.astype("float32"), "label": np.array(labels)})
    assert array(model._seen["label"].value).tolist() == [2, 2, 3, 3, 0, 0]
    assert int(array(model._seen_count.value)) == 6


def test_scores_are_of_samples_with_their_conditions():
    model = told()
    labels = np.array([0, 1, 2, 3, 3, 2, 1])
    expected = DATA.sum(axis=1) + 300 * labels
    close(model.score(DATA, labels), expected)
    close(model.score((DATA, labels.astype("uint8"))), expected)
    close(model.score({"label": labels, "real": DATA}), expected)
    close(model.score(1000 * DATA, labels), 1000 * DATA.sum(axis=1) + 300 * labels)
    with pytest.raises(ValueError, match="x: got no 'label'"):
        model.score(DATA)


class Heads(Linear):
    """A score with another head beside it."""

    def call(self, x):
        return {"class": 0.0 * super().call(x), "score": super().call(x)}


class OneHead(Linear):
    def call(self, x):
        return {"class": super().call(x)}


def test_a_discriminator_may_have_other_heads_beside_its_score():
    model = still(discriminator=Heads())
    close(model.score(DATA), MEANS)
    logs = step(model, DATA)
    assert logs["real_score"] == pytest.approx(MEANS.mean(), rel=1e-5)
    found = model.evaluate(DATA, verbose=0, return_dict=True)
    assert found["score_difference"] == pytest.approx(MEANS.mean() - THETA @ W, rel=1e-5)


class Wide(Linear):
    def call(self, x):
        return ops.concatenate([super().call(x)] * 2, axis=1)


class Flat(Linear):
    def call(self, x):
        return super().call(x)[:, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"discriminator": OneHead()}, "one with the heads class; accepted is a head 'score'"),
        ({"discriminator": Wide()}, r"maps samples \(2, 3\) to \(2, 2\); accepted is one logit"),
        ({"discriminator": Flat()}, r"maps samples \(2, 3\) to \(2,\); accepted is one logit"),
        ({"generator": Wide()}, r"maps noise \(2, 3\) to \(2, 2\); accepted is \(2, 3\)"),
        (
            {"discriminator": keras.layers.Dense(1, activation="sigmoid")},
            "one that ends in a sigmoid",
        ),
        ({"discriminator": keras.layers.Conv2D(1, 3)}, "discriminator: got one that refuses its"),
        ({"generator": 3}, "generator: got 3; accepted is a Keras network"),
        ({"seed": 2**31}, "seed: got 2147483648"),
        ({"seed": -1}, "seed: got -1"),
        ({"seed": 0.5}, "seed: got 0.5"),
        ({"average_decay": 1.0}, "average_decay: got 1.0"),
        ({"average_decay": -0.1}, "average_decay: got -0.1"),
        ({"discriminator_steps": 0}, "discriminator_steps: got 0"),
        ({"latent_dim": 0}, "latent_dim: got 0"),
        ({"instance_noise": -0.1}, "instance_noise: got -0.1; accepted are a number >= 0"),
        ({"instance_noise": "much"}, "instance_noise: got 'much'; accepted are a number >= 0"),
        ({"penalties": 3}, "penalties: got 3; accepted are GradientPenalty"),
    ],
)
def test_bad_constructions_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        played(**options)
    played(seed=2**31 - 1, average_decay=0.0, instance_noise=0.0)


def test_what_is_not_said_about_a_two_player_game():
    said = {
        name: parameter.default
        for name, parameter in inspect.signature(TwoPlayerGame).parameters.items()
    }
    assert said == {
        "data_shape": inspect.Parameter.empty,
        "generator": None,
        "discriminator": None,
        "latent_dim": 64,
        "data_range": (-1, 1),
        "kind": None,
        "conditions": None,
        "discriminator_steps": 1,
        "average_decay": None,
        "simultaneous": False,
        "instance_noise": None,
        "penalties": (),
        "seed": None,
        "name": None,
    }


def test_a_models_signature_shows_the_shared_options_after_its_own():
    class Own(TwoPlayerGame):
        def __init__(self, data_shape, *, latent_dim=7, width=3, **options):
            super().__init__(data_shape, latent_dim=latent_dim, **options)

    class Closed(TwoPlayerGame):
        def __init__(self, data_shape):
            super().__init__(data_shape)

    shown = inspect.signature(Own).parameters
    assert list(shown)[:3] == ["data_shape", "latent_dim", "width"]
    shared = [n for n in inspect.signature(TwoPlayerGame).parameters if n not in ("unknown",)]
    assert set(shown) == {*shared, "width"}
    assert shown["latent_dim"].default == 7
    assert shown["seed"].kind is inspect.Parameter.KEYWORD_ONLY
    assert shown["generator"].kind is inspect.Parameter.KEYWORD_ONLY
    assert shown["data_shape"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert list(inspect.signature(Closed).parameters) == ["data_shape"]
    networks = {"generator": Shift(THETA), "discriminator": Linear()}
    assert Own((3,), **{**networks, "latent_dim": 3}, data_range=None).latent_dim == 3
    with pytest.raises(ValueError, match=r"Own: option 'sed' is unknown \(did you mean 'seed'"):
        Own((3,), **networks, sed=1)


def test_trying_the_networks_leaves_their_state_as_it_was():
    norm, judge = (
        keras.layers.BatchNormalization(momentum=0.5, beta_initializer="ones") for _ in range(2)
    )
    generator = keras.Sequential([keras.layers.Input((3,)), norm])
    played(generator, keras.Sequential([keras.layers.Input((3,)), judge, keras.layers.Dense(1)]))
    for layer in (norm, judge):
        close(layer.moving_mean.value, np.zeros(3))
        close(layer.moving_variance.value, np.ones(3))


def test_what_a_sample_is_unless_somebody_says_it():
    def kind(shape, **options):
        model = kgan.GAN(shape, units=2, latent_dim=1, **options)
        return model.sample_part.kind

    assert [kind((1,)), kind((2,)), kind((3,)), kind((2, 2))] == ["points"] * 2 + ["vector"] * 2
    assert [kind((4, 4, 1)), kind((4, 4, 1), kind="spectrogram")] == ["image", "spectrogram"]


def test_which_networks_are_known_to_judge_each_sample_alone():
    def judged(*layers):
        network = keras.Sequential([keras.layers.Input((3,)), *layers, keras.layers.Dense(1)])
        return played(discriminator=network)._separates_samples

    assert judged()
    assert judged(keras.layers.LayerNormalization())
    assert judged(kgan.layers.Maxout(2))
    assert not judged(keras.layers.BatchNormalization())
    assert not judged(keras.layers.Lambda(lambda x: x))
    assert not judged(kgan.layers.MinibatchDiscrimination(2, 2))
    assert not judged(kgan.layers.MinibatchStandardDeviation())
    assert not played()._separates_samples


# Files ----------------------------------------------------------------------------------------


def test_a_model_that_is_loaded_goes_on_as_it_would_have(tmp_path):
    def build(**options):
        model = kgan.GAN((3,), units=4, latent_dim=2, data_range=None, average_decay=0.5, **options)
        optimizers = keras.optimizers.Adam(0.1), keras.optimizers.RMSprop(0.2)
        model.compile(*optimizers, run_eagerly=True)
        return model

    model = build(objective=losses.hinge, discriminator_steps=2)  # its seed is drawn
    for _ in range(3):
        model.train_on_batch(REAL.astype("float32"))
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    assert twin.seed == model.seed
    assert twin.name == model.name
    assert twin.objective == losses.hinge
    assert minibatches(twin) == 3
    assert twin.run_eagerly
    rates = {p: float(o.learning_rate) for p, o in twin.optimizer.players.items()}
    assert rates == pytest.approx({"generator": 0.1, "discriminator": 0.2})
    assert [o.name for o in twin.optimizer.optimizers] == list(twin.optimizer.players)
    for each in (model, twin):
        each.evaluate(REAL.astype("float32"), verbose=0)
        each.train_on_batch(REAL.astype("float32"))
    pairs = zip(
        [*model.variables, *model.optimizer.variables],
        [*twin.variables, *twin.optimizer.variables],
        strict=True,
    )
    for ours, theirs in pairs:
        assert np.array_equal(array(ours.value), array(theirs.value))
    drawn = [build().seed for _ in range(3)]
    assert len(set(drawn)) == 3
    assert 2**31 > max(drawn) > 10**6  # three smaller ones come once in 10**10 times


def test_penalties_and_conditions_come_back_from_a_file(tmp_path):
    given = (penalties.R1(1.0, every=2), penalties.GradientPenalty(0.5))
    model = kgan.GAN((3,), units=2, latent_dim=2, data_range=None, penalties=given)
    model.compile()
    model.save(tmp_path / "model.keras")
    found = keras.saving.load_model(tmp_path / "model.keras").penalties
    assert [(type(p), p.weight, p.every) for p in found] == [
        (type(p), p.weight, p.every) for p in given
    ]
    conditions = {"label": kgan.Part((), "label", classes=4)}
    config = told().get_config()["conditions"]
    assert keras.saving.deserialize_keras_object(config) == conditions


def test_what_files_name_is_named_after_the_package():
    kinds = [kgan.Part, PlayerOptimizers, losses.Objective]
    kinds += [getattr(penalties, name) for name in ("GradientPenalty", "R1", "R2", "ClipWeights")]
    kinds += [getattr(kgan.layers, name) for name in kgan.layers.__all__]
    for side in ("discriminator", "generator"):
        kinds += [getattr(o, side) for o in vars(losses).values() if type(o) is losses.Objective]
    for kind in kinds:
        assert keras.saving.get_registered_name(kind) == f"kgan>{kind.__name__}"


def test_optimizers_are_one_for_each_player():
    model = played()
    assert set(model.optimizer.players) == {"discriminator", "generator"}
    with pytest.raises(ValueError, match="PlayerLearningRate"):
        _ = model.optimizer.learning_rate
    with pytest.raises(ValueError, match="x_optimizer: got 'nothing'; accepted is a Keras"):
        PlayerOptimizers({"x": "nothing"})
    with pytest.raises(ValueError, match="x_optimizer: got 3; accepted is a Keras"):
        PlayerOptimizers({"x": 3})
    both = model.optimizer
    own = [v for o in both.players.values() for v in o.variables]
    assert [id(v) for v in both.variables[-len(own) :]] == [id(v) for v in own]
    assert any(v is both.iterations for v in both.variables)
    twin = PlayerOptimizers.from_config(both.get_config())
    assert twin.get_config() == both.get_config()
    for options, message in (
        ({"judge_optimizer": "sgd"}, "compile: argument 'judge_optimizer' is unknown"),
        ({"optimizer": "adam"}, "compile: got optimizer='adam'; a game has one for each"),
        ({"optimizer": both, "x": "sgd"}, "compile: got optimizer="),
    ):
        with pytest.raises(ValueError, match=message):
            model.compile(**options)
