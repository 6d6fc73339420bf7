"""PacGAN and MinibatchGAN: what their discriminators are given, and what they make of it."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

import theory
from kgan import autodiff
from kgan.models.gan import GAN
from kgan.models.minibatch_gan import MinibatchGAN
from kgan.models.pacgan import PacGAN

SHAPES = pytest.mark.parametrize("shape", [(2,), (8, 8, 3)])


def array(x):
    return np.array(ops.convert_to_numpy(ops.stop_gradient(x)))


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(keras.config.floatx())


def small(shape=(2,), packing=2, **options):
    options = {"units": 6, "filters": 3, "data_range": None, "seed": 0, **options}
    model = PacGAN(shape, packing=packing, **options)
    model.compile()
    return model


# PacGAN ------------------------------------------------------------------------------------------


@SHAPES
@pytest.mark.parametrize("m", [2, 3])
def test_a_pack_is_samples_joined_along_the_last_axis(shape, m):
    """The packs' logits are those of the discriminator for numpy's own concatenation."""
    model, x = small(shape, m), normal(4 * m, *shape)
    by_hand = np.stack([np.concatenate(list(x[i : i + m]), axis=-1) for i in range(0, 4 * m, m)])
    np.testing.assert_array_equal(array(model.packed(x)), by_hand)
    expected = array(model.discriminator(by_hand, training=False))
    np.testing.assert_allclose(array(model.discriminate({}, x)), expected, rtol=1e-5)
    assert expected.shape == (4, 1)


@SHAPES
def test_an_image_in_a_pack_stays_an_image(shape):
    """The mistake of a bare reshape: it tears a sample's rows apart instead of adding channels."""
    model, x = small(shape, 2), normal(4, *shape)
    channels = shape[-1]
    for i in range(2):
        part = array(model.packed(x))[..., i * channels : (i + 1) * channels]
        np.testing.assert_array_equal(part, x[i::2])
    torn = x.reshape(2, *shape[:-1], 2 * channels)
    assert np.array_equal(torn, array(model.packed(x))) == (len(shape) == 1)


@SHAPES
def test_real_and_generated_samples_share_no_pack(shape):
    model = small(shape, 3)
    real, fake = (ops.convert_to_tensor(normal(6, *shape, seed=seed)) for seed in (1, 2))
    for found, alone in zip(model.discriminate_both({}, real, fake), (real, fake), strict=True):
        expected = array(model.discriminate({}, alone))
        assert expected.shape == (2, 1)
        np.testing.assert_allclose(array(found), expected, rtol=1e-4, atol=1e-7)


@SHAPES
def test_gradients_reach_every_sample_of_a_pack_and_no_other(shape):
    model, m = small(shape, 3), 3
    x = ops.convert_to_tensor(normal(2 * m, *shape))
    second = ops.convert_to_tensor(np.array([[0.0], [1.0]], "float32"))
    _, slope = autodiff.input_gradient(lambda v: model.discriminate({}, v), x, second)
    norms = np.abs(array(slope)).reshape(2 * m, -1).sum(axis=1)
    assert (norms[:m] == 0).all()
    assert (norms[m:] > 0).all()


@SHAPES
def test_packs_of_one_are_the_gan_to_the_last_digit(shape):
    def train(build):
        keras.utils.set_random_seed(4)
        network = small(shape, 1)
        model = build(network)
        model.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.8) for _ in range(2)))
        model.fit(normal(24, *shape), batch_size=8, epochs=2, verbose=0)
        return [array(v.value) for v in model.generator.weights + model.discriminator.weights]

    def gan(twin):
        return GAN(
            shape,
            generator=twin.generator,
            discriminator=twin.discriminator,
            latent_dim=twin.latent_dim,
            data_range=None,
            simultaneous=True,
            seed=0,
        )

    for packed, plain in zip(train(lambda model: model), train(gan), strict=True):
        assert np.array_equal(packed, plain)


def test_score_takes_packs_or_samples_that_stand_in_packs():
    model, x = small(packing=3), normal(6, 2)
    of_packs = model.score(x.reshape(2, 3, 2))
    np.testing.assert_allclose(of_packs, array(model.discriminate({}, x, False))[:, 0], rtol=1e-5)
    np.testing.assert_allclose(model.score(x), np.repeat(of_packs, 3), rtol=1e-5)
    # Chunks of many samples are cut between packs: 256 is no multiple of 3.
    many = normal(1500, 2, seed=1)
    np.testing.assert_allclose(model.score(many)[900:906], model.score(many[900:906]), rtol=1e-5)


class Shift(keras.layers.Layer):
    """The generator: z + θ."""

    def __init__(self, theta, **options):
        super().__init__(**options)
        self.theta = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(theta))

    def call(self, z):
        return z + self.theta


