"""Which array library computes, where the arrays live, and the few operations worth fusing.

A model holds one `Backend` and its layers use that one: there is no global switch, so a model on a GPU and one on
the CPU can live side by side. Everything is written once against `backend.xp` (NumPy or CuPy, which share their
interface); the methods below are the ones that a device may replace by a single kernel.

CuPy is imported only when a GPU is asked for, so `core` works, and starts fast, where it is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""An array of the backend's library: `numpy.ndarray` or `cupy.ndarray`. Shapes and dtypes are in the docstrings."""

DEVICES = ("auto", "cpu", "cuda")

_log = logging.getLogger(__name__)


class DeviceError(RuntimeError):
    """The device that was asked for cannot be used; the message says why and what to do."""


class Backend:
    """An array library, its device, and the operations a device may fuse.

    Attributes:
        xp: the array library, `numpy` or `cupy`.
        device: "cpu" or "cuda".
    """

    def __init__(self, xp: Any = np, device: str = "cpu") -> None:
        self.xp = xp
        self.device = device

    def __repr__(self) -> str:
        return f"Backend({self.xp.__name__}, device={self.device!r})"

    def asarray(self, array: Any, dtype: Any = None) -> Array:
        """Put an array (or a list) on this backend's device, without a copy where it is already there."""
        return self.xp.asarray(array, dtype=dtype)

    def to_numpy(self, array: Array) -> np.ndarray[Any, Any]:
        """Bring an array to the host as a NumPy array; waits for the device."""
        return np.asarray(array.get() if hasattr(array, "get") else array)

    def transposed(self, matrix: Array) -> Array:
        """The transpose of a matrix as an array of its own, for products that use it many times.

        Copied in strips of eight rows: whole columns of a wide matrix lie a multiple of 4 KB apart and push each other
        out of the cache (0.17 instead of 0.75 ms for (256, 1024)).
        """
        out = self.xp.empty(matrix.shape[::-1], matrix.dtype)
        for start in range(0, len(matrix), 8):
            out[:, start : start + 8] = matrix[start : start + 8].T
        return out

    def lstm_cell(self, z: Array, c_prev: Array, c: Array, tanh_c: Array, h: Array) -> None:
        """One LSTM step after the matrix products, in place.

        sigmoid(x) = (1 + tanh(x / 2)) / 2, so one tanh call serves all four gates if f, i and o arrive halved.

        c = f * c_prev + g * i;  h = o * tanh(c)

        Args:
            z: (4, N, H) pre-activations f/2, g, i/2, o/2; becomes the gates f, g, i, o.
            c_prev: (N, H) cell state before the step.
            c, tanh_c, h: (N, H), written.
        """
        xp = self.xp
        xp.tanh(z, out=z)
        for sigmoids in (z[0], z[2:]):
            sigmoids *= 0.5
            sigmoids += 0.5
        f, g, i, o = z
        xp.multiply(g, i, out=tanh_c)
        xp.multiply(f, c_prev, out=c)
        c += tanh_c
        xp.tanh(c, out=tanh_c)
        xp.multiply(o, tanh_c, out=h)

    def lstm_cell_backward(
        self, gates: Array, c_prev: Array, tanh_c: Array, dh: Array, dc: Array, dz: Array, spare: Array
    ) -> None:
        """Gradient of `lstm_cell`, in place.

        dc += dh * o * (1 - tanh(c)^2), then
        df = dc * c_prev * f (1 - f);  dg = dc * i * (1 - g^2);  di = dc * g * i (1 - i);  do = dh * tanh(c) * o (1 - o)

        Args:
            gates: (4, N, H) f, g, i, o of the step.
            c_prev, tanh_c: (N, H) of the step.
            dh: (N, H) gradient of h.
            dc: (N, H) gradient of c from the step after; becomes the gradient of `c_prev`.
            dz: (N, 4H), written: the gradient of the pre-activations (not halved), side by side.
            spare: (4, N, H) scratch.
        """
        xp = self.xp
        f, g, i, o = gates
        df, dg, di, do = spare
        xp.subtract(1.0, gates, out=spare)
        spare *= gates  # s (1 - s), right for the three sigmoids

        xp.multiply(dh, tanh_c, out=dg)
        do *= dg
        dg *= tanh_c
        xp.subtract(dh, dg, out=dg)
        dg *= o
        dc += dg

        xp.multiply(g, g, out=dg)
        xp.subtract(1.0, dg, out=dg)
        dg *= i
        df *= c_prev
        di *= g
        spare[:3] *= dc
        dz.reshape(len(dz), 4, -1)[...] = spare.transpose(1, 0, 2)
        dc *= f

    def softmax(self, scores: Array) -> Array:
        """Softmax over the last axis: exp(s - max s) / sum, so that no score overflows. Same shape and dtype."""
        weights = scores - scores.max(axis=-1, keepdims=True)
        self.xp.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        return weights

    def adam(self, param: Array, grad: Array, m: Array, v: Array, rate: float, beta1: float, beta2: float) -> None:
        """One Adam update of one parameter, in place; `rate` has the bias correction folded in.

        One spare array serves every step. (Walking the arrays in pieces of a cache's size was measured and gained
        nothing: 1.5 ms either way for the 591,259 parameters of the date model.)
        """
        xp = self.xp
        step = grad - m
        step *= 1 - beta1
        m += step
        xp.multiply(grad, grad, out=step)
        step -= v
        step *= 1 - beta2
        v += step
        xp.sqrt(v, out=step)
        step += 1e-7
        xp.divide(m, step, out=step)
        step *= rate
        param -= step


CPU = Backend()
"""NumPy on the CPU, the default everywhere."""


def has_cupy() -> bool:
    """Is CuPy installed? (Says nothing about a GPU.)"""
    return importlib.util.find_spec("cupy") is not None


def has_cupy_gpu() -> bool:
    """Is CuPy installed, and does it find a GPU it can use?"""
    return has_cupy() and _cupy_problem() is None


def get_backend(device: str = "auto") -> Backend:
    """The backend for a device name.

    Args:
        device: "cpu"; "cuda", an NVIDIA GPU through CuPy; or "auto", a GPU if there is one, else the CPU.
    Raises:
        DeviceError: "cuda" where CuPy or a GPU is missing; says which, and what to do.
        ValueError: an unknown name.
    """
    if device not in DEVICES:
        raise ValueError(f"device is {device!r}; expected one of {', '.join(map(repr, DEVICES))}")
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
        return Backend(_cupy(), device="cuda")
    if device == "auto":
        _log.warning("CuPy is installed but finds no usable GPU (%s); using the CPU.", problem)
        return CPU
    raise DeviceError(
        f"device='cuda' needs an NVIDIA GPU, and CuPy finds none it can use ({problem}). "
        "Check the driver with `nvidia-smi`, or use device='cpu'."
    )


def _cupy() -> ModuleType:
    return importlib.import_module("cupy")


def _cupy_problem() -> str | None:
    """Why CuPy cannot compute here, in its own words; None if it can."""
    try:
        cupy = _cupy()
        if cupy.cuda.runtime.getDeviceCount() < 1:
            return "no CUDA device"
    except Exception as error:  # CuPy raises its own types, OSError or ImportError, depending on what is missing
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return None
