"""The film that ships and its decodings, kept once for all visitors."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.data.source_text import AnyText, SourceText
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from core.exhibits.film import Film, load_frames, read_film

# The traces of a text by twelve frames hold some 0.9 MB.
_TEXTS_AT_MOST: Final = 60


@st.cache_resource(show_spinner=False)
def loaded() -> tuple[Film, tuple[Pipeline, ...]]:
    """The film and a model for each of its frames, loaded once and shared. On the CPU, as `models.pipeline`.

    Raises:
        FilmError, CheckpointError: its files are missing or damaged; says which.
    """
    film = read_film()
    return film, load_frames(film, device="cpu")


def traces(text: AnyText) -> tuple[DecodingTrace, ...]:
    """The decodings of a text by every frame, in order, kept by the film's digest and the normalised text.

    Raises:
        SourceTextError: the text cannot be read.
    """
    film, pipelines = loaded()
    source = pipelines[-1].read(text)
    return _traces(film.digest, source.text, source, pipelines)


@st.cache_resource(max_entries=_TEXTS_AT_MOST, show_spinner=False)
def _traces(digest: str, text: str, _source: SourceText, _pipelines: tuple[Pipeline, ...]) -> tuple[DecodingTrace, ...]:
    return tuple(pipeline.trace(_source) for pipeline in _pipelines)
