"""What every picture of attention shows, before it is a plotly figure or an SVG: rows, columns, numbers, colours.

Rows are output characters, the first at the top. Columns are input characters in reading order, left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.decoding.trace import DecodingTrace, checked_step
from viz_app.figures.colours import SCALES, Scale
from viz_app.text.characters import printable, visible

CURRENT_ROW: Final = "#d9480f"
"""What is now: the current row. Stands out against every colour scale and both grounds, and nothing else has it."""

FOLD_WIDTH: Final = 1.6
"""Of all narrow columns of padding together, in columns: enough for their heading on a phone."""


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
        padding_weights, padding_scores: (T_dec, folded) float32, those of the trailing padding, which stands in narrow
            columns; (T_dec, 0) where it is among the others.
    """

    text: str
    output: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    weights: FloatArray
    scores: FloatArray
    step: int
    padding_weights: FloatArray
    padding_scores: FloatArray

    @property
    def folded(self) -> int:
        """How many narrow columns of padding there are."""
        return int(self.padding_weights.shape[1])

    @property
    def folded_sums(self) -> NDArray[np.float64]:
        """(T_dec,) what every step gives to the padding together."""
        sums: NDArray[np.float64] = self.padding_weights.sum(axis=1, dtype=np.float64)
        return sums

    @property
    def folded_name(self) -> str:
        """The heading of the narrow columns, as in "+11"; empty where there are none."""
        return f"+{self.folded}" if self.folded else ""


def make_grid(trace: DecodingTrace, step: int | None, padding: bool) -> Grid:
    """Choose what to show of a trace.

    Args:
        trace: a decoding by a model with attention.
        step: the current step, 0 to T_dec - 1; None for the last one, with every row reached.
        padding: whether the columns of trailing padding are as wide as the others instead of narrow ones.
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
        padding_weights=trace.weights[:, n_columns:],
        padding_scores=trace.scores[:, n_columns:],
    )


def fold_edges(n_columns: int, folded: int, *, gap: float = 0.0) -> list[float]:
    """Where narrow columns of padding begin and end, on an axis whose columns stand at 0, 1, ..., n_columns - 1.

    Args:
        n_columns: how many columns of full width stand before them.
        folded: how many narrow ones there are.
        gap: between the two, in columns.
    Returns:
        folded + 1 positions; none where nothing is folded.
    """
    left = n_columns - 0.5 + gap
    return [left + FOLD_WIDTH * k / folded for k in range(folded + 1)] if folded else []


def column_places(
    count: int, folded: int, *, left: int, cell: int, gap: int, width: int, inset: float = 0
) -> list[tuple[float, float]]:
    """Left edge and width of every column of a map in pixels, those of the padding last.

    Args:
        count, folded: how many columns there are of full width, and narrow ones.
        left: where the first begins.
        cell: from one column of full width to the next; a pixel is left between them.
        gap: before the narrow ones.
        width: of all narrow ones together.
        inset: of those of full width, for a line around them.
    """
    wide = [(left + j * cell + inset, cell - 1.0) for j in range(count)]
    start, narrow = left + count * cell + gap, width / folded if folded else 0
    return [*wide, *((round(start + narrow * k, 2), round(narrow, 2)) for k in range(folded))]


def folded_axis(columns: Sequence[str], folded: int) -> tuple[list[float], dict[float, str]]:
    """An axis of columns of full width and, right behind them, narrow ones of padding.

    Args:
        columns: the headings of those of full width.
        folded: how many narrow ones there are; they share the heading "+folded".
    Returns:
        the edges of all columns, one more than there are; and where every heading stands.
    """
    n = len(columns)
    edges = [j - 0.5 for j in range(n)] + (fold_edges(n, folded) or [n - 0.5])
    headings = {float(j): column for j, column in enumerate(columns)}
    if folded:
        headings[(edges[n] + edges[-1]) / 2] = f"+{folded}"
    return edges, headings


def scale_of(name: str) -> Scale:
    """The scale of a name; ValueError for one that is not in `SCALES`."""
    if name not in SCALES:
        raise ValueError(f"There is no colour scale {name!r}; choose one of {', '.join(SCALES)}.")
    return SCALES[name]
