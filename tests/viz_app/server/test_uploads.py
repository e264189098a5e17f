"""What the files of one page may take together: counted by session, given back, and never by what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app.server import uploads
from viz_app.server.uploads import BoundedUploads

KILOBYTES_400 = bytes(400 * 2**10)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """An app that takes files as Streamlit does; those called "bad" it refuses."""
    monkeypatch.setenv("ATTENTION_UPLOADS", "1")

    async def take(request: Request) -> Response:
        return Response(status_code=400 if request.path_params["file"] == "bad" else 204)

    address = "/_stcore/upload_file/{session}/{file}"
    routes = [Route(address, take, methods=["PUT", "DELETE", "GET"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(BoundedUploads)]))


def put(client: TestClient, session: str, file: str, content: bytes = KILOBYTES_400) -> int:
    return client.put(f"/_stcore/upload_file/{session}/{file}", content=content).status_code


def test_no_page_holds_more_than_is_allowed(client: TestClient) -> None:
    assert [put(client, "a", file) for file in "123"] == [204, 204, 413]
    assert put(client, "b", "1") == 204, "another page has its own"
    assert put(client, "a", "1") == 204, "the same file in the place of itself"
    client.delete("/_stcore/upload_file/a/2")
    assert [put(client, "a", file) for file in "34"] == [204, 413]
    refused = client.put("/_stcore/upload_file/a/4", content=KILOBYTES_400)
    assert refused.text == "The files of this page would take more than 1 MB. Remove one, or open the page anew."


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
    bounded = BoundedUploads(client.app)
    for session in range(10):
        bounded._files_of(str(session))
    assert list(bounded.sessions) == ["7", "8", "9"]


def test_who_is_alone_has_no_bound(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTENTION_UPLOADS")
    assert [put(client, "a", file) for file in "1234"] == [204] * 4
