"""Activations (claims A-NN-01 to 04)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from theory.claim import AS_STATED, Claim, excess

DECK = "002_d31ce6ddd5a0096b.txt"


def step(a):
    """H(a): 1 for a >= 0, else 0."""
    return np.where(np.asarray(a) >= 0, 1.0, 0.0)


def relu(a):
    """max(0, a)."""
    return np.maximum(0.0, a)


@dataclass(frozen=True)
class Activation:
    """An activation f with its derivative (NaN where there is none) and its range.

    Attributes:
        name: as in a figure.
        function, derivative: of arrays.
        least, most: the ends of the range, infinite where it is unbounded.
    """

    name: str
    function: Callable
    derivative: Callable
    least: float
    most: float


def _slopes(below: float, above: float) -> Callable:
    """The derivative of a function with a corner or a jump at 0."""
    return lambda a: np.where(a < 0, below, np.where(a > 0, above, np.nan))


ACTIVATIONS = (
    Activation("step", step, _slopes(0, 0), 0, 1),
    Activation("linear", lambda a: 1.0 * a, np.ones_like, -np.inf, np.inf),
    Activation("sigmoid", expit, lambda a: expit(a) * expit(-a), 0, 1),
    Activation("tanh", np.tanh, lambda a: 1 / np.cosh(a) ** 2, -1, 1),
    Activation("ReLU", relu, _slopes(0, 1), 0, np.inf),
    Activation("leaky ReLU", lambda a: np.maximum(0.2 * a, a), _slopes(0.2, 1), -np.inf, np.inf),
    Activation("maxout of a, −a", lambda a: np.maximum(a, -a), _slopes(-1, 1), 0, np.inf),
)


def activation(name: str) -> Activation:
    """The one of `ACTIVATIONS` with this name."""
    (found,) = [f for f in ACTIVATIONS if f.name == name]
    return found


def slopes_at_zero(f: Callable) -> np.ndarray:
    """The one-sided slopes of f at 0, left and right, by differences."""
    h = 1e-6
    return np.array([(f(0.0) - f(-h)) / h, (f(h) - f(0.0)) / h])


ranges = Claim(
    id="A-NN-01",
    alias="activation-ranges",
    title="σ: (0, 1); tanh: (−1, 1); ReLU: [0, ∞)",
    statement="An activation maps a pre-activation to an output. The range of the sigmoid is "
    "(0, 1), that of tanh (-1, 1), that of ReLU [0, infinity).",
    formula=r"\sigma(\mathbb{R}) = (0, 1), \quad \tanh(\mathbb{R}) = (-1, 1), \quad "
    r"\max(0, \mathbb{R}) = [0, \infty)",
    sources=(
        "Goodfellow, Bengio, Courville 2016, Deep Learning, sections 3.10 and 6.3",
        f"{DECK}:229-230",
    ),
)


def _range_steps(name: str, f, b, low, high):
    """f increases in b = e^a from its limit at b = 0 to that at infinity."""
    import sympy as sp

    yield f"{name}: its limit at -infinity, b -> 0, is {low}", sp.limit(f, b, 0) - low
    yield f"{name}: its limit at infinity is {high}", sp.limit(f, b, sp.oo) - high
    yield f"{name}: it increases, so neither end is reached", sp.factor(sp.diff(f, b)) > 0


@ranges.symbolic(scope=AS_STATED)
def ranges_proof():
    import sympy as sp

    a, b = sp.Symbol("a", real=True), sp.Symbol("b", positive=True)  # b = e^a
    u = sp.Symbol("u", positive=True)
    e = sp.exp(a)
    sigmoid, tanh = b / (1 + b), (b**2 - 1) / (b**2 + 1)
    yield "sigma(a) = b/(1 + b) with b = e^a > 0", sp.simplify(1 / (1 + 1 / e) - sigmoid.subs(b, e))
    yield (
        "tanh(a) = (b^2 - 1)/(b^2 + 1)",
        sp.simplify((e - 1 / e) / (e + 1 / e) - tanh.subs(b, e)),
    )
    yield from _range_steps("sigmoid", sigmoid, b, 0, 1)
    yield from _range_steps("tanh", tanh, b, -1, 1)
    y = u / (1 + u)  # every y in (0, 1)
    yield (
        "sigmoid: every y = u/(1 + u) in (0, 1) is reached, at b = y/(1 - y)",
        sp.simplify(sigmoid.subs(b, y / (1 - y)) - y),
    )
    yield "for which y/(1 - y) = u is positive, as e^a must be", sp.simplify(y / (1 - y) - u)
    yield (
        "tanh(a) = 2 sigma(2a) - 1 carries that over to (-1, 1)",
        sp.simplify(tanh - 2 * sigmoid.subs(b, b**2) + 1),
    )
    yield "ReLU is 0 for a <= 0", sp.Max(0, -b)
    yield "and reaches every y > 0, at y", sp.Max(0, b) - b


def _range_error(f: Callable, least: float, most: float) -> float:
    """How far f's smallest and largest values on [-700, 700] are from what is said."""
    y = f(np.concatenate([np.linspace(-700, 700, 2801), np.linspace(-5, 5, 1001)]))
    errors = []
    for seen, said, outermost in ((y.min(), least, -700), (y.max(), most, 700)):
        errors.append(abs(seen - (said if np.isfinite(said) else outermost)))
    return float(max(errors))


