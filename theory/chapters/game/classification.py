"""The discriminator as a classifier: logit, regret and unequal classes (claims A-DST-05 to 07).

Here p stands for p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, xlogy

from theory.calculators.divergences import optimal_discriminator, value
from theory.chapters.game.expressions import (
    bernoulli_kl,
    best_value_at,
    cancelled,
    inside,
    masses,
    maximum_steps,
    one_sided_steps,
    optimum,
    value_at,
)
from theory.chapters.game.laws import best_output
from theory.claim import AS_STATED, Claim

_PROPOSITION = "Goodfellow et al. 2014, Proposition 1"

gaussian = Claim(
    id="A-DST-05",
    alias="gaussian-logit",
    title="equal variances: a*(x) = (m_d − m_g) x / s² + (m_g² − m_d²) / (2 s²)",
    statement="For two normal laws of equal variance s^2 the optimal logit is linear, "
    "a*(x) = ((m_d - m_g)/s^2) x + (m_g^2 - m_d^2)/(2 s^2): logistic regression is the exact "
    "optimal discriminator. For unequal variances the logit is quadratic.",
    formula=r"a^*(x) = \frac{m_d - m_g}{s^2}\,x + \frac{m_g^2 - m_d^2}{2 s^2}",
    assumptions=("p_data and p_g are normal",),
    sources=(
        f"{_PROPOSITION}, applied to normal laws",
        "000_8b69f153baee6a3b.txt:276-298",
    ),
)


@gaussian.symbolic(scope=AS_STATED)
def gaussian_proof():
    import sympy as sp

    x, m_d, m_g = sp.symbols("x m_d m_g", real=True)
    s, s_d, s_g = sp.symbols("s s_d s_g", positive=True)

    def log_normal(m, s):
        return -((x - m) ** 2) / (2 * s**2) - sp.log(s) - sp.log(2 * sp.pi) / 2

    equal = log_normal(m_d, s) - log_normal(m_g, s)
    line = (m_d - m_g) / s**2 * x + (m_g**2 - m_d**2) / (2 * s**2)
    yield "equal variances: log p - log q is that line", sp.expand(equal - line)
    unequal = log_normal(m_d, s_d) - log_normal(m_g, s_g)
    yield (
        "unequal: the second derivative is (s_d - s_g) (s_d + s_g)/(s_d s_g)^2, which is not 0",
        sp.diff(unequal, x, 2) - (s_d - s_g) * (s_d + s_g) / (s_d * s_g) ** 2,
    )
    yield "and the third is zero: a parabola", sp.diff(unequal, x, 3)


def _line(s: float, m_d: float, m_g: float, x: np.ndarray) -> np.ndarray:
    return (m_d - m_g) / s**2 * x + (m_g**2 - m_d**2) / (2 * s**2)


def _line_error(s_d: float, s_g: float, m_d: float, m_g: float, x: np.ndarray) -> np.ndarray:
    from scipy import stats

    line = _line(math.sqrt((s_d**2 + s_g**2) / 2), m_d, m_g, x)
    d = optimal_discriminator(stats.norm(m_d, s_d), stats.norm(m_g, s_g))
    return np.abs(d.logit(x) - line) / np.maximum(1, np.abs(line))


@gaussian.numerical(tolerance=1e-10, description="the line against the log density ratio")
def line_of_equal_variances(rng):
    for m_d, m_g, s in np.column_stack([rng.uniform(-5, 5, (20, 2)), rng.uniform(0.2, 3, 20)]):
        yield _line_error(s, s, m_d, m_g, rng.uniform(-10, 10, 50))


def _regression(rng: np.random.Generator, steeper: float):
    """Slope and intercept of a logistic regression on 100,000 samples, less those of a*, in
    standard errors (which the observed information gives); a* is taken `steeper` times as steep."""
    m_d, m_g, s, n = 1.0, -0.5, 1.2, 50_000
    x = np.concatenate([rng.normal(m_d, s, n), rng.normal(m_g, s, n)])
    design = np.column_stack([x, np.ones(2 * n)])
    label = np.repeat([1.0, 0.0], n)
    fit = np.zeros(2)
    for _step in range(20):  # Newton's method
        d = expit(design @ fit)
        information = (design * (d * (1 - d))[:, None]).T @ design
        fit = fit + np.linalg.solve(information, design.T @ (label - d))
    intercept, end = _line(s, m_d, m_g, np.array([0.0, 1.0]))
    exact = np.array([steeper * (end - intercept), intercept])
    return (fit - exact) / np.sqrt(np.diag(np.linalg.inv(information)))


@gaussian.sampling("slope and intercept of a logistic regression on 100,000 samples")
def logistic_regression(rng):
    yield _regression(rng, 1.0)


@gaussian.meaning()
def gaussian_in_words(rng):
    from scipy import stats

    for m_d, m_g, x, s in rng.uniform(0.3, 2, (10, 4)):
        logit = optimal_discriminator(stats.norm(m_d, s), stats.norm(m_g, s)).logit
        yield {
            "variance s^2": None,
            "a*(x)": float(logit(x)),
            "a^*(x)": float(logit(x)),
            "m_d": m_d,
            "m_g": m_g,
            "x": x,
            "s": s,
        }


@gaussian.control(
    "the variances differ by 1% and the logit is still called linear",
    of=line_of_equal_variances,
    miss=0.128,
)
def variances_that_differ(rng):
    for m_d, m_g, s in np.column_stack([rng.uniform(-5, 5, (20, 2)), rng.uniform(0.2, 3, 20)]):
        yield _line_error(s, s * math.sqrt(1.01), m_d, m_g, rng.uniform(-10, 10, 50))


@gaussian.control("the slope is 10% steeper", of=logistic_regression, miss=13.5)
def steeper_slope(rng):
    yield _regression(rng, 1.1)


regret = Claim(
    id="A-DST-06",
    alias="discriminator-regret",
    title="V(D*) − V(D) = ∫ (p_data + p_g) KL(Bern(D*) ‖ Bern(D)) dx",
    statement="How far any discriminator is from optimal: V(D*, G) - V(D, G) = "
    "int (p_data + p_g) KL(Bernoulli(D*(x)) || Bernoulli(D(x))) dx >= 0.",
    formula=r"V(D^*, G) - V(D, G) = \int (p_{\mathrm{data}} + p_g)\,\mathrm{KL}\bigl( "
    r"\mathrm{Bern}(D^*) \,\|\, \mathrm{Bern}(D) \bigr)\,dx \ge 0",
    assumptions=("D takes its values in (0, 1)",),
    sources=(
        f"{_PROPOSITION}, rewritten as a regret",
        "000_8b69f153baee6a3b.txt:268-294",
        "002_d31ce6ddd5a0096b.txt:190-196",
    ),
)


@regret.symbolic(scope=AS_STATED)
def regret_proof():
    import sympy as sp

    p, q = masses()
    r, s = sp.symbols("r s", positive=True)

    def gap(a, b):
        """h(D*) - h(D) - (p + q) KL(Bern(D*) || Bern(D)) for masses a and b."""
        regret = best_value_at(a, b) - value_at(a, b, inside(s))
        return cancelled(regret - (a + b) * bernoulli_kl(optimum(a, b), inside(s)))

    yield "pointwise h(D*) - h(D) = (p + q) KL(Bern(D*) || Bern(D))", gap(p, q)
    yield "also where one law has no mass", sp.Matrix([gap(sp.S.Zero, q), gap(p, sp.S.Zero)])
    b, d = sp.symbols("b d", positive=True)
    slope = sp.diff(bernoulli_kl(b, d), d)
    yield "d KL / dD = (D - D*) / (D (1 - D))", slope - (d - b) / (d * (1 - d))
    above = sp.cancel(((d - b) / (d * (1 - d))).subs(b, d - r).subs(d, inside(s)))
    yield "so KL rises where D > D*", above > 0
    below = sp.cancel(((d - b) / (d * (1 - d))).subs(b, d + r).subs(d, inside(s)))
    yield "and falls where D < D*", below < 0
    yield "it is 0 at D = D*, hence >= 0", bernoulli_kl(b, d).subs(d, b)


def _instance(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two laws on 8 points and a discriminator."""
    p, q = rng.dirichlet(np.ones(8), 2)
    return p, q, rng.uniform(0.01, 0.99, 8)


