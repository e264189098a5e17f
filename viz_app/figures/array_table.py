"""A small array as an HTML table, with its axes at its edges; weights in the colours of the attention map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viz_app.figures.colours import Scale
from viz_app.text.characters import with_minus
from viz_app.text.html import Markup, render


def array_table(
    table: NDArray[np.float64],
    *,
    label: str,
    rows: str = "",
    columns: str = "",
    scale: Scale | None = None,
    total: str = "",
) -> Markup:
    """An HTML table. A cell shows 3 decimals; its title and `data-value` hold the number to the last bit.

    Args:
        table: (R, C), or (C,) for one row without a number.
        label: names the table for a screen reader.
        rows, columns: the letters that count along the axes.
        scale: the colours from 0 to 1; none for cells without colour.
        total: heading of a further column with each row's sum; none where it is empty.
    """
    body = np.atleast_2d(table)
    return render(
        "figures/array_table.html.jinja",
        label=label,
        rows=rows,
        columns=columns,
        total=total,
        numbered=table.ndim == 2,
        width=body.shape[1],
        lines=[([_cell(float(value), scale) for value in row], f"{row.sum():.3f}") for row in body],
    )


def _cell(value: float, scale: Scale | None) -> tuple[str, str, str, str]:
    """The exact number, what is shown of it, and the cell's colour and ink, which may be empty."""
    if scale is None:
        return repr(value), _shown(value), "", ""
    return repr(value), f"{value:.3f}", scale.css(value), scale.css_ink(value)


def _shown(value: float) -> str:
    """Three decimals, with a true minus and without a minus zero; large and tiny numbers with their power of ten."""
    text = f"{value:.3f}" if value == 0 or 5e-4 <= abs(value) < 1e4 else f"{value:.1e}"
    return with_minus(text) if float(text) else "0.000"
