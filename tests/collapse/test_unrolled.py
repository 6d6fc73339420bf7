"""The unrolled GAN: its gradient is the whole derivative of the unrolled value, in float64."""

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from engine.test_autodiff import by_finite_differences
from kgan import autodiff, losses
from kgan.models import unrolled_gan
from kgan.models.unrolled_gan import UnrolledGAN

RATE = 0.5


def array(x):
    return np.array(ops.convert_to_numpy(ops.stop_gradient(x)))


def values_of(variables):
    return [array(v.value) for v in variables]


def small(steps, optimizer=None, warm=0):
    """A model in R^2 whose discriminator moves far in a step, after `warm` minibatches."""
    keras.utils.set_random_seed(1)
    model = UnrolledGAN(
        (2,),
        unrolled_steps=steps,
        latent_dim=2,
        units=3,
        data_range=None,
        generator=keras.Sequential(
            [keras.layers.Input((2,)), keras.layers.Dense(2, activation="tanh")]
        ),
        seed=0,
    )
    model.compile("sgd", optimizer or keras.optimizers.SGD(RATE))
    if warm:
        model.fit(normal(4 * warm, 2), batch_size=4, verbose=0)
    return model


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(keras.config.floatx())


def a_batch():
    return {
        "real": ops.convert_to_tensor(normal(4, 2, seed=1)),
        "generator_noise": ops.convert_to_tensor(normal(4, 2, seed=2)),
    }


def adam():
    return keras.optimizers.Adam(0.05, beta_1=0.5, epsilon=1e-8)


def gradient_and_its_approximation(model):
    """Both as one vector each: of the generator's turn, and of its loss by finite differences."""
    batch, variables = a_batch(), model.generator.trainable_variables
    _, _, exact = autodiff.gradients(lambda: model._generator_turn(batch), variables)
    near = by_finite_differences(lambda: array(model._generator_turn(batch)[0]), variables, 1e-5)
    return (np.concatenate([np.ravel(g) for g in grads]) for grads in (map(array, exact), near))


CASES = {
    "one step of SGD": lambda: small(1),
    "three steps of SGD": lambda: small(3),
    "one step of Adam": lambda: small(1, adam(), warm=3),
    "three steps of Adam": lambda: small(3, adam(), warm=3),
    "no step": lambda: small(0),
}


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_passes_through_the_discriminators_steps(float64, case):
    exact, near = gradient_and_its_approximation(CASES[case]())
    assert np.linalg.norm(exact - near) <= 1e-4 * np.linalg.norm(near)


@pytest.mark.parametrize("case", CASES)
def test_detached_steps_are_noticed(float64, case, monkeypatch):
    """The control: the mistake of copies that stop the gradient at the discriminator's steps."""

    def detached(*arguments):
        return [ops.stop_gradient(g) for g in autodiff.gradient_at(*arguments)]

    monkeypatch.setattr(unrolled_gan, "gradient_at", detached)
    exact, near = gradient_and_its_approximation(CASES[case]())
    wrong = np.linalg.norm(exact - near) > 1e-2 * np.linalg.norm(near)
    assert wrong == (case != "no step")


@pytest.mark.parametrize("optimizer", [lambda: keras.optimizers.SGD(RATE), adam])
@pytest.mark.parametrize("warm", [0, 3])
def test_the_steps_are_the_optimizers_own(float64, optimizer, warm):
    """Three unrolled steps end where three real ones do, and change nothing on the way."""
    model = small(3, optimizer(), warm)
    batch, variables = a_batch(), model.discriminator.trainable_variables
    fake = ops.convert_to_tensor(normal(4, 2, seed=3))
    own = model.optimizer.players["discriminator"]

    def loss():
        return model.discriminator_loss(batch["real"], fake, batch)[0]

    before = values_of([*model.variables, *own.variables])
    found = [array(v) for v in model._unroll(loss, variables)]
    for old, new in zip(before, values_of([*model.variables, *own.variables]), strict=True):
        assert np.array_equal(old, new)
    for _ in range(3):
        own.apply(autodiff.gradients(lambda: (loss(), {}), variables)[2], variables)
    for value, expected, old in zip(found, values_of(variables), before, strict=False):
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)
        assert not np.array_equal(expected, old)


# The Dirac-GAN, whose unrolled gradient is known -----------------------------------------------


class Number(keras.layers.Layer):
    """The generator: θ, whatever the noise."""

    def __init__(self, theta, **options):
        super().__init__(**options)
        self.theta = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(theta))

    def call(self, z):
        return ops.zeros_like(z) + self.theta


def dirac(theta, psi, steps, **options):
    start = keras.initializers.Constant(psi)
    slope = keras.layers.Dense(1, use_bias=False, kernel_initializer=start)
    model = UnrolledGAN(
        (1,),
        unrolled_steps=steps,
        latent_dim=1,
        data_range=None,
        generator=Number(theta),
        discriminator=keras.Sequential([keras.layers.Input((1,)), slope]),
        seed=0,
    )
    model.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), **options)
    return model


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def derivative_of_the_unrolled_value(theta, psi, steps):
    """d/dθ of V = −log 2 − softplus(ψ_K θ) where ψ' = ψ − η σ(ψθ)θ, by the chain rule.

    The data lie at 0, so D says 1/2 of them; ψ descends softplus(ψθ). With s = σ(ψθ) its step's
    derivative is dψ' = dψ − η (s (1 − s) (ψ + θ dψ) θ + s).
    """
    change = 0.0
    for _ in range(steps):
        s = sigmoid(psi * theta)
        change -= RATE * (s * (1 - s) * (psi + theta * change) * theta + s)
        psi -= RATE * s * theta
    return -sigmoid(psi * theta) * (psi + theta * change)


