"""Any f-divergence by its best critic, and the GAN as one of them (claims A-DST-09 and 10).

D_f(p || q) = E_q f(p/q) with a convex f. Its conjugate f*(t) = sup_u (t u - f(u)) makes it a game
against a critic T: the sup over T of E_p T - E_q f*(T). Here u and v stand for p/q.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theory.calculators.convex_functions import F_DIVERGENCES, FDivergence
from theory.calculators.densities import Mixture
from theory.calculators.divergences import f_divergence, js, value
from theory.chapters.game.expressions import (
    best_value_at,
    cancelled,
    inside,
    js_at,
    masses,
    optimum,
    value_at,
)
from theory.chapters.game.laws import best_value
from theory.claim import AS_STATED, Claim, excess

_LOG4 = math.log(4)


def _pairs(rng: np.random.Generator, n: int):
    """Random laws on 8 points that have mass everywhere."""
    for _instance in range(n):
        laws = rng.dirichlet(np.full(8, 10 ** rng.uniform(-0.5, 1)), 2) + 1e-9
        yield laws / laws.sum(axis=1, keepdims=True)


def _payoff(p: np.ndarray, q: np.ndarray, conjugate, critic: np.ndarray) -> float:
    """E_p T - E_q f*(T)."""
    return float(p @ critic - q @ conjugate(critic))


def _highest(height) -> tuple[float, float]:
    """The u in (e^-12, e^12) at which a function of it is highest, by search, and its height."""
    from scipy.optimize import minimize_scalar

    found: Any = minimize_scalar(
        lambda log_u: -float(height(np.exp(log_u))),
        bounds=(-12, 12),
        method="bounded",
        options={"xatol": 1e-11},
    )
    return math.exp(found.x), -float(found.fun)


def _conjugate_by_search(row: FDivergence, t: float) -> float:
    """The largest t u - f(u)."""
    return _highest(lambda u: t * u - row.f(u))[1]


def _best_payoff(p: float, q: float, row: FDivergence) -> tuple[float, float]:
    """The T at which p T - q f*(T) is highest, by search among the slopes of f, and the height."""
    u, height = _highest(lambda u: p * row.slope(u) - q * row.conjugate(row.slope(u)))
    return float(row.slope(u)), height


duality = Claim(
    id="A-DST-09",
    alias="f-divergence-duality",
    title="D_f(p‖q) = sup over T of E_p T − E_q f*(T), at T = f'(p/q)",
    statement="Every critic T gives a lower bound of every f-divergence, "
    "D_f(p || q) >= E_p T - E_q f*(T) with f*(t) = sup_u (t u - f(u)), and T = f'(p/q) attains it. "
    "So each convex f has its own GAN, and where f is strictly convex its best critic tells the "
    "density ratio.",
    formula=r"D_f(p \| q) = \sup_{T} \left( \mathrm{E}_{x \sim p} T(x) "
    r"- \mathrm{E}_{x \sim q} f^*(T(x)) \right), \quad T^*(x) = f'\left(\frac{p(x)}{q(x)}\right)",
    assumptions=(
        "f is convex and twice differentiable on (0, inf), or |u - 1|/2, and f(1) = 0",
        "p and q have the same support (elsewhere f(0) and f'(inf) enter)",
        "T takes its values where f* is finite, has both expectations, and is not restricted "
        "otherwise",
    ),
    sources=(
        "Nguyen, Wainwright and Jordan 2010, Lemma 1",
        "Nowozin, Cseke and Tomioka 2016, equations 4 and 5 and Table 1",
        "000_8b69f153baee6a3b.txt:248",
    ),
)


def _table(sp, u, t):
    """name: f(u), f'(u), f*(t), written out anew."""
    root, half = sp.sqrt(u), sp.Rational(1, 2)
    log = sp.log
    return {
        "kl": (u * log(u), 1 + log(u), sp.exp(t - 1)),
        "reverse-kl": (-log(u), -1 / u, -1 - log(-t)),
        "js": (
            half * (u * log(u) - (1 + u) * (log(1 + u) - log(2))),
            half * (log(2) + log(u) - log(1 + u)),
            -half * log(2 - sp.exp(2 * t)),
        ),
        "squared-hellinger": (u - 2 * root + 1, 1 - 1 / root, t / (1 - t)),
        "pearson": ((u - 1) ** 2, 2 * (u - 1), t + t**2 / 4),
        "neyman": (u - 2 + 1 / u, 1 - 1 / u**2, 2 - 2 * sp.sqrt(1 - t)),
        "gan": (
            u * log(u) - (1 + u) * log(1 + u),
            log(u) - log(1 + u),
            -log(1 - sp.exp(t)),
        ),
    }


