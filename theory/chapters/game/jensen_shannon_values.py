"""Values of JS: closed forms, decimals, and what it is near its minimum (claims A-JS-06, 10 to 12).

Here p stands for p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js, kl, optimal_discriminator, total_variation
from theory.calculators.transport import wasserstein
from theory.chapters.game.expressions import best_value_at, js_at, kl_at, masses
from theory.chapters.game.laws import best_value
from theory.claim import AS_STATED, Claim

_LOG2, _LOG4 = math.log(2), math.log(4)


quadratic = Claim(
    id="A-JS-06",
    alias="quadratic-optimum",
    title="N(θ, 1) against N(0, 1): C'(0) = 0, C''(0) = 1/2",
    statement="Near the optimum C is stationary and quadratic: for p_g = N(theta, 1) and "
    "p_data = N(0, 1), C'(0) = 0 and C''(0) = 1/2, so JS = theta^2/8 + O(theta^4).",
    formula=r"p_g = N(\theta, 1),\; p_{\mathrm{data}} = N(0, 1): \quad C'(0) = 0, \quad C''(0) "
    r"= \frac{1}{2}, \quad \mathrm{JS} = \frac{\theta^2}{8} + O(\theta^4)",
    assumptions=("the family is smooth in theta, and C may be differentiated under the integral",),
    sources=(
        "Goodfellow et al. 2014, Theorem 1, expanded to second order",
        "000_8b69f153baee6a3b.txt:252",
    ),
)


@quadratic.symbolic(scope=AS_STATED)
def quadratic_proof():
    import sympy as sp

    p, q = masses()
    x, theta = sp.symbols("x theta", real=True)
    c = best_value_at(p, q)
    yield "dc/dq at q = p is -log 2", sp.diff(c, q).subs(q, p) + sp.log(2)
    yield "d2c/dq2 at q = p is 1/(2p)", sp.diff(c, q, 2).subs(q, p) - 1 / (2 * p)
    density = sp.exp(-((x - theta) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    at = density.subs(theta, 0)
    first = sp.diff(density, theta).subs(theta, 0)
    second = sp.diff(density, theta, 2).subs(theta, 0)

    def whole(f):
        return sp.integrate(sp.simplify(f), (x, -sp.oo, sp.oo))

    yield "C'(0) = -log 2 int dp_theta = 0", -sp.log(2) * whole(first)
    curvature = whole(first**2 / (2 * at)) - sp.log(2) * whole(second)
    yield (
        "C''(0) = int dp_theta^2/(2p) - log 2 int d2p_theta = 1/2",
        curvature - sp.Rational(1, 2),
    )
    mirrored = density.subs({x: -x, theta: -theta}, simultaneous=True)
    yield (
        "x -> -x turns theta round and keeps N(0, 1): C is even, without theta^3",
        sp.expand(mirrored - density),
    )
    yield (
        "C + log 4 = 2 JS, so JS = (C''(0)/2) theta^2/2 = theta^2/8",
        curvature / 2 * theta**2 / 2 - theta**2 / 8,
    )


def _derivatives(law) -> np.ndarray:
    """C'(0) and C''(0) by differences; C + log 4 = 2 JS keeps its digits near 0."""
    h = 0.01
    low, high, lower, higher = (2 * js(law(0.0), law(t)) for t in (-h, h, -2 * h, 2 * h))
    # Richardson's extrapolation: the error is of the order of h^4
    first = (8 * (high - low) - (higher - lower)) / (12 * h)
    second = (16 * (high + low) - (higher + lower)) / (12 * h**2)
    return np.array([first, second])


@quadratic.numerical(tolerance=1e-8, description="central differences of the quadrature")
def differences():
    from scipy import stats

    yield np.abs(_derivatives(lambda m: stats.norm(m, 1)) - [0, 0.5])


@quadratic.certified(tolerance=1e-8, description="C''(0): the second difference at 2^-12")
def certified_second_difference():
    import flint
    from scipy import stats

    from theory.calculators import certified

    h = 2.0**-12
    p = stats.norm(0, 1)
    with flint.ctx.workprec(128):  # C(0) is the least value: C(h) - C(0) = 2 JS
        both = (2 * certified.js(p, stats.norm(side, 1)) for side in (h, -h))
        yield sum(both) / flint.arb(h) ** 2 - flint.arb(0.5)


