"""Dropped modes: what they cost in packs, and how collapse is measured (claims A-MC-10 and 11)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainc

from theory.calculators.divergences import js, kl, total_variation
from theory.calculators.packing import dropped_modes_js, products
from theory.claim import AS_STATED, Claim

_COURSE = "000_8b69f153baee6a3b.txt"

# JS in packs of one to five when five of eight modes are kept.
_FIVE_OF_EIGHT = (0.1518, 0.2803, 0.3851, 0.4679, 0.5312)

dropped = Claim(
    id="A-MC-10",
    alias="dropped-modes",
    title="k of K equal modes in packs of m: TV = 1 − r, r = (k/K)^m, and JS in closed form",
    statement="If G drops K - k of K equal modes and D sees packs of m samples, then with "
    "r = (k/K)^m: TV = 1 - r, JS = (1/2) [r log(2 r/(1 + r)) + (1 - r) log 2] "
    "+ (1/2) log(2/(1 + r)), KL(p_g^m || p_data^m) = m log(K/k) is finite and "
    "KL(p_data^m || p_g^m) = infinity. Five of eight modes: "
    f"JS_1 = {_FIVE_OF_EIGHT[0]}, JS_2 = {_FIVE_OF_EIGHT[1]}, JS_3 = {_FIVE_OF_EIGHT[2]}, "
    f"JS_4 = {_FIVE_OF_EIGHT[3]}, JS_5 = {_FIVE_OF_EIGHT[4]} for packs of one to five.",
    formula=r"\mathrm{JS} = \frac{1}{2} \left[ r \log \frac{2r}{1 + r} + (1 - r) \log 2 \right] + "
    r"\frac{1}{2} \log \frac{2}{1 + r}, \quad r = \left( \frac{k}{K} \right)^m",
    assumptions=("modes do not overlap", "data and kept modes are uniform"),
    sources=(
        "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 3, applied to equal modes",
        f"{_COURSE}:376-419",
        "001_5040f14b49cef5aa.txt:37",
    ),
)


@dropped.symbolic(scope=AS_STATED)
def dropped_proof():
    import sympy as sp

    k, lost, m, q = sp.symbols("k l m q", positive=True)
    total = k + lost  # K > k
    kept_packs = k**m
    p_kept, q_kept = total**-m, k**-m  # of each pack of kept modes; packs with a dropped one: q = 0
    ratio = (k / total) ** m
    yield "of each of the k^m packs of kept modes p/q is r", sp.simplify(p_kept / q_kept - ratio)
    yield "they have the p-mass r", sp.simplify(kept_packs * p_kept - ratio)
    yield "and the q-mass 1", sp.simplify(kept_packs * q_kept - 1)
    r = sp.Symbol("r", positive=True)
    half = sp.Rational(1, 2)
    p = r * q  # a pack of kept modes; n = 1/q of them
    other_side = half * (1 - r)  # the packs with a dropped mode, each p - 0
    yield (
        "TV = sum |p - q|/2: the kept packs have (1 - r)/2, as p = r q <= q, the others p-mass "
        "(1 - r)/2; in all 1 - r",
        sp.expand(half * (1 / q) * (q - p) + other_side - (1 - r)),
    )
    yield "as r < 1", sp.factor(1 - k / total) > 0
    first = (1 / q) * p * sp.log(2 * p / (p + q)) + (1 - r) * sp.log(2 * p / (p + 0))
    second = (1 / q) * q * sp.log(2 * q / (p + q))
    stated = half * (r * sp.log(2 * r / (1 + r)) + (1 - r) * sp.log(2)) + half * sp.log(2 / (1 + r))
    yield (
        "JS = KL(p || M)/2 + KL(q || M)/2, summed over both kinds of packs",
        sp.simplify(half * first + half * second - stated),
    )
    yield (
        "KL(q || p) = sum of q log(1/r) = m log(K/k), finite",
        sp.expand_log(kept_packs * q_kept * sp.log(q_kept / p_kept) - m * sp.log(total / k)),
    )
    yield (
        "KL(p || q) = infinity: a pack with a dropped mode has p > 0 and q = 0",
        1 / sp.limit(sp.Symbol("w", positive=True) * sp.log(1 / q), q, 0, "+"),
    )
    for n, decimals in enumerate(_FIVE_OF_EIGHT, 1):
        exact = stated.subs(r, sp.Rational(5, 8) ** n)
        yield (
            f"five of eight, packs of {n}: four decimals",
            sp.floor(exact * 10**4 + half) - round(decimals * 10**4),
        )


def _packs(kept: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The laws of packs of 8 modes, and of the first `kept` ones, pack by pack."""
    return products(np.full(8, 1 / 8), np.repeat([1 / kept, 0.0], [kept, 8 - kept]), m)