@pytest.mark.parametrize("steps", [0, 1, 5])
@pytest.mark.parametrize("point", [(1.0, 1.0), (-0.375, 2.0), (3.0, 0.25)])
def test_a_turn_of_the_dirac_gan_is_its_closed_form(float64, point, steps):
    theta, psi = point
    model = dirac(theta, psi, steps, run_eagerly=True)
    model.fit(np.zeros((4, 1), keras.config.floatx()), batch_size=4, verbose=0)
    (moved,) = values_of(model.generator.trainable_variables)
    expected = theta - RATE * derivative_of_the_unrolled_value(theta, psi, steps)
    assert moved.item() == pytest.approx(expected, rel=1e-12)
    # Unrolled or not, the discriminator takes its one step, from the same point.
    (slope,) = values_of(model.discriminator.trainable_variables)
    assert slope.item() == pytest.approx(psi - RATE * sigmoid(psi * theta) * theta, rel=1e-12)


def test_unrolling_turns_the_cycle_into_a_spiral(float64):
    """Alternating minimax steps keep circling; one unrolled step draws them in."""
    radii = []
    for steps in (0, 1):
        model = dirac(1.0, 1.0, steps)
        model.fit(np.zeros((100, 1), keras.config.floatx()), batch_size=1, verbose=0)
        radii.append(np.hypot(*[v.item() for v in values_of(model.trainable_variables)]))
    assert radii[0] > np.sqrt(2)
    assert radii[1] < 0.1


# What it shares with the GAN, and what it refuses ------------------------------------------------


def test_without_unrolling_it_is_the_minimax_gan():
    """K = 0: every weight goes the same way; the loss is logged with the real samples' half."""

    def build(kind, **options):
        keras.utils.set_random_seed(2)
        latent = {"latent_dim": 3, "units": 4, "seed": 5, "data_range": None, "simultaneous": True}
        unrolled = UnrolledGAN((2,), unrolled_steps=0, **latent)
        model = (
            unrolled
            if kind is UnrolledGAN
            else kgan.GAN(
                (2,),
                generator=unrolled.generator,
                discriminator=unrolled.discriminator,
                objective=losses.minimax,
                **latent,
            )
        )
        model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        model.fit(normal(24, 2), batch_size=8, verbose=0)
        return values_of(model.generator.weights + model.discriminator.weights)

    for one, other in zip(build(UnrolledGAN), build(kgan.GAN), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: "rmsprop",
        lambda: keras.optimizers.SGD(0.1, momentum=0.9),
        lambda: keras.optimizers.Adam(amsgrad=True),
        lambda: keras.optimizers.Adam(clipnorm=1.0),
        lambda: keras.optimizers.AdamW(),
    ],
)
def test_an_optimizer_of_unknown_formula_is_refused(optimizer):
    model = UnrolledGAN((2,), units=3)
    with pytest.raises(ValueError, match=r"discriminator_optimizer: got .* accepted are Adam"):
        model.compile(discriminator_optimizer=optimizer())


def test_bad_constructions_are_refused():
    with pytest.raises(ValueError, match="unrolled_steps: got -1"):
        UnrolledGAN((2,), unrolled_steps=-1)
    normalised = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    )
    with pytest.raises(ValueError, match=r"batch normalisation .* unrolling"):
        UnrolledGAN((2,), discriminator=normalised)


def test_smooth_resizing_is_refused_where_its_second_derivative_is_wrong():
    """TensorFlow leaves it out in silence: .00083 for .00023 in one such network, in float64."""

    def build(interpolation):
        resize = keras.layers.UpSampling2D(2, interpolation=interpolation)
        network = [keras.layers.Input((2, 2, 1)), resize]
        network += [keras.layers.Flatten(), keras.layers.Dense(1)]
        return UnrolledGAN((2, 2, 1), discriminator=keras.Sequential(network), units=3)

    build("nearest")
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(ValueError, match="got one with bilinear resizing"):
            build("bilinear")
    else:
        build("bilinear")


def test_a_discriminator_with_dropout_can_be_unrolled():
    """Its masks come from seeds, which the unrolled steps read and leave alone."""
    network = [keras.layers.Input((2,)), keras.layers.Dense(4, activation="tanh")]
    network += [keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = UnrolledGAN((2,), discriminator=keras.Sequential(network), data_range=None, units=3)
    model.compile()
    history = model.fit(normal(16, 2), batch_size=8, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


def test_the_papers_setting_is_the_default():
    model = UnrolledGAN((2,), data_range=None)
    model.compile()
    assert (model.unrolled_steps, model.latent_dim, model.simultaneous) == (5, 256, True)
    hidden = [layer.units for layer in model.generator.layers if hasattr(layer, "units")]
    assert hidden == [128, 128, 2]
    rates = {p: float(o.learning_rate.value) for p, o in model.optimizer.players.items()}
    assert rates == pytest.approx({"generator": 1e-3, "discriminator": 1e-4})
    assert all(o.beta_1 == 0.5 for o in model.optimizer.players.values())
    np.testing.assert_allclose(  # orthogonal columns of length 1.4
        array(model.generator.weights[0].value).T @ array(model.generator.weights[0].value),
        1.96 * np.eye(128),
        atol=1e-5,
    )
