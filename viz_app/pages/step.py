"""The Step page: type a date, and walk through its decoding one character at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.dates import FAMILIES, random_question
from core.decoding import DecodingTrace
from core.pretrained import available_models
from core.source_text import SourceTextError
from viz_app import export, models, state
from viz_app.components.stage import stage, stage_payload, stage_strings
from viz_app.i18n import Translator, translator
from viz_app.messages import change_sentence, error_sentence, problem_sentence, say
from viz_app.narration import narrate
from viz_app.state import ViewState

# More than the model reads, so that a text that is too long is answered and not silently cut.
_FIELD_LENGTH: Final = 100
_EXAMPLES: Final = tuple(family.example for family in FAMILIES)


def step_page() -> None:
    """The page, from top to bottom."""
    asked = state.asked()
    _ = translator(asked.lang)
    beside_the_field = _choose_text(asked, _)
    _choose_example(asked, _)
    _choose_model(asked, _)
    with beside_the_field:
        view = _read(asked, _)
    trace = models.trace(view.model, view.text)
    _show_stage(trace, view, _)
    state.shown(view)
    _offer_files(trace, view, _)
    if trace.weights is not None:
        _offer_figure(trace, view, _)


def _choose_text(asked: ViewState, _: Translator) -> DeltaGenerator:
    """The field and its button; returns the place beside them for what is to be said about the text."""
    state.put("text", asked.text[:_FIELD_LENGTH])
    with st.container(key="choose", horizontal=True):
        # A form: one trip to the server, be it by the button or by Enter.
        with st.form("date", border=False, width=440), st.container(horizontal=True, vertical_alignment="center"):
            st.text_input(_("Date"), key="text", max_chars=_FIELD_LENGTH, label_visibility="collapsed")
            st.form_submit_button(_("Decode"), type="primary", on_click=_ask_typed)
        return st.container(key="messages", gap="xxsmall")


def _choose_example(asked: ViewState, _: Translator) -> None:
    state.put("example", asked.text if asked.text in _EXAMPLES else None)
    with st.container(key="examples", horizontal=True, vertical_alignment="center"):
        st.pills(
            _("Examples"), _EXAMPLES, key="example", required=True, label_visibility="collapsed", on_change=_ask_example
        )
        st.button(_("Random date"), on_click=_ask_random)


def _choose_model(asked: ViewState, _: Translator) -> None:
    state.put("model", asked.model)
    with st.container(key="models", horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            _("Model"),
            available_models(),
            key="model",
            format_func=partial(models.title, _=_),
            required=True,
            label_visibility="collapsed",
            on_change=_ask_model,
        )
        st.text(models.description(asked.model, _), width="content")
        st.text(models.accuracy(asked.model, _), width="content")


def _ask_typed() -> None:
    state.ask(text=st.session_state.text)


def _ask_random() -> None:
    state.ask(text=random_question(random.Random()))


def _ask_example() -> None:
    state.ask(text=st.session_state.example)


def _ask_model() -> None:
    state.ask(model=st.session_state.model)


def _read(asked: ViewState, _: Translator) -> ViewState:
    """The view that can be shown. Where the text cannot be read, the last good one stays and a sentence says why."""
    for problem in state.problems():
        say(problem_sentence(problem, _), "error", f"problem_{problem.parameter}")
    try:
        source = models.pipeline(asked.model).read(asked.text)
    except SourceTextError as error:
        say(error_sentence(error, _), "error", "text_error")
        return replace(asked, text=state.last_good_text())
    for change in source.changes:
        say(change_sentence(change, _), "note", f"text_{change.value}")
    return replace(asked, text=source.text)


def _show_stage(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    payload = stage_payload(
        trace,
        sentences=[narrate(trace, step, _) for step in range(len(trace))],
        step=view.step - 1,
        scale=view.scale,
        padding=view.padding,
        strings=stage_strings(_),
        language=view.lang,
        link=state.to_query(view),
    )
    stage(payload, key="stage")


def _offer_files(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    """The decoding as files. Each is made when somebody asks for it, without running the page again."""
    page = partial(export.to_html, trace, scale=view.scale, padding=view.padding, language=view.lang)
    files: tuple[tuple[str, str, str, Callable[[], str | bytes]], ...] = (
        (_("Web page (HTML)"), "html", "text/html", page),
        (_("Table (CSV)"), "csv", "text/csv", partial(export.to_csv, trace)),
        (_("Everything (JSON)"), "json", "application/json", partial(export.to_json, trace)),
        (_("NumPy arrays (NPZ)"), "npz", "application/octet-stream", partial(export.to_npz, trace)),
    )
    with st.container(key="files", horizontal=True, vertical_alignment="center"):
        st.text(_("Download:"), width="content")
        for label, ending, mime, make in files:
            name = f"{export.file_name(trace)}.{ending}"
            st.download_button(label, make, name, mime, key=f"file_{ending}", on_click="ignore")


@st.fragment
def _offer_figure(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    """The plotly figure. It is large: neither the server nor the browser loads it before somebody opens this."""
    label = _("The same map as a plotly figure: zoom, hover, and steps of its own")
    figure = st.expander(label, key="figure_open", on_change="rerun")
    if not figure.open:
        return
    from viz_app.figures.attention import attention_figure

    with figure:
        what = _("Attention weights: a row for every written character, a column for every typed one")
        st.plotly_chart(attention_figure(trace, scale=view.scale, padding=view.padding, _=_), key="figure", alt=what)
