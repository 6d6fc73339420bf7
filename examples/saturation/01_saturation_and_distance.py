# %% [markdown]
"""# What reaches the generator: saturation, noise, distance, packs

**Goal.** A generator learns from what the discriminator sends it. Here the generator is *frozen* at
a law that we know, only the discriminator (or critic) is trained, and what it would send is held
against its closed form:

1. where it can tell everything apart, the minimax loss log(1 - D) sends nothing, -log D more and
   more, and a Wasserstein critic its slope (claims A-SAT-10, A-SAT-11);
2. noise on both inputs brings the gradient back, most at one level (claims A-SUP-11, A-SUP-13);
3. as two laws move apart, JS comes to rest at log 2 while W grows; a critic under a gradient
   penalty reads W(1 + W/(2λ)) (claim A-OT-16);
4. a discriminator of packs sees a collapse that one of single samples does not (claim A-MC-09);
5. a discriminator of few samples learns them by heart, and its value says nothing any more.

All trainings are complete; nothing is shortened. About two minutes on two cores.
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
from scipy.special import log_expit

import kgan
import theory
from kgan.callbacks import TheoryMonitor
from theory.calculators.noise import js_gradient

SEED = 0
STEPS_OF_D = (0, 10, 20, 50, 100, 200, 400, 800, 1600)  # part 1, where the gradient is measured
BATCH, DISTANCE = 512, 4.0  # part 1; of the two normals
NOISE_LEVELS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # part 2
MEANS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)  # part 3
PACKINGS = (1, 2, 3)  # part 4
DIGITS = 150  # part 5

parser = argparse.ArgumentParser(description="What reaches the generator, against closed forms.")
parser.add_argument(
    "--out", type=Path, default=Path("examples/out/saturation/01_saturation_and_distance")
)
OUT = parser.parse_known_args()[0].out
OUT.mkdir(parents=True, exist_ok=True)

# Several steps in one call save time where they are as small as here; PyTorch has no such option.
AT_ONCE = 1 if keras.backend.backend() == "torch" else 10


# %% Games whose generator is known
def frozen(function) -> keras.Sequential:
    """A generator without weights: z ~ N(0, 1) -> function(z)."""
    return keras.Sequential(
        [keras.layers.Input((1,)), keras.layers.Lambda(function)], name="generator"
    )


def phi(z):
    """The distribution function of N(0, 1), which turns z into a uniform number."""
    return (1 + keras.ops.erf(z / math.sqrt(2))) / 2


def game(kind, generator, inputs: int = 1, activation: str = "tanh", **options):
    """A model on numbers with that generator; its discriminator sees so many of them."""
    keras.utils.set_random_seed(SEED)
    # A critic starts flat, so that it is the data that turn it: see part 3.
    start = "zeros" if kind is kgan.WGANGP else "glorot_uniform"
    discriminator = keras.Sequential(
        [
            keras.layers.Input((inputs,)),
            keras.layers.Dense(64, activation=activation),
            keras.layers.Dense(64, activation=activation),
            keras.layers.Dense(1, kernel_initializer=start),
        ],
        name="discriminator",
    )
    return kind(
        (1,),
        latent_dim=1,
        data_range=None,
        generator=generator,
        discriminator=discriminator,
        seed=SEED,
        **options,
    )


def train(model, density, steps: int, rate: float, batch_size: int = 256) -> None:
    """So many minibatches of fresh samples, while the rate falls to 0."""
    decay = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(discriminator_optimizer=keras.optimizers.Adam(decay), steps_per_execution=AT_ONCE)
    x = density.rvs(size=(steps * batch_size, 1), random_state=SEED).astype("float32")
    model.fit(x, batch_size=batch_size, verbose=0)


def watch(model, density, generator_density, samples: int = 1000) -> TheoryMonitor:
    """A monitor that has measured the model once."""
    monitor = TheoryMonitor(
        density, samples=samples, seed=SEED, generator_density=generator_density
    )
    monitor.set_model(model)
    monitor.on_train_begin()
    monitor.measure()
    return monitor


# %% [markdown]
# ## 1. The saturation bench
# If all generated samples move by θ, the minimax loss changes by d/dθ E[log(1 - D)] = -E[D a'] and
# the other one by -E[(1 - D) a'], a being D's logit. `TheoryMonitor` gives both, for the learned D
# and for D*. A critic's loss changes by -E[f']; as f is a network, its slope is a difference.
#
# Two pairs of laws: U[0, 1] and U[2, 3], which share no point, so that D* is 0 wherever samples are
# generated; and N(0, 1) and N(4, 1), where D's gradients have their closed forms to come to.


# %%
def critic_slope(critic, density) -> float:
    x = density.ppf((np.arange(2000) + 0.5) / 2000)[:, None]
    ahead, behind = (critic.score((x + h).astype("float32")).mean() for h in (1e-2, -1e-2))
    return abs(float(ahead - behind)) / 2e-2


def bench(p, q, generator, rate: float) -> dict[str, list[float]]:
    """The gradient of each loss in a shift of G after 0, 10, ... steps of D against a frozen G."""
    found = {"minimax": [], "non-saturating": [], "Wasserstein": [], "V below its bound": []}
    for kind, own_rate in ((kgan.GAN, rate), (kgan.WGANGP, 3e-3)):
        model = game(kind, frozen(generator))
        optimizer = keras.optimizers.Adam(own_rate)
        model.compile(discriminator_optimizer=optimizer, steps_per_execution=AT_ONCE)
        x = p.rvs(size=(STEPS_OF_D[-1], BATCH, 1), random_state=SEED).astype("float32")
        for done, steps in zip((0, *STEPS_OF_D), STEPS_OF_D, strict=False):
            if steps:
                model.fit(x[done:steps].reshape(-1, 1), batch_size=BATCH, verbose=0)
            if kind is kgan.GAN:
                monitor = watch(model, p, q)
                found["minimax"].append(monitor.theory_minimax_gradient)
                found["non-saturating"].append(monitor.theory_non_saturating_gradient)
                found["V below its bound"].append(monitor.theory_bound - monitor.theory_value)
            else:
                found["Wasserstein"].append(critic_slope(model, q))
    return found


benches = {
    "uniforms": bench(
        scipy.stats.uniform(0, 1), scipy.stats.uniform(2, 1), lambda z: 2 + phi(z), rate=1e-2
    ),
    "normals": bench(
        scipy.stats.norm(0, 1), scipy.stats.norm(DISTANCE, 1), lambda z: DISTANCE + z, rate=3e-3
    ),
}
minimax = float(2 * js_gradient(DISTANCE, 1.0))
closed = {
    "minimax": minimax,
    "non-saturating": DISTANCE - minimax,
    "Wasserstein": 1 + DISTANCE / 20,  # the slope of the best critic under λ = 10
}
saturation = {"steps": STEPS_OF_D, **benches, "normals_closed_form": closed}
print(json.dumps({name: {k: v[-1] for k, v in b.items()} for name, b in benches.items()}, indent=2))

figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharex=True)
colours = {"minimax": "C3", "non-saturating": "C0", "Wasserstein": "C2"}
for axis, (name, title) in zip(
    axes,
    (
        ("uniforms", "U[0, 1] against U[2, 3]: D* = 0 on all of G"),
        ("normals", f"N(0, 1) against N({DISTANCE:g}, 1)"),
    ),
    strict=True,
):
    for loss, colour in colours.items():
        axis.plot(STEPS_OF_D, benches[name][loss], "o-", ms=4, color=colour, label=loss)
        if name == "normals":
            label = "closed form" if loss == "minimax" else None
            axis.axhline(closed[loss], color=colour, ls="--", lw=1, label=label)
    axis.set(xlabel="steps of the discriminator", title=title)
    axis.set_yscale("log", nonpositive="mask")  # the critic starts flat
    axis.set_xscale("symlog", linthresh=10)
    axis.legend(fontsize=8)
axes[0].set_ylabel("gradient on a shift of G")
figure.savefig(OUT / "saturation.png", dpi=120)

# %% [markdown]
# On the left the minimax gradient falls without end, and the other one does not stay at 1: it is
# (1 - D) times the slope of the logit, and that grows. The critic's slope comes to
# 1 + W/(2λ) = 1.1.
#
# On the right minimax and critic come near their closed forms. The non-saturating gradient stays
# below its own, though V(D, G) is only a thousandth or so below its bound: it weighs the logit's
# slope where D is next to 0, and there the loss that trains D hardly asks for it. What the
# generator is sent by -log D is the network's guess more than the data's word.
#
# ## 2. Instance noise
# The data are N(0, 0.1), the samples N(2, 0.1): twenty deviations apart, nothing reaches G by the
# minimax loss. With noise of level s on both, D plays between N(0, v) and N(2, v), v = 0.01 + s²,
# and the minimax gradient is (2/v) E[D*]: 0 without noise, small with too much, and largest in
# between. The other loss sends (2/v) E[1 - D*], the more of it the learned D is short of, the less
# the laws overlap. The two uniforms of part 1 under s = 1 are measured, too.

# %%
p, q = scipy.stats.norm(0, 0.1), scipy.stats.norm(2, 0.1)
learned = []
for s in NOISE_LEVELS:
    model = game(kgan.GAN, frozen(lambda z: 2 + 0.1 * z), instance_noise=s or None)
    train(model, p, 1000, 5e-3)
    monitor = watch(model, p, q)
    learned.append([monitor.theory_minimax_gradient, monitor.theory_non_saturating_gradient])
learned = np.array(learned)


def closed_form(s):
    v = 0.01 + np.square(s)
    minimax = 2 * js_gradient(2.0, np.sqrt(v))
    return np.stack([minimax, 2 / v - minimax], axis=-1)


p, q = scipy.stats.uniform(0, 1), scipy.stats.uniform(2, 1)
model = game(kgan.GAN, frozen(lambda z: 2 + phi(z)), instance_noise=1.0)
train(model, p, 1500, 5e-3)
monitor = watch(model, p, q)
levels = np.linspace(0.2, 5, 400)
best_level = float(levels[closed_form(levels)[:, 0].argmax()])
noise = {
    "levels": NOISE_LEVELS,
    "minimax": learned[:, 0].tolist(),
    "minimax_closed_form": closed_form(np.array(NOISE_LEVELS))[:, 0].tolist(),
    "non_saturating": learned[:, 1].tolist(),
    "non_saturating_closed_form": closed_form(np.array(NOISE_LEVELS))[:, 1].tolist(),
    "best_level": best_level,
    "uniforms": {
        "value": monitor.theory_value,
        "bound": monitor.theory_bound,
        "minimax": monitor.theory_minimax_gradient,
        "minimax_optimal": monitor.theory_optimal_minimax_gradient,
    },
}
print(json.dumps(noise, indent=2))

figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for i, (axis, loss) in enumerate(zip(axes, ("minimax", "non-saturating"), strict=True)):
    axis.plot(levels, closed_form(levels)[:, i], "k", lw=2.5, alpha=0.6, label="closed form")
    axis.plot(NOISE_LEVELS[1:], learned[1:, i], "C3o", label="learned D")
    axis.set(xlabel="noise level s", ylabel="gradient on a shift of G", title=f"{loss} loss")
    without = f"without noise: {learned[0, i]:.2g} learned, {closed_form(0.0)[i]:.2g} exact"
    axis.plot([], [], " ", label=without)
    axis.legend(fontsize=8)
axes[0].axvline(best_level, color="0.6", ls=":")
axes[1].set_yscale("log")
figure.savefig(OUT / "instance_noise.png", dpi=120)

# %% [markdown]
# ## 3. Distances
# N(0, 1) against N(μ, 1) for growing μ: W = μ exactly. The critic is trained anew for each μ, and
# its estimate E_p f - E_q f is what `TheoryMonitor` takes by quadrature. It lies on W(1 + W/(2λ)),
# above W. JS, computed from the densities, is within a percent of log 2 at μ = 6, and hardly tells
# that distance from any greater one.
#
# On the line a critic can also end the wrong way round. Of a critic of slope s between laws W
# apart, the penalised gain s W - λ(|s| - 1)² has a second, local maximum at s = -(1 - W/(2λ)), and
# to leave it the slope would have to pass 0. A critic f(x) = s x shows both, by where it starts:
# at μ = 3 one reads 3.45, the other one -2.55, and would send a generator away from the data. In
# more than one dimension the slope can turn round without becoming 0.
#
# In the plane W is known between samples only, where it is too large: the distance between two
# samples of the *data* says by how much.

# %%
p = scipy.stats.norm(0, 1)


def distance(mean: float, penalty_weight: float) -> dict[str, float]:
    q = scipy.stats.norm(mean, 1)
    model = game(kgan.WGANGP, frozen(lambda z: mean + z), penalty_weight=penalty_weight)
    train(model, p, 1000, 3e-3)
    monitor = watch(model, p, q)
    return {
        "mean": mean,
        "distance": monitor.theory_distance,
        "estimate": monitor.theory_estimate,
        "reading": monitor.theory_reading,
        "js": theory.js(p, q),
    }


rows = [distance(mean, 10.0) for mean in MEANS]
strict = distance(3.0, 100.0)


def slope_from(start: float) -> float:
    """What a linear critic that starts with this slope towards the data comes to read at μ = 3."""
    model = kgan.WGANGP(
        (1,),
        latent_dim=1,
        data_range=None,
        generator=frozen(lambda z: 3 + z),
        discriminator=keras.Sequential(
            [
                keras.layers.Input((1,)),
                keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(-start)),
            ]
        ),
        seed=SEED,
    )
    train(model, p, 500, 1e-2)
    return watch(model, p, scipy.stats.norm(3, 1)).theory_estimate


ways = {"start": [1.0, -1.0], "estimate": [slope_from(1.0), slope_from(-1.0)]}

rng = np.random.default_rng(SEED)
keras.utils.set_random_seed(SEED)
plane = kgan.WGANGP(
    (2,),
    latent_dim=2,
    data_range=None,
    generator=keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Lambda(lambda z: z + keras.ops.convert_to_tensor([3.0, 0.0])),
        ]
    ),
    filters=16,
    seed=SEED,
)
plane.compile(
    discriminator_optimizer=keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(3e-3, 1000)
    ),
    steps_per_execution=AT_ONCE,
)
plane.fit(rng.normal(size=(256_000, 2)).astype("float32"), batch_size=256, verbose=0)
monitor = watch(plane, rng.normal(size=(2000, 2)), None)
distances = {
    "log_2": math.log(2),
    "weight_10": rows,
    "weight_100": strict,
    "linear_critics_at_3": ways,
    "plane": {
        "samples": monitor.samples,
        "estimate": monitor.theory_estimate,
        "distance": monitor.theory_distance,
        "reading": monitor.theory_reading,
        "between_samples_of_the_data": monitor.theory_floor,
    },
}
print(json.dumps(distances, indent=2))

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
means = np.linspace(0, MEANS[-1], 100)
left.plot(means, means, "k", lw=2.5, alpha=0.6, label="exact W")
left.plot(means, means * (1 + means / 20), "k--", lw=1, label="W(1 + W/(2λ)), λ = 10")
left.plot(MEANS, [row["estimate"] for row in rows], "C3o", label="critic's estimate, λ = 10")
left.plot(3, strict["estimate"], "C2s", label="critic's estimate, λ = 100")
left.set(xlabel="distance μ of the means", ylabel="distance", title="W grows with the distance")
left.legend(fontsize=8)
right.axhline(math.log(2), color="0.6", ls=":", label="log 2")
right.plot(
    means,
    [theory.js(p, scipy.stats.norm(mean, 1)) for mean in means],
    "k",
    lw=2.5,
    label="exact JS",
)
right.set(xlabel="distance μ of the means", ylabel="JS", title="JS saturates")
right.legend(fontsize=8)
figure.savefig(OUT / "distances.png", dpi=120)

# %% [markdown]
# ## 4. Packs
# The data are U[0, 1]. Two generators are equally far from them, TV = 0.2: one has lost the lowest
# fifth, the other has all of it, unevenly. A discriminator that sees m samples at once tells p^m
# from q^m, and TV(p^m, q^m) bounds by how much it can: p^m(D > 1/2) - q^m(D > 1/2) is at most that,
# and for the collapsed generator it is 1 - 0.8^m. PacGAN's discriminator is trained on either, and
# what it tells apart is measured on 20,000 packs (with a standard error of at most 0.005).

# %%
p = scipy.stats.uniform(0, 1)
half = scipy.stats.uniform(0, 0.5), scipy.stats.uniform(0.5, 0.5)
generators = {
    "collapsed": (scipy.stats.uniform(0.2, 0.8), lambda z: 0.2 + 0.8 * phi(z)),
    "uneven": (  # density 0.6 below 1/2, 1.4 above
        theory.Mixture([0.3, 0.7], half),
        lambda z: keras.ops.where(phi(z) < 0.3, phi(z) / 0.6, 0.5 + (phi(z) - 0.3) / 1.4),
    ),
}
packs = {"packing": PACKINGS}
for name, (q, generator) in generators.items():
    packs[name] = {"exact": [], "seen": []}
    for m in PACKINGS:
        model = game(kgan.PacGAN, frozen(generator), inputs=m, activation="relu", packing=m)
        train(model, p, 1000, 5e-3, batch_size=128 * m)
        if m == 1:  # a discriminator of single samples: the same figures from its own
            x = np.linspace(0, 1, 20_001)[:, None]
            seen = model.score((x[1:] + x[:-1]).astype("float32") / 2) > 0
            seen = float(np.sum(seen * (np.diff(p.cdf(x[:, 0])) - np.diff(q.cdf(x[:, 0])))))
            packs[name]["exact"].append(theory.total_variation(p, q))
            packs[name]["seen"].append(seen)
        else:
            monitor = watch(model, p, q, samples=20_000)
            packs[name]["exact"].append(monitor.theory_variation)
            packs[name]["seen"].append(monitor.theory_variation_seen)
print(json.dumps(packs, indent=2))

figure, axis = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
for name, colour in (("collapsed", "C3"), ("uneven", "C0")):
    axis.plot(
        PACKINGS,
        packs[name]["exact"],
        "-",
        color=colour,
        alpha=0.6,
        lw=2.5,
        label=f"{name}: exact TV",
    )
    axis.plot(PACKINGS, packs[name]["seen"], "o", color=colour, label=f"{name}: seen by D")
axis.set(
    xlabel="samples in a pack",
    xticks=PACKINGS,
    ylabel="TV of packs",
    ylim=(0, None),
    title="packing sets a collapse apart",
)
axis.legend(fontsize=8)
figure.savefig(OUT / "packs.png", dpi=120)

# %% [markdown]
# ## 5. A discriminator that has learned its samples by heart
# 150 digits against 150 samples of the Gaussian with the digits' mean and covariance. On those, V
# climbs to 0, the value of disjoint laws; on other digits and other samples of the same Gaussian it
# falls below -log 4, the value of a coin. The bound V <= 2 JS - log 4 holds for the laws, and
# says nothing of a V that is measured where D was trained.

# %%
data = kgan.data.load("digits")
flat = data.train.reshape(len(data.train), -1)
fakes = np.random.default_rng(SEED).multivariate_normal(
    flat.mean(axis=0), np.cov(flat.T), DIGITS + len(data.test)
)
fakes = fakes.reshape(-1, *data.shape).astype("float32")
table = keras.ops.convert_to_tensor(fakes[:DIGITS])


def draw_from_the_table(z):
    place = keras.ops.cast(keras.ops.floor(DIGITS * phi(z[:, 0])), "int32")
    return keras.ops.take(table, keras.ops.clip(place, 0, DIGITS - 1), axis=0)


keras.utils.set_random_seed(SEED)
model = kgan.GAN(
    data.shape, latent_dim=1, data_range=None, generator=frozen(draw_from_the_table), seed=SEED
)
model.compile(discriminator_optimizer=keras.optimizers.Adam(1e-3), steps_per_execution=AT_ONCE)


def value(real, fake) -> float:
    return float(log_expit(model.score(real)).mean() + log_expit(-model.score(fake)).mean())


overfitting = {"steps": [], "train": [], "test": []}
x = data.train[:DIGITS]
for done, steps in zip((0, *STEPS_OF_D), STEPS_OF_D[:-2], strict=False):
    if steps:
        model.fit(np.tile(x, (steps - done, 1, 1, 1)), batch_size=DIGITS, verbose=0)
    overfitting["steps"].append(steps)
    overfitting["train"].append(value(x, fakes[:DIGITS]))
    overfitting["test"].append(value(data.test, fakes[DIGITS:]))
print(json.dumps(overfitting, indent=2))

figure, axis = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
axis.axhline(-math.log(4), color="0.6", ls=":", label="−log 4")
axis.plot(overfitting["steps"], overfitting["train"], "C0o-", label="V on the 150 and 150")
axis.plot(overfitting["steps"], overfitting["test"], "C3o-", label="V on others")
axis.set(xlabel="steps of the discriminator", ylabel="V(D, G)", title="learned by heart")
axis.set_xscale("symlog", linthresh=10)
axis.legend(fontsize=8)
figure.savefig(OUT / "overfitting.png", dpi=120)

# %% The numbers
results = {
    "backend": keras.backend.backend(),
    "seed": SEED,
    "saturation": saturation,
    "instance_noise": noise,
    "distances": distances,
    "packs": packs,
    "overfitting": overfitting,
}
(OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
