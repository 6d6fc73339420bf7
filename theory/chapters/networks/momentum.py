"""Momentum on a quadratic (claim A-NN-08)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from theory.claim import AS_STATED, Claim


def momentum_iterates(
    start: float, curvature: float, rate: float, momentum: float, steps: int
) -> np.ndarray:
    """w_0, ..., w_steps of momentum descent on λw²/2 from v_0 = 0, in closed form (A-NN-08).

    w_k = A r_1^k + B r_2^k with the roots of r² − (1 + μ − ηλ) r + μ = 0.

    Args:
        start: w_0.
        curvature: λ.
        rate: η, the learning rate.
        momentum: μ.
        steps: how many.

    Returns:
        shape (steps + 1,).
    """
    trace = 1 + momentum - rate * curvature
    root = np.sqrt(complex(trace**2 - 4 * momentum))
    r1, r2 = (trace + root) / 2, (trace - root) / 2
    k = np.arange(steps + 1)
    first = (1 - rate * curvature) * start  # w_1
    if r1 == r2:
        r = r1.real
        return start * r**k + k * (first - start * r) * r ** np.maximum(k - 1, 0)
    return (((first - r2 * start) * r1**k - (first - r1 * start) * r2**k) / (r1 - r2)).real


momentum = Claim(
    id="A-NN-08",
    alias="momentum",
    title="v ← μv − η∇, w ← w + v: on λw²/2 the roots of r² − (1 + μ − ηλ) r + μ = 0",
    statement="Momentum updates v ← mu v - eta grad, w ← w + v. On the quadratic lambda w^2/2 "
    "w_k is a combination of r_1^k and r_2^k (of r^k and k r^k if they are equal), the roots of "
    "r^2 - (1 + mu - eta lambda) r + mu = 0; for 0 <= mu < 1 it converges exactly if "
    "0 < eta lambda < 2 (1 + mu). Complex roots have the size sqrt(mu). For eta lambda below 1 the "
    "best mu, (1 - sqrt(eta lambda))^2, turns the factor 1 - eta lambda of plain descent into "
    "1 - sqrt(eta lambda).",
    formula=r"r^2 - (1 + \mu - \eta \lambda) r + \mu = 0",
    assumptions=("v_0 = 0", "a quadratic loss"),
    sources=(
        "Polyak 1964, Some methods of speeding up the convergence of iteration methods",
        "Goodfellow et al. 2014, algorithm 1",
        "002_d31ce6ddd5a0096b.txt:155",
    ),
    test="tests/networks/test_networks_match_theory.py::test_momentum_is_its_closed_form",
)


@momentum.symbolic(scope=AS_STATED)
def momentum_proof():
    import sympy as sp

    yield from _recursion_steps(sp)
    yield from _convergence_steps(sp)
    yield from _best_factor_steps(sp)


def _recursion_steps(sp):
    """w_k from the update: one linear recursion, its roots, and the two that start it."""
    w, v, before = sp.symbols("w v u", real=True)
    mu, c = sp.symbols("mu c", positive=True)  # c = ηλ
    r, k = sp.Symbol("r"), sp.Symbol("k", integer=True, nonnegative=True)
    update = sp.Matrix([w + mu * v - c * w, mu * v - c * w])
    trace = 1 + mu - c
    polynomial = r**2 - trace * r + mu
    yield (
        "one update is a matrix; its characteristic polynomial is r^2 - (1 + mu - c) r + mu",
        sp.expand((r * sp.eye(2) - update.jacobian([w, v])).det() - polynomial),
    )
    yield (
        "with v = w - u, u the w before: w <- (1 + mu - c) w - mu u",
        sp.expand(update[0].subs(v, w - before) - (trace * w - mu * before)),
    )
    again = r ** (k + 2) - trace * r ** (k + 1) + mu * r**k
    yield (
        "r^k solves that if r is a root: r^(k+2) - T r^(k+1) + mu r^k = r^k (r^2 - T r + mu)",
        sp.expand(again - r**k * polynomial),
    )
    double = {mu: r**2, c: (1 - r) ** 2}  # then r^2 - T r + mu = 0 has the one root r
    yield "a double root: mu = r^2 and T = 2 r", sp.expand(trace.subs(double) - 2 * r)
    linear = sum(f * (k + n) * r ** (k + n) for n, f in ((2, 1), (1, -trace), (0, mu)))
    yield "then k r^k solves it, too", sp.simplify(linear.subs(double))
    r1, r2, w0, w1 = sp.symbols("r1 r2 w0 w1")
    a, b = (w1 - r2 * w0) / (r1 - r2), -(w1 - r1 * w0) / (r1 - r2)
    yield (
        "A r1^k + B r2^k starts at w_0 and w_1 with A = (w_1 - r2 w_0)/(r1 - r2), and B likewise",
        sp.Matrix([a + b - w0, a * r1 + b * r2 - w1]).applyfunc(sp.simplify),
    )
    yield (
        "A r^k + B k r^k with A = w_0, B = w_1/r - w_0",
        sp.expand(w0 * r + (w1 / r - w0) * r - w1),
    )
    yield "v_0 = 0: w_1 = (1 - c) w_0", update[0].subs(v, 0) - (1 - c) * w
    yield (
        "at r = 1 - c the polynomial is mu c, so for mu, c not 0 neither A nor B is 0",
        sp.expand(polynomial.subs(r, 1 - c) - mu * c),
    )
    yield (
        "for mu = 0 the roots are 1 - c and 0, and w_k = (1 - c)^k w_0",
        sp.expand(polynomial.subs(mu, 0) - r * (r - (1 - c))),
    )


def _convergence_steps(sp):
    """Both roots lie inside the unit circle exactly if 0 < c < 2 (1 + mu), for 0 <= mu < 1."""
    r1, r2 = sp.symbols("r1 r2")
    s, t, m = sp.symbols("s t m", nonnegative=True)  # m = √μ
    mu = r1 * r2
    c_of_roots = 1 + mu - (r1 + r2)  # the sum of the roots is 1 + mu - c
    yield "c = (1 - r1)(1 - r2)", sp.expand(c_of_roots - (1 - r1) * (1 - r2))
    yield (
        "2 (1 + mu) - c = (1 + r1)(1 + r2)",
        sp.expand(2 * (1 + mu) - c_of_roots - (1 + r1) * (1 + r2)),
    )
    for sign, name in ((1, "1"), (-1, "-1")):
        both = {r1: sign * (1 + s), r2: sign * (1 + t)}
        one = {r1: sign * (1 + s), r2: sign * (1 - t)}
        yield (
            f"real roots both at or beyond {name} have mu = 1 + s + t + s t: excluded by mu < 1",
            mu.subs(both).expand() - 1 >= 0,
        )
        product = (1 - sign * r1) * (1 - sign * r2)
        yield (
            f"one at or beyond {name}, the other not: that product is -s t <= 0",
            sp.expand(product.subs(one) + s * t),
        )
        yield (
            "both within: it is s t > 0",
            sp.expand(product.subs({r1: sign * (1 - s), r2: sign * (1 - t)}) - s * t),
        )
    x, y = sp.symbols("x y", real=True)
    size = sp.expand((x + sp.I * y) * (x - sp.I * y))
    yield "complex roots are conjugate: r1 r2 = mu = |r|^2, inside, as mu < 1", size - x**2 - y**2
    # Their discriminant is below 0: |1 + mu - c| < 2 sqrt(mu)
    yield (
        "2 sqrt(mu) <= 1 + mu, so then 0 < c < 2 (1 + mu)",
        sp.expand(1 + m**2 - 2 * m - (1 - m) ** 2),
    )


def _best_factor_steps(sp):
    """For 0 < c < 1 no mu gives both roots a size below 1 - sqrt(c), and one gives it."""
    q, s, t = sp.symbols("q s t", positive=True)  # q = √c
    r = sp.Symbol("r")
    yield (
        "(1 - r1)(1 - r2) = c: both farther than sqrt(c) from 1 would make it more than c; so one "
        "root is within sqrt(c) of 1, and |r| >= 1 - |1 - r| >= 1 - sqrt(c)",
        sp.expand((q + s) * (q + t) - q**2) > 0,
    )
    best, c = (1 - q) ** 2, q**2
    yield (
        "mu = (1 - sqrt(c))^2 has the double root 1 - sqrt(c)",
        sp.expand(r**2 - (1 + best - c) * r + best - (r - (1 - q)) ** 2),
    )


def _descend(start, curvature, rate, mu, steps, nesterov=False, damping=0.0) -> np.ndarray:
    """The iterates by the two updates, one after the other."""
    w, v, path = start, 0.0, [start]
    for _step in range(steps):
        v = mu * v - (1 - damping) * rate * curvature * (w + mu * v if nesterov else w)
        w = w + v
        path.append(w)
    return np.array(path)


def _problems(rng: np.random.Generator):
    """start, λ, η, μ with complex roots, with real ones, with one, and without momentum."""
    for mu, c in ((0.9, 0.05), (0.5, 1.2), (0.05, 0.3), (0.3, 2.55), (0.0, 0.4), (0.25, 0.25)):
        curvature = 1.0 if mu == c else rng.uniform(0.5, 2)  # so that the roots are equal
        yield rng.normal(0, 2), curvature, c / curvature, mu


@momentum.numerical(tolerance=1e-12, description="the updates against the closed form, 200 steps")
def closed_form(rng):
    for problem in _problems(rng):
        yield np.abs(_descend(*problem, 200) - momentum_iterates(*problem, 200))


def _limit_errors(limit: Callable[[float], float]) -> Iterator[float]:
    """1 where it does not converge 1% below the limit for ηλ, or converges 1% above, else 0."""
    for mu in (0.0, 0.3, 0.6, 0.9):
        below, above = (_descend(1.0, 1.0, f * limit(mu), mu, 5000)[-1] for f in (0.99, 1.01))
        yield float(abs(below) > 1e-3 or abs(above) < 1e3)


@momentum.numerical(tolerance=0, description="1 where 2 (1 + μ) is not the limit of ηλ, to 1%")
def limit_of_the_rate():
    yield from _limit_errors(lambda mu: 2 * (1 + mu))


def _size(mu, c):
    """The size of the larger root."""
    trace = 1 + mu - c
    root = np.sqrt(np.asarray(trace**2 - 4 * mu, dtype=complex))
    return np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2


def _factor_error(c: float, said: float) -> float:
    """How far the best of 1001 values of μ, and (1 - √c)², is from the factor `said`."""
    mus = np.append(np.linspace(0, 1, 1001), (1 - np.sqrt(c)) ** 2)
    return float(abs(_size(mus, c).min() - said))


# A double root moves by the square root of a rounding error, 1e-8.
@momentum.numerical(tolerance=1e-7, description="the best factor of any μ against 1 - √(ηλ)")
def best_factor(rng):
    for c in rng.uniform(0.001, 0.999, 10):
        yield _factor_error(c, 1 - np.sqrt(c))


@momentum.meaning()
def momentum_in_words(rng):
    problem = (1.0, 1.0, 0.4, 0.3)
    same = np.allclose(_descend(*problem, 50), momentum_iterates(*problem, 50), atol=1e-12)
    words = {
        "v ← μv − η∇, w ← w + v": same,
        "v ← mu v - eta grad, w ← w + v": same,
        "w_k is a combination of r_1^k and r_2^k": same,
        "λw²/2": None,  # the loss, of which the legs take the gradient λw
        "lambda w^2/2": None,
        "converges exactly if": not any(_limit_errors(lambda mu: 2 * (1 + mu))),
        "Complex roots have the size sqrt(mu)": abs(_size(0.49, 0.1) - 0.7) < 1e-12,
        "the best mu, (1 - sqrt(eta lambda))^2, turns": (
            abs(_size((1 - 0.3) ** 2, 0.3**2) - 0.7) < 1e-7
        ),
        "For eta lambda below 1": _factor_error(0.99, 1 - np.sqrt(0.99)) < 1e-7,
        "the factor 1 - eta lambda of plain descent": abs(_size(0.0, 0.3) - 0.7) < 1e-12,
        "into 1 - sqrt(eta lambda)": _factor_error(0.3**2, 0.7) < 1e-7,
    }
    for mu, c in ((0.05, 0.3), (0.0, 0.4), (0.3, 2.59), (0.97, 0.00001)):
        rate = rng.uniform(0.5, 2)
        # the ratio of two steps far on is the larger root
        path = _descend(1.0, c / rate, rate, mu, 60 if mu < 0.9 else 2000)
        yield words | {
            "r": path[-1] / path[-2],
            "mu": mu,
            "eta": rate,
            "lambda": c / rate,
            "ηλ": c,
        }


@momentum.control("Nesterov's update, with the gradient at w + μv", of=closed_form, miss=0.39)
def nesterov(rng):
    for problem in list(_problems(rng))[:3]:
        yield np.abs(_descend(*problem, 200, nesterov=True) - momentum_iterates(*problem, 200))


@momentum.control("v ← μv - (1 - μ)η∇, a running mean as Adam's", of=closed_form, miss=6.31)
def running_mean(rng):
    for start, curvature, rate, mu in list(_problems(rng))[:3]:
        path = _descend(start, curvature, rate, mu, 200, damping=mu)
        yield np.abs(path - momentum_iterates(start, curvature, rate, mu, 200))


@momentum.control("2 is the limit of ηλ, as without momentum", of=limit_of_the_rate, miss=1)
def limit_of_plain_descent():
    yield from _limit_errors(lambda mu: 2.0)


@momentum.control(
    "the best factor is (1 - √c)/(1 + √c), as between two curvatures", of=best_factor, miss=0.172
)
def factor_between_two_curvatures(rng):
    for c in rng.uniform(0.001, 0.999, 10):
        yield _factor_error(c, (1 - np.sqrt(c)) / (1 + np.sqrt(c)))
