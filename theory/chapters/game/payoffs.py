"""What the players lose, and how much the game can be worth (claims A-GAN-08 to 10).

The discriminator is given by its logit a, D = σ(a); p and q stand for p_data and p_g.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.divergences import optimal_discriminator, value
from theory.chapters.game.framework import LOG4, by_table, random_laws, softplus
from theory.claim import AS_STATED, Claim, excess

_PAPER = "Goodfellow et al. 2014"


zero_sum = Claim(
    id="A-GAN-08",
    alias="losses-at-equilibrium",
    title="at D = 1/2: L_D = log 4, its mean L_D/2 = log 2, saturating L_G = −log 2, "
    "non-saturating L_G = log 2",
    statement="The payoffs are V and -V: a zero-sum game. Where D = 1/2 the discriminator's loss "
    "is L_D = log 4 = 1.3863 as the sum of two mean cross-entropies, and L_D/2 = log 2 = 0.6931 as "
    "one mean over a balanced batch; the generator's, if saturating, is L_sat = -log 2, and else "
    "L_ns = log 2. With the non-saturating loss the game is no longer zero-sum.",
    formula=r"D = \frac{1}{2}: \quad L_D = -V = \log 4, \quad L_{\text{sat}} = V_{\text{fake}} "
    r"= -\log 2, \quad L_{\text{ns}} = \log 2, \quad L_D + L_{\text{ns}} = 3 \log 2",
    assumptions=("natural logarithms",),
    sources=(f"{_PAPER}, equation 1, section 4.1", "002_d31ce6ddd5a0096b.txt:99-106"),
)


@zero_sum.symbolic(scope=AS_STATED)
def zero_sum_proof():
    import sympy as sp

    a, r = sp.symbols("a r", real=True)  # the logits of a fake and of a real sample
    D, R = 1 / (1 + sp.exp(-a)), 1 / (1 + sp.exp(-r))
    loss = -sp.log(R) - sp.log(1 - D)
    half = {a: 0, r: 0}
    yield "D = 1/2 at logit 0", D.subs(half) - sp.Rational(1, 2)
    yield "the sum is log 4", loss.subs(half) - sp.log(4)
    yield "the mean is log 2", (loss / 2).subs(half) - sp.log(2)
    yield "saturating: -log 2", sp.log(1 - D).subs(half) + sp.log(2)
    yield "non-saturating: log 2", (-sp.log(D)).subs(half) - sp.log(2)
    V = sp.log(R) + sp.log(1 - D)
    yield "the payoffs V and -V add up to 0", V + loss
    both = loss - sp.log(D)
    yield "with -log D the losses add up to 3 log 2, not 0", both.subs(half) - 3 * sp.log(2)
    slope = sp.simplify(sp.diff(both, a) - (2 * D - 1))
    yield "nor to any constant: the slope in a is 2 D - 1", slope


def _readings(d: float) -> tuple[float, float, float, float]:
    """L_D as a sum and as a mean, and the saturating and the non-saturating L_G, all D(x) = d."""
    logits = np.full(64, np.log(d) - np.log(1 - d))
    real, fake = softplus(-logits), softplus(logits)
    both = np.concatenate([real, fake]).mean()
    return (
        float(real.mean() + fake.mean()),
        float(both),
        float(log_expit(-logits).mean()),
        float(-log_expit(logits).mean()),
    )


def _misread(d: float) -> list[float]:
    """How far the losses at D = d are from what they are said to be at 1/2."""
    expected = (LOG4, np.log(2), -np.log(2), np.log(2))
    return [abs(r - e) for r, e in zip(_readings(d), expected, strict=True)]


@zero_sum.numerical(tolerance=1e-12, description="the four readings at D = 1/2")
def readings_at_half():
    yield from _misread(0.5)


@zero_sum.meaning()
def zero_sum_in_words():
    total, mean, saturating, other = _readings(0.5)
    yield {
        "D": float(expit(0.0)),
        "V": -total,
        "L_D": total,
        "L_D/2": mean,
        "saturating L_G": saturating,
        "non-saturating L_G": other,
        "L_sat": saturating,
        r"V_{\text{fake}}": saturating,
        "L_ns": other,
    }


@zero_sum.control("D is 0.51 everywhere, and read as 1/2", of=readings_at_half, miss=0.0202)
def readings_at_0_51():
    yield _misread(0.51)


@zero_sum.control("the logarithms are read as bits", of=readings_at_half, miss=0.614)
def readings_in_bits():
    yield abs(_readings(0.5)[0] / np.log(2) - LOG4)
    yield abs(_readings(0.5)[1] / np.log(2) - np.log(2))


loss_sum = Claim(
    id="A-GAN-08b",
    alias="non-saturating-is-not-zero-sum",
    title="softplus(a) + L_G: 0 if saturating, 2 softplus(a) − a if not",
    statement="On a fake of logit a the discriminator loses softplus(a). With the saturating "
    "generator loss the players' losses add up to 0 for every a; with the non-saturating one "
    "the sum = 2 softplus(a) - a, which varies with a: its slope = tanh(a/2).",
    formula=r"\mathrm{softplus}(a) + \log(1 - \sigma(a)) = 0, \quad \mathrm{softplus}(a) - \log "
    r"(\sigma(a)) = 2\,\mathrm{softplus}(a) - a",
    sources=(
        f"{_PAPER}, section 3",
        "002_d31ce6ddd5a0096b.txt:129",
        "003_0ac11bc5ae3e596a.txt:306",
    ),
)


def _log_identity(steps):
    """Steps (words, f): each f must be the logarithm of 1, which sympy sees in its exponential."""
    import sympy as sp

    for words, logarithm in steps:
        yield words, sp.simplify(sp.exp(logarithm)) - 1


@loss_sum.symbolic(scope=AS_STATED)
def loss_sum_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    D, softplus_a = 1 / (1 + sp.exp(-a)), sp.log(1 + sp.exp(a))
    yield from _log_identity(
        (
            ("saturating: softplus(a) + log(1 - D) = log 1", softplus_a + sp.log(1 - D)),
            (
                "non-saturating: softplus(a) - log D = 2 softplus(a) - a",
                softplus_a - sp.log(D) - (2 * softplus_a - a),
            ),
        )
    )
    slope = sp.diff(2 * softplus_a - a, a)
    yield "its slope is tanh(a/2)", (slope - sp.tanh(a / 2)).rewrite(sp.exp)
    yield "which is not zero, at a = 2 for one", sp.tanh(1) > 0


@loss_sum.numerical(
    tolerance=1e-15, description="the sum of the losses, saturating, relative to the logit"
)
def saturating_sum(rng):
    a = rng.normal(0, 5, 100)
    yield np.abs(softplus(a) + log_expit(-a)) / np.maximum(1, np.abs(a))


@loss_sum.numerical(tolerance=1e-13, description="softplus(a) - log σ(a) against 2 softplus(a) - a")
def non_saturating_sum(rng):
    a = rng.normal(0, 5, 100)
    yield np.abs(softplus(a) - log_expit(a) - (2 * softplus(a) - a))


def _slope(a: np.ndarray) -> np.ndarray:
    """d/da of softplus(a) - log σ(a), by a complex step."""
    step = 1e-30
    b = a + 1j * step
    return (np.log(1 + np.exp(b)) + np.log(1 + np.exp(-b))).imag / step


@loss_sum.numerical(tolerance=1e-13, description="its slope by a complex step against tanh(a/2)")
def slope_is_tanh(rng):
    a = rng.normal(0, 5, 100)
    yield np.abs(_slope(a) - np.tanh(a / 2))


@loss_sum.meaning()
def loss_sum_in_words(rng):
    for a in rng.normal(0, 3, 5):
        saturating = float(log_expit(-a))
        slope = float(_slope(np.array(a)))
        yield {
            "a": a,
            "softplus(a) + L_G: 0 if saturating": abs(np.logaddexp(0, a) + saturating) < 1e-12,
            "add up to 0 for every a": abs(np.logaddexp(0, a) + saturating) < 1e-12,
            "2 softplus(a) − a if not": None,
            "the sum": float(softplus(a) - log_expit(a)),
            "its slope": slope,
        }


@loss_sum.control(
    "the non-saturating sum is said to be constant as well, log 4", of=non_saturating_sum, miss=1.76
)
def non_saturating_sum_constant(rng):
    for a in rng.normal(0, 1, 100):
        yield abs(softplus(a) - log_expit(a) - LOG4)


@loss_sum.control("the slope is said to be tanh(a)", of=slope_is_tanh, miss=0.3)
def slope_is_tanh_of_a(rng):
    for a in rng.normal(0, 1, 20):
        yield abs(_slope(a) - np.tanh(a))


cross_entropy = Claim(
    id="A-GAN-09",
    alias="cross-entropy",
    title="mean binary cross-entropy = −V/2",
    statement="Maximising V over D is maximum likelihood for a classifier of data (label 1) "
    "against generated samples (label 0) in equal numbers: its mean binary cross-entropy = -V/2.",
    formula=r"-\frac{1}{2} \bigl( \mathrm{E}_{x \sim p_{\mathrm{data}}}[\log D(x)] + "
    r"\mathrm{E}_{x \sim p_g}[\log(1 - D(x))] \bigr) = -\frac{V(D, G)}{2}",
    assumptions=("as many real as generated samples",),
    sources=(
        f"{_PAPER}, section 4.1",
        "002_d31ce6ddd5a0096b.txt:81,102",
        "003_0ac11bc5ae3e596a.txt:279",
    ),
)


@cross_entropy.symbolic(scope=AS_STATED)
def cross_entropy_proof():
    import sympy as sp

    D, y = sp.symbols("D y", positive=True)
    likelihood = D**y * (1 - D) ** (1 - y)  # of label y, when D is the chance of label 1
    loss = -y * sp.log(D) - (1 - y) * sp.log(1 - D)
    for label in (0, 1):
        gap = (sp.log(likelihood) + loss).subs(y, label)
        yield f"label {label}: the cross-entropy is minus the log-likelihood", sp.expand_log(gap)
    x = sp.Symbol("x", real=True)
    p, q, d = (sp.Function(name)(x) for name in "pqD")
    half = sp.Rational(1, 2)  # of the samples are real
    mean = half * p * loss.subs({y: 1, D: d}) + half * q * loss.subs({y: 0, D: d})
    integrand = p * sp.log(d) + q * sp.log(1 - d)
    yield (
        "at every x the mean over labels is -1/2 of V's integrand",
        sp.expand(mean + integrand / 2),
    )


def _mean_bce(p, q, a, share: float) -> float:
    """The cross-entropy when a share of the samples is real."""
    return float(share * p @ softplus(-a) + (1 - share) * q @ softplus(a))


@cross_entropy.numerical(tolerance=1e-12, description="cross-entropy + V/2, random laws")
def cross_entropy_on_random_laws(rng):
    for _instance in range(100):
        p, q, a = random_laws(rng)
        yield abs(_mean_bce(p, q, a, 0.5) + value(p, q, by_table(a)) / 2)


def _labelled_deviation(rng: np.random.Generator, real: int) -> float:
    """The mean cross-entropy of 200 000 samples plus V/2, in standard errors; `real` is x's label
    where it came from the data."""
    n = 100_000
    p, q, a = random_laws(rng)
    label = np.repeat([real, 1 - real], n)
    x = np.concatenate([rng.choice(5, n, p=p), rng.choice(5, n, p=q)])
    bce = np.where(label == 1, softplus(-a[x]), softplus(a[x]))
    error = np.sqrt((bce[:n].var() + bce[n:].var()) / n) / 2
    return (bce.mean() + value(p, q, by_table(a)) / 2) / error


@cross_entropy.sampling("the mean cross-entropy of labelled samples plus V/2")
def cross_entropy_of_samples(rng):
    for _instance in range(5):
        yield _labelled_deviation(rng, 1)


@cross_entropy.meaning()
def cross_entropy_in_words(rng):
    for _instance in range(5):
        p, q, a = random_laws(rng)
        v = value(p, q, by_table(a))
        yield {
            "label 1": None,
            "label 0": None,
            "mean binary cross-entropy": _mean_bce(p, q, a, 0.5),
            "V": v,
            "V(D, G)": v,
            r"\mathrm{E}_{x \sim p_{\mathrm{data}}}[\log D(x)]": float(p @ log_expit(a)),
            r"\mathrm{E}_{x \sim p_g}[\log(1 - D(x))]": float(q @ log_expit(-a)),
        }


@cross_entropy.control("55 samples in 100 are real", of=cross_entropy_on_random_laws, miss=0.149)
def more_real_than_generated(rng):
    for _instance in range(20):
        p, q, a = random_laws(rng)
        yield abs(_mean_bce(p, q, a, 0.55) + value(p, q, by_table(a)) / 2)


@cross_entropy.control(
    "the means over real and generated samples are added, not averaged",
    of=cross_entropy_on_random_laws,
    miss=2.46,
)
def sum_of_two_means(rng):
    for _instance in range(20):
        p, q, a = random_laws(rng)
        yield abs(2 * _mean_bce(p, q, a, 0.5) + value(p, q, by_table(a)) / 2)


@cross_entropy.control("the labels are turned", of=cross_entropy_of_samples, miss=316)
def turned_labels(rng):
    for _instance in range(3):
        yield _labelled_deviation(rng, 0)


upper_bound = Claim(
    id="A-GAN-10",
    alias="value-at-most-zero",
    title="V(D, G) ≤ 0, with supremum 0 for disjoint supports only",
    statement="V is never positive. It comes arbitrarily close to 0 only if D is near 1 on the "
    "data and near 0 on generated samples, hence only if the two laws live on disjoint sets.",
    formula=r"V(D, G) \le 0, \quad \sup_D V(D, G) = 0 \Leftrightarrow \int "
    r"\min(p_{\mathrm{data}}, p_g)\,dx = 0",
    assumptions=("0 < D < 1",),
    sources=(
        f"{_PAPER}, equation 1",
        "002_d31ce6ddd5a0096b.txt:116-118",
        "003_0ac11bc5ae3e596a.txt:279",
    ),
)


@upper_bound.symbolic(scope=AS_STATED)
def upper_bound_proof():
    import sympy as sp

    p, q, s, e = sp.symbols("p q s epsilon", positive=True)
    D = 1 / (1 + s)  # every value in (0, 1)
    yield "-log D = log(1 + s)", sp.expand_log(sp.log(D) + sp.log(1 + s))
    yield "which is positive", sp.log(1 + s) > 0
    yield "-log(1 - D) = log(1 + 1/s)", sp.simplify((1 - D) * (1 + 1 / s)) - 1
    yield "which is positive, so V <= 0", sp.log(1 + 1 / s) > 0
    # Near 0 only if E[1 - D(x)] and E[D(G(z))] are: -log D >= 1 - D
    room = sp.log(1 + s) - (1 - D)
    yield "-log D - (1 - D) is 0 at s = 0", room.subs(s, 0)
    yield "and grows, so -V >= E[1 - D(x)] + E[D(G(z))]", sp.simplify(sp.diff(room, s)) > 0
    # Any overlap costs: no D does better there than p/(p + q), as in A-GAN-06
    integrand = p * sp.log(D) + q * sp.log(1 - D)
    yield (
        "where p, q > 0 the slope vanishes at s = q/p",
        sp.simplify(sp.diff(integrand, s)).subs(s, q / p),
    )
    yield (
        "and has the sign of q - p s: up before, down after",
        sp.simplify(sp.diff(integrand, s) - (q - p * s) / (s * (1 + s))),
    )
    top = -p * sp.log(1 + q / p) - q * sp.log(1 + p / q)
    yield (
        "the best value there",
        sp.simplify(sp.expand_log(integrand.subs(s, q / p) - top, force=True)),
    )
    yield "is negative, so sup V < 0 on any overlap", top < 0
    yield "disjoint: D = 1 - e on data, e on fakes gives V -> 0", sp.limit(2 * sp.log(1 - e), e, 0)


def _above_zero(p, q, a) -> float:
    return float(excess(value(p, q, by_table(a)), 0))


@upper_bound.numerical(tolerance=0, description="the positive part of V, random laws and D")
def positive_part_of_v(rng):
    for _instance in range(200):
        yield _above_zero(*random_laws(rng))


def _overlapping(rng: np.random.Generator, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Two laws on eight points that have this share of their mass on one point in common."""
    p, q = rng.dirichlet(np.ones(4), 2) * (1 - share)
    p, q = np.concatenate([p, 0 * q, [share]]), np.concatenate([0 * p, q, [share]])
    return p, q


