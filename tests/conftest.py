"""Settings for all tests."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Before NumPy is imported: on small matrices a second BLAS thread spins and slows the first one down.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A deadline would make a test's outcome depend on how busy the machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test puts its trainings among those of the person who runs it, nor does a process that it starts."""
    os.environ["ATTENTION_RUNS"] = str(tmp_path_factory.mktemp("runs"))
