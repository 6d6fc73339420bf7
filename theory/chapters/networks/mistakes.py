"""Mistakes about activations, dropout and normalisation."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from theory.chapters.networks.layers import activation, dropout, relu, step
from theory.claim import AS_STATED, Claim


def _derivative(f, x: float) -> float:
    """f'(x) by a central difference."""
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


batch_norm = Claim(
    id="B-E69",
    alias="erratum-batch-norm-epsilon",
    title="BatchNorm with ε = 0.8 where momentum 0.8 was meant",
    statement="Said: BatchNorm(n, 0.8) sets the momentum to 0.8. Right: there the second argument "
    "is ε, and the output has variance v/(v + 0.8) and not 1: for v = 0.2 it is 0.2.",
    formula=r"\hat{x} = \frac{x - \mu}{\sqrt{v + \varepsilon}},\qquad "
    r"\operatorname{Var} \hat{x} = \frac{v}{v + \varepsilon}",
    sources=("Ioffe and Szegedy 2015, Algorithm 1", "A public collection of GANs, in 22 files"),
    erratum=True,
)


def _variance_error(v: float, epsilon: float, rng: np.random.Generator) -> float:
    x = math.sqrt(v) * rng.standard_normal(2_000)
    normal = (x - x.mean()) / np.sqrt(x.var() + epsilon)
    return abs(float(normal.var()) - 1)


@batch_norm.counterexample(
    at_least=0.2, description="how far the output's variance is from 1", miss=0.281
)
def how_far_the_outputs_variance_is_from_1(rng):
    for v in (0.02, 0.2, 2.0):  # 0.976, 0.8, 0.286
        yield _variance_error(v, 0.8, rng)


@batch_norm.symbolic(scope=AS_STATED)
def batch_norm_proof():
    import sympy as sp

    a, b, e = sp.symbols("a b epsilon", positive=True)
    x = sp.Matrix([a + b, a - b])  # a batch of two: mean a, variance b^2
    mean = (x[0] + x[1]) / 2
    v = sp.expand(((x[0] - mean) ** 2 + (x[1] - mean) ** 2) / 2)
    out = [(xi - mean) / sp.sqrt(v + e) for xi in x]
    variance = (out[0] ** 2 + out[1] ** 2) / 2
    yield "the output's mean is 0", sp.simplify(out[0] + out[1])
    yield "its variance is v/(v + ε)", sp.simplify(variance - v / (v + e))
    at = {a: 0, b: sp.sqrt(5) / 5, e: sp.Rational(4, 5)}  # v = 0.2, ε = 0.8
    yield "0.2 for v = 0.2 and ε = 0.8", sp.simplify(variance.subs(at)) - sp.Rational(1, 5)


@batch_norm.correction("ε = 1e-5", tolerance=1e-3)
def batch_norm_1e_5(rng):
    for v in (0.02, 0.2, 2.0):
        yield _variance_error(v, 1e-5, rng)


requirement = Claim(
    id="B-E20",
    alias="erratum-bounded-and-differentiable",
    title="“an activation must be bounded and differentiable”; output “between 0 and −1 and +1”",
    statement="Said: an activation's output lies between 0 and -1 and +1, and it must be bounded "
    "and differentiable. Right: ReLU, leaky ReLU, maxout and the linear activation are unbounded, "
    "and the first three have a corner; the networks of the paper are made of them (A-NN-02). "
    "Bounded are the sigmoid, with range (0, 1), and tanh, with range (-1, 1).",
    formula=r"\operatorname{ReLU}(10^6) = 10^6, \quad \operatorname{ReLU}'(0^-) = 0 \ne 1 = "
    r"\operatorname{ReLU}'(0^+)",
    sources=(
        "Goodfellow, Bengio, Courville 2016, Deep Learning, section 6.3",
        "002_d31ce6ddd5a0096b.txt:229-231",
    ),
    erratum=True,
)


def _outside(f, least: float, most: float) -> float:
    """How far f of -1e6, ..., 1e6 goes beyond [least, most]."""
    y = f(np.array([-1e6, -3.0, 0.0, 3.0, 1e6]))
    return float(max(0.0, y.max() - most, least - y.min()))


