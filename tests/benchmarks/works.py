"""Works for the tests of measuring in turns; they leave a line of what they did in a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.timing import Work
from core.backend.threads import THREAD_VARIABLES

NUMPY_WAS_LOADED = "numpy" in sys.modules


def noting(name: str, file: str) -> Work:
    """Notes every warm-up and run, the process, and the number of threads that libraries will read."""

    def note(what: str) -> None:
        threads = {os.environ[variable] for variable in THREAD_VARIABLES}
        with Path(file).open("a") as lines:
            print(name, what, os.getpid(), *threads, NUMPY_WAS_LOADED, file=lines)

    return Work(run=lambda: note("run"), warm_up=lambda: note("warm-up"), units=2)


def failing() -> Work:
    """Cannot be made."""
    raise RuntimeError("this work cannot be made")


def answer(number: int) -> dict[str, object]:
    """What a single call returns."""
    return {"twice": 2 * number, "process": os.getpid()}
