"""D* and the value of the game, of discriminators that jump too."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import theory
from normal_laws import LOG4
from theory import Discriminator, Mixture
from theory.calculators import features

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

NORMAL = stats.norm(0, 1)


def test_optimal_discriminator():
    p, q = stats.norm(0, 1), stats.norm(30, 1)
    d = theory.optimal_discriminator(p, q)
    x = np.array([[-5.0, 0.0], [15.0, 40.0]])
    assert d(x).shape == (2, 2)
    assert d(15.0) == pytest.approx(0.5)
    np.testing.assert_allclose(d.logit(x), 450 - 30 * x, rtol=1e-12)
    two = stats.uniform(0, 1), stats.uniform(5, 1)
    np.testing.assert_array_equal(theory.optimal_discriminator(*two)([0.5, 5.5, 3]), [1, 0, 0.5])
    on_points = theory.optimal_discriminator([0.25, 0.75], [0.75, 0.25])
    np.testing.assert_allclose(on_points([0, 1, 7]), [0.25, 0.75, 0.5])


def test_a_discriminator_knows_its_laws():
    p, q = Mixture.normal([1], [0], [1]), stats.norm(1, 2)
    best = theory.optimal_discriminator(p, q)
    assert best.laws[0] is p
    assert isinstance(best.laws[1], Mixture)
    assert best.laws[1].normal_parameters() == (1, 2)
    assert Discriminator(lambda x: x).laws is None


def test_value_of_given_discriminators():
    p, q = stats.norm(0, 1), stats.norm(1, 1)
    assert theory.value(p, q, lambda x: np.full(x.shape, 0.5)) == pytest.approx(-LOG4, rel=1e-12)
    # E log sigma(a) for a linear logit, by 25-digit quadrature
    with mp.workdps(25):
        exact = -mp.quad(
            lambda x: mp.npdf(x) * mp.log(1 + mp.exp(-(1 - 2 * x))), [-20, -4, 0, 4, 20]
        ) - mp.quad(lambda x: mp.npdf(x, 1) * mp.log(1 + mp.exp(1 - 2 * x)), [-20, -4, 0, 4, 20])
    found = theory.value(p, q, Discriminator(lambda x: 1 - 2 * x))
    assert found == pytest.approx(float(exact), rel=1e-10)
    shapes = []

    def network(x):
        shapes.append(x.shape)
        return np.float32(1) - np.float32(2) * x.astype(np.float32)

    assert theory.value(p, q, Discriminator(network)) == pytest.approx(float(exact), abs=1e-5)
    assert all(len(shape) == 1 for shape in shapes)
    assert len(shapes) < 50
    assert theory.value([1, 0], [0, 1], lambda x: 1 - x) == 0
    assert theory.value([1, 0], [0, 1], lambda x: x) == -math.inf


def jumping(place, half=0.003, inside=0.99):
    return lambda x: np.where(np.abs(x - place) < half, inside, 0.5)


def value_of_jumping(p, q, place, half=0.003, inside=0.99):
    mass = [law.cdf(place + half) - law.cdf(place - half) for law in (p, q)]
    return -LOG4 + mass[0] * math.log(2 * inside) + mass[1] * math.log(2 - 2 * inside)


@pytest.mark.parametrize(
    ("p", "q", "low", "high"),
    [
        (NORMAL, stats.norm(1, 1), -4, 5),
        (NORMAL, stats.norm(2, 3), -6, 8),
        (stats.norm(0, 10), stats.norm(1, 1), -25, 25),
        (stats.uniform(0, 1), stats.beta(2, 3), 0.003, 0.997),
    ],
)
def test_a_narrow_piece_of_d_is_seen_wherever_it_lies(p, q, low, high):
    for place in [0.137, *np.random.default_rng(0).uniform(low, high, 50)]:
        found = theory.value(p, q, jumping(place))
        assert found == pytest.approx(value_of_jumping(p, q, place), abs=1e-6)


def test_a_narrow_piece_at_200_places():
    q = stats.norm(1, 1)
    for place in np.random.default_rng(1).uniform(-3, 4, 200):
        found = theory.value(NORMAL, q, jumping(place))
        assert found == pytest.approx(value_of_jumping(NORMAL, q, place), abs=1e-6)


def test_jumps_that_are_told():
    q, half = stats.norm(1, 1), 1e-7
    for place in (0.137, 0.71, -2.03):
        d, edges = jumping(place, half, 1 - 1e-9), [place + half, place - half]
        exact = value_of_jumping(NORMAL, q, place, half, 1 - 1e-9)
        assert theory.value(NORMAL, q, d, edges=edges) == pytest.approx(exact, abs=1e-10)
        assert abs(theory.value(NORMAL, q, d) - exact) > 5e-9  # narrower than any grid
    exact = value_of_jumping(NORMAL, q, 0.137)
    assert theory.value(NORMAL, q, jumping(0.137), edges=[5.0]) == pytest.approx(exact, abs=1e-9)
    assert theory.value([1.0], [1.0], lambda x: x + 0.5, edges=[3]) == pytest.approx(-LOG4)


def test_rough_cells():
    edges, ends = np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0])
    both = np.array([True, True])

    def cells(f, looked_at=both, ends=ends, tolerance=1e-6):
        return features._rough_cells(f, edges, looked_at, ends, 200, tolerance)

    for smooth in (np.exp, np.sin, lambda x: x**3, lambda x: 1 / (1 + np.exp(-9 * x))):
        assert cells(smooth)[0].size == 0
    for place in (0.1234, 0.77, 1.0001, 1.5):
        step = lambda x, place=place: 1.0 + (x > place)  # noqa: E731  # as a user writes it
        low, high = cells(step)
        assert ((low <= place) & (place <= high)).any()
        assert (np.abs(low - place) < 0.06).all()
        np.testing.assert_allclose(high - low, 0.01)
        before, after = features._jumps(step, low, high)
        found = (before <= place) & (place <= after)
        assert found.any()
        np.testing.assert_array_equal(np.nextafter(before[found], 9), after[found])
        assert cells(step, ends=np.array([0.0, place, 2.0]))[0].size == 0  # is known
        assert cells(lambda x, s=step: 1 + 1e-8 * s(x))[0].size == 0  # is small
        assert cells(lambda x, s=step: 1 + 1e-4 * s(x))[0].size > 0
    first = cells(lambda x: 1.0 + (x > 1.5), looked_at=np.array([True, False]))
    assert first[0].size == 0
    assert cells(np.exp, looked_at=np.array([False, False]))[0].size == 0
    assert cells(lambda x: np.where(x > 0.5, -np.inf, 0.0))[0].size > 0


def test_wide_pieces_get_more_places():
    seen = []

    def f(x):
        seen.append(x.shape)
        return np.ones(x.shape)

    edges = np.array([0.0, 1, 2, 3, 6, 100])
    features._rough_cells(f, edges, np.ones(5, dtype=bool), edges[[0, -1]], 1400, 1e-6)
    assert seen == [(1 + 1 + 1 + 3 + 8, 100 + 6)]
    seen.clear()
    features._rough_cells(f, edges, np.ones(5, dtype=bool), edges[[0, -1]], 14, 1e-6)
    assert seen == [(14, 32 + 6)]


def test_grids_have_to_agree(monkeypatch):
    # cuts are made where a grid finds a jump, until another finds nothing new
    def settle(answers, integrals):
        answers, integrals = iter(answers), iter(integrals)
        monkeypatch.setattr(features, "_rough_cells", lambda *_: next(answers))
        monkeypatch.setattr(features, "_jumps", lambda _, low, high: (low, high))
        asked = []

        def integral(edges):
            asked.append(edges.tolist())
            return next(integrals)

        edges = np.array([0.0, 1.0])
        value = features.settled(
            integral, np.exp, edges, edges[1:] > 0, edges, 1e-6, "d: fewer jumps"
        )
        return value, asked

    none, one, two = ((np.array(c), np.array(c) + 0.1) for c in ([], [0.2], [0.5]))
    assert settle([none, none], [7.0]) == (7.0, [[0, 1]])
    assert settle([one, none], [7.0]) == (7.0, [[0, 0.2, 0.2 + 0.1, 1]])
    value, asked = settle([one, two], [7.0, 7.0 + 1e-9])
    assert (value, len(asked), len(asked[-1])) == (7.0 + 1e-9, 2, 6)
    assert settle([none, one, none], [7.0, 8.0])[0] == 8.0
    assert settle([none, one, one], [7.0, 8.0, 8.0])[0] == 8.0
    assert settle([one, two], [-math.inf, -math.inf])[0] == -math.inf
    with pytest.raises(ArithmeticError, match=r"^d: got .* differ by 1\.0e\+00, expected f"):
        settle([one, two, one, two], [1.0, 2.0, 3.0, 4.0])


def test_jumps_too_close_together_are_refused():
    def comb(x):  # a piece of 1e-5 in each 1e-2
        return np.where(np.mod(x, 0.01) < 1e-5, 0.999999, 0.5)

    message = (
        r"^d: got features so close together that two grids differ by \d\.\de-\d+, expected "
        r"fewer jumps, or their places as edges=\[\.\.\.\]$"
    )
    with pytest.raises(ArithmeticError, match=message):
        theory.value(NORMAL, stats.norm(1, 1), comb)


def test_smooth_discriminators_are_evaluated_on_two_grids(monkeypatch):
    grids, places = [], []
    cells = features._rough_cells

    def counted(f, edges, looked_at, ends, count, tolerance):
        grids.append(count)
        low, high = cells(f, edges, looked_at, ends, count, tolerance)
        places.append(low.size)
        return low, high

    monkeypatch.setattr(features, "_rough_cells", counted)
    theory.value(NORMAL, stats.norm(1, 1), lambda x: 1 / (1 + np.exp(x)))
    assert (grids, places) == ([24_000, 40_000], [0, 0])
    grids.clear()
    # the best discriminator of smooth laws is smooth
    theory.value(NORMAL, stats.norm(1, 1), theory.optimal_discriminator(NORMAL, stats.norm(1, 1)))
    assert not grids
    best = theory.optimal_discriminator(NORMAL, stats.laplace())
    found = theory.value(NORMAL, stats.laplace(), best)
    assert grids
    assert found == pytest.approx(2 * theory.js(NORMAL, stats.laplace()) - LOG4, abs=1e-11)


def test_a_network_in_float32_is_not_refused_for_its_rounding():
    def network(x):
        return np.float32(0.5) + np.float32(0.45) * np.tanh(3 * x.astype("float32") - 1)

    exact = theory.value(NORMAL, stats.norm(1, 1), lambda x: 0.5 + 0.45 * np.tanh(3 * x - 1))
    assert theory.value(NORMAL, stats.norm(1, 1), network) == pytest.approx(exact, abs=1e-5)
    piece = theory.value(NORMAL, NORMAL, lambda x: jumping(0.3)(x).astype("float32"))
    assert piece == pytest.approx(value_of_jumping(NORMAL, NORMAL, 0.3), abs=1e-5)


def test_a_d_that_is_certain_and_wrong_on_a_narrow_piece():
    assert theory.value(NORMAL, NORMAL, jumping(0.3, inside=1.0)) == -math.inf
    assert theory.value(NORMAL, NORMAL, jumping(0.3, inside=0.0)) == -math.inf


def test_d_is_not_asked_outside_of_the_laws():
    def d(x):
        assert ((x > 0) & (x < 1)).all()
        return np.full(x.shape, 0.5)

    law = stats.uniform(0, 1)
    assert theory.value(law, law, d) == pytest.approx(-LOG4, rel=1e-12)


def test_pieces_of_d_under_either_law():
    p, q = NORMAL, stats.norm(50, 1)
    for place in (-0.2, 49.7, 51.3):
        found = theory.value(p, q, jumping(place), edges=[])
        assert found == pytest.approx(value_of_jumping(p, q, place), abs=1e-6)
        assert theory.value(q, p, jumping(place, inside=0.01)) == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize("law", [NORMAL, stats.uniform(0, 1), stats.expon()])
def test_a_constant_discriminator_is_worth_its_logs(law):
    for d in (0.1, 0.5, 0.9):
        found = theory.value(law, stats.norm(2, 3), lambda x, d=d: np.full(x.shape, d))
        assert found == pytest.approx(math.log(d) + math.log(1 - d), rel=1e-12)
        odds = math.log(d / (1 - d))
        found = theory.value(law, stats.norm(2, 3), Discriminator(lambda x, a=odds: 0 * x + a))
        assert found == pytest.approx(math.log(d) + math.log(1 - d), rel=1e-12)


def test_answers_need_not_be_floats():
    assert theory.value([0.5, 0.5], [0.5, 0.5], lambda x: [0.5, 0.5]) == pytest.approx(-LOG4)
    assert theory.value([1, 0], [0, 1], lambda x: x == 0) == 0
    assert theory.value(["1", 0], [0, 1.0], Discriminator(lambda x: [0, 0])) == pytest.approx(-LOG4)


def test_values_exactly():
    p, q = [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]
    half = np.array([0.25, 0.5, 0.25])
    expected = 0.5 * math.log(0.25) + math.log(0.5) + 0.5 * math.log(0.75)
    assert theory.value(p, q, lambda x: half[x.astype(int)]) == pytest.approx(expected, rel=1e-15)
    # certainty costs nothing where it is right, and everything where it is wrong
    assert theory.value([1, 0], [0, 1], Discriminator(lambda x: 800 - 1600 * x)) == 0
    wrong = theory.value([1, 0], [0, 1], Discriminator(lambda x: 1600 * x - 800))
    assert wrong == pytest.approx(-1600)
    assert theory.value([0.5, 0.5], [0.5, 0.5], lambda x: x) == -math.inf
    # a logit in float32 is integrated to its own rounding, a probability as well
    assert theory.value(NORMAL, NORMAL, lambda x: np.full(x.shape, 0.25, "float32")) == (
        pytest.approx(math.log(0.25) + math.log(0.75), rel=1e-6)
    )
    best = theory.optimal_discriminator(NORMAL, stats.norm(30, 1))
    assert -1e-40 < theory.value(NORMAL, stats.norm(30, 1), best) < 0
    assert best(np.array([-1e3, 1e3])).tolist() == [1, 0]
    assert best.logit(1e3) == pytest.approx(450 - 30e3)
