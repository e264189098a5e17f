"""Inside: the numbers of a decoding between the states and the characters, step by step, in the browser.

Python hands over what a trace holds, as it is (`inside_payload`); the component's own HTML, CSS and JavaScript, in
`inside/`, draws one step of it. Arrays travel as the bytes that they are, so that every number on the screen is the
trace's. What is only a product of two float32 numbers of the trace, which float64 holds exactly, the browser
multiplies itself. The gates of the LSTM cells are four times as much; they are sent when somebody opens that part.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.analysis.inside import CellInside, StepInside, inside_step, lstm_cell_inside
from core.analysis.running_code import STAGES, code_of_stages, source_of
from core.decoding.interventions import AttentionChange, ForceCharacter
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from core.models.attention_seq2seq import AttentionDecoder
from core.models.peeky import PeekyDecoder
from viz_app.components.files import component_files
from viz_app.figures.colours import DEFAULT_SCALE, SCALES, packed_scale
from viz_app.text.book import (
    SECTION_OF_PEEKING,
    SECTIONS,
    SECTIONS_WITHOUT_ATTENTION,
    axis_of_the_sum,
    repeat_of_state,
    repeat_of_weights,
)

CANDIDATES: Final = 6

# To find a method in its file takes longer than all numbers of a step.
_source = cache(source_of)

_mount = st.components.v2.component(
    "attention_inside",
    **component_files("inside", styles=("theme",))._asdict(),
)


def inside(
    payload: Mapping[str, Any],
    key: str,
    *,
    on_cell: Callable[[], None] | None = None,
    on_move: Callable[[Any, Any], None] | None = None,
) -> None:
    """Show what `inside_payload` returned.

    Args:
        payload: with the same `payload["view"]`, a rerun leaves the step and what is pointed at where they were.
        key: names the component on the page.
        on_cell: called when a person opens the LSTM cell and the payload has no gates yet, before the page runs again.
        on_move: called with the step, counted from 0, and the stage that are shown when something else on the page is
            pressed. They come from the browser and are not checked.
    """

    def moved() -> None:
        said = st.session_state[key].get("moved")
        if on_move and isinstance(said, Mapping):
            on_move(said.get("step"), said.get("stage"))

    _mount(data=dict(payload), key=key, on_cell_change=on_cell or (lambda: None), on_moved_change=moved)


def inside_payload(
    pipeline: Pipeline,
    trace: DecodingTrace,
    *,
    step: int | None = None,
    stage: str = "weights",
    scale: str = DEFAULT_SCALE,
    with_cells: bool = False,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """Turn a trace and the model that left it into what the browser needs: JSON values only.

    Args:
        pipeline: the model that decoded the trace.
        trace: with or without interventions, with or without attention.
        step: the step to start from, counted from 0; None is the last.
        stage: the one to open, of `core.analysis.running_code.STAGES`; a model without it opens another.
        scale: colour scale of the weights.
        with_cells: also the gates of both LSTM cells.
        strings: every text, `inside_strings(_)`; None is English.
        language: BCP 47 tag of the strings.
    Raises:
        ValueError: the trace is of another model, or the scale or the stage is unknown.
    """
    if stage not in STAGES:
        raise ValueError(f"got stage {stage!r}; expected one of {', '.join(STAGES)}")
    if scale not in SCALES:
        raise ValueError(f"got scale {scale!r}; expected one of {', '.join(SCALES)}")
    steps = [inside_step(pipeline, trace, i) for i in range(len(trace))]
    last = len(trace) - 1
    decoder = pipeline.model.decoder
    changes = json.dumps([intervention_to_dict(change) for change in trace.interventions])
    code = {stage: list(names) for stage, names in code_of_stages(pipeline).items()}
    edits = [_edits(trace, step) for step in range(len(trace))]
    return {
        "id": f"{trace.digest}:{trace.text}:{changes}",
        "view": f"{trace.digest}:{trace.text}",
        "step": last if step is None else min(max(step, 0), last),
        "stage": stage,
        "source": list(trace.source),
        "textLength": len(trace.text),
        "inputs": [one.input_character for one in steps],
        "output": list(trace.output),
        "edits": edits,
        "forced": [change.step for change in trace.interventions if isinstance(change, ForceCharacter)],
        "vocabulary": list(trace.vocabulary),
        "readAt": _read_at(pipeline, trace),
        "bothWays": pipeline.spec.bidirectional,
        "score": type(decoder.attention.score).__name__ if isinstance(decoder, AttentionDecoder) else None,
        "arrays": _arrays(pipeline, trace, steps),
        "best": [[trace.vocabulary.index(c.character) for c in one.candidates(CANDIDATES)] for one in steps],
        "cells": _cells(pipeline, trace) if with_cells else None,
        "code": code,
        "sources": {name: _source(name) for names in (*code.values(), *edits) for name in names},
        "scale": packed_scale(SCALES[scale]),
        "sections": _sections(pipeline),
        "strings": dict(inside_strings(str) if strings is None else strings),
        "language": language,
    }


def _sections(pipeline: Pipeline) -> dict[str, str]:
    """Where the book tells of the stages of this model."""
    if pipeline.model.has_attention:
        return dict(SECTIONS)
    peeks = isinstance(pipeline.model.decoder, PeekyDecoder)
    return {**SECTIONS_WITHOUT_ATTENTION, **({"features": SECTION_OF_PEEKING} if peeks else {})}


def _edits(trace: DecodingTrace, step: int) -> list[str]:
    """The code that changed the scores of a step before the softmax, in order; names for `source_of`."""
    return [
        f"{type(change).__name__}.edit"
        for change in trace.interventions
        if isinstance(change, AttentionChange) and change.step in (None, step)
    ]


def packed(array: NDArray[Any]) -> dict[str, Any]:
    """An array as JSON: shape, dtype (float32 or float64), and its little-endian bytes in base64."""
    data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": b64encode(data.tobytes()).decode("ascii")}


def _arrays(pipeline: Pipeline, trace: DecodingTrace, steps: list[StepInside]) -> dict[str, Any]:
    """Float32 what the trace holds, float64 what `core.analysis.inside` computes from it."""
    parts = [one.parts for one in steps]
    arrays: dict[str, NDArray[Any]] = {
        "hs_enc": trace.hs_enc,
        "hs_dec": trace.hs_dec,
        "features": np.stack([one.features for one in steps]),
        "logits": trace.logits,
        "probabilities": trace.probabilities,
        "part_state": np.stack([part.state for part in parts]),
        "part_bias": parts[0].bias,
    }
    if trace.scores is not None and trace.weights is not None and trace.context is not None:
        arrays |= {"scores": trace.scores, "weights": trace.weights, "context": trace.context}
        arrays["softmax"] = np.stack([one.attention.softmax for one in steps if one.attention is not None])
        if pipeline.spec.score != "dot" or pipeline.spec.mistake:
            # For the dot product the browser makes them itself; these are many, and float32 is enough to look at.
            products = np.stack([one.attention.products for one in steps if one.attention is not None])
            arrays["products"] = products.astype(np.float32)
    if parts[0].context is not None:
        arrays["part_context"] = np.stack([part.context for part in parts if part.context is not None])
        arrays["by_source"] = np.stack([_by_source(one) for one in steps])
    if parts[0].peek is not None:
        arrays["part_peek"] = np.stack([part.peek for part in parts if part.peek is not None])
    return {name: packed(array) for name, array in arrays.items()}


def _by_source(one: StepInside) -> NDArray[np.float64]:
    """(CANDIDATES, T_enc): what each source character brings to the logits of the most probable characters."""
    assert one.parts.by_source is not None
    best = np.argsort(-one.probabilities, kind="stable")[:CANDIDATES]
    return one.parts.by_source[:, best].T


def _read_at(pipeline: Pipeline, trace: DecodingTrace) -> list[int]:
    """When the encoder read each source character, counted from 0."""
    order: list[int] = pipeline.as_read(np.arange(len(trace.source))[None])[0].tolist()
    return order


def _cells(pipeline: Pipeline, trace: DecodingTrace) -> dict[str, Any]:
    return {
        "encoder": _cell(lstm_cell_inside(pipeline, trace, "encoder")),
        "decoder": _cell(lstm_cell_inside(pipeline, trace, "decoder")),
    }


def _cell(cell: CellInside) -> dict[str, Any]:
    names = ("f", "i", "o", "g", "cell", "hidden", "cell_before", "hidden_before")
    shown = {name: packed(getattr(cell, name)) for name in names if name != "hidden_before"}
    return {"characters": list(cell.characters), "seen": list(cell.seen), **shown}


def inside_strings(_: Callable[[str], str]) -> dict[str, str]:
    """Every text the component shows or speaks, translated by `_`; `{names}` are filled in by the browser."""
    return {
        "steps": _("Steps"),
        "back": _("One step back"),
        "forward": _("One step forward"),
        "step_of": _("Step {step} of {steps}"),
        "step_told": _("The decoder has just been given {input} and writes {output} with probability {probability}."),
        "step_forced": _(
            "The decoder has just been given {input} and is made to write {output}, which has probability "
            "{probability}."
        ),
        "typed": _("Typed date: point at a character to follow it through"),
        # The stages
        "stages": _("From the states to the character, stage by stage"),
        "features_alone": _("Decoder state alone"),
        "hs_enc": _("Encoder states"),
        "h": _("Decoder state"),
        "products": _("Products"),
        "scores": _("Scores"),
        "weights": _("Weights"),
        "weighted_states": _("Weighted states"),
        "context": _("Context"),
        "features": _("Side by side"),
        "logits": _("Logits"),
        "probabilities": _("Probabilities"),
        "no_attention": _(
            "This model has no attention: it goes from the decoder's state straight to the logits, "
            "so there are no scores, no weights and no context."
        ),
        "changed": _("The attention is changed at this step: the softmax of the scores alone would be {number} here."),
        # Each in one sentence
        "told_hs_enc": _("The encoder has read the date and left a state for every character: a row of numbers each."),
        "told_hs_enc_last": _(
            "The encoder has left a state for every character; only the one it made last goes to the decoder."
        ),
        "told_h": _("The decoder's state stands for what is written so far, and asks for what is needed next."),
        "told_products": _("Every encoder state is compared with the decoder state, unit by unit."),
        "told_products_of_places": _(
            "This model has a bug: the decoder state is compared with places, not with the encoder states."
        ),
        "told_scores": _("Each row is added up to one number: how well this character's state fits the decoder's."),
        "told_weights": _("Softmax turns the scores into weights: this is the attention that the map shows."),
        "told_weighted_states": _("Every encoder state counts as much as its weight: what gets none fades to nothing."),
        "told_context": _("The rows are added up along time: one vector holds what this step takes from the date."),
        "told_features": _("The context and the decoder state, side by side, are all that the answer is made from."),
        "told_features_peek": _(
            "The encoder's last state and the decoder state, side by side, are all that the answer is made from."
        ),
        "told_features_alone": _("The decoder state alone is what the answer is made from."),
        "told_logits": _("Every character that could be written gets one number: the higher, the more speaks for it."),
        "told_probabilities": _("Softmax turns the logits into probabilities; the most probable character is written."),
        "remark_products": repeat_of_state(_),
        "remark_weighted_states": repeat_of_weights(_),
        "remark_context": axis_of_the_sum(_),
        "book": _("Deep Learning from Scratch 2, section {section}"),
        # The key to the colours
        "key_sign": _("Colours: below zero, zero, above zero"),
        "key_weight": _("Colours: from no weight to all of it"),
        "axis_batch": _("batch"),
        "axis_time": _("time"),
        "axis_hidden": _("hidden"),
        "axis_vocabulary": _("characters"),
        "axis": _("axis {number}: {name}, {size}"),
        "axis_gone": _("axis {number}: {name}, summed away"),
        "sum_over": _("sum over axis {number} ({name})"),
        # One source character
        "followed": _("Character {position} of the date: {character}"),
        "has_read": _("What its state has read, last character first"),
        "has_read_in_order": _("What its state has read, first character first"),
        "has_read_both_ways": _("What its state has read, one half of its units from each end"),
        "read_count": _("{count} of {total} characters"),
        "score": _("Score"),
        "weight": _("Weight"),
        "share": _("Its share of the context"),
        "largest": _("Its state, largest units"),
        "unit": _("Unit {unit}"),
        # One candidate
        "candidates": _("Most probable characters: point at one to see how it comes about"),
        "character": _("Character"),
        "from_context": _("from the context"),
        "from_peek": _("from the encoder's last state"),
        "from_state": _("from the decoder state"),
        "from_bias": _("from the bias"),
        "logit": _("Logit"),
        "probability": _("Probability"),
        "by_source": _("The part from the context, by typed character"),
        "beside": _("A logit counts only beside the others: what is added to all of them changes no probability."),
        # The LSTM cell
        "cell": _("Inside the LSTM cell"),
        "encoder": _("Encoder"),
        "decoder": _("Decoder"),
        "loading": _("Fetching the gates …"),
        "cell_encoder": _("The encoder while it reads {character}, at time {time} of {total}"),
        "cell_decoder": _("The decoder while it reads {character}, at step {time} of {total}"),
        "gate_f": _("Forget gate"),
        "gate_i": _("Input gate"),
        "gate_o": _("Output gate"),
        "gate_g": _("Candidate"),
        "cell_before": _("Cell state before"),
        "cell_state": _("Cell state"),
        "hidden_state": _("Hidden state"),
        "choose_unit": _("Unit: arrow keys or the pointer choose one of {count}"),
        "trajectory": _("Unit {unit} over time: cell state and hidden state"),
        "triangle": _("What each state has read: a row for every state, filled where it knows the character"),
        # The code
        "code": _("Code that computes it: {names}"),
        "source_of": _("{name}, as it is running"),
        "close": _("Close"),
        # Characters that need a name to be heard
        "space": _("space"),
        "comma": _("comma"),
        "hyphen": _("hyphen"),
        "slash": _("slash"),
        "start": _("start"),
        "padding_space": _("padding space"),
    }
