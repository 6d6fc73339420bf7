"""The mode-collapse region of PacGAN, and what packing makes of it (claim A-MC-14).

A set S that holds at least delta of the data and at most eps of the generator is an (eps, delta)
collapse: the pair is a point of the ROC curve of the tests of p against q, and the best tests put
the points in the order of the likelihood ratio.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math
from functools import cache

import numpy as np

from theory.calculators.divergences import total_variation
from theory.calculators.packing import (
    _largest_pair,
    collapse_region,
    packed,
    products,
    variation_range,
)
from theory.chapters.collapse.expressions import largest_packed_variation
from theory.claim import Claim, excess

PACGAN = "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 3"


# P = U[0, 1], Q1 = U[0.2, 1] (collapsed) and Q2 = 0.6 on [0, 0.5], 1.4 on [0.5, 1] (not), as masses
# of [0, 0.2], [0.2, 0.5] and [0.5, 1], on which all three are constant.
DATA, COLLAPSED, SPREAD = [0.2, 0.3, 0.5], [0.0, 0.375, 0.625], [0.12, 0.18, 0.7]
COURSE = "001_5040f14b49cef5aa.txt:37"

# Between which numbers the packed TV lies at tau = .2 in packs of two: of all pairs, of those with
# a (.05, .15) collapse, of those without it and without the augmentation that mirrors it.
_TAU, _POINT = 0.2, (0.05, 0.15)
_RANGES = {"": (0.2, 0.36), "collapse": (0.24, 0.36), "without": (0.2, 0.3385)}
_IN_WORDS = (
    "At tau = .2, m = 2 the packed TV lies in [{}, {}]; in [{}, {}] with a (.05, .15) collapse, in "
    "[{}, {}] without"
).format(*(number for pair in _RANGES.values() for number in pair))

region = Claim(
    id="A-MC-14",
    alias="mode-collapse-region",
    title="Packing maps the mode-collapse region to the ROC curve of p^m against q^m",
    statement="p (data) and q show an (eps, delta) collapse if p(S) >= delta and q(S) <= eps for "
    "some set S. The convex hull of these points with delta > eps is bounded by the ROC curve of "
    "the likelihood-ratio test, TV is the largest delta - eps on it, and in packs of m it is the "
    "larger region of p^m and q^m. Of all pairs with TV(p, q) = tau the packed one has "
    "TV(p^m, q^m) <= 1 - (1 - tau)^m, reached by (tau, 1 - tau) against (0, 1), total loss of a "
    "share tau of the data, and TV(p^m, q^m) >= the least over a of the two-point pairs (1 - a, a) "
    "against (1 - a - tau, a + tau). A collapse raises the lower bound; without (eps, delta) "
    "collapse and augmentation (p, q exchanged) the upper one falls, and where delta + 2 eps <= 1 "
    f"then tau <= (delta - eps)/(delta + eps). {_IN_WORDS}.",
    formula=r"\min_a \mathrm{TV}(\mathrm{Bern}(a)^m, \mathrm{Bern}(a + \tau)^m) \le "
    r"\mathrm{TV}(p^m, q^m) \le 1 - (1 - \tau)^m",
    assumptions=("independent samples in a pack", "TV(p, q) = tau"),
    sources=(
        PACGAN,
        "Blackwell 1953, Equivalent comparisons of experiments (larger region, larger distances)",
        COURSE,
    ),
)


@region.symbolic(
    scope="the region and its boundary, both bounds of all pairs, the largest TV without collapse"
)
def region_proof():
    import sympy as sp

    q, d, t, e, u, v = sp.symbols("q d t e u v", positive=True)
    a, b = sp.symbols("a b", real=True)
    yield (
        "S = {p > t q} against any set T: p - t q of a point in S and not in T is positive",
        (t * q + d) - t * q > 0,
    )
    none = sp.Symbol("c", nonnegative=True)
    yield (
        "and of one in T and not in S it is not: p(S) - t q(S) >= p(T) - t q(T), so no set lies "
        "beyond the line of slope t through the test's point, and mixtures of tests fill the hull",
        (t * q - none) - t * q <= 0,
    )
    yield (
        "at t = 1 that is TV: p(S) - q(S) = sum of (p - q)+ = sum |p - q|/2, sum p = sum q",
        (sp.Max(d, 0) - sp.Max(-d, 0) - d),
    )
    n, j = sp.symbols("n j", integer=True, positive=True)
    rest = sp.IndexedBase("r")
    yield (
        "a test of the first sample alone is one of the pack: the others, of sum 1, drop out",
        sp.Sum(q * rest[j], (j, 1, n)) - q * sp.Sum(rest[j], (j, 1, n)),
    )
    yield (
        "merging two points lowers TV: (|a| + |b|)^2 - (a + b)^2 = 2 (|ab| - ab) >= 0",
        (
            sp.expand((sp.Abs(a) + sp.Abs(b)) ** 2 - (a + b) ** 2)
            - (sp.Abs(a) ** 2 + sp.Abs(b) ** 2 - a**2 - b**2 + 2 * (sp.Abs(a) * sp.Abs(b) - a * b))
        ),
    )
    tau, x, m = sp.symbols("tau alpha m", positive=True)
    yield (
        "merging {p > q} and the rest, sample by sample, leaves two points with TV tau",
        sp.Matrix([(1 - x) - (1 - x - tau) - tau, (x + tau) - x - tau]),
    )
    # min(p, q) min(p', q') <= min(pp', qq') for all orders of p, q and p', q'
    for words, first, second in (
        ("p >= q, p' >= q'", (u + d, u), (v + e, v)),
        ("p >= q, p' <= q'", (u + d, u), (v, v + e)),
    ):
        product = [f * s for f, s in zip(first, second, strict=True)]
        yield (
            f"each min(pp', qq') >= min(p, q) min(p', q'): {words}",
            sp.And(*(sp.expand(w - u * v) >= 0 for w in product)),
        )
    yield (
        "so 1 - TV(p^m, q^m) = sum min(p^m, q^m) >= (1 - tau)^m; (tau, 1 - tau), (0, 1) reach it",
        sp.simplify(1 - (1 / (1 + t)) ** m - largest_packed_variation(t / (1 + t), m)),
    )
    eps, gap, room = sp.symbols("epsilon g r", positive=True)
    delta = eps + gap
    corner = sp.solve(delta / eps * x - (1 - eps / delta * (1 - x)), x)[0]
    yield (
        "no collapse: beyond eps a concave boundary lies below y = (delta/eps) x, and before "
        "1 - delta below the mirror image of that line; they meet at x = eps/(delta + eps)",
        sp.simplify(corner - eps / (delta + eps)),
    )
    yield (
        "where delta - eps is (delta - eps)/(delta + eps)",
        sp.simplify(delta / eps * corner - corner - gap / (delta + eps)),
    )
    # before eps it lies below the line through (eps, delta) and (1, 1), highest over x at x = 0
    line = 1 - (1 - delta) / (1 - eps) * (1 - x)
    yield (
        "before eps it is at most (delta - eps)/(1 - eps)",
        sp.simplify(line.subs(x, 0) - gap / (1 - eps)),
    )
    yield (
        "which is no more if delta + 2 eps = 1 - r <= 1; beyond 1 - delta the same, mirrored",
        sp.simplify((gap / (delta + eps) - gap / (1 - eps)).subs(gap, 1 - 3 * eps - room))
        - (1 - 3 * eps - room) * room / ((1 - eps - room) * (1 - eps)),
    )


def _pairs_at(rng, tau: float, n: int):
    """Random pairs of laws on two to four points with TV(p, q) = tau."""
    found = 0
    while found < n:
        p, q = rng.dirichlet(np.full(rng.integers(2, 5), 0.7), 2)
        distance = np.abs(p - q).sum() / 2
        if distance >= tau:
            found += 1
            yield p, p + (q - p) * tau / distance


@cache
def _known_range(m: int, kind: str = "") -> np.ndarray:
    return np.array(variation_range(_TAU, m, **({kind: _POINT} if kind else {})))


def _collapses(p, q) -> bool:
    return bool(np.interp(_POINT[0], *_strict(*collapse_region(p, q))) >= _POINT[1])


def _strict(eps: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The boundary as a function of eps: of several heights over one eps the largest."""
    last = np.append(np.diff(eps) > 0, True)
    return eps[last], delta[last]


