"""Step controls inside a plotly figure, from its frames: they work in a notebook and in a saved page."""

from __future__ import annotations

from typing import Any

from viz_app.text.i18n import Translator

_PLAY_MS = 800


def step_slider(n_steps: int, step: int, _: Translator) -> dict[str, Any]:
    """A slider whose stops show the frames "1" to "`n_steps`", standing at `step` (from 0)."""
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    names = [str(i + 1) for i in range(n_steps)]
    return {
        "active": step,
        "currentvalue": {"prefix": _("Step") + " "},
        "steps": [{"label": name, "method": "animate", "args": [[name], at_once]} for name in names],
        "x": 0,
        "len": 1,
        "y": 0,
        "pad": {"t": 8},
    }


def play_buttons(_: Translator) -> dict[str, Any]:
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
        "pad": {"t": 90},
    }
