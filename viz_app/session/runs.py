"""The training runs for the pages: the one store of this server, the models in it, and what is said when it fails."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import streamlit as st

from core.files.places import runs_folder
from core.runs.launch import ensure_workers
from core.runs.run import Run
from core.runs.store import DATABASE_FILE, NoSuchRunError, RunStore, RunStoreError
from viz_app.text.i18n import Translator
from viz_app.text.messages import say

_LOG: Final = logging.getLogger(__name__)
# So long a finished run may be unknown to the choosers of models, which every click of every visitor asks, and a dead
# worker to those who watch its run.
_SECONDS_KEPT: Final = 1
KEYS: Final = "train_keys_of_my_runs"
"""Where a visitor's session keeps, by number, the keys of the runs that it has started."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def store() -> RunStore:
    """The store of this server, made where there is none.

    Raises:
        RunStoreError: it cannot be made or used.
    """
    return _store(runs_folder())


@st.cache_resource(show_spinner=False)
def _store(folder: Path) -> RunStore:
    return RunStore(folder)


def keep_training() -> None:
    """Let the queue go on, at most once a second however many visitors look.

    Raises:
        RunStoreError: the store cannot be used.
        OSError: no process can be started.
    """
    _keep_training(runs_folder())


@st.cache_resource(ttl=_SECONDS_KEPT, show_spinner=False)
def _keep_training(folder: Path) -> None:
    ensure_workers(_store(folder))


def store_exists() -> bool:
    """Is there a store? Looking at the pages makes none."""
    return (runs_folder() / DATABASE_FILE).is_file()


def finished() -> dict[int, Run]:
    """The finished runs that have a model, by number, the newest first; at most a second old.

    None where the store cannot be read: the other models can be shown all the same.
    """
    return _finished(runs_folder())


@st.cache_resource(ttl=_SECONDS_KEPT, show_spinner=False)
def _finished(folder: Path) -> dict[int, Run]:
    if not (folder / DATABASE_FILE).is_file():
        return {}
    try:
        return {run.number: run for run in _store(folder).list() if has_model(run)}
    except RunStoreError:
        _LOG.exception("the training runs cannot be read")
        return {}


def is_moving(run: Run) -> bool:
    """Does a run wait for its turn, or train?"""
    return run.status in ("queued", "running")


def has_model(run: Run) -> bool:
    """Has a run finished, and is its model one of those that the pages show?"""
    return run.status == "finished" and run.model_file is not None


def refresh() -> None:
    """Let `finished` and `keep_training` look again, after a run has begun, ended or been deleted."""
    folder = runs_folder()
    # By its key: emptying a whole cache whose entries end by themselves is a race, which Streamlit logs as an error.
    _finished.clear(folder)
    _keep_training.clear(folder)


@contextmanager
def show_store_failures(_: Translator, key: str) -> Iterator[None]:
    """Show a failure of the store to the visitor as a sentence, and write it into the server's log.

    A run that somebody deletes while it is drawn is no failure: the page is drawn again, without it.
    """
    try:
        yield
    except NoSuchRunError:
        refresh()
        st.rerun()
    except (RunStoreError, OSError) as error:
        _LOG.exception("the training runs cannot be used")
        say(trouble_sentence(error, _), "error", key)


def trouble_sentence(error: Exception, _: Translator) -> str:
    """Why the store cannot be used, without the folders of the server that its own message names."""
    if getattr(error, "disk_full", False) or getattr(error, "errno", None) in _FULL:
        return _("The server's disk is full, so nothing can be stored. Make room and try again.")
    return _("The training runs cannot be read or stored at the moment. The server's log says why.")
