"""Files of questions and answers: reading, writing, splitting, turning into ids.

The format is that of *Deep Learning from Scratch 2*: one pair a line, UTF-8, the question padded with spaces to the
same width on every line, `_`, the answer.

    september 27, 1994           _1994-09-27
    2/10/93                      _1993-02-10
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from core.backend.arrays import IdArray
from core.data.dates import DatePair
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary, describe_character
from core.files.text_lines import utf8_lines
from core.files.wording import counted

START = "_"
"""Separates question and answer in a file, and is what the decoder is given to write the first character from."""

QUESTION_LENGTH = 29
ANSWER_LENGTH = 10

# Bounds on a file, so that a wrong one is refused before it fills the memory: 128 MiB are three million dates.
MAX_BYTES = 2**27
MAX_LENGTH = 256

_RESERVED = frozenset({START, "\r", "\n"})
_REPORTED_AT_MOST = 20
_ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class LineProblem(NamedTuple):
    """What is wrong with a line of a file; lines are counted from 1."""

    line: int
    problem: str


class CorpusError(ValueError):
    """A corpus file cannot be read or written.

    Attributes:
        path: the file.
        problem: what is wrong with it and what to do.
        lines: the first few bad lines; empty where the trouble is with the file as a whole.
        total: how many lines are bad in all.
        other_task: whether it is a good corpus, but not of dates.
    """

    def __init__(
        self,
        path: Path,
        problem: str,
        lines: tuple[LineProblem, ...] = (),
        total: int = 0,
        other_task: bool = False,
    ) -> None:
        super().__init__(path, problem, lines, total, other_task)
        self.path = path
        self.problem = problem
        self.lines = lines
        self.total = total
        self.other_task = other_task

    def __str__(self) -> str:
        listed = [f"  line {line.line}: {line.problem}" for line in self.lines]
        more = self.total - len(self.lines)
        rest = [f"  and {more} more"] if more else []
        return "\n".join([f"{self.path}: {self.problem}", *listed, *rest])


@dataclass(frozen=True)
class Corpus:
    """N questions and their answers. What a corpus can hold, a file can.

    Attributes:
        questions, answers: N texts each, as tuples; spaces at their ends are padding and are dropped.
        question_length, answer_length: the widths that they are padded to.
    Raises:
        ValueError: the numbers of questions and answers differ, or a text does not fit the file format; says which.
    """

    questions: Sequence[str]
    answers: Sequence[str]
    question_length: int = QUESTION_LENGTH
    answer_length: int = ANSWER_LENGTH

    def __post_init__(self) -> None:
        object.__setattr__(self, "questions", tuple([text.rstrip(" ") for text in self.questions]))
        object.__setattr__(self, "answers", tuple([text.rstrip(" ") for text in self.answers]))
        if len(self.questions) != len(self.answers):
            raise ValueError(
                f"got {counted(len(self.questions), 'question')} and {counted(len(self.answers), 'answer')}; "
                "expected as many of each"
            )
        if "" in self.questions:
            raise ValueError(f"question {self.questions.index('') + 1} is empty; expected some text")
        _check_texts("question", self.questions, self.question_length)
        _check_texts("answer", self.answers, self.answer_length)

    @classmethod
    def from_pairs(cls, pairs: Iterable[DatePair]) -> Corpus:
        """The corpus of some date pairs."""
        listed = list(pairs)
        return cls([pair.question for pair in listed], [pair.answer for pair in listed])

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(zip(self.questions, self.answers, strict=True))

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the file that `write_corpus` writes."""
        return hashlib.sha256(self._to_bytes()).hexdigest()

    def vocabulary(self) -> Vocabulary:
        """The characters that the corpus is written with, padding and `_` included, by ascending code point."""
        return Vocabulary(sorted({" ", START}.union(*self.questions, *self.answers)))

    def vocabulary_in_order_seen(self) -> Vocabulary:
        """The same characters in the order in which they first occur, as the book's `sequence.py` numbers them."""
        padded = ((q.ljust(self.question_length), START, a.ljust(self.answer_length)) for q, a in self)
        texts = (text for line in padded for text in line)
        return Vocabulary(dict.fromkeys(character for text in texts for character in text))

    def take(self, rows: Iterable[int]) -> Corpus:
        """The pairs of some rows, in the order given."""
        chosen = list(rows)
        return Corpus(
            [self.questions[row] for row in chosen],
            [self.answers[row] for row in chosen],
            self.question_length,
            self.answer_length,
        )

    def arrays(self, vocabulary: Vocabulary) -> tuple[IdArray, IdArray]:
        """The pairs as ids.

        Returns:
            x: (N, question_length) int64, questions padded with spaces, in the order of reading.
            t: (N, 1 + answer_length) int64, `_` and the answer.
        Raises:
            ValueError: a character is not in the vocabulary; names it, its text and its position.
        """
        x = vocabulary.encode_all(self.questions, self.question_length)
        t = vocabulary.encode_all([START + answer for answer in self.answers], 1 + self.answer_length)
        return x, t

    def _to_bytes(self) -> bytes:
        lines = [f"{q.ljust(self.question_length)}{START}{a.ljust(self.answer_length)}\n" for q, a in self]
        return "".join(lines).encode()


