"""The mode-collapse region of PacGAN, and what packing makes of it (claims A-MC-08, 09 and 14).

A set S that holds at least delta of the data and at most eps of the generator is an (eps, delta)
collapse: the pair is a point of the ROC curve of the tests of p against q, and the best tests put
the points in the order of the likelihood ratio.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from functools import cache

import numpy as np

from theory.calculators.divergences import js, total_variation
from theory.calculators.packing import (
    _largest_pair,
    collapse_region,
    packed,
    products,
    variation_range,
)
from theory.chapters.collapse.expressions import largest_packed_variation, packed_total_variation
from theory.claim import AS_STATED, Claim

PACGAN = "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 3"


# P = U[0, 1], Q1 = U[0.2, 1] (collapsed) and Q2 = 0.6 on [0, 0.5], 1.4 on [0.5, 1] (not), as masses
# of [0, 0.2], [0.2, 0.5] and [0.5, 1], on which all three are constant.
DATA, COLLAPSED, SPREAD = [0.2, 0.3, 0.5], [0.0, 0.375, 0.625], [0.12, 0.18, 0.7]
_COURSE = "001_5040f14b49cef5aa.txt:37"

separation = Claim(
    id="A-MC-08",
    alias="packing-targets-collapse",
    title="Equal TV for one sample: in packs the collapsed law falls behind",
    statement="Against P = U[0, 1] the collapsed Q1 = U[.2, 1], which misses a fifth of the data, "
    "and Q2 (density .6 on [0, .5], 1.4 on [.5, 1]), which misses nothing, have the same TV = .2 "
    "for one sample. In packs of m >= 2 the collapsed one is always further away, by .12 at m = 2 "
    "and by .33 at m = 5: a packed discriminator punishes collapse.",
    formula=r"\mathrm{TV}(P, Q_1) = \mathrm{TV}(P, Q_2), \quad "
    r"\mathrm{TV}(P^m, Q_1^m) > \mathrm{TV}(P^m, Q_2^m) \; (m \ge 2)",
    assumptions=("independent samples in a pack", "D sees the whole pack"),
    sources=(PACGAN, _COURSE),
)


def _exact_variations(m: int):
    """TV(P^m, Q1^m) and TV(P^m, Q2^m) as fractions."""
    import sympy as sp

    laws = [[sp.Rational(str(w)) for w in law] for law in (DATA, COLLAPSED, SPREAD)]
    return tuple(packed_total_variation(laws[0], law, m) for law in laws[1:])


@separation.symbolic(scope=AS_STATED)
def separation_proof():
    import sympy as sp

    one, two = _exact_variations(1)
    yield "one sample: TV = 1/5 in both cases", sp.Matrix([one, two]) - sp.Matrix([1, 1]) / 5
    m = sp.Symbol("m", integer=True, positive=True)
    yield (
        "Q1: a pack of P avoids [0, .2] with probability (4/5)^m, where Q1's density is larger",
        (sp.Rational(5, 4) ** m * sp.Rational(4, 5) ** m - 1),
    )
    for n in range(2, 9):
        one, two = _exact_variations(n)
        yield (
            f"m = {n}: TV(P^m, Q1^m) - TV(P^m, Q2^m) > 1/10, exactly",
            one - two > (sp.Rational(1, 10)),
        )


def _shortfall(first: list[float], second: list[float]):
    """By how much the packed TVs differ by less than .12, and how unequal the first TVs are."""
    variations = [
        [total_variation(*packed(DATA, q, m)) for q in (first, second)] for m in (1, 2, 5)
    ]
    yield abs(variations[0][0] - variations[0][1])
    for one, two in variations[1:]:
        yield max(0.0, 0.12 - (one - two))


@separation.numerical(tolerance=1e-12, description="TV equal at m = 1, .12 apart from m = 2 on")
def tv_equal_at_m_1_12_apart_from_m_2():
    yield from _shortfall(COLLAPSED, SPREAD)


@separation.control(
    "the second law is as collapsed as the first: packing cannot tell them",
    of=tv_equal_at_m_1_12_apart_from_m_2,
    miss=0.12,
)
def the_second_law_is_as_collapsed_as_the_first():
    yield from _shortfall(COLLAPSED, COLLAPSED)


table = Claim(
    id="A-MC-09",
    alias="packed-table",
    title="TV(P^m, Q₁^m) = 1 − 0.8^m and the table of packed TV and JS",
    statement="With the laws of A-MC-08 and m = 1, ..., 5: TV(P^m, Q1^m) = 1 - .8^m = .2, .36, "
    ".488, .5904, .6723 and TV(P^m, Q2^m) = .2, .24, .284, .3392, .3407; JS = .0749, .1447, .2092, "
    ".2684, .3222 against .0210, .0411, .0605, .0791, .0970.",
    formula=r"\mathrm{TV}(P^m, Q_1^m) = 1 - 0.8^m",
    assumptions=("independent samples in a pack",),
    sources=(PACGAN, _COURSE),
)

_TABLE = (
    (COLLAPSED, total_variation, (0.2, 0.36, 0.488, 0.5904, 0.6723)),
    (SPREAD, total_variation, (0.2, 0.24, 0.284, 0.3392, 0.3407)),
    (COLLAPSED, js, (0.0749, 0.1447, 0.2092, 0.2684, 0.3222)),
    (SPREAD, js, (0.0210, 0.0411, 0.0605, 0.0791, 0.0970)),
)


@table.symbolic(scope=AS_STATED)
def table_proof():
    import sympy as sp

    m = sp.Symbol("m", integer=True, positive=True)
    p, kept = [sp.nsimplify(w) for w in DATA], [sp.nsimplify(w) for w in COLLAPSED]
    yield (
        "TV = sum of (p - q)+: P^m has 1 - P([.2, 1])^m on packs that Q1 cannot make",
        (1 - (p[1] + p[2]) ** m - (1 - sp.Rational(4, 5) ** m)),
    )
    yield (
        "and on all others q = (5/4)^m p is larger than p",
        sp.Matrix([kept[i] / p[i] - sp.Rational(5, 4) for i in (1, 2)]),
    )
    for n in range(1, 6):
        exact = _exact_variations(n)
        stated = [sp.Rational(str(_TABLE[i][2][n - 1])) for i in (0, 1)]
        yield (
            f"m = {n}: both TVs as fractions, against the table's four decimals",
            sp.And(
                *(abs(a - b) <= sp.Rational(1, 20_000) for a, b in zip(exact, stated, strict=True))
            ),
        )


@table.numerical(tolerance=5.1e-5, description="the table, which has four decimals")
def the_table_which_has_four_decimals():
    for q, distance, stated in _TABLE:
        for m, number in enumerate(stated, 1):
            yield abs(distance(*packed(DATA, q, m)) - number)


@table.numerical(tolerance=1e-12, description="merged packs against all 3^m packs")
def merged_packs_against_all_3_m_packs():
    for q, distance, _stated in _TABLE:
        for m in range(1, 6):
            yield abs(distance(*packed(DATA, q, m)) - distance(*products(DATA, q, m)))


@table.control(
    "the samples of a pack are copies of one another: nothing changes with m",
    of=merged_packs_against_all_3_m_packs,
    miss=0.472,
)
def the_samples_of_a_pack_are_copies_of_one_another():
    for q, distance, stated in _TABLE:
        yield abs(distance(DATA, q) - stated[-1])


region = Claim(
    id="A-MC-14",
    alias="mode-collapse-region",
    title="Packing maps the mode-collapse region to the ROC curve of p^m against q^m",
    statement="p (data) and q show an (eps, delta) collapse if p(S) >= delta and q(S) <= eps for "
    "some set S. The convex hull of these points with delta > eps is bounded by the ROC curve of "
    "the likelihood-ratio test, TV is the largest delta - eps on it, and in packs of m it is the "
    "larger region of p^m and q^m. Of all pairs with TV(p, q) = tau the packed TV(p^m, q^m) is at "
    "most 1 - (1 - tau)^m, reached by (tau, 1 - tau) against (0, 1), total loss of a share tau of "
    "the data, and at least the minimum over a of that of the two-point pairs (1 - a, a) against "
    "(1 - a - tau, a + tau). A collapse raises the lower bound; without (eps, delta) collapse and "
    "augmentation (p, q exchanged) the upper one falls, and tau is at most (delta - eps)/"
    "(delta + eps) if delta + 2 eps <= 1. At tau = .2, m = 2 the packed TV lies in [.2, .36]; in "
    "[.24, .36] with a (.05, .15) collapse, in [.2, .3385] without.",
    formula=r"\min_a \mathrm{TV}(\mathrm{Bern}(a)^m, \mathrm{Bern}(a + \tau)^m) \le "
    r"\mathrm{TV}(p^m, q^m) \le 1 - (1 - \tau)^m",
    assumptions=("independent samples in a pack", "TV(p, q) = tau"),
    sources=(
        PACGAN,
        "Blackwell 1953, Equivalent comparisons of experiments (larger region, larger distances)",
        _COURSE,
    ),
)


@region.symbolic(scope=AS_STATED)
def region_proof():
    import sympy as sp

    q, d, t, e, u, v = sp.symbols("q d t e u v", positive=True)
    a, b = sp.symbols("a b", real=True)
    yield (
        "a point of S = {p > t q} adds p - t q > 0 to p(S) - t q(S), one outside adds nothing: no "
        "set does better, so the test's points bound the region",
        (t * q + d) - t * q > 0,
    )
    yield (
        "at t = 1 that is TV: p(S) - q(S) = sum of (p - q)+ = sum |p - q|/2, sum p = sum q",
        (sp.Max(d, 0) - sp.Max(-d, 0) - d),
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


_POINT = (0.05, 0.15)


@cache
def _known_range(m: int, kind: str = "") -> np.ndarray:
    return np.array(variation_range(0.2, m, **({kind: _POINT} if kind else {})))


def _collapses(p, q) -> bool:
    return bool(np.interp(_POINT[0], *_strict(*collapse_region(p, q))) >= _POINT[1])


def _strict(eps: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The boundary as a function of eps: of several heights over one eps the largest."""
    last = np.append(np.diff(eps) > 0, True)
    return eps[last], delta[last]


