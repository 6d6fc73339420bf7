"""Mistakes about gradients that vanish or explode."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from theory.chapters.sequences.mistakes_in_backpropagation import complex_step
from theory.claim import Claim, excess

_COURSE = "000_8b69f153baee6a3b.txt"


eigenvectors = Claim(
    id="B-E06",
    alias="erratum-eigenvectors",
    title="“products with eigenvectors above or below 1; tanh and sigmoid are less than one”",
    statement="Said: the weights explode or vanish because weight vectors are multiplied again and "
    "again with eigenvectors of a value above or below one, and tanh and sigmoid are less than "
    "one. Right: the *gradients* do, and it is a matter of singular values (eigenvalues only for "
    "normal matrices) times activation *derivatives*, σ' ≤ 1/4 and tanh' ≤ 1 (1 at 0).",
    formula=r"\prod_t s_{\min}(D_t W) \le \left\| \prod_t D_t W \right\| \le "
    r"\prod_t s_{\max}(D_t W), \qquad \sigma' \le \tfrac14, \quad \tanh' \le 1",
    sources=("Pascanu, Mikolov, Bengio 2013, section 2.1", f"{_COURSE}:216"),
    erratum=True,
)


def _decades_outside(steps: list[np.ndarray], low, high) -> float:
    """By how many powers of ten the product's norm is outside the product of [low, high]."""
    size = np.log10(np.linalg.norm(reduce(np.matmul, steps), 2))
    lowest, highest = np.sum(np.log10(low)), np.sum(np.log10(high))
    return float(np.max(excess([lowest, size], [size, highest])))


def _tanh_chain(w: float, h: float) -> tuple[list[np.ndarray], list[float]]:
    """The 50 Jacobians of h <- tanh(w h), and the 50 values of tanh."""
    jacobians, values = [], []
    for _step in range(50):
        h = np.tanh(w * h)
        jacobians.append(np.array([[w * (1 - h * h)]]))
        values.append(h)
    return jacobians, values


_SHEAR = np.array([[0.5, 10], [0, 0.5]])


@eigenvectors.counterexample(at_least=1, description="powers of ten outside what is said", miss=1.6)
def powers_of_ten_outside_what_is_said():
    moduli = np.abs(np.linalg.eigvals(_SHEAR))
    yield _decades_outside([_SHEAR] * 2, [min(moduli)] * 2, [max(moduli)] * 2)  # 10.006, not 0.25
    yield _decades_outside(_tanh_chain(3, 1.5)[0], [3] * 50, [3] * 50)  # 7.9e-78, not 3^50
    jacobians, values = _tanh_chain(1, 0.01)
    yield _decades_outside(jacobians, values, values)  # 1, not 1e-100


@eigenvectors.symbolic(scope="for one matrix, and the derivatives of both activations")
def eigenvectors_proof():
    import sympy as sp

    W = sp.Matrix([[sp.Rational(1, 2), 10], [0, sp.Rational(1, 2)]])
    yield "the eigenvalues of W are 1/2", sp.Matrix(list(W.eigenvals())) - sp.Matrix([1]) / 2
    yield (
        "|W^2 (0, 1)|^2 = 100 + 1/16",
        (W**2 * sp.Matrix([0, 1])).dot(W**2 * sp.Matrix([0, 1])) - sp.Rational(1601, 16),
    )
    z = sp.Symbol("z", real=True)
    value = 1 / (1 + sp.exp(-z))
    yield (
        "sigma' = 1/4 - (sigma - 1/2)^2",
        sp.simplify(sp.diff(value, z) - sp.Rational(1, 4) + (value - sp.Rational(1, 2)) ** 2),
    )
    yield "tanh' = 1 - tanh^2", sp.expand(sp.diff(sp.tanh(z), z) - 1 + sp.tanh(z) ** 2)
    yield "which is 1 at 0", sp.diff(sp.tanh(z), z).subs(z, 0) - 1


@eigenvectors.numerical(tolerance=1e-12, description="two products whose value is known, relative")
def products_of_known_value():
    # The norm of [[a, b], [0, a]], a = 1/4, b = 10, is (sqrt(4 a^2 + b^2) + b)/2.
    yield abs(np.linalg.norm(_SHEAR @ _SHEAR, 2) / ((np.hypot(0.5, 10) + 10) / 2) - 1)
    steps, h = 1.0, 1.5
    for _step in range(50):
        steps *= 3 / np.cosh(3 * h) ** 2
        h = np.tanh(3 * h)
    yield abs(np.prod(_tanh_chain(3, 1.5)[0]) / steps - 1)


@eigenvectors.correction("singular values of D_t W", tolerance=1e-9)
def singular_values_of_d_t_w(rng):
    chains = [[_SHEAR] * 2, _tanh_chain(3, 1.5)[0], _tanh_chain(1, 0.01)[0]]
    W = rng.normal(size=(4, 4))
    chains.append([np.diag(1 - np.tanh(rng.normal(size=4)) ** 2) @ W for _step in range(20)])
    for steps in chains:
        values = np.linalg.svd(np.array(steps), compute_uv=False)
        yield _decades_outside(steps, values.min(1), values.max(1))


