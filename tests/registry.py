"""Every model of the package, as its common tests build it: small, seeded, on 8×8 images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import keras
import numpy as np

import kgan

SHAPE = (8, 8, 1)


@dataclass(frozen=True)
class Entry:
    """How to build a model for its tests; call it for a fresh, compiled instance."""

    build: Callable[..., keras.Model]
    compiled: bool = False
    data_range: tuple[float, float] = (-1.0, 1.0)
    logs: tuple[str, ...] = ()
    validation: tuple[str, ...] = ("value", "js_lower_bound")
    options: dict = field(default_factory=dict)
    shape: tuple[int, ...] = SHAPE
    parts: Mapping[str, kgan.Part] = field(default_factory=dict)  # of more than images alone
    paired: bool = True

    def __call__(self, **options) -> keras.Model:
        keras.utils.set_random_seed(3)
        model = self.build(self.shape, **{"seed": 3, **self.options, **options})
        if not self.compiled:
            model.compile()
        return model

    def samples(self, n: int = 36, seed: int = 0):
        """Random data: an array, or of several parts a dict; what is not paired has fewer."""
        random = np.random.default_rng(seed)
        found = {}
        for name, part in (self.parts or {"real": self._image}).items():
            shape = (n if self.paired or not found else 7 * n // 9, *part.shape)
            if part.is_integer:
                found[name] = random.integers(part.classes, size=shape)
            else:
                found[name] = random.uniform(*(part.range or (-2, 2)), shape).astype("float32")
        return found if len(found) > 1 else next(iter(found.values()))

    @property
    def _image(self) -> kgan.Part:
        return kgan.Part(self.shape, "image", self.data_range)


MODELS = {
    "GAN": Entry(kgan.GAN, options={"units": 16, "average_decay": 0.9, "latent_dim": 4}),
    "GAN.original": Entry(
        kgan.GAN.original, compiled=True, data_range=(0.0, 1.0), options={"units": 8}
    ),
    "DCGAN": Entry(kgan.DCGAN, options={"filters": 4, "latent_dim": 4}),
    "WGAN": Entry(
        kgan.WGAN,
        options={"filters": 4, "latent_dim": 4, "discriminator_steps": 2},
        validation=("score_difference",),
    ),
    "WGANGP": Entry(
        kgan.WGANGP,
        options={"filters": 4, "latent_dim": 4, "discriminator_steps": 2, "average_decay": 0.9},
        logs=("gradient_penalty",),
        validation=("score_difference",),
    ),
    "LSGAN": Entry(
        kgan.LSGAN,
        options={"filters": 4, "latent_dim": 4, "targets": (-1.0, 1.0, 0.0)},
        validation=("score_difference",),
    ),
    "HingeGAN": Entry(
        kgan.HingeGAN,
        options={
            "filters": 4,
            "latent_dim": 4,
            "instance_noise": keras.optimizers.schedules.PolynomialDecay(0.3, 8, 0.0),
        },
        validation=("score_difference",),
    ),
    "SNGAN": Entry(
        kgan.SNGAN,
        options={"filters": 4, "latent_dim": 4, "discriminator_steps": 2},
        validation=("score_difference",),
    ),
    "R1GAN": Entry(
        kgan.R1GAN,
        options={"filters": 4, "latent_dim": 4, "r2": 5.0},
        logs=("r1_penalty", "r2_penalty"),
    ),
    "R3GAN": Entry(
        kgan.R3GAN,
        options={"filters": 4, "latent_dim": 4},
        logs=("r1_penalty", "r2_penalty"),
        validation=("score_difference",),
    ),
    "PacGAN": Entry(
        kgan.PacGAN,
        options={"filters": 4, "latent_dim": 4, "packing": 2, "average_decay": 0.9},
    ),
    "MinibatchGAN": Entry(kgan.MinibatchGAN, options={"filters": 4, "latent_dim": 4}),
    "UnrolledGAN": Entry(
        kgan.UnrolledGAN, options={"units": 8, "latent_dim": 4, "unrolled_steps": 2}
    ),
}
