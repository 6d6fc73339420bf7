"""Claims about trained networks: what theory says of a game, looked for in our models."""

import math

import keras
import numpy as np
import pytest
import scipy.stats
from keras import ops

import kgan
import theory
from kgan import autodiff, losses
from kgan.callbacks import TheoryMonitor
from kgan.callbacks.theory_monitor.critic import matched
from kgan.callbacks.theory_monitor.packs import pack_curve
from registry import MODELS
from theory.calculators.noise import js_gradient, noised_uniform
from theory.calculators.packing import packed

P_DATA = theory.Mixture.normal([0.5, 0.5], [-2, 1], [0.7, 1])
P_G = scipy.stats.norm(0, 1.5)


class Shifted(keras.layers.Layer):
    """The exact generator of N(θ, I): z -> z + θ."""

    def __init__(self, theta, **options):
        super().__init__(**options)
        self.theta = self.add_weight(shape=(), initializer=keras.initializers.Constant(theta))
        self.built = True

    def call(self, z):
        return z + self.theta


class Scaled(keras.layers.Layer):
    """The exact generator of N(0, s²): z -> s·z."""

    def __init__(self, scale, **options):
        super().__init__(**options)
        self.scale = scale
        self.built = True

    def call(self, z):
        return self.scale * z


def perceptron(inputs, units=48):
    return keras.Sequential(
        [
            keras.layers.Input((inputs,)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(1),
        ]
    )


def test_discriminator_is_a_probability():
    """A-GAN-01: G maps noise to data space, D a sample to a probability, by one logit."""
    entry = MODELS["GAN"]
    model = entry()
    logits = model.score(model.generate(20))
    probabilities = 1 / (1 + np.exp(-logits))
    assert logits.shape == (20,)
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_first_term_has_no_generator_gradient():
    """A-GAN-07: E[log D(x)] does not depend on θ_g; the second term of V does."""
    model = MODELS["GAN"]()
    x = ops.zeros((4, *model.data_shape))
    z = ops.ones((4, model.latent_dim))

    def first():
        return ops.mean(ops.log_sigmoid(model.discriminator(x))), {}

    def second():
        return ops.mean(ops.log_sigmoid(-model.discriminator(model.generator(z)))), {}

    variables = model.generator.trainable_variables
    with pytest.raises(ValueError, match="got None"):
        autodiff.gradients(first, variables)
    assert any(
        np.abs(ops.convert_to_numpy(g)).max() > 0 for g in autodiff.gradients(second, variables)[2]
    )


@pytest.mark.parametrize("k", [1, 3])
def test_iteration_counts(k):
    """A-GAN-11: k moves of the discriminator on fresh minibatches to one of the generator."""
    entry = MODELS["GAN"]
    model = entry(discriminator_steps=k)
    x = np.random.default_rng(0).uniform(-1, 1, (60, *model.data_shape)).astype("float32")
    model.fit(x, batch_size=10, epochs=2, verbose=0)
    moves = {p: int(o.iterations) for p, o in model.optimizer.players.items()}
    assert moves == {"discriminator": 12, "generator": 12 // k}


@pytest.mark.parametrize("objective", [losses.minimax, losses.non_saturating], ids=lambda o: o.name)
def test_one_small_step_goes_the_stated_way(objective):
    """A-GAN-12: a small D step raises V; a small G step lowers V, or raises E[log D(G(z))]."""
    keras.utils.set_random_seed(1)
    model = kgan.GAN((2,), latent_dim=2, data_range=None, units=16, objective=objective, seed=1)
    rng = np.random.default_rng(0)
    real = ops.convert_to_tensor(rng.normal(size=(64, 2)).astype("float32"))
    noise = ops.convert_to_tensor(rng.normal(size=(64, 2)).astype("float32"))

    def quantities():
        fake_logits = model.discriminator(model.generator(noise))
        value = -losses.logistic_discriminator(model.discriminator(real), fake_logits)
        return value, ops.mean(ops.log_sigmoid(fake_logits))

    def step(player, loss):
        variables = model.players[player].trainable_variables
        _, _, gradients = autodiff.gradients(lambda: (loss(), {}), variables)
        with autodiff.no_gradient():
            before = [float(q) for q in quantities()]
            for variable, gradient in zip(variables, gradients, strict=True):
                variable.assign(variable.value - 1e-3 * gradient)
            after = [float(q) for q in quantities()]
        return before, after

    before, after = step("discriminator", lambda: -quantities()[0])
    assert after[0] > before[0]
    before, after = step(
        "generator", lambda: objective.generator(model.discriminator(model.generator(noise)))
    )
    if objective is losses.minimax:
        assert after[0] < before[0]
    else:
        assert after[1] > before[1]


def test_learned_discriminator_is_optimal():
    """A-DST-01, A-JS-02: with G frozen at N(0, 1.5), D learns p/(p + q), and V = 2 JS − log 4."""
    keras.utils.set_random_seed(0)
    model = kgan.GAN(
        (1,),
        latent_dim=1,
        data_range=None,
        generator=Scaled(1.5),
        discriminator=perceptron(1),
        seed=0,
    )
    decay = keras.optimizers.schedules.CosineDecay(5e-3, 1200)
    model.compile(discriminator_optimizer=keras.optimizers.Adam(decay))
    x = P_DATA.rvs(size=1200 * 512, random_state=0).reshape(-1, 1).astype("float32")
    model.fit(x, batch_size=512, verbose=0)

    # (p + q)/2 at its own quantiles: a mean over them is the expectation.
    half = 20_000
    u = (np.arange(half) + 0.5) / half
    points = np.concatenate([P_DATA.ppf(u), P_G.ppf(u)])
    learned = 1 / (1 + np.exp(-model.score(points[:, None].astype("float32"))))
    best = theory.optimal_discriminator(P_DATA, P_G)(points)
    rms = math.sqrt(np.mean((learned - best) ** 2))
    value = np.mean(np.log(learned[:half])) + np.mean(np.log1p(-learned[half:]))
    bound = 2 * theory.js(P_DATA, P_G) - math.log(4)
    assert rms <= 0.03
    assert value <= bound + 1e-4
    assert abs(value - bound) <= 0.01
    # The control: the discriminator of another pair of densities is further away.
    swapped = theory.optimal_discriminator(P_DATA, scipy.stats.norm(0, 1.0))(points)
    assert math.sqrt(np.mean((learned - swapped) ** 2)) > 0.03


# TheoryMonitor, on players whose figures are known ------------------------------------------------


def linear(inputs, slope, bias=0.0):
    """x -> slope·x_1 + bias: D*'s logit of two normals of equal variance, and a shift's critic."""
    network = keras.Sequential([keras.layers.Input((inputs,)), keras.layers.Dense(1)])
    kernel = np.zeros((inputs, 1))
    kernel[0] = slope
    network.set_weights([kernel, np.array([bias])])
    return network


def measured(model, density, **options):
    """A monitor that has looked at the model once, and the arrays that it returned."""
    monitor = TheoryMonitor(density, **options)
    monitor.set_model(model)
    monitor.on_train_begin()
    return monitor, monitor.measure()


def optimal_game(theta, noise, **options):
    """N(θ, 1) frozen against N(0, 1), D the best one if both have N(0, noise²) on top."""
    variance = 1 + noise**2
    return kgan.GAN(
        (1,),
        latent_dim=1,
        data_range=None,
        generator=keras.Sequential([keras.layers.Input((1,)), Shifted(theta)]),
        discriminator=linear(1, -theta / variance, theta**2 / (2 * variance)),
        seed=0,
        **options,
    )


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("theta", [2.0, 6.0, 10.0])
def test_gradients_between_gaussians_are_their_closed_forms(theta, noise):
    """A-SUP-08, A-SUP-13: at D* of N(0, v) and N(θ, v), v = 1 + s², with m = θ/v·E_q[D*] a shift
    feels m under the minimax loss and θ/v − m under the other; apart, m is as good as nothing.
    """
    law = scipy.stats.norm(theta, 1)
    options = {"instance_noise": noise} if noise else {}
    model = optimal_game(theta, noise, **options)
    monitor, _ = measured(model, scipy.stats.norm(0, 1), generator_density=law)
    v = 1 + noise**2
    minimax = 2 * js_gradient(theta, np.sqrt(v))
    non_saturating = theta / v - minimax
    for kind in ("", "optimal_"):
        found = {
            name: getattr(monitor, f"theory_{kind}{name}_gradient")
            for name in ("minimax", "non_saturating")
        }
        assert found["minimax"] == pytest.approx(minimax, rel=2e-3)
        assert found["non_saturating"] == pytest.approx(non_saturating, rel=2e-3)
    # What the losses themselves send to the generator's weight, over the quantiles of G(z); m is
    # made half way between the laws, where at a distance of ten deviations none of them lies.
    z = scipy.stats.norm(0, np.sqrt(v)).ppf((np.arange(100_000) + 0.5) / 100_000)
    z = z[:, None].astype("float32")
    for loss, expected in (
        (losses.minimax_generator, minimax if theta <= 6 * np.sqrt(v) else None),
        (losses.non_saturating_generator, non_saturating),
    ):
        _, _, (gradient,) = autodiff.gradients(
            lambda loss=loss: (loss(model.discriminator(model.generator(z))), {}),
            model.generator.trainable_variables,
        )
        assert expected is None or float(gradient) == pytest.approx(expected, rel=0.03)
    if noise:  # the control: laws taken without the noise that D was made for are told apart
        plain, _ = measured(
            optimal_game(theta, noise), scipy.stats.norm(0, 1), generator_density=law
        )
        assert monitor.theory_rms < 1e-6 < 1e-4 < plain.theory_rms


def test_a_schedule_of_noise_is_followed_to_its_present_level():
    decay = keras.optimizers.schedules.PolynomialDecay(2.0, 8, 0.0)
    model = optimal_game(3.0, 1.0, instance_noise=decay)
    model.compile()
    monitor, _ = measured(model, scipy.stats.norm(0, 1), generator_density=scipy.stats.norm(3, 1))
    assert monitor.noise_level() == 2.0
    for _ in range(4):
        model.optimizer.advance()
    assert monitor.noise_level() == 1.0
    monitor.measure()
    assert monitor.theory_rms < 1e-6


def test_noise_spreads_any_density():
    """A-SUP-11: two uniforms 2 apart, JS = 0.319028 under N(0, 1) noise, log 2 without."""
    uniforms = scipy.stats.uniform(0, 1), scipy.stats.uniform(2, 1)
    model = optimal_game(2.0, 0.0, instance_noise=1.0)
    monitor, arrays = measured(model, uniforms[0], generator_density=uniforms[1])
    assert monitor.theory_bound == pytest.approx(-0.748239, abs=1e-6)
    assert monitor.theory_optimal_minimax_gradient == pytest.approx(0.438319, abs=1e-5)
    for found, low in zip(arrays[1:3], (0, 2), strict=True):
        np.testing.assert_allclose(found, noised_uniform(low, 1.0).pdf(arrays[0]), atol=1e-12)
    model.instance_noise = None
    monitor.measure()
    assert monitor.theory_bound == pytest.approx(0, abs=1e-12)
    # D* is flat at 0 where all generated samples lie: one loss has no gradient, the other none
    # that is a number.
    assert monitor.theory_optimal_minimax_gradient == 0
    assert math.isnan(monitor.theory_optimal_non_saturating_gradient)


def critic_of(kind, shape, slope, theta=3.0, **options):
    """A critic x -> −slope·x_1 of N(0, I) and N(θ, I)."""
    return kind(
        shape,
        latent_dim=shape[0],
        data_range=None,
        generator=keras.Sequential([keras.layers.Input(shape), Shifted(theta)]),
        discriminator=linear(shape[0], -slope),
        seed=0,
        **options,
    )


@pytest.mark.parametrize("noise", [None, 0.5])
def test_a_linear_critic_reads_its_slope_times_the_distance(noise):
    """A-OT-09, A-OT-16: W(N(0, 1), N(3, 1)) = 3, with noise or without; slope s reads 3s."""
    known = scipy.stats.norm(3, 1)
    for weight, reading in ((10.0, 3.45), (100.0, 3.045)):
        model = critic_of(kgan.WGANGP, (1,), 1.15, penalty_weight=weight, instance_noise=noise)
        monitor, (x, f, potential) = measured(
            model, scipy.stats.norm(0, 1), generator_density=known
        )
        assert monitor.theory_distance == pytest.approx(3, abs=1e-9)
        assert monitor.theory_estimate == pytest.approx(3.45, abs=2e-3)
        assert monitor.theory_slope == pytest.approx(1.15, rel=2e-3)
        assert monitor.theory_reading == pytest.approx(reading, abs=1e-6)
        np.testing.assert_allclose(np.diff(f), 1.15 * np.diff(potential), atol=1e-5)
        np.testing.assert_allclose(np.diff(potential), -np.diff(x))
    # Of another critic's reading nothing is known, and duality holds for the samples themselves.
    sampled, _ = measured(critic_of(kgan.WGAN, (1,), 0.01), scipy.stats.norm(0, 1))
    assert math.isnan(sampled.theory_reading)
    assert sampled.theory_estimate <= sampled.theory_slope * sampled.theory_distance * (1 + 1e-3)
    assert sampled.theory_distance == pytest.approx(3, abs=4.9 / math.sqrt(1000))
    # The control: a critic turned round reads minus the distance.
    turned, _ = measured(critic_of(kgan.WGAN, (1,), -0.01), scipy.stats.norm(0, 1))
    assert turned.theory_estimate < 0 < turned.theory_distance


def test_matching_is_the_optimal_plan():
    """Against the linear programme, and against a translation, whose distance is its length."""
    rng = np.random.default_rng(0)
    weights = np.full(12, 1 / 12)
    for _ in range(5):
        x, y = rng.normal(size=(2, 12, 2))
        lengths = np.linalg.norm(x[:, None] - y, axis=-1)
        plan = theory.transport_plan(weights, weights, cost=lengths)
        assert matched(lengths) == pytest.approx(plan.cost, abs=1e-9)
        assert matched(lengths) < np.mean(np.diag(lengths))  # the control: any other matching
    moved = np.linalg.norm(x[:, None] - rng.permutation(x + np.array([3, 4])), axis=-1)
    assert matched(moved) == pytest.approx(5)


def test_a_critic_in_the_plane_is_held_against_the_matching():
    """N(0, I) against N((3, 3), I), W = 3√2, by samples: the bias is that of two samples of p."""
    held_out = np.random.default_rng(7).normal(size=(800, 2))
    monitor, (real, fake, *_) = measured(critic_of(kgan.WGANGP, (2,), 1.0), held_out)
    assert len(real) == len(fake) == 400  # half of those held out: the floor needs the others
    assert monitor.theory_estimate == pytest.approx(np.mean(fake[:, 0]) - np.mean(real[:, 0]))
    assert monitor.theory_slope <= 1 + 1e-3
    assert monitor.theory_estimate <= monitor.theory_slope * monitor.theory_distance
    # A mean of 400 differences: their standard deviation along the shift is √2.
    assert abs(monitor.theory_distance - 3 * math.sqrt(2)) <= 4.9 * math.sqrt(2 / 400)
    assert monitor.theory_reading == pytest.approx(
        monitor.theory_distance * (1 + monitor.theory_distance / 20)
    )
    assert 0 < monitor.theory_floor < 0.5


# Packs -------------------------------------------------------------------------------------------


class Below(keras.layers.Layer):
    """The best test of A-MC-08: a pack with a number below 0.2 is real, any other one is not."""

    def call(self, x):
        return 0.2 - ops.min(x, axis=-1, keepdims=True)


class Stretched(keras.layers.Layer):
    """The exact generator of U[0.2, 1]."""

    def call(self, z):
        return 0.6 + 0.4 * ops.erf(z / math.sqrt(2))


def packed_game(m):
    return kgan.PacGAN(
        (1,),
        packing=m,
        latent_dim=1,
        data_range=None,
        generator=keras.Sequential([keras.layers.Input((1,)), Stretched()]),
        discriminator=keras.Sequential([keras.layers.Input((m,)), Below()]),
        seed=0,
    )


EVEN = scipy.stats.uniform(0, 1)
COLLAPSED = scipy.stats.uniform(0.2, 0.8)
TILTED = theory.Mixture([0.3, 0.7], [scipy.stats.uniform(0, 0.5), scipy.stats.uniform(0.5, 0.5)])


@pytest.mark.parametrize(
    ("m", "collapsed", "tilted"), [(2, 0.36, 0.24), (3, 0.488, 0.284), (4, 0.5904, 0.3392)]
)
def test_packs_show_the_collapse(m, collapsed, tilted):
    """A-MC-09: TV(p^m, q^m) = 1 − 0.8^m for q = U[0.2, 1]; less for one as far unpacked."""
    monitor, curves = measured(packed_game(m), EVEN, samples=4000, generator_density=COLLAPSED)
    assert monitor.theory_variation == pytest.approx(collapsed, abs=2e-4)
    assert abs(monitor.theory_variation_seen - collapsed) <= 4.9 * math.sqrt(1 / (2 * 4000))
    for eps, delta in (curves[:2], curves[2:]):
        assert (np.diff(eps) >= 0).all()
        assert (np.diff(delta) >= 0).all()
        assert (eps[0], delta[0]) == (0, 0)
        np.testing.assert_allclose((eps[-1], delta[-1]), 1)
    other, _ = measured(packed_game(m), EVEN, generator_density=TILTED)
    assert other.theory_variation == pytest.approx(tilted, abs=2e-4)


@pytest.mark.parametrize("m", [1, 2, 5])
def test_variation_of_packs_is_exact(m):
    """Against the laws of all packs of finite laws, and 2Φ(θ√m/2) − 1 of two normals (A-MC-07b)."""

    def variation(p, q):
        eps, delta = pack_curve(p, q, m)
        return np.max(delta - eps)

    rng = np.random.default_rng(m)
    for _ in range(5):
        p, q = rng.dirichlet(np.ones(5), 2)
        p[0] = 0
        p /= p.sum()
        first, second = packed(p, q, m)
        assert variation(p, q) == pytest.approx(np.abs(first - second).sum() / 2, abs=1e-5)
    x = np.linspace(-6, 7, 9999)
    p, q = (np.diff(scipy.stats.norm(u).cdf(x), prepend=0, append=1) for u in (0, 1))
    exact = 2 * scipy.stats.norm.cdf(math.sqrt(m) / 2) - 1
    assert variation(p, q) == pytest.approx(exact, abs=1e-5)
    assert variation(p, p) == pytest.approx(0, abs=1e-9)


def test_the_monitor_follows_packs_and_critics_through_training(tmp_path):
    x = np.random.default_rng(0).uniform(size=(64, 1)).astype("float32")
    plane = np.random.default_rng(1).normal(size=(200, 2)).astype("float32")
    for name, model, data, density in (
        ("variation", packed_game(2), x, EVEN),
        ("estimate", critic_of(kgan.WGANGP, (1,), 1.0), x, EVEN),
        ("floor", critic_of(kgan.WGAN, (2,), 1.0), plane[:64], plane),
    ):
        model.generator.trainable = False
        model.compile(run_eagerly=True)
        monitor = TheoryMonitor(density, tmp_path / name, samples=100)
        logs = model.fit(data, batch_size=32, verbose=0, callbacks=[monitor]).history
        assert logs[f"theory_{name}"][-1] == getattr(monitor, f"theory_{name}")
        assert np.isfinite([v for k, v in logs.items() if k.startswith("theory_")]).all()
        pictures = sorted(p.name for p in (tmp_path / name / "theory").iterdir())
        assert pictures == ["0001.png"]
