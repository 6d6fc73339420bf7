"""The game on packs: where packing leaves the optimum, and what it does in training (claims A-MC-07
and 12)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_expit, logsumexp, xlogy

from theory.calculators.divergences import js, optimal_discriminator
from theory.calculators.packing import packed, products
from theory.chapters.collapse.mode_collapse_region import PACGAN
from theory.chapters.collapse.packing import COURSE, INDEPENDENT, random_pairs
from theory.claim import AS_STATED, Claim

_LOG4 = math.log(4)

unmoved = Claim(
    id="A-MC-07",
    alias="packed-optimum",
    title="Packed D*: logit = Σ log p(x_i)/q(x_i); min_G max_D V = −log 4 still, at p_g = p_data",
    statement="The optimal packed discriminator adds up the logits of the samples, "
    "sum_i log p(x_i)/q(x_i). The value keeps its minimum: min_G max_D V = -log 4, reached if and "
    "only if p^m = q^m, that is p = q: packing changes how the generator is led, not where to.",
    formula=r"\operatorname{logit} D^*(x_1, \ldots, x_m) = \sum_{i=1}^m \log "
    r"\frac{p_{data}(x_i)}{p_g(x_i)}",
    assumptions=(*INDEPENDENT, "D is optimal"),
    sources=("Goodfellow et al. 2014, Proposition 1 and Theorem 1, on packs", PACGAN, COURSE),
)


@unmoved.symbolic(scope=AS_STATED)
def unmoved_proof():
    import sympy as sp

    a, b, c, d, t = sp.symbols("a b c d t", positive=True)
    v = a * sp.log(t) + b * sp.log(1 - t)
    yield (
        "a pack of masses a = p^m and b = q^m: V is flat in D at a/(a + b)",
        sp.simplify(sp.diff(v, t).subs(t, a / (a + b))),
    )
    yield (
        "and concave in D = 1/(1 + c), so largest there",
        sp.factor(sp.diff(v, t, 2).subs(t, 1 / (1 + c))) < 0,
    )
    best = a / (a + b)
    yield (
        "its logit is log a/b",
        sp.simplify(sp.expand_log(sp.log(best / sp.together(1 - best)) - sp.log(a / b))),
    )
    yield (
        "one sample more, of densities c and d, adds log c/d: the sum over the pack by induction",
        sp.expand_log(sp.log(a * c / (b * d)) - sp.log(a / b) - sp.log(c / d)),
    )
    gap = a * sp.log(2 * a / (a + b)) + b * sp.log(2 * b / (a + b))
    at_best = a * sp.log(best) + b * sp.log(b / (a + b))
    yield (
        "V(D*) + log 4 = sum g(p^m, q^m), as both laws have sum 1",
        sp.expand_log(at_best + (a + b) * sp.log(2) - gap).expand(),
    )
    yield (
        "g(a, b) is 0 and flat in b at b = a",
        sp.Matrix([gap.subs(b, a), sp.diff(gap, b).subs(b, a)]),
    )
    yield "and strictly convex: positive wherever b is not a", sp.factor(sp.diff(gap, b, 2)) > 0
    yield (
        "also where one of the two is 0: it is the other one's log 2 > 0",
        sp.Matrix(
            [sp.limit(gap, b, 0, "+") - a * sp.log(2), sp.limit(gap, a, 0, "+") - b * sp.log(2)]
        ),
    )
    n, j = sp.symbols("n j", integer=True, positive=True)
    rest = sp.IndexedBase("r")
    yield (
        "p^m summed over all samples but one, of law r on n points, is p: p^m = q^m means p = q",
        sp.Sum(a * rest[j], (j, 1, n)) - a * sp.Sum(rest[j], (j, 1, n)),
    )


def _logit_errors(p, q, m: int, weight: float = 1.0):
    """The logit of the optimal D on packs against the sum of its samples' logits."""
    logits = optimal_discriminator(p, q).logit(np.arange(p.size))
    whole = optimal_discriminator(*products(p, q, m)).logit(np.arange(p.size**m))
    total = np.zeros(1)
    for _sample in range(m):
        total = np.add.outer(total, weight * logits).ravel()
    return np.abs(whole - total)


