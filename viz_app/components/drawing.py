"""A drawing on the page: words in HTML with SVG among them, which `st.html` would leave out.

For SVG alone there is `viz_app.components.pictures`. A drawing stands in the page itself and not in a shadow of its
own, so that the page's styles, fonts and colours are also its own.
"""

from __future__ import annotations

import streamlit as st

from viz_app.components.files import component_script

_mount = st.components.v2.component("attention_drawing", js=component_script("drawing"), isolate_styles=False)


def drawing(html: str, key: str) -> None:
    """Put HTML with SVG on the page.

    Args:
        html: every text of a person in it has to be escaped; a script in it does not run.
        key: names the place; the same key keeps it over reruns, so that what stays the same is not drawn anew.
    """
    _mount(data={"html": html}, key=key)
