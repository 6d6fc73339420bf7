"""C(G) = max_D V(D, G), and V at p_g = p_data (claims A-JS-01, 02, 07 and 14).

Goodfellow et al. 2014, section 4.1, Theorem 1: C(G) = 2 JS(p_data, p_g) - log 4. Here p stands for
p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import rel_entr, xlogy

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, kl, optimal_discriminator, value
from theory.chapters.game.expressions import (
    best_value_at,
    cancelled,
    js_at,
    kl_at,
    masses,
    maximum_steps,
    middle,
    optimum,
    value_at,
)
from theory.chapters.game.laws import best_output, best_value, random_mixture
from theory.claim import AS_STATED, Claim, excess

_LOG4 = math.log(4)


def _laws(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two laws on 8 points."""
    p, q = rng.dirichlet(np.ones(8), 2)
    return p, q


optimal_value = Claim(
    id="A-JS-01",
    alias="optimal-value",
    title="C(G) = KL(p_data ‖ M) + KL(p_g ‖ M) − log 4",
    statement="C(G) = max_D V(D, G) = KL(p_data || M) + KL(p_g || M) - log 4 with the mixture "
    "M = (p_data + p_g)/2: each denominator inside a logarithm is halved, and the two halvings "
    "produce -2 log 2 = -log 4.",
    formula=r"C(G) = \max_D V(D, G) = \mathrm{KL}(p_{\mathrm{data}} \,\|\, M) + \mathrm{KL}(p_g "
    r"\,\|\, M) - \log 4, \quad M = \frac{p_{\mathrm{data}} + p_g}{2}",
    assumptions=("p_data and p_g are probability densities",),
    sources=(
        "Goodfellow et al. 2014, equations 4 and 5",
        "000_8b69f153baee6a3b.txt:314-330",
        "001_5040f14b49cef5aa.txt:33",
        "002_d31ce6ddd5a0096b.txt:200",
    ),
)


def _without_mass(gap):
    """The steps that a gap is 0 where one of the laws has no mass."""
    p, q = masses()
    yield "also where only p_g has mass", gap(0, q)
    yield "and where only p_data has", gap(p, 0)


@optimal_value.symbolic(scope=AS_STATED)
def optimal_value_proof():
    import sympy as sp

    p, q = masses()
    yield from maximum_steps(p, q)

    def gap(a, b):
        """h(D*) less KL's two integrands and the constant's."""
        m = middle(a, b)
        return cancelled(best_value_at(a, b) - (kl_at(a, m) + kl_at(b, m) - (a + b) * sp.log(2)))

    yield "p log D* + q log(1 - D*) = p log(p/M) + q log(q/M) - (p + q) log 2", gap(p, q)
    yield from _without_mass(gap)
    yield "int p = int q = 1: the constant is -2 log 2 = -log 4", -2 * sp.log(2) + sp.log(4)


@optimal_value.numerical(tolerance=1e-10, description="random normal mixtures, quadrature")
def mixtures(rng):
    for _instance in range(8):
        p, q = random_mixture(rng), random_mixture(rng)
        m = Mixture([0.5, 0.5], [p, q])
        yield abs(best_value(p, q) - (kl(p, m) + kl(q, m) - _LOG4))


@optimal_value.certified(tolerance=1e-20, description="normal mixtures: V(D*) and two KL")
def certified_mixtures(rng):
    import flint

    from theory.calculators import certified

    with flint.ctx.workprec(128):
        for share in (0.25, 0.625):  # halving such weights rounds nothing
            p = Mixture.normal([share, 1 - share], rng.normal(0, 2, 2), rng.uniform(0.5, 2, 2))
            q = Mixture.normal([1], rng.normal(0, 2, 1), rng.uniform(0.5, 2, 1))
            m = Mixture([0.5, 0.5], [p, q])
            best = certified.value(p, q, optimal_discriminator(p, q))
            yield best - (certified.kl(p, m) + certified.kl(q, m) - flint.arb(4).log())


@optimal_value.meaning()
def optimal_value_in_words(rng):
    for _instance in range(5):
        p, q = _laws(rng)
        m = (p + q) / 2
        searched = np.array([best_output(a, b) for a, b in zip(p, q, strict=True)])
        highest = value(p, q, lambda x, d=searched: d)
        yield {
            "C(G)": best_value(p, q),
            "max_D V(D, G)": highest,
            r"\max_D V(D, G)": highest,
            "KL(p_data || M)": kl(p, m),
            "KL(p_g || M)": kl(q, m),
            "M": float(m[0]),
            "p_data": float(p[0]),
            "p_g": float(q[0]),
        }


