"""Mistakes about several tasks and transfer."""

from __future__ import annotations

import itertools
import math

import numpy as np

from theory.claim import AS_STATED, Claim

_DOCUMENT = "004_16ef4615ffa6e302.txt"


union = Claim(
    id="B-E33",
    alias="erratum-union-of-zeros",
    title="“Task-specific: the union of the classifiers' zero weights”",
    statement="Said: the representation of one task alone is the union of the zero weights of the "
    "classifiers. Right: it is the symmetric difference of their supports, where one weight is "
    "zero and the other is not; the union also holds inputs that no task uses.",
    formula=r"S_1 \,\triangle\, S_2 = (S_1 \cup S_2) \setminus (S_1 \cap S_2),\quad "
    r"S_i = \{ j : w_{ij} \ne 0 \}",
    sources=(f"{_DOCUMENT}:133",),
    erratum=True,
)


def _heads(rng: np.random.Generator):
    """Pairs of sparse heads; the first is (1,0,0,2,0), (3,4,0,0,0)."""
    yield np.array([1.0, 0, 0, 2, 0]), np.array([3.0, 4, 0, 0, 0])
    for _instance in range(5):
        a, b = rng.standard_normal((2, 12)) * (rng.uniform(size=(2, 12)) < 0.5)
        a[0] = b[0] = 0.0  # at least one input that nobody uses
        yield a, b


