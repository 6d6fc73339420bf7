"""Mistakes in the derivations: signs, brackets, change of variables."""

from __future__ import annotations

import numpy as np

from theory.calculators.divergences import kl, value
from theory.chapters.game.framework import LOG4
from theory.chapters.game.payoffs import best_value
from theory.chapters.game.push_forward import standard_normal
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014"


bracket = Claim(
    id="B-E08",
    alias="erratum-missing-bracket",
    title="“log 1 − p/(p + q)”",
    statement="Said: E[log 1 - P_data/(P_data + P_G)], and a double subscript P_PG. Right: "
    "log(1 - P_data/(P_data + P_G)) = log(P_G/(P_data + P_G)).",
    formula=r"\log \Bigl( 1 - \frac{p_{\mathrm{data}}}{p_{\mathrm{data}} + p_g} \Bigr) = \log "
    r"\Bigl( \frac{p_g}{p_{\mathrm{data}} + p_g} \Bigr)",
    sources=("000_8b69f153baee6a3b.txt:316-320",),
    erratum=True,
)


@bracket.counterexample(at_least=1e-3, description="as printed, against log(1 - D)", miss=0.00536)
def without_bracket():
    for d in (0.5, 0.1, 0.9):  # -0.5 in place of -0.693 at D = 1/2
        yield abs((np.log(1) - d) - np.log1p(-d))


@bracket.symbolic(scope=AS_STATED)
def bracket_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    yield "1 - p/(p + q) = q/(p + q)", sp.simplify(1 - p / (p + q) - q / (p + q))


@bracket.meaning()
def bracket_in_words(rng):
    for p, q in rng.uniform(0.1, 2, (5, 2)):
        yield {
            "log 1 − p/(p + q)": None,
            "E[log 1 - P_data/(P_data + P_G)]": None,
            "P_data": p,
            "P_G": q,
            r"p_{\mathrm{data}}": p,
            "p_g": q,
        }


@bracket.correction("with the bracket: log(q/(p + q)), p and q in the ratio of D", tolerance=1e-12)
def with_bracket(rng):
    for p, q in rng.uniform(0.1, 2, (5, 2)):
        yield abs(np.log(q / (p + q)) - np.log1p(-p / (p + q)))


halving = Claim(
    id="B-E09",
    alias="erratum-halved-logarithms",
    title="“add −log 4 and divide both logarithms by two”",
    statement="Said: add -log 4 and, to neutralise it, divide both logarithms by two; the formula "
    "shown subtracts log 4 without any halving. Right: the *denominators inside* the logarithms "
    "are halved. This brings a log 2 to each, p log(p/((p + q)/2)) = p log(p/(p + q)) + p log 2, "
    "and log 4 = log 2 + log 2 is what -log 4 compensates. At p_g = p_data the value is "
    "V_right = -1.3863, with the formula shown V_shown = -2.7726, with halved logarithms "
    "V_halved = -2.0794.",
    formula=r"p \log \Bigl( \frac{p}{p + q} \Bigr) = p \log \Bigl( \frac{p}{(p + q)/2} \Bigr) - p "
    r"\log 2",
    sources=(f"{_PAPER}, Theorem 1", "000_8b69f153baee6a3b.txt:324-330"),
    erratum=True,
)


def _pairs(rng: np.random.Generator):
    """Laws on five points; the first two are equal."""
    p = rng.dirichlet(np.ones(5))
    yield p, p
    for _instance in range(5):
        yield tuple(rng.dirichlet(np.ones(5), 2))


def _misread(p, q) -> tuple[float, float]:
    """V(D*, G) as the formula shown has it, and with both logarithms divided by two."""
    terms = p @ np.log(p / (p + q)), q @ np.log(q / (p + q))
    return sum(terms) - LOG4, sum(terms) / 2 - LOG4


@halving.counterexample(at_least=1e-3, description="both readings, against V(D*, G)", miss=0.693)
def shown_and_halved(rng):
    for p, q in _pairs(rng):
        for wrong in _misread(p, q):
            yield abs(wrong - best_value(p, q))


