"""A trace as JSON and back: every bit, and a clear answer to whatever is not a trace."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.decoding.interventions import ForceCharacter, SetWeights, Temperature
from core.decoding.trace import DecodingTrace
from core.decoding.trace_json import TraceFormatError, trace_from_dict, trace_to_dict
from tests.traces import make_trace

ARRAYS = ("hs_enc", "hs_dec", "cs_dec", "scores", "weights", "context", "logits", "probabilities")


def through_json(trace: DecodingTrace) -> DecodingTrace:
    return trace_from_dict(json.loads(json.dumps(trace_to_dict(trace), allow_nan=False)))


def small_trace(**options) -> DecodingTrace:
    return make_trace("2/10/93", "1993", t_enc=9, hidden_size=3, **options)


def assert_same(got: DecodingTrace, expected: DecodingTrace) -> None:
    for field in fields(DecodingTrace):
        one, other = getattr(got, field.name), getattr(expected, field.name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype and one.shape == other.shape
            assert one.tobytes() == other.tobytes(), field.name
        else:
            assert one == other, field.name


@pytest.mark.parametrize("attention", [True, False])
def test_every_member_comes_back_to_the_last_bit(attention):
    trace = make_trace(attention=attention, hidden_size=16, seed=5)
    assert_same(through_json(trace), trace)


@given(arrays(np.float32, (4, 9), elements=st.floats(width=32, allow_nan=False)))
def test_any_float32_comes_back(scores):
    trace = replace(small_trace(), scores=scores)
    assert_same(through_json(trace), trace)


def test_numbers_that_are_not_finite_are_strings():
    trace = small_trace()
    scores = np.array(trace.scores)
    scores[0, :3] = [-np.inf, np.inf, np.nan]
    data = trace_to_dict(replace(trace, scores=scores))
    assert data["scores"][0][:3] == ["-Infinity", "Infinity", "NaN"]
    assert data["scores"][0][3] == float(scores[0, 3])
    np.testing.assert_array_equal(trace_from_dict(data).scores, scores)


def test_a_number_is_exactly_the_float32():
    trace = small_trace()
    weights = json.loads(json.dumps(trace_to_dict(trace)))["weights"]
    assert weights == np.asarray(trace.weights, np.float64).tolist()


def test_rows_are_output_and_columns_are_source_characters():
    data = trace_to_dict(small_trace())
    assert (data["source"], data["output"]) == ("2/10/93  ", "1993")
    weights = np.zeros((4, 9), np.float32)
    weights[3, data["source"].index("9")] = 1
    moved = trace_to_dict(replace(small_trace(), weights=weights))["weights"]
    assert moved[3][5] == 1 and sum(map(sum, moved)) == 1


def test_interventions_come_back():
    changes = (ForceCharacter(2, "7"), Temperature(0.5), SetWeights(((3, 0.25), (5, 0.5)), step=1))
    trace = replace(small_trace(), interventions=changes)
    assert_same(through_json(trace), trace)


def test_members_of_a_later_minor_addition_are_ignored():
    trace = small_trace()
    assert_same(trace_from_dict({**trace_to_dict(trace), "comment": "from a class"}), trace)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "plotly"}, "format: got 'plotly'"),
        ({"version": 2}, "version: got 2; this program reads version 1"),
        ({"text": 5}, "text: got a number, expected a string"),
        ({"model": "a\ud800"}, "model: holds '\\ud800', which is not a character"),
        ({"vocabulary": ["a", "\udfff"]}, "vocabulary: holds '\\udfff', which is not a character"),
        ({"text": ""}, "at least one character"),
        ({"text": "2/11/93"}, "source: got '2/10/93  '"),
        ({"output": "1994"}, "output: got '1994', but output_ids say '1993'"),
        ({"vocabulary": "abc"}, "vocabulary: got a string, expected an array"),
        ({"vocabulary": ["a", "a"]}, "vocabulary: expected different strings"),
        ({"vocabulary": ["=1+1"]}, "vocabulary: expected different strings of one character"),
        ({"input_ids": [1, 2, 3]}, "input_ids: got 3 ids, expected 4"),
        ({"input_ids": [1, 2, 3, 59]}, "input_ids: expected whole numbers from 0 to 58"),
        ({"input_ids": [1, 2, 3, -1]}, "input_ids: expected whole numbers from 0 to 58"),
        ({"input_ids": [1, 2, 3, True]}, "input_ids: expected whole numbers"),
        ({"hs_dec": [[0.0] * 3] * 5}, "hs_dec: got 5 rows, expected 4"),
        ({"hs_dec": [[0.0] * 4] * 4}, "hs_dec: row 0 has 4 numbers, expected 3 numbers"),
        ({"hs_dec": [[0.0] * 3, None, [0.0] * 3, [0.0] * 3]}, "hs_dec: row 1 has null"),
        ({"hs_dec": [["0.5", 0.0, 0.0]] * 4}, "hs_dec: row 0 holds '0.5', expected a number"),
        ({"hs_dec": [[True, 0.0, 0.0]] * 4}, "hs_dec: row 0 holds True, expected a number"),
        ({"hs_dec": [[1e39, 0.0, 0.0]] * 4}, "hs_dec: holds a number that is too large"),
        ({"hs_dec": [[10**400, 0.0, 0.0]] * 4}, "hs_dec: row 0 holds a number that is too large"),
        ({"hs_dec": [[float("inf"), 0.0, 0.0]] * 4}, "hs_dec: row 0 holds a number that is too large"),
        ({"hs_dec": [[float("nan"), 0.0, 0.0]] * 4}, "hs_dec: row 0 holds a number that is too large"),
        ({"text": "1\ud800"}, "text: holds '\\ud800', which is not a character"),
        (
            {"interventions": [{"kind": "force", "step": 0, "character": "\ud800"}]},
            "interventions: change 1: character is '\\ud800'; expected a single character",
        ),
        ({"hs_enc": [None] * 9}, "hs_enc: row 0 has null"),
        ({"weights": None}, "scores: scores, weights and context are either all null or all given"),
        ({"interventions": [{"kind": "magic"}]}, "interventions: change 1: a change is of kind 'magic'"),
        ({"context": None}, "context: scores, weights and context"),
    ],
)
def test_what_does_not_fit_is_named(changes, message):
    with pytest.raises(TraceFormatError) as error:
        trace_from_dict({**trace_to_dict(small_trace()), **changes})
    assert message in str(error.value)


@pytest.mark.parametrize("name", [name for name in trace_to_dict(small_trace()) if name not in {"format", "version"}])
def test_a_missing_member_is_named(name):
    data = trace_to_dict(small_trace())
    del data[name]
    with pytest.raises(TraceFormatError, match=f"^{name}: is missing$"):
        trace_from_dict(data)


@pytest.mark.parametrize("data", [None, 3, "text", [], True])
def test_something_else_than_an_object_is_refused(data):
    with pytest.raises(TraceFormatError, match="expected an object"):
        trace_from_dict(data)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@given(st.sampled_from(sorted(trace_to_dict(small_trace()))), ANYTHING)
def test_whatever_stands_in_a_member_is_a_trace_or_a_clear_error(name, value):
    data = {**trace_to_dict(small_trace()), name: value}
    try:
        trace = trace_from_dict(data)
    except TraceFormatError as error:
        assert str(error)
    else:
        assert_same(through_json(trace), trace)


def test_all_arrays_of_a_trace_are_in_the_schema():
    names = {field.name for field in fields(DecodingTrace)}
    assert set(trace_to_dict(small_trace())) - {"format", "version"} == names
    assert set(ARRAYS) < names
