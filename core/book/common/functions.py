"""The book's `common.functions`, on arrays of the CPU or the GPU."""

from __future__ import annotations

from core.backend.arrays import Array
from core.book.session import backend


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2, which never overflows. Same shape and dtype."""
    return 0.5 * backend().xp.tanh(0.5 * x) + 0.5


def relu(x: Array) -> Array:
    """max(0, x). Same shape and dtype."""
    return backend().xp.maximum(0, x)


def softmax(x: Array) -> Array:
    """Softmax over the last axis. Same shape and dtype."""
    return backend().softmax(x)


def cross_entropy_error(y: Array, t: Array) -> Array:
    """Mean of -log y[n, t[n]]. Args: y: (N, V) or (V,) probabilities; t: ids (N,), or one-hot of the shape of y."""
    xp = backend().xp
    y, t = backend().asarray(y), backend().asarray(t)
    if t.size == y.size:
        t = t.argmax(axis=-1)
    rows = y.reshape(-1, y.shape[-1])
    # The book adds 1e-7, so that a probability of 0 costs about 16 and not infinity.
    return -xp.log(rows[xp.arange(len(rows)), t.reshape(-1)] + 1e-7).mean()
