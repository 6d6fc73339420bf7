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
from theory.calculators import features
from theory.calculators.convex_functions import F_DIVERGENCES, FDivergence, _check_f
from theory.calculators.integration import integrate, integrate_to_tails, sign_changes

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

LOG2, LOG4 = math.log(2), math.log(4)
NORMAL = stats.norm(0, 1)

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


def split(mean, std):
    """N(mean, std^2) in two halves, so that it is not recognised as one normal law."""
    return Mixture.normal([0.5, 0.5], [mean, mean], [std, std])


@pytest.mark.parametrize(("p", "q"), NORMALS)
def test_normal_laws_by_quadrature(p, q):
    a, b = split(*p), stats.norm(*q)
    assert theory.kl(a, b) == pytest.approx(normal_kl(p, q), rel=1e-8, abs=1e-12)
    assert theory.kl(b, a) == pytest.approx(normal_kl(q, p), rel=1e-8, abs=1e-12)
    assert theory.wasserstein(a, b) == pytest.approx(normal_w1(p, q), rel=1e-8, abs=1e-14)


def normal_f_divergences(p, q):
    """Closed forms; Pascal Vajda's and Hellinger's are exponentials of a squared distance."""
    (m, s), (n, t) = p, q
    d2, mean2 = (m - n) ** 2, (s**2 + t**2) / 2
    with mp.workdps(40):
        affinity = mp.sqrt(mp.mpf(s) * t / mean2) * mp.exp(-mp.mpf(d2) / (8 * mean2))

        def chi2(d2, s, t):
            gap = 2 * mp.mpf(t) ** 2 - mp.mpf(s) ** 2
            return mp.mpf(t) ** 2 / (s * mp.sqrt(gap)) * mp.exp(d2 / gap) - 1 if gap > 0 else mp.inf

        return {
            "kl": normal_kl(p, q),
            "reverse-kl": normal_kl(q, p),
            "jeffreys": normal_kl(p, q) + normal_kl(q, p),
            "js": normal_js(p, q),
            "gan": 2 * normal_js(p, q) - LOG4,
            "total-variation": normal_tv(p, q),
            "squared-hellinger": float(2 - 2 * affinity),
            "pearson": float(chi2(d2, s, t)),
            "neyman": float(chi2(d2, t, s)),
        }


@pytest.mark.parametrize(
    ("p", "q"), [*NORMALS, ((0, 1), (20, 1)), ((1, 1), (-3, 1.3)), ((0, 1), (11.8, 0.6**0.5))]
)
def test_f_divergences_of_normal_laws(p, q):
    exact = normal_f_divergences(p, q)
    for name, expected in exact.items():
        found = theory.f_divergence(stats.norm(*p), stats.norm(*q), name)
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-9), name
    assert set(exact) == set(F_DIVERGENCES)


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


def test_f_divergences_of_vectors():
    p, q = np.array([0.5, 0.25, 0.25, 0.0]), np.array([0.25, 0.5, 0.0, 0.25])
    exact = {
        "kl": math.inf,
        "reverse-kl": math.inf,
        "jeffreys": math.inf,
        "pearson": math.inf,
        "neyman": math.inf,
        "total-variation": 0.5,
        "squared-hellinger": float(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2)),
        "js": theory.js(p, q),
        "gan": 2 * theory.js(p, q) - LOG4,
    }
    for name, expected in exact.items():
        assert theory.f_divergence(p, q, name) == pytest.approx(expected, rel=1e-14)
    inside = [0.5, 0.5, 0, 0]
    assert theory.f_divergence(inside, p, "kl") == pytest.approx(LOG2 / 2)
    assert theory.f_divergence(inside, p, "pearson") == pytest.approx(0.25 + 0.25)
    assert theory.f_divergence(inside, p, "neyman") == math.inf
    assert theory.f_divergence(p, inside, "reverse-kl") == pytest.approx(LOG2 / 2)
    assert theory.f_divergence(p, inside, "neyman") == pytest.approx(0.5)
    assert theory.f_divergence(p, inside, "jeffreys") == math.inf
    for name in F_DIVERGENCES:
        assert theory.f_divergence(p, p, name) == (-LOG4 if name == "gan" else 0)
    assert theory.f_divergence([1, 0], [0, 1], "gan") == 0
    assert theory.f_divergence([1, 0], [0, 1], "js") == LOG2
    assert theory.f_divergence([1, 0], [0, 1], "squared-hellinger") == 2
    assert theory.f_divergence([1, 0], [0, 1], "total-variation") == 1


