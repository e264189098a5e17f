"""The head of a training run on the Train page: its title, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

import streamlit as st

from core.data.source_text import SourceTextError, read_source
from core.data.vocabulary import DATE_VOCABULARY
from core.exhibits.model_card import CARD_FILE
from core.runs.limits import limits
from core.runs.rows import UnreadableRunError
from core.runs.run import NAME_LENGTH, Run
from core.runs.store import SECONDS_TO_UNDO
from viz_app.pages import frame
from viz_app.pages.train.attempts import attempt
from viz_app.pages.train.settings import take_settings
from viz_app.pages.train.words import SIGNS, ending_words, few_words, status_words
from viz_app.session import models, runs, state, visitor
from viz_app.session.state import ViewState
from viz_app.text.html import render
from viz_app.text.i18n import Translator
from viz_app.text.messages import error_sentence, say

_BAD_NAME: Final = "train_bad_name"
_UNDO: Final = "train_deleted_last"

Request = Literal["pause", "resume", "stop"]


def show_title(run: Run, _: Translator) -> None:
    """What a run is called, and what becomes of it."""
    st.html(
        render(
            "pages/train/title.html.jinja",
            title=models.run_title(run, _),
            words=few_words(run, _),
            kind=run.status,
            sign=SIGNS[run.status],
            status=status_words(run, _),
        )
    )


def show_controls(run: Run, view: ViewState, _: Translator) -> None:
    """Everything that can be done with a run."""
    if run.status == "finished" and runs.is_too_large(run):
        words = _("The model takes more than {most} MB, the most that this server shows. It can be used elsewhere.")
        say(words.format(most=limits().model), "note", "train_too_large")
    with st.container(key="train_controls", horizontal=True, vertical_alignment="center"):
        if runs.has_model(run):
            st.button(
                _("Use it on the Step page"),
                key="train_use",
                type="primary",
                on_click=partial(_use, models.name_of_run(run.number)),
            )
        mine = visitor.controls(run)
        if mine:
            _offer_requests(run, _)
        if (mine and runs.is_moving(run)) or run.status == "finished":
            _choose_watched(run, view, _)
        if run.model_file is not None and not runs.is_moving(run):
            _offer_files(run, _)
        st.button(_("Take these settings"), key="train_take", on_click=partial(take_settings, run.options))
        if mine:
            _offer_rename(run, _)
            offer_delete(run.number, _)
        else:
            st.text(_("Only who started this run can pause, stop or delete it."), width="content")


def _offer_requests(run: Run, _: Translator) -> None:
    offered: list[tuple[Request, str]] = []
    if runs.is_moving(run):
        offered = [("pause", _("Pause")), ("stop", _("Stop"))]
    elif run.can_resume:
        offered = [("resume", _("Resume"))]
        offered += [("stop", _("Stop"))] if run.status in ("paused", "interrupted") else []
    for what, label in offered:
        st.button(
            label,
            key=f"train_{what}",
            type="primary" if what == "resume" else "secondary",
            disabled=bool(run.request),
            on_click=partial(_request, run.number, what),
        )


def _request(number: int, what: Request) -> None:
    _attempt_on_own(number, lambda: runs.store().ask(number, what, visitor.number(), limits()))
    runs.refresh()


def _attempt_on_own(number: int, action: Callable[[], object]) -> None:
    """Do something with a run that this visitor controls, by now: nobody else's button is trusted."""
    attempt(lambda: action() if visitor.controls(runs.store().get(number)) else None)


def _use(name: str) -> None:
    runs.refresh()
    state.request(model=name)
    frame.go_to("")


def _choose_watched(run: Run, view: ViewState, _: Translator) -> None:
    """The date whose attention is drawn; the other pages show it too."""
    state.set_widget("train_text", view.text[:100])
    with (
        st.form("train_watch", border=False, width="content"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        st.text_input(_("Date to watch"), key="train_text", max_chars=100, label_visibility="collapsed", width=230)
        st.form_submit_button(_("Watch this date"), on_click=partial(_watch, run.number))
    try:
        read_source(view.text, DATE_VOCABULARY)
    except SourceTextError as error:
        say(error_sentence(error, _), "error", "train_text_error")


def _watch(number: int) -> None:
    text = st.session_state.train_text
    state.request(text=text)
    _attempt_on_own(number, lambda: runs.store().watch(number, text))


def _offer_files(run: Run, _: Translator) -> None:
    """What the run has made, as files; each is read when somebody asks for it."""
    with st.popover(_("Download")):
        files = (
            (_("Model (safetensors)"), run.model_file, "safetensors", "application/octet-stream"),
            (_("Model card (Markdown)"), run.folder / CARD_FILE, "md", "text/markdown"),
        )
        for label, file, ending, mime in files:
            if file is not None and file.is_file():
                name = f"{models.name_of_run(run.number)}.{ending}"
                st.download_button(
                    label, file.read_bytes, name, mime, key=f"train_file_{ending}", on_click="ignore", width="stretch"
                )


def _offer_rename(run: Run, _: Translator) -> None:
    with st.popover(_("Rename")), st.form("train_rename", border=False):
        key = f"train_name_of_{run.number}"
        st.session_state.setdefault(key, run.name)
        st.text_input(_("Name of the run"), key=key, max_chars=NAME_LENGTH)
        st.form_submit_button(_("Rename"), on_click=partial(_rename, run.number))


def _rename(number: int) -> None:
    name = st.session_state[f"train_name_of_{number}"]
    try:
        _attempt_on_own(number, lambda: runs.store().rename(number, name, visitor.number()))
    except ValueError:
        st.session_state[_BAD_NAME] = True
    runs.refresh()


def offer_delete(number: int, _: Translator) -> None:
    """The button that deletes a run, behind one that asks.

    Both are this run's alone: when the next run takes its place, nothing of it is open under the pointer.
    """
    with st.popover(_("Delete"), key=f"train_delete_{number}"):
        st.text(_("The model, its curves and its settings will be gone for everybody."))
        delete = partial(_delete, number)
        st.button(_("Delete for good"), key=f"train_delete_{number}_for_good", type="primary", on_click=delete)


def _delete(number: int) -> None:
    def delete() -> None:
        store = runs.store()
        try:
            mine = visitor.controls(store.get(number))
        except UnreadableRunError:
            mine = visitor.controls_all()
        if mine:
            store.discard(number, visitor.number())
            st.session_state[_UNDO] = (number, time.monotonic())

    attempt(delete)
    runs.refresh()
    state.request(run=0)


def offer_undo(_: Translator) -> None:
    """For a minute after this visitor has deleted a run: have it back."""
    number, deleted = st.session_state.get(_UNDO, (0, 0.0))
    if not number or time.monotonic() - deleted > SECONDS_TO_UNDO:
        return
    with st.container(key="train_undo", horizontal=True, vertical_alignment="center"):
        say(_("Run {number} was deleted.").format(number=number), "note", "train_deleted")
        st.button(_("Undo"), key=f"train_undo_{number}", on_click=partial(_undo, number))


def _undo(number: int) -> None:
    del st.session_state[_UNDO]
    attempt(lambda: runs.store().restore(number, visitor.number()))
    runs.refresh()
    state.request(run=number)


def show_problems_of_run(run: Run, _: Translator) -> None:
    """Say what ended a run before its time, and why it could not be renamed."""
    if run.problem:
        say(ending_words(run, _), "error", "train_ending")
    if st.session_state.pop(_BAD_NAME, False):
        sentence = _("A name has at most {most} characters, all of which can be seen.").format(most=NAME_LENGTH)
        say(sentence, "error", "train_bad_name")
