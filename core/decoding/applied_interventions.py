"""Changes of a decoding at work: bound to a batch and a decoder, and asked at every step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from core.backend.arrays import Array, BoolArray
from core.data.corpus import ANSWER_LENGTH
from core.data.gold import gold_padded
from core.data.source_text import SourceTexts
from core.data.vocabulary import Vocabulary
from core.decoding.interventions import (
    MAX_INTERVENTIONS,
    AttentionChange,
    ForceCharacter,
    Gold,
    Intervention,
    InterventionError,
    ReplaceCharacter,
    SourceBatch,
)
from core.files.wording import counted
from core.models.attention_seq2seq import AttentionDecoder
from core.models.seq2seq import Seq2seq
from core.models.spec import ModelSpec


def replace_characters(
    source: SourceTexts, interventions: Sequence[Intervention], vocabulary: Vocabulary
) -> SourceTexts:
    """The texts with every `ReplaceCharacter` made. They keep their lengths, also where a space is put at an edge.

    Args:
        source: N texts.
        interventions: of these only the replacements count here.
        vocabulary: of `source.ids`.
    Returns:
        other texts and ids; `source` itself where nothing is replaced.
    Raises:
        InterventionError: a position is not in a text, or a character not in the vocabulary.
    """
    replacements = [change for change in interventions if isinstance(change, ReplaceCharacter)]
    if not replacements:
        return source
    texts, ids = list(source.texts), source.ids.copy()
    for change in replacements:
        for row, text in enumerate(texts):
            if change.position >= len(text):
                raise InterventionError(
                    f"the character at position {change.position} is to be replaced; "
                    f"the text {text!r} has positions 0 to {len(text) - 1}"
                )
            texts[row] = text[: change.position] + change.character + text[change.position + 1 :]
        ids[:, change.position] = _id_of(change.character, vocabulary)
    return SourceTexts(texts, ids)


class ActiveInterventions:
    """Interventions bound to a batch, for `core.decoding.greedy.step_greedily` to ask at every step.

    Args:
        interventions: checked against the model. A `ReplaceCharacter` among them is noted only: it changes the texts,
            before the model reads them (`replace_characters`).
        source: the texts that will be decoded.
        model, spec: what will decode them.
    Raises:
        InterventionError: a step or character does not exist, or the model has no attention to change.
    """

    def __init__(
        self, interventions: Sequence[Intervention], source: SourceTexts, model: Seq2seq, spec: ModelSpec
    ) -> None:
        self.interventions = tuple(interventions)
        self._changes = [change for change in interventions if isinstance(change, AttentionChange)]
        self._forced: dict[int, int] = {}
        self._decoder = model.decoder
        self._reading = slice(None, None, -1) if spec.reversed_input else slice(None)
        if len(interventions) > MAX_INTERVENTIONS:
            raise InterventionError(f"there are {len(interventions)} changes; at most {MAX_INTERVENTIONS} are taken")
        if self._changes and not model.has_attention:
            raise InterventionError("the model has no attention to change; choose a model with attention")
        for change in interventions:
            step = None if isinstance(change, ReplaceCharacter) else change.step
            if step is not None and step >= spec.target_length:
                last = spec.target_length - 1
                raise InterventionError(f"a change is for step {step}; the decoding has steps 0 to {last}")
            if isinstance(change, ForceCharacter):
                self._forced[change.step] = _id_of(change.character, spec.vocabulary)
        lengths = np.array([len(text) for text in source.texts])
        wants_gold = any(isinstance(change, Gold) for change in interventions)
        self._source = SourceBatch(
            padding=model.backend.asarray(np.arange(spec.source_length) >= lengths[:, None]),
            gold=model.backend.asarray(_gold_of(source.texts, spec)) if wants_gold else None,
            backend=model.backend,
        )

    @contextmanager
    def at(self, step: int) -> Iterator[None]:
        """While inside, the decoder attends as changed for this step."""
        changes = [change for change in self._changes if change.step in (None, step)]
        if not changes or not isinstance(self._decoder, AttentionDecoder):
            yield
            return

        def edit(scores: Array) -> Array:
            log_weights = scores[:, 0, self._reading]
            for change in changes:
                log_weights = change.edit(log_weights, step, self._source)
                self._check_something_left(log_weights, step)
            return self._source.backend.softmax(log_weights)[:, None, self._reading]

        self._decoder.attention.edit = edit
        try:
            yield
        finally:
            self._decoder.attention.edit = None

    def written(self, step: int, ids: Array) -> Array:
        """The ids to go on with.

        Args:
            step: from 0.
            ids: (N,), what the model chose.
        Returns:
            (N,), the forced character for every text, or `ids`.
        """
        forced = self._forced.get(step)
        return ids if forced is None else self._source.backend.xp.full_like(ids, forced)

    def _check_something_left(self, log_weights: Array, step: int) -> None:
        if not bool((log_weights.max(axis=1) > -math.inf).all()):
            raise InterventionError(f"at step {step} every character is masked; leave at least one")


def _gold_of(texts: Sequence[str], spec: ModelSpec) -> BoolArray:
    """(T_dec, N, T_enc), all false for a text whose answer is unknown."""
    gold = np.zeros((spec.target_length, len(texts), spec.source_length), dtype=np.bool_)
    if spec.target_length < ANSWER_LENGTH:
        return gold  # a model that does not write dates
    for n, text in enumerate(texts):
        known = gold_padded(text, spec.source_length, spec.target_length)
        if known is not None:
            gold[:, n] = known
    return gold


def _id_of(character: str, vocabulary: Vocabulary) -> int:
    if character not in vocabulary:
        raise InterventionError(
            f"{character!a} is not one of the {counted(len(vocabulary), 'character')} the model knows"
        )
    return vocabulary.id_of(character)
