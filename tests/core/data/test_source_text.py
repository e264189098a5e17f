"""Whatever a person types or pastes is made ready for the model or refused with the reason."""

import doctest
import pickle
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import core.data.source_text
from core.data.source_text import RAW_LIMIT, Change, Reason, SourceText, SourceTextError, UnknownCharacter, read_source
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

# Every code point that a str can hold, halves of surrogate pairs included.
anything = st.text(st.characters(exclude_categories=()))
known = st.text(st.sampled_from(DATE_VOCABULARY.characters), min_size=1, max_size=29).filter(str.strip)
white_space = st.text(st.sampled_from(" \t\n\r\v\f\x1c\x85\xa0\u2003\u2028\u3000"), max_size=400)


def refusal(text: str, length: int = 29) -> SourceTextError:
    with pytest.raises(SourceTextError) as caught:
        read_source(text, DATE_VOCABULARY, length)
    return caught.value


def test_a_plain_date_is_padded_and_nothing_else():
    read = read_source("2/10/93", DATE_VOCABULARY)
    assert (read.text, read.padded, read.changes) == ("2/10/93", "2/10/93" + 22 * " ", ())
    assert read_source("2/10/93", DATE_VOCABULARY, length=8).padded == "2/10/93 "


@pytest.mark.parametrize(
    ("typed", "text", "changes"),
    [
        ("２/１０/９３", "2/10/93", (Change.WIDTH,)),  # full-width digits, ASCII slashes
        ("ｓｅｐｔｅｍｂｅｒ\u3000２７，\u3000１９９４", "september 27, 1994", (Change.WIDTH,)),
        ("september 27、 1994", "september 27, 1994", (Change.WIDTH,)),  # ideographic comma
        ("september 27､ 1994", "september 27, 1994", (Change.WIDTH,)),  # its half-width form
        ("september\u00a027, 1994", "september 27, 1994", (Change.WIDTH,)),  # no-break space
        ("september 27,\n1994", "september 27, 1994", (Change.WHITESPACE,)),
        ("september 27,\r\n1994\r\n", "september 27, 1994", (Change.WHITESPACE,)),
        ("\tseptember  27,\u2028 1994", "september 27, 1994", (Change.WHITESPACE,)),
        (" ２/10/93", "2/10/93", (Change.WIDTH, Change.WHITESPACE)),
        (500 * " " + "2/10/93" + 500 * "\n", "2/10/93", (Change.WHITESPACE,)),
        ("june" + 500 * " " + "5, 2008", "june 5, 2008", (Change.WHITESPACE,)),
        ("1994-09-27_", "1994-09-27_", ()),
        ("WEDNESDAY, SEPTEMBER 27, 1995", "WEDNESDAY, SEPTEMBER 27, 1995", ()),
    ],
)
def test_what_is_put_right_and_told(typed, text, changes):
    read = read_source(typed, DATE_VOCABULARY)
    assert (read.text, read.padded, read.changes) == (text, text.ljust(29), changes)


@pytest.mark.parametrize("text", ["", " ", "\n", " \t\r\n ", "\u3000\u3000", 1_000_000 * " "])
def test_nothing_typed(text):
    error = refusal(text)
    assert (error.reason, error.length, error.limit, error.unknown) == (Reason.EMPTY, 0, 29, ())
    assert str(error) == "The text is empty; type a date, such as september 27, 1994."


def test_thirty_characters_are_one_too_many():
    error = refusal("WEDNESDAY, SEPTEMBER 27, 19950")
    assert (error.reason, error.length, error.limit, error.unknown) == (Reason.TOO_LONG, 30, 29, ())
    assert str(error) == "The text has 30 characters; the model reads at most 29. Shorten it."
    assert refusal("2/10/93", length=6).limit == 6


@pytest.mark.parametrize("unit", ["x", "a ", "\u0301\u0316", "\ufdfa", "\0", "\ud800"], ids=ascii)
def test_a_megabyte_is_refused_before_it_is_normalised(unit, monkeypatch):
    def fail(form, text):
        raise AssertionError(f"{len(text)} characters were normalised")

    text = 1_000_000 * unit
    with monkeypatch.context() as patch:
        patch.setattr(unicodedata, "normalize", fail)
        error = refusal(text)
    assert (error.reason, error.length, error.limit) == (Reason.TOO_LONG, len(text.strip()), 29)


def test_the_raw_limit_does_not_stand_in_the_way_of_a_longer_model():
    vocabulary = Vocabulary("a")
    assert read_source("a" * 1500, vocabulary, length=1500).text == "a" * 1500
    with pytest.raises(SourceTextError):
        read_source("a" * 1501, vocabulary, length=1500)


def test_what_grows_when_normalised_is_counted_as_it_grew():
    assert refusal("\ufdfa\ufdfa").length == 36  # an Arabic phrase in one character, 18 letters and spaces


def test_unknown_characters_are_named_with_their_positions():
    error = refusal(" kö2/10/93")
    assert error.reason is Reason.UNKNOWN
    assert error.unknown == (UnknownCharacter("k", 1), UnknownCharacter("ö", 2))
    assert (error.length, error.limit, error.unknown_count) == (9, 29, 2)
    assert str(error) == (
        "The model never learned 'k' (U+006B LATIN SMALL LETTER K) at position 1, "
        "'ö' (U+00F6 LATIN SMALL LETTER O WITH DIAERESIS) at position 2; "
        "it reads the characters of English dates. Replace or delete."
    )


