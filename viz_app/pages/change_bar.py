"""What is changed in the decoding, in one line on every page that shows an answer or a map.

A page computes with the changes (`show_changes`) or leaves them out (`show_left_out`), and says which; nobody is to
take a changed decoding for what the model does by itself, or the other way round.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.decoding.interventions import Intervention
from viz_app.session import change_history
from viz_app.session.changes import active
from viz_app.session.decoded import Decoded
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label, describe
from viz_app.text.characters import shortened
from viz_app.text.i18n import Translator

# A link can carry 64 changes, each with many weights; a bar of all of them would push the picture off the screen.
_NAMED_AT_MOST: Final = 3
_LONGEST: Final = 60


def show_changes(view: ViewState, decoded: Decoded, _: Translator, *, but: str = "") -> None:
    """Name the changes that the page is computed with; nothing where there are none.

    Args:
        but: a sentence on what of the page leaves the changes out; empty where nothing does.
    """
    unfit = decoded.unfit
    made = list(decoded.trace.interventions)
    if not made and not unfit:
        return
    said = [but] if but and made else []
    if unfit:
        said.append(_("Do not fit here, and are left out: {count}.").format(count=len(unfit)))
    _show(_("Changed:"), made, view, " ".join(said), _)


def show_left_out(view: ViewState, _: Translator) -> None:
    """Say that the page shows the models without the changes, and name these; nothing where there are none."""
    made = active(view.changes)
    if made:
        _show(_("Left out here:"), made, view, _("This page shows what the models do by themselves."), _)


def _show(label: str, made: list[Intervention], view: ViewState, sentence: str, _: Translator) -> None:
    with st.container(key="changed", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.text(label, width="content")
        for number, change in enumerate(made[:_NAMED_AT_MOST]):
            said = describe(change, view.text, _)
            st.button(
                f"{as_label(shortened(said, _LONGEST))} ✕",
                key=f"changed_{number}",
                help=as_label(_("Remove: {change}").format(change=said)),
                on_click=change_history.remove,
                args=(change,),
            )
        if len(made) > _NAMED_AT_MOST:
            st.text(_("{count} more changes").format(count=len(made) - _NAMED_AT_MOST), width="content")
        st.button(_("Remove all"), key="changed_all", type="tertiary", on_click=change_history.apply, args=((),))
        if sentence:
            st.text(sentence, width="content")
