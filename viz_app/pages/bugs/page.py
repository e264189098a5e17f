"""The Bugs page: mistakes that people make with this model, one at a time beside the right code, and a quiz on them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.data.source_text import AnyText
from core.training.mistakes import MISTAKES
from viz_app.pages import date_field
from viz_app.pages.blocks import choose_one, offer_texts, show_lead, use_styles
from viz_app.pages.bugs.gallery import shipped_gallery
from viz_app.pages.bugs.gallery_view import EXAMPLES_KEY, PICTURED, pictured_text, show_gallery
from viz_app.pages.bugs.quiz_view import request_quiz, show_quiz
from viz_app.pages.change_bar import show_left_out
from viz_app.session import state
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator


def bugs_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    use_styles("tables.css", "bugs/bugs.css")
    with st.container(key="bugs", gap="small"):
        _choose_part(requested, _)
        view, text = _ask_text(requested, _)
        show_left_out(view, _)
        gallery = shipped_gallery()
        # Before the drawing: the next text may cut that short, and what was read stays the last good one.
        state.record_shown(view)
        if view.quiz:
            show_quiz(gallery, view, _)
        else:
            show_gallery(gallery, view, text, _)


def _choose_part(requested: ViewState, _: Translator) -> None:
    parts = {False: _("Gallery"), True: _("Quiz")}
    state.set_widget("bugs_part", bool(requested.quiz))
    with st.container(key="bugs_parts", horizontal=True, vertical_alignment="center"):
        choose_one(_("Gallery or quiz"), parts, "bugs_part", on_change=_change_part)
        lead = _("Bugs that people published or asked about. Most run and say no word; the last at least crash.")
        show_lead(lead)


def _ask_text(requested: ViewState, _: Translator) -> tuple[ViewState, AnyText]:
    """The view that can be shown, and its text.

    A mistake of the picture alone is drawn for any date, so there one is asked for.
    """
    mistake = MISTAKES.get(requested.bug)
    if requested.quiz or mistake is None or mistake.picture is None:
        return date_field.read(requested, _, state.FIRST_MODEL, has_field=False)
    requested = replace(requested, text=pictured_text(mistake, requested.text))
    beside_the_field = date_field.choose_text(requested, _)
    offer_texts(_("Examples"), PICTURED, EXAMPLES_KEY, requested.text)
    with beside_the_field:
        return date_field.read(requested, _, state.FIRST_MODEL)


def _change_part() -> None:
    request_quiz() if st.session_state.bugs_part else state.request(quiz=0)
