"""The training loop and the book's measure of success.

The loop does the mathematics and nothing else: what a person sees of it comes from callbacks.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU
from core.files.wording import counted
from core.models.seq2seq import Seq2seq
from core.training.optimizers import Optimizer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EpochResult:
    """What one epoch reached: mean training loss, exact match on the test set (0 to 1), seconds it took."""

    epoch: int
    loss: float
    exact_match: float
    seconds: float


class TrainingReport(NamedTuple):
    """Where the training stands.

    Attributes:
        epoch, iteration: counted from 1; `iterations` of them make an epoch.
        loss: mean since the last report.
        gradient_norm: of the last iteration, before clipping; None where nothing is clipped.
        learning_rate: of the last iteration.
        seconds: since `fit` began.
    """

    epoch: int
    iteration: int
    iterations: int
    loss: float
    gradient_norm: float | None
    learning_rate: float
    seconds: float


Callback = Callable[[TrainingReport], None]


class TrainingDivergedError(RuntimeError):
    """The loss is no longer a number."""


@dataclass
class EpochUnderWay:
    """What is needed, beside parameters, moments and the iterations so far, to go on in the middle of an epoch.

    Attributes:
        random_state: of the generator before it drew the order of the epoch, so that it draws the same again.
        iteration: iterations done in the epoch.
        losses: of the iterations since the last report, scalars on the model's device.
        reported: the mean loss of every interval before, once for each of its iterations.
    """

    random_state: Mapping[str, Any]
    iteration: int = 0
    losses: list[Array] = field(default_factory=list)
    reported: list[float] = field(default_factory=list)


class Trainer:
    """Fits a model to questions and answers.

    Attributes:
        loss_list: the mean loss of every interval, as in the book.
        current_epoch: epochs finished.
        current_iteration: iterations finished, over all epochs.
        under_way: the epoch that a callback's exception broke off; None between epochs. The next `fit`, with the same
            data, goes on in the middle of it.
    """

    def __init__(
        self,
        model: Seq2seq,
        optimizer: Optimizer,
        *,
        rng: np.random.Generator | None = None,
        schedule: Callable[[int], float] | None = None,
    ) -> None:
        """Args:
        model, optimizer: what is trained, and how.
        rng: shuffles the data; a fresh one if None.
        schedule: iteration (from 0, over all epochs) -> learning rate; the optimizer's own if None.
        """
        self.model = model
        self.optimizer = optimizer
        self.rng = rng or np.random.default_rng()
        self.schedule = schedule
        self.loss_list: list[float] = []
        self.current_epoch = 0
        self.current_iteration = 0
        self.under_way: EpochUnderWay | None = None

    def fit(
        self,
        x: Array,
        t: Array,
        max_epoch: int = 10,
        batch_size: int = 32,
        max_grad: float | None = None,
        eval_interval: int = 20,
        *,
        on_interval: Callback | None = None,
        on_iteration: Callable[[], None] | None = None,
        on_epoch: Callback | None = None,
    ) -> None:
        """Train for `max_epoch` more epochs, one that was broken off among them.

        Args:
            x: (N, T_enc) source ids in the order the model reads them.
            t: (N, T_dec + 1) target ids, beginning with the start character.
            batch_size: the rest of an epoch that fills no batch is left out; the next epoch shuffles anew.
            max_grad: the longest gradient, over all parameters together; None for no limit.
            eval_interval: iterations between two calls of `on_interval`.
            on_interval, on_epoch: told where the training stands; an exception in them ends the training.
            on_iteration: called after every iteration but the last of an epoch. What it raises ends the training, and
                `under_way` then says all that is needed to go on as if nothing had happened.
        Raises:
            ValueError: x and t differ in number, or do not fill a batch; says how many there are.
            TrainingDivergedError: the loss is not finite any more.
        """
        if len(x) != len(t):
            raise ValueError(
                f"got {counted(len(x), 'question')} and {counted(len(t), 'answer')}; expected as many of each"
            )
        if not 1 <= batch_size <= len(x):
            raise ValueError(f"batch_size is {batch_size} for {counted(len(x), 'sample')}; expected 1 to {len(x)}")
        # A reader's own class needs nothing but params, grads, forward and backward.
        xp = getattr(self.model, "backend", CPU).xp
        x, t = xp.asarray(x), xp.asarray(t)
        iterations = len(x) // batch_size
        began = time.perf_counter()
        for _ in range(max_epoch):
            epoch = self.under_way or EpochUnderWay(self.rng.bit_generator.state)
            self.under_way = epoch
            self.rng.bit_generator.state = epoch.random_state
            order = xp.asarray(self.rng.permutation(len(x)))
            norm = None
            for i in range(epoch.iteration, iterations):
                rows = order[i * batch_size : (i + 1) * batch_size]
                loss, norm = self._iterate(x[rows], t[rows], max_grad)
                epoch.iteration = i + 1
                epoch.losses.append(loss)
                if (i + 1) % eval_interval == 0 or i + 1 == iterations:
                    loss = self._end_interval(epoch)
                    if on_interval:
                        on_interval(self._report(epoch, iterations, loss, norm, began))
                if on_iteration and i + 1 < iterations:
                    on_iteration()
            # Nobody waits for the device to tell what nobody asked for.
            report = self._report(epoch, iterations, float(np.mean(epoch.reported)), norm, began) if on_epoch else None
            self.current_epoch += 1
            self.under_way = None
            if on_epoch and report:
                on_epoch(report)

    def _iterate(self, x: Array, t: Array, max_grad: float | None) -> tuple[Array, Array | None]:
        if self.schedule:
            self.optimizer.lr = self.schedule(self.current_iteration)
        loss = self.model.forward(x, t)
        self.model.backward()
        norm = self.optimizer.update(self.model.params, self.model.grads, max_grad)
        self.current_iteration += 1
        return loss, norm

    def _end_interval(self, epoch: EpochUnderWay) -> float:
        """The mean loss since the last report."""
        loss = float(sum(epoch.losses) / len(epoch.losses))
        if not math.isfinite(loss):
            raise TrainingDivergedError(
                f"the loss is {loss} at iteration {epoch.iteration} of epoch {self.current_epoch + 1}; "
                "expected a finite number. Use a smaller learning rate, or clip the gradients (max_grad=5.0)"
            )
        self.loss_list.append(loss)
        epoch.reported += [loss] * len(epoch.losses)
        epoch.losses = []
        return loss

    def _report(
        self, epoch: EpochUnderWay, iterations: int, loss: float, norm: Array | None, began: float
    ) -> TrainingReport:
        return TrainingReport(
            epoch=self.current_epoch + 1,
            iteration=epoch.iteration,
            iterations=iterations,
            loss=loss,
            gradient_norm=None if norm is None else float(norm),
            learning_rate=self.optimizer.lr,
            seconds=time.perf_counter() - began,
        )


def eval_seq2seq(
    model: Seq2seq,
    question: Array,
    correct: Array,
    id_to_char: Mapping[int, str] | None = None,
    verbose: bool = False,
    is_reverse: bool = False,
) -> int:
    """Decode one question as the book does: 1 if every character is right, else 0.

    Args:
        question: (1, T_enc) ids in the order the model reads them.
        correct: (1, T_dec + 1) or (T_dec + 1,) ids, beginning with the start character.
        id_to_char: needed for `verbose`.
        verbose: log question, answer and guess (logger `core.training.trainer`, level INFO).
        is_reverse: the question is reversed; the log shows it in reading order.
    """
    ids = [int(i) for i in correct.reshape(-1)]
    start_id, answer = ids[0], ids[1:]
    guess = model.generate(question, start_id, len(answer))
    if verbose and id_to_char is not None:
        read = question.reshape(-1)[:: -1 if is_reverse else 1]
        texts = ("".join(id_to_char[int(i)] for i in row) for row in (read, answer, guess))
        _log.info("question %r, answer %r, guess %r", *texts)
    return int(guess == answer)
