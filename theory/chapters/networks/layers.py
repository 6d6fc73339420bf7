"""The first paper's layers: maxout and dropout (claims A-NN-05 to 07)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from theory.chapters.networks.activations import DECK
from theory.claim import AS_STATED, Claim, excess

original = Claim(
    id="A-NN-05",
    alias="original-networks",
    title="2014: G of rectifiers and sigmoids, D of maxout units with dropout",
    statement="In the first paper the generator mixes rectified linear and sigmoid units, with "
    "noise at its input only; the discriminator has maxout units and is trained with dropout. "
    "`GAN.original` builds these layers.",
    sources=("Goodfellow et al. 2014, section 5", f"{DECK}:244"),
    training=True,
    test="tests/networks/test_networks_match_theory.py::test_original_layers",
)


@original.meaning()
def original_in_words():
    yield {"2014": None}


maxout = Claim(
    id="A-NN-06",
    alias="maxout",
    title="h(x) = max_k (w_k · x + b_k) is convex and piecewise linear",
    statement="A maxout unit, max_k (w_k^T x + b_k), is a convex and piecewise linear function of "
    "x. It contains ReLU (weights 1 and 0) and the absolute value (weights 1 and -1); a difference "
    "of two maxout units need be neither convex nor concave.",
    formula=r"h(x) = \max_{k} \left( w_k^{T} x + b_k \right)",
    sources=("Goodfellow et al. 2013, Maxout Networks, sections 3 and 4", f"{DECK}:244"),
    test="tests/networks/test_networks_match_theory.py::test_maxout_is_convex_and_piecewise_linear",
)


@maxout.symbolic(scope=AS_STATED)
def maxout_proof():
    import sympy as sp

    a, c, b = sp.symbols("a c b", real=True)  # a = w_k · x, c = w_k · y: linear in x and y
    r, s, u = sp.symbols("r s u", nonnegative=True)
    t = u / (1 + u)  # every weight in [0, 1)
    piece = t * a + (1 - t) * c + b
    yield (
        "each piece is affine: h_k(t x + (1 - t) y) = t h_k(x) + (1 - t) h_k(y)",
        sp.simplify(piece - t * (a + b) - (1 - t) * (c + b)),
    )
    chord = t * (a + b + r) + (1 - t) * (c + b + s)
    yield (
        "h >= h_k at x and at y, by r and s: the chord of h exceeds h_k by t r + (1 - t) s",
        sp.simplify(chord - piece - (t * r + (1 - t) * s)),
    )
    yield (
        "which is >= 0 for each k, hence for the largest: h is convex",
        sp.factor(t * r + (1 - t) * s) >= 0,
    )
    yield (
        "where every other piece is lower, by r and s, h is the affine h_k",
        (sp.simplify(sp.Max(a, a - r, a - s) - a)),
    )
    x = sp.Symbol("x", real=True)
    positive = sp.Symbol("x", positive=True)
    yield (
        "weights 1, 0 at x and -x: ReLU",
        sp.Matrix([sp.Max(positive, 0) - positive, sp.Max(-positive, 0)]),
    )
    yield "weights 1, -1: |x|", sp.Matrix([sp.Max(v, -v) - positive for v in (positive, -positive)])
    difference = sp.Max(x, -x) - sp.Max(x - 1, 1 - x)
    half = sp.Rational(1, 2)
    second = [
        sum(k * difference.subs(x, at + k_at) for k, k_at in ((1, -half), (-2, 0), (1, half)))
        for at in (0, 1)
    ]
    yield (
        "|x| - |x - 1| has the second differences 1 about 0 and -1 about 1: neither convex nor "
        "concave",
        sp.Matrix(second) - sp.Matrix([1, -1]),
    )


def _pieces(rng: np.random.Generator, k: int) -> Callable:
    """k random affine functions on R^3; the result maps (n, 3) to (n, k)."""
    W, b = rng.normal(size=(3, k)), rng.normal(size=k)
    return lambda x: x @ W + b


def _concavity(h: Callable, rng: np.random.Generator) -> float:
    """The most negative second difference of h in random places and directions."""
    x, d = rng.normal(size=(2, 500, 3))
    return float(excess(np.max(2 * h(x) - h(x + d) - h(x - d)), 0))


def _bends(h: Callable, rng: np.random.Generator) -> int:
    """At how many of 400 points of a line h has a second difference."""
    x, d = rng.normal(size=(2, 3))
    values = h(x + np.linspace(-5, 5, 402)[:, None] * d)
    return int(np.sum(np.abs(np.diff(values, 2)) > 1e-9))


@maxout.numerical(tolerance=1e-12, description="negative part of second differences, R^3")
def convexity(rng):
    for k in (1, 2, 5, 20):
        affine = _pieces(rng, k)
        yield _concavity(lambda x, affine=affine: affine(x).max(axis=1), rng)


@maxout.numerical(tolerance=0, description="bends beyond the two grid points of each of k - 1")
def bends(rng):
    for k in (1, 2, 5, 20):
        affine = _pieces(rng, k)
        found = _bends(lambda x, affine=affine: affine(x).max(axis=1), rng)
        yield excess(found, 2 * (k - 1))


def _unit_error(weights: tuple[float, float], exact: Callable, x: np.ndarray) -> float:
    """How far the maxout unit of two weights, without biases, is from `exact`."""
    return float(np.abs((x[:, None] @ np.array([weights])).max(axis=1) - exact(x)).max())


def _positive_part(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0)


@maxout.numerical(tolerance=0, description="ReLU and |x| as maxout")
def special_units(rng):
    x = rng.normal(size=100)
    yield _unit_error((1, 0), _positive_part, x)
    yield _unit_error((1, -1), lambda x: np.sqrt(x**2), x)


@maxout.meaning()
def maxout_in_words(rng):
    for k in (1, 3, 7):
        w, b, x = rng.normal(size=(k, 3)), rng.normal(size=k), rng.normal(size=3)
        largest = (w @ x + b).max()
        named = sorted(sum(u * v for u, v in zip(w[i], x, strict=True)) + b[i] for i in range(k))
        yield {
            "h(x)": largest,
            "max_k (w_k · x + b_k)": named[-1],
            "max_k (w_k^T x + b_k)": named[-1],
            r"\max_{k} \left( w_k^{T} x + b_k \right)": named[-1],
            "weights 1 and 0": _unit_error((1, 0), _positive_part, rng.normal(size=9)) == 0,
            "weights 1 and -1": _unit_error((1, -1), np.abs, rng.normal(size=9)) == 0,
        }


@maxout.control(
    "the difference of two maxout units is called convex, and the least piece",
    of=convexity,
    miss=10.7,
)
def not_convex(rng):
    for _instance in range(5):
        one, other = _pieces(rng, 5), _pieces(rng, 5)
        yield _concavity(lambda x, one=one: one(x).min(axis=1), rng)
        yield _concavity(
            lambda x, one=one, other=other: one(x).max(axis=1) - other(x).max(axis=1), rng
        )


@maxout.control("a smooth maximum, log Σ exp, bends everywhere", of=bends, miss=392)
def smooth_maximum(rng):
    affine = _pieces(rng, 5)
    yield excess(_bends(lambda x: np.log(np.exp(affine(x)).sum(axis=1)), rng), 2 * 4)


@maxout.control("leaky weights, 1 and 0.01, are called ReLU", of=special_units, miss=0.0234)
def leaky_unit(rng):
    yield _unit_error((1, 0.01), _positive_part, rng.normal(size=100))


def dropout(x, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Inverted dropout: each entry is 0 with probability `rate`, else divided by 1 - rate."""
    x = np.asarray(x, dtype=float)
    return np.where(rng.uniform(size=x.shape) < rate, 0.0, x / (1 - rate))