def _sets_of_packs(rng):
    """Pairs on few points, the size of the packs, and p^m and q^m of every set of packs."""
    for instance in range(20):
        n, m = ((5, 1), (2, 3), (3, 2))[instance % 3]
        p, q = rng.dirichlet(np.ones(n), 2)
        sets = (np.arange(2 ** (n**m))[:, None] >> np.arange(n**m)) & 1
        yield p, q, m, *(sets @ w for w in products(p, q, m))


@region.numerical(tolerance=1e-12, description="the boundary against all sets S of packs")
def boundary_against_all_sets(rng):
    for p, q, m, first, second in _sets_of_packs(rng):
        eps, delta = collapse_region(p, q, m)
        yield excess(first, np.interp(second, *_strict(eps, delta)))
        yield abs(np.max(delta - eps) - np.max(first - second))
        yield abs(np.max(delta - eps) - total_variation(*products(p, q, m)))


def _beyond(rng, inner: int, outer: int):
    """How far the region of packs of one size lies outside of that of another size."""
    for _instance in range(20):
        p, q = rng.dirichlet(np.ones(3), 2)
        eps, delta = collapse_region(p, q, inner)
        yield excess(delta[1:], np.interp(eps[1:], *_strict(*collapse_region(p, q, outer))))


@region.numerical(tolerance=1e-12, description="the packed region holds that of one sample")
def packed_region_is_larger(rng):
    yield from _beyond(rng, 1, 3)


