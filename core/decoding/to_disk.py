"""Decode a file of any length: answers and attention go to disk as they are made, and memory holds one portion.

A folder gets two files, line by line and row by row in the order of the texts:

    answers.txt     what was written for each text
    attention.npy   (N, T_dec, T_enc) float32 or float16, the weights of every step, columns in reading order

`numpy.load(..., mmap_mode="r")` opens the second without reading it. Both are whole whenever the writing ends, also by
Ctrl-C: they then hold the texts that were done.

Shapes: N texts, T_enc source characters, T_dec output characters.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from core.backend.arrays import FloatArray
from core.data.source_text import SourceTextError, SourceTexts
from core.decoding.pipeline import Pipeline

ANSWERS_FILE = "answers.txt"
ATTENTION_FILE = "attention.npy"

PORTION = 8192
"""Texts that are in memory at once. Sorted, so many share more of their beginnings than a batch of neighbours does."""

Progress = Callable[[int, float], None]
"""Told how many texts are done, and the seconds since the first."""


class UnreadableTextError(ValueError):
    """A text cannot be read; the message says which and why."""


class RowFile:
    """A .npy file that grows by rows, and of which nothing is left but whole rows when it is closed.

    Attributes:
        rows: how many count; others that were appended are cut off by `close`.
    """

    def __init__(self, file: Path, row_shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
        """Args: row_shape: of one row; the file holds (N, *row_shape)."""
        self.row_shape = row_shape
        self.dtype = dtype
        self.rows = 0
        self._file: BinaryIO = file.open("wb")
        self._write_header()

    def append(self, rows: FloatArray) -> None:
        """Args: rows: (n, *row_shape), cast to the file's dtype. They count once `rows` is raised."""
        self._file.write(np.ascontiguousarray(rows, self.dtype).data)

    def close(self) -> None:
        """Keep the rows that count, and write down how many they are."""
        self._file.truncate(self._start + self.rows * int(np.prod(self.row_shape)) * self.dtype.itemsize)
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        # NumPy leaves room for the first number to grow, so the header keeps its length.
        description = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.rows, *self.row_shape)}
        npy_format.write_array_header_1_0(self._file, description)
        self._start = self._file.tell()

    def __enter__(self) -> RowFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def decode_corpus(
    pipeline: Pipeline,
    texts: Iterable[str],
    folder: Path,
    *,
    dtype: type[np.floating] = np.float32,
    progress: Progress | None = None,
) -> int:
    """Decode texts greedily and write answers and attention into a folder.

    Args:
        pipeline: a model with attention.
        texts: any number of them, read as they are needed.
        dtype: of the stored weights, float32 or float16.
        progress: called after every portion; what it raises ends the work.
    Returns:
        how many texts there were.
    Raises:
        ValueError: the model has no attention.
        UnreadableTextError: a text cannot be read. What came before it is in the files.
        OSError: the folder cannot be written to.
    Cost:
        memory for `PORTION` texts, however many there are.
    """
    pipeline.need_attention()
    folder.mkdir(parents=True, exist_ok=True)
    shape = (pipeline.target_length, pipeline.source_length)
    began = time.perf_counter()
    with (
        RowFile(folder / ATTENTION_FILE, shape, np.dtype(dtype)) as attention,
        (folder / ANSWERS_FILE).open("wb") as answers,
    ):
        end = 0
        try:
            for portion, error in _portions(pipeline, texts):
                outputs, weights = pipeline.decode_with_attention(portion)
                attention.append(weights)
                answers.write("".join(f"{output}\n" for output in outputs).encode())
                # Whatever ends the work before this line, both files end with the portion before.
                attention.rows, end = attention.rows + len(portion), answers.tell()
                if error:
                    raise error
                if progress:
                    progress(attention.rows, time.perf_counter() - began)
        finally:
            answers.truncate(end)
    return attention.rows


def _portions(pipeline: Pipeline, texts: Iterable[str]) -> Iterator[tuple[SourceTexts, UnreadableTextError | None]]:
    """Texts, and the error of the text after them if there is one."""
    numbered = enumerate(texts, start=1)
    while portion := list(itertools.islice(numbered, PORTION)):
        read: list[str] = []
        error = None
        for number, text in portion:
            try:
                read.append(pipeline.read(text).text)
            except SourceTextError as reason:
                error = UnreadableTextError(f"text {number}: {reason}")
                break
        yield pipeline.encode(read), error
