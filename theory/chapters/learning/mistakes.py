"""Mistakes about several tasks, imbalance and transfer."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import expit

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


freezing = Claim(
    id="B-E34",
    alias="erratum-freezing-order",
    title="“With less data free fewer: K, Q, V; then K, Q; then only the FFN”",
    statement="Said: with enough data free keys, queries and values, with less freeze the values, "
    "or even free the feed-forward part alone. Right: the feed-forward part has more parameters "
    "than keys, queries and values together: for width 768 there are 4,722,432 against 1,771,776 "
    "(and 1,181,184 without values).",
    formula=r"8d^2 + 5d \;>\; 3(d^2 + d) \;>\; 2(d^2 + d)",
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


f_score = Claim(
    id="B-E35",
    alias="erratum-f1-accuracy",
    title="“Use the f1 accuracy on imbalanced data”",
    statement="Said: 'f1 accuracy' is the remedy for imbalance, with no averaging named. Right: F1 "
    "is no accuracy, and averaging decides: micro-F1 of single labels *is* the accuracy, F1 with "
    "the majority as positive misleads as much; macro-F1 (or the minority's F1) shows the failure. "
    "For 95 to 5 and a predictor of the majority: micro .95, majority .974, macro .487.",
    formula=r"F_1 = \frac{2\,TP}{2\,TP + FP + FN},\qquad "
    r"\text{macro-}F_1 = \frac1K \sum_k F_1^{(k)}",
    sources=("van Rijsbergen 1979, Information Retrieval, chapter 7", f"{_DOCUMENT}:141"),
    erratum=True,
)


def _f1(truth: np.ndarray, guess: np.ndarray, positive: int) -> float:
    tp = float(np.sum((truth == positive) & (guess == positive)))
    wrong = float(np.sum((truth == positive) != (guess == positive)))
    return 2 * tp / (2 * tp + wrong) if tp else 0.0


def _micro(truth: np.ndarray, guess: np.ndarray) -> float:
    """F1 of the counts summed over both classes."""
    tp = float(sum(np.sum((truth == k) & (guess == k)) for k in (0, 1)))
    wrong = float(sum(np.sum((truth == k) != (guess == k)) for k in (0, 1)))
    return 2 * tp / (2 * tp + wrong)


_TRUTH, _MAJORITY = np.repeat([0, 1], [95, 5]), np.zeros(100, dtype=int)


@f_score.counterexample(
    at_least=0.4, description="a useless predictor's score above 1/2", miss=0.45
)
def a_useless_predictors_score_above_1_2():
    yield _micro(_TRUTH, _MAJORITY) - 0.5  # .95
    yield _f1(_TRUTH, _MAJORITY, positive=0) - 0.5  # .974


@f_score.symbolic(scope=AS_STATED)
def f_score_proof():
    import sympy as sp

    n, wrong = sp.symbols("n w", positive=True)
    # every sample is one class's true positive or one's false positive and another's false negative
    micro = 2 * (n - wrong) / (2 * (n - wrong) + wrong + wrong)
    yield (
        "micro-F1 = 2(n - w)/(2(n - w) + 2w) = (n - w)/n, the accuracy",
        sp.simplify(micro - (n - wrong) / n),
    )
    majority = sp.Rational(2 * 95, 2 * 95 + 5)
    yield "95 to 5: F1 of the majority is 190/195 = .974", majority - sp.Rational(38, 39)
    yield "macro-F1 is half of that: .487", (majority + 0) / 2 - sp.Rational(19, 39)


@f_score.numerical(tolerance=1e-12, description="against scikit-learn on random labels")
def against_scikit_learn_on_random_labels(rng):
    from sklearn.metrics import accuracy_score, f1_score

    for _instance in range(3):
        truth, guess = rng.integers(2, size=(2, 40))
        for positive in (0, 1):
            yield abs(_f1(truth, guess, positive) - f1_score(truth, guess, pos_label=positive))
        yield abs(_micro(truth, guess) - accuracy_score(truth, guess))


@f_score.correction("macro-F1 of that predictor is at most 1/2: .487", tolerance=1e-12)
def macro_f1_of_that_predictor_is_at_most_1_2_487():
    macro = (_f1(_TRUTH, _MAJORITY, 0) + _f1(_TRUTH, _MAJORITY, 1)) / 2
    yield max(0.0, macro - 0.5)
    yield abs(macro - 19 / 39)


both_tasks = Claim(
    id="B-E38",
    alias="erratum-no-balancing-for-two-tasks",
    title="“With several tasks the data cannot be balanced”",
    statement="Said: in the multi-task setting balancing at the level of data cannot be used. "
    "Right: sampling (or weighting) each cell of the joint table (topic, sentiment) by the inverse "
    "of its count balances both tasks at once, if no cell is empty. What may fail is to weight by "
    "one task's counts alone: in the table (50, 45, 5; 50, 48, 2) that moves the topics from 1/2 "
    "to .566.",
    formula=r"w(t, s) = \frac{1}{n(t, s)} \;\Rightarrow\; \sum_s w\,n = \text{const},\quad "
    r"\sum_t w\,n = \text{const}",
    assumptions=("every cell of the joint table has a sample",),
    sources=(f"{_DOCUMENT}:129",),
    erratum=True,
)
_TABLE = np.array([[50, 45, 5], [50, 48, 2]])


def _imbalance(weights: np.ndarray) -> float:
    """How far the two weighted marginals are from uniform, at most."""
    joint = _TABLE * weights / np.sum(_TABLE * weights)
    return float(max(np.abs(joint.sum(1) - 1 / 2).max(), np.abs(joint.sum(0) - 1 / 3).max()))


@both_tasks.counterexample(
    at_least=0.25, description="what the joint weights balance, said not to be", miss=0.298
)
def what_the_joint_weights_balance_said_not():
    yield _imbalance(np.ones_like(_TABLE)) - _imbalance(1 / _TABLE)


@both_tasks.symbolic(scope=AS_STATED)
def both_tasks_proof():
    import sympy as sp

    counts = sp.symbols("n:6", positive=True)
    n = sp.Matrix(2, 3, counts)

    def topics(weights):
        """The shares of the two topics in the weighted data."""
        cells = n.multiply_elementwise(weights)
        return (cells * sp.ones(3, 1)) / sum(cells)

    joint = n.applyfunc(lambda count: 1 / count)
    yield (
        "weights 1/n(t, s): each topic has the share 3/6",
        sp.simplify(topics(joint) - sp.ones(2, 1) / 2),
    )
    cells = n.multiply_elementwise(joint)
    yield (
        "and each sentiment 2/6",
        sp.simplify(sp.ones(1, 2) * cells / sum(cells) - sp.ones(1, 3) / 3),
    )
    own = sp.Matrix(2, 3, lambda i, j: 1 / (n[0, j] + n[1, j]))
    first = sum(n[0, j] / (n[0, j] + n[1, j]) for j in range(3)) / 3
    yield (
        "weights by sentiment alone: topic 1 has the mean of its shares in the three sentiments",
        sp.simplify(topics(own)[0] - first),
    )
    share = first.subs(list(zip(counts, (50, 45, 5, 50, 48, 2), strict=True)))
    yield (
        "which is 0.566 in the table, not 1/2",
        sp.And(sp.Rational(5655, 10**4) < share, share < sp.Rational(5665, 10**4)),
    )


def _drawn(rng: np.random.Generator, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Topics and sentiments of 120,000 draws from the table's 200 texts, by their weights."""
    cells = np.repeat(np.arange(6), _TABLE.ravel())  # the cell of each text
    p = weights.ravel()[cells]
    return np.divmod(rng.choice(cells, size=120_000, p=p / p.sum()), 3)


