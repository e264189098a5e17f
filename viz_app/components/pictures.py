"""Pictures drawn on the server, side by side where there is room.

`st.html` takes SVG out of what it shows, and `st.image` shows it apart from the page, without its colours and without
the words that pointing at it tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from viz_app.components.files import component_files
from viz_app.text.i18n import ENGLISH

_mount = st.components.v2.component(
    "attention_pictures",
    **component_files("pictures")._asdict(),
)

# SVG in a page of HTML needs no name of its language; parsed as XML it does.
_PLAIN: Final = "<svg "
_NAMED: Final = '<svg xmlns="http://www.w3.org/2000/svg" '


def pictures(svgs: Sequence[str], key: str, *, language: str = ENGLISH, least: int = 320) -> None:
    """Show pictures; one that is the same as before stays as it is.

    Args:
        svgs: SVG elements as `viz_app.figures` makes them: whatever a person typed is escaped in them.
        key: the key of the element, different for every place on a page.
        language: that of their words.
        least: the width in pixels that each gets at least, where the page has it.
    """
    named = [svg if "xmlns=" in svg[: svg.index(">")] else str(svg).replace(_PLAIN, _NAMED, 1) for svg in svgs]
    _mount(data={"svgs": named, "language": language, "least": least}, key=key)
