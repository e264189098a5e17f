"""Dates as people write them, and as a machine wants them: the data the models learn from.

A pair is a question in one of seven families of format and its answer `YYYY-MM-DD`. Month and weekday names are the
American English ones of the Unicode CLDR, as Babel carries them.

Pairs are drawn with Python's Mersenne Twister, `random.Random(seed)`, through its `random()` method alone: that
sequence is the same on every platform and promised not to change between Python versions (the convenience methods
`choice`, `randrange` and `shuffle` are not).
"""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from typing import Literal, NamedTuple

from babel import Locale

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2017, 12, 31)


@cache
def american_english() -> Locale:
    """The CLDR's names of months and weekdays, read when first asked for: it takes half as long as importing `core`."""
    return Locale("en", "US")


class DatePair(NamedTuple):
    """A question, its answer, and which characters of the question decide which part of the answer.

    Attributes:
        question: the date as a person writes it, at most 29 characters, without padding.
        answer: the day as `YYYY-MM-DD`.
        family: name of the question's family of format.
        year, month, day: positions in `question`, ascending from 0, that say the year, the month and the day. The
            weekday, punctuation and spaces are in none of them.
    """

    question: str
    answer: str
    family: str
    year: tuple[int, ...]
    month: tuple[int, ...]
    day: tuple[int, ...]


@dataclass(frozen=True)
class Family:
    """A family of formats: its name, its share of the data, and a question of it."""

    name: str
    share: float
    example: str


@dataclass(frozen=True)
class _Form:
    """How a family is written.

    Attributes:
        months: one tuple of twelve month names for each equally likely way to write them.
        weekdays: Monday to Sunday, or empty where the weekday is not written.
        pattern: the questions of the family, with the groups `year`, `month` and `day`.
    """

    months: tuple[tuple[str, ...], ...]
    weekdays: tuple[str, ...]
    pattern: re.Pattern[str]


_DAY = "(?P<day>[1-9]|[12][0-9]|3[01])"


@cache
def _month_names(width: Literal["wide", "abbreviated"]) -> tuple[str, ...]:
    names = american_english().months["format"][width]
    return tuple(names[month] for month in range(1, 13))


@cache
def _month_numbers() -> dict[str, int]:
    widths = (_month_names("wide"), _month_names("abbreviated"))
    return {name.lower(): month for names in widths for month, name in enumerate(names, start=1)}


def _numeric() -> _Form:
    months = tuple(str(month) for month in range(1, 13))
    pattern = f"(?P<month>{'|'.join(months)})/{_DAY}/(?P<year>[0-9]{{2}})"
    return _Form(months=(months,), weekdays=(), pattern=re.compile(pattern))


def _worded(case: Callable[[str], str], *, weekday: bool) -> _Form:
    lengths = [_month_names("wide")] if weekday else [_month_names("wide"), _month_names("abbreviated")]
    months = tuple(tuple(case(name) for name in names) for names in lengths)
    names_of_days = american_english().days["format"]["wide"]
    weekdays = tuple(case(names_of_days[number]) for number in range(7)) if weekday else ()
    before = f"(?:{'|'.join(weekdays)}), " if weekday else ""
    names = "|".join(name for names in months for name in names)
    pattern = f"{before}(?P<month>{names}) {_DAY}, (?P<year>[0-9]{{4}})"
    return _Form(months=months, weekdays=weekdays, pattern=re.compile(pattern))


FAMILIES: tuple[Family, ...] = (
    Family("month", 0.25, "August 19, 2003"),
    Family("numeric", 0.25, "2/10/93"),
    Family("month-lower", 0.13, "september 27, 1994"),
    Family("weekday", 0.125, "Wednesday, February 26, 1997"),
    Family("month-upper", 0.125, "JUN 17, 2013"),
    Family("weekday-lower", 0.06, "thursday, june 5, 2008"),
    Family("weekday-upper", 0.06, "TUESDAY, SEPTEMBER 25, 1984"),
)


@cache
def _forms() -> dict[str, _Form]:
    return {
        "month": _worded(str, weekday=False),
        "numeric": _numeric(),
        "month-lower": _worded(str.lower, weekday=False),
        "weekday": _worded(str, weekday=True),
        "month-upper": _worded(str.upper, weekday=False),
        "weekday-lower": _worded(str.lower, weekday=True),
        "weekday-upper": _worded(str.upper, weekday=True),
    }


