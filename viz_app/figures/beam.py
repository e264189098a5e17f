"""A beam search as a tree: a plotly figure."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import plotly.graph_objects as go

from core.decoding.beam import BeamNode, BeamTree
from viz_app.figures.grid import CURRENT_ROW, plain
from viz_app.figures.look import HOVER_LABEL, MONOSPACE, TRANSPARENT
from viz_app.text.characters import visible, with_minus
from viz_app.text.i18n import Translator, untranslated

_ROW_HEIGHT: Final = 34


def beam_figure(tree: BeamTree, *, dropped: bool = False, _: Translator = untranslated) -> go.Figure:
    """Draw the tree of a beam search: time to the right, the more probable continuation above.

    The figure's traces, always in this order:
        0: `go.Scatter`, the branches;
        1: `go.Scatter`, the branch of the best output, drawn over them;
        2: `go.Scatter`, the nodes; `customdata` is [node id, step from 1, log probability, sum, kept as 0 or 1].

    Args:
        tree: from `core.decoding.beam.beam_search`.
        dropped: whether continuations that did not survive their own step are drawn too.
        _: translates the words of the figure.
    """
    shown = [node for node in tree.nodes if dropped or node.kept]
    height = _heights(shown)
    best = tree.path(tree.finished[0])
    return go.Figure(
        data=[
            _branches(shown, height, {"width": 1.5, "color": "#8a94a0"}),
            _branches(best, height, {"width": 4, "color": CURRENT_ROW}),
            _nodes(shown, height, {node.id for node in best}, _),
        ],
        layout=_layout(tree, height, _),
    )


def _heights(nodes: list[BeamNode]) -> dict[int, float]:
    """y of every node: the best continuation goes straight on, each other one starts a line of its own below."""
    children: dict[int | None, list[BeamNode]] = defaultdict(list)
    for node in nodes:
        children[node.parent].append(node)
    heights: dict[int, float] = {}
    lines = 0
    waiting = [(node, False) for node in sorted(children[None], key=lambda node: node.total)]
    while waiting:
        node, straight = waiting.pop()
        if straight and node.parent is not None:
            heights[node.id] = heights[node.parent]
        else:
            heights[node.id] = float(lines)
            lines += 1
        after = sorted(children[node.id], key=lambda child: child.total)
        # The last is taken first: the best continuation with everything after it, then the next best.
        waiting += [(child, child is after[-1]) for child in after]
    return heights


def _branches(nodes: list[BeamNode], height: dict[int, float], line: dict[str, Any]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for node in nodes:
        # The first line, at height 0, begins with the most probable first character: there is the start of all.
        above = 0.0 if node.parent is None else height[node.parent]
        x += [node.step, node.step + 0.35, node.step + 1, None]
        y += [above, height[node.id], height[node.id], None]
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "showlegend": False}


def _nodes(nodes: list[BeamNode], height: dict[int, float], best: set[int], _: Translator) -> dict[str, Any]:
    step, own, total = _("Step"), _("Log probability"), _("Sum up to here")
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [node.step + 1 for node in nodes],
        "y": [height[node.id] for node in nodes],
        "text": [plain(visible(node.character)) for node in nodes],
        "customdata": [[node.id, node.step + 1, node.log_probability, node.total, int(node.kept)] for node in nodes],
        "textfont": {
            "family": MONOSPACE,
            "size": 14,
            "color": ["#ffffff" if node.id in best else "#1b2430" for node in nodes],
        },
        "marker": {
            "size": 24,
            "symbol": "circle",
            "opacity": 1,
            "color": ["#a33c06" if node.id in best else "#e9edf2" if node.kept else "#ffffff" for node in nodes],
            "line": {"width": 1.5, "color": ["#a33c06" if node.id in best else "#5c6773" for node in nodes]},
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hovertemplate": (
            f"{step} %{{customdata[1]}}: <b>%{{text}}</b><br>{own}: %{{customdata[2]:.4f}}<br>"
            f"{total}: %{{customdata[3]:.4f}}<extra></extra>"
        ),
        "hoverlabel": HOVER_LABEL,
        "showlegend": False,
    }


def _layout(tree: BeamTree, height: dict[int, float], _: Translator) -> dict[str, Any]:
    steps = 1 + max(node.step for node in tree.nodes)
    lines = max(2, len(set(height.values())))
    sums = [
        {
            "x": steps + 0.35,
            "y": height[node],
            "text": f"log p = {with_minus(f'{tree.nodes[node].total:.3f}')}",
            "xanchor": "left",
            "showarrow": False,
        }
        for node in tree.finished
    ]
    return {
        "height": 90 + _ROW_HEIGHT * lines,
        "margin": {"l": 8, "r": 8, "t": 16, "b": 48},
        **TRANSPARENT,
        "clickmode": "event+select",
        "dragmode": False,
        "hovermode": "closest",
        "annotations": sums,
        "xaxis": {
            "title": {"text": _("Step"), "standoff": 6},
            "range": [-0.2, steps + 2.2],
            "tickvals": list(range(1, steps + 1)),
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "yaxis": {"visible": False, "range": [lines - 0.4, -0.6], "fixedrange": True},
    }
