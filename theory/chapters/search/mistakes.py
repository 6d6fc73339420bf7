"""Mistakes about architecture search."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import expit, softmax

from theory.claim import AS_STATED, Claim, excess

_COURSE = "004_16ef4615ffa6e302.txt"


accuracy_gradient = Claim(
    id="B-E31",
    alias="erratum-gradient-of-accuracy",
    title="“evaluate by accuracy”, then “take the gradient of the metric chosen”",
    statement="Said: step 3 measures an architecture by accuracy or loss, step 4 takes the "
    "gradient of the metric chosen with respect to the architecture's parameters. Right: accuracy "
    "is piecewise constant, its gradient is 0 almost everywhere; use a differentiable loss and a "
    "continuous relaxation of the choice.",
    formula=r"o(x) = \sum_k \frac{e^{\alpha_k}}{\sum_j e^{\alpha_j}} o_k(x), \qquad "
    r"\nabla_\alpha \mathrm{accuracy} = 0 \ \mathrm{almost\ everywhere}",
    sources=("Liu, Simonyan, Yang 2019, equation 2", f"{_COURSE}:98-102"),
    erratum=True,
)


def _operations(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The outputs of three operations on 200 points, and labels that the first one gets right."""
    x = rng.normal(size=(200, 2))
    return np.stack([x[:, 0], -x[:, 0], x[:, 1]]), np.sign(x[:, 0])


def _mixed_accuracy(alpha: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(np.sign(softmax(alpha) @ outputs) == labels))


