"""The book's `common.layers`. Shapes: N batch, I inputs, O outputs, V vocabulary size, D embedding size."""

from __future__ import annotations

from typing import Any

from core.backend.arrays import Array
from core.book.common.functions import cross_entropy_error, sigmoid, softmax
from core.book.session import backend
from core.layers import basic

__all__ = [  # noqa: F822 (np by __getattr__)
    "Affine",
    "Embedding",
    "MatMul",
    "Sigmoid",
    "Softmax",
    "SoftmaxWithLoss",
    "cross_entropy_error",
    "np",
    "sigmoid",
    "softmax",
]


def __getattr__(name: str) -> Any:
    """`np`: the book's `from common.layers import *` brings it along."""
    if name == "np":
        return backend().xp
    raise AttributeError(f"module 'common.layers' has no attribute {name!r}")


class MatMul:
    """y = x W."""

    def __init__(self, W: Array) -> None:
        """Args: W: (I, O)."""
        self.params = [W]
        self.grads = [backend().xp.zeros_like(W)]
        self.x: Array = None

    def forward(self, x: Array) -> Array:
        """Args: x: (N, I). Returns: (N, O)."""
        self.x = x
        return x @ self.params[0]

    def backward(self, dout: Array) -> Array:
        """Args: dout: (N, O). Returns: dx (N, I)."""
        self.grads[0][...] = self.x.T @ dout
        return dout @ self.params[0].T


class Affine:
    """y = x W + b."""

    def __init__(self, W: Array, b: Array) -> None:
        """Args: W: (I, O); b: (O,)."""
        self.params = [W, b]
        self.grads = [backend().xp.zeros_like(W), backend().xp.zeros_like(b)]
        self.x: Array = None

    def forward(self, x: Array) -> Array:
        """Args: x: (N, I). Returns: (N, O)."""
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout: Array) -> Array:
        """Args: dout: (N, O). Returns: dx (N, I)."""
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.params[0].T


class Sigmoid:
    """y = sigmoid(x)."""

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.out: Array = None

    def forward(self, x: Array) -> Array:
        """Same shape as `x`."""
        self.out = sigmoid(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        """dx = dout * y (1 - y)."""
        return dout * self.out * (1.0 - self.out)


class Softmax(basic.Softmax):
    """y = softmax(x) over the last axis."""

    def __init__(self) -> None:
        super().__init__(backend())


class SoftmaxWithLoss:
    """Softmax and mean cross entropy of (N, V) scores.

    Attributes:
        y: (N, V), the probabilities of the last forward.
        t: (N,), its target ids.
    """

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.y: Array = None
        self.t: Array = None

    def forward(self, x: Array, t: Array) -> Array:
        """Args: x: (N, V); t: ids (N,) or one-hot (N, V). Returns: the loss."""
        t = backend().asarray(t)
        self.t = t.argmax(axis=1) if t.size == x.size else t
        self.y = softmax(x)
        return cross_entropy_error(self.y, self.t)

    def backward(self, dout: float = 1.0) -> Array:
        """dx = (y - one_hot(t)) dout / N."""
        dx = self.y.copy()
        dx[backend().xp.arange(len(dx)), self.t] -= 1
        return dx * (dout / len(dx))


class Embedding(basic.Embedding):
    """A row of W for every id."""

    def __init__(self, W: Array) -> None:
        """Args: W: (V, D)."""
        super().__init__(W, backend())

    def forward(self, idx: Array) -> Array:
        """Args: idx: (N,) ids. Returns: (N, D)."""
        return super().forward(self.backend.asarray(idx))
