"""Pure functions on NumPy arrays: what the layers compute, in the form a reader meets it first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.backend.numpy_backend import CPU


def sigmoid(x: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2, which never overflows. Same shape and dtype."""
    result: FloatArray = 0.5 * np.tanh(0.5 * x) + 0.5
    return result


def softmax(x: FloatArray) -> FloatArray:
    """exp(x) / sum(exp(x)) over the last axis, shifted by the maximum so that it never overflows.

    Same shape and dtype as `x`.
    """
    result: FloatArray = CPU.softmax(np.asarray(x))
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