@quadratic.meaning(tolerance=1e-8)  # of the differences
def quadratic_in_words():
    from scipy import stats

    first, second = _derivatives(lambda m: stats.norm(m, 1))
    for theta in (0.02, -0.02):
        yield {
            "N(θ, 1)": None,
            "N(0, 1)": None,
            r"p_g = N(\theta, 1),\; p_{\mathrm{data}} = N(0, 1)": None,
            "p_g = N(theta, 1)": None,
            "p_data = N(0, 1)": None,
            "C'(0)": first,
            "C''(0)": second,
            "theta": theta,
            "JS": js(stats.norm(0, 1), stats.norm(theta, 1)),
            "O(theta^4)": 0.0,  # JS at 0.5 says -theta^4/64, less than 3e-9 here
        }


@quadratic.control("the family is not smooth: U[theta, 1 + theta]", of=differences, miss=323)
def uniform_family():
    from scipy import stats

    yield np.abs(_derivatives(lambda m: stats.uniform(m, 1)) - [0, 0.5])


@quadratic.control("both laws have the spread 1.01", of=differences, miss=0.00985)
def larger_spread():
    from scipy import stats

    yield np.abs(_derivatives(lambda m: stats.norm(m, 1.01)) - [0, 0.5])


@quadratic.control("C'' is taken for the Fisher information, 1", of=differences, miss=0.5)
def fisher_information():
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
    r = sp.Symbol("r", nonnegative=True)
    s = sp.Symbol("s", positive=True)
    a = r / (1 + r)  # every |theta| in [0, 1)
    for theta in (a, -a):
        shared = sp.Min(1, 1 + theta) - sp.Max(0, theta)
        yield (
            "|theta| < 1: 1 - |theta| is shared, |theta| is of one law only",
            sp.simplify(shared - (1 - a)),
        )
    b = 1 + r  # every |theta| from 1 on
    zero, one = sp.S.Zero, sp.S.One
    yield "|theta| >= 1: nothing is shared, a = 1", sp.Min(b, 1) - 1
    for alone in (a, one):
        distance = alone * js_at(one, zero) + (1 - alone) * js_at(one, one)
        distance += alone * js_at(zero, one)
        yield "JS = a log 2, by its pieces", distance - alone * sp.log(2)
        yield (
            "C = 2 JS - log 4 = -(1 - a) log 4",
            2 * distance - sp.log(4) + (1 - alone) * sp.log(4),
        )
        yield "TV = (a + a)/2", (alone + alone) / 2 - alone
    yield (
        "KL: the piece without q costs log(p/q) -> infinity",
        sp.Eq(sp.limit(kl_at(one, s), s, 0), sp.oo),
    )
    yield "and there is none at theta = 0, where KL = 0", kl_at(one, one)
    # W1 is the integral of |F - G|: F rises on [0, 1], G on [theta, 1 + theta]; a shift by -theta
    # turns a negative theta into a positive one
    overlap = sp.integrate(x, (x, 0, a)) + (1 - a) * a + sp.integrate(1 + a - x, (x, 1, 1 + a))
    yield "|theta| < 1: W1 = |theta|", overlap - a
    apart = sp.integrate(x, (x, 0, 1)) + (b - 1) + sp.integrate(1 + b - x, (x, b, 1 + b))
    yield "|theta| >= 1: W1 = |theta|", apart - b


_SHIFTS = (0.0, 0.25, 0.5, 0.9, 1.0, 1.7)


@uniform.numerical(tolerance=1e-12, description="JS, C, TV and W1 at six shifts, both signs")
def six_shifts():
    from scipy import stats

    p = stats.uniform(0, 1)
    for theta in (*_SHIFTS, *(-t for t in _SHIFTS)):
        q, a = stats.uniform(theta, 1), min(abs(theta), 1)
        yield abs(js(p, q) - a * _LOG2)
        yield abs(best_value(p, q) + (1 - a) * _LOG4)
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
            "C": best_value(p, q),
            "TV": total_variation(p, q),
            "KL = infinity unless theta = 0": (kl(p, q) == math.inf) == (theta != 0),
            "W1": wasserstein(p, q),
            "W_1": wasserstein(p, q),
        }


