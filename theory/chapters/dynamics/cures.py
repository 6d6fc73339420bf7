"""What makes min over x, max over y of xy converge: extragradient, implicit and optimistic steps, a
regularised player (claims A-DYN-06, 09 and 10)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.dynamics import bilinear_field, bilinear_rate, flow
from theory.chapters.dynamics.min_max import COURSE, distances
from theory.claim import AS_STATED, Claim

methods = Claim(
    id="A-DYN-06",
    alias="extragradient-and-implicit-converge",
    title="Extragradient contracts by √(1 − η² + η⁴), the implicit step by 1/√(1 + η²)",
    statement="Extragradient, which steps with the gradient of the look-ahead point, multiplies "
    "the distance to (0, 0) by sqrt(1 - eta^2 + eta^4) exactly, below 1 for 0 < eta < 1. The "
    "implicit (proximal) step, which uses the gradient of the point it arrives at, multiplies it "
    "by 1/sqrt(1 + eta^2), below 1 for every eta > 0.",
    formula=r"\frac{r_{k+1}}{r_k} = \sqrt{1 - \eta^2 + \eta^4}\;\;(\text{extragradient}),\quad "
    r"\frac{r_{k+1}}{r_k} = \frac{1}{\sqrt{1 + \eta^2}}\;\;(\text{implicit})",
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


def _rate_errors(rng, moved: str, told: str, low: float, high: float):
    """Each step of one method against another's factor."""
    for eta in rng.uniform(low, high, 6):
        radii = distances(moved, rng.normal(0, 1, 2), eta, 50)
        yield np.abs(radii[1:] / radii[:-1] - bilinear_rate(told, eta))


@methods.numerical(tolerance=1e-12, description="50 steps at six sizes, each step's factor")
def methods_50_steps_at_six_sizes_each_steps_factor(rng):
    yield from _rate_errors(rng, "extragradient", "extragradient", 0.02, 0.98)
    yield from _rate_errors(rng, "implicit", "implicit", 0.02, 3.0)


@methods.numerical(tolerance=1e-9, description="the radius after 500 steps of 0.1")
def the_radius_after_500_steps_of_0_1():
    yield abs(distances("extragradient", (1, 0), 0.1, 500)[-1] - (1 - 0.01 + 0.0001) ** 250)
    yield abs(distances("implicit", (1, 0), 0.1, 500)[-1] - 1.01**-250)


@methods.control("without the look-ahead", of=the_radius_after_500_steps_of_0_1, miss=0.379)
def without_the_look_ahead(rng):
    yield from _rate_errors(rng, "simultaneous", "extragradient", 0.1, 0.98)


@methods.control(
    "extragradient beyond eta = 1 still contracts, it is said",
    of=the_radius_after_500_steps_of_0_1,
    miss=0.12,
)
def extragradient_beyond_eta_1_still_contracts_it():
    radii = distances("extragradient", (1, 0), 1.1, 50)
    yield np.maximum(0, radii[1:] / radii[:-1] - 1)


