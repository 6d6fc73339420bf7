"""What noise can't do: some noise may not overlap, and no noise adds information (claims A-SUP-09
and 10)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np

from theory.calculators.divergences import js
from theory.calculators.noise import noised_uniform
from theory.chapters.supports.expressions import js_integrand
from theory.chapters.supports.gradient_under_noise import central_quotient
from theory.claim import AS_STATED, Claim, excess

_LOG2 = math.log(2)
_NOISE = "Arjovsky and Bottou 2017, Towards Principled Methods for Training GANs, section 3"


bounded = Claim(
    id="A-SUP-09",
    alias="bounded-noise-may-not-help",
    title="Uniform noise of width w on point masses: JS = min(|θ|/w, 1) log 2",
    statement="Uniform noise of width w on point masses at 0 and theta gives "
    "JS = min(|theta|/w, 1) log 2: still constant, without a gradient, when |theta| > w. That "
    "overlap 'may not happen' is true only of noise that is bounded, as this is, or has gaps; "
    "noise whose density is positive everywhere, as Gaussian noise is, always overlaps.",
    formula=r"\mathrm{JS} = \min\left(\frac{|\theta|}{w}, 1\right) \log 2",
    assumptions=(
        "the noise is uniform with width w > 0",
        "other noise has a density",
        "a gap: a set of positive length, between places with mass, where the density is 0",
    ),
    sources=(
        _NOISE,
        "000_8b69f153baee6a3b.txt:536",
    ),
)


@bounded.symbolic(scope=AS_STATED)
def bounded_proof():
    import sympy as sp

    w, r, x = sp.symbols("w r x", positive=True)
    theta = w * r / (1 + r)  # every shift in (0, w); one to the left is its mirror image
    half, height = sp.Rational(1, 2), 1 / w
    alone = height * sp.log(height / (height / 2))  # one density is 1/w, the other 0
    shared = height * sp.log(height / height)
    distance = half * (sp.integrate(alone, (x, 0, theta)) + sp.integrate(shared, (x, theta, w)))
    distance += half * (
        sp.integrate(shared, (x, theta, w)) + sp.integrate(alone, (x, w, w + theta))
    )
    yield "0 < theta < w: JS = (theta/w) log 2", distance - theta / w * sp.log(2)
    p, q, collected = js_integrand()
    yield (
        "theta < 0: seen from theta the shift is to the right, and JS does not mind the order",
        collected - collected.subs({p: q, q: p}, simultaneous=True),
    )
    more = sp.Symbol("more", nonnegative=True)
    far = w + more  # every shift from w on
    apart = sp.integrate(alone, (x, 0, w)) + sp.integrate(alone, (x, far, far + w))
    yield "theta >= w: disjoint, JS = log 2 (A-SUP-01)", sp.simplify(half * apart) - sp.log(2)
    yield "whose derivative in the shift is 0", sp.simplify(sp.diff(apart, more))
    yield "and theta = 0 gives JS = 0", distance.subs(r, 0)
    # p and q: the noised laws' densities at one place
    missing = p / 2 * sp.log(1 + q / p) + q / 2 * sp.log(1 + p / q)
    yield (
        "where both laws have mass JS collects less than (p + q)/2 log 2, by ...",
        sp.expand_log(sp.logcombine(collected + missing - (p + q) / 2 * sp.log(2)).expand()),
    )
    yield "... a positive number: so JS < log 2 where they overlap", missing > 0
    f, g = sp.symbols("f g", real=True)
    yield (
        "noise with a density e^f > 0 everywhere: at each place both laws have mass",
        sp.Min(sp.exp(f), sp.exp(g)) > 0,
    )
    y, s = sp.Symbol("y", real=True), sp.Symbol("s", positive=True)
    yield (
        "a normal density is such a one",
        sp.exp(-(y**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi)) > 0,
    )
    start, later, beyond = f, f + sp.Symbol("d", nonnegative=True), w
    place = later + beyond
    yield (
        "noise that is not bounded and has no gaps has mass almost everywhere on a half-line, or "
        "on the line; shifted, on a half-line in the same direction: what lies beyond both ends "
        "has mass of both",
        sp.And(place - start > 0, place - later > 0),
    )
    n = sp.Symbol("n", integer=True, nonnegative=True)
    at_least, at_most = 2 + 4 * n, 2 + 4 * (-1 - n)  # 2 + 4m, m whole
    yield (
        "gaps: noise on all [4k, 4k + 1], shifted by 2: 4k + a = 4j + b + 2 needs a - b = 2 + 4m, "
        "which is 2 or more, or -2 or less, while |a - b| <= 1: disjoint, and not bounded",
        sp.And(at_least - 2 >= 0, at_most + 2 <= 0),
    )


@bounded.numerical(tolerance=1e-8, description="quadrature at three shifts, both signs; the slope")
def three_shifts():
    from scipy import stats

    noise = stats.uniform(-0.6, 1.2)
    for theta in (0.3, 0.9, 1.4, -0.3, -0.9, -1.4):
        moved = stats.uniform(theta - 0.6, 1.2)
        yield abs(js(noise, moved) - min(abs(theta) / 1.2, 1) * _LOG2)
    for theta, slope in ((0.6, _LOG2 / 1.2), (1.4, 0.0)):
        yield abs(central_quotient(lambda t: stats.uniform(t - 0.6, 1.2), theta) - slope)


def _js_with_gaps(shift: int) -> float:
    """JS of noise and its shift: its density on [4k, 4k + 1] falls with |k|, and is 0 elsewhere."""
    cells = np.arange(-200, 201)
    noise = np.where(cells % 4 == 0, 0.5 ** np.abs(cells / 4), 0.0)
    noise /= noise.sum()
    return js(noise, np.roll(noise, shift))


@bounded.numerical(tolerance=1e-12, description="noise with gaps: a shift into the gaps")
def noise_with_gaps():
    for shift in (-2, -1, 1, 2, 3):
        yield abs(_js_with_gaps(shift) - _LOG2)


@bounded.control("noise with gaps is shifted from block to block", of=noise_with_gaps, miss=0.637)
def block_to_block():
    for shift in (-4, 4, 8):
        yield abs(_js_with_gaps(shift) - _LOG2)


@bounded.meaning()
def bounded_in_words():
    from scipy import stats

    for w, theta in ((1.2, 0.3), (1.2, -0.9), (0.5, 0.7), (2.0, -3.0)):
        noise, moved = stats.uniform(-w / 2, w), stats.uniform(theta - w / 2, w)
        slope = central_quotient(lambda t, w=w: stats.uniform(t - w / 2, w), 1.5 * w)
        yield {
            "masses at 0 and theta": None,
            "JS": js(noise, moved),
            "theta": theta,
            "w": w,
            "without a gradient, when |theta| > w": abs(slope) < 1e-12,
        }


@bounded.control("Gaussian noise of the same spread", of=three_shifts, miss=0.0874)
def gaussian_noise():
    from scipy import stats

    s = 1.2 / math.sqrt(12)
    for theta in (0.3, 0.9, 1.4):
        yield abs(js(stats.norm(0, s), stats.norm(theta, s)) - min(theta / 1.2, 1) * _LOG2)


processing = Claim(
    id="A-SUP-10",
    alias="noise-never-increases-js",
    title="Noise never increases the divergence: JS(p ∗ n, q ∗ n) ≤ JS(p, q)",
    statement="Whatever is done to a sample without knowing where it comes from can only bring the "
    "two laws closer, or leave them: JS(p K, q K) <= JS(p, q) for every Markov kernel K, noise "
    "among them. More Gaussian noise is noise on top of noise, so JS never rises as s grows.",
    formula=r"\mathrm{JS}(p * n, q * n) \le \mathrm{JS}(p, q)",
    assumptions=(
        "the same kernel for both laws",
        "laws and kernels on finitely many points (for densities the sums are integrals)",
    ),
    sources=(
        "Cover and Thomas 2006, Elements of Information Theory, Theorem 2.7.1 (log sum inequality)",
        "Csiszár and Shields 2004, section 4",
        "001_5040f14b49cef5aa.txt:44",
    ),
)


@processing.symbolic(scope=AS_STATED)
def processing_proof():
    import sympy as sp

    t, a, b, big_a, big_b, k, p, m = sp.symbols("t a b A B k p m", positive=True)
    gap = t - 1 - sp.log(t)
    yield "t - 1 - log t is 0 and flat at t = 1 ...", sp.Matrix([gap, sp.diff(gap, t)]).subs(t, 1)
    yield "... and convex, so never negative", sp.diff(gap, t, 2) > 0
    # The log-sum inequality, sum of a log(a/b) >= A log(A/B), term by term; A and B are the sums
    # over any number of terms of the a and of the b
    term = a * sp.log(a / b) - a * sp.log(big_a / big_b)
    yield (
        "a log(a/b) - a log(A/B) = a (t - 1 - log t) - (b A/B - a), with t = b A/(a B)",
        sp.expand_log(term - a * gap.subs(t, b * big_a / (a * big_b)) + b * big_a / big_b - a),
    )
    yield (
        "which holds where a = 0, too, by its limit",
        sp.limit(a * gap.subs(t, b * big_a / (a * big_b)), a, 0) - b * big_a / big_b,
    )
    n, i = sp.symbols("n i", integer=True, positive=True)
    each_a, each_b = sp.IndexedBase("a"), sp.IndexedBase("b")
    all_a, all_b = (sp.Sum(each[i], (i, 1, n)) for each in (each_a, each_b))
    rest = sp.Sum(each_b[i] * big_a / big_b - each_a[i], (i, 1, n)).expand()
    yield (
        "and b A/B - a adds up to B A/B - A = 0",
        sp.factor_terms(rest).subs({all_a: big_a, all_b: big_b}),
    )
    # With a = p(x) K(x, y), b = m(x) K(x, y), summed over x: A and B are the laws after K at y
    yield (
        "a term is K p log(p/m); K adds up to 1 over y: the whole is KL(p || m) before",
        k * p * sp.log(k * p / (k * m)) - k * p * sp.log(p / m),
    )
    q = sp.Symbol("q", positive=True)
    yield (
        "each point of the mixture sends what p and q send, halved: both KL of JS fall",
        sp.expand((p + q) / 2 * k - (p * k / 2 + q * k / 2)),
    )
    x = sp.Symbol("x", real=True)
    less, more = sp.symbols("s_1 r", positive=True)

    def characteristic(variance):
        return sp.exp(-variance * x**2 / 2)

    v = sp.Symbol("v", positive=True)
    yield (
        "e^(-v x^2/2) is the characteristic function of a law of variance v, the normal law's",
        sp.diff(characteristic(v), x, 2).subs(x, 0) + v,
    )
    yield (
        "N(0, s^2) * N(0, r^2) = N(0, s^2 + r^2): more noise is noise on noise",
        sp.simplify(
            characteristic(less**2) * characteristic(more**2) - characteristic(less**2 + more**2)
        ),
    )


def _kernel_excess(p, q, first, second) -> float:
    """How far JS grows where one law goes through the first kernel and one through the second."""
    return float(excess(js(p @ first, q @ second), js(p, q)))


@processing.numerical(tolerance=1e-12, description="500 random kernels")
def random_kernels(rng):
    for _instance in range(500):
        p, q = rng.dirichlet(np.full(6, 10 ** rng.uniform(-1, 1)), 2)
        kernel = rng.dirichlet(np.full(5, 10 ** rng.uniform(-1, 1)), 6)
        yield _kernel_excess(p, q, kernel, kernel)


def _growth(pairs) -> list[float]:
    """How far JS grows from each pair of laws to the next."""
    levels = [js(p, q) for p, q in pairs]
    return [float(excess(after, before)) for before, after in itertools.pairwise(levels)]


@processing.numerical(tolerance=1e-12, description="growth of JS with Gaussian noise, s to 8")
def more_gaussian_noise():
    from scipy import stats

    for theta in (0.5, 10.0):
        yield from _growth(
            (stats.norm(0, s), stats.norm(theta, s)) for s in np.linspace(0.5, 8, 11)
        )
    disjoint = ([1.0, 0.0], [0.0, 1.0])
    noised = [(noised_uniform(0, s), noised_uniform(2, s)) for s in (0.5, 2.0)]
    yield from _growth([disjoint, *noised])


@processing.meaning()
def processing_in_words(rng):
    for share in (1e-3, *[1.0] * 9):  # hardly any noise, and nothing else
        p, q = rng.dirichlet(np.ones(6), 2)
        kernel = (1 - share) * np.eye(6) + share * rng.dirichlet(np.ones(6), 6)
        noise = (1 - share) * np.eye(6)[0] + share * rng.dirichlet(np.ones(6))
        noised = [np.real(np.fft.ifft(np.fft.fft(law) * np.fft.fft(noise))) for law in (p, q)]
        yield {
            "JS(p, q)": js(p, q),
            "JS(p K, q K)": js(p @ kernel, q @ kernel),
            "JS(p ∗ n, q ∗ n)": js(*noised),
            r"\mathrm{JS}(p * n, q * n)": js(*noised),
            r"\mathrm{JS}(p, q)": js(p, q),
        }


@processing.control("the samples of G get noise of another law", of=random_kernels, miss=0.0872)
def noise_of_another_law(rng):
    for _instance in range(100):  # laws that are close, as late in training
        p, q = rng.dirichlet(np.full(6, 20.0), 2)
        first, second = rng.dirichlet(np.ones(5), 6), rng.dirichlet(np.ones(5), 6)
        yield _kernel_excess(p, q, first, second)


@processing.control(
    "uniform noise, of a larger spread, counts as more", of=more_gaussian_noise, miss=0.0604
)
def noise_of_another_shape():
    from scipy import stats

    for width in (1.9, 2.0, 2.1):  # spreads 0.55 to 0.61, against 0.5
        pairs = [(stats.norm(0, 0.5), stats.norm(2, 0.5))]
        pairs.append((stats.uniform(0, width), stats.uniform(2, width)))
        yield from _growth(pairs)
