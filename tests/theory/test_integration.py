"""Quadrature, sign changes and tails."""

import math

import numpy as np
import pytest

from theory.calculators.integration import integrate, integrate_to_tails, sign_changes

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def test_integrate():
    edges = np.array([0.0, 1.0, 3.0])
    assert integrate(np.exp, edges) == pytest.approx(math.expm1(3), rel=1e-14)
    # a kink and a jump that are no edges
    assert integrate(lambda x: np.abs(x - 0.3), edges) == pytest.approx((0.09 + 7.29) / 2)
    assert integrate(lambda x: (x > math.e).astype(float), edges) == pytest.approx(3 - math.e)
    assert integrate(lambda x: x**-0.5, np.array([0.0, 1.0])) == pytest.approx(2, rel=1e-9)
    assert integrate(lambda x: np.where(x > 2, np.inf, 0), edges) == math.inf
    with pytest.raises(ArithmeticError, match="NaN near"):
        integrate(lambda x: np.where(x > 2, np.nan, 0), edges)
    noise = np.random.default_rng(0)
    with pytest.raises(ArithmeticError, match="does not converge"):
        integrate(lambda x: noise.uniform(size=x.shape), edges)


def test_integrate_tells_how_much_it_looked():
    points = []

    def wave(x):
        points.append(x.size)
        return np.cos(x)

    assert integrate(wave, np.array([0.0, 1.0])) == pytest.approx(math.sin(1), rel=1e-15)
    assert points == [15, 30]  # the rule, and its two halves
    assert integrate(wave, np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(math.sin(1), rel=1e-15)
    assert integrate(wave, np.array([2.0])) == 0
    assert integrate(wave, np.array([2.0, np.nextafter(2, 3)])) == 0
    # what is added to 1e6 matters less
    points.clear()
    integrate(lambda x: np.sqrt(np.abs(x - 0.3)), np.array([0.0, 1.0]), scale=1e6)
    assert integrate(lambda x: x - x + 1e-9, np.array([0.0, 1.0]), 1.0) == pytest.approx(1e-9)


def test_integrate_asks_for_less_when_the_scale_is_large():
    def evaluations(scale):
        points = []

        def root(x):
            points.append(x.size)
            return np.sqrt(np.abs(x - 0.3))

        error = abs(integrate(root, np.array([0.0, 1.0]), scale) - 2 / 3 * (0.3**1.5 + 0.7**1.5))
        return sum(points), error

    fine, rough = evaluations(0.0), evaluations(1e6)
    assert rough[0] < fine[0] / 2
    assert fine[1] < 1e-11 < rough[1] < 1e-5


def test_kinks_that_are_no_edges():
    rng = np.random.default_rng(0)
    for kink in rng.uniform(0.01, 0.99, 300):
        found = integrate(lambda x, kink=kink: np.abs(x - kink), np.array([0.0, 1.0]))
        assert found == pytest.approx((kink**2 + (1 - kink) ** 2) / 2, rel=2e-6)


def test_integrate_up_to_the_last_numbers():
    # infinite at 1, where float64 is coarse: 1e-8 of the mass is in the last numbers
    found = integrate(lambda x: (1 - x) ** -0.5, np.array([0.0, 1.0]))
    assert found == pytest.approx(2, abs=3e-8)
    assert integrate(lambda x: np.where(x > 2, -np.inf, 0), np.array([0.0, 3.0])) == -math.inf
    with pytest.raises(ArithmeticError, match=r"^the integrand is NaN near x = 2\.0\d+$"):
        integrate(lambda x: np.where(x > 2, np.nan, 0), np.array([0.0, 1.999, 2.05, 2.05]))
    noise = np.random.default_rng(0)
    with pytest.raises(
        ArithmeticError, match=r"^the integral does not converge, about \d\.\de-\d+ is uncertain$"
    ):
        integrate(lambda x: noise.uniform(size=x.shape), np.array([0.0, 1.0]))


def test_sign_changes_are_looked_for_inside_each_piece():
    places = []

    def ones(x):
        places.append(x)
        return np.ones_like(x)

    sign_changes(ones, np.array([0.0, 1.0, 33.0]))
    assert places[0][0] == -np.nextafter(0, 1)
    np.testing.assert_allclose(places[0][1:33], (np.arange(32) + 0.5) / 32)
    np.testing.assert_allclose(places[0][33:65], np.arange(32) + 1.5)
    assert places[0][65:].tolist() == [33]


def test_sign_changes():
    signs, places = sign_changes(lambda x: (x - 1) * (x - math.pi), np.array([0.0, 2.0, 5.0]))
    assert signs.tolist() == [1, -1, 1]
    np.testing.assert_allclose(places, [1, math.pi], rtol=1e-15)
    steps = np.array([0.0, 1.0, 3.0])
    signs, places = sign_changes(lambda x: np.searchsorted(steps, x, side="right") - 2.0, steps)
    assert signs.tolist() == [-1, 0, 1]
    assert places.tolist() == [1, 3]  # the first numbers with the new sign
    signs, places = sign_changes(lambda x: np.where(x >= 1, 1.0, 0.0), np.array([1.0, 2.0]))
    assert (signs.tolist(), places.tolist()) == ([0, 1], [1])
    signs, places = sign_changes(lambda x: np.where(x >= 1, 1.0, -2.0), np.array([0.0, 1.0]))
    assert (signs.tolist(), places.tolist()) == ([-1, 1], [1])
    signs, places = sign_changes(np.ones_like, np.array([0.0, 1.0]))
    assert (signs.tolist(), places.size) == ([1], 0)


@pytest.mark.parametrize(("power", "exact"), [(-2.0, 1.0), (-1.0, math.inf), (0.5, math.inf)])
def test_tails(power, exact):
    cuts = [(1.0, 1e10), (1.0, 1e15), (1.0, 1e20)]
    edges = 10.0 ** np.arange(21)
    found = integrate_to_tails(lambda x: x**power, edges, cuts, 0.0)
    assert found == pytest.approx(exact, rel=1e-9)
    with pytest.raises(ArithmeticError, match="too heavy"):
        integrate_to_tails(lambda x: x**-1.1, edges, cuts, 0.0)


def test_tails_are_judged_by_their_last_rings():
    cuts = [(-1.0, 1.0), (-2.0, 2.0), (-3.0, 3.0)]
    edges = np.array([-5.0, -2.5, 0.0, 2.5, 5.0])

    def ring(core, second, third):
        def f(x):
            place = np.abs(x)
            return np.where(place < 1, core / 2, np.where(place < 2, second / 2, third / 2))

        return integrate_to_tails(f, edges, cuts, 0.0)

    assert ring(1.0, 0.25, 0.0) == pytest.approx(1.25, rel=1e-12)
    assert ring(1.0, 0.25, 1e-11) == pytest.approx(1.25 + 1e-11, rel=1e-14)
    assert ring(1.0, 1.0, 1.0) == math.inf
    assert ring(-1.0, -1.0, -1.0) == -math.inf
    assert ring(1.0, 1.0, -1.0) == -math.inf
    assert ring(1.0, 1.0, 0.995) == math.inf
    assert ring(math.inf, 0.0, 0.0) == math.inf
    assert ring(1.0, math.inf, 0.0) == math.inf
    for last in (0.98, 1e-9):
        with pytest.raises(
            ArithmeticError, match=r"^the tails are too heavy: the integral converges too slowly$"
        ):
            ring(1.0, 1.0, last)
    # one-sided rings count as well
    sided = integrate_to_tails(lambda x: (x > 0) / 2.0, edges, [(-1, 1), (-1, 2), (-1, 2)], 0.0)
    assert sided == pytest.approx(1, rel=1e-12)
