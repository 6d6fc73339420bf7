"""Kullback-Leibler, Jensen-Shannon and total variation, the game's value, and the optimal D.

Goodfellow et al. 2014, section 4: for a fixed generator the optimal discriminator is
D*(x) = p_data(x) / (p_data(x) + p_g(x)), and V(D*, G) = 2 JS(p_data, p_g) - log 4. Logs are
natural throughout. Everything is computed from log densities, so that nothing is lost where a
density underflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, log_expit

from theory.densities import Discrete, Mixture, as_law
from theory.integration import integrate_to_tails

LOG2 = math.log(2)


class Discriminator:
    """A discriminator D(x) = sigma(a(x)) that is given by its logit a.

    Near 1, D rounds to 1 and log(1 - D) is lost; the logit keeps it, and `value` uses it.

    Args:
        logit: takes an array x, returns a(x) of the same shape.
    """

    def __init__(self, logit: Callable[[Any], Any]) -> None:
        self.logit = logit

    def __call__(self, x: Any) -> np.ndarray:
        """D(x), an array of x's shape, in [0, 1]."""
        return expit(self.logit(x))


def optimal_discriminator(p: Any, q: Any) -> Discriminator:
    """The discriminator that maximises V: D*(x) = p(x) / (p(x) + q(x)).

    Where both densities vanish D is arbitrary, since V does not see it there; 1/2 is returned.

    Args:
        p: the law of the data: a frozen continuous distribution of scipy.stats, `Mixture`,
            `Discrete`, `Empirical`, or a vector of probabilities on 0, ..., n-1.
        q: the law of the generator, of the same kind as `p` (both continuous or both discrete).

    Returns:
        A callable from an array x to D*(x) of the same shape; its `.logit(x)` is
        log p(x) - log q(x), exact where D* has rounded to 0 or 1. Both refuse NaN in x with a
        ValueError.

    Raises:
        ValueError: a law is not a probability law, or one is continuous and the other discrete.

    Source: Goodfellow et al. 2014, Proposition 1, equation 2 (claims A-DST-01, A-DST-03).
    """
    law_p, law_q = _pair(p, q)

    def logit(x: Any) -> np.ndarray:
        x = np.asarray(x, dtype=float)
        if np.isnan(x).any():
            raise ValueError("x: got NaN, expected numbers")
        return _logit(_log_density(law_p, x), _log_density(law_q, x))

    return Discriminator(logit)


def kl(p: Any, q: Any) -> float:
    """The Kullback-Leibler divergence KL(p || q) = E_p[log p(x) - log q(x)] in nats.

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.

    Returns:
        A number >= 0; infinity when p has mass where q has none, or when the integral diverges.

    Raises:
        ValueError: as `optimal_discriminator`.
        ArithmeticError: the tails converge too slowly, or log q underflows where p has mass.
    """
    p, q = _pair(p, q)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        if (v[w > 0] == 0).any():
            return math.inf
        return max(0.0, float(np.sum(w[w > 0] * (np.log(w[w > 0]) - np.log(v[w > 0])))))
    assert isinstance(p, Mixture)
    assert isinstance(q, Mixture)
    covers = q._intervals()
    if not all(any(c <= a and b <= d for c, d in covers) for a, b in p._intervals()):
        return math.inf

    def integrand(x: np.ndarray) -> np.ndarray:
        log_p, log_q = p.logpdf(x), q.logpdf(x)
        lost = np.isneginf(log_q) & (log_p > -700)
        if lost.any():
            raise ArithmeticError(
                f"log q underflows at x = {x[lost][0]:g} inside q's support, where p has mass"
            )
        return _times(np.exp(log_p), _logit(log_p, log_q))

    return max(0.0, _integral(integrand, p, q, 1e-2, p._cuts()))  # rounding, KL >= 0


