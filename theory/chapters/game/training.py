"""How the game is trained: algorithm 1, and why D is not trained to the end (A-GAN-11 to 13).

Goodfellow et al. 2014, algorithm 1: k times ascend the minibatch gradient of V in the
discriminator's parameters, then once descend that of E_z[log(1 - D(G(z)))] in the generator's.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import itertools
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, log_expit

from theory.calculators.densities import Mixture
from theory.calculators.divergences import optimal_discriminator, value
from theory.chapters.game.framework import LOG4
from theory.claim import AS_STATED, Claim, excess

_PAPER = "Goodfellow et al. 2014"

algorithm = Claim(
    id="A-GAN-11",
    alias="algorithm-1",
    title="the minibatch gradient's mean is the gradient of V",
    statement="Algorithm 1: k times draw m noise vectors and m data points and ascend the "
    "gradient of (1/m) sum[log D(x_i) + log(1 - D(G(z_i)))] in the discriminator's parameters; "
    "then draw m noise vectors and descend that of (1/m) sum log(1 - D(G(z_i))) in the "
    "generator's (or ascend that of log D(G(z_i))). Minibatch gradients are unbiased estimates of "
    "the gradient of V. The noise comes from p_z (both decks print p_g(z), see B-E19).",
    formula=r"\mathrm{E} \Bigl[ \nabla \frac{1}{m} \sum_{i=1}^m \bigl( \log D(x_i) + "
    r"\log(1 - D(G(z_i))) \bigr) \Bigr] = \nabla V(D, G) \quad \text{in the parameters of } D "
    r"\text{ and of } G",
    assumptions=("independent samples in a minibatch", "gradient and expectation interchange"),
    sources=(
        f"{_PAPER}, algorithm 1",
        "002_d31ce6ddd5a0096b.txt:131-155",
        "003_0ac11bc5ae3e596a.txt:310-331",
    ),
    test="tests/game/test_theory_meets_training.py::test_iteration_counts",
)


@algorithm.symbolic(scope="for laws of finitely many points, any D, G and minibatch size")
def algorithm_proof():
    import sympy as sp

    n, m, k, i = sp.symbols("n m k i", integer=True, positive=True)
    theta = sp.Symbol("theta", real=True)  # any parameter, of D or of G
    other = sp.Symbol("l", integer=True, positive=True)
    p, q = sp.IndexedBase("p"), sp.IndexedBase("q")
    log_d, log_rest = sp.Function("A")(k, theta), sp.Function("B")(k, theta)  # at the k-th point

    def mean(chance, term):
        return sp.Sum(chance[k] * term, (k, 1, n))

    V = mean(p, log_d) + mean(q, log_rest)
    one = mean(p, sp.diff(log_d, theta)) + mean(q, sp.diff(log_rest, theta))
    yield "one draw of each: the mean gradient is that of V", sp.diff(V, theta) - one
    for chance in (p, q):  # of one more draw, of the data or of the noise
        beside = sp.factor_terms(sp.Sum(chance[other] * sp.Symbol("g"), (other, 1, n)))
        yield (
            "one more independent draw beside it changes no mean, as chances add up to 1; so m - 1",
            beside.subs(sp.Sum(chance[other], (other, 1, n)), 1) - sp.Symbol("g"),
        )
    batch = sp.summation(sp.Symbol("g") / m, (i, 1, m))
    yield "and the mean of m equal means is one of them", batch - sp.Symbol("g")


REALS, NOISE = np.array([-1.0, 0.5, 2.0]), np.array([-2.0, 0.0, 1.5])


def _toy(rng: np.random.Generator):
    """Chances of the three data points and noises; w, b of D = σ(w x + b), θ of G = θ z."""
    return rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3)), rng.normal(0, 1, 3)


def _point_gradients(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients in (w, b, θ) of log D at the data points and of log(1 - D(G)) at the noises."""
    w, b, t = weights
    real = expit(-(w * REALS + b))[:, None] * np.column_stack([REALS, np.ones(3), np.zeros(3)])
    fake = -expit(w * t * NOISE + b)[:, None] * np.column_stack([t * NOISE, np.ones(3), w * NOISE])
    return real, fake


