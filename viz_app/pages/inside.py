"""The Inside page: one step unfolded, from the states to the character."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from viz_app.components.inside import inside, inside_payload, inside_strings
from viz_app.pages import date_field as asking
from viz_app.session import decoded, models, state
from viz_app.text.i18n import translator

_CELLS: Final = "inside_cells"


def inside_page() -> None:
    """The page, from top to bottom."""
    asked = state.asked()
    _ = translator(asked.lang)
    beside_the_field = asking.choose_text(asked, _)
    asking.choose_model(asked, _)
    with beside_the_field:
        view, source = asking.read(asked, _)
    trace = decoded.decode(view, source).trace
    payload = inside_payload(
        models.pipeline(view.model),
        trace,
        step=view.step - 1,
        scale=view.scale,
        with_cells=_CELLS in st.session_state,
        strings=inside_strings(_),
        language=view.lang,
    )
    inside(
        payload,
        key="inside",
        on_cell=lambda: st.session_state.update({_CELLS: True}),
        on_step=partial(state.reached, asked),
    )
    state.shown(view)
