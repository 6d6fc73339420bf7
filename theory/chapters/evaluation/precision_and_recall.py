"""Precision and recall as a curve, and the mode-collapse region (claim A-EVA-09).

Here p stands for the law of the data and q for that of the generator.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from theory.calculators.divergences import total_variation
from theory.calculators.packing import collapse_region
from theory.claim import AS_STATED, Claim


def precision(p: np.ndarray, q: np.ndarray, scale: float) -> float:
    """α(λ) = Σ min(λ p, q): how much of q the law p covers when it counts λ times (A-EVA-09)."""
    return float(np.minimum(scale * p, q).sum())


curve = Claim(
    id="A-EVA-09",
    alias="precision-recall-curve",
    title="precision α(λ) = Σ min(λp, q), recall α(λ)/λ: the mode-collapse region in other words",
    statement="The curve of precision alpha(lambda) = sum min(lambda p, q) and recall "
    "beta(lambda) = alpha(lambda)/lambda compares a generator q with data p; alpha(1) = beta(1) = "
    "1 - TV. Its ends are the share of q where p is not 0, and of p where q is not 0. It and the "
    "boundary delta(eps) of the mode-collapse region (A-MC-14) determine each other: alpha(lambda) "
    "is the least lambda (1 - delta) + eps on the boundary, and delta(eps) the least "
    "1 - beta(lambda) + eps/lambda. Estimates by nearest neighbours are something else: one "
    "outlier among the real samples can bring the precision of a generator that makes nothing "
    "real from 0 to 1.",
    formula=r"\alpha(\lambda) = \sum_x \min(\lambda p(x), q(x)) = \min_{\varepsilon} \left[ "
    r"\lambda (1 - \delta(\varepsilon)) + \varepsilon \right], \quad \delta(\varepsilon) = "
    r"\min_{\lambda} \left[ 1 - \beta(\lambda) + \frac{\varepsilon}{\lambda} \right]",
    assumptions=("lambda is above 0; at its ends 0 and infinity a limit is meant",),
    sources=(
        "Sajjadi et al. 2018, Assessing generative models via precision and recall, definition 1",
        "Simon, Webster, Rabin 2019, Revisiting precision and recall definition",
        "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 3",
        "Kynkäänniemi et al. 2019, Improved precision and recall metric (nearest neighbours)",
    ),
)


@curve.symbolic(scope=AS_STATED)
def curve_proof():
    import sympy as sp

    p, q, scale = sp.symbols("p q lambda", positive=True)
    r, s = sp.symbols("r s", nonnegative=True)
    t = sp.Symbol("t", real=True)  # a test takes x with this chance: delta = sum p t, eps = sum q t
    cost = scale * p * (1 - t) + q * t
    above = sp.expand(cost.subs(p, (q + r) / scale) - q)  # lambda p = q + r
    below = sp.expand(cost.subs(q, scale * p + r) - scale * p)
    yield (
        "where lambda p >= q, by r: lambda p (1 - t) + q t exceeds the least, q, by r (1 - t)",
        sp.expand(above - r * (1 - t)),
    )
    yield "where lambda p <= q, by r: it exceeds lambda p by r t", sp.expand(below - r * t)
    chance = s / (1 + s)  # every chance in [0, 1)
    yield (
        "neither is below 0: lambda (1 - delta) + eps >= sum min(lambda p, q) for every test",
        sp.And(sp.factor(r * (1 - chance)) >= 0, sp.factor(r * chance) >= 0),
    )
    yield (
        "the test of lambda p > q reaches it: t = 1 there, and 0 elsewhere",
        sp.Matrix([above.subs(t, 1), below.subs(t, 0)]),
    )
    delta, eps, alpha = sp.symbols("delta epsilon alpha", real=True)
    gap = scale * (1 - delta) + eps - alpha  # >= 0
    yield (
        "alpha <= lambda (1 - delta) + eps is delta <= 1 - beta + eps/lambda, beta = alpha/lambda",
        (sp.simplify(1 - alpha / scale + eps / scale - delta - gap / scale)),
    )
    # Mixtures of tests are tests: the boundary is concave, so at each eps a line of some slope
    # 1/lambda lies above it, by r at another eps
    other = sp.Symbol("e", real=True)
    lower = delta + (other - eps) / scale - r
    yield (
        "at that lambda every other point costs more, by lambda r >= 0: alpha is reached at eps",
        sp.expand(scale * (1 - lower) + other - (scale * (1 - delta) + eps) - scale * r),
    )
    x, y = sp.symbols("x y", real=True)
    yield (
        "min(p, q) = (p + q - |p - q|)/2 sums to 1 - TV",
        sp.simplify((sp.Min(x, y) - (x + y - sp.Abs(x - y)) / 2).rewrite(sp.Piecewise)),
    )
    yield (
        "lambda -> infinity: min(lambda p, q) is q once lambda >= q/p",
        (sp.Min(scale * p, q).subs(scale, (q + r) / p).simplify() - q),
    )
    yield (
        "lambda -> 0: min(lambda p, q)/lambda is p once lambda <= q/p",
        sp.simplify(sp.Min(scale * p, q).subs(q, scale * p + r) / scale - p),
    )
    yield from _outlier_steps(sp)


def _outlier_steps(sp):
    """One outlier's ball covers a generator's samples that no other real sample's ball reaches."""
    r, d = sp.symbols("r d", positive=True)
    far = 4 * r + d  # |c|
    between = far - 2 * r  # the least distance of a fake and a real sample, by the triangle
    yield (
        "more than k real samples within r of 0, fakes within r of c, |c| = 4 r + d: balls to the "
        "k-th neighbour have radii up to 2 r, less than |c| - 2 r: no fake is in one, precision 0",
        sp.expand(between - 2 * r) > 0,
    )
    radius, reach = 2 * far - r, far + r
    yield (
        "a real outlier at 2 c is at least 2 |c| - r from its neighbours, and at most |c| + r from "
        "every fake: all are in its ball, precision 1",
        sp.expand(radius - reach) > 0,
    )