@dropped.numerical(tolerance=1e-12, description="direct sums over all packs of 8 modes")
def sums_over_packs():
    for kept in (1, 3, 5, 7, 8):
        for m in (1, 2, 3, 4):
            p, q = _packs(kept, m)
            yield abs(js(p, q) - dropped_modes_js(8, kept, m))
            yield abs(total_variation(p, q) - (1 - (kept / 8) ** m))
            yield abs(kl(q, p) - m * math.log(8 / kept))
            yield 0.0 if kl(p, q) == (math.inf if kept < 8 else 0.0) else 1.0


@dropped.numerical(tolerance=5e-5, description="five of eight modes, four decimals")
def four_decimals():
    for m, decimals in enumerate(_FIVE_OF_EIGHT, 1):
        yield abs(dropped_modes_js(8, 5, m) - decimals)


@dropped.meaning()
def dropped_in_words():
    for kept in (1, 5, 7):
        for m in (1, 2, 3):
            p, q = _packs(kept, m)
            yield {
                "K": 8,
                "k": kept,
                "m": m,
                "r": float(p[q > 0].sum()),
                "TV": total_variation(p, q),
                "JS": js(p, q),
                "KL(p_g^m || p_data^m)": kl(q, p),
                "KL(p_data^m || p_g^m)": kl(p, q),
            }
    yield {f"JS_{m}": js(*_packs(5, m)) for m in range(1, 6)}


@dropped.control("the pack is forgotten: r = k/K for every m", of=four_decimals, miss=0.379)
def the_pack_is_forgotten():
    for decimals in _FIVE_OF_EIGHT[1:]:
        yield abs(dropped_modes_js(8, 5, 1) - decimals)


@dropped.control("the modes overlap: each leaks 1% into the next", of=sums_over_packs, miss=0.0172)
def the_modes_overlap():
    leak = 0.99 * np.eye(8) + 0.01 * np.roll(np.eye(8), 1, axis=1)
    for kept in (1, 5, 7):
        p, q = _packs(kept, 1)
        yield abs(js(p @ leak, q @ leak) - dropped_modes_js(8, kept, 1))


# KL of the histogram of five of eight modes, and the share of high quality of a perfect sampler.
_FIVE_OF_EIGHT_KL, _PERFECT_SHARE = 0.4700, 0.9997

# What is of high quality is less than this many standard deviations from a mode.
_RADIUS = 4

measured = Claim(
    id="A-MC-11",
    alias="collapse-measured",
    title="Complete and partial collapse, and how to measure them",
    statement="Complete collapse leaves one mode, partial collapse a strict subset of the modes. "
    "Where the modes are known (or a classifier tells them apart) three numbers measure it: how "
    "many modes hold at least 1% of the samples, KL of the samples' mode histogram to the data's, "
    "and the share of samples of high quality, within 4 standard deviations of a mode. k of K "
    f"equal modes give KL = log(K/k), five of eight KL_5 = {_FIVE_OF_EIGHT_KL:.4f}. Of a perfect "
    f"sampler in two dimensions the share of high quality = 1 - exp(-8) = {_PERFECT_SHARE}.",
    formula=r"\mathrm{KL} = \log \frac{K}{k}",
    assumptions=("the modes are known, or an independent classifier names them",),
    sources=(
        "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 4.1 (its radius is 3, and one sample is "
        "enough)",
        f"{_COURSE}:407,419",
    ),
    definition=True,
    test="tests/evaluation/test_metrics.py::test_mode_report_by_loops",
)

_ANGLES = 2 * np.pi * np.arange(8) / 8
_RING, _STD = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1), 0.05


def _collapse_report(samples: np.ndarray, least: float = 0.01) -> np.ndarray:
    """Modes of the ring that hold the share `least`, KL of the histogram, share of high quality."""
    distances = np.linalg.norm(samples[:, None] - _RING, axis=-1)
    shares = np.bincount(distances.argmin(axis=1), minlength=8) / len(samples)
    good = distances.min(axis=1) < _RADIUS * _STD
    return np.array([(shares >= least).sum(), kl(shares, np.full(8, 1 / 8)), good.mean()])


