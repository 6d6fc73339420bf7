"""Which KL covers all modes, and which sits on one of them (claim A-MC-15)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.densities import Mixture
from theory.calculators.divergences import kl
from theory.claim import Claim, excess

# The half distance from which on KL(q || p) is least on a bump, and mean and variance at 4.
_CHANGE, _FIT_AT_4 = 2.800, (3.99960, 1.00159)

direction = Claim(
    id="A-MC-15",
    alias="mode-covering-mode-seeking",
    title="KL(p‖q) makes a Gaussian cover both bumps, KL(q‖p) makes it sit on one",
    statement="Let q = N(m, v) be fitted to p = N(-a, 1)/2 + N(a, 1)/2. KL(p || q) is least at p's "
    "mean and variance, q = N(0, 1 + a^2), which covers both bumps and the gap between them. "
    f"KL(q || p) is least at a Gaussian in the middle while a < {_CHANGE:.3f}; beyond, at one on "
    "either bump, close to N(±a, 1), where KL(q || p) < log 2. At a = 4 it is "
    f"N(±{_FIT_AT_4[0]:.5f}, {_FIT_AT_4[1]:.5f}).",
    formula=r"\operatorname{argmin}_q \mathrm{KL}(p \| q) = \mathcal{N}(0, 1 + a^2), \quad "
    r"\operatorname{argmin}_q \mathrm{KL}(q \| p) \approx \mathcal{N}(\pm a, 1)",
    assumptions=("q is Gaussian", "for the second: the bumps are far enough apart"),
    sources=(
        "Bishop 2006, Pattern Recognition and Machine Learning, section 10.1.2",
        "Goodfellow 2016, NIPS tutorial: Generative Adversarial Networks, section 3.2.5",
    ),
)


def two_bumps(a: float) -> Mixture:
    """N(-a, 1)/2 + N(a, 1)/2."""
    return Mixture.normal([0.5, 0.5], [-a, a], [1.0, 1.0])


# The trapezoidal rule for means over N(0, 1): its error falls exponentially with the step, which
# must be small beside pi/(2 a sqrt(v)), where log cosh(a sqrt(v) z) has its poles.
_Z = np.arange(-900, 901) / 100
_WEIGHTS = np.exp(-(_Z**2) / 2) / np.exp(-(_Z**2) / 2).sum()


def _seeking_kl(m: float, v: float, a: float) -> float:
    """KL(N(m, v) || two bumps)."""
    y = a * np.abs(m + math.sqrt(v) * _Z)
    log_cosh = y + np.log1p(np.exp(-2 * y)) - math.log(2)
    return float((m**2 + v + a**2 - 1 - math.log(v)) / 2 - _WEIGHTS @ log_cosh)


def _least_seeking_kl(a: float, near: float) -> tuple[float, float, float]:
    """(KL, m, v) at the local minimum of KL(q || p) that a search from m = `near` reaches."""
    from scipy.optimize import minimize

    found = minimize(
        lambda u: _seeking_kl(u[0], math.exp(u[1]), a),
        [near, 0.0 if near else math.log(1 + a**2)],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-14, "maxiter": 1000},
    )
    return found.fun, found.x[0], math.exp(found.x[1])


def mode_seeking_fit(a: float) -> tuple[float, float]:
    """Mean (>= 0) and variance of the Gaussian q that minimises KL(q || p), p the two bumps.

    Args:
        a: half the distance of the bumps, in their standard deviations, positive.

    Raises:
        ValueError: a is not positive, or not finite.

    Source: claim A-MC-15.
    """
    if not 0 < a < math.inf:
        raise ValueError(f"a: got {a!r}, expected a positive number")
    return min(_least_seeking_kl(a, 0.0), _least_seeking_kl(a, a))[1:]


@direction.symbolic(
    scope="the fit of KL(p || q); KL(q || p) below log 2 on a bump, above in the middle from 5.2 on"
)
def direction_proof():
    import sympy as sp

    x, t, b = sp.symbols("x t b", real=True)
    a, w, m1, m2 = sp.symbols("a lambda M_1 M_2", positive=True)
    # log q = (log w - w x^2)/2 + b x - b^2/(2w) + const, with w = 1/v and b = m/v
    cross = -(sp.log(w) - w * m2) / 2 - b * m1 + b**2 / (2 * w)
    slopes = [sp.diff(cross, b), sp.diff(cross, w)]
    at = {b: m1 * w}
    yield "E_p[-log q], in b = m/v and λ = 1/v, is flat where m = E[x]", slopes[0].subs(at)
    yield (
        "and where v = Var[x]",
        sp.simplify(slopes[1].subs(at).subs(w, 1 / (m2 - m1**2))),
    )
    hessian = sp.hessian(cross, (w, b))
    yield (
        "it is strictly convex, so there only: the diagonal",
        sp.Matrix(
            [hessian[1, 1] - 1 / w, sp.simplify(hessian[0, 0] - (1 / (2 * w**2) + b**2 / w**3))]
        ),
    )
    yield "and the determinant 1/(2 λ^3) are positive", sp.simplify(hessian.det() - 1 / (2 * w**3))
    generating = sp.exp(t**2 / 2) * sp.cosh(a * t)  # E[exp(t x)] of the two bumps
    yield "two bumps: mean 0", sp.diff(generating, t).subs(t, 0)
    yield "and variance 1 + a^2", sp.diff(generating, t, 2).subs(t, 0) - (1 + a**2)
    bump = sp.exp(-((x - a) ** 2) / 2)
    p = (bump + sp.exp(-((x + a) ** 2) / 2)) / 2
    yield (
        "q on one bump: log(q/p) = log 2 - log(1 + exp(-2ax)) < log 2, so KL(q || p) < log 2",
        sp.simplify(2 / (1 + sp.exp(-2 * a * x)) * p - bump),
    )
    # For q = N(0, u^2): E log cosh(a x) <= a E|x| = a c u, log u <= u - 1
    u, c = sp.symbols("u c", positive=True)
    yield (
        "q in the middle: KL >= (u - ca)^2/2 - u + 1/2 + a^2 (1 - c^2)/2, c^2 = 2/pi",
        sp.expand((u**2 + a**2 - 1) / 2 - (u - 1) - a * c * u)
        - sp.expand((u - c * a) ** 2 / 2 - u + sp.Rational(1, 2) + a**2 * (1 - c**2) / 2),
    )
    bound = (u - c * a) ** 2 / 2 - u + sp.Rational(1, 2) + a**2 * (1 - c**2) / 2
    least = bound.subs(u, c * a + 1)
    yield (
        "least at u = ca + 1, where it is a^2 (1 - c^2)/2 - ca",
        sp.expand(least - (a**2 * (1 - c**2) / 2 - c * a)),
    )
    yield (
        "which exceeds log 2 at a = 5.2: the middle is no longer the best",
        least.subs({a: sp.Rational(26, 5), c: sp.sqrt(2 / sp.pi)}) > sp.log(2),
    )
    beyond = sp.Symbol("e", positive=True)
    yield (
        "and rises from there on, with the slope a (1 - 2/pi) - sqrt(2/pi)",
        sp.simplify(
            sp.diff(least, a).subs({a: sp.Rational(26, 5) + beyond, c: sp.sqrt(2 / sp.pi)})
            - beyond * (1 - 2 / sp.pi)
        )
        > 0,
    )


def _covering_fit(a: float) -> tuple[float, float]:
    """Mean and variance of the Gaussian that minimises KL(p || q), by search over (m, log s)."""
    from scipy.optimize import minimize

    x = np.array([_Z - a, _Z + a])
    found = minimize(
        lambda u: u[1] + np.mean((x - u[0]) ** 2 @ _WEIGHTS) * np.exp(-2 * u[1]) / 2,
        [1.0, 0.0],
        method="BFGS",
        options={"gtol": 1e-9},
    )
    return float(found.x[0]), math.exp(2 * found.x[1])


# BFGS stops where the slope is below about 1e-7, and at the least value the place is off as much.
@direction.numerical(tolerance=1e-6, description="N(0, 1 + a^2), found by search on KL(p || q)")
def covering_fit():
    for a in (0.5, 2.0, 4.0):
        m, v = _covering_fit(a)
        yield abs(m)
        yield abs(v / (1 + a**2) - 1)


@direction.numerical(tolerance=5e-6, description="the fit at a = 4, five decimals")
def fit_at_4():
    yield np.abs(np.array(mode_seeking_fit(4.0)) - _FIT_AT_4)


def _changes_at(a: float) -> list[float]:
    """0 where the fit is in the middle just below a, and on a bump just above, else 1."""
    below, above = mode_seeking_fit(a - 5e-4), mode_seeking_fit(a + 5e-4)
    return [float(below[0] > 1e-3), float(above[0] < 0.9 * a)]


@direction.numerical(tolerance=0.0, description="the change, three decimals")
def change():
    yield _changes_at(_CHANGE)


@direction.numerical(tolerance=0.0, description="the excess of KL(q || p) on a bump over log 2")
def below_log_2():
    for a in (3.0, 4.0, 6.0):
        yield excess(_least_seeking_kl(a, a)[0], math.log(2))


def _gains(a: float, fit: tuple[float, float]):
    """What any Gaussian of a grid has less of KL(q || p) than the fit."""
    least = _seeking_kl(*fit, a)
    for m in np.linspace(0, a + 1, 16):
        yield [excess(least, _seeking_kl(m, v, a)) for v in np.geomspace(0.1, 40, 16)]


@direction.numerical(tolerance=1e-12, description="what any Gaussian of a grid gains on the fit")
def gains_on_the_fit():
    for a in (2.0, 4.0):
        yield np.max(list(_gains(a, mode_seeking_fit(a))))


@direction.numerical(tolerance=1e-9, description="KL(q || p) at the fit, by adaptive quadrature")
def adaptive_quadrature():
    for a in (1.0, 4.0):
        m, v = mode_seeking_fit(a)
        q = Mixture.normal([1], [m], [math.sqrt(v)])
        yield abs(kl(q, two_bumps(a)) - _seeking_kl(m, v, a))


@direction.meaning()
def direction_in_words():
    for a in (3.0, 4.0, 6.0):
        least, m, v = _least_seeking_kl(a, a)
        mean, variance = _covering_fit(a)
        covers = abs(mean) < 1e-5 and abs(variance / (1 + a**2) - 1) < 1e-5
        near = abs(m - a) < 0.1 and abs(v - 1) < 0.1
        yield {
            "q = N(m, v)": None,
            "p = N(-a, 1)/2 + N(a, 1)/2": None,
            "q = N(0, 1 + a^2)": covers,
            r"\operatorname{argmin}_q \mathrm{KL}(p \| q) = \mathcal{N}(0, 1 + a^2)": covers,
            "close to N(±a, 1)": near,
            r"\operatorname{argmin}_q \mathrm{KL}(q \| p) \approx \mathcal{N}(\pm a, 1)": near,
            "KL(q || p)": least,
        }
    yield {
        f"in the middle while a < {_CHANGE:.3f}": _changes_at(_CHANGE) == [0.0, 0.0],
        f"At a = 4 it is N(±{_FIT_AT_4[0]:.5f}, {_FIT_AT_4[1]:.5f})": np.abs(
            np.array(mode_seeking_fit(4.0)) - _FIT_AT_4
        ).max()
        < 5e-6,
    }


@direction.control("N(0, a²), without the bumps' own variance", of=covering_fit, miss=4)
def without_the_width():
    for a in (0.5, 2.0, 4.0):
        yield abs(_covering_fit(a)[1] / a**2 - 1)


@direction.control("the fit on a bump is said to be N(a, 1) itself", of=fit_at_4, miss=0.00159)
def the_bump_itself():
    yield np.abs(np.array(mode_seeking_fit(4.0)) - [4.0, 1.0])


@direction.control("the change is said to be at 2.8 + 0.001", of=change, miss=1)
def a_thousandth_later():
    yield _changes_at(_CHANGE + 1e-3)[0]  # just below it is on a bump already


@direction.control("in the middle KL(q || p) is below log 2, too", of=below_log_2, miss=4.44)
def in_the_middle():
    for a in (3.0, 4.0, 6.0):
        yield excess(_least_seeking_kl(a, 0.0)[0], math.log(2))


@direction.control("N(a, 1) is taken for the fit", of=gains_on_the_fit, miss=0.395)
def the_bump_for_the_fit():
    for a in (2.0, 4.0):
        yield np.max(list(_gains(a, (a, 1.0))))


@direction.control("the other direction, KL(p || q)", of=adaptive_quadrature, miss=14.6)
def the_other_direction():
    for a in (1.0, 4.0):
        m, v = mode_seeking_fit(a)
        q = Mixture.normal([1], [m], [math.sqrt(v)])
        yield abs(kl(two_bumps(a), q) - _seeking_kl(m, v, a))
