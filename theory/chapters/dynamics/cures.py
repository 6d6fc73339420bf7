"""What makes min over x, max over y of xy converge: extragradient, implicit and optimistic steps, a
regularised player (claims A-DYN-06, 09 and 10)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.dynamics import bilinear_field, bilinear_rate, flow, trajectory
from theory.chapters.dynamics.min_max import COURSE, distances
from theory.claim import AS_STATED, Claim, excess

methods = Claim(
    id="A-DYN-06",
    alias="extragradient-and-implicit-converge",
    title="Factor per step: ρ_extragradient = √(1 − η² + η⁴), ρ_implicit = 1/√(1 + η²)",
    statement="Extragradient, which steps with the gradient of the look-ahead point, multiplies "
    "the distance to (0, 0) by ρ_extragradient = sqrt(1 - eta^2 + eta^4) exactly, so that "
    "ρ_extragradient < 1 for 0 < eta < 1. The implicit (proximal) step, which uses the gradient of "
    "the point it arrives at, multiplies it by ρ_implicit = 1/sqrt(1 + eta^2), so that "
    "ρ_implicit < 1 for every eta > 0.",
    formula=r"\rho_{\mathrm{extragradient}} = \sqrt{1 - \eta^2 + \eta^4},\quad "
    r"\rho_{\mathrm{implicit}} = \frac{1}{\sqrt{1 + \eta^2}}",
    assumptions=("0 < eta < 1 for extragradient", "eta > 0 for the implicit step"),
    sources=(
        "Korpelevich 1976, The extragradient method for finding saddle points",
        "Rockafellar 1976, Monotone operators and the proximal point algorithm",
        "Gidel et al. 2019, A Variational Inequality Perspective on GANs, section 3",
        COURSE,
    ),
)


@methods.symbolic(scope=AS_STATED)
def methods_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    eta = sp.Symbol("eta", positive=True)
    z = sp.Matrix([x, y])
    ahead = z - eta * sp.Matrix(bilinear_field(x, y))
    new = z - eta * sp.Matrix(bilinear_field(*ahead))
    yield (
        "extragradient: x' = (1 - eta^2)x - eta y, y' = eta x + (1 - eta^2)y",
        sp.expand(new - sp.Matrix([(1 - eta**2) * x - eta * y, eta * x + (1 - eta**2) * y])),
    )
    factor = 1 - eta**2 + eta**4
    yield "r'^2 = (1 - eta^2 + eta^4) r^2", sp.expand(new.dot(new) - factor * z.dot(z))
    s = sp.Symbol("s", positive=True)
    yield (
        "1 - factor = eta^2 (1 - eta^2), positive for every eta = s/(1 + s) in (0, 1)",
        sp.factor((1 - factor).subs(eta, s / (1 + s))) > 0,
    )
    yield "at eta = 1 nothing is gained", factor.subs(eta, 1) - 1
    u, v = sp.symbols("u v", real=True)
    arrival = sp.solve(list(sp.Matrix([u, v]) - z + eta * sp.Matrix(bilinear_field(u, v))), [u, v])
    reached = sp.Matrix([arrival[u], arrival[v]])
    yield (
        "implicit: r'^2 = r^2/(1 + eta^2)",
        sp.simplify(reached.dot(reached) - z.dot(z) / (1 + eta**2)),
    )
    yield "which is less than r^2", 1 / (1 + eta**2) < 1


def _factors(rng, method: str, eta: float, steps: int = 50) -> np.ndarray:
    """By what each simulated step multiplies the distance to (0, 0)."""
    radii = distances(method, rng.normal(0, 1, 2), eta, steps)
    return radii[1:] / radii[:-1]


@methods.numerical(tolerance=1e-12, description="50 extragradient steps of ten sizes")
def extragradient_steps(rng):
    for eta in rng.uniform(0.02, 0.98, 10):
        yield np.abs(_factors(rng, "extragradient", eta) - np.sqrt(1 - eta**2 + eta**4))
        yield abs(bilinear_rate("extragradient", eta) - np.sqrt(1 - eta**2 + eta**4))


@methods.numerical(tolerance=1e-12, description="50 implicit steps of ten sizes")
def implicit_steps(rng):
    for eta in rng.uniform(0.02, 3.0, 10):
        yield np.abs(_factors(rng, "implicit", eta) - 1 / np.sqrt(1 + eta**2))
        yield abs(bilinear_rate("implicit", eta) - 1 / np.sqrt(1 + eta**2))


@methods.meaning()
def methods_in_words(rng):
    for eta in (0.01, 0.3, 0.7, 0.99):
        yield {
            "eta": eta,
            "ρ_extragradient": _factors(rng, "extragradient", eta)[-1],
            "ρ_implicit": _factors(rng, "implicit", eta)[-1],
            "(0, 0)": None,
            "for every eta > 0": None,
        }


@methods.control("the look-ahead is half a step", of=extragradient_steps, miss=0.172)
def half_a_look_ahead(rng):
    for eta in rng.uniform(0.1, 0.98, 5):
        z = rng.normal(0, 1, 2)
        ahead = z - eta / 2 * np.array(bilinear_field(*z))
        moved = z - eta * np.array(bilinear_field(*ahead))
        factor = np.linalg.norm(moved) / np.linalg.norm(z)
        yield abs(factor - np.sqrt(1 - eta**2 + eta**4))


@methods.control("η⁴ is left out", of=extragradient_steps, miss=0.607)
def without_the_last_term(rng):
    for eta in rng.uniform(0.1, 0.98, 5):
        yield np.abs(_factors(rng, "extragradient", eta) - np.sqrt(1 - eta**2))


@methods.control("the factor is said to be 1 - η²/2, its expansion", of=implicit_steps, miss=0.0508)
def first_terms_of_the_expansion(rng):
    for eta in rng.uniform(0.1, 1.0, 5):
        yield np.abs(_factors(rng, "implicit", eta) - (1 - eta**2 / 2))


regularised = Claim(
    id="A-DYN-09",
    alias="regularised-max-player-converges",
    title="f = xy − (ε/2) y²: eigenvalues with real part −ε/2, so the flow converges",
    statement="When the max player is regularised, f = xy - (ε/2) y^2, the flow's eigenvalues "
    "are (-ε ± sqrt(ε^2 - 4))/2. For 0 < ε < 2: Re λ = -ε/2, which is -1/4 at ε = 1/2, and the "
    "flow spirals into (0, 0). For ε >= 2 both eigenvalues are real and negative.",
    formula=r"\lambda_+ + \lambda_- = -\varepsilon,\quad \lambda_+ \lambda_- = 1,\quad "
    r"\operatorname{Re} \lambda = -\frac{\varepsilon}{2}\quad (0 < \varepsilon < 2)",
    assumptions=("eps > 0",),
    sources=(
        "Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, section 3",
        COURSE,
    ),
)


@regularised.symbolic(scope=AS_STATED)
def regularised_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    s, lam = sp.Symbol("s", positive=True), sp.Symbol("lambda")
    eps = sp.Symbol("epsilon", positive=True)
    f = x * y - eps * y**2 / 2
    velocity = sp.Matrix([-sp.diff(f, x), sp.diff(f, y)])
    polynomial = velocity.jacobian([x, y]).charpoly(lam).as_expr()
    yield "characteristic polynomial", polynomial - (lam**2 + eps * lam + 1)
    below = 2 * s / (1 + s)  # every eps in (0, 2)
    imaginary = sp.sqrt(4 - eps**2) / 2
    yield "4 - eps^2 > 0 for eps < 2", sp.factor((4 - eps**2).subs(eps, below)) > 0
    for sign in (1, -1):
        root = -eps / 2 + sign * sp.I * imaginary
        yield "a root with real part -eps/2", sp.expand(polynomial.subs(lam, root))
    yield (
        "at eps = 1/2: -1/4",
        sp.Matrix(
            [
                sp.re(r) + sp.Rational(1, 4)
                for r in sp.roots(polynomial.subs(eps, sp.Rational(1, 2)), lam)
            ]
        ),
    )
    u = 1 + s
    above = u + 1 / u  # every eps > 2
    yield "eps = u + 1/u with u > 1 is every eps > 2", sp.factor(above - 2) > 0
    yield (
        "its roots are -u and -1/u, real and negative",
        sp.Matrix([sp.simplify(polynomial.subs({eps: above, lam: r})) for r in (-u, -1 / u)]),
    )
    yield "at eps = 2 both are -1", sp.expand(polynomial.subs(eps, 2) - (lam + 1) ** 2)
    yield (
        "the radius never grows: x x' + y y' = -eps y^2",
        x * velocity[0] + y * velocity[1] + eps * y**2,
    )


def _regularised(eps: float):
    return lambda x, y: (y, -x + eps * y)


def _decay(eps: float) -> float:
    """The real part, from a simulated flow: the radius's decay over a whole turn, where the
    rotation drops out."""
    turn = 2 * np.pi / np.sqrt(1 - eps**2 / 4)
    points = flow(_regularised(eps), (1.0, 0.4), [0, turn])
    return math.log(np.linalg.norm(points[-1]) / np.linalg.norm(points[0])) / turn


def _flow_eigenvalues(eps: float) -> np.ndarray:
    """From the flow of the unit vectors to the time 1, where it has multiplied by e^λ."""
    ends = [flow(_regularised(eps), start, [0, 1])[-1] for start in np.eye(2)]
    return np.sort_complex(np.log(np.linalg.eigvals(np.transpose(ends)).astype(complex)))


@regularised.numerical(tolerance=1e-8, description="decay of a simulated flow over one turn")
def decay_over_a_turn():
    yield abs(_decay(0.5) + 0.25)
    for eps in (0.1, 0.9, 1.6):
        yield abs(_decay(eps) + eps / 2)


@regularised.numerical(tolerance=1e-8, description="eigenvalues of a simulated flow, both kinds")
def both_kinds_of_eigenvalues():
    for eps in (0.1, 0.9, 1.6, 2.5, 4.0):
        root = np.sqrt(complex(eps**2 - 4))
        yield np.abs(
            _flow_eigenvalues(eps) - np.sort_complex([(-eps - root) / 2, (-eps + root) / 2])
        )


@regularised.meaning(tolerance=1e-8)
def regularised_in_words():
    total = r"\lambda_+ + \lambda_-"
    for eps in (0.01, 0.5, 1.98, 2.02, 5.0):
        eigenvalues = _flow_eigenvalues(eps)
        root = np.sqrt(complex(eps**2 - 4))
        said = np.sort_complex([(-eps - root) / 2, (-eps + root) / 2])
        small = eps < 2
        yield {
            "f = xy − (ε/2) y²": None,
            "eigenvalues with real part −ε/2": abs(eigenvalues[0].real + eps / 2) < 1e-8
            if small
            else None,
            "eigenvalues are (-ε ± sqrt(ε^2 - 4))/2": np.abs(eigenvalues - said).max() < 1e-8,
            "For ε >= 2 both eigenvalues are real and negative": small
            or bool((np.abs(eigenvalues.imag) < 1e-9).all() and (eigenvalues.real < 0).all()),
            r"\lambda_+ \lambda_-": eigenvalues.prod().real,
            **(
                {"ε": eps, "Re λ": eigenvalues[0].real, total: eigenvalues.sum().real}
                if small
                else {}
            ),
            "which is -1/4 at ε = 1/2": abs(_decay(0.5) + 1 / 4) < 1e-8,
            "(0, 0)": None,
        }


@regularised.control("a regulariser of twice the size", of=decay_over_a_turn, miss=0.45)
def twice_the_regulariser():
    yield abs(_decay(1.0) + 0.25)
    for eps in (0.1, 0.9):
        yield abs(_decay(2 * eps) + eps / 2)


@regularised.control(
    "beyond ε = 2 the real part is -ε/2, too", of=both_kinds_of_eigenvalues, miss=1.73
)
def beyond_2():
    for eps in (2.5, 4.0):
        yield np.abs(_flow_eigenvalues(eps).real + eps / 2)


# The factors at eta = 0.1, in six decimals.
_OPTIMISTIC, _EXTRAGRADIENT = 0.994936, 0.995038


optimism = Claim(
    id="A-DYN-10",
    alias="optimistic-steps-converge",
    title="Optimistic steps converge for 0 < η < 1/√3, fastest at η = 1/2",
    statement="Optimistic gradient steps, z - 2 eta F(z) + eta F(the point before), need one "
    "gradient a step and still converge on f = xy. Their spectral radius is ρ(eta) = "
    "sqrt((1 + sqrt(1 - 4 eta^2))/2) for eta <= 1/2, and beyond, with h for eta, ρ(h) = "
    "sqrt(1 + (2 h + sqrt(4 h^2 - 1))^2)/2. It is below 1 exactly for 0 < eta < 1/sqrt(3), least "
    f"at eta = 1/2 where ρ(1/2) = 1/sqrt(2), and ρ(0.1) = {_OPTIMISTIC:.6f}, where extragradient "
    f"has ρ_extragradient(0.1) = {_EXTRAGRADIENT:.6f}.",
    formula=r"\rho(\eta) = \sqrt{\frac{1 + \sqrt{1 - 4 \eta^2}}{2}}\quad (\eta \le 1/2),\quad "
    r"\rho(\eta) < 1 \Leftrightarrow 0 < \eta < \frac{1}{\sqrt{3}}",
    assumptions=("eta > 0",),
    sources=(
        "Popov 1980, A modification of the Arrow-Hurwicz method for search of saddle points",
        "Daskalakis et al. 2018, Training GANs with Optimism (optimistic gradient descent)",
        "Mokhtari, Ozdaglar, Pattathil 2020, A Unified Analysis of Extra-gradient and Optimistic "
        "Gradient Methods (bilinear case)",
        COURSE,
    ),
)


@optimism.symbolic(scope=AS_STATED)
def optimism_proof():
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    eta = sp.Symbol("eta", positive=True)
    lam = sp.Symbol("lambda")
    turn = sp.Matrix(bilinear_field(x, y)).jacobian([x, y])
    step = sp.BlockMatrix([[sp.eye(2) - 2 * eta * turn, eta * turn], [sp.eye(2), sp.zeros(2)]])
    half = lam**2 - (1 + 2 * sp.I * eta) * lam + sp.I * eta
    mirror = lam**2 - (1 - 2 * sp.I * eta) * lam - sp.I * eta
    yield (
        "the step on (z, the z before) has a characteristic polynomial of two mirror factors",
        sp.expand(step.as_explicit().charpoly(lam).as_expr() - half * mirror),
    )
    s, u = sp.symbols("s u", positive=True)
    small, root = s / (1 + s**2), (1 - s**2) / (1 + s**2)  # every eta in (0, 1/2], s in (0, 1]
    yield "eta = s/(1 + s^2): sqrt(1 - 4 eta^2) = (1 - s^2)/(1 + s^2)", root**2 + 4 * small**2 - 1
    for sign in (1, -1):
        value = (1 + sign * root) / 2 + sp.I * small
        yield "eigenvalue (1 +- root)/2 + i eta", sp.simplify(half.subs({eta: small, lam: value}))
        size = ((1 + sign * root) / 2) ** 2 + small**2
        yield "its squared size is (1 +- root)/2", sp.simplify(size - (1 + sign * root) / 2)
    yield "the larger is 1/(1 + s^2)", sp.simplify((1 + root) / 2 - 1 / (1 + s**2))
    yield "which is below 1: convergence", 1 / (1 + s**2) < 1
    large, root = (u + 1 / u) / 4, (u - 1 / u) / 2  # every eta >= 1/2, u = 2 eta + root >= 1
    yield (
        "eta = (u + 1/u)/4: sqrt(4 eta^2 - 1) = (u - 1/u)/2",
        sp.expand(4 * large**2 - 1 - root**2),
    )
    yield "and u = 2 eta + sqrt(4 eta^2 - 1)", sp.expand(2 * large + root - u)
    for end in (u, 1 / u):
        value = sp.Rational(1, 2) + sp.I * end / 2
        yield (
            "eigenvalue (1 + i u)/2 or (1 + i/u)/2",
            sp.simplify(half.subs({eta: large, lam: value})),
        )
    yield (
        "the larger has squared size (1 + u^2)/4, which is 1 at u = sqrt(3)",
        ((1 + u**2) / 4 - 1).subs(u, sp.sqrt(3)),
    )
    yield "where eta = 1/sqrt(3)", large.subs(u, sp.sqrt(3)) - 1 / sp.sqrt(3)
    a = sp.Symbol("a", positive=True)
    yield (
        "eta rises with u > 1, so beyond 1/sqrt(3) it diverges",
        sp.factor(sp.diff(large, u).subs(u, 1 + a)) > 0,
    )
    yield (
        "up to 1/2 eta rises with s < 1 ...",
        sp.factor(sp.diff(small, s).subs(s, 1 / (1 + a))) > 0,
    )
    yield "... and the squared size 1/(1 + s^2) falls", sp.diff(1 / (1 + s**2), s) < 0
    yield "beyond, it rises with u", sp.diff((1 + u**2) / 4, u) > 0
    yield (
        "so it is least at eta = 1/2, s = 1 and u = 1: the square of 1/sqrt(2), from both sides",
        sp.Matrix(
            [
                ((1 + u**2) / 4).subs(u, 1) - sp.Rational(1, 2),
                (1 / (1 + s**2)).subs(s, 1) - sp.Rational(1, 2),
                small.subs(s, 1) - sp.Rational(1, 2),
                large.subs(u, 1) - sp.Rational(1, 2),
            ]
        ),
    )
    tenth, half = sp.Rational(1, 10), sp.Rational(1, 2)
    for words, exact, decimals in (
        ("optimistic", (1 + sp.sqrt(1 - 4 * tenth**2)) / 2, _OPTIMISTIC),
        ("extragradient", 1 - tenth**2 + tenth**4, _EXTRAGRADIENT),
    ):
        yield (
            f"eta = 1/10, {words}: six decimals",
            sp.floor(sp.sqrt(exact) * 10**6 + half) - round(decimals * 10**6),
        )


def _optimistic_factor(eta: float) -> float:
    """The claim's ρ(η)."""
    if eta <= 0.5:
        return math.sqrt((1 + math.sqrt(1 - 4 * eta**2)) / 2)
    return math.sqrt(1 + (2 * eta + math.sqrt(4 * eta**2 - 1)) ** 2) / 2


