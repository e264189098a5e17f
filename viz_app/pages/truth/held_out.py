"""The held-out dates on the Truth page: is attention the explanation? Measured over all held-out dates."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from core.analysis.truth import Truth
from core.decoding.trace import DecodingTrace
from viz_app.pages.blocks import paragraph, show_html, show_part, subtitle
from viz_app.pages.truth import measuring
from viz_app.pages.truth.measuring import Measurements
from viz_app.pages.truth.words import about_alignment, about_experiments, experiments, families, measures, steps_of_all
from viz_app.session import models
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator
from viz_app.text.messages import say
from viz_app.text.tables import explained, percent, table

_POLL_SECONDS: Final = 0.7
_MY_RUN: Final = "truth_my_run"


@st.fragment
def show_held_out(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    """What was measured over all held-out dates, and the offer to measure it here."""
    show_part(
        _("Is attention the explanation?"),
        _(
            "Every date that the model has never seen, decoded again with the attention changed at every step. Where "
            "the answers stay right, they did not hang on what was changed."
        ),
        view.lang,
    )
    pipeline = models.pipeline(view.model)
    if trace.weights is None:
        say(_("This model has no attention that could be changed."), "note", "nothing_to_change")
        st.text(models.accuracy(view.model, _))
        return
    if not pipeline.reads_dates:
        say(_("This model cannot read all the held-out dates, so nothing can be measured here."), "note", "other_texts")
        return
    measurements = measuring.measurements()
    measured = measurements.result(pipeline.digest)
    truth = measured.truth if measured else measuring.shipped(pipeline.digest, pipeline)
    _offer_run(measurements, view, truth is not None, _)
    if truth is None:
        return
    source = (
        _("Measured on this server, in {seconds} s.").format(seconds=round(measured.seconds))
        if measured
        else _("Measured before this model was shipped.")
    )
    show_html(paragraph(source), view.lang)
    _show_truth(truth, view, _)


def _offer_run(measurements: Measurements, view: ViewState, known: bool, _: Translator) -> None:
    if measurements.running is not None:
        _follow(view, _)
        return
    if measurements.failed(view.model):
        say(_("The measuring has failed. It has been noted; it can be tried again."), "error", "measuring_failed")
    label = _("Measure it again") if known else _("Measure all held-out dates")
    with st.container(key="truth_offer", horizontal=True, vertical_alignment="center"):
        st.button(label, key="truth_run", on_click=partial(_start, view.model))
        st.text(_("Some 5,000 dates, decoded seven times: about 20 seconds."), width="content")


def _start(model: str) -> None:
    run = measuring.measurements().start(model)
    if run is not None:
        st.session_state[_MY_RUN] = run


@st.fragment(run_every=_POLL_SECONDS)
def _follow(view: ViewState, _: Translator) -> None:
    """The run that is under way, whoever has started it; only who did can stop it."""
    run = measuring.measurements().running
    if run is None:
        st.rerun()
        return
    words = _("Decoding the held-out dates: {share}").format(share=percent(run.share, _))
    if run.model != view.model:
        words = _("Another model is being measured: {share}. This one can be measured after it.")
        words = words.format(share=percent(run.share, _))
    with st.container(key="truth_progress", horizontal=True, vertical_alignment="center"):
        st.progress(run.share, words)
        started_here = st.session_state.get(_MY_RUN) is run
        if started_here:
            st.button(_("Stop"), key="truth_stop", on_click=run.stop)


def _show_truth(truth: Truth, view: ViewState, _: Translator) -> None:
    show_html(table(*experiments(truth, _), prose=True), view.lang)
    show_html(paragraph(about_experiments(_)), view.lang)
    show_html(subtitle(_("Where it looks, over all these dates")), view.lang)
    show_html(explained(measures(truth.alignment.whole.total, _)), view.lang)
    left, right = st.columns([4, 7], gap="small")
    with left:
        show_html(table(*steps_of_all(truth.alignment.whole, _)), view.lang)
    with right:
        show_html(table(*families(truth, _)), view.lang)
    show_html(paragraph(about_alignment(_)), view.lang)
