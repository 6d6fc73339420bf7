"""Mistakes about translation and super-resolution."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

from theory.claim import AS_STATED, Claim

_HW7 = "004_16ef4615ffa6e302.txt"


_SLIDES = "003_0ac11bc5ae3e596a.txt"


indices = Claim(
    id="B-E39",
    alias="erratum-unindexed-sum",
    title="“Σ_n −log D(G(I_LR))” whose term has no n; z in super-resolution",
    statement="Said: a content loss with broken brackets and without channels, an adversarial sum "
    "over n whose term has no n, no weights, HR and LR as the network's inputs, and z ~ p(z) in "
    "the discriminator's loss. Right: G takes the LR image alone, the features φ have channels, "
    "the term is -log D(G(I_n^LR)), and l = l_content + 0.001 l_adv. As printed the sum is N times "
    "one term, and no other image of the batch has a gradient.",
    formula=r"l = l_{\mathrm{content}} + 10^{-3} \sum_{n=1}^{N} -\log D\bigl(G(I_n^{LR})\bigr)",
    sources=("Ledig et al. 2017, equations 3 to 6", "000_8b69f153baee6a3b.txt:571-600"),
    erratum=True,
)


def _without_gradient(loss, rng: np.random.Generator) -> float:
    """The share of sixteen images whose logit does not move the loss, by differences."""
    logits, h = 2 * rng.standard_normal(16), 1e-4
    slopes = [(loss(logits + h * e) - loss(logits - h * e)) / (2 * h) for e in np.eye(16)]
    return float(np.mean(np.abs(slopes) < 1e-9))


@indices.counterexample(
    at_least=0.9, description="share of images without a gradient, as printed", miss=0.938
)
def share_of_images_without_a_gradient_as_printed(rng):
    for n in range(5):  # whichever of the sixteen images I^LR stands for
        yield _without_gradient(lambda a, n=n: sum(-log_expit(a[n]) for _n in a), rng)


@indices.symbolic(scope="for three images")
def indices_proof():
    import sympy as sp

    n, size = sp.symbols("n N", integer=True, positive=True)
    b = sp.Symbol("b", real=True)
    logits = sp.symbols("a_1:4", real=True)

    def term(a):
        return sp.log(1 + sp.exp(-a))  # -log σ(a)

    printed = sp.summation(term(b), (n, 1, size))
    yield "a sum whose term has no n is N times that term", printed - size * term(b)
    yield (
        "its slope in the one logit b is -N (1 - σ(b)), and there is no other logit in it",
        sp.simplify(sp.diff(printed, b) + size / (1 + sp.exp(b))),
    )
    indexed = sum(term(a) for a in logits)
    for a in logits:
        yield (
            f"indexed, three images: the slope in {a} is -(1 - σ({a})), never 0",
            sp.simplify(sp.diff(indexed, a) + 1 / (1 + sp.exp(a))),
        )


@indices.correction("with the index each image has its gradient", tolerance=0)
def with_the_index_each_image_has_its_gradient(rng):
    for _instance in range(5):
        yield _without_gradient(lambda a: sum(-log_expit(a[n]) for n in range(16)), rng)


@indices.meaning()
def indices_in_words(rng):
    for _instance in range(3):
        content, logits = rng.uniform(0, 2), 2 * rng.standard_normal(16)
        adversarial = -np.sum(log_expit(logits))
        yield {
            "l": content + adversarial / 1000,
            "l_content": content,
            r"l_{\mathrm{content}}": content,
            "l_adv": adversarial,
            r"\sum_{n=1}^{N} -\log D\bigl(G(I_n^{LR})\bigr)": sum(np.log1p(np.exp(-logits))),
        }


target = Claim(
    id="B-E36",
    alias="erratum-generator-aims-at-fake",
    title="“loss_adv = −log(1 − D(fake))” for the generator",
    statement="Said: the generator minimises -log(1 - pred_fake), to come near 'the ground-truth "
    "labels'. Right: its target is the label *real*: -log(pred_fake), or log(1 - pred_fake). What "
    "is printed is the discriminator's loss on fakes and teaches the generator to be caught; the "
    "formula quoted beneath it contradicts it.",
    formula=r"L_G = -\log D(G(a)) \quad\text{or}\quad \log\bigl(1 - D(G(a))\bigr)",
    sources=(
        "Goodfellow et al. 2014, section 3",
        "Zhu et al. 2017, equation 1",
        f"{_HW7}:166,179,187",
    ),
    erratum=True,
)


def _descend(slope) -> float:
    """D(fake) after 200 steps of gradient descent on the logit from D = 1/2, rate 1/2."""
    a = 0.0
    for _step in range(200):
        a -= 0.5 * slope(a)
    return float(expit(a))


@target.counterexample(
    at_least=0.4, description="how far below 1/2 the printed loss drives D(fake)", miss=0.49
)
def how_far_below_1_2_the_printed_loss_drives_d_fake():
    yield 0.5 - _descend(lambda a: expit(a))  # d/da -log(1 - σ(a)); D(fake) ends at .010


@target.symbolic(scope=AS_STATED)
def target_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = 1 / (1 + sp.exp(-a))
    yield "d/da -log(1 - σ) = σ(a)", sp.simplify(sp.diff(-sp.log(1 - s), a) - s)
    yield "which is positive: descent lowers the logit, D calls the fake a fake", s > 0
    yield "d/da -log σ = -(1 - σ(a))", sp.simplify(sp.diff(-sp.log(s), a) + 1 - s)
    yield "which is negative: descent raises the logit", 1 / (1 + sp.exp(a)) > 0
    yield "and 1 - σ(a) = 1/(1 + e^a)", sp.simplify(1 - s - 1 / (1 + sp.exp(a)))


@target.numerical(tolerance=0.05, description="D(fake) after 200 steps of the flow, relative")
def descent_follows_the_flow():
    # Along the flow a' = -σ(a) the number e^-a - a grows at rate 1, from 1; the time is 100.
    from scipy.optimize import brentq

    end = expit(brentq(lambda a: np.exp(-a) - a - 101, -10, 0))
    yield abs(_descend(lambda a: expit(a)) / end - 1)
    yield abs((1 - _descend(lambda a: -expit(-a))) / end - 1)


@target.correction("-log D and log(1 - D) drive D(fake) up to .990", tolerance=0.02)
def log_d_and_log_1_d_drive_d_fake_up_to_990():
    yield 1 - _descend(lambda a: -expit(-a))
    yield 1 - _descend(lambda a: -expit(a))


@target.meaning()
def target_in_words():
    lowered = _descend(lambda a: expit(a)) < 0.5
    yield {
        "loss_adv = −log(1 − D(fake))": not lowered,
        "the generator minimises -log(1 - pred_fake)": not lowered,
        "-log(pred_fake), or log(1 - pred_fake)": (
            _descend(lambda a: -expit(-a)) > 0.5 and _descend(lambda a: -expit(a)) > 0.5
        ),
        r"L_G = -\log D(G(a)) \quad\text{or}\quad \log\bigl(1 - D(G(a))\bigr)": None,
    }


reduction = Claim(
    id="B-E37",
    alias="erratum-cycle-without-mean",
    title="“loss_cycle = abs(realA − reconstructedA)”, one cycle, no λ",
    statement="Said: the total loss is the adversarial loss plus abs(realA - reconstructedA), of "
    "the cycle A to B to A alone. Right: the absolute differences are averaged over batch and "
    "pixels and weighted by λ (10), both cycles count and both generators learn. As printed the "
    "loss is an array; its sum in place of the mean multiplies λ by H·W·C; and one cycle leaves F "
    "free wherever G has no values.",
    formula=r"L = L_{\mathrm{adv}}^{AB} + L_{\mathrm{adv}}^{BA} + \lambda \Bigl( "
    r"\tfrac{1}{n}\lVert F(G(a)) - a \rVert_1 + \tfrac{1}{n}\lVert G(F(b)) - b \rVert_1 \Bigr)",
    sources=("Zhu et al. 2017, equations 2 and 3, section 4", f"{_HW7}:171-175"),
    erratum=True,
)


def _weight(loss, size: tuple[int, ...], rng: np.random.Generator) -> float:
    """The loss of a uniform error of 0.1, over 0.1: what λ is multiplied by in an image of this
    size. An array is summed, as back-propagation from an array does."""
    a = rng.uniform(size=size)
    return float(np.sum(loss(a, a + 0.1)) / 0.1)


def _unseen(cycles: str, rng: np.random.Generator) -> float:
    """The reconstruction error that the cycles miss. A is [0, 1], B is [-1, 1], G(a) = a, and F
    undoes G on G's values and sends the rest of B to 7."""

    def back(b: np.ndarray) -> np.ndarray:
        return np.where(b >= 0, b, 7.0)

    a, b = rng.uniform(size=1000), rng.uniform(-1, 1, 1000)
    errors = {"A": np.abs(back(a) - a).mean(), "B": np.abs(back(b) - b).mean()}
    return float(sum(errors.values()) - sum(errors[name] for name in cycles))