def _late_factor(method: str, eta: float) -> float:
    """The factor of the last of 400 steps."""
    radii = distances(method, (1.0, 0.4), eta, 400)
    return radii[-1] / radii[-2]


def _step_radius(eta: float, memory: float = 1.0) -> float:
    """The spectral radius of the step on (z, the z before); `memory` scales what it remembers."""
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    step = np.block(
        [[np.eye(2) - 2 * eta * turn, memory * eta * turn], [np.eye(2), np.zeros((2, 2))]]
    )
    return np.abs(np.linalg.eigvals(step)).max()


_SIZES = (0.1, 0.2, 0.4, 0.45, 0.54, 0.57, 0.6)


@optimism.numerical(tolerance=1e-9, description="the factor of a late step, below and above 1/2")
def factor_of_a_late_step():
    for eta in _SIZES:
        yield abs(_late_factor("optimistic", eta) - _optimistic_factor(eta))


@optimism.numerical(tolerance=1e-9, description="eigenvalues of the step on (z, the z before)")
def eigenvalues_of_the_step(rng):
    for eta in np.concatenate([rng.uniform(0.02, 0.49, 10), rng.uniform(0.51, 0.7, 5)]):
        yield abs(_step_radius(eta) - _optimistic_factor(eta))
        yield abs(bilinear_rate("optimistic", eta) - _optimistic_factor(eta))