@region.numerical(tolerance=1e-12, description="the boundary against all sets S of packs")
def the_boundary_against_all_sets_s_of_packs(rng):
    for _instance in range(20):
        n, m = ((5, 1), (2, 3), (3, 2))[_instance % 3]
        p, q = rng.dirichlet(np.ones(n), 2)
        eps, delta = collapse_region(p, q, m)
        sets = (np.arange(2 ** (n**m))[:, None] >> np.arange(n**m)) & 1
        first, second = (sets @ w for w in products(p, q, m))
        yield np.maximum(0, first - np.interp(second, *_strict(eps, delta)))
        yield abs(np.max(delta - eps) - np.max(first - second))
        yield abs(np.max(delta - eps) - total_variation(*products(p, q, m)))


@region.numerical(tolerance=1e-12, description="the packed region holds that of one sample")
def the_packed_region_holds_that_of_one_sample(rng):
    for _instance in range(20):
        p, q = rng.dirichlet(np.ones(3), 2)
        eps, delta = collapse_region(p, q)
        yield np.maximum(0, delta[1:] - np.interp(eps[1:], *_strict(*collapse_region(p, q, 3))))


@region.numerical(tolerance=2e-5, description="random pairs with TV = .2 outside of the bounds")
def random_pairs_with_tv_2_outside_of_the_bounds(rng):
    for m in (2, 3):
        for p, q in _pairs_at(rng, 0.2, 60):
            distance = total_variation(*packed(p, q, m))
            kinds = [""]
            if _collapses(p, q):
                kinds.append("collapse")
            elif not _collapses(q, p):
                kinds.append("without")
            for low, high in (_known_range(m, kind) for kind in kinds):
                yield np.maximum(0, [low - distance, distance - high])


