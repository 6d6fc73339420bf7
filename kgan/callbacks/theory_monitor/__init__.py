"""What theory says of a game, beside the game as it is trained, on data whose law is known."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from kgan import losses
from kgan.callbacks.theory_monitor import critic, discriminator, packs
from kgan.checks import check_count
from kgan.files import replacing
from kgan.two_player import Schedule

_NODES = 200  # normal laws that stand for another law under noise


class _Comparison(NamedTuple):
    measure: Any  # the monitor -> the figures by name, and the arrays to draw
    draw: Any  # a matplotlib figure, the number of epochs, the figures, the arrays


_OPTIMUM = _Comparison(discriminator.measure, discriminator.draw)
_VARIATION = _Comparison(packs.measure, packs.draw)
_DISTANCE = _Comparison(critic.measure_on_the_line, critic.draw_on_the_line)
_DISTANCE_IN_THE_PLANE = _Comparison(critic.measure_in_the_plane, critic.draw_in_the_plane)


class TheoryMonitor(keras.callbacks.Callback):
    """Compare a game with what theory says of it, after every epoch.

    What is compared follows from the model. The figures are logged each epoch, so that
    `EarlyStopping` (given after this callback) can use them, and kept as attributes; they are NaN
    until measured.

    **A discriminator of numbers** with D* = p_data/(p_data + p_g), the best one for the generator
    of the moment (Goodfellow et al. 2014, proposition 1; claim A-DST-01), whose value V(D*, G) =
    C(G) = 2 JS(p_data, p_g) − log 4 bounds V(D, G) from above (theorem 1; claim A-JS-02):

    - `theory_value`: V(D, G) of the learned discriminator, by quadrature;
    - `theory_bound`: C(G);
    - `theory_rms`: sqrt(∫ (D − D*)² (p_data + p_g)/2 dx);
    - `theory_minimax_gradient`, `theory_non_saturating_gradient`: what D sends to a generator
      that may shift its samples, |d/dθ E[log(1 − D(G(z) + θ))]| and |d/dθ E[−log D(G(z) + θ)]| at
      θ = 0; `theory_optimal_minimax_gradient` and `theory_optimal_non_saturating_gradient`: what
      D* would send, NaN where it has no slope (claims A-SAT-10, A-SUP-08).

    **A discriminator of packs of m numbers** (`PacGAN`) with the total variation of p^m and q^m
    (Lin et al. 2018, section 3; claims A-MC-09, A-MC-14):

    - `theory_variation`: TV(p^m, q^m);
    - `theory_variation_seen`: p^m(D > 1/2) − q^m(D > 1/2), which is no more than TV but for the
      packs being a sample, with a standard error of sqrt(1/(2 `samples`)) at most.

    **A Wasserstein critic f** (`WGAN`, `WGANGP`) of numbers or points with the Wasserstein-1
    distance W (claims A-OT-09, A-OT-16):

    - `theory_estimate`: E_p f − E_q f, the critic as trained;
    - `theory_distance`: W(p, q); in the plane between two samples, on average more than between
      their laws;
    - `theory_slope`: the largest slope of f between points of p and q, with
      `theory_estimate` <= `theory_slope` · `theory_distance` (Kantorovich-Rubinstein duality);
    - `theory_reading`, under a gradient penalty: W·(1 + W/(2λ)), what its best critic of constant
      slope reads in place of W (on the line one that started the wrong way round may rest at a
      local optimum, −W·(1 − W/(2λ)));
    - `theory_floor`, in the plane: W between two samples of the data alone, which is what a
      perfect generator would score.

    With instance noise all laws are those of the samples with noise (claim A-SUP-05), at the
    level of the moment. The generator's density is estimated from samples by a normal kernel with
    Scott's width unless its exact density is given (the bias that this brings shrinks with
    `samples`; it smooths gaps over, so that packs may show more than the total variation of the
    estimate); a critic on the line is given the samples themselves.

    Args:
        density: the exact density of the data, `dataset.density`: a theory density or a frozen
            scipy distribution on the line; in the plane held-out samples `(n, 2)`, n >= 200.
        directory: folder for `theory/0001.png` and so on; None draws nothing.
        samples: generated samples (or packs) that are drawn, >= 100; in the plane at most half as
            many as there are held-out ones.
        seed: integer >= 0 of their noise.
        generator_density: the generator's exact density on the line, where it is known.

    Raises:
        ValueError: as the arguments say; at the beginning of `fit`, a game that none of the three
            fits: objectives of another kind, or a discriminator that judges a sample by its
            company, as minibatch discrimination does.
    """

    theory_value = theory_bound = theory_rms = math.nan
    theory_minimax_gradient = theory_non_saturating_gradient = math.nan
    theory_optimal_minimax_gradient = theory_optimal_non_saturating_gradient = math.nan
    theory_variation = theory_variation_seen = math.nan
    theory_estimate = theory_distance = theory_slope = theory_reading = theory_floor = math.nan

    def __init__(
        self,
        density: Any,
        directory=None,
        samples: int = 1000,
        seed: int = 0,
        generator_density: Any = None,
    ):
        super().__init__()
        if not _is_law(density):
            density = _points(density)
        on_the_line = _is_law(density) and _is_law(generator_density)
        if generator_density is not None and not on_the_line:
            raise ValueError(
                f"generator_density: got {generator_density!r}; accepted is a theory density or a "
                "frozen continuous distribution of scipy.stats, beside a density of that kind."
            )
        self.density = density
        self.directory = None if directory is None else Path(directory)
        self.samples = check_count("samples", samples, least=100)
        self.seed = seed
        self.generator_density = generator_density

    def on_train_begin(self, logs=None):
        self._compared()

    def on_epoch_end(self, epoch, logs=None):
        figures, arrays = self._measure()
        if logs is not None:
            logs.update(figures)
        if self.directory is not None:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure

            figure = Figure(figsize=(7.2, 4.8), dpi=100, layout="constrained")
            FigureCanvasAgg(figure)
            self._compared().draw(figure, epoch + 1, figures, arrays)
            (self.directory / "theory").mkdir(parents=True, exist_ok=True)
            with replacing(self.directory / "theory" / f"{epoch + 1:04d}.png") as temporary:
                figure.savefig(temporary, format="png")

    def measure(self) -> tuple[np.ndarray, ...]:
        """Measure the model as it is and set the attributes.

        Returns:
            What the figure shows. A discriminator: arrays on a grid that holds all but 2e-5 of
            either law, x, p_data, p_g, D and D*. A critic on the line: x, f and the Kantorovich
            potential; in the plane: real samples, generated samples, and f at either. A packed
            discriminator: the ROC curves (Lin et al.'s mode-collapse regions) of the best and of
            the learned discriminator of packs, each as q^m and p^m of the packs accepted.
        """
        return self._measure()[1]

    def _measure(self):
        figures, arrays = self._compared().measure(self)
        for name, value in figures.items():
            setattr(self, name, value)
        return figures, arrays

    def _compared(self) -> _Comparison:
        model: Any = self.model
        found = _comparison(model, self.density)
        if found is None:
            raise ValueError(
                f"TheoryMonitor: got {type(model).__name__} on samples of shape "
                f"{model.data_shape} with the objective {model.objective.name!r}; accepted are, on "
                "data_shape (1,) with a density, a Wasserstein critic and a discriminator with a "
                "probability for each sample or pack, whatever else is in the minibatch; on "
                "data_shape (2,) with held-out samples, a Wasserstein critic."
            )
        return found

    # What the comparisons ask for -----------------------------------------------------------

    def laws(self, empirical: bool = False) -> tuple[Any, Any]:
        """The laws of real and of generated numbers as the discriminator sees them.

        A generator of unknown density is given by its samples if `empirical`, else by a kernel
        estimate.
        """
        s, q = self.noise_level(), self.generator_density
        if q is None and empirical:
            import theory

            drawn, rng = self.drawn(self.samples)[:, 0], np.random.default_rng(self.seed + 1)
            seen = theory.Empirical(drawn + s * rng.standard_normal(len(drawn)))
        else:
            seen = _noised(q or self._estimate(), s)
        return _noised(self.density, s), seen

    def noise_level(self) -> float:
        """The standard deviation of the instance noise at the moment; 0 without."""
        model: Any = self.model
        s: Any = model.instance_noise
        if isinstance(s, Schedule):
            s = keras.ops.convert_to_numpy(s(model.optimizer.iterations))
        return 0.0 if s is None else float(s)

    def drawn(self, n: int) -> np.ndarray:
        """Generated samples, without instance noise, in float64: `(n, *data_shape)`."""
        model: Any = self.model
        return model.generate(n, seed=self.seed, averaged=False).astype(np.float64)

    def _estimate(self):
        """The generator's density: a normal kernel on each of its samples."""
        import theory

        drawn = self.drawn(self.samples)[:, 0]
        # A collapsed generator has no spread; a kernel of no width would be no density.
        spread = max(float(drawn.std(ddof=1)), 1e-3 * float(self.density.std()))
        width = spread * len(drawn) ** (-1 / 5)  # Scott's rule in one dimension
        return theory.Mixture.normal(np.full(len(drawn), 1 / len(drawn)), drawn, width)


def comparable(model, density) -> bool:
    """Whether a `TheoryMonitor` with this density has something to compare the model with."""
    return _comparison(model, density) is not None


def _comparison(model, density) -> _Comparison | None:
    if any(
        getattr(layer, "mixes_samples", False) for layer in model.discriminator._flatten_layers()
    ):
        return None  # a logit is that of a sample in its company: there is no D(x)
    packing = getattr(model, "packing", 1)
    critical = model.objective.discriminator is losses.wasserstein_critic
    on_the_line = tuple(model.data_shape) == (1,) and _is_law(density)
    in_the_plane = tuple(model.data_shape) == (2,) and isinstance(density, np.ndarray)
    if on_the_line and not model.objective.critic:
        return _OPTIMUM if packing == 1 else _VARIATION
    if critical and packing == 1 and (on_the_line or in_the_plane):
        return _DISTANCE if on_the_line else _DISTANCE_IN_THE_PLANE
    return None


def _is_law(density) -> bool:
    return hasattr(density, "logpdf") and hasattr(density, "ppf")


def _points(density) -> np.ndarray:
    points = density if isinstance(density, np.ndarray) else np.empty(0)
    if points.ndim != 2 or points.shape[-1] != 2 or len(points) < 200:
        got = f"an array {points.shape}" if points.size else repr(density)
        raise ValueError(
            f"density: got {got}; accepted is a theory density or a frozen continuous distribution "
            "of scipy.stats; in the plane, held-out samples (n, 2), n >= 200."
        )
    if not np.isfinite(points).all():
        raise ValueError("density: got samples with NaN or infinity; accepted are finite ones.")
    return points.astype(np.float64)


def _noised(law, s: float):
    """The law of x + s·n, n ~ N(0, 1): exact of normal laws and their mixtures, of others with a
    normal law at each node of Gauss and Legendre's rule for the mean over the quantiles."""
    if s == 0:
        return law
    import theory
    from theory.calculators.noise import smoothed

    mixture = law if isinstance(law, theory.Mixture) else theory.Mixture([1.0], [law])
    try:
        return smoothed(mixture, s)
    except ValueError:
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        return theory.Mixture.normal(weights / 2, mixture.ppf((nodes + 1) / 2), s)
