"""Settings for all tests."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before NumPy is imported: on small matrices a second BLAS thread spins and slows the first one down.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Where there is a GPU too: its answers differ in the last place. Tests of the GPU's path name it, see tests/devices.py.
os.environ["ATTENTION_DEVICE"] = "cpu"

# A deadline would make a test's outcome depend on how busy the machine is. `--hypothesis-profile=thorough` tries more.
settings.register_profile("quick", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=200)
settings.load_profile("quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where workers share the files out, the longest come first, so that all end at the same time."""
    if hasattr(config, "workerinput"):
        first = ["e2e", "viz_app", "test_wheel.py", "test_house.py"]
        rank = {name: place for place, name in enumerate(first)}
        items.sort(key=lambda item: rank.get(item.path.relative_to(Path(__file__).parent).parts[0], len(rank)))


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the collector need not walk through them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test puts its trainings among those of the person who runs it, nor does a process that it starts."""
    os.environ["ATTENTION_RUNS"] = str(tmp_path_factory.mktemp("runs"))
