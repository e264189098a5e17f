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
from core.runs.limits import Limit, LimitError, limits
from core.runs.rows import UnreadableRunError
from core.runs.run import Run
from core.runs.store import DATABASE_FILE, NoSuchRunError, RunStore, RunStoreError
from viz_app.text.i18n import Translator
from viz_app.text.messages import say

_LOG: Final = logging.getLogger(__name__)
# So long a finished run may be unknown to the choosers of models, which every click of every visitor asks, and a dead
# worker to those who watch its run.
_SECONDS_KEPT: Final = 1
# So long a click waits for others that write; a person is told sooner that the store is busy than they click again.
_PATIENCE_SECONDS: Final = 0.5
_MODELS_LISTED: Final = 50

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def store() -> RunStore:
    """The store of this server, made where there is none.

    Raises:
        RunStoreError: it cannot be made or used.
    """
    return _store(runs_folder())


@st.cache_resource(show_spinner=False)
def _store(folder: Path) -> RunStore:
    return RunStore(folder, _PATIENCE_SECONDS)


def keep_training() -> None:
    """Let the queue go on, at most once a second however many visitors look.

    Raises:
        RunStoreError: the store cannot be used.
        OSError: no process can be started.
    """
    _keep_training(runs_folder())


@st.cache_resource(ttl=_SECONDS_KEPT, show_spinner=False)
def _keep_training(folder: Path) -> None:
    try:
        ensure_workers(_store(folder))
    except RunStoreError as error:
        if not (error.busy or error.disk_full):
            raise
        # What is there can be shown all the same, and who asks for more is told.
        _LOG.warning("%s; the queue goes on when that works again", error)


def store_exists() -> bool:
    """Is there a store? Looking at the pages makes none."""
    return (runs_folder() / DATABASE_FILE).is_file()


def finished() -> dict[int, Run]:
    """The latest finished runs that have a model, by number, the newest first; at most a second old.

    None where the store cannot be read: the other models can be shown all the same.
    """
    return _finished(runs_folder())


def finished_run(number: int) -> Run | None:
    """A finished run that has a model, however old; None where there is none."""
    return finished().get(number) or _older(runs_folder(), number)


@st.cache_resource(ttl=_SECONDS_KEPT, show_spinner=False)
def _finished(folder: Path) -> dict[int, Run]:
    if not (folder / DATABASE_FILE).is_file():
        return {}
    try:
        return {run.number: run for run in _store(folder).list("finished", _MODELS_LISTED) if has_model(run)}
    except RunStoreError:
        _LOG.exception("the training runs cannot be read")
        return {}


@st.cache_resource(ttl=_SECONDS_KEPT, max_entries=_MODELS_LISTED, show_spinner=False)
def _older(folder: Path, number: int) -> Run | None:
    if len(_finished(folder)) < _MODELS_LISTED:
        return None
    try:
        run = _store(folder).get(number)
    except (NoSuchRunError, UnreadableRunError):
        return None
    except RunStoreError:
        _LOG.exception("the training runs cannot be read")
        return None
    return run if has_model(run) else None


def is_moving(run: Run) -> bool:
    """Does a run wait for its turn, or train?"""
    return run.status in ("queued", "running")


def has_model(run: Run) -> bool:
    """Has a run finished, and is its model one of those that the pages show?"""
    return run.status == "finished" and run.model_file is not None and not is_too_large(run)


def is_too_large(run: Run) -> bool:
    """Has a run made a model that is larger than this server shows? Seen by its file, before anything is read."""
    most = limits().model
    if most is None or run.model_file is None:
        return False
    try:
        return run.model_file.stat().st_size > most * 2**20
    except OSError:
        return False  # gone: who loads it is told


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


def limit_sentence(limit: Limit, most: int, _: Translator) -> str:
    """What this server does not allow, and what to do about it. Args: most: how much is allowed."""
    return {
        "queue-each": _("No more than {most} of your runs may wait at once. Wait until one is trained, or stop one."),
        "queue": _("No more than {most} runs may wait on this server at once. Try again later."),
        "minutes": _(
            "It has trained for {most} min, the most that this server gives to one run. What it reached is kept. "
            "Use fewer epochs, fewer dates or a smaller model."
        ),
        "disk": _(
            "Its files take more than {most} MB, the most that this server gives to one run. Use a smaller model."
        ),
        "model": _("The model would take more than {most} MB, and this server shows none so large. Make it smaller."),
        "closed": _("The teacher has ended training for now. Try again later."),
    }[limit].format(most=f"{most:,}")


def trouble_sentence(error: Exception, _: Translator) -> str:
    """Why the store cannot be used, without the folders of the server that its own message names."""
    if isinstance(error, LimitError):
        return limit_sentence(error.limit, error.most, _)
    if getattr(error, "busy", False):
        return _("The list of training runs is busy at the moment. Try again.")
    if isinstance(error, UnreadableRunError):
        return _("What is stored about training run {number} cannot be read. The others are none the worse.").format(
            number=error.number
        )
    if getattr(error, "disk_full", False) or getattr(error, "errno", None) in _FULL:
        return _("The server's disk is full, so nothing can be stored. Make room and try again.")
    return _("The training runs cannot be read or stored at the moment. The server's log says why.")
