"""Drawings on a page: what Python drew reaches the browser as it is."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

PAGE = """
from viz_app.components.drawing import drawing
drawing('<svg class="a"><title>&lt;b&gt;</title></svg>', key="one")
"""


def test_the_browser_gets_the_drawing() -> None:
    app = AppTest.from_string(PAGE).run()
    assert not app.exception
    (component,) = app.get("bidi_component")
    assert json.loads(component.proto.json) == {"html": '<svg class="a"><title>&lt;b&gt;</title></svg>'}
