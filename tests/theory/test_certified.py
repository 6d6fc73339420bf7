"""Certified integrals: each ball against closed forms, mpmath and the ordinary calculators."""

import time
from itertools import pairwise
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from scipy import stats

import theory
from theory import Mixture
from theory.calculators import certified, certified_logs
from theory.calculators.certified_logs import Logs
from theory.calculators.convex_functions import F_DIVERGENCES

N, M = stats.norm, Mixture.normal

PAIRS = {
    "shift": (N(0, 1), N(2, 1)),
    "scale": (N(0, 1), N(1, 2)),
    "far apart": (N(0, 1), N(30, 1)),
    "wide": (N(0, 1), N(0, 1e4)),
    "modes": (M([0.5, 0.5], [-3, 3], 0.5), N(0.3, 2)),
    "mixtures": (M([0.3, 0.7], [-3, 3], 0.5), M([0.6, 0.3, 0.1], [-3, 3, 0], [0.6, 0.4, 1])),
    "tiny weight": (M([1, 1e-300], [0, 100], 1), M([0.5, 0.5], [0, 20], [1, 3])),
    "mixed scales": (M([0.5, 0.5], [0, 1], 1e4), M([0.5, 0.5], [0, 1], 1)),
}
MEASURES = ("kl", "js", "total_variation", "wasserstein")

pairs = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


def ball(number) -> flint.arb:
    """A 40-digit number of mpmath as a ball of radius 1e-35."""
    with flint.ctx.workprec(200):
        return flint.arb(mpmath.nstr(number, 45), 1e-35)


def best(p, q):
    return certified.value(p, q, theory.optimal_discriminator(p, q))


def radius_is_kept(number: flint.arb) -> bool:
    return number.is_finite() and number.rad() <= certified.RADIUS * max(1, abs(float(number)))


@pytest.mark.parametrize("measure", MEASURES)
@pairs
def test_radius_is_kept_and_the_calculator_agrees(measure, pair):
    number = getattr(certified, measure)(*pair)
    assert radius_is_kept(number)
    ordinary = getattr(theory, measure)(*pair)
    assert float(number) == pytest.approx(ordinary, rel=1e-12, abs=1e-12)


@pairs
def test_value_of_the_best_discriminator_is_js(pair):
    with flint.ctx.workprec(200):
        number, distance = best(*pair), certified.js(*pair)
        assert radius_is_kept(number)
        assert number.overlaps(2 * distance - flint.arb(4).log())


@pairs
def test_symmetric_where_the_distance_is(pair):
    p, q = pair
    for measure in (certified.js, certified.total_variation, certified.wasserstein):
        assert measure(p, q).overlaps(measure(q, p))


@pytest.mark.parametrize("measure", MEASURES)
def test_equal_laws_are_at_distance_zero(measure):
    p = M([0.25, 0.75], [0, 1], [1, 2])
    q = Mixture([0.25, 0.25, 0.5], [N(0, 1), N(loc=1, scale=2), N(1, 2)])
    number = getattr(certified, measure)(p, q)
    assert number.contains(0)
    assert number.rad() < 1e-22


@pytest.mark.parametrize(("middle", "radius", "height"), [(0.5, 2.0, 0.3), (4.0, 1.0, 0.0)])
def test_exponents_on_a_box_lie_between_their_bounds(middle, radius, height):
    law = certified._law(M([0.2, 0.3, 0.5], [-2, 0, 3], [0.4, 0.5, 1]), "p")
    logs = Logs([law])
    ball = flint.acb(flint.arb(middle, radius), flint.arb(0, height))
    inside, most, least = logs.at(ball).sizes
    corners = middle + radius * np.linspace(-1, 1, 41)[:, None] + 1j * height * np.array([[0, 1]])
    for k in range(3):
        exponents = (-((corners - logs.means[k]) ** 2) / (2 * logs.stds[k] ** 2)).real
        assert least[k] <= exponents.min() <= exponents.max() <= most[k]
        assert exponents.min() == pytest.approx(least[k], rel=1e-6)
        assert exponents.max() == pytest.approx(most[k], rel=0.02, abs=1e-6)
        assert inside[k] == -((middle - logs.means[k]) ** 2) / (2 * logs.stds[k] ** 2)


