"""Mixture, Discrete and Empirical against scipy and by their own definitions."""

import time

import numpy as np
import pytest
from scipy import stats

import theory
from theory import Discrete, Empirical, Mixture
from theory.calculators import certified
from theory.calculators.components import LEVELS, merge, upper_quantile
from theory.calculators.densities import as_law
from theory.calculators.normal_sums import NormalSum

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

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


def test_quantiles_take_few_steps(monkeypatch):
    law, steps, pdf = Mixture.normal([0.2, 0.3, 0.5], [-9, 0, 9], [0.1, 1, 5]), [], Mixture.pdf

    def counted(self, x):
        steps.append(np.size(x))
        return pdf(self, x)

    monkeypatch.setattr(Mixture, "pdf", counted)
    u = np.linspace(0.01, 0.99, 99)
    for quantile in (law.ppf, law.isf):
        steps.clear()
        quantile(u)
        assert len(steps) < 60  # bisection alone takes as many
        assert sum(steps) < 12 * u.size


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
    assert 120 < law._edges.size < 170
    # two laws that nearly coincide need no more pieces than one
    assert Mixture.normal([0.5, 0.5], [0, 0.1], 1)._edges.size == 2 * LEVELS.size
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


def test_moments_of_mixtures():
    law = Mixture([0.25, 0.75], [stats.norm([1.0], 2.0), stats.expon(3, 2)])
    mean = 0.25 * 1 + 0.75 * 5
    second = 0.25 * (1 + 4) + 0.75 * (25 + 4)
    assert law.mean() == pytest.approx(mean, rel=1e-15)
    assert law.std() == pytest.approx(np.sqrt(second - mean**2), rel=1e-14)
    batch = Mixture.normal([0.2, 0.3, 0.5], [0, 5, -1], [1, 2, 3])
    mean = 0.3 * 5 - 0.5
    assert batch.mean() == pytest.approx(mean, rel=1e-15)
    second = 0.2 * 1 + 0.3 * (25 + 4) + 0.5 * (1 + 9)
    assert batch.std() == pytest.approx(np.sqrt(second - mean**2), rel=1e-14)


def test_a_normal_law_is_recognised():
    assert Mixture([1.0], [stats.norm(2, 3)]).normal_parameters() == (2, 3)
    assert Mixture([1.0], [stats.norm(scale=3, loc=-1)]).normal_parameters() == (-1, 3)
    assert Mixture.normal([1], [4], [0.1]).normal_parameters() == (4, 0.1)
    assert Mixture([1.0], [Mixture.normal([1], [4], 0.1)]).normal_parameters() == (4, 0.1)
    assert Mixture.normal([0.5, 0.5], [0, 0], 1).normal_parameters() is None
    assert Mixture([1.0], [stats.uniform(0, 1)]).normal_parameters() is None
    assert Mixture([0.5, 0.5], [stats.norm(0, 1), stats.expon()]).normal_parameters() is None

    class Own(stats.rv_continuous):
        def _pdf(self, x):
            return np.exp(-np.abs(x)) / 2

        def _cdf(self, x):
            return stats.laplace.cdf(x)

        def _ppf(self, q):
            return stats.laplace.ppf(q)

    assert Mixture([1.0], [Own(name="norm")()]).normal_parameters() is None


