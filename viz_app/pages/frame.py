"""What stands around every page: title, icon, style, and the choice of page and language."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from viz_app.components.page_links import PageLink, page_links
from viz_app.pages.blocks import address, choose_one, use_styles
from viz_app.session import state
from viz_app.text.html import Markup
from viz_app.text.i18n import LANGUAGES, Translator
from viz_app.text.page_titles import tab_title

# Read once: handed over as a path, it would be read again in every run.
_ICON: Final = "data:image/svg+xml;base64," + b64encode(Path(__file__).with_name("icon.svg").read_bytes()).decode(
    "ascii"
)

_WANTED: Final = "page_wanted"

# What a link to another page takes over of the address: the date and how it is looked at go with a visitor everywhere.
_OF_EVERY_PAGE: Final = ("text", "model", "step", "scale", "padding", "changes")
_OF_ONE_PAGE: Final = {"train": ("run",), "bugs": ("bug", "quiz")}


def set_up(page: Page, _: Translator) -> None:
    """Name the browser's tab and load the style."""
    st.set_page_config(page_title=tab_title(page.url_path, _), page_icon=_ICON, layout="wide")
    use_styles("style.css")


def head(pages: Sequence[Page], page: Page, _: Translator) -> None:
    """The title, the pages, and the languages."""
    with st.container(key="head", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(key="pages", horizontal=True, vertical_alignment="center", width="content"):
            title = Markup("<h1>{}</h1>").format(_("Attention, step by step"))
            st.html(title, width="content")
            _choose_page(pages, page, _)
        state.set_widget("lang", state.requested().lang)
        choose_one(_("Language"), LANGUAGES, "lang", on_change=lambda: state.request(lang=st.session_state.lang))


def go_to(path: str) -> None:
    """Go to another page, from a widget's callback; `path` is its `url_path`."""
    st.session_state[_WANTED] = path


def _choose_page(pages: Sequence[Page], page: Page, _: Translator) -> None:
    """Links, and the way to the chosen page, which shows the same text, model and step."""
    if len(pages) == 1:
        return
    by_path = {one.url_path: one for one in pages}
    chosen = st.session_state.pop(_WANTED, None)
    if chosen in by_path and chosen != page.url_path:
        st.switch_page(by_path[chosen], query_params=state.to_query(state.requested()))
    links = tuple(
        PageLink(path, one.title, _OF_EVERY_PAGE + _OF_ONE_PAGE.get(path, ())) for path, one in by_path.items()
    )
    page_links(
        links,
        page.url_path,
        "page",
        label=_("Pages"),
        language=state.requested().lang,
        base=address(""),
        on_choose=_go_to_told,
    )


def _go_to_told(path: object) -> None:
    if isinstance(path, str):
        go_to(path)