@ranges.numerical(tolerance=1e-12, description="the ends of six ranges, on [-700, 700]")
def ends():
    for name in ("step", "linear", "sigmoid", "tanh", "ReLU", "maxout of a, −a"):
        f = activation(name)
        yield _range_error(f.function, f.least, f.most)


@ranges.meaning()
def ranges_in_words():
    sigmoid, tanh, rectifier = (
        _range_error(f, low, high) < 1e-12
        for f, low, high in ((expit, 0, 1), (np.tanh, -1, 1), (relu, 0, np.inf))
    )
    yield {
        "σ: (0, 1)": sigmoid,
        "sigmoid is (0, 1)": sigmoid,
        r"\sigma(\mathbb{R}) = (0, 1)": sigmoid,
        "tanh: (−1, 1)": tanh,
        "tanh (-1, 1)": tanh,
        r"\tanh(\mathbb{R}) = (-1, 1)": tanh,
        "ReLU: [0, ∞)": rectifier,
        "ReLU [0, infinity)": rectifier,
        r"\max(0, \mathbb{R}) = [0, \infty)": rectifier,
    }


@ranges.control("tanh has the range of the sigmoid, and leaky ReLU that of ReLU", of=ends, miss=7)
def ranges_of_their_neighbours():
    yield _range_error(np.tanh, 0, 1)
    yield _range_error(lambda a: np.maximum(0.01 * a, a), 0, np.inf)


@ranges.control(
    "1/cosh(a) = 2b/(1 + b²) has the range of the sigmoid", of=ranges_proof, miss=math.inf
)
def range_of_a_bump():
    import sympy as sp

    b = sp.Symbol("b", positive=True)
    yield from _range_steps("bump", 2 * b / (1 + b**2), b, 0, 1)


needed = Claim(
    id="A-NN-02",
    alias="what-an-activation-needs",
    title="non-linear, with a useful (sub)gradient; neither bounded nor smooth",
    statement="An activation need be neither bounded nor differentiable everywhere: ReLU, leaky "
    "ReLU, maxout of a and -a and the linear one are not bounded, and the first three have corners "
    "(ReLU's one-sided slopes at 0 are 0 and 1). It must be non-linear, since a stack of linear "
    "layers is one matrix, of rank at most the narrowest width, and cannot express XOR, which two "
    "ReLUs do; and it must have a (sub)gradient that is not 0 almost everywhere (A-NN-04).",
    formula=r"W_2 (W_1 x + b_1) + b_2 = (W_2 W_1) x + (W_2 b_1 + b_2)",
    sources=(
        "Leshno, Lin, Pinkus, Schocken 1993 (any non-polynomial activation will do)",
        "Goodfellow, Bengio, Courville 2016, Deep Learning, sections 6.1 and 6.3",
        f"{DECK}:231 (corrected, see B-E20)",
    ),
)

# The outputs that XOR wants of its four inputs.
_XOR = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}


