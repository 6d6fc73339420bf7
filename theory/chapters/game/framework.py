"""The game of the two networks: its value, its losses, its algorithm (claims A-GAN).

Goodfellow et al. 2014: min over G, max over D of V(D, G) = E_{p_data}[log D(x)] +
E_{p_z}[log(1 - D(G(z)))] (equation 1), played by algorithm 1. The discriminator is given by its
logit a, D = σ(a); p and q stand for p_data and p_g. What concerns the generator's law alone is in
`push_forward`.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import Discriminator, optimal_discriminator, value
from theory.claim import AS_STATED, Claim

LOG4 = np.log(4)
_PAPER = "Goodfellow et al. 2014"


def softplus(a):
    """log(1 + e^a), without overflow."""
    return np.logaddexp(0, a)


def _random_laws(rng: np.random.Generator, n: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two laws on n points that overlap everywhere, and a discriminator's logits there."""
    p, q = rng.dirichlet(np.ones(n), 2) * 0.9 + 0.1 / n
    return p, q, rng.normal(0, 3, n)


def _by_table(a: np.ndarray) -> Discriminator:
    """The discriminator with logit a[x] at x = 0, 1, ..."""
    return Discriminator(lambda x: a[x.astype(int)])


ingredients = Claim(
    id="A-GAN-01",
    alias="gan-ingredients",
    title="z ~ p_z, x = G(z), 0 < D(x) = σ(a(x)) < 1",
    statement="A prior p_z; a generator G, a network that maps noise to data space; a "
    "discriminator D, whose output lies strictly between 0 and 1, being the probability that x "
    "came from the data and not from G. The generator's law p_g is *defined* as the law of G(z) "
    "with z ~ p_z: it gives samples, and no density.",
    formula=r"z \sim p_z, \quad x = G(z) \sim p_g, \quad 0 < D(x) = \sigma(a(x)) < 1",
    assumptions=("G is differentiable in its parameters", "D = σ(a) with a finite logit a"),
    sources=(
        f"{_PAPER}, section 3",
        "002_d31ce6ddd5a0096b.txt:92-97",
        "003_0ac11bc5ae3e596a.txt:229-241",
    ),
    test="tests/game/test_theory_meets_training.py::test_discriminator_is_a_probability",
)


@ingredients.symbolic(scope=AS_STATED)
def ingredients_proof():
    import sympy as sp

    s = sp.Symbol("s", positive=True)
    a = sp.Symbol("a", real=True)
    yield "σ(a) = s/(1 + s) with s = e^a", 1 / (1 + sp.exp(-a)) - sp.exp(a) / (1 + sp.exp(a))
    yield "D > 0, as s > 0", s / (1 + s) > 0
    yield "1 - D = 1/(1 + s) > 0", sp.simplify(1 - s / (1 + s)) > 0


@ingredients.control(
    "the last layer has no sigmoid: D is the logit itself", of=ingredients_proof, miss=0.813
)
def the_last_layer_has_no_sigmoid_d_is_the_logit(rng):
    a = rng.normal(0, 3, 100)
    yield np.maximum(0, a - 1)
    yield np.maximum(0, -a)


value_function = Claim(
    id="A-GAN-02",
    alias="value-function",
    title="V(D, G) = E_p_data[log D(x)] + E_p_z[log(1 − D(G(z)))]",
    statement="The game's value, which D maximises and G minimises. Integrals over x, over z and "
    "means over samples of G(z) are the same number.",
    formula=r"\min_G \max_D V(D, G), \quad V(D, G) = \mathrm{E}_{x \sim p_{\mathrm{data}}}[\log "
    r"D(x)] + \mathrm{E}_{z \sim p_z}[\log(1 - D(G(z)))]",
    assumptions=("natural logarithms", "0 < D < 1"),
    sources=(
        f"{_PAPER}, equation 1",
        "000_8b69f153baee6a3b.txt:242-246,258",
        "001_5040f14b49cef5aa.txt:25-29",
        "002_d31ce6ddd5a0096b.txt:110-112",
        "003_0ac11bc5ae3e596a.txt:275,286",
    ),
    no_proof="a definition; what is checked is that three ways to compute it agree",
)


