"""Another cure of saturation: least squares (claim A-SAT-12)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np

from theory.claim import AS_STATED, Claim

_FAKE, _REAL, _WANTED = -1, 1, 0

least_squares = Claim(
    id="A-SAT-12",
    alias="least-squares-pearson",
    title="least squares, labels −1, 1, 0: 2 C(G) = χ²_Pearson(p_data + p_g ‖ 2 p_g)",
    statement=f"Another cure of saturation: the least-squares loss with the label a = {_FAKE} of "
    f"fakes, b = {_REAL} of data and c = {_WANTED} of what G wants. At the optimal "
    "D* = (b p_data + a p_g)/(p_data + p_g) the "
    "generator's cost, with the constant term over the data, is "
    "2 C(G) = ∫ (2 p_g - (p_data + p_g))^2/(p_data + p_g) dx, Pearson's chi-squared.",
    formula=r"2\,C(G) = \int \frac{\bigl( 2 p_g - (p_{\mathrm{data}} + p_g) "
    r"\bigr)^2}{p_{\mathrm{data}} + p_g}\,dx = \chi^2_{\text{Pearson}}(p_{\mathrm{data}} + p_g "
    r"\,\|\, 2 p_g)",
    assumptions=("D is optimal", "b - c = 1 and b - a = 2, as with these labels"),
    sources=("Mao et al. 2017, section 3.2", "001_5040f14b49cef5aa.txt:43"),
)


def _optimum(p, q, a, b):
    """D* of least squares, the mean of the labels."""
    return (b * p + a * q) / (p + q)


def _pearson(p, q):
    """The integrand of Pearson's chi-squared (p + q || 2q)."""
    return (2 * q - (p + q)) ** 2 / (p + q)


@least_squares.symbolic(scope=AS_STATED)
def least_squares_proof():
    import sympy as sp

    p, q = sp.symbols("p q", positive=True)
    D, c = sp.symbols("D c", real=True)
    b, a = c + 1, c - 1  # the assumption; c = 0 gives the labels -1, 1, 0
    loss = p * (D - b) ** 2 + q * (D - a) ** 2
    best = _optimum(p, q, a, b)
    yield (
        "the discriminator's loss is stationary at D*",
        (sp.simplify(sp.diff(loss, D).subs(D, best))),
    )
    yield "its second derivative 2 (p + q) is positive: D* is the minimum", sp.diff(loss, D, 2) > 0
    yield (
        "(p + q) (D* - c)^2 = (2q - (p + q))^2/(p + q): the integrands of 2 C(G) and chi^2",
        (sp.simplify((p + q) * (best - c) ** 2 - _pearson(p, q))),
    )
    yield (
        "with a = -1, b = 1, c = 0 it is (p + q) D*^2",
        (sp.simplify((p + q) * _optimum(p, q, _FAKE, _REAL) ** 2 - _pearson(p, q))),
    )


def _costs(p, q, a: float, b: float, c: float) -> tuple[float, float]:
    """2 C(G), with D* by numpy's own least squares in each point, and Pearson's chi-squared."""
    best = np.array(
        [
            np.linalg.lstsq(np.array([[u], [v]]), np.array([u * b, v * a]), rcond=None)[0][0]
            for u, v in zip(np.sqrt(p), np.sqrt(q), strict=True)
        ]
    )
    return (p + q) @ (best - c) ** 2, float(np.sum((p - q) ** 2 / (p + q)))


def _gap(rng: np.random.Generator, a: float, b: float, c: float) -> float:
    p, q = rng.dirichlet(np.ones(6), 2)
    cost, pearson = _costs(p, q, a, b, c)
    return abs(cost - pearson)


@least_squares.numerical(tolerance=1e-12, description="random discrete laws, D* by numpy")
def random_discrete_laws(rng):
    for _instance in range(20):
        yield _gap(rng, _FAKE, _REAL, _WANTED)


@least_squares.meaning()
def least_squares_in_words(rng):
    for _instance in range(10):
        p, q = rng.dirichlet(np.ones(6), 2)
        cost, pearson = _costs(p, q, _FAKE, _REAL, _WANTED)
        yield {
            "labels −1, 1, 0": (_FAKE, _REAL, _WANTED) == (-1, 1, 0),
            "C(G)": cost / 2,
            "χ²_Pearson(p_data + p_g ‖ 2 p_g)": pearson,
            r"\chi^2_{\text{Pearson}}(p_{\mathrm{data}} + p_g \,\|\, 2 p_g)": pearson,
            "∫ (2 p_g - (p_data + p_g))^2/(p_data + p_g) dx": float(_pearson(p, q).sum()),
            r"\int \frac{\bigl( 2 p_g - (p_{\mathrm{data}} + p_g) \bigr)^2}"
            r"{p_{\mathrm{data}} + p_g}\,dx": float(_pearson(p, q).sum()),
            "a": _FAKE,
            "b": _REAL,
            "c": _WANTED,
        }
        # D* in one point, which numpy's least squares finds
        u, v = np.sqrt(p[0]), np.sqrt(q[0])
        both = np.array([u * _REAL, v * _FAKE])
        best = float(np.linalg.lstsq(np.array([[u], [v]]), both, rcond=None)[0][0])
        yield {"D*": best, "p_data": p[0], "p_g": q[0], "a": _FAKE, "b": _REAL}


@least_squares.control(
    "labels 0, 1 and 1, which the paper uses in practice", of=random_discrete_laws, miss=0.478
)
def labels_used_in_practice(rng):
    for _instance in range(20):
        yield _gap(rng, 0, 1, 1)


@least_squares.control("labels -1, 1 and a wanted 1: b - c = 0", of=random_discrete_laws, miss=2)
def wanted_is_real(rng):
    for _instance in range(20):
        yield _gap(rng, -1, 1, 1)