@needed.symbolic(scope=AS_STATED)
def needed_proof():
    import sympy as sp

    h, s = sp.symbols("h s", positive=True)
    k = s / (1 + s)  # the slope of leaky ReLU below 0, anywhere in (0, 1)
    named = {
        "ReLU": (lambda a: sp.Max(0, a), 0),
        "leaky ReLU": (lambda a: sp.simplify(sp.Max(k * a, a).rewrite(sp.Abs)), k),
        "maxout of a and -a": (lambda a: sp.Max(a, -a), -1),
    }
    for name, (f, left) in named.items():
        yield f"{name}: slope 1 to the right of 0", sp.simplify((f(h) - f(0)) / h - 1)
        yield f"and {left} to the left", sp.simplify((f(0) - f(-h)) / h - left)
        yield "a corner: the slopes differ", sp.factor(1 - left) > 0
        yield f"{name} is h at h, above every bound, as the linear one", sp.simplify(f(h) - h)
    yield from _linear_stack_steps()
    w, x, y = sp.symbols("w x y", real=True)
    f = sp.Function("f")
    slope = sp.diff((f(w * x) - y) ** 2, w)
    inner = sp.Derivative(f(w * x), w)
    yield (
        "the slope of (f(w x) - y)^2 in w is 2 (f - y) df/dw: 0 almost everywhere if f' is",
        sp.simplify(slope - 2 * (f(w * x) - y) * inner),
    )


def _linear_stack_steps():
    import sympy as sp

    n, r, m = sp.symbols("n r m", integer=True, positive=True)  # widths: in, hidden, out
    W1, W2 = sp.MatrixSymbol("W1", r, n), sp.MatrixSymbol("W2", m, r)
    b1, b2 = sp.MatrixSymbol("b1", r, 1), sp.MatrixSymbol("b2", m, 1)
    x = sp.MatrixSymbol("x", n, 1)
    stack, one = W2 * (W1 * x + b1) + b2, (W2 * W1) * x + (W2 * b1 + b2)
    yield "two linear layers are one, of any widths", sp.sympify(stack.expand() == one.expand())
    i, j, k = sp.symbols("i j k", integer=True, nonnegative=True)
    columns = sp.Sum(W2[i, k] * W1[k, j], (k, 0, r - 1))
    entry = (W2 * W1)[i, j]
    yield (
        "each column of W2 W1 is a combination of W2's, which are as many as the hidden width",
        sp.sympify(entry.as_dummy() == columns.as_dummy()),
    )
    c, d, e = sp.symbols("c d e", real=True)
    affine = {(p, q): c * p + d * q + e for p, q in _XOR}
    yield (
        "an affine function has N(0, 0) + N(1, 1) = N(0, 1) + N(1, 0)",
        affine[0, 0] + affine[1, 1] - affine[0, 1] - affine[1, 0],
    )
    yield "for XOR they differ", sp.Ne(_XOR[0, 0] + _XOR[1, 1], _XOR[0, 1] + _XOR[1, 0])
    two = [sp.Max(0, p + q) - 2 * sp.Max(0, p + q - 1) - y for (p, q), y in _XOR.items()]
    yield "ReLU(p + q) - 2 ReLU(p + q - 1) is XOR", sp.Matrix(two)


def _not_affine(f: Callable, rng: np.random.Generator) -> float:
    """|N(x) + N(y) - N(x + y) - N(0)| of a random two-layer network with activation f, width 3."""
    W1, W2 = rng.normal(size=(6, 3)), rng.normal(size=(3, 6))
    b1, b2 = rng.normal(size=3), rng.normal(size=6)
    x, y = rng.normal(size=(2, 20, 6))

    def network(x):
        return f(x @ W1 + b1) @ W2 + b2

    zero = network(np.zeros((1, 6)))
    return float(np.abs(network(x) + network(y) - network(x + y) - zero).max())


def _rank_excess(f: Callable, rng: np.random.Generator) -> float:
    """The fourth singular value of 200 outputs of such a network, less their mean."""
    W1, W2 = rng.normal(size=(6, 3)), rng.normal(size=(3, 6))
    y = f(f(rng.normal(size=(200, 6)) @ W1) @ W2)
    return float(np.linalg.svd(y - y.mean(axis=0), compute_uv=False)[3])


@needed.numerical(tolerance=1e-12, description="linear layers: superposition, and rank 3 of 6")
def linear_layers(rng):
    linear = activation("linear").function
    for _instance in range(20):
        yield _not_affine(linear, rng)
        yield _rank_excess(linear, rng)


