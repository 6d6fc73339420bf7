"""The Fréchet distance (FID) of fitted normal laws: what it is, what it does not see, and what a
finite sample does to it (claims A-EVA-07 and 08)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import gammaln

from theory.calculators.transport import wasserstein
from theory.chapters.evaluation.parzen import standard_errors
from theory.claim import AS_STATED, Claim, excess


def _root(C: np.ndarray) -> np.ndarray:
    """The symmetric root of a covariance."""
    values, vectors = np.linalg.eigh(C)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _spread(C1: np.ndarray, C2: np.ndarray) -> float:
    """tr(C1 + C2 - 2 (C1^(1/2) C2 C1^(1/2))^(1/2))."""
    root = _root(C1)
    return float(np.trace(C1 + C2) - 2 * np.trace(_root(root @ C2 @ root)))


def frechet(m1: np.ndarray, C1: np.ndarray, m2: np.ndarray, C2: np.ndarray) -> float:
    """FID of two laws with these means and covariances (A-EVA-07)."""
    return float(np.sum((m1 - m2) ** 2) + _spread(C1, C2))


distance = Claim(
    id="A-EVA-07",
    alias="frechet-distance",
    title="FID is W2² of the normal laws with the same moments, and sees nothing else",
    statement="Of all couplings of two laws with the means m_1, m_2 and the covariances C_1, C_2 "
    "the mean square distance is at least FID = |m_1 - m_2|^2 + "
    "tr(C_1 + C_2 - 2 (C_1^(1/2) C_2 C_1^(1/2))^(1/2)); the normal laws reach it, by a linear map. "
    "So FID is their W2 squared and at most that of any two laws with these moments. It is 0 for "
    "unequal laws with equal moments, such as N(0, 1) and the uniform law of the same variance.",
    formula=r"\mathrm{FID} = |m_1 - m_2|^2 + \operatorname{tr} \left( C_1 + C_2 - 2 (C_1^{1/2} "
    r"C_2 C_1^{1/2})^{1/2} \right)",
    assumptions=("C_1 and C_2 are invertible",),
    sources=(
        "Dowson and Landau 1982, The Fréchet distance between multivariate normal distributions",
        "Gelbrich 1990 (a lower bound for all laws)",
        "Heusel et al. 2017, GANs trained by a two time-scale update rule, equation 6",
    ),
)


@distance.symbolic(scope=AS_STATED)
def distance_proof():
    import sympy as sp

    a, x, y = sp.Symbol("a", positive=True), *sp.symbols("x y", real=True)
    yield (
        "a > 0: a x^2 + y^2/a - 2 x y is a square, so 2 x·y <= x·A x + y·A^-1 y in the axes of any "
        "positive definite A, and the means give 2 tr(cov(x, y)) <= tr(A C_1) + tr(A^-1 C_2)",
        sp.expand(a * x**2 + y**2 / a - 2 * x * y - (sp.sqrt(a) * x - y / sp.sqrt(a)) ** 2),
    )
    # S = C_1^(1/2) and R = (S C_2 S)^(1/2) do not commute; R² = S C_2 S gives C_2
    S, R = sp.symbols("S R", commutative=False)
    first, second = S * S, S**-1 * R * R * S**-1
    A = S**-1 * R * S**-1  # positive definite as R is, by y·A y = (S^-1 y)·R (S^-1 y)
    inverse = S * R**-1 * S
    yield "C_2 = S^-1 R^2 S^-1: S C_2 S = R^2", sp.expand(S * second * S - R * R)
    yield "A = S^-1 R S^-1 has the inverse S R^-1 S", sp.expand(A * inverse - 1)
    yield "A C_1 = S^-1 R S has the trace of R", sp.expand(S * (A * first) * S**-1 - R)
    yield "A^-1 C_2 = S R S^-1, too", sp.expand(S**-1 * (inverse * second) * S - R)
    yield (
        "so 2 tr(cov) <= 2 tr R for every coupling; y = A x has the covariance C_2",
        sp.expand(A * first * A - second),
    )
    yield (
        "and cov(x, A x) = C_1 A, of trace tr R: the bound is reached",
        sp.expand(S**-1 * (first * A) * S - R),
    )
    m, n, c1, c2, shared = sp.symbols("m_1 m_2 c_1 c_2 k", real=True)  # in each coordinate
    means = (c1 + m**2) + (c2 + n**2) - 2 * (shared + m * n)  # E[x²] + E[y²] - 2 E[xy]
    yield (
        "E|x - y|^2 = |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 cov(x, y))",
        sp.expand(means - (m - n) ** 2 - (c1 + c2 - 2 * shared)),
    )
    yield "equal moments: R^2 = S C_1 S = (S^2)^2, so R = C_1", sp.expand(S * first * S - first**2)
    yield "and C_1 + C_1 - 2 R = 0", first + first - 2 * S * S
    w = sp.sqrt(3)
    moments = [sp.integrate(x**k, (x, -w, w)) / (2 * w) for k in (1, 2)]
    yield (
        "U[-sqrt(3), sqrt(3)] has the mean 0 and the variance 1",
        sp.Matrix(moments) - sp.Matrix([0, 1]),
    )


def _laws(rng: np.random.Generator, d: int) -> tuple[np.ndarray, ...]:
    """Means and covariances of two laws in d dimensions."""
    roots = rng.normal(size=(2, d, d + 2))
    m1, m2 = rng.normal(size=(2, d))
    return m1, roots[0] @ roots[0].T, m2, roots[1] @ roots[1].T


def _cost_of_map(m1, C1, m2, C2) -> float:
    """E|x - y|² of y = m2 + A (x - m1), A the linear map that makes C2 of C1."""
    S = _root(C1)
    inner = np.linalg.inv(S)
    A = inner @ _root(S @ C2 @ S) @ inner
    if not np.allclose(A @ C1 @ A, C2):
        raise ArithmeticError("the map does not give the covariance")
    move = np.eye(len(C1)) - A
    return float(np.sum((m1 - m2) ** 2) + np.trace(move @ C1 @ move.T))


def _cost(m1, C1, m2, C2, shared: float) -> float:
    """E|x - y|² of a coupling, by the trace of cov(x, y)."""
    return float(np.sum((m1 - m2) ** 2) + np.trace(C1 + C2) - 2 * shared)


@distance.numerical(tolerance=1e-10, description="the formula against the cost of the linear map")
def cost_of_the_map(rng):
    for d in (1, 2, 5):
        laws = _laws(rng, d)
        yield abs(frechet(*laws) / _cost_of_map(*laws) - 1)


@distance.numerical(tolerance=1e-10, description="what random couplings cost less")
def other_couplings(rng):
    for d in (2, 3, 5):
        m1, C1, m2, C2 = laws = _laws(rng, d)
        for _coupling in range(50):
            K = rng.normal(size=(d, d))
            K /= np.linalg.norm(K, 2)  # cov(x, y) = C1^(1/2) K C2^(1/2), |K| <= 1
            shared = np.trace(_root(C1) @ K @ _root(C2))
            yield excess(frechet(*laws), _cost(m1, C1, m2, C2, shared))


def _on_the_line(p, q) -> float:
    """FID of two laws of scipy.stats, by their moments."""
    laws = [(np.array([law.mean()]), np.array([[law.var()]])) for law in (p, q)]
    return frechet(*laws[0], *laws[1])


@distance.numerical(tolerance=1e-9, description="on the line against W2² by quantile functions")
def on_the_line(rng):
    from scipy import stats

    for m, s in zip(rng.normal(size=5), rng.uniform(0.3, 3, 5), strict=True):
        p, q = stats.norm(0, 1), stats.norm(m, s)
        yield abs(_on_the_line(p, q) - wasserstein(p, q, 2) ** 2)


@distance.meaning()
def distance_in_words(rng):
    from scipy import stats

    p, q = stats.norm(0, 1), stats.uniform(-(3**0.5), 2 * 3**0.5)
    shifted = stats.norm(1.5, 0.4)
    normal = abs(_on_the_line(p, shifted) - wasserstein(p, shifted, 2) ** 2) < 1e-9
    blind = _on_the_line(p, q) < 1e-12 < wasserstein(p, q, 2)
    for d in (1, 3):
        m1, C1, m2, C2 = laws = _laws(rng, d)
        # the roots of C1 C2 are those of C1^(1/2) C2 C1^(1/2)
        product = np.sqrt(np.linalg.eigvals(C1 @ C2).real).sum()
        spread = float(np.trace(C1) + np.trace(C2) - 2 * product)
        yield {
            "W2² of the normal laws": normal,
            "their W2 squared": normal,
            "the means m_1, m_2 and the covariances C_1, C_2": None,
            "FID": _cost_of_map(*laws),
            "|m_1 - m_2|^2": float(sum((a - b) ** 2 for a, b in zip(m1, m2, strict=True))),
            "tr(C_1 + C_2 - 2 (C_1^(1/2) C_2 C_1^(1/2))^(1/2))": spread,
            r"\operatorname{tr} \left( C_1 + C_2 - 2 (C_1^{1/2} C_2 C_1^{1/2})^{1/2} \right)": (
                spread
            ),
            "It is 0 for unequal laws with equal moments": blind,
            "N(0, 1) and the uniform law of the same variance": blind,
        }


@distance.control(
    "2 tr(C_1^(1/2) C_2^(1/2)), as if the covariances commuted", of=cost_of_the_map, miss=0.0267
)
def commuting(rng):
    for d in (2, 3, 5):
        m1, C1, m2, C2 = _laws(rng, d)
        said = _cost(m1, C1, m2, C2, np.trace(_root(C1) @ _root(C2)))
        yield abs(said / _cost_of_map(m1, C1, m2, C2) - 1)


@distance.control(
    "the Hilbert-Schmidt distance |C_1 - C_2|² of the covariances", of=on_the_line, miss=7.18
)
def variances_for_deviations(rng):
    from scipy import stats

    for m, s in zip(rng.normal(size=5), rng.uniform(0.3, 3, 5), strict=True):
        p, q = stats.norm(0, 1), stats.norm(m, s)
        yield abs(m**2 + (1 - s**2) ** 2 - wasserstein(p, q, 2) ** 2)


@distance.control(
    "FID is W2² of any laws with these moments, not of normal ones", of=on_the_line, miss=0.194
)
def other_laws():
    from scipy import stats

    for q in (stats.uniform(-(3**0.5), 2 * 3**0.5), stats.expon(-1), stats.laplace(0, 0.5**0.5)):
        yield abs(_on_the_line(stats.norm(0, 1), q) - wasserstein(stats.norm(0, 1), q, 2) ** 2)


bias = Claim(
    id="A-EVA-08",
    alias="frechet-bias-and-kid",
    title="E[FID of N samples to their own law] = 2σ² (1 − c_N), 3σ²/(2N) in the limit; MMD² has "
    "an unbiased estimate",
    statement="N samples of a normal law with the standard deviation sigma have with their mean "
    "and their variance over N the E[FID] = 2 sigma^2 (1 - c_N) to that law, c_N = sqrt(2/N) "
    "Gamma(N/2)/Gamma((N-1)/2), though the true distance is 0; it falls as 3 sigma^2/(2N). The "
    "average of a kernel over all pairs of different samples gives an unbiased estimate of MMD^2 "
    "(KID) at every number of samples; pairs of a sample with itself add a bias of order 1/n. "
    "With KID's kernel (x y + 1)^3 MMD^2 = 3 (a_1 - b_1)^2 + 3 (a_2 - b_2)^2 + (a_3 - b_3)^2, a_k "
    "and b_k the moments, so that laws with three equal moments stay at 0, too.",
    formula=r"\operatorname{E}[\mathrm{FID}] = 2 \sigma^2 (1 - c_N), \quad c_N = "
    r"\sqrt{\frac{2}{N}} \frac{\Gamma(N/2)}{\Gamma((N-1)/2)}",
    assumptions=("independent samples", "the limit: N goes to infinity"),
    sources=(
        "Chong and Forsyth 2020, Effectively unbiased FID and Inception Score",
        "Bińkowski, Sutherland, Arbel, Gretton 2018, Demystifying MMD GANs",
        "Gretton et al. 2012, A kernel two-sample test, lemma 6",
    ),
)


def _limit_steps(sp):
    """N (1 - c_N) -> 3/4, between two neighbours of which the product is known."""
    N, k, first, second = sp.symbols("N k S_1 S_2", positive=True)  # sums of x and x² of N + 1
    left_out = (N * second / N) - ((N + 1) * first**2 - 2 * first**2 + second) / N**2
    spread = second / (N + 1) - first**2 / (N + 1) ** 2
    yield (
        "the variances that leave one of N + 1 samples out have the mean (1 - 1/N^2) v: by the "
        "concave root c_N <= sqrt(1 - 1/N^2) c_(N+1), so c_N increases",
        sp.simplify(left_out / (N + 1) - (1 - 1 / N**2) * spread),
    )
    yield (
        "Gamma(k/2 + 1)/Gamma(k/2) = k/2, with k = N - 1",
        sp.gammasimp(sp.gamma(k / 2 + 1) / sp.gamma(k / 2) - k / 2),
    )
    product = sp.sqrt(2 / N) * sp.sqrt(2 / (N + 1)) * (N - 1) / 2
    yield (
        "so c_N c_(N+1) = (N - 1)/sqrt(N (N + 1)), at least c_N^2",
        sp.simplify(product**2 - (N - 1) ** 2 / (N * (N + 1))),
    )
    for name, around in (("above", product), ("below", product.subs(N, N - 1))):
        yield (
            f"c_N^2 is bounded from {name} by it or the one before: N (1 - root) -> 3/4",
            sp.limit(N * (1 - sp.sqrt(around)), N, sp.oo) - sp.Rational(3, 4),
        )


def _shrinkage(n: int) -> float:
    """c_N: the mean of the samples' standard deviation (over N), for sigma = 1."""
    return float(np.sqrt(2 / n) * np.exp(gammaln(n / 2) - gammaln((n - 1) / 2)))


