"""What all tests share: one backend, fixed random examples, float64 on request."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "agg")
# On JAX most of the time goes into compiling; what is compiled is run a few times only.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
)
# A program that one test compiled serves the next one, and the other worker.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

import pytest
from hypothesis import HealthCheck, settings

# `ci` draws the same examples every time; `nightly` looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class LinkedResults:
    """Keeps what became of the tests that claims of theory name."""

    def __init__(self):
        import theory

        self.tests = {claim.test for claim in theory.claims() if claim.test}

    def pytest_runtest_logreport(self, report):
        from theory.claim import linked

        ran = report.when == "call" or report.outcome == "skipped"
        if ran and report.nodeid.partition("[")[0] in self.tests:
            backend = os.environ.get("KERAS_BACKEND", "tensorflow")
            linked.note(report.nodeid, report.outcome, backend)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # one process writes, also where others run the tests
        config.pluginmanager.register(LinkedResults())


@pytest.fixture
def float64(monkeypatch):
    """Keras and the backend compute in float64 while the test runs.

    Keras's operations on JAX and PyTorch fall back to float32 for python numbers and means unless
    its table of 64-bit types says otherwise.
    """
    import keras
    from keras.src.backend.common import dtypes

    monkeypatch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    if keras.backend.backend() == "jax":
        jax.config.update("jax_enable_x64", os.environ.get("JAX_ENABLE_X64") == "1")
