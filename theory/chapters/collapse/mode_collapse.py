"""Mode collapse: best responses and dropped modes (claims A-MC-01 to 03, 10, 11 and 13)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, xlogy

from theory.calculators.divergences import js, kl, total_variation
from theory.calculators.packing import dropped_modes_js
from theory.claim import AS_STATED, Claim

_LOG4 = math.log(4)
_COURSE = "000_8b69f153baee6a3b.txt"
_TUTORIAL = "Goodfellow 2016, NIPS tutorial: Generative Adversarial Networks, section 5.1.1"

# What the generator loses at a point where the discriminator's logit is a, by objective.
_LOSSES = {
    "minimax": lambda a: -np.logaddexp(0, a),
    "non-saturating": lambda a: np.logaddexp(0, -a),
}


def _best_law(losses: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The joint law of class and point with the least mean loss, by linear programming: `losses`
    of shape (classes, points), and each class with its share of the mass."""
    from scipy.optimize import linprog

    classes, points = losses.shape
    rows = np.kron(np.eye(classes), np.ones(points))
    return linprog(losses.ravel(), A_eq=rows, b_eq=shares, bounds=(0, None)).x.reshape(losses.shape)


def _descent_on_c(p: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, float]:
    """The law that minimises max_D V(D, p_g), and the minimum, by descent."""
    from scipy.optimize import minimize

    def law(logits):
        return np.exp(logits) / np.exp(logits).sum()

    def c(logits):
        q = law(logits)
        return float(np.sum(xlogy(p, p / (p + q)) + xlogy(q, q / (p + q))))

    found = minimize(c, start, method="BFGS", options={"gtol": 1e-10})
    return law(found.x), c(found.x)


response = Claim(
    id="A-MC-01",
    alias="best-response-is-one-point",
    title="For a fixed D the best p_g is a point mass at argmax D",
    statement="For a fixed D the best response of G puts all its mass on argmax_x D(x), whether it "
    "minimises E[log(1 - D)] or -E[log D]: the loss is linear in p_g, and this linear program over "
    "the simplex has a one-point solution. A generator that is trained for too long against one D "
    "therefore collapses.",
    formula=r"p_g^* = \delta_{x^*}, \quad x^* = \operatorname{argmax}_x D(x)",
    assumptions=("D does not move", "argmax D is a single point", "p_g may be any law"),
    sources=(_TUTORIAL, f"{_COURSE}:374-419"),
)


@response.symbolic(scope=AS_STATED)
def response_proof():
    import sympy as sp

    s = sp.Symbol("s", positive=True)
    d = 1 / (1 + s)  # every D in (0, 1)
    yield "write D = 1/(1 + s): D falls in s", sp.diff(d, s) < 0
    yield "log(1 - D) rises in s, so it is least where D is largest", sp.diff(sp.log(1 - d), s) > 0
    yield "so does -log D", sp.diff(-sp.log(d), s) > 0
    least = sp.Symbol("l", real=True)
    more = sp.symbols("c2:6", positive=True)
    mass = sp.symbols("q2:6", nonnegative=True)
    mean = (1 - sum(mass)) * least
    mean += sum(q * (least + c) for q, c in zip(mass, more, strict=True))
    excess = sum(q * c for q, c in zip(mass, more, strict=True))
    yield (
        "if the loss is l at x* and l + c(x) elsewhere, a law q loses l + sum of q(x) c(x)",
        sp.expand(mean - least - excess),
    )
    yield (
        "no law loses less than l (the dual program's bound), and the point mass loses l",
        (excess >= 0),
    )
    moved = sp.Symbol("q", positive=True)
    yield "any law with mass q > 0 elsewhere loses more", excess.subs(mass[0], moved) > 0


def _random_logits(rng):
    for n in rng.integers(2, 30, 12):
        yield rng.normal(0, 3, n)


@response.numerical(tolerance=1e-9, description="mass away from argmax D, by linear programming")
def mass_away_from_argmax_d_by_linear_programming(rng):
    for a in _random_logits(rng):
        for loss in _LOSSES.values():
            yield abs(1 - _best_law(loss(a)[None], np.ones(1))[0, a.argmax()])


@response.numerical(tolerance=1e-12, description="what random laws lose less than the point mass")
def what_random_laws_lose_less_than_the_point_mass(rng):
    for a in _random_logits(rng):
        for loss in _LOSSES.values():
            laws = rng.dirichlet(np.full(a.size, 0.1), 200)
            yield np.maximum(0, loss(a)[a.argmax()] - laws @ loss(a))


