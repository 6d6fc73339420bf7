"""How the game is trained: algorithm 1, its steps and their numerics (claims A-GAN-11 to 13, 17).

Goodfellow et al. 2014, algorithm 1: k times ascend the minibatch gradient of V in the
discriminator's parameters, then once descend that of E_z[log(1 - D(G(z)))] in the generator's.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np
from scipy.special import expit

from theory.chapters.game.framework import LOG4, softplus
from theory.claim import AS_STATED, Claim

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
    formula=r"\mathrm{E} \Bigl[ \nabla_{\theta_d} \frac{1}{m} \sum_{i=1}^m \bigl( \log D(x_i) + "
    r"\log(1 - D(G(z_i))) \bigr) \Bigr] = \nabla_{\theta_d} V(D, G)",
    assumptions=("independent samples in a minibatch", "gradient and expectation interchange"),
    sources=(
        f"{_PAPER}, algorithm 1",
        "002_d31ce6ddd5a0096b.txt:131-155",
        "003_0ac11bc5ae3e596a.txt:310-331",
    ),
    test="tests/game/test_theory_meets_training.py::test_iteration_counts",
)


@algorithm.symbolic(scope=AS_STATED)
def algorithm_proof():
    import sympy as sp

    w, b, r, f = sp.symbols("w b r f", real=True)  # r, f: chances of the second point
    reals, fakes = (0, 1), (-1, 2)
    log_d = {x: -sp.log(1 + sp.exp(-(w * x + b))) for x in reals}
    log_rest = {x: -sp.log(1 + sp.exp(w * x + b)) for x in fakes}
    chance_r, chance_f = {0: 1 - r, 1: r}, {-1: 1 - f, 2: f}
    V = sum(chance_r[x] * log_d[x] for x in reals) + sum(chance_f[x] * log_rest[x] for x in fakes)
    for parameter in (w, b):
        mean = sum(
            chance_r[x1] * chance_r[x2] * chance_f[y1] * chance_f[y2]
            * sp.diff((log_d[x1] + log_rest[y1] + log_d[x2] + log_rest[y2]) / 2, parameter)
            for x1, x2 in itertools.product(reals, repeat=2)
            for y1, y2 in itertools.product(fakes, repeat=2)
        )  # fmt: skip
        gap = sp.expand(mean - sp.diff(V, parameter))
        yield f"all 16 minibatches of 2: mean d/d{parameter} is that of V", gap


REALS, FAKES = np.array([-1.0, 0.5, 2.0]), np.array([-2.0, 0.0, 1.5])


def _toy(rng: np.random.Generator):
    """Chances of the three real and three fake points; w and b of D = σ(w x + b)."""
    return rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3)), rng.normal(0, 1, 2)


def _point_gradients(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients in (w, b) of log D at the real points and of log(1 - D) at the fake ones."""
    w, b = weights
    real = expit(-(w * REALS + b))[:, None] * np.column_stack([REALS, np.ones(3)])
    fake = -expit(w * FAKES + b)[:, None] * np.column_stack([FAKES, np.ones(3)])
    return real, fake


@algorithm.numerical(tolerance=1e-12, description="the mean over every minibatch of 3, enumerated")
def the_mean_over_every_minibatch_of_3_enumerated(rng):
    for _instance in range(5):
        p, q, weights = _toy(rng)
        real, fake = _point_gradients(weights)
        exact = p @ real + q @ fake
        mean = np.zeros(2)
        for i, j in itertools.product(itertools.product(range(3), repeat=3), repeat=2):
            mean += p[list(i)].prod() * q[list(j)].prod() * (
                real[list(i)].mean(0) + fake[list(j)].mean(0)
            )  # fmt: skip
        yield np.abs(mean - exact)


@algorithm.sampling()
def algorithm_by_sampling(rng):
    p, q, weights = _toy(rng)
    real, fake = _point_gradients(weights)
    n, m = 200_000, 4
    batches = real[rng.choice(3, (n, m), p=p)].mean(1) + fake[rng.choice(3, (n, m), p=q)].mean(1)
    yield (batches.mean(0) - (p @ real + q @ fake)) / (batches.std(0) / np.sqrt(n))


@algorithm.control(
    "log of the minibatch's mean D in place of the mean of log D",
    of=the_mean_over_every_minibatch_of_3_enumerated,
    miss=0.0306,
)
def log_of_the_minibatchs_mean_d_in_place(rng):
    p, _, weights = _toy(rng)
    real, _ = _point_gradients(weights)
    d = expit(weights[0] * REALS + weights[1])
    mean = np.zeros(2)
    for batch in itertools.product(range(3), repeat=3):
        i = list(batch)
        mean += p[i].prod() * (d[i, None] * real[i]).sum(0) / d[i].sum()
    yield np.abs(mean - p @ real)


