"""The book's `common.optimizer`, with its defaults."""

from __future__ import annotations

from core.backend.arrays import Array
from core.book.session import backend
from core.training import optimizers


class SGD(optimizers.SGD):
    """param -= lr * grad."""

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr, backend())


class Momentum(optimizers.Momentum):
    """v = momentum * v - lr * grad;  param += v."""

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr, momentum, backend())


class Nesterov(optimizers.Optimizer):
    """Nesterov's momentum with the gradient where the parameter stands (Bengio et al. 2012).

    v = momentum * v - lr * grad;  param += momentum * v - lr * grad
    """

    slot_names = ("v",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr, backend())
        self.momentum = momentum

    def _update_one(self, param: Array, grad: Array, *kept: Array) -> None:
        (v,) = kept
        step = float(self.lr) * grad
        v *= float(self.momentum)
        v -= step
        param += float(self.momentum) * v
        param -= step


class AdaGrad(optimizers.AdaGrad):
    """h += grad^2;  param -= lr * grad / (sqrt(h) + 1e-7)."""

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr, backend())


class RMSprop(optimizers.Optimizer):
    """h = decay_rate * h + (1 - decay_rate) * grad^2;  param -= lr * grad / (sqrt(h) + 1e-7)."""

    slot_names = ("h",)

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        super().__init__(lr, backend())
        self.decay_rate = decay_rate

    def _update_one(self, param: Array, grad: Array, *kept: Array) -> None:
        (h,) = kept
        h *= float(self.decay_rate)
        h += (1.0 - float(self.decay_rate)) * grad * grad
        param -= float(self.lr) * grad / (self.backend.xp.sqrt(h) + 1e-7)


class Adam(optimizers.Adam):
    """m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  param -= lr_t m / (sqrt(v) + 1e-7)."""

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        super().__init__(lr, beta1, beta2, backend())
