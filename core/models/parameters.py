"""Parameters on disk: safetensors with everything needed to use them, and the book's pickles.

A safetensors file cannot run code, loads in a millisecond and carries a dictionary of strings; a `ModelSpec` is that
dictionary with types.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as to_safetensors

from core.backend.arrays import Array
from core.backend.numpy_backend import Backend
from core.files.atomic_write import write_atomically
from core.files.wording import counted
from core.models.book_pickle import BookPickleError, read_book_pickle

Parameters = dict[str, NDArray[np.floating[Any]]]


class CheckpointError(ValueError):
    """A parameter file cannot be used; the message names the file, what was found, what was expected."""


class HasParameters(Protocol):
    """What is stored and loaded: any model whose parameters have names, in one order."""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `params` are called in a file."""

    @property
    def params(self) -> list[Array]:
        """The parameters, on the backend's device."""

    @property
    def backend(self) -> Backend:
        """The array library and device they live on."""


def named_parameters(model: HasParameters) -> Parameters:
    """The model's parameters on the host, by name, contiguous: of others safetensors writes the wrong numbers."""
    pairs = zip(model.parameter_names, model.params, strict=True)
    return {name: np.ascontiguousarray(model.backend.to_numpy(param)) for name, param in pairs}


def parameter_digest(parameters: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256, in hexadecimal, over names, dtypes, shapes and values."""
    digest = hashlib.sha256()
    for name, array in sorted(parameters.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def cast(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """A copy in another dtype; what is too large for it becomes infinite, without a warning."""
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def save_parameters(
    file: str | Path, model: HasParameters, metadata: Mapping[str, str] | None = None, dtype: type = np.float32
) -> None:
    """Write a model's parameters as safetensors; a file that was there is replaced in one step.

    Args:
        file: where to.
        model: its parameters are stored by name.
        metadata: strings to store beside them, usually `ModelSpec.to_metadata()` and the training's.
        dtype: float32, or float16 for half the size.
    Raises:
        CheckpointError: a value is not finite in this dtype; names the parameters. The file is as it was.
        OSError: the file cannot be written; the file is as it was.
    """
    parameters = {name: cast(array, dtype) for name, array in named_parameters(model).items()}
    not_finite = [name for name, array in parameters.items() if not np.isfinite(array).all()]
    if not_finite:
        stored = np.dtype(dtype).name
        raise CheckpointError(f"{file}: not written: {', '.join(not_finite)} are not finite numbers in {stored}")
    stored_metadata = dict(metadata or {}) | {"dtype": np.dtype(dtype).name}
    write_atomically(Path(file), _in_one_order(to_safetensors(parameters, stored_metadata)))


def _in_one_order(content: bytes) -> bytes:
    """A safetensors file with its metadata sorted: the library writes them in another order every time."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // 8) * 8)  # the arrays begin at a multiple of 8
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def read_safetensors(file: str | Path) -> tuple[Parameters, dict[str, str]]:
    """The arrays and the metadata of a safetensors file.

    Raises:
        CheckpointError: not a readable safetensors file; says why.
    """
    try:
        with safetensors.safe_open(str(file), framework="numpy") as opened:
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (not a mapping)
            return arrays, dict(opened.metadata() or {})
    except FileNotFoundError as error:
        raise CheckpointError(f"{file}: there is no such file") from error
    except (OSError, ValueError, TypeError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{file}: not a readable safetensors file ({error})") from error


def load_parameters(file: str | Path, model: HasParameters) -> dict[str, str]:
    """Load a safetensors file, or a pickle of the book, into a model of the same sizes.

    Returns:
        the file's metadata; empty for a pickle.
    Raises:
        CheckpointError: names, shapes or dtypes differ; names each difference.
    """
    metadata: dict[str, str] = {}
    if is_safetensors(file):
        parameters, metadata = read_safetensors(file)
    else:
        parameters = _read_book_parameters(file, model)
    assign_parameters(model, parameters, str(file))
    return metadata


def is_safetensors(file: str | Path) -> bool:
    """Does the file begin as a safetensors file does: the header's length, then a JSON object?"""
    try:
        with open(file, "rb") as stream:
            start = stream.read(9)
    except FileNotFoundError as error:
        raise CheckpointError(f"{file}: there is no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise CheckpointError(f"{file}: cannot be read ({error})") from error
    return len(start) == 9 and start[8:] == b"{" and struct.unpack("<Q", start[:8])[0] < 100_000_000


def _read_book_parameters(file: str | Path, model: HasParameters) -> Parameters:
    try:
        arrays = read_book_pickle(file)
    except BookPickleError as error:
        raise CheckpointError(
            f"{file}: neither a safetensors file nor a parameter file of the book: {error}"
        ) from error
    if len(arrays) != len(model.parameter_names):
        raise CheckpointError(f"{file}: has {counted(len(arrays), 'array')}; expected {len(model.parameter_names)}")
    return dict(zip(model.parameter_names, arrays, strict=True))


def assign_parameters(model: HasParameters, parameters: Mapping[str, NDArray[Any]], origin: str) -> None:
    """Copy named arrays into a model, in the model's dtype.

    Raises:
        CheckpointError: names, shapes or dtypes differ, or a value is not finite; names each. Nothing is copied then.
    """
    problems = _differences(model, parameters)
    if problems:
        raise CheckpointError(f"{origin}: does not fit {type(model).__name__}: {'; '.join(problems)}")
    for name, param in zip(model.parameter_names, model.params, strict=True):
        param[...] = model.backend.asarray(cast(parameters[name], param.dtype))


def _differences(model: HasParameters, parameters: Mapping[str, NDArray[Any]]) -> list[str]:
    expected = dict(zip(model.parameter_names, model.params, strict=True))
    problems = [f"{name} is missing" for name in expected if name not in parameters]
    problems += [f"{name} is not expected" for name in parameters if name not in expected]
    for name in (n for n in expected if n in parameters):
        found = parameters[name]
        if found.shape != expected[name].shape:
            problems.append(f"{name} has shape {found.shape}, expected {expected[name].shape}")
        elif found.dtype.kind != "f":
            problems.append(f"{name} has dtype {found.dtype}, expected float16, float32 or float64")
        elif not np.isfinite(found).all():
            problems.append(f"{name} holds values that are not finite in {found.dtype}, in which they are stored")
        elif not np.isfinite(cast(found, expected[name].dtype)).all():
            problems.append(f"{name} holds values that are not finite in {expected[name].dtype}")
    return problems
