"""A GPU that is not there: arrays that behave like CuPy's where CuPy is strict, on top of NumPy.

What runs on it runs on a real device as far as these mistakes go, which are invisible on the CPU:

* mixing a device array with a NumPy array (an implicit transfer): refused, as CuPy refuses it;
* calling `numpy.something(device_array)` where `backend.xp.something` was meant: refused;
* waiting for the device where nobody notices, by float(), int(), bool(), .item(), .get() or a boolean mask: counted;
* launching more than one thinks: CuPy copies what its products cannot read, and that is counted too.

Kernels (`ElementwiseKernel`) are compiled for the CPU and run, see `tests/fake_kernels.py`.

    device = FakeDevice()
    backend = FakeDeviceBackend(device)
    ...
    device.calls["matmul"], device.syncs, device.uploads

Memory from `xp.empty` is full of NaN, so that reading what was never written shows.
"""

from __future__ import annotations

import operator
from collections import Counter
from typing import Any

import numpy as np

from core.backend.cupy_backend import CupyBackend
from core.backend.numpy_backend import Backend
from tests.fake_kernels import run_kernel


class HostArrayOnDevice(TypeError):
    """A NumPy array met a device array without an explicit transfer."""


class FakeDevice:
    """The counters, and the array library `xp` that lives on the device.

    Attributes:
        calls: operations on the device so far, by name; indexing and reshaping count too.
        launches: those of them that start work on the device, by name, with the copies that CuPy makes by itself.
        allocations: those of them that took new memory, by name; views and `out=` take none.
        syncs: what made the host wait, in order, by name.
        uploads: NumPy arrays put on the device.
    """

    def __init__(self) -> None:
        self.xp = FakeLibrary(self)
        self.reset()

    def reset(self) -> None:
        """Set the counters to zero."""
        self.calls: Counter[str] = Counter()
        self.launches: Counter[str] = Counter()
        self.allocations: Counter[str] = Counter()
        self.syncs: list[str] = []
        self.uploads = 0

    def unwrap(self, value: Any) -> Any:
        """Device arrays in `value`, also inside of tuples and lists, as their NumPy arrays; refuses NumPy arrays."""
        if isinstance(value, FakeArray):
            if value.device is not self:
                raise HostArrayOnDevice("the array lives on another device")
            return value.host
        if isinstance(value, np.ndarray):
            raise HostArrayOnDevice(
                f"got a numpy.ndarray of shape {value.shape} in an operation on the device; use backend.asarray(...)"
            )
        if isinstance(value, tuple | list):
            return type(value)(self.unwrap(item) for item in value)
        return value

    def wrap(self, value: Any) -> Any:
        """NumPy results as device arrays; a reduction's scalar becomes a 0-d array, as in CuPy."""
        if isinstance(value, np.ndarray | np.generic):
            return FakeArray(self, np.asarray(value))
        if isinstance(value, tuple | list):
            return type(value)(self.wrap(item) for item in value)
        return value

    def call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a NumPy function on device arrays; `out=` gives back the very array it was given."""
        self.calls[function.__name__] += 1
        out = kwargs.get("out")
        hosts = [self.unwrap(a) for a in args]
        if function.__name__ == "matmul":
            self.launches["copy before matmul"] += copies_before_product(*hosts[:2])
        result = function(*hosts, **{key: self.unwrap(a) for key, a in kwargs.items()})
        if out is not None:
            self.launches[function.__name__] += 1
            return out
        is_new = (
            isinstance(result, np.ndarray | np.generic) and result.base is None and all(result is not h for h in hosts)
        )
        if is_new:
            self.allocations[function.__name__] += 1
        # A view is no work; neither is memory.
        if is_new or function.__name__ in IN_PLACE:
            self.launches[function.__name__] += 1
        return self.wrap(result)

    def sync(self, name: str) -> None:
        self.syncs.append(name)


IN_PLACE = frozenset(
    {"setitem", "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul", "iand", "ior", "ixor"}
)


def copies_before_product(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    """Launches that CuPy's matmul makes before cuBLAS's own.

    Two matrices may be transposed; of stacks of matrices each must be contiguous, or it is copied, and a stack times
    one matrix needs three arrays of pointers. (CuPy 14, cupy/_core/_routines_linalg.pyx)
    """
    if max(a.ndim, b.ndim) <= 2:
        return sum(not (x.flags.c_contiguous or x.flags.f_contiguous) for x in (a, b))
    return sum(not x.flags.c_contiguous for x in (a, b)) + 3 * (a.shape[:-2] != b.shape[:-2])


class FakeLibrary:
    """Stands for the module `cupy`: NumPy's functions on device arrays. dtypes and constants are NumPy's own."""

    __name__ = "fake_cupy"

    # In NumPy but not in CuPy, or there but of no use on a device.
    MISSING = frozenset({"frompyfunc", "memmap", "fromiter", "lib", "random", "testing", "char", "rec", "ma"})

    def __init__(self, device: FakeDevice) -> None:
        self._device = device
        self.ndarray = FakeArray

    def __getattr__(self, name: str) -> Any:
        if name in self.MISSING:
            raise AttributeError(f"the fake device has no {name}")
        found = getattr(np, name)
        if isinstance(found, type) or not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._device.call(found, *args, **kwargs)

        if isinstance(found, np.ufunc):
            call.at = lambda *args: self._device.call(found.at, *args)  # type: ignore[attr-defined]
        return call

    def asarray(self, array: Any, dtype: Any = None) -> FakeArray:
        """A device array as it is; anything else is uploaded, always as a copy."""
        if isinstance(array, FakeArray):
            return array if dtype is None or array.dtype == dtype else array.astype(dtype)
        self._device.uploads += 1
        return FakeArray(self._device, np.array(array, dtype=dtype))

    def array(self, array: Any, dtype: Any = None) -> FakeArray:
        return array.astype(dtype or array.dtype) if isinstance(array, FakeArray) else self.asarray(array, dtype)

    def empty(self, *args: Any, **kwargs: Any) -> FakeArray:
        return self._filled_with_nan(np.empty(*args, **kwargs))

    def empty_like(self, array: FakeArray, **kwargs: Any) -> FakeArray:
        return self._filled_with_nan(np.empty_like(self._device.unwrap(array), **kwargs))

    def ElementwiseKernel(self, inputs: str, outputs: str, body: str, name: str) -> Any:
        """A kernel that runs on the CPU, on device arrays and numbers; outputs must be given, as arrays."""

        def launch(*arguments: Any, size: int | None = None) -> None:
            self._device.calls[name] += 1
            self._device.launches[name] += 1
            run_kernel(name, inputs, outputs, body, [self._device.unwrap(a) for a in arguments], size)

        return launch

    def _filled_with_nan(self, array: np.ndarray[Any, Any]) -> FakeArray:
        self._device.calls["empty"] += 1
        self._device.allocations["empty"] += 1
        if array.dtype.kind == "f":
            array.fill(np.nan)
        return FakeArray(self._device, array)

    def asnumpy(self, array: FakeArray) -> np.ndarray[Any, Any]:
        return array.get()


class FakeArray:
    """An array on the fake device. Views share memory as NumPy's and CuPy's do."""

    # numpy.ndarray * FakeArray then asks FakeArray, which refuses; numpy ufuncs raise a TypeError.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, device: FakeDevice, host: np.ndarray[Any, Any]) -> None:
        self.device = device
        self.host = host

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("implicit conversion of a device array to NumPy is not allowed; use backend.to_numpy(...)")

    def __array_function__(self, function: Any, *args: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} was called on a device array; use backend.xp.{function.__name__}")

    # Without work on the device

    def __getattr__(self, name: str) -> Any:
        if name in {"shape", "dtype", "ndim", "size", "nbytes", "strides", "itemsize", "flags"}:
            return getattr(self.host, name)
        if name in {"T", "real"}:
            return self.device.wrap(getattr(self.host, name))
        if name.startswith("_") or name in {"tolist", "tobytes", "data", "ctypes"}:
            raise AttributeError(f"a device array has no {name}")
        method = getattr(self.host, name)
        return lambda *args, **kwargs: self.device.call(method, *args, **kwargs)

    def __len__(self) -> int:
        return len(self.host)

    def __repr__(self) -> str:
        return f"FakeArray(shape={self.shape}, dtype={self.dtype})"

    # What makes the host wait

    def get(self) -> np.ndarray[Any, Any]:
        self.device.sync("get")
        return self.host.copy()

    def item(self, *args: Any) -> Any:
        self.device.sync("item")
        return self.host.item(*args)

    def __float__(self) -> float:
        self.device.sync("float")
        return float(self.host)

    def __int__(self) -> int:
        self.device.sync("int")
        return int(self.host)

    def __index__(self) -> int:
        self.device.sync("index")
        return operator.index(self.host)

    def __bool__(self) -> bool:
        self.device.sync("bool")
        return bool(self.host)

    # Reading and writing

    def __getitem__(self, key: Any) -> Any:
        if any(isinstance(k, FakeArray) and k.dtype == bool for k in (key if isinstance(key, tuple) else (key,))):
            self.device.sync("boolean mask")
        return self.device.call(operator.getitem, self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.device.call(operator.setitem, self, key, value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))


def _add_operators() -> None:
    def unary(function: Any) -> Any:
        return lambda self: self.device.call(function, self)

    def binary(function: Any) -> Any:
        return lambda self, other: self.device.call(function, self, other)

    def reflected(function: Any) -> Any:
        return lambda self, other: self.device.call(function, other, self)

    def in_place(function: Any) -> Any:
        def operate(self: FakeArray, other: Any) -> FakeArray:
            self.device.call(function, self, other)
            return self

        return operate

    for name in ("neg", "pos", "abs", "invert"):
        setattr(FakeArray, f"__{name}__", unary(getattr(operator, name)))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(FakeArray, f"__{name}__", binary(getattr(operator, name)))
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
        function = getattr(operator, f"__{name}__")
        setattr(FakeArray, f"__{name}__", binary(function))
        setattr(FakeArray, f"__r{name}__", reflected(function))
        setattr(FakeArray, f"__i{name}__", in_place(getattr(operator, f"__i{name}__")))


_add_operators()


class FakeDeviceBackend(Backend):
    """A `Backend` on a fake device: the code under test is told that it computes on a GPU.

    Its numbers are those of NumPy to the last bit.
    """

    def __init__(self, device: FakeDevice | None = None) -> None:
        self.fake = device or FakeDevice()
        super().__init__(self.fake.xp, device="cuda")


class FakeCupyBackend(CupyBackend):
    """A `CupyBackend` on a fake device: its kernels are run on the CPU."""

    def __init__(self, device: FakeDevice | None = None) -> None:
        self.fake = device or FakeDevice()
        super().__init__(self.fake.xp)
