"""Decoding, one character at a time, with every number kept.

A decoding leaves a `DecodingTrace`: what the model read, what it wrote, and for every step the scores, weights,
context, states, logits and probabilities that led to the character. Pictures, exports and pages are made from a
trace and from nothing else.

Names: T_enc source characters, T_dec decoding steps, H hidden size, V vocabulary size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.backend.numpy_backend import Array
from core.data.vocabulary import Vocabulary
from core.decoding.interventions import ActiveInterventions, Intervention
from core.layers.functions import softmax
from core.models.attention_seq2seq import AttentionDecoder
from core.models.seq2seq import Seq2seq

FloatArray = NDArray[np.float32]


class Candidate(NamedTuple):
    """A character the decoder could have written, and its probability."""

    character: str
    probability: float


class GreedyStep(NamedTuple):
    """One greedy step of a batch: (N,) ids fed to the decoder, (N, V) logits, (N,) ids written."""

    input_ids: Array
    logits: Array
    output_ids: Array


@dataclass(frozen=True, eq=False)
class DecodingStep:
    """One row of a `DecodingTrace`: everything that led to one output character.

    Arrays are views into the trace. The three attention arrays are None for a model without attention.
    """

    index: int
    input_character: str
    character: str
    probability: float
    scores: FloatArray | None
    weights: FloatArray | None
    context: FloatArray | None
    hidden_state: FloatArray
    cell_state: FloatArray
    logits: FloatArray
    probabilities: FloatArray
    vocabulary: tuple[str, ...]

    def candidates(self, count: int = 5) -> list[Candidate]:
        """The `count` most probable characters, most probable first; ties in vocabulary order."""
        best = np.argsort(-self.probabilities, kind="stable")[:count]
        return [Candidate(self.vocabulary[i], float(self.probabilities[i])) for i in best]


@dataclass(frozen=True, eq=False)
class DecodingTrace:
    """One decoding, every number kept, the source axis in the reading order of the typed text.

    Where the model reads its input last character first, the reversal is undone in one place (`trace_greedy`):
    column j of every array with a source axis belongs to `source[j]`.

    Attributes:
        text: the typed text as the model read it, without padding.
        source: `text` padded with spaces to T_enc characters.
        output: the T_dec characters written.
        model: name of the model, as in `load_pretrained(model)`.
        digest: SHA-256 of the model's parameters, in hexadecimal.
        vocabulary: the V characters in id order.
        input_ids: (T_dec,) int64, what the decoder was fed; the first is the start character.
        output_ids: (T_dec,) int64, what it wrote.
        hs_enc: (T_enc, H) float32, the encoder's hidden state after reading `source[j]`.
        hs_dec, cs_dec: (T_dec, H) float32, the decoder's hidden and cell state after each step.
        scores: (T_dec, T_enc) float32 before the softmax; None without attention.
        weights: (T_dec, T_enc) float32, rows sum to 1; None without attention. These are the numbers that
            `TimeAttention.attention_weights` held after the step, not a second computation.
        context: (T_dec, H) float32; None without attention.
        logits, probabilities: (T_dec, V) float32.
        interventions: the changes that were made; none for what the model does by itself.
    """

    text: str
    source: str
    output: str
    model: str
    digest: str
    vocabulary: tuple[str, ...]
    input_ids: NDArray[np.int64]
    output_ids: NDArray[np.int64]
    hs_enc: FloatArray
    hs_dec: FloatArray
    cs_dec: FloatArray
    scores: FloatArray | None
    weights: FloatArray | None
    context: FloatArray | None
    logits: FloatArray
    probabilities: FloatArray
    interventions: tuple[Intervention, ...] = ()

    @property
    def attention(self) -> FloatArray | None:
        """(T_dec, T_enc) float32 attention weights, columns in the order of the typed text; None without attention."""
        return self.weights

    @property
    def steps(self) -> list[DecodingStep]:
        """The T_dec steps in order."""
        return list(self)

    def __len__(self) -> int:
        return len(self.output_ids)

    def __iter__(self) -> Iterator[DecodingStep]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> DecodingStep:
        written = int(self.output_ids[i])
        return DecodingStep(
            index=range(len(self))[i],
            input_character=self.vocabulary[int(self.input_ids[i])],
            character=self.vocabulary[written],
            probability=float(self.probabilities[i, written]),
            scores=None if self.scores is None else self.scores[i],
            weights=None if self.weights is None else self.weights[i],
            context=None if self.context is None else self.context[i],
            hidden_state=self.hs_dec[i],
            cell_state=self.cs_dec[i],
            logits=self.logits[i],
            probabilities=self.probabilities[i],
            vocabulary=self.vocabulary,
        )


def step_greedily(
    model: Seq2seq, xs: Array, start_id: int, steps: int, interventions: ActiveInterventions | None = None
) -> Iterator[GreedyStep]:
    """Decode a batch one character at a time; between two steps the model's layers hold the numbers of the step.

    Args:
        model: any of the three models.
        xs: (N, T_enc) source ids in the order the model reads them, on the model's device.
        start_id: id of the start character.
        steps: T_dec.
        interventions: changes to make on the way; none if None.
    """
    xp = model.backend.xp
    model.decoder.start(model.encoder.forward(xs))
    ids = xp.full(len(xs), start_id)
    for step in range(steps):
        with interventions.at(step) if interventions else nullcontext():
            logits = model.decoder.step(ids)
        written = logits.argmax(axis=-1)
        if interventions:
            written = interventions.written(step, written)
        yield GreedyStep(ids, logits, written)
        ids = written


def greedy_decode(
    model: Seq2seq, xs: Array, start_id: int, steps: int, interventions: ActiveInterventions | None = None
) -> Array:
    """Decode a batch greedily. Args: see `step_greedily`. Returns: (N, T_dec) ids on the model's device."""
    written = [step.output_ids for step in step_greedily(model, xs, start_id, steps, interventions)]
    return model.backend.xp.stack(written, axis=1)