def _outside(distance: float, m: int, kind: str):
    low, high = _known_range(m, kind)
    return max(excess(low, distance), excess(distance, high))


# Where the range has to be searched for, the search ends within 2e-5 (`variation_range`).
@region.numerical(tolerance=2e-5, description="random pairs with TV = .2 outside of the bounds")
def pairs_outside_of_the_bounds(rng):
    for m in (2, 3):
        for p, q in _pairs_at(rng, _TAU, 60):
            kinds = [""]
            if _collapses(p, q):
                kinds.append("collapse")
            elif not _collapses(q, p):
                kinds.append("without")
            distance = total_variation(*packed(p, q, m))
            yield [_outside(distance, m, kind) for kind in kinds]


@region.numerical(tolerance=5e-5, description="the statement's bounds, four decimals")
def bounds_in_decimals():
    for kind, numbers in _RANGES.items():
        yield np.abs(_known_range(2, kind) - numbers)


@region.numerical(tolerance=1e-12, description="pairs that reach the bounds of all pairs")
def pairs_that_reach():
    for m in (2, 3, 6):
        yield abs(total_variation(*packed([_TAU, 1 - _TAU], [0, 1], m)) - (1 - (1 - _TAU) ** m))
    yield abs(total_variation(*packed([0.6, 0.4], [0.4, 0.6], 2)) - _TAU)  # TV gains nothing


def _largest_without(point: tuple[float, float], shift: float) -> float:
    """1 where a pair without this collapse is found at the largest TV plus a shift, else 0."""
    eps, delta = point
    tau = (delta - eps) / (delta + eps) + shift
    return float(not np.isnan(variation_range(tau, 1, without=point)[1]))


@region.numerical(tolerance=0.0, description="pairs just below the largest TV, and none above")
def largest_without_collapse():
    for point in ((0.05, 0.1), (0.24, 0.4)):
        yield abs(_largest_without(point, -1e-3) - 1)
        yield _largest_without(point, 1e-3)


def _garbled(pairs):
    """By how much the largest pair without collapse, garbled, misses each pair: by LP."""
    from scipy.optimize import linprog

    eps, delta = _POINT
    for p, q in pairs:
        x, y = _strict(*collapse_region(p, q))
        steps = np.searchsorted(x, [eps, 1 - delta], side="right").clip(1, len(x) - 1)
        slopes = (y[steps] - y[steps - 1]) / (x[steps] - x[steps - 1])
        first, second = _largest_pair(tuple(slopes), _TAU, _POINT)
        # a stochastic matrix K with first K = p and second K = q
        rows = [np.kron(w, np.eye(p.size)) for w in (first, second)]
        rows.append(np.kron(np.eye(first.size), np.ones(p.size)))
        right = np.concatenate([p, q, np.ones(first.size)])
        found = linprog(np.zeros(first.size * p.size), A_eq=np.vstack(rows), b_eq=right)
        yield np.abs(np.vstack(rows) @ found.x - right) if found.status == 0 else 1.0


@region.numerical(tolerance=1e-7, description="the largest pair, garbled, gives any pair: by LP")
def any_pair_by_garbling(rng):
    pairs = list(_pairs_at(rng, _TAU, 20))
    yield from _garbled(w for w in pairs if not (_collapses(*w) or _collapses(*w[::-1])))


