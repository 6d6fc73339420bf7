"""Mistakes about back-propagation through time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from theory.claim import Claim

_COURSE = "000_8b69f153baee6a3b.txt"


def complex_step(f: Callable, at: np.ndarray) -> np.ndarray:
    """d f_j / d at_i of an analytic f, as an array with the axes of `at` and then those of f."""
    columns = []
    for index in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[index] += 1e-30j
        columns.append(np.imag(f(moved)) / 1e-30)
    return np.array(columns).reshape(at.shape + np.shape(columns[0]))


# Z0(t) = X(t) W0 + h(t-1) W11 + z0(t), h = tanh(Z0), Z1 = h W1 + z1(t), Y = g(Z1), rows as
# vectors. z0 and z1 are 0: the gradient with respect to Z0(t) or Z1(t) is theirs.


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z)
    return e / np.sum(e)


def _networks(rng: np.random.Generator, output: Callable = _softmax) -> Iterator[dict]:
    """Three recurrent networks of width 4 with inputs and targets of 4 steps."""
    for _instance in range(3):
        net = {name: rng.normal(0, 0.5, (4, 4)) for name in ("w0", "w11", "w1", "x", "d")}
        yield net | {
            "h": rng.normal(0, 0.5, 4),
            "z0": np.zeros((4, 4)),
            "z1": np.zeros((4, 4)),
            "g": output,
        }


def _outputs(net: dict, **changed: np.ndarray) -> np.ndarray:
    """Y(1), ..., Y(4), a row each; a weight with three axes has a copy of its own at each step."""
    net = net | changed
    w0, w11, w1 = (np.broadcast_to(net[name], (4, 4, 4)) for name in ("w0", "w11", "w1"))
    h, rows = net["h"], []
    for t in range(4):
        h = np.tanh(net["x"][t] @ w0[t] + h @ w11[t] + net["z0"][t])
        rows.append(net["g"](h @ w1[t] + net["z1"][t]))
    return np.array(rows)


def _losses(net: dict, **changed: np.ndarray) -> np.ndarray:
    """|Y(t) - d(t)|^2/2 of each step; the loss is their sum."""
    return np.sum((_outputs(net, **changed) - net["d"]) ** 2, axis=1) / 2


def _gradient(net: dict, name: str, at: np.ndarray | None = None) -> np.ndarray:
    """dLoss/d(name), by complex steps."""
    at = net[name] if at is None else at
    return complex_step(lambda v: np.sum(_losses(net, **{name: v})), at)


@cache
def _symbols() -> dict:
    """The same network over two steps, of width 2, with g = identity, in symbols."""
    import sympy as sp

    net: dict[str, Any] = {
        n: [sp.Matrix(2, 2, sp.symbols(f"{n}_{t}_:4")) for t in (1, 2)] for n in ("w0", "w11")
    }
    net |= {
        n: [sp.Matrix(1, 2, sp.symbols(f"{n}_{t}_:2")) for t in (1, 2)] for n in ("x", "z0", "z1")
    }
    w1, h = sp.Matrix(2, 2, sp.symbols("w1_:4")), sp.Matrix(1, 2, sp.symbols("h_:2"))
    net["y"] = []
    for t in range(2):
        h = (net["x"][t] * net["w0"][t] + h * net["w11"][t] + net["z0"][t]).applyfunc(sp.tanh)
        net["y"].append(h * w1 + net["z1"][t])
    target = sp.Matrix(2, 2, sp.symbols("d_:4"))
    net["error"] = sp.Matrix.vstack(*net["y"]) - target
    net["loss"] = sum(e**2 for e in net["error"]) / 2
    return net


wrong_index = Claim(
    id="B-E02",
    alias="erratum-bptt-index",
    title="“dLoss/dw⁰_ij = dLoss/dZ⁰_i(T) · X_i(T)”",
    statement="Said: dLoss/dw0_ij = dLoss/dZ0_i(T) X_i(T). Right: the index on Z is j: "
    "dLoss/dw0_ij = dLoss/dZ0_j(T) X_i(T) (the part that step T adds), as the vector line above it "
    "and the lines on W1 and W11 have it.",
    formula=r"\frac{\partial \mathrm{Loss}}{\partial w^{(0)}_{ij}} = "
    r"\frac{\partial \mathrm{Loss}}{\partial Z^{(0)}_j(T)} X_i(T)",
    assumptions=("w_ij leads from i to j", "the contribution of step T"),
    sources=("Werbos 1990", f"{_COURSE}:150-153"),
    erratum=True,
)


def _last_w0_gradient(net: dict) -> np.ndarray:
    """What W0 at the last step contributes, from a network with a W0 of its own at each step."""
    return _gradient(net, "w0", np.tile(net["w0"], (4, 1, 1)))[-1]


@wrong_index.counterexample(
    at_least=1e-3, description="as printed, against complex steps", miss=0.0394
)
def as_printed_againstcomplex_steps(rng):
    for net in _networks(rng):
        printed = np.tile((net["x"][-1] * _gradient(net, "z0")[-1])[:, None], 4)
        yield np.max(np.abs(printed - _last_w0_gradient(net)))


@wrong_index.symbolic(scope="for two steps of width 2")
def wrong_index_proof():
    import sympy as sp

    net = _symbols()
    by_z = [sp.diff(net["loss"], z) for z in net["z0"][1]]
    for i in range(2):
        for j in range(2):
            by_w = sp.diff(net["loss"], net["w0"][1][i, j])
            yield f"dLoss/dw_{i + 1}{j + 1} of step 2", sp.expand(by_w - net["x"][1][i] * by_z[j])


@wrong_index.correction("with j on Z", tolerance=1e-12)
def with_j_on_z(rng):
    for net in _networks(rng):
        right = np.outer(net["x"][-1], _gradient(net, "z0")[-1])
        yield np.max(np.abs(right - _last_w0_gradient(net)))


@wrong_index.meaning()
def wrong_index_in_words(rng):
    for net in _networks(rng):
        by_w, by_z, x = _last_w0_gradient(net), _gradient(net, "z0")[-1], net["x"][-1]
        printed = bool(np.allclose(by_w, np.outer(x * by_z, np.ones(4))))
        for i, j in ((0, 1), (2, 3), (3, 0)):
            yield {
                "dLoss/dw⁰_ij = dLoss/dZ⁰_i(T) · X_i(T)": printed,
                "dLoss/dw0_ij = dLoss/dZ0_i(T) X_i(T)": printed,
                "dLoss/dw0_ij": by_w[i, j],
                r"\frac{\partial \mathrm{Loss}}{\partial w^{(0)}_{ij}}": by_w[i, j],
                "dLoss/dZ0_j(T)": by_z[j],
                r"\frac{\partial \mathrm{Loss}}{\partial Z^{(0)}_j(T)}": by_z[j],
                "X_i(T)": x[i],
            }


wrong_time = Claim(
    id="B-E03",
    alias="erratum-bptt-time",
    title="“∇_{Z¹(T−1)} Loss = ∇_{Z¹(T)} Y(T−1) · ∇_{Y(T−1)} Loss”",
    statement="Said: the gradient with respect to Z1(T-1) is (the Jacobian of Y(T-1) with respect "
    "to Z1(T)) times the gradient with respect to Y(T-1). Right: the Jacobian is with respect to "
    "Z1(T-1). Y(T-1) does not depend on the later Z1(T), so that what is printed is 0.",
    formula=r"\nabla_{Z^{(1)}(T-1)} \mathrm{Loss} = \nabla_{Z^{(1)}(T-1)} Y(T-1)\, "
    r"\nabla_{Y(T-1)} \mathrm{Loss}",
    sources=("Werbos 1990", f"{_COURSE}:170"),
    erratum=True,
)


def _next_to_last(net: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dY_j(T-1)/dZ1_i(t) for every t, dLoss/dY(T-1), and dLoss/dZ1(T-1)."""
    jacobian = complex_step(lambda v: _outputs(net, z1=v)[-2], net["z1"])
    return jacobian, (_outputs(net) - net["d"])[-2], _gradient(net, "z1")[-2]


