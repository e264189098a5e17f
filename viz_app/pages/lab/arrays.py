"""Arrays as a person writes them: NumPy notation, nested lists, or what `print(array)` shows. Nothing is evaluated.

The reader walks over the text once with a stack of its own, so neither deep nesting nor a long text can harm it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from enum import Enum
from math import isfinite, prod
from typing import Final

import numpy as np

from core.analysis.layer_lab import LARGEST
from core.backend.arrays import Float64Array

LONGEST: Final = 12_000
_DEEPEST: Final = 8

_OPENING: Final = re.compile(r"(?:[A-Za-z_]\w*\s*=\s*)?(?P<call>(?:(?:np|numpy)\s*\.\s*)?array\s*\(\s*)?", re.ASCII)
# What may follow the last bracket of a call, its white space taken out.
_ENDING: Final = re.compile(r",?(?:dtype=[\w.'\"]+,?)?\);?", re.ASCII)
# A number ends at white space, a comma, a bracket or the end: 1.2.3 and 1x are not two tokens but one mistake.
_TOKEN: Final = re.compile(r"\s*(?:(?P<mark>[\[\],])|(?P<dots>\.\.\.)|(?P<word>[^\s\[\],]+))", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[+-]?(?:(?:np|numpy|math)\.)?(?:nan|inf(?:inity)?)", re.ASCII | re.IGNORECASE)


class ArrayReason(Enum):
    """What is wrong with the text of an array."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    NOT_A_NUMBER = "not a number"
    NOT_FINITE = "not finite"
    TOO_LARGE = "too large"
    BRACKETS = "brackets"
    COMMAS = "commas"
    RAGGED = "ragged"
    SHORTENED = "shortened"
    TOO_DEEP = "too deep"
    SHAPE = "shape"


class ArrayTextError(ValueError):
    """A text that is no array of the wanted shape.

    Attributes:
        reason: what is wrong.
        found: the piece of text, or the shape as text, that is wrong; may be empty; at most 40 characters.
        expected: the shapes that would do.
    """

    def __init__(self, reason: ArrayReason, found: str = "", expected: tuple[tuple[int, ...], ...] = ()) -> None:
        self.reason = reason
        short = found if len(found) <= 40 else found[:39] + "…"
        # Nothing that would hide or reorder what stands around it.
        self.found = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short)
        self.expected = expected
        wanted = f"; expected {' or '.join(map(str, expected))}" if expected else ""
        super().__init__(f"{reason.value}: {self.found!r}{wanted}")


def with_cells(table: Float64Array, cells: Mapping[int, Mapping[str, object]]) -> Float64Array:
    """A table with some of its cells typed anew.

    Args:
        table: (R, C) float64.
        cells: row -> column, as text -> value; what a visitor's browser sent, so not to be trusted.
    Returns:
        (R, C) float64, another array.
    Raises:
        ArrayTextError: a value is missing, not a number, not finite or too large, or there is no such cell.
    """
    new = table.copy()
    for row, columns in cells.items():
        for column, value in columns.items():
            if not (0 <= row < table.shape[0] and column in map(str, range(table.shape[1]))):
                raise ArrayTextError(ArrayReason.SHAPE, f"({row}, {column})", (table.shape,))
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ArrayTextError(ArrayReason.EMPTY if value is None else ArrayReason.NOT_A_NUMBER, str(value))
            if isinstance(value, float) and not isfinite(value):
                raise ArrayTextError(ArrayReason.NOT_FINITE, str(value))
            if abs(value) > LARGEST:
                # Python refuses to write out an integer of thousands of digits.
                raise ArrayTextError(ArrayReason.TOO_LARGE, str(min(abs(value), 10**40)))
            new[row, int(column)] = value
    return new


def format_array(array: Float64Array) -> str:
    """The array as Python that makes it again, every bit of it: `np.array([[0.5, 1. ]])`."""
    start = "np.array("
    body = np.array2string(
        array, separator=", ", threshold=sys.maxsize, floatmode="unique", prefix=start, max_line_width=110
    )
    return f"{start}{body})"