def _check_texts(kind: str, texts: Sequence[str], length: int) -> None:
    for row, text in enumerate(texts, start=1):
        if len(text) > length:
            raise ValueError(f"{kind} {row}, {text!r}, has {counted(len(text), 'character')}; at most {length} fit")
        if not _RESERVED.isdisjoint(text):
            raise ValueError(f"{kind} {row}, {text!r}, has {START!r} or a line break, which the file format reserves")


def write_corpus(path: str | Path, pairs: Corpus | Iterable[DatePair]) -> None:
    """Write a corpus file; an existing one is replaced.

    Args:
        path: the file.
        pairs: questions and answers.
    Raises:
        CorpusError: the file cannot be written; says why.
    """
    corpus = pairs if isinstance(pairs, Corpus) else Corpus.from_pairs(pairs)
    try:
        Path(path).write_bytes(corpus._to_bytes())
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise CorpusError(Path(path), f"cannot be written ({error}); choose another place") from error


def read_corpus(path: str | Path, vocabulary: Vocabulary | None = DATE_VOCABULARY, *, dates: bool = True) -> Corpus:
    """Read a corpus file; every line is good, or none is taken.

    The widths of question and answer are those of the first line that has both. Lines may end in `\\r\\n`, and the
    file may start with a byte order mark, that of UTF-16 too (`core.files.text_lines`).

    Args:
        path: the file.
        vocabulary: the characters that may occur, or None for any.
        dates: whether the answers must be days, `YYYY-MM-DD`.
    Raises:
        CorpusError: the file cannot be read, is empty or too large, or has bad lines; lists the first 20 of those with
            their numbers and what is wrong, and says how many there are.
    """
    path = Path(path)
    lines = _read_lines(path)
    reader = _LineReader(vocabulary, dates)
    problems: list[LineProblem] = []
    for number, line in enumerate(lines, start=1):
        problem = reader.read(line)
        if problem is not None:
            problems.append(LineProblem(number, problem))
    if dates and len(problems) == len(lines) and _is_of_another_task(lines):
        raise CorpusError(
            path,
            "is a corpus, but not of dates, YYYY-MM-DD; only models of dates can be trained, measured and shown here. "
            "A script of the book trains on it: python -m core book SCRIPT.py",
            other_task=True,
        )
    if problems:
        are, them = ("is", "it") if len(problems) == 1 else ("are", "them")
        summary = f"{len(problems)} of {len(lines)} lines {are} bad; nothing was read. Correct {them}:"
        raise CorpusError(path, summary, tuple(problems[:_REPORTED_AT_MOST]), len(problems))
    return Corpus(reader.questions, reader.answers, reader.question_length, reader.answer_length)


def _is_of_another_task(lines: list[bytes]) -> bool:
    """Is every line a good pair of another task, such as addition? An answer with hyphens was meant to be a day."""
    reader = _LineReader(None, dates=False)
    return all(reader.read(line) is None for line in lines) and not any("-" in answer[1:] for answer in reader.answers)


