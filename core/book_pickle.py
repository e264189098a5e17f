"""Reads the parameter files of *Deep Learning from Scratch 2* without running them.

The book's `save_params` pickles a list of arrays. A pickle is a program, and unpickling runs it; so every callable
that such a file names is replaced here by a stand-in that only takes notes, and the arrays are built from the notes
afterwards. A file that names anything else is refused.
"""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 2**28


class BookPickleError(ValueError):
    """The file is not a list of arrays as the book's `save_params` writes it; says what was found."""


class _DtypeNote:
    """Stands for numpy.dtype(code, align, copy) and keeps the code and the byte order."""

    def __init__(self, code: object = None, *_: object) -> None:
        self.code = code
        self.byte_order: object = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.byte_order = state[1]

    def dtype(self) -> np.dtype[Any]:
        if self.code not in ("f2", "f4", "f8") or self.byte_order not in ("<", ">", "="):
            raise BookPickleError(f"an array has dtype {self.code!r}; expected float16, float32 or float64")
        return np.dtype(f"{self.byte_order}{self.code}")


class _ArrayNote:
    """Stands for numpy.ndarray and keeps what would restore it: version, shape, dtype, order, bytes."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def array(self) -> NDArray[np.floating[Any]]:
        if len(self.state) != 5:
            raise BookPickleError("an array is not stored as NumPy stores it")
        _, shape, dtype_note, column_major, data = self.state
        sizes_are_good = isinstance(shape, tuple) and all(isinstance(n, int) and n >= 0 for n in shape)
        if not (sizes_are_good and isinstance(dtype_note, _DtypeNote) and isinstance(data, bytes)):
            raise BookPickleError("an array is not stored as NumPy stores it")
        dtype = dtype_note.dtype()
        if len(data) != math.prod(shape) * dtype.itemsize:
            raise BookPickleError(f"an array of shape {shape} has {len(data)} bytes of {dtype}")
        return np.frombuffer(data, dtype).reshape(shape, order="F" if column_major else "C")


def _note_array(*_: object) -> _ArrayNote:
    return _ArrayNote()


def _encode(text: object, encoding: object) -> bytes:
    """Stands for _codecs.encode, through which old pickle protocols store bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise BookPickleError("bytes are stored in an unknown encoding")
    return text.encode("latin1")


_STAND_INS = {
    ("numpy", "ndarray"): _ArrayNote,
    ("numpy", "dtype"): _DtypeNote,
    ("numpy.core.multiarray", "_reconstruct"): _note_array,
    ("numpy._core.multiarray", "_reconstruct"): _note_array,
    ("_codecs", "encode"): _encode,
}


class _NotesUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise BookPickleError(
                f"it names {module}.{name}; a parameter file of the book names NumPy arrays alone"
            ) from None


def read_book_pickle(file: str | Path) -> list[NDArray[np.floating[Any]]]:
    """The arrays of a file that the book's `save_params` wrote, in their order, in the stored dtype.

    Raises:
        BookPickleError: the file is not such a list, names anything but NumPy arrays, or is damaged or too large.
        OSError: the file cannot be read.
    """
    with open(file, "rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BookPickleError(f"it is larger than {MAX_BYTES} bytes")
    try:
        notes = _NotesUnpickler(io.BytesIO(content)).load()
    except BookPickleError:
        raise
    except Exception as error:  # a damaged pickle raises almost anything
        raise BookPickleError(f"it is not a readable pickle ({type(error).__name__})") from error
    if not isinstance(notes, list) or not all(isinstance(note, _ArrayNote) for note in notes):
        raise BookPickleError("it holds something other than a list of arrays")
    return [note.array() for note in notes]
