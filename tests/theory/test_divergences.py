"""kl, js and total_variation against closed forms and mpmath; what is refused."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

import theory
from normal_laws import LOG2, LOG4, NORMALS, normal_js, normal_kl, normal_tv, normal_w1
from theory import Discrete, Discriminator, Empirical, Mixture
from theory.calculators.convex_functions import F_DIVERGENCES

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

NORMAL = stats.norm(0, 1)
SPACE = stats.multivariate_normal


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


def split(mean, std):
    """N(mean, std^2) in two halves, so that it is not recognised as one normal law."""
    return Mixture.normal([0.5, 0.5], [mean, mean], [std, std])


@pytest.mark.parametrize(("p", "q"), NORMALS)
def test_normal_laws_by_quadrature(p, q):
    a, b = split(*p), stats.norm(*q)
    assert theory.kl(a, b) == pytest.approx(normal_kl(p, q), rel=1e-8, abs=1e-12)
    assert theory.kl(b, a) == pytest.approx(normal_kl(q, p), rel=1e-8, abs=1e-12)
    assert theory.wasserstein(a, b) == pytest.approx(normal_w1(p, q), rel=1e-8, abs=1e-14)


def test_tiny_weights_and_far_components_are_not_lost():
    p = Mixture.normal([1 - 1e-12, 1e-12], [0, 1000], [1, 1e-3])
    q = Mixture.normal([1 - 1e-9, 1e-9], [0, 1000], [1, 1e-3])
    # the components do not meet: two points of mass
    weights = [[1 - 1e-12, 1e-12], [1 - 1e-9, 1e-9]]
    for distance in (theory.kl, theory.js, theory.total_variation):
        assert distance(p, q) == pytest.approx(distance(*weights), rel=1e-6)
        assert distance(q, p) == pytest.approx(distance(*weights[::-1]), rel=1e-6)
    for name in F_DIVERGENCES:
        expected = theory.f_divergence(*weights, name)
        assert theory.f_divergence(p, q, name) == pytest.approx(expected, rel=1e-5, abs=1e-15)
    assert theory.wasserstein(p, q) == pytest.approx(1000 * (1e-9 - 1e-12), rel=1e-8)
    second = math.sqrt(1000**2 * (1e-9 - 1e-12))
    assert theory.wasserstein(p, q, order=2) == pytest.approx(second, rel=1e-2)


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


def test_kl_whose_tails_are_heavy():
    # E x^2 = 2.1 / 0.1, of which 1e-2 lies beyond the 1e-20 quantile
    exact = 0.5 * math.log(2 * math.pi) + 21 / 2 - float(stats.t(2.1).entropy())
    assert theory.kl(stats.t(2.1), stats.norm(0, 1)) == pytest.approx(exact, rel=1e-8)
    assert theory.kl(stats.t(2), stats.norm(0, 1)) == math.inf
    exact = math.log(1 / 1.9) + 0.9
    assert theory.kl(stats.pareto(1), stats.pareto(1.9)) == pytest.approx(exact, rel=1e-12)
    # x^-1.1 falls too slowly for cuts at 1e30, x^-1.01 for those at 1e300
    chi = theory.f_divergence(stats.pareto(1), stats.pareto(1.9), "pearson")
    assert chi == pytest.approx(10 / 1.9 - 1, rel=1e-9)
    assert theory.f_divergence(stats.pareto(1.9), stats.pareto(1), "neyman") == pytest.approx(chi)
    assert theory.f_divergence(stats.pareto(1), stats.pareto(2), "pearson") == math.inf
    with pytest.raises(ArithmeticError, match=r"^the tails are too heavy: the integral converges"):
        theory.f_divergence(stats.pareto(1), stats.pareto(1.99), "pearson")


def test_kl_refuses_an_underflowing_density():
    # scipy knows foldnorm's density only, whose log is minus infinity from 39 on
    with pytest.raises(ArithmeticError, match="log q underflows at x = 39"):
        theory.kl(stats.gamma(2025, scale=1 / 45), stats.foldnorm(0.5))


def test_a_pareto_law_far_out():
    # scipy takes the logarithm of a density that underflows where x^(b + 1) overflows
    for name, law in (("kl", stats.pareto(0.1)), ("kl", stats.pareto(0.1, 3, 2))):
        other = stats.pareto(0.12, *law.args[1:])
        exact = math.log(5 / 6) + 6 / 5 - 1
        assert theory.f_divergence(law, other, name) == pytest.approx(exact, rel=1e-8)
        assert theory.kl(law, other) == pytest.approx(exact, rel=1e-8)
    law = Mixture([1], [stats.pareto(2, 1, 3)])
    x = np.array([3.9, 4.0, 4.1, 1e3, 1e200])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(law.logpdf(x)[:4], stats.pareto(2, 1, 3).logpdf(x[:4]))
    assert law.logpdf(x)[4] == pytest.approx(math.log(2 / 3) - 3 * math.log(1e200 / 3))


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


def test_certified_values_are_asked_of_theory_certified(monkeypatch):
    from theory.calculators import certified

    p, q = stats.norm(0, 1), stats.norm(1, 2)
    for name in ("kl", "js", "total_variation"):
        calculate = getattr(theory, name)
        monkeypatch.setattr(certified, name, lambda p, q, name=name: (name, p, q))
        assert calculate(p, q, certified=True) == (name, p, q)
        assert isinstance(calculate(p, q, certified=False), float)
    monkeypatch.setattr(certified, "value", lambda p, q, d: ("value", p, q, d))
    best = theory.optimal_discriminator(p, q)
    assert theory.value(p, q, best, certified=True) == ("value", p, q, best)
    assert theory.value(p, q, best, certified=False) < 0


def test_certified_balls_hold_the_numbers():
    p, q = stats.norm(0, 1), stats.norm(1, 2)
    best = theory.optimal_discriminator(p, q)
    for found, ball in (
        (theory.kl(p, q), theory.kl(p, q, certified=True)),
        (theory.js(p, q), theory.js(p, q, certified=True)),
        (theory.value(p, q, best), theory.value(p, q, best, certified=True)),
    ):
        assert found == pytest.approx(float(ball.mid()), rel=1e-12)
        assert float(ball.rad()) < 1e-19
    with pytest.raises(ValueError, match=r"^d: got function, expected "):
        theory.value(p, q, lambda x: x, certified=True)


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


class Far(Normal):
    """Its quartiles are infinite, its outermost quantiles are not."""

    def _ppf(self, q):
        return np.where(np.abs(np.abs(q - 0.5) - 0.25) < 0.1, np.inf, stats.norm.ppf(q))


class Torn(Normal):
    """Its outermost quantiles are none."""

    def _ppf(self, q):
        return np.where(np.minimum(q, 1 - q) < 1e-9, np.nan, stats.norm.ppf(q))


@pytest.mark.parametrize("family", [Far, Torn])
def test_a_users_own_law_whose_quantiles_are_no_numbers(family):
    message = "^q: mine has invalid parameters: its quantiles are not finite$"
    with pytest.raises(ValueError, match=message):
        theory.js(NORMAL, family(name="mine")())


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.js([0.5, 0.5], NORMAL),
         "q: got a continuous law (scipy.stats norm) with a discrete p (list), expected both "
         "discrete or both continuous; only theory.wasserstein compares the two kinds"),
        (lambda: theory.kl(Mixture([1], [NORMAL]), Empirical([1.0])),
         "q: got a discrete law (Empirical) with a continuous p (Mixture), expected both "
         "discrete or both continuous; only theory.wasserstein compares the two kinds"),
        (lambda: theory.js([0.5, 0.5], (0.2, 0.3, 0.5)),
         "q: got 3 probabilities, expected 2 as in p"),
        (lambda: theory.js(np.array([0.5, 0.5]), [1.0]),
         "q: got 1 probabilities, expected 2 as in p"),
        (lambda: theory.value(NORMAL, NORMAL, 0.5),
         "d: got float, expected a callable from x to D(x)"),
        (lambda: theory.value([1.0], [1.0], lambda x: x + 1.5),
         "d: returned a value outside [0, 1], expected probabilities"),
        (lambda: theory.value([1.0], [1.0], lambda x: x - 1e-9),
         "d: returned a value outside [0, 1], expected probabilities"),
        (lambda: theory.value([0.5, 0.5], [1, 0], lambda x: x[:1]),
         "d: returned shape (1,) for x of shape (2,)"),
        (lambda: theory.value([0.5, 0.5], [1, 0], lambda x: np.where(x > 0, np.nan, 0.5)),
         "d: returned NaN at x = 1"),
        (lambda: theory.value([0.5, 0.5], [1, 0], Discriminator(lambda x: x * math.nan)),
         "d.logit: returned NaN at x = 0"),
        (lambda: theory.optimal_discriminator([1.0], [1.0])([0, math.nan]),
         "x: got NaN, expected numbers"),
        (lambda: theory.optimal_discriminator(NORMAL, NORMAL)("a"),
         "x: got 'a', expected numbers"),
        (lambda: theory.optimal_discriminator(NORMAL, NORMAL).logit([[1], [2, 3]]),
         "x: got list, expected numbers"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: "a"), "d: returned str, expected numbers"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: x, edges="a"),
         "edges: got no array of numbers, expected places where D jumps"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: x, edges=3.0),
         "edges: got shape (), expected a vector of finite numbers"),
        (lambda: theory.value(NORMAL, NORMAL, lambda x: x, edges=[math.inf]),
         "edges: got NaN or infinity, expected a vector of finite numbers"),
        (lambda: theory.kl(stats.norm(0, 1e-310), NORMAL),
         "p: norm is narrower than 1e-300: its density is too large for float64"),
        (lambda: theory.js(SPACE([0, 0]), SPACE([1, 0])),
         "p: got a normal law in 2 dimensions, where js has no closed form, expected laws on the "
         "line, or discrete laws"),
        (lambda: theory.total_variation(SPACE([0, 0]), SPACE([1, 0], [1, 2])),
         "q: got a normal law in several dimensions with another covariance than p, expected the "
         "same: only then total_variation has a closed form"),
        (lambda: theory.f_divergence(SPACE([0, 0]), SPACE([1, 0]), "pearson"),
         "f: got 'pearson' of normal laws in several dimensions, where it has no closed form, "
         "expected one of kl, reverse-kl, jeffreys, squared-hellinger"),
        (lambda: theory.kl(SPACE([0, 0]), SPACE([0, 0, 0])),
         "q: got 3 dimensions, expected 2 as of p"),
        (lambda: theory.kl(NORMAL, SPACE([0, 0])), "q: got 2 dimensions, expected 1 as of p"),
        (lambda: theory.kl(SPACE([0, 0], [[1, 1], [1, 1]], allow_singular=True), SPACE([0, 0])),
         "p: got a covariance that is not positive definite, expected a density"),
        (lambda: theory.optimal_discriminator(SPACE([0, 0]), SPACE([1, 0]))([1, 2, 3]),
         "x: got shape (3,), expected (..., 2)"),
        (lambda: theory.kl(SPACE([0, 0]), SPACE([1, 0]), certified=True),
         "p: got a law in 2 dimensions, expected the line"),
        (lambda: Empirical([[0, 1]]).cdf(0), "cdf: got a law in 2 dimensions, expected the line"),
    ],
)  # fmt: skip
def test_refusals_word_for_word(call, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is compared below
        call()
    assert str(refusal.value) == message


@pytest.mark.parametrize("seed", range(3))
def test_densities_with_many_jumps(seed):
    # a histogram of 300 bins of very different heights: jumps between the quantiles
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rng.exponential(size=301))
    a, b = rng.dirichlet(np.full(300, 0.5), size=2)
    p, q = (stats.rv_histogram((w / w.sum(), edges), density=False)() for w in (a, b))
    for name in ("kl", "reverse-kl", "js", "total-variation", "squared-hellinger"):
        exact = theory.f_divergence(a, b, name)
        assert theory.f_divergence(p, q, name) == pytest.approx(exact, rel=1e-6), name
    assert theory.js(p, q) == pytest.approx(theory.js(a, b), rel=1e-6)
    assert theory.kl(p, q) == pytest.approx(theory.kl(a, b), rel=1e-6)
    assert theory.total_variation(p, q) == pytest.approx(theory.total_variation(a, b), rel=1e-6)


class Spiked(stats.rv_continuous):
    """A normal density with a narrow spike at 0.3, which its quantiles do not tell."""

    def _pdf(self, x):
        spike = np.where(np.abs(x - 0.3) < 0.002, 0.01 / 0.004, 0.0)
        return 0.99 * stats.norm.pdf(x) + spike

    def _cdf(self, x):
        return 0.99 * ndtr(x) + 0.01 * np.clip((x - 0.298) / 0.004, 0, 1)

    def _ppf(self, q):
        return stats.norm.ppf(q)  # about


def test_a_density_with_a_narrow_spike():
    spiked = Spiked(name="spiked")()
    # by the masses of the spike's piece and of its complement
    height = 0.99 * stats.norm.pdf(0.3) + 2.5
    inside = math.log(height / stats.norm.pdf(0.3))
    part = stats.norm.cdf(0.302) - stats.norm.cdf(0.298)
    exact = (0.99 * part + 0.01) * inside + 0.99 * (1 - part) * math.log(0.99)
    assert theory.kl(spiked, NORMAL) == pytest.approx(exact, abs=1e-7)
    assert theory.total_variation(spiked, NORMAL) == pytest.approx(0.01 * (1 - part), abs=1e-7)


def test_a_vector_against_a_law_on_points():
    assert theory.total_variation([0.5, 0.5], Discrete([0, 1, 2], [0.5, 0.25, 0.25])) == 0.25
    assert theory.total_variation(Empirical([0, 1]), [0.5, 0.25, 0.25]) == 0.25


def test_js_near_and_far_uses_the_same_number():
    # either side of where the series takes over: t^2 = 2e-3
    for t in (1e-6, 0.02, 0.0447, 0.04472, 0.04473, 0.05, 0.5, 0.999):
        p, q = [(1 + t) / 2, (1 - t) / 2], [(1 - t) / 2, (1 + t) / 2]
        with mp.workdps(40):
            up, down = [mp.mpf(x) for x in p], [mp.mpf(x) for x in q]
            exact = sum(
                (a * mp.log(2 * a / (a + b)) + b * mp.log(2 * b / (a + b))) / 2
                for a, b in zip(up, down, strict=True)
            )
        digits = 1e-11 if t > 1e-3 else 1e-9  # of log p - log q, which is 2 t
        assert theory.js(p, q) == pytest.approx(float(exact), rel=digits, abs=1e-24)


@pytest.mark.parametrize("law", [Discrete([0, 1], [0.5, 0.5]), Mixture([1], [stats.gamma(2)])])
@pytest.mark.parametrize("name", ["cdf", "sf", "ppf", "isf"])
def test_what_a_law_is_asked_for_has_a_name(law, name):
    argument = "u" if name in ("ppf", "isf") else "x"
    with pytest.raises(ValueError, match=f"^{argument}: got 'a', expected numbers$"):
        getattr(law, name)("a")
