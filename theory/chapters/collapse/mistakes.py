"""Mistakes about mode collapse."""

# sympy's annotations do not know that an indexed base can be indexed.
# pyright: reportIndexIssue=false

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.dynamics import dirac_field
from theory.claim import AS_STATED, Claim


def _derivative(f, x: float) -> float:
    """f'(x) by a central difference."""
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


_LOG2 = math.log(2)


detached = Claim(
    id="B-E74",
    alias="erratum-detached-unrolling",
    title="Unrolled GAN with the inner step detached",
    statement="Said: the generator may be trained against a discriminator k steps ahead, without a "
    "gradient through those steps. Right: the unrolled objective is f(θ, ψ_k(θ)), and its gradient "
    "has the second term df/dψ · dψ_k/dθ; without it this is not unrolling but k discriminator "
    "steps per generator step. On f = θ ψ one inner ascent step of size η gives the slope S = "
    "ψ + 2 η θ, detached T = ψ + η θ.",
    formula=r"\frac{d}{d\theta} f(\theta, \psi_k(\theta)) = \frac{\partial f}{\partial \theta} "
    r"+ \frac{\partial f}{\partial \psi_k} \frac{d \psi_k}{d \theta}",
    sources=(
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 2.2",
        "Seen in public unrolled GANs, cited from memory. The paper's own poolio/unrolled_gan, "
        "Unrolled GAN demo.ipynb, has it right: it chains the graphs of the inner steps",
    ),
    erratum=True,
)
_STEP = 0.3


def _ascended(theta: float, psi: float, steps: int) -> float:
    """ψ after ascent steps on the Dirac-GAN's minimax value (its discriminator descends on L_D)."""
    for _step in range(steps):
        psi = psi - _STEP * float(dirac_field("minimax", theta, psi)[0])
    return psi


def _gradient_errors(detach: bool):
    """Generator gradients after 1 and 5 inner steps, against differences of the objective."""
    for theta, psi in ((0.8, 0.5), (-1.2, 0.7)):
        for steps in (1, 5):

            def objective(t: float, steps: int = steps, psi: float = psi) -> float:
                return float(log_expit(-_ascended(t, psi, steps) * t))  # log(1 - D(θ))

            inner = _ascended(theta, psi, steps)
            direct = float(dirac_field("minimax", theta, inner)[1])
            slope = _derivative(lambda t: _ascended(t, psi, steps), theta)  # noqa: B023  # called at once
            through = 0.0 if detach else -theta * float(expit(inner * theta)) * slope
            yield abs(direct + through - _derivative(objective, theta))


@detached.counterexample(
    at_least=1e-3, description="the detached gradient against differences", miss=0.0123
)
def detached_gradient():
    yield from _gradient_errors(detach=True)


@detached.symbolic(scope=AS_STATED)
def detached_proof():
    import sympy as sp

    theta, psi, eta = sp.symbols("theta psi eta", real=True)
    inner = psi + eta * theta  # one ascent step of ψ on f = θψ
    through = sp.diff(theta * inner, theta)
    yield "through the step: d/dθ θ(ψ + ηθ) = ψ + 2ηθ", sp.expand(through - psi - 2 * eta * theta)
    frozen = sp.Symbol("psi_1", real=True)
    cut = sp.diff(theta * frozen, theta).subs(frozen, inner)
    yield (
        "detached: ψ + ηθ, short by df/dψ_1 · dψ_1/dθ = θ · η",
        sp.expand(through - cut - theta * sp.diff(inner, theta)),
    )


def _unrolled_slope(theta: float, psi: float, eta: float) -> float:
    """d/dθ of f = θψ after one ascent step of ψ, by a central difference."""
    return _derivative(lambda t: t * (psi + eta * t), theta)


