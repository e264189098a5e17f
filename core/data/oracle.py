"""What the right answer is, whether the model gave it, and whether it could have known.

The oracle reads dates by rules: the seven families of the training data as `core.data.dates` reads them, and other ways
in which people write a day in English. Babel's `parse_date` is no help here: of a text it takes the numbers alone, so
it reads no month names, and `2/10/93` as 2093.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from core.data.dates import FIRST_DAY, LAST_DAY, american_english, family_of, read_pair

CONFIDENT_ABOVE = 0.5
"""A character with a greater probability than this is more probable than all others together."""


class Judgement(StrEnum):
    """What the oracle says of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_A_DAY = "not a real day"
    """The text is written like a date, but there is no such day, so no answer is right."""
    UNREADABLE = "unreadable"
    """The oracle reads no day in the text, and does not judge."""


class Outside(StrEnum):
    """In which way a text is unlike everything that the models were trained on."""

    FORMAT = "format"
    """None of the seven families is written like this."""
    YEAR = "year"
    """The year is not one of 1970 to 2017."""
    NOT_A_DAY = "not a real day"
    WEEKDAY = "weekday"
    """The day was another day of the week."""


@dataclass(frozen=True)
class Reading:
    """One meaning of a text.

    Attributes:
        year_number, month_number, day_number: what it says, which need not be a real day.
        year, month, day: positions in the text, ascending from 0, that say so.
    """

    year_number: int
    month_number: int
    day_number: int
    year: tuple[int, ...]
    month: tuple[int, ...]
    day: tuple[int, ...]

    @property
    def date(self) -> date | None:
        """The day, or None where there is none such."""
        try:
            return date(self.year_number, self.month_number, self.day_number)
        except ValueError:
            return None


@dataclass(frozen=True)
class Verdict:
    """The oracle's word on one answer.

    Attributes:
        text, output: what was typed, and what the model wrote.
        judgement: whether that is right.
        days: the days that the text can mean, the likeliest first. One for a text of the seven families, several
            where day and month (`10/02/1993`) or centuries (`1/1/45`) can be mixed up, none where nothing is right.
        family: the family that the text is written in, or None.
        outside: everything that sets the text apart from the training data, in the order of `Outside`; often nothing.
        weekday: the day of the week that the text says, 0 for Monday to 6 for Sunday, right or not; or None.
        probability: that the model gives this output, 0 to 1: the product over the steps, by the chain rule; None
            where it was not told.
        confidence: the probability of the least certain character, 0 to 1; None likewise.
    """

    text: str
    output: str
    judgement: Judgement
    days: tuple[date, ...]
    family: str | None
    outside: tuple[Outside, ...]
    weekday: int | None
    probability: float | None
    confidence: float | None

    @property
    def expected(self) -> date | None:
        """The likeliest right answer, or None where there is none."""
        return self.days[0] if self.days else None

    @property
    def confident(self) -> bool:
        """Did the model, at every step, hold its character more probable than all others together?"""
        return self.confidence is not None and self.confidence > CONFIDENT_ABOVE

    @property
    def confident_and_wrong(self) -> bool:
        """Confident, though the answer is wrong or, the day not being real, cannot be right.

        Of a text that the oracle does not read this is not said, however confident the model is.
        """
        return self.confident and self.judgement in (Judgement.WRONG, Judgement.NOT_A_DAY)

    def to_dict(self) -> dict[str, object]:
        """Everything, for JSON; days as `YYYY-MM-DD`."""
        return {
            "text": self.text,
            "output": self.output,
            "judgement": self.judgement.value,
            "expected": None if self.expected is None else self.expected.isoformat(),
            "days": [day.isoformat() for day in self.days],
            "family": self.family,
            "outside": [reason.value for reason in self.outside],
            "weekday": self.weekday,
            "probability": self.probability,
            "confidence": self.confidence,
            "confident": self.confident,
            "confident_and_wrong": self.confident_and_wrong,
        }


def judge(text: str, output: str, probabilities: Iterable[float] | None = None) -> Verdict:
    """Say whether an answer is right, and what is unusual about the question.

    An answer is right where it is one of the days that the text can mean.

    Args:
        text: what was typed; any text is answered. Spaces around it are ignored.
        output: what the model wrote.
        probabilities: of the characters written, one for each step; None where confidence does not matter.
    Example:
        >>> verdict = judge("27 september 1994", "1994-09-02", [0.97] * 10)
        >>> print(verdict.judgement, verdict.expected, *verdict.outside, verdict.confident_and_wrong)
        wrong 1994-09-27 format True
    """
    typed = text.strip(" ")
    readings = read_text(typed)
    days = tuple(dict.fromkeys(reading.date for reading in readings if reading.date is not None))
    family, weekday = family_of(typed), _weekday_said(typed)
    certainties = _certainties(probabilities)
    return Verdict(
        text=text,
        output=output,
        judgement=_judgement(output, readings, days),
        days=days,
        family=family,
        outside=tuple(_outside(readings, days, family, weekday)),
        weekday=weekday,
        probability=math.prod(certainties) if certainties else None,
        confidence=min(certainties, default=None),
    )


