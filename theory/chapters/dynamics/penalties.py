"""R1 and R2 make any game settle near its equilibrium, not the Dirac-GAN alone (claim A-DYN-13)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theory.chapters.dynamics.dirac import PAPER
from theory.chapters.dynamics.min_max import COURSE
from theory.claim import AS_STATED, Claim

# K, L and what pairing adds to the penalty, the diagonals of the example.
_EXAMPLE = {"K": (0.5, 1), "L": (1, 4), "pairing": (0.5, 1)}

stable = Claim(
    id="A-DYN-13",
    alias="gradient-penalty-is-stable",
    title="R1 and R2 beyond the Dirac-GAN: [[0, −Kᵀ], [K, −γL]] is stable",
    statement="Near an equilibrium with p_g = p_data, where D is flat, a generator of n parameters "
    "and a discriminator of m move by z' = J z, J = [[0, -K^T], [K, -γ L]]. K, of m rows and n "
    "columns, is how the generator moves the discriminator's gradient, and γ L comes from R1 or "
    "R2, which are the same there. If γ > 0, the columns of K are independent and L is positive "
    "definite, every eigenvalue has Re λ < 0: the game converges. If two columns of K are equal, "
    "or L has a kernel, an eigenvalue with Re λ = 0 may stay. Relativistic pairing, "
    "E f(D(G(z)) - D(x)), has the same J with f'(0) in K, and adds -2 f''(0) cov(D's slopes) to "
    "γ L. With f(t) = -log(1 + exp(-t)) f'(0) = 1/2 and f''(0) = -1/4, and a generator of normal "
    "laws against D = ψ_1 x + ψ_2 x^2 has K = diag(1/2, 1), L = diag(1, 4), and pairing adds "
    "diag(1/2, 1).",
    formula=r"J = \left(\begin{matrix} 0 & -K^T \\ K & -\gamma L \end{matrix}\right), \quad "
    r"\operatorname{Re} \lambda = -\gamma\, \frac{\bar{y}^T L y}{|x|^2 + |y|^2} \quad "
    r"(J (x, y) = \lambda (x, y))",
    assumptions=(
        "both players move at once, at the same rate",
        "D can be flat on the data: the equilibrium is realised",
        "n <= m",
    ),
    sources=(
        f"{PAPER}, section 4 and its theorem on gradient penalties near an equilibrium",
        "Huang, Gokaslan, Kuleshov, Tompkin 2024, The GAN is dead; long live the GAN! A Modern "
        "Baseline GAN, on the local convergence of relativistic pairing with R1 and R2",
        "Nagarajan, Kolter 2017, Gradient descent GAN optimization is locally stable",
        COURSE,
    ),
)


@stable.symbolic(scope=AS_STATED)
def stable_proof():
    import sympy as sp

    gamma = sp.Symbol("gamma", positive=True)
    x, y, w = sp.symbols("x y w", complex=True)
    k = sp.Symbol("K", real=True)
    yield (
        "λ x = -K^T y, times x*: λ |x|^2 = -w*, w = y* K x, cell by cell as K is real",
        sp.conjugate(sp.conjugate(y) * k * x) - sp.conjugate(x) * k * y,
    )
    a, b, c, d, cell = sp.symbols("a b c d L", real=True)
    first, second = a + sp.I * b, c + sp.I * d
    both = sp.conjugate(first) * cell * second + sp.conjugate(second) * cell * first
    yield (
        "y* L y is real, and the sum of L's forms of y's real and imaginary parts, both >= 0",
        sp.expand(both - 2 * cell * (a * c + b * d)),
    )
    form = sp.Symbol("f", positive=True)  # y* L y
    square_x, square_y = sp.Symbol("X", nonnegative=True), sp.Symbol("Y", positive=True)
    yield (
        "λ y = K x - γ L y, times y*, added: λ (|x|^2 + |y|^2) = w - w* - γ y* L y, of the real "
        "part -γ y* L y",
        sp.re(w - sp.conjugate(w) - gamma * form) + gamma * form,
    )
    yield (
        "negative unless y = 0; but then K x = 0, x = 0 as the columns are independent: no "
        "eigenvector",
        -gamma * form / (square_x + square_y) < 0,
    )
    one, two = sp.symbols("k_1 k_2", real=True)
    yield (
        "two equal columns: x = (1, -1), y = 0 has K x = 0, so λ = 0",
        sp.Matrix([[one, one], [two, two]]) * sp.Matrix([1, -1]),
    )
    scale = sp.Symbol("lambda")
    kernel = sp.Matrix([[0, -one], [one, 0]])
    yield (
        "L = 0 on a coordinate that K = k alone moves: λ = ±i k",
        sp.expand(kernel.charpoly(scale).as_expr() - (scale - sp.I * one) * (scale + sp.I * one)),
    )

    # Where J comes from: D at a generated point and at a real one, and f of their difference.
    theta, psi = sp.symbols("theta psi", real=True)
    made, real = sp.Function("a")(theta, psi), sp.Function("b")(psi)
    f = sp.Function("f")
    value = f(made - real)
    t = sp.Symbol("t", real=True)
    slope, bend = (f(t).diff(t, order).subs(t, made - real) for order in (1, 2))
    gap = sp.diff(made, psi) - sp.diff(real, psi)
    twice = sp.diff(made, psi, 2) - sp.diff(real, psi, 2)
    turn = sp.diff(made, theta)
    yield (
        "the generator's block, f'' a_θ^2 + f' a_θθ for D = a at a generated point, is 0 as D is flat",
        sp.simplify(
            (sp.diff(value, theta, 2) - bend * turn**2 - slope * sp.diff(turn, theta)).doit()
        ),
    )
    yield (
        "K is f'(0) times what theta does to D's slope in psi, as f'' comes with a_θ = 0",
        sp.simplify(
            (sp.diff(value, theta, psi) - bend * turn * gap - slope * sp.diff(turn, psi)).doit()
        ),
    )
    yield (
        "D's own block is f''(0) times the mean square of the slopes' difference; the rest, of "
        "mean 0, is f'(0) times second slopes",
        sp.simplify((sp.diff(value, psi, 2) - bend * gap**2 - slope * twice).doit()),
    )
    mean, mean_square = sp.symbols("m s", real=True)
    yield (
        "of independent points of one law the mean square of a difference is twice the variance",
        sp.expand((mean_square - 2 * mean**2 + mean_square) - 2 * (mean_square - mean**2)),
    )
    steep = sp.Function("g")(psi)  # D's slope in x, 0 at the equilibrium
    gentle = sp.diff(steep, psi)
    yield (
        "(γ/2) g^2 has the second derivative γ g'^2 + γ g g'', where g = 0 the first of them",
        sp.expand(
            sp.diff(gamma / 2 * steep**2, psi, 2)
            - gamma * gentle**2
            - gamma * steep * sp.diff(gentle, psi)
        ),
    )
    yield (
        "and the first γ g g', 0 there whatever the law of x: R1 and R2 are the same, and theta "
        "does not matter",
        sp.diff(gamma / 2 * steep**2, psi) - gamma * steep * gentle,
    )

    # The example: D = psi_1 x + psi_2 x^2, x = mu + exp(tau) z at mu = tau = 0.
    mu, tau = sp.symbols("mu tau", real=True)
    moment = [sp.diff(sp.exp(t**2 / 2), t, order).subs(t, 0) for order in range(5)]
    features = sp.Matrix([mu, mu**2 + sp.exp(2 * tau)])
    at = -sp.log(1 + sp.exp(-t))
    halves = [sp.diff(at, t, order).subs(t, 0) for order in (1, 2)]
    yield "f'(0) = 1/2 and f''(0) = -1/4", sp.Matrix(halves) - sp.Matrix([2, -1]) / 4
    moved = halves[0] * features.jacobian([mu, tau]).subs({mu: 0, tau: 0})
    yield "K", moved - sp.diag(*_EXAMPLE["K"])
    slopes = sp.Matrix([[1, 2 * moment[1]], [2 * moment[1], 4 * moment[2]]])
    yield "L = E of the products of the slopes 1 and 2 x", slopes - sp.diag(*_EXAMPLE["L"])
    covariance = sp.Matrix(2, 2, lambda i, j: moment[i + j + 2] - moment[i + 1] * moment[j + 1])
    yield "what pairing adds", -2 * halves[1] * covariance - sp.diag(*_EXAMPLE["pairing"])


def _flow_matrix(k: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """J = [[0, -K^T], [K, -penalty]]."""
    return np.block([[np.zeros((k.shape[1], k.shape[1])), -k.T], [k, -penalty]])


def _random_games(rng, count: int = 12):
    """K with independent columns and a positive definite γ L, of up to five parameters each."""
    for _instance in range(count):
        m = int(rng.integers(2, 6))
        n = int(rng.integers(1, m + 1))
        k = rng.normal(size=(m, n)) + 2 * np.eye(m, n)
        root = rng.normal(size=(m, m))
        yield k, rng.uniform(0.2, 2) * (root @ root.T / m + 0.3 * np.eye(m))


def _left_after(matrix: np.ndarray, time: float = 3000.0) -> float:
    """The largest factor of a distance from the equilibrium after this time."""
    from scipy.linalg import expm

    return float(np.linalg.norm(expm(time * matrix), 2))


@stable.numerical(tolerance=1e-6, description="what is left of a distance after the time 3000")
def random_games_converge(rng):
    for k, penalty in _random_games(rng):
        yield _left_after(_flow_matrix(k, penalty))


def _real_part_errors(rng, weight: float = 1.0):
    """Re λ against -y* γL y/(|x|^2 + |y|^2) of its eigenvector, with a weight on the penalty."""
    for k, penalty in _random_games(rng):
        values, vectors = np.linalg.eig(_flow_matrix(k, penalty))
        y = vectors[k.shape[1] :]
        forms = np.einsum("jk,ji,ik->k", y.conj(), penalty, y).real
        yield np.abs(values.real + weight * forms / (np.abs(vectors) ** 2).sum(axis=0))


@stable.numerical(tolerance=1e-10, description="real parts of eigenvalues by their eigenvectors")
def real_parts(rng):
    yield from _real_part_errors(rng)


def _log_sigmoid(t):
    return -np.logaddexp(0, -t)


def _example_flow_matrix(
    penalty: str, gamma: float = 0.7, value: Callable = _log_sigmoid
) -> np.ndarray:
    """J of the example by differences: x ~ N(0, 1), G = mu + exp(tau) z, D = psi_1 x + psi_2 x^2.

    The mean over pairs by Gauss-Hermite quadrature; `penalty` is "r1", "r2" or "".
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    weights = weights / weights.sum()
    z, x = np.meshgrid(nodes, nodes)
    share = np.outer(weights, weights)

    def means(place):
        mu, tau, psi_1, psi_2 = place
        made = mu + np.exp(tau) * z
        game = np.sum(share * value(psi_1 * made + psi_2 * made**2 - psi_1 * x - psi_2 * x**2))
        at = {"r1": x, "r2": made, "": 0 * x}[penalty]
        slope = (psi_1 + 2 * psi_2 * at) * (penalty != "")
        return game, game - gamma / 2 * np.sum(share * slope**2)

    h = 1e-3
    matrix = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            steps = h * np.eye(4)
            corners = [
                (s * t, means(s * steps[i] + t * steps[j])[int(i > 1)])
                for s in (1, -1)
                for t in (1, -1)
            ]
            matrix[i, j] = sum(sign * v for sign, v in corners) / (4 * h**2)
    matrix[:2] *= -1  # the generator descends
    return matrix


