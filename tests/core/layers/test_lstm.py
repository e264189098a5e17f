"""One step, and the plain and the fast LSTM over time: known numbers, equations in loops, gradients, states, dtypes.

What only the fast one has, and that it is equal to the plain one on any input, is in `test_fast_lstm`.
"""

import math
from typing import Any

import numpy as np
import pytest

from core.layers.fast_lstm import FastBiLSTM, FastLSTM
from core.layers.lstm import GATES, LSTM, TimeBiLSTM, TimeLSTM
from tests.core import reference
from tests.core.checks import LAYOUTS, assert_gradients, assert_same_dtype, normal

D, H = 3, 4
layouts = pytest.mark.parametrize("layout", LAYOUTS)
over_time = pytest.mark.parametrize("kind", [TimeLSTM, FastLSTM])
both_ways = pytest.mark.parametrize("kind", [TimeBiLSTM, FastBiLSTM])

sizes = pytest.mark.parametrize(("N", "T"), [pytest.param(2, 4, id="many-rows"), pytest.param(1, 3, id="few-rows")])


@pytest.fixture
def rng():
    return np.random.default_rng(30)


def parameters(rng, layout="contiguous", dtype=np.float64) -> tuple[Any, Any, Any]:
    """Wx, Wh, b."""
    kind: dict[str, Any] = {"scale": 0.7, "layout": layout, "dtype": dtype}
    return normal(rng, D, 4 * H, **kind), normal(rng, H, 4 * H, **kind), normal(rng, 4 * H, **kind)


def unit_step():
    """D = H = N = 1 with gates f = 1/2, g = 0.6, i = 3/4, o = 2/3 for x = 1, h = 1."""
    Wx = np.array([[0.25, math.atanh(0.6) - 1, math.log(3), -1.0]])
    Wh = np.array([[-1.0, 2.0, 0.5, 1.0]])
    b = np.array([0.75, -1.0, -0.5, math.log(2)])
    return Wx, Wh, b


# --------------------------------------------------------------------------------------------------------- LSTM


def test_one_step_of_hand_computed_numbers():
    # c' = f c + g i = 0.5 * 0.7 + 0.6 * 0.75 = 0.8;  h' = o tanh(c') = 2/3 tanh(0.8)
    one = np.array([[1.0]])
    h, c = LSTM(*unit_step()).forward(one, one, np.array([[0.7]]))
    np.testing.assert_allclose(c, [[0.8]], rtol=1e-14)
    np.testing.assert_allclose(h, [[2 / 3 * math.tanh(0.8)]], rtol=1e-14)


def test_one_step_back_of_hand_computed_numbers():
    one = np.array([[1.0]])
    layer = LSTM(*unit_step())
    layer.forward(one, one, np.array([[0.7]]))
    dx, dh_prev, dc_prev = layer.backward(np.array([[1.0]]), np.array([[0.1]]))
    f, g, i, o, c, tanh_c = 0.5, 0.6, 0.75, 2 / 3, 0.7, math.tanh(0.8)
    dc = 0.1 + o * (1 - tanh_c**2)
    dz = np.array([dc * c * f * (1 - f), dc * i * (1 - g * g), dc * g * i * (1 - i), tanh_c * o * (1 - o)])
    np.testing.assert_allclose(layer.grads[2], dz, rtol=1e-13)
    np.testing.assert_allclose(layer.grads[0], [dz], rtol=1e-13)
    np.testing.assert_allclose(layer.grads[1], [dz], rtol=1e-13)
    np.testing.assert_allclose(dx, [[unit_step()[0][0] @ dz]], rtol=1e-13)
    np.testing.assert_allclose(dh_prev, [[unit_step()[1][0] @ dz]], rtol=1e-13)
    np.testing.assert_allclose(dc_prev, [[dc * f]], rtol=1e-13)


