"""The density of G(z), where it has one: changes of variables (claims A-GAN-04, 04b and 05).

A density needs an invertible G, or a sum over pre-images; p_g as a law needs neither (A-GAN-03).
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from theory.chapters.game.push_forward import standard_normal
from theory.claim import AS_STATED, Claim

change = Claim(
    id="A-GAN-04",
    alias="change-of-variables",
    title="p_g(x) = p_z(G⁻¹(x)) |(G⁻¹)′(x)|",
    statement="For a strictly monotone, continuously differentiable G on the line with "
    "G'(z) ≠ 0 at every z, p_g(x) = p_z(G^-1(x)) |(G^-1)'(x)| on the range of G and 0 elsewhere. "
    "The absolute value is needed as soon as G decreases (B-E17).",
    formula=r"p_g(x) = p_z(G^{-1}(x))\,\left| (G^{-1})'(x) \right|",
    assumptions=(
        "G is continuously differentiable, and G' is nowhere 0, which makes G injective; to be "
        "strictly monotone is not enough: where G' is 0 on a set of positive length mass is lost",
        "p_z is continuous; at the image of a jump, a single point, a density's value is free",
        "z and x have the same dimension",
    ),
    sources=("change of variables for densities", "002_d31ce6ddd5a0096b.txt:186"),
)


@change.symbolic(scope=AS_STATED)
def change_proof():
    import sympy as sp

    x, u = sp.symbols("x u", real=True)
    r = sp.Symbol("r", positive=True)
    F, h = sp.Function("F"), sp.Function("h")  # F_z, and h = G^-1
    p_z = sp.Subs(sp.diff(F(u), u), u, h(x))
    G = sp.Function("G")
    inner = sp.diff(G(h(x)), x).doit()
    outer = sp.Subs(sp.diff(G(u), u), u, h(x)).doit() * sp.diff(h(x), x)
    yield "G(h(x)) = x: G'(h) h' = 1, so h' = 1/G'(h), as G' is nowhere 0", inner - outer
    for words, law, slope, ends in (
        ("G increases: P(G(z) <= x) = F_z(h(x))", F(h(x)), r, (-sp.oo, sp.oo)),
        ("G decreases: P(G(z) <= x) = 1 - F_z(h(x))", 1 - F(h(x)), -r, (sp.oo, -sp.oo)),
    ):
        density = sp.diff(law, x).doit()
        stated = (p_z * sp.Abs(sp.Symbol("h1", real=True))).doit()
        gap = density.subs(sp.diff(h(x), x), slope) - stated.subs(sp.Symbol("h1", real=True), slope)
        yield f"{words}, whose slope is p_z(h) |h'|", sp.simplify(gap)
        first, last = (law.subs(h(x), end) for end in ends)
        yield (
            "from the range's lower end to its upper it rises by all of the noise's mass: "
            "none is left elsewhere, and the density there is 0",
            last - first - (F(sp.oo) - F(-sp.oo)),
        )


def _density_elsewhere() -> float:
    """The largest density that scipy gives to e^z outside its range, (0, infinity)."""
    from scipy import stats

    return float(np.max(stats.lognorm(1).pdf(np.linspace(-5, 0, 50))))


def _monotone_maps(rng: np.random.Generator):
    """Points x, G^-1(x), (G^-1)'(x) and scipy's density of G(z)."""
    from scipy import stats

    x = rng.uniform(0.2, 5, 100)
    yield x, np.log(x), 1 / x, stats.lognorm(1).pdf(x)
    x = rng.uniform(-5, 5, 100)
    yield x, -x, -np.ones_like(x), stats.norm.pdf(x)
    for m, s in zip(rng.normal(0, 2, 5), rng.uniform(0.3, 3, 5), strict=True):
        for sign in (1, -1):
            yield x, sign * (x - m) / s, np.full(100, sign / s), stats.norm(m, s).pdf(x)


@change.numerical(tolerance=1e-12, description="against scipy's densities: exp, -z, affine maps")
def against_known_densities(rng):
    for _x, inverse, slope, exact in _monotone_maps(rng):
        yield np.abs(standard_normal(inverse) * np.abs(slope) - exact)


def _share_deviations(rng: np.random.Generator, slope) -> list[float]:
    """Of samples of -e^z, in three intervals: the share less the density's mass, in its errors."""
    from scipy.integrate import quad

    x = -np.exp(rng.normal(size=200_000))
    deviations = []
    for a, b in ((-0.5, -0.1), (-1.5, -0.5), (-6, -1.5)):
        mass = quad(lambda y: standard_normal(np.log(-y)) * slope(y), a, b)[0]
        error = np.sqrt(abs(mass * (1 - mass)) / x.size)
        deviations.append((np.mean((x > a) & (x < b)) - mass) / error)
    return deviations


