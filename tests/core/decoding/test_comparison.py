"""Comparisons by hand-made decodings."""

from dataclasses import replace

import numpy as np
import pytest

from core.decoding.comparison import compare
from tests.traces import make_trace


def test_equal_decodings_do_not_part():
    result = compare(make_trace(), make_trace())
    assert not result.differs.any()
    assert result.parts_at is None
    np.testing.assert_array_equal(result.probability_change, 0)
    np.testing.assert_array_equal(result.weight_change, 0)


def test_where_and_by_how_much_two_decodings_part():
    original = make_trace(output="1994-09-27")
    changed = make_trace(output="1984-08-27", seed=1)
    result = compare(original, changed)
    assert np.flatnonzero(result.differs).tolist() == [2, 6]
    assert result.parts_at == 2
    # What became of the original's character, not of the one that was written instead.
    nine = original.vocabulary.index("9")
    assert result.probability_change[2] == changed.probabilities[2, nine] - original.probabilities[2, nine]
    assert result.probability_change[2] < 0
    assert original.weights is not None and changed.weights is not None
    np.testing.assert_array_equal(result.weight_change, changed.weights - original.weights)


def test_without_attention_there_is_no_change_of_weights():
    assert compare(make_trace(), make_trace(attention=False)).weight_change is None


def test_decodings_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="10 and 9 steps"):
        compare(make_trace(), make_trace(output="1994-09-2"))
    other = replace(make_trace(), vocabulary=tuple("ab"))
    with pytest.raises(ValueError, match="59 and 2 characters"):
        compare(make_trace(), other)
