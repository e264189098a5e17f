"""Sentences of steps whose weights are known."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decoding.trace import DecodingTrace
from tests.traces import VOCABULARY, make_trace, softmax
from viz_app.text.characters import name_character
from viz_app.text.i18n import untranslated
from viz_app.text.narration import Place, narrate, percent, places

TEXT = "september 27, 1994"
SURE = "the probability of '0' is 97 %."


def step_with(
    weights: dict[int, float], text: str = TEXT, output: str = "0", probabilities: dict[str, float] | None = None
) -> DecodingTrace:
    """A trace of one step; what `weights` and `probabilities` leave is spread evenly over the other places."""
    trace = make_trace(text, output)
    chances = {VOCABULARY.index(c): p for c, p in (probabilities or {output: 0.97}).items()}
    return replace(trace, weights=filled(weights, len(trace.source)), probabilities=filled(chances, len(VOCABULARY)))


def filled(values: dict[int, float], length: int) -> np.ndarray:
    row = np.full((1, length), (1 - sum(values.values())) / (length - len(values)), np.float32)
    row[0, list(values)] = list(values.values())
    return row


def tell(weights: dict[int, float], text: str = TEXT, **options) -> str:
    return narrate(step_with(weights, text, **options), 0, untranslated)


def test_neighbours_in_a_word_are_one_fragment():
    sentence = tell({0: 0.4, 1: 0.23, 12: 0.14})
    assert sentence == f"To write '0' the model puts 63 % of its attention on 'se' of 'september'; {SURE}"


@pytest.mark.parametrize(
    ("text", "weights", "place"),
    [
        (TEXT, {0: 0.9}, "'s' of 'september'"),
        (TEXT, {9: 0.9}, "the space after 'september'"),
        (TEXT, {12: 0.9}, "the comma after '27'"),
        (TEXT, {13: 0.9}, "the space before '1994'"),
        (TEXT, {10: 0.5, 11: 0.4}, "'27'"),
        (TEXT, {7: 0.9}, "the third 'e' of 'september'"),
        (TEXT, {7: 0.5, 8: 0.4}, "'er' of 'september'"),
        (TEXT, {15: 0.9}, "the first '9' of '1994'"),
        (TEXT, {16: 0.9}, "the second '9' of '1994'"),
        (TEXT, {15: 0.5, 16: 0.4}, "'99' of '1994'"),
        (TEXT, {18: 0.9}, "the padding after the text"),
        (TEXT, {20: 0.3, 24: 0.3, 28: 0.3}, "the padding after the text"),
        ("2/10/93", {1: 0.9}, "the slash after '2'"),
        ("2/10/93", {0: 0.9}, "'2'"),
        ("9/9/99", {0: 0.9}, "the first '9'"),
        ("9/9/99", {2: 0.9}, "the second '9'"),
        ("9/9/99", {3: 0.9}, "the slash after the second '9'"),
        ("9/9/99", {5: 0.9}, "the second '9' of '99'"),
        ("11/11/11", {7: 0.9}, "the second '1' of the third '11'"),
        ("11/11/11", {3: 0.5, 4: 0.4}, "the second '11'"),
        ("1/1/1/1", {6: 0.9}, "'1' number 4"),
        ("12th", {1: 0.5, 2: 0.4}, "'2' of '12'"),
        ("-- 5", {0: 0.9}, "the hyphen at position 1"),
        ("-- 5", {2: 0.9}, "the space before '5'"),
    ],
)
def test_the_place_is_named_by_its_word(text, weights, place):
    sentence = tell(weights, text)
    assert sentence.startswith("To write '0' the model puts ")
    assert re.findall(r"attention on (.*?)(?: and \d+ % on .*)?;", sentence) == [place]


def test_attention_on_two_places():
    sentence = tell({0: 0.5, 10: 0.2, 11: 0.18})
    assert sentence == (
        f"To write '0' the model puts 50 % of its attention on 's' of 'september' and 38 % on '27'; {SURE}"
    )


def test_two_places_that_hold_most_of_it_only_together():
    sentence = tell({0: 0.4, 10: 0.15, 11: 0.15})
    assert "puts 40 % of its attention on 's' of 'september' and 30 % on '27';" in sentence


def test_a_fragment_does_not_cross_a_word():
    sentence = tell({8: 0.5, 9: 0.45})
    assert "50 % of its attention on 'r' of 'september' and 45 % on the space after 'september';" in sentence


def test_the_larger_of_two_places_comes_first():
    sentence = tell({0: 0.3, 18: 0.2, 19: 0.2, 20: 0.2})
    assert re.search(r"puts 6\d % of its attention on the padding after the text and 30 % on 's' of", sentence)


def test_a_small_second_place_is_not_told():
    assert " and " not in tell({0: 0.8, 10: 0.14}).split(";")[0]


def test_attention_that_is_spread():
    sentence = tell({0: 0.25, 4: 0.15, 10: 0.1, 14: 0.09, 12: 0.11})
    assert sentence == (
        "To write '0' the model spreads its attention widely, with the largest part, 25 %, on 's' of 'september'; "
        + SURE
    )


def test_even_attention_on_much_padding_is_not_attention_on_the_padding():
    assert "so evenly that no character gets more than 3 %" in tell({}, "2/10/93")
    # What is looked at as a whole may still be little a space.
    spread = dict.fromkeys(range(18, 29), 0.54 / 11)
    assert "puts 54 % of its attention on the padding after the text" in tell(spread)


def test_attention_that_is_even():
    text = TEXT + ", a b c d e"
    assert len(text) == 29
    assert tell({}, text) == (
        f"To write '0' the model spreads its attention so evenly that no character gets more than 3 %; {SURE}"
    )


def test_a_close_runner_up_is_told():
    sentence = tell({0: 0.9}, probabilities={"0": 0.52, "-": 0.41})
    assert sentence.endswith("; the probability of '0' is 52 %, that of the hyphen 41 %.")


def test_a_character_that_was_not_the_most_probable():
    sentence = tell({0: 0.9}, probabilities={"0": 0.03, "1": 0.9})
    assert sentence.endswith("; the probability of '0' is 3 %, that of '1' 90 %.")


def test_a_model_without_attention():
    trace = make_trace(output="0", attention=False)
    trace = replace(trace, probabilities=filled({VOCABULARY.index("0"): 0.97}, len(VOCABULARY)))
    assert narrate(trace, 0, untranslated) == (
        f"The model has no attention: it writes '0' from its memory of the whole text; {SURE}"
    )


def test_signs_have_names():
    names = {c: name_character(c, untranslated) for c in " ,-/_0a'"}
    assert names == {
        " ": "the space",
        ",": "the comma",
        "-": "the hyphen",
        "/": "the slash",
        "_": "the underscore",
        "0": "'0'",
        "a": "'a'",
        "'": "'''",
    }


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0049, "less than 1 %"),
        (0.005, "0 %"),
        (0.006, "1 %"),
        (0.634, "63 %"),
        (0.9949, "99 %"),
        (0.996, "more than 99 %"),
        (0.9996, "more than 99 %"),
        (0.99999, "more than 99 %"),
        (1.0000001, "100 %"),
    ],
)
def test_percent(share, text):
    assert percent(share, untranslated) == text


def test_places_by_the_rule():
    trace = step_with({0: 0.4, 1: 0.11, 2: 0.09, 14: 0.12, 18: 0.04, 19: 0.05})
    found = places(trace, np.asarray(trace.weights)[0])
    assert [(place.start, place.stop) for place in found] == [(0, 2), (18, 29), (14, 15)]
    assert [place.share for place in found] == pytest.approx([0.51, 0.09 + 9 * 0.19 / 23, 0.12], abs=1e-6)


@given(
    st.text(alphabet=[c for c in VOCABULARY if c != "_"], min_size=1, max_size=29).map(str.strip).filter(bool),
    st.integers(0, 2**32 - 1),
)
def test_every_place_is_named_and_no_weight_counts_twice(text, seed):
    trace = make_trace(text)
    scores = np.random.default_rng(seed).normal(scale=4, size=(len(trace), 29))
    trace = replace(trace, weights=softmax(scores))
    for step in range(len(trace)):
        found = places(trace, np.asarray(trace.weights)[step])
        positions = [position for place in found for position in range(place.start, place.stop)]
        assert len(positions) == len(set(positions))
        assert sum(place.share for place in found) <= 1 + 1e-6
        assert found == sorted(found, key=lambda place: -place.share)
        assert all(isinstance(place, Place) and place.stop > place.start for place in found)
        sentence = narrate(trace, step, untranslated)
        assert "{" not in sentence and sentence.endswith(".") and sentence.count(";") == 1


def test_typed_braces_and_markup_are_plain_text():
    trace = make_trace("0")
    vocabulary = tuple("<{}>&*" + "".join(VOCABULARY))[: len(VOCABULARY)]
    trace = replace(trace, text="{a}<b>", source="{a}<b>".ljust(29), vocabulary=vocabulary)
    weights = np.zeros_like(trace.weights)
    weights[:, 0] = 1
    assert "on '{' before 'a';" in narrate(replace(trace, weights=weights), 0, untranslated)


def test_a_translation_may_order_the_parts_as_its_language_does():
    japanese = {
        "{attention}; {certainty}.": "{attention}。{certainty}。",
        "To write {written} the model puts {share} of its attention on {place}": (
            "{written}を書くとき、モデルは{place}に注意の{share}を向けます"
        ),
        "{fragment} of {word}": "{word}の{fragment}",
        "the first {part}": "1番目の{part}",
        "'{text}'": "「{text}」",
        "{number} %": "{number}%",
        "the probability of {written} is {probability}": "{written}の確率は{probability}です",
    }
    sentence = narrate(step_with({15: 0.63}), 0, lambda message: japanese.get(message, message))
    assert sentence == "「0」を書くとき、モデルは「1994」の1番目の「9」に注意の63%を向けます。「0」の確率は97%です。"


@pytest.mark.parametrize("step", [-1, 10])
def test_a_step_that_does_not_exist(step):
    with pytest.raises(ValueError, match=f"There is no step {step}: this trace has steps 0 to 9"):
        narrate(make_trace(), step, untranslated)
