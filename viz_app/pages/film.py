"""The Film page: type a date, and scrub through the training of the model that reads it."""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st

from core.exhibits.film import FilmError
from core.models.parameters import CheckpointError
from viz_app.components.film import film, film_payload
from viz_app.pages import date_field
from viz_app.pages.blocks import show_lead, show_verdict
from viz_app.pages.change_bar import show_left_out
from viz_app.session import films, state
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import Problem, problem_sentence, say

_LOG: Final = logging.getLogger(__name__)
_BAD_FRAME: Final = "film_bad_frame"


def film_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    beside_the_field = date_field.choose_text(requested, _)
    date_field.choose_example(requested, _)
    with beside_the_field:
        show_lead(_("One model, kept at twelve moments of its training. Play it, and watch it learn where to look."))
        view, source = date_field.read(requested, _, state.FIRST_MODEL)
    show_left_out(view, _)
    try:
        shown, _pipelines = films.loaded()
    except (FilmError, CheckpointError):
        _LOG.exception("the film cannot be shown")
        say(_("The film cannot be shown: its files on this server are missing or damaged."), "error", "no_film")
    else:
        with beside_the_field:
            _check_frame(len(shown.frames), requested, _)
        traces = films.traces(source)
        if date_field.is_read(source):
            with beside_the_field:
                show_verdict(traces[-1], view.lang, _, of=_("At the end of the training: {said}"))
        film(film_payload(shown, traces, scale=view.scale, language=view.lang, _=_), key="film")
    state.record_shown(view)


def _check_frame(frames: int, requested: ViewState, _: Translator) -> None:
    """Say of a frame in the URL that there is no such one, until something else is chosen."""
    frame = st.query_params.get("frame")
    if frame is None or frame in [str(i + 1) for i in range(frames)]:
        return
    said: tuple[str, ViewState] | None = st.session_state.get(_BAD_FRAME)
    if said is None or said[0] != frame:
        st.session_state[_BAD_FRAME] = said = (frame, requested)
    if said[1] == requested:
        say(problem_sentence(Problem("frame", frame), _), "error", "problem_frame")
