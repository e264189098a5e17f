"""The Train page: choose how a model learns, watch it, stop it, and use it on the other pages.

Nothing is trained here. The page puts runs into the store and shows what the workers write down there
(`core.runs.store`), so that neither a slow training nor a closed browser is felt by anybody else.
"""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st

from core.runs.launch import FAILED_STARTS_TOLD
from core.runs.rows import UnreadableRun, UnreadableRunError
from core.runs.run import Run
from core.runs.store import NoSuchRunError, RunStore
from viz_app.pages.blocks import show_problems, use_styles
from viz_app.pages.change_bar import show_left_out
from viz_app.pages.train.controls import offer_delete, offer_undo, show_controls, show_problems_of_run, show_title
from viz_app.pages.train.example import show_example
from viz_app.pages.train.form import show_form
from viz_app.pages.train.progress import offer_figure, show_progress, with_readable_text
from viz_app.pages.train.run_list import list_runs
from viz_app.pages.train.teacher import show_teachers_part
from viz_app.pages.train.words import duration
from viz_app.session import runs, state, visitor
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say

_LOG: Final = logging.getLogger(__name__)


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
            show_teachers_part(requested, _)
    state.record_shown(with_readable_text(requested))


def _show_runs(requested: ViewState, _: Translator) -> None:
    if not runs.store_exists():
        show_example(requested.lang, _)
        return
    store = runs.store()
    runs.keep_training()
    _show_state(store, _)
    offer_undo(_)
    run = _chosen(store, requested.run)
    if run is None and requested.run:
        sentence = _("There is no training run {number}; it may have been deleted.").format(number=requested.run)
        say(sentence, "error", "no_such_run")
    if isinstance(run, Run):
        with st.container(key="train_run"):
            _show_run(run, requested, _)
    elif run is not None:
        _show_unreadable(run, _)
    if store.count():
        list_runs(0 if run is None else run.number, requested, _)
    elif not requested.run:
        show_example(requested.lang, _)


def _chosen(store: RunStore, number: int) -> Run | UnreadableRun | None:
    """The run that the address names, or the latest; None where there is none."""
    if not number:
        return next(iter(store.page(most=1)), None)
    try:
        return store.get(number)
    except NoSuchRunError:
        return None
    except UnreadableRunError as error:
        return UnreadableRun(number, str(error))


def _show_state(store: RunStore, _: Translator) -> None:
    """Why nothing is trained at the moment, if there is a reason."""
    if left := store.seconds_closed():
        sentence = _("The teacher has ended training. It can go on in {time}; what waits keeps its place.")
        say(sentence.format(time=duration(left, _)), "note", "train_closed")
    failed = store.failed_starts()
    if failed >= FAILED_STARTS_TOLD and store.count("queued"):
        sentence = _(
            "Nothing is trained: the process that does it has ended {count} times before it could begin. The file "
            "worker.log beside the training runs on the server says why."
        )
        say(sentence.format(count=failed), "error", "train_no_worker")


def _show_unreadable(run: UnreadableRun, _: Translator) -> None:
    _LOG.warning("%s", run.reason)
    with st.container(key="train_controls", horizontal=True, vertical_alignment="center"):
        sentence = _("What is stored about training run {number} cannot be read. The others are none the worse.")
        say(sentence.format(number=run.number), "error", "train_unreadable")
        if visitor.controls_all():
            offer_delete(run.number, _)


def _show_run(run: Run, view: ViewState, _: Translator) -> None:
    show_title(run, _)
    show_controls(run, view, _)
    show_problems_of_run(run, _)
    show_left_out(view, _)
    show_progress(run, view, _)
    offer_figure(run.number, _)
