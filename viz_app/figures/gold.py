"""The characters that decide the answer, outlined on maps of where a model looks and of what its answer depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.backend.arrays import BoolArray
from core.decoding.trace import DecodingTrace
from viz_app.figures.attention import attention_figure
from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.grid import folded_axis, plain, scale_of
from viz_app.figures.look import HOVER_LABEL, MONOSPACE, TRANSPARENT, heatmap
from viz_app.text.characters import visible
from viz_app.text.i18n import Translator, untranslated

# A light line on a dark one is seen on the darkest and on the lightest cell of either scale.
_LINES: Final = (("#000000", 5), ("#ffc21a", 2.5))
_INSIDE: Final = 0.04
# Of smaller shares the colour tells nothing, and a sign would tell no more.
_LEAST_SIGNED: Final = 0.02
_ROW_HEIGHT: Final = 24


def gold_figure(
    trace: DecodingTrace,
    gold: BoolArray | None,
    *,
    scale: str = DEFAULT_SCALE,
    padding: bool = False,
    dark: bool = False,
    _: Translator = untranslated,
) -> go.Figure:
    """The whole attention map of a decoding, the gold characters of every step outlined.

    Args:
        trace: a decoding by a model with attention.
        gold: (T_dec, T_enc) or (T_dec, n) as from `gold_alignment`; None draws the map alone.
        scale, padding, dark, _: as in `attention_figure`, whose traces these are. There are no steps, and no bar of
            colours.
    Raises:
        ValueError: as `attention_figure`.
    Example:
        >>> trace = pipeline.trace("september 27, 1994")
        >>> gold_figure(trace, gold_alignment(trace.text)).show()
    """
    figure = attention_figure(trace, scale=scale, padding=padding, dark=dark, _=_)
    figure.frames = ()
    figure.data[0].showscale = False
    figure.data[2].visible = False
    figure.layout.sliders = figure.layout.updatemenus = ()
    figure.update_layout(
        title=None,
        height=100 + 32 * len(trace),
        margin={"l": 60, "r": 8, "t": 64, "b": 8},
        yaxis_title_standoff=16,
        shapes=gold_shapes(gold),
    )
    return figure


def map_figure(
    trace: DecodingTrace,
    shares: NDArray[Any],
    details: Sequence[Sequence[str]],
    gold: BoolArray | None = None,
    *,
    signed: NDArray[Any] | None = None,
    scale: str = DEFAULT_SCALE,
    dark: bool = False,
    _: Translator = untranslated,
) -> go.Figure:
    """A small map of one number for every pair of a written and a typed character, to stand beside others.

    Args:
        trace: the decoding that the map is about; with or without attention.
        shares: (T_dec, T_enc), 0 to 1; rows of NaN stay empty. The columns of the trailing padding are narrow.
        details: (T_dec, n + 1) texts for the n typed characters and the padding: what pointing at a cell adds.
        gold: what to outline, as in `gold_figure`.
        signed: (T_dec, T_enc), the numbers whose sizes are shared: a minus stands in the cells of the negative ones.
        scale, dark, _: as in `attention_figure`.
    """
    n = len(trace.text)
    folded = len(trace.source) - n
    edges, columns = folded_axis([visible(c) for c in trace.text], folded)
    names = [*(plain(visible(c)) for c in trace.text), *[_("padding spaces: {count}").format(count=folded)] * folded]
    pointed = [
        [
            f"{plain(visible(written))} ← <b>{name}</b><br>{plain(detail)}"
            for name, detail in zip(names, [*row[:n], *list(row[n:]) * folded], strict=True)
        ]
        for written, row in zip(trace.output, details, strict=True)
    ]
    return go.Figure(
        data=[
            {
                **heatmap(scale_of(scale).on(dark=dark)),
                "x": edges,
                "xgap": 0 if folded else 1,
                "z": shares,
                "showscale": False,
                "hovertext": pointed,
                "hovertemplate": "%{hovertext}<extra></extra>",
                "hoverongaps": False,
                **({} if signed is None else _minus_signs(signed, shares, n)),
                "hoverlabel": HOVER_LABEL,
            }
        ],
        layout={
            "height": 40 + _ROW_HEIGHT * len(trace),
            "margin": {"l": 24, "r": 4, "t": 28, "b": 4},
            **TRANSPARENT,
            "xaxis": {**_axis(columns), "side": "top", "range": [-0.56, edges[-1] + 0.06]},
            "yaxis": {
                **_axis({float(i): visible(c) for i, c in enumerate(trace.output)}),
                "range": [len(trace) - 0.44, -0.56],
            },
            "shapes": gold_shapes(gold),
        },
    )


def _minus_signs(signed: NDArray[Any], shares: NDArray[Any], n: int) -> dict[str, Any]:
    marked = (signed < 0) & (shares >= _LEAST_SIGNED)
    marked[:, n:] = False  # There is no room for a sign in the narrow columns.
    signs = np.where(marked, "\N{MINUS SIGN}", "").tolist()
    return {"text": signs, "texttemplate": "<b>%{text}</b>", "textfont": {"size": 17}}


def gold_shapes(gold: BoolArray | None) -> list[dict[str, Any]]:
    """A rectangle around every stretch of gold characters of a step, in a dark and a light line."""
    if gold is None:
        return []
    return [
        {
            "type": "rect",
            "x0": start - 0.5 + _INSIDE,
            "x1": stop - 0.5 - _INSIDE,
            "y0": step - 0.5 + _INSIDE,
            "y1": step + 0.5 - _INSIDE,
            "line": {"color": colour, "width": width},
            "layer": "above",
        }
        for step, start, stop in _stretches(gold)
        for colour, width in _LINES
    ]


def _stretches(gold: BoolArray) -> Iterator[tuple[int, int, int]]:
    """Step, first column and the column after the last of every run of gold cells."""
    for step, row in enumerate(gold):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield step, start, stop


def _axis(labels: Mapping[float, str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(labels),
        "ticktext": list(map(plain, labels.values())),
        "tickfont": {"size": 11, "family": MONOSPACE},
        "tickangle": 0,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
