"""A training step as one would write it by hand, once for each backend.

All do the same work on Keras networks: one generator pass without derivatives, the discriminator
on real and generated images (in one pass where its layers treat each sample alone), Adam; a second
generator pass, Adam. The optimizers' numbers are those of `adam`.
"""

from importlib import import_module

import keras

RATE, BETA_1, BETA_2, EPSILON = 2e-4, 0.5, 0.999, 1e-7


def adam() -> keras.optimizers.Adam:
    return keras.optimizers.Adam(RATE, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)


def joins(discriminator) -> bool:
    """Whether real and generated images may pass together: not through batch normalisation."""
    layers = discriminator._flatten_layers()
    return not any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)


def backend():
    """The module of this process's backend.

    It has `NAME`, what its step is called; `accelerated()`, whether there is an accelerator; and
    `Plain(generator, discriminator, latent_dim, batch, jit_compile)`, whose `step(real)` takes a
    step on a numpy minibatch and returns both losses as tensors.
    """
    return import_module(f"plain.with_{keras.backend.backend()}")