@response.control(
    "D is made optimal again after every move: the best p_g is p_data",
    of=what_random_laws_lose_less_than_the_point_mass,
    miss=0.66,
)
def d_is_made_optimal_again_after_every_move(rng):
    for _instance in range(3):
        p = rng.dirichlet(np.full(4, 3.0))
        yield abs(1 - _descent_on_c(p, rng.normal(size=4))[0][p.argmax()])


@response.control(
    "two points share the maximum: half the mass on either loses no more",
    of=what_random_laws_lose_less_than_the_point_mass,
    miss=0.5,
)
def two_points_share_the_maximum_half_the_mass(rng):
    for a in _random_logits(rng):
        losses = _LOSSES["minimax"](np.append(a, a.max()))
        halves = np.zeros(losses.size)
        halves[[a.argmax(), -1]] = 0.5
        if halves @ losses <= losses.min() + 1e-12:
            yield abs(1 - halves[a.argmax()])


order = Claim(
    id="A-MC-02",
    alias="minimax-against-maximin",
    title="min_G max_D V = max_D min_G V = −log 4, but only the first order determines p_g",
    statement="Over all laws and all discriminators min over p_g of max over D of V equals max "
    "over D of min over p_g of V, namely -log 4, and D = 1/2 in both. The first order forces "
    "p_g = p_data. In the second every p_g is a best response to D = 1/2, so it says nothing about "
    "p_g and leaves the generator free to sit on one point. Without convexity (a generator that "
    "chooses one point) the two orders differ in value too.",
    formula=r"\min_{p_g} \max_D V(D, p_g) = \max_D \min_{p_g} V(D, p_g) = -\log 4",
    assumptions=("p_g may be any law on a finite set", "D may be any function"),
    sources=(_TUTORIAL, "Goodfellow et al. 2014, Theorem 1", f"{_COURSE}:419"),
)


@order.symbolic(scope=AS_STATED)
def order_proof():
    import sympy as sp

    s, p, q = sp.symbols("s p q", positive=True)
    d, half = 1 / (1 + s), sp.Rational(1, 2)
    yield (
        "with D = 1/(1 + s): D (1 - D) = 1/4 - (1 - s)^2 / (4 (1 + s)^2) <= 1/4",
        d * (1 - d) - (half**2 - (1 - s) ** 2 / (4 * (1 + s) ** 2)),
    )
    yield (
        "max min <= -log 4: min over p_g of V(D, p_g) <= V(D, p) = E_p log(D (1 - D)) <= log(1/4)",
        sp.log(half**2) + sp.log(4),
    )
    mass = sp.symbols("q1:5", nonnegative=True)
    at_half = sp.log(half) + sum(w * sp.log(1 - half) for w in (*mass, 1 - sum(mass)))
    yield "max min >= -log 4: V(1/2, p_g) = -log 4 for every p_g", sp.expand(at_half) + sp.log(4)
    yield (
        "so no p_g is better than another at D = 1/2",
        sp.Matrix([sp.diff(at_half, w) for w in mass]),
    )
    # Under max over D, V(D*, p_g) - V(1/2, p_g) is the integral of this:
    gap = p * sp.log(p / (p + q)) + q * sp.log(q / (p + q)) - (p + q) * sp.log(half)
    yield (
        "min max: the gain of D* over 1/2 is 0 and flat at p_g = p_data",
        sp.Matrix([gap.subs(q, p), sp.diff(gap, q).subs(q, p)]),
    )
    yield "and strictly convex in p_g: there only", sp.factor(sp.diff(gap, q, 2)) > 0


def _worst_value(p: np.ndarray, d: np.ndarray) -> np.ndarray:
    """min over p_g of V(D, p_g) for rows D: all mass goes where log(1 - D) is least."""
    return np.log(d) @ p + np.log1p(-d).min(axis=-1)


@order.numerical(tolerance=1e-12, description="excess of min V over -log 4, 20000 random D")
def excess_of_min_v_over_log_4_20000_random_d(rng):
    p = rng.dirichlet(np.ones(6))
    yield np.maximum(0, _worst_value(p, rng.uniform(0, 1, (10_000, 6))) + _LOG4)
    yield np.maximum(0, _worst_value(p, expit(rng.normal(0, 0.05, (10_000, 6)))) + _LOG4)
    yield abs(_worst_value(p, np.full(6, 0.5)) + _LOG4)


