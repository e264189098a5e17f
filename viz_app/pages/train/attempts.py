"""What a visitor does to the store from a widget's callback, and what goes wrong: told when the page is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from core.runs.limits import LimitError
from core.runs.store import NoSuchRunError, RunStoreError
from viz_app.pages.train.refusals import refusal
from viz_app.pages.train.settings import Settings
from viz_app.session import runs
from viz_app.text.i18n import Translator
from viz_app.text.messages import say

_FAILURE: Final = "train_failure"


def attempt(action: Callable[[], object]) -> None:
    """Do something with the store. A run that is gone meanwhile needs no words: the page says that there is none."""
    try:
        action()
    except NoSuchRunError:
        pass
    except (RunStoreError, OSError, LimitError) as error:
        keep_failure(error)


def keep_failure(error: Exception) -> None:
    """Keep what went wrong for `show_failure`."""
    st.session_state[_FAILURE] = error


def show_failure(settings: Settings, _: Translator) -> None:
    """Say once what went wrong."""
    error = st.session_state.pop(_FAILURE, None)
    if isinstance(error, ValueError):
        say(refusal(settings, error, _), "error", "train_failure")
    elif error is not None:
        with runs.show_store_failures(_, "train_failure"):
            raise error
