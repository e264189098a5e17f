"""HTML and SVG from templates, which stand beside the code that fills them in.

Whatever is filled in is escaped, so that a typed text stays text. Only `Markup`, which `render` and
`Markup("<h2>{}</h2>").format(title)` give, is taken as markup. Line breaks and indentation of a template serve its
reader alone: they are not part of what it makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from viz_app.text.characters import visible

__all__ = ["Markup", "escape", "render"]


class _OneLine(Extension):
    """Between two cells of a table, a line break would be sent a thousand times and seen never."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return "".join(line.strip() for line in source.splitlines())


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1]),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    extensions=[_OneLine],
)
_ENVIRONMENT.filters |= {"visible": visible, "px": "{:.1f}".format}
_ENVIRONMENT.globals["signs_font"] = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def render(template: str, **values: object) -> Markup:
    """Fill in a template.

    Args:
        template: its path below `viz_app`, as in "text/table.html.jinja".
        values: by the names that the template uses. Beside Jinja's own filters there are `visible`, which shows a
            character as a sign, `px`, a length with one digit after the point, and `signs_font`, the font of signs.
    Raises:
        jinja2.UndefinedError: a name has no value.
    """
    return Markup(_ENVIRONMENT.get_template(template).render(values))
