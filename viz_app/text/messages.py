"""What the app has to say to a visitor, as sentences in their language.

A sentence may hold what a person typed, and a link carries that to somebody else. `say` therefore puts sentences on the
page as escaped text: never through Streamlit's labels and alerts, which read Markdown.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple
from unicodedata import east_asian_width

import streamlit as st

from core.data.source_text import Change, Reason, SourceTextError, UnknownCharacter
from core.data.vocabulary import knows_dates
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator

_LOG: Final = logging.getLogger(__name__)
_QUOTED_AT_MOST: Final = 40
_MESSAGE: Final = Markup('<p class="message {tone}" role="{role}" dir="auto">{sentence}</p>')

Tone = Literal["error", "note"]


class Problem(NamedTuple):
    """A parameter of the URL that could not be used, and the value it had.

    Of `changes` the value is the number of the one that cannot be read, counted from 1; empty for all of them.
    """

    parameter: str
    value: str


def say(sentence: str, tone: Tone, key: str) -> None:
    """Put a sentence on the page: an error is read out at once by a screen reader, a note when it is convenient.

    Args:
        sentence: plain text; nothing in it is read as HTML or Markdown.
        tone: how urgent it is.
        key: names the place; class `st-key-<key>`.
    """
    role = "alert" if tone == "error" else "status"
    with st.container(key=key):
        st.html(_MESSAGE.format(tone=tone, role=role, sentence=sentence))


def error_sentence(error: SourceTextError, _: Translator) -> str:
    """Why a text could not be read, and what to do about it."""
    if error.reason is Reason.EMPTY:
        return _("There is nothing to read yet. Type a date, or choose one of the examples.")
    if error.reason is Reason.TOO_LONG:
        sentence = _("The text has {length} characters, but the model reads at most {limit}. Please shorten it.")
        return sentence.format(length=error.length, limit=error.limit)
    place = _("{character} at position {position}")
    # Labels may hold braces: they are put in last, and never formatted again.
    places = [place.format(character=_label(unknown), position=unknown.position) for unknown in error.unknown]
    more = error.unknown_count - len(error.unknown)
    if more:
        places.append(_("{count} more").format(count=more))
    sentence = _("The model has not learned these characters: {characters}. Please replace or delete them.")
    return sentence.format(characters=_(", ").join(places))


def readable_sentence(error: SourceTextError, vocabulary: Collection[str], _: Translator) -> str:
    """What can be read instead, for a text with unknown characters; empty where that is not known of the model."""
    if error.reason is not Reason.UNKNOWN or not knows_dates(vocabulary):
        return ""
    return _("It reads dates in English, such as “september 27, 1994” or “2/10/93”.")


def _label(unknown: UnknownCharacter) -> str:
    """The character as it was typed; its number and name as well where it could be taken for another."""
    character = unknown.character
    tells_itself = character.isascii() or east_asian_width(character) in ("W", "F")
    return f"'{character}'" if tells_itself and character.isprintable() else unknown.label


def change_sentence(change: Change, _: Translator) -> str:
    """What was put right in a text without date_field."""
    if change is Change.WIDTH:
        return _("Full-width and other variant characters were read as the plain ones they stand for.")
    return _("Line breaks and extra spaces were read as single spaces.")


def problem_sentence(problem: Problem, _: Translator) -> str:
    """What was wrong with a parameter of the URL."""
    value = _printable(problem.value)
    if problem.parameter == "changes" and not value:
        return _("The list of changes in the link cannot be read; it is left out.")
    if problem.parameter == "changes":
        return _("Change {number} in the link cannot be read; it is left out.").format(number=value)
    if problem.parameter == "model":
        return _("The link asks for the model “{value}”, which does not exist here.").format(value=value)
    if problem.parameter == "run":
        return _("The link asks for the training run “{value}”; runs have whole numbers from 1.").format(value=value)
    if problem.parameter == "step":
        return _("The link asks for step “{value}”; the steps are numbered from 1 to 10.").format(value=value)
    if problem.parameter == "lang":
        return _("The link asks for the language “{value}”, which this page does not speak.").format(value=value)
    sentence = _("The link asks for “{name}={value}”, which does not exist here.")
    return sentence.format(name=problem.parameter, value=value)


def _printable(value: str) -> str:
    """A value out of a URL, short, and without characters that would hide or reorder what stands around it."""
    short = value if len(value) <= _QUOTED_AT_MOST else value[:_QUOTED_AT_MOST] + "…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short)


@contextmanager
def show_failures(_: Translator) -> Iterator[None]:
    """Show an unexpected exception to the visitor as a sentence, and write it into the server's log."""
    try:
        yield
    except Exception:
        _LOG.exception("the page could not be drawn")
        say(_("Something went wrong on this page. It has been noted; reloading the page may help."), "error", "failure")
