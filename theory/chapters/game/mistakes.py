"""Mistakes about the game and its optimum."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, ndtr

from theory.calculators.densities import Mixture
from theory.calculators.divergences import js, optimal_discriminator, value
from theory.chapters.game.framework import LOG4
from theory.chapters.game.training import digits_values, memorised_values
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014"


def _normal(mean: float, std: float = 1.0) -> Mixture:
    return Mixture.normal([1], [mean], [std])


def _best_value(p, q) -> float:
    """V(D*, G), by quadrature or summation."""
    return value(p, q, optimal_discriminator(p, q))


def _shape_error(f, x: np.ndarray) -> float:
    """1.0 when f cannot take x because of its shape, else 0.0."""
    try:
        f(x)
    except ValueError:
        return 1.0
    return 0.0


def _networks(rng: np.random.Generator):
    """A linear G from R^3 to R^2, a logistic D on R^2, noise z and data x."""
    g, d = rng.normal(size=(3, 2)), rng.normal(size=2)
    noise, data = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    return (lambda z: z @ g), (lambda x: expit(x @ d)), noise, data


any_law = Claim(
    id="B-E25",
    alias="erratum-any-distribution",
    title="“GANs can imitate any distribution”; “there is no direct method”",
    statement="Said: GANs can imitate any distribution, and there is no direct method to sample a "
    "complex one. Right: that needs capacity, latent dimension and a G that may be steep (an odd "
    "L-Lipschitz G leaves at least 2 Φ(1/L) - 1 of its mass in a gap (-1, 1), A-GAN-15); the "
    "inverse of the distribution function, Markov chains and flows are other methods.",
    formula=r"P(|G(z)| < 1) \ge 2\,\Phi\Bigl( \frac{1}{L} \Bigr) - 1 > 0",
    sources=("002_d31ce6ddd5a0096b.txt:40", "003_0ac11bc5ae3e596a.txt:238"),
    erratum=True,
)


def _mass_in_gap(G, rng: np.random.Generator) -> float:
    return float(np.mean(np.abs(G(rng.normal(size=100_000))) < 1))


@any_law.counterexample(
    at_least=1e-3, description="mass where there is no data, L-Lipschitz G", miss=0.016
)
def mass_where_there_is_no_data_l_lipschitz_g(rng):
    for L in (2, 10, 50):
        yield _mass_in_gap(lambda z, L=L: L * z, rng)
        yield 2 * ndtr(1 / L) - 1  # no odd L-Lipschitz G does better


@any_law.symbolic(scope=AS_STATED)
def any_law_proof():
    import sympy as sp

    L = sp.Symbol("L", positive=True)
    z = sp.Symbol("z", real=True)
    mass = sp.integrate(sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, -1 / L, 1 / L))
    yield "the noise in (-1/L, 1/L) is mapped into the gap", mass - sp.erf(1 / (sp.sqrt(2) * L))
    yield "its mass is positive for every L", mass > 0


@any_law.correction(
    "the inverse distribution function, which may jump, leaves none", tolerance=1e-3
)
def the_inverse_distribution_function_which_may_jump(rng):
    from scipy import stats

    data = Mixture([0.5, 0.5], [stats.uniform(-3, 2), stats.uniform(1, 2)])  # none in (-1, 1)
    yield _mass_in_gap(lambda z: data.ppf(ndtr(z)), rng)


argument = Claim(
    id="B-E42",
    alias="erratum-optimum-at-g-of-x",
    title="“D*_G(G(x))”",
    statement="Said: D*_G(G(x)) = p_data(x)/(p_data(x) + p_G(x)), and integrals without dx, dz. "
    "Right: D*_G(x); G acts on z, not on x.",
    formula=r"D^*_G(x) = \frac{p_{\mathrm{data}}(x)}{p_{\mathrm{data}}(x) + p_g(x)}, \quad "
    r"\text{not } D^*_G(G(x))",
    sources=(f"{_PAPER}, Proposition 1", "000_8b69f153baee6a3b.txt:262,298,312,338"),
    erratum=True,
)


def _optimum_error(argument, rng: np.random.Generator) -> float:
    """|D*(argument(x)) - p/(p + q)(x)|, its mean: N(0, 1) against the law of G(z) = 2 + z/2."""
    p, q = _normal(0), _normal(2, 0.5)
    x = rng.normal(1, 1, 200)
    ratio = p.pdf(x) / (p.pdf(x) + q.pdf(x))
    return float(np.mean(np.abs(optimal_discriminator(p, q)(argument(x)) - ratio)))


@argument.counterexample(
    at_least=1e-3, description="G(x): its shape, and its value in 1-D", miss=0.492
)
def g_x_its_shape_and_its_value_in_1_d(rng):
    G, _, _, x = _networks(rng)
    yield _shape_error(G, x)
    yield _optimum_error(lambda x: 2 + x / 2, rng)


@argument.symbolic(scope=AS_STATED)
def argument_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    D = sp.Symbol("D")
    root = sp.solve(sp.diff(p * sp.log(D) + q * sp.log(1 - D), D), D)
    yield "the optimum at x depends on p(x) and q(x) only", root[0] - p / (p + q)


@argument.correction("D*(x), and D of x", tolerance=1e-12)
def d_x_and_d_of_x(rng):
    _, D, _, x = _networks(rng)
    yield _shape_error(D, x)
    yield _optimum_error(lambda x: x, rng)


inner_optimum = Claim(
    id="B-E47",
    alias="erratum-inner-and-global-optimum",
    title="D* called “the global optimum value”",
    statement="Said: D* is the value of the global optimum (and a maximum, from a zero derivative "
    "alone). Right: D* is the inner optimum for a fixed G, a maximum because h'' < 0, and free "
    "where both densities vanish; the global optimum, -log 4, is at p_g = p_data.",
    formula=r"\max_D V(D, G) = V(D^*, G) \ge -\log 4 = \min_G \max_D V(D, G)",
    sources=(
        f"{_PAPER}, Theorem 1",
        "002_d31ce6ddd5a0096b.txt:110,174-182,200",
        "000_8b69f153baee6a3b.txt:276-298",
    ),
    erratum=True,
)


@inner_optimum.counterexample(
    at_least=1e-3, description="V(D*, G) above the optimum -log 4", miss=0.223
)
def v_d_g_above_the_optimum_log_4():
    for mean in (2.0, 1.0, -3.0):  # -0.7126 at N(2, 1)
        yield abs(_best_value(_normal(0), _normal(mean)) + LOG4)


@inner_optimum.symbolic(scope=AS_STATED)
def inner_optimum_proof():
    import sympy as sp

    p, q, s = sp.symbols("p q s", positive=True)
    D = sp.Symbol("D")
    h = p * sp.log(D) + q * sp.log(1 - D)
    yield "a zero slope at D* = p/(p + q)", sp.simplify(sp.diff(h, D).subs(D, p / (p + q)))
    yield (
        "and h'' < 0 at every D = 1/(1 + s)",
        sp.simplify(sp.diff(h, D, 2).subs(D, 1 / (1 + s))) < 0,
    )


@inner_optimum.numerical(tolerance=5e-5, description="-0.7126 for N(0, 1) and N(2, 1)")
def inner_optimum_0_7126_for_n_0_1_and_n_2_1():
    yield abs(_best_value(_normal(0), _normal(2)) + 0.7126)


@inner_optimum.certified(tolerance=1e-20, description="V(D*) at N(2, 1) to 22 decimals")
def v_d_at_n_2_1_to_22_decimals():
    import flint

    from theory.calculators import certified

    p, q = _normal(0), _normal(2)
    with flint.ctx.workprec(128):
        best = certified.value(p, q, optimal_discriminator(p, q))
        yield best - flint.arb("-0.7126327204262273948249")


@inner_optimum.correction("D* at p_g = p_data", tolerance=1e-12)
def d_at_p_g_p_data():
    for mean in (2.0, 1.0, -3.0):
        yield abs(_best_value(_normal(mean), _normal(mean)) + LOG4)


lost_k = Claim(
    id="B-E49",
    alias="erratum-lost-k",
    title="“training step of D and one training step of G” (k lost)",
    statement="Said: the network overfits when D is trained completely 'without considering G', "
    "then '... step of D and one step of G', the k being lost. Right: k steps of D to one of G; "
    "it is the *finite sample* that a D trained to completion overfits, so that its held-out V "
    "falls below -log 4 (A-GAN-13).",
    formula=r"k \text{ steps of } D \text{ to one of } G; \quad D \text{ to completion:} \; "
    r"V_{\text{train}} \to 0, \; V_{\text{held out}} < -\log 4",
    sources=(f"{_PAPER}, section 3", "002_d31ce6ddd5a0096b.txt:128"),
    erratum=True,
)


@lost_k.counterexample(
    at_least=0.5, description="D to completion: V in training less held out", miss=1.73
)
def d_to_completion_v_in_training_less_held_out():
    train, held_out = digits_values(600)
    yield train - held_out
    yield -LOG4 - held_out  # worse than tossing a coin


@lost_k.numerical(tolerance=0, description="held-out V above -log 4 - 0.5, a nearest-neighbour D")
def held_out_v_above_log_4_0_5_a_nearest_neighbour_d(rng):
    for n in (20, 100, 500):
        yield max(0.0, memorised_values(rng, n)[1] + LOG4 + 0.5)


@lost_k.correction("k = 10 steps of D", tolerance=0.5)
def k_10_steps_of_d():
    train, held_out = digits_values(10)
    yield max(0.0, train - held_out)
    yield max(0.0, -LOG4 - held_out)


approximate = Claim(
    id="B-E50",
    alias="erratum-approximate-optimum",
    title="“p_g ≈ p_data is an optimal point”",
    statement="Said: p_g ≈ p_data is an optimal point. Right: the optimum is at exact equality; "
    "near it C exceeds -log 4 by a quadratic term.",
    formula=r"C(G) > -\log 4 \text{ for } p_g \ne p_{\mathrm{data}}, \quad C(G) = -\log 4 + "
    r"\frac{1}{4} \int \frac{(p_g - p_{\mathrm{data}})^2}{p_{\mathrm{data}}}\,dx + \ldots",
    sources=(f"{_PAPER}, Theorem 1", "000_8b69f153baee6a3b.txt:252"),
    erratum=True,
)


@approximate.counterexample(
    at_least=1e-3, description="C(G) above -log 4, p_g near p_data", miss=0.0025
)
def c_g_above_log_4_p_g_near_p_data():
    for mean in (0.5, 0.2, 0.1):  # -1.3257 at N(0.5, 1)
        yield _best_value(_normal(0), _normal(mean)) + LOG4


@approximate.symbolic(scope=AS_STATED)
def approximate_proof():
    import sympy as sp

    p = sp.Symbol("p", positive=True)
    e, h = sp.symbols("epsilon h", real=True)
    q = p * (1 + e * h)
    C = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q)) + (p + q) * sp.log(2)
    C = sp.expand_log(C, force=True)
    yield "at q = p the excess is 0", sp.simplify(C.subs(e, 0))
    yield "its slope is 0", sp.simplify(sp.diff(C, e).subs(e, 0))
    yield "its curvature is p h^2/2", sp.simplify(sp.diff(C, e, 2).subs(e, 0) - p * h**2 / 2)


@approximate.numerical(tolerance=5e-5, description="-1.3257 at N(0.5, 1); 2 JS = mean^2/4 nearby")
def approximate_1_3257_at_n_0_5_1_2_js_mean_2_4_nearby():
    yield abs(_best_value(_normal(0), _normal(0.5)) + 1.3257)
    yield abs(2 * js(_normal(0), _normal(0.1)) - 0.1**2 / 4)


@approximate.certified(tolerance=1e-8, description="(C + log 4) / (mean^2 / 4) - 1 at 2^-12")
def c_log_4_mean_2_4_1_at_2_12():
    import flint

    from theory.calculators import certified

    mean = 2.0**-12
    p, q = _normal(0), _normal(mean)
    with flint.ctx.workprec(128):
        best = certified.value(p, q, optimal_discriminator(p, q))
        yield (best + flint.arb(4).log()) * 4 / flint.arb(mean) ** 2 - 1


@approximate.correction("p_g = p_data", tolerance=1e-12)
def p_g_p_data():
    yield abs(_best_value(_normal(0), _normal(0)) + LOG4)
