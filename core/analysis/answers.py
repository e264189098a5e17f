"""An answer beside the right one, for the pages that put several next to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.analysis.alignment import score_alignment
from core.data.corpus import ANSWER_LENGTH
from core.data.gold import gold_padded
from core.data.oracle import Verdict, judge
from core.data.vocabulary import knows_dates
from core.decoding.trace import DecodingTrace


@dataclass(frozen=True)
class Answer:
    """How good an answer is, character by character.

    Attributes:
        expected: the right answer; the nearest to what was written, where there are several; None where there is none.
        right: for each character whether it is that of the right answer; None likewise.
        probability: that the model gives this output, 0 to 1: the product over the steps.
        error_rate: the alignment error rate of this decoding, 0 to 1; None without attention, or where the text has no
            gold.
    """

    expected: str | None
    right: tuple[bool, ...] | None
    probability: float
    error_rate: float | None

    @property
    def whole(self) -> bool | None:
        """Is all of it right? None where nothing is known to be."""
        return None if self.right is None else all(self.right)


def verdict_on(trace: DecodingTrace) -> Verdict | None:
    """The oracle's word on a decoding; None for a model that cannot write dates."""
    if len(trace.output) != ANSWER_LENGTH or not knows_dates(trace.vocabulary):
        return None
    return judge(trace.text, trace.output, trace.probabilities[np.arange(len(trace)), trace.output_ids])


def answer_of(trace: DecodingTrace) -> Answer:
    """Judge a decoding beside the nearest right answer."""
    chosen = trace.probabilities[np.arange(len(trace)), trace.output_ids]
    days = [day.isoformat() for day in judge(trace.text, trace.output).days if len(trace) == ANSWER_LENGTH]
    expected = max(days, key=lambda day: sum(_matches(trace.output, day)), default=None)
    return Answer(
        expected=expected,
        right=None if expected is None else _matches(trace.output, expected),
        probability=float(np.prod(chosen, dtype=np.float64)),
        error_rate=_error_rate(trace),
    )


def _error_rate(trace: DecodingTrace) -> float | None:
    if trace.weights is None:
        return None
    gold = gold_padded(trace.text, len(trace.source), len(trace))
    return score_alignment(trace.weights, gold, len(trace.text)).total.alignment_error_rate


def _matches(output: str, day: str) -> tuple[bool, ...]:
    return tuple(written == wanted for written, wanted in zip(output, day, strict=True))
