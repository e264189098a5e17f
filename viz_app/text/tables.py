"""Tables and lists of numbers as plain HTML: small to load, read by screen readers, in the page's own colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from viz_app.text.i18n import Translator

NOTHING = "–"

Table = tuple[list[str], list[list[str]], str]
"""Header, rows and caption of a table."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, *, prose: bool = False) -> str:
    """A table whose first column names the rows.

    Args:
        header, rows, caption: plain text; nothing in it is read as HTML.
        prose: the last column holds sentences, which take as many lines as they need.
    """
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    kind = "numbers prose" if prose else "numbers"
    # Wide tables are moved sideways, by keyboard too.
    return (
        f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def explained(items: Iterable[tuple[str, str, str]]) -> str:
    """Names, values and what they mean, side by side where there is room; plain text."""
    cards = "".join(
        f"<div><dt>{escape(name)}</dt><dd><strong>{escape(value)}</strong> {escape(meaning)}</dd></div>"
        for name, value, meaning in items
    )
    return f'<dl class="explained">{cards}</dl>'


def percent(share: float | None, _: Translator, digits: int = 0) -> str:
    """A share as "81 %", rounded down, so that nothing but everything reads 100 %; a dash where there is none."""
    if share is None:
        return NOTHING
    # What is left of 100 * 0.57 in binary is no reason for 56.
    whole = 10**digits
    return _("{number} %").format(number=f"{math.floor(100 * whole * share + 1e-6) / whole:.{digits}f}")


def number(value: float | None, digits: int = 2) -> str:
    """A number with as many digits after the point; a dash where there is none."""
    return NOTHING if value is None else f"{value:.{digits}f}"