@unmoved.numerical(tolerance=1e-10, description="the logit of packs against the sum of logits")
def logit_of_packs(rng):
    for p, q in random_pairs(rng, 20):
        for m in (2, 3, 4):
            yield _logit_errors(p, q, m)


def _least_value(rng, p: np.ndarray, m: int) -> tuple[float, np.ndarray]:
    """min over p_g of max over D of V on packs, and that p_g."""
    from scipy.optimize import minimize

    def law(v):
        return np.exp(v - logsumexp(v))

    def height(v):
        first, second = packed(p, law(v), m)
        a = np.log(first / second)
        return float(first @ log_expit(a) + second @ log_expit(-a))

    found = minimize(height, rng.normal(0, 0.5, p.size), method="L-BFGS-B", tol=1e-14)
    return found.fun, law(found.x)


@unmoved.numerical(tolerance=1e-8, description="min of V over p_g by L-BFGS against -log 4")
def least_value(rng):
    for m in (1, 2, 3):
        p = rng.dirichlet(np.full(3, 4.0))
        least, q = _least_value(rng, p, m)
        yield abs(least + _LOG4)
        yield np.sum((p - q) ** 2)


@unmoved.meaning(tolerance=1e-8)
def unmoved_in_words(rng):
    for m in (2,):
        p, q = rng.dirichlet(np.full(3, 4.0), 2)
        least, law = _least_value(rng, p, m)
        logit_adds = bool(_logit_errors(p, q, m).max() < 1e-10)
        yield {
            "logit = Σ log p(x_i)/q(x_i)": logit_adds,
            r"\operatorname{logit} D^*(x_1, \ldots, x_m) = \sum_{i=1}^m \log "
            r"\frac{p_{data}(x_i)}{p_g(x_i)}": logit_adds,
            "min_G max_D V": least,
            "p_g = p_data": np.abs(p - law).max() < 1e-4,
            "only if p^m = q^m, that is p = q": bool(
                js(*packed(p, p, m)) < 1e-12 and js(*packed(p, q, m)) > 1e-3
            ),
        }


@unmoved.control(
    "the logit of a pack is the mean of its samples' logits", of=logit_of_packs, miss=1.53
)
def mean_of_the_logits(rng):
    for p, q in random_pairs(rng, 5):
        yield _logit_errors(p, q, 2, weight=0.5)