small_step = Claim(
    id="A-GAN-12",
    alias="small-step-direction",
    title="a small D step raises V, a small G step lowers it",
    statement="Ascending V is descending -V. After one small enough step of the discriminator V "
    "is larger; after one of the generator on log(1 - D(G(z))) V is smaller; after one on "
    "-log D(G(z)) E[log D(G(z))] is larger.",
    formula=r"V(\theta_d + \eta \nabla_{\theta_d} V, \theta_g) > V(\theta_d, \theta_g) > "
    r"V(\theta_d, \theta_g - \eta \nabla_{\theta_g} V) \;\;(\eta > 0 \text{ small})",
    assumptions=("differentiable networks", "the same batch before and after", "a small step"),
    sources=(f"{_PAPER}, algorithm 1", "003_0ac11bc5ae3e596a.txt:288-306"),
    test="tests/game/test_theory_meets_training.py::test_one_small_step_goes_the_stated_way",
)


@small_step.symbolic(scope=AS_STATED)
def small_step_proof():
    import sympy as sp

    w, b, t, z, x, h = sp.symbols("w b theta z x h", real=True)
    log_d, log_rest = -sp.log(1 + sp.exp(-(w * x + b))), -sp.log(1 + sp.exp(w * t * z + b))
    V = log_d + log_rest
    V_w, V_b, V_t = (sp.diff(V, s) for s in (w, b, t))
    step = V.subs({w: w + h * V_w, b: b + h * V_b}, simultaneous=True)
    yield "D step: dV/dh = |grad V|^2 >= 0", sp.diff(step, h).subs(h, 0) - (V_w**2 + V_b**2)
    step = V.subs(t, t - h * V_t)
    yield "saturating G step: dV/dh = -|grad V|^2 <= 0", sp.diff(step, h).subs(h, 0) + V_t**2
    log_fake = -sp.log(1 + sp.exp(-(w * t * z + b)))
    slope = sp.diff(log_fake, t)
    step = log_fake.subs(t, t + h * slope)
    yield (
        "non-saturating G step: d log D(G(z))/dh = |grad|^2",
        (sp.diff(step, h).subs(h, 0) - slope**2),
    )


def _wrong_ways(rng: np.random.Generator, rate: float):
    """How far one step of D, of G, and of the non-saturating G goes against what is stated."""
    x, z = rng.normal(1, 1, 32), rng.normal(0, 1, 32)
    w, b, t, c = rng.normal(0, 1, 4)

    def v(w, b, t, c):
        return -softplus(-(w * x + b)).mean() - softplus(w * (t * z + c) + b).mean()

    y = t * z + c
    up, down = expit(-(w * x + b)), expit(w * y + b)
    grad_w, grad_b = (up * x).mean() - (down * y).mean(), up.mean() - down.mean()
    before = v(w, b, t, c)
    yield max(0.0, before - v(w + rate * grad_w, b + rate * grad_b, t, c))
    grad_t, grad_c = -(down * w * z).mean(), -(down * w).mean()
    yield max(0.0, v(w, b, t - rate * grad_t, c - rate * grad_c) - before)
    grad_t, grad_c = ((1 - down) * w * z).mean(), ((1 - down) * w).mean()
    t_new, c_new = t + rate * grad_t, c + rate * grad_c
    after = -softplus(-(w * (t_new * z + c_new) + b)).mean()
    yield max(0.0, -softplus(-(w * y + b)).mean() - after)


@small_step.numerical(tolerance=0, description="against the stated direction, rate 1e-4")
def against_the_stated_direction_rate_1e_4(rng):
    for _instance in range(50):
        yield from _wrong_ways(rng, 1e-4)


@small_step.control(
    "every sign is turned: D descends V, G ascends it",
    of=against_the_stated_direction_rate_1e_4,
    miss=1.36e-05,
)
def every_sign_is_turned_d_descends_v_g_ascends_it(rng):
    yield from _wrong_ways(rng, -1e-4)


overfit = Claim(
    id="A-GAN-13",
    alias="discriminator-overfits",
    title="trained to the end on a finite sample: V → 0 there, held-out V < −log 4",
    statement="A discriminator of high capacity that is trained to completion on a finite sample "
    "separates it perfectly, while its value on held-out samples falls below -log 4, worse than "
    "tossing a coin. Hence k steps of D to one of G, not training D to the end.",
    formula=r"V_{\text{train}}(D) \to 0, \quad V_{\text{held out}}(D) < -\log 4",
    assumptions=("a finite sample", "a discriminator of high capacity"),
    sources=(f"{_PAPER}, section 3", "002_d31ce6ddd5a0096b.txt:128"),
    no_proof="a statement about finite samples; measured on real digits, and exactly in 1-D",
)


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
    return [max(0.0, -0.01 - train), max(0.0, held_out + LOG4 + 0.5)]


