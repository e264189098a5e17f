"""One decoding step opened up: every number between the states and the character, and the gates of an LSTM cell.

    hs_enc (T_enc, H) * h (H,) = products -> sum over H  -> scores (T_enc,) -> softmax -> weights (T_enc,)
      (of another score function than the dot product, `core.layers.scores`, the terms that it adds up)
    weights * hs_enc = weighted states (T_enc, H) -> sum over T_enc -> context (H,)
    concat(context, h) (2H,) -> affine -> logits (V,) -> softmax -> probabilities (V,)

What a trace holds (states, scores, weights, context, logits, probabilities) is shown as it is, never computed again.
What lies between is computed from it in float64, where the product of two float32 is exact; summed up it meets the
trace's next number to float32 accuracy.

Arrays with a source axis are in the reading order of the typed text, as in `DecodingTrace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from core.backend.arrays import Array, Float64Array, FloatArray, IdArray
from core.backend.numpy_backend import Backend
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingStep, DecodingTrace, checked_step
from core.files.wording import counted
from core.layers.functions import softmax
from core.layers.lstm import final_state
from core.models.attention_seq2seq import AttentionDecoder
from core.models.peeky import PeekyDecoder

# ---- one step -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class AttentionInside:
    """From the decoder state to the context.

    Attributes:
        products: (T_enc, H) float64, hs_enc * h, or what else the score function adds up (`Score.terms`); summed over
            H, the scores.
        scores: (T_enc,) float32 of the trace.
        softmax: (T_enc,) float64, softmax of the scores; other than `weights` only where the attention was changed.
        weights: (T_enc,) float32 of the trace.
        weighted_states: (T_enc, H) float64, weights * hs_enc; summed over T_enc, the context.
        context: (H,) float32 of the trace.
    """

    products: Float64Array
    scores: FloatArray
    softmax: Float64Array
    weights: FloatArray
    weighted_states: Float64Array
    context: FloatArray


@dataclass(frozen=True, eq=False)
class LogitParts:
    """Each logit as a sum: logits = context + peek + state + bias, absent ones left out.

    A logit counts only beside the others: what adds the same to all of them changes no probability.

    Attributes:
        context: (V,) float64, context . W[:H]; None where the affine layer gets no context.
        by_source: (T_enc, V) float64, weights[j] hs_enc[j] . W[:H], each source character's part of `context`.
        peek: (V,) float64, the encoder's last state . W[:H], in a Peeky model; else None.
        state: (V,) float64, h . W[H:] (of W itself without attention or peeking).
        bias: (V,) float64.
    """

    context: Float64Array | None
    by_source: Float64Array | None
    peek: Float64Array | None
    state: Float64Array
    bias: Float64Array

    def total(self) -> Float64Array:
        """(V,) float64, the sum of the parts; the trace's logits to float32 accuracy."""
        parts = (self.context, self.peek, self.state, self.bias)
        return np.asarray(np.sum([part for part in parts if part is not None], axis=0))


class CandidateInside(NamedTuple):
    """A character that could have been written, and what its logit is made of; parts as in `LogitParts`."""

    character: str
    probability: float
    logit: float
    context: float | None
    peek: float | None
    state: float
    bias: float


@dataclass(frozen=True, eq=False)
class StepInside:
    """Everything between the states and the character of one step.

    Attributes:
        index, input_character, character: as in `DecodingStep`.
        source: the T_enc source characters.
        hs_enc: (T_enc, H) float32 of the trace.
        h: (H,) float32 of the trace, the decoder's hidden state.
        attention: how the context came about; None without attention.
        features: (2H,) or (H,) float32, what the affine layer gets: concat(context, h), or concat(the encoder's last
            state, h) in a Peeky model, or h; h also where an attention model is mistaken not to get the context.
        parts: what each logit is made of.
        logits, probabilities: (V,) float32 of the trace.
        vocabulary: the V characters in id order.
    """

    index: int
    input_character: str
    character: str
    source: str
    hs_enc: FloatArray
    h: FloatArray
    attention: AttentionInside | None
    features: FloatArray
    parts: LogitParts
    logits: FloatArray
    probabilities: FloatArray
    vocabulary: tuple[str, ...]

    def candidates(self, count: int = 5) -> list[CandidateInside]:
        """The `count` most probable characters with the parts of their logits; ties in vocabulary order."""
        best = np.argsort(-self.probabilities, kind="stable")[:count]
        return [self._candidate(int(v)) for v in best]

    def candidate(self, character: str) -> CandidateInside:
        """One character with the parts of its logit.

        Raises:
            ValueError: the character is not in the vocabulary.
        """
        if character not in self.vocabulary:
            raise ValueError(
                f"{character!r} is not one of the vocabulary's {counted(len(self.vocabulary), 'character')}"
            )
        return self._candidate(self.vocabulary.index(character))

    def _candidate(self, v: int) -> CandidateInside:
        parts = self.parts
        return CandidateInside(
            character=self.vocabulary[v],
            probability=float(self.probabilities[v]),
            logit=float(self.logits[v]),
            context=None if parts.context is None else float(parts.context[v]),
            peek=None if parts.peek is None else float(parts.peek[v]),
            state=float(parts.state[v]),
            bias=float(parts.bias[v]),
        )


