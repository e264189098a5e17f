"""Which typed characters does each written character depend on? Replace one, decode again, see what becomes of it.

The truth about this text and these replacements, at the price of a batch of some hundred texts. It owes nothing to the
attention weights. What the map means and what it does not is in docs/influence.md.

Every map is (T_dec, T_enc): row i is the character written at step i, column j the typed character j, padding last.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import Array, Float64Array, IdArray
from core.backend.batches import in_batches
from core.backend.numpy_backend import Backend
from core.data.source_text import AnyText
from core.decoding.pipeline import Pipeline

# Everybody else waits some 30 ms for one batch; larger ones gain little.
_BATCH_SIZE = 128


class Replacements(StrEnum):
    """What a character is replaced by.

    PLAUSIBLE: every other character of the same kind: a digit by digits, a capital by capitals, a small letter by
        small letters, anything else (space, comma, hyphen, slash) by the rest. The start character `_` never comes in.
    ALL: every other character of the vocabulary.
    """

    PLAUSIBLE = "plausible"
    ALL = "all"


@dataclass(frozen=True, eq=False)
class Effect:
    """What replacing each character did to each step, averaged over the replacements.

    Attributes:
        changed: (T_dec, T_enc) float64, share of the replacements after which step i writes another character.
        moved: (T_dec, T_enc) float64, mean absolute change of the probability that step i gives to the character of
            the original answer.
    """

    changed: Float64Array
    moved: Float64Array


@dataclass(frozen=True, eq=False)
class Replacement:
    """One typed character replaced.

    Attributes:
        position: which, from 0.
        character: by what.
        output: the T_dec characters that the model then writes.
        forced: (T_dec,) float64, the probability of each character of the original answer after the original answer's
            beginning.
        free: (T_dec,) float64, the same after what the model has written by itself.
    """

    position: int
    character: str
    output: str
    forced: Float64Array
    free: Float64Array


@dataclass(frozen=True, eq=False)
class InfluenceMap:
    """What replacing each character does to the answer.

    Attributes:
        text, source, output, model, digest: as in `DecodingTrace`.
        probabilities: (T_dec,) float64, of the characters written for the text as it is.
        forced: the effects on step i with the steps before it held fixed: the decoder is fed the original answer. The
            one to put beside attention and saliency, which are about a single step too.
        free: the effects on what the model writes by itself, where a step is also changed by other characters before.
        counts: (T_enc,) int64, how many characters were tried at each position. Where it is 0, the columns of the
            effects are NaN.
        replacements: all of them, by position and then in the order of the vocabulary.
    """

    text: str
    source: str
    output: str
    model: str
    digest: str
    probabilities: Float64Array
    forced: Effect
    free: Effect
    counts: IdArray
    replacements: tuple[Replacement, ...]

    def strongest(self, position: int, count: int) -> list[Replacement]:
        """The replacements of a character that move the forced probabilities most.

        Args:
            position: of the character, from 0.
            count: how many replacements at most.
        Returns:
            the strongest first.
        """
        here = [replacement for replacement in self.replacements if replacement.position == position]
        return sorted(here, key=lambda r: -float(np.abs(r.forced - self.probabilities).sum()))[:count]

    def to_dict(self, per_position: int = 3) -> dict[str, Any]:
        """Plain values for JSON; NaN becomes None.

        Args:
            per_position: how many replacements to list for each position, the strongest; their number is what makes
                the result long.
        """
        strongest = [r for position in range(len(self.source)) for r in self.strongest(position, per_position)]
        return {
            "text": self.text,
            "source": self.source,
            "output": self.output,
            "model": self.model,
            "digest": self.digest,
            "probabilities": self.probabilities.tolist(),
            "forced": {"changed": _to_lists(self.forced.changed), "moved": _to_lists(self.forced.moved)},
            "free": {"changed": _to_lists(self.free.changed), "moved": _to_lists(self.free.moved)},
            "counts": self.counts.tolist(),
            "replacements": [
                {
                    "position": r.position,
                    "character": r.character,
                    "output": r.output,
                    "forced": r.forced.tolist(),
                    "free": r.free.tolist(),
                }
                for r in strongest
            ],
        }


def causal_map(
    pipeline: Pipeline,
    text: AnyText,
    replacements: Replacements | str = Replacements.PLAUSIBLE,
    *,
    padding: bool = True,
) -> InfluenceMap:
    """Replace every character of a text by every other one and see what becomes of the answer.

    Args:
        pipeline: the model.
        text: anything a person can type, or read.
        replacements: which characters to try; a `Replacements` or its value.
        padding: also try the spaces after the end of the text.
    Raises:
        SourceTextError: empty, too long or with unknown characters; says which.
        ValueError: `replacements` is neither "plausible" nor "all".
    Cost:
        120 to 430 texts are decoded; 35 to 115 ms for the model of H = 256 on one CPU core, 0.5 s for ALL. The
        pipeline is taken for one batch at a time.
    """
    kind = Replacements(replacements)
    source = pipeline.read(text)
    trace = pipeline.trace(source)
    vocabulary, answer = pipeline.vocabulary, trace.output_ids
    probabilities = trace.probabilities[np.arange(len(answer)), answer].astype(np.float64)

    choices = _choices(vocabulary.characters, pipeline.spec.start_character, kind)
    tried = source.ids if padding else source.ids[: len(source.text)]
    pairs = [(j, other) for j, id_ in enumerate(tried) for other in choices[id_]]
    positions, others = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    variants = np.repeat(source.ids[None], len(pairs), axis=0)
    variants[np.arange(len(pairs)), positions] = others

    # Both ways of decoding, forced and free.
    ids = np.empty((2, len(pairs), len(answer)), dtype=np.int64)
    chosen = np.empty(ids.shape)

    def decode(rows: slice) -> None:
        ids[:, rows], chosen[:, rows] = _decode_both_ways(pipeline, variants[rows], answer)

    in_batches(len(pairs), _BATCH_SIZE, decode)
    counts = np.bincount(positions, minlength=source.length)
    return InfluenceMap(
        text=trace.text,
        source=trace.source,
        output=trace.output,
        model=trace.model,
        digest=trace.digest,
        probabilities=probabilities,
        forced=_effect(ids[0] != answer, np.abs(chosen[0] - probabilities), positions, counts),
        free=_effect(ids[1] != answer, np.abs(chosen[1] - probabilities), positions, counts),
        counts=counts,
        replacements=tuple(
            Replacement(j, vocabulary.characters[other], vocabulary.decode(written), forced, free)
            for (j, other), written, forced, free in zip(pairs, ids[1], *chosen, strict=True)
        ),
    )


def _choices(characters: tuple[str, ...], start_character: str, replacements: Replacements) -> list[list[int]]:
    """For every id the ids to try in its place."""
    if replacements is Replacements.ALL:
        return [[other for other in range(len(characters)) if other != id_] for id_ in range(len(characters))]
    by_kind = defaultdict(list)
    for id_, character in enumerate(characters):
        if character != start_character:
            by_kind[_kind(character)].append(id_)
    return [[other for other in by_kind[_kind(c)] if other != id_] for id_, c in enumerate(characters)]


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper():
        return "capital"
    return "small" if character.islower() else "separator"


def _decode_both_ways(pipeline: Pipeline, source_ids: IdArray, answer: IdArray) -> tuple[IdArray, Float64Array]:
    """Decode a batch fed with `answer`, and fed with what it writes by itself.

    Args: source_ids: (N, T_enc) in reading order; answer: (T_dec,) ids.
    Returns: the most probable ids and the probabilities of `answer`, both (2, N, T_dec): forced, free.
    """
    with pipeline.exclusive() as model:
        backend, decoder = model.backend, model.decoder
        xp = backend.xp
        encoded = model.encoder.forward(backend.asarray(pipeline.as_read(source_ids)))
        logits = decoder.forward(fed_with(pipeline, answer, len(source_ids)), encoded)
        forced_ids, forced = _outcome(backend, logits, answer)
        ids, chosen = np.stack([forced_ids, forced_ids]), np.stack([forced, forced])

        # Where every step but the last writes what it was fed anyway, decoding freely would be the same once more.
        astray = np.flatnonzero((forced_ids != answer)[:, :-1].any(axis=1))
        if len(astray):
            decoder.start(encoded[backend.asarray(astray)])
            fed, rows = xp.full(len(astray), pipeline.spec.start_id), []
            for _ in answer:
                rows.append(decoder.step(fed))
                fed = rows[-1].argmax(axis=-1)
            ids[1, astray], chosen[1, astray] = _outcome(backend, xp.stack(rows, axis=1), answer)
    return ids, chosen


def fed_with(pipeline: Pipeline, answer: IdArray, n: int) -> Array:
    """What a decoder is fed to write an answer, n times over.

    Args:
        pipeline: the model.
        answer: (T_dec,) ids.
    Returns:
        (n, T_dec) ids on the model's device: the start character and `answer` without its last character.
    """
    inputs = np.concatenate([[pipeline.spec.start_id], answer[:-1]])
    return pipeline.model.backend.asarray(np.repeat(inputs[None], n, axis=0))


def _outcome(backend: Backend, logits: Array, answer: IdArray) -> tuple[IdArray, Float64Array]:
    """(N, T_dec, V) logits -> the most probable ids and the probabilities of `answer`, both (N, T_dec)."""
    chosen = backend.softmax(logits)[:, backend.xp.arange(len(answer)), backend.asarray(answer)]
    return backend.to_numpy(logits.argmax(axis=-1)), backend.to_numpy(chosen).astype(np.float64)


def _effect(changed: NDArray[np.bool_], moved: Float64Array, positions: IdArray, counts: IdArray) -> Effect:
    """Average (R, T_dec) over the replacements at each position."""
    at_position = (positions[:, None] == np.arange(len(counts))).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return Effect(changed.T @ at_position / counts, moved.T @ at_position / counts)


def _to_lists(array: Float64Array) -> list[list[float | None]]:
    return [[None if math.isnan(value) else value for value in row] for row in array.tolist()]