def greedy_decode_with_attention(model: Seq2seq, xs: Array, start_id: int, steps: int) -> tuple[Array, Array]:
    """Decode a batch greedily and keep where every step looked.

    Args: model: one with attention; the others see `step_greedily`.
    Returns: (N, T_dec) ids and (N, T_dec, T_enc) weights, columns in the order read, on the model's device.
    """
    decoder, xp = model.decoder, model.backend.xp
    assert isinstance(decoder, AttentionDecoder)
    written, weights = [], []
    for step in step_greedily(model, xs, start_id, steps):
        written.append(step.output_ids)
        weights.append(decoder.attention.attention_weights[0])
    return xp.stack(written, axis=1), xp.stack(weights, axis=1)


def trace_greedy(
    model: Seq2seq,
    source_ids: NDArray[np.int64],
    *,
    text: str,
    vocabulary: Vocabulary,
    start_id: int,
    steps: int,
    reversed_input: bool,
    name: str,
    digest: str,
    interventions: ActiveInterventions | None = None,
) -> DecodingTrace:
    """Decode one text greedily and keep every number.

    Args:
        model: any of the three models.
        source_ids: (T_enc,) ids of the padded text in reading order.
        text: the text without its padding.
        vocabulary: characters in id order.
        start_id, steps: see `step_greedily`.
        reversed_input: the model reads the last character first.
        name, digest: kept in the trace.
        interventions: changes to make on the way; none if None.
    Raises:
        InterventionError: a change cannot be made; says why.
    Cost:
        0.9 ms for T_enc = 29, T_dec = 10, H = 256 on one CPU core.
    """
    backend, decoder = model.backend, model.decoder
    reading = slice(None, None, -1) if reversed_input else slice(None)
    xs = backend.asarray(source_ids[None, reading])
    rows: dict[str, list[Array]] = defaultdict(list)
    for step in step_greedily(model, xs, start_id, steps, interventions):
        rows["input_ids"].append(step.input_ids[0])
        rows["output_ids"].append(step.output_ids[0])
        rows["logits"].append(step.logits[0])
        rows["hs_dec"].append(decoder.lstm.h[0])
        rows["cs_dec"].append(decoder.lstm.c[0])
        if isinstance(decoder, AttentionDecoder):
            rows["scores"].append(decoder.attention.scores[0, 0])
            rows["weights"].append(decoder.attention.attention_weights[0, 0])
            rows["context"].append(decoder.context[0, 0])

    numbers = {key: backend.to_numpy(backend.xp.stack(values)) for key, values in rows.items()}
    numbers["hs_enc"] = backend.to_numpy(model.encoder.hs[0])[reading]
    numbers["probabilities"] = softmax(numbers["logits"])
    for key in ("scores", "weights"):
        if key in numbers:
            numbers[key] = numbers[key][:, reading]
    arrays = {key: _frozen(array) for key, array in numbers.items()}
    return DecodingTrace(
        text=text,
        source=vocabulary.decode(source_ids),
        output=vocabulary.decode(arrays["output_ids"]),
        model=name,
        digest=digest,
        vocabulary=vocabulary.characters,
        input_ids=arrays["input_ids"],
        output_ids=arrays["output_ids"],
        hs_enc=arrays["hs_enc"],
        hs_dec=arrays["hs_dec"],
        cs_dec=arrays["cs_dec"],
        scores=arrays.get("scores"),
        weights=arrays.get("weights"),
        context=arrays.get("context"),
        logits=arrays["logits"],
        probabilities=arrays["probabilities"],
        interventions=interventions.interventions if interventions else (),
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A contiguous copy that nobody can write to: a trace is shared by everyone who typed the same text."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy
