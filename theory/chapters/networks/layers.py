"""Activations, maxout and dropout (claims A-NN-01 to 07)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014"
_DECK = "002_d31ce6ddd5a0096b.txt"


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
        f"{_DECK}:229-230",
    ),
)


@ranges.symbolic(scope=AS_STATED)
def ranges_proof():
    import sympy as sp

    a, b = sp.Symbol("a", real=True), sp.Symbol("b", positive=True)  # b = e^a
    y = sp.Symbol("y", positive=True)
    e = sp.exp(a)
    sigmoid, tanh = b / (1 + b), (b**2 - 1) / (b**2 + 1)
    yield "sigma(a) = b/(1 + b) with b = e^a > 0", sp.simplify(1 / (1 + 1 / e) - sigmoid.subs(b, e))
    yield (
        "tanh(a) = (b^2 - 1)/(b^2 + 1)",
        sp.simplify((e - 1 / e) / (e + 1 / e) - tanh.subs(b, e)),
    )
    for name, f, low in (("sigmoid", sigmoid, 0), ("tanh", tanh, -1)):
        yield f"{name}: its limit at -infinity, b -> 0, is {low}", sp.limit(f, b, 0) - low
        yield f"{name}: its limit at infinity is 1", sp.limit(f, b, sp.oo) - 1
        yield f"{name}: it increases, so neither end is reached", sp.factor(sp.diff(f, b)) > 0
    yield (
        "sigmoid: every y in (0, 1) is reached, at b = y/(1 - y)",
        (sp.simplify(sigmoid.subs(b, y / (1 - y)) - y)),
    )
    yield (
        "tanh = 2 sigma(2a) - 1 carries that over to (-1, 1)",
        (sp.simplify(tanh - 2 * sigmoid.subs(b, b**2) + 1)),
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


@ranges.numerical(tolerance=1e-12, description="the ends of the three ranges, on [-700, 700]")
def the_ends_of_the_three_ranges_on_700_700():
    for name in ("sigmoid", "tanh", "ReLU"):
        f = activation(name)
        yield _range_error(f.function, f.least, f.most)


@ranges.control(
    "the ranges of sigmoid and tanh are exchanged",
    of=the_ends_of_the_three_ranges_on_700_700,
    miss=1,
)
def the_ranges_of_sigmoid_and_tanh_are_exchanged():
    yield _range_error(expit, -1, 1)
    yield _range_error(np.tanh, 0, 1)


needed = Claim(
    id="A-NN-02",
    alias="what-an-activation-needs",
    title="non-linear, with a useful (sub)gradient; neither bounded nor smooth",
    statement="An activation need be neither bounded nor differentiable everywhere: ReLU, leaky "
    "ReLU, maxout and the linear one are not bounded, and the first three have corners (ReLU's "
    "one-sided slopes at 0 are 0 and 1). It must be non-linear, since a stack of linear layers is "
    "one matrix, of rank at most the narrowest width, and cannot express XOR, which two ReLUs do; "
    "and it must have a (sub)gradient that is not 0 almost everywhere (A-NN-04).",
    formula=r"W_2 (W_1 x + b_1) + b_2 = (W_2 W_1) x + (W_2 b_1 + b_2)",
    sources=(
        "Leshno, Lin, Pinkus, Schocken 1993 (any non-polynomial activation will do)",
        "Goodfellow, Bengio, Courville 2016, Deep Learning, sections 6.1 and 6.3",
        f"{_DECK}:231 (corrected, see B-E20)",
    ),
)


@needed.symbolic(scope=AS_STATED)
def needed_proof():
    import sympy as sp

    h = sp.Symbol("h", positive=True)
    yield "ReLU: slope 1 to the right of 0", (sp.Max(0, h) - sp.Max(0, 0)) / h - 1
    yield "and 0 to the left: no derivative at 0", (sp.Max(0, 0) - sp.Max(0, -h)) / h
    yield "ReLU is unbounded", sp.Eq(sp.limit(sp.Max(0, h), h, sp.oo), sp.oo)
    W1 = sp.Matrix(2, 3, sp.symbols("u1:7"))
    W2 = sp.Matrix(3, 2, sp.symbols("v1:7"))
    b1, b2 = sp.Matrix(sp.symbols("b1:3")), sp.Matrix(sp.symbols("c1:4"))
    x = sp.Matrix(sp.symbols("x1:4"))
    gap = W2 * (W1 * x + b1) + b2 - ((W2 * W1) * x + (W2 * b1 + b2))
    yield "two linear layers are one", gap.applyfunc(sp.expand)
    yield (
        "a hidden width of 2 leaves the 3 x 3 matrix a determinant of 0: rank 2",
        sp.expand((W2 * W1).det(method="berkowitz")),
    )
    c, d, e = sp.symbols("c d e", real=True)
    xor = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}
    error = sum((c * p + d * q + e - y) ** 2 for (p, q), y in xor.items()) / 4
    best = sp.solve([sp.diff(error, t) for t in (c, d, e)], [c, d, e])
    least = error.subs(best)
    yield "XOR: the best affine function has a mean square error of 1/4", least - sp.Rational(1, 4)
    two = [sp.Max(0, p + q) - 2 * sp.Max(0, p + q - 1) - y for (p, q), y in xor.items()]
    yield "ReLU(x + y) - 2 ReLU(x + y - 1) is XOR", sp.Matrix(two)


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
def linear_layers_superposition_and_rank_3_of_6(rng):
    linear = activation("linear").function
    for _instance in range(20):
        yield _not_affine(linear, rng)
        yield _rank_excess(linear, rng)


@needed.numerical(tolerance=1e-9, description="one-sided slopes of ReLU at 0; its value at 1e6")
def one_sided_slopes_of_relu_at_0_its_value_at_1e6():
    yield np.abs([relu(1e-6) / 1e-6 - 1, relu(-1e-6) / -1e-6, relu(1e6) - 1e6])


@needed.control(
    "the same networks with ReLU, leaky ReLU, tanh",
    of=linear_layers_superposition_and_rank_3_of_6,
    miss=5.22,
)
def the_same_networks_with_relu_leaky_relu_tanh(rng):
    for name in ("ReLU", "leaky ReLU", "tanh"):
        yield _not_affine(activation(name).function, rng)
        yield _rank_excess(activation(name).function, rng)


sigmoid = Claim(
    id="A-NN-03",
    alias="sigmoid",
    title="σ(a) = 1/(1 + e^−a), σ(0) = 1/2, σ′ = σ (1 − σ)",
    statement="The sigmoid is sigma(a) = 1/(1 + e^-a), with sigma(0) = 1/2, sigma(-a) = "
    "1 - sigma(a) and sigma' = sigma (1 - sigma), which is at most 1/4, at a = 0.",
    formula=r"\sigma(a) = \frac{1}{1 + e^{-a}}, \quad \sigma' = \sigma (1 - \sigma)",
    sources=(
        "Goodfellow, Bengio, Courville 2016, Deep Learning, section 3.10",
        f"{_DECK}:238",
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
        "u (1 - u) = 1/4 - (u - 1/2)^2 is at most 1/4",
        sp.expand(u * (1 - u) - sp.Rational(1, 4) + square),
    )


def _slope_error(formula: Callable) -> float:
    """Against differences with 50 digits of 1/(1 + e^-a)."""
    import mpmath

    with mpmath.workdps(50):
        points = (-30, -5, -0.7, 0, 1.3, 12)
        exact = [float(mpmath.diff(lambda a: 1 / (1 + mpmath.exp(-a)), a)) for a in points]
    return float(np.max(np.abs(formula(np.array(points, dtype=float)) - exact)))


@sigmoid.numerical(tolerance=1e-15, description="σ (1 - σ) against differences with 50 digits")
def sigmoid_1_against_differences_with_50_digits():
    yield _slope_error(activation("sigmoid").derivative)


@sigmoid.control("1 - σ², as for tanh", of=sigmoid_1_against_differences_with_50_digits, miss=1)
def sigmoid_1_as_for_tanh():
    yield _slope_error(lambda a: 1 - expit(a) ** 2)


perceptron = Claim(
    id="A-NN-04",
    alias="step-function",
    title="H(1) + H(1) − H(2) = 1: the step is not linear, and H′ = 0 almost everywhere",
    statement="The perceptron's step function is not linear: H(1) + H(1) - H(2) = 1. Its "
    "derivative is 0 wherever it exists, so that back-propagation gets no gradient through it.",
    formula=r"H(1) + H(1) - H(2) = 1, \quad H'(a) = 0 \ (a \ne 0)",
    sources=("Rosenblatt 1958, The perceptron", f"{_DECK}:236 (corrected, see B-E21)"),
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
def slope_of_a_perceptrons_error_in_its_weights(rng):
    for _instance in range(10):
        yield _gradient(step, rng)


def _superposition(f: Callable) -> np.ndarray:
    """How far f(1) + f(1) - f(2) and f(6) - 2 f(3) are from 1 and -1."""
    return np.abs([f(1) + f(1) - f(2) - 1, f(6) - 2 * f(3) + 1])


@perceptron.numerical(tolerance=0, description="H(1) + H(1) - H(2) = 1, H(6) - 2 H(3) = -1")
def h_1_h_1_h_2_1_h_6_2_h_3_1():
    yield _superposition(step)


@perceptron.control("a sigmoid in its place", of=h_1_h_1_h_2_1_h_6_2_h_3_1, miss=0.16)
def a_sigmoid_in_its_place(rng):
    for _instance in range(10):
        yield _gradient(expit, rng)


@perceptron.control("a linear activation in its place", of=h_1_h_1_h_2_1_h_6_2_h_3_1, miss=1)
def a_linear_activation_in_its_place():
    yield _superposition(activation("linear").function)


original = Claim(
    id="A-NN-05",
    alias="original-networks",
    title="2014: G of rectifiers and sigmoids, D of maxout units with dropout",
    statement="In the first paper the generator mixes rectified linear and sigmoid units, with "
    "noise at its input only; the discriminator has maxout units and is trained with dropout. "
    "`GAN.original` builds these layers.",
    sources=(f"{_PAPER}, section 5", f"{_DECK}:244"),
    training=True,
    test="tests/networks/test_networks_match_theory.py::test_original_layers",
)


maxout = Claim(
    id="A-NN-06",
    alias="maxout",
    title="h(x) = max_k (w_k · x + b_k) is convex and piecewise linear",
    statement="A maxout unit, max_k (w_k^T x + b_k), is a convex and piecewise linear function of "
    "x. It contains ReLU (weights 1 and 0) and the absolute value (weights 1 and -1); a difference "
    "of two maxout units need be neither convex nor concave.",
    formula=r"h(x) = \max_{k} \left( w_k^{T} x + b_k \right)",
    sources=("Goodfellow et al. 2013, Maxout Networks, sections 3 and 4", f"{_DECK}:244"),
    test="tests/networks/test_networks_match_theory.py::test_maxout_is_convex_and_piecewise_linear",
)


@maxout.symbolic(scope=AS_STATED)
def maxout_proof():
    import sympy as sp

    w, b, x, y = sp.symbols("w b x y", real=True)
    r, s, u = sp.symbols("r s u", nonnegative=True)
    t = u / (1 + u)  # every weight in [0, 1)
    piece = w * (t * x + (1 - t) * y) + b
    yield (
        "each piece is affine: h_k(t x + (1 - t) y) = t h_k(x) + (1 - t) h_k(y)",
        sp.simplify(piece - t * (w * x + b) - (1 - t) * (w * y + b)),
    )
    chord = t * (w * x + b + r) + (1 - t) * (w * y + b + s)
    yield (
        "h >= h_k at x and at y, by r and s: the chord of h exceeds h_k by t r + (1 - t) s",
        sp.simplify(chord - piece - (t * r + (1 - t) * s)),
    )
    yield (
        "which is >= 0 for each k, hence for the largest: h is convex",
        sp.factor(t * r + (1 - t) * s) >= 0,
    )
    c = sp.Symbol("c", positive=True)
    yield "weights 1, 0 at x = c and -c: ReLU", sp.Matrix([sp.Max(c, 0) - c, sp.Max(-c, 0)])
    yield "weights 1, -1: |x|", sp.Matrix([sp.Max(c, -c) - c, sp.Max(-c, c) - c])
    difference = sp.Max(x, -x) - sp.Max(x - 1, 1 - x)
    half = sp.Rational(1, 2)
    second = [
        sum(k * difference.subs(x, at + k_at) for k, k_at in ((1, -half), (-2, 0), (1, half)))
        for at in (0, 1)
    ]
    yield (
        "|x| - |x - 1| has the second differences 1 about 0 and -1 about 1: neither convex nor "
        "concave",
        sp.Matrix(second) - sp.Matrix([1, -1]),
    )


def _pieces(rng: np.random.Generator, k: int) -> Callable:
    """k random affine functions on R^3; the result maps (n, 3) to (n, k)."""
    W, b = rng.normal(size=(3, k)), rng.normal(size=k)
    return lambda x: x @ W + b


def _concavity(h: Callable, rng: np.random.Generator) -> float:
    """The most negative second difference of h in random places and directions."""
    x, d = rng.normal(size=(2, 500, 3))
    return float(max(0.0, np.max(2 * h(x) - h(x + d) - h(x - d))))


def _bends(h: Callable, rng: np.random.Generator) -> int:
    """At how many of 400 points of a line h has a second difference."""
    x, d = rng.normal(size=(2, 3))
    values = h(x + np.linspace(-5, 5, 402)[:, None] * d)
    return int(np.sum(np.abs(np.diff(values, 2)) > 1e-9))


@maxout.numerical(tolerance=1e-12, description="negative part of second differences, R^3")
def negative_part_of_second_differences_r_3(rng):
    for k in (1, 2, 5, 20):
        affine = _pieces(rng, k)
        yield _concavity(lambda x, affine=affine: affine(x).max(axis=1), rng)


@maxout.numerical(tolerance=0, description="bends beyond the two grid points of each of k - 1")
def bends_beyond_the_two_grid_points_of_each_of_k_1(rng):
    for k in (1, 2, 5, 20):
        affine = _pieces(rng, k)
        bends = _bends(lambda x, affine=affine: affine(x).max(axis=1), rng)
        yield max(0, bends - 2 * (k - 1))


@maxout.numerical(tolerance=0, description="ReLU and |x| as maxout")
def relu_and_x_as_maxout(rng):
    x = rng.normal(size=100)
    for weights, exact in (((1, 0), np.where(x > 0, x, 0)), ((1, -1), np.sqrt(x**2))):
        yield np.abs((x[:, None] @ np.array([weights])).max(axis=1) - exact)


@maxout.control(
    "the least piece, and the difference of two maxout units",
    of=negative_part_of_second_differences_r_3,
    miss=10.2,
)
def the_least_piece_and_the_difference_of_two_maxout(rng):
    one, other = _pieces(rng, 5), _pieces(rng, 5)
    yield _concavity(lambda x: one(x).min(axis=1), rng)
    yield _concavity(lambda x: one(x).max(axis=1) - other(x).max(axis=1), rng)


@maxout.control("a smooth maximum, log Σ exp, bends everywhere", of=relu_and_x_as_maxout, miss=392)
def a_smooth_maximum_log_exp_bends_everywhere(rng):
    affine = _pieces(rng, 5)
    yield max(0, _bends(lambda x: np.log(np.exp(affine(x)).sum(axis=1)), rng) - 2 * 4)


def dropout(x, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Inverted dropout: each entry is 0 with probability `rate`, else divided by 1 - rate."""
    x = np.asarray(x, dtype=float)
    return np.where(rng.uniform(size=x.shape) < rate, 0.0, x / (1 - rate))


