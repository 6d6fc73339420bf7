"""What does not make a Wasserstein critic's Dirac-GAN converge: clipping, and the penalty around
slope 1 (claim A-DYN-14)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.dynamics import Field, dirac_game
from theory.chapters.dynamics.dirac import PAPER
from theory.chapters.dynamics.min_max import COURSE
from theory.claim import AS_STATED, Claim

# Where the limit cycle of λ = .1 crosses psi = 0, in three decimals.
_AT_TENTH = 1.277

cycles = Claim(
    id="A-DYN-14",
    alias="clipping-and-wgan-gp-cycle",
    title="On the Dirac-GAN neither clipping nor the penalty around slope 1 converges",
    statement="With a Wasserstein critic, theta' = psi and psi' = -theta, the Dirac-GAN circles; "
    "neither cure of Wasserstein GANs brings it to (0, 0). With psi clipped to [-c, c] the flow "
    "from the distance r_0 ends on a circle of the radius r = min(r_0, c). With the penalty "
    "λ (|psi| - 1)^2, 0 < λ < 1, every start with psi not 0 ends in the same limit cycle. It "
    "crosses psi = 0 at the distance A = 2 λ (1 + q)/(1 - q), q = exp(-π λ/ω), ω = sqrt(1 - λ^2): "
    f"A = {_AT_TENTH} at λ = .1. The penalty around slope 0, λ psi^2, has no such cycle: it "
    "converges.",
    formula=r"r = \min(r_0, c), \quad A = 2 \lambda\, \frac{1 + q}{1 - q}, \quad "
    r"q = \exp\left(-\frac{\pi \lambda}{\omega}\right), \quad \omega = \sqrt{1 - \lambda^2}",
    assumptions=("infinitely small steps of both players at the same rate", "0 < λ < 1"),
    sources=(f"{PAPER}, section 3 (WGAN and WGAN-GP do not converge), figure 2", COURSE),
)


@cycles.symbolic(scope=AS_STATED)
def cycles_proof():
    import sympy as sp

    theta, psi, t = sp.symbols("theta psi t", real=True)
    c, a = sp.symbols("c a", positive=True)
    critic = psi * theta  # L_D of the critic; L_G is its negative

    def velocity(penalty):
        return -sp.Matrix([sp.diff(-critic, theta), sp.diff(critic + penalty, psi)])

    free = velocity(0)
    yield "theta' = psi, psi' = -theta", free - sp.Matrix([psi, -theta])
    yield "within the clip the distance is kept", theta * free[0] + psi * free[1]
    beyond = sp.Symbol("b", positive=True)
    yield (
        "a circle of radius r_0 = c + b passes psi = c at theta = -sqrt(r_0^2 - c^2) < 0, where "
        "psi rises: the clip holds it at c",
        sp.sqrt(c**2 + sp.sqrt((c + beyond) ** 2 - c**2) ** 2) - (c + beyond),
    )
    yield "psi' > 0 there", free[1].subs(theta, -a) > 0
    along = -a + c * t
    yield "along the edge theta' = c", sp.diff(along, t) - free[0].subs(psi, c)
    yield "until theta = 0, at the time a/c", along.subs(t, a / c)
    circle = {theta: c * sp.sin(t), psi: c * sp.cos(t)}
    yield (
        "from (0, c) on it runs on the circle of radius c",
        sp.Matrix([sp.diff(place, t) for place in circle.values()]) - free.subs(circle),
    )
    yield (
        "which the clip does not touch: c^2 - psi^2 = theta^2 >= 0",
        (sp.trigsimp(c**2 - (circle[psi] ** 2 + circle[theta] ** 2))),
    )
    yield (
        "nor does it a circle of radius r_0 <= c; at psi = -c all is the same, reflected",
        free.subs({theta: -theta, psi: -psi}, simultaneous=True) + free,
    )

    lam, omega = sp.symbols("lambda omega", positive=True)
    weight = sp.sqrt(1 - omega**2)  # ω = sqrt(1 - lambda^2), so this is lambda
    above = velocity(lam * (psi - 1) ** 2)  # psi > 0
    below = velocity(lam * (-psi - 1) ** 2)
    yield (
        "the penalty: what it does at psi < 0 mirrors what it does at psi > 0",
        (above.subs({theta: -theta, psi: -psi}, simultaneous=True) + below).applyfunc(sp.expand),
    )
    turned = sp.Symbol("U", real=True)
    u = turned * sp.exp(-lam * t) * (sp.cos(omega * t) + lam / omega * sp.sin(omega * t))
    speed = sp.diff(u, t)
    waves = {sp.exp(-lam * t): sp.Symbol("E"), sp.cos(omega * t): sp.Symbol("C")}
    waves[sp.sin(omega * t)] = sp.Symbol("S")

    def reduced(expression):
        return sp.expand(sp.expand(expression).subs(waves).subs(lam, weight))

    yield (
        "psi > 0: u = theta - 2 lambda swings as U e^(-lambda t) (cos ωt + (lambda/ω) sin ωt)",
        reduced(sp.diff(u, t, 2) - above[1].subs({theta: u + 2 * lam, psi: speed})),
    )
    yield "from u = U and psi = u' = 0", sp.Matrix([u.subs(t, 0) - turned, speed.subs(t, 0)])
    yield (
        "psi = u' = -(U/ω) e^(-lambda t) sin ωt: for U < 0 positive up to t = π/ω, and 0 there",
        reduced(speed + turned / omega * sp.exp(-lam * t) * sp.sin(omega * t)),
    )
    q = sp.exp(-sp.pi * lam / omega)
    yield "where u = -q U", u.subs(t, sp.pi / omega) + q * turned
    yield "with q < 1: its exponent is negative", sp.pi * lam / omega > 0
    start, shrink = sp.Symbol("a", positive=True), sp.Symbol("q", positive=True)
    arrival = 2 * lam + shrink * (start + 2 * lam)
    amplitude = 2 * lam * (1 + shrink) / (1 - shrink)
    yield (
        "so a half turn from theta = -a, U = -a - 2 lambda, ends at 2 lambda + q (a + 2 lambda)",
        (arrival - (2 * lam - shrink * (-start - 2 * lam))),
    )
    yield (
        "which brings a nearer to A, by the factor q",
        sp.simplify(arrival - amplitude - shrink * (start - amplitude)),
    )
    yield (
        "any start with psi > 0 comes to such a crossing: the swing's u' is 0 within π/ω, and "
        "falls there, u'' = -u <= 0, at theta = 2 lambda + u",
        above[1].subs({theta: turned + 2 * lam, psi: 0}) + turned,
    )
    tenth = amplitude.subs(shrink, q).subs({lam: sp.Rational(1, 10), omega: sp.sqrt(99) / 10})
    yield (
        "lambda = 1/10: three decimals",
        abs(tenth - sp.Rational(str(_AT_TENTH))) < sp.Rational(1, 2000),
    )
    x = sp.Symbol("x")
    centred = velocity(lam * psi**2).jacobian([theta, psi])
    yield (
        "around slope 0: the eigenvalues -lambda ± iω have negative real parts",
        reduced(
            centred.charpoly(x).as_expr() - (x + lam - sp.I * omega) * (x + lam + sp.I * omega)
        ),
    )


def _clipped_radius(start: tuple[float, float], clip: float, step: float = 1e-3) -> float:
    """The largest distance from (0, 0) in the last of five turns, by small alternating steps."""
    theta, psi = start
    steps = round(10 * math.pi / step)
    largest = 0.0
    for k in range(steps):
        theta += step * psi
        psi = min(max(psi - step * theta, -clip), clip)
        if k > 0.8 * steps:
            largest = max(largest, math.hypot(theta, psi))
    return largest


_STARTS = (((0.1, 0.05), 0.3), ((1.0, -1.0), 0.3), ((0.0, 2.0), 1.0), ((0.2, 0.1), 1.0))


# Alternating steps run on an ellipse that leaves the circle by half of the step, 1e-3.
@cycles.numerical(tolerance=1e-3, description="clipped: the radius after five turns")
def clipped_radius():
    for start, clip in _STARTS:
        yield abs(_clipped_radius(start, clip) - min(math.hypot(*start), clip))


def _crossings(field: Field, start: tuple[float, float], halves: int = 40) -> np.ndarray:
    """|theta| where the flow from a start crosses psi = 0, psi not 0 at the start.

    On either side of psi = 0 the velocity is affine in (theta, psi): its values at three points
    tell it, and its eigenvalues the flow.
    """
    from scipy.optimize import brentq

    found = []
    place, side = np.array(start), np.sign(start[1])
    for _half in range(halves):
        corners = [-np.array(field(theta, side * psi)) for theta, psi in ((0, 1), (1, 1), (0, 2))]
        turn = np.transpose([corners[1] - corners[0], side * (corners[2] - corners[0])])
        centre = np.linalg.solve(turn, -(corners[0] - side * turn[:, 1]))
        values, vectors = np.linalg.eig(turn.astype(complex))
        weights = np.linalg.solve(vectors, place - centre)

        def at(t, values=values, vectors=vectors, weights=weights, centre=centre):
            swung = vectors @ (
                weights[:, None] * np.exp(np.multiply.outer(values, np.atleast_1d(t)))
            )
            return centre[:, None] + swung.real

        times = np.linspace(0, 1.1 * math.pi / abs(values[0].imag), 200)[1:]
        first = int(np.argmax(side * at(times)[1] < 0))
        crossed = brentq(lambda t, at=at: at(t)[1, 0], times[first - 1], times[first], xtol=1e-14)
        place, side = np.array([at(crossed)[0, 0], 0.0]), -side
        found.append(abs(place[0]))
    return np.array(found)


def _amplitude(weight: float, exponent: float = math.pi) -> float:
    omega = math.sqrt(1 - weight**2)
    q = math.exp(-exponent * weight / omega)
    return 2 * weight * (1 + q) / (1 - q)


def _penalised(weight: float) -> Field:
    return dirac_game("wasserstein", gradient_penalty=weight)


@cycles.numerical(tolerance=1e-9, description="the penalty: crossings of the flow in the end")
def late_crossings():
    for weight in (0.2, 0.3, 0.7):
        for start in ((0.05, 0.02), (3.0, -1.0)):
            yield abs(_crossings(_penalised(weight), start)[-1] - _amplitude(weight))


@cycles.numerical(tolerance=1e-9, description="by what a half turn brings it nearer")
def factor_of_a_half_turn():
    for weight in (0.1, 0.3):
        gaps = _crossings(_penalised(weight), (3.0, -1.0), 3) - _amplitude(weight)
        q = math.exp(-math.pi * weight / math.sqrt(1 - weight**2))
        yield np.abs(gaps[1:] - q * gaps[:-1])


@cycles.numerical(tolerance=5e-4, description="the crossing at .1, three decimals")
def crossing_at_a_tenth():
    yield abs(_crossings(_penalised(0.1), (1.0, 0.5))[-1] - _AT_TENTH)


@cycles.meaning(tolerance=1e-3)
def cycles_in_words():
    centred = _crossings(dirac_game("wasserstein", r1=2 * 0.3), (1.0, 0.5), 20)
    for start, clip in _STARTS:
        theta, psi = start
        gradients = dirac_game("wasserstein")(theta, psi)
        yield {
            "theta' = psi and psi' = -theta": gradients == (-psi, theta),
            "(0, 0)": None,
            "clipped to [-c, c]": None,
            "With the penalty λ (|psi| - 1)^2": None,
            "every start with psi not 0": None,
            "r_0": math.hypot(*start),
            "c": clip,
            "r": _clipped_radius(start, clip),
            "The penalty around slope 0, λ psi^2, has no such cycle: it converges": bool(
                centred[-1] < 1e-3
            ),
            "around slope 1": None,
        }
    for weight in (0.05, 0.1, 0.5, 0.96):
        omega = math.sqrt(1 - weight**2)
        yield {
            "λ": weight,
            "ω": omega,
            "q": math.exp(-math.pi * weight / omega),
            "A": _crossings(_penalised(weight), (1.2, 0.5), 90)[-1],
            "crosses psi = 0": None,
        }
    yield {f"A = {_AT_TENTH} at λ = .1": abs(_amplitude(0.1) - _AT_TENTH) < 5e-4}


@cycles.control("a start within the clip grows to its radius", of=clipped_radius, miss=0.776)
def always_to_the_clip():
    for start, clip in _STARTS:
        yield abs(_clipped_radius(start, clip) - clip)


@cycles.control("half of a turn is taken for half of that", of=late_crossings, miss=1.26)
def half_a_half_turn():
    for weight in (0.1, 0.3, 0.7):
        wrong = _amplitude(weight, exponent=math.pi / 2)
        yield abs(_crossings(_penalised(weight), (3.0, -1.0))[-1] - wrong)


@cycles.control("the penalty around slope 0 cycles as well", of=late_crossings, miss=1.53)
def around_slope_0():
    for weight in (0.1, 0.3, 0.7):
        field = dirac_game("wasserstein", r1=2 * weight)
        yield abs(_crossings(field, (3.0, -1.0))[-1] - _amplitude(weight))


@cycles.control(
    "a whole turn is said to bring it nearer by q", of=factor_of_a_half_turn, miss=0.271
)
def a_whole_turn():
    for weight in (0.1, 0.3):
        gaps = _crossings(_penalised(weight), (3.0, -1.0), 3) - _amplitude(weight)
        q = math.exp(-math.pi * weight / math.sqrt(1 - weight**2))
        yield np.abs(gaps[2:] - q * gaps[:-2])


@cycles.control("at .11", of=crossing_at_a_tenth, miss=0.00124)
def a_tenth_more():
    yield abs(_crossings(_penalised(0.11), (1.0, 0.5))[-1] - _AT_TENTH)
