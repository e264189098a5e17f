"""The oracle's word on answers: right days, days that are none, what the models never saw, and misplaced confidence."""

import doctest
import json
import math
from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import example, given
from hypothesis import strategies as st

import core.data.oracle
from core.data.dates import FIRST_DAY, LAST_DAY, make_pairs, read_pair
from core.data.oracle import Judgement, Outside, judge, read_text
from core.decoding.pretrained import load_pretrained

FORMAT, YEAR, NOT_A_DAY, WEEKDAY = Outside.FORMAT, Outside.YEAR, Outside.NOT_A_DAY, Outside.WEEKDAY

anything = st.text(st.characters(exclude_categories=()))
like_a_date = st.from_regex(r"[0-9a-yA-Y ,./'-]{0,35}", fullmatch=True)


def days_of(text: str) -> list[str]:
    return [day.isoformat() for day in judge(text, "").days]


# ---- what a text means ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "September 27, 1994",
        "TUESDAY, SEPTEMBER 27, 1994",
        "9/27/94",
        "27 september 1994",
        "27th of September, 1994",
        "the 27th of september 1994",
        "september the 27th, 1994",
        "september 27 1994",
        "Sept 27, 1994",
        "Sept. 27, 1994",
        "sEp 27 '94",
        "Sep-27-94",
        "27-sep-94",
        "27sep1994",
        "Tue, Sep 27, 1994",
        "tues. 27 sep 1994",
        "Tuesday 27 September 1994",
        "1994 september 27",
        "1994, Sep 27",
        "1994-09-27",
        "1994/9/27",
        "1994.09.27",
        "19940927",
        "09/27/1994",
        "9/27/1994",
        "27/9/1994",
        "27.9.94",
        "27. 9. 1994",
        "27 09 1994",
        "9-27-94",
        " september 27, 1994 ",
    ],
)
def test_one_day_in_many_forms(text):
    assert days_of(text) == ["1994-09-27"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("jan 1 2000", ["2000-01-01"]),
        ("feb 2 2000", ["2000-02-02"]),
        ("mar 3 2000", ["2000-03-03"]),
        ("apr 4 2000", ["2000-04-04"]),
        ("may 5 2000", ["2000-05-05"]),
        ("jun 6 2000", ["2000-06-06"]),
        ("jul 7 2000", ["2000-07-07"]),
        ("aug 8 2000", ["2000-08-08"]),
        ("oct 10 2000", ["2000-10-10"]),
        ("nov 11 2000", ["2000-11-11"]),
        ("dec 12 2000", ["2000-12-12"]),
        # Day and month can be mixed up; the American reading comes first. In a family nothing can.
        ("10/02/1993", ["1993-10-02", "1993-02-10"]),
        ("5/5/1993", ["1993-05-05"]),
        ("2/10/93", ["1993-02-10"]),
        # Years of two digits: those of the training data mean one year, others one of two.
        ("1 may 70", ["1970-05-01"]),
        ("1 may 99", ["1999-05-01"]),
        ("1 may 00", ["2000-05-01"]),
        ("1 may 17", ["2017-05-01"]),
        ("1 may 18", ["2018-05-01", "1918-05-01"]),
        ("1/1/45", ["2045-01-01", "1945-01-01"]),
        ("12/31/69", ["2069-12-31", "1969-12-31"]),
        ("3/4/1845", ["1845-03-04", "1845-04-03"]),
        ("3.4.45", ["2045-03-04", "1945-03-04", "2045-04-03", "1945-04-03"]),
        # What is no real day is no meaning.
        ("2/29/1900", []),
        ("2/29/45", []),
        ("2/13/1993", ["1993-02-13"]),
        ("feb 29 20", ["2020-02-29", "1920-02-29"]),
    ],
)
def test_what_a_text_can_mean(text, days):
    assert days_of(text) == days


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "tomorrow",
        "september",
        "september 1994",
        "27 september",
        "1994",
        "monday",
        "10/02",
        "10/02-1993",
        "10/02/199",
        "10/02/19930",
        "100/02/1993",
        "1994 27 september",
        "19940927 ",
        "1994927",
        "septembre 27, 1994",
        "sep sep 27, 1994",
        "funday, sep 27, 1994",
        "sep 27, 1994, tuesday",
        "\u017fept 27, 1994",
        "sep \u0662\u0667, 1994",
        "september 27, 1994\n",
    ],
)
def test_what_the_oracle_does_not_read(text):
    assert read_text(text) == ()


