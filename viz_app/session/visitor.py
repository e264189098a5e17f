"""Who is visiting: a number that a signed cookie brings back, so that a run's owner is known after a reload.

The number says nothing about a person, and the signature keeps anybody from passing for another. The middleware in
`viz_app/server/visitor.py` sends the cookie; a browser that takes none has a number as long as its tab is open.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st

from core.files.places import runs_folder
from core.runs.keys import Keys, load_keys
from core.runs.limits import is_shared
from core.runs.run import Run, may_control

_NUMBER: Final = re.compile("[0-9a-f]{12}", re.ASCII)
_NUMBER_OF_TAB: Final = "visitor_number_of_tab"
_TEACHER: Final = "visitor_is_teacher"


def keys() -> Keys:
    """The secrets of this server, read once.

    Raises:
        ValueError: the operator's key for the teacher is too short.
    """
    return _keys(runs_folder())


@cache
def _keys(folder: Path) -> Keys:
    return load_keys(folder)


def cookie_name() -> str:
    """What the cookie is called: differently on every server, since browsers do not tell ports of a host apart."""
    return f"attention_visitor_{hashlib.sha256(b'name of ' + keys().visitors).hexdigest()[:8]}"


def new_cookie() -> str:
    """A cookie for a new visitor: number, and signature."""
    number = secrets.token_hex(6)
    return f"{number}.{_signature(number)}"


def number_in(cookie: object) -> str | None:
    """The number in a cookie that this server has signed; None in any other, or in what is no text at all."""
    if not isinstance(cookie, str):
        return None
    number, _, signature = cookie.partition(".")
    # Compared in constant time, so that nobody finds a signature by how long a wrong one takes.
    signed = hmac.compare_digest(_signature(number).encode(), signature.encode(errors="replace"))
    return number if signed and _NUMBER.fullmatch(number) else None


def _signature(number: str) -> str:
    return hmac.new(keys().visitors, number.encode(errors="replace"), hashlib.sha256).hexdigest()


def number() -> str:
    """The number of who looks at the page that is drawn."""
    found = number_in(st.context.cookies.get(cookie_name()))
    if found is None:
        found = st.session_state.setdefault(_NUMBER_OF_TAB, secrets.token_hex(6))
    return str(found)


def show_key(key: str) -> bool:
    """Let who shows the teacher's key do what the teacher may, in this tab. Returns: was it the right one?"""
    right = hmac.compare_digest(key.strip().encode(errors="replace"), keys().teacher.encode())
    if right:
        st.session_state[_TEACHER] = True
    return right


def forget_key() -> None:
    """Let this tab be a visitor's again."""
    st.session_state.pop(_TEACHER, None)


def is_teacher() -> bool:
    """Was the teacher's key shown in this tab?"""
    return bool(st.session_state.get(_TEACHER, False))


def controls_all() -> bool:
    """May this visitor do everything?"""
    return is_teacher() or not is_shared()


def controls(run: Run) -> bool:
    """May this visitor pause, stop, rename or delete a run?"""
    return may_control(run, number(), teacher=is_teacher())
