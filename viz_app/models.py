"""The models and their decodings, kept once for all visitors."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st

from core.decoding import DecodingTrace
from core.interventions import Intervention, intervention_to_dict
from core.pretrained import Pipeline, available_models, load_pretrained
from viz_app.i18n import Translator

# A trace of the shipped models holds about 70 kB.
TRACES_AT_MOST: Final = 500


def names() -> list[str]:
    """The models that a page can show."""
    return available_models()


def load(name: str) -> Pipeline:
    """A model by its name, for the caller alone. On the CPU: one date is too little work for a GPU to pay off.

    Raises:
        CheckpointError: there is no such model.
    """
    return load_pretrained(name, device="cpu")


@st.cache_resource(show_spinner=False)
def pipeline(name: str) -> Pipeline:
    """A model by its name, loaded once and shared."""
    return load(name)


def trace(name: str, text: str, interventions: Sequence[Intervention] = ()) -> DecodingTrace:
    """The decoding of a text, kept by parameter digest, normalised text and changes. Its arrays are read-only.

    Raises:
        SourceTextError: the text cannot be read.
        InterventionError: a change cannot be made.
    """
    model = pipeline(name)
    key = json.dumps([intervention_to_dict(intervention) for intervention in interventions])
    return _trace(model.digest, model.read(text).text, key, model, interventions)


@st.cache_resource(max_entries=TRACES_AT_MOST, show_spinner=False)
def _trace(
    digest: str, text: str, changes: str, _model: Pipeline, _interventions: Sequence[Intervention]
) -> DecodingTrace:
    trace = _model.trace(text, _interventions)
    for value in vars(trace).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return trace


def title(name: str, _: Translator) -> str:
    """What people call a model."""
    return {
        "date-attention": _("Attention"),
        "date-peeky": _("Peeky"),
        "date-seq2seq": _("Plain seq2seq"),
    }.get(name, name)


def description(name: str, _: Translator) -> str:
    """How a model works, in one line; empty for a model that is not ours."""
    return {
        "date-attention": _("At every step it looks back at all typed characters and weighs them."),
        "date-peeky": _("It reads the date into one vector and shows this vector to every step."),
        "date-seq2seq": _("It reads the date into one vector, which only the first step gets to see."),
    }.get(name, "")


def accuracy(name: str, _: Translator) -> str:
    """How often a model is right, as its own file says; empty where it does not."""
    measured = json.loads(pipeline(name).metadata.get("accuracy", "{}"))
    if "exact_match" not in measured:
        return ""
    # Rounded down: a model that is not always right is never called so.
    percent = math.floor(1000 * measured["exact_match"]) / 10
    sentence = _("Right on {share} of {count} dates it had never seen.")
    return sentence.format(share=_("{number} %").format(number=f"{percent:g}"), count=f"{measured['n']:,}")
