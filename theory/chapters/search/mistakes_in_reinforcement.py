"""Mistakes about reinforcement learning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import softmax

from theory.claim import Claim, excess

_COURSE = "004_16ef4615ffa6e302.txt"

# A search tree: three choices of a layer (of 3, 4 and 2) lead to an accuracy each, NaN where the
# last choice is not possible. Q[d] holds Q(s, a) for the states s after d choices.


def _best_reachable(accuracy: np.ndarray) -> list[np.ndarray]:
    """Q*: the best accuracy that each (s, a) can still reach, by enumeration."""
    return [np.fmax.reduce(accuracy.reshape(*accuracy.shape[: d + 1], -1), -1) for d in range(3)]


def _learnt(accuracy: np.ndarray, follow: Callable) -> list[np.ndarray]:
    """Q after 100 sweeps of the update from Q = 1, with alpha = 1/2 and the reward at the end."""
    q = [np.ones(accuracy.shape[: d + 1]) for d in range(3)]
    for _sweep in range(100):
        last = np.where(np.isnan(accuracy), q[2], (q[2] + accuracy) / 2)
        q = [(q[0] + follow(q[1])) / 2, (q[1] + follow(q[2])) / 2, last]
    return q


def _trees_with_gaps(rng: np.random.Generator):
    """Accuracies of which none, then half have no second last choice."""
    for gaps in (0, 2):
        accuracy = rng.uniform(0.5, 0.9, (3, 4, 2))
        accuracy[:, rng.permutation(4)[:gaps], 1] = np.nan
        yield accuracy


def _best_possible(q: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """max over the a' that are possible."""
    return q.max(-1, where=~np.isnan(accuracy) if q.ndim == 3 else True, initial=0)


def _distance(q: list[np.ndarray], wanted: list[np.ndarray]) -> float:
    return max(float(np.nanmax(np.abs(a - b))) for a, b in zip(q, wanted, strict=True))


unused_action = Claim(
    id="B-E27",
    alias="erratum-max-over-unused-action",
    title="“max over a ∈ A of Q(s_{t+1}, a′)”",
    statement="Said: the target of Q-learning has max over a in A of Q(s_{t+1}, a'). Right: max "
    "over a', and only over the actions that are possible in s_{t+1}; as printed a' is left over "
    "and nothing is maximised.",
    formula=r"Q'(s_t, a_t) = (1 - \alpha) Q(s_t, a_t) + \alpha \Bigl( R_t + \gamma "
    r"\max_{a' \in \mathcal{A}(s_{t+1})} Q(s_{t+1}, a') \Bigr)",
    assumptions=("a deterministic tree", "γ = 1, the reward at the end"),
    sources=("Baker et al. 2017, section 3", f"{_COURSE}:38"),
    erratum=True,
)


@unused_action.counterexample(
    at_least=1e-3, description="Q as printed, a' left over, or not possible, against Q*", miss=0.181
)
def q_as_printed_a_left_over_or_not_possible(rng):
    q = np.array([0.2, 0.9, 0.4])
    yield abs(max(q[0] for _a in range(3)) - 0.9)  # 0.2
    for accuracy in _trees_with_gaps(rng):
        q = _learnt(accuracy, lambda q: q[..., 0])
        yield _distance(q, _best_reachable(accuracy))
    q = _learnt(accuracy, lambda q: q.max(-1))  # over a', but over those not possible as well
    yield _distance(q, _best_reachable(accuracy))


@unused_action.symbolic(scope="for four completions")
def unused_action_proof():
    import sympy as sp

    values = [sp.Rational(n, 10) for n in (2, 9, 4)]  # Q(s', a') of three a'
    left_over = sp.Max(*[values[0] for _a in range(3)])
    yield (
        "the maximum over a of Q(s', a'), a' the first, is 0.2: 0.7 less than that over a'",
        sp.Max(*values) - left_over - sp.Rational(7, 10),
    )
    Q, y, u = sp.symbols("Q y u", positive=True)
    rate = u / (1 + u)  # every alpha in (0, 1)
    new = (1 - rate) * Q + rate * y
    yield (
        "an update of Q towards its target y leaves the share 1 - alpha of the error Q - y",
        sp.simplify(new - y - (1 - rate) * (Q - y)),
    )
    yield "which is below 1: Q goes to its target, whatever that is", sp.simplify(1 - rate) < 1
    a, b, c, d = sp.symbols("a b c d", real=True)  # accuracies of four completions
    yield (
        "from the leaves back: targets max over a' give the best accuracy that can be reached",
        sp.Max(sp.Max(a, b), sp.Max(c, d)) - sp.Max(a, b, c, d),
    )


