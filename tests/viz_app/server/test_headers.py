"""Safe headers: on every answer, by a policy that allows the scripts of the page and no others."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app.server.front_page import front_page
from viz_app.server.headers import EMBEDDERS, SafeHeaders, allowed_embedders, content_security_policy


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def test_inline_scripts_of_the_page_are_allowed_by_their_digest_and_no_others():
    digest = base64.b64encode(hashlib.sha256(b" go() ").digest()).decode()
    page = '<script src="a.js"></script><script> go() </script><script type="module" crossorigin src="b.js"></script>'
    scripts = directives(content_security_policy(page))["script-src"]
    assert scripts == ["'self'", "blob:", "'wasm-unsafe-eval'", f"'sha256-{digest}'"]


def test_the_real_page_needs_no_unsafe_scripts():
    policy = directives(content_security_policy(front_page("en")))
    assert "'unsafe-inline'" not in policy["script-src"] and "'unsafe-eval'" not in policy["script-src"]
    assert len([source for source in policy["script-src"] if source.startswith("'sha256-")]) == 1
    assert policy["default-src"] == ["'self'"] and policy["object-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]


def test_an_operator_may_allow_frames(monkeypatch):
    monkeypatch.setenv(EMBEDDERS, " https://school.example  http://127.0.0.1:8000 ")
    assert allowed_embedders() == ["https://school.example", "http://127.0.0.1:8000"]
    policy = directives(content_security_policy("", allowed_embedders()))
    assert policy["frame-ancestors"] == ["'self'", "https://school.example", "http://127.0.0.1:8000"]


@pytest.mark.parametrize(
    "origin", ["school.example", "https://a.example/path", "*", "https://a.example;script-src", "'none'"]
)
def test_what_is_no_origin_is_refused(monkeypatch, origin):
    monkeypatch.setenv(EMBEDDERS, f"https://good.example {origin}")
    with pytest.raises(ValueError, match=re.escape("expected origins like https://school.example")):
        allowed_embedders()


def test_every_answer_has_them():
    async def fine(request):
        return PlainTextResponse("fine", headers={"X-Content-Type-Options": "sniff"})

    app = Starlette(routes=[Route("/fine", fine)], middleware=[Middleware(SafeHeaders, policy="default-src 'self'")])
    client = TestClient(app)
    for path, status in (("/fine", 200), ("/missing", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-security-policy"] == "default-src 'self'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