def _gradient_of_v(p, q, weights: np.ndarray) -> np.ndarray:
    """V's gradient in (w, b, θ), by complex steps."""
    step, gradient = 1e-30, np.empty(3)
    for i in range(3):
        w, b, t = weights + 1j * step * np.eye(3)[i]
        real, fake = np.exp(-(w * REALS + b)), np.exp(w * t * NOISE + b)
        gradient[i] = (-p @ np.log(1 + real) - q @ np.log(1 + fake)).imag / step
    return gradient


def _mean_of_minibatches(p, q, weights: np.ndarray) -> np.ndarray:
    """The gradient's mean over every minibatch of 3 data points and 3 noises, with its chance."""
    real, fake = _point_gradients(weights)
    mean = np.zeros(3)
    for i, j in itertools.product(itertools.product(range(3), repeat=3), repeat=2):
        mean += p[list(i)].prod() * q[list(j)].prod() * (
            real[list(i)].mean(0) + fake[list(j)].mean(0)
        )  # fmt: skip
    return mean


@algorithm.numerical(
    tolerance=1e-12, description="all minibatches of 3, enumerated, against V's gradient"
)
def every_minibatch_of_3(rng):
    for _instance in range(5):
        game = _toy(rng)
        yield np.abs(_mean_of_minibatches(*game) - _gradient_of_v(*game))


def _batch_deviations(rng: np.random.Generator, uniform: bool) -> np.ndarray:
    """The mean gradient of 200 000 minibatches of 4 less V's, in standard errors.

    The noise has its own chances, or is drawn uniformly.
    """
    p, q, weights = _toy(rng)
    real, fake = _point_gradients(weights)
    n, m = 200_000, 4
    drawn = np.full(3, 1 / 3) if uniform else q
    reals, fakes = rng.choice(3, (n, m), p=p), rng.choice(3, (n, m), p=drawn)
    batches = real[reals].mean(1) + fake[fakes].mean(1)
    return (batches.mean(0) - _gradient_of_v(p, q, weights)) / (batches.std(0) / np.sqrt(n))


@algorithm.sampling("the mean over 200 000 minibatches of 4")
def minibatches_of_4(rng):
    yield _batch_deviations(rng, uniform=False)


@algorithm.meaning()
def algorithm_in_words(rng):
    game = _toy(rng)
    for mean, exact in zip(_mean_of_minibatches(*game), _gradient_of_v(*game), strict=True):
        yield {
            "Algorithm 1": None,
            "(1/m) sum[log D(x_i) + log(1 - D(G(z_i)))]": None,
            "(1/m) sum log(1 - D(G(z_i)))": None,
            r"\mathrm{E} \Bigl[ \nabla \frac{1}{m} \sum_{i=1}^m \bigl( \log D(x_i) + "
            r"\log(1 - D(G(z_i))) \bigr) \Bigr]": mean,
            r"\nabla V(D, G)": exact,
        }


@algorithm.control(
    "log of the minibatch's mean D in place of the mean of log D",
    of=every_minibatch_of_3,
    miss=0.0697,
)
def log_of_the_mean(rng):
    for _instance in range(5):
        p, _, weights = _toy(rng)
        real, _ = _point_gradients(weights)
        d = expit(weights[0] * REALS + weights[1])
        mean = np.zeros(3)
        for batch in itertools.product(range(3), repeat=3):
            i = list(batch)
            mean += p[i].prod() * (d[i, None] * real[i]).sum(0) / d[i].sum()
        yield np.abs(mean - p @ real)


@algorithm.control(
    "the noise is drawn uniformly, not from p_z", of=every_minibatch_of_3, miss=0.653
)
def noise_of_another_law(rng):
    for _instance in range(5):
        p, q, weights = _toy(rng)
        uniform = np.full(3, 1 / 3)
        yield np.abs(_mean_of_minibatches(p, uniform, weights) - _gradient_of_v(p, q, weights))


@algorithm.control("the minibatches' noise is drawn uniformly", of=minibatches_of_4, miss=736)
def minibatches_of_another_law(rng):
    yield _batch_deviations(rng, uniform=True)


