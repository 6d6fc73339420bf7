"""Transport plans and Kantorovich potentials against assignments, linear programmes and duality,
and the closed forms of Wasserstein distances of normal laws against quadrature."""

import math
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.special import gammaln

import theory
from theory import Discrete, Empirical, Mixture, kantorovich_potential, transport_plan
from theory.calculators import transport
from theory.calculators.integration import integrate
from theory.calculators.transport import _excess, _levels

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

NORMAL, SPACE = stats.norm(0, 1), stats.multivariate_normal


def check_marginals(plan, p, q):
    assert plan.mass.shape == (plan.x.size, plan.y.size)
    assert (plan.mass >= 0).all()
    np.testing.assert_allclose(plan.mass.sum(axis=1), p, rtol=0, atol=1e-9)
    np.testing.assert_allclose(plan.mass.sum(axis=0), q, rtol=0, atol=1e-9)


def test_monotone_plan_exactly():
    plan = transport_plan([0.5, 0.5], [0.25, 0.25, 0.5])
    np.testing.assert_array_equal(plan.mass, [[0.25, 0.25, 0], [0, 0, 0.5]])
    np.testing.assert_array_equal(plan.x, [0, 1])
    np.testing.assert_array_equal(plan.y, [0, 1, 2])
    assert plan.cost == 0.25 * 0 + 0.25 * 1 + 0.5 * 1
    assert isinstance(plan.cost, float)
    with pytest.raises(AttributeError):
        plan.cost = 0.0  # frozen


def test_monotone_plan_has_no_slivers():
    plan = transport_plan(np.full(10, 0.1), np.full(5, 0.2))
    assert np.count_nonzero(plan.mass) == 10
    check_marginals(plan, np.full(10, 0.1), np.full(5, 0.2))
    same = transport_plan(np.full(7, 1 / 7), np.full(7, 1 / 7))
    assert np.count_nonzero(same.mass) == 7
    assert same.cost == 0
    tiny = transport_plan([1e-14, 1 - 1e-14], [1.0])
    assert tiny.mass[0, 0] == pytest.approx(1e-14, rel=1e-1)


@pytest.mark.parametrize("seed", range(4))
def test_plans_of_random_laws(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0, 1, 7), rng.normal(2, 3, 9)
    p, q = (Discrete(z, rng.dirichlet(np.full(z.size, 0.2))) for z in (x, y))
    monotone = transport_plan(p, q)
    check_marginals(monotone, p.weights, q.weights)
    assert monotone.cost == pytest.approx(theory.wasserstein(p, q), rel=1e-12)
    assert monotone.cost == pytest.approx(
        stats.wasserstein_distance(p.points, q.points, p.weights, q.weights), rel=1e-9
    )
    programme = transport_plan(p, q, lambda x, y: np.abs(x - y))
    check_marginals(programme, p.weights, q.weights)
    assert programme.cost == pytest.approx(monotone.cost, rel=1e-9)
    squared = transport_plan(p, q, (p.points[:, None] - q.points) ** 2)
    assert squared.cost == pytest.approx(theory.wasserstein(p, q, 2) ** 2, rel=1e-9)
    np.testing.assert_allclose(squared.mass, monotone.mass, atol=1e-9)  # strictly convex: one plan


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_concave_cost_is_the_best_assignment(unit):
    rng = np.random.default_rng(3)
    x, y = np.sort(rng.uniform(0, 1, 8)), np.sort(rng.uniform(0, 1, 8))
    price = unit * np.sqrt(np.abs(x[:, None] - y))
    rows, columns = linear_sum_assignment(price)
    plan = transport_plan(Empirical(x), Empirical(y), price)
    assert plan.cost == pytest.approx(price[rows, columns].mean(), rel=1e-9)
    assert plan.cost < np.diag(price).mean() * (1 - 1e-3)  # the monotone plan costs more
    check_marginals(plan, np.full(8, 1 / 8), np.full(8, 1 / 8))


def test_costs_of_either_sign_and_none():
    price = np.array([[1.0, -2.0, 0.0], [0.0, 3.0, -1.0]])
    plan = transport_plan([0.5, 0.5], [0.25, 0.5, 0.25], price)
    # all of y = 1 from x = 0, the rest from x = 1
    np.testing.assert_allclose(plan.mass, [[0, 0.5, 0], [0.25, 0, 0.25]], atol=1e-12)
    assert plan.cost == pytest.approx(-1.25, rel=1e-12)
    free = transport_plan([0.5, 0.5], [0.25, 0.5, 0.25], np.zeros((2, 3)))
    assert free.cost == 0
    check_marginals(free, [0.5, 0.5], [0.25, 0.5, 0.25])


