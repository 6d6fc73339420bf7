"""Mixture, Discrete and Empirical against scipy and by their own definitions."""

import numpy as np
import pytest
from scipy import stats

from theory import Discrete, Empirical, Mixture

TWO = Mixture([0.3, 0.7], [stats.norm(-3, 1), stats.t(3, 5, 0.5)])


def test_mixture_is_the_weighted_sum():
    x = np.linspace(-10, 10, 41).reshape(1, 41)
    a, b = stats.norm(-3, 1), stats.t(3, 5, 0.5)
    for name in ("pdf", "cdf", "sf"):
        expected = 0.3 * getattr(a, name)(x) + 0.7 * getattr(b, name)(x)
        np.testing.assert_allclose(getattr(TWO, name)(x), expected, rtol=1e-13)
    np.testing.assert_allclose(TWO.logpdf(x), np.log(TWO.pdf(x)), rtol=1e-12)
    assert TWO.pdf(0.0).shape == ()
    assert TWO.mean() == pytest.approx(0.3 * -3 + 0.7 * 5)
    assert TWO.support() == (-np.inf, np.inf)


def test_mixture_of_one_is_that_law():
    one, law = Mixture([1.0], [stats.gamma(2.5)]), stats.gamma(2.5)
    u = np.array([1e-12, 0.2, 0.9, 1 - 1e-12])
    np.testing.assert_allclose(one.ppf(u), law.ppf(u), rtol=1e-12)
    assert one.std() == pytest.approx(law.std())
    assert one.support() == (0, np.inf)


def test_log_density_survives_where_the_density_underflows():
    law = Mixture.normal([0.5, 0.5], [0, 1], [1, 1])
    assert law.pdf(100.0) == 0
    exact = np.log(0.5) + stats.norm(1, 1).logpdf(100.0)  # the nearer component rules
    assert law.logpdf(100.0) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(
    "law",
    [
        TWO,
        Mixture.normal([0.2, 0.3, 0.5], [-100, 0, 100], [0.1, 1, 5]),
        Mixture([0.5, 0.5], [stats.cauchy(0, 1), stats.uniform(0, 1)]),
        Mixture([0.5, 0.5], [TWO, stats.norm(40, 1)]),
    ],
)
def test_quantiles_invert_the_distribution_function(law):
    u = np.concatenate([10.0 ** -np.arange(1, 25), np.linspace(0.05, 0.95, 19)])
    np.testing.assert_allclose(law.cdf(law.ppf(u)), u, rtol=1e-9)
    np.testing.assert_allclose(law.sf(law.isf(u)), u, rtol=1e-9)
    assert (np.diff(law.ppf(np.sort(u))) >= 0).all()
    assert law.ppf(0.0) == law.support()[0]
    assert law.ppf(1.0) == law.support()[1]
    with pytest.raises(ValueError, match="u: got a value outside"):
        law.ppf(1.5)


def test_nested_and_batched_mixtures_are_the_flat_one():
    flat = Mixture.normal([0.2, 0.3, 0.5], [0, 1, 2], [1, 2, 3])
    nested = Mixture([0.5, 0.5], [Mixture.normal([0.4, 0.6], [0, 1], [1, 2]), stats.norm(2, 3)])
    looped = Mixture([0.2, 0.3, 0.5], [stats.norm(k, k + 1) for k in range(3)])
    x = np.linspace(-5, 9, 50)
    np.testing.assert_allclose(nested.pdf(x), flat.pdf(x), rtol=1e-13)
    np.testing.assert_allclose(looped.pdf(x), flat.pdf(x), rtol=1e-13)