def test_samples_come_from_each_component_in_its_place():
    law = Mixture([0.2, 0.3, 0.5], [stats.norm([0, 100], [1e-3, 1e-2]), stats.uniform(200, 1)])
    x = law.rvs(10_000, random_state=1)
    shares = [np.mean(np.abs(x - c) < 2) for c in (0, 100, 200.5)]
    np.testing.assert_allclose(shares, [0.2, 0.3, 0.5], atol=0.03)
    assert np.std(x[np.abs(x) < 2]) == pytest.approx(1e-3, rel=0.1)
    assert np.std(x[np.abs(x - 100) < 2]) == pytest.approx(1e-2, rel=0.1)
    named = Mixture([1.0], [stats.norm(loc=7, scale=1e-3)]).rvs((3, 2), random_state=0)
    assert named.shape == (3, 2)
    np.testing.assert_allclose(named, 7, atol=0.01)
    shaped = Mixture([0.5, 0.5], [stats.gamma([2, 500.0], scale=[1e-3, 1])]).rvs(
        500, random_state=0
    )
    assert ((shaped < 1) | (np.abs(shaped - 500) < 150)).all()
    assert law.rvs().shape == (1,)
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(law.rvs(10_000, random_state=generator), x)
    assert law.rvs(3, random_state=generator)[0] != x[0]
    points = Discrete([0, 1], [0.25, 0.75])
    assert points.rvs().shape == (1,)
    assert np.mean(points.rvs(4000, random_state=0)) == pytest.approx(0.75, abs=0.03)


def test_supports_merge_where_they_touch():
    law = Mixture([0.25] * 4, [stats.uniform(k, 1) for k in (0, 1, 3, 3.5)])
    assert law._intervals() == [(0, 2), (3, 4.5)]
    assert law.support() == (0, 4.5)
    assert merge([(2.0, 3.0), (0.0, 1.0), (0.5, 2.0), (4.0, 5.0)]) == [(0, 3), (4, 5)]
    assert merge([(0.0, 9.0), (1.0, 2.0)]) == [(0, 9)]
    assert merge([]) == []
    # every end is an edge, and between the ends are the quantiles
    assert {0, 2, 3, 4.5} <= set(law._edges.tolist())
    weightless = Mixture([1, 0], [stats.uniform(0, 1), stats.uniform(7, 1)])
    assert weightless._intervals() == [(0, 1)]
    assert weightless._edges.max() == 1


def test_edges_are_the_quantiles_at_the_levels():
    law = Mixture([1.0], [stats.norm(0, 1)])
    tail = stats.norm.isf(LEVELS)
    np.testing.assert_allclose(law._edges, np.concatenate([-tail[::-1], tail]), rtol=1e-9)
    cuts = law._cuts()
    np.testing.assert_allclose([b for _, b in cuts], stats.norm.isf([1e-20, 1e-25, 1e-30]))
    np.testing.assert_allclose([a for a, _ in cuts], -stats.norm.isf([1e-20, 1e-25, 1e-30]))
    two = Mixture.normal([0.5, 0.5], [0, 100], [1, 2])
    assert two._cuts()[0] == pytest.approx((stats.norm.ppf(1e-20), 100 + 2 * stats.norm.isf(1e-20)))
    # the narrow component's edges are kept inside of the wide one
    narrow = Mixture.normal([0.5, 0.5], [0, 0], [1, 1e-6])
    assert np.isclose(narrow._edges, 1e-6 * stats.norm.isf(0.1), rtol=1e-6).any()
    assert (np.diff(narrow._edges) > 0).all()


