"""Two laws as far from the data for one sample, one collapsed and one not, in packs (claims A-MC-08
and 09)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import numpy as np

from theory.calculators.divergences import js, total_variation
from theory.calculators.packing import packed, products
from theory.chapters.collapse.expressions import pack, packed_total_variation
from theory.chapters.collapse.mode_collapse_region import (
    COLLAPSED,
    COURSE,
    DATA,
    PACGAN,
    SPREAD,
)
from theory.claim import AS_STATED, Claim, excess

separation = Claim(
    id="A-MC-08",
    alias="packing-targets-collapse",
    title="Equal TV for one sample: in packs the collapsed law falls behind",
    statement="Against P = U[0, 1] the collapsed Q1 = U[.2, 1], which misses a fifth of the data, "
    "and Q2 (density .6 on [0, .5], 1.4 on [.5, 1]), which misses nothing, have the same TV = .2 "
    "for one sample. In packs of m >= 2 the collapsed one is always further away, in packs of two "
    "by TV(P^2, Q1^2) - TV(P^2, Q2^2) = .12, in packs of five by TV(P^5, Q1^5) - TV(P^5, Q2^5) = "
    ".33: a packed discriminator punishes collapse.",
    formula=r"\mathrm{TV}(P, Q_1) = \mathrm{TV}(P, Q_2), \quad "
    r"\mathrm{TV}(P^m, Q_1^m) > \mathrm{TV}(P^m, Q_2^m) \quad (m \ge 2)",
    assumptions=("independent samples in a pack", "D sees the whole pack"),
    sources=(PACGAN, COURSE),
)


# By how much TV(P^m, Q1^m) exceeds TV(P^m, Q2^m), in two decimals.
_GAPS = {2: 0.12, 5: 0.33}


def _exact(law: list[float]) -> list:
    """The masses as fractions."""
    import sympy as sp

    return [sp.Rational(str(w)) for w in law]


def _exact_variations(m: int):
    """TV(P^m, Q1^m) and TV(P^m, Q2^m) as fractions."""
    p, *laws = (_exact(law) for law in (DATA, COLLAPSED, SPREAD))
    return tuple(packed_total_variation(p, law, m) for law in laws)


@separation.symbolic(scope=AS_STATED)
def separation_proof():
    import sympy as sp

    one, two = _exact_variations(1)
    yield "one sample: TV = 1/5 in both cases", sp.Matrix([one, two]) - sp.Matrix([1, 1]) / 5
    data, collapsed, spread = (_exact(law) for law in (DATA, COLLAPSED, SPREAD))
    four_fifths = sp.Rational(4, 5)
    yield (
        "Q1^m: a pack of P avoids [0, .2] with probability (4/5)^m, and there Q1's density is "
        "5/4 of P's: TV = 1 - (4/5)^m",
        sp.Matrix(
            [
                data[1] + data[2] - four_fifths,
                *(collapsed[i] - data[i] / four_fifths for i in (1, 2)),
            ]
        ),
    )
    square = sum(sp.sqrt(p * q) for p, q in zip(data, spread, strict=True)) ** 2
    yield "rho^2 = (sqrt .35 + sqrt .15)^2 of P and Q2", sp.expand(square) - (5 + sp.sqrt(21)) / 10
    a, b = sp.symbols("a b", positive=True)
    yield (
        "|a - b| = |sqrt a - sqrt b| (sqrt a + sqrt b)",
        sp.expand((sp.sqrt(a) - sp.sqrt(b)) * (sp.sqrt(a) + sp.sqrt(b)) - (a - b)),
    )
    rho = sp.Symbol("rho", positive=True)
    yield (
        "by Cauchy and Schwarz 4 TV^2 <= sum (sqrt p - sqrt q)^2 sum (sqrt p + sqrt q)^2 = "
        "(2 - 2 rho)(2 + 2 rho), rho = sum sqrt(p q): TV^2 <= 1 - rho^2, in packs 1 - rho^(2m)",
        sp.expand((2 - 2 * rho) * (2 + 2 * rho) / 4 - (1 - rho**2)),
    )
    share = four_fifths / square
    yield (
        "(1 - (4/5)^m)^2 > 1 - rho^(2m) where 2 (4/5)^m < rho^(2m): (4/5)^m has a square, too",
        sp.expand((1 - a) ** 2 - (1 - b) - (b - 2 * a) - a**2),
    )
    yield "and 2 ((4/5)/rho^2)^m falls in m", share < 1
    yield "below 1 from m = 4 on", 2 * share**4 < 1
    for n in (2, 3):
        one, two = _exact_variations(n)
        yield f"m = {n}: exactly", one - two > 0
    for n, gap in _GAPS.items():
        one, two = _exact_variations(n)
        yield (
            f"m = {n}: the difference in two decimals",
            sp.floor((one - two) * 10**2 + sp.Rational(1, 2)) - round(gap * 10**2),
        )


def _gap(m: int, first=COLLAPSED, second=SPREAD) -> float:
    """TV(P^m, first^m) - TV(P^m, second^m)."""
    return total_variation(*packed(DATA, first, m)) - total_variation(*packed(DATA, second, m))


@separation.numerical(tolerance=1e-12, description="TV equal at m = 1, and larger up to m = 30")
def larger_in_packs():
    yield abs(_gap(1))
    for m in range(2, 31):
        yield excess(0, _gap(m))
    yield abs(_gap(2) - 0.12)


@separation.numerical(tolerance=5e-3, description="the differences, two decimals")
def two_decimals():
    for m, gap in _GAPS.items():
        yield abs(_gap(m) - gap)


@separation.meaning()
def separation_in_words():
    yield {
        "P = U[0, 1]": None,
        "Q1 = U[.2, 1]": None,
        "a fifth of the data": None,
        "(density .6 on [0, .5], 1.4 on [.5, 1])": np.allclose(
            SPREAD, np.array(DATA) * [0.6, 0.6, 1.4]
        ),
        "TV": total_variation(DATA, COLLAPSED),
        r"\mathrm{TV}(P, Q_1)": total_variation(DATA, COLLAPSED),
        r"\mathrm{TV}(P, Q_2)": total_variation(DATA, SPREAD),
    }
    yield {"TV": total_variation(DATA, SPREAD)}
    for m in (2, 3, 8):
        first, second = (total_variation(*packed(DATA, q, m)) for q in (COLLAPSED, SPREAD))
        yield {"m": m, "TV(P^m, Q_1^m)": first, "TV(P^m, Q_2^m)": second}
    yield {
        f"TV(P^{m}, Q{i}^{m})": total_variation(*packed(DATA, q, m))
        for m in _GAPS
        for i, q in ((1, COLLAPSED), (2, SPREAD))
    }


@separation.control(
    "the second law misses a tenth of the data, too", of=larger_in_packs, miss=0.263
)
def the_second_law_collapses_as_well():
    half = [0.1, 0.1, 0.3, 0.5]
    first, second = [0.0, 0.0, 0.375, 0.625], [0.0, 0.1, 0.3, 0.6]
    for m in range(1, 6):
        gap = total_variation(*packed(half, second, m)) - total_variation(*packed(half, first, m))
        yield abs(gap) if m == 1 else excess(0, gap)


@separation.control("the difference is said to be m - 1 times .12", of=two_decimals, miss=0.148)
def in_proportion():
    for m in _GAPS:
        yield abs(_gap(m) - 0.12 * (m - 1))


# TV and JS of packs of one to five samples of P from those of Q1 and of Q2, in four decimals.
_TABLE = (
    ("TV", "Q1", (0.2, 0.36, 0.488, 0.5904, 0.6723)),
    ("TV", "Q2", (0.2, 0.24, 0.284, 0.3392, 0.3407)),
    ("JS", "Q1", (0.0749, 0.1447, 0.2092, 0.2684, 0.3222)),
    ("JS", "Q2", (0.0210, 0.0411, 0.0605, 0.0791, 0.0970)),
)
_DISTANCES = {"TV": total_variation, "JS": js}
_LAWS = {"Q1": COLLAPSED, "Q2": SPREAD}

table = Claim(
    id="A-MC-09",
    alias="packed-table",
    title="TV(P^m, Q₁^m) = 1 − 0.8^m and the table of packed TV and JS",
    statement="With the laws of A-MC-08, whose one sample has TV = .2 from P, the packs of m have "
    "TV(P^m, Q1^m) = 1 - 0.8^m, and for m from one to five: "
    + "; ".join(
        f"{name}_{m}({law}) = {number:.4f}"
        for name, law, numbers in _TABLE
        for m, number in enumerate(numbers, 1)
    )
    + ".",
    formula=r"\mathrm{TV}(P^m, Q_1^m) = 1 - 0.8^m",
    assumptions=("independent samples in a pack",),
    sources=(PACGAN, COURSE),
)


@table.symbolic(scope=AS_STATED)
def table_proof():
    import sympy as sp

    m = sp.Symbol("m", integer=True, positive=True)
    p, kept = _exact(DATA), _exact(COLLAPSED)
    yield (
        "TV = sum of (p - q)+: of P^m, 1 - P([.2, 1])^m is on packs that Q1 cannot make",
        (1 - (p[1] + p[2]) ** m) - (1 - sp.Rational(4, 5) ** m),
    )
    yield (
        "and on all others q = (5/4)^m p is larger than p",
        sp.Matrix([kept[i] / p[i] - sp.Rational(5, 4) for i in (1, 2)]),
    )
    for size in range(1, 6):
        for exact, (_name, law, numbers) in zip(_exact_variations(size), _TABLE, strict=False):
            yield (
                f"m = {size}: TV(P^m, {law}^m) as a fraction, four decimals",
                sp.floor(exact * 10**4 + sp.Rational(1, 2)) - round(numbers[size - 1] * 10**4),
            )


def _certified_js(q: list[float], m: int):
    """JS(P^m, q^m) as a ball, from exact masses."""
    import flint

    first, second = (
        [flint.arb(w.p) / flint.arb(w.q) for w in pack(_exact(law), m)] for law in (DATA, q)
    )
    total = flint.arb(0)
    for a, b in zip(first, second, strict=True):
        for w in (a, b):
            if w > 0:
                total += w * (2 * w / (a + b)).log() / 2
    return total


@table.certified(tolerance=5e-5, description="JS, four decimals", scope="the decimals of JS")
def decimals_of_js():
    import flint

    for _name, law, numbers in _TABLE[2:]:
        for m, number in enumerate(numbers, 1):
            yield _certified_js(_LAWS[law], m) - flint.arb(str(number))


@table.numerical(tolerance=1e-12, description="merged packs against all 3^m packs")
def merged_packs():
    for name, law, _numbers in _TABLE:
        for m in range(1, 6):
            distance, q = _DISTANCES[name], _LAWS[law]
            yield abs(distance(*packed(DATA, q, m)) - distance(*products(DATA, q, m)))


@table.numerical(tolerance=1e-12, description="TV(P^m, Q1^m) against 1 - 0.8^m")
def powers_of_four_fifths():
    for m in range(1, 21):
        yield abs(total_variation(*packed(DATA, COLLAPSED, m)) - (1 - 0.8**m))


@table.meaning()
def table_in_words():
    for m in (1, 3, 9):
        variation = total_variation(*packed(DATA, COLLAPSED, m))
        yield {
            "m": m,
            "TV(P^m, Q1^m)": variation,
            "TV(P^m, Q_1^m)": variation,
            "TV(P^m, Q₁^m)": variation,
        }
    yield {"A-MC-08": None, "TV": total_variation(DATA, COLLAPSED)}
    yield {"TV": total_variation(DATA, SPREAD)}
    yield {
        f"{name}_{m}({law})": _DISTANCES[name](*packed(DATA, _LAWS[law], m))
        for name, law, _numbers in _TABLE
        for m in range(1, 6)
    }


@table.control("one sample of each pack is a copy of another", of=powers_of_four_fifths, miss=0.16)
def one_copy():
    for m in range(2, 21):
        yield abs(total_variation(*packed(DATA, COLLAPSED, m - 1)) - (1 - 0.8**m))


@table.control("the last decimal is one more", of=decimals_of_js, miss=0.000123)
def one_more_in_the_last_decimal():
    import flint

    for _name, law, numbers in _TABLE[2:]:
        for m, number in enumerate(numbers, 1):
            yield _certified_js(_LAWS[law], m) - flint.arb(str(number + 1e-4))


@table.control("of packs in another order only one is counted", of=merged_packs, miss=0.295)
def orders_are_forgotten():
    from itertools import combinations_with_replacement

    for name, law, _numbers in _TABLE:
        for m in range(2, 6):
            chosen = list(combinations_with_replacement(range(3), m))
            once = [np.prod(np.array(w)[chosen], axis=1) for w in (DATA, _LAWS[law])]
            flat = [w / w.sum() for w in once]
            distance = _DISTANCES[name]
            yield abs(distance(*flat) - distance(*products(DATA, _LAWS[law], m)))
