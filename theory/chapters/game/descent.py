"""Descending JS: convexity, the functional gradient, the envelope theorem (claims A-JS-08, 09, 15).

Goodfellow et al. 2014, section 4.2: why gradient steps on G, with D kept optimal, decrease
JS(p_data, p_g). Here p stands for p_data(x) and q for p_g(x).
"""

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import Discriminator, js, kl, optimal_discriminator, value
from theory.chapters.game.expressions import best_value_at, js_at, kl_at, masses, optimum, value_at
from theory.chapters.game.laws import best_value
from theory.claim import AS_STATED, Claim, excess

_LOG4 = math.log(4)

convex = Claim(
    id="A-JS-08",
    alias="convex-in-density",
    title="p_g ↦ C(p_g) is convex",
    statement="C is convex in the density p_g (not in the generator's parameters): with D kept "
    "optimal and small enough steps on p_g itself, p_g converges to p_data: steps "
    "p_g → p_g exp(-η log(1 - D*))/Z of any size 0 < η <= 1 leave after n of them "
    "C(p_n) + log 4 <= KL(p_data || p_0)/(η n).",
    formula=r"C(t\,p_1 + (1 - t)\,p_2) \le t\,C(p_1) + (1 - t)\,C(p_2), \quad 0 \le t \le 1",
    assumptions=("updates are made on p_g itself", "KL(p_data || p_0) is finite"),
    sources=(
        "Goodfellow et al. 2014, Proposition 2",
        "Lu, Freund and Nesterov 2018, Theorem 3.1 (relatively smooth convex functions; number "
        "cited from memory)",
        "002_d31ce6ddd5a0096b.txt:163,217-221",
    ),
)


@convex.symbolic(scope=AS_STATED)
def convex_proof():
    import sympy as sp

    p, q = masses()
    u, new, D, t, eta, Z = sp.symbols("u new D t eta Z", positive=True)
    p_1, p_2 = sp.symbols("p_1 p_2", positive=True)
    yield (
        "V is linear in p_g for each D: at the optimum D of the mixture "
        "C(t p_1 + (1 - t) p_2) = t V(D, p_1) + (1 - t) V(D, p_2) <= t C(p_1) + (1 - t) C(p_2)",
        sp.expand(
            value_at(p, t * p_1 + (1 - t) * p_2, D)
            - t * value_at(p, p_1, D)
            - (1 - t) * value_at(p, p_2, D)
        ),
    )
    n = sp.Symbol("n", positive=True)
    chord = (1 - 1 / n) * -sp.log(4) + (1 / n) * 0
    yield (
        "not so in theta of N(theta, 1): C(0) = -log 4 and C(n theta) <= 0, and the chord from 0 "
        "to n theta falls to -log 4 at theta as n grows, below C(theta) (A-JS-05)",
        sp.limit(chord, n, sp.oo) + sp.log(4),
    )
    c = best_value_at(p, q)
    slope = sp.diff(c, q)
    yield "the slope of C in q is g = log(1 - D*) (A-JS-09)", slope - sp.log(q / (p + q))
    gap = kl_at(new, q) - new + q - (c.subs(q, new) - c - slope * (new - q))
    yield (
        "KL(new || q) less what C exceeds its tangent by is 0 at new = q",
        sp.Matrix([gap.subs(new, q), sp.diff(gap, new).subs(new, q)]),
    )
    yield (
        "and it is convex, with curvature 1/(p + new): "
        "C(new) <= C(q) + int g (new - q) + KL(new || q)",
        sp.diff(gap, new, 2) - 1 / (p + new),
    )
    step = (-sp.log(new / q) - sp.log(Z)) / eta  # g, from new = q exp(-eta g) / Z
    pulled = eta * u * step + kl_at(u, q)
    yield (
        "for every law u: eta int g u + KL(u || q) = KL(u || new) - log Z",
        sp.expand(sp.expand_log(pulled - (kl_at(u, new) - u * sp.log(Z)))),
    )
    yield (
        "of u = new that is -log Z: so int g (new - u) + KL(new || q)/eta = "
        "(KL(u || q) - KL(u || new))/eta, and 1 <= 1/eta",
        sp.expand(sp.expand_log(pulled.subs(u, new) + new * sp.log(Z))),
    )
    yield (
        "C has the curvature p/(q (p + q)) > 0 and is above its tangent, "
        "C(p) >= C(q) + int g (p - q), so with u = p_data "
        "C(new) + log 4 <= (KL(p_data || q) - KL(p_data || new))/eta",
        sp.diff(c, q, 2) - p / (q * (p + q)),
    )
    yield "where only p_g has mass, C and its slope are 0", best_value_at(0, q)
    i, steps = sp.symbols("i n", integer=True, positive=True)
    left = sp.Function("k")  # KL(p_data || p_i), which is never below 0
    yield (
        "the right sides add up to at most KL(p_data || p_0)/eta",
        sp.summation(left(i) - left(i + 1), (i, 0, steps - 1)) - (left(0) - left(steps)),
    )
    yield (
        "with u = q: C(new) <= C(q), so the last of the n terms is the least, at most 1/n of it; "
        "and TV^2 <= C(p_n) + log 4 (A-JS-16), so p_n converges to p_data",
        kl_at(q, q),
    )