@wrong_time.counterexample(
    at_least=1e-3, description="as printed, against complex steps", miss=0.082
)
def wrong_time_as_printed_againstcomplex_steps(rng):
    for net in _networks(rng):
        jacobian, by_y, by_z = _next_to_last(net)
        yield np.max(np.abs(jacobian[-1] @ by_y - by_z))


@wrong_time.symbolic(scope="for two steps of width 2 and the identity as output")
def wrong_time_proof():
    import sympy as sp

    net = _symbols()
    for time, name in ((1, "as printed, dY(1)/dZ1(2) = 0"), (0, "dY(1)/dZ1(1) = 1, g = identity")):
        jacobian = sp.Matrix([[sp.diff(y, z) for y in net["y"][0]] for z in net["z1"][time]])
        yield name, jacobian - (sp.eye(2) if time == 0 else sp.zeros(2))
    for j in range(2):
        by_z = sp.diff(net["loss"], net["z1"][0][j])
        yield f"dLoss/dZ1_{j + 1}(1) = dLoss/dY_{j + 1}(1)", sp.expand(by_z - net["error"][0, j])


@wrong_time.correction("with Z1(T-1)", tolerance=1e-12)
def with_z1_t_1(rng):
    for net in _networks(rng):
        jacobian, by_y, by_z = _next_to_last(net)
        yield np.max(np.abs(jacobian[-2] @ by_y - by_z))


