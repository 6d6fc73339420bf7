"""f_divergence against closed forms, mpmath and the table of f."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

import theory
from normal_laws import LOG2, LOG4, NORMALS, normal_js, normal_kl, normal_tv
from theory.calculators.convex_functions import F_DIVERGENCES, FDivergence, _check_f

# Nothing overflows or divides by zero unawares, in scipy either.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

NORMAL = stats.norm(0, 1)


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
        (
            gamma,
            folded,
            "kl",
            r"^log q underflows at x = 39\.\d+ inside q's support, where p has mass$",
        ),
        (
            folded,
            gamma,
            "reverse-kl",
            r"^log p underflows at x = 39\.\d+ inside p's support, where q has mass$",
        ),
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


def test_an_f_that_overflows_is_refused_without_a_warning():
    growing = own(name="growing", f=lambda u: np.exp(u) - math.e)
    with pytest.raises(ValueError, match=r"^f: growing is not finite at u = 7"):
        theory.f_divergence([0.5, 0.5], [0.9, 0.1], growing)
