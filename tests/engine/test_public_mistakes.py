"""Mistakes of public implementations that no other test would notice.

The rest of the list has its tests beside what it concerns: gradient norms without an epsilon, R1
without its half (test_penalties.py), a non-saturating loss called minimax, a hinge loss called
Wasserstein (test_losses.py), packs by a bare reshape (test_packing_models.py), unrolled steps that
are detached (test_unrolled.py).
"""

import keras
import numpy as np
import pytest
import scipy.stats
from keras import ops

import kgan
from registry import MODELS, SHAPE

RARELY = 1e-6  # false alarms of a test by sampling


def images(n):
    return np.zeros((n, *SHAPE), np.float32)


# α of the gradient penalty -----------------------------------------------------------------


def mixes(n):
    model = MODELS["WGANGP"]()
    drawn = model.draw({"real": ops.convert_to_tensor(images(n))}, model.training_seeds)
    return ops.convert_to_numpy(drawn["gradient_penalty"]["mix"])


def test_interpolation_is_uniform_on_the_line_between_two_samples():
    """Gulrajani et al. 2017, algorithm 1: ε ~ U[0, 1], one for each pair; copies draw N(0, 1)."""
    mix = mixes(4000)
    assert mix.shape == (4000, 1, 1, 1)
    assert scipy.stats.kstest(mix.ravel(), "uniform").pvalue > RARELY
    normal = np.random.default_rng(0).standard_normal(4000)
    assert scipy.stats.kstest(normal, "uniform").pvalue < RARELY


# Minibatches of the critic's steps ---------------------------------------------------------


class Recorder(keras.layers.Layer):
    """A critic that remembers which samples it scored, by their value."""

    def __init__(self):
        super().__init__()
        self.dense, self.seen = keras.layers.Dense(1), []

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        self.seen.append(ops.convert_to_numpy(x)[:, 0])
        return self.dense(x)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX's step is traced, not run")
def test_every_step_of_the_critic_has_a_minibatch_of_its_own():
    """Copies take one real minibatch for all steps of the critic between two of the generator."""
    numbers = np.arange(100.0, 124.0, dtype=np.float32)  # far from what is generated
    recorder = Recorder()
    model = kgan.WGAN(
        (1,), data_range=None, discriminator=recorder, discriminator_steps=3, filters=1, seed=0
    )
    model.compile(run_eagerly=True)
    recorder.seen.clear()
    model.fit(numbers[:, None], batch_size=4, epochs=1, verbose=0)
    real = [x[x > 50] for x in recorder.seen if (x > 50).any()]
    assert len(real) == 6  # minibatches of an epoch, each scored once
    assert sorted(np.concatenate(real)) == sorted(numbers)


# Default networks --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=MODELS, ids=str)
def model(request):
    return MODELS[request.param]()


def test_batch_normalisation_keeps_a_small_epsilon(model):
    """`BatchNormalization(0.8)` sets ε where the momentum was meant, in PyTorch's order."""
    for network in (model.generator, model.discriminator):
        for layer in network._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                assert layer.epsilon <= 1e-3
                assert 0.5 <= layer.momentum < 1


def test_discriminators_answer_in_logits(model):
    """A sigmoid before a loss on logits squeezes them into [0, 1], D(x) into [0.5, 0.73]."""
    last = [layer for layer in model.discriminator._flatten_layers() if not layer._layers][-1]
    assert getattr(last, "activation", keras.activations.linear) is keras.activations.linear
    kernel = max(model.discriminator.trainable_weights[-2:], key=lambda w: len(w.shape))
    assert kernel.shape[-1] == 1
    x = np.random.default_rng(0).uniform(0, 1, (8, *SHAPE)).astype(np.float32)
    before = model.score(x)
    bias = model.discriminator.trainable_weights[-1]
    assert bias.shape == (1,)
    bias.assign(bias.value + 100.0)
    np.testing.assert_allclose(model.score(x), before + 100.0, rtol=1e-4)
