"""What strangers have no business with is closed, and an operator can open it."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viz_app.server.doors import METRICS, ClosedDoors

METRICS_AT = ["/_stcore/metrics", "/_stcore/metrics/", "/school/dates/_stcore/metrics", "/_stcore/script-health-check"]


def client() -> TestClient:
    async def answer(request: object) -> PlainTextResponse:
        return PlainTextResponse("inside")

    routes = [Route("/{path:path}", answer)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(ClosedDoors)]))


@pytest.mark.parametrize("address", METRICS_AT)
def test_how_busy_the_server_is_is_nobodys_business(address, monkeypatch):
    monkeypatch.delenv(METRICS, raising=False)
    assert client().get(address).status_code == 404
    monkeypatch.setenv(METRICS, "1")
    assert client().get(address).text == "inside"


@pytest.mark.parametrize("address", ["/", "/_stcore/health", "/_stcore/host-config", "/api/trace", "/train"])
def test_everything_else_is_open(address):
    assert client().get(address).text == "inside"