def test_a_callable_cost_gets_columns_and_rows():
    shapes = []

    def cost(x, y):
        shapes.append((x.shape, y.shape))
        return x * 10 + y

    plan = transport_plan([0.5, 0.5], Empirical([3.0, 3.0, 5.0]), cost)
    assert shapes == [((2, 1), (1, 2))]
    assert plan.cost == pytest.approx(0.5 * 10 + (3 + 3 + 5) / 3, rel=1e-12)


def test_small_weights_keep_their_marginals():
    p = np.array([1e-7, 1e-11, 1 - 1e-7 - 1e-11])
    q = np.array([0.5, 0.5 - 1e-10, 1e-10])
    plan = transport_plan(p, q, lambda x, y: (x - y) ** 2)
    check_marginals(plan, p, q)
    assert plan.cost == pytest.approx(theory.wasserstein(p, q, 2) ** 2, rel=1e-8)


def test_a_thousand_points_take_seconds():
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.normal(0, 1, 1000)), np.sort(rng.normal(1, 2, 1000))
    start = time.process_time()
    plan = transport_plan(Empirical(x), Empirical(y), lambda x, y: (x - y) ** 2)
    assert time.process_time() - start < 8  # 0.5 s where HiGHS took 36
    assert plan.cost == pytest.approx(np.mean((x - y) ** 2), rel=1e-9)
    check_marginals(plan, np.full(1000, 1e-3), np.full(1000, 1e-3))


def test_the_network_simplex_brings_no_learning_library():
    script = (
        "import os, sys, theory\n"
        "theory.transport_plan([0.5, 0.5], [0.25, 0.75], [[1, 2], [3, 5]])\n"
        "print([m for m in ('keras', 'tensorflow', 'torch', 'jax') if m in sys.modules])\n"
        "print([name for name in os.environ if name.startswith('POT_')])\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POT_")}
    told = {**environment, "POT_BACKEND_DISABLE_JAX": "0"}
    for env, left in ((environment, "[]"), (told, "['POT_BACKEND_DISABLE_JAX']")):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env
        )
        assert done.stdout.splitlines() == ["[]", left]


def test_weights_without_mass_and_tiny_ones():
    plan = transport_plan([0.5, 0, 0.5], [0, 1e-18, 1], np.ones((3, 3)))
    np.testing.assert_array_equal(plan.mass[1], 0)
    np.testing.assert_array_equal(plan.mass[:, 0], 0)
    assert plan.mass[:, 1].sum() == pytest.approx(1e-18, rel=1e-9)
    assert plan.cost == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ({"warning": "it is said to be infeasible"}, "it is said to be infeasible"),
        ({"warning": None, "u": np.zeros(2), "v": np.zeros(2)}, "its dual misses it"),
        ({"warning": None, "u": np.full(2, 3.0), "v": np.zeros(2)}, "its dual misses it"),
    ],
)
def test_an_unsolved_programme_is_said_to_be(monkeypatch, log, message):
    plan = np.full((2, 2), 0.25)
    monkeypatch.setattr(transport, "_network_simplex", lambda: lambda *_, **__: (plan, log))
    with pytest.raises(ArithmeticError, match=f"^the linear programme was not solved: {message}$"):
        transport_plan([0.5, 0.5], [0.5, 0.5], [[1.0, 2.0], [3.0, 5.0]])


@pytest.mark.parametrize("seed", range(5))
def test_random_programmes_against_highs(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 9, 2)
    p, q = rng.dirichlet(np.full(n, 0.3)), rng.dirichlet(np.full(m, 0.3))
    price = rng.normal(size=(n, m)) * 10.0 ** rng.integers(-3, 4)
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    found = scipy.optimize.linprog(
        price.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([p, q])
    )
    plan = transport_plan(p, q, price)
    assert plan.cost == pytest.approx(found.fun, rel=1e-7, abs=1e-7 * np.abs(price).max())
    check_marginals(plan, p, q)


