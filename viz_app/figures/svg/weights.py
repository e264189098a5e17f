"""A map of attention weights as a light SVG, to be sent anew while a model learns: no scores, no steps, no heading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.grid import colours_of
from viz_app.text.characters import visible

# Lengths in pixels.
_CELL: Final = 22
_LEFT: Final = 26
_TOP: Final = 44
_MONO: Final = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def weights_svg(
    weights: Sequence[Sequence[float]],
    source: str,
    output: str,
    *,
    label: str,
    title: str,
    scale: str = DEFAULT_SCALE,
) -> str:
    """Draw weights: a row for every character of `output`, a column for every character of `source`.

    Pointing at a cell tells its weight. The words take the colour of the page's text.

    Args:
        weights: a row for every output character, with at least as many weights as there are source characters; the
            rest, which stands for padding, is not drawn.
        label: what the picture shows, for those who hear the page.
        title: above the columns.
        scale: "cividis" or "greys".
    Returns:
        an SVG element of some 15 kB.
    Raises:
        ValueError: there are not as many rows as output characters, too few weights in one, or no such scale.
    """
    if len(weights) != len(output) or any(len(row) < len(source) for row in weights):
        sizes = f"{len(weights)} rows of {min(map(len, weights), default=0)}"
        raise ValueError(f"got {sizes} weights; expected {len(output)} rows of at least {len(source)}")
    colours = colours_of(scale)
    width, height = _LEFT + len(source) * _CELL + 2, _TOP + len(output) * _CELL + 2
    name = f'aria-label="{escape(label)}"'
    return (
        f'<svg class="weights" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" {name} '
        'style="max-width:100%;height:auto">'
        f'<text x="{_LEFT}" y="14" font-size="12" fill="currentColor">{escape(title)}</text>'
        f'<g font-size="14" font-family="{_MONO}" text-anchor="middle" fill="currentColor">'
        f"{''.join(_sign(_middle(j), _TOP - 8, character) for j, character in enumerate(source))}"
        f"{''.join(_sign(10, _TOP + i * _CELL + 16, character) for i, character in enumerate(output))}</g>"
        f'<g stroke="#808080" stroke-opacity="0.3">{_cells(weights, source, output, colours)}</g></svg>'
    )


def fold_padding(weights: Sequence[Sequence[float]], text: str) -> tuple[list[list[float]], str]:
    """Weights of a text with those of its padding summed up in one column; and the text with a dot for that column.

    A step that looks at the padding would else seem to look nowhere. Of a text without padding nothing changes.
    """
    count = len(text)
    if all(len(row) == count for row in weights):
        return [list(row) for row in weights], text
    return [[*row[:count], math.fsum(row[count:])] for row in weights], f"{text}·"


def _middle(column: int) -> float:
    return _LEFT + (column + 0.5) * _CELL


def _sign(x: float, y: float, character: str) -> str:
    return f'<text x="{x:g}" y="{y:g}">{escape(visible(character))}</text>'


def _cells(weights: Sequence[Sequence[float]], source: str, output: str, colours: tuple[str, ...]) -> str:
    return "".join(
        f'<rect x="{_LEFT + j * _CELL}" y="{_TOP + i * _CELL}" width="{_CELL - 1}" height="{_CELL - 1}" '
        f'fill="{colours[round(255 * min(max(weight, 0.0), 1.0))]}">'
        f"<title>{escape(visible(output[i]))} ← {escape(visible(source[j]))}: {weight:.3f}</title></rect>"
        for i, row in enumerate(weights)
        for j, weight in enumerate(row[: len(source)])
    )