@order.numerical(tolerance=1e-7, description="max min by SLSQP, min max by BFGS; -1.3862943611")
def max_min_by_slsqp_min_max_by_bfgs_1_3862943611(rng):
    from scipy.optimize import minimize

    for _instance in range(2):
        p = rng.dirichlet(np.full(4, 3.0))
        # maximise E_p log D + t subject to t <= log(1 - D(x)) at every x
        best = minimize(
            lambda u, p=p: p @ np.logaddexp(0, -u[:4]) - u[4],
            rng.normal(0, 0.5, 5),
            method="SLSQP",
            constraints={"type": "ineq", "fun": lambda u: -np.logaddexp(0, u[:4]) - u[4]},
            options={"ftol": 1e-14, "maxiter": 300},
        )
        yield abs(-best.fun + 1.3862943611)
        yield abs(_descent_on_c(p, rng.normal(size=4))[1] + 1.3862943611)


def _spread(p: np.ndarray, d: np.ndarray, laws: np.ndarray) -> float:
    """How much V(D, p_g) differs between laws p_g."""
    values = p @ np.log(d) + laws @ np.log1p(-d)
    return float(np.ptp(values))


@order.numerical(tolerance=1e-12, description="spread of V(1/2, p_g) over 1000 laws p_g")
def spread_of_v_1_2_p_g_over_1000_laws_p_g(rng):
    yield _spread(rng.dirichlet(np.ones(6)), np.full(6, 0.5), rng.dirichlet(np.ones(6), 1000))


@order.control(
    "D is not quite 1/2: some p_g are better responses than others",
    of=spread_of_v_1_2_p_g_over_1000_laws_p_g,
    miss=0.00522,
)
def d_is_not_quite_1_2_some_p_g_are_better_responses(rng):
    d = expit(rng.normal(0, 1e-2, 6))
    yield _spread(rng.dirichlet(np.ones(6)), d, rng.dirichlet(np.ones(6), 1000))


@order.control(
    "the generator chooses one point: min max exceeds max min",
    of=spread_of_v_1_2_p_g_over_1000_laws_p_g,
    miss=0.48,
)
def the_generator_chooses_one_point_min_max_exceeds(rng):
    p = rng.dirichlet(np.ones(4))
    yield min(2 * js(p, point) for point in np.eye(4))  # C(point) + log 4


cycle = Claim(
    id="A-MC-03",
    alias="collapse-cycle",
    title="An over-trained G hops from mode to mode",
    statement="When G moves much more than D the game cycles: G concentrates on one mode, D learns "
    "to reject it, G hops to another mode, and so on. Against G on one of K equal modes the best D "
    "is 1/(K + 1) there and 1 elsewhere, so every other mode is now better.",
    formula=r"p_g = \delta_i: \quad D^*(x_i) = \frac{1}{K + 1}, \quad D^*(x_j) = 1 \; (j \ne i)",
    assumptions=("many generator steps for each discriminator step",),
    sources=(
        _TUTORIAL,
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 3.1",
        f"{_COURSE}:400-419",
    ),
    test="tests/collapse/test_collapse_and_critics.py::test_over_trained_generator_cycles",
)


@cycle.symbolic(scope=AS_STATED)
def cycle_proof():
    import sympy as sp

    k, s = sp.symbols("K s", positive=True)
    d = 1 / (1 + s)
    rejected = (1 / k) / (1 / k + 1)
    yield (
        "with p_data = 1/K and p_g = 1 at mode i, D* = p/(p + q) = 1/(K + 1)",
        (rejected - 1 / (k + 1)),
    )
    yield "which is below 1, D* of the modes that G does not visit: G hops", 1 - 1 / (k + 1) > 0
    # V's slope in the logit at a mode is p (1 - D) - q D
    yield (
        "a D that learns by gradient lowers its logit at mode i while D > 1/(K + 1)",
        sp.simplify((1 - d) / k - d - (k + 1) / k * (1 / (k + 1) - d)),
    )
    yield "and raises it at all other modes, so its order changes sooner or later", (1 - d) / k > 0


