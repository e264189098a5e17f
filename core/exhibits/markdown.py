"""Markdown from the templates of this folder: `NAME.md.jinja`."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.files.wording import percentage

_WIDTH: Final = 100


def render(template: str, **values: object) -> str:
    """Fill in a template; what it leaves out leaves no gap.

    Args:
        template: the name of the file.
        values: by the names that the template uses. Beside Jinja's own filters there are `paragraph`, which breaks
            lines anew; `percent`; `fixed(digits)`; and `measured(digits)`, which has a dash for what is not known.
    Raises:
        TypeError, ValueError: a value is none that can be shown so.
    """
    text = _ENVIRONMENT.get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _paragraph(text: str) -> str:
    words = " ".join(text.split())
    return textwrap.fill(words, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _percent(share: float) -> str:
    return f"{percentage(share)} %"


def _fixed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"


def _measured(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else _fixed(value, digits)


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    trim_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters |= {"paragraph": _paragraph, "percent": _percent, "fixed": _fixed, "measured": _measured}
