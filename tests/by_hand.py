"""Games small enough to be worked out by hand: linear critics, generators that move the noise."""

import keras
import numpy as np
from keras import ops

from kgan import losses
from kgan.two_player import TwoPlayerGame

H = 0.25  # learning rate
W = np.array([0.5, -2.0, 3.0])  # a critic's weights; no two of them alike
REAL = np.array([[1.0, 2.0, -1.0], [0.5, -3.0, 4.0], [2.0, 0.0, 1.5], [-1.0, 1.0, 0.25]])
THETA = np.array([0.5, 1.0, -0.25])  # where a generator moves the noise


def number(tensor):
    return float(array(tensor))


def array(tensor):
    return np.array(ops.convert_to_numpy(ops.stop_gradient(ops.convert_to_tensor(tensor))))


def tensor(x):
    return ops.convert_to_tensor(np.asarray(x, "float32"))


class Linear(keras.layers.Layer):
    """D(x) = w·x + b; of somebody's own, so that nothing is known of it."""

    def __init__(self, w=W, b=0.0, **options):
        super().__init__(**options)
        self.w = self.add_weight(shape=np.shape(w), initializer="zeros")
        self.w.assign(w)
        self.b = self.add_weight(shape=(), initializer=keras.initializers.Constant(b))
        self.built = True

    def call(self, x):
        n = ops.shape(x)[0]
        return ops.sum(ops.reshape(self.w * x, (n, -1)), axis=1, keepdims=True) + self.b


def dense(w=W, b=0.0):
    """The same of Keras's layers, which are known to judge each sample alone."""
    network = keras.Sequential([keras.layers.Input(np.shape(w)), keras.layers.Dense(1)])
    network.set_weights([np.reshape(w, (-1, 1)), np.array([b])])
    return network


class Shift(keras.layers.Layer):
    """G(z) = s·z + θ: the noise itself, moved; a constant where s is 0."""

    def __init__(self, theta, scale=1.0, **options):
        super().__init__(**options)
        self.scale = scale
        self.theta = self.add_weight(shape=np.shape(theta), initializer="zeros")
        self.theta.assign(theta)
        self.built = True

    def call(self, z):
        return self.scale * z + self.theta


class Played(TwoPlayerGame):
    """A two-player game whose networks are given."""

    def __init__(self, data_shape, *, objective=losses.wasserstein, **options):
        super().__init__(data_shape, **options)
        self.objective = objective


def played(generator=None, discriminator=None, *, rate=H, compiled=False, **options):
    model = Played(
        (3,),
        generator=Shift(THETA) if generator is None else generator,
        discriminator=Linear() if discriminator is None else discriminator,
        **{"latent_dim": 3, "data_range": None, "seed": 5, **options},
    )
    model.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), run_eagerly=not compiled)
    return model


def step(model, x=REAL):
    """The logs of one minibatch."""
    model.reset_metrics()
    x = x if isinstance(x, dict) else np.asarray(x, "float32")
    logs = model.train_on_batch(x, return_dict=True)
    return {name: float(value) for name, value in logs.items()}


def noise_of(seed, *shapes):
    """What is drawn from a seed, normal in these shapes one after another."""
    seeds = keras.random.SeedGenerator(seed)
    return [array(keras.random.normal(shape, seed=seeds)) for shape in shapes]


def close(found, expected, rtol=1e-5, atol=1e-6):
    np.testing.assert_allclose(array(found), expected, rtol=rtol, atol=atol)
