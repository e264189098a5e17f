"""JSON that may be anything: what is a number, a count, a share; and what is said of a file that is none."""

import math

import pytest

from core.files.checked_json import (
    expect,
    expect_one_of,
    expect_truth,
    expect_whole,
    is_character,
    is_count,
    is_number,
    is_positive,
    is_share,
    is_whole,
    parse_json,
    read_json,
)


@pytest.mark.parametrize(
    ("value", "number", "count", "share"),
    [
        (0, True, True, True),
        (1, True, True, True),
        (0.5, True, False, True),
        (1.5, True, False, False),
        (-1, True, False, False),
        (10**400, False, True, False),
        (math.nan, False, False, False),
        (math.inf, False, False, False),
        (True, False, False, False),
        ("1", False, False, False),
        (None, False, False, False),
    ],
)
def test_numbers_counts_and_shares(value, number, count, share):
    assert (is_number(value), is_count(value), is_share(value)) == (number, count, share)


def test_what_is_refused_is_named_and_short():
    expect("loss", 1.0, True)
    with pytest.raises(ValueError, match=r"^loss is 'x{39}$"):
        expect("loss", "x" * 100, False)


def test_bounds_belong_to_what_is_good():
    assert [is_whole(n, 1, 3) for n in (0, 1, 3, 4, 2.0, True)] == [False, True, True, False, False, False]
    assert [is_number(x, 0.5, 1) for x in (0.4, 0.5, 1, 1.1, True)] == [False, True, True, False, False]
    assert [is_positive(x) for x in (1e-300, 0, -1, math.inf, "1")] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: expect_whole("epochs", 10**10_000, 1, 9), "epochs is a int that cannot be shown; expected a whole"),
        (lambda: expect_whole("epochs", 10, 1, 9), "epochs is 10; expected a whole number from 1 to 9"),
        (lambda: expect_truth("off", 0), "off is 0; expected True or False"),
        (lambda: expect_one_of("score", ["dot"], ("dot", "sum")), r"score is \['dot'\]; expected one of dot, sum"),
        (lambda: expect_one_of("score", "dot", ()), "score is 'dot'; expected one of none"),
    ],
)
def test_what_is_refused_is_told_with_what_is_expected(check, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        check()


class BadError(ValueError):
    pass


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file; make one"),
        ("{", "not readable as JSON (.*); make one"),
        ("[" * 100_000, "not readable as JSON (.*); make one"),
        ('{"losses": 3}', "not a log (.*); make one"),
        ("[]", "not a log (.*); make one"),
        ("{}", r"not a log \('losses'\); make one"),
    ],
)
def test_a_file_that_is_none_is_told_with_the_remedy(content, message, tmp_path):
    file = tmp_path / "log.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadError, match=message) as caught:
        read_json(file, "a log", lambda values: tuple(values["losses"]), BadError, "make one")
    assert str(caught.value).startswith(f"{file}: ")


@pytest.mark.parametrize(
    "text", ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", r'"\ud800"', r'{"\udFFF": 1}', '"\ud800"']
)
def test_what_no_file_can_hold_is_refused_wherever_it_stands(text):
    for content in (text, f"[1, {text}]", f'{{"a": [{text}]}}'):
        with pytest.raises(ValueError):
            parse_json(content)


def test_what_a_file_can_hold_is_read():
    assert parse_json(r'["\ud83d\ude00", "\\ud800", 1e300, 2]') == ["😀", "\\ud800", 1e300, 2]
    assert parse_json(b"[1.5]") == [1.5]


@pytest.mark.parametrize(
    ("value", "good"), [("a", True), ("😀", True), ("\ud800", False), ("", False), ("ab", False), (1, False)]
)
def test_one_character(value, good):
    assert is_character(value) is good


def test_a_good_file_is_made_into_what_it_holds(tmp_path):
    (tmp_path / "log.json").write_text('{"losses": [1, 2]}')
    assert read_json(tmp_path / "log.json", "a log", lambda values: tuple(values["losses"]), BadError, "") == (1, 2)