def _game(rng: np.random.Generator):
    """The data's weights, means and spreads, the affine G's shift and scale, and a wavy logit."""
    w = rng.normal(0, 1, 3)
    data = rng.dirichlet([2, 2]), rng.normal(0, 2, 2), rng.uniform(0.3, 2, 2)
    affine = rng.normal(0, 2), rng.uniform(0.3, 2)
    return data, affine, Discriminator(lambda x: w[0] + w[1] * x + np.sin(w[2] * x))


def _over_x(data, affine, d: Discriminator) -> float:
    shift, scale = affine
    return value(Mixture.normal(*data), Mixture.normal([1], [shift], [scale]), d)


def _over_noise(data, affine, d: Discriminator, sign: int = -1) -> float:
    """V by scipy's quadrature, each normal law drawn as mean + spread * z; `sign` of D's rest."""
    from scipy.integrate import quad

    def mean(sign, m, s):
        def integrand(z):
            return np.exp(-(z**2) / 2) * log_expit(sign * d.logit(m + s * z))

        return quad(integrand, -12, 12, epsabs=1e-11, limit=400)[0] / np.sqrt(2 * np.pi)

    return sum(w * mean(1, m, s) for w, m, s in zip(*data, strict=True)) + mean(sign, *affine)


@value_function.numerical(tolerance=1e-8, description="the integral over x against that over z")
def the_integral_over_x_against_that_over_z(rng):
    for _instance in range(3):
        game = _game(rng)
        yield abs(_over_noise(*game) - _over_x(*game))


@value_function.sampling()
def value_function_by_sampling(rng):
    n = 100_000
    for _instance in range(5):
        data, (shift, scale), d = _game(rng)
        real = log_expit(d.logit(Mixture.normal(*data).rvs(n, random_state=rng)))
        fake = log_expit(-d.logit(shift + scale * rng.normal(size=n)))
        error = np.sqrt((real.var() + fake.var()) / n)
        yield (real.mean() + fake.mean() - _over_x(data, (shift, scale), d)) / error


@value_function.control(
    "the second term is read as E[log D(G(z))]",
    of=the_integral_over_x_against_that_over_z,
    miss=2.55,
)
def the_second_term_is_read_as_e_log_d_g_z(rng):
    game = _game(rng)
    yield abs(_over_noise(*game, sign=1) - _over_x(*game))


pointwise = Claim(
    id="A-GAN-06",
    alias="pointwise-maximum",
    title="V = ∫ p_data log D + p_g log(1 − D) dx: D is chosen point by point",
    statement="With a density p_g the value is one integral over x, whose integrand at x depends "
    "on D only through D(x): the maximum over functions D is taken separately in every point.",
    formula=r"V(D, G) = \int \bigl( p_{\mathrm{data}}(x) \log D(x) + p_g(x) \log(1 - D(x)) "
    r"\bigr)\,dx",
    assumptions=(
        "p_data and p_g have densities for one reference measure, such as p_data + p_g",
        "D may be any function",
    ),
    sources=(
        f"{_PAPER}, equation 3",
        "000_8b69f153baee6a3b.txt:270",
        "001_5040f14b49cef5aa.txt:27",
        "002_d31ce6ddd5a0096b.txt:186-190",
    ),
)


@pointwise.symbolic(scope=AS_STATED)
def pointwise_proof():
    import sympy as sp

    n = 3
    p, q = sp.symbols(f"p:{n}", positive=True), sp.symbols(f"q:{n}", positive=True)
    D = sp.symbols(f"D:{n}", positive=True)
    V = sum(p[i] * sp.log(D[i]) + q[i] * sp.log(1 - D[i]) for i in range(n))
    for i, j in itertools.combinations(range(n), 2):
        yield f"the mixed derivative by D{i} and D{j} vanishes", sp.diff(V, D[i], D[j])
    best = {D[i]: p[i] / (p[i] + q[i]) for i in range(n)}
    for i in range(n):
        yield f"the slope in D{i} vanishes at p{i}/(p{i} + q{i})", sp.diff(V, D[i]).subs(best)


def _joint_maximum(p: np.ndarray, q: np.ndarray, design: np.ndarray) -> np.ndarray:
    """D that maximises V over the logits design @ w, all points at once."""
    from scipy.optimize import minimize

    def loss(w):
        a = design @ w
        return p @ softplus(-a) + q @ softplus(a), design.T @ (q * expit(a) - p * expit(-a))

    options = {"gtol": 1e-11, "ftol": 1e-16, "maxiter": 5000}
    start = np.zeros(design.shape[1])
    return expit(design @ minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)