@reduction.counterexample(
    at_least=1, description="λ's weight in 8×8×3, less 1; error unseen", miss=3.9
)
def s_weight_in_8_8_3_less_1_error_unseen(rng):
    yield abs(_weight(lambda a, b: np.abs(a - b), (8, 8, 3), rng) - 1)  # 192 - 1
    yield _unseen("A", rng)


@reduction.symbolic(scope=AS_STATED)
def reduction_proof():
    import sympy as sp

    n, error, lam = sp.symbols("n e lambda", positive=True)
    j = sp.Symbol("j", integer=True)
    total = sp.summation(lam * error, (j, 1, n))
    mean = sp.summation(lam * error / n, (j, 1, n))
    yield "an error e of each of n = H·W·C numbers, in the mean: the loss is λe", mean - lam * error
    yield (
        "summed, 192 λe for 8·8·3: λ counts n times",
        (total / mean).subs(n, 8 * 8 * 3) - 192,
    )
    x = sp.Symbol("x", real=True)
    # one cycle alone: F undoes G on the values that G takes, and is free elsewhere
    forward = sp.Abs(x)  # b >= 0 for a >= 0
    backward = sp.Piecewise((x, x >= 0), (7, True))
    a = sp.Symbol("a", nonnegative=True)
    yield "F(G(a)) = a for all a >= 0", backward.subs(x, forward.subs(x, a)) - a
    yield (
        "and yet G(F(b)) - b = 8 at b = -1: the other cycle sees it",
        (forward.subs(x, backward.subs(x, -1)) + 1 - 8),
    )