def best_value(p, q) -> float:
    """V(D*, G)."""
    return value(p, q, optimal_discriminator(p, q))


@upper_bound.numerical(tolerance=1e-12, description="the best V of disjoint laws against 0")
def best_value_of_disjoint_laws(rng):
    for _instance in range(20):
        yield abs(best_value(*_overlapping(rng, 0.0)))


@upper_bound.meaning()
def upper_bound_in_words(rng):
    for share in (0.0, 0.0, 1e-3, 0.5):
        p, q = _overlapping(rng, share)
        best = best_value(p, q)
        alike = bool((abs(best) < 1e-12) == (np.minimum(p, q).sum() == 0))
        _, _, a = random_laws(rng, 9)
        yield {
            "V(D, G)": value(p, q, by_table(a)),
            "with supremum 0 for disjoint supports only": alike,
            "comes arbitrarily close to 0 only if": None,
            "D is near 1 on the data": None,
            "near 0 on generated samples": None,
            r"\sup_D V(D, G) = 0 \Leftrightarrow \int "
            r"\min(p_{\mathrm{data}}, p_g)\,dx = 0": alike,
        }


@upper_bound.control(
    "one part in 1000 is in common, and the best V is still said to be 0",
    of=best_value_of_disjoint_laws,
    miss=0.00139,
)
def slightly_overlapping_laws(rng):
    for _instance in range(20):
        yield abs(best_value(*_overlapping(rng, 1e-3)))


@upper_bound.control(
    "-log 4, the least of the best values, is taken for the largest",
    of=positive_part_of_v,
    miss=0.635,
)
def least_for_largest(rng):
    for _instance in range(20):
        p, q, _ = random_laws(rng)
        yield excess(best_value(p, q), -LOG4)
