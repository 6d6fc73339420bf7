"""Two disjoint uniform laws under noise, in numbers (claim A-SUP-11)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.divergences import js
from theory.calculators.noise import noised_uniform, noised_uniform_density
from theory.claim import Claim

_LOG4 = 2 * math.log(2)
_NOISE = "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 3"


# C, JS and dC/dθ at θ = 2, as printed.
_PRINTED = ("-0.748239", "0.319028", "0.438319")
_TABLE = np.array([float(number) for number in _PRINTED])

uniforms = Claim(
    id="A-SUP-11",
    alias="noised-uniforms",
    title="U[0, 1] and U[2, 3] with N(0, 1) noise: JS = 0.319 and dC/dθ = 0.438, no longer 0",
    statement="Data on U[0, 1] and samples on U[theta, theta + 1] at theta = 2 are disjoint: "
    f"JS = log 2, and no gradient. With N(0, 1) noise on both C = {_PRINTED[0]}, "
    f"JS = {_PRINTED[1]} and dC/dtheta = {_PRINTED[2]}; a trained discriminator finds these "
    "numbers.",
    formula=rf"C = 2\,\mathrm{{JS}}(p * n, p_\theta * n) - \log 4 = {_PRINTED[0]},\quad "
    rf"\frac{{dC}}{{d\theta}} = {_PRINTED[2]}\quad(\theta = 2)",
    assumptions=("Gaussian noise, s = 1, on both inputs of D",),
    sources=(_NOISE, "001_5040f14b49cef5aa.txt:44"),
    test="tests/collapse/test_collapse_and_critics.py::test_noised_uniforms_restore_the_gradient",
    no_proof="the integrals have no closed form",
)


def _at_two(std: float) -> np.ndarray:
    """C, JS and dC/dθ (the formula of A-SUP-08) at θ = 2, by scipy's quadrature."""
    from scipy.integrate import quad

    def parts(x):
        p, q = (float(noised_uniform_density(x, low, std)) for low in (0, 2))
        ends = [math.exp(-(((x - end) / std) ** 2) / 2) for end in (3.0, 2.0)]
        tilt = (ends[0] - ends[1]) / (std * math.sqrt(2 * math.pi))  # d q_theta/d theta
        return p, q, tilt

    def game(x):
        p, q, _tilt = parts(x)
        return p * math.log(p / (p + q)) + q * math.log(q / (p + q))

    def slope(x):
        p, q, tilt = parts(x)
        return tilt * math.log(2 * q / (p + q))

    edge = 9 * std
    c, dc = (
        quad(f, -edge, 3 + edge, points=[0, 1, 2, 3], epsabs=1e-10, limit=200)[0]
        for f in (game, slope)
    )
    return np.array([c, (c + _LOG4) / 2, dc])


# Six decimals are printed.
@uniforms.numerical(tolerance=5e-7, description="C, JS and dC/dtheta by quadrature")
def by_quadrature():
    yield from np.abs(_at_two(1.0) - _TABLE)


@uniforms.numerical(tolerance=5e-7, description="as mixtures of normal laws, by differences of JS")
def by_differences():
    data, h = noised_uniform(0, 1.0), 0.02
    distance = {k: js(data, noised_uniform(2 + k * h, 1.0)) for k in (-2, -1, 0, 1, 2)}
    slope = 8 * (distance[1] - distance[-1]) - (distance[2] - distance[-2])
    yield from np.abs(
        np.array([2 * distance[0] - _LOG4, distance[0], 2 * slope / (12 * h)]) - _TABLE
    )


@uniforms.sampling()
def uniforms_by_sampling(rng):
    n = 200_000
    real, fake = (
        rng.uniform(0, 1, n) + rng.normal(0, 1, n),
        rng.uniform(2, 3, n) + rng.normal(0, 1, n),
    )
    gains = np.zeros(n)
    for x, own in ((real, 0), (fake, 2)):
        p, q = noised_uniform_density(x, 0, 1.0), noised_uniform_density(x, 2, 1.0)
        gains += np.log((p if own == 0 else q) / (p + q))
    yield (gains.mean() - _TABLE[0]) / (gains.std() / math.sqrt(n))


@uniforms.meaning()
def uniforms_in_words():
    from scipy import stats

    without = [js(stats.uniform(0, 1), stats.uniform(t, 1)) for t in (1.9, 2.0, 2.1)]
    c, distance, slope = _at_two(1.0)
    yield {
        "U[0, 1]": None,
        "U[0, 1] and U[2, 3] with N(0, 1) noise": None,
        "U[theta, theta + 1]": None,
        "N(0, 1)": None,
        "JS = log 2, and no gradient": bool(np.ptp([*without, math.log(2)]) < 1e-12),
        "no longer 0": slope > 0,
        "theta": 2,
        "C": c,
        "JS": distance,
        "dC/dtheta": slope,
        r"\mathrm{JS}(p * n, p_\theta * n)": distance,
        r"\frac{dC}{d\theta}": slope,
    }


@uniforms.control("next to no noise: C is 0 and its gradient is gone", of=by_quadrature, miss=0.748)
def next_to_no_noise():
    yield from np.abs(_at_two(0.08) - _TABLE)


@uniforms.control("the noise is a fiftieth stronger, s = 1.02", of=by_quadrature, miss=0.0159)
def slightly_more_noise():
    yield from np.abs(_at_two(1.02) - _TABLE)