@optimism.numerical(tolerance=0.0, description="below 1 up to 1/sqrt(3), above 1 from there on")
def side_of_1(rng):
    for eta in (*rng.uniform(0.01, 0.577, 10), 1 / math.sqrt(3) - 1e-6):
        yield excess(_step_radius(eta), 1)
    for eta in (*rng.uniform(0.578, 2, 10), 1 / math.sqrt(3) + 1e-6):
        yield excess(1, _step_radius(eta))


@optimism.numerical(tolerance=5e-7, description="six decimals at 0.1")
def six_decimals():
    yield abs(_step_radius(0.1) - _OPTIMISTIC)
    yield abs(_late_factor("extragradient", 0.1) - _EXTRAGRADIENT)


@optimism.meaning()
def optimism_in_words():
    edge = 1 / math.sqrt(3)
    for eta in (0.01, 0.1, 0.3, 0.499):
        yield {"eta": eta, "ρ(eta)": _step_radius(eta)}
    for h in (0.51, 0.57, 0.6, 1.0):
        yield {"h": h, "ρ(h)": _step_radius(h)}
    sides = [_step_radius(edge * (1 + sign * 1e-6)) for sign in (-1, 1)]
    exactly = bool(sides[0] < 1 < sides[1] and _step_radius(1e-3) < 1)
    least = min(_step_radius(eta) for eta in np.linspace(0.3, 0.57, 28))
    yield {
        "Optimistic steps converge for 0 < η < 1/√3": exactly,
        "It is below 1 exactly for 0 < eta < 1/sqrt(3)": exactly,
        r"\rho(\eta) < 1 \Leftrightarrow 0 < \eta < \frac{1}{\sqrt{3}}": exactly,
        "fastest at η = 1/2": _step_radius(0.5) - 1e-7 <= least,
        "least at eta = 1/2": _step_radius(0.5) - 1e-7 <= least,
        "z - 2 eta F(z) + eta F(the point before)": _as_said(),
        "f = xy": None,
        "ρ(0.1)": _step_radius(0.1),
        "ρ_extragradient(0.1)": _late_factor("extragradient", 0.1),
    }
    # At 1/2 two eigenvalues meet, and a computed one is off by the root of the rounding.
    yield {"ρ(1/2)": math.sqrt(np.prod(np.abs(_doubled_eigenvalues())))}


