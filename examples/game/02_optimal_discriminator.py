# %% [markdown]
"""# What a discriminator learns, and what a generator makes of it

**Goal.** On the line everything about a GAN can be computed, so that training can be held against
theory instead of against our taste:

1. against a *fixed* generator the best discriminator is D*(x) = p_data(x) / (p_data(x) + p_g(x))
   (Goodfellow et al. 2014, proposition 1; claim A-DST-01), and its value is
   V(D*, G) = 2 JS(p_data, p_g) - log 4 (theorem 1; claim A-JS-02). We train a network and lay it
   over D*;
2. then the generator moves, too: we watch V(D, G) beside 2 JS - log 4 while a GAN learns N(3, 1.5),
   and measure how far it ends from the data, in the Wasserstein distance.

Both trainings are complete; nothing is shortened. About a minute on two cores.
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
import scipy.stats

import kgan
import theory
from kgan.callbacks import TheoryMonitor

SEED = 0
D_EPOCHS, D_BATCH, D_RATE = 8, 512, 5e-3  # part 1
GAN_EPOCHS, GAN_BATCH = 15, 512  # part 2
GAN_D_RATE, GAN_G_RATE = 5e-3, 5e-4  # D must be quick, to stay near its best response

parser = argparse.ArgumentParser(description="A learned discriminator against D*, and a 1-D GAN.")
parser.add_argument("--out", type=Path, default=Path("examples/out/game/02_optimal_discriminator"))
OUT = parser.parse_known_args()[0].out
OUT.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(SEED)


# %% Networks for numbers
def perceptron(name: str) -> keras.Sequential:
    """One number in, one number out."""
    return keras.Sequential(
        [
            keras.layers.Input((1,)),
            keras.layers.Dense(48, activation="tanh"),
            keras.layers.Dense(48, activation="tanh"),
            keras.layers.Dense(1),
        ],
        name=name,
    )


def adam(rate: float, steps: int) -> keras.optimizers.Adam:
    """Adam whose rate falls to 0 over the training, so that the last noise averages out."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    return keras.optimizers.Adam(schedule, beta_1=0.5)


# %% [markdown]
# ## 1. A generator that does not move
# The data are an even mixture of N(-2, 0.7) and N(1, 1) (standard deviations, as everywhere here).
# The generator is the single number 1.5: it turns z ~ N(0, 1) into exactly N(0, 1.5), and is
# frozen. A frozen player sits out; only the discriminator is trained.

# %%
data = kgan.data.load("mixture_1d", seed=SEED)
p_g = scipy.stats.norm(0, 1.5)
times_1_5 = keras.Sequential(
    [
        keras.layers.Input((1,)),
        keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(1.5)),
    ],
    name="generator",
)
times_1_5.trainable = False

