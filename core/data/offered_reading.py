"""A date in another script or order, written as the models know it: `1994年9月27日` -> `9/27/94`.

Strict: a text is a date as a whole or no date, and where it can mean two days both are offered. Where it can mean more,
nothing is: a guess would be wrong more often than right.

Read are the forms of `core.data.oracle`, numbers in any order with a year of two digits too, Japanese (Gregorian years
and eras), Chinese and Korean dates, month names of six more European languages, Roman months, time of day after ISO
dates; digits of any script and any kind of dash.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Final

from babel import Locale

from core.data.dates import FIRST_DAY, LAST_DAY, american_english, family_of
from core.data.oracle import read_text

OFFERED_AT_MOST: Final = 2
# A date is shorter, and a pasted book must cost no more.
_LONGEST: Final = 60
# The models know no year of fewer digits.
_LEAST_YEAR: Final = 1000


def offered_readings(text: str) -> tuple[str, ...]:
    """The date that a text is, written as the models were trained on.

    Args:
        text: as it was typed; any text is answered.
    Returns:
        `M/D/YY` for a day of the years 1970 to 2017, `Month D, YYYY` for another; the likelier first where there are
        two. Nothing for a text that is written in a known way already, that is no date as a whole or no real day, or
        that can mean more than two days.
    Cost:
        a few regular expressions; 0.1 ms.
    Example:
        >>> offered_readings("平成6年9月27日")
        ('9/27/94',)
        >>> offered_readings("10.02.1993")
        ('10/2/93', '2/10/93')
    """
    if len(text) > 10 * _LONGEST:
        return ()
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    if not folded or len(folded) > _LONGEST or family_of(folded) is not None:
        return ()
    days = tuple(dict.fromkeys(_days(_tidied(folded))))
    if len(days) > OFFERED_AT_MOST or any(day.year < _LEAST_YEAR for day in days):
        return ()
    return tuple(map(_written, days))


def _written(day: date) -> str:
    if FIRST_DAY <= day <= LAST_DAY:
        return f"{day.month}/{day.day}/{day.year % 100:02d}"
    return f"{american_english().months['format']['wide'][day.month]} {day.day}, {day.year}"


# ---- what is no part of the date ------------------------------------------------------------------------------------

_DOTS: Final = "・·•。．"
_QUOTES: Final = "\"'“”‘’「」『』《》<>"
_DAY_OF_WEEK: Final = "[月火水木金土日]曜日?|[월화수목금토일]요일"
_WEEKDAY: Final = re.compile(rf" ?(?:\((?:{_DAY_OF_WEEK}|[月火水木金土日월화수목금토일])\)|{_DAY_OF_WEEK})")
_TIME: Final = re.compile(r"(?:T| )[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _tidied(text: str) -> str:
    """The date alone, its digits, dots and dashes those of a keyboard."""
    plain = "".join(map(_plain, text)).strip(_QUOTES + " ")
    plain = _WEEKDAY.sub("", plain, count=1)
    if _ISO.match(plain) and _TIME.fullmatch(plain, 10):
        plain = plain[:10]
    return plain.strip(" ,.;")


def _plain(character: str) -> str:
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    if character in _DOTS:
        return "."
    if character == "、":
        return ","
    return "-" if unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}" else character


# ---- days -----------------------------------------------------------------------------------------------------------


def _days(text: str) -> Iterator[date]:
    """Every day that a text can mean, in any of the ways to write one."""
    yield from (reading.date for reading in read_text(text) if reading.date is not None)
    yield from _real(_year_first(text))
    yield from _real(_east_asian(text))
    yield from _real(_european(text))


def _real(numbers: Iterable[tuple[int, int, int]]) -> Iterator[date]:
    for year, month, day in numbers:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _trained_years(two_digits: str) -> list[int]:
    years = (1900 + int(two_digits), 2000 + int(two_digits))
    return [year for year in years if FIRST_DAY.year <= year <= LAST_DAY.year]


_SHORT_YEAR_FIRST: Final = re.compile(r"'?([0-9]{2})([/.-] ?| )([0-9]{1,2})\2([0-9]{1,2})")


def _year_first(text: str) -> Iterator[tuple[int, int, int]]:
    """94.9.27"""
    if found := _SHORT_YEAR_FIRST.fullmatch(text):
        yield from ((year, int(found[3]), int(found[4])) for year in _trained_years(found[1]))


_ERAS: Final = {
    "明治": (date(1873, 1, 1), date(1912, 7, 29), 1867),
    "大正": (date(1912, 7, 30), date(1926, 12, 24), 1911),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7), 1925),
    "平成": (date(1989, 1, 8), date(2019, 4, 30), 1988),
    "令和": (date(2019, 5, 1), date.max, 2018),
}
"""First and last day of the eras, from the first year of the Gregorian calendar in Japan on, and the year before."""

_LETTERS: Final = dict(zip("MTSHR", _ERAS, strict=True))
_KANJI: Final = {digit: str(value) for value, digit in enumerate("〇一二三四五六七八九")} | {"零": "0"}
_NUMBER: Final = "[0-9〇零一二三四五六七八九十]+"
_CHINESE: Final = re.compile(f"({_NUMBER}) ?年 ?({_NUMBER}) ?月 ?({_NUMBER}) ?[日号]?")
_OF_ERA: Final = re.compile(f"({'|'.join(_ERAS)}) ?({_NUMBER}|元) ?年 ?({_NUMBER}) ?月 ?({_NUMBER}) ?日?")
_OF_ERA_SHORT: Final = re.compile(r"([MTSHR]) ?([0-9]{1,2})([./-] ?)([0-9]{1,2})\3([0-9]{1,2})")
_TAIWANESE: Final = re.compile(f"(?:中華)?民[國国] ?({_NUMBER}|元) ?年 ?({_NUMBER}) ?月 ?({_NUMBER}) ?[日号]?")
_KOREAN: Final = re.compile("'?([0-9]{4}|[0-9]{2}) ?년 ?([0-9]{1,2}) ?월 ?([0-9]{1,2}) ?일")


def _east_asian(text: str) -> Iterator[tuple[int, int, int]]:
    if found := _KOREAN.fullmatch(text):
        years = [int(found[1])] if len(found[1]) == 4 else _trained_years(found[1])
        yield from ((year, int(found[2]), int(found[3])) for year in years)
    if found := _CHINESE.fullmatch(text):
        digits = "".join(_KANJI.get(c, c) for c in found[1])
        # Two digits could be of an era that is left unsaid.
        if len(digits) == 4 and digits.isdecimal():
            yield int(digits), _number(found[2]), _number(found[3])
    if found := _OF_ERA.fullmatch(text):
        yield from _in_era(found[1], _number(found[2]), _number(found[3]), _number(found[4]))
    if found := _OF_ERA_SHORT.fullmatch(text):
        yield from _in_era(_LETTERS[found[1]], int(found[2]), int(found[4]), int(found[5]))
    if found := _TAIWANESE.fullmatch(text):
        yield 1911 + _number(found[1]), _number(found[2]), _number(found[3])


def _in_era(era: str, year: int, month: int, day: int) -> Iterator[tuple[int, int, int]]:
    first, last, before = _ERAS[era]
    # The first year is 1; a day that the era never saw is no day of it.
    for meant in _real([(before + year, month, day)] if year > 0 else []):
        if first <= meant <= last:
            yield meant.year, meant.month, meant.day


def _number(written: str) -> int:
    """9, 二十七 or 元, the first; 0, which is no day, month or year, for what is no number up to 99."""
    if written == "元":
        return 1
    if written.isdecimal():
        return int(written) if len(written) <= 3 else 0
    tens, ten, ones = written.partition("十")
    if not ten:
        digits = "".join(_KANJI.get(c, "?") for c in written)
        return int(digits) if digits.isdecimal() and len(digits) <= 2 else 0
    if len(tens) > 1 or len(ones) > 1 or "零" in written or "〇" in written:
        return 0
    value = (tens or "一", ones or "〇")
    return int("".join(_KANJI.get(c, "0") for c in value)) if all(c in _KANJI for c in value) else 0


_EUROPEAN: Final = ("de", "fr", "es", "it", "pt", "nl")
_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


@cache
def _month_names() -> dict[str, int]:
    """Names and abbreviations that mean one month wherever they are used."""
    meant: dict[str, set[int]] = {name: {month} for month, name in enumerate(_ROMAN, start=1)}
    for locale in ("en", *_EUROPEAN):
        months = Locale(locale).months["format"]
        for width in ("wide", "abbreviated"):
            for month, name in months[width].items():
                meant.setdefault(name.lower().rstrip("."), set()).add(month)
    return {name: months.pop() for name, months in meant.items() if len(months) == 1}


@cache
def _european_form() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _month_names()), key=len, reverse=True))
    of = r"(?: de| del| of)?"
    # "1º" has become "1o" by then.
    day, year = r"([0-9]{1,2})(?:\.|er|o|°)?", "'?([0-9]{4}|[0-9]{2})"
    return re.compile(rf"{day}{of}[ ./-]{{0,2}}({names})\.?{of}[ ./-]{{1,2}}{year}", re.IGNORECASE)


def _european(text: str) -> Iterator[tuple[int, int, int]]:
    """27. septembre 1994, 27 de septiembre de 1994, 27.IX.1994"""
    if found := _european_form().fullmatch(text):
        years = [int(found[3])] if len(found[3]) == 4 else _trained_years(found[3])
        yield from ((year, _month_names()[found[2].lower()], int(found[1])) for year in years)