def _as_said() -> bool:
    """Whether a second simulated step is z - 2 eta F(z) + eta F(the point before)."""
    points = trajectory("optimistic", bilinear_field, (1.0, 0.4), 0.3, 2)
    before, now = (np.array(bilinear_field(*z)) for z in points[:2])
    return bool(np.abs(points[2] - (points[1] - 0.6 * now + 0.3 * before)).max() < 1e-12)


def _doubled_eigenvalues() -> np.ndarray:
    """The two eigenvalues at eta = 1/2 with positive imaginary part."""
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    step = np.block([[np.eye(2) - turn, turn / 2], [np.eye(2), np.zeros((2, 2))]])
    eigenvalues = np.linalg.eigvals(step)
    return eigenvalues[eigenvalues.imag > 0]


@optimism.control(
    "nine tenths of what came before are taken off", of=eigenvalues_of_the_step, miss=0.036
)
def weaker_memory(rng):
    for eta in rng.uniform(0.05, 0.45, 10):
        yield abs(_step_radius(eta, memory=0.9) - _optimistic_factor(eta))


@optimism.control(
    "the gradient of the point before is forgotten", of=factor_of_a_late_step, miss=0.183
)
def nothing_is_remembered():
    for eta in (0.1, 0.4):
        yield abs(_late_factor("simultaneous", eta) - _optimistic_factor(eta))


@optimism.control("steps up to 0.6 are said to converge", of=side_of_1, miss=0.0574)
def up_to_3_fifths():
    for eta in (0.58, 0.59, 0.6):
        yield excess(_step_radius(eta), 1)
