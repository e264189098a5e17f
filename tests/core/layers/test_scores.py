"""Score functions: known numbers, the equations in loops, every gradient, dtypes, a device."""

import math

import numpy as np
import pytest

from core.backend.numpy_backend import CPU
from core.layers.attention import TimeAttention
from core.layers.initialiser import BOOK, ParameterMaker
from core.layers.scores import SCORES, AdditiveScore, DotScore, GeneralScore, ScaledDotScore, make_score
from tests.core import reference
from tests.core.checks import LAYOUTS, assert_gradients, assert_same_dtype, normal
from tests.fake_device import FakeDeviceBackend

N, T_ENC, T_DEC, H = 2, 5, 3, 4
scores = pytest.mark.parametrize("name", SCORES)
layouts = pytest.mark.parametrize("layout", LAYOUTS)


@pytest.fixture
def rng():
    return np.random.default_rng(60)


def make(rng, name, layout="contiguous", backend=CPU, dtype=np.float64):
    """A score function with parameters far from zero."""
    params = (normal(rng, *shape, layout=layout, dtype=dtype) for shape in SCORES[name].shapes(H))
    return SCORES[name](*(backend.asarray(param) for param in params), backend=backend)


def states(rng, layout="contiguous", dtype=np.float64):
    return normal(rng, N, T_ENC, H, layout=layout, dtype=dtype), normal(rng, N, T_DEC, H, layout=layout, dtype=dtype)


# ---------------------------------------------------------------------------------------------- hand-computed cases


def test_dot_and_scaled_dot_of_hand_computed_numbers():
    hs_enc = np.array([[[1.0, 0.0, 2.0, 1.0], [0.0, -1.0, 1.0, 3.0]]])
    hs_dec = np.array([[[2.0, 5.0, 0.5, -1.0]]])
    np.testing.assert_allclose(DotScore().forward(hs_enc, hs_dec), [[[2, -7.5]]])
    np.testing.assert_allclose(ScaledDotScore().forward(hs_enc, hs_dec), [[[1, -3.75]]])


def test_general_of_hand_computed_numbers():
    # s W = (1, 2) [[1, 10], [0, 3]] = (1, 16); . (4, 0.5) = 12, . (-2, 1) = 14
    score = GeneralScore(np.array([[1.0, 10.0], [0.0, 3.0]]))
    hs_enc, hs_dec = np.array([[[4.0, 0.5], [-2.0, 1.0]]]), np.array([[[1.0, 2.0]]])
    np.testing.assert_allclose(score.forward(hs_enc, hs_dec), [[[12, 14]]])
    dhs_enc, dhs_dec = score.backward(np.array([[[1.0, -1.0]]]))
    np.testing.assert_allclose(dhs_enc, np.array([[[1, 16], [-1, -16]]]))
    # dp = (4, 0.5) - (-2, 1) = (6, -0.5); W dp = (6 - 5, -1.5)
    np.testing.assert_allclose(dhs_dec, [[[1, -1.5]]])
    np.testing.assert_allclose(score.grads[0], np.array([[6, -0.5], [12, -1]]))


def test_additive_of_hand_computed_numbers():
    """Units whose tanh is known: tanh(ln 2) = 3/5, tanh(ln 3) = 4/5, tanh(0) = 0."""
    ln2, ln3 = math.log(2), math.log(3)
    score = AdditiveScore(np.eye(2), 2 * np.eye(2), np.array([10.0, 100.0]))
    hs_dec = np.array([[[ln2, 0.0]]])
    hs_enc = np.array([[[0.0, 0.5 * ln3], [-0.5 * ln2, 0.0]]])
    np.testing.assert_allclose(score.forward(hs_enc, hs_dec), [[[86, 0]]], atol=1e-13)
    dhs_enc, dhs_dec = score.backward(np.array([[[1.0, 1.0]]]))
    # 1 - u^2: (16/25, 9/25) and (1, 1); times v: (6.4, 36) and (10, 100)
    np.testing.assert_allclose(dhs_enc, np.array([[[12.8, 72], [20, 200]]]))
    np.testing.assert_allclose(dhs_dec, [[[16.4, 136]]])
    np.testing.assert_allclose(score.grads[2], [0.6, 0.8], atol=1e-15)


