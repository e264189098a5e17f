"""Dates in other scripts and orders: what is offered is the day that was meant, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from core.data.dates import FIRST_DAY, LAST_DAY, family_of, read_pair
from core.data.offered_reading import offered_readings
from core.data.oracle import read_text
from core.data.source_text import read_source
from core.data.vocabulary import DATE_VOCABULARY

FULL_WIDTH = str.maketrans("0123456789/", "０１２３４５６７８９／")
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
GERMAN = [Locale("de").months["format"]["wide"][month] for month in range(1, 13)]
SPANISH = [Locale("es").months["format"]["wide"][month] for month in range(1, 13)]
KANJI = "〇一二三四五六七八九"


def numeric(day: date) -> str:
    return f"{day.month}/{day.day}/{day:%y}"


def kanji_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else KANJI[tens]) + ("十" if tens else "") + (KANJI[ones] if ones else "")


def japanese_era(day: date) -> str:
    era, before = ("平成", 1988) if day >= date(1989, 1, 8) else ("昭和", 1925)
    year = day.year - before
    return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"


# Each says the day so that it can mean no other.
UNMISTAKABLE: dict[str, Callable[[date], str]] = {
    "Japanese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "Japanese, weekday": lambda day: f"{day.year}年{day.month}月{day.day}日({'月火水木金土日'[day.weekday()]})",
    "Japanese, full width": lambda day: f"{day.year}年{day.month:02}月{day.day:02}日".translate(FULL_WIDTH),
    "Japanese, era": japanese_era,
    "Japanese, numerals": lambda day: (
        "".join(KANJI[int(c)] for c in str(day.year)) + f"年{kanji_number(day.month)}月{kanji_number(day.day)}日"
    ),
    "Chinese": lambda day: f"{day.year} 年 {day.month} 月 {day.day} 号",
    "Taiwanese": lambda day: f"民國{day.year - 1911}年{day.month}月{day.day}日",
    "Korean": lambda day: f"{day.year}년 {day.month}월 {day.day}일",
    "Korean, short": lambda day: f"{day:%y}년 {day.month}월 {day.day}일",
    "Korean, dots": lambda day: f"{day.year}. {day.month}. {day.day}.",
    "Korean, weekday": lambda day: f"{day.year}년 {day.month}월 {day.day}일 {'월화수목금토일'[day.weekday()]}요일",
    "ISO": date.isoformat,
    "ISO, time": lambda day: f"{day}T09:30:00.000Z",
    "ISO, typographic": lambda day: day.isoformat().replace("-", "\N{NON-BREAKING HYPHEN}"),
    "compact": lambda day: f"{day:%Y%m%d}",
    "slashes": lambda day: f"{day:%Y/%m/%d}",
    "Arabic digits": lambda day: f"{day:%Y/%m/%d}".translate({48 + i: 0x660 + i for i in range(10)}),
    "British": lambda day: f"{day.day} {day:%B} {day.year}",
    "ordinal": lambda day: f"the {day.day}th of {day:%B}, {day.year}",
    "Roman": lambda day: f"{day.day}.{ROMAN[day.month - 1]}.{day.year}",
    "German": lambda day: f"{day.day}. {GERMAN[day.month - 1]} {day.year}",
    "Spanish": lambda day: f"{day.day} de {SPANISH[day.month - 1]} de {day.year}",
}
DAYS = st.dates(FIRST_DAY, LAST_DAY)


@pytest.mark.parametrize("way", UNMISTAKABLE)
@given(day=DAYS)
def test_the_day_is_offered_in_a_way_that_the_models_know(way: str, day: date) -> None:
    assert offered_readings(UNMISTAKABLE[way](day)) == (numeric(day),)


@given(DAYS, st.sampled_from(["{0}.{1}.{2}", "{0:02}-{1:02}-{2}", "{0}/{1}/{2}", "{0:02}. {1:02}. {2}"]))
def test_both_are_offered_where_day_and_month_can_be_mixed_up(day: date, form: str) -> None:
    offered = offered_readings(form.format(day.day, day.month, day.year))
    assert numeric(day) in offered
    if day.day > 12 or day.day == day.month:
        assert offered == (numeric(day),)
    else:
        assert set(offered) == {numeric(day), numeric(date(day.year, day.day, day.month))}


@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)).filter(lambda day: not FIRST_DAY <= day <= LAST_DAY))
def test_a_day_of_other_years_is_offered_in_words(day: date) -> None:
    (offered,) = offered_readings(f"{day.year}年{day.month}月{day.day}日")
    pair = read_pair(offered)
    assert pair is not None and pair.answer == day.isoformat() and pair.family == "month"


@given(st.one_of(st.text(max_size=80), st.text("0123456789 /.-年月日년월일,'平成元T:", max_size=24)))
def test_of_any_text_only_readable_dates_are_offered(text: str) -> None:
    offered = offered_readings(text)
    assert len(offered) <= 2 == len({*offered, "", " "}) - len(offered)
    for date_text in offered:
        assert family_of(date_text) in {"numeric", "month"}
        assert len(read_text(date_text)) == 1 and read_pair(date_text) is not None
        assert read_source(date_text, DATE_VOCABULARY).text == date_text
        assert offered_readings(date_text) == ()


@given(DAYS)
def test_a_day_outside_of_its_era_is_no_day(day: date) -> None:
    in_heisei = day >= date(1989, 1, 8)
    heisei = f"平成{day.year - 1988}年{day.month}月{day.day}日"
    showa = f"昭和{day.year - 1925}年{day.month}月{day.day}日"
    assert offered_readings(heisei if in_heisei else showa) == (numeric(day),)
    assert offered_readings(showa if in_heisei else heisei) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "2/10/93",
        "２/１０/９３",
        "september 27, 1994",
        "2/30/93",
        "1994年9月",
        "9月27日",
        "6年9月27日",
        "94年9月27日",
        "1994年13月1日",
        "1994年2月30日",
        "一九九四年十十月一日",
        "1994年〇月1日",
        "平成0年9月27日",
        "平成1年1月7日",
        "昭和64年1月8日",
        "01.02.03",
        "1994-09-27 is a day",
        "27.9.1994 28.9.1994",
        "0094-09-27",
        "1994-09-27T9",
        "27.XIII.1994",
        "\ud800",
        "年" * 100_000,
        "1" * 59,
        "27 " * 19,
    ],
)
def test_nothing_is_offered_for_what_is_known_or_not_settled(text: str) -> None:
    assert offered_readings(text) == ()