@layouts
def test_one_step_values_and_gradients(rng, layout):
    x, h, c = (normal(rng, 2, size, layout=layout) for size in (D, H, H))
    Wx, Wh, b = parameters(rng, layout)
    layer = LSTM(Wx, Wh, b)
    h_next, c_next = layer.forward(x, h, c)
    for n in range(2):
        expected_h, expected_c = reference.lstm_step(x[n], h[n], c[n], Wx, Wh, b)
        np.testing.assert_allclose(h_next[n], expected_h, rtol=1e-12)
        np.testing.assert_allclose(c_next[n], expected_c, rtol=1e-12)

    def backward(dh_next, dc_next):
        dx, dh, dc = layer.backward(dh_next, dc_next)
        dWx, dWh, db = layer.grads
        return {"x": dx, "h": dh, "c": dc, "Wx": dWx, "Wh": dWh, "b": db}

    variables = {"x": x, "h": h, "c": c, "Wx": Wx, "Wh": Wh, "b": b}
    assert_gradients(lambda: layer.forward(x, h, c), backward, variables, layout=layout)


def open_and_shut(forward, dtype):
    """What `forward` (params, x, h, c) makes of gates far from zero. Nothing may warn, which would be an error here."""
    far = np.array([-1e4, -1e3, -100, 100, 1e3, 1e4], dtype)
    params = np.tile(far, 4)[None], np.zeros((6, 24), dtype), np.zeros(24, dtype)
    gates, h, c = forward(params, np.ones((1, 1), dtype), np.zeros((1, 6), dtype), np.full((1, 6), 0.5, dtype))
    for gate in "fio":
        np.testing.assert_allclose(gates[gate], [0, 0, 0, 1, 1, 1], atol=1e-40)
    np.testing.assert_allclose(c[0], [0, 0, 0, 1.5, 1.5, 1.5], atol=1e-40)
    np.testing.assert_allclose(h[0], [0, 0, 0, *[np.tanh(1.5)] * 3], rtol=1e-6, atol=1e-40)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gates_far_from_zero_are_open_or_shut(dtype):
    def plain(params, x, h, c):
        layer = LSTM(*params)
        h, c = layer.forward(x, h, c)
        assert all(np.isfinite(d).all() for d in layer.backward(np.ones_like(h), np.ones_like(c)))
        return {name: gate[0] for name, gate in zip(GATES, layer.cache[3:7], strict=True)}, h, c

    def fast(params, x, h, c):
        Wx, Wh, b = params
        layer = FastLSTM(Wx, Wh, b, stateful=True)
        layer.set_state(h, c)
        layer.forward(x[:, None])
        assert np.isfinite(layer.backward(np.ones((1, 1, 6), dtype))).all()
        return {name: layer.inside()[name][0, 0] for name in GATES}, layer.h, layer.c

    open_and_shut(plain, dtype)
    open_and_shut(fast, dtype)


# ----------------------------------------------------------------------------------------------------- TimeLSTM


@over_time
@sizes
@layouts
def test_time_lstm_follows_the_equations(rng, kind, layout, N, T):
    xs, params = normal(rng, N, T, D, layout=layout), parameters(rng, layout)
    layer = kind(*params)
    zeros = np.zeros((N, H))
    hs, cs = reference.lstm(xs, zeros, zeros, *params)
    np.testing.assert_allclose(layer.forward(xs), hs, rtol=1e-12)
    np.testing.assert_allclose(layer.h, hs[:, -1], rtol=1e-12)
    np.testing.assert_allclose(layer.c, cs[:, -1], rtol=1e-12)