def test_the_spread_of_scaled_scores_does_not_grow_with_the_states(rng):
    for size in (16, 256):
        hs_enc, hs_dec = rng.standard_normal((1, 200, size)), rng.standard_normal((1, 50, size))
        assert ScaledDotScore().forward(hs_enc, hs_dec).std() == pytest.approx(1, rel=0.1)
        assert DotScore().forward(hs_enc, hs_dec).std() == pytest.approx(math.sqrt(size), rel=0.1)


# ------------------------------------------------------------------------------------------ equations and gradients


@scores
@layouts
def test_a_score_follows_its_equation(rng, name, layout):
    score, (hs_enc, hs_dec) = make(rng, name, layout), states(rng, layout)
    expected = reference.attention(hs_enc, hs_dec, name, score.params)[2]
    np.testing.assert_allclose(score.forward(hs_enc, hs_dec), expected, rtol=1e-12, atol=1e-13)


@scores
@layouts
def test_gradient_of_every_score(rng, name, layout):
    score, (hs_enc, hs_dec) = make(rng, name, layout), states(rng, layout)

    def backward(dscores):
        dhs_enc, dhs_dec = score.backward(dscores)
        return {"hs_enc": dhs_enc, "hs_dec": dhs_dec, **dict(zip(score.parameter_names, score.grads, strict=True))}

    variables = {"hs_enc": hs_enc, "hs_dec": hs_dec, **dict(zip(score.parameter_names, score.params, strict=True))}
    assert_gradients(lambda: score.forward(hs_enc, hs_dec), backward, variables, layout=layout)


