"""What must hold between any laws: symmetry, bounds, triangles, data processing, duality; over
random mixtures of normal laws and vectors of probabilities, nearly degenerate ones among them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theory
from theory import Discriminator, Empirical, Mixture
from theory.calculators.integration import integrate

LOG2, LOG4 = math.log(2), math.log(4)
N = 5


@st.composite
def simplexes(draw):
    """Probabilities down to 1e-300, and zeros."""
    kind = st.one_of(st.floats(0, 1), st.floats(-300, 0).map(lambda e: 10.0**e), st.just(0.0))
    weights = np.array(draw(st.lists(kind, min_size=N, max_size=N)))
    weights[draw(st.integers(0, N - 1))] += 0.1
    return weights / weights.sum()


@st.composite
def kernels(draw):
    """A Markov kernel: five rows of probabilities on three points."""
    rows = draw(st.lists(st.floats(0, 1), min_size=3 * N, max_size=3 * N))
    rows = np.array(rows).reshape(N, 3) + 1e-3
    return rows / rows.sum(axis=1, keepdims=True)


@st.composite
def mixtures(draw):
    """One to three normal laws, scales 1e-3 to 1e2, weights down to 1e-12."""
    n = draw(st.integers(1, 3))
    weights = 10.0 ** np.array(draw(st.lists(st.floats(-12, 0), min_size=n, max_size=n)))
    means = draw(st.lists(st.floats(-50, 50), min_size=n, max_size=n))
    scales = draw(st.lists(st.floats(-3, 2), min_size=n, max_size=n))
    return Mixture.normal(weights / weights.sum(), means, 10.0 ** np.array(scales))


pairs = st.one_of(st.tuples(simplexes(), simplexes()), st.tuples(mixtures(), mixtures()))
triples = st.one_of(
    st.tuples(simplexes(), simplexes(), simplexes()), st.tuples(mixtures(), mixtures(), mixtures())
)


@settings(max_examples=40)
@given(pairs)
def test_divergences_of_random_laws(pair):
    p, q = pair
    distance, variation = theory.js(p, q), theory.total_variation(p, q)
    assert distance == pytest.approx(theory.js(q, p), abs=1e-10)
    assert variation == pytest.approx(theory.total_variation(q, p), abs=1e-10)
    assert theory.wasserstein(p, q) == pytest.approx(theory.wasserstein(q, p), rel=1e-9, abs=1e-12)
    assert 0 <= distance <= LOG2
    assert 0 <= variation <= 1
    assert theory.js(p, p) == theory.total_variation(p, p) == theory.kl(p, p) == 0
    assert theory.wasserstein(p, p) == 0
    assert variation**2 / 2 - 1e-10 <= distance <= LOG2 * variation + 1e-10  # A-JS-16
    divergence = theory.kl(p, q)
    assert divergence >= 2 * variation**2 - 1e-9  # Pinsker
    assert divergence >= theory.f_divergence(p, q, "squared-hellinger") - 1e-9


@settings(max_examples=25)
@given(pairs)
def test_f_divergences_of_random_laws(pair):
    p, q = pair
    found = {name: theory.f_divergence(p, q, name) for name in theory.F_DIVERGENCES}
    back = {name: theory.f_divergence(q, p, name) for name in theory.F_DIVERGENCES}
    assert all(value >= 0 for name, value in found.items() if name != "gan")
    assert not any(math.isnan(value) for value in found.values())
    close = {"rel": 1e-9, "abs": 1e-9}
    assert found["kl"] == pytest.approx(theory.kl(p, q), **close)
    assert found["reverse-kl"] == pytest.approx(theory.kl(q, p), **close)
    assert found["jeffreys"] == pytest.approx(found["kl"] + found["reverse-kl"], **close)
    assert found["js"] == pytest.approx(theory.js(p, q), **close)
    assert found["gan"] == pytest.approx(2 * theory.js(p, q) - LOG4, **close)
    assert found["total-variation"] == pytest.approx(theory.total_variation(p, q), **close)
    assert found["neyman"] == pytest.approx(back["pearson"], rel=1e-9, abs=1e-9)
    for name in ("js", "total-variation", "squared-hellinger", "jeffreys", "gan"):
        assert found[name] == pytest.approx(back[name], **close)
    # Hellinger between total variation's bounds, Jensen on chi^2
    half = found["squared-hellinger"] / 2
    assert half - 1e-9 <= found["total-variation"] <= math.sqrt(half * (2 - half)) + 1e-9
    assert found["kl"] <= math.log1p(found["pearson"]) * (1 + 1e-9) + 1e-9


@settings(max_examples=50)
@given(simplexes(), simplexes(), kernels())
def test_data_processing(p, q, kernel):
    for name in theory.F_DIVERGENCES:
        before, after = (
            theory.f_divergence(a, b, name) for a, b in ((p, q), (p @ kernel, q @ kernel))
        )
        assert after <= before * (1 + 1e-9) + 1e-9 or name == "gan"
        assert after <= before + 1e-9 or before > 1
    assert theory.kl(p @ kernel, q @ kernel) <= theory.kl(p, q) + 1e-9
    assert theory.js(p @ kernel, q @ kernel) <= theory.js(p, q) + 1e-12
    assert theory.total_variation(p @ kernel, q @ kernel) <= theory.total_variation(p, q) + 1e-12


@settings(max_examples=50)
@given(simplexes(), simplexes(), simplexes(), simplexes(), st.floats(0, 1))
def test_joint_convexity(p, q, r, s, t):
    def mixed(a, b):
        return t * a + (1 - t) * b

    for distance in (theory.kl, theory.js, theory.total_variation, theory.wasserstein):
        chord = t * distance(p, q) if t else 0.0
        chord += (1 - t) * distance(r, s) if t < 1 else 0.0
        assert distance(mixed(p, r), mixed(q, s)) <= chord + 1e-9


@settings(max_examples=10)
@given(mixtures(), mixtures(), mixtures(), mixtures(), st.floats(0.01, 0.99))
def test_joint_convexity_of_densities(p, q, r, s, t):
    def mixed(a, b):
        return Mixture([t, 1 - t], [a, b])

    for distance in (theory.js, theory.total_variation, theory.wasserstein):
        chord = t * distance(p, q) + (1 - t) * distance(r, s)
        assert distance(mixed(p, r), mixed(q, s)) <= chord + 1e-8


@settings(max_examples=40)
@given(pairs)
def test_the_games_value_of_random_laws(pair):
    p, q = pair
    best = theory.value(p, q, theory.optimal_discriminator(p, q))
    assert best == pytest.approx(2 * theory.js(p, q) - LOG4, abs=1e-9)  # A-JS-02
    assert -LOG4 - 1e-9 <= best <= 1e-9
    assert theory.value(p, q, Discriminator(lambda x: 1 - 0.3 * np.tanh(x))) <= best + 1e-9


@settings(max_examples=30)
@given(triples)
def test_distances_obey_the_triangle_inequality(triple):
    p, q, r = triple
    for distance in (
        lambda a, b: math.sqrt(theory.js(a, b)),
        theory.total_variation,
        theory.wasserstein,
    ):
        assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-8


@given(simplexes(), simplexes(), simplexes(), st.floats(1, 5))
def test_higher_orders_obey_the_triangle_inequality_and_grow(p, q, r, order):
    def distance(a, b):
        return theory.wasserstein(a, b, order)

    assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-9
    assert theory.wasserstein(p, q) <= distance(p, q) + 1e-9


@settings(max_examples=5)  # both quantile functions are solved for at every node
@given(mixtures(), mixtures(), mixtures())
def test_orders_of_densities(p, q, r):
    def distance(a, b):
        return theory.wasserstein(a, b, 2)

    assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-7
    assert theory.wasserstein(p, q) <= distance(p, q) + 1e-8
    # a law moved by 3 is 3 away in every order
    ((norm, weights),) = p._parts
    moved = Mixture.normal(weights, norm.mean() + 3, norm.std())
    assert distance(p, moved) == pytest.approx(3, rel=1e-8)


@settings(max_examples=20)
@given(mixtures(), mixtures(), st.floats(-20, 20), st.floats(0.1, 10))
def test_wasserstein_moves_and_scales(p, q, shift, scale):
    def moved(law):
        ((norm, weights),) = law._parts
        return Mixture.normal(weights, scale * norm.mean() + shift, scale * norm.std())

    base = theory.wasserstein(p, q)
    assert theory.wasserstein(moved(p), moved(q)) == pytest.approx(scale * base, rel=1e-8, abs=1e-8)
    only_shifted = Mixture.normal(p.weights, p._parts[0][0].mean() + shift, p._parts[0][0].std())
    assert theory.wasserstein(p, only_shifted) == pytest.approx(abs(shift), rel=1e-8, abs=1e-8)
    assert abs(p.mean() - q.mean()) <= base + 1e-8
    # the divergences do not see a common change of scale
    assert theory.js(moved(p), moved(q)) == pytest.approx(theory.js(p, q), abs=1e-8)
    assert theory.total_variation(moved(p), moved(q)) == pytest.approx(
        theory.total_variation(p, q), abs=1e-8
    )


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(-20, 20), st.floats(1, 3))
def test_wasserstein_moves_and_scales_samples(x, shift, order):
    law = Empirical(x)
    moved = theory.wasserstein(law, Empirical(np.array(x) + shift), order)
    assert moved == pytest.approx(abs(shift), abs=1e-9)
    stretched = theory.wasserstein(Empirical(3 * np.array(x)), Empirical(np.zeros(2)), order)
    plain = theory.wasserstein(law, Empirical(np.zeros(2)), order)
    assert stretched == pytest.approx(3 * plain, rel=1e-9, abs=1e-12)


@given(simplexes(), simplexes())
def test_kantorovich_duality(p, q):
    f = theory.kantorovich_potential(p, q)
    x = np.arange(N)
    plan = theory.transport_plan(p, q)
    gain = float(p @ f(x) - q @ f(x))
    assert gain == pytest.approx(theory.wasserstein(p, q), abs=1e-12)
    assert gain == pytest.approx(plan.cost, abs=1e-12)
    assert (np.abs(np.diff(f(np.linspace(-1, N, 100)))) <= (N + 1) / 99 + 1e-12).all()
    np.testing.assert_allclose(plan.mass.sum(axis=1), p, atol=1e-9)
    np.testing.assert_allclose(plan.mass.sum(axis=0), q, atol=1e-9)
    # complementary slackness: mass moves only where f falls as fast as it may
    slack = np.abs(x[:, None] - x) - (f(x)[:, None] - f(x))
    assert (slack >= -1e-12).all()
    assert float(np.sum(plan.mass * slack)) <= 1e-12


@settings(max_examples=30)
@given(mixtures(), mixtures())
def test_kantorovich_duality_of_densities(p, q):
    f = theory.kantorovich_potential(p, q)
    edges = np.union1d(p._edges, q._edges)
    gain = integrate(lambda x: (p.pdf(x) - q.pdf(x)) * f(x), edges, scale=1.0)
    assert gain == pytest.approx(theory.wasserstein(p, q), rel=1e-8, abs=1e-8)


@given(simplexes(), simplexes(), st.lists(st.floats(-3, 3), min_size=N, max_size=N))
def test_every_critic_bounds_every_f_divergence(p, q, log_u):
    p, q = (0.9 * w + 0.1 / N for w in (p, q))  # ratios within [1/50, 50]
    for name, row in theory.F_DIVERGENCES.items():
        exact = theory.f_divergence(p, q, name)
        best = row.slope(p / q)
        critic = row.slope(np.exp(np.array(log_u)))
        assert p @ best - q @ row.conjugate(best) == pytest.approx(exact, rel=1e-9, abs=1e-11)
        assert p @ critic - q @ row.conjugate(critic) <= exact + 1e-9
