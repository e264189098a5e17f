"""What is kept in bounded memory."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from viz_app.session.bounded_cache import BoundedCache, clear_all


def test_what_was_used_longest_ago_goes_when_the_bytes_are_used_up():
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    for key in "abc":
        cache.keep(key, b"123")
    assert cache.find("a") == b"123"
    cache.keep("d", b"1234")
    assert [key for key in "abcd" if cache.find(key)] == ["a", "c", "d"]
    assert cache.bytes == 10


def test_one_value_that_is_too_large_is_kept_until_the_next_comes():
    cache: BoundedCache[str, bytes] = BoundedCache(3, len)
    cache.keep("large", b"12345")
    assert cache.find("large")
    cache.keep("small", b"1")
    assert cache.find("large") is None and cache.bytes == 1


def test_keeping_the_same_again_counts_it_once():
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    for _ in range(5):
        cache.keep("a", b"123")
    assert (cache.bytes, len(cache)) == (3, 1)


def test_what_many_ask_for_at_once_is_made_once():
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    all_there, made = threading.Barrier(8), []

    def make() -> bytes:
        made.append(1)
        return b"x"

    def ask(_: int) -> bytes:
        all_there.wait()
        return cache.get("a", make)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [b"x"] * 8
    assert made == [1]


def test_what_fails_is_made_anew_by_the_next():
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: bytes(1 // 0))
    assert cache.get("a", lambda: b"x") == b"x"
    assert not cache._making


def test_all_can_be_emptied():
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    cache.keep("a", b"x")
    clear_all()
    assert cache.find("a") is None and cache.bytes == 0
