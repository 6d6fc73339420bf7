# %% [markdown]
"""# A GAN learns handwritten digits

**Goal.** Train the GAN of Goodfellow et al. 2014 with `model.fit` on 1,297 real handwritten digits
(8x8 pixels) and ask four questions of its samples: do they show all ten digits, about equally
often, are they likely under a density estimate, and are they new, not copies of the training data?

Two reference lines say how the game stands. A discriminator that cannot tell says 1/2 everywhere:
its loss is then log 4 and the (non-saturating) generator's log 2 (claim A-SAT-03).

Shortened: a few thousand steps of small perceptrons, a minute or two on two cores. Longer training
makes the strokes cleaner.
"""

# %% Knobs
import argparse
import json
import math
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import cdist

import kgan
from kgan import losses, metrics

SEED = 0
OBJECTIVE = losses.non_saturating  # or losses.minimax, which learns late: see claim A-SAT-05
DISCRIMINATOR_STEPS = 1  # k of algorithm 1
EPOCHS, BATCH = 250, 64  # 20 minibatches an epoch
RATE = 3e-4
SHOWN = (0, 5, 20, 60, 120, EPOCHS)  # epochs at which the same noise is drawn
SAMPLES = 2000

parser = argparse.ArgumentParser(description="The GAN of 2014 on handwritten digits.")
parser.add_argument("--out", type=Path, default=Path("examples/out/game/01_digits_gan"))
OUT = parser.parse_known_args()[0].out
OUT.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(SEED)

# %% The data, and a judge who knows digits: a classifier trained on the same training images
digits = kgan.data.load("digits")
judge = metrics.digits_judge()
print(f"{len(digits.train)} training and {len(digits.test)} test images of shape {digits.shape}")
print(f"judge: {judge.test_accuracy:.3f} of the test images named rightly")

# %% The model: two perceptrons, and an average of the generator's weights for sampling
model = kgan.GAN(
    digits.shape,
    objective=OBJECTIVE,
    discriminator_steps=DISCRIMINATOR_STEPS,
    average_decay=0.998,
    seed=SEED,
)
model.compile(keras.optimizers.Adam(RATE, beta_1=0.5), keras.optimizers.Adam(RATE, beta_1=0.5))


class Watch(keras.callbacks.Callback):
    """Keeps what ten fixed noise vectors turn into, at the epochs in SHOWN."""

    def __init__(self):
        super().__init__()
        self.rows = {}

    def on_train_begin(self, logs=None):
        self.rows[0] = self.model.generate(10, seed=SEED)

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in SHOWN:
            self.rows[epoch + 1] = self.model.generate(10, seed=SEED)
            print(f"epoch {epoch + 1}: " + ", ".join(f"{k} {v:.3f}" for k, v in logs.items()))


# %% Training
watch = Watch()
history = model.fit(
    digits.train, batch_size=BATCH, epochs=EPOCHS, callbacks=[watch], verbose=0
).history

# %% The same noise, epoch after epoch
figure, rows = plt.subplots(len(watch.rows), 10, figsize=(6, 0.62 * len(watch.rows) + 0.4))
for axes, (epoch, images) in zip(rows, watch.rows.items(), strict=True):
    axes[0].set_ylabel(f"{epoch}", rotation=0, ha="right", va="center")
    for axis, image in zip(axes, images, strict=True):
        axis.imshow(image[..., 0], cmap="gray", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[])
figure.suptitle("the same noise after so many epochs")
figure.savefig(OUT / "progress.png", dpi=120)

# %% [markdown]
# How the game went. D(x) is what the discriminator thinks of real images, D(G(z)) of generated
# ones. Where both are 1/2 it has given up telling them apart.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
epochs = np.arange(1, EPOCHS + 1)
left.plot(epochs, history["real_score"], label="D(x)")
left.plot(epochs, history["fake_score"], label="D(G(z))")
left.axhline(0.5, color="k", ls=":")
left.set(xlabel="epoch", ylabel="mean probability of being real", ylim=(0, 1))
left.legend()
right.plot(epochs, history["discriminator_loss"], label="discriminator")
right.plot(epochs, history["generator_loss"], label="generator")
right.axhline(math.log(4), color="C0", ls=":", label="log 4")
right.axhline(math.log(2), color="C1", ls=":", label="log 2")
right.set(xlabel="epoch", ylabel="loss")
right.legend()
figure.savefig(OUT / "curves.png", dpi=120)