dropped = Claim(
    id="A-NN-07",
    alias="dropout-moments",
    title="dropout keeps the mean and adds the variance x² p/(1 − p)",
    statement="Inverted dropout at rate p keeps the mean of a unit and adds the variance "
    "x^2 p/(1 - p): for x = 2 and p = 1/2 the mean is 2 and the variance 4. Of a noisy unit the "
    "variance grows from Var[x] to Var[x] + E[x^2] p/(1 - p). Dropout injects noise, it does not "
    "remove any.",
    formula=r"\operatorname{E}[y] = \operatorname{E}[x], \quad \operatorname{Var}[y] = "
    r"\operatorname{Var}[x] + \operatorname{E}[x^2] \frac{p}{1 - p}",
    assumptions=("0 <= p < 1", "the mask is independent of x"),
    sources=(
        "Srivastava et al. 2014, Dropout, section 10 (multiplicative noise)",
        f"{_DECK}:245-247",
    ),
    test="tests/networks/test_networks_match_theory.py::test_dropout_moments",
)


@dropped.symbolic(scope=AS_STATED)
def dropped_proof():
    import sympy as sp

    x, m1 = sp.symbols("x mu", real=True)
    keep, m2 = sp.symbols("q m", positive=True)  # q = 1 - p; m = E[x²]
    y = x / keep
    first, second = keep * y, keep * y**2  # the value 0, with probability p, adds nothing
    yield "the mean is (1 - p) x/(1 - p) = x", sp.simplify(first - x)
    added = x**2 * (1 - keep) / keep
    yield (
        "the variance is x^2/(1 - p) - x^2 = x^2 p/(1 - p)",
        sp.simplify(second - first**2 - added),
    )
    at = {x: 2, keep: sp.Rational(1, 2)}
    yield "x = 2, p = 1/2: mean 2, variance 4", sp.Matrix([first.subs(at) - 2, added.subs(at) - 4])
    noisy = second.subs(x**2, m2) - m1**2  # E[x²]/q - E[x]²
    yield (
        "x random: Var[y] = E[x^2]/(1 - p) - E[x]^2 = Var[x] + E[x^2] p/(1 - p)",
        sp.simplify(noisy - (m2 - m1**2) - m2 * (1 - keep) / keep),
    )
    p = sp.Symbol("p", positive=True)
    odds = p / (1 - p)
    yield (
        "more than before: p/(1 - p) > 0 for p = u/(1 + u)",
        odds.subs(p, p / (1 + p)).simplify() > 0,
    )


