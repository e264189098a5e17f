"""The view of the layer lab in the session, and its way into the URL.

The manner of `viz_app.session.state`, with two differences. The page writes all its parameters itself, since no part of
it lives in the browser only. And a URL that says nothing of the lab, as the navigation makes one, leaves the lab as it
was left: nobody loses typed numbers by a look at another page.

Two views are kept: the one that is shown, and the one that its tables were made from (`view_of_tables`). Streamlit's
table keeps what is typed into it and gives the difference from what it was made of, so a table must not be given other
numbers while somebody types in it. Everything but typing makes new tables.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import streamlit as st

from core.analysis.layer_lab import LAYERS
from viz_app.pages.lab.arrays import ArrayTextError
from viz_app.pages.lab.link import from_query, to_query
from viz_app.pages.lab.view import LabView, changed
from viz_app.session import state
from viz_app.text.messages import Problem

_UNDO_AT_MOST: Final = 50

_VIEW: Final = "lab_view"
_START: Final = "lab_start"
_BEFORE: Final = "lab_views_before"
_PROBLEMS: Final = "lab_problems"
_SEEN: Final = "lab_url_as_last_seen"
_VERSION: Final = "lab_version_of_the_tables"
_ERRORS: Final = "lab_errors"


def requested() -> LabView:
    """What this visitor asks for now: what `request` or `keep_typed` said last, unless the URL says something new."""
    session = st.session_state
    names = {field.name for field in fields(LabView)} | {s.name for lab in LAYERS.values() for s in lab.arrays}
    query = {name: value for name, value in st.query_params.to_dict().items() if name in names}
    if _VIEW not in session or (query and query != session[_SEEN]):
        view, session[_PROBLEMS] = from_query(query)
        _start(view)
    session[_SEEN] = query
    asked_for: LabView = session[_VIEW]
    return asked_for


def request(**changes: Any) -> None:
    """Ask for other settings, from a widget's callback."""
    show(changed(requested(), **changes))


def show(view: LabView) -> None:
    """Show another view, from a widget's callback; it can be undone."""
    _remember(requested())
    _start(view)


def keep_typed(view: LabView) -> None:
    """Show what has been typed into a table, which stays as it is."""
    _remember(requested())
    st.session_state[_VIEW] = view


def undo() -> None:
    """Go back to the view before the last change, if there was one."""
    if can_undo():
        st.session_state[_PROBLEMS], st.session_state[_ERRORS] = (), {}
        _start(st.session_state[_BEFORE].pop())


def can_undo() -> bool:
    """Has anything been changed?"""
    return bool(st.session_state.get(_BEFORE))


def keep_error(place: str, error: ArrayTextError) -> None:
    """Say at a place of the page why an array stays as it is, until something else is changed."""
    st.session_state[_ERRORS] = {place: error}


def error_at(place: str) -> ArrayTextError | None:
    """What is to be said at a place of the page."""
    found: ArrayTextError | None = st.session_state.get(_ERRORS, {}).get(place)
    return found


def view_of_tables() -> LabView:
    """The view that the tables on the screen were made from."""
    view: LabView = st.session_state[_START]
    return view


def version_of_tables() -> int:
    """A number that is new with every new start."""
    number: int = st.session_state[_VERSION]
    return number


def problems() -> tuple[Problem, ...]:
    """What could not be used of the URL that this view came from."""
    found: tuple[Problem, ...] = st.session_state.get(_PROBLEMS, ())
    return found


def record_shown(view: LabView) -> None:
    """Write the view into the URL, where it says something else.

    A URL that asks for what does not exist stays as it is, with a sentence beside it, until something is changed.
    """
    if problems() or (view == LabView() and not st.session_state[_SEEN]):
        return
    says = to_query(view)
    query = {**state.to_query(state.requested()), **says}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
    st.session_state[_SEEN] = says


def _start(view: LabView) -> None:
    session = st.session_state
    session[_VIEW] = session[_START] = view
    session[_VERSION] = session.get(_VERSION, 0) + 1


def _remember(view: LabView) -> None:
    st.session_state[_PROBLEMS], st.session_state[_ERRORS] = (), {}
    before = st.session_state.setdefault(_BEFORE, [])
    before.append(view)
    del before[:-_UNDO_AT_MOST]
