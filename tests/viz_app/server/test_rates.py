"""How many questions are answered in a second: of a visitor, of an address, of a class behind one address."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from viz_app.server.rates import BUCKETS_KEPT, BoundedRates, Buckets
from viz_app.session import visitor


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def answered(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Server:
    """A server whose clock stands still, and what it answers."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.buckets = Buckets(self.clock)
        self.app = BoundedRates(answered, self.buckets)

    def ask(self, cookie: str = "", address: str = "198.51.100.7", path: str = "/api/trace"):
        said: list[dict] = []

        async def send(message):
            said.append(message)

        async def receive():
            return {"type": "http.request"}

        headers = [(b"cookie", f"{visitor.cookie_name()}={cookie}".encode())] if cookie else []
        scope = {"type": "http", "path": path, "headers": headers, "client": (address, 1), "method": "GET"}
        asyncio.run(self.app(scope, receive, send))
        return said[0]["status"], dict(said[0]["headers"])

    def count(self, times: int, **question) -> Counter:
        return Counter(self.ask(**question)[0] for _ in range(times))


@pytest.fixture
def server(shared) -> Server:
    return Server()


def test_a_visitor_who_asks_without_end_is_told_when_to_ask_again(server):
    me = visitor.new_cookie()
    assert server.count(70, cookie=me) == {200: 60, 429: 10}
    status, headers = server.ask(cookie=me)
    assert (status, headers[b"retry-after"], headers[b"content-type"]) == (429, b"1", b"application/problem+json")
    server.clock.now += 1
    assert server.count(30, cookie=me) == {200: 20, 429: 10}


def test_a_class_of_two_hundred_behind_one_address_is_answered(server):
    cookies = [visitor.new_cookie() for _ in range(200)]
    for _ in range(5):
        assert {server.ask(cookie=cookie)[0] for cookie in cookies} == {200}
        server.clock.now += 1


def test_without_a_cookie_or_with_a_new_one_each_time_the_address_counts(server):
    assert server.count(1600) == {200: 1500, 429: 100}
    assert server.ask(cookie=visitor.new_cookie())[0] == 429
    assert server.ask(cookie=visitor.new_cookie(), address="198.51.100.8")[0] == 200


def test_one_machine_has_all_addresses_that_begin_alike_in_ipv6(server):
    assert server.count(1500, address="2001:db8::1") == {200: 1500}
    assert server.ask(address="2001:db8::2")[0] == 429
    assert server.ask(address="2001:db8:0:1::2")[0] == 200


def test_a_file_counts_for_four(server):
    assert server.count(20, cookie=visitor.new_cookie(), path="/api/file") == {200: 15, 429: 5}


def test_what_is_no_question_is_not_counted(server):
    assert server.count(2000, path="/static/js/index.js") == {200: 2000}
    assert len(server.buckets) == 0


def test_who_has_the_server_alone_asks_as_often_as_they_like(monkeypatch):
    monkeypatch.setenv("ATTENTION_SHARED", "0")
    assert Server().count(2000) == {200: 2000}


def test_the_operator_decides(shared, monkeypatch):
    monkeypatch.setenv("ATTENTION_REQUESTS_ADDRESS", "1")
    assert Server().count(5) == {200: 3, 429: 2}


def test_only_so_many_are_remembered():
    buckets = Buckets(Clock())
    for number in range(BUCKETS_KEPT + 10):
        buckets.take(str(number), 1, 1)
    assert len(buckets) == BUCKETS_KEPT


def test_a_clock_that_goes_back_gives_nothing_away():
    clock = Clock()
    buckets = Buckets(clock)
    assert [buckets.take("me", 1, 1) for _ in range(4)] == [0, 0, 0, 1]
    clock.now -= 50
    assert buckets.take("me", 1, 1) == 1
    clock.now += 1
    assert buckets.take("me", 1, 1) == 0
