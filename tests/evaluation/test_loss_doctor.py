"""LossDoctor's verdicts: each on a run built to show it, and denied where it must not be."""

import re
from dataclasses import replace

import keras
import numpy as np
import pytest

import kgan
import theory
from kgan import losses
from kgan.callbacks import LossDoctor, ModeMonitor
from kgan.callbacks.loss_doctor import FINDINGS, Signs

pytestmark = pytest.mark.one_backend

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTERS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
STD = 0.05
FAR = np.array([[8.0, 8.0]])
HEALTHY = {"equilibrium", "learning", "critic"}

# An epoch of a game in which both players learn; a verdict's signs differ from it in one respect.
LEARNING = Signs(
    logistic=True,
    minimax=False,
    real=0.7,
    fake=0.3,
    discriminator_loss=0.8,
    generator_loss=1.3,
    discriminator_gradient=0.5,
    generator_gradient=0.5,
    modes=8,
    high_quality=0.9,
    reverse_kl=0.01,
    hops=0,
)


class OverTrainedGenerator(kgan.GAN):
    """The GAN whose generator moves ten times for each move of the discriminator."""

    def turns(self):
        discriminator, generator = super().turns()
        return replace(discriminator, every=10), generator


def gaussians(centers, std, n, seed=0):
    rng = np.random.default_rng(seed)
    points = centers[rng.integers(len(centers), size=n)]
    return (points + std * rng.normal(size=points.shape)).astype("float32")


def gan(rate, d_rate, model_class=kgan.GAN, d=2, eagerly=False, **options):
    keras.utils.set_random_seed(0)
    options = {"units": 32, "latent_dim": 2, "data_range": None, "seed": 0, **options}
    model = model_class((d,), **options)
    adam = keras.optimizers.Adam
    model.compile(
        adam(rate, beta_1=0.5),
        adam(d_rate, beta_1=0.5),
        run_eagerly=eagerly,  # for a few steps that is quicker than compiling
        # PyTorch knows no several steps in one execution
        steps_per_execution=1 if eagerly or keras.backend.backend() == "torch" else 10,
    )
    return model


def perceptron():
    """Two hidden layers of rectifiers from the plane; with them a GAN of equal turns is stable."""
    hidden = [keras.layers.Dense(128, "relu") for _ in range(2)]
    return [keras.layers.Input((2,)), *hidden]


def stable(model_class=kgan.GAN):
    keras.utils.set_random_seed(0)
    return gan(
        5e-4,
        5e-4,
        model_class,
        generator=keras.Sequential([*perceptron(), keras.layers.Dense(2)]),
        discriminator=keras.Sequential([*perceptron(), keras.layers.Dense(1)]),
    )


def examined(model, x, epochs, callbacks=(), **options):
    doctor = LossDoctor()
    options = {"batch_size": 64, "verbose": 0, **options}
    logs = model.fit(x, epochs=epochs, callbacks=[*callbacks, doctor], **options).history
    assert doctor.healthy == (doctor.verdict in HEALTHY)
    return doctor, logs


def verdict(signs):
    return next(finding.name for finding in FINDINGS if finding.holds(signs))


# Each verdict on a run ---------------------------------------------------------------------


def test_saturation_and_that_the_other_loss_is_alive():
    """A-SAT-05: against a D that wins, the minimax gradient dies and the non-saturating does not.

    The data are far away, the discriminator learns fast and the generator hardly at all.
    """
    x = gaussians(FAR, 0.1, 640)
    doctor, logs = examined(gan(1e-5, 1e-2, objective=losses.minimax), x, 8)
    assert doctor.verdict == "saturation"
    assert "non_saturating" in doctor.sentence
    other, other_logs = examined(gan(1e-5, 1e-2), x, 8)
    assert other.verdict == "discriminator_wins"
    assert "instance_noise" in other.sentence
    norms = [run["generator_gradient_norm"] for run in (logs, other_logs)]
    assert norms[0][-1] < 0.05 * norms[0][0]
    assert norms[1][-1] > norms[1][0]
    # Before the discriminator won, both were learning.
    assert doctor.history[0][:2] == other.history[0][:2] == (1, "learning")


