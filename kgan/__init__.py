"""Generative adversarial networks in Keras 3, checked by an executable theory.

Public names are imported when first used: `import kgan` costs nothing.
"""

import importlib
from typing import Any

_HOME = {
    "GAN": "kgan.models.gan",
    "DCGAN": "kgan.models.dcgan",
    "WGAN": "kgan.models.wgan",
    "WGANGP": "kgan.models.wgan_gp",
    "LSGAN": "kgan.models.lsgan",
    "HingeGAN": "kgan.models.hinge_gan",
    "SNGAN": "kgan.models.sngan",
    "R1GAN": "kgan.models.r1_gan",
    "R3GAN": "kgan.models.r3_gan",
    "PacGAN": "kgan.models.pacgan",
    "MinibatchGAN": "kgan.models.minibatch_gan",
    "UnrolledGAN": "kgan.models.unrolled_gan",
    "Game": "kgan.game",
    "Part": "kgan.spec",
    "Turn": "kgan.game",
    "TwoPlayerGame": "kgan.two_player",
    "load": "kgan.runs",
}
_MODULES = (
    "autodiff",
    "callbacks",
    "data",
    "layers",
    "losses",
    "metrics",
    "models",
    "penalties",
    "show",
)

__all__ = [*_HOME, *_MODULES]  # the map above is the list of names
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"kgan.{name}")
    raise AttributeError(f"module 'kgan' has no attribute {name!r}; it has {', '.join(__all__)}.")


def __dir__():
    return sorted(__all__)