@optimal_value.control(
    "log 4 is subtracted and the denominators are not halved", of=mixtures, miss=1.39
)
def denominators_not_halved(rng):
    for _instance in range(100):
        p, q = _laws(rng)
        unhalved = np.sum(xlogy(p, p / (p + q)) + xlogy(q, q / (p + q))) - _LOG4
        yield abs(best_value(p, q) - unhalved)


@optimal_value.control("M weighs the data with 0.51", of=mixtures, miss=0.000243)
def unequal_mixture(rng):
    for _instance in range(100):
        p, q = _laws(rng)
        m = 0.51 * p + 0.49 * q
        yield abs(best_value(p, q) - (kl(p, m) + kl(q, m) - _LOG4))


decomposition = Claim(
    id="A-JS-02",
    alias="js-decomposition",
    title="C(G) = 2 JS(p_data, p_g) − log 4",
    statement="With the optimal discriminator the generator's objective is "
    "C(G) = 2 JS(p_data, p_g) - log 4, where JS(p, q) = KL(p || M)/2 + KL(q || M)/2 and "
    "M = (p + q)/2.",
    formula=r"C(G) = \max_D V(D, G) = 2\,\mathrm{JS}(p_{\mathrm{data}}, p_g) - \log 4",
    assumptions=("D is optimal", "p_data and p_g are probability densities"),
    sources=(
        "Goodfellow et al. 2014, Theorem 1, equation 6",
        "000_8b69f153baee6a3b.txt:330-334",
        "001_5040f14b49cef5aa.txt:33",
    ),
)


@decomposition.symbolic(scope=AS_STATED)
def decomposition_proof():
    import sympy as sp

    p, q = masses()
    yield from maximum_steps(p, q)

    def gap(a, b):
        """h(D*) less 2 js and the constant's integrand."""
        return cancelled(best_value_at(a, b) - (2 * js_at(a, b) - (a + b) * sp.log(2)))

    yield "p log D* + q log(1 - D*) = 2 js - (p + q) log 2", gap(p, q)
    yield from _without_mass(gap)
    yield "int (p + q) = 2: the constant is -2 log 2 = -log 4", -2 * sp.log(2) + sp.log(4)


def _entropic_js(p: np.ndarray, q: np.ndarray) -> float:
    """JS by its definition, independent of theory.js."""
    m = (p + q) / 2
    return float(np.sum(rel_entr(p, m) + rel_entr(q, m))) / 2


@decomposition.numerical(tolerance=1e-12, description="200 random laws on 8 points")
def random_laws(rng):
    for _instance in range(200):
        p, q = _laws(rng)
        yield abs(best_value(p, q) - (2 * _entropic_js(p, q) - _LOG4))


@decomposition.numerical(tolerance=1e-10, description="random normal laws, quadrature")
def normal_laws(rng):
    from scipy import stats

    for _instance in range(2):
        (m, n), (s, t) = rng.uniform(-4, 4, 2), rng.uniform(0.3, 3, 2)
        p, q = stats.norm(m, s), stats.norm(n, t)
        yield abs(best_value(p, q) - (2 * js(p, q) - _LOG4))


def _certified_gap(p, q, d):
    """V(D) - (2 JS(p, q) - log 4), a ball."""
    import flint

    from theory.calculators import certified

    with flint.ctx.workprec(128):
        return certified.value(p, q, d) - (2 * certified.js(p, q) - flint.arb(4).log())


@decomposition.certified(tolerance=1e-20, description="V(D*) - (2 JS - log 4), a mixture")
def certified_mixture(rng):
    p = Mixture.normal([0.5, 0.5], [-1, 1], 1)
    q = Mixture.normal([1], rng.uniform(-2, 2, 1), rng.uniform(0.7, 1.4, 1))
    yield _certified_gap(p, q, optimal_discriminator(p, q))