def js(p: Any, q: Any) -> float:
    """The Jensen-Shannon divergence KL(p || m) / 2 + KL(q || m) / 2, m = (p + q) / 2, in nats.

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.

    Returns:
        A number in [0, log 2].

    Raises:
        ValueError: as `optimal_discriminator`.

    Source: Goodfellow et al. 2014, Theorem 1, equations 5 and 6 (claim A-JS-02).
    """
    p, q = _pair(p, q)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        result = float(np.sum((w + v) * _js_kernel(_logit(_log(w), _log(v))))) / 4
    else:

        def integrand(x: np.ndarray) -> np.ndarray:
            log_p, log_q = _log_density(p, x), _log_density(q, x)
            return (np.exp(log_p) + np.exp(log_q)) * _js_kernel(_logit(log_p, log_q))

        # Rounding of the logit enters squared: JS keeps its digits when it is tiny.
        result = _integral(integrand, p, q, 1e-8) / 4
    return min(result, LOG2)  # rounding


def total_variation(p: Any, q: Any) -> float:
    """The total variation distance, half the integral of |p - q|.

    Args:
        p: a law, as in `optimal_discriminator`.
        q: a law of the same kind.

    Returns:
        A number in [0, 1]: the largest difference that any event's two probabilities can have.

    Raises:
        ValueError: as `optimal_discriminator`.
    """
    p, q = _pair(p, q)
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        _, w, v = _aligned(p, q)
        return float(np.sum(np.abs(w - v))) / 2

    def integrand(x: np.ndarray) -> np.ndarray:
        log_p, log_q = _log_density(p, x), _log_density(q, x)
        # |p - q| = (p + q) |tanh((log p - log q) / 2)|: no cancellation
        return (np.exp(log_p) + np.exp(log_q)) * np.abs(np.tanh(_logit(log_p, log_q) / 2))

    return min(_integral(integrand, p, q, 1e-2) / 2, 1.0)  # rounding


def value(p: Any, q: Any, d: Callable[[np.ndarray], Any]) -> float:
    """The value of the game, V(D, G) = E_p[log D(x)] + E_q[log(1 - D(x))].

    Args:
        p: the law of the data, as in `optimal_discriminator`.
        q: the law of the generator, of the same kind.
        d: the discriminator: takes a vector x, returns D(x) in [0, 1] of the same shape. A
            `Discriminator` is better, being given by its logit: of a plain function that rounds to
            D(x) = 1, log(1 - D) is lost. Answers in float32 are integrated to about 1e-5.

    Returns:
        A number <= 0; minus infinity when D is 0 on mass of p or 1 on mass of q.

    Raises:
        ValueError: as `optimal_discriminator`, or d is no callable, or returns NaN, another shape,
            or values outside [0, 1].

    Source: Goodfellow et al. 2014, equations 1 and 3 (claim A-GAN-02).
    """
    p, q = _pair(p, q)
    if not callable(d):
        raise ValueError(f"d: got {type(d).__name__}, expected a callable from x to D(x)")
    if isinstance(p, Discrete) and isinstance(q, Discrete):
        x, w, v = _aligned(p, q)
        log_d, log_1_d = _log_probabilities(d, x)
        return float(np.sum(_times(w, log_d) + _times(v, log_1_d)))

    def integrand(x: np.ndarray) -> np.ndarray:
        log_d, log_1_d = _log_probabilities(d, x)
        density_p, density_q = np.exp(_log_density(p, x)), np.exp(_log_density(q, x))
        return _times(density_p, log_d) + _times(density_q, log_1_d)

    assert isinstance(p, Mixture)
    probe = d.logit if isinstance(d, Discriminator) else d
    exact = np.asarray(probe(p._edges[:1])).dtype.itemsize >= 8
    # A network's own rounding in float32 must not be taken for a feature to be resolved.
    return _integral(integrand, p, q, 1e-2 if exact else 1e6)


