"""Layers that papers on GANs define and Keras does not have."""

from kgan.layers.maxout import Maxout
from kgan.layers.minibatch_discrimination import MinibatchDiscrimination
from kgan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from kgan.layers.spectral_normalization import SpectralNormalization
from kgan.layers.strided_convolution import StridedConv2D

__all__ = [
    "Maxout",
    "MinibatchDiscrimination",
    "MinibatchStandardDeviation",
    "SpectralNormalization",
    "StridedConv2D",
]
