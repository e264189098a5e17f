"""How much memory a training takes, worked out from its sizes before it starts, and how much there is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from core.data.vocabulary import DATE_VOCABULARY
from core.files.wording import counted
from core.training.recipe import Recipe

_FLOAT = 4
_PROCESS = 55 * 2**20  # Python, NumPy and the rest of core, before any data
_PAIR = 600  # a pair as text, with its positions, while the corpus is made and split
_CONTAINER = Path("/sys/fs/cgroup")
_EVALUATED = 256  # texts decoded at once


class TooLargeError(ValueError):
    """A training would take more memory than there is.

    Attributes:
        needed, available: bytes.
    """

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(
            f"this training needs about {say_bytes(needed)} of memory, and there are {say_bytes(available)}; "
            "use a smaller hidden size, smaller batches or less data"
        )
        self.needed = needed
        self.available = available


def memory_of_training(model_class: str, recipe: Recipe, pairs: int, source_length: int, target_length: int) -> int:
    """The most bytes that a training process holds at once.

    Args:
        model_class: a key of `core.models.spec.MODEL_CLASSES`.
        recipe: gives D, H, N and more.
        pairs: training and test set together.
        source_length, target_length: T_enc and T_dec.
    """
    V, D, H = len(DATE_VOCABULARY), recipe.wordvec_size, recipe.hidden_size
    N, T_enc, T_dec = recipe.batch_size, source_length, target_length
    parameters = parameter_count(model_class, recipe)
    # Parameter, gradient, two moments and the update's spare one; a model to measure as stored; the state as bytes.
    per_parameter = 5 + 2 + 6
    gates = (T_enc + T_dec) * (14 * H + 3 * D)
    attention = 6 * T_dec * (T_enc + H)
    if recipe.score == "additive":
        attention += 3 * T_dec * T_enc * H
    activations = gates + attention + 4 * T_dec * V
    ids = 2 * 8 * (T_enc + T_dec + 1)
    # Layers keep the numbers of their last batch while others are decoded.
    batches = N * activations + min(_EVALUATED, pairs // 10) * T_enc * 8 * H
    return _PROCESS + pairs * (_PAIR + ids) + _FLOAT * (per_parameter * parameters + batches)


def parameter_count(model_class: str, recipe: Recipe) -> int:
    """About how many numbers a model learns. Args: model_class: a key of `core.models.spec.MODEL_CLASSES`."""
    V, D, H = len(DATE_VOCABULARY), recipe.wordvec_size, recipe.hidden_size
    joined = 1 if model_class == "Seq2seq" else 2
    parameters = 2 * V * D + 2 * 4 * H * (D + H + 1) + joined * H * V + V
    parameters += 4 * H * H if model_class == "PeekySeq2seq" else 0
    return parameters + {"general": 1, "additive": 2}.get(recipe.score, 0) * H * H


def size_of_model(model_class: str, recipe: Recipe) -> int:
    """About the bytes of a model's parameters. Args: model_class: a key of `core.models.spec.MODEL_CLASSES`."""
    return _FLOAT * parameter_count(model_class, recipe)


def disk_of_training(model_class: str, recipe: Recipe) -> int:
    """The most bytes of a run's files at once: the best parameters, those set aside, and the state with two moments."""
    return size_of_model(model_class, recipe) * (1 + 1 + 3)


def memory_available() -> int | None:
    """Bytes that a training may take: what is free in the system and in the container, and $ATTENTION_TRAINING_MEMORY.

    The variable counts in MiB. None where nothing of it can be told.
    """
    known = [bytes_ for find in _SOURCES if (bytes_ := find()) is not None]
    return min(known, default=None)


def say_bytes(number: int) -> str:
    """A number of bytes for a person: `1.5 GB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{counted(number, 'byte')}"


def _allowed() -> int | None:
    text = os.environ.get("ATTENTION_TRAINING_MEMORY", "")
    return int(text) * 2**20 if re.fullmatch("[0-9]{1,9}", text) else None


def _free_in_system() -> int | None:
    with suppress(OSError, psutil.Error):
        return int(psutil.virtual_memory().available)
    return None


def _free_in_container() -> int | None:
    # psutil tells of the machine, also from within a container that may take less.
    with suppress(OSError, ValueError):
        return int((_CONTAINER / "memory.max").read_text()) - int((_CONTAINER / "memory.current").read_text())
    return None


_SOURCES: tuple[Callable[[], int | None], ...] = (_allowed, _free_in_system, _free_in_container)