@pytest.mark.parametrize("n", [1, 2, 8, 9, 60])
def test_sums_of_normal_laws(n):
    rng = np.random.default_rng(n)
    weights, means = rng.dirichlet(np.ones(n)), rng.normal(0, 30, n)
    stds = 10.0 ** rng.uniform(-2, 1, n)
    law = NormalSum(weights, means, stds)
    x = np.concatenate([rng.normal(0, 60, 900), means, [-1e4, 1e4, 1e200, -np.inf, np.inf]])
    x = rng.permutation(x).reshape(5, -1) if x.size % 5 == 0 else rng.permutation(x)
    each = stats.norm(means, stds)
    with np.errstate(over="ignore", divide="ignore"):
        logs = np.logaddexp.reduce(each.logpdf(x[..., None]) + np.log(weights), axis=-1)
    np.testing.assert_allclose(law.logpdf(x), logs, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(law.cdf(x), each.cdf(x[..., None]) @ weights, rtol=1e-12)
    np.testing.assert_allclose(law.sf(x), each.sf(x[..., None]) @ weights, rtol=1e-12)
    assert np.isnan(law.logpdf(np.array([0.0, np.nan]))).tolist() == [False, True]
    assert law.cdf(np.array(np.nan)).shape == ()
    assert law.logpdf(np.empty((0, 3))).shape == (0, 3)


def test_components_that_do_not_matter_are_left_out(monkeypatch):
    import theory.calculators.normal_sums as module

    law = NormalSum(np.full(1000, 1e-3), np.arange(1000.0), np.full(1000, 0.1))
    terms = []
    original = module.ndtr

    def counted(t):
        terms.append(np.size(t))
        return original(t)

    monkeypatch.setattr(module, "ndtr", counted)
    x = np.linspace(0, 999, 10_000)
    law.cdf(x)
    choices = 2 * 1000 * len(terms) // 3  # for each interval both bounds of every component
    assert sum(terms) - choices < 10_000 * 40


def test_200_components_take_a_second():
    rng = np.random.default_rng(0)
    p, q = (
        Mixture.normal(
            rng.dirichlet(np.ones(200)),
            rng.uniform(-100, 100, 200),
            10.0 ** rng.uniform(-2, 0, 200),
        )
        for _ in range(2)
    )
    start = time.process_time()
    assert theory.total_variation(p, q) == pytest.approx(0.811091697167312, rel=1e-9)
    assert theory.wasserstein(p, q) == pytest.approx(8.272190469146853, rel=1e-9)
    assert time.process_time() - start < 4  # 0.6 s where it took 29


def test_many_points_are_evaluated_in_parts():
    law = Mixture.normal(np.full(1000, 1e-3), np.linspace(0, 1, 1000), 1)
    x = np.linspace(-1, 2, 2500).reshape(50, 50)
    np.testing.assert_allclose(
        law.pdf(x), np.mean([stats.norm(m).pdf(x) for m in np.linspace(0, 1, 1000)], axis=0)
    )
    assert law.pdf(np.empty(0)).shape == (0,)
    assert law.pdf(np.empty((2, 0))).shape == (2, 0)


class Halved(type(stats.norm)):
    """A normal law whose upper quantiles are lost from 1 - u = 1 on, as scipy's own often are."""

    def _isf(self, q):
        return stats.norm.ppf(1 - q)


def testupper_quantiles_that_scipy_loses():
    law = Halved(name="halved")(5, 2)
    u = np.array([0.0, 1e-30, 1e-20, 1e-3, 0.5, 1.0])
    found = upper_quantile(law, u)
    assert found[0] == np.inf
    np.testing.assert_allclose(found[3:], stats.norm(5, 2).isf(u[3:]), rtol=1e-9)
    # twice the reach at most, and the density there is as low as asked
    assert (law.logpdf(found[1:3]) <= np.log(u[1:3])).all()
    exact = stats.norm(5, 2).isf(u[1:3])
    assert (found[1:3] >= exact - 0.5).all()
    assert (found[1:3] - 5 <= 2.1 * (exact - 5)).all()
    np.testing.assert_allclose((found[1:3] - 5) / (law.isf(1e-9) - 5), [2, 2], rtol=1e-9)
    assert upper_quantile(law, 1e-200) == pytest.approx(5 + 8 * (law.isf(1e-9) - 5), rel=1e-9)
    np.testing.assert_array_equal(upper_quantile(stats.norm(), 0.1), stats.norm.isf(0.1))


def test_what_counts_as_a_law():
    law = Discrete([1], [1])
    assert as_law(law, "p") is law
    assert as_law(TWO, "p") is TWO
    points = as_law((0.25, 0.75), "p")
    np.testing.assert_array_equal(points.points, [0, 1])
    assert as_law(stats.norm(1, 2), "p").normal_parameters() == (1, 2)
    # a sum that float32 would have, and the exact one after it
    loose = as_law([0.5, 0.5 + 9e-7], "p")
    assert loose.weights.sum() == pytest.approx(1, abs=1e-15)


def test_quantiles_of_points_at_the_steps():
    law = Discrete([0.0, 1.0, 2.0], [0.25, 0.5, 0.25])
    np.testing.assert_array_equal(law.ppf([0.0, 0.25, 0.2500001, 0.75, 1.0]), [0, 0, 1, 1, 2])
    np.testing.assert_array_equal(law.isf([0.0, 0.2499, 0.25, 0.75, 1.0]), [2, 2, 1, 0, 0])
    np.testing.assert_array_equal(law.cdf([-1, 0, 0.5, 2, 3]), [0, 0.25, 0.25, 1, 1])
    np.testing.assert_array_equal(law.sf([-1, 0, 0.5, 2, 3]), [1, 0.75, 0.75, 0, 0])
    four = Discrete([0.0, 1.0, 2.0, 3.0], [0.125, 0.125, 0.25, 0.5])
    np.testing.assert_array_equal(four.isf([0.4, 0.5, 0.7, 0.75, 0.8, 0.875]), [3, 2, 2, 1, 1, 0])
    np.testing.assert_array_equal(four.ppf([0.1, 0.125, 0.2, 0.25, 0.5, 0.6]), [0, 0, 1, 1, 2, 3])
    assert law.pmf(5.0) == law.pmf(-1.0) == law.pmf(0.5) == 0
    assert law.support() == (0, 2)
    assert law.std() == pytest.approx(np.sqrt(0.5))
    assert law.pmf([[0, 1]]).shape == (1, 2)


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
        (lambda: Discrete([[[1, 2]]], [1.0]), r"points: got shape \(1, 1, 2\)"),
        (lambda: Discrete(["a"], [1.0]), "points: got no array of numbers"),
        (lambda: Empirical([]), r"samples: got shape \(0,\)"),
        (lambda: Empirical([1, np.inf]), "samples: got NaN or infinity"),
    ],
)
def test_bad_laws_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Mixture([0.5, 0.5], [stats.norm()]),
         "weights: got 2 for 1 components, expected as many"),
        (lambda: Mixture([0.5, 0.6], [stats.norm()] * 2),
         "weights: got a sum of 1.1, expected probabilities with sum one"),
        (lambda: Mixture([0.5, 0.5000011], [stats.norm()] * 2),
         "weights: got a sum of 1.0000011, expected probabilities with sum one"),
        (lambda: Mixture([1.5, -0.5], [stats.norm()] * 2),
         "weights: got a negative mass -0.5, expected at least zero"),
        (lambda: Mixture([1], [Discrete([1], [1])]),
         "got a discrete law, expected continuous components"),
        (lambda: Mixture([1], ["normal"]),
         "got str, accepted are a frozen continuous distribution of scipy.stats, theory.Mixture, "
         "theory.Discrete, theory.Empirical or a vector of probabilities"),
        (lambda: Mixture.normal([1], [0], [-1.0]),
         "stds: got [-1.], expected finite numbers greater than zero"),
        (lambda: Mixture.normal([1], [0], [np.inf]),
         "stds: got [inf], expected finite numbers greater than zero"),
        (lambda: Mixture.normal([1], [0], [1, 2]),
         "stds: got shape (2,) for means of shape (1,)"),
        (lambda: Mixture.normal([1], 0, 1), "stds: got shape () for means of shape ()"),
        (lambda: Mixture.normal([1], [np.nan], [1]),
         "means: got NaN or infinity, expected finite numbers"),
        (lambda: Discrete([1, 2], [1.0]), "weights: got 1 for 2 points, expected as many"),
        (lambda: Discrete([np.nan], [1.0]), "points: got NaN or infinity, expected finite numbers"),
        (lambda: Discrete([[[1, 2]]], [1.0]),
         "points: got shape (1, 1, 2), expected a vector with entries"),
        (lambda: Discrete(["a"], [1.0]), "points: got no array of numbers"),
        (lambda: Empirical([]), "samples: got shape (0,), expected a vector with entries"),
        (lambda: as_law(stats.norm(0, -1), "q"),
         "q: norm has invalid parameters: its quantiles are not finite"),
        (lambda: as_law(stats.norm(1e17, 1), "q"),
         "q: norm is narrower than float64 resolves where it lies"),
        (lambda: as_law(stats.gamma(0.005), "q"),
         "q: gamma has mass closer to the end of its support than float64 resolves"),
        (lambda: as_law(stats.pareto(0.02), "q"), "q: pareto has tails too heavy for float64"),
        (lambda: TWO.ppf(-0.1), "u: got a value outside [0, 1], expected probabilities"),
        (lambda: TWO.isf(np.nan), "u: got a value outside [0, 1], expected probabilities"),
    ],
)  # fmt: skip
def test_refusals_word_for_word(call, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is compared below
        call()
    assert str(refusal.value) == message


class Scaled(stats.rv_continuous):
    """A density that is `factor` times that of N(0, 1)."""

    factor = 1.0

    def _pdf(self, x):
        return self.factor * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)

    def _cdf(self, x):
        return stats.norm.cdf(x)

    def _ppf(self, q):
        return stats.norm.ppf(q)