def read_text(text: str) -> tuple[Reading, ...]:
    """What a text can mean, the likeliest first; empty where no day can be read in it.

    A text of the seven families means what `core.data.dates` says. Others may be in any mixture of capitals and small
    letters, with a short or long month name, the day before it, an ordinal (`27th of september`), other or no
    punctuation, a year of two digits, in numbers with the month or the day first, or in the order of ISO 8601. A year
    of two digits that no training date has, such as 45, means 2045 or 1945.

    Args:
        text: without padding.
    Returns:
        the meanings that are real days; where none is, those that are not.
    """
    pair = read_pair(text)
    if pair is not None:
        day = date.fromisoformat(pair.answer)
        return (Reading(day.year, day.month, day.day, pair.year, pair.month, pair.day),)
    # 2/30/93 is of a family, and in that one the month comes first.
    forms = (*_worded_forms(), *_NUMERIC_FORMS, *([_DAY_FIRST] if family_of(text) is None else []))
    readings = [reading for form in forms for reading in _read_as(form, text)]
    return tuple([reading for reading in readings if reading.date is not None] or readings)


# ---- forms ----------------------------------------------------------------------------------------------------------


def _names(kind: Mapping[str, Mapping[int, str]]) -> dict[str, int]:
    return {kind[width][number].lower(): number for width in ("wide", "abbreviated") for number in kind[width]}


@cache
def _months() -> dict[str, int]:
    return _names(american_english().months["format"]) | {"sept": 9}


@cache
def _weekdays() -> dict[str, int]:
    return _names(american_english().days["format"]) | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}


_DAY = "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_LONG_YEAR = "(?P<year>[0-9]{4})"
_YEAR = "'?(?P<year>[0-9]{4}|[0-9]{2})"
_GAP, _ANY_GAP = "[ ,./-]{1,3}", "[ ,./-]{0,3}"
_NUMBER_GAP, _SAME_GAP = "(?P<gap>[/.-] ?| )", "(?P=gap)"

_NUMERIC_FORMS = (
    f"{_LONG_YEAR}{_NUMBER_GAP}(?P<month>[0-9]{{1,2}}){_SAME_GAP}(?P<day>[0-9]{{1,2}})",  # 1994-09-27
    f"{_LONG_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",  # 19940927
    f"(?P<month>[0-9]{{1,2}}){_NUMBER_GAP}(?P<day>[0-9]{{1,2}}){_SAME_GAP}{_YEAR}",  # 9/27/1994
)
_DAY_FIRST = f"(?P<day>[0-9]{{1,2}}){_NUMBER_GAP}(?P<month>[0-9]{{1,2}}){_SAME_GAP}{_YEAR}"  # 27.9.1994


@cache
def _worded_forms() -> tuple[str, ...]:
    weekday = rf"(?:(?:{'|'.join(_weekdays())})(?:\.?, ?|\.? ))?"
    month = rf"(?P<month>{'|'.join(_months())})\.?"
    return (
        f"{weekday}{month}{_ANY_GAP}(?:the )?{_DAY}{_GAP}{_YEAR}",  # Sept 27th 1994
        f"{weekday}(?:the )?{_DAY}{_ANY_GAP}(?:of )?{month}{_ANY_GAP}{_YEAR}",  # 27 september 1994
        f"{_LONG_YEAR}{_ANY_GAP}{month}{_ANY_GAP}{_DAY}",  # 1994 september 27
    )


_FIRST_WORD = re.compile("[A-Za-z]+")


def _read_as(form: str, text: str) -> list[Reading]:
    match = re.fullmatch(form, text, re.ASCII | re.IGNORECASE)
    if match is None:
        return []
    month = match["month"].lower()
    number = int(month) if month.isdigit() else _months()[month]
    year, month_, day = (tuple(range(*match.span(part))) for part in ("year", "month", "day"))
    return [Reading(y, number, int(match["day"]), year, month_, day) for y in _years(match["year"])]


def _years(written: str) -> list[int]:
    """The years that two or four digits can mean, the likeliest first."""
    if len(written) == 4:
        return [int(written)]
    centuries = [year for year in (2000 + int(written), 1900 + int(written)) if _is_trained(year)]
    return centuries or [2000 + int(written), 1900 + int(written)]


def _is_trained(year: int) -> bool:
    return FIRST_DAY.year <= year <= LAST_DAY.year


def _weekday_said(text: str) -> int | None:
    word = _FIRST_WORD.match(text)
    return None if word is None else _weekdays().get(word[0].lower())


# ---- verdict --------------------------------------------------------------------------------------------------------


def _judgement(output: str, readings: Sequence[Reading], days: Sequence[date]) -> Judgement:
    if not readings:
        return Judgement.UNREADABLE
    if not days:
        return Judgement.NOT_A_DAY
    return Judgement.RIGHT if output in [day.isoformat() for day in days] else Judgement.WRONG


def _outside(
    readings: Sequence[Reading], days: Sequence[date], family: str | None, weekday: int | None
) -> list[Outside]:
    found = {
        Outside.FORMAT: family is None,
        Outside.YEAR: bool(readings) and not any(_is_trained(reading.year_number) for reading in readings),
        Outside.NOT_A_DAY: bool(readings) and not days,
        Outside.WEEKDAY: bool(days) and weekday is not None and weekday not in [day.weekday() for day in days],
    }
    return [reason for reason, holds in found.items() if holds]


def _certainties(probabilities: Iterable[float] | None) -> list[float]:
    """The probabilities, 0 to 1 however they were rounded; none where one of them is no number."""
    values = [] if probabilities is None else [float(p) for p in probabilities]
    return [min(max(p, 0.0), 1.0) for p in values] if all(map(math.isfinite, values)) else []
