"""What answers beside the pages: the front page itself, safe headers, compressed files, and the HTTP interface."""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.runtime.pages_manager import PagesManager

from viz_app.server import api, front_page, openapi
from viz_app.server.compression import CompressedFiles
from viz_app.server.doors import ClosedDoors
from viz_app.server.frames import CheckedFrames
from viz_app.server.headers import SafeHeaders, allowed_embedders, content_security_policy
from viz_app.server.rates import BoundedRates
from viz_app.server.sockets import sending_at_once
from viz_app.server.uploads import BoundedUploads
from viz_app.server.visitor import VisitorNumbers, teachers_sentence

__all__ = ["PAGE_SCRIPT", "middleware", "routes", "say_at_start", "sending_at_once"]

PAGE_SCRIPT = Path(__file__).parents[1] / "main.py"

# Streamlit takes a folder `pages` beside the page script for its older kind of pages, until `st.navigation` has run:
# the first visitor of a server, had he come by a link to a page, would be told that there is no such page.
PagesManager.uses_pages_directory = False


def routes() -> list[BaseRoute]:
    """What the server answers besides what Streamlit does."""
    return [*front_page.routes(), *api.routes(), *openapi.routes()]


def middleware() -> list[Middleware]:
    """What every request goes through, the outermost first."""
    policy = content_security_policy(front_page.front_page("en"), allowed_embedders())
    return [
        Middleware(SafeHeaders, policy=policy),
        Middleware(ClosedDoors),
        Middleware(BoundedRates),
        Middleware(CheckedFrames),
        Middleware(VisitorNumbers),
        Middleware(BoundedUploads),
        Middleware(CompressedFiles),
    ]


def say_at_start() -> None:
    """Print what who starts the server needs to know."""
    if sentence := teachers_sentence():
        print(sentence, flush=True)
