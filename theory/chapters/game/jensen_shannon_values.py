"""Values of JS: closed forms, decimals, and what it is near its minimum (claims A-JS-06, 10 to 12).

Here p stands for p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js, kl, optimal_discriminator, total_variation, value
from theory.calculators.transport import wasserstein
from theory.claim import AS_STATED, Claim

_LOG2, _LOG4 = math.log(2), math.log(4)


quadratic = Claim(
    id="A-JS-06",
    alias="quadratic-optimum",
    title="N(θ, 1) against N(0, 1): C'(0) = 0, C''(0) = 1/2",
    statement="Near the optimum C is stationary and quadratic: for p_g = N(theta, 1) and "
    "p_data = N(0, 1), C'(0) = 0 and C''(0) = 1/2, so JS is about theta^2/8.",
    formula=r"p_g = N(\theta, 1),\; p_{\mathrm{data}} = N(0, 1): \quad C'(0) = 0, \quad C''(0) "
    r"= \frac{1}{2}, \quad \mathrm{JS} = \frac{\theta^2}{8} + O(\theta^4)",
    assumptions=("the family is smooth in theta",),
    sources=(
        "Goodfellow et al. 2014, Theorem 1, expanded to second order",
        "000_8b69f153baee6a3b.txt:252",
    ),
)


@quadratic.symbolic(scope=AS_STATED)
def quadratic_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    x, theta = sp.symbols("x theta", real=True)
    c = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q))
    yield "dc/dq at q = p is -log 2", sp.diff(c, q).subs(q, p) + sp.log(2)
    yield "d2c/dq2 at q = p is 1/(2p)", sp.diff(c, q, 2).subs(q, p) - 1 / (2 * p)
    density = sp.exp(-((x - theta) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    at = density.subs(theta, 0)
    first = sp.diff(density, theta).subs(theta, 0)
    second = sp.diff(density, theta, 2).subs(theta, 0)

    def whole(f):
        return sp.integrate(sp.simplify(f), (x, -sp.oo, sp.oo))

    yield "C'(0) = -log 2 int dp_theta = 0", -sp.log(2) * whole(first)
    yield (
        "C''(0) = int dp_theta^2/(2p) - log 2 int d2p_theta = 1/2",
        (whole(first**2 / (2 * at)) - sp.log(2) * whole(second) - sp.Rational(1, 2)),
    )


def _c_of_shift(law, theta: float) -> float:
    return 2 * js(law(0.0), law(theta)) - _LOG4


def _derivatives(law) -> np.ndarray:
    """C'(0) and C''(0) by central differences."""
    h = 3e-3
    low, middle, high = (_c_of_shift(law, t) for t in (-h, 0.0, h))
    return np.array([(high - low) / (2 * h), (high - 2 * middle + low) / h**2])


@quadratic.numerical(tolerance=1e-5, description="central differences of the quadrature")
def central_differences_of_the_quadrature():
    from scipy import stats

    yield np.abs(_derivatives(lambda m: stats.norm(m, 1)) - [0, 0.5])


@quadratic.certified(tolerance=1e-8, description="C''(0): the second difference at 2^-12")
def c_0_the_second_difference_at_2_12():
    import flint
    from scipy import stats

    from theory.calculators import certified

    h = 2.0**-12
    p = stats.norm(0, 1)
    with flint.ctx.workprec(128):  # C(0) is the least value: C(h) - C(0) = 2 JS
        both = (2 * certified.js(p, stats.norm(side, 1)) for side in (h, -h))
        yield sum(both) / flint.arb(h) ** 2 - flint.arb(0.5)


@quadratic.control(
    "the family is not smooth: U[theta, 1 + theta]",
    of=central_differences_of_the_quadrature,
    miss=924,
)
def the_family_is_not_smooth_u_theta_1_theta():
    from scipy import stats

    yield np.abs(_derivatives(lambda m: stats.uniform(m, 1)) - [0, 0.5])


@quadratic.control(
    "C'' is taken for the Fisher information, 1", of=central_differences_of_the_quadrature, miss=0.5
)
def c_is_taken_for_the_fisher_information_1():
    from scipy import stats

    yield np.abs(_derivatives(lambda m: stats.norm(m, 1)) - [0, 1])


uniform = Claim(
    id="A-JS-10",
    alias="js-of-shifted-uniforms",
    title="U[0, 1], U[θ, 1+θ]: JS = min(|θ|, 1) log 2",
    statement="For U[0, 1] and U[theta, 1 + theta] with a = min(|theta|, 1): JS = a log 2, "
    "C = -(1 - a) log 4, TV = a, KL = infinity unless theta = 0, W1 = |theta|.",
    formula=r"\mathrm{JS} = a \log 2, \quad C = -(1 - a) \log 4, \quad \mathrm{TV} = a, \quad "
    r"W_1 = |\theta|, \quad a = \min(|\theta|, 1)",
    sources=(
        "Arjovsky et al. 2017, Example 1 (of parallel lines), with overlap",
        "000_8b69f153baee6a3b.txt:508",
        "001_5040f14b49cef5aa.txt:54",
    ),
)


