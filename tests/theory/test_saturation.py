"""Saturation: the fixed points of the two generator losses, and the divergence of one of them."""

import numpy as np
import pytest

from theory import verify
from theory.chapters.saturation.fixed_points import fixed_points, generator_slopes


def test_fixed_points_of_two_modes():
    """A-SAT-07: one of the saturating loss, three of the other, all found on a wider grid, too."""
    assert fixed_points(0) == pytest.approx([1.834], abs=5e-4)
    assert fixed_points(1) == pytest.approx([-1.759, -0.494, 1.926], abs=5e-4)
    grid = np.linspace(-8, 8, 3201)
    changes = (np.diff(np.sign(generator_slopes(grid)), axis=1) != 0).sum(axis=1)
    assert changes.tolist() == [1, 3]


def test_slopes_are_those_of_the_divergences():
    """A-SAT-07, A-JS-15, A-SAT-13: the sums against differences of 2 JS and 2 KL(M || p_data)."""
    from theory.calculators.densities import Mixture
    from theory.calculators.divergences import js, kl

    data, h = Mixture.normal([0.3, 0.7], [-2.0, 2.0], [1.0, 1.0]), 1e-3

    def twice_js(theta):
        return 2 * js(data, Mixture.normal([1], [theta], [1.0]))

    def twice_kl(theta):
        middle = Mixture.normal([0.15, 0.35, 0.5], [-2.0, 2.0, theta], [1.0, 1.0, 1.0])
        return 2 * kl(middle, data)

    for theta in (-1.0, 0.7, 3.0):
        slopes = [(f(theta + h) - f(theta - h)) / (2 * h) for f in (twice_js, twice_kl)]
        assert generator_slopes(np.array([theta]))[:, 0] == pytest.approx(slopes, abs=1e-5)


def test_the_same_fixed_points_are_refused():
    """The false statement of A-SAT-07, that both losses have the same ones, is its control."""
    evidence = {e.name: e for e in verify("A-SAT-07").evidence}
    control = evidence["the same fixed points"]
    assert control.noticed == control.instances == 4
