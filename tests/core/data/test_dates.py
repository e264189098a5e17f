"""The date data: shares, forms, days, weekdays, answers and positions, checked against Babel's own formatting."""

import doctest
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

import core.data.dates
from core.data.dates import (
    FAMILIES,
    FIRST_DAY,
    LAST_DAY,
    DatePair,
    family_of,
    make_pairs,
    random_question,
    read_pair,
)


def day_of(question: str) -> date | None:
    pair = read_pair(question)
    return None if pair is None else date.fromisoformat(pair.answer)


CASES: dict[str, Callable[[str], str]] = {"": str, "lower": str.lower, "upper": str.upper}


def questions_of(day: date) -> dict[str, set[str]]:
    """Every way to write a day, by family, written by Babel."""

    def written(pattern: str) -> str:
        return format_date(day, pattern, locale="en_US")

    questions = {"numeric": {written("M/d/yy")}}
    for suffix, case in CASES.items():
        name = f"-{suffix}" if suffix else ""
        questions["month" + name] = {case(written("MMMM d, y")), case(written("MMM d, y"))}
        questions["weekday" + name] = {case(written("EEEE, MMMM d, y"))}
    return questions


days = st.dates(FIRST_DAY, LAST_DAY)


@pytest.fixture(scope="module")
def pairs() -> list[DatePair]:
    return make_pairs(50_000, seed=1)


def test_the_families_are_the_seven_and_share_everything():
    assert [(family.share, family.example) for family in FAMILIES] == [
        (0.25, "August 19, 2003"),
        (0.25, "2/10/93"),
        (0.13, "september 27, 1994"),
        (0.125, "Wednesday, February 26, 1997"),
        (0.125, "JUN 17, 2013"),
        (0.06, "thursday, june 5, 2008"),
        (0.06, "TUESDAY, SEPTEMBER 25, 1984"),
    ]
    assert sum(family.share for family in FAMILIES) == pytest.approx(1)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_example_is_of_its_family(family):
    assert family_of(family.example) == family.name


def test_pairs_by_hand():
    assert read_pair("2/10/93") == DatePair("2/10/93", "1993-02-10", "numeric", (5, 6), (0,), (2, 3))
    assert read_pair("thursday, june 5, 2008") == DatePair(
        "thursday, june 5, 2008", "2008-06-05", "weekday-lower", (18, 19, 20, 21), (10, 11, 12, 13), (15,)
    )
    assert read_pair("JUN 17, 2013") == DatePair(
        "JUN 17, 2013", "2013-06-17", "month-upper", (8, 9, 10, 11), (0, 1, 2), (4, 5)
    )


def test_the_drawn_pairs_are_these_on_every_machine(pairs):
    assert [pair.question for pair in make_pairs(4, seed=1)] == [
        "Sep 5, 2010",
        "10/12/93",
        "Saturday, November 10, 2007",
        "February 12, 2010",
    ]
    digest = hashlib.sha256("".join(f"{pair.question}_{pair.answer}\n" for pair in pairs).encode())
    assert digest.hexdigest() == "097f9a32858e1f6c6ae91499d9ffd2bd273c89145db7c8d1ffb3810c038986b3"


def test_seeds_differ_and_a_longer_draw_begins_like_a_shorter_one(pairs):
    assert make_pairs(100, seed=1) == pairs[:100]
    assert make_pairs(100, seed=2) != pairs[:100]
    assert make_pairs(0, seed=1) == []
    with pytest.raises(ValueError, match="n is -1; expected 0 or more"):
        make_pairs(-1, seed=1)


def test_shares_are_as_stated(pairs):
    counts = Counter(pair.family for pair in pairs)
    # Five standard deviations of a binomial count; the draw is fixed by its seed.
    for family in FAMILIES:
        deviation = (len(pairs) * family.share * (1 - family.share)) ** 0.5
        assert abs(counts[family.name] - len(pairs) * family.share) < 5 * deviation, family.name


def test_long_and_short_months_are_equally_likely(pairs):
    lengths = [len(pair.month) == 3 for pair in pairs if pair.family.startswith("month") and "-05-" not in pair.answer]
    assert sum(lengths) / len(lengths) == pytest.approx(0.5, abs=0.02)


def test_every_question_is_one_that_babel_writes_for_its_answer(pairs):
    for pair in pairs[:5_000]:
        assert pair.question in questions_of(date.fromisoformat(pair.answer))[pair.family]


