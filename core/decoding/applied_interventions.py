"""Changes of a decoding at work: bound to a batch and a decoder, and asked at every step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from core.backend.arrays import Array
from core.data.vocabulary import Vocabulary
from core.decoding.interventions import (
    MAX_INTERVENTIONS,
    AttentionChange,
    ForceCharacter,
    Intervention,
    InterventionError,
    ReplaceCharacter,
    SourceBatch,
)
from core.models.attention_seq2seq import AttentionDecoder
from core.models.seq2seq import Decoder


def replace_characters(text: str, interventions: Sequence[Intervention], vocabulary: Vocabulary) -> str:
    """The text with every `ReplaceCharacter` made. It keeps its length, also where a space is put at its edge.

    Raises:
        InterventionError: a position is not in the text, or a character not in the vocabulary.
    """
    characters = list(text)
    for change in interventions:
        if isinstance(change, ReplaceCharacter):
            if change.position >= len(characters):
                raise InterventionError(
                    f"the character at position {change.position} is to be replaced; "
                    f"the text {text!r} has positions 0 to {len(characters) - 1}"
                )
            _check_known(change.character, vocabulary)
            characters[change.position] = change.character
    return "".join(characters)


class ActiveInterventions:
    """Interventions bound to a batch, for `core.decoding.greedy.step_greedily` to ask at every step.

    Args:
        interventions: checked against the vocabulary, the number of steps and the model. A `ReplaceCharacter` among
            them is noted only: it changes the text, before the model reads it (`replace_characters`).
        source: what changes of the attention may know.
        decoder: the decoder that will run.
        vocabulary: of the model.
        steps: T_dec.
        reversed_input: the model reads the last character first.
    Raises:
        InterventionError: a step or character does not exist, or the model has no attention to change.
    """

    def __init__(
        self,
        interventions: Sequence[Intervention],
        source: SourceBatch,
        decoder: Decoder,
        vocabulary: Vocabulary,
        *,
        steps: int,
        reversed_input: bool,
    ) -> None:
        self.interventions = tuple(interventions)
        self._changes = [change for change in interventions if isinstance(change, AttentionChange)]
        self._forced: dict[int, int] = {}
        self._source = source
        self._decoder = decoder
        self._reading = slice(None, None, -1) if reversed_input else slice(None)
        if len(interventions) > MAX_INTERVENTIONS:
            raise InterventionError(f"there are {len(interventions)} changes; at most {MAX_INTERVENTIONS} are taken")
        if self._changes and not isinstance(decoder, AttentionDecoder):
            raise InterventionError("the model has no attention to change; choose a model with attention")
        for change in interventions:
            step = None if isinstance(change, ReplaceCharacter) else change.step
            if step is not None and step >= steps:
                raise InterventionError(f"a change is for step {step}; the decoding has steps 0 to {steps - 1}")
            if isinstance(change, ForceCharacter):
                _check_known(change.character, vocabulary)
                self._forced[change.step] = vocabulary.id_of(change.character)

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
        """The ids (N,) to go on with: the forced one, or what the model chose."""
        forced = self._forced.get(step)
        return ids if forced is None else self._source.backend.xp.full_like(ids, forced)

    def _check_something_left(self, log_weights: Array, step: int) -> None:
        if not bool((log_weights.max(axis=1) > -math.inf).all()):
            raise InterventionError(f"at step {step} every character is masked; leave at least one")


def _check_known(character: str, vocabulary: Vocabulary) -> None:
    if character not in vocabulary:
        raise InterventionError(f"{character!a} is not one of the {len(vocabulary)} characters the model knows")
