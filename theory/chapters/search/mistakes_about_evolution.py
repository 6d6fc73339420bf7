"""Mistakes about evolution."""

from __future__ import annotations

from functools import cache

import numpy as np

from theory.claim import AS_STATED, Claim, excess

_COURSE = "004_16ef4615ffa6e302.txt"


genome = Claim(
    id="B-E29",
    alias="erratum-gene-and-genome",
    title="NEAT: “each gene encodes the full configuration of a network”",
    statement="Said: each gene encodes the full configuration of a network, and crossover is "
    "between two parent genes (by Miikkulainen and Stanley). Right: each *genome* does (Stanley "
    "and Miikkulainen); a gene is one connection (in, out, weight, enabled, innovation number), "
    "and crossover aligns two genomes by their innovation numbers.",
    formula=r"\mathrm{XOR}(x_1, x_2) \ne \mathbf{1}[w x_i > 0] \quad (i = 1, 2)",
    assumptions=("threshold units",),
    sources=("Stanley, Miikkulainen 2002, section 3.1", f"{_COURSE}:52"),
    erratum=True,
)


def _xor_errors(genes: list[tuple[int, int, float]]) -> float:
    """The share of XOR that a network gets wrong; nodes: two inputs, 1, one hidden, the output."""
    errors = 0
    for x in np.ndindex(2, 2):
        nodes = [*x, 1, 0, 0]
        for node in (3, 4):
            nodes[node] = int(sum(w * nodes[i] for i, out, w in genes if out == node) > 0)
        errors += nodes[4] != x[0] ^ x[1]
    return errors / 4


@genome.counterexample(
    at_least=0.1, description="XOR cases that every one-gene network gets wrong", miss=0.5
)
def xor_cases_that_every_one_gene_network_gets_wrong():
    yield min(_xor_errors([(i, 4, w)]) for i in range(4) for w in (-1, -0.1, 0.1, 1))


@genome.symbolic(scope=AS_STATED)
def genome_proof():
    import sympy as sp

    f0, f1 = sp.symbols("f_0 f_1")  # the outputs 0 or 1 at x_i = 0, 1, so that f^2 = f
    wrong = f0**2 + (f0 - 1) ** 2 + f1**2 + (f1 - 1) ** 2
    yield (
        "one connection: 2 of 4 cases are wrong",
        sp.expand(wrong).subs({f0**2: f0, f1**2: f1}) - 2,
    )
    w1, w2, b = sp.symbols("w_1 w_2 b", real=True)
    yield (
        "no hidden node: XOR needs w_1 + b > 0 and w_2 + b > 0, but b <= 0 and w_1 + w_2 + b <= 0; "
        "the two sums are equal, one positive and one not: impossible",
        (w1 + b) + (w2 + b) - (b + (w1 + w2 + b)),
    )


@genome.correction("a genome of seven genes, with a hidden node", tolerance=0)
def a_genome_of_seven_genes_with_a_hidden_node():
    hidden = [(0, 3, 1), (1, 3, 1), (2, 3, -1.5)]
    yield _xor_errors([*hidden, (0, 4, 1), (1, 4, 1), (2, 4, -0.5), (3, 4, -2)])


@genome.meaning()
def genome_in_words():
    genes = [[(i, 4, w)] for i in range(2) for w in (-1, -0.1, 0.1, 1)]
    yield {
        r"\mathrm{XOR}(x_1, x_2) \ne \mathbf{1}[w x_i > 0] \quad (i = 1, 2)": all(
            _xor_errors(one) > 0 for one in genes
        )
    }


_BITS, _MODELS, _SAMPLE, _CYCLES, _RUNS = 20, 20, 5, 1000, 200
_SETTING = f"one-max of {_BITS} bits, P = {_MODELS}, S = {_SAMPLE}, {_CYCLES} cycles"

# Noise of the evaluation, and the law of a bit of the first models: 0 makes all of them poor.
_EXACT, _FROM_POOR, _FROM_RANDOM = (0.0, 0.5), (0.3, 0.0), (0.3, 0.5)
_NOISE = f"noise {_FROM_POOR[0]}"


aging = Claim(
    id="B-E63",
    alias="erratum-aging-evolution",
    title="“aging evolution covers and explores the search space better”",
    statement="Said: discarding the oldest model (aging evolution) covers and explores more of the "
    "search space, rather than narrowing too soon on good models. Right: whether it finds better "
    "models depends on the noise of the evaluation and on where the search starts. On a noise-free "
    f"fitness discarding the worst ends higher ({_SETTING}: 0.971 against 0.880). Aging wins where "
    f"lucky evaluations must be forgotten ({_NOISE}, from poor models: 0.67 against 0.40); with "
    f"the same noise from random models it does not (0.658 against 0.698). These are means of "
    f"{_RUNS} runs, with standard errors below 0.01.",
    formula=r"\mathbb{E} \max(\varepsilon_1, \varepsilon_2) = \frac{\sigma}{\sqrt{\pi}}, \quad "
    r"\varepsilon_i \sim \mathcal{N}(0, \sigma^2)",
    sources=("Real, Aggarwal, Huang, Le 2019, algorithm 1", f"{_COURSE}:66"),
    erratum=True,
)