@pytest.mark.parametrize("name", [name for name in F_DIVERGENCES if name != "gan"])
def test_the_table_of_f(name):
    row = F_DIVERGENCES[name]
    _check_f(row)
    assert row.name == name
    u = np.exp(np.linspace(-4, 4, 33))
    # f' by differences (its kink aside), f* by search
    h = 1e-6 * u
    difference = (row.f(u + h) - row.f(u - h)) / (2 * h)
    np.testing.assert_allclose(row.slope(u), difference, rtol=1e-6, atol=1e-7)
    assert row.f(np.array([1e-300]))[0] == pytest.approx(row.at_zero, abs=1e-9) or (
        row.at_zero == math.inf and row.f(np.array([1e-300]))[0] > 600
    )
    far = row.f(np.array([1e150]))[0] / 1e150
    assert far == pytest.approx(row.slope_at_infinity, abs=1e-9) or (
        row.slope_at_infinity == math.inf and far > 300
    )
    fine = np.exp(np.linspace(-40, 40, 200_001))
    for t in (-3.0, -2.0, -1.0, -0.6, -0.3, -1e-3, 0.0, 0.2, 0.3, 0.45, 0.9):
        best = np.max(t * fine - row.f(fine))
        conjugate = float(row.conjugate(t))
        if math.isinf(conjugate):
            assert best > 1e10 or t == row.slope_at_infinity
        else:
            assert conjugate == pytest.approx(best, rel=1e-6, abs=1e-7)


def test_conjugates_at_the_ends_of_their_domains():
    def conjugate(name, t):
        return float(F_DIVERGENCES[name].conjugate(t))

    assert conjugate("kl", 1) == 1
    assert conjugate("reverse-kl", -1) == -1
    assert conjugate("reverse-kl", 0) == math.inf
    assert conjugate("js", LOG2 / 2) == math.inf
    assert conjugate("js", 0) == 0
    assert conjugate("total-variation", 0.5) == 0.5
    assert conjugate("total-variation", 0.5000001) == math.inf
    assert conjugate("total-variation", -7) == -0.5
    assert conjugate("squared-hellinger", 1) == math.inf
    assert conjugate("squared-hellinger", 0.5) == 1
    assert conjugate("pearson", -2) == conjugate("pearson", -5) == -1
    assert conjugate("neyman", 1) == 2
    assert conjugate("neyman", 1.0001) == math.inf
    assert conjugate("jeffreys", 0) == 0
    assert conjugate("jeffreys", -1e4) == pytest.approx(-1 - math.log(1e4), abs=2e-3)
    assert conjugate("gan", 0) == math.inf
    assert conjugate("gan", math.log(0.25)) == pytest.approx(-math.log(0.75), rel=1e-15)
    assert F_DIVERGENCES["gan"].f(np.array([0.0, 1.0])).tolist() == [0, -LOG4]
    assert F_DIVERGENCES["gan"].slope(1.0) == -LOG2


def own(**fields):
    """Vincze and Le Cam's divergence, sum (p - q)^2 / (p + q), or a variation of it."""
    fields = {
        "name": "le-cam",
        "f": lambda u: (u - 1) ** 2 / (u + 1),
        "slope": lambda u: 1 - 4 / (u + 1) ** 2,
        "conjugate": lambda t: 4 - t - 4 * np.sqrt(1 - t),
        "at_zero": 1.0,
        "slope_at_infinity": 1.0,
    } | fields
    return FDivergence(**fields)


