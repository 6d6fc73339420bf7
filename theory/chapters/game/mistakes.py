"""Mistakes about the game and its optimum."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, ndtr

from theory.calculators.densities import Mixture
from theory.calculators.divergences import (
    Discriminator,
    js,
    optimal_discriminator,
    value,
)
from theory.chapters.game.expressions import (
    best_value_at,
    cancelled,
    gibbs_gap,
    js_at,
    masses,
    maximum_steps,
    middle,
)
from theory.chapters.game.framework import LOG4
from theory.chapters.game.laws import best_value
from theory.chapters.game.training import digits_values, memorised_values
from theory.claim import AS_STATED, Claim, excess

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
    "G with slopes up to L leaves P(|G(z)| < 1) >= 2 Φ(1/L) - 1 of its mass in a gap, A-GAN-15); "
    "the inverse of the distribution function, Markov chains and flows are other methods.",
    formula=r"P(|G(z)| < 1) \ge 2\,\Phi\Bigl( \frac{1}{L} \Bigr) - 1, \quad 2\,\Phi\Bigl( "
    r"\frac{1}{L} \Bigr) > 1",
    sources=("002_d31ce6ddd5a0096b.txt:40", "003_0ac11bc5ae3e596a.txt:238"),
    erratum=True,
)


def _mass_in_gap(G, rng: np.random.Generator) -> float:
    return float(np.mean(np.abs(G(rng.normal(size=100_000))) < 1))


@any_law.counterexample(
    at_least=1e-3, description="mass where there is no data, L-Lipschitz G", miss=0.016
)
def mass_in_the_gap(rng):
    for L in (2, 10, 50):
        yield _mass_in_gap(lambda z, L=L: L * z, rng)
        yield 2 * ndtr(1 / L) - 1  # no odd L-Lipschitz G does better


@any_law.symbolic(scope="the mass that an odd G with slopes up to L leaves in the gap")
def any_law_proof():
    import sympy as sp

    L, s = sp.symbols("L s", positive=True)
    z = sp.Symbol("z", real=True)
    inner = 1 / L / (1 + s)  # every z in (0, 1/L), where |G(z)| <= L z, as G(0) = 0
    yield "there |G(z)| <= L z < 1", sp.cancel(1 - L * inner) > 0
    mass = sp.integrate(sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, -1 / L, 1 / L))
    yield (
        "and on the other side: the noise has this mass there",
        mass - sp.erf(1 / (sp.sqrt(2) * L)),
    )
    phi = (1 + sp.erf(1 / L / sp.sqrt(2))) / 2
    yield "which is 2 Phi(1/L) - 1", mass - (2 * phi - 1)
    yield "and positive for every L", mass > 0


@any_law.meaning()
def any_law_in_words():
    from scipy.integrate import quad
    from scipy.stats import norm

    for L in (2.0, 10.0, 50.0):
        # |G| < 1 at |z| < edge, of G = L z and of G = L tanh z
        for edge in (1 / L, float(np.arctanh(1 / L))):
            mass = quad(norm.pdf, -edge, edge)[0]
            yield {"P(|G(z)| < 1)": mass, "L": L, "A-GAN-15": None}


@any_law.correction("the inverse distribution function, which may jump, leaves none", tolerance=0)
def inverse_distribution_function(rng):
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
def shape_and_value(rng):
    G, _, _, x = _networks(rng)
    yield _shape_error(G, x)
    yield _optimum_error(lambda x: 2 + x / 2, rng)


@argument.symbolic(scope="that the optimum at x depends on the densities at x only")
def argument_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    D = sp.Symbol("D")
    root = sp.solve(sp.diff(p * sp.log(D) + q * sp.log(1 - D), D), D)
    yield "the optimum at x depends on p(x) and q(x) only", root[0] - p / (p + q)


@argument.meaning()
def argument_in_words(rng):
    p, q = _normal(0), _normal(2, 0.5)
    d = optimal_discriminator(p, q)
    for x in rng.normal(1, 1, 5):
        real, fake = float(p.pdf(x)), float(q.pdf(x))
        wrong = float(d(2 + x / 2))  # G(z) = 2 + z/2
        yield {
            "D*_G(G(x)) = p_data(x)/(p_data(x) + p_G(x))": bool(
                abs(wrong - real / (real + fake)) < 1e-9
            ),
            "D^*_G(x)": float(d(x)),
            "p_data(x)": real,
            "p_g(x)": fake,
        }


@argument.correction("D*(x), and D of x", tolerance=1e-12)
def optimum_at_x(rng):
    _, D, _, x = _networks(rng)
    yield _shape_error(D, x)
    yield _optimum_error(lambda x: x, rng)


inner_optimum = Claim(
    id="B-E47",
    alias="erratum-inner-and-global-optimum",
    title="D* called “the global optimum value”",
    statement="Said: D* is the value of the global optimum (and a maximum, from a zero derivative "
    "alone). Right: D* is the inner optimum for a fixed G, a maximum because h'' < 0, and free "
    "where both densities vanish; the global optimum, min_G max_D V = -log 4, is at p_g = p_data.",
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
def above_the_optimum():
    for mean in (2.0, 1.0, -3.0):  # -0.7126 at N(2, 1)
        yield abs(best_value(_normal(0), _normal(mean)) + LOG4)


@inner_optimum.symbolic(scope="that D* is a maximum for each generator, and -log 4 at equality")
def inner_optimum_proof():
    import sympy as sp

    p, q = masses()
    yield from maximum_steps(p, q)
    yield (
        "at p_g = p_data its height is -p log 4",
        best_value_at(p, q).subs(q, p) + p * sp.log(4),
    )


@inner_optimum.meaning(tolerance=1e-6)  # of the second difference
def inner_optimum_in_words():
    least = min(best_value(_normal(0), _normal(mean)) for mean in (-0.1, 0.0, 0.1))
    for mean in (2.0, 1.0, 0.0):
        p, q = _normal(0), _normal(mean)
        d = optimal_discriminator(p, q)
        nearby = [
            value(p, q, Discriminator(lambda x, m=m, d=d: d.logit(x) + m)) for m in (-1, 0, 1)
        ]
        a, b = float(p.pdf(0.3)), float(q.pdf(0.3))
        best = float(d(0.3))
        bent = [a * np.log(best + h) + b * np.log(1 - best - h) for h in (-1e-3, 0, 1e-3)]
        names = {
            r"\max_D V(D, G)": max(nearby),
            "V(D^*, G)": best_value(p, q),
            r"\min_G \max_D V(D, G)": least,
            "min_G max_D V": least,
            "h''": (bent[0] - 2 * bent[1] + bent[2]) / 1e-6,
        }
        yield names | ({"p_g": b, "p_data": a} if mean == 0 else {})


@inner_optimum.numerical(tolerance=5e-5, description="-0.7126 for N(0, 1) and N(2, 1)")
def four_decimals():
    yield abs(best_value(_normal(0), _normal(2)) + 0.7126)


@inner_optimum.certified(tolerance=1e-20, description="V(D*) at N(2, 1) to 22 decimals")
def decimals_at_two():
    import flint

    from theory.calculators import certified

    p, q = _normal(0), _normal(2)
    with flint.ctx.workprec(128):
        best = certified.value(p, q, optimal_discriminator(p, q))
        yield best - flint.arb("-0.7126327204262273948249")


@inner_optimum.correction("D* at p_g = p_data", tolerance=1e-12)
def optimum_at_equality():
    for mean in (2.0, 1.0, -3.0):
        yield abs(best_value(_normal(mean), _normal(mean)) + LOG4)


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
def digits_to_completion():
    train, held_out = digits_values(600)
    yield train - held_out
    yield -LOG4 - held_out  # worse than tossing a coin


@lost_k.numerical(tolerance=0, description="held-out V above -log 4 - 0.5, a nearest-neighbour D")
def nearest_neighbour(rng):
    for n in (20, 100, 500):
        yield excess(memorised_values(rng, n)[1], -LOG4 - 0.5)


@lost_k.meaning()
def lost_k_in_words(rng):
    train, held_out = digits_values(600)
    memorised = [memorised_values(rng, n)[1] for n in (20, 100, 500)]
    fallen = max(held_out, *memorised) < -LOG4
    yield {
        "its held-out V falls below -log 4 (A-GAN-13)": fallen,
        r"V_{\text{train}} \to 0": abs(train) < 1e-2,
        r"V_{\text{held out}} < -\log 4": fallen,
    }


# What would refute: as much as the counterexample must exceed.
@lost_k.correction("k = 10 steps of D", tolerance=0.5)
def ten_steps():
    train, held_out = digits_values(10)
    yield excess(train, held_out)
    yield excess(-LOG4, held_out)


approximate = Claim(
    id="B-E50",
    alias="erratum-approximate-optimum",
    title="“p_g ≈ p_data is an optimal point”",
    statement="Said: p_g ≈ p_data is an optimal point. Right: the optimum is at exact equality; "
    "near it C(G) > -log 4, by a quadratic term.",
    formula=r"C(G) > -\log 4 \text{ for } p_g \ne p_{\mathrm{data}}, \quad C(G) = -\log 4 + "
    r"\frac{1}{4} \int \frac{(p_g - p_{\mathrm{data}})^2}{p_{\mathrm{data}}}\,dx + "
    r"O(\varepsilon^3) \text{ for } p_g = p_{\mathrm{data}} (1 + \varepsilon h)",
    sources=(f"{_PAPER}, Theorem 1", "000_8b69f153baee6a3b.txt:252"),
    erratum=True,
)


@approximate.counterexample(
    at_least=1e-3, description="C(G) above -log 4, p_g near p_data", miss=0.0025
)
def above_the_minimum():
    for mean in (0.5, 0.2, 0.1):  # -1.3257 at N(0.5, 1)
        yield best_value(_normal(0), _normal(mean)) + LOG4


@approximate.symbolic(scope=AS_STATED)
def approximate_proof():
    import sympy as sp

    p, q = masses()
    e, h = sp.symbols("epsilon h", real=True)
    excess_at = 2 * js_at(p, p * (1 + e * h))  # of C over -log 4
    yield (
        "C + log 4 is the integral of 2 js",
        cancelled(best_value_at(p, q) + (p + q) * sp.log(2) - 2 * js_at(p, q)),
    )
    yield "at q = p it is 0", excess_at.subs(e, 0)
    yield "its slope is 0", sp.diff(excess_at, e).subs(e, 0)
    yield "its curvature is p h^2/2", sp.diff(excess_at, e, 2).subs(e, 0) - p * h**2 / 2
    m = middle(p, q)
    yield (
        "and elsewhere it is p g(M/p) + q g(M/q) with g(t) = t - 1 - log t",
        2 * js_at(p, q) - (p * gibbs_gap(m / p) + q * gibbs_gap(m / q)),
    )
    s, t = sp.symbols("s t", positive=True)
    slope = sp.diff(gibbs_gap(t), t)
    yield "g rises from g(1) = 0 where t > 1", sp.cancel(slope.subs(t, 1 + s)) > 0
    yield "and falls to it where t < 1: C > -log 4", sp.cancel(slope.subs(t, 1 / (1 + s))) < 0


@approximate.meaning()
def approximate_in_words():
    p = _normal(0)
    for mean in (0.005, -0.004):
        q = _normal(mean)
        best, a, b = best_value(p, q), float(p.pdf(0.7)), float(q.pdf(0.7))
        yield {
            "p_g ≈ p_data is an optimal point": best <= -LOG4,
            "C(G)": best,
            "p_data": a,
            "p_g": b,
            # of normal laws int (q - p)^2 / p = e^(mean^2) - 1
            r"\int \frac{(p_g - p_{\mathrm{data}})^2}{p_{\mathrm{data}}}\,dx": np.expm1(mean**2),
            r"O(\varepsilon^3)": 0.0,  # 1e-10 here
            "ε": mean,
            "h": (b / a - 1) / mean,
        }


@approximate.numerical(tolerance=5e-5, description="-1.3257 at N(0.5, 1); 2 JS = mean^2/4 nearby")
def four_decimals_and_nearby():
    yield abs(best_value(_normal(0), _normal(0.5)) + 1.3257)
    yield abs(2 * js(_normal(0), _normal(0.1)) - 0.1**2 / 4)


@approximate.certified(tolerance=1e-8, description="(C + log 4) / (mean^2 / 4) - 1 at 2^-12")
def certified_nearby():
    import flint

    from theory.calculators import certified

    mean = 2.0**-12
    p, q = _normal(0), _normal(mean)
    with flint.ctx.workprec(128):
        best = certified.value(p, q, optimal_discriminator(p, q))
        yield (best + flint.arb(4).log()) * 4 / flint.arb(mean) ** 2 - 1


@approximate.correction("p_g = p_data", tolerance=1e-12)
def equality():
    yield abs(best_value(_normal(0), _normal(0)) + LOG4)