def test_plans_in_several_dimensions():
    p, q = Empirical([[0, 0], [1, 1], [1, 1], [2, 0]]), Empirical([[1, 1], [4, 4]])
    plan = transport_plan(p, q)
    assert plan.x.shape == (3, 2)
    assert plan.y.shape == (2, 2)
    assert plan.cost == pytest.approx(theory.wasserstein(p, q), rel=1e-12)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(1, 1, size=(40, 3))
    distance = np.linalg.norm(x[:, None] - y, axis=-1)
    for order in (1, 2, 3.5):
        rows, columns = linear_sum_assignment(distance**order)
        exact = np.mean(distance[rows, columns] ** order) ** (1 / order)
        found = theory.wasserstein(Empirical(x), Empirical(y), order)
        assert found == pytest.approx(exact, rel=1e-9)
    moved = theory.wasserstein(Empirical(x), Empirical(x + np.array([3, 0, -4])), 2000)
    assert moved == pytest.approx(5, rel=1e-6)
    assert theory.wasserstein(Empirical(x), Empirical(x), 2) == 0
    one = theory.wasserstein(Empirical([[0, 0]]), Empirical([[1, 0]]), 2)
    assert one == 1
    shapes = []

    def cost(a, b):
        shapes.append((a.shape, b.shape))
        return np.abs(a - b).sum(axis=-1)

    transport_plan(p, q, cost)
    assert shapes == [((3, 1, 2), (1, 2, 2))]


