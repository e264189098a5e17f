"""Changes to a decoding: what would the model write if it looked elsewhere, or had written something else?

An intervention is a value. It can be passed to `Pipeline.trace(text, interventions=[...])`, compared, and turned into
JSON and back. Steps and positions count from 0; positions are those of the typed text, padding included. Where a step
may be left out, the change holds for every step.

Changes of the attention work on log weights, which start as the scores: the weights are their softmax after all
changes, so every row sums to 1 whatever was changed. They are made in the order in which they are listed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias, cast

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import Backend
from core.files.checked_json import expect, is_character, is_number, is_whole

MAX_INTERVENTIONS = 64
MAX_TEMPERATURE = 100.0
MIN_TEMPERATURE = 0.001
_LARGEST_NUMBER = 2**31 - 1
# A log weight that is 0 in every precision, and stays a number when it is divided by the least temperature.
_LOWEST = -1e4


class InterventionError(ValueError):
    """A change that cannot be made; says what was got, what was expected, and what to do."""


@dataclass(frozen=True)
class SourceBatch:
    """What a change of the attention may know about a batch of N texts.

    Attributes:
        padding: (N, T_enc) bool, true after the end of the text; columns in reading order.
        gold: (T_dec, N, T_enc) bool, the characters that determine each output character; None where unknown.
        backend: where the model computes.
    """

    padding: Array
    gold: Array | None
    backend: Backend


# ---- what is written, what is read ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ForceCharacter:
    """At `step` write `character`, whatever is most probable; the rest is decoded from there."""

    kind: ClassVar[str] = "force"
    step: int
    character: str

    def __post_init__(self) -> None:
        _check_index("step", self.step)
        _check_character(self.character)


@dataclass(frozen=True)
class ReplaceCharacter:
    """Type `character` instead of what is at `position` of the text."""

    kind: ClassVar[str] = "replace"
    position: int
    character: str

    def __post_init__(self) -> None:
        _check_index("position", self.position)
        _check_character(self.character)


# ---- where it looks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttentionChange:
    """A change of the attention weights, at one step or (None) at all.

    A subclass turns log weights (N, T_enc), columns in reading order, into others; -inf is a weight of 0.
    """

    kind: ClassVar[str]
    step: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.step is not None:
            _check_index("step", self.step)

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """Change the attention of one step.

        Args:
            log_weights: (N, T_enc), columns in reading order; not changed.
            step: from 0.
            source: the texts that are decoded.
        Returns:
            (N, T_enc) other log weights of the same dtype.
        Raises:
            InterventionError: the change does not fit the texts.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Temperature(AttentionChange):
    """softmax(scores / value): below 1 sharper, above 1 flatter."""

    kind: ClassVar[str] = "temperature"
    value: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number("temperature", self.value, MIN_TEMPERATURE, MAX_TEMPERATURE)

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """(log_weights - their largest) / value, no lower than `_LOWEST`."""
        xp = source.backend.xp
        largest = log_weights.max(axis=1, keepdims=True)
        # Thirteen temperatures of 0.001 would else overflow: of inf, -inf and 0 the softmax makes NaN.
        lower = (xp.maximum(log_weights, largest + _LOWEST) - largest) / float(self.value)
        lower = xp.maximum(lower, _constant(_LOWEST, log_weights))
        return xp.where(log_weights > -math.inf, lower, log_weights)


@dataclass(frozen=True)
class Argmax(AttentionChange):
    """All weight on the character with the largest one, the first of equals in reading order."""

    kind: ClassVar[str] = "argmax"

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """0 at the largest, -inf elsewhere."""
        positions = source.backend.xp.arange(log_weights.shape[1])
        return _only(positions == log_weights.argmax(axis=1)[:, None], log_weights, source)


@dataclass(frozen=True)
class Uniform(AttentionChange):
    """The same weight on every character that was not masked before, padding included."""

    kind: ClassVar[str] = "uniform"

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """0 everywhere, -inf where it was."""
        return _only(log_weights > -math.inf, log_weights, source)


@dataclass(frozen=True)
class Permute(AttentionChange):
    """The same weights on other characters: shuffled over all T_enc positions, anew at every step, by `seed`."""

    kind: ClassVar[str] = "permute"
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_index("seed", self.seed)

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """Columns in another order."""
        order = np.random.default_rng([self.seed, step]).permutation(log_weights.shape[1])
        return log_weights[:, source.backend.asarray(order)]


@dataclass(frozen=True)
class Mask(AttentionChange):
    """No weight on the characters at `positions`; softmax over the rest."""

    kind: ClassVar[str] = "mask"
    positions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "positions", tuple(self.positions))
        if not self.positions:
            raise InterventionError("mask has no positions; name at least one character to mask")
        for position in self.positions:
            _check_index("position", position)

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """-inf at the positions."""
        _check_fits(max(self.positions), log_weights.shape[1])
        edited = log_weights.copy()
        edited[:, list(self.positions)] = -math.inf
        return edited


