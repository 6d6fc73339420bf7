"""The game of the two networks: its ingredients and its value (claims A-GAN-01, 02, 06 and 07).

Goodfellow et al. 2014: min over G, max over D of V(D, G) = E_{p_data}[log D(x)] +
E_{p_z}[log(1 - D(G(z)))] (equation 1). The discriminator is given by its logit a, D = σ(a); p and q
stand for p_data and p_g. What the players lose is in `payoffs`, how the game is played in
`training`, and what concerns the generator's law alone in `push_forward`, `change_of_variables` and
`generators`.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math
from collections.abc import Callable

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


def random_laws(rng: np.random.Generator, n: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two laws on n points that overlap everywhere, and a discriminator's logits there."""
    p, q = rng.dirichlet(np.ones(n), 2) * 0.9 + 0.1 / n
    return p, q, rng.normal(0, 3, n)


def by_table(a: np.ndarray) -> Discriminator:
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
    definition=True,
    test="tests/game/test_theory_meets_training.py::test_discriminator_is_a_probability",
)


def _probability(unit: Callable):
    """Steps that show an output unit's value, in terms of s = e^a, to be a chance of the data."""
    import sympy as sp

    a = sp.Symbol("a", real=True)
    p, q, s = sp.symbols("p q s", positive=True)
    yield "the unit is 1/(1 + e^-a)", sp.simplify(unit(sp.exp(a)) - 1 / (1 + sp.exp(-a)))
    yield "D > 0, as s = e^a > 0", sp.simplify(unit(s)) > 0
    yield "1 - D(a) = D(-a), which is positive, too", sp.simplify(1 - unit(s) - unit(1 / s))
    yield "at a = log p - log q it is p/(p + q)", sp.simplify(unit(p / q) - p / (p + q))


@ingredients.symbolic(scope="that σ(a) is a chance, strictly between 0 and 1")
def ingredients_proof():
    yield from _probability(lambda s: s / (1 + s))


@ingredients.meaning()
def ingredients_in_words(rng):
    for a in (-4.0, 0.3, 4.0):
        z = rng.normal()
        d = float(expit(a))
        yield {
            "x": 2 + 3 * z,  # by the generator 2 + 3 z
            "G(z)": 2 + 3 * z,
            "a(x)": a,
            "D(x)": d,
            "strictly between 0 and 1": 0 < d < 1,
        }


@ingredients.control(
    "the output unit is tanh, which is bounded as well", of=ingredients_proof, miss=math.inf
)
def tanh_for_the_sigmoid():
    yield from _probability(lambda s: (s**2 - 1) / (s**2 + 1))


@ingredients.control(
    "the output unit is (1 + tanh a)/2, which lies in (0, 1) too",
    of=ingredients_proof,
    miss=math.inf,
)
def tanh_moved_into_the_interval():
    yield from _probability(lambda s: s**2 / (1 + s**2))


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
)


@value_function.symbolic(scope="that the integrals over z and over x agree, for an increasing G")
def value_function_proof():
    import sympy as sp

    z, x = sp.symbols("z x", real=True)
    F, G, f = sp.Function("F"), sp.Function("G"), sp.Function("f")  # F: p_g's distribution function
    over_noise = f(G(z)) * sp.diff(F(G(z)), z)  # p_z is the derivative of F_z(z) = F(G(z))
    density = sp.Subs(sp.diff(F(x), x), x, G(z))
    over_x = f(G(z)) * density * sp.diff(G(z), z)  # f p_g dx at x = G(z)
    yield "f(G(z)) p_z(z) dz = f(x) p_g(x) dx at x = G(z)", (over_noise - over_x).doit()
    a = sp.Symbol("a", real=True)
    D = 1 / (1 + sp.exp(-a))
    yield "log(1 - D) = -softplus(a)", sp.simplify(sp.exp(sp.log(1 - D)) * (1 + sp.exp(a)) - 1)


def _game(rng: np.random.Generator):
    """The data's weights, means and spreads, the affine G's shift and scale, and a wavy logit."""
    w = rng.normal(0, 1, 3)
    data = rng.dirichlet([2, 2]), rng.normal(0, 2, 2), rng.uniform(0.3, 2, 2)
    affine = rng.normal(0, 2), rng.uniform(0.3, 2)
    return data, affine, Discriminator(lambda x: w[0] + w[1] * x + np.sin(w[2] * x))