@reduction.correction("the mean weighs 1 whatever the size; two cycles see all", tolerance=1e-12)
def the_mean_weighs_1_whatever_the_size_two_cycles(rng):
    for size in ((8, 8, 3), (16, 16, 1), (5,)):
        yield abs(_weight(lambda a, b: np.mean(np.abs(a - b)), size, rng) - 1)
    yield _unseen("AB", rng)


@reduction.meaning()
def reduction_in_words(rng):
    a, b = rng.uniform(size=(8, 8, 3)), rng.uniform(size=(8, 8, 3))
    there, back = rng.uniform(size=2)

    def summed(x, y):
        return np.sum(np.abs(x - y))

    for weight in (0.5, 10.0):
        cycles = np.mean(np.abs(0.9 * a - a)) + np.mean(np.abs(b**2 - b))
        yield {
            "loss_cycle = abs(realA − reconstructedA)": bool(summed(0.9 * a, a) == cycles),
            "λ (10)": None,
            "its sum in place of the mean multiplies λ by H·W·C": bool(
                abs(_weight(summed, (8, 8, 3), rng) - 8 * 8 * 3) < 1e-9
            ),
            "L": there + back + weight * cycles,
            r"L_{\mathrm{adv}}^{AB}": there,
            r"L_{\mathrm{adv}}^{BA}": back,
            r"\lambda": weight,
            "n": 8 * 8 * 3,
            r"\lVert F(G(a)) - a \rVert_1": summed(0.9 * a, a),
            r"\lVert G(F(b)) - b \rVert_1": summed(b**2, b),
        }


source = Claim(
    id="B-E56",
    alias="erratum-noise-into-a-translator",
    title="“min E_{z∼p(z)} log(1 − D(G(z)))” for image translation",
    statement="Said: the translator's generator loss is E over z ~ p(z) of log(1 - D(G(z))). "
    "Right: its input is a real image of domain A: E over a ~ p_A of log(1 - D_B(G(a))).",
    formula=r"\min_G \; \mathbb{E}_{a \sim p_A} \log\bigl(1 - D_B(G(a))\bigr)",
    sources=("Zhu et al. 2017, equation 1", f"{_HW7}:186-187"),
    erratum=True,
)


def _translated(inputs: np.ndarray) -> float:
    """The Kolmogorov-Smirnov distance of G(input) from B = N(-1, 1), for the G that takes
    A = N(4, 4) to B."""
    from scipy import stats

    return float(stats.kstest((inputs - 4) / 2 - 1, stats.norm(-1, 1).cdf).statistic)


@source.counterexample(
    at_least=0.5, description="KS distance, the right G fed with z ~ p(z)", miss=0.83
)
def ks_distance_the_right_g_fed_with_z_p_z(rng):
    yield _translated(rng.standard_normal(10_000))
    yield _translated(rng.uniform(-1, 1, size=10_000))


