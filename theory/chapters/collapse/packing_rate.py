"""Packs tell any two laws apart: how fast (claims A-MC-06 and 06b)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import gammaln, logsumexp, xlogy

from theory.calculators.divergences import js, kl
from theory.calculators.packing import packed, products
from theory.chapters.collapse.packing import COURSE, INDEPENDENT, random_pairs
from theory.claim import AS_STATED, Claim, excess

_LOG2 = math.log(2)


affinity = Claim(
    id="A-MC-06",
    alias="packed-hellinger",
    title="1 − H²(p^m, q^m) = (1 − H²(p, q))^m, so JS(p^m, q^m) → log 2 unless p = q",
    statement="The Hellinger affinity 1 - H^2(p, q) = sum sqrt(p q) multiplies over a pack, and "
    "log 2 - JS(p, q) <= log 2 sum sqrt(p q). So JS(p^m, q^m) tends to log 2 exponentially fast "
    "whenever p is not q: with packs that are large enough D tells any two laws apart.",
    formula=r"1 - H^2(p^m, q^m) = (1 - H^2(p, q))^m, \quad "
    r"\log 2 - \mathrm{JS}(p^m, q^m) \le \log 2\, (1 - H^2(p, q))^m",
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
    n, k, i, j = sp.symbols("n k i j", integer=True, positive=True)
    x, y = sp.IndexedBase("x"), sp.IndexedBase("y")
    joint = sp.Sum(x[i] * sp.Sum(y[j], (j, 1, k)), (i, 1, n))
    yield (
        "so the double sum is the product of the sums, and by induction the m-th power",
        sp.simplify(joint - sp.Sum(x[i], (i, 1, n)) * sp.Sum(y[j], (j, 1, k))),
    )
    jensen = (a * sp.log(2 * a / (a + b)) + b * sp.log(2 * b / (a + b))) / 2
    rest = (a * sp.log((a + b) / a) + b * sp.log((a + b) / b)) / 2
    gap = sp.expand(sp.expand_log((a + b) / 2 * sp.log(2) - jensen - rest, force=True))
    yield "log 2 - JS = sum (1/2) [p log(1 + q/p) + q log(1 + p/q)]", gap
    h = (sp.log(1 + u**2) / u + u * sp.log(1 + 1 / u**2)) / 2
    term = (a * sp.log(1 + b / a) + b * sp.log(1 + a / b)) / 2
    yield (
        "a term is h(u) sqrt(p q), u = sqrt(q/p), h = [log(1 + u^2)/u + u log(1 + 1/u^2)]/2",
        sp.simplify(term / sp.sqrt(a * b) - h.subs(u, sp.sqrt(b / a))),
    )
    yield "h(1/u) = h(u)", sp.simplify(h.subs(u, 1 / u) - h)
    square = sp.Symbol("x", positive=True)
    slope = (1 - square) * sp.log(1 + square) + square * sp.log(square)
    yield (
        "h'(u) = -k(x)/(2x), x = u^2, k = (1 - x) log(1 + x) + x log x",
        sp.simplify(
            sp.expand_log(sp.diff(h, u).subs(u, sp.sqrt(square)) + slope / (2 * square), force=True)
        ),
    )
    yield (
        "k is 0 at both ends of [0, 1]",
        sp.Matrix([sp.limit(slope, square, 0, "+"), slope.subs(square, 1)]),
    )
    yield (
        "and convex between them, k'' = (1 - x)/(x (1 + x)^2), so k <= 0 and h rises",
        sp.simplify(sp.diff(slope, square, 2) - (1 - square) / (square * (1 + square) ** 2)),
    )
    yield "to h(1) = log 2, its largest value", h.subs(u, 1) - sp.log(2)
    yield (
        "also where q = 0: p log(1 + q/p) + q log(1 + p/q) goes to 0 with q, as sqrt(p q) does",
        sp.limit(a * sp.log(1 + b / a) + b * sp.log(1 + a / b), b, 0, "+"),
    )
    yield (
        "and sqrt(p q) = (p + q)/2 - (sqrt p - sqrt q)^2/2: affinity < 1 unless p = q",
        sp.expand((a + b) / 2 - (sp.sqrt(a) - sp.sqrt(b)) ** 2 / 2 - sp.sqrt(a) * sp.sqrt(b)),
    )
    m, below = sp.symbols("m s", positive=True)
    yield "and powers of 1/(1 + s) < 1 go to 0", sp.limit((1 + below) ** -m, m, sp.oo)


def _affinity(p: Any, q: Any) -> float:
    return float(np.sum(np.sqrt(np.asarray(p) * np.asarray(q))))


def _hellinger_square(p: Any, q: Any) -> float:
    """H^2 = (1/2) sum (sqrt p - sqrt q)^2."""
    return float(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)


@affinity.numerical(tolerance=1e-10, description="50 random pairs, all packs of up to 6 samples")
def affinity_of_packs(rng):
    for p, q in random_pairs(rng):
        for m in range(1, 7):
            yield abs(_affinity(*products(p, q, m)) - _affinity(p, q) ** m)


def _bound(p: Any, q: Any, m: int) -> float:
    """What log 2 - JS(p^m, q^m) is at most."""
    return _LOG2 * _affinity(p, q) ** m


_FAR = ([0.3, 0.7], [0.9, 0.1])


@affinity.numerical(tolerance=1e-12, description="log 2 - JS above its bound, m up to 100")
def distance_from_log_2(rng):
    for p, q in random_pairs(rng, 20):
        for m in (1, 2, 5, 10):
            yield excess(_LOG2 - js(*packed(p, q, m)), _bound(p, q, m))
            yield abs(_LOG2 - _bound(p, p, m))  # where p = q it is reached: JS = 0
    yield excess(_LOG2 - js(*packed(*_FAR, 100)), 1e-10)


@affinity.meaning()
def affinity_in_words(rng):
    for p, q in (*random_pairs(rng, 5), _FAR, [[0.3, 0.7], [0.31, 0.69]]):
        for m in (1, 2, 5):
            yield {
                "m": m,
                "H^2(p, q)": _hellinger_square(p, q),
                "H²(p, q)": _hellinger_square(p, q),
                "sum sqrt(p q)": _affinity(p, q),
                "H^2(p^m, q^m)": _hellinger_square(*products(p, q, m)),
                "H²(p^m, q^m)": _hellinger_square(*products(p, q, m)),
                "JS(p, q)": js(p, q),
                r"\mathrm{JS}(p^m, q^m)": js(*packed(p, q, m)),
            }
    fast = all(_LOG2 - js(*packed(*_FAR, m)) <= _affinity(*_FAR) ** m for m in (10, 20, 40))
    yield {"JS(p^m, q^m) → log 2": bool(fast), "tends to log 2 exponentially fast": bool(fast)}


@affinity.control("H^2 itself is said to multiply", of=affinity_of_packs, miss=0.141)
def the_square_multiplies(rng):
    for p, q in random_pairs(rng, 5):
        yield abs(_hellinger_square(*products(p, q, 2)) - _hellinger_square(p, q) ** 2)


@affinity.control("the bound is said to be 1% lower", of=distance_from_log_2, miss=0.00693)
def one_percent_lower(rng):
    for p, q in random_pairs(rng, 20):
        near = 0.98 * p + 0.02 * q
        yield excess(_LOG2 - js(p, near), 0.99 * _bound(p, near, 1))


@affinity.control(
    "p = q: JS of the packs is said to tend to log 2", of=distance_from_log_2, miss=0.693
)
def equal_laws():
    yield excess(_LOG2 - js(*packed(_FAR[0], _FAR[0], 100)), 1e-10)


# C of Bern(.3) and Bern(.6), and the rate in packs of 400: nine decimals, of which six are told.
_HEADS, _C, _RATE_400 = (0.3, 0.6), 0.047711629, 0.051852943

chernoff = Claim(
    id="A-MC-06b",
    alias="packed-js-rate",
    title="log 2 − JS(p^m, q^m) = exp(−m C + o(m)), C the Chernoff information",
    statement="How fast packs become distinguishable: log 2 - JS(p^m, q^m) decays like exp(-m C), "
    "where C = -min over s of log sum p^s q^(1 - s) is the Chernoff information. For coins that "
    f"show heads with probability .3 and .6, Bern(.3) and Bern(.6), C = {_C:.6f}, and the rate "
    f"R(m) = -(1/m) log(log 2 - JS) at m = 400 is R(400) = {_RATE_400:.6f}.",
    formula=r"-\frac{1}{m} \log(\log 2 - \mathrm{JS}(p^m, q^m)) \to C = "
    r"-\min_{0 \le s \le 1} \log \sum_x p(x)^s q(x)^{1 - s}",
    assumptions=(*INDEPENDENT, "p and q are positive on the same finite set"),
    sources=(
        "Cover and Thomas 2006, section 11.9 (Chernoff information)",
        "Dembo and Zeitouni 1998, section 3.4 (the lower bound by a change of measure)",
        COURSE,
    ),
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
    s = sp.Symbol("s", real=True)
    yield "log(1 + u) <= u: 0 at 0", sp.log(1 + u).subs(u, 0)
    yield "with a smaller slope", sp.simplify(1 - sp.diff(sp.log(1 + u), u)) > 0
    a = b * (1 + u)  # the larger of the two
    yield (
        "log 2 - JS = sum (1/2) [p log(1 + q/p) + q log(1 + p/q)]",
        sp.simplify(
            sp.expand_log(
                (a + b) * sp.log(2) / 2
                - (a * sp.log(2 * a / (a + b)) + b * sp.log(2 * b / (a + b))) / 2
                - (a * sp.log(1 + b / a) + b * sp.log(1 + a / b)) / 2
            )
        ),
    )
    yield "a >= b: each term is at least (1/2) b log 2, as a/b >= 1", (1 + a / b) - 2 > 0
    yield (
        "and at most (1/2) b (1 + log 2 + log(a/b)), as a log(1 + b/a) <= b and 1 + a/b <= 2 a/b",
        sp.expand(2 * a / b - (1 + a / b)) > 0,
    )
    m, c, largest = sp.symbols("m C L", positive=True)
    yield (
        "log(a/b) <= m L, L = max|log p/q|: log 2 - JS is sum min(p^m, q^m) up to a factor between "
        "(log 2)/2 and 1 + m L, whose logarithm over m goes to 0",
        sp.limit(sp.log(1 + m * largest) / m, m, sp.oo),
    )
    yield "(1 + log 2)/2 < 1", (1 + sp.log(2)) / 2 < 1
    share = sp.Symbol("w", positive=True)
    yield (
        "above: min(a, b) <= a^s b^(1-s), as log(a/b) >= 0 (the pack's sum is a power of Z(s))",
        sp.simplify(
            sp.expand_log(
                sp.log(a**share * b ** (1 - share) / b) - share * sp.log(1 + u), force=True
            )
        ),
    )
    p, q, z = sp.symbols("p q Z", positive=True)
    cell = p**s * q ** (1 - s)
    ratio = sp.log(p) - sp.log(q)
    yield (
        "Z(s) = sum of cells p^s q^(1-s) has the slope sum of cells log(p/q)",
        sp.simplify(sp.diff(cell, s) - cell * ratio),
    )
    yield (
        "and is strictly convex unless p = q: cells log(p/q)^2",
        sp.simplify(sp.diff(cell, s, 2) - cell * ratio**2),
    )
    yield (
        "at both ends it is 1, so it has its least value inside, with slope 0 and log Z = -C",
        sp.Matrix([cell.subs(s, 0) - q, cell.subs(s, 1) - p]),
    )
    for name, law, factor in (("p", p, -(1 - s)), ("q", q, s)):
        tilted = s * sp.log(p) + (1 - s) * sp.log(q) - sp.log(z)
        yield (
            f"below: x = p^s q^(1-s)/Z has log(x/{name}) = -log Z + {factor} log(p/q); under x the "
            "mean of log(p/q) is the slope over Z, 0: KL(x || p) = KL(x || q) = C",
            sp.expand(tilted - sp.log(law) - (-sp.log(z) + factor * ratio)),
        )
    spread = sp.Symbol("v", positive=True)
    far = 2 * sp.sqrt(m * spread)
    yield (
        "Chebyshev: beyond 2 sqrt(m v) from its mean m C the sum of m logs, of variance m v, has a "
        "probability of at most m v/(2 sqrt(m v))^2 = 1/4",
        sp.simplify(m * spread / far**2 - sp.Rational(1, 4)),
    )
    yield (
        "so with probability 1 - 1/4 - 1/4 = 1/2 under x both p^m and q^m are at least "
        "x^m exp(-m C - 2 sqrt(m v)), and sum min(p^m, q^m) >= exp(-m C - 2 sqrt(m v))/2",
        1 - 2 * sp.Rational(1, 4) - sp.Rational(1, 2),
    )
    lower = sp.log(sp.log(2) / 2 * sp.exp(-m * c - far) / 2)
    yield (
        "its rate goes to C",
        sp.limit(sp.expand(sp.expand_log(-lower / m, force=True)), m, sp.oo) - c,
    )
    yield (
        "p = q: log 2 - JS = log 2 for every m, and C = 0",
        sp.limit(sp.log(sp.log(2)) / m, m, sp.oo),
    )


# The rates hold C from below by the factor 1 + m L and from above by the Chebyshev term.
def _bounds(p: float, q: float, m: int) -> tuple[float, float]:
    """Between which numbers the proof puts the rate of packs of m coins."""
    c, heads = _coin_information(p, q)
    logs = np.log([[heads / p, (1 - heads) / (1 - p)], [heads / q, (1 - heads) / (1 - q)]])
    spread = max(logs**2 @ [heads, 1 - heads] - (logs @ [heads, 1 - heads]) ** 2)
    largest = max(abs(math.log(p / q)), abs(math.log((1 - p) / (1 - q))))
    slack = math.log(4 / _LOG2) + 2 * math.sqrt(m * spread)
    return c - math.log(1 + m * largest) / m, c + slack / m


def _coin_information(p: float, q: float) -> tuple[float, float]:
    """C of two coins in closed form, and x: where KL(x || p) = KL(x || q)."""
    tails = math.log((1 - p) / (1 - q))
    heads = tails / (tails - math.log(p / q))
    return float(kl([heads, 1 - heads], [p, 1 - p])), heads


def _coins(p: float) -> list[float]:
    return [p, 1 - p]


@chernoff.numerical(tolerance=1e-9, description="C by minimisation against the coins' closed form")
def closed_form_of_c(rng):
    for p, q in [_HEADS, *rng.uniform(0.1, 0.9, (8, 2))]:
        yield abs(_chernoff_information(_coins(p), _coins(q)) - _coin_information(p, q)[0])


@chernoff.numerical(tolerance=1e-12, description="the rate outside of the proof's two bounds")
def rate_within_bounds(rng):
    for p, q in [_HEADS, *rng.uniform(0.1, 0.9, (8, 2))]:
        for m in (20, 100, 400, 2000):
            low, high = _bounds(p, q, m)
            rate = _rate(p, q, m)
            yield excess(low, rate)
            yield excess(rate, high)


@chernoff.numerical(tolerance=1e-12, description="the rate against theory.js, m = 20")
def rate_against_js():
    packs = packed(_coins(_HEADS[0]), _coins(_HEADS[1]), 20)
    yield abs(_rate(*_HEADS, 20) + math.log(_LOG2 - js(*packs)) / 20)


def _certified_numbers(p: str = "0.3", q: str = "0.6", m: int = 400):
    """C and the rate as balls, by the closed form and by binomial sums."""
    import flint

    with flint.ctx.workprec(200):
        one, two = flint.arb(1), flint.arb(2)
        a, b = flint.arb(p), flint.arb(q)
        tails = ((one - a) / (one - b)).log()
        x = tails / (tails - (a / b).log())
        c = x * (x / a).log() + (one - x) * ((one - x) / (one - a)).log()
        missing = flint.arb(0)
        for k in range(m + 1):
            orders = flint.arb.bin_uiui(m, k)
            first, second = (orders * w**k * (one - w) ** (m - k) for w in (a, b))
            missing += first * (one + second / first).log() + second * (one + first / second).log()
        return c, -(missing / two).log() / m


@chernoff.certified(tolerance=5e-10, description="all nine decimals", scope="the decimals")
def nine_decimals():
    import flint

    c, rate = _certified_numbers()
    yield c - flint.arb(str(_C))
    yield rate - flint.arb(str(_RATE_400))


@chernoff.certified(tolerance=1e-12, description="the floating-point C and rate, in balls")
def floats_in_balls():
    import flint

    c, rate = _certified_numbers()
    yield c - flint.arb(_chernoff_information(*(_coins(w) for w in _HEADS)))
    yield rate - flint.arb(_rate(*_HEADS, 400))


@chernoff.meaning()
def chernoff_in_words():
    c = _coin_information(*_HEADS)[0]
    rates = [_rate(*_HEADS, m) for m in (400, 4_000, 40_000)]
    settles = abs(rates[2] - c) < 5e-4 and rates[0] > rates[1] > rates[2] > c
    at_least = _chernoff_information(*(_coins(w) for w in _HEADS))
    yield {
        "log 2 − JS(p^m, q^m) = exp(−m C + o(m))": settles,
        "log 2 - JS(p^m, q^m) decays like exp(-m C)": settles,
        "C = -min over s of log sum p^s q^(1 - s)": abs(at_least - c) < 1e-9,
        r"-\frac{1}{m} \log(\log 2 - \mathrm{JS}(p^m, q^m)) \to C = "
        r"-\min_{0 \le s \le 1} \log \sum_x p(x)^s q(x)^{1 - s}": settles
        and abs(at_least - c) < 1e-9,
        "heads with probability .3 and .6, Bern(.3) and Bern(.6)": _HEADS == (0.3, 0.6),
        "C": c,
        "R(m) = -(1/m) log(log 2 - JS)": None,
        "at m = 400": None,
        "R(400)": rates[0],
    }


@chernoff.control(
    "the Bhattacharyya distance, s = 1/2, is put for C", of=closed_form_of_c, miss=0.00103
)
def half_of_each(rng):
    for p, q in [_HEADS, *rng.uniform(0.1, 0.9, (8, 2))]:
        yield abs(-math.log(_affinity(_coins(p), _coins(q))) - _coin_information(p, q)[0])


@chernoff.control("KL(p || q) is called the rate", of=rate_within_bounds, miss=0.578)
def kl_for_the_rate(rng):
    for p, q in [_HEADS, *rng.uniform(0.1, 0.9, (8, 2))]:
        for m in (20, 100, 400, 2000):
            low, high = _bounds(p, q, m)
            wrong = kl(_coins(p), _coins(q))
            yield max(excess(low, wrong), excess(wrong, high))


@chernoff.control("the last decimal is one more", of=nine_decimals, miss=1.09e-09)
def last_decimal():
    import flint

    c, rate = _certified_numbers()
    yield c - flint.arb(str(_C + 1e-9))
    yield rate - flint.arb(str(_RATE_400 + 1e-9))


@chernoff.control("packs of 401 coins", of=floats_in_balls, miss=7.52e-06)
def one_coin_more():
    import flint

    yield _certified_numbers()[1] - flint.arb(_rate(*_HEADS, 401))


@chernoff.control("packs of 19 coins", of=rate_against_js, miss=0.00117)
def one_coin_fewer():
    packs = packed(_coins(_HEADS[0]), _coins(_HEADS[1]), 20)
    yield abs(_rate(*_HEADS, 19) + math.log(_LOG2 - js(*packs)) / 20)
