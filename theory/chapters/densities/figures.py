"""Figures: Explicit densities and maps of noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.special import ndtri

from theory.calculators.integration import integrate
from theory.chapters.densities.explicit_density import GaussianModel
from theory.report.illustration import BLUE, ORANGE, RED, canvas, illustration

SAMPLES = 1_000_000  # of each Monte-Carlo histogram


@cache
def measurements() -> dict[str, np.ndarray]:
    """Two sets of real numbers: the mean grey value of each digit, and an iris's sepal width."""
    from sklearn.datasets import load_digits, load_iris

    return {
        "digits: mean pixel (0 to 16)": load_digits(return_X_y=True)[0].mean(axis=1),
        "iris: sepal width (cm)": load_iris(return_X_y=True)[0][:, 1],
    }


def gaussian_mass(model: GaussianModel) -> float:
    """The integral of the model's density."""
    edges = model.mean + model.std * np.arange(-12, 13, 2)
    return integrate(lambda x: np.exp(model.log_prob(x)), edges)


@cache
def explicit_rows() -> list[tuple[str, int, float, float, float, float]]:
    """Data, N, m, σ, KS p-value of 10 000 samples of the fit against its law, its integral."""
    from scipy import stats

    rows = []
    for seed, (name, x) in enumerate(measurements().items()):
        model = GaussianModel.fit(x)
        law = stats.norm(model.mean, model.std)
        p_value = stats.kstest(model.sample(10_000, seed), law.cdf).pvalue
        rows.append((name, x.size, model.mean, model.std, float(p_value), gaussian_mass(model)))
    return rows


def _explicit_table():
    rows = [
        (name, n, f"{m:.3f}", f"{s:.3f}", f"{p:.2f}", f"{mass:.9f}")
        for name, n, m, s, p, mass in explicit_rows()
    ]
    return ("data", "N", "m", "σ", "KS p of samples", "∫ p_model"), rows


@illustration(
    "A-GEN",
    title="An explicit density: the normal law of greatest likelihood",
    caption="Histograms of two measurements with the normal law fitted to each, m the mean and σ² "
    "the variance over N. The model gives the density at every x, and samples m + σ ε; the table "
    "tests 10 000 of them against the fitted law.",
    claims=("A-GEN-02", "A-GEN-04", "A-GEN-07"),
    table=_explicit_table,
)
def explicit_density():
    figure, axes = canvas(columns=2)
    for ax, (name, x) in zip(axes[0], measurements().items(), strict=True):
        model = GaussianModel.fit(x)
        # iris was measured to 0.1 cm: edges between the values, or bins hold unequal numbers
        width = 0.2 if name.startswith("iris") else 0.25
        edges = np.arange(x.min() - width / 4, x.max() + width, width)
        heights, _edges, _bars = ax.hist(
            x, edges, density=True, color=BLUE, alpha=0.45, label="data"
        )
        grid = np.linspace(model.mean - 4 * model.std, model.mean + 4 * model.std, 300)
        label = f"N({model.mean:.2f}, {model.std:.2f}²)"
        ax.plot(grid, np.exp(model.log_prob(grid)), color=ORANGE, lw=2, label=label)
        ax.set_xlabel(name)
        ax.set_ylim(0, 1.4 * max(heights.max(), np.exp(model.log_prob(model.mean))))
        ax.legend(frameon=False, loc="upper left")
    axes[0, 0].set_ylabel("density")
    return figure


@dataclass(frozen=True)
class Map:
    """A generator G of z ~ N(0, 1), its law, and the law without the absolute value.

    Attributes:
        name: as in the figure.
        generator: G, of an array.
        density: p_g(x) by the change of variables, a sum over the pre-images.
        broken: the same with (G⁻¹)′ in place of |(G⁻¹)′|.
        quantile: the quantile function of p_g, for the inverse-CDF generator.
        edges: of the histogram's bins.
        pieces: between which both densities are integrated.
        root: the density has x^(-1/2) at 0, so that the integral is taken in √x.
    """

    name: str
    generator: Callable[[np.ndarray], np.ndarray]
    density: Callable[[np.ndarray], np.ndarray]
    broken: Callable[[np.ndarray], np.ndarray]
    quantile: Callable[[np.ndarray], np.ndarray]
    edges: np.ndarray
    pieces: np.ndarray
    root: bool = False

    def integral(self, density: Callable[[np.ndarray], np.ndarray], ends: np.ndarray) -> float:
        """Of one of the two densities, over the pieces between `ends`."""
        if self.root:
            return integrate(lambda u: 2 * u * density(u**2), np.sqrt(ends))
        return integrate(density, ends)