def _corner(f) -> float:
    """The difference of the one-sided slopes at 0."""
    h = 1e-6
    return float(abs((f(h) - f(0.0)) / h - (f(0.0) - f(-h)) / h))


@requirement.counterexample(
    at_least=1e-3, description="how far outside [-1, 1]; slopes at 0 apart", miss=0.8
)
def how_far_outside_1_1_slopes_at_0_apart():
    yield _outside(relu, -1, 1)  # relu(1e6) = 1e6
    yield _outside(activation("leaky ReLU").function, -1, 1)
    yield _outside(activation("maxout of a, −a").function, -1, 1)
    yield _corner(relu)  # 1 and 0
    yield _corner(activation("leaky ReLU").function)
    yield _corner(activation("maxout of a, −a").function)


@requirement.symbolic(scope=AS_STATED)
def requirement_proof():
    import sympy as sp

    h = sp.Symbol("h", positive=True)
    a = sp.Symbol("a", real=True)
    yield "ReLU exceeds every bound h, at h + 1", sp.Max(0, h + 1) - h > 0
    yield "its slope to the right of 0 is 1", sp.Max(0, h) / h - 1
    yield "and to the left 0", sp.Max(0, -h) / h
    sigma = 1 / (1 + sp.exp(-a))
    yield "0 < sigma < 1", sp.And(sigma > 0, sp.exp(-a) * sigma > 0)  # 1 - sigma = e^-a sigma
    tanh = 2 * sigma.subs(a, 2 * a) - 1
    yield (
        "tanh(a) = 2 sigma(2a) - 1: -1 < tanh < 1",
        sp.simplify(tanh.rewrite(sp.tanh) - sp.tanh(a)),
    )


@requirement.numerical(tolerance=1e-9, description="relu(1e6) = 1e6, slopes 1 and 0")
def relu_1e6_1e6_slopes_1_and_0():
    yield abs(relu(1e6) - 1e6)
    yield abs(_corner(relu) - 1)


@requirement.correction("sigmoid in (0, 1), tanh in (-1, 1): nothing outside, no corner", 1e-5)
def sigmoid_in_0_1_tanh_in_1_1_nothing_outside_no():
    yield _outside(expit, 0, 1)
    yield _outside(np.tanh, -1, 1)
    yield _corner(expit)
    yield _corner(np.tanh)


linear = Claim(
    id="B-E21",
    alias="erratum-linear-step",
    title="the perceptron's step function “is a linear activation”",
    statement="Said: the perceptron, the step function, is a linear activation. Right: the step "
    "function is a threshold and not linear, H(1) + H(1) - H(2) = 1 and H(2 · 3) - 2 H(3) = -1, "
    "with a derivative of 0 almost everywhere (A-NN-04). Linear in the input is only the border "
    "w · x + b = 0 that it draws.",
    formula=r"H(1) + H(1) - H(2) = 1, \quad H(2 \cdot 3) - 2 H(3) = -1",
    sources=("Rosenblatt 1958, The perceptron", "002_d31ce6ddd5a0096b.txt:236"),
    erratum=True,
)


def _superposition_errors(f):
    yield abs(f(1.0) + f(1.0) - f(2.0))
    yield abs(f(2 * 3.0) - 2 * f(3.0))
    for a in (0.1, 2.0, 50.0):
        yield abs(f(a) + f(a) - f(2 * a))


@linear.counterexample(
    at_least=1e-3, description="f(a) + f(b) - f(a + b) and f(ca) - c f(a)", miss=1
)
def f_a_f_b_f_a_b_and_f_ca_c_f():
    yield from _superposition_errors(step)


@linear.symbolic(scope=AS_STATED)
def linear_proof():
    import sympy as sp

    H = sp.Heaviside
    a, b = sp.symbols("a b", positive=True)
    yield "additivity fails by 1 for all a, b > 0", H(a) + H(b) - H(a + b) - 1
    yield "H(1) + H(1) - H(2) = 1", H(1) + H(1) - H(2) - 1
    yield "H(2 · 3) - 2 H(3) = -1", H(6) - 2 * H(3) + 1
    yield "H' = 0 on both sides of 0", sp.Matrix([sp.diff(H(a), a), sp.diff(H(-a), a)])


