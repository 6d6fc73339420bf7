"""How far a network stretches distances: the product of its layers' norms (claim A-NN-09)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from theory.chapters.networks.activations import ACTIVATIONS, Activation, activation
from theory.claim import AS_STATED, Claim, excess

lipschitz = Claim(
    id="A-NN-09",
    alias="product-of-spectral-norms",
    title="a network's Lipschitz constant is at most the product of its layers' spectral norms",
    statement="A network N of linear layers W_1, ..., W_L with activations of slope at most 1 "
    "between them (ReLU, leaky ReLU, tanh, sigmoid) stretches distances by at most the product of "
    "the layers' spectral norms; linear layers with common singular vectors reach it. So weights "
    "divided by their norms make it 1-Lipschitz. A circular convolution has the norm of its "
    "matrix, the largest size of the kernel's Fourier transform: for the kernel (1, 1, 1)/3 it is "
    "1, but the kernel reshaped to a row has the norm 3^(-1/2) = 0.577. Power iteration comes from "
    "below, so that too few steps leave the weights too large.",
    formula=r"\mathrm{Lip}(N) \le \prod_{l=1}^{L} \|W_l\|_2",
    assumptions=("distances are Euclidean",),
    sources=(
        "Miyato et al. 2018, Spectral normalization, equation 7",
        "Sedghi, Gupta, Long 2019, The singular values of convolutional layers",
    ),
)


@lipschitz.symbolic(scope=AS_STATED)
def lipschitz_proof():
    import sympy as sp

    a, b, c, x = sp.symbols("a b c x", real=True)
    s = sp.Symbol("s", positive=True)
    r, d, G, H, D, e = sp.symbols("r d G H D e", nonnegative=True)
    m = 1 / (1 + d)  # the mean slope of f between a and b, up to its sign: at most 1
    yield (
        "|f(a) - f(b)| = m |a - b| with m <= 1 (or 0): in each coordinate f shortens differences",
        sp.simplify((a - b) ** 2 - (m * (a - b)) ** 2 - (1 - m**2) * (a - b) ** 2),
    )
    yield "as 1 - m^2 >= 0", sp.factor(1 - m**2) >= 0
    yield "tanh: 1 - slope = tanh^2", sp.simplify(1 - sp.diff(sp.tanh(x), x) - sp.tanh(x) ** 2)
    sigma = 1 / (1 + sp.exp(-x))
    yield (
        "sigmoid: slope = sigma - sigma^2 <= 1/4, by the square (sigma - 1/2)^2",
        sp.simplify(sp.Rational(1, 4) - sp.diff(sigma, x) - (sigma - sp.Rational(1, 2)) ** 2),
    )
    yield from _rectifier_steps(sp)
    # |W h|² is the sum of s_i² c_i² over W's singular values, c_i the coordinates of h in its
    # right singular vectors; s_1² = s_i² + d is the largest
    yield (
        "||W||^2 |h|^2 - |W h|^2 has the terms (s_1^2 - s_i^2) c_i^2",
        sp.expand((s**2 + d) * c**2 - s**2 * c**2 - d * c**2),
    )
    yield (
        "which are >= 0, and 0 for the first singular vector",
        d * c**2 >= 0,
    )
    inner = H * D - e  # |h(x) - h(y)| <= H D, by e
    yield (
        "|g(h(x)) - g(h(y))| = G |h(x) - h(y)| - r is below G H D by G e + r >= 0: norms multiply, "
        "layer after layer",
        sp.expand(G * H * D - (G * inner - r) - (G * e + r)),
    )
    one, two = sp.symbols("t1 t2", positive=True)
    yield (
        "common singular vectors: s_1(W_2) s_1(W_1) is reached",
        sp.simplify(sp.sqrt((two * one) ** 2) - two * one),
    )
    yield from _convolution_steps(sp)
    w, k = sp.Symbol("omega", real=True), sp.Rational(1, 3)
    transform = k * (sp.exp(-sp.I * w) + 1 + sp.exp(sp.I * w))
    yield (
        "(1, 1, 1)/3 has the transform (1 + 2 cos omega)/3",
        sp.simplify(transform.rewrite(sp.cos) - (1 + 2 * sp.cos(w)) / 3),
    )
    yield "which is 1 at omega = 0", transform.subs(w, 0) - 1
    yield (
        "and nowhere larger, since 1 - it is (4/3) sin^2(omega/2)",
        sp.simplify(1 - (1 + 2 * sp.cos(w)) / 3 - sp.Rational(4, 3) * sp.sin(w / 2) ** 2),
    )
    yield (
        "nor below -1, since it + 1/3 is (4/3) cos^2(omega/2)",
        sp.simplify(
            (1 + 2 * sp.cos(w)) / 3 + sp.Rational(1, 3) - sp.Rational(4, 3) * sp.cos(w / 2) ** 2
        ),
    )
    yield "as a row its norm is 3^(-1/2)", sp.sqrt(3 * k**2) - 1 / sp.sqrt(3)
    # After n steps the estimate² is the mean of s_i² with the weights s_i^(4n) c_i²
    first, weight = sp.symbols("p1 p2", positive=True)
    mean = (first * (s**2 + d) + weight * s**2) / (first + weight)
    yield (
        "power iteration: a mean of the s_i^2 is below the largest by its share of d",
        sp.simplify(s**2 + d - mean - weight * d / (first + weight)),
    )


def _rectifier_steps(sp):
    """max(k a, a) shortens differences for every leak k; ReLU is k = 0."""
    a, b = sp.symbols("a b", positive=True)
    u = sp.Symbol("u", nonnegative=True)
    k = u / (1 + u)  # every leak in [0, 1)

    def f(x):
        return sp.simplify(sp.Max(k * x, x).rewrite(sp.Abs))

    yield (
        "ReLU (k = 0) and leaky ReLU, max(k a, a) of any leak k = u/(1 + u): a right of 0, k a "
        "left of it",
        sp.Matrix([sp.simplify(f(a) - a), sp.simplify(f(-a) + k * a)]),
    )
    yield (
        "so differences on one side are kept, or multiplied by k, 1 - k = 1/(1 + u) > 0",
        sp.factor(1 - k) > 0,
    )
    yield (
        "and from -b to a, across 0, they shrink by (1 - k) b",
        sp.simplify((a + b) - (f(a) - f(-b)) - (1 - k) * b),
    )


def _convolution_steps(sp):
    """The Fourier transform diagonalises every circular convolution."""
    n = sp.Symbol("n", integer=True, positive=True)
    j, t, nu, d = sp.symbols("j l nu d", integer=True)
    r = sp.Symbol("r")
    w = 2 * sp.pi * nu / n
    kernel = sp.IndexedBase("k")

    def wave(place):
        return sp.exp(sp.I * w * place)

    yield (
        "circular convolution with any kernel k of n numbers: the wave e_j = exp(i omega j), "
        "omega = 2 pi nu/n, has the period n",
        sp.powsimp(sp.expand(wave(j + n) / wave(j))) - 1,
    )
    image = sp.Sum(kernel[t] * wave(j - t), (t, 0, n - 1))
    transform = sp.Sum(kernel[t] * wave(-t), (t, 0, n - 1))
    factor = wave(j)
    yield (
        "so (C e)_j = sum_l k_l e_(j - l), and it is the kernel's Fourier transform at omega "
        "times e_j",
        sp.simplify(
            sp.powsimp(sp.expand(image.function))
            - sp.powsimp(sp.expand(factor * transform.function))
        ),
    )
    total = sp.Sum(r**j, (j, 0, n - 1)).doit().subs(sp.Eq(r, 1), sp.false)
    yield (
        "waves of frequencies that differ by d: the sum of their products with the conjugate is "
        "(1 - r^n)/(1 - r), r = exp(2 pi i d/n) not 1",
        sp.simplify(total - (1 - r**n) / (1 - r)),
    )
    yield (
        "and r^n = 1: they are orthogonal, n waves of size sqrt(n). In this basis |C h|^2 is the "
        "sum of |transform|^2 |c|^2, and as above the largest |transform| is the norm",
        1 - sp.exp(sp.I * w * n).subs(nu, d),
    )


def _circulant(kernel: Sequence[float], n: int) -> np.ndarray:
    """The matrix of the circular convolution of n numbers with a kernel."""
    from scipy.linalg import circulant

    return circulant(np.concatenate([kernel, np.zeros(n - len(kernel))])).T


def _norm(W: np.ndarray) -> float:
    """The largest singular value."""
    return float(np.linalg.svd(W, compute_uv=False)[0])


def _stretch(layers: Sequence[np.ndarray], f: Activation, x: np.ndarray, bias: float) -> float:
    """The spectral norm of the network's Jacobian at x: what it stretches short ways by."""
    jacobian, h = np.eye(x.size), x
    for number, W in enumerate(layers):
        h, jacobian = W @ h + bias, W @ jacobian
        if number < len(layers) - 1:
            h, jacobian = f.function(h), f.derivative(h)[:, None] * jacobian
    return _norm(jacobian)


