"""Errata on conditional and style-based generators and super-resolution (see `errata`)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import log_expit, rel_entr, xlogy

from theory.claim import Claim

_HW7 = "004_16ef4615ffa6e302.txt"


def _adain(x: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Adaptive instance normalisation of feature maps x, shape (channels, height, width)."""
    mean, std = x.mean((1, 2), keepdims=True), x.std((1, 2), keepdims=True)
    return scale[:, None, None] * (x - mean) / std + bias[:, None, None]


adain = Claim(
    id="B-E28",
    alias="erratum-adain-normalises-w",
    title="“AdaIN normalises the features of w”",
    statement="Said: AdaIN first normalises the features of w by their mean and standard "
    "deviation. Right: it normalises the *feature maps* x, channel by channel; w only supplies "
    "scale and bias through a learned affine map (part d of the same answer has it so).",
    formula=r"\mathrm{AdaIN}(x_i, y) = y_{s,i} \frac{x_i - \mu(x_i)}{\sigma(x_i)} + y_{b,i}",
    sources=("Karras, Laine, Aila 2019, equation 1", f"{_HW7}:151"),
    erratum=True,
)


def _style(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Feature maps x, a style w, and the weights of the affine map from w to scale and bias."""
    x = 3 * rng.standard_normal((4, 8, 8)) + rng.standard_normal((4, 1, 1))
    return x, rng.standard_normal(16), rng.standard_normal((8, 16))


def _statistics_error(out: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> float:
    """How far each channel's standard deviation and mean are from |scale| and bias."""
    spread = np.abs(out.std((1, 2)) - np.abs(scale)).max()
    return float(max(spread, np.abs(out.mean((1, 2)) - bias).max()))


@adain.counterexample(at_least=0.3, description="channel statistics when w is normalised instead")
def _(rng):
    for _instance in range(5):
        x, w, affine = _style(rng)
        scale, bias = np.split(affine @ ((w - w.mean()) / w.std()), 2)
        yield _statistics_error(scale[:, None, None] * x + bias[:, None, None], scale, bias)


@adain.symbolic
def _():
    import sympy as sp

    a, b, s = sp.symbols("a b s", positive=True)
    t = sp.Symbol("t", real=True)
    x = [a + b, a - b]  # a channel of two pixels with mean a, standard deviation b
    out = [s * (xi - a) / b + t for xi in x]
    yield "the mean of the output is the bias", sp.simplify((out[0] + out[1]) / 2 - t)
    variance = ((out[0] - t) ** 2 + (out[1] - t) ** 2) / 2
    yield "its standard deviation is the scale, whatever x was", sp.simplify(variance - s**2)


@adain.control("normalising the feature maps", tolerance=1e-12)
def _(rng):
    for _instance in range(5):
        x, w, affine = _style(rng)
        scale, bias = np.split(affine @ w, 2)
        yield _statistics_error(_adain(x, scale, bias), scale, bias)


style = Claim(
    id="B-E51",
    alias="erratum-only-the-latent-space",
    title="“StyleGAN differs in its use of the latent space”",
    statement="Said: the main difference from earlier GANs is the use of a latent space W, and "
    "style mixing leads to better images. Right: the synthesis network also starts from a learned "
    "constant instead of z and adds fresh noise to every layer, so that its output varies at fixed "
    "w; mixing is a regulariser.",
    formula=r"x = g\bigl(c,\, A(w),\, B n\bigr),\qquad n \sim \mathcal{N}(0, I) "
    r"\text{ at every layer}",
    sources=("Karras, Laine, Aila 2019, section 2 and figure 1", f"{_HW7}:149,157"),
    erratum=True,
)


def _synthesis(w: np.ndarray, noise: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One layer: learned constant, scaled noise, style; there is no z among its inputs."""
    constant = np.sin(np.arange(4 * 6 * 6)).reshape(4, 6, 6)
    scale, bias = np.split(weights @ w, 2)
    return _adain(constant + 0.3 * noise, 1 + scale, bias)


def _variation(noises: np.ndarray, rng: np.random.Generator) -> float:
    """How much the output varies at fixed w over these noises."""
    w, weights = rng.standard_normal(5), rng.standard_normal((8, 5))
    return float(np.std([_synthesis(w, n, weights) for n in noises], axis=0).max())


@style.counterexample(at_least=0.05, description="variation at fixed w")
def _(rng):
    for _instance in range(3):
        yield _variation(rng.standard_normal((10, 4, 6, 6)), rng)


@style.symbolic
def _():
    import sympy as sp

    c, n1, n2, b, s, t = sp.symbols("c n_1 n_2 b s t", real=True)
    # two pixels with constants c and -c; noise b n; AdaIN's mean subtracted
    first, second = c + b * n1, -c + b * n2
    mean = (first + second) / 2
    out = s * (first - mean) / sp.sqrt(((first - mean) ** 2 + (second - mean) ** 2) / 2) + t
    yield (
        "for two pixels only the sign of the difference is left",
        sp.simplify((out - t) ** 2 - s**2),
    )
    difference = first - second
    yield "which noise moves: d(difference)/dn_1 = b", sp.diff(difference, n1) - b
    yield "and without noise the constant decides it: 2c", difference.subs({n1: 0, n2: 0}) - 2 * c


@style.control("the same noise twice gives the same picture", tolerance=1e-12)
def _(rng):
    noise = rng.standard_normal((4, 6, 6))
    yield _variation(np.stack([noise] * 10), rng)


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


@indices.counterexample(at_least=0.9, description="share of images without a gradient, as printed")
def _(rng):
    for n in range(5):  # whichever of the sixteen images I^LR stands for
        yield _without_gradient(lambda a, n=n: sum(-log_expit(a[n]) for _n in a), rng)


@indices.symbolic
def _():
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


@indices.control("with the index each image has its gradient", tolerance=0)
def _(rng):
    for _instance in range(5):
        yield _without_gradient(lambda a: sum(-log_expit(a[n]) for n in range(16)), rng)


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


@counting.counterexample(at_least=0.7, description="share with three objects, said to be chance")
def _(rng):
    yield _share_error(_counting_generator, _WEAK, rng)


@counting.symbolic
def _():
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


@counting.sampling
def _(rng):
    codes = _counting_generator(rng.uniform(size=56_000)) @ 2 ** np.arange(8)
    counts = np.unique(codes, return_counts=True)[1]
    yield (counts - 1000) / math.sqrt(1000 * 55 / 56)


@counting.control(
    "all samples of the network that counts; 0.28 of independent pixels", tolerance=0.016
)
def _(rng):
    yield _share_error(_counting_generator, 1, rng)
    yield _share_error(_independent_pixels, _WEAK, rng)  # 4.9 s.e. are 0.0156


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


@auxiliary.counterexample(at_least=0.4, description="overlap that the class term takes away")
def _():
    yield abs(_overlap(_classes()) - _overlap(_minimiser(auxiliary=True)))


@auxiliary.symbolic
def _():
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
def _():
    best = _minimiser(auxiliary=True)
    yield abs(_overlap(_classes()) - 0.526)
    yield 1e3 * _overlap(best)
    yield abs(np.abs(best.mean(0) - _classes().mean(0)).sum() / 2 - 0.107)


@auxiliary.control("a discriminator that is shown the class keeps the overlap", tolerance=1e-3)
def _():
    yield abs(_overlap(_classes()) - _overlap(_minimiser(auxiliary=False)))
