"""The Ladder page: one date and the models next to each other, from the simplest to attention, and your own."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from viz_app.components.drawing import drawing
from viz_app.pages import date_field
from viz_app.pages.blocks import choose_from, show_lead, use_styles
from viz_app.pages.change_bar import show_left_out
from viz_app.pages.ladder.comparison import accuracy_curves, family_table, seeds_sentence
from viz_app.pages.ladder.rung_html import ladder_html
from viz_app.pages.ladder.rungs import Rung, rungs_of
from viz_app.session import models, state
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say

_BESIDE: Final = "ladder_beside"
_BESIDE_AT_MOST: Final = 3


def ladder_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    use_styles("tables.css", "ladder/ladder.css")
    beside_the_field = date_field.choose_text(requested, _)
    date_field.choose_example(requested, _)
    own = _choose_own(requested, _)
    with beside_the_field:
        show_lead(_lead(_))
        view, source = date_field.read(requested, _, state.FIRST_MODEL)
    shown = rungs_of(own, source)
    # Before the drawing: the next text may cut that short, and what was read stays the last good one.
    state.record_shown(view)
    show_left_out(view, _)
    _say_who_is_missing(own, shown, _)
    drawing(ladder_html(shown, view.scale, view.lang, _), key="ladder")
    with st.container(key="ladder_figures", horizontal=True, gap="large"):
        curves = accuracy_curves(shown, _) + Markup("<p>{}</p>").format(seeds_sentence(shown, _))
        drawing(_in_language(curves, "curves", view), key="ladder_curves")
        st.html(_in_language(family_table(shown, _), "families", view))


def _lead(_: Translator) -> str:
    return _(
        "Three models that differ only in what the decoder gets to see. The same date, the same recipe of training."
    )


def _say_who_is_missing(own: list[str], shown: list[Rung], _: Translator) -> None:
    for name in own:
        if name not in [rung.name for rung in shown]:
            sentence = _("“{model}” cannot stand here: it cannot read this text, or its file is missing or damaged.")
            say(sentence.replace("{model}", models.title(name, _)), "error", f"missing_{name}")


def _in_language(html: Markup, kind: str, view: ViewState) -> Markup:
    """HTML that tells its language, by which lines are broken and words are read out."""
    return Markup('<div class="ladder-{}" lang="{}">{}</div>').format(kind, view.lang, html)


def _choose_own(requested: ViewState, _: Translator) -> list[str]:
    """The visitor's own models that stand beside those that ship: chosen here, or the one of the view."""
    own = [name for name in models.names() if models.is_of_run(name)]
    if not own:
        return []
    chosen = st.session_state.get(_BESIDE, [requested.model] if requested.model in own else [])
    state.set_widget(_BESIDE, [name for name in chosen if name in own])
    selected: list[str] = choose_from(
        st.multiselect,
        _("Beside them, trained here:"),
        own,
        key=_BESIDE,
        format_func=partial(models.title, _=_),
        max_selections=_BESIDE_AT_MOST,
        placeholder=_("Choose finished trainings"),
        width=480,
    )
    return selected
