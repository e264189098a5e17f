"""The cookie by which a visitor's runs stay theirs: sent with pages, signed, and given anew to who brings another."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app import server
from viz_app.server import front_page
from viz_app.server.visitor import VisitorNumbers, teachers_sentence
from viz_app.session import visitor


@pytest.fixture
def client() -> TestClient:
    async def other(_request: object) -> Response:
        return PlainTextResponse("fine")

    routes = [*front_page.routes(), Route("/api/models", other)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(VisitorNumbers)]))


def test_a_page_brings_a_number_once(client: TestClient) -> None:
    first = client.get("/train")
    cookie = first.cookies[visitor.cookie_name()]
    assert visitor.number_in(cookie) is not None
    assert first.headers["cache-control"] == "private, no-cache"
    again = client.get("/")
    assert "set-cookie" not in again.headers and again.headers["cache-control"] == "no-cache"
    other = TestClient(client.app).get("/").cookies[visitor.cookie_name()]
    assert visitor.number_in(other) not in (None, visitor.number_in(cookie))


def test_it_is_for_the_server_alone(client: TestClient) -> None:
    sent = client.get("/").headers["set-cookie"]
    assert re.fullmatch(
        r"attention_visitor_[0-9a-f]{8}=[0-9a-f]{12}\.[0-9a-f]{64}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax",
        sent,
    )


@pytest.mark.parametrize("headers", [{"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "https, http"}])
def test_by_https_it_never_goes_another_way(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).headers["set-cookie"].endswith("; Secure")
    secure = TestClient(client.app, base_url="https://testserver")
    assert secure.get("/").headers["set-cookie"].endswith("; Secure")


def test_only_pages_bring_it(client: TestClient) -> None:
    for path in ("/api/models", "/server.js", "/nothing"):
        assert "set-cookie" not in client.get(path).headers


def tampered() -> list[str]:
    number, signature = visitor.new_cookie().split(".")
    other = visitor.new_cookie().split(".")[0]
    return [
        f"{other}.{signature}",
        f"{number}.{signature[:-1]}",
        f"{number}.{'0' * 64}",
        f"{number}.",
        number,
        ".",
        "",
        f"{number[:-1]}g.{signature}",
        f"{number}.{signature}.{signature}",
        "é.é",
        "\\ud800.",
    ]


@pytest.mark.parametrize("which", range(11))
def test_who_brings_a_number_that_is_not_signed_gets_a_new_one(client: TestClient, which: int) -> None:
    cookie = tampered()[which]
    assert visitor.number_in(cookie) is None
    answer = client.get("/", headers=[(b"Cookie", f"{visitor.cookie_name()}={cookie}".encode())])
    assert visitor.number_in(answer.cookies[visitor.cookie_name()]) is not None


@pytest.mark.parametrize("header", [b"", b"\xff\xfe", b"=;=;;;", b"a" * 5000, b"a=b; c"])
def test_any_header_is_answered(client: TestClient, header: bytes) -> None:
    assert client.get("/", headers=[(b"Cookie", header)]).status_code == 200


def test_a_number_of_another_server_is_worth_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    cookie, name = visitor.new_cookie(), visitor.cookie_name()
    monkeypatch.setenv("ATTENTION_RUNS", f"{tmp_path}/others")
    assert visitor.number_in(cookie) is None and visitor.cookie_name() != name


@pytest.mark.parametrize("value", [None, 3, "\ud800.\ud800", b"a.b", object()])
def test_what_is_no_cookie_has_no_number(value: object) -> None:
    assert visitor.number_in(value) is None


def test_keys_may_hold_anything() -> None:
    for key in ("\ud800", "", "x" * 10_000, "é"):
        assert not visitor.show_key(key)


@pytest.mark.usefixtures("shared")
def test_who_starts_the_server_is_told_the_key_unless_they_chose_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.say_at_start()
    assert f"Teacher's key: {visitor.keys().teacher}\n" in capsys.readouterr().out
    monkeypatch.setenv("ATTENTION_SHARED", "0")
    assert teachers_sentence() == ""
    monkeypatch.setenv("ATTENTION_SHARED", "1")
    monkeypatch.setenv("ATTENTION_TEACHER_KEY", "a key of one's own")
    visitor._keys.cache_clear()
    server.say_at_start()
    assert capsys.readouterr().out == ""
    visitor._keys.cache_clear()