@unmoved.control(
    "p_g = p_data, and a pack's last two samples are one: V is -log 4, too",
    of=least_value,
    miss=0.623,
)
def a_copied_sample(rng):
    for m in (2, 3):
        p = rng.dirichlet(np.full(3, 4.0))
        # the generator's last two samples are one and the same
        copied = np.zeros_like(products(p, p, m)[1])
        index = np.arange(copied.size)
        same = index % 3 == (index // 3) % 3
        copied[same] = products(p, p, m - 1)[0]
        yield 2 * js(products(p, p, m)[0], copied)


effect = Claim(
    id="A-MC-12",
    alias="packing-in-practice",
    title="Packing keeps the modes of a trained GAN even",
    statement="Trained on a ring of eight Gaussians, packs of two keep the modes' shares far "
    "closer to uniform than single samples do: the median over three seeds of KL of the mode "
    "histogram is at most .01, and at most .3 of that without packing. A perfect sampler does not "
    "score 0 either: E[KL] ≈ (K - 1)/(2 n), with n samples and K modes. Close to the optimum packs "
    "of m multiply the JS of uneven shares by m, JS(p^m, q^m) ≈ m JS(p, q): the same unevenness "
    "costs the generator m times as much.",
    formula=r"\mathbb{E}\,[\mathrm{KL}] \approx \frac{K - 1}{2 n}",
    training=True,
    assumptions=(
        "ring of 8, sigma .05, radius 1",
        "perceptrons 2-128-128, Adam 5e-4, 6000 steps on 128 packs",
    ),
    sources=("Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 4.1, Table 1, in small", COURSE),
    test="tests/collapse/test_collapse_and_critics.py::test_packing_keeps_the_modes",
)


@effect.symbolic(scope="a perfect sampler's score and the m-fold JS, to second order")
def effect_proof():
    import sympy as sp

    k, n = sp.symbols("K n", positive=True)
    e = sp.Symbol("e", real=True)
    term = (1 / k + e) * sp.log(k * (1 / k + e))
    yield "q log(K q) at q = 1/K + e: no constant", term.subs(e, 0)
    yield "the linear term e vanishes in the sum, as sum e = 0", sp.diff(term, e).subs(e, 0) - 1
    yield "the quadratic one is K e^2/2", sp.diff(term, e, 2).subs(e, 0) - k
    variance = (1 / k) * (1 - 1 / k) / n
    yield (
        "E[e^2] = (1/K)(1 - 1/K)/n, so E[KL] = K (K/2) E[e^2] = (K - 1)/(2n)",
        sp.simplify(k * k / 2 * variance - (k - 1) / (2 * n)),
    )
    p, h, t = sp.symbols("p h t", positive=True)
    q = p + t * h
    cell = (p * sp.log(2 * p / (p + q)) + q * sp.log(2 * q / (p + q))) / 2
    yield (
        "JS of p and p + th is t^2 sum h^2/(8p) to second order, for one sample",
        sp.simplify(sp.diff(cell, t, 2).subs(t, 0) / 2 - h**2 / (8 * p)),
    )
    r, g = sp.symbols("r g", positive=True)
    joint = sp.expand((p + t * h) * (r + t * g) - p * r).coeff(t, 1)
    yield (
        "of a pack and one sample more the first-order change is h r + p g",
        joint - (h * r + p * g),
    )
    yield (
        "whose square over p r is r h^2/p + p g^2/r + 2 h g; sum r = sum p = 1 and sum h = 0: what "
        "sum h^2/p is adds up, m times by induction",
        sp.expand(joint**2 / (p * r) - r * h**2 / p - p * g**2 / r - 2 * h * g),
    )


def _scores(rng, n: int, modes: int = 8) -> np.ndarray:
    """KL of the mode histogram of n samples from equal modes, 2000 times."""
    shares = rng.multinomial(n, np.full(modes, 1 / modes), 2000) / n
    return xlogy(shares, modes * shares).sum(axis=1)


def _score_deviation(rng, modes: int, n: int, said: float) -> float:
    scores = _scores(rng, n, modes)
    return (scores.mean() - said) / (scores.std() / math.sqrt(scores.size))


@effect.sampling("KL's mean over perfect samplers")
def perfect_samplers(rng):
    for modes, n in ((8, 5_000), (8, 20_000), (25, 20_000)):
        yield _score_deviation(rng, modes, n, (modes - 1) / (2 * n))


_UNEVEN = 0.05 / 8 * np.repeat([1, -1], 4)
_EVEN = np.full(8, 1 / 8)


# The third-order term of JS cancels between the signs; the fourth is about the square of 5%.
@effect.numerical(tolerance=0.0025, description="JS of packs over m JS, shares uneven by 5%")
def gain_of_packs():
    for m in (2, 3):
        q = _EVEN + _UNEVEN
        yield abs(js(*packed(_EVEN, q, m)) / (m * js(_EVEN, q)) - 1)


@effect.meaning()
def effect_in_words(rng):
    for modes, n in ((8, 5_000), (25, 20_000)):
        q = _EVEN + _UNEVEN
        score = _scores(rng, n, modes).mean()
        yield {
            "does not score 0": bool(score > 0),
            "E[KL]": score,
            r"\mathbb{E}\,[\mathrm{KL}]": score,
            "K": modes,
            "n": n,
            "m": 2,
            "JS(p^m, q^m)": js(*packed(_EVEN, q, 2)),
            "JS(p, q)": js(_EVEN, q),
            "is at most .01, and at most .3 of that without packing": None,
        }


@effect.control("K/(2n) is said, without the 1 less", of=perfect_samplers, miss=13.2)
def one_mode_too_many(rng):
    for modes, n in ((8, 5_000), (8, 20_000), (25, 20_000)):
        yield _score_deviation(rng, modes, n, modes / (2 * n))


@effect.control("shares uneven by a half: the gain is not m-fold", of=gain_of_packs, miss=0.0629)
def far_from_the_optimum():
    for m in (2, 3):
        q = _EVEN + 10 * _UNEVEN
        yield abs(js(*packed(_EVEN, q, m)) / (m * js(_EVEN, q)) - 1)
