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

RUNS_A_PAGE: Final = 20
_SKIPPED: Final = "train_runs_skipped"


def list_runs(shown: int, view: ViewState, _: Translator) -> None:
    """All runs, page by page, drawn anew while one moves. Args: shown: number of the one above, 0 for none."""
    st.html(Markup('<h2 class="train-part">{}</h2>').format(_("All training runs")))
    moves = runs.store().count("queued", "running")
    st.fragment(_draw_list, run_every=4 * SECONDS_BETWEEN_LOOKS if moves else None)(shown, view, _)


def _draw_list(shown: int, view: ViewState, _: Translator) -> None:
    with show_failures(_), runs.show_store_failures(_, "train_list"):
        store = runs.store()
        count = store.count()
        # Runs may have been deleted since this visitor turned the page.
        skip = min(st.session_state.get(_SKIPPED, 0), (count - 1) // RUNS_A_PAGE * RUNS_A_PAGE if count else 0)
        now = datetime.now(UTC)
        for run in store.page(most=RUNS_A_PAGE, skip=skip):
            with st.container(key=f"train_row_{run.number}", horizontal=True, vertical_alignment="center"):
                label = _("Shown above") if run.number == shown else _("Show")
                if st.button(label, key=f"train_show_{run.number}", disabled=run.number == shown):
                    state.request(run=run.number)
                    st.rerun()
                st.html(row_html(run, now, view, _) if isinstance(run, Run) else unreadable_html(run.number, view, _))
        if count > RUNS_A_PAGE:
            _turn_pages(skip, count, _)


def _turn_pages(skip: int, count: int, _: Translator) -> None:
    with st.container(key="train_pages", horizontal=True, vertical_alignment="center"):
        for key, label, there in (("newer", _("Newer"), skip - RUNS_A_PAGE), ("older", _("Older"), skip + RUNS_A_PAGE)):
            turn = partial(st.session_state.update, {_SKIPPED: there})
            st.button(label, key=f"train_{key}", disabled=not 0 <= there < count, on_click=turn)
        last = min(skip + RUNS_A_PAGE, count)
        place = _("{first} to {last} of {count}")
        st.text(place.format(first=f"{skip + 1:,}", last=f"{last:,}", count=f"{count:,}"), width="content")


def unreadable_html(number: int, view: ViewState, _: Translator) -> Markup:
    """A run that cannot be read, in one line."""
    words = Markup('<span class="name">{}</span><span class="words">{}</span>').format(
        _("Run {number}").format(number=number), _("What is stored about it cannot be read.")
    )
    return Markup('<div class="train-row" lang="{}">{}</div>').format(view.lang, words)


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