@uniform.control("JS is said to jump to log 2 as soon as theta is not 0", of=six_shifts, miss=0.52)
def jump_at_zero():
    from scipy import stats

    for theta in _SHIFTS[1:4]:
        yield abs(js(stats.uniform(0, 1), stats.uniform(theta, 1)) - _LOG2)


@uniform.control("the second law is 1% wider", of=six_shifts, miss=0.00258)
def wider_law():
    from scipy import stats

    for theta in _SHIFTS[1:4]:
        yield abs(js(stats.uniform(0, 1), stats.uniform(theta, 1.01)) - theta * _LOG2)


# mu: JS(N(0, 1), N(mu, 1)) and C, to six decimals
_TABLE = {
    0.5: ("0.030311", "-1.325672"),
    1.0: ("0.111421", "-1.163451"),
    2.0: ("0.336831", "-0.712633"),
    4.0: ("0.632720", "-0.120854"),
}

reference = Claim(
    id="A-JS-11",
    alias="js-reference-values",
    title="JS(N(0, 1), N(μ, 1)) to six decimals, for four shifts μ",
    statement="In nats, with C = C(G) of p_data = N(0, 1) and p_g = N(mu, 1): "
    + "; ".join(
        f"JS(N(0, 1), N({mu:g}, 1)) = {distance} and C(N({mu:g}, 1)) = {best}"
        for mu, (distance, best) in _TABLE.items()
    )
    + ".",
    formula=r", \quad ".join(
        rf"\mathrm{{JS}}(N(0, 1), N({mu:g}, 1)) = {distance}"
        for mu, (distance, _) in _TABLE.items()
    ),
    sources=("Goodfellow et al. 2014, Theorem 1, evaluated", "000_8b69f153baee6a3b.txt:330"),
)


@reference.numerical(tolerance=5e-7, description="the table, which has six decimals")
def table():
    from scipy import stats

    p = stats.norm(0, 1)
    for mu, (distance, best) in _TABLE.items():
        q = stats.norm(mu, 1)
        yield abs(js(p, q) - float(distance))
        yield abs(best_value(p, q) - float(best))


@reference.numerical(tolerance=1e-12, description="against 25-digit quadrature of the definition")
def quadrature_of_25_digits():
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
                yield ball - flint.arb(number)


@reference.certified(
    tolerance=5e-7, description="all six decimals of the table are right", scope=AS_STATED
)
def decimals_of_the_table():
    yield from _certified_table()


@reference.certified(tolerance=1e-20, description="JS at mu = 2 to 22 decimals")
def decimals_at_two():
    import flint
    from scipy import stats

    from theory.calculators import certified

    with flint.ctx.workprec(128):
        known = flint.arb("0.3368308203468316120048")
        yield certified.js(stats.norm(0, 1), stats.norm(2, 1)) - known


@reference.meaning(tolerance=0)
def reference_in_words():
    from scipy import stats

    p = stats.norm(0, 1)
    names: dict[str, float | None] = {
        "with C = C(G) of p_data = N(0, 1) and p_g = N(mu, 1)": None,
        "JS(N(0, 1), N(μ, 1))": None,
    }
    for mu in _TABLE:
        q = stats.norm(mu, 1)
        names[f"JS(N(0, 1), N({mu:g}, 1))"] = js(p, q)
        names[f"C(N({mu:g}, 1))"] = best_value(p, q)
    yield names


@reference.control("the last decimal is one more", of=decimals_of_the_table, miss=1.4e-06)
def last_decimal_one_more():
    for ball in _certified_table():
        yield ball - 1e-6


@reference.control("the second law has the spread 1.0001", of=table, miss=2.27e-05)
def another_spread():
    from scipy import stats

    for mu, (distance, _best) in _TABLE.items():
        yield abs(js(stats.norm(0, 1), stats.norm(mu, 1.0001)) - float(distance))


