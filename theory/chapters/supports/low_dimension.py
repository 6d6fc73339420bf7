"""Fewer latent numbers than outputs: samples on a set of volume 0 (claims A-SUP-04 and 06)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np

from theory.calculators.divergences import js
from theory.chapters.supports.expressions import js_integrand
from theory.claim import AS_STATED, Claim, excess


def spiral(z: Any) -> np.ndarray:
    """A generator with one latent number and two outputs: a double spiral of radius 0.8.

    Args:
        z: shape (n,), in [-1, 1].

    Returns:
        An array of shape (n, 2): 0.8 z (cos 32z, sin 32z), a smooth curve of length 25.7.
    """
    z = np.asarray(z, dtype=float)
    return 0.8 * z[:, None] * np.stack([np.cos(32 * z), np.sin(32 * z)], axis=1)


def share_of_cells(points: Any, size: float) -> float:
    """The share of the cells of the cube [-1, 1]^n in which at least one point lies.

    Args:
        points: shape (samples, n), in [-1, 1).
        size: a cell's side; 2/size is rounded to a whole number.

    Raises:
        ValueError: a point lies outside of the cube.
    """
    points = np.asarray(points, dtype=float)
    if not (np.abs(points) <= 1).all():
        raise ValueError("points: got one outside of the cube, expected all in [-1, 1]")
    cells = round(2 / size)
    place = np.minimum(((points + 1) / 2 * cells).astype(int), cells - 1)
    hit = np.zeros(cells ** points.shape[1], dtype=bool)
    hit[np.ravel_multi_index(tuple(place.T), (cells,) * points.shape[1])] = True
    return float(hit.mean())


dimension = Claim(
    id="A-SUP-04",
    alias="low-dimensional-generator",
    title="dim z < dim x: p_g lives on a null set, so JS = log 2 whatever G does",
    statement="A smooth G with fewer latent numbers than outputs maps them onto a set of volume 0. "
    "If p_data has a density, it gives that set probability 0: the supports are disjoint up to "
    "null sets, a perfect D exists and JS = log 2. The disjoint case is the rule, not the "
    "exception.",
    formula=r"\dim z < \dim x \;\Rightarrow\; \operatorname{vol}\, G(\mathbb{R}^{\dim z}) = 0 "
    r"\;\Rightarrow\; \mathrm{JS}(p_{\mathrm{data}}, p_g) = \log 2",
    assumptions=("G is smooth (Lipschitz on bounded sets)", "p_data has a density"),
    sources=(
        "Arjovsky and Bottou 2017, Lemma 1 and Theorems 2.1 to 2.3",
        "000_8b69f153baee6a3b.txt:445,502",
    ),
)


def _covering_volume(d, k, n, slope):
    """The volume of n^d cubes in d + k dimensions that hold the image of the unit cube of z.

    The cubes of z have the side 1/n, so the diagonal sqrt(d)/n; G stretches it by at most `slope`,
    and a set of diameter a lies in a cube of side 2a.
    """
    import sympy as sp

    diagonal = sp.sqrt(d * (1 / n) ** 2)
    return n**d * (2 * slope * diagonal) ** (d + k)


@dimension.symbolic(scope=AS_STATED)
def dimension_proof():
    import sympy as sp

    d, k, n = sp.symbols("d k N", positive=True)  # dim z, dim x - dim z, the grid's fineness
    slope = sp.Symbol("L", positive=True)
    i = sp.Symbol("i", integer=True)
    volume = _covering_volume(d, k, n, slope)
    yield (
        "N^d cubes of z; their images lie in cubes of side 2 L sqrt(d)/N, of volume c N^-k in all",
        (sp.powsimp(sp.expand_power_base(volume)) - (2 * slope * sp.sqrt(d)) ** (d + k) * n**-k),
    )
    yield "which goes to 0 as the grid is refined: volume 0", sp.limit(n**-k, n, sp.oo)
    room = sp.Symbol("epsilon", positive=True)
    yield (
        "all of R^d is countably many such cubes; with epsilon 2^-i for the i-th it is epsilon",
        sp.summation(room / 2**i, (i, 1, sp.oo)) - room,
    )
    p, q, collects = js_integrand()
    yield (
        "the data avoid it with probability 1: off it q = p_g = 0, and JS collects (p/2) log 2",
        sp.limit(collects, q, 0) - p / 2 * sp.log(2),
    )
    yield (
        "on it p = 0, and JS collects (q/2) log 2; p and q have mass 1 each: JS = log 2",
        sp.limit(collects, p, 0) - q / 2 * sp.log(2),
    )
    output = sp.Symbol("D", positive=True)
    best = sp.solve(p * (1 - output) - q * output, output)[0]  # p/D = q/(1 - D)
    yield (
        "a perfect D is 1 off the set, 0 on it",
        (sp.Matrix([best.subs(q, 0) - 1, best.subs(p, 0)])),
    )


def _network(rng: np.random.Generator, d: int, n: int):
    """A random smooth generator from [0, 1]^d to [-1, 1]^n: one tanh layer of 16 units."""
    first, shift = rng.normal(0, 3 / math.sqrt(d), (d, 16)), rng.normal(0, 1, 16)
    second = rng.normal(0, 0.5, (16, n))
    return lambda z: np.tanh(np.tanh(z @ first + shift) @ second)


def _digits(z: np.ndarray) -> np.ndarray:
    """Not smooth: the even and the odd binary digits of z in [0, 1) become two numbers."""
    bits = np.floor(z * 2.0 ** np.arange(1, 25)) % 2
    weights = 2.0 ** -np.arange(1, 13)
    return 2 * np.stack([bits[:, 0::2] @ weights, bits[:, 1::2] @ weights], axis=1) - 1


def _covering(generator, d: int, pieces: int) -> float:
    """The volume of the cubes that hold the images of `pieces`^d cubes of z, as in the proof.

    A piece's diameter is the largest distance between the images of its corners.
    """
    corners = np.stack(np.meshgrid(*[np.array([0, 0.999999])] * d), -1).reshape(-1, d)
    place = np.stack(np.meshgrid(*[np.arange(pieces)] * d), -1).reshape(-1, 1, d)
    z = (place + corners) / pieces
    image = generator(z.reshape(-1, d)).reshape(len(place), len(corners), -1)
    diameter = np.zeros(len(place))
    for a, b in itertools.combinations(range(len(corners)), 2):
        diameter = np.maximum(diameter, np.linalg.norm(image[:, a] - image[:, b], axis=1))
    return float(((2 * diameter) ** image.shape[2]).sum())


def _exponent(generator, d: int, pieces: int) -> float:
    """The k of a covering volume c N^-k, from N, 2 N and 4 N pieces, by Richardson's rule.

    The diameters are right to second order in 1/N, and the rule takes that order away.
    """
    volumes = [_covering(generator, d, pieces * fold) for fold in (1, 2, 4)]
    coarse, fine = (math.log2(big / small) for big, small in itertools.pairwise(volumes))
    return (4 * fine - coarse) / 3


# What is left is of fourth order, some 1e-4 at these N.
@dimension.numerical(tolerance=1e-3, description="the covering volume's exponent, random networks")
def covering_exponents(rng):
    for n in (2, 2, 3):
        yield abs(_exponent(_network(rng, 1, n), 1, 200) - (n - 1))
    yield abs(_exponent(_network(rng, 2, 3), 2, 30) - 1)


@dimension.meaning()
def dimension_in_words():
    import sympy as sp

    n = sp.Symbol("N", positive=True)
    volume = float(sp.limit(_covering_volume(1, 1, n, 3), n, sp.oo))
    apart = js([1.0, 0.0], [0.0, 1.0])  # the set and what is off it
    yield {
        "dim z": 1,
        "dim x": 2,
        "onto a set of volume 0": volume == 0,
        "gives that set probability 0": volume == 0,
        "JS": apart,
        r"\operatorname{vol}\, G(\mathbb{R}^{\dim z})": volume,
        r"\mathrm{JS}(p_{\mathrm{data}}, p_g)": apart,
    }


@dimension.control(
    "G is not smooth: it deals z's binary digits out to x and y", of=covering_exponents, miss=0.46
)
def a_rough_generator():
    for pieces in (16, 64):
        yield abs(_exponent(_digits, 1, pieces) - 1)


@dimension.control("as many latent numbers as outputs", of=covering_exponents, miss=1)
def as_many_latent_numbers(rng):
    for _instance in range(2):
        yield abs(_exponent(_network(rng, 2, 2), 2, 30) - 1)


_SIZES = (0.1, 0.05, 0.025, 0.0125)
_SHARES = ("0.485", "0.320", "0.184", "0.098")  # as printed
_SAMPLES = 400_000
_LAST_RATIO = "0.53"

area = Claim(
    id="A-SUP-06",
    alias="curve-covers-no-area",
    title="A one-dimensional latent in the plane: half the cells, half the area",
    statement="A generator with one latent number and two outputs draws a curve. Of the cells of "
    "side eps the share that it hits goes to 0 in proportion to eps: it halves when eps halves. On "
    f"a spiral of length 26, {_SAMPLES:,} samples hit {', '.join(_SHARES[:3])} and {_SHARES[3]} of "
    f"the cells at eps = {', '.join(map(str, _SIZES[:3]))} and {_SIZES[3]}, the last ratio being "
    f"{_LAST_RATIO}.",
    formula=r"\text{share}(\varepsilon) \le \frac{4 (L \varepsilon + \varepsilon^2)}{A},\quad "
    r"\frac{\text{share}(\varepsilon/2)}{\text{share}(\varepsilon)} \to \frac{1}{2}",
    assumptions=(
        "the curve has a finite length L",
        "the square has the area A",
        "for the ratio: the curve is smooth and crosses itself finitely often",
    ),
    sources=(
        "Arjovsky and Bottou 2017, section 2.1",
        "000_8b69f153baee6a3b.txt:502",
    ),
)


def _bound(length, eps, square):
    """The largest share of cells of side eps that a curve of this length can hit."""
    return 4 * (length * eps + eps**2) / square


@area.symbolic(scope="the bound for every curve, the halving for a straight one")
def area_proof():
    import sympy as sp

    eps, length, square = sp.symbols("epsilon L A", positive=True)
    u, v = sp.symbols("u v", real=True)  # a start and a way, in cells
    columns = sp.floor(u + 1) - sp.floor(u) + 1
    yield "a piece of length eps spans at most floor(u + 1) - floor(u) + 1 = 2 columns", columns - 2
    yield (
        "and 2 rows, so 4 cells; at most L/eps + 1 pieces, and A/eps^2 cells in all",
        columns**2 * (length / eps + 1) * eps**2 / square - _bound(length, eps, square),
    )
    yield "the share goes to 0 with eps", sp.limit(_bound(length, eps, square), eps, 0)
    crossed = sp.floor(u + v) - sp.floor(u)
    yield (
        "a straight way of v cells to the right enters v + frac(u) - frac(u + v) new columns, so v "
        "and less than 1 more or fewer; rows likewise",
        crossed.rewrite(sp.frac) - (v + sp.frac(u) - sp.frac(u + v)),
    )
    wide, high, first, second = sp.symbols("w h k_1 k_2", real=True)
    way = sp.Abs(wide) + sp.Abs(high)

    def share(side, more):  # each crossing enters one cell
        return (way / side + more) * side**2 / square

    yield (
        "so |w|/eps + |h|/eps cells and a bounded number k: the share halves with eps",
        sp.limit(share(eps / 2, second) / share(eps, first), eps, 0) - sp.Rational(1, 2),
    )


@cache
def _traced(size: float) -> float:
    """The share of the cells that the spiral hits, from a million points along it."""
    return share_of_cells(spiral(np.linspace(-1, 1, 1_000_001)), size)


def _length(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _curves():
    """Curves: the spiral, and a tiny circle about a corner of four cells."""
    turn = np.linspace(0, 2 * math.pi, 401)
    yield spiral(np.linspace(-1, 1, 200_001))
    yield 1e-6 * np.stack([np.cos(turn), np.sin(turn)], axis=1)


# Printed to three decimals. Samples miss some cells that the curve only cuts off a corner of; at
# the smallest size 8 +- 1.5 of 25,600, which is 3e-4 and within the printed digit.
@area.numerical(tolerance=5e-4, description="the four shares, to three decimals")
def four_shares(rng):
    points = spiral(rng.uniform(-1, 1, _SAMPLES))
    for size, printed in zip(_SIZES, _SHARES, strict=True):
        yield abs(share_of_cells(points, size) - float(printed))


@area.numerical(tolerance=1e-12, description="the shares' excess over the bound")
def shares_within_the_bound():
    for points, size in itertools.product(_curves(), _SIZES):
        yield excess(share_of_cells(points, size), _bound(_length(points), size, 4))


# The arms cross on the y axis at z = (j + 1/2) pi/32, j = 0 to 9, with slopes +-1/(32 z), and share
# some 16 z cells there, 80 of the 13,000; a million points miss some 50 cells of which the curve
# only cuts off a corner: 1% in all.
@area.numerical(tolerance=0.012, description="the share against the grid lines crossed, 1/400")
def share_against_lines_crossed():
    crossed = np.abs(np.diff(spiral(np.linspace(-1, 1, 100_001)), axis=0)).sum()
    yield abs(_traced(1 / 400) / (crossed / 400 / 4) - 1)


@area.meaning()
def area_in_words(rng):
    shares = [share_of_cells(spiral(rng.uniform(-1, 1, _SAMPLES)), size) for size in _SIZES]
    printed = tuple(f"{share:.3f}" for share in shares)
    straight = np.linspace(0, 1, 20_001)[:, None] * [[0.9, 0.37]]
    ratio = share_of_cells(straight, 1 / 400) / share_of_cells(straight, 1 / 200)
    for points, size in itertools.product(_curves(), _SIZES[:2]):
        yield {
            "goes to 0 in proportion to eps": None,
            "a spiral of length 26": round(_length(next(_curves()))) == 26,
            f"{_SAMPLES:,} samples hit {', '.join(_SHARES[:3])} and {_SHARES[3]} of the cells at "
            f"eps = {', '.join(map(str, _SIZES[:3]))} and {_SIZES[3]}": printed == _SHARES,
            f"the last ratio being {_LAST_RATIO}": f"{shares[3] / shares[2]:.2f}" == _LAST_RATIO,
            r"\text{share}(\varepsilon)": share_of_cells(points, size),
            r"\varepsilon": size,
            "L": _length(points),
            "A": 4,
            r"\frac{\text{share}(\varepsilon/2)}{\text{share}(\varepsilon)} \to \frac{1}{2}": (
                abs(ratio - 0.5) < 0.01
            ),
        }


@area.control("two latent numbers: the area is covered", of=four_shares, miss=0.902)
def two_latent_numbers(rng):
    points = rng.uniform(-1, 1, (_SAMPLES, 2))
    for size, printed in zip(_SIZES, _SHARES, strict=True):
        yield abs(share_of_cells(points, size) - float(printed))


@area.control(
    "the bound's constant is 1, one cell for each piece", of=shares_within_the_bound, miss=0.0235
)
def one_cell_for_each_piece():
    for points, size in itertools.product(_curves(), _SIZES):
        yield excess(share_of_cells(points, size), _bound(_length(points), size, 4) / 4)


@area.control("the bound's constant is 3", of=shares_within_the_bound, miss=0.0025)
def three_cells_for_each_piece():
    for points, size in itertools.product(_curves(), _SIZES):
        yield excess(share_of_cells(points, size), 3 * _bound(_length(points), size, 4) / 4)


@area.control(
    "the lines crossed are taken for the length", of=share_against_lines_crossed, miss=0.258
)
def length_for_lines_crossed():
    length = _length(next(_curves()))
    yield abs(_traced(1 / 400) / (length / 400 / 4) - 1)
