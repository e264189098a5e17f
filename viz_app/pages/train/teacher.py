"""The foot of the Train page on a shared server: who this browser is, and what who has the teacher's key may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core.runs.events import Event
from core.runs.limits import is_shared
from viz_app.pages.blocks import show_html
from viz_app.pages.train.attempts import attempt
from viz_app.pages.train.words import when
from viz_app.session import runs, visitor
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator
from viz_app.text.messages import say
from viz_app.text.tables import NOTHING, table

_EVENTS_SHOWN: Final = 50
_WRONG: Final = "train_wrong_key"
_KEY: Final = "train_key"


def show_teachers_part(view: ViewState, _: Translator) -> None:
    """Nothing where nobody shares the server."""
    if not is_shared():
        return
    with st.expander(_("For the teacher"), key="train_teacher"):
        st.text(
            _("The number of this browser, by which its runs are its own: {number}").format(number=visitor.number())
        )
        if visitor.is_teacher():
            _offer_switches(_)
            _show_log(view, _)
        else:
            _ask_for_key(_)


def _ask_for_key(_: Translator) -> None:
    with (
        st.form("train_key_form", border=False, clear_on_submit=True, width="content"),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(_("Teacher's key"), key=_KEY, type="password", max_chars=200, width=260)
        st.form_submit_button(_("Open"), on_click=_show_key)
    if st.session_state.pop(_WRONG, False):
        say(_("This is not the teacher's key. The server prints it when it starts."), "error", "train_key_wrong")


def _show_key() -> None:
    st.session_state[_WRONG] = not visitor.show_key(st.session_state[_KEY])


def _offer_switches(_: Translator) -> None:
    st.text(_("You may stop and delete every run."))
    store = runs.store()
    with st.container(key="train_switches", horizontal=True, vertical_alignment="center"):
        if store.seconds_closed():
            st.button(_("Let training go on"), key="train_open", on_click=_as_teacher, args=(store.open_training,))
        else:
            end = _("End training for an hour")
            st.button(end, key="train_close", on_click=_as_teacher, args=(store.close_training,))
        st.button(_("Be a visitor again"), key="train_no_teacher", on_click=visitor.forget_key)


def _as_teacher(action: Callable[[str], None]) -> None:
    if visitor.is_teacher():
        attempt(lambda: action(visitor.number()))
        runs.refresh()


def _show_log(view: ViewState, _: Translator) -> None:
    now = datetime.now(UTC)
    rows = [_row(event, now, _) for event in runs.store().events(_EVENTS_SHOWN)]
    header = [_("When"), _("Who"), _("What"), _("Run"), _("Name")]
    if rows:
        show_html(table(header, rows, _("Who did what")), view.lang)


def _row(event: Event, now: datetime, _: Translator) -> list[str]:
    names = {
        "queued": _("started"),
        "renamed": _("renamed"),
        "deleted": _("deleted"),
        "restored": _("undid the deletion"),
        "pause": _("paused"),
        "resume": _("resumed"),
        "stop": _("stopped"),
        "closed": _("ended training"),
        "opened": _("let training go on"),
    }
    return [
        when(datetime.fromtimestamp(event.moment, UTC), now, _),
        event.visitor or _("the server"),
        names.get(event.what, NOTHING),
        str(event.run) if event.run else NOTHING,
        event.name or NOTHING,
    ]
