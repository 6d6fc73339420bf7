"""An over-trained generator hops from mode to mode, labels or not (claims A-MC-03 and 13)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, xlogy

from theory.calculators.divergences import optimal_discriminator
from theory.chapters.collapse.mode_collapse import COURSE, LOSSES, TUTORIAL, best_law
from theory.claim import AS_STATED, Claim

cycle = Claim(
    id="A-MC-03",
    alias="collapse-cycle",
    title="An over-trained G hops from mode to mode",
    statement="When G moves much more than D the game cycles: G concentrates on one mode, D learns "
    "to reject it, G hops to another mode, and so on. Against G on one of K equal modes the best D "
    "is 1/(K + 1) there and 1 elsewhere, so every other mode is now better.",
    formula=r"p_g = \delta_i: \quad D^*(x_i) = \frac{1}{K + 1}, \quad D^*(x_j) = 1 \quad (j \ne i)",
    assumptions=("many generator steps for each discriminator step",),
    training=True,
    sources=(
        TUTORIAL,
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 3.1",
        f"{COURSE}:400-419",
    ),
    test="tests/collapse/test_collapse_and_critics.py::test_over_trained_generator_cycles",
)


@cycle.symbolic(scope="D* against G on one mode, and where D's gradient leads")
def cycle_proof():
    import sympy as sp

    k, s = sp.symbols("K s", positive=True)
    d = 1 / (1 + s)
    rejected = (1 / k) / (1 / k + 1)
    yield (
        "with p_data = 1/K and p_g = 1 at mode i, D* = p/(p + q) = 1/(K + 1)",
        (rejected - 1 / (k + 1)),
    )
    yield "which is below 1, D* of the modes that G does not visit: G hops", 1 - 1 / (k + 1) > 0
    # V's slope in the logit at a mode is p (1 - D) - q D
    yield (
        "a D that learns by gradient lowers its logit at mode i while D > 1/(K + 1)",
        sp.simplify((1 - d) / k - d - (k + 1) / k * (1 / (k + 1) - d)),
    )
    yield "and raises it at all other modes, so its order changes sooner or later", (1 - d) / k > 0


def _dominant_modes(rng, over_trained: bool, rounds: int = 300):
    """K = 8 equal modes, D by gradient ascent on its logits, G a best response or a short step:
    the mode that leads, and KL to the data's histogram, round by round."""
    p = np.full(8, 1 / 8)
    q, a = rng.dirichlet(np.ones(8)), rng.normal(0, 0.1, 8)
    leaders, laws = [], []
    for _round in range(rounds):
        a = a + 2 * (p * expit(-a) - q * expit(a))
        if over_trained:
            q = np.eye(8)[a.argmax()]
        else:
            q = q * np.exp(-0.05 * LOSSES["minimax"](a))
            q /= q.sum()
        leaders.append(int(q.argmax()))
        laws.append(q)
    return np.array(leaders), np.sum(xlogy(laws, 8 * np.array(laws)), axis=1)


def _cycle_residuals(rng, over_trained: bool):
    """Modes that never lead, windows of 50 rounds without a hop, and KL's distance from log 8."""
    leaders, divergences = _dominant_modes(rng, over_trained)
    yield float(8 - len(set(leaders)))
    yield float(sum(len(set(w)) == 1 for w in leaders.reshape(-1, 50)))
    yield np.abs(divergences - math.log(8))


@cycle.numerical(tolerance=1e-12, description="eight modes, ten plays of 300 rounds")
def ten_plays(rng):
    for _instance in range(10):
        yield from _cycle_residuals(rng, over_trained=True)


@cycle.meaning()
def cycle_in_words():
    for k in (2, 5, 8):
        best = optimal_discriminator(np.full(k, 1 / k), np.eye(k)[1])(np.arange(k))
        there, elsewhere = best[1], np.delete(best, 1)
        yield {
            "K": k,
            "the best D is 1/(K + 1) there and 1 elsewhere": bool(
                np.isclose(there, 1 / (k + 1)) and (elsewhere == 1).all()
            ),
            r"p_g = \delta_i": None,
            "D^*(x_i)": there,
            "D^*(x_j)": elsewhere[0],
            "j": 0,
            "i": 1,
        }


