"""The Gaussian model, the Parzen window and the activations; what their figures must show."""

import numpy as np
import pytest
from scipy import stats

import theory
from theory import Mixture
from theory.calculators.noise import smoothed
from theory.chapters.densities import figures as densities
from theory.chapters.densities.explicit_density import GaussianModel
from theory.chapters.evaluation import figures as evaluation
from theory.chapters.evaluation import parzen_consistency
from theory.chapters.evaluation.parzen import log_parzen
from theory.chapters.evaluation.parzen_consistency import parzen_variance
from theory.chapters.networks import figures as networks
from theory.chapters.networks.activations import ACTIVATIONS, activation
from theory.chapters.networks.layers import dropout
from theory.chapters.networks.momentum import momentum_iterates
from theory.report.illustration import illustrations


def test_gaussian_model_is_the_fitted_law():
    x = np.random.default_rng(0).gamma(3, size=500)
    model = GaussianModel.fit(x)
    assert (model.mean, model.std) == pytest.approx(stats.norm.fit(x), rel=1e-12)
    at = np.linspace(-60, 60, 12).reshape(3, 4)
    np.testing.assert_allclose(
        model.log_prob(at), stats.norm(model.mean, model.std).logpdf(at), rtol=1e-12
    )
    assert model.log_prob(1.0).shape == ()
    # no other normal law is likelier
    best = model.log_prob(x).sum()
    for mean, std in ((0.05, 1), (-0.05, 1), (0, 1.05), (0, 0.95)):
        assert GaussianModel(model.mean + mean, model.std * std).log_prob(x).sum() < best


def test_gaussian_model_samples_by_its_seed():
    model = GaussianModel(2, 3)
    assert model.sample(7, seed=1).shape == (7,)
    np.testing.assert_array_equal(model.sample(7, seed=1), model.sample(7, seed=1))
    assert (model.sample(7, seed=1) != model.sample(7, seed=2)).all()
    assert (model.sample(7) != model.sample(7)).all()
    assert model.sample(np.int64(3)).shape == (3,)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([], r"x: got shape \(0,\), expected \(N,\) with N at least 2"),
        ([1.0], r"x: got shape \(1,\)"),
        ([[1.0, 2.0]], r"x: got shape \(1, 2\)"),
        (3.0, r"x: got shape \(\)"),
        ([1.0, np.nan], "x: got NaN or infinity"),
        ([1.0, np.inf], "x: got NaN or infinity"),
        ([0.1] * 5, "x: got 0.1 throughout"),
        (["a", "b"], "x: got no array of numbers"),
        ([[1.0], [1.0, 2.0]], "x: got no array of numbers"),
    ],
)
def test_gaussian_model_refuses_bad_data(x, message):
    with pytest.raises(ValueError, match=message):
        GaussianModel.fit(x)


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        (np.nan, 1, "mean: got nan"),
        (np.inf, 1, "mean: got inf"),
        (0, 0, "std: got 0"),
        (0, -1, "std: got -1"),
        (0, np.nan, "std: got nan"),
        (0, np.inf, "std: got inf"),
    ],
)
def test_gaussian_model_refuses_bad_parameters(mean, std, message):
    with pytest.raises(ValueError, match=message):
        GaussianModel(mean, std)


@pytest.mark.parametrize("n", [0, -1, 2.0, "3", None])
def test_gaussian_model_refuses_bad_counts(n):
    with pytest.raises(ValueError, match="n: got"):
        GaussianModel(0, 1).sample(n)


@pytest.mark.parametrize("d", [1, 3])
def test_parzen_window_is_kernel_density(d):
    from sklearn.neighbors import KernelDensity

    rng = np.random.default_rng(0)
    samples, x = rng.normal(size=(30, d)), rng.normal(0, 3, (20, d))
    expected = KernelDensity(bandwidth=0.4).fit(samples).score_samples(x)
    np.testing.assert_allclose(log_parzen(x, samples, 0.4), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("x", "samples", "sigma", "message"),
    [
        ([0.0], [[0.0]], 1, "samples: got"),
        ([[0.0]], [[0.0, 1.0]], 1, "samples: got"),
        ([[0.0]], np.empty((0, 1)), 1, "samples: got"),
        ([[0.0]], [[0.0]], 0, "sigma: got 0"),
        ([[0.0]], [[0.0]], np.nan, "sigma: got nan"),
    ],
)
def test_parzen_window_refuses_bad_input(x, samples, sigma, message):
    with pytest.raises(ValueError, match=message):
        log_parzen(x, samples, sigma)


@pytest.mark.parametrize("name", ["parzen_variance", "_derivative"])
def test_half_a_percent_in_variance_or_bias_is_noticed(name, monkeypatch):  # A-EVA-06
    right = getattr(parzen_consistency, name)
    monkeypatch.setattr(parzen_consistency, name, lambda *a: 1.005 * right(*a))
    assert theory.verify("A-EVA-06").status == "failed"


def test_smoothed_takes_mixtures_of_several_kinds():
    flat = Mixture.normal([0.2, 0.8], [0, 2], [1, 0.5])
    pair = Mixture([0.2, 0.8], [stats.norm(0, 1), stats.norm(2, 0.5)])
    x = np.linspace(-3, 4, 15)
    expected = 0.2 * stats.norm(0, 1.25).pdf(x) + 0.8 * stats.norm(2, np.hypot(0.5, 0.75)).pdf(x)
    for p in (flat, pair):
        np.testing.assert_allclose(smoothed(p, 0.75).pdf(x), expected, rtol=1e-12)
    assert (parzen_variance(flat, x, 0.1, 50) > 0).all()
    for other in (Mixture([1], [stats.gamma(2)]), Mixture([1], [flat])):
        with pytest.raises(ValueError, match="p: got a component of another kind"):
            smoothed(other, 0.75)