def _read_lines(path: Path) -> list[bytes]:
    """The lines of a file in UTF-8, without their ends."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise CorpusError(path, f"cannot be read ({error}); give a text file with one pair a line") from error
    if len(content) > MAX_BYTES:
        raise CorpusError(path, f"is larger than {MAX_BYTES} bytes, the most that is read; split it")
    lines = list(utf8_lines(io.BytesIO(content)))
    if not lines:
        raise CorpusError(path, "is empty; expected one pair a line, the padded question, '_' and the answer")
    return lines


class _LineReader:
    """Collects the pairs of good lines and says what is wrong with bad ones."""

    def __init__(self, vocabulary: Vocabulary | None, dates: bool) -> None:
        self.questions: list[str] = []
        self.answers: list[str] = []
        self.question_length = 0
        self.answer_length = ANSWER_LENGTH if dates else 0
        self._allowed = None if vocabulary is None else frozenset(vocabulary)
        self._dates = dates

    def read(self, line: bytes) -> str | None:
        """Take the pair of a line, or return what is wrong with it."""
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            return f"not UTF-8 at byte {error.start + 1}; save the file as UTF-8"
        problem = self._problem_of(text)
        if problem is None:
            question, _, answer = text.partition(START)
            self.questions.append(question.rstrip(" "))
            self.answers.append(answer.rstrip(" "))
        return problem

    def _problem_of(self, text: str) -> str | None:
        if not text.strip(" "):
            return "blank; delete it"
        question, separator, answer = text.partition(START)
        if not separator:
            return f"no {START!r} between question and answer"
        if not question.strip(" "):
            return f"no question before the {START!r}"
        if self._allowed is not None and not self._allowed.issuperset(text):
            position = next(i for i, c in enumerate(text) if c not in self._allowed)
            return f"character {position + 1} is {describe_character(text[position])}; it is not in the vocabulary"
        if self._dates and not _is_day(answer):
            return f"the answer is {_short(answer)}; expected a day that exists, written YYYY-MM-DD"
        if START in answer:
            return f"more than one {START!r}"
        if "\r" in text:
            return "a carriage return inside the line; end lines with \\n or \\r\\n"
        return self._problem_of_widths(len(question), len(answer))

    def _problem_of_widths(self, question_length: int, answer_length: int) -> str | None:
        if not self.question_length:
            if max(question_length, answer_length) > MAX_LENGTH:
                return f"question or answer is longer than {MAX_LENGTH} characters, the most that is read"
            self.question_length, self.answer_length = question_length, answer_length
        if question_length != self.question_length:
            return (
                f"the padded question has {counted(question_length, 'character')}; "
                f"the lines before have {self.question_length}"
            )
        if answer_length != self.answer_length:
            return f"the answer has {counted(answer_length, 'character')}; the lines before have {self.answer_length}"
        return None


def _is_day(text: str) -> bool:
    # fromisoformat alone would take other forms of ISO 8601, such as a year and week.
    if _ISO_DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _short(text: str) -> str:
    return ascii(text) if len(text) <= 20 else f"{text[:20]!a} and {counted(len(text) - 20, 'character')} more"


def split_by_day(corpus: Corpus, test_share: float = 0.1, seed: int = 0) -> tuple[Corpus, Corpus]:
    """Split by answer: no day of the test set is in the training set in any format.

    Which days are held out depends on `seed` and `test_share` alone, by a hash of the day, and not on what else the
    corpus holds: the training set of one corpus shares no day with the test set of another.

    Args:
        corpus: at least some dozens of different answers, for both sets to get some.
        test_share: share of the days to hold out, between 0 and 1; met on average.
        seed: any integer.
    Returns:
        training set and test set, each in the order of the corpus.
    Raises:
        ValueError: `test_share` is not between 0 and 1, or one of the sets would be empty.
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share is {test_share}; expected a share between 0 and 1, such as 0.1")
    held_out = {answer for answer in set(corpus.answers) if _fraction(f"{seed} {answer}") < test_share}
    test = corpus.take(row for row, answer in enumerate(corpus.answers) if answer in held_out)
    train = corpus.take(row for row, answer in enumerate(corpus.answers) if answer not in held_out)
    if not len(train) or not len(test):
        days = len(set(corpus.answers))
        raise ValueError(
            f"the pairs of {counted(days, 'different answer')} split into {len(train)} for training and {len(test)} "
            "for testing; expected some in both. Use more data, another test_share or another seed"
        )
    return train, test


def _fraction(text: str) -> float:
    """A number in [0, 1) that looks random but is the same everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48
