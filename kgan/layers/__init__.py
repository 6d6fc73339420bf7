"""Layers that papers on GANs define and Keras does not have."""

from kgan.layers.maxout import Maxout

__all__ = ["Maxout"]
