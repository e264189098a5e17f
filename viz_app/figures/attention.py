"""The attention map of a decoding as a plotly figure: zoom, hover, click, and its own steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.decoding import DecodingTrace
from viz_app.figures.grid import Grid, Translate, colours_of, folded_note, make_grid, untranslated

CURRENT_ROW = "#e8590c"
_ROW_HEIGHT = 34
_PLAY_MS = 800
_MONOSPACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def attention_figure(
    trace: DecodingTrace,
    *,
    step: int | None = None,
    scale: str = "cividis",
    padding: bool = False,
    _: Translate = untranslated,
) -> go.Figure:
    """Draw where the model looked at every step: a row an output character, a column an input character.

    The first output character is at the top and columns stand in reading order. Rows after `step` are not shown; the
    slider and the play button below the map move over the steps without a server. The background is transparent and
    no font colour is set, so the figure takes the colours of its template, light or dark.

    Three traces, always in this order:
        0: `go.Heatmap`, z is (T_dec, n) float32, exactly `trace.weights`, NaN in rows not reached yet;
        1: `go.Scatter`, the outline of the current row;
        2: `go.Scatter`, one transparent square a cell, for pointing and clicks (in Streamlit a heatmap has no
           selection). A clicked point's `y` is the step and its `x` the source position, both from 0; `customdata`
           is [step from 1, source position from 1, weight, score, output character, input character].

    Args:
        trace: a decoding by a model with attention.
        step: the current step, 0 to T_dec - 1; None for the last.
        scale: "cividis" or "greys".
        padding: whether to show the columns of trailing padding.
        _: translates the words of the figure.
    Raises:
        ValueError: the trace has no attention, there is no such step or no such scale.
    Example:
        >>> attention_figure(pipeline.trace("september 27, 1994")).show()
    """
    grid = make_grid(trace, step, padding)
    colours = colours_of(scale)
    numbers = _numbers(grid, _)
    return go.Figure(
        data=[_heatmap(grid, colours, _), _outline(grid), _targets(grid, numbers, _)],
        frames=[_frame(grid, numbers, i, _) for i in range(len(grid.rows))],
        layout=_layout(trace, grid, _),
    )


def _heatmap(grid: Grid, colours: tuple[str, ...], _: Translate) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": _reached(grid, grid.step),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)],
        "colorbar": {
            "title": {"text": _("Weight"), "side": "right"},
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "thickness": 12,
            "outlinewidth": 0,
        },
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
    }


def _outline(grid: Grid) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": CURRENT_ROW, "width": 3},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
        **_outline_points(grid, grid.step),
    }


def _targets(grid: Grid, numbers: list[str], _: Translate) -> dict[str, Any]:
    rows, columns = list(map(plain, grid.rows)), list(map(plain, grid.columns))
    cells = [(i, j) for i in range(len(rows)) for j in range(len(columns))]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [j for i, j in cells],
        "y": [i for i, j in cells],
        "customdata": [
            [i + 1, j + 1, float(grid.weights[i, j]), float(grid.scores[i, j]), rows[i], columns[j]] for i, j in cells
        ],
        "text": _reached_numbers(grid, numbers, grid.step, _),
        "hovertemplate": (
            f"{_('Output')} %{{customdata[0]}}: <b>%{{customdata[4]}}</b><br>"
            f"{_('Input')} %{{customdata[1]}}: <b>%{{customdata[5]}}</b><br>%{{text}}<extra></extra>"
        ),
        "hoverlabel": {"bgcolor": "#1f2933", "bordercolor": "#1f2933", "font": {"color": "#ffffff"}},
        "marker": {"symbol": "square", "size": 18, "opacity": 0},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "showlegend": False,
    }


def _frame(grid: Grid, numbers: list[str], step: int, _: Translate) -> go.Frame:
    data = [
        {"type": "heatmap", "z": _reached(grid, step)},
        {"type": "scatter", **_outline_points(grid, step)},
        {"type": "scatter", "text": _reached_numbers(grid, numbers, step, _)},
    ]
    return go.Frame(name=str(step + 1), data=data, traces=[0, 1, 2])


def _reached(grid: Grid, step: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The weights up to and with `step`, (T_dec, n) float32; NaN, which is drawn as nothing, in the rows after it."""
    z = grid.weights.copy()
    z[step + 1 :] = np.nan
    return z