def test_an_f_of_ones_own():
    p, q = np.array([0.5, 0.25, 0.25, 0.0]), np.array([0.25, 0.5, 0.0, 0.25])
    both = p + q
    exact = float(np.sum((p - q) ** 2 / both))
    assert theory.f_divergence(p, q, own()) == pytest.approx(exact, rel=1e-15)
    assert theory.f_divergence(stats.norm(0, 1), stats.norm(90, 1), own()) == pytest.approx(2)
    a, b = stats.norm(0, 1), stats.norm(1, 2)
    with mp.workdps(25):
        integral = mp.quad(
            lambda x: (mp.npdf(x) - mp.npdf(x, 1, 2)) ** 2 / (mp.npdf(x) + mp.npdf(x, 1, 2)),
            [-25, -8, -2, 0, 1, 4, 9, 25],
        )
    assert theory.f_divergence(a, b, own()) == pytest.approx(float(integral), rel=1e-9)
    # the table's own, without its term
    for name in ("pearson", "neyman", "kl", "jeffreys", "total-variation"):
        row = F_DIVERGENCES[name]
        plain = FDivergence(
            name, row.f, row.slope, row.conjugate, row.at_zero, row.slope_at_infinity
        )
        for pair in ((a, stats.norm(1, 1.2)), ([0.5, 0.5], [0.9, 0.1]), ([1, 0], [0.5, 0.5])):
            expected = theory.f_divergence(*pair, name)
            assert theory.f_divergence(*pair, plain) == pytest.approx(expected, rel=1e-8)
        assert theory.f_divergence([0.5, 0.5], [1, 0], plain) == theory.f_divergence(
            [0.5, 0.5], [1, 0], name
        )


