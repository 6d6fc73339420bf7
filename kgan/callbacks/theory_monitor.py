"""The learned discriminator laid over the optimal one, on data whose density is known."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kgan.files import replacing

_GRID = 2001  # points between the outermost quantiles; a network's kinks are finer than no grid
_TAIL = 1e-5  # mass of either law that the grid leaves out on either side


class TheoryMonitor(keras.callbacks.Callback):
    """Compare the discriminator with D* = p_data/(p_data + p_g), after every epoch.

    For the generator of the moment, D* is the best discriminator (Goodfellow et al. 2014,
    proposition 1; claim A-DST-01), and V(D*, G) = C(G) = 2 JS(p_data, p_g) − log 4 bounds V(D, G)
    from above (theorem 1; claim A-JS-02). Logged each epoch, so that `EarlyStopping` (given after
    this callback) can use them, and kept as attributes:

    - `theory_value`: V(D, G) of the learned discriminator, by quadrature;
    - `theory_bound`: C(G);
    - `theory_rms`: sqrt(∫ (D − D*)² (p_data + p_g)/2 dx).

    The generator's density is estimated from samples by a normal kernel with Scott's width
    (the bias that this brings shrinks with `samples`) unless its exact density is given.

    Args:
        density: the exact density of the data, `dataset.density`: a theory density or a frozen
            scipy distribution on the line.
        directory: folder for `theory/0001.png` and so on; None draws nothing.
        samples: generated samples that the density is estimated from, >= 100.
        seed: integer >= 0 of their noise.
        generator_density: the generator's exact density, where it is known.

    Raises:
        ValueError: as the arguments say; at the beginning of `fit`, samples that are not numbers
            `(n, 1)`, or a critic, whose scores are no probabilities.
    """

    def __init__(
        self,
        density: Any,
        directory=None,
        samples: int = 1000,
        seed: int = 0,
        generator_density: Any = None,
    ):
        super().__init__()
        for name, law in (("density", density), ("generator_density", generator_density)):
            if not hasattr(law, "logpdf") and not (law is None and name == "generator_density"):
                raise ValueError(
                    f"{name}: got {law!r}; accepted is a theory density or a frozen continuous "
                    "distribution of scipy.stats."
                )
        if samples < 100:
            raise ValueError(f"samples: got {samples!r}; accepted is an integer >= 100.")
        self.density = density
        self.directory = None if directory is None else Path(directory)
        self.samples = samples
        self.seed = seed
        self.generator_density = generator_density
        self.theory_value = self.theory_bound = self.theory_rms = math.nan

    def on_train_begin(self, logs=None):
        model: Any = self.model
        if tuple(model.data_shape) != (1,) or model.objective.critic:
            raise ValueError(
                f"TheoryMonitor: got {type(model).__name__} on samples of shape "
                f"{model.data_shape}; accepted is a GAN with a probability for each number, "
                "data_shape (1,)."
            )

    def on_epoch_end(self, epoch, logs=None):
        x, p, q, learned, optimal = self.measure()
        if logs is not None:
            logs["theory_value"] = self.theory_value
            logs["theory_bound"] = self.theory_bound
            logs["theory_rms"] = self.theory_rms
        if self.directory is not None:
            (self.directory / "theory").mkdir(parents=True, exist_ok=True)
            with replacing(self.directory / "theory" / f"{epoch + 1:04d}.png") as temporary:
                self._figure(epoch + 1, x, p, q, learned, optimal).savefig(temporary, format="png")

    def measure(self) -> tuple[np.ndarray, ...]:
        """Measure the model as it is and set the attributes.

        Returns:
            Arrays on a grid that holds all but 2e-5 of either law: x, p_data, p_g, D and D*.
        """
        from scipy.special import expit, log_expit

        import theory

        model: Any = self.model
        p, q = self.density, self.generator_density or self._estimate()
        ends = [law.ppf(u) for law in (p, q) for u in (_TAIL, 1 - _TAIL)]
        x = np.linspace(min(ends), max(ends), _GRID)
        p_x, q_x = np.exp(p.logpdf(x)), np.exp(q.logpdf(x))
        logit = model.score(x[:, None].astype(np.float32)).astype(np.float64)
        learned, optimal = expit(logit), theory.optimal_discriminator(p, q)(x)
        self.theory_value = _integral(x, p_x * log_expit(logit) + q_x * log_expit(-logit))
        self.theory_bound = 2 * theory.js(p, q) - math.log(4)
        self.theory_rms = math.sqrt(_integral(x, (learned - optimal) ** 2 * (p_x + q_x) / 2))
        return x, p_x, q_x, learned, optimal

    def _estimate(self):
        """The generator's density: a normal kernel on each of its samples."""
        import theory

        model: Any = self.model
        drawn = model.generate(self.samples, seed=self.seed, averaged=False)[:, 0].astype(
            np.float64
        )
        # A collapsed generator has no spread; a kernel of no width would be no density.
        spread = max(float(drawn.std(ddof=1)), 1e-3 * float(self.density.std()))
        width = spread * len(drawn) ** (-1 / 5)  # Scott's rule in one dimension
        return theory.Mixture.normal(np.full(len(drawn), 1 / len(drawn)), drawn, width)

    def _figure(self, epochs, x, p, q, learned, optimal):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 4.8), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        above.plot(x, optimal, color="#222222", lw=2.5, label="$D^*$ (theory)")
        above.plot(x, learned, color="#d1495b", lw=1.5, ls="--", label="$D$ (learned)")
        above.set_ylim(-0.03, 1.03)
        above.set_ylabel("probability of being real")
        above.legend(loc="best")
        above.set_title(
            f"epoch {epochs}:  V(D, G) = {self.theory_value:.4f}  ≤  "
            f"2 JS − log 4 = {self.theory_bound:.4f};  RMS(D − D*) = {self.theory_rms:.4f}",
            fontsize=10,
        )
        below.plot(x, p, color="#2a6f97", label="$p_{data}$")
        below.plot(x, q, color="#e09f3e", label="$p_g$")
        below.set_xlabel("$x$")
        below.set_ylabel("density")
        below.legend(loc="best")
        return figure


def _integral(x: np.ndarray, values: np.ndarray) -> float:
    return float(np.trapezoid(values, x))