@eigenvectors.meaning()
def eigenvectors_in_words(rng):
    W = rng.normal(size=(4, 4))
    z = rng.normal(size=(20, 4))
    chain = [np.diag(1 - np.tanh(row) ** 2) @ W for row in z]
    values = np.linalg.svd(np.array(chain), compute_uv=False)
    for at in (0.0, 0.1, *z[0]):
        logistic = 1 / (1 + np.exp(-at))
        yield {
            r"\prod_t s_{\min}(D_t W)": np.prod(values.min(1)),
            r"\left\| \prod_t D_t W \right\|": np.linalg.norm(reduce(np.matmul, chain), 2),
            r"\prod_t s_{\max}(D_t W)": np.prod(values.max(1)),
            "products with eigenvectors above or below 1": None,
            "σ'": logistic * (1 - logistic),
            "tanh'": 1 / np.cosh(at) ** 2,
            "1 at 0": 1 / np.cosh(0.0) ** 2 == 1,
        }


capacity = Claim(
    id="B-E07",
    alias="erratum-memory-capacity",
    title="gradients vanish “because the memory's capacity is limited”",
    statement="Said: in recurrent networks gradients vanish and explode because memory is limited "
    "and the values of old moments cannot all be stored. Right: the cause is the repeated product "
    "of Jacobians with the same matrix; the gradient is the same whatever is stored.",
    formula=r"\frac{\partial h_T}{\partial h_0} = \prod_{t=1}^{T} "
    r"\frac{\partial h_t}{\partial h_{t-1}}",
    sources=("Pascanu, Mikolov, Bengio 2013, section 2", f"{_COURSE}:218,222"),
    erratum=True,
)

_MAPS = (  # h -> h', its slope, h_0
    (lambda h: 0.9 * h, lambda h: 0.9, 1.0),
    (lambda h: 1.1 * h, lambda h: 1.1, 1.0),
    (lambda h: np.tanh(3 * h), lambda h: 3 * (1 - np.tanh(3 * h) ** 2), 1.5),
)


def _decades(step: Callable, slope: Callable, h: float, every: int) -> float:
    """log10 |dh_100/dh_0|, backwards from the states stored, one of each `every` steps."""
    stored = {}
    for t in range(100):
        if t % every == 0:
            stored[t] = h
        h = step(h)
    total = 0.0
    for t in reversed(range(100)):
        h = stored[t - t % every]
        for _again in range(t % every):
            h = step(h)
        total += np.log10(abs(slope(h)))
    return total


@capacity.counterexample(
    at_least=1, description="decades lost or won with every state stored", miss=4.14
)
def decades_lost_or_won_with_every_state_stored():
    for step, slope, h in _MAPS:
        yield abs(_decades(step, slope, h, every=1))


@capacity.symbolic(scope="for a linear map of one number")
def capacity_proof():
    import sympy as sp

    rate, h, n = sp.symbols("lambda h n", positive=True)
    yield (
        "h_n = lambda^n h_0 obeys h' = lambda h",
        sp.powsimp(rate * rate**n * h) - rate ** (n + 1) * h,
    )
    yield "so dh_n/dh_0 = lambda^n", sp.diff(rate**n * h, h) - rate**n
    yield "lambda = 0.9: it falls to 0", sp.limit(sp.Rational(9, 10) ** n, n, sp.oo)
    yield "0.9^100 < 2.657e-5", sp.Rational(9, 10) ** 100 < sp.Rational(2657, 10**8)


@capacity.numerical(tolerance=1e-12, description="decades of the two linear maps")
def decades_of_linear_maps():
    yield abs(_decades(*_MAPS[0], every=1) - 100 * np.log10(0.9))
    yield abs(_decades(*_MAPS[1], every=1) - 100 * np.log10(1.1))


@capacity.correction(
    "less the product of Jacobians, for all, 1 in 10 or only h_0 stored", tolerance=1e-9
)
def less_the_product_of_jacobians_for_all_1_in_10():
    for step, slope, h in _MAPS:

        def last(start, step=step):
            return reduce(lambda state, _: step(state), range(100), start)

        product = np.log10(abs(complex_step(last, np.array(h))))
        for every in (1, 10, 100):
            yield abs(_decades(step, slope, h, every) - product)


@capacity.meaning()
def capacity_in_words():
    for step, slope, h in _MAPS:

        def last(start, step=step):
            return reduce(lambda state, _: step(state), range(100), start)

        slopes = [slope(reduce(lambda s, _, f=step: f(s), range(t), h)) for t in range(100)]
        yield {
            r"\frac{\partial h_T}{\partial h_0}": complex_step(last, np.array(h)),
            r"\prod_{t=1}^{T} \frac{\partial h_t}{\partial h_{t-1}}": np.prod(slopes),
        }


