"""Kernels that run without a GPU: the body of a `cupy.ElementwiseKernel`, compiled as a C++ loop for the CPU.

What CuPy does around a body is done here too: inputs and outputs are references, one element of each at a time after
broadcasting; `raw` ones are indexed by the body in C order whatever their strides; T is the type of the arrays.

Needs g++ (Debian: `apt-get install g++`), or another C++ compiler named by the variable CXX.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_C_TYPES = {"float32": "float", "float64": "double", "int64": "long long", "bool": "bool"}


class Parameter(NamedTuple):
    """One parameter of a kernel: `type` is a NumPy type or a letter that stands for one."""

    name: str
    type: str
    is_raw: bool


def parameters(text: str) -> list[Parameter]:
    """ "raw T x, int64 n" as a list."""
    words = [part.split() for part in text.split(",")]
    return [Parameter(word[-1], word[-2], word[0] == "raw") for word in words]


def host_source(name: str, inputs: str, outputs: str, body: str, types: dict[str, str]) -> str:
    """C++ of a function that runs the body for i = 0 ... size - 1; `types`: what the letters stand for."""
    every = parameters(inputs) + parameters(outputs)
    c_type = {p.name: _C_TYPES[types.get(p.type, p.type)] for p in every}
    aliases = "".join(f"typedef {_C_TYPES[type_]} {letter};\n" for letter, type_ in types.items())
    arguments = "".join(f", {c_type[p.name]} *{'' if p.is_raw else 'all_'}{p.name}" for p in every)
    elements = "".join(f"{c_type[p.name]} &{p.name} = all_{p.name}[i]; " for p in every if not p.is_raw)
    return (
        f'#include <cmath>\nusing namespace std;\n{aliases}extern "C" void {name}(long long size{arguments}) {{\n'
        f"for (long long i = 0; i < size; ++i) {{ {elements}\n{body}\n}}\n}}\n"
    )


def device_source(name: str, inputs: str, outputs: str, body: str, types: dict[str, str]) -> str:
    """The same as a CUDA kernel, for a compiler to read: no GPU is needed for that."""
    loop = "for (long long i = 0; i < size; ++i) {"
    thread = "{ const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; if (i >= size) return;"
    source = host_source(name, inputs, outputs, body, types).replace(loop, thread)
    return source.replace('extern "C" void', 'extern "C" __global__ void').replace("using namespace std;\n", "")


@cache
def _compiled(source: str, name: str) -> Any:
    # A library that is loaded stays loaded when its file is gone.
    with tempfile.TemporaryDirectory(prefix="kernels-", ignore_cleanup_errors=True) as folder:
        file, library = Path(folder) / "kernel.cpp", Path(folder) / "kernel.so"
        file.write_text(source, encoding="utf-8")
        compiler = os.environ.get("CXX", "g++")
        subprocess.run([compiler, "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-o", library, file], check=True)
        return getattr(ctypes.CDLL(str(library)), name)


def run_kernel(name: str, inputs: str, outputs: str, body: str, arguments: list[Any], size: int | None) -> None:
    """Run a kernel on NumPy arrays and numbers, in the order of inputs and outputs; outputs are written.

    Args: size: how many times the body runs; that of the arrays that are not raw if None.
    """
    every = parameters(inputs) + parameters(outputs)
    assert len(every) == len(arguments), f"{name} has {len(every)} parameters and got {len(arguments)} arguments"
    types: dict[str, str] = {}
    for parameter, argument in zip(every, arguments, strict=True):
        if isinstance(argument, np.ndarray) and len(parameter.type) == 1:
            known = types.setdefault(parameter.type, str(argument.dtype))
            assert known == str(argument.dtype), f"{name}: {parameter.name} is {argument.dtype}, another one {known}"
    shape: tuple[int, ...] = () if size is None else (size,)
    for parameter, argument in zip(every, arguments, strict=True):
        if not parameter.is_raw:
            shape = np.broadcast_shapes(shape, np.shape(argument))
    copies: dict[tuple[Any, ...], np.ndarray[Any, Any]] = {}
    passed: list[np.ndarray[Any, Any]] = []
    for parameter, argument in zip(every, arguments, strict=True):
        dtype = types.get(parameter.type, parameter.type)
        array = np.asarray(argument, dtype)
        if not parameter.is_raw:
            array = np.broadcast_to(array, shape)
        # An array that is given twice is one: what an output writes, an input that comes after it reads.
        key = (array.ctypes.data, array.shape, array.strides) if isinstance(argument, np.ndarray) else (len(passed),)
        passed.append(copies.setdefault(key, np.array(array, order="C")))
    function = _compiled(host_source(name, inputs, outputs, body, types), name)
    count = int(np.prod(shape)) if size is None else size
    function(ctypes.c_longlong(count), *(ctypes.c_void_p(array.ctypes.data) for array in passed))
    written = slice(len(parameters(inputs)), None)
    for array, argument in zip(passed[written], arguments[written], strict=True):
        argument[...] = array