regularised = Claim(
    id="A-DYN-09",
    alias="regularised-max-player-converges",
    title="f = xy − (ε/2) y²: eigenvalues with real part −ε/2, so the flow converges",
    statement="When the max player is regularised, f = xy - (eps/2) y^2, the flow's eigenvalues "
    "are (-eps +- sqrt(eps^2 - 4))/2: for 0 < eps < 2 their real part is -eps/2, at eps = 1/2 "
    "-1/4, and the flow spirals into (0, 0). For larger eps both are real and negative.",
    formula=r"\lambda = \frac{-\varepsilon \pm \sqrt{\varepsilon^2 - 4}}{2},\quad "
    r"\operatorname{Re} \lambda = -\frac{\varepsilon}{2}\;\;(0 < \varepsilon < 2)",
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


def _real_parts(eps: float) -> np.ndarray:
    """From a simulated flow: the radius's decay over whole turns, where the rotation drops out."""
    turn = 2 * np.pi / np.sqrt(1 - eps**2 / 4)
    points = flow(lambda x, y: (y, -x + eps * y), (1.0, 0.4), [0, turn])
    return np.log(np.linalg.norm(points[-1]) / np.linalg.norm(points[0])) / turn


@regularised.numerical(tolerance=1e-8, description="decay of a simulated flow over one turn")
def decay_of_a_simulated_flow_over_one_turn():
    yield abs(_real_parts(0.5) + 0.25)
    for eps in (0.1, 0.9, 1.6):
        yield abs(_real_parts(eps) + eps / 2)


@regularised.control(
    "without the regulariser", of=decay_of_a_simulated_flow_over_one_turn, miss=0.25
)
def without_the_regulariser():
    yield abs(_real_parts(0.0) + 0.25)


optimism = Claim(
    id="A-DYN-10",
    alias="optimistic-steps-converge",
    title="Optimistic steps converge for 0 < η < 1/√3, fastest at η = 1/2",
    statement="Optimistic gradient steps, z - 2 eta F(z) + eta F(the point before), need one "
    "gradient a step and still converge on f = xy: the spectral radius is "
    "sqrt((1 + sqrt(1 - 4 eta^2))/2) for eta <= 1/2 and sqrt(1 + (2 eta + sqrt(4 eta^2 - 1))^2)/2 "
    "beyond. It is below 1 exactly for 0 < eta < 1/sqrt(3), least at eta = 1/2 where it is "
    "1/sqrt(2), and 0.994936 at eta = 0.1, where extragradient's is 0.995038.",
    formula=r"\rho(\eta) = \sqrt{\frac{1 + \sqrt{1 - 4 \eta^2}}{2}}\;\;(\eta \le 1/2),\quad "
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
    yield "the larger is 1/(1 + s^2) < 1: convergence", sp.simplify((1 + root) / 2) < 1
    large, root = (u + 1 / u) / 4, (u - 1 / u) / 2  # every eta >= 1/2, u = 2 eta + root >= 1
    yield (
        "eta = (u + 1/u)/4: sqrt(4 eta^2 - 1) = (u - 1/u)/2",
        sp.expand(4 * large**2 - 1 - root**2),
    )
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
        "so it is least at eta = 1/2, u = 1: the square of 1/sqrt(2)",
        ((1 + u**2) / 4).subs(u, 1) - sp.Rational(1, 2),
    )


def _late_rates(method: str, steps) -> np.ndarray:
    """The factor of the last of 400 steps against the optimistic closed form, at each size."""
    runs = [distances(method, (1.0, 0.4), eta, 400) for eta in steps]
    return np.array(
        [
            abs(r[-1] / r[-2] - bilinear_rate("optimistic", eta))
            for r, eta in zip(runs, steps, strict=True)
        ]
    )


@optimism.numerical(tolerance=1e-9, description="the factor of a late step, below and above 1/2")
def the_factor_of_a_late_step_below_and_above_1_2():
    yield _late_rates("optimistic", (0.1, 0.2, 0.4, 0.45, 0.54, 0.57, 0.6))
    yield abs(bilinear_rate("optimistic", 0.5) - math.sqrt(0.5))
    yield np.maximum(
        0, [bilinear_rate("optimistic", 0.5773) - 1, 1 - bilinear_rate("optimistic", 0.5774)]
    )
    rates = [bilinear_rate(m, 0.1) for m in ("optimistic", "extragradient")]
    yield np.maximum(0, np.abs(np.array(rates) - [0.994936, 0.995038]) - 5e-7)


@optimism.numerical(tolerance=1e-9, description="eigenvalues of the step on (z, the z before)")
def eigenvalues_of_the_step_on_z_the_z_before(rng):
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for eta in np.concatenate([rng.uniform(0.02, 0.49, 10), rng.uniform(0.51, 0.7, 5)]):
        step = np.block([[np.eye(2) - 2 * eta * turn, eta * turn], [np.eye(2), np.zeros((2, 2))]])
        yield abs(np.abs(np.linalg.eigvals(step)).max() - bilinear_rate("optimistic", eta))


@optimism.control(
    "the gradient of the point before is forgotten",
    of=eigenvalues_of_the_step_on_z_the_z_before,
    miss=0.183,
)
def the_gradient_of_the_point_before_is_forgotten():
    yield _late_rates("simultaneous", (0.1, 0.4))


@optimism.control(
    "eta = 0.6 is said to converge", of=eigenvalues_of_the_step_on_z_the_z_before, miss=0.0574
)
def eta_0_6_is_said_to_converge():
    yield max(0.0, bilinear_rate("optimistic", 0.6) - 1)
    radii = distances("optimistic", (1.0, 0.4), 0.6, 400)
    yield max(0.0, radii[-1] / radii[-2] - 1)
