"""Saturation while a discriminator is trained (claim A-SAT-11)."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import expit

from theory.claim import Claim, excess

training = Claim(
    id="A-SAT-11",
    alias="saturation-during-training",
    title="disjoint supports: the saturating gradient dies, the other grows",
    statement="With data on [0, 1], generated samples on [2, 3] and D trained k steps against a "
    "fixed G, the saturating gradient in G's shift falls to nothing, while the non-saturating one "
    "grows (it does not stay at 1, since the slope of the logit in x grows).",
    formula=r"\frac{d}{d\theta} \log(1 - D_k(G_\theta(z))) = -D_k\,a_k'(x) \to 0, \quad \left| "
    r"\frac{d}{d\theta} \bigl( -\log D_k(G_\theta(z)) \bigr) \right| = (1 - D_k)\,|a_k'(x)| "
    r"\text{ grows with } k",
    assumptions=("disjoint supports", "a discriminator of high capacity"),
    sources=(
        "Arjovsky and Bottou 2017, section 2",
        "000_8b69f153baee6a3b.txt:445-452",
        "001_5040f14b49cef5aa.txt:43",
    ),
    no_proof="a statement about training; measured on a small network, and with a logistic D",
)


Weights = list[np.ndarray]  # three matrices, then their three biases


def _forward(weights: Weights, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both hidden layers and the logits of a network with two tanh layers, one sample a row."""
    h = np.tanh(x @ weights[0] + weights[3])
    g = np.tanh(h @ weights[1] + weights[4])
    return h, g, g @ weights[2] + weights[5]


def _backward(weights: Weights, x, h, g, delta) -> tuple[Weights, np.ndarray]:
    """Gradients by the weights, and by x, of sum(delta * logits)."""
    up_g = (delta @ weights[2].T) * (1 - g * g)
    up_h = (up_g @ weights[1].T) * (1 - h * h)
    by = [x.T @ up_h, h.T @ up_g, g.T @ delta]
    biases = [d.sum(0, keepdims=True) for d in (up_h, up_g, delta)]
    return by + biases, up_h @ weights[0].T


def _start(rng: np.random.Generator, units: int) -> Weights:
    sizes = [(1, units), (units, units), (units, 1)]
    matrices = [rng.normal(0, n**-0.5, (n, m)).astype(np.float32) for n, m in sizes]
    return matrices + [np.zeros((1, m), np.float32) for _, m in sizes]


@cache
def trained_gradients(shift: float, steps: int = 1600) -> tuple[np.ndarray, np.ndarray]:
    """|dL_G/dshift|, saturating and not, each before the first and after the last step of D.

    Data on [0, 1], G(z) = z + shift with z on [0, 1]; a 1-64-64-1 tanh network in float32, full
    batches of 128 + 128, Adam with rate 1e-2.
    """
    rng = np.random.default_rng(0)
    weights, n = _start(rng, 64), 128
    first, second = ([np.zeros_like(w) for w in weights] for _moment in range(2))
    x = np.concatenate([rng.uniform(0, 1, n), shift + rng.uniform(0, 1, n)])[:, None]
    x = x.astype(np.float32)

    def found() -> list[float]:
        h, g, a = _forward(weights, x)
        slope = _backward(weights, x, h, g, np.ones_like(a))[1][n:]
        return [abs(float(np.mean(expit(sign * a[n:]) * slope))) for sign in (1, -1)]

    before = found()
    for step in range(1, steps + 1):
        h, g, a = _forward(weights, x)
        delta = np.concatenate([-expit(-a[:n]), expit(a[n:])]) / n  # of the cross-entropy
        for i, gradient in enumerate(_backward(weights, x, h, g, delta)[0]):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            rate = 0.01 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weights[i] -= np.float32(rate) * first[i] / (np.sqrt(second[i]) + np.float32(1e-8))
    saturating, other = np.array([before, found()]).T
    return saturating, other


def _too_much_and_too_little(saturating: float, other: float) -> np.ndarray:
    """Beyond saturating <= 1e-4 and non-saturating >= 1."""
    return np.array([excess(saturating, 1e-4), excess(1, other)])


@training.numerical(tolerance=0, description="beyond <= 1e-4 and >= 1 after 1600 steps of D")
def after_1600_steps(rng):
    saturating, other = trained_gradients(2.0)
    yield _too_much_and_too_little(saturating[-1], other[-1])
    yield excess(other[0], other[-1])  # it grows


# Central differences with h = 1e-5 in float64: h^2 and rounding over h leave some 1e-10.
@training.numerical(tolerance=1e-8, description="the network's gradients against differences")
def gradients_of_the_network(rng):
    weights = [w.astype(float) for w in _start(rng, 5)]
    weights = [w + 0.1 * rng.normal(size=w.shape) for w in weights]
    x, delta = rng.normal(size=(2, 7, 1))
    h, g, _a = _forward(weights, x)
    by, by_x = _backward(weights, x, h, g, delta)
    arrays = [*weights, x]
    for place, gradient in enumerate([*by, by_x]):
        for index in np.ndindex(*gradient.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [array.copy() for array in arrays]
                moved[place][index] += step
                ends.append(float((delta * _forward(moved[:-1], moved[-1])[2]).sum()))
            yield abs((ends[0] - ends[1]) / 2e-5 - gradient[index])


def _logistic(steepness: float, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both gradients in G's shift at samples 2 + u, for D = σ(s (1.5 - x)), in size.

    D separates the two intervals, and its loss falls as s grows.
    """
    a = steepness * (1.5 - (2 + u))
    return steepness * expit(a), steepness * expit(-a)


@training.numerical(tolerance=0, description="a logistic D of growing slope, exact means")
def logistic_of_growing_slope():
    u = (np.arange(10_000) + 0.5) / 10_000
    means = [[g.mean() for g in _logistic(s, u)] for s in (1.0, 5.0, 40.0)]
    saturating, other = np.array(means).T
    yield excess(saturating[1:], saturating[:-1])  # falls
    yield excess(other[:-1], other[1:])  # grows
    yield _too_much_and_too_little(saturating[-1], other[-1])


@training.meaning(tolerance=1e-7)
def training_in_words():
    def difference(f, h=1e-4):
        return (f(h) - f(-h)) / (2 * h)

    saturating, other = trained_gradients(2.0)
    for s, u in ((1.0, 0.2), (3.0, 0.6)):

        def d(shift, s=s, u=u):
            return 1 / (1 + np.exp(-s * (1.5 - (2 + shift + u))))

        yield {
            "[0, 1]": None,
            "[2, 3]": None,
            "does not stay at 1": other[-1] > 2,
            r"\to 0": saturating[-1] < 1e-4,
            r"\frac{d}{d\theta} \log(1 - D_k(G_\theta(z)))": difference(
                lambda t, d=d: np.log(1 - d(t))
            ),
            r"\left| \frac{d}{d\theta} \bigl( -\log D_k(G_\theta(z)) \bigr) \right|": abs(
                difference(lambda t, d=d: -np.log(d(t)))
            ),
            "D_k": d(0),
            "a_k'(x)": -s,
        }


@training.control("the supports overlap: [0, 1] and [0.2, 1.2]", of=after_1600_steps, miss=1.62)
def overlapping_supports():
    saturating, other = trained_gradients(0.2, 400)
    yield _too_much_and_too_little(saturating[-1], other[-1])


@training.control("D stops at s = 5, before it is sure", of=logistic_of_growing_slope, miss=0.0782)
def before_it_is_sure():
    u = (np.arange(10_000) + 0.5) / 10_000
    yield _too_much_and_too_little(*(g.mean() for g in _logistic(5.0, u)))