def test_normal_laws_in_several_dimensions():
    law = stats.multivariate_normal
    p, q = law([0, 1], np.diag([4, 9.0])), law([3, 5], np.diag([1, 16.0]))
    assert theory.wasserstein(p, q, 2) == pytest.approx(math.sqrt(9 + 16 + 1 + 1), rel=1e-14)
    s, t = np.array([[2, 0.3], [0.3, 1]]), np.array([[1, -0.2], [-0.2, 3]])
    root = scipy.linalg.sqrtm(s)
    trace = np.trace(s + t - 2 * scipy.linalg.sqrtm(root @ t @ root).real)
    found = theory.wasserstein(law([0, 1], s), law([1, 1], t), 2)
    assert found == pytest.approx(math.sqrt(1 + trace), rel=1e-10)
    # near laws do not cancel, laws on a line of the plane are allowed
    near = theory.wasserstein(law([0, 0], s), law([0, 0], s * (1 + 1e-10) ** 2), 2)
    assert near == pytest.approx(1e-10 * math.sqrt(3), rel=1e-4)
    thin = law([0, 0], [[1, 1], [1, 1]], allow_singular=True)
    assert theory.wasserstein(thin, law([0, 0], 1e-30), 2) == pytest.approx(math.sqrt(2), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transport_plan(NORMAL, [1.0]),
         "p: got a continuous law, expected a discrete law or a sample"),
        (lambda: transport_plan([1.0], NORMAL),
         "q: got a continuous law, expected a discrete law or a sample"),
        (lambda: transport_plan([0.5, 0.6], [1.0]),
         "p: got a sum of 1.1, expected probabilities with sum one"),
        (lambda: transport_plan([1.0], [2.0, -1.0]),
         "q: got a negative mass -1, expected at least zero"),
        (lambda: transport_plan([0.5, 0.5], [1.0], np.ones((1, 2))),
         "cost: got shape (1, 2), expected (2, 1)"),
        (lambda: transport_plan([0.5, 0.5], [1.0], 3.0), "cost: got shape (), expected (2, 1)"),
        (lambda: transport_plan([0.5, 0.5], [1.0], lambda x, y: x.sum()),
         "cost: returned shape (), expected (2, 1)"),
        (lambda: transport_plan([1.0], [1.0], [[math.nan]]),
         "cost: got NaN or infinity, expected finite numbers"),
        (lambda: transport_plan([1.0], [1.0], lambda x, y: x + math.inf),
         "cost: returned NaN or infinity, expected finite numbers"),
        (lambda: transport_plan([1.0], [1.0], "euclidean"),
         "cost: got no array of numbers, expected shape (1, 1)"),
        (lambda: transport_plan([1.0], [1.0], lambda x, y: None),
         "cost: returned NaN or infinity, expected finite numbers|shape"),
        (lambda: theory.wasserstein(SPACE([0, 0]), SPACE([1, 0])),
         "order: got 1, expected 2 between normal laws in several dimensions"),
        (lambda: theory.wasserstein(Empirical([[0, 0]]), SPACE([1, 0]), 2),
         "q: got a NormalVector with a Empirical in 2 dimensions, expected both discrete or both"),
        (lambda: theory.wasserstein(Empirical([[0, 0]]), [0.5, 0.5]),
         "q: got 1 dimensions, expected 2 as of p"),
        (lambda: kantorovich_potential(Empirical([[0, 0]]), Empirical([[0, 1]])),
         "p: got a law in 2 dimensions, expected the line"),
        (lambda: kantorovich_potential(NORMAL, NORMAL)("a"), "x: got 'a', expected numbers"),
        (lambda: kantorovich_potential(NORMAL, NORMAL)(math.nan),
         "x: got NaN or infinity, expected finite numbers"),
        (lambda: kantorovich_potential(NORMAL, NORMAL)([0, math.inf]),
         "x: got NaN or infinity, expected finite numbers"),
        (lambda: kantorovich_potential("normal", NORMAL), "p: got str, accepted are "),
        (lambda: kantorovich_potential(NORMAL, []), "q: got shape (0,), expected a vector with"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is compared below
        call()
    assert any(str(refusal.value).startswith(text) for text in message.split("|")) or (
        "shape" in message and "shape" in str(refusal.value)
    )


# Potentials.


def mean_of(law, f, other):
    if isinstance(law, Discrete):
        return float(law.weights @ f(law.points))
    edges = law._edges if isinstance(other, Discrete) else np.union1d(law._edges, other._edges)
    return integrate(lambda x: law.pdf(x) * f(x), edges)


def law_of(p):
    return p if isinstance(p, Mixture | Discrete) else Mixture([1.0], [p])


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (NORMAL, stats.norm(3, 1)),
        (stats.norm(3, 1), NORMAL),
        (NORMAL, stats.norm(30, 1)),
        (NORMAL, stats.norm(0, 3)),
        (NORMAL, stats.norm(0.5, 1e-4)),
        (stats.norm(2, 1e4), NORMAL),
        (Mixture.normal([0.5, 0.5], [-4, 4], [1, 1]), Mixture.normal([0.3, 0.7], [-1, 6], 0.5)),
        (Mixture.normal([0.2, 0.3, 0.5], [-9, 0, 9], 1), Mixture.normal([0.5, 0.5], [-5, 5], 1)),
        (stats.uniform(0, 1), stats.beta(2, 5)),
        (stats.expon(), stats.gamma(3)),
        (NORMAL, Discrete([0], [1])),
        (Discrete([-1, 0.5, 7], [0.2, 0.3, 0.5]), stats.norm(1, 2)),
        (Empirical([0.0, 1.0, 2.0, 10.0]), Empirical([1.5, 1.5, 3.0])),
        (Discrete([5], [1]), Discrete([2], [1])),
        (Discrete([0, 4], [0.5, 0.5]), Discrete([1, 3], [0.5, 0.5])),
    ],
)
def test_potential_attains_the_distance(p, q):
    a, b = law_of(p), law_of(q)
    f = kantorovich_potential(p, q)
    distance = theory.wasserstein(p, q)
    gain = mean_of(a, f, b) - mean_of(b, f, a)
    assert gain == pytest.approx(distance, rel=1e-8)
    x = np.linspace(-20, 40, 1201)
    assert (np.abs(np.diff(f(x))) <= np.diff(x) * (1 + 1e-9) + 1e-12).all()
    assert f(float(a.ppf(0.5))) == 0
    # the slope is the sign of Q - P, on both sides of every change
    steps = np.diff(f(x)) / np.diff(x)
    inside = np.abs(np.abs(steps) - 1) < 1e-6
    middle = (x[1:] + x[:-1]) / 2
    expected = np.sign(b.cdf(middle) - a.cdf(middle))
    clear = np.abs(b.cdf(middle) - a.cdf(middle)) > 1e-12
    np.testing.assert_array_equal(np.sign(steps[inside & clear]), expected[inside & clear])
    assert (inside | ~clear).mean() > 0.95


def test_potential_exactly():
    f = kantorovich_potential(Discrete([0, 4], [0.5, 0.5]), Discrete([1, 3], [0.5, 0.5]))
    # P > Q on [0, 1), P = Q on [1, 3), P < Q on [3, 4)
    x = np.array([[-7.0, 0.0, 0.5, 1.0], [2.0, 3.0, 3.5, 9.0]])
    np.testing.assert_allclose(f(x), [[0, 0, -0.5, -1], [-1, -1, -0.5, 0]], atol=1e-14)
    assert f(0.5).shape == ()
    shifted = kantorovich_potential(NORMAL, stats.norm(3, 1))
    np.testing.assert_allclose(shifted([-50.0, 0.0, 2.0, 80.0]), [50, 0, -2, -80], rtol=1e-14)
    wide = kantorovich_potential(stats.norm(0, 2), NORMAL)
    np.testing.assert_allclose(wide([-3.0, 0.0, 3.0]), [3, 0, 3], rtol=1e-9)