def _chord_excess(p, a, b, t: float) -> float:
    """How far C lies above its chord."""
    chord = t * best_value(p, a) + (1 - t) * best_value(p, b)
    return float(excess(best_value(p, t * a + (1 - t) * b), chord))


@convex.numerical(tolerance=1e-12, description="excess over the chord, 500 random pairs")
def chord_of_random_laws(rng):
    for _instance in range(500):
        p, a, b = rng.dirichlet(np.ones(8), 3)
        yield _chord_excess(p, a, b, rng.uniform())


def _descended(p: np.ndarray, q: np.ndarray, eta: float, n: int) -> np.ndarray:
    """q after n steps of size eta along -log(1 - D*)."""
    log_p, log_q = np.log(p), np.log(q)
    for _step in range(n):
        log_q = log_q - eta * (log_q - np.logaddexp(log_p, log_q))
        log_q = log_q - np.logaddexp.reduce(log_q)
    return np.exp(log_q)


def _laws(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    p, q = rng.dirichlet(np.ones(10), 2)
    return p, q


def _rate_excess(p, q, eta: float, n: int) -> float:
    """How far C + log 4 lies above KL(p || q) / (eta n) after n steps."""
    left = best_value(p, _descended(p, q, eta, n)) + _LOG4
    return float(excess(left, kl(p, q) / (eta * n)))


@convex.numerical(tolerance=1e-12, description="C + log 4 above KL(p_data || p_0)/(η n)")
def rate_of_descent(rng):
    for _instance in range(10):
        p, q = _laws(rng)
        for eta, n in ((1.0, 1), (1.0, 10), (0.3, 30), (1.0, 300)):
            yield _rate_excess(p, q, eta, n)


@convex.meaning()
def convex_in_words(rng):
    p, a, b = rng.dirichlet(np.ones(8), 3)
    for t, eta, n in ((0.0, 1.0, 1), (0.4, 0.5, 30), (1.0, 0.1, 5)):
        yield {
            "t": t,
            r"C(t\,p_1 + (1 - t)\,p_2)": best_value(p, t * a + (1 - t) * b),
            "C(p_1)": best_value(p, a),
            "C(p_2)": best_value(p, b),
            "η": eta,
            "p_g exp(-η log(1 - D*))/Z": None,
            "C(p_n) + log 4 <= KL(p_data || p_0)/(η n)": _rate_excess(p, a, eta, n) == 0,
        }


@convex.control(
    "convexity is claimed in the parameter of N(theta, 1)", of=chord_of_random_laws, miss=0.206
)
def convexity_in_the_parameter(rng):
    from scipy import stats

    p = stats.norm(0, 1)
    for theta in rng.uniform(4, 8, 5):
        low, middle, high = (best_value(p, stats.norm(m, 1)) for m in (theta - 2, theta, theta + 2))
        yield excess(middle, (low + high) / 2)


@convex.control("the steps are of size 4.2", of=rate_of_descent, miss=0.902)
def steps_too_large(rng):
    for _instance in range(10):
        p, q = _laws(rng)
        yield _rate_excess(p, q, 4.2, 8)


gradient = Claim(
    id="A-JS-09",
    alias="functional-gradient",
    title="δC/δp_g(x) = log(1 − D*(x))",
    statement="The functional gradient of C is delta C / delta p_g(x) = log(1 - D*(x)): the "
    "dependence of D* on p_g contributes nothing, because D* is a maximum.",
    formula=r"\frac{\delta C}{\delta p_g(x)} = \log(1 - D^*(x))",
    assumptions=("p_data > 0 and p_g > 0",),
    sources=("Goodfellow et al. 2014, Proposition 2 (proof)", "002_d31ce6ddd5a0096b.txt:200"),
)


@gradient.symbolic(scope=AS_STATED)
def gradient_proof():
    import sympy as sp

    p, q = masses()
    D = sp.Symbol("D", positive=True)
    height = value_at(p, q, D)
    yield "the derivative with D held fixed is log(1 - D)", sp.diff(height, q) - sp.log(1 - D)
    through = sp.diff(height, D).subs(D, optimum(p, q))
    yield "through D* it is h'(D*) dD*/dq, and h'(D*) = 0", sp.cancel(through)
    yield (
        "so d/dq [p log D* + q log(1 - D*)] = log(q/(p + q)) = log(1 - D*)",
        sp.diff(best_value_at(p, q), q) - sp.log(q / (p + q)),
    )


def _complex_slope(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """dC/dq_i by complex steps: exact to rounding, with no formula of the derivative."""
    step = 1e-30
    moved = q + 1j * step * np.eye(q.size)
    return np.sum(p * np.log(p / (p + moved)) + moved * np.log(moved / (p + moved)), 1).imag / step


def _interior(rng) -> tuple[np.ndarray, np.ndarray]:
    p, q = 0.94 * rng.dirichlet(np.ones(6), 2) + 0.01
    return p, q


@gradient.numerical(tolerance=1e-12, description="complex steps on 6 points")
def complex_steps(rng):
    for _instance in range(100):
        p, q = _interior(rng)
        d = optimal_discriminator(p, q)(np.arange(6))
        yield np.abs(_complex_slope(p, q) - np.log(1 - d))


@gradient.meaning()
def gradient_in_words(rng):
    for _instance in range(5):
        p, q = _interior(rng)
        d, slope = optimal_discriminator(p, q)(np.arange(6)), _complex_slope(p, q)
        yield {
            "δC/δp_g(x)": slope[0],
            "delta C / delta p_g(x)": slope[0],
            r"\frac{\delta C}{\delta p_g(x)}": slope[0],
            "D*(x)": d[0],
            "D^*(x)": d[0],
        }


@gradient.control(
    "q log(1 - D*) is differentiated as q log q, with an extra 1", of=complex_steps, miss=1
)
def one_too_much(rng):
    for _instance in range(100):
        p, q = _interior(rng)
        yield np.abs(_complex_slope(p, q) - (np.log(q / (p + q)) + 1))


@gradient.control(
    "D* is that of a p_g which is 0.1% closer to p_data", of=complex_steps, miss=0.0247
)
def earlier_optimum(rng):
    for _instance in range(100):
        p, q = _interior(rng)
        d = optimal_discriminator(p, 0.999 * q + 0.001 * p)(np.arange(6))
        yield np.abs(_complex_slope(p, q) - np.log(1 - d))


envelope = Claim(
    id="A-JS-15",
    alias="envelope",
    title="∇_θ V(D frozen at D*, G_θ) = ∇_θ 2 JS(p_data, p_θ)",
    statement="With D frozen at the optimum of theta_0, the saturating generator gradient at "
    "theta_0 is the gradient of 2 JS(p_data, p_theta): a small step of gradient descent on G "
    "descends JS (envelope theorem).",
    formula=r"\nabla_\theta V(D^*_{\theta_0}, G_\theta) \Bigr|_{\theta = \theta_0} = "
    r"\nabla_\theta\,2\,\mathrm{JS}(p_{\mathrm{data}}, p_\theta) \Bigr|_{\theta = \theta_0}",
    assumptions=(
        "D is exactly optimal at theta_0",
        "p_theta is differentiable in theta, and V may be differentiated under the integral",
    ),
    sources=(
        "Goodfellow et al. 2014, section 4.2",
        "Arjovsky and Bottou 2017, section 2.2.1",
        "000_8b69f153baee6a3b.txt:334",
        "001_5040f14b49cef5aa.txt:33",
    ),
)


@envelope.symbolic(scope=AS_STATED)
def envelope_proof():
    import sympy as sp

    p, _ = masses()
    theta = sp.Symbol("theta", real=True)
    q = sp.Function("q", positive=True)(theta)
    D = sp.Function("D", positive=True)(theta)
    total = sp.diff(value_at(p, q, D), theta)
    frozen = sp.diff(q, theta) * sp.log(1 - D)
    through_d = sp.diff(D, theta) * (p / D - q / (1 - D))
    yield (
        "the total derivative is the frozen one + D' (p/D - q/(1 - D))",
        (total - (frozen + through_d)),
    )
    yield "at D = D* the bracket vanishes", sp.cancel((p / D - q / (1 - D)).subs(D, optimum(p, q)))
    js_slope = sp.diff(2 * js_at(p, q), theta)
    yield (
        "2 js has the frozen slope q' log(1 - D*) and q' log 2 more, whose integral is 0",
        js_slope - (sp.diff(q, theta) * (sp.log(q / (p + q)) + sp.log(2))),
    )


def _slope(f, at: float) -> float:
    """f'(at) by a central difference of sixth order, whose error is about h^6 = 6e-11."""
    h = 0.02
    pairs = [(f(at + k * h) - f(at - k * h)) / h for k in (1, 2, 3)]
    return float(np.dot([3 / 4, -3 / 20, 1 / 60], pairs))


_SLOPE = 0.3188674444  # at theta_0 = 1.1, twice 0.1594337221


def _frozen_slope(theta: float, discriminator: Discriminator) -> float:
    from scipy import stats

    p = stats.norm(0, 1)
    return _slope(lambda m: value(p, stats.norm(m, 1.3), discriminator), theta)


def _js_slope(theta: float) -> float:
    from scipy import stats

    return _slope(lambda m: 2 * js(stats.norm(0, 1), stats.norm(m, 1.3)), theta)


@envelope.numerical(tolerance=1e-8, description="N(0, 1) against N(theta, 1.3^2), differences")
def differences_of_normal_laws(rng):
    from scipy import stats

    yield abs(_js_slope(1.1) - _SLOPE)
    for theta in [1.1, *rng.uniform(-3, 3, 4)]:
        d = optimal_discriminator(stats.norm(0, 1), stats.norm(theta, 1.3))
        yield abs(_frozen_slope(theta, d) - _js_slope(theta))


@envelope.meaning(tolerance=1e-8)
def envelope_in_words(rng):
    from scipy import stats

    for theta in rng.uniform(-2, 2, 1):
        d = optimal_discriminator(stats.norm(0, 1), stats.norm(theta, 1.3))
        frozen, slope = _frozen_slope(theta, d), _js_slope(theta)
        yield {
            "∇_θ V(D frozen at D*, G_θ)": frozen,
            "∇_θ 2 JS(p_data, p_θ)": slope,
            "gradient of 2 JS(p_data, p_theta)": None,
            r"\nabla_\theta V(D^*_{\theta_0}, G_\theta) \Bigr|_{\theta = \theta_0}": frozen,
            r"\nabla_\theta\,2\,\mathrm{JS}(p_{\mathrm{data}}, p_\theta) \Bigr|_{\theta = "
            r"\theta_0}": slope,
        }


@envelope.control(
    "D is optimal for another generator (theta_0 + 0.01)",
    of=differences_of_normal_laws,
    miss=0.00229,
)
def optimum_of_another_generator():
    from scipy import stats

    d = optimal_discriminator(stats.norm(0, 1), stats.norm(1.11, 1.3))
    yield abs(_frozen_slope(1.1, d) - _js_slope(1.1))


@envelope.control(
    "the non-saturating loss -E log D is said to descend JS too",
    of=differences_of_normal_laws,
    miss=0.462,
)
def non_saturating_loss():
    from scipy import stats

    p = stats.norm(0, 1)
    d = optimal_discriminator(p, stats.norm(1.1, 1.3))
    swapped = Discriminator(lambda x: -d.logit(x))  # E_g log D is V's second term of 1 - D
    loss = _slope(lambda m: -value(p, stats.norm(m, 1.3), swapped), 1.1)
    yield abs(loss - _js_slope(1.1))