@halving.symbolic(scope=AS_STATED)
def halving_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    m = (p + q) / 2
    for a, name in ((p, "p"), (q, "q")):
        gap = a * sp.log(a / (p + q)) - (a * sp.log(a / m) - a * sp.log(2))
        yield f"of {name}: halved denominator, less {name} log 2", sp.expand(sp.expand_log(gap))
    yield "over laws of mass 1 these add up to log 4", 2 * sp.log(2) - sp.log(4)


@halving.meaning()
def halving_in_words(rng):
    equal = rng.dirichlet(np.ones(5))
    shown, halved = _misread(equal, equal)
    for p, q in rng.uniform(0.1, 2, (3, 2)):
        yield {
            "add −log 4 and divide both logarithms by two": None,
            "add -log 4 and, to neutralise it": None,
            "subtracts log 4": None,
            "brings a log 2": None,
            "what -log 4 compensates": None,
            "p_g": equal[0],
            "p_data": equal[0],
            "p": p,
            "q": q,
            "V_right": best_value(equal, equal),
            "V_shown": shown,
            "V_halved": halved,
        }


@halving.correction("KL(p || m) + KL(q || m) - log 4, m = (p + q)/2", tolerance=1e-12)
def halved_denominators(rng):
    for p, q in _pairs(rng):
        m = (p + q) / 2
        yield abs(kl(p, m) + kl(q, m) - LOG4 - best_value(p, q))


lost_sign = Claim(
    id="B-E10",
    alias="erratum-lost-sign",
    title="“log 2 ∫ p_G − log 2 ∫ p_data → −2 log 2”",
    statement="Said: with D = 1/2, log 2 ∫p_G - log 2 ∫p_data = -2 log 2 (the second print has p_G "
    "twice). Right: -log 2 ∫p_G - log 2 ∫p_data = -2 log 2 = -log 4; both prints come to V = 0.",
    formula=r"-\log 2 \int p_g\,dx - \log 2 \int p_{\mathrm{data}}\,dx = -2 \log 2 = -\log 4",
    sources=("000_8b69f153baee6a3b.txt:364,368",),
    erratum=True,
)


def _at_half(p, q) -> float:
    """V where D = 1/2."""
    return value(p, q, lambda x: np.full(x.shape, 0.5))


def _printed(p, q) -> tuple[float, float]:
    """V at D = 1/2 as the two prints have it."""
    by_law, by_data = np.log(2) * q.sum(), np.log(2) * p.sum()
    return by_law - by_data, by_law - by_law


@lost_sign.counterexample(at_least=1e-3, description="both prints against V at D = 1/2", miss=1.39)
def as_printed(rng):
    for p, q in _pairs(rng):
        for printed in _printed(p, q):
            yield abs(printed - _at_half(p, q))


@lost_sign.symbolic(scope=AS_STATED)
def lost_sign_proof():
    import sympy as sp

    half = sp.Rational(1, 2)
    yield (
        "p log D + q log(1 - D) at 1/2, p = 1 = q",
        sp.log(half) + sp.log(1 - half) + 2 * sp.log(2),
    )
    yield "-2 log 2 = -log 4", sp.log(4) - 2 * sp.log(2)


@lost_sign.meaning()
def lost_sign_in_words(rng):
    for p, q in _pairs(rng):
        printed = _printed(p, q)[0]
        yield {
            "V": max(_printed(p, q), key=abs),
            "log 2 ∫ p_G − log 2 ∫ p_data → −2 log 2": abs(printed - _at_half(p, q)) < 1e-9,
            "D = 1/2, log 2 ∫p_G - log 2 ∫p_data = -2 log 2": abs(printed - _at_half(p, q)) < 1e-9,
            "∫p_G": q.sum(),
            "∫p_data": p.sum(),
            r"\int p_g\,dx": q.sum(),
            r"\int p_{\mathrm{data}}\,dx": p.sum(),
        }


@lost_sign.correction("both terms negative", tolerance=1e-12)
def both_terms_negative(rng):
    for p, q in _pairs(rng):
        yield abs(-np.log(2) * q.sum() - np.log(2) * p.sum() - _at_half(p, q))


