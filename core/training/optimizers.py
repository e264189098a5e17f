"""SGD, momentum, AdaGrad, Adam and the clipping of gradients, all in place.

Learning rates and moments are Python floats: a NumPy float64 scalar would promote every float32 array it meets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend, length


class Optimizer:
    """Changes parameters by their gradients, and keeps what it needs from one update to the next.

    Attributes:
        lr: may be changed between updates.
        iter: number of updates so far.
        slots: by name the arrays that it keeps, in the order and shapes of the parameters; empty lists before the first
            update. With `iter` they are all that a later process needs to go on.
    """

    slot_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, lr: float, backend: Backend = CPU) -> None:
        """Args: lr: the learning rate. backend: where the parameters live."""
        self.lr = lr
        self.backend = backend
        self.iter = 0
        self.slots: dict[str, list[Array]] = {name: [] for name in self.slot_names}

    def update(self, params: Sequence[Array], grads: Sequence[Array], max_norm: float | None = None) -> Array | None:
        """Update every parameter in place from the gradient of the same shape.

        Args: max_norm: the longest gradient, over all parameters together, see `clip_grads`; None for no limit.
        Returns: the length of the gradient before clipping, a scalar on its device; None without a limit.
        """
        norm = None if max_norm is None else self._clip(grads, max_norm)
        for slot in self.slots.values():
            if not slot:
                slot += [self.backend.xp.zeros_like(param) for param in params]
        self.iter += 1
        for param, grad, *kept in zip(params, grads, *self.slots.values(), strict=True):
            self._update_one(param, grad, *kept)
        return norm

    def _clip(self, grads: Sequence[Array], max_norm: float) -> Array:
        return clip_grads(grads, max_norm)

    def _update_one(self, param: Array, grad: Array, *kept: Array) -> None:
        """One parameter; `kept` are its arrays in the slots."""
        raise NotImplementedError


class SGD(Optimizer):
    """param -= lr * grad."""

    def __init__(self, lr: float = 0.01, backend: Backend = CPU) -> None:
        super().__init__(lr, backend)

    def _update_one(self, param: Array, grad: Array, *_: Array) -> None:
        param -= float(self.lr) * grad


class Momentum(Optimizer):
    """A ball that rolls downhill and keeps its speed (Polyak 1964), as in Deep Learning from Scratch, section 6.1.4.

    v = momentum * v - lr * grad;  param += v
    """

    slot_names = ("v",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9, backend: Backend = CPU) -> None:
        super().__init__(lr, backend)
        self.momentum = momentum

    def _update_one(self, param: Array, grad: Array, *kept: Array) -> None:
        (v,) = kept
        v *= float(self.momentum)
        v -= float(self.lr) * grad
        param += v


class AdaGrad(Optimizer):
    """Smaller steps for what has moved much (Duchi et al. 2011), as in Deep Learning from Scratch, section 6.1.5.

    h += grad^2;  param -= lr * grad / (sqrt(h) + 1e-7)
    """

    slot_names = ("h",)

    def __init__(self, lr: float = 0.01, backend: Backend = CPU) -> None:
        super().__init__(lr, backend)

    def _update_one(self, param: Array, grad: Array, *kept: Array) -> None:
        (h,) = kept
        h += grad * grad
        step = self.backend.xp.sqrt(h)
        step += 1e-7
        self.backend.xp.divide(grad, step, out=step)
        step *= float(self.lr)
        param -= step


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015), with the bias correction folded into the rate as in the book.

    m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  param -= lr_t m / (sqrt(v) + 1e-7)
    """

    slot_names = ("m", "v")

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, backend: Backend = CPU) -> None:
        super().__init__(lr, backend)
        self.beta1, self.beta2 = beta1, beta2
        self._clip_rate: Array | None = None

    def update(self, params: Sequence[Array], grads: Sequence[Array], max_norm: float | None = None) -> Array | None:
        """As every optimizer does; a device may clip within the kernel of the update, and leave `grads` as they are."""
        self._clip_rate = None
        return super().update(params, grads, max_norm)

    def _clip(self, grads: Sequence[Array], max_norm: float) -> Array:
        norm = self.backend.length(grads)
        self._clip_rate = self.backend.clip_rate(norm, max_norm)
        return norm

    def _update_one(self, param: Array, grad: Array, *kept: Array) -> None:
        m, v = kept
        rate = float(self.lr) * (1.0 - self.beta2**self.iter) ** 0.5 / (1.0 - self.beta1**self.iter)
        self.backend.adam(param, grad, m, v, rate, self.beta1, self.beta2, self._clip_rate)


OPTIMIZERS: Mapping[str, type[Optimizer]] = {"adam": Adam, "adagrad": AdaGrad, "momentum": Momentum, "sgd": SGD}
"""By the names that a recipe gives them."""


def clip_grads(grads: Sequence[Array], max_norm: float) -> Array:
    """Scale all gradients together, in place, so that their common length is at most `max_norm`.

    The sum of squares is kept in the gradients' dtype: float32 gradients beyond about 1e19 overflow to a length of
    infinity, and the update is then one of zeros.

    Returns:
        the length before clipping, a scalar on the gradients' device.
    """
    norm = length(grads)
    rate = (max_norm / (norm + 1e-6)).clip(max=1.0)
    for grad in grads:
        grad *= rate
    return norm
