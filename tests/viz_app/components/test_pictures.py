"""What the component of pictures is given: elements that are pictures as XML too."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from viz_app.components import pictures as module
from viz_app.components.pictures import pictures
from viz_app.figures.svg.curves import Line, curve_svg
from viz_app.figures.svg.weights import weights_svg


def given(svgs: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(module, "_mount", lambda data, key: calls.append(data))
    pictures(svgs, "place", language="ko", least=200)
    [data] = calls
    return data


def test_every_picture_is_named_as_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [
        curve_svg([Line("a<b", [(1, 2), (2, 3)])], label="<&>"),
        weights_svg([[0.5]], "<", "&", label='"', title="t"),
        '<svg xmlns="http://www.w3.org/2000/svg" role="img"/>',
    ]
    data = given(drawn, monkeypatch)
    assert {name: data[name] for name in ("language", "least")} == {"language": "ko", "least": 200}
    for svg in data["svgs"]:
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert svg.count("xmlns=") == 1


def test_no_pictures_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given([], monkeypatch)["svgs"] == []
