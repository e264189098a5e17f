"""Reading measurements that ship: what is a number, a count, a share; and what is said of a file that is none."""

import math

import pytest

from core.files.measured import expect, is_count, is_number, is_share, read_measured


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
    with pytest.raises(ValueError, match=r"^loss is 'x{59}$"):
        expect("loss", "x" * 100, False)


class BadError(ValueError):
    pass


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such log; make one"),
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
        read_measured(file, "log", lambda values: tuple(values["losses"]), BadError, "make one")
    assert str(caught.value).startswith(f"{file}: ")


def test_a_good_file_is_made_into_what_it_holds(tmp_path):
    (tmp_path / "log.json").write_text('{"losses": [1, 2]}')
    assert read_measured(tmp_path / "log.json", "log", lambda values: tuple(values["losses"]), BadError, "") == (1, 2)
