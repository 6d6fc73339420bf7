"""kl, js, f_divergence, total_variation, value, D* and wasserstein against closed forms, mpmath and
brute force."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.special import ndtr

import theory
from theory import Discrete, Discriminator, Empirical, Mixture
from theory.integration import integrate, integrate_to_tails

LOG2, LOG4 = math.log(2), math.log(4)

# (mean, std) of two normal laws: near, 30 standard deviations apart, spreads 1e4 and 1e8 apart
NORMALS = [
    ((0, 1), (0, 1)),
    ((0, 1), (1, 1)),
    ((0, 1), (1e-3, 1)),
    ((0, 1), (30, 1)),
    ((30, 2), (-30, 2)),
    ((0, 1), (0, 1e4)),
    ((0, 1e4), (3, 1)),
    ((5, 1e-4), (-40, 1e4)),
]


def normal_kl(p, q):
    (m, s), (n, t) = p, q
    return math.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5


def normal_js(p, q):
    """JS by 30-digit quadrature of its definition, cut around both peaks."""
    with mp.workdps(30):
        cuts = sorted({m + k * s for m, s in (p, q) for k in (-12, -6, -3, -1, 0, 1, 3, 6, 12)})

        def integrand(x):
            a, b = mp.npdf(x, *p), mp.npdf(x, *q)
            m = (a + b) / 2
            return sum((d * mp.log(d / m) for d in (a, b) if d > 0), mp.mpf(0)) / 2

        return float(mp.quad(integrand, [mp.mpf(c) for c in cuts]))


def normal_tv(p, q):
    """Half the L1 distance from the points where the densities cross."""
    (m, s), (n, t) = p, q
    if s == t:
        return 2 * ndtr(abs(m - n) / (2 * s)) - 1
    a = 1 / t**2 - 1 / s**2
    b = m / s**2 - n / t**2
    c = n**2 / t**2 - m**2 / s**2 + 2 * math.log(t / s)
    root = math.sqrt(b**2 - a * c)
    low, high = sorted([(-b - root) / a, (-b + root) / a])

    def inside(mean, std):
        return ndtr((high - mean) / std) - ndtr((low - mean) / std)

    return abs(inside(m, s) - inside(n, t))


def normal_w1(p, q):
    """E|d + e Z|: the mean of a folded normal."""
    d, e = p[0] - q[0], abs(p[1] - q[1])
    if e == 0:
        return abs(d)
    folded = e * math.sqrt(2 / math.pi) * math.exp(-((d / e) ** 2) / 2)
    return folded + d * (1 - 2 * ndtr(-d / e))


@pytest.mark.parametrize(("p", "q"), NORMALS)
def test_normal_laws(p, q):
    a, b = stats.norm(*p), stats.norm(*q)
    assert theory.kl(a, b) == pytest.approx(normal_kl(p, q), rel=1e-8, abs=1e-14)
    assert theory.js(a, b) == pytest.approx(normal_js(p, q), rel=1e-8, abs=1e-14)
    assert theory.total_variation(a, b) == pytest.approx(normal_tv(p, q), rel=1e-8, abs=1e-14)
    assert theory.wasserstein(a, b) == pytest.approx(normal_w1(p, q), rel=1e-8, abs=1e-14)
    second = math.hypot(p[0] - q[0], p[1] - q[1])
    assert theory.wasserstein(a, b, order=2) == pytest.approx(second, rel=1e-8, abs=1e-14)
    best = theory.value(a, b, theory.optimal_discriminator(a, b))
    assert best == pytest.approx(2 * normal_js(p, q) - LOG4, abs=1e-8)


def test_the_oracles_tell_swapped_arguments_apart():
    p, q = (0, 1), (3, 2)
    assert abs(theory.kl(stats.norm(*q), stats.norm(*p)) - normal_kl(p, q)) > 0.1


@pytest.mark.parametrize(
    ("p", "q", "exact"),
    [
        (stats.expon(scale=2), stats.expon(scale=0.5), math.log(0.25) + 4 - 1),
        (stats.cauchy(0, 1), stats.cauchy(1, 1), math.log(5 / 4)),
        (stats.norm(0, 1), stats.laplace(0, 1), math.log(2) - 0.5 * math.log(2 * math.pi * math.e)
         + math.sqrt(2 / math.pi)),
        (stats.uniform(-1, 2), stats.norm(0, 1), 0.5 * math.log(2 * math.pi) + 1 / 6 - LOG2),
        (stats.beta(2, 1), stats.uniform(0, 1), LOG2 - 0.5),
        (stats.chi2(1), stats.chi2(3), 0 - stats.chi2(1).expect(np.log, epsabs=1e-12)),
        # mass outside the support of q, however little
        (stats.norm(0, 1), stats.uniform(-20, 40), math.inf),
        (stats.uniform(0, 1), stats.uniform(0.25, 1), math.inf),
        (stats.uniform(0, 3), Mixture([0.5, 0.5], [stats.uniform(0, 1), stats.uniform(2, 1)]),
         math.inf),
        # the integral diverges
        (stats.cauchy(0, 1), stats.norm(0, 1), math.inf),
    ],
)  # fmt: skip
def test_kl_closed_forms(p, q, exact):
    assert theory.kl(p, q) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (stats.gamma(0.5), stats.gamma(0.5)),  # infinite densities at 0
        (stats.arcsine(), stats.gamma(0.5)),  # float64 ends 1e-16 before 1: 1e-8 of the mass
        (stats.norm(), stats.invgauss(1.0)),  # scipy's own overflows far out
        (stats.cauchy(), stats.gumbel_r()),
        (stats.truncnorm(-1, 2), stats.skewnorm(4)),
        (stats.pareto(3), stats.lognorm(1)),
    ],
)
def test_laws_of_every_shape(p, q):
    best = theory.value(p, q, theory.optimal_discriminator(p, q))
    assert best == pytest.approx(2 * theory.js(p, q) - LOG4, abs=2e-8)
    assert theory.wasserstein(p, p) == 0 <= theory.wasserstein(p, q)


def test_kl_inside_two_pieces_of_support():
    pieces = Mixture([0.5, 0.5], [stats.uniform(0, 1), stats.uniform(1, 1)])
    assert theory.kl(stats.uniform(0, 2), pieces) == pytest.approx(0, abs=1e-12)
    assert theory.kl(stats.norm(0, 1), Mixture.normal([0.25, 0.75], [0, 0], [1, 1])) == 0


def test_kl_whose_tails_converge_too_slowly_is_refused():
    with pytest.raises(ArithmeticError, match="too heavy"):
        theory.kl(stats.t(2.1), stats.norm(0, 1))


def test_kl_refuses_an_underflowing_density():
    # scipy knows foldnorm's density only, whose log is minus infinity from 39 on
    with pytest.raises(ArithmeticError, match="log q underflows at x = 39"):
        theory.kl(stats.gamma(2025, scale=1 / 45), stats.foldnorm(0.5))


def test_discrete_laws():
    assert theory.kl([0.9, 0.1], [0.5, 0.5]) == pytest.approx(0.368064, abs=5e-7)
    assert theory.kl([0.5, 0.5], [1, 0]) == math.inf
    assert theory.kl([1, 0], [0.5, 0.5]) == pytest.approx(LOG2)
    assert theory.js([1, 0], [0, 1]) == LOG2
    assert theory.js([1, 0], [0.5, 0.5]) == pytest.approx(0.75 * math.log(4 / 3), rel=1e-14)
    assert theory.total_variation([0.2, 0.8], [0.5, 0.5]) == pytest.approx(0.3)
    p, q = Discrete([0, 5], [0.5, 0.5]), Discrete([5, 9], [0.25, 0.75])
    assert theory.total_variation(p, q) == pytest.approx(0.75)
    assert theory.js(Empirical([1, 2, 2, 3]), Discrete([1, 2, 3], [0.25, 0.5, 0.25])) == 0


def test_js_keeps_its_digits_when_tiny():
    p, h = np.full(4, 0.25), np.array([1, -1, 1, -1])
    assert theory.js(p, p + 1e-9 * h) == pytest.approx(1e-18 / 8 * 16, rel=1e-5)
    shifted = theory.js(stats.norm(0, 1), stats.norm(1e-6, 1))
    assert shifted == pytest.approx(1e-12 / 8, rel=1e-6)


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


def test_wasserstein_closed_forms():
    w = theory.wasserstein
    assert w(stats.expon(), stats.expon(scale=0.5)) == pytest.approx(0.5, rel=1e-10)
    assert w(stats.expon(), stats.expon(scale=0.5), order=2) == pytest.approx(0.5**0.5, rel=1e-10)
    assert w(stats.cauchy(0, 1), stats.cauchy(1, 1)) == pytest.approx(1, rel=1e-10)
    assert w(stats.cauchy(0, 1), stats.norm(0, 1)) == math.inf
    assert w(stats.uniform(0, 1), Discrete([0.5], [1])) == pytest.approx(0.25, rel=1e-10)
    assert w(Discrete([0.5], [1]), stats.uniform(0, 1), order=2) == pytest.approx(12**-0.5)
    far = Mixture.normal([0.5, 0.5], [-1000, 1000], [1, 1])
    assert w(far, stats.norm(-1000, 1)) == pytest.approx(1000, rel=1e-9)
    assert w([1, 0, 0], [0, 0, 1], order=3) == pytest.approx(2)


@pytest.mark.parametrize("order", [1, 1.5, 2, 4])
def test_wasserstein_of_samples_is_the_best_assignment(order):
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, 40), rng.exponential(3, 40)
    cost = np.abs(x[:, None] - y[None]) ** order
    rows, columns = linear_sum_assignment(cost)
    exact = cost[rows, columns].mean() ** (1 / order)
    assert theory.wasserstein(Empirical(x), Empirical(y), order) == pytest.approx(exact)


def test_wasserstein_of_weighted_points_agrees_with_scipy():
    rng = np.random.default_rng(1)
    x, y, w, v = rng.normal(0, 1, 9), rng.normal(1, 2, 7), rng.dirichlet(np.ones(9)), None
    v = rng.dirichlet(np.ones(7))
    exact = stats.wasserstein_distance(x, y, w, v)
    assert theory.wasserstein(Discrete(x, w), Discrete(y, v)) == pytest.approx(exact)


def test_wasserstein_between_a_sample_and_its_density():
    x = np.sort(np.random.default_rng(2).normal(0, 1, 300))
    # The k-th point takes the mass between two quantiles z; moments of the cut normal law.
    z = stats.norm.ppf(np.arange(301) / 300)
    phi, z_phi = stats.norm.pdf(z), np.where(np.isinf(z), 0, z) * stats.norm.pdf(z)
    second = x**2 / 300 + 2 * x * np.diff(phi) + 1 / 300 - np.diff(z_phi)
    found = theory.wasserstein(Empirical(x), stats.norm(0, 1), order=2)
    assert found == pytest.approx(math.sqrt(second.sum()), rel=1e-9)
    steps = (np.arange(300_000) + 0.5) / 300_000
    first = np.mean(np.abs(np.repeat(x, 1000) - stats.norm.ppf(steps)))
    assert theory.wasserstein(Empirical(x), stats.norm(0, 1)) == pytest.approx(first, rel=1e-4)


class Normal(stats.rv_continuous):
    """A user's own law; scipy then has no accurate upper tail of it."""

    def _pdf(self, x):
        return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)

    def _cdf(self, x):
        return ndtr(x)

    def _ppf(self, q):
        return stats.norm.ppf(q)


