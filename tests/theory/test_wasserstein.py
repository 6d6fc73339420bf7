"""wasserstein against closed forms, scipy and brute force."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linear_sum_assignment

import theory
from theory import Discrete, Empirical, Mixture

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def test_wasserstein_closed_forms():
    w = theory.wasserstein
    assert w(stats.expon(), stats.expon(scale=0.5)) == pytest.approx(0.5, rel=1e-10)
    assert w(stats.expon(), stats.expon(scale=0.5), order=2) == pytest.approx(0.5**0.5, rel=1e-10)
    assert w(stats.cauchy(0, 1), stats.cauchy(1, 1)) == pytest.approx(1, rel=1e-10)
    assert w(stats.cauchy(0, 1), stats.norm(0, 1)) == math.inf
    assert w(stats.uniform(0, 1), Discrete([0.5], [1])) == pytest.approx(0.25, rel=1e-10)
    assert w(Discrete([0.5], [1]), stats.uniform(0, 1), order=2) == pytest.approx(12**-0.5)
    far = Mixture.normal([0.5, 0.5], [-1000, 1000], [1, 1])
    assert w(far, stats.norm(-1000, 1)) == pytest.approx(1000, rel=1e-9)
    assert w([1, 0, 0], [0, 0, 1], order=3) == pytest.approx(2)


@pytest.mark.parametrize("order", [1, 1.5, 2, 4])
def test_wasserstein_of_samples_is_the_best_assignment(order):
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, 40), rng.exponential(3, 40)
    cost = np.abs(x[:, None] - y[None]) ** order
    rows, columns = linear_sum_assignment(cost)
    exact = cost[rows, columns].mean() ** (1 / order)
    assert theory.wasserstein(Empirical(x), Empirical(y), order) == pytest.approx(exact)


def test_wasserstein_of_weighted_points_agrees_with_scipy():
    rng = np.random.default_rng(1)
    x, y, w, v = rng.normal(0, 1, 9), rng.normal(1, 2, 7), rng.dirichlet(np.ones(9)), None
    v = rng.dirichlet(np.ones(7))
    exact = stats.wasserstein_distance(x, y, w, v)
    assert theory.wasserstein(Discrete(x, w), Discrete(y, v)) == pytest.approx(exact)


def test_wasserstein_between_a_sample_and_its_density():
    x = np.sort(np.random.default_rng(2).normal(0, 1, 300))
    # The k-th point takes the mass between two quantiles z; moments of the cut normal law.
    z = stats.norm.ppf(np.arange(301) / 300)
    phi, z_phi = stats.norm.pdf(z), np.where(np.isinf(z), 0, z) * stats.norm.pdf(z)
    second = x**2 / 300 + 2 * x * np.diff(phi) + 1 / 300 - np.diff(z_phi)
    found = theory.wasserstein(Empirical(x), stats.norm(0, 1), order=2)
    assert found == pytest.approx(math.sqrt(second.sum()), rel=1e-9)
    steps = (np.arange(300_000) + 0.5) / 300_000
    first = np.mean(np.abs(np.repeat(x, 1000) - stats.norm.ppf(steps)))
    assert theory.wasserstein(Empirical(x), stats.norm(0, 1)) == pytest.approx(first, rel=1e-4)


@pytest.mark.parametrize("unit", [1e-9, 1e-4, 1e4, 1e9])
def test_the_unit_of_length_does_not_matter(unit):
    for order in (1, 1.5, 3):
        plain = theory.wasserstein(stats.gamma(2), stats.laplace(1, 2), order)
        found = theory.wasserstein(stats.gamma(2, scale=unit), stats.laplace(unit, 2 * unit), order)
        assert found == pytest.approx(unit * plain, rel=1e-9)
