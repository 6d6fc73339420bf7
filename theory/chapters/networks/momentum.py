"""Momentum on a quadratic (claim A-NN-08)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

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
    statement="Momentum updates v <- mu v - eta grad, w <- w + v. On the quadratic lambda w^2/2 "
    "w_k is a combination of r_1^k and r_2^k (of r^k and k r^k if they are equal), the roots of "
    "r^2 - (1 + mu - eta lambda) r + mu = 0; it converges exactly if 0 < eta lambda < 2 (1 + mu), "
    "for 0 <= mu < 1. Complex roots have the size sqrt(mu). For eta lambda < 1 the best mu, "
    "(1 - sqrt(eta lambda))^2, turns the factor 1 - eta lambda of plain descent into "
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

    w, v, before = sp.symbols("w v u", real=True)
    mu, c = sp.symbols("mu c", positive=True)  # c = ηλ
    r = sp.Symbol("r")
    update = sp.Matrix([w + mu * v - c * w, mu * v - c * w])
    A = update.jacobian([w, v])
    trace = 1 + mu - c
    yield (
        "one update is a matrix; its characteristic polynomial is r^2 - (1 + mu - c) r + mu",
        sp.expand((r * sp.eye(2) - A).det() - (r**2 - trace * r + mu)),
    )
    yield (
        "with v = w - u, u the w before: w <- (1 + mu - c) w - mu u",
        sp.expand(update[0].subs(v, w - before) - (trace * w - mu * before)),
    )
    r1, r2 = sp.symbols("r1 r2")
    w0, w1 = sp.symbols("w0 w1")
    a, b = (w1 - r2 * w0) / (r1 - r2), -(w1 - r1 * w0) / (r1 - r2)
    yield (
        "A r1^k + B r2^k starts at w0 and w1 (w1 = (1 - c) w0)",
        sp.Matrix([a + b - w0, a * r1 + b * r2 - w1]).applyfunc(sp.simplify),
    )
    roots = sp.solve(r**2 - trace * r + mu, r)
    k = sp.Symbol("k", integer=True)
    for n, root in enumerate(roots, 1):
        yield (
            f"r{n}^k solves the recursion, since r{n}^2 = (1 + mu - c) r{n} - mu",
            sp.simplify(sp.expand(root**2 - trace * root + mu)),
        )
    again = r ** (k + 2) - trace * r ** (k + 1) + mu * r**k
    yield (
        "because r^(k+2) - T r^(k+1) + mu r^k = r^k (r^2 - T r + mu)",
        sp.expand(again - r**k * (r**2 - trace * r + mu)),
    )
    yield "complex roots are conjugate, so |r|^2 = r1 r2 = mu", sp.expand(roots[0] * roots[1] - mu)
    at = sp.Lambda(r, r**2 - trace * r + mu)
    yield "at r = 1 the polynomial is c: positive if c > 0", at(1) - c
    yield (
        "at r = -1 it is 2 (1 + mu) - c: if that is < 0 a root lies below -1, if it is > 0 both "
        "roots lie inside the circle, as their product mu is below 1",
        sp.expand(at(-1) - (2 * (1 + mu) - c)),
    )
    q = sp.Symbol("q", positive=True)  # √c
    best = {mu: (1 - q) ** 2, c: q**2}
    yield "mu = (1 - sqrt(c))^2: a double root", sp.expand((trace**2 - 4 * mu).subs(best))
    yield "at 1 - sqrt(c)", sp.expand((trace / 2).subs(best) - (1 - q))


def _descend(start, curvature, rate, mu, steps, nesterov=False) -> np.ndarray:
    """The iterates by the two updates, one after the other."""
    w, v, path = start, 0.0, [start]
    for _step in range(steps):
        v = mu * v - rate * curvature * (w + mu * v if nesterov else w)
        w = w + v
        path.append(w)
    return np.array(path)


def _problems(rng: np.random.Generator):
    """start, λ, η, μ with complex roots, with real ones and without momentum."""
    for mu, c in ((0.9, 0.05), (0.5, 1.2), (0.05, 0.3), (0.3, 2.55), (0.0, 0.4)):
        curvature = rng.uniform(0.5, 2)
        yield rng.normal(0, 2), curvature, c / curvature, mu


@momentum.numerical(tolerance=1e-12, description="the updates against the closed form, 200 steps")
def the_updates_against_the_closed_form_200_steps(rng):
    for problem in _problems(rng):
        yield np.abs(_descend(*problem, 200) - momentum_iterates(*problem, 200))
    yield np.abs(_descend(1.0, 1.0, 0.25, 0.25, 200) - momentum_iterates(1.0, 1.0, 0.25, 0.25, 200))


@momentum.numerical(tolerance=0, description="1 where it does not converge just below 2 (1 + μ)")
def momentum_1_where_it_does_not_converge_just_below_2_1():
    for mu in (0.0, 0.3, 0.9):
        yield float(abs(_descend(1.0, 1.0, 0.99 * 2 * (1 + mu), mu, 5000)[-1]) > 1e-3)
        yield float(abs(_descend(1.0, 1.0, 1.01 * 2 * (1 + mu), mu, 5000)[-1]) < 1e3)


@momentum.numerical(tolerance=1e-12, description="how far any μ beats the factor 1 - √(ηλ)")
def how_far_any_beats_the_factor_1_root(rng):
    for c in rng.uniform(0.001, 0.999, 10):
        mus = np.append(np.linspace(0, 1, 1001), (1 - np.sqrt(c)) ** 2)
        trace = 1 + mus - c
        root = np.sqrt((trace**2 - 4 * mus).astype(complex))
        size = np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2
        yield max(0.0, 1 - np.sqrt(c) - size.min())


@momentum.control(
    "Nesterov's update, with the gradient at w + μv",
    of=how_far_any_beats_the_factor_1_root,
    miss=0.612,
)
def nesterovs_update_with_the_gradient_at_w_v(rng):
    for problem in list(_problems(rng))[:3]:
        yield np.abs(_descend(*problem, 200, nesterov=True) - momentum_iterates(*problem, 200))


@momentum.control("momentum is left out", of=how_far_any_beats_the_factor_1_root, miss=2.49)
def momentum_is_left_out(rng):
    for start, curvature, rate, mu in list(_problems(rng))[:3]:
        path = _descend(start, curvature, rate, 0.0, 200)
        yield np.abs(path - momentum_iterates(start, curvature, rate, mu, 200))