def test_a_ratio_that_leaves_float64_is_refused():
    square = own(name="square", f=lambda u: (u - 1) ** 2, at_zero=1.0, slope_at_infinity=math.inf)
    message = "^p / q leaves float64, and square has no term for that$"
    with pytest.raises(ArithmeticError, match=message):
        theory.f_divergence(stats.norm(0, 1), stats.norm(0, 0.5), square)
    with pytest.raises(ArithmeticError, match=message):
        theory.f_divergence(stats.norm(0, 1), stats.norm(40, 1), square)
    # f may grow faster than the square, so e^-78 of u p is not nothing
    with pytest.raises(ArithmeticError, match=message):
        theory.f_divergence(stats.norm(0, 1), stats.norm(0, 1.9**-0.5), square)
    # where both densities underflow it does not matter
    found = theory.f_divergence(stats.norm(0, 1), stats.norm(0, 1.01), square)
    exact = normal_f_divergences((0, 1), (0, 1.01))["pearson"]
    assert found == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        ("JS", "f: got 'JS', which is no f-divergence; nearest are js"),
        ("hellinger",
         "f: got 'hellinger', which is no f-divergence; nearest are squared-hellinger"),
        ("xyz", "f: got 'xyz', which is no f-divergence; names are kl, reverse-kl, js, "
         "total-variation, squared-hellinger, pearson, neyman, jeffreys, gan"),
        (3, "f: got int, expected a name or a theory.FDivergence"),
        (np.square, "f: got ufunc, expected a name or a theory.FDivergence"),
        (own(f=lambda u: 1.0), "f: le-cam returned shape () for u of shape (281,)"),
        (own(f=lambda u: np.where(u > 2, np.nan, 0)), "f: le-cam is not finite at u = 2.0137"),
        (own(f=lambda u: u), "f: got f(1) = 1 of le-cam, expected 0"),
        (own(f=lambda u: (u - 1) / 2 - 2e-9), "f: got f(1) = -2e-09 of le-cam, expected 0"),
        (own(f=lambda u: -((u - 1) ** 2)), "f: le-cam is not convex near u = 0.000958"),
        (own(f=np.log), "f: le-cam is not convex near u = 0.000958"),
        (own(f=lambda u: np.abs(u - 1) - np.maximum(u - 5, 0)),
         "f: le-cam is not convex near u = 4.95303"),
        (own(at_zero=0.9), "f: got f(0) = 0.9 of le-cam, but f is 0.997268 at u = 0.000911882"),
        (own(at_zero=math.nan), "f: got f(0) = nan of le-cam, but f is"),
        (own(slope_at_infinity=0.5),
         "f: got f'(inf) = 0.5 of le-cam, but f rises by 0.999997 at u = 1096.63"),
        (own(slope_at_infinity=math.nan), "f: got f'(inf) = nan of le-cam, but f rises by"),
    ],
)  # fmt: skip
def test_an_f_that_is_none_is_refused(f, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # the message is compared below
        theory.f_divergence([0.5, 0.5], [0.2, 0.8], f)
    assert str(refusal.value).startswith(message)


def test_f_divergence_refuses_an_underflowing_density():
    gamma, folded = stats.gamma(2025, scale=1 / 45), stats.foldnorm(0.5)
    for p, q, name, message in (
        (gamma, folded, "kl", r"^log q underflows at x = 39\.\d+ inside q's support, where p has"),
        (folded, gamma, "reverse-kl", r"^log p underflows at x = 39\.\d+ inside p's support, wh"),
    ):
        with pytest.raises(ArithmeticError, match=message):
            theory.f_divergence(p, q, name)


def test_f_divergence_sees_supports():
    inner, outer = stats.uniform(0, 1), stats.uniform(-1, 4)
    f = theory.f_divergence
    assert f(inner, outer, "kl") == pytest.approx(LOG4)
    assert f(inner, outer, "pearson") == pytest.approx(3)
    assert f(inner, outer, "reverse-kl") == f(inner, outer, "neyman") == math.inf
    assert f(outer, inner, "kl") == f(outer, inner, "jeffreys") == math.inf
    assert f(outer, inner, "reverse-kl") == pytest.approx(LOG4)
    assert f(outer, inner, "total-variation") == pytest.approx(0.75)
    assert f(outer, inner, "squared-hellinger") == pytest.approx(1)
    assert f(stats.cauchy(), stats.norm(), "pearson") == math.inf
    assert f(stats.cauchy(0), stats.cauchy(1), "pearson") == pytest.approx(0.5, rel=1e-9)
    assert f(stats.expon(), stats.expon(scale=0.6), "pearson") == pytest.approx(0.8, rel=1e-9)
    assert f(stats.expon(), stats.expon(scale=0.4), "pearson") == math.inf
    assert f(stats.expon(scale=0.6), stats.expon(), "neyman") == pytest.approx(0.8, rel=1e-9)
    assert f(stats.pareto(3), stats.pareto(4), "pearson") == pytest.approx(0.125, rel=1e-9)
    assert f(stats.pareto(3), stats.pareto(7), "pearson") == math.inf
    assert f(stats.norm(), stats.norm(0, 0.5), "pearson") == math.inf
    with pytest.raises(ValueError, match="q: got 3 probabilities, expected 2 as in p"):
        f([0.5, 0.5], [0.2, 0.3, 0.5], "kl")


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


# Discriminators that jump.


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
        step = lambda x, place=place: 1.0 + (x > place)  # noqa: E731
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


def test_an_f_of_ones_own_with_kinks():
    # |u - 1| / 2 beyond a flat part: its kinks lie where p / q is 3 or 1/3
    hinge = own(
        name="hinge",
        f=lambda u: np.maximum(np.maximum(u - 3, 1 / 3 - u), 0),
        at_zero=1 / 3,
        slope_at_infinity=1.0,
    )
    # p / q = exp(x - 1/2) between N(1, 1) and N(0, 1)
    low, high = 0.5 - math.log(3), 0.5 + math.log(3)
    cost = (1 - ndtr(high - 1)) - 3 * (1 - ndtr(high)) + ndtr(low) / 3 - ndtr(low - 1)
    found = theory.f_divergence(stats.norm(1, 1), NORMAL, hinge)
    assert found == pytest.approx(cost, abs=1e-10)


# Poles at the ends of a support.


def beta_kl(a, b):
    """KL from beta(a, b) to U(0, 1), and back."""
    with mp.workdps(30):
        logs = [mp.psi(0, c) - mp.psi(0, a + b) for c in (a, b)]
        there = (a - 1) * logs[0] + (b - 1) * logs[1] - mp.log(mp.beta(a, b))
        return float(there), float(mp.log(mp.beta(a, b)) + (a - 1) + (b - 1))


@pytest.mark.parametrize(("loc", "scale"), [(0, 1), (1, 1), (-1, 1), (3, 2), (0, 7)])
@pytest.mark.parametrize(("a", "b"), [(0.45, 0.45), (2, 0.48), (0.48, 2), (0.7, 0.6)])
def test_poles_at_either_end(a, b, loc, scale):
    p, u = stats.beta(a, b, loc, scale), stats.uniform(loc, scale)
    there, back = beta_kl(a, b)
    assert theory.kl(p, u) == pytest.approx(there, abs=1e-11)
    if (a, b, loc) != (0.48, 2, -1):  # there scipy's density underflows at 0
        assert theory.kl(u, p) == pytest.approx(back, abs=1e-11)
    with mp.workdps(30):
        affinity = mp.beta((a + 1) / mp.mpf(2), (b + 1) / mp.mpf(2)) / mp.sqrt(mp.beta(a, b))
    found = theory.f_divergence(p, u, "squared-hellinger")
    assert found == pytest.approx(float(2 - 2 * affinity), abs=1e-11)
    best = theory.value(p, u, theory.optimal_discriminator(p, u))
    assert best == pytest.approx(2 * theory.js(p, u) - LOG4, abs=1e-11)


def test_other_poles():
    # x = 1 - t of powerlaw at t, by symmetry; moved laws; mixtures
    arcsine = theory.kl(stats.arcsine(), stats.uniform())
    assert arcsine == pytest.approx(beta_kl(0.5, 0.5)[0], abs=1e-11)
    assert theory.kl(stats.gamma(0.5, 1), stats.gamma(0.7, 1)) == pytest.approx(
        theory.kl(stats.gamma(0.5), stats.gamma(0.7)), abs=1e-11
    )
    assert theory.kl(stats.beta(0.45, 0.6, 1), stats.beta(0.6, 0.45, 1)) == pytest.approx(
        theory.kl(stats.beta(0.6, 0.45), stats.beta(0.45, 0.6)), abs=1e-11
    )
    p, moved = (
        Mixture([0.5, 0.5], [stats.beta([0.45], 0.45, loc), stats.uniform(loc, 1)])
        for loc in (0, 1)
    )
    there = theory.kl(moved, stats.uniform(1, 1))
    assert there == pytest.approx(theory.kl(p, stats.uniform()), abs=1e-11)
    assert there == pytest.approx(0.1154663265309, abs=1e-12)


def test_a_pole_that_cannot_be_told_by_the_distance():
    # genextreme's is t^-0.55 exp(-t^0.45), which is no power times a polynomial
    p = Mixture([0.5, 0.5], [stats.genextreme(2.2), stats.beta(0.45, 0.45, 0, 1 / 2.2)])
    q = Mixture([0.5, 0.5], [stats.genextreme(2.2), stats.uniform(0, 1 / 2.2)])
    moved = Mixture([0.5, 0.5], [stats.genextreme(2.2, -1), stats.beta(0.45, 0.45, -1, 1 / 2.2)])
    other = Mixture([0.5, 0.5], [stats.genextreme(2.2, -1), stats.uniform(-1, 1 / 2.2)])
    assert theory.js(p, q) == pytest.approx(theory.js(moved, other), abs=1e-6)
    assert theory.total_variation(p, q) == pytest.approx(
        theory.total_variation(stats.beta(0.45, 0.45), stats.uniform()) / 2, abs=1e-6
    )


def test_pieces_of_d_under_either_law():
    p, q = NORMAL, stats.norm(50, 1)
    for place in (-0.2, 49.7, 51.3):
        found = theory.value(p, q, jumping(place), edges=[])
        assert found == pytest.approx(value_of_jumping(p, q, place), abs=1e-6)
        assert theory.value(q, p, jumping(place, inside=0.01)) == pytest.approx(found, abs=1e-6)


# Several dimensions.

SPACE = stats.multivariate_normal


def test_normal_laws_in_several_dimensions():
    # independent coordinates: divergences add up, affinities multiply
    p, q = SPACE([0, 1], np.diag([4, 9.0])), SPACE([3, 5], np.diag([1, 16.0]))
    sides = [(stats.norm(0, 2), stats.norm(3, 1)), (stats.norm(1, 3), stats.norm(5, 4))]
    for name in ("kl", "reverse-kl", "jeffreys"):
        exact = sum(theory.f_divergence(*pair, name) for pair in sides)
        assert theory.f_divergence(p, q, name) == pytest.approx(exact, rel=1e-12)
    assert theory.kl(p, q) == pytest.approx(sum(theory.kl(*pair) for pair in sides), rel=1e-14)
    affinity = math.prod(1 - theory.f_divergence(*pair, "squared-hellinger") / 2 for pair in sides)
    found = theory.f_divergence(p, q, "squared-hellinger")
    assert found == pytest.approx(2 - 2 * affinity, rel=1e-12)
    # rotated together nothing changes
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    r, s = (SPACE(turn @ law.mean, turn @ law.cov @ turn.T) for law in (p, q))
    assert theory.kl(r, s) == pytest.approx(theory.kl(p, q), rel=1e-12)
    assert theory.kl(p, p) == theory.f_divergence(p, p, "squared-hellinger") == 0
    assert theory.kl(SPACE(0, 4), stats.norm(1, 2)) == 0.125
    near = SPACE([0, 1], np.diag([4 * (1 + 1e-9), 9]))
    assert theory.kl(near, p) == pytest.approx(1e-18 / 4, rel=1e-6)


def test_total_variation_in_several_dimensions():
    covariance = [[2, 0.5], [0.5, 1]]
    p, q = SPACE([0, 0], covariance), SPACE([1, -1], covariance)
    r = math.sqrt(np.array([1, -1]) @ np.linalg.inv(covariance) @ [1, -1])
    exact = theory.total_variation(stats.norm(0, 1), stats.norm(r, 1))
    assert theory.total_variation(p, q) == pytest.approx(exact, rel=1e-12)
    assert theory.f_divergence(p, q, "total-variation") == theory.total_variation(p, q)


def test_the_best_discriminator_in_several_dimensions():
    p, q = SPACE([0, 1], [[2, 0.3], [0.3, 1]]), SPACE([1, 1], [[1, -0.2], [-0.2, 3]])
    x = np.random.default_rng(0).normal(size=(4, 5, 2))
    best = theory.optimal_discriminator(p, q)
    np.testing.assert_allclose(best(x), p.pdf(x) / (p.pdf(x) + q.pdf(x)), rtol=1e-12)
    np.testing.assert_allclose(best.logit(x), p.logpdf(x) - q.logpdf(x), rtol=1e-9, atol=1e-12)


def test_samples_in_several_dimensions():
    p, q = Empirical([[0, 0], [1, 1], [1, 1], [2, 0]]), Empirical([[1, 1], [5, 5]])
    assert p.dimension == 2
    np.testing.assert_array_equal(p.points, [[0, 0], [1, 1], [2, 0]])
    np.testing.assert_array_equal(p.weights, [0.25, 0.5, 0.25])
    np.testing.assert_array_equal(p.pmf([[1, 1], [0, 1]]), [0.5, 0])
    flat_p, flat_q = [0.25, 0.5, 0.25, 0], [0, 0.5, 0, 0.5]
    for name in F_DIVERGENCES:
        assert theory.f_divergence(p, q, name) == theory.f_divergence(flat_p, flat_q, name)
    assert theory.total_variation(p, q) == 0.5
    assert theory.js(p, q) == theory.js(flat_p, flat_q)
    assert theory.kl(q, p) == math.inf
    best = theory.optimal_discriminator(p, q)
    np.testing.assert_array_equal(best([[1, 1], [5, 5], [2, 0]]), [0.5, 0, 1])
    assert theory.value(p, q, best) == pytest.approx(2 * theory.js(p, q) - LOG4)
    asked = []
    theory.value(p, q, lambda x: (asked.append(x), np.full(len(x), 0.5))[1])
    assert asked[0].tolist() == [[0, 0], [1, 1], [2, 0], [5, 5]]
    assert Empirical([[1.0], [2.0]]).dimension == 1  # a column lies on the line
    assert p.rvs(5, random_state=0).shape == (5, 2)


def test_a_vector_against_a_law_on_points():
    assert theory.total_variation([0.5, 0.5], Discrete([0, 1, 2], [0.5, 0.25, 0.25])) == 0.25
    assert theory.total_variation(Empirical([0, 1]), [0.5, 0.25, 0.25]) == 0.25


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
        assert theory.js(p, q) == pytest.approx(float(exact), rel=1e-9, abs=1e-24)


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