def test_a_joined_emoji_is_named_by_its_parts():
    error = refusal("2/10/93 " + FAMILY)
    assert [unknown.position for unknown in error.unknown] == [9, 10, 11, 12, 13]
    assert [unknown.label for unknown in error.unknown] == [
        "'\U0001f468' (U+1F468 MAN)",
        "U+200D ZERO WIDTH JOINER",
        "'\U0001f469' (U+1F469 WOMAN)",
        "U+200D ZERO WIDTH JOINER",
        "'\U0001f467' (U+1F467 GIRL)",
    ]


def test_no_more_than_five_are_listed():
    error = refusal(20 * "z")
    assert [unknown.position for unknown in error.unknown] == [1, 2, 3, 4, 5]
    assert error.unknown_count == 20
    assert "at position 5 and 15 more;" in str(error)


@pytest.mark.parametrize("character", ["\0", "\ud83d", "\u0301", "\u200f", "\u202e", "\ufeff", "\u200b", "\x1b"])
def test_characters_that_cannot_be_shown_stay_out_of_the_message(character):
    error = refusal(f"2/10{character}/93")
    assert error.unknown == (UnknownCharacter(character, 5),)
    assert character not in str(error)
    assert f"U+{ord(character):04X}" in str(error)


def test_an_error_survives_a_trip_to_another_process():
    error = pickle.loads(pickle.dumps(refusal("2/10/93 é")))
    assert error.unknown == (UnknownCharacter("é", 9),)
    assert str(error) == str(refusal("2/10/93 é"))


@given(anything | st.text(st.sampled_from([*DATE_VOCABULARY, "\n", "\u3000", "９", "、", "\u0301", "\ufdfa"])))
@example("\ufdfa" * RAW_LIMIT)
@example("\u0301\u0316" * (RAW_LIMIT // 2))
@example("\xb42/10/93")  # normalises to a space and a combining accent
def test_any_text_is_read_or_refused(text):
    try:
        read = read_source(text, DATE_VOCABULARY)
    except SourceTextError as error:
        assert error.limit == 29
        assert (error.length == 0) == (error.reason is Reason.EMPTY)
        assert (error.length > 29) == (error.reason is Reason.TOO_LONG)
        assert (error.unknown_count > 0) == (error.reason is Reason.UNKNOWN)
        assert len(error.unknown) == min(error.unknown_count, 5)
        assert all(1 <= unknown.position <= error.length for unknown in error.unknown)
        assert all(unknown.character not in DATE_VOCABULARY for unknown in error.unknown)
        assert len(str(error)) < 700
    else:
        assert 1 <= len(read.text) <= 29
        assert read.padded == read.text + " " * (29 - len(read.text))
        assert set(read.padded) <= set(DATE_VOCABULARY)
        assert read.text == " ".join(read.text.split())
        assert bool(read.changes) == (read.text != text)
        assert read_source(read.text, DATE_VOCABULARY) == SourceText(read.text, DATE_VOCABULARY, 29)


@given(known, white_space, white_space)
def test_white_space_around_a_text_changes_nothing_but_the_report(text, before, after):
    tidy = " ".join(text.split())
    read = read_source(before + text + after, DATE_VOCABULARY)
    assert read.text == tidy
    assert (Change.WHITESPACE in read.changes) == (before + text + after != tidy)


@given(known)
def test_full_width_text_reads_as_its_plain_form(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in text.strip())
    assert read_source(wide, DATE_VOCABULARY).text == " ".join(text.split())


def test_the_examples_print_what_they_say():
    results = doctest.testmod(core.data.source_text)
    assert results.attempted > 0 and results.failed == 0


@pytest.mark.parametrize(
    ("characters", "typed", "text", "changes"),
    [
        ("０１２/", "０/１２", "０/１２", ()),  # full-width digits that the model knows
        ("０12/", "０/１２", "０/12", (Change.WIDTH,)),  # of which it knows some
        ("a、b", "a、b", "a、b", ()),
        ("ab\u3000", "a\u3000b", "a\u3000b", ()),
        ("ab \t", "\ta\t b", "\ta\t b", ()),
        ("é", "e\u0301", "é", (Change.WIDTH,)),  # composed, as the model knows it
        ("e\u0301", "e\u0301", "e\u0301", ()),
        ("\u212b", "\u212b", "\u212b", ()),  # the sign of the ångström, and not the letter Å
        ("가", "\u1100\u1161", "가", (Change.WIDTH,)),
    ],
)
def test_characters_that_the_model_knows_are_left_as_they_are(characters, typed, text, changes):
    read = read_source(typed, Vocabulary(characters))
    assert (read.text, read.changes) == (text, changes)


def test_the_refusal_speaks_of_the_model_that_was_asked():
    with pytest.raises(SourceTextError, match=r"it reads '0123456789\+_'\. Replace or delete\."):
        read_source("1-2", Vocabulary("0123456789+_"))
    many = Vocabulary(chr(0x4E00 + i) for i in range(100))
    with pytest.raises(SourceTextError, match="and 40 more characters"):
        read_source("1", many)
