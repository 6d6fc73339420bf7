"""Mistakes about activations, dropout and normalisation."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from theory.chapters.networks.activations import activation, relu, slopes_at_zero, step
from theory.chapters.networks.layers import dropout
from theory.claim import AS_STATED, Claim, excess

batch_norm = Claim(
    id="B-E69",
    alias="erratum-batch-norm-epsilon",
    title="BatchNorm with ε = 0.8 where momentum 0.8 was meant",
    statement="Said: BatchNorm(n, 0.8) sets the momentum to 0.8. Right: there the second argument "
    "is ε, and the output has the variance v/(v + 0.8) and not 1: for v = 0.2 it is 0.2.",
    formula=r"\hat{x} = \frac{x - \mu}{\sqrt{v + \varepsilon}},\qquad "
    r"\operatorname{Var} \hat{x} = \frac{v}{v + \varepsilon}",
    sources=(
        "Ioffe and Szegedy 2015, Algorithm 1",
        "github.com/eriklindernoren/PyTorch-GAN, 22 files, among them implementations/gan/gan.py "
        "(the generator's linear blocks) and implementations/dcgan/dcgan.py (generator and "
        "discriminator): 0.8 is passed by position, after the number of features, to a layer whose "
        "second parameter is eps",
    ),
    erratum=True,
)

_SAID = 0.8


def _normalised(x: np.ndarray, epsilon: float) -> np.ndarray:
    """Batch normalisation of one feature, without scale and shift."""
    return (x - x.mean()) / np.sqrt(x.var() + epsilon)


def _variance_error(v: float, epsilon: float, rng: np.random.Generator) -> float:
    normal = _normalised(math.sqrt(v) * rng.standard_normal(2_000), epsilon)
    return abs(float(normal.var()) - 1)


@batch_norm.counterexample(
    at_least=0.2, description="how far the output's variance is from 1", miss=0.281
)
def variance_of_the_output(rng):
    for v in (0.02, 0.2, 2.0):  # 0.976, 0.8, 0.286
        yield _variance_error(v, _SAID, rng)


@batch_norm.symbolic(scope=AS_STATED)
def batch_norm_proof():
    import sympy as sp

    n, v, e, S, Q = sp.symbols("n v epsilon S Q", positive=True)  # sums of x and of x²
    mean = S / n
    spread = Q / n - mean**2
    divided = (Q - 2 * mean * S + n * mean**2) / n / (v + e)  # the mean of x̂², which has mean 0
    yield "x̂ has the mean (S - n S/n)/(n sqrt(v + ε)) = 0", S - n * mean
    yield (
        "and, of any batch, the mean square v/(v + ε)",
        sp.simplify(divided - v / (v + e)).subs(v, spread).simplify(),
    )
    fifth = sp.Rational(1, 5)
    yield "1/5 for v = 1/5 and ε = 4/5", fifth / (fifth + 4 * fifth) - fifth


@batch_norm.meaning()
def batch_norm_in_words(rng):
    for v, epsilon in ((0.2, _SAID), (2.0, 1e-5)):
        x = rng.normal(size=50)
        x = 3 + (x - x.mean()) / x.std() * math.sqrt(v)
        out = _normalised(x, epsilon)
        at_said = _normalised(x, _SAID).var()
        yield {
            "ε = 0.8 where momentum 0.8 was meant": None,  # what the code says
            "BatchNorm(n, 0.8) sets the momentum to 0.8": abs(at_said - 1) < 1e-4,
            "v/(v + 0.8) and not 1": abs(at_said - v / (v + 0.8)) < 1e-12,
            "for v = 0.2 it is 0.2": (
                abs(_normalised(x * math.sqrt(0.2 / v), _SAID).var() - 0.2) < 1e-12
            ),
            r"\hat{x}": out[0],
            "x": x[0],
            r"\mu": x.mean(),
            "v": v,
            r"\varepsilon": epsilon,
            r"\operatorname{Var} \hat{x}": out.var(),
        }


# At v = 0.02 the default leaves 1 - v/(v + 1e-5) = 5e-4, and the batch's own v varies by 3%.
@batch_norm.correction("ε = 1e-5, the default", tolerance=6e-4)
def default_epsilon(rng):
    for v in (0.02, 0.2, 2.0):
        yield _variance_error(v, 1e-5, rng)


requirement = Claim(
    id="B-E20",
    alias="erratum-bounded-and-differentiable",
    title="“an activation must be bounded and differentiable”; output “between 0 and −1 and +1”",
    statement="Said: an activation's output lies between 0 and -1 and +1, and it must be bounded "
    "and differentiable. Right: ReLU, leaky ReLU, maxout and the linear activation are unbounded, "
    "and the first three have a corner; the networks of the paper are made of them (A-NN-02). "
    "Bounded are the sigmoid, with the range (0, 1), and tanh, with the range (-1, 1).",
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
    return float(np.max(excess([y.max(), least], [most, y.min()])))


def _corner(f) -> float:
    """The difference of the one-sided slopes at 0."""
    left, right = slopes_at_zero(f)
    return float(abs(right - left))


_UNBOUNDED = ("ReLU", "leaky ReLU", "maxout of a, −a")


@requirement.counterexample(
    at_least=1e-3, description="how far outside [-1, 1]; slopes at 0 apart", miss=0.8
)
def unbounded_with_a_corner():
    for name in _UNBOUNDED:
        yield _outside(activation(name).function, -1, 1)  # relu(1e6) = 1e6
        yield _corner(activation(name).function)  # ReLU's: 1 and 0
    yield _outside(activation("linear").function, -1, 1)


@requirement.symbolic(scope=AS_STATED)
def requirement_proof():
    import sympy as sp

    h = sp.Symbol("h", positive=True)
    a = sp.Symbol("a", real=True)
    k = sp.Rational(1, 5)  # the slope of leaky ReLU below 0
    for name, f, left in (
        ("ReLU", lambda a: sp.Max(0, a), 0),
        ("leaky ReLU", lambda a: sp.Max(k * a, a), k),
        ("maxout of a and -a", lambda a: sp.Max(a, -a), -1),
    ):
        yield f"{name} is h at h, above every bound", f(h) - h
        yield (
            f"its slope to the right of 0 is 1, to the left {left}",
            sp.Matrix([f(h) / h - 1, -f(-h) / h - left]),
        )
    sigma = 1 / (1 + sp.exp(-a))
    yield "0 < sigma < 1", sp.And(sigma > 0, sp.exp(-a) * sigma > 0)  # 1 - sigma = e^-a sigma
    tanh = 2 * sigma.subs(a, 2 * a) - 1
    yield (
        "tanh(a) = 2 sigma(2a) - 1: -1 < tanh < 1",
        sp.simplify(tanh.rewrite(sp.tanh) - sp.tanh(a)),
    )


@requirement.numerical(tolerance=1e-9, description="relu(1e6) = 1e6, slopes 1 and 0")
def rectifier_at_its_corner():
    yield abs(relu(1e6) - 1e6)
    yield abs(slopes_at_zero(relu) - [0, 1])


@requirement.meaning()
def requirement_in_words():
    left, right = slopes_at_zero(relu)
    bounded = all(_outside(activation(n).function, -1, 1) == 0 for n in _UNBOUNDED)
    yield {
        "“between 0 and −1 and +1”": bounded,
        "between 0 and -1 and +1": bounded,
        "bounded and differentiable": bounded
        and all(_corner(activation(n).function) == 0 for n in _UNBOUNDED),
        "A-NN-02": None,
        "range (0, 1)": _outside(expit, 0, 1) == 0,
        "range (-1, 1)": _outside(np.tanh, -1, 1) == 0,
        r"\operatorname{ReLU}(10^6)": relu(1e6),
        r"\operatorname{ReLU}'(0^-)": left,
        r"\operatorname{ReLU}'(0^+)": right,
    }


@requirement.correction("sigmoid in (0, 1), tanh in (-1, 1): nothing outside, no corner", 1e-5)
def bounded_and_smooth():
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
def the_step():
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


@linear.meaning()
def linear_in_words():
    errors = list(_superposition_errors(step))
    yield {
        "the perceptron's step function “is a linear activation”": max(errors) == 0,
        "is a linear activation": max(errors) == 0,
        "H(1)": step(1.0),
        "H(2)": step(2.0),
        "H(3)": step(3.0),
        "H(2 · 3)": step(6.0),
        r"H(2 \cdot 3)": step(6.0),
        "derivative of 0 almost everywhere": (
            step(1.0 + 1e-6) - step(1.0) == step(-1.0) - step(-1.0 - 1e-6) == 0
        ),
        "A-NN-04": None,
        "w · x + b = 0": None,  # the border, where the step jumps
    }


@linear.correction("the linear activation, and any multiple of it", tolerance=1e-12)
def the_line_and_its_multiples():
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
    r"\frac{p}{1 - p}, \quad \operatorname{Var}[y] > \operatorname{Var}[x]",
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
def added_variance(rng):
    yield from _added_variance_errors(lambda square, p: 0.0, rng)


@noise.counterexample(
    at_least=1e-3, description="hidden layers of rectifiers: log-odds not affine", miss=34
)
def rectified_hidden_layers(rng):
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
    k, m, n, r = sp.symbols("k m n r", integer=True, positive=True)  # widths
    u, v, w = sp.MatrixSymbol("u", k, m), sp.MatrixSymbol("v", m, n), sp.MatrixSymbol("w", n, r)
    z, b, c = sp.MatrixSymbol("z", r, 1), sp.MatrixSymbol("b", n, 1), sp.MatrixSymbol("c", m, 1)
    log_odds = (u * (v * (w * z + b) + c)).expand()
    yield (
        "linear hidden layers are one affine map: (u v w) z + u v b + u c, of any widths",
        sp.sympify(log_odds == ((u * v * w) * z + u * v * b + u * c).expand()),
    )


@noise.meaning()
def noise_in_words(rng):
    for p, x in ((0.5, np.array([2.0])), (0.2, rng.normal(size=6))):
        before, after = x.var(), _variance_over_masks(x, p)
        at_two = _variance_over_masks(np.array([2.0]), 0.5)
        yield {
            "dropout “to remove noise”": after <= before,
            "dropout removes noise from its hidden layers": after <= before,
            "A-NN-05": None,
            "A-NN-07": None,
            "adds the variance x^2 p/(1 - p), 4 for x = 2 and p = 1/2": abs(at_two - 4) < 1e-12,
            r"\operatorname{Var}[y]": after,
            r"\operatorname{Var}[x]": before,
            r"\operatorname{E}[x^2]": np.mean(x**2),
            "p": p,
        }


def _variance_over_masks(x: np.ndarray, p: float) -> float:
    """Var[y] of y = x m/(1 - p), x one of the given numbers and m a coin, by all outcomes."""
    y = np.concatenate([np.zeros(x.size), x / (1 - p)])
    chance = np.repeat([p / x.size, (1 - p) / x.size], x.size)
    return float(chance @ (y - chance @ y) ** 2)


# Var[y] is 6 at s = 1, p = 1/2, with E[(y - 2)^4] = 88: a standard error of 0.0114, as large as
# any here; 4.9 of them are 0.056.
@noise.correction("x² p/(1 - p) is said to be added", tolerance=0.06)
def right_variance(rng):
    yield from _added_variance_errors(lambda square, p: square * p / (1 - p), rng)


@noise.correction("with linear hidden layers the log-odds are affine", tolerance=1e-9)
def linear_hidden_layers(rng):
    yield from _log_odds_not_affine(activation("linear").function, rng)
