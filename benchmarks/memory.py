"""The memory of a training iteration: the most that the process held, above what it held before the model was made.

Read from the operating system, for NumPy and PyTorch alike, so that allocators' reserves count; for NumPy's arrays
`tracemalloc` tells the most that was asked for.
"""

from __future__ import annotations

import resource
import sys
import tracemalloc
from pathlib import Path

from benchmarks import training
from benchmarks.sizes import Sizes, dates

_MAKERS = {
    "core": training.core_training,
    "layer by layer": training.layer_by_layer_training,
    "PyTorch": training.pytorch_training,
}
_ITERATIONS = 3
_TINY = Sizes(N=2, H=4, D=2)


def measure(contender: str, sizes: list[int]) -> dict[str, float]:
    """Train a few iterations in this process, which should be a fresh one.

    A tiny model is trained first: libraries load code and make buffers at their first use, which is no part of the
    memory of an iteration.

    Returns:
        MB (10^6 bytes): `growth`, the most that was resident above what was before; `process`, the most in all.
    """
    size, make = Sizes(*sizes), _MAKERS[contender]
    x, t = dates(_ITERATIONS * size.N, seed=0)
    make(_TINY)(x[: 2 * _TINY.N], t[: 2 * _TINY.N])
    before = _resident()
    make(size)(x, t)
    most = _most_resident()
    return {"growth": (most - before) / 1e6, "process": most / 1e6}


def measure_asked_for(contender: str, sizes: list[int]) -> float:
    """MB of NumPy arrays and Python objects, at most, with model, moments and data; by `tracemalloc`."""
    size = Sizes(*sizes)
    x, t = dates(_ITERATIONS * size.N, seed=0)
    tracemalloc.start()
    _MAKERS[contender](size)(x, t)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def _resident() -> int:
    """Bytes of this process that are in memory now; where the system does not say, the most so far."""
    return _status("VmRSS") or _most_of_the_process()


def _most_resident() -> int:
    """The most bytes of this process that were in memory at once."""
    return _status("VmHWM") or _most_of_the_process()


def _status(key: str) -> int | None:
    """A number of bytes that Linux keeps for the process. (Its `ru_maxrss` may be that of the parent process.)"""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines[key].split()[0]) * 1024


def _most_of_the_process() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
