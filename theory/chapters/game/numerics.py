"""How the losses are computed: in floating point, from logits (claim A-GAN-17)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math

import numpy as np

from theory.claim import Claim

# The first whole logit at which the naive form is -infinity, and the bits of the significand.
FIRST_LOST = {"float32": 17, "float64": 37}
_BITS = {"float32": 24, "float64": 53}

numerics = Claim(
    id="A-GAN-17",
    alias="softplus-numerics",
    title="log(1 − σ(a)) = −softplus(a), and is coded so",
    statement="In floating point log(1 - σ(a)) coded as it reads is -infinity "
    f"from a = {FIRST_LOST['float32']} on in float32 and from a = {FIRST_LOST['float64']} on in "
    "float64; -softplus(a) is right to rounding everywhere.",
    formula=r"\log(1 - \sigma(a)) = -\log(1 + e^a) = -\bigl( \max(a, 0) + \log(1 + e^{-|a|}) "
    r"\bigr)",
    assumptions=("IEEE arithmetic",),
    sources=(
        "IEEE 754: 1 + e^-a rounds to 1 once e^-a is below half a unit in the last place",
        "000_8b69f153baee6a3b.txt:426-439",
        "003_0ac11bc5ae3e596a.txt:304-306",
    ),
)


@numerics.symbolic(scope="the identity, and from which whole logit on e^-a is lost beside 1")
def numerics_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    naive = sp.log(1 - 1 / (1 + sp.exp(-a)))
    for words, stable in (
        ("log(1 - σ(a)) = -log(1 + e^a)", -sp.log(1 + sp.exp(a))),
        ("a > 0: = -(a + log(1 + e^-a))", -(a + sp.log(1 + sp.exp(-a)))),
    ):
        yield words, sp.simplify(sp.exp(naive - stable)) - 1
    for name, first in FIRST_LOST.items():
        half = sp.Rational(1, 2 ** _BITS[name])  # half a unit in the last place of 1
        yield f"{name}: e^-{first} is less than half a unit of 1, and lost", sp.exp(-first) < half
        yield f"{name}: e^-{first - 1} is not", sp.exp(1 - first) > half


def _naive(a, dtype) -> np.ndarray:
    a = np.asarray(a, dtype)
    with np.errstate(divide="ignore", over="ignore"):
        return np.log(1 - 1 / (1 + np.exp(-a)))


def _without_maximum(a, dtype) -> np.ndarray:
    a = np.asarray(a, dtype)
    with np.errstate(over="ignore"):
        return -np.log(1 + np.exp(a))


def _stable(a, dtype) -> np.ndarray:
    a = np.asarray(a, dtype)
    return -(np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))))


LOGITS = (-100, -30, -10, -1, 0, 1, 10, 16, 17, 37, 80, 100)


def _units_off(form, dtype, logits=LOGITS):
    """The error against 50-digit arithmetic, in units in the last place."""
    import mpmath

    with mpmath.workdps(50):
        for a in logits:
            exact = -mpmath.log1p(mpmath.exp(a))
            unit = float(np.spacing(abs(dtype(float(exact)))))
            yield float(abs(mpmath.mpf(float(form(a, dtype))) - exact) / unit)


# exp, log1p and the sum may each be off by a unit or so.
@numerics.numerical(tolerance=3, description="error of -softplus(a), in units in the last place")
def units_off(rng):
    yield from _units_off(_stable, np.float32)
    yield from _units_off(_stable, np.float64)


def _first_infinite(name: str) -> int:
    """The first whole logit from which on the naive form is -inf, up to 80."""
    lost = np.isneginf(_naive(np.arange(81), np.dtype(name).type))
    return int(81 - np.argmin(lost[::-1]))


@numerics.numerical(tolerance=0, description="the whole logit from which on the naive form is -inf")
def first_infinite_logit():
    for name, first in FIRST_LOST.items():
        yield abs(_first_infinite(name) - first)


@numerics.meaning()
def numerics_in_words():
    import mpmath

    for a in (-3.0, 0.5, 20.0):
        with mpmath.workdps(50):
            exact = float(mpmath.log(1 - 1 / (1 + mpmath.exp(-a))))
        yield {
            "a": a,
            "log(1 − σ(a))": exact,
            **{
                f"from a = {first} on in {name}": _first_infinite(name) == first
                for name, first in FIRST_LOST.items()
            },
        }


# Where the naive form is finite, and wrong: it is lost altogether from FIRST_LOST on.
_FINITE = (-30, -10, 10, 16)


@numerics.control("the naive form in float32", of=units_off, miss=1.38e07)
def naive_in_float32():
    yield from _units_off(_naive, np.float32, _FINITE)


@numerics.control("the naive form in float64", of=units_off, miss=1.23e12)
def naive_in_float64():
    yield from _units_off(_naive, np.float64, _FINITE)


@numerics.control(
    "-log(1 + e^a) as it reads, without the maximum and log1p", of=units_off, miss=1.38e07
)
def softplus_as_it_reads():
    yield from _units_off(_without_maximum, np.float32, (-100, -30, -10))


@numerics.control("and where e^a overflows", of=units_off, miss=math.inf)
def softplus_that_overflows():
    yield from _units_off(_without_maximum, np.float32, (89, 100))


@numerics.control(
    "the naive form is said to be lost one logit later", of=first_infinite_logit, miss=1
)
def lost_one_logit_later():
    for name, first in FIRST_LOST.items():
        yield abs(_first_infinite(name) - (first + 1))
