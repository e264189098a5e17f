"""A decoding as JSON and back, every number to the last bit.

    {
      "format": "decoding-trace",        always this
      "version": 1,                      raised when a reader of this version would misunderstand the rest
      "model": str, "digest": str,       which parameters decoded
      "text": str,                       what was typed, without padding
      "source": str,                     the T_enc characters read, in reading order: `text` and its padding
      "output": str,                     the T_dec characters written
      "vocabulary": [str],               the V characters in id order
      "input_ids": [int],                T_dec ids fed to the decoder, the first is the start character
      "output_ids": [int],               T_dec ids written
      "hs_enc": [[number]],              T_enc x H; row j belongs to source[j]
      "hs_dec": [[number]], "cs_dec",    T_dec x H
      "scores": [[number]] or null,      T_dec x T_enc, column j belongs to source[j]; null without attention
      "weights": [[number]] or null,     T_dec x T_enc
      "context": [[number]] or null,     T_dec x H
      "logits": [[number]], "probabilities"   T_dec x V
      "interventions": [object]          the changes made, by `core.decoding.interventions_json`; often []
    }

A number is the float32 of the computation written out in full, so that reading it as float64 gives exactly that
value. JSON has no infinities: a number that is not finite (a masked score) is one of the strings "Infinity",
"-Infinity" and "NaN". Members that are not in this list are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.decoding.interventions import Intervention, InterventionError
from core.decoding.interventions_json import intervention_to_dict, interventions_from_list
from core.decoding.trace import DecodingTrace
from core.files.checked_json import is_number, is_whole
from core.files.wording import counted

FORMAT: Final = "decoding-trace"
VERSION: Final = 1

_NOT_FINITE: Final = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


class TraceFormatError(ValueError):
    """This is not a decoding in the format of `core.decoding.trace_json`; the message says where and why."""


def trace_to_dict(trace: DecodingTrace) -> dict[str, Any]:
    """Turn a trace into what `json.dumps(..., allow_nan=False)` takes; the schema is at the top of this module."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": trace.model,
        "digest": trace.digest,
        "text": trace.text,
        "source": trace.source,
        "output": trace.output,
        "vocabulary": list(trace.vocabulary),
        "input_ids": trace.input_ids.tolist(),
        "output_ids": trace.output_ids.tolist(),
        "hs_enc": _to_lists(trace.hs_enc),
        "hs_dec": _to_lists(trace.hs_dec),
        "cs_dec": _to_lists(trace.cs_dec),
        "scores": _to_lists(trace.scores),
        "weights": _to_lists(trace.weights),
        "context": _to_lists(trace.context),
        "logits": _to_lists(trace.logits),
        "probabilities": _to_lists(trace.probabilities),
        "interventions": [intervention_to_dict(intervention) for intervention in trace.interventions],
    }


def trace_from_dict(data: object) -> DecodingTrace:
    """Turn what `trace_to_dict` returned, or JSON made of it, back into an equal trace.

    Args:
        data: parsed JSON, not trusted: everything a trace promises is checked.
    Raises:
        TraceFormatError: another format or version, something missing, or parts that do not fit together.
    """
    reader = _Reader(data)
    text, source, output = reader.text("text"), reader.text("source"), reader.text("output")
    vocabulary = reader.characters("vocabulary")
    t_enc, t_dec, v = len(source), len(output), len(vocabulary)
    if not text or not output:
        raise TraceFormatError("text and output: expected at least one character in each")
    hs_enc = reader.floats("hs_enc", (t_enc, None))
    h = hs_enc.shape[1]
    has_attention = reader.value("weights") is not None
    trace = DecodingTrace(
        text=text,
        source=source,
        output=output,
        model=reader.text("model"),
        digest=reader.text("digest"),
        vocabulary=vocabulary,
        input_ids=reader.ids("input_ids", t_dec, v),
        output_ids=reader.ids("output_ids", t_dec, v),
        hs_enc=hs_enc,
        hs_dec=reader.floats("hs_dec", (t_dec, h)),
        cs_dec=reader.floats("cs_dec", (t_dec, h)),
        scores=reader.floats_or_none("scores", (t_dec, t_enc), has_attention),
        weights=reader.floats_or_none("weights", (t_dec, t_enc), has_attention),
        context=reader.floats_or_none("context", (t_dec, h), has_attention),
        logits=reader.floats("logits", (t_dec, v)),
        probabilities=reader.floats("probabilities", (t_dec, v)),
        interventions=reader.interventions("interventions"),
    )
    if source != text.ljust(t_enc):
        raise TraceFormatError(f"source: got {source!r}, expected the text {text!r} followed by padding spaces")
    written = "".join(vocabulary[i] for i in trace.output_ids)
    if output != written:
        raise TraceFormatError(f"output: got {output!r}, but output_ids say {written!r}")
    return trace


