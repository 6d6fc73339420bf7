# %% [markdown]
"""# Mode collapse: seeing it, and what cures it

**Goal.** Make a generator collapse, watch it hop from mode to mode, and cure it.

For a fixed discriminator the best answer of a generator is to put everything on the one point that
looks most real (claim A-MC-01). Train the generator ten times as often as the discriminator and it
does just that: all samples on one mode; the discriminator learns to reject that mode; the samples
move on to the next (Metz et al. 2017, section 3.1; claim A-MC-03). The data are eight Gaussians in
a circle, without labels: collapse needs no classes (claim A-MC-13), and because the modes are
known, it can be counted (the measure of PacGAN, Lin et al. 2018, section 4.1).

Four games follow, between equal networks, for as many minibatches:

1. *ten to one*: ten steps of the generator for each of the discriminator;
2. *one to one*: the same game in equal turns;
3. *ten to one, packed*: the discriminator judges two samples at once, and sees that they are alike;
4. *ten to one, unrolled*: the generator foresees five steps of the discriminator's answer.

Shortened: a few thousand minibatches of small networks. Two or three minutes on two cores.
"""

# %% Knobs
import argparse
import itertools
import json
import math
import os
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import matplotlib.pyplot as plt
import numpy as np

import kgan
from kgan.callbacks import LossDoctor, ModeMonitor

SEED = 0
EPOCHS, MINIBATCHES, BATCH = 16, 250, 128  # an epoch is only what the doctor looks at
RATE, MOMENTUM = 5e-4, 0.5  # try a momentum of 0.9: equal turns hop, too
GENERATOR_STEPS = 10  # for one of the discriminator's
EVERY = 50  # minibatches between two measurements
STD = 0.05  # of each mode; the circle has radius 1
SNAPSHOTS = (500, 1000, 1500, 2000, 2500, 3000, 3500, 4000)

parser = argparse.ArgumentParser(description="Mode collapse, hopping, and cures.")
parser.add_argument("--out", type=Path, default=Path("examples/out/collapse/01_mode_collapse"))
OUT = parser.parse_known_args()[0].out
OUT.mkdir(parents=True, exist_ok=True)

# %% Data whose modes are known
angles = 2 * np.pi * np.arange(8) / 8
centers = np.stack([np.cos(angles), np.sin(angles)], axis=1)
rng = np.random.default_rng(SEED)
x = centers[rng.integers(8, size=MINIBATCHES * BATCH)]
x = (x + STD * rng.standard_normal(x.shape)).astype("float32")


# %% [markdown]
# ## The games
# A game is a list of turns, so an over-trained generator is a change of one line: the
# discriminator's turn comes once in ten minibatches.


# %%
def ten_to_one(model_class):
    """A model whose generator moves ten times for each move of its discriminator."""

    class TenToOne(model_class):
        def turns(self):
            discriminator, generator = super().turns()
            return replace(discriminator, every=GENERATOR_STEPS), generator

    return TenToOne