def _over_x(data, affine, d: Discriminator) -> float:
    shift, scale = affine
    return value(Mixture.normal(*data), Mixture.normal([1], [shift], [scale]), d)


def _terms_over_noise(data, affine, d: Discriminator, sign: int = -1) -> tuple[float, float]:
    """The terms of V by scipy's quadrature, each normal law drawn as mean + spread * z.

    The second is E[log(1 - D)], or with `sign` 1 E[log D].
    """
    from scipy.integrate import quad

    def mean(sign, m, s):
        def integrand(z):
            return np.exp(-(z**2) / 2) * log_expit(sign * d.logit(m + s * z))

        return quad(integrand, -12, 12, epsabs=1e-11, limit=400)[0] / np.sqrt(2 * np.pi)

    real = sum(w * mean(1, m, s) for w, m, s in zip(*data, strict=True))
    return real, mean(sign, *affine)


def _over_noise(data, affine, d: Discriminator, sign: int = -1) -> float:
    return sum(_terms_over_noise(data, affine, d, sign))


@value_function.numerical(tolerance=1e-8, description="the integral over x against that over z")
def over_x_against_over_z(rng):
    for _instance in range(3):
        game = _game(rng)
        yield abs(_over_noise(*game) - _over_x(*game))


def _sample_deviation(rng: np.random.Generator, sign: int) -> float:
    """V by 100 000 samples of each law less the integral over x, in standard errors.

    The second term is E[log(1 - D)], or with `sign` 1 E[log D].
    """
    n = 100_000
    data, (shift, scale), d = _game(rng)
    real = log_expit(d.logit(Mixture.normal(*data).rvs(n, random_state=rng)))
    fake = log_expit(sign * d.logit(shift + scale * rng.normal(size=n)))
    error = np.sqrt((real.var() + fake.var()) / n)
    return (real.mean() + fake.mean() - _over_x(data, (shift, scale), d)) / error


@value_function.sampling("the mean over samples against the integral over x")
def means_over_samples(rng):
    for _instance in range(5):
        yield _sample_deviation(rng, -1)


@value_function.meaning(tolerance=1e-8)
def value_function_in_words(rng):
    game = _game(rng)
    real, fake = _terms_over_noise(*game)
    yield {
        "V(D, G)": _over_x(*game),
        "E_p_data[log D(x)]": real,
        r"\mathrm{E}_{x \sim p_{\mathrm{data}}}[\log D(x)]": real,
        "E_p_z[log(1 − D(G(z)))]": fake,
        r"\mathrm{E}_{z \sim p_z}[\log(1 - D(G(z)))]": fake,
    }


@value_function.control(
    "the second term is read as E[log D(G(z))]", of=over_x_against_over_z, miss=1.92
)
def second_term_with_log_d(rng):
    for _instance in range(3):
        game = _game(rng)
        yield abs(_over_noise(*game, sign=1) - _over_x(*game))


@value_function.control(
    "the second term's mean is that of log D(G(z))", of=means_over_samples, miss=1240
)
def samples_of_log_d(rng):
    for _instance in range(3):
        yield _sample_deviation(rng, 1)