small_step = Claim(
    id="A-GAN-12",
    alias="small-step-direction",
    title="a small D step raises V, a small G step lowers it",
    statement="Ascending V is descending -V. After one small enough step of the discriminator V "
    "is larger; after one of the generator on log(1 - D(G(z))) V is smaller; after one on "
    "-log D(G(z)) E[log D(G(z))] is larger.",
    formula=r"V(\theta_d + \eta \nabla_{\theta_d} V, \theta_g) > V(\theta_d, \theta_g) > "
    r"V(\theta_d, \theta_g - \eta \nabla_{\theta_g} V), \quad \eta > 0 \text{ small}",
    assumptions=(
        "differentiable networks",
        "the gradient is not zero",
        "the same batch before and after",
        "a small step",
    ),
    sources=(f"{_PAPER}, algorithm 1", "003_0ac11bc5ae3e596a.txt:288-306"),
    test="tests/game/test_theory_meets_training.py::test_one_small_step_goes_the_stated_way",
)


@small_step.symbolic(scope=AS_STATED)
def small_step_proof():
    import sympy as sp

    # Coordinates of a player's parameters: u along the gradient, v across, where V does not change
    u, v, h = sp.symbols("u v h", real=True)
    V = sp.Function("V")
    g = sp.Symbol("g", real=True, nonzero=True)  # the gradient, along u
    x = sp.Symbol("x")

    def rate(sign):
        moved = sp.diff(V(u + sign * h * g, v), h)
        at = moved.doit().subs(h, 0).doit()
        return at.subs(sp.Subs(sp.diff(V(x, v), x), x, u).doit(), g)

    yield "D ascends: dV/dh = |grad V|^2 at h = 0", rate(1) - g**2
    yield "G descends: dV/dh = -|grad V|^2 at h = 0", rate(-1) + g**2
    yield "not zero, as the gradient is not: V rises, or falls, for small h > 0", g**2 > 0
    D = sp.Function("D", positive=True)(u)
    yield (
        "descending -log D goes along D'/D, the gradient of log D",
        -sp.diff(-sp.log(D), u) - sp.diff(D, u) / D,
    )


class _Batch(NamedTuple):
    """A minibatch with D = σ(w x + b) and G(z) = t z + c."""

    x: np.ndarray
    z: np.ndarray
    w: float
    b: float
    t: float
    c: float

    def real(self) -> float:
        """The mean of log D(x)."""
        return float(log_expit(self.w * self.x + self.b).mean())

    def fake(self, sign: int) -> float:
        """The mean of log D(G(z)), or with sign -1 of log(1 - D(G(z)))."""
        return float(log_expit(sign * (self.w * (self.t * self.z + self.c) + self.b)).mean())

    def value(self) -> float:
        return self.real() + self.fake(-1)

    def by_discriminator(self) -> tuple[float, float]:
        """V's gradient in w and b."""
        y = self.t * self.z + self.c
        up, down = expit(-(self.w * self.x + self.b)), expit(self.w * y + self.b)
        return (up * self.x).mean() - (down * y).mean(), up.mean() - down.mean()

    def by_generator(self, sign: int) -> tuple[float, float]:
        """The gradient in t and c of `fake` with this sign."""
        a = self.w * (self.t * self.z + self.c) + self.b
        slope = sign * expit(-sign * a) * self.w
        return (slope * self.z).mean(), slope.mean()


def _batch(rng: np.random.Generator) -> _Batch:
    x, z = rng.normal(1, 1, 32), rng.normal(0, 1, 32)
    w, b, t, c = rng.normal(0, 1, 4)
    return _Batch(x, z, float(w), float(b), float(t), float(c))


def _steps(batch: _Batch, rate: float) -> list[tuple[float, float]]:
    """What D's, G's and the non-saturating G's step gain, with rate |gradient|^2 of each."""
    g_w, g_b = batch.by_discriminator()
    after_d = batch._replace(w=batch.w + rate * g_w, b=batch.b + rate * g_b)
    g_t, g_c = batch.by_generator(-1)
    after_g = batch._replace(t=batch.t - rate * g_t, c=batch.c - rate * g_c)
    n_t, n_c = batch.by_generator(1)
    after_n = batch._replace(t=batch.t + rate * n_t, c=batch.c + rate * n_c)
    return [
        (after_d.value() - batch.value(), rate * (g_w**2 + g_b**2)),
        (batch.value() - after_g.value(), rate * (g_t**2 + g_c**2)),
        (after_n.fake(1) - batch.fake(1), rate * (n_t**2 + n_c**2)),
    ]


