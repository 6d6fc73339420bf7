"""What a classifier measures of two laws: their total variation (claims A-DST-08 and 11).

The error of the thresholded D*, and the hinge loss of the best discriminator. Here p stands for
p_data(x) and q for p_g(x).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator, total_variation
from theory.chapters.game.expressions import hinge_at, inside, optimum
from theory.claim import AS_STATED, Claim

error = Claim(
    id="A-DST-08",
    alias="discriminator-error",
    title="error of the thresholded D* = (1 − TV(p_data, p_g)) / 2",
    statement="Calling x real where D*(x) > 1/2 errs with probability "
    "(1/2) P_data(D* <= 1/2) + (1/2) P_g(D* > 1/2) = (1 - TV(p_data, p_g))/2, the least of all "
    "classifiers: a near-perfect discriminator means a total variation near 1.",
    formula=r"\frac{1}{2} P_{\mathrm{data}}\Bigl( D^* \le \frac{1}{2} \Bigr) + \frac{1}{2} "
    r"P_g\Bigl( D^* > \frac{1}{2} \Bigr) = \frac{1 - \mathrm{TV}(p_{\mathrm{data}}, p_g)}{2}",
    assumptions=("real and generated samples are equally frequent",),
    sources=(
        "Devroye, Györfi and Lugosi 1996, chapter 2 (Bayes error and L1 distance)",
        "000_8b69f153baee6a3b.txt:445",
    ),
)


def _larger_steps():
    """min(p, q) = (p + q)/2 - |p - q|/2, by which of the two is larger."""
    import sympy as sp

    p, q, d = sp.symbols("p q d", nonnegative=True)
    gap, tv = sp.symbols("gap TV", nonnegative=True)  # |p - q|
    smaller = (p + q) / 2 - gap / 2
    for case, a, b in (("p >= q", q + d, q), ("p < q", p, p + d)):
        yield (
            f"min(p, q) = (p + q)/2 - |p - q|/2 where {case}",
            sp.Min(a, b) - smaller.subs({p: a, q: b, gap: sp.Abs(a - b)}, simultaneous=True),
        )
    yield (
        "int p = int q = 1 and int |p - q| = 2 TV: int min(p, q) = 1 - TV",
        sp.expand(smaller.subs({p: 1, q: 1, gap: 2 * tv})) - (1 - tv),
    )


@error.symbolic(scope=AS_STATED)
def error_proof():
    import sympy as sp

    d, s = sp.symbols("d s", positive=True)
    q = sp.Symbol("q", nonnegative=True)  # the smaller mass, which may be 0
    tv = sp.Symbol("TV", real=True)
    half = sp.Rational(1, 2)
    says_real = inside(s)  # the chance with which any classifier says so at x

    def errs(a, b, real):
        """The integrand of a classifier's error where p = a and q = b."""
        return half * a * (1 - real) + half * b * real

    yield "D* > 1/2 where p > q: D* - 1/2 > 0 at p = q + d", optimum(q + d, q) - half > 0
    yield "there it says real and errs by q/2, the smaller", errs(q + d, q, 1) - half * q
    yield (
        "any other errs by (p - q)/2 times its chance of saying generated more",
        sp.factor(errs(q + d, q, says_real) - half * q) > 0,
    )
    yield "D* < 1/2 where p < q: D* - 1/2 < 0 at q = p + d", optimum(q, q + d) - half < 0
    yield "there it says generated and errs by p/2, the smaller", errs(q, q + d, 0) - half * q
    yield (
        "any other errs by (q - p)/2 times its chance of saying real more",
        sp.factor(errs(q, q + d, says_real) - half * q) > 0,
    )
    yield "where p = q every classifier errs by p/2", sp.expand(errs(q, q, says_real) - half * q)
    yield from _larger_steps()
    least = sp.Symbol("error")
    yield (
        "the error is half of it: TV = 1 - 2 error",
        sp.solve(half * (1 - tv) - least, tv)[0] - (1 - 2 * least),
    )