@pointwise.numerical(tolerance=1e-5, description="D* by points against the joint maximum (L-BFGS)")
def d_by_points_against_the_joint_maximum_l_bfgs(rng):
    for _instance in range(30):
        p, q, _ = _random_laws(rng, 8)
        yield np.abs(_joint_maximum(p, q, np.eye(8)) - optimal_discriminator(p, q)(np.arange(8)))


@pointwise.control(
    "D is no free function: its logit is a line in x",
    of=d_by_points_against_the_joint_maximum_l_bfgs,
    miss=0.384,
)
def d_is_no_free_function_its_logit_is_a_line_in_x(rng):
    x = np.arange(8)
    for _instance in range(5):
        p, q, _ = _random_laws(rng, 8)
        line = np.column_stack([np.ones(8), x - x.mean()])
        yield np.abs(_joint_maximum(p, q, line) - optimal_discriminator(p, q)(x))


first_term = Claim(
    id="A-GAN-07",
    alias="first-term-without-generator",
    title="∇_θg V = ∇_θg E_z[log(1 − D(G(z)))]",
    statement="The first term of V, E[log D(x)] over the data, does not depend on the generator.",
    formula=r"\nabla_{\theta_g} V(D, G) = \nabla_{\theta_g} \mathrm{E}_{z \sim p_z}[\log(1 - "
    r"D(G(z)))]",
    assumptions=("D is fixed",),
    sources=(f"{_PAPER}, algorithm 1", "002_d31ce6ddd5a0096b.txt:122"),
    test="tests/game/test_theory_meets_training.py::test_first_term_has_no_generator_gradient",
)


@first_term.symbolic(scope=AS_STATED)
def first_term_proof():
    import sympy as sp

    x, z, t, c = sp.symbols("x z theta c", real=True)
    a = sp.Function("a")  # any logit
    first = -sp.log(1 + sp.exp(-a(x)))
    second = -sp.log(1 + sp.exp(a(t * z + c)))
    for parameter in (t, c):
        yield f"d/d{parameter} of log D(x) is zero", sp.diff(first, parameter)
        whole = sp.diff(first + second, parameter)
        yield f"d/d{parameter} of V is that of the second term", whole - sp.diff(second, parameter)


def _gradients(rng: np.random.Generator) -> tuple[complex, complex, complex]:
    """d/dθ of V and of its two terms, by a complex step; G(z) = θ z, D = σ(w x + b)."""
    x, z = rng.normal(1, 1, 50), rng.normal(0, 1, 50)
    w, b, t = rng.normal(0, 1, 3) + np.array([2, 0, 1])
    step = 1e-30
    first = np.mean(-np.log(1 + np.exp(-(w * x + b + 0j))))
    second = np.mean(-np.log(1 + np.exp(w * (t + 1j * step) * z + b)))
    return tuple((term.imag / step) for term in (first + second, first, second))


@first_term.numerical(tolerance=1e-12, description="the two gradients, by a complex step")
def the_two_gradients_by_a_complex_step(rng):
    for _instance in range(20):
        whole, first, second = _gradients(rng)
        yield abs(first)
        yield abs(whole - second)


@first_term.control(
    "neither term is said to depend on the generator",
    of=the_two_gradients_by_a_complex_step,
    miss=0.893,
)
def neither_term_is_said_to_depend_on_the_generator(rng):
    yield abs(_gradients(rng)[2])


zero_sum = Claim(
    id="A-GAN-08",
    alias="losses-at-equilibrium",
    title="at D = 1/2: L_D = log 4 (sum) or log 2 (mean), L_G = −log 2 or log 2",
    statement="The payoffs are V and -V: a zero-sum game. Where D = 1/2 the discriminator's loss "
    "is log 4 = 1.3863 as the sum of two mean cross-entropies, log 2 = 0.6931 as one mean over a "
    "balanced batch; the generator's is -log 2 (saturating) or log 2 (non-saturating). With the "
    "non-saturating loss the game is no longer zero-sum.",
    formula=r"D = \frac{1}{2}: \quad L_D = -V = \log 4, \quad L_G = V_{\text{fake}} = -\log 2 "
    r"\;\;(\text{saturating}), \quad L_G = \log 2 \;\;(\text{non-saturating})",
    assumptions=("natural logarithms",),
    sources=(f"{_PAPER}, equation 1, section 4.1", "002_d31ce6ddd5a0096b.txt:99-106"),
)