def _example_errors(penalty: str, pairing: float = 1.0) -> np.ndarray:
    k, slopes, added = (np.diag(_EXAMPLE[name]).astype(float) for name in ("K", "L", "pairing"))
    said = _flow_matrix(k, 0.7 * slopes + pairing * added)
    return np.abs(_example_flow_matrix(penalty) - said)


# Central differences of step 1e-3 are off by about the square of that, times a fourth derivative.
@stable.numerical(tolerance=1e-4, description="normal laws, D with two features: J by differences")
def example_by_differences():
    for penalty in ("r1", "r2"):
        yield _example_errors(penalty)


@stable.meaning(tolerance=1e-6)
def stable_in_words(rng):
    h = 1e-4
    for k, penalty in _random_games(rng, 4):
        gamma = 0.5
        values, vectors = np.linalg.eig(_flow_matrix(k, penalty))
        n = k.shape[1]
        x, y = vectors[:n, 0], vectors[n:, 0]
        yield {
            "[[0, −Kᵀ], [K, −γL]] is stable": _left_after(_flow_matrix(k, penalty)) < 1e-6,
            "z' = J z, J = [[0, -K^T], [K, -γ L]]": None,
            r"J = \left(\begin{matrix} 0 & -K^T \\ K & -\gamma L \end{matrix}\right)": None,
            r"J (x, y) = \lambda (x, y)": None,
            "γ": gamma,
            "Re λ": values[0].real,
            r"\bar{y}^T L y": (y.conj() @ penalty @ y).real / gamma,
            "|x|^2": (np.abs(x) ** 2).sum(),
            "|y|^2": (np.abs(y) ** 2).sum(),
        }
    equal = _left_after(_flow_matrix(np.array([[1.0, 1.0], [2.0, 2.0]]), np.eye(2)))
    kernel = _left_after(_flow_matrix(np.eye(2), np.diag([1.0, 0.0])))
    k, slopes, added = (np.diag(_EXAMPLE[name]).astype(float) for name in ("K", "L", "pairing"))
    with_r1, without = _example_flow_matrix("r1"), _example_flow_matrix("")
    yield {
        "an eigenvalue with Re λ = 0 may stay": bool(min(equal, kernel) > 0.99),
        "f(t) = -log(1 + exp(-t))": None,
        "f'(0)": float(_log_sigmoid(h) - _log_sigmoid(-h)) / (2 * h),
        "f''(0)": float(np.sum(_log_sigmoid(np.array([h, -h, 0, 0])) * [1, 1, -1, -1])) / h**2,
        "has the same J with f'(0) in K": np.allclose(without[2:, :2], k, atol=1e-4),
        "adds -2 f''(0) cov(D's slopes)": np.allclose(without[2:, 2:], -added, atol=1e-4),
        "D = ψ_1 x + ψ_2 x^2": None,
        "K = diag(1/2, 1)": np.allclose(with_r1[2:, :2], k, atol=1e-4),
        "L = diag(1, 4)": np.allclose(without[2:, 2:] - with_r1[2:, 2:], 0.7 * slopes, atol=1e-4),
        "pairing adds diag(1/2, 1)": np.allclose(without[2:, 2:], -added, atol=1e-4),
    }


@stable.control("two columns of K are equal", of=random_games_converge, miss=1)
def equal_columns(rng):
    for k, penalty in _random_games(rng):
        yield _left_after(_flow_matrix(np.column_stack([k, k[:, 0]]), penalty))


@stable.control("L is only semidefinite: 0 on one coordinate", of=random_games_converge, miss=1)
def a_kernel():
    for m in (1, 2, 3, 4):
        yield _left_after(_flow_matrix(np.eye(m), np.diag([0.0, *np.ones(m - 1)])))


@stable.control("the penalty is counted twice", of=real_parts, miss=3.94)
def counted_twice(rng):
    yield from _real_part_errors(rng, weight=2.0)


@stable.control("what pairing adds is half of it", of=example_by_differences, miss=0.5)
def half_the_pairing():
    for penalty in ("r1", "r2"):
        yield _example_errors(penalty, pairing=0.5)