def _laws(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of laws on six points: without zeros, and with points that one of them lacks."""
    for _instance in range(6):
        yield tuple(rng.dirichlet(np.ones(6), 2))
        p, q = rng.dirichlet(np.ones(5), 2)
        yield np.append(0, p), np.append(q, 0)


_SCALES = (1e-3, 0.2, 0.7, 1.0, 1.9, 6.0, 1e3)


def _least_cost(p: np.ndarray, q: np.ndarray, scale: float) -> float:
    """The least λ (1 - δ) + ε at the vertices of the mode-collapse region."""
    eps, delta = collapse_region(p, q)
    return float(np.min(scale * (1 - delta) + eps))


@curve.numerical(tolerance=1e-12, description="α(λ) from the region's vertices")
def from_the_region(rng):
    for p, q in _laws(rng):
        for scale in _SCALES:
            yield abs(_least_cost(p, q, scale) - precision(p, q, scale)) / max(1, scale)


def _least_line(p: np.ndarray, q: np.ndarray, eps: np.ndarray, beta: Callable) -> np.ndarray:
    """The least 1 - β(λ) + ε/λ; between two ratios q/p it is linear in 1/λ, so these will do."""
    ratios = np.concatenate([[1e-12, 1e12], q[p > 0] / p[p > 0]])
    return np.min([1 - beta(p, q, r) + eps / r for r in ratios[ratios > 0]], axis=0)


def _recall(p: np.ndarray, q: np.ndarray, scale: float) -> float:
    return precision(p, q, scale) / scale


# eps starts above 0, where the least λ, 1e-12, would be felt.
_EPS = np.linspace(0.01, 1, 100)


def _boundary_errors(beta: Callable, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for p, q in _laws(rng):
        yield np.abs(_least_line(p, q, _EPS, beta) - np.interp(_EPS, *_upper(p, q)))


def _upper(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The region's boundary with one δ for each ε, the largest."""
    eps, delta = collapse_region(p, q)
    kept = np.append(np.diff(eps) > 0, True)
    return eps[kept], delta[kept]


@curve.numerical(tolerance=1e-10, description="δ(ε) from the curve, at 100 ε")
def from_the_curve(rng):
    yield from _boundary_errors(_recall, rng)


@curve.numerical(tolerance=1e-12, description="α(λ) over all 64 sets of six points")
def all_sets(rng):
    sets = np.indices((2,) * 6).reshape(6, -1).T
    for p, q in _laws(rng):
        for scale in _SCALES:
            least = np.min(scale * (1 - sets @ p) + sets @ q)
            yield abs(least - precision(p, q, scale)) / max(1, scale)


@curve.numerical(tolerance=1e-12, description="α(1) against 1 - TV")
def balanced(rng):
    for p, q in _laws(rng):
        yield abs(precision(p, q, 1.0) - (1 - total_variation(p, q)))


def _neighbour_precision(real: np.ndarray, fake: np.ndarray, k: int = 3) -> float:
    """The share of fake samples that lie in some real sample's ball to its k-th neighbour."""
    from scipy.spatial.distance import cdist

    radii = np.sort(cdist(real, real), axis=1)[:, k]
    return float((cdist(fake, real) <= radii).any(axis=1).mean())


def _real_and_fake(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A real cluster around 0, and a generator's around (8, 0), where nothing is real."""
    return rng.normal(0, 0.3, (200, 2)), rng.normal([8, 0], 0.3, (200, 2))


@curve.numerical(tolerance=0, description="precision of a generator that makes nothing real")
def nothing_real(rng):
    for _instance in range(3):
        real, fake = _real_and_fake(rng)
        yield _neighbour_precision(real, fake)
        yield precision(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 1e12)


@curve.meaning()
def curve_in_words(rng):
    real, fake = _real_and_fake(rng)
    outlier = np.vstack([real, [[16, 0]]])
    ends = all(
        abs(precision(p, q, 1e9) - q[p > 0].sum()) < 1e-9
        and abs(_recall(p, q, 1e-9) - p[q > 0].sum()) < 1e-9
        for p, q in _laws(rng)
    )
    for p, q in list(_laws(rng))[:4]:
        scale, eps = rng.uniform(0.3, 3), np.array([rng.uniform(0.1, 1)])
        total = float(sum(min(scale * a, b) for a, b in zip(p, q, strict=True)))
        least, line = _least_cost(p, q, scale), float(_least_line(p, q, eps, _recall)[0])
        yield {
            "alpha(lambda)": total,
            "α(λ)": total,
            "Σ min(λp, q)": precision(p, q, scale),
            "sum min(lambda p, q)": precision(p, q, scale),
            r"\sum_x \min(\lambda p(x), q(x))": precision(p, q, scale),
            r"\min_{\varepsilon} \left[ \lambda (1 - \delta(\varepsilon)) + \varepsilon \right]": (
                least
            ),
            "lambda": scale,
            "beta(lambda)": _recall(p, q, scale),
            "alpha(1)": precision(p, q, 1.0),
            "beta(1)": _recall(p, q, 1.0),
            "TV": total_variation(p, q),
            "the share of q where p is not 0, and of p where q is not 0": ends,
            "A-MC-14": None,
            "the least lambda (1 - delta) + eps on the boundary": abs(least - total) < 1e-12,
            r"\delta(\varepsilon)": float(np.interp(eps, *_upper(p, q))[0]),
            r"\min_{\lambda} \left[ 1 - \beta(\lambda) + \frac{\varepsilon}{\lambda} \right]": line,
            "the least 1 - beta(lambda) + eps/lambda": (
                abs(line - float(np.interp(eps, *_upper(p, q))[0])) < 1e-10
            ),
            "real from 0 to 1": (
                _neighbour_precision(real, fake) == 0 and _neighbour_precision(outlier, fake) == 1
            ),
        }


@curve.control("λ counts the generator and not the data", of=from_the_region, miss=0.112)
def exchanged(rng):
    for p, q in _laws(rng):
        for scale in (0.2, 0.7, 1.9, 6.0):
            yield abs(_least_cost(p, q, scale) - precision(q, p, scale)) / max(1, scale)


@curve.control("recall is α and not α/λ", of=from_the_curve, miss=1)
def recall_without_scale(rng):
    yield from _boundary_errors(precision, rng)


@curve.control("one set is enough, that of p > q, whatever λ", of=all_sets, miss=0.427)
def one_set(rng):
    for p, q in _laws(rng):
        larger = p > q
        for scale in (0.2, 0.4, 3.0, 6.0):
            said = scale * (1 - p[larger].sum()) + q[larger].sum()
            yield abs(said - precision(p, q, scale)) / max(1, scale)


@curve.control("α(1) is 1 - TV², as if by a square", of=balanced, miss=0.25)
def squared(rng):
    for p, q in _laws(rng):
        yield abs(precision(p, q, 1.0) - (1 - total_variation(p, q) ** 2))


@curve.control(
    "precision by three nearest neighbours, with one real outlier", of=nothing_real, miss=1
)
def one_outlier(rng):
    for _instance in range(3):
        real, fake = _real_and_fake(rng)
        yield _neighbour_precision(np.vstack([real, [[16, 0]]]), fake)
