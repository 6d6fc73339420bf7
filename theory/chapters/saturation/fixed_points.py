"""In which points the two generator losses agree, and in which not (claim A-SAT-07)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator
from theory.chapters.saturation.expressions import non_saturating_loss, saturating_loss
from theory.chapters.saturation.precise import slopes
from theory.claim import Claim

# Two modes: their masses and means. G(z) = z + θ cannot reach both.
_MASSES, _MEANS = (0.3, 0.7), (-2, 2)
_MIXTURE = " + ".join(f"{w} N({m}, 1)" for w, m in zip(_MASSES, _MEANS, strict=True))
# The fixed points in θ of the saturating and of the non-saturating loss, to three decimals.
_ONE, _THREE = (1.834,), (-1.759, -0.494, 1.926)


same_direction = Claim(
    id="A-SAT-07",
    alias="same-fixed-points",
    title="both losses push D(G(z)) up; p_g = p_data is a fixed point of both, others are not",
    statement="Both generator losses have a negative slope at every logit: at every sample both "
    "push D(G(z)) up, and only the size differs. So p_g = p_data, where the optimal D is flat, is "
    "a fixed point of both. Elsewhere their fixed points differ, as different samples are weighed "
    f"differently: with p_data = {_MIXTURE}, G(z) = z + theta and D optimal for each theta, the "
    f"saturating loss has one, theta = {_ONE[0]}, the non-saturating three, theta = {_THREE[0]}, "
    f"{_THREE[1]} and {_THREE[2]}. To maximise E[log D(G(z))] is to minimise the non-saturating "
    "loss.",
    formula=r"\frac{d}{da} \log(1 - \sigma(a)) < 0, \quad \frac{d}{da} \bigl( -\log \sigma(a) "
    r"\bigr) < 0 \quad \text{for all } a",
    assumptions=("D is fixed in each step",),
    sources=(
        "Goodfellow et al. 2014, section 3",
        "000_8b69f153baee6a3b.txt:429-439",
        "002_d31ce6ddd5a0096b.txt:129",
        "003_0ac11bc5ae3e596a.txt:306",
    ),
)


@same_direction.symbolic(
    scope="the signs, the common fixed point, and that the example's others lie between the modes"
)
def same_direction_proof():
    import sympy as sp

    s = sp.Symbol("s", positive=True)  # e^a, so every logit
    a = sp.Symbol("a", real=True)
    saturating, other = (
        sp.simplify(sp.diff(loss(a), a).subs(a, sp.log(s)))
        for loss in (saturating_loss, non_saturating_loss)
    )
    yield "saturating: the slope -s/(1 + s) is negative", saturating < 0
    yield "non-saturating: the slope -1/(1 + s) is negative", other < 0
    x, theta = sp.symbols("x theta", real=True)
    p = sp.Function("p", positive=True)
    yield (
        "at p_g = p_data the logit of D* is flat: its slope, and both gradients, are 0",
        (sp.diff(sp.log(p(x) / p(x)), x)),
    )
    # The logit's slope in x is E[mode | x] - θ; the modes' shares of p(x) are positive
    near, far = sp.symbols("A B", positive=True)
    parts = [
        sp.Rational(str(w)) * sp.exp(-((x - m) ** 2) / 2)
        for w, m in zip(_MASSES, _MEANS, strict=True)
    ]
    logit = sp.log(sum(parts)) + (x - theta) ** 2 / 2
    mean = sum(m * part for m, part in zip(_MEANS, parts, strict=True)) / sum(parts)
    yield (
        "the logit's slope in x is (-2 A + 2 B)/(A + B) - theta, A and B the modes' shares",
        (sp.simplify(sp.diff(logit, x) - (mean - theta))),
    )
    between = (_MEANS[0] * near + _MEANS[1] * far) / (near + far)
    yield "which is below 2 - theta ...", sp.simplify(_MEANS[1] - between) > 0
    yield (
        "... and above -2 - theta: with |theta| >= 2 every sample is pushed inwards",
        (sp.simplify(between - _MEANS[0]) > 0),
    )
    d = sp.Symbol("D", positive=True)
    yield "minimising -log D is maximising log D", sp.diff(-sp.log(d), d) + sp.diff(sp.log(d), d)


@same_direction.numerical(tolerance=0, description="the signs of the two slopes, plus one")
def signs_of_the_slopes(rng):
    a = rng.uniform(-30, 30, 100)
    yield from np.abs(np.sign(slopes(saturating_loss, a)) + 1)
    yield from np.abs(np.sign(slopes(non_saturating_loss, a)) + 1)


def generator_slopes(theta: np.ndarray) -> np.ndarray:
    """The slopes in θ of both generator losses in the mixture's game, D optimal at each θ.

    Args:
        theta: shape (n,).

    Returns:
        Shape (2, n): the saturating and the non-saturating loss. The sum over the grid is as good
        as the integral to 1e-13, as the integrand is smooth and dies with e^(-u^2/2).
    """
    u, width = np.linspace(-12, 12, 1201, retstep=True)
    x = theta[:, None] + u
    parts = [w * np.exp(-((x - m) ** 2) / 2) for w, m in zip(_MASSES, _MEANS, strict=True)]
    a = np.log(sum(parts)) + u**2 / 2  # log p - log q
    of_a = sum(m * part for m, part in zip(_MEANS, parts, strict=True)) / sum(parts)
    of_a -= theta[:, None]  # d/dx of the logit, D held fixed
    weight = np.exp(-(u**2) / 2) * width / np.sqrt(2 * np.pi)
    return np.array([-(expit(a) * of_a) @ weight, -(expit(-a) * of_a) @ weight])


@cache
def fixed_points(which: int) -> tuple[float, ...]:
    """Where the slope of loss 0 (saturating) or 1 (non-saturating) changes sign, by increasing θ.

    All lie between the modes; the grid is fine against the distance of any two.
    """
    from scipy.optimize import root_scalar

    grid = np.linspace(-2, 2, 401)
    rising = np.sign(generator_slopes(grid)[which])
    return tuple(
        root_scalar(
            lambda t: generator_slopes(np.array([t]))[which, 0], bracket=(grid[i], grid[i + 1])
        ).root
        for i in np.flatnonzero(np.diff(rising))
    )


def _frozen_slopes(theta: float) -> np.ndarray:
    """The same slopes at one theta from the losses themselves: differences, D* held fixed."""
    masses, means = list(_MASSES), [float(m) for m in _MEANS]
    best = optimal_discriminator(
        Mixture.normal(masses, means, [1.0, 1.0]), Mixture.normal([1], [theta], [1.0])
    )
    z, weights = np.polynomial.hermite_e.hermegauss(200)
    ends = [best.logit(z + theta + h) for h in (1e-4, -1e-4)]
    losses = [(log_expit(-a), -log_expit(a)) for a in ends]
    change = (np.array(losses[0]) - losses[1]) / 2e-4
    return change @ weights / np.sqrt(2 * np.pi)


# The logit changes by up to 4 for each unit of x, so log σ(a) has singularities at a distance of
# pi/4 from the line: 120 nodes of Gauss and Hermite are right to some 1e-7, 200 to 1e-9, as the
# differences are.
@same_direction.numerical(tolerance=1e-8, description="slopes against differences of the losses")
def slopes_against_differences():
    for theta in (-1.0, 0.7, 3.0):
        yield from np.abs(generator_slopes(np.array([theta]))[:, 0] - _frozen_slopes(theta))


def _off(found: tuple[float, ...], stated: tuple[float, ...]):
    """How far each stated fixed point is from the nearest found; 1 if there are more or fewer."""
    yield float(len(found) != len(stated))
    for theta in stated:
        yield min(abs(theta - t) for t in found)


@same_direction.numerical(tolerance=5e-4, description="the fixed points, to three decimals")
def fixed_points_of_the_mixture():
    yield from _off(fixed_points(0), _ONE)
    yield from _off(fixed_points(1), _THREE)


def _descent(slope_in_logit, steps: int = 300) -> float:
    """W1 at the end of p_data = N(2, 1), G(z) = z + θ from θ = 0, D optimal before each step.

    W1 of two laws that differ by a shift is the shift. The means over z are Gauss-Hermite sums.
    """
    z, weights = np.polynomial.hermite_e.hermegauss(80)
    theta = 0.0
    for _step in range(steps):
        x = z + theta
        a = ((x - theta) ** 2 - (x - 2) ** 2) / 2  # log p - log q
        # d/dx of the logit with D frozen: (2 - θ), the slope of a line (claim A-DST-05)
        theta -= 0.5 * float(weights @ (slope_in_logit(a) * (2 - theta))) / np.sqrt(2 * np.pi)
    return abs(theta - 2)


# Near the end a step of 1/2 with slope 1/2 leaves 3/4 of the distance: 300 of them 1e-37.
@same_direction.numerical(tolerance=1e-12, description="W1 after descent, data that G can reach")
def descent_to_the_common_fixed_point():
    yield _descent(lambda a: -expit(a))
    yield _descent(lambda a: -expit(-a))


@same_direction.meaning()
def same_direction_in_words(rng):
    one, three = fixed_points(0), fixed_points(1)
    a = rng.uniform(-9, 9, 5)
    slope = [slopes(loss, a) for loss in (saturating_loss, non_saturating_loss)]
    for n in range(len(a)):
        yield {
            f"p_data = {_MIXTURE}": None,
            "G(z) = z + theta": None,
            f"one, theta = {_ONE[0]}": tuple(round(t, 3) for t in one) == _ONE,
            f"three, theta = {_THREE[0]}, {_THREE[1]} and {_THREE[2]}": tuple(
                round(t, 3) for t in three
            )
            == _THREE,
            r"\frac{d}{da} \log(1 - \sigma(a))": slope[0][n],
            r"\frac{d}{da} \bigl( -\log \sigma(a) \bigr)": slope[1][n],
        }


@same_direction.control(
    "the losses have the same fixed points", of=fixed_points_of_the_mixture, miss=3.59
)
def the_same_fixed_points():
    yield from _off(fixed_points(0), _THREE)


@same_direction.control(
    "E[log D(G(z))] is minimised, a lost sign", of=descent_to_the_common_fixed_point, miss=336000
)
def a_lost_sign():
    yield _descent(lambda a: expit(-a), steps=30)
