"""Heavy work for a page or for the HTTP interface: asked of the pool, waited for, and taken back by who leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from functools import cache
from typing import Any, Final, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from viz_app.session import visitor
from viz_app.session.pool import Pool, PoolError, process_limit
from viz_app.text.i18n import Translator

T = TypeVar("T")

asker: ContextVar[Callable[[], str]] = ContextVar("asker", default=str)
"""Says who asks by the HTTP interface."""

_PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
# The server answers the HTTP interface with forty threads: those who wait here must leave some to all others.
_threads_that_wait: Final = threading.BoundedSemaphore(20)


@cache
def pool() -> Pool:
    """The pool of this server."""
    return Pool(process_limit())


def answer(key: Hashable, function: Callable[..., T], *arguments: Any, here: Callable[[], T]) -> T:
    """What a function returns, computed by the pool, or found among its latest answers.

    A page that is drawn anew, or that nobody sees any more, stops waiting, and the question is taken back.

    Args:
        key: two questions of the same key have the same answer.
        function, arguments: see `WorkerProcess.call`.
        here: the same, computed in this process, for a server that has no pool.
    Raises:
        PoolError: it is not to be had; says why.
        what the function raises.
    """
    if process_limit() == 0:
        found: T = pool().answered_here(key, here)
        return found
    if get_script_run_ctx() is not None:
        return _for_page(key, function, arguments)
    if not _threads_that_wait.acquire(blocking=False):
        raise PoolError("full")
    try:
        with pool().ask(asker.get()(), key, function, *arguments) as ticket:
            if not ticket.wait(_PATIENCE_SECONDS):
                raise PoolError("full")
            result: T = ticket.result()
            return result
    finally:
        _threads_that_wait.release()


def _for_page(key: Hashable, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with pool().ask(visitor.number(), key, function, *arguments) as ticket:
        while not ticket.wait(_LOOK_SECONDS):
            # By looking into the session Streamlit ends this run where its visitor has left or clicked again.
            st.session_state.get("waits")
            if time.monotonic() > deadline:
                raise PoolError("full")
        result: T = ticket.result()
        return result


def trouble_sentence(error: PoolError, _: Translator) -> str:
    """Why something was not computed, and what to do about it."""
    return {
        "full": _("The server has as much to compute as it takes on at the moment. Try again in a few seconds."),
        "late": _("This takes longer to compute than the server allows. Use fewer changes, or a smaller file."),
        "died": _("Something went wrong while this was computed. It has been noted; trying again may help."),
    }[error.trouble]
