"""Gold alignments by hand, over the data, and by what a changed character changes."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dates import FAMILIES, family_of, make_pairs, read_pair
from core.data.gold import gold_alignment, gold_padded

DIGITS = [0, 1, 2, 3, 5, 6, 8, 9]
HYPHENS = [4, 7]

anything = st.text(st.characters(exclude_categories=()))


def gold_of(question, t_enc=None):
    gold = gold_alignment(question) if t_enc is None else gold_padded(question, t_enc)
    assert gold is not None
    return gold


def said(question):
    """For each output character, the source characters that decide it, as a text."""
    gold = gold_of(question)
    return ["".join(c for c, decides in zip(question, row, strict=True) if decides) for row in gold]


BY_HAND = [
    ("2/10/93", "93 93 9 3 - 2 2 - 1 0"),
    ("12/5/08", "08 08 0 8 - 1 2 - 5 5"),
    ("August 19, 2003", "2 0 0 3 - August August - 1 9"),
    ("september 27, 1994", "1 9 9 4 - september september - 2 7"),
    ("JUN 17, 2013", "2 0 1 3 - JUN JUN - 1 7"),
    ("Wednesday, February 26, 1997", "1 9 9 7 - February February - 2 6"),
    ("thursday, june 5, 2008", "2 0 0 8 - june june - 5 5"),
    ("TUESDAY, SEPTEMBER 25, 1984", "1 9 8 4 - SEPTEMBER SEPTEMBER - 2 5"),
    # Texts outside the families that name one day, at places of their own.
    ("27 september 1994", "1 9 9 4 - september september - 2 7"),
    ("1994-09-27", "1 9 9 4 - 0 9 - 2 7"),
    ("january 5 2016", "2 0 1 6 - january january - 5 5"),
    ("june 7, 1850", "1 8 5 0 - june june - 7 7"),
    ("1/1/45", "45 45 4 5 - 1 1 - 1 1"),
    ("27 sep 94", "94 94 9 4 - sep sep - 2 7"),
    ("2/10/93    ", "93 93 9 3 - 2 2 - 1 0"),
]


@pytest.mark.parametrize(("question", "characters"), BY_HAND)
def test_gold_characters_by_hand(question, characters):
    assert said(question) == [text.replace("-", "") for text in characters.split(" ")]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("2/10/93", [[5, 6], [5, 6], [5], [6], [], [0], [0], [], [2], [3]]),
        ("12/5/08", [[5, 6], [5, 6], [5], [6], [], [0], [1], [], [3], [3]]),
        ("May 5, 1995", [[7], [8], [9], [10], [], [0, 1, 2], [0, 1, 2], [], [4], [4]]),
        ("Friday, May 5, 1995", [[15], [16], [17], [18], [], [8, 9, 10], [8, 9, 10], [], [12], [12]]),
    ],
)
def test_gold_positions_by_hand(question, rows):
    gold = gold_of(question)
    assert (gold.shape, gold.dtype) == ((10, len(question)), np.bool_)
    assert [np.flatnonzero(row).tolist() for row in gold] == rows


def test_every_family_is_among_the_examples_by_hand():
    assert {family.name for family in FAMILIES} <= {family_of(question) for question, _ in BY_HAND}


@pytest.mark.parametrize("text", ["", "tomorrow", "2/30/93", "10/02/1993", "5/5/1993", " 2/10/93", "september 1994"])
def test_no_gold_where_no_day_or_not_one_place_is_named(text):
    assert gold_alignment(text) is None
    assert gold_padded(text, 29) is None


def test_gold_over_the_data():
    for pair in make_pairs(3_000, seed=12):
        gold = gold_of(pair.question)
        parts = {0: pair.year, 5: pair.month, 8: pair.day}
        assert not gold[HYPHENS].any()
        for first, positions in parts.items():
            rows = gold[first : first + (4 if first == 0 else 2)]
            assert set(np.flatnonzero(rows.any(axis=0))) == set(positions)
            assert rows.any(axis=1).all()
        # One gold character that is a digit is copied, unless it stands for the 0 before it.
        for i in DIGITS:
            characters = [pair.question[j] for j in np.flatnonzero(gold[i])]
            if len(characters) == 1:
                assert pair.answer[i] == characters[0] or (i in (5, 8) and pair.answer[i] == "0")


def test_what_a_changed_character_changes_is_gold():
    """Of two texts in one form that differ in one character, only outputs with gold there differ."""
    rng = np.random.default_rng(0)
    seen: Counter[int] = Counter()
    for pair in make_pairs(400, seed=13):
        gold = gold_of(pair.question)
        for j in range(len(pair.question)):
            for c in rng.choice(list("0123456789abelnruyABELNRUY"), 8):
                other = read_pair(pair.question[:j] + c + pair.question[j + 1 :])
                if other is None or other.family != pair.family:
                    continue
                changed = [i for i in range(10) if other.answer[i] != pair.answer[i]]
                assert all(gold[i, j] for i in changed), (pair.question, other.question)
                seen.update(changed)
    # The first digit of a month tells one form from another: 1/5/93 is a character shorter than 11/5/93.
    assert set(seen) == set(DIGITS) - {5}, "the test must have tried every digit"


def test_padding_and_more_steps_have_no_gold():
    gold = gold_of("2/10/93", 29)
    assert gold.shape == (10, 29)
    assert not gold[:, 7:].any()
    np.testing.assert_array_equal(gold[:, :7], gold_of("2/10/93"))
    longer = gold_padded("2/10/93", 9, answer_length=12)
    assert longer is not None and longer.shape == (12, 9)
    np.testing.assert_array_equal(longer[:10, :7], gold_of("2/10/93"))
    assert not longer[10:].any()


def test_gold_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="the question has 7 characters; at most 6 fit"):
        gold_padded("2/10/93", 6)
    with pytest.raises(ValueError, match="answer_length is 9; an answer YYYY-MM-DD needs at least 10"):
        gold_alignment("2/10/93", answer_length=9)


@given(anything)
def test_any_text_has_gold_or_none(text):
    gold = gold_alignment(text)
    assert gold is None or gold.shape == (10, len(text))
