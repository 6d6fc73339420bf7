"""A critic's estimate against the exact Wasserstein-1 distance, on the line and in the plane."""

import numpy as np

from kgan.callbacks.theory_monitor.discriminator import GRID, ends
from kgan.penalties import GradientPenalty


def measure_on_the_line(monitor):
    """Means and distance under the densities; a generator of unknown density by its samples."""
    import theory

    p, q = monitor.laws(empirical=True)
    edges = np.linspace(*ends(p, q), GRID)
    x = (edges[1:] + edges[:-1]) / 2
    f = _scores(monitor, x[:, None])
    distance = theory.wasserstein(p, q)
    means = []
    for law in (p, q):
        if isinstance(law, theory.Empirical):
            means.append(float(law.weights @ _scores(monitor, law.points[:, None])))
        else:
            mass = np.diff(law.cdf(edges))
            means.append(float(mass @ f / mass.sum()))
    figures = {
        "theory_estimate": means[0] - means[1],
        "theory_distance": distance,
        "theory_slope": float(np.abs(np.diff(f) / np.diff(x)).max()),
        **_reading(monitor.model, distance),
    }
    return figures, (x, f, theory.kantorovich_potential(p, q)(x))


def measure_in_the_plane(monitor):
    """Means and distance over as many held-out as generated samples, matched one to one."""
    from scipy.spatial.distance import cdist

    n = min(monitor.samples, len(monitor.density) // 2)
    rng = np.random.default_rng(monitor.seed + 1)
    shown = [monitor.density[:n], monitor.density[n : 2 * n], monitor.drawn(n)]
    real, others, fake = (x + monitor.noise_level() * rng.standard_normal(x.shape) for x in shown)
    f_real, f_fake = _scores(monitor, real), _scores(monitor, fake)
    lengths = cdist(real, fake)
    differences = np.abs(f_real[:, None] - f_fake)
    slopes = np.divide(differences, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    distance = matched(lengths)
    figures = {
        "theory_estimate": float(f_real.mean() - f_fake.mean()),
        "theory_distance": distance,
        "theory_slope": float(slopes.max()),
        "theory_floor": matched(cdist(real, others)),
        **_reading(monitor.model, distance),
    }
    return figures, (real, fake, f_real, f_fake)


def matched(lengths: np.ndarray) -> float:
    """Wasserstein-1 between two samples of n points, from the distances `(n, n)` between them.

    Of all plans between two such samples a one-to-one matching is among the cheapest (Birkhoff and
    von Neumann), and the assignment problem finds it.

    Source: Peyré and Cuturi 2019, Computational Optimal Transport, proposition 2.1.
    """
    from scipy.optimize import linear_sum_assignment

    return float(lengths[linear_sum_assignment(lengths)].mean())


def _reading(model, distance: float) -> dict[str, float]:
    for penalty in model.penalties:
        if isinstance(penalty, GradientPenalty):
            return {"theory_reading": distance * (1 + distance / (2 * penalty.weight))}
    return {}


def _scores(monitor, x) -> np.ndarray:
    return monitor.model.score(x.astype(np.float32)).astype(np.float64)


def _title(epochs, figures) -> str:
    reading = figures.get("theory_reading")
    return (
        f"epoch {epochs}:  $E_p f - E_q f$ = {figures['theory_estimate']:.3f};  "
        f"exact W = {figures['theory_distance']:.3f}"
        + ("" if reading is None else f",  W (1 + W/(2λ)) = {reading:.3f}")
    )


def draw_on_the_line(figure, epochs, figures, arrays):
    x, f, potential = arrays
    axes = figure.add_subplot(title=_title(epochs, figures), xlabel="$x$", ylabel="score")
    middle = len(x) // 2  # both are given up to a constant
    axes.plot(x, potential - potential[middle], color="#222222", lw=2.5, label="$f^*$ (theory)")
    axes.plot(x, f - f[middle], color="#d1495b", lw=1.5, ls="--", label="$f$ (learned)")
    axes.legend(loc="best")


def draw_in_the_plane(figure, epochs, figures, arrays):
    real, fake, f_real, f_fake = arrays
    axes = figure.add_subplot(title=_title(epochs, figures), xlabel="$x_1$", ylabel="$x_2$")
    both = np.concatenate([f_real, f_fake])
    for points, f, marker, label in ((real, f_real, "o", "data"), (fake, f_fake, "x", "generated")):
        shown = axes.scatter(
            *points.T, c=f, s=10, marker=marker, vmin=both.min(), vmax=both.max(), label=label
        )
    axes.set_aspect("equal")
    axes.legend(loc="best")
    figure.colorbar(shown, ax=axes, label="$f$ (learned)")