@unused_action.numerical(tolerance=1e-6, description="random episodes, alpha = 0.3, against Q*")
def random_episodes_alpha_0_3_against_q(rng):
    accuracy = rng.uniform(0.5, 1, (3, 4, 2))
    q = [np.zeros((3,)), np.zeros((3, 4)), np.zeros((3, 4, 2))]
    for a, b, c in rng.integers(0, (3, 4, 2), (3000, 3)):
        q[2][a, b, c] += 0.3 * (accuracy[a, b, c] - q[2][a, b, c])
        q[1][a, b] += 0.3 * (max(q[2][a, b]) - q[1][a, b])
        q[0][a] += 0.3 * (max(q[1][a]) - q[0][a])
    yield _distance(q, _best_reachable(accuracy))


@unused_action.correction("max over the a' that are possible", tolerance=1e-12)
def max_over_the_a_that_are_possible(rng):
    q = np.array([0.2, 0.9, 0.4])
    yield abs(max(q[a] for a in range(3)) - 0.9)
    for accuracy in _trees_with_gaps(rng):
        q = _learnt(accuracy, lambda q, tree=accuracy: _best_possible(q, tree))
        yield _distance(q, _best_reachable(accuracy))


@unused_action.meaning()
def unused_action_in_words(rng):
    for accuracy in _trees_with_gaps(rng):
        q, reached = _learnt(accuracy, lambda q: q[..., 0])[1], _best_reachable(accuracy)[2]
        best = np.fmax.reduce(reached, -1)
        alpha = 0.5  # the update that `_learnt` repeats
        yield {
            "Q'(s_t, a_t)": (q + best)[1, 2] / 2,
            "Q(s_t, a_t)": q[1, 2],
            r"\alpha": alpha,
            "R_t": 0.0,
            r"\gamma": 1.0,
            r"\max_{a' \in \mathcal{A}(s_{t+1})} Q(s_{t+1}, a')": best[1, 2],
        }


confidence = Claim(
    id="B-E58",
    alias="erratum-confidence-value",
    title="“the Q-value is proportional to our confidence; an action connects operations”",
    statement="Said: an action is the connection between operations, and the Q-value is "
    "proportional to our confidence that two connected operations lead to high accuracy. Right: an "
    "action is the choice of the next layer, and Q is an expected return: in a deterministic tree "
    "the best validation accuracy that can still be reached.",
    formula=r"Q^*(s, a) = \max_{\mathrm{completions\ of\ } (s, a)} \mathrm{accuracy}",
    assumptions=("a deterministic tree", "γ = 1, the reward at the end"),
    sources=("Baker et al. 2017, section 4", f"{_COURSE}:40"),
    erratum=True,
)


def _search_trees(rng: np.random.Generator):
    """Accuracies; after choice 0 all are good, after choice 1 one is best and the rest are poor."""
    for _instance in range(3):
        accuracy = rng.uniform(0.5, 0.7, (3, 4, 2))
        accuracy[0] = rng.uniform(0.8, 0.9, (4, 2))
        accuracy[1, rng.integers(4), rng.integers(2)] = 0.95
        yield accuracy


def _accuracy_lost(q: list[np.ndarray], accuracy: np.ndarray) -> float:
    """How far the architecture that takes the largest Q at each step is from the best one."""
    state = ()
    for d in range(3):
        state += (int(np.argmax(q[d][state])),)
    return float(accuracy.max() - accuracy[state])


@confidence.counterexample(
    at_least=0.01, description="Q = share of accuracies above 0.75", miss=0.0694
)
def q_share_of_accuracies_above_0_75(rng):
    for accuracy in _search_trees(rng):
        high = (accuracy > 0.75).astype(float)
        q = [high.mean((1, 2)), high.mean(2), high]
        yield _accuracy_lost(q, accuracy)
        best = _best_reachable(accuracy)
        ratio = np.sum(q[0] * best[0]) / np.sum(q[0] ** 2)  # the best factor of proportion
        yield _distance([ratio * q[0]], best[:1])


