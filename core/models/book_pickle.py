"""Writes the parameter files of *Deep Learning from Scratch 2*, and reads them without running them.

The book's `save_params` pickles a list of arrays. A pickle is a program, and unpickling runs it: it may call anything
by name. Here the instructions are checked before the first one runs, everything that is called is a `_Note` that
keeps its arguments and does nothing, and the arrays are built from the notes afterwards. A file that uses any other
instruction, or names anything else, is refused.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import pickletools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.backend.arrays import FloatArray
from core.files.atomic_write import write_atomically
from core.files.wording import counted

MAX_BYTES = 2**28

# A list of ten arrays takes about 250 instructions. The bound is also one on the memo, for which an unpickler
# allocates as much as the largest index asks for.
_MAX_INSTRUCTIONS = 10_000

_INSTRUCTIONS = frozenset(
    "PROTO FRAME STOP MARK EMPTY_LIST LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 "  # noqa: SIM905 (shorter)
    "GLOBAL STACK_GLOBAL REDUCE BUILD NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 "
    "UNICODE SHORT_BINUNICODE BINUNICODE SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8 "
    "PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET".split()
)


class BookPickleError(ValueError):
    """The file is not a list of arrays as the book's `save_params` writes it; says what was found."""


class _Note:
    """A call that was not made: its arguments, and the state that the result would have been given."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _NdarrayNote(_Note):
    """numpy.ndarray, which is named but never called."""


class _DtypeNote(_Note):
    """numpy.dtype(code, align, copy); its state is (version, byte order, ...)."""


class _ReconstructNote(_Note):
    """An array; its state is (version, shape, dtype, whether columns come first, bytes)."""


class _FrombufferNote(_Note):
    """An array of protocol 5: (bytes, dtype, shape, "C" or "F")."""


class _EncodeNote(_Note):
    """_codecs.encode(text, "latin1"), by which protocols before 3 store bytes."""


_NOTES: dict[tuple[str, str], type[_Note]] = {
    ("numpy", "ndarray"): _NdarrayNote,
    ("numpy", "dtype"): _DtypeNote,
    ("numpy.core.multiarray", "_reconstruct"): _ReconstructNote,
    ("numpy._core.multiarray", "_reconstruct"): _ReconstructNote,
    ("numpy.core.numeric", "_frombuffer"): _FrombufferNote,
    ("numpy._core.numeric", "_frombuffer"): _FrombufferNote,
    ("_codecs", "encode"): _EncodeNote,
}


_OF_CUPY = (
    "it holds arrays of CuPy, which only a GPU's CuPy unpickles; where it was written, save "
    "[cupy.asnumpy(param) for param in model.params] instead"
)


class _NotingUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[_Note]:
        try:
            return _NOTES[module, name]
        except KeyError:
            if module.partition(".")[0] == "cupy":
                raise BookPickleError(_OF_CUPY) from None
            named = ascii(f"{module}.{name}"[:80])
            raise BookPickleError(f"it names {named}; a parameter file of the book names NumPy arrays alone") from None


def read_book_pickle(file: str | Path) -> list[FloatArray]:
    """The arrays of a file that the book's `save_params` wrote, in their order, in the stored dtype.

    Any pickle protocol is read. The arrays are read-only.

    Raises:
        BookPickleError: the file is not such a list, names anything but NumPy arrays, or is damaged or too large.
        OSError: the file cannot be read.
    """
    with open(file, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MAX_BYTES:
            raise BookPickleError(f"it is larger than {MAX_BYTES} bytes")
        return parse_book_pickle(stream.read(size))


def parse_book_pickle(content: bytes) -> list[FloatArray]:
    """The arrays of such a file's bytes; see `read_book_pickle`."""
    try:
        _check_instructions(content)
        notes = _NotingUnpickler(io.BytesIO(content)).load()
    except BookPickleError:
        raise
    except Exception as error:  # a damaged pickle raises almost anything
        raise BookPickleError(f"it is not a readable pickle ({type(error).__name__})") from error
    if not isinstance(notes, list):
        raise BookPickleError("it holds something other than a list of arrays")
    arrays: list[FloatArray] = []
    left = len(content)
    for note in notes:
        array = _read_array(note)
        left -= array.nbytes
        if left < 0:
            raise BookPickleError("its arrays are larger than the file; the same bytes are used more than once")
        arrays.append(array)
    return arrays