FAMILY_NAMES = tuple(family.name for family in FAMILIES)


def make_pairs(n: int, seed: int, families: Collection[str] = FAMILY_NAMES) -> list[DatePair]:
    """Draw dates: the family by its share, the day uniformly from 1970-01-01 to 2017-12-31, each with replacement.

    The same arguments give the same pairs everywhere, and a larger `n` only adds to the end.

    Args:
        n: how many pairs.
        seed: any integer; its sign makes no difference.
        families: names of those to draw from, each by its share among them; their order makes no difference.
    Raises:
        ValueError: `n` is negative, or a family is unknown or there is none; says which.
    Example:
        >>> make_pairs(1, seed=1)[0].question
        'Sep 5, 2010'
    """
    if n < 0:
        raise ValueError(f"n is {n}; expected 0 or more pairs")
    chosen = choose_families(families)
    rng = random.Random(seed)
    return [_draw_pair(rng, chosen) for _ in range(n)]


def choose_families(names: Collection[str]) -> tuple[Family, ...]:
    """The families of some names, in the order of `FAMILIES`.

    Raises:
        ValueError: a name is unknown, or there is none; says which.
    """
    unknown = [name for name in names if name not in FAMILY_NAMES]
    if unknown or not names:
        got = ascii(unknown[0])[:40] if unknown else "none"
        raise ValueError(f"got {got} as a family of dates; expected some of {', '.join(FAMILY_NAMES)}")
    return tuple(family for family in FAMILIES if family.name in names)


def random_question(rng: random.Random) -> str:
    """One question drawn as `make_pairs` draws them, without padding."""
    return _draw_pair(rng, FAMILIES).question


def read_pair(question: str) -> DatePair | None:
    """The pair of a question without padding, or None where it is in no family or names no real day.

    Two-digit years are read as 1970 to 2017; others are no day. Four-digit years may be any. A weekday is not checked
    against the date, since the answer does not depend on it.
    """
    family = family_of(question)
    return None if family is None else _read_as(family, question)


def family_of(question: str) -> str | None:
    """Name of the family that a question without padding is written in, or None.

    Told from the form alone: `2/30/93` is of the family `numeric` though there is no such day.
    """
    return next((name for name, form in _forms().items() if form.pattern.fullmatch(question)), None)


def _draw_pair(rng: random.Random, families: tuple[Family, ...]) -> DatePair:
    family = families[bisect_right(_cumulative_shares(families), rng.random())].name
    form = _forms()[family]
    days = LAST_DAY.toordinal() - FIRST_DAY.toordinal() + 1
    day = date.fromordinal(FIRST_DAY.toordinal() + int(rng.random() * days))
    months = form.months[int(rng.random() * len(form.months))]
    pair = _read_as(family, _write(family, day, months))
    assert pair is not None and pair.answer == day.isoformat(), f"{day} written as {family} reads as {pair}"
    return pair


@cache
def _cumulative_shares(families: tuple[Family, ...]) -> tuple[float, ...]:
    """Where in [0, 1) the draws of the next family begin; one fewer than families, so that every draw falls on one."""
    *sums, total = accumulate(family.share for family in families)
    return tuple(share / total for share in sums)


def _write(family: str, day: date, months: tuple[str, ...]) -> str:
    month = months[day.month - 1]
    if family == "numeric":
        return f"{month}/{day.day}/{day.year % 100:02d}"
    weekdays = _forms()[family].weekdays
    weekday = f"{weekdays[day.weekday()]}, " if weekdays else ""
    return f"{weekday}{month} {day.day}, {day.year}"


def _read_as(family: str, question: str) -> DatePair | None:
    match = _forms()[family].pattern.fullmatch(question)
    if match is None:
        return None
    year, month = int(match["year"]), match["month"].lower()
    if family == "numeric":
        year += 1900 if year >= FIRST_DAY.year % 100 else 2000
    try:
        day = date(year, int(month) if family == "numeric" else _month_numbers()[month], int(match["day"]))
    except ValueError:
        return None
    if family == "numeric" and day > LAST_DAY:
        return None
    positions = {part: tuple(range(*match.span(part))) for part in ("year", "month", "day")}
    return DatePair(question, day.isoformat(), family, **positions)
