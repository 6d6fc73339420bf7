"""Plans by linear programmes, quadrature and random problems, for the claims of this chapter.

What the claims compare with comes from here, not from `theory.calculators.transport`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from theory.claim import excess

VILLANI = "Villani 2003, Topics in Optimal Transportation"
COMPUTATIONAL = "Peyré and Cuturi 2019, Computational Optimal Transport"
SANTAMBROGIO = "Santambrogio 2015, Optimal Transport for Applied Mathematicians"
WGAN = "Arjovsky, Chintala and Bottou 2017"
EXERCISE = "001_5040f14b49cef5aa.txt:55"


def cheapest_plans(p: np.ndarray, q: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Optimal plans of k problems, shape (k, m, n), by one linear programme (HiGHS).

    The problems share nothing, so that the sum of the costs is least when each cost is.

    Args:
        p: shape (k, m), masses to be moved; each row sums to one.
        q: shape (k, n), masses to arrive.
        cost: shape (k, m, n).
    """
    from scipy import sparse
    from scipy.optimize import linprog

    k, m, n = cost.shape
    sums = np.concatenate([np.kron(np.eye(m), np.ones(n)), np.kron(np.ones(m), np.eye(n))])
    found = linprog(
        cost.ravel(),
        A_eq=sparse.block_diag([sums] * k, format="csc"),
        b_eq=np.concatenate([p, q], axis=1).ravel(),
        method="highs",
    )
    return found.x.reshape(k, m, n)


def quadrature(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of Gauss-Legendre with 20 nodes on each piece between `ends`."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()


def towards_zero(level: float) -> np.ndarray:
    """(0, level) cut into pieces that halve towards 0, where quantile functions are steep."""
    return np.append(0, level * 2.0 ** -np.arange(40, -1, -1))


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """|x_i - y_j|, shape (..., m, n)."""
    return np.abs(x[..., :, None] - y[..., None, :])


def monotone_plan(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The plan with P(X <= x_i, Y <= y_j) = min(F_i, G_j), for points in increasing order."""
    both = np.minimum.outer(np.cumsum(p), np.cumsum(q))
    return np.diff(np.diff(both, axis=0, prepend=0), axis=1, prepend=0)


def staying_plan(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The plan on common points that leaves min(p, q) in place and spreads the rest."""
    left, short = np.maximum(p - q, 0), np.maximum(q - p, 0)
    return np.diag(np.minimum(p, q)) + np.outer(left, short) / left.sum()


def violation(mass: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    """How far from a plan of p and q: the largest negative mass or error of a marginal."""
    rows, columns = np.abs(mass.sum(1) - p), np.abs(mass.sum(0) - q)
    return float(np.max([excess(-mass.min(), 0), rows.max(), columns.max()]))


@cache
def problems() -> tuple[np.ndarray, ...]:
    """100 random pairs, points in increasing order, and optimal plans: x, y, p, q, plans."""
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.normal(0, 1, (100, 6))), np.sort(rng.normal(0.5, 2, (100, 5)))
    p, q = rng.dirichlet(np.ones(6), 100), rng.dirichlet(np.full(5, 0.5), 100)
    return x, y, p, q, cheapest_plans(p, q, distances(x, y))


def a_plan(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random laws p and q on 0, ..., 4 and a plan, neither product nor optimal: p, q, γ, c."""
    p, q = rng.dirichlet(np.ones(5), 2)
    order = rng.permutation(5)
    mass = np.empty((5, 5))
    mass[np.ix_(order, np.arange(5))] = monotone_plan(p[order], q)
    share = rng.uniform(0.2, 0.8)
    points = np.arange(5.0)
    return p, q, share * mass + (1 - share) * np.outer(p, q), distances(points, points)


def pairs(rng: np.random.Generator, k: int, n: int = 6) -> tuple[np.ndarray, ...]:
    """k random pairs of laws on n common points in increasing order: x, p, q, |x - y|."""
    x = np.sort(rng.normal(0, 1, (k, n)))
    p, q = rng.dirichlet(np.full(n, 0.5), (2, k))
    return x, p, q, distances(x, x)