class Doubled(Normal):
    """A density that integrates to two."""

    def _pdf(self, x):
        return 2 * super()._pdf(x)


def test_a_users_own_law():
    mine, shifted = Normal(name="mine")(), stats.norm(3, 1)
    assert theory.js(mine, shifted) == pytest.approx(normal_js((0, 1), (3, 1)), abs=1e-10)
    assert theory.kl(mine, shifted) == pytest.approx(4.5, rel=1e-9)
    assert theory.wasserstein(mine, shifted, order=2) == pytest.approx(3, rel=1e-9)


NORMAL = stats.norm(0, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.js([0.5, 0.5], NORMAL), "q: got a continuous law.*norm.*discrete p"),
        (lambda: theory.kl(NORMAL, Empirical([1.0])), "q: got a discrete law.*Empirical"),
        (lambda: theory.value(NORMAL, [1.0], lambda x: x), "q: got a discrete law"),
        (lambda: theory.optimal_discriminator([1.0], NORMAL), "q: got a continuous law"),
        (lambda: theory.js([0.5, 0.5], [0.2, 0.3, 0.5]), "q: got 3 probabilities, expected 2"),
        (lambda: theory.js([0.5, 0.6], [0.5, 0.5]), r"p: got a sum of 1\.1"),
        (lambda: theory.kl([0.5, 0.5], [1.5, -0.5]), r"q: got a negative mass -0\.5"),
        (lambda: theory.kl([0.5, math.nan], [0.5, 0.5]), "p: got NaN"),
        (lambda: theory.total_variation([[0.5, 0.5]], [0.5, 0.5]), "q: got 2 prob|p: got shape"),
        (lambda: theory.js([], []), "p: got shape"),
        (lambda: theory.js("normal", NORMAL), "p: got str, accepted are a frozen"),
        (lambda: theory.js(NORMAL, stats.norm), "q: got norm_gen, accepted are"),
        (lambda: theory.js(NORMAL, stats.poisson(3)), "q: got rv_discrete_frozen, accepted"),
        (lambda: theory.js(NORMAL, stats.norm(0, -1)), "q: norm has invalid parameters"),
        (lambda: theory.js(NORMAL, stats.norm(0, math.nan)), "q: norm has invalid parameters"),
        (lambda: theory.js(NORMAL, stats.norm([0, 1], 1)), "weights: got 1 for 2 components"),
        (lambda: theory.js(NORMAL, Doubled()()), "q: the density of .* integrates to 2, exp"),
        (lambda: theory.js(NORMAL, stats.norm(1e17, 1)), "q: norm is narrower than float64"),
        (lambda: theory.js(NORMAL, stats.gamma(0.005)), "q: gamma has mass closer to the end"),
        (lambda: theory.wasserstein(NORMAL, NORMAL, order=0.5), r"order: got 0\.5, expected"),
        (lambda: theory.wasserstein(NORMAL, NORMAL, order=math.inf), "order: got inf"),
        (lambda: theory.wasserstein(NORMAL, NORMAL, order=math.nan), "order: got nan"),
        (lambda: theory.wasserstein(NORMAL, NORMAL, order="two"), "order: got 'two'"),
        (lambda: theory.wasserstein(NORMAL, Empirical([])), "samples: got shape"),
        (lambda: theory.value(NORMAL, NORMAL, 0.5), "d: got float, expected a callable"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: x), "d: returned a value outside"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: x.sum()), "d: returned shape"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: x * math.nan), "d: returned NaN"),
        (lambda: theory.optimal_discriminator(NORMAL, NORMAL)(math.nan), "x: got NaN"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


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


@pytest.mark.parametrize(("power", "exact"), [(-2.0, 1.0), (-1.0, math.inf), (0.5, math.inf)])
def test_tails(power, exact):
    cuts = [(1.0, 1e10), (1.0, 1e15), (1.0, 1e20)]
    edges = 10.0 ** np.arange(21)
    found = integrate_to_tails(lambda x: x**power, edges, cuts, 0.0)
    assert found == pytest.approx(exact, rel=1e-9)
    with pytest.raises(ArithmeticError, match="too heavy"):
        integrate_to_tails(lambda x: x**-1.1, edges, cuts, 0.0)