@bias.symbolic(scope=AS_STATED)
def bias_proof():
    import sympy as sp

    N, s, x, k = sp.symbols("N sigma x k", positive=True)
    c = sp.Symbol("c", positive=True)  # c_N
    yield (
        "N v/sigma^2 is chi-squared with k = N - 1 degrees; its root has the mean sqrt(2) "
        "Gamma((k+1)/2)/Gamma(k/2), by the density of the chi-squared law",
        sp.simplify(
            sp.integrate(x ** ((k + 1) / 2 - 1) * sp.exp(-x / 2), (x, 0, sp.oo))
            / (2 ** (k / 2) * sp.gamma(k / 2))
            - sp.sqrt(2) * sp.gamma((k + 1) / 2) / sp.gamma(k / 2)
        ),
    )
    mean_square = s**2 / N + (N - 1) / N * s**2 + s**2 - 2 * s * (c * s)
    yield (
        "E[(m - mean)^2] + E[v] + sigma^2 - 2 sigma E[sqrt(v)] = 2 sigma^2 (1 - c_N)",
        sp.simplify(mean_square - 2 * s**2 * (1 - c)),
    )
    yield from _limit_steps(sp)
    n, m = sp.symbols("n m", positive=True)
    one, two, mixed, own = sp.symbols("k_x k_y k_xy k_xx", real=True)  # means of the kernel
    pairs = n * (n - 1) * one / (n * (n - 1)) + m * (m - 1) * two / (m * (m - 1))
    squared = one + two - 2 * mixed
    yield (
        "pairs of different samples: E = k_x + k_y - 2 k_xy, MMD^2, for any n and m",
        sp.simplify(pairs - 2 * n * m * mixed / (n * m) - squared),
    )
    all_pairs = (n * (n - 1) * one + n * own) / n**2
    yield "a sample with itself adds (k_xx - k_x)/n", sp.simplify(all_pairs - one - (own - one) / n)
    y = sp.Symbol("y", real=True)
    z = sp.Symbol("z", real=True)
    kernel = sp.Poly(((y * z + 1) ** 3).expand(), y, z)
    a, b = sp.symbols("a1:4", real=True), sp.symbols("b1:4", real=True)

    def mean(p, q):
        """E of the kernel between laws with these moments."""
        return sum(w * ((1, *p)[i] * (1, *q)[j]) for (i, j), w in kernel.terms())

    said = 3 * (a[0] - b[0]) ** 2 + 3 * (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
    yield (
        "(x y + 1)^3: MMD^2 by the three moments",
        sp.expand(mean(a, a) + mean(b, b) - 2 * mean(a, b) - said),
    )


def _fid_of_samples(n: int, rng: np.random.Generator) -> np.ndarray:
    """FID of 50 000 samples of n numbers of N(0, 1) to N(0, 1)."""
    x = rng.normal(size=(50_000, n))
    return x.mean(axis=1) ** 2 + (x.std(axis=1) - 1) ** 2


@bias.sampling("FID of 5 to 20 samples to their own law, against 2 (1 - c_N)")
def fid_of_samples(rng):
    for n in (5, 10, 20):
        yield standard_errors(_fid_of_samples(n, rng), 2 * (1 - _shrinkage(n)))


# c_N = 1 - (3/4)/N - (7/32)/N² - ...: N times the bias is 3/2 + (7/16)/N.
@bias.numerical(tolerance=4.5e-4, description="N times the bias against 3/2, N = 1000 and 10000")
def rate():
    for n in (1000, 10_000):
        yield abs(n * 2 * (1 - _shrinkage(n)) - 3 / 2)


def _cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (np.outer(x, y) + 1) ** 3


def _estimate(x: np.ndarray, y: np.ndarray, own: bool) -> float:
    """MMD² over all pairs, or with `own` false over pairs of different samples."""
    total = -2 * _cubic(x, y).mean()
    for z in (x, y):
        k, n = _cubic(z, z), len(z)
        total += k.mean() if own else (k.sum() - np.trace(k)) / (n * (n - 1))
    return float(total)


def _mean_estimate(p: tuple, q: tuple, n: int, own: bool) -> float:
    """E of the estimate over all samples of n of two laws (points, masses), exactly."""
    mean = 0.0
    outcomes = [np.indices((len(points),) * n).reshape(n, -1).T for points, _masses in (p, q)]
    for i in outcomes[0]:
        for j in outcomes[1]:
            chance = np.prod(p[1][i]) * np.prod(q[1][j])
            mean += chance * _estimate(p[0][i], q[0][j], own)
    return mean


def _mmd(p: tuple, q: tuple) -> float:
    """MMD² of two laws (points, masses), by the kernel."""
    means = [a[1] @ _cubic(a[0], b[0]) @ b[1] for a, b in ((p, p), (q, q), (p, q))]
    return float(means[0] + means[1] - 2 * means[2])


def _two_laws(rng: np.random.Generator) -> tuple[tuple, tuple]:
    p, q = ((rng.normal(size=2), rng.dirichlet(np.ones(2))) for _law in range(2))
    return p, q


def _estimate_errors(own: bool, rng: np.random.Generator) -> Iterator[float]:
    for n in (2, 3, 4):
        p, q = _two_laws(rng)
        yield abs(_mean_estimate(p, q, n, own) - _mmd(p, q))


@bias.numerical(tolerance=1e-12, description="all samples of 2 to 4 of two-point laws, (xy + 1)³")
def different_pairs(rng):
    yield from _estimate_errors(False, rng)


def _moments(law: tuple) -> list[float]:
    return [float(law[1] @ law[0] ** k) for k in (1, 2, 3)]


@bias.meaning()
def bias_in_words(rng):
    from scipy import stats

    for n in (4, 9):
        x, step = np.linspace(1e-9, 14, 20_001, retstep=True)
        chi = stats.chi.pdf(x, n - 1) * step  # of sqrt(N v)/sigma
        sigma = rng.uniform(0.5, 2)
        spread = float(((x / np.sqrt(n) - 1) ** 2 * chi).sum())
        yield {
            "E[FID of N samples to their own law]": sigma**2 * (1 / n + spread),
            "E[FID]": sigma**2 * (1 / n + spread),
            r"\operatorname{E}[\mathrm{FID}]": sigma**2 * (1 / n + spread),
            "σ": sigma,
            "N": n,
            "c_N": _shrinkage(n),
            "Gamma(N/2)": float(np.exp(gammaln(n / 2))),
            "Gamma((N-1)/2)": float(np.exp(gammaln((n - 1) / 2))),
            "3σ²/(2N) in the limit": abs(1e4 * 2 * (1 - _shrinkage(10_000)) - 1.5) < 1e-4,
            "falls as 3 sigma^2/(2N)": abs(1e4 * 2 * (1 - _shrinkage(10_000)) - 1.5) < 1e-4,
            "the true distance is 0": None,  # from a law to itself
        }
    p, q = _two_laws(rng)
    a, b = _moments(p), _moments(q)
    skewed = [abs(_mean_estimate(p, q, n, True) - _mmd(p, q)) * n for n in (2, 4)]
    normal, flat = ([law.moment(k) for k in (1, 2, 3)] for law in _blind_pair(stats))
    yield {
        "MMD² has an unbiased estimate": max(_estimate_errors(False, rng)) < 1e-12,
        "unbiased estimate of MMD^2 (KID)": max(_estimate_errors(False, rng)) < 1e-12,
        "a bias of order 1/n": abs(skewed[1] / skewed[0] - 1) < 1e-9,
        "With KID's kernel (x y + 1)^3": None,
        "MMD^2": _mmd(p, q),
        "a_1": a[0],
        "a_2": a[1],
        "a_3": a[2],
        "b_1": b[0],
        "b_2": b[1],
        "b_3": b[2],
        "three equal moments stay at 0": bool(np.allclose(normal, flat, atol=1e-9)),
    }


def _blind_pair(stats) -> tuple:
    """N(0, 1) and the uniform law with its first three moments."""
    return stats.norm(0, 1), stats.uniform(-(3**0.5), 2 * 3**0.5)


@bias.control(
    "the law is replaced by a second sample of it, as in practice", of=fid_of_samples, miss=104
)
def two_samples(rng):
    for n in (5, 10, 20):
        x, y = rng.normal(size=(2, 50_000, n))
        means = (x.mean(axis=1) - y.mean(axis=1)) ** 2
        seen = means + (x.std(axis=1) - y.std(axis=1)) ** 2
        yield standard_errors(seen, 2 * (1 - _shrinkage(n)))


@bias.control("the deviation's error alone is counted, 1/(2N)", of=rate, miss=1)
def deviation_alone():
    for n in (1000, 10_000):
        yield abs(n * 2 * (1 - _shrinkage(n)) - 1 / 2)


@bias.control("pairs of a sample with itself are counted", of=different_pairs, miss=4.26)
def own_pairs(rng):
    yield from _estimate_errors(True, rng)
