"""Zero-centred penalties and clipping: closed forms, finite differences, lazy against eager."""

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from kgan import autodiff, losses
from kgan.penalties import ClipWeights, zero_centred_penalty

RATE = 2.0**-10


def number(tensor):
    return float(ops.convert_to_numpy(ops.stop_gradient(tensor)))


class Linear(keras.layers.Layer):
    """x -> w·Σ x."""

    def __init__(self, w, **options):
        super().__init__(**options)
        self.w = self.add_weight(shape=(), initializer=keras.initializers.Constant(w))

    def call(self, x):
        return self.w * ops.sum(ops.reshape(x, (ops.shape(x)[0], -1)), axis=1, keepdims=True)


class Square(Linear):
    """x -> w·x²/2, whose slope is w·x."""

    def call(self, x):
        return self.w * ops.square(x) / 2


class Zeros(keras.layers.Layer):
    """A generator of zeros, so that generated samples are where the data are."""

    def __init__(self, **options):
        super().__init__(**options)
        self.theta = self.add_weight(shape=(1,), initializer="zeros")

    def call(self, z):
        return ops.zeros_like(z) + self.theta


def on_zeros(kind, discriminator, **options):
    model = kind(
        (1,),
        generator=Zeros(),
        discriminator=discriminator,
        latent_dim=1,
        data_range=None,
        seed=0,
        **options,
    )
    model.generator.trainable = False
    return model


@pytest.mark.parametrize("shape", [(4,), (2, 2, 1)])
def test_penalty_of_a_linear_discriminator_is_its_squared_norm(shape):
    """D(x) = 3 Σ x_i in R^4 has ‖∇D‖² = 9·4 everywhere: summed over axes, not over samples."""
    x = np.random.default_rng(0).normal(size=(7, *shape)).astype("float32")
    assert number(zero_centred_penalty(Linear(3.0), ops.convert_to_tensor(x))) == 36.0


def test_penalty_is_the_mean_of_squares_and_not_the_square_of_means(float64):
    x = np.array([[1.0], [-3.0]])
    assert number(zero_centred_penalty(Square(2.0), ops.convert_to_tensor(x))) == 4 * (1 + 9) / 2


def test_a_flat_discriminator_has_a_finite_gradient():
    discriminator = Linear(0.0)
    loss, _, (gradient,) = autodiff.gradients(
        lambda: (zero_centred_penalty(discriminator, ops.ones((5, 4))), {}),
        discriminator.trainable_variables,
    )
    assert number(loss) == number(gradient) == 0.0


def test_second_derivatives_agree_with_finite_differences(float64):
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)]
    )
    x = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(5, 3)))
    variables = network.trainable_variables[:-1]  # the last bias moves no slope
    _, _, grads = autodiff.gradients(lambda: (zero_centred_penalty(network, x), {}), variables)
    for variable, gradient in zip(variables, grads, strict=True):
        start = np.array(ops.convert_to_numpy(variable.value))
        for index in np.ndindex(*start.shape):
            ends = []
            for sign in (1, -1):
                moved = start.copy()
                moved[index] += sign * 1e-6
                variable.assign(moved)
                ends.append(number(zero_centred_penalty(network, x)))
            variable.assign(start)
            found = (ends[0] - ends[1]) / 2e-6
            assert float(gradient[index]) == pytest.approx(found, rel=1e-6, abs=1e-8)


def bilinear_network():
    return keras.Sequential(
        [
            keras.layers.Input((2, 2, 1)),
            keras.layers.Conv2D(2, 2, padding="same", activation="tanh"),
            keras.layers.UpSampling2D(2, interpolation="bilinear"),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="tanh"),
            keras.layers.Dense(1),
        ]
    )


def test_smooth_resizing_is_refused_where_its_second_derivative_is_wrong(float64):
    """What is refused on TensorFlow is wrong there, and right and accepted on the others."""
    keras.utils.set_random_seed(0)
    network = bilinear_network()
    x = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(5, 2, 2, 1)))
    kernel = network.trainable_variables[0]  # before the resizing
    start = np.array(ops.convert_to_numpy(kernel.value))

    def penalty():  # a function, which nobody can look into, passes unseen
        return zero_centred_penalty(lambda v: network(v), x)

    _, _, (found,) = autodiff.gradients(lambda: (penalty(), {}), [kernel])
    ends = []
    for sign in (1, -1):
        moved = start.copy()
        moved[0, 0, 0, 0] += sign * 1e-6
        kernel.assign(moved)
        ends.append(number(penalty()))
    error = abs(float(ops.convert_to_numpy(found)[0, 0, 0, 0]) / ((ends[0] - ends[1]) / 2e-6) - 1)
    if keras.backend.backend() == "tensorflow":
        assert error > 0.1
        with pytest.raises(ValueError, match=r"bilinear resizing .* the gradient penalty"):
            zero_centred_penalty(network, x)
    else:
        assert error < 1e-6
        assert number(zero_centred_penalty(network, x)) > 0


