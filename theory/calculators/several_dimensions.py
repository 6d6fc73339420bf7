"""Normal laws in several dimensions, and the distances between them that have a closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import linalg
from scipy.special import erf

# The f-divergences of two normal laws in several dimensions that are closed forms; of equal
# covariances total-variation is one as well.
CLOSED = ("kl", "reverse-kl", "jeffreys", "squared-hellinger")


class NormalVector:
    """A normal law in several dimensions.

    Args:
        frozen: a frozen `scipy.stats.multivariate_normal`.

    Attributes:
        mean: shape (d,).
        covariance: shape (d, d).
        dimension: d.
    """

    def __init__(self, frozen: Any) -> None:
        self.mean = np.asarray(frozen.mean, dtype=float)
        self.covariance = np.asarray(frozen.cov, dtype=float)
        self.dimension = self.mean.size

    def logpdf(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of points x, shape (..., d), an array of shape (...)."""
        factor = self.factor("law")
        t = linalg.solve_triangular(
            factor, (x - self.mean).reshape(-1, self.dimension).T, lower=True
        )
        constant = np.log(np.diag(factor)).sum() + self.dimension * math.log(2 * math.pi) / 2
        return (-np.sum(t**2, axis=0) / 2 - constant).reshape(x.shape[:-1])

    def factor(self, name: str) -> np.ndarray:
        """The Cholesky factor of the covariance.

        Raises:
            ValueError: the law lies in a subspace and has no density.
        """
        try:
            return np.linalg.cholesky(self.covariance)
        except np.linalg.LinAlgError:
            raise ValueError(
                f"{name}: got a covariance that is not positive definite, expected a density"
            ) from None


def kl(p: NormalVector, q: NormalVector, names: tuple[str, str] = ("p", "q")) -> float:
    """KL(p || q) = sum (l - 1 - log l) / 2 + d' S_q^-1 d / 2, d = m_p - m_q, l the eigenvalues of
    S_q^-1 S_p; `names` are those by which a law without density is refused.

    Source: Kullback 1959, Information Theory and Statistics, chapter 9, equation 1.2.
    """
    inverse = linalg.inv(q.factor(names[1]))
    rows = inverse @ p.factor(names[0])
    excess = np.linalg.svd(rows, compute_uv=False) ** 2 - 1  # l - 1
    shift = inverse @ (p.mean - q.mean)
    return float(np.maximum(0.0, np.sum(excess - np.log1p(excess)) / 2) + shift @ shift / 2)


def total_variation(p: NormalVector, q: NormalVector) -> float:
    """erf(r / sqrt 8) of equal covariances, r^2 = (m_p - m_q)' S^-1 (m_p - m_q).

    Raises:
        ValueError: the covariances differ, and there is no closed form.
    """
    if not np.array_equal(p.covariance, q.covariance):
        raise ValueError(
            "q: got a normal law in several dimensions with another covariance than p, expected "
            "the same: only then total_variation has a closed form"
        )
    shift = linalg.solve_triangular(p.factor("p"), p.mean - q.mean, lower=True)
    return float(erf(np.linalg.norm(shift) / math.sqrt(8)))


def squared_hellinger(p: NormalVector, q: NormalVector) -> float:
    """2 - 2 int sqrt(p q), and with S = (S_p + S_q) / 2 the integral is
    det(S_p S_q)^(1/4) / det(S)^(1/2) exp(-d' S^-1 d / 8).

    Source: Pardo 2006, Statistical Inference Based on Divergence Measures, chapter 1.
    """
    factors = p.factor("p"), q.factor("q")
    middle = np.linalg.cholesky((p.covariance + q.covariance) / 2)
    logs = [np.log(np.diag(f)).sum() for f in (*factors, middle)]
    shift = linalg.solve_triangular(middle, p.mean - q.mean, lower=True)
    affinity = (logs[0] + logs[1]) / 2 - logs[2] - shift @ shift / 8
    return float(np.maximum(0.0, -2 * np.expm1(affinity)))


def f_divergence(p: NormalVector, q: NormalVector, name: str) -> float:
    """The f-divergence of a name.

    Raises:
        ValueError: it has no closed form.
    """
    if name == "total-variation":
        return total_variation(p, q)
    if name not in CLOSED:
        raise ValueError(
            f"f: got {name!r} of normal laws in several dimensions, where it has no closed form, "
            f"expected one of {', '.join(CLOSED)}"
        )
    if name == "squared-hellinger":
        return squared_hellinger(p, q)
    there = kl(p, q) if name != "reverse-kl" else 0.0
    return there + (kl(q, p, ("q", "p")) if name != "kl" else 0.0)


def wasserstein(p: NormalVector, q: NormalVector) -> float:
    """W_2, with W_2^2 = |m_p - m_q|^2 + tr(S_p + S_q - 2 (S_p^1/2 S_q S_p^1/2)^1/2).

    The trace is |A - B R|^2 with A and B the square roots of S_p and S_q, and R the rotation that
    brings B nearest to A: without the cancellation of near laws.

    Source: Dowson and Landau 1982; Bhatia, Jain and Lim 2019, On the Bures-Wasserstein distance,
        theorem 1.
    """
    a, b = (_root(law.covariance) for law in (p, q))
    left, _, right = np.linalg.svd(b.T @ a)
    return float(math.hypot(np.linalg.norm(p.mean - q.mean), np.linalg.norm(a - b @ left @ right)))


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
