"""Heavy work on the pages and over HTTP: the same answers as without a pool, and a sentence where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.decoding.interventions import Temperature
from core.decoding.pretrained import load_pretrained
from tests.viz_app.conftest import clear_caches
from viz_app.server import PAGE_SCRIPT, api
from viz_app.session import heavy, pool_work
from viz_app.session.changes import Change, to_query
from viz_app.session.pool import Pool, PoolError, Ticket, Trouble

LONG = to_query(tuple(Change(Temperature(0.5, step=step)) for step in range(10)))
FITS_IN_PART = json.dumps(
    [{"kind": "force", "step": 0, "character": "2"}, {"kind": "force", "step": 1, "character": "é"}]
)
SENTENCES: dict[Trouble, str] = {
    "full": "The server has as much to compute as it takes on at the moment. Try again in a few seconds.",
    "late": "This takes longer to compute than the server allows. Use fewer changes, or a smaller file.",
    "died": "Something went wrong while this was computed. It has been noted; trying again may help.",
}


class ToldPool(Pool):
    """Notes what it is asked to compute."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.asked: list[Callable[..., Any]] = []

    def ask(self, visitor, key, function, *arguments) -> Ticket:
        self.asked.append(function)
        return super().ask(visitor, key, function, *arguments)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldPool]:
    monkeypatch.setenv("ATTENTION_POOL", "1")
    clear_caches()
    pool = ToldPool(1, seconds_idle=0.3)
    monkeypatch.setattr(heavy, "pool", lambda: pool)
    yield pool
    clear_caches()


@pytest.fixture
def no_answer(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    def refuse(*_: object) -> None:
        raise PoolError("full")

    monkeypatch.setattr(pool, "ask", refuse)
    return "full"


def asked(**parameters: str):
    client = TestClient(Starlette(routes=[*api.routes()]))
    return client.get("/api/trace", params={"text": "2/10/93", **parameters})


def opened(**query: str) -> AppTest:
    test = AppTest.from_file(str(PAGE_SCRIPT), default_timeout=60)
    test.query_params.update(lang="en", **query)
    test.run()
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in test.get("html"))


def test_a_long_list_of_changes_is_decoded_by_a_process(pool):
    answer = asked(changes=LONG)
    assert pool.asked == [pool_work.decode]
    trace = load_pretrained("date-attention", "cpu").trace("2/10/93", [Temperature(0.5, step=i) for i in range(10)])
    assert trace.weights is not None
    weights = np.array([step["weights"] for step in answer.json()["steps"]], np.float32)
    np.testing.assert_array_equal(weights, trace.weights)


def test_a_short_one_is_not(pool):
    assert asked(changes=to_query((Change(Temperature(0.5)),))).status_code == 200
    assert not pool.asked


def test_on_a_page_too_and_what_does_not_fit_is_left_out(pool):
    page = opened(text="2/10/93", changes=FITS_IN_PART)
    assert "Do not fit here, and are left out: 1." in [text.value for text in page.text]
    assert pool.asked == [pool_work.decode_what_fits]


def test_the_http_interface_says_when_to_ask_again(no_answer):
    answer = asked(changes=LONG)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (answer.json()["reason"], answer.json()["detail"]) == ("pool-full", SENTENCES["full"])


def test_no_more_threads_of_the_http_interface_wait_than_leave_room_for_others(pool, monkeypatch):
    held = [heavy._threads_that_wait.acquire(blocking=False) for _ in range(20)]
    assert all(held)
    try:
        assert asked(changes=LONG).json()["reason"] == "pool-full"
        assert asked().status_code == 200
    finally:
        heavy._threads_that_wait.release(20)


def test_a_page_that_has_no_answer_says_so(no_answer):
    page = said(opened(text="2/10/93", changes=LONG))
    assert SENTENCES["full"] in page and "Something went wrong" not in page


@pytest.mark.parametrize("trouble", SENTENCES)
def test_every_trouble_has_its_sentence(trouble):
    assert heavy.trouble_sentence(PoolError(trouble), str) == SENTENCES[trouble]
