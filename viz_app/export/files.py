"""A decoding as files that a person can take along. Every weight in them is the trace's own, to the last bit.

| file | for | holds |
|---|---|---|
| CSV | spreadsheets, statistics | one row a step and source character: score, weight, probability |
| JSON | programs, and opening again | everything in the trace |
| NPZ | NumPy | everything in the trace, as arrays |
| HTML | showing it where there is no network | heatmap, steps in words, numbers |
| SVG | slides and papers | the heatmap |

All of it works in a notebook, without the app and without a browser.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from core.decoding.interventions_json import intervention_to_dict
from core.decoding.trace import DecodingTrace
from core.decoding.trace_json import FORMAT, VERSION, TraceFormatError, trace_from_dict, trace_to_dict
from core.files.checked_json import parse_json
from viz_app.export.standalone import standalone_page as to_html
from viz_app.figures.svg.attention import attention_svg as to_svg
from viz_app.text.change_words import changes_of
from viz_app.text.characters import file_name_of
from viz_app.text.i18n import untranslated

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FILES",
    "FileKind",
    "file_name",
    "from_json",
    "to_csv",
    "to_html",
    "to_json",
    "to_npz",
    "to_svg",
    "to_table",
]

_UNITS: Final = {
    "scores": "as the softmax takes them, without a unit",
    "weights": "shares of 1; every row sums to 1",
    "logits": "as the softmax takes them, without a unit",
    "probabilities": "shares of 1; every row sums to 1",
}


def file_name(trace: DecodingTrace) -> str:
    """A name for a trace's files that every file system takes, without an ending: "attention-september-27-1994".

    That of a changed decoding ends with "-changed".
    """
    return file_name_of(trace.text, changed=bool(trace.interventions))


def to_table(trace: DecodingTrace) -> pd.DataFrame:
    """The attention of a trace as a tidy table: a row for every step and source character, T_dec * T_enc rows.

    Columns: `step` and `source_position` from 1; `output_character`; its `probability`; `source_character`; `padding`,
    whether that is padding after the text; `score` and `weight`, missing for a model without attention; `changes`, what
    was changed in the decoding in English words, empty where nothing was; `interventions`, the same as the JSON of
    `core.decoding.interventions_json`. Probabilities and weights are shares of 1, scores what the softmax is taken of.
    The three numbers are float64 of exactly the trace's float32 values.
    """
    # Imported here: it takes a third of a second, and only those who ask for a table should wait for it.
    import pandas as pd

    t_dec, t_enc = len(trace), len(trace.source)
    nothing = np.full((t_dec, t_enc), np.nan)
    written = trace.probabilities[np.arange(t_dec), trace.output_ids].astype(np.float64)
    return pd.DataFrame(
        {
            "step": np.repeat(np.arange(1, t_dec + 1), t_enc),
            "output_character": [character for character in trace.output for _column in range(t_enc)],
            "probability": np.repeat(written, t_enc),
            "source_position": np.tile(np.arange(1, t_enc + 1), t_dec),
            "source_character": list(trace.source) * t_dec,
            "padding": np.tile(np.arange(t_enc) >= len(trace.text), t_dec),
            "score": (nothing if trace.scores is None else trace.scores.astype(np.float64)).ravel(),
            "weight": (nothing if trace.weights is None else trace.weights.astype(np.float64)).ravel(),
            "changes": "; ".join(changes_of(trace, untranslated)),
            "interventions": _interventions(trace),
        }
    )


def to_csv(trace: DecodingTrace) -> str:
    """`to_table` as CSV, comma-separated, with a header; texts quoted, numbers in full, so that they read back exactly.

    A cell that begins with = + - or @ is a formula to a spreadsheet. Nothing can be smuggled in that way: what a
    person typed gets into the file one character a cell, and a formula needs more than one, or within the words of a
    change, which begin with ours.

    Example:
        >>> pandas.read_csv(file, dtype={"output_character": str, "score": "float32", "weight": "float32"})
    """
    return to_table(trace).to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def to_json(trace: DecodingTrace) -> str:
    """Everything in the trace as JSON; `core.decoding.trace_json` has the schema.

    For people there are besides `changes`, the interventions in English words, and `units`, what the numbers are.
    """
    told = {"changes": changes_of(trace, untranslated), "units": _UNITS}
    return json.dumps(trace_to_dict(trace) | told, allow_nan=False)


def from_json(text: str) -> DecodingTrace:
    """The trace that `to_json` wrote.

    Raises:
        TraceFormatError: the text is not JSON, or not a decoding trace; says where and why.
    """
    try:
        data = parse_json(text)
    except RecursionError:
        raise TraceFormatError("this is not a decoding trace: it is nested too deeply") from None
    except ValueError as error:
        raise TraceFormatError(f"this is not JSON: {error}") from None
    return trace_from_dict(data)


def to_npz(trace: DecodingTrace) -> bytes:
    """Everything in the trace as a NumPy archive that `numpy.load(file)` opens without unpickling.

    Arrays have the names, shapes and types of `DecodingTrace`; texts are arrays of no dimension, `vocabulary` is (V,)
    of one character each, `interventions` the JSON text of their list, `changes` the same in English words. Without
    attention, `scores`, `weights` and `context` are not in it.
    """
    arrays = {name: value for name, value in vars(trace).items() if isinstance(value, np.ndarray)}
    texts = {name: np.array(value) for name, value in vars(trace).items() if isinstance(value, str)}
    file = io.BytesIO()
    np.savez_compressed(
        file,
        allow_pickle=False,
        format=np.array(FORMAT),
        version=np.array(VERSION),
        vocabulary=np.array(trace.vocabulary),
        interventions=np.array(_interventions(trace)),
        changes=np.array("; ".join(changes_of(trace, untranslated))),
        **texts,
        **arrays,
    )
    return file.getvalue()


class FileKind(NamedTuple):
    """A kind of file.

    Attributes:
        ending: of its name.
        mime: its type, for a browser.
        make: trace -> content.
        is_drawn: `make` also takes `scale`, `padding` and `language`, as `to_html`.
    """

    ending: str
    mime: str
    make: Callable[..., str | bytes]
    is_drawn: bool = False


FILES: Final[dict[str, FileKind]] = {
    "html": FileKind("html", "text/html", to_html, is_drawn=True),
    "csv": FileKind("csv", "text/csv", to_csv),
    "json": FileKind("json", "application/json", to_json),
    "npz": FileKind("npz", "application/octet-stream", to_npz),
}
"""What a decoding can be taken along as."""


def _interventions(trace: DecodingTrace) -> str:
    return json.dumps([intervention_to_dict(intervention) for intervention in trace.interventions])