def _dominant_modes(rng, over_trained: bool, rounds: int = 300):
    """K = 8 equal modes, D by gradient ascent on its logits, G a best response or a short step:
    the mode that leads, and KL to the data's histogram, round by round."""
    p = np.full(8, 1 / 8)
    q, a = rng.dirichlet(np.ones(8)), rng.normal(0, 0.1, 8)
    leaders, laws = [], []
    for _round in range(rounds):
        if over_trained:
            a = a + 2 * (p * expit(-a) - q * expit(a))
            q = np.eye(8)[a.argmax()]
        else:
            a = np.log(p / q)
            q = q * np.exp(-0.3 * _LOSSES["minimax"](a))
            q /= q.sum()
        leaders.append(int(q.argmax()))
        laws.append(q)
    return np.array(leaders), np.sum(xlogy(laws, 8 * np.array(laws)), axis=1)


def _cycle_residuals(rng, over_trained: bool):
    """Modes that never lead, windows of 50 rounds without a hop, and KL's distance from log 8."""
    leaders, divergences = _dominant_modes(rng, over_trained)
    yield float(8 - len(set(leaders)))
    yield float(sum(len(set(w)) == 1 for w in leaders.reshape(-1, 50)))
    yield np.abs(divergences - math.log(8))


@cycle.numerical(tolerance=1e-12, description="eight modes, ten plays of 300 rounds")
def eight_modes_ten_plays_of_300_rounds(rng):
    for _instance in range(10):
        yield from _cycle_residuals(rng, over_trained=True)


@cycle.control(
    "D is optimal and G takes short steps: it settles on all modes",
    of=eight_modes_ten_plays_of_300_rounds,
    miss=6,
)
def d_is_optimal_and_g_takes_short_steps_it_settles(rng):
    yield from _cycle_residuals(rng, over_trained=False)


dropped = Claim(
    id="A-MC-10",
    alias="dropped-modes",
    title="k of K equal modes in packs of m: TV = 1 − r, r = (k/K)^m, and JS in closed form",
    statement="If G drops K - k of K equal modes and D sees packs of m samples, then with "
    "r = (k/K)^m: TV = 1 - r, JS = (1/2) [r log(2r/(1 + r)) + (1 - r) log 2] "
    "+ (1/2) log(2/(1 + r)), KL(p_g^m || p_data^m) = m log(K/k) is finite and "
    "KL(p_data^m || p_g^m) infinite. For K = 8, k = 5: JS = .1518, .2803, .3851, .4679, .5312 for "
    "m = 1, ..., 5.",
    formula=r"\mathrm{JS} = \frac{1}{2} \left[ r \log \frac{2r}{1 + r} + (1 - r) \log 2 \right] + "
    r"\frac{1}{2} \log \frac{2}{1 + r}, \quad r = \left( \frac{k}{K} \right)^m",
    assumptions=("modes do not overlap", "data and kept modes are uniform"),
    sources=(
        "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 3, applied to equal modes",
        f"{_COURSE}:376-419",
        "001_5040f14b49cef5aa.txt:37",
    ),
)


@dropped.symbolic(scope=AS_STATED)
def dropped_proof():
    import sympy as sp

    k, lost, m, q = sp.symbols("k l m q", positive=True)
    total = k + lost  # K > k
    r = (k / total) ** m
    yield "a pack of kept modes has p/q = K^-m / k^-m = r", sp.simplify(total**-m / k**-m - r)
    yield "there are k^m such packs, with p-mass k^m K^-m = r", sp.simplify(k**m * total**-m - r)
    r = sp.Symbol("r", positive=True)
    p = r * q
    yield (
        "KL(p || M) on them: log(2p/(p + q)) = log(2r/(1 + r))",
        sp.simplify(2 * p / (p + q) - 2 * r / (1 + r)),
    )
    yield "on the packs with a dropped mode q = 0: log(2p/p) = log 2", sp.log(2 * p / p) - sp.log(2)
    yield "KL(q || M): log(2q/(p + q)) = log(2/(1 + r))", sp.simplify(2 * q / (p + q) - 2 / (1 + r))
    yield (
        "TV = sum of (p - q)+ = mass of the packs with a dropped mode, as p < q on the others",
        ((1 - (k / total)) - lost / total),
    )
    yield (
        "KL(q || p) = log(1/r) = m log(K/k)",
        sp.expand_log(sp.log(1 / (k / total) ** m) - m * sp.log(total / k)),
    )


def _packs(kept: int, pack: int) -> tuple[np.ndarray, np.ndarray]:
    """The laws of packs of 8 modes, and of the first `kept` ones, pack by pack."""
    one = np.zeros(8)
    one[:kept] = 1 / kept
    p = q = np.ones(1)
    for _sample in range(pack):
        p, q = np.kron(p, np.full(8, 1 / 8)), np.kron(q, one)
    return p, q