@detached.meaning(tolerance=1e-7)
def detached_in_words():
    exact = max(_gradient_errors(detach=False)) < 1e-7
    for theta, psi, eta in ((0.8, 0.5, 0.3), (-1.2, 0.7, 0.1)):
        inner = psi + eta * theta
        yield {
            "θ": theta,
            "ψ": psi,
            "η": eta,
            "f = θ ψ": None,
            "S": _unrolled_slope(theta, psi, eta),
            "T": inner,  # df/dθ with ψ after the step held fixed
            "the second term df/dψ · dψ_k/dθ": exact,
            r"\frac{d}{d\theta} f(\theta, \psi_k(\theta))": _unrolled_slope(theta, psi, eta),
            r"\frac{\partial f}{\partial \theta}": inner,
            r"\frac{\partial f}{\partial \psi_k} \frac{d \psi_k}{d \theta}": theta * eta,
        }


@detached.correction("with the term through the inner steps", tolerance=1e-7)
def through_the_inner_steps():
    yield from _gradient_errors(detach=False)


ring = Claim(
    id="B-E76",
    alias="erratum-ring-with-its-end",
    title="A ring of 8 modes at linspace(0, 2π, 8)",
    statement="Said: eight angles from 0 to 2π, both ends taken, put eight modes on a ring. Right: "
    "the first and the last are the same mode, so there are seven, one with double weight; eight "
    "equal modes stand at 2πi/8, i = 0, ..., 7.",
    formula=r"\mu_i = \bigl(\cos \tfrac{2\pi i}{8}, \sin \tfrac{2\pi i}{8}\bigr),\quad i = 0, "
    r"\ldots, 7",
    sources=(
        "Metz et al. 2017, appendix on the mixture of Gaussians",
        "poolio/unrolled_gan, Unrolled GAN demo.ipynb, the cell of the data: as many angles as "
        "modes, evenly spaced over a whole turn with both of its ends",
    ),
    erratum=True,
)


def _places(angles: np.ndarray) -> np.ndarray:
    """How many of the angles give each of the different points on the ring."""
    centres = np.stack([np.cos(angles), np.sin(angles)], 1)
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    return np.unique([int(np.argmax(row < 1e-6)) for row in gaps], return_counts=True)[1]


def _missing_modes(angles: np.ndarray) -> float:
    return 8 - len(_places(angles))


_BOTH_ENDS, _EIGHTHS = np.linspace(0, 2 * np.pi, 8), 2 * np.pi * np.arange(8) / 8


@ring.counterexample(at_least=0.5, description="how many of the eight modes are missing", miss=1)
def missing_modes():
    yield _missing_modes(_BOTH_ENDS)


@ring.symbolic(scope=AS_STATED)
def ring_proof():
    import sympy as sp

    i, k = sp.symbols("i k", integer=True)
    sevenths = [2 - 2 * sp.cos(2 * sp.pi * n / 7) for n in range(1, 7)]  # |μ_i - μ_k|^2
    yield "the other six differ from it", sp.And(*[d > 0 for d in sevenths])
    yield (
        "both ends are one point: cos 2π = cos 0, sin 2π = sin 0",
        sp.Matrix([sp.cos(2 * sp.pi) - sp.cos(0), sp.sin(2 * sp.pi) - sp.sin(0)]),
    )
    square = 2 - 2 * sp.cos(2 * sp.pi * (i - k) / 8)  # |μ_i - μ_k|^2
    apart = [square.subs({i: n, k: 0}) for n in range(1, 8)]
    yield "while 2πi/8 and 2πk/8 differ for 0 < |i - k| < 8", sp.And(*[d > 0 for d in apart])


@ring.meaning()
def ring_in_words():
    good = bool((_places(_EIGHTHS) == 1).all() and _missing_modes(_EIGHTHS) == 0)
    yield {
        "A ring of 8 modes at linspace(0, 2π, 8)": _missing_modes(_BOTH_ENDS) == 0,
        "eight angles from 0 to 2π, both ends taken, put eight modes on a ring": (
            len(_places(_BOTH_ENDS)) == 8
        ),
        "there are seven, one with double weight": sorted(_places(_BOTH_ENDS)) == [1] * 6 + [2],
        "eight equal modes stand at 2πi/8, i = 0, ..., 7": good,
        r"\mu_i = \bigl(\cos \tfrac{2\pi i}{8}, \sin \tfrac{2\pi i}{8}\bigr),\quad i = 0, "
        r"\ldots, 7": good,
    }


