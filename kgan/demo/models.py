"""The two models that the demo trains."""

import keras

from kgan.data import Dataset
from kgan.models.gan import GAN
from kgan.models.wgan_gp import WGANGP


def on_digits(data: Dataset, seed: int):
    """The compiled model that the demo trains on digits."""
    keras.utils.set_random_seed(seed)
    model = WGANGP(data.shape, filters=32, discriminator_steps=2, average_decay=0.999, seed=seed)
    # Ten times the paper's rate and two critic steps for its five: small networks bear it.
    model.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9) for _ in range(2)))
    return model


def on_the_line(seed: int):
    """The compiled model that the demo trains on numbers, whose discriminator is kept near D*."""
    keras.utils.set_random_seed(seed)
    model = GAN((1,), data_range=None, latent_dim=2, units=64, discriminator_steps=5, seed=seed)
    model.compile(keras.optimizers.Adam(5e-4, beta_1=0.5), keras.optimizers.Adam(3e-3, beta_1=0.5))
    return model