def _wrongly_named(inputs: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """How many of the named inputs do not move exactly one of the two outputs, or are missed."""
    moved = np.stack([np.eye(a.size) @ a != 0, np.eye(a.size) @ b != 0]).sum(0)
    return float(np.sum(inputs != (moved == 1)))


@union.counterexample(at_least=0.5, description="inputs named that move no output", miss=2)
def inputs_named_that_move_no_output(rng):
    for a, b in _heads(rng):
        yield _wrongly_named((a == 0) | (b == 0), a, b)


@union.symbolic(scope=AS_STATED)
def union_proof():
    import sympy as sp

    first, second = sp.symbols("w_1 w_2")  # true where the weight is not zero
    union_of_zeros = ~first | ~second
    difference = first ^ second
    unused = ~first & ~second
    yield (
        "the union of zeros is the symmetric difference and the inputs that nobody uses",
        sp.simplify_logic(sp.Equivalent(union_of_zeros, difference | unused)),
    )
    yield (
        "and these two have nothing in common",
        sp.simplify_logic(~(difference & unused)),
    )


@union.correction("the symmetric difference", tolerance=0.5)
def the_symmetric_difference(rng):
    for a, b in _heads(rng):
        yield _wrongly_named((a != 0) ^ (b != 0), a, b)


@union.meaning()
def union_in_words(rng):
    for a, b in _heads(rng):
        one, two = set(np.flatnonzero(a)), set(np.flatnonzero(b))
        moved = {int(j) for j in range(a.size) if bool(a[j]) != bool(b[j])}
        yield {
            r"S_1 \,\triangle\, S_2 = (S_1 \cup S_2) \setminus (S_1 \cap S_2)": (
                moved == (one | two) - (one & two)
            ),
            r"S_i = \{ j : w_{ij} \ne 0 \}": None,
        }


freezing = Claim(
    id="B-E34",
    alias="erratum-freezing-order",
    title="“With less data free fewer: K, Q, V; then K, Q; then only the FFN”",
    statement="Said: with enough data free keys, queries and values, with less freeze the values, "
    "or even free the feed-forward part alone. Right: the feed-forward part has more parameters "
    "than keys, queries and values together: for width 768 there are 4,722,432 against 1,771,776 "
    "(and 1,181,184 without values).",
    formula=r"n_{\mathrm{FFN}} = 8d^2 + 5d, \quad n_{QKV} = 3(d^2 + d), \quad n_{QK} = 2(d^2 + d), "
    r"\quad n_{\mathrm{FFN}} > n_{QKV} > n_{QK}",
    assumptions=("a Transformer block whose inner layer is four times as wide", "biases counted"),
    sources=("Vaswani et al. 2017, section 3.3", f"{_DOCUMENT}:139"),
    erratum=True,
)


def _block(d: int) -> dict[str, list[np.ndarray]]:
    """The weights and biases of one Transformer block, empty arrays of the right shapes."""
    parts = {name: [np.empty((d, d)), np.empty(d)] for name in ("q", "k", "v")}
    parts["ffn"] = [np.empty((d, 4 * d)), np.empty(4 * d), np.empty((4 * d, d)), np.empty(d)]
    return parts


def _trainable(d: int, *names: str) -> int:
    return sum(array.size for name in names for array in _block(d)[name])


@freezing.counterexample(
    at_least=1e5, description="parameters that 'freeing less' frees more", miss=328000
)
def parameters_that_freeing_less_frees_more():
    for d in (256, 768, 1024):  # 4,722,432 - 1,771,776 at 768
        yield _trainable(d, "ffn") - _trainable(d, "q", "k", "v")


@freezing.symbolic(scope=AS_STATED)
def freezing_proof():
    import sympy as sp

    d = sp.Symbol("d", positive=True)
    ffn = (d * 4 * d + 4 * d) + (4 * d * d + d)
    qkv, qk = 3 * (d**2 + d), 2 * (d**2 + d)
    yield "two layers, d to 4d to d: 8d^2 + 5d", sp.expand(ffn - 8 * d**2 - 5 * d)
    yield (
        "more than the three projections: the difference is 5d^2 + 2d",
        sp.expand(ffn - qkv - 5 * d**2 - 2 * d),
    )
    yield "which is positive", 5 * d**2 + 2 * d > 0
    counts = sp.Matrix([part.subs(d, 768) for part in (ffn, qkv, qk)])
    yield "at d = 768: 4722432, 1771776, 1181184", counts - sp.Matrix([4722432, 1771776, 1181184])


@freezing.correction("ordered by their number: FFN, then Q, K, V, then Q, K", tolerance=0.5)
def ordered_by_their_number_ffn_then_q_k_v_then_q_k():
    for d in (256, 768, 1024):
        sizes = [_trainable(d, "ffn"), _trainable(d, "q", "k", "v"), _trainable(d, "q", "k")]
        yield float(sum(a <= b for a, b in itertools.pairwise(sizes)))


@freezing.meaning()
def freezing_in_words():
    ffn, qkv, qk = (_trainable(768, *names) for names in (("ffn",), ("q", "k", "v"), ("q", "k")))
    counts = f"for width 768 there are {ffn:,} against {qkv:,} (and {qk:,} without values)"
    for d in (256, 768, 1024):
        yield {
            counts: None,
            r"n_{\mathrm{FFN}}": _trainable(d, "ffn"),
            "n_{QKV}": _trainable(d, "q", "k", "v"),
            "n_{QK}": _trainable(d, "q", "k"),
            "8d^2": 8 * d**2,
            "5d": 5 * d,
            "d": d,
        }


architectures = Claim(
    id="B-E40",
    alias="erratum-bert-and-gpt-have-both",
    title="“BERT and GPT are Transformers with encoder and decoder”",
    statement="Said: BERT and GPT use a Transformer that has two parts, encoder and decoder, and "
    "the decoder's input is what was generated so far. Right: BERT is an encoder alone, in which "
    "every position sees all (no mask), GPT a decoder alone, whose mask is lower triangular. In "
    "training a decoder is given the shifted targets, not its own output.",
    formula=r"\frac{\partial\, \mathrm{out}_i}{\partial\, \mathrm{in}_j} = 0 \text{ for } j > i "
    r"\text{ (GPT)}, \qquad \frac{\partial\, \mathrm{out}_1}{\partial\, \mathrm{in}_T} \ne 0 "
    r"\text{ (BERT)}",
    sources=(
        "Vaswani et al. 2017, section 3.2.3",
        "Devlin et al. 2019, BERT, section 3",
        "Radford et al. 2018, section 3.1",
        f"{_DOCUMENT}:135",
    ),
    erratum=True,
)


def _attention(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Self-attention with identity projections; entries where the mask is False are not seen."""
    scores = np.where(mask, x @ x.T / math.sqrt(x.shape[1]), -np.inf)
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True) @ x


def _influence(mask: np.ndarray, rng: np.random.Generator) -> float:
    """How much the first output moves when the last input does."""
    x = rng.standard_normal((6, 4))
    moved = x.copy()
    moved[-1] += 0.1
    return float(np.abs(_attention(moved, mask)[0] - _attention(x, mask)[0]).max())


_ALL, _CAUSAL = np.ones((6, 6), dtype=bool), np.tril(np.ones((6, 6), dtype=bool))


@architectures.counterexample(
    at_least=1e-4, description="out_1 reads in_T, if GPT has an encoder", miss=0.00459
)
def out_1_reads_in_t_if_gpt_has_an_encoder(rng):
    for _instance in range(5):
        yield _influence(_ALL, rng)


@architectures.symbolic(scope="for two positions")
def architectures_proof():
    import sympy as sp

    x1, x2, v1, v2 = sp.symbols("x_1 x_2 v_1 v_2", real=True)
    seen = (sp.exp(x1 * x1) * v1 + sp.exp(x1 * x2) * v2) / (sp.exp(x1 * x1) + sp.exp(x1 * x2))
    masked = sp.exp(x1 * x1) * v1 / sp.exp(x1 * x1)
    yield "causal mask: the first output does not depend on the second value", sp.diff(masked, v2)
    share = sp.exp(x1 * x2) / (sp.exp(x1 * x1) + sp.exp(x1 * x2))
    yield (
        "no mask: it depends on it by its attention weight",
        sp.simplify(sp.diff(seen, v2) - share),
    )
    yield "which is positive", share > 0


@architectures.correction("GPT's mask: ∂out_1/∂in_T = 0 exactly", tolerance=0.0)
def gpts_mask_out_1_in_t_0_exactly(rng):
    for _instance in range(5):
        yield _influence(_CAUSAL, rng)


@architectures.meaning()
def architectures_in_words(rng):
    yield {
        r"\frac{\partial\, \mathrm{out}_i}{\partial\, \mathrm{in}_j}": _influence(_CAUSAL, rng),
        "i": 1,
        "j": 6,
        r"\frac{\partial\, \mathrm{out}_1}{\partial\, \mathrm{in}_T}": _influence(_ALL, rng),
    }


sharing = Claim(
    id="B-E65",
    alias="erratum-sharing-always-helps",
    title="“Shared layers help generalisation”, unconditionally",
    statement="Said: layers shared among tasks help to generalise and reduce overfitting. Right: "
    "they can also hurt, when the shared part is too small for both tasks: one linear unit that "
    "feeds two heads with targets x1 and x2 fits either alone exactly, and both together never "
    "better than a total error of 1.",
    formula=r"\min_{u, a, b} \; \mathbb{E}(a\,u^{\mathsf T}x - x_1)^2 "
    r"+ \mathbb{E}(b\,u^{\mathsf T}x - x_2)^2 = 1",
    assumptions=("x has mean 0 and covariance I", "the trunk is one linear unit"),
    sources=("Caruana 1997, Multitask Learning", f"{_DOCUMENT}:131"),
    erratum=True,
)


def _joint_error(x: np.ndarray, targets: np.ndarray) -> float:
    """The least total squared error of a rank-one map from x to the targets: trunk, then heads."""
    inverse_root = np.linalg.inv(np.linalg.cholesky(x.T @ x / len(x)))
    white = x @ inverse_root.T
    coefficients = white.T @ targets / len(x)
    kept = np.linalg.svd(coefficients, compute_uv=False)[0] ** 2  # Eckart-Young
    return float(np.mean(np.sum(targets**2, axis=1)) - kept)


def _white(rng: np.random.Generator) -> np.ndarray:
    """Samples with mean 0 and covariance I exactly."""
    x = rng.standard_normal((200, 2))
    x -= x.mean(0)
    return x @ np.linalg.inv(np.linalg.cholesky(x.T @ x / 200)).T


@sharing.counterexample(
    at_least=1 - 1e-9, description="the joint error of two tasks, each 0 alone", miss=1
)
def the_joint_error_of_two_tasks_each_0_alone(rng):
    for _instance in range(5):
        x = _white(rng)
        yield _joint_error(x, x)


@sharing.symbolic(scope=AS_STATED)
def sharing_proof():
    import sympy as sp

    a, b, t = sp.symbols("a b t", real=True)
    x1, x2 = sp.symbols("x_1 x_2", real=True)
    trunk = sp.cos(t) * x1 + sp.sin(t) * x2  # its length goes into the heads a and b

    def mean(square):
        """E of a quadratic form: E x_1² = E x_2² = 1, E x_1 x_2 = 0."""
        square = sp.Poly(sp.expand(square), x1, x2)
        return square.coeff_monomial(x1**2) + square.coeff_monomial(x2**2)

    first, second = mean((a * trunk - x1) ** 2), mean((b * trunk - x2) ** 2)
    yield (
        "task 1 on the trunk u = (cos t, sin t): its error is (a - cos t)^2 + sin^2 t",
        sp.simplify(first - (a - sp.cos(t)) ** 2 - sp.sin(t) ** 2),
    )
    yield "alone it is 0, at t = 0 and a = 1", first.subs({t: 0, a: 1})
    yield (
        "task 2: (b - sin t)^2 + cos^2 t",
        sp.simplify(second - (b - sp.sin(t)) ** 2 - sp.cos(t) ** 2),
    )
    yield "alone it is 0, at t = pi/2 and b = 1", second.subs({t: sp.pi / 2, b: 1})
    yield (
        "together 1 + (a - cos t)^2 + (b - sin t)^2, at least 1 whatever the trunk is",
        sp.simplify(first + second - 1 - (a - sp.cos(t)) ** 2 - (b - sp.sin(t)) ** 2),
    )


@sharing.correction("each task alone, and two tasks that agree, are fitted exactly", tolerance=1e-9)
def each_task_alone_and_two_tasks_that_agree(rng):
    for _instance in range(5):
        x = _white(rng)
        yield abs(_joint_error(x, x[:, :1]))
        yield abs(_joint_error(x, x[:, :1] * [1.0, 2.0]))


@sharing.meaning()
def sharing_in_words(rng):
    x = _white(rng)
    least = _joint_error(x, x)
    yield {
        f"a total error of {least:.0f}": None,
        r"\min_{u, a, b} \; \mathbb{E}(a\,u^{\mathsf T}x - x_1)^2 "
        r"+ \mathbb{E}(b\,u^{\mathsf T}x - x_2)^2": least,
    }
