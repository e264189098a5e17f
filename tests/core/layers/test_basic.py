"""Embedding, affine, softmax and loss layers: known numbers, gradients, dtypes, the book's attributes."""

import math
from typing import Any

import numpy as np
import pytest

from core.layers.basic import Embedding, Softmax, TimeAffine, TimeEmbedding, TimeSoftmaxWithLoss, concat
from tests.core import reference
from tests.core.checks import LAYOUTS, assert_gradients, assert_same_dtype, normal

layouts = pytest.mark.parametrize("layout", LAYOUTS)


@pytest.fixture
def rng():
    return np.random.default_rng(20)


# ---------------------------------------------------------------------------------------------------- Embedding


def test_embedding_takes_rows_and_adds_up_their_gradients():
    W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    layer = Embedding(W)
    out = layer.forward(np.array([2, 0, 2]))
    np.testing.assert_array_equal(out, [[5, 6], [1, 2], [5, 6]])
    layer.backward(np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]))
    np.testing.assert_array_equal(layer.grads[0], [[2, 20], [0, 0], [5, 50]])


@layouts
def test_time_embedding_is_an_embedding_of_every_step(rng, layout):
    W, ids = normal(rng, 7, 3, layout=layout), LAYOUTS[layout](rng.integers(0, 7, (4, 5)))
    dout = normal(rng, 4, 5, 3, layout=layout)
    layer = TimeEmbedding(W)
    np.testing.assert_array_equal(layer.forward(ids), reference.embed(W, ids))
    layer.backward(dout)

    total = np.zeros_like(W)
    for t in range(5):
        step = Embedding(W)
        np.testing.assert_array_equal(step.forward(ids[:, t]), layer.forward(ids)[:, t])
        step.backward(dout[:, t])
        total += step.grads[0]
    np.testing.assert_allclose(layer.grads[0], total, rtol=1e-13)


@layouts
def test_embedding_gradients(rng, layout):
    W = normal(rng, 5, 3, layout=layout)
    ids, time_ids = rng.integers(0, 4, 6), LAYOUTS[layout](rng.integers(0, 4, (3, 4)))
    for layer, idx in ((Embedding(W), ids), (TimeEmbedding(W), time_ids)):

        def backward(dout, layer=layer):
            assert layer.backward(dout) is None
            return {"W": layer.grads[0]}

        assert_gradients(lambda layer=layer, idx=idx: layer.forward(idx), backward, {"W": W}, layout=layout)
        assert not layer.grads[0][4].any(), "id 4 was not read, so its row has no gradient"


@pytest.mark.parametrize("ids_dtype", [np.int32, np.int64, np.uint8])
def test_ids_of_any_integer_dtype(ids_dtype):
    W = np.arange(12.0, dtype=np.float32).reshape(6, 2)
    ids = np.array([[5, 0], [1, 5]], ids_dtype)
    layer = TimeEmbedding(W)
    np.testing.assert_array_equal(layer.forward(ids), [[[10, 11], [0, 1]], [[2, 3], [10, 11]]])
    layer.backward(np.ones((2, 2, 2), np.float32))
    np.testing.assert_array_equal(layer.grads[0][:, 0], [1, 1, 0, 0, 0, 2])


# ------------------------------------------------------------------------------------------------------- Affine


def test_time_affine_of_hand_computed_numbers():
    layer = TimeAffine(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.5, 0.0, -0.5]))
    out = layer.forward(np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]]))
    np.testing.assert_array_equal(out, [[[1.5, 2.0, 2.5], [4.5, 5.0, 5.5], [-1.5, -1.0, -0.5]]])
    dx = layer.backward(np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]]))
    np.testing.assert_array_equal(dx, [[[1, 4], [2, 5], [6, 12]]])
    np.testing.assert_array_equal(layer.grads[0], [[1, 0, 4], [0, 1, -2]])
    np.testing.assert_array_equal(layer.grads[1], [1, 1, 2])


@layouts
def test_time_affine_values_and_gradients(rng, layout):
    x, W, b = (normal(rng, *shape, layout=layout) for shape in ((2, 3, 4), (4, 5), (5,)))
    layer = TimeAffine(W, b)
    np.testing.assert_allclose(layer.forward(x), reference.affine(x, W, b), rtol=1e-12)

    def backward(dout):
        return {"x": layer.backward(dout), "W": layer.grads[0], "b": layer.grads[1]}

    assert_gradients(lambda: layer.forward(x), backward, {"x": x, "W": W, "b": b}, layout=layout)