def inside_step(pipeline: Pipeline, trace: DecodingTrace, step: int) -> StepInside:
    """Open up one step of a trace. Reads the model's parameters; nothing is decoded.

    Args:
        pipeline: the model that decoded the trace.
        trace: with or without interventions.
        step: from 0.
    Raises:
        ValueError: the trace is of another model, or has no such step.
    """
    _require_own(pipeline, trace)
    row = trace[checked_step(trace, step)]
    decoder, backend = pipeline.model.decoder, pipeline.model.backend
    W, bias = (backend.to_numpy(p).astype(np.float64) for p in decoder.affine.params)
    H = len(row.hidden_state)
    state = row.hidden_state.astype(np.float64) @ W[-H:]
    attention, features, context, by_source, peek = None, row.hidden_state, None, None, None

    if isinstance(decoder, AttentionDecoder):
        attention = _attention_inside(pipeline, decoder, trace.hs_enc, row)
        if len(W) == 2 * H:
            features = np.concatenate([attention.context, row.hidden_state])
            context = attention.context.astype(np.float64) @ W[:H]
            by_source = attention.weighted_states @ W[:H]
    elif isinstance(decoder, PeekyDecoder):
        last = final_state(pipeline.as_read(trace.hs_enc[None]), pipeline.spec.bidirectional)[0]
        features = np.concatenate([last, row.hidden_state])
        peek = last.astype(np.float64) @ W[:H]

    return StepInside(
        index=row.index,
        input_character=row.input_character,
        character=row.character,
        source=trace.source,
        hs_enc=trace.hs_enc,
        h=row.hidden_state,
        attention=attention,
        features=features,
        parts=LogitParts(context, by_source, peek, state, bias),
        logits=row.logits,
        probabilities=row.probabilities,
        vocabulary=trace.vocabulary,
    )


def _attention_inside(
    pipeline: Pipeline, decoder: AttentionDecoder, hs_enc: FloatArray, row: DecodingStep
) -> AttentionInside:
    assert row.scores is not None and row.weights is not None and row.context is not None
    score, states = decoder.attention.score, hs_enc.astype(np.float64)
    params = [decoder.backend.to_numpy(p).astype(np.float64) for p in score.params]
    # There and back: a mistaken score asks for the position at which a state was read.
    read = pipeline.as_read(states[None])[0]
    products = pipeline.as_read(score.terms(read, row.hidden_state.astype(np.float64), *params)[None])[0]
    return AttentionInside(
        products=np.asarray(products, dtype=np.float64),
        scores=row.scores,
        softmax=np.asarray(softmax(row.scores.astype(np.float64)), dtype=np.float64),
        weights=row.weights,
        weighted_states=row.weights[:, None] * states,
        context=row.context,
    )


# ---- one cell -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CellInside:
    """The LSTM cell of the encoder or decoder at every time.

        cell = f * cell_before + g * i;  hidden = o * tanh(cell)

    T is T_enc, in the reading order of the typed text, or T_dec.

    Attributes:
        which: "encoder" or "decoder".
        characters: T characters; the cell reads `characters[t]` at time t.
        seen: T texts; all that the cell has read by then, `characters[t]` included, in reading order. A decoder has
            besides been handed the encoder's last state.
        seen_by_second_half: of a bidirectional encoder, whose second half of the units reads the other way, what that
            half has read; `seen` is then for the first half. Else None.
        read_at: (T,) int64, when each was read, counted from 0. T - 1 down to 0 where the text is read last character
            first. The second half of a bidirectional encoder reads them the other way round.
        f, i, o, g: (T, H), the gates forget, input and output, and the candidate.
        cell, hidden: (T, H), the states afterwards. `hidden`, and a decoder's `cell`, are arrays of the trace.
        cell_before, hidden_before: (T, H), the states that it started from.
    """

    which: Literal["encoder", "decoder"]
    characters: tuple[str, ...]
    seen: tuple[str, ...]
    seen_by_second_half: tuple[str, ...] | None
    read_at: IdArray
    f: FloatArray
    i: FloatArray
    o: FloatArray
    g: FloatArray
    cell: FloatArray
    hidden: FloatArray
    cell_before: FloatArray
    hidden_before: FloatArray