def test_potential_of_equal_laws_is_flat():
    for p in (NORMAL, Discrete([1, 2], [0.5, 0.5]), [1.0]):
        np.testing.assert_array_equal(kantorovich_potential(p, p)([-1.0, 0.0, 5.0]), 0)


def test_difference_of_distribution_functions_far_out():
    p, q = law_of(NORMAL), law_of(stats.norm(0, 1.1))
    x = np.array([-12.0, 12.0])
    exact = stats.norm.cdf(-12) - stats.norm.cdf(-12 / 1.1)
    np.testing.assert_allclose(_excess(p, q, x), [exact, -exact], rtol=1e-12)


# Wasserstein distances of normal laws: closed form against the general computation.


@pytest.mark.parametrize(
    ("p", "q"), [((0, 1), (1, 1)), ((0, 1), (0, 3)), ((2, 0.5), (-1, 2)), ((0, 1), (30, 1))]
)
def test_closed_forms_agree_with_the_general_computation(p, q):
    def split(mean, std):  # the same law, which is not recognised as one normal law
        return Mixture.normal([0.5, 0.5], [mean, mean], [std, std])

    for order, tolerance in ((1, 1e-11), (2, 1e-8)):
        exact = theory.wasserstein(stats.norm(*p), stats.norm(*q), order)
        found = theory.wasserstein(split(*p), split(*q), order)
        assert found == pytest.approx(exact, rel=tolerance)
        assert theory.wasserstein(split(*p), stats.norm(*q), order) == pytest.approx(
            exact, rel=1e-8
        )
        assert theory.wasserstein(stats.norm(*p), split(*q), order) == pytest.approx(
            exact, rel=1e-8
        )
    between = theory.wasserstein(stats.norm(*p), stats.norm(*q), 1.5)
    first, second = (theory.wasserstein(stats.norm(*p), stats.norm(*q), r) for r in (1, 2))
    assert first - 1e-9 <= between <= second + 1e-9


def test_normal_closed_forms_exactly():
    w = theory.wasserstein
    assert w(stats.norm(1, 2), stats.norm(-2, 6), 2) == 5
    assert w(stats.norm(1, 2), stats.norm(-3, 2)) == 4
    assert w(stats.norm(0, 1), stats.norm(0, 3)) == pytest.approx(2 * math.sqrt(2 / math.pi))
    # E|1 + Z| = 2 phi(1) + (2 Phi(1) - 1)
    exact = 2 * stats.norm.pdf(1) + 2 * stats.norm.cdf(1) - 1
    assert w(stats.norm(1, 1), stats.norm(0, 2)) == pytest.approx(exact, rel=1e-15)
    assert w(stats.norm(1, 1), stats.norm(0, 2)) == w(stats.norm(0, 2), stats.norm(1, 1))
    assert w(stats.norm(1e6, 1), stats.norm(0, 1 + 1e-6)) == 1e6


def absolute_moment(r):
    """(E |Z|^r)^(1/r) of a standard normal law."""
    return math.exp((r / 2 * math.log(2) + gammaln((r + 1) / 2) - math.log(math.pi) / 2) / r)


@pytest.mark.parametrize("r", [1.5, 3, 7.25, 43, 44, 100, 1000, 1e6])
def test_normal_laws_of_every_order(r):
    w = theory.wasserstein
    assert w(NORMAL, stats.norm(0, 3), r) == pytest.approx(2 * absolute_moment(r), rel=1e-12)
    assert w(NORMAL, stats.norm(4, 1), r) == 4
    wide = w(stats.norm(1e10, 1), stats.norm(0, 2), r)
    assert wide == pytest.approx(1e10, rel=1e-9)


def test_moments_of_folded_normal_laws():
    w = theory.wasserstein
    # E (d + e Z)^4 = d^4 + 6 d^2 e^2 + 3 e^4
    found = w(stats.norm(1, 1), stats.norm(-2, 3), 4)
    assert found == pytest.approx((81 + 6 * 9 * 4 + 3 * 16) ** 0.25, rel=1e-13)
    between = w(Mixture.normal([0.5, 0.5], [1, 1], 1), stats.norm(-2, 3), 2.5)
    assert w(stats.norm(1, 1), stats.norm(-2, 3), 2.5) == pytest.approx(between, rel=1e-9)
    assert w(NORMAL, NORMAL, 44) == 0


