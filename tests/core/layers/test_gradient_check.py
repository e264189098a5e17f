"""The judge is judged first: right gradients pass, wrong ones fail at the right element, misuse is explained."""

import doctest

import numpy as np
import pytest

from core.layers import gradient_check
from core.layers.gradient_check import check_directional, check_gradient, compare_gradients, numerical_gradient


def cubes(x):
    return (x**3).sum()


def test_numerical_gradient_of_cubes_has_the_known_values():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_allclose(numerical_gradient(cubes, x), [[3.0, 12.0], [0.75, 27.0]], rtol=1e-9)


def test_numerical_gradient_uses_the_central_difference():
    # For x^3 the central difference is 3x^2 + eps^2 exactly, the one-sided one would be off by 3 x eps = 0.6.
    x = np.array([2.0])
    np.testing.assert_allclose(numerical_gradient(cubes, x, eps=0.1), [12.01], rtol=1e-12)


def test_x_is_restored_to_the_last_bit_also_when_f_raises():
    x = np.array([0.1, 0.2, 1e-20])
    before = x.tobytes()
    numerical_gradient(cubes, x)
    assert x.tobytes() == before

    calls = []

    def breaks_at_the_fifth_call(x):
        calls.append(1)
        if len(calls) == 5:
            raise RuntimeError("broken")
        return x.sum()

    with pytest.raises(RuntimeError, match="broken"):
        numerical_gradient(breaks_at_the_fifth_call, x)
    assert x.tobytes() == before

    calls.clear()
    with pytest.raises(RuntimeError, match="broken"):
        check_directional(lambda: breaks_at_the_fifth_call(x) + breaks_at_the_fifth_call(x), [x], [np.ones(3)], rng())
    assert x.tobytes() == before


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda a: a.T, id="transposed"),
        pytest.param(lambda a: a[::2, ::-1], id="steps"),
        pytest.param(np.asfortranarray, id="fortran"),
        pytest.param(lambda a: a[1, 2:3].reshape(()), id="zero-dimensional"),
    ],
)
def test_any_memory_layout(view):
    x = view(np.random.default_rng(1).standard_normal((4, 6)))
    gradient = np.asarray(3 * x**2)
    assert check_gradient(cubes, x, gradient).agrees()
    assert check_directional(lambda: cubes(x), [x], [gradient], rng()).agrees()
    assert not check_gradient(cubes, x, np.asarray(1.001 * gradient)).agrees()


def test_f_may_read_x_from_where_it_is_kept():
    w = np.array([1.0, 2.0])
    np.testing.assert_allclose(numerical_gradient(lambda _: (w * w).sum(), w), [2.0, 4.0], rtol=1e-9)


def test_gradient_may_be_a_buffer_that_f_fills_anew():
    x = np.array([1.0, 2.0])
    buffer = 3 * x**2

    def f(x):
        value = cubes(x)
        buffer[...] = -1.0
        return value

    assert check_gradient(f, x, buffer).agrees(1e-7)


def test_the_wrong_element_is_named_with_both_values():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    gradient = 3 * x**2
    gradient[1, 0] += 0.5
    difference = check_gradient(cubes, x, gradient)
    assert not difference.agrees()
    assert difference.worst == (1, 0)
    assert difference.analytic == 27.5
    assert difference.numerical == pytest.approx(27.0, rel=1e-9)
    assert difference.max_absolute == pytest.approx(0.5, rel=1e-6)
    assert difference.max_relative == pytest.approx(0.5 / 27.5, rel=1e-6)


def test_absolute_and_relative_maxima_may_sit_at_different_elements():
    difference = compare_gradients(np.array([100.0, 0.01]), np.array([101.0, 0.02]))
    assert difference.max_absolute == 1.0
    assert difference.max_relative == pytest.approx(0.5)
    assert difference.worst == (1,)


def test_two_gradients_near_zero_are_measured_against_the_floor():
    difference = compare_gradients(np.array([1e-12]), np.array([-1e-12]))
    assert difference.max_relative == pytest.approx(2e-12 / gradient_check.FLOOR)
    assert difference.agrees()


def test_nan_never_agrees():
    difference = compare_gradients(np.array([1.0, np.nan, 2.0]), np.array([1.0, 1.0, 2.0]))
    assert difference.worst == (1,)
    assert not difference.agrees(tolerance=1e9)


def rng():
    return np.random.default_rng(7)