@cache
def _least_of_two_points(tau: float, m: int) -> float:
    """The least packed TV of (1 - a, a) against (1 - a - tau, a + tau), on a fine grid of a."""
    return min(
        total_variation(*packed([1 - a, a], [1 - a - tau, a + tau], m))
        for a in np.linspace(0, 1 - tau, 201)[1:-1]
    )


@region.meaning()
def region_in_words(rng):
    two_points = "the least over a of the two-point pairs (1 - a, a) against (1 - a - tau, a + tau)"
    lowest = r"\min_a \mathrm{TV}(\mathrm{Bern}(a)^m, \mathrm{Bern}(a + \tau)^m)"
    extreme = (np.array([_TAU, 1 - _TAU]), np.array([0.0, 1.0]))
    for p, q in (*_pairs_at(rng, _TAU, 3), extreme):
        for m in (2, 3):
            yield {
                "tau": total_variation(p, q),
                "TV(p, q)": _TAU,
                "m": m,
                "TV(p^m, q^m)": total_variation(*packed(p, q, m)),
                lowest: _known_range(m)[0] - 2e-5,
                two_points: _least_of_two_points(_TAU, m) - 1e-4,
                "reached by (tau, 1 - tau) against (0, 1)": abs(
                    total_variation(*packed(*extreme, m)) - (1 - (1 - _TAU) ** m)
                )
                < 1e-12,
            }
    for eps, delta in ((0.2499, 0.5),):
        tau = (delta - eps) / (delta + eps) - 1e-3
        inside = not np.isnan(variation_range(tau, 1, without=(eps, delta))[1])
        yield {
            "eps": eps,
            "delta": delta,
            "tau": tau if inside else math.nan,
            "p(S)": delta,
            "q(S)": eps,
        }
        yield {"eps": eps, "delta": delta, "p(S)": delta + 0.1, "q(S)": eps - 0.1}
    yield {
        _IN_WORDS: all(
            np.abs(_known_range(2, kind) - numbers).max() < 5e-5
            for kind, numbers in _RANGES.items()
        ),
    }


@region.control(
    "the points are put in the order of p - q, not of p/q", of=boundary_against_all_sets, miss=0.311
)
def order_of_the_difference(rng):
    for p, q, m, first, second in _sets_of_packs(rng):
        packs = products(p, q, m)
        order = np.argsort(packs[1] - packs[0])
        eps, delta = (np.append(0, np.cumsum(w[order])) for w in (packs[1], packs[0]))
        yield excess(first, np.interp(second, *_strict(eps, delta)))


@region.control(
    "packs of two have the region of packs of three", of=packed_region_is_larger, miss=0.618
)
def two_for_three(rng):
    yield from _beyond(rng, 3, 2)


@region.control(
    "total loss of a fifth of the data is held to the bound without collapse",
    of=pairs_outside_of_the_bounds,
    miss=0.0519,
)
def total_loss_without_collapse():
    for m in (2, 3):
        yield _outside(total_variation(*packed(DATA, COLLAPSED, m)), m, "without")


@region.control(
    "the samples of a pack are copies of one another: TV stays .2",
    of=pairs_outside_of_the_bounds,
    miss=0.0647,
)
def copied_samples(rng):
    for p, q in _pairs_at(rng, _TAU, 5):
        yield _outside(total_variation(p, q), 3, "")


@region.control("augmentation is not excluded", of=bounds_in_decimals, miss=0.0215)
def with_augmentation():
    made_up = total_variation(*packed([0, 1], [_TAU, 1 - _TAU], 2))  # q shows what p has not
    yield abs(made_up - _RANGES["without"][1])


@region.control("packs of one sample fewer", of=pairs_that_reach, miss=0.16)
def one_sample_fewer():
    for m in (2, 3, 6):
        yield abs(
            total_variation(*packed([_TAU, 1 - _TAU], [0, 1], m)) - (1 - (1 - _TAU) ** (m - 1))
        )


@region.control("the largest TV is said to be 1% larger", of=largest_without_collapse, miss=1)
def one_percent_more():
    yield abs(_largest_without((0.05, 0.1), 0.01 / 3) - 1)


@region.control("pairs that do collapse are garbled from it, too", of=any_pair_by_garbling, miss=1)
def collapsed_pairs():
    data, collapsed = np.array(DATA), np.array(COLLAPSED)
    yield from _garbled([(data, collapsed), (collapsed, data)])
