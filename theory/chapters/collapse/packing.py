"""Packing: KL, JS and Hellinger of packs of m samples (claims A-MC-04, 05, 06, 06b and 07b)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import gammaln, log_expit, logsumexp, xlogy

from theory.calculators.divergences import js, kl
from theory.calculators.packing import packed, products
from theory.claim import AS_STATED, Claim

_LOG2 = math.log(2)
COURSE = "001_5040f14b49cef5aa.txt:37"
INDEPENDENT = (
    "the m samples of a pack are independent",
    "all of a pack are real or all generated",
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

    p = (*sp.symbols("p1 p2", positive=True),)
    p = (*p, 1 - sum(p))
    q = sp.symbols("q1:4", positive=True)
    r = sp.Symbol("r1", positive=True)
    r = (r, 1 - r)  # the law of the other m - 1 samples, in two groups
    s = sp.symbols("s1:3", positive=True)
    a, b, c, d = sp.symbols("a b c d", positive=True)
    yield (
        "log(p r/(q s)) = log(p/q) + log(r/s)",
        sp.expand_log(sp.log(a * b / (c * d)) - sp.log(a / c) - sp.log(b / d)),
    )
    logs_p = [sp.Symbol(f"L{i}") for i in range(len(q))]  # log(p_i/q_i)
    logs_r = [sp.Symbol(f"R{i}") for i in range(len(s))]
    joint = sum(
        x * y * (u + v)
        for x, u in zip(p, logs_p, strict=True)
        for y, v in (zip(r, logs_r, strict=True))
    )
    apart = sum(x * u for x, u in zip(p, logs_p, strict=True))
    apart += sum(y * v for y, v in zip(r, logs_r, strict=True))
    yield (
        "sum p r (log(p/q) + log(r/s)) = KL(p || q) + KL(r || s), as p and r have sum 1",
        (sp.expand(joint - apart)),
    )
    m, one = sp.symbols("m KL_1", positive=True)
    yield "one sample more adds KL_1: m KL_1 by induction", sp.expand((m - 1) * one + one - m * one)


@additive.numerical(tolerance=1e-10, description="50 random pairs, all packs of up to 6 samples")
def additive_50_random_pairs_all_packs_of_up_to_6_samples(rng):
    for p, q in random_pairs(rng):
        for m in range(1, 7):
            yield abs(kl(*products(p, q, m)) - m * kl(p, q))


@additive.control(
    "a pack is one sample, m times",
    of=additive_50_random_pairs_all_packs_of_up_to_6_samples,
    miss=2.95,
)
def a_pack_is_one_sample_m_times(rng):
    for p, q in random_pairs(rng, 5):
        yield abs(kl(np.diag(p).ravel(), np.diag(q).ravel()) - 2 * kl(p, q))


@additive.control(
    "KL of the pack is called the mean over its samples",
    of=additive_50_random_pairs_all_packs_of_up_to_6_samples,
    miss=2.77,
)
def kl_of_the_pack_is_called_the_mean_over_its(rng):
    for p, q in random_pairs(rng, 5):
        yield abs(kl(*products(p, q, 3)) - kl(p, q))


monotone = Claim(
    id="A-MC-05",
    alias="packed-js",
    title="JS(p^m, q^m) does not fall in m and is at most min(log 2, m JS(p, q))",
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

    a, b, t, r, s = sp.symbols("a b t r s", positive=True)

    def g(x, y):
        return x * sp.log(2 * x / (x + y)) + y * sp.log(2 * y / (x + y))

    # JS = (1/2) sum g(p, q)
    yield "g(ta, tb) = t g(a, b)", sp.simplify(g(t * a, t * b) - t * g(a, b))
    hessian = sp.simplify(sp.hessian(g(a, b), (a, b)))
    yield (
        "g is convex: second derivatives b/(a (a + b)) and a/(b (a + b))",
        sp.Matrix([hessian[0, 0] - b / (a * (a + b)), hessian[1, 1] - a / (b * (a + b))]),
    )
    yield (
        "with determinant 0, so g(a + a', b + b') <= g(a, b) + g(a', b')",
        sp.simplify(hessian.det()),
    )
    yield (
        "dropping a sample adds up g over its values, sum p' = 1: JS does not rise",
        sp.expand(sum(a * w for w in (t, 1 - t)) - a),
    )
    whole, half = (a * r + b * s) / 2, sp.Rational(1, 2)
    # one pack of m - 1 (p = a, q = b) and one sample more (r, s)
    first, second = (a + b) / 2, (r + s) / 2
    each = a * r * (sp.log(a / first) + sp.log(r / second))
    each += b * s * (sp.log(b / first) + sp.log(s / second))
    both = a * r * sp.log(a * r / whole) + b * s * sp.log(b * s / whole)
    excess = half * (each - both) - whole * sp.log(whole / (first * second))
    yield (
        "JS_(m-1) + JS_1 - JS_m = KL(M_m || M_(m-1) M_1) >= 0, so JS_m <= m JS_1; M = (p + q)/2",
        sp.simplify(sp.expand(sp.expand_log(excess, force=True))),
    )
    yield (
        "log 2 - log(2a/(a + b)) = log(1 + b/a) > 0, so JS < log 2",
        (sp.simplify(2 * (a + b) / (2 * a) - (1 + b / a))),
    )


def _excesses(distances: np.ndarray):
    """How far JS for m = 1, 2, ... falls from one m to the next, and exceeds m JS_1 and log 2."""
    m = np.arange(1, len(distances) + 1)
    yield np.maximum(0, -np.diff(distances))
    yield np.maximum(0, distances - np.minimum(_LOG2, m * distances[0]))


@monotone.numerical(tolerance=1e-12, description="50 random pairs, packs of up to 6 samples")
def monotone_50_random_pairs_packs_of_up_to_6_samples(rng):
    for p, q in random_pairs(rng):
        yield from _excesses(np.array([js(*packed(p, q, m)) for m in range(1, 7)]))


@monotone.control(
    "JS by sample, JS(p^m, q^m)/m, is put in its place: it falls",
    of=monotone_50_random_pairs_packs_of_up_to_6_samples,
    miss=0.215,
)
def js_by_sample_js_p_m_q_m_m_is_put_in_its_place_it(rng):
    for p, q in random_pairs(rng, 5):
        yield from _excesses(np.array([js(*packed(p, q, m)) / m for m in range(1, 7)]))


@monotone.control(
    "the samples of a pack depend on each other",
    of=monotone_50_random_pairs_packs_of_up_to_6_samples,
    miss=0.693,
)
def the_samples_of_a_pack_depend_on_each_other():
    like, unlike = np.array([0.5, 0, 0, 0.5]), np.array([0, 0.5, 0.5, 0])
    yield from _excesses(np.array([js([0.5, 0.5], [0.5, 0.5]), js(like, unlike)]))


affinity = Claim(
    id="A-MC-06",
    alias="packed-hellinger",
    title="1 − H²(p^m, q^m) = (1 − H²(p, q))^m, so JS(p^m, q^m) → log 2 unless p = q",
    statement="The Hellinger affinity 1 - H^2 = sum sqrt(p q) multiplies over a pack, and "
    "log 2 - JS <= sum sqrt(p q). So JS(p^m, q^m) tends to log 2 exponentially fast whenever "
    "p is not q: with packs that are large enough D tells any two laws apart.",
    formula=r"1 - H^2(p^m, q^m) = (1 - H^2(p, q))^m, \quad "
    r"\log 2 - \mathrm{JS}(p^m, q^m) \le (1 - H^2(p, q))^m",
    assumptions=INDEPENDENT,
    sources=("Tsybakov 2009, section 2.4 (Hellinger distance of products)", COURSE),
)


@affinity.symbolic(scope=AS_STATED)
def affinity_proof():
    import sympy as sp

    a, b, c, d, u = sp.symbols("a b c d u", positive=True)
    yield (
        "sqrt(p p' q q') = sqrt(p q) sqrt(p' q')",
        sp.sqrt(a * b * c * d) - sp.sqrt(a * c) * sp.sqrt(b * d),
    )
    x, y = sp.symbols("x1:4", positive=True), sp.symbols("y1:4", positive=True)
    yield (
        "so the double sum is the product of the sums",
        sp.expand(sum(v * w for v in x for w in y) - sum(x) * sum(y)),
    )
    yield "log(1 + u^2) <= u: both are 0 at 0", sp.log(1 + u**2).subs(u, 0)
    yield (
        "and the slopes differ by (1 - u)^2/(1 + u^2) >= 0",
        sp.simplify(1 - sp.diff(sp.log(1 + u**2), u) - (1 - u) ** 2 / (1 + u**2)),
    )
    jensen = (a * sp.log(2 * a / (a + b)) + b * sp.log(2 * b / (a + b))) / 2
    rest = (a * sp.log((a + b) / a) + b * sp.log((a + b) / b)) / 2
    gap = sp.expand(sp.expand_log((a + b) / 2 * sp.log(2) - jensen - rest, force=True))
    yield "log 2 - JS = sum (1/2) [p log(1 + q/p) + q log(1 + p/q)]", gap
    yield (
        "each at most (1/2) [p sqrt(q/p) + q sqrt(p/q)] = sqrt(p q)",
        sp.simplify((a * sp.sqrt(b / a) + b * sp.sqrt(a / b)) / 2 - sp.sqrt(a * b)),
    )
    yield (
        "and sqrt(p q) = (p + q)/2 - (sqrt p - sqrt q)^2/2: affinity < 1 unless p = q",
        sp.expand((a + b) / 2 - (sp.sqrt(a) - sp.sqrt(b)) ** 2 / 2 - sp.sqrt(a) * sp.sqrt(b)),
    )


def _affinity(p: Any, q: Any) -> float:
    return float(np.sum(np.sqrt(np.asarray(p) * np.asarray(q))))


@affinity.numerical(tolerance=1e-10, description="50 random pairs, all packs of up to 6 samples")
def affinity_50_random_pairs_all_packs_of_up_to_6_samples(rng):
    for p, q in random_pairs(rng):
        for m in range(1, 7):
            yield abs(_affinity(*products(p, q, m)) - _affinity(p, q) ** m)


@affinity.numerical(tolerance=1e-12, description="log 2 - JS above the affinity, m up to 100")
def log_2_js_above_the_affinity_m_up_to_100(rng):
    for p, q in random_pairs(rng, 20):
        for m in (1, 2, 5, 10):
            yield max(0.0, _LOG2 - js(*packed(p, q, m)) - _affinity(p, q) ** m)
    yield max(0.0, _LOG2 - js(*packed([0.3, 0.7], [0.9, 0.1], 100)) - 1e-10)


@affinity.control(
    "H^2 itself is said to multiply", of=log_2_js_above_the_affinity_m_up_to_100, miss=0.277
)
def h_2_itself_is_said_to_multiply(rng):
    for p, q in random_pairs(rng, 5):
        yield abs((1 - _affinity(*products(p, q, 2))) - (1 - _affinity(p, q)) ** 2)


@affinity.control(
    "p = q: JS of the packs is said to tend to log 2",
    of=log_2_js_above_the_affinity_m_up_to_100,
    miss=0.693,
)
def p_q_js_of_the_packs_is_said_to_tend_to_log_2():
    yield abs(_LOG2 - js(*packed([0.3, 0.7], [0.3, 0.7], 100)))


chernoff = Claim(
    id="A-MC-06b",
    alias="packed-js-rate",
    title="log 2 − JS(p^m, q^m) = exp(−m C + o(m)), C the Chernoff information",
    statement="How fast packs become distinguishable: log 2 - JS(p^m, q^m) decays like exp(-m C), "
    "where C = -min over s of log sum p^s q^(1 - s) is the Chernoff information. For Bern(.3) and "
    "Bern(.6) C = 0.047712, and the rate at m = 400 is 0.051853.",
    formula=r"-\frac{1}{m} \log(\log 2 - \mathrm{JS}(p^m, q^m)) \to C = "
    r"-\min_{0 \le s \le 1} \log \sum_x p(x)^s q(x)^{1 - s}",
    assumptions=(*INDEPENDENT, "p and q are positive on the same finite set"),
    sources=("Cover and Thomas 2006, section 11.9 (Chernoff information)", COURSE),
)


def _chernoff_information(p: Any, q: Any) -> float:
    """C of two positive laws on the same points."""
    from scipy.optimize import minimize_scalar

    log_p, log_q = np.log(p), np.log(q)
    found = minimize_scalar(
        lambda s: logsumexp(s * log_p + (1 - s) * log_q),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(-found.fun)


def _rate(p: float, q: float, m: int) -> float:
    """-(1/m) log(log 2 - JS) of packs of coins: binomial sums without cancellation."""
    k = np.arange(m + 1)
    orders = gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1)
    log_p, log_q = (orders + xlogy(k, w) + xlogy(m - k, 1 - w) for w in (p, q))
    # log 2 - JS is the sum of [P log(1 + Q/P) + Q log(1 + P/Q)] / 2, and log(1 + u) is u for tiny u
    a = np.concatenate([log_q - log_p, log_p - log_q])
    logs = np.where(a < -35, a, np.log(np.logaddexp(0, np.maximum(a, -35))))
    terms = np.concatenate([log_p, log_q]) + logs
    return float(-(logsumexp(terms) - _LOG2) / m)


@chernoff.symbolic(scope=AS_STATED)
def chernoff_proof():
    import sympy as sp

    b, u = sp.symbols("b u", positive=True)
    y = sp.Symbol("y", real=True)
    yield "log(1 + u) <= u: 0 at 0", sp.log(1 + u).subs(u, 0)
    yield "with a smaller slope", sp.simplify(1 - sp.diff(sp.log(1 + u), u)) > 0
    a = b * (1 + u)  # the larger of the two
    yield (
        "a >= b: (1/2) [a log(1 + b/a) + b log(1 + a/b)] >= (1/2) b log 2, as a/b >= 1",
        ((1 + a / b) - 2 > 0),
    )
    yield (
        "and at most (1/2) b (1 + log 2 + log(a/b)), as 1 + a/b <= 2 a/b",
        (sp.expand(2 * a / b - (1 + a / b)) > 0),
    )
    yield (
        "so log 2 - JS = sum min(p^m, q^m) up to a factor from (log 2)/2 to 1 + m max|log p/q|",
        ((1 + sp.log(2)) / 2 < 1),
    )
    yield (
        "above: with b = a exp(y), y >= 0, a^s b^(1-s) = a exp((1-s) y) and exp(z) >= 1 + z:",
        (sp.Matrix([(sp.exp(y) - 1 - y).subs(y, 0), sp.diff(sp.exp(y) - 1 - y, y).subs(y, 0)])),
    )
    yield (
        "convex, so min(a, b) <= a^s b^(1-s) and sum min(p^m, q^m) <= exp(-m C)",
        (sp.diff(sp.exp(y) - 1 - y, y, 2) > 0),
    )
    s = sp.Symbol("s", real=True)
    p, q = sp.symbols("p1:3", positive=True), sp.symbols("q1:3", positive=True)
    tilted = [f**s * g ** (1 - s) for f, g in zip(p, q, strict=True)]
    z = sum(tilted)
    mean = sum(t / z * (sp.log(f) - sp.log(g)) for t, f, g in zip(tilted, p, q, strict=True))
    yield (
        "below: x = p^s q^(1-s)/Z has E_x log(p/q) = d log Z/ds, which is 0 at the minimum",
        (sp.simplify(sp.diff(sp.log(z), s) - mean)),
    )
    logs = [s * sp.log(f) + (1 - s) * sp.log(g) - sp.log(z) for f, g in zip(p, q, strict=True)]
    for name, law, factor in (("p", p, -(1 - s)), ("q", q, s)):
        to = sum(t / z * (v - sp.log(f)) for t, v, f in zip(tilted, logs, law, strict=True))
        yield (
            f"KL(x || {name}) = -log Z + {factor} d log Z/ds, so KL(x || p) = KL(x || q) = C",
            sp.simplify(to - (-sp.log(z) + factor * mean)),
        )
    k, i, rest, j = sp.symbols("k i l j", positive=True)
    # of m coins with probability k/m: the chance of j + 1 heads over that of j
    yield (
        "a pack of type x = k/m has probability at least exp(-m KL(x || p))/(m + 1), for k is the "
        "likeliest of m + 1 counts: beyond it (j = k + i, m = k + i + l) the chances fall",
        sp.factor(1 - rest / (k + i + 1) * k / (rest + i)) > 0,
    )
    yield (
        "and before it (k = j + 1 + i, m = k + l) they rise; so sum min >= exp(-m C)/poly(m)",
        sp.factor((rest + 1 + i) / (j + 1) * (j + 1 + i) / rest - 1) > 0,
    )


@chernoff.numerical(tolerance=1e-6, description="C = 0.047712 and the rate 0.051853 at m = 400")
def c_0_047712_and_the_rate_0_051853_at_m_400():
    yield abs(_chernoff_information([0.3, 0.7], [0.6, 0.4]) - 0.047712)
    yield abs(_rate(0.3, 0.6, 400) - 0.051853)


@chernoff.numerical(tolerance=0.012, description="the rate at m = 400 against C")
def the_rate_at_m_400_against_c():
    yield abs(_rate(0.3, 0.6, 400) - _chernoff_information([0.3, 0.7], [0.6, 0.4]))


@chernoff.numerical(tolerance=1e-12, description="the rate outside of the proof's two bounds")
def the_rate_outside_of_the_proofs_two_bounds(rng):
    for p, q in [(0.3, 0.6), *rng.uniform(0.1, 0.9, (8, 2))]:
        c = _chernoff_information([p, 1 - p], [q, 1 - q])
        largest = max(abs(math.log(p / q)), abs(math.log((1 - p) / (1 - q))))
        for m in (20, 100, 400, 2000):
            rate = _rate(p, q, m)
            yield max(0.0, c - math.log(1 + m * largest) / m - rate)
            # the nearest whole count may miss x by 1/m: one factor exp(largest) at most
            yield max(0.0, rate - c - (math.log((m + 1) * 2 / _LOG2) + largest) / m)


@chernoff.numerical(tolerance=1e-12, description="the rate against theory.js, m = 20")
def the_rate_against_theory_js_m_20():
    yield abs(_rate(0.3, 0.6, 20) + math.log(_LOG2 - js(*packed([0.3, 0.7], [0.6, 0.4], 20))) / 20)


@chernoff.control(
    "the Bhattacharyya distance, s = 1/2, of unlike coins .01 and .5",
    of=the_rate_at_m_400_against_c,
    miss=0.0186,
)
def the_bhattacharyya_distance_s_1_2_of_unlike_coins():
    yield abs(_rate(0.01, 0.5, 2000) + math.log(_affinity([0.01, 0.99], [0.5, 0.5])))


@chernoff.control("KL(p || q) is called the rate", of=the_rate_at_m_400_against_c, miss=0.132)
def kl_p_q_is_called_the_rate():
    yield abs(_rate(0.3, 0.6, 400) - kl([0.3, 0.7], [0.6, 0.4]))


gaussian = Claim(
    id="A-MC-07b",
    alias="packed-gaussians",
    title="JS(N(0, I_m), N(θ1, I_m)) = JS₁(θ√m)",
    statement="For N(0, 1) against N(theta, 1) a pack of m counts like one sample at the distance "
    "theta sqrt(m): JS(N(0, I_m), N(theta 1, I_m)) = JS_1(theta sqrt(m)), because the logit "
    "depends on the pack only through its sum.",
    formula=r"\mathrm{JS}(\mathcal{N}(0, I_m), \mathcal{N}(\theta 1, I_m)) = "
    r"\mathrm{JS}(\mathcal{N}(0, 1), \mathcal{N}(\theta \sqrt{m}, 1))",
    assumptions=("p and q are normal laws of equal variance", *INDEPENDENT),
    sources=("Goodfellow et al. 2014, Proposition 1, applied to packs of normal laws", COURSE),
)


@gaussian.symbolic(scope=AS_STATED)
def gaussian_proof():
    import sympy as sp

    theta, s = sp.symbols("theta s", real=True)
    for m in (2, 3, 5):
        x = sp.symbols(f"x1:{m + 1}", real=True)
        pack = sum(((v - theta) ** 2 - v**2) / 2 for v in x)
        along = sum(x) / sp.sqrt(m)  # N(0, 1) under p, N(theta sqrt(m), 1) under q
        one = ((s - theta * sp.sqrt(m)) ** 2 - s**2) / 2
        yield (
            f"m = {m}: the pack's logit is that of one sample s = sum x/sqrt(m)",
            sp.expand(pack - one.subs(s, along)),
        )
    m = sp.Symbol("m", positive=True)
    yield (
        "s has mean m theta/sqrt(m) = theta sqrt(m) under q",
        sp.simplify(m * theta / sp.sqrt(m) - theta * sp.sqrt(m)),
    )
    yield (
        "and variance m/m = 1 under both; JS is a mean of functions of the logit",
        (m * (1 / sp.sqrt(m)) ** 2 - 1),
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
def packs_of_two_quadrature_in_the_plane():
    for theta in (0.6, 1.0, 2.0):
        yield abs(_pair_js(theta) - _one_sample_js(theta * math.sqrt(2)))


@gaussian.sampling()
def gaussian_by_sampling(rng):
    theta, m, n = 0.6, 4, 400_000
    real, fake = rng.normal(size=(n, m)), rng.normal(theta, 1, (n, m))
    terms = [
        _LOG2 + log_expit(sign * theta * (m * theta / 2 - x.sum(axis=1)))
        for sign, x in ((1, real), (-1, fake))
    ]
    error = math.sqrt(sum(t.var() for t in terms) / n) / 2
    yield (sum(t.mean() for t in terms) / 2 - _one_sample_js(theta * math.sqrt(m))) / error


@gaussian.control(
    "the distance is said to grow like theta m",
    of=packs_of_two_quadrature_in_the_plane,
    miss=0.0705,
)
def the_distance_is_said_to_grow_like_theta_m():
    yield abs(_pair_js(0.6) - _one_sample_js(1.2))