def _corner_errors(name: str, left: float) -> Iterator[float]:
    """The one-sided slopes at 0 against `left` and 1; how far f falls short of 1e6 at 1e6."""
    f = activation(name).function
    yield from np.abs(slopes_at_zero(f) - [left, 1])
    yield excess(1e6, f(1e6))


@needed.numerical(tolerance=1e-9, description="one-sided slopes at 0; the value at 1e6")
def corners_and_bounds():
    for name, left in (("ReLU", 0), ("leaky ReLU", 0.2), ("maxout of a, −a", -1)):
        yield from _corner_errors(name, left)


@needed.meaning()
def needed_in_words(rng):
    linear = activation("linear").function
    slopes = slopes_at_zero(relu)
    for W2, W1, x, b1, b2 in rng.normal(size=(3, 5)):
        yield {
            "W_2 (W_1 x + b_1) + b_2": W2 * linear(W1 * x + b1) + b2,
            "W_2": W2,
            "W_1": W1,
            "x": x,
            "b_1": b1,
            "b_2": b2,
            "slopes at 0 are 0 and 1": bool(np.allclose(slopes, [0, 1], atol=1e-9)),
            "that is not 0 almost everywhere": not np.any(activation("step").derivative(x) != 0),
            "A-NN-04": None,
        }


@needed.control(
    "the networks bend a little: tanh, leaky ReLU of slope 0.99", of=linear_layers, miss=2.88
)
def bent_layers(rng):
    for f in (np.tanh, lambda a: np.maximum(0.99 * a, a)):
        yield _not_affine(f, rng)
        yield _rank_excess(f, rng)


@needed.control("a sigmoid or tanh has a corner and no bound", of=corners_and_bounds, miss=1e06)
def smooth_and_bounded():
    for name in ("sigmoid", "tanh"):
        yield from _corner_errors(name, 0)


sigmoid = Claim(
    id="A-NN-03",
    alias="sigmoid",
    title="σ(a) = 1/(1 + e^−a), σ(0) = 1/2, σ′ = σ (1 − σ)",
    statement="The sigmoid is sigma(a) = 1/(1 + e^-a), with sigma(0) = 1/2, sigma(-a) = "
    "1 - sigma(a) and sigma' = sigma (1 - sigma) <= 1/4, which it reaches at 0 only.",
    formula=r"\sigma(a) = \frac{1}{1 + e^{-a}}, \quad \sigma' = \sigma (1 - \sigma)",
    sources=(
        "Goodfellow, Bengio, Courville 2016, Deep Learning, section 3.10",
        f"{DECK}:238",
    ),
)


@sigmoid.symbolic(scope=AS_STATED)
def sigmoid_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = 1 / (1 + sp.exp(-a))
    yield "sigma(0) = 1/2", s.subs(a, 0) - sp.Rational(1, 2)
    yield "sigma(-a) = 1 - sigma(a)", sp.simplify(s.subs(a, -a) - 1 + s)
    yield "sigma' = e^-a/(1 + e^-a)^2 = sigma (1 - sigma)", sp.simplify(sp.diff(s, a) - s * (1 - s))
    u = sp.Symbol("u", real=True)
    square = (u - sp.Rational(1, 2)) ** 2
    yield (
        "u (1 - u) = 1/4 - (u - 1/2)^2 is at most 1/4, and 1/4 at u = 1/2 only",
        sp.expand(u * (1 - u) - sp.Rational(1, 4) + square),
    )
    yield "sigma(a) = 1/2 at a = 0 only", sp.Matrix(sp.solve(s - sp.Rational(1, 2), a))


def _slope_error(formula: Callable) -> float:
    """Against differences with 50 digits of 1/(1 + e^-a)."""
    import mpmath

    with mpmath.workdps(50):
        points = (-30, -5, -0.7, 0, 1.3, 12)
        exact = [float(mpmath.diff(lambda a: 1 / (1 + mpmath.exp(-a)), a)) for a in points]
    return float(np.max(np.abs(formula(np.array(points, dtype=float)) - exact)))


@sigmoid.numerical(tolerance=1e-15, description="σ (1 - σ) against differences with 50 digits")
def slope():
    yield _slope_error(activation("sigmoid").derivative)