def perceptron(inputs: int, outputs: int) -> keras.Sequential:
    return keras.Sequential(
        [
            keras.layers.Input((inputs,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(outputs),
        ]
    )


def play(model_class, judged: int = 1, **options):
    """Train a model; what its monitor and its doctor saw, and its logs."""
    keras.utils.set_random_seed(SEED)
    model = model_class(
        (2,),
        latent_dim=2,
        data_range=None,
        generator=perceptron(2, 2),
        discriminator=perceptron(2 * judged, 1),
        seed=SEED,
        **options,
    )
    model.compile(
        keras.optimizers.Adam(RATE, beta_1=MOMENTUM),
        keras.optimizers.Adam(RATE, beta_1=MOMENTUM),
        steps_per_execution=1 if keras.backend.backend() == "torch" else EVERY,
    )
    monitor, doctor = ModeMonitor(centers, STD, every=EVERY), LossDoctor()
    history = model.fit(
        x, batch_size=BATCH, epochs=EPOCHS, callbacks=[monitor, doctor], verbose=0
    ).history
    return monitor, doctor, history


# %% [markdown]
# ## 1. Ten to one
# The doctor stands after the monitor, so that it knows the modes. Read what it says, epoch by
# epoch.

# %%
games = {"ten to one": play(ten_to_one(kgan.GAN))}
monitor, doctor, history = games["ten to one"]
for epoch, verdict, sentence in doctor.history:
    print(f"epoch {epoch:2d}, {verdict}: {sentence}\n")
monitor.figure(SNAPSHOTS).savefig(OUT / "hopping.png")

# %% [markdown]
# In `hopping.png` the lowest strip is the one to look at: one bright field at a time, now in this
# row, now in that. Between two fields the samples are on their way and no mode is captured.
#
# ## What the losses show
# Nothing. The discriminator's loss stays near log 4, where it cannot tell the samples apart, as it
# does at the equilibrium (claim A-JS-07): it lags behind samples that are never where they were.
# Only the samples tell a collapse from a success.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
epochs = np.arange(1, EPOCHS + 1)
left.axhline(math.log(4), color="0.6", ls=":", label="log 4")
left.plot(epochs, history["discriminator_loss"], "C3", label="discriminator's loss")
left.plot(epochs, history["generator_loss"], "C0", label="generator's loss")
left.set(xlabel="epoch", ylabel="loss", ylim=(0, 3), title="ten to one: the losses look healthy")
left.legend(fontsize=8)
right.plot(epochs, history["mode_changes"], "k")
right.set(xlabel="epoch", ylabel="changes of the dominant mode", title="the modes do not")
figure.savefig(OUT / "losses.png", dpi=120)

# %% [markdown]
# ## 2 to 4. Cures
# Packing and unrolling are given the same handicap of ten to one. A packed discriminator sees two
# samples of one source: a collapsed pair is never seen in the data, and differs from p_data more
# the more samples are judged (claims A-MC-07, A-MC-08). An unrolled generator descends the loss
# that it will have once the discriminator has answered, and so does not run where it will be
# rejected (Metz et al. 2017, eq. 9).

# %%
games["one to one"] = play(kgan.GAN)
games["ten to one, packed"] = play(ten_to_one(kgan.PacGAN), judged=2, packing=2, simultaneous=False)
games["ten to one, unrolled"] = play(
    ten_to_one(kgan.UnrolledGAN), unrolled_steps=5, simultaneous=False
)

figure, axes = plt.subplots(
    len(games), 6, figsize=(11, 7), layout="constrained", width_ratios=(1, 1, 1, 1, 1, 2.6)
)
for (name, (monitor, _, _)), row in zip(games.items(), axes, strict=True):
    kept = np.linspace(0, len(monitor.history) - 1, 6).round().astype(int)[1:]
    for axis, i in zip(row, kept, strict=False):
        measured = monitor.history[i]
        axis.scatter(*centers.T, s=60, c="#d9dce0", linewidths=0)
        axis.scatter(*measured.points.T, s=2, c="#d1495b", linewidths=0)
        axis.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[], yticks=[], aspect="equal")
        axis.set_title(f"{measured.step:,}", fontsize=8)
    row[0].set_ylabel(name, fontsize=8)
    steps = [m.step for m in monitor.history]
    row[-1].plot(steps, [m.modes for m in monitor.history], "C0", lw=1, label="modes")
    row[-1].plot(steps, [8 * m.high_quality for m in monitor.history], "C1", lw=1, label="quality")
    row[-1].set(ylim=(-0.3, 8.3), yticks=[0, 2, 4, 6, 8])
    row[-1].tick_params(labelsize=7)
axes[0, -1].set_title("modes; share of high quality, times 8", fontsize=8)
axes[-1, -1].legend(fontsize=7)
axes[-1, -1].set_xlabel("minibatches", fontsize=8)
figure.savefig(OUT / "cures.png", dpi=120)

# %% [markdown]
# Balance is the cheapest cure; but nobody knows the right balance beforehand, and packing and
# unrolling work without it, from eight modes on slowly to good samples. Unrolling costs several
# times the time of a step. Not every good model is a cure: `ten_to_one(kgan.R3GAN)` with
# `gamma=0.1` hops like the first game; in equal turns it does not. Try it.

# %% The numbers
table = {}
for name, (monitor, doctor, history) in games.items():
    last = monitor.history[-1]
    seen = [m for m in monitor.history if m.dominant is not None]
    dominant = [m.dominant for m in seen if m.step <= 3000]
    settled = [m.modes for m in monitor.history if m.high_quality >= 0.5]
    table[name] = {
        "modes": last.modes,
        "high_quality": last.high_quality,
        "reverse_kl": None if math.isnan(last.reverse_kl) else last.reverse_kl,
        "fewest_modes_of_good_samples": min(settled, default=None),
        "changes": monitor.changes,
        "changes_within_3000": sum(a != b for a, b in itertools.pairwise(dominant)),
        "discriminator_loss": history["discriminator_loss"][-1],
        "verdict": doctor.verdict,
        "verdicts": [(epoch, verdict) for epoch, verdict, _ in doctor.history],
    }
    print(f"{name:22}", json.dumps(table[name]))
    print(" " * 22, doctor.sentence)
results = {"backend": keras.backend.backend(), "seed": SEED, "games": table}
(OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
