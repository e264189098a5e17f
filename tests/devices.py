"""The GPUs that tests run on.

Everywhere one whose kernels are compiled for the CPU, see `tests/fake_device.py`. Where CuPy finds a real one, the same
tests run on that as well, and say whether it gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.backend.devices import DeviceError, get_backend
from core.backend.numpy_backend import Backend
from tests.fake_device import FakeCupyBackend


def has_gpu() -> bool:
    """Is there a GPU that CuPy can use?"""
    try:
        get_backend("cuda")
    except DeviceError:
        return False
    return True


GPUS: dict[str, Callable[[], Backend]] = {"compiled for the CPU": FakeCupyBackend}
if has_gpu():
    GPUS["real"] = lambda: get_backend("cuda")

# (rtol, atol). A real GPU sums in another order, and its exp and tanh are right to one or two last places.
_COMPILED: dict[Any, tuple[float, float]] = {np.float32: (2e-6, 2e-7), np.float64: (1e-13, 1e-14)}
_REAL: dict[Any, tuple[float, float]] = {np.float32: (2e-5, 2e-6), np.float64: (1e-11, 1e-12)}


def assert_same(gpu: Backend, there: Any, here: Any, dtype: type = np.float64) -> None:
    """An array on the GPU has this dtype and, to rounding, these numbers."""
    host = gpu.to_numpy(there)
    assert host.dtype == dtype
    rtol, atol = (_COMPILED if isinstance(gpu, FakeCupyBackend) else _REAL)[dtype]
    np.testing.assert_allclose(host, here, rtol, atol)