@pytest.mark.parametrize("name", theory.F_DIVERGENCES)
@pytest.mark.parametrize("pair", ["shift", "scale", "modes", "mixtures"])
def test_f_divergences(name, pair):
    p, q = PAIRS[pair]
    if name in ("pearson", "neyman") and pair in ("modes", "mixtures"):
        with pytest.raises(
            ValueError, match=f"^f: got '{name}' of mixtures with certified=True, expected normal"
        ):
            theory.f_divergence(p, q, name, certified=True)
        return
    number = theory.f_divergence(p, q, name, certified=True)
    ordinary = theory.f_divergence(p, q, name)
    if ordinary == float("inf"):
        assert number == flint.arb.pos_inf()
        return
    assert radius_is_kept(number)
    assert float(number) == pytest.approx(ordinary, rel=1e-10, abs=1e-12)


def test_f_divergences_in_closed_form():
    with mpmath.workdps(50):
        p, q = N(1, 1.5), N(-1, 2)
        s, t, d = mpmath.mpf(1.5), mpmath.mpf(2), mpmath.mpf(2)
        v = 2 * t**2 - s**2
        pearson = t**2 / (s * mpmath.sqrt(v)) * mpmath.exp(d**2 / v) - 1
        found = theory.f_divergence(p, q, "pearson", certified=True)
        assert found.overlaps(ball(pearson))
        assert theory.f_divergence(q, p, "neyman", certified=True).overlaps(ball(pearson))
        mean = (s**2 + t**2) / 2
        affinity = mpmath.sqrt(s * t / mean) * mpmath.exp(-(d**2) / (8 * mean))
        hellinger = theory.f_divergence(p, q, "squared-hellinger", certified=True)
        assert hellinger.overlaps(ball(2 - 2 * affinity))
    assert theory.f_divergence(N(0, 1), N(0, 0.5), "pearson", certified=True) == flint.arb.pos_inf()
    # exactly at the bound s^2 = 2 t^2, which no pair of floats reaches but 0 < v
    assert theory.f_divergence(N(0, 1.4), N(0, 1), "pearson", certified=True).is_finite()


def test_f_divergences_of_ones_own_are_not_certified():
    row = theory.F_DIVERGENCES["kl"]
    mine = theory.FDivergence("mine", row.f, row.slope, row.conjugate, 0.0, float("inf"))
    message = "^f: got mine, expected a name with certified=True$"
    with pytest.raises(ValueError, match=message):
        theory.f_divergence(N(0, 1), N(1, 1), mine, certified=True)
    same = theory.f_divergence(N(0, 1), N(1, 1), row, certified=True)
    assert float(same) == pytest.approx(0.5, rel=1e-15)
    with pytest.raises(ValueError, match="expected normal laws and their mixtures"):
        theory.f_divergence(N(0, 1), stats.gamma(2), "squared-hellinger", certified=True)


@pytest.mark.parametrize("measure", MEASURES)
def test_many_components_take_seconds(measure):
    rng = np.random.default_rng(0)
    p, q = (
        M(rng.dirichlet(np.ones(30)), rng.normal(0, 5, 30), rng.uniform(0.1, 1, 30))
        for _ in range(2)
    )
    if measure in ("kl", "js"):  # a part of them
        p, q = (M(np.full(6, 1 / 6), np.linspace(-9, 9, 6) + k / 5, 0.3) for k in (0, 1))
    start = time.process_time()
    number = getattr(certified, measure)(p, q)
    assert time.process_time() - start < 4  # 1.2 s where it took 4 to 16
    assert radius_is_kept(number)
    assert float(number) == pytest.approx(getattr(theory, measure)(p, q), rel=1e-12)


@pytest.mark.parametrize("integrated", [False, True])
def test_components_that_are_negligible_on_a_box_are_bounded(integrated):
    difference = certified._difference(M([0.5, 0.5], [-9, 0], [0.5, 1]), N(8, 0.25))
    with flint.ctx.workprec(1000):
        nearest = certified._Nearest(difference, integrated)
        those, rest = nearest.on(flint.arb(0.1, 0.5))
        assert [float(difference[k].mean) for k in those] == [0]
        left_out = [c for k, c in enumerate(difference) if k not in those]
        for x in (-0.4, 0.1, 0.59):
            if integrated:
                true = certified._distribution(left_out, flint.arb(x))
            else:
                true = flint.arb(0)
                for h, m, c in certified._heights(left_out):
                    true += h * ((flint.arb(x) - m) ** 2 * c).exp()
            assert rest.contains(true)
        assert 0 < rest.rad() < 1e-20
        everything, nothing = nearest.on(flint.arb(0, 100))
        assert len(everything) == 3
        assert nothing.contains(0)


