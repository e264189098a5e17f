"""A map of attention weights as a light SVG, to be sent anew while a model learns: no scores, no steps, no heading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.grid import colours_of
from viz_app.text.characters import visible
from viz_app.text.html import Markup, escape, render

# Lengths in pixels.
_CELL: Final = 22
_LEFT: Final = 26
_TOP: Final = 44


def weights_svg(
    weights: Sequence[Sequence[float]],
    source: str,
    output: str,
    *,
    label: str,
    title: str,
    scale: str = DEFAULT_SCALE,
) -> Markup:
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
    sources, outputs = ([escape(visible(character)) for character in text] for text in (source, output))
    return render(
        "figures/svg/weights.svg.jinja",
        width=_LEFT + len(source) * _CELL + 2,
        height=_TOP + len(output) * _CELL + 2,
        label=label,
        title=title,
        left=_LEFT,
        signs=[
            *((_LEFT + j * _CELL + _CELL // 2, _TOP - 8, character) for j, character in enumerate(sources)),
            *((10, _TOP + i * _CELL + 16, character) for i, character in enumerate(outputs)),
        ],
        cells=_cells(weights, sources, outputs, colours_of(scale)),
    )


def _cells(
    weights: Sequence[Sequence[float]], sources: list[Markup], outputs: list[Markup], colours: tuple[str, ...]
) -> Markup:
    """Hundreds of cells in every picture: a loop in a template takes 1.7 times as long as one f-string a cell."""
    return Markup(
        "".join(
            f'<rect x="{_LEFT + j * _CELL}" y="{_TOP + i * _CELL}" width="{_CELL - 1}" height="{_CELL - 1}" '
            f'fill="{colours[round(255 * min(max(weight, 0.0), 1.0))]}">'
            f"<title>{outputs[i]} ← {character}: {weight:.3f}</title></rect>"
            for i, row in enumerate(weights)
            for j, (character, weight) in enumerate(zip(sources, row, strict=False))
        )
    )


def fold_padding(weights: Sequence[Sequence[float]], text: str) -> tuple[list[list[float]], str]:
    """Weights of a text with those of its padding summed up in one column; and the text with a dot for that column.

    A step that looks at the padding would else seem to look nowhere. Of a text without padding nothing changes.
    """
    count = len(text)
    if all(len(row) == count for row in weights):
        return [list(row) for row in weights], text
    return [[*row[:count], math.fsum(row[count:])] for row in weights], f"{text}·"