def _mass_of_a_cubic(a: float, b: float) -> float:
    """The formula's mass for G = a z + b z^3, whose inverse is found by search."""
    from scipy.integrate import quad
    from scipy.optimize import brentq

    def density(x):
        z = brentq(lambda z: a * z + b * z**3 - x, -15, 15, xtol=1e-14)
        return standard_normal(z) / abs(a + 3 * b * z**2)

    ends = np.sort([a * z + b * z**3 for z in (-12, 12)])
    middle = np.sort([a * z + b * z**3 for z in (-3, -1, 1, 3)])
    return quad(density, *ends, points=middle, epsabs=1e-11, limit=200)[0]


@change.numerical(tolerance=1e-9, description="the formula's mass for a z + b z^3 is 1")
def whole_mass(rng):
    for a, b in rng.uniform(0.5, 2, (2, 2)):
        yield abs(_mass_of_a_cubic(a, b) - 1)
        yield abs(_mass_of_a_cubic(-a, -b) - 1)


def _mass_beside_a_cantor_set(generations: int = 40) -> float:
    """The formula's mass for noise U[0, 1] and a G whose slope is the distance to a closed set K.

    From [0, 1] the middle pieces are cut out, 2^(n - 1) gaps of length 4^-n, n = 1, 2, ...: K is
    what is left, of length 1/2, and it holds no interval, so that G rises strictly. G(K) has
    length 0, as G' = 0 on K, so that the density's mass lies in the gaps' images. In either half
    of a gap G is t^2/2, t from its end, and the density p_z/G' is 1/t = 1/sqrt(2 x).
    """
    from scipy.integrate import quad

    mass = 0.0
    for n in range(1, generations + 1):
        half = 4.0**-n / 2
        mass += 2 ** (n - 1) * 2 * quad(lambda x: 1 / np.sqrt(2 * x), 0, half**2 / 2)[0]
    return mass


@change.control("G' is 0 on a set without an interval", of=whole_mass, miss=0.5)
def slope_of_zero():
    yield abs(_mass_beside_a_cantor_set() - 1)


@change.sampling("shares of samples of -e^z in intervals against masses of the density")
def shares_in_intervals(rng):
    yield from _share_deviations(rng, lambda x: abs(1 / x))


@change.meaning()
def change_in_words(rng):
    for _x, inverse, slope, exact in _monotone_maps(rng):
        for i in range(3):
            yield {
                "p_g(x)": exact[i],
                "p_z(G⁻¹(x))": standard_normal(inverse[i]),
                "p_z(G^-1(x))": standard_normal(inverse[i]),
                "G'(z)": 1 / slope[i],
                "(G⁻¹)′(x)": slope[i],
                "(G^-1)'(x)": slope[i],
                "0 elsewhere": _density_elsewhere() == 0,
                "B-E17": None,
            }


@change.control("the absolute value is dropped", of=against_known_densities, miss=0.798)
def no_absolute_value(rng):
    for _x, inverse, slope, exact in _monotone_maps(rng):
        if slope[0] < 0:
            yield np.abs(standard_normal(inverse) * slope - exact)


@change.control("the factor (G^-1)' is dropped", of=against_known_densities, miss=0.457)
def no_factor(rng):
    for _x, inverse, _slope, exact in _monotone_maps(rng):
        yield np.abs(standard_normal(inverse) - exact)


@change.control("the shares' density has no factor", of=shares_in_intervals, miss=652)
def shares_without_factor(rng):
    yield from _share_deviations(rng, lambda x: 1.0)


