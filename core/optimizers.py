"""SGD, Adam and the clipping of gradients, all in place.

Learning rates and moments are Python floats: a NumPy float64 scalar would promote every float32 array it meets.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.backend import CPU, Array, Backend


class SGD:
    """param -= lr * grad."""

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Update every parameter in place from the gradient of the same shape."""
        rate = float(self.lr)
        for param, grad in zip(params, grads, strict=True):
            param -= rate * grad


class Adam:
    """Adam (Kingma and Ba 2015), with the bias correction folded into the rate as in the book.

    m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  param -= lr_t m / (sqrt(v) + 1e-7)

    Attributes:
        lr: may be changed between updates.
        iter: number of updates so far.
        m, v: the moments, in the order of the parameters; empty before the first update.
    """

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, backend: Backend = CPU) -> None:
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.backend = backend
        self.iter = 0
        self.m: list[Array] = []
        self.v: list[Array] = []

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Update every parameter in place from the gradient of the same shape."""
        if not self.m:
            self.m = [self.backend.xp.zeros_like(p) for p in params]
            self.v = [self.backend.xp.zeros_like(p) for p in params]
        self.iter += 1
        rate = float(self.lr) * (1.0 - self.beta2**self.iter) ** 0.5 / (1.0 - self.beta1**self.iter)
        for param, grad, m, v in zip(params, grads, self.m, self.v, strict=True):
            self.backend.adam(param, grad, m, v, rate, self.beta1, self.beta2)


def clip_grads(grads: Sequence[Array], max_norm: float) -> Array:
    """Scale all gradients together, in place, so that their common length is at most `max_norm`.

    The sum of squares is kept in the gradients' dtype: float32 gradients beyond about 1e19 overflow to a length of
    infinity, and the update is then one of zeros.

    Returns:
        the length before clipping, a scalar on the gradients' device.
    """
    total = sum(
        (grad.reshape(-1) @ grad.reshape(-1) for grad in grads[1:]), grads[0].reshape(-1) @ grads[0].reshape(-1)
    )
    norm = total**0.5
    rate = (max_norm / (norm + 1e-6)).clip(max=1.0)
    for grad in grads:
        grad *= rate
    return norm