local = Claim(
    id="A-JS-12",
    alias="js-local-expansion",
    title="JS(p, p + εh) = (ε²/8) Σ h²/p + O(ε³)",
    statement="Close to p the Jensen-Shannon divergence is a quarter of KL's leading term, "
    "KL(p || p + eps h) = (eps^2/2) sum h^2/p + O(eps^3) of KL: "
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

    p, _ = masses()
    h, eps = sp.symbols("h epsilon", real=True)
    term = js_at(p, p + eps * h)
    yield "order 0 is zero", term.subs(eps, 0)
    yield "order 1 is zero", sp.diff(term, eps).subs(eps, 0)
    yield "order 2 is h^2/(8p)", sp.diff(term, eps, 2).subs(eps, 0) / 2 - h**2 / (8 * p)
    term = kl_at(p, p + eps * h)
    yield "of KL order 0 is zero", term.subs(eps, 0)
    yield "order 1 is -h, whose sum is zero", sp.diff(term, eps).subs(eps, 0) + h
    yield "order 2 is h^2/(2p)", sp.diff(term, eps, 2).subs(eps, 0) / 2 - h**2 / (2 * p)


def _direction(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A law on 8 points, and a direction whose sum is 0."""
    p = rng.dirichlet(np.full(8, 5.0))
    h = rng.normal(0, 1, 8) * p
    return p, h - p * h.sum()


def _expansion_error(p: np.ndarray, h: np.ndarray, coefficient: float) -> float:
    """|ratio - 1| of JS and its leading term; the mean over eps and -eps has no eps^3."""
    eps = 1e-4
    both = (js(p, p + eps * h) + js(p, p - eps * h)) / 2
    return abs(both / (eps**2 * coefficient * np.sum(h**2 / p)) - 1)


# eps^2 (h/p)^2 is what comes next, and |h/p| is less than 6.
@local.numerical(tolerance=1e-6, description="|ratio - 1| of JS and its leading term")
def leading_term(rng):
    for _instance in range(200):
        yield _expansion_error(*_direction(rng), 1 / 8)


def _next_terms(divergence_at, p: np.ndarray, h: np.ndarray, eps: float) -> float:
    """The terms of order 3 to 6 of sum p D(1, 1 + eps h/p), from D's derivatives at 1."""
    import sympy as sp

    u = sp.Symbol("u", positive=True)
    slope = sp.diff(divergence_at(sp.S.One, u), u, 2)
    total = 0.0
    for order in range(3, 7):
        slope = sp.diff(slope, u)
        coefficient = float(slope.subs(u, 1)) / math.factorial(order)
        total += coefficient * float(np.sum(p * (eps * h / p) ** order))
    return total


@local.meaning()
def local_in_words(rng):
    eps = 0.01
    for _instance in range(2):
        p, h = _direction(rng)
        distance, size = js(p, p + eps * h), float(np.sum(h**2 / p))
        yield {
            "JS(p, p + εh)": distance,
            "JS(p, p + eps h)": distance,
            r"\mathrm{JS}(p, p + \varepsilon h)": distance,
            "KL(p || p + eps h)": kl(p, p + eps * h),
            "Σ h²/p": size,
            "sum h^2/p": size,
            r"\sum_i \frac{h_i^2}{p_i}": size,
            "eps": eps,
            "ε": eps,
            "O(eps^3)": _next_terms(js_at, p, h, eps),
            "O(ε³)": _next_terms(js_at, p, h, eps),
            "O(eps^3) of KL": _next_terms(kl_at, p, h, eps),
        }


@local.control("the coefficient is 1% off", of=leading_term, miss=0.0099)
def coefficient_a_little_off(rng):
    for _instance in range(200):
        yield _expansion_error(*_direction(rng), 1.01 / 8)


@local.control("the coefficient 1/2 of KL is taken", of=leading_term, miss=0.75)
def coefficient_of_kl(rng):
    for _instance in range(200):
        yield _expansion_error(*_direction(rng), 1 / 2)