def _normal(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _over_roots(x, factor):
    """Σ p_z(z) factor(z) over both z with z² = x."""
    z = np.sqrt(x)
    return _normal(z) * factor(z) + _normal(-z) * factor(-z)


MAPS = (
    Map(
        "G(z) = exp(z)",
        np.exp,
        lambda x: _normal(np.log(x)) * np.abs(1 / x),
        lambda x: _normal(np.log(x)) * (1 / x),
        lambda u: np.exp(ndtri(u)),
        np.arange(0, 6.01, 0.1),
        np.exp(np.arange(-9.0, 9.1)),
    ),
    Map(
        "G(z) = −z",
        np.negative,
        lambda x: _normal(-x) * np.abs(-1.0),
        lambda x: _normal(-x) * -1.0,
        ndtri,
        np.arange(-4, 4.01, 0.1),
        np.arange(-12.0, 12.1, 2),
    ),
    Map(
        "G(z) = z²",
        np.square,
        lambda x: _over_roots(x, lambda z: np.abs(1 / (2 * z))),
        lambda x: _over_roots(x, lambda z: 1 / (2 * z)),
        lambda u: ndtri((1 + u) / 2) ** 2,
        np.arange(0, 6.01, 0.1),
        np.arange(0.0, 11.1) ** 2,
        root=True,
    ),
)


@cache
def histograms() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of each map the density in its bins: of 10^6 G(z), of 10^6 F⁻¹(u), and the mean of p_g."""
    rng = np.random.default_rng(0)
    found = {}
    for m in MAPS:
        widths = np.diff(m.edges)
        draws = (m.generator(rng.standard_normal(SAMPLES)), m.quantile(rng.uniform(size=SAMPLES)))
        made, inverse = (np.histogram(x, m.edges)[0] / SAMPLES / widths for x in draws)
        exact = np.array([m.integral(m.density, np.array(pair)) for pair in pairwise(m.edges)])
        found[m.name] = made, inverse, exact / widths
    return found


@cache
def map_rows() -> list[tuple[str, float, float, float, float, float]]:
    """Map, largest density error of G(z), of F⁻¹(u), of the broken law, and both integrals."""
    rows = []
    for m in MAPS:
        made, inverse, exact = histograms()[m.name]
        middle = (m.edges[1:] + m.edges[:-1]) / 2
        rows.append(
            (
                m.name,
                float(np.max(np.abs(made - exact))),
                float(np.max(np.abs(inverse - exact))),
                float(np.max(np.abs(m.broken(middle) - m.density(middle)))),
                m.integral(m.density, m.pieces),
                m.integral(m.broken, m.pieces),
            )
        )
    return rows


def _map_table():
    heading = (
        "G",
        "error, G(z)",
        "error, F⁻¹(u)",
        "error without | |",
        "∫ p_g",
        "∫ without | |",
    )
    rows = [
        (name, f"{a:.4f}", f"{b:.4f}", f"{c:.4f}", f"{mass:.9f}", f"{broken + 0:.9f}")
        for name, a, b, c, mass, broken in map_rows()
    ]
    return heading, rows


@illustration(
    "A-GEN",
    title="Change of variables: the generator's density needs the absolute value",
    caption="A million G(z), z ~ N(0, 1), against p_g(x) = Σ p_z(z) |dz/dx| over the pre-images z "
    "of x. Without the absolute value the density of −z is negative, and the two pre-images of "
    "z² cancel; only the increasing exp does not notice. F⁻¹(u) with u ~ U(0, 1) samples the same "
    "laws (table: the largest difference of a bin's density from the mean of p_g over it).",
    claims=("A-GAN-04", "A-GAN-04b", "A-GAN-16", "A-GEN-05", "B-E17"),
    table=_map_table,
)
def change_of_variables():
    figure, axes = canvas(columns=3, height=2.8)
    for ax, m in zip(axes[0], MAPS, strict=True):
        made, _inverse, _exact = histograms()[m.name]
        ax.stairs(made, m.edges, fill=True, color=ORANGE, alpha=0.45, label="10⁶ samples G(z)")
        x = np.linspace(m.edges[0] + 0.02, m.edges[-1], 600)
        ax.plot(x, m.density(x), color=BLUE, lw=1.6, label="p_g with |dz/dx|")
        ax.plot(x, m.broken(x), color=RED, lw=1.4, ls="--", label="without | |")
        ax.set_xlabel(f"x,  {m.name}")
        ax.axhline(0, color="black", lw=0.6)
    axes[0, 2].set_ylim(-0.1, 2.6)
    axes[0, 0].set_ylabel("density")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
    )
    return figure