@cache
def _evolved() -> dict[tuple[tuple[float, float], bool], np.ndarray]:
    """Mean true fitness after all cycles, by (situation, aging), of each run.

    A model is evaluated once, when it is born; a child differs from the best of S in one bit.
    """
    rng = np.random.default_rng(63)
    cases = [(s, oldest) for s in (_EXACT, _FROM_POOR, _FROM_RANDOM) for oldest in (True, False)]
    settings = np.array([(*situation, oldest) for situation, oldest in cases])
    settings = np.repeat(settings, _RUNS, axis=0)
    noise, ones, by_age = settings[:, 0], settings[:, 1], settings[:, 2] == 1
    runs = np.arange(len(noise))
    bits = (rng.random((len(runs), _MODELS, _BITS)) < ones[:, None, None]).astype(np.int8)
    fitness = bits.mean(2)
    scores = fitness + noise[:, None] * rng.normal(size=fitness.shape)
    for cycle in range(_CYCLES):
        sample = np.argpartition(rng.random(scores.shape), _SAMPLE, axis=1)[:, :_SAMPLE]
        parent = sample[runs, np.argmax(scores[runs[:, None], sample], axis=1)]
        child = bits[runs, parent]
        child[runs, rng.integers(0, _BITS, len(runs))] ^= 1
        true = child.mean(1)
        score = true + noise * rng.normal(size=len(runs))
        out = np.where(by_age, cycle % _MODELS, np.argmin(scores, axis=1))
        enters = by_age | (score >= scores[runs, out])  # or the child itself is the worst
        at = runs[enters], out[enters]
        bits[at], fitness[at], scores[at] = child[enters], true[enters], score[enters]
    return dict(zip(cases, fitness.mean(1).reshape(len(cases), _RUNS), strict=True))


def _aging_behind(situation: tuple[float, float]) -> float:
    """How far aging stays behind discarding the worst, or 0."""
    ends = _evolved()
    return float(excess(ends[situation, False].mean(), ends[situation, True].mean()))


@aging.counterexample(
    at_least=0.01, description="fitness aging lacks: no noise; random models", miss=0.0394
)
def fitness_aging_lacks_no_noise_random_models():
    yield _aging_behind(_EXACT)
    yield _aging_behind(_FROM_RANDOM)


@aging.symbolic(scope="the luck of the better of two evaluations")
def aging_proof():
    import sympy as sp

    x, s = sp.Symbol("x", real=True), sp.Symbol("sigma", positive=True)
    density = sp.exp(-(x**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    yield "x density = -s^2 density'", sp.simplify(x * density + s**2 * sp.diff(density, x))
    by_parts = sp.integrate(2 * s**2 * density**2, (x, -sp.oo, sp.oo))
    yield (
        "the luckier of two evaluations: E max = int 2x density(x) P(noise <= x) dx, by parts "
        "2 s^2 int density^2 = s/sqrt(pi)",
        by_parts - s / sp.sqrt(sp.pi),
    )
    yield "no noise, no luck to forget", sp.limit(by_parts, s, 0)


# The same means from 4,000 runs each, and the largest of their standard errors.
_LONG_RUN = {
    (_EXACT, True): 0.8785,
    (_EXACT, False): 0.9706,
    (_FROM_POOR, True): 0.6605,
    (_FROM_POOR, False): 0.4085,
    (_FROM_RANDOM, True): 0.6623,
    (_FROM_RANDOM, False): 0.6936,
}
_LONG_ERROR = 0.0021


# Six normal deviates: one of them is beyond 2.6 with p = 0.06. The widest errors are 0.0095 and
# 0.0021, so that 0.43 for 0.40 would be noticed.
@aging.numerical(tolerance=2.6, description="the means less those of 4,000 runs, in both errors")
def means_against_the_long_run():
    for case, fitness in _evolved().items():
        error = np.hypot(fitness.std() / np.sqrt(_RUNS), _LONG_ERROR)
        yield abs(fitness.mean() - _LONG_RUN[case]) / error


@aging.correction("at noise 0.3, from poor models, aging is not behind", tolerance=0.01)
def at_noise_0_3_from_poor_models_aging_is_not():
    yield _aging_behind(_FROM_POOR)


@aging.meaning()
def aging_in_words():
    from scipy.integrate import quad
    from scipy.stats import norm

    ends = {case: fitness.mean() for case, fitness in _evolved().items()}
    errors = [fitness.std() / np.sqrt(_RUNS) for fitness in _evolved().values()]

    def said(situation, first: str, second: str) -> bool:
        """Whether both means round to what is printed; the winner stands first."""
        pair = sorted((ends[situation, True], ends[situation, False]), reverse=True)
        digits = len(first.partition(".")[2])
        return [f"{mean:.{digits}f}" for mean in pair] == [first, second]

    for spread in (0.3, 2.0):
        luck = quad(lambda x, s=spread: 2 * x * norm.pdf(x, 0, s) * norm.cdf(x, 0, s), -20, 20)[0]
        yield {
            _SETTING: None,
            _NOISE: None,
            "0.971 against 0.880": said(_EXACT, "0.971", "0.880"),
            "0.67 against 0.40": said(_FROM_POOR, "0.67", "0.40"),
            "it does not (0.658 against 0.698)": said(_FROM_RANDOM, "0.698", "0.658"),
            f"{_RUNS} runs": None,
            "standard errors below 0.01": max(errors) < 0.01,
            r"\mathbb{E} \max(\varepsilon_1, \varepsilon_2)": luck,
            r"\sigma": spread,
            r"\varepsilon_i \sim \mathcal{N}(0, \sigma^2)": None,
        }
