"""Choosing the backend, and loading Keras without what TensorFlow says about the machine."""

import contextlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator

from kgan.checks import check_choice

BACKENDS = ("tensorflow", "jax", "torch")


def choose_backend(name: str | None) -> None:
    """Set the backend before Keras is imported, which fixes it for the process."""
    if name is None:
        name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    check_choice("--backend", name, BACKENDS)
    if importlib.util.find_spec(name) is None:
        raise ValueError(
            f"--backend: got {name}, which is not installed; pip install 'kgan[{name}]' adds it."
        )
    if "keras" in sys.modules and sys.modules["keras"].backend.backend() != name:
        raise ValueError(
            f"--backend: got {name}, and this process runs on "
            f"{sys.modules['keras'].backend.backend()} already."
        )
    os.environ["KERAS_BACKEND"] = name


def load_keras() -> None:
    """Import Keras without the pages that TensorFlow prints about the machine.

    What goes wrong later raises an exception all the same.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _held_back_stderr():
        import keras

        keras.ops.zeros(())  # the device is looked for, and its absence reported, when first used
        keras.utils.set_random_seed(0)  # loads TensorFlow, whatever the backend


@contextlib.contextmanager
def _held_back_stderr() -> Iterator[None]:
    """Keep what is written to stderr, by C++ too, and show it only if the block raises."""
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        original = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(original, held.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
