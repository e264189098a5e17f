"""The most probable characters of each decoding step as plotly bars, for notebooks."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.decoding.trace import DecodingTrace, checked_step
from viz_app.figures.grid import plain
from viz_app.figures.steps import play_buttons, step_slider
from viz_app.text.characters import printable, visible
from viz_app.text.i18n import Translator, untranslated


def candidates_figure(
    trace: DecodingTrace,
    *,
    step: int | None = None,
    count: int = 5,
    _: Translator = untranslated,
) -> go.Figure:
    """Draw the `count` most probable characters of each step, most probable at the top, with a slider over the steps.

    Args:
        trace: any decoding, with attention or without.
        step: the step the slider stands at, 0 to T_dec - 1; None for the last.
        count: how many characters, at least 1.
        _: translates the words of the figure.
    Returns:
        one `go.Bar`, x is exactly the probabilities; frames "1" to "T_dec".
    Raises:
        ValueError: there is no such step, or `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count: got {count}, expected at least 1")
    step = checked_step(trace, step)
    look = {"orientation": "h", "textposition": "outside", "cliponaxis": False, "hoverinfo": "skip"}
    return go.Figure(
        data=[{**_bars(trace, step, count), **look}],
        frames=[
            go.Frame(name=str(i + 1), data=[_bars(trace, i, count)], layout={"title": {"text": _title(trace, i)}})
            for i in range(len(trace))
        ],
        layout={
            "title": {"text": _title(trace, step), "x": 0, "xref": "paper", "font": {"weight": 600}},
            "height": 270 + 34 * count,
            "margin": {"l": 16, "r": 72, "t": 96, "b": 140},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": {"title": {"text": _("Probability")}, "range": [0, 1], "tickformat": ".0%", "side": "top"},
            "yaxis": {"visible": False, "range": [count - 0.5, -0.5]},
            "sliders": [step_slider(len(trace), step, _)],
            "updatemenus": [play_buttons(_)],
        },
    )


def _bars(trace: DecodingTrace, step: int, count: int) -> dict[str, Any]:
    candidates = trace[step].candidates(count)
    return {
        "type": "bar",
        "x": [candidate.probability for candidate in candidates],
        "y": list(range(len(candidates))),
        "text": [f"<b>{plain(visible(c.character))}</b> {c.probability:.1%}" for c in candidates],
    }


def _title(trace: DecodingTrace, step: int) -> str:
    return plain(printable(f"{trace.text} → {trace.output[: step + 1]}"))