dropped = Claim(
    id="A-NN-07",
    alias="dropout-moments",
    title="dropout: E[y] = E[x], Var[y] = Var[x] + E[x²] p/(1 − p)",
    statement="Inverted dropout at rate p keeps the mean of a unit, E[y] = E[x], and adds to its "
    "variance: Var[y] = Var[x] + E[x^2] p/(1 - p). A unit that is x = 2 for certain has the mean "
    "2 and the variance 4 at p = 1/2. Dropout injects noise, it does not remove any.",
    formula=r"\operatorname{E}[y] = \operatorname{E}[x], \quad \operatorname{Var}[y] = "
    r"\operatorname{Var}[x] + \operatorname{E}[x^2] \frac{p}{1 - p}",
    assumptions=("0 <= p < 1", "the mask is independent of x"),
    sources=(
        "Srivastava et al. 2014, Dropout, section 10 (multiplicative noise)",
        f"{DECK}:245-247",
    ),
    test="tests/networks/test_networks_match_theory.py::test_dropout_moments",
)


@dropped.symbolic(scope=AS_STATED)
def dropped_proof():
    import sympy as sp

    x, m1 = sp.symbols("x mu", real=True)
    keep, m2 = sp.symbols("q m", positive=True)  # q = 1 - p; m = E[x²]
    y = x / keep
    first, second = keep * y, keep * y**2  # the value 0, with probability p, adds nothing
    yield "the mean is (1 - p) x/(1 - p) = x", sp.simplify(first - x)
    added = x**2 * (1 - keep) / keep
    yield (
        "the variance is x^2/(1 - p) - x^2 = x^2 p/(1 - p)",
        sp.simplify(second - first**2 - added),
    )
    at = {x: 2, keep: sp.Rational(1, 2)}
    yield "x = 2, p = 1/2: mean 2, variance 4", sp.Matrix([first.subs(at) - 2, added.subs(at) - 4])
    noisy = second.subs(x**2, m2) - m1**2  # E[x²]/q - E[x]²
    yield (
        "x random: Var[y] = E[x^2]/(1 - p) - E[x]^2 = Var[x] + E[x^2] p/(1 - p)",
        sp.simplify(noisy - (m2 - m1**2) - m2 * (1 - keep) / keep),
    )
    p = sp.Symbol("p", positive=True)
    odds = p / (1 - p)
    yield (
        "more than before: p/(1 - p) > 0 for p = u/(1 + u)",
        odds.subs(p, p / (1 + p)).simplify() > 0,
    )


