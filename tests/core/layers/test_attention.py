"""Attention: known numbers, the equations in loops, every gradient, one step against all steps, dtypes."""

import math

import numpy as np
import pytest

from core.layers.attention import Attention, AttentionWeight, TimeAttention, WeightSum
from tests.core import reference
from tests.core.checks import LAYOUTS, assert_gradients, assert_same_dtype, normal

N, T_ENC, T_DEC, H = 2, 5, 3, 4
layouts = pytest.mark.parametrize("layout", LAYOUTS)


@pytest.fixture
def rng():
    return np.random.default_rng(40)


def tiny():
    """N = 1, T_enc = 3, H = 2; scores ln 1, ln 2, ln 5, so weights 1/8, 2/8, 5/8."""
    hs_enc = np.array([[[0.0, 4.0], [math.log(2), 0.0], [math.log(5), -4.0]]])
    h = np.array([[1.0, 0.0]])
    weights = np.array([[1 / 8, 2 / 8, 5 / 8]])
    context = np.array([[(2 * math.log(2) + 5 * math.log(5)) / 8, (4 - 20) / 8]])
    return hs_enc, h, weights, context


# ---------------------------------------------------------------------------------------------- hand-computed cases


def test_weight_sum_of_hand_computed_numbers():
    hs = np.array([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    layer = WeightSum()
    np.testing.assert_allclose(layer.forward(hs, np.array([[0.5, 0.25, 0.25]])), [[2.5, 3.5]])
    dhs, da = layer.backward(np.array([[1.0, 10.0]]))
    np.testing.assert_allclose(dhs, [[[0.5, 5.0], [0.25, 2.5], [0.25, 2.5]]])
    np.testing.assert_allclose(da, [[21.0, 43.0, 65.0]])


def test_attention_weight_of_hand_computed_numbers():
    hs_enc, h, weights, _ = tiny()
    layer = AttentionWeight()
    np.testing.assert_allclose(layer.forward(hs_enc, h), weights, rtol=1e-14)
    # da = 8, 0, 0: sum(a da) = 1; ds = a (da - 1) = 7/8, -2/8, -5/8
    dhs, dh = layer.backward(np.array([[8.0, 0.0, 0.0]]))
    np.testing.assert_allclose(dhs, [[[7 / 8, 0], [-2 / 8, 0], [-5 / 8, 0]]], rtol=1e-13)
    np.testing.assert_allclose(dh, [[-(2 * math.log(2) + 5 * math.log(5)) / 8, (28 + 20) / 8]], rtol=1e-13)


def test_attention_of_hand_computed_numbers():
    hs_enc, h, weights, context = tiny()
    one = Attention()
    np.testing.assert_allclose(one.forward(hs_enc, h), context, rtol=1e-14)
    np.testing.assert_allclose(one.attention_weight, weights, rtol=1e-14)

    # A second decoder state that is the opposite of the first: weights 1 : 1/2 : 1/5 = 10/17, 5/17, 2/17
    every = TimeAttention()
    out = every.forward(hs_enc, np.stack([h, -h], axis=1))
    np.testing.assert_allclose(out[:, 0], context, rtol=1e-14)
    np.testing.assert_allclose(every.attention_weights[0], weights, rtol=1e-14)
    np.testing.assert_allclose(every.attention_weights[1], [[10 / 17, 5 / 17, 2 / 17]], rtol=1e-14)
    np.testing.assert_allclose(every.scores[1], [[0, -math.log(2), -math.log(5)]], rtol=1e-14, atol=1e-16)


def test_equal_encoder_states_are_weighted_equally():
    layer = TimeAttention()
    hs_enc = np.repeat(np.array([[[1.0, -2.0]]]), 4, axis=1)
    np.testing.assert_allclose(layer.forward(hs_enc, np.ones((1, 2, 2))), np.repeat(hs_enc[:, :1], 2, axis=1))
    np.testing.assert_allclose(np.array(layer.attention_weights), 0.25)


# ------------------------------------------------------------------------------------------- values and gradients


@layouts
def test_weight_sum_values_and_gradients(rng, layout):
    hs, a = normal(rng, N, T_ENC, H, layout=layout), normal(rng, N, T_ENC, layout=layout)
    layer = WeightSum()
    expected = np.array([sum(a[n, j] * hs[n, j] for j in range(T_ENC)) for n in range(N)])
    np.testing.assert_allclose(layer.forward(hs, a), expected, rtol=1e-12)

    def backward(dc):
        dhs, da = layer.backward(dc)
        return {"hs": dhs, "a": da}

    assert_gradients(lambda: layer.forward(hs, a), backward, {"hs": hs, "a": a}, layout=layout)


@layouts
def test_attention_weight_values_and_gradients(rng, layout):
    hs, h = normal(rng, N, T_ENC, H, layout=layout), normal(rng, N, H, layout=layout)
    layer = AttentionWeight()
    np.testing.assert_allclose(layer.forward(hs, h), reference.attention(hs, h[:, None])[1][:, 0], rtol=1e-12)

    def backward(da):
        dhs, dh = layer.backward(da)
        return {"hs": dhs, "h": dh}

    assert_gradients(lambda: layer.forward(hs, h), backward, {"hs": hs, "h": h}, layout=layout)


@layouts
def test_attention_values_and_gradients(rng, layout):
    hs, h = normal(rng, N, T_ENC, H, layout=layout), normal(rng, N, H, layout=layout)
    layer = Attention()
    context, weights, _ = reference.attention(hs, h[:, None])
    np.testing.assert_allclose(layer.forward(hs, h), context[:, 0], rtol=1e-12)
    np.testing.assert_allclose(layer.attention_weight, weights[:, 0], rtol=1e-12)

    def backward(dout):
        dhs, dh = layer.backward(dout)
        return {"hs": dhs, "h": dh}

    assert_gradients(lambda: layer.forward(hs, h), backward, {"hs": hs, "h": h}, layout=layout)


@layouts
def test_time_attention_values_and_gradients(rng, layout):
    hs_enc, hs_dec = normal(rng, N, T_ENC, H, layout=layout), normal(rng, N, T_DEC, H, layout=layout)
    layer = TimeAttention()
    context, weights, scores = reference.attention(hs_enc, hs_dec)
    np.testing.assert_allclose(layer.forward(hs_enc, hs_dec), context, rtol=1e-12)
    np.testing.assert_allclose(np.array(layer.attention_weights), weights.transpose(1, 0, 2), rtol=1e-12)
    np.testing.assert_allclose(np.array(layer.scores), scores.transpose(1, 0, 2), rtol=1e-12, atol=1e-14)

    def backward(dout):
        dhs_enc, dhs_dec = layer.backward(dout)
        return {"hs_enc": dhs_enc, "hs_dec": dhs_dec}

    variables = {"hs_enc": hs_enc, "hs_dec": hs_dec}
    assert_gradients(lambda: layer.forward(hs_enc, hs_dec), backward, variables, layout=layout)


@pytest.mark.parametrize("t_dec", [1, T_DEC, T_ENC, 7])
def test_time_attention_equals_a_loop_of_attention(rng, t_dec):
    hs_enc, hs_dec, dout = normal(rng, N, T_ENC, H), normal(rng, N, t_dec, H), normal(rng, N, t_dec, H)
    every = TimeAttention()
    out = every.forward(hs_enc, hs_dec)
    dhs_enc, dhs_dec = every.backward(dout)

    assert len(every.attention_weights) == t_dec
    total = np.zeros_like(hs_enc)
    for i in range(t_dec):
        one = Attention()
        np.testing.assert_allclose(out[:, i], one.forward(hs_enc, hs_dec[:, i]), rtol=1e-12)
        np.testing.assert_allclose(every.attention_weights[i], one.attention_weight, rtol=1e-12)
        dhs, dh = one.backward(dout[:, i])
        np.testing.assert_allclose(dhs_dec[:, i], dh, rtol=1e-10, atol=1e-14)
        total += dhs
    np.testing.assert_allclose(dhs_enc, total, rtol=1e-10, atol=1e-14)


def test_weights_come_as_steps_of_samples(rng):
    layer = TimeAttention()
    layer.forward(normal(rng, N, T_ENC, H), normal(rng, N, T_DEC, H))
    assert len(layer.attention_weights) == T_DEC
    assert all(step.shape == (N, T_ENC) for step in layer.attention_weights)
    as_array = np.array(layer.attention_weights)
    assert as_array.shape == (T_DEC, N, T_ENC)
    for i, step in enumerate(layer.attention_weights):
        np.testing.assert_array_equal(as_array[i], step)
        np.testing.assert_allclose(step.sum(axis=1), 1.0, rtol=1e-13)


def test_weights_belong_to_the_last_forward_and_kept_ones_stay(rng):
    layer = TimeAttention()
    hs_enc, first, second = normal(rng, N, T_ENC, H), normal(rng, N, T_DEC, H), normal(rng, N, 1, H)
    layer.forward(hs_enc, first)
    kept = layer.attention_weights
    values = np.array(kept)
    layer.forward(hs_enc, second)
    np.testing.assert_array_equal(np.array(kept), values)
    weights = reference.attention(hs_enc, second)[1].transpose(1, 0, 2)
    np.testing.assert_allclose(np.array(layer.attention_weights), weights, rtol=1e-12)


def test_backward_does_not_change_the_weights_that_are_shown(rng):
    layer = TimeAttention()
    layer.forward(normal(rng, N, T_ENC, H), normal(rng, N, T_DEC, H))
    before = np.array(layer.attention_weights), np.array(layer.scores)
    layer.backward(normal(rng, N, T_DEC, H))
    np.testing.assert_array_equal(np.array(layer.attention_weights), before[0])
    np.testing.assert_array_equal(np.array(layer.scores), before[1])


def test_a_sample_does_not_see_the_others(rng):
    hs_enc, hs_dec = normal(rng, 3, T_ENC, H), normal(rng, 3, T_DEC, H)
    together = TimeAttention().forward(hs_enc, hs_dec)
    for n in range(3):
        alone = TimeAttention().forward(hs_enc[n : n + 1], hs_dec[n : n + 1])
        np.testing.assert_allclose(together[n : n + 1], alone, rtol=1e-12)


# -------------------------------------------------------------------------------------- numbers at the edge, dtypes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_states_neither_overflow_nor_lose_the_sum(dtype):
    hs_enc = np.array([[[1e4, 0.0], [0.0, 1e4], [-1e4, 0.0], [1e4, 0.0]]], dtype)
    layer = TimeAttention()
    with np.errstate(over="raise", invalid="raise"):
        out = layer.forward(hs_enc, np.array([[[10.0, 0.0], [0.0, 10.0], [-10.0, 0.0]]], dtype))
        gradients = layer.backward(np.ones((1, 3, 2), dtype))
    np.testing.assert_allclose(out, [[[1e4, 0], [0, 1e4], [-1e4, 0]]])
    np.testing.assert_allclose(layer.attention_weights[:, 0], np.array([[0.5, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 1, 0]]))
    assert all(np.isfinite(g).all() for g in gradients)


def test_float32_stays_float32_and_near_float64(rng):
    hs_enc = normal(rng, N, T_ENC, H, dtype=np.float32)
    hs_dec, dout = (normal(rng, N, T_DEC, H, dtype=np.float32) for _ in range(2))
    every, one = TimeAttention(), Attention()
    out = every.forward(hs_enc, hs_dec)
    assert_same_dtype(np.float32, out, every.attention_weights, every.scores, *every.backward(dout))
    np.testing.assert_allclose(out, reference.attention(hs_enc, hs_dec)[0], rtol=1e-5, atol=1e-6)
    single = one.forward(hs_enc, hs_dec[:, 0])
    assert_same_dtype(np.float32, single, one.attention_weight, *one.backward(dout[:, 0]))


@pytest.mark.parametrize("layer", [WeightSum(), AttentionWeight(), Attention(), TimeAttention()])
def test_attention_has_no_parameters(layer):
    assert layer.params == [] and layer.grads == []


@pytest.mark.parametrize("shape", [(3, T_DEC, H), (N, T_DEC, H + 1)])
def test_states_that_do_not_fit_are_explained(shape):
    with pytest.raises(ValueError, match=rf"\(2, 5, 4\).*\({shape[0]}, 3, {shape[2]}\)"):
        TimeAttention().forward(np.zeros((N, T_ENC, H)), np.zeros(shape))
