"""softmax, sigmoid and cross entropy: known numbers, extreme numbers, dtypes."""

import math
import warnings

import numpy as np
import pytest

from core.backend.numpy_backend import CPU
from core.layers.functions import cross_entropy_error, sigmoid, softmax
from tests.core import reference
from tests.core.checks import LAYOUTS, normal


@pytest.fixture(autouse=True)
def overflow_is_an_error():
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        yield


def test_softmax_of_hand_computed_scores():
    # exp(0) : exp(ln 2) : exp(ln 5) = 1 : 2 : 5
    scores = np.array([[0.0, math.log(2), math.log(5)], [math.log(3), 0.0, 0.0]])
    np.testing.assert_allclose(softmax(scores), [[1 / 8, 2 / 8, 5 / 8], [3 / 5, 1 / 5, 1 / 5]], rtol=1e-15)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_softmax_goes_over_the_last_axis_of_any_array(layout):
    x = normal(np.random.default_rng(0), 2, 3, 4, layout=layout)
    before = x.tobytes()
    expected = [[reference.softmax(list(row)) for row in matrix] for matrix in x]
    np.testing.assert_allclose(softmax(x), expected, rtol=1e-13)
    np.testing.assert_allclose(softmax(x[0, 0]), expected[0][0], rtol=1e-13)
    assert x.tobytes() == before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_large_scores_neither_overflows_nor_loses_its_sum(dtype):
    scores = np.array([[1e4, 1e4, -1e4], [3e38, 0.0, -3e38], [-1e30, -1e30, -1e30], [1000.0, 1001.0, 1002.0]], dtype)
    with np.errstate(over="ignore"):  # 3e38 - (-3e38) is beyond float32: -inf, whose exponential is the right 0
        y = softmax(scores)
    tail = np.exp([0.0, 1.0, 2.0]) / np.exp([0.0, 1.0, 2.0]).sum()
    np.testing.assert_allclose(y, [[0.5, 0.5, 0], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3], tail], rtol=1e-6)
    assert y.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_gives_the_bits_of_the_backend(dtype):
    x = normal(np.random.default_rng(2), 3, 5, 7, scale=9.0, dtype=dtype)
    np.testing.assert_array_equal(softmax(x), CPU.softmax(x))


def test_softmax_is_unchanged_by_a_constant():
    x = normal(np.random.default_rng(1), 3, 5)
    np.testing.assert_allclose(softmax(x + 700.0), softmax(x), rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y"),
    [(0.0, 0.5), (math.log(3), 0.75), (-math.log(3), 0.25), (math.log(1 / 9), 0.1), (1e4, 1.0), (-1e4, 0.0)],
)
def test_sigmoid_values(x, y):
    for dtype in (np.float32, np.float64):
        result = sigmoid(np.array([x], dtype))
        np.testing.assert_allclose(result, [y], rtol=1e-6 if dtype == np.float32 else 1e-14)
        assert result.dtype == dtype


def test_sigmoid_is_point_symmetric():
    x = np.linspace(-8, 8, 41)
    np.testing.assert_allclose(sigmoid(x) + sigmoid(-x), 1.0, rtol=1e-14)
    np.testing.assert_allclose(sigmoid(x), [reference.sigmoid(v) for v in x], rtol=1e-12)


def test_cross_entropy_of_hand_computed_probabilities():
    y = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    assert cross_entropy_error(y, np.array([1, 1])) == pytest.approx((math.log(4) - math.log(0.8)) / 2, rel=1e-14)
    assert cross_entropy_error(y[0], np.array(0)) == pytest.approx(math.log(2), rel=1e-14)


def test_cross_entropy_of_a_probability_that_is_zero_is_large_and_finite():
    y = np.array([[1.0, 0.0]], np.float32)
    assert 80 < cross_entropy_error(y, np.array([1])) < 1000