def test_directional_check_covers_all_arrays_together():
    a, b = np.array([1.0, -2.0, 0.3]), np.array([[0.5, 2.0]])
    right = [2 * a * b.sum(), np.full(b.shape, (a**2).sum())]

    def f():
        return (a**2).sum() * b.sum()

    assert check_directional(f, [a, b], right, rng()).agrees(1e-7)
    for wrong in ([right[0] + [0, 0, 0.01], right[1]], [right[0], right[1] * 1.001], [-right[0], right[1]]):
        assert not check_directional(f, [a, b], wrong, rng()).agrees()


def test_directional_check_moves_by_eps_along_a_unit_vector():
    x, y = np.zeros(3), np.zeros((2, 2))
    seen = []

    def f():
        seen.append(np.concatenate([x, y.ravel()]).copy())
        return x.sum() + y.sum()

    check_directional(f, [x, y], [np.ones(3), np.ones((2, 2))], rng(), eps=0.25)
    here, again, above, below = seen
    assert not here.any() and not again.any()
    assert np.linalg.norm(above) == pytest.approx(0.25)
    np.testing.assert_array_equal(above, -below)


def test_directional_check_costs_four_calls_whatever_the_size():
    x = np.zeros(10_000)
    calls = []
    check_directional(lambda: calls.append(1) or x.sum(), [x], [np.ones(10_000)], rng())
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("x", "f", "error", "words"),
    [
        (np.zeros(2, np.float32), cubes, TypeError, r"x is float32.*float64.*astype"),
        (np.zeros(2, np.int64), cubes, TypeError, r"x is int64"),
        ([1.0, 2.0], lambda x: 1.0, TypeError, r"x is list"),
        (np.zeros(2), lambda x: x * 2, ValueError, r"shape \(2,\).*one number.*sum"),
        (np.zeros(1), lambda x: x, ValueError, r"shape \(1,\)"),
        (np.zeros(2), lambda x: np.float32(x.sum()), TypeError, r"f gave float32.*float64"),
        (np.zeros(2), lambda x: 3, TypeError, r"f gave .*int"),
        (np.zeros(2), lambda x: None, TypeError, r"f gave .*NoneType"),
        (np.zeros(2), lambda x: float("nan"), ValueError, r"f gave nan.*finite"),
        (np.broadcast_to(np.zeros(1), (3,)), cubes, ValueError, r"read-only.*copy"),
        (
            np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (0,), writeable=True),
            cubes,
            ValueError,
            r"shares memory.*copy",
        ),
    ],
)
def test_misuse_is_explained(x, f, error, words):
    with pytest.raises(error, match=words):
        numerical_gradient(f, x)


def test_nan_only_beside_x_is_reported_too():
    x = np.array([1.0])
    with pytest.raises(ValueError, match="finite"):
        numerical_gradient(lambda x: float("inf") if x[0] > 1 else float(x[0]), x)
    assert x[0] == 1.0


def test_a_function_with_a_memory_is_refused():
    state = np.zeros(1)

    def f(x):
        state[:] = 0.5 * state + x.sum()
        return float(state[0])

    with pytest.raises(ValueError, match=r"at the same x; reset its state"):
        numerical_gradient(f, np.ones(2))
    with pytest.raises(ValueError, match=r"at the same x; reset its state"):
        x = np.ones(2)
        check_directional(lambda: f(x), [x], [np.ones(2)], rng())


@pytest.mark.parametrize("eps", [0.0, -1e-5, float("nan")])
def test_eps_must_be_positive(eps):
    with pytest.raises(ValueError, match="positive"):
        numerical_gradient(cubes, np.ones(2), eps)
    with pytest.raises(ValueError, match="positive"):
        x = np.ones(2)
        check_directional(lambda: cubes(x), [x], [3 * x**2], rng(), eps)


def test_gradient_of_another_shape_or_dtype_is_refused():
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), x has \(2, 3\)"):
        check_gradient(cubes, x, np.ones(3))
    with pytest.raises(TypeError, match="gradient is float32"):
        check_gradient(cubes, x, np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match="1 array and 2 gradients"):
        check_directional(lambda: cubes(x), [x], [x, x], rng())
    with pytest.raises(ValueError, match="0 arrays"):
        check_directional(lambda: 1.0, [], [], rng())
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        compare_gradients(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="not empty"):
        compare_gradients(np.ones(0), np.ones(0))


def test_the_examples_in_the_docstring_are_true():
    results = doctest.testmod(gradient_check)
    assert results.attempted >= 2
    assert results.failed == 0