def test_js_of_shifted_normals():
    known = flint.arb("0.33683082034683161200480", "1e-22")
    assert certified.js(N(0, 1), N(2, 1)).overlaps(known)


@pytest.mark.parametrize(("m", "s"), [(2.0, 1.0), (-1.5, 3.0), (30.0, 0.25)])
def test_closed_forms(m, s):
    p, q = N(0, 1), N(m, s)
    with mpmath.workdps(50):
        m, s = mpmath.mpf(m), mpmath.mpf(s)
        kl = mpmath.log(s) + (1 + m * m) / (2 * s * s) - mpmath.mpf(1) / 2
        assert certified.kl(p, q).overlaps(ball(kl))
        move = m
        if s == 1:
            variation = mpmath.erf(m / mpmath.sqrt(8))
            assert certified.total_variation(p, q).overlaps(ball(variation))
        else:  # the monotone coupling moves Z by m + (s - 1) Z
            r = abs(s - 1)
            move = r * mpmath.sqrt(2 / mpmath.pi) * mpmath.exp(-m * m / (2 * r * r))
            move += m * mpmath.erf(m / (r * mpmath.sqrt(2)))
        assert certified.wasserstein(p, q).overlaps(ball(move))


@pytest.mark.parametrize("name", ["scale", "modes"])
def test_against_quadrature_with_40_digits(name):
    p, q = PAIRS[name]
    laws = [certified._law(law, "p") for law in (p, q)]
    with mpmath.workdps(40):
        exact = [
            [[mpmath.mpf(int(v.p)) / int(v.q) for v in (c.weight, c.mean, c.std)] for c in law]
            for law in laws
        ]

        def both(of, x):
            return [mpmath.fsum(w * of(x, m, s) for w, m, s in law) for law in exact]

        def js(x):
            a, b = both(mpmath.npdf, x)
            return (a * mpmath.log(2 * a / (a + b)) + b * mpmath.log(2 * b / (a + b))) / 2

        def kl(x):
            a, b = both(mpmath.npdf, x)
            return a * mpmath.log(a / b)

        def integral_of_difference(of) -> Any:
            def difference(x):
                a, b = both(of, x)
                return a - b

            grid = [mpmath.mpf(k) / 8 + mpmath.mpf(1) / 64 for k in range(-80, 80)]
            kinks = [
                mpmath.findroot(difference, ends, solver="anderson", tol=1e-70)
                for ends in pairwise(grid)
                if difference(ends[0]) * difference(ends[1]) < 0
            ]
            assert kinks
            return integral(lambda x: abs(difference(x)), kinks)

        def integral(integrand, kinks=()) -> Any:
            return mpmath.quad(integrand, sorted([-40, *range(-16, 17, 4), 40, *kinks]))

        assert certified.js(p, q).overlaps(ball(integral(js)))
        assert certified.kl(p, q).overlaps(ball(integral(kl)))
        variation = integral_of_difference(mpmath.npdf) / 2
        assert certified.total_variation(p, q).overlaps(ball(variation))
        move = integral_of_difference(mpmath.ncdf)
        assert certified.wasserstein(p, q).overlaps(ball(move))


def test_closed_forms_of_single_normals_agree_with_the_integrals():
    for p, q in (PAIRS["shift"], PAIRS["scale"]):
        laws = [certified._law(law, "p") for law in (p, q)]
        by_integral = certified._expected_log_ratio([(laws[0], laws[0], laws[1])], 20_000)
        assert certified.kl(p, q).overlaps(by_integral)

        def difference(x, analytic, m=laws[1][0].mean, s=laws[1][0].std):
            root = flint.arb(2).sqrt()
            below = [(-t / root).erfc() / 2 for t in (x, (x - flint.arb(m)) / flint.arb(s))]
            return (below[0] - below[1]).real_abs(analytic=analytic)

        by_integral = flint.acb.integral(difference, -40, 40, abs_tol=1e-12).real
        assert certified.wasserstein(p, q).overlaps(by_integral)


# What is computed on a piece holds what is computed at its points.


