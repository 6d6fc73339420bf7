"""Claims on layers and optimizers (A-NN, A-GEN-07), put to Keras's and to ours."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kgan
from kgan.layers import Maxout
from theory.chapters.densities.explicit_density import GaussianModel
from theory.chapters.networks.momentum import momentum_iterates


def units(network: keras.Sequential) -> list[str]:
    """The activations of a network's layers with weights, in order; dropout by its name."""
    found = []
    for layer in network.layers:
        if isinstance(layer, Maxout | layers.Dropout):
            found.append(type(layer).__name__)
        elif isinstance(layer, layers.Dense):
            found.append(layer.activation.__name__)
    return found


def test_original_layers():
    """A-NN-05, B-E22: rectifiers and sigmoids in G; Maxout and dropout in D, and only there."""
    model = kgan.GAN.original((8, 8, 1), units=6)
    assert units(model.generator) == ["relu", "relu", "sigmoid"]
    assert units(model.discriminator) == [
        "Dropout",
        "Maxout",
        "Dropout",
        "Maxout",
        "Dropout",
        "linear",  # the logit
    ]
    # G is the same at every pass: noise enters at its input only. D in training is not.
    z, x = np.ones((4, 100), "float32"), np.ones((4, 8, 8, 1), "float32")
    for network, inputs, varies in ((model.generator, z, False), (model.discriminator, x, True)):
        first, second = (ops.convert_to_numpy(network(inputs, training=True)) for _pass in range(2))
        assert bool(np.any(first != second)) is varies
    # Control: the default networks are others, without Maxout or dropout.
    assert not {"Dropout", "Maxout"} & set(units(kgan.GAN((8, 8, 1)).discriminator))


def lines(points: int) -> np.ndarray:
    """Equally spaced points on 20 random lines in R^3, shape (20, points, 3)."""
    rng = np.random.default_rng(0)
    start, direction = rng.normal(size=(2, 20, 1, 3))
    return start + np.linspace(-3, 3, points)[:, None] * direction


def second_differences(layer, x: np.ndarray) -> np.ndarray:
    """Those of each output along each line, in float64, shape (lines, points - 2, outputs)."""
    y = ops.convert_to_numpy(layer(x.reshape(-1, 3)))
    return np.diff(y.reshape(*x.shape[:2], -1), 2, axis=1)


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_maxout_is_convex_and_piecewise_linear(pieces, float64):
    """A-NN-06."""
    keras.utils.set_random_seed(0)
    x = lines(200)
    bends = second_differences(Maxout(4, pieces=pieces), x)
    assert bends.min() >= -1e-12
    # between two grid points each of at most pieces - 1 corners
    assert np.count_nonzero(np.abs(bends) > 1e-9, axis=1).max() <= 2 * (pieces - 1)
    # Control: tanh of as many units is neither.
    smooth = second_differences(layers.Dense(4, activation="tanh"), x)
    assert smooth.min() < -1e-6
    assert np.count_nonzero(np.abs(smooth) > 1e-9, axis=1).max() > 2 * (pieces - 1)


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_dropout_moments(rate):
    """A-NN-07: mean kept, variance x² p/(1 - p) added; 0.5 at x = 2 gives 2 and 4."""
    n, x = 200_000, 2.0
    layer = layers.Dropout(rate, seed=0)
    y = ops.convert_to_numpy(layer(np.full((n, 1), x, "float32"), training=True)).astype(float)
    added = x**2 * rate / (1 - rate)
    assert abs(y.mean() - x) <= 4.9 * np.sqrt(added / n)
    # y takes two values, so the spread of its square follows from the share that is kept
    kept = np.mean(y > 0)
    assert abs(kept - (1 - rate)) <= 4.9 * np.sqrt(rate * (1 - rate) / n)
    assert set(np.unique(y)) == {0.0, float(np.float32(x / (1 - rate)))}
    if rate == 0.5:
        assert abs(y.mean() - 2) <= 0.03
        assert abs(y.var() - 4) <= 0.03
    # Control: outside training it does nothing, and no variance is added.
    still = ops.convert_to_numpy(layer(np.full((10, 1), x, "float32"), training=False))
    assert abs(still.var() - added) > 0.03
    assert (still == x).all()


def descend(optimizer, curvature: float, start: float, steps: int) -> np.ndarray:
    """w_0, ..., w_steps of a Keras optimizer on λw²/2."""
    w = keras.Variable(start)
    optimizer.build([w])
    path = [start]
    for _step in range(steps):
        optimizer.apply([curvature * ops.convert_to_tensor(w)])
        path.append(float(ops.convert_to_numpy(w)))
    return np.array(path)


@pytest.mark.parametrize(
    ("rate", "momentum"),
    [(0.03, 0.7), (0.1, 0.9), (0.7, 0.05)],  # the first is GAN.original's
)
def test_momentum_is_its_closed_form(rate, momentum, float64):
    """A-NN-08."""
    curvature, start, steps = 1.7, 2.0, 60
    path = descend(keras.optimizers.SGD(rate, momentum=momentum), curvature, start, steps)
    expected = momentum_iterates(start, curvature, rate, momentum, steps)
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-6)
    # Control: Nesterov's momentum is another recursion.
    other = keras.optimizers.SGD(rate, momentum=momentum, nesterov=True)
    assert np.abs(descend(other, curvature, start, steps) - expected).max() > 1e-3


def test_gan_gives_samples_and_no_density():
    """A-GEN-07: an explicit model has a density, a GAN a sampler alone."""
    densities = ("log_prob", "logpdf", "pdf", "density", "log_likelihood")
    model = kgan.GAN((1,), latent_dim=2, data_range=None, units=4, seed=0)
    assert model.generate(5).shape == (5, 1)
    assert not any(hasattr(model, name) for name in densities)
    # Control: the Gaussian model has both.
    fitted = GaussianModel.fit([0.0, 1.0, 3.0])
    assert hasattr(fitted, "log_prob")
    assert fitted.sample(5, seed=0).shape == (5,)
    # What D gives is no density either: its exponential or sigmoid does not integrate to one.
    x = np.linspace(-50, 50, 2001, dtype="float32")[:, None]
    chance = 1 / (1 + np.exp(-model.score(x)))
    assert np.sum(chance) * 0.05 > 2
