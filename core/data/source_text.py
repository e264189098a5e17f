"""What a person typed, made ready for a model, or the reason why it cannot be.

Two things are put right without asking, and reported: characters that stand for others (full-width digits and
letters, an ideographic comma or space) and white space (line breaks, tabs, several spaces, spaces around the text).
Characters that the model knows are never taken for others.
Anything else is the person's to change, so it is refused with what is wrong and where.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import IdArray
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary, describe_character
from core.files.wording import counted

# Beyond this many characters a text is refused before any other work. One character can normalise to 18, and ordering
# combining marks takes time quadratic in their number: a megabyte of text must cost no more than a date. Spaces around
# the text are not counted, and a date between long runs of spaces still fits.
RAW_LIMIT = 1000

# NFKC turns the full-width comma into "," but leaves the ideographic one, which a Japanese keyboard types for it.
_ALSO_COMMA = str.maketrans({"、": ","})

_NAMED_AT_MOST = 5
_LISTED_AT_MOST = 60

_WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))


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
    """A text that a model can read. It is handed from room to room, so that a text is read once.

    Attributes:
        text: the normalised text, 1 to T_enc characters of the vocabulary.
        vocabulary, length: of the model that it was read for; the length is T_enc.
        changes: what normalising changed, each kind once, in the order of `Change`.
    """

    text: str
    vocabulary: Vocabulary = field(repr=False)
    length: int
    changes: tuple[Change, ...] = ()

    @property
    def padded(self) -> str:
        """`text` padded with spaces to T_enc characters."""
        return self.text.ljust(self.length)

    @cached_property
    def ids(self) -> IdArray:
        """(T_enc,) int64, read-only: the ids of `padded`."""
        ids = self.vocabulary.encode(self.padded)
        ids.flags.writeable = False
        return ids


@dataclass(frozen=True, eq=False)
class SourceTexts:
    """N texts and their ids, side by side.

    Attributes:
        texts: N texts without padding.
        ids: (N, T_enc) int64, the texts padded with spaces, in reading order.
    """

    texts: Sequence[str]
    ids: IdArray

    @classmethod
    def encode(cls, texts: Sequence[str], vocabulary: Vocabulary, length: int) -> SourceTexts:
        """Texts just as they are, such as those of a corpus: nothing is normalised.

        Args:
            texts: N texts of at most `length` characters.
            vocabulary: the characters of the model.
            length: T_enc.
        Raises:
            ValueError: a text is too long or has a character outside the vocabulary; says which text.
        """
        return cls(texts, vocabulary.encode_all(texts, length))

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.integer]) -> SourceTexts:
        """The texts of some rows, in the order given."""
        return SourceTexts([self.texts[row] for row in rows.tolist()], self.ids[rows])


AnyText: TypeAlias = str | SourceText
"""A text as a person typed it, or as it was read: `Pipeline.read` makes the second of either."""


class SourceTextError(ValueError):
    """A text cannot be read. The message says why in English; the attributes say it to a program.

    Attributes:
        reason: which of the three it is.
        length: characters of the normalised text; for a text beyond `RAW_LIMIT`, of the text as it came, without the
            white space around it.
        limit: the most characters that the model reads.
        unknown: for `Reason.UNKNOWN` the first few unknown characters, in the order of the text; else empty.
        unknown_count: how many unknown characters there are in all.
        known: for `Reason.UNKNOWN` the characters that the model reads; else empty.
    """

    def __init__(
        self,
        reason: Reason,
        length: int,
        limit: int,
        unknown: tuple[UnknownCharacter, ...] = (),
        unknown_count: int = 0,
        known: str = "",
    ) -> None:
        super().__init__(reason, length, limit, unknown, unknown_count, known)
        self.reason = reason
        self.length = length
        self.limit = limit
        self.unknown = unknown
        self.unknown_count = unknown_count
        self.known = known

    def __str__(self) -> str:
        if self.reason is Reason.EMPTY:
            return "The text is empty; type a date, such as september 27, 1994."
        if self.reason is Reason.TOO_LONG:
            return (
                f"The text has {counted(self.length, 'character')}; the model reads at most {self.limit}. Shorten it."
            )
        listed = ", ".join(f"{unknown.label} at position {unknown.position}" for unknown in self.unknown)
        more = self.unknown_count - len(self.unknown)
        rest = f" and {more} more" if more else ""
        return f"The model never learned {listed}{rest}; it reads {self._what_is_read()}. Replace or delete."

    def _what_is_read(self) -> str:
        if set(self.known) == set(DATE_VOCABULARY):
            return "the characters of English dates"
        more = len(self.known) - _LISTED_AT_MOST
        listed = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.known[:_LISTED_AT_MOST])
        return f"'{listed}'" + (f" and {more} more characters" if more > 0 else "")


def read_source(text: str, vocabulary: Vocabulary, length: int = 29) -> SourceText:
    """Normalise a typed text and check that a model can read it.

    Characters that the model does not know are replaced by the ones they stand for (Unicode NFKC, and "、" by a comma),
    runs of white space by one space, and white space around the text is dropped.

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
    trimmed = text.strip(_foreign(_WHITE_SPACE, vocabulary) + " ")
    if len(trimmed) > max(RAW_LIMIT, length):
        raise SourceTextError(Reason.TOO_LONG, len(trimmed), length)
    folded = "".join(_folded(trimmed, vocabulary))
    spaced = folded.translate(dict.fromkeys(map(ord, _foreign(_WHITE_SPACE, vocabulary)), " "))
    tidy = re.sub(" {2,}", " ", spaced).strip(" ")
    if not tidy:
        raise SourceTextError(Reason.EMPTY, 0, length)
    if len(tidy) > length:
        raise SourceTextError(Reason.TOO_LONG, len(tidy), length)
    unknown = [UnknownCharacter(c, i) for i, c in enumerate(tidy, start=1) if c not in vocabulary]
    if unknown:
        raise SourceTextError(
            Reason.UNKNOWN, len(tidy), length, tuple(unknown[:_NAMED_AT_MOST]), len(unknown), "".join(vocabulary)
        )
    changes = {Change.WIDTH: folded != trimmed, Change.WHITESPACE: trimmed != text or tidy != folded}
    return SourceText(tidy, vocabulary, length, tuple(change for change, made in changes.items() if made))


def _folded(text: str, vocabulary: Container[str]) -> Iterator[str]:
    """The parts of a text: those that are known as they are, the others as what they stand for."""
    # A sign and the marks that combine with it are known or unknown together.
    signs = re.findall(r".[\u0300-\u036f]*", text, re.DOTALL)
    for known, part in groupby(signs, lambda sign: all(character in vocabulary for character in sign)):
        run = "".join(part)
        yield run if known else unicodedata.normalize("NFKC", run).translate(_ALSO_COMMA)


def _foreign(characters: str, vocabulary: Container[str]) -> str:
    return "".join(character for character in characters if character not in vocabulary)
