"""Streamlit's files: the same content, compressed as the browser takes it, and nothing but those files."""

from __future__ import annotations

import gzip

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app.server.compression import STREAMLIT_PAGES, CompressedFiles, encoding_for

FILE = max((STREAMLIT_PAGES / "static" / "css").glob("*.css"), key=lambda file: file.stat().st_size)
PATH = f"/static/css/{FILE.name}"


async def passed_on(request):
    return PlainTextResponse("passed on")


CLIENT = TestClient(Starlette(routes=[Route("/{path:path}", passed_on)], middleware=[Middleware(CompressedFiles)]))


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("br ; q=0.5", "br"),
        ("identity", ""),
        ("", ""),
        ("bread", ""),
    ],
)
def test_the_best_encoding_that_is_taken(accepted, encoding):
    assert encoding_for(accepted) == encoding


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_file_is_the_same_and_smaller(encoding, unpack):
    with CLIENT.stream("GET", PATH, headers={"Accept-Encoding": encoding}) as answer:
        content = b"".join(answer.iter_raw())
    assert unpack(content) == FILE.read_bytes() and len(content) < 0.5 * FILE.stat().st_size
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["vary"] == "Accept-Encoding" and "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) == len(content)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, {"Accept-Encoding": "identity"}),
        (PATH, {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}),
        ("/static/css/../../index.html", {"Accept-Encoding": "gzip"}),
        ("/static/css/none.css", {"Accept-Encoding": "gzip"}),
        ("/", {"Accept-Encoding": "gzip"}),
    ],
)
def test_everything_else_is_passed_on(path, headers):
    assert CLIENT.get(path, headers=headers).text == "passed on"
