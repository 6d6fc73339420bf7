"""What W1 gives a generator to follow, and the critic that measures it (claims A-OT-08, 09, 16).

F and G stand for the distribution functions of p and q.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np

from theory.calculators.densities import Discrete
from theory.calculators.divergences import js
from theory.calculators.transport import kantorovich_potential, wasserstein
from theory.chapters.transport.plans import cheapest_plans, pairs, quadrature
from theory.chapters.transport.optimal_transport import folded_normal_mean
from theory.claim import AS_STATED, Claim

_VILLANI = "Villani 2003, Topics in Optimal Transportation"
_WGAN = "Arjovsky, Chintala and Bottou 2017"
_EXERCISE = "001_5040f14b49cef5aa.txt:55"
_LOG2 = math.log(2)


informative = Claim(
    id="A-OT-08",
    alias="wasserstein-gradient",
    title="U[0, 1], U[θ, 1 + θ]: dW₁/dθ = 1 for all θ > 0, dJS/dθ = 0 for θ > 1",
    statement="W1 is continuous in θ and tells how far two laws are apart where JS is constant: "
    "for U[0, 1] and U[θ, 1 + θ] its slope is 1 for every θ > 0, while that of JS is log 2 up to "
    "θ = 1 and 0 beyond. In general W1 changes no faster than the samples move.",
    formula=r"\frac{d}{d\theta} W_1 = 1 \;(\theta > 0), \qquad "
    r"\frac{d}{d\theta}\,\mathrm{JS} = \begin{cases} \log 2 & 0 < \theta < 1 \\ 0 & \theta > 1 "
    r"\end{cases}",
    sources=(
        f"{_WGAN}, Example 1 and Theorem 1",
        "000_8b69f153baee6a3b.txt:536",
        _EXERCISE,
    ),
)


@informative.symbolic(scope=AS_STATED)
def informative_proof():
    import sympy as sp

    u, theta, r = sp.symbols("u theta r", positive=True)
    distance = sp.integrate((theta + u) - u, (u, 0, 1))
    yield "the quantiles are u and θ + u: dW1/dθ = 1, overlap or not", sp.diff(distance, theta) - 1
    half = sp.Rational(1, 2)
    # p alone on a length θ, both on 1 - θ, q alone on θ
    overlap = half * theta * sp.log(1 / half) + half * theta * sp.log(1 / half)
    yield "θ < 1: JS = θ log 2, its slope log 2", sp.diff(overlap, theta) - sp.log(2)
    apart = half * sp.integrate(sp.log(1 / half), (u, 0, 1))
    apart += half * sp.integrate(sp.log(1 / half), (u, 1 + r, 2 + r))
    yield "θ = 1 + r: disjoint, JS = log 2", apart - sp.log(2)
    yield "its slope is 0", sp.diff(apart, r)
    yield (
        "any generator: |W1(p, q) - W1(p, q')| <= W1(q, q') <= E|G(z) - G'(z)|, the plan that "
        "pairs the same z; for the shift it is |θ - θ'|",
        sp.integrate(((theta + r) + u) - (theta + u), (u, 0, 1)) - r,
    )


def _shift_slope(distance, theta: float) -> float:
    from scipy import stats

    p, h = stats.uniform(0, 1), 1e-3
    ahead, behind = (distance(p, stats.uniform(t, 1)) for t in (theta + h, theta - h))
    return (ahead - behind) / (2 * h)


@informative.numerical(tolerance=1e-6, description="central differences at six shifts")
def central_differences_at_six_shifts():
    for theta in (0.2, 0.6, 0.9, 1.1, 2.0, 5.0):
        yield abs(_shift_slope(wasserstein, theta) - 1)
        yield abs(_shift_slope(js, theta) - (_LOG2 if theta < 1 else 0))


@informative.control(
    "JS is said to have the slope of W1", of=central_differences_at_six_shifts, miss=1
)
def js_is_said_to_have_the_slope_of_w1():
    for theta in (0.2, 0.9, 1.1, 5.0):
        yield abs(_shift_slope(js, theta) - 1)


dual = Claim(
    id="A-OT-09",
    alias="kantorovich-rubinstein",
    title="W₁(p, q) = sup over |f(x) − f(y)| ≤ |x − y| of E_p f − E_q f",
    statement="W1 is the largest difference of means that a 1-Lipschitz function can show between "
    "p and q. That function is what a WGAN's critic learns; it falls with slope 1 where F > G and "
    "rises where F < G.",
    formula=r"W_1(p, q) = \sup_{\|f\|_{\mathrm{Lip}} \le 1} \mathrm{E}_{x \sim p}\,f(x) - "
    r"\mathrm{E}_{y \sim q}\,f(y)",
    assumptions=("finite first moments",),
    sources=(
        f"{_VILLANI}, Theorem 1.14",
        "Villani 2009, Optimal Transport: Old and New, Remark 6.5",
        f"{_WGAN}, equation 2",
        "000_8b69f153baee6a3b.txt:536",
    ),
)


@dual.symbolic(scope=AS_STATED)
def dual_proof():
    import sympy as sp

    mass = sp.Matrix(3, 3, sp.symbols("g1:10", nonnegative=True))
    f = sp.Matrix(sp.symbols("f1:4", real=True))
    price = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"c{min(i, j)}{max(i, j)}" if i != j else "o"))
    p, q = mass * sp.ones(3, 1), mass.T * sp.ones(3, 1)
    cells = list(itertools.product(range(3), range(3)))
    yield (
        "weak duality, any plan γ and any f: E_p f - E_q f = sum γ(x, y)(f(x) - f(y)), by the "
        "marginals",
        (p.T * f - q.T * f)[0] - sum(mass[i, j] * (f[i] - f[j]) for i, j in cells),
    )
    slack = sp.Symbol("s", nonnegative=True)
    yield (
        "each term is at most γ(x, y)|x - y| for a 1-Lipschitz f, f(x) - f(y) = |x - y| - s; hence "
        "E_p f - E_q f <= T(γ, c), and sup <= inf",
        sp.expand(mass[0, 1] * price[0, 1] - mass[0, 1] * (price[0, 1] - slack)) >= 0,
    )
    w, v = sp.symbols("p1:4", real=True), sp.symbols("q1:4", real=True)
    p, q = (*w, 1 - sum(w)), (*v, 1 - sum(v))
    h = sp.symbols("h1:5", real=True)
    above = [sum(p[: k + 1]) - sum(q[: k + 1]) for k in range(3)]
    yield (
        "strong, on the line: summation by parts, E_p f - E_q f = -sum (f_k+1 - f_k)(F_k - G_k)",
        sp.expand(
            sum(h[k] * (p[k] - q[k]) for k in range(4))
            + sum((h[k + 1] - h[k]) * above[k] for k in range(3))
        ),
    )
    a, step = sp.symbols("a l", positive=True)
    yield (
        "f falls by the step's length l where F > G: the term is l |F - G|, F - G = a",
        -((-step) * a) - step * sp.Abs(a),
    )
    yield (
        "and rises where F < G, F - G = -a: in sum int |F - G| = W1 (A-OT-05), f is 1-Lipschitz",
        -(step * (-a)) - step * sp.Abs(-a),
    )


def _dual_optimum(x: np.ndarray, p: np.ndarray, q: np.ndarray, slope: float = 1.0) -> np.ndarray:
    """The largest E_p f - E_q f of k problems over f with that Lipschitz constant, shape (k,)."""
    from scipy import sparse
    from scipy.optimize import linprog

    k, n = x.shape
    moves = list(itertools.permutations(range(n), 2))
    rows = np.zeros((len(moves), n))
    for row, (i, j) in zip(rows, moves, strict=True):
        row[i], row[j] = 1, -1
    free = (None, None)
    found = linprog(
        (q - p).ravel(),
        A_ub=sparse.block_diag([rows] * k, format="csc"),
        b_ub=slope * np.concatenate([[abs(a[i] - a[j]) for i, j in moves] for a in x]),
        bounds=[(0, 0), *[free] * (n - 1)] * k,  # f is determined up to a constant
        method="highs",
    )
    return np.sum(found.x.reshape(k, n) * (p - q), axis=1)


@dual.numerical(tolerance=1e-9, description="50 pairs: dual = primal linear programme = potential")
def dual_50_pairs_dual_primal_linear_programme_potential(rng):
    x, p, q, cost = pairs(rng, 50)
    primal = np.sum(cost * cheapest_plans(p, q, cost), axis=(1, 2))
    yield np.abs(_dual_optimum(x, p, q) - primal)
    for points, mu, nu, optimum in zip(x, p, q, primal, strict=True):
        f = kantorovich_potential(Discrete(points, mu), Discrete(points, nu))
        yield abs(f(points) @ (mu - nu) - optimum)
        grid = np.linspace(-4, 4, 200)
        yield np.maximum(0, np.abs(np.diff(f(grid))) / np.diff(grid) - 1)


@dual.numerical(tolerance=1e-8, description="the potential of two densities, by quadrature")
def the_potential_of_two_densities_by_quadrature():
    from scipy import stats

    p, q = stats.norm(0, 1), stats.norm(0.5, 2)
    f = kantorovich_potential(p, q)
    x, w = quadrature(np.unique([*np.linspace(-24, -0.5, 60), *np.linspace(-0.5, 24, 60)]))
    yield abs(w @ (f(x) * (p.pdf(x) - q.pdf(x))) - folded_normal_mean(0.5, 1.0))


@dual.control(
    "f may have slope 2", of=dual_50_pairs_dual_primal_linear_programme_potential, miss=1.07
)
def f_may_have_slope_2(rng):
    x, p, q, cost = pairs(rng, 20)
    primal = np.sum(cost * cheapest_plans(p, q, cost), axis=(1, 2))
    yield np.abs(_dual_optimum(x, p, q, slope=2) - primal)


@dual.control(
    "the plan is no optimal one but the product: a gap remains",
    of=dual_50_pairs_dual_primal_linear_programme_potential,
    miss=0.533,
)
def the_plan_is_no_optimal_one_but_the_product_a_gap(rng):
    x, p, q, cost = pairs(rng, 20)
    yield np.abs(_dual_optimum(x, p, q) - np.einsum("ki,kij,kj->k", p, cost, q))


penalised = Claim(
    id="A-OT-16",
    alias="gradient-penalty-bias",
    title="WGAN-GP reads W (1 + W/(2λ)), not W",
    statement="With a gradient penalty the critic's slope is not 1. A critic of constant slope s "
    "between laws W apart earns s W - λ(s - 1)^2, most at s* = 1 + W/(2λ), and reads E_p f - E_q f "
    "= W (1 + W/(2λ)): 2.2 for W = 2 and λ = 10, 0.5125 for W = 0.5. A critic that may bend reads "
    "no less. As |s| is penalised, a slope the wrong way round, -(1 - W/(2λ)), is a second maximum "
    "while W < 2λ, worse by 2 W, in which gradient ascent can end.",
    formula=r"s^* = \operatorname{argmax}_s \; s W - \lambda (s - 1)^2 = 1 + \frac{W}{2 \lambda}, "
    r"\qquad s^* W = W \Bigl( 1 + \frac{W}{2 \lambda} \Bigr)",
    assumptions=("a critic of constant slope", "penalty λ E(|f'| - 1)^2"),
    sources=(
        "Gulrajani et al. 2017, equation 3, maximised",
        "000_8b69f153baee6a3b.txt:536",
    ),
    test="tests/collapse/test_collapse_and_critics.py::test_critic_reads_the_biased_distance",
)


@penalised.symbolic(scope=AS_STATED)
def penalised_proof():
    import sympy as sp

    s = sp.Symbol("s", real=True)
    w, weight, rho, h, k = sp.symbols("W lambda rho h k", positive=True)
    gain = s * w - weight * (s - 1) ** 2
    best = sp.solve(sp.diff(gain, s), s)[0]
    yield "the slope that earns most is s* = 1 + W/(2λ)", best - (1 + w / (2 * weight))
    yield "it is a maximum: the second derivative is -2λ", sp.diff(gain, s, 2) < 0
    yield "the reading is s* W = W (1 + W/(2λ))", best * w - w * (1 + w / (2 * weight))
    yield "it exceeds W by W^2/(2λ)", best * w - w - w**2 / (2 * weight)
    yield "which goes only as λ grows", sp.limit(best * w - w, weight, sp.oo)
    backwards = s * w - weight * (-s - 1) ** 2  # what s < 0 earns
    wrong = sp.solve(sp.diff(backwards, s), s)[0]
    yield "among s < 0 the best is -(1 - W/(2λ))", wrong + 1 - w / (2 * weight)
    yield "which is below 0 while W < 2λ", wrong - (w - 2 * weight) / (2 * weight)
    yield "and earns 2 W less than s*", gain.subs(s, best) - backwards.subs(s, wrong) - 2 * w
    at = {w: 2, weight: 10}
    yield "W = 2, λ = 10: 2.2", (best * w).subs(at) - sp.Rational(22, 10)
    at = {w: sp.Rational(1, 2), weight: 10}
    yield "W = 0.5, λ = 10: 0.5125", (best * w).subs(at) - sp.Rational(5125, 10000)
    local = sp.solve(sp.diff(s * h - weight * rho * (s - 1) ** 2, s), s)[0]
    yield (
        "free slope at x, h = |F - G|, ρ the density of the points penalised: 1 + h/(2λρ)",
        local - (1 + h / (2 * weight * rho)),
    )
    yield (
        "the reading W + int h^2/(2λρ) is at least W + W^2/(2λ): h^2/ρ >= 2kh - k^2 ρ for every k",
        sp.factor(h**2 / rho - (2 * k * h - k**2 * rho)) - (h - k * rho) ** 2 / rho,
    )
    yield "integrated with k = W, int h = W, int ρ = 1: W^2", (2 * k * w - k**2).subs(k, w) - w**2


_READINGS = ((2.0, 2.2), (0.5, 0.5125))


def _best_slopes(distance: float, weight: float, start: float = 1.0, n: int = 8) -> np.ndarray:
    """Slopes of the best critic between two points, bent at n - 1 places between, by ascent.

    The ascent starts at slopes from start / 2 to 3 start / 2.
    """
    from scipy.optimize import minimize

    def loss(s: np.ndarray) -> tuple[float, np.ndarray]:
        gain = distance * s - weight * (np.abs(s) - 1) ** 2
        return -gain.mean(), -(distance - 2 * weight * (np.abs(s) - 1) * np.sign(s)) / n

    return minimize(loss, start * np.linspace(0.5, 1.5, n), jac=True, tol=1e-14).x


@penalised.numerical(tolerance=1e-7, description="the best of all critics between two points")
def the_best_of_all_critics_between_two_points():
    for distance, reading in _READINGS:
        yield abs(distance * _best_slopes(distance, 10).mean() - reading)
        yield np.ptp(_best_slopes(distance, 10))  # its slope is constant
        backwards = distance * _best_slopes(distance, 10, start=-1.0).mean()
        yield abs(backwards + distance * (1 - distance / 20))


def _free_reading(shift: float, weight: float) -> float:
    """What the best of all critics reads between U[0, 1] and U[shift, 1 + shift].

    Points x + t (y - x) are penalised, t uniform, x and y independent: for each t their density
    is that of the sum of a uniform variable of width 1 - t and one of width t.
    """
    x = (np.arange(1000) + 0.5) * (1 + shift) / 1000
    angle = (np.arange(400) + 0.5) * math.pi / 400
    t = (1 - np.cos(angle)) / 2  # closer together towards 0 and 1, where ρ starts
    inside = x[:, None] - t * shift
    narrow = np.minimum(t, 1 - t)
    trapezoid = np.minimum(np.minimum(inside, 1 - inside) / narrow, 1) / (1 - narrow)
    rho = np.maximum(trapezoid, 0) @ np.sin(angle) * math.pi / 800
    gap = np.clip(x, 0, 1) - np.clip(x - shift, 0, 1)
    return shift + float(np.sum(gap**2 / rho)) * (1 + shift) / 1000 / (2 * weight)


@penalised.numerical(tolerance=0.03, description="uniforms, a critic that may bend: within 3%")
def uniforms_a_critic_that_may_bend_within_3():
    for shift, reading in _READINGS:
        free = _free_reading(shift, 10)  # 2.2008 and 0.5136
        yield free / reading - 1


@penalised.control(
    "the critic is said to read W itself", of=uniforms_a_critic_that_may_bend_within_3, miss=0.1
)
def the_critic_is_said_to_read_w_itself():
    for distance, _reading in _READINGS:
        yield abs(distance * _best_slopes(distance, 10).mean() / distance - 1)


@penalised.control(
    "the bias is taken for W/λ, without the 2",
    of=the_best_of_all_critics_between_two_points,
    miss=0.2,
)
def the_bias_is_taken_for_w_without_the_2():
    for distance, _reading in _READINGS:
        yield abs(distance * _best_slopes(distance, 10).mean() - distance * (1 + distance / 10))