@wrong_time.meaning()
def wrong_time_in_words(rng):
    for net in _networks(rng):
        jacobian, by_y, by_z = _next_to_last(net)
        yield {
            "∇_{Z¹(T−1)} Loss = ∇_{Z¹(T)} Y(T−1) · ∇_{Y(T−1)} Loss": bool(
                np.allclose(jacobian[-1] @ by_y, by_z)
            ),
            "Z1(T-1)": None,
            "Y(T-1)": None,
            "what is printed is 0": bool(np.all(jacobian[-1] == 0)),
            r"\nabla_{Z^{(1)}(T-1)} \mathrm{Loss}": by_z[1],
            r"\nabla_{Z^{(1)}(T-1)} Y(T-1)\, \nabla_{Y(T-1)} \mathrm{Loss}": jacobian[-2][1] @ by_y,
        }


dropped_sum = Claim(
    id="B-E04",
    alias="erratum-bptt-dropped-sum",
    title="“dLoss/dZ¹_i(T−1) = dLoss/dY_i(T−1) · dY_i/dZ¹_i(T−1)”",
    statement="Said: dLoss/dZ1_i(T-1) = dLoss/dY_i(T-1) dY_i(T-1)/dZ1_i(T-1), although the sum "
    "over j is kept at T. Right: the sum over j is needed for an output activation that mixes its "
    "entries, such as softmax; the short form holds only for an elementwise one.",
    formula=r"\frac{\partial \mathrm{Loss}}{\partial Z^{(1)}_i(T-1)} = \sum_j "
    r"\frac{\partial \mathrm{Loss}}{\partial Y_j(T-1)} "
    r"\frac{\partial Y_j(T-1)}{\partial Z^{(1)}_i(T-1)}",
    sources=("Werbos 1990", f"{_COURSE}:173"),
    erratum=True,
)


@dropped_sum.counterexample(
    at_least=1e-3, description="one term, softmax, against complex steps", miss=0.00869
)
def one_term_softmax_againstcomplex_steps(rng):
    for net in _networks(rng):
        jacobian, by_y, by_z = _next_to_last(net)
        yield np.max(np.abs(np.diag(jacobian[-2]) * by_y - by_z))


@dropped_sum.symbolic(scope="for a softmax of two entries")
def dropped_sum_proof():
    import sympy as sp

    z, d = sp.symbols("z_1 z_2", real=True), sp.symbols("d_1 d_2", real=True)
    y = [sp.exp(zi) / (sp.exp(z[0]) + sp.exp(z[1])) for zi in z]
    loss = sum((yi - di) ** 2 for yi, di in zip(y, d, strict=True)) / 2
    terms = [(yj - dj) * sp.diff(yj, z[0]) for yj, dj in zip(y, d, strict=True)]
    yield "the sum over j is dLoss/dZ_1", sp.simplify(sp.diff(loss, z[0]) - sum(terms))
    yield (
        "the dropped term is -(Y_2 - d_2) Y_1 Y_2",
        sp.simplify(terms[1] + (y[1] - d[1]) * y[0] * y[1]),
    )


@dropped_sum.correction("the sum; one term where the activation is elementwise", tolerance=1e-12)
def the_sum_one_term_where_the_activation(rng):
    for net in _networks(rng):
        jacobian, by_y, by_z = _next_to_last(net)
        yield np.max(np.abs(jacobian[-2] @ by_y - by_z))
    for net in _networks(rng, np.tanh):
        jacobian, by_y, by_z = _next_to_last(net)
        yield np.max(np.abs(np.diag(jacobian[-2]) * by_y - by_z))


