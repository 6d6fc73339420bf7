"""Mistakes about conditions."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import logsumexp, rel_entr, softmax, xlogy

from theory.claim import AS_STATED, Claim, excess

_SLIDES = "003_0ac11bc5ae3e596a.txt"


counting = Claim(
    id="B-E48",
    alias="erratum-gans-cannot-count",
    title="“GANs are not able to count”",
    statement="Said: GANs are not able to count, to see perspective or to understand structure (on "
    "slides titled 'recognising images from text', with the 2014 paper cited as a journal article "
    "of 2015). Right: those were failures of models of 2016 and no theorem. A network that puts "
    "exactly three objects in every picture exists (one that draws its pixels independently does "
    "so with 0.28 at most), and at the optimum p_g = p_data every property that all data have "
    "holds for all samples. The paper is Goodfellow et al., NIPS 2014; the "
    "topic is the synthesis of images from text.",
    formula=r"p_g = p_{\mathrm{data}} \;\Rightarrow\; P_g(\text{count} = 3) "
    r"= P_{\mathrm{data}}(\text{count} = 3) = 1",
    sources=(
        "Goodfellow et al. 2014, Theorem 1",
        "Goodfellow 2016, NIPS tutorial, section 5",
        "002_d31ce6ddd5a0096b.txt:284,315-337,347",
    ),
    erratum=True,
)
_PICTURES = np.array([p for p in itertools.product((0, 1), repeat=8) if sum(p) == 3])


def _counting_generator(z: np.ndarray) -> np.ndarray:
    """Two layers: step units at i/56 sort z in [0, 1) into 56 bins, one picture a bin."""
    steps = (z[:, None] >= np.arange(56) / 56).astype(float)
    return steps @ np.diff(_PICTURES, axis=0, prepend=0)


def _independent_pixels(z: np.ndarray) -> np.ndarray:
    """A generator that is too weak: each pixel is 1 with probability 3/8, whatever the others,
    decided by three binary digits of z."""
    return np.floor(np.outer(z, 8.0 ** np.arange(8)) % 1 + 3 / 8)


def _share_error(generator, said: float, rng: np.random.Generator) -> float:
    """How far the share of 20,000 samples with exactly three objects is from what is said."""
    samples = generator(rng.uniform(size=20_000))
    return abs(float(np.mean(samples.sum(1) == 3)) - said)


_WEAK = math.comb(8, 3) * (3 / 8) ** 3 * (5 / 8) ** 5  # 0.28


@counting.counterexample(
    at_least=0.7, description="share with three objects, said to be chance", miss=0.718
)
def share_with_three_objects_said_to_be_chance(rng):
    yield _share_error(_counting_generator, _WEAK, rng)


@counting.symbolic(scope=AS_STATED)
def counting_proof():
    import sympy as sp

    e = sp.Symbol("e", positive=True)  # the share of samples that do not count to three
    cells = ((1, 1 - e), (0, e))  # masses of "three" and "not three": of the data, of G
    js = sum(a * sp.log(2 * a / (a + b)) + b * sp.log(2 * b / (a + b)) for a, b in cells if a)
    js = (js + e * sp.log(2)) / 2  # where a is 0 only b log(2b/b) is left
    yield "a share e of miscounts costs JS nothing at e = 0", sp.limit(js, e, 0)
    u = sp.Symbol("u", positive=True)
    slope = sp.diff(js, e)
    yield (
        "its slope in e is (1/2) log((2 - e)/(1 - e))",
        sp.simplify(sp.expand_log((slope - sp.log((2 - e) / (1 - e)) / 2).subs(e, u / (1 + u)))),
    )
    yield (
        "which is positive, since (2 - e)/(1 - e) = 2 + u for e = u/(1 + u): at the optimum e = 0",
        sp.log(sp.simplify(((2 - e) / (1 - e)).subs(e, u / (1 + u)))) > 0,
    )
    pictures = sp.Matrix([[1, 1, 0], [1, 0, 1], [0, 1, 1]])  # two objects in three places
    z = sp.Symbol("z", real=True)
    jumps = [pictures.row(0), *(pictures.row(i) - pictures.row(i - 1) for i in (1, 2))]
    drawn = sum(
        (
            sp.Piecewise((1, z >= sp.Rational(i, 3)), (0, True)) * jump
            for i, jump in enumerate(jumps)
        ),
        sp.zeros(1, 3),
    )
    for i in range(3):
        middle = sp.Rational(2 * i + 1, 6)
        yield (
            f"steps at i/3 add up to picture {i + 1} in bin {i + 1}: a network that always counts",
            drawn.subs(z, middle) - pictures.row(i),
        )
    t = sp.Symbol("t", positive=True)
    chance = sp.binomial(8, 3) * t**3 * (1 - t) ** 5
    yield (
        "independent pixels, each 1 with probability t: d log(chance)/dt = (3 - 8t)/(t(1 - t))",
        sp.simplify(sp.diff(sp.log(chance), t) - (3 - 8 * t) / (t * (1 - t))),
    )
    best = chance.subs(t, sp.Rational(3, 8))
    yield "so they count right with 0.2817 at most", sp.And(best > 0.2816, best < 0.2817)


@counting.sampling()
def counting_by_sampling(rng):
    codes = _counting_generator(rng.uniform(size=56_000)) @ 2 ** np.arange(8)
    counts = np.unique(codes, return_counts=True)[1]
    yield (counts - 1000) / math.sqrt(1000 * 55 / 56)


@counting.correction(
    "all samples of the network that counts; 0.28 of independent pixels", tolerance=0.016
)
def all_samples_of_the_network_that_counts_0_28(rng):
    yield _share_error(_counting_generator, 1, rng)
    yield _share_error(_independent_pixels, _WEAK, rng)  # 4.9 s.e. are 0.0156


@counting.meaning()
def counting_in_words(rng):
    share = float(np.mean(_counting_generator(rng.uniform(size=20_000)).sum(1) == 3))
    yield {
        "with the 2014 paper cited as a journal article of 2015": None,
        "those were failures of models of 2016": None,
        f"with {_WEAK:.2f} at most": None,
        "NIPS 2014": None,
        r"p_g = p_{\mathrm{data}}": None,
        r"P_g(\text{count} = 3)": share,
        r"P_{\mathrm{data}}(\text{count} = 3)": np.mean(_PICTURES.sum(1) == 3),
    }


auxiliary = Claim(
    id="B-E62",
    alias="erratum-asking-for-the-class",
    title="“Asking D for the class makes sure that samples satisfy the condition”",
    statement="Said: to ask the discriminator for the class makes sure that the samples satisfy "
    "the condition, and conditional models need pairs of images. Right: the class term of an "
    "auxiliary classifier pulls p_g towards classes that are easy to tell apart: where two classes "
    "of the data overlap by .526, the minimum of 2 JS + H(c|x) has an overlap below 1e-6. Only "
    "image-to-image models need pairs of images; class-conditional ones need labels.",
    formula=r"\operatorname{argmin}_{p_g} \; 2\,\mathrm{JS}(p_{\mathrm{data}}, p_g) "
    r"+ H_{p_g}(c \mid x) \ne p_{\mathrm{data}}",
    assumptions=("the classifier is optimal for the samples of G", "classes are equally likely"),
    sources=(
        "Odena, Olah, Shlens 2017, section 3",
        "Gong et al. 2019, Twin Auxiliary Classifiers GAN, section 3",
        "003_0ac11bc5ae3e596a.txt:352,359",
    ),
    erratum=True,
)


def _classes() -> np.ndarray:
    """Two overlapping discretised Gaussians on nine points, rows p(x|c)."""
    x = np.arange(-4, 5)
    table = np.exp(-((x - np.array([[-1.0], [1.0]])) ** 2) / (2 * 1.5**2))
    return table / table.sum(1, keepdims=True)


def _overlap(table: np.ndarray) -> float:
    return float(np.minimum(table[0], table[1]).sum())


def _minimiser(auxiliary: bool) -> np.ndarray:
    """The table p_g(x|c) that minimises 2 JS(p(x), p_g(x)) + H(c|x), what a discriminator with an
    auxiliary classifier asks for, or 2 JS(p(x, c), p_g(x, c)), of one that is shown the class."""
    from scipy.optimize import minimize

    data = _classes()

    def objective(logits: np.ndarray) -> float:
        table = _softmax(logits)
        p, q = (data.mean(0), table.mean(0)) if auxiliary else (data / 2, table / 2)
        distance = np.sum(rel_entr(p, (p + q) / 2)) + np.sum(rel_entr(q, (p + q) / 2))
        entropy = -np.sum(xlogy(table / 2, table / (2 * table.mean(0))))
        return float(distance + auxiliary * entropy)

    tilt = np.outer([-0.1, 0.1], np.arange(-4, 5)).ravel()  # both start a little off the data
    start = np.log(data).ravel() + tilt
    return _softmax(minimize(objective, start, method="L-BFGS-B", options={"maxiter": 2000}).x)


def _softmax(logits: np.ndarray) -> np.ndarray:
    table = np.exp(logits.reshape(2, -1) - logits.reshape(2, -1).max(1, keepdims=True))
    return table / table.sum(1, keepdims=True)


@auxiliary.counterexample(
    at_least=0.4, description="overlap that the class term takes away", miss=0.526
)
def overlap_that_the_class_term_takes_away():
    yield abs(_overlap(_classes()) - _overlap(_minimiser(auxiliary=True)))


@auxiliary.symbolic(scope=AS_STATED)
def auxiliary_proof():
    import sympy as sp

    a, b = sp.symbols("a b", positive=True)
    # at one x: masses a/2 and b/2 of the two classes; moving mass t from b to a keeps p_g(x)
    t = sp.Symbol("t", positive=True)

    def entropy(u, v):
        return -(u * sp.log(u / (u + v)) + v * sp.log(v / (u + v))) / 2

    moved = entropy(a + t, b - t)
    slope = sp.simplify(sp.diff(moved, t))
    yield (
        "moving mass t between classes at one x changes H by -log((a + t)/(b - t))/2",
        (sp.simplify(slope + (sp.log(a + t) - sp.log(b - t)) / 2)),
    )
    r = sp.Symbol("r", positive=True)
    larger = slope.subs(t, 0).subs(a, b * (1 + r))
    yield "which for a = (1 + r) b is -log(1 + r)/2", sp.simplify(larger + sp.log(1 + r) / 2)
    yield "negative: each x goes to its likelier class", sp.log(1 + r) > 0
    yield (
        "while the marginal, and JS with it, stays: (a + t) + (b - t) = a + b",
        (sp.expand((a + t) + (b - t) - a - b)),
    )


@auxiliary.numerical(
    tolerance=1e-3, description="overlaps .526 and below 1e-6, marginal moved .107"
)
def overlaps_526_and_below_1e_6_marginal_moved_107():
    best = _minimiser(auxiliary=True)
    yield abs(_overlap(_classes()) - 0.526)
    yield 1e3 * _overlap(best)
    yield abs(np.abs(best.mean(0) - _classes().mean(0)).sum() / 2 - 0.107)


@auxiliary.correction("a discriminator that is shown the class keeps the overlap", tolerance=1e-3)
def a_discriminator_that_is_shown_the_class_keeps():
    yield abs(_overlap(_classes()) - _overlap(_minimiser(auxiliary=False)))


@auxiliary.meaning()
def auxiliary_in_words():
    data, best = _classes(), _minimiser(auxiliary=True)
    said = f"{_overlap(data):.3f}".lstrip("0")
    yield {
        f"two classes of the data overlap by {said}": None,
        "the minimum of 2 JS + H(c|x) has an overlap below 1e-6": _overlap(best) < 1e-6,
        r"\operatorname{argmin}_{p_g} \; 2\,\mathrm{JS}(p_{\mathrm{data}}, p_g) "
        r"+ H_{p_g}(c \mid x) \ne p_{\mathrm{data}}": bool(np.abs(best - data).max() > 0.1),
    }


label_map = Claim(
    id="B-E66",
    alias="erratum-label-map",
    title="Labels painted into rows of the image by repeat-then-reshape",
    statement="Said: a batch of one-hot labels (B, K), repeated H·W times and reshaped to "
    "(B, H, W, K), is a label map. Right: repeating runs through the K entries first, so that the "
    "label becomes stripes of the picture; reshape to (B, 1, 1, K), then broadcast: channel k is 1 "
    "everywhere exactly when the label is k.",
    formula=r"m_{b,h,w,k} = y_{b,k} \quad \text{for all } h, w",
    sources=("Public conditional GANs in Keras", "Mirza and Osindero 2014, section 3.2"),
    erratum=True,
)


def _map_error(make, rng: np.random.Generator) -> float:
    batch, height, width, classes = 5, 4, 6, 3
    labels = rng.integers(classes, size=batch)
    made = make(np.eye(classes)[labels], height, width)
    channel = np.arange(classes)[None, None, None, :] == labels[:, None, None, None]
    return float(np.abs(made - channel).max())


@label_map.counterexample(
    at_least=0.5, description="the map made so against the label's channel", miss=1
)
def the_map_made_so_against_the_labels_channel(rng):
    def stripes(y: np.ndarray, height: int, width: int) -> np.ndarray:
        return np.repeat(y, height * width, axis=1).reshape(len(y), height, width, y.shape[1])

    for _instance in range(5):
        yield _map_error(stripes, rng)


@label_map.symbolic(scope=AS_STATED)
def label_map_proof():
    import sympy as sp

    # flat index of pixel (h, w), channel k, in a picture of width W with K channels
    h, w, k, width, classes = sp.symbols("h w k W K", integer=True, nonnegative=True)
    flat = (h * width + w) * classes + k
    yield (
        "broadcast: channel k of every pixel takes entry k: flat index mod K = k mod K",
        sp.Mod(flat, classes) - sp.Mod(k, classes),
    )
    place = flat.subs({h: 1, w: 0, k: 0, width: 1, classes: 2})  # of a picture 2 high, 1 wide
    yield (
        "repeat: an entry fills H W = 2 places, so pixel (1, 0), channel 0 takes entry 1",
        sp.floor(place / 2) - 1,
    )


@label_map.correction("reshaped to (B, 1, 1, K) and broadcast", tolerance=1e-12)
def reshaped_to_b_1_1_k_and_broadcast(rng):
    def broadcast(y: np.ndarray, height: int, width: int) -> np.ndarray:
        return np.broadcast_to(y[:, None, None, :], (len(y), height, width, y.shape[1]))

    for _instance in range(5):
        yield _map_error(broadcast, rng)


@label_map.meaning()
def label_map_in_words(rng):
    labels = rng.integers(3, size=5)
    y = np.eye(3)[labels]
    painted = np.broadcast_to(y.reshape(5, 1, 1, 3), (5, 4, 6, 3))
    said = bool(np.array_equal(np.repeat(y, 24, axis=1).reshape(5, 4, 6, 3), painted))
    for b, h, w, k in ((0, 0, 0, 0), (3, 2, 5, 1), (4, 3, 1, 2)):
        yield {
            "repeated H·W times and reshaped to (B, H, W, K), is a label map": said,
            "(B, 1, 1, K)": None,
            "channel k is 1 everywhere exactly when the label is k": all(
                bool((painted[b, ..., k] == 1).all()) == (labels[b] == k) for k in range(3)
            ),
            "m_{b,h,w,k}": painted[b, h, w, k],
            "y_{b,k}": y[b, k],
        }


twice = Claim(
    id="B-E70",
    alias="erratum-softmax-twice",
    title="Softmax before a cross-entropy that applies softmax again",
    statement="Said: a network that ends in softmax goes into a cross-entropy that takes logits. "
    "Right: softmax of probabilities in [0, 1] can never put more than "
    "e/(e + K - 1) on a class, so the loss stays above log(1 + (K - 1)/e), 1.46 for ten classes, "
    "however sure the network is.",
    formula=r"\min_a \Bigl( -\log \operatorname{softmax}(\operatorname{softmax}(a))_y \Bigr) "
    r"= \log\Bigl(1 + \frac{K - 1}{e}\Bigr)",
    sources=("Public auxiliary-classifier GANs", "Odena, Olah, Shlens 2017, section 3"),
    erratum=True,
)


def _cross_entropy(logits: np.ndarray) -> float:
    """-log softmax(logits) of class 0."""
    return float(logsumexp(logits) - logits[0])


@twice.counterexample(
    at_least=0.5, description="the loss of a right answer given with certainty", miss=0.551
)
def the_loss_of_a_right_answer_given_with_certainty():
    for classes in (3, 10, 100):
        yield _cross_entropy(softmax(np.where(np.arange(classes) == 0, 1e3, 0.0)))


@twice.numerical(tolerance=1e-12, description="its floor, reached by certainty and not passed")
def its_floor_reached_by_certainty_and_not_passed(rng):
    for classes in (3, 10, 100):
        floor = math.log(1 + (classes - 1) / math.e)  # 1.46 for ten
        yield abs(_cross_entropy(softmax(np.where(np.arange(classes) == 0, 1e3, 0.0))) - floor)
        for spread in (1, 10, 100):
            logits = spread * rng.standard_normal((20, classes))
            yield excess(floor, min(_cross_entropy(softmax(row)) for row in logits))


@twice.symbolic(scope=AS_STATED)
def twice_proof():
    import sympy as sp

    p, others, r = sp.symbols("p n r", positive=True)  # n = K - 1 other classes
    convex = sp.diff(sp.exp(r), r, 2) > 0
    yield "at fixed p the others are best equal, (1 - p)/n: exp is convex", convex
    rest = others * sp.exp((1 - p) / others)
    loss = sp.log(sp.exp(p) + rest) - p
    slope = -(rest + rest / others) / (sp.exp(p) + rest)
    yield (
        "then the loss has slope -(n + 1) e^((1-p)/n) / (e^p + n e^((1-p)/n))",
        sp.simplify(sp.diff(loss, p) - slope),
    )
    yield "which is negative: the loss falls up to p = 1", slope < 0
    least = sp.exp(loss.subs(p, 1)) - (1 + others / sp.E)
    yield "so the least is log(e + K - 1) - 1 = log(1 + (K - 1)/e)", sp.simplify(least)


@twice.correction("logits go in: the loss of certainty is 0", tolerance=1e-12)
def logits_go_in_the_loss_of_certainty_is_0():
    for classes in (3, 10, 100):
        yield _cross_entropy(np.where(np.arange(classes) == 0, 1e3, 0.0))


@twice.meaning()
def twice_in_words():
    for classes in (3, 10, 100):
        certain = softmax(np.where(np.arange(classes) == 0, 1e3, 0.0))
        ten = _cross_entropy(softmax(np.where(np.arange(10) == 0, 1e3, 0.0)))
        yield {
            "probabilities in [0, 1]": None,
            "more than e/(e + K - 1) on a class": bool(
                abs(softmax(certain)[0] - math.e / (math.e + classes - 1)) < 1e-12
            ),
            "log(1 + (K - 1)/e)": bool(
                abs(_cross_entropy(certain) - math.log(1 + (classes - 1) / math.e)) < 1e-12
            ),
            f"{ten:.2f} for ten classes": None,
            r"\min_a \Bigl( -\log \operatorname{softmax}(\operatorname{softmax}(a))_y \Bigr)": (
                _cross_entropy(certain)
            ),
            "K": classes,
        }


paired = Claim(
    id="B-E54",
    alias="erratum-content-instead-of-pixels",
    title="“A conditional GAN compares content instead of pixels”",
    statement="Said: a conditional GAN compares by content *instead of* pixel by pixel. Right: "
    "pix2pix adds λ times the L1 distance to the conditional loss. A discriminator that sees "
    "outputs alone lets G ignore its input, and without pairs in D or L1 nothing notices.",
    formula=r"G^* = \operatorname{argmin}_G \max_D \; L_{\mathrm{cGAN}}(G, D) + \lambda\, L_1(G)",
    sources=("Isola et al. 2017, equations 1 to 4", f"{_SLIDES}:360"),
    erratum=True,
)


def _ignored(rng: np.random.Generator, weight: float, sees_input: bool) -> float:
    """The L1 distance of outputs from the pairs, after training a G that ignores its input.

    Four inputs, each paired with one output. G(y|x) starts at the law of the outputs, whatever x,
    and descends JS(pairs, made) + weight · L1; the JS is of the outputs alone, or of the pairs
    (input, output).
    """
    from scipy.optimize import minimize

    inputs, partner = rng.dirichlet(np.full(4, 5.0)), rng.permutation(4)
    pairs = inputs[:, None] * np.eye(4)[partner]
    distance = np.abs(np.arange(4) - partner[:, None])

    def made(logits: np.ndarray) -> np.ndarray:
        return inputs[:, None] * softmax(logits.reshape(4, 4), axis=1)

    def objective(logits: np.ndarray) -> float:
        q = made(logits)
        p, q_seen = (pairs.ravel(), q.ravel()) if sees_input else (pairs.sum(0), q.sum(0))
        middle = (p + q_seen) / 2
        divergence = (rel_entr(p, middle) + rel_entr(q_seen, middle)).sum() / 2
        return float(divergence + weight * np.sum(q * distance))

    start = np.tile(np.log(pairs.sum(0)), 4)
    return float(np.sum(made(minimize(objective, start, method="BFGS").x) * distance))


@paired.counterexample(
    at_least=0.3, description="L1 left by a D that sees outputs alone", miss=1.03
)
def l1_left_by_a_d_that_sees_outputs_alone(rng):
    for _instance in range(3):
        yield _ignored(rng, weight=0, sees_input=False)


@paired.symbolic(scope=AS_STATED)
def paired_proof():
    import sympy as sp

    a, b = sp.symbols("a b", positive=True)
    joint = sp.Matrix([[a, 0], [0, b]])  # output = input, with masses a + b = 1
    rows, columns = joint * sp.ones(2, 1), sp.ones(1, 2) * joint
    blind = rows * columns / (a + b)
    yield (
        "a G that ignores its input can have the right outputs",
        sp.simplify(sp.ones(1, 2) * blind - columns),
    )
    yield (
        "and errs with probability 2ab/(a + b), that is 2ab",
        sp.simplify(blind[0, 1] + blind[1, 0] - 2 * a * b / (a + b)),
    )
    yield "which is positive", 2 * a * b / (a + b) > 0


@paired.correction("with L1, or a D that sees the input, G follows its input", tolerance=1e-2)
def with_l1_or_a_d_that_sees_the_input_g_follows_its(rng):
    for _instance in range(3):
        yield _ignored(rng, weight=1, sees_input=False)
        yield _ignored(rng, weight=0, sees_input=True)


@paired.meaning()
def paired_in_words(rng):
    yield {
        "L1": None,
        r"G^* = \operatorname{argmin}_G \max_D \; L_{\mathrm{cGAN}}(G, D) + \lambda\, L_1(G)": (
            _ignored(rng, weight=1, sees_input=False) < 0.01
        ),
    }
