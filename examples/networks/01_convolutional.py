# %% [markdown]
"""# Convolutions: faces and digits with a DCGAN

**Goal.** Train the convolutional GAN of Radford, Metz and Chintala 2016 on 80 real faces (25x25
pixels) and on real digits (8x8), look at grids of samples and at what lies between two noise
vectors, and ask whether the images are as smooth and as sharp as real ones. The last is measured
by the power spectrum, averaged over all directions: blurred images lack power at short wavelengths,
checkerboards and noise have too much of it.

Shortened: one or two thousand steps of networks an eighth as wide as the paper's widest, two or
three minutes on two cores. With 80 faces there is no more to learn than what faces of this kind
look like: this is a lesson about convolutions, not about faces nobody has seen.
"""

# %% Knobs
import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import matplotlib.pyplot as plt
import numpy as np

import kgan

SEED = 0
FILTERS, LATENT = 16, 64
RATE = 5e-4
STEPS = {"faces": 1200, "digits": 2000}
BATCH = {"faces": 32, "digits": 64}
SAMPLES = 500

parser = argparse.ArgumentParser(description="DCGAN on faces and digits.")
parser.add_argument("--out", type=Path, default=Path("examples/out/networks/01_convolutional"))
OUT = parser.parse_known_args()[0].out
OUT.mkdir(parents=True, exist_ok=True)


# %% [markdown]
# ## The measure
# Power at distance r from frequency 0, averaged over the ring and over all images, for r up to half
# the side. One scalar, the data's mean pixel, is subtracted first. The distance between two sets
# of images is the sum of absolute differences over r. It is given as a share of the distance of
# white noise that has the data's own mean and variance.


# %%
def radial_power(images: np.ndarray, level: float) -> np.ndarray:
    """Mean power of images `(n, side, side, 1)` around `level` at radius 0, 1, ..., side/2."""
    side = images.shape[1]
    spectrum = np.abs(np.fft.fft2(images[..., 0].astype(np.float64) - level)) ** 2 / side**2
    frequency = np.fft.fftfreq(side, 1 / side)
    radius = np.round(np.hypot(*np.meshgrid(frequency, frequency))).astype(int)
    power = spectrum.mean(axis=0)
    return np.array([power[radius == r].mean() for r in range(side // 2 + 1)])


def compare(data: np.ndarray, generated: np.ndarray) -> tuple[dict, dict]:
    """The distances of samples and of white noise from the data; and the three spectra."""
    noise = np.random.default_rng(SEED).normal(data.mean(), data.std(), (SAMPLES, *data.shape[1:]))
    level = float(data.mean())
    spectra = {
        "data": radial_power(data, level),
        "generated": radial_power(generated, level),
        "white noise": radial_power(noise, level),
    }
    to_data = {
        name: float(np.abs(power - spectra["data"]).sum()) for name, power in spectra.items()
    }
    logs = {name: np.log(power) for name, power in spectra.items()}
    in_logs = {name: float(np.abs(log - logs["data"]).sum()) for name, log in logs.items()}
    return {
        "spectrum_distance": to_data["generated"],
        "spectrum_distance_of_white_noise": to_data["white noise"],
        "ratio": to_data["generated"] / to_data["white noise"],
        "ratio_of_log_spectra": in_logs["generated"] / in_logs["white noise"],
        "nyquist_power": {name: float(power[-1]) for name, power in spectra.items()},
    }, spectra


# %% Training
def train(name: str) -> tuple[kgan.DCGAN, np.ndarray, np.ndarray, float]:
    """The trained model, its data, what it generated before training, and the seconds it took."""
    keras.utils.set_random_seed(SEED)
    data = kgan.data.load(name).train
    model = kgan.DCGAN(
        data.shape[1:], latent_dim=LATENT, filters=FILTERS, average_decay=0.99, seed=SEED
    )
    model.compile(keras.optimizers.Adam(RATE, beta_1=0.5), keras.optimizers.Adam(RATE, beta_1=0.5))
    # An epoch of 80 images would be over in two steps: one of ours is several passes.
    passes = -(-20 * BATCH[name] // len(data))
    repeated = np.tile(data, (passes, 1, 1, 1))
    untrained = model.generate(SAMPLES, seed=SEED + 1)
    start = time.perf_counter()
    epochs = STEPS[name] // (len(repeated) // BATCH[name])
    model.fit(repeated, batch_size=BATCH[name], epochs=epochs, verbose=0)
    seconds = time.perf_counter() - start
    print(f"{name}: {len(data)} images, {int(model.optimizer.iterations)} steps, {seconds:.0f} s")
    return model, data, untrained, seconds


# %% [markdown]
# ## Between two noise vectors
# A generator that has learned a few images by heart jumps from one to the next; one that has
# learned what images have in common turns one into the other. The noise is led along the arc
# between two vectors, so that its length stays that of noise.


# %%
def between(model: kgan.DCGAN, rows: int, columns: int) -> np.ndarray:
    """Images `(rows, columns, height, width, 1)` along arcs in the space of noise."""
    start, end = np.random.default_rng(SEED).standard_normal((2, rows, 1, LATENT))
    angle = np.linspace(0, np.pi / 2, columns)[:, None]
    noise = np.cos(angle) * start + np.sin(angle) * end
    images = model.predict(noise.reshape(-1, LATENT).astype(np.float32), verbose=0)
    return images.reshape(rows, columns, *images.shape[1:])


def tile(images: np.ndarray) -> np.ndarray:
    """One picture of `(rows, columns, height, width, 1)`, with a line between the images."""
    padded = np.pad(images[..., 0], ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=1.0)
    rows, columns, height, width = padded.shape
    return padded.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)


# %% Both data sets
results = {"backend": keras.backend.backend(), "seed": SEED, "samples": SAMPLES}
for name in STEPS:
    model, data, untrained, seconds = train(name)
    generated = model.generate(SAMPLES, seed=SEED + 1)
    distances, spectra = compare(data, generated)
    results[name] = {
        **distances,
        "ratio_untrained": compare(data, untrained)[0]["ratio"],
        "steps": int(model.optimizer.iterations),
        "training_seconds": seconds,
    }

    figure, axes = plt.subplots(2, 2, figsize=(10, 9), layout="constrained")
    pictures = {
        "real": tile(data[:64].reshape(8, 8, *data.shape[1:])),
        "generated": tile(generated[:64].reshape(8, 8, *data.shape[1:])),
        "from one noise vector to another, in rows": tile(between(model, 8, 8)),
    }
    for axis, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        axis.imshow(picture, cmap="gray", vmin=-1, vmax=1)
        axis.set(title=title, xticks=[], yticks=[])
    for title, power in spectra.items():
        axes[1, 1].semilogy(power, "o-", ms=3, label=title)
    axes[1, 1].set(
        xlabel="cycles per image",
        ylabel="power",
        title=f"spectrum: {distances['ratio']:.2f} of white noise's distance",
    )
    axes[1, 1].legend()
    figure.savefig(OUT / f"{name}.png", dpi=110)

# %% The numbers
print(json.dumps(results, indent=2))
(OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