@dropped_sum.meaning()
def dropped_sum_in_words(rng):
    for net in _networks(rng):
        jacobian, by_y, by_z = _next_to_last(net)
        terms = jacobian[-2] * by_y  # row i, column j
        short = bool(np.allclose(np.diag(terms), by_z))
        yield {
            "dLoss/dZ¹_i(T−1) = dLoss/dY_i(T−1) · dY_i/dZ¹_i(T−1)": short,
            "dLoss/dZ1_i(T-1) = dLoss/dY_i(T-1) dY_i(T-1)/dZ1_i(T-1)": short,
            r"\frac{\partial \mathrm{Loss}}{\partial Z^{(1)}_i(T-1)}": by_z[2],
            r"\sum_j \frac{\partial \mathrm{Loss}}{\partial Y_j(T-1)} "
            r"\frac{\partial Y_j(T-1)}{\partial Z^{(1)}_i(T-1)}": sum(terms[2]),
        }


by_output = Claim(
    id="B-E05",
    alias="erratum-bptt-difference",
    title="“feed-forward: loss by weights; recurrent: loss by the output at time t”",
    statement="Said: feed-forward networks differentiate the loss with respect to the weights, "
    "recurrent ones with respect to the output at time t, and that is back-propagation through "
    "time. Right: both differentiate with respect to the weights. In time the network is unrolled, "
    "a hidden state gets its gradient from y_t and from h_{t+1}, and because the weights are tied "
    "their gradient is the sum over all steps of that of untied copies.",
    formula=r"\frac{\partial \mathrm{Loss}}{\partial W} = \sum_t "
    r"\frac{\partial \mathrm{Loss}}{\partial W_t} \Big|_{W_1 = \dots = W_T = W}",
    sources=("Werbos 1990", f"{_COURSE}:92"),
    erratum=True,
)


@by_output.counterexample(
    at_least=1e-3, description="through Y(t) alone, against the gradient", miss=0.0604
)
def through_y_t_alone_against_the_gradient(rng):
    for net in _networks(rng):
        for name in ("w0", "w11", "w1"):
            by_time = complex_step(lambda v, n=name, net=net: _losses(net, **{n: v}), net[name])
            for t in range(4):
                yield np.max(np.abs(by_time[..., t] - _gradient(net, name)))


@by_output.symbolic(scope="for two steps of one number")
def by_output_proof():
    import sympy as sp

    first, second, tied, x1, x2, u, v = sp.symbols("w_1 w_2 w x_1 x_2 u v", real=True)
    h1 = sp.Function("h_1")(first)
    h2 = sp.tanh(second * x2 + u * h1)
    loss = (v * h1 - 1) ** 2 / 2 + (v * h2 - 1) ** 2 / 2
    by_h2 = v * (v * h2 - 1)
    yield (
        "dLoss/dh_1: one part from y_1, one from h_2",
        sp.expand(sp.diff(loss, h1) - v * (v * h1 - 1) - by_h2 * u * (1 - h2**2)),
    )
    loss = loss.subs(h1, sp.tanh(first * x1))
    copies = sp.diff(loss, first) + sp.diff(loss, second)
    tie = {first: tied, second: tied}
    yield (
        "w_1 = w_2 = w: dLoss/dw = dLoss/dw_1 + dLoss/dw_2",
        sp.expand(sp.diff(loss.subs(tie), tied) - copies.subs(tie)),
    )


@by_output.correction("the sum of the gradients of untied copies", tolerance=1e-12)
def the_sum_of_the_gradients_of_untied_copies(rng):
    for net in _networks(rng):
        for name in ("w0", "w11", "w1"):
            copies = _gradient(net, name, np.tile(net[name], (4, 1, 1)))
            yield np.max(np.abs(copies.sum(0) - _gradient(net, name)))


@by_output.meaning()
def by_output_in_words(rng):
    for net in _networks(rng):
        for name in ("w0", "w11", "w1"):
            copies = _gradient(net, name, np.tile(net[name], (4, 1, 1)))
            yield {
                r"\frac{\partial \mathrm{Loss}}{\partial W}": _gradient(net, name)[0, 1],
                r"\sum_t \frac{\partial \mathrm{Loss}}{\partial W_t} "
                r"\Big|_{W_1 = \dots = W_T = W}": copies.sum(0)[0, 1],
            }
