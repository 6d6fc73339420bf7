"""Mistakes about disjoint supports and noise."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from scipy.special import ndtr

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, optimal_discriminator, value
from theory.calculators.noise import js_gradient
from theory.claim import AS_STATED, Claim, excess

_LOG2 = math.log(2)


disjoint = Claim(
    id="B-E15",
    alias="erratum-half-on-disjoint-supports",
    title="“D* = 1/2 on disjoint supports, and the minimum of JS is log 4”",
    statement="Said: where the supports do not overlap D* = 1/2, so V = -log 4, and 'the minimum "
    "of JS is the constant log 4'. Right: D* = 1 on data and 0 on samples of G, V(D*, G) = 0 and "
    "JS = log 2, which is its *maximum* (the minimum is 0). That a constant JS gives no gradient "
    "is right.",
    formula=r"\operatorname{supp} p \cap \operatorname{supp} q = \emptyset \;\Rightarrow\; "
    r"V(D^*, G) = 0,\quad \mathrm{JS}(p, q) = \log 2",
    sources=(
        "Arjovsky and Bottou 2017, section 2.1",
        "000_8b69f153baee6a3b.txt:508-536",
    ),
    erratum=True,
)


def _disjoint_points(rng: np.random.Generator):
    """Laws on eight points that share none."""
    for _instance in range(10):
        size = int(rng.integers(1, 8))
        p, q = np.zeros(8), np.zeros(8)
        p[:size], q[size:] = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(8 - size))
        yield p, q


def _disjoint_pairs(rng: np.random.Generator):
    """Such laws, and two pairs of densities that share no interval."""
    from scipy import stats

    yield from _disjoint_points(rng)
    yield stats.uniform(0, 1), stats.uniform(2, 1)
    yield stats.beta(2, 3), stats.beta(2, 3, loc=-1.5)


def _half(x: np.ndarray) -> np.ndarray:
    return np.full(x.shape, 0.5)


def _said_errors(p, q, best, level: float, least: float):
    """How far V(best) falls short of 0, which V never exceeds and D -> 1 on p, 0 on q approaches;
    how far JS is from the level said, and its least value, JS(p, p), from the minimum said."""
    yield abs(value(p, q, best))
    yield abs(js(p, q) - level)
    yield abs(js(p, p) - least)


@disjoint.counterexample(
    at_least=0.5, description="V(1/2) below 0; log 4 as JS and its minimum", miss=0.693
)
def what_is_said_of_disjoint_supports(rng):
    for p, q in _disjoint_pairs(rng):
        yield from _said_errors(p, q, _half, math.log(4), math.log(4))  # 1.386 at V(1/2)


@disjoint.symbolic(scope=AS_STATED)
def disjoint_proof():
    import sympy as sp

    p, q, d = sp.symbols("p q d", positive=True)
    yield "on data alone V collects p log D, which rises with D", sp.diff(p * sp.log(d), d) > 0
    yield "up to 0 as D -> 1", sp.limit(p * sp.log(d), d, 1)
    fakes = q * sp.log(1 - d)
    yield (
        "on fakes alone q log(1 - D), with slope -q/(1 - D): it falls with D",
        sp.simplify(sp.diff(fakes, d) + q / (1 - d)),
    )
    yield "and is 0 at D = 0: so D* = 1 and 0, and V(D*, G) = 0", fakes.subs(d, 0)
    integrand = p / 2 * sp.log(2 * p / (p + q)) + q / 2 * sp.log(2 * q / (p + q))
    yield (
        "JS collects (p/2) log 2 on data alone, as q -> 0 (and (q/2) log 2 on fakes): log 2 in all",
        sp.limit(integrand, q, 0) - p / 2 * sp.log(2),
    )
    rest = p / 2 * sp.log(1 + q / p) + q / 2 * sp.log(1 + p / q)
    yield (
        "anywhere it is (p + q)/2 log 2 less (p/2) log(1 + q/p) + (q/2) log(1 + p/q)",
        sp.expand_log(sp.logcombine(integrand + rest - (p + q) / 2 * sp.log(2)).expand()),
    )
    yield "which is positive where both laws are: log 2 is the maximum", rest > 0
    yield "and at q = p the integrand is 0: the minimum of JS is 0", integrand.subs(q, p)


@disjoint.meaning()
def disjoint_in_words(rng):
    for p, q in _disjoint_points(rng):
        best = optimal_discriminator(p, q)
        output = np.asarray(best(np.arange(8)))
        own, distance, least = value(p, q, best), js(p, q), js(p, p)
        half = bool((output[p + q > 0] == 0.5).all()) and abs(own + math.log(4)) < 1e-9
        minimum = abs(least - math.log(4)) < 1e-9
        yield {
            "D* = 1/2 on disjoint supports, and the minimum of JS is log 4": half and minimum,
            "D* = 1/2, so V = -log 4": half,
            "the minimum of JS is the constant log 4": minimum,
            "D* = 1 on data and 0 on samples of G": bool(
                (output[p > 0] == 1).all() and (output[q > 0] == 0).all()
            ),
            "V(D*, G)": own,
            "V(D^*, G)": own,
            "JS": distance,
            r"\mathrm{JS}(p, q)": distance,
            "the minimum is 0": abs(least) < 1e-12,
            r"\operatorname{supp} p \cap \operatorname{supp} q = \emptyset": float(p @ q) == 0,
        }


@disjoint.correction("V(D*) = 0, JS = log 2, and its minimum 0", tolerance=1e-9)
def what_is_right_of_disjoint_supports(rng):
    for p, q in _disjoint_pairs(rng):
        yield from _said_errors(p, q, optimal_discriminator(p, q), _LOG2, 0)


overlap = Claim(
    id="B-E44",
    alias="erratum-overlap-only-probable",
    title="“Noise is added to real and real, and overlap is only probable”",
    statement="Said: noise is added 'to Real and Real', and that the supports overlap afterwards "
    "'is only probable and need not occur'. Right: it is added to real *and fake* samples; with "
    "Gaussian noise both laws have a density everywhere, so they overlap with certainty, if ever "
    "so little. Only noise that is bounded, or has gaps, can fail.",
    formula=r"\theta \in \mathbb{R},\ s > 0:\quad \mathrm{JS}\bigl(\mathcal{N}(0, s^2), "
    r"\mathcal{N}(\theta, s^2)\bigr) < \log 2",
    sources=(
        "Arjovsky and Bottou 2017, section 3",
        "Sønderby et al. 2017, Amortised MAP Inference, section on instance noise",
        "000_8b69f153baee6a3b.txt:536",
    ),
    erratum=True,
)


def _overlap(p: Any, q: Any, edges: list[float]) -> float:
    """The mass that two densities share, the integral of the smaller one between the edges."""
    from scipy.integrate import quad

    return sum(
        quad(lambda x: min(p.pdf(x), q.pdf(x)), low, high, epsabs=0, epsrel=1e-10)[0]
        for low, high in itertools.pairwise(edges)
    )


def _gaussian_overlap(theta: float) -> float:
    from scipy import stats

    middle = theta / 2
    return _overlap(
        stats.norm(0, 1), stats.norm(theta, 1), [middle - 12, 0, middle, theta, middle + 12]
    )


def _uniform_overlap(theta: float) -> float:
    """Of two laws of width 1.2."""
    from scipy import stats

    ends = sorted([-0.6, 0.6, theta - 0.6, theta + 0.6])
    return _overlap(stats.uniform(-0.6, 1.2), stats.uniform(theta - 0.6, 1.2), ends)


@overlap.counterexample(at_least=1e-6, description="mass shared with N(0, 1) noise", miss=6.33e-05)
def mass_shared():
    for theta in (1.0, 4.0, 8.0):
        yield _gaussian_overlap(theta)


@overlap.symbolic(scope=AS_STATED)
def overlap_proof():
    import sympy as sp

    x, theta = sp.symbols("x theta", real=True)
    p, q, s = sp.symbols("p q s", positive=True)

    def density(mean):
        return sp.exp(-((x - mean) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))

    yield "both densities are positive at every x", sp.And(density(0) > 0, density(theta) > 0)
    integrand = p / 2 * sp.log(2 * p / (p + q)) + q / 2 * sp.log(2 * q / (p + q))
    missing = p / 2 * sp.log(1 + q / p) + q / 2 * sp.log(1 + p / q)
    yield (
        "JS's integrand falls short of (p + q)/2 log 2 by (p/2) log(1 + q/p) + (q/2) log(1 + p/q)",
        sp.expand_log(sp.logcombine(integrand + missing - (p + q) / 2 * sp.log(2)).expand()),
    )
    yield "which is positive at every x: JS < log 2", missing > 0
    a = sp.Symbol("a", positive=True)  # theta > 0: the densities cross at theta/2
    shared = 1 - sp.erf(a / (2 * sp.sqrt(2) * s))
    yield (
        "the mass shared is twice the tail beyond theta/2, 1 - erf(theta/(2 sqrt(2) s)): its slope "
        "in theta is -density(theta/2)",
        sp.simplify(sp.diff(shared, a) + density(0).subs(x, a / 2)),
    )
    yield "so it falls, towards 0 and never to it", sp.limit(shared, a, sp.oo)


# JS = 0.69305 at θ = 8 has five decimals, the slope 1.96e-4 six.
@overlap.numerical(tolerance=5e-6, description="JS at θ = 8, s = 1: 0.69305, less than log 2")
def far_apart():
    yield abs(js(_noised(0), _noised(8)) - 0.69305)


@overlap.numerical(tolerance=5e-7, description="its slope there: 1.96e-4")
def slope_far_apart():
    slope = (js(_noised(0), _noised(8.01)) - js(_noised(0), _noised(7.99))) / 0.02
    yield abs(slope - 1.96e-4)
    yield abs(slope - float(js_gradient(8, 1)))


def _noised(theta: float) -> Mixture:
    return Mixture.normal([1], [theta], [1])


@overlap.meaning()
def overlap_in_words():
    for theta, s in ((0.5, 1.0), (8.0, 1.0), (-3.0, 2.0)):
        distance = js(Mixture.normal([1], [0.0], [s]), Mixture.normal([1], [theta], [s]))
        yield {
            r"\mathrm{JS}\bigl(\mathcal{N}(0, s^2), \mathcal{N}(\theta, s^2)\bigr)": distance,
            "s": s,
            "overlap with certainty": _gaussian_overlap(theta / s) > 0,
        }


@overlap.correction("Gaussian noise: 2 Φ(-θ/2); width 1.2: 1 - θ/1.2, and 0 from there on", 1e-9)
def mass_shared_in_closed_form():
    for theta in (1.0, 4.0, 8.0):
        yield abs(_gaussian_overlap(theta) - 2 * ndtr(-theta / 2))
    for theta in (0.3, 0.9, 1.4):  # at 1.4 JS is log 2
        yield abs(_uniform_overlap(theta) - excess(1, theta / 1.2))