@pytest.mark.parametrize("radius", [1e-3, 0.1, 2.0, 300.0])
@pytest.mark.parametrize("analytic", [False, True])
def test_log_ratio_of_a_piece_holds_its_points(radius, analytic):
    laws = [certified._law(law, "p") for law in PAIRS["mixtures"]]
    found = 0
    with flint.ctx.workprec(160):
        logs = Logs(laws)
        for middle in (-7.5, -0.4, 0.0, 0.3, 2.9, 11.0):
            side = flint.arb(0, radius if analytic else 0)
            here = logs.at(flint.acb(flint.arb(middle, radius), side))
            ball = here.log_ratio(0, 1, analytic)
            if analytic and not ball.is_finite():
                continue
            found += 1
            for place in (-1, -0.5, 0, 0.7, 1):
                x = flint.arb(middle) + place * flint.arb(radius)
                point = logs.at(flint.acb(x))
                assert ball.overlaps(point.log_ratio(0, 1, False))
                assert here.density(0).overlaps(point.density(0))
    assert found == 6 or (analytic and radius > 1e-3)


@pytest.mark.parametrize("radius", [1e-3, 0.1, 2.0])
@pytest.mark.parametrize("height", [0.0, 0.3])
def test_what_is_left_out_of_a_sum_is_bounded(radius, height, monkeypatch):
    p, q = M([0.2, 0.3, 0.5], [-2, 0, 3], [0.4, 0.5, 1]), N(0.3, 2)
    laws = [certified._law(law, "p") for law in (p, q)]
    with flint.ctx.workprec(160):
        for middle in (-3.0, 0.1, 1.4):
            x = flint.acb(flint.arb(middle, radius), flint.arb(0, height))
            exact = Logs(laws).at(x).density(0)
            monkeypatch.setattr(certified_logs, "_NEGLIGIBLE", 1.0)  # much is left out
            coarse = Logs(laws).at(x).density(0)
            monkeypatch.undo()
            for place in (-1, 0, 0.5, 1):
                point = flint.acb(flint.arb(middle) + place * flint.arb(radius), height * place)
                true = Logs(laws).at(point).density(0)
                for found in (exact, coarse):
                    assert found.real.contains(true.real)
                    assert found.imag.overlaps(true.imag)
                    if height and place:
                        assert found.contains(true)
            if radius < 1 and not height:
                assert coarse.real.rad() >= exact.real.rad()


@pytest.mark.parametrize("integrated", [False, True])
@pytest.mark.parametrize("radius", [1e-6, 1e-2, 0.1, 3.0])
def test_taylor_on_a_piece_holds_its_points_tightly(integrated, radius):
    difference = certified._difference(*PAIRS["modes"])
    with flint.ctx.workprec(160):
        f = certified._taylor(difference, integrated)
        for middle in (-3.2, -0.25, 0.3, 3.0, 5.5):
            ball = f(flint.arb(middle, radius))
            points = [
                f(flint.arb(middle) + place * flint.arb(radius)) for place in (-1, -0.5, 0, 0.7, 1)
            ]
            assert all(ball.contains(point) for point in points)
            if radius <= 1e-2:
                spread = max(points, key=float) - min(points, key=float)
                assert 2 * ball.rad() < 1.5 * spread + radius * radius
            if integrated:
                assert points[2].overlaps(certified._distribution(difference, flint.arb(middle)))


# The bounds of what is cut off, each alone: above the truth, and not by more than 10^3.


def beyond(integrand, cut):
    """The integral over both sides of [-cut, cut]."""
    places = [cut, cut + 1, cut + 2, cut + 4, cut + 8, cut + 20]
    return mpmath.quad(integrand, places) + mpmath.quad(integrand, [-x for x in places[::-1]])


def is_close_above(bound, truth):
    return bound > truth and bound < 1000 * truth


