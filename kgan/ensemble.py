"""Many seeds of one model, trained as one program where the backend can."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from kgan.autodiff import Replicas
from kgan.batches import Batches
from kgan.checks import check_count
from kgan.game import Game

PIECE = 100  # steps that JAX is told of at once


def fit_seeds(
    build: Callable[[int], Game],
    seeds: Sequence[int],
    x: Any,
    *,
    batch_size: int,
    steps: int,
    every: int | None = None,
    watch: Callable[[int, int, Game], None] | None = None,
) -> Iterator[tuple[int, Game]]:
    """Train one model for each seed, each on the minibatches and the noise of its seed.

    With JAX on an accelerator all take their steps at the same time (`kgan.autodiff.Replicas`), for
    which they must be small enough to stand beside one another in memory, with the data; elsewhere
    one is trained after another, and handed out as soon as it is done, on JAX by one compiled
    program. What a seed's model becomes does not depend on the others, but for rounding.

    Args:
        build: makes the compiled model of a seed; it is called after
            `keras.utils.set_random_seed(seed)`, which fixes the first weights, and the models may
            differ in nothing but numbers drawn from the seed.
        seeds: integers >= 0, all different.
        x: arrays in any form that `Game.fit` takes, or a `kgan.data.Dataset`.
        batch_size: samples in a minibatch.
        steps: minibatches to train on, >= 1, through as many epochs as that takes.
        every: minibatches between two calls of `watch`, which also sees the end; by default that
            alone.
        watch: called with a seed, the number of minibatches so far and the model as it is then,
            which it must leave as it is.

    Yields:
        `(seed, model)`, in the order of the seeds.

    Raises:
        ValueError: no seed, one twice, a count < 1, or data that the model refuses.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds: got {list(seeds)}; accepted are one or more, all different.")
    check_count("steps", steps)
    every = steps if every is None else check_count("every", every)
    groups = [list(seeds)] if Replicas.at_once() else [[seed] for seed in seeds]
    replicas = None
    for group in groups:
        models = []
        for seed in group:
            keras.utils.set_random_seed(seed)
            models.append(build(seed))
        given = models[0].read(x)
        if given is None:
            raise ValueError(f"x: got {type(x).__name__}; accepted are arrays, in memory.")
        orders = [_Endless(models[0].batches(given, batch_size, seed=seed)) for seed in group]
        if Replicas.available:
            replicas = Replicas(models, given, like=replicas)
            play = partial(_play, replicas, orders)
        else:
            play = partial(_fit, models[0], orders[0])
        for start in range(0, steps, every):
            end = min(start + every, steps)
            play(start, end)
            if watch is not None:
                for seed, model in zip(group, models, strict=True):
                    watch(seed, end, model)
        yield from zip(group, models, strict=True)


def _play(replicas: Replicas, orders: Sequence["_Endless"], start: int, end: int) -> None:
    for first in range(start, end, PIECE):
        steps = range(first, min(first + PIECE, end))
        each = [[order.chosen(i) for order in orders] for i in steps]
        rows = keras.tree.map_structure(
            lambda *all_rows: np.stack(all_rows).reshape(len(steps), len(orders), -1),  # noqa: B023
            *[rows for at_step in each for rows in at_step],
        )
        replicas.play(rows)
    replicas.look()


def _fit(model: Game, order: "_Endless", start: int, end: int) -> None:
    model.fit(_Piece(order, start, end), verbose=0)


class _Endless:
    """The minibatches of one epoch after another."""

    def __init__(self, batches: Batches):
        self.batches = batches

    def chosen(self, i: int) -> Any:
        """The rows of minibatch i of all, by part."""
        return self.batches.chosen(self._within(i))

    def __getitem__(self, i: int) -> Any:
        return self.batches[self._within(i)]

    def _within(self, i: int) -> int:
        epoch, index = divmod(i, len(self.batches))
        if epoch != self.batches.epoch:
            self.batches.epoch = epoch
        return index


class _Piece(keras.utils.PyDataset):
    """The minibatches of some steps, as Keras reads them."""

    def __init__(self, order: _Endless, start: int, end: int):
        super().__init__()
        self.order, self.start, self.end = order, start, end

    def __len__(self):
        return self.end - self.start

    def __getitem__(self, index):
        return self.order[self.start + index]
