"""Minibatches of trees of arrays, in an order that (seed, epoch) determines, gathered ahead."""

import math
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import keras
import numpy as np

from kgan.checks import check_count

AHEAD = 2**18  # bytes: a smaller minibatch is gathered sooner than handed from thread to thread


class Batches(keras.utils.PyDataset):
    """Shuffled minibatches of arrays, the same for the same seed and epoch.

    The remainder of each pass is dropped, so that every minibatch has the size that the
    objective's expectation was written for; another epoch drops other samples. `fit` sets the
    epoch, so that a resumed run goes on with the order it would have had. While a step runs, a
    thread gathers the next minibatch.

    Args:
        parts: an array `(n, ...)`, or a tree (dict, tuple) of arrays of the same length n.
        batch_size: samples in a minibatch, from 1 to n.
        seed: integer >= 0 that fixes the order.
        passes: how often an epoch goes through the data, each time in another order; more than
            once for data so small that an epoch would last a moment.

    Raises:
        ValueError: fewer samples than one minibatch needs, arrays of different length, or no
            pass.
    """

    def __init__(self, parts: Any, *, batch_size: int, seed: int = 0, passes: int = 1):
        super().__init__()
        check_count("passes", passes)
        self.parts = parts
        self.batch_size = batch_size
        self.seed = seed
        self.passes = passes
        self._check_lengths([len(part) for part in keras.tree.flatten(parts)])
        self._gathering: tuple[int, Future] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self.epoch = 0

    def _check_lengths(self, lengths: list[int]) -> None:
        if len(set(lengths)) > 1:
            raise ValueError(f"parts: got arrays of lengths {lengths}; accepted is one length.")
        self._check_size(min(lengths))

    def _check_size(self, n: int) -> None:
        if not 1 <= self.batch_size <= n:
            raise ValueError(
                f"batch_size: got {self.batch_size} for {n} samples; accepted is 1 to {n}."
            )

    @property
    def epoch(self) -> int:
        """The epoch whose order is served, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int):
        self._epoch = epoch
        self._gathering = None
        self._orders: dict[tuple[int, ...], np.ndarray] = {}

    def _order(self, n: int, *key: int) -> np.ndarray:
        """The order of a pass through n samples, drawn when it is first asked for."""
        if key not in self._orders:
            self._orders[key] = np.random.default_rng((self.seed, *key)).permutation(n)
        return self._orders[key]

    def __len__(self):
        return self.passes * (len(keras.tree.flatten(self.parts)[0]) // self.batch_size)

    def __getitem__(self, index):
        index = range(len(self))[index]
        gathered, self._gathering = self._gathering, None  # an error is raised once, then retried
        if gathered is not None and gathered[0] == index:
            minibatch = gathered[1].result()
        else:
            minibatch = self.gather(index)
        if index + 1 < len(self) and _size(minibatch) >= AHEAD:
            self._thread = self._thread or ThreadPoolExecutor(1, "kgan-batches")
            self._gathering = index + 1, self._thread.submit(self.gather, index + 1)
        return (minibatch,)

    def __getstate__(self):
        return {**self.__dict__, "_gathering": None, "_thread": None}  # threads cannot be copied

    def gather(self, index: int) -> Any:
        """The minibatch at a place in the epoch, from 0, as a tree like `parts`."""
        return keras.tree.map_structure(
            lambda part, rows: part[rows], self.parts, self.chosen(index)
        )

    def chosen(self, index: int) -> Any:
        """The numbers of the samples in a minibatch of the epoch, as a tree like `parts`."""
        which, i = divmod(index, len(self) // self.passes)
        n = len(keras.tree.flatten(self.parts)[0])
        order = self._order(n, self._epoch * self.passes + which)
        rows = order[i * self.batch_size : (i + 1) * self.batch_size]
        return keras.tree.map_structure(lambda _: rows, self.parts)


class Unpaired(Batches):
    """Minibatches of sets that need not have the same length, each in an order of its own.

    A pass goes once through the longest set; shorter ones begin again, in another order, where
    they end. No two parts of a minibatch belong together.

    Args:
        parts: name -> array `(n, ...)`, n of each its own.
        batch_size: samples of each part in a minibatch, from 1 to the smallest n.
        seed, passes: as in `Batches`.

    Raises:
        ValueError: a set with fewer samples than one minibatch needs, or no pass.
    """

    def _check_lengths(self, lengths: list[int]) -> None:
        self._check_size(min(lengths))

    def __len__(self):
        return self.passes * (max(map(len, self.parts.values())) // self.batch_size)

    def chosen(self, index: int) -> dict[str, np.ndarray]:
        rows = {}
        for place, (name, part) in enumerate(self.parts.items()):
            # The set's own count of passes since the very first epoch.
            turn, i = divmod(self._epoch * len(self) + index, len(part) // self.batch_size)
            order = self._order(len(part), turn, place)
            rows[name] = order[i * self.batch_size : (i + 1) * self.batch_size]
        return rows


def _size(minibatch: Any) -> int:
    """Bytes of a minibatch."""
    return sum(math.prod(x.shape) * x.dtype.itemsize for x in keras.tree.flatten(minibatch))