@zero_sum.symbolic(scope=AS_STATED)
def zero_sum_proof():
    import sympy as sp

    a, r = sp.symbols("a r", real=True)
    D, R = 1 / (1 + sp.exp(-a)), 1 / (1 + sp.exp(-r))
    loss = -sp.log(R) - sp.log(1 - D)
    half = {a: 0, r: 0}
    yield "the sum is log 4", loss.subs(half) - sp.log(4)
    yield "the mean is log 2", (loss / 2).subs(half) - sp.log(2)
    yield "saturating: -log 2", sp.log(1 - D).subs(half) + sp.log(2)
    yield "non-saturating: log 2", (-sp.log(D)).subs(half) - sp.log(2)
    V = sp.log(R) + sp.log(1 - D)
    yield "the payoffs V and -V add up to 0", V + loss


@zero_sum.numerical(tolerance=1e-12, description="the readings at logits of 0")
def the_readings_at_logits_of_0(rng):
    zeros = np.zeros(64)
    real, fake = softplus(-zeros).mean(), softplus(zeros).mean()
    yield abs(real + fake - 1.3862943611198906)
    yield abs((real + fake) / 2 - 0.6931471805599453)
    yield abs(-fake + np.log(2))
    yield abs(real - np.log(2))


@zero_sum.control(
    "the mean over both halves is compared with log 4", of=the_readings_at_logits_of_0, miss=0.693
)
def the_mean_over_both_halves_is_compared_with_log_4(rng):
    yield abs((softplus(0) + softplus(-0.0)) / 2 - LOG4)


loss_sum = Claim(
    id="A-GAN-08b",
    alias="non-saturating-is-not-zero-sum",
    title="softplus(a) + L_G: 0 if saturating, 2 softplus(a) − a if not",
    statement="On a fake of logit a the discriminator loses softplus(a). With the saturating "
    "generator loss the players' losses add up to 0 for every a; with the non-saturating one the "
    "sum is 2 softplus(a) - a, which varies with a, its slope being tanh(a/2).",
    formula=r"\mathrm{softplus}(a) + \log(1 - \sigma(a)) = 0, \quad \mathrm{softplus}(a) - \log "
    r"\sigma(a) = 2\,\mathrm{softplus}(a) - a",
    sources=(
        f"{_PAPER}, section 3",
        "002_d31ce6ddd5a0096b.txt:129",
        "003_0ac11bc5ae3e596a.txt:306",
    ),
)


@loss_sum.symbolic(scope=AS_STATED)
def loss_sum_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    D = 1 / (1 + sp.exp(-a))
    odds = (1 - D) * (1 + sp.exp(a))
    yield "saturating: softplus(a) + log(1 - D) = log 1 = 0", sp.log(sp.simplify(odds))
    total = sp.log(1 + sp.exp(a)) + sp.log(1 + sp.exp(-a))
    slope = sp.diff(total, a)
    yield "non-saturating: the slope is tanh(a/2)", (slope - sp.tanh(a / 2)).rewrite(sp.exp)
    yield "which is not zero, at a = 2 for one", sp.tanh(1) > 0
    shift = sp.log(1 + sp.exp(-a)) - sp.log((1 + sp.exp(a)) / sp.exp(a))
    yield "softplus(-a) = softplus(a) - a", shift


@loss_sum.numerical(tolerance=1e-15, description="the sum of the losses, saturating, relative")
def the_sum_of_the_losses_saturating_relative(rng):
    a = rng.normal(0, 5, 100)
    yield np.abs(softplus(a) + log_expit(-a)) / np.maximum(1, np.abs(a))


@loss_sum.numerical(tolerance=1e-13, description="the sum against 2 softplus(a) - a")
def the_sum_against_2_softplus(rng):
    a = rng.normal(0, 5, 100)
    yield np.abs(softplus(a) + softplus(-a) - (2 * softplus(a) - a))


