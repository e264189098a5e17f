"""A map of attention weights as a light SVG, to be sent anew while a model learns: no scores, no steps, no heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from viz_app.figures.colours import DEFAULT_SCALE, Scale, shade
from viz_app.figures.grid import column_places, scale_of
from viz_app.text.characters import PADDING, visible
from viz_app.text.html import Markup, escape, render

# Lengths in pixels.
_CELL: Final = 22
_LEFT: Final = 26
_TOP: Final = 44
_FOLD_GAP: Final = 5
_FOLD_WIDTH: Final = 44


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

    Pointing at a cell tells its weight. The words take the colour of the page's text, the cells follow the page from
    light to dark.

    Args:
        weights: a row for every output character, with at least as many weights as there are source characters; the
            rest, which stands for padding, is drawn in narrow columns: summed up in one they would seem to be looked at
            however little each is.
        label: what the picture shows, for those who hear the page.
        title: above the columns.
        scale: a name in `SCALES`.
    Returns:
        an SVG element of some 15 kB.
    Raises:
        ValueError: there are not as many rows as output characters, too few weights in one, or no such scale.
    """
    if len(weights) != len(output) or any(len(row) < len(source) for row in weights):
        sizes = f"{len(weights)} rows of {min(map(len, weights), default=0)}"
        raise ValueError(f"got {sizes} weights; expected {len(output)} rows of at least {len(source)}")
    sources, outputs = ([escape(visible(character)) for character in text] for text in (source, output))
    folded = max(map(len, weights), default=0) - len(source)
    map_width = len(source) * _CELL + (_FOLD_GAP + _FOLD_WIDTH if folded else 0)
    names = [*sources, *[escape(PADDING)] * folded]
    return render(
        "figures/svg/weights.svg.jinja",
        width=_LEFT + map_width + 2,
        height=_TOP + len(output) * _CELL + 2,
        label=label,
        title=title,
        left=_LEFT,
        signs=[
            *((_LEFT + j * _CELL + _CELL // 2, _TOP - 8, character) for j, character in enumerate(sources)),
            *([(_LEFT + map_width - _FOLD_WIDTH // 2, _TOP - 8, f"+{folded}")] if folded else []),
            *((10, _TOP + i * _CELL + 16, character) for i, character in enumerate(outputs)),
        ],
        frames=[
            f"M{_LEFT + map_width - _FOLD_WIDTH} {_TOP + i * _CELL}h{_FOLD_WIDTH}v{_CELL - 1}h-{_FOLD_WIDTH}z"
            for i in range(len(output) if folded else 0)
        ],
        cells=_cells(weights, names, outputs, folded, scale_of(scale)),
    )


def _cells(
    weights: Sequence[Sequence[float]], names: list[Markup], outputs: list[Markup], folded: int, scale: Scale
) -> Markup:
    """Hundreds of cells in every picture: a loop in a template takes 1.7 times as long as one f-string a cell."""
    sizes = {"left": _LEFT, "cell": _CELL, "gap": _FOLD_GAP, "width": _FOLD_WIDTH}
    wide = len(names) - folded
    places = column_places(wide, folded, **sizes)
    # Lines around narrow columns would fill them.
    lines = [*[""] * wide, *[' stroke="none"'] * folded]
    return Markup(
        "".join(
            f'<rect x="{x}" y="{_TOP + i * _CELL}" width="{width}" height="{_CELL - 1}" {_fill(weight, scale)}{line}>'
            f"<title>{outputs[i]} ← {name}: {weight:.3f}</title></rect>"
            for i, row in enumerate(weights)
            for (x, width), line, name, weight in zip(places, lines, names, row, strict=True)
        )
    )


def _fill(weight: float, scale: Scale) -> str:
    """A browser that does not know `light-dark` goes by the attribute."""
    light, css = scale.light[shade(weight)], scale.css(weight)
    return f'fill="{light}"' if css == light else f'fill="{light}" style="fill:{css}"'
