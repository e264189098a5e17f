"""How numbers read, alike everywhere."""

import pytest

from core.files.wording import percentage


@pytest.mark.parametrize(
    ("share", "digits", "words"),
    [
        (1.0, 2, "100.00"),
        (0.99999, 2, "99.99"),
        (0.999, 0, "99"),
        (0.57, 0, "57"),
        (0.57, 2, "57.00"),
        (0.0, 1, "0.0"),
        (2 / 3, 1, "66.6"),
        (1 / 3, 3, "33.333"),
    ],
)
def test_a_percentage_is_rounded_down_and_never_below_what_it_is(share, digits, words):
    assert percentage(share, digits) == words
