"""What W1 charges for being measured on samples, and the Cramér distance (claim A-OT-17).

F and G stand for the distribution functions of p and q, F_n for that of n samples of p, and
n F_n(x) is binomial, with n trials of probability F(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from theory.calculators.discrete import Discrete, Empirical
from theory.calculators.transport import wasserstein
from theory.chapters.transport.plans import quadrature
from theory.claim import AS_STATED, Claim, excess

sampled = Claim(
    id="A-OT-17",
    alias="wasserstein-of-samples",
    title="E W₁(p_n, p) ≈ √(2/(π n)) S; sample gradients of W₁ are biased, Cramér's are not",
    statement="For n samples of p on the line, p_n, and S = ∫ √(F (1 - F)) dx, "
    "E W1(p_n, p) = ∫ E|F_n - F| dx <= S/√n, and √n E W1(p_n, p) goes to √(2/π) S: W1 charges a "
    "perfect generator for the sample. S(U[0, 1]) = π/8. The sample gradients of W1 are biased: "
    "for p = Bernoulli(0.6) and q = Bernoulli(θ), at θ = 0.8, dW1(p, q)/dθ = 1 but "
    "E dW1(p_1, q)/dθ = -0.2, the wrong way. The Cramér distance C(p, q) = ∫ (F - G)^2 dx, half of "
    "the energy distance, 2 C(p, q) = 2 E|X - Y| - E|X - X'| - E|Y - Y'|, has unbiased ones: "
    "E C(p_n, q) = C(p, q) + ∫ F (1 - F) dx / n.",
    formula=r"\mathrm{E}\,W_1(p_n, p) = \int \mathrm{E}\,|F_n - F|\,dx \approx "
    r"\sqrt{\frac{2}{\pi n}} \int \sqrt{F (1 - F)}\,dx, \qquad \mathrm{E} \int (F_n - G)^2\,dx = "
    r"\int (F - G)^2\,dx + \frac{1}{n} \int F (1 - F)\,dx",
    assumptions=(
        "laws on the line",
        "S is finite, and q has a finite mean",
        "where gradients are meant, q moves smoothly with θ, so that d/dθ goes below E and ∫",
    ),
    sources=(
        "Bellemare et al. 2017, The Cramer Distance as a Solution to Biased Wasserstein Gradients",
        "Bobkov and Ledoux 2019, One-dimensional empirical measures, order statistics and "
        "Kantorovich transport distances (S and the rate)",
        "Székely and Rizzo 2013, Energy statistics (the energy distance)",
    ),
)


@sampled.symbolic(scope=AS_STATED)
def sampled_proof():
    import sympy as sp

    y, h, z = sp.symbols("y h z", real=True)
    m, n, big = sp.symbols("m n F", positive=True)
    spread = big * (1 - big)  # σ^2, the variance of 1[X <= x]
    yield (
        "W1(p_n, p) = int |F_n - F| (A-OT-05), E by Tonelli; with m = E|Y| for Y = F_n - F, "
        "E(|Y| - m)^2 >= 0, so m is at most the root of E Y^2",
        sp.expand((sp.Abs(y) - m) ** 2 - (y**2 - 2 * m * sp.Abs(y) + m**2)),
    )
    first = big * (1 - big) + (1 - big) * (0 - big)
    second = big * (1 - big) ** 2 + (1 - big) * (0 - big) ** 2
    yield (
        "1[X <= x] - F has the mean 0 and the variance σ^2 = F(1 - F); so E Y^2 = σ^2/n, and "
        "E W1 <= S/sqrt(n)",
        sp.Matrix([first, second - spread]).applyfunc(sp.expand),
    )
    character = big * sp.exp(sp.I * h * (1 - big)) + (1 - big) * sp.exp(-sp.I * h * big)
    logarithm = sp.log(character)
    yield (
        "the limit: log E exp(i h (1[X <= x] - F)) = -σ^2 h^2/2 + ...; at h = t/sqrt(n), n times, "
        "-σ^2 t^2/2: sqrt(n) Y becomes normal, of variance σ^2",
        sp.Matrix(
            [
                sp.simplify(logarithm.subs(h, 0)),
                sp.simplify(sp.diff(logarithm, h).subs(h, 0)),
                sp.simplify(sp.diff(logarithm, h, 2).subs(h, 0) + spread),
            ]
        ),
    )
    yield (
        "E|Z| = sqrt(2/π); as E(sqrt(n) Y)^2 = σ^2 is bounded, sqrt(n) E|Y| -> sqrt(2/π) σ, and "
        "as it is at most σ, with the integral S, the integrals follow",
        2 * sp.integrate(z * sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, 0, sp.oo))
        - sp.sqrt(2 / sp.pi),
    )
    u = sp.Symbol("u", positive=True)
    angle = sp.Symbol("a", real=True)
    area = sp.sqrt(u * (1 - u)).subs(u, sp.sin(angle) ** 2) * sp.diff(sp.sin(angle) ** 2, angle)
    positive = 2 * sp.sin(angle) ** 2 * sp.cos(angle) ** 2  # on (0, π/2)
    yield (
        "U[0, 1], u = sin^2 a: sqrt(u(1 - u)) du = 2 sin^2 a cos^2 a da",
        sp.simplify(area**2 - positive**2),
    )
    yield "its integral is π/8", sp.integrate(positive, (angle, 0, sp.pi / 2)) - sp.pi / 8
    theta, share = sp.symbols("theta P", positive=True)
    one = share * (1 - theta) + (1 - share) * theta  # W1 = |x - θ| for a sample x = 0 or 1
    yield (
        "Bernoulli, one sample: the slope of E W1(p_1, q) is 1 - 2P",
        (sp.diff(one, theta) - (1 - 2 * share)),
    )
    yield (
        "for P = 0.6 it is -0.2",
        sp.diff(one, theta).subs(share, sp.Rational(6, 10)) + sp.Rational(2, 10),
    )
    yield "while W1(p, q) = θ - P where θ > P has the slope 1", sp.diff(theta - share, theta) - 1
    f, g, noise = sp.symbols("F G Y", real=True)
    squared = sp.expand((f + noise - g) ** 2).subs(noise**2, f * (1 - f) / n).subs(noise, 0)
    yield (
        "Cramér: with E Y = 0 and E Y^2 = F(1 - F)/n, E(F_n - G)^2 = (F - G)^2 + F(1 - F)/n",
        sp.expand(squared - (f - g) ** 2 - f * (1 - f) / n),
    )
    moving = sp.Function("G")(theta)
    sampled_slope = sp.expand(sp.diff((f + noise - moving) ** 2, theta))
    yield (
        "the slope of (F_n - G)^2 in θ is -2 (F_n - G) dG/dθ, linear in F_n, with E F_n = F: its "
        "mean is the slope of (F - G)^2, so sample gradients of C are unbiased",
        sp.Matrix(
            [
                sp.diff(sampled_slope, noise, 2),
                sp.expand(sampled_slope.subs(noise, 0) - sp.diff((f - moving) ** 2, theta)),
            ]
        ),
    )

    def apart(a, b):  # E|X - Y| = int P(X <= t < Y) + P(Y <= t < X) dt
        return a * (1 - b) + b * (1 - a)

    yield (
        "the energy distance is 2 int (F - G)^2",
        sp.expand(2 * apart(f, g) - apart(f, f) - apart(g, g) - 2 * (f - g) ** 2),
    )


def _deviation(n: int, share: np.ndarray) -> np.ndarray:
    """E|K/n - share| of a binomial K, by de Moivre's formula."""
    from scipy import stats

    above = np.floor(n * share) + 1  # the first k above the mean
    return 2 * above * (1 - share) * stats.binom.pmf(above, n, share) / n


