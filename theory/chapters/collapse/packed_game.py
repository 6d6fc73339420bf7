"""The game on packs: where packing leaves the optimum, and what it does in training (claims A-MC-07
and 12)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

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
    title="Packed D*: logit = Σ log p(x_i)/q(x_i); min_G max_D V stays −log 4 at p_g = p_data",
    statement="The optimal packed discriminator adds up the logits of the samples, "
    "sum_i log p(x_i)/q(x_i). The value keeps its minimum -log 4, reached if and only if "
    "p^m = q^m, that is p = q: packing changes how the generator is led, not where to.",
    formula=r"\operatorname{logit} D^*(x_1, \ldots, x_m) = \sum_{i=1}^m \log "
    r"\frac{p_{data}(x_i)}{p_g(x_i)}",
    assumptions=(*INDEPENDENT, "D is optimal"),
    sources=("Goodfellow et al. 2014, Proposition 1 and Theorem 1, on packs", PACGAN, COURSE),
)


@unmoved.symbolic(scope=AS_STATED)
def unmoved_proof():
    import sympy as sp

    p, q = sp.symbols("p1:4", positive=True), sp.symbols("q1:4", positive=True)
    first, second = sp.prod(p), sp.prod(q)
    best = first / (first + second)
    logit = sp.log(best) - sp.log(second / (first + second))
    terms = sum(sp.log(a) - sp.log(b) for a, b in zip(p, q, strict=True))
    yield (
        "log D*/(1 - D*) = log p^m/q^m = sum of log p/q (three samples)",
        sp.simplify(sp.expand_log(logit - terms)),
    )
    a, b = sp.symbols("a b", positive=True)
    gap = a * sp.log(2 * a / (a + b)) + b * sp.log(2 * b / (a + b))
    yield (
        "V(D*) + log 4 = sum g(p^m, q^m) with g = 0 and flat at q^m = p^m",
        sp.Matrix([gap.subs(b, a), sp.diff(gap, b).subs(b, a)]),
    )
    yield (
        "and convex in q^m: V(D*) >= -log 4, equal only where p^m = q^m",
        (sp.factor(sp.diff(gap, b, 2)) > 0),
    )
    x, r = sp.symbols("p r", positive=True)
    yield (
        "summing p^m over all samples but one gives p, so p^m = q^m means p = q",
        sp.expand(x * (r + (1 - r)) - x),
    )


@unmoved.numerical(tolerance=1e-10, description="the logit of packs against the sum of logits")
def the_logit_of_packs_against_the_sum_of_logits(rng):
    for p, q in random_pairs(rng, 20):
        logits = optimal_discriminator(p, q).logit(np.arange(p.size))
        for m in (2, 3, 4):
            whole = optimal_discriminator(*products(p, q, m)).logit(np.arange(p.size**m))
            total = np.zeros(1)
            for _sample in range(m):
                total = np.add.outer(total, logits).ravel()
            yield np.abs(whole - total)


def _least_value(rng, p: np.ndarray, m: int, logit) -> tuple[float, np.ndarray]:
    """min over p_g of V(D, p_g) on packs, D by its logits as a function of p^m and q^m, and p_g."""
    from scipy.optimize import minimize

    def law(v):
        return np.exp(v - logsumexp(v))

    def height(v):
        first, second = packed(p, law(v), m)
        a = logit(first, second)
        return float(first @ log_expit(a) + second @ log_expit(-a))

    found = minimize(height, rng.normal(0, 0.5, p.size), method="L-BFGS-B", tol=1e-14)
    return found.fun, law(found.x)


@unmoved.numerical(tolerance=1e-8, description="min of V over p_g by L-BFGS, -1.3862943611")
def min_of_v_over_p_g_by_l_bfgs_1_3862943611(rng):
    for m in (1, 2, 3):
        p = rng.dirichlet(np.full(3, 4.0))
        least, q = _least_value(rng, p, m, lambda first, second: np.log(first / second))
        yield abs(least + 1.3862943611)
        yield np.sum((p - q) ** 2)


@unmoved.control(
    "the logit of a pack is the mean of its samples' logits",
    of=min_of_v_over_p_g_by_l_bfgs_1_3862943611,
    miss=6.13,
)
def the_logit_of_a_pack_is_the_mean_of_its_samples(rng):
    for p, q in random_pairs(rng, 5):
        logits = optimal_discriminator(p, q).logit(np.arange(p.size))
        whole = optimal_discriminator(*products(p, q, 2)).logit(np.arange(p.size**2))
        yield np.abs(whole - np.add.outer(logits, logits).ravel() / 2)


@unmoved.control(
    "V of one sample, -log 4, is taken as the sum over the pack",
    of=min_of_v_over_p_g_by_l_bfgs_1_3862943611,
    miss=1.39,
)
def v_of_one_sample_log_4_is_taken_as_the_sum(rng):
    p = rng.dirichlet(np.full(3, 4.0))
    least, _q = _least_value(rng, p, 2, lambda first, second: np.log(first / second))
    yield abs(least + 2 * _LOG4)


effect = Claim(
    id="A-MC-12",
    alias="packing-in-practice",
    title="Packing keeps the modes of a trained GAN even",
    statement="Trained on a ring of eight Gaussians, packs of two keep the modes' shares far "
    "closer to uniform than single samples do: the median over three seeds of KL of the mode "
    "histogram is at most .01, and at most .3 of that without packing. A perfect sampler scores "
    "not 0 but (K - 1)/(2n), with n samples and K modes. Close to the optimum packs of m multiply "
    "the JS of uneven shares by m: the same unevenness costs the generator m times as much.",
    formula=r"\mathbb{E}\,[\mathrm{KL}] \approx \frac{K - 1}{2n}",
    assumptions=(
        "ring of 8, sigma .05, radius 1",
        "perceptrons 2-128-128, Adam 5e-4, 6000 steps on 128 packs",
    ),
    sources=("Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 4.1, Table 1, in small", COURSE),
    test="tests/collapse/test_collapse_and_critics.py::test_packing_keeps_the_modes",
)


@effect.symbolic(scope=AS_STATED)
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
    yield "of a pack the first-order change is h r + p g", joint - (h * r + p * g)
    yield (
        "whose square over p r is r h^2/p + p g^2/r + 2 h g, and sum h = 0: m = 2 gives twice",
        (sp.expand(joint**2 / (p * r) - r * h**2 / p - p * g**2 / r - 2 * h * g)),
    )


def _scores(rng, n: int) -> np.ndarray:
    """KL of the mode histogram of n samples from eight equal modes, 2000 times."""
    shares = rng.multinomial(n, np.full(8, 1 / 8), 2000) / n
    return xlogy(shares, 8 * shares).sum(axis=1)


@effect.sampling()
def effect_by_sampling(rng):
    for n in (5_000, 20_000):
        scores = _scores(rng, n)
        yield (scores.mean() - 7 / (2 * n)) / (scores.std() / math.sqrt(scores.size))


@effect.numerical(tolerance=0.02, description="JS of packs over m JS, shares uneven by 5%")
def js_of_packs_over_m_js_shares_uneven_by_5(rng):
    for _instance in range(5):
        q = np.full(8, 1 / 8) + 0.05 / 8 * np.repeat([1, -1], 4)[rng.permutation(8)]
        for m in (2, 3):
            yield abs(js(*packed(np.full(8, 1 / 8), q, m)) / (m * js(np.full(8, 1 / 8), q)) - 1)


@effect.control(
    "a perfect sampler is said to score 0: 7/(2n) is what it does score",
    of=effect_by_sampling,
    miss=83.7,
)
def a_perfect_sampler_is_said_to_score_0_7_2n(rng):
    scores = _scores(rng, 5_000)
    yield scores.mean() / (scores.std() / math.sqrt(scores.size))


@effect.control(
    "far from the optimum, one of eight modes is left: the gain is not m-fold",
    of=js_of_packs_over_m_js_shares_uneven_by_5,
    miss=0.343,
)
def far_from_the_optimum_one_of_eight_modes_is_left():
    p, q = np.full(8, 1 / 8), np.eye(8)[0]
    yield abs(js(*packed(p, q, 2)) / (2 * js(p, q)) - 1)
