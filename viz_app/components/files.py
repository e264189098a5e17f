"""The files that a component of the page is made of, as the texts that Streamlit takes."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from viz_app.components.scripts import assemble

_FOLDER: Final = Path(__file__).parent


class ComponentFiles(NamedTuple):
    """What `st.components.v2.component` takes, as texts."""

    html: str
    css: str
    js: str


def component_files(name: str, *, styles: tuple[str, ...] = (), plays: bool = False) -> ComponentFiles:
    """The texts of a component in the folder of its name.

    Args:
        name: of the folder and of its three files; its script is made of the modules that `NAME/NAME.js` imports.
        styles: style sheets in `shared/` that stand before the component's own.
        plays: it is a `Player` (`shared/player.js`), and its HTML says where the buttons and the slider are to be.
    """
    html = _read(f"{name}/{name}.html")
    if plays:
        html = html.replace("<!-- player -->", _read("shared/player.html"))
        styles = (*styles, "controls", "player")
    css = "".join(_read(f"{style}.css") for style in (*(f"shared/{style}" for style in styles), f"{name}/{name}"))
    return ComponentFiles(html, css, component_script(name))


def component_script(name: str) -> str:
    """The script of a component: the modules that `NAME/NAME.js` imports, as one text."""
    return assemble(_FOLDER / name / f"{name}.js", _FOLDER)


def _read(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8")