pointwise = Claim(
    id="A-GAN-06",
    alias="pointwise-maximum",
    title="V = ∫ p_data log D + p_g log(1 − D) dx: D is chosen point by point",
    statement="Written with p_g (A-GAN-03) the value is one integral over x, whose integrand at "
    "x depends on D only through D(x): the maximum over functions D is taken separately in every "
    "point.",
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

    p, q, s = sp.symbols("p q s", positive=True)
    D = sp.Symbol("D", positive=True)
    integrand = p * sp.log(D) + q * sp.log(1 - D)  # of x it holds p(x), q(x) and D(x) alone
    best = p / (p + q)
    slope, bend = sp.diff(integrand, D), sp.diff(integrand, D, 2)
    yield "at every x: the slope in D(x) vanishes at p/(p + q)", slope.subs(D, best)
    yield (
        "and the integrand is concave, so at most its value there: at D = 1/(1 + s)",
        sp.simplify(bend.subs(D, 1 / (1 + s))) < 0,
    )
    there, p_there, q_there = sp.symbols("D_y p_y q_y", positive=True)  # at another point, y
    both = integrand + integrand.subs({D: there, p: p_there, q: q_there}, simultaneous=True)
    yield (
        "D(x) and D(y) enter V apart, so each is chosen by itself: the mixed derivative is 0",
        sp.diff(both, D, there),
    )


def _joint_maximum(p: np.ndarray, q: np.ndarray, design: np.ndarray) -> np.ndarray:
    """D that maximises V over the logits design @ w, all points at once."""
    from scipy.optimize import minimize

    def loss(w):
        a = design @ w
        return p @ softplus(-a) + q @ softplus(a), design.T @ (q * expit(a) - p * expit(-a))

    options = {"gtol": 1e-11, "ftol": 1e-16, "maxiter": 5000}
    start = np.zeros(design.shape[1])
    return expit(design @ minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)


@pointwise.numerical(tolerance=1e-7, description="D* by points against the joint maximum (L-BFGS)")
def pointwise_against_joint_maximum(rng):
    for _instance in range(30):
        p, q, _ = random_laws(rng, 8)
        yield np.abs(_joint_maximum(p, q, np.eye(8)) - optimal_discriminator(p, q)(np.arange(8)))


@pointwise.meaning()
def pointwise_in_words(rng):
    for _instance in range(5):
        p, q, a = random_laws(rng)
        whole = p @ np.log(expit(a)) + q @ np.log(1 - expit(a))
        yield {
            "A-GAN-03": None,
            "V": value(p, q, by_table(a)),
            "V(D, G)": value(p, q, by_table(a)),
            "∫ p_data log D + p_g log(1 − D) dx": whole,
            r"\int \bigl( p_{\mathrm{data}}(x) \log D(x) + p_g(x) \log(1 - D(x)) "
            r"\bigr)\,dx": whole,
        }


@pointwise.control(
    "D is no free function: its logit is a line in x",
    of=pointwise_against_joint_maximum,
    miss=0.535,
)
def logit_on_a_line(rng):
    x = np.arange(8)
    for _instance in range(5):
        p, q, _ = random_laws(rng, 8)
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

    x, z, t = sp.symbols("x z theta", real=True)  # t: any one of the generator's parameters
    D, G = sp.Function("D"), sp.Function("G")
    first, second = sp.log(D(x)), sp.log(1 - D(G(z, t)))
    yield "log D(x) at a data point, by a parameter of G", sp.diff(first, t)
    yield "so V's derivative is the second term's", sp.diff(first + second, t) - sp.diff(second, t)


def _gradients(rng: np.random.Generator) -> tuple[float, float, float]:
    """d/dθ of V by a complex step, and of log(1 - D) and -log D of the fakes by hand.

    G(z) = θ z and D = σ(w x + b), on 50 samples each.
    """
    x, z = rng.normal(1, 1, 50), rng.normal(0, 1, 50)
    w, b, t = rng.normal(0, 1, 3) + np.array([2, 0, 1])
    step = 1e-30
    moved = w * (t + 1j * step) * z + b
    value = np.mean(-np.log(1 + np.exp(-(w * x + b)))) + np.mean(-np.log(1 + np.exp(moved)))
    fake = expit(w * t * z + b)
    saturating, other = np.mean(-fake * w * z), np.mean(-(1 - fake) * w * z)
    return float(value.imag / step), float(saturating), float(other)


@first_term.numerical(
    tolerance=1e-12, description="V's gradient by a complex step, that of the second term by hand"
)
def gradient_of_v_and_of_its_second_term(rng):
    for _instance in range(20):
        whole, second, _ = _gradients(rng)
        yield abs(whole - second)


@first_term.meaning()
def first_term_in_words(rng):
    for _instance in range(5):
        whole, second, _ = _gradients(rng)
        yield {
            "∇_θg V": whole,
            r"\nabla_{\theta_g} V(D, G)": whole,
            "∇_θg E_z[log(1 − D(G(z)))]": second,
            r"\nabla_{\theta_g} \mathrm{E}_{z \sim p_z}[\log(1 - D(G(z)))]": second,
        }


@first_term.control(
    "the non-saturating loss, -log D(G(z)), is said to have the same gradient",
    of=gradient_of_v_and_of_its_second_term,
    miss=2.59,
)
def gradient_of_the_non_saturating_loss(rng):
    for _instance in range(20):
        whole, _, other = _gradients(rng)
        yield abs(whole - other)
