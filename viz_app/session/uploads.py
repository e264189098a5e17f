"""What the files of every open page take together: counted as they come, and remembered where one was too many.

The server's middleware counts (`viz_app/server/uploads.py`); the page that shows the field for files asks here whether
its file was left out, and says so.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from streamlit.runtime.scriptrunner import get_script_run_ctx

SESSIONS_KEPT: Final = 2000
"""So many sessions are remembered, the latest; far more than have files at once."""


@dataclass
class Files:
    """The files of a session.

    Attributes:
        sizes: bytes of each, by name.
        left_out: names of those that would have been too much.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


_sessions: OrderedDict[str, Files] = OrderedDict()


def files_of(session: str) -> Files:
    """The files of a session, to be changed."""
    files = _sessions.setdefault(session, Files())
    _sessions.move_to_end(session)
    if len(_sessions) > SESSIONS_KEPT:
        _sessions.popitem(last=False)
    return files


def was_left_out(file: str) -> bool:
    """Was this file of the page that is drawn too much, so that nothing of it is kept?"""
    context = get_script_run_ctx()
    return context is not None and context.session_id in _sessions and file in _sessions[context.session_id].left_out
