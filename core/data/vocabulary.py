"""Characters to ids and back.

An id is a character's place in the vocabulary. The order is part of a model: parameters trained with one order are
noise with another, so it is stored with them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from core.backend.arrays import IdArray
from core.files.wording import counted


def describe_character(character: str) -> str:
    """A character in a form that can be shown anywhere: `'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)`.

    Control characters, halves of surrogate pairs, marks that combine or steer the direction of writing, and others
    that cannot stand by themselves are given by number, and by name where they have one.
    """
    name = f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
    stands_alone = character.isprintable() and not unicodedata.category(character).startswith("M")
    return f"'{character}' ({name})" if stands_alone else name


def knows_dates(vocabulary: Collection[str]) -> bool:
    """Are all characters of YYYY-MM-DD in a vocabulary?"""
    return all(character in vocabulary for character in "0123456789-")


class Vocabulary:
    """V different characters in a fixed order.

    Args:
        characters: the characters in id order, each one Unicode code point.
    Raises:
        ValueError: no character at all, one that is not a single code point, or one that comes twice.
    Example:
        >>> vocabulary = Vocabulary("abc")
        >>> vocabulary.encode("cab")
        array([2, 0, 1])
        >>> vocabulary.decode([2, 0, 1])
        'cab'
    """

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters: tuple[str, ...] = tuple(characters)
        if not self.characters:
            raise ValueError("the vocabulary is empty; give it at least one character")
        for id_, character in enumerate(self.characters):
            if len(character) != 1:
                raise ValueError(f"id {id_} of the vocabulary is {character!r}; expected a single character")
        self._ids = {character: id_ for id_, character in enumerate(self.characters)}
        if len(self._ids) != len(self.characters):
            twice = next(c for i, c in enumerate(self.characters) if self._ids[c] != i)
            raise ValueError(f"{twice!r} comes twice in the vocabulary; every character needs an id of its own")
        code_points = np.array([ord(character) for character in self.characters])
        self._order = np.argsort(code_points).astype(np.int64)
        self._code_points = code_points[self._order]

    def __len__(self) -> int:
        return len(self.characters)

    def __iter__(self) -> Iterator[str]:
        return iter(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def __repr__(self) -> str:
        return f"Vocabulary({''.join(self.characters)!r})"

    def id_of(self, character: str) -> int:
        """The id of one character.

        Raises:
            ValueError: the character is not in the vocabulary.
        """
        if character not in self._ids:
            raise ValueError(f"{character!r} is not one of the vocabulary's {counted(len(self), 'character')}")
        return self._ids[character]

    def encode(self, text: str) -> IdArray:
        """Ids of a text.

        Returns:
            (len(text),) int64.
        Raises:
            ValueError: a character is not in the vocabulary; names it and its position, counted from 1.
        """
        # UTF-32 is one number a character; "surrogatepass" because a str may hold half a surrogate pair.
        code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        places = np.minimum(np.searchsorted(self._code_points, code_points), len(self) - 1)
        unknown = self._code_points[places] != code_points
        if unknown.any():
            position = int(np.argmax(unknown))
            raise ValueError(
                f"character {position + 1}, {text[position]!r}, is not one of the vocabulary's "
                f"{counted(len(self), 'character')}"
            )
        return self._order[places]

    def encode_all(self, texts: Sequence[str], length: int) -> IdArray:
        """Ids of many texts at once, each padded with spaces.

        Args:
            texts: N texts of at most `length` characters.
            length: characters a row.
        Returns:
            (N, length) int64.
        Raises:
            ValueError: a text is too long or has a character outside the vocabulary; says which text.
        """
        for row, text in enumerate(texts):
            if len(text) > length:
                raise ValueError(
                    f"text {row + 1}, {text!r}, has {counted(len(text), 'character')}; at most {length} fit"
                )
        try:
            ids = self.encode("".join([text.ljust(length) for text in texts]))
        except ValueError:
            self._name_bad_text(texts)
            raise
        return ids.reshape(len(texts), length)

    def _name_bad_text(self, texts: Sequence[str]) -> None:
        for row, text in enumerate(texts):
            try:
                self.encode(text)
            except ValueError as error:
                raise ValueError(f"text {row + 1}, {text!r}: {error}") from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids.

        Args:
            ids: integers in 0..V-1, a (T,) array or any other iterable.
        Raises:
            ValueError: an id outside 0..V-1.
        """
        numbers = [int(id_) for id_ in ids]
        for id_ in numbers:
            if not 0 <= id_ < len(self):
                raise ValueError(f"id {id_} is outside the vocabulary; expected 0 to {len(self) - 1}")
        return "".join([self.characters[id_] for id_ in numbers])

    def decode_all(self, ids: IdArray) -> list[str]:
        """The texts of (N, T) ids; a tenth of the time of `decode` row by row.

        Raises:
            ValueError: an id outside 0..V-1.
        """
        N, T = ids.shape
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self):
            for row in ids:
                self.decode(row)
        text = "".join(np.array(self.characters)[ids].ravel().tolist())
        return [text[start : start + T] for start in range(0, N * T, T)] if T else [""] * N


DATE_VOCABULARY = Vocabulary(" ,-/0123456789ABCDEFGHIJLMNOPRSTUVWY_abcdefghijlmnoprstuvwy")
"""The 59 characters of the date data, in ascending order of code point.

What questions and answers are written with, and `_`, which starts every answer. Four letters are in no English month
or weekday name: k, q, x and z.
"""
