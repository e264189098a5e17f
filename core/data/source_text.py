"""What a person typed, made ready for a model, or the reason why it cannot be.

Two things are put right without asking, and reported: characters that stand for others (full-width digits and
letters, an ideographic comma or space) and white space (line breaks, tabs, several spaces, spaces around the text).
Anything else is the person's to change, so it is refused with what is wrong and where.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.data.vocabulary import Vocabulary, describe_character

# Beyond this many characters a text is refused before any other work. One character can normalise to 18, and ordering
# combining marks takes time quadratic in their number: a megabyte of text must cost no more than a date. Spaces around
# the text are not counted, and a date between long runs of spaces still fits.
RAW_LIMIT = 1000

# NFKC turns the full-width comma into "," but leaves the ideographic one, which a Japanese keyboard types for it.
_ALSO_COMMA = str.maketrans({"、": ","})

_NAMED_AT_MOST = 5


class Change(StrEnum):
    """What was put right in a text without asking."""

    WIDTH = "width"
    WHITESPACE = "whitespace"


class Reason(StrEnum):
    """Why a text cannot be read."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    UNKNOWN = "unknown"


class UnknownCharacter(NamedTuple):
    """A character that the model never learned, and its position in the normalised text, counted from 1."""

    character: str
    position: int

    @property
    def label(self) -> str:
        """The character as `describe_character` shows it, the same in every language."""
        return describe_character(self.character)


@dataclass(frozen=True)
class SourceText:
    """A text that the model can read.

    Attributes:
        text: the normalised text, 1 to T_enc characters of the vocabulary.
        padded: `text` padded with spaces to T_enc characters.
        changes: what normalising changed, each kind once, in the order of `Change`.
    """

    text: str
    padded: str
    changes: tuple[Change, ...]


class SourceTextError(ValueError):
    """A text cannot be read. The message says why in English; the attributes say it to a program.

    Attributes:
        reason: which of the three it is.
        length: characters of the normalised text; for a text beyond `RAW_LIMIT`, of the text as it came, without the
            white space around it.
        limit: the most characters that the model reads.
        unknown: for `Reason.UNKNOWN` the first few unknown characters, in the order of the text; else empty.
        unknown_count: how many unknown characters there are in all.
    """

    def __init__(
        self,
        reason: Reason,
        length: int,
        limit: int,
        unknown: tuple[UnknownCharacter, ...] = (),
        unknown_count: int = 0,
    ) -> None:
        super().__init__(reason, length, limit, unknown, unknown_count)
        self.reason = reason
        self.length = length
        self.limit = limit
        self.unknown = unknown
        self.unknown_count = unknown_count

    def __str__(self) -> str:
        if self.reason is Reason.EMPTY:
            return "The text is empty; type a date, such as september 27, 1994."
        if self.reason is Reason.TOO_LONG:
            return f"The text has {self.length} characters; the model reads at most {self.limit}. Shorten it."
        listed = ", ".join(f"{unknown.label} at position {unknown.position}" for unknown in self.unknown)
        more = self.unknown_count - len(self.unknown)
        rest = f" and {more} more" if more else ""
        return f"The model never learned {listed}{rest}; it reads the characters of English dates. Replace or delete."


def read_source(text: str, vocabulary: Vocabulary, length: int = 29) -> SourceText:
    """Normalise a typed text and check that a model can read it.

    Characters are replaced by the ones they stand for (Unicode NFKC, and "、" by a comma), runs of white space by one
    space, and white space around the text is dropped.

    Args:
        text: anything a person can type or paste.
        vocabulary: the characters of the model.
        length: T_enc, the most characters that the model reads.
    Raises:
        SourceTextError: the text is empty, too long, or has characters outside the vocabulary, checked in this order.
    Example:
        >>> from core.data.vocabulary import DATE_VOCABULARY
        >>> read_source(" ２/１０/９３", DATE_VOCABULARY).text
        '2/10/93'
    """
    trimmed = text.strip()
    if len(trimmed) > max(RAW_LIMIT, length):
        raise SourceTextError(Reason.TOO_LONG, len(trimmed), length)
    folded = unicodedata.normalize("NFKC", trimmed).translate(_ALSO_COMMA)
    tidy = " ".join(folded.split())
    if not tidy:
        raise SourceTextError(Reason.EMPTY, 0, length)
    if len(tidy) > length:
        raise SourceTextError(Reason.TOO_LONG, len(tidy), length)
    unknown = [UnknownCharacter(c, i) for i, c in enumerate(tidy, start=1) if c not in vocabulary]
    if unknown:
        raise SourceTextError(Reason.UNKNOWN, len(tidy), length, tuple(unknown[:_NAMED_AT_MOST]), len(unknown))
    changes = {Change.WIDTH: folded != trimmed, Change.WHITESPACE: trimmed != text or tidy != folded}
    return SourceText(tidy, tidy.ljust(length), tuple(change for change, made in changes.items() if made))
