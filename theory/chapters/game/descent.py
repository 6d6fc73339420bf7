"""Descending JS: convexity, the functional gradient, the envelope theorem (claims A-JS-08, 09, 15).

Goodfellow et al. 2014, section 4.2: why gradient steps on G, with D kept optimal, decrease
JS(p_data, p_g). Here p stands for p_data(x) and q for p_g(x).
"""

from __future__ import annotations

import numpy as np

from theory.calculators.divergences import (
    Discriminator,
    js,
    optimal_discriminator,
    total_variation,
    value,
)
from theory.claim import AS_STATED, Claim


def _best_value(p, q) -> float:
    """C(G) = V(D*, G)."""
    return value(p, q, optimal_discriminator(p, q))


convex = Claim(
    id="A-JS-08",
    alias="convex-in-density",
    title="p_g ↦ C(p_g) is convex",
    statement="C is convex in the density p_g (not in the generator's parameters): with D kept "
    "optimal and small enough steps on p_g itself, p_g converges to p_data.",
    formula=r"C(t\,p_1 + (1 - t)\,p_2) \le t\,C(p_1) + (1 - t)\,C(p_2), \quad 0 \le t \le 1",
    assumptions=("updates are made on p_g itself",),
    sources=(
        "Goodfellow et al. 2014, Proposition 2",
        "002_d31ce6ddd5a0096b.txt:163,217-221",
    ),
)


@convex.symbolic(scope=AS_STATED)
def convex_proof():
    import sympy as sp

    p, q, d = sp.symbols("p q d", positive=True)
    c = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q))
    second = p / (q * (p + q))
    yield "the integrand's second derivative in q is p/(q (p + q))", sp.diff(c, q, 2) - second
    yield "which is positive, and sums of convex functions are convex", second > 0
    fixed = p * sp.log(d) + q * sp.log(1 - d)
    yield (
        "also: V is linear in q for each D, and a maximum of linear functions is convex",
        (sp.diff(fixed, q, 2)),
    )


@convex.numerical(tolerance=1e-12, description="excess over the chord, 500 random pairs")
def excess_over_the_chord_500_random_pairs(rng):
    for _instance in range(500):
        p, a, b = rng.dirichlet(np.ones(8), 3)
        w = rng.uniform()
        chord = w * _best_value(p, a) + (1 - w) * _best_value(p, b)
        yield np.maximum(0, _best_value(p, w * a + (1 - w) * b) - chord)


@convex.numerical(tolerance=1e-3, description="TV to p_data after exponentiated gradient descent")
def tv_to_p_data_after_exponentiated_gradient(rng):
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(10), 2)
        for _step in range(3000):
            q = q * np.exp(-(np.log(q) - np.log(p + q)))  # slope log(1 - D*), claim A-JS-09
            q = q / q.sum()
        yield total_variation(p, q)