lost_modulus = Claim(
    id="B-E17",
    alias="erratum-change-of-variables",
    title="“p_g(x) = p_z(G⁻¹(x)) (G⁻¹)′(x)”",
    statement="Said: p_g(x) = p_z(G^-1(x)) (G^-1)'(x), from dz = (G^-1)'(x) dx. Right: the "
    "absolute value is needed (|det J| in several dimensions), and an invertible G with "
    "dim z = dim x; the general step is E_z[f(G(z))] = E_{p_g}[f(x)], which holds for any G "
    "(A-GAN-03).",
    formula=r"p_g(x) = p_z(G^{-1}(x))\,\left| (G^{-1})'(x) \right|",
    sources=("002_d31ce6ddd5a0096b.txt:186",),
    erratum=True,
)


def _mass_error(sign_of_slope) -> list[float]:
    """|mass of p_z(G^-1(x)) s - 1| over the range of G = -z, -2z and e^-z."""
    from scipy.integrate import quad

    maps = (
        (lambda x: -x, lambda x: -1.0, -12, 12),
        (lambda x: -x / 2, lambda x: -0.5, -24, 24),
        (lambda x: -np.log(x), lambda x: -1 / x, 1e-5, 2e4),
    )
    errors = []
    for inverse, slope, low, high in maps:
        points = None if low < 0 else [1e-2, 1, 10, 100]

        def density(x, inverse=inverse, slope=slope):
            return standard_normal(inverse(x)) * sign_of_slope(slope(x))

        errors.append(abs(quad(density, low, high, points=points, limit=500)[0] - 1))
    return errors


@lost_modulus.counterexample(
    at_least=1e-3, description="the mass of that p_g, which must be 1", miss=2
)
def mass_without_modulus():
    yield from _mass_error(lambda s: s)  # masses of -1


@lost_modulus.symbolic(scope="for G = -z")
def lost_modulus_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    printed = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) * sp.diff(-x, x)
    yield "G = -z: as printed the mass is -1", sp.integrate(printed, (x, -sp.oo, sp.oo)) + 1
    right = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) * sp.Abs(sp.diff(-x, x))
    yield "with the absolute value it is 1", sp.integrate(right, (x, -sp.oo, sp.oo)) - 1


def _both_sides_of_square(power: int) -> tuple[float, float]:
    """E_z[f(G(z))] and E_{p_g}[f(x)], G = z^2, which has no inverse, and f = x^power."""
    from scipy import stats

    z = np.linspace(-12, 12, 481)  # the trapezoidal rule
    over_noise = standard_normal(z) @ z ** (2 * power) * (z[1] - z[0])
    return float(over_noise), float(stats.chi2(1).moment(power))


@lost_modulus.numerical(
    tolerance=1e-10, description="G = z^2: E_z[f(G(z))] and E_{p_g}[f(x)], f = x^k"
)
def no_inverse_needed():
    for power in (1, 2, 3):
        over_noise, over_x = _both_sides_of_square(power)
        yield abs(over_noise - over_x)


@lost_modulus.meaning()
def lost_modulus_in_words(rng):
    over_noise, over_x = _both_sides_of_square(2)
    for x in rng.normal(size=5):  # G = -2 z
        right, printed = 0.5 * standard_normal(x / 2), standard_normal(-x / 2) * -0.5
        yield {
            "p_g(x) = p_z(G⁻¹(x)) (G⁻¹)′(x)": bool(abs(right - printed) < 1e-9),
            "p_g(x) = p_z(G^-1(x)) (G^-1)'(x)": bool(abs(right - printed) < 1e-9),
            "dz = (G^-1)'(x) dx": None,
            "dim z = dim x": None,
            "E_z[f(G(z))]": over_noise,
            "E_{p_g}[f(x)]": over_x,
            "A-GAN-03": None,
            "p_g(x)": right,
            "p_z(G^{-1}(x))": standard_normal(-x / 2),
            "(G^{-1})'(x)": -0.5,
        }


@lost_modulus.correction("with the absolute value", tolerance=1e-10)
def mass_with_modulus():
    yield from _mass_error(abs)