@region.numerical(tolerance=5e-5, description="the statement's bounds, and pairs that reach them")
def the_statements_bounds_and_pairs_that_reach_them():
    for kind, stated in ("", (0.2, 0.36)), ("collapse", (0.24, 0.36)), ("without", (0.2, 0.3385)):
        yield np.abs(_known_range(2, kind) - stated)
    yield abs(total_variation(*packed([0.2, 0.8], [0, 1], 3)) - (1 - 0.8**3))
    yield abs(total_variation(*packed([0.6, 0.4], [0.4, 0.6], 2)) - 0.2)  # TV gains nothing
    for point, tau in (((0.05, 0.1), 1 / 3), ((0.4, 0.55), 0.25)):  # the largest TV without
        for excess in (-0.002, 0.002):
            largest = variation_range(tau + excess, 1, without=point)[1]
            yield float(np.isnan(largest) != (excess > 0))


@region.numerical(tolerance=1e-7, description="the largest pair, garbled, gives any pair: by LP")
def the_largest_pair_garbled_gives_any_pair_by_lp(rng):
    from scipy.optimize import linprog

    eps, delta = _POINT
    for p, q in _pairs_at(rng, 0.2, 25):
        if _collapses(p, q) or _collapses(q, p):
            continue
        x, y = _strict(*collapse_region(p, q))
        steps = np.searchsorted(x, [eps, 1 - delta], side="right").clip(1, len(x) - 1)
        slopes = (y[steps] - y[steps - 1]) / (x[steps] - x[steps - 1])
        first, second = _largest_pair(tuple(slopes), 0.2, _POINT)
        # a stochastic matrix K with first K = p and second K = q
        rows = [np.kron(w, np.eye(p.size)) for w in (first, second)]
        rows.append(np.kron(np.eye(first.size), np.ones(p.size)))
        right = np.concatenate([p, q, np.ones(first.size)])
        found = linprog(np.zeros(first.size * p.size), A_eq=np.vstack(rows), b_eq=right)
        yield np.abs(np.vstack(rows) @ found.x - right) if found.status == 0 else 1.0


@region.control(
    "total loss of a fifth of the data is held to the bound without collapse",
    of=the_largest_pair_garbled_gives_any_pair_by_lp,
    miss=0.0215,
)
def total_loss_of_a_fifth_of_the_data_is_held():
    distance = total_variation(*packed(DATA, COLLAPSED, 2))
    yield max(0.0, distance - _known_range(2, "without")[1])


@region.control(
    "the packed region is said to be that of one sample",
    of=the_largest_pair_garbled_gives_any_pair_by_lp,
    miss=0.752,
)
def the_packed_region_is_said_to_be_that_of_one(rng):
    for _instance in range(20):
        p, q = rng.dirichlet(np.ones(3), 2)
        eps, delta = collapse_region(p, q, 3)
        yield np.maximum(0, delta[1:] - np.interp(eps[1:], *_strict(*collapse_region(p, q))))


@region.control(
    "the samples of a pack are copies of one another: TV stays .2",
    of=the_largest_pair_garbled_gives_any_pair_by_lp,
    miss=0.0647,
)
def region_the_samples_of_a_pack_are_copies_of_one_another(rng):
    for p, q in _pairs_at(rng, 0.2, 5):
        yield max(0.0, _known_range(3)[0] - total_variation(p, q))
