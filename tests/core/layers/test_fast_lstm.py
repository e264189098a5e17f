"""The fast LSTM is equal to the plain one on every input, and does no more than it must."""

from typing import Any

import numpy as np
import pytest

from core.backend.numpy_backend import CPU
from core.layers.fast_lstm import FastBiLSTM, FastLSTM
from core.layers.lstm import GATES, TimeBiLSTM, TimeLSTM
from tests.core import reference
from tests.core.checks import LAYOUTS, normal

D, H = 3, 4


@pytest.fixture
def rng():
    return np.random.default_rng(31)


def parameters(rng, layout="contiguous", dtype=np.float64) -> tuple[Any, Any, Any]:
    """Wx, Wh, b."""
    kind: dict[str, Any] = {"scale": 0.7, "layout": layout, "dtype": dtype}
    return normal(rng, D, 4 * H, **kind), normal(rng, H, 4 * H, **kind), normal(rng, 4 * H, **kind)


# ------------------------------------------------------------------------------------- equal to the plain one

TOLERANCE: dict[Any, dict[str, Any]] = {
    np.float32: {"rtol": 1e-5, "atol": 2e-6},
    np.float64: {"rtol": 1e-11, "atol": 1e-14},
}
inputs = pytest.mark.parametrize(("N", "T"), [(1, 1), (1, 5), (3, 1), (3, 5)])
layouts = pytest.mark.parametrize("layout", LAYOUTS)
dtypes = pytest.mark.parametrize("dtype", TOLERANCE)


def assert_equal(fast, plain, dtype):
    fast, plain = list(fast), list(plain)
    assert [array.dtype for array in fast] == [array.dtype for array in plain] == [np.dtype(dtype)] * len(fast)
    for mine, theirs in zip(fast, plain, strict=True):
        np.testing.assert_allclose(mine, theirs, **TOLERANCE[dtype])


@inputs
@layouts
@dtypes
@pytest.mark.parametrize("start", ["zeros", "h", "h and c", "where it was"])
def test_equal_to_the_plain_one(rng, N, T, layout, dtype, start):
    kind: dict[str, Any] = {"layout": layout, "dtype": dtype}
    params = parameters(rng, **kind)
    xs, dhs, h, c = (normal(rng, *s, **kind) for s in ((N, T, D), (N, T, H), (N, H), (N, H)))
    stateful = start != "zeros"
    fast, plain = FastLSTM(*params, stateful), TimeLSTM(*params, stateful)
    for layer in (fast, plain):
        if start == "where it was":
            layer.forward(xs[::-1, ::-1])
        elif stateful:
            layer.set_state(h, c if start == "h and c" else None)
    assert_equal([fast.forward(xs), fast.h, fast.c], [plain.forward(xs), plain.h, plain.c], dtype)
    assert_equal([fast.backward(dhs), fast.dh, fast.dc], [plain.backward(dhs), plain.dh, plain.dc], dtype)
    assert_equal(fast.grads, plain.grads, dtype)
    steps = [dict(zip(("x", "h_prev", "c_prev", *GATES, "c"), step.cache, strict=True)) for step in plain.steps]
    shown = fast.inside()
    for name in ("h_prev", "c_prev", *GATES, "c"):
        assert_equal([shown[name]], [np.stack([step[name] for step in steps], axis=1)], dtype)


@inputs
@layouts
@dtypes
def test_equal_to_the_plain_one_in_both_directions(rng, N, T, layout, dtype):
    kind: dict[str, Any] = {"layout": layout, "dtype": dtype}
    params = parameters(rng, **kind) + parameters(rng, **kind)
    xs, dhs = normal(rng, N, T, D, **kind), normal(rng, N, T, 2 * H, **kind)
    fast, plain = FastBiLSTM(*params), TimeBiLSTM(*params)
    assert_equal([fast.forward(xs), fast.backward(dhs)], [plain.forward(xs), plain.backward(dhs)], dtype)
    assert_equal(fast.grads, plain.grads, dtype)


# --------------------------------------------------------------------------------- no more work than it must


def test_held_weights_are_those_of_the_moment(rng):
    xs, params = normal(rng, 2, 4, D), parameters(rng)
    layer = FastLSTM(*params)
    before = layer.forward(xs).copy()
    layer.hold_weights()
    for p in params:
        p *= -1.5
    np.testing.assert_array_equal(layer.forward(xs), before)
    layer.hold_weights()
    zeros = np.zeros((2, H))
    np.testing.assert_allclose(layer.forward(xs), reference.lstm(xs, zeros, zeros, *params)[0], rtol=1e-12)


def test_read_only_parameters_are_joined_once(rng, monkeypatch):
    xs, params = normal(rng, 2, 4, D), parameters(rng)
    layer = FastLSTM(*params)
    expected = layer.forward(xs).copy()
    params[0][...] *= 2
    assert not np.allclose(layer.forward(xs), expected)
    params[0][...] /= 2
    CPU.make_read_only(params)
    np.testing.assert_array_equal(layer.forward(xs), expected)
    monkeypatch.setattr(CPU, "joined_weights", lambda *_: pytest.fail("joined again"))
    np.testing.assert_array_equal(layer.forward(xs), expected)


@pytest.mark.parametrize("alike", [0, 1, 4, 6])
def test_a_sequence_that_begins_as_the_last_one_did_is_not_read_again(rng, monkeypatch, alike):
    """All numbers, for `backward` too, are to the bit those of a layer that reads it from the start."""
    params, dhs = parameters(rng), normal(rng, 1, 6, H)
    CPU.make_read_only(params)
    first, other = normal(rng, 1, 6, D), normal(rng, 1, 6, D)
    other[:, :alike] = first[:, :alike]
    layer, fresh = FastLSTM(*params), FastLSTM(*params)
    layer.forward(first)
    steps = []
    lstm_step = CPU.lstm_step
    with monkeypatch.context() as patch:
        patch.setattr(CPU, "lstm_step", lambda *args: (steps.append(args), lstm_step(*args)))
        hs = layer.forward(other)
    assert len(steps) == 6 - alike
    np.testing.assert_array_equal(hs, fresh.forward(other))
    np.testing.assert_array_equal(layer.backward(dhs), fresh.backward(dhs))
    for mine, theirs in zip(
        [*layer.inside().values(), *layer.grads], [*fresh.inside().values(), *fresh.grads], strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(layer.c, fresh.c)


def test_a_sequence_of_another_length_or_from_another_state_is_read_from_the_start(rng):
    params, xs = parameters(rng), normal(rng, 1, 6, D)
    CPU.make_read_only(params)
    layer = FastLSTM(*params)
    layer.forward(xs)
    np.testing.assert_array_equal(layer.forward(xs[:, :4]), FastLSTM(*params).forward(xs[:, :4]))
    going_on = FastLSTM(*params, stateful=True)
    assert not np.allclose(going_on.forward(xs).copy(), going_on.forward(xs))
