"""The optimal discriminator D* (claims A-DST-01 to 04).

Goodfellow et al. 2014, Proposition 1: for a fixed generator V(D, G) is maximal at
D*(x) = p_data(x) / (p_data(x) + p_g(x)). Here p stands for p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import Discriminator, optimal_discriminator, value
from theory.chapters.game.expressions import (
    inside,
    masses,
    maximum_steps,
    one_sided_steps,
    optimum,
    value_at,
)
from theory.chapters.game.laws import best_output, best_value, random_mixture
from theory.claim import AS_STATED, Claim, excess

_PAPER = "Goodfellow et al. 2014, Proposition 1, equation 2"

optimal = Claim(
    id="A-DST-01",
    alias="optimal-discriminator",
    title="D*(x) = p_data(x) / (p_data(x) + p_g(x))",
    statement="For a fixed generator the discriminator that maximises V(D, G), and the only one "
    "where there is mass, is D*(x) = p_data(x) / (p_data(x) + p_g(x)).",
    formula=r"D^*(x) = \operatorname{argmax}_D V(D, G) = "
    r"\frac{p_{\mathrm{data}}(x)}{p_{\mathrm{data}}(x) + p_g(x)}",
    assumptions=(
        "D may be any function to [0, 1] (unlimited capacity)",
        "p_data(x) + p_g(x) > 0; elsewhere D is arbitrary",
    ),
    sources=(
        _PAPER,
        "000_8b69f153baee6a3b.txt:248,276-298",
        "001_5040f14b49cef5aa.txt:31",
        "002_d31ce6ddd5a0096b.txt:174-196",
    ),
    test="tests/game/test_theory_meets_training.py::test_learned_discriminator_is_optimal",
)


@optimal.symbolic(scope=AS_STATED)
def optimal_proof():
    import sympy as sp

    s, D = sp.Symbol("s", positive=True), sp.Symbol("D")
    p, q = masses()
    yield from maximum_steps(p, q)
    yield (
        "where both have mass h goes to -oo at D = 0 and D = 1: those are no maximum",
        sp.And(
            *(sp.Eq(sp.limit(value_at(p, q, D), D, *end), -sp.oo) for end in ((0, "+"), (1, "-")))
        ),
    )
    yield from one_sided_steps(p, q)
    yield (
        "both logarithms are of numbers below 1: h < 0, and the larger at each x is so in all",
        sp.cancel(1 - inside(s)) > 0,
    )


@optimal.numerical(tolerance=1e-6, description="D* against the maximiser found by search")
def maximiser_by_search(rng):
    for p, q in rng.uniform(0.01, 1, (100, 2)):
        d = optimal_discriminator([p / (p + q), q / (p + q)], [q / (p + q), p / (p + q)])
        yield abs(float(d(0)) - best_output(p, q))


@optimal.numerical(tolerance=1e-11, description="V(D) - V(D*) for other D, random mixtures")
def gain_of_other_discriminators(rng):
    for _instance in range(10):
        p, q = random_mixture(rng), random_mixture(rng)
        best = optimal_discriminator(p, q)
        slope, shift, size = rng.normal(0, 1, 3)

        def other(x, best=best, slope=slope, shift=shift, size=size):
            return best.logit(x) + size * np.sin(slope * x + shift)

        yield excess(value(p, q, Discriminator(other)), value(p, q, best))


@optimal.certified(tolerance=0, description="V(D) - V(D*), each D optimal for other normal laws")
def certified_gain(rng):
    import flint

    from theory.calculators import certified

    p, q = Mixture.normal([1], [0], [1]), Mixture.normal([1], [2], [1])
    with flint.ctx.workprec(128):
        best = certified.value(p, q, optimal_discriminator(p, q))
        for mean in (2 + 1e-6, *rng.uniform(-4, 4, 5)):
            d = optimal_discriminator(p, Mixture.normal([1], [mean], [1]))
            yield (certified.value(p, q, d) - best).max(0)


@optimal.meaning(tolerance=1e-6)  # the search's own error
def optimal_in_words(rng):
    for p, q in rng.dirichlet([1, 1], 10):
        found = best_output(p, q)
        yield {
            "D*(x)": float(optimal_discriminator([p, q], [q, p])(0)),
            "D^*(x)": float(optimal_discriminator([p, q], [q, p])(0)),
            r"\operatorname{argmax}_D V(D, G)": found,
            "p_data(x)": p,
            "p_g(x)": q,
        }


@optimal.control(
    "the roles are swapped, D = p_g / (p_data + p_g)", of=maximiser_by_search, miss=0.953
)
def roles_swapped(rng):
    for p, q in rng.uniform(0.01, 1, (100, 2)):
        yield abs(q / (p + q) - best_output(p, q))


@optimal.control(
    "the square roots of the densities are compared", of=maximiser_by_search, miss=0.15
)
def roots_compared(rng):
    for p, q in rng.uniform(0.01, 1, (100, 2)):
        yield abs(np.sqrt(p) / (np.sqrt(p) + np.sqrt(q)) - best_output(p, q))


@optimal.control(
    "the best D is sought for a generator that is 1% further away",
    of=gain_of_other_discriminators,
    miss=0.000116,
)
def another_generator(rng):
    for mean in rng.uniform(0.5, 3, 10):
        p, q, r = (Mixture.normal([1], [m], [1]) for m in (0, mean, 1.01 * mean))
        yield excess(best_value(p, q), value(p, q, optimal_discriminator(p, r)))


maximum = Claim(
    id="A-DST-02",
    alias="optimal-discriminator-is-maximum",
    title="0 > h''(D) = −p/D² − q/(1−D)²",
    statement="The second-order condition that a zero derivative leaves open: "
    "h(D) = p log D + q log(1 - D) has 0 > h''(D) = -p/D^2 - q/(1 - D)^2 on (0, 1), so the "
    "stationary point is the only maximum. If p = 0 the supremum is at D* = 0, if q = 0 at D* = 1.",
    formula=r"h(D) = p \log D + q \log(1 - D), \quad 0 > h''(D) = -\frac{p}{D^2} - \frac{q}{(1 "
    r"- D)^2}",
    assumptions=("p >= 0 and q >= 0, not both 0",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:278-290", "002_d31ce6ddd5a0096b.txt:192-196"),
)


@maximum.symbolic(scope=AS_STATED)
def maximum_proof():
    import sympy as sp

    p, q = masses()
    s = sp.Symbol("s", positive=True)
    D = sp.Symbol("D")
    second = sp.diff(value_at(p, q, D), D, 2)
    yield "h'' = -p/D^2 - q/(1 - D)^2", second + p / D**2 + q / (1 - D) ** 2
    within = second.subs(D, inside(s)).simplify()
    yield "h'' < 0 with both masses positive", within < 0
    yield "h'' < 0 with p = 0", within.subs(p, 0) < 0
    yield "h'' < 0 with q = 0", within.subs(q, 0) < 0
    yield from maximum_steps(p, q)
    yield from one_sided_steps(p, q)


def _curvature(p: float, q: float, d: float) -> float:
    """h''(d) of p log D + q log(1 - D), by differences of fourth order."""
    step = 1e-3 * min(d, 1 - d)
    x = d + step * np.arange(-2, 3)
    h = p * np.log(x) + q * np.log1p(-x)
    return float(h @ np.array([-1, 16, -30, 16, -1])) / (12 * step**2)


def _masses_and_outputs(rng: np.random.Generator) -> np.ndarray:
    """Triples of p, q and D."""
    return rng.uniform(0.05, 0.95, (200, 3))


# The differences lose 1e-16 h / (step^2 h''), up to 1e-8 here.
@maximum.numerical(tolerance=1e-7, description="h'' by differences against its formula, relative")
def curvature_by_differences(rng):
    for p, q, d in _masses_and_outputs(rng):
        formula = -p / d**2 - q / (1 - d) ** 2
        yield abs(_curvature(p, q, d) / formula - 1)
        yield excess(_curvature(p, q, d), 0)


@maximum.meaning(tolerance=1e-6)  # of the differences
def maximum_in_words(rng):
    for p, q, d in rng.uniform(0.05, 0.95, (10, 3)):
        curved = [_curvature(p, q, x) for x in np.linspace(0.001, 0.999, 50)]
        yield {
            "p": p,
            "q": q,
            "D": d,
            "h(D)": float(p * np.log(d) + q * np.log(1 - d)),
            "h''(D)": _curvature(p, q, d),
            "on (0, 1)": max(curved) < 0,
            "If p = 0 the supremum is at D* = 0": best_output(0, q) < 1e-5,
            "if q = 0 at D* = 1": best_output(p, 0) > 1 - 1e-5,
        }


@maximum.control(
    "the second term keeps the plus that h' has lost", of=curvature_by_differences, miss=276
)
def sign_of_the_second_term(rng):
    for p, q, d in _masses_and_outputs(rng):
        yield abs(_curvature(p, q, d) / (-p / d**2 + q / (1 - d) ** 2) - 1)


@maximum.control("the square of the second term is forgotten", of=maximum_proof, miss=math.inf)
def square_forgotten():
    import sympy as sp

    p, q = masses()
    D = sp.Symbol("D")
    second = sp.diff(value_at(p, q, D), D, 2)
    yield "h'' = -p/D^2 - q/(1 - D)", second + p / D**2 + q / (1 - D)


logit = Claim(
    id="A-DST-03",
    alias="optimal-logit",
    title="a*(x) = log p_data(x) − log p_g(x)",
    statement="The optimal logit is the log density ratio: D*(x) = sigma(a*(x)) with "
    "a*(x) = log p_data(x) - log p_g(x).",
    formula=r"D^*(x) = \sigma(a^*(x)), \quad a^*(x) = \log p_{\mathrm{data}}(x) - \log p_g(x)",
    assumptions=("p_data(x) > 0 and p_g(x) > 0",),
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:447", "002_d31ce6ddd5a0096b.txt:196"),
)


@logit.symbolic(scope=AS_STATED)
def logit_proof():
    import sympy as sp

    p, q = masses()
    best = optimum(p, q)
    yield "1 - D* = q/(p + q)", sp.cancel(1 - best - q / (p + q))
    yield (
        "logit D* = log D* - log(1 - D*) = log p - log q",
        (sp.log(best) - sp.log(q / (p + q)) - (sp.log(p) - sp.log(q))),
    )
    yield "sigma(log p - log q) = D*", 1 / (1 + sp.exp(sp.log(q) - sp.log(p))) - best


def _normal_logits(rng):
    """D* of two normal laws up to 30 standard deviations apart, points, and the closed form."""
    from scipy import stats

    for _instance in range(20):
        m, s = rng.uniform(-15, 15, 2), rng.uniform(0.5, 2, 2)
        d = optimal_discriminator(stats.norm(m[0], s[0]), stats.norm(m[1], s[1]))
        x = rng.uniform(-20, 20, 50)
        exact = ((x - m[1]) / s[1]) ** 2 / 2 - ((x - m[0]) / s[0]) ** 2 / 2 + np.log(s[1] / s[0])
        yield d, x, exact


@logit.numerical(tolerance=1e-10, description="the logit of D* for normal laws, closed form")
def normal_laws(rng):
    for d, x, exact in _normal_logits(rng):
        yield np.abs(d.logit(x) - exact) / np.maximum(1, np.abs(exact))


@logit.meaning()
def logit_in_words(rng):
    for p, q in rng.dirichlet([1, 1], 10):
        d = optimal_discriminator([p, q], [q, p])
        a = float(d.logit(0))
        yield {
            "D*(x)": p / (p + q),
            "D^*(x)": p / (p + q),
            "a*(x)": a,
            "a^*(x)": a,
            "p_data(x)": p,
            "p_g(x)": q,
        }


@logit.control("log D* is taken for the logit of D*", of=normal_laws, miss=1.29)
def log_of_the_optimum(rng):
    for d, x, exact in _normal_logits(rng):
        yield np.abs(log_expit(d.logit(x)) - exact) / np.maximum(1, np.abs(exact))


@logit.control("the logit is read off D* itself, where it has rounded", of=normal_laws, miss=0.969)
def logit_of_a_rounded_output(rng):
    for d, x, exact in _normal_logits(rng):
        rounded = np.clip(expit(d.logit(x)), 1e-16, 1 - 1e-16)
        yield np.abs(np.log(rounded / (1 - rounded)) - exact) / np.maximum(1, np.abs(exact))


half = Claim(
    id="A-DST-04",
    alias="optimal-discriminator-half",
    title="p_g = p_data ⇔ D* = 1/2",
    statement="D* = 1/2 almost everywhere (under p_data + p_g) if and only if p_g = p_data.",
    formula=r"D^*(x) = \frac{1}{2} \text{ almost everywhere} \Leftrightarrow p_g = "
    r"p_{\mathrm{data}}",
    sources=(
        "Goodfellow et al. 2014, section 4.1, Theorem 1",
        "002_d31ce6ddd5a0096b.txt:167-170",
        "000_8b69f153baee6a3b.txt:350",
    ),
)


@half.symbolic(scope=AS_STATED)
def half_proof():
    import sympy as sp

    p, q = masses()
    yield (
        "D* - 1/2 = (p - q) / (2 (p + q)), which is 0 where p = q and nowhere else",
        sp.cancel(optimum(p, q) - sp.Rational(1, 2) - (p - q) / (2 * (p + q))),
    )
    yield "where only p_g has mass D* = 0", optimum(0, q)
    yield "where only p_data has mass D* = 1", optimum(p, 0) - 1


def _two_laws(rng: np.random.Generator, moved: float) -> tuple[np.ndarray, np.ndarray]:
    """A law on ten points, and the same with `moved` brought from the second to the first."""
    p = rng.dirichlet(np.ones(10)) * 0.9 + 0.01
    return p, p + moved * np.array([1, -1] + [0] * 8)


@half.numerical(tolerance=1e-15, description="|D* - 1/2| at p_g = p_data")
def equal_laws(rng):
    for _instance in range(100):
        p, q = _two_laws(rng, 0.0)
        yield np.abs(optimal_discriminator(p, q)(np.arange(10)) - 0.5)


@half.numerical(tolerance=1e-15, description="what D* lacks of |D* - 1/2| = |p - q| / (2 (p + q))")
def unequal_laws(rng):
    for moved in 10.0 ** rng.uniform(-8, -2.1, 100):
        p, q = _two_laws(rng, moved)
        d = optimal_discriminator(p, q)(np.arange(10))
        yield np.abs(np.abs(d - 0.5) - np.abs(p - q) / (2 * (p + q)))


@half.meaning()
def half_in_words(rng):
    for moved in (0.0, 1e-3):
        p, q = _two_laws(rng, moved)
        halved = np.all(np.abs(optimal_discriminator(p, q)(np.arange(10)) - 0.5) < 1e-9)
        agrees = bool(halved) == (moved == 0)
        yield {
            "p_g = p_data ⇔ D* = 1/2": agrees,
            "D* = 1/2 almost everywhere (under p_data + p_g) if and only if p_g = p_data": agrees,
            r"D^*(x) = \frac{1}{2} \text{ almost everywhere} \Leftrightarrow p_g = "
            r"p_{\mathrm{data}}": agrees,
        }


@half.control("p_g differs from p_data by 1e-6 on two points", of=equal_laws, miss=2.42e-05)
def nearly_equal_laws(rng):
    for _instance in range(100):
        p, q = _two_laws(rng, 1e-6)
        yield np.abs(optimal_discriminator(p, q)(np.arange(10)) - 0.5)


@half.control("D* - 1/2 is said to be (p - q)/(p + q)", of=unequal_laws, miss=0.117)
def twice_as_far(rng):
    for moved in 10.0 ** rng.uniform(-8, -2.1, 100):
        p, q = _two_laws(rng, moved)
        d = optimal_discriminator(p, q)(np.arange(10))
        yield np.abs(np.abs(d - 0.5) - np.abs(p - q) / (p + q))