# Distribution functions F, 1 - F, their quantile functions, and ends of pieces between which they
# are integrated: short ones towards 0 and 1, where the root of F (1 - F) is steep.
_HALVES = 2.0 ** -np.arange(30, 0, -1)
_LAWS: dict[str, tuple[Callable, Callable, Callable, np.ndarray]] = {
    "uniform": (
        lambda x: np.clip(x, 0, 1),
        lambda x: 1 - np.clip(x, 0, 1),
        lambda u: u,
        np.r_[0, _HALVES, 1 - _HALVES, 1],
    ),
    "exponential": (
        lambda x: -np.expm1(-np.maximum(x, 0)),
        lambda x: np.exp(-np.maximum(x, 0)),
        lambda u: -np.log1p(-u),
        np.r_[0, _HALVES, np.arange(1, 60)],
    ),
    "logistic": (
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: 1 / (1 + np.exp(x)),
        lambda u: np.log(u / (1 - u)),
        np.arange(-60.0, 61.0),
    ),
    # of one sample of a fair coin |F_n - F| is 1/2 on [0, 1): it reaches S
    "fair coin": (
        lambda x: ((x >= 0) + 1.0 * (x >= 1)) / 2,
        lambda x: ((x < 0) + 1.0 * (x < 1)) / 2,
        lambda u: 1.0 * (u > 0.5),
        np.array([0.0, 1.0]),
    ),
}