def _to_lists(array: FloatArray | None) -> Any:
    if array is None:
        return None
    rows = array.tolist()
    if np.isfinite(array).all():
        return rows
    return [[x if math.isfinite(x) else _name(x) for x in row] for row in rows]


def _name(number: float) -> str:
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


class _Reader:
    """Takes the members out of parsed JSON, each checked for its type and shape."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, Mapping):
            raise TraceFormatError(f"got {_kind(data)}, expected an object with the members of a decoding trace")
        self._data = data
        if data.get("format") != FORMAT:
            raise TraceFormatError(f"format: got {_shorten(data.get('format'))}, expected {FORMAT!r}")
        if data.get("version") != VERSION:
            got = _shorten(data.get("version"))
            raise TraceFormatError(f"version: got {got}; this program reads version {VERSION}")

    def value(self, name: str) -> Any:
        if name not in self._data:
            raise TraceFormatError(f"{name}: is missing")
        return self._data[name]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str):
            raise TraceFormatError(f"{name}: got {_kind(value)}, expected a string")
        _check_encodable(name, value)
        return value

    def characters(self, name: str) -> tuple[str, ...]:
        value = self._list(name)
        if not all(isinstance(c, str) and len(c) == 1 for c in value) or len(set(value)) != len(value):
            raise TraceFormatError(f"{name}: expected different strings of one character each")
        _check_encodable(name, "".join(value))
        return tuple(value)

    def ids(self, name: str, length: int, limit: int) -> NDArray[np.int64]:
        """(length,) int64, each at least 0 and below `limit`."""
        value = self._list(name)
        if len(value) != length:
            raise TraceFormatError(f"{name}: got {counted(len(value), 'id')}, expected {length}")
        if not all(is_whole(i, 0, limit - 1) for i in value):
            raise TraceFormatError(f"{name}: expected whole numbers from 0 to {limit - 1}")
        return np.array(value, dtype=np.int64)

    def floats(self, name: str, shape: tuple[int, int | None]) -> FloatArray:
        """(rows, columns) float32; columns None takes the length of the first row."""
        n_rows, n_columns = shape
        rows = self._list(name)
        if len(rows) != n_rows:
            raise TraceFormatError(f"{name}: got {counted(len(rows), 'row')}, expected {n_rows}")
        if n_columns is None:
            n_columns = len(rows[0]) if rows and isinstance(rows[0], list) else 0
        exact = np.array([self._row(name, i, row, n_columns) for i, row in enumerate(rows)], dtype=np.float64)
        with np.errstate(over="ignore"):
            array = exact.reshape(n_rows, n_columns).astype(np.float32)
        if np.isinf(array).sum() != np.isinf(exact).sum():
            raise TraceFormatError(f"{name}: holds a number that is too large for float32")
        return array

    def floats_or_none(self, name: str, shape: tuple[int, int], expected: bool) -> FloatArray | None:
        if (self.value(name) is not None) != expected:
            raise TraceFormatError(f"{name}: scores, weights and context are either all null or all given")
        return self.floats(name, shape) if expected else None

    def interventions(self, name: str) -> tuple[Intervention, ...]:
        try:
            return tuple(interventions_from_list(self.value(name)))
        except InterventionError as error:
            raise TraceFormatError(f"{name}: {error}") from None

    def _list(self, name: str) -> list[Any]:
        value = self.value(name)
        if not isinstance(value, list):
            raise TraceFormatError(f"{name}: got {_kind(value)}, expected an array")
        return value

    def _row(self, name: str, i: int, row: object, n_columns: int) -> list[float]:
        if not isinstance(row, list) or len(row) != n_columns:
            got = f"{counted(len(row), 'number')}" if isinstance(row, list) else _kind(row)
            raise TraceFormatError(f"{name}: row {i} has {got}, expected {counted(n_columns, 'number')}")
        return [self._number(name, i, x) for x in row]

    def _number(self, name: str, i: int, x: object) -> float:
        if isinstance(x, str) and x in _NOT_FINITE:
            return _NOT_FINITE[x]
        if isinstance(x, bool) or not isinstance(x, int | float):
            raise TraceFormatError(f"{name}: row {i} holds {_shorten(x)}, expected a number")
        if not is_number(x):  # what JSON readers make of 1e400, and of Infinity without quotes
            raise TraceFormatError(f"{name}: row {i} holds a number that is too large for float32")
        return float(x)


def _check_encodable(name: str, text: str) -> None:
    """Half a surrogate pair, which JSON can hold, could never be written to a file or sent to a browser."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TraceFormatError(f"{name}: holds {text[error.start]!r}, which is not a character") from None


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