@over_time
@sizes
def test_time_lstm_equals_a_loop_of_lstm_forward_and_backward(rng, kind, N, T):
    xs, dhs, params = normal(rng, N, T, D), normal(rng, N, T, H), parameters(rng)
    h0, c0 = normal(rng, N, H), normal(rng, N, H)
    layer = kind(*params, stateful=True)
    layer.set_state(h0, c0)
    hs = layer.forward(xs)
    dxs = layer.backward(dhs)

    steps, h, c = [LSTM(*params) for _ in range(T)], h0, c0
    for t, step in enumerate(steps):
        h, c = step.forward(xs[:, t], h, c)
        np.testing.assert_allclose(hs[:, t], h, rtol=1e-12, atol=1e-15)
    dh, dc, totals = np.zeros((N, H)), np.zeros((N, H)), [np.zeros_like(p) for p in params]
    for t in reversed(range(T)):
        dx, dh, dc = steps[t].backward(dhs[:, t] + dh, dc)
        np.testing.assert_allclose(dxs[:, t], dx, rtol=1e-10, atol=1e-14)
        for total, gradient in zip(totals, steps[t].grads, strict=True):
            total += gradient
    for gradient, total in zip(layer.grads, totals, strict=True):
        np.testing.assert_allclose(gradient, total, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(layer.dh, dh, rtol=1e-10)
    np.testing.assert_allclose(layer.dc, dc, rtol=1e-10)


@over_time
@sizes
@layouts
@pytest.mark.parametrize("stateful", [False, True])
def test_time_lstm_gradients(rng, kind, layout, stateful, N, T):
    xs, h, c = (normal(rng, *shape, layout=layout) for shape in ((N, T, D), (N, H), (N, H)))
    Wx, Wh, b = parameters(rng, layout)
    layer = kind(Wx, Wh, b, stateful=stateful)

    def forward():
        layer.set_state(h, c)
        return layer.forward(xs)

    def backward(dhs):
        dxs = layer.backward(dhs)
        dWx, dWh, db = layer.grads
        gradients = {"xs": dxs, "Wx": dWx, "Wh": dWh, "b": db}
        return {**gradients, "h": layer.dh, "c": layer.dc} if stateful else gradients

    variables = {"xs": xs, "Wx": Wx, "Wh": Wh, "b": b}
    if stateful:
        variables |= {"h": h, "c": c}
    assert_gradients(forward, backward, variables, layout=layout)


@over_time
def test_without_stateful_every_sequence_starts_from_zeros(rng, kind):
    xs, params = normal(rng, 2, 3, D), parameters(rng)
    layer = kind(*params)
    first = layer.forward(xs).copy()
    np.testing.assert_array_equal(layer.forward(xs), first)
    layer.set_state(np.ones((2, H)), np.ones((2, H)))
    np.testing.assert_array_equal(layer.forward(xs), first)


@over_time
def test_stateful_in_pieces_equals_one_long_sequence(rng, kind):
    xs, params = normal(rng, 2, 7, D), parameters(rng)
    whole = kind(*params).forward(xs)
    layer = kind(*params, stateful=True)
    pieces = [layer.forward(xs[:, a:b]).copy() for a, b in ((0, 3), (3, 4), (4, 7))]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, rtol=1e-12)
    assert not np.allclose(layer.forward(xs[:, :3]), whole[:, :3])
    layer.reset_state()
    np.testing.assert_allclose(layer.forward(xs[:, :3]), whole[:, :3], rtol=1e-12)


@over_time
def test_set_state_without_c_starts_the_cell_from_zeros(rng, kind):
    xs, h, params = normal(rng, 2, 3, D), normal(rng, 2, H), parameters(rng)
    layer = kind(*params, stateful=True)
    layer.forward(xs)  # leaves a c behind, which set_state(h) must forget
    layer.set_state(h)
    np.testing.assert_allclose(layer.forward(xs), reference.lstm(xs, h, np.zeros((2, H)), *params)[0], rtol=1e-12)


@over_time
def test_a_state_that_was_set_is_not_written_to(rng, kind):
    xs, h, c, params = normal(rng, 2, 3, D), normal(rng, 2, H), normal(rng, 2, H), parameters(rng)
    kept = h.copy(), c.copy()
    layer = kind(*params, stateful=True)
    layer.set_state(h, c)
    for _ in range(2):
        layer.forward(xs)
        layer.backward(normal(rng, 2, 3, H))
    np.testing.assert_array_equal(h, kept[0])
    np.testing.assert_array_equal(c, kept[1])


@over_time
def test_backward_can_be_repeated(rng, kind):
    xs, dhs = normal(rng, 2, 4, D), normal(rng, 2, 4, H)
    layer = kind(*parameters(rng), stateful=True)
    layer.set_state(normal(rng, 2, H), normal(rng, 2, H))
    layer.forward(xs)
    kept = list(layer.grads)
    first = [layer.backward(dhs).copy(), layer.dh.copy(), layer.dc.copy(), *(g.copy() for g in layer.grads)]
    for gradient in layer.grads:
        gradient[...] = np.nan
    again = [layer.backward(dhs), layer.dh, layer.dc, *layer.grads]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(a is b for a, b in zip(kept, layer.grads, strict=True))