def test_surrounding_spaces_are_padding_for_a_judge_but_move_no_position():
    assert judge("  2/10/93 ", "1993-02-10") == judge_with_text("2/10/93", "1993-02-10", "  2/10/93 ")
    assert read_text(" 2/10/93") == ()


def judge_with_text(text, output, shown):
    verdict = judge(text, output)
    return type(verdict)(**{**vars(verdict), "text": shown})


def test_positions_by_hand():
    (reading,) = read_text("27th of september 1994")
    assert (reading.year_number, reading.month_number, reading.day_number) == (1994, 9, 27)
    assert (reading.year, reading.month, reading.day) == (
        (18, 19, 20, 21),
        (8, 9, 10, 11, 12, 13, 14, 15, 16),
        (0, 1),
    )
    month_first, day_first = read_text("10/02/1993")
    assert (month_first.month, month_first.day) == (day_first.day, day_first.month) == ((0, 1), (3, 4))
    assert month_first.year == day_first.year == (6, 7, 8, 9)


def test_a_meaning_that_is_no_day_counts_only_where_none_is():
    (reading,) = read_text("2/13/1993")
    assert reading.date == date(1993, 2, 13)
    assert [(r.month_number, r.day_number, r.date) for r in read_text("13/13/1993")] == [(13, 13, None)] * 2


def test_texts_of_the_families_are_read_as_the_data_are():
    for pair in make_pairs(2_000, seed=3):
        (reading,) = read_text(pair.question)
        assert reading.date == date.fromisoformat(pair.answer)
        assert (reading.year, reading.month, reading.day) == (pair.year, pair.month, pair.day)


@given(
    st.dates(date(1000, 1, 1)), st.sampled_from(["d MMMM y", "MMM d y", "EEE, d MMM y", "y-MM-dd", "yMMdd", "y/M/d"])
)
def test_days_as_babel_writes_them(day, pattern):
    text = format_date(day, pattern, locale="en_US")
    (reading,) = read_text(text)
    assert reading.date == day
    assert text[reading.year[0] : reading.year[-1] + 1] == str(day.year)
    assert int(text[reading.day[0] : reading.day[-1] + 1]) == day.day
    assert judge(text, day.isoformat()).judgement is Judgement.RIGHT