@pytest.mark.parametrize("m", [1, 3])
def test_evaluation_is_of_packs(m):
    """At the best packed discriminator the bound is JS(p^m, q^m) = JS₁(θ√m).

    Claims A-MC-07 (the best logit is Σ log p(x_i)/q(x_i), here linear) and A-MC-07b. Of 10,000
    packs the mean logistic loss errs by a standard deviation of .004, JS by half of that each.
    """
    theta, n = 0.6, 10_000
    slope = keras.layers.Dense(
        1,
        kernel_initializer=keras.initializers.Constant(-theta),
        bias_initializer=keras.initializers.Constant(m * theta**2 / 2),
    )
    model = PacGAN(
        (1,),
        packing=m,
        latent_dim=1,
        data_range=None,
        generator=Shift(theta),
        discriminator=keras.Sequential([keras.layers.Input((m,)), slope]),
        seed=0,
    )
    model.compile()
    found = model.evaluate(normal(n * m, 1), batch_size=1000 * m, verbose=0, return_dict=True)[
        "js_lower_bound"
    ]
    expected = theory.js(stats.norm(0, 1), stats.norm(theta * np.sqrt(m), 1))
    assert found == pytest.approx(expected, abs=0.02)
    assert abs(found - theory.js(stats.norm(0, 1), stats.norm(theta, 1))) > 0.04 or m == 1


def test_samples_that_fill_no_pack_are_refused():
    model, x = small(packing=3), normal(36, 2)
    for call, message in (
        (lambda: model.fit(x, batch_size=8), "batch_size: got 8; accepted is a multiple of"),
        (lambda: model.fit(x), "batch_size: got 32"),
        (lambda: model.fit((x,)), "batch_size: got 32"),
        (lambda: model.fit(x, batch_size=6, validation_data=x[:7]), "validation_data: got 7"),
        (lambda: model.fit(x, batch_size=6, validation_split=0.2), "validation_data: got 8"),
        (lambda: model.evaluate(x[:5], batch_size=6), "x: got 5 samples"),
        (lambda: model.evaluate(x, batch_size=4), "batch_size: got 4"),
        (lambda: model.score(x[:4]), "x: got 4 samples; accepted is a multiple of packing = 3"),
        (lambda: model.score(x.reshape(18, 2, 2)), r"x: got shape \(18, 2, 2\)"),
        (lambda: model.canonical(x[:4]), "minibatch: got 4"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_bad_packings_are_refused():
    for bad in (0, 2.0, True):
        with pytest.raises(ValueError, match=f"packing: got {bad}"):
            PacGAN((2,), packing=bad)
    single = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="discriminator: got"):
        PacGAN((2,), packing=2, discriminator=single)


def test_the_papers_networks_are_the_default():
    """The experiments on mixtures: 4 × 400 with batch normalisation, 3 × Maxout(200, 5)."""
    model = PacGAN((2,), packing=3, data_range=None)
    model.compile()
    assert model.latent_dim == 2
    assert model.simultaneous
    assert PacGAN((8, 8, 1)).latent_dim == 100
    dense = [w.shape for w in model.generator.trainable_weights if len(w.shape) == 2]
    assert dense == [(2, 400), (400, 400), (400, 400), (400, 400), (400, 2)]
    assert [w.shape for w in model.discriminator.trainable_weights if len(w.shape) == 2] == [
        (6, 1000),
        (200, 1000),
        (200, 1000),
        (200, 1),
    ]
    assert array(model.generator.weights[5].value).std() == pytest.approx(0.02, rel=0.02)
    for optimizer in model.optimizer.players.values():
        assert float(optimizer.learning_rate.value) == pytest.approx(1e-4)
        assert optimizer.beta_1 == 0.8


# MinibatchGAN ------------------------------------------------------------------------------------


@SHAPES
@pytest.mark.parametrize("standard_deviation", [False, True])
def test_a_generator_of_one_sample_is_found_out_by_its_company(shape, standard_deviation):
    """The same sample, alone of its kind or among copies of itself, gets another logit."""
    model = MinibatchGAN(
        shape, standard_deviation=standard_deviation, data_range=None, filters=4, seed=0
    )
    x = normal(6, *shape)
    copies = np.repeat(x[:1], 6, axis=0)
    mixed, alike = (array(model.discriminate({}, batch)) for batch in (x, copies))
    assert abs(mixed[0, 0] - alike[0, 0]) > 1e-3
    np.testing.assert_allclose(alike, alike[0, 0], rtol=1e-5)


@pytest.mark.parametrize("standard_deviation", [False, True])
def test_the_statistic_sees_no_sample_of_the_other_source(standard_deviation):
    model = MinibatchGAN((2,), standard_deviation=standard_deviation, filters=4, seed=0)
    real, fake = (ops.convert_to_tensor(normal(5, 2, seed=seed)) for seed in (1, 2))
    for found, alone in zip(model.discriminate_both({}, real, fake), (real, fake), strict=True):
        expected = array(model.discriminate({}, alone))
        np.testing.assert_allclose(array(found), expected, rtol=1e-5, atol=1e-6)


def test_both_statistics_train_and_come_back_from_a_file(tmp_path):
    for standard_deviation in (False, True):
        model = MinibatchGAN(
            (2,), standard_deviation=standard_deviation, data_range=None, filters=4, seed=0
        )
        model.compile()
        history = model.fit(normal(24, 2), batch_size=8, verbose=0).history
        assert np.isfinite(list(history.values())).all()
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded.score(normal(6, 2)), model.score(normal(6, 2)))