model = kgan.GAN(
    (1,),
    latent_dim=1,
    data_range=None,
    generator=times_1_5,
    discriminator=perceptron("discriminator"),
    seed=SEED,
)
steps = D_EPOCHS * (len(data.train) // D_BATCH)
model.compile(discriminator_optimizer=adam(D_RATE, steps))
monitor = TheoryMonitor(data.density, directory=OUT, generator_density=p_g)
monitor.set_model(model)
monitor.measure()
untrained = {"rms": monitor.theory_rms, "value": monitor.theory_value}
history = model.fit(
    data.train,
    batch_size=D_BATCH,
    epochs=D_EPOCHS,
    validation_data=data.test,
    callbacks=[monitor],
    verbose=2,
).history

# %% [markdown]
# How far is D from D*? The root mean square is taken under (p_data + p_g)/2, that is, over the
# samples that the discriminator sees: in the tails, where there are next to none, nothing holds D,
# and it does as it likes. V is computed twice: by quadrature from the densities, which no
# discriminator can lift above its bound, and by `fit` from held-out samples, which can exceed it by
# luck.

# %%
frozen = {
    "rms": monitor.theory_rms,
    "rms_untrained": untrained["rms"],
    "value": monitor.theory_value,
    "value_on_held_out_samples": history["val_value"][-1],
    "bound": monitor.theory_bound,
    "gap": abs(monitor.theory_value - monitor.theory_bound),
    "js": theory.js(data.density, p_g),
    "js_lower_bound_from_samples": history["val_js_lower_bound"][-1],
}
print(json.dumps(frozen, indent=2))

x, p_x, q_x, learned, optimal = monitor.measure()
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
left.plot(x, optimal, "k", lw=3, alpha=0.6, label="D* (theory)")
left.plot(x, learned, "C3--", label="D (learned)")
left.fill_between(x, p_x, color="C0", alpha=0.3, label="density of the data")
left.fill_between(x, q_x, color="C1", alpha=0.3, label="density of the generator")
left.set(xlabel="x", ylabel="D(x), and densities", title=f"RMS(D − D*) = {frozen['rms']:.4f}")
left.legend(fontsize=8)
epochs = np.arange(1, D_EPOCHS + 1)
right.axhline(frozen["bound"], color="k", label="2 JS − log 4")
right.plot(epochs, history["theory_value"], "C3o--", label="V(D, G) by quadrature")
right.plot(epochs, history["val_value"], "C2x", label="V(D, G) on held-out samples")
right.set(xlabel="epoch", ylabel="V", title="the value climbs to its bound")
right.legend(fontsize=8)
figure.savefig(OUT / "frozen_generator.png", dpi=120)

# %% [markdown]
# ## 2. A generator that learns
# Now the data are N(3, 1.5) and the generator is a perceptron that starts elsewhere. D is only
# ever near its best response, so V(D, G) can lie below 2 JS - log 4 (it can never lie above), and
# both approach -log 4 as the generator's density approaches the data's. The generator's density
# is estimated from 1,000 samples, a little too wide: the bound inherits that error.

# %%
target = kgan.data.load("mixture_1d", weights=[1.0], means=[3.0], stds=[1.5], seed=SEED)
gan = kgan.GAN(
    (1,),
    latent_dim=1,
    data_range=None,
    generator=perceptron("generator"),
    discriminator=perceptron("discriminator"),
    seed=SEED,
)
steps = GAN_EPOCHS * (len(target.train) // GAN_BATCH)
gan.compile(adam(GAN_G_RATE, steps), adam(GAN_D_RATE, steps))


def distance(model: kgan.GAN) -> float:
    """W1 between 20,000 samples and the exact density of the data."""
    return theory.wasserstein(theory.Empirical(model.generate(20_000)[:, 0]), target.density)


before = distance(gan)
watcher = TheoryMonitor(target.density)
history = gan.fit(
    target.train, batch_size=GAN_BATCH, epochs=GAN_EPOCHS, callbacks=[watcher], verbose=2
).history
after = distance(gan)
# What a perfect generator would score with as many samples: the error of the measurement.
perfect = target.density.rvs(20_000, random_state=SEED)
learned_gan = {
    "w1": after,
    "w1_untrained": before,
    "w1_of_exact_samples": theory.wasserstein(theory.Empirical(perfect), target.density),
    "value": watcher.theory_value,
    "bound": watcher.theory_bound,
    "minus_log_4": -math.log(4),
    "mean": float(gan.generate(20_000).mean()),
    "std": float(gan.generate(20_000).std()),
}
print(json.dumps(learned_gan, indent=2))

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
epochs = np.arange(1, GAN_EPOCHS + 1)
left.axhline(-math.log(4), color="0.6", ls=":", label="−log 4")
left.plot(epochs, history["theory_bound"], "k", label="2 JS − log 4")
left.plot(epochs, history["theory_value"], "C3o--", ms=3, label="V(D, G)")
left.set(xlabel="epoch", ylabel="V", title="V stays under 2 JS − log 4")
left.legend(fontsize=8)
grid = np.linspace(-3, 9, 400)
right.hist(gan.generate(20_000)[:, 0], 80, density=True, color="C1", alpha=0.5, label="generated")
right.plot(grid, target.density.pdf(grid), "C0", label="N(3, 1.5)")
right.set(xlabel="x", ylabel="density", title=f"W1 = {after:.3f} (untrained {before:.2f})")
right.legend(fontsize=8)
figure.savefig(OUT / "learned_generator.png", dpi=120)

# %% The numbers
results = {
    "backend": keras.backend.backend(),
    "seed": SEED,
    "frozen_generator": frozen,
    "learned_generator": learned_gan,
}
(OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