# ---- judgement ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "output", "judgement", "expected", "outside"),
    [
        ("September 27, 1994", "1994-09-27", Judgement.RIGHT, "1994-09-27", ()),
        ("September 27, 1994", "1994-09-26", Judgement.WRONG, "1994-09-27", ()),
        ("September 27, 1994", "1994-9-27", Judgement.WRONG, "1994-09-27", ()),
        ("September 27, 1994", "", Judgement.WRONG, "1994-09-27", ()),
        ("27 september 1994", "1994-09-02", Judgement.WRONG, "1994-09-27", (FORMAT,)),
        ("27 september 1994", "1994-09-27", Judgement.RIGHT, "1994-09-27", (FORMAT,)),
        ("january 5 2016", "2016-01-15", Judgement.WRONG, "2016-01-05", (FORMAT,)),
        ("june 7, 1850", "1980-06-07", Judgement.WRONG, "1850-06-07", (YEAR,)),
        ("december 31, 1969", "1969-12-31", Judgement.RIGHT, "1969-12-31", (YEAR,)),
        ("january 1, 1970", "1970-01-01", Judgement.RIGHT, "1970-01-01", ()),
        ("december 31, 2017", "2017-12-31", Judgement.RIGHT, "2017-12-31", ()),
        ("january 1, 2018", "2018-01-01", Judgement.RIGHT, "2018-01-01", (YEAR,)),
        ("1/1/45", "1945-01-01", Judgement.RIGHT, "2045-01-01", (YEAR,)),
        ("1/1/45", "1995-01-01", Judgement.WRONG, "2045-01-01", (YEAR,)),
        ("2/30/93", "1993-02-30", Judgement.NOT_A_DAY, None, (NOT_A_DAY,)),
        ("30/2/93", "1993-02-30", Judgement.NOT_A_DAY, None, (FORMAT, NOT_A_DAY)),
        ("september 32, 1994", "1994-09-30", Judgement.NOT_A_DAY, None, (FORMAT, NOT_A_DAY)),
        ("february 29, 1900", "1900-02-29", Judgement.NOT_A_DAY, None, (YEAR, NOT_A_DAY)),
        ("may 1, 0000", "2000-05-01", Judgement.NOT_A_DAY, None, (YEAR, NOT_A_DAY)),
        ("Monday, February 26, 1997", "1997-02-26", Judgement.RIGHT, "1997-02-26", (WEEKDAY,)),
        ("Wednesday, February 26, 1997", "1997-02-26", Judgement.RIGHT, "1997-02-26", ()),
        ("mon 26 feb 1897", "1997-02-26", Judgement.WRONG, "1897-02-26", (FORMAT, YEAR, WEEKDAY)),
        ("Monday, February 30, 1997", "1997-02-28", Judgement.NOT_A_DAY, None, (NOT_A_DAY,)),
        ("tomorrow", "1970-08-07", Judgement.UNREADABLE, None, (FORMAT,)),
        ("", "1970-08-07", Judgement.UNREADABLE, None, (FORMAT,)),
    ],
)
def test_verdicts(text, output, judgement, expected, outside):
    verdict = judge(text, output)
    assert (verdict.judgement, verdict.outside) == (judgement, outside)
    assert verdict.expected == (None if expected is None else date.fromisoformat(expected))


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("Monday, June 5, 2000", 0),
        ("Tue, June 5, 2000", 1),
        ("wednesday, june 5, 2000", 2),
        ("Thurs 5 June 2000", 3),
        ("FRIDAY, JUNE 5, 2000", 4),
        ("Saturday, tomorrow", 5),
        ("Sun. 5 june 2000", 6),
        ("june 5, 2000", None),
        ("sunny", None),
    ],
)
def test_the_weekday_that_is_said(text, weekday):
    assert judge(text, "").weekday == weekday


@given(st.dates(FIRST_DAY, LAST_DAY), st.integers(0, 6))
def test_a_weekday_fits_its_day_alone(day, said):
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    verdict = judge(f"{names[said]}, {format_date(day, 'MMMM d, y', locale='en_US')}", day.isoformat())
    assert (WEEKDAY in verdict.outside) == (said != day.weekday())
    assert verdict.judgement is Judgement.RIGHT


def test_every_training_date_is_right_and_nothing_sets_it_apart():
    for pair in make_pairs(2_000, seed=4):
        verdict = judge(pair.question, pair.answer)
        assert (verdict.judgement, verdict.outside, verdict.family) == (Judgement.RIGHT, (), pair.family)
        assert verdict.days == (date.fromisoformat(pair.answer),)
        assert judge(pair.question, "2" + pair.answer[1:-1] + "x").judgement is Judgement.WRONG


# ---- confidence -----------------------------------------------------------------------------------------------------


def test_the_probability_is_of_the_whole_output_and_the_confidence_of_the_weakest_step():
    verdict = judge("june 7, 1850", "1980-06-07", [0.5, 0.8, *[1.0] * 8])
    assert verdict.probability == pytest.approx(0.4)
    assert verdict.confidence == 0.5
    assert not verdict.confident and not verdict.confident_and_wrong


