"""What is changed in the decoding on the screen, in one line, so that nobody takes it for what the model does."""

from __future__ import annotations

import streamlit as st

from core.decoding.interventions import AttentionChange
from viz_app.pages.step import editing
from viz_app.session.changes import active
from viz_app.session.decoded import Decoded
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label, describe
from viz_app.text.i18n import Translator
from viz_app.text.messages import say


def show_changes(view: ViewState, decoded: Decoded, _: Translator) -> None:
    """The changes that are on, each with a button that removes it; nothing where there are none."""
    if not active(view.changes):
        return
    with st.container(key="changed", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.text(_("Changed:"), width="content")
        for index, change in enumerate(view.changes):
            if not change.on:
                continue
            said = describe(change.intervention, view.text, _)
            if index in decoded.unfit:
                said = _("{change} – does not fit here and is left out").format(change=said)
            remove = as_label(_("Remove: {change}").format(change=said))
            label = f"{as_label(said)} ✕"
            st.button(label, key=f"changed_{index}", help=remove, on_click=editing.remove_change, args=(index,))
        st.button(_("Remove all"), key="changed_all", type="tertiary", on_click=editing.apply, args=((),))


def say_computed_with(decoded: Decoded, _: Translator) -> None:
    """Say that the numbers of a page are those of the changed decoding."""
    if not decoded.changed:
        return
    sentence = _("Everything below is computed with the changes.")
    if any(isinstance(change, AttentionChange) for change in decoded.trace.interventions):
        sentence = _(
            "Everything below is computed with the changes; where the attention is changed, a is not softmax(s)."
        )
    say(sentence, "note", "computed_with_changes")


def say_left_out(view: ViewState, _: Translator) -> None:
    """Say of a page that it shows the models without the changes, where there are some."""
    if active(view.changes):
        sentence = _("The changes of the decoding are left out here: this page shows what the models do by themselves.")
        say(sentence, "note", "changes_left_out")