@dataclass(frozen=True)
class MaskPadding(AttentionChange):
    """No weight on the spaces after the end of the text."""

    kind: ClassVar[str] = "mask-padding"

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """-inf on the padding."""
        return source.backend.xp.where(source.padding, _constant(-math.inf, log_weights), log_weights)


@dataclass(frozen=True)
class Gold(AttentionChange):
    """The weight in equal parts on the characters that determine the output character (`core.data.gold`).

    A step that no character determines (the hyphens), or a text whose answer is unknown, keeps its weights.
    """

    kind: ClassVar[str] = "gold"

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """0 on gold, -inf elsewhere; rows without gold unchanged."""
        if source.gold is None:
            return log_weights
        gold = source.gold[step]
        has_gold = gold.any(axis=1)[:, None]
        return source.backend.xp.where(has_gold, _only(gold, log_weights, source), log_weights)


@dataclass(frozen=True)
class SetWeights(AttentionChange):
    """Given weights at some positions; the others share what is left to 1, in their old proportions.

    Attributes:
        weights: (position, weight) pairs in ascending order of position; a mapping is taken too. Weights are 0 to 1
            and sum to at most 1. If every position is given, they are scaled to sum to 1.
    """

    kind: ClassVar[str] = "weights"
    weights: tuple[tuple[int, float], ...] | Mapping[int, float] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        pairs = self.weights.items() if isinstance(self.weights, Mapping) else self.weights
        object.__setattr__(self, "weights", tuple(sorted((position, weight) for position, weight in pairs)))
        if not self.weights:
            raise InterventionError("no weights are given; give at least one position and its weight")
        for position, weight in self.pairs:
            _check_index("position", position)
            _check_number(f"the weight at position {position}", weight, 0.0, 1.0)
        if len({position for position, _ in self.pairs}) != len(self.weights):
            raise InterventionError("a position is given two weights; give each position once")
        total = math.fsum(weight for _, weight in self.pairs)
        if total > 1 + 1e-6:
            raise InterventionError(f"the given weights sum to {total:.4g}; expected at most 1, so lower some")

    @property
    def pairs(self) -> tuple[tuple[int, float], ...]:
        """(position, weight) in ascending order of position."""
        return cast("tuple[tuple[int, float], ...]", self.weights)

    def edit(self, log_weights: Array, step: int, source: SourceBatch) -> Array:
        """log of the weights with the given ones put in and the rest rescaled."""
        positions = [position for position, _ in self.pairs]
        _check_fits(positions[-1], log_weights.shape[1])
        xp = source.backend.xp
        given = xp.asarray([weight for _, weight in self.pairs], dtype=log_weights.dtype)
        weights = source.backend.softmax(log_weights)
        weights[:, positions] = 0
        rest = weights.sum(axis=1, keepdims=True)
        left = max(0.0, 1.0 - math.fsum(weight for _, weight in self.pairs))
        # Where the rest has no weight to be scaled, what is left goes to it in equal parts.
        is_rest = xp.ones(log_weights.shape[1], dtype=log_weights.dtype)
        is_rest[positions] = 0
        rest_count = max(1, log_weights.shape[1] - len(positions))
        weights = xp.where(rest > 0, weights / xp.maximum(rest, 1e-30), is_rest / rest_count) * left
        weights[:, positions] = given
        return _log(weights, source)


Intervention: TypeAlias = ForceCharacter | ReplaceCharacter | AttentionChange


# ---- at work --------------------------------------------------------------------------------------------------------


def _only(keep: Array, log_weights: Array, source: SourceBatch) -> Array:
    """0 where kept, -inf elsewhere, in the dtype of the log weights."""
    return source.backend.xp.where(keep, _constant(0.0, log_weights), _constant(-math.inf, log_weights))


def _log(weights: Array, source: SourceBatch) -> Array:
    xp = source.backend.xp
    positive = weights > 0
    return xp.where(positive, xp.log(xp.where(positive, weights, 1)), _constant(-math.inf, weights))


def _constant(value: float, like: Array) -> Any:
    """A scalar that does not promote float32."""
    return like.dtype.type(value)


def _check_index(name: str, value: object) -> None:
    expect(name, value, is_whole(value, 0, _LARGEST_NUMBER), "a whole number from 0 on", InterventionError)


def _check_fits(position: int, length: int) -> None:
    if position >= length:
        raise InterventionError(f"a change is for position {position}; the model reads positions 0 to {length - 1}")


def _check_number(name: str, value: object, low: float, high: float) -> None:
    expect(name, value, is_number(value, low, high), f"a number from {low:g} to {high:g}", InterventionError)


def _check_character(value: object) -> None:
    expect("character", value, is_character(value), "a single character", InterventionError)
