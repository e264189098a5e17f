"""The lab gives what the formulas say, checks gradients by itself, and refuses arrays that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.analysis.layer_lab import LARGEST, LAYERS, LIMITS, LayerLabError, Sizes, draw, layer_of, run
from core.layers.attention import AttentionWeight
from core.layers.scores import SCORES

SIZES = Sizes(N=2, T=4, T_dec=3, H=5)
STATES = {"hs_enc": (3, 5, 4), "hs_dec": (3, 3, 4)}


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores)
    return powers / powers.sum()


@pytest.fixture(params=LAYERS)
def name(request):
    return request.param


# --- Drawing ----------------------------------------------------------------------------------------------------------


def test_shapes_of_the_start() -> None:
    shapes = {name: {key: array.shape for key, array in draw(name, Sizes(), 0).items()} for name in LAYERS}
    assert shapes == {
        "WeightSum": {"hs": (3, 5, 4), "a": (3, 5), "dout": (3, 4)},
        "AttentionWeight": {"hs": (3, 5, 4), "h": (3, 4), "dout": (3, 5)},
        "Attention": {"hs": (3, 5, 4), "h": (3, 4), "dout": (3, 4)},
        "TimeAttention": {**STATES, "dout": (3, 3, 4)},
        "TimeAttention-scaled-dot": {**STATES, "dout": (3, 3, 4)},
        "TimeAttention-general": {**STATES, "W": (4, 4), "dout": (3, 3, 4)},
        "TimeAttention-additive": {**STATES, "W_dec": (4, 4), "W_enc": (4, 4), "v": (4,), "dout": (3, 3, 4)},
    }


def test_a_seed_draws_the_same_and_another_draws_another(name) -> None:
    first, again, other = draw(name, SIZES, 7), draw(name, SIZES, 7), draw(name, SIZES, 8)
    for key, array in first.items():
        np.testing.assert_array_equal(array, again[key])
        assert not np.array_equal(array, other[key])
        np.testing.assert_array_equal(array, array.round(2))


def test_drawn_weights_are_positive_hundredths_that_add_up_to_one() -> None:
    a = draw("WeightSum", SIZES, 3)["a"]
    assert (a >= 0).all()
    np.testing.assert_array_equal((100 * a).round().sum(axis=1), [100, 100])


def test_ones_leave_the_inputs_as_they_are(name) -> None:
    random, ones = draw(name, SIZES, 1), draw(name, SIZES, 1, dout="ones")
    assert (ones.pop("dout") == 1).all()
    for key, array in ones.items():
        np.testing.assert_array_equal(array, random[key])


# --- Running ----------------------------------------------------------------------------------------------------------


def test_weight_sum_by_hand() -> None:
    arrays = draw("WeightSum", SIZES, 0)
    hs, a, dout = arrays.values()
    result = run("WeightSum", arrays)
    for n in range(2):
        np.testing.assert_allclose(result.output[n], sum(a[n, j] * hs[n, j] for j in range(4)))
        for j in range(4):
            np.testing.assert_allclose(result.gradients["hs"][n, j], a[n, j] * dout[n])
            np.testing.assert_allclose(result.gradients["a"][n, j], dout[n] @ hs[n, j])
    assert result.weights is None


def test_weights_by_hand() -> None:
    arrays = draw("AttentionWeight", SIZES, 0)
    hs, h, _ = arrays.values()
    result = run("AttentionWeight", arrays)
    for n in range(2):
        np.testing.assert_allclose(result.output[n], softmax(hs[n] @ h[n]))
    np.testing.assert_array_equal(result.weights, result.output)


def test_attention_by_hand() -> None:
    arrays = draw("Attention", SIZES, 0)
    hs, h, _ = arrays.values()
    result = run("Attention", arrays)
    for n in range(2):
        assert result.weights is not None
        np.testing.assert_allclose(result.weights[n], softmax(hs[n] @ h[n]))
        np.testing.assert_allclose(result.output[n], softmax(hs[n] @ h[n]) @ hs[n])


def test_all_steps_by_hand() -> None:
    arrays = draw("TimeAttention", SIZES, 0)
    hs_enc, hs_dec, _ = arrays.values()
    result = run("TimeAttention", arrays)
    for n in range(2):
        for i in range(3):
            weights = softmax(hs_enc[n] @ hs_dec[n, i])
            assert result.weights is not None
            np.testing.assert_allclose(result.weights[n, i], weights)
            np.testing.assert_allclose(result.output[n, i], weights @ hs_enc[n])


def test_every_score_by_hand() -> None:
    assert [layer.score for layer in LAYERS.values() if layer.score] == list(SCORES)
    by_hand: dict[str, Callable[..., float]] = {
        "TimeAttention": lambda s, h: s @ h,
        "TimeAttention-scaled-dot": lambda s, h: s @ h / np.sqrt(5),
        "TimeAttention-general": lambda s, h, W: s @ W @ h,
        "TimeAttention-additive": lambda s, h, W_dec, W_enc, v: v @ np.tanh(s @ W_dec + h @ W_enc),
    }
    for name, score in by_hand.items():
        arrays = draw(name, SIZES, 0)
        hs_enc, hs_dec, *params, _ = arrays.values()
        result = run(name, arrays)
        assert result.scores is not None and result.weights is not None
        for n in range(2):
            scores = [[score(s, h, *params) for h in hs_enc[n]] for s in hs_dec[n]]
            np.testing.assert_allclose(result.scores[n], scores)
            np.testing.assert_allclose(result.weights[n], [softmax(np.array(row)) for row in scores])
            np.testing.assert_allclose(result.output[n], result.weights[n] @ hs_enc[n])


@pytest.mark.parametrize("sizes", [Sizes(1, 1, 1, 1), SIZES, Sizes(**LIMITS)])
def test_right_gradients_agree_with_the_slope(name, sizes) -> None:
    arrays = draw(name, sizes, 5)
    before = {key: array.copy() for key, array in arrays.items()}
    result = run(name, arrays)
    assert list(result.checks) == [spec.name for spec in LAYERS[name].given]
    for key, check in result.checks.items():
        assert check.agrees()
        assert check.max_absolute < 1e-8
        assert check.analytic == result.gradients[key][check.worst]
    for key, array in arrays.items():
        np.testing.assert_array_equal(array, before[key])


def test_a_wrong_gradient_is_found(monkeypatch) -> None:
    right = AttentionWeight.backward

    def wrong(self, da):
        dhs, dh = right(self, da)
        dhs[1, 2, 3] *= 1.01
        return dhs, dh

    monkeypatch.setattr(AttentionWeight, "backward", wrong)
    checks = run("AttentionWeight", draw("AttentionWeight", SIZES, 5)).checks
    assert checks["h"].agrees()
    assert not checks["hs"].agrees()
    assert checks["hs"].worst == (1, 2, 3)


def test_whole_numbers_are_taken_as_float64() -> None:
    arrays = {"hs": np.arange(6).reshape(1, 2, 3), "a": np.array([[1, 0]]), "dout": np.ones((1, 3), dtype=int)}
    np.testing.assert_array_equal(run("WeightSum", arrays).output, [[0.0, 1.0, 2.0]])


# --- Mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hs": None}, "hs is missing"),
        ({"hs": np.zeros((2, 4))}, r"got hs of shape \(2, 4\); expected \(N, T, H\)"),
        ({"h": np.zeros((3, 5))}, r"got h of shape \(3, 5\); expected \(N, H\) with N = 2, T = 4, H = 5"),
        ({"hs": np.zeros((2, 0, 5))}, "shape"),
        ({"dout": np.zeros((2, 5, 1))}, "dout"),
        ({"h": np.full((2, 5), np.nan)}, "h must hold finite numbers"),
        ({"h": np.full((2, 5), -np.inf)}, "h must hold finite numbers"),
        ({"h": np.full((2, 5), 1.01 * LARGEST)}, "at most 1000"),
    ],
)
def test_arrays_that_do_not_fit_are_named(changes, message) -> None:
    arrays = {key: array for key, array in (draw("Attention", SIZES, 0) | changes).items() if array is not None}
    with pytest.raises(LayerLabError, match=message):
        run("Attention", arrays)


@pytest.mark.parametrize("size", ["N", "T", "T_dec", "H"])
def test_sizes_have_limits(size) -> None:
    for wrong in (0, -1, LIMITS[size] + 1):
        with pytest.raises(LayerLabError, match=f"got {size} = {wrong}; expected 1 to {LIMITS[size]}"):
            replace(SIZES, **{size: wrong})


def test_unknown_names_are_refused() -> None:
    with pytest.raises(LayerLabError, match="no layer 'Affine'; expected one of WeightSum"):
        layer_of("Affine")
    with pytest.raises(LayerLabError, match="dout 'twos'"):
        draw("Attention", SIZES, 0, dout="twos")
    with pytest.raises(LayerLabError, match="seed -1"):
        draw("Attention", SIZES, -1)


def test_sizes_that_matter_for_a_layer() -> None:
    assert {name: layer.sizes for name, layer in LAYERS.items()} == {
        "WeightSum": ("N", "T", "H"),
        "AttentionWeight": ("N", "T", "H"),
        "Attention": ("N", "T", "H"),
    } | {name: ("N", "T", "T_dec", "H") for name in LAYERS if name.startswith("TimeAttention")}