def test_quantiles_far_beyond_the_usual_ones():
    w, origin, two = theory.wasserstein, Discrete([0], [1]), Mixture.normal([0.5, 0.5], [0, 0], 1)
    assert w(stats.lognorm(3), origin, 2) == pytest.approx(math.exp(9), rel=1e-9)
    assert w(stats.lognorm(3), origin) == pytest.approx(math.exp(4.5), rel=1e-9)
    assert w(two, stats.norm(0, 2), 44) == pytest.approx(absolute_moment(44), rel=1e-9)
    assert w(two, stats.norm(0, 2), 300) == pytest.approx(absolute_moment(300), rel=1e-9)
    assert w(stats.pareto(1.1), origin) == pytest.approx(11, rel=1e-9)
    assert w(stats.pareto(2.5), origin, 2) == pytest.approx(math.sqrt(5), rel=1e-8)
    assert w(stats.pareto(1.5), stats.pareto(1.5, 1), 2) == pytest.approx(1, rel=1e-9)
    for law, order in ((stats.pareto(2), 2), (stats.pareto(1.5), 2), (stats.cauchy(), 2),
                       (stats.t(3), 3), (stats.pareto(1), 1)):  # fmt: skip
        assert w(law, origin, order) == math.inf


@pytest.mark.parametrize(
    ("law", "order"), [(Mixture.normal([0.5, 0.5], [0, 0], 1), 1500), (stats.lognorm(3), 20)]
)
def test_an_order_beyond_the_quantiles_is_refused(law, order):
    message = (
        rf"^order: got {order}, but of these laws the quantiles down to the level 1e-300 do not "
        r"settle the mean of \|x - y\| to this power, expected a lower order$"
    )
    with pytest.raises(ArithmeticError, match=message):
        theory.wasserstein(law, stats.norm(0, 2), order)


def test_levels_where_the_quantile_functions_are_cut():
    points = Discrete([0, 1, 2], [0.25, 0.5, 0.25])
    powers = 10.0 ** -np.arange(29, 0, -1)
    for upper in (False, True):
        np.testing.assert_array_equal(_levels(points, upper), np.union1d(powers, [0.25]))
    uneven = Discrete([0, 1], [0.3, 0.7])
    assert 0.3 in _levels(uneven, False)
    np.testing.assert_array_equal(_levels(uneven, True), powers)
    law = Mixture([1.0], [stats.expon()])
    assert np.isclose(_levels(law, False), 0.25).any()
    assert np.isclose(_levels(law, True), 0.25).any()
    assert _levels(law, True).max() < 0.5


def test_wasserstein_keeps_powers_of_large_orders():
    assert theory.wasserstein([1, 0, 0, 0], [0, 0, 0, 1], 2000) == pytest.approx(3)
    p, q = [0.5, 0.5, 0], [0.5, 0, 0.5]
    assert theory.wasserstein(p, q, 3) == pytest.approx(0.5 ** (1 / 3), rel=1e-14)
    assert theory.wasserstein(p, p, 3) == 0


def test_certified_distance_is_asked_of_theory_certified(monkeypatch):
    from theory.calculators import certified

    monkeypatch.setattr(certified, "wasserstein", lambda p, q: ("ball", p, q))
    q = stats.norm(1, 1)
    assert theory.wasserstein(NORMAL, q, certified=True) == ("ball", NORMAL, q)
    assert theory.wasserstein(NORMAL, q, order=1.0, certified=True) == ("ball", NORMAL, q)
    assert theory.wasserstein(NORMAL, q, certified=False) == 1
    with pytest.raises(ValueError, match=r"^order: got 2, expected 1 with certified=True$"):
        theory.wasserstein(NORMAL, q, order=2, certified=True)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (0.999, "order: got 0.999, expected a finite number of at least 1"),
        (True, "order: got True, expected a number of at least 1"),
        ("two", "order: got 'two', expected a number of at least 1"),
        (None, "order: got None, expected a number of at least 1"),
        (math.inf, "order: got inf, expected a finite number of at least 1"),
        (math.nan, "order: got nan, expected a finite number of at least 1"),
    ],
)
def test_orders_are_refused_by_name(order, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is compared below
        theory.wasserstein([1.0], [1.0], order)
    assert str(refusal.value) == message
    assert theory.wasserstein([1.0, 0.0], [0.0, 1.0], np.float32(1)) == 1
