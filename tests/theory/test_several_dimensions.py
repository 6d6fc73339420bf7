"""Normal laws and samples in several dimensions."""

import math

import numpy as np
import pytest
from scipy import stats

import theory
from normal_laws import LOG4
from theory import Empirical
from theory.calculators.convex_functions import F_DIVERGENCES

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

SPACE = stats.multivariate_normal


def test_normal_laws_in_several_dimensions():
    # independent coordinates: divergences add up, affinities multiply
    p, q = SPACE([0, 1], np.diag([4, 9.0])), SPACE([3, 5], np.diag([1, 16.0]))
    sides = [(stats.norm(0, 2), stats.norm(3, 1)), (stats.norm(1, 3), stats.norm(5, 4))]
    for name in ("kl", "reverse-kl", "jeffreys"):
        exact = sum(theory.f_divergence(*pair, name) for pair in sides)
        assert theory.f_divergence(p, q, name) == pytest.approx(exact, rel=1e-12)
    assert theory.kl(p, q) == pytest.approx(sum(theory.kl(*pair) for pair in sides), rel=1e-14)
    affinity = math.prod(1 - theory.f_divergence(*pair, "squared-hellinger") / 2 for pair in sides)
    found = theory.f_divergence(p, q, "squared-hellinger")
    assert found == pytest.approx(2 - 2 * affinity, rel=1e-12)
    # rotated together nothing changes
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    r, s = (SPACE(turn @ law.mean, turn @ law.cov @ turn.T) for law in (p, q))
    assert theory.kl(r, s) == pytest.approx(theory.kl(p, q), rel=1e-12)
    assert theory.kl(p, p) == theory.f_divergence(p, p, "squared-hellinger") == 0
    assert theory.kl(SPACE(0, 4), stats.norm(1, 2)) == 0.125
    near = SPACE([0, 1], np.diag([4 * (1 + 1e-9), 9]))
    assert theory.kl(near, p) == pytest.approx(1e-18 / 4, rel=1e-6)


def test_total_variation_in_several_dimensions():
    covariance = [[2, 0.5], [0.5, 1]]
    p, q = SPACE([0, 0], covariance), SPACE([1, -1], covariance)
    r = math.sqrt(np.array([1, -1]) @ np.linalg.inv(covariance) @ [1, -1])
    exact = theory.total_variation(stats.norm(0, 1), stats.norm(r, 1))
    assert theory.total_variation(p, q) == pytest.approx(exact, rel=1e-12)
    assert theory.f_divergence(p, q, "total-variation") == theory.total_variation(p, q)


def test_the_best_discriminator_in_several_dimensions():
    p, q = SPACE([0, 1], [[2, 0.3], [0.3, 1]]), SPACE([1, 1], [[1, -0.2], [-0.2, 3]])
    x = np.random.default_rng(0).normal(size=(4, 5, 2))
    best = theory.optimal_discriminator(p, q)
    np.testing.assert_allclose(best(x), p.pdf(x) / (p.pdf(x) + q.pdf(x)), rtol=1e-12)
    np.testing.assert_allclose(best.logit(x), p.logpdf(x) - q.logpdf(x), rtol=1e-9, atol=1e-12)


def test_samples_in_several_dimensions():
    p, q = Empirical([[0, 0], [1, 1], [1, 1], [2, 0]]), Empirical([[1, 1], [5, 5]])
    assert p.dimension == 2
    np.testing.assert_array_equal(p.points, [[0, 0], [1, 1], [2, 0]])
    np.testing.assert_array_equal(p.weights, [0.25, 0.5, 0.25])
    np.testing.assert_array_equal(p.pmf([[1, 1], [0, 1]]), [0.5, 0])
    flat_p, flat_q = [0.25, 0.5, 0.25, 0], [0, 0.5, 0, 0.5]
    for name in F_DIVERGENCES:
        assert theory.f_divergence(p, q, name) == theory.f_divergence(flat_p, flat_q, name)
    assert theory.total_variation(p, q) == 0.5
    assert theory.js(p, q) == theory.js(flat_p, flat_q)
    assert theory.kl(q, p) == math.inf
    best = theory.optimal_discriminator(p, q)
    np.testing.assert_array_equal(best([[1, 1], [5, 5], [2, 0]]), [0.5, 0, 1])
    assert theory.value(p, q, best) == pytest.approx(2 * theory.js(p, q) - LOG4)
    asked = []
    theory.value(p, q, lambda x: (asked.append(x), np.full(len(x), 0.5))[1])
    assert asked[0].tolist() == [[0, 0], [1, 1], [2, 0], [5, 5]]
    assert Empirical([[1.0], [2.0]]).dimension == 1  # a column lies on the line
    assert p.rvs(5, random_state=0).shape == (5, 2)


def test_a_law_in_a_subspace_is_refused_by_its_name():
    flat, full = SPACE([0, 0], [[1, 1], [1, 1]], allow_singular=True), SPACE([0, 0])
    message = "got a covariance that is not positive definite, expected a density"
    for name in ("kl", "reverse-kl", "jeffreys", "squared-hellinger", "total-variation"):
        # of two such laws the one that is looked at first
        pairs = {"[pq]": (flat, flat)}
        if name != "total-variation":
            pairs |= {"p": (flat, full), "q": (full, flat)}
        for side, pair in pairs.items():
            with pytest.raises(ValueError, match=f"^{side}: {message}$"):
                theory.f_divergence(*pair, name)


@pytest.mark.parametrize("name", ["cdf", "sf", "ppf", "isf"])
def test_points_in_the_plane_have_no_order(name):
    law = Empirical([[0, 1], [2, 3]])
    with pytest.raises(ValueError, match=f"^{name}: got a law in 2 dimensions, expected the line$"):
        getattr(law, name)(0.5)


@pytest.mark.parametrize("name", ["mean", "std", "support"])
def test_points_in_the_plane_have_no_number_for_it(name):
    law = Empirical([[0, 1], [2, 3]])
    with pytest.raises(ValueError, match=f"^{name}: got a law in 2 dimensions, expected the line$"):
        getattr(law, name)()


def test_a_discriminator_of_the_plane_is_no_certified_one():
    best = theory.optimal_discriminator(SPACE([0, 0]), SPACE([1, 0]))
    with pytest.raises(ValueError, match=r"^d: got NormalVector, accepted are"):
        theory.value(stats.norm(0, 1), stats.norm(1, 1), best, certified=True)


def test_where_in_the_plane_d_is_no_number():
    p, q = Empirical([[0, 0], [1, 1]]), Empirical([[1, 1], [5, 5]])
    with pytest.raises(ValueError, match=r"^d: returned NaN at x = \[1\.? 1\.?\]$"):
        theory.value(p, q, lambda x: np.where(x[:, 0] == 1, np.nan, 0.5))