def _charge(name: str, n: int) -> float:
    """E W1(p_n, p) = int E|F_n - F| dx, in pieces that end where n F is whole."""
    share, _beyond, place, ends = _LAWS[name]
    x, w = quadrature(np.union1d(ends, place(np.arange(1, n) / n)))
    return float(w @ _deviation(n, share(x)))


def _size(name: str) -> float:
    """S, the integral of the root of F (1 - F)."""
    share, beyond, _place, ends = _LAWS[name]
    x, w = quadrature(np.unique(ends))
    return float(w @ np.sqrt(share(x) * beyond(x)))


def _spread(name: str, n: int) -> float:
    """∫ (E(F_n - F)²)^(1/2) dx, by sums over the binomial law of n F_n."""
    from scipy import stats

    share, _beyond, _place, ends = _LAWS[name]
    x, w = quadrature(np.unique(ends))
    f, k = share(x), np.arange(n + 1)[:, None]
    return float(w @ np.sqrt(np.sum(stats.binom.pmf(k, n, f) * (k / n - f) ** 2, axis=0)))


def _charge_by_order(n: int) -> float:
    """E W1(p_n, U[0, 1]) = Σ ∫ E|B_i - u| du over (i - 1)/n < u < i/n: the i-th smallest of n
    uniform samples, B_i, has the law Beta(i, n + 1 - i)."""
    from scipy.special import betainc

    u, w = quadrature(np.arange(n + 1) / n)
    i = np.floor(n * u) + 1
    below, mean_below = betainc(i, n + 1 - i, u), betainc(i + 1, n + 1 - i, u)
    return float(w @ (u * (2 * below - 1) + i / (n + 1) * (1 - 2 * mean_below)))


# Laws on few points, all of whose samples can be listed; one sample of the coin reaches S/√n.
_COIN = Discrete([0.0, 1.0], [0.5, 0.5])
_THREE = Discrete([0.0, 1.0, 3.0], [0.5, 0.2, 0.3])


def _listed(law: Discrete, n: int) -> dict[str, float]:
    """By their names in the texts: E W1 and the spread of F_n over all lists of n samples, and the
    integrals of the distribution function."""
    f, lengths = np.cumsum(law.weights)[:-1], np.diff(law.points)
    charge, squares = 0.0, np.zeros(f.size)
    for places in itertools.product(range(law.weights.size), repeat=n):
        chance = np.prod(law.weights[list(places)])
        sample = Empirical(law.points[list(places)])
        charge += chance * wasserstein(sample, law)
        squares += chance * (sample.cdf(law.points[:-1]) - f) ** 2
    size = float(lengths @ np.sqrt(f * (1 - f)))
    return {
        "n": n,
        "E W1(p_n, p)": float(charge),
        "∫ E|F_n - F| dx": float(lengths @ _deviation(n, f)),
        "S": size,
        "∫ √(F (1 - F)) dx": size,
        "S/√n": float(lengths @ np.sqrt(squares)),
    }


@sampled.numerical(tolerance=1e-9, description="E W1 by hand: n = 1 and 2, and sums over k; S")
def charges_by_hand(rng):
    from scipy import stats

    yield abs(_charge("uniform", 1) - 1 / 3)  # of one sample it is E|X - X'|
    yield abs(_charge("exponential", 1) - 1)
    yield abs(_charge("logistic", 1) - 2)
    yield abs(_charge("uniform", 2) - (1 / 6 + 1 / 16))
    yield abs(_size("uniform") - math.pi / 8)
    yield abs(_size("exponential") - math.pi / 2)
    yield abs(_size("logistic") - math.pi)
    for n, share in zip((1, 2, 7, 40), rng.uniform(0.05, 0.95, 4), strict=True):
        k = np.arange(n + 1)
        whole = stats.binom.pmf(k, n, share) @ np.abs(k / n - share)
        yield abs(_deviation(n, np.array([share]))[0] - whole)


