"""Mistakes about word vectors."""

# scipy's annotations do not know that logsumexp gives an array, nor what a minimiser returns.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit, logsumexp, softmax

from theory.claim import AS_STATED, Claim

_WORDS = "003_0ac11bc5ae3e596a.txt"


vocabulary = Claim(
    id="B-E23",
    alias="erratum-vocabulary-size",
    title="“if we have 1000 unique words”, and sums to 10,000",
    statement="Said: with 1000 unique words, p(t|c) and the cross entropy sum over j = 1, ..., "
    "10,000. Right: the upper limit is the size of the vocabulary, V = 10,000 here; the softmax "
    "has one logit for each word.",
    formula=r"p(t \mid c) = \frac{e^{w_t^\top e_c + b_t}}{\sum_{j=1}^{V} e^{w_j^\top e_c + b_j}}",
    sources=("Mikolov et al. 2013 (NIPS), equation 2", f"{_WORDS}:54-58"),
    erratum=True,
)


def _mass_error(rng: np.random.Generator, words: int, limit: int) -> float:
    """|sum of p(t|c) over the words - 1|, the terms past the words having w_j = 0 and b_j = 0."""
    weights, biases = np.zeros((limit, 8)), np.zeros(limit)
    weights[:words] = rng.normal(0, 0.3, (words, 8))
    biases[:words] = rng.normal(0, 0.3, words)
    logits = weights @ rng.normal(size=8) + biases
    return float(abs(np.sum(np.exp(logits[:words] - logsumexp(logits))) - 1))


@vocabulary.counterexample(
    at_least=0.5, description="mass that the 1000 words lack; their shapes", miss=0.877
)
def mass_that_the_1000_words_lack_their_shapes(rng):
    yield _mass_error(rng, 1000, 10_000)
    label, prediction = np.zeros(10_000), softmax(rng.normal(size=1000))
    try:
        yield abs(label @ np.log(prediction))
    except ValueError:
        yield 1.0  # the cross entropy as printed has no 10,000 predictions to sum over


@vocabulary.symbolic(scope="for equal logits, and for three words")
def vocabulary_proof():
    import sympy as sp

    V, n = sp.symbols("V n", positive=True, integer=True)
    total = sp.summation(sp.exp(0) / n, (sp.Symbol("j"), 1, V))
    yield "equal logits, n terms below: the V words have mass V/n", total - V / n
    yield "which is 1 only at n = V", sp.solve(sp.Eq(total, 1), n)[0] - V
    z = sp.symbols("z_1:4", real=True)
    below = sum(sp.exp(zj) for zj in z)
    yield (
        "any logits, n = V = 3: mass 1",
        sp.simplify(sp.Add(*(sp.exp(zj) / below for zj in z)) - 1),
    )


@vocabulary.correction("as many terms as words", tolerance=1e-10)
def as_many_terms_as_words(rng):
    yield _mass_error(rng, 1000, 1000)
    yield _mass_error(rng, 10_000, 10_000)


@vocabulary.meaning()
def vocabulary_in_words(rng):
    w, b, context = rng.normal(size=(7, 3)), rng.normal(size=7), rng.normal(size=3)
    logits = w @ context + b
    law = softmax(logits)
    for t in range(7):
        yield {
            "if we have 1000 unique words": None,
            "with 1000 unique words": None,
            "sums to 10,000": None,
            "sum over j = 1, ..., 10,000": None,
            "V = 10,000": None,
            r"p(t \mid c)": law[t],
            r"\frac{e^{w_t^\top e_c + b_t}}{\sum_{j=1}^{V} e^{w_j^\top e_c + b_j}}": (
                np.exp(logits[t]) / sum(np.exp(logits))
            ),
        }


negatives = Claim(
    id="B-E24",
    alias="erratum-false-negative",
    title="“(orange, of): 0”",
    statement="Said: (orange, of) is a negative pair, with label 0. Right: in the very sentence "
    "'of' stands beside 'orange'. Words drawn at random may form true pairs; the optimum allows "
    "for them: p(y = 1 | t, c) is then p(t|c)/(p(t|c) + k q(t)), not 0.",
    formula=r"p(y = 1 \mid t, c) = \frac{p(t \mid c)}{p(t \mid c) + k\, q(t)}",
    assumptions=("k negatives from the law q for each pair", "unrestricted scores"),
    sources=("Levy, Goldberg 2014, section 3.1", f"{_WORDS}:84,88-93"),
    erratum=True,
)

