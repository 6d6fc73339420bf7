"""Disjoint supports: JS is constant, and no gradient comes of it (claims A-SUP-01 to 03)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np

from theory.calculators.densities import Discrete
from theory.calculators.divergences import (
    Discriminator,
    js,
    kl,
    optimal_discriminator,
    total_variation,
    value,
)
from theory.calculators.transport import wasserstein
from theory.chapters.supports.expressions import js_integrand
from theory.claim import AS_STATED, Claim

_LOG2 = math.log(2)


disjoint = Claim(
    id="A-SUP-01",
    alias="disjoint-supports",
    title="Disjoint supports: D* is 1 and 0, V(D*, G) = 0, JS = log 2, TV = 1, KL = ∞",
    statement="If p_data and p_g share no mass, the optimal discriminator is 1 on the data and 0 "
    "on the samples of G. Then V(D*, G) = 0, its largest value, not -log 4; JS = log 2, its "
    "largest, too; the total variation is 1; and both KL divergences are infinite.",
    formula=r"p_{\mathrm{data}}\, p_g = 0 \;\Rightarrow\; D^* = 1 \text{ or } 0,\quad V(D^*, G) = "
    r"0,\quad \mathrm{JS} = \log 2,\quad \mathrm{TV} = 1,\quad \mathrm{KL} = \infty",
    assumptions=("the supports are disjoint up to null sets",),
    sources=(
        "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 2.1",
        "Goodfellow et al. 2014, Proposition 1 and Theorem 1",
        "000_8b69f153baee6a3b.txt:502-536",
    ),
)


@disjoint.symbolic(scope=AS_STATED)
def disjoint_proof():
    import sympy as sp

    p, q, a = sp.symbols("p q a", positive=True)
    best = p / (p + q)
    yield "on the data q = 0 and D* = 1", best.subs(q, 0) - 1
    yield "on the samples p = 0 and D* = 0", best.subs(p, 0)
    game = p * sp.log(best) + q * sp.log(1 - best)
    yield "V's integrand at D* goes to 0 as q -> 0: the data add nothing", sp.limit(game, q, 0)
    yield "nor do the samples, as p -> 0: V(D*, G) = 0", sp.limit(game, p, 0)
    d = a / (1 + a)  # every D in (0, 1)
    yield "no D has more: log D is negative ...", sp.log(sp.simplify(1 / d)) > 0
    yield "... and log(1 - D) is", sp.log(sp.simplify(1 / (1 - d))) > 0
    p, q, distance = js_integrand()
    yield (
        "JS's integrand goes to (p/2) log 2 as q -> 0",
        sp.limit(distance, q, 0) - p / 2 * sp.log(2),
    )
    yield (
        "and to (q/2) log 2 as p -> 0; p and q have mass 1 each: JS = log 2",
        sp.limit(distance, p, 0) - q / 2 * sp.log(2),
    )
    missing = p / 2 * sp.log(1 + q / p) + q / 2 * sp.log(1 + p / q)
    yield (
        "where both are positive it is less than (p + q)/2 log 2, by what the next step shows > 0",
        sp.expand_log(sp.logcombine(distance + missing - (p + q) / 2 * sp.log(2)).expand()),
    )
    yield "(p/2) log(1 + q/p) + (q/2) log(1 + p/q) > 0: log 2 is the largest JS", missing > 0
    yield "TV's integrand |p - q|/2 is p/2 on the data", (sp.Abs(p - q) / 2).subs(q, 0) - p / 2
    yield "and q/2 on the samples: TV = 1/2 + 1/2", (sp.Abs(p - q) / 2).subs(p, 0) - q / 2
    yield (
        "KL's integrand p log(p/q) exceeds every bound a as q -> 0: it is p a at q = p e^-a",
        (p * sp.log(p / q)).subs(q, p * sp.exp(-a)) - p * a,
    )


def _points(rng: np.random.Generator, shared: float):
    """Pairs of laws on eight points, disjoint when `shared` is 0 and overlapping otherwise."""
    for _instance in range(20):
        size = int(rng.integers(1, 8))
        common = rng.dirichlet(np.ones(8))
        p, q = np.zeros(8), np.zeros(8)
        p[:size], q[size:] = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(8 - size))
        yield (1 - shared) * p + shared * common, (1 - shared) * q + shared * common


def _pairs(rng: np.random.Generator, shared: float):
    """Such pairs, and three of densities."""
    from scipy import stats

    yield from _points(rng, shared)
    yield stats.uniform(0, 1), stats.uniform(1 - shared, 2)
    yield stats.beta(2, 3), stats.beta(2, 3, loc=-1 + shared)
    yield stats.truncnorm(-1, 1), stats.truncnorm(-1, 1, loc=2.5 - 2 * shared)


def _disjoint_errors(p, q):
    best = optimal_discriminator(p, q)
    nearly = Discriminator(lambda x: np.clip(best.logit(x), -27.6, 27.6))  # D up to 1 - 1e-12
    yield abs(value(p, q, best))
    yield abs(value(p, q, nearly))
    yield abs(js(p, q) - _LOG2)
    yield abs(total_variation(p, q) - 1)
    yield float(not (math.isinf(kl(p, q)) and math.isinf(kl(q, p))))


@disjoint.numerical(tolerance=1e-9, description="20 discrete pairs, 3 of densities; D at 1 - 1e-12")
def disjoint_pairs(rng):
    for p, q in _pairs(rng, 0):
        yield from _disjoint_errors(p, q)


@disjoint.meaning()
def disjoint_in_words(rng):
    for p, q in _points(rng, 0):
        best = optimal_discriminator(p, q)
        d = np.asarray(best(np.arange(8)))
        sure = bool((d[p > 0] == 1).all() and (d[q > 0] == 0).all())
        own = value(p, q, best)
        yield {
            "D* is 1 and 0": sure,
            "is 1 on the data and 0 on the samples of G": sure,
            r"D^* = 1 \text{ or } 0": sure,
            "V(D*, G)": own,
            "V(D^*, G)": own,
            "its largest value, not -log 4": abs(own + math.log(4)) > 1
            and value(p, q, Discriminator(lambda x, a=best.logit: np.clip(a(x), -3, 3))) < own,
            "JS": js(p, q),
            "TV": total_variation(p, q),
            "the total variation is 1": abs(total_variation(p, q) - 1) < 1e-12,
            "KL": min(kl(p, q), kl(q, p)),
            "p_data": p[0],
            "p_g": q[0],
        }


@disjoint.control("a tenth of the mass overlaps", of=disjoint_pairs, miss=1)
def a_tenth_of_the_mass_overlaps(rng):
    for p, q in _pairs(rng, 0.1):
        yield from _disjoint_errors(p, q)


@disjoint.control("D* = 1/2, as the course's solution has it", of=disjoint_pairs, miss=1.39)
def one_half_everywhere(rng):
    for p, q in _pairs(rng, 0):
        yield abs(value(p, q, Discriminator(np.zeros_like)))


constant = Claim(
    id="A-SUP-02",
    alias="no-gradient-from-disjoint-supports",
    title="While the supports stay disjoint dJS/dθ = 0",
    statement="If p_g = p_theta moves with theta and its support stays disjoint from the data's, "
    "JS = log 2 all the while, so dJS/dtheta = 0: gradient descent on JS gets no signal. Nor does "
    "G get one from an optimal D that is constant, 0, around every sample.",
    formula=r"\operatorname{supp} p_\theta \cap \operatorname{supp} p_{\mathrm{data}} = \emptyset "
    r"\;\Rightarrow\; \frac{d}{d\theta} \mathrm{JS}(p_{\mathrm{data}}, p_\theta) = 0",
    assumptions=("the supports stay a positive distance apart",),
    sources=(
        "Arjovsky and Bottou 2017, Theorem 2.4 (vanishing gradients) and section 2.1",
        "000_8b69f153baee6a3b.txt:536",
    ),
)


@constant.symbolic(scope=AS_STATED)
def constant_proof():
    import sympy as sp

    theta, z = sp.symbols("theta z", real=True)
    p, q, collects = js_integrand()
    on_data, on_samples = sp.limit(collects, q, 0), sp.limit(collects, p, 0)
    yield "where p is alone JS collects (p/2) log 2", on_data - p / 2 * sp.log(2)
    yield "where q is alone (q/2) log 2", on_samples - q / 2 * sp.log(2)
    # Both integrands are multiples of the densities, so JS collects multiples of the masses
    mass = sp.Function("m")(theta)  # of p_theta
    whole = on_data.subs(p, 1) + on_samples.subs(q, mass)
    yield "the data's mass is 1; if p_theta's is, JS = log 2", whole.subs(mass, 1) - sp.log(2)
    slope = sp.diff(whole, theta)
    yield (
        "JS moves with theta only as p_theta's mass does",
        slope - sp.log(2) / 2 * mass.diff(theta),
    )
    yield "which is 1 at every theta: dJS/dtheta = 0", slope.subs(mass, 1).doit()
    yield "an optimal D is p/(p + q) = 0 on the samples", (p / (p + q)).subs(p, 0)
    place, D = sp.Function("G")(z, theta), sp.Function("D")
    gradient = sp.diff(sp.log(1 - D(place)), theta)
    flat = (p / (p + q)).subs(p, 0)  # the supports being apart, D can be this around every sample
    yield (
        "so log(1 - D(G(z))) has no gradient in theta, whatever G is",
        gradient.replace(D, lambda _place: flat).doit(),
    )


def _slopes(theta: float):
    """dJS/dθ by central differences for three shapes of width 1 that start at θ, data at [0, 1]."""
    from scipy import stats

    h = 0.05
    for law in (stats.uniform, stats.beta(2, 3).dist, stats.beta):
        shape = () if law is stats.uniform else (2, 3) if law is not stats.beta else (5, 1.5)
        data = law(*shape)
        yield (js(data, law(*shape, loc=theta + h)) - js(data, law(*shape, loc=theta - h))) / (
            2 * h
        )


@constant.numerical(tolerance=1e-12, description="central differences of JS at theta = 1.7 and 4")
def slopes_of_js():
    for theta in (1.7, 4.0):
        yield from (abs(slope) for slope in _slopes(theta))


@constant.meaning()
def constant_in_words():
    from scipy import stats

    data = stats.uniform(0, 1)
    apart = r"\operatorname{supp} p_\theta \cap \operatorname{supp} p_{\mathrm{data}} = \emptyset"
    for theta in (1.7, 4.0):
        slope = max(_slopes(theta), key=abs)
        yield {
            apart: bool(data.cdf(theta) == 1),
            "p_g = p_theta": None,
            "JS": js(data, stats.uniform(theta, 1)),
            "dJS/dtheta": slope,
            "constant, 0, around every sample": bool(
                (
                    optimal_discriminator(data, stats.uniform(theta, 1))(
                        theta + np.linspace(0.01, 0.99, 9)
                    )
                    == 0
                ).all()
            ),
            r"\frac{d}{d\theta} \mathrm{JS}(p_{\mathrm{data}}, p_\theta)": slope,
        }


@constant.control("the supports overlap: theta = 0.7", of=slopes_of_js, miss=0.693)
def overlapping_supports():
    yield from (abs(slope) for slope in _slopes(0.7))


@constant.control("W1 in the place of JS", of=slopes_of_js, miss=1)
def w1_in_the_place_of_js():
    from scipy import stats

    high, low = (wasserstein(stats.uniform(0, 1), stats.uniform(t, 1)) for t in (1.75, 1.65))
    yield abs(high - low) / 0.1


points = Claim(
    id="A-SUP-03",
    alias="js-of-point-masses-jumps",
    title="JS(δ₀, δ_θ) = log 2 for θ ≠ 0 and 0 at 0; W₁ = |θ|",
    statement="For two point masses, and for two parallel segments (0, Z) and (theta, Z), JS is "
    "log 2 for every theta but 0, where it is 0: it jumps. W1 = |theta| is continuous, with the "
    "gradient sign(theta) for theta ≠ 0, which says where to go.",
    formula=r"\mathrm{JS}(\delta_0, \delta_\theta) = \log 2 \cdot 1[\theta \ne 0],\quad "
    r"W_1(\delta_0, \delta_\theta) = |\theta|",
    sources=(
        "Arjovsky et al. 2017, Wasserstein GAN, Example 1",
        "000_8b69f153baee6a3b.txt:508-536",
    ),
)


@points.symbolic(scope=AS_STATED)
def points_proof():
    import sympy as sp

    theta = sp.Symbol("theta", real=True)
    r = sp.Symbol("r", positive=True)
    p, q, collected = js_integrand()  # here p and q are the masses of one point
    own = sp.limit(collected.subs(p, 1), q, 0)
    yield "theta != 0: at 0, with the masses 1 and 0, JS collects (log 2)/2", own - sp.log(2) / 2
    other = sp.limit(collected.subs(q, 1), p, 0)
    yield "and as much at theta: JS = log 2, however small theta is", own + other - sp.log(2)
    yield "theta = 0: one point with the masses 1 and 1, JS = 0", collected.subs({p: 1, q: 1})
    g = sp.symbols("g_1:3", nonnegative=True)  # a plan's mass on 0 -> theta and on 0 -> elsewhere
    plan = sp.solve([g[0] + g[1] - 1, g[1]], g)  # all of delta_0 leaves, nothing comes elsewhere
    yield (
        "W1: the only plan moves the mass 1 from 0 to theta: its cost is |theta|, and goes to 0",
        sp.limit(plan[g[0]] * sp.Abs(theta), theta, 0),
    )
    yield "slope 1 to the right", sp.diff(sp.Abs(theta).subs(theta, r), r) - 1
    yield "and -1 to the left", sp.diff(sp.Abs(theta).subs(theta, -r), r) - 1
    z, w = sp.symbols("z w", real=True)
    apart = sp.Symbol("theta", real=True, nonzero=True)
    yield (
        "segments, theta != 0: (0, z) and (theta, w) are never one point, so they share no mass",
        apart**2 + (z - w) ** 2 > 0,
    )
    # p and q are now densities against the sum of both laws; each has the mass 1 in all
    on_first, on_second = sp.limit(collected, q, 0), sp.limit(collected, p, 0)
    yield "on the first JS collects (p/2) log 2", on_first - p / 2 * sp.log(2)
    yield "and on the second (q/2) log 2", on_second - q / 2 * sp.log(2)
    yield "the masses are 1: JS = log 2", on_first.subs(p, 1) + on_second.subs(q, 1) - sp.log(2)
    yield "theta = 0: they are one law, p = q, and JS collects nothing", collected.subs(q, p)
    cost = theta**2 + (z - w) ** 2  # from (0, z) to (theta, w), squared
    yield "W1: no move from one to the other is shorter than |theta|", cost - theta**2 >= 0
    yield "and moving straight across costs just that", cost.subs(w, z) - theta**2


_SHIFTS = (-2.0, -0.5, -1e-3, 0.0, 1e-9, 1e-3, 0.5, 2.0)


@points.numerical(tolerance=1e-15, description="JS and W1 of point masses at eight shifts")
def point_masses():
    origin = Discrete([0], [1])
    for theta in _SHIFTS:
        moved = Discrete([theta], [1])
        yield abs(js(origin, moved) - _LOG2 * (theta != 0))
        yield abs(wasserstein(origin, moved) - abs(theta))


def _assigned(first: np.ndarray, second: np.ndarray) -> float:
    """W1 of points in the plane, as many in either law: the mean way of the best assignment."""
    from scipy.optimize import linear_sum_assignment

    way = np.linalg.norm(first[:, None] - second[None, :], axis=-1)
    return float(way[linear_sum_assignment(way)].mean())


def _js_of_points(first: np.ndarray, second: np.ndarray) -> float:
    """JS of points in the plane, of equal masses; points with the same place are one."""
    _places, place = np.unique(np.concatenate([first, second]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    p, q = (np.bincount(ids, minlength=place.max() + 1) for ids in np.split(place, 2))
    return js(p / p.sum(), q / q.sum())


def _segment(z: np.ndarray, across: float | np.ndarray = 0.0, along: float = 0.0) -> np.ndarray:
    """The points (0, z), moved."""
    return np.stack([np.broadcast_to(across, z.shape), z + along], axis=1)


@points.numerical(tolerance=1e-12, description="segments of 60 points: best assignment, JS, slope")
def segments_of_sixty_points(rng):
    z = rng.uniform(0, 1, 60)
    first = _segment(z)
    for theta in _SHIFTS:
        second = _segment(rng.permutation(z), theta)
        yield abs(_assigned(first, second) - abs(theta))
        yield abs(_js_of_points(first, second) - _LOG2 * (theta != 0))
    for theta in (-2.0, -0.5, 0.5, 2.0):
        right, left = (_assigned(first, _segment(z, theta + h)) for h in (0.1, -0.1))
        yield abs((right - left) / 0.2 - math.copysign(1, theta))


def _slope_is_sign(theta: float) -> bool | None:
    """Whether W1 has the slope sign(theta) at theta; None at 0, where nothing is said."""
    if theta == 0:
        return None
    h = abs(theta) / 2
    right, left = (wasserstein(Discrete([0], [1]), Discrete([theta + d], [1])) for d in (h, -h))
    return bool(abs((right - left) / (2 * h) - np.sign(theta)) < 1e-6)


@points.meaning()
def points_in_words():
    origin = Discrete([0], [1])
    for theta in _SHIFTS:
        moved = Discrete([theta], [1])
        distance, cost = js(origin, moved), wasserstein(origin, moved)
        jumps = (abs(distance - _LOG2) < 1e-15) if theta else distance == 0
        yield {
            "JS(δ₀, δ_θ) = log 2 for θ ≠ 0 and 0 at 0": jumps,
            "JS is log 2 for every theta but 0, where it is 0": jumps,
            "with the gradient sign(theta) for theta ≠ 0": _slope_is_sign(theta),
            "(0, Z)": None,
            "theta": theta,
            "W₁": cost,
            "W1": cost,
            r"W_1(\delta_0, \delta_\theta)": cost,
            r"\mathrm{JS}(\delta_0, \delta_\theta)": distance,
            r"1[\theta \ne 0]": float(theta != 0),
        }


@points.control(
    "the point masses are given a width: U[0, 1] and U[theta, 1 + theta]",
    of=point_masses,
    miss=0.693,
)
def masses_with_a_width():
    from scipy import stats

    for theta in _SHIFTS:
        yield abs(js(stats.uniform(0, 1), stats.uniform(theta, 1)) - _LOG2 * (theta != 0))


@points.control(
    "the segment moves along itself, not across", of=segments_of_sixty_points, miss=0.682
)
def moved_along():
    z = np.arange(64) / 64
    for theta in (-0.5, -1 / 64, 1 / 64, 0.5):  # W1 is |theta|, and the segments overlap
        yield abs(_js_of_points(_segment(z), _segment(z, along=theta)) - _LOG2)


@points.control(
    "the second segment leans: (theta Z, Z), it meets the first",
    of=segments_of_sixty_points,
    miss=1.02,
)
def leaning_segment():
    z = np.arange(60) / 60
    for theta in (-2.0, -0.5, 0.5, 2.0):
        first, second = _segment(z), _segment(z, theta * z)
        yield abs(_assigned(first, second) - abs(theta))
        yield abs(_js_of_points(first, second) - _LOG2)
