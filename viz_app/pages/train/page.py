"""The Train page: choose how a model learns, watch it, stop it, and use it on the other pages.

Nothing is trained here. The page puts runs into the store and shows what the workers write down there
(`core.runs.store`), so that neither a slow training nor a closed browser is felt by anybody else.
"""

from __future__ import annotations

import streamlit as st

from core.runs.run import Run
from viz_app.pages.blocks import show_problems, use_styles
from viz_app.pages.train.controls import show_controls, show_problems_of_run, show_title
from viz_app.pages.train.form import show_form
from viz_app.pages.train.progress import offer_figure, show_progress, with_readable_text
from viz_app.pages.train.run_list import list_runs
from viz_app.session import runs, state
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say


def train_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    use_styles("tables.css", "train/train.css")
    with st.container(key="train"):
        show_problems(_)
        show_form(requested, _)
        with runs.show_store_failures(_, "train_store"):
            _show_runs(requested, _)
    state.record_shown(with_readable_text(requested))


def _show_runs(requested: ViewState, _: Translator) -> None:
    if not runs.store_exists():
        say(_("No model has been trained here yet. Choose one of the three above and press Train."), "note", "no_runs")
        return
    store = runs.store()
    runs.keep_training()
    listed = store.list()
    run = next((run for run in listed if run.number == requested.run), None)
    if requested.run and run is None:
        sentence = _("There is no training run {number}; it may have been deleted.").format(number=requested.run)
        say(sentence, "error", "no_such_run")
    if not requested.run and listed:
        run = listed[0]
    if run is not None:
        with st.container(key="train_run"):
            _show_run(run, requested, _)
    if listed:
        list_runs(run, requested, _)
    elif not requested.run:
        say(_("No model has been trained here yet. Choose one of the three above and press Train."), "note", "no_runs")


def _show_run(run: Run, view: ViewState, _: Translator) -> None:
    show_title(run, _)
    show_controls(run, view, _)
    show_problems_of_run(run, _)
    show_progress(run, view, _)
    offer_figure(run.number, _)