@scores
@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 7, 1), (3, 1, 6)])
def test_attention_with_every_score_and_its_gradient(rng, name, sizes):
    n, t_dec, t_enc = sizes
    hs_enc, hs_dec = normal(rng, n, t_enc, H), normal(rng, n, t_dec, H)
    layer = TimeAttention(CPU, make(rng, name))
    context, weights, expected = reference.attention(hs_enc, hs_dec, name, layer.params)
    np.testing.assert_allclose(layer.forward(hs_enc, hs_dec), context, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(layer.attention_weights, weights.transpose(1, 0, 2), rtol=1e-11)
    np.testing.assert_allclose(layer.scores, expected.transpose(1, 0, 2), rtol=1e-11, atol=1e-13)

    def backward(dout):
        dhs_enc, dhs_dec = layer.backward(dout)
        return {"hs_enc": dhs_enc, "hs_dec": dhs_dec} | {str(k): g for k, g in enumerate(layer.grads)}

    variables = {"hs_enc": hs_enc, "hs_dec": hs_dec} | {str(k): p for k, p in enumerate(layer.params)}
    assert_gradients(lambda: layer.forward(hs_enc, hs_dec), backward, variables)


@scores
def test_backward_overwrites_the_gradients(rng, name):
    score, (hs_enc, hs_dec) = make(rng, name), states(rng)
    dscores = normal(rng, N, T_DEC, T_ENC)
    score.forward(hs_enc, hs_dec)
    score.backward(dscores)
    first, held = [g.copy() for g in score.grads], list(score.grads)
    for gradient in score.grads:
        gradient[...] = np.nan
    score.forward(hs_enc, hs_dec)
    score.backward(dscores)
    for gradient, kept, expected in zip(score.grads, held, first, strict=True):
        assert gradient is kept
        np.testing.assert_array_equal(gradient, expected)


@scores
def test_the_terms_of_a_score_add_up_to_it(rng, name):
    score, (hs_enc, hs_dec) = make(rng, name), states(rng)
    whole = score.forward(hs_enc, hs_dec)
    for n in range(N):
        for i in range(T_DEC):
            terms = score.terms(hs_enc[n], hs_dec[n, i], *score.params)
            assert terms.shape == (T_ENC, H)
            np.testing.assert_allclose(terms.sum(axis=1), whole[n, i], rtol=1e-12, atol=1e-13)


def test_the_terms_are_those_of_the_equations(rng):
    hs_enc, hs_dec = states(rng)
    states_, s = hs_enc[0], hs_dec[0, 0]
    np.testing.assert_allclose(DotScore().terms(states_, s), states_ * s)
    np.testing.assert_allclose(ScaledDotScore().terms(states_, s), states_ * s / 2)
    W, W_dec, W_enc, v = normal(rng, H, H), normal(rng, H, H), normal(rng, H, H), normal(rng, H)
    np.testing.assert_allclose(GeneralScore(W).terms(states_, s, W), states_ * (s @ W))
    units = np.tanh(s @ W_dec + states_ @ W_enc)
    np.testing.assert_allclose(AdditiveScore(W_dec, W_enc, v).terms(states_, s, W_dec, W_enc, v), units * v)


# ------------------------------------------------------------------------------------------------- start, types, device


def test_parameters_start_with_the_scale_of_their_inputs():
    size = 200
    maker = ParameterMaker(BOOK, np.random.default_rng(0), np.float32, CPU)
    for name in SCORES:
        score = make_score(name, size, maker)
        assert [p.shape for p in score.params] == list(SCORES[name].shapes(size))
        for param, gradient in zip(score.params, score.grads, strict=True):
            assert param.std() == pytest.approx(size**-0.5, rel=0.15)
            assert param.dtype == gradient.dtype == np.float32 and gradient.shape == param.shape
    assert DotScore().params == ScaledDotScore().params == []


@scores
def test_float32_stays_float32_and_near_float64(rng, name):
    score, (hs_enc, hs_dec) = make(rng, name, dtype=np.float32), states(rng, dtype=np.float32)
    out = score.forward(hs_enc, hs_dec)
    gradients = score.backward(normal(rng, N, T_DEC, T_ENC, dtype=np.float32))
    assert_same_dtype(np.float32, out, *gradients, score.grads)
    expected = reference.attention(hs_enc, hs_dec, name, score.params)[2]
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


@scores
def test_a_score_runs_on_a_device_without_waiting_for_it(rng, name):
    backend = FakeDeviceBackend()
    here = make(rng, name)
    there = SCORES[name](*(backend.asarray(param) for param in here.params), backend=backend)
    hs_enc, hs_dec = states(rng)
    dscores = normal(rng, N, T_DEC, T_ENC)
    on_device = [backend.asarray(array) for array in (hs_enc, hs_dec, dscores)]
    backend.fake.reset()
    out = there.forward(*on_device[:2])
    gradients = there.backward(on_device[2])
    assert not backend.fake.syncs and not backend.fake.uploads
    np.testing.assert_allclose(out.get(), here.forward(hs_enc, hs_dec), rtol=1e-12, atol=1e-13)
    for got, expected in zip([*gradients, *there.grads], [*here.backward(dscores), *here.grads], strict=True):
        np.testing.assert_allclose(got.get(), expected, rtol=1e-11, atol=1e-12)


@scores
def test_large_states_do_not_overflow(name):
    rng = np.random.default_rng(0)
    layer = TimeAttention(CPU, make(rng, name, dtype=np.float32))
    hs_enc, hs_dec = 1e4 * rng.standard_normal((1, 5, H)), 1e4 * rng.standard_normal((1, 2, H))
    with np.errstate(over="raise", invalid="raise"):
        out = layer.forward(hs_enc.astype(np.float32), hs_dec.astype(np.float32))
        gradients = layer.backward(np.ones((1, 2, H), np.float32))
    assert all(np.isfinite(array).all() for array in (out, *gradients, *layer.grads))
