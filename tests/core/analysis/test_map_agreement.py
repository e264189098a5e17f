"""How far two maps agree: ranks by hand, and by plain computations."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.map_agreement import compare_maps, rank_correlation, row_shares
from tests.core.pipelines import KINDS, make_pipeline

kinds = pytest.mark.parametrize("kind", KINDS)
orders = pytest.mark.parametrize("reversed_input", [True, False], ids=["reversed", "in order"])


@pytest.fixture
def pipeline():
    return make_pipeline()


def tried(result, position):
    return "".join(r.character for r in result.replacements if r.position == position)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([1, 2, 3], [0.3, 0.2, -5], -1.0),
        # no ties: 1 - 6 sum(d^2) / (n (n^2 - 1)) = 1 - 12 / 60
        ([1, 2, 3, 4], [1, 3, 2, 40], 0.8),
        # ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: 4.5 / sqrt(4.5 * 5)
        ([1, 2, 2, 3], [1, 3, 2, 4], 3 / math.sqrt(10)),
        # ranks 2, 2, 2, 4 and 1.5, 1.5, 3, 4: 3 / sqrt(3 * 4.5)
        ([0, 0, 0, 1], [5, 5, 6, 7], math.sqrt(2 / 3)),
        ([-math.inf, 0, math.inf], [1, 2, 3], 1.0),
        # the pair with NaN is left out
        ([1, 2, math.nan, 3], [3, 2, 9, 1], -1.0),
        ([1, 2, 3, 4], [1, math.nan, 3, 4], 1.0),
        # nothing to order
        ([1, 1, 1], [1, 2, 3], None),
        ([1, 2, 3], [4, 4, 4], None),
        ([1], [2], None),
        ([], [], None),
        ([1, math.nan], [math.nan, 2], None),
        ([1, 2, math.nan], [1, 1, 2], None),
    ],
)
def test_rank_correlation_by_hand(a, b, expected):
    result = rank_correlation(np.array(a, dtype=float), np.array(b, dtype=float))
    assert result is None if expected is None else result == pytest.approx(expected, rel=1e-14)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), max_size=12))
def test_rank_correlation_is_the_correlation_of_ranks(pairs):
    a, b = [x for x, _ in pairs], [y for _, y in pairs]

    def ranks(values):
        return [sum(u < v for u in values) + (sum(u == v for u in values) + 1) / 2 for v in values]

    result = rank_correlation(np.array(a), np.array(b))
    if len(set(a)) < 2 or len(set(b)) < 2:
        assert result is None
        return
    assert result is not None
    assert result == pytest.approx(statistics.correlation(ranks(a), ranks(b)), abs=1e-12)
    assert rank_correlation(np.array(b), np.exp(a)) == pytest.approx(result, abs=1e-12)
    assert rank_correlation(-np.array(a), np.array(b)) == pytest.approx(-result, abs=1e-12)


def test_maps_are_compared_by_row_and_over_all_cells():
    a = np.array([[1.0, 2, 3], [3, 2, 1], [5, 5, 5]])
    b = np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 3]])
    result = compare_maps(a, b)
    assert list(result.steps) == [pytest.approx(1), pytest.approx(-1), None]
    assert result.mean == pytest.approx(0, abs=1e-15)
    assert result.pooled == rank_correlation(a, b)
    nothing = compare_maps(np.zeros((2, 3)), b[:2])
    assert (nothing.steps, nothing.mean, nothing.pooled) == ((None, None), None, None)


def test_maps_agree_on_the_first_where_it_is_the_same_character():
    a = np.array([[0.1, 0.7, 0.2], [0.1, 0.7, 0.2], [0.5, 0.5, 0.5], [math.nan, -2, -1]])
    b = np.array([[2.0, 9.0, 1.0], [2.0, 1.0, 9.0], [2.0, 1.0, 9.0], [9.0, 1.0, 2.0]])
    assert compare_maps(a, b).same_first == (True, False, None, True)
    assert compare_maps(a, b, least=0.6).same_first == (True, False, None, True)
    assert compare_maps(a / 10, b, least=0.1).same_first == (None, None, None, True)


def test_rows_with_too_little_to_order_are_left_out():
    a = np.array([[0.5, 0.2, 0.1], [3e-9, 2e-9, 1e-9], [-0.01, 0, 0.005], [math.nan] * 3])
    b = np.array([[0.3, 0.2, 0.1]] * 4)
    assert compare_maps(a, b).steps[1] == pytest.approx(1)
    assert list(compare_maps(a, b, least=0.01).steps) == [pytest.approx(1), None, pytest.approx(-1), None]
    assert compare_maps(b, a, least=0.01).steps[1] is None
    assert compare_maps(a, b, least=0.01).mean == pytest.approx(0, abs=1e-15)


def test_maps_of_different_shapes_cannot_be_compared():
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        rank_correlation(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        compare_maps(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="T_dec, T_enc"):
        compare_maps(np.zeros(3), np.zeros(3))


def test_row_shares_are_on_the_scale_of_attention():
    shares = row_shares(np.array([[1.0, -3.0, 0.0], [0.0, 0.0, 0.0], [math.nan, 2.0, 6.0]]))
    np.testing.assert_array_equal(shares, [[0.25, 0.75, 0], [0, 0, 0], [0, 0.25, 0.75]])