preimages = Claim(
    id="A-GAN-04b",
    alias="sum-over-preimages",
    title="p_g(x) = Σ_{z: G(z) = x} p_z(z) / |G′(z)|",
    statement="Where G is not injective every pre-image of x contributes: p_g(x) is the sum over "
    "them of p_z(z)/|G'(z)|.",
    formula=r"p_g(x) = \sum_{z :\, G(z) = x} \frac{p_z(z)}{|G'(z)|}",
    assumptions=("countably many pre-images, with G' not 0 there",),
    sources=("change of variables for densities", "002_d31ce6ddd5a0096b.txt:186"),
)


@preimages.symbolic(scope="for finitely many pre-images")
def preimages_proof():
    import sympy as sp

    n, i = sp.symbols("n i", integer=True, positive=True)
    x, u, g = sp.symbols("x u g", real=True)
    r = sp.Symbol("r", positive=True)
    F, G, h = sp.Function("F"), sp.Function("G"), sp.Function("h")  # h(i, x): the i-th pre-image
    slope = sp.diff(h(i, x), x)
    inner = sp.diff(G(h(i, x)), x).doit()
    outer = (sp.Subs(sp.diff(G(u), u), u, h(i, x))).doit()
    yield "G(h(x)) = x: h' = 1/G'(h)", (inner - outer * slope).doit()
    p_z = sp.Subs(sp.diff(F(u), u), u, h(i, x)).doit()
    for words, sign in (("rises", 1), ("falls", -1)):
        mass = sp.diff(
            sign * F(h(i, x)), x
        ).doit()  # of the noise on this piece that G sends below x
        gap = mass.subs(slope, 1 / g) - p_z / sp.Abs(g)
        yield f"a piece where G {words}: density p_z(h)/|G'(h)|", sp.simplify(gap.subs(g, sign * r))
    signs = sp.IndexedBase("s")  # 1 where G rises, -1 where it falls
    law = sp.Sum(signs[i] * F(h(i, x)), (i, 1, n))  # of disjoint pieces the masses add up
    yield (
        "n pieces: the densities add up",
        sp.diff(law, x) - sp.Sum(signs[i] * slope * p_z, (i, 1, n)),
    )


def _cubic_density(x: float, keep: int = 3) -> float:
    """p_g of G(z) = z^3 - 3z, from the first `keep` of its real pre-images."""
    roots = np.roots([1, 0, -3, -x])
    real = np.sort(roots.real[np.abs(roots.imag) < 1e-9])[:keep]
    return float(np.sum(standard_normal(real) / np.abs(3 * real**2 - 3)))


def _cubic_gap(a: float, b: float, keep: int = 3) -> float:
    """The density's integral over (a, b), |a|, |b| < 2, less the noise's mass in G^-1(a, b)."""
    from scipy.integrate import quad

    ends = [np.sort(np.roots([1, 0, -3, -x]).real) for x in (a, b)]
    mass = np.sum(np.abs(ndtr(ends[1]) - ndtr(ends[0])))
    return abs(quad(_cubic_density, a, b, args=(keep,), epsabs=1e-12)[0] - mass)


@preimages.numerical(tolerance=1e-12, description="G = z^2 against scipy's chi^2_1")
def known_chi2(rng):
    from scipy import stats

    x = rng.uniform(0.05, 9, 100)
    z = np.sqrt(x)
    yield np.abs((standard_normal(z) + standard_normal(-z)) / (2 * z) - stats.chi2(1).pdf(x))


@preimages.numerical(tolerance=1e-9, description="G = z^3 - 3z, three pre-images, by masses")
def three_preimages(rng):
    for _instance in range(5):
        yield _cubic_gap(*np.sort(rng.uniform(-1.8, 1.8, 2)))


# sin(2 z) = x has two pre-images in every period of π.
def _waves(x: np.ndarray, periods: int = 8) -> np.ndarray:
    """p_g of G(z) = sin(2 z), from the pre-images in periods -`periods` to `periods`."""
    turns = np.pi * np.arange(-periods, periods + 1)[:, None]
    first = np.arcsin(x) / 2
    z = np.concatenate([first + turns, np.pi / 2 - first + turns])
    return (standard_normal(z) / (2 * np.sqrt(1 - x**2))).sum(0)