@loss_sum.control(
    "the non-saturating sum is said to be constant as well",
    of=the_sum_against_2_softplus,
    miss=0.176,
)
def the_non_saturating_sum_is_said_to_be_constant(rng):
    a = rng.normal(0, 1, 100)
    yield abs(np.mean(softplus(a) + softplus(-a)) - np.mean(softplus(a + 1) + softplus(-a - 1)))


cross_entropy = Claim(
    id="A-GAN-09",
    alias="cross-entropy",
    title="mean binary cross-entropy = −V/2",
    statement="Maximising V over D is maximum likelihood for a classifier of data (label 1) "
    "against generated samples (label 0) in equal numbers: its mean binary cross-entropy is -V/2.",
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

    p, q, D = (sp.symbols(f"{name}:3", positive=True) for name in "pqD")
    V = sum(p[i] * sp.log(D[i]) + q[i] * sp.log(1 - D[i]) for i in range(3))
    bce = 0
    for i, label in itertools.product(range(3), (0, 1)):
        mass = sp.Rational(1, 2) * (p[i] if label else q[i])
        bce -= mass * (label * sp.log(D[i]) + (1 - label) * sp.log(1 - D[i]))
    yield "the sum over points and labels is -V/2", sp.expand(bce + V / 2)


def _mean_bce(p, q, a, share: float) -> float:
    """The cross-entropy when a share of the samples is real."""
    return float(share * p @ softplus(-a) + (1 - share) * q @ softplus(a))


@cross_entropy.numerical(tolerance=1e-12, description="cross-entropy + V/2, random laws")
def cross_entropy_v_2_random_laws(rng):
    for _instance in range(100):
        p, q, a = _random_laws(rng)
        yield abs(_mean_bce(p, q, a, 0.5) + value(p, q, _by_table(a)) / 2)


@cross_entropy.sampling()
def cross_entropy_by_sampling(rng):
    n = 100_000
    for _instance in range(5):
        p, q, a = _random_laws(rng)
        label = np.repeat([1, 0], n)
        x = np.concatenate([rng.choice(5, n, p=p), rng.choice(5, n, p=q)])
        bce = np.where(label == 1, softplus(-a[x]), softplus(a[x]))
        error = np.sqrt((bce[:n].var() + bce[n:].var()) / n) / 2
        yield (bce.mean() - (p @ softplus(-a) + q @ softplus(a)) / 2) / error


@cross_entropy.control(
    "four samples in five are real", of=cross_entropy_v_2_random_laws, miss=0.456
)
def four_samples_in_five_are_real(rng):
    p, q, a = _random_laws(rng)
    yield abs(_mean_bce(p, q, a, 0.8) + value(p, q, _by_table(a)) / 2)


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
    yield "with D = 1/(1 + s), s > 0: -log D = log(1 + s) > 0", sp.log(1 + s) > 0
    yield "and -log(1 - D) = log(1 + 1/s) > 0", sp.log(1 + 1 / s) > 0
    top = p * sp.log(1 + q / p) + q * sp.log(1 + p / q)
    yield (
        "where p, q > 0 even the best D loses this much:",
        (top + p * sp.log(p / (p + q)) + q * sp.log(q / (p + q))),
    )
    yield "which is positive, so V < 0 on any overlap", top > 0
    yield "disjoint: D = 1 - e on data, e on fakes gives V -> 0", sp.limit(2 * sp.log(1 - e), e, 0)


@upper_bound.numerical(tolerance=0, description="the positive part of V, random laws and D")
def the_positive_part_of_v_random_laws_and_d(rng):
    for _instance in range(200):
        p, q, a = _random_laws(rng)
        yield max(0.0, -(p @ softplus(-a) + q @ softplus(a)))


@upper_bound.numerical(tolerance=1e-12, description="the best V of disjoint laws against 0")
def the_best_v_of_disjoint_laws_against_0(rng):
    for _instance in range(20):
        p, q = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4))
        p, q = np.concatenate([p, 0 * p]), np.concatenate([0 * q, q])
        yield abs(value(p, q, optimal_discriminator(p, q)))


@upper_bound.control(
    "the laws overlap, and the best V is still said to be 0",
    of=the_best_v_of_disjoint_laws_against_0,
    miss=1.19,
)
def the_laws_overlap_and_the_best_v_is_still_said(rng):
    p, q, _ = _random_laws(rng)
    yield abs(value(p, q, optimal_discriminator(p, q)))
