"""Mistakes of public implementations of conditional models."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp, softmax

from theory.claim import AS_STATED, Claim, excess

label_map = Claim(
    id="B-E66",
    alias="erratum-label-map",
    title="Labels painted into rows of the image by repeat-then-reshape",
    statement="Said: a batch of one-hot labels (B, K), repeated H·W times and reshaped to "
    "(B, H, W, K), is a label map. Right: repeating runs through the K entries first, so that the "
    "label becomes stripes of the picture; reshape to (B, 1, 1, K), then broadcast: channel k is 1 "
    "everywhere exactly when the label is k.",
    formula=r"m_{b,h,w,k} = y_{b,k} \quad \text{for all } h, w",
    sources=(
        "keras-team/keras-io, examples/generative/conditional_gan.py: the labels get two axes, "
        "every entry is repeated image_size² times, the flat result is reshaped to a picture",
        "Mirza and Osindero 2014, section 3.2",
    ),
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


@label_map.symbolic(scope="the places of the entries")
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
    sources=(
        "eriklindernoren/PyTorch-GAN, implementations/acgan/acgan.py and sgan/sgan.py: the class "
        "layer ends in a softmax, and its output goes into a cross-entropy of logits",
        "Odena, Olah, Shlens 2017, section 3",
    ),
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