@ring.correction("at 2πi/8", tolerance=1e-12)
def eight_modes():
    yield _missing_modes(_EIGHTHS)


labels = Claim(
    id="B-E43",
    alias="erratum-collapse-from-labels",
    title="“Modes collapse because the data have many labels”",
    statement="Said: collapse happens when there are many kinds of data, for example many labels; "
    "'fools the Mode', 'weakness in Collapse'. Right: the cause is the game: the best response to "
    "a fixed discriminator is all mass at the largest D(x), with labels or without; read 'fools "
    "the discriminator', 'weakness of the discriminator'.",
    formula=r"\min_{p_g} \mathbb{E}_{p_g} \log\bigl(1 - D(x)\bigr) "
    r"\text{ is attained by } \delta_{\operatorname{argmax} D}",
    assumptions=("D is held fixed while G is trained to the end",),
    sources=(
        "Goodfellow et al. 2014, section 6 (the Helvetica scenario)",
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 1",
        "000_8b69f153baee6a3b.txt:412,419",
    ),
    erratum=True,
)


def _best_response(d: np.ndarray) -> np.ndarray:
    """The law on the points that minimises E log(1 - D), by linear programming."""
    from scipy.optimize import linprog

    n = d.size
    return linprog(np.log1p(-d), A_eq=np.ones((1, n)), b_eq=[1], bounds=(0, None)).x


def _collapse_errors(said: float, rng: np.random.Generator):
    """How far the largest share of one point in the best response is from what is said. The data
    are a ring of 8 modes, two points each; either all 16 are one unlabelled set, or each mode is a
    label of its own, with a generator of its own."""
    ring = 2 * np.pi * np.arange(8) / 8
    modes = np.stack([np.cos(ring), np.sin(ring)], 1)
    points = np.repeat(modes, 2, axis=0) + 0.05 * rng.standard_normal((16, 2))
    for _instance in range(5):
        logit = points @ rng.standard_normal(2) + rng.standard_normal()
        d = 1 / (1 + np.exp(-logit))
        yield abs(_best_response(d).max() - said)
        for label in range(8):
            yield abs(_best_response(d[2 * label : 2 * label + 2]).max() - said)


@labels.counterexample(
    at_least=0.4, description="largest share of a point, said to be 1/2 at most", miss=0.5
)
def largest_share(rng):
    yield from _collapse_errors(0.5, rng)  # spread over the points, of all or of one label


@labels.symbolic(scope=AS_STATED)
def labels_proof():
    import sympy as sp

    n, i = sp.symbols("n i", integer=True, positive=True)
    best = sp.Symbol("b", real=True)  # log(1 - D) where D is largest
    law, gaps = sp.IndexedBase("p"), sp.IndexedBase("g")  # by how much it is larger elsewhere
    yield (
        "a law p on n points, of sum 1, costs E log(1 - D) = b + sum of p g; no label is in it",
        sp.Sum(law[i] * (best + gaps[i]), (i, 1, n))
        - best * sp.Sum(law[i], (i, 1, n))
        - sp.Sum(law[i] * gaps[i], (i, 1, n)),
    )
    share, gap = sp.symbols("p g", positive=True)
    yield (
        "a share p > 0 away from the largest D costs p g > 0: the point mass is best",
        share * gap > 0,
    )


@labels.meaning()
def labels_in_words(rng):
    alone = max(_collapse_errors(1, rng)) < 1e-9
    yield {
        r"\min_{p_g} \mathbb{E}_{p_g} \log\bigl(1 - D(x)\bigr) "
        r"\text{ is attained by } \delta_{\operatorname{argmax} D}": alone,
        "all mass at the largest D(x), with labels or without": alone,
    }


@labels.correction("it is 1, without labels and within each label", tolerance=1e-9)
def one_point_each(rng):
    yield from _collapse_errors(1, rng)


@labels.numerical(tolerance=1e-12, description="D = 1/2 everywhere: no law is better than another")
def nothing_to_choose(rng):
    d = np.full(16, 0.5)
    least = np.dot(_best_response(d), np.log1p(-d))
    for _instance in range(5):
        yield abs(np.dot(rng.dirichlet(np.ones(16)), np.log1p(-d)) - least)
