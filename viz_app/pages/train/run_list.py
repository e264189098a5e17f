"""All training runs of this server, on the Train page."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Final

import streamlit as st

from core.runs.run import Run
from viz_app.pages.train.progress import SECONDS_BETWEEN_LOOKS
from viz_app.pages.train.words import SIGNS, accuracy_words, few_words, status_words, when
from viz_app.session import models, runs, state
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator
from viz_app.text.messages import show_failures

_LISTED_AT_MOST: Final = 20
_ALL_RUNS: Final = "train_all_runs"


def list_runs(shown: Run | None, view: ViewState, _: Translator) -> None:
    """All runs, drawn anew while one that is not shown above moves."""
    st.html(Markup('<h2 class="train-part">{}</h2>').format(_("All training runs")))
    others = any(runs.is_moving(run) and (shown is None or run.number != shown.number) for run in runs.store().list())
    st.fragment(_draw_list, run_every=4 * SECONDS_BETWEEN_LOOKS if others else None)(
        shown.number if shown else 0, view, _
    )


def _draw_list(shown: int, view: ViewState, _: Translator) -> None:
    with show_failures(_), runs.show_store_failures(_, "train_list"):
        listed = runs.store().list()
        now = datetime.now(UTC)
        every = st.session_state.get(_ALL_RUNS, False)
        for run in listed if every else listed[:_LISTED_AT_MOST]:
            with st.container(key=f"train_row_{run.number}", horizontal=True, vertical_alignment="center"):
                label = _("Shown above") if run.number == shown else _("Show")
                if st.button(label, key=f"train_show_{run.number}", disabled=run.number == shown):
                    state.request(run=run.number)
                    st.rerun()
                st.html(row_html(run, now, view, _))
        if len(listed) > _LISTED_AT_MOST and not every:
            label = _("Show all {count}").format(count=len(listed))
            st.button(label, key="train_all", on_click=partial(st.session_state.update, {_ALL_RUNS: True}))


def row_html(run: Run, now: datetime, view: ViewState, _: Translator) -> Markup:
    """A run in one line."""
    cells = (
        ("name", models.run_title(run, _)),
        ("words", few_words(run, _)),
        ("status", f"{SIGNS[run.status]} {status_words(run, _)}"),
        ("accuracy", accuracy_words(run, _)),
        ("when", when(run.created, now, _)),
    )
    spans = Markup("").join(Markup('<span class="{}">{}</span>').format(*cell) for cell in cells)
    return Markup('<div class="train-row" lang="{}">{}</div>').format(view.lang, spans)