def write_book_pickle(file: str | Path, arrays: Sequence[FloatArray]) -> None:
    """Write arrays as the book's `save_params` does: a pickle of their list; a file there is replaced in one step.

    The book's own code reads it, whatever NumPy it runs on: NumPy 2 writes a name that NumPy 1 does not have, so the
    old name is put in its place, which both know.

    Raises:
        OSError: the file cannot be written; it is as it was.
    """
    # Protocol 3 is the newest that writes names as lines, and the first name stands before the first array's bytes.
    content = pickle.dumps([np.ascontiguousarray(array) for array in arrays], protocol=3)
    write_atomically(Path(file), content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n", 1))


def _check_instructions(content: bytes) -> None:
    """Refuse what a list of arrays does not need, and what would take more memory than the file has bytes."""
    for count, (instruction, argument, position) in enumerate(pickletools.genops(content)):
        if instruction.name not in _INSTRUCTIONS:
            raise BookPickleError(f"it uses the pickle instruction {instruction.name}, which no list of arrays needs")
        if count > _MAX_INSTRUCTIONS:
            raise BookPickleError(f"it has more than {_MAX_INSTRUCTIONS} instructions, far more than a list of arrays")
        if instruction.name.endswith("PUT") and isinstance(argument, int) and argument > _MAX_INSTRUCTIONS:
            raise BookPickleError(f"it asks for a memo of {argument} entries, far more than a list of arrays")
        if instruction.name == "STOP" and position is not None and position + 1 < len(content):
            raise BookPickleError(
                f"its end is followed by {counted(len(content) - position - 1, 'byte')}; the file is not one pickle"
            )


def _read_array(note: object) -> FloatArray:
    match note:
        case _ReconstructNote(state=(_, shape, dtype_note, columns_first, data)):
            pass
        case _FrombufferNote(arguments=(data, dtype_note, shape, "C" | "F" as order)):
            columns_first = order == "F"
        case _:
            raise BookPickleError("it holds something other than a list of arrays, stored as NumPy stores them")
    dtype = _read_dtype(dtype_note)
    match shape:
        case (int(rows),) if _is_size(rows):
            sizes = [rows]
        case (int(rows), int(columns)) if _is_size(rows) and _is_size(columns):
            sizes = [rows, columns]
        case _:
            raise BookPickleError("an array has an impossible shape; expected one or two sizes of at least 1")
    content = _read_bytes(data)
    if len(content) != math.prod(sizes) * dtype.itemsize:
        raise BookPickleError(f"an array of sizes {sizes} has {counted(len(content), 'byte')} of {dtype}")
    return np.frombuffer(content, dtype).reshape(sizes, order="F" if columns_first else "C")


def _is_size(number: int) -> bool:
    """True and False are whole numbers too, but no sizes."""
    return not isinstance(number, bool) and 0 < number <= MAX_BYTES


def _read_dtype(note: object) -> np.dtype[Any]:
    match note:
        case _DtypeNote(arguments=("f2" | "f4" | "f8" as code, *_), state=(_, "<" | ">" as byte_order, *_)):
            return np.dtype(f"{byte_order}{code}")
        case _DtypeNote(arguments=(str() as code, *_)):
            raise BookPickleError(f"an array has dtype {code[:20]!a}; expected float16, float32 or float64")
        case _:
            raise BookPickleError("an array has no dtype; expected float16, float32 or float64")


def _read_bytes(data: object) -> bytes:
    match data:
        case bytes() | bytearray():
            return bytes(data)
        case _EncodeNote(arguments=(str() as text, "latin1")) if text.isascii() or max(text) <= "\xff":
            return text.encode("latin1")
        case _:
            raise BookPickleError("an array's numbers are not stored as bytes")