@sampled.numerical(tolerance=1e-12, description="excess of sqrt(n) E W1 over S, n = 1 to 100")
def charges_below_the_bound():
    for name in _LAWS:
        for n in (1, 2, 5, 20, 100):
            yield excess(math.sqrt(n) * _charge(name, n), _size(name))
    yield abs(_charge("fair coin", 1) - _size("fair coin"))


@sampled.numerical(tolerance=1e-9, description="S/sqrt(n) as the integral of the spread of F_n")
def spreads():
    for name in ("uniform", "fair coin"):
        for n in (1, 2, 20):
            yield abs(_spread(name, n) - _size(name) / math.sqrt(n))


def _distance_to_the_limit(n: int, limit: float) -> float:
    """How far sqrt(n) E W1/S of the uniform law is from a limit."""
    return abs(math.sqrt(n) * _charge("uniform", n) / _size("uniform") - limit)


# The next term of the mean deviation is of order 1/n: n times the difference stays bounded (0.066).
@sampled.numerical(tolerance=0.1, description="n |sqrt(n) E W1/S - sqrt(2/π)|, up to n = 400")
def charges_of_many_samples():
    for n in (25, 100, 400):
        yield n * _distance_to_the_limit(n, math.sqrt(2 / math.pi))


@sampled.sampling("W1 between 10 samples and their law, 25 times")
def sampled_by_sampling(rng):
    from scipy import stats

    law = stats.expon()
    found = [wasserstein(Empirical(law.rvs(size=10, random_state=rng)), law) for _run in range(25)]
    yield (np.mean(found) - _charge("exponential", 10)) / (np.std(found, ddof=1) / 5)


_SHARE = 0.6  # of ones in the Bernoulli law p


def _first(share, theta):
    """W1 of two Bernoulli laws."""
    return np.abs(share - theta)


def _cramer(share, theta):
    """The Cramér distance of two Bernoulli laws: F - G = θ - share on [0, 1), else 0."""
    return (share - theta) ** 2


def _slope(distance: Callable, n: int, theta: float) -> float:
    """d/dθ of the expected distance between n samples of Bernoulli(0.6) and Bernoulli(θ); of the
    distance between these laws themselves for n = 0."""
    from scipy import stats

    h = 1e-4
    if n == 0:
        share, chance = np.array([_SHARE]), np.ones(1)
    else:
        share, chance = np.arange(n + 1) / n, stats.binom.pmf(np.arange(n + 1), n, _SHARE)
    return float(chance @ (distance(share, theta + h) - distance(share, theta - h))) / (2 * h)


_PLACES = ((1, 0.8), (1, 0.3), (2, 0.7), (5, 0.55), (20, 0.63))


@sampled.numerical(tolerance=1e-9, description="Bernoulli laws: sample gradients of both distances")
def gradients_of_samples():
    for n, theta in _PLACES:
        yield abs(_slope(_cramer, n, theta) - _slope(_cramer, 0, theta))
        yield abs(_slope(_cramer, 0, theta) - 2 * (theta - _SHARE))
    for theta in (0.1, 0.3, 0.8):
        yield abs(_slope(_first, 1, theta) - (1 - 2 * _SHARE))
        yield abs(_slope(_first, 0, theta) - np.sign(theta - _SHARE))


def _energies(name: str, n: int, shift: float) -> dict[str, float]:
    """By their names in the texts: the parts of C between p, or n samples of it, and q, which is p
    moved by `shift`."""
    from scipy import stats

    share, _beyond, _place, ends = _LAWS[name]
    x, w = quadrature(np.union1d(ends, ends + shift))
    f, g = share(x), share(x - shift)
    k = np.arange(n + 1)[:, None]
    squares = np.sum(stats.binom.pmf(k, n, f) * (k / n - g) ** 2, axis=0)
    return {
        "E C(p_n, q)": float(w @ squares),
        "C(p, q)": float(w @ (f - g) ** 2),
        "∫ F (1 - F) dx": float(w @ (f * (1 - f))),
        "E|X - Y|": float(w @ (f * (1 - g) + g * (1 - f))),
        "E|X - X'|": float(2 * w @ (f * (1 - f))),
        "E|Y - Y'|": float(2 * w @ (g * (1 - g))),
    }


_ENERGIES = (("uniform", 1, 0.4), ("exponential", 3, 1.0), ("logistic", 10, 0.2))