row_convention = Claim(
    id="B-E59",
    alias="erratum-row-convention",
    title="“∇ Loss · ∇f^[L] · W^[L] ⋯ ∇f^[l+1] · W^[l+1]”, without saying rows",
    statement="Said: a^[L] = f(W^[L] f(W^[L-1] a^[L-2]), one bracket open, no biases, and "
    "a gradient as a product in an order that holds for *rows* only, although the part on "
    "back-propagation through time writes gradients as *columns*. Right: close the bracket, add b "
    "(f' is then taken at W a + b), and state the convention: here dLoss/da is a row, "
    "there grad_h = W grad_Z is a column.",
    formula=r"\frac{\partial \mathrm{Loss}}{\partial a^{[l]}} = "
    r"\frac{\partial \mathrm{Loss}}{\partial a^{[L]}} D^{[L]} W^{[L]} \cdots D^{[l+1]} W^{[l+1]}, "
    r"\quad D^{[k]} = \operatorname{diag} f'(z^{[k]}), \quad z^{[k]} = W^{[k]} a^{[k-1]} + b^{[k]}",
    assumptions=("a^[k] are columns", "f acts elementwise"),
    sources=("Rumelhart, Hinton, Williams 1986", f"{_COURSE}:201,207,214"),
    erratum=True,
)


_PRINTED = r"f(W^{[L]}f(W^{[L-1]}a^{[L-2]})"  # as the document has it, line 201


def _product_error(rng: np.random.Generator, widths: tuple[int, ...], row: bool) -> float:
    """|the printed product - dLoss/da^[l]| at random; 1.0 when the shapes do not fit."""
    weights = [rng.normal(size=pair) for pair in zip(widths[1:], widths, strict=False)]
    biases = [rng.normal(size=width) for width in widths[1:]]
    target = rng.normal(size=widths[-1])

    def loss(a):
        for W, b in zip(weights, biases, strict=True):
            a = np.tanh(W @ a + b)
        return np.sum((a - target) ** 2) / 2

    start = rng.normal(size=widths[0])
    a, product = start, np.eye(widths[0])
    for W, b in zip(weights, biases, strict=True):
        a = np.tanh(W @ a + b)
        product = np.diag(1 - a * a) @ W @ product  # D^[L] W^[L] ... D^[l+1] W^[l+1]
    try:
        gradient = (a - target) @ product if row else product @ (a - target)
    except ValueError:
        return 1.0
    return float(np.max(np.abs(gradient - complex_step(loss, start))))


@row_convention.counterexample(
    at_least=1e-3, description="applied to a column, widths as given", miss=0.885
)
def applied_to_a_column_widths_as_given(rng):
    for widths in ((3, 5, 4, 2), (2, 6, 3), (4, 4, 4, 4)):
        yield _product_error(rng, widths, row=False)
    yield abs(_PRINTED.count("(") - _PRINTED.count(")"))


@row_convention.symbolic(scope="for one layer of two units with three inputs")
def row_convention_proof():
    import sympy as sp

    W, D = sp.Matrix(2, 3, sp.symbols("w_:6")), sp.diag(*sp.symbols("d_:2"))
    a, g = sp.Matrix(sp.symbols("a_:3")), sp.Matrix(sp.symbols("g_:2"))
    change = (g.T * D * W * a)[0]  # of the loss, to first order, for a change a of the input
    row = sp.Matrix([[sp.diff(change, ai) for ai in a]])
    yield "as a row: g D W", (row - g.T * D * W).expand()
    yield "as a column: W' D g", (row.T - W.T * D * g).expand()


@row_convention.correction("applied to a row", tolerance=1e-12)
def applied_to_a_row(rng):
    for widths in ((3, 5, 4, 2), (2, 6, 3), (4, 4, 4, 4)):
        yield _product_error(rng, widths, row=True)
    closed = _PRINTED + ")"
    yield abs(closed.count("(") - closed.count(")"))


@row_convention.meaning()
def row_convention_in_words(rng):
    W, b, a, target = (rng.normal(size=shape) for shape in ((3, 2), 3, 2, 3))
    z = W @ a + b
    output = np.tanh(z)
    by_output, by_input = (
        output - target,
        complex_step(lambda v: np.sum((np.tanh(W @ v + b) - target) ** 2) / 2, a),
    )
    product = by_output @ np.diag(1 - output**2) @ W
    yield {
        "∇ Loss · ∇f^[L] · W^[L] ⋯ ∇f^[l+1] · W^[l+1]": None,
        "a^[L] = f(W^[L] f(W^[L-1] a^[L-2])": _PRINTED.count("(") == _PRINTED.count(")"),
        "grad_h = W grad_Z": bool(np.allclose(by_input, W.T @ (by_output * (1 - output**2)))),
        r"\frac{\partial \mathrm{Loss}}{\partial a^{[l]}}": by_input[1],
        r"\frac{\partial \mathrm{Loss}}{\partial a^{[L]}} D^{[L]} W^{[L]} \cdots D^{[l+1]} "
        r"W^{[l+1]}": product[1],
        r"D^{[k]} = \operatorname{diag} f'(z^{[k]})": bool(
            np.allclose(1 - output**2, 1 / np.cosh(z) ** 2)
        ),
        r"z^{[k]}": z[0],
        r"W^{[k]} a^{[k-1]} + b^{[k]}": W[0] @ a + b[0],
    }
