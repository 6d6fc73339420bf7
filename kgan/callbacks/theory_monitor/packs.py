"""What a discriminator of packs sees of the total variation of p^m and q^m."""

import numpy as np

from kgan.callbacks.theory_monitor.discriminator import ends

_CELLS = 10_000  # that the line is cut into
_LARGEST = 40.0  # a likelihood ratio of e^40 decides a pack as well as any greater one
_BINS = 2**14  # of one sample's log likelihood ratio between −40 and 40


def measure(monitor):
    """The exact TV of both laws, and what D tells apart of packs drawn from them."""
    p, q = monitor.laws()
    m, n = monitor.model.packing, monitor.samples
    x = np.linspace(*ends(p, q), _CELLS - 1)
    p_mass, q_mass = (np.diff(law.cdf(x), prepend=0.0, append=1.0) for law in (p, q))
    best = pack_curve(p_mass, q_mass, m)
    rng = np.random.default_rng(monitor.seed + 1)
    real = np.asarray(monitor.density.rvs(size=n * m, random_state=monitor.seed))
    logits = []
    for samples in (real, monitor.drawn(n * m)[:, 0]):
        seen = samples + monitor.noise_level() * rng.standard_normal(n * m)
        logits.append(monitor.model.score(seen.reshape(n, m, 1)))
    order = np.argsort(-np.concatenate(logits), kind="stable")
    learned = [np.append(0, np.cumsum(order >= n)) / n, np.append(0, np.cumsum(order < n)) / n]
    figures = {
        "theory_variation": float(np.max(best[1] - best[0])),
        "theory_variation_seen": float(np.mean(logits[0] > 0) - np.mean(logits[1] > 0)),
    }
    return figures, (*best, *learned)


def pack_curve(p, q, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The best tests of p^m against q^m: the boundary of the mode-collapse region.

    A pack's likelihood ratio is the product of its samples' (claim A-MC-07), so the law of its
    logarithm is the m-fold convolution of that of one sample. It is kept in bins, which loses
    about 1e-6 of the distance; merging packs can only lower it.

    Args:
        p, q: probabilities of the same cells, each vector with sum one.
        m: samples in a pack, >= 1.

    Returns:
        (ε, δ), ascending from (0, 0) to (1, 1): q^m and p^m of the packs that the test accepts.
        The largest δ − ε is the total variation.

    Source: Lin et al. 2018, section 3; claim A-MC-14.
    """
    both = (p > 0) & (q > 0)
    ratio = np.clip(np.log(p[both] / q[both]), -_LARGEST, _LARGEST)
    bins = np.rint((ratio + _LARGEST) / (2 * _LARGEST) * _BINS).astype(int)
    falling = []
    for w in (q[both], p[both]):
        one = np.bincount(bins, w, minlength=_BINS + 1)
        size = m * _BINS + 1
        packs = np.fft.irfft(np.fft.rfft(one, size) ** m, size)
        falling.append(np.maximum(packs[::-1], 0))  # below zero only by rounding
    # Packs with a sample that q cannot make are accepted first, those that p cannot make last.
    sure = 1 - p[both].sum() ** m
    eps = np.concatenate([[0, 0], np.cumsum(falling[0]), [1]])
    delta = np.concatenate([[0, sure], sure + np.cumsum(falling[1]), [1]])
    return np.minimum(eps, 1), np.minimum(delta, 1)


def draw(figure, epochs, figures, arrays):
    best_eps, best_delta, eps, delta = arrays
    axes = figure.add_subplot(
        title=f"epoch {epochs}:  seen {figures['theory_variation_seen']:.3f}  of  "
        f"TV$(p^m, q^m)$ = {figures['theory_variation']:.3f}",
        xlabel="generated packs accepted",
        ylabel="real packs accepted",
    )
    axes.plot(best_eps, best_delta, color="#222222", lw=2.5, label="the best test (theory)")
    axes.plot(eps, delta, color="#d1495b", lw=1.5, ls="--", label="$D$ (learned)")
    axes.plot([0, 1], [0, 1], color="#9aa0a6", lw=1)
    axes.set_aspect("equal")
    axes.legend(loc="lower right")