def _threshold_error(p: np.ndarray, q: np.ndarray, real: float = 0.5) -> float:
    says_real = optimal_discriminator(p, q)(np.arange(p.size)) > 0.5
    return float(real * p[~says_real].sum() + (1 - real) * q[says_real].sum())


@error.numerical(tolerance=1e-12, description="500 random laws on 8 points")
def error_of_random_laws(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        yield abs(_threshold_error(p, q) - (1 - total_variation(p, q)) / 2)


def _least_error(p: np.ndarray, q: np.ndarray) -> float:
    """The least error of the 256 classifiers of 8 points."""
    choices = (np.arange(2**8)[:, None] >> np.arange(8)) & 1
    return float(np.min(choices @ q + (1 - choices) @ p)) / 2


@error.numerical(tolerance=1e-12, description="the least error of all classifiers of 8 points")
def error_of_all_classifiers(rng):
    for _instance in range(50):
        p, q = rng.dirichlet(np.ones(8), 2)
        yield abs(_least_error(p, q) - (1 - total_variation(p, q)) / 2)


@error.numerical(tolerance=1e-10, description="N(0, 1) and N(m, 1), whose error is Phi(-m/2)")
def error_of_normal_laws(rng):
    for m in rng.uniform(0, 12, 10):
        tv = total_variation(Mixture.normal([1], [0], [1]), Mixture.normal([1], [m], [1]))
        yield abs((1 - tv) / 2 - ndtr(-m / 2))


@error.certified(tolerance=1e-20, description="N(0, 1) and N(m, 1), whose error is Phi(-m/2)")
def certified_error_of_normal_laws(rng):
    import flint

    from theory.calculators import certified

    p = Mixture.normal([1], [0], [1])
    with flint.ctx.workprec(128):
        for m in rng.uniform(0, 12, 4):
            tv = certified.total_variation(p, Mixture.normal([1], [m], [1]))
            yield (1 - tv) / 2 - (flint.arb(m) / flint.arb(8).sqrt()).erfc() / 2


@error.meaning()
def error_in_words(rng):
    for weight in (1e-3, 1.0, 1.0, 1.0):
        p, q = rng.dirichlet(np.full(8, weight), 2)
        p, q = 0.5 * (p + 1 / 8), 0.5 * (q + 1 / 8)
        d = optimal_discriminator(p, q)(np.arange(8))
        data, generated = p[d <= 0.5].sum(), q[d > 0.5].sum()
        yield {
            "real where D*(x) > 1/2": bool(np.all((d > 0.5) == (p > q))),
            "P_data(D* <= 1/2)": data,
            "P_g(D* > 1/2)": generated,
            r"P_{\mathrm{data}}\Bigl( D^* \le \frac{1}{2} \Bigr)": data,
            r"P_g\Bigl( D^* > \frac{1}{2} \Bigr)": generated,
            "error of the thresholded D*": _threshold_error(p, q),
            "TV(p_data, p_g)": total_variation(p, q),
            "near-perfect discriminator means a total variation near 1": (
                total_variation(p, q) >= 1 - 2 * _threshold_error(p, q) - 1e-12
            ),
        }


@error.control("the half is lost: error = 1 - TV", of=error_of_random_laws, miss=0.442)
def half_lost(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        yield abs(_threshold_error(p, q) - (1 - total_variation(p, q)))


@error.control("the classes are unbalanced, 55% real", of=error_of_random_laws, miss=0.0307)
def unbalanced_classes(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.ones(8), 2)
        yield abs(_threshold_error(p, q, real=0.55) - (1 - total_variation(p, q)) / 2)


@error.control(
    "a classifier must say real of at least half of the points",
    of=error_of_all_classifiers,
    miss=0.0926,
)
def restricted_classifiers(rng):
    for _instance in range(50):
        p, q = rng.dirichlet(np.ones(8), 2)
        choices = (np.arange(2**8)[:, None] >> np.arange(8)) & 1
        choices = choices[choices.sum(axis=1) >= 5]
        least = float(np.min(choices @ q + (1 - choices) @ p)) / 2
        yield abs(least - (1 - total_variation(p, q)) / 2)


hinge = Claim(
    id="A-DST-11",
    alias="hinge-loss-total-variation",
    title="min_D of the hinge loss = 2 ∫ min(p_data, p_g) dx = 2 (1 − TV(p_data, p_g))",
    statement="The discriminator's hinge loss L(D) = E_data max(0, 1 - D) + E_g max(0, 1 + D), D "
    "any real function, is least at D* = sign(p_data - p_g), where it is "
    "L(D*) = 2 int min(p_data, p_g) dx = 2 (1 - TV(p_data, p_g)) and "
    "E_data D* - E_g D* = 2 TV(p_data, p_g): an optimal discriminator of the hinge measures the "
    "total variation, and where the laws do not overlap the loss is 0 whatever their distance.",
    formula=r"\min_D \left( \mathrm{E}_{\mathrm{data}} \max(0, 1 - D) + \mathrm{E}_g \max(0, 1 + "
    r"D) \right) = 2 \int \min(p_{\mathrm{data}}, p_g)\,dx = 2 \left( 1 - "
    r"\mathrm{TV}(p_{\mathrm{data}}, p_g) \right)",
    assumptions=("D may be any function to the real numbers (unlimited capacity)",),
    sources=(
        "Lim and Ye 2017, Geometric GAN, section 3 (cited from memory)",
        "Miyato et al. 2018, equations 16 and 17 (numbers cited from memory)",
    ),
)


@hinge.symbolic(scope=AS_STATED)
def hinge_proof():
    import sympy as sp

    q, e, s = sp.symbols("q e s", nonnegative=True)
    p = q + e  # the data's mass is the larger or the same
    d = sp.Symbol("d", real=True)
    yield (
        "both roles change with the sign of D, so p >= q is enough",
        hinge_at(p, q, d) - hinge_at(q, p, -d),
    )
    yield (
        "at D = sign(p - q) = 1 it is 2 q = 2 min(p, q), whose integral is 2 (1 - TV), as follows",
        hinge_at(p, q, 1) - 2 * q,
    )
    yield (
        "D = 1 + s beyond: q (2 + s), more by q s >= 0",
        hinge_at(p, q, 1 + s) - 2 * q - q * s,
    )
    between = 2 / (1 + s) - 1  # every D in (-1, 1], where neither maximum is 0
    yield (
        "D in (-1, 1]: p (1 - D) + q (1 + D), more by (p - q) (1 - D) >= 0",
        hinge_at(p, q, between).replace(sp.Max, lambda *sides: sp.Max(*map(sp.factor, sides)))
        - 2 * q
        - e * (1 - between),
    )
    yield (
        "D = -1 - s: p (2 + s), more by 2 (p - q) + p s >= 0",
        sp.expand(hinge_at(p, q, -1 - s) - 2 * q - (2 * e + p * s)),
    )
    yield from _larger_steps()
    yield "there p D - q D = |p - q|, whose integral is 2 TV", p * 1 - q * 1 - sp.Abs(p - q)
    yield "where only one law has mass the loss is 0", hinge_at(e, 0, 1)


def _hinge_loss(p: np.ndarray, q: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The hinge loss of each row of outputs d on the points."""
    return np.maximum(0, 1 - d) @ p + np.maximum(0, 1 + d) @ q


def _least_hinge_loss(p: np.ndarray, q: np.ndarray, bound: float) -> float:
    """The least loss over D in [-bound, bound], by search on a grid that holds -1 and 1."""
    d = np.linspace(-bound, bound, 601)[:, None]
    losses = np.maximum(0, 1 - d) * p + np.maximum(0, 1 + d) * q
    return float(np.sum(np.min(losses, axis=0)))


@hinge.numerical(tolerance=1e-12, description="the least loss found by search, 8 points")
def least_hinge_loss(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 10 ** rng.uniform(-1.5, 1)), 2)
        yield abs(_least_hinge_loss(p, q, 3.0) - 2 * (1 - total_variation(p, q)))


@hinge.numerical(tolerance=1e-12, description="the loss at sign(p - q), and E_data D - E_g D")
def hinge_loss_at_the_sign(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 10 ** rng.uniform(-1.5, 1)), 2)
        d = np.sign(p - q)
        yield abs(_hinge_loss(p, q, d) - 2 * np.minimum(p, q).sum())
        yield abs((p - q) @ d - 2 * total_variation(p, q))


@hinge.numerical(tolerance=1e-10, description="N(0, 1) and N(m, 1), by quadrature at sign(p - q)")
def hinge_loss_of_normal_laws(rng):
    from scipy.integrate import quad
    from scipy.stats import norm

    for m in rng.uniform(0, 6, 5):

        def loss(x, m=m):
            p, q = norm.pdf(x), norm.pdf(x, m)
            d = np.sign(p - q)
            return p * max(0, 1 - d) + q * max(0, 1 + d)

        middle = m / 2  # where the sign changes
        found = quad(loss, -10, middle, epsabs=1e-12)[0] + quad(loss, middle, 16, epsabs=1e-12)[0]
        tv = total_variation(Mixture.normal([1], [0], [1]), Mixture.normal([1], [m], [1]))
        yield abs(found - 2 * (1 - tv))
        yield abs(found - 4 * ndtr(-m / 2))


@hinge.meaning()
def hinge_in_words(rng):
    for _instance in range(5):
        p, q = rng.dirichlet(np.ones(8), 2)
        sign = np.sign(p - q)
        d = rng.uniform(-2, 2, 8)
        least, variation = _least_hinge_loss(p, q, 3.0), total_variation(p, q)
        left, right = [1.0, 0.0], [0.0, 1.0]
        apart = _least_hinge_loss(np.array(left), np.array(right), 3.0)
        yield {
            "min_D of the hinge loss": least,
            "∫ min(p_data, p_g) dx": float(np.minimum(p, q).sum()),
            r"\int \min(p_{\mathrm{data}}, p_g)\,dx": float(np.minimum(p, q).sum()),
            "TV(p_data, p_g)": variation,
            "L(D)": float(_hinge_loss(p, q, d)),
            "E_data max(0, 1 - D)": float(p @ np.maximum(0, 1 - d)),
            "E_g max(0, 1 + D)": float(q @ np.maximum(0, 1 + d)),
            "D* = sign(p_data - p_g)": bool(abs(_hinge_loss(p, q, sign) - least) < 1e-12),
            "L(D*)": float(_hinge_loss(p, q, sign)),
            "E_data D*": float(p @ sign),
            "E_g D*": float(q @ sign),
            "the loss is 0 whatever their distance": apart == 0,
            r"\min_D \left( \mathrm{E}_{\mathrm{data}} \max(0, 1 - D) + \mathrm{E}_g "
            r"\max(0, 1 + D) \right)": least,
        }


@hinge.control("D is bounded by 0.99, as by a tanh", of=least_hinge_loss, miss=0.02)
def bounded_discriminator(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 10 ** rng.uniform(-1.5, 1)), 2)
        yield abs(_least_hinge_loss(p, q, 0.99) - 2 * (1 - total_variation(p, q)))


@hinge.control("D = 0.99 sign(p - q), inside of the margin", of=hinge_loss_at_the_sign, miss=0.02)
def inside_of_the_margin(rng):
    for _instance in range(100):
        p, q = rng.dirichlet(np.full(8, 10 ** rng.uniform(-1.5, 1)), 2)
        yield abs(_hinge_loss(p, q, 0.99 * np.sign(p - q)) - 2 * np.minimum(p, q).sum())
