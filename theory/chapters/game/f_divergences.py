"""Any f-divergence by its best critic, and the GAN as one of them (claims A-DST-09 and 10).

D_f(p || q) = E_q f(p/q) with a convex f. Its conjugate f*(t) = sup_u (t u - f(u)) makes it a game
against a critic T: the sup over T of E_p T - E_q f*(T). Here u and v stand for p/q.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.convex_functions import F_DIVERGENCES
from theory.calculators.densities import Mixture
from theory.calculators.divergences import f_divergence, js, optimal_discriminator, value
from theory.claim import AS_STATED, Claim

_LOG4 = math.log(4)


def _pairs(rng: np.random.Generator, n: int):
    """Random laws on 8 points that have mass everywhere."""
    for _instance in range(n):
        laws = rng.dirichlet(np.full(8, 10 ** rng.uniform(-0.5, 1)), 2) + 1e-9
        yield laws / laws.sum(axis=1, keepdims=True)


def _payoff(p: np.ndarray, q: np.ndarray, conjugate, critic: np.ndarray) -> float:
    """E_p T - E_q f*(T)."""
    return float(p @ critic - q @ conjugate(critic))


duality = Claim(
    id="A-DST-09",
    alias="f-divergence-duality",
    title="D_f(p‖q) = sup over T of E_p T − E_q f*(T), at T = f'(p/q)",
    statement="Every critic T gives a lower bound of every f-divergence, "
    "D_f(p || q) >= E_p T - E_q f*(T) with f*(t) = sup_u (t u - f(u)), and T = f'(p/q) attains it. "
    "So each convex f has its own GAN, and the critic of each estimates the density ratio.",
    formula=r"D_f(p \| q) = \sup_{T} \left( \mathrm{E}_{x \sim p} T(x) "
    r"- \mathrm{E}_{x \sim q} f^*(T(x)) \right), \quad T^*(x) = f'\left(\frac{p(x)}{q(x)}\right)",
    assumptions=(
        "f is convex on (0, inf) and f(1) = 0",
        "p and q have the same support (elsewhere f(0) and f'(inf) enter)",
        "T takes its values where f* is finite and is not restricted otherwise",
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
    f, at_v = sp.Function("f")(u), sp.Function("f")(v)
    f_u, f_v, s = sp.symbols("f_u f_v s", real=True)
    yield (
        "with T = s = f'(v): f(u) - (u T - f*(T)) = f(u) - f(v) - s (u - v), f above its tangent",
        f_u - (u * s - (v * s - f_v)) - (f_u - f_v - s * (u - v)),
    )
    tangent = f - at_v - at_v.diff(v) * (u - v)
    yield "the tangent touches at u = v: the bound is attained by T = f'(u)", tangent.subs(v, u)
    yield (
        "away from it the gap grows: its slope in u is f'(u) - f'(v), of the sign of u - v",
        sp.diff(tangent, u) - (f.diff(u) - at_v.diff(v)),
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
def f_of_the_table_against_the_largest_t_u_f_u(rng):
    u = np.exp(np.linspace(-12, 12, 4001))
    for row in F_DIVERGENCES.values():
        # a parabola through the three best of a fine grid finds the maximum
        for t in np.asarray(row.slope(np.exp(rng.uniform(-2, 2, 20)))):
            gain = t * u - row.f(u)
            best = int(np.clip(np.argmax(gain), 1, u.size - 2))
            near = np.exp(np.linspace(np.log(u[best - 1]), np.log(u[best + 1]), 2001))
            yield abs(row.conjugate(t) - np.max(t * near - row.f(near))) / (1 + abs(t))


@duality.numerical(tolerance=1e-12, description="excess of a critic's bound, gap of the best")
def excess_of_a_critics_bound_gap_of_the_best(rng):
    for p, q in _pairs(rng, 30):
        for name, row in F_DIVERGENCES.items():
            exact = f_divergence(p, q, name)
            size = max(1.0, abs(exact))
            yield abs(_payoff(p, q, row.conjugate, row.slope(p / q)) - exact) / size
            critic = row.slope(np.exp(rng.normal(0, 1, 8)))
            yield max(0.0, _payoff(p, q, row.conjugate, critic) - exact) / size


@duality.numerical(tolerance=1e-10, description="the best critic of two normal laws, smooth f")
def the_best_critic_of_two_normal_laws_smooth_f():
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


@duality.control(
    "the critic is given q/p: T = f'(q/p)",
    of=excess_of_a_critics_bound_gap_of_the_best,
    miss=342000,
)
def the_critic_is_given_q_p_t_f_q_p(rng):
    for p, q in _pairs(rng, 20):
        for name, row in F_DIVERGENCES.items():
            yield abs(_payoff(p, q, row.conjugate, row.slope(q / p)) - f_divergence(p, q, name))


@duality.control(
    "f is put in the place of f*: E_p T - E_q f(T), T = p/q",
    of=excess_of_a_critics_bound_gap_of_the_best,
    miss=11000,
)
def f_is_put_in_the_place_of_f_e_p_t_e_q_f_t_t_p_q(rng):
    for p, q in _pairs(rng, 20):
        for name, row in F_DIVERGENCES.items():
            yield max(0.0, _payoff(p, q, row.f, p / q) - f_divergence(p, q, name))


gan = Claim(
    id="A-DST-10",
    alias="gan-is-an-f-divergence",
    title="V(D, G) = E_p T − E_q f*(T) with T = log D; its sup is 2 JS − log 4",
    statement="The GAN's objective is the bound of A-DST-09 for f(u) = u log u - "
    "(u + 1) log(u + 1) with the critic T = log D, since f*(t) = -log(1 - e^t). So max_D V is "
    "the f-divergence 2 JS(p_data, p_g) - log 4, whose f(1) is -log 4 and not 0.",
    formula=r"f(u) = u \log u - (u+1) \log(u+1), \quad f^*(\log D) = -\log(1 - D), \quad "
    r"D_f(p \| q) = 2\,\mathrm{JS}(p, q) - \log 4",
    assumptions=("D takes its values in (0, 1)", "p_data + p_g > 0 where D is compared"),
    sources=(
        "Nowozin, Cseke and Tomioka 2016, section 2.4 and Table 1 (row GAN)",
        "Goodfellow et al. 2014, Theorem 1",
        "000_8b69f153baee6a3b.txt:244,250,322-334",
    ),
)


@gan.symbolic(scope=AS_STATED)
def gan_proof():
    import sympy as sp

    p, q, u, s = sp.symbols("p q u s", positive=True)
    D = 1 / (1 + s)  # every number in (0, 1)
    f = u * sp.log(u) - (u + 1) * sp.log(u + 1)
    t = sp.log(D)
    best = sp.exp(t) / (1 - sp.exp(t))
    yield "f'(u) = log(u/(u + 1))", sp.diff(f, u) - (sp.log(u) - sp.log(u + 1))
    yield "f'' = 1/(u (u + 1)) > 0", sp.factor(sp.diff(f, u, 2)) > 0
    yield (
        "t u - f(u) is stationary at u = e^t/(1 - e^t): f' = t there",
        sp.simplify(sp.expand_log(sp.diff(f, u).subs(u, sp.simplify(best)) - t, force=True)),
    )
    conjugate = t * best - f.subs(u, best)
    yield (
        "so f*(log D) = -log(1 - D): E_p T - E_q f*(T) is V(D, G)",
        sp.simplify(sp.expand_log(sp.simplify(conjugate) + sp.log(sp.simplify(1 - D)), force=True)),
    )
    yield (
        "the best T is f'(p/q) = log p/(p + q) = log D*",
        sp.expand_log(sp.log(sp.cancel((p / q) / (p / q + 1))) - sp.log(p / (p + q)), force=True),
    )
    js_term = p * sp.log(2 * p / (p + q)) + q * sp.log(2 * q / (p + q))
    yield (
        "q f(p/q) = p log(2p/(p + q)) + q log(2q/(p + q)) - (p + q) log 2, that is 2 JS - log 4",
        sp.expand(
            sp.expand_log(q * f.subs(u, p / q) - js_term + (p + q) * sp.log(2), force=True).subs(
                sp.log(p / q + 1), sp.log(p + q) - sp.log(q)
            )
        ),
    )
    yield "f(1) = -log 4", f.subs(u, 1) + sp.log(4)


def _mixtures(rng: np.random.Generator):
    for _instance in range(6):
        yield tuple(
            Mixture.normal(rng.dirichlet([1, 1]), rng.normal(0, 4, 2), 10 ** rng.uniform(-1, 1, 2))
            for _law in range(2)
        )


@gan.numerical(tolerance=1e-11, description="D_f, V(D*, G) and 2 JS - log 4, three computations")
def d_f_v_d_g_and_2_js_log_4_three_computations(rng):
    for p, q in (*_pairs(rng, 30), *_mixtures(rng)):
        divergence = f_divergence(p, q, "gan")
        yield abs(divergence - (2 * js(p, q) - _LOG4))
        yield abs(divergence - value(p, q, optimal_discriminator(p, q)))


@gan.numerical(tolerance=1e-12, description="V(D) against E_p T - E_q f*(T), random D")
def v_d_against_e_p_t_e_q_f_t_random_d(rng):
    conjugate = F_DIVERGENCES["gan"].conjugate
    for p, q in _pairs(rng, 100):
        d = rng.uniform(0.01, 0.99, 8)
        played = value(p, q, lambda x, d=d: d[x.astype(int)])
        yield abs(played - _payoff(p, q, conjugate, np.log(d)))
        yield max(0.0, played - f_divergence(p, q, "gan"))


@gan.control(
    "it is called JS, without the factor 2",
    of=d_f_v_d_g_and_2_js_log_4_three_computations,
    miss=0.354,
)
def it_is_called_js_without_the_factor_2(rng):
    for p, q in _pairs(rng, 20):
        yield abs(f_divergence(p, q, "gan") - (js(p, q) - _LOG4))


@gan.control("the critic is D itself: T = D", of=v_d_against_e_p_t_e_q_f_t_random_d, miss=3.37)
def the_critic_is_d_itself_t_d(rng):
    conjugate = F_DIVERGENCES["gan"].conjugate
    for p, q in _pairs(rng, 20):
        d = rng.uniform(0.01, 0.99, 8)
        played = value(p, q, lambda x, d=d: d[x.astype(int)])
        yield abs(played - _payoff(p, q, conjugate, -d))
