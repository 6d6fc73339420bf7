"""How many modes of a known mixture the generator holds while it trains, and how it hops."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from scipy.spatial.distance import cdist

from kgan.checks import check_count, check_number
from kgan.files import replacing
from kgan.metrics.modes import mode_report
from kgan.metrics.samples import as_points

ops: Any = keras.ops  # its functions carry no types
_POINTS = 400  # samples of each measurement that are kept for its snapshot
_SNAPSHOTS = 8  # drawn unless somebody asks for others
_ENOUGH = 0.01  # of all samples must be good before one mode can be said to dominate (A-MC-11)
_FAR = float(np.finfo(np.float32).max)  # where a sample that is no number is put: near no mode


class Measurement(NamedTuple):
    """What `ModeMonitor` found after some minibatches.

    Attributes:
        step: minibatches trained on so far, 0 before training.
        modes, high_quality, reverse_kl: as in `kgan.metrics.mode_report`.
        dominant: index of the mode that dominates, or None.
        shares: of all samples, the share that is of high quality and of each mode, `(modes,)`.
        points: the first samples, float32 `(up to 400, d)`.
    """

    step: int
    modes: int
    high_quality: float
    reverse_kl: float
    dominant: int | None
    shares: np.ndarray
    points: np.ndarray


class ModeMonitor(keras.callbacks.Callback):
    """Measure the modes of what the generator draws, before, while and after it trains.

    The measure is `kgan.metrics.mode_report`, of PacGAN (Lin et al. 2018, section 4.1). A mode
    *dominates* when more than half of the high-quality samples are its own and these are at least
    1% of all samples; between two modes, and while the samples are spread, none does. A *change*
    is counted when another mode dominates than the last that did, however long ago that was: an
    unstable game hops from mode to mode (Metz et al. 2017, section 3.1; claims A-MC-01, A-MC-03).

    It is the generator's current weights that are measured, by which the game is played; an
    average of weights, where the model keeps one, would hide the hopping. The noise is always the
    same, and training is not changed by being watched.

    Logged at each epoch's end, so that callbacks given after this one can use them: `modes`,
    `high_quality`, `reverse_kl` (NaN while no sample is good), and `mode_changes`, the changes of
    the dominant mode so far. With a directory, `modes.npz` keeps the history after every epoch,
    so that a run that was killed and goes on has all of it, and `modes.png` is drawn at the end.

    Args:
        centers: means of the modes, `(modes, d)`; the model's samples have shape `(d,)`.
        std: standard deviation of every mode in every direction, > 0.
        directory: folder for `modes.png` and `modes.npz`; None writes nothing.
        samples: number of generated samples, >= 100.
        every: minibatches between two measurements, >= 1; the ends of epochs are measured in any
            case. With `steps_per_execution` in `compile`, the next one that Keras reports.
        radius, minimum_share: as in `kgan.metrics.mode_report`.
        seed: integer >= 0 of the noise.

    Attributes:
        history: list of `Measurement`, by step.

    Raises:
        ValueError: as the arguments say; at the beginning of `fit`, samples of another shape.
    """

    def __init__(
        self,
        centers,
        std: float,
        directory=None,
        *,
        samples: int = 2500,
        every: int | None = None,
        radius: float = 3,
        minimum_share: float = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.centers = as_points("centers", centers)
        self.std = check_number("std", std, above=0)
        self.directory = None if directory is None else Path(directory)
        self.samples = check_count("samples", samples, least=100)
        self.every = None if every is None else check_count("every", every, least=1)
        self.radius = check_number("radius", radius, above=0)
        mode_report(self.centers, self.centers, std, radius, minimum_share)  # refuses a bad share
        self.minimum_share = minimum_share
        self.seed = check_count("seed", seed, least=0)
        self.history: list[Measurement] = []

    @property
    def changes(self) -> int:
        """How often another mode came to dominate than the last that did."""
        dominant = [m.dominant for m in self.history if m.dominant is not None]
        return sum(a != b for a, b in itertools.pairwise(dominant))

    # While fit runs -----------------------------------------------------------------------

    def on_train_begin(self, logs=None):
        model: Any = self.model
        if tuple(model.data_shape) != self.centers.shape[1:]:
            raise ValueError(
                f"ModeMonitor: got a model of samples of shape {model.data_shape}; accepted is "
                f"{self.centers.shape[1:]}, as the centers have it."
            )
        if self.directory is not None:
            self.directory.mkdir(parents=True, exist_ok=True)
            if not self.history and (self.directory / "modes.npz").exists():
                self.history = _read(self.directory / "modes.npz", len(self.centers))
        # What lies beyond the checkpoint that a run goes on from has not happened.
        now = self._minibatches()
        self.history = [m for m in self.history if m.step < now]
        self.measure()

    def on_epoch_begin(self, epoch, logs=None):
        self._before = self._minibatches()

    def on_train_batch_end(self, batch, logs=None):
        step = self._before + batch + 1
        if self.every and step // self.every > self.history[-1].step // self.every:
            self.measure()

    def on_epoch_end(self, epoch, logs=None):
        if self.history[-1].step < self._minibatches():
            self.measure()
        last = self.history[-1]
        if logs is not None:
            logs["modes"] = last.modes
            logs["high_quality"] = last.high_quality
            logs["reverse_kl"] = last.reverse_kl
            logs["mode_changes"] = self.changes
        if self.directory is not None:
            _write(self.directory / "modes.npz", self.history)

    def on_train_end(self, logs=None):
        if self.directory is not None:
            with replacing(self.directory / "modes.png") as temporary:
                self.figure().savefig(temporary, format="png")

    def _minibatches(self) -> int:
        model: Any = self.model  # on JAX, reaching it brings the variables up to date
        return int(ops.convert_to_numpy(model.optimizer.iterations.value))

    def measure(self) -> Measurement:
        """Measure the model as it is, and put that at the end of the history."""
        model: Any = self.model
        drawn = model.generate(self.samples, seed=self.seed, averaged=False)
        x = np.nan_to_num(drawn.astype(np.float64), nan=_FAR, posinf=_FAR, neginf=-_FAR)
        report = mode_report(x, self.centers, self.std, self.radius, self.minimum_share)
        distance = cdist(x, self.centers)
        good = distance.min(axis=1) < self.radius * self.std
        counts = np.bincount(distance.argmin(axis=1)[good], minlength=len(self.centers))
        shares = counts / self.samples
        measured = Measurement(
            self._minibatches(), *report, _dominant(shares), shares, drawn[:_POINTS]
        )
        self.history.append(measured)
        return measured

    # The picture --------------------------------------------------------------------------

    def figure(self, snapshots: Sequence[int] | None = None):
        """Snapshots of the samples over three curves: modes, reverse KL, each mode's share.

        A generator that hops shows one bright field after another in different rows of the last.

        Args:
            snapshots: steps to show samples of, each by the last measurement until then; by
                default eight, evenly spread over the history.

        Returns:
            A `matplotlib.figure.Figure`.

        Raises:
            ValueError: nothing has been measured, or snapshots from before the first measurement.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        shown = self._shown(snapshots)
        figure = Figure(figsize=(11, 8.5), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(2, 1, height_ratios=(1, 3))
        above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
        above.suptitle("samples after so many minibatches", fontsize=10)
        panels = above.subplots(1, len(shown), sharex=True, sharey=True, squeeze=False)[0]
        for axes, measured in zip(panels, shown, strict=True):
            self._snapshot(axes, measured)
        number, divergence, strip = below.subplots(3, 1, sharex=True, height_ratios=(2, 1.3, 2))
        self._curves(number, divergence)
        self._strip(below, strip)
        return figure

    def _shown(self, snapshots) -> list[Measurement]:
        if not self.history:
            raise ValueError("ModeMonitor: got no measurement yet; train with it first.")
        if snapshots is None:
            spread = np.linspace(0, len(self.history) - 1, _SNAPSHOTS).round().astype(int)
            return [self.history[i] for i in np.unique(spread)]
        first = self.history[0].step
        if not snapshots or min(snapshots) < first:
            raise ValueError(
                f"snapshots: got {list(snapshots)}; accepted are steps from {first} on, at least "
                "one."
            )
        return [[m for m in self.history if m.step <= step][-1] for step in snapshots]

    def _snapshot(self, axes, measured):
        # Of a line or of more than two dimensions the first ones are drawn.
        columns = [(c[:, 0], c[:, min(1, c.shape[1] - 1)]) for c in (self.centers, measured.points)]
        axes.scatter(*columns[0], s=60, c="#d9dce0", linewidths=0)
        axes.scatter(*columns[1], s=3, c="#d1495b", linewidths=0)
        low, high = self.centers.min(), self.centers.max()
        margin = 0.3 * (high - low) + 3 * self.std
        axes.set(xlim=(low - margin, high + margin), ylim=(low - margin, high + margin))
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.set_title(f"{measured.step:,}", fontsize=9)

    def _curves(self, number, divergence):
        steps = [m.step for m in self.history]
        number.plot(steps, [m.modes for m in self.history], color="#2a6f97", drawstyle="steps-post")
        number.set_ylim(-0.3, len(self.centers) + 0.3)
        number.set_ylabel("modes captured", color="#2a6f97")
        number.set_title(
            f"the dominant mode changed {self.changes} times in {steps[-1]:,} minibatches",
            fontsize=10,
        )
        quality = number.twinx()
        quality.plot(steps, [m.high_quality for m in self.history], color="#e09f3e", lw=1)
        quality.set_ylim(-0.03, 1.03)
        quality.set_ylabel("high-quality share", color="#e09f3e")
        most = math.log(len(self.centers))
        divergence.axhline(most, color="0.6", ls=":")
        divergence.text(steps[0], most, " one mode only", va="bottom", fontsize=8, color="0.4")
        divergence.plot(steps, [m.reverse_kl for m in self.history], color="#222222", lw=2)
        divergence.set_ylim(-0.05 * most, 1.3 * most + 1e-9)
        divergence.set_ylabel("reverse KL (nats)")

    def _strip(self, figure, axes):
        # A measurement holds until the next one; the last one is given an average width.
        steps = np.array([m.step for m in self.history], float)
        width = (steps[-1] - steps[0]) / max(1, len(steps) - 1) or 1.0
        edges = np.append(steps, steps[-1] + width)
        image = axes.pcolormesh(
            edges,
            np.arange(len(self.centers) + 1) - 0.5,
            np.stack([m.shares for m in self.history], axis=1),
            vmin=0,
            vmax=1,
            cmap="magma",
        )
        axes.set_ylabel("mode")
        axes.set_xlabel("minibatches")
        figure.colorbar(image, ax=axes, label="share of the samples", pad=0.01)


def _dominant(shares: np.ndarray) -> int | None:
    """The mode that holds more than half of the high-quality samples, where there are enough."""
    good = shares.sum()
    if good < _ENOUGH or shares.max() <= good / 2:
        return None
    return int(shares.argmax())


def _write(path: Path, history: list[Measurement]) -> None:
    columns: dict[str, Any] = {
        name: np.stack([getattr(m, name) for m in history])
        for name in ("step", "modes", "high_quality", "reverse_kl", "shares", "points")
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **columns)


def _read(path: Path, modes: int) -> list[Measurement]:
    with np.load(path, allow_pickle=False) as stored:
        columns = {name: stored[name] for name in stored.files}
    if columns["shares"].shape[1] != modes:
        raise ValueError(
            f"directory: got {path} with a history of {columns['shares'].shape[1]} modes; "
            f"accepted is one of {modes}, as the centers have it, or another folder."
        )
    return [
        Measurement(
            int(columns["step"][i]),
            int(columns["modes"][i]),
            float(columns["high_quality"][i]),
            float(columns["reverse_kl"][i]),
            _dominant(shares),
            shares,
            columns["points"][i],
        )
        for i, shares in enumerate(columns["shares"])
    ]
