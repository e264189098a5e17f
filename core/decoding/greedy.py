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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import Array
from core.data.vocabulary import Vocabulary
from core.decoding.applied_interventions import ActiveInterventions
from core.decoding.trace import DecodingTrace
from core.layers.functions import softmax
from core.models.attention_seq2seq import AttentionDecoder
from core.models.seq2seq import Seq2seq


class GreedyStep(NamedTuple):
    """One greedy step of a batch: (N,) ids fed to the decoder, (N, V) logits, (N,) ids written."""

    input_ids: Array
    logits: Array
    output_ids: Array


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

    arrays = {key: backend.to_numpy(backend.xp.stack(values)) for key, values in rows.items()}
    arrays["probabilities"] = softmax(arrays["logits"])
    # Copied: the encoder goes on to use its own, and a reversed view is slower to read.
    arrays["hs_enc"] = backend.to_numpy(model.encoder.hs[0])[reading].copy()
    for key in arrays.keys() & {"scores", "weights"}:
        arrays[key] = arrays[key][:, reading].copy()
    for array in arrays.values():
        # A trace is shared by everyone who typed the same text.
        array.flags.writeable = False
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