def test_a_discriminator_of_dead_units():
    dead = keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Dense(8, "relu", bias_initializer=keras.initializers.Constant(-99)),
            keras.layers.Dense(1),
        ]
    )
    model = gan(1e-3, 1e-3, discriminator=dead, eagerly=True)
    doctor, logs = examined(model, gaussians(FAR, 0.1, 128), 1)
    assert doctor.verdict == "no_gradient"
    # Its loss alone looks like the equilibrium: log 4.
    assert logs["discriminator_loss"][-1] == pytest.approx(np.log(4), abs=1e-3)


def test_a_game_that_diverges():
    model = gan(1e-3, 1e-3)
    model.compile(keras.optimizers.SGD(100.0), keras.optimizers.SGD(100.0), run_eagerly=True)
    doctor, _ = examined(model, gaussians(CENTERS, STD, 192), 2)
    assert doctor.verdict == "diverged"
    assert "kgan.R1GAN" in doctor.sentence


@pytest.mark.slow
def test_a_discriminator_that_memorises():
    """A-GAN-13: 32 samples of N(0, I) in 32 dimensions, of which the generator draws, too."""
    rng = np.random.default_rng(0)
    held_out = rng.normal(size=(640, 32)).astype("float32")

    def run(n, epochs):
        exact = keras.Sequential(
            [keras.layers.Input((32,)), keras.layers.Dense(32, kernel_initializer="identity")]
        )
        model = gan(1e-6, 3e-3, d=32, latent_dim=32, units=64, generator=exact)
        x = rng.normal(size=(n, 32)).astype("float32")
        options = {"validation_data": held_out, "validation_freq": epochs // 3, "batch_size": 32}
        return examined(model, x, epochs, **options)

    doctor, logs = run(32, 60)
    assert doctor.verdict == "overfitting"
    assert logs["val_value"][-1] < -1.05 * np.log(4)
    enough, _ = run(640, 3)  # as many steps, and the samples hardly ever come again
    assert enough.verdict == "equilibrium"


@pytest.mark.parametrize(
    ("kernel", "bias", "verdict"),
    [(0.3 * np.eye(2), [2.0, 0.0], "collapse"), (np.diag([1.8, 0.3]), [0.0, 0.0], "equilibrium")],
)
def test_a_generator_on_one_of_two_modes_has_collapsed(kernel, bias, verdict):
    """While one that spreads over both is fine, though some of its samples lie between."""
    modes = np.array([[-2.0, 0.0], [2.0, 0.0]])
    layer = keras.layers.Dense(2)
    generator = keras.Sequential([keras.layers.Input((2,)), layer])
    model = gan(1e-5, 1e-4, generator=generator, eagerly=True)
    layer.set_weights([kernel, np.array(bias)])
    doctor, logs = examined(model, gaussians(modes, 0.3, 192), 1, [ModeMonitor(modes, 0.4)])
    assert logs["high_quality"][-1] >= 0.5
    assert doctor.verdict == verdict
    assert ("captures 1" in doctor.sentence) == (verdict == "collapse")


@pytest.mark.slow
def test_a_healthy_game_is_never_called_sick():
    """A GAN learns one mode, and eight, from the first epoch to the last."""
    for centers, std in ((np.zeros((1, 2)), 1.0), (CENTERS, STD)):
        x, held_out = gaussians(centers, std, 32000), gaussians(centers, std, 1280, seed=1)
        watchers = [ModeMonitor(centers, std)]
        options = {"batch_size": 128, "validation_data": held_out}
        doctor, logs = examined(stable(), x, 16, watchers, **options)
        assert logs["high_quality"][-1] >= 0.8
        assert logs["modes"][-1] == len(centers)
        assert doctor.verdict == "equilibrium"
        assert all(name in HEALTHY for _, name, _ in doctor.history)


@pytest.mark.slow
def test_a_weak_discriminator_and_one_that_lags():
    """A linear discriminator sees nothing but the mean, which the ring has in its middle."""
    linear = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    x = gaussians(CENTERS, STD, 12800)
    model = gan(1e-3, 1e-3, discriminator=linear)
    doctor, logs = examined(model, x, 12, [ModeMonitor(CENTERS, STD)])
    assert doctor.verdict == "discriminator_blind"
    assert logs["discriminator_loss"][-1] == pytest.approx(np.log(4), rel=0.05)
    assert logs["high_quality"][-1] < 0.1
    # Without the modes nobody can tell, and the sentence says so.
    doctor, _ = examined(model, x, 2)
    assert doctor.verdict == "equilibrium"
    assert "too weak" in doctor.sentence
    doctor, _ = examined(gan(5e-3, 1e-3, OverTrainedGenerator), x, 2)
    assert doctor.verdict == "discriminator_lags"


@pytest.mark.slow
def test_hopping_is_seen_by_the_modes_and_not_by_the_losses():
    """A-MC-03: while G hops, D's loss stays within 10% of log 4; in equal turns it does not hop."""
    x = gaussians(CENTERS, STD, 32000)
    verdicts = {}
    for model_class in (OverTrainedGenerator, kgan.GAN):
        monitor = ModeMonitor(CENTERS, STD, every=50)
        doctor, logs = examined(stable(model_class), x, 16, [monitor], batch_size=128)
        verdicts[model_class] = doctor.verdict
        assert logs["discriminator_loss"][-1] == pytest.approx(np.log(4), rel=0.1)
    assert verdicts == {OverTrainedGenerator: "hopping", kgan.GAN: "equilibrium"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["WGAN", "WGANGP", "LSGAN", "HingeGAN", "SNGAN", "R3GAN"])
def test_of_critics_no_log_4_is_asked(name):
    keras.utils.set_random_seed(0)
    model = getattr(kgan, name)((2,), data_range=None, seed=0)
    model.compile()
    doctor, _ = examined(model, gaussians(CENTERS, STD, 3200), 2)
    assert doctor.verdict == "critic"
    assert "no log 4" in doctor.sentence


# The table ---------------------------------------------------------------------------------

SICK = {
    "diverged": {"discriminator_loss": np.nan, "generator_loss": np.nan},
    "overfitting": {"val_value": -1.6},
    "saturation": {"minimax": True, "real": 0.99, "fake": 0.001},
    "no_gradient": {"generator_gradient": 0.0},
    "discriminator_wins": {"real": 0.99, "fake": 0.01},
    "hopping": {"hops": 2},
    "discriminator_blind": {"real": 0.5, "fake": 0.48, "high_quality": 0.2, "gained": -0.1},
    "collapse": {"reverse_kl": np.log(2)},
    "discriminator_lags": {"real": 0.4, "fake": 0.6},
    "equilibrium": {"real": 0.51, "fake": 0.49},
    "critic": {"logistic": False},
    "learning": {},
}
NEARLY = {
    "diverged": {"generator_loss": np.nan},  # it did not move in this epoch
    "overfitting": {"val_value": -1.42},
    "saturation": {"minimax": True, "real": 0.9, "fake": 0.02},
    "no_gradient": {"generator_gradient": 1e-4},
    "discriminator_wins": {"real": 0.95, "fake": 0.05},
    "hopping": {"hops": 1},
    "discriminator_blind": {"real": 0.5, "fake": 0.48, "high_quality": 0.2, "gained": 0.1},
    "collapse": {"reverse_kl": 0.25},
    "discriminator_lags": {"real": 0.5, "fake": 0.5},
    "equilibrium": {"real": 0.6, "fake": 0.4},
    "critic": {"logistic": True},
}


@pytest.mark.parametrize("name", SICK)
def test_signs_of_each_verdict(name):
    assert verdict(replace(LEARNING, **SICK[name])) == name


@pytest.mark.parametrize("name", NEARLY)
def test_signs_that_nearly_are(name):
    nearly = verdict(replace(LEARNING, **NEARLY[name]))
    assert nearly != name
    assert nearly in HEALTHY


def test_every_verdict_is_tried():
    assert set(SICK) == {finding.name for finding in FINDINGS}


@pytest.mark.parametrize(
    "huge", [{"discriminator_loss": np.inf}, {"generator_loss": 100.0}, {"real": 2e6}]
)
def test_numbers_out_of_range_are_a_divergence(huge):
    assert verdict(replace(LEARNING, **huge)) == "diverged"


def test_a_critic_may_have_any_loss_below_a_million():
    scores = {"logistic": False, "discriminator_loss": -900.0, "real": 500.0, "fake": -400.0}
    assert verdict(replace(LEARNING, **scores)) == "critic"


def test_what_is_unknown_is_never_a_sign():
    unknown = dict.fromkeys(("modes", "high_quality", "reverse_kl", "hops"), np.nan)
    assert verdict(replace(LEARNING, **unknown)) == "learning"
    assert verdict(replace(LEARNING, real=0.5, fake=0.5, **unknown)) == "equilibrium"


def test_half_of_the_samples_bad_means_that_d_could_do_better():
    """The bound beside `discriminator_blind`: E_p D* − E_q D* >= TV², by exact sums."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        p, q = rng.dirichlet(np.full(6, 0.3), 2)
        best = theory.optimal_discriminator(p, q)(np.arange(6))
        assert (p - q) @ best >= theory.total_variation(p, q) ** 2 - 1e-12
    good = 1 - np.exp(-4.5)  # share of high quality of a perfect sampler in the plane
    assert (good - 0.5) ** 2 > 0.23


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.name)
def test_sentences_are_whole_and_name_what_exists(finding):
    known = {claim.id for claim in theory.claims()}
    assert set(finding.claims) <= known
    said = finding.sentence + finding.cure
    assert not re.search(r"[.!?]\s", said.format(s=LEARNING))  # one sentence
    for name in re.findall(r"kgan\.(?:losses\.)?(\w+)", said):
        if name != "losses":
            assert hasattr(kgan, name) or hasattr(losses, name)
    for option in re.findall(r"instance_noise|discriminator_steps", said):
        assert option in str(kgan.GAN.__signature__)


# While fit runs ----------------------------------------------------------------------------


def told(epochs, verbose, capsys):
    """What is printed of a game whose logs are given, epoch by epoch."""
    model = gan(1e-3, 1e-3, units=4)
    doctor = LossDoctor()
    doctor.set_model(model)
    doctor.set_params({"verbose": verbose})
    doctor.on_train_begin()
    for epoch, changed in enumerate(epochs):
        logs = {
            "real_score": 0.7,
            "fake_score": 0.3,
            "discriminator_loss": 0.8,
            "generator_loss": 1.3,
            "discriminator_gradient_norm": 0.5,
            "generator_gradient_norm": 0.5,
        }
        doctor.on_epoch_end(epoch, {**logs, **changed})
    doctor.on_train_end()
    return doctor, re.findall(r"Epoch (\d+): (\w+ \w+)", capsys.readouterr().out)


def test_told_once_when_it_holds_and_at_the_end(capsys):
    fine, dead, even = {}, {"generator_gradient_norm": 0.0}, {"real_score": 0.3}
    doctor, lines = told([fine, fine, fine, dead, fine, dead, dead, dead, even], 1, capsys)
    assert lines == [("2", "The discriminator"), ("7", "No gradient"), ("9", "The discriminator")]
    assert [(epoch, name) for epoch, name, _ in doctor.history] == [
        (1, "learning"),
        (4, "no_gradient"),
        (5, "learning"),
        (6, "no_gradient"),
        (9, "equilibrium"),
    ]
    assert doctor.history[-1][2] == doctor.sentence
    assert told([fine, dead, dead], 0, capsys)[1] == []


def test_changes_of_ten_epochs_are_counted(capsys):
    hops = [{"mode_changes": n} for n in (0, 1, 2, *[2] * 12)]
    doctor, _ = told(hops, 0, capsys)
    # The change of epoch 2 has left the last ten epochs in epoch 12.
    assert [(epoch, name) for epoch, name, _ in doctor.history] == [
        (1, "learning"),
        (3, "hopping"),
        (12, "learning"),
    ]


def test_evaluation_may_be_rare_and_batch_normalisation_is_not_compared(capsys):
    rare = [{"val_value": v} if v else {} for v in (0, -1.6, 0, -1.7, 0, -1.0, -1.6, -1.0)]
    doctor, _ = told(rare, 0, capsys)
    assert [(e, name) for e, name, _ in doctor.history] == [
        (1, "learning"),
        (4, "overfitting"),
        (6, "learning"),
    ]  # nothing is said of one bad evaluation between good ones
    normed = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    )
    doctor = LossDoctor()
    doctor.set_model(gan(1e-3, 1e-3, discriminator=normed))
    doctor.on_train_begin()
    for epoch in range(3):
        doctor.on_epoch_end(epoch, {"discriminator_loss": 0.8, "val_value": -1.6})
    assert doctor.verdict == "learning"


def test_frozen_players_and_other_games_are_refused():
    model = gan(1e-3, 1e-3)
    model.generator.trainable = False
    doctor = LossDoctor()
    doctor.set_model(model)
    with pytest.raises(ValueError, match="LossDoctor: got a frozen generator"):
        doctor.on_train_begin()
    doctor.set_model(keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]))
    with pytest.raises(ValueError, match="LossDoctor: got Sequential"):
        doctor.on_train_begin()