@uniform.symbolic(scope=AS_STATED)
def uniform_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    r = sp.Symbol("r", positive=True)
    a = r / (1 + r)  # every shift in (0, 1); the laws overlap on [a, 1]
    half = sp.Rational(1, 2)
    alone = sp.log(1 / half)  # p = 1, q = 0, M = 1/2
    shared = sp.log(sp.Integer(1))  # p = q = M = 1
    distance = half * (a * alone + (1 - a) * shared) + half * ((1 - a) * shared + a * alone)
    yield "0 < theta < 1: JS = theta log 2", distance - a * sp.log(2)
    yield "C = 2 JS - log 4 = -(1 - theta) log 4", (2 * distance - sp.log(4) + (1 - a) * sp.log(4))
    yield "TV = (theta + theta)/2", half * (a + a) - a
    # W1 is the integral of F - G: F rises on [0, 1], G on [theta, 1 + theta]
    overlap = sp.integrate(x, (x, 0, a)) + (1 - a) * a + sp.integrate(1 + a - x, (x, 1, 1 + a))
    yield "0 < theta < 1: W1 = theta", overlap - a
    b = 1 + r  # every shift beyond 1
    apart = sp.integrate(x, (x, 0, 1)) + (b - 1) + sp.integrate(1 + b - x, (x, b, 1 + b))
    yield "theta > 1: W1 = theta", apart - b
    yield "theta > 1: disjoint, JS = (log 2 + log 2)/2 = log 2", half * (alone + alone) - sp.log(2)


_SHIFTS = (0.0, 0.25, 0.5, 0.9, 1.0, 1.7)


@uniform.numerical(tolerance=1e-12, description="JS, C, TV and W1 at six shifts, both signs")
def js_c_tv_and_w1_at_six_shifts_both_signs():
    from scipy import stats

    p = stats.uniform(0, 1)
    for theta in (*_SHIFTS, *(-t for t in _SHIFTS)):
        q, a = stats.uniform(theta, 1), min(abs(theta), 1)
        yield abs(js(p, q) - a * _LOG2)
        yield abs(value(p, q, optimal_discriminator(p, q)) + (1 - a) * _LOG4)
        yield abs(total_variation(p, q) - a)
        yield abs(wasserstein(p, q) - abs(theta))
        yield 0.0 if kl(p, q) == (math.inf if theta else 0.0) else 1.0


@uniform.meaning()
def uniform_in_words():
    from scipy import stats

    for theta in (*_SHIFTS, *(-t for t in _SHIFTS)):
        p, q = stats.uniform(0, 1), stats.uniform(theta, 1)
        yield {
            "U[0, 1]": None,
            "U[theta, 1 + theta]": None,
            "U[θ, 1+θ]": None,
            "theta": theta,
            "a": min(abs(theta), 1.0),
            "JS": js(p, q),
            "C": value(p, q, optimal_discriminator(p, q)),
            "TV": total_variation(p, q),
            "KL = infinity unless theta = 0": (kl(p, q) == math.inf) == (theta != 0),
            "W1": wasserstein(p, q),
            "W_1": wasserstein(p, q),
        }


@uniform.control(
    "JS is said to jump to log 2 as soon as theta is not 0",
    of=js_c_tv_and_w1_at_six_shifts_both_signs,
    miss=0.52,
)
def js_is_said_to_jump_to_log_2_as_soon_as_theta():
    from scipy import stats

    for theta in _SHIFTS[1:4]:
        yield abs(js(stats.uniform(0, 1), stats.uniform(theta, 1)) - _LOG2)


reference = Claim(
    id="A-JS-11",
    alias="js-reference-values",
    title="JS(N(0,1), N(μ,1)) at μ = 0.5, 1, 2, 4",
    statement="In nats JS(N(0, 1), N(mu, 1)) = 0.030311, 0.111421, 0.336831, 0.632720 and "
    "C = -1.325672, -1.163451, -0.712633, -0.120854 for mu = 0.5, 1, 2, 4.",
    formula=r"\mathrm{JS}(N(0, 1), N(\mu, 1)) = \begin{cases} 0.030311 & \mu = 0.5 \\ 0.111421 "
    r"& \mu = 1 \\ 0.336831 & \mu = 2 \\ 0.632720 & \mu = 4 \end{cases}",
    sources=("Goodfellow et al. 2014, Theorem 1, evaluated", "000_8b69f153baee6a3b.txt:330"),
    no_proof="the integral has no closed form",
)

_TABLE = {
    0.5: (0.030311, -1.325672),
    1.0: (0.111421, -1.163451),
    2.0: (0.336831, -0.712633),
    4.0: (0.632720, -0.120854),
}


@reference.numerical(tolerance=1e-6, description="the table, which has six decimals")
def the_table_which_has_six_decimals():
    from scipy import stats

    p = stats.norm(0, 1)
    for mu, (distance, best) in _TABLE.items():
        q = stats.norm(mu, 1)
        yield abs(js(p, q) - distance)
        yield abs(value(p, q, optimal_discriminator(p, q)) - best)