@overfit.numerical(tolerance=0, description="digits, 600 steps: beyond V >= -0.01, <= -log 4 - 0.5")
def digits_600_steps_beyond_v_0_01_log_4_0_5(rng):
    yield _not_overfitted(*digits_values(600))


def memorised_values(rng: np.random.Generator, n: int) -> tuple[float, float]:
    """V in training and in the population, N(0, 1) against N(0.5, 1), of a memorising D.

    D is 1 - ε where the nearest training sample is real, and ε elsewhere; exact by the cells.
    """
    from scipy.stats import norm

    eps = 1e-3
    x = np.concatenate([rng.normal(0, 1, n), rng.normal(0.5, 1, n)])
    order = np.argsort(x)
    real = order < n
    edges = np.concatenate([[-np.inf], (x[order][1:] + x[order][:-1]) / 2, [np.inf]])
    p, q = np.diff(norm.cdf(edges)), np.diff(norm.cdf(edges, 0.5))
    d = np.where(real, 1 - eps, eps)
    train = np.log(d[real]).mean() + np.log(1 - d[~real]).mean()
    return float(train), float(p @ np.log(d) + q @ np.log(1 - d))


@overfit.numerical(tolerance=0, description="a nearest-neighbour D in 1-D, exact held-out V")
def a_nearest_neighbour_d_in_1_d_exact_held_out_v(rng):
    for n in (20, 100, 500):
        yield _not_overfitted(*memorised_values(rng, n))


@overfit.control(
    "the network stops after 10 steps", of=a_nearest_neighbour_d_in_1_d_exact_held_out_v, miss=1.21
)
def the_network_stops_after_10_steps(rng):
    yield _not_overfitted(*digits_values(10))


numerics = Claim(
    id="A-GAN-17",
    alias="softplus-numerics",
    title="log(1 − σ(a)) is coded as −softplus(a)",
    statement="In floating point log(1 - σ(a)) coded as it reads is -infinity from a = 17 on in "
    "float32 and from a = 37 on in float64; -softplus(a) is right everywhere.",
    formula=r"\log(1 - \sigma(a)) = -\log(1 + e^a) = -\bigl( \max(a, 0) + \log(1 + e^{-|a|}) "
    r"\bigr)",
    assumptions=("IEEE arithmetic",),
    sources=(
        "IEEE 754: 1 + e^-a rounds to 1 once e^-a is below half a unit in the last place",
        "000_8b69f153baee6a3b.txt:426-439",
        "003_0ac11bc5ae3e596a.txt:304-306",
    ),
)


@numerics.symbolic(scope=AS_STATED)
def numerics_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    form = sp.log(sp.simplify(1 - 1 / (1 + sp.exp(-a))))
    yield "log(1 - σ(a)) = -log(1 + e^a)", sp.simplify(sp.exp(form) * (1 + sp.exp(a)) - 1)
    half32, half64 = sp.Rational(1, 2**24), sp.Rational(1, 2**53)
    yield "float32: e^-17 < 2^-24 is lost beside 1", sp.exp(-17) < half32
    yield "float32: e^-16 is not", sp.exp(-16) > half32
    yield "float64: e^-37 < 2^-53 is lost beside 1", sp.exp(-37) < half64
    yield "float64: e^-36 is not", sp.exp(-36) > half64


def _naive(a, dtype) -> np.ndarray:
    a = np.asarray(a, dtype)
    with np.errstate(divide="ignore"):
        return np.log(1 - 1 / (1 + np.exp(-a)))


def _relative_error(form, dtype):
    """Against 50-digit arithmetic, at logits from -10 to 80."""
    import mpmath

    for a in (-10, -1, 0, 1, 10, 16, 17, 37, 80):
        with mpmath.workdps(50):
            exact = float(-mpmath.log(1 + mpmath.exp(a)))
        yield abs(float(form(a, dtype)) - exact) / abs(exact)


def _stable(a, dtype):
    a = np.asarray(a, dtype)
    return -(np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))))


@numerics.numerical(tolerance=1e-5, description="relative error of -softplus, float32 and float64")
def relative_error_of_softplus_float32_and_float64(rng):
    yield from _relative_error(_stable, np.float32)
    yield from _relative_error(_stable, np.float64)


@numerics.numerical(tolerance=0, description="the first whole logit where the naive form is -inf")
def the_first_whole_logit_where_the_naive_form(rng):
    for dtype, first in ((np.float32, 17), (np.float64, 37)):
        yield abs(int(np.argmax(np.isneginf(_naive(np.arange(60), dtype)))) - first)


@numerics.control(
    "the naive form in float32", of=relative_error_of_softplus_float32_and_float64, miss=math.inf
)
def the_naive_form_in_float32(rng):
    yield from _relative_error(_naive, np.float32)


@numerics.control(
    "the naive form in float64", of=relative_error_of_softplus_float32_and_float64, miss=math.inf
)
def the_naive_form_in_float64(rng):
    yield from _relative_error(_naive, np.float64)