def _gain(p, q, d) -> float:
    """V(D*) - V(D)."""
    return value(p, q, optimal_discriminator(p, q)) - value(p, q, lambda x: d)


def _bernoulli_kl(best, d) -> np.ndarray:
    return xlogy(best, best / d) + xlogy(1 - best, (1 - best) / (1 - d))


@regret.numerical(tolerance=1e-12, description="random laws on 8 points, random D")
def random_discriminators(rng):
    for _number in range(500):
        p, q, d = _instance(rng)
        yield abs(_gain(p, q, d) - np.sum((p + q) * _bernoulli_kl(p / (p + q), d)))


@regret.meaning()
def regret_in_words(rng):
    for _number in range(10):
        p, q, d = _instance(rng)
        integral = np.sum((p + q) * _bernoulli_kl(p / (p + q), d))
        best, played = value(p, q, optimal_discriminator(p, q)), value(p, q, lambda x, d=d: d)
        yield {
            "V(D*)": best,
            "V(D*, G)": best,
            "V(D^*, G)": best,
            "V(D)": played,
            "V(D, G)": played,
            "∫ (p_data + p_g) KL(Bern(D*) ‖ Bern(D)) dx": integral,
            "int (p_data + p_g) KL(Bernoulli(D*(x)) || Bernoulli(D(x))) dx": integral,
            r"\int (p_{\mathrm{data}} + p_g)\,\mathrm{KL}\bigl( \mathrm{Bern}(D^*) \,\|\, "
            r"\mathrm{Bern}(D) \bigr)\,dx": integral,
        }