@pytest.mark.parametrize(
    ("probabilities", "probability", "confidence", "confident"),
    [
        (None, None, None, False),
        ([], None, None, False),
        ([0.5], 0.5, 0.5, False),
        ([0.51], 0.51, 0.51, True),
        ([1.0, 0.51, 0.6], 0.306, 0.51, True),
        ([0.9] * 9 + [0.4], 0.4 * 0.9**9, 0.4, False),
        ([math.nan, 1.0], None, None, False),
        ([1.0, math.nan], None, None, False),
        ([math.inf, 1.0], None, None, False),
        ([1.0000001] * 10, 1.0, 1.0, True),
    ],
)
def test_confident_is_more_probable_than_all_others_at_every_step(probabilities, probability, confidence, confident):
    verdict = judge("june 7, 1850", "1980-06-07", probabilities)
    assert verdict.probability == (None if probability is None else pytest.approx(probability, abs=1e-15))
    assert verdict.confidence == confidence
    assert (verdict.confident, verdict.confident_and_wrong) == (confident, confident)


@pytest.mark.parametrize(
    ("text", "output", "confident_and_wrong"),
    [
        ("2/30/93", "1993-02-30", True),
        ("june 7, 1850", "1980-06-07", True),
        ("january 5 2016", "2016-01-15", True),
        ("27 september 1994", "1994-09-02", True),
        ("27 september 1994", "1994-09-27", False),
        ("2/10/93", "1993-02-10", False),
        ("tomorrow", "1970-08-07", False),
    ],
)
def test_confident_and_wrong(text, output, confident_and_wrong):
    verdict = judge(text, output, [0.99] * 10)
    assert verdict.confident
    assert verdict.confident_and_wrong == confident_and_wrong


@pytest.mark.parametrize("text", ["2/30/93", "june 7, 1850", "27 september 1994"])
def test_the_shipped_model_is_confident_and_wrong(text):
    trace = load_pretrained("date-attention", "cpu").trace(text)
    verdict = judge(trace.text, trace.output, [step.probability for step in trace])
    assert verdict.confident_and_wrong and (verdict.confidence or 0.0) > 0.6


# ---- any text -------------------------------------------------------------------------------------------------------


@given(anything | like_a_date, anything, st.none() | st.lists(st.floats()))
@example("2/30/93", "", [])
@example("\ud800 5, 2000", "\0", None)
@example("", "", [-4e52, -5e255])
def test_any_text_is_judged_and_goes_to_json(text, output, probabilities):
    verdict = judge(text, output, probabilities)
    assert json.loads(json.dumps(verdict.to_dict(), allow_nan=False))["text"] == text
    assert (verdict.expected is None) == (verdict.judgement in (Judgement.NOT_A_DAY, Judgement.UNREADABLE))
    assert (verdict.family is None) == (FORMAT in verdict.outside)
    for reading in read_text(text):
        places = reading.year + reading.month + reading.day
        assert len(set(places)) == len(places) and min(places) >= 0 and max(places) < len(text)


@given(like_a_date)
def test_what_the_data_read_the_oracle_reads_alike(text):
    pair = read_pair(text)
    assert pair is None or days_of(text) == [pair.answer]


def test_json_by_hand():
    assert judge("Monday, 2/10/93", "1993-02-10").to_dict()["judgement"] == "unreadable"
    assert judge("1/1/18", "2018-01-02", [0.5, 0.5]).to_dict() == {
        "text": "1/1/18",
        "output": "2018-01-02",
        "judgement": "wrong",
        "expected": "2018-01-01",
        "days": ["2018-01-01", "1918-01-01"],
        "family": "numeric",
        "outside": ["year"],
        "weekday": None,
        "probability": 0.25,
        "confidence": 0.5,
        "confident": False,
        "confident_and_wrong": False,
    }


@pytest.mark.parametrize("text", ["9" * 1_000_000, "sep " * 250_000, "\0" * 1_000_000, "1/1/" * 250_000])
def test_a_megabyte_is_no_date(text):
    assert judge(text, "").judgement is Judgement.UNREADABLE


def test_the_examples_print_what_they_say():
    results = doctest.testmod(core.data.oracle)
    assert results.attempted > 0 and results.failed == 0
