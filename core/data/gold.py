"""Where a model should look: which source characters decide which output characters.

This is known for a date, as it is not for a translation, so attention can be measured against it
(`core.analysis.alignment`) or put in its place (`core.decoding.interventions`). The reasons for the rule are in
`docs/alignment.md`.

Shapes: T_enc source characters in reading order, T_dec output characters.
"""

from __future__ import annotations

import numpy as np

from core.backend.arrays import BoolArray
from core.data.corpus import ANSWER_LENGTH
from core.data.oracle import Reading, read_text
from core.files.wording import counted


def gold_alignment(question: str, answer_length: int = ANSWER_LENGTH) -> BoolArray | None:
    """Which source characters decide which output characters: gold[i, j] is "output i is decided by source j".

    The year, the month and the day are each decided by the characters that say them, by one rule: a digit that
    stands in the question is decided by itself, right-aligned (the `7` of `27` gives the last digit of the day); a
    digit that does not stand there is decided by all characters of its part. The latter are both digits of a month in
    words, the first two digits of a year of two digits, and the 0 before a day or month of one digit. The hyphens are
    decided by nothing; the weekday, punctuation and spaces decide nothing.

        2/10/93   year 1 9 <- 93, 9 <- 9, 3 <- 3    month 0 2 <- 2    day 1 <- 1, 0 <- 0

    Args:
        question: the date; spaces after it are padding.
        answer_length: T_dec, at least 10; any further rows have no gold.
    Returns:
        (T_dec, len(question)) bool; None for a text that is no real day, or where it is not settled which characters
        say the month and which the day (`10/02/1993`). Texts of the seven families are read, and all others that
        `core.data.oracle` reads.
    Raises:
        ValueError: `answer_length` is less than 10.
    """
    if answer_length < ANSWER_LENGTH:
        raise ValueError(f"answer_length is {answer_length}; an answer YYYY-MM-DD needs at least {ANSWER_LENGTH}")
    readings = [reading for reading in read_text(question.rstrip(" ")) if reading.date is not None]
    golds = [_gold_of(reading, question, answer_length) for reading in readings]
    if not golds or any(not np.array_equal(golds[0], other) for other in golds[1:]):
        return None
    return golds[0]


def gold_padded(question: str, t_enc: int, answer_length: int = ANSWER_LENGTH) -> BoolArray | None:
    """`gold_alignment` with columns for the padding, which decides nothing.

    Args:
        question, answer_length: see `gold_alignment`.
        t_enc: T_enc.
    Returns:
        (T_dec, T_enc) bool, or None; None for any answer that is too short for a day, too.
    Raises:
        ValueError: the question is longer than `t_enc`.
    """
    if answer_length < ANSWER_LENGTH:
        return None
    if len(question) > t_enc:
        raise ValueError(f"the question has {counted(len(question), 'character')}; at most {t_enc} fit")
    gold = gold_alignment(question, answer_length)
    return None if gold is None else np.pad(gold, ((0, 0), (0, t_enc - len(question))))


def _gold_of(reading: Reading, question: str, answer_length: int) -> BoolArray:
    gold = np.zeros((answer_length, len(question)), dtype=np.bool_)
    for first, digits, part in ((0, 4, reading.year), (5, 2, reading.month), (8, 2, reading.day)):
        in_words = not question[part[0]].isdigit()
        for k in range(digits):
            own = k - digits + len(part)
            gold[first + k, list(part) if in_words or own < 0 else part[own]] = True
    return gold