def _random_layers(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.normal(size=(7, 5)), rng.normal(size=(6, 7)), rng.normal(size=(4, 6))]


def _aligned_layers(rng: np.random.Generator, n: int = 6) -> list[np.ndarray]:
    """Three matrices with the same singular vectors, their values in the same order."""
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return [basis @ np.diag(np.sort(rng.uniform(0.2, 2, n))) @ basis.T for _layer in range(3)]


def _excesses(norm: Callable[[np.ndarray], float], rng: np.random.Generator):
    """By how much networks stretch beyond the product of the layers' norms, relative to it."""
    for name in ("ReLU", "leaky ReLU", "tanh", "sigmoid"):
        layers = _random_layers(rng)
        product = np.prod([norm(W) for W in layers])
        seen = [_stretch(layers, activation(name), rng.normal(size=5), 0.0) for _x in range(20)]
        yield excess(max(seen) / product, 1)
    for _instance in range(8):  # a large bias keeps all units in the linear part
        layers = _aligned_layers(rng)
        product = np.prod([norm(W) for W in layers])
        yield excess(_stretch(layers, activation("ReLU"), rng.normal(size=6), 100.0) / product, 1)


@lipschitz.numerical(tolerance=1e-12, description="stretch beyond the product of norms, relative")
def product_of_norms(rng):
    yield from _excesses(_norm, rng)