def _moments_over_masks(x: np.ndarray, p: float, divisor: float) -> tuple[float, float]:
    """Mean and variance of Σ x_i m_i/divisor over all masks m, exactly."""
    masks = np.indices((2,) * x.size).reshape(x.size, -1).T
    chance = np.prod(np.where(masks == 1, 1 - p, p), axis=1)
    y = masks @ x / divisor
    return float(chance @ y), float(chance @ (y - chance @ y) ** 2)


@dropped.numerical(tolerance=1e-12, description="a sum of eight units over all 256 masks")
def all_masks(rng):
    for p in (0.0, 0.2, 0.5, 0.8):
        x = rng.normal(size=8)
        mean, variance = _moments_over_masks(x, p, 1 - p)
        yield abs(mean - x.sum())
        yield abs(variance - np.sum(x**2) * p / (1 - p))


# Of 400 000 draws of 0 or 4 the mean has the standard error 0.0032, of which 4.9 are 0.0155; the
# variance, 4 less the square of the mean's error, is nearer still.
@dropped.numerical(tolerance=0.016, description="Monte Carlo: mean 2, variance 4")
def monte_carlo(rng):
    y = dropout(np.full(400_000, 2.0), 0.5, rng)
    yield abs(y.mean() - 2)
    yield abs(y.var() - 4)


def _deviations(square: float, rng: np.random.Generator) -> Iterator[float]:
    """Mean and variance 1/4 + square p/(1 - p) of dropped units N(1, 1/4), in standard errors."""
    for p in (0.2, 0.5):
        y = dropout(rng.normal(1, 0.5, 200_000), p, rng)
        for values, said in ((y, 1), ((y - 1) ** 2, 0.25 + square * p / (1 - p))):
            yield (values.mean() - said) / (values.std() / np.sqrt(values.size))


@dropped.sampling()
def noisy_units(rng):
    yield from _deviations(1.25, rng)


@dropped.meaning()
def dropped_in_words(rng):
    at_two = np.allclose(_moments_over_masks(np.array([2.0]), 0.5, 0.5), [2, 4], atol=1e-12)
    for p in (0.0, 0.2, 0.5, 0.8):
        points, chance = rng.normal(1, 2, 5), rng.dirichlet(np.ones(5))
        # given x the mask is a coin: the laws of total mean and variance put them together
        moments = np.array([_moments_over_masks(np.array([x]), p, 1 - p) for x in points])
        means, variances = moments.T
        mean = chance @ points
        yield {
            "p": p,
            "E[x]": mean,
            "E[x²]": chance @ points**2,
            "Var[x]": chance @ (points - mean) ** 2,
            "E[y]": chance @ means,
            "Var[y]": chance @ variances + chance @ (means - chance @ means) ** 2,
            "x = 2 for certain has the mean 2 and the variance 4 at p = 1/2": at_two,
        }


@dropped.control("the kept units are not divided by 1 - p", of=all_masks, miss=1.51)
def undivided(rng):
    for p in (0.2, 0.5, 0.8):
        x = rng.normal(size=8)
        yield abs(_moments_over_masks(x, p, 1.0)[0] - x.sum())


@dropped.control(
    "the variance added is x² p (1 - p), as of a mask that is not divided", of=all_masks, miss=27.6
)
def variance_of_the_mask(rng):
    for p in (0.2, 0.5, 0.8):
        x = rng.normal(size=8)
        yield abs(_moments_over_masks(x, p, 1 - p)[1] - np.sum(x**2) * p * (1 - p))


@dropped.control("E[x]² p/(1 - p) is added, and not E[x²] p/(1 - p)", of=noisy_units, miss=62.7)
def square_of_the_mean(rng):
    yield from list(_deviations(1.0, rng))[1::2]
