"""Tables and lists of numbers as plain HTML: small to load, read by screen readers, in the page's own colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.files.wording import percentage
from viz_app.text.characters import shortened
from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator

NOTHING = "–"

Table = tuple[list[str], list[list[str]], str]
"""Header, rows and caption of a table."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, *, prose: bool = False) -> Markup:
    """A table whose first column names the rows.

    Args:
        header, rows, caption: plain text; nothing in it is read as HTML.
        prose: the last column holds sentences, which take as many lines as they need.
    """
    return render("text/table.html.jinja", header=header, rows=rows, caption=caption, prose=prose)


def column_name(name: str) -> str | Markup:
    """A name that a person gave, as the heading of a column: cut where it is long, then with the whole to point at."""
    short = shortened(name)
    return name if short == name else Markup('<span title="{}">{}</span>').format(name, short)


def explained(items: Iterable[tuple[str, str, str]]) -> Markup:
    """Names, values and what they mean, side by side where there is room; plain text."""
    return render("text/explained.html.jinja", items=items)


def percent(share: float | None, _: Translator, digits: int = 0) -> str:
    """A share as "81 %", rounded down, so that nothing but everything reads 100 %; a dash where there is none."""
    if share is None:
        return NOTHING
    return _("{number} %").format(number=percentage(share, digits))


def number(value: float | None, digits: int = 2) -> str:
    """A number with as many digits after the point; a dash where there is none."""
    return NOTHING if value is None else f"{value:.{digits}f}"
