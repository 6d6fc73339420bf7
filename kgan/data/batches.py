"""Minibatches of full size, in an order that (seed, epoch) determines."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Shuffled minibatches of arrays, the same for the same seed and epoch.

    The remainder of each epoch is dropped, so that every minibatch has the size that the
    objective's expectation was written for; another epoch drops other samples. `fit` sets the
    epoch, so that a resumed run goes on with the order it would have had.

    Args:
        x: samples, shape `(n, ...)`.
        y: labels or conditions of the same length, or None.
        batch_size: samples in a minibatch, from 1 to n.
        seed: integer >= 0 that fixes the order.
        passes: how often an epoch goes through the data, each time in another order; more than
            once for data so small that an epoch would last a moment.

    Raises:
        ValueError: fewer samples than one minibatch needs, x and y of different length, or no
            pass.
    """

    def __init__(self, x, y=None, *, batch_size: int, seed: int = 0, passes: int = 1):
        super().__init__()
        if passes < 1:
            raise ValueError(f"passes: got {passes}; accepted is an integer >= 1.")
        if not 1 <= batch_size <= len(x):
            raise ValueError(
                f"batch_size: got {batch_size} for {len(x)} samples; accepted is 1 to {len(x)}."
            )
        if y is not None and len(y) != len(x):
            raise ValueError(f"y: got {len(y)} entries for {len(x)} samples of x.")
        self.x, self.y = x, y
        self.batch_size = batch_size
        self.seed = seed
        self.passes = passes
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose order is served, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int):
        self._epoch = epoch
        self._orders = [
            np.random.default_rng((self.seed, epoch * self.passes + i)).permutation(len(self.x))
            for i in range(self.passes)
        ]

    def __len__(self):
        return self.passes * (len(self.x) // self.batch_size)

    def __getitem__(self, index):
        which, i = divmod(index, len(self) // self.passes)
        chosen = self._orders[which][i * self.batch_size : (i + 1) * self.batch_size]
        return (self.x[chosen],) if self.y is None else (self.x[chosen], self.y[chosen])
