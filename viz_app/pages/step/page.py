"""The Step page: type a date, and walk through its decoding one character at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.data.source_text import AnyText
from core.decoding.trace import DecodingTrace
from viz_app.components.field import field, field_payload, said_of
from viz_app.components.stage import Asking, packed_stage_payload, stage
from viz_app.pages import date_field
from viz_app.pages.blocks import address, on_dark, show_problems
from viz_app.pages.change_bar import show_changes
from viz_app.pages.step import comparing, editing, searching, what_if
from viz_app.session import models, state
from viz_app.session.changes import for_any_text, to_query
from viz_app.session.decoded import Decoded, decode
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator


def step_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    show_problems(_)
    view, source, problem = date_field.read_quietly(requested, _)
    decoded = decode(view, source)
    said = _said(decoded, view, requested, source, problem)
    _show_field(said, view, _)
    with st.container(key="above", horizontal=True, vertical_alignment="center"):
        date_field.choose_model(requested, _)
        what_if.offer(_)
    show_changes(view, decoded, _)
    with st.container(key="work", horizontal=True, gap="medium"):
        with st.container(key="stage_place"):
            _show_stage(decoded, view, said, _)
        if what_if.is_open():
            what_if.panel(view, decoded, _)
    state.record_shown(view)
    trace = decoded.trace
    comparing.show(view, decoded, _)
    searching.offer(view, decoded, _)
    if trace.weights is not None:
        _offer_figure(trace, view, _)


def _said(decoded: Decoded, view: ViewState, requested: ViewState, source: AnyText, problem: str) -> dict[str, Any]:
    """What there is to be said of the text, in the browser's terms."""
    offered = {"offered": models.readings_for(requested.text, models.pipeline(view.model))}
    if isinstance(source, str):
        typed = requested.text[: date_field.FIELD_LENGTH]
        return {"typed": typed, "problem": problem, "kept": view.text, "notes": [], "verdict": None} | offered
    return {"typed": view.text, "problem": "", "kept": ""} | offered | said_of(decoded.trace, source, view.lang)


def _show_field(said: Mapping[str, Any], view: ViewState, _: Translator) -> None:
    lead = _("A small neural network rewrites a date as year-month-day and shows where it looks.")
    payload = field_payload(
        said, examples=date_field.EXAMPLES, random=address("api/date"), language=view.lang, lead=lead
    )
    field(payload, key="date_field", on_ask=_ask, on_random=date_field.request_random)


def _ask(text: object) -> None:
    """Ask for a text that the browser could not have decoded by itself."""
    if isinstance(text, str):
        state.request(text=text)


def _show_stage(decoded: Decoded, view: ViewState, said: Mapping[str, Any], _: Translator) -> None:
    trace = decoded.trace
    payload = packed_stage_payload(
        trace,
        original=decoded.original if decoded.changed else None,
        editable=what_if.is_open() and trace.weights is not None,
        follow=_is_followed(view),
        step=view.step - 1,
        scale=view.scale,
        padding=view.padding,
        language=view.lang,
        link=state.to_query(view),
        asking=Asking(
            address=address("api/trace"),
            changes=to_query(view.changes),
            changes_of_any_text=to_query(for_any_text(view.changes)),
            first_text=state.FIRST_TEXT,
            said=said,
            files=_files(_),
            heard=state.heard(),
        ),
    )
    stage(payload, key="stage", on_force=editing.force, on_show=state.record_told, on_ask=_ask, on_weigh=editing.weigh)


def _is_followed(view: ViewState) -> bool:
    """Does this page draw something of the decoding beside the stage?"""
    is_open = any(st.session_state.get(key) for key in ("beam_open", "figure_open"))
    return is_open or what_if.is_open() or bool(view.changes) or comparing.has_pins()


def _files(_: Translator) -> list[dict[str, str]]:
    """What the decoding can be taken along as."""
    labels = {
        "html": _("Web page (HTML)"),
        "csv": _("Table (CSV)"),
        "json": _("Everything (JSON)"),
        "npz": _("NumPy arrays (NPZ)"),
    }
    return [{"format": name, "label": label, "address": address("api/file")} for name, label in labels.items()]


def _offer_figure(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    """The plotly figure. It is large: neither the server nor the browser loads it before somebody opens this.

    No fragment: the stage has to hear that its text is followed from now on.
    """
    label = _("The same map as a plotly figure: zoom, hover, and steps of its own")
    figure = st.expander(label, key="figure_open", on_change="rerun")
    if not figure.open:
        return
    from viz_app.figures.attention import attention_figure

    with figure:
        what = _("Attention weights: a row for every written character, a column for every typed one")
        figure = attention_figure(trace, scale=view.scale, padding=view.padding, dark=on_dark(), _=_)
        st.plotly_chart(figure, key="figure", alt=what)
