"""What a finite sample says of its law: Jensen-Shannon nothing, a small class much (A-GAN-18).

Arora et al. 2017: a divergence generalises when its value on samples tends to its value on the
laws. JS does not; the distance that a class of bounded complexity sees does. p is the law, p_m
the empirical law of m samples of it.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, ndtr

from theory.calculators.divergences import js
from theory.claim import AS_STATED, Claim, excess

_LOG2 = math.log(2)

generalisation = Claim(
    id="A-GAN-18",
    alias="generalisation",
    title="JS(p, p_m) = log 2 for every m, while a finite class sees at most order m^(-1/2)",
    statement="Let p have a density and p_m be the empirical law of m of its samples. "
    "JS(p, p_m) = log 2, its largest value, for every m: JS does not generalise. A class F of K "
    "discriminators with values in [0, 1] sees the distance d, the largest difference of the "
    "means of f under p and p_m, f in F. With ε = sqrt(log(2 K/δ)/(2 m)) it has P(d > ε) ≤ δ, "
    "and with τ = sqrt(log(2 K)/(2 m)) it has E d ≤ τ: the bounds grow as the root of log K and "
    "shrink as m^(-1/2).",
    formula=r"\mathrm{JS}(p, p_m) = \log 2, \quad d = \max_{f \in F} \bigl| \mathrm{E}_p f - "
    r"\mathrm{E}_{p_m} f \bigr|, \quad \varepsilon = \sqrt{\frac{\log(2 K / \delta)}{2 m}}, \quad "
    r"P(d > \varepsilon) \le \delta, \quad \mathrm{E} d \le \tau = \sqrt{\frac{\log(2 K)}{2 m}}",
    assumptions=(
        "p gives no single point any mass",
        "independent samples",
        "F is chosen before they are drawn",
    ),
    sources=(
        "Arora, Ge, Liang, Ma, Zhang 2017, Lemma 1 and Theorem 3.1 (cited from memory)",
        "Hoeffding 1963, Theorem 2 (cited from memory)",
    ),
)


@generalisation.symbolic(scope=AS_STATED)
def generalisation_proof():
    import sympy as sp

    p, m, K, s, r, delta, eps = sp.symbols("p m K s r delta epsilon", positive=True)
    # p_m lives on m points, to which p gives no mass: p_m is 0 elsewhere, and p is 0 there
    yield (
        "off the samples: p log(p/M), M = p/2",
        sp.expand_log(p * sp.log(p / (p / 2)) - p * sp.log(2)),
    )
    share = 1 / m
    at_sample = share * sp.log(share / (share / 2))
    yield (
        "at a sample: (1/m) log((1/m)/M), M = 1/(2 m)",
        sp.expand_log(at_sample - share * sp.log(2)),
    )
    distance = (sp.log(2) + m * share * sp.log(2)) / 2
    yield "the masses are 1 and m (1/m): JS = log 2", sp.expand(distance - sp.log(2))
    # Hoeffding's lemma: f in [0, 1] of mean t = r/(1 + r) lies below the chord of e^(s f)
    f = sp.Symbol("f", real=True)
    chord = 1 - f + f * sp.exp(s) - sp.exp(s * f)
    yield "the chord meets e^(s f) at f = 0 and 1", sp.Matrix([chord.subs(f, 0), chord.subs(f, 1)])
    yield (
        "and lies above it between them, where e^(s f) is convex",
        sp.diff(sp.exp(s * f), f, 2) > 0,
    )
    t = r / (1 + r)
    psi = sp.log(1 - t + t * sp.exp(s)) - s * t
    first = sp.simplify(sp.diff(psi, s).subs(s, 0))
    yield (
        "ψ = log E e^(s (f - t)) is at most one with ψ(0) = 0 = ψ'(0)",
        sp.Matrix([sp.simplify(psi.subs(s, 0)), first]),
    )
    w = t * sp.exp(s) / (1 - t + t * sp.exp(s))
    room = sp.Rational(1, 4) - sp.diff(psi, s, 2) - (w - sp.Rational(1, 2)) ** 2
    yield "and ψ'' = 1/4 - (w - 1/2)^2 <= 1/4, so ψ <= s^2/8", sp.simplify(room)
    # m independent samples: P(mean - t > eps) <= e^(m ψ - s m eps)
    exponent = m * s**2 / 8 - s * m * eps
    yield "least at s = 4 eps", sp.diff(exponent, s).subs(s, 4 * eps)
    tail = sp.exp(exponent.subs(s, 4 * eps))
    yield "where it is -2 m eps^2", tail - sp.exp(-2 * m * eps**2)
    at = sp.sqrt(sp.log(2 * K / delta) / (2 * m))
    yield (
        "K functions, two sides: 2 K e^(-2 m eps^2) = δ",
        sp.simplify(2 * K * tail.subs(eps, at)) - delta,
    )
    # by Jensen e^(s E d) <= E e^(s d) <= 2 K e^(s^2/(8 m))
    mean = sp.log(2 * K) / s + s / (8 * m)
    k = sp.Symbol("k", positive=True)  # log 2 K
    best = sp.sqrt(8 * m * k)
    bound = mean.subs(sp.log(2 * K), k)
    yield (
        "E d <= log(2 K)/s + s/(8 m), least at s^2 = 8 m log(2 K)",
        sp.simplify(sp.diff(bound, s).subs(s, best)),
    )
    yield (
        "where it is sqrt(log(2 K)/(2 m))",
        sp.simplify(bound.subs(s, best) - sp.sqrt(k / (2 * m))),
    )


_SIZES = (1, 10, 100, 1000, 10_000)


def _binned_js(rng: np.random.Generator, m: int, bins: int) -> float:
    """JS of N(0, 1) and m samples of it, seen in this many equally likely bins."""
    numbers = np.floor(ndtr(rng.normal(size=m)) * bins)
    _, counts = np.unique(numbers, return_counts=True)
    # the empty bins, which have one ratio of likelihoods, are one
    seen = np.full(counts.size, 1 / bins)
    return js(np.append(seen, max(1 - counts.size / bins, 0.0)), np.append(counts / m, 0.0))


# Bins of mass 1/n lower JS by about (m/n) (1 + log(n/m))/2, 2e-10 for 10^4 in 2^50.
@generalisation.numerical(tolerance=1e-9, description="JS to the empirical law in 2^50 bins, log 2")
def divergence_of_samples(rng):
    for m in _SIZES:
        yield abs(_binned_js(rng, m, 2**50) - _LOG2)


def _epsilon(m: int, K: int, delta: float) -> float:
    return math.sqrt(math.log(2 * K / delta) / (2 * m))


def _tau(m: int, K: int) -> float:
    return math.sqrt(math.log(2 * K) / (2 * m))


def _farther(m: int, K: int, t: np.ndarray | float) -> np.ndarray:
    """P(d > t), exactly, of the K functions "the k-th binary digit of x", x ~ U[0, 1].

    The digits are independent fair coins, for which a class of K sees as much as it can.
    """
    from scipy.stats import binom

    tails = np.ceil(m * (0.5 - np.asarray(t)) - 1e-9) - 1  # the largest count below 1/2 - t
    one = np.minimum(2 * binom.cdf(tails, m, 0.5), 1.0)
    with np.errstate(divide="ignore"):
        return -np.expm1(K * np.log1p(-one))


def _mean_distance(m: int, K: int) -> float:
    """E d of the same class, exactly: the integral of P(d > t), a staircase."""
    steps = np.unique(np.abs(np.arange(m + 1) / m - 0.5))
    return float(steps[0] + np.diff(steps) @ _farther(m, K, steps[:-1] + 1e-12))


_CLASSES = ((10, 1), (100, 10), (1000, 1000), (400, 10**6))


@generalisation.numerical(tolerance=0, description="P(d > ε) above δ, exact for binary digits")
def tail_above_delta():
    for m, K in _CLASSES:
        for delta in (0.5, 0.1, 0.01):
            yield excess(_farther(m, K, _epsilon(m, K, delta)), delta)


@generalisation.numerical(tolerance=0, description="E d above its bound, exact for binary digits")
def mean_above_its_bound():
    for m, K in _CLASSES:
        yield excess(_mean_distance(m, K), _tau(m, K))


@generalisation.numerical(tolerance=1e-9, description="E d of one digit, against de Moivre's mean")
def mean_of_one_digit():
    for m in (2, 10, 100, 1000):
        yield abs(_mean_distance(m, 1) - math.comb(m, m // 2) / 2 ** (m + 1))


# With normal counts E d would be exact in m^(-1/2); their tails at 5 deviations, for K = 10^6, move
# it by half a per cent at m = 400.
@generalisation.numerical(
    tolerance=0.01, description="slope of log E d in log m, m from 400 on, -1/2"
)
def slope_for_digits():
    for K in (1, 100, 10**6):
        yield abs(_slope(lambda m, K=K: _mean_distance(m, K)) + 0.5)


def _slope(distance) -> float:
    """The slope of log distance(m) in log m, between 400 and 6400."""
    return math.log(distance(6400) / distance(400)) / math.log(16)


_UNITS, _REPEATS = 16, 100


def _unit_distances(rng: np.random.Generator, units: np.ndarray, m: int) -> np.ndarray:
    """d of sigmoid units (slopes and shifts, two rows), for 100 samples of m from N(0, 1)."""
    w, b = units
    z = np.linspace(-10, 10, 401)
    weight = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    exact = weight @ expit(np.outer(z, w) + b)
    samples = (rng.normal(size=m) for _repeat in range(_REPEATS))
    return np.array([np.abs(expit(np.outer(x, w) + b).mean(0) - exact).max() for x in samples])


def _slope_deviation(rng: np.random.Generator, expected: float) -> float:
    """The slope of log E d in log m less what is expected, in standard errors."""
    units = rng.normal(0, 3, (2, _UNITS))
    few, many = (_unit_distances(rng, units, m) for m in (200, 3200))
    slope = math.log(many.mean() / few.mean()) / math.log(16)
    relative = [(x.std() / x.mean()) ** 2 / x.size for x in (few, many)]
    return (slope - expected) / (math.sqrt(sum(relative)) / math.log(16))


@generalisation.sampling("slope of log E d in log m, 16 sigmoid units: -1/2")
def slope_for_units(rng):
    for _instance in range(3):
        yield _slope_deviation(rng, -0.5)


@generalisation.meaning(tolerance=1e-7)
def generalisation_in_words(rng):
    falls = abs(_slope(lambda m: _mean_distance(m, 100)) + 0.5) < 0.01
    for m, K in _CLASSES:
        digits = rng.integers(0, 2, (m, min(K, 1000)))  # of m samples of U[0, 1]
        differences = np.abs(digits.mean(0) - 0.5)
        yield {
            "JS(p, p_m)": _binned_js(rng, m, 2**50),
            "in [0, 1]": None,
            "m": m,
            "K": K,
            "δ": 0.1,
            "ε": _epsilon(m, K, 0.1),
            "P(d > ε)": float(_farther(m, K, _epsilon(m, K, 0.1))),
            "E d": _mean_distance(m, K),
            "τ": _tau(m, K),
            "d": float(differences.max()),
            r"\max_{f \in F} \bigl| \mathrm{E}_p f - \mathrm{E}_{p_m} f \bigr|": float(
                np.sort(differences)[-1]
            ),
            "order m^(-1/2)": falls,
            "shrink as m^(-1/2)": falls,
        }


@generalisation.control(
    "p has no density: it takes 100 values", of=divergence_of_samples, miss=0.692
)
def divergence_of_a_discrete_law(rng):
    for m in _SIZES:
        yield abs(_binned_js(rng, m, 100) - _LOG2)


@generalisation.control(
    "the class is forgotten: ε = sqrt(log(2/δ)/(2 m))", of=tail_above_delta, miss=0.9
)
def tail_without_the_class():
    for m, K in _CLASSES[1:]:
        yield excess(_farther(m, K, _epsilon(m, 1, 0.1)), 0.1)


@generalisation.control("4 m in place of 2 m", of=mean_above_its_bound, miss=0.0291)
def mean_with_4_m():
    for m, K in _CLASSES[1:]:
        yield excess(_mean_distance(m, K), _tau(2 * m, K))


def _unions_of_bins(rng: np.random.Generator, m: int) -> float:
    """E d of the 2^m unions of m equally likely bins: their total variation, over 20 samples."""
    counts = rng.multinomial(m, np.full(m, 1 / m), size=20)
    return float(np.abs(counts / m - 1 / m).sum(1).mean() / 2)


@generalisation.control(
    "the class grows with the sample: unions of m bins", of=slope_for_digits, miss=0.503
)
def slope_of_a_growing_class(rng):
    for _instance in range(2):
        yield abs(_slope(lambda m: _unions_of_bins(rng, m)) + 0.5)


@generalisation.control("the distance is said to fall as 1/m", of=slope_for_units, miss=20.7)
def slope_of_one(rng):
    for _instance in range(3):
        yield _slope_deviation(rng, -1.0)