@duality.symbolic(scope=AS_STATED)
def duality_proof():
    import sympy as sp

    u, v = sp.symbols("u v", positive=True)
    t = sp.Symbol("t", real=True)
    for name, (f, slope, conjugate) in _table(sp, u, t).items():
        yield f"{name}: f'(u)", sp.expand_log(sp.diff(f, u) - slope, force=True)
        yield f"{name}: f'' > 0, so f is convex", sp.factor(sp.diff(slope, u)) > 0
        # both sides are functions of u; their slopes agree, and they agree at u = 1
        gap = conjugate.subs(t, slope) - (u * slope - f)
        yield (
            f"{name}: f*(f'(u)) = u f'(u) - f(u), by its slope in u",
            sp.expand_log(sp.cancel(sp.diff(gap, u)), force=True),
        )
        yield f"{name}: and by its value at u = 1", gap.subs(u, 1)
    p, q = masses()
    f_u, T, at_T = sp.symbols("f_u T at_T", real=True)
    yield (
        "every f, every T: q f(p/q) - (p T - q f*(T)) = q (f*(T) - (T u - f(u))) at u = p/q, "
        "which is >= 0, f*(T) being the largest of these",
        sp.expand(q * f_u - (p * T - q * at_T) - q * (at_T - (T * p / q - f_u))),
    )
    f, at_v = sp.Function("f")(u), sp.Function("f")(v)
    slope = at_v.diff(v)
    gap = (v * slope - at_v) - (u * slope - f)
    yield "T = f'(v): v T - f(v) is no less than u T - f(u); at u = v they are one", gap.subs(u, v)
    yield "their gap has the slope f'(u) - f'(v), 0 there", sp.diff(gap, u).subs(u, v)
    yield (
        "and the curvature f'' >= 0: so f*(f'(v)) = v f'(v) - f(v), and f'(p/q) attains the bound",
        sp.diff(gap, u, 2) - f.diff(u, 2),
    )
    yield (
        "T = f'(u) has the slope f'': it rises strictly where f is strictly convex, and tells u",
        (sp.diff(f.diff(u), u) - f.diff(u, 2)),
    )
    w = 1 / v
    yield (
        "jeffreys: w = 1/v solves log w + w = 1 - t at t = f'(v), so w = W(e^(1 - t))",
        sp.expand_log(sp.log(w) + w - 1 + (1 - 1 / v + sp.log(v)), force=True),
    )
    yield (
        "and f* = w + 1/w + t - 2 = v f'(v) - f(v)",
        (w + 1 / w + (1 - 1 / v + sp.log(v)) - 2)
        - (v * (1 - 1 / v + sp.log(v)) - (v - 1) * sp.log(v)),
    )
    cases = ((1, 1 + v), (-1, 1 / (1 + v)))  # u above and below 1
    yield (
        "total variation: f* = t on |t| <= 1/2; (u - 1) t <= |u - 1|/2, equal at t = sign(u - 1)/2",
        sp.Matrix([((u - 1) * side - sp.Abs(u - 1)).subs(u, at) for side, at in cases]),
    )


