"""Mistakes about imbalance, and its scores and cures."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# scipy's do not know what a minimiser returns.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from theory.claim import AS_STATED, Claim, excess

_DOCUMENT = "004_16ef4615ffa6e302.txt"


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
    yield excess(macro, 0.5)
    yield abs(macro - 19 / 39)


@f_score.meaning()
def f_score_in_words(rng):
    from sklearn.metrics import confusion_matrix, f1_score

    majority = f1_score(_TRUTH, _MAJORITY, pos_label=0)
    micro, macro = (f1_score(_TRUTH, _MAJORITY, average=way) for way in ("micro", "macro"))
    shares = (f"{share:.3f}".lstrip("0").rstrip("0") for share in (micro, majority, macro))
    scores = "micro {}, majority {}, macro {}".format(*shares)
    zeros, ones = np.bincount(_TRUTH)
    for _instance in range(3):
        truth, guess = rng.integers(2, size=(2, 40))
        (_tn, fp), (fn, tp) = confusion_matrix(truth, guess)
        yield {
            f"For {zeros} to {ones} and a predictor of the majority": None,
            scores: None,
            "F_1": _f1(truth, guess, 1),
            "TP": tp,
            "FP": fp,
            "FN": fn,
            r"\text{macro-}F_1": f1_score(truth, guess, average="macro"),
            "K": 2,
            r"\sum_k F_1^{(k)}": _f1(truth, guess, 0) + _f1(truth, guess, 1),
        }


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


@both_tasks.symbolic(scope="for two topics and three sentiments")
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


@both_tasks.sampling("weights by sentiment alone: the first topic's share")
def sentiment_alone_by_sampling(rng):
    share = np.mean(_TABLE[0] / _TABLE.sum(0))
    topic, _sentiment = _drawn(rng, np.broadcast_to(1 / _TABLE.sum(0), _TABLE.shape))
    yield (np.mean(topic == 0) - share) / math.sqrt(share * (1 - share) / 120_000)


@both_tasks.correction("the joint weights leave no imbalance", tolerance=1e-12)
def the_joint_weights_leave_no_imbalance():
    yield _imbalance(1 / _TABLE)


@both_tasks.meaning()
def both_tasks_in_words():
    table = "; ".join(", ".join(map(str, row)) for row in _TABLE)
    alone = f"{np.mean(_TABLE[0] / _TABLE.sum(0)):.3f}".lstrip("0")
    weighted = _TABLE * (1 / _TABLE)
    yield {
        f"in the table ({table}) that moves the topics from 1/2 to {alone}": None,
        "w(t, s)": 1 / _TABLE[1, 2],
        "n(t, s)": _TABLE[1, 2],
        r"\sum_s w\,n = \text{const}": bool(np.ptp(weighted.sum(1)) < 1e-12),
        r"\sum_t w\,n = \text{const}": bool(np.ptp(weighted.sum(0)) < 1e-12),
    }


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


@weighting.symbolic(scope="the weights in general, focal loss at p = .8 and γ = 2")
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


@weighting.meaning(tolerance=1e-6)
def weighting_in_words():
    def printed(q: float) -> str:
        return f"{q:.3f}".lstrip("0")

    example = printed(_least(lambda q: _weighted(q, 0.05, 10)))
    focal = printed(_least(lambda q: _focal(q, 0.8, 2)))
    for p, w in ((0.05, 10.0), (0.3, 2.0), (0.8, 5.0)):
        best = _least(lambda q, p=p, w=w: _weighted(q, p, w))
        yield {
            f"(w = 10, p = .05: q = {example})": None,
            f"for p = .8, γ = 2 it is least at q = {focal}": None,
            "q": best,
            "q_w": best,
            "wp": w * p,
            "p": p,
            r"\operatorname{argmin}_q \; -p (1-q)^\gamma \log q - (1-p) q^\gamma \log(1-q)": _least(
                lambda q, p=p: _focal(q, p, 2)
            ),
        }
