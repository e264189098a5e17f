"""The attention map of a decoding as an SVG text: for slides, papers and pages that work without a network."""

from __future__ import annotations

from html import escape
from typing import Final

from core.decoding.trace import DecodingTrace
from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.grid import CURRENT_ROW, Grid, colours_of, make_grid
from viz_app.text.i18n import Translator, untranslated

# Lengths in pixels.
_CELL: Final = 28
_LEFT: Final = 44
_TOP: Final = 88
_HEADING: Final = 36
_RIGHT: Final = 16
_BOTTOM: Final = 52
_FOLD_GAP: Final = 8
_FOLD_WIDTH: Final = 40
_LEGEND: Final = 150
_LEAST_WIDTH: Final = 330

_INK: Final = "#1f2328"
_SANS: Final = "system-ui, 'Segoe UI', 'Noto Sans', sans-serif"
_MONO: Final = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def attention_svg(
    trace: DecodingTrace,
    *,
    step: int | None = None,
    scale: str = DEFAULT_SCALE,
    padding: bool = False,
    heading: bool = True,
    _: Translator = untranslated,
) -> str:
    """Draw where the model looked at every step, as `attention_figure` does: first output character at the top.

    Every cell is a `rect` with the exact numbers in `data-weight` and `data-score`, and a `title` that a browser shows
    when it is pointed at. The picture contacts nobody, runs nothing and needs no font of its own. Text is in `class`
    "ink" and the background in "ground", so that a page that holds the picture can give them other colours.

    Args:
        trace: a decoding by a model with attention.
        step: the current step, 0 to T_dec - 1: its row is outlined and the rows after it are left out; None for the
            whole map without an outline.
        scale: "cividis" or "greys".
        padding: whether the columns of trailing padding are shown one by one instead of summed up in one.
        heading: whether the picture says above the map what was read and written.
        _: translates the words of the picture.
    Returns:
        an SVG document of some 60 kB.
    Raises:
        ValueError: the trace has no attention, there is no such step or no such scale.
    """
    grid = make_grid(trace, step, padding)
    colours = colours_of(scale)
    map_width = len(grid.columns) * _CELL + (_FOLD_GAP + _FOLD_WIDTH if grid.folded else 0)
    width = max(_LEFT + map_width + _RIGHT, _LEAST_WIDTH, _LEFT + 10 * (len(grid.text) + len(grid.output) + 3))
    height = _TOP + len(grid.rows) * _CELL + _BOTTOM
    top = 0 if heading else _HEADING
    written = f"{grid.text} → {grid.output[: grid.step + 1]}"
    description = _("Attention weights: a row for every written character, a column for every typed one")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {width} {height - top}" '
        f'width="{width}" height="{height - top}" '
        f'role="img" aria-labelledby="attention-heading attention-meaning" font-family="{_SANS}">',
        f'<title id="attention-heading">{escape(written)}</title>',
        f'<desc id="attention-meaning">{escape(description)}</desc>',
        f'<rect class="ground" width="{width}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 26, written, 'font-size="18" font-weight="600"'),
        _text(_LEFT, 56, _("Input, in reading order"), 'font-size="12" opacity="0.75"'),
        *_headings(grid),
        *(_row(grid, i, colours, _) for i in range(grid.step + 1)),
        *([] if step is None else [_outline(grid.step, map_width)]),
        *_legend(height, colours, _),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _headings(grid: Grid) -> list[str]:
    style = f'font-size="15" font-family="{_MONO}" text-anchor="middle"'
    middles = [_LEFT + j * _CELL + _CELL / 2 for j in range(len(grid.columns))]
    texts = [_text(x, _TOP - 8, column, style) for x, column in zip(middles, grid.columns, strict=True)]
    if grid.folded:
        texts.append(_text(_fold_left(grid) + _FOLD_WIDTH / 2, _TOP - 8, grid.folded_name, style))
    return texts


def _fold_left(grid: Grid) -> int:
    return _LEFT + len(grid.columns) * _CELL + _FOLD_GAP


def _row(grid: Grid, i: int, colours: tuple[str, ...], _: Translator) -> str:
    top = _TOP + i * _CELL
    label = _text(_LEFT - 14, top + 19, grid.rows[i], f'font-size="15" font-family="{_MONO}" text-anchor="middle"')
    told = _("writes {output}, looks at {input}: weight {weight}, score {score}")
    cells = []
    for j, column in enumerate(grid.columns):
        weight, score = float(grid.weights[i, j]), float(grid.scores[i, j])
        title = told.format(output=grid.rows[i], input=column, weight=f"{weight:.4f}", score=f"{score:.3f}")
        data = f'data-weight="{weight!r}" data-score="{score!r}"'
        cells.append(_cell(_LEFT + j * _CELL, top, _CELL, colours[_shade(weight)], data, title))
    if grid.folded:
        weight = float(grid.folded_weights[i])
        title = _("writes {output}, looks at {count} padding spaces: weight together {weight}").format(
            output=grid.rows[i], count=grid.folded, weight=f"{weight:.4f}"
        )
        cells.append(_cell(_fold_left(grid), top, _FOLD_WIDTH, colours[_shade(weight)], "", title))
    return "\n".join([f'<g class="row" data-step="{i + 1}">', label, *cells, "</g>"])


def _outline(step: int, width: int) -> str:
    return (
        f'<rect class="outline" x="{_LEFT - 1}" y="{_TOP + step * _CELL - 1}" width="{width + 2}" '
        f'height="{_CELL + 2}" rx="2" fill="none" stroke="{CURRENT_ROW}" stroke-width="3" pointer-events="none"/>'
    )


def _cell(x: int, y: int, width: int, colour: str, data: str, title: str) -> str:
    return (
        f'<rect class="cell" x="{x + 0.5}" y="{y + 0.5}" width="{width - 1}" height="{_CELL - 1}" fill="{colour}" '
        f'stroke="#808080" stroke-opacity="0.3" {data}><title>{escape(title)}</title></rect>'
    )


def _shade(weight: float) -> int:
    """The index of a weight's colour; a weight outside 0 to 1, or NaN, gets the nearest end or the lowest."""
    return round(255 * min(max(weight, 0.0), 1.0)) if weight == weight else 0


def _legend(height: int, colours: tuple[str, ...], _: Translator) -> list[str]:
    top = height - 28
    stops = "".join(f'<stop offset="{i / 15:.4f}" stop-color="{colours[17 * i]}"/>' for i in range(16))
    style = 'font-size="12" opacity="0.75"'
    return [
        f'<defs><linearGradient id="attention-scale">{stops}</linearGradient></defs>',
        f'<rect x="{_LEFT}" y="{top}" width="{_LEGEND}" height="10" fill="url(#attention-scale)" '
        'stroke="#808080" stroke-opacity="0.5"/>',
        _text(_LEFT - 6, top + 9, "0", f'{style} text-anchor="end"'),
        _text(_LEFT + _LEGEND + 6, top + 9, "1", style),
        _text(_LEFT + _LEGEND + 22, top + 9, _("Attention weight"), style),
    ]


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text class="ink" x="{x:g}" y="{y:g}" fill="{_INK}" {style}>{escape(text)}</text>'