@duality.numerical(tolerance=1e-9, description="f* of the table against the largest t u - f(u)")
def conjugates_by_search(rng):
    u = np.exp(np.linspace(-12, 12, 4001))
    for row in F_DIVERGENCES.values():
        # a parabola through the three best of a fine grid finds the maximum
        for t in np.asarray(row.slope(np.exp(rng.uniform(-2, 2, 20)))):
            gain = t * u - row.f(u)
            best = int(np.clip(np.argmax(gain), 1, u.size - 2))
            near = np.exp(np.linspace(np.log(u[best - 1]), np.log(u[best + 1]), 2001))
            yield abs(row.conjugate(t) - np.max(t * near - row.f(near))) / (1 + abs(t))


@duality.numerical(tolerance=1e-12, description="excess of a critic's bound, gap of the best")
def best_and_other_critics(rng):
    for p, q in _pairs(rng, 30):
        for name, row in F_DIVERGENCES.items():
            exact = f_divergence(p, q, name)
            size = max(1.0, abs(exact))
            yield abs(_payoff(p, q, row.conjugate, row.slope(p / q)) - exact) / size
            critic = row.slope(np.exp(rng.normal(0, 1, 8)))
            yield excess(_payoff(p, q, row.conjugate, critic), exact) / size


@duality.numerical(tolerance=1e-10, description="the best critic of two normal laws, smooth f")
def best_critic_of_normal_laws():
    # The trapezoidal rule is exact to rounding for smooth functions that die out on both sides.
    x = np.linspace(-25, 25, 4001)
    log_p, log_q = -(x**2) / 2, -(((x - 0.5) / 1.2) ** 2) / 2 - math.log(1.2)
    mass_p, mass_q = (
        np.exp(log) * (x[1] - x[0]) / math.sqrt(2 * math.pi) for log in (log_p, log_q)
    )
    p, q = Mixture.normal([1], [0], 1), Mixture.normal([1], [0.5], 1.2)
    for name, row in F_DIVERGENCES.items():
        if name != "total-variation":
            critic = row.slope(np.exp(log_p - log_q))
            exact = f_divergence(p, q, name)
            yield abs(_payoff(mass_p, mass_q, row.conjugate, critic) - exact)


@duality.meaning(tolerance=1e-6)  # the searches' own error
def duality_in_words(rng):
    for p, q in 0.5 * (rng.dirichlet(np.ones(8), (3, 2)) + 1 / 8):
        for name in ("kl", "js", "squared-hellinger", "pearson", "neyman", "jeffreys", "gan"):
            row, exact = F_DIVERGENCES[name], f_divergence(p, q, name)
            critic = row.slope(np.exp(rng.normal(0, 1, 8)))
            best = [_best_payoff(a, b, row) for a, b in zip(p, q, strict=True)]
            highest = sum(height for _, height in best)
            t = float(critic[0])
            yield {
                "D_f(p || q)": exact,
                "sup over T of E_p T − E_q f*(T)": highest,
                r"\sup_{T} \left( \mathrm{E}_{x \sim p} T(x) "
                r"- \mathrm{E}_{x \sim q} f^*(T(x)) \right)": highest,
                "E_p T": float(p @ critic),
                "E_q f*(T)": float(q @ row.conjugate(critic)),
                "f*(t)": float(row.conjugate(t)),
                "sup_u (t u - f(u))": _conjugate_by_search(row, t),
                "T": best[0][0],
                "f'(p/q)": float(row.slope(p[0] / q[0])),
                "T^*(x)": best[0][0],
                r"f'\left(\frac{p(x)}{q(x)}\right)": float(row.slope(p[0] / q[0])),
            }


@duality.control("the critic is given q/p: T = f'(q/p)", of=best_and_other_critics, miss=6.53e08)
def ratio_upside_down(rng):
    for p, q in _pairs(rng, 20):
        for name, row in F_DIVERGENCES.items():
            yield abs(_payoff(p, q, row.conjugate, row.slope(q / p)) - f_divergence(p, q, name))


