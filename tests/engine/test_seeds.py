"""Several seeds at once: what each becomes is what it would have become alone."""

import keras
import numpy as np
import pytest

import kgan
from kgan.autodiff import Replicas
from kgan.batches import Batches
from kgan.ensemble import fit_seeds

X = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
SEEDS, BATCH, STEPS = (5, 2), 8, 13  # the third epoch of five minibatches is left in its middle
SMALL = {
    # Turns that are due in some steps only, a penalty, batch normalisation and both at once,
    # spectral normalisation's state, an average, a schedule of noise.
    "WGANGP": {"filters": 2, "discriminator_steps": 2, "average_decay": 0.9},
    "PacGAN": {"units": 4, "packing": 2},
    "SNGAN": {
        "filters": 2,
        "instance_noise": keras.optimizers.schedules.PolynomialDecay(0.3, 8, 0.0),
    },
    "R1GAN": {"filters": 2, "penalty_every": 4},
    "UnrolledGAN": {"units": 4, "unrolled_steps": 2, "latent_dim": 2},
}


def builder(name):
    def build(seed):
        model = getattr(kgan, name)((2,), data_range=None, seed=seed, **SMALL[name])
        model.compile()
        return model

    return build


def alone(name, seed):
    """The model of a seed, trained by plain Keras on the same minibatches."""
    keras.utils.set_random_seed(seed)
    model = builder(name)(seed)
    batches = Batches(X, batch_size=BATCH, seed=seed)
    for step in range(STEPS):
        batches.epoch = step // len(batches)
        model.train_on_batch(batches[step % len(batches)][0])
    return model


@pytest.mark.parametrize(
    "name",
    ["WGANGP", *(pytest.param(n, marks=pytest.mark.slow) for n in list(SMALL)[1:])],
)
@pytest.mark.parametrize("at_once", [True, False] if Replicas.available else [False])
def test_a_seed_becomes_what_it_becomes_alone(name, at_once, monkeypatch):
    monkeypatch.setattr(Replicas, "at_once", staticmethod(lambda: at_once))
    # The order of sums differs between a mapped and a plain operation, nothing else does.
    tolerance = 2e-4 if Replicas.available else 1e-6
    seen = []
    trained = fit_seeds(
        builder(name),
        SEEDS,
        X,
        batch_size=BATCH,
        steps=STEPS,
        every=5,
        watch=lambda seed, step, model: seen.append((seed, step, int(model.optimizer.iterations))),
    )
    outcome = {}
    for seed, model in trained:
        outcome[seed] = model.get_weights()
        for ours, theirs in zip(outcome[seed], alone(name, seed).get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert list(outcome) == list(SEEDS)
    # Neither seed is the other's copy: the comparison above would not notice if both were.
    assert not np.allclose(outcome[5][0], outcome[2][0], atol=0.01)
    assert sorted(seen) == [(seed, step, step) for seed in sorted(SEEDS) for step in (5, 10, 13)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seeds": []}, "seeds: got"),
        ({"seeds": [1, 1]}, "all different"),
        ({"steps": 0}, "steps: got 0"),
        ({"every": 0}, "every: got 0"),
        ({"x": X[:, :1]}, "x: got shape"),
        ({"batch_size": 41}, "batch_size: got 41"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(wrong, message):
    given = {"seeds": [0], "x": X, "batch_size": BATCH, "steps": 1, **wrong}
    with pytest.raises(ValueError, match=message):
        list(fit_seeds(builder("PacGAN"), given.pop("seeds"), given.pop("x"), **given))