@pytest.mark.parametrize("t", [1, 3, 10, 14])
def test_tail_bounds(t):
    with mpmath.workdps(40):
        assert is_close_above(certified._mass_beyond(t), ball_near(beyond(mpmath.npdf, t)))
        p = certified._law(N(0, 1), "p")
        move = beyond(lambda x: mpmath.erfc(abs(x) / mpmath.sqrt(2)) / 2, t)
        assert is_close_above(certified._move_beyond(p, t), ball_near(move))
        for m, s in ((2, 1), (0, 4), (1, 0.5), (0, 1.25)):
            q = certified._law(N(m, s), "q")

            def loss(x, m=m, s=s):
                ratio = ((x - m) / mpmath.mpf(s)) ** 2 / 2 - x * x / 2 + mpmath.log(s)
                return mpmath.npdf(x) * abs(ratio)

            bound = certified._log_ratio_beyond(p, p, q, t)
            assert is_close_above(bound, ball_near(beyond(loss, t)))


def ball_near(number) -> flint.arb:
    """A small number with 1e-25 of itself as radius."""
    with flint.ctx.workprec(200):
        return flint.arb(mpmath.nstr(number, 35), float(number) * 1e-25)


def test_half_of_a_tail_bound_is_no_bound():
    with mpmath.workdps(40):
        truth = ball_near(beyond(mpmath.npdf, 10))
        assert not certified._mass_beyond(10) / 2 > truth


@pytest.mark.parametrize("measure", [*MEASURES, "value"])
def test_a_line_cut_too_short_is_made_up_for_by_the_tails(measure, monkeypatch):
    pair = PAIRS["mixtures"]
    calculate = best if measure == "value" else getattr(certified, measure)
    exact = calculate(*pair)
    monkeypatch.setattr(certified, "_CUTS", (3,))
    monkeypatch.setattr(certified, "RADIUS", 1e9)
    coarse = calculate(*pair)
    assert coarse.rad() > 1e-4
    assert coarse.contains(exact)
    monkeypatch.setattr(certified, "_around", lambda ball, error: ball)
    assert not calculate(*pair).overlaps(exact)


# What is refused.


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("law", "name"),
    [
        (stats.gamma(2), "gamma"),
        (Mixture([0.5, 0.5], [N(0, 1), stats.laplace()]), "laplace"),
        (theory.Discrete([0.0], [1.0]), "Discrete"),
    ],
)
def test_other_laws_are_refused_by_name(measure, law, name):
    calculate = getattr(certified, measure)
    message = f"certified: got {name}, expected normal laws and their mixtures"
    for arguments in ((law, N(0, 1)), (N(0, 1), law)):
        with pytest.raises(ValueError, match=message):
            calculate(*arguments)


@pytest.mark.parametrize(
    "calculate",
    [
        *(getattr(certified, measure) for measure in MEASURES),
        *(lambda p, q, name=name: certified.f_divergence(p, q, name) for name in F_DIVERGENCES),
        lambda p, q: certified.value(p, q, theory.optimal_discriminator(N(0, 1), N(1, 1))),
    ],
)
def test_what_is_no_law_is_refused_by_its_name(calculate):
    with pytest.raises(ValueError, match=r"^p: got str, accepted are"):
        calculate("normal", N(0, 1))
    with pytest.raises(ValueError, match=r"^q: got str, accepted are"):
        calculate(N(0, 1), "normal")


def test_value_needs_to_know_the_laws_of_d():
    with pytest.raises(ValueError, match="d: got Discriminator, expected what"):
        certified.value(N(0, 1), N(1, 1), theory.Discriminator(lambda x: x))
    with pytest.raises(ValueError, match="d: got function"):
        certified.value(N(0, 1), N(1, 1), lambda x: x)


def test_value_at_the_best_discriminator_of_other_laws():
    p, q, other = N(0, 1), N(2, 1), N(1, 1)
    d = theory.optimal_discriminator(p, other)
    number = certified.value(p, q, d)
    assert float(number) == pytest.approx(theory.value(p, q, d), abs=1e-12)
    assert number < best(p, q)


def test_a_radius_that_is_not_reached_is_an_error(monkeypatch):
    monkeypatch.setattr(certified, "_EFFORTS", ((53, 20_000),))
    with pytest.raises(ArithmeticError, match=r"reached a radius of .*, promised is 1e-20"):
        certified.js(*PAIRS["modes"])
    monkeypatch.setattr(certified, "_EFFORTS", ((160, 3),))
    p, q = PAIRS["modes"]
    for name in ("kl", "js", "total-variation", "squared-hellinger"):
        with pytest.raises(ArithmeticError, match="reached a radius of"):
            certified.f_divergence(p, q, name)
    with pytest.raises(ArithmeticError, match="reached a radius of"):
        certified.wasserstein(p, q)
