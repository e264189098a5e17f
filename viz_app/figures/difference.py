"""The difference of two attention maps as a plotly figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.decoding.comparison import compare
from core.decoding.trace import DecodingTrace
from viz_app.figures.grid import CURRENT_ROW, folded_axis, make_grid, plain
from viz_app.figures.look import HOVER_LABEL, MONOSPACE, TRANSPARENT, heatmap
from viz_app.text.characters import visible
from viz_app.text.i18n import Translator, untranslated

# Orange lost, purple gained; told apart with every kind of colour blindness, and equally strong on both sides.
# Source: ColorBrewer 2.0, diverging "PuOr" of 11 classes (Brewer, Harrower; Apache 2.0).
DIVERGING: Final = (
    "#7f3b08",
    "#b35806",
    "#e08214",
    "#fdb863",
    "#fee0b6",
    "#f7f7f7",
    "#d8daeb",
    "#b2abd2",
    "#8073ac",
    "#542788",
    "#2d004b",
)
_ROW_HEIGHT: Final = 34
# Where nothing has changed, the scale still needs two ends.
_LEAST: Final = 0.01


def difference_figure(
    original: DecodingTrace, changed: DecodingTrace, *, padding: bool = False, _: Translator = untranslated
) -> go.Figure:
    """Draw by how much the attention weights of a decoding differ from those of its original.

    The colours run from -m to m, m being the largest change of any cell, so that no change is in the middle. A row or
    column whose character differs is named "original→changed". A line stands above the row where the two part.

    The figure's only trace is a `go.Heatmap` with z (T_dec, n) float32, changed minus original weights in reading
    order; unless `padding`, the columns of what is padding in both are narrow.

    Args:
        original, changed: decodings by models with attention, of equal sizes.
        padding: whether the columns of trailing padding are as wide as the others.
        _: translates the words of the figure.
    Raises:
        ValueError: one has no attention, or their sizes differ.
    """
    change = compare(original, changed)
    if change.weight_change is None:
        raise ValueError("Two attention maps of one size are needed; one decoding has none, or they differ in size.")
    before, after = make_grid(original, None, padding), make_grid(changed, None, padding)
    n_columns = max(len(before.columns), len(after.columns))
    rows = [_pair(a, b) for a, b in zip(before.rows, after.rows, strict=True)]
    columns = [_pair(visible(a), visible(b)) for a, b in zip(original.source, changed.source, strict=True)][:n_columns]
    rest = len(original.source) - n_columns
    edges, labels = folded_axis(columns, rest)
    names = [*columns, *[_("padding spaces: {count}").format(count=rest)] * rest]
    map_ = _heatmap(change.weight_change, rows, names, _) | {"x": edges, "xgap": 0 if rest else 1}
    return go.Figure(data=[map_], layout=_layout(rows, labels, change.parts_at, _))


def _pair(before: str, after: str) -> str:
    return before if before == after else f"{before}→{after}"


def _heatmap(z: NDArray[np.float32], rows: list[str], names: list[str], _: Translator) -> dict[str, Any]:
    largest = max(_LEAST, float(np.abs(z).max()))
    written, read, change = _("Output"), _("Input"), _("Change of the weight")
    texts = [
        [
            f"{written}: <b>{plain(row)}</b><br>{read}: <b>{plain(name)}</b><br>{change}: {value:+.4f}"
            for name, value in zip(names, line, strict=True)
        ]
        for row, line in zip(rows, z, strict=True)
    ]
    return {
        **heatmap(DIVERGING, -largest, largest),
        "z": z,
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "hoverlabel": HOVER_LABEL,
        "colorbar": {
            "title": {"text": change, "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            "tickformat": "+.2~f",
        },
    }


def _layout(rows: list[str], columns: Mapping[float, str], parts_at: int | None, _: Translator) -> dict[str, Any]:
    axis = {"tickmode": "array", "ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True}
    font = {"size": 14, "family": MONOSPACE}
    line = {
        "type": "line",
        "xref": "paper",
        "x0": -0.02,
        "x1": 1,
        "y0": (parts_at or 0) - 0.5,
        "y1": (parts_at or 0) - 0.5,
        "line": {"color": CURRENT_ROW, "width": 3, "dash": "dash"},
    }
    return {
        "height": 110 + _ROW_HEIGHT * len(rows),
        "margin": {"l": 88, "r": 8, "t": 66, "b": 16},
        **TRANSPARENT,
        "shapes": [] if parts_at is None else [line],
        "xaxis": {
            **axis,
            "side": "top",
            "tickvals": list(columns),
            "ticktext": list(map(plain, columns.values())),
            "tickfont": font,
            "tickangle": 0,
            "title": {"text": _("Input, in reading order"), "standoff": 6},
        },
        "yaxis": {
            **axis,
            "autorange": "reversed",
            "tickvals": list(range(len(rows))),
            "ticktext": list(map(plain, rows)),
            "tickfont": font,
            "title": {"text": _("Output"), "standoff": 12},
        },
    }
