"""What does a minibatch of every model cost on one Keras backend beside another?

One process for each backend is kept alive, and they take segments in turns (A B A B ...), so that
whatever else the machine does falls on both alike. A segment is an epoch of `model.fit` on the
8×8 digits; the first one, which compiles, does not count. Printed are the medians of processor
milliseconds a minibatch, and their ratio.

    python benchmarks/step.py --backends
    python benchmarks/step.py --backends WGANGP SNGAN --on jax torch
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

BATCH = 64


class Worker:
    """A process that trains on one backend, an epoch whenever it is told to.

    Args:
        backend: what Keras calls the backend.
    """

    def __init__(self, backend: str):
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, message) -> None:
        print(json.dumps(message), file=self.process.stdin, flush=True)

    def hear(self):
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended with exit code {self.process.wait()}")
        return json.loads(line)


def serve() -> None:
    """Work for the script that started this process: models come in, milliseconds go out."""
    out, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer

    import keras

    import kgan

    class Turns(keras.callbacks.Callback):
        """Waits before each epoch until it is told to go, and says what the epoch cost."""

        def on_epoch_begin(self, epoch, logs=None):
            sys.stdin.readline()
            self.start = time.process_time()

        def on_epoch_end(self, epoch, logs=None):
            used = time.process_time() - self.start
            print(json.dumps(1e3 * used / self.params["steps"]), file=out, flush=True)

    data = kgan.data.load("digits")
    while line := sys.stdin.readline():
        name, epochs = json.loads(line)
        model = getattr(kgan, name)(data.shape, seed=0)
        model.compile()
        model.fit(data.train, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[Turns()])


def compare(models: Sequence[str], backends: Sequence[str], segments: int) -> dict:
    """Measure every model on every backend.

    Returns:
        Model -> median processor milliseconds a minibatch, in the order of the backends.
    """
    workers = [Worker(backend) for backend in backends]
    found = {}
    table = Table("model", *(f"{backend}, ms" for backend in backends), "ratio")
    for name in models:
        for worker in workers:
            worker.tell((name, segments + 1))
        times: list[list[float]] = [[] for _ in workers]
        for segment in range(segments + 1):
            for worker, taken in zip(workers, times, strict=True):
                worker.tell("go")
                cost = worker.hear()
                if segment:
                    taken.append(cost)
        found[name] = [statistics.median(taken) for taken in times]
        ratio = f"{found[name][0] / found[name][-1]:.2f}"
        table.add_row(name, *(f"{cost:.1f}" for cost in found[name]), ratio)
        print(name, *(f"{cost:.1f}" for cost in found[name]), ratio, file=sys.stderr, flush=True)
    Console(width=100).print(table)
    print(f"processor ms a minibatch of {BATCH} digits, medians of {segments} epochs")
    return found


if __name__ == "__main__":
    serve()