_FIVE_OF_EIGHT = (0.1518, 0.2803, 0.3851, 0.4679, 0.5312)


@dropped.numerical(tolerance=1e-12, description="direct sums over all packs of 8 modes")
def direct_sums_over_all_packs_of_8_modes():
    for kept in (1, 3, 5, 7, 8):
        for m in (1, 2, 3, 4):
            p, q = _packs(kept, m)
            yield abs(js(p, q) - dropped_modes_js(8, kept, m))
            yield abs(total_variation(p, q) - (1 - (kept / 8) ** m))
            yield abs(kl(q, p) - m * math.log(8 / kept))
            yield 0.0 if kl(p, q) == (math.inf if kept < 8 else 0.0) else 1.0


@dropped.numerical(tolerance=5e-5, description="five of eight modes, four decimals")
def five_of_eight_modes_four_decimals():
    for m, stated in enumerate(_FIVE_OF_EIGHT, 1):
        yield abs(dropped_modes_js(8, 5, m) - stated)


@dropped.control(
    "the pack is forgotten: r = k/K for every m", of=five_of_eight_modes_four_decimals, miss=0.379
)
def the_pack_is_forgotten_r_k_k_for_every_m():
    for m, stated in enumerate(_FIVE_OF_EIGHT, 1):
        yield abs(dropped_modes_js(8, 5, 1) - stated) * (m > 1)


@dropped.control(
    "the modes overlap: each leaks 10% into the next",
    of=five_of_eight_modes_four_decimals,
    miss=0.024,
)
def the_modes_overlap_each_leaks_10_into_the_next():
    leak = 0.9 * np.eye(8) + 0.1 * np.roll(np.eye(8), 1, axis=1)
    p, q = _packs(5, 1)
    yield abs(js(p @ leak, q @ leak) - dropped_modes_js(8, 5, 1))


measured = Claim(
    id="A-MC-11",
    alias="collapse-measured",
    title="Complete and partial collapse, and how to measure them",
    statement="Complete collapse leaves one mode, partial collapse a strict subset of the modes. "
    "Where the modes are known (or a classifier tells them apart) three numbers measure it: how "
    "many modes hold at least 1% of the samples, KL of the samples' mode histogram to the data's, "
    "and the share of samples of high quality, within 4 standard deviations of a mode. k of K "
    "equal modes give KL = log(K/k), 0.4700 for 5 of 8; of a perfect sampler in two dimensions "
    "1 - exp(-8) = 99.97% are of high quality.",
    formula=r"\mathrm{KL} = \log \frac{K}{k}",
    assumptions=("the modes are known, or an independent classifier names them",),
    sources=(
        "Lin, Khetan, Fanti and Oh 2018 (PacGAN), section 4.1 (its radius is 3, and one sample is "
        "enough)",
        f"{_COURSE}:407,419",
    ),
    definition=True,
    test="tests/evaluation/test_metrics.py::test_mode_report_by_loops",
)

_ANGLES = 2 * np.pi * np.arange(8) / 8
_RING, _STD = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1), 0.05


def _collapse_report(samples: np.ndarray, least: float = 0.01) -> np.ndarray:
    """Modes of the ring that hold the share `least`, KL of the histogram, share of high quality."""
    distances = np.linalg.norm(samples[:, None] - _RING, axis=-1)
    shares = np.bincount(distances.argmin(axis=1), minlength=8) / len(samples)
    good = distances.min(axis=1) < 4 * _STD
    return np.array([(shares >= least).sum(), kl(shares, np.full(8, 1 / 8)), good.mean()])


@measured.symbolic(scope=AS_STATED)
def measured_proof():
    import sympy as sp

    k, lost, r, x = sp.symbols("k l r x", positive=True)
    total = k + lost
    yield (
        "k modes with a share of 1/k each: KL = k (1/k) log((1/k)/(1/K)) = log(K/k)",
        sp.expand_log(k / k * sp.log((1 / k) / (1 / total)) - sp.log(total / k)),
    )
    inside = sp.integrate(x * sp.exp(-(x**2) / 2), (x, 0, r))
    yield "P(|z| < r) in two dimensions is 1 - exp(-r^2/2)", inside - (1 - sp.exp(-(r**2) / 2))
    yield "1 - exp(-8) at r = 4", inside.subs(r, 4) - (1 - sp.exp(-8))


