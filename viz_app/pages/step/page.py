"""The Step page: type a date, and walk through its decoding one character at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.decoding.trace import DecodingTrace
from viz_app.components.stage import stage, stage_payload, stage_strings
from viz_app.export.files import file_name, to_csv, to_html, to_json, to_npz
from viz_app.pages import date_field
from viz_app.pages.blocks import show_lead, show_verdict
from viz_app.pages.step import comparing, editing, searching, what_if
from viz_app.session import state
from viz_app.session.decoded import Decoded, decode
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator
from viz_app.text.narration import narrate


def step_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    beside_the_field = date_field.choose_text(requested, _)
    date_field.choose_example(requested, _)
    with st.container(key="above", horizontal=True, vertical_alignment="center"):
        date_field.choose_model(requested, _)
        what_if.offer(_)
    with beside_the_field:
        show_lead(_("A small neural network rewrites a date as year-month-day and shows where it looks."))
        view, source = date_field.read(requested, _)
    decoded = decode(view, source)
    if date_field.is_read(source):
        with beside_the_field:
            show_verdict(decoded.trace, view.lang, _)
    with st.container(key="work", horizontal=True, gap="medium"):
        with st.container(key="stage_place"):
            _show_stage(decoded, view, requested, _)
        if what_if.is_open():
            what_if.panel(view, decoded, _)
    state.record_shown(view)
    trace = decoded.trace
    comparing.show(view, decoded, _)
    searching.offer(view, decoded, _)
    _offer_files(trace, view, _)
    if trace.weights is not None:
        _offer_figure(trace, view, _)


def _show_stage(decoded: Decoded, view: ViewState, requested: ViewState, _: Translator) -> None:
    trace = decoded.trace
    payload = stage_payload(
        trace,
        sentences=[narrate(trace, step, _) for step in range(len(trace))],
        original=decoded.original if decoded.changed else None,
        follow=what_if.is_open(),
        step=view.step - 1,
        scale=view.scale,
        padding=view.padding,
        strings=stage_strings(_),
        language=view.lang,
        link=state.to_query(view),
    )
    stage(payload, key="stage", on_force=editing.force, on_step=partial(state.record_step, requested))


def _offer_files(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    """The decoding as files. Each is made when somebody asks for it, without running the page again."""
    page = partial(to_html, trace, scale=view.scale, padding=view.padding, language=view.lang)
    files: tuple[tuple[str, str, str, Callable[[], str | bytes]], ...] = (
        (_("Web page (HTML)"), "html", "text/html", page),
        (_("Table (CSV)"), "csv", "text/csv", partial(to_csv, trace)),
        (_("Everything (JSON)"), "json", "application/json", partial(to_json, trace)),
        (_("NumPy arrays (NPZ)"), "npz", "application/octet-stream", partial(to_npz, trace)),
    )
    with st.container(key="files", horizontal=True, vertical_alignment="center"):
        st.text(_("Download:"), width="content")
        for label, ending, mime, make in files:
            name = f"{file_name(trace)}.{ending}"
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