def _accuracy_gradient(alpha: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Central differences of 1e-7."""
    rise = [_mixed_accuracy(alpha + e, outputs, labels) for e in 1e-7 * np.eye(3)]
    fall = [_mixed_accuracy(alpha - e, outputs, labels) for e in 1e-7 * np.eye(3)]
    return (np.array(rise) - fall) / 2e-7


def _loss(alpha: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, -labels * (softmax(alpha) @ outputs))))


def _loss_gradient(alpha: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of the logistic loss, by the softmax's Jacobian."""
    p = softmax(alpha)
    by_share = outputs @ (-labels * expit(-labels * (p @ outputs))) / len(labels)
    return p * (by_share - p @ by_share)


def _accuracy_missed(gradient: Callable, outputs: np.ndarray, labels: np.ndarray) -> float:
    """1 - accuracy after 300 steps from an alpha that prefers the second operation."""
    alpha = np.array([-1.0, 1.0, 0.0])
    for _step in range(300):
        alpha = alpha + gradient(alpha, outputs, labels)
    return 1 - _mixed_accuracy(alpha, outputs, labels)


@accuracy_gradient.counterexample(
    at_least=0.5, description="accuracy missed, climbing accuracy", miss=0.87
)
def accuracy_missed_climbing_accuracy(rng):
    for _instance in range(2):
        yield _accuracy_missed(_accuracy_gradient, *_operations(rng))


@accuracy_gradient.symbolic(scope="at one point, of its margin")
def accuracy_gradient_proof():
    import sympy as sp

    m = sp.Symbol("m", positive=True)
    yield "away from 0 the count 1[m > 0] is flat", sp.diff(sp.Heaviside(m), m)
    yield "and so for a wrong point", sp.diff(sp.Heaviside(-m), m)
    yield "the loss log(1 + e^-m) falls", sp.diff(sp.log(1 + sp.exp(-m)), m) < 0


@accuracy_gradient.numerical(
    tolerance=1e-5, description="0 for accuracy; the loss's by differences"
)
def accuracy_gradient_0_for_accuracy_the_losss_by_differences(rng):
    outputs, labels = _operations(rng)
    for _instance in range(10):
        alpha = rng.normal(size=3)
        yield np.max(np.abs(_accuracy_gradient(alpha, outputs, labels)))
        for e, slope in zip(np.eye(3), _loss_gradient(alpha, outputs, labels), strict=True):
            rise = _loss(alpha + 1e-4 * e, outputs, labels) - _loss(
                alpha - 1e-4 * e, outputs, labels
            )
            yield abs(rise / 2e-4 - slope)


@accuracy_gradient.correction("descending the loss", tolerance=0.05)
def descending_the_loss(rng):
    for _instance in range(2):
        yield _accuracy_missed(lambda *at: -2 * _loss_gradient(*at), *_operations(rng))


@accuracy_gradient.meaning()
def accuracy_gradient_in_words(rng):
    outputs, labels = _operations(rng)
    for _instance in range(5):
        alpha = rng.normal(size=3)
        slope = float(np.max(np.abs(_accuracy_gradient(alpha, outputs, labels))))
        shares = np.exp(alpha) / sum(np.exp(alpha))
        yield {
            "step 3": None,
            "step 4": None,
            "its gradient is 0 almost everywhere": slope == 0,
            "o(x)": (softmax(alpha) @ outputs)[7],
            r"\sum_k \frac{e^{\alpha_k}}{\sum_j e^{\alpha_j}} o_k(x)": sum(shares * outputs[:, 7]),
            r"\nabla_\alpha \mathrm{accuracy}": slope,
        }


input_size = Claim(
    id="B-E32",
    alias="erratum-input-size",
    title="input size as a “continuous parameter” for gradient descent",
    statement="Said: the input size is a continuous parameter, which gradient descent can tune "
    "directly. Right: it is an integer (often a multiple of the stride), and a shape has no "
    "derivative: what is computed depends on round(s), which is flat wherever it is not broken. "
    "It needs a relaxation, or a search that asks for values only.",
    formula=r"\frac{d\, F(\operatorname{round}(s))}{ds} = 0 \quad (s + \tfrac12 \notin \mathbb{Z})",
    sources=("Liu, Simonyan, Yang 2019, section 2", f"{_COURSE}:112,114"),
    erratum=True,
)

_SIZES = np.arange(8, 97, 8)


@cache
def _cost(size: int) -> float:
    """The error of a signal resized to `size` points, and the price of the points."""
    fine = np.linspace(0, 1, 400)
    coarse = np.linspace(0, 1, size)
    resized = np.interp(fine, coarse, np.sin(40 * coarse))
    return float(np.mean(np.abs(resized - np.sin(40 * fine)))) + 1e-3 * size


def _cost_above_best(size: int) -> float:
    return float(excess(_cost(size), min(_cost(int(n)) for n in _SIZES)))


@input_size.counterexample(
    at_least=0.01, description="cost above the best, descending round(s)", miss=0.034
)
def cost_above_the_best_descending_round_s():
    for s in (16.3, 24.2, 32.3):
        for _step in range(100):
            s -= 100 * (_cost(round(s + 1e-3)) - _cost(round(s - 1e-3))) / 2e-3
        yield _cost_above_best(round(s))


@input_size.symbolic(scope="at one size, and for a law on three sizes")
def input_size_proof():
    import sympy as sp

    half, s = sp.Rational(1, 2), sp.Rational(323, 10)
    for h in (sp.Rational(1, 10), sp.Rational(-1, 10)):  # floor does not fall: flat in between
        yield f"round(32.3 {float(h):+}) = 32", sp.floor(s + h + half) - 32
    alpha, F = sp.symbols("alpha_1:4", real=True), sp.symbols("F_1:4", real=True)
    p = [sp.exp(a) / sum(sp.exp(b) for b in alpha) for a in alpha]
    J = sum(pi * Fi for pi, Fi in zip(p, F, strict=True))
    yield (
        "a law p on the sizes: dJ/d alpha_1 = p_1 (F_1 - J)",
        sp.simplify(sp.diff(J, alpha[0]) - p[0] * (F[0] - J)),
    )


@input_size.correction("every size asked; a law on the sizes, descended", tolerance=1e-9)
def every_size_asked_a_law_on_the_sizes_descended():
    costs = np.array([_cost(int(n)) for n in _SIZES])
    yield _cost_above_best(int(_SIZES[np.argmin(costs)]))
    alpha = np.zeros(len(_SIZES))
    for _step in range(500):
        p = softmax(alpha)
        alpha = alpha - 20 * p * (costs - p @ costs)
    yield _cost_above_best(int(_SIZES[np.argmax(alpha)]))


@input_size.meaning()
def input_size_in_words():
    for s in (16.3, 24.2, 31.9):
        yield {
            r"\frac{d\, F(\operatorname{round}(s))}{ds}": (
                (_cost(round(s + 1e-3)) - _cost(round(s - 1e-3))) / 2e-3
            ),
            r"s + \tfrac12 \notin \mathbb{Z}": (s + 0.5) % 1 != 0,
        }


pruning = Claim(
    id="B-E52",
    alias="erratum-pruning-time",
    title="“pruning connections considerably reduces training and evaluation time”",
    statement="Said: removing unimportant connections or channels considerably reduces the time of "
    "training and evaluation. Right: removing rows or channels (or a kernel that skips zeros) "
    "does; a dense kernel does as many multiplications for a matrix with 90% zeros as for a full "
    "one. And what is unimportant is known only of a trained network, so that training is not "
    "saved.",
    formula=r"\frac{\mathrm{multiplications}(W \odot M)}{\mathrm{multiplications}(W)} = 1 \quad "
    r"\mathrm{(dense)}, \qquad \frac{r n}{m n} = \frac{r}{m} \quad (r \mathrm{\ rows\ kept})",
    sources=("Li et al. 2017, section 3", f"{_COURSE}:120"),
    erratum=True,
)


def _multiplications(kernel: Callable, weights: np.ndarray, x: np.ndarray) -> int:
    """How many multiplications the kernel carries out, counted by the weights themselves."""
    count = 0

    class Counted(float):
        def __mul__(self, other):
            nonlocal count
            count += 1
            return float(self) * float(other)

    counted = np.empty(weights.shape, dtype=object)
    for index in np.ndindex(weights.shape):
        counted[index] = Counted(weights[index])
    found = np.array(kernel(counted, x.astype(object)), dtype=float)
    if not np.allclose(found, weights @ x):
        raise AssertionError("the kernel's product is wrong")
    return count


def _sparse_kernel(weights: np.ndarray, x: np.ndarray) -> list:
    return [sum(row[j] * x[j] for j in np.flatnonzero(row)) for row in weights]


def _work_kept(rng: np.random.Generator, share: float, structured: bool, kernel: Callable) -> float:
    """Multiplications after pruning to this share of the weights, of those before."""
    weights, x = rng.normal(size=(30, 40)), rng.normal(size=40)
    if structured:
        strong = np.argsort(np.linalg.norm(weights, axis=1))[-round(30 * share) :]
        pruned = weights[strong]
    else:
        pruned = np.where(np.abs(weights) >= np.quantile(np.abs(weights), 1 - share), weights, 0)
    return _multiplications(kernel, pruned, x) / _multiplications(np.matmul, weights, x)


@pruning.counterexample(
    at_least=0.4, description="work kept by a dense kernel, less the weights kept", miss=0.5
)
def work_kept_by_a_dense_kernel_less_the_weights(rng):
    for share in (0.1, 0.5):
        yield abs(_work_kept(rng, share, structured=False, kernel=np.matmul) - share)


@pruning.symbolic(scope=AS_STATED)
def pruning_proof():
    import sympy as sp

    i, j = sp.symbols("i j", integer=True)
    m, n, r = sp.symbols("m n r", positive=True, integer=True)
    dense = sp.summation(1, (j, 1, n), (i, 1, m))
    yield "one multiplication an entry, 0 or not: m n", dense - m * n
    kept = sp.summation(1, (j, 1, n), (i, 1, r))
    yield "r rows of m: the share r/m", kept / dense - r / m
    full, tuning, share = sp.symbols("E e s", positive=True)
    yield (
        "E epochs of the full network and e of the pruned: more than E",
        full + tuning * share > full,
    )


@pruning.numerical(tolerance=0, description="1 with 90% zeros, 0.1 with 10% of the rows")
def pruning_1_with_90_zeros_0_1_with_10_of_the_rows(rng):
    yield abs(_work_kept(rng, 0.1, structured=False, kernel=np.matmul) - 1)
    yield abs(_work_kept(rng, 0.1, structured=True, kernel=np.matmul) - 0.1)


@pruning.correction("10% or half of the rows; a kernel that skips zeros", tolerance=1e-9)
def pruning_10_or_half_of_the_rows_a_kernel_that_skips_zeros(rng):
    for share in (0.1, 0.5):
        yield abs(_work_kept(rng, share, structured=True, kernel=np.matmul) - share)
        yield abs(_work_kept(rng, share, structured=False, kernel=_sparse_kernel) - share)


@pruning.meaning()
def pruning_in_words(rng):
    dense = _work_kept(rng, 0.1, structured=False, kernel=np.matmul)
    for rows in (3, 15):
        yield {
            "as many multiplications for a matrix with 90% zeros as for a full one": dense == 1,
            r"\frac{\mathrm{multiplications}(W \odot M)}{\mathrm{multiplications}(W)}": dense,
            r"\frac{r n}{m n}": _work_kept(rng, rows / 30, structured=True, kernel=np.matmul),
            "r": rows,
            "m": 30,
        }
