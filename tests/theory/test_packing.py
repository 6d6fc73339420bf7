"""The calculators of packs, dropped modes and fits, and what they refuse."""

import math

import numpy as np
import pytest

import theory
from theory.calculators.packing import (
    collapse_region,
    dropped_modes_js,
    packed,
    products,
    variation_range,
)
from theory.chapters.collapse.mode_collapse_region import COLLAPSED, DATA, SPREAD
from theory.chapters.collapse.mode_seeking import mode_seeking_fit


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("m", [1, 2, 5])
def test_merged_packs_keep_every_divergence(n, m):
    p, q = np.random.default_rng([n, m]).dirichlet(np.ones(n), 2)
    merged, all_packs = packed(p, q, m), products(p, q, m)
    assert len(merged[0]) == math.comb(m + n - 1, m)
    for distance in (theory.kl, theory.js, theory.total_variation):
        assert distance(*merged) == pytest.approx(distance(*all_packs), abs=1e-12)


def test_laws_on_different_points_are_aligned():
    p = theory.Discrete([0, 1], [0.5, 0.5])
    q = theory.Discrete([1, 2], [0.5, 0.5])
    assert theory.total_variation(*packed(p, q, 1)) == pytest.approx(0.5)
    assert theory.total_variation(*packed(p, q, 2)) == pytest.approx(0.75)


def test_the_region_of_the_laws_of_a_claim():
    eps, delta = collapse_region(DATA, COLLAPSED)
    assert np.interp(0.0, eps[1:], delta[1:]) == pytest.approx(0.2)  # a fifth is never made
    eps, delta = collapse_region(DATA, SPREAD, 2)
    assert np.max(delta - eps) == pytest.approx(0.24)
    assert (np.diff(eps) >= 0).all()
    assert (np.diff(delta) >= 0).all()
    assert eps[-1] == delta[-1] == 1


def test_equal_laws_have_no_region():
    eps, delta = collapse_region([0.2, 0.8], [0.2, 0.8], 3)
    np.testing.assert_allclose(eps, delta, atol=1e-12)


def test_a_condition_narrows_the_range():
    low, high = variation_range(0.2, 3)
    assert high == pytest.approx(1 - 0.8**3)
    assert variation_range(0.2, 3, collapse=(0.05, 0.15))[0] > low + 0.03
    assert variation_range(0.2, 3, without=(0.05, 0.15))[1] < high - 0.05
    # The exact bound of two samples, a pair whose ROC curve passes through four corners.
    assert variation_range(0.2, 2, without=(0.05, 0.15))[1] == pytest.approx(22 / 65, abs=2e-5)
    assert np.isnan(variation_range(0.4, 2, without=(0.05, 0.1))).all()  # more than 1/3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: packed([0.5, 0.5], [0.5, 0.5], 0), "m: got 0"),
        (lambda: packed([0.5, 0.5], [0.5, 0.5], 1.5), "m: got 1.5"),
        (lambda: packed([0.5, 0.6], [0.5, 0.5], 2), "p: "),
        (lambda: packed(*2 * [theory.Mixture.normal([1], [0], [1])], 2), "continuous law"),
        (lambda: variation_range(1.2, 2), "tau: got 1.2"),
        (lambda: variation_range(0.2, True), "m: got True"),
        (lambda: variation_range(0.2, 2, collapse=(0.1, 0.5)), "delta - eps <= tau"),
        (lambda: variation_range(0.2, 2, collapse=(0.1, 0.2), without=(0.1, 0.2)), "got both"),
        (lambda: dropped_modes_js(8, 9, 1), "kept <= modes"),
        (lambda: mode_seeking_fit(0), "a: got 0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
