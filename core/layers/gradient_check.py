"""Is a gradient the derivative it claims to be? Finite differences give an answer that owes nothing to the formula.

Two checks, both with central differences in float64:

* `check_gradient` moves one element at a time. It says which element is wrong, and costs two calls of f an element.
* `check_directional` moves every array at once along one random unit vector. Two calls of f, whatever the size.

    >>> import numpy as np
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> check_gradient(lambda x: float((x**2).sum()), x, 2 * x).agrees()
    True
    >>> check_gradient(lambda x: float((x**2).sum()), x, 3 * x).worst
    (2,)

float32 is refused: a step small enough for the slope to be straight is then lost in the rounding of f.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.backend.arrays import Float64Array
from core.files.wording import counted

ScalarFunction = Callable[[Float64Array], Any]

# The truncation error falls with eps^2 and the rounding error grows with 1/eps; they meet near the cube root of the
# machine epsilon, 6e-6 in float64.
EPS = 1e-5

# Below this size an element's difference is measured against the floor: f's own rounding, divided by 2 eps, is some
# 1e-11, so that the relative difference of two gradients that are both almost zero says nothing.
FLOOR = 1e-4


@dataclass(frozen=True)
class GradientDifference:
    """How far an analytic gradient is from the finite differences.

    Attributes:
        max_absolute: max |analytic - numerical|.
        max_relative: max |analytic - numerical| / max(|analytic|, |numerical|, FLOOR).
        worst: index of the element with the largest relative difference; () for a directional check.
        analytic, numerical: the two values at `worst`.
    """

    max_absolute: float
    max_relative: float
    worst: tuple[int, ...]
    analytic: float
    numerical: float

    def agrees(self, tolerance: float = 1e-5) -> bool:
        """True where the largest relative difference is within `tolerance`. NaN never agrees."""
        return self.max_relative <= tolerance


def numerical_gradient(f: ScalarFunction, x: Float64Array, eps: float = EPS) -> Float64Array:
    """The gradient of f at x by central differences, one element at a time.

    gradient[i] = (f(x + eps e_i) - f(x - eps e_i)) / (2 eps)

    x is changed in place, and restored, so f may read it from wherever it is kept: a parameter of a layer is checked
    with `numerical_gradient(lambda _: model.forward(xs, ts), layer.params[0])`.

    Args:
        f: from an array shaped like x to one number in float64. It must give the same value at every call for the
            same x: reset the state of a stateful layer inside f.
        x: float64, any shape and any memory layout.
        eps: the step.
    Returns:
        float64, shape of x.
    Raises:
        TypeError: x or f(x) is not float64.
        ValueError: f(x) is not one number, is not finite or changes from call to call; x cannot be written to, or
            shares memory among its elements; eps is not positive.
    Cost:
        2 x.size + 2 calls of f.
    """
    _require_point([x], eps, lambda: f(x))
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        try:
            x[index] = kept + eps
            above = _number(f(x))
            x[index] = kept - eps
            below = _number(f(x))
        finally:
            x[index] = kept
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def check_gradient(f: ScalarFunction, x: Float64Array, gradient: Float64Array, eps: float = EPS) -> GradientDifference:
    """Compare `gradient` with the finite differences of f at x, element by element.

    Args:
        f, x, eps: as for `numerical_gradient`, which says what they must be.
        gradient: float64, shape of x, the analytic gradient of f at x.
    Raises:
        TypeError, ValueError: as `numerical_gradient`, and where `gradient` is not float64 in the shape of x.
    """
    _require_gradient(gradient, x)
    # The gradient of a layer may be a buffer that the calls of f inside fill anew.
    analytic = gradient.copy()
    return compare_gradients(analytic, numerical_gradient(f, x, eps))


def check_directional(
    f: Callable[[], Any],
    xs: Sequence[Float64Array],
    gradients: Sequence[Float64Array],
    rng: np.random.Generator,
    eps: float = EPS,
) -> GradientDifference:
    """Compare the slope along one random direction through all of xs with what the gradients say it is.

    sum(gradients * u) = (f(xs + eps u) - f(xs - eps u)) / (2 eps);  u uniform on the unit sphere of all of xs together

    A wrong gradient passes only where its error is orthogonal to u, which has probability zero; but an error in a few
    of many elements is diluted by about the square root of their number, so `check_gradient` stays the sharper one.

    Args:
        f: no argument; reads xs, which are changed in place and restored.
        xs: float64 arrays, any shapes and memory layouts.
        gradients: float64, shapes of xs, the analytic gradients of f.
        rng: where u comes from.
        eps: length of the step.
    Raises:
        TypeError, ValueError: as `check_gradient`.
    Cost:
        4 calls of f.
    Source:
        The habit of Chainer's `gradient_check.check_backward`.
    """
    if not xs or len(xs) != len(gradients):
        raise ValueError(
            f"got {counted(len(xs), 'array')} and {counted(len(gradients), 'gradient')}; "
            "give one gradient for each array"
        )
    for x, gradient in zip(xs, gradients, strict=True):
        _require_gradient(gradient, x)
    _require_point(xs, eps, f)

    directions = [rng.standard_normal(x.shape) for x in xs]
    length = math.sqrt(sum(float((u * u).sum()) for u in directions))
    directions = [u / length for u in directions]
    analytic = sum(float((gradient * u).sum()) for gradient, u in zip(gradients, directions, strict=True))

    kept = [x.copy() for x in xs]

    def value_at(step: float) -> float:
        for x, start, u in zip(xs, kept, directions, strict=True):
            x[...] = start + step * u
        return _number(f())

    try:
        numerical = (value_at(eps) - value_at(-eps)) / (2 * eps)
    finally:
        for x, start in zip(xs, kept, strict=True):
            x[...] = start
    return compare_gradients(np.float64(analytic), np.float64(numerical))


def compare_gradients(analytic: Float64Array | np.float64, numerical: Float64Array | np.float64) -> GradientDifference:
    """The largest absolute and relative differences of two gradients of the same shape.

    Raises:
        ValueError: the shapes differ, or there is no element.
    """
    a, n = np.asarray(analytic), np.asarray(numerical)
    if a.shape != n.shape or a.size == 0:
        raise ValueError(f"got gradients of shapes {a.shape} and {n.shape}; give two of the same shape, not empty")
    difference = np.abs(a - n)
    relative = difference / np.maximum(np.maximum(np.abs(a), np.abs(n)), FLOOR)
    # argmax stops at the first NaN, so a gradient with NaN in it reports NaN.
    worst = np.unravel_index(int(np.argmax(relative)), relative.shape)
    return GradientDifference(
        max_absolute=float(difference.max()),
        max_relative=float(relative[worst]),
        worst=tuple(int(i) for i in worst),
        analytic=float(a[worst]),
        numerical=float(n[worst]),
    )


def _number(value: Any) -> float:
    """f's value as a Python float; an error for anything but one finite number in float64."""
    dtype = np.float64 if isinstance(value, float) else getattr(value, "dtype", type(value))
    if getattr(value, "shape", ()) != ():
        raise ValueError(f"f gave an array of shape {value.shape}; it must give one number, for instance with .sum()")
    if dtype != np.float64:
        raise TypeError(f"f gave {dtype}; finite differences need float64: make every parameter and input float64")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"f gave {number}; it must be finite around x: choose another x")
    return number


def _require_point(xs: Sequence[Float64Array], eps: float, value_here: Callable[[], Any]) -> None:
    if not eps > 0:
        raise ValueError(f"got eps={eps}; the step must be positive, for instance {EPS}")
    for x in xs:
        _require_float64("x", x)
        if not x.flags.writeable or any(
            stride == 0 and size > 1 for stride, size in zip(x.strides, x.shape, strict=True)
        ):
            raise ValueError("x is read-only or shares memory among its elements; pass x.copy()")
    first, second = _number(value_here()), _number(value_here())
    if first != second:
        raise ValueError(f"f gave {first} and then {second} at the same x; reset its state at the start of every call")


def _require_gradient(gradient: Float64Array, x: Float64Array) -> None:
    _require_float64("the gradient", gradient)
    if gradient.shape != x.shape:
        raise ValueError(f"the gradient has shape {gradient.shape}, x has {x.shape}; they must be the same")


def _require_float64(name: str, array: Any) -> None:
    got = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
    if got != np.float64:
        raise TypeError(f"{name} is {got}; finite differences need a NumPy array of float64: use .astype(np.float64)")