@cycle.control("G takes one short step for each of D's: it keeps all modes", of=ten_plays, miss=7)
def short_steps(rng):
    yield from _cycle_residuals(rng, over_trained=False)


unlabelled = Claim(
    id="A-MC-13",
    alias="collapse-without-labels",
    title="Collapse needs neither labels nor many classes",
    statement="Collapse is not caused by many labels: the best response to a fixed D is one point "
    "whatever the points are called. It happens on an unlabelled mixture and on one class with "
    "several modes, and a generator that is told the class still collapses to one point in each.",
    formula=r"p_g^*(x \mid y) = \delta_{x^*(y)}, \quad x^*(y) = \operatorname{argmax}_x D(x, y)",
    assumptions=(
        "D does not move",
        "argmax D is a single point in each class",
        "finitely many points (for densities the sums are integrals)",
    ),
    sources=(f"{COURSE}:412", TUTORIAL),
    test="tests/collapse/test_collapse_and_critics.py::test_over_trained_generator_cycles",
)


@unlabelled.symbolic(scope=AS_STATED)
def unlabelled_proof():
    import sympy as sp

    n, m, i, y = sp.symbols("n m i y", integer=True, positive=True)
    least, floor = sp.Symbol("l", real=True), sp.IndexedBase("l")
    law, more = sp.IndexedBase("q"), sp.IndexedBase("c")
    share, extra = sp.IndexedBase("pi"), sp.IndexedBase("e")
    yield (
        "within a class, on n points: a law of sum 1 loses l + e, e the sum of q(x) c(x) over the "
        "loss c(x) that x has beyond the best point",
        sp.Sum(law[i] * (least + more[i]), (i, 1, n))
        - least * sp.Sum(law[i], (i, 1, n))
        - sp.Sum(law[i] * more[i], (i, 1, n)),
    )
    yield (
        "over m classes with shares pi the loss is the sum of pi l, which no generator moves, and "
        "of pi e",
        sp.Sum(share[y] * (floor[y] + extra[y]), (y, 1, m))
        - sp.Sum(share[y] * floor[y], (y, 1, m))
        - sp.Sum(share[y] * extra[y], (y, 1, m)),
    )
    mass, moved = sp.Symbol("q", nonnegative=True), sp.Symbol("q_1", positive=True)
    gap, pi = sp.symbols("c pi", positive=True)
    yield "no term is negative: the least is reached with e = 0 in each class", pi * mass * gap >= 0
    yield "and mass q > 0 off the best point of its class costs pi q c > 0", pi * moved * gap > 0
    yield (
        "without labels m = 1: one point in all",
        sp.Sum(share[y], (y, 1, m)).subs(m, 1).doit() - share[1],
    )


def _told_the_class(rng, classes: int, modes: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a random D, and the best joint law, each class with an equal share."""
    logits = rng.normal(0, 3, (classes, modes))
    return logits, best_law(LOSSES["minimax"](logits), np.full(classes, 1 / classes))


_CLASSES_AND_MODES = [(classes, modes) for classes in (1, 1, 2, 5, 10) for modes in (2, 8)]


@unlabelled.numerical(tolerance=0.0, description="points that keep mass, against one a class")
def one_point_a_class(rng):
    for classes, modes in _CLASSES_AND_MODES:
        law = _told_the_class(rng, classes, modes)[1]
        yield abs(int((law > 1e-9).sum()) - classes)


@unlabelled.meaning()
def unlabelled_in_words(rng):
    for classes, modes in _CLASSES_AND_MODES:
        logits, law = _told_the_class(rng, classes, modes)
        best = logits.argmax(axis=1)
        given = law * classes
        yield {
            r"p_g^*(x \mid y) = \delta_{x^*(y)}": np.allclose(given.max(axis=1), 1),
            r"x^*(y) = \operatorname{argmax}_x D(x, y)": bool((given.argmax(axis=1) == best).all()),
        }


@unlabelled.control(
    "a generator that chooses the class, too, is said to keep a point in each",
    of=one_point_a_class,
    miss=9,
)
def the_class_is_free(rng):
    for classes, modes in _CLASSES_AND_MODES:
        losses = LOSSES["minimax"](rng.normal(0, 3, (classes, modes)))
        law = best_law(losses.reshape(1, -1), np.ones(1))
        yield abs(int((law > 1e-9).sum()) - classes)
