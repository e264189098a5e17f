"""A training iteration: forward, backward, clip, Adam, on a fresh batch every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from benchmarks.sizes import MAX_GRAD, Sizes, dates, first_parameters, random_ids
from benchmarks.timing import Work
from core.backend.arrays import IdArray
from core.backend.numpy_backend import CPU, Backend
from core.models.attention_seq2seq import AttentionSeq2seq
from core.training.optimizers import Adam
from core.training.trainer import Trainer

Data = Literal["dates", "random"]
"""Real dates, or random ids: sequences of any length that do not begin alike."""

Train = Callable[[IdArray, IdArray], object]
"""Trains one iteration on every N rows of x (n, T_enc) and t (n, T_dec + 1)."""

# More batches than a run takes turns, so that none is seen twice in a row of turns; dates cost 0.05 ms each to make.
_DISTINCT_BATCHES = 40


class Batches:
    """Batches one after the other, from the start again after the last."""

    def __init__(self, x: Any, t: Any, size: int) -> None:
        self.x, self.t, self.size = x, t, size
        self.next = 0

    def take(self, count: int) -> tuple[Any, Any]:
        """The rows of `count` more batches, a view: x, t."""
        if self.next + count * self.size > len(self.x):
            self.next = 0
        rows = slice(self.next, self.next + count * self.size)
        self.next = rows.stop
        return self.x[rows], self.t[rows]


def core(sizes: list[int], data: Data, iterations: int) -> Work:
    """`core.Trainer`, as everyone uses it."""
    return work(core_training(Sizes(*sizes)), Sizes(*sizes), data, iterations)


def layer_by_layer(sizes: list[int], data: Data, iterations: int) -> Work:
    """The book's way."""
    return work(layer_by_layer_training(Sizes(*sizes)), Sizes(*sizes), data, iterations)


def pytorch(sizes: list[int], data: Data, iterations: int) -> Work:
    """PyTorch, eager."""
    return work(pytorch_training(Sizes(*sizes)), Sizes(*sizes), data, iterations)


def products(sizes: list[int], data: Data, iterations: int) -> Work:
    """The matrix products alone; they are the same whatever the data."""
    return work(products_training(Sizes(*sizes)), Sizes(*sizes), "random", iterations)


def core_training(sizes: Sizes, backend: Backend = CPU) -> Train:
    """A new model with its optimizer."""
    model = AttentionSeq2seq(sizes.V, sizes.D, sizes.H, backend=backend)
    for param, value in zip(model.params, first_parameters(sizes), strict=True):
        param[...] = backend.asarray(value)
    trainer = Trainer(model, Adam(backend=backend), rng=np.random.default_rng(0))
    return lambda x, t: trainer.fit(x, t, max_epoch=1, batch_size=sizes.N, max_grad=MAX_GRAD)


def layer_by_layer_training(sizes: Sizes) -> Train:
    """A new model with its optimizer."""
    from benchmarks import layer_by_layer

    model = layer_by_layer.AttentionSeq2seq(first_parameters(sizes))
    optimizer = layer_by_layer.Adam(model.params)

    def train(x: IdArray, t: IdArray) -> None:
        for start in range(0, len(x), sizes.N):
            rows = slice(start, start + sizes.N)
            model.forward(x[rows], t[rows])
            model.backward()
            layer_by_layer.clip_grads(model.grads, MAX_GRAD)
            optimizer.update(model.params, model.grads)

    return train


def pytorch_training(sizes: Sizes, device: str = "cpu") -> Train:
    """A new model with its optimizer."""
    import torch

    from benchmarks import pytorch

    training = pytorch.Training(first_parameters(sizes), device)

    def train(x: IdArray, t: IdArray) -> None:
        xs, ts = torch.from_numpy(x).to(device), torch.from_numpy(t).to(device)
        for start in range(0, len(x), sizes.N):
            training.iterate(xs[start : start + sizes.N], ts[start : start + sizes.N])

    return train


def products_training(sizes: Sizes) -> Train:
    """The products of the model."""
    from benchmarks.floor import Products

    model = Products(sizes)

    def train(x: IdArray, t: IdArray) -> None:
        for _ in range(0, len(x), sizes.N):
            model.train()

    return train


def work(train: Train, sizes: Sizes, data: Data, iterations: int) -> Work:
    """Trains `iterations` batches at a time, and one to warm up."""
    batches = Batches(*_data(sizes, data), sizes.N)
    return Work(run=lambda: train(*batches.take(iterations)), warm_up=lambda: train(*batches.take(1)), units=iterations)


def _data(sizes: Sizes, data: Data) -> tuple[IdArray, IdArray]:
    n = _DISTINCT_BATCHES * sizes.N
    return dates(n, seed=0) if data == "dates" else random_ids(n, sizes, seed=0)
