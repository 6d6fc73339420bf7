"""Packing: KL and JS of packs of m samples (claims A-MC-04, 05 and 07b)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_expit

from theory.calculators.divergences import js, kl
from theory.calculators.packing import packed, products
from theory.claim import AS_STATED, Claim, excess

_LOG2 = math.log(2)
COURSE = "001_5040f14b49cef5aa.txt:37"
INDEPENDENT = (
    "the m samples of a pack are independent",
    "all of a pack are real or all generated",
    "p and q live on finitely many points (for densities the sums are integrals)",
)


def random_pairs(rng: np.random.Generator, n: int = 50):
    """Random laws on two to four points."""
    for _instance in range(n):
        yield rng.dirichlet(np.full(rng.integers(2, 5), 10 ** rng.uniform(-0.5, 1)), 2)


additive = Claim(
    id="A-MC-04",
    alias="packed-kl",
    title="KL(p^m ‖ q^m) = m KL(p ‖ q)",
    statement="If D sees packs of m independent samples of one source, KL between the laws of the "
    "packs is m times KL of one sample: KL(p^m || q^m) = m KL(p || q).",
    formula=r"\mathrm{KL}(p^m \| q^m) = m \, \mathrm{KL}(p \| q)",
    assumptions=INDEPENDENT,
    sources=("Cover and Thomas 2006, section 2.5 (chain rule)", COURSE),
)


@additive.symbolic(scope=AS_STATED)
def additive_proof():
    import sympy as sp

    n, k, i, j = sp.symbols("n k i j", integer=True, positive=True)
    p, r, first, second = (sp.IndexedBase(name) for name in ("p", "r", "L", "R"))
    a, b, c, d = sp.symbols("a b c d", positive=True)
    yield (
        "one sample more, law r or s: log(p r/(q s)) = log(p/q) + log(r/s)",
        sp.expand_log(sp.log(a * b / (c * d)) - sp.log(a / c) - sp.log(b / d)),
    )
    joint = sp.Sum(p[i] * sp.Sum(r[j] * (first[i] + second[j]), (j, 1, k)), (i, 1, n))
    apart = sp.Sum(p[i] * first[i], (i, 1, n)) * sp.Sum(r[j], (j, 1, k))
    apart += sp.Sum(p[i], (i, 1, n)) * sp.Sum(r[j] * second[j], (j, 1, k))
    yield (
        "with L = log(p/q), R = log(r/s), on n and k points: sum p r (L + R) = sum p L + sum r R, "
        "as p and r have sum 1",
        joint.expand() - apart,
    )
    m, one = sp.symbols("m KL_1", positive=True)
    yield (
        "so one sample more adds KL_1: m KL_1 by induction",
        sp.expand((m - 1) * one + one - m * one),
    )
    yield (
        "where q = 0 < p, KL is infinite for one sample, and for packs: p^m > 0 = q^m there",
        1 / sp.limit(a * sp.log(a / c), c, 0, "+"),
    )


@additive.numerical(tolerance=1e-10, description="50 random pairs, all packs of up to 6 samples")
def all_packs(rng):
    for p, q in random_pairs(rng):
        for m in range(1, 7):
            yield abs(kl(*products(p, q, m)) - m * kl(p, q))


@additive.meaning()
def additive_in_words(rng):
    for p, q in random_pairs(rng, 5):
        for m in (1, 2, 5):
            yield {"m": m, "KL(p^m || q^m)": kl(*products(p, q, m)), "KL(p || q)": kl(p, q)}


@additive.control("a pack is one sample, m times", of=all_packs, miss=1.38)
def copies_of_one_sample(rng):
    for p, q in random_pairs(rng, 5):
        yield abs(kl(np.diag(p).ravel(), np.diag(q).ravel()) - 2 * kl(p, q))


@additive.control("JS is additive, too", of=all_packs, miss=0.3)
def js_is_not_additive(rng):
    for p, q in random_pairs(rng, 5):
        yield abs(js(*products(p, q, 2)) - 2 * js(p, q))


monotone = Claim(
    id="A-MC-05",
    alias="packed-js",
    title="JS(p^m, q^m) ≤ min(log 2, m JS(p, q)), and it does not fall in m",
    statement="JS of packs never falls as m grows, and JS(p^m, q^m) <= min(log 2, m JS(p, q)). JS "
    "is the information that a pack gives on a fair coin B, real or generated: a sample less "
    "gives no more, and m samples no more than each of them alone in sum.",
    formula=r"\mathrm{JS}(p^{m-1}, q^{m-1}) \le \mathrm{JS}(p^m, q^m) \le "
    r"\min(\log 2, m \, \mathrm{JS}(p, q))",
    assumptions=INDEPENDENT,
    sources=("Cover and Thomas 2006, section 2.8 (data processing)", COURSE),
)


@monotone.symbolic(scope=AS_STATED)
def monotone_proof():
    import sympy as sp

    a, b, x, y, r, s, t = sp.symbols("a b x y r s t", positive=True)
    n, j = sp.symbols("n j", integer=True, positive=True)
    half = sp.Rational(1, 2)

    def g(u, v):
        return u * sp.log(2 * u / (u + v)) + v * sp.log(2 * v / (u + v))

    coin = half * a * sp.log(half * a / (half * (half * (a + b))))
    coin += half * b * sp.log(half * b / (half * (half * (a + b))))
    yield (
        "JS = (1/2) sum g(p, q) is the information on a fair coin: sum P log(P/(P_B P_X))",
        sp.simplify(sp.expand_log(coin - g(a, b) / 2)),
    )
    yield (
        "-log t >= 1 - t: t - 1 - log t is 0 and flat at t = 1",
        sp.Matrix([(t - 1 - sp.log(t)).subs(t, 1), sp.diff(t - 1 - sp.log(t), t).subs(t, 1)]),
    )
    yield "and convex", sp.diff(t - 1 - sp.log(t), t, 2) > 0

    def tangent(u, v):  # of g at (x, y)
        return u * sp.log(2 * x / (x + y)) + v * sp.log(2 * y / (x + y))

    yield (
        "g's slopes at (x, y) are log(2x/(x + y)) and log(2y/(x + y))",
        sp.simplify(
            sp.Matrix([sp.diff(g(x, y), w) for w in (x, y)])
            - sp.Matrix([tangent(1, 0), tangent(0, 1)])
        ),
    )
    first, second = x * (a + b) / (a * (x + y)), y * (a + b) / (b * (x + y))
    yield (
        "g(a, b) exceeds its tangent at (x, y) by -a log t_1 - b log t_2",
        sp.simplify(
            sp.expand_log(g(a, b) - tangent(a, b) + a * sp.log(first) + b * sp.log(second))
        ),
    )
    yield (
        "which is at least a (1 - t_1) + b (1 - t_2) = 0",
        sp.simplify(a * (1 - first) + b * (1 - second)),
    )
    yield (
        "also where a = 0: b log(2b/b) exceeds the tangent by b log(1 + x/y) > 0",
        sp.simplify(sp.expand_log(b * sp.log(2) - tangent(0, b) - b * sp.log((x + y) / y))),
    )
    yield "log(1 + x/y) > 0", sp.log(1 + x / y) > 0
    yield "and the tangent meets g at (x, y)", sp.simplify(g(x, y) - tangent(x, y))
    cells_a, cells_b = sp.IndexedBase("a"), sp.IndexedBase("b")
    yield (
        "so for n cells of sums x and y: sum g(a_j, b_j) >= sum of tangents = g(x, y)",
        sp.Sum(tangent(cells_a[j], cells_b[j]), (j, 1, n)).expand()
        - sp.log(2 * x / (x + y)).expand() * sp.Sum(cells_a[j], (j, 1, n))
        - sp.log(2 * y / (x + y)).expand() * sp.Sum(cells_b[j], (j, 1, n)),
    )
    law = sp.IndexedBase("r")
    yield (
        "a pack that gets one sample more: its cells p r_j have the sum p, q s_j the sum q",
        sp.Sum(a * law[j], (j, 1, n)) - a * sp.Sum(law[j], (j, 1, n)),
    )
    # one pack of m - 1 (p = a, q = b) and one sample more (r, s)
    whole, middle, other = (a * r + b * s) / 2, (a + b) / 2, (r + s) / 2
    each = a * r * (sp.log(a / middle) + sp.log(r / other))
    each += b * s * (sp.log(b / middle) + sp.log(s / other))
    both = a * r * sp.log(a * r / whole) + b * s * sp.log(b * s / whole)
    rest = half * (each - both) - whole * sp.log(whole / (middle * other))
    yield (
        "JS_(m-1) + JS_1 - JS_m = sum of M_m log(M_m/(M_(m-1) M_1)), M = (p + q)/2",
        sp.simplify(sp.expand(sp.expand_log(rest, force=True))),
    )
    u, v = sp.symbols("u v", positive=True)
    yield "u log(u/v) >= u - v, as -log(v/u) >= 1 - v/u", sp.expand(u * (1 - v / u) - (u - v))
    p, q, ends = sp.IndexedBase("p"), sp.IndexedBase("q"), sp.IndexedBase("s")
    k, i = sp.symbols("k i", integer=True, positive=True)

    def total(terms, place=i, top=n):
        return sp.Sum(terms, (place, 1, top))

    cells = total((p[i] * law[j] + q[i] * ends[j]) / 2 - (p[i] + q[i]) * (law[j] + ends[j]) / 4)
    masses = {total(w[i]): 1 for w in (p, q)} | {total(w[j], j, k): 1 for w in (law, ends)}
    yield (
        "the sum of M_m - M_(m-1) M_1 is 1 - 1 = 0, so JS_m <= JS_(m-1) + JS_1 <= m JS_1",
        _separated(sp, cells, j, k).subs(list(masses.items())),
    )
    yield (
        "log 2 - log(2a/(a + b)) = log(1 + b/a)",
        sp.simplify(sp.expand_log(sp.log(2) - sp.log(2 * a / (a + b)) - sp.log((a + b) / a))),
    )
    yield "which is positive, so JS <= log 2", sp.log(1 + b / a) > 0


def _separated(sp, inner, place, top):
    """A double sum of products, each term as the product of its two sums."""
    result = 0
    for term in sp.Add.make_args(sp.expand(inner.function)):
        mine = [f for f in sp.Mul.make_args(term) if f.has(place)]
        own = [f for f in sp.Mul.make_args(term) if not f.has(place) and f.has(sp.Indexed)]
        number = term / sp.prod(mine) / sp.prod(own)
        result += (
            number * sp.Sum(sp.prod(own), *inner.limits) * sp.Sum(sp.prod(mine), (place, 1, top))
        )
    return result


def _excesses(distances: np.ndarray):
    """How far JS for m = 1, 2, ... falls from one m to the next, and exceeds m JS_1 and log 2."""
    m = np.arange(1, len(distances) + 1)
    yield excess(distances[:-1], distances[1:])
    yield excess(distances, np.minimum(_LOG2, m * distances[0]))


@monotone.numerical(tolerance=1e-12, description="50 random pairs, packs of up to 6 samples")
def packs_up_to_six(rng):
    for p, q in random_pairs(rng):
        yield from _excesses(np.array([js(*packed(p, q, m)) for m in range(1, 7)]))


@monotone.meaning()
def monotone_in_words(rng):
    pairs = [*random_pairs(rng, 5), ([0.999, 0.001], [0.001, 0.999]), ([0.5, 0.5], [0.501, 0.499])]
    for p, q in pairs:
        for m in (2, 3, 6):
            distance = js(*packed(p, q, m))
            yield {
                "m": m,
                "JS(p, q)": js(p, q),
                "JS(p^m, q^m)": distance,
                "JS(p^{m-1}, q^{m-1})": js(*packed(p, q, m - 1)),
            }


@monotone.control(
    "JS by sample, JS(p^m, q^m)/m, is put in its place: it falls", of=packs_up_to_six, miss=0.163
)
def js_by_sample(rng):
    for p, q in random_pairs(rng, 5):
        yield from _excesses(np.array([js(*packed(p, q, m)) / m for m in range(1, 7)]))


@monotone.control(
    "the samples of a pack depend on each other a little", of=packs_up_to_six, miss=0.693
)
def dependent_samples():
    for weight in (0.05, 0.5, 1.0):
        like, unlike = np.array([0.5, 0, 0, 0.5]), np.array([0, 0.5, 0.5, 0])
        mixed = [weight * w + (1 - weight) / 4 for w in (like, unlike)]
        yield np.concatenate([*_excesses(np.array([js([0.5, 0.5], [0.5, 0.5]), js(*mixed)]))])


gaussian = Claim(
    id="A-MC-07b",
    alias="packed-gaussians",
    title="JS(N(0, I_m), N(θ1, I_m)) = JS₁(θ√m)",
    statement="For N(0, 1) against N(theta, 1) a pack of m counts like one sample at the distance "
    "theta sqrt(m): JS(N(0, I_m), N(theta 1, I_m)) = JS_1(theta sqrt(m)), because the logit "
    "depends on the pack only through its sum.",
    formula=r"\mathrm{JS}(\mathcal{N}(0, I_m), \mathcal{N}(\theta 1, I_m)) = "
    r"\mathrm{JS}(\mathcal{N}(0, 1), \mathcal{N}(\theta \sqrt{m}, 1))",
    assumptions=("p and q are normal laws of equal variance", *INDEPENDENT[:2]),
    sources=("Goodfellow et al. 2014, Proposition 1, applied to packs of normal laws", COURSE),
)


@gaussian.symbolic(scope=AS_STATED)
def gaussian_proof():
    import sympy as sp

    theta, s, t = sp.symbols("theta s t", real=True)
    m, i = sp.symbols("m i", integer=True, positive=True)
    x = sp.IndexedBase("x", real=True)
    pack = sp.Sum(((x[i] - theta) ** 2 - x[i] ** 2).expand() / 2, (i, 1, m)).expand().doit()
    total = sp.Sum(x[i], (i, 1, m))
    one = ((s - theta * sp.sqrt(m)) ** 2 - s**2) / 2
    yield (
        "for every m the pack's logit is that of one sample s = sum x/sqrt(m)",
        sp.simplify(pack - one.subs(s, total / sp.sqrt(m)).expand()),
    )
    normal = sp.exp(sp.I * t * theta - t**2 / 2)  # E[exp(i t x)] of N(theta, 1)
    at = {t: t / sp.sqrt(m)}
    yield (
        "s is N(theta sqrt(m), 1) under q, by its characteristic function",
        sp.expand_log(
            sp.log(normal.subs(at)) * m - sp.log(normal.subs(theta, theta * sp.sqrt(m))), force=True
        ).expand(),
    )
    yield (
        "and N(0, 1) under p",
        sp.expand(m * sp.log(normal.subs(theta, 0).subs(at)).expand(force=True) + t**2 / 2),
    )
    p, q = sp.symbols("p q", positive=True)
    yield (
        "JS is a mean of functions of the logit alone: 2p/(p + q) = 2/(1 + q/p)",
        sp.Matrix(
            [
                sp.simplify(2 * p / (p + q) - 2 / (1 + q / p)),
                sp.simplify(2 * q / (p + q) - 2 / (1 + p / q)),
            ]
        ),
    )


def _one_sample_js(distance: float) -> float:
    from theory.calculators.densities import Mixture

    return js(Mixture.normal([1], [0.0], [1.0]), Mixture.normal([1], [distance], [1.0]))


def _pair_js(theta: float) -> float:
    """JS of N(0, I_2) and N(theta 1, I_2), by the trapezoidal rule in the plane."""
    x = np.linspace(-9, 9 + theta, 250)
    bump = [np.exp(-((x - c) ** 2) / 2) / math.sqrt(2 * math.pi) for c in (0, theta)]
    first, second = (np.outer(b, b) for b in bump)
    a = np.add.outer(*2 * [theta * (theta / 2 - x)])  # the logit
    inside = first * (_LOG2 + log_expit(a)) + second * (_LOG2 + log_expit(-a))
    return float(inside.sum()) * (x[1] - x[0]) ** 2 / 2


@gaussian.numerical(tolerance=1e-10, description="packs of two, quadrature in the plane")
def quadrature_in_the_plane():
    for theta in (0.6, 1.0, 2.0):
        yield abs(_pair_js(theta) - _one_sample_js(theta * math.sqrt(2)))


@gaussian.sampling()
def packs_of_four(rng):
    theta, m, n = 0.6, 4, 400_000
    real, fake = rng.normal(size=(n, m)), rng.normal(theta, 1, (n, m))
    terms = [
        _LOG2 + log_expit(sign * theta * (m * theta / 2 - x.sum(axis=1)))
        for sign, x in ((1, real), (-1, fake))
    ]
    error = math.sqrt(sum(t.var() for t in terms) / n) / 2
    yield (sum(t.mean() for t in terms) / 2 - _one_sample_js(theta * math.sqrt(m))) / error


@gaussian.meaning(tolerance=1e-9)
def gaussian_in_words():
    theta, m = 0.6, 2
    one, two = _one_sample_js(theta * math.sqrt(m)), _pair_js(theta)
    yield {
        "JS(N(0, I_m), N(θ1, I_m))": two,
        "JS(N(0, I_m), N(theta 1, I_m))": two,
        r"\mathrm{JS}(\mathcal{N}(0, I_m), \mathcal{N}(\theta 1, I_m))": two,
        "JS₁(θ√m)": one,
        "JS_1(theta sqrt(m))": one,
        r"\mathrm{JS}(\mathcal{N}(0, 1), \mathcal{N}(\theta \sqrt{m}, 1))": one,
        "N(0, 1) against N(theta, 1)": None,
        "at the distance theta sqrt(m)": abs(one - two) < 1e-9,
    }


@gaussian.control(
    "the distance is said to grow like theta m", of=quadrature_in_the_plane, miss=0.0705
)
def distance_theta_m():
    yield abs(_pair_js(0.6) - _one_sample_js(1.2))
