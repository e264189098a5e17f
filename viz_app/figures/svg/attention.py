"""The attention map of a decoding as an SVG text: for slides, papers and pages that work without a network."""

from __future__ import annotations

import json
from typing import Final

from core.decoding.interventions_json import intervention_to_dict
from core.decoding.trace import DecodingTrace
from viz_app.figures.colours import DEFAULT_SCALE, shade
from viz_app.figures.grid import CURRENT_ROW, Grid, column_places, make_grid, scale_of
from viz_app.text.change_words import changed_line
from viz_app.text.characters import PADDING, printable, shortened
from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator, untranslated

# Lengths in pixels.
_CELL: Final = 28
_LEFT: Final = 44
_TOP: Final = 88
_HEADING: Final = 36
_RIGHT: Final = 16
_BOTTOM: Final = 52
_CHANGED: Final = 22
# Of the narrow characters of a line under the map.
_UNIT: Final = 6.6
_FOLD_GAP: Final = 8
_FOLD_WIDTH: Final = 40
_LEAST_WIDTH: Final = 330


def attention_svg(
    trace: DecodingTrace,
    *,
    step: int | None = None,
    scale: str = DEFAULT_SCALE,
    padding: bool = False,
    heading: bool = True,
    _: Translator = untranslated,
) -> Markup:
    """Draw where the model looked at every step, as `attention_figure` does: first output character at the top.

    Every cell is a `rect` with the exact numbers in `data-weight` and `data-score`, and a `title` that a browser shows
    when it is pointed at. The picture contacts nobody, runs nothing and needs no font of its own. Text is in `class`
    "ink" and the background in "ground", so that a page that holds the picture can give them other colours.

    Args:
        trace: a decoding by a model with attention.
        step: the current step, 0 to T_dec - 1: its row is outlined and the rows after it are left out; None for the
            whole map without an outline.
        scale: a name in `SCALES`.
        padding: whether the columns of trailing padding are as wide as the others instead of narrow ones.
        heading: whether the picture says above the map what was read and written, and below it what was changed.
        _: translates the words of the picture.
    Returns:
        an SVG document of some 60 kB.
    Raises:
        ValueError: the trace has no attention, there is no such step or no such scale.
    """
    grid = make_grid(trace, step, padding)
    colours = scale_of(scale).light
    map_width = len(grid.columns) * _CELL + (_FOLD_GAP + _FOLD_WIDTH if grid.folded else 0)
    width = max(_LEFT + map_width + _RIGHT, _LEAST_WIDTH, _LEFT + 10 * (len(grid.text) + len(grid.output) + 3))
    changed = changed_line(trace, _)
    said = changed if heading else ""
    height = _TOP + len(grid.rows) * _CELL + _BOTTOM + (_CHANGED if said else 0)
    columns = [(_LEFT + j * _CELL + _CELL / 2, column) for j, column in enumerate(grid.columns)]
    if grid.folded:
        columns.append((_LEFT + map_width - _FOLD_WIDTH / 2, grid.folded_name))
    meaning = _("Attention weights: a row for every written character, a column for every typed one")
    return render(
        "figures/svg/attention.svg.jinja",
        width=width,
        height=height,
        top=0 if heading else _HEADING,
        left=_LEFT,
        first_row=_TOP,
        cell=_CELL,
        map_width=map_width,
        outline=CURRENT_ROW,
        written=f"{grid.text} → {grid.output[: grid.step + 1]}",
        meaning=f"{meaning}. {changed}" if changed else meaning,
        changed=shortened(printable(said), int((width - _LEFT - _RIGHT) / _UNIT)),
        interventions=json.dumps([intervention_to_dict(change) for change in trace.interventions]) if changed else "",
        columns_title=_("Input, in reading order"),
        columns=columns,
        rows=[(_TOP + i * _CELL, grid.rows[i], _cells(grid, i, colours, _)) for i in range(grid.step + 1)],
        fold=(_LEFT + map_width - _FOLD_WIDTH, _FOLD_WIDTH) if grid.folded else None,
        outlined=None if step is None else _TOP + grid.step * _CELL,
        stops=[(f"{i / 15:.4f}", colours[17 * i]) for i in range(16)],
        legend=_("Attention weight"),
    )


def _cells(grid: Grid, i: int, colours: tuple[str, ...], _: Translator) -> list[tuple[object, ...]]:
    """Left edge, width, colour, line, words and exact numbers of every cell of a row."""
    cells: list[tuple[object, ...]] = []
    told = _("writes {output}, looks at {input}: weight {weight}, score {score}")
    weights = [*grid.weights[i].tolist(), *grid.padding_weights[i].tolist()]
    scores = [*grid.scores[i].tolist(), *grid.padding_scores[i].tolist()]
    names = [*grid.columns, *[PADDING] * grid.folded]
    sizes = {"left": _LEFT, "cell": _CELL, "gap": _FOLD_GAP, "width": _FOLD_WIDTH}
    places = column_places(len(grid.columns), grid.folded, inset=0.5, **sizes)
    for (left, width), name, weight, score in zip(places, names, weights, scores, strict=True):
        title = told.format(output=grid.rows[i], input=name, weight=f"{weight:.4f}", score=f"{score:.3f}")
        # Lines around narrow columns would fill them.
        line = 0 if len(cells) >= len(grid.columns) else 0.2
        cells.append((left, width, colours[shade(weight)], line, title, repr(weight), repr(score)))
    return cells
