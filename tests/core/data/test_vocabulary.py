"""Characters to ids and back."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.data.vocabulary
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary, describe_character


def test_the_59_characters_of_dates_ascend_by_code_point():
    characters = DATE_VOCABULARY.characters
    assert "".join(characters) == " ,-/0123456789ABCDEFGHIJLMNOPRSTUVWY_abcdefghijlmnoprstuvwy"
    assert len(DATE_VOCABULARY) == 59
    assert list(characters) == sorted(characters)


def test_an_id_is_a_place_in_the_order():
    vocabulary = Vocabulary("bca")
    ids = vocabulary.encode("abc")
    assert ids.tolist() == [2, 0, 1]
    assert ids.dtype == np.int64
    assert vocabulary.decode(ids) == "abc"
    assert [vocabulary.id_of(c) for c in vocabulary] == [0, 1, 2]
    assert "b" in vocabulary and "d" not in vocabulary and "bc" not in vocabulary
    assert vocabulary.encode("").tolist() == []
    assert vocabulary.decode([]) == ""


def test_equal_characters_make_equal_vocabularies():
    assert Vocabulary("abc") == Vocabulary(["a", "b", "c"])
    assert hash(Vocabulary("abc")) == hash(Vocabulary("abc"))
    assert Vocabulary("abc") != Vocabulary("acb")
    assert repr(Vocabulary("abc")) == "Vocabulary('abc')"


@pytest.mark.parametrize(
    ("characters", "message"),
    [
        ("", "the vocabulary is empty"),
        (["a", "bc"], "id 1 of the vocabulary is 'bc'; expected a single character"),
        (["a", ""], "id 1 of the vocabulary is ''"),
        ("abca", "'a' comes twice"),
    ],
)
def test_what_makes_no_vocabulary(characters, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(characters)


def test_unknown_characters_are_named_with_their_position():
    vocabulary = Vocabulary("abc")
    with pytest.raises(ValueError, match=r"character 3, 'd', is not one of the vocabulary's 3 characters"):
        vocabulary.encode("abd")
    with pytest.raises(ValueError, match="'\U0001f600' is not one of"):
        vocabulary.id_of("\U0001f600")
    with pytest.raises(ValueError, match=r"text 2, 'bz': character 2, 'z'"):
        vocabulary.encode_all(["ab", "bz"], 2)


@pytest.mark.parametrize("id_", [-1, 3])
def test_ids_outside_the_vocabulary_are_refused(id_):
    with pytest.raises(ValueError, match=f"id {id_} is outside the vocabulary; expected 0 to 2"):
        Vocabulary("abc").decode([0, id_])


def test_texts_encode_together_as_padded_rows():
    vocabulary = Vocabulary(" ab")
    assert vocabulary.encode_all(["a", "bab", ""], 3).tolist() == [[1, 0, 0], [2, 1, 2], [0, 0, 0]]
    assert vocabulary.encode_all([], 3).shape == (0, 3)
    with pytest.raises(ValueError, match=r"text 2, 'abba', has 4 characters; at most 3 fit"):
        vocabulary.encode_all(["a", "abba"], 3)


@given(st.text())
def test_any_text_round_trips_through_a_vocabulary_of_its_own(text):
    vocabulary = Vocabulary(sorted({"a", *text}))
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_encoding_gives_ids_or_names_the_first_unknown_character(text):
    unknown = [i for i, c in enumerate(text, start=1) if c not in DATE_VOCABULARY.characters]
    if not unknown:
        assert DATE_VOCABULARY.encode(text).tolist() == [DATE_VOCABULARY.characters.index(c) for c in text]
        return
    with pytest.raises(ValueError, match=f"^character {unknown[0]},"):
        DATE_VOCABULARY.encode(text)


@pytest.mark.parametrize(
    ("character", "description"),
    [
        ("é", "'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)"),
        ("\U0001f600", "'\U0001f600' (U+1F600 GRINNING FACE)"),
        ("\x00", "U+0000"),
        ("\ud800", "U+D800"),
        ("\u0301", "U+0301 COMBINING ACUTE ACCENT"),
        ("\u200d", "U+200D ZERO WIDTH JOINER"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("\U0010ffff", "U+10FFFF"),
    ],
)
def test_characters_are_described_so_that_they_can_be_shown(character, description):
    assert describe_character(character) == description


def test_the_examples_print_what_they_say():
    results = doctest.testmod(core.data.vocabulary)
    assert results.attempted > 0 and results.failed == 0


def test_many_texts_are_decoded_as_one_by_one():
    ids = np.array([[3, 0, 0], [0, 1, 2]])
    assert DATE_VOCABULARY.decode_all(ids) == [DATE_VOCABULARY.decode(row) for row in ids] == ["/  ", " ,-"]
    assert DATE_VOCABULARY.decode_all(ids[:, :0]) == ["", ""]
    assert DATE_VOCABULARY.decode_all(ids[:0]) == []
    for wrong in (59, -1):
        with pytest.raises(ValueError, match=f"id {wrong} is outside"):
            DATE_VOCABULARY.decode_all(np.array([[0, 1], [2, wrong]]))