# ------------------------------------------------------------------------------------------------------ Softmax


@layouts
@pytest.mark.parametrize("t", [1, 4])
def test_concat_is_side_by_side_and_time_major(rng, layout, t):
    first, second = normal(rng, 2, t, 3, layout=layout), normal(rng, 2, 4, 5, layout=layout)
    joined = concat(first, second)
    np.testing.assert_array_equal(joined, np.concatenate([np.repeat(first, 4 // t, axis=1), second], axis=2))
    assert joined.transpose(1, 0, 2).flags.c_contiguous


@layouts
def test_softmax_layer_values_and_gradients(rng, layout):
    x = normal(rng, 2, 3, 4, layout=layout)
    layer = Softmax()
    expected = [[reference.softmax(list(row)) for row in matrix] for matrix in x]
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-13)
    assert_gradients(lambda: layer.forward(x), lambda dout: {"x": layer.backward(dout)}, {"x": x}, layout=layout)


def test_softmax_backward_of_hand_computed_numbers():
    layer = Softmax()
    layer.forward(np.log(np.array([[1.0, 1.0, 2.0]])))
    # y = 1/4, 1/4, 1/2 and dout = 4, 0, 0: sum(y dout) = 1, dx = y (dout - 1)
    np.testing.assert_allclose(layer.backward(np.array([[4.0, 0.0, 0.0]])), [[0.75, -0.25, -0.5]], rtol=1e-14)


# --------------------------------------------------------------------------------------------------------- loss


def test_loss_of_hand_computed_numbers():
    # Probabilities 1/4 1/4 1/2 and 1/6 1/3 1/2; targets 2 and 0: loss = (ln 2 + ln 6) / 2
    logits = np.log(np.array([[[1.0, 1.0, 2.0], [1.0, 2.0, 3.0]]]))
    layer = TimeSoftmaxWithLoss()
    assert float(layer.forward(logits, np.array([[2, 0]]))) == pytest.approx((math.log(2) + math.log(6)) / 2)
    expected = [[[1 / 8, 1 / 8, -1 / 4], [-5 / 12, 1 / 6, 1 / 4]]]
    np.testing.assert_allclose(layer.backward(), expected, rtol=1e-13)
    np.testing.assert_allclose(layer.backward(dout=3.0), 3 * np.array(expected), rtol=1e-13)


def test_ignored_targets_count_neither_in_the_sum_nor_in_the_mean():
    logits = np.log(np.array([[[1.0, 1.0, 2.0], [1.0, 2.0, 3.0]]]))
    layer = TimeSoftmaxWithLoss()
    assert float(layer.forward(logits, np.array([[2, -1]]))) == pytest.approx(math.log(2))
    np.testing.assert_allclose(layer.backward(), [[[1 / 4, 1 / 4, -1 / 2], [0.0, 0.0, 0.0]]], rtol=1e-13)


@pytest.mark.parametrize("label", [0, -1, 99])
def test_the_ignored_label_can_be_chosen(label):
    logits = np.log(np.array([[[1.0, 1.0, 2.0], [1.0, 2.0, 3.0]]]))
    layer = TimeSoftmaxWithLoss(ignore_label=label)
    assert float(layer.forward(logits, np.array([[2, label]]))) == pytest.approx(math.log(2))
    np.testing.assert_allclose(layer.backward(), [[[1 / 4, 1 / 4, -1 / 2], [0.0, 0.0, 0.0]]], rtol=1e-13)
    assert TimeSoftmaxWithLoss().ignore_label == -1


def test_nothing_but_ignored_targets_gives_zero_not_nan():
    layer = TimeSoftmaxWithLoss()
    assert float(layer.forward(np.ones((2, 3, 4)), np.full((2, 3), -1))) == 0.0
    assert not layer.backward().any()


@layouts
@pytest.mark.parametrize("ignored", [0, 5])
def test_loss_value_and_gradient(rng, layout, ignored):
    xs = normal(rng, 3, 4, 5, scale=2.0, layout=layout)
    ts = rng.integers(0, 5, (3, 4))
    ts.flat[rng.permutation(12)[:ignored]] = -1
    ts = LAYOUTS[layout](ts)
    layer = TimeSoftmaxWithLoss()
    assert float(layer.forward(xs, ts)) == pytest.approx(reference.cross_entropy(xs, ts), rel=1e-12)

    def backward(dout):
        return {"xs": layer.backward(float(dout))}

    assert_gradients(lambda: layer.forward(xs, ts), backward, {"xs": xs})
    layer.forward(xs, ts)
    assert not layer.backward()[ts == -1].any()


def test_loss_of_extreme_logits_is_finite_and_right():
    layer = TimeSoftmaxWithLoss()
    for dtype in (np.float32, np.float64):
        logits = np.array([[[1e4, 0.0], [-1e4, 0.0], [3e4, 3e4]]], dtype)
        assert float(layer.forward(logits, np.array([[0, 0, 1]]))) == pytest.approx((0 + 1e4 + math.log(2)) / 3)
        np.testing.assert_allclose(layer.backward(), np.array([[[0, 0], [-1, 1], [0.5, -0.5]]]) / 3, atol=1e-7)


def test_equal_logits_lose_the_logarithm_of_the_vocabulary():
    loss = TimeSoftmaxWithLoss().forward(np.zeros((2, 3, 59), np.float32), np.zeros((2, 3), np.int64))
    assert float(loss) == pytest.approx(math.log(59), rel=1e-6)


# ------------------------------------------------------------------------------------------- what all layers keep


@pytest.mark.parametrize("make", [TimeEmbedding, Embedding, TimeAffine])
def test_parameters_are_kept_not_copied_and_gradients_overwritten_in_place(make):
    rng = np.random.default_rng(3)
    W, b = rng.standard_normal((5, 5)), rng.standard_normal(5)
    layer = make(W, b) if make is TimeAffine else make(W)
    assert layer.params[0] is W
    assert [g.shape for g in layer.grads] == [p.shape for p in layer.params]
    inputs = rng.standard_normal((2, 3, 5)) if make is TimeAffine else rng.integers(0, 5, (2, 3))
    dout = rng.standard_normal((2, 3, 5))
    if make is Embedding:
        inputs, dout = inputs[0], dout[0]

    kept = list(layer.grads)
    layer.forward(inputs)
    layer.backward(dout)
    first = [g.copy() for g in layer.grads]
    for gradient in layer.grads:
        gradient[...] = np.nan
    layer.backward(dout)
    for gradient, same, expected in zip(layer.grads, kept, first, strict=True):
        assert gradient is same
        np.testing.assert_array_equal(gradient, expected)

    W *= 2
    expected = inputs @ W + b if make is TimeAffine else W[inputs]
    np.testing.assert_allclose(layer.forward(inputs), expected, rtol=1e-12)


@pytest.mark.parametrize("layer", [Softmax(), TimeSoftmaxWithLoss()])
def test_layers_without_parameters_have_empty_lists(layer):
    assert layer.params == [] and layer.grads == []


def test_float32_stays_float32(rng):
    W, b = normal(rng, 6, 4, dtype=np.float32), normal(rng, 4, dtype=np.float32)
    ids, ts = rng.integers(0, 6, (2, 3)), np.array([[0, 1, -1], [2, -1, 3]])
    embedding, affine, softmax, loss = TimeEmbedding(W), TimeAffine(W, b), Softmax(), TimeSoftmaxWithLoss()
    x = normal(rng, 2, 3, 6, dtype=np.float32)
    out = affine.forward(x)
    assert_same_dtype(np.float32, embedding.forward(ids), out, softmax.forward(out), loss.forward(out, ts))
    scales: list[Any] = [1.0, np.float64(0.5), np.float32(0.5)]
    for scale in scales:
        dout = loss.backward(scale)
        assert_same_dtype(np.float32, dout, softmax.backward(dout), affine.backward(dout))
        embedding.backward(dout)
        assert_same_dtype(np.float32, embedding.grads, affine.grads)
    single = Embedding(W)
    assert_same_dtype(np.float32, single.forward(ids[0]), single.grads)


def test_one_hot_targets_are_the_same_as_ids(rng):
    xs = rng.normal(size=(3, 4, 5))
    ts = np.array([[0, 1, 2, 3], [4, 0, 1, 2], [3, 4, 0, 1]])
    layers = TimeSoftmaxWithLoss(), TimeSoftmaxWithLoss()
    assert layers[0].forward(xs, np.eye(5)[ts]) == layers[1].forward(xs, ts)
    np.testing.assert_array_equal(layers[0].backward(), layers[1].backward())
