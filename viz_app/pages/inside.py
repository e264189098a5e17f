"""The Inside page: one step unfolded, from the states to the character."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from viz_app.components.inside import inside, inside_payload, inside_strings
from viz_app.pages import date_field
from viz_app.pages.blocks import show_verdict
from viz_app.pages.change_bar import show_changes
from viz_app.session import models, state
from viz_app.session.decoded import decode
from viz_app.session.state import ViewState
from viz_app.text.i18n import translator

_CELLS: Final = "inside_cells"


def inside_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    beside_the_field = date_field.choose_text(requested, _)
    date_field.choose_model(requested, _)
    with beside_the_field:
        view, source = date_field.read(requested, _)
    decoded = decode(view, source)
    trace = decoded.trace
    if date_field.is_read(source):
        with beside_the_field:
            show_verdict(trace, view.lang, _)
    show_changes(view, decoded, _)
    payload = inside_payload(
        models.pipeline(view.model),
        trace,
        step=view.step - 1,
        stage=view.stage,
        scale=view.scale,
        with_cells=_CELLS in st.session_state,
        strings=inside_strings(_),
        language=view.lang,
    )
    inside(
        payload,
        key="inside",
        on_cell=lambda: st.session_state.update({_CELLS: True}),
        on_move=partial(_record_move, requested),
    )
    state.record_shown(view)


def _record_move(requested: ViewState, step: object, stage: object) -> None:
    state.record_step(requested, step)
    state.record_stage(stage)