def lstm_cell_inside(
    pipeline: Pipeline, trace: DecodingTrace, which: Literal["encoder", "decoder"] = "encoder"
) -> CellInside:
    """The gates and states of an LSTM while it decoded a trace.

    The LSTM reads once more what it read for the trace, in the same portions, so that every bit is the same.

    Args:
        pipeline: the model that decoded the trace.
        trace: with or without interventions; none of them reaches into a cell but by what it reads.
        which: "encoder" or "decoder".
    Raises:
        ValueError: the trace is of another model, or `which` is something else.
    Cost:
        1.5 ms for the model of H = 256 on one CPU core.
    """
    _require_own(pipeline, trace)
    if which not in ("encoder", "decoder"):
        raise ValueError(f"got {which!r}; expected 'encoder' or 'decoder'")
    return _encoder_inside(pipeline, trace) if which == "encoder" else _decoder_inside(pipeline, trace)


def _encoder_inside(pipeline: Pipeline, trace: DecodingTrace) -> CellInside:
    with pipeline.exclusive() as model:
        model.encoder.forward(_source(pipeline, trace), by_prefix=False)
        numbers = _numbers(model.backend, model.encoder.lstm.inside())
    # The reverse of the reverse: back in reading order.
    numbers = {name: pipeline.as_read(array[None])[0] for name, array in numbers.items()}
    read_at = pipeline.as_read(np.arange(len(trace.source))[None])[0]
    numbers["h"] = trace.hs_enc
    return _cell_inside("encoder", tuple(trace.source), read_at, numbers, pipeline.spec.bidirectional)


def _decoder_inside(pipeline: Pipeline, trace: DecodingTrace) -> CellInside:
    steps = []
    with pipeline.exclusive() as model:
        model.decoder.start(model.encoder.forward(_source(pipeline, trace)))
        for id_ in trace.input_ids.tolist():
            model.decoder.step(model.backend.asarray([id_]))
            steps.append(_numbers(model.backend, model.decoder.lstm.inside()))
    numbers = {name: np.concatenate([step[name] for step in steps]) for name in steps[0]}
    characters = tuple(trace.vocabulary[id_] for id_ in trace.input_ids.tolist())
    own = {"h": trace.hs_dec, "c": trace.cs_dec}
    return _cell_inside("decoder", characters, np.arange(len(characters)), numbers | own)


def _source(pipeline: Pipeline, trace: DecodingTrace) -> Array:
    """(1, T_enc) ids in the order in which the model reads them, on its device."""
    return pipeline.model.backend.asarray(pipeline.as_read(pipeline.vocabulary.encode(trace.source)[None]))


def _cell_inside(
    which: Literal["encoder", "decoder"],
    characters: tuple[str, ...],
    read_at: IdArray,
    numbers: Mapping[str, FloatArray],
    bidirectional: bool = False,
) -> CellInside:
    return CellInside(
        which=which,
        characters=characters,
        seen=_seen(characters, read_at),
        seen_by_second_half=_seen(characters, -read_at) if bidirectional else None,
        read_at=read_at,
        f=numbers["f"],
        i=numbers["i"],
        o=numbers["o"],
        g=numbers["g"],
        cell=numbers["c"],
        hidden=numbers["h"],
        cell_before=numbers["c_prev"],
        hidden_before=numbers["h_prev"],
    )


def _seen(characters: tuple[str, ...], read_at: IdArray) -> tuple[str, ...]:
    """For every character all that have been read by the time it is, in their order on the page."""
    return tuple("".join(c for c, at in zip(characters, read_at, strict=True) if at <= now) for now in read_at)


def _numbers(backend: Backend, inside: Mapping[str, Array]) -> dict[str, FloatArray]:
    """(1, T, H) arrays of the device -> (T, H) on the host."""
    return {name: backend.to_numpy(array)[0] for name, array in inside.items()}


def _require_own(pipeline: Pipeline, trace: DecodingTrace) -> None:
    if trace.digest != pipeline.digest:
        raise ValueError(
            f"the trace was decoded by {trace.model!r} with the parameters {trace.digest[:12]}, "
            f"the pipeline {pipeline.name!r} has {pipeline.digest[:12]}; load the model that decoded it"
        )
    # A trace can come from a file that anybody may have edited.
    H, vocabulary = trace.hs_enc.shape[1], pipeline.vocabulary.characters
    has_attention = trace.weights is not None
    expected = (pipeline.spec.hidden_size, vocabulary, pipeline.model.has_attention)
    if (H, trace.vocabulary, has_attention) != expected:
        raise ValueError(
            f"the trace says that it is of {pipeline.name!r}, but has H = {H}, V = {len(trace.vocabulary)} and "
            f"{'' if has_attention else 'no '}attention, which do not fit the model; decode the text again"
        )