def test_every_day_and_only_those_can_come():
    class Dial(random.Random):
        """Gives the numbers it is set to instead of random ones."""

        def set(self, *numbers: float) -> "Dial":
            self.numbers = list(numbers)
            return self

        def random(self) -> float:
            return self.numbers.pop(0)

    count = (LAST_DAY - FIRST_DAY).days + 1
    assert count == 17_532
    dial = Dial()
    for i in range(count):
        question = random_question(dial.set(0.3, (i + 0.5) / count, 0.0))
        assert day_of(question) == FIRST_DAY + timedelta(days=i)
    just_below_one = 1 - 2**-53
    assert random_question(dial.set(just_below_one, just_below_one, just_below_one)) == "SUNDAY, DECEMBER 31, 2017"
    assert random_question(dial.set(0.0, 0.0, 0.0)) == "January 1, 1970"


@given(days)
def test_every_way_to_write_a_day_is_read_back_with_its_positions(day):
    for family, questions in questions_of(day).items():
        for question in questions:
            pair = read_pair(question)
            assert pair is not None
            assert (pair.question, pair.answer, pair.family) == (question, day.isoformat(), family)
            said = {part: "".join(question[i] for i in getattr(pair, part)) for part in ("year", "month", "day")}
            numeric = family == "numeric"
            assert said["year"] == (f"{day.year:04d}"[2:] if numeric else str(day.year))
            assert said["day"] == str(day.day)
            months = {str(day.month)} if numeric else {day.strftime("%B").lower(), day.strftime("%b").lower()}
            assert said["month"].lower() in months
            rest = [c for i, c in enumerate(question) if i not in pair.year + pair.month + pair.day]
            weekday = f"{day.strftime('%A')}, " if family.startswith("weekday") else ""
            assert "".join(rest).lower() == ("//" if numeric else f"{weekday.lower()} , ")


@given(days)
def test_no_question_is_longer_than_29(day):
    assert max(len(question) for questions in questions_of(day).values() for question in questions) <= 29


def test_the_longest_question_fills_the_29():
    assert len("WEDNESDAY, SEPTEMBER 27, 1995") == 29
    assert family_of("WEDNESDAY, SEPTEMBER 27, 1995") == "weekday-upper"


@pytest.mark.parametrize(
    "question",
    [
        "",
        " ",
        "1994-09-27",
        "september 27 1994",
        "27 september 1994",
        "september 27, 94",
        "sEptember 27, 1994",
        "September 27, 1994 ",
        " September 27, 1994",
        "September 27, 1994\n",
        "September 07, 1994",
        "September 32, 1994",
        "Sept 27, 1994",
        "Wednesday, Feb 26, 1997",
        "wednesday, February 26, 1997",
        "Wednesday February 26, 1997",
        "2/10/1993",
        "02/10/93",
        "2/010/93",
        "13/1/93",
        "0/1/93",
        "2/10/٩٣",
    ],
)
def test_what_is_in_no_family(question):
    assert family_of(question) is None
    assert read_pair(question) is None


@pytest.mark.parametrize(
    ("question", "family", "day"),
    [
        ("May 3, 1990", "month", date(1990, 5, 3)),
        ("MAY 3, 1990", "month-upper", date(1990, 5, 3)),
        ("1/1/70", "numeric", date(1970, 1, 1)),
        ("12/31/99", "numeric", date(1999, 12, 31)),
        ("2/29/00", "numeric", date(2000, 2, 29)),
        ("12/31/17", "numeric", date(2017, 12, 31)),
        ("1/1/18", "numeric", None),
        ("12/31/69", "numeric", None),
        ("2/30/93", "numeric", None),
        ("2/29/93", "numeric", None),
        ("Feb 29, 1900", "month", None),
        ("Feb 29, 0000", "month", None),
        ("june 7, 1850", "month-lower", date(1850, 6, 7)),
        ("Monday, February 26, 1997", "weekday", date(1997, 2, 26)),
    ],
)
def test_the_family_is_told_from_the_form_and_the_day_only_where_it_exists(question, family, day):
    assert family_of(question) == family
    assert day_of(question) == day


@given(st.text(st.characters(exclude_categories=())) | st.from_regex(r"[a-zA-Z0-9/, ]{0,35}", fullmatch=True))
def test_any_text_is_answered(question):
    pair = read_pair(question)
    assert pair is None or (pair.family == family_of(question) and date.fromisoformat(pair.answer))


@given(st.integers())
def test_random_questions_are_of_some_family_and_repeat_with_their_seed(seed):
    question = random_question(random.Random(seed))
    assert day_of(question) is not None
    assert question == random_question(random.Random(seed)) == make_pairs(1, seed)[0].question


def test_the_examples_print_what_they_say():
    results = doctest.testmod(core.data.dates)
    assert results.attempted > 0 and results.failed == 0
