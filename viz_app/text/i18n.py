"""Which language the screen speaks, and its translator.

English texts are the keys of the gettext catalogues in `locale/`; how to change and add translations is told in
docs/translating.md. A translator is an ordinary function that is handed on under the name `_`, so that the same
functions serve the app, a notebook and a test, and two visitors never share a language.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

Translator = Callable[[str], str]

LOCALE: Final = Path(__file__).with_name("locale")
ENGLISH: Final = "en"
# Each by its own name, so that a reader finds it on a page in any other.
LANGUAGES: Final[dict[str, str]] = {ENGLISH: "English", "ja": "日本語", "ko": "한국어"}


def language_of(tag: str) -> str | None:
    """The language that a BCP 47 tag such as "ja-JP" means; None where there is no catalogue for it."""
    code = tag.replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else None


def preferred_language(browser: str | None) -> str:
    """The language for a browser that asks for `browser`, as in "ja-JP"; English where there is no catalogue."""
    return language_of(browser or "") or ENGLISH


@cache
def translator(language: str) -> Translator:
    """The function that turns an English text into `language`; one object a language, shared by all visitors.

    Raises:
        KeyError: there is no such language; `LANGUAGES` names them.
        FileNotFoundError: its catalogue has not been compiled; docs/translating.md has the command.
    """
    if language not in LANGUAGES:
        raise KeyError(f"language {language!r}: expected one of {', '.join(LANGUAGES)}")
    if language == ENGLISH:
        return gettext.NullTranslations().gettext
    return gettext.translation("messages", LOCALE, languages=[language]).gettext


def counted(count: int, one: str, many: str) -> str:
    """The sentence about one thing, or that about `{count}` of them, both translated.

    Example:
        >>> counted(1, "1 line", "{count} lines"), counted(2000, "1 line", "{count} lines")
        ('1 line', '2,000 lines')
    """
    return one if count == 1 else many.replace("{count}", f"{count:,}")


def untranslated(message: str) -> str:
    """The English message itself: the translator of a notebook."""
    return message