@measured.symbolic(scope="the two numbers: KL = log(K/k), and 1 - exp(-8)")
def measured_proof():
    import sympy as sp

    k, lost, r, x = sp.symbols("k l r x", positive=True)
    total = k + lost
    yield (
        "k modes with a share of 1/k each: KL = k (1/k) log((1/k)/(1/K)) = log(K/k)",
        sp.expand_log(k / k * sp.log((1 / k) / (1 / total)) - sp.log(total / k)),
    )
    inside = sp.integrate(x * sp.exp(-(x**2) / 2), (x, 0, r))
    yield "P(|z| < r) in two dimensions is 1 - exp(-r^2/2)", inside - (1 - sp.exp(-(r**2) / 2))
    yield "1 - exp(-8) at r = 4", inside.subs(r, _RADIUS) - (1 - sp.exp(-8))
    half = sp.Rational(1, 2)
    yield (
        "in four decimals",
        sp.Matrix(
            [
                sp.floor(exact * 10**4 + half) - round(decimals * 10**4)
                for exact, decimals in (
                    (inside.subs(r, _RADIUS), _PERFECT_SHARE),
                    (sp.log(sp.Rational(8, 5)), _FIVE_OF_EIGHT_KL),
                )
            ]
        ),
    )


def _ring_samples() -> tuple[np.ndarray, np.ndarray]:
    """100 samples on each mode; and 400 on each of five modes, with one stray sample on a sixth."""
    stray = np.concatenate([np.repeat(_RING[:5], 400, axis=0), _RING[5:6]])
    return np.repeat(_RING, 100, axis=0), stray


@measured.numerical(tolerance=1e-12, description="sample sets made by hand")
def samples_made_by_hand():
    each, stray = _ring_samples()
    yield np.abs(_collapse_report(each) - [8, 0, 1])
    yield np.abs(_collapse_report(each[:500]) - [5, math.log(8 / 5), 1])  # partial
    yield np.abs(_collapse_report(each[:100]) - [1, math.log(8), 1])  # complete
    yield abs(_collapse_report(stray)[0] - 5)
    rim = np.concatenate([(1 + side * 0.99 * _RADIUS * _STD) * each for side in (-1, 1)])
    beyond = np.concatenate([(1 + side * 1.01 * _RADIUS * _STD) * each for side in (-1, 1)])
    yield abs(_collapse_report(np.concatenate([rim, beyond]))[2] - 0.5)


@measured.numerical(tolerance=5e-5, description="five of eight modes, four decimals")
def five_of_eight():
    yield abs(_collapse_report(_RING[:5])[1] - _FIVE_OF_EIGHT_KL)


def _deviation(inside: np.ndarray) -> float:
    """Of a share of samples from that of a perfect sampler, in standard errors."""
    share = 1 - math.exp(-8)
    return (inside.mean() - share) / math.sqrt(share * (1 - share) / inside.size)


@measured.sampling()
def perfect_samples(rng):
    n = 100_000
    perfect = _RING[rng.integers(8, size=n)] + _STD * rng.normal(size=(n, 2))
    distances = np.linalg.norm(perfect[:, None] - _RING, axis=-1).min(axis=1)
    yield _deviation(distances < _RADIUS * _STD)


@measured.meaning()
def measured_in_words():
    for kept in (1, 5, 8):
        law = np.repeat([1 / kept, 0.0], [kept, 8 - kept])
        yield {"KL": kl(law, np.full(8, 1 / 8)), "K": 8, "k": kept}
    # a mode counts from 1 in 100 on, and a sample that is 4 standard deviations away does not
    ten = np.repeat(_RING[:2], [990, 10], axis=0)
    nine = np.repeat(_RING[:2], [991, 9], axis=0)
    near, far = ((1 + r * _STD) * _RING for r in (3.999, 4.001))
    yield {
        "modes hold at least 1%": _collapse_report(ten)[0] == 2 and _collapse_report(nine)[0] == 1,
        "within 4 standard deviations": _collapse_report(near)[2] == 1
        and _collapse_report(far)[2] == 0,
        "KL_5": _collapse_report(_RING[:5])[1],
        "share of high quality": gammainc(1, _RADIUS**2 / 2),
    }


@measured.control(
    "one sample is enough for a mode: a stray one hides the loss", of=samples_made_by_hand, miss=1
)
def one_sample_is_enough():
    yield abs(_collapse_report(_ring_samples()[1], least=1e-9)[0] - 5)


@measured.control("in one dimension: P(|z| < 4) = 1 - exp(-8)", of=perfect_samples, miss=14.9)
def in_one_dimension(rng):
    yield _deviation(np.abs(rng.normal(size=1_000_000)) < _RADIUS)
