"""Disjoint supports: JS is constant, and no gradient comes of it (claims A-SUP-01 to 04 and 06)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math
from typing import Any

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
from theory.claim import AS_STATED, Claim

_LOG2 = math.log(2)


def spiral(z: Any) -> np.ndarray:
    """A generator with one latent number and two outputs: a double spiral of radius 0.8.

    Args:
        z: shape (n,), in [-1, 1].

    Returns:
        An array of shape (n, 2): 0.8 z (cos 32z, sin 32z), a smooth curve of length 25.7.
    """
    z = np.asarray(z, dtype=float)
    return 0.8 * z[:, None] * np.stack([np.cos(32 * z), np.sin(32 * z)], axis=1)


def share_of_cells(points: Any, size: float) -> float:
    """The share of the cells of the cube [-1, 1]^n in which at least one point lies.

    Args:
        points: shape (samples, n), in [-1, 1).
        size: a cell's side; 2/size is rounded to a whole number.

    Raises:
        ValueError: a point lies outside of the cube.
    """
    points = np.asarray(points, dtype=float)
    if not (np.abs(points) <= 1).all():
        raise ValueError("points: got one outside of the cube, expected all in [-1, 1]")
    cells = round(2 / size)
    place = np.minimum(((points + 1) / 2 * cells).astype(int), cells - 1)
    hit = np.zeros(cells ** points.shape[1], dtype=bool)
    hit[np.ravel_multi_index(tuple(place.T), (cells,) * points.shape[1])] = True
    return float(hit.mean())


disjoint = Claim(
    id="A-SUP-01",
    alias="disjoint-supports",
    title="Disjoint supports: D* is 1 and 0, V(D*, G) = 0, JS = log 2, TV = 1, KL = ∞",
    statement="If p_data and p_g share no mass, the optimal discriminator is 1 on the data and 0 "
    "on the samples of G. Then V(D*, G) = 0 (its largest value, not -log 4), JS = log 2 (its "
    "largest, too), the total variation is 1, and both KL divergences are infinite.",
    formula=r"p_{\mathrm{data}}\, p_g = 0 \;\Rightarrow\; D^* = 1 \text{ or } 0,\quad V(D^*, G) = "
    r"0,\quad \mathrm{JS} = \log 2,\quad \mathrm{TV} = 1,\quad \mathrm{KL} = \infty",
    assumptions=("the supports are disjoint up to null sets",),
    sources=(
        "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 2.1",
        "Goodfellow et al. 2014, Proposition 1 and Theorem 1",
        "000_8b69f153baee6a3b.txt:502-536",
    ),
)


def _js_integrand():
    """Symbols p and q and what JS collects where the laws have these densities (or masses)."""
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    middle = (p + q) / 2
    return p, q, p / 2 * sp.log(p / middle) + q / 2 * sp.log(q / middle)


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
    yield "no D has more: both logarithms are negative", sp.log(sp.simplify(1 / d)) > 0
    p, q, distance = _js_integrand()
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


def _pairs(rng: np.random.Generator, shared: float):
    """Discrete pairs and densities, disjoint when `shared` is 0 and overlapping otherwise."""
    from scipy import stats

    for _instance in range(20):
        size = int(rng.integers(1, 8))
        common = rng.dirichlet(np.ones(8))
        p, q = np.zeros(8), np.zeros(8)
        p[:size], q[size:] = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(8 - size))
        yield (1 - shared) * p + shared * common, (1 - shared) * q + shared * common
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
    yield 0.0 if math.isinf(kl(p, q)) and math.isinf(kl(q, p)) else 1.0


@disjoint.numerical(tolerance=1e-9, description="20 discrete pairs, 3 of densities; D at 1 - 1e-12")
def disjoint_20_discrete_pairs_3_of_densities_d_at_1_1e_12(rng):
    for p, q in _pairs(rng, 0):
        yield from _disjoint_errors(p, q)


@disjoint.control(
    "a tenth of the mass overlaps",
    of=disjoint_20_discrete_pairs_3_of_densities_d_at_1_1e_12,
    miss=1,
)
def a_tenth_of_the_mass_overlaps(rng):
    for p, q in _pairs(rng, 0.1):
        yield from _disjoint_errors(p, q)


@disjoint.control(
    "D* = 1/2, as the course's solution has it",
    of=disjoint_20_discrete_pairs_3_of_densities_d_at_1_1e_12,
    miss=1.39,
)
def d_1_2_as_the_courses_solution_has_it(rng):
    for p, q in _pairs(rng, 0):
        yield abs(value(p, q, Discriminator(np.zeros_like)))


constant = Claim(
    id="A-SUP-02",
    alias="no-gradient-from-disjoint-supports",
    title="While the supports stay disjoint dJS/dθ = 0",
    statement="If p_g = p_theta moves with theta and its support stays disjoint from the data's, "
    "JS = log 2 all the while, so dJS/dtheta = 0: gradient descent on JS gets no signal. Nor does "
    "G get one from the optimal D, which is constant, 0, around every sample.",
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

    x, u, theta = sp.symbols("x u theta", real=True)
    s = sp.Symbol("s", positive=True)
    shape = sp.Function("q")  # the generator's law: q(x - theta) on [theta, theta + 1]
    p, q, collects = _js_integrand()
    yield (
        "where q is alone, p -> 0, JS collects (q/2) log 2 (and (p/2) log 2 where p is)",
        sp.limit(collects, p, 0) - q / 2 * sp.log(2),
    )
    collected = sp.Integral(shape(x - theta) / 2 * sp.log(2), (x, theta, theta + 1))
    still = sp.Integral(shape(u) / 2 * sp.log(2), (u, 0, 1))
    moved = collected.transform(x, (u + theta, u))
    yield "x = theta + u: what q's side collects is int_0^1 (q(u)/2) log 2 du", moved - still
    yield "which theta has left: its derivative is 0", sp.diff(moved, theta)
    # For the uniforms of A-JS-10: JS = min(theta, 1) log 2
    level = sp.Min(theta, 1) * sp.log(2)
    yield (
        "U[0, 1] and U[theta, 1 + theta] at theta = 1 + s: dJS/dtheta = 0",
        sp.diff(level.subs(theta, 1 + s), s),
    )
    logit = sp.Symbol("a", real=True)
    sigma = 1 / (1 + sp.exp(-logit))
    signal = sp.diff(sp.log(1 - sigma), logit)
    yield "log(1 - D) passes -sigma(a) = -D on to G, per unit of the logit", signal + sigma
    yield "which goes to 0 with D*, as the logit goes to -infinity", sp.limit(sigma, logit, -sp.oo)


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
def central_differences_of_js_at_theta_1_7_and_4():
    for theta in (1.7, 4.0):
        yield [abs(slope) for slope in _slopes(theta)]


@constant.control(
    "the supports overlap: theta = 0.7", of=central_differences_of_js_at_theta_1_7_and_4, miss=0.693
)
def the_supports_overlap_theta_0_7():
    yield [abs(slope) for slope in _slopes(0.7)]


@constant.control("W1 in the place of JS", of=central_differences_of_js_at_theta_1_7_and_4, miss=1)
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
    "gradient sign(theta), which says where to go.",
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
    p, q, collected = _js_integrand()  # here p and q are the masses of one point
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
    cost = theta**2 + (z - w) ** 2  # from (0, z) to (theta, w), squared
    yield "segments: no move is shorter than |theta|", cost - theta**2 >= 0
    yield "and moving straight across costs just that", cost.subs(w, z) - theta**2


_SHIFTS = (-2.0, -0.5, -1e-3, 0.0, 1e-9, 1e-3, 0.5, 2.0)


@points.numerical(tolerance=1e-15, description="JS and W1 of point masses at eight shifts")
def js_and_w1_of_point_masses_at_eight_shifts():
    origin = Discrete([0], [1])
    for theta in _SHIFTS:
        moved = Discrete([theta], [1])
        yield abs(js(origin, moved) - _LOG2 * (theta != 0))
        yield abs(wasserstein(origin, moved) - abs(theta))


@points.numerical(tolerance=1e-12, description="segments of 60 points: best assignment, JS, slope")
def segments_of_60_points_best_assignment_js_slope(rng):
    from scipy.optimize import linear_sum_assignment

    z = np.sort(rng.uniform(0, 1, 60))
    for theta in _SHIFTS:
        cost = np.hypot(theta, z[:, None] - z[None, :])
        yield abs(cost[linear_sum_assignment(cost)].mean() - abs(theta))
        # No point of one segment lies on the other unless theta = 0
        p = np.full(60, 1 / 60) if theta == 0 else np.repeat([1 / 60, 0], 60)
        q = np.full(60, 1 / 60) if theta == 0 else np.repeat([0, 1 / 60], 60)
        yield abs(js(p, q) - _LOG2 * (theta != 0))
    for theta in (-2.0, -0.5, 0.5, 2.0):
        right, left = (
            wasserstein(Discrete([0], [1]), Discrete([theta + h], [1])) for h in (0.1, -0.1)
        )
        yield abs((right - left) / 0.2 - math.copysign(1, theta))


@points.control(
    "the point masses are given a width: U[0, 1] and U[theta, 1 + theta]",
    of=segments_of_60_points_best_assignment_js_slope,
    miss=0.693,
)
def the_point_masses_are_given_a_width_u_0_1_and_u():
    from scipy import stats

    for theta in _SHIFTS:
        yield abs(js(stats.uniform(0, 1), stats.uniform(theta, 1)) - _LOG2 * (theta != 0))


dimension = Claim(
    id="A-SUP-04",
    alias="low-dimensional-generator",
    title="dim z < dim x: p_g lives on a null set, so JS = log 2 whatever G does",
    statement="A smooth G with fewer latent numbers than outputs maps them onto a set of volume 0. "
    "If p_data has a density, it gives that set probability 0: the supports are disjoint up to "
    "null sets, a perfect D exists and JS = log 2. The disjoint case is the rule, not the "
    "exception.",
    formula=r"\dim z < \dim x \;\Rightarrow\; \operatorname{vol}\, G(\mathbb{R}^{\dim z}) = 0 "
    r"\;\Rightarrow\; \mathrm{JS}(p_{\mathrm{data}}, p_g) = \log 2",
    assumptions=("G is smooth (Lipschitz on bounded sets)", "p_data has a density"),
    sources=(
        "Arjovsky and Bottou 2017, Lemma 1 and Theorems 2.1 to 2.3",
        "000_8b69f153baee6a3b.txt:445,502",
    ),
)


@dimension.symbolic(scope=AS_STATED)
def dimension_proof():
    import sympy as sp

    d, k, n = sp.symbols("d k N", positive=True)  # dim z, dim x - dim z, the grid's fineness
    slope = sp.Symbol("L", positive=True)
    diagonal = sp.sqrt(d * (1 / n) ** 2)
    yield (
        "cut the unit cube of z into N^d cubes: each has the diagonal sqrt(d)/N",
        diagonal - (sp.sqrt(d) / n),
    )
    # A set of diameter a lies in a cube of side 2a. G stretches by at most L.
    volume = n**d * (2 * slope * diagonal) ** (d + k)
    yield (
        "their images lie in N^d cubes of side 2 L sqrt(d)/N, of volume c N^-k together",
        (sp.powsimp(sp.expand_power_base(volume)) - (2 * slope * sp.sqrt(d)) ** (d + k) * n**-k),
    )
    yield "which goes to 0 as the grid is refined: volume 0", sp.limit(n**-k, n, sp.oo)
    p, q, collects = _js_integrand()
    yield (
        "the data avoid it with probability 1: off it q = p_g = 0, and JS collects (p/2) log 2",
        sp.limit(collects, q, 0) - p / 2 * sp.log(2),
    )
    yield (
        "on it p = 0, and JS collects (q/2) log 2; p and q have mass 1 each: JS = log 2",
        sp.limit(collects, p, 0) - q / 2 * sp.log(2),
    )


def _network(rng: np.random.Generator, d: int, n: int, z: np.ndarray) -> np.ndarray:
    """A random smooth generator from [-1, 1]^d to [-1, 1]^n: one tanh layer of 16 units."""
    hidden = np.tanh(z @ rng.normal(0, 3 / math.sqrt(d), (d, 16)) + rng.normal(0, 1, 16))
    return np.tanh(hidden @ rng.normal(0, 0.5, (16, n)))


def _digits(z: np.ndarray) -> np.ndarray:
    """Not smooth: the even and the odd binary digits of z in [0, 1] become two numbers."""
    bits = np.floor(z[:, None] * 2.0 ** np.arange(1, 25)) % 2
    weights = 2.0 ** -np.arange(1, 13)
    return 2 * np.stack([bits[:, 0::2] @ weights, bits[:, 1::2] @ weights], axis=1) - 1


def _dimensions(points: np.ndarray, sizes) -> np.ndarray:
    """log2 of how many more cells are hit as their side halves: the dimension of what is hit."""
    n = points.shape[1]
    hit = np.array([share_of_cells(points, size) * round(2 / size) ** n for size in sizes])
    return np.diff(np.log2(hit))


@dimension.numerical(tolerance=0.15, description="box dimension of the images of random networks")
def box_dimension_of_the_images_of_random_networks(rng):
    for n in (2, 2, 3):
        points = _network(rng, 1, n, np.linspace(-1, 1, 30_000)[:, None])
        yield np.abs(_dimensions(points, (1 / 25, 1 / 50, 1 / 100)) - 1)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 300)] * 2), axis=-1).reshape(-1, 2)
    yield np.maximum(0, _dimensions(_network(rng, 2, 3, grid), (1 / 10, 1 / 20)) - 2)


@dimension.control(
    "G is not smooth: it deals z's binary digits out to x and y",
    of=box_dimension_of_the_images_of_random_networks,
    miss=1,
)
def g_is_not_smooth_it_deals_zs_binary_digits_out():
    points = _digits(np.linspace(0, 1, 40_000, endpoint=False))
    yield np.abs(_dimensions(points, (1 / 25, 1 / 50)) - 1)


@dimension.control(
    "as many latent numbers as outputs",
    of=box_dimension_of_the_images_of_random_networks,
    miss=0.989,
)
def as_many_latent_numbers_as_outputs(rng):
    points = rng.uniform(-1, 1, (50_000, 2))
    yield np.abs(_dimensions(points, (1 / 25, 1 / 50)) - 1)


area = Claim(
    id="A-SUP-06",
    alias="curve-covers-no-area",
    title="A one-dimensional latent in the plane: half the cells, half the area",
    statement="A generator with one latent number and two outputs draws a curve. Of the cells of "
    "side eps the share that it hits goes to 0 in proportion to eps: it halves when eps halves. On "
    "a spiral of length 26, 400,000 samples hit 0.485, 0.320, 0.190 and 0.106 of the cells at "
    "eps = 0.1, 0.05, 0.025 and 0.0125 (within 0.01), the last ratio being 0.56 or less.",
    formula=r"\text{share}(\varepsilon) \le \frac{4 (L \varepsilon + \varepsilon^2)}{A},\quad "
    r"\frac{\text{share}(\varepsilon/2)}{\text{share}(\varepsilon)} \to \frac{1}{2}",
    assumptions=("the curve has a finite length L", "the square has the area A"),
    sources=(
        "Arjovsky and Bottou 2017, section 2.1",
        "000_8b69f153baee6a3b.txt:502",
    ),
)


@area.symbolic(scope=AS_STATED)
def area_proof():
    import sympy as sp

    eps, length, square, crossed = sp.symbols("epsilon L A c", positive=True)
    angle = sp.Symbol("phi", real=True)
    # A piece of length eps spans at most two cells in each direction, four in all
    bound = 4 * (length / eps + 1) * eps**2 / square
    yield (
        "L/eps + 1 pieces of length eps, four cells each",
        bound - (4 * (length * eps + eps**2) / square),
    )
    yield "the share goes to 0 with eps", sp.limit(bound, eps, 0)
    # New cells are entered by crossing grid lines: int (|dx| + |dy|)/eps times, c/eps in all
    share = crossed / eps * eps**2 / square
    yield (
        "cells entered: c/eps, so the share is c eps/A and halves",
        (share.subs(eps, eps / 2) / share - sp.Rational(1, 2)),
    )
    quarter = sp.integrate(sp.cos(angle) + sp.sin(angle), (angle, 0, sp.pi / 2)) / (sp.pi / 2)
    yield "over all directions |cos| + |sin| is 4/pi in the mean: c = 4L/pi", quarter - 4 / sp.pi


_SIZES = (0.1, 0.05, 0.025, 0.0125)


def _shares(points: np.ndarray) -> np.ndarray:
    return np.array([share_of_cells(points, size) for size in _SIZES])


@area.numerical(tolerance=0.12, description="the last halving's ratio, 400,000 samples")
def the_last_halvings_ratio_400_000_samples(rng):
    shares = _shares(spiral(rng.uniform(-1, 1, 400_000)))
    yield abs(shares[3] / shares[2] - 0.5)


@area.numerical(tolerance=0.01, description="the four shares")
def the_four_shares(rng):
    yield np.abs(_shares(spiral(rng.uniform(-1, 1, 400_000))) - [0.485, 0.320, 0.190, 0.106])


@area.numerical(tolerance=0.05, description="the share against the grid lines crossed, eps = 1/400")
def the_share_against_the_grid_lines_crossed_eps_1(rng):
    crossed = np.abs(np.diff(spiral(np.linspace(-1, 1, 100_001)), axis=0)).sum()
    share = share_of_cells(spiral(rng.uniform(-1, 1, 400_000)), 1 / 400)
    yield abs(share / (crossed / 400 / 4) - 1)


@area.control(
    "two latent numbers: the area is covered",
    of=the_share_against_the_grid_lines_crossed_eps_1,
    miss=0.5,
)
def two_latent_numbers_the_area_is_covered(rng):
    shares = _shares(rng.uniform(-1, 1, (400_000, 2)))
    yield abs(shares[3] / shares[2] - 0.5)
