"""The optimal-transport explorer: what its table computes, and what its figure draws."""

import numpy as np
import pytest
from scipy import stats

import theory
from theory.chapters.transport.figures import Comparison, comparisons, transport_plans

WORKED = comparisons()
DISCRETE = [c for c in WORKED if c.gap is not None]


def by_name(row: Comparison) -> str:
    return row.pair


def test_two_worked_pairs_of_each_kind():
    assert len(DISCRETE) >= 2
    assert len(WORKED) > len(DISCRETE)


@pytest.mark.parametrize("row", DISCRETE, ids=by_name)
def test_linear_programme_agrees_with_the_distribution_functions(row):
    assert row.gap <= 1e-8
    assert row.error <= 1e-9
    assert row.product >= row.w1


@pytest.mark.parametrize("row", WORKED, ids=by_name)
def test_distances_bound_each_other(row):
    assert row.tv**2 / 2 <= row.js <= np.log(2) * row.tv + 1e-12
    assert row.kl >= 2 * row.tv**2


def test_figures_of_the_first_pair():
    p = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    row = WORKED[0]
    assert row.product == pytest.approx(2.12, abs=1e-12)
    assert row.w1 == pytest.approx(2, abs=1e-12)
    assert row.tv == pytest.approx(0.6, abs=1e-12)
    points = np.arange(5)
    assert row.w1 == pytest.approx(stats.wasserstein_distance(points, points, p, p[::-1]))


def test_figures_of_the_normal_pair():
    z = np.random.default_rng(0).normal(size=400_000)
    gap = np.abs(1 + z)  # the quantiles of N(0, 1) and N(1, 2^2) differ by 1 + z
    assert WORKED[1].w1 == pytest.approx(gap.mean(), abs=4.9 * gap.std() / len(z) ** 0.5)


def test_heat_maps_show_the_plans():
    panels = transport_plans().axes[:3]
    drawn = [np.asarray(panel.collections[0].get_array()).reshape(5, 5) for panel in panels]
    p = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    for mass in drawn:
        np.testing.assert_allclose(mass.sum(axis=1), p, atol=1e-12)
        np.testing.assert_allclose(mass.sum(axis=0), p[::-1], atol=1e-12)
    np.testing.assert_allclose(drawn[0], np.outer(p, p[::-1]), atol=1e-12)
    np.testing.assert_allclose(drawn[2], theory.transport_plan(p, p[::-1]).mass)
