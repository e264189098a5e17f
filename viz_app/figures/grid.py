"""What every picture of attention shows, before it is a plotly figure or an SVG: rows, columns, numbers, colours.

Rows are output characters, the first at the top. Columns are input characters in reading order, left to right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.decoding.trace import DecodingTrace, checked_step
from viz_app.figures.colours import SCALES
from viz_app.text.characters import printable, visible

# Stands out against both colour scales and both backgrounds.
CURRENT_ROW: Final = "#e8590c"


def plain(text: str) -> str:
    """Text as plotly shows it unchanged: plotly reads its labels as a little HTML, and $...$ as TeX."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text


@dataclass(frozen=True)
class Grid:
    """The part of a trace's attention that a picture shows.

    Attributes:
        text, output: what was read and what was written, printable.
        rows: the T_dec output characters, made visible.
        columns: the n shown input characters in reading order, made visible.
        weights, scores: (T_dec, n) float32, the trace's own numbers.
        step: the current step, from 0; rows after it are not reached yet.
        folded: how many columns of trailing padding are summed up in one.
        folded_weights: (T_dec,) float64, their sums; zeros where nothing is folded.
    """

    text: str
    output: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    weights: FloatArray
    scores: FloatArray
    step: int
    folded: int
    folded_weights: NDArray[np.float64]

    @property
    def folded_name(self) -> str:
        """The heading of the folded column, as in "+11"; empty where there is none."""
        return f"+{self.folded}" if self.folded else ""


def make_grid(trace: DecodingTrace, step: int | None, padding: bool) -> Grid:
    """Choose what to show of a trace.

    Args:
        trace: a decoding by a model with attention.
        step: the current step, 0 to T_dec - 1; None for the last one, with every row reached.
        padding: whether the columns of trailing padding are shown one by one instead of summed up in one.
    Raises:
        ValueError: the trace has no attention, or no such step.
    """
    if trace.weights is None or trace.scores is None:
        raise ValueError(
            f"A trace of {trace.model!r} has no attention to draw. "
            "Expected a trace of a model with attention, such as load_pretrained('date-attention').trace(text)."
        )
    n_columns = len(trace.source) if padding else len(trace.text)
    return Grid(
        text=printable(trace.text),
        output=printable(trace.output),
        rows=tuple(map(visible, trace.output)),
        columns=tuple(map(visible, trace.source[:n_columns])),
        weights=trace.weights[:, :n_columns],
        scores=trace.scores[:, :n_columns],
        step=checked_step(trace, step),
        folded=len(trace.source) - n_columns,
        folded_weights=trace.weights[:, n_columns:].sum(axis=1, dtype=np.float64),
    )


def colours_of(scale: str) -> tuple[str, ...]:
    """The 256 colours of a scale, weight 0 first; ValueError for a name that is not in `SCALES`."""
    if scale not in SCALES:
        raise ValueError(f"There is no colour scale {scale!r}; choose one of {', '.join(sorted(SCALES))}.")
    return SCALES[scale]