def _no_gain(batch: _Batch, rate: float) -> list[float]:
    """1 for each step that does not go, strictly, the way that is stated."""
    return [0.0 if gain > 0 else 1.0 for gain, _ in _steps(batch, rate)]


@small_step.numerical(tolerance=0, description="steps that go the wrong way or nowhere, rate 1e-4")
def steps_the_wrong_way(rng):
    for _instance in range(50):
        yield _no_gain(_batch(rng), 1e-4)


# The second order adds rate/2 times a curvature of V, at most 20 or so on these minibatches.
@small_step.numerical(tolerance=1e-3, description="gain over rate |gradient|^2, less 1, rate 1e-4")
def gain_to_first_order(rng):
    for _instance in range(50):
        yield [abs(gain / first - 1) for gain, first in _steps(_batch(rng), 1e-4)]


@small_step.meaning()
def small_step_in_words(rng):
    for _instance in range(5):
        batch, rate = _batch(rng), 1e-4
        (up, _), (down, _), _ = _steps(batch, rate)
        yield {
            r"V(\theta_d + \eta \nabla_{\theta_d} V, \theta_g)": batch.value() + up,
            r"V(\theta_d, \theta_g)": batch.value(),
            r"V(\theta_d, \theta_g - \eta \nabla_{\theta_g} V)": batch.value() - down,
            r"\eta": rate,
            "log(1 - D(G(z)))": None,
        }


@small_step.control(
    "the gradient is zero: the fakes are the data and D = 1/2", of=steps_the_wrong_way, miss=1
)
def step_at_a_stationary_point(rng):
    for _instance in range(5):
        x = rng.normal(1, 1, 32)
        yield _no_gain(_Batch(x, x, 0.0, 0.0, 1.0, 0.0), 1e-4)


@small_step.control("the step is not small: 100", of=steps_the_wrong_way, miss=1)
def step_that_is_large(rng):
    for _instance in range(20):
        yield _no_gain(_batch(rng), 100.0)


@small_step.control(
    "the non-saturating step is said to move V by its own |gradient|^2",
    of=gain_to_first_order,
    miss=2.41,
)
def v_after_the_non_saturating_step(rng):
    for _instance in range(20):
        batch, rate = _batch(rng), 1e-4
        n_t, n_c = batch.by_generator(1)
        after = batch._replace(t=batch.t + rate * n_t, c=batch.c + rate * n_c)
        yield abs((batch.value() - after.value()) / (rate * (n_t**2 + n_c**2)) - 1)


overfit = Claim(
    id="A-GAN-13",
    alias="discriminator-overfits",
    title="trained to the end on a finite sample: V → 0 there, held-out V < −log 4",
    statement="A discriminator of high capacity that is trained to completion on a finite sample "
    "separates it perfectly, while on held-out samples it does worse than tossing a coin: "
    "held-out V < -log 4. Hence k steps of D to one of G, not training D to the end.",
    formula=r"V_{\text{train}}(D) \to 0, \quad V_{\text{held out}}(D) < -\log 4",
    assumptions=("a finite sample", "a discriminator of high capacity"),
    sources=(f"{_PAPER}, section 3", "002_d31ce6ddd5a0096b.txt:128"),
)


@overfit.symbolic(scope="for a D that answers 1 - ε or ε by heart, as ε falls to 0")
def overfit_proof():
    import sympy as sp

    e = sp.Symbol("epsilon", positive=True)
    right, wrong = sp.symbols("r w", positive=True)  # masses, of both laws together: r + w = 2
    train, held_out = 2 * sp.log(1 - e), right * sp.log(1 - e) + wrong * sp.log(e)
    yield "in training V = 2 log(1 - ε) -> 0", sp.limit(train, e, 0)
    yield "held out, V -> -infinity as soon as w > 0", sp.Eq(sp.limit(held_out, e, 0), -sp.oo)
    fair = held_out.subs(e, sp.Rational(1, 2)).subs(right, 2 - wrong)
    yield "while ε = 1/2 tosses a coin: -log 4", sp.expand(fair + sp.log(4))


