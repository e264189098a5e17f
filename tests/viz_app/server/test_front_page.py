"""The front page: Streamlit's own, in the visitor's language, for every page that there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app import server
from viz_app.server.compression import STREAMLIT_PAGES, CompressedFiles
from viz_app.server.doors import ClosedDoors
from viz_app.server.frames import CheckedFrames
from viz_app.server.front_page import PAGES, front_page, routes
from viz_app.server.headers import SafeHeaders
from viz_app.server.rates import BoundedRates
from viz_app.server.uploads import BoundedUploads
from viz_app.server.visitor import VisitorNumbers
from viz_app.text.i18n import translator
from viz_app.text.page_titles import page_titles

CLIENT = TestClient(Starlette(routes=routes()))
ORIGINAL = (STREAMLIT_PAGES / "index.html").read_text("utf-8")


def test_the_pages_are_those_of_the_page_script():
    tree = ast.parse(server.PAGE_SCRIPT.read_text("utf-8"))
    keywords = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "url_path"]
    assert ("", *(ast.literal_eval(keyword.value) for keyword in keywords)) == PAGES


def test_it_is_streamlits_page_but_for_language_title_and_one_script():
    page = front_page("ko", "film")
    assert '<html lang="ko">' in page and "<title>필름 · 한 단계씩 보는 어텐션</title>" in page
    assert page.index('src="./server.js"') < page.index('type="module"')
    assert len(page.splitlines()) == len(ORIGINAL.splitlines()) + 1


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "ja,en;q=0.8", "ja"),
        ("/inside", "ko-KR", "ko"),
        ("/truth?lang=ko", "ja", "ko"),
        ("/film?lang=xx", "ja", "ja"),
        ("/film?lang=ko-KR", "ja", "ko"),
        ("/bugs", "fr", "en"),
    ],
)
def test_the_language_is_the_one_asked_for(path, accepted, language):
    answer = CLIENT.get(path, headers={"Accept-Language": accepted, "Accept-Encoding": "br"})
    assert answer.status_code == 200 and answer.headers["content-encoding"] == "br"
    assert f'<html lang="{language}">' in answer.text
    titles = page_titles(translator(language))
    assert f"<title>{titles[path.strip('/').split('?')[0]]} · " in answer.text
    assert answer.headers["cache-control"] == "no-cache" and "Accept-Language" in answer.headers["vary"]


def test_without_compression_it_is_the_same():
    plain = CLIENT.get("/", headers={"Accept-Language": "ja", "Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == CLIENT.get("/", headers={"Accept-Language": "ja", "Accept-Encoding": "gzip"}).text


def test_the_script_says_where_the_server_is():
    answer = CLIENT.get("/server.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "window.__streamlit" in answer.text and "BACKEND_BASE_URL" in answer.text


def test_the_app_has_them_all():
    paths = {route.path for route in server.routes() if isinstance(route, Route)}
    assert {"/", "/train", "/server.js"} <= paths
    classes: list[object] = [entry.cls for entry in server.middleware()]
    before = [SafeHeaders, ClosedDoors, BoundedRates, CheckedFrames]
    assert classes == [*before, VisitorNumbers, BoundedUploads, CompressedFiles]
    assert Path(server.PAGE_SCRIPT).name == "main.py"
