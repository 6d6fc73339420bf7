"""The optimal discriminator D* (claims A-DST-01 to 08).

Goodfellow et al. 2014, Proposition 1: for a fixed generator V(D, G) is maximal at
D*(x) = p_data(x) / (p_data(x) + p_g(x)). Here p stands for p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, log_expit, ndtr, xlogy

from theory.calculators.densities import Discrete, Mixture
from theory.calculators.divergences import (
    Discriminator,
    optimal_discriminator,
    total_variation,
    value,
)
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014, Proposition 1, equation 2"


def _random_mixture(rng: np.random.Generator) -> Mixture:
    """A mixture of one to three normal laws whose spreads differ by up to a factor of 100."""
    n = rng.integers(1, 4)
    weights = rng.dirichlet(np.ones(n))
    return Mixture.normal(weights, rng.normal(0, 3, n), 10 ** rng.uniform(-1, 1, n))


def _best_output(mass_p: float, mass_q: float) -> float:
    """The maximiser over D of mass_p log D + mass_q log(1 - D), found by search, by no formula."""
    from scipy.optimize import minimize_scalar

    found: Any = minimize_scalar(
        lambda d: -(mass_p * np.log(d) + mass_q * np.log1p(-d)),
        bounds=(1e-12, 1 - 1e-12),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x)


optimal = Claim(
    id="A-DST-01",
    alias="optimal-discriminator",
    title="D*(x) = p_data(x) / (p_data(x) + p_g(x))",
    statement="For a fixed generator the discriminator that maximises V(D, G) is "
    "D*(x) = p_data(x) / (p_data(x) + p_g(x)).",
    formula=r"D^*(x) = \operatorname{argmax}_D V(D, G) = "
    r"\frac{p_{\mathrm{data}}(x)}{p_{\mathrm{data}}(x) + p_g(x)}",
    assumptions=(
        "D may be any function to (0, 1) (unlimited capacity)",
        "p_data(x) + p_g(x) > 0; elsewhere D is arbitrary",
    ),
    sources=(
        _PAPER,
        "000_8b69f153baee6a3b.txt:248,276-298",
        "001_5040f14b49cef5aa.txt:31",
        "002_d31ce6ddd5a0096b.txt:174-196",
    ),
    test="tests/game/test_theory_meets_training.py::test_learned_discriminator_is_optimal",
)


@optimal.symbolic(scope=AS_STATED)
def optimal_proof():
    import sympy as sp

    p, q, s = sp.symbols("p q s", positive=True)
    D = sp.Symbol("D")
    h = p * sp.log(D) + q * sp.log(1 - D)
    slope = sp.diff(h, D)
    yield (
        "V is the integral of h(D) = p log D + q log(1 - D); h' = p/D - q/(1 - D)",
        (slope - (p / D - q / (1 - D))),
    )
    yield "D (1 - D) h' = p - (p + q) D", sp.cancel(slope * D * (1 - D)) - (p - (p + q) * D)
    roots = sp.solve(slope, D)
    yield "h' has one root", len(roots) - 1
    yield "the root is D* = p/(p + q)", roots[0] - p / (p + q)
    # every D in (0, 1) is 1/(1 + s) with s > 0
    yield (
        "h'' < 0 on (0, 1), so the root is the maximum",
        (sp.diff(h, D, 2).subs(D, 1 / (1 + s)).simplify() < 0),
    )


@optimal.numerical(tolerance=1e-6, description="D* against the maximiser found by search")
def d_against_the_maximiser_found_by_search(rng):
    for p, q in rng.uniform(0.01, 1, (100, 2)):
        d = optimal_discriminator([p / (p + q), q / (p + q)], [q / (p + q), p / (p + q)])
        yield abs(float(d(0)) - _best_output(p, q))


@optimal.numerical(tolerance=1e-11, description="V(D) - V(D*) for other D, random mixtures")
def v_d_v_d_for_other_d_random_mixtures(rng):
    for _instance in range(10):
        p, q = _random_mixture(rng), _random_mixture(rng)
        best = optimal_discriminator(p, q)
        slope, shift, size = rng.normal(0, 1, 3)

        def other(x, best=best, slope=slope, shift=shift, size=size):
            return best.logit(x) + size * np.sin(slope * x + shift)

        yield np.maximum(0, value(p, q, Discriminator(other)) - value(p, q, best))


@optimal.certified(tolerance=0, description="V(D) - V(D*), each D optimal for other normal laws")
def v_d_v_d_each_d_optimal_for_other_normal_laws(rng):
    import flint

    from theory.calculators import certified

    p, q = Mixture.normal([1], [0], [1]), Mixture.normal([1], [2], [1])
    with flint.ctx.workprec(128):
        best = certified.value(p, q, optimal_discriminator(p, q))
        for mean in (2 + 1e-6, *rng.uniform(-4, 4, 5)):
            d = optimal_discriminator(p, Mixture.normal([1], [mean], [1]))
            yield (certified.value(p, q, d) - best).max(0)


@optimal.control(
    "the roles are swapped, D = p_g / (p_data + p_g)",
    of=d_against_the_maximiser_found_by_search,
    miss=0.934,
)
def the_roles_are_swapped_d_p_g_p_data_p_g(rng):
    for p, q in rng.uniform(0.01, 1, (100, 2)):
        yield abs(q / (p + q) - _best_output(p, q))


@optimal.control(
    "the density ratio p_data / p_g is taken for D*",
    of=d_against_the_maximiser_found_by_search,
    miss=0.5,
)
def the_density_ratio_p_data_p_g_is_taken_for_d(rng):
    for p, q in rng.uniform(0.01, 1, (100, 2)):
        yield abs(min(p / q, 1.0) - _best_output(p, q))


maximum = Claim(
    id="A-DST-02",
    alias="optimal-discriminator-is-maximum",
    title="h''(D) = −p/D² − q/(1−D)² < 0",
    statement="The second-order condition that a zero derivative leaves open: "
    "h(D) = p log D + q log(1 - D) has h''(D) = -p/D^2 - q/(1 - D)^2 < 0 on (0, 1), so the "
    "stationary point is the only maximum. If p or q is 0 the supremum is at D* = 0 or 1.",
    formula=r"h(D) = p \log D + q \log(1 - D), \quad h''(D) = -\frac{p}{D^2} - \frac{q}{(1 - "
    r"D)^2} < 0",
    assumptions=("p >= 0 and q >= 0, not both 0",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:278-290", "002_d31ce6ddd5a0096b.txt:192-196"),
)


@maximum.symbolic(scope=AS_STATED)
def maximum_proof():
    import sympy as sp

    p, q, s = sp.symbols("p q s", positive=True)
    D = sp.Symbol("D")
    second = sp.diff(p * sp.log(D) + q * sp.log(1 - D), D, 2)
    yield "h'' = -p/D^2 - q/(1 - D)^2", second + p / D**2 + q / (1 - D) ** 2
    inside = second.subs(D, 1 / (1 + s)).simplify()  # every D in (0, 1), as s > 0
    yield "h'' < 0 with both masses positive", inside < 0
    yield "h'' < 0 with p = 0", inside.subs(p, 0) < 0
    yield "h'' < 0 with q = 0", inside.subs(q, 0) < 0


def _curvature(p: float, q: float, sign: float, d: float) -> float:
    """h''(d) of p log D + sign q log(1 - D), by a second difference."""
    step = 1e-4

    def h(x):
        return p * np.log(x) + sign * q * np.log1p(-x)

    return (h(d + step) - 2 * h(d) + h(d - step)) / step**2


@maximum.numerical(tolerance=0.0, description="the part of h'' above zero, by differences")
def the_part_of_h_above_zero_by_differences(rng):
    for p, q, d in rng.uniform(0.05, 0.95, (200, 3)):
        yield np.maximum(0, _curvature(p, q, 1.0, d))


@maximum.control(
    "the minus sign of the second term is kept from h': h is not concave",
    of=the_part_of_h_above_zero_by_differences,
    miss=304,
)
def the_minus_sign_of_the_second_term_is_kept_from_h(rng):
    for p, q, d in rng.uniform(0.05, 0.95, (200, 3)):
        yield np.maximum(0, _curvature(p, q, -1.0, d))


logit = Claim(
    id="A-DST-03",
    alias="optimal-logit",
    title="a*(x) = log p_data(x) − log p_g(x)",
    statement="The optimal logit is the log density ratio: D* = sigma(a*) with "
    "a*(x) = log p_data(x) - log p_g(x).",
    formula=r"D^*(x) = \sigma(a^*(x)), \quad a^*(x) = \log p_{\mathrm{data}}(x) - \log p_g(x)",
    assumptions=("p_data(x) > 0 and p_g(x) > 0",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:447", "002_d31ce6ddd5a0096b.txt:196"),
)


@logit.symbolic(scope=AS_STATED)
def logit_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    best = p / (p + q)
    yield "1 - D* = q/(p + q)", 1 - best - q / (p + q)
    yield (
        "logit D* = log D* - log(1 - D*) = log p - log q",
        (sp.log(best) - sp.log(q / (p + q)) - (sp.log(p) - sp.log(q))),
    )
    yield "sigma(log p - log q) = D*", 1 / (1 + sp.exp(sp.log(q) - sp.log(p))) - best


def _normal_logits(rng):
    """D* of two normal laws up to 30 standard deviations apart, points, and the closed form."""
    from scipy import stats

    for _instance in range(20):
        m, s = rng.uniform(-15, 15, 2), rng.uniform(0.5, 2, 2)
        d = optimal_discriminator(stats.norm(m[0], s[0]), stats.norm(m[1], s[1]))
        x = rng.uniform(-20, 20, 50)
        exact = ((x - m[1]) / s[1]) ** 2 / 2 - ((x - m[0]) / s[0]) ** 2 / 2 + np.log(s[1] / s[0])
        yield d, x, exact


@logit.numerical(tolerance=1e-10, description="the logit of D* for normal laws, closed form")
def the_logit_of_d_for_normal_laws_closed_form(rng):
    for d, x, exact in _normal_logits(rng):
        yield np.abs(d.logit(x) - exact) / np.maximum(1, np.abs(exact))


@logit.control(
    "log D* is taken for the logit of D*", of=the_logit_of_d_for_normal_laws_closed_form, miss=1.3
)
def log_d_is_taken_for_the_logit_of_d(rng):
    for d, x, exact in _normal_logits(rng):
        yield np.abs(log_expit(d.logit(x)) - exact) / np.maximum(1, np.abs(exact))


half = Claim(
    id="A-DST-04",
    alias="optimal-discriminator-half",
    title="p_g = p_data ⇔ D* = 1/2",
    statement="D* = 1/2 almost everywhere (under p_data + p_g) if and only if p_g = p_data.",
    formula=r"D^*(x) = \frac{1}{2} \text{ almost everywhere} \Leftrightarrow p_g = "
    r"p_{\mathrm{data}}",
    sources=(
        "Goodfellow et al. 2014, section 4.1, Theorem 1",
        "002_d31ce6ddd5a0096b.txt:167-170",
        "000_8b69f153baee6a3b.txt:350",
    ),
)


@half.symbolic(scope=AS_STATED)
def half_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    yield (
        "D* - 1/2 = (p - q) / (2 (p + q))",
        (p / (p + q) - sp.Rational(1, 2) - (p - q) / (2 * (p + q))),
    )
    roots = sp.solve(p / (p + q) - sp.Rational(1, 2), q)
    yield "which vanishes for one q only", len(roots) - 1
    yield "that q is p", roots[0] - p


@half.numerical(tolerance=1e-15, description="|D* - 1/2| at p_g = p_data")
def d_1_2_at_p_g_p_data(rng):
    for _instance in range(100):
        p = rng.dirichlet(np.ones(10))
        yield np.abs(optimal_discriminator(p, p)(np.arange(10)) - 0.5)


@half.control(
    "p_g differs from p_data by 1e-6 on two points", of=d_1_2_at_p_g_p_data, miss=2.43e-05
)
def p_g_differs_from_p_data_by_1e_6_on_two_points(rng):
    for _instance in range(100):
        p = rng.dirichlet(np.ones(10)) * 0.9 + 0.01
        q = p + 1e-6 * np.array([1, -1] + [0] * 8)
        yield np.abs(optimal_discriminator(p, q)(np.arange(10)) - 0.5)


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
        "Goodfellow et al. 2014, Proposition 1, applied to normal laws",
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
        "unequal variances: the second derivative is 1/s_g^2 - 1/s_d^2",
        (sp.diff(unequal, x, 2) - (1 / s_g**2 - 1 / s_d**2)),
    )
    yield "and the third is zero: a parabola", sp.diff(unequal, x, 3)


def _line_error(s_d: float, s_g: float, m_d: float, m_g: float, x: np.ndarray) -> np.ndarray:
    from scipy import stats

    variance = (s_d**2 + s_g**2) / 2
    line = (m_d - m_g) / variance * x + (m_g**2 - m_d**2) / (2 * variance)
    d = optimal_discriminator(stats.norm(m_d, s_d), stats.norm(m_g, s_g))
    return np.abs(d.logit(x) - line) / np.maximum(1, np.abs(line))


@gaussian.numerical(tolerance=1e-10, description="the line against the log density ratio")
def the_line_against_the_log_density_ratio(rng):
    for m_d, m_g, s in np.column_stack([rng.uniform(-5, 5, (20, 2)), rng.uniform(0.2, 3, 20)]):
        yield _line_error(s, s, m_d, m_g, rng.uniform(-10, 10, 50))


@gaussian.sampling()
def gaussian_by_sampling(rng):
    # Logistic regression by Newton's method on 1e5 samples: slope and intercept, in the standard
    # errors that the observed information gives.
    m_d, m_g, s, n = 1.0, -0.5, 1.2, 50_000
    x = np.concatenate([rng.normal(m_d, s, n), rng.normal(m_g, s, n)])
    design = np.column_stack([x, np.ones(2 * n)])
    label = np.repeat([1.0, 0.0], n)
    fit = np.zeros(2)
    for _step in range(20):
        d = expit(design @ fit)
        information = (design * (d * (1 - d))[:, None]).T @ design
        fit = fit + np.linalg.solve(information, design.T @ (label - d))
    exact = np.array([(m_d - m_g) / s**2, (m_g**2 - m_d**2) / (2 * s**2)])
    yield (fit - exact) / np.sqrt(np.diag(np.linalg.inv(information)))


@gaussian.control(
    "the variances differ (1 and 4) and the logit is still called linear",
    of=the_line_against_the_log_density_ratio,
    miss=4.82,
)
def the_variances_differ_1_and_4_and_the_logit(rng):
    yield _line_error(1.0, 2.0, 1.0, -1.0, rng.uniform(-10, 10, 50))


regret = Claim(
    id="A-DST-06",
    alias="discriminator-regret",
    title="V(D*) − V(D) = ∫ (p_data + p_g) KL(Bern(D*) ‖ Bern(D)) dx",
    statement="How far any discriminator is from optimal: V(D*, G) - V(D, G) is the integral of "
    "(p_data + p_g) KL(Bernoulli(D*(x)) || Bernoulli(D(x))), which is >= 0.",
    formula=r"V(D^*, G) - V(D, G) = \int (p_{\mathrm{data}} + p_g)\,\mathrm{KL}\bigl( "
    r"\mathrm{Bern}(D^*) \,\|\, \mathrm{Bern}(D) \bigr)\,dx \ge 0",
    sources=(
        "Goodfellow et al. 2014, Proposition 1, rewritten as a regret",
        "000_8b69f153baee6a3b.txt:268-294",
        "002_d31ce6ddd5a0096b.txt:190-196",
    ),
)


@regret.symbolic(scope=AS_STATED)
def regret_proof():
    import sympy as sp

    p, q, s = sp.symbols("p q s", positive=True)
    D, best = 1 / (1 + s), p / (p + q)  # every D in (0, 1)
    one_minus = s / (1 + s)
    gain = p * sp.log(best) + q * sp.log(q / (p + q)) - p * sp.log(D) - q * sp.log(one_minus)
    kl = best * sp.log(best / D) + q / (p + q) * sp.log(q / (p + q) / one_minus)
    yield "pointwise h(D*) - h(D) = (p + q) KL(Bern(D*) || Bern(D))", gain - (p + q) * kl
    b, d = sp.symbols("b d", positive=True)
    bernoulli = b * sp.log(b / d) + (1 - b) * sp.log((1 - b) / (1 - d))
    yield (
        "d KL / dD = (D - D*) / (D (1 - D)): it falls up to D* and rises after",
        (sp.diff(bernoulli, d) - (d - b) / (d * (1 - d))),
    )
    yield "and is 0 at D = D*, hence >= 0", bernoulli.subs(d, b)


def _regrets(rng, only_data: bool):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        d = rng.uniform(0.01, 0.99, 8)
        best = p / (p + q)
        kl = xlogy(best, best / d) + xlogy(1 - best, (1 - best) / (1 - d))
        gain = value(p, q, optimal_discriminator(p, q)) - value(p, q, lambda x, d=d: d)
        yield abs(gain - np.sum((p if only_data else p + q) * kl))


@regret.numerical(tolerance=1e-12, description="random laws on 8 points, random D")
def random_laws_on_8_points_random_d(rng):
    yield from _regrets(rng, only_data=False)


@regret.control(
    "the divergence is averaged over the data only", of=random_laws_on_8_points_random_d, miss=1.6
)
def the_divergence_is_averaged_over_the_data_only(rng):
    yield from _regrets(rng, only_data=True)


unbalanced = Claim(
    id="A-DST-07",
    alias="unbalanced-discriminator",
    title="D* = π p_data / (π p_data + (1 − π) p_g)",
    statement="If a fraction pi of a batch is real, the optimal discriminator is "
    "D* = pi p_data / (pi p_data + (1 - pi) p_g): its logit moves by log(pi / (1 - pi)).",
    formula=r"D^*(x) = \frac{\pi\,p_{\mathrm{data}}(x)}{\pi\,p_{\mathrm{data}}(x) + (1 - "
    r"\pi)\,p_g(x)}, \quad a^*(x) = \log \frac{p_{\mathrm{data}}(x)}{p_g(x)} + \log "
    r"\frac{\pi}{1 - \pi}",
    assumptions=("0 < pi < 1",),
    sources=(
        "Goodfellow et al. 2014, Proposition 1, with unequal class weights",
        "000_8b69f153baee6a3b.txt:276-298",
    ),
)


@unbalanced.symbolic(scope=AS_STATED)
def unbalanced_proof():
    import sympy as sp

    p, q, r = sp.symbols("p q r", positive=True)
    D = sp.Symbol("D")
    pi = r / (1 + r)  # every fraction in (0, 1)
    roots = sp.solve(sp.diff(pi * p * sp.log(D) + (1 - pi) * q * sp.log(1 - D), D), D)
    yield "pi p log D + (1 - pi) q log(1 - D) has one stationary point", len(roots) - 1
    best = pi * p / (pi * p + (1 - pi) * q)
    yield "it is pi p / (pi p + (1 - pi) q)", roots[0] - best
    yield "D*/(1 - D*) = (p/q) pi/(1 - pi)", best / (1 - best) - p / q * pi / (1 - pi)


@unbalanced.numerical(tolerance=1e-6, description="against the maximiser found by search")
def against_the_maximiser_found_by_search(rng):
    for p, q, pi in rng.uniform(0.05, 0.95, (100, 3)):
        yield abs(pi * p / (pi * p + (1 - pi) * q) - _best_output(pi * p, (1 - pi) * q))


@unbalanced.control(
    "the balanced D* is used on a batch with pi = 0.3",
    of=against_the_maximiser_found_by_search,
    miss=0.209,
)
def the_balanced_d_is_used_on_a_batch_with_pi_0_3(rng):
    for p, q in rng.uniform(0.05, 0.95, (100, 2)):
        yield abs(p / (p + q) - _best_output(0.3 * p, 0.7 * q))


error = Claim(
    id="A-DST-08",
    alias="discriminator-error",
    title="error of the thresholded D* = (1 − TV(p_data, p_g)) / 2",
    statement="Calling x real when D*(x) > 1/2 errs with probability (1 - TV(p_data, p_g))/2, the "
    "least of all classifiers: a near-perfect discriminator means a total variation near 1.",
    formula=r"\frac{1}{2} P_{\mathrm{data}}\Bigl( D^* \le \frac{1}{2} \Bigr) + \frac{1}{2} "
    r"P_g\Bigl( D^* > \frac{1}{2} \Bigr) = \frac{1 - \mathrm{TV}(p_{\mathrm{data}}, p_g)}{2}",
    assumptions=("real and generated samples are equally frequent",),
    sources=(
        "Devroye, Györfi and Lugosi 1996, chapter 2 (Bayes error and L1 distance)",
        "000_8b69f153baee6a3b.txt:445",
    ),
)


@error.symbolic(scope=AS_STATED)
def error_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    d = sp.Symbol("d", nonnegative=True)
    # The error is (1/2) int min(p, q) and TV = (1/2) int |p - q|, int p = int q = 1.
    for case, a, b in (("p >= q", q + d, q), ("p < q", p, p + d)):
        yield (
            f"min(p, q) = (p + q)/2 - |p - q|/2 where {case}",
            (sp.Min(a, b) - ((a + b) / 2 - sp.Abs(a - b) / 2)),
        )
    tv = sp.Symbol("TV")
    yield (
        "half the integral: (1/2) ((1 + 1)/2 - TV) = (1 - TV)/2",
        (sp.Rational(1, 2) * (sp.Rational(2, 2) - tv) - (1 - tv) / 2),
    )


def _threshold_error(p: np.ndarray, q: np.ndarray, real: float = 0.5) -> float:
    says_real = optimal_discriminator(p, q)(np.arange(p.size)) > 0.5
    return float(real * p[~says_real].sum() + (1 - real) * q[says_real].sum())


@error.numerical(tolerance=1e-12, description="500 random laws on 8 points")
def error_500_random_laws_on_8_points(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        yield abs(_threshold_error(p, q) - (1 - total_variation(p, q)) / 2)


@error.numerical(tolerance=1e-10, description="N(0, 1) and N(m, 1), whose error is Phi(-m/2)")
def n_0_1_and_n_m_1_whose_error_is_phi_m_2(rng):
    for m in rng.uniform(0, 12, 10):
        tv = total_variation(Mixture.normal([1], [0], [1]), Mixture.normal([1], [m], [1]))
        yield abs((1 - tv) / 2 - ndtr(-m / 2))


@error.certified(tolerance=1e-20, description="N(0, 1) and N(m, 1), whose error is Phi(-m/2)")
def error_n_0_1_and_n_m_1_whose_error_is_phi_m_2(rng):
    import flint

    from theory.calculators import certified

    p = Mixture.normal([1], [0], [1])
    with flint.ctx.workprec(128):
        for m in rng.uniform(0, 12, 4):
            tv = certified.total_variation(p, Mixture.normal([1], [m], [1]))
            yield (1 - tv) / 2 - (flint.arb(m) / flint.arb(8).sqrt()).erfc() / 2


@error.control("the half is lost: error = 1 - TV", of=error_500_random_laws_on_8_points, miss=0.421)
def the_half_is_lost_error_1_tv(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        yield abs(_threshold_error(p, q) - (1 - total_variation(p, q)))


@error.control(
    "the classes are unbalanced, 80% real", of=error_500_random_laws_on_8_points, miss=0.216
)
def the_classes_are_unbalanced_80_real(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        law_p, law_q = Discrete(np.arange(8), p), Discrete(np.arange(8), q)
        yield abs(_threshold_error(p, q, real=0.8) - (1 - total_variation(law_p, law_q)) / 2)
