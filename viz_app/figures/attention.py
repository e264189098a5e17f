"""The attention map of a decoding as a plotly figure: zoom, hover, click, and its own steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.decoding.trace import DecodingTrace
from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.grid import CURRENT_ROW, Grid, fold_edges, make_grid, plain, scale_of
from viz_app.figures.look import HOVER_LABEL, MONOSPACE, TRANSPARENT, heatmap
from viz_app.figures.steps import play_buttons, step_slider
from viz_app.text.change_words import SAID_IN_PICTURES, changed_line
from viz_app.text.i18n import Translator, untranslated

_ROW_HEIGHT = 34
# In columns: those of the padding stand apart.
_FOLD_GAP = 0.35
# In rows and columns: room for the outline, whose line would be cut in half at the edge of the axes.
_EDGE = 0.06


def attention_figure(
    trace: DecodingTrace,
    *,
    step: int | None = None,
    scale: str = DEFAULT_SCALE,
    padding: bool = False,
    dark: bool = False,
    _: Translator = untranslated,
) -> go.Figure:
    """Draw where the model looked at every step: a row an output character, a column an input character.

    The first output character is at the top and columns stand in reading order. Rows after `step` are not shown; the
    slider and the play button below the map move over the steps without a server. The background is transparent and
    no font colour is set, so the figure takes the colours of its template, light or dark.

    The figure's traces, always in this order:
        0: `go.Heatmap`, z is (T_dec, n) float32, exactly `trace.weights[:, :n]`, NaN in rows not reached yet;
        1: `go.Heatmap`, z is (T_dec, folded), the trailing padding in narrow columns; without data if it is among the
           others or there is none;
        2: `go.Scatter`, the outline of the current row;
        3: `go.Scatter`, a transparent square a cell, for pointing and clicks (in Streamlit a heatmap has no
           selection). A clicked point's `y` is the step from 0; its `customdata` is [step from 1, source position from
           1, weight, score, output character, input character], position and score null of the padding, which
           has one point and its weights summed up.

    Args:
        trace: a decoding by a model with attention.
        step: the current step, 0 to T_dec - 1; None for the last.
        scale: a name in `SCALES`.
        padding: whether the columns of trailing padding are as wide as the others instead of narrow ones.
        dark: whether the figure stands on dark ground.
        _: translates the words of the figure.
    Raises:
        ValueError: the trace has no attention, there is no such step or no such scale.
    Example:
        >>> attention_figure(pipeline.trace("september 27, 1994")).show()
    """
    grid = make_grid(trace, step, padding)
    numbers = _numbers(grid, _)
    map_ = {**heatmap(scale_of(scale).on(dark=dark)), "hoverinfo": "skip"}
    drawn = _drawn(grid, numbers, grid.step, _)
    return go.Figure(
        data=[
            {**map_, "colorbar": _colorbar(_), **drawn[0]},
            {**map_, "showscale": False, "xgap": 0, "x": _fold_edges(grid), **drawn[1]},
            {**_outline(), **drawn[2]},
            {**_targets(grid, _), **drawn[3]},
        ],
        frames=[
            go.Frame(name=str(i + 1), data=_drawn(grid, numbers, i, _), traces=[0, 1, 2, 3], layout=_written(grid, i))
            for i in range(len(grid.rows))
        ],
        layout=_layout(grid, changed_line(trace, _, SAID_IN_PICTURES), _),
    )


def _drawn(grid: Grid, numbers: list[str], step: int, _: Translator) -> list[dict[str, Any]]:
    """What changes in the four traces from step to step."""
    n_reached = (step + 1) * _width(grid)
    return [
        {"type": "heatmap", "z": _reached(grid.weights, step)},
        {"type": "heatmap", "z": _reached(grid.padding_weights, step) if grid.folded else []},
        {"type": "scatter", **_outline_points(grid, step)},
        {"type": "scatter", "text": numbers[:n_reached] + [_("not written yet")] * (len(numbers) - n_reached)},
    ]


def _colorbar(_: Translator) -> dict[str, Any]:
    return {
        "title": {"text": _("Attention weight"), "side": "right"},
        "tickvals": [0, 0.25, 0.5, 0.75, 1],
        "thickness": 12,
        "outlinewidth": 0,
    }


def _reached(weights: NDArray[Any], step: int) -> NDArray[Any]:
    """The weights up to and with `step`; NaN, which is drawn as nothing, in the rows after it."""
    z = weights.copy()
    z[step + 1 :] = np.nan
    return z


def _width(grid: Grid) -> int:
    return len(grid.columns) + bool(grid.folded)


def _fold_edges(grid: Grid) -> list[float]:
    return fold_edges(len(grid.columns), grid.folded, gap=_FOLD_GAP)


def _fold_middle(grid: Grid) -> float:
    return (_fold_edges(grid)[0] + _fold_edges(grid)[-1]) / 2


def _right_edge(grid: Grid) -> float:
    return _fold_edges(grid)[-1] if grid.folded else len(grid.columns) - 0.5


def _outline() -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": CURRENT_ROW, "width": 3},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _outline_points(grid: Grid, step: int) -> dict[str, list[float]]:
    left, right, top, bottom = -0.5, _right_edge(grid), step - 0.5, step + 0.5
    return {"x": [left, right, right, left, left], "y": [top, top, bottom, bottom, top]}


def _targets(grid: Grid, _: Translator) -> dict[str, Any]:
    step, source = _("Step"), _("Input")
    x: list[float] = list(range(len(grid.columns)))
    if grid.folded:
        x.append(_fold_middle(grid))
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x * len(grid.rows),
        "y": [i for i in range(len(grid.rows)) for _column in x],
        "customdata": [cell for i in range(len(grid.rows)) for cell in _cells(grid, i, _)],
        "hovertemplate": (
            f"{step} %{{customdata[0]}}<br>{source}: <b>%{{customdata[5]}}</b><br>%{{text}}<extra></extra>"
        ),
        "hoverlabel": HOVER_LABEL,
        "marker": {"symbol": "square", "size": 18, "opacity": 0},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "showlegend": False,
    }


def _cells(grid: Grid, i: int, _: Translator) -> list[list[Any]]:
    """The `customdata` of row i."""
    row = plain(grid.rows[i])
    cells: list[list[Any]] = [
        [i + 1, j + 1, float(weight), float(score), row, plain(column)]
        for j, (weight, score, column) in enumerate(zip(grid.weights[i], grid.scores[i], grid.columns, strict=True))
    ]
    if grid.folded:
        name = _("padding spaces: {count}").format(count=grid.folded)
        cells.append([i + 1, None, float(grid.folded_sums[i]), None, row, name])
    return cells


def _numbers(grid: Grid, _: Translator) -> list[str]:
    """What pointing at a cell of a reached row adds, row by row."""
    written, weight, score = _("Output"), _("Weight"), _("Score")
    texts = []
    for i, row in enumerate(grid.rows):
        output = f"{written}: <b>{plain(row)}</b><br>"
        pairs = zip(grid.weights[i], grid.scores[i], strict=True)
        texts += [f"{output}{weight}: {w:.4f}<br>{score}: {s:.3f}" for w, s in pairs]
        if grid.folded:
            texts.append(f"{output}{weight}: {grid.folded_sums[i]:.4f}")
    return texts


def _layout(grid: Grid, changed: str, _: Translator) -> dict[str, Any]:
    columns: dict[float, str] = {float(j): column for j, column in enumerate(grid.columns)}
    if grid.folded:
        columns[_fold_middle(grid)] = grid.folded_name
    written = _written(grid, grid.step)
    subtitle = {"subtitle": {"text": plain(changed)}} if changed else {}
    return {
        "title": {**written["title"], "x": 0, "xref": "paper", "font": {"weight": 600}, **subtitle},
        "height": 250 + _ROW_HEIGHT * len(grid.rows),
        "margin": {"l": 48, "r": 8, "t": 110, "b": 140},
        **TRANSPARENT,
        "hovermode": "closest",
        "hoverdistance": -1,
        "clickmode": "event+select",
        "xaxis": {
            **_axis(first=-0.5 - _EDGE, last=_right_edge(grid) + _EDGE),
            "tickvals": list(columns),
            "ticktext": list(map(plain, columns.values())),
            "title": {"text": _("Input, in reading order"), "standoff": 8},
            "side": "top",
            "range": [-0.5 - _EDGE, _right_edge(grid) + _EDGE],
        },
        "yaxis": {
            **_axis(first=-0.5 - _EDGE, last=len(grid.rows) - 0.5 + _EDGE),
            **written["yaxis"],
            "tickvals": list(range(len(grid.rows))),
            "title": {"text": _("Output"), "standoff": 8},
            "range": [len(grid.rows) - 0.5 + _EDGE, -0.5 - _EDGE],
        },
        "sliders": [step_slider(len(grid.rows), grid.step, _)],
        "updatemenus": [play_buttons(_)],
    }


def _written(grid: Grid, step: int) -> dict[str, Any]:
    """The part of the layout that changes from step to step: what has been written so far."""
    rows = [plain(row) for row in grid.rows[: step + 1]]
    return {
        "title": {"text": plain(f"{grid.text} → {grid.output[: step + 1]}")},
        "yaxis": {"ticktext": rows + [""] * (len(grid.rows) - len(rows))},
    }


def _axis(first: float, last: float) -> dict[str, Any]:
    """Positions are the coordinates and characters only their labels: equal characters stay apart."""
    return {
        "tickmode": "array",
        "tickfont": {"size": 15, "family": MONOSPACE},
        "tickangle": 0,
        "ticks": "",
        "ticklabelstandoff": 4,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "minallowed": first,
        "maxallowed": last,
    }