@linear.correction("the linear activation, and any multiple of it", tolerance=1e-12)
def the_linear_activation_and_any_multiple_of_it():
    yield from _superposition_errors(activation("linear").function)
    yield from _superposition_errors(lambda a: -3 * a)


noise = Claim(
    id="B-E22",
    alias="erratum-dropout-in-the-generator",
    title="G of “linear and sigmoid” units, with dropout “to remove noise”",
    statement="Said: G uses linear and sigmoid activations, and dropout removes noise from its "
    "hidden layers. Right: G has rectified linear and sigmoid units and noise at its input only; "
    "dropout is used in training D (A-NN-05). Dropout multiplies by noise: it adds the variance "
    "x^2 p/(1 - p), 4 for x = 2 and p = 1/2 (A-NN-07). With linear hidden layers G would be the "
    "sigmoid of one affine map.",
    formula=r"\operatorname{Var}[y] - \operatorname{Var}[x] = \operatorname{E}[x^2] "
    r"\frac{p}{1 - p} > 0",
    sources=(
        "Goodfellow et al. 2014, section 5",
        "Srivastava et al. 2014, Dropout, section 10",
        "002_d31ce6ddd5a0096b.txt:244-245",
    ),
    erratum=True,
    test="tests/networks/test_networks_match_theory.py::test_original_layers",
)


def _added_variance_errors(said, rng: np.random.Generator):
    """|Var[dropout(x)] - Var[x] - said(E[x²], p)|, exact moments of x = 2 + s·noise by samples."""
    for s, p in ((0.0, 0.5), (0.0, 0.2), (1.0, 0.5), (1.0, 0.1)):
        x = 2 + s * rng.normal(size=400_000)
        yield abs(dropout(x, p, rng).var() - x.var() - said(4 + s**2, p))


@noise.counterexample(
    at_least=0.3, description="variance added, said to be none at most", miss=0.555
)
def variance_added_said_to_be_none_at_most(rng):
    yield from _added_variance_errors(lambda square, p: 0.0, rng)


@noise.counterexample(
    at_least=1e-3, description="hidden layers of rectifiers: log-odds not affine", miss=34
)
def hidden_layers_of_rectifiers_log_odds_not_affine(rng):
    yield from _log_odds_not_affine(relu, rng)


def _log_odds_not_affine(f, rng: np.random.Generator):
    """|a(z) + a(-z) - 2 a(0)| of a generator's output log-odds a, two hidden layers with f."""
    for _instance in range(5):
        W = [rng.normal(size=(8, 8)) for _layer in range(3)]
        z = rng.normal(size=(20, 8))

        def log_odds(z, W=W):
            return f(f(z @ W[0]) @ W[1]) @ W[2]

        yield float(np.abs(log_odds(z) + log_odds(-z) - 2 * log_odds(0 * z)).max())


@noise.symbolic(scope=AS_STATED)
def noise_proof():
    import sympy as sp

    x = sp.Symbol("x", real=True)
    q = sp.Symbol("q", positive=True)  # 1 - p
    variance = q * (x / q) ** 2 - x**2
    yield "the variance is x^2 p/(1 - p)", sp.simplify(variance - x**2 * (1 - q) / q)
    yield "4 at x = 2, p = 1/2", variance.subs({x: 2, q: sp.Rational(1, 2)}) - 4
    u, v, w = (sp.Matrix(2, 2, sp.symbols(f"{name}1:5")) for name in "uvw")
    z = sp.Matrix(sp.symbols("z1:3"))
    yield (
        "linear hidden layers are one matrix",
        (u * (v * (w * z)) - (u * v * w) * z).applyfunc(sp.expand),
    )


@noise.correction("x² p/(1 - p) is said to be added", tolerance=0.1)
def x_p_1_p_is_said_to_be_added(rng):
    yield from _added_variance_errors(lambda square, p: square * p / (1 - p), rng)


@noise.correction("with linear hidden layers the log-odds are affine", tolerance=1e-9)
def with_linear_hidden_layers_the_log_odds(rng):
    yield from _log_odds_not_affine(activation("linear").function, rng)