@pytest.mark.parametrize("law", [TWO, Discrete([0, 1, 5], [0.2, 0.3, 0.5])])
def test_samples_follow_the_law(law):
    x = law.rvs(20_000, random_state=0)
    assert x.shape == (20_000,)
    assert law.rvs((2, 3), random_state=0).shape == (2, 3)
    np.testing.assert_array_equal(x, law.rvs(20_000, random_state=0))
    # Dvoretzky-Kiefer-Wolfowitz: further than this once in a million
    bound = np.sqrt(np.log(2 / 1e-6) / (2 * x.size))

    def furthest(other):
        grid = np.linspace(-6, 12, 400)
        seen = np.searchsorted(np.sort(x), grid, side="right") / x.size
        return np.max(np.abs(seen - other.cdf(grid)))

    assert furthest(law) <= bound
    assert furthest(stats.norm(law.mean(), law.std())) > bound


def test_weights_at_zero_have_no_mass():
    law = Mixture([1, 0], [stats.uniform(0, 1), stats.norm(50, 1)])
    assert law.support() == (0, 1)
    assert law.pdf(50.0) == 0


def test_a_thousand_components_need_few_pieces():
    x = np.random.default_rng(0).normal(size=1000)
    law = Mixture.normal(np.full(1000, 1e-3), x, 0.2)
    assert law._edges.size < 300
    assert law.mean() == pytest.approx(x.mean())


def test_discrete():
    law = Discrete([3, 1, 3, 2], [0.25, 0.25, 0.25, 0.25])
    np.testing.assert_array_equal(law.points, [1, 2, 3])
    np.testing.assert_allclose(law.weights, [0.25, 0.25, 0.5])
    np.testing.assert_allclose(law.pmf([0, 1, 2.5, 3]), [0, 0.25, 0, 0.5])
    np.testing.assert_allclose(law.cdf([0, 1, 2.5, 3]), [0, 0.25, 0.5, 1])
    np.testing.assert_allclose(law.sf([0, 1, 2.5, 3]), [1, 0.75, 0.5, 0])
    np.testing.assert_allclose(law.ppf([0, 0.25, 0.26, 1]), [1, 1, 2, 3])
    np.testing.assert_allclose(law.isf([0, 0.49, 0.5, 0.75, 1]), [3, 3, 2, 1, 1])
    assert law.mean() == pytest.approx(2.25)
    assert law.std() == pytest.approx(np.std([3, 1, 3, 2]))
    assert Discrete([1, 2, 3], [0, 1, 0]).support() == (2, 2)


def test_empirical_is_the_law_of_its_points():
    x = np.array([2.0, -1.0, 2.0, 7.0])
    law = Empirical(x)
    np.testing.assert_allclose(law.pmf([2, 7]), [0.5, 0.25])
    assert law.mean() == pytest.approx(x.mean())
    assert law.std() == pytest.approx(x.std())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Mixture([0.5, 0.5], [stats.norm()]), "weights: got 2 for 1 components"),
        (lambda: Mixture([0.5, 0.6], [stats.norm()] * 2), r"weights: got a sum of 1\.1"),
        (lambda: Mixture([1.5, -0.5], [stats.norm()] * 2), "weights: got a negative mass"),
        (lambda: Mixture([np.nan], [stats.norm()]), "weights: got NaN"),
        (lambda: Mixture([], []), "weights: got shape"),
        (lambda: Mixture([1], [Discrete([1], [1])]), "got a discrete law, expected continuous"),
        (lambda: Mixture([1], ["normal"]), "got str, accepted are"),
        (lambda: Mixture.normal([1], [0], [0]), r"stds: got \[0\.\], expected"),
        (lambda: Mixture.normal([1], [0], [1, 2]), r"stds: got shape \(2,\)"),
        (lambda: Mixture.normal([1], [np.inf], [1]), "means: got NaN or infinity"),
        (lambda: Discrete([1, 2], [1.0]), "weights: got 1 for 2 points"),
        (lambda: Discrete([np.nan], [1.0]), "points: got NaN"),
        (lambda: Discrete([[1, 2]], [1.0]), r"points: got shape \(1, 2\)"),
        (lambda: Discrete(["a"], [1.0]), "points: got no array of numbers"),
        (lambda: Empirical([]), r"samples: got shape \(0,\)"),
        (lambda: Empirical([1, np.inf]), "samples: got NaN or infinity"),
    ],
)
def test_bad_laws_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
