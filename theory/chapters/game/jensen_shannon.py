"""What kind of distance JS is: its bounds, the triangle, total variation (claims A-JS-04, 13, 16).

Here p stands for p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js, kl, total_variation
from theory.chapters.game.expressions import (
    cancelled,
    gibbs_gap,
    gibbs_steps,
    inside,
    js_at,
    kl_at,
    masses,
    middle,
)
from theory.chapters.game.laws import best_value
from theory.claim import AS_STATED, Claim, excess

_LOG2, _LOG4 = math.log(2), math.log(4)


def _pairs(rng: np.random.Generator, n: int = 500):
    """Random laws on 8 points, from nearly uniform to nearly single points."""
    for _instance in range(n):
        yield rng.dirichlet(np.full(8, 10 ** rng.uniform(-1.5, 1)), 2)


bounds = Claim(
    id="A-JS-04",
    alias="js-bounds",
    title="0 ≤ JS ≤ log 2, so −log 4 ≤ C(G) ≤ 0",
    statement="0 <= JS(p, q) <= log 2, hence -log 4 <= C(G) <= 0.",
    formula=r"0 \le \mathrm{JS}(p, q) \le \log 2, \quad -\log 4 \le C(G) \le 0",
    sources=(
        "Lin 1991, Divergence measures based on the Shannon entropy",
        "Goodfellow et al. 2014, Theorem 1",
        "000_8b69f153baee6a3b.txt:334,536",
    ),
)


@bounds.symbolic(scope=AS_STATED)
def bounds_proof():
    import sympy as sp

    p, q = masses()
    m = middle(p, q)
    yield (
        "p log 2 - p log(p/M) = p log(1 + q/p) > 0, as 1 + q/p > 1",
        cancelled(p * sp.log(2) - kl_at(p, m) - p * sp.log(1 + q / p)),
    )
    yield (
        "so js <= (p + q) (log 2)/2, with equality where one law only has mass",
        sp.Matrix([js_at(0, q) - q * sp.log(2) / 2, js_at(p, 0) - p * sp.log(2) / 2]),
    )
    largest = (p + q) * sp.log(2) / 2
    yield "int p = int q = 1: JS <= log 2", largest.subs({p: 1, q: 1}) - sp.log(2)
    yield from gibbs_steps()
    yield (
        "2 js = p g(M/p) + q g(M/q) >= 0, so JS >= 0",
        2 * js_at(p, q) - (p * gibbs_gap(m / p) + q * gibbs_gap(m / q)),
    )
    yield (
        "C = 2 JS - log 4 (A-JS-02) goes from -log 4 to 2 log 2 - log 4 = 0",
        2 * sp.log(2) - sp.log(4),
    )


@bounds.numerical(tolerance=1e-12, description="excess over either bound, JS and C")
def random_laws(rng):
    for p, q in _pairs(rng):
        distance = js(p, q)
        best = best_value(p, q)
        yield excess([0, distance, -_LOG4, best], [distance, _LOG2, best, 0])


@bounds.certified(tolerance=1e-20, description="excess over either bound, near and far normal laws")
def near_and_far_normal_laws():
    import flint
    from scipy import stats

    from theory.calculators import certified

    p = stats.norm(0, 1)
    with flint.ctx.workprec(128):
        for mean in (1e-9, 1.0, 12.0, 30.0):
            distance = certified.js(p, stats.norm(mean, 1))
            yield (-distance).max(0)
            yield (distance - flint.arb.const_log2()).max(0)


@bounds.meaning()
def bounds_in_words(rng):
    same, apart = np.array([0.5, 0.5, 0, 0]), np.array([0, 0, 0.25, 0.75])
    for p, q in (*_pairs(rng, 20), (same, same), (same, apart)):
        best = best_value(p, q)
        yield {"JS(p, q)": js(p, q), "JS": js(p, q), "C(G)": best}


@bounds.control("KL is put in the place of JS", of=random_laws, miss=18.5)
def kl_in_the_place_of_js(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 0.2), 2)
        yield excess(kl(p, q), _LOG2)


@bounds.control("the bound is half of log 2", of=random_laws, miss=0.342)
def half_of_the_bound(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 0.2), 2)
        yield excess(js(p, q), _LOG2 / 2)


# KL of (.9, .1) and (.5, .5), either way, to six decimals
_KL = ("0.368064", "0.510826")

metric = Claim(
    id="A-JS-13",
    alias="js-metric",
    title="JS is symmetric and √JS is a metric; KL is neither",
    statement="JS(p, q) = JS(q, p), sqrt(JS) satisfies the triangle inequality, and it is 0 for "
    "equal laws only. KL is not even symmetric: "
    f"KL((.9, .1) || (.5, .5)) = {_KL[0]}, reversed KL((.5, .5) || (.9, .1)) = {_KL[1]}.",
    formula=r"\mathrm{JS}(p, q) = \mathrm{JS}(q, p), \quad \sqrt{\mathrm{JS}(p, r)} \le "
    r"\sqrt{\mathrm{JS}(p, q)} + \sqrt{\mathrm{JS}(q, r)}",
    sources=(
        "Endres and Schindelin 2003",
        "Fuglede and Topsøe 2004 (the square root is a distance in a Hilbert space)",
        "001_5040f14b49cef5aa.txt:55",
        "000_8b69f153baee6a3b.txt:242",
    ),
)


@metric.symbolic(scope=AS_STATED)
def metric_proof():
    import sympy as sp

    p, q = masses()
    s, a, b = sp.symbols("s a b", positive=True)
    yield "js is symmetric", js_at(p, q) - js_at(q, p)
    # A square in a Hilbert space: js(p, q) = (1/4) int_0^inf (e^(-s p) - e^(-s q))^2 / s^2 ds
    square = (sp.exp(-s * p) - sp.exp(-s * q)) ** 2 / (4 * s**2)
    yield (
        "(e^(-s p) - e^(-s q))^2 / (4 s^2) has the slope (e^(-s (p + q)) - e^(-2 s p))/(2 s) in p",
        sp.expand(sp.diff(square, p) - (sp.exp(-s * (p + q)) - sp.exp(-2 * s * p)) / (2 * s)),
    )
    yield (
        "Frullani: int_0^inf (e^(-s a) - e^(-s b))/s ds = log(b/a), as both are 0 at b = a",
        sp.log(b / a).subs(b, a),
    )
    yield (
        "and have the slope 1/b in b",
        sp.integrate(sp.exp(-s * b), (s, 0, sp.oo)) - sp.diff(sp.log(b / a), b),
    )
    yield (
        "so its integral over s has the slope log(2p/(p + q))/2 in p, as js has",
        cancelled(sp.diff(js_at(p, q), p) - sp.log(2 * p / (p + q)) / 2),
    )
    yield "both are 0 at p = q", sp.Matrix([js_at(p, q).subs(p, q), square.subs(p, q)])
    yield (
        "JS(p, q) is the squared distance of e^(-s p(x))/(2 s) and e^(-s q(x))/(2 s) in L2(s, x): "
        "Minkowski's inequality; it is 0 only where p = q, as e^(-s p) falls in p",
        -sp.diff(sp.exp(-s * p), p) > 0,
    )
    yield (
        "also where q has no mass: p log 2 / 2 has that slope",
        (sp.diff(js_at(p, 0), p) - sp.log(2) / 2),
    )
    u, w = (sp.Rational(9, 10), sp.Rational(1, 10)), (sp.Rational(1, 2), sp.Rational(1, 2))
    for left, right, decimals in ((u, w, _KL[0]), (w, u, _KL[1])):
        exact = sum(kl_at(x, y) for x, y in zip(left, right, strict=True))
        rounding = sp.Rational(5, 10**7)
        yield f"KL = {decimals}", sp.Abs(exact - sp.Rational(decimals)) < rounding


def _triangle_excess(distance, p, q, r) -> float:
    """How far the longest of three sides exceeds the sum of the other two."""
    sides = sorted([distance(p, q), distance(q, r), distance(p, r)])
    return float(excess(sides[2], sides[0] + sides[1]))


@metric.numerical(tolerance=1e-12, description="1000 random triangles, symmetry")
def random_triangles(rng):
    for _instance in range(1000):
        p, q, r = rng.dirichlet(np.full(6, 10 ** rng.uniform(-1, 1)), 3)
        yield abs(js(p, q) - js(q, p))
        yield _triangle_excess(lambda a, b: math.sqrt(js(a, b)), p, q, r)


@metric.numerical(tolerance=1e-10, description="triangles of normal laws, the middle one between")
def triangles_of_normal_laws(rng):
    from scipy import stats

    for m, s in zip(rng.uniform(0.2, 6, 8), rng.uniform(0.5, 2, (8, 3)), strict=True):
        laws = [stats.norm(k * m, scale) for k, scale in enumerate(s)]
        yield abs(js(laws[0], laws[1]) - js(laws[1], laws[0]))
        yield _triangle_excess(lambda a, b: math.sqrt(js(a, b)), *laws)


@metric.numerical(tolerance=5e-7, description="the two values of KL, six decimals")
def values_of_kl():
    yield abs(kl([0.9, 0.1], [0.5, 0.5]) - float(_KL[0]))
    yield abs(kl([0.5, 0.5], [0.9, 0.1]) - float(_KL[1]))


@metric.certified(tolerance=1e-20, description="triangles of normal laws, symmetry")
def certified_triangles(rng):
    import flint
    from scipy import stats

    from theory.calculators import certified

    with flint.ctx.workprec(128):
        for middle in rng.uniform(0.1, 3, 2):
            p, q, r = stats.norm(0, 1), stats.norm(middle, 1.5), stats.norm(3, 0.5)
            ab, bc, ac = certified.js(p, q), certified.js(q, r), certified.js(p, r)
            yield ab - certified.js(q, p)
            a, b, c = ab.sqrt(), bc.sqrt(), ac.sqrt()
            for longer in (a - b - c, b - a - c, c - a - b):
                yield longer.max(0)


@metric.numerical(tolerance=1e-9, description="JS against the squared distance in L2, quadrature")
def distance_in_a_hilbert_space(rng):
    from scipy.integrate import quad

    for p, q in rng.dirichlet(np.ones(3), (3, 2)):

        def square(s, p=p, q=q):
            return float(np.sum((np.exp(-s * p) - np.exp(-s * q)) ** 2)) / (4 * s**2)

        # s = u / (1 - u) brings the half-line to (0, 1)
        found = quad(lambda u, f=square: f(u / (1 - u)) / (1 - u) ** 2, 0, 1, epsabs=1e-11)[0]
        yield abs(found - js(p, q))


@metric.meaning()
def metric_in_words(rng):
    for p, q, r in rng.dirichlet(np.ones(6), (5, 3)):
        forth, back = js(p, q), js(q, p)
        yield {
            "JS(p, q)": forth,
            "JS(q, p)": back,
            "JS(p, r)": js(p, r),
            "JS(q, r)": js(q, r),
            "KL((.9, .1) || (.5, .5))": kl([0.9, 0.1], [0.5, 0.5]),
            "KL((.5, .5) || (.9, .1))": kl([0.5, 0.5], [0.9, 0.1]),
            "it is 0 for equal laws only": js(p, p) == 0 < forth,
        }


@metric.control(
    "the root is forgotten: JS itself breaks the triangle inequality",
    of=random_triangles,
    miss=0.153,
)
def root_forgotten(rng):
    for _instance in range(100):
        p, r = rng.dirichlet(np.ones(6), 2)
        yield _triangle_excess(js, p, (p + r) / 2, r)


@metric.control("the root is a little higher, JS^0.55", of=random_triangles, miss=0.00122)
def power_a_little_higher(rng):
    for _instance in range(100):
        # laws near one another, where JS is quadratic: the middle one is half of the way
        p = rng.dirichlet(np.full(6, 5.0))
        h = rng.normal(0, 0.05, 6) * p
        r = p + h - p * h.sum()
        yield _triangle_excess(lambda a, b: js(a, b) ** 0.55, p, (p + r) / 2, r)


@metric.control("KL is called symmetric", of=random_triangles, miss=1.49)
def kl_called_symmetric(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.ones(6), 2)
        yield abs(kl(p, q) - kl(q, p))


total = Claim(
    id="A-JS-16",
    alias="js-total-variation",
    title="TV²/2 ≤ JS ≤ log 2 · TV",
    statement="JS and total variation bound each other: TV^2/2 <= JS <= log 2 TV. Neither sees "
    "how far apart two disjoint laws are: there JS = log 2 and TV = 1 at any distance.",
    formula=r"\frac{1}{2}\,\mathrm{TV}(p, q)^2 \le \mathrm{JS}(p, q) \le \log 2 \cdot "
    r"\mathrm{TV}(p, q)",
    sources=(
        "Lin 1991, Divergence measures based on the Shannon entropy",
        "000_8b69f153baee6a3b.txt:508",
        "001_5040f14b49cef5aa.txt:48",
    ),
)


@total.symbolic(scope=AS_STATED)
def total_proof():
    import sympy as sp

    p, q = masses()
    t, m, square = sp.symbols("t m square", real=True)
    s = sp.Symbol("s", positive=True)
    u = inside(s)  # every |t| in (0, 1)
    f = (1 + t) * sp.log(1 + t) + (1 - t) * sp.log(1 - t)
    at = (p - q) / (p + q)
    yield (
        "js = M f(t)/2 with t = (p - q)/(p + q), f(t) = (1 + t) log(1 + t) + (1 - t) log(1 - t)",
        sp.expand_log(cancelled(js_at(p, q) - middle(p, q) * f.subs(t, at) / 2), force=True),
    )
    yield "and |p - q|/2 = M |t|", sp.cancel((p - q) / 2 - middle(p, q) * at)
    yield "f is even", f - f.subs(t, -t)
    yield "f(0) = 0 and f'(0) = 0", sp.Matrix([f.subs(t, 0), sp.diff(f, t).subs(t, 0)])
    beyond = 2 * t**2 / (1 - t**2)
    yield "f'' - 2 = 2t^2/(1 - t^2)", sp.diff(f, t, 2) - 2 - beyond
    yield (
        "which is >= 0, so f(t) >= t^2 and JS >= int M t^2 / 2",
        (sp.factor(beyond.subs(t, u)) > 0),
    )
    yield (
        "with m = int M |t| = TV: int M (t^2 - 2 m |t| + m^2) = int M t^2 - 2 m m + m^2 is >= 0 "
        "and int M t^2 - m^2, so JS >= TV^2 / 2",
        sp.expand((square - 2 * m * m + m**2) - (square - m**2)),
    )
    yield "f(1) = 2 log 2", sp.limit(f, t, 1, "-") - 2 * sp.log(2)
    yield (
        "f is convex, hence below its chord 2 log 2 |t|: JS <= log 2 TV",
        (sp.factor((2 + beyond).subs(t, u)) > 0),
    )
    yield (
        "disjoint laws: js = p log 2 / 2 or q log 2 / 2, so JS = log 2, and TV = 1",
        sp.Matrix([js_at(p, 0) - p * sp.log(2) / 2, js_at(0, q) - q * sp.log(2) / 2]),
    )


@total.numerical(tolerance=1e-12, description="excess over either bound, 500 random pairs")
def random_pairs(rng):
    for p, q in _pairs(rng):
        distance, variation = js(p, q), total_variation(p, q)
        yield excess([variation**2 / 2, distance], [distance, _LOG2 * variation])


@total.certified(tolerance=0, description="excess over either bound, normal laws")
def certified_pairs(rng):
    import flint
    from scipy import stats

    from theory.calculators import certified

    p = stats.norm(0, 1)
    with flint.ctx.workprec(128):
        for mean, std in zip(rng.uniform(0.1, 4, 4), rng.uniform(0.5, 2, 4), strict=True):
            q = stats.norm(mean, std)
            distance, variation = certified.js(p, q), certified.total_variation(p, q)
            yield (variation * variation / 2 - distance).max(0)
            yield (distance - flint.arb.const_log2() * variation).max(0)


@total.meaning()
def total_in_words(rng):
    near = np.array([0.5 + 1e-4, 0.5 - 1e-4, 0, 0]), np.array([0.5 - 1e-4, 0.5 + 1e-4, 0, 0])
    apart = np.array([0.5, 0.5, 0, 0]), np.array([0, 0, 0.25, 0.75])
    for p, q in (near, apart, *_pairs(rng, 5)):
        yield {"TV(p, q)": total_variation(p, q), "JS(p, q)": js(p, q)} | {
            "TV": total_variation(p, q),
            "JS": js(p, q),
            "there JS = log 2 and TV = 1 at any distance": (
                abs(js(*apart) - _LOG2) < 1e-12 and total_variation(*apart) == 1
            ),
        }


@total.control("the half is lost: JS >= TV^2", of=random_pairs, miss=0.32)
def half_lost(rng):
    for p, q in _pairs(rng, 100):
        yield excess(total_variation(p, q) ** 2, js(p, q))


@total.control("log 2 is taken for 0.6: JS <= 0.6 TV", of=random_pairs, miss=0.0931)
def smaller_slope(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 0.1), 2)
        yield excess(js(p, q), 0.6 * total_variation(p, q))


@total.control(
    "the upper bound is taken to be the lower one: JS <= TV^2 / 2", of=random_pairs, miss=0.227
)
def upper_bound_squared(rng):
    for p, q in _pairs(rng, 100):
        yield excess(js(p, q), total_variation(p, q) ** 2 / 2)
