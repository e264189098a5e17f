"""How every plotly figure looks: its letters, its colours, and what pointing at it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

MONOSPACE: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
HOVER_LABEL: Final = {"bgcolor": "#1f2933", "bordercolor": "#1f2933", "font": {"color": "#ffffff"}}
TRANSPARENT: Final = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
"""Of a layout: the figure stands on the page's own ground."""


def heatmap(colours: Sequence[str], lowest: float = 0, highest: float = 1) -> dict[str, Any]:
    """A heatmap in these colours, with a gap around every cell."""
    return {
        "type": "heatmap",
        "zmin": lowest,
        "zmax": highest,
        "colorscale": [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)],
        "xgap": 1,
        "ygap": 1,
    }
