"""What the files of one page may take together: counted by session, given back, and never by what is refused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app.server.uploads import BoundedUploads
from viz_app.session import uploads

KILOBYTES_400 = bytes(400 * 2**10)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """An app that takes files as Streamlit does; those called "bad" it refuses."""
    monkeypatch.setenv("ATTENTION_UPLOADS", "1")
    monkeypatch.setattr(uploads, "_sessions", OrderedDict())

    async def take(request: Request) -> Response:
        if int(request.headers.get("content-length", 0)) > 8 * 2**20:
            return Response(status_code=413)
        if request.path_params["file"] == "form":
            async with request.form() as form:
                (file,) = form.values()
                assert isinstance(file, UploadFile)
                return JSONResponse({"name": file.filename, "size": file.size})
        return Response(status_code=400 if request.path_params["file"] == "bad" else 204)

    address = "/_stcore/upload_file/{session}/{file}"
    routes = [Route(address, take, methods=["PUT", "DELETE", "GET"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(BoundedUploads)]))


def put(client: TestClient, session: str, file: str, content: bytes = KILOBYTES_400) -> int:
    return client.put(f"/_stcore/upload_file/{session}/{file}", content=content).status_code


def taken(client: TestClient, session: str, file: str) -> bool:
    """Is a file that is sent kept?"""
    assert put(client, session, file) == 204
    return file in uploads.files_of(session).sizes and file not in uploads.files_of(session).left_out


def test_no_page_holds_more_than_is_allowed(client: TestClient) -> None:
    assert [taken(client, "a", file) for file in "123"] == [True, True, False]
    assert taken(client, "b", "1"), "another page has its own"
    assert taken(client, "a", "1"), "the same file in the place of itself"
    client.delete("/_stcore/upload_file/a/2")
    assert [taken(client, "a", file) for file in "34"] == [True, False]


def test_of_a_file_that_is_left_out_the_page_knows_and_the_app_gets_the_name_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: SimpleNamespace(session_id="a"))
    assert [put(client, "a", file) for file in "12"] == [204] * 2
    files = {"file": ("dates.txt", KILOBYTES_400, "text/plain")}
    answer = client.put("/_stcore/upload_file/a/form", files=files)
    assert answer.json() == {"name": "dates.txt", "size": 0}, "the browser shows no sign of its own"
    assert [uploads.was_left_out(file) for file in ("1", "form")] == [False, True]
    client.delete("/_stcore/upload_file/a/1")
    assert client.put("/_stcore/upload_file/a/form", files=files).json()["size"] == len(KILOBYTES_400)
    assert not uploads.was_left_out("form")


def test_what_is_too_large_by_itself_is_refused_unread(client: TestClient) -> None:
    assert put(client, "a", "huge", bytes(8 * 2**20 + 1)) == 413
    assert not uploads.files_of("a").left_out and not uploads.files_of("a").sizes


def test_what_the_app_refuses_is_not_counted(client: TestClient) -> None:
    assert [put(client, "a", "bad") for _ in range(5)] == [400] * 5
    assert put(client, "a", "1") == 204


def test_a_file_says_how_long_it_is(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield KILOBYTES_400

    assert client.put("/_stcore/upload_file/a/1", content=chunks()).status_code == 411
    assert client.get("/_stcore/upload_file/a/1").status_code == 204


def test_few_sessions_are_remembered(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SESSIONS_KEPT", 3)
    for session in range(10):
        uploads.files_of(str(session))
    assert list(uploads._sessions) == ["7", "8", "9"]


def test_who_is_alone_has_no_bound(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTENTION_UPLOADS")
    assert [put(client, "a", file) for file in "1234"] == [204] * 4