@both_tasks.sampling()
def both_tasks_by_sampling(rng):
    topic, sentiment = _drawn(rng, 1 / _TABLE)
    for share, p in [(np.mean(topic == 0), 1 / 2)] + [
        (np.mean(sentiment == s), 1 / 3) for s in range(3)
    ]:
        yield (share - p) / math.sqrt(p * (1 - p) / 120_000)


@both_tasks.numerical(tolerance=0.01, description="shares of 120,000 draws; sentiment alone: .566")
def shares_of_120_000_draws_sentiment_alone_566(rng):
    topic, sentiment = _drawn(rng, 1 / _TABLE)
    yield abs(np.mean(topic == 0) - 1 / 2)
    yield np.abs(np.bincount(sentiment) / 120_000 - 1 / 3)
    topic, _sentiment = _drawn(rng, np.broadcast_to(1 / _TABLE.sum(0), _TABLE.shape))
    yield abs(np.mean(topic == 0) - 0.566)


@both_tasks.correction("the joint weights leave no imbalance", tolerance=1e-12)
def the_joint_weights_leave_no_imbalance():
    yield _imbalance(1 / _TABLE)


architectures = Claim(
    id="B-E40",
    alias="erratum-bert-and-gpt-have-both",
    title="“BERT and GPT are Transformers with encoder and decoder”",
    statement="Said: BERT and GPT use a Transformer that has two parts, encoder and decoder, and "
    "the decoder's input is what was generated so far. Right: BERT is an encoder alone, in which "
    "every position sees all (no mask), GPT a decoder alone, whose mask is lower triangular. In "
    "training a decoder is given the shifted targets, not its own output.",
    formula=r"\frac{\partial\, \mathrm{out}_i}{\partial\, \mathrm{in}_j} = 0 \text{ for } j > i "
    r"\text{ (GPT)},\qquad \ne 0 \text{ (BERT)}",
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


@architectures.symbolic(scope=AS_STATED)
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


weighting = Claim(
    id="B-E64",
    alias="erratum-weights-without-side-effects",
    title="“Class weights or focal loss cure imbalance”, without side effects",
    statement="Said: class weights or focal loss are the cure. Right: weights w move the optimal "
    "output from p to q = wp/(wp + 1 - p), so it is no probability any more (w = 10, p = .05: "
    "q = .345), and focal loss is not proper either: for p = .8, γ = 2 it is least at q = .627.",
    formula=r"q_w = \frac{wp}{wp + 1 - p},\qquad \operatorname{argmin}_q \; "
    r"-p (1-q)^\gamma \log q - (1-p) q^\gamma \log(1-q) \ne p",
    sources=("Lin et al. 2017, Focal Loss, equations 3 and 4", f"{_DOCUMENT}:129"),
    erratum=True,
)


def _least(loss) -> float:
    """The q in (0, 1) where the loss is least, found in the logit."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda a: float(loss(expit(a))),
        bounds=(-12, 12),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return float(expit(found.x))


def _weighted(q: float, p: float, w: float) -> float:
    return -w * p * math.log(q) - (1 - p) * math.log1p(-q)


def _focal(q: float, p: float, gamma: float) -> float:
    return -p * (1 - q) ** gamma * math.log(q) - (1 - p) * q**gamma * math.log1p(-q)


@weighting.counterexample(
    at_least=0.1, description="the best output against the probability", miss=0.173
)
def the_best_output_against_the_probability():
    yield abs(_least(lambda q: _weighted(q, 0.05, 10)) - 0.05)
    yield abs(_least(lambda q: _focal(q, 0.8, 2)) - 0.8)


@weighting.symbolic(scope=AS_STATED)
def weighting_proof():
    import sympy as sp

    p, w, t = sp.symbols("p w t", positive=True)
    q = sp.Symbol("q", positive=True)
    slope = sp.diff(-w * p * sp.log(q) - (1 - p) * sp.log(1 - q), q)
    yield (
        "the weighted loss is stationary at q = wp/(wp + 1 - p)",
        sp.simplify(slope.subs(q, w * p / (w * p + 1 - p))),
    )
    example = (w * p / (w * p + 1 - p)).subs({w: 10, p: sp.Rational(1, 20)})
    yield "w = 10, p = 1/20: q = 10/29 = .345", example - sp.Rational(10, 29)
    focal = -p * (1 - q) ** 2 * sp.log(q) - (1 - p) * q**2 * sp.log(1 - q)
    focal_slope = sp.diff(focal, q).subs(p, sp.Rational(4, 5))
    yield (
        "focal loss with p = .8 rises at q = .8: a smaller output costs less than the truth",
        focal_slope.subs(q, sp.Rational(4, 5)) > 0,
    )
    yield (
        "between q = .626 and .627 its slope changes from falling to rising",
        sp.And(
            focal_slope.subs(q, sp.Rational(626, 1000)) < 0,
            focal_slope.subs(q, sp.Rational(627, 1000)) > 0,
        ),
    )
    honest = sp.diff(-p * sp.log(q) - (1 - p) * sp.log(1 - q), q).subs(q, t / (1 + t))
    yield "cross-entropy is stationary at q = p", sp.simplify(honest.subs(p, t / (1 + t)))


@weighting.numerical(tolerance=1e-4, description="10/29 and 0.626615")
def weighting_10_29_and_0_626615():
    yield abs(_least(lambda q: _weighted(q, 0.05, 10)) - 10 / 29)
    yield abs(_least(lambda q: _focal(q, 0.8, 2)) - 0.626615)


@weighting.correction("without weights and with γ = 0 the best output is p", tolerance=1e-6)
def without_weights_and_with_0_the_best_output_is_p():
    for p in (0.05, 0.8):
        yield abs(_least(lambda q, p=p: _weighted(q, p, 1)) - p)
        yield abs(_least(lambda q, p=p: _focal(q, p, 0)) - p)


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
