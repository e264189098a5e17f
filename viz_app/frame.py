"""What stands around every page: title, icon, style, and the choice of the language."""

from __future__ import annotations

import html
from base64 import b64encode
from pathlib import Path
from typing import Final

import streamlit as st

from viz_app import state
from viz_app.i18n import LANGUAGES, Translator

_FOLDER: Final = Path(__file__).parent
# Read once: handed over as paths, the two would be read again in every run, and take a fifth of its time.
_ICON: Final = "data:image/svg+xml;base64," + b64encode((_FOLDER / "icon.svg").read_bytes()).decode("ascii")
_STYLE: Final = f"<style>{(_FOLDER / 'style.css').read_text('utf-8')}</style>"


def set_up(_: Translator) -> None:
    """Name the browser's tab and load the style."""
    st.set_page_config(page_title=_("Attention, step by step"), page_icon=_ICON, layout="wide")
    st.html(_STYLE)


def head(_: Translator) -> None:
    """The title, what to do here, and the languages."""
    with st.container(key="head", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        title = html.escape(_("Attention, step by step"))
        lead = html.escape(_("A small neural network rewrites a date as year-month-day and shows where it looks."))
        st.html(f"<h1>{title}</h1><p>{lead}</p>", width="content")
        state.put("lang", state.asked().lang)
        st.segmented_control(
            _("Language"),
            LANGUAGES,
            key="lang",
            format_func=LANGUAGES.__getitem__,
            required=True,
            label_visibility="collapsed",
            on_change=lambda: state.ask(lang=st.session_state.lang),
        )
