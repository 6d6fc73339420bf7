"""What W1 has over KL, JS and total variation (claims A-OT-08 and 10).

F and G stand for the distribution functions of p and q.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportCallIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.discrete import Discrete, Empirical
from theory.calculators.divergences import js, kl, total_variation
from theory.calculators.transport import wasserstein
from theory.chapters.transport.plans import EXERCISE, VILLANI, WGAN
from theory.claim import AS_STATED, Claim, excess

_LOG2 = math.log(2)

advantages = Claim(
    id="A-OT-10",
    alias="wasserstein-advantages",
    title="δ_{1/n} → δ₀: KL = ∞, JS = log 2, TV = 1, but W₁ = 1/n → 0",
    statement="For disjoint supports KL is infinite, and JS and TV are constants. W1 is finite "
    "there and knows the geometry: twice as far, twice as large. It goes to zero just when laws "
    "converge weakly (on a bounded set, or with bounded moments of an order above one). For "
    "δ_{1/n} and δ_0: KL = infinity, JS = log 2, TV = 1, W1 = 1/n.",
    formula=r"\mathrm{KL}(\delta_{1/n} \| \delta_0) = \infty,\quad "
    r"\mathrm{JS} = \log 2,\quad \mathrm{TV} = 1,\quad W_1 = \frac{1}{n} \to 0",
    assumptions=(
        "laws on the line with finite first moments",
        "for convergence a bounded set, or bounded moments of an order above one",
    ),
    sources=(
        f"{VILLANI}, Theorem 7.12",
        f"{WGAN}, Example 1 and Theorem 2",
        EXERCISE,
    ),
)


@advantages.symbolic(scope=AS_STATED)
def advantages_proof():
    import sympy as sp

    n, p, q, u = sp.symbols("n p q u", positive=True)
    half = sp.Rational(1, 2)
    alone = p * sp.log(p / (p / 2))  # where q = 0, the mixture is p/2
    yield (
        "disjoint supports: each law is alone where it is, JS = (log 2 + log 2)/2",
        half * (alone / p + alone / p) - sp.log(2),
    )
    yield "TV = (1 + 1)/2", half * (1 + 1) - 1
    yield (
        "KL: p log(p/q) with q -> 0 where p > 0",
        sp.Eq(sp.limit(p * sp.log(p / q), q, 0, "+"), sp.oo),
    )
    yield "W1(δ_{1/n}, δ_0) = int F - G = 1/n", sp.integrate(1, (u, 0, 1 / n)) - 1 / n
    yield "which goes to 0", sp.limit(1 / n, n, sp.oo)
    a, s, t = sp.symbols("a s t", positive=True)
    yield (
        "geometry: all distances a times as large, quantiles a F^-1 and a G^-1: W1 is a times as "
        "large",
        sp.Abs(a * s - a * t) - a * sp.Abs(s - t),
    )
    # Weak convergence on [A, B]: |F_n - F| <= e at points t_0 = A, ..., t_m = B of continuity
    r1, r2, s1, s2, e = sp.symbols("r1 r2 s1 s2 e", nonnegative=True)
    at, left = sp.symbols("F F_k", nonnegative=True)
    right = at + r2
    rise = r1 + r2  # of F between the two points
    above = right + e - s1 - s2  # F_n(t) <= F_n(t_k+1) <= F(t_k+1) + e
    below = left - e + s1 + s2  # F_n(t) >= F_n(t_k) >= F(t_k) - e
    yield (
        "between t_k and t_k+1, where F rises by r, F_n - F is at most e + r",
        sp.expand(e + rise - (above - at)) >= 0,
    )
    yield "and F - F_n, too", sp.expand(e + rise - (at - below)).subs(at, left + r1) >= 0
    width, h = sp.symbols("w h", nonnegative=True)
    yield (
        "pieces of length h - w <= h: their part of the area is at most e times their length and "
        "h r; all r together are at most 1, so W1 <= (B - A) e + h, where e -> 0 for each h",
        sp.expand((h - width) * e + h * rise - (h - width) * (e + rise)) >= 0,
    )
    # Moments: E|X|^(1 + a) <= M for all these laws
    big = sp.Symbol("R", positive=True)
    yield (
        "beyond R: (|x| - R)^+ is the length of the t between R and |x|",
        sp.integrate(1, (t, big, big + s)) - s,
    )
    yield (
        "and at most |x| <= |x|^(1 + a)/R^a, as (x/R)^a >= 1: the areas of 1 - F and of F beyond "
        "R are together at most M/R^a, for each law",
        sp.And(
            sp.Eq(
                sp.expand_log(sp.log(((big + big * s) / big).simplify() ** a)), a * sp.log(1 + s)
            ),
            a * sp.log(1 + s) > 0,  # for x = R + R s
        ),
    )
    m = sp.Symbol("M", positive=True)
    yield (
        "W1 <= 2R e + h + 2M/R^a, as |F_n - F| <= F_n + F and (1 - F_n) + (1 - F) there: it goes "
        "to 0 with n, then h, then 1/R",
        sp.limit((2 * m / big**a).subs(a, 1 / s), big, sp.oo),
    )
    gap, length = sp.symbols("g l", positive=True)
    yield (
        "the other way round: if F_n(t) - F(t + l) = g > 0, then F_n - F >= g on [t, t + l] and "
        "W1 >= g l; so F_n(t) <= F(t + l) + W1/l, and likewise F_n(t) >= F(t - l) - W1/l: with "
        "W1 -> 0, F_n(t) -> F(t) where F is continuous",
        sp.expand(sp.integrate(gap + s1 + s2, (t, u, u + length)) - gap * length) >= 0,
    )


def _at(x: float) -> Discrete:
    return Discrete([x], [1.0])


@advantages.numerical(tolerance=1e-12, description="the table of four distances")
def table_of_four_distances():
    from scipy import stats

    for n in (1, 10, 1000, 10**6):
        p, q = _at(1 / n), _at(0)
        yield 0.0 if kl(p, q) == math.inf else math.inf
        yield abs(js(p, q) - _LOG2)
        yield abs(total_variation(p, q) - 1)
        yield abs(wasserstein(p, q) - 1 / n)
        yield abs(wasserstein(_at(2 / n), q) - 2 / n)
    for theta in (0.25, 0.5, 1.0, 2.0, 8.0):
        p, q = stats.uniform(0, 1), stats.uniform(theta, 1)
        yield 0.0 if kl(p, q) == math.inf else math.inf
        yield abs(js(p, q) - min(theta, 1) * _LOG2)
        yield abs(total_variation(p, q) - min(theta, 1))
        yield abs(wasserstein(p, q) - theta)
        twice = wasserstein(stats.uniform(0, 2), stats.uniform(2 * theta, 2))
        yield abs(twice - 2 * wasserstein(p, q))


def _converging():
    """Laws that converge weakly with bounded second moments, their limit, and W1 between them."""
    from scipy import stats

    for n in (10, 1000, 10**5):
        yield Discrete([0, 3], [1 - 1 / n, 1 / n]), _at(0), 3 / n
        yield Discrete([-1 / n, 1 / n], [0.5, 0.5]), _at(0), 1 / n
        yield Discrete([0, n], [1 - 1 / n**2, 1 / n**2]), _at(0), 1 / n
        yield stats.norm(0, 1 + 1 / n), stats.norm(0, 1), math.sqrt(2 / math.pi) / n
    for n in (10, 100):
        grid = np.arange(1, n + 1) / n
        yield Discrete(grid, np.full(n, 1 / n)), stats.uniform(0, 1), 1 / (2 * n)


@advantages.numerical(tolerance=1e-9, description="laws that converge weakly: W1 by hand")
def weak_convergence():
    for p, limit, distance in _converging():
        yield abs(wasserstein(p, limit) - distance)


@advantages.numerical(tolerance=1e-12, description="F_n(t) <= F(t + l) + W1/l, and from below")
def distribution_functions_squeezed(rng):
    for p, q in rng.normal(0, 1, (50, 2, 8)):
        p, q = Empirical(p), Empirical(q + 0.3)
        distance = wasserstein(p, q)
        for t, length in zip(rng.normal(0, 1, 5), rng.uniform(0.05, 1, 5), strict=True):
            yield excess(p.cdf(t), q.cdf(t + length) + distance / length)
            yield excess(q.cdf(t - length) - distance / length, p.cdf(t))


@advantages.meaning()
def advantages_in_words():
    for n in (1, 10, 1000):
        p, q = _at(1 / n), _at(0)
        distance = wasserstein(p, q)
        yield {
            "δ_{1/n} → δ₀": None,
            "For δ_{1/n} and δ_0": None,
            "W1 is finite": math.isfinite(distance),
            "n": n,
            "KL": kl(p, q),
            r"\mathrm{KL}(\delta_{1/n} \| \delta_0)": kl(p, q),
            "JS": js(p, q),
            "TV": total_variation(p, q),
            "W₁": distance,
            "W1": distance,
            "1/n → 0": distance,
            r"\frac{1}{n} \to 0": distance,
        }


@advantages.control(
    "bounded moments of an order above one are dropped: mass 1/n escapes to n, W1 stays 1",
    of=weak_convergence,
    miss=1,
)
def mass_escapes():
    for n in (10, 1000, 10**5):
        yield abs(wasserstein(Discrete([0, n], [1 - 1 / n, 1 / n]), _at(0)) - 1 / n)


@advantages.control(
    "JS of δ_{1/n} and δ_0 is said to be 1/n", of=table_of_four_distances, miss=0.692
)
def js_goes_to_zero():
    for n in (2, 10, 1000):
        yield abs(js(_at(1 / n), _at(0)) - 1 / n)


@advantages.control(
    "F_n(t) <= F(t) + W1, without a step to the right",
    of=distribution_functions_squeezed,
    miss=0.999,
)
def without_a_step():
    for n in (2, 10, 1000):
        p, q = _at(0), _at(1 / n)
        yield excess(p.cdf(0.5 / n), q.cdf(0.5 / n) + wasserstein(p, q))


informative = Claim(
    id="A-OT-08",
    alias="wasserstein-gradient",
    title="U[0, 1], U[θ, 1 + θ]: dW₁/dθ = 1 for all θ > 0, dJS/dθ = 0 for θ > 1",
    statement="W1 is continuous in θ and tells how far two laws are apart where JS is constant: "
    "for U[0, 1] and U[θ, 1 + θ] its slope is 1 for every θ > 0, while that of JS is log 2 up to "
    "θ = 1 and 0 beyond. In general W1 changes no faster than the samples move: "
    "|W1(p, q) - W1(p, r)| <= E|X - Y| for samples X of q and Y of r.",
    formula=r"\frac{d}{d\theta} W_1 = 1 \;(\theta > 0), \qquad "
    r"\frac{d}{d\theta}\,\mathrm{JS} = \begin{cases} \log 2 & 0 < \theta < 1 \\ 0 & \theta > 1 "
    r"\end{cases}",
    sources=(
        f"{WGAN}, Example 1 and Theorem 1",
        "000_8b69f153baee6a3b.txt:536",
        EXERCISE,
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
    a, b, far, s, e = sp.symbols("a b c s e", nonnegative=True)
    moved = b + e  # E|X - Y|
    yield (
        "any laws: a = W1(p, q), b = W1(q, r), c = W1(p, r). The pairs (X, Y) are a plan of q and "
        "r, of cost E|X - Y|, and b, the least, is no more: E|X - Y| = b + e. By the triangle "
        "inequality c = a + b - s with s >= 0, so c - a <= E|X - Y|",
        (moved - (far - a)).subs(far, a + b - s) >= 0,
    )
    yield (
        "and likewise a = c + b - s: |W1(p, q) - W1(p, r)| <= E|X - Y|",
        (moved - (a - far)).subs(a, far + b - s) >= 0,
    )


def _shift_slope(distance, theta: float) -> float:
    from scipy import stats

    p, h = stats.uniform(0, 1), 1e-3
    ahead, behind = (distance(p, stats.uniform(t, 1)) for t in (theta + h, theta - h))
    return (ahead - behind) / (2 * h)


_SHIFTS = (0.2, 0.6, 0.9, 1.1, 2.0, 5.0)


@informative.numerical(tolerance=1e-6, description="central differences at six shifts")
def slopes_at_six_shifts():
    for theta in _SHIFTS:
        yield abs(_shift_slope(wasserstein, theta) - 1)
        yield abs(_shift_slope(js, theta) - (_LOG2 if theta < 1 else 0))


@informative.numerical(tolerance=1e-12, description="two generators on the same noise")
def generators_on_the_same_noise(rng):
    for scale in np.geomspace(0.01, 3, 30):
        z, p = rng.normal(0, 1, (2, 50))
        a, b = np.tanh(2 * z), np.tanh(2 * z) + scale * np.sin(3 * z)
        changed = wasserstein(Empirical(p), Empirical(a)) - wasserstein(Empirical(p), Empirical(b))
        yield excess(abs(changed), np.mean(np.abs(a - b)))


@informative.meaning(tolerance=1e-6)
def informative_in_words(rng):
    flat = {t: abs(_shift_slope(js, t)) < 1e-6 for t in _SHIFTS}
    rising = {t: abs(_shift_slope(js, t) - _LOG2) < 1e-6 for t in _SHIFTS}
    of_js = all(flat[t] if t > 1 else rising[t] for t in _SHIFTS)
    of_w1 = all(abs(_shift_slope(wasserstein, t) - 1) < 1e-6 for t in _SHIFTS)
    yield {
        "U[0, 1]": None,
        "U[θ, 1 + θ]": None,
        "dW₁/dθ = 1 for all θ > 0": of_w1,
        "dJS/dθ = 0 for θ > 1": all(flat[t] for t in _SHIFTS if t > 1),
        "its slope is 1 for every θ > 0": of_w1,
        "W1 is continuous in θ": of_w1,
        "that of JS is log 2 up to θ = 1 and 0 beyond": of_js,
        r"\frac{d}{d\theta} W_1 = 1 \;(\theta > 0)": of_w1,
        r"\frac{d}{d\theta}\,\mathrm{JS} = \begin{cases} \log 2 & 0 < \theta < 1 \\ 0 & \theta > 1 "
        r"\end{cases}": of_js,
    }
    for p, q, moves in rng.normal(0, 1, (10, 3, 40)):
        r = q + 0.2 * moves
        first, second = (wasserstein(Empirical(p), Empirical(b)) for b in (q, r))
        moved = float(np.mean(np.abs(q - r)))
        yield {
            "In general W1 changes no faster than the samples move": abs(first - second) <= moved,
            "W1(p, q)": first,
            "W1(p, r)": second,
            "E|X - Y|": moved,
        }


@informative.control(
    "JS is said to rise by log 2 beyond θ = 1, too", of=slopes_at_six_shifts, miss=0.693
)
def js_rises_for_ever():
    for theta in (1.1, 2.0, 5.0):
        yield abs(_shift_slope(js, theta) - _LOG2)


@informative.control(
    "only the means' motion is counted: |E X - E Y|", of=generators_on_the_same_noise, miss=2.01
)
def only_the_means_move(rng):
    for scale in np.geomspace(0.01, 3, 30):
        z, p = rng.normal(0, 1, (2, 50))
        a, b = z, (1 + scale) * z
        changed = wasserstein(Empirical(p), Empirical(a)) - wasserstein(Empirical(p), Empirical(b))
        yield excess(abs(changed), abs(np.mean(a - b)))