@measured.numerical(tolerance=1e-12, description="sample sets made by hand")
def sample_sets_made_by_hand():
    each = np.repeat(_RING, 100, axis=0)
    yield np.abs(_collapse_report(each) - [8, 0, 1])
    yield np.abs(_collapse_report(each[:500]) - [5, math.log(8 / 5), 1])  # partial
    yield np.abs(_collapse_report(each[:100]) - [1, math.log(8), 1])  # complete
    stray = np.concatenate([np.repeat(_RING[:5], 400, axis=0), _RING[5:6]])  # 1 sample in 2001
    yield abs(_collapse_report(stray)[0] - 5)
    yield abs(_collapse_report(np.concatenate([each, 1.3 * each]))[2] - 0.5)


@measured.numerical(tolerance=5e-5, description="0.4700 for five of eight modes")
def measured_0_4700_for_five_of_eight_modes():
    yield abs(_collapse_report(_RING[:5])[1] - 0.4700)


@measured.sampling()
def measured_by_sampling(rng):
    n, share = 100_000, 1 - math.exp(-8)
    perfect = _RING[rng.integers(8, size=n)] + _STD * rng.normal(size=(n, 2))
    yield (_collapse_report(perfect)[2] - share) / math.sqrt(share * (1 - share) / n)


@measured.control(
    "one sample is enough for a mode: a stray one hides the loss",
    of=sample_sets_made_by_hand,
    miss=1,
)
def one_sample_is_enough_for_a_mode_a_stray_one():
    stray = np.concatenate([np.repeat(_RING[:5], 400, axis=0), _RING[5:6]])
    yield abs(_collapse_report(stray, least=1e-9)[0] - 5)


unlabelled = Claim(
    id="A-MC-13",
    alias="collapse-without-labels",
    title="Collapse needs neither labels nor many classes",
    statement="Collapse is not caused by many labels: the best response to a fixed D is one point "
    "whatever the points are called. It happens on an unlabelled mixture and on one class with "
    "several modes, and a generator that is told the class still collapses to one point in each.",
    formula=r"p_g^*(x \mid y) = \delta_{x^*(y)}, \quad x^*(y) = \operatorname{argmax}_x D(x, y)",
    assumptions=("D does not move", "argmax D is a single point in each class"),
    sources=(f"{_COURSE}:412", _TUTORIAL),
    test="tests/collapse/test_collapse_and_critics.py::test_over_trained_generator_cycles",
)


@unlabelled.symbolic(scope=AS_STATED)
def unlabelled_proof():
    import sympy as sp

    least = sp.symbols("l1:3", real=True)
    more = sp.symbols("c1:5", positive=True)
    mass = sp.symbols("q1:5", nonnegative=True)
    pi = sp.symbols("pi1:3", positive=True)
    # two classes with shares pi, three points each: l at the best, l + c at the others
    loss = 0
    for y in range(2):
        others, extra = mass[2 * y : 2 * y + 2], more[2 * y : 2 * y + 2]
        loss += (pi[y] - sum(others)) * least[y]
        loss += sum(q * (least[y] + c) for q, c in zip(others, extra, strict=True))
    floor = sum(w * v for w, v in zip(pi, least, strict=True))
    excess = sum(q * c for q, c in zip(mass, more, strict=True))
    yield (
        "the loss of a conditional generator is the sum of its classes' losses",
        sp.expand(loss - floor - excess),
    )
    yield "each of which is least at one point", excess >= 0
    yield (
        "with one class there is one point in all",
        excess.subs(dict.fromkeys(mass[2:], 0))
        - sum(q * c for q, c in zip(mass[:2], more[:2], strict=True)),
    )


def _modes_left(rng, classes: int, modes: int) -> int:
    """How many points hold mass in the best response to a random D, `modes` points a class."""
    loss = _LOSSES["minimax"](rng.normal(0, 3, (classes, modes)))
    return int((_best_law(loss, np.full(classes, 1 / classes)) > 1e-9).sum())


@unlabelled.numerical(tolerance=0.0, description="points that keep mass, against one a class")
def points_that_keep_mass_against_one_a_class(rng):
    for classes in (1, 1, 2, 5, 10):
        for modes in (2, 8):
            yield abs(_modes_left(rng, classes, modes) - classes)


@unlabelled.control(
    "one class is said to be safe: all of its 8 modes survive",
    of=points_that_keep_mass_against_one_a_class,
    miss=7,
)
def one_class_is_said_to_be_safe_all_of_its_8_modes(rng):
    yield abs(_modes_left(rng, 1, 8) - 8)