def _waves_gap(rng: np.random.Generator, periods: int = 8) -> float:
    """The density's integral over an interval less the noise's mass there."""
    a, b = np.sort(rng.uniform(-0.9, 0.9, 2))
    nodes, weights = np.polynomial.legendre.leggauss(60)
    x = (a + b) / 2 + nodes * (b - a) / 2
    z = np.pi * np.arange(-8, 9)[:, None]
    rising = ndtr(np.arcsin(b) / 2 + z) - ndtr(np.arcsin(a) / 2 + z)
    falling = ndtr((np.pi - np.arcsin(a)) / 2 + z) - ndtr((np.pi - np.arcsin(b)) / 2 + z)
    return float(abs(_waves(x, periods) @ weights * (b - a) / 2 - (rising + falling).sum()))


@preimages.numerical(tolerance=1e-9, description="G = sin(2 z), countably many, by masses")
def countably_many(rng):
    for _instance in range(5):
        yield _waves_gap(rng)


@preimages.meaning()
def preimages_in_words(rng):
    from scipy import stats

    for x in rng.uniform(0.05, 9, 5):
        z = np.sqrt(x)
        total = float(np.sum(standard_normal(np.array([z, -z])) / np.abs(2 * np.array([z, -z]))))
        yield {
            "p_g(x)": float(stats.chi2(1).pdf(x)),
            "Σ_{z: G(z) = x} p_z(z) / |G′(z)|": total,
            r"\sum_{z :\, G(z) = x} \frac{p_z(z)}{|G'(z)|}": total,
            "p_z(z)/|G'(z)|": None,
        }


@preimages.control("one pre-image is taken for all three", of=three_preimages, miss=0.317)
def one_preimage_of_three(rng):
    for _instance in range(5):
        yield _cubic_gap(*np.sort(rng.uniform(-1.8, 1.8, 2)), keep=1)


@preimages.control("the slope of G is left out", of=known_chi2, miss=0.235)
def no_slope(rng):
    from scipy import stats

    for x in rng.uniform(0.05, 9, 20):
        yield abs(standard_normal(np.sqrt(x)) + standard_normal(-np.sqrt(x)) - stats.chi2(1).pdf(x))


@preimages.control("only the pre-images of one period are counted", of=countably_many, miss=0.0736)
def one_period(rng):
    for _instance in range(5):
        yield _waves_gap(rng, periods=0)


multivariate = Claim(
    id="A-GAN-05",
    alias="change-of-variables-multivariate",
    title="p_g(x) = p_z(G⁻¹(x)) |det J_{G⁻¹}(x)|",
    statement="In several dimensions the factor is the absolute value of the Jacobian determinant "
    "of the inverse.",
    formula=r"p_g(x) = p_z(G^{-1}(x))\,\left| \det J_{G^{-1}}(x) \right|",
    assumptions=("G is a diffeomorphism",),
    sources=("change of variables for densities", "002_d31ce6ddd5a0096b.txt:186"),
)


@multivariate.symbolic(scope="in the plane, from Green's theorem")
def multivariate_proof():
    import sympy as sp

    x, y, u, v, t = sp.symbols("x y u v t", real=True)
    A, h, k = sp.Function("A"), sp.Function("h")(x, y), sp.Function("k")(x, y)  # G^-1 = (h, k)
    # p_z = dA/du, so that by Green's theorem the mass of a region is the integral of A dv around it
    p_z = sp.Subs(sp.diff(A(u, v), u), (u, v), (h, k)).doit()
    det = sp.diff(h, x) * sp.diff(k, y) - sp.diff(h, y) * sp.diff(k, x)
    curl = sp.diff(A(h, k) * sp.diff(k, y), x) - sp.diff(A(h, k) * sp.diff(k, x), y)
    yield "p_z(G^-1) det J is the curl of A(G^-1) grad k", sp.simplify(curl.doit() - p_z * det)
    # so its integral over a region is that of A dk around it: along a curve (X(t), Y(t))
    X, Y = sp.Function("X")(t), sp.Function("Y")(t)
    K = sp.Function("k")
    along = sp.diff(K(X, Y), t)
    field = sum(
        sp.Subs(sp.diff(K(x, y), s), (x, y), (X, Y)).doit() * sp.diff(S, t)
        for s, S in ((x, X), (y, Y))
    )
    yield (
        "and A grad k along a curve is A dv along its image under G^-1",
        sp.simplify(along - field),
    )
    circle, turned = (sp.cos(t), sp.sin(t)), (sp.cos(t), -sp.sin(t))  # and its mirror image
    for words, (along_x, along_y), det in (("1", circle, 1), ("-1, a mirror", turned, -1)):
        area = sp.integrate(along_x * sp.diff(along_y, t), (t, 0, 2 * sp.pi))
        yield (
            f"det J = {words}: the way round the image counts its area so often",
            area - det * sp.pi,
        )
    radius, phi = sp.symbols("r phi", positive=True)
    polar = sp.Matrix([radius * sp.cos(phi), radius * sp.sin(phi)])
    yield "polar coordinates: det J = r", sp.simplify(polar.jacobian([radius, phi]).det()) - radius