@confidence.symbolic(scope="for four completions")
def confidence_proof():
    import sympy as sp

    a, b, c, d = sp.symbols("a b c d", real=True)
    backed_up = sp.Max(sp.Max(a, b), sp.Max(c, d))
    yield "backed-up maxima are the maximum of all completions", backed_up - sp.Max(a, b, c, d)
    share = (1 + 0) / sp.Integer(2), (1 + 1) / sp.Integer(2)  # above 3/4, of two completions each
    best = sp.Max(sp.Rational(95, 100), sp.Rational(1, 2)), sp.Rational(8, 10)
    yield "(0.95, 0.5) against (0.8, 0.8): the larger Q*", best[0] > best[1]
    yield "has the smaller share", share[0] < share[1]


@confidence.correction("Q as learnt", tolerance=1e-12)
def q_as_learnt(rng):
    for accuracy in _search_trees(rng):
        q = _learnt(accuracy, lambda q: q.max(-1))
        yield _accuracy_lost(q, accuracy)
        yield _distance(q, _best_reachable(accuracy))


@confidence.meaning()
def confidence_in_words(rng):
    for accuracy in _search_trees(rng):
        q = _learnt(accuracy, lambda q: q.max(-1))
        yield {
            "Q^*(s, a)": q[0][1],
            r"\max_{\mathrm{completions\ of\ } (s, a)} \mathrm{accuracy}": accuracy[1].max(),
        }


reinforce = Claim(
    id="B-E30",
    alias="erratum-reinforce-loss",
    title="“REINFORCE loss” for a gradient to ascend, E without its law",
    statement="Said: the controller's parameters are optimised with a 'REINFORCE loss', of which "
    "the gradient of J is given, with E without a subscript. Right: J is *ascended* (or -J is "
    "minimised); E is over a_{1:T} ~ P(.; θ); R must not depend on θ; the variance is high without "
    "a baseline, which leaves the gradient as it is.",
    formula=r"\nabla_\theta J = \sum_{t=1}^{T} \mathbb{E}_{a_{1:T} \sim P(\cdot; \theta)} "
    r"\bigl[ \nabla_\theta \log P(a_t \mid a_{1:t-1}; \theta) (R - b) \bigr]",
    assumptions=("R does not depend on θ", "b does not depend on a_t"),
    sources=("Williams 1992, theorem 1", "Zoph, Le 2017, section 3.2", f"{_COURSE}:32-34"),
    erratum=True,
)


