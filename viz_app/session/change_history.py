"""What a visitor does to their changes from any page: take one out, switch it, go back.

A quick second click comes while the page still shows what was there before the first. So a change is named by what it
is, not by the place that it had in the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from core.decoding.interventions import Intervention
from viz_app.session import state
from viz_app.session.changes import Changes, switched, without

_REMEMBERED: Final = 50
_PAST: Final = "changes_before"


def apply(changes: Changes) -> None:
    """Ask for other changes, and keep those before for `undo`."""
    past = st.session_state.setdefault(_PAST, [])
    before = state.requested()
    past.append((before.text, before.changes))
    del past[:-_REMEMBERED]
    state.request(changes=changes)


def undo() -> None:
    """Go back to the changes, and the text, before the last change."""
    past = st.session_state.get(_PAST, [])
    if past:
        text, changes = past.pop()
        state.request(changes=changes) if text == state.requested().text else state.request(text=text, changes=changes)


def can_undo() -> bool:
    """Has anything been changed?"""
    return bool(st.session_state.get(_PAST))


def switch(intervention: Intervention) -> None:
    """Switch a change the other way; nothing where it is not in the list any more."""
    _apply_to(intervention, switched)


def remove(intervention: Intervention) -> None:
    """Take a change out of the list; nothing where it is not in it any more."""
    _apply_to(intervention, without)


def _apply_to(intervention: Intervention, action: Callable[[Changes, int], Changes]) -> None:
    changes = state.requested().changes
    index = next((i for i, change in enumerate(changes) if change.intervention == intervention), None)
    if index is not None:
        apply(action(changes, index))