def _affine_ratio(rng: np.random.Generator, factor, turned: bool | None = None) -> float:
    """The formula over scipy's density, G = A z + b in R^3; `factor` of det A.

    `turned` asks for a determinant below 0, or above.
    """
    from scipy import stats

    A, b = rng.normal(size=(3, 3)) + 0.5 * np.eye(3), rng.normal(size=3)
    if turned is not None and (np.linalg.det(A) < 0) is not np.bool_(turned):
        A[0] = -A[0]
    A = A / np.sqrt(np.abs(np.linalg.det(A)))  # keeps the ratio's scale, not det = 1
    x = A @ rng.normal(size=3) + b
    z = np.linalg.solve(A, x - b)
    formula = np.prod(standard_normal(z)) * factor(np.linalg.det(A))
    return float(formula / stats.multivariate_normal(b, A @ A.T).pdf(x))


@multivariate.numerical(tolerance=1e-9, description="affine maps of R^3 against scipy, the ratio")
def affine_maps(rng):
    for _instance in range(50):
        yield abs(_affine_ratio(rng, lambda det: 1 / abs(det)) - 1)


def _bent_gap(rng: np.random.Generator, power: float = 1.5) -> float:
    """The density's mass in a box less the noise's, G(z1, z2) = (e^z1, z2 e^(z1/2)).

    Its inverse is (log x, y/√x), with determinant x^-1.5; other powers are for the control.
    """
    low, high = np.sort(rng.uniform(0.3, 3, 2))
    bottom, top = np.sort(rng.uniform(-2, 2, 2))
    nodes, weights = np.polynomial.legendre.leggauss(40)
    x = (low + high) / 2 + nodes[:, None] * (high - low) / 2
    y = (bottom + top) / 2 + nodes * (top - bottom) / 2
    density = standard_normal(np.log(x)) * standard_normal(y / np.sqrt(x)) * x**-power
    mass = weights @ density @ weights * (high - low) * (top - bottom) / 4
    z = (np.log(low) + np.log(high)) / 2 + nodes * np.log(high / low) / 2
    chance = ndtr(top * np.exp(-z / 2)) - ndtr(bottom * np.exp(-z / 2))
    return float(abs(mass - weights @ (standard_normal(z) * chance) * np.log(high / low) / 2))


@multivariate.numerical(tolerance=1e-9, description="a bent map of the plane, masses of boxes")
def bent_map(rng):
    for _instance in range(10):
        yield _bent_gap(rng)


@multivariate.meaning()
def multivariate_in_words(rng):
    from scipy import stats

    for _instance in range(5):
        A = rng.normal(size=(3, 3)) + 0.5 * np.eye(3)
        z = rng.normal(size=3)
        p_z, det = float(np.prod(standard_normal(z))), float(np.linalg.det(np.linalg.inv(A)))
        yield {
            "p_g(x)": float(stats.multivariate_normal(np.zeros(3), A @ A.T).pdf(A @ z)),
            "p_z(G⁻¹(x))": p_z,
            "det J_{G⁻¹}(x)": det,
        }


@multivariate.control("the sign of the determinant is kept", of=affine_maps, miss=2)
def signed_determinant(rng):
    for _instance in range(20):
        yield abs(_affine_ratio(rng, lambda det: 1 / det, turned=True) - 1)


@multivariate.control("the determinant of G in place of its inverse's", of=affine_maps, miss=15.9)
def determinant_of_g(rng):
    for _instance in range(20):
        yield abs(_affine_ratio(rng, abs) - 1)


@multivariate.control("the slopes along the axes, without the bend's own", of=bent_map, miss=0.0346)
def slope_of_the_first_axis(rng):
    for _instance in range(10):
        yield _bent_gap(rng, power=1.0)
