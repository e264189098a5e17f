"""What the book's training script does, on the classes that `python -m core book` gives it, beside the book's way.

An iteration of `Trainer.fit`, and an answer of `eval_seq2seq`, which the script asks for one by one.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

from benchmarks import layer_by_layer as plain
from benchmarks import training
from benchmarks.sizes import DATE_MODEL, MAX_GRAD, Sizes, dates, first_parameters
from benchmarks.timing import Work
from core.backend.arrays import IdArray
from core.book.ch08.attention_seq2seq import AttentionSeq2seq
from core.book.common.optimizer import Adam
from core.book.common.trainer import Trainer
from core.book.common.util import eval_seq2seq
from core.data.vocabulary import DATE_VOCABULARY

_LETTERS = dict(enumerate(DATE_VOCABULARY))


def core_iteration(sizes: list[int], iterations: int) -> Work:
    """The script's `trainer.fit`, its progress lines unseen."""
    chosen = Sizes(*sizes)
    trainer = Trainer(_model(chosen), Adam())

    def train(x: IdArray, t: IdArray) -> None:
        with redirect_stdout(StringIO()):
            trainer.fit(x, t, max_epoch=1, batch_size=chosen.N, max_grad=MAX_GRAD)

    return training.work(train, chosen, "dates", iterations)


def layer_by_layer_iteration(sizes: list[int], iterations: int) -> Work:
    """The book's way."""
    return training.layer_by_layer(sizes, "dates", iterations)


def core_answer(count: int) -> Work:
    """The script's `eval_seq2seq`, a question at a time."""
    model = _model(DATE_MODEL)
    x, t = dates(count, seed=1)

    def ask(n: int) -> None:
        for i in range(n):
            eval_seq2seq(model, x[[i]], t[[i]], _LETTERS)

    return Work(run=lambda: ask(count), warm_up=lambda: ask(1), units=count)


def layer_by_layer_answer(count: int) -> Work:
    """The book's way."""
    model = plain.AttentionSeq2seq(first_parameters(DATE_MODEL))
    x, t = dates(count, seed=1)

    def ask(n: int) -> None:
        for i in range(n):
            model.generate(x[[i]], int(t[i, 0]), t.shape[1] - 1)

    return Work(run=lambda: ask(count), warm_up=lambda: ask(1), units=count)


def _model(sizes: Sizes) -> AttentionSeq2seq:
    model = AttentionSeq2seq(sizes.V, sizes.D, sizes.H)
    for param, value in zip(model.params, first_parameters(sizes), strict=True):
        param[...] = value
    return model