def _reached_numbers(grid: Grid, numbers: list[str], step: int, _: Translate) -> list[str]:
    """What pointing at a cell adds, row by row: its numbers, or that the step is not reached yet."""
    n_reached = (step + 1) * len(grid.columns)
    return numbers[:n_reached] + [_("Not reached yet")] * (len(numbers) - n_reached)


def _numbers(grid: Grid, _: Translate) -> list[str]:
    weight, score = _("Weight"), _("Score")
    pairs = zip(grid.weights.flat, grid.scores.flat, strict=True)
    return [f"{weight}: {w:.4f}<br>{score}: {s:.3f}" for w, s in pairs]


def _outline_points(grid: Grid, step: int) -> dict[str, list[float]]:
    left, right, top, bottom = -0.5, len(grid.columns) - 0.5, step - 0.5, step + 0.5
    return {"x": [left, right, right, left, left], "y": [top, top, bottom, bottom, top]}


def _layout(trace: DecodingTrace, grid: Grid, _: Translate) -> dict[str, Any]:
    n_rows, n_columns = len(grid.rows), len(grid.columns)
    return {
        "title": {"text": f"{plain(trace.text)} → {plain(trace.output)}", "x": 0, "xref": "paper"},
        "height": 220 + _ROW_HEIGHT * n_rows,
        "margin": {"l": 48, "r": 8, "t": 110, "b": 110},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "hoverdistance": -1,
        "clickmode": "event+select",
        "xaxis": {
            **_axis(grid.columns),
            "title": {"text": _("Input, in reading order"), "standoff": 8},
            "side": "top",
            "range": [-0.5, n_columns - 0.5],
        },
        "yaxis": {
            **_axis(grid.rows),
            "title": {"text": _("Output"), "standoff": 8},
            "range": [n_rows - 0.5, -0.5],
        },
        "annotations": _notes(grid, _),
        "sliders": [step_slider(n_rows, grid.step, _)],
        "updatemenus": [play_buttons(_)],
    }


def _axis(characters: tuple[str, ...]) -> dict[str, Any]:
    """Positions are the coordinates and characters only their labels: equal characters stay apart."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(characters))),
        "ticktext": list(map(plain, characters)),
        "tickfont": {"size": 15, "family": _MONOSPACE},
        "tickangle": 0,
        "ticks": "",
        "ticklabelstandoff": 4,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "minallowed": -0.5,
        "maxallowed": len(characters) - 0.5,
    }


def _notes(grid: Grid, _: Translate) -> list[dict[str, Any]]:
    text = folded_note(grid, _)
    if not text:
        return []
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "yshift": -4}
    return [{"text": text, "showarrow": False, "font": {"size": 11}, "opacity": 0.75, **place}]


def step_slider(n_steps: int, step: int, _: Translate) -> dict[str, Any]:
    """A slider whose stops show the frames "1" to "`n_steps`", standing at `step` (from 0)."""
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    names = [str(i + 1) for i in range(n_steps)]
    return {
        "active": step,
        "currentvalue": {"prefix": _("Step") + " "},
        "steps": [{"label": name, "method": "animate", "args": [[name], at_once]} for name in names],
        "x": 0.2,
        "len": 0.8,
        "y": 0,
        "pad": {"t": 24},
    }


def play_buttons(_: Translate) -> dict[str, Any]:
    """Play from the current frame (from the first after the last), and pause."""
    play = {"frame": {"duration": _PLAY_MS, "redraw": True}, "transition": {"duration": 0}, "fromcurrent": True}
    pause = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "buttons": [
            {"label": _("Play"), "method": "animate", "args": [None, play]},
            {"label": _("Pause"), "method": "animate", "args": [[None], pause]},
        ],
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 40},
    }


def plain(text: str) -> str:
    """Text as plotly shows it unchanged: plotly reads its labels as a little HTML, and $...$ as TeX."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text