# %% [markdown]
# ## Are the samples good?
# The judge names what each sample shows. The Parzen window, with the width 0.35 that claim
# A-EVA-03 uses, gives the test images' log-likelihood under a density made of 2,000 samples.
# Beside the GAN stands a Gaussian with the training images' mean and covariance, which knows no
# strokes at all; and the training images themselves, which no GAN should be expected to beat.

# %%
generated = model.generate(SAMPLES, seed=SEED + 1)
flat = digits.train.reshape(len(digits.train), -1).astype(np.float64)
rng = np.random.default_rng(SEED)
gaussian = rng.multivariate_normal(flat.mean(axis=0), np.cov(flat.T), SAMPLES)
gaussian = np.clip(gaussian, -1, 1).reshape(-1, *digits.shape)  # images end at black and white


def scores(samples) -> dict:
    histogram = judge.label_histogram(samples)
    nearest = metrics.memorisation(samples, digits.train, digits.test)
    return {
        "shares": histogram.shares.tolist(),
        "classes_of_at_least_1_percent": int(np.sum(histogram.shares >= 0.01)),
        "kl_to_uniform": histogram.kl_to_uniform,
        "parzen": metrics.parzen_log_likelihood(samples, digits.test, sigma=0.35).mean,
        "distance_to_train": nearest.samples_to_all_train,
        "distance_of_test_to_train": nearest.heldout_to_all_train,
        "distance_ratio": nearest.samples_to_all_train / nearest.heldout_to_all_train,
    }


table = {
    "GAN": scores(generated),
    "Gaussian": scores(gaussian),
    "training images": scores(digits.train),
}
print(f"{'samples':16} {'classes':>7} {'KL':>7} {'Parzen':>8} {'NN distance':>12}")
for name, row in table.items():
    print(
        f"{name:16} {row['classes_of_at_least_1_percent']:7d} {row['kl_to_uniform']:7.3f} "
        f"{row['parzen']:8.2f} {row['distance_to_train']:12.2f}"
    )
test_distance = table["GAN"]["distance_of_test_to_train"]
print(f"{'test images':16} {'':>7} {'':>7} {'':>8} {test_distance:12.2f}")

# %% [markdown]
# ## Are they new?
# Ten samples above the training images nearest to them. Copies would be at distance 0; test images,
# which nobody copied, are as far from the training images as the table's last line says.

# %%
shown = generated[:10]
distances = cdist(shown.reshape(10, -1), flat)
neighbours = digits.train[distances.argmin(axis=1)]
figure, rows = plt.subplots(2, 10, figsize=(8, 2.2), layout="constrained")
for i in range(10):
    for axis, image in zip(rows[:, i], (shown[i], neighbours[i]), strict=True):
        axis.imshow(image[..., 0], cmap="gray", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[])
    rows[1, i].set_xlabel(f"{distances[i].min():.1f}", fontsize=8)
rows[0, 0].set_ylabel("sample")
rows[1, 0].set_ylabel("nearest")
figure.savefig(OUT / "nearest_neighbours.png", dpi=120)

# %% The numbers
results = {
    "backend": keras.backend.backend(),
    "seed": SEED,
    "epochs": EPOCHS,
    "samples": SAMPLES,
    "judge_test_accuracy": judge.test_accuracy,
    "scores": table,
    "nearest_distances_shown": distances.min(axis=1).tolist(),
    "last_losses": {
        name: history[name][-1]
        for name in ("discriminator_loss", "generator_loss", "real_score", "fake_score")
    },
}
(OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
