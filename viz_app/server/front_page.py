"""The HTML that every page starts from: Streamlit's own, in the visitor's language, told where its server is.

Streamlit's client looks for its server beside the page first, so that a page below the root asks twice in vain. A small
script of ours says where it is, before Streamlit's own is loaded.
"""

from __future__ import annotations

import html
import re
from functools import cache, partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from viz_app.server.compression import STREAMLIT_PAGES, compress, encoding_for
from viz_app.text.i18n import language_of, preferred_language, translator, untranslated
from viz_app.text.page_titles import page_titles, tab_title

PAGES = tuple(page_titles(untranslated))
"""The addresses of the pages."""

_WHERE_THE_SERVER_IS = """\
// Where the server is: the folder of this script.
window.__streamlit = { BACKEND_BASE_URL: new URL(".", document.currentScript.src).href };
"""


def front_page(language: str, path: str = "") -> str:
    """The HTML of a page, its language and title said."""
    title = html.escape(tab_title(path, translator(language)))
    page = (STREAMLIT_PAGES / "index.html").read_text("utf-8")
    return (
        page.replace('<html lang="en">', f'<html lang="{language}">')
        .replace("<title>Streamlit</title>", f"<title>{title}</title>")
        .replace('<script type="module"', '<script src="./server.js"></script>\n    <script type="module"', 1)
    )


def routes() -> list[Route]:
    """The front page at every address that has one, and its script."""
    return [Route("/server.js", _server_script), *(Route(f"/{path}", partial(_page, path)) for path in PAGES)]


async def _page(path: str, request: Request) -> Response:
    most_wanted = re.split("[,;]", request.headers.get("accept-language", ""))[0].strip()
    language = language_of(request.query_params.get("lang", "")) or preferred_language(most_wanted)
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Accept-Encoding"}
    encoding = encoding_for(request.headers.get("accept-encoding", ""))
    compressed = {"Content-Encoding": encoding} if encoding else {}
    return Response(_content(language, path, encoding), media_type="text/html", headers=headers | compressed)


@cache
def _content(language: str, path: str, encoding: str) -> bytes:
    return compress(front_page(language, path).encode(), encoding)


async def _server_script(request: Request) -> Response:
    return Response(_WHERE_THE_SERVER_IS, media_type="text/javascript", headers={"Cache-Control": "max-age=3600"})
