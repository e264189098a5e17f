"""How a character is shown and named: spaces and control characters can be seen."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from viz_app.text.i18n import Translator

PADDING = "·"
"""How a space behind a text is shown, which the model reads too; `shared/characters.js` has the same."""


def visible(character: str) -> str:
    """The character as a sign that can be seen: ␣ for a space, a control picture or � for what else has no shape."""
    return "␣" if character == " " else printable(character)


def printable(text: str) -> str:
    """The text with its spaces, and a control picture or � for everything that would not be drawn, or draw amiss."""
    return "".join(c if c.isprintable() else _picture(c) for c in text)


def _picture(character: str) -> str:
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else "\N{REPLACEMENT CHARACTER}"


def shortened(text: str, columns: int = 24) -> str:
    """A text as it fits into so many columns, of which wide characters take two; what was cut off leaves a sign."""
    widths = [2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text]
    if sum(widths) <= columns:
        return text
    kept = next(i for i in range(len(text)) if sum(widths[: i + 1]) > columns - 1)
    return text[:kept].rstrip() + "…"


def file_name_of(text: str, *, changed: bool = False) -> str:
    """A name, without an ending, that every file system takes for what is made of a text: "attention-2-10-93".

    Args:
        changed: whether the decoding was changed; the name then ends with "-changed".
    """
    name, end = "-".join(["attention", *re.findall(r"[a-z0-9]+", text.lower())]), "-changed" if changed else ""
    return name[: 80 - len(end)] + end


def with_minus(number: str) -> str:
    """A written number with a true minus, which is as wide as a plus, in the place of a hyphen."""
    return number.replace("-", "\N{MINUS SIGN}")


@lru_cache(maxsize=1000)  # asked some thirty times a decoding
def name_character(character: str, _: Translator) -> str:
    """What to call a character in a sentence: a quoted sign, or a name where a sign would not be heard or seen."""
    names = {
        " ": _("the space"),
        ",": _("the comma"),
        "-": _("the hyphen"),
        "/": _("the slash"),
        "_": _("the underscore"),
    }
    return names.get(character) or quoted(character, _)


def quoted(text: str, _: Translator) -> str:
    """The text in the quotation marks of the language."""
    return _("'{text}'").format(text=text)