@sampled.numerical(tolerance=1e-9, description="E C(p_n, q) as a sum over k, and energy distances")
def cramer_distances():
    for case in _ENERGIES:
        e = _energies(*case)
        yield abs(e["E C(p_n, q)"] - e["C(p, q)"] - e["∫ F (1 - F) dx"] / case[1])
        yield abs(2 * e["C(p, q)"] - 2 * e["E|X - Y|"] + e["E|X - X'|"] + e["E|Y - Y'|"])
    # E|X - Y| and E|X - X'| of U[0, 1] and U[0.4, 1.4], by hand
    e = _energies("uniform", 1, 0.4)
    yield abs(e["E|X - Y|"] - (1 / 3 + 0.4**2 - 0.4**3 / 3))
    yield abs(e["E|X - X'|"] - 1 / 3)


@sampled.meaning(tolerance=1e-9)
def sampled_in_words():
    closer = [_distance_to_the_limit(n, math.sqrt(2 / math.pi)) for n in (25, 100, 400)]
    yield {
        "√n E W1(p_n, p) goes to √(2/π) S": closer[2] < closer[1] / 3 < closer[0] / 9,
        "S(U[0, 1])": _size("uniform"),
        "The sample gradients of W1 are biased": any(
            abs(_slope(_first, n, theta) - _slope(_first, 0, theta)) > 0.1 for n, theta in _PLACES
        ),
        "p = Bernoulli(0.6)": None,
        "q = Bernoulli(θ)": None,
        "θ": 0.8,
        "dW1(p, q)/dθ": _slope(_first, 0, 0.8),
        "E dW1(p_1, q)/dθ": _slope(_first, 1, 0.8),
    }
    for law, n in ((_COIN, 1), (_THREE, 1), (_THREE, 2), (_THREE, 4)):
        listed = _listed(law, n)
        charged = listed["E W1(p_n, p)"] > 0
        yield listed | {"W1 charges a perfect generator for the sample": charged}
    for n in (1, 20):
        yield {
            "n": n,
            "S/√n": _spread("uniform", n),
            "S": _size("uniform"),
            "∫ √(F (1 - F)) dx": _size("uniform"),
            "E W1(p_n, p)": _charge_by_order(n),
            "∫ E|F_n - F| dx": _charge("uniform", n),
        }
    size = _size("uniform")
    yield {
        "n": 400,
        "S": size,
        "E W₁(p_n, p)": _charge_by_order(400),
        "∫ E|F_n - F| dx": _charge("uniform", 400),
        "S/√n": _spread("uniform", 400),
        "∫ √(F (1 - F)) dx": size,
    }
    for name, n, shift in _ENERGIES:
        e = _energies(name, n, shift)
        energy = 2 * e["E|X - Y|"] - e["E|X - X'|"] - e["E|Y - Y'|"]
        yield e | {
            "n": n,
            "half of the energy distance": abs(e["C(p, q)"] - energy / 2) < 1e-9,
            "has unbiased ones": all(
                abs(_slope(_cramer, k, theta) - _slope(_cramer, 0, theta)) < 1e-9
                for k, theta in _PLACES
            ),
            "∫ (F - G)^2 dx": e["C(p, q)"],
            r"\mathrm{E} \int (F_n - G)^2\,dx": e["E C(p_n, q)"],
        }


@sampled.control(
    "the limit is taken for a bound from n = 1 on: sqrt(n) E W1 <= sqrt(2/π) S",
    of=charges_below_the_bound,
    miss=0.02,
)
def limit_as_a_bound():
    limit = math.sqrt(2 / math.pi) * _size("uniform")
    for n in (1, 2, 5, 20, 100):
        yield excess(math.sqrt(n) * _charge("uniform", n), limit)


@sampled.control(
    "the limit is said to be S itself, not sqrt(2/π) S", of=charges_of_many_samples, miss=80.8
)
def limit_without_its_constant():
    for n in (25, 100, 400):
        yield n * _distance_to_the_limit(n, 1.0)


@sampled.control(
    "the root of C is taken: its sample gradients are biased, too",
    of=gradients_of_samples,
    miss=1.2,
)
def root_of_cramer():
    def rooted(share, theta):
        return np.sqrt(_cramer(share, theta))

    for n, theta in _PLACES:
        yield abs(_slope(rooted, n, theta) - _slope(rooted, 0, theta))


@sampled.control("C of samples is said to have the mean C(p, q)", of=cramer_distances, miss=0.167)
def cramer_without_its_charge():
    for case in _ENERGIES:
        e = _energies(*case)
        yield abs(e["E C(p_n, q)"] - e["C(p, q)"])
