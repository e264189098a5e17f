"""The links to the pages.

Not Streamlit's own: those carry the address as it was at the last trip to the server, and the stage has moved on since.
They also say the language of the whole page, on which browsers, screen readers and the choice of a font go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import streamlit as st

from viz_app.components.files import component_script

# In the page itself and not in a shadow: what reads the page looks for its links there.
_mount = st.components.v2.component(
    "page_links", html="<nav></nav>", js=component_script("page_links"), isolate_styles=False
)


class PageLink(NamedTuple):
    """A page that can be gone to.

    Attributes:
        path: its address below that of the app.
        title: in the visitor's language.
        parameters: those of the address that it takes over from the page that is open.
    """

    path: str
    title: str
    parameters: tuple[str, ...]


def page_links(
    pages: tuple[PageLink, ...],
    here: str,
    key: str,
    *,
    label: str,
    language: str,
    base: str,
    on_choose: Callable[[Any], None],
) -> None:
    """Show the links.

    Args:
        here: the path of the page that is open.
        key: names the component on the page.
        label: what they are, for those who hear the page.
        language: BCP 47 tag of the page.
        base: the address of the app, with a slash at the end.
        on_choose: called with the path of a page that is to be opened in this tab. It comes from the browser and is not
            checked.
    """

    def chosen() -> None:
        told = st.session_state[key].get("chosen")
        on_choose(told.get("path") if isinstance(told, Mapping) else None)

    data = {"label": label, "language": language, "base": base, "here": here}
    _mount(data={**data, "pages": [page._asdict() for page in pages]}, key=key, on_chosen_change=chosen)
