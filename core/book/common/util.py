"""The part of the book's `common.util` that chapters 7 and 8 use."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from core.backend.arrays import Array
from core.backend.devices import get_backend
from core.backend.numpy_backend import CPU
from core.book.session import backend
from core.training import optimizers

_GREEN, _RED, _PLAIN = "\033[92m", "\033[91m", "\033[0m"


def clip_grads(grads: Sequence[Array], max_norm: float) -> None:
    """Scale all gradients together, in place, so that their common length is at most `max_norm`."""
    optimizers.clip_grads(grads, max_norm)


def to_cpu(x: Array) -> Array:
    """The array on the host."""
    return CPU.to_numpy(x)


def to_gpu(x: Array) -> Array:
    """The array on the GPU. Raises: DeviceError: there is none to be used; says why."""
    return get_backend("cuda").asarray(x)


def eval_seq2seq(
    model: Any,
    question: Array,
    correct: Array,
    id_to_char: Mapping[int, str],
    verbose: bool = False,
    is_reverse: bool = False,
) -> int:
    """Let the model answer one question: 1 if every character is right, else 0.

    Args:
        model: with `generate(xs, start_id, sample_size)`.
        question: (1, T_enc) ids in the order the model reads them.
        correct: (1, T_dec + 1) ids, beginning with the start character.
        verbose: print question, right answer, and guess with a mark.
        is_reverse: the question is reversed; it is printed in reading order.
    """
    start_id, *answer = (int(id_) for id_ in to_cpu(correct).ravel())
    guess = model.generate(backend().asarray(question), start_id, len(answer))
    asked, target, guessed = (
        "".join(id_to_char[int(id_)] for id_ in ids) for ids in (to_cpu(question).ravel(), answer, guess)
    )
    if verbose:
        print("Q", asked[::-1] if is_reverse else asked)
        print("T", target)
        print(_mark(guessed == target), guessed)
        print("---")
    return int(guessed == target)


def _mark(right: bool) -> str:
    """As in the book: a coloured tick or cross; letters where a terminal may not have them."""
    if os.name == "nt":
        return "O" if right else "X"
    return f"{_GREEN}☑{_PLAIN}" if right else f"{_RED}☒{_PLAIN}"
