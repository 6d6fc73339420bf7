"""Instance noise and disjoint supports: the calculators against scipy, and what they refuse."""

import numpy as np
import pytest
from scipy import integrate, stats

import theory
from theory.calculators.divergences import js
from theory.calculators.noise import js_gradient, noised_uniform, noised_uniform_density
from theory.chapters.supports.low_dimension import share_of_cells, spiral


@pytest.mark.parametrize("theta", [-3.0, 0.5, 2.0, 10.0])
def test_gradient_of_js_integrates_to_js(theta):
    """From 0 to θ, at three noise levels."""
    for std in (0.7, 2.0, 9.0):
        whole = integrate.quad(lambda t, s=std: float(js_gradient(t, s)), 0, theta)[0]
        assert whole == pytest.approx(js(stats.norm(0, std), stats.norm(theta, std)), abs=1e-9)


def test_gradient_broadcasts_and_is_odd():
    theta, std = np.array([[1.0], [-1.0]]), np.array([0.5, 1.0, 2.0])
    gradient = js_gradient(theta, std)
    assert gradient.shape == (2, 3)
    assert gradient[0] == pytest.approx(-gradient[1], abs=1e-12)
    assert js_gradient(0.0, 1.0) == 0


@pytest.mark.parametrize("std", [0.5, 1.0, 3.0])
def test_noised_uniform_is_the_convolution(std):
    x = np.linspace(-9, 11, 41)
    exact = [
        integrate.quad(lambda u, a=a: stats.norm.pdf(a - u, scale=std), 1.0, 2.0, epsabs=1e-14)[0]
        for a in x
    ]
    assert noised_uniform_density(x, 1.0, std) == pytest.approx(exact, abs=1e-13)
    assert noised_uniform(1.0, std).pdf(x) == pytest.approx(exact, abs=1e-12)


def test_density_keeps_its_digits_in_both_tails():
    low, high = noised_uniform_density([-20.0, 21.0], 0.0, 1.0)
    assert low == pytest.approx(high, rel=1e-12)
    assert 0 < low < 1e-80


def test_share_of_cells():
    corners = np.array([[-1.0, -1.0], [0.999, 0.999], [1.0, 1.0]])
    assert share_of_cells(corners, 0.5) == 2 / 16
    assert share_of_cells(np.linspace(-1, 1, 101)[:, None], 0.1) == 1
    assert share_of_cells(np.zeros((5, 3)), 1.0) == 1 / 8


def test_spiral_has_the_length_it_says():
    points = spiral(np.linspace(-1, 1, 200_001))
    assert np.linalg.norm(np.diff(points, axis=0), axis=1).sum() == pytest.approx(25.7, abs=0.05)
    assert np.abs(points).max() <= 0.8


def test_shares_of_the_spiral():
    """A-SUP-06: .184 and .098 at the two smaller sizes, by half a million points along it."""
    points = spiral(np.linspace(-1, 1, 500_001))
    shares = [share_of_cells(points, size) for size in (0.1, 0.05, 0.025, 0.0125)]
    assert shares == pytest.approx([0.485, 0.320, 0.184, 0.098], abs=5e-4)


def test_a_smaller_bound_is_refused():
    """A-SUP-06: its bound is tight, so with 1 or 3 for the 4 it does not hold."""
    evidence = {e.name: e for e in theory.verify("A-SUP-06").evidence}
    assert evidence["shares within the bound"].residual == 0
    assert evidence["one cell for each piece"].noticed >= 4
    assert evidence["three cells for each piece"].noticed == 4


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"std: got 0\.0, expected numbers > 0"):
        js_gradient(1.0, [1.0, 0.0])
    with pytest.raises(ValueError, match="points: got one outside"):
        share_of_cells(np.array([[0.0, 1.5]]), 0.1)