@reference.numerical(tolerance=1e-12, description="against 25-digit quadrature of the definition")
def against_25_digit_quadrature_of_the_definition():
    import mpmath as mp
    from scipy import stats

    with mp.workdps(25):
        for mu in _TABLE:

            def integrand(x, mu=mu):
                p, q = mp.npdf(x, 0, 1), mp.npdf(x, mu, 1)
                m = (p + q) / 2
                return (p * mp.log(p / m) + q * mp.log(q / m)) / 2

            exact = mp.quad(integrand, [-20, -8, -4, 0, mu / 2, mu, mu + 4, mu + 8, mu + 20])
            yield abs(js(stats.norm(0, 1), stats.norm(mu, 1)) - float(str(exact)))


@reference.sampling()
def reference_by_sampling(rng):
    from scipy import stats

    # E_p log D* + E_q log(1 - D*) = 2 JS - log 4, the mean of logs of independent samples
    p, n = stats.norm(0, 1), 200_000
    for mu in _TABLE:
        d = optimal_discriminator(p, stats.norm(mu, 1))
        real = -np.logaddexp(0, -d.logit(rng.normal(0, 1, n)))
        fake = -np.logaddexp(0, d.logit(rng.normal(mu, 1, n)))
        error = math.sqrt((real.var() + fake.var()) / n)
        yield (real.mean() + fake.mean() - (2 * js(p, stats.norm(mu, 1)) - _LOG4)) / error


def _certified_table():
    """The differences of JS and C from the table's decimals, as balls."""
    import flint
    from scipy import stats

    from theory.calculators import certified

    p = stats.norm(0, 1)
    with flint.ctx.workprec(128):
        for mu, numbers in _TABLE.items():
            q = stats.norm(mu, 1)
            exact = certified.js(p, q), certified.value(p, q, optimal_discriminator(p, q))
            for ball, number in zip(exact, numbers, strict=True):
                yield ball - flint.arb(f"{number:.6f}")


@reference.certified(tolerance=5e-7, description="all six decimals of the table are right")
def all_six_decimals_of_the_table_are_right():
    yield from _certified_table()


@reference.certified(tolerance=1e-20, description="JS at mu = 2 to 22 decimals")
def js_at_mu_2_to_22_decimals():
    import flint
    from scipy import stats

    from theory.calculators import certified

    with flint.ctx.workprec(128):
        known = flint.arb("0.3368308203468316120048")
        yield certified.js(stats.norm(0, 1), stats.norm(2, 1)) - known


@reference.control(
    "the last decimal is one more", of=all_six_decimals_of_the_table_are_right, miss=1.4e-06
)
def the_last_decimal_is_one_more():
    for ball in _certified_table():
        yield ball - 1e-6


@reference.control("the table is read as bits", of=the_table_which_has_six_decimals, miss=0.28)
def the_table_is_read_as_bits():
    from scipy import stats

    for mu, (distance, _best) in _TABLE.items():
        yield abs(js(stats.norm(0, 1), stats.norm(mu, 1)) / _LOG2 - distance)


local = Claim(
    id="A-JS-12",
    alias="js-local-expansion",
    title="JS(p, p + εh) = (ε²/8) Σ h²/p + O(ε³)",
    statement="Close to p the Jensen-Shannon divergence is a quarter of KL's leading term: "
    "JS(p, p + eps h) = (eps^2/8) sum h^2/p + O(eps^3).",
    formula=r"\mathrm{JS}(p, p + \varepsilon h) = \frac{\varepsilon^2}{8} \sum_i "
    r"\frac{h_i^2}{p_i} + O(\varepsilon^3)",
    assumptions=("sum h = 0", "p > 0"),
    sources=(
        "Csiszár and Shields 2004, section 4 (f-divergences near the diagonal)",
        "000_8b69f153baee6a3b.txt:252",
    ),
)


@local.symbolic(scope=AS_STATED)
def local_proof():
    import sympy as sp

    p = sp.Symbol("p", positive=True)
    h, eps = sp.symbols("h epsilon", real=True)
    q = p + eps * h
    m = (p + q) / 2
    term = p * sp.log(p / m) / 2 + q * sp.log(q / m) / 2
    yield "order 0 is zero", term.subs(eps, 0)
    yield "order 1 is zero", sp.diff(term, eps).subs(eps, 0)
    yield "order 2 is h^2/(8p)", sp.diff(term, eps, 2).subs(eps, 0) / 2 - h**2 / (8 * p)


def _expansion_error(rng, factor: float):
    for _instance in range(200):
        p = rng.dirichlet(np.full(8, 5.0))
        h = rng.normal(0, 1, 8) * p
        h -= p * h.sum()
        eps = 1e-3
        yield abs(js(p, p + eps * h) / (eps**2 * factor * np.sum(h**2 / p)) - 1)


@local.numerical(tolerance=2e-2, description="|ratio - 1| at eps = 1e-3")
def ratio_1_at_eps_1e_3(rng):
    yield from _expansion_error(rng, 1 / 8)


@local.control("the coefficient 1/2 of KL is taken", of=ratio_1_at_eps_1e_3, miss=0.75)
def the_coefficient_1_2_of_kl_is_taken(rng):
    yield from _expansion_error(rng, 1 / 2)