def parse_array(text: str, *shapes: tuple[int, ...]) -> Float64Array:
    """Read an array that has one of the given shapes.

    Understands `np.array([[1, 2], [3, 4]])`, `array([...], dtype=float64)`, an assignment of either, nested lists,
    and printed arrays, where white space stands for the commas. Full-width characters count as plain ones.

    Args:
        text: anything.
        shapes: what the array may be shaped like; none for any shape.
    Returns:
        float64, finite, of absolute values up to `LARGEST`.
    Raises:
        ArrayTextError: anything else; says what is wrong and where.
    Cost:
        one pass over at most `LONGEST` characters.
    """
    if len(text) > LONGEST:
        raise ArrayTextError(ArrayReason.TOO_LONG, str(len(text)), shapes)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    text = _unwrapped(text.strip())
    if not text.strip():
        raise ArrayTextError(ArrayReason.EMPTY, "", shapes)
    values, shape = _read(text)
    if shapes and shape not in shapes:
        raise ArrayTextError(ArrayReason.SHAPE, str(shape), shapes)
    return np.array(values, dtype=np.float64).reshape(shape)


def _unwrapped(text: str) -> str:
    """The lists inside `name = np.array(..., dtype=float64)` or `name = ...`; another text as it is."""
    opening = _OPENING.match(text)
    if opening is None:
        return text
    rest = text[opening.end() :]
    if opening["call"] is None:
        return rest
    end = rest.rfind("]") + 1
    if not _ENDING.fullmatch("".join(rest[end:].split())):
        raise ArrayTextError(ArrayReason.BRACKETS, text[-40:])
    return rest[:end]


def _read(text: str) -> tuple[list[float], tuple[int, ...]]:
    """All numbers in order, and the shape that the brackets give them."""
    values: list[float] = []
    open_lists: list[_OpenList] = []
    whole: tuple[int, ...] | None = None
    position = 0
    text = text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or whole is not None:
            raise ArrayTextError(ArrayReason.BRACKETS, text[position : position + 40].strip())
        position = token.end()
        if token["dots"]:
            raise ArrayTextError(ArrayReason.SHORTENED, "...")
        if token["mark"] == "[":
            if len(open_lists) == _DEEPEST:
                raise ArrayTextError(ArrayReason.TOO_DEEP, "[" * (_DEEPEST + 1))
            open_lists.append(_OpenList())
            continue
        if token["mark"] is None:
            value = _number(token["word"])
            if not open_lists:
                raise ArrayTextError(ArrayReason.BRACKETS, token["word"])
            open_lists[-1].add(())
            values.append(value)
            continue
        if not open_lists:
            raise ArrayTextError(ArrayReason.BRACKETS, token["mark"])
        if token["mark"] == ",":
            open_lists[-1].comma()
            continue
        shape = open_lists.pop().shape()
        if open_lists:
            open_lists[-1].add(shape)
        else:
            whole = shape
    if open_lists or whole is None:
        raise ArrayTextError(ArrayReason.BRACKETS, text[-40:])
    assert len(values) == prod(whole)
    return values, whole


class _OpenList:
    """A list whose closing bracket has not come yet."""

    def __init__(self) -> None:
        self.count = 0
        self.of: tuple[int, ...] = ()
        self.after_comma = True

    def add(self, shape: tuple[int, ...]) -> None:
        if self.count and shape != self.of:
            raise ArrayTextError(ArrayReason.RAGGED, f"{_told(self.of)}, {_told(shape)}")
        self.count, self.of, self.after_comma = self.count + 1, shape, False

    def comma(self) -> None:
        if self.after_comma:
            raise ArrayTextError(ArrayReason.COMMAS, ",")
        self.after_comma = True

    def shape(self) -> tuple[int, ...]:
        if not self.count:
            raise ArrayTextError(ArrayReason.EMPTY, "[]")
        return (self.count, *self.of)


def _told(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "1"


def _number(word: str) -> float:
    if _NOT_FINITE.fullmatch(word):
        raise ArrayTextError(ArrayReason.NOT_FINITE, word)
    if not _NUMBER.fullmatch(word):
        raise ArrayTextError(ArrayReason.NOT_A_NUMBER, word)
    value = float(word)
    if not isfinite(value) or abs(value) > LARGEST:
        raise ArrayTextError(ArrayReason.TOO_LARGE, word)
    return value