@decomposition.meaning()
def decomposition_in_words(rng):
    for _instance in range(2):
        p, q = _laws(rng)
        m = (p + q) / 2
        distance, best = js(p, q), best_value(p, q)
        yield {
            "C(G)": best,
            r"\max_D V(D, G)": best,
            "JS(p_data, p_g)": distance,
            "JS(p, q)": distance,
            "KL(p || M)": kl(p, m),
            "KL(q || M)": kl(q, m),
            "M": float(m[0]),
            "p": float(p[0]),
            "q": float(q[0]),
        }


@decomposition.control("the factor is lost: C(G) = JS - log 4", of=random_laws, miss=0.341)
def factor_lost(rng):
    for _instance in range(20):
        p, q = _laws(rng)
        yield abs(best_value(p, q) - (_entropic_js(p, q) - _LOG4))


@decomposition.control(
    "D is optimal for a p_g that is 1e-6 off", of=certified_mixture, miss=1.15e-13
)
def discriminator_of_another_generator(rng):
    from scipy import stats

    m = rng.uniform(-4, 4)
    p, q, other = (stats.norm(mean, 1) for mean in (0, m, m + 1e-6))
    yield _certified_gap(p, q, optimal_discriminator(p, other))


@decomposition.control(
    "p_g has mass 0.99 only: the constant is not log 4", of=random_laws, miss=0.00693
)
def mass_missing(rng):
    for _instance in range(20):
        p, q = _laws(rng)
        q = 0.99 * q
        best = np.sum(xlogy(p, p / (p + q)) + xlogy(q, q / (p + q)))
        yield abs(best - (2 * _entropic_js(p, q) - _LOG4))


at_optimum = Claim(
    id="A-JS-07",
    alias="value-at-optimum",
    title="p_g = p_data: V(D*, G) = −log 2 − log 2 = −log 4",
    statement="At p_g = p_data the optimal discriminator is D* = 1/2 and "
    "V = -log 2 int p_data - log 2 int p_g = -2 log 2 = -log 4.",
    formula=r"p_g = p_{\mathrm{data}}: \quad V(D^*, G) = -\log 2 \int p_{\mathrm{data}}\,dx - "
    r"\log 2 \int p_g\,dx = -2 \log 2 = -\log 4",
    assumptions=("p_g = p_data", "D* = 1/2 is meant where p_data has mass"),
    sources=("Goodfellow et al. 2014, Theorem 1", "000_8b69f153baee6a3b.txt:343-364"),
)


@at_optimum.symbolic(scope=AS_STATED)
def at_optimum_proof():
    import sympy as sp

    p, q = masses()
    half = sp.Rational(1, 2)
    yield "D* = p/(p + p) = 1/2", optimum(p, q).subs(q, p) - half
    yield (
        "p log(1/2) + p log(1 - 1/2) = -p log 2 - p log 2",
        value_at(p, q, half).subs(q, p) + p * sp.log(2) + p * sp.log(2),
    )
    yield "int p = 1: V = -log 2 - log 2 = -log 4", -sp.log(2) - sp.log(2) + sp.log(4)


@at_optimum.numerical(tolerance=1e-12, description="random normal mixtures, quadrature")
def equal_mixtures(rng):
    for _instance in range(10):
        p = random_mixture(rng)
        yield abs(best_value(p, p) + _LOG4)


@at_optimum.certified(tolerance=1e-20, description="V(D*) + log 4 of two normal mixtures")
def certified_equal_mixtures():
    import flint

    from theory.calculators import certified

    with flint.ctx.workprec(128):
        for p in (
            Mixture.normal([1], [1], [3]),
            Mixture.normal([0.1, 0.9], [-30, 30], [0.01, 1]),
        ):
            best = certified.value(p, p, optimal_discriminator(p, p))
            yield best + flint.arb(4).log()


@at_optimum.meaning()
def at_optimum_in_words(rng):
    for _instance in range(5):
        p, _ = _laws(rng)
        best, total = best_value(p, p), float(p.sum())
        yield {
            "p_g": float(p[0]),
            "p_data": float(p[0]),
            "D*": float(optimal_discriminator(p, p)(0)),
            "V": best,
            "V(D*, G)": best,
            "V(D^*, G)": best,
            "int p_data": total,
            "int p_g": total,
            r"\int p_{\mathrm{data}}\,dx": total,
            r"\int p_g\,dx": total,
        }