@source.symbolic(scope="for two normal laws")
def source_proof():
    import sympy as sp

    a, b = sp.symbols("a b", real=True)

    def normal(x, mean, variance):
        return sp.exp(-((x - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)

    inverse = sp.solve((a - 4) / 2 - 1 - b, a)[0]
    slope = sp.diff(inverse, b)
    yield "G(a) = (a - 4)/2 - 1 has the inverse a = 2b + 6", inverse - (2 * b + 6)
    yield (
        "a ~ N(4, 4): G(a) has the density p_A(2b + 6) · 2, that of B = N(-1, 1)",
        sp.simplify(normal(inverse, 4, 4) * slope - normal(b, -1, 1)),
    )
    yield (
        "z ~ N(0, 1): it is N(-3, 1/4), another law",
        sp.simplify(normal(inverse, 0, 1) * slope - normal(b, -3, sp.Rational(1, 4))),
    )


@source.correction("fed with a ~ p_A: below 0.027 but for one time in a million", tolerance=0.027)
def fed_with_a_p_a_below_0_027_but_for_one_time(rng):
    yield _translated(4 + 2 * rng.standard_normal(10_000))


@source.meaning()
def source_in_words(rng):
    from_noise, from_pictures = rng.standard_normal(10_000), 4 + 2 * rng.standard_normal(10_000)
    yield {
        "min E_{z∼p(z)} log(1 − D(G(z)))": _translated(from_noise) < 0.1,
        "E over z ~ p(z) of log(1 - D(G(z)))": _translated(from_noise) < 0.1,
        "E over a ~ p_A of log(1 - D_B(G(a)))": _translated(from_pictures) < 0.1,
        r"\min_G \; \mathbb{E}_{a \sim p_A} \log\bigl(1 - D_B(G(a))\bigr)": (
            _translated(from_pictures) < 0.1
        ),
    }


inverse = Claim(
    id="B-E53",
    alias="erratum-cycle-identifies-the-map",
    title="“The two generators must be inverses of each other”, as if that were enough",
    statement="Said: the generators G and F must be inverses of each other. Right: that is a soft "
    "L1 penalty, and it does not say which map: for X = Y = N(0, 1) G = F = -id has no cycle loss "
    "and perfect marginals, as has G = F = id, though at most one of them is the translation "
    "wanted.",
    formula=r"F(G(x)) = x,\; G_\# p_X = p_Y,\; F_\# p_Y = p_X \;\not\Rightarrow\; G = G_0",
    sources=("Zhu et al. 2017, section 3 and section 6", f"{_SLIDES}:386"),
    erratum=True,
)


def _cycle_loss(g, x: np.ndarray) -> float:
    """Of G = F = g, with how far the law of g(x) is from that of x."""
    return float(np.abs(g(g(x)) - x).mean() + np.abs(np.sort(g(x)) - np.sort(x)).mean())


def _pair_loss(g, x: np.ndarray) -> float:
    """The distance to the translation wanted, the identity, which pairs (x, x) would show."""
    return float(np.abs(g(x) - x).mean())


def _undecided(losses, rng: np.random.Generator) -> float:
    """The largest distance of two of three maps that all have no loss."""
    x = rng.standard_normal(500)
    x = np.append(x, -x)  # as many samples as their mirror images: -id keeps the law exactly
    maps = [np.positive, np.negative, lambda t: t + 1]
    lossless = [g(x) for g in maps if sum(loss(g, x) for loss in losses) == 0]
    return max(float(np.abs(one - other).mean()) for one in lossless for other in lossless)


@inverse.counterexample(
    at_least=0.5, description="distance of two maps with no loss at all", miss=1.63
)
def distance_of_two_maps_with_no_loss_at_all(rng):
    yield _undecided([_cycle_loss], rng)


@inverse.symbolic(scope=AS_STATED)
def inverse_proof():
    import sympy as sp

    x, a, b = sp.symbols("x a b", real=True)
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    flip = -x
    yield "G = F = -id: F(G(x)) = x", flip.subs(x, flip) - x
    yield "its push-forward of N(0, 1) has density p(-x)·1 = p(x)", density.subs(x, -x) - density
    # among affine maps G(x) = ax + b, marginals allow exactly these two
    yield (
        "G # N(0, 1) = N(b, a^2): b = 0 and a^2 = 1 leave a = 1 and a = -1",
        sp.Matrix(sorted(sp.solve([a**2 - 1, b], [a, b]))) - sp.Matrix([[-1, 0], [1, 0]]),
    )


@inverse.correction("with pairs: only the identity is left", tolerance=1e-12)
def with_pairs_only_the_identity_is_left(rng):
    yield _undecided([_cycle_loss, _pair_loss], rng)


@inverse.meaning()
def inverse_in_words(rng):
    x = rng.standard_normal(500)
    x = np.append(x, -x)
    flipped = _cycle_loss(np.negative, x) == 0 and _cycle_loss(np.positive, x) == 0
    yield {
        "L1": None,
        "for X = Y = N(0, 1) G = F = -id has no cycle loss and perfect marginals, as has G = F = "
        "id": flipped,
        r"F(G(x)) = x,\; G_\# p_X = p_Y,\; F_\# p_Y = p_X \;\not\Rightarrow\; G = G_0": (
            flipped and _pair_loss(np.negative, x) > 0
        ),
    }