def _moments_over_masks(x: np.ndarray, p: float, divisor: float) -> tuple[float, float]:
    """Mean and variance of Σ x_i m_i/divisor over all masks m, exactly."""
    masks = np.indices((2,) * x.size).reshape(x.size, -1).T
    chance = np.prod(np.where(masks == 1, 1 - p, p), axis=1)
    y = masks @ x / divisor
    return float(chance @ y), float(chance @ (y - chance @ y) ** 2)


@dropped.numerical(tolerance=1e-12, description="a sum of eight units over all 256 masks")
def a_sum_of_eight_units_over_all_256_masks(rng):
    for p in (0.0, 0.2, 0.5, 0.8):
        x = rng.normal(size=8)
        mean, variance = _moments_over_masks(x, p, 1 - p)
        yield abs(mean - x.sum())
        yield abs(variance - np.sum(x**2) * p / (1 - p))


@dropped.numerical(tolerance=0.03, description="Monte Carlo: mean 2, variance 4")
def monte_carlo_mean_2_variance_4(rng):
    y = dropout(np.full(400_000, 2.0), 0.5, rng)
    yield abs(y.mean() - 2)  # 4.9 s.e. are 0.0155
    yield abs(y.var() - 4)


@dropped.sampling()
def dropped_by_sampling(rng):
    n = 200_000
    for p in (0.2, 0.5):
        x = rng.normal(1, 0.5, n)
        y = dropout(x, p, rng)
        yield (y.mean() - 1) / (y.std() / np.sqrt(n))
        squares = (y - 1) ** 2
        yield (squares.mean() - (0.25 + 1.25 * p / (1 - p))) / (squares.std() / np.sqrt(n))


@dropped.control(
    "the kept units are not divided by 1 - p",
    of=a_sum_of_eight_units_over_all_256_masks,
    miss=0.177,
)
def the_kept_units_are_not_divided_by_1_p(rng):
    x = rng.normal(size=8)
    yield abs(_moments_over_masks(x, 0.5, 1.0)[0] - x.sum())


@dropped.control(
    "dropout is said to add no noise", of=a_sum_of_eight_units_over_all_256_masks, miss=18.3
)
def dropout_is_said_to_add_no_noise(rng):
    yield _moments_over_masks(rng.normal(size=8), 0.5, 0.5)[1]
