"""The head of every page about a typed date: the field, the examples, the model, and what is wrong with them."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import Final, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.dates import FAMILIES, random_question
from core.data.source_text import AnyText, SourceTextError
from core.decoding.pipeline import Pipeline
from viz_app.pages.blocks import choose_from, choose_one, offer_texts, show_problems
from viz_app.session import models, state
from viz_app.session.models import readings_for
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label
from viz_app.text.characters import printable
from viz_app.text.i18n import Translator
from viz_app.text.messages import change_sentence, error_sentence, readable_sentence, say

# More than the model reads, so that a text that is too long is answered and not silently cut.
FIELD_LENGTH: Final = 100
"""Characters that a person may type."""
EXAMPLES: Final = tuple(family.example for family in FAMILIES)
"""A date of each family."""


def choose_text(requested: ViewState, _: Translator) -> DeltaGenerator:
    """The field and its button; returns the place beside them for what is to be said about the text."""
    state.set_widget("text", requested.text[:FIELD_LENGTH])
    with st.container(key="choose", horizontal=True):
        # A form: one trip to the server, be it by the button or by Enter.
        with st.form("date", border=False, width=440), st.container(horizontal=True, vertical_alignment="center"):
            st.text_input(_("Date"), key="text", max_chars=FIELD_LENGTH, label_visibility="collapsed")
            st.form_submit_button(_("Decode"), type="primary", on_click=_request_typed)
        return st.container(key="messages", gap="xxsmall")


def choose_example(requested: ViewState, _: Translator) -> None:
    """A date of each family, and a random one."""
    with st.container(key="examples", horizontal=True, vertical_alignment="center"):
        offer_texts(_("Examples"), EXAMPLES, "example", requested.text)
        st.button(_("Random date"), on_click=request_random)


def choose_model(requested: ViewState, _: Translator) -> None:
    """The models that there are, and what the chosen one does."""
    names = models.names()
    of_runs = {name: models.title(name, _) for name in names if models.is_of_run(name)}
    shipped = {name: models.title(name, _) for name in names if name not in of_runs}
    state.set_widget("model", requested.model if requested.model in shipped else None)
    with st.container(key="models", horizontal=True, vertical_alignment="center"):
        choose_one(_("Model"), shipped, "model", on_change=partial(_request_model, "model"))
        if of_runs:
            state.set_widget("model_of_run", requested.model if requested.model in of_runs else None)
            # Not in the row of the others: there may be many, and their names are anybody's.
            choose_from(
                st.selectbox,
                _("Trained here"),
                list(of_runs),
                key="model_of_run",
                format_func=of_runs.__getitem__,
                placeholder=_("Trained here"),
                label_visibility="collapsed",
                width=200,
                on_change=partial(_request_model, "model_of_run"),
            )
        st.text(models.description(requested.model, _), width="content")
        st.text(models.accuracy(requested.model, _), width="content")


def _can_read(pipeline: Pipeline, text: str) -> bool:
    try:
        pipeline.read(text)
    except SourceTextError:
        return False
    return True


def is_read(source: AnyText) -> bool:
    """Is `source`, which `read` gave, what was asked for, and not the last good text in its place?"""
    return not isinstance(source, str)


def _request_typed() -> None:
    state.request(text=st.session_state.text)


def request_random() -> None:
    """Ask for a random date."""
    state.request(text=random_question(random.Random()))


def _request_model(key: str) -> None:
    if st.session_state[key] is not None:
        state.request(model=st.session_state[key])


def _offer_readings(offered: list[str], _: Translator) -> None:
    if not offered:
        return
    with st.container(key="offered", horizontal=True, vertical_alignment="center", gap="xsmall"):
        for number, reading in enumerate(offered):
            label = as_label(_("Decode {text}?").replace("{text}", reading))
            st.button(label, key=f"offer_{number}", on_click=partial(state.request, text=reading))


def read(requested: ViewState, _: Translator, model: str = "", *, has_field: bool = True) -> tuple[ViewState, AnyText]:
    """The view that can be shown, and its text as it was read, to be handed on.

    Where the text cannot be read, the last good one stays and a sentence says why. Where the model, one of another task
    perhaps, can read neither, the page ends with that sentence. Of a date that is written as no model was trained on, a
    button offers the same day in a way that is known.

    Args:
        model: that reads the text; that of the view unless the page shows others.
        has_field: whether the page shows the field; where it does not, nothing is offered for it.
    """
    show_problems(_)
    view, source, problem = read_quietly(requested, _, model)
    offered = readings_for(requested.text, models.pipeline(model or requested.model)) if has_field else []
    if isinstance(source, str):
        say(problem, "error", "text_error")
        _offer_readings(offered, _)
        say(_("The picture still shows “{text}”.").replace("{text}", source), "note", "text_kept")
        return view, source
    for change in source.changes:
        say(change_sentence(change, _), "note", f"text_{change.value}")
    _offer_readings(offered, _)
    return view, source


def read_quietly(requested: ViewState, _: Translator, model: str = "") -> tuple[ViewState, AnyText, str]:
    """As `read`, and why the text cannot be read, for the caller to say; empty where it can."""
    pipeline = models.pipeline(model or requested.model)
    try:
        source = pipeline.read(requested.text)
    except SourceTextError as error:
        kept = state.last_good_text()
        why = f"{error_sentence(error, _)} {readable_sentence(error, pipeline.vocabulary.characters, _)}".rstrip()
        if not _can_read(pipeline, kept):
            _end_page(pipeline, why, _)
        return replace(requested, text=kept), kept, why
    return replace(requested, text=source.text), source, ""


def _end_page(pipeline: Pipeline, problem: str, _: Translator) -> NoReturn:
    """Say why nothing can be shown, and what the model reads."""
    say(problem, "error", "text_error")
    words = _("This model reads other texts: at most {limit} characters, each of them one of {characters}")
    known = printable("".join(pipeline.vocabulary))
    say(words.format(limit=pipeline.source_length, characters=known), "note", "text_other")
    st.stop()
