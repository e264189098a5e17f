"""The book's `common.trainer`: its order of drawing, its progress lines, this project's gradients."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from core.backend.arrays import Array
from core.book.common.util import clip_grads
from core.book.plots import pyplot
from core.book.session import backend
from core.training import optimizers


class Trainable(Protocol):
    """A model of the reader's own, or one of ours; gradients in the order of the parameters."""

    params: list[Array]
    grads: list[Array]

    def forward(self, *args: Any) -> Any:
        """Questions and answers -> loss."""

    def backward(self, *args: Any) -> Any:
        """Fill `grads` with the gradient of the last `forward`'s loss."""


class Updates(Protocol):
    """An optimizer of the reader's own, or one of ours."""

    def update(self, params: Any, grads: Any) -> Any:
        """Change every parameter in place."""


class Trainer:
    """Fits a model to questions and answers as the book does.

    `np.random.seed` decides the order of the samples; every epoch shuffles what the one before it had shuffled.

    Attributes:
        loss_list: the mean loss since the line before, of every line printed.
        eval_interval: of the last `fit`.
        current_epoch: epochs finished, over all calls of `fit`.
    """

    def __init__(self, model: Trainable, optimizer: Updates) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loss_list: list[float] = []
        self.eval_interval: int | None = None
        self.current_epoch = 0

    def fit(
        self,
        x: Array,
        t: Array,
        max_epoch: int = 10,
        batch_size: int = 32,
        max_grad: float | None = None,
        eval_interval: int | None = 20,
    ) -> None:
        """Train for `max_epoch` more epochs.

        Args:
            x: (N, T_enc) ids in the order the model reads them.
            t: (N, T_dec + 1) ids, beginning with the start character.
            batch_size: the rest of an epoch that fills no batch is left out.
            max_grad: the longest gradient, over all parameters together; None for no limit.
            eval_interval: iterations between two lines; None for no line.
        """
        self.eval_interval = eval_interval
        x, t = backend().asarray(x), backend().asarray(t)
        order = np.arange(len(x))
        iterations = len(x) // batch_size
        losses: list[Array] = []
        began = time.time()
        for _ in range(max_epoch):
            order = order[np.random.permutation(np.arange(len(x)))]
            rows = backend().asarray(order)
            for i in range(iterations):
                batch = rows[i * batch_size : (i + 1) * batch_size]
                losses.append(self.model.forward(x[batch], t[batch]))
                self.model.backward()
                self._update(max_grad)
                if eval_interval is None:
                    losses.clear()
                elif i % eval_interval == 0:
                    self._end_interval(i + 1, iterations, losses, time.time() - began)
            self.current_epoch += 1

    def plot(self, ylim: tuple[float, float] | None = None) -> None:
        """Show `loss_list` as a curve.

        Raises:
            ModuleNotFoundError: matplotlib is not installed; says what to do.
        """
        plt = pyplot()
        if ylim is not None:
            plt.ylim(*ylim)
        plt.plot(np.arange(len(self.loss_list)), self.loss_list, label="train")
        plt.xlabel(f"iterations (x{self.eval_interval})")
        plt.ylabel("loss")
        plt.show()

    def _update(self, max_grad: float | None) -> None:
        params, grads = remove_duplicate(self.model.params, self.model.grads)
        if isinstance(self.optimizer, optimizers.Optimizer):
            self.optimizer.update(params, grads, max_grad)
            return
        if max_grad is not None:
            clip_grads(grads, max_grad)
        self.optimizer.update(params, grads)

    def _end_interval(self, iteration: int, iterations: int, losses: list[Array], seconds: float) -> None:
        loss = float(sum(losses) / len(losses))
        losses.clear()
        self.loss_list.append(loss)
        where = f"| epoch {self.current_epoch + 1} |  iter {iteration} / {iterations}"
        print(f"{where} | time {int(seconds)}[s] | loss {loss:.2f}")


def remove_duplicate(params: Sequence[Array], grads: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Every parameter once, with the sum of its gradients: a weight may be shared by two layers, by one transposed.

    The gradients that are summed are changed in place, as in the book.
    """
    kept_params: list[Array] = []
    kept_grads: list[Array] = []
    for param, grad in zip(params, grads, strict=True):
        for known, total in zip(kept_params, kept_grads, strict=True):
            if known is param:
                total += grad
                break
            if _is_transposed(known, param):
                total += grad.T
                break
        else:
            kept_params.append(param)
            kept_grads.append(grad)
    return kept_params, kept_grads


def _is_transposed(known: Array, param: Array) -> bool:
    """Is it a transposed view of the same memory?"""
    if known.ndim != 2 or param.ndim != 2 or known.shape != param.shape[::-1] or known.strides != param.strides[::-1]:
        return False
    memory = "__cuda_array_interface__" if hasattr(param, "__cuda_array_interface__") else "__array_interface__"
    return bool(getattr(known, memory)["data"] == getattr(param, memory)["data"])
