"""A learned discriminator of numbers against the optimal one."""

import math

import numpy as np

GRID = 2001  # points between the outermost quantiles; a network's kinks are finer than no grid
_TAIL = 1e-5  # mass of either law that the grid leaves out on either side


def ends(p, q) -> tuple[float, float]:
    """An interval that holds all but 2e-5 of either law."""
    quantiles = [float(law.ppf(u)) for law in (p, q) for u in (_TAIL, 1 - _TAIL)]
    return min(quantiles), max(quantiles)


def measure(monitor):
    """Value, distance from D*, and what both send to the generator, by quadrature."""
    from scipy.special import expit, log_expit

    import theory

    p, q = monitor.laws()
    x = np.linspace(*ends(p, q), GRID)
    p_x, q_x = np.exp(p.logpdf(x)), np.exp(q.logpdf(x))
    logit = monitor.model.score(x[:, None].astype(np.float32)).astype(np.float64)
    best = theory.optimal_discriminator(p, q)
    learned, optimal = expit(logit), best(x)
    figures = {
        "theory_value": _integral(x, p_x * log_expit(logit) + q_x * log_expit(-logit)),
        "theory_bound": 2 * theory.js(p, q) - math.log(4),
        "theory_rms": math.sqrt(_integral(x, (learned - optimal) ** 2 * (p_x + q_x) / 2)),
    }
    for kind, a in (("", logit), ("optimal_", best.logit(x))):
        minimax, non_saturating = _gradients(x, q_x, a)
        figures[f"theory_{kind}minimax_gradient"] = minimax
        figures[f"theory_{kind}non_saturating_gradient"] = non_saturating
    return figures, (x, p_x, q_x, learned, optimal)


def _gradients(x, q_x, a) -> tuple[float, float]:
    """|E_q[D a'|] and |E_q[(1 − D) a'|], from the logit a (claims A-SAT-02, A-SAT-04)."""
    from scipy.special import expit

    with np.errstate(invalid="ignore"):  # infinite logits have no slope
        slope = np.gradient(a, x)
    found = []
    for share in (expit(a), expit(-a)):
        weight = q_x * share
        felt = weight > 0
        total = abs(_integral(x, np.multiply(weight, slope, out=np.zeros_like(x), where=felt)))
        found.append(total if math.isfinite(total) else math.nan)
    return found[0], found[1]


def draw(figure, epochs, figures, arrays):
    x, p, q, learned, optimal = arrays
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    above.plot(x, optimal, color="#222222", lw=2.5, label="$D^*$ (theory)")
    above.plot(x, learned, color="#d1495b", lw=1.5, ls="--", label="$D$ (learned)")
    above.set_ylim(-0.03, 1.03)
    above.set_ylabel("probability of being real")
    above.legend(loc="best")
    above.set_title(
        f"epoch {epochs}:  V(D, G) = {figures['theory_value']:.4f}  ≤  "
        f"2 JS − log 4 = {figures['theory_bound']:.4f};  "
        f"RMS(D − D*) = {figures['theory_rms']:.4f}",
        fontsize=10,
    )
    below.plot(x, p, color="#2a6f97", label="$p_{data}$")
    below.plot(x, q, color="#e09f3e", label="$p_g$")
    below.set_xlabel("$x$")
    below.set_ylabel("density")
    below.legend(loc="best")


def _integral(x: np.ndarray, values: np.ndarray) -> float:
    return float(np.trapezoid(values, x))
