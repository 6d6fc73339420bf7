"""What `benchmarks/digits.py` promises: equal networks, equal time, and no praise for copies."""

import importlib.util
import types
from pathlib import Path

import numpy as np
import pytest

import kgan

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def digits():
    path = Path(__file__).parents[2] / "benchmarks" / "digits.py"
    spec = importlib.util.spec_from_file_location("benchmarks_digits", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clock(digits, monkeypatch):
    """Both clocks, moved by hand."""
    now = types.SimpleNamespace(time=0.0)
    monkeypatch.setattr(digits, "CLOCKS", {"cpu": lambda: now.time, "wall": lambda: now.time})
    return now


def train(budget, clock, *watching):
    """Minibatches of one second, until the budget ends them; how many there were."""
    for minibatch in range(1, 1000):
        clock.time += 1.0
        for callback in (budget, *watching):
            callback.on_train_batch_end(minibatch)
        if budget.model.stop_training:
            budget.on_train_end()
            return minibatch
    raise AssertionError("the budget never ended")


def with_model(callback):
    callback.set_model(types.SimpleNamespace(stop_training=False))
    return callback


def test_a_budget_leaves_out_tracing_and_scoring(digits, clock):
    budget = with_model(digits.Budget(10, "cpu"))
    assert train(budget, clock) == digits.WARM_UP + 10
    assert (budget.minibatches, budget.cpu, budget.wall) == (10, 10.0, 10.0)

    def look(model, mark):
        clock.time += 100.0  # scoring takes long
        seen.append((mark, budget.seen - digits.WARM_UP))

    seen = []
    budget = with_model(digits.Budget(10, "wall"))
    watching = with_model(digits.Trajectory(budget, [4, 7, 10], look))
    assert train(budget, clock, watching) == digits.WARM_UP + 10
    assert seen == [(4, 4), (7, 7), (10, 10)]
    assert budget.wall == 10.0


def test_all_objectives_have_the_same_networks(digits):
    models = {name: build(0) for name, build in digits.OBJECTIVES.items()}
    assert {type(model).__name__ for model in models.values()} == {
        "GAN", "LSGAN", "HingeGAN", "WGAN", "WGANGP", "SNGAN", "R1GAN", "R3GAN", "PacGAN",
        "MinibatchGAN", "UnrolledGAN",
    }  # fmt: skip
    units, pixels = digits.UNITS, 64
    expected = (pixels + 1) * units + 2 * (units + 1) * units + units + 1
    more = {
        "PacGAN2": pixels * units,  # an input twice as wide
        "MinibatchGAN": units * 32 * 5 + 32,  # its tensor, and 32 more inputs of the last layer
    }
    for name, model in models.items():
        generator, discriminator = (
            sum(int(np.prod(v.shape)) for v in network.trainable_variables)
            for network in (model.generator, model.discriminator)
        )
        assert generator == models["GAN"].generator.count_params()
        assert discriminator == expected + more.get(name, 0), name
        assert model.average_decay == {"generator": digits.AVERAGE_DECAY}


@pytest.mark.parametrize("name", ["GAN", "SNGAN", "PacGAN2", "MinibatchGAN"])
def test_seeds_share_no_weights(digits, name):
    first, second = digits.OBJECTIVES[name](0), digits.OBJECTIVES[name](1)
    assert not {id(weight) for weight in first.weights} & {id(weight) for weight in second.weights}


def test_copies_are_not_accepted(digits, monkeypatch):
    """The four scores alone would praise them; the share nearer to training digits tells."""
    monkeypatch.setattr(digits, "DRAWS", 3)
    monkeypatch.setattr(digits, "PARTITIONS", 20)
    data = kgan.data.load("digits")
    rng = np.random.default_rng(0)
    copies = digits.scores(data.train[rng.integers(0, 1297, 1297)], data)
    for name, least in digits.TARGET.items():
        assert copies["train"][name] >= least
    assert copies["nearer_to_train"] > digits.BAND[1]
    assert not digits.accepted(copies)
    assert digits.accepted({**copies, "nearer_to_train": 0.5})
    assert not digits.accepted(
        {"train": {**copies["train"], "recall": 0.79}, "nearer_to_train": 0.5}
    )
    real = digits.real_scores(data)["two halves of all digits"]
    assert digits.accepted(real)
    low, high = real["nearer_to_train_spread"]
    assert digits.BAND[0] < low < 0.5 < high < digits.BAND[1]


def test_finished_runs_are_found_again(digits, tmp_path):
    runs = digits.Runs(tmp_path)
    settings = {"objective": "GAN", "seconds": 1.0, "clock": "cpu", "seed": 0}
    assert runs.find(settings) is None
    runs.keep({"settings": settings, "minibatches": 7}, np.zeros((2, 8, 8, 1)))
    with runs.file.open("a") as file:
        file.write('{"settings": {"objective": "GAN", "seco')  # killed while it wrote
    again = digits.Runs(tmp_path)
    again.keep({"settings": {**settings, "seed": 2}, "minibatches": 8}, np.zeros((2, 8, 8, 1)))
    assert again.find({**settings, "seed": 2})["minibatches"] == 8
    assert again.find(settings) == {"settings": settings, "minibatches": 7}
    assert again.find({**settings, "seed": 1}) is None
    assert np.load(again.samples_file(settings)).shape == (2, 8, 8, 1)