@duality.control(
    "the critic takes the ratio for 1% larger: T = f'(1.01 p/q)",
    of=best_and_other_critics,
    miss=0.000195,
)
def ratio_a_little_larger(rng):
    for p, q in _pairs(rng, 20):
        for name, row in F_DIVERGENCES.items():
            if name != "total-variation":  # which sees the side only on which p/q lies of 1
                exact = f_divergence(p, q, name)
                played = _payoff(p, q, row.conjugate, row.slope(1.01 * p / q))
                yield abs(played - exact) / max(1.0, abs(exact))


@duality.control(
    "f* is taken to be f: E_p T - E_q f(T) with T = f'(p/q)", of=best_and_other_critics, miss=10
)
def f_in_the_place_of_its_conjugate(rng):
    for p, q in _pairs(rng, 20):
        for name in ("kl", "js", "squared-hellinger", "pearson"):
            row, exact = F_DIVERGENCES[name], f_divergence(p, q, name)
            with np.errstate(invalid="ignore"):
                played = _payoff(p, q, lambda t, f=row.f: f(np.abs(t)), row.slope(p / q))
            yield abs(played - exact) / max(1.0, abs(exact))


gan = Claim(
    id="A-DST-10",
    alias="gan-is-an-f-divergence",
    title="V(D, G) = E_p T − E_q f*(T) with T = log D; max_D V = 2 JS − log 4",
    statement="The GAN's objective is the bound of A-DST-09 for f(u) = u log u - "
    "(u + 1) log(u + 1) with the critic T = log D, since f*(t) = -log(1 - e^t). So max_D V = "
    "D_f(p_data || p_g) = 2 JS(p_data, p_g) - log 4, with f(1) = -log 4 != 0.",
    formula=r"f(u) = u \log u - (u+1) \log(u+1), \quad f^*(\log D) = -\log(1 - D), \quad "
    r"D_f(p \| q) = 2\,\mathrm{JS}(p, q) - \log 4",
    assumptions=("D takes its values in (0, 1)",),
    sources=(
        "Nowozin, Cseke and Tomioka 2016, section 2.4 and Table 1 (row GAN)",
        "Goodfellow et al. 2014, Theorem 1",
        "000_8b69f153baee6a3b.txt:244,250,322-334",
    ),
)


@gan.symbolic(scope=AS_STATED)
def gan_proof():
    import sympy as sp

    p, q = masses()
    u, s = sp.symbols("u s", positive=True)
    D = inside(s)
    f = u * sp.log(u) - (u + 1) * sp.log(u + 1)
    t = sp.log(D)
    best = D / (1 - D)
    yield "f'(u) = log(u/(u + 1))", sp.diff(f, u) - (sp.log(u) - sp.log(u + 1))
    yield "f'' = 1/(u (u + 1)) > 0: t u - f(u) has one peak", sp.factor(sp.diff(f, u, 2)) > 0
    yield (
        "it is at u = e^t/(1 - e^t) = D/(1 - D): f' = t there",
        cancelled(sp.diff(f, u).subs(u, sp.cancel(best)) - t),
    )
    yield (
        "so f*(log D) = -log(1 - D), and p T - q f*(T) is the integrand of V(D, G)",
        cancelled(p * t - q * (t * best - f.subs(u, sp.cancel(best))) - value_at(p, q, D)),
    )
    yield (
        "the best T is f'(p/q) = log D*",
        cancelled(sp.diff(f, u).subs(u, p / q) - sp.log(optimum(p, q))),
    )
    yield (
        "q f(p/q) is the integrand of V(D*, G)",
        sp.expand(sp.expand_log(cancelled(q * f.subs(u, p / q) - best_value_at(p, q)))),
    )
    gap = best_value_at(p, q) - (2 * js_at(p, q) - (p + q) * sp.log(2))
    yield "which is 2 js - (p + q) log 2, and int (p + q) log 2 = log 4", cancelled(gap)
    for a, b in ((0, q), (p, 0)):
        gap = best_value_at(a, b) - (2 * js_at(a, b) - (a + b) * sp.log(2))
        yield "also where one law has no mass", gap
    yield "where f(0) = 0 counts", sp.limit(f, u, 0)
    yield "and where f'(inf) = 0 does", sp.limit(sp.diff(f, u), u, sp.oo)
    yield "f(1) = -log 4", f.subs(u, 1) + sp.log(4)