@lipschitz.numerical(tolerance=1e-12, description="what aligned layers fall short of the product")
def reached(rng):
    for _instance in range(8):
        layers = _aligned_layers(rng)
        product = np.prod([_norm(W) for W in layers])
        yield excess(1, _stretch(layers, activation("ReLU"), rng.normal(size=6), 100.0) / product)


def _convolution_error(norm: Callable[[np.ndarray], float], rng: np.random.Generator):
    """A circular convolution's norm, by its matrix, against a norm computed from its kernel."""
    for n, kernel in ((16, np.ones(3) / 3), (64, rng.normal(size=5)), (9, rng.normal(size=9))):
        yield abs(_norm(_circulant(kernel, n)) - norm(np.pad(kernel, (0, n - kernel.size))))


@lipschitz.numerical(tolerance=1e-12, description="convolutions: matrix against Fourier transform")
def convolutions(rng):
    yield from _convolution_error(lambda kernel: float(np.abs(np.fft.fft(kernel)).max()), rng)


def _estimate(W: np.ndarray, steps: int, rng: np.random.Generator) -> float:
    """‖W‖ by power iteration from a random vector: |W v| after some steps."""
    v = rng.normal(size=W.shape[1])
    for _step in range(steps):
        v = W.T @ (W @ v)
        v /= np.linalg.norm(v)
    return float(np.linalg.norm(W @ v) / np.linalg.norm(v))


@lipschitz.meaning()
def lipschitz_in_words(rng):
    a = np.linspace(-9, 9, 1000)
    gentle = all(
        np.abs(f.derivative(a)).max() <= 1
        for f in ACTIVATIONS
        if f.name in ("ReLU", "leaky ReLU", "tanh", "sigmoid")
    )
    row = np.ones((1, 3)) / 3
    layers = [W / _norm(W) for W in _aligned_layers(rng)]
    unit = abs(_stretch(layers, activation("ReLU"), np.zeros(6), 100.0) - 1) < 1e-12
    for layers in (_random_layers(rng), _aligned_layers(rng)):
        x = rng.normal(size=(50, layers[0].shape[1]))
        yield {
            r"\mathrm{Lip}(N)": max(_stretch(layers, activation("tanh"), v, 0.0) for v in x),
            r"\prod_{l=1}^{L} \|W_l\|_2": float(np.prod([_norm(W) for W in layers])),
            "W_1, ..., W_L": None,
            "activations of slope at most 1": gentle,
            "make it 1-Lipschitz": unit,
            "for the kernel (1, 1, 1)/3 it is 1": abs(_norm(_circulant(row[0], 12)) - 1) < 1e-12,
            "the kernel reshaped to a row has the norm": abs(_norm(row) - 3**-0.5) < 1e-12,
        }


@lipschitz.control("the norm by one step of power iteration", of=product_of_norms, miss=0.708)
def one_step(rng):
    yield from list(_excesses(lambda W: _estimate(W, 1, rng), rng))[4:]


@lipschitz.control(
    "the largest eigenvalue, or the longest row, in place of the norm",
    of=product_of_norms,
    miss=1.41,
)
def neighbouring_norms(rng):
    shear = np.eye(2) + np.array([[0, 1], [0, 0]])
    largest = np.abs(np.linalg.eigvals(shear)).max()
    yield excess(_stretch([shear, shear], activation("ReLU"), np.ones(2), 9.0) / largest**2, 1)
    longest = np.linalg.norm(shear, axis=1).max()
    yield excess(_stretch([shear, shear], activation("ReLU"), np.ones(2), 9.0) / longest**2, 1)


@lipschitz.control("the reshaped kernel's norm is the convolution's", of=convolutions, miss=1.04)
def reshaped_kernel(rng):
    yield from _convolution_error(lambda kernel: _norm(kernel[None]), rng)


@lipschitz.control(
    "an activation of slope 2, max(2a, a), between the layers", of=product_of_norms, miss=3
)
def steep_activation(rng):
    steep = Activation(
        "steep",
        lambda a: np.maximum(2 * a, a),
        lambda a: np.where(a > 0, 2.0, 1.0),
        -np.inf,
        np.inf,
    )
    for _instance in range(5):
        layers = _aligned_layers(rng)
        product = np.prod([_norm(W) for W in layers])
        yield excess(_stretch(layers, steep, rng.normal(size=6), 100.0) / product, 1)
