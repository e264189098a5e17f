"""What a training looks like, for a Train page that has none to show yet."""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st

from core.exhibits.film import FilmError, read_film
from viz_app.components.pictures import pictures
from viz_app.figures.training import curves_svgs
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say

_LOG: Final = logging.getLogger(__name__)


def show_example(language: str, _: Translator) -> None:
    """The one thing to do, and pale below it the curves of the training that the Film page shows."""
    say(_("No model has been trained here yet. Choose one of the three above and press Train."), "note", "no_runs")
    svgs = _curves(language)
    if not svgs:
        return
    st.text(_("Then curves such as these grow here, those of the film's training:"))
    with st.container(key="train_example"):
        pictures(svgs, "train_example_curves", language=language)


@st.cache_resource(show_spinner=False)
def _curves(language: str) -> list[str]:
    """Drawn once a language; none where the film is missing or damaged, which the log tells."""
    try:
        film = read_film()
    except FilmError:
        _LOG.exception("there is no training to show as an example")
        return []
    points = {
        "loss": film.losses,
        "exact_match": [(frame.iteration, frame.exact_match) for frame in film.frames],
    }
    return curves_svgs(points, film.frames[-1].iteration, _=translator(language))