def _pair(p: Any, q: Any) -> tuple[Mixture | Discrete, Mixture | Discrete]:
    if isinstance(p, list | tuple | np.ndarray) and isinstance(q, list | tuple | np.ndarray):
        n, m = np.size(p), np.size(q)
        if n != m:
            raise ValueError(f"q: got {m} probabilities, expected {n} as in p")
    a, b = as_law(p, "p"), as_law(q, "q")
    if isinstance(a, Discrete) != isinstance(b, Discrete):
        kinds = ["discrete" if isinstance(c, Discrete) else "continuous" for c in (a, b)]
        raise ValueError(
            f"q: got a {kinds[1]} law ({_name(q)}) with a {kinds[0]} p ({_name(p)}), expected both "
            "discrete or both continuous; only theory.wasserstein compares the two kinds"
        )
    return a, b


def _name(p: Any) -> str:
    return f"scipy.stats {p.dist.name}" if hasattr(p, "dist") else type(p).__name__


def _aligned(p: Discrete, q: Discrete) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points that have mass under either law, and the two laws' weights on them."""
    points = np.union1d(p.points[p.weights > 0], q.points[q.weights > 0])
    return points, p.pmf(points), q.pmf(points)


def _log(weights: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(weights)


def _log_density(p: Mixture | Discrete, x: np.ndarray) -> np.ndarray:
    return _log(p.pmf(x)) if isinstance(p, Discrete) else p.logpdf(x)


def _logit(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """log p - log q, and 0 where both densities vanish (or, at single points, are infinite)."""
    both = np.isinf(log_p) & (log_p == log_q)
    return np.subtract(log_p, log_q, out=np.zeros(np.shape(log_p)), where=~both)


def _js_kernel(a: np.ndarray) -> np.ndarray:
    """(1 + t) log(1 + t) + (1 - t) log(1 - t) at t = (p - q) / (p + q) = tanh(a / 2).

    JS is a quarter of the integral of (p + q) times this. Near t = 0 the two terms cancel, and the
    series sum_k t^(2k) / (k (2k - 1)) is used.
    """
    square = np.tanh(a / 2) ** 2
    series = square * (1 + square * (1 / 6 + square * (1 / 15 + square * (1 / 28 + square / 45))))
    finite = np.clip(a, -745, 745)  # beyond, sigma(-|a|) is zero
    up, down = expit(finite), expit(-finite)
    direct = 2 * (up * (LOG2 + log_expit(finite)) + down * (LOG2 + log_expit(-finite)))
    return np.where(square < 2e-3, series, direct)


def _log_probabilities(d: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log D(x) and log(1 - D(x))."""
    if isinstance(d, Discriminator):
        a = _answer(d.logit, x, "d.logit")
        return log_expit(a), log_expit(-a)
    probability = _answer(d, x, "d")
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError("d: returned a value outside [0, 1], expected probabilities")
    with np.errstate(divide="ignore"):
        return np.log(probability), np.log1p(-probability)


def _answer(function: Callable[[np.ndarray], Any], x: np.ndarray, name: str) -> np.ndarray:
    """What the function says of the points x, which it is given as a vector."""
    vector = x.reshape(-1)
    values = np.asarray(function(vector), dtype=float)
    if values.shape != vector.shape:
        raise ValueError(f"{name}: returned shape {values.shape} for x of shape {vector.shape}")
    if np.isnan(values).any():
        raise ValueError(f"{name}: returned NaN at x = {vector[np.isnan(values)][0]:g}")
    return values.reshape(x.shape)


def _times(mass: np.ndarray, log: np.ndarray) -> np.ndarray:
    """mass * log, where no mass times log 0 is 0."""
    return np.multiply(mass, log, out=np.zeros(np.shape(mass)), where=mass > 0)


def _integral(
    f: Callable[[np.ndarray], np.ndarray],
    p: Mixture | Discrete,
    q: Mixture | Discrete,
    scale: float,
    cuts: list[tuple[float, float]] | None = None,
) -> float:
    """The integral of f over the line, cut at the quantiles of both laws."""
    assert isinstance(p, Mixture)
    assert isinstance(q, Mixture)
    edges = np.union1d(p._edges, q._edges)
    if cuts is None:
        pairs = zip(p._cuts(), q._cuts(), strict=True)
        cuts = [(min(a, c), max(b, d)) for (a, b), (c, d) in pairs]
    return integrate_to_tails(f, edges, cuts, scale)