@over_time
def test_the_parameters_are_read_at_every_forward(rng, kind):
    xs, params = normal(rng, 2, 4, D), parameters(rng)
    layer = kind(*params)
    layer.forward(xs)
    assert all(mine is given for mine, given in zip(layer.params, params, strict=True))
    for p in params:
        p *= -1.5
    zeros = np.zeros((2, H))
    np.testing.assert_allclose(layer.forward(xs), reference.lstm(xs, zeros, zeros, *params)[0], rtol=1e-12)


@over_time
@sizes
def test_float32_stays_float32_and_near_float64(rng, kind, N, T):
    params = parameters(rng, dtype=np.float32)
    xs, h, c = normal(rng, N, T, D, dtype=np.float32), *(normal(rng, N, H, dtype=np.float32) for _ in range(2))
    layer = kind(*params, stateful=True)
    layer.set_state(h, c)
    hs = layer.forward(xs)
    assert_same_dtype(np.float32, hs, layer.h, layer.c)
    np.testing.assert_allclose(hs, reference.lstm(xs, h, c, *params)[0], rtol=2e-6, atol=2e-7)
    dxs = layer.backward(normal(rng, N, T, H, dtype=np.float32))
    assert_same_dtype(np.float32, dxs, layer.dh, layer.dc, layer.grads)

    step = LSTM(*params)
    assert_same_dtype(np.float32, *step.forward(xs[:, 0], h, c), *step.backward(h, c), step.grads)


@over_time
def test_wrong_shapes_are_explained(rng, kind):
    layer = kind(*parameters(rng), stateful=True)
    with pytest.raises(ValueError, match=r"\(2, 3, 5\).*\(3, 16\)"):
        layer.forward(np.zeros((2, 3, 5)))
    layer.set_state(np.zeros((3, H)))
    with pytest.raises(ValueError, match=r"\(3, 4\).*\(2, 4\)"):
        layer.forward(np.zeros((2, 3, D)))
    layer.set_state(np.zeros((2, H)), np.zeros((1, H)))
    with pytest.raises(ValueError, match=r"c of shape \(1, 4\).*\(2, 4\)"):
        layer.forward(np.zeros((2, 3, D)))


# --------------------------------------------------------------------------------------------------- TimeBiLSTM


@both_ways
@layouts
def test_both_directions_values_and_gradients(rng, kind, layout):
    xs = normal(rng, 2, 4, D, layout=layout)
    params = parameters(rng, layout) + parameters(rng, layout)
    layer = kind(*params)
    zeros = np.zeros((2, H))
    forwards = reference.lstm(xs, zeros, zeros, *params[:3])[0]
    backwards = reference.lstm(xs[:, ::-1], zeros, zeros, *params[3:])[0][:, ::-1]
    np.testing.assert_allclose(layer.forward(xs), np.concatenate([forwards, backwards], axis=2), rtol=1e-12)
    assert all(mine is given for mine, given in zip(layer.params, params, strict=True))

    def backward(dhs):
        dxs = layer.backward(dhs)
        return {"xs": dxs} | {f"parameter {k}": g for k, g in enumerate(layer.grads)}

    variables = {"xs": xs} | {f"parameter {k}": p for k, p in enumerate(params)}
    assert_gradients(lambda: layer.forward(xs), backward, variables, layout=layout)


@both_ways
def test_both_directions_keep_float32_and_their_states(rng, kind):
    params = parameters(rng, dtype=np.float32) + parameters(rng, dtype=np.float32)
    xs = normal(rng, 2, 3, D, dtype=np.float32)
    layer = kind(*params, stateful=True)
    first = layer.forward(xs).copy()
    assert_same_dtype(np.float32, first, layer.backward(np.ones((2, 3, 2 * H), np.float32)), layer.grads)
    assert not np.allclose(layer.forward(xs), first)
    layer.reset_state()
    np.testing.assert_array_equal(layer.forward(xs), first)
