"""A small array as an HTML table, with its axes at its edges; weights in the colours of the attention map."""

from __future__ import annotations

from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DARK, _LIGHT = "#12161c", "#ffffff"
# Between the two luminances at which dark and white text have the same contrast.
_TURN: Final = 0.18


def array_table(
    table: NDArray[np.float64],
    *,
    label: str,
    rows: str = "",
    columns: str = "",
    colours: tuple[str, ...] = (),
    total: str = "",
) -> str:
    """An HTML table. A cell shows 3 decimals; its title and `data-value` hold the number to the last bit.

    Args:
        table: (R, C), or (C,) for one row without a number.
        label: names the table for a screen reader.
        rows, columns: the letters that count along the axes.
        colours: from 0 to 1, as in `viz_app.figures.colours`; none for cells without colour.
        total: heading of a further column with each row's sum; none where it is empty.
    """
    body = np.atleast_2d(table)
    numbered = table.ndim == 2
    corner = f'<th class="corner">{escape(rows)}\\{escape(columns)}</th>' if numbered else ""
    heads = "".join(f'<th scope="col">{k}</th>' for k in range(body.shape[1]))
    heads += f'<th scope="col" class="total">{escape(total)}</th>' if total else ""
    lines = []
    for i, row in enumerate(body):
        head = f'<th scope="row">{i}</th>' if numbered else ""
        cells = "".join(_cell(float(value), colours) for value in row)
        cells += f'<td class="total">{row.sum():.3f}</td>' if total else ""
        lines.append(f"<tr>{head}{cells}</tr>")
    return (
        f'<table class="array" aria-label="{escape(label)}"><thead><tr>{corner}{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _cell(value: float, colours: tuple[str, ...]) -> str:
    style, shown = "", _shown(value)
    if colours:
        shown = f"{value:.3f}"
        colour = colours[round(255 * min(max(value, 0.0), 1.0))]
        ink = _DARK if _luminance(colour) > _TURN else _LIGHT
        style = f' style="background:{colour};color:{ink}"'
    return f'<td data-value="{value!r}" title="{value!r}"{style}>{shown}</td>'


def _shown(value: float) -> str:
    """Three decimals, with a true minus and without a minus zero; large and tiny numbers with their power of ten."""
    text = f"{value:.3f}" if value == 0 or 5e-4 <= abs(value) < 1e4 else f"{value:.1e}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else "0.000"


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
