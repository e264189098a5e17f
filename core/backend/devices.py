"""Which device computes: the CPU, or an NVIDIA GPU where CuPy finds one that it can use.

CuPy is imported only when a GPU is asked for, so `core` works, and starts fast, where it is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
from types import ModuleType

from core.backend.numpy_backend import CPU, Backend

DEVICES = ("auto", "cpu", "cuda")
DEVICE_VARIABLE = "ATTENTION_DEVICE"
"""Environment variable that says what "auto" is: for a server whose GPU has other work."""

_NAMES = ", ".join(map(repr, DEVICES))

_log = logging.getLogger(__name__)


class DeviceError(RuntimeError):
    """The device that was asked for cannot be used; the message says why and what to do."""


def has_cupy() -> bool:
    """Is CuPy installed? (Says nothing about a GPU.)"""
    return importlib.util.find_spec("cupy") is not None


def get_backend(device: str = "auto") -> Backend:
    """The backend for a device name.

    Args:
        device: "cpu"; "cuda", an NVIDIA GPU through CuPy; or "auto": what the environment variable ATTENTION_DEVICE
            names, else a GPU if there is one, else the CPU.
    Raises:
        DeviceError: "cuda" where CuPy or a GPU is missing, or the variable names neither; says which, and what to do.
        ValueError: an unknown name.
    """
    if device not in DEVICES:
        raise ValueError(f"device is {device!r}; expected one of {_NAMES}")
    if device == "auto":
        device = os.environ.get(DEVICE_VARIABLE) or "auto"
    if device not in DEVICES:
        raise DeviceError(f"the environment variable {DEVICE_VARIABLE} is {device!r}; set it to one of {_NAMES}")
    if device == "cpu":
        return CPU
    if not has_cupy():
        if device == "auto":
            return CPU
        raise DeviceError(
            "device='cuda' needs CuPy, which is not installed. "
            "Install it with `pip install -r requirements-gpu.txt`, or use device='cpu'."
        )
    problem = _cupy_problem()
    if problem is None:
        # Imported here: its kernels are of no use elsewhere.
        from core.backend.cupy_backend import CupyBackend

        return CupyBackend(_cupy())
    if device == "auto":
        _log.warning("CuPy is installed but cannot use a GPU (%s); using the CPU.", problem)
        return CPU
    raise DeviceError(
        f"device='cuda' needs an NVIDIA GPU that CuPy can use, and it cannot ({problem}). Check the driver with "
        "`nvidia-smi` and install CuPy with its compiler, `pip install -r requirements-gpu.txt`; or use device='cpu'."
    )


def _cupy() -> ModuleType:
    return importlib.import_module("cupy")


def _cupy_problem() -> str | None:
    """Why CuPy cannot compute here, in its own words; None if it can."""
    try:
        cupy = _cupy()
        if cupy.cuda.runtime.getDeviceCount() < 1:
            return "no CUDA device"
        # Kernels are compiled when they first run, which takes a compiler that CuPy does not bring by itself.
        if int((cupy.arange(3) * 2).sum()) != 6:
            return "a first computation went wrong"
    except Exception as error:  # CuPy raises its own types, OSError or ImportError, depending on what is missing
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return None
