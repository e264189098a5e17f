"""The files that a component of the page is made of, those in front that it shares with others."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = Path(__file__).parent


class ComponentFiles(NamedTuple):
    """What `st.components.v2.component` takes, as texts."""

    html: str
    css: str
    js: str


def component_files(name: str, *, plays: bool = False) -> ComponentFiles:
    """The texts of a component in the folder of its name, `shared/tools.js` before its script.

    Args:
        name: of the folder and of its three files.
        plays: it is a `Player` (`shared/player.js`), and its HTML says where the buttons and the slider are to be.
    """
    html, css, js = (_read(f"{name}/{name}.{ending}") for ending in ("html", "css", "js"))
    if plays:
        html = html.replace("<!-- player -->", _read("shared/player.html"))
        css, js = _read("shared/player.css") + css, _read("shared/player.js") + js
    return ComponentFiles(html, css, _read("shared/tools.js") + js)


def _read(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8")