def _policy(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P of the nine sequences of two tokens, 3 values each, and d log P/d theta (4 x 3) of each."""
    first, second = softmax(theta[0]), softmax(theta[1:], axis=1)
    scores = np.zeros((3, 3, 4, 3))
    for a, b in np.ndindex(3, 3):
        scores[a, b, 0] = np.eye(3)[a] - first
        scores[a, b, 1 + a] = np.eye(3)[b] - second[a]
    return first[:, None] * second, scores


def _score_gradient(law: np.ndarray, scores: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """E over the law of d log P/d theta times the reward."""
    return np.einsum("ab,abij->ij", law * reward, scores)


def _exact_gradient(theta: np.ndarray, value: Callable) -> np.ndarray:
    """Central differences of fourth order, error about 1e-11."""
    out = np.zeros_like(theta)
    for index in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[index] = 1e-3
        near, far = (value(theta + k * e) - value(theta - k * e) for k in (1, 2))
        out[index] = (8 * near - far) / 12e-3
    return out


def _value(theta: np.ndarray, reward: np.ndarray) -> float:
    return float(np.sum(_policy(theta)[0] * reward))


def _value_change(theta: np.ndarray, reward: np.ndarray, sign: int) -> float:
    """What J gains in 50 steps of size 1/2 along (or against) its gradient."""
    start = _value(theta, reward)
    for _step in range(50):
        theta = theta + sign * 0.5 * _score_gradient(*_policy(theta), reward)
    return _value(theta, reward) - start


@reinforce.counterexample(
    at_least=1e-3, description="J lost by descent; gradient errors", miss=0.145
)
def j_lost_by_descent_gradient_errors(rng):
    for _instance in range(3):
        theta, reward = rng.normal(size=(4, 3)), rng.uniform(size=(3, 3))
        yield excess(-_value_change(theta, reward, sign=-1), 0)  # a loss is descended
        law, scores = _policy(theta)
        exact = _exact_gradient(theta, lambda t, r=reward: _value(t, r))
        uniform = np.full((3, 3), 1 / 9)  # E without its law, read as a plain mean
        yield np.max(np.abs(_score_gradient(uniform, scores, reward) - exact))
        # an R that depends on theta
        moved = _exact_gradient(theta, lambda t, r=reward: _value(t, r + np.tanh(t[0])))
        yield np.max(np.abs(_score_gradient(law, scores, reward + np.tanh(theta[0])) - moved))


@reinforce.symbolic(scope="for one choice among three")
def reinforce_proof():
    import sympy as sp

    w, R = sp.symbols("w_1:4", positive=True), sp.symbols("R_1:4", real=True)  # w = e^theta
    b = sp.Symbol("b", real=True)
    p = [wi / sum(w) for wi in w]

    def slope(f):  # df/d theta_1
        return w[0] * sp.diff(f, w[0])

    J = sum(pi * Ri for pi, Ri in zip(p, R, strict=True))
    scored = sum(pi * slope(sp.log(pi)) * (Ri - b) for pi, Ri in zip(p, R, strict=True))
    yield "E[d log P (R - b)] = dJ/d theta_1, for any b", sp.cancel(scored - slope(J))
    yield "for E[d log P] = 0", sp.cancel(sum(pi * slope(sp.log(pi)) for pi in p))
    moving = [sp.Function(f"R_{i}")(w[0]) for i in (1, 2, 3)]  # rewards that depend on theta_1
    whole = slope(sum(pi * Ri for pi, Ri in zip(p, moving, strict=True)))
    part = sum(pi * slope(sp.log(pi)) * Ri for pi, Ri in zip(p, moving, strict=True))
    missing = sum(pi * slope(Ri) for pi, Ri in zip(p, moving, strict=True))
    yield "an R that depends on theta adds E[dR/d theta_1]", sp.expand(whole - part - missing)


@reinforce.numerical(tolerance=0.5, description="second moment with b = J, of that without")
def second_moment_with_b_j_of_that_without(rng):
    for _instance in range(5):
        theta, reward = rng.normal(size=(4, 3)), rng.uniform(0.5, 1, (3, 3))  # accuracies
        law, scores = _policy(theta)
        size = np.sum(scores**2, axis=(2, 3))
        without = np.sum(law * size * reward**2)
        yield np.sum(law * size * (reward - np.sum(law * reward)) ** 2) / without


@reinforce.sampling()
def reinforce_by_sampling(rng):
    theta, reward = rng.normal(size=(4, 3)), rng.uniform(size=(3, 3))
    law, scores = _policy(theta)
    drawn = rng.choice(9, 20_000, p=law.ravel())
    terms = scores.reshape(9, 12)[drawn] * reward.ravel()[drawn, None]
    exact = _exact_gradient(theta, lambda t: _value(t, reward)).ravel()
    yield (terms.mean(0) - exact) / (terms.std(0) / np.sqrt(len(terms)))


@reinforce.correction("ascent, E over P, R fixed, with and without a baseline", tolerance=1e-9)
def ascent_e_over_p_r_fixed_with_and_without(rng):
    for _instance in range(3):
        theta, reward = rng.normal(size=(4, 3)), rng.uniform(size=(3, 3))
        yield excess(-_value_change(theta, reward, sign=1), 0)
        law, scores = _policy(theta)
        exact = _exact_gradient(theta, lambda t, r=reward: _value(t, r))
        for baseline in (0, np.sum(law * reward)):
            yield np.max(np.abs(_score_gradient(law, scores, reward - baseline) - exact))


@reinforce.meaning()
def reinforce_in_words(rng):
    theta, reward = rng.normal(size=(4, 3)), rng.uniform(size=(3, 3))
    law, scores = _policy(theta)
    exact = _exact_gradient(theta, lambda t: _value(t, reward))
    for baseline in (0.0, 0.7):
        scored = _score_gradient(law, scores, reward - baseline)
        for index in ((0, 1), (2, 2)):
            yield {
                r"\nabla_\theta J": exact[index],
                r"\sum_{t=1}^{T} \mathbb{E}_{a_{1:T} \sim P(\cdot; \theta)} \bigl[ \nabla_\theta "
                r"\log P(a_t \mid a_{1:t-1}; \theta) (R - b) \bigr]": scored[index],
            }