@convex.control(
    "convexity is claimed in the parameter of N(theta, 1)",
    of=excess_over_the_chord_500_random_pairs,
    miss=0.214,
)
def convexity_is_claimed_in_the_parameter_of_n_theta(rng):
    from scipy import stats

    p = stats.norm(0, 1)
    for theta in rng.uniform(4, 8, 5):
        low, middle, high = (
            _best_value(p, stats.norm(m, 1)) for m in (theta - 2, theta, theta + 2)
        )
        yield np.maximum(0, middle - (low + high) / 2)


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

    p, q = sp.symbols("p q", positive=True)
    c = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q))
    yield (
        "d/dq [p log D* + q log(1 - D*)] = log(q/(p + q)) = log(1 - D*)",
        (sp.diff(c, q) - sp.log(q / (p + q))),
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
def complex_steps_on_6_points(rng):
    for _instance in range(100):
        p, q = _interior(rng)
        d = optimal_discriminator(p, q)(np.arange(6))
        yield np.abs(_complex_slope(p, q) - np.log(1 - d))


@gradient.control(
    "q log(1 - D*) is differentiated as q log q, with an extra 1",
    of=complex_steps_on_6_points,
    miss=1,
)
def q_log_1_d_is_differentiated_as_q_log_q(rng):
    for _instance in range(100):
        p, q = _interior(rng)
        yield np.abs(_complex_slope(p, q) - (np.log(q / (p + q)) + 1))


envelope = Claim(
    id="A-JS-15",
    alias="envelope",
    title="∇_θ V(D frozen at D*, G_θ) = ∇_θ 2 JS(p_data, p_θ)",
    statement="With D frozen at the optimum of theta_0, the saturating generator gradient at "
    "theta_0 is the gradient of 2 JS(p_data, p_theta): one exact step of SGD on G descends JS "
    "(envelope theorem).",
    formula=r"\nabla_\theta V(D^*_{\theta_0}, G_\theta) \Bigr|_{\theta = \theta_0} = "
    r"\nabla_\theta\,2\,\mathrm{JS}(p_{\mathrm{data}}, p_\theta) \Bigr|_{\theta = \theta_0}",
    assumptions=("D is exactly optimal at theta_0", "p_theta is differentiable in theta"),
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

    p = sp.Symbol("p", positive=True)
    theta = sp.Symbol("theta", real=True)
    q = sp.Function("q", positive=True)(theta)
    D = sp.Function("D", positive=True)(theta)
    total = sp.diff(p * sp.log(D) + q * sp.log(1 - D), theta)
    frozen = sp.diff(q, theta) * sp.log(1 - D)
    through_d = sp.diff(D, theta) * (p / D - q / (1 - D))
    yield (
        "the total derivative is the frozen one + D' (p/D - q/(1 - D))",
        (total - (frozen + through_d)),
    )
    yield "at D = D* = p/(p + q) the bracket vanishes", ((p / D - q / (1 - D)).subs(D, p / (p + q)))


def _slope(f, at: float) -> float:
    """f'(at) by a central difference of sixth order."""
    h = 0.02
    pairs = [(f(at + k * h) - f(at - k * h)) / h for k in (1, 2, 3)]
    return float(np.dot([3 / 4, -3 / 20, 1 / 60], pairs))


def _frozen_slope(theta: float, discriminator: Discriminator) -> float:
    from scipy import stats

    p = stats.norm(0, 1)
    return _slope(lambda m: value(p, stats.norm(m, 1.3), discriminator), theta)


def _js_slope(theta: float) -> float:
    from scipy import stats

    return _slope(lambda m: 2 * js(stats.norm(0, 1), stats.norm(m, 1.3)), theta)


@envelope.numerical(tolerance=1e-8, description="N(0, 1) against N(theta, 1.3^2), differences")
def n_0_1_against_n_theta_1_3_2_differences(rng):
    from scipy import stats

    yield abs(_js_slope(1.1) - 0.3188674444)
    for theta in [1.1, *rng.uniform(-3, 3, 4)]:
        d = optimal_discriminator(stats.norm(0, 1), stats.norm(theta, 1.3))
        yield abs(_frozen_slope(theta, d) - _js_slope(theta))


@envelope.control(
    "D is optimal for another generator (theta_0 + 0.5)",
    of=n_0_1_against_n_theta_1_3_2_differences,
    miss=0.136,
)
def d_is_optimal_for_another_generator_theta_0_0_5():
    from scipy import stats

    d = optimal_discriminator(stats.norm(0, 1), stats.norm(1.6, 1.3))
    yield abs(_frozen_slope(1.1, d) - _js_slope(1.1))


@envelope.control(
    "the non-saturating loss -E log D is said to descend JS too",
    of=n_0_1_against_n_theta_1_3_2_differences,
    miss=0.462,
)
def the_non_saturating_loss_e_log_d_is_said():
    from scipy import stats

    p = stats.norm(0, 1)
    d = optimal_discriminator(p, stats.norm(1.1, 1.3))
    swapped = Discriminator(lambda x: -d.logit(x))  # E_g log D is V's second term of 1 - D
    loss = _slope(lambda m: -value(p, stats.norm(m, 1.3), swapped), 1.1)
    yield abs(loss - _js_slope(1.1))