@pytest.mark.parametrize("f", ACTIVATIONS, ids=lambda f: f.name)
def test_derivatives_are_differences(f):
    a = np.array([-20.3, -2.1, -0.4, 0.3, 1.7, 25.2])
    h = 1e-6
    difference = (f.function(a + h) - f.function(a - h)) / (2 * h)
    np.testing.assert_allclose(f.derivative(a), difference, atol=1e-8)
    assert (f.function(a) >= f.least).all()
    assert (f.function(a) <= f.most).all()


def test_derivatives_are_missing_at_corners_only():
    corners = {f.name for f in ACTIVATIONS if np.isnan(f.derivative(np.zeros(1))[0])}
    assert corners == {"step", "ReLU", "leaky ReLU", "maxout of a, −a"}


def test_momentum_closed_form_at_a_double_root_is_the_limit_of_its_neighbours():
    double = momentum_iterates(1.0, 1.0, 0.25, 0.25, 30)
    near = momentum_iterates(1.0, 1.0, 0.25, 0.25 + 1e-9, 30)
    np.testing.assert_allclose(double, near, atol=1e-6)
    assert double[0] == 1
    assert double[1] == 0.75


# What the figures' tables must show: the acceptance of the ledger.


def test_explicit_density_table():
    """C-34."""
    for name, n, mean, std, p_value, mass in densities.explicit_rows():
        x = densities.measurements()[name]
        assert (n, mean, std) == (x.size, pytest.approx(x.mean()), pytest.approx(x.std()))
        assert p_value > 0.01
        assert abs(mass - 1) <= 1e-6
        # Controls: a law a little wider, a density without its constant.
        samples = GaussianModel(mean, std).sample(10_000, seed=0)
        assert stats.kstest(samples, stats.norm(mean, 1.1 * std).cdf).pvalue < 0.01
        assert abs(mass * std - 1) > 1e-6


def test_change_of_variables_table():
    """C-35."""
    rows = densities.map_rows()
    assert [row[0] for row in rows] == ["G(z) = exp(z)", "G(z) = −z", "G(z) = z²"]
    assert [round(row[-1]) for row in rows] == [1, -1, 0]  # without the absolute value
    for name, made, inverse, broken, mass, _broken_mass in rows:
        assert densities.SAMPLES == 1_000_000
        assert made <= 0.02
        assert inverse <= 0.02
        assert abs(mass - 1) <= 1e-8
        # Control: without the absolute value only the increasing map passes.
        assert (broken <= 0.02) is (name == "G(z) = exp(z)")
    # The densities are scipy's.
    x = np.linspace(0.05, 5, 40)
    for m, law in zip(densities.MAPS, (stats.lognorm(1), stats.norm(), stats.chi2(1)), strict=True):
        np.testing.assert_allclose(m.density(x), law.pdf(x), rtol=1e-12)
        u = np.linspace(0.05, 0.95, 19)
        np.testing.assert_allclose(m.quantile(u), law.ppf(u), rtol=1e-9, atol=1e-15)


def test_parzen_table():
    rows = np.array(evaluation.parzen_rows())
    assert (np.diff(rows[:, 1]) > 0).all()  # bias grows with the width
    assert (np.diff(rows[:, 2]) < 0).all()  # variance falls
    assert np.argmin(rows[:, 3]) == 1


def test_activation_table():
    """C-51, activations: A-NN-01 to 04, 06."""
    rows = {row[0]: row[1:] for row in networks.activation_rows()}
    assert rows["sigmoid"][:3] == pytest.approx((0, 1, 0.25), abs=1e-9)
    assert rows["tanh"][:3] == pytest.approx((-1, 1, 1), abs=1e-9)
    assert rows["ReLU"] == pytest.approx((0, 50, 1, 0, 1))
    assert rows["leaky ReLU"][3:] == pytest.approx((0.2, 1))
    assert rows["maxout of a, −a"] == pytest.approx((0, 50, 1, -1, 1))
    assert rows["step"][2] == 0
    step = activation("step").function
    assert step(1) + step(1) - step(2) == 1
    assert len(rows) == 7


def test_dropout_table():
    """C-51, dropout: A-NN-07."""
    found = {p: (mean, variance) for p, mean, variance, _exact in networks.dropout_rows()}
    assert found[0.5] == pytest.approx((2, 4), abs=0.03)
    for p, mean, variance, exact in networks.dropout_rows():
        assert exact == pytest.approx(4 * p / (1 - p))
        assert abs(mean - 2) <= 4.9 * np.sqrt(exact / networks.DRAWS)
        # the square of the deviation takes two values, with this standard error of its mean
        error = exact * abs(1 - 2 * p) / np.sqrt(p * (1 - p)) / np.sqrt(networks.DRAWS)
        assert abs(variance - exact) <= 4.9 * error + 1e-3
    # Control: units that are kept but not divided by 1 - p have another mean.
    half = dropout(np.full(networks.DRAWS, 2.0), 0.5, np.random.default_rng(0)) * 0.5
    assert abs(half.mean() - 2) > 0.03


def test_figures_draw_with_labelled_axes():
    chapters = ("densities", "evaluation", "networks")
    own = [i for i in illustrations() if i.draw.__module__.split(".")[2] in chapters]
    assert len(own) == 6
    for figure in own:
        axes = [ax for ax in figure.draw().axes if ax.axison]
        assert all(ax.get_xlabel() for ax in axes)
        if figure.table is not None:
            heading, rows = figure.table()
            assert all(len(row) == len(heading) for row in rows)