_SENTENCE = "I want a glass of orange juice to go along with my cereal"
_LABELS = {"juice": 1, "king": 0, "book": 0, "the": 0, "of": 0}


def _label_error(word: str, label: int, window: int) -> float:
    """|label - whether the word stands within the window of 'orange'|."""
    words = _SENTENCE.split()
    place = words.index("orange")
    nearby = words[place - window : place] + words[place + 1 : place + 1 + window]
    return abs(label - (word in nearby))


def _best_output(p: float, q: float, k: int) -> float:
    """The sigma(s) that maximises p log sigma(s) + k q log sigma(-s), by search."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(lambda s: -p * log_expit(s) - k * q * log_expit(-s), tol=1e-12)
    return float(expit(found.x))


@negatives.counterexample(
    at_least=0.4, description="label 0, against the sentence and the optimum", miss=0.444
)
def label_0_against_the_sentence_and_the_optimum():
    for window in (1, 2, 4):
        yield _label_error("of", _LABELS["of"], window)
    yield abs(_best_output(0.2, 0.05, 5) - 0)  # 0.4444


@negatives.symbolic(scope=AS_STATED)
def negatives_proof():
    import sympy as sp

    p, q, k = sp.symbols("p q k", positive=True)
    s = sp.Symbol("s", real=True)
    value = p * sp.log(1 / (1 + sp.exp(-s))) + k * q * sp.log(1 / (1 + sp.exp(s)))
    best = sp.log(p / (k * q))
    yield "the slope is 0 at s = log(p/(k q))", sp.simplify(sp.diff(value, s).subs(s, best))
    yield "it is a maximum", sp.simplify(sp.diff(value, s, 2).subs(s, best)) < 0
    yield "there sigma(s) = p/(p + k q)", sp.simplify(1 / (1 + sp.exp(-best)) - p / (p + k * q))


@negatives.numerical(tolerance=5e-5, description="0.4444 at p = 0.2, q = 0.05, k = 5")
def negatives_0_4444_at_p_0_2_q_0_05_k_5():
    yield abs(_best_output(0.2, 0.05, 5) - 0.4444)


@negatives.sampling()
def negatives_by_sampling(rng):
    law, noise = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))
    pairs = rng.multinomial(20_000, law)  # label 1
    drawn = rng.multinomial(5 * 20_000, noise)  # label 0, whatever the word
    share = law / (law + 5 * noise)
    total = pairs + drawn
    yield (pairs / total - share) / np.sqrt(share * (1 - share) / total)


@negatives.correction("(orange, of): 1, the others as they are; p/(p + k q)", tolerance=1e-7)
def orange_of_1_the_others_as_they_are_p_p_k_q():
    for window in (1, 2, 4):
        for word, label in (_LABELS | {"of": 1}).items():
            yield _label_error(word, label, window)
    for p, q, k in ((0.2, 0.05, 5), (0.01, 0.2, 2), (0.6, 0.001, 20)):
        yield abs(_best_output(p, q, k) - p / (p + k * q))


@negatives.meaning(tolerance=1e-7)
def negatives_in_words():
    for p, q, k in ((0.2, 0.05, 5), (0.01, 0.2, 2), (0.6, 0.001, 20)):
        best = _best_output(p, q, k)
        yield {
            "(orange, of): 0": _label_error("of", 0, 1) == 0,
            "label 0": _label_error("of", 0, 1) == 0,
            "p(y = 1 | t, c) is then p(t|c)/(p(t|c) + k q(t))": bool(
                abs(best - p / (p + k * q)) < 1e-7
            ),
            "not 0": bool(best != 0),
            r"p(y = 1 \mid t, c)": best,
            r"p(t \mid c)": p,
            "k": k,
            "q(t)": q,
        }