@cache
def digits_values(steps: int) -> tuple[float, float]:
    """V on the training and on the held-out digits, of a 64-256-256-1 network.

    150 digits against 150 samples of the Gaussian with the digits' mean and covariance, and as
    many of both held out; full-batch Adam.
    """
    import warnings

    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    bunch: Any = load_digits()  # its annotations do not say what it holds
    digits = bunch.data[rng.permutation(1797)] / 16
    gaussian = rng.multivariate_normal(digits.mean(0), np.cov(digits.T), 300, method="svd")
    x = np.concatenate([digits[:150], gaussian[:150], digits[150:300], gaussian[150:]])
    x = ((x - 0.5) * 2).astype(np.float32)
    y = np.repeat([1, 0], 150)
    network: Any = MLPClassifier(
        (256, 256), alpha=0, batch_size=300, max_iter=steps, tol=0, n_iter_no_change=steps,
        random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped on purpose
        network.fit(x[:300], y)

    def v(x):
        d = np.clip(network.predict_proba(x)[:, 1], 1e-30, 1 - 1e-7).astype(float)
        return float(np.log(d[:150]).mean() + np.log1p(-d[150:]).mean())

    return v(x[:300]), v(x[300:])


def _not_overfitted(train: float, held_out: float) -> list[float]:
    """How far V is from being >= -0.01 in training and <= -log 4 - 0.5 on held-out samples."""
    return [float(excess(-0.01, train)), float(excess(held_out, -LOG4 - 0.5))]


@overfit.numerical(tolerance=0, description="digits, 600 steps: V >= -0.01, and <= -log 4 - 0.5")
def digits_after_600_steps():
    yield _not_overfitted(*digits_values(600))


def memorised_values(rng: np.random.Generator, n: int, eps: float = 1e-3) -> tuple[float, float]:
    """V in training and in the population, N(0, 1) against N(0.5, 1), of a memorising D.

    D is 1 - ε where the nearest training sample is real, and ε elsewhere; exact by the cells.
    """
    from scipy.stats import norm

    x = np.concatenate([rng.normal(0, 1, n), rng.normal(0.5, 1, n)])
    order = np.argsort(x)
    real = order < n
    edges = np.concatenate([[-np.inf], (x[order][1:] + x[order][:-1]) / 2, [np.inf]])
    p, q = np.diff(norm.cdf(edges)), np.diff(norm.cdf(edges, 0.5))
    d = np.where(real, 1 - eps, eps)
    train = np.log(d[real]).mean() + np.log(1 - d[~real]).mean()
    return float(train), float(p @ np.log(d) + q @ np.log(1 - d))


@overfit.numerical(tolerance=0, description="a nearest-neighbour D in 1-D, exact held-out V")
def nearest_neighbour(rng):
    for n in (20, 100, 500):
        yield _not_overfitted(*memorised_values(rng, n))


@overfit.meaning()
def overfit_in_words(rng):
    for n in (20, 500):
        train, held_out = memorised_values(rng, n)
        yield {
            "V → 0": train > -0.01,
            r"V_{\text{train}}(D) \to 0": train > -0.01,
            "held-out V": held_out,
            r"V_{\text{held out}}(D)": held_out,
        }
    _, held_out = memorised_values(rng, 500, eps=0.4)  # unsure of itself, and near to the bound
    yield {"held-out V": held_out, r"V_{\text{held out}}(D)": held_out}


@overfit.control("the network stops after 10 steps", of=digits_after_600_steps, miss=1.21)
def digits_after_10_steps():
    yield _not_overfitted(*digits_values(10))


@overfit.control("the sample is not finite: D is D* of the laws", of=nearest_neighbour, miss=1.32)
def optimum_of_the_laws():
    for mean in (0.5, 1.0, 2.0):
        p, q = Mixture.normal([1], [0], [1]), Mixture.normal([1], [mean], [1])
        best = value(p, q, optimal_discriminator(p, q))  # the same in training and held out
        yield _not_overfitted(best, best)
