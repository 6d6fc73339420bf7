"""Densities that are infinite at the ends of their support."""

import mpmath as mp
import pytest
from scipy import stats

import theory
from normal_laws import LOG4
from theory import Mixture
from theory.calculators.ends import poles

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def beta_kl(a, b):
    """KL from beta(a, b) to U(0, 1), and back."""
    with mp.workdps(30):
        logs = [mp.psi(0, c) - mp.psi(0, a + b) for c in (a, b)]
        there = (a - 1) * logs[0] + (b - 1) * logs[1] - mp.log(mp.beta(a, b))
        return float(there), float(mp.log(mp.beta(a, b)) + (a - 1) + (b - 1))


@pytest.mark.parametrize(("loc", "scale"), [(0, 1), (1, 1), (-1, 1), (3, 2), (0, 7)])
@pytest.mark.parametrize(("a", "b"), [(0.45, 0.45), (2, 0.48), (0.48, 2), (0.7, 0.6)])
def test_poles_at_either_end(a, b, loc, scale):
    p, u = stats.beta(a, b, loc, scale), stats.uniform(loc, scale)
    there, back = beta_kl(a, b)
    assert theory.kl(p, u) == pytest.approx(there, abs=1e-11)
    if (a, b, loc) != (0.48, 2, -1):  # there scipy's density underflows at 0
        assert theory.kl(u, p) == pytest.approx(back, abs=1e-11)
    with mp.workdps(30):
        affinity = mp.beta((a + 1) / mp.mpf(2), (b + 1) / mp.mpf(2)) / mp.sqrt(mp.beta(a, b))
    found = theory.f_divergence(p, u, "squared-hellinger")
    assert found == pytest.approx(float(2 - 2 * affinity), abs=1e-11)
    best = theory.value(p, u, theory.optimal_discriminator(p, u))
    assert best == pytest.approx(2 * theory.js(p, u) - LOG4, abs=1e-11)


def test_other_poles():
    # x = 1 - t of powerlaw at t, by symmetry; moved laws; mixtures
    arcsine = theory.kl(stats.arcsine(), stats.uniform())
    assert arcsine == pytest.approx(beta_kl(0.5, 0.5)[0], abs=1e-11)
    assert theory.kl(stats.gamma(0.5, 1), stats.gamma(0.7, 1)) == pytest.approx(
        theory.kl(stats.gamma(0.5), stats.gamma(0.7)), abs=1e-11
    )
    assert theory.kl(stats.beta(0.45, 0.6, 1), stats.beta(0.6, 0.45, 1)) == pytest.approx(
        theory.kl(stats.beta(0.6, 0.45), stats.beta(0.45, 0.6)), abs=1e-11
    )
    p, moved = (
        Mixture([0.5, 0.5], [stats.beta([0.45], 0.45, loc), stats.uniform(loc, 1)])
        for loc in (0, 1)
    )
    there = theory.kl(moved, stats.uniform(1, 1))
    assert there == pytest.approx(theory.kl(p, stats.uniform()), abs=1e-11)
    assert there == pytest.approx(0.1154663265309, abs=1e-12)


def test_a_pole_that_cannot_be_told_by_the_distance():
    # genextreme's is t^-0.55 exp(-t^0.45), which is no power times a polynomial
    p = Mixture([0.5, 0.5], [stats.genextreme(2.2), stats.beta(0.45, 0.45, 0, 1 / 2.2)])
    q = Mixture([0.5, 0.5], [stats.genextreme(2.2), stats.uniform(0, 1 / 2.2)])
    moved = Mixture([0.5, 0.5], [stats.genextreme(2.2, -1), stats.beta(0.45, 0.45, -1, 1 / 2.2)])
    other = Mixture([0.5, 0.5], [stats.genextreme(2.2, -1), stats.uniform(-1, 1 / 2.2)])
    assert theory.js(p, q) == pytest.approx(theory.js(moved, other), abs=1e-6)
    assert theory.total_variation(p, q) == pytest.approx(
        theory.total_variation(stats.beta(0.45, 0.45), stats.uniform()) / 2, abs=1e-6
    )


def test_a_pole_with_little_mass_beyond_float64_is_none():
    for a, count in ((0.45, 2), (0.9, 0)):
        assert len(poles(Mixture([1], [stats.beta(a, a, 1)]))) == count