@pytest.mark.parametrize("kind", [kgan.WGANGP, kgan.R1GAN, kgan.R3GAN])
def test_penalised_models_refuse_smooth_resizing_on_tensorflow(kind):
    nearest = bilinear_network().get_config()
    nearest["layers"][2]["config"]["interpolation"] = "nearest"
    kind(
        (2, 2, 1), generator=image_generator(), discriminator=keras.Sequential.from_config(nearest)
    )
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(ValueError, match="got one with bilinear resizing"):
            kind((2, 2, 1), generator=image_generator(), discriminator=bilinear_network())
    else:
        kind((2, 2, 1), generator=image_generator(), discriminator=bilinear_network())


def image_generator():
    return keras.Sequential(
        [
            keras.layers.Input((64,)),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )


# The models' objectives ---------------------------------------------------------------------


def losses_of(model, real, fake):
    real, fake = (ops.convert_to_tensor(np.float32(x)) for x in (real, fake))
    batch = model.draw({"real": real}, model.training_seeds)
    loss, logs = model.discriminator_loss(real, fake, batch)
    penalty, values = model.penalty_loss(real, fake, batch)
    return number(loss + penalty), {n: number(v) for n, v in (logs | values).items()}


def test_r1_and_r2_are_halves_of_their_weights():
    """γ/2·E[‖∇D‖²] (Mescheder et al. 2018, eq. 9): the mistake to catch is γ without its half."""
    real, fake = np.array([[1.0], [2.0]]), np.array([[0.5], [-3.0]])
    w, r1, r2 = 1.5, 3.0, 5.0
    model = on_zeros(kgan.R1GAN, Square(w), r1=r1, r2=r2)
    plain = np.mean(np.logaddexp(0, -w * real**2 / 2)) + np.mean(np.logaddexp(0, w * fake**2 / 2))
    slopes = {"r1_penalty": np.mean((w * real) ** 2), "r2_penalty": np.mean((w * fake) ** 2)}
    loss, logs = losses_of(model, real, fake)
    assert loss == pytest.approx(
        plain + r1 / 2 * slopes["r1_penalty"] + r2 / 2 * slopes["r2_penalty"], rel=1e-5
    )
    assert {name: logs[name] for name in slopes} == pytest.approx(slopes)
    only_real, logs = losses_of(on_zeros(kgan.R1GAN, Square(w), r1=r1), real, fake)
    assert only_real == pytest.approx(plain + r1 / 2 * slopes["r1_penalty"], rel=1e-5)
    assert "r2_penalty" not in logs


def test_r3gan_pairs_and_punishes_both():
    real, fake = np.array([[1.0], [2.0]]), np.array([[0.5], [-3.0]])
    w, gamma = 1.5, 0.5
    model = on_zeros(kgan.R3GAN, Square(w), gamma=gamma)
    difference = w * (real**2 - fake**2) / 2
    slopes = np.mean((w * real) ** 2), np.mean((w * fake) ** 2)
    loss, _ = losses_of(model, real, fake)
    assert loss == pytest.approx(
        np.mean(np.logaddexp(0, -difference)) + gamma / 2 * sum(slopes), rel=1e-5
    )
    tensors = [ops.convert_to_tensor(np.float32(x)) for x in (real, fake)]
    generator, _ = model.generator_loss(*tensors, {})
    assert number(generator) == pytest.approx(np.mean(np.logaddexp(0, difference)), rel=1e-5)


def test_penalties_are_taken_where_instance_noise_puts_the_samples():
    """With all data at 0 and noise s, R1's slope of w·x²/2 is w²s² in the mean; 0 without noise."""
    n, s, w = 40_000, 0.5, 2.0
    for noise, expected in ((s, w**2 * s**2), (None, 0.0)):
        model = on_zeros(kgan.R1GAN, Square(w), r2=1.0, instance_noise=noise)
        model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
        history = model.fit(np.zeros((n, 1), "float32"), batch_size=n, verbose=0).history
        for name in ("r1_penalty", "r2_penalty"):
            # The square of a normal has standard deviation sqrt(2); false failures 1e-6.
            assert abs(history[name][0] - expected) <= 4.9 * expected * np.sqrt(2 / n)


@pytest.mark.parametrize("kind", [kgan.R1GAN, kgan.R3GAN])
def test_batch_normalisation_and_bad_weights_are_refused(kind):
    network = keras.Sequential([keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="batch normalisation"):
        kind((2,), discriminator=network)
    for name in {kgan.R1GAN: ("r1", "r2"), kgan.R3GAN: ("gamma",)}[kind]:
        with pytest.raises(ValueError, match=f"{name}: got -1"):
            kind((2,), **{name: -1.0})


def test_targets_of_least_squares_are_checked():
    for targets in ((0, 1), (1, 1, 0), (0, 1, float("nan")), "abc", 3):
        with pytest.raises(ValueError, match="targets: got"):
            kgan.LSGAN((2,), targets=targets)


# Lazy regularisation ------------------------------------------------------------------------


def slope_after(minibatches, **options):
    """ψ of D(x) = ψx from 2 on; data and fakes at 0, where nothing but R1 pulls at it."""
    model = on_zeros(kgan.R1GAN, Linear(2.0), **options)
    model.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))
    model.fit(np.zeros((minibatches, 1), "float32"), batch_size=1, verbose=0)
    return number(model.discriminator.w.value), model