@sigmoid.meaning()
def sigmoid_in_words():
    h = 1e-5
    for a in (-30.0, -2.0, 0.0, 0.7, 12.0):
        yield {
            "a": a,
            "σ(a)": expit(a),
            "σ(0)": expit(0.0),
            "σ(-a)": expit(-a),
            "σ": expit(a),
            r"\sigma'": (expit(a + h) - expit(a - h)) / (2 * h),
            "σ′": (expit(a + h) - expit(a - h)) / (2 * h),
            "at 0 only": activation("sigmoid").derivative(np.array([-0.01, 0.01])).max() < 0.25,
        }


@sigmoid.control("1 - σ², as for tanh; and tanh's slope at half the argument", of=slope, miss=1)
def slopes_of_tanh():
    yield _slope_error(lambda a: 1 - expit(a) ** 2)
    yield _slope_error(lambda a: (1 - np.tanh(a / 2) ** 2) / 2)  # sigma = (1 + tanh(a/2))/2


perceptron = Claim(
    id="A-NN-04",
    alias="step-function",
    title="H(1) + H(1) − H(2) = 1: the step is not linear, and H′ = 0 almost everywhere",
    statement="The perceptron's step function is not linear: H(1) + H(1) - H(2) = 1. Its "
    "derivative is 0 wherever it exists, so that back-propagation gets no gradient through it.",
    formula=r"H(1) + H(1) - H(2) = 1, \quad H'(a) = 0 \text{ for } a \ne 0",
    sources=("Rosenblatt 1958, The perceptron", f"{DECK}:236 (corrected, see B-E21)"),
)


@perceptron.symbolic(scope=AS_STATED)
def perceptron_proof():
    import sympy as sp

    H, b = sp.Heaviside, sp.Symbol("b", positive=True)
    w, x, y = sp.Symbol("w", real=True), sp.Symbol("x", positive=True), sp.Symbol("y", real=True)
    yield "H(1) + H(1) - H(2) = 1", H(1) + H(1) - H(2) - 1
    yield "H(2 · 3) - 2 H(3) = -1", H(2 * 3) - 2 * H(3) + 1
    yield "H' = 0 to the right of 0", sp.diff(H(b), b)
    yield "and to the left", sp.diff(H(-b), b)
    slope = sp.diff((H(w * x) - y) ** 2, w)
    yield (
        "so (H(w x) - y)^2 has slope 0 in w wherever w x is not 0",
        sp.Matrix([slope.subs(w, b / x), slope.subs(w, -b / x)]),
    )


def _gradient(f: Callable, rng: np.random.Generator) -> float:
    """The largest slope of the mean square error of y = f(x·w) in w, by differences."""
    x, w, truth = rng.normal(size=(50, 3)), rng.normal(size=3), rng.normal(size=3)

    def loss(w):
        return np.mean((f(x @ w) - step(x @ truth)) ** 2)

    h = 1e-7
    return max(abs(loss(w + h * e) - loss(w - h * e)) / (2 * h) for e in np.eye(3))


@perceptron.numerical(tolerance=0, description="slope of a perceptron's error in its weights")
def gradient(rng):
    for _instance in range(10):
        yield _gradient(step, rng)


def _superposition(f: Callable) -> np.ndarray:
    """How far f(1) + f(1) - f(2) and f(6) - 2 f(3) are from 1 and -1."""
    return np.abs([f(1) + f(1) - f(2) - 1, f(6) - 2 * f(3) + 1])


@perceptron.numerical(tolerance=0, description="H(1) + H(1) - H(2) = 1, H(6) - 2 H(3) = -1")
def superposition():
    yield _superposition(step)


@perceptron.meaning()
def perceptron_in_words():
    for a in (-2.0, 0.5, 1.0, 40.0):
        slope = (step(a + 1e-3) - step(a - 1e-3)) / 2e-3
        yield {
            "H(1)": step(1),
            "H(2)": step(2),
            "a": a,
            "H'(a)": slope,
            "H′": slope,
            "derivative is 0 wherever it exists": slope == 0,
        }


@perceptron.control("a steep sigmoid, σ(10 a), in its place", of=gradient, miss=0.484)
def steep_sigmoid(rng):
    for _instance in range(10):
        yield _gradient(lambda a: expit(10 * a), rng)


@perceptron.control("ReLU, which is not linear either, in its place", of=superposition, miss=1)
def rectifier():
    yield _superposition(relu)
