"""Pure functions on NumPy arrays: what the layers compute, in the form a reader meets it first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.backend.numpy_backend import CPU


def sigmoid(x: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), without a warning where exp(-x) is infinite. Same shape and dtype."""
    result: FloatArray = CPU.sigmoid(x)
    return result


def softmax(x: FloatArray) -> FloatArray:
    """y[..., j] = exp(x[..., j]) / sum_k exp(x[..., k]); taken of x - max(x), so that no exponential overflows.

    `Backend.softmax` computes the same bits on any device.

    Args:
        x: (..., V), float32 or float64.
    Returns:
        y: the same shape and dtype; over the last axis its numbers add up to 1.
    """
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    result: FloatArray = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return result


def cross_entropy_error(y: FloatArray, t: NDArray[np.integer[Any]]) -> float:
    """Mean of -log y[n, t[n]] over the batch.

    Args:
        y: (N, V) or (V,) probabilities.
        t: (N,) target ids, or a single id.
    """
    rows = np.atleast_2d(y)
    chosen = rows[np.arange(len(rows)), np.atleast_1d(t)]
    return float(-np.log(np.maximum(chosen, np.finfo(rows.dtype).tiny)).mean())