def _mixtures(rng: np.random.Generator):
    for _instance in range(6):
        yield tuple(
            Mixture.normal(rng.dirichlet([1, 1]), rng.normal(0, 4, 2), 10 ** rng.uniform(-1, 1, 2))
            for _law in range(2)
        )


@gan.numerical(tolerance=1e-11, description="D_f, V(D*, G) and 2 JS - log 4, three computations")
def three_computations(rng):
    for p, q in (*_pairs(rng, 30), *_mixtures(rng)):
        divergence = f_divergence(p, q, "gan")
        yield abs(divergence - (2 * js(p, q) - _LOG4))
        yield abs(divergence - best_value(p, q))


@gan.numerical(tolerance=1e-12, description="V(D) against E_p T - E_q f*(T), random D")
def random_discriminators(rng):
    conjugate = F_DIVERGENCES["gan"].conjugate
    for p, q in _pairs(rng, 100):
        d = rng.uniform(0.01, 0.99, 8)
        played = value(p, q, lambda x, d=d: d[x.astype(int)])
        yield abs(played - _payoff(p, q, conjugate, np.log(d)))
        yield excess(played, f_divergence(p, q, "gan"))


@gan.meaning(tolerance=1e-6)  # the searches' own error
def gan_in_words(rng):
    row = F_DIVERGENCES["gan"]
    for p, q in _pairs(rng, 5):
        d = rng.uniform(0.05, 0.95, 8)
        u, t = math.exp(rng.normal()), -rng.uniform(0.1, 3)
        highest = sum(_best_payoff(a, b, row)[1] for a, b in zip(p, q, strict=True))
        distance, divergence = js(p, q), f_divergence(p, q, "gan")
        yield {
            "A-DST-09": None,
            "V(D, G)": value(p, q, lambda x, d=d: d[x.astype(int)]),
            "E_p T": float(p @ np.log(d)),
            "E_q f*(T)": float(q @ row.conjugate(np.log(d))),
            "T": math.log(d[0]),
            "D": d[0],
            "max_D V": highest,
            "JS": distance,
            "JS(p_data, p_g)": distance,
            "JS(p, q)": distance,
            "D_f(p_data || p_g)": divergence,
            "D_f(p || q)": divergence,
            "f(u)": float(row.f(u)),
            "u": u,
            "f*(t)": _conjugate_by_search(row, t),
            "t": t,
            "f(1)": float(row.f(1.0)),
            r"f^*(\log D)": _conjugate_by_search(row, math.log(d[0])),
        }


@gan.control(
    "f is made to vanish at 1 by log 2 in the place of log 4", of=three_computations, miss=0.693
)
def constant_halved(rng):
    for p, q in _pairs(rng, 20):
        yield abs(f_divergence(p, q, "gan") - (2 * js(p, q) - math.log(2)))


@gan.control("it is called JS, without the factor 2", of=three_computations, miss=0.416)
def factor_lost(rng):
    for p, q in _pairs(rng, 20):
        yield abs(f_divergence(p, q, "gan") - (js(p, q) - _LOG4))


@gan.control("the critic is D itself: T = D", of=random_discriminators, miss=1.65)
def critic_is_the_discriminator(rng):
    conjugate = F_DIVERGENCES["gan"].conjugate
    for p, q in _pairs(rng, 20):
        d = rng.uniform(0.01, 0.99, 8)
        played = value(p, q, lambda x, d=d: d[x.astype(int)])
        yield abs(played - _payoff(p, q, conjugate, -d))
