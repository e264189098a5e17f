"""Arrays survive the way into text and back, and no text does more than be refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.analysis.layer_lab import LARGEST
from viz_app.pages.lab.arrays import LONGEST, ArrayReason, ArrayTextError, format_array, parse_array, with_cells
from viz_app.pages.lab.words import array_sentence
from viz_app.text.i18n import LANGUAGES, translator

MATRIX = np.array([[1.0, -2.5], [0.001, 30.0]])
numbers = st.floats(-LARGEST, LARGEST)
small_arrays = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=numbers)


def reason(text: str, *shapes: tuple[int, ...]) -> ArrayReason:
    with pytest.raises(ArrayTextError) as caught:
        parse_array(text, *shapes)
    return caught.value.reason


# --- There and back ---------------------------------------------------------------------------------------------------


@given(small_arrays)
def test_every_bit_comes_back(array) -> None:
    for text in (format_array(array), str(array.tolist()), f"x = {format_array(array)}"):
        back = parse_array(text, array.shape)
        assert back.dtype == np.float64
        np.testing.assert_array_equal(back, array)


@given(small_arrays)
def test_what_print_shows_is_read_as_shown(array) -> None:
    for text in (str(array), repr(array)):
        np.testing.assert_allclose(parse_array(text, array.shape), array, rtol=1e-7, atol=1e-7)


def test_format() -> None:
    assert format_array(MATRIX) == "np.array([[ 1.0e+00, -2.5e+00],\n          [ 1.0e-03,  3.0e+01]])"
    assert format_array(np.array([0.5, 1.0])) == "np.array([0.5, 1. ])"


def test_a_large_array_is_written_whole_and_short_enough_to_be_pasted() -> None:
    array = np.random.default_rng(0).uniform(-1000, 1000, (6, 8, 8))
    text = format_array(array)
    assert "..." not in text
    assert len(text) <= LONGEST
    np.testing.assert_array_equal(parse_array(text, (6, 8, 8)), array)


@pytest.mark.parametrize(
    "text",
    [
        "[[1, -2.5], [0.001, 30]]",
        "[[1 -2.5]\n [1e-3 3e1]]",
        "np.array([[1, -2.5], [.001, 30.]])",
        "numpy.array( [[1,-2.5],[1E-03,+30]] , dtype=np.float64 )",
        "hs = np . array([[1., -2.5, ], [0.001, 30., ], ], dtype='float64',);",
        "array([[1.e+00, -2.5e+00],\n       [1.0e-03, 3.0e+01]])",
        "x=[[1,−2.5],[0.001,30]]",
        "［［１，−２．５］，［０．００１，３０］］",
        "\n\t [[1,\n-2.5],\n[0.001,30]] \n",
    ],
)
def test_ways_to_write_the_same_array(text) -> None:
    np.testing.assert_array_equal(parse_array(text, (2, 2)), MATRIX)


# --- Refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "EMPTY"),
        (" \n", "EMPTY"),
        ("np.array()", "EMPTY"),
        ("[]", "EMPTY"),
        ("[[], []]", "EMPTY"),
        ("1", "BRACKETS"),
        ("1, 2", "BRACKETS"),
        ("[1, 2", "BRACKETS"),
        ("[1, 2]]", "BRACKETS"),
        ("[1] [2]", "BRACKETS"),
        ("np.array([1, 2]", "BRACKETS"),
        ("[1, 2].T", "BRACKETS"),
        ("np.array([1, 2]).__class__", "BRACKETS"),
        ("[1,, 2]", "COMMAS"),
        ("[, 1]", "COMMAS"),
        ("[1, [2]]", "RAGGED"),
        ("[[1, 2], [3]]", "RAGGED"),
        ("[[[1]], [2]]", "RAGGED"),
        ("[[1 2] ... [3 4]]", "SHORTENED"),
        ("[1, nan]", "NOT_FINITE"),
        ("[1, -np.inf]", "NOT_FINITE"),
        ("[float('nan')]", "NOT_A_NUMBER"),
        ("[1e4]", "TOO_LARGE"),
        ("[1e9999]", "TOO_LARGE"),
        ("[" + "9" * 400 + "]", "TOO_LARGE"),
        ("[1.2.3]", "NOT_A_NUMBER"),
        ("[1_000]", "NOT_A_NUMBER"),
        ("[0x10]", "NOT_A_NUMBER"),
        ("[1j]", "NOT_A_NUMBER"),
        ("[True]", "NOT_A_NUMBER"),
        ("[None]", "NOT_A_NUMBER"),
        ("['1']", "NOT_A_NUMBER"),
        ("[1 + 1]", "NOT_A_NUMBER"),
        ("[2**3]", "NOT_A_NUMBER"),
        ("[(1, 2)]", "NOT_A_NUMBER"),
        ("__import__('os').system('ls')", "NOT_A_NUMBER"),
        ("[__import__('os')]", "NOT_A_NUMBER"),
        ("[٣]", "NOT_A_NUMBER"),
        ("[\u202e1]", "NOT_A_NUMBER"),
        ("[1\x00]", "NOT_A_NUMBER"),
        ("[" * 9 + "1" + "]" * 9, "TOO_DEEP"),
        ("[" * LONGEST, "TOO_DEEP"),
        ("[" * 3_000_000, "TOO_LONG"),
    ],
)
def test_a_text_that_is_no_array(text, why) -> None:
    assert reason(text) is ArrayReason[why]


def test_another_shape_is_told_with_what_would_do() -> None:
    with pytest.raises(ArrayTextError, match=r"shape: '\(1, 2\)'; expected \(2, 2\) or \(2,\)"):
        parse_array("[[1, 2]]", (2, 2), (2,))
    assert parse_array("[1, 2]", (2, 2), (2,)).shape == (2,)


@pytest.mark.parametrize("shape", [(6,), (2, 3), (3, 2), (1, 2, 3)])
def test_only_a_wanted_shape_is_taken(shape) -> None:
    text = str(np.zeros(shape).tolist())
    for other in [(6,), (2, 3), (3, 2), (1, 2, 3)]:
        if other == shape:
            assert parse_array(text, other).shape == shape
        else:
            assert reason(text, other) is ArrayReason.SHAPE


@pytest.mark.parametrize("piece", [" ", ",", "[1", "array(", "a=", "(", ")", ";", "\u0301", "\ufdfa", "1 ", "-", "."])
def test_long_repetitions_are_answered(piece) -> None:
    for text in (piece * (LONGEST // len(piece)), f"np.array([1]{piece * 5000}"[:LONGEST]):
        reason(text, (9, 9))


@given(st.one_of(st.text(), st.text("[]()0123456789.,-+eE naif\n=dtyp_", max_size=60)))
def test_any_text_is_an_array_or_has_a_reason(text) -> None:
    try:
        array = parse_array(text)
    except ArrayTextError as error:
        assert len(error.found) <= 40
        assert error.found.isprintable()
        sentences = {array_sentence(error, translator(language)) for language in LANGUAGES}
        assert all(sentences)
    else:
        assert array.size
        assert np.isfinite(array).all()
        assert np.abs(array).max() <= LARGEST


def test_sentences_keep_braces_and_say_what_would_do() -> None:
    with pytest.raises(ArrayTextError) as caught:
        parse_array("[{expected}]", (2,))
    assert array_sentence(caught.value, translator("en")).startswith("“{expected}” is not a number.")
    with pytest.raises(ArrayTextError) as caught:
        parse_array("[[1]]", (3, 2), (2,))
    sentence = array_sentence(caught.value, translator("en"))
    assert sentence == "The shape is (1, 1); here it has to be (3, 2) or (2,). Change the array, or the sizes above."


# --- Typed cells ------------------------------------------------------------------------------------------------------


def test_typed_cells_change_and_the_others_stay() -> None:
    before = MATRIX.copy()
    np.testing.assert_array_equal(with_cells(MATRIX, {0: {"1": 7}, 1: {"0": -0.5}}), [[1, 7], [-0.5, 30]])
    np.testing.assert_array_equal(MATRIX, before)
    np.testing.assert_array_equal(with_cells(MATRIX, {}), MATRIX)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({0: {"1": None}}, "EMPTY"),
        ({0: {"1": "7"}}, "NOT_A_NUMBER"),
        ({0: {"1": True}}, "NOT_A_NUMBER"),
        ({0: {"1": float("nan")}}, "NOT_FINITE"),
        ({0: {"1": float("inf")}}, "NOT_FINITE"),
        ({0: {"1": 1001}}, "TOO_LARGE"),
        ({0: {"1": 10**400}}, "TOO_LARGE"),
        ({2: {"1": 1}}, "SHAPE"),
        ({-1: {"1": 1}}, "SHAPE"),
        ({0: {"2": 1}}, "SHAPE"),
        ({0: {"_index": 1}}, "SHAPE"),
    ],
)
def test_a_cell_that_is_no_number_is_refused(cells, why) -> None:
    with pytest.raises(ArrayTextError) as caught:
        with_cells(MATRIX, cells)
    assert caught.value.reason is ArrayReason[why]