@at_optimum.control("p_g is 1% wider than p_data", of=equal_mixtures, miss=4.95e-05)
def wider_generator(rng):
    for mean, std in zip(rng.normal(0, 3, 10), rng.uniform(0.1, 3, 10), strict=True):
        p, q = Mixture.normal([1], [mean], [std]), Mixture.normal([1], [mean], [1.01 * std])
        yield abs(best_value(p, q) + _LOG4)


@at_optimum.control("D is 0.51 in the place of D*", of=equal_mixtures, miss=0.0004)
def another_constant(rng):
    for _instance in range(10):
        p = random_mixture(rng)
        yield abs(value(p, p, lambda x: np.full(x.shape, 0.51)) + _LOG4)


every_d = Claim(
    id="A-JS-14",
    alias="every-discriminator-at-optimum",
    title="p_g = p_data: V(D, G) ≤ −log 4 for every D",
    statement="At p_g = p_data every discriminator gives V <= -log 4, with equality only for "
    "D = 1/2.",
    formula=r"p_g = p_{\mathrm{data}}: \quad V(D, G) \le -\log 4, \quad V(D, G) = -\log 4 "
    r"\Leftrightarrow D = \frac{1}{2}",
    assumptions=("p_g = p_data", "D = 1/2 is meant almost everywhere under p_data"),
    sources=("Goodfellow et al. 2014, Theorem 1", "000_8b69f153baee6a3b.txt:343-364"),
)


@every_d.symbolic(scope=AS_STATED)
def every_d_proof():
    import sympy as sp

    p, q = masses()
    D, s = sp.symbols("D s", positive=True)
    e = sp.Symbol("e", real=True)
    yield (
        "the integrand is p log(D (1 - D))",
        sp.expand(value_at(p, q, D).subs(q, p) - p * (sp.log(D) + sp.log(1 - D))),
    )
    square = (D - sp.Rational(1, 2)) ** 2
    yield "1/4 - D (1 - D) = (D - 1/2)^2", sp.expand(sp.Rational(1, 4) - D * (1 - D) - square)
    yield "so D (1 - D) <= 1/4", square >= 0
    yield (
        "with equality at D = 1/2 only: (D - 1/2)^2 at D = 1/2 + e is e^2; the integrand of what V "
        "lacks is >= 0, so V = -log 4 only if it is 0 almost everywhere",
        sp.expand(square.subs(D, sp.Rational(1, 2) + e) - e**2),
    )
    yield "and log is increasing: V <= log(1/4) int p", sp.diff(sp.log(s), s) > 0
    yield "int p = 1 and log(1/4) = -log 4", sp.log(sp.Rational(1, 4)) + sp.log(4)


@every_d.numerical(tolerance=1e-12, description="excess over -log 4, 10,000 random D")
def random_discriminators(rng):
    p = rng.dirichlet(np.ones(8))
    for d in rng.uniform(1e-6, 1 - 1e-6, (10_000, 8)):
        yield excess(p @ np.log(d) + p @ np.log1p(-d), -_LOG4)


@every_d.certified(tolerance=0, description="excess over -log 4, each D optimal for other laws")
def certified_discriminators(rng):
    import flint
    from scipy import stats

    from theory.calculators import certified

    p = stats.norm(0, 1)
    with flint.ctx.workprec(128):
        for mean in rng.uniform(-5, 5, 6):
            d = optimal_discriminator(p, stats.norm(mean, 1.5))
            yield (certified.value(p, p, d) + flint.arb(4).log()).max(0)


@every_d.meaning()
def every_d_in_words(rng):
    p, _ = _laws(rng)
    for away in (0.0, 0.01, 0.3):
        d = 0.5 + away * np.sign(rng.normal(size=8))
        played = value(p, p, lambda x, d=d: d)
        only = (abs(played + _LOG4) < 1e-12) == (away == 0)
        yield {
            "p_g": float(p[0]),
            "p_data": float(p[0]),
            "V(D, G)": played,
            "V": played,
            "with equality only for D = 1/2": only,
            r"V(D, G) = -\log 4 \Leftrightarrow D = \frac{1}{2}": only,
        }


@every_d.control(
    "p_g differs from p_data: some D does better", of=random_discriminators, miss=0.725
)
def unequal_laws(rng):
    for _instance in range(100):
        p, q = _laws(rng)
        yield excess(best_value(p, q), -_LOG4)