def test_a_lazy_penalty_pulls_as_much_in_the_mean():
    """k minibatches: ψ(1 − hγ)^k eagerly and ψ(1 − khγ) lazily, equal but for (khγ)²/2.

    Not multiplied by k, a lazy penalty would end at ψ(1 − hγ).
    """
    k, gamma = 4, 8.0
    eager, _ = slope_after(k, r1=gamma)
    lazy, model = slope_after(k, r1=gamma, penalty_every=k)
    h = RATE * gamma
    assert eager == pytest.approx(2 * (1 - h) ** k, rel=1e-6)
    assert lazy == pytest.approx(2 * (1 - k * h), rel=1e-6)
    assert abs(lazy - eager) <= (k * h) ** 2
    assert abs(2 * (1 - h) - eager) > 10 * (k * h) ** 2
    # The penalty's turn is one more move.
    assert int(model.optimizer.players["discriminator"].iterations) == k + 1


def test_a_lazy_penalty_comes_back_every_so_many_minibatches():
    k, gamma = 3, 8.0
    psi, _ = slope_after(2 * k + 1, r1=gamma, penalty_every=k)
    assert psi == pytest.approx(2 * (1 - k * RATE * gamma) ** 3, rel=1e-6)


def test_a_lazy_penalty_sets_rate_and_decay_for_its_extra_moves():
    """c = k/(k + 1) (Karras et al. 2020, appendix B)."""
    model = kgan.R1GAN((2,), filters=2, penalty_every=15)
    model.compile()
    config = model.optimizer.players["discriminator"].get_config()
    assert config["learning_rate"] == pytest.approx(1e-4 * 15 / 16)
    assert config["rho"] == pytest.approx(0.99 ** (15 / 16))
    plain = kgan.R1GAN((2,), filters=2).default_optimizers()["discriminator"].get_config()
    assert (plain["learning_rate"], plain["rho"]) == pytest.approx((1e-4, 0.99))


def test_a_lazy_penalty_trains_the_default_networks(tmp_path):
    """Every weight has a gradient in the penalty's turn, the last bias, too; and it is saved."""
    model = kgan.R1GAN((8, 8, 1), filters=2, r2=1.0, penalty_every=2, seed=0)
    model.compile()
    x = np.random.default_rng(0).uniform(-1, 1, (16, 8, 8, 1)).astype("float32")
    history = model.fit(x, batch_size=4, verbose=0).history
    assert np.isfinite([history[name][0] for name in ("penalty_loss", "r1_penalty")]).all()
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    assert [penalty.every for penalty in twin.penalties] == [2, 2]
    with pytest.raises(ValueError, match="simultaneous game"):
        kgan.R1GAN((2,), filters=2, penalty_every=2, simultaneous=True).compile()


# Clipping -----------------------------------------------------------------------------------


def test_the_critics_weights_stay_within_the_clip(tmp_path):
    """After every move of the critic, loaded or not; the generator's weights are free."""
    clip = 0.01
    model = kgan.WGAN((8, 8, 1), filters=2, clip=clip, seed=0)
    model.compile()
    x = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype("float32")
    assert largest(model.discriminator) > clip
    model.fit(x, batch_size=4, verbose=0)
    assert largest(model.discriminator) == np.float32(clip)
    assert largest(model.generator) > clip
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    for variable in twin.discriminator.trainable_variables:
        variable.assign(variable.value + 1.0)
    twin.fit(x, batch_size=4, verbose=0)
    assert largest(twin.discriminator) == np.float32(clip)


def largest(network):
    return max(np.abs(ops.convert_to_numpy(w.value)).max() for w in network.trainable_variables)


def test_clipping_is_a_constraint_like_any_other():
    clip = ClipWeights.from_config(ClipWeights(0.5).get_config())
    assert ops.convert_to_numpy(clip(np.array([-2.0, 0.25, 3.0]))).tolist() == [-0.5, 0.25, 0.5]
    for limit in (0, -1.0, float("inf")):
        with pytest.raises(ValueError, match="limit: got"):
            ClipWeights(limit)
        with pytest.raises(ValueError, match="clip: got"):
            kgan.WGAN((2,), clip=limit)


def test_the_papers_choices():
    """What the papers state, and public code often changes."""
    assert kgan.WGAN((2,), filters=2).discriminator_steps == 5
    assert kgan.WGAN((2,), filters=2).clip == 0.01
    rate = kgan.WGAN((2,), filters=2).default_optimizers()["discriminator"]
    assert isinstance(rate, keras.optimizers.RMSprop)
    assert float(rate.learning_rate) == pytest.approx(5e-5)
    assert kgan.LSGAN((2,), filters=2).targets == (0, 1, 1)
    assert [p.gamma for p in kgan.R1GAN((2,), filters=2).penalties] == [10]
    assert kgan.HingeGAN.objective is kgan.SNGAN.objective is losses.hinge
    adam = kgan.SNGAN((2,), filters=2).default_optimizers()["discriminator"].get_config()
    assert (adam["beta_1"], adam["beta_2"]) == (0, 0.9)