@regret.control(
    "the divergence is averaged over the data only", of=random_discriminators, miss=1.54
)
def averaged_over_the_data_only(rng):
    for _number in range(100):
        p, q, d = _instance(rng)
        yield abs(_gain(p, q, d) - np.sum(p * _bernoulli_kl(p / (p + q), d)))


@regret.control("the divergence is taken the other way round", of=random_discriminators, miss=1.43)
def the_other_way_round(rng):
    for _number in range(100):
        p, q, d = _instance(rng)
        yield abs(_gain(p, q, d) - np.sum((p + q) * _bernoulli_kl(d, p / (p + q))))


unbalanced = Claim(
    id="A-DST-07",
    alias="unbalanced-discriminator",
    title="D* = π p_data / (π p_data + (1 − π) p_g)",
    statement="If a fraction pi of a batch is real, the optimal discriminator is "
    "D* = pi p_data / (pi p_data + (1 - pi) p_g): its logit moves by log(pi/(1 - pi)), to "
    "a* = log(p_data/p_g) + log(pi/(1 - pi)).",
    formula=r"D^*(x) = \frac{\pi\,p_{\mathrm{data}}(x)}{\pi\,p_{\mathrm{data}}(x) + (1 - "
    r"\pi)\,p_g(x)}, \quad a^*(x) = \log \frac{p_{\mathrm{data}}(x)}{p_g(x)} + \log "
    r"\frac{\pi}{1 - \pi}",
    assumptions=("0 < pi < 1", "p_data > 0 and p_g > 0 where the logit is taken"),
    sources=(
        f"{_PROPOSITION}, with unequal class weights",
        "000_8b69f153baee6a3b.txt:276-298",
    ),
)


@unbalanced.symbolic(scope=AS_STATED)
def unbalanced_proof():
    import sympy as sp

    p, q = masses()
    r = sp.Symbol("r", positive=True)
    pi = inside(r)
    D = sp.Symbol("D")
    yield (
        "the batch's V is pi p log D + (1 - pi) q log(1 - D): V with masses pi p and (1 - pi) q, "
        "whose best D is A-DST-01's, also where one law has no mass",
        value_at(pi * p, (1 - pi) * q, D) - (pi * p * sp.log(D) + (1 - pi) * q * sp.log(1 - D)),
    )
    yield from maximum_steps(pi * p, (1 - pi) * q)
    yield from one_sided_steps(pi * p, (1 - pi) * q)
    best = optimum(pi * p, (1 - pi) * q)
    yield "D* = pi p / (pi p + (1 - pi) q)", best - pi * p / (pi * p + (1 - pi) * q)
    yield (
        "D*/(1 - D*) = (p/q) pi/(1 - pi), so a* = log(p/q) + log(pi/(1 - pi))",
        sp.cancel(best / (1 - best) - p / q * pi / (1 - pi)),
    )


@unbalanced.numerical(tolerance=1e-6, description="against the maximiser found by search")
def unbalanced_maximiser_by_search(rng):
    for p, q, pi in rng.uniform(0.05, 0.95, (100, 3)):
        yield abs(pi * p / (pi * p + (1 - pi) * q) - best_output(pi * p, (1 - pi) * q))


@unbalanced.meaning(tolerance=1e-6)  # the search's own error
def unbalanced_in_words(rng):
    for p, q, pi in rng.uniform(0.2, 0.8, (10, 3)):
        best = best_output(pi * p, (1 - pi) * q)
        yield {
            "D*": best,
            "D^*(x)": best,
            "pi": pi,
            "p_data": p,
            "p_data(x)": p,
            "p_g": q,
            "p_g(x)": q,
            "a*": math.log(best / (1 - best)),
            "a^*(x)": math.log(best / (1 - best)),
            "moves by log(pi/(1 - pi))": math.isclose(
                math.log(best / (1 - best)) - math.log(p / q), math.log(pi / (1 - pi)), abs_tol=1e-6
            ),
        }


@unbalanced.control(
    "the balanced D* is used on a batch with pi = 0.49",
    of=unbalanced_maximiser_by_search,
    miss=0.01,
)
def balanced_optimum_on_an_unbalanced_batch(rng):
    for p, q in rng.uniform(0.05, 0.95, (100, 2)):
        yield abs(p / (p + q) - best_output(0.49 * p, 0.51 * q))