@pytest.mark.parametrize("factor", [1.00001, 0.5, 0.99999])
def test_a_density_that_does_not_integrate_to_one(factor):
    law = type("Own", (Scaled,), {"factor": factor})(name="scaled")()
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is compared below
        Mixture([1.0], [law])
    assert str(refusal.value) == f"the density of scaled integrates to {factor:g}, expected one"
    nearly = type("Own", (Scaled,), {"factor": 1 + 5e-7})(name="scaled")()
    assert Mixture([1.0], [nearly]).support() == (-np.inf, np.inf)


def test_quantiles_that_cannot_be_computed_are_said():
    class Broken(Scaled):
        def _ppf(self, q):
            raise RuntimeError("no root")

    with pytest.raises(ValueError, match=r"^the quantiles of broken cannot be computed: no root$"):
        Mixture([1.0], [Broken(name="broken")()])


def test_three_distributions_frozen_apart_are_drawn_in_their_shares():
    parts = [stats.norm(-10, 1), stats.norm([0, 5], 0.1), stats.gamma(2, loc=100)]
    law = Mixture([0.2, 0.1, 0.3, 0.4], parts)
    x = law.rvs(20_000, random_state=3)
    edges = [-30, -4, 2.5, 50, 1000]
    shares = np.histogram(x, edges)[0] / x.size
    error = np.sqrt(law.weights * (1 - law.weights) / x.size)
    assert (np.abs(shares - law.weights) < 4.9 * error).all()
    assert stats.kstest(x, law.cdf).pvalue > 1e-6


BEST = theory.optimal_discriminator(stats.norm(0, 1), stats.norm(1, 1))


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: Discrete([0, 1], [0.5, 0.6]), "weights"),
        (lambda: Discrete([0, np.nan], [0.5, 0.5]), "points"),
        (lambda: theory.wasserstein([0.5, 0.6], [0.5, 0.5]), "p"),
        (lambda: theory.wasserstein([0.5, 0.5], [0.5, 0.6]), "q"),
        (lambda: theory.kantorovich_potential([0.5, 0.6], [0.5, 0.5]), "p"),
        (lambda: theory.kantorovich_potential([0.5, 0.5], [0.5, 0.6]), "q"),
        (lambda: certified.value("p", stats.norm(), BEST), "p"),
        (lambda: certified.value(stats.norm(), "q", BEST), "q"),
    ],
)
def test_what_is_refused_is_named(build, name):
    with pytest.raises(ValueError, match=rf"^{name}: got "):
        build()
